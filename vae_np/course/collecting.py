"""Which lecture a notebook belongs to, and which of its statements make up an answer.

The lecture is decided by the first of these that says something: the name of the released
notebook (`05_gaussian_kl`) in the file's name or in a folder's; the names in its `check(…)` calls,
which may be those of several lectures; the title "Exercises to lecture N"; a lecture's number in
the file's name (`max-04`); and else which of the lecture's functions it defines, with the same
arguments.

An answer is the function of the exercise's name. Functions that nobody has filled in do not count
where there is one that somebody has. Of several the one counts that stands last above the
exercise's last check, as if the notebook were run from the top down to there; where there is none
above, or no check, the last one of the notebook. If no function has the exercise's name, the one
that the check is given counts. What the answer needs goes with it: imports, functions, classes and
assignments of the names that it looks up, those above the check first. Below all that lies the
released notebook, so what it gives is there even where a student deleted its cell.
"""
import builtins
import re
from functools import cache
from typing import NamedTuple

from .answers import exercises
from .notebooks import CHECK, DEFINITION, read, released


class Answer(NamedTuple):
    """function: its name. statements: what is run, in this order. definition: its own place.

    Where there is no function to be examined, verdict and finding say why, and the rest is empty.
    """

    function: str
    statements: list = []
    definition: int = -1
    verdict: str = ""
    finding: str = ""


def lectures_by_name(parts):
    """The lectures that a released notebook's name in one of the parts of a path says."""
    stems = {path.stem: number for number, path in released().items()}
    for part in reversed(parts):
        found = [number for stem, number in stems.items() if stem.lower() in part.lower()]
        if found:
            return found
    return []


def lectures_by_number(stem):
    """The last number in a file's name that is a lecture's."""
    numbers = [int(number) for number in re.findall(r"(?<!\d)\d\d?(?!\d)", stem)]
    return [number for number in numbers if number in _lectures()][-1:]


def lectures_by_content(notebook, stem):
    """The lectures that a notebook's content says; several if it does not decide, or none."""
    known = exercises()
    checked = {known[name].lecture for name in CHECK.findall(notebook.code) if name in known}
    titled = re.search(r"Exercises\s+to\s+lecture\s+(\d+)", notebook.text)
    if checked:
        return sorted(checked)
    if titled and int(titled[1]) in _lectures():
        return [int(titled[1])]
    return lectures_by_number(stem)


def lectures_by_functions(notebook):
    """The lectures whose functions a notebook has most of; all that are level."""
    own = _signatures(notebook)
    score = {}
    for number in released():
        given = _signatures(_released(number))
        names = {name for name, _ in own} & {name for name, _ in given}
        if names & {task.function for task in exercises().values() if task.lecture == number}:
            score[number] = len(own & given), len(names)
    return [number for number in score if score[number] == max(score.values())]


def _lectures():
    return {task.lecture for task in exercises().values()}


def answer(notebook, task):
    """The Answer to an exercise in a notebook."""
    own = notebook.statements
    checks = [place for place, statement in enumerate(own)
              if task.name in dict(statement.checks)]
    stop = checks[-1] if checks else len(own)
    handed = dict(own[checks[-1]].checks)[task.name] if checks else None
    for function in (task.function, handed):
        chosen = _choose(own, function, stop)
        if chosen is not None:
            statements = _with_needs(own, _given(task.lecture), chosen, stop, function)
            return Answer(function, statements, statements.index(own[chosen]))
    if task.function in notebook.broken:
        return Answer(task.function, verdict="unusable", finding=notebook.broken[task.function])
    if any(task.function in statement.binds for statement in own):
        return Answer(task.function, verdict="empty",
                      finding=f"{task.function} is as it was given out: nothing is filled in")
    return Answer(task.function, verdict="missing",
                  finding=f"no cell defines {task.function}")


def _choose(own, function, stop):
    """The place of the definition that counts, or None."""
    found = [place for place, statement in enumerate(own)
             if function in statement.binds and not statement.empty]
    found = [place for place in found if own[place].kind == "function"] or found
    above = [place for place in found if place < stop]
    return (above or found or [None])[-1]


def _with_needs(own, given, chosen, stop, function):
    """The chosen statement and all that it needs, in the order of running."""
    everything = [*given, *own]
    chosen, stop = chosen + len(given), stop + len(given)
    wanted, seen, queue = {chosen}, {function}, [chosen]
    for place, statement in enumerate(everything):
        if statement.kind == "import" and not statement.binds:
            wanted.add(place)  # from … import *
    while queue:
        for name in everything[queue.pop()].needs - seen:
            seen.add(name)
            for place in _providers(everything, len(given), stop, name):
                if place not in wanted:
                    wanted.add(place)
                    queue.append(place)
    return [everything[place] for place in sorted(wanted)]


def _providers(everything, given, stop, name):
    """The places of the statements that make a name: given ones, and the student's."""
    places = [place for place, statement in enumerate(everything) if name in statement.binds]
    filled = [place for place in places if not everything[place].empty]
    places = filled or places
    region = range(given, stop)
    own = [place for place in places if place in region]
    if not own and name not in dir(builtins):
        region = range(stop, len(everything))
        own = [place for place in places if place in region]
    if own and all(everything[place].kind == "other" for place in own):
        own += [place for place in region if name in everything[place].changes]
    return [place for place in places if place < given] + own


def _given(number):
    """What the released notebook gives: imports, and functions that are not to be filled in."""
    if number not in released():
        return []  # an exercise that is being written
    return [statement for statement in _released(number).statements
            if statement.kind != "other" and not statement.empty]


@cache
def _released(number):
    notebook = read(released()[number])
    return notebook._replace(statements=[
        statement._replace(cell=statement.cell._replace(
            name=f"{statement.cell.name} of the notebook that was given out"))
        for statement in notebook.statements])


def _signatures(notebook):
    """{(name, arguments) of each function, as they are typed}, broken cells included."""
    return {(name, "".join(arguments.split())) for name, arguments in re.findall(
        DEFINITION.pattern + r"\s*\(([^)]*)\)", notebook.code, re.M)}
