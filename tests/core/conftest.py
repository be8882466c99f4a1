"""A little VAE of any kind, float64 unless a test asks for another."""
import sys
from pathlib import Path

import numpy as np
import pytest

import vae_np as vn

sys.path.insert(0, str(Path(__file__).parent))  # digits lies beside its tests

LIKELIHOODS = ("bernoulli", "gaussian", "gaussian-sigmoid", ("gaussian", 0.3))


@pytest.fixture(params=LIKELIHOODS, ids=str)
def likelihood(request):
    return request.param


@pytest.fixture
def make_vae():
    """make_vae(**arguments) -> a VAE of 5 pixels and 2 latents."""
    def make(**arguments):
        defaults = {"hidden": (4, 3), "dtype": "float64", "rng": np.random.default_rng(1)}
        return vn.VAE(5, 2, **{**defaults, **arguments})
    return make
