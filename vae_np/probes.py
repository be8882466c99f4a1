"""One point of the input space, where analytic and numeric derivatives are measured."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .differences import SAFETY, Differences, typical_size
from .gradreport import GradcheckError
from .pairs import Gradients, Pair


@dataclass(frozen=True)
class Measurement:
    """Both derivatives with respect to n entries of one input, for two cotangents."""

    probe: Probe
    name: str
    indices: np.ndarray     # (n,) flat
    analytic: np.ndarray    # (2, n)
    numeric: np.ndarray     # (2, n)
    error: np.ndarray       # (2, n) of numeric, estimated
    stuck: np.ndarray       # (n,) bool: no derivative here

    @cached_property
    def errors(self) -> np.ndarray:
        """(2, n) relative errors; 0 for stuck entries."""
        return np.where(self.stuck, 0.0, relative_errors(
            self.analytic, np.where(self.stuck, 0.0, self.numeric)))

    def unsure(self, tol: float) -> np.ndarray:
        """(2, n) bool: the error exceeds tol, but so does that of the differences."""
        gap = np.abs(self.analytic - self.numeric)
        return (self.errors > tol) & (gap <= SAFETY * self.error)


class Probe:
    """A pair at one point, with two random cotangents.

    inputs: a dict with float64 arrays; cotangents: (2, *output shape).
    """

    def __init__(self, pair: Pair, inputs: dict, cotangents: np.ndarray, accuracy: float):
        self.pair, self.inputs, self.cotangents = pair, inputs, cotangents
        self.accuracy = accuracy

    @cached_property
    def output(self) -> np.ndarray:
        """forward's output in its own shape."""
        return self.pair.output(self.inputs)

    @cached_property
    def differences(self) -> Differences:
        """Numeric derivatives at this point."""
        return Differences(self.pair.evaluate, self.inputs, self.cotangents.reshape(2, -1),
                           self.accuracy)

    @cached_property
    def gradients(self) -> tuple[Gradients, Gradients]:
        """What backward gives for each of the two cotangents."""
        return tuple(self.pair.gradients(d_out, self.inputs) for d_out in self.cotangents)

    def measure(self, name: str, indices: np.ndarray) -> Measurement:
        """Compare at flat `indices` of one input, whose gradients have the right shape."""
        slopes = self.differences.entries(name, indices)
        analytic = np.array([gradients.values[name].reshape(-1)[indices]
                             for gradients in self.gradients], dtype=np.float64)
        return Measurement(self, name, indices, analytic, *slopes)

    def at(self, inputs: dict) -> Probe | None:
        """The same pair elsewhere, or None where forward or backward does not work there."""
        probe = Probe(self.pair, inputs, self.cotangents, self.accuracy)
        try:
            with np.errstate(all="ignore"):
                output = probe.output
        except GradcheckError:
            return None
        if output.shape != self.output.shape or not np.all(np.isfinite(output)):
            return None
        if any(gradients.error for gradients in probe.gradients):
            return None
        return probe

    def beside(self, name: str, measured: Measurement, rng) -> Measurement:
        """The comparison again, with the entries that are stuck on a kink moved off it.

        Tries both sides, because one of them may be outside the domain.
        """
        best = measured
        stuck = measured.indices[measured.stuck]
        for side in (0, 1, -1, 0):
            moved = self.inputs[name].copy()
            flat = moved.reshape(-1)
            size = rng.uniform(0.05, 0.15, stuck.size) * typical_size(flat)
            flat[stuck] += size * (side or rng.choice([-1.0, 1.0], stuck.size))
            probe = self.at({**self.inputs, name: moved})
            if probe is None:
                continue
            again = probe.measure(name, measured.indices)
            if again.stuck.sum() < best.stuck.sum():
                best = again
            if not best.stuck.any():
                break
        return best

    def jittered(self, names, rng) -> Probe | None:
        """A point close by: every named input scaled entry by entry by up to 15 %.

        Scaling keeps signs and zeros; an input of zeros only is shifted. None if forward does
        not work even very near.
        """
        for size in (0.1, 0.01, 0.001):
            inputs = dict(self.inputs)
            for name in names:
                old = inputs[name]
                noise = size * rng.uniform(0.5, 1.5, old.shape) * rng.choice([-1, 1], old.shape)
                inputs[name] = old * (1 + noise) if np.any(old) else old + noise
            if (probe := self.at(inputs)) is not None:
                return probe
        return None


def relative_errors(analytic, numeric) -> np.ndarray:
    """|a - n| / max(|a|, |n|, 1e-3 max|n|) along the last axis; 0 where all three are 0."""
    floor = 1e-3 * np.max(np.abs(numeric), axis=-1, keepdims=True, initial=0.0)
    size = np.maximum(np.maximum(np.abs(analytic), np.abs(numeric)), floor)
    return np.abs(analytic - numeric) / np.where(size > 0, size, 1.0)
