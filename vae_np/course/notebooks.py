"""A student's notebook as a list of statements, whatever became of its cells.

Nothing is executed here, and no cell ids, metadata or outputs are looked at. A notebook is read
as JSON, its code cells are parsed one by one, and each statement says which names it binds and
which ones it needs. A cell that cannot be parsed costs that cell alone.
"""
import ast
import json
import re
import symtable
import textwrap
import warnings
from pathlib import Path
from typing import NamedTuple

PACKAGE = Path(__file__).resolve().parents[1]
CHECK = re.compile(r"""\bcheck\(\s*["']([\w-]+)["']""")
DEFINITION = re.compile(r"^[ \t]*(?:async\s+)?def\s+(\w+)", re.M)
PYTHON_CELLS = (["time"], ["capture"], ["prun"])  # %%-magics whose cell is Python of the notebook
MAGIC = re.compile(r"\s*[%!?]|[^#]*=\s*[%!]|.*\?\s*$")
CANNOT_BE_PARSED = (SyntaxError, ValueError, RecursionError, MemoryError)


class UnreadableError(ValueError):
    """A file that is no notebook. Its text says why."""


class Cell(NamedTuple):
    """name: how messages call it. source: Python that can be parsed, magics taken out."""

    name: str
    source: str


class Statement(NamedTuple):
    """A statement of the outermost level.

    kind: "import", "function" (also a class, or a name for a lambda) or "other".
    changes: names whose contents it writes to, as in `table[3] = 4`.
    checks: (name of an exercise, name of the function that is handed over or None).
    empty: whether it is a function that nobody has filled in.
    """

    cell: Cell
    place: int
    kind: str
    binds: frozenset
    needs: frozenset
    changes: frozenset
    checks: tuple
    empty: bool


class Notebook(NamedTuple):
    """broken: {function in a cell that cannot be parsed: why}. text, code: as they were typed."""

    statements: list
    broken: dict
    text: str
    code: str


def released():
    """{number of a lecture: path of its exercises as students get them}.

    They lie in lectures/ in the source and inside the package where it was installed.
    """
    places = (PACKAGE / "exercises", PACKAGE.parent / "lectures" / "exercises")
    return {int(path.stem[:2]): path for place in places
            for path in sorted(place.glob("[0-9][0-9]_*.ipynb"))}


def read(path):
    """The Notebook in a file. Raises UnreadableError."""
    cells = _cells(path)
    code, broken, parsed = [], {}, []
    for number, (kind, source) in enumerate(cells, 1):
        if kind != "code":
            continue
        code.append(source)
        if parsed and (_goes_on(source) or not _compiles(parsed[-1][1])):
            joined = f"{parsed[-1][1]}\n{source}"  # a function that was split
            if _compiles(joined):
                parsed[-1] = parsed[-1][0], joined
                continue
        parsed.append((number, source))
    statements = []
    for number, source in parsed:
        try:
            tree, lines = parse(source)
            found = list(_statements(tree, Cell(f"cell {number}", lines)))
        except CANNOT_BE_PARSED as error:
            why = _why(error, number)
            broken |= dict.fromkeys(DEFINITION.findall(source), why)
            continue
        statements += [statement for statement in found if isinstance(statement, Statement)]
        for name, error in (pair for pair in found if not isinstance(pair, Statement)):
            broken[name] = _why(error, number)
    text = "\n".join(source for kind, source in cells if kind != "code")
    return Notebook(statements, broken, text, "\n".join(code))


def parse(source):
    """(tree, source) of a cell without what only IPython understands; line numbers stay.

    A line is taken for a magic only where Python itself stumbles over it. Raises SyntaxError.
    """
    lines = textwrap.dedent(source.replace("\r\n", "\n")).split("\n")
    first = next((place for place, line in enumerate(lines) if line.strip()), 0)
    if lines[first].startswith("%%"):
        if lines[first][2:].split()[:1] not in PYTHON_CELLS:
            return ast.parse(""), ""
        lines[first] = ""
    while True:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # "\m" in a text is no concern of the grader
                return ast.parse("\n".join(lines)), "\n".join(lines)
        except SyntaxError as error:
            at = (error.lineno or 0) - 1
            if not (0 <= at < len(lines) and MAGIC.match(lines[at])):
                raise
            line = lines[at]
            lines[at] = line[:len(line) - len(line.lstrip())] + "pass"


def _cells(path):
    """[(kind, source)] of a file, also one of the format before 2015."""
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UnreadableError(f"the file cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UnreadableError("the file is no text in UTF-8, so no notebook") from None
    if not text.strip():
        raise UnreadableError("the file is empty")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"the file is cut off or no notebook: {error}") from None
    sheets = content.get("worksheets", [content]) if isinstance(content, dict) else None
    try:
        cells = [cell for sheet in sheets for cell in sheet["cells"]]
        return [(cell["cell_type"], _source(cell)) for cell in cells]
    except (KeyError, TypeError, AttributeError):
        raise UnreadableError("the file is JSON, but no notebook: it has no list of cells"
                              ) from None


def _source(cell):
    source = cell.get("source", cell.get("input", ""))
    return source if isinstance(source, str) else "".join(source)


def _goes_on(source):
    """Whether a cell looks like the rest of a function: indented, and not valid alone."""
    first = next((line for line in source.split("\n") if line.strip()), "")
    return first[:1] in (" ", "\t") and not _compiles(source)


def _compiles(source):
    try:
        tree = parse(source)[0]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(tree, "cell", "exec")
    except CANNOT_BE_PARSED:
        return False
    return True


def _why(error, number):
    if isinstance(error, SyntaxError):
        return f"syntax error in line {error.lineno} of its cell, cell {number}: {error.msg}"
    return f"cell {number} cannot be parsed: {error}"


# -- what a statement does -----------------------------------------------------------------------

def _statements(tree, cell):
    """Each Statement; for one that Python does not compile, (name, error) of each function."""
    for place, node in enumerate(tree.body):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(ast.Module([node], []), cell.name, "exec")
            table = symtable.symtable(ast.unparse(node), cell.name, "exec")
        except CANNOT_BE_PARSED as error:
            for inner in ast.walk(node):
                if isinstance(inner, ast.FunctionDef):
                    yield inner.name, error
            continue
        binds = frozenset(symbol.get_name() for symbol in table.get_symbols()
                          if symbol.is_assigned() or symbol.is_imported())
        yield Statement(cell, place, _kind(node), binds, frozenset(_needs(table)),
                        frozenset(_changes(node)), tuple(_checks(node)), _is_empty(node))


def _kind(node):
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return "import"
    defines = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    named = isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda)
    return "function" if isinstance(node, defines) or named else "other"


def _needs(table):
    """Names that a statement looks up outside of itself, those in its functions included."""
    outermost = table.get_type() == "module"
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (outermost or symbol.is_global()):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _needs(child)


def _changes(node):
    for inner in ast.walk(node):
        if isinstance(inner, (ast.Subscript, ast.Attribute)) and isinstance(inner.ctx, ast.Store):
            while isinstance(inner, (ast.Subscript, ast.Attribute)):
                inner = inner.value
            if isinstance(inner, ast.Name):
                yield inner.id


def _checks(node):
    for inner in ast.walk(node):
        if not isinstance(inner, ast.Call) or "check" not in (
                getattr(inner.func, "id", None), getattr(inner.func, "attr", None)):
            continue
        first, second = [*inner.args, *(word.value for word in inner.keywords), None, None][:2]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value, second.id if isinstance(second, ast.Name) else None


def _is_empty(node):
    """Whether a function holds nothing but a docstring, dots, pass, `return` or `raise`."""
    if not isinstance(node, ast.FunctionDef):
        return False
    for line in node.body:
        nothing = (isinstance(line, ast.Pass)
                   or isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)
                   or isinstance(line, ast.Raise) and "NotImplemented" in ast.unparse(line)
                   or isinstance(line, ast.Return) and (
                       line.value is None or isinstance(line.value, ast.Constant)
                       and line.value.value in (None, ...)))
        if not nothing:
            return False
    return True
