"""What the checks say to the answers written blind (see blind/README.md).

    python tests/course/blind_answers.py [--show] [first second third]

Counts, for each set, the wrong answers that pass and the right ones that are refused. --show
prints every wrong answer with the finding and the hint.
"""
import argparse
import contextlib
import io
import re
import sys
import warnings
from pathlib import Path
from typing import NamedTuple

sys.path.append(str(Path(__file__).resolve().parents[2] / "lectures"))

import answers  # noqa: E402  it reads the notebooks by lectures/build.py

from vae_np.course import TryAgain, check  # noqa: E402

FOLDER = Path(__file__).parent / "blind"
SETS = ("first", "second", "third", "fourth", "fifth")


class Blind(NamedTuple):
    """exercise: its name. why: what is wrong, or unusual. source: the student's cell."""

    exercise: str
    why: str
    source: str


def read(which, kind):
    """The answers of a set, kind "wrong" or "right"."""
    for path in sorted((FOLDER / which / kind).glob("*.py")):
        for cell in re.split(r"^# %% ", path.read_text(encoding="utf-8"), flags=re.M)[1:]:
            title, _, source = cell.partition("\n")
            exercise, _, why = title.partition(": ")
            yield Blind(exercise, why, source.strip("\n"))


def verdict(tasks, blind, step=2):
    """What the check says to an answer that it rejects, or None where it passes."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            check(blind.exercise, tasks[blind.exercise].answer(blind.source), step=step)
        except TryAgain as told:
            return str(told)
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="*", default=SETS)
    parser.add_argument("--show", action="store_true")
    args = parser.parse_args()
    tasks = answers.tasks()
    for which in args.sets:
        counts = {}
        for kind in ("wrong", "right"):
            for number, blind in enumerate(read(which, kind), 1):
                said = verdict(tasks, blind)
                counts.setdefault(kind, []).append(said is None)
                if args.show and kind == "wrong":
                    print(f"### {number}. {blind.exercise}: {blind.why}\n{blind.source}\n"
                          f"--- the check says:\n{said or 'Right'}\n")
        print(f"{which}: {sum(counts['wrong'])} of {len(counts['wrong'])} wrong answers pass, "
              f"{counts['right'].count(False)} of {len(counts['right'])} right ones are refused")


if __name__ == "__main__":
    main()
