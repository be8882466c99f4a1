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
    """function: what the student's function is called in the notebook.
    hints: {key: (sentence, label of the equation in that lecture which it leads to)}.

    examine(answer) returns a sentence of praise, or ends in `wrong`.
    """

    name: str
    lecture: int
    function: str
    hints: dict[str, tuple[str, str]]
    examine: Callable = field(repr=False)


class _Wrong(Exception):
    """(key of a hint, what was found)."""


class _Unusable(Exception):
    """(why the answer cannot be examined,)."""


_EXERCISES: dict[str, Exercise] = {}


def exercise(name, lecture, function, hints):
    """Registers the decorated function as the examiner of exercise `name`."""
    def register(examine):
        _EXERCISES[name] = Exercise(name, lecture, function, hints, examine)
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


def call(answer, *arguments, shape=None, names=(), **named):
    """What the student's function gives, as a float64 array; with names, as a dict of them.

    shape: what the array must have. names: the keys that the dict must have. An exception, None
    (nothing written yet), text, a wrong shape and a missing key end the examination with a
    sentence, and without a hint: no hint is about the form of an answer.
    """
    try:
        with np.errstate(all="ignore"):
            value = answer(*arguments, **named)
    except Exception as error:
        raise _Unusable(f"{_name(answer)} raises {type(error).__name__}: "
                        f"{str(error).strip()}{_line(error)}") from error
    if value is None or value is Ellipsis:
        raise _Unusable(f"{_name(answer)} returns nothing. Write it in the cell above: your "
                        "lines go where the dots stand, and the last one is a return.")
    if names:
        return _dict(answer, value, names)
    array = _array(value, f"{_name(answer)} returns", f"what is asked for has shape {shape}")
    if array.shape != shape:
        raise _Unusable(f"{_name(answer)} returns an array of shape {array.shape}; what is asked "
                        f"for has shape {shape}.")
    return array


def examine_backward(forward, backward, inputs, hint_of, skip=(), upstream="d_out"):
    """Hold backward against forward by `gradcheck`; the first wrong row decides which hint.

    hint_of(row, d_out, given) -> the key of a hint; given is what backward gives for d_out. The
    key "axis" is for a d_out with one number for each example that was not given a second axis.
    upstream: what the exercise calls d_out. Returns the sentence of praise.
    """
    d_out = np.random.default_rng(0).normal(size=np.shape(forward(**inputs)))
    names = [name for name, value in inputs.items()
             if np.asarray(value).dtype.kind == "f" and name not in skip]
    try:
        given = call(backward, d_out, names=names, **inputs)
    except _Unusable as found:
        if _lacks_an_axis(found, backward, d_out, names, inputs):
            wrong("axis", str(found))
        raise
    report = gradcheck(forward, backward, inputs, skip=skip)
    for row in report.rows:
        if not row.ok:
            wrong(hint_of(row, d_out, given), _in_words(row, upstream, report.tol))
    praise = "the gradient agrees" if len(names) == 1 else f"{len(names)} gradients agree"
    return f"{praise} with finite differences to {report.tol:g}."


def worst(yours, right):
    """Where two arrays of one shape differ most, in words. NaN differs most of all."""
    error = np.abs(yours - right)
    index = np.unravel_index(np.argmax(np.where(np.isnan(error), np.inf, error)), error.shape)
    return (f"at {[int(i) for i in index]} it should be {right[index]:.4g}, yours is "
            f"{yours[index]:.4g}")


def close(value, expected, rtol=1e-9, atol=0.0):
    """Whether all of value is what was expected; NaN is not."""
    return bool(np.allclose(value, expected, rtol=rtol, atol=atol))


def _dict(answer, value, names):
    form = "{" + ", ".join(f"'{name}': …" for name in names) + "}"
    if not isinstance(value, dict):
        raise _Unusable(f"{_name(answer)} must return a dict {form}; it returns "
                        f"{_kind(value)}.")
    for name in names:
        if name not in value:
            has = ", ".join(repr(key) for key in value) or "nothing"
            raise _Unusable(f"{_name(answer)} must return a dict {form}; the one that it returns "
                            f"has no '{name}', it has {has}.")
    return {name: _array(value[name], f"in the dict that {_name(answer)} returns, '{name}' is",
                         "an array is asked for") for name in names}


def _array(value, what, asked):
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise _Unusable(f"{what} {_kind(value)} that is no array of numbers; {asked}."
                        ) from None


def _kind(value):
    return {"ndarray": "an array", "str": "a text", "ellipsis": "an ellipsis (...)"}.get(
        type(value).__name__, f"a {type(value).__name__}")


def _lacks_an_axis(found, backward, d_out, names, inputs):
    """Whether NumPy could not broadcast, and can if d_out has a second axis."""
    if d_out.ndim != 1 or "broadcast" not in str(found.__cause__):
        return False
    try:
        call(backward, d_out[:, None], names=names, **inputs)
    except _Unusable:
        return False
    return True


def _in_words(row, upstream, tol):
    """What gradcheck found, d_out under the exercise's name, and the entry that shows it best."""
    message = row.message.replace("d_out", upstream)
    if row.diagnosis == "unknown":  # begins with the two numbers that stand below
        message = message.partition(": ")[2]
    text = f"the gradient of {row.name}: {message}"
    if row.numeric is None or row.max_rel_error <= tol:
        return text
    return (f"{text} (It differs most at {list(row.index)}: yours is {row.analytic:.4g}, finite "
            f"differences give {row.numeric:.4g}.)")


def _name(answer):
    return getattr(answer, "__name__", "your function")


def _line(error):
    """Where in the student's function it happened, for errors that say so."""
    frames = traceback.extract_tb(error.__traceback__)
    return f" (line {frames[1].lineno} of its cell)" if len(frames) > 1 else ""
