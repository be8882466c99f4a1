"""Grey pixels to 0 and 1: in which way, when, and with which random numbers.

A Bernoulli decoder is a distribution over 0 and 1. MNIST's pixels are grey. Read as
probabilities they give binary images, and there are several ways to do it. They give different
likelihoods, so a number for binarised MNIST means nothing until the way is named.
"""
from dataclasses import dataclass

import numpy as np

from ..arrays import ArrayError, DatasetError
from ..likelihoods import draw_bernoulli

MODES = {
    "dynamic": "a fresh Bernoulli draw each time an image is presented",
    "fixed": "one Bernoulli draw, made before training and kept",
    "threshold": "1 where a pixel is at least 0.5, else 0",
    "none": "grey pixels as they are; a Bernoulli score of them is a bound score, "
            "not a likelihood",
}
MNIST_FAMILY = ("mnist5k", "mnist", "fashion-mnist")
RULER_SEED = 0
TRAIN_SEED = 1  # not the ruler's: the training set is drawn with other random numbers
NUMBERS_AT_ONCE = 1 << 16  # drawn at a time, few enough to stay in the processor's cache


def _require_unit_interval(x):
    if x.size:
        low, high = x.min(), x.max()
        if not (low >= 0 and high <= 1):  # written so that NaN fails too
            raise ArrayError("binarisation reads pixels as probabilities, so they must lie in "
                             f"[0, 1]; these run from {low:g} to {high:g}")


def binarize(x, rng, *, numbers_at_once=NUMBERS_AT_ONCE):
    """Draw 0/1 with x as the probabilities of 1.

    x, any shape, in [0, 1]. Returns float32 of the same shape, equal to
    `rng.random(x.shape, dtype=np.float32) < x`; the work is done in blocks of numbers_at_once,
    which needs no second array of random numbers and uses the same stream of them.
    Raises ArrayError where x leaves [0, 1], TypeError where rng is no numpy Generator.
    """
    if not isinstance(rng, np.random.Generator):
        raise TypeError("binarize needs a numpy.random.Generator, such as "
                        f"np.random.default_rng(0), not {type(rng).__name__}")
    x = np.asarray(x)
    _require_unit_interval(x)
    probabilities = x.reshape(-1)
    drawn = np.empty(x.size, dtype=np.float32)
    for start in range(0, x.size, numbers_at_once):
        block = slice(start, start + numbers_at_once)
        drawn[block] = draw_bernoulli(probabilities[block], rng)
    return drawn.reshape(x.shape)


def binarize_fixed(x, seed):
    """One reproducible draw: `binarize` with a generator made from `seed`."""
    return binarize(x, np.random.default_rng(seed))


def threshold(x):
    """1 where x is at least 0.5, else 0; float32 of x's shape. Raises as `binarize` does."""
    x = np.asarray(x)
    _require_unit_interval(x)
    return (x >= 0.5).astype(np.float32)


def ruler_test_set(test):
    """The ruler: the one 0/1 draw of the test images that every printed likelihood uses.

    test (N, D) in [0, 1]. Returns (N, D) float32,
    `np.random.default_rng(0).random(test.shape, dtype=np.float32) < test`.
    """
    return binarize_fixed(test, RULER_SEED)


def default_mode(dataset_name, likelihood, same_data=False):
    """The mode for a data set and a likelihood, both by name, where the user chose none.

    same_data: whether each step must see the same data, as EM does.
    """
    family = str(dataset_name).partition(":")[0]  # mnist:1000 is MNIST
    bernoulli_digits = family in MNIST_FAMILY and likelihood == "bernoulli"
    if not bernoulli_digits:
        return "none"
    return "fixed" if same_data else "dynamic"


@dataclass(frozen=True)
class Binarization:
    """One way to binarise, applied at the three places where it matters.

    mode: a key of MODES. seed: of the generator that draws the training set under "fixed".

    missing: whether NaN is welcome, as the mark of a missing entry; it stays one.

    Under "dynamic" and "fixed" the test set is always the ruler's one draw, so that figures of
    different epochs, runs and models are about the same images. Raises DatasetError for an
    unknown mode.
    """
    mode: str
    seed: int = TRAIN_SEED
    missing: bool = False

    def __post_init__(self):
        if not isinstance(self.mode, str) or self.mode not in MODES:
            raise DatasetError(f"unknown binarisation {self.mode!r}: choose from "
                               f"{', '.join(MODES)}")

    def train_array(self, x):
        """The training set as a run keeps it, (N, D) → (N, D): binarised once, where the mode is
        "fixed" or "threshold".
        """
        if self.mode == "fixed":
            return self._beside_gaps(binarize_fixed, x, self.seed)
        return self._beside_gaps(threshold, x) if self.mode == "threshold" else x

    def batch(self, x, rng):
        """A batch of `train_array`'s rows as one step of training sees it, (M, D) → (M, D)."""
        return self._beside_gaps(binarize, x, rng) if self.mode == "dynamic" else x

    def test_array(self, x):
        """The test set as every evaluation sees it, (N, D) → (N, D)."""
        if self.mode in ("dynamic", "fixed"):
            return self._beside_gaps(ruler_test_set, x)
        return self._beside_gaps(threshold, x) if self.mode == "threshold" else x

    def _beside_gaps(self, draw, x, *how):
        """draw(x, *how), with the gaps left as they are. They take their random numbers all the
        same: what is drawn for the other pixels does not depend on them.
        """
        gaps = np.isnan(x) if self.missing else np.zeros(1, bool)
        if not gaps.any():
            return draw(x, *how)
        drawn = draw(np.where(gaps, x.dtype.type(0), x), *how)
        drawn[gaps] = np.nan
        return drawn
