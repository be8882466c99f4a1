"""One small VAE for the pitfalls, and binary images for it."""
import numpy as np
import pytest

import vae_np as vn


@pytest.fixture
def make_vae():
    """make_vae(**arguments) -> a float64 VAE of 5 pixels and 2 latents, far from its start."""
    def make(x_dim=5, **arguments):
        rng = np.random.default_rng(1)
        model = vn.VAE(x_dim, 2, **{"hidden": (4,), "dtype": "float64", "rng": rng, **arguments})
        model.params.vector[...] += 0.5 * rng.standard_normal(model.params.vector.shape)
        return model
    return make


@pytest.fixture
def images():
    """(7, 5), 0 or 1."""
    return (np.random.default_rng(2).random((7, 5)) < 0.5).astype(np.float64)
