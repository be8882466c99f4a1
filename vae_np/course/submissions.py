"""Where the submitted notebooks lie, and whose they are.

The student is the first folder below the one that is graded (nbgrader's `submitted/STUDENT/…`, a
learning platform's download), or for a notebook that lies there itself its file's name, without
the lecture. Folders named like an assignment do not count.
"""
import re
from typing import NamedTuple

from .collecting import (lectures_by_content, lectures_by_functions, lectures_by_name,
                         lectures_by_number)
from .notebooks import UnreadableError, read, released

MOODLE = re.compile(r"_assignsubmission_file.*")


class Submission(NamedTuple):
    """content: a Notebook, or None where fault says why it cannot be graded.

    name: its path below the folder. lectures: numbers; none where it cannot be told.
    """

    student: str
    name: str
    path: object
    lectures: list
    content: object
    fault: str = ""


def submissions(folder):
    """Every Submission in a folder, or in its `submitted` if it has one, in order."""
    root = folder / "submitted" if (folder / "submitted").is_dir() else folder
    found = [_submission(path, root) for path in root.rglob("*.ipynb")
             if path.is_file() and not any(part.startswith((".", "__"))
                                           for part in path.relative_to(root).parts)]
    return sorted(found, key=lambda one: (one.student.casefold(), one.student, one.lectures,
                                          one.name))


def without_notebook(folder, found):
    """The students' folders in which there is none."""
    root = folder / "submitted" if (folder / "submitted").is_dir() else folder
    students = {_student(path.relative_to(root) / "-", []) for path in root.iterdir()
                if path.is_dir() and not path.name.startswith((".", "__"))}
    return sorted(students - {one.student for one in found})


def _submission(path, root):
    short = path.relative_to(root)
    lectures = lectures_by_name(short.parts)
    try:
        content = read(path)
    except UnreadableError as error:
        lectures = lectures or lectures_by_number(path.stem)
        return Submission(_student(short, lectures), short.as_posix(), path, lectures, None,
                          str(error))
    lectures = (lectures or lectures_by_content(content, path.stem)
                or lectures_by_functions(content))
    fault = ""
    if not lectures:
        content, fault = None, ("it belongs to no lecture that has exercises: neither names, "
                                "checks, title nor functions say which")
    elif _only_guessed(lectures, content, path, short):
        either = " or ".join(map(str, lectures))
        content, lectures, fault = None, [], (
            f"it may belong to lecture {either}: put the number into the file's name")
    return Submission(_student(short, lectures), short.as_posix(), path, lectures, content, fault)


def _only_guessed(lectures, content, path, short):
    """Whether there are several because its functions fit them equally well."""
    return (len(lectures) > 1 and not lectures_by_name(short.parts)
            and not lectures_by_content(content, path.stem))


def _student(short, lectures):
    stems = [path.stem for path in released().values()]
    folders = [part for part in short.parts[:-1] if part not in stems]
    if folders:
        return MOODLE.sub("", folders[0])
    name = MOODLE.sub("", short.stem)
    for stem in stems:
        name = re.sub(re.escape(stem), "", name, flags=re.I)
    for number in lectures:
        name = re.sub(rf"^0?{number}(?!\d)|(?<!\d)0?{number}$", "", name)
    return name.strip(" _-.") or short.stem
