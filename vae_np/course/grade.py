"""Grade a folder of submitted notebooks: `python -m vae_np.course.grade FOLDER`.

Each exercise of each notebook is examined in a process of its own, with a limit of time and one
of memory, so that an endless loop or a crash costs one exercise. `collecting` says what is taken
from a notebook, `submissions` whose it is, `examine` what runs in the process and against what it
does not guard: it runs the students' code, with the rights of whoever grades.
"""
import argparse
import collections
import concurrent.futures
import csv
import os
import signal
import sys
from pathlib import Path
from typing import NamedTuple

from . import collecting
from .answers import exercises
from .processes import Examiner
from .submissions import submissions, without_notebook

DESCRIPTION = """\
Grade every notebook (.ipynb) in FOLDER: flat, as nbgrader lays them out
(submitted/STUDENT/ASSIGNMENT/NAME.ipynb), or in a folder for each student. A student's function
is found by its name, so split, copied and deleted cells do no harm; nbgrader is not needed.

The table on the terminal has one row for each student; the CSV has one for each student and
exercise: the verdict, the key of the hint that the check gave, and what it found. Verdicts:

  right      the check passes
  not yet    the check found a mistake
  unusable   the check could not use it: an error, a wrong shape, a syntax error
  empty      the function is there, and nothing is filled in
  missing    there is no function of that name
  time       it ran longer than --seconds
  memory     it wanted more than --memory (not limited on Windows and macOS)
  crashed    its process ended by itself
  unreadable notebook

Ctrl-C ends it and writes what has been graded. The exit status is 0 if every exercise has a
verdict. The students' code runs with your rights: do this in a container without network.
"""
SMALLEST = 300  # megabytes; NumPy and the check take more than a hundred
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would take for one


class Row(NamedTuple):
    """One line of the CSV."""

    student: str
    notebook: str
    lecture: object = ""
    exercise: str = ""
    verdict: str = ""
    hint: str = ""
    finding: str = ""
    seconds: str = ""


def plan(found):
    """[(Row, what the Examiner is asked or None where the verdict is plain)], in order."""
    planned, known = [], exercises()
    for one in found:
        tasks = [task for task in known.values() if task.lecture in one.lectures]
        if not tasks:
            planned.append((Row(one.student, one.name, verdict="unreadable notebook",
                                finding=one.fault), None))
        for task in tasks:
            row = Row(one.student, one.name, task.lecture, task.name)
            if one.content is None:
                planned.append((row._replace(verdict="unreadable notebook", finding=one.fault),
                                None))
                continue
            answer = collecting.answer(one.content, task)
            job = None if answer.verdict else (one, task, answer)
            hint = "unusable" if answer.verdict == "unusable" else ""  # as check says it
            planned.append((row._replace(verdict=answer.verdict, hint=hint,
                                         finding=answer.finding), job))
    return planned


def grade(planned, examiner, rows):
    """Fill rows, {place in planned: Row}, as the verdicts come. Nothing runs on when it ends."""
    rows |= {place: row for place, (row, job) in enumerate(planned) if job is None}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            futures = {pool.submit(examiner.examine, *job): place
                       for place, (_, job) in enumerate(planned) if job is not None}
            for future in concurrent.futures.as_completed(futures):
                place, said = futures[future], future.result()
                rows[place] = planned[place][0]._replace(
                    **{**said, "seconds": f"{said['seconds']:.2f}"})
                _tell(len(rows), len(planned))
        finally:
            examiner.stop()
            pool.shutdown(wait=False, cancel_futures=True)


def _tell(done, all_of_them):
    if sys.stderr.isatty():
        print(f"\r{done} of {all_of_them}", end="" if done < all_of_them else "\n",
              file=sys.stderr, flush=True)


def write(path, rows):
    """The CSV, whole or not at all. It begins with the mark by which spreadsheets know UTF-8."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(part, "w", encoding="utf-8-sig", errors="backslashreplace", newline="") as file:
            table = csv.writer(file)
            table.writerow(Row._fields)
            table.writerows([_harmless(value) for value in row] for row in rows)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _harmless(value):
    """A cell that no spreadsheet computes: an apostrophe before what begins like a formula."""
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def summary(rows):
    """The table: for each student and lecture, how many exercises are right in any notebook."""
    known = exercises().values()
    lectures = sorted({row.lecture for row in rows if row.exercise})
    right = {(row.student, row.exercise) for row in rows if row.verdict == "right"}
    handed_in = {(row.student, row.lecture) for row in rows}
    students = list(dict.fromkeys(row.student for row in rows))
    lines = [["student", *(f"lecture {number}" for number in lectures)]]
    for student in students:
        line = [student]
        for number in lectures:
            names = [task.name for task in known if task.lecture == number]
            count = sum((student, name) in right for name in names)
            line.append(f"{count}/{len(names)}" if (student, number) in handed_in else "-")
        lines.append(line)
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join("  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip()
                     for line in lines)


def main(arguments=None):
    """The command. Returns the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    folder, out = options.folder, options.out
    if not folder.is_dir():
        parser.error(f"there is no folder {folder}")
    if out.is_dir() or not out.parent.is_dir():
        parser.error(f"--out {out}: " + ("is a folder; name a file in it" if out.is_dir() else
                                         f"there is no folder {out.parent}"))
    found = submissions(folder)
    if not found:
        parser.error(f"{folder} holds no notebook: no file ends in .ipynb")
    rows, planned, status = {}, plan(found), 0
    try:
        grade(planned, Examiner(options.seconds, options.memory, options.variants), rows)
    except KeyboardInterrupt:
        status = 130
    finally:
        done = [rows[place] for place in sorted(rows)]
        write(out, done)
    _print(done, without_notebook(folder, found), out)
    if status:
        print(f"Stopped: {len(done)} of {len(planned)} exercises are graded.", file=sys.stderr)
    return status


def _print(rows, without, out):
    print(summary(rows))
    counts = collections.Counter(row.verdict for row in rows)
    print("\n" + ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common()))
    unreadable = {row.notebook: row.finding for row in rows
                  if row.verdict == "unreadable notebook"}
    for notebook, finding in unreadable.items():
        print(f"unreadable: {notebook}: {finding}")
    if without:
        print(f"no notebook from: {', '.join(without)}")
    print(f"wrote {out}")


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m vae_np.course.grade", description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    parser.add_argument("folder", metavar="FOLDER", type=Path,
                        help="the submitted notebooks; if it holds a folder `submitted`, that one")
    parser.add_argument("--out", type=Path, default=Path("grades.csv"), metavar="FILE",
                        help="the CSV, replaced if it is there (default: grades.csv)")
    parser.add_argument("--seconds", type=_seconds, default=20.0, metavar="S",
                        help="how long one answer may run (default: 20)")
    parser.add_argument("--memory", type=_megabytes, default=2000, metavar="MB",
                        help="how many megabytes one answer's process may have (default: 2000)")
    parser.add_argument("--variants", action="store_true",
                        help="examine each student's answers with numbers of their own, those of "
                             "check(…, variant=STUDENT), STUDENT as in the table")
    return parser


def _seconds(text):
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"wants a number of seconds above 0, not {text!r}")
    return value


def _megabytes(text):
    if not text.isdecimal() or int(text) < SMALLEST:
        raise argparse.ArgumentTypeError(
            f"wants a whole number of megabytes, at least {SMALLEST}, not {text!r}")
    return int(text)


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="backslashreplace")  # a name that the terminal cannot show
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does
    sys.exit(main())
