"""Synthetic data in the plane: a density that one can see shows what a model misses.

Each generator is `f(n, rng, labels=None) -> points`, (n, 2) float32 within about [-4, 4].
`labels` (n,) says which arm, moon or mode each point belongs to; None draws them evenly.
"""
import numpy as np


def _labels_or_draw(n, rng, labels, classes):
    return rng.integers(classes, size=n) if labels is None else np.asarray(labels)


def _polar(radius, angle):
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).astype(np.float32)


def pinwheel(n, rng, labels=None):
    """Five arms, each a long thin Gaussian bent by a twist that grows with the radius."""
    arm = _labels_or_draw(n, rng, labels, 5)
    along = 2 + 0.55 * rng.standard_normal(n)
    across = 0.1 * rng.standard_normal(n)
    twist = 0.5 * along
    return _polar(np.hypot(along, across), 2 * np.pi * arm / 5 + twist + np.arctan2(across, along))


def two_moons(n, rng, labels=None):
    """Two interleaved half circles with Gaussian noise."""
    moon = _labels_or_draw(n, rng, labels, 2)
    upper = _polar(2, np.pi * rng.random(n)) - np.float32([1, 0.5])
    points = np.where(moon[:, None] == 0, upper, -upper)
    return points + np.float32(0.15) * rng.standard_normal((n, 2), dtype=np.float32)


def eight_gaussians(n, rng, labels=None):
    """Eight round Gaussians, standard deviation 0.2, on a circle of radius 3."""
    mode = _labels_or_draw(n, rng, labels, 8)
    noise = np.float32(0.2) * rng.standard_normal((n, 2), dtype=np.float32)
    return _polar(3, 2 * np.pi * mode / 8) + noise


def spiral(n, rng, labels=None):
    """Two arms of an Archimedean spiral, one and a half turns each."""
    arm = _labels_or_draw(n, rng, labels, 2)
    turned = np.sqrt(rng.random(n))  # the square root spreads the points evenly along the arm
    noise = np.float32(0.1) * rng.standard_normal((n, 2), dtype=np.float32)
    return _polar(3.5 * turned, np.pi * (3 * turned + arm)) + noise


def checkerboard(n, rng, labels=None):
    """Uniform on the dark squares of a 4 by 4 board over [-4, 4]²; no labels, no noise."""
    if labels is not None:
        raise ValueError("the checkerboard has no classes, so it takes no labels")
    column = rng.integers(4, size=n)
    row = 2 * rng.integers(2, size=n) + column % 2
    corner = np.stack([column, row], axis=1)
    return (2 * (corner + rng.random((n, 2))) - 4).astype(np.float32)


# name -> (generator, number of classes or None)
GENERATORS = {
    "pinwheel": (pinwheel, 5),
    "two-moons": (two_moons, 2),
    "eight-gaussians": (eight_gaussians, 8),
    "spiral": (spiral, 2),
    "checkerboard": (checkerboard, None),
}


def draw(name, n, rng):
    """Points (n, 2) float32 of the generator `name` and their labels, (n,) int or None."""
    generator, classes = GENERATORS[name]
    labels = None if classes is None else rng.integers(classes, size=n)
    return generator(n, rng, labels), labels
