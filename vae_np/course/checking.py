"""`check`: is this answer to an exercise right? If not: what is wrong, and where to read on.

An answer is a function that the student wrote. An examiner calls it and compares; where it
recognises a mistake it names the hint that was written for that mistake. A hint leads to an
equation of a lecture and never gives the answer. The exercises themselves stand one module to a
lecture: `exercises00`, `exercises04`, `exercises05`.
"""
import difflib
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module

import numpy as np

from ..checking import gradcheck

LECTURES = ("00", "04", "05")  # those that have exercises


class TryAgain(AssertionError):
    """An answer that is not right yet. `hint` is the key of the hint that was given.

    A notebook shows this text alone: a traceback through the checker would teach nothing.
    """

    def __init__(self, text, hint):
        super().__init__(text)
        self.hint = hint

    def _render_traceback_(self):
        return [str(self)]


@dataclass(frozen=True)
class Exercise:
    """hints: {key: (sentence, label of the equation in that lecture which it leads to)}.

    examine(answer) returns a sentence of praise, or ends in `wrong`.
    """

    name: str
    lecture: int
    hints: dict[str, tuple[str, str]]
    examine: Callable = field(repr=False)


class _Wrong(Exception):
    """(key of a hint, what was found)."""


class _Unusable(Exception):
    """(what keeps the answer from being examined at all,)."""


_EXERCISES: dict[str, Exercise] = {}


def exercise(name, lecture, hints):
    """Registers the decorated function as the examiner of exercise `name`."""
    def register(examine):
        _EXERCISES[name] = Exercise(name, lecture, hints, examine)
        return examine
    return register


def exercises():
    """{name: Exercise}, those of every lecture."""
    for lecture in LECTURES:
        import_module(f".exercises{lecture}", __package__)
    return _EXERCISES


def check(name, answer):
    """Examine the answer to exercise `name`: print praise, or raise TryAgain with a hint.

    answer is the function itself. Raises KeyError for a name that is no exercise.
    """
    known = exercises()
    if name not in known:
        near = difflib.get_close_matches(str(name), known, n=1)
        raise KeyError(f"no exercise is called {name!r}"
                       + (f": did you mean {near[0]!r}?" if near else ""))
    task = known[name]
    try:
        if not callable(answer):
            raise _Unusable(f"check wants the function itself, not {answer!r}")
        praise = task.examine(answer)
    except _Unusable as found:
        raise TryAgain(f"Not yet: {found}", "unusable") from None
    except _Wrong as found:
        key, finding = found.args
        sentence, label = task.hints[key]
        raise TryAgain(f"Not yet: {finding}\nHint: {sentence} See equation {label} in lecture "
                       f"{task.lecture}.", key) from None
    print(f"Right: {praise}")


# -- what examiners are made of ----------------------------------------------------------------

def wrong(key, finding):
    """End the examination: the key of the hint that fits, and what was found."""
    raise _Wrong(key, finding)


def call(answer, *arguments, shape=None, **named):
    """What the student's function gives, as a float64 array (or a dict of them).

    shape: what an array must have. An exception, None (nothing written yet), text, NaN and a wrong
    shape end the examination with a sentence.
    """
    try:
        with np.errstate(all="ignore"):
            value = answer(*arguments, **named)
    except Exception as error:
        raise _Unusable(f"{_name(answer)} raises {type(error).__name__}: {error}"
                        f"{_line(error)}") from None
    if value is None or value is Ellipsis:
        raise _Unusable(f"{_name(answer)} returns nothing. Write it in the cell above: your "
                        "lines go where the dots stand, and the last one is a return.")
    if isinstance(value, dict):
        return {key: _array(answer, part) for key, part in value.items()}
    array = _array(answer, value)
    if shape is not None and array.shape != shape:
        raise _Unusable(f"{_name(answer)} returns an array of shape {array.shape}; what is asked "
                        f"for has shape {shape}.")
    return array


def examine_backward(forward, backward, inputs, hint_of, skip=()):
    """Hold backward against forward by `gradcheck`; the first wrong row decides which hint.

    hint_of(row) -> the key of a hint. Returns the sentence of praise.
    """
    given = call(backward, np.ones(np.shape(forward(**inputs))), **inputs)
    if not isinstance(given, dict):
        raise _Unusable(f"{_name(backward)} must return a dict {{name: gradient}}, one gradient "
                        "for each input that it differentiates.")
    report = gradcheck(forward, backward, inputs, skip=skip)
    for row in report.rows:
        if not row.ok:
            wrong(hint_of(row), f"the gradient of {row.name}: {row.message}")
    return f"{len(report.rows)} gradients agree with finite differences to {report.tol:g}."


def close(value, expected, rtol=1e-9, atol=0.0):
    """Whether all of value is what was expected; NaN is not."""
    return bool(np.allclose(value, expected, rtol=rtol, atol=atol))


def _array(answer, value):
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise _Unusable(f"{_name(answer)} returns {type(value).__name__}, which is no array of "
                        "numbers.") from None


def _name(answer):
    return getattr(answer, "__name__", "your function")


def _line(error):
    """Where in the student's function it happened, for errors that say so."""
    frames = traceback.extract_tb(error.__traceback__)
    return f" (line {frames[1].lineno} of its cell)" if len(frames) > 1 else ""
