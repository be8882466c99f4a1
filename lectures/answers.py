"""The exercises as a grader sees them: each with its cells, its solution and its wrong answers."""
import re
from dataclasses import dataclass, field
from pathlib import Path

import build

CHECK = re.compile(r'check\("([a-z0-9-]+)", (\w+)\)')
STUB = "...  # your lines go here"


@dataclass
class Task:
    """before: the code cells above the answer; solution: its cell; after: those up to the check.

    own: the cells of this exercise alone above its answer. source: the notebook's text.
    """

    name: str
    function: str
    before: list
    solution: str
    after: list
    own: list
    source: Path
    wrong: list = field(default_factory=list)  # (key of the hint, the student's cell)

    @property
    def skeleton(self):
        """The answer's cell as nbgrader leaves it to the student."""
        return re.sub(r"### BEGIN SOLUTION.*### END SOLUTION", STUB, self.solution, flags=re.S)

    def answer(self, cell):
        """The function that `cell` defines, in the notebook above it."""
        namespace = {}
        for source in (*self.before, cell):
            exec(source, namespace)
        return namespace[self.function]


def tasks():
    """{name of the exercise: Task} over all sources."""
    found = {}
    for path in build.sources(build.EXERCISES):
        shared, own, pending = [], [], None
        for cell in build.exercise_notebook(path).cells:
            if cell.cell_type != "code":
                continue
            check = CHECK.fullmatch(cell.source.strip())
            if check:
                name, function = check.groups()
                found[name] = Task(name, function, [*shared, *own], *pending, own, path)
                shared, own, pending = [*shared, *own, pending[0], *pending[1]], [], None
            elif "### BEGIN SOLUTION" in cell.source:
                pending = cell.source, []
            else:
                (own if pending is None else pending[1]).append(cell.source)
        _add_wrong_answers(build.EXERCISES / "wrong" / f"{path.stem}.py", found)
    return found


def _add_wrong_answers(path, found):
    head, *cells = re.split(r"^# %% ", path.read_text(encoding="utf-8"), flags=re.M)
    for cell in cells:
        title, _, source = cell.partition("\n")
        name, key = title.split(": ")
        found[name].wrong.append((key, head + source))
