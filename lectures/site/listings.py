"""Two columns: the derivation on the left, the library's own lines on the right.

A lecture shows lines of the library with a code cell that is tagged `source`:

    ```{code-cell} ipython3
    :tags: [source]
    show(vn.distributions.kl_standard_normal)
    ```

In Jupyter the cell prints them. Here it becomes a listing, with the file's line numbers, beside
the prose and the equations that come before it in its section, back to the last cell. Cells that
follow one another share the right column. A paragraph that ends with a colon just before the cell
("In the library:") goes with the listing: on the left it would end the column with nothing below.
Nothing is pasted: the names in the call are looked up in the library, by the imports that the
lecture itself makes.

The links that this makes:

- below an equation whose label a line carries (`# eq. label`): to that line, in a listing of the
  same page where there is one, else on the page of the whole file, or to the lecture's own cell;
- above a listing: to its file, and back to the equations whose labels stand in it or beside it.

On the sheet of equations (sheet.py) each row leads to the equation's lecture and to its line.

Equations are numbered by lecture: the third of lecture 5 is (5.3).
"""
import ast
import importlib
import inspect
import re
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging
from sphinx_design.shared import create_component

from codepages import COMMENT, LINES, PACKAGE, SHEET, code_uri, labels_of, repository_path

log = logging.getLogger(__name__)


def arrange(app, doctree):
    """Numbers the equations, makes the columns and sets the links of one page."""
    page = app.env.docname
    equations = number_equations(app.env, doctree, page)
    settle_links(app.env, doctree, page)
    shown = {}  # (path, line) → the id of that line in a listing of this page
    namespace = imports(doctree)
    for cell in [node for node in doctree.findall(nodes.container) if is_source_cell(node)]:
        values = named_values(cell, namespace)
        beside = blocks_before(cell)
        lead_in = beside.pop() if beside and leads_in(beside[-1]) else None
        row = previous_row(cell) if not beside else None
        if row is None:
            row = new_row(cell, beside)
        left, right = row[0].children
        if lead_in:
            cell.parent.remove(lead_in)
            right += lead_in
        labels = labels_near(left, doctree)
        for value in values:
            right += listing(page, value, labels_of(value) or labels, shown)
        cell.parent.remove(cell)
    own = own_code(doctree)
    app.env.metadata[page]["own-code"] = own
    for equation in equations:
        link_to_lines(equation, page, shown, own)


def number_equations(env, doctree, page):
    """The labelled equations of the page, numbered as in (5.3); elsewhere as in (3)."""
    lecture = re.match(r"lectures/(\d\d)_", page)
    domain = env.get_domain("math")
    equations = [node for node in doctree.findall(nodes.math_block) if node.get("label")]
    for number, equation in enumerate(equations, 1):
        equation["number"] = f"{int(lecture[1])}.{number}" if lecture else str(number)
        domain.equations[equation["label"]] = (page, equation["number"])
    return equations


def settle_links(env, doctree, page):
    """[…](#bound) shows the equation's number; a link into the repository, beyond the pages of
    the site, goes to the source file's page, or keeps its text alone where there is none.
    """
    labels = labels_on_sheet(env)
    for reference in list(doctree.findall(addnodes.pending_xref)):
        target = reference["reftarget"]
        if reference["reftype"] != "myst":
            continue
        if reference.get("refdomain"):  # to another page; notebooks name an equation of it so
            if reference.get("reftargetid") in labels:
                reference.replace_self(equation_link(reference["reftargetid"], page))
            continue
        path = target.partition("#")[0]
        file = (PACKAGE.parent / Path(page).parent / path).resolve()
        if target in labels:
            reference.replace_self(equation_link(target, page))
        elif file.suffix == ".py" and file.is_relative_to(PACKAGE):
            reference.replace_self(link(reference.astext(),
                                        code_uri(page, repository_path(file))))
        elif target and file.exists() and file.is_relative_to(PACKAGE.parent):
            reference.replace_self(reference.children)


def is_source_cell(node):
    return (node.get("nb_element") == "cell_code"
            and "source" in node.get("cell_metadata", {}).get("tags", []))


def cell_code(cell):
    return next((node.astext() for node in cell.findall(nodes.literal_block)), "")


def own_code(doctree):
    """Gives each line of the lecture's own cells an id: {label: the id of the line with it}."""
    own = {}
    cells = [cell for cell in doctree.findall(nodes.container)
             if cell.get("nb_element") == "cell_code" and not is_source_cell(cell)]
    for count, cell in enumerate(cells, 1):
        block = next(cell.findall(nodes.literal_block))
        block["highlight_args"] = {"linespans": f"cell-{count}"}
        for number, line in enumerate(block.astext().split("\n"), 1):
            for label in COMMENT.findall(line):
                own[label] = f"cell-{count}-{number}"
    return own


def imports(doctree):
    """The names that the lecture imports from the library: {name: module, class or function}."""
    names = {}
    for cell in doctree.findall(nodes.container):
        if cell.get("nb_element") != "cell_code":
            continue
        for line in re.findall(r"^(?:from|import) vae_np.*$", cell_code(cell), re.M):
            for alias in ast.parse(line).body[0].names:
                found = re.match(r"from (\S+) import", line)
                if found:
                    module = importlib.import_module(found[1])
                    value = getattr(module, alias.name, None)
                    if value is None:  # a submodule
                        value = importlib.import_module(f"{found[1]}.{alias.name}")
                else:
                    value = importlib.import_module(alias.name)
                names[alias.asname or alias.name.partition(".")[0]] = value
    return names


def named_values(cell, namespace):
    """What the cell's call names: show(a.b, c) → [a.b, c]."""
    values = []
    try:
        call = ast.parse(cell_code(cell)).body[-1].value
        for argument in call.args:
            first, *parts = ast.unparse(argument).split(".")
            value = namespace[first]
            for part in parts:
                value = getattr(value, part)
            values.append(value)
    except (SyntaxError, IndexError, AttributeError, KeyError) as error:
        log.warning("a cell tagged `source` calls show with names of the library that the "
                    "lecture has imported, not %r: %r", cell_code(cell), error, location=cell)
    return values


def blocks_before(cell):
    """The blocks between the cell and what comes before it: a heading, a cell or a row."""
    blocks = []
    for node in reversed(cell.parent.children[:cell.parent.index(cell)]):
        if isinstance(node, (nodes.title, nodes.container)):
            break
        blocks.insert(0, node)
    return blocks


def leads_in(block):
    return isinstance(block, nodes.paragraph) and block.astext().rstrip().endswith(":")


def previous_row(cell):
    """The row of columns just before the cell or its lead-in."""
    index = cell.parent.index(cell)
    before = cell.parent[index - 1] if index else None
    if before is not None and leads_in(before):
        index -= 1
        before = cell.parent[index - 1] if index else None
    return before if before is not None and "two-columns" in before.get("classes", []) else None


def new_row(cell, beside):
    """A grid of two columns before the cell, one on a phone; `beside` moves into the left one."""
    row = create_component("grid-container", ["sd-container-fluid", "sd-mb-4", "two-columns"])
    inside = create_component("grid-row", ["sd-row", "sd-row-cols-1", "sd-row-cols-xs-1",
                                           "sd-row-cols-sm-1", "sd-row-cols-md-1",
                                           "sd-row-cols-lg-2", "sd-g-4"])
    left = create_component("grid-item", ["sd-col", "derivation"])
    right = create_component("grid-item", ["sd-col", "lines"])
    if not beside:
        row["classes"].append("lines-only")
    cell.parent.insert(cell.parent.index(cell), row)
    for node in beside:
        cell.parent.remove(node)
        left += node
    inside += [left, right]
    row += inside
    return row


def labels_near(left, doctree):
    """The labels of the equations in the left column, or else the last one before it."""
    labels = [node["label"] for node in left.findall(nodes.math_block) if node.get("label")]
    if labels:
        return labels
    for node in doctree.findall(lambda node: node is left or isinstance(node, nodes.math_block)):
        if node is left:
            return labels
        labels = [node["label"]] if node.get("label") else labels
    return labels


def listing(page, value, labels, shown):
    """The source of a function, method or class, as it stands in its file, and its equations."""
    lines, first = inspect.getsourcelines(value)
    path = repository_path(inspect.getsourcefile(value))
    name = f"{value.__module__.removeprefix('vae_np.')}.{value.__qualname__}"
    text = inspect.cleandoc("\n" + "".join(lines)) if lines[0].startswith(" ") else "".join(lines)
    text = text.rstrip("\n")
    block = nodes.literal_block(text, text, language="python", linenos=True)
    block["highlight_args"] = {"linenostart": first, "linespans": name}
    for number in range(first, first + len(lines)):
        shown.setdefault((path, number), f"{name}-{number}")

    caption = nodes.caption()
    caption += link(f"{path}:{first}", code_uri(page, path, first))
    for label in dict.fromkeys(labels):
        caption += equation_link(label, page)
    wrapper = nodes.container("", caption, block, literal_block=True,
                              classes=["literal-block-wrapper", "library-lines"])
    wrapper["ids"].append(name)
    return wrapper


def equation_link(label, page):
    """A reference to the equation, by its number if a lecture has it: see `resolve`."""
    return addnodes.pending_xref("", nodes.literal(label, label), refdomain="math", reftype="eq",
                                 reftarget=label, refdoc=page, refwarn=True)


def labels_on_sheet(env):
    sheet = Path(env.srcdir, f"{SHEET}.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| `([a-z0-9-]+)` \|", sheet, re.M))


def resolve(app, env, node, contnode):
    """An equation that no lecture has yet is found on the sheet."""
    label = node["reftarget"]
    if node.get("refdomain") == "math" and label in labels_on_sheet(env):
        uri = app.builder.get_relative_uri(node["refdoc"], SHEET) + f"#eq-{label}"
        return link(label, uri)
    return None


def link_to_lines(equation, page, shown, own):
    """Below the equation, its label and a link to each line that implements it."""
    label = equation["label"]
    row = nodes.paragraph("", "", nodes.literal("", label), classes=["to-lines"])
    for line in LINES.get(label, []):
        here = shown.get((line.path, line.number))
        row += link(str(line), f"#{here}" if here else code_uri(page, line.path, line.number))
    if label in own:
        row += link("this lecture's code", f"#{own[label]}")
    equation.parent.insert(equation.parent.index(equation) + 1, row)


def link(text, uri):
    return nodes.reference("", "", nodes.Text(text), refuri=uri, internal=True)


def setup(app):
    app.connect("doctree-read", arrange)
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
