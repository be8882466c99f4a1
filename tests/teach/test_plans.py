"""The instructor's page of each lecture: its plans last as long as they say and name slides that
are there.
"""
import re
from pathlib import Path

import pytest

LECTURES = Path(__file__).resolve().parents[2] / "lectures"
SECTIONS = ["Goals", "In 45 minutes", "In 90 minutes", "What to skip", "What students ask",
            "Typical wrong answers", "The oral check"]
each = pytest.mark.parametrize(
    "name", [path.stem for path in sorted(LECTURES.glob("[0-9][0-9]_*.md"))])


def section(name, title):
    text = (LECTURES / "teach" / f"{name}.md").read_text(encoding="utf-8")
    return re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.M | re.S)[1]


def plan(name, minutes):
    """The rows of a plan: [minutes, what, slides, where]."""
    rows = re.findall(r"^\| (\d.*) \|$", section(name, f"In {minutes} minutes"), re.M)
    return [[cell.strip() for cell in row.split(" |")] for row in rows]


@each
def test_it_has_what_every_instructor_s_page_has(name):
    text = (LECTURES / "teach" / f"{name}.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)$", text, re.M) == SECTIONS
    assert f"({name}_wrong.md)" in text and f"(quiz/{name}.md)" in text


@each
@pytest.mark.parametrize("minutes", [45, 90])
def test_a_plan_lasts_as_long_as_it_says(name, minutes):
    rows = plan(name, minutes)
    assert sum(int(row[0]) for row in rows) == minutes
    assert all(len(row) == 4 for row in rows)


@each
@pytest.mark.parametrize("minutes", [45, 90])
def test_a_plan_goes_through_the_slides_in_order(name, minutes):
    deck = (LECTURES / "teach" / "slides" / f"{name}.md").read_text(encoding="utf-8")
    slides = len(re.findall(r"^---$", deck, re.M)) + 1
    ends = []
    for row in plan(name, minutes):
        for first, last in re.findall(r"(\d+)(?:[–-](\d+))?", row[2]):
            ends += [int(first), int(last or first)]
    assert ends == sorted(ends) and ends[0] == 1 and ends[-1] == slides
    assert 18 <= slides <= 26
