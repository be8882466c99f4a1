"""What keeps a site from being built, and how it is said."""
import json
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytest.importorskip("myst_nb", reason="the site needs pip install '.[site]'")

MISTAKES = """# A lecture with mistakes

See {eq}`no-such-equation` and [nothing](nowhere.md).
"""


def notebook(*cells):
    made = [{"cell_type": kind, "metadata": {"tags": tags} if tags else {}, "source": source,
             **({"execution_count": None, "outputs": []} if kind == "code" else {})}
            for kind, tags, source in cells]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})


def test_mistakes_in_a_lecture_are_named(tmp_path, build):
    lectures = tmp_path / "lectures"
    lectures.mkdir()
    shutil.copy(ROOT / "lectures" / "equations.md", lectures)
    for figure in ROOT.glob("lectures/results/*/figures/*.png"):
        target = tmp_path / figure.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(figure, target)
    (lectures / "03_mistakes.ipynb").write_text(notebook(
        ("markdown", [], MISTAKES),
        ("code", [], "import vae_np as vn"),
        ("code", ["source"], "show(vn.distributions.no_such_function)"),
        ("code", ["source"], "show(unknown.name)")))
    made = build(tmp_path / "html", "--lectures", str(lectures))
    assert made.returncode != 0
    for mistake in ("no-such-equation", "nowhere.md", "no_such_function", "unknown.name"):
        assert mistake in made.stderr


def test_a_lecture_without_its_notebook_is_refused(tmp_path, build):
    lectures = tmp_path / "lectures"
    lectures.mkdir()
    (lectures / "03_new.md").write_text("# New")
    made = build(tmp_path / "html", "--lectures", str(lectures))
    assert made.returncode == 1 and "03_new.md has no executed notebook" in made.stderr


def test_a_folder_with_other_files_is_not_wiped(tmp_path, build):
    (tmp_path / "thesis.tex").write_text("years of work")
    made = build(tmp_path)
    assert made.returncode == 1 and "holds no site" in made.stderr
    assert (tmp_path / "thesis.tex").read_text() == "years of work"
