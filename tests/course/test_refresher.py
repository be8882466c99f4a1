"""The refresher page runs as a reader would run it, and prints what it shows."""
import contextlib
import io
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "lectures" / "site" / "refresher.md"
TEXT = PAGE.read_text(encoding="utf-8")
ANSWER = re.compile(r"^:::\{dropdown\} Answer (\d+)\n(.*?)^:::$", re.S | re.M)
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.S | re.M)


def run(text):
    """What each block prints, in one session, beside what the page says that it prints."""
    namespace, said = {}, []
    for code, shown in BLOCK.findall(text):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(code, namespace)
        said.append((printed.getvalue(), shown))
    return said


def test_the_blocks_run_and_print_what_is_shown():
    said = run(TEXT)
    assert len(said) == TEXT.count("```python") and sum(bool(shown) for _, shown in said) >= 4
    for printed, shown in said:  # but for spaces at the ends of lines
        assert not shown or printed.split() == shown.split()


@pytest.mark.parametrize("change", [("3.99, atol", "4.99, atol"), ("* 2 * u ", "* 3 * u "),
                                    ("h.T @ d_y,", "h.T @ d_y / 2,")])
def test_a_wrong_number_is_found(change):
    """The asserts hold the numbers: with one of them changed the page does not run."""
    assert TEXT.count(change[0]) == 1
    with pytest.raises(AssertionError):
        run(TEXT.replace(*change))


def test_ten_questions_each_with_an_answer_that_is_checked():
    asked = re.findall(r"^\*\*Self-check (\d+)\.\*\*", TEXT, re.M)
    answers = ANSWER.findall(TEXT)
    assert asked == [number for number, _ in answers] == [str(i) for i in range(1, 11)]
    for number, answer in answers:
        assert "**Likely wrong: " in answer and "assert " in answer, number
        said = re.sub(r"```.*?```", "", answer, flags=re.S).strip()
        assert len(re.findall(r"[.!?](?=\s|$)", said)) >= 3, number  # it explains


def test_the_minutes_sum_up():
    minutes = re.findall(r"^\| \[\d\. .*\]\(#.*\) \| (\d+) \|$", TEXT, re.M)
    assert len(minutes) == 7 and sum(map(int, minutes)) == 45
