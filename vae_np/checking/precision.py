"""Whether the differences are precise enough to tell a right gradient from a wrong one.

Where forward rounds coarsely, a gradient may agree with the differences only because they agree
with everything. Such a row is neither right nor wrong: it is `imprecise`, with the cause and the
remedy in a sentence.
"""
import numpy as np

from .steps import SAFETY

ENOUGH = 0.5        # of the gradient's squared length must be known better than to a factor of 2
CONSTANT = 1e6      # so much larger than what the inputs change, the output holds a constant
SMALL = 0.01        # of the slopes that big steps show: what is lost below that is no gradient


def imprecise(measured, lost):
    """A sentence if half the gradient would have passed for right too, "" if not.

    measured: the Measurement of a row whose gradient agrees with the differences. lost: whether
    some of these could not be had, or only with steps that are far too long.
    """
    if lost:
        return _sentence(measured)
    usable = ~measured.stuck
    claimed = np.abs(measured.analytic[:, usable])
    blur = SAFETY * measured.error[:, usable]
    rounding = measured.probe.differences.rounding
    if claimed.any() and rounding.coarse.any():
        return _sentence(measured)
    if not usable.any() or np.all(np.max(blur, axis=1) <= SMALL * measured.swing):
        return ""
    output, change = _sizes(measured.probe)
    if rounding.ordinary and (not claimed.any() or output <= CONSTANT * change):
        return ""       # one input's slopes drown beside the others', or there are none
    if not claimed.any():
        return "" if output <= 3 * np.max(rounding.size) or rounding.coarse.all() \
            else _sentence(measured)
    # as shares of the largest entry, whose square may overflow
    largest = np.max(claimed, axis=1, keepdims=True)
    weight = np.square(claimed / np.where(largest > 0, largest, 1.0))
    told = np.sum(weight, axis=1, where=2 * blur <= claimed) >= ENOUGH * np.sum(weight, axis=1)
    return "" if told.all() else _sentence(measured)


def _sentence(measured):
    cause, remedy = _cause(measured.probe)
    return f"{cause}: too coarsely to tell this gradient from half of it or its double. {remedy}"


def _cause(probe):
    """(what rounds so coarsely, what to do about it)."""
    rounding, kind = probe.differences.rounding, probe.output.dtype
    output, change = _sizes(probe)
    moves = f"forward moves in jumps of about {np.max(rounding.jump):.1g}" \
        if rounding.jump.any() else f"forward is right to about {np.max(rounding.size):.1g}"
    causes, remedies = [], []
    for name in ("float16", "float32"):
        with np.errstate(all="ignore"):
            rounded = rounding.values.astype(name)
        if kind == name or (not rounding.coarse.any()
                            and np.array_equal(rounding.values, rounded)):
            causes.append(f"its result is rounded to {name}")
            remedies.append("compute in float64 in it (is there a .astype, or an array of "
                            f"{name}?)")
            break
    if output > 100 * change:
        causes.append(f"a large constant, near {output:.1g}, is in its result")
        remedies.append("leave the constant out")
    if not causes:
        causes.append("something in it rounds to float32 or float16, or a large constant is added "
                      "and subtracted again")
        remedies.append("compute in float64 in it, and leave large constants out")
    return (f"{moves} ({' and '.join(causes)})",
            f"For the check, {' and '.join(remedies)}")


def _sizes(probe):
    """(the largest output, how much the inputs change the outputs at most)."""
    values = probe.differences.rounding.values
    return (np.max(np.abs(probe.output), initial=0.0),
            np.max(np.max(values, axis=0) - np.min(values, axis=0), initial=0.0))
