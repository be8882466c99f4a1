"""The table's pictures: samples of every model, how the gap closes, and learned priors beside the
codes that they learn.
"""
from itertools import combinations

import numpy as np

from ..backend import to_host
from ..datasets import load_dataset
from ..figures import style
from ..runs import load
from . import ruler
from .table_text import SHORT, SUCCESSORS

NAMES = ("samples.png", "successors.png", "closing.png", "aggregate.png")
ROWS, COLUMNS = 5, 10  # of samples for each model
MAX_BYTES = 600_000
CODES, SHOWN = 10_000, 3000  # draws of q(z|x) and of p(z): that choose a plane, and that are drawn
BINS, REACH = 12, 3.0        # of the histogram that chooses it, in standard deviations
PRIORS = ("vae-brief", "mixture-prior", "vamp-prior", "coupling-prior", "record")
COLOURS = (style.VERMILLION, style.BLUE, style.GREEN, style.ORANGE, style.PURPLE, style.SKY,
           style.GREY)
TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20)  # nats
STYLES = ("-", (0, (4, 1.5)))


def draw(out, rows, models, data):
    """Writes to `out` what can be drawn; returns the paths. rows: of table.json. models: {row's
    name: run folder} of those that were measured here. data: the name of the digits.
    """
    there = {row["name"] for row in rows}

    def shown(short):
        """{title: run folder} of those that have a row; none of them where one's model is not
        here, so that the picture that was drawn with all of them stays.
        """
        found = {text: models.get(row) for row, text in short.items() if row in there}
        return found if all(found.values()) else {}

    pictures = {}
    for name, short in (("samples.png", SHORT), ("successors.png", SUCCESSORS)):
        if found := shown(short):
            pictures[name] = samples(found, data)
    gaps = {(SHORT | SUCCESSORS)[row["name"]]: row["gap"] for row in rows if "gap" in row}
    if gaps:
        pictures["closing.png"] = gaps_closing(gaps)
    if found := shown({row: SUCCESSORS[row] for row in PRIORS}):
        pictures["aggregate.png"] = aggregates(found, data)
    for name, picture in pictures.items():
        style.save_png(picture, out / name, MAX_BYTES)
    return [out / name for name in pictures]


@style.house()
def samples(models, data):
    """Samples of the models, {title: run folder}, side by side after the data. Returns a Figure."""
    data = load_dataset(data)
    grids = {"test images": ruler.ruler_images(data.name, ROWS * COLUMNS)}
    grids |= {name: load(folder).sample_mean(ROWS * COLUMNS, np.random.default_rng(0))
              for name, folder in models.items()}
    height, width = (ROWS * (data.image_shape[0] + 1) - 1,
                     COLUMNS * (data.image_shape[1] + 1) - 1)
    columns, gap = 3, 24
    tiles = [style.tile(style.as_images(x, data.image_shape).reshape(
        ROWS, COLUMNS, *data.image_shape)) for x in grids.values()]
    tiles += [np.ones((height, width))] * (-len(tiles) % columns)
    picture = style.Figure()
    ax = picture.add_subplot()
    style.show_grey(ax, style.tile(np.array(tiles).reshape(-1, columns, height, width), gap))
    for i, name in enumerate(grids):
        row, column = divmod(i, columns)
        ax.text(column * (width + gap) + width / 2, row * (height + gap) - 4, name,
                ha="center", va="bottom")
    style.whole_pixels(picture)
    return picture


@style.house()
def gaps_closing(gaps):
    """The importance-weighted bound against the number of samples, and what it lacks to log p(x):
    {title: a row's "gap"}, best model first in the legend. Returns a Figure.
    """
    picture = style.Figure(figsize=(8.6, 4.0), layout="constrained")
    left, right = picture.subplots(1, 2)
    order = sorted(gaps, key=lambda name: -gaps[name]["log_px"])
    for i, name in enumerate(order):
        gap = gaps[name]
        look = {"color": COLOURS[i % len(COLOURS)],
                "linestyle": STYLES[i // len(COLOURS) % len(STYLES)]}
        bounds = np.array(gap["bounds"])
        left.plot(gap["ks"], bounds, label=name, **look)
        left.plot([gap["ks"][-1], 5 * gap["ks"][-1]], [bounds[-1], gap["log_px"]], ":",
                  color=look["color"], linewidth=0.8)
        left.plot([5 * gap["ks"][-1]], [gap["log_px"]], "o", markersize=4, color=look["color"])
        # Not the last K: what log p(x) itself lacks would bend the line there.
        right.plot(gap["ks"][:-1], gap["log_px"] - bounds[:-1], **look)
    left.set(xscale="log", xlabel="samples K (the dots: log p(x), by 5000)",
             ylabel="bound, nats per image")
    right.set(xscale="log", yscale="log", xlabel="samples K",
              ylabel="log p(x) − bound, nats per image")
    low, high = right.get_ylim()
    ticks = [tick for tick in TICKS if low <= tick <= high]
    right.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    right.set_yticks([], minor=True)
    picture.legend(*left.get_legend_handles_labels(), loc="outside right center",
                   title="best log p(x) first")
    for ax in (left, right):
        style.open_frame(ax)
    return picture


@style.house()
def aggregates(models, data):
    """Draws of the aggregate posterior of the test images, coloured by digit, over draws of the
    prior, {title: run folder}: each in the plane of the two codes whose joint histogram is
    furthest from independent Gaussians. Returns a Figure.
    """
    data = load_dataset(data)
    picture = style.Figure(figsize=(2.1 * len(models), 4.0), layout="constrained")
    axes = picture.subplots(2, len(models), squeeze=False, sharex="col", sharey="col")
    labels = data.test_labels[:CODES]
    x = ruler.ruler_images(data.name, CODES)
    for (upper, lower), (title, folder) in zip(axes.T, models.items()):
        model, rng = load(folder), np.random.default_rng(0)
        codes = to_host(model.sample_posterior(x, rng)[0])
        prior = to_host(model.sample_prior(rng, len(codes))[0])
        i, j = plane(codes)
        points = {"s": 1.5, "linewidths": 0, "alpha": 0.6}
        upper.scatter(codes[:SHOWN, i], codes[:SHOWN, j], **points,
                      c=[style.CLASS_COLOURS[label] for label in labels[:SHOWN]])
        lower.scatter(prior[:SHOWN, i], prior[:SHOWN, j], **points, color="black")
        upper.set_title(title)
        lower.set_xlabel(f"z[{i}]")
        edges = np.concatenate([codes[:, [i, j]], prior[:, [i, j]]])
        low, high = np.quantile(edges, [0.002, 0.998], axis=0)
        margin = 0.05 * (high - low)
        upper.set(xlim=(low[0] - margin[0], high[0] + margin[0]),
                  ylim=(low[1] - margin[1], high[1] + margin[1]))
        for ax in (upper, lower):
            ax.set_box_aspect(1)
            ax.set_ylabel(f"z[{j}]")
            style.open_frame(ax)
    axes[0, 0].set_ylabel(f"codes of test images\n{axes[0, 0].get_ylabel()}")
    axes[1, 0].set_ylabel(f"draws of p(z)\n{axes[1, 0].get_ylabel()}")
    return picture


def plane(codes):
    """The two columns of codes (N, Z) whose joint histogram is furthest from that of independent
    Gaussians of the same means and variances, by the KL divergence between the histograms.
    """
    scaled = (codes - codes.mean(axis=0)) / codes.std(axis=0)
    edges = np.linspace(-REACH, REACH, BINS + 1)
    gaussian = np.histogram(np.random.default_rng(0).standard_normal(1_000_000), edges)[0]
    gaussian = np.outer(gaussian, gaussian) / gaussian.sum() ** 2
    places = np.digitize(scaled, edges[1:-1])

    def divergence(pair):
        counts = np.bincount(places[:, pair[0]] * BINS + places[:, pair[1]], minlength=BINS ** 2)
        share = counts.reshape(BINS, BINS) / len(codes)
        seen = share > 0
        return np.sum(share[seen] * np.log(share[seen] / gaussian[seen]))

    return max(combinations(range(codes.shape[1]), 2), key=divergence)
