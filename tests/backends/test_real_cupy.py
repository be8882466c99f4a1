"""The real CuPy: optional. Its names need CuPy alone; the numbers need a GPU. Skipped elsewhere.

    pip install cupy-cuda12x
    python -m pytest tests/backends/test_real_cupy.py

With `python -m pytest tests/backends --gpu` all tests of this folder run on the real CuPy.
"""
import numpy as np
import pytest
import record_cupy_names
from read_source import all_faults

import vae_np as vn
from vae_np import evaluation
from vae_np.backend import DeviceError, device_module, to_host
from vae_np.training.vae import VAETrainer

cupy = pytest.importorskip("cupy", exc_type=ImportError)

# A GPU adds in another order. float64 rounds at 1e-16 and float32 at 6e-8; sums of a thousand
# terms and three steps of training lose a few digits of each.
TOLERANCE = {"float64": 1e-9, "float32": 1e-3}


@pytest.fixture
def gpu():
    """A GPU that works, or the test is skipped."""
    try:
        return device_module("cuda")
    except DeviceError as error:
        pytest.skip(str(error))


def test_the_installed_cupy_has_all_that_the_source_asks_for():
    assert all_faults(record_cupy_names.record(cupy)) == []


def test_the_record_is_what_its_version_of_cupy_says():
    recorded = record_cupy_names.read()
    if cupy.__version__ != recorded["cupy"]:
        pytest.skip(f"CuPy {cupy.__version__} is here, {recorded['cupy']} is on record")
    assert record_cupy_names.record(cupy) == recorded


def test_a_dtype_may_be_given_by_name():
    from cupy._core._dtype import get_dtype
    assert get_dtype("float64") == np.float64 and get_dtype("float32") == np.float32


def test_the_device_is_there_or_a_line_says_why_not():
    try:
        assert device_module("cuda") is cupy
    except DeviceError as error:
        assert "use --device cpu" in str(error) and "\n" not in str(error)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("estimator", ["A", "B"])
def test_training_on_a_gpu_agrees_with_the_host(gpu, likelihood, activation, estimator, dtype):
    x = (np.random.default_rng(0).random((20, 30)) < 0.3).astype(np.float32)
    states, bounds = [], []
    for device in ("cuda", "cpu"):
        model = vn.VAE(30, 3, (11, 7), activation, likelihood, dtype=dtype).to(device)
        trainer = VAETrainer(model, vn.SGD(model.params, lr=1e-3), estimator=estimator,
                             total_samples=60, train_size=20, weight_prior="all")
        rng = np.random.default_rng(1)
        for _ in range(3):
            trainer.step(x, np.arange(20), rng)
        states.append(trainer.state()["params"])
        bounds.append(evaluation.evaluate(model, x, rng=rng, num_samples=50))
    np.testing.assert_allclose(*states, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])
    for name in ("elbo", "nll", "kl"):
        assert bounds[0][name] == pytest.approx(bounds[1][name], rel=TOLERANCE[dtype])


def test_samples_on_a_gpu_come_from_the_same_dice(gpu, likelihood):
    draws = [vn.VAE(30, 3, (11,), likelihood=likelihood, dtype="float64").to(device)
             .sample(50, np.random.default_rng(2)) for device in ("cuda", "cpu")]
    np.testing.assert_allclose(to_host(draws[0]), draws[1], rtol=1e-9, atol=1e-9)
