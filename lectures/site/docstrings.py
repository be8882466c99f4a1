"""The library's docstrings, which are plain text, as reStructuredText.

They are written to be read in the source: names in `backticks`, formulas in unicode, a blank line
between paragraphs, verbatim blocks indented. None of that is markup, so whatever reStructuredText
would take for markup is escaped here, and names and blocks are turned into what they mean.
"""
import inspect
import re
import sys

from codepages import labels_of

_TOKEN = re.compile(r"(`[^`\n]+`)|(?<![\w*])\*(\w[^*]*?)\*(?![\w*])")
_SPECIAL = re.compile(r"([\\*`|_])")


def to_rst(text, scopes=()):
    """The docstring `text` in reStructuredText; scopes: where its names are looked up."""
    blocks = re.split(r"\n\s*\n", text.strip("\n"))
    return "\n\n".join(_block(block, scopes) for block in blocks)


def _block(block, scopes):
    lines = block.split("\n")
    if all(line.startswith(" ") for line in lines):
        return "::\n\n" + "\n".join("    " + line for line in lines)
    return paragraph(block, scopes)


def paragraph(text, scopes=()):
    """Running text: names become code, or links where they name something documented."""
    out, at = [], 0
    for token in _TOKEN.finditer(text):
        out.append(_plain(text[at:token.start()]))
        out.append(_name(token[1].strip("`"), scopes) if token[1] else f"*{_plain(token[2])}*")
        at = token.end()
    return "".join(out) + _plain(text[at:])


def _plain(text):
    return _SPECIAL.sub(r"\\\1", text)


def _name(name, scopes):
    target = _documented(name, scopes)
    return f":py:obj:`{name} <{target}>`" if target else f"``{name}``"


def _documented(name, scopes):
    """The full name of a public function or class of the library that `name` means, or None."""
    for value in scopes:
        for part in name.split("."):
            value = getattr(value, part, None)
        if (inspect.isfunction(value) or inspect.isclass(value)) and value.__doc__:
            full = f"{value.__module__}.{value.__qualname__}"
            if full.startswith("vae_np.") and "._" not in full:
                return full
    return None


def scopes_of(name):
    """Where the names in a docstring are looked up: from the class outwards to its module."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        module = sys.modules.get(".".join(parts[:length]))
        if module:
            scopes = [module]
            for part in parts[length:]:
                scopes.insert(0, getattr(scopes[0], part, None))
            return scopes
    return []


def _process(app, what, name, value, options, lines):
    text = to_rst("\n".join(lines), scopes_of(name))
    labels = labels_of(value) if what in ("function", "method", "class") else []
    if labels:
        sheet = "../lectures/equations.html#eq-"
        text += "\n\nEquation: " + ", ".join(f"`{label} <{sheet}{label}>`__" for label in labels)
    lines[:] = text.split("\n") + [""]


def setup(app):
    app.connect("autodoc-process-docstring", _process)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
