"""Whose a notebook is, which lecture's, and what of it is taken to be an answer."""
import re

import pytest
from handed_in import BOUND, HANDS_ON, D, code, released, save

from vae_np.course import grade
from vae_np.course.answers import exercises
from vae_np.course.collecting import answer
from vae_np.course.notebooks import parse, read
from vae_np.course.submissions import submissions, without_notebook


@pytest.mark.parametrize("path, student, lectures", [
    ("eva.ipynb", "eva", [5]), ("max-05.ipynb", "max", [5]), ("max-04.ipynb", "max-04", [5]),
    ("05_gaussian_kl_ann.ipynb", "ann", [5]), ("05_gaussian_kl.ipynb", "05_gaussian_kl", [5]),
    ("submitted/eva/05_gaussian_kl/notebook.ipynb", "eva", [5]),
    ("submitted/eva/00_one_page/00_one_page.ipynb", "eva", [0]),
    ("04_reparameterisation/eva.ipynb", "eva", [4]),
    ("Eva Groß_123_assignsubmission_file_/work (1).ipynb", "Eva Groß_123", [5]),
    ("Eva Groß_123_assignsubmission_file_work.ipynb", "Eva Groß_123", [5])])
def test_student_and_lecture(tmp_path, path, student, lectures):
    save(tmp_path / path, released())
    save(tmp_path / path.rpartition("/")[0] / ".ipynb_checkpoints" / "old.ipynb", released())
    found, = submissions(tmp_path)
    assert (found.student, found.lectures) == (student, lectures)


def test_the_number_in_the_name_decides_where_the_content_does_not(tmp_path):
    save(tmp_path / "max-00.ipynb", code(BOUND))
    assert submissions(tmp_path)[0].lectures == [0]


def test_a_folder_without_a_notebook_is_named(tmp_path, capsys):
    save(tmp_path / "submitted" / "eva" / "a.ipynb", released())
    (tmp_path / "submitted" / "max").mkdir()
    assert without_notebook(tmp_path, submissions(tmp_path)) == ["max"]
    assert grade.main([str(tmp_path), "--out", str(tmp_path / "grades.csv")]) == 0
    said = capsys.readouterr().out
    assert re.search(r"^student  lecture 5\neva      0/4\n\n4 empty\nno notebook from: max$", said,
                     re.M)


def test_no_two_exercises_of_a_lecture_ask_for_the_same_function():
    asked = [(task.lecture, task.function) for task in exercises().values()]
    assert len(set(asked)) == len(asked) >= 12


# -- what is taken --------------------------------------------------------------------------------

def taken(tmp_path, *sources):
    save(tmp_path / "a.ipynb", code(*sources))
    found = answer(read(tmp_path / "a.ipynb"), exercises()[D])
    return [(one.cell.name, one.place) for one in found.statements if " of " not in one.cell.name]


def test_only_what_the_answer_needs_is_run(tmp_path):
    assert taken(tmp_path, "import os\nfactor, x = 2, 2\nfactor *= 2\nx = 3\nprint(factor)\n"
                 "sum = 3", "def helper(): return table[factor]", "def bound(x):\n"
                 "    def sum(): return 1\n    return helper(), max(y for y in x)", HANDS_ON,
                 "factor = 5\ntable = [1]\nmax = 3") == [
        ("cell 1", 1), ("cell 1", 2), ("cell 2", 0), ("cell 3", 0), ("cell 5", 1)]


def test_a_helper_that_nobody_has_filled_in_does_not_count(tmp_path):
    assert taken(tmp_path, "def helper(): return 1", "def helper(): ...",
                 "def bound(): return helper()") == [("cell 1", 0), ("cell 3", 0)]


def test_of_several_definitions_the_last_one_above_the_last_check_counts(tmp_path):
    first, second, stub = "def bound(): return 1", "def bound(): return 2", "def bound():\n  ..."
    assert taken(tmp_path, first, second) == [("cell 2", 0)]
    assert taken(tmp_path, first, HANDS_ON, second) == [("cell 1", 0)]
    assert taken(tmp_path, first, HANDS_ON, second, HANDS_ON) == [("cell 3", 0)]
    assert taken(tmp_path, stub, HANDS_ON, second) == [("cell 3", 0)]
    assert taken(tmp_path, first, stub, HANDS_ON) == [("cell 1", 0)]
    assert taken(tmp_path, f"{first}\n{HANDS_ON}\n{second}") == [("cell 1", 0)]


def test_a_line_is_a_magic_only_where_python_stumbles():
    source = 'x = (7\n% 4)\ntext = """\n%time\n"""\n%time x'
    tree, cleaned = parse(source)
    assert cleaned == source.replace("%time x", "pass") and len(tree.body) == 3


def test_a_cell_may_be_indented_as_a_whole():
    assert len(parse("  x = 1\r\n  y = 2")[0].body) == 2


@pytest.mark.parametrize("cut", ["x):", "4\n", "(3,"])
def test_a_function_that_was_split_is_put_together(tmp_path, cut):
    function = "def bound(x):\n    y = 4\n    return max(3,\n               y)"
    first, second = function.split(cut)
    assert taken(tmp_path, first + cut, second, HANDS_ON) == [("cell 1", 0)]
