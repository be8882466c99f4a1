"""The student's page: what it quotes is what the check says, and its commands fit the package."""
import re
from pathlib import Path

import numpy as np
import pytest

import vae_np as vn
from vae_np.course import TryAgain, check
from vae_np.distributions import sigmoid

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "lectures" / "site" / "students.md").read_text(encoding="utf-8")
QUOTED = [block.split() for block in re.findall(r"^ *```text\n(.*?)^ *```$", TEXT, re.S | re.M)]


def _said(answer, step):
    with pytest.raises(TryAgain) as found:
        check("binomial-backward", answer, step=step)
    return str(found.value).split()  # the page breaks lines where it likes


def test_the_messages_are_those_of_the_check():
    def binomial_backward(d_out, x, logits, n):
        ...

    empty, first, second = QUOTED
    assert _said(binomial_backward, 1) == empty
    assert 'return {"logits": x}' in TEXT
    assert _said(lambda d_out, x, logits, n: {"logits": x}, 1) == first
    told = _said(lambda d_out, x, logits, n: {"logits": x}, 2)
    assert told == first + second
    third = _said(lambda d_out, x, logits, n: {"logits": x}, 3)
    assert third[:len(told)] == told and len(third) > len(told)


def test_a_right_answer_and_a_wrong_name_are_told_as_quoted(capsys):
    def right(d_out, x, logits, n):
        return {"logits": d_out[:, None] * (x - n * sigmoid(logits))}

    check("binomial-backward", right)
    check("binomial-backward", right, variant="eva")
    praise = re.sub(r"1e-\d+", "1e-07", capsys.readouterr().out.splitlines()[0])
    assert f"`{praise}`" in TEXT
    with pytest.raises(KeyError) as found:
        check("binomal-backward", right)
    assert f"`KeyError: {found.value}`" in TEXT


def test_its_version_its_python_and_its_paths_are_those_of_the_package():
    assert set(re.findall(r"vae_np-(\d[\d.]*)-py3", TEXT)) == {vn.__version__}
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'requires-python = ">=3.11"' in project and "Python 3.11 or newer" in TEXT
    paths = set(re.findall(r"`(lectures/[\w/]+\.ipynb)`", TEXT))
    assert paths and all((ROOT / path).exists() for path in paths)


def test_the_page_does_not_hold_the_solution():
    """Nobody gets a right answer by copying what the page shows."""
    shown = re.findall(r'return (\{"logits": .*?\})`', TEXT)
    assert shown
    for line in shown:
        _said(eval(f"lambda d_out, x, logits, n: {line}", {"np": np}), 1)


def test_it_links_to_pages_of_the_site_alone():
    """It is the README of the students' archive, where such a link is easy to rewrite."""
    links = re.findall(r"\]\(([^)]+)\)", TEXT)
    assert links and all(re.fullmatch(r"\w+\.md", link) for link in links)
