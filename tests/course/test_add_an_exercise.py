"""The page that tells how to add an exercise is true: a test does what it says."""
import re
from pathlib import Path

import pytest

from vae_np.course import TryAgain, answers, check, exercises00

PAGE = Path(__file__).resolve().parents[2] / "lectures" / "teach" / "add_an_exercise.md"


@pytest.fixture
def blocks():
    """[the solution's cell, the row, the wrong answers] of the page."""
    found = re.findall(r"```python\n# (\S+)\n(.*?)```", PAGE.read_text("utf-8"), re.S)
    assert [path for path, _ in found] == [
        "lectures/exercises/00_one_page.md", "vae_np/course/exercises00.py",
        "lectures/exercises/wrong/00_one_page.py"]
    return [text for _, text in found]


def function(cell):
    namespace = dict(vars(exercises00))
    exec(cell, namespace)
    return namespace["poisson_backward"]


def test_the_exercise_of_the_page_is_checked_as_it_says(blocks, monkeypatch, capsys):
    solution, row, wrong = blocks
    monkeypatch.setattr(answers, "_TASKS", dict(answers.exercises()))
    exec(row, dict(vars(exercises00)))
    for variant in (None, *range(10)):
        check("poisson-backward", function(solution), variant)
    assert "agrees with ours, and with finite differences" in capsys.readouterr().out
    seen = set()
    for cell in re.split(r"^# %% ", wrong, flags=re.M)[1:]:
        title, _, source = cell.partition("\n")
        with pytest.raises(TryAgain) as caught:
            check("poisson-backward", function(source), step=2)
        key = title.removeprefix("poisson-backward: ")
        assert caught.value.hint == key and "Read on: lecture 0" in str(caught.value)
        seen.add(key)
    assert len(seen) == 3 and set(answers.exercises()["poisson-backward"].hints) <= seen
    with pytest.raises(TryAgain, match="returns nothing"):
        check("poisson-backward", function(re.sub(r"### BEGIN.*### END SOLUTION", "...", solution,
                                                  flags=re.S)))
