"""Derivatives from values alone: fourth-order central differences and the complex step.

A difference needs a step: too long and it sees the curve bend, too short and it sees only
rounding. Each derivative is computed at two steps, and their disagreement measures its error;
where that is too large, `steps` tries others.

Source: Fornberg, Generation of finite difference formulas (1988); Squire and Trapp, Using
complex variables to estimate derivatives of real functions (1998).
"""
import warnings
from typing import NamedTuple

import numpy as np

from .steps import MAX_LEVEL, RATIO, Slope, StepSearch

EPS = np.finfo(np.float64).eps
MULTIPLES = (1, 2, 4)   # of the step, on both sides


class Slopes(NamedTuple):
    """Derivatives with respect to n entries of one input."""

    value: np.ndarray   # (C, n)
    error: np.ndarray   # (C, n)
    stuck: np.ndarray   # (n,) bool: no derivative here, because of a kink or a domain's edge


class Differences:
    """Derivatives of sum(cotangent * evaluate(inputs)) at one point.

    evaluate: maps a dict of arrays to a flat (M,) array. inputs: a dict with the float64 arrays
    of the point; they are never changed. cotangents: (C, M). accuracy: the relative error that is
    wanted of each derivative, which comes with an estimate of the error it has. The attribute
    refusal is what forward last raised near the point, or None.
    """

    def __init__(self, evaluate, inputs, cotangents, accuracy):
        self.evaluate = evaluate
        self.inputs = inputs
        self.cotangents = cotangents
        self.accuracy = accuracy
        self.refusal = None
        with np.errstate(all="ignore"):
            self.output = evaluate(inputs)
            self.rounding = self._rounding()

    def entries(self, name, indices):
        """The Slopes with respect to `inputs[name]` at flat indices (n,)."""
        work, flat = self._working_copy(name)
        scales = np.maximum(np.abs(flat), typical_size(flat))
        search = StepSearch(self.accuracy)
        slopes = []
        with np.errstate(all="ignore"):
            reached = self._reached(name)
            for i in indices:
                origin = flat[i]

                def place(step):
                    flat[i] = origin + step
                    return flat[i]

                slopes.append(search.best(lambda step: self._slope(work, place, step, reached),
                                          scales[i], shortest=16 * np.spacing(abs(origin))))
                flat[i] = origin
        return _stack(slopes, len(self.cotangents))

    def direction(self, name, vector):
        """The Slope of the function along `vector`, which has the shape of `inputs[name]`."""
        work, flat = self._working_copy(name)
        origin, vector = flat.copy(), np.ravel(vector)

        def place(step):
            flat[:] = origin + step * vector
            return step

        with np.errstate(all="ignore"):
            reached = self._reached(name)
            return StepSearch(self.accuracy).best(
                lambda step: self._slope(work, place, step, reached),
                scale=1.0, shortest=RATIO ** -MAX_LEVEL)

    def complex_step(self, name, indices):
        """Im f(x + ih) / h at flat indices (n,): (C, n).

        Right to the last digit, but only if every operation in forward is analytic: `abs`,
        comparisons and casts make it silently wrong, so the caller compares it. Raises
        whatever forward raises on complex numbers.
        """
        work, flat = self._working_copy(name, dtype=np.complex128)
        step = 1e-20 * typical_size(flat.real)
        columns = np.empty((len(self.cotangents), len(indices)))
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            for column, i in enumerate(indices):
                origin = flat[i]
                flat[i] = origin + 1j * step
                output = self.evaluate(work, np.complex128)
                flat[i] = origin
                columns[:, column] = self.cotangents @ (output.imag / step)
        return columns

    def _working_copy(self, name, dtype=np.float64):
        array = np.array(self.inputs[name], dtype=dtype, order="C")
        return {**self.inputs, name: array}, array.reshape(-1)

    def _at(self, work):
        """forward's output (M,) near the point; NaN where it refuses, as beyond its domain."""
        try:
            output = self.evaluate(work)
        except Exception as error:
            self.refusal = error
            return np.full(self.output.shape, np.nan)
        return output if output.shape == self.output.shape else np.full_like(self.output, np.nan)

    def _reached(self, name):
        """(M,) bool: the outputs that depend on the input, as far as jumps of all sizes show."""
        rng, array = np.random.default_rng(1), self.inputs[name]
        reached = np.zeros(self.output.shape, dtype=bool)
        for size in (1.0, 1.0, 1e10, 1e100, 1e300):
            jump = size * typical_size(array) * rng.normal(size=array.shape)
            reached |= self._at({**self.inputs, name: array + jump}) != self.output
        return reached

    def _slope(self, work, place, step, reached):
        """The Slope from central differences at step, 2 step and 4 step, combined to fourth order.

        place(step) moves the entry in `work` and returns where it is then. reached: (M,) bool.
        """
        right, left, plus, minus = [], [], [], []
        for multiple in MULTIPLES:
            right.append(place(multiple * step))
            plus.append(self._at(work))
            left.append(place(-multiple * step))
            minus.append(self._at(work))
        width = np.subtract(right, left)[:, None]       # after rounding
        plus, minus = np.array(plus), np.array(minus)
        changes = (plus - minus) / width
        second_order = changes @ self.cotangents.T      # (3, C)
        fine = (4 * second_order[0] - second_order[1]) / 3
        coarse = (4 * second_order[1] - second_order[2]) / 3
        moved = np.any(plus != self.output, axis=0) | np.any(minus != self.output, axis=0)
        farthest = np.maximum(np.abs(plus[-1]), np.abs(minus[-1]))
        rounding = np.fmax(self.rounding, 0.5 * EPS * farthest)
        weights = np.square(self.cotangents * rounding) / step ** 2
        noise = np.sqrt(weights @ (moved | reached))
        # where no output moved, the change may be hidden in the rounding of all of them
        error = np.abs(fine - coarse) + 2 * (np.sqrt(weights @ moved) if moved.any() else noise)
        error[~np.isfinite(error)] = np.inf     # beyond the edge of the domain
        bends = np.abs(plus + minus - 2 * self.output) / (0.5 * width)
        kink = self._is_kink(np.abs(changes[0]), bends, noise)
        return Slope(fine, error, noise, kink, bool(moved.any()))

    def _is_kink(self, change, bends, noise):
        """A corner: the left and the right slope differ, however short the step.

        bends[k] is the difference of the two slopes at step k. For a smooth function it halves
        with the step; at a corner it stays.
        """
        weights = np.abs(self.cotangents)
        short, middle, long = bends @ weights.T
        corner = (short > 0.75 * middle) & (middle > 0.75 * long)
        return bool(np.any(corner & (short > 1e-6 * (weights @ change)) & (short > 50 * noise)))

    def _rounding(self):
        """(M,) rounding error of each output, from sixth differences over tiny steps.

        Over steps of 1e-6 the sixth differences of a smooth function vanish, and only rounding is
        left. A function too rough for that is recognised at shorter steps: its fourth differences
        are far larger than its sixth, which those of noise are not.
        Source: Moré and Wild, Estimating computational noise (2011).
        """
        _, rounding = self._tiny_differences(1e-6)
        for step in (1e-8, 1e-9, 1e-10, 1e-11):
            fourth, sixth = self._tiny_differences(step)
            rounding = np.where(fourth > 30 * sixth, np.fmin(rounding, sixth), rounding)
        return np.fmax(rounding, 0.5 * EPS * np.abs(self.output))

    def _tiny_differences(self, step):
        rng = np.random.default_rng(0)
        starts = {name: array for name, array in self.inputs.items()
                  if isinstance(array, np.ndarray) and array.dtype == np.float64}
        paths = {}
        for name, array in starts.items():
            size = np.where(array == 0, typical_size(array), array)
            grid = 32 * np.spacing(np.abs(size))    # so that every point is an exact number
            paths[name] = grid * np.round(step * size * rng.uniform(0.5, 1.5, size.shape) / grid)
        values = [self._at({**self.inputs, **{name: starts[name] + k * paths[name]
                                              for name in starts}}) for k in range(10)]
        # divided by what noise of size 1 gives: the root of a sum of squared binomials
        return [np.sqrt(np.mean(np.diff(values, n=order, axis=0) ** 2, axis=0) / squares)
                for order, squares in ((4, 70), (6, 924))]


def typical_size(array):
    """Root mean square of the entries, or 1 where all are zero."""
    largest = float(np.max(np.abs(array), initial=0.0))
    if largest == 0.0:
        return 1.0
    return largest * float(np.sqrt(np.mean(np.square(np.abs(array) / largest))))


def _stack(slopes, cotangents):
    shape = (len(slopes), cotangents)
    value, error, noise = (np.array([slope[field] for slope in slopes]).reshape(shape).T
                           for field in range(3))
    # an error far above rounding, and not small beside the slopes: there is no derivative
    size = np.max(np.abs(value), axis=1, keepdims=True, initial=0.0, where=np.isfinite(value))
    lost = ~np.isfinite(value) | ((error > 1e-2 * size) & (error > 100 * noise))
    kinks = np.array([slope.kink for slope in slopes], dtype=bool)
    return Slopes(value, error + 2 * noise, kinks | lost.any(axis=0))
