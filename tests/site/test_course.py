"""The way through the course: doors, order, downloads, search, keyboard."""
import re
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
LECTURES = [path.stem for path in sorted((ROOT / "lectures").glob("[0-9][0-9]_*.ipynb"))]


def html(site, page):
    return (site / page).read_text(encoding="utf-8")


def test_titles_are_unique(site):
    titles = {}
    for path in site.rglob("*.html"):
        title = re.search(r"<title>(.*?)</title>", path.read_text(encoding="utf-8"), re.S)[1]
        titles.setdefault(title, []).append(path.relative_to(site).as_posix())
    assert {title: pages for title, pages in titles.items() if len(pages) > 1} == {}


def test_next_leads_through_the_course(site):
    """A lecture, its exercises, the next lecture; and "previous" the same way back."""
    course = [page for lecture in LECTURES
              for page in (f"lectures/{lecture}.html", f"lectures/exercises/{lecture}.html")]
    for page, following in zip(course, course[1:]):
        for here, there, link in ((page, following, "next"), (following, page, "prev")):
            shown = re.search(rf'<a class="{link}-page" href="([^"]+)"', html(site, here))[1]
            assert (site / here).parent.joinpath(shown).resolve() == (site / there).resolve()


def test_the_navigation_has_three_parts(site):
    index = html(site, "index.html")
    navigation = re.search(r'<nav class="sidebar-tree".*?</nav>', index, re.S)[0]
    parts = re.split(r'<p class="caption"[^>]*><span class="caption-text">(.*?)</span></p>',
                     navigation)
    assert parts[1::2] == ["Learn", "Teach", "Look it up"]
    learn, teach, look_up = parts[2::2]
    for lecture in LECTURES:
        assert f'href="lectures/{lecture}.html"' in learn
        assert f'href="lectures/exercises/{lecture}.html"' in learn
    assert 'href="lectures/README.html"' in learn
    assert 'href="lectures/teach/index.html"' in teach
    for page in ("lectures/equations", "api/index", "lectures/results/README"):
        assert f'href="{page}.html"' in look_up


def test_the_landing_page(site):
    """Three doors, and for every lecture its page, its exercises, minutes and both notebooks."""
    index = html(site, "index.html")
    doors = re.findall(r'<div class="sd-card-title[^>]*>\s*([^<]+)', index)
    assert doors == ["Learn", "Teach", "Look it up"]
    rows = re.findall(r"<tr.*?</tr>", index, re.S)
    for lecture in LECTURES:
        row = next(row for row in rows if f'href="lectures/{lecture}.html"' in row)
        for link in (f"lectures/exercises/{lecture}.html", f"notebooks/{lecture}.ipynb",
                     f"notebooks/{lecture}_exercises.ipynb"):
            assert f'href="{link}"' in row
        assert len(re.findall(r"<td><p>\d+</p></td>", row)) == 2
    text = re.sub(r"<[^>]*>", "", index)
    assert "pip install" in text and "jupyter lab" in text


def test_the_landing_page_leaves_out_what_is_not_there(site):
    """Its lists name pages that some sites do not have, such as the teachers'."""
    source = (ROOT / "lectures" / "site" / "index.md").read_text(encoding="utf-8")
    shown = html(site, "index.html").partition("<article")[2]
    items = re.findall(r"^- \[([^]]*)\]\(([^)]+)\)", source, re.M)
    assert len(items) > 10
    for name, page in items:
        assert (f'href="{page}.html"' in shown) == (site / f"{page}.html").exists(), name


def test_downloads_are_the_notebooks_of_the_course(site):
    for lecture in LECTURES:
        for source, name in ((f"{lecture}.ipynb", f"{lecture}.ipynb"),
                             (f"exercises/{lecture}.ipynb", f"{lecture}_exercises.ipynb")):
            copy = (site / "notebooks" / name).read_text("utf-8")
            original = (ROOT / "lectures" / source).read_text("utf-8")
            # All but the links between them, for the copies lie in one folder.
            link = re.compile(r"\]\((?:exercises/|\.\./)?(\d\d_\w+?)(?:_exercises)?\.ipynb")
            assert link.sub(r"](\1", copy) == link.sub(r"](\1", original)
            for target in re.findall(r"\]\(([^)#]+\.ipynb)", copy):
                assert (site / "notebooks" / target).exists(), target


@pytest.mark.parametrize("page", ["lectures/{}.html", "lectures/exercises/{}.html"])
def test_a_click_below_the_title_saves_from_the_disk(site, browser, tmp_path, page):
    lecture = LECTURES[0]
    name = f"{lecture}_exercises.ipynb" if "exercises" in page else f"{lecture}.ipynb"
    browser.size(1400)
    browser.open((site / page.format(lecture)).as_uri())
    browser.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    browser.evaluate(f"""document.querySelector('.page-tools a[href$="/{name}"]').click()""")
    deadline = time.monotonic() + 20
    while not (tmp_path / name).exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert browser.evaluate("location.href").endswith(page.format(lecture))
    assert (tmp_path / name).read_bytes() == (site / "notebooks" / name).read_bytes()


def test_every_picture_has_a_text(site):
    """Of the lectures' figures see below."""
    pictures, silent = 0, []
    for path in site.rglob("*.html"):
        page = path.relative_to(site).as_posix()
        if page not in [f"lectures/{lecture}.html" for lecture in LECTURES]:
            article = html(site, page).partition("<article")[2]
            pictures += article.count("<img")
            silent += [(page, image) for image in without_text(article)]
    assert silent == [] and pictures >= 3


def without_text(article):
    """The pictures that tell a blind reader nothing. The index has buttons, "-", that do."""
    images = [image for image in re.findall(r"<img\b[^>]*>", article) if "toggler" not in image]
    # Without a text, docutils puts the file's name there.
    return [image for image in images if not re.search(r'\balt="[^"]*\w \w', image)]


def test_every_figure_of_a_lecture_has_a_caption_and_a_text(site):
    bare = []
    for lecture in LECTURES:
        page = html(site, f"lectures/{lecture}.html")
        captioned = re.findall(r"<figure\b.*?</figure>", page, re.S)
        captioned = [figure for figure in captioned if "<figcaption" in figure]
        if without_text(page) or \
                page.count("<img") != sum(figure.count("<img") for figure in captioned):
            bare.append(lecture)
    assert bare == []


@pytest.mark.parametrize("query", ["kl", "reparameterisation", "elbo", "score function", "bound",
                                   "gaussian"])
def test_search_shows_a_lecture_or_the_glossary_first(site, browser, query):
    pages = found(site, browser, query)
    assert re.search(r"/lectures/\d\d_|/glossary\.html", pages[0]), pages[:3]


def test_search_finds_names_offline(site, browser):
    pages = found(site, browser, "importance")
    assert any("#vae_np.objectives.importance_weighted_bound" in page for page in pages)
    browser.open(pages[0])
    assert browser.errors == []


def test_the_search_page_has_a_field_of_its_own(site, browser):
    """On a phone the other field waits in a drawer."""
    browser.size(390)
    browser.open((site / "search.html").as_uri())
    box = browser.evaluate("""document.querySelector(
        "article form input[name=q]").getBoundingClientRect().toJSON()""")
    assert 0 <= box["left"] < box["right"] <= 390 and box["width"] > 150


def found(site, browser, query):
    """The addresses that the search page shows, in order."""
    browser.size(1280)
    browser.open((site / "search.html").as_uri() + "?q=" + query.replace(" ", "+"))
    return browser.evaluate("""new Promise(done => {
      const look = rounds => {
        const links = [...document.querySelectorAll("#search-results li a")].map(a => a.href);
        const summary = document.querySelector("#search-results .search-summary").textContent;
        summary && links.length || rounds > 600
          ? done(links) : requestAnimationFrame(() => look(rounds + 1));
      };
      look(0);
    })""")


def test_the_page_has_landmarks_and_a_language(site, browser):
    browser.open((site / "lectures" / f"{LECTURES[0]}.html").as_uri())
    state = browser.evaluate("""({
      language: document.documentElement.lang,
      main: document.querySelectorAll("main, [role=main]").length,
      titles: document.querySelectorAll("h1").length,
      navigation: [...document.querySelectorAll("nav")].map(nav => nav.getAttribute("aria-label")),
      nameless: [...document.querySelectorAll("button, input, label[role]")].filter(node =>
        !(node.getAttribute("aria-label") || node.textContent.trim() || node.placeholder
          || node.type === "hidden")).length,
    })""")
    assert state == {"language": "en", "main": 1, "titles": 1, "navigation": ["All pages"],
                     "nameless": 0}


def test_the_keyboard_finds_its_way_on_a_narrow_page(site, browser):
    """Skip link first; then only what is seen takes the focus; Enter opens the list of pages."""
    browser.size(390)
    browser.open((site / "lectures" / f"{LECTURES[0]}.html").as_uri())
    browser.press("Tab")
    assert browser.evaluate("document.activeElement.getAttribute('href')") == "#furo-main-content"
    opened = False
    for _ in range(12):
        browser.press("Tab")
        state = browser.evaluate("""(() => {
          const node = document.activeElement, box = node.getBoundingClientRect();
          return {label: node.getAttribute("aria-label"), seen: box.right > 0 && box.width > 0,
                  outline: parseFloat(getComputedStyle(node).outlineWidth),
                  style: getComputedStyle(node).outlineStyle};
        })()""")
        assert state["seen"] and state["outline"] >= 1 and state["style"] != "none", state
        if state["label"] == "All pages":
            browser.press("Enter")
            opened = browser.evaluate("""getComputedStyle(document.querySelector(
                ".sidebar-drawer")).visibility === "visible" """)
            browser.press("Escape")
            assert browser.evaluate("!document.getElementById('__navigation').checked")
    assert opened


def test_the_icons_of_a_phone_stand_apart(site, browser):
    browser.size(390)
    browser.open((site / "index.html").as_uri())
    boxes = browser.evaluate("""[...document.querySelectorAll(
        ".mobile-header .theme-toggle svg, .mobile-header .toc-header-icon svg")].filter(
        icon => icon.checkVisibility()).map(icon => icon.getBoundingClientRect().toJSON())""")
    left, right = sorted(boxes, key=lambda box: box["left"])
    assert right["left"] - left["right"] >= 12
    assert urlsplit(browser.evaluate("location.href")).path.endswith("index.html")
