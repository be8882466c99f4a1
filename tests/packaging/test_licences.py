"""Who may use what, and how to cite it, is said in one way everywhere."""
from pathlib import Path

import pytest

import vae_np

yaml = pytest.importorskip("yaml")
ROOT = Path(__file__).resolve().parents[2]


def test_the_citation_names_this_version_the_paper_and_both_licences():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)  # what 1.2.0 demands
    assert citation["version"] == vae_np.__version__
    assert citation["license"] == ["MIT", "CC-BY-4.0"]
    assert citation["references"][0]["url"].endswith("/1312.6114")


@pytest.mark.parametrize("page", ["README.md", "lectures/README.md"])
def test_a_reader_is_told_the_licence_of_text_and_code(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert "CC BY 4.0" in text and "MIT" in text and "LICENSE.md" in text
