"""The library's source as pages, and the links between equations and lines.

The comment `# eq. kl-gaussian` ends the line that implements the equation `kl-gaussian`. From
these comments alone come

- a page for each source file, code/PATH.html, in which line 117 is #L-117;
- `LINES`: from a label to its lines;
- a link on each such comment, wherever the site shows code, to the equation;
- the [source] links of the reference.
"""
import ast
import inspect
import re
import sys
from dataclasses import dataclass
from html import escape
from pathlib import Path

import vae_np

PACKAGE = Path(vae_np.__file__).resolve().parent
SHEET = "lectures/equations"
COMMENT = re.compile(r"# eq\. ([a-z0-9-]+)")
_LINE = re.compile(r'(<span id="[^"]+-\d+")>((?:<span class="linenos">[^<]*</span>)?)([^\n]*)')
_BEFORE_STOP = re.compile(r'(<span class="math notranslate nohighlight">[^<]*</span>)([.,;:!?)]+)')


def knows_answers(module):
    """Whether a module may hold right answers to exercises: all of the course's but its door."""
    package, _, name = module.rpartition(".")
    return package == "vae_np.course" and name not in ("answers", "listing")


@dataclass(frozen=True)
class Line:
    """A line of the library: path as in the repository, number from 1, the function around it."""
    path: str
    number: int
    function: str

    def __str__(self):
        return f"{self.path.removeprefix('vae_np/')}:{self.number}"


def repository_path(file):
    """vae_np/distributions.py, of any file of the package."""
    return "vae_np/" + Path(file).resolve().relative_to(PACKAGE).as_posix()


def code_uri(from_page, path, line=None):
    """The address of a line's page, relative to the page `from_page`."""
    return "../" * from_page.count("/") + f"code/{path}.html" + (f"#L-{line}" if line else "")


def labels_of(value):
    """The labels in the source of a function, method or class."""
    try:
        source = inspect.getsource(value)
    except (OSError, TypeError):  # no source: a value, or made at run time
        return []
    return COMMENT.findall(source)


def _find_lines():
    lines = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), 1):
            for label in COMMENT.findall(line):
                place = Line(repository_path(file), number, _function_around(text, number))
                lines.setdefault(label, []).append(place)
    return lines


def _function_around(text, number):
    """The dotted name of the innermost def or class around a line, "" at the top level."""
    names = []

    def descend(node):
        for child in ast.iter_child_nodes(node):
            if getattr(child, "lineno", 0) <= number <= (getattr(child, "end_lineno", 0) or 0):
                if isinstance(child, (ast.FunctionDef, ast.ClassDef)):
                    names.append(child.name)
                descend(child)
    descend(ast.parse(text))
    return ".".join(names)


LINES = _find_lines()


def equation_uri(app, from_page, label):
    """The address of an equation: where a lecture derives it, else its row on the sheet."""
    place = app.env.get_domain("math").equations.get(label)
    if place:
        return app.builder.get_relative_uri(from_page, place[0]) + f"#equation-{label}"
    return app.builder.get_relative_uri(from_page, SHEET) + f"#eq-{label}"


def _source_pages(app):
    for file in sorted(PACKAGE.rglob("*.py")):
        path = repository_path(file)
        module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        if knows_answers(module) and app.tags.has("students"):
            continue
        page = f"code/{path}"
        code = app.builder.highlighter.highlight_block(
            file.read_text(encoding="utf-8"), "python", linenos="inline", linespans="L")
        labels = [label for label, lines in LINES.items()
                  if any(line.path == path for line in lines)]
        intro = ""
        if f"api/{module}" in app.env.found_docs:
            uri = app.builder.get_relative_uri(page, f"api/{module}")
            intro += f'<p>Reference: <a href="{uri}">{module}</a></p>'
        if labels:
            intro += "<p>Equations: " + ", ".join(
                f'<a href="{equation_uri(app, page, label)}">{label}</a>' for label in labels)
            intro += "</p>"
        body = (f"<h1>{escape(path)}</h1>{intro}"
                f'<div class="highlight-python notranslate whole-file">{code}</div>')
        yield page, {"title": path, "body": body}, "page.html"


def _finish_page(app, page, template, context, doctree):
    """What is easier in HTML: links on comments, how deep a line begins, no lonely full stop."""
    known = {*LINES, *app.env.get_domain("math").equations}

    def link(match):
        if match[1] not in known:
            return match[0]
        return f'<a class="eq-comment" href="{equation_uri(app, page, match[1])}">{match[0]}</a>'

    def indent(match):
        begins = re.match(r" *", re.sub(r"<[^>]*>", "", match[3]))[0]
        return f'{match[1]} style="--indent: {len(begins)}ch">{match[2]}{match[3]}'

    body = context.get("body", "")
    if "highlight-python" in body:
        body = COMMENT.sub(link, body)
        body = _LINE.sub(indent, body)
    context["body"] = _BEFORE_STOP.sub(r'<span class="keep">\1\2</span>', body)


def linkcode_resolve(domain, info):
    """Where the reference's [source] leads: Sphinx asks for each name. The pages lie in api/."""
    value = sys.modules[info["module"]]
    for part in info["fullname"].split("."):
        value = getattr(value, part, None)
    value = inspect.unwrap(value.fget if isinstance(value, property) else value)
    try:
        return code_uri("api/x", repository_path(inspect.getsourcefile(value)),
                        inspect.getsourcelines(value)[1])
    except (OSError, TypeError, ValueError):  # a field, made at run time, or another library's
        return None


def setup(app):
    app.connect("html-collect-pages", _source_pages)
    app.connect("html-page-context", _finish_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
