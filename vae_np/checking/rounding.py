"""How coarsely forward rounds its outputs, measured from its values alone.

float64 rounds so finely that over tiny steps its rounding is seen as noise. float32 or float16
inside, or a large constant, make stairs of a smooth function: over tiny steps nothing moves, and
whoever looks there alone takes that for precision. So an output that is silent is followed over
longer and longer steps until it moves, and then looked at closely: stairs are level there too.

Source: Moré and Wild, Estimating computational noise (2011).
"""
from typing import NamedTuple

import numpy as np

EPS = np.finfo(np.float64).eps
SHORTEST, LONGEST = 1e-11, 1.0      # steps of the walk, relative to the inputs
GROWTH = 4.0                        # from one step of the walk to the next
CLOSELY = 1 / 64                    # of the step at which an output moves
COARSE = 2.0 ** -8                  # stairs so high, relative to the output, are no float's


class Rounding(NamedTuple):
    """The rounding of each of the M outputs."""

    size: np.ndarray    # (M,) the standard deviation of its error
    jump: np.ndarray    # (M,) how high its stairs are; 0 where there are none
    plain: np.ndarray   # (M,) size as it were if forward were a step function and meant its stairs
    values: np.ndarray  # (n, M) outputs that were seen

    def at(self, farthest):
        """(M,) size where the outputs are as large as `farthest`: floats round relatively."""
        return np.fmax(self.size, self._relative() * farthest)

    def _relative(self):
        largest = np.max(np.abs(self.values), axis=0)
        ratio = np.clip(self.size / np.where(largest > 0, largest, 1.0), 0.5 * EPS, 2.0 ** -11)
        return np.where(self.jump > 0, ratio, 0.5 * EPS)

    @property
    def coarse(self):
        """(M,) bool: the stairs are so high that forward may be a step function."""
        return self.jump > COARSE * np.max(np.abs(self.values), axis=0)

    @property
    def ordinary(self):
        """Whether it is float64's alone, that of values no larger than the outputs."""
        return bool(np.all(self.size <= 64 * EPS * np.max(np.abs(self.values), axis=0)))

    def literal(self):
        """The Rounding if outputs with such stairs are step functions."""
        return self._replace(size=np.where(self.coarse, self.plain, self.size),
                             jump=np.where(self.coarse, 0.0, self.jump))


def measure(at, inputs, output, kind):
    """The Rounding of forward at a point.

    at: maps inputs to a flat (M,) array. output: what it gives there. kind: the dtype in which
    forward gave it.
    """
    walk = _Walk(at, inputs)
    plain = np.fmax(_tiny(walk), 0.5 * EPS * np.abs(output))
    size, jump, smallest = plain.copy(), np.zeros(output.shape), np.full(output.shape, np.inf)
    seen, step, silent = [output], SHORTEST, np.ones(output.shape, dtype=bool)
    fresh = np.zeros(output.shape, dtype=bool)
    while (silent.any() or fresh.any()) and step < LONGEST:
        values = walk.values(step)
        _, noise = _noise(values)
        size = np.where(fresh & np.isfinite(noise), np.fmax(size, noise), size)
        fresh[:] = False
        silent &= np.all(np.isfinite(values), axis=0)
        change = np.abs(np.diff(values, axis=0))
        smallest = np.fmin(smallest, np.min(np.where(change > 0, change, np.inf), axis=0))
        last = GROWTH * step >= LONGEST
        moving = silent & (np.isfinite(smallest) if last else ~_level(values))
        silent &= ~moving
        if moving.any() and step > SHORTEST:
            fresh = moving & _level(walk.values(CLOSELY * step, start=step))
            size = np.where(fresh, np.fmax(size, np.fmax(smallest / np.sqrt(12), noise)), size)
            jump = np.where(fresh, smallest, jump)
            seen.append(np.where(fresh, values, output))
        step *= GROWTH
    if kind == np.float64 and silent.all() and np.array_equal(output, output.astype(np.float32)):
        kind = np.dtype(np.float32)
    if kind in (np.float16, np.float32):    # which says it, moved or not
        unit = np.spacing(np.abs(output).astype(kind)).astype(np.float64) * (output != 0)
        size, jump = np.fmax(size, unit / np.sqrt(12)), np.fmax(jump, unit)
    for step in (0.01, 0.1):    # values show how far the inputs move the outputs
        values = walk.values(step)
        seen.append(np.where(np.isfinite(values), values, output))
    return Rounding(size, jump, plain, np.vstack(seen))


def _level(values):
    """(M,) bool: most of the outputs equal their neighbours on the walk."""
    return 2 * np.count_nonzero(np.diff(values, axis=0), axis=0) < len(values)


def _tiny(walk):
    """(M,) rounding error of each output, from sixth differences over tiny steps.

    Over steps of 1e-6 the sixth differences of a smooth function vanish, and only rounding is
    left. A function too rough for that is recognised at shorter steps: its fourth differences
    are far larger than its sixth, which those of noise are not.
    """
    _, rounding = _noise(walk.values(1e-6))
    for step in (1e-8, 1e-9, 1e-10, 1e-11):
        fourth, sixth = _noise(walk.values(step))
        rounding = np.where(fourth > 30 * sixth, np.fmin(rounding, sixth), rounding)
    return rounding


def _noise(values):
    """The fourth and the sixth differences, each (M,): divided by what noise of size 1 gives, the
    root of a sum of squared binomials.
    """
    largest = np.max(np.abs(values), axis=0)
    largest = np.where(largest > 0, largest, 1.0)
    return [largest * np.sqrt(np.mean(np.diff(values / largest, n=order, axis=0) ** 2, axis=0)
                              / squares) for order, squares in ((4, 70), (6, 924))]


class _Walk:
    """Points in a row, in a direction in which all inputs change."""

    def __init__(self, at, inputs):
        rng = np.random.default_rng(0)
        self.at, self.inputs = at, inputs
        self.starts = {name: array for name, array in inputs.items()
                       if isinstance(array, np.ndarray) and array.dtype == np.float64}
        self.sizes = {name: np.where(array == 0, typical_size(array), array)
                      for name, array in self.starts.items()}
        self.speeds = {name: size * rng.uniform(0.5, 1.5, size.shape)
                       for name, size in self.sizes.items()}

    def values(self, step, start=0.0):
        """(10, M): the outputs at ten points, beginning nine times `start` away. The walk leads
        to larger numbers, or where forward refuses those, to smaller ones.
        """
        outward = self._values(step, start)
        if np.all(np.isfinite(outward)):
            return outward
        inward = self._values(-step, -start)
        return inward if np.all(np.isfinite(inward)) else outward

    def _values(self, step, start):
        first, stride = self._stride(9 * start), self._stride(step)
        return np.array([self.at({**self.inputs, **{
            name: array + (first[name] + k * stride[name])
            for name, array in self.starts.items()}}) for k in range(10)])

    def _stride(self, step):
        """{name: array}, so that every point is an exact number."""
        grids = {name: 32 * np.spacing(np.abs(size)) for name, size in self.sizes.items()}
        return {name: grids[name] * np.round(step * speed / grids[name])
                for name, speed in self.speeds.items()}


def typical_size(array):
    """Root mean square of the entries, or 1 where all are zero."""
    largest = float(np.max(np.abs(array), initial=0.0))
    if largest == 0.0:
        return 1.0
    return largest * float(np.sqrt(np.mean(np.square(np.abs(array) / largest))))
