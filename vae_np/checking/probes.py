"""One point of the input space, where analytic and numeric derivatives are measured."""
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .differences import Differences, length
from .report import GradcheckError
from .rounding import typical_size
from .steps import SAFETY

TINY = np.finfo(np.float64).tiny
UNDERFLOW = 1e-30   # gaps so small are underflow: (1 + tanh(x/2)) / 2 is 0 where sigmoid is 1e-31,
                    # unless the slopes are all far smaller than 1, as those of log at 1e200


@dataclass(frozen=True)
class Measurement:
    """Both derivatives with respect to n entries of one input, for two cotangents."""

    probe: object           # the Probe that measured
    name: str
    indices: np.ndarray     # (n,) flat
    analytic: np.ndarray    # (2, n)
    numeric: np.ndarray     # (2, n)
    error: np.ndarray       # (2, n) of numeric, estimated
    stuck: np.ndarray       # (n,) bool: no derivative here
    doubt: np.ndarray       # (2, n) of numeric, where only steps tell that are far too long
    swing: np.ndarray       # (2,) slopes that steps as large as the input show, at most

    @cached_property
    def errors(self):
        """(2, n) relative errors; 0 for stuck entries."""
        numeric = np.where(self.stuck, 0.0, self.numeric)
        return np.where(self.stuck, 0.0, relative_errors(self.analytic, numeric))

    def unsure(self, tol):
        """(2, n) bool: the error exceeds tol, but is within that of the differences."""
        scale = np.where(self.swing > 0, np.minimum(self.swing, 1.0), 1.0)[:, None]
        return (self.errors > tol) & (self._gap <= SAFETY * self.error + UNDERFLOW * scale)

    def doubtful(self, tol):
        """(2, n) bool: the error exceeds tol and that of the differences, but these are made with
        steps so long that they may see another part of the function.
        """
        return (self.errors > tol) & ~self.unsure(tol) & (self._gap <= SAFETY * self.doubt)

    @property
    def _gap(self):
        return np.abs(self.analytic - self.numeric)


class Probe:
    """A Pair at one point, with two random cotangents.

    inputs: a dict with float64 arrays. cotangents: (2, *output shape). accuracy: the relative
    error wanted of the differences.
    """

    def __init__(self, pair, inputs, cotangents, accuracy):
        self.pair, self.inputs = pair, inputs
        self.cotangents, self.accuracy = cotangents, accuracy

    @cached_property
    def output(self):
        """forward's output in its own shape."""
        return self.pair.output(self.inputs)

    @cached_property
    def differences(self):
        """What measures numeric derivatives at this point."""
        return Differences(self.pair.evaluate, self.inputs, self.cotangents.reshape(2, -1),
                           self.accuracy, self.output.dtype)

    @cached_property
    def gradients(self):
        """What backward gives for each of the two cotangents: two Gradients."""
        return tuple(self.pair.gradients(d_out, self.inputs) for d_out in self.cotangents)

    def measure(self, name, indices):
        """The Measurement at flat indices (n,) of one input, whose gradients have its shape."""
        claimed = any(np.any(run.values[name]) for run in self.gradients)
        slopes = self.differences.entries(name, indices, literal=not claimed)
        analytic = np.array([run.values[name].reshape(-1)[indices] for run in self.gradients],
                            dtype=np.float64)
        return Measurement(self, name, indices, analytic, *slopes)

    def direction_error(self, name, vector):
        """(the error along `vector`, whether forward has a kink there).

        The error is |a - n|, relative to the largest of |a|, |n| and what the vector typically
        gives with random signs; it is 0 where it is within the error of n.
        """
        slope = self.differences.direction(name, vector)
        gradients = np.array([run.values[name].reshape(-1) for run in self.gradients])
        analytic = gradients @ vector.reshape(-1)
        usual = length(gradients * vector.reshape(-1))
        gap = np.abs(analytic - slope.value)
        size = np.maximum(np.maximum(np.abs(analytic), np.abs(slope.value)), usual)
        # a gradient that underflows to 0 may lead up a long way
        allowed = SAFETY * np.maximum(slope.error, slope.doubt) + TINY * np.sum(np.abs(vector))
        return float(np.max(gap / np.where(size > 0, size, 1.0), initial=0.0,
                            where=gap > allowed)), slope.kink

    def beside(self, measured, rng):
        """The comparison again, with the entries that are stuck on a kink moved to either side: a
        list of Measurements.

        At two points, mirror images of each other; where these leave entries stuck, also with
        all of them up and all down, because a domain has edges.
        """
        name, indices = measured.name, measured.indices
        stuck = np.zeros(self.inputs[name].size)
        stuck[indices[measured.stuck]] = 1.0
        signs = rng.choice([-1.0, 1.0], stuck.size)
        found, left = [], measured.stuck
        for attempt, side in enumerate((signs, -signs, 1.0, -1.0)):
            if attempt >= 2 and not left.any():
                break
            if (probe := self.moved(name, stuck * side, rng)) is not None:
                found.append(probe.measure(name, indices))
                left = left & found[-1].stuck
        return found

    def moved(self, name, sides, rng):
        """The Probe at a point close by, with the entries of one input moved up or down as the
        flat array `sides` says; None if the functions do not work there.
        """
        old = self.inputs[name]
        size = rng.uniform(0.05, 0.15, sides.size) * typical_size(old)
        return self._at({**self.inputs, name: old + (sides * size).reshape(old.shape)}, name)

    def nearby(self, name, names, rng):
        """The Probe at a point close by: every input in names scaled entry by entry by up to 15 %.

        Scaling keeps signs and zeros; an input of zeros only is shifted. None if forward, or
        backward for input `name`, does not work even very near.
        """
        for size in (0.1, 0.01, 0.001):
            inputs = dict(self.inputs)
            for key in names:
                old = inputs[key]
                noise = size * rng.uniform(0.5, 1.5, old.shape) * rng.choice([-1, 1], old.shape)
                inputs[key] = old * (1 + noise) if np.any(old) else old + noise
            if (probe := self._at(inputs, name)) is not None:
                return probe
        return None

    def _at(self, inputs, name):
        probe = Probe(self.pair, inputs, self.cotangents, self.accuracy)
        try:
            with np.errstate(all="ignore"):
                output = probe.output
        except GradcheckError:
            return None
        works = output.shape == self.output.shape and np.all(np.isfinite(output))
        return probe if works and all(run.fits(name, inputs[name].shape)
                                      for run in probe.gradients) else None


def relative_errors(analytic, numeric):
    """|a - n| / max(|a|, |n|, 1e-3 max|n|) along the last axis; 0 where all three are 0."""
    floor = 1e-3 * np.max(np.abs(numeric), axis=-1, keepdims=True, initial=0.0)
    size = np.maximum(np.maximum(np.abs(analytic), np.abs(numeric)), floor)
    return np.abs(analytic - numeric) / np.where(size > 0, size, 1.0)
