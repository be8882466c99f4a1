"""The pages of wrong answers say what the check says."""
import re

import pytest

import answers
import wrong_answers
from vae_np.course import TryAgain, check


def test_what_each_call_of_the_check_says_is_on_the_page():
    name = "kl-between-gaussians"
    task = answers.tasks()[name]
    page = re.sub(r"\\(.)", r"\1", wrong_answers.exercise(name, task))
    page = re.sub(r"\[(\S+)\]\(#\1\)", r"\1", page)
    for key, cell in task.wrong:
        assert f"\n### {key}\n" in page
        assert cell.strip().endswith(wrong_answers.own_lines(task, cell))
        assert f"```python\n{wrong_answers.own_lines(task, cell)}\n```" in page
    _, cell = task.wrong[0]
    told = []
    for step in (1, 2, 3):
        with pytest.raises(TryAgain) as refused:
            check(name, task.answer(cell), step=step)
        told.append(str(refused.value))
    assert f"> {told[0]}\n" in page
    hint, place = told[1].removeprefix(told[0]).strip().split("\n")
    assert hint.replace("Hint:", "*Hint:*") in page
    assert place.replace("Read on:", "*Read on:*") in page
    derivation = told[2].removeprefix(told[1]).strip()
    assert derivation.replace("The derivation begins:", "*The derivation begins:*") in page


def test_imports_that_all_cells_share_are_not_repeated():
    for name, task in answers.tasks().items():
        for _, cell in task.wrong:
            assert "import numpy" not in wrong_answers.own_lines(task, cell), name


def test_an_answer_that_passes_is_no_wrong_answer():
    task = answers.tasks()["kl-near-prior"]
    with pytest.raises(ValueError, match="kl-near-prior: this cell of exercises/wrong passes"):
        wrong_answers.says("kl-near-prior", task, task.solution)
