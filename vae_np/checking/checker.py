"""`gradcheck`: does backward compute the derivative of forward?

This module compares the numbers; `diagnosis` finds the words.

The test in one line: for a random cotangent d, backward(d) must equal the derivative of
sum(d * forward(inputs)), which central differences measure from the values alone.
"""
from dataclasses import dataclass, replace

import numpy as np

from .diagnosis import diagnose, nonlinearity, shape_message
from .pairs import Pair, identical, prepare
from .precision import imprecise
from .probes import Probe, relative_errors
from .report import GradcheckError, Report, Row
from .rounding import typical_size
from .steps import SAFETY

DIRECTIONS = 3       # random directions along which a large input is checked
KINK_SHARE = 0.01    # at most this share of the entries may be excused
FACTORS = (2, 1024)  # backward is linear: k times d_out gives k times the gradient


@dataclass(frozen=True)
class Settings:
    """The options of `gradcheck`."""

    tol: float
    max_entries: int
    samples: int
    complex_step: bool


def gradcheck(forward, backward, inputs, seed=0, skip=(), tol=1e-7, max_entries=2000,
              samples=64, complex_step=True):
    """Check `backward` against `forward` and explain what is wrong.

    forward(**inputs) -> array or scalar; backward(d_out, **inputs) -> {name: array}, d_out in
    the shape of the output. Float inputs are copied and cast to float64 and each gets a row;
    integers, booleans, whatever is no number and the names in skip are passed on but not
    differentiated. A row is ok when its max_rel_error is at most tol.

    Entries on a kink (relu at 0) are checked beside it. An input with more than max_entries
    entries is checked along random directions and at `samples` of its entries. seed draws the
    cotangents, directions and samples. complex_step=False leaves out the comparison with the
    complex step, which calls forward once for each entry.

    In float64 the differences are right to about 1e-11, so tol leaves four digits to spare.
    A forward that rounds to float32 inside moves in jumps of 6e-8, and its differences are
    right to about 2e-5 (tanh, 35 entries, the worst one; the median of 200 draws): a factor of
    1.001 still shows, one of 1.00001 does not. The checker measures that rounding, does not
    blame backward for it, and says so in the row's message. Where it hides half the gradient, as
    beside a large constant, the row is not ok and its diagnosis is `imprecise`: not wrong, but
    not checked, and the message says what to do.

    Raises GradcheckError if forward raises, returns no array, or returns nan or inf; TypeError
    or ValueError if the inputs cannot be checked. Whatever backward does wrong is a row.
    """
    prepared, names = prepare(inputs, skip)
    check = _Check(Pair(forward, backward), prepared, names, np.random.default_rng(seed),
                   Settings(tol, max_entries, samples, complex_step))
    return Report([check.row(name) for name in names], tol, check.notes())


class _Check:
    """What the rows of one report share."""

    def __init__(self, pair, inputs, names, rng, settings):
        self.inputs, self.names, self.rng, self.settings = inputs, names, rng, settings
        self.tol = settings.tol
        output = pair.output(inputs)
        if not np.all(np.isfinite(output)):
            where = np.argwhere(~np.isfinite(output))[0].tolist()
            raise GradcheckError(f"forward returned nan or inf (first at {where}); choose "
                                 "inputs where it is finite")
        self.repeats = identical(output, pair.output(inputs))
        self.changed_by_forward = pair.changed_by_forward(inputs)
        cotangents = _cotangents(rng, output.shape)
        self.probe = Probe(pair, inputs, cotangents, accuracy=max(0.01 * self.tol, 1e-10))
        self.first, self.second = self.probe.gradients
        self.again = pair.gradients(cotangents[0], inputs)
        self.scaled = {k: pair.gradients(k * cotangents[0], inputs) for k in FACTORS}
        self.runs = (self.first, self.second, self.again, *self.scaled.values())

    def notes(self):
        """Sentences about what belongs to no row: gradients for names that are no inputs."""
        extra = [str(name) for name in self.first.values if name not in self.inputs]
        if not extra:
            return ()
        return (f"backward also returned {', '.join(extra)}, which forward has no input for: "
                "not checked",)

    def row(self, name):
        """The verdict on one input, a Row."""
        old = self.inputs[name]
        row = Row(name, False, np.inf, None, None, None, "unknown", "", size=old.size)
        if fault := self._error(name) or self._nondeterminism(name):
            return replace(row, diagnosis=fault[0], message=fault[1])
        for run in (self.first, self.second):
            if not np.all(np.isfinite(run.values[name])):
                return self._nonfinite(row, run.values[name])
        if any(not run.fits(name, old.shape) for run in self.runs):
            return replace(row, diagnosis="shape", message=shape_message(
                self.first.values[name].shape, old.shape, self.probe.output.shape))
        if old.size == 0:
            return replace(row, ok=True, max_rel_error=0.0, diagnosis="ok",
                           message="empty: nothing to compare")
        return self._compare(name, row)

    def _error(self, name):
        """(code, message) if there is no gradient at all."""
        for run in self.runs:
            if run.error:
                return "error", run.error
        if any(name not in run.values for run in self.runs):
            found = ", ".join(str(key) for key in self.first.values) or "nothing"
            return "missing", f"backward returned no gradient for '{name}' (it returned: {found})"
        dtypes = [run.values[name].dtype for run in self.runs]
        if any(dtype != np.float64 for dtype in dtypes):
            return "error", f"the gradient is no array of real numbers (dtype {dtypes[0]})"
        return None

    def _nondeterminism(self, name):
        """(code, message) if two calls differ, or if an argument was overwritten.

        What is overwritten and has no row of its own (d_out, an integer input) is reported in
        every row.
        """
        def guilty(changed):
            return min(changed - (set(self.names) - {name}), default=None)

        if not self.repeats:
            text = ("forward gave two different values for the same inputs: draw the random "
                    "numbers outside and pass them in as an input")
        elif culprit := guilty(self.changed_by_forward):
            text = f"forward overwrites its input '{culprit}': work on a copy"
        elif culprit := guilty(self.first.changed):
            text = f"backward overwrites its argument '{culprit}': work on a copy"
        elif not identical(self.first.values[name], self.again.values[name]):
            text = ("two calls of backward with the same arguments gave two gradients: does it "
                    "draw random numbers, or add into an array that it keeps?")
        else:
            return None
        return "nondeterministic", text

    def _nonfinite(self, row, gradient):
        bad = ~np.isfinite(gradient)
        index = tuple(np.argwhere(bad)[0].tolist())
        numeric = None
        if gradient.shape == self.inputs[row.name].shape:
            flat = np.array([np.ravel_multi_index(index, gradient.shape)]) if index else [0]
            numeric = float(self.probe.differences.entries(row.name, flat).value[0, 0])
        return replace(row, diagnosis="nonfinite", index=index, numeric=numeric,
                       analytic=float(gradient[index]),
                       message=f"{bad.sum()} of {gradient.size} entries are nan or inf: look for "
                       "a division by zero, the log of zero or an overflowing exp")

    def _compare(self, name, row):
        """The row with analytic against numeric derivatives, entry by entry."""
        along, indices = 0.0, np.arange(row.size)
        if row.size > self.settings.max_entries:
            along, indices = self._along_directions(name)
        measured = self.probe.measure(name, indices)
        points = [measured]
        if measured.stuck.any():
            points += self.probe.beside(measured, self.rng)
        unsure = np.array([point.unsure(self.tol) for point in points])
        doubtful = np.array([point.doubtful(self.tol) for point in points])
        errors = np.where(unsure | doubtful, 0.0, [point.errors for point in points])
        point, cotangent, entry = np.unravel_index(np.argmax(errors), errors.shape)
        worst = points[point]
        excused = int(np.all([point.stuck for point in points], axis=0).sum())
        row = replace(
            row, max_rel_error=max(along, float(errors.max())),
            index=tuple(int(i) for i in np.unravel_index(indices[entry],
                                                         self.inputs[name].shape)),
            analytic=float(worst.analytic[cotangent, entry]),
            numeric=float(worst.numeric[cotangent, entry]),
            kinks=int(measured.stuck.sum()), excused=excused, checked=len(indices),
            entries=(worst.analytic[cotangent], worst.numeric[cotangent],
                     worst.errors[cotangent]))
        row = self._with_complex_step(row, measured)
        scaled = {k: run.values[name] for k, run in self.scaled.items()}
        nonlinear = nonlinearity(self.first.values[name], scaled)
        right = row.max_rel_error <= self.tol and not nonlinear
        if right and excused > KINK_SHARE * len(indices) \
                and not self.probe.differences.rounding.jump.any():
            return replace(row, message=_no_derivative(row, self.probe.differences.refusal))
        hidden = (unsure | doubtful).any() or not measured.analytic.any() or excused \
            or self.probe.differences.rounding.coarse.any()
        lost = doubtful.any() or excused > KINK_SHARE * len(indices)
        if right and hidden and (reason := imprecise(measured, lost)):
            return replace(row, diagnosis="imprecise", message=reason)
        if right:
            hidden = int(unsure[:, 0].any(axis=0).sum())
            return replace(row, ok=True, diagnosis="ok", message=_remarks(row, hidden, self.tol))
        code, message = diagnose(row, worst, self.names, nonlinear, self.rng)
        return replace(row, diagnosis=code, message=message)

    def _along_directions(self, name):
        """The worst error along random directions, and flat indices to look at one by one."""
        old = self.inputs[name]
        indices = self.rng.choice(old.size, min(self.settings.samples, old.size), replace=False)
        worst = 0.0
        for _ in range(DIRECTIONS):
            vector = self.rng.normal(size=old.shape) * typical_size(old)
            error, kink = self.probe.direction_error(name, vector)
            if error > self.tol and kink:
                sides = self.rng.choice([-1.0, 1.0], old.size)
                beside = self.probe.moved(name, sides, self.rng) or self.probe
                error, _ = beside.direction_error(name, vector)
            elif error > self.tol and worst <= self.tol:
                indices = np.append(indices, self._locate(name, vector))
            worst = max(worst, error)
        return worst, np.unique(indices)

    def _locate(self, name, vector):
        """The flat index of a wrong entry, found by halving the direction again and again."""
        low, high = 0, vector.size
        while high - low > 1:
            middle = (low + high) // 2
            half = np.zeros(vector.size)
            half[low:middle] = vector.reshape(-1)[low:middle]
            error, _ = self.probe.direction_error(name, half.reshape(vector.shape))
            low, high = (low, middle) if error > self.tol else (middle, high)
        return low

    def _with_complex_step(self, row, measured):
        """The row with its error against the complex step, where that agrees with n."""
        if not self.settings.complex_step:
            return replace(row, complex_step_note="not asked for")
        try:
            exact = self.probe.differences.complex_step(row.name, measured.indices)
        except Exception as error:
            return replace(row, complex_step_note="not analytic as coded: forward raises "
                           f"{type(error).__name__} on complex numbers")
        usable = ~measured.stuck
        exact, numeric = exact[:, usable], measured.numeric[:, usable]
        allowed = SAFETY * measured.error[:, usable] + 0.1 * self.tol * np.abs(numeric)
        if not usable.any() or not np.all(np.abs(exact - numeric) <= allowed):
            return replace(row, complex_step_note="not analytic as coded: the complex step "
                           "contradicts the differences")
        errors = relative_errors(measured.analytic[:, usable], exact)
        return replace(row, complex_step_error=float(errors.max()))


def _no_derivative(row, refusal):
    text = (f"forward has no derivative at {row.excused} of {row.checked} entries, nor beside "
            "them: is it a step function, are the inputs at the edge of its domain, or is this a "
            "constant to be named in skip?")
    return text + (f" (near by it raised {type(refusal).__name__}: {refusal})" if refusal else "")


def _remarks(row, unsure, tol):
    remarks = []
    if row.kinks:
        remarks.append(f"{row.kinks} of {row.checked} entries sit on a kink: checked beside it")
    if row.excused:
        remarks.append(f"{row.excused} of them could not be checked")
    if unsure:
        remarks.append(f"{unsure} of {row.checked} derivatives agree to within the rounding of "
                       f"forward, which is coarser than {tol:g}")
    return "; ".join(remarks)


def _cotangents(rng, shape):
    """Two random cotangents, (2, *shape).

    Their entries have sizes between 1/4 and 1/2, so that every output counts and twice a
    cotangent overflows nothing. The first entries have opposite signs, so that a scalar output
    is checked with both.
    """
    size = int(np.prod(shape))
    signs = rng.choice([-1.0, 1.0], (2, size))
    signs[1, :1] = -signs[0, :1]
    return (signs * rng.uniform(0.25, 0.5, (2, size))).reshape(2, *shape)
