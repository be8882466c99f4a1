"""The folder of the slides: a page and a PDF for each deck, and what all of them load.

    NN_name.html   the deck; NN_name/ holds its pictures
    NN_name.pdf    one page a slide, if there is a Chromium
    assets/        reveal.js, MathJax, the look: nothing comes from a network
"""
import shutil
from html import escape

from pygments.formatters import HtmlFormatter

import slides
from shared import TEACH, Mistake, numbered

import browser
import packaged

LOOK = TEACH / "deck"
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}: slides</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="assets/reveal/dist/reset.css">
<link rel="stylesheet" href="assets/reveal/dist/reveal.css">
<link rel="stylesheet" href="assets/code.css">
<link rel="stylesheet" href="assets/deck.css">
<script>
window.MathJax = {{
  // An unknown macro is an error, not its name in red; the size does not hang on what is measured.
  tex: {{inlineMath: [["\\\\(", "\\\\)"]], displayMath: [["\\\\[", "\\\\]"]],
        packages: {{"[-]": ["noundefined"]}}}},
  chtml: {{matchFontHeight: false, scale: 1.06, displayAlign: "left"}},
  options: {{enableMenu: false, ignoreHtmlClass: "notes"}},
}};
</script>
</head>
<body>
<div class="reveal"><div class="slides">
{slides}</div></div>
<script src="assets/mathjax/tex-mml-chtml.js"></script>
<script src="assets/reveal/dist/reveal.js"></script>
<script src="assets/reveal/plugin/notes/notes.js"></script>
<script src="assets/deck.js"></script>
</body>
</html>
"""


def sources(names=()):
    """The sources of the decks of these names, all without names."""
    return numbered(slides.SOURCES, names)


def write(paths, out):
    """Makes the decks of these sources in the folder `out`; returns their pages."""
    decks, mistakes = [], []
    for path in paths:
        try:
            decks.append(slides.Deck(path))
        except Mistake as mistake:
            mistakes.append(str(mistake))
    if mistakes:
        raise SystemExit("\n".join(mistakes))
    assets = out / "assets"
    packaged.copy_reveal(assets / "reveal")
    packaged.copy_mathjax(assets / "mathjax")
    for name in ("deck.css", "deck.js"):
        shutil.copy(LOOK / name, assets)
    (assets / "code.css").write_text(
        HtmlFormatter(style="friendly").get_style_defs(".code pre") + "\n", "utf-8")
    return [_write_deck(deck, out) for deck in decks]


def _write_deck(deck, out):
    folder = out / deck.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, picture in deck.pictures.items():
        if isinstance(picture, bytes):
            (folder / name).write_bytes(picture)
        else:
            shutil.copy(picture, folder / name)
    foot = escape(f"Lecture {int(deck.name[:2])}  ·  {deck.title}  ·  vae-np, CC BY 4.0")
    html = "".join(deck.html).replace('<div class="slide',
                                      f'<div data-deck="{foot}" class="slide')
    page = out / f"{deck.name}.html"
    page.write_text(PAGE.format(title=escape(deck.title), slides=html), "utf-8")
    return page


def print_pdf(pages):
    """Prints each deck as a PDF beside its page, one page a slide."""
    with browser.Browser() as opened:
        for page in pages:
            opened.open(f"{page.resolve().as_uri()}?print-pdf")
            opened.evaluate(READY)
            page.with_suffix(".pdf").write_bytes(opened.pdf())


READY = """new Promise(done => { const look = () => document.querySelector("body.ready") &&
    (!location.search || document.querySelector(".pdf-page")) ? done(1) : setTimeout(look, 20);
    look(); })"""

# What does not fit, slide by slide: the coordinates are those of the slide, 1280 × 720.
LOOK_AT_SLIDES = """(() => {
  const found = [], scale = Reveal.getScale();
  Reveal.getSlides().forEach((section, number) => {
    Reveal.slide(number);
    const slide = section.querySelector(".slide"), frame = slide.getBoundingClientRect();
    const say = (what, element) => found.push(`slide ${number + 1}: ${what}: ` +
      (element.alt || element.textContent).trim().replace(/\\s+/g, " ").slice(0, 60));
    for (const element of slide.querySelectorAll(":scope *:not(mjx-container *)")) {
      const box = element.getBoundingClientRect();
      if (!box.width || element.closest("mjx-assistive-mml")) continue;
      const right = (box.right - frame.left) / scale, bottom = (box.bottom - frame.top) / scale;
      if (right > 1280 - 40) say(`${Math.round(right - 1240)} px too wide`, element);
      else if (element.scrollWidth > element.clientWidth + 2 && element.clientWidth)
        say(`${element.scrollWidth - element.clientWidth} px too wide`, element);
      if (bottom > 720 - 50) say(`${Math.round(bottom - 670)} px too low`, element);
      if (element.tagName === "IMG" && box.height / scale < 200)
        say(`a picture only ${Math.round(box.height / scale)} px high, less text is right`,
            element);
    }
  });
  return [...new Set(found)];
})()"""


def overflows(opened, page):
    """What does not fit on the slides of a page, in words; `opened` is a Browser."""
    opened.size(1280, 720)
    opened.open(page.resolve().as_uri())
    opened.evaluate(READY)
    return [f"{page.name}, {found}" for found in opened.evaluate(LOOK_AT_SLIDES)]
