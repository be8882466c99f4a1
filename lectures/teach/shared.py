"""What the parts of the instructor's kit share: where things lie, and how a text is refused."""
import re
import sys
from pathlib import Path

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

TEACH = Path(__file__).resolve().parent
LECTURES = TEACH.parent
ROOT = LECTURES.parent
if sys.path[0] != str(LECTURES):  # first: lectures/build.py is `build`, not the one beside this
    sys.path.insert(0, str(LECTURES))


class Mistake(SystemExit):
    """Something in a text of the kit that is not as its format says: where, and what is right. It
    ends a command with this sentence.
    """

    def __init__(self, path, line, sentence):
        super().__init__(f"{_short(path)}, line {line}: {sentence}")


class Mistakes(Mistake):
    """Several of them, one a line."""

    def __init__(self, mistakes):
        SystemExit.__init__(self, "\n".join(str(mistake) for mistake in mistakes))


def _short(path):
    path = Path(path).resolve()
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def numbered(folder, names=()):
    """The numbered texts of a folder, those of these names or, without names, all."""
    found = {path.stem: path for path in sorted(folder.glob("[0-9][0-9]_*.md"))}
    unknown = [name for name in names if name not in found]
    if unknown:
        raise SystemExit(f"{_short(folder)} has no {unknown[0]}.md: it has "
                         f"{', '.join(found) or 'none yet'}")
    return [found[name] for name in names or found]


def title_of(path):
    """The text of the first heading of a Markdown page."""
    found = re.search(r"^# (.+)$", path.read_text("utf-8"), re.M)
    if not found:
        raise Mistake(path, 1, "a page begins with its title, a line `# …`")
    return found[1].strip()


def markdown():
    """Markdown with tables and $maths$, which becomes \\(…\\) and \\[…\\]; HTML stays text."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    dollarmath_plugin(parser, allow_labels=False)
    parser.add_render_rule("math_inline", lambda self, tokens, at, *_: _maths(
        tokens[at], r"\(", r"\)"))
    parser.add_render_rule("math_block", lambda self, tokens, at, *_: "<p>" + _maths(
        tokens[at], r"\[", r"\]") + "</p>\n")
    return parser


def _maths(token, left, right):
    text = token.content.strip().replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return left + text + right
