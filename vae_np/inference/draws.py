"""What a model's draws are like beside data, without a likelihood: for any kind that has draws.

Each function takes arrays, (N, D) on any device, and gives numbers with their errors. None of them
is a likelihood, and each is blind to something: a model that has learnt one training image by
heart draws sharp pictures. So they are read together. A likelihood by kernel density around draws,
a Parzen window, is not among them: in so many dimensions its order of models is nearly arbitrary
(Theis et al. 2016).
"""
import math
from typing import NamedTuple

import numpy as np

from ..backend import to_host

ROWS = 500  # rows at a time, where all pairs are looked at


class Mean(NamedTuple):
    """A mean over draws and its standard error."""

    value: float
    stderr: float


def mean_of(values):
    """The Mean of numbers (N,), N at least 2."""
    values = np.asarray(values, np.float64)
    return Mean(float(values.mean()), float(values.std(ddof=1) / math.sqrt(len(values))))


def sharpness(x, image_shape):
    """How steep the edges of each image are: x (N, H·W) → (N,), grey levels per pixel.

        Σ_ij g_ij² / Σ_ij g_ij,   g_ij = √( (x_{i,j+1} − x_{ij})² + (x_{i+1,j} − x_{ij})² )

    It is the mean of the gradient's length g, weighted by g itself: so flat ground does not count,
    and neither does how many edges there are. An edge that blur has drawn out over w pixels has a
    w-th of its steepness. The plain mean of g would not see that: an edge rises by the same in
    all. Strong noise is steep as well: a model is as sharp as the data where it has their number.
    A flat image has 0.
    """
    images = to_host(x).reshape(-1, *image_shape).astype(np.float64)
    across = np.diff(images, axis=2)[:, :-1]
    down = np.diff(images, axis=1)[:, :, :-1]
    lengths = np.hypot(across, down).reshape(len(images), -1)
    total = lengths.sum(axis=1)
    return (lengths * lengths).sum(axis=1) / np.where(total > 0.0, total, 1.0)  # eq. sharpness


def squared_distances(x, y):
    """‖x_i − y_j‖², (N, M), float64, never below 0: x (N, D), y (M, D)."""
    x, y = to_host(x).astype(np.float64), to_host(y).astype(np.float64)
    distance = (x * x).sum(axis=1)[:, None] + (y * y).sum(axis=1) - 2.0 * x @ y.T
    return np.maximum(distance, 0.0)


def nearest(x, among):
    """(distance, index), each (N,): how far the nearest row of `among` is from each row of x, in
    the Euclidean distance of pixels, and which it is.

    Beside it belongs the same of test data. Draws that lie much nearer than test data do are
    copies.
    """
    x, found = to_host(x), []
    for start in range(0, len(x), ROWS):
        squared = squared_distances(x[start:start + ROWS], among)
        index = squared.argmin(axis=1)
        found.append((np.sqrt(squared[np.arange(len(index)), index]), index))
    return tuple(np.concatenate(part) for part in zip(*found))


def median_distance(x, at_most=1000):
    """The median of the distances between different rows of x, of the first `at_most`: the width
    of the kernel of `mmd`, to be taken from training data once and kept.
    """
    x = to_host(x)[:at_most]
    pairs = squared_distances(x, x)[np.triu_indices(len(x), 1)]
    return float(np.sqrt(np.median(pairs)))


def mmd(x, y, width):
    """The squared maximum mean discrepancy between the distributions of x and y, both (N, D):
    Mean.

        MMD² = E[k(x, x')] + E[k(y, y')] − 2 E[k(x, y)],   k(a, b) = exp(−‖a − b‖²/(2 width²))

    It is 0 only where the two distributions are one. The estimate is unbiased, so it may fall
    below 0. Its standard error is that of a U-statistic, 2/√N times the spread of what each pair
    (x_i, y_i) contributes; where MMD² is 0 it is too large by √2 or so.   Gretton et al. 2012,
    lemma 6.

    Raises ValueError for sets of different sizes, fewer than 3 rows, and a width that is not
    positive.
    """
    x, y = to_host(x), to_host(y)
    if len(x) != len(y) or len(x) < 3:
        raise ValueError(f"mmd needs as many rows of x as of y, 3 or more, not {len(x)} and "
                         f"{len(y)}")
    if not 0.0 < width < math.inf:
        raise ValueError(f"the width of the kernel must be a positive number, not {width!r}")
    n, scale = len(x), -0.5 / width ** 2
    total = np.zeros(n)
    for start in range(0, n, ROWS):
        rows = slice(start, min(start + ROWS, n))
        pairs = (np.exp(scale * squared_distances(x[rows], x))
                 + np.exp(scale * squared_distances(y[rows], y))
                 - np.exp(scale * squared_distances(x[rows], y))
                 - np.exp(scale * squared_distances(y[rows], x)))  # eq. mmd
        pairs[np.arange(len(pairs)), np.arange(rows.start, rows.stop)] = 0.0
        total[rows] = pairs.sum(axis=1)
    share = total / (n - 1)
    return Mean(float(share.mean()), float(2.0 * share.std(ddof=1) / math.sqrt(n)))
