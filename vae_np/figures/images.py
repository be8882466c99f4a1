"""What the model sees and says: reconstructions, draws, interpolations."""
import numpy as np

from ..backend import to_host
from . import style


def reconstructions(model, x, rng, image_shape, ax=None, n=10, limits=(0, 1), labels=None):
    """The first n images of x above what the decoder makes of them.

    Below each x stands the mean of p(x|z) for one z *drawn* from q(z|x), not for the mean of
    q(z|x): so the picture shows such codes as the bound is computed from. labels (N,): those that
    the decoder is told, where x are the rows of a model of labels.
    """
    data = style.as_images(x if labels is None else model.data_of(x), image_shape, limits)[:n]
    style.at_least(1, "the number of images", len(data))
    z = model.sample_posterior(x[:n], rng)[0]
    means = model.decode(z) if labels is None else model.decode(z, labels[:n])
    images = np.stack([data, style.as_images(means, image_shape, limits)])
    height, gap = image_shape[0], 2
    with style.styled(ax, style.SQUARE) as ax:
        style.show_grey(ax, style.tile(images, gap), y_labels={
            0.5 * height: "data x", 1.5 * height + gap: "mean E[x|z],\nz ~ q(z|x)"})
    return ax


def prior_samples(model, rng, image_shape, ax=None, n=64, limits=(0, 1), **asked):
    """What the model dreams up: n draws from p(x|z), z ~ p(z), beside n means E[x|z].

    The means look better, but they are not samples: only the draws look like what the model
    believes the data to be. Both sides come from generators in the same state, so a model that
    draws z first, as the VAE does, shows the same z at the same place. asked: labels, for a model
    that takes them.
    """
    style.at_least(1, "n", n)
    seed = int(rng.integers(2**63))
    columns = int(np.ceil(np.sqrt(n)))
    sides = [_square(style.as_images(draw(n, np.random.default_rng(seed), **asked), image_shape,
                                     limits), columns)
             for draw in (model.sample, model.sample_mean)]
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
    """From one image to another through the latent space, a row for each pair: x[0] and x[1], ….

    Between the two images of data stand the decoder's means along the straight line from the one
    latent mean to the other, both ends included. The line is straight in the prior's base
    coordinates (`Prior.base`): in z itself, or in u = f(z) where p(z) is a flow of N(0, I).
    """
    data = style.as_images(x, image_shape, limits)
    pairs = min(pairs, len(data) // 2)
    style.at_least(1, "the number of pairs", pairs)
    style.at_least(2, "steps", steps)
    ends = to_host(model.base(model.posterior(x[:2 * pairs]).mean)).reshape(pairs, 2, 1, -1)
    share = np.linspace(0, 1, steps, dtype=ends.dtype)[:, None]
    line = (1 - share) * ends[:, 0] + share * ends[:, 1]
    z = model.from_base(line.reshape(pairs * steps, -1))
    path = style.as_images(model.decode(z), image_shape, limits)
    path = path.reshape(pairs, steps, *image_shape)
    ends = data[:2 * pairs].reshape(pairs, 2, *image_shape)
    parts = [style.tile(part) for part in (ends[:, :1], path, ends[:, 1:])]
    gap = np.ones((len(parts[0]), max(4, image_shape[1] // 5)), np.float32)
    width = image_shape[1]
    canvas = np.hstack([parts[0], gap, parts[1], gap, parts[2]])
    with style.styled(ax, style.SQUARE) as ax:
        style.show_grey(ax, canvas, x_labels={
            width / 2: "data", canvas.shape[1] / 2: f"means E[x|z], {model.prior.base_name} on a "
            "line from one latent mean to the other", canvas.shape[1] - width / 2: "data"})
    return ax


def samples_2d(model, x, rng, axes=None, n=2000, **asked):
    """Data in the plane beside draws of the model: n points x ~ p(x) on the same scales.

    x (N, 2). axes: a pair of Axes, or None to make one. asked: labels, for a model that takes
    them. Returns the pair: data, draws.
    """
    x = to_host(x)
    if x.ndim != 2 or x.shape[1] != 2 or not len(x):
        raise ValueError(f"samples_2d needs data of shape (N, 2), not {x.shape}")
    draws, z = to_host(model.sample(n, rng, **asked)), model.latent_symbol
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
