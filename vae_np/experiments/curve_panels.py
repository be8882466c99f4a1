"""One panel of figure 2 or 3: our curves as lines, the paper's as broad pale strokes underneath.

Colours say which algorithm, solid or dashed which split. This module needs matplotlib.
"""
import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ..figures import style

COLOURS = {"aevb": style.BLUE, "wake-sleep": style.VERMILLION, "mcem": style.GREEN}
NAMES = {"aevb": "AEVB", "wake-sleep": "wake-sleep", "mcem": "Monte Carlo EM"}
DASHES = {"test": "solid", "train": (0, (3.5, 1.2))}
PALE, BROAD = 0.3, 3.5


def panel(ax, ours, paper, title, limits):
    """Draws {algorithm: {split: (samples seen, nats)}} twice, `paper` pale, `ours` above it.

    limits: ((first, last) samples, (low, high) nats). Returns the Axes.
    """
    ax.set(xscale="log", xlim=limits[0], ylim=limits[1], title=title)
    for curves, broad in ((paper, True), (ours, False)):
        for algorithm, splits in curves.items():
            for split, (seen, nats) in splits.items():
                look = (dict(alpha=PALE, linewidth=BROAD, solid_capstyle="butt",
                             dash_capstyle="butt", zorder=1) if broad else
                        dict(linewidth=1.4, zorder=3 if split == "test" else 2))
                ax.plot(seen, nats, color=COLOURS[algorithm], linestyle=DASHES[split],
                        label=_label(algorithm, split, broad), **look)
    ax.grid(axis="y", color="#e4e4e4", linewidth=0.6, zorder=0)
    ax.set_axisbelow(True)
    style.open_frame(ax)
    return ax


def name_curves(ax, curves):
    """Writes each algorithm's name at the right end of its test curve, in its colour; the highest
    has it above, the others below.
    """
    last = ax.get_xlim()[1]
    ends = {name: np.interp(np.log(last), np.log(splits["test"][0]), splits["test"][1])
            for name, splits in curves.items() if "test" in splits}
    for name, end in ends.items():
        above = end == max(ends.values())
        ax.annotate(NAMES[name], (last, end), xytext=(-2, 6 if above else -14), ha="right",
                    va="bottom" if above else "top", textcoords="offset points",
                    color=COLOURS[name], fontsize=style.STYLE["xtick.labelsize"])


def _label(algorithm, split, from_paper):
    return f"{NAMES[algorithm]}, {split}{', the paper' if from_paper else ''}"


def legend(figure, algorithms, **place):
    """One legend for all panels: it explains colour, dashes and paleness apart."""
    ink = "#404040"
    handles = [Patch(color=COLOURS[name], label=NAMES[name]) for name in algorithms]
    handles += [Line2D([], [], color=ink, linestyle=DASHES[split], linewidth=1.4, label=split)
                for split in DASHES]
    handles += [Line2D([], [], color=ink, linewidth=1.4, label="ours"),
                Line2D([], [], color=ink, linewidth=BROAD, alpha=PALE, label="the paper's plot")]
    return figure.legend(handles=handles, ncols=len(handles), frameon=False, handlelength=2.2,
                         columnspacing=1.4, **place)


def curve(records, key):
    """(samples seen, values) of the records that hold a number under `key`.

    A record within a hundredth of the last one is left out, because its training bound is the
    mean of a few steps only. There is such a record where a long run goes on from a probe's end.
    """
    rows = []
    for row in records:
        near = rows and row["samples_seen"] < 1.01 * rows[-1][0]
        if row.get(key) is not None and not near:
            rows.append((row["samples_seen"], row[key]))
    return tuple(np.array(rows, dtype=float).reshape(-1, 2).T)
