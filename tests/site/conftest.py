"""A way to build a site, and a browser that looks at it. The site itself is in ../conftest.py."""
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


@pytest.fixture
def browser():
    from browser import CHROMIUM, Browser
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed, so nobody can look at the site")
    with Browser() as opened:
        yield opened
