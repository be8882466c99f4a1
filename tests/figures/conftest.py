import types

import matplotlib
import numpy as np
import pytest

from vae_np import catalogue
from vae_np.posteriors import DiagonalGaussian
from vae_np.priors import StandardNormal

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402


class ToyModel:
    """A model that can be computed by hand: pixel d of E[x|z] is sigmoid(z · w_d).

    q(z|x) has the mean (x[0], 2 x[1], ...) and the log-variance −2.
    """

    latent_symbol = "z"
    prior = StandardNormal(2)

    def __init__(self, x_dim=12, z_dim=2):
        self.x_dim, self.z_dim = x_dim, z_dim
        self.weights = np.random.default_rng(5).standard_normal((z_dim, x_dim))

    def posterior(self, x):
        mean = x[:, :self.z_dim] * np.arange(1, self.z_dim + 1)
        return DiagonalGaussian(mean, np.full_like(mean, -2.0))

    def sample_posterior(self, x, rng):
        return self.posterior(x).sample(rng.standard_normal((1, len(x), self.z_dim)))[0]

    def decode(self, z):
        return 1 / (1 + np.exp(-z @ self.weights))

    def reading(self, x):
        return self, x

    def base(self, z):
        return z

    def from_base(self, u):
        return u

    def sample_mean(self, n, rng):
        return self.decode(rng.standard_normal((n, self.z_dim)))

    def sample(self, n, rng):
        mean = self.sample_mean(n, rng)
        return (rng.random(mean.shape) < mean).astype(float)


@pytest.fixture
def toy(monkeypatch):
    """The class of toy models, with a row in the catalogue: that is all it takes."""
    row = catalogue.Kind(ToyModel, None, "a toy", None, None, catalogue.VAE_LIKE, {})
    monkeypatch.setattr(catalogue, "KINDS", (*catalogue.KINDS, row))
    return ToyModel


@pytest.fixture
def ax():
    """Axes of a figure that pyplot does not know."""
    return Figure().subplots()


@pytest.fixture
def x():
    return np.random.default_rng(1).random((9, 12))


@pytest.fixture
def metrics():
    return [{"epoch": e, "samples_seen": 100 * e, "train_elbo": -90 - 100 / e,
             "test_elbo": -95 - 90 / e, "seconds": 1.0} for e in range(1, 61)]


@pytest.fixture
def dataset():
    def make(test, labels=None, image_shape=None):
        return types.SimpleNamespace(test=test, test_labels=labels, image_shape=image_shape)
    return make


@pytest.fixture(autouse=True)
def leaves_no_trace():
    """No picture changes matplotlib's settings or leaves a figure open."""
    before = dict(matplotlib.rcParams)
    yield
    assert dict(matplotlib.rcParams) == before
    assert pyplot.get_fignums() == []
