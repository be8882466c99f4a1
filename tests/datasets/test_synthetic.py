"""The points in the plane lie where their definitions put them.

All limits are more than 6.5 standard deviations of what chance does: false alarms stay below 1e-6
a test, most below 1e-8.
"""
import numpy as np
import pytest

from vae_np.datasets.synthetic import (GENERATORS, checkerboard, draw, eight_gaussians, pinwheel,
                                       spiral, two_moons)


def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("name", GENERATORS)
def test_form_and_range(name):
    """Sees a mean that is off by 0.3, a point twice too far."""
    points, labels = draw(name, 5001, rng())
    assert points.shape == (5001, 2) and points.dtype == np.float32
    assert points.flags.c_contiguous
    assert 2.5 < np.abs(points).max() < 6.0 and np.abs(points.mean(axis=0)).max() < 0.22
    classes = GENERATORS[name][1]
    assert labels is None if classes is None else set(labels) == set(range(classes))
    np.testing.assert_array_equal(draw(name, 5001, rng())[0], points)
    assert GENERATORS[name][0](7, rng()).shape == (7, 2)  # labels are optional


def test_each_gaussian_sits_at_its_label():
    """Sees a centre that is off by 0.1, a standard deviation of 0.13 or of 0.27."""
    labels = np.repeat(np.arange(8), 500)
    points = eight_gaussians(4000, rng(), labels).reshape(8, 500, 2)
    angles = np.arange(8) * np.pi / 4
    centres = 3 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    np.testing.assert_allclose(points.mean(axis=1), centres, atol=0.06)
    np.testing.assert_allclose(points.std(axis=1), 0.2, atol=0.045)


def test_the_arms_of_the_pinwheel_are_rotations_of_each_other():
    for arm in range(5):
        points = pinwheel(100, rng(), np.full(100, arm))
        turn = 2 * np.pi * arm / 5
        rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        np.testing.assert_allclose(points, pinwheel(100, rng(), np.zeros(100)) @ rotation.T,
                                   atol=1e-5)


def test_the_moons_are_half_circles():
    """The noise is 0.15. Sees a radius of 1 or 3, and whole circles, which reach down to −2."""
    points = two_moons(2000, rng(), np.repeat([0, 1], 1000))
    upper, lower = points[:1000] + [1, 0.5], points[1000:] - [1, 0.5]
    np.testing.assert_allclose(np.hypot(*upper.T), 2, atol=1.0)
    np.testing.assert_allclose(np.hypot(*lower.T), 2, atol=1.0)
    assert upper[:, 1].min() > -1.0 and lower[:, 1].max() < 1.0


def test_the_spirals_radius_grows_with_its_angle():
    """The noise is 0.1, at most 0.28 in the angle. Sees an arm that is turned the wrong way."""
    points = spiral(2000, rng(), np.zeros(2000))
    radius, angle = np.hypot(*points.T), np.arctan2(points[:, 1], points[:, 0])
    off = (angle - 3 * np.pi * radius / 3.5 + np.pi) % (2 * np.pi) - np.pi
    assert np.abs(off[radius > 1.5]).max() < 2.2  # the other arm is π away


def test_the_checkerboards_light_squares_are_empty():
    """To rounding, which may lift a point onto its upper edge. Sees a point in a light square."""
    square = np.floor((checkerboard(4000, rng()) - 1e-6) / 2).astype(int)
    assert (square.sum(axis=1) % 2 == 0).all()
    assert len(np.unique(square, axis=0)) == 8
    with pytest.raises(ValueError, match="takes no labels"):
        checkerboard(2, rng(), [0, 1])
