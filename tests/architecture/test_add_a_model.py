"""The page that tells how to add a model is true: a test does what it says, in a copy."""
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "lectures" / "site" / "add_a_model.md"


@pytest.fixture(scope="module")
def blocks():
    """{file that a block of the page belongs to: its text}."""
    found = re.findall(r"```python\n# (vae_np/\S+)\n(.*?)```", PAGE.read_text("utf-8"), re.S)
    assert [path for path, _ in found] == ["vae_np/models/centred.py", "vae_np/catalogue.py"]
    return dict(found)


@pytest.fixture(scope="module")
def copy(blocks, tmp_path_factory):
    """A copy of the library and of the contract, with the page's file and its row."""
    folder = tmp_path_factory.mktemp("copy")
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "vae_np", folder / "vae_np", ignore=ignore)
    shutil.copytree(ROOT / "tests" / "backends", folder / "tests" / "backends", ignore=ignore)
    for name in ("conftest.py", "test_every_kind.py"):
        shutil.copy(ROOT / "tests" / name, folder / "tests")
    (folder / "vae_np" / "models" / "centred.py").write_text(blocks["vae_np/models/centred.py"],
                                                             "utf-8")
    import_line, row = blocks["vae_np/catalogue.py"].strip("\n").split("\n\n")
    catalogue = folder / "vae_np" / "catalogue.py"
    text = catalogue.read_text("utf-8")
    text = text.replace("from .models.base import", f"{import_line}\nfrom .models.base import", 1)
    catalogue.write_text(text.replace("KINDS = (\n", f"KINDS = (\n{row}\n", 1), "utf-8")
    return folder


def run(folder, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(folder), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, text=True,
                          capture_output=True, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    return done.stdout


def test_the_contract_holds_for_it(copy):
    out = run(copy, "-m", "pytest", "tests/test_every_kind.py", "-k", "CentredVAE", "-q",
              "--import-mode=importlib", "-p", "no:cacheprovider")
    assert int(re.search(r"(\d+) passed", out)[1]) >= 15


def test_its_gradient_is_in_the_library_s_table(copy):
    said = run(copy, "-c", "from vae_np.checking.library import check_all\n"
               "rows = check_all('CentredVAE')\n"
               "print({row['ok'] for row in rows if row['input'] == 'encoder.centre'})")
    assert said == "{True}\n"


def test_the_command_line_knows_it(copy, tmp_path):
    help_text = run(copy, "-m", "vae_np", "train", "--help")
    assert "centred-vae: a VAE that learns what to subtract" in " ".join(help_text.split())
    run(copy, "-m", "vae_np", "train", "--model", "centred-vae", "--data", "two-moons",
        "--likelihood", "gaussian:0.1", "--z-dim", "2", "--hidden", "5", "--epochs", "1",
        "--out", str(tmp_path / "run"))
    moved = run(copy, "-c", "import vae_np as vn\n"
                f"model = vn.load({str(tmp_path / 'run')!r})\n"
                "print(type(model).__name__, model.params['encoder.centre'].any())")
    assert moved == "CentredVAE True\n"


def test_the_page_names_rows_that_exist():
    from vae_np.models import words
    from vae_np.objectives import ESTIMATORS
    text = PAGE.read_text("utf-8")
    assert ESTIMATORS and words.PRIORS and words.POSTERIORS
    for name in ("objectives.ESTIMATORS", "`PRIORS`", "`POSTERIORS`", "LinearGaussian"):
        assert name in text
    assert "class LinearGaussian" in (ROOT / "tests" / "conftest.py").read_text("utf-8")
