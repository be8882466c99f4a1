"""Every page of the built site, without a browser: no link is dead, nothing comes from outside."""
import importlib
import inspect
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]


class Page(HTMLParser):
    """The ids of a page, what it links to and what it loads."""

    def __init__(self, path):
        super().__init__()
        self.path, self.ids, self.links, self.loads = path, set(), [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if "id" in attributes:
            self.ids.add(attributes["id"])
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        elif tag == "link" and attributes.get("rel") in ("stylesheet", "icon", "preload"):
            self.loads.append(attributes["href"])
        elif attributes.get("src"):
            self.loads.append(attributes["src"])


@pytest.fixture(scope="session")
def pages(site):
    return {path: Page(path) for path in sorted(site.rglob("*.html"))}


def test_every_link_leads_to_a_place_on_the_site(pages):
    dead = []
    for page in pages.values():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme in ("http", "https"):
                continue
            target = (page.path.parent / unquote(parts.path)).resolve() if parts.path \
                else page.path
            fragment = unquote(parts.fragment)
            if not target.exists() or target.suffix == ".html" and fragment \
                    and fragment not in pages[target].ids:
                dead.append((page.path.name, link))
    assert dead == []
    assert sum(len(page.links) for page in pages.values()) > 1000


def test_pages_load_only_files_of_the_site(pages, site):
    missing = []
    for page in pages.values():
        for load in page.loads:
            parts = urlsplit(load)
            if parts.scheme == "data":
                continue
            if parts.scheme or not (page.path.parent / unquote(parts.path)).exists():
                missing.append((page.path.name, load))
    assert missing == []
    for style in site.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        assert not re.search(r"url\(['\"]?(https?:)?//|@import", text), style.name


def test_every_label_leads_from_the_sheet_to_its_line_and_back(pages, site):
    sheet = (site / "lectures" / "equations.html").read_text(encoding="utf-8")
    labels = set()
    for source in (ROOT / "vae_np").rglob("*.py"):
        path = source.relative_to(ROOT).as_posix()
        page = site / "code" / f"{path}.html"
        html = page.read_text(encoding="utf-8")
        for number, line in enumerate(source.read_text(encoding="utf-8").splitlines(), 1):
            for label in re.findall(r"# eq\. ([a-z0-9-]+)", line):
                labels.add(label)
                row = re.search(rf'<tr[^>]* id="eq-{label}".*?</tr>', sheet, re.S)[0]
                assert f"../code/{path}.html#L-{number}" in row
                line_there = re.search(rf'<span id="L-{number}".*', html)[0]
                back = re.search(rf'href="([^"]*)">(?:<[^>]*>)*# eq. {label}<', line_there)[1]
                assert back.endswith((f"#equation-{label}", f"#eq-{label}"))
    assert len(labels) >= 9


def _source(name):
    """The source of what a listing is called after, "distributions.reparameterise"."""
    module, _, path = name.partition(".")
    thing = importlib.import_module({"vae": "vae_np.models.vae"}.get(module, f"vae_np.{module}"))
    for part in path.split("."):
        thing = getattr(thing, part)
    return inspect.getsource(thing)


def test_every_lecture_s_equation_leads_to_its_line(site):
    """A label that a line carries has a link to it below the equation, and one comes back."""
    carried = {label for source in (ROOT / "vae_np").rglob("*.py")
               for label in re.findall(r"# eq\. ([a-z0-9-]+)", source.read_text(encoding="utf-8"))}
    for lecture in sorted((ROOT / "lectures").glob("[0-9][0-9]_*.ipynb")):
        html = (site / "lectures" / f"{lecture.stem}.html").read_text(encoding="utf-8")
        for label in set(re.findall(r'id="equation-([a-z0-9-]+)"', html)) & carried:
            below = html[html.index(f'id="equation-{label}"'):]
            assert re.search(rf'<p class="to-lines"><code[^>]*><span class="pre">{label}</span>'
                             r'</code><a [^>]*href="[^"]+"', below[:4000]), (lecture.name, label)
        listings = re.findall(r'<div class="code-block-caption">.*?</div>', html, re.S)
        for caption in listings:
            assert re.search(r'href="\.\./code/vae_np/[\w/]+\.py\.html#L-\d+"', caption)
            back = re.search(r'href="[^"]*#(equation|eq)-[a-z0-9-]+"', caption)
            shown = re.search(r'headerlink" href="#([\w.]+?)(-\d+)?"', caption)[1]
            assert back or "# eq. " not in _source(shown), caption


def test_the_reference_has_every_public_name(pages, site):
    import vae_np
    index = pages[site / "api" / "index.html"]
    for name in vae_np.__all__:
        value = getattr(vae_np, name)
        full = f"{value.__module__}.{value.__qualname__}"
        assert f"{value.__module__}.html#{full}" in index.links
        assert full in pages[site / "api" / f"{value.__module__}.html"].ids
