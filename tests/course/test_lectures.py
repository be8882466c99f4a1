"""Lectures: source and notebook agree, every source runs, links and listings lead somewhere."""
import base64
import os
import re
import subprocess
import sys
from operator import attrgetter
from pathlib import Path

import nbformat
import pytest

import build
import vae_np.course
from vae_np import (activations, averages, backend, distributions, layers, likelihoods,
                    linear_probe, objectives, optim, posteriors, training)
from vae_np.checking import plain
from vae_np.course import show
from vae_np.figures import latent
from vae_np.inference import ais, appendix_d, diagnostics
from vae_np.models import autoencoder, code_density, mixture, vae

LECTURES = build.sources(build.LECTURES)
MODULES = {module.__name__.rpartition(".")[2]: module for module in (
    activations, ais, appendix_d, autoencoder, averages, backend, code_density, diagnostics,
    distributions, latent, layers, likelihoods, linear_probe, mixture, objectives, optim, plain,
    posteriors, training, vae)}
each = pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)


def test_the_ten_are_there():
    assert {"00_one_page", "01_latent_variables", "02_the_bound", "03_backpropagation",
            "04_reparameterisation", "05_gaussian_kl", "06_likelihoods", "07_the_vae_assembled",
            "08_what_it_learnt", "09_how_good_is_it"} <= {path.stem for path in LECTURES}


@each
def test_source_and_notebook_agree_cell_by_cell(path):
    def cells(notebook):
        return [(cell.id, cell.cell_type, cell.source, cell.metadata) for cell in notebook.cells]

    notebook = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    nbformat.validate(notebook)
    assert cells(notebook) == cells(build.read(path)), "run `make lectures` and commit the result"


@each
def test_the_notebook_was_executed_in_one_go_without_errors_or_warnings(path):
    notebook = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    assert not [output for output in outputs
                if output.output_type == "error" or output.get("name") == "stderr"]
    pictures = [base64.b64decode(output.data["image/png"]) for output in outputs
                if "image/png" in output.get("data", ())]
    assert pictures and max(map(len, pictures)) < 150_000
    assert path.with_suffix(".ipynb").stat().st_size <= 300_000  # quick to open, and to send


@pytest.mark.parametrize("path", [*LECTURES, *build.sources(build.EXERCISES)],
                         ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_link_to_an_equation_leads_there_in_jupyter_too(path):
    def text_of(file):
        notebook = nbformat.read(file, as_version=4)
        return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")

    text = text_of(path.with_suffix(".ipynb"))
    links = re.findall(r"\]\(([^)\s#]*\.ipynb)?#([a-z0-9-]+)\)", text)
    assert text.count("<a id=") == len(build.LABELLED.findall(path.read_text("utf-8")))
    for file, place in links:
        assert f'<a id="{place}"></a>' in (text_of(path.parent / file) if file else text)


@each
def test_every_source_runs(path):
    """All cells with their assertions, trainings shortened."""
    env = {**os.environ, "VAE_NP_FAST": "1", "OPENBLAS_NUM_THREADS": "1"}
    run = subprocess.run([sys.executable, build.__file__, "check", path.stem], env=env,
                         capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-3000:]


@each
def test_it_has_what_every_lecture_has(path):
    text = path.read_text(encoding="utf-8")
    for part in ("**The question.**", "**What you need to know.**", "## Sources",
                 f"(exercises/{path.stem}.ipynb)"):
        assert part in text
    assert re.search(r"^## \d+\. Exercises$", text, re.M)
    assert len(re.findall(r"^assert |^    assert ", text, re.M)) >= 4  # results are checked


@each
def test_headings_begin_cells_so_that_slides_begin_there(path):
    for cell in build.read(path).cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"\n#{1,3} ", cell.source), cell.source[:60]


@each
def test_listings_are_cells_of_their_own_and_what_they_name_is_in_the_library(path):
    for cell in build.read(path).cells:
        if cell.cell_type != "code":
            continue
        listing = re.fullmatch(r"show\(([\w., ]+)\)", cell.source)
        assert ("source" in cell.metadata.get("tags", ())) == bool(listing), cell.source
        assert listing or "show(" not in cell.source
        for name in listing.group(1).split(", ") if listing else ():
            module, _, rest = name.partition(".")
            thing = attrgetter(rest)(MODULES[module])
            assert thing.__module__.startswith(MODULES[module].__name__)


def test_the_one_page_is_one():
    """Fewer than 120 lines, and they need NumPy alone."""
    path = build.LECTURES / "00_one_page.md"
    page, = [cell.source for cell in build.read(path).cells if "def train(" in cell.source]
    assert len(page.splitlines()) < 120
    assert not re.search(r"\b(vn|distributions|style|import)\b", page)


def test_links_lead_somewhere():
    for path in [*LECTURES, *build.sources(build.EXERCISES), build.LECTURES / "README.md"]:
        links = re.findall(r"\]\((?!https?:|#)([^)#]+)\)", path.read_text(encoding="utf-8"))
        assert [link for link in links if not (path.parent / link).exists()] == [], path


def test_show_gives_the_source_with_its_place():
    listing = show(distributions.sigmoid, posteriors.DiagonalGaussian.kl)
    text, markdown = repr(listing), listing._repr_markdown_()
    lines = Path(activations.__file__).read_text(encoding="utf-8").splitlines()
    path, line = re.match(r"# (\S+), line (\d+)\n", text).groups()
    assert path == "vae_np/activations.py" and lines[int(line) - 1] == "def sigmoid(a):"
    assert "\n\n# vae_np/posteriors.py, line" in text and "\n    return kl_standard" in text
    assert markdown.count("```python\n") == 2


@pytest.mark.parametrize("thing", [3, len, vae_np.course, re.match])
def test_show_shows_the_library_alone(thing):
    with pytest.raises(TypeError, match="functions, methods and classes of vae_np"):
        show(thing)
