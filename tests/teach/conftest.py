"""The instructor's kit: its scripts, a small lecture's slides, and the archives, made once."""
import importlib.util
import json
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "lectures")]
sys.path += [str(ROOT / "lectures" / "teach"), str(Path(__file__).parent)]

FIGURE = next(ROOT.glob("lectures/results/ruler/figures/kl_per_dimension.png"))


def pytest_collection_modifyitems(items):
    missing = [name for name in ("sphinx", "myst_nb", "sphinx_revealjs", "jupytext", "nbgrader")
               if importlib.util.find_spec(name) is None]
    for item in items if missing else ():
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=f"the kit needs {', '.join(missing)}: "
                                             "pip install '.[site]'"))


@pytest.fixture
def small_deck(tmp_path):
    """small_deck(text) → slides.Deck of this text, for a lecture with the figure fig-bars."""
    import base64

    import slides
    from sample import DECK

    def make(text=DECK):
        lecture = tmp_path / "05_small.ipynb"
        png = base64.b64encode(FIGURE.read_bytes()).decode()
        cell = {"cell_type": "code", "execution_count": 1, "source": "draw()",
                "metadata": {"mystnb": {"figure": {"name": "fig-bars"}}},
                "outputs": [{"output_type": "display_data", "metadata": {},
                             "data": {"image/png": png}}]}
        lecture.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {},
                                       "cells": [cell]}))
        picture = ROOT / "lectures" / "results" / "ruler" / "figures" / "prior_samples.png"
        path = tmp_path / "slides" / "05_small.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.replace("PICTURE", str(picture)), "utf-8")
        return slides.Deck(path, lectures=tmp_path)
    return make


@pytest.fixture
def browser():
    from browser import CHROMIUM, Browser
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed, so nobody can look at the slides")
    with Browser() as opened:
        yield opened


@pytest.fixture(scope="session")
def students(tmp_path_factory):
    """The students' archive."""
    import archives
    return archives.students(tmp_path_factory.mktemp("students") / "vae-course-students.zip")


@pytest.fixture(scope="session")
def unpacked(students, tmp_path_factory):
    """Its folder, as a student sees it."""
    parent = tmp_path_factory.mktemp("home")
    shutil.unpack_archive(students, parent)
    return parent / "vae-course"


@pytest.fixture(scope="session")
def instructors(site, students, tmp_path_factory):
    """The instructors' archive, around the site that the tests of the site look at."""
    import archives
    return archives.instructors(tmp_path_factory.mktemp("instructors") / "instructors.zip",
                                site, students)
