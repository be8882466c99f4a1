"""How training went: the bound against the training samples seen."""
import numpy as np
from matplotlib.ticker import EngFormatter

from . import style

CLIMBED = {"elbo": "lower bound", "log_px": "log p(x)",
           "reconstruction": "reconstruction log-likelihood,\nwhich is not a likelihood",
           "pseudo": "pseudo-log-likelihood", "log_joint": "log p(x, z) at HMC's z"}


def learning_curve(metrics, ax=None, reference=None):
    """The bound on the training and on the test data against the training samples seen.

    metrics: rows with samples_seen, train_elbo, test_elbo, as in metrics.jsonl; a bound that is
    missing or not finite is left out. A model without a bound shows its own objective: see
    CLIMBED. reference: {label: nats} draws level lines, {label: (samples_seen, nats)} points to
    compare with. Samples are on a log scale where they span a factor of 30 or more. First points
    far below all others are cut off, and the picture says so.

    Raises ValueError where there is nothing to draw.
    """
    for name, what in CLIMBED.items():
        lines = {split: _curve(metrics, f"{split}_{name}") for split in ("test", "train")}
        lines = {split: line for split, line in lines.items() if len(line[0])}
        if lines:
            break
    if not lines:
        raise ValueError("metrics hold no finite bound to draw: train for an epoch first")
    seen, bound = (np.concatenate(both) for both in zip(*lines.values()))
    log_scale = seen.max() >= 30 * max(seen.min(), 1)
    looks = {"test": dict(color=style.VERMILLION, zorder=3),
             "train": dict(color=style.BLUE, linestyle=(0, (4, 1.5)))}
    with style.styled(ax, style.WIDE) as ax:
        for label, (x, y) in lines.items():
            ax.plot(x, y, label=label, marker="o" if len(x) < 15 else "", markersize=4,
                    **looks[label])
        levels = _draw_reference(ax, reference or {})
        if log_scale:
            ax.set_xscale("log")
        else:
            ax.xaxis.set_major_formatter(EngFormatter(sep=""))
        note = _cut_terrible_start(ax, np.log(seen) if log_scale else seen, bound, levels)
        ax.set_xlabel(f"training samples seen{note}")
        ax.set_ylabel(f"{what},\nnats per example, higher is better")
        ax.legend(loc="best")
        style.open_frame(ax)
    return ax


def _curve(metrics, key):
    """The finite points of one column: (samples_seen, bound)."""
    try:
        seen = np.array([row["samples_seen"] for row in metrics], dtype=float)
        bound = np.array([row.get(key) for row in metrics], dtype=float)
    except KeyError:
        raise ValueError("every row of metrics needs samples_seen") from None
    keep = np.isfinite(bound) & (seen > 0)
    return seen[keep], bound[keep]


def _draw_reference(ax, reference):
    """Draw what to compare with; return its values in nats, which must stay in view."""
    levels = []
    colours = (style.GREEN, style.PURPLE, style.ORANGE, style.SKY, style.GREY)
    for i, (label, value) in enumerate(reference.items()):
        colour, marker = colours[i % 5], "sD^vP"[i % 5]
        if np.ndim(value) == 0:
            ax.axhline(value, color=colour, linewidth=1.2, linestyle=":", label=label)
        else:
            ax.plot(*value, color=colour, linestyle="", marker=marker, label=label)
            value = value[1]
        levels.extend(np.ravel(value))
    return levels


def _cut_terrible_start(ax, position, bound, levels):
    """Cut from the y axis what lies in the first tenth of the x axis, if it dwarfs the rest.

    An untrained model may score −10⁵: with it in view, the rest would be a flat line. Returns a
    note for the reader, "" where nothing is cut.
    """
    late = position >= position.min() + 0.1 * np.ptp(position)
    span = bound.max() - bound[late].min()
    if len(bound) < 20 or bound.max() - bound.min() <= 5 * span or span == 0:
        return ""
    low, high = min([bound[late].min(), *levels]), max([bound.max(), *levels])
    ax.set_ylim(low - 0.15 * (high - low), high + 0.05 * (high - low))
    start = f"{bound.min():,.0f}".replace("-", "\N{MINUS SIGN}")
    return f"\n(the curve begins at {start} nats, below this axis)"
