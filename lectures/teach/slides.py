"""Slides: lectures/teach/slides/NN_name.md → a page with reveal.js, its pictures beside it.

A line `---` ends a slide. The first one begins with `# Title`, the others with `## Heading`.
Everything after a line `Note:` is the speaker's. A picture is `![what is seen](figure:fig-name)`,
from the executed lecture, or a file of the repository; the library's lines are an empty fence
```python show=vae_np.module.function lines=3-9.
"""
import base64
import importlib
import io
import re
from dataclasses import dataclass, field
from html import escape

import nbformat
from PIL import Image
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from shared import LECTURES, ROOT, TEACH, Mistake, Mistakes, markdown

from vae_np.course import show

SOURCES = TEACH / "slides"
MOST_WORDS, MOST_LINES, FEW_WORDS = 120, 14, 26
WIDE = 1.75  # width over height from which on a picture stands below the text, not beside it


@dataclass
class Slide:
    """One slide: its number, the line it begins at, its lines, and those for the speaker."""

    number: int
    line: int
    body: list = field(default_factory=list)
    notes: list = field(default_factory=list)


def read(path):
    """The slides of a source, as text."""
    slides, fence, into = [Slide(1, 1)], None, None
    into = slides[0].body
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        mark = re.match(r"(`{3,}|~{3,})", line)
        if mark:
            fence = None if fence and line.startswith(fence) else fence or mark[1]
        if line.rstrip() == "---" and not fence:
            slides.append(Slide(len(slides) + 1, number + 1))
            into = slides[-1].body
        elif line.rstrip() == "Note:" and not fence:
            into = slides[-1].notes
        else:
            into.append(line)
    return slides


class Deck:
    """The slides of one source, checked and made into HTML. Raises Mistakes, all of them."""

    def __init__(self, path, lectures=LECTURES):
        self.path, self.lectures, self.name = path, lectures, path.stem
        self.parser = markdown()
        self.parser.validateLink = lambda url: True  # `figure:…` too; links are looked at here
        self.parser.renderer.rules["fence"] = self._fence
        self.parser.renderer.rules["image"] = self._image
        self.pictures = {}  # {name in the deck's folder: bytes or Path}
        self.mistakes = []
        self.slides = read(path)
        self.html = [self._slide(slide) for slide in self.slides]
        if self.mistakes:
            raise Mistakes(self.mistakes)

    @property
    def title(self):
        return self.slides[0].body and re.sub(r"^#+ ", "", self._first_line(self.slides[0]))

    def _first_line(self, slide):
        return next((line for line in slide.body if line.strip()), "")

    def _wrong(self, sentence, offset=0):
        self.mistakes.append(Mistake(self.path, self.slide.line + offset,
                                     f"slide {self.slide.number}: {sentence}"))

    # -- one slide -----------------------------------------------------------------------------

    def _slide(self, slide):
        self.slide = slide
        tokens = self.parser.parse("\n".join(slide.body))
        env = {}
        self._check(tokens)
        split = next((at + 1 for at, token in enumerate(tokens) if token.type == "heading_close"),
                     0)
        heading, rest = tokens[:split], tokens[split:]
        media = [at for at, token in enumerate(rest) if token.type == "fence" or _picture(token)]
        shown, shape = "", ""
        if media:
            at = media[0]
            picture = rest[at].type == "inline"
            first, last = (at - 1, at + 2) if picture else (at, at + 1)
            shown = self._render(rest[first + 1:last - 1] if picture else rest[first:last], env)
            rest = rest[:first] + rest[last:]
            shape = self._shape(rest, picture)
        classes = " ".join(filter(None, [
            "slide", "title" if slide.number == 1 else "", shape,
            "few" if not media and _words(rest) <= FEW_WORDS else "",
            "predict" if self._first_line(slide).startswith("## Predict") else ""]))
        text = self._render(rest, env)
        notes = "\n".join(slide.notes).strip()
        return (f'<section><div class="{classes}">\n{self._render(heading, env)}'
                f'<div class="text">\n{text}</div>\n{shown}</div>\n'
                + (f'<aside class="notes">{self._notes(notes)}</aside>' if notes else "")
                + "</section>\n")

    def _render(self, tokens, env):
        return self.parser.renderer.render(tokens, self.parser.options, env)

    def _notes(self, text):
        """The speaker's view has no MathJax: formulas stay as they are written."""
        plain = markdown()
        plain.disable(["math_inline", "math_block", "math_inline_double"], ignoreInvalid=True)
        return plain.render(text)

    def _shape(self, rest, picture):
        """Beside the text goes a picture that is not wide, if there is much to stand beside."""
        if not picture or _words(rest) < 12 and not any(t.type == "math_block" for t in rest):
            return "below"
        return "below" if self.ratio > WIDE else "beside"

    def _check(self, tokens):
        headings = [token for token in tokens if token.type == "heading_open"]
        wanted = "h1" if self.slide.number == 1 else "h2"
        if not tokens or tokens[0].tag != wanted or len(headings) != 1:
            mark = "# Title" if wanted == "h1" else "## Heading"
            self._wrong(f"it begins with one line `{mark}`, and has no other heading")
        words = _words(tokens)
        if words > MOST_WORDS:
            self._wrong(f"{words} words; at most {MOST_WORDS} are right, and about 40 are good: "
                        "cut it in two, or move words to the speaker's notes")
        media = [token for token in tokens if token.type == "fence" or _picture(token)]
        for token in tokens:
            for child in token.children or ():
                if child.type == "image" and token not in media:
                    self._wrong("a picture stands in a paragraph of its own", token.map[0])
                if child.type == "link_open" and not child.attrs["href"].startswith("http"):
                    self._wrong(f"the link {child.attrs['href']} leads to a file that does not "
                                "travel with the slides: write what it is called",
                                token.map[0])
        if len(media) > 1:
            self._wrong("at most one picture or one listing stands on a slide", media[1].map[0])

    # -- pictures ------------------------------------------------------------------------------

    def _image(self, tokens, at, options, env):
        token, source = tokens[at], tokens[at].attrs["src"]
        alt = token.content.strip()
        if not alt:
            self._wrong(f"![…]({source}) says nothing between the brackets: write there, in a "
                        "sentence, what is seen")
        name, self.ratio = self._take(source)
        return (f'<figure><img src="{escape(self.name)}/{escape(name)}" alt="{escape(alt)}">'
                "</figure>\n")

    def _take(self, source):
        """Keeps a picture for the deck's folder; (its name there, width / height)."""
        if source.startswith("figure:"):
            figures = self._figures()
            name = source.removeprefix("figure:")
            if name not in figures:
                known = ", ".join(sorted(figures)) or "none with a name"
                self._wrong(f"the executed lecture {self.name}.ipynb has no figure {name}; it has "
                            f"{known}")
                return name, 1.0
            self.pictures[f"{name}.png"] = content = base64.b64decode(figures[name])
            return f"{name}.png", _ratio(io.BytesIO(content))
        file = (self.path.parent / source).resolve()
        if not file.is_file() or not file.is_relative_to(ROOT):
            self._wrong(f"there is no picture {source}, seen from {self.path.parent.name}/ in the "
                        "repository; a figure of the lecture is written figure:fig-…")
            return source, 1.0
        name = "-".join(file.relative_to(ROOT).parts[-3:])
        self.pictures[name] = file
        return name, _ratio(file)

    def _figures(self):
        """{name: PNG in base64} of the executed lecture, by the names that its cells give."""
        notebook = self.lectures / f"{self.name}.ipynb"
        if not notebook.exists():
            return {}
        named = {}
        for cell in nbformat.read(notebook, as_version=4).cells:
            name = cell.metadata.get("mystnb", {}).get("figure", {}).get("name")
            for output in cell.get("outputs", ()) if name else ():
                if "image/png" in output.get("data", ()):
                    named[name] = output.data["image/png"]
        return named

    # -- code ----------------------------------------------------------------------------------

    def _fence(self, tokens, at, options, env):
        token = tokens[at]
        language, *marks = token.info.split() or ["text"]
        place, code = "", token.content.rstrip("\n")
        if marks:
            place, code = self._library(token, marks)
        lines = code.split("\n")
        if len(lines) > MOST_LINES:
            self._wrong(f"{len(lines)} lines of code; at most {MOST_LINES} are right: `lines=…` "
                        "after the name cuts them", token.map[0])
        try:
            lexer = get_lexer_by_name(language)
        except ClassNotFound:
            self._wrong(f"no language is called {language!r}: write python or text", token.map[0])
            lexer = get_lexer_by_name("text")
        size = min(24.0, 1110 / (0.602 * max(max(map(len, lines)), 1)))
        caption = f"<figcaption>{escape(place)}</figcaption>" if place else ""
        return (f'<figure class="code">{caption}<pre style="font-size: {size:.1f}px"><code>'
                f"{highlight(code, lexer, HtmlFormatter(nowrap=True)).rstrip()}"
                "</code></pre></figure>\n")

    def _library(self, token, marks):
        """(where it stands, the text) of the lines of the library that a fence asks for."""
        asked = dict(mark.partition("=")[::2] for mark in marks)
        if token.content.strip() or not set(asked) <= {"show", "lines"} or "show" not in asked:
            self._wrong("after the language stands `show=vae_np.module.function`, and `lines=3-9` "
                        "if only these are to be seen; then the fence is empty", token.map[0])
            return "", token.content
        try:
            (path, first, text), = show(named(asked["show"])).parts
        except (AttributeError, ImportError, TypeError):
            self._wrong(f"vae_np has no function or class {asked['show']}: write it with its "
                        "module, such as vae_np.distributions.kl_standard_normal", token.map[0])
            return "", ""
        if "lines" in asked:
            lines = text.split("\n")
            head = next(at for at, line in enumerate(lines) if re.match("(def|class) ", line))
            asked_for = re.fullmatch(r"(\d+)-(\d+)", asked["lines"])
            begin, end = map(int, asked_for.groups()) if asked_for else (0, 0)
            last = len(lines) - head
            if not 1 <= begin <= end <= last:
                self._wrong(f"lines={asked['lines']} should be two numbers such as 3-9, within "
                            f"1-{last}: {asked['show']} has {last} lines from its first one",
                            token.map[0])
                return "", ""
            chosen = lines[head + begin - 1:head + end]
            indent = min(len(line) - len(line.lstrip()) for line in chosen if line.strip())
            text, first = "\n".join(line[indent:] for line in chosen), first + head + begin - 1
        return f"{path}, line {first}", text.rstrip()


def named(name):
    """The value that a dotted name means: vae_np.vae.VAE.elbo."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            value = importlib.import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        for part in parts[count:]:
            value = getattr(value, part)
        return value
    raise ImportError(name)


def _ratio(picture):
    with Image.open(picture) as opened:
        return opened.width / opened.height


def _picture(token):
    """Whether a token is a paragraph's text that is one picture and nothing else."""
    return token.type == "inline" and [child.type for child in token.children] == ["image"]


def _words(tokens):
    """How many words a reader reads: no formulas, no code."""
    text = " ".join(child.content if child.type == "text" else " "
                    for token in tokens for child in token.children or ())
    return sum(any(letter.isalnum() for letter in word) for word in text.split())
