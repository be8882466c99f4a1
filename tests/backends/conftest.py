"""CuPy's test double in the place of CuPy, and models in pairs: on the host and on the device.

With --gpu the device is a GPU: the same tests, on the real CuPy.
"""
import sys
from pathlib import Path

import numpy as np
import pytest

import vae_np as vn
from vae_np.backend import device_module
from vae_np.checking import library

# The helpers of these tests stand beside them, where --import-mode=importlib does not look.
sys.path.insert(0, str(Path(__file__).parent))
import devices  # noqa: E402
import fake_cupy  # noqa: E402

ACTIVATIONS = ("tanh", "relu", "softplus", "sigmoid")


@pytest.fixture(params=ACTIVATIONS)
def activation(request):
    return request.param


def pytest_configure(config):
    devices.on_gpu.chosen = config.getoption("--gpu")


@pytest.fixture
def cupy(monkeypatch):
    """The module of the device: the double, which `import cupy` finds, or CuPy itself."""
    if devices.on_gpu.chosen:
        return device_module("cuda")
    fake_cupy.install(monkeypatch)
    return fake_cupy


@pytest.fixture
def traffic(cupy):
    """The double's notebook of copies, empty at first. CuPy keeps none."""
    if devices.on_gpu.chosen:
        pytest.skip("only the double counts copies")
    cupy.traffic.up.clear()
    cupy.traffic.down.clear()
    return cupy.traffic


@pytest.fixture
def pair(cupy):
    """pair(**arguments) → the same VAE of 6 pixels and 2 latents twice, on the host and on the
    device. On a GPU in float64, unless asked otherwise: sharper eyes."""
    def make(**arguments):
        precise = {"dtype": "float64"} if devices.on_gpu.chosen else {}
        arguments = {"x_dim": 6, "z_dim": 2, "hidden": (5, 4), **precise, **arguments}
        host, device = (vn.VAE(**arguments, rng=np.random.default_rng(1)) for _ in range(2))
        device.to("cuda")
        return host, device
    return make


@pytest.fixture
def x():
    """(7, 6) data, 0 or 1: right for every likelihood."""
    return (np.random.default_rng(2).random((7, 6)) < 0.4).astype(np.float32)


@pytest.fixture(scope="session")
def pair_checks():
    """{name: (forward, backward, inputs)} of every pair of functions of the mathematics."""
    pairs = {name for name, *_ in library.find_pairs()}
    return {name: (forward, backward, inputs)
            for name, forward, backward, inputs, _ in library.all_checks() if name in pairs}
