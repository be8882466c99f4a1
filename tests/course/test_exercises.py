"""Every exercise: its solution passes, its skeleton fails politely, every wrong answer gets its
hint. And nbgrader releases and grades it.
"""
import collections
import re

import answers
import nbformat
import numpy as np
import pytest

import build
from vae_np.course import TryAgain, check, mistakes
from vae_np.course.answers import exercises

TASKS = answers.tasks()
WRONG = [(name, number) for name, task in TASKS.items() for number in range(len(task.wrong))]
SOURCES = build.sources(build.EXERCISES)


def test_every_exercise_of_the_package_is_in_a_notebook_and_four_in_each():
    assert set(TASKS) == set(exercises())
    per_lecture = collections.Counter(task.lecture for task in exercises().values())
    assert {name: task.function for name, task in exercises().items()} == {
        name: task.function for name, task in TASKS.items()}
    assert per_lecture == {int(path.name[:2]): 4 for path in SOURCES}


@pytest.mark.parametrize("name", TASKS)
def test_there_are_three_wrong_answers_and_every_hint_of_its_own_is_given_to_one(name):
    keys = [key for key, _ in TASKS[name].wrong]
    assert len(keys) >= 3
    assert set(exercises()[name].hints) <= set(keys)


@pytest.mark.parametrize("name", TASKS)
def test_the_solution_passes(name, capsys):
    task = TASKS[name]
    check(name, task.answer(task.solution))
    assert capsys.readouterr().out.splitlines()[-1].startswith("Right: ")


@pytest.mark.parametrize("name", TASKS)
def test_the_empty_skeleton_is_told_so_in_a_sentence(name):
    task = TASKS[name]
    with pytest.raises(TryAgain) as caught:
        check(name, task.answer(task.skeleton))
    assert re.fullmatch(rf"Not yet: {task.function} returns nothing\..*\.", str(caught.value))


@pytest.mark.parametrize("name", TASKS)
def test_an_exercise_runs_without_the_answers_to_the_others(name):
    task, first = TASKS[name], TASKS[name].before[0]  # the notebook's imports
    namespace = {}
    for source in dict.fromkeys([first, *task.own, task.solution, *task.after]):
        exec(source, namespace)
    check(name, namespace[task.function])


@pytest.mark.parametrize("name", [name for name in TASKS if TASKS[name].after])
def test_nothing_is_measured_before_it_is_predicted(name, capsys):
    task, namespace = TASKS[name], {}
    with pytest.raises(AssertionError, match="predict first"):
        for source in (*task.before, task.skeleton, *task.after):
            capsys.readouterr()
            exec(source, namespace)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name, number", WRONG, ids=[
    f"{name}-{number}-{TASKS[name].wrong[number][0]}" for name, number in WRONG])
def test_a_wrong_answer_gets_the_hint_meant_for_it(name, number):
    task = TASKS[name]
    key, cell = task.wrong[number]
    with pytest.raises(TryAgain) as caught:
        check(name, task.answer(cell), step=2)
    sentence, label = exercises()[name].hint(key)
    assert (caught.value.hint, sentence in str(caught.value)) == (key, True)
    assert f"Read on: lecture {exercises()[name].lecture}, section " in str(caught.value)
    assert f"equation {label}." in str(caught.value) and caught.value.place.label == label


@pytest.mark.parametrize("name", TASKS)
def test_no_hint_holds_a_line_of_the_solution(name):
    body = TASKS[name].solution.split("### BEGIN SOLUTION")[1].split("### END SOLUTION")[0]
    formulas = {part for line in body.splitlines()
                for part in re.findall(r"(?:=|return) *(.{8,})", line)}
    task = exercises()[name]
    hints = " ".join([task.first, *task.says.values(), *mistakes.HINTS.values(),
                      *(sentence for sentence, _ in task.hints.values())])
    assert formulas and not [part for part in formulas if part in hints]


def _raises(*arguments):
    raise ZeroDivisionError("division by zero")


@pytest.mark.parametrize("answer, said", [
    (3.0, "wants the function itself"),
    (_raises, "_raises raises ZeroDivisionError: division by zero"),
    (lambda mean, logvar: "text", "no array of numbers"),
    (lambda mean, logvar: mean + 1j, "has complex numbers; real ones are asked for")])
def test_an_answer_that_cannot_be_examined_is_told_why(answer, said):
    with pytest.raises(TryAgain, match=said) as caught:
        check("kl-near-prior", answer)
    assert caught.value.hint == "unusable"
    assert caught.value._render_traceback_() == [str(caught.value)]  # what a notebook shows


@pytest.mark.parametrize("name, answer, said", [
    ("full-covariance-backward", lambda d_z, mean, scale, eps: {"mean": d_z},
     "must return a dict {'mean': …, 'scale': …}; the one that it returns has no 'scale', it has "
     "'mean'."),
    ("full-covariance-backward", lambda d_z, mean, scale, eps: (d_z, scale), "a tuple."),
    ("full-covariance-backward", lambda d_z, mean, scale, eps: d_z, "it returns an array."),
    ("binomial-backward", lambda d_out, x, logits, n: {"logit": x},
     "has no 'logits', it has 'logit'."),
    ("wrong-samples", lambda d_z, mean, logvar, eps: {"z": mean, "mean": d_z},
     "has no 'logvar', it has 'z', 'mean'."),
    ("wrong-samples", lambda d_z, mean, logvar, eps: (mean, d_z, d_z), "it returns a tuple."),
    ("kl-between-gaussians", lambda d_out, *inputs, **named: (d_out, 1.0),
     "must return a dict {'mean': …, 'logvar': …, 'prior_mean': …, 'prior_logvar': …}; it "
     "returns a tuple."),
    ("variances-of-a-and-b", lambda mean, logvar: (0.0, mean.sum(axis=1)),
     "returns is a tuple of 2 that is no array of numbers; what is asked for has shape (2, 6)."),
    ("wrong-samples", lambda d_z, mean, logvar, eps: {"z": mean, "mean": d_z, "logvar": ...},
     "'logvar', in the dict that <lambda> returns, is an ellipsis (...) that is no array"),
    ("kl-near-prior", lambda mean, logvar: {"kl": mean}, "returns is a dict that is no array")])
def test_the_form_of_an_answer_is_told_without_a_hint(name, answer, said):
    with pytest.raises(TryAgain) as caught:
        check(name, answer)
    assert caught.value.hint == "unusable" and "Hint" not in str(caught.value)
    assert said in str(caught.value)


def _said(name, number):
    """What the check says to a wrong answer, after the test above has seen its hint."""
    task = TASKS[name]
    with pytest.raises(TryAgain) as caught:
        check(name, task.answer([cell for _, cell in task.wrong][number]), step=1)
    return str(caught.value)


def _number(name, words):
    """The place of the one wrong answer whose cell holds these words."""
    found, = [place for place, (_, cell) in enumerate(TASKS[name].wrong) if words in cell]
    return found


@pytest.mark.parametrize("name, words, said", [
    ("full-covariance-backward", "ones_like(d_z)", "mean lacks the factor `d_z`"),
    ("full-covariance-backward", "as if z were T", r"at \[\d, \d\] yours is -?[\d.]+, finite "
     r"differences give -?[\d.]+\. The gradient of scale is right\."),
    ("wrong-samples", "axis=0", r"'logvar'.*has shape \(3,\); what is asked for has shape \(6, 3\)"
     ": the examples are summed"),
    ("wrong-samples", "σ lost", "logvar does not change with `logvar`, and the right one does"),
    ("kl-near-prior", "< 1e-2", "near the prior the KL is right, and for ordinary codes, but not"),
    ("bound-before-training", "[fitted, -", "first bound stands in the place of the second"),
    ("bound-of-a-batch", "# no KL", "does not change with `mean` and `logvar`"),
    ("bound-of-a-batch", "½ is lost", r"log p\(x\|z\) is right; the KL is twice the right one"),
    ("bound-of-a-batch", "−1 twice", "it is too large by ½ times Z, the number of latent"),
    ("ignored-codes", "- np.exp(logits)", r"the KL is right, log p\(x\|z\) is off"),
    ("kl-between-gaussians", "lecture 5's", "is that for the prior N.0, 1.")])
def test_a_wrong_answer_is_told_what_is_wrong_with_it(name, words, said):
    assert re.search(said, _said(name, _number(name, words)))


@pytest.mark.parametrize("baseline", [0.0, 0.4, 1.0])
def test_a_score_function_with_a_baseline_is_right_too(baseline):
    check("slope-of-a-probability", lambda mean, std, threshold, eps: np.mean(
        ((mean + std * eps > threshold) - baseline) * eps / std))


def test_one_gradient_is_not_called_gradients(capsys):
    task = TASKS["binomial-backward"]
    check(task.name, task.answer(task.solution))
    assert "Right: the gradient agrees with" in capsys.readouterr().out


def test_a_check_that_does_not_exist_names_the_nearest():
    with pytest.raises(KeyError, match="did you mean 'kl-near-prior'"):
        check("kl-near-prio", len)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_the_introduction_names_the_lecture_and_says_where_labels_stand(path):
    number, title = re.search(r"^# Lecture (\d+)\. (.*)$", (build.LECTURES / path.name).read_text(
        encoding="utf-8"), re.M).groups()
    introduction = " ".join(path.read_text(encoding="utf-8").split("\n## ")[0].split())
    assert f"Lecture {number}, [{title}](../{path.stem}.ipynb)" in introduction
    assert "its label, which stands beside the equation in the lecture" in introduction


# -- the notebooks -----------------------------------------------------------------------------

def _cells(notebook):
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_the_student_s_notebook_is_the_source_without_its_solutions(path):
    expected = [(kind, re.sub(r"### BEGIN SOLUTION.*### END SOLUTION", answers.STUB, text,
                              flags=re.S))
                for kind, text in _cells(build.exercise_notebook(path))]
    released = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    assert _cells(released) == expected, "run `make lectures` and commit what it writes"
    checks = [cell.metadata.nbgrader for cell in released.cells if "check(" in cell.source]
    assert len(checks) == 4 and all(mark.grade and mark.locked for mark in checks)


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A course with one assignment, released, handed in by two students and graded.

    eva's answers are the solutions; max leaves the first cell empty and gets the last one wrong.
    """
    folder = tmp_path_factory.mktemp("course")
    build.make_course(folder)
    name = "05_gaussian_kl"
    build.nbgrader(folder, "generate_assignment", name, "--create")
    names = [task for task in TASKS if TASKS[task].source.stem == name]
    wrong = {names[1]: TASKS[names[1]].solution, names[2]: TASKS[names[2]].solution,
             names[3]: TASKS[names[3]].wrong[0][1]}
    for student, cells in {"eva": {task: TASKS[task].solution for task in names},
                           "max": wrong}.items():
        notebook = nbformat.read(folder / "release" / name / f"{name}.ipynb", as_version=4)
        for task, source in cells.items():
            cell, = [cell for cell in notebook.cells if cell.source == TASKS[task].skeleton]
            cell.source = source
        target = folder / "submitted" / student / name / f"{name}.ipynb"
        target.parent.mkdir(parents=True)
        nbformat.write(notebook, target)
    build.nbgrader(folder, "autograde", name)
    return folder, name, names


def test_nbgrader_grades_a_right_and_a_wrong_submission(graded):
    folder, name, names = graded
    from nbgrader.api import Gradebook
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        scores = {student: {grade.name: grade.auto_score for grade in
                            gradebook.find_submission_notebook(name, name, student).grades}
                  for student in ("eva", "max")}
    checks = [f"check-{task}" for task in names]
    assert scores["eva"] == dict.fromkeys(checks, 1.0)
    assert scores["max"] == dict(zip(checks, (0.0, 1.0, 1.0, 0.0)))


def test_a_wrong_submission_shows_the_finding_and_no_traceback(graded):
    folder, name, names = graded
    notebook = nbformat.read(folder / "autograded" / "max" / name / f"{name}.ipynb", as_version=4)
    errors = [output for cell in notebook.cells for output in cell.get("outputs", ())
              if output.output_type == "error"]
    assert [error.ename for error in errors] == ["TryAgain", "TryAgain"]
    empty, wrong = ("\n".join(error.traceback) for error in errors)
    assert empty.startswith("Not yet: ") and "returns nothing" in empty
    assert wrong.startswith("Not yet: the bound has the KL of the whole batch.")
    assert "\n" not in wrong  # a first failing call: the finding alone
