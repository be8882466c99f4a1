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

from .rounding import measure, typical_size
from .steps import MAX_LEVEL, RATIO, Slope, StepSearch

MULTIPLES = (1, 2, 4)   # of the step, on both sides


class Slopes(NamedTuple):
    """Derivatives with respect to n entries of one input."""

    value: np.ndarray   # (C, n)
    error: np.ndarray   # (C, n)
    stuck: np.ndarray   # (n,) bool: no derivative here, because of a kink or a domain's edge
    doubt: np.ndarray   # (C, n) as in Slope
    swing: np.ndarray   # (C,) slopes that steps as large as the input show, at most


class Differences:
    """Derivatives of sum(cotangent * evaluate(inputs)) at one point.

    evaluate: maps a dict of arrays to a flat (M,) array. inputs: a dict with the float64 arrays
    of the point; they are never changed. cotangents: (C, M). accuracy: the relative error that is
    wanted of each derivative, which comes with an estimate of the error it has. kind: the dtype
    in which forward gives its output. The attribute refusal is what forward last raised near the
    point, or None.
    """

    def __init__(self, evaluate, inputs, cotangents, accuracy, kind=np.dtype(np.float64)):
        self.evaluate = evaluate
        self.inputs = inputs
        self.cotangents = cotangents
        self.accuracy = accuracy
        self.refusal = None
        with np.errstate(all="ignore"):
            self.output = evaluate(inputs)
            self.rounding = measure(self._at, inputs, self.output, kind)

    def entries(self, name, indices, literal=False):
        """The Slopes with respect to `inputs[name]` at flat indices (n,). literal: high stairs are
        those of a step function, not rounding.
        """
        rounding = self.rounding.literal() if literal else self.rounding
        work, flat = self._working_copy(name)
        scales = np.maximum(np.abs(flat), typical_size(flat))
        search = StepSearch(self.accuracy)
        slopes = []
        with np.errstate(all="ignore"):
            reached, swing = self._reached(name)
            if not literal:     # what no jump moves may be hidden by the rounding of a constant
                reached |= not reached.any()
            stairs = bool(np.all(rounding.jump[reached] > 0))
            for i in indices:
                origin = flat[i]

                def place(step):
                    flat[i] = origin + step
                    return flat[i]

                slopes.append(search.best(
                    lambda step: self._slope(work, place, step, reached, rounding),
                    scales[i], shortest=16 * np.spacing(abs(origin))))
                flat[i] = origin
        return Slopes(*_stack(slopes, len(self.cotangents), stairs), swing)

    def direction(self, name, vector):
        """The Slope of the function along `vector`, which has the shape of `inputs[name]`."""
        work, flat = self._working_copy(name)
        origin, vector = flat.copy(), np.ravel(vector)

        def place(step):
            flat[:] = origin + step * vector
            return step

        with np.errstate(all="ignore"):
            reached, _ = self._reached(name)
            return StepSearch(self.accuracy).best(
                lambda step: self._slope(work, place, step, reached, self.rounding),
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
        """What jumps of the whole input show: (M,) bool, the outputs that depend on it, and (C,)
        the largest slope from here to where a jump of a usual size ends.
        """
        rng, array = np.random.default_rng(1), self.inputs[name]
        reached, swing = np.zeros(self.output.shape, dtype=bool), np.zeros(len(self.cotangents))
        for size in (1.0, -1.0, 1.0, -4.0, 4.0, 1e10, 1e100, 1e300):
            jump = size * typical_size(array) * rng.normal(size=array.shape)
            change = self._at({**self.inputs, name: array + jump}) - self.output
            reached |= change != 0
            if abs(size) <= 4 and np.all(np.isfinite(change)):
                slope = np.abs(change) / (abs(size) * typical_size(array))
                swing = np.maximum(swing, np.abs(self.cotangents) @ slope)
        return reached, swing

    def _slope(self, work, place, step, reached, rounding):
        """The Slope from central differences at step, 2 step and 4 step, combined to fourth order.

        place(step) moves the entry in `work` and returns where it is then. reached: (M,) bool.
        rounding: a Rounding.
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
        blur = self.cotangents * rounding.at(farthest) / step
        noise = length(blur * (moved | reached))
        # where no output moved, the change may be hidden in the rounding of all of them
        error = np.abs(fine - coarse) + 2 * (length(blur * moved) if moved.any() else noise)
        if rounding.jump.any():
            error += self._hidden(second_order[0], fine, (plus + minus - 2 * self.output) / (
                0.5 * width), noise)
        error[~np.isfinite(error)] = np.inf     # beyond the edge of the domain
        bends = np.abs(plus + minus - 2 * self.output) / (0.5 * width)
        kink = self._is_kink(np.abs(changes[0]), bends, noise)
        return Slope(fine, error, noise, kink, bool(moved.any()), np.zeros_like(noise))

    def _hidden(self, second_order, fine, bends, noise):
        """(C,) errors that stairs hide from the steps that would show them.

        Two estimates of fourth order may agree by accident, but one of second order errs by about
        the root of their error. And where the left and the right slope differ by as much at short
        steps as at long ones, there may be a corner within the step.
        """
        size = np.maximum(np.abs(fine), np.abs(second_order))
        error = (fine - second_order) ** 2 / np.where(size > 0, size, 1.0)
        short, middle, _ = np.abs(bends @ self.cotangents.T)
        corner = (short > 0.6 * middle) & (short > 10 * noise)
        return error + np.where(corner, 0.5 * short, 0.0)

    def _is_kink(self, change, bends, noise):
        """A corner: the left and the right slope differ, however short the step.

        bends[k] is the difference of the two slopes at step k. For a smooth function it halves
        with the step; at a corner it stays.
        """
        weights = np.abs(self.cotangents)
        short, middle, long = bends @ weights.T
        corner = (short > 0.75 * middle) & (middle > 0.75 * long)
        return bool(np.any(corner & (short > 1e-6 * (weights @ change)) & (short > 50 * noise)))


def length(vectors):
    """Euclidean, of each row; no square overflows."""
    largest = np.max(np.abs(vectors), axis=1, initial=0.0)
    unit = vectors / np.where(largest > 0, largest, 1.0)[:, None]
    return largest * np.sqrt(np.sum(np.square(unit), axis=1))


def _stack(slopes, cotangents, stairs):
    """The arrays of Slopes. stairs: the noise is that of stairs, which is bounded and known well.
    """
    shape = (len(slopes), cotangents)
    value, error, noise, doubt = (
        np.array([getattr(slope, field) for slope in slopes]).reshape(shape).T
        for field in ("value", "error", "noise", "doubt"))
    # an error far above rounding, and not small beside the slopes: there is no derivative
    size = np.max(np.abs(value), axis=1, keepdims=True, initial=0.0, where=np.isfinite(value))
    lost = ~np.isfinite(value) | ((error > 1e-2 * size) & (error > 100 * noise))
    kinks = np.array([slope.kink for slope in slopes], dtype=bool)
    error = np.maximum(error - 5 * noise, 0) + 1.5 * noise if stairs else error + 2 * noise
    return value, error, kinks | lost.any(axis=0), doubt
