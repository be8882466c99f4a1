"""What the tests of the site use beside the site itself, which ../conftest.py builds."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "lectures" / "site" / "build.py"
sys.path.insert(0, str(Path(__file__).parent))
sys.path.append(str(ROOT / "lectures"))


@pytest.fixture(scope="session")
def build():
    """build(out, *options) runs build.py and returns the finished process."""
    def run(out, *options):
        return subprocess.run([sys.executable, str(BUILD), str(out), *options], cwd=ROOT,
                              capture_output=True, text=True, timeout=600)
    return run


@pytest.fixture(scope="session")
def small(tmp_path_factory, site):
    """The page of a lecture that has what lectures may have: see small.py."""
    from small import notebook
    folder = tmp_path_factory.mktemp("small")
    lectures = folder / "pages" / "lectures"
    lectures.mkdir(parents=True)
    shutil.copy(ROOT / "lectures" / "equations.md", lectures)
    (lectures / "03_small.ipynb").write_text(notebook(), encoding="utf-8")
    (folder / "pages" / "index.md").write_text(
        "# Small\n\n```{toctree}\nlectures/03_small\nlectures/equations\n```\n")
    shutil.copytree(site / "_static" / "mathjax", folder / "html" / "_static" / "mathjax")
    # Sphinx alone: the reference takes build.py most of its time.
    made = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-c", str(BUILD.parent),
         "-d", str(folder / "doctrees"), str(folder / "pages"), str(folder / "html")],
        cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert made.returncode == 0, made.stdout + made.stderr
    return folder / "html" / "lectures" / "03_small.html"


@pytest.fixture
def browser():
    from browser import CHROMIUM, Browser
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed, so nobody can look at the site")
    with Browser() as opened:
        yield opened


@pytest.fixture(scope="session")
def payload(tmp_path_factory):
    """The folder of core.js, plots.js and ready.js. VAE_NP_LIVE names one that is built already.

    A first build downloads 113 MB into the user's cache; where that fails, the tests are skipped.
    """
    if "VAE_NP_LIVE" in os.environ:
        return Path(os.environ["VAE_NP_LIVE"])
    out = tmp_path_factory.mktemp("live")
    made = subprocess.run([sys.executable, str(BUILD.parent / "live" / "build.py"), str(out)],
                          cwd=ROOT, capture_output=True, text=True, timeout=1800)
    if made.returncode == 2:
        pytest.skip(made.stderr.strip())
    assert made.returncode == 0, made.stdout + made.stderr
    return out / "_static" / "live"
