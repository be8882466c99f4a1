"""What a wrong gradient looks like, in words.

The hypotheses are tried in a fixed order, from the plain to the far-fetched. One counts only if
it holds to within the error of the measurement for two random cotangents, at the point that was
checked and at two more near by, with the same constants: most formulas that fit by accident fail
there. A mistake that no hypothesis explains is `unknown`.
"""
from itertools import permutations
from operator import attrgetter

import numpy as np

from .evidence import CLOSE, Case
from .terms import additive, functions_of, is_one, listed, number, variables

analytic, numeric, residual = map(attrgetter, ("analytic", "numeric", "residual"))


def diagnose(row, measured, names, nonlinear, rng):
    """(code, sentence) for a row whose gradient is wrong.

    measured: the Measurement where it failed. names: the inputs that may be varied. nonlinear:
    what `nonlinearity` said.
    """
    case = Case(measured, names, rng)
    upstream = ("upstream", nonlinear) if nonlinear else None
    return (_zero(case) or upstream or _factor(case)
            or _transpose(case) or _transposed_input(case) or _missing_term(case)
            or _elementwise(case) or _factor_on_upstream(case)
            or ("unknown", _unknown(case, row)))


def _zero(case):
    if any(np.any(view.whole) for view in case.here):
        return None
    largest = max(np.max(np.abs(view.numeric), initial=0.0) for view in case.here)
    return "zero", (f"the gradient is zero everywhere, the numeric one is up to {largest:.4g}: is "
                    "the result never written, or overwritten?")


def nonlinearity(once, scaled):
    """A sentence if k times d_out does not give k times the gradient, "" if it does.

    scaled: {k: what backward gave for k times d_out}.
    """
    size = CLOSE * np.max(np.abs(once), initial=0.0)
    twice = scaled[2]
    for k, gradient in scaled.items():
        if not np.all(np.isfinite(gradient)) or np.all(np.abs(gradient - k * once) <= k * size):
            continue
        if np.all(np.abs(twice - once) <= size):
            return "the gradient does not depend on d_out: multiply by it (chain rule)"
        if np.all(np.abs(twice - 4 * once) <= size):
            return "the gradient is quadratic in d_out: d_out is multiplied in twice"
        return (f"backward({k} d_out) is not {k} backward(d_out), but a gradient is linear in "
                "d_out: a term lacks the factor d_out, or something is clipped")
    return ""


def _factor(case):
    """sign, batch-mean or factor: analytic = k numeric."""
    inverse = case.constant(numeric, analytic)
    if not inverse:
        return None
    k = 1.0 / inverse
    if is_one(-k) or (abs(k + 1) < 0.1 and abs(k + 1) <= case.spread(numeric, analytic)):
        return "sign", "analytic = -numeric: the sign is flipped"
    sizes = _sizes(case.here[0])
    for n, places in _batch_sizes(case.here[0]).items():
        also = [place for place in sizes[n] if place not in places]
        where = f"N = {n} is {listed(places)}" + (f", and also {listed(also)}" if also else "")
        if is_one(k / n):
            return "batch-mean", (f"analytic = {n} × numeric, and {where}: a sum where "
                                  "a mean belongs, so that a division by N is missing?")
        if is_one(k * n):
            return "batch-mean", (f"analytic = numeric / {n}, and {where}: a mean where "
                                  "a sum belongs, or a second division by N?")
    hints = ["the sign is flipped too"] if k < 0 else []
    hints += [f"{n} is {listed(places)}" for n, places in sizes.items()
              if n > 2 and (is_one(abs(k) / n) or is_one(abs(k) * n))]
    if abs(k - 1) < 1e-3:
        return "factor", f"analytic = {k:.9g} × numeric: nearly right, a constant is a little off"
    return "factor", (f"analytic = {k:#.4g} × numeric: is a factor {number(1 / k)} missing?"
                      + (f" ({'; '.join(hints)})" if hints else ""))


def _batch_sizes(view):
    """{N: names of the places where it is read}: the first axis of the output, or else of the
    inputs.

    Among the inputs, a first axis is taken for the batch where its size is not also a width of
    some array; where there is no such axis, every first axis may be the batch.
    """
    arrays = _arrays(view)
    first = {f"the first axis of {name}": array.shape[0]
             for name, array in arrays.items() if array.ndim and array.shape[0] > 1}
    tall = [array for array in arrays.values() if array.ndim > 1]
    widths = {n for array in tall for n in array.shape[1:]}
    widths |= {array.size for array in arrays.values() if array.ndim == 1 and tall}
    sizes = ({first.get("the first axis of the output")} - {None}
             or set(first.values()) - widths or set(first.values()))
    return {n: [place for place, size in first.items() if size == n] for n in sorted(sizes)}


def _sizes(view):
    """{size: its names} for the axes and the numbers of entries of the output and inputs."""
    found = {}
    for name, array in _arrays(view).items():
        for axis, size in zip(("first", "second", "third", "fourth"), array.shape):
            found.setdefault(size, []).append(f"the {axis} axis of {name}")
        if array.ndim > 1:
            found.setdefault(array.size, []).append(f"the number of entries of {name}")
    return found


def _arrays(view):
    return {"the output": view.output, **{name: value for name, value in view.inputs.items()
                                          if isinstance(value, np.ndarray)}}


def _transpose(case):
    """numeric = analytic with its axes permuted (in memory order, so that a reshape that
    should have been a transpose is found too)."""
    if not 2 <= len(case.shape) <= 4:
        return None
    for axes in list(permutations(range(len(case.shape))))[1:]:
        turned_shape = [case.shape[axis] for axis in axes]

        def turned(view):
            return view.pick(view.whole.reshape(turned_shape).transpose(np.argsort(axes)))

        k = case.constant(numeric, turned)
        if k is not None and is_one(k):
            if turned_shape != list(case.shape):
                return "transpose", ("the entries are right but in the order of the transpose: "
                                     "a reshape stands where .T or .transpose belongs")
            if len(axes) == 2:
                return "transpose", "analytic = numeric.T: a .T is missing or one too many"
            return "transpose", f"the gradient is right after .transpose{axes}: axes are swapped"
    return None


def _transposed_input(case):
    """A square matrix used where its transpose belongs: backward is right for the other one."""
    for name, value in case.here[0].inputs.items():
        if not isinstance(value, np.ndarray) or value.ndim != 2 or len(set(value.shape)) != 1:
            continue
        k = case.constant(numeric, lambda view: view.backward(
            view.d_out, {name: view.inputs[name].T.copy()}))
        if k is not None and is_one(k):
            return "transpose", (f"backward is right with {name}.T in the place of {name}: a .T "
                                 "is missing or one too many")
    return None


def _missing_term(case):
    def terms(view):
        for label, term in additive(view.inputs, view.output, view.d_out, case.shape):
            yield label, view.pick(term)

    found = case.first(terms, residual, lambda view: 1.0)
    if found is None:
        return None
    k, label = found
    text = f"analytic - numeric = {_times(k, label)}: "
    if k < 0:
        return "missing-term", text + f"the term {_times(-k, label)} is missing"
    return "missing-term", text + ("that term is counted once too often, or "
                                   f"{_times(-k, label)} is missing")


def _elementwise(case):
    """numeric = factor × analytic or the reverse, the factor a known function."""
    def terms(view):
        known = [*variables(view.inputs, view.output), ("d_out", view.d_out)]
        for label, factor in functions_of(known, case.shape):
            yield label, view.pick(factor)

    if found := case.first(terms, numeric, analytic):
        factor = _times(*found)
        return "elementwise", (f"numeric = {factor} × analytic, entry by entry: the factor "
                               f"{factor} is missing")
    if found := case.first(terms, analytic, numeric):
        factor = _times(*found)
        return "elementwise", (f"analytic = {factor} × numeric, entry by entry: the factor "
                               f"{factor} is too much, or its inverse is missing")
    return None


def _factor_on_upstream(case):
    """A factor lost between d_out and the rest, as 1 - tanh² before a matrix product: backward
    is right once d_out is multiplied by it."""
    shape = case.here[0].output.shape

    def factors(view):
        return functions_of(variables(view.inputs, view.output), shape) if shape else iter(())

    def times(view):
        return ((label, view.backward(view.d_out * factor)) for label, factor in factors(view))

    def divided(view):
        return ((label, view.backward(view.d_out / factor)) for label, factor in factors(view))

    if found := case.first(times, numeric, lambda view: 1.0):
        return "elementwise", (f"backward is right for d_out × {_times(*found)}: that factor is "
                               "missing on d_out")
    if found := case.first(divided, numeric, lambda view: 1.0):
        k, label = found
        return "elementwise", (f"backward is right for d_out / {_times(1 / k, label)}: that "
                               "factor on d_out is too much")
    return None


def _times(k, label):
    if is_one(k) or is_one(-k):
        return label if k > 0 else f"-{label}"
    return f"{number(k)} × {label}"


def _unknown(case, row):
    text = (f"analytic {row.analytic:.6g}, numeric {row.numeric:.6g} at {list(row.index)}: none "
            "of the known mistakes explains the difference")
    view = case.here[0]
    if case.blurred:
        return (text + ", and forward is rounded too coarsely to say more (float32 or float16 in "
                "it, or a large constant?)")
    wrong = np.abs(view.residual) > np.maximum(
        CLOSE * np.max(np.abs(view.numeric), initial=0.0), view.tolerance)
    if not wrong.any() or wrong.all():
        return text
    text += f"; {wrong.sum()} of the {wrong.size} entries compared are wrong"
    places = np.unravel_index(case.measured.indices[~case.measured.stuck][wrong], case.shape)
    for axis, place in enumerate(places):
        if case.shape[axis] > 1 and wrong.sum() > 1 and np.all(place == place[0]):
            text += f", all of them at index {place[0]} of axis {axis}"
    return text


def shape_message(have, want, output):
    """A sentence about a gradient of shape `have` for an input of shape `want`."""
    text = f"the gradient has shape {have}, the input {want}: "
    if have == want[::-1]:
        return text + "it is transposed"
    if [n for n in have if n != 1] == [n for n in want if n != 1]:
        return text + "an axis of length 1 too many or too few (keepdims, reshape)"
    if have == output or len(have) > len(want):
        return text + ("an input that was broadcast gets the sum over the axes that it was "
                       "broadcast along")
    if not have:
        return text + "it was summed to one number, but each entry has its own"
    return text + "they must be equal"
