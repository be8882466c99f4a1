"""The site as a reader sees it: Chromium opens the files, offline, wide and narrow."""
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
LECTURE = "lectures/05_gaussian_kl.html"
STATE = """(() => {
  const text = document.querySelector("article").cloneNode(true);
  text.querySelectorAll("pre, code, mjx-assistive-mml").forEach(node => node.remove());
  return {
    title: document.title,
    width: document.documentElement.scrollWidth,
    wrong: document.querySelectorAll("mjx-merror, [data-mjx-error]").length,
    formulas: document.querySelectorAll("article .math:not(.math-wrapper)").length,
    set: document.querySelectorAll("article .math mjx-container").length,
    raw: text.textContent.match(
      /[$][$]|\\\\\\(|\\\\\\[|\\\\(begin|frac|mathcal|label)\\b/g) || [],
  };
})()"""


def uri(site, page):
    return (site / page).as_uri()


def test_every_page_wide_and_narrow(site, browser):
    """A page loads from the disk alone, sets its formulas and never scrolls sideways."""
    faults, formulas = [], 0
    for path in sorted(site.rglob("*.html")):
        name = path.relative_to(site).as_posix()
        for width in (1280, 390):
            browser.size(width)
            if width == 1280:
                browser.open(path.as_uri())
            state = browser.evaluate(STATE)
            formulas += state["formulas"]
            if state["width"] > width or state["wrong"] or state["raw"] \
                    or state["formulas"] != state["set"]:
                faults.append((name, width, state))
    assert faults == []
    assert formulas > 500
    assert browser.errors == []
    assert {urlsplit(address).scheme for address in browser.requests} <= {"file", "data"}
    missing = {address for address in browser.requests if address.startswith("file:")
               and not Path(unquote(urlsplit(address).path)).exists()}
    assert missing == set()


def test_faults_would_be_seen(site, browser, tmp_path):
    """The same look at a page with one fault of each kind."""
    mathjax = uri(site, "_static/mathjax/tex-mml-chtml.js")
    (tmp_path / "bad.html").write_text(f"""<!doctype html><title>bad</title>
        <meta name="viewport" content="width=device-width"><article>
        <span class="math">\\(\\frac{{1}}\\)</span> $$x$$
        <div style="width: 2000px">wide</div><img src="missing.png"></article>
        <script>MathJax = {{tex: {{displayMath: []}}}}; console.error("broken")</script>
        <script src="{mathjax}"></script>""")
    browser.size(390)
    browser.open((tmp_path / "bad.html").as_uri())
    state = browser.evaluate(STATE)
    assert state["wrong"] and "$$" in state["raw"] and state["width"] > 2000
    assert any("broken" in error for error in browser.errors)
    assert any("ERR_FILE_NOT_FOUND" in error for error in browser.errors)


def follow(browser, selector):
    """Clicks a link and returns where the browser then is: (file's name, fragment)."""
    link = f"document.querySelector({selector!r})"
    # No gliding: on a busy machine a glide ends where the target was when it began.
    browser.evaluate("document.documentElement.style.scrollBehavior = 'auto'")
    browser.evaluate(link + ".scrollIntoView({behavior: 'instant'})")
    same_page = browser.evaluate(
        link + ".href.split('#')[0] === location.href.split('#')[0]")
    browser.events.clear()
    browser.evaluate(link + ".click()")
    if not same_page:
        browser.wait_for("Page.loadEventFired")
        browser.typeset()
    parts = urlsplit(browser.evaluate("location.href"))
    return Path(unquote(parts.path)).name, unquote(parts.fragment)


def target(browser):
    """The element that the address points at: its text, and whether it is in view."""
    return browser.evaluate("""new Promise(done => {
      const look = () => {
        const node = document.querySelector(":target"), box = node.getBoundingClientRect();
        return {text: node.textContent, id: node.id,
                seen: box.top >= 0 && box.bottom <= innerHeight};
      };
      // The page glides to its target; look until it has come to rest, twenty seconds at most.
      const end = performance.now() + 20000;
      const wait = () => look().seen || performance.now() > end ? done(look())
                                                                : requestAnimationFrame(wait);
      wait();
    })""")


@pytest.mark.parametrize("width", [1280, 390])
def test_from_an_equation_to_its_code_and_back(site, browser, width):
    if not (site / LECTURE).exists():
        assert not (ROOT / "lectures" / "05_gaussian_kl.md").exists()
        pytest.skip("lecture 5 is not written yet")
    browser.size(width)
    browser.open(uri(site, LECTURE))

    # The equation's own line, in the listing beside it.
    _, fragment = follow(browser, "#equation-kl-gaussian ~ .to-lines a")
    line = target(browser)
    assert line["seen"] and "# eq. kl-gaussian" in line["text"]

    # From the listing's head back to the equation.
    listing = fragment.rpartition("-")[0]
    _, fragment = follow(browser, f'[id="{listing}"] a[href="#equation-kl-gaussian"]')
    assert fragment == "equation-kl-gaussian" and target(browser)["seen"]

    # From the head to the whole file, and from the comment in it to the equation again.
    page, fragment = follow(browser, f'[id="{listing}"] a[href*="code/"]')
    assert page == "distributions.py.html" and fragment.startswith("L-")
    assert "def kl_standard_normal_per_dim(" in target(browser)["text"]
    page, fragment = follow(browser, 'a.eq-comment[href$="#equation-kl-gaussian"]')
    assert (page, fragment) == ("05_gaussian_kl.html", "equation-kl-gaussian")
    assert target(browser)["seen"]
    assert browser.errors == []


def test_from_the_sheet_to_a_line(site, browser):
    browser.size(1280)
    browser.open(uri(site, "lectures/equations.html"))
    page, _ = follow(browser, '#eq-estimator-b a[href*="code/"]')
    assert page == "objectives.py.html"
    line = target(browser)
    assert line["seen"] and "# eq. estimator-b" in line["text"]


def test_two_columns_on_a_desk_and_one_on_a_phone(site, browser):
    if not (site / LECTURE).exists():
        assert not (ROOT / "lectures" / "05_gaussian_kl.md").exists()
        pytest.skip("lecture 5 is not written yet")
    boxes = """[...document.querySelector(".two-columns").querySelectorAll(".sd-col")].map(
        column => column.getBoundingClientRect().toJSON())"""
    browser.size(1280)
    browser.open(uri(site, LECTURE))
    derivation, lines = browser.evaluate(boxes)
    assert derivation["right"] <= lines["left"] and abs(derivation["top"] - lines["top"]) < 1
    assert derivation["width"] > 400 and lines["width"] > 400
    browser.size(390)
    derivation, lines = browser.evaluate(boxes)
    assert derivation["bottom"] <= lines["top"] and lines["right"] <= 390


def test_light_and_dark(site, browser):
    brightness = """(() => {
      const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g);
      return (+r + +g + +b) / 765;
    })()"""
    browser.size(1280)
    browser.scheme("light")
    browser.open(uri(site, "index.html"))
    assert browser.evaluate(brightness) > 0.9
    browser.scheme("dark")
    assert browser.evaluate(brightness) < 0.2
    browser.evaluate("document.querySelector('.content-icon-container .theme-toggle').click()")
    assert browser.evaluate("document.body.dataset.theme") == "light"
    assert browser.evaluate(brightness) > 0.9


def test_search_finds_pages_offline(site, browser):
    browser.size(1280)
    browser.open(uri(site, "search.html") + "?q=importance")
    found = browser.evaluate("""new Promise(done => {
      const look = rounds => {
        const links = [...document.querySelectorAll("#search-results li a")].map(a => a.href);
        const summary = document.querySelector("#search-results .search-summary").textContent;
        summary && links.length || rounds > 600
          ? done(links) : requestAnimationFrame(() => look(rounds + 1));
      };
      look(0);
    })""")
    assert any("#vae_np.objectives.importance_weighted_bound" in link for link in found), found
    browser.open(found[0])
    assert browser.errors == []


@pytest.mark.parametrize("width", [1400, 390])
def test_a_formula_that_fits_is_as_large_as_one_in_the_text(site, browser, width):
    browser.size(width)
    browser.open(uri(site, LECTURE))
    sizes = browser.evaluate("""(() => {
      const size = node => parseFloat(getComputedStyle(node).fontSize);
      const within = [...document.querySelectorAll("p mjx-container:not([display])")].map(size);
      const own = [...document.querySelectorAll('mjx-container[display="true"]')].map(size);
      return {within: Math.max(...within), largest: Math.max(...own), smallest: Math.min(...own)};
    })()""")
    assert sizes["largest"] == pytest.approx(sizes["within"])
    assert sizes["smallest"] >= 0.69 * sizes["largest"]
    browser.size(width + 200)  # and it grows back when there is room
    browser.evaluate("dispatchEvent(new Event('resize'))")
    browser.size(width)
    browser.evaluate("dispatchEvent(new Event('resize'))")
    assert browser.evaluate("""Math.max(...[...document.querySelectorAll(
        'mjx-container[display="true"]')].map(node => parseFloat(getComputedStyle(node).fontSize)))
        """) == pytest.approx(sizes["largest"])
