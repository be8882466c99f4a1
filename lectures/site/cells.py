"""Marks the code cells of lectures and exercises for "Run here": static/live.js makes them live.

Each cell that a reader can run gets an empty element, `span.live-mark`, below its lines. Its data
say what the page's script cannot see:

- `data-cell`: the cell's place in the notebook, from 0, and `data-name`: what a kept answer is
  filed under, the exercise's name where there is one, so that it survives a new cell above it;
- `data-kind`: `answer` (the student's), `check`, `import` (nothing else in it) or `code`;
- `data-needs`, `data-binds` and `data-changes`: the names that the cell needs from the cells
  above, those that it binds at its outermost level, and those whose contents it writes to, as in
  `table[3] = 4`. So the page knows which cells to run first;
- `data-light`, `data-rest` and `data-plots`, where the cell imports what needs Matplotlib or
  SciPy, which the page loads only when it is asked for plots: the lines that do without, the
  others, and the names that the imports bind.

What live.js finds on a site without Python in it, `_static/live/ready.js`, is written here too:
`live/build.py` replaces it by one that says how large the payload is.
"""
import ast
import symtable
from html import escape
from pathlib import Path

from docutils import nodes

from listings import cell_code, is_source_cell

# What needs Matplotlib or SciPy when it is imported; a test holds the list against the library.
PLOTS = ("matplotlib", "scipy", "vae_np.figures", "vae_np.linear_probe",
         "vae_np.experiments.table", "vae_np.experiments.toy")
IMPORTS = (ast.Import, ast.ImportFrom)
READY = "window.VAE_LIVE = null;  // `make site-live` puts Python into the pages\n"


def mark_cells(app, doctree):
    """Adds the marks to one page, if it comes from a notebook."""
    for cell in list(doctree.findall(nodes.container)):
        if cell.get("nb_element") == "cell_code" and not is_source_cell(cell):
            try:
                data = describe(cell_code(cell), cell["cell_index"], cell["cell_metadata"])
            except SyntaxError:  # one of Jupyter's own commands: it runs there alone
                continue
            told = "".join(f' data-{key}="{escape(value)}"' for key, value in data.items())
            # Not the first child: MyST-NB folds a cell away whose first child is its code.
            cell.insert(1, nodes.raw("", f'<span class="live-mark"{told} hidden></span>',
                                     format="html"))


def describe(code, place, metadata):
    """The data of a cell's mark, texts. Raises SyntaxError if it is no Python."""
    tree = ast.parse(code)
    grader = metadata.get("nbgrader", {})
    kind = ("answer" if grader.get("solution") else "check" if grader.get("grade") else
            "import" if all(isinstance(node, IMPORTS) for node in tree.body) else "code")
    data = {"cell": str(place), "name": grader.get("grade_id", f"cell-{place:02d}"),
            "kind": kind, "needs": needs(tree), "binds": binds(code), "changes": changes(tree)}
    light, rest, names = split_plots(tree)
    if names:
        data |= {"light": light, "rest": rest, "plots": names}
    return {key: value if isinstance(value, str) else " ".join(sorted(value))
            for key, value in data.items()}


def binds(code):
    """The names that the code binds at its outermost level."""
    return {symbol.get_name() for symbol in _table(code).get_symbols()
            if symbol.is_assigned() or symbol.is_imported()}


def needs(tree):
    """The names that the cell looks up before it has bound them itself. A function looks them up
    when it is called, so for it all of the cell's own count as bound.
    """
    return _needs(tree.body, set(), binds(ast.unparse(tree)))


def _needs(body, bound, own):
    """The same of some statements of the cell, which add to `bound`, one after the other."""
    found = set()
    for node in body:
        if isinstance(node, (ast.For, ast.While, ast.If, ast.With, ast.Try)):
            for part in _heads(node):
                found |= set(_looked_up(_table(ast.unparse(part)))) - bound
            bound |= {name.id for target in _targets(node) for name in ast.walk(target)
                      if isinstance(name, ast.Name)}
            for part in _bodies(node):
                found |= _needs(part, bound, own)
        else:
            known = own if isinstance(node, (ast.FunctionDef, ast.ClassDef)) else bound
            found |= set(_looked_up(_table(ast.unparse(node)))) - known
            bound |= binds(ast.unparse(node))
    return found


def _heads(node):
    """The expressions in the head of a statement that holds others."""
    if isinstance(node, ast.With):
        return [item.context_expr for item in node.items]
    if isinstance(node, ast.Try):
        return [handler.type for handler in node.handlers if handler.type]
    return [node.iter if isinstance(node, ast.For) else node.test]


def _targets(node):
    if isinstance(node, ast.With):
        return [item.optional_vars for item in node.items if item.optional_vars]
    return [node.target] if isinstance(node, ast.For) else []


def _bodies(node):
    if isinstance(node, ast.With):
        return [node.body]
    if isinstance(node, ast.Try):
        return [node.body, *(handler.body for handler in node.handlers), node.orelse,
                node.finalbody]
    return [node.body, node.orelse]


def _table(code):
    return symtable.symtable(code, "cell", "exec")


def _looked_up(table):
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (table.get_type() == "module" or symbol.is_global()):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _looked_up(child)


def changes(tree):
    """The names whose contents the code writes to, as in `table[3] = 4`, outside of functions."""
    found, todo = set(), list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Store):
            while isinstance(node, (ast.Subscript, ast.Attribute)):
                node = node.value
            found |= {node.id} if isinstance(node, ast.Name) else set()
        elif not isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Lambda)):
            todo += ast.iter_child_nodes(node)
    return found


def split_plots(tree):
    """(the code that needs neither Matplotlib nor SciPy, the rest of it, the names that the rest
    imports). Only a cell with such imports is split; of the others live.js knows by these names.
    """
    kept, rest, names = [], [], set()
    for node in tree.body:
        imported = node.names if isinstance(node, IMPORTS) else []
        heavy = [alias for alias in imported if needs_plots(node, alias)]
        light = [alias for alias in imported if alias not in heavy]
        names |= {alias.asname or alias.name.partition(".")[0] for alias in heavy}
        uses = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
        if heavy and light:
            kept.append(_import(node, light))
            rest.append(_import(node, heavy))
        else:
            (rest if heavy or uses & names else kept).append(node)
    return "\n".join(map(ast.unparse, kept)), "\n".join(map(ast.unparse, rest)), names


def _import(node, aliases):
    """The same import statement of fewer names."""
    if isinstance(node, ast.Import):
        return ast.Import(aliases)
    return ast.ImportFrom(node.module, aliases, node.level)


def needs_plots(node, alias):
    """Whether importing the name takes Matplotlib or SciPy."""
    full = f"{node.module}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name
    return any(f"{full}.".startswith(f"{module}.") for module in PLOTS)


def write_ready(app, failure):
    """Says that this site has no Python in it, where nobody has said that it has."""
    ready = Path(app.outdir, "_static", "live", "ready.js")
    if not failure and not ready.exists():
        ready.parent.mkdir(parents=True, exist_ok=True)
        ready.write_text(READY, encoding="utf-8")


def setup(app):
    app.connect("doctree-read", mark_cells)
    app.connect("build-finished", write_ready)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
