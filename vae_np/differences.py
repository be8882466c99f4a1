"""Derivatives from values alone: fourth-order central differences and the complex step.

A difference needs a step: too long and it sees the curve bend, too short and it sees only
rounding. Nobody knows the right one beforehand, so each derivative is computed at two steps
whose disagreement measures its error; where that is too large, other steps are tried.

Source: Fornberg, Generation of finite difference formulas (1988); Squire and Trapp, Using
complex variables to estimate derivatives of real functions (1998).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

EPS = np.finfo(np.float64).eps
BASE_STEP = 2.0 ** -9   # of the input's scale: where rounding and bending are about equal
RATIO = 8.0             # between one step and the next that is tried
MAX_LEVEL = 14          # so many times longer or shorter at most
SAFETY = 10.0           # an estimated error may be so many times too small
PATIENCE = 5            # entries without a good step before the search becomes a short one


class Slope(NamedTuple):
    """One derivative, once for each of the C cotangents."""

    value: np.ndarray   # (C,)
    error: np.ndarray   # (C,) how far off value may be
    noise: np.ndarray   # (C,) the part of error that is rounding in forward
    kink: bool          # the function has a corner here
    moved: bool         # some output differs from the one at the point


class Slopes(NamedTuple):
    """Derivatives with respect to n entries of one input."""

    value: np.ndarray   # (C, n)
    error: np.ndarray   # (C, n)
    stuck: np.ndarray   # (n,) bool: no derivative here, because of a kink or a domain's edge


class Differences:
    """Derivatives of sum(cotangent * evaluate(inputs)) at one point.

    evaluate maps a dict of arrays to a flat (M,) array, cotangents is (C, M). inputs holds
    the float64 arrays of the point; they are never changed. Each derivative is wanted with a
    relative error of `accuracy`, and comes with an estimate of the error it has.
    """

    def __init__(self, evaluate: Callable, inputs: dict, cotangents: np.ndarray,
                 accuracy: float):
        self.evaluate = evaluate
        self.inputs = inputs
        self.cotangents = cotangents
        self.accuracy = accuracy
        self.output = evaluate(inputs)
        self.rounding = self._rounding()

    def entries(self, name: str, indices: np.ndarray) -> Slopes:
        """Derivatives with respect to `inputs[name]` at flat `indices`."""
        work, flat = self._working_copy(name)
        scales = np.maximum(np.abs(flat), typical_size(flat))
        search = _Search(self.accuracy)
        slopes = []
        for i in indices:
            origin = flat[i]
            shortest = 16 * np.spacing(abs(origin))

            def slope_at(step):
                return self._slope(work, lambda t: _put(flat, i, origin + t), step)

            slopes.append(search.best(slope_at, scales[i], shortest))
            flat[i] = origin
        return _stack(slopes, len(self.cotangents))

    def direction(self, name: str, vector: np.ndarray) -> Slope:
        """Derivative of the function along `vector`, in the shape of `inputs[name]`."""
        work, flat = self._working_copy(name)
        origin, vector = flat.copy(), np.ravel(vector)

        def place(step):
            flat[:] = origin + step * vector
            return step

        return _Search(self.accuracy).best(lambda step: self._slope(work, place, step), 1.0, 0.0)

    def complex_step(self, name: str, indices: np.ndarray) -> np.ndarray:
        """Im f(x + ih) / h, shape (C, n). Raises whatever forward raises on complex numbers.

        Right to the last digit, but only if every operation in forward is analytic: `abs`,
        comparisons and casts make it silently wrong, so the caller compares it.
        """
        work, flat = self._working_copy(name, dtype=np.complex128)
        step = 1e-20 * typical_size(flat.real)
        columns = np.empty((len(self.cotangents), len(indices)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
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

    def _at(self, work) -> np.ndarray:
        """forward near the point; NaN where it refuses, as beyond the edge of its domain."""
        try:
            output = self.evaluate(work)
        except Exception:
            output = None
        if output is None or output.shape != self.output.shape:
            return np.full(self.output.shape, np.nan)
        return output

    def _slope(self, work, place, step) -> Slope:
        """Central differences at step, 2 step and 4 step, combined to fourth order."""
        cotangents, base = self.cotangents, self.output
        second_order, bends, moved = [], [], False
        for multiple in (1, 2, 4):
            right = place(multiple * step)
            plus = self._at(work)
            left = place(-multiple * step)
            minus = self._at(work)
            width = right - left
            second_order.append((plus - minus) / width)
            bends.append((plus + minus - 2 * base) / (0.5 * width))
            moved = moved | (plus != base) | (minus != base)
        fine = (4 * second_order[0] - second_order[1]) / 3
        coarse = (4 * second_order[1] - second_order[2]) / 3
        value = cotangents @ fine
        # where no output moved, all may have been too coarse to show it
        noise = np.sqrt((cotangents * self.rounding) ** 2 @ (moved | ~np.any(moved))) / step
        error = np.abs(value - cotangents @ coarse) + 2 * noise
        error[~np.isfinite(error)] = np.inf
        return Slope(value, error, noise, self._is_kink(second_order[0], bends, noise),
                     bool(np.any(moved)))

    def _is_kink(self, slope, bends, noise) -> bool:
        """A corner: the left and the right slope differ, however short the step.

        bends[k] is right minus left slope at step k. For a smooth function it halves with the
        step; at a corner it stays.
        """
        sizes = [np.abs(self.cotangents) @ np.abs(bend) for bend in bends]
        scale = np.abs(self.cotangents) @ np.abs(slope)
        corner = (sizes[0] > 0.75 * sizes[1]) & (sizes[1] > 0.75 * sizes[2])
        return bool(np.any(corner & (sizes[0] > 1e-6 * scale) & (sizes[0] > 50 * noise)))

    def _rounding(self) -> np.ndarray:
        """(M,) rounding error of each output, from fourth differences over tiny steps.

        Fourth differences of a smooth function over steps of 1e-6 vanish; rounding remains.
        Source: Moré and Wild, Estimating computational noise (2011).
        """
        rng = np.random.default_rng(0)
        estimates = [self._fourth_differences(rng, step) for step in (1e-6, 1e-8, 1e-11)]
        return np.fmax(np.fmin.reduce(estimates), 0.5 * EPS * np.abs(self.output))

    def _fourth_differences(self, rng, step):
        starts = {name: array for name, array in self.inputs.items()
                  if isinstance(array, np.ndarray) and array.dtype == np.float64}
        paths = {name: step * rng.uniform(0.5, 1.5, array.shape)
                 * np.where(array == 0, typical_size(array), array)
                 for name, array in starts.items()}
        values = [self._at({**self.inputs, **{name: starts[name] + k * paths[name]
                                              for name in starts}}) for k in range(7)]
        return np.sqrt(np.mean(np.diff(values, n=4, axis=0) ** 2, axis=0) / 70)


class _Search:
    """Looks for a good step, entry after entry, starting where the last one was good."""

    def __init__(self, accuracy):
        self.accuracy = accuracy
        self.level = 0
        self.largest = 0.0      # slope seen so far: what counts as small
        self.failures = 0

    def best(self, slope_at: Callable, scale: float, shortest: float) -> Slope:
        """The most accurate slope over the steps tried, none of them below `shortest`."""
        lowest = int(np.ceil(np.log(shortest / (scale * BASE_STEP)) / np.log(RATIO))
                     if shortest else -MAX_LEVEL)
        start = level = max(self.level, lowest)

        def at(candidate):
            return slope_at(2.0 ** np.round(np.log2(scale * BASE_STEP * RATIO ** candidate)))

        first = best = at(start)
        reach = MAX_LEVEL if self.failures < PATIENCE else 1
        directions = [(-1, max(-MAX_LEVEL, lowest)), (1, MAX_LEVEL)]
        for direction, end in directions if first.moved else directions[1:]:
            misses = 0
            for candidate in range(start + direction, end + direction, direction)[:reach]:
                if self._loss(best) <= self.accuracy or misses == 2:
                    break
                slope = at(candidate)
                if direction > 0 and np.any(np.abs(slope.value - first.value)
                                            > SAFETY * first.error):
                    break       # a longer step sees another part of the function
                if self._loss(slope) < self._loss(best):
                    best, level, misses = slope, candidate, 0
                elif self._loss(best) < 1e-3:
                    misses += 1
        if self._loss(best) > 0.1 and np.all(np.isfinite(first.error)):
            best, level = first, start      # nothing is resolved: too flat, or too rough
        self.failures += self._loss(best) > self.accuracy
        self.level = level
        self.largest = max(self.largest, float(np.max(
            np.abs(best.value), where=np.isfinite(best.value), initial=0.0)))
        return best

    def _loss(self, slope) -> float:
        """The slope's error, relative to its size."""
        size = np.maximum(np.abs(slope.value), 1e-3 * self.largest)
        with np.errstate(all="ignore"):
            return float(np.max(np.where(slope.error > 0, slope.error / size, 0.0)))


def typical_size(array) -> float:
    """Root mean square of the entries, or 1 where all are zero."""
    largest = float(np.max(np.abs(array), initial=0.0))
    if largest == 0.0:
        return 1.0
    return largest * float(np.sqrt(np.mean(np.square(np.abs(array) / largest))))


def _put(flat, i, value):
    flat[i] = value
    return value


def _stack(slopes: list[Slope], cotangents: int) -> Slopes:
    shape = (len(slopes), cotangents)
    value, error, noise = (np.array([slope[field] for slope in slopes]).reshape(shape).T
                           for field in range(3))
    # an error far above rounding, as large as the slopes themselves: no derivative to be had
    size = np.max(np.abs(value), axis=1, keepdims=True, initial=0.0, where=np.isfinite(value))
    lost = ~np.isfinite(value) | ((error > 1e-3 * size) & (error > 100 * noise))
    kinks = np.array([slope.kink for slope in slopes], dtype=bool)
    return Slopes(value, error, kinks | lost.any(axis=0))
