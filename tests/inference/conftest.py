"""Targets of HMC: some whose answers are known, one that bends."""
import numpy as np
import pytest


class Gaussians:
    """N Gaussians of 3 dimensions, each with a mean and a full covariance of its own."""

    def __init__(self, n, rng):
        A = rng.standard_normal((n, 3, 3))
        self.mean = rng.standard_normal((n, 3))
        self.covariance = 0.1 * A @ A.transpose(0, 2, 1) + 0.05 * np.eye(3)
        self.precision = np.linalg.inv(self.covariance)

    def __call__(self, z):
        """log_prob_and_grad, up to a constant."""
        d_z = np.einsum("nij,...nj->...ni", self.precision, self.mean - z)
        return 0.5 * np.sum((z - self.mean) * d_z, axis=-1), d_z

    def draw(self, rng, chains):
        """(chains, N, 3) exact, independent draws."""
        noise = rng.standard_normal((chains, *self.mean.shape))
        return self.mean + np.einsum("nij,...nj->...ni", np.linalg.cholesky(self.covariance),
                                     noise)


@pytest.fixture
def gaussians():
    return Gaussians(5, np.random.default_rng(1))


@pytest.fixture
def curved():
    """log_prob_and_grad of a density in 3 dimensions that bends: −½‖z‖² + Σ cos(2 z_j z_j+1)."""
    def log_prob_and_grad(z):
        after, before = np.roll(z, -1, axis=-1), np.roll(z, 1, axis=-1)
        value = -0.5 * np.sum(z * z, axis=-1) + np.sum(np.cos(2.0 * z * after), axis=-1)
        d_z = -z - 2.0 * after * np.sin(2.0 * z * after) - 2.0 * before * np.sin(2.0 * z * before)
        return value, d_z
    return log_prob_and_grad


@pytest.fixture
def parts():
    """parts(estimate): all that an Estimate holds of each image, a list of arrays."""
    return lambda estimate: [*estimate[:3], *estimate.details.values()]
