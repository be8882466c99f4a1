"""What makes a course of the pages: their order, the notebooks to download, what a picture shows.

- The navigation: a lecture has its exercises below it, an instructor's page its wrong answers and
  its quiz, the results their tables. So "next" at the foot of a page follows the course. The
  landing page's lists may name pages that a site does not have: these items are left out.
- Below the title of a lecture and of its exercises stands a line with the notebook to download,
  the way to the other of the two, links for those online, and a button that prints the page.
- Photographs and digits are marked `picture`: on a dark page the other figures are inverted.
"""
import json
import re
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from docutils import nodes

import online

TOCTREE = re.compile(r"(```\{toctree\}\n(?::.*\n)*\n)((?:[^`\n]+\n)+)")
ITEM = re.compile(r"^- \[[^]]*\]\(([^)]+)\).*\n(?:  .*\n)*", re.M)
PLACE = re.compile(r'^<a id="[a-z0-9-]+"></a>\n+', re.M)
LECTURE = re.compile(r"lectures/(exercises/)?(\d\d_\w+)")
# The library's figures that show images; the others are curves. See `vae-np figures`.
PICTURES = ("prior_samples", "reconstructions", "interpolation", "samples", "successors", "figure4",
            "figure5", "labels", "mnist", "mnist5k", "frey")


# -- the order ---------------------------------------------------------------------------------

def children(page, pages):
    """The pages that stand below this one in the navigation, in order."""
    folder, _, name = page.rpartition("/")
    if folder == "lectures":
        below = [f"lectures/exercises/{name}"]
    elif folder == "lectures/teach" and name[0].isdigit():
        below = [f"{folder}/{name}_*", f"{folder}/quiz/{name}", f"{folder}/slides/{name}"]
    elif page == "lectures/results/README":
        below = ["lectures/results/*/*"]
    else:
        below = []
    return [found for pattern in below for found in sorted(pages) if fnmatch(found, pattern)]


def add_children(app, page, source):
    """Writes the lists of pages, before the page is parsed."""
    pages = app.env.found_docs
    if page == "index":
        source[0] = TOCTREE.sub(lambda match: match[1] + _existing(match[2], pages), source[0])
        source[0] = ITEM.sub(lambda item: item[0] if item[1] in pages else "", source[0])
    below = children(page, pages)
    listed = "\n".join(["```{toctree}", ":hidden:", "", *(f"/{name}" for name in below), "```"])
    if source[0].startswith("{"):
        notebook = json.loads(source[0])
        for cell in notebook["cells"]:
            _prepare_figure(cell)
            if cell["cell_type"] == "markdown":  # here an equation has a place of its own, and
                # the pages of lectures/site/ lie above the lectures.
                text = PLACE.sub("", "".join(cell["source"]))
                cell["source"] = text.replace("](site/", "](../")
        if below:
            notebook["cells"].append({"cell_type": "markdown", "id": "below",
                                      "metadata": {}, "source": listed})
        source[0] = json.dumps(notebook)
    elif below:
        source[0] += f"\n\n{listed}\n"


def _existing(patterns, pages):
    """The pages of the patterns, one a line, without those that stand below another page."""
    below = {child for page in pages for child in children(page, pages)}
    found = [page for pattern in patterns.split()
             for page in sorted(pages) if fnmatch(page, pattern) and page not in below]
    return "".join(f"{page}\n" for page in dict.fromkeys(found))


def _prepare_figure(cell):
    """A cell with a caption shows its picture, not also what its last line returned; and MyST-NB
    reads an image's classes from a text, where a lecture may give a list.
    """
    options = cell["metadata"].get("mystnb", {})
    image = options.get("image", {})
    if isinstance(image.get("classes"), list):
        image["classes"] = " ".join(image["classes"])
    if "figure" in options:
        options.setdefault("code_prompt_show", "Show the code that draws this")
        cell["outputs"] = [output for output in cell["outputs"] if output["output_type"]
                           != "execute_result" or "image/png" in output["data"]]


# -- the line below the title ------------------------------------------------------------------

def notebook_name(page):
    """What a page's notebook is called when a reader has downloaded it, or None."""
    match = LECTURE.fullmatch(page)
    return match and match[2] + ("_exercises" if match[1] else "") + ".ipynb"


def add_tools(app, doctree):
    """The line below the title, and the marks on the pictures."""
    for image in doctree.findall(nodes.image):
        if PurePosixPath(image["uri"]).stem in PICTURES and "picture" not in image["classes"]:
            image["classes"].append("picture")
    page = app.env.docname
    name = notebook_name(page)
    title = next(doctree.findall(nodes.title), None)
    if not name or title is None:
        return
    exercises, stem = LECTURE.fullmatch(page).groups()
    up = "../" * page.count("/")
    tools = [f'<a href="{up}notebooks/{name}" download>Download this notebook</a>']
    other = f"lectures/{stem}" if exercises else f"lectures/exercises/{stem}"
    if other in app.env.found_docs:
        words = "The lecture" if exercises else "Exercises"
        tools.append(f'<a href="{up}{other}.html">{words}</a>')
        if not exercises:
            tools.append(f'<a href="{up}notebooks/{notebook_name(other)}" download>'
                         "Download the exercises</a>")
    tools += online.links(page, name)
    tools.append('<button type="button" class="print-page">Print</button>')
    line = nodes.raw("", f'<p class="page-tools">{" ".join(tools)}</p>', format="html")
    title.parent.insert(title.parent.index(title) + 1, line)


def copy_notebooks(app, failure):
    """The notebooks as they can be downloaded, lectures and exercises under names of their own.

    A page from the disk may not save another file, but it may load a script that holds it: so each
    stands there twice. See site.js.
    """
    if failure:
        return
    folder = Path(app.outdir, "notebooks")
    folder.mkdir(exist_ok=True)
    for page in app.env.found_docs:
        if notebook_name(page):
            # All of them lie in one folder, there and where a reader saves them.
            source = Path(app.env.doc2path(page)).read_text(encoding="utf-8")
            source = re.sub(r"\]\(exercises/(\d\d_\w+)\.ipynb", r"](\1_exercises.ipynb", source)
            copy = folder / notebook_name(page)
            copy.write_text(re.sub(r"\]\(\.\./(\d\d_\w+\.ipynb)", r"](\1", source), "utf-8")
            online.write_for_colab(folder, copy.name, copy.read_text(encoding="utf-8"), page)
            text = json.dumps([copy.name, copy.read_text(encoding="utf-8")], ensure_ascii=False)
            copy.with_name(f"{copy.name}.js").write_text(f"saveNotebook(...{text});\n", "utf-8")


def setup(app):
    app.connect("source-read", add_children)
    app.connect("doctree-read", add_tools)
    app.connect("build-finished", copy_notebooks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
