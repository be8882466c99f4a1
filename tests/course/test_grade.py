"""The grader on notebooks as students hand them in: whole, and broken in every way there is."""
import csv
import json
import re
import sys
import threading

import pytest
from handed_in import (BOUND, HANDS_ON, KL, RIGHT, TASKS, A, B, C, D, code, put, released, save,
                       without)

import build
from vae_np.course import grade
from vae_np.course.answers import exercises
from vae_np.course.collecting import answer
from vae_np.course.processes import Examiner, Stopped
from vae_np.course.submissions import submissions

WRONG_BOUND = BOUND.replace("- kl\n", "+ kl\n")


def format_3(cells):
    return json.dumps({"nbformat": 3, "metadata": {}, "worksheets": [{"cells": [
        {"cell_type": kind, "input" if kind == "code" else "source": source.splitlines(True)}
        for kind, source in cells]}]})


HEAD, TAIL = BOUND.split("    kl = ")
NEEDS_HELP = BOUND.replace("np.sum", "add").replace("np.expm1", "grown")
# name of the file: (its cells or its text, {exercise: verdict}); what is not named is empty
BROKEN = {
    "split": (put(released(d=HEAD), HEAD, "    kl = " + TAIL), {D: "right"}),
    "copies": (put(put(released(d=BOUND), "silent bug", WRONG_BOUND), HANDS_ON, WRONG_BOUND),
               {D: "right"}),
    "below-its-check": (put(released(), HANDS_ON, BOUND), {D: "right"}),
    "no-checks": (without(released(d=BOUND), "check(\""), {D: "right"}),
    "no-checks-no-title": (without(released(d=BOUND), "check(\"", "Exercises to"),
                           {D: "right"}),
    "syntax-error": (released(b=KL + "return (mean\n", d=BOUND), {B: "unusable", D: "right"}),
    "magics": (put(released(
        d=f"%%time\n{BOUND}", b=f"%matplotlib inline\n{RIGHT[B]}\nfor _ in range(2):\n"
        "    %timeit kl_per_dim(1, 2)\n!pip list\nfiles = !ls\nkl_per_dim?"),
        "silent bug", "%%bash\nls | wc"), {B: "right", D: "right"}),
    "endless": (released(b=KL + "while True: pass", d=BOUND), {B: "time", D: "right"}),
    "ends-itself": (released(
        a=RIGHT[A].replace("d = d_out", "import sys; sys.exit(0); d = d_out"),
        b=KL + "import os; os._exit(0)", c=RIGHT[C].replace("variance =", "raise "
        "KeyboardInterrupt\n    variance ="), d=BOUND.replace(
            "kl =", "import ctypes; ctypes.string_at(0)\n    kl =")),
        dict.fromkeys((A, B, C, D), "crashed")),
    "missing": (without(released(b=RIGHT[B]), "def bound("), {B: "right", D: "missing"}),
    "says-right": (released(d=WRONG_BOUND.replace(
        "kl =", "print('Right: each example has its own bound.', flush=True)\n    kl =")),
        {D: "not yet"}),
    "format-3": (format_3(released(d=BOUND)), {D: "right"}),
    "deleted-helpers": (put(without(released(c=RIGHT[C]), "import numpy", "def broken_bound",
                                    "def bound("), "silent bug",
                            "def bound(x, logits, mean, logvar):\n    return np.concatenate(["
                            "broken_bound(*(row[None] for row in rows)) for rows in "
                            "zip(x, logits, mean, logvar)])"), {C: "right", D: "right"}),
    "other-code": (released(d=f"print(unknown)\n1 / 0\n{BOUND}\nraise SystemExit"),
                   {D: "right"}),
    "its-own-helpers": (put(released(d=NEEDS_HELP), "import numpy", "axes = {}\naxes['last'] = -1"
                            "\nimport math, no_such_library\n", "def add(*rows, axis):\n"
                            "    return np.sum(*rows, axis=axes['last'])",
                            "grown = [np.expm1][0]"), {D: "right"}),
    "another-name": (put(without(released(), HANDS_ON), "as it should be", BOUND.replace(
        "def bound", "def bound2"), HANDS_ON.replace(" bound", " bound2")), {D: "right"}),
    "variable-of-its-name": (put(released(d=BOUND), "return log_px_given_z - kl\n    ###",
                                 "bound = bound(x, logits, mean, logvar)"), {D: "right"}),
    "lambda": (released(b="kl_per_dim = lambda mean, logvar: 0.5 * (mean**2 + np.expm1(logvar)"
                          " - logvar)"), {B: "right"}),
    "slow-cells": (put(released(d=BOUND), "import numpy",
                       "def wait():\n    while True: pass\nmean = kl = wait()\nwait()"),
                   {D: "right"}),
    "float-from-stdin": (released(d=f"factor = float(input())\n{BOUND}".replace(
        "kl = 0.5", "kl = factor")), {D: "unusable"}),
}
if sys.platform == "linux":  # elsewhere nothing limits the memory
    BROKEN["memory"] = (released(b=KL + "return np.ones((10**6, 10**6))", c=RIGHT[C].replace(
        "variance =", "hog = [bytes(10**7) for _ in range(10**6)]\n    variance =")),
        {B: "memory", C: "memory"})
UNREADABLE = {
    "cut-off-05": json.dumps({"cells": [{"cell_type": "code"}]})[:-3], "nothing-05": "",
    "list-05": "[1, 2]", "no-cells-05": "{}", "a-picture-05": "\ud8ff"}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """{(student, exercise): row of the CSV} of one run over all, and what it printed."""
    folder = tmp_path_factory.mktemp("work")
    for name, (content, _) in BROKEN.items():
        if isinstance(content, str):
            (folder / f"{name}.ipynb").write_text(content, "utf-8")
        else:
            save(folder / f"{name}.ipynb", content)
    for name, text in UNREADABLE.items():
        (folder / f"{name}.ipynb").write_bytes(text.encode("utf-16", "surrogatepass")
                                               if "picture" in name else text.encode())
    for path in build.sources(build.EXERCISES):
        cells = released(path.stem)
        for task in TASKS.values():
            cells = [[kind, task.solution if source == task.skeleton else source]
                     for kind, source in cells]
        save(folder / "Jürgen Groß" / path.stem / f"{path.stem}.ipynb", cells)
    save(folder / "=19+19.ipynb", code(*("\n".join([
        *task.own, RIGHT[name], f"check('{name}', {task.function})"])
        for name, task in TASKS.items())))
    save(folder / "neither.ipynb", code("1 + 1"))
    save(folder / "either.ipynb", code(BOUND))
    out = folder / "grades.csv"
    status = grade.main([str(folder), "--out", str(out), "--seconds", "3", "--memory", "1000"])
    assert status == 0
    with open(out, encoding="utf-8-sig", newline="") as file:
        return {(row["student"], row["exercise"]): row for row in csv.DictReader(file)}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_notebook_is_still_graded(graded, name):
    verdicts = {task: graded[name, task]["verdict"] for task in (A, B, C, D)}
    assert verdicts == {**dict.fromkeys((A, B, C, D), "empty"), **BROKEN[name][1]}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_unreadable_notebook_costs_itself_alone(graded, name):
    assert {graded[name.removesuffix("-05"), task]["verdict"] for task in (A, B, C, D)} == {
        "unreadable notebook"}


@pytest.mark.parametrize("student, name", [("Jürgen Groß", name) for name in TASKS]
                         + [("'=19+19", name) for name in TASKS])
def test_reference_solutions_are_right(graded, student, name):
    """Also those of every lecture in one notebook: each check has its own `bound` above it."""
    row = graded[student, name]
    assert row["verdict"] == "right" and row["finding"] and not row["hint"]
    assert row["lecture"] == str(exercises()[name].lecture) and float(row["seconds"]) >= 0


@pytest.mark.parametrize("student, task, said", [
    ("syntax-error", B, r"syntax error in line 2 of its cell, cell \d+: '\(' was never closed"),
    ("endless", B, r"kl_per_dim ran longer than 3 s"),
    ("ends-itself", A, r"kl_between_backward ends the program, by sys.exit or exit"),
    ("ends-itself", B, r"kl_per_dim ended by itself, with status 0, before a verdict"),
    ("ends-itself", C, r"predict_variances ended in KeyboardInterrupt"),
    ("ends-itself", D, r"bound was ended by SIG(SEGV|BUS)"),
    ("missing", D, "no cell defines bound"), ("copies", A, "kl_between_backward is as it was"),
    ("float-from-stdin", D, "bound raises NameError: name 'factor' is not defined"),
    ("cut-off", A, "cut off or no notebook: "), ("nothing", A, "the file is empty"),
    ("list", A, "it has no list of cells"), ("a-picture", A, "no text in UTF-8"),
    ("neither", "", "belongs to no lecture"), ("either", "", "may belong to lecture 0 or 5: put")])
def test_the_finding_is_one_sentence(graded, student, task, said):
    finding = graded[student, task]["finding"]
    assert re.search(said, finding) and "\n" not in finding


@pytest.mark.skipif("memory" not in BROKEN, reason="nothing limits the memory here")
@pytest.mark.parametrize("task, function", [(B, "kl_per_dim"), (C, "predict_variances")])
def test_the_finding_names_the_limit_of_the_memory(graded, task, function):
    assert graded["memory", task]["finding"] == f"{function} wants more memory than 1000 MB"


def test_the_hint_is_that_of_the_check(graded):
    assert graded["says-right", D]["hint"] == "sign"
    assert {row["hint"] for row in graded.values() if row["verdict"] == "unusable"} == {
        "unusable"}
    assert not graded["says-right", D]["finding"].startswith("Not yet")


def test_nothing_is_left_beside_the_notebooks(graded, tmp_path):
    save(tmp_path / "eva-05.ipynb", released(d=BOUND.replace(
        "kl =", "open('answer.txt', 'w').write('42'); kl =")))
    (tmp_path / "sub").mkdir()
    assert grade.main([str(tmp_path), "--out", str(tmp_path / "sub" / "grades.csv")]) == 0
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["eva-05.ipynb", "grades.csv",
                                                                "sub"]


@pytest.mark.parametrize("option, different", [([], 1), (["--variants"], 2)])
def test_with_variants_each_student_has_other_numbers(tmp_path, option, different):
    """The answer of both writes down what it is called with."""
    said = tmp_path / "said"
    said.mkdir()
    for student in ("eva", "max"):
        save(tmp_path / f"{student}.ipynb", released(d=BOUND.replace(
            "kl =", f"open({str(said / student)!r}, 'a').write(repr(x.tolist()) + repr(mean))\n"
            "    kl =")))
    out = tmp_path / "grades.csv"
    assert grade.main([str(tmp_path), "--out", str(out), *option]) == 0
    assert out.read_text("utf-8-sig").count(",right,") == 2
    assert len({path.read_text() for path in said.iterdir()}) == different


def test_a_name_that_is_no_text_can_be_written(tmp_path):
    grade.write(tmp_path / "grades.csv", [grade.Row("\udcff", "-a", finding="@b")])
    assert (tmp_path / "grades.csv").read_text("utf-8-sig").splitlines()[1] == (
        "\\udcff,'-a,,,,,'@b,")


# -- the end --------------------------------------------------------------------------------------

def test_ctrl_c_writes_what_has_been_graded(tmp_path, monkeypatch, capsys):
    class Interrupted:
        def __init__(self, *limits):
            self.stopped = False

        def examine(self, submission, task, answer):
            if task.name == D:
                raise KeyboardInterrupt
            return {"verdict": "right", "hint": "", "finding": "", "seconds": 0.0}

        def stop(self):
            self.stopped = True

    monkeypatch.setattr(grade, "Examiner", Interrupted)
    monkeypatch.setattr(grade.os, "cpu_count", lambda: 1)
    save(tmp_path / "eva.ipynb", released(b=RIGHT[B], d=BOUND))
    out = tmp_path / "grades.csv"
    assert grade.main([str(tmp_path), "--out", str(out)]) == 130
    assert [line.split(",")[4] for line in out.read_text("utf-8-sig").splitlines()] == [
        "verdict", "empty", "right", "empty"]
    assert "Stopped: 3 of 4 exercises are graded." in capsys.readouterr().err


def test_an_examiner_that_is_stopped_ends_what_runs(tmp_path):
    save(tmp_path / "eva.ipynb", released(b=KL + "while True: pass"))
    one, = submissions(tmp_path)
    examiner, ended = Examiner(600, 1000), []

    def run():
        with pytest.raises(Stopped):
            examiner.examine(one, exercises()[B], answer(one.content, exercises()[B]))
        ended.append(True)

    thread = threading.Thread(target=run)
    thread.start()
    examiner.stop()
    thread.join(60)
    assert ended == [True]


@pytest.mark.parametrize("arguments, said", [
    (["nowhere"], "there is no folder nowhere"), (["."], "holds no notebook"),
    ([".", "--out", "."], "is a folder"), ([".", "--out", "no/grades.csv"], "no folder no"),
    ([".", "--seconds", "0"], "above 0, not '0'"), ([".", "--memory", "9"], "at least 300")])
def test_a_wrong_argument_is_told_in_a_sentence(tmp_path, monkeypatch, capsys, arguments, said):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as caught:
        grade.main(arguments)
    assert caught.value.code == 2 and said in capsys.readouterr().err
