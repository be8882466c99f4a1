"""A forward and its backward, called with care: inputs copied, results checked.

`gradcheck` talks to the two functions through a `Pair` alone, so that whatever they do (change
an input, raise, return a tuple) becomes a fact to report instead of a traceback.
"""
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from .report import GradcheckError


@dataclass(frozen=True)
class Gradients:
    """What one call of backward gave: arrays by name (float64 if they hold real numbers), or an
    error, and which of its arguments it overwrote.
    """

    values: dict = field(default_factory=dict)
    error: str = ""
    changed: frozenset = frozenset()

    def fits(self, name, shape):
        """Whether there is a real gradient of this shape for this name."""
        value = self.values.get(name)
        return value is not None and value.shape == shape and value.dtype == np.float64


class Pair:
    """forward(**inputs) -> array and backward(d_out, **inputs) -> {name: array}."""

    def __init__(self, forward, backward):
        self.forward = forward
        self.backward = backward
        self.overwrites = False     # forward changes its inputs: always hand it copies

    def output(self, inputs):
        """forward's output in its own shape and type.

        GradcheckError if forward raises or if its output is no array of real numbers.
        """
        given = copies(inputs)
        try:
            output = self.forward(**given)
        except Exception as error:
            raise GradcheckError(f"forward raised {_describe(error)}: gradcheck needs inputs "
                                 "that forward accepts") from error
        if not isinstance(output, (np.ndarray, np.generic, int, float)):
            raise GradcheckError(f"forward returned {_a(type(output).__name__)}; it must return "
                                 "one array or scalar")
        array = np.array(output)
        if array.dtype.kind not in "fiub":
            raise GradcheckError(f"forward returned dtype {array.dtype}; it must return real "
                                 "numbers")
        return array

    def evaluate(self, inputs, dtype=np.float64):
        """forward's output, flat and copied; raises what forward raises."""
        given = copies(inputs) if self.overwrites else inputs
        return np.array(self.forward(**given), dtype=dtype).reshape(-1)

    def changed_by_forward(self, inputs):
        """A frozenset with the names of the inputs that forward overwrites."""
        given = copies(inputs)
        self.forward(**given)
        changed = _differing(inputs, given)
        self.overwrites = bool(changed)
        return changed

    def gradients(self, d_out, inputs):
        """What one call of backward gives, on copies: Gradients.

        forward runs first, on the same inputs: a pair that keeps a cache finds it fresh.
        """
        given, upstream = copies(inputs), np.array(d_out)
        try:
            with np.errstate(all="ignore"):     # what is not finite becomes a row
                self.forward(**copies(inputs))
                # a NumPy scalar for a scalar output, which backward cannot overwrite
                result = self.backward(upstream if upstream.ndim else upstream[()], **given)
            changed = _differing({**inputs, "d_out": np.asarray(d_out)},
                                 {**given, "d_out": upstream})
            if not isinstance(result, Mapping):
                return Gradients(error=f"backward returned {_a(type(result).__name__)}; it must "
                                 "return a dict {name: gradient}", changed=changed)
            return Gradients({name: _real(value) for name, value in result.items()
                              if value is not None}, changed=changed)
        except Exception as error:
            return Gradients(error=f"backward raised {_describe(error)}")


def prepare(inputs, skip):
    """(inputs with floats as float64 arrays, list of the names to differentiate).

    Raises TypeError or ValueError for inputs that cannot be checked: not a dict, complex or
    non-finite numbers, an unknown name in skip, nothing left to differentiate.
    """
    if not isinstance(inputs, Mapping):
        raise TypeError(f"inputs must be a dict {{name: array}}, not {_a(type(inputs).__name__)}")
    skip = {skip} if isinstance(skip, str) else set(skip)
    if unknown := skip - set(inputs):
        raise ValueError(f"skip names {sorted(unknown)}, but the inputs are {list(inputs)}")
    prepared, names = copies(inputs), []
    for name, value in inputs.items():
        if not isinstance(value, (np.ndarray, np.generic, float, complex, list)):
            continue
        array = np.asarray(value)
        if array.dtype.kind == "c":
            raise TypeError(f"input '{name}' is complex; gradcheck differentiates real numbers")
        if array.dtype.kind != "f":
            continue
        prepared[name] = np.array(array, dtype=np.float64, order="C")
        if name in skip:
            continue
        if not np.all(np.isfinite(prepared[name])):
            raise ValueError(f"input '{name}' holds nan or inf; choose finite inputs")
        names.append(name)
    if not names:
        raise ValueError("nothing to check: no input of floats is left to differentiate")
    return prepared, names


def copies(inputs):
    """The same inputs, with every array copied."""
    return {name: value.copy() if isinstance(value, np.ndarray) else value
            for name, value in inputs.items()}


def identical(a, b):
    """Bit for bit the same array (NaN equals itself)."""
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()


def _real(value):
    """A copy, as float64 if the numbers are real, else as they came."""
    array = np.array(value)
    return array.astype(np.float64) if array.dtype.kind in "fiub" else array


def _differing(before, after):
    return frozenset(name for name, value in before.items()
                     if isinstance(value, np.ndarray) and not identical(value, after[name]))


def _describe(error):
    frames = traceback.extract_tb(error.__traceback__)
    where = f" (line {frames[-1].lineno}, in {frames[-1].name})" if len(frames) > 1 else ""
    return f"{type(error).__name__}: {error}{where}"


def _a(word):
    return f"{'an' if word[0] in 'aeiouAEIOU' else 'a'} {word}"
