"""The site, built once, and a browser that looks at it."""
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "lectures" / "site" / "build.py"
sys.path.append(str(ROOT / "lectures"))


@pytest.fixture(scope="session")
def build():
    """build(out, *options) runs build.py and returns the finished process."""
    def run(out, *options):
        return subprocess.run([sys.executable, str(BUILD), str(out), *options], cwd=ROOT,
                              capture_output=True, text=True, timeout=600)
    return run


@pytest.fixture(scope="session")
def site(tmp_path_factory, build):
    """The folder of the built site. A warning of Sphinx's is an error, so none came."""
    missing = [name for name in ("sphinx", "myst_nb", "sphinx_design", "furo")
               if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"the site needs {', '.join(missing)}: pip install '.[site]'")
    out = tmp_path_factory.mktemp("site") / "html"
    made = build(out)
    assert made.returncode == 0, made.stdout + made.stderr
    return out


@pytest.fixture
def browser():
    from browser import CHROMIUM, Browser
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed, so nobody can look at the site")
    with Browser() as opened:
        yield opened
