"""What `diagnosis` reasons from: the failed comparison, and the same at points near by.

A hypothesis is a formula, left = k right, between arrays that every `View` can compute. `Case`
says whether one constant k makes it true in all views.
"""
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np

from .probes import Measurement
from .steps import SAFETY

CLOSE = 1e-6            # two numbers so close, relative to the largest entry, count as equal
EXPLAINED = 1e-3        # at most this share of the discrepancy may stay unexplained
BLURRED = 0.1           # an error so large, relative to the discrepancy, fits too many formulas
NEARBY_POINTS = 2
NEARBY_ENTRIES = 40     # compared at the points near by, at most


@dataclass(frozen=True)
class View:
    """One measurement under one of its cotangents, without the entries that were stuck."""

    measured: Measurement
    cotangent: int

    @cached_property
    def analytic(self):
        """(n,) the derivatives that backward gave."""
        return self.measured.analytic[self.cotangent][~self.measured.stuck]

    @cached_property
    def numeric(self):
        """(n,) the derivatives that the differences gave."""
        return self.measured.numeric[self.cotangent][~self.measured.stuck]

    @cached_property
    def residual(self):
        """(n,) analytic - numeric."""
        return self.analytic - self.numeric

    @cached_property
    def error(self):
        """(n,) of the differences, estimated."""
        return self.measured.error[self.cotangent][~self.measured.stuck]

    @cached_property
    def tolerance(self):
        """(n,) the deviation up to which a formula counts as true."""
        return SAFETY * self.error + min(CLOSE * np.max(np.abs(self.analytic), initial=0.0),
                                    EXPLAINED * np.max(np.abs(self.residual), initial=0.0))

    @property
    def d_out(self):
        """The cotangent, in the shape of the output."""
        return self.measured.probe.cotangents[self.cotangent]

    @property
    def whole(self):
        """The whole analytic gradient, in the shape of the input."""
        return self.measured.probe.gradients[self.cotangent].values[self.measured.name]

    @property
    def inputs(self):
        """All inputs at this point."""
        return self.measured.probe.inputs

    @property
    def output(self):
        """forward's output at this point."""
        return self.measured.probe.output

    def pick(self, array):
        """(n,) the entries that were measured, of an array with as many entries as the input."""
        return np.reshape(array, -1)[self.measured.indices][~self.measured.stuck]

    def backward(self, upstream, changed=None):
        """(n,) what backward gives for another upstream gradient, and for other inputs where
        changed, a dict, names some; NaN if it gives nothing of the right shape.
        """
        name = self.measured.name
        run = self.measured.probe.pair.gradients(upstream, {**self.inputs, **(changed or {})})
        if not run.fits(name, self.inputs[name].shape):
            return np.full(self.analytic.shape, np.nan)
        return self.pick(run.values[name])


class Case:
    """The failed comparison, a Measurement, and the same at points near by, made when first
    needed.
    """

    def __init__(self, measured, names, rng):
        self.measured, self.names, self.rng = measured, names, rng
        self.shape = measured.probe.inputs[measured.name].shape
        self.here = [View(measured, cotangent) for cotangent in (0, 1)]

    @cached_property
    def views(self):
        """A list: the two Views of the failed comparison, then those near by. It is empty where a
        point near by could not be measured, because then nothing can be confirmed.
        """
        views = list(self.here)
        indices = self.measured.indices
        if indices.size > NEARBY_ENTRIES:
            indices = np.sort(self.rng.choice(indices, NEARBY_ENTRIES, replace=False))
        for _ in range(NEARBY_POINTS):
            probe = self.measured.probe.nearby(self.measured.name, self.names, self.rng)
            if probe is None:
                return []
            near = probe.measure(self.measured.name, indices)
            views += [View(near, cotangent) for cotangent in (0, 1)]
        return views

    def constant(self, left, right):
        """k with left(view) = k right(view) in every view, or None. Both give (n,) arrays."""
        if fitted(self.here[:1], left, right) is None:
            return None
        return fitted(self.views, left, right)

    @cached_property
    def blurred(self):
        """Whether forward's rounding hides what the discrepancy looks like."""
        return any(np.linalg.norm(SAFETY * view.error)
                   > BLURRED * np.linalg.norm(view.residual) for view in self.here)

    def spread(self, left, right):
        """How far k of left = k right, fitted to each view alone, is from one view to the next."""
        alone = [fitted([view], left, right) for view in self.views]
        return np.ptp(alone) if None not in alone else np.inf

    def first(self, terms, left, right):
        """(k, label) of the first term with left = k term right in every view, or None.

        terms(view) yields (label, (n,) array), the same labels in the same order in each view.
        None as well where the differences are so uncertain that some term will fit by accident.
        """
        if self.blurred:
            return None
        with np.errstate(all="ignore"):
            for position, (label, term) in enumerate(terms(self.here[0])):
                def product(view):
                    again = (term if view is self.here[0]
                             else next(islice(terms(view), position, None))[1])
                    return again * right(view)

                if (k := self.constant(left, product)) is not None:
                    return k, label
        return None


def fitted(views, left, right):
    """The least-squares k of left = k right over all views, or None if it does not fit."""
    pairs, above, below = [], 0.0, 0.0
    for view in views:
        wanted, given = left(view), right(view)
        if not np.any(wanted) or not np.all(np.isfinite(given)):
            return None
        size = np.max(np.abs(wanted))
        above += (wanted / size) @ (given / size)
        below += (given / size) @ (given / size)
        pairs.append((wanted, given, view.tolerance))
    if below == 0.0:
        return None
    k = above / below
    return k if all(np.all(np.abs(wanted - k * given) <= tolerance)
                    for wanted, given, tolerance in pairs) else None
