"""The sheet of equations: each row gets its lecture's equation and its line in the library."""
from docutils import nodes

from codepages import LINES, SHEET, code_uri
from listings import link


def complete_sheet(app, doctree, page):
    """On the sheet, each row gets its lecture's equation and the line in the library."""
    if page != SHEET:
        return
    equations = app.env.get_domain("math").equations
    for table in doctree.findall(nodes.table):
        table["classes"].append("sheet")
        header = [entry.astext() for entry in next(table.findall(nodes.thead))[0]]
        for row in next(table.findall(nodes.tbody)):
            cells = dict(zip(header, row, strict=True))
            label = cells["label"].astext()
            row["ids"].append(f"eq-{label}")
            lecture = cells["lecture" if "lecture" in cells else "label"]
            lecture["classes"].append("in-lecture")
            if label in equations:
                there, number = equations[label]
                uri = app.builder.get_relative_uri(page, there) + f"#equation-{label}"
                lecture[0] += [nodes.Text(" "), link(f"({number})", uri)]
                own = app.env.metadata[there].get("own-code", {}).get(label)
                if own:
                    uri = app.builder.get_relative_uri(page, there) + f"#{own}"
                    cells["code"][0].clear()
                    cells["code"][0] += link(f"lecture {number.split('.')[0]}", uri)
            if label in LINES:
                cells["code"].clear()
                for line in LINES[label]:
                    cells["code"] += line_paragraphs(page, line)


def line_paragraphs(page, line):
    """Where the line stands, and the function around it."""
    names = [nodes.literal("", line.function)] if line.function else []
    return [nodes.paragraph("", "", *content) for content in (
        [link(str(line), code_uri(page, line.path, line.number))], names) if content]


def setup(app):
    app.connect("doctree-resolved", complete_sheet)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
