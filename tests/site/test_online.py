"""Links to Colab and Binder, once there is a public repository, and the notebooks behind them."""
import json
import re
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import nbformat
import pytest

import vae_np

ROOT = Path(__file__).resolve().parents[2]
PAGES = {"lectures/04_reparameterisation": "04_reparameterisation.ipynb",
         "lectures/exercises/04_reparameterisation": "04_reparameterisation_exercises.ipynb"}


@pytest.fixture
def online(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "lectures" / "site"))
    import online
    yield online
    sys.modules.pop("online")


@pytest.mark.parametrize("page, name", PAGES.items())
def test_links_name_this_version_and_what_is_there(online, page, name):
    colab, binder = (re.search('href="([^"]+)"', link)[1]
                     for link in online.links(page, name, "owner/vae", "gh-pages"))
    assert colab == ("https://colab.research.google.com/github/owner/vae/blob/gh-pages/notebooks/"
                     f"colab/{name}")
    parts = urlsplit(binder)
    assert parts.path == f"/v2/gh/owner/vae/v{vae_np.__version__}"
    path, = parse_qs(parts.query)["labpath"]
    assert (ROOT / path).exists()
    assert online.links(page, name, "") == []


@pytest.mark.parametrize("page", PAGES)
def test_the_notebook_for_colab_installs_this_version_first(online, page):
    original = (ROOT / f"{page}.ipynb").read_text("utf-8")
    notebook = nbformat.reads(online.for_colab(original, page, "owner/vae"), as_version=4)
    nbformat.validate(notebook)
    first, *rest = notebook.cells
    assert rest == nbformat.reads(original, as_version=4).cells
    assert f"--branch v{vae_np.__version__} https://github.com/owner/vae.git" in first.source
    assert first.source.rstrip().endswith(f"%cd {page.rpartition('/')[0]}")


def test_binder_installs_this_checkout_and_what_it_needs():
    lines = (ROOT / ".binder" / "requirements.txt").read_text().splitlines()
    assert lines[1] == ".[run]"
    assert all(re.fullmatch(r"[a-z]+==[\d.]+", line) for line in lines[2:]) and len(lines) > 2


def test_the_site_has_the_links_if_there_is_a_repository(online, site):
    for page, name in PAGES.items():
        text = (site / f"{page}.html").read_text("utf-8")
        for link in ("Open in Colab", "Open in Binder"):
            assert (link in text) == bool(online.SETTINGS["repository"])
        copy = site / "notebooks" / "colab" / name
        assert copy.exists() == bool(online.SETTINGS["repository"])
        if copy.exists():
            assert json.loads(copy.read_text("utf-8"))["cells"][0]["id"] == "install"
