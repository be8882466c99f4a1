"""Binarisation: the draw is the formula's, whatever the blocks; the modes do what they say."""
import numpy as np
import pytest

from vae_np.arrays import ArrayError, DatasetError
from vae_np.datasets.binarization import (MODES, Binarization, binarize, binarize_fixed,
                                          default_mode, ruler_test_set, threshold)

GREY = np.random.default_rng(5).random((23, 31)).astype(np.float32)


@pytest.mark.parametrize("block", [1, 7, 64, 713, 1 << 17])
@pytest.mark.parametrize("x", [GREY, GREY.astype(np.float64), GREY[::2, ::3], GREY.T, GREY[0],
                               GREY.reshape(23, 1, 31), np.zeros((0, 4), np.float32)])
def test_blocks_draw_what_one_call_draws(block, x):
    """Odd blocks matter: float32 draws use half of a 64-bit number and keep the other half."""
    ours, theirs = np.random.default_rng(3), np.random.default_rng(3)
    drawn = binarize(x, ours, numbers_at_once=block)
    assert drawn.dtype == np.float32 and drawn.flags.c_contiguous
    np.testing.assert_array_equal(drawn, theirs.random(x.shape, dtype=np.float32) < x)
    assert ours.random() == theirs.random()  # and it leaves the generator in the same state


def test_zero_and_one_are_certain():
    x = np.repeat(np.float32([[0, 1]]), 50_000, axis=0)
    np.testing.assert_array_equal(binarize(x, np.random.default_rng(0)), x)
    # The uniform number can be 0 itself: "less", not "at most", keeps black pixels black.
    uniform = np.random.default_rng(0).random(1000, dtype=np.float32)
    assert not binarize(uniform, np.random.default_rng(0)).any()


def test_the_input_is_left_alone():
    x = GREY.copy()
    for mode in MODES:
        way = Binarization(mode)
        way.batch(way.train_array(x), np.random.default_rng(0))
        way.test_array(x)
    np.testing.assert_array_equal(x, GREY)


@pytest.mark.parametrize("f", [lambda x: binarize(x, np.random.default_rng(0)), threshold])
@pytest.mark.parametrize("value", [np.nan, -0.01, 1.01, 255, np.inf])
def test_outside_the_unit_interval(f, value):
    x = GREY.copy()
    x[3, 4] = value
    with pytest.raises(ArrayError, match=r"must lie in \[0, 1\]"):
        f(x)


@pytest.mark.parametrize("rng", [0, None, np.random.RandomState(0)])
def test_only_a_generator_will_do(rng):
    with pytest.raises(TypeError, match="numpy.random.Generator"):
        binarize(GREY, rng)


def test_threshold_takes_a_half_as_one():
    assert threshold(np.float32([[0, 0.49, 0.5, 1]])).tolist() == [[0, 0, 1, 1]]
    assert threshold(GREY).dtype == np.float32


def test_the_ruler_is_the_formula():
    expected = np.random.default_rng(0).random(GREY.shape, dtype=np.float32) < GREY
    np.testing.assert_array_equal(ruler_test_set(GREY), expected)


def test_what_each_mode_does_where():
    ruler = ruler_test_set(GREY)
    rng = np.random.default_rng(9)

    dynamic = Binarization("dynamic")
    assert dynamic.train_array(GREY) is GREY
    first, second = dynamic.batch(GREY, rng), dynamic.batch(GREY, rng)
    assert set(np.unique(first)) == {0, 1} and not np.array_equal(first, second)
    np.testing.assert_array_equal(dynamic.test_array(GREY), ruler)

    fixed = Binarization("fixed", seed=4)
    kept = fixed.train_array(GREY)
    np.testing.assert_array_equal(kept, binarize_fixed(GREY, 4))
    assert fixed.batch(kept, rng) is kept
    np.testing.assert_array_equal(fixed.test_array(GREY), ruler)
    assert not np.array_equal(Binarization("fixed").train_array(GREY), ruler)  # other dice

    halves = Binarization("threshold")
    cut = halves.train_array(GREY)
    np.testing.assert_array_equal(cut, GREY >= 0.5)
    assert halves.batch(cut, rng) is cut
    np.testing.assert_array_equal(halves.test_array(GREY), cut)

    none = Binarization("none")
    assert none.train_array(GREY) is none.batch(GREY, rng) is none.test_array(GREY) is GREY


@pytest.mark.parametrize("data, likelihood, mode", [
    ("mnist", "bernoulli", "dynamic"), ("mnist5k", "bernoulli", "dynamic"),
    ("fashion-mnist", "bernoulli", "dynamic"), ("mnist", "gaussian-sigmoid", "none"),
    ("frey", "bernoulli", "none"), ("mine.npy", "bernoulli", "none"),
    ("pinwheel", ("gaussian", 0.1), "none"),
])
def test_default_mode(data, likelihood, mode):
    assert default_mode(data, likelihood) == mode


def test_an_unknown_mode():
    with pytest.raises(DatasetError, match="'random': choose from dynamic, fixed"):
        Binarization("random")
