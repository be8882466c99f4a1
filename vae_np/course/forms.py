"""What a student's function gives, in the form that is asked for; or what is wrong with its form.
"""
import copy
import traceback
from typing import NamedTuple

import numpy as np

from ..backend import to_host


class Finding(Exception):
    """What is wrong with an answer. key: of the hint that fits, "unusable" where none does."""

    def __init__(self, key, text):
        super().__init__(key, text)
        self.key, self.text = key, text


class Form(NamedTuple):
    """A dict with the keys `names`, or an array whose rows are called `rows`, or one array.

    Whatever it is, it is looked at as {part: array}; the only part of one array is "".
    """

    names: tuple = ()
    rows: tuple = ()

    def parts(self, value):
        """{part: array} of a value that has this form."""
        if self.names:
            return {name: np.asarray(value[name], dtype=np.float64) for name in self.names}
        array = np.asarray(value, dtype=np.float64)
        return dict(zip(self.rows, array, strict=True)) if self.rows else {"": array}

    def shapes(self, right):
        """{key, or "" for one array: the shape that is asked for}, from the right parts."""
        if self.rows:
            return {"": (len(self.rows), *right[self.rows[0]].shape)}
        return {part: array.shape for part, array in right.items()}


def call(answer, arguments, right, form, xp=np):
    """{part: float64 array} that the student's function gives for `arguments`, {name: value}.

    It gets copies, on the device of the module xp. right: the right parts, for their shapes. Ends
    in a Finding where it raises, returns nothing, overwrites an argument or has another form.
    """
    given = {name: xp.asarray(value) if isinstance(value, np.ndarray) and xp is not np
             else copy.copy(value) for name, value in arguments.items()}
    try:
        with np.errstate(all="ignore"):
            value = answer(*given.values())
    except Exception as error:
        raise _raised(error, answer, arguments, right, form) from error
    for name, before in arguments.items():
        after = to_host(given[name])
        if not np.array_equal(after, before, equal_nan=True):
            raise Finding("overwrites", f"{called(answer)} overwrites its argument `{name}`: "
                          "after the call it is not what it was before. Whoever called it may "
                          "still need it.")
    if value is None or value is Ellipsis:
        raise Finding("unusable", f"{called(answer)} returns nothing. Write it in the cell above: "
                      "your lines go where the dots stand, and the last one is a return.")
    shapes = form.shapes(right)
    if form.names:
        value = _dict(answer, value, form.names)
        what = {name: f"'{name}', in the dict that {called(answer)} returns," for name in value}
    else:
        value, what = {"": value}, {"": f"what {called(answer)} returns"}
    arrays = {name: _fitted(_array(value[name], what[name], shape), shape, what[name])
              for name, shape in shapes.items()}
    return form.parts(arrays if form.names else arrays[""])


def called(answer):
    """The name of a function, for a sentence."""
    return getattr(answer, "__name__", "your function")


def kind(value):
    """A value, for a sentence: "a tuple", "an array"."""
    return {"ndarray": "an array", "str": "a text", "ellipsis": "an ellipsis (...)",
            "int": "an int"}.get(type(value).__name__, f"a {type(value).__name__}")


def _raised(error, answer, arguments, right, form):
    text = f"{called(answer)} raises {type(error).__name__}: {str(error).strip()}{_line(error)}"
    first, upstream = next(iter(arguments.items()))
    if first.startswith("d_") and np.ndim(upstream) == 1 and "broadcast" in str(error):
        try:  # does it run if the slopes from above have a second axis?
            call(answer, {**arguments, first: upstream[:, None]}, right, form)
        except Finding:
            return Finding("unusable", text)
        return Finding("axis", text)
    return Finding("unusable", text)


def _line(error):
    """Where in the student's function it happened, for errors that say so."""
    frames = traceback.extract_tb(error.__traceback__)
    return f" (line {frames[1].lineno} of its cell)" if len(frames) > 1 else ""


def _dict(answer, value, names):
    form = "{" + ", ".join(f"'{name}': …" for name in names) + "}"
    if not isinstance(value, dict):
        raise Finding("unusable", f"{called(answer)} must return a dict {form}; it returns "
                      f"{kind(value)}.")
    for name in names:
        if name not in value:
            has = ", ".join(repr(key) for key in value) or "nothing"
            raise Finding("unusable", f"{called(answer)} must return a dict {form}; the one that "
                          f"it returns has no '{name}', it has {has}.")
    return value


def _array(value, what, shape):
    try:
        array = to_host(value)
        if array.dtype.kind == "c":
            if np.any(array.imag):
                raise Finding("unusable", f"{what} has complex numbers; real ones are asked for.")
            array = array.real
        if array.dtype.kind not in "biuf":
            raise TypeError
        return array.astype(np.float64)
    except (TypeError, ValueError):
        of = f" of {len(value)}" if isinstance(value, tuple | list) else ""
        raise Finding("unusable", f"{what} is {kind(value)}{of} that is no array of numbers; what "
                      f"is asked for has shape {shape}.") from None


def _fitted(array, shape, what):
    """The array itself, or in the shape that is asked for where it has but axes of length 1 too
    many. One that lacks such an axis has lost it, by a squeeze or a sum, and is refused.
    """
    if array.shape == shape:
        return array
    wide = [[size for size in dimensions if size != 1] for dimensions in (array.shape, shape)]
    if wide[0] == wide[1] and array.ndim > len(shape):
        return array.reshape(shape)
    raise Finding("shape", f"{what} has shape {array.shape}; what is asked for has shape "
                  f"{shape}{_reason(array.shape, shape)}.")


def _reason(found, asked):
    """What may have happened, in words, to a shape that is not the one asked for."""
    if found == asked[::-1]:
        return ": the two axes are swapped"
    if len(asked) == 1 and found == (*asked, *asked):
        return (": an array with the shape of a column beside one with that of a row makes a "
                "table of all pairs")
    if found == ():
        return ": it is one number for the whole batch"
    if len(found) == len(asked) + 1 and found[1:] == asked:
        return ": the first axis is still there"
    if len(found) == len(asked) + 1 and found[:-1] == asked:
        return ": the last axis is still there"
    if len(asked) > len(found) and [n for n in asked if n != 1] == [n for n in found if n != 1]:
        return ": an axis of length 1 is lost"
    if len(asked) == len(found) + 1 and asked[1:] == found:
        return ": the examples are summed, or averaged, or one row stands for all of them"
    return ""
