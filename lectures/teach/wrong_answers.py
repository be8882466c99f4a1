"""For each lecture a page with its typical wrong answers and what the check says to them.

The answers are those of lectures/exercises/wrong/NN_name.py; what the check says is what it says
when it is called on them now.
"""
import contextlib
import io
import re

from shared import LECTURES, title_of

import answers
from vae_np.course import TryAgain, check
from vae_np.course.answers import STEPS, exercises


def pages():
    """{lecture's file without ending: its page, Markdown} for all that have exercises."""
    made = {}
    for name, task in answers.tasks().items():
        lecture = task.source.stem
        if lecture not in made:
            title = title_of(LECTURES / f"{lecture}.md")
            title = re.sub(r"^(Lecture )?\d+[.:] *", "", title)
            made[lecture] = (
                f"# Wrong answers to lecture {int(lecture[:2])}: {title}\n\n"
                "What students wrote or could write, exercise by exercise, and what the check "
                "says. Its first call says what is wrong; the second adds the hint and where to "
                "read on; the third adds how the derivation begins. This page is made by running "
                "the check on each answer.\n")
        made[lecture] += exercise(name, task)
    return made


def exercise(name, task):
    """The part of the page about one exercise: its wrong answers by the hint that they get."""
    first = exercises()[name].first
    parts = [f"## {name}", f"The function is `{task.function}`. The third call adds, whatever was "
             f"wrong: *The derivation begins:* {as_text(first)}"]
    groups = {}
    for key, cell in task.wrong:
        groups.setdefault(key, []).append(cell)
    for key, cells in groups.items():
        told = [says(name, task, cell) for cell in cells]
        parts += [f"### {key}"]
        _, sentence, place = told[0]
        if sentence:
            place = re.sub(r"equation (\S+)\.$", r"equation [\1](#\1).", place)
            parts += [f"*Hint:* {as_text(sentence)}", f"*Read on:* {place}"]
        for cell, (finding, *_) in zip(cells, told):
            parts += [f"```python\n{own_lines(task, cell)}\n```", quoted(finding)]
    return "\n\n" + "\n\n".join(parts) + "\n"


def says(name, task, cell):
    """(finding, hint, place) as the check tells them by its third call; of an unusable answer it
    tells the finding alone.
    """
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            check(name, task.answer(cell), step=STEPS)
        except TryAgain as refused:
            told = re.fullmatch(r"(.*)\nHint: (.*)\nRead on: (.*)\nThe derivation begins: .*",
                                str(refused), re.S)
            return told.groups() if told else (str(refused), "", "")
    raise ValueError(f"{name}: this cell of exercises/wrong passes the check:\n{cell}")


def own_lines(task, cell):
    """A student's cell without the imports that all cells of the file begin with."""
    file = task.source.parent / "wrong" / f"{task.source.stem}.py"
    head = re.split(r"^# %% ", file.read_text("utf-8"), maxsplit=1, flags=re.M)[0]
    return cell.removeprefix(head).strip()


def as_text(words):
    """Words of the check as Markdown that shows them as they are; what it sets as code is code."""
    def escaped(match):
        return match[0] if match[1] is None else "\\" + match[1]
    return re.sub(r"`[^`]*`|([\\*_<>$\[\]|])", escaped, words)


def quoted(words):
    """A finding, set apart, its lines kept."""
    return "\n".join(f"> {as_text(line)}" for line in words.splitlines())


def write(out):
    """Writes NN_name_wrong.md for each lecture; returns their paths."""
    out.mkdir(parents=True, exist_ok=True)
    paths = []
    for lecture, text in pages().items():
        paths.append(out / f"{lecture}_wrong.md")
        paths[-1].write_text(text, "utf-8")
    return paths
