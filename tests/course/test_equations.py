"""Labels lead both ways: between the sheet of equations, the code and the lectures."""
import re
from pathlib import Path

import pytest

from vae_np.course.answers import exercises

ROOT = Path(__file__).resolve().parents[2]
SHEET = (ROOT / "lectures" / "equations.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split(" | ")]
        for line in SHEET.splitlines() if line.startswith("| `")]
LABELS = [row[0].strip("`") for row in ROWS]
LECTURES = {int(path.name[:2]): path.read_text(encoding="utf-8")
            for path in sorted((ROOT / "lectures").glob("[0-9][0-9]_*.md"))}
IN_CODE = {}  # what a lecture alone works out is in a cell of that lecture
for _path in [*sorted((ROOT / "vae_np").rglob("*.py")),
              *sorted((ROOT / "lectures").glob("[0-9][0-9]_*.md"))]:
    for _label in re.findall(r"# eq\. ([a-z0-9-]+)$", _path.read_text(encoding="utf-8"), re.M):
        IN_CODE.setdefault(_label, []).append(_path)
NOTES = (ROOT / "lectures" / "derivations.md").read_text(encoding="utf-8")
IN_NOTES = re.findall(r"^\$\$ \(([a-z0-9-]+)\)$", NOTES, re.M)
IN_LECTURES = [(label, number) for number, text in LECTURES.items()
               for label in re.findall(r"^\$\$ \(([a-z0-9-]+)\)$", text, re.M)]


def test_labels_of_the_sheet_are_those_of_the_code():
    assert len(ROWS) >= 9
    assert set(LABELS) == set(IN_CODE)


def test_no_label_stands_twice():
    assert len(LABELS) == len(set(LABELS))
    assert {label: paths for label, paths in IN_CODE.items() if len(paths) > 1} == {}


@pytest.mark.parametrize("row", ROWS, ids=LABELS)
def test_the_sheet_names_the_file_where_the_label_stands(row):
    label, place = row[0].strip("`"), row[-1].strip("`")
    path = IN_CODE[label][0]
    assert place == path.name or place.split(".")[0] == path.stem
    function = place.removesuffix(".py").removesuffix(".md").partition(".")[2]
    if function:
        body = re.split(rf"\n(?:def|class) {function}\b", path.read_text(encoding="utf-8"))[1]
        assert f"# eq. {label}" in re.split(r"\n(?:def|class) ", body)[0]


def test_each_label_is_on_an_equation_of_the_lecture_that_the_sheet_names():
    """Once, and nowhere else; a lecture that is not written yet owes its labels."""
    owed = [(row[0].strip("`"), int(row[-2])) for row in ROWS if int(row[-2]) in LECTURES]
    assert sorted(IN_LECTURES) == sorted(owed)


@pytest.mark.parametrize("number", LECTURES)
def test_references_of_a_lecture_are_to_labels_of_a_lecture(number):
    references = re.findall(r"\[([a-z0-9-]+)\]\(#([a-z0-9-]+)\)", LECTURES[number])
    assert {target for _, target in references} <= {label for label, _ in IN_LECTURES}
    assert all(text == target for text, target in references)


@pytest.mark.parametrize("number", LECTURES)
def test_the_library_s_lines_stand_beside_each_equation(number):
    """A label whose code is in the library is followed by a listing that shows it."""
    for label, lecture in IN_LECTURES:
        path = IN_CODE[label][0]
        if lecture == number and path.suffix == ".py":
            rest = LECTURES[number].split(f"$$ ({label})")[1]
            listing = re.search(r"^show\((.*)\)$", rest, re.M).group(1)
            place = ROWS[LABELS.index(label)][-1].strip("`")
            assert re.search(rf"\b{re.escape(place)}\b", listing), (label, listing)


@pytest.mark.parametrize("name", exercises())
def test_hints_lead_to_an_equation_of_the_exercise_s_lecture(name):
    task = exercises()[name]
    assert {(label, task.lecture) for _, label in task.hints.values()} <= set(IN_LECTURES)


# -- the derivation notes, where equations wait for their lecture ---------------------------------

def test_notes_derive_what_no_lecture_does_yet():
    """All labels of lectures 14 and 15 until these are written; no label is derived twice."""
    waiting = {row[0].strip("`"): int(row[-2]) for row in ROWS if int(row[-2]) not in LECTURES}
    assert len(IN_NOTES) == len(set(IN_NOTES)) and set(IN_NOTES) <= set(waiting)
    assert {label for label, number in waiting.items() if number in (14, 15)} <= set(IN_NOTES)


@pytest.mark.parametrize("label", IN_NOTES)
def test_a_note_has_the_sheet_s_place_in_the_code_the_walk_back_and_a_trap(label):
    note = re.split(r"^##", NOTES.split(f"$$ ({label})")[1], flags=re.M)[0]
    place = ROWS[LABELS.index(label)][-1].strip("`")
    assert f"`{place}`" in note and "*Forwards*" in note
    assert "*Backwards*" in note and "**The trap.**" in note


def test_a_note_s_references_lead_to_an_equation():
    references = re.findall(r"\[([a-z0-9-]+)\]\(#([a-z0-9-]+)\)", NOTES)
    derived = {label for label, _ in IN_LECTURES} | set(IN_NOTES)
    assert {target for _, target in references} <= derived
    assert references and all(text == target for text, target in references)


def test_every_test_that_a_note_names_is_there():
    written = {name for path in (ROOT / "tests").rglob("test_*.py")
               for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.M)}
    named = set(re.findall(r"`(test_\w+)`", NOTES))
    assert len(named) >= 10 and named <= written
