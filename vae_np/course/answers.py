"""`check`: is this answer to an exercise right? If not: what is wrong, and where to read on.

An answer is a function that the student wrote. `judging` says what is wrong with it. The first
failing call gives this finding, the next one a hint that leads to an equation of a lecture, the
one after it the first line of the derivation; never the answer. The exercises themselves stand
one module to a lecture: `exercises00`, `exercises01`, ….
"""
import difflib
import sys
from importlib import import_module

from .forms import Finding
from .judging import Task, judge
from .places import PLACES

LECTURES = ("00", "01", "02", "03", "04", "05", "06", "07", "08", "09")  # with exercises
STEPS = 3  # the finding; where to read; how the derivation begins


class TryAgain(AssertionError):
    """An answer that is not right yet. hint: the key of the mistake; place: where to read on, a
    `places.Place` or None; step: how much was told, from 1 on.

    A notebook shows the text alone: a traceback through the checker would teach nothing.
    """

    def __init__(self, text, hint, place=None, step=1):
        super().__init__(text)
        self.hint, self.place, self.step = hint, place, step

    def _render_traceback_(self):
        return [str(self)]


_TASKS: dict[str, Task] = {}
_failures: dict[str, int] = {}  # {exercise: failing calls since the last right answer}


def exercise(*arguments, **named):
    """Registers a `judging.Task` of these arguments."""
    task = Task(*arguments, **named)
    _TASKS[task.name] = task


def exercises():
    """{name: Task}, those of every lecture."""
    for lecture in LECTURES:
        import_module(f".exercises{lecture}", __package__)
    return _TASKS


def check(name, answer, variant=None, *, step=None, device="cpu"):
    """Examine the answer to exercise `name`: print praise, or raise TryAgain.

    answer is the function itself. variant: any text or number, such as a student's; each has
    other inputs, and the same ones every time. step: how much to tell, 1 to 3; as it is, one more
    with every failing call. device: "cuda" hands the answer arrays of a GPU.

    Raises KeyError for a name that is no exercise.
    """
    known = exercises()
    if name not in known:
        near = difflib.get_close_matches(str(name), known, n=1)
        raise KeyError(f"no exercise is called {name!r}"
                       + (f": did you mean {near[0]!r}?" if near else ""))
    if step not in (None, *range(1, STEPS + 1)):
        raise ValueError(f"step must be 1, 2 or 3, not {step!r}")
    try:
        praise = judge(known[name], answer, variant, device)
    except Finding as found:
        failure = found
    else:
        _failures.pop(name, None)
        print(f"Right: {praise}")
        return
    _failures[name] = _failures.get(name, 0) + 1
    raise _told(known[name], failure, step or min(_failures[name], STEPS)) from None


def _told(task, found, step):
    """The TryAgain for a Finding, with as much as this step tells."""
    text = f"Not yet: {found.text}"
    if found.key == "unusable":  # no hint is about the form of an answer
        return TryAgain(text, found.key, step=step)
    sentence, label = task.hint(found.key)
    if step >= 2:
        text += f"\nHint: {sentence}\nRead on: {PLACES[label]}."
        _show_link(PLACES[label])
    if step >= 3:
        text += f"\nThe derivation begins: {task.first}"
    return TryAgain(text, found.key, PLACES[label], step)


def _show_link(place):
    """In Jupyter, a link that can be clicked: the text of an error holds none."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is not None:
        from IPython.display import display
        display({"text/markdown": f"Read on: [{place}]({place.notebook})",
                 "text/plain": f"Read on: {place}"}, raw=True)
