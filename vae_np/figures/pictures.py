"""Every picture. Each function takes data or a model, draws on a matplotlib Axes, returns it.

With `ax=None` a function makes its own Axes. A model is known here by `encode`, `decode`,
`sample`, `sample_mean`, `z_dim`, `latent_symbol` and `closed_form_kl` alone, so any likelihood and
any device will do. Grey pictures show 0 as black and 1 as white, and nothing is rescaled to look
better; for data beyond [0, 1] `limits` says which values show as black and white.

This module needs matplotlib, which `import vae_np` does not.
"""
from functools import partial
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from . import style
from ..backend import to_host
from ..distributions import reparameterise
from ..evaluation import latent_use
from .latent import kl_per_dimension, latent_scatter, manifold

__all__ = ["interpolation", "kl_per_dimension", "latent_scatter", "learning_curve", "manifold",
           "prior_samples", "reconstructions", "samples_2d", "save_run_figures",
           "save_samples"]

CLIMBED = {"elbo": "lower bound", "log_px": "log p(x)",
           "reconstruction": "reconstruction log-likelihood,\nwhich is not a likelihood",
           "pseudo": "pseudo-log-likelihood", "log_joint": "log p(x, z) at HMC's z"}
MANY = 1000          # test examples that a run's scatter and KL chart look at
MAX_BYTES = 300_000  # of a run's picture: it may be committed beside the code


# -- how training went -------------------------------------------------------------------------

def learning_curve(metrics, ax=None, reference=None):
    """The bound on the training and on the test data against the training samples seen.

    metrics: rows with samples_seen, train_elbo, test_elbo, as in metrics.jsonl; a bound that is
    missing or not finite is left out. Without any bound, what such a model climbs is drawn: see
    CLIMBED. reference: {label: nats} draws level lines, {label: (samples_seen, nats)} points to
    compare with. Samples are on a log scale where they span a
    factor of 30 or more. First points far below all others are cut off, and the picture says so.

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
    """Draw what to compare with; return its values, which must stay in view."""
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
    """Let the y axis ignore what happens in the first tenth of its width, if that dwarfs the rest.

    An untrained model may score −10⁵: with it in view, the rest would be a flat line. Returns
    what the reader must be told about it.
    """
    late = position >= position.min() + 0.1 * np.ptp(position)
    span = bound.max() - bound[late].min()
    if len(bound) < 20 or bound.max() - bound.min() <= 5 * span or span == 0:
        return ""
    low, high = min([bound[late].min(), *levels]), max([bound.max(), *levels])
    ax.set_ylim(low - 0.15 * (high - low), high + 0.05 * (high - low))
    start = f"{bound.min():,.0f}".replace("-", "\N{MINUS SIGN}")
    return f"\n(the curve begins at {start} nats, below this axis)"


# -- what the model sees and says: pictures ----------------------------------------------------

def reconstructions(model, x, rng, image_shape, ax=None, n=10, limits=(0, 1)):
    """The first n images of x above what the decoder makes of them.

    Below each x stands the mean of p(x|z) for one z *drawn* from q(z|x), not for z = its mean: so
    the picture shows the codes that the bound is made of.
    """
    data = style.as_images(x, image_shape, limits)[:n]
    style.at_least(1, "the number of images", len(data))
    mean, logvar = (to_host(part) for part in model.encode(x[:n]))
    z = reparameterise(mean, logvar, rng.standard_normal(mean.shape).astype(mean.dtype))
    images = np.stack([data, style.as_images(model.decode(z), image_shape, limits)])
    height, gap = image_shape[0], 2
    with style.styled(ax, style.SQUARE) as ax:
        style.show_grey(ax, style.tile(images, gap), y_labels={
            0.5 * height: "data x", 1.5 * height + gap: "mean E[x|z],\nz ~ q(z|x)"})
    return ax


def prior_samples(model, rng, image_shape, ax=None, n=64, limits=(0, 1)):
    """What the model dreams up: n draws from p(x|z), z ~ p(z), beside n means E[x|z].

    The means look better, but they are not samples: only the draws look like what the model
    believes the data to be. Both sides come from generators in the same state, so a model that
    draws z first, as the VAE does, shows the same z at the same place.
    """
    style.at_least(1, "n", n)
    seed = int(rng.integers(2**63))
    columns = int(np.ceil(np.sqrt(n)))
    sides = [_square(style.as_images(draw(n, np.random.default_rng(seed)), image_shape, limits),
                     columns) for draw in (model.sample, model.sample_mean)]
    gutter = np.ones((len(sides[0]), max(6, image_shape[1] // 3)), np.float32)
    half, z = sides[0].shape[1], model.latent_symbol
    with style.styled(ax, style.SQUARE) as ax:
        style.show_grey(ax, np.hstack([sides[0], gutter, sides[1]]),
                        x_labels={half / 2: f"draws x ~ p(x|{z})",
                                  half * 1.5 + gutter.shape[1]: f"means E[x|{z}]"})
    return ax


def _square(images, columns):
    """N images, row by row, in a grid of that many columns; places left over are white."""
    full = np.ones((-(-len(images) // columns) * columns, *images.shape[1:]), np.float32)
    full[:len(images)] = images
    return style.tile(full.reshape(-1, columns, *images.shape[1:]))


def interpolation(model, x, image_shape, ax=None, pairs=5, steps=9, limits=(0, 1)):
    """From one image to another through the latent space, a row for each pair x[0], x[1]; ….

    Between the two images of data stand the decoder's means along the straight line from the one
    latent mean to the other, both ends included.
    """
    data = style.as_images(x, image_shape, limits)
    pairs = min(pairs, len(data) // 2)
    style.at_least(1, "the number of pairs", pairs)
    style.at_least(2, "steps", steps)
    mean = to_host(model.encode(x[:2 * pairs])[0]).reshape(pairs, 2, 1, -1)
    share = np.linspace(0, 1, steps, dtype=mean.dtype)[:, None]
    z = (1 - share) * mean[:, 0] + share * mean[:, 1]
    path = style.as_images(model.decode(z.reshape(pairs * steps, -1)), image_shape, limits)
    path = path.reshape(pairs, steps, *image_shape)
    ends = data[:2 * pairs].reshape(pairs, 2, *image_shape)
    parts = [style.tile(part) for part in (ends[:, :1], path, ends[:, 1:])]
    gap = np.ones((len(parts[0]), max(4, image_shape[1] // 5)), np.float32)
    width = image_shape[1]
    canvas = np.hstack([parts[0], gap, parts[1], gap, parts[2]])
    with style.styled(ax, style.SQUARE) as ax:
        style.show_grey(ax, canvas, x_labels={
            width / 2: "data", canvas.shape[1] / 2: "means E[x|z], z on a line from one latent "
            "mean to the other", canvas.shape[1] - width / 2: "data"})
    return ax


def samples_2d(model, x, rng, axes=None, n=2000):
    """Data in the plane beside draws of the model: n points x ~ p(x) on the same scales.

    x (N, 2). axes: a pair of Axes, or None to make one. Returns the pair: data, draws.
    """
    x = to_host(x)
    if x.ndim != 2 or x.shape[1] != 2 or not len(x):
        raise ValueError(f"samples_2d needs data of shape (N, 2), not {x.shape}")
    draws, z = to_host(model.sample(n, rng)), model.latent_symbol
    low, high = np.min(x, axis=0), np.max(x, axis=0)
    margin = 0.15 * np.max(high - low) + 1e-12
    with style.styled(axes, style.WIDE, columns=2) as axes:
        for ax, points, colour, title in zip(axes, (x[:n], draws), (style.BLUE, style.VERMILLION),
                                             ("data", f"draws x ~ p(x|{z}), {z} ~ p({z})")):
            ax.scatter(*points.T, s=6, color=colour, alpha=0.5, linewidths=0)
            ax.set(xlim=(low[0] - margin, high[0] + margin), aspect="equal", title=title,
                   ylim=(low[1] - margin, high[1] + margin), xlabel="x[0]")
            style.open_frame(ax)
        axes[0].set_ylabel("x[1]")
    return axes


# -- a run's folder ----------------------------------------------------------------------------

def save_run_figures(model, data, metrics, folder, rng, tell=None):
    """Every picture that applies to a trained model, as PNG files in `folder`; returns the paths.

    data: a Dataset; its test examples are shown as they are, so binarise them first if the model
    was trained on binary data. metrics: the rows of metrics.jsonl. tell(sentence) is called once
    for each picture that does not apply, with the reason. Each file is written whole or not at
    all, at most 300 kB.
    """
    x, shape, limits = data.test[:MANY], data.image_shape, style.grey_limits(data.test)
    labels = None if data.test_labels is None else data.test_labels[:MANY]
    # Neighbours in a film look alike: show examples from all over the set, and far pairs.
    few = x[np.linspace(0, len(x) - 1, min(10, len(x))).astype(int)]
    half = len(few) // 2
    pairs = np.stack([few[:half], few[half:2 * half]], axis=1).reshape(2 * half, x.shape[1])
    no_encoder = not hasattr(model, "encode") and "the model has no encoder"
    activity, kl = (None, None) if no_encoder else latent_use(model, x)
    no_sample = not hasattr(model, "sample") and "an autoencoder makes nothing up"
    no_prior = (no_sample or not hasattr(model, "decode")) and "the model has no prior over z"
    no_image = not shape and "the data are not images"
    plan = {  # name: (size, why it does not apply if it does not, how to draw it on an Axes)
        "learning_curve": (style.WIDE, not metrics and "no epoch is recorded",
                           partial(learning_curve, metrics)),
        "reconstructions": (style.SQUARE, no_image or no_encoder,
                            partial(reconstructions, model, few, rng, shape, limits=limits)),
        "prior_samples": (style.SQUARE, no_image or no_sample,
                          partial(prior_samples, model, rng, shape, limits=limits)),
        "interpolation": (style.SQUARE, no_image or no_encoder or half < 1
                          and "it takes two test examples",
                          partial(interpolation, model, pairs, shape, limits=limits)),
        "manifold": (style.SQUARE, no_image or no_prior or model.z_dim != 2 and "z_dim is not 2",
                     partial(manifold, model, shape, limits=limits)),
        "latent_scatter": (style.SQUARE, no_encoder or model.z_dim < 2 and "z_dim is 1",
                           partial(latent_scatter, model, x, labels)),
        "kl_per_dimension": (style.WIDE, no_encoder or not model.closed_form_kl
                             and "KL(q || prior) has no closed form",
                             partial(kl_per_dimension, kl, activity)),
        "samples_2d": (style.WIDE, no_sample or x.shape[1] != 2 and "the data do not lie in a "
                       "plane",
                       partial(samples_2d, model, x, rng)),
    }
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, (size, why_not, draw) in plan.items():
        if not why_not:
            paths.append(folder / f"{name}.png")
            _save(paths[-1], draw, size, panels=2 if name == "samples_2d" else 1,
                  max_bytes=MAX_BYTES)
        elif tell is not None:
            tell(f"left out {name}.png: {why_not}")
    return paths


def save_samples(model, data, n, path, rng):
    """n draws of the model as one PNG: images with their means, or points beside the data.

    Raises ValueError for data that are neither images nor points in the plane.
    """
    if data.image_shape:
        _save(path, partial(prior_samples, model, rng, data.image_shape, n=n,
                            limits=style.grey_limits(data.test)), style.SQUARE)
    elif data.test.shape[1] == 2:
        _save(path, partial(samples_2d, model, data.test, rng, n=n), style.WIDE, panels=2)
    else:
        raise ValueError(f"rows of {data.test.shape[1]} numbers are neither images nor points in "
                         "the plane: save the draws as .npy instead of .png")


def _save(path, draw, size, panels=1, max_bytes=np.inf):
    """Draw on a figure of its own, which no window and no pyplot knows, and save it."""
    with matplotlib.rc_context(style.STYLE):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure.subplots(1, panels))
        style.whole_pixels(figure)
    style.save_png(figure, path, max_bytes)
