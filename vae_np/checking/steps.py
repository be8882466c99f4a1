"""The search for a step of the central differences, entry after entry.

Nobody knows the right step beforehand: 2^-9 of the input's scale is right for a function that
bends on the scale of its input, and most do. exp of 1e-8 wants a far longer one, log of 1e-8
beside 1 a far shorter one. So a slope that is too uncertain is computed again with other steps.
"""
from typing import NamedTuple

import numpy as np

BASE_STEP = 2.0 ** -9   # of the input's scale
RATIO = 4.0             # between one step and the next that is tried
MAX_LEVEL = 20          # so many ratios longer or, as a rule, shorter than the base step
NEAR = 4                # up to this level a step is no longer than the input's scale
HIGHEST = 1020          # power of two of the longest step: four times it is still a float64
PATIENCE = 40           # entries without a good step before the search becomes a short one
DECENT = 1e-5           # a slope with this relative error is settled for
TELLS = 0.05            # a slope with this relative error tells a factor of 2
SAFETY = 10.0           # an estimated error may be so many times too small


class Slope(NamedTuple):
    """One derivative, once for each of the C cotangents."""

    value: np.ndarray   # (C,)
    error: np.ndarray   # (C,) how far off value may be, to compare steps with
    noise: np.ndarray   # (C,) rounding in forward, of outputs that hide a change included
    kink: bool          # the function has a corner here
    moved: bool         # some output differs from the one at the point
    doubt: np.ndarray   # (C,) what rounding hides from every step that is not far too long


class StepSearch:
    """Finds good steps for one entry after another, starting where the last one was good.

    A step is good when the slope's error is at most `accuracy`, relative to the slope or to a
    thousandth of the largest slope so far.
    """

    def __init__(self, accuracy):
        self.accuracy = accuracy
        self.level = 0
        self.largest = 0.0
        self.failures = 0

    def best(self, slope_at, scale, shortest):
        """The most accurate of the slopes tried.

        slope_at(step): the Slope at a step. scale: the input's, which the first step is a fraction
        of. No step is below `shortest`.
        """
        base = np.log2(scale) + np.log2(BASE_STEP)
        lowest = max(-2 * MAX_LEVEL, int(np.ceil((np.log2(shortest) - base) / np.log2(RATIO))))
        start = max(self.level, lowest)

        def at(level):
            power = round(base + level * np.log2(RATIO))
            slope = slope_at(np.ldexp(1.0, min(power, HIGHEST)))
            return self._loss(slope), level, slope

        first = at(start)
        found = [first]
        if first[0] > self.accuracy:
            patient = self.failures < (PATIENCE if first[2].moved else PATIENCE // 8)
            if first[2].moved:      # else a shorter step would move nothing either
                down = range(start - 1, lowest - 1, -1)
                self._go_down(at, down if patient else down[:1], found)
            up = range(start + 1, MAX_LEVEL + 1)
            self._go_up(at, up if patient else up[:1], found)
        loss, level, slope = min(found, key=lambda trial: trial[0])
        if loss > 0.1:              # too flat or too rough: take what is least uncertain
            loss, level, slope = min(found, key=lambda trial: np.max(trial[2].error))
        self._learn(loss, level, slope)
        if loss > self.accuracy and level > lowest and np.all(np.isfinite(slope.error)):
            slope = _compared(slope, at(level - 1)[2])
        if level <= NEAR:
            return slope._replace(doubt=slope.noise)
        doubt = slope.noise * RATIO ** (level - NEAR)
        if loss > DECENT:
            doubt = np.fmax(doubt, at(max(NEAR, lowest))[2].error)
        return slope._replace(doubt=doubt, kink=False)

    def _go_down(self, at, levels, found):
        """Shorter steps, against bending, kinks and the edge of the domain."""
        for level in levels:
            if self._enough(found):
                break
            if level < -MAX_LEVEL and np.all(np.isfinite(found[0][2].error)):
                break               # only the edge of a domain is worth going farther
            found.append(at(level))

    def _go_up(self, at, levels, found):
        """Longer steps, against rounding.

        They are not trusted easily: from afar every bounded function is flat, and a kink that
        is far away looks near. So where rounding hides what a function does near by, but not its
        slope, it stays near.
        """
        tightest = found[0][2]
        for level in levels:
            if self._enough(found) or (level > NEAR and
                                       DECENT < min(trial[0] for trial in found) <= TELLS):
                break
            trial = at(level)
            slope = trial[2]
            if np.any(np.abs(slope.value - tightest.value) > SAFETY * tightest.error):
                break               # it sees another part of the function
            tightest = min(tightest, slope, key=lambda slope: np.max(slope.error))
            if _resolved(slope) or level <= NEAR:
                found.append(trial)

    def _enough(self, found):
        """Whether the best slope is good, or decent and followed by two that are worse."""
        losses = [trial[0] for trial in found]
        best = int(np.argmin(losses))
        return losses[best] <= self.accuracy or (losses[best] < DECENT and len(losses) > best + 2)

    def _learn(self, loss, level, slope):
        self.failures += loss > self.accuracy
        if slope.moved:
            self.level = level if _resolved(slope) else 0
        if _resolved(slope):
            self.largest = max(self.largest, float(np.max(np.abs(slope.value))))

    def _loss(self, slope):
        """The slope's error, relative to its size."""
        if not np.all(np.isfinite(slope.error)):
            return np.inf
        return max((error / max(abs(value), 1e-3 * self.largest, 1e-300) if error else 0.0)
                   for error, value in zip(slope.error.tolist(), slope.value.tolist()))


def _resolved(slope):
    return bool(np.max(slope.error) <= 0.1 * np.max(np.abs(slope.value)))


def _compared(slope, shorter):
    """The slope, with an error at least as large as a shorter step shows it to be.

    The best of many is too good where two estimates agree by accident: so it is held against one
    that bends less, as far as that one's rounding allows.
    """
    seen = np.abs(slope.value - shorter.value) - 3 * shorter.noise
    seen = np.where(np.isfinite(seen), seen, 0.0)
    return slope._replace(error=np.where(seen > 0, np.fmax(slope.error, seen + 5 * slope.noise),
                                         slope.error))
