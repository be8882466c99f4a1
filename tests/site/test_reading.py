"""A lecture as it is read: the lines beside the text, the figures, the handout, the phone."""
import base64
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LECTURES = [path.stem for path in sorted((ROOT / "lectures").glob("[0-9][0-9]_*.ipynb"))]
CUT = (Path(__file__).parent / "cut.js").read_text(encoding="utf-8")
FILTERS = """[...document.querySelectorAll("article img")].map(
    image => [image.classList.contains("picture"), getComputedStyle(image).filter])"""
BRIGHTNESS = """(() => {
  const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g);
  return (+r + +g + +b) / 765;
})()"""


def uri(site, lecture):
    return (site / "lectures" / f"{lecture}.html").as_uri()


def lines_beside(browser):
    """{label: where its line begins in the window} with each equation at the window's middle.

    Only equations with a listing on their page.
    """
    return browser.evaluate("""(async () => {
      document.documentElement.style.scrollBehavior = "auto";
      const found = {};
      for (const links of document.querySelectorAll(".to-lines")) {
        const link = links.querySelector('a[href^="#"]');
        if (!link || !document.getElementById(link.hash.slice(1)).closest(".lines")) continue;
        links.previousElementSibling.scrollIntoView({block: "center"});
        await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
        const line = document.getElementById(link.hash.slice(1));
        const box = line.getBoundingClientRect();
        const column = line.closest(".lines").getBoundingClientRect();
        found[links.querySelector("code").textContent] =
          box.top >= column.top && box.bottom <= column.bottom + 1 ? box.top : -1;
      }
      return found;
    })()""")


def test_the_line_stays_beside_its_equation(site, browser):
    """With the equation in the middle of the window, the line that implements it is in view."""
    browser.size(1400)
    seen = {}
    for lecture in LECTURES:
        browser.open(uri(site, lecture))
        seen |= lines_beside(browser)
    assert len(seen) >= 9
    assert {label: top for label, top in seen.items() if not 0 <= top <= 880} == {}


def test_a_line_that_begins_far_in_has_room_on_a_phone(site, browser):
    browser.size(390)
    for lecture in LECTURES:
        browser.open(uri(site, lecture))
        heights = browser.evaluate("""Array.from(document.querySelectorAll(
            ".library-lines pre > span[id]")).map(line => line.getBoundingClientRect().height)""")
        assert not heights or max(heights) < 150, lecture


def test_a_column_higher_than_the_window_follows(small, browser):
    browser.size(1400, 420)
    browser.open(small.as_uri())
    columns = browser.evaluate("""[...document.querySelectorAll(".lines")].map(
        column => [column.scrollHeight, column.clientHeight])""")
    assert columns[0][0] > columns[0][1] + 200
    seen = lines_beside(browser)
    assert set(seen) == {"bernoulli", "bernoulli-gradient"}
    assert all(0 <= top <= 400 for top in seen.values()), seen


@pytest.mark.parametrize("width", [1400, 390])
def test_this_lecture_s_code_lands_on_its_line(site, browser, width):
    browser.size(width)
    found = 0
    for lecture in LECTURES:
        browser.open(uri(site, lecture))
        for label, target in browser.evaluate("""[...document.querySelectorAll(".to-lines")].map(
                links => [links.querySelector("code").textContent,
                          links.querySelector('a[href^="#cell-"]')?.hash])"""):
            if target:
                browser.follow(f'.to-lines a[href="{target}"]')
                line = browser.target()
                assert line["seen"] and line["marked"], label
                assert line["text"].rstrip().endswith(f"# eq. {label}")
                assert line["text"].count("\n") <= 1
                found += 1
    assert found >= 4


def test_a_lead_in_goes_with_its_listing(small, site, browser):
    ends = """[...document.querySelectorAll(".two-columns .derivation > :last-child")].map(
        block => block.textContent.trim()).filter(text => text.endsWith(":"))"""
    browser.size(1400)
    for lecture in LECTURES:
        browser.open(uri(site, lecture))
        assert browser.evaluate(ends) == []
    browser.open(small.as_uri())
    first = browser.evaluate("""(() => {
      const column = document.querySelector(".lines");
      return [column.firstElementChild.textContent, column.children.length,
              document.querySelectorAll(".two-columns").length];
    })()""")
    assert first == ["In the library:", 5, 1]


def test_figures_suit_the_theme(small, site, browser):
    """Curves are inverted on a dark page, whatever made it dark; pictures never are."""
    browser.size(1400)
    for page in (small, site / "lectures" / "results" / "README.html"):
        for preferred in ("light", "dark"):
            browser.scheme(preferred)
            browser.open(page.as_uri())
            for theme in ("auto", "light", "dark"):
                browser.evaluate(f"document.body.dataset.theme = {theme!r}")
                dark = theme == "dark" or theme == "auto" and preferred == "dark"
                images = browser.evaluate(FILTERS)
                assert {picture for picture, _ in images} == {True, False}
                for picture, filter_ in images:
                    assert ("invert" in filter_) == (dark and not picture), (theme, preferred)
    # Of two pictures of one name the site numbers the one that it reads later.
    assert browser.evaluate("""[...document.querySelectorAll("img.picture")].map(
        image => image.getAttribute("src").split("/").at(-1).replace(/\\d*.png$/, ".png"))""") == [
            "samples.png", "interpolation.png", "successors.png", "prior_samples.png", "labels.png",
            "mnist.png", "frey.png"]


def test_a_figure_s_cell_is_folded_and_has_its_caption(small, browser):
    browser.size(1400)
    browser.open(small.as_uri())
    figures = browser.evaluate("""[...document.querySelectorAll("figure")].map(figure => [
        figure.querySelector("img").alt, figure.querySelector("figcaption").textContent,
        figure.closest(".cell").querySelector("summary").innerText.trim(),
        figure.closest(".cell").querySelector("details").open])""")
    assert [alt for alt, *_ in figures] == ["The curve, told to the blind.",
                                            "The digits, told to the blind."]
    for _, caption, fold, unfolded in figures:
        assert caption.strip().startswith("What the ")
        assert fold == "Show the code that draws this" and not unfolded
    assert "returned" not in browser.evaluate("document.querySelector('article').innerText")


@pytest.mark.parametrize("width", [1400, 390])
def test_a_formula_too_wide_scrolls_in_its_box_and_shows_it(small, browser, width):
    browser.size(width)
    browser.open(small.as_uri())
    assert browser.evaluate(CUT) == []
    hints = browser.evaluate("""[...document.querySelectorAll("mjx-container.scrolls")].map(
        box => [box.hasAttribute("display"), box.tabIndex, box.scrollWidth > box.clientWidth,
                getComputedStyle(box).backgroundImage.includes("gradient")])""")
    assert sorted(hints) == [[False, 0, True, True], [True, 0, True, True]]


def test_light_and_dark(site, browser):
    browser.size(1280)
    browser.scheme("light")
    browser.open((site / "index.html").as_uri())
    assert browser.evaluate(BRIGHTNESS) > 0.9
    browser.scheme("dark")
    assert browser.evaluate(BRIGHTNESS) < 0.2
    browser.evaluate("document.querySelector('.content-icon-container .theme-toggle').click()")
    assert browser.evaluate("document.body.dataset.theme") == "light"
    assert browser.evaluate(BRIGHTNESS) > 0.9


def test_a_lecture_prints_as_a_handout(small, site, browser):
    """Text, equations and figures on light paper, whatever the screen shows."""
    browser.size(700)
    for page in (small, *(site / "lectures" / f"{lecture}.html" for lecture in LECTURES)):
        browser.scheme("dark")
        browser.open(page.as_uri())
        browser.evaluate("document.body.dataset.theme = 'dark'")
        browser.scheme("dark", media="print")
        assert browser.evaluate(BRIGHTNESS) > 0.9
        state = browser.evaluate("""(() => {
          const shown = selector => [...document.querySelectorAll(selector)].filter(
            node => node.checkVisibility()).length;
          const ink = node => getComputedStyle(node).color;
          const link = document.querySelector(".to-lines a");
          return {screen: shown(".sidebar-drawer, .toc-drawer, .mobile-header, footer, details, "
                                + ".page-tools, .headerlink"),
                  link: ink(link) === ink(link.parentElement),
                  underlined: getComputedStyle(link).textDecorationLine,
                  filters: [...document.querySelectorAll("article img")].map(
                    image => getComputedStyle(image).filter),
                  split: [...document.querySelectorAll("figure, .cell_output, div.math")].filter(
                    node => getComputedStyle(node).breakInside !== "avoid").length,
                  cut: [...document.querySelectorAll("pre, .lines, .table-wrapper")].filter(
                    node => /hidden|auto|scroll/.test(getComputedStyle(node).overflowY)).length};
        })()""")
        assert state["screen"] == 0 and state["link"] and state["underlined"] == "none"
        assert set(state["filters"]) == {"none"} and not state["split"] and not state["cut"]
    pdf = base64.b64decode(browser.call("Page.printToPDF", preferCSSPageSize=True)["data"])
    assert pdf.startswith(b"%PDF") and 5 < pdf.count(b"/Type /Page\n") < 40
