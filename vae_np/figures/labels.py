"""What a model of labels makes of one style and many labels."""
import numpy as np

from ..backend import to_host
from . import style


def styles(model, rng, image_shape, ax=None, n=10, limits=(0, 1)):
    """n styles z ~ p(z), a row for each, under every label, a column for each: the means of
    p(x|z, y). What stays along a row is what z says, and what stays along a column is y.
    """
    style.at_least(1, "n", n)
    z = to_host(model.sample_prior(rng, n)[0])
    canvas = style.tile(_under_every_label(model, z, image_shape, limits))
    with style.styled(ax, style.SQUARE) as ax:
        style.show_grey(ax, canvas, _columns(model, image_shape))
        ax.set_ylabel("one z ~ p(z) to a row")
    return ax


def analogies(model, x, image_shape, ax=None, n=10, limits=(0, 1)):
    """The style of an image of the data, under every label: n rows x (N, D + C) with labels.

    On the left the image. Beside it the means of p(x|z, y) for the z that is the mean of q(z|x, y)
    at the image's own label, the same z in the whole row.
    """
    x = x[:n]
    data = style.as_images(model.data_of(x), image_shape, limits)
    style.at_least(1, "the number of images", len(data))
    z = to_host(model.posterior(x).mean)
    right = style.tile(_under_every_label(model, z, image_shape, limits))
    left = style.tile(data[:, None])
    gap = np.ones((len(left), max(4, image_shape[1] // 5)), np.float32)
    shift = left.shape[1] + gap.shape[1]
    columns = {place + shift: label for place, label in _columns(model, image_shape).items()}
    with style.styled(ax, style.SQUARE) as ax:
        style.show_grey(ax, np.hstack([left, gap, right]),
                        {image_shape[1] / 2: "data", **columns})
    return ax


def _under_every_label(model, z, image_shape, limits):
    """z (N, Z) → means (N, C, H, W)."""
    images = [style.as_images(model.decode(z, label), image_shape, limits)
              for label in range(model.labels)]
    return np.stack(images, axis=1)


def _columns(model, image_shape):
    """{middle of a column in pixels: its label}."""
    width = image_shape[1] + 1
    return {label * width + image_shape[1] / 2: str(label) for label in range(model.labels)}
