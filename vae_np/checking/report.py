"""What `gradcheck` hands back: one row per input, a table, a picture, an error.

The numbers come from `checker`, the words from `diagnosis`.
"""
from dataclasses import dataclass, field

import numpy as np

CODES = (
    "ok", "error", "missing", "nondeterministic", "nonfinite", "shape", "zero", "upstream",
    "sign", "batch-mean", "factor", "transpose", "missing-term", "elementwise", "imprecise",
    "unknown",
)


class GradcheckError(AssertionError):
    """A gradient is wrong, or the forward function cannot be checked. The text says why."""


@dataclass(frozen=True)
class Row:
    """The verdict on one input.

    max_rel_error is max |a - n| / max(|a|, |n|, 1e-3 max|n|) over the entries that were
    judged, a the analytic and n the numeric derivative; it is infinite where there was
    nothing to compare. index is the entry where it is reached, analytic and numeric are the
    two derivatives there (None where there are none). diagnosis is one of `CODES`, message
    the same in a sentence.

    complex_step_error is the same error against the complex step, or None where the complex
    step does not apply; complex_step_note then says why. kinks counts the entries that sat on
    a kink and were checked beside it, excused those that could not be checked there either.
    checked counts the entries that were compared one by one, of size in all. entries holds
    (analytic, numeric, relative error) of each for the plot.
    """

    name: str
    ok: bool
    max_rel_error: float
    index: tuple[int, ...] | None
    analytic: float | None
    numeric: float | None
    diagnosis: str
    message: str
    complex_step_error: float | None = None
    complex_step_note: str = ""
    kinks: int = 0
    excused: int = 0
    checked: int = 0
    size: int = 0
    entries: tuple[np.ndarray, np.ndarray, np.ndarray] | None = field(
        default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Report:
    """All rows of one `gradcheck`. `print(report)` shows the table."""

    rows: list[Row]
    tol: float
    notes: tuple[str, ...] = ()

    @property
    def ok(self):
        """True when every input's gradient is right."""
        return all(row.ok for row in self.rows)

    def __getitem__(self, name):
        """The row of input `name`. KeyError if it was not checked."""
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(name)

    def assert_ok(self):
        """Raise GradcheckError, with the whole table as its text, unless every row is ok."""
        if not self.ok:
            raise GradcheckError("\n" + str(self))

    def __str__(self):
        header = ("input", "verdict", "worst error", "at", "analytic", "numeric", "complex step")
        table = [header] + [_cells(row) for row in self.rows]
        widths = [max(len(line[column]) for line in table) for column in range(len(header))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
                 for line in table]
        lines.insert(1, "  ".join("-" * width for width in widths))
        wrong, imprecise = ([row.name for row in self.rows
                             if not row.ok and (row.diagnosis == "imprecise") is answer]
                            for answer in (False, True))
        lines += [f"{row.name}: {row.message}" for row in self.rows if not row.ok or row.message]
        lines += list(self.notes)
        if wrong:
            lines.append(f"{len(wrong)} of {len(self.rows)} gradients are wrong: "
                         + ", ".join(wrong))
        if imprecise:
            lines.append(f"{len(imprecise)} of {len(self.rows)} gradients cannot be judged: "
                         + ", ".join(imprecise))
        if self.ok:
            lines.append(f"all {len(self.rows)} gradients agree to {self.tol:g}")
        return "\n".join(lines)

    def plot(self, axes=None):
        """Analytic against numeric derivatives, one panel an input, coloured by error.

        Right entries lie on the diagonal. axes: an array of matplotlib Axes, one for each row
        that has numbers; new ones are made without it. Returns the array of Axes. Raises
        ValueError when there is nothing to draw or too few axes. Needs matplotlib.
        """
        rows = [row for row in self.rows if row.entries is not None and row.entries[0].size]
        if not rows:
            raise ValueError("nothing to plot: no row has numbers to compare")
        if axes is None:
            from matplotlib import style
            with style.context("default"):  # a user's own may hide what there is to see
                axes = self.plot(_new_axes(len(rows)))
                axes[0].figure.draw_without_rendering()  # it makes the ticks, in this style
            return axes
        axes = np.ravel(axes)
        if axes.size < len(rows):
            raise ValueError(f"{len(rows)} inputs to plot, but only {axes.size} axes")
        for ax, row in zip(axes, rows):
            _scatter(ax, row)
        return axes


def _cells(row):
    def number(value, style):
        return "-" if value is None or not np.isfinite(value) else format(value, style)

    index = "-" if row.index is None else str(list(row.index))
    return (row.name, row.diagnosis, number(row.max_rel_error, ".1e"), index,
            number(row.analytic, ".6g"), number(row.numeric, ".6g"),
            number(row.complex_step_error, ".1e"))


def _new_axes(count):
    """A row of Axes, of a figure of pyplot's, or of its own where no back end can show it."""
    look = {"figsize": (4.2 * count, 3.6), "layout": "constrained"}
    try:
        from matplotlib import pyplot
        figure = pyplot.figure(**look)
    except ImportError:
        from matplotlib.figure import Figure
        figure = Figure(**look)
    return figure.subplots(1, count, squeeze=False)


def _scatter(ax, row):
    analytic, numeric, error = row.entries
    finite = np.isfinite(analytic) & np.isfinite(numeric)
    analytic, numeric, error = analytic[finite], numeric[finite], error[finite]
    span = [np.min(numeric, initial=0.0), np.max(numeric, initial=0.0)]
    ax.plot(span, span, color="0.6", linewidth=1, zorder=0)
    decades = np.log10(np.maximum(error, 1e-16))
    points = ax.scatter(numeric, analytic, c=decades, cmap="viridis", vmin=-16, vmax=0, s=14)
    ax.figure.colorbar(points, ax=ax, label="log10 of the relative error")
    ax.set(xlabel="numeric", ylabel="analytic", title=f"{row.name}: {row.diagnosis}")
