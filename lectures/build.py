"""Makes the notebooks from their Markdown sources.

    python lectures/build.py                    all that is committed: `make lectures`
    python lectures/build.py lectures [NAME …]  lectures, executed, beside their sources
    python lectures/build.py exercises          the students' notebooks, by nbgrader
    python lectures/build.py check NAME         execute one lecture and write nothing
    python lectures/build.py course DIR         a course folder to release and grade with nbgrader

Needs the extra `course`. VAE_NP_FAST=1 shortens the trainings in the lectures, for tests.
"""
import base64
import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from PIL import Image

LECTURES = Path(__file__).resolve().parent
EXERCISES = LECTURES / "exercises"
SECONDS_PER_CELL = 300
LABELLED = re.compile(r"^(\$\$\n(?:(?!\$\$).*\n)+\$\$ \(([a-z0-9-]+)\))$", re.M)


def sources(folder):
    """The numbered Markdown sources of a folder, in order."""
    return sorted(folder.glob("[0-9][0-9]_*.md"))


def homes():
    """{label of an equation: the lecture's source that derives it}."""
    return {label: path for path in sources(LECTURES)
            for _, label in LABELLED.findall(path.read_text(encoding="utf-8"))}


def read(path):
    """A source as a notebook, the same one every time: cell numbers as ids, slides by headings,
    places that a link to an equation can lead to, drawing code folded.
    """
    notebook = jupytext.read(path)
    places = homes()
    notebook.metadata = NotebookNode(
        kernelspec=notebook.metadata.kernelspec, language_info={"name": "python"})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:02d}"
        if "hide-input" in cell.metadata.get("tags", ()):
            cell.metadata["jupyter"] = NotebookNode(source_hidden=True)
        if cell.cell_type == "markdown":
            cell.source = _linked(cell.source, path, places)
        slide = re.match(r"(#{1,3}) ", cell.source)
        if cell.cell_type == "markdown" and slide:
            kind = "subslide" if slide.group(1) == "###" else "slide"
            cell.metadata["slideshow"] = {"slide_type": kind}
    return notebook


def _linked(text, path, places):
    """The site knows labels of equations. Jupyter knows HTML's: a place goes above each labelled
    equation, and a link to a label of another lecture names that lecture's notebook.
    """
    def link(match):
        home = places.get(match[1], path)
        file = os.path.relpath(home.with_suffix(".ipynb"), path.parent)
        return match[0] if home == path else f"]({Path(file).as_posix()}#{match[1]})"

    text = LABELLED.sub(r'<a id="\2"></a>\n\n\1', text)
    return re.sub(r"\]\(#([a-z0-9-]+)\)", link, text)


def execute(path):
    """The notebook of a source, with its outputs. Raises CellExecutionError if a cell fails."""
    notebook = read(path)
    NotebookClient(notebook, timeout=SECONDS_PER_CELL, kernel_name="python3",
                   record_timing=False, resources={"metadata": {"path": str(path.parent)}}
                   ).execute()
    notebook.metadata.language_info = NotebookNode(name="python")  # no version of this machine
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = _joined(cell.outputs)
            for output in cell.outputs:
                if "image/png" in output.get("data", ()):
                    output.data["image/png"] = _packed(output.data["image/png"])
    return notebook


def _joined(outputs):
    """Printed text that came in several pieces as one: where it broke is a matter of timing."""
    joined = []
    for output in outputs:
        if output.output_type == "stream" and joined and joined[-1].get("name") == output.name:
            joined[-1].text += output.text
        else:
            joined.append(output)
    return joined


def _packed(png):
    """A picture in base64, with 128 colours of its own: a third of the size, to the same eye."""
    picture = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    buffer = io.BytesIO()
    picture.quantize(128, dither=Image.Dither.NONE).save(buffer, format="png", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode()


def write_lectures(names=()):
    """Execute the lectures of these names (all, without names) and write them."""
    for path in sources(LECTURES):
        if not names or path.stem in names:
            print(f"executing {path.name}", flush=True)
            nbformat.write(execute(path), path.with_suffix(".ipynb"))


def exercise_notebook(path):
    """An exercise source, solutions included, as the notebook that nbgrader starts from.

    Which cells are solutions and which are checks is seen in what they hold.
    """
    notebook = read(path)
    for cell in notebook.cells:
        cell.metadata.pop("slideshow", None)
        if cell.cell_type != "code":
            continue
        checked = re.fullmatch(r'check\("([a-z0-9-]+)", \w+\)', cell.source.strip())
        if checked:
            _mark(cell, f"check-{checked.group(1)}", grade=True, locked=True, points=1)
        elif "### BEGIN SOLUTION" in cell.source:
            name = re.search(r"def (\w+)", cell.source).group(1)
            _mark(cell, name.replace("_", "-"), solution=True)
    return notebook


def _mark(cell, grade_id, **what):
    cell.metadata["nbgrader"] = {"schema_version": 3, "grade_id": grade_id, "grade": False,
                                 "solution": False, "locked": False, "task": False, **what}


def make_course(folder):
    """A course folder for nbgrader: its configuration and every assignment's source."""
    folder = Path(folder)
    for path in sources(EXERCISES):
        target = folder / "source" / path.stem / f"{path.stem}.ipynb"
        target.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(exercise_notebook(path), target)
    config = (EXERCISES / "nbgrader_config.py").read_text(encoding="utf-8")
    (folder / "nbgrader_config.py").write_text(config, encoding="utf-8")


def nbgrader(folder, *arguments):
    """Run one nbgrader command in a course folder. Raises RuntimeError, with its log."""
    # nbgrader starts `alembic` by name, which lies beside this Python.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    run = subprocess.run([sys.executable, "-m", "nbgrader", *arguments], cwd=folder,
                         env={**os.environ, "PATH": path}, capture_output=True, text=True)
    if run.returncode:
        raise RuntimeError(f"nbgrader {' '.join(arguments)} failed:\n{run.stdout}{run.stderr}")


def write_exercises():
    """The students' notebooks beside the sources, as nbgrader releases them."""
    with tempfile.TemporaryDirectory() as folder:
        make_course(folder)
        for path in sources(EXERCISES):
            print(f"releasing exercises/{path.name}", flush=True)
            nbgrader(folder, "generate_assignment", path.stem, "--create")
            released = Path(folder, "release", path.stem, f"{path.stem}.ipynb")
            path.with_suffix(".ipynb").write_text(released.read_text(encoding="utf-8"),
                                                  encoding="utf-8")


def main(arguments):
    """What the first argument says; without one, everything that is committed."""
    match arguments:
        case []:
            write_lectures()
            write_exercises()
        case ["lectures", *names]:
            write_lectures(names)
        case ["exercises"]:
            write_exercises()
        case ["check", name]:
            execute(LECTURES / f"{name}.md")
        case ["course", folder]:
            make_course(folder)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
