"""A little VAE of each kind, and expectations over ε without an error."""
import numpy as np
import pytest

import vae_np as vn

LIKELIHOODS = ("bernoulli", "gaussian", "gaussian-sigmoid", ("gaussian", 0.3))


@pytest.fixture(params=LIKELIHOODS, ids=str)
def likelihood(request):
    return request.param


@pytest.fixture
def little_vae(likelihood):
    """5 pixels, 2 latents, float64, and weights far from their small start."""
    rng = np.random.default_rng(1)
    model = vn.VAE(5, 2, (4,), likelihood=likelihood, dtype="float64", rng=rng)
    model.params.vector[...] += 0.5 * rng.standard_normal(model.params.vector.shape)
    return model


@pytest.fixture
def sigma_points():
    """points(n, z_dim): ε (2Z, n, Z) at ±√Z along each axis.

    Their mean is 0 and their covariance exactly I, so they integrate a quadratic in ε, such as
    log p(x, z) of the linear-Gaussian model, without an error. Noise is an argument: no sampling.
    """
    def points(n, z_dim):
        axes = np.sqrt(z_dim) * np.eye(z_dim)
        return np.repeat(np.concatenate([axes, -axes])[:, None], n, axis=1)
    return points
