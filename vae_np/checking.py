"""`gradcheck`: does backward compute the derivative of forward? The numbers.

The test in one line: for a random cotangent d, backward(d) must equal the derivative of
sum(d * forward(inputs)), which central differences measure from the values alone.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .diagnosis import diagnose, shape_message
from .differences import SAFETY, typical_size
from .gradreport import GradcheckError, Report, Row
from .pairs import Pair, identical, prepare
from .probes import Measurement, Probe, relative_errors

DIRECTIONS = 3       # random directions along which a large input is checked
KINK_SHARE = 0.01    # of the entries at most may be excused


def gradcheck(forward, backward, inputs, seed=0, skip=(), tol=1e-7, max_entries=2000,
              samples=64, complex_step=True) -> Report:
    """Check `backward` against `forward` and explain what is wrong.

    forward(**inputs) -> array or scalar; backward(d_out, **inputs) -> {name: array}, d_out in
    the shape of the output. Float inputs are copied and cast to float64 and each gets a row;
    integers, booleans, everything that is no number and the names in skip are passed on but
    not differentiated. A row is ok when its max_rel_error is at most tol.

    Entries on a kink (relu at 0) are checked beside it. An input with more than max_entries
    entries is checked along random directions and at `samples` of its entries. seed draws the
    cotangents, directions and samples. complex_step=False saves one complex forward an entry.

    Raises GradcheckError if forward raises, returns no array, or returns nan or inf; TypeError
    or ValueError if the inputs cannot be checked. Whatever backward does wrong is a row.
    """
    prepared, names = prepare(inputs, skip)
    check = _Check(Pair(forward, backward), prepared, names, np.random.default_rng(seed), tol)
    check.max_entries, check.samples, check.complex_step = max_entries, samples, complex_step
    return Report([check.row(name) for name in names], tol, check.notes())


class _Check:
    """What the rows of one report share."""

    def __init__(self, pair, inputs, names, rng, tol):
        self.inputs, self.names, self.rng, self.tol = inputs, names, rng, tol
        output = pair.output(inputs)
        if not np.all(np.isfinite(output)):
            where = np.argwhere(~np.isfinite(output))[0].tolist()
            raise GradcheckError(f"forward returned nan or inf (first at {where}); choose "
                                 "inputs where it is finite")
        self.repeats = identical(output, pair.output(inputs))
        self.forward_changes = pair.changed_by_forward(inputs)
        cotangents = _cotangents(rng, output.shape)
        self.probe = Probe(pair, inputs, cotangents, 0.03 * tol)
        self.again = pair.gradients(cotangents[0], inputs)
        self.doubled = pair.gradients(2 * cotangents[0], inputs)
        self.runs = (*self.probe.gradients, self.again, self.doubled)

    def notes(self) -> tuple[str, ...]:
        """What belongs to no row: gradients for names that are no inputs."""
        extra = [str(name) for name in self.runs[0].values if name not in self.inputs]
        if not extra:
            return ()
        return (f"backward also returned {', '.join(extra)}, which forward has no input for: "
                "not checked",)

    def row(self, name) -> Row:
        """The verdict on one input."""
        old = self.inputs[name]
        row = Row(name, False, np.inf, None, None, None, "unknown", "", size=old.size)
        if fault := self._error(name) or self._nondeterminism(name):
            return replace(row, diagnosis=fault[0], message=fault[1])
        gradients = [run.values[name] for run in self.runs]
        analytic = gradients[0]
        bad = ~np.isfinite(analytic)
        if np.any(bad):
            index = tuple(np.argwhere(bad)[0].tolist())
            return replace(row, diagnosis="nonfinite", index=index,
                           analytic=float(analytic[index]),
                           message=f"{bad.sum()} of {analytic.size} entries are nan or inf: look "
                           "for a division by zero, the log of zero or an overflowing exp")
        if any(gradient.shape != old.shape for gradient in gradients):
            return replace(row, diagnosis="shape", message=shape_message(
                analytic.shape, old.shape, self.probe.output.shape))
        if old.size == 0:
            return replace(row, ok=True, max_rel_error=0.0, diagnosis="ok",
                           message="empty: nothing to compare")
        return self._compare(name, row)

    def _error(self, name):
        for run in self.runs:
            if run.error:
                return "error", run.error
        if any(name not in run.values for run in self.runs):
            found = ", ".join(str(key) for key in self.runs[0].values) or "nothing"
            return "missing", f"backward returned no gradient for '{name}' (it returned: {found})"
        dtypes = {run.values[name].dtype for run in self.runs}
        if any(dtype.kind not in "fiub" for dtype in dtypes):
            return "error", f"the gradient is no array of real numbers (dtype {dtypes.pop()})"
        return None

    def _nondeterminism(self, name):
        if not self.repeats:
            text = ("forward gave two different values for the same inputs: draw the random "
                    "numbers outside and pass them in as an input")
        elif name in self.forward_changes:
            text = f"forward overwrites its input '{name}': work on a copy"
        elif changed := frozenset((name, "d_out")) & self.runs[0].changed:
            text = f"backward overwrites its argument '{min(changed)}': work on a copy"
        elif not identical(self.runs[0].values[name], self.again.values[name]):
            text = ("two calls of backward with the same arguments gave two gradients: does it "
                    "draw random numbers, or add into an array that it keeps?")
        else:
            return None
        return "nondeterministic", text

    def _compare(self, name, row) -> Row:
        old = self.inputs[name]
        along, indices = 0.0, np.arange(old.size)
        if old.size > self.max_entries:
            along, indices = self._along_directions(name)
        measured = self.probe.measure(name, indices)
        points = [measured]
        if measured.stuck.any():
            points.append(self.probe.beside(name, measured, self.rng))
        unsure = np.array([point.unsure(self.tol) for point in points])
        errors = np.where(unsure, 0.0, [point.errors for point in points])
        point, cotangent, entry = np.unravel_index(np.argmax(errors), errors.shape)
        worst = points[point]
        excused = int(points[-1].stuck.sum())
        row = replace(
            row, max_rel_error=max(along, float(errors.max())),
            index=tuple(int(i) for i in np.unravel_index(indices[entry], old.shape)),
            analytic=float(worst.analytic[cotangent, entry]),
            numeric=float(worst.numeric[cotangent, entry]),
            kinks=int(measured.stuck.sum()), excused=excused, checked=len(indices),
            entries=(worst.analytic[cotangent], worst.numeric[cotangent],
                     worst.errors[cotangent]))
        row = self._with_complex_step(row, measured)
        if excused > KINK_SHARE * len(indices):
            return replace(row, message=f"forward has no derivative at {excused} of "
                           f"{len(indices)} entries, nor beside them: is it a step function, or "
                           "are the inputs at the edge of its domain?")
        ok = row.max_rel_error <= self.tol and self._scales(name)
        if ok:
            return replace(row, ok=True, diagnosis="ok", message=_remarks(row, int(unsure[:, 0].any(axis=0).sum())))
        code, message = diagnose(row, worst, self.names, self.doubled.values[name], self.rng)
        return replace(row, diagnosis=code, message=message)

    def _scales(self, name) -> bool:
        """backward(2 d) = 2 backward(d)."""
        once, twice = self.runs[0].values[name], self.doubled.values[name]
        return bool(np.max(np.abs(twice - 2.0 * once)) <= self.tol * np.max(np.abs(once)))

    def _along_directions(self, name) -> tuple[float, np.ndarray]:
        """The worst error along random directions, and entries to look at one by one."""
        shape, size = self.inputs[name].shape, self.inputs[name].size
        indices = self.rng.choice(size, min(self.samples, size), replace=False)
        probe, worst = self.probe, 0.0
        for _ in range(DIRECTIONS):
            vector = self.rng.normal(size=shape) * typical_size(self.inputs[name])
            error = _direction_error(probe, name, vector)
            if error > self.tol and worst <= self.tol:
                indices = np.append(indices, _locate(probe, name, vector))
            worst = max(worst, error)
        return worst, np.unique(indices)

    def _with_complex_step(self, row, measured: Measurement) -> Row:
        if not self.complex_step:
            return replace(row, complex_step_note="not asked for")
        try:
            exact = self.probe.differences.complex_step(row.name, measured.indices)
        except Exception as error:
            return replace(row, complex_step_note="not analytic as coded: forward raises "
                           f"{type(error).__name__} on complex numbers")
        usable = ~measured.stuck
        exact, numeric = exact[:, usable], measured.numeric[:, usable]
        off = np.abs(exact - numeric)
        allowed = SAFETY * measured.error[:, usable] + 0.1 * self.tol * np.abs(numeric)
        if not usable.any() or not np.all(off <= allowed):
            return replace(row, complex_step_note="not analytic as coded: the complex step "
                           "contradicts the differences")
        errors = relative_errors(measured.analytic[:, usable], exact)
        return replace(row, complex_step_error=float(errors.max()))


def _direction_error(probe, name, vector) -> float:
    """|a - n| relative to what is usual along such a vector, 0 where n is too uncertain."""
    slope = probe.differences.direction(name, vector)
    gradients = np.array([run.values[name].reshape(-1) for run in probe.gradients])
    analytic = gradients @ vector.reshape(-1)
    usual = np.sqrt(np.square(gradients) @ np.square(vector.reshape(-1)))
    size = np.maximum(np.maximum(np.abs(analytic), np.abs(slope.value)), usual)
    gap = np.abs(analytic - slope.value)
    errors = gap / np.where(size > 0, size, 1.0)
    return float(np.max(errors, where=gap > SAFETY * slope.error, initial=0.0))


def _locate(probe, name, vector) -> int:
    """A wrong entry, found by halving the direction again and again."""
    shape = vector.shape
    vector, low, high = vector.reshape(-1), 0, vector.size
    while high - low > 1:
        middle = (low + high) // 2
        half = np.zeros_like(vector)
        half[low:middle] = vector[low:middle]
        if _direction_error(probe, name, half.reshape(shape)) > probe.accuracy / 0.03:
            high = middle
        else:
            low = middle
    return low


def _remarks(row, unsure: int) -> str:
    remarks = []
    if row.kinks:
        remarks.append(f"{row.kinks} of {row.checked} entries sit on a kink: checked beside it")
    if row.excused:
        remarks.append(f"{row.excused} of them could not be checked")
    if unsure:
        remarks.append(f"{unsure} of {row.checked} derivatives are so small that the rounding of "
                       "forward hides them: not judged")
    return "; ".join(remarks)


def _cotangents(rng, shape) -> np.ndarray:
    """Two random cotangents, stacked: sizes between 1/2 and 3/2, so that no output is lost,
    and opposite signs in the first entry, so that a scalar meets both."""
    sizes = rng.uniform(0.5, 1.5, (2, *shape))
    signs = rng.choice([-1.0, 1.0], (2, *shape))
    if signs[0].size:
        signs[1].reshape(-1)[:1] = -signs[0].reshape(-1)[:1]
    return sizes * signs
