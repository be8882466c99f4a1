"""The autoencoder: its gradient, what a linear one reaches (PCA), what it refuses; it resumes."""
import numpy as np
import pytest

import vae_np as vn
from vae_np.evaluation import evaluate, reconstruction
from vae_np.models.autoencoder import Autoencoder
from vae_np.runs import Run, read_metrics

N, D, Z = 7, 5, 3


class Silent:
    def step(self, loop):
        """Nothing is told."""

    def record(self, record):
        """Nothing is told."""


def config(**training):
    return {"data": "pinwheel", "seed": 0, "device": "cpu",
            "model": {"class": "Autoencoder", "z_dim": 1, "hidden": [9],
                      "likelihood": "gaussian:0.1"},
            "training": {"epochs": 2, "batch_size": 70, "schedule": "constant",
                         "weight_prior": "all", **training}}


@pytest.fixture
def model():
    return Autoencoder(D, Z, (4,), dtype="float64", rng=np.random.default_rng(0))


@pytest.fixture
def x():
    return (np.random.default_rng(1).random((N, D)) < 0.5).astype(float)


def test_it_is_the_vae_at_the_mean(model, x):
    """Same names, same decoder: the VAE's log p(x|z) at z = μ(x), bit for bit."""
    vae = vn.VAE(D, Z, (4,), dtype="float64")
    for name, value in model.params.items():
        vae.params[name] = value
    assert set(vae.params) - set(model.params) == {"encoder.logvar.W", "encoder.logvar.b"}
    mean, _ = vae.encode(x)
    np.testing.assert_array_equal(model.codes(x), mean)
    np.testing.assert_array_equal(model.reconstruction(x), vae.log_px_given_z(x, mean))
    np.testing.assert_array_equal(model.reconstruct(x), vae.decode(mean))


def test_its_value_is_minus_the_cross_entropy(model, x):
    p = model.reconstruct(x)
    cross_entropy = -np.sum(x * np.log(p) + (1 - x) * np.log(1 - p), axis=1)
    np.testing.assert_allclose(model.reconstruction(x), -cross_entropy, rtol=1e-13)
    value, _ = model.reconstruction_and_grad(x)
    assert value == pytest.approx(-cross_entropy.mean(), rel=1e-13)
    np.testing.assert_array_equal(reconstruction(model, x, batch_size=3), model.reconstruction(x))


def test_it_has_no_density(model):
    """What would pass for a likelihood or a sample is not there to be called."""
    for name in ("log_prior", "log_joint", "log_weights", "elbo", "sample", "noise"):
        assert not hasattr(model, name)
    with pytest.raises(ValueError, match="an Autoencoder has no likelihood to evaluate"):
        evaluate(model, np.zeros((3, D)), rng=np.random.default_rng(0))


def test_a_linear_one_reaches_pca():
    """Best linear reconstruction of rank 2: what is left is the sum of the other eigenvalues."""
    rng = np.random.default_rng(2)
    x = rng.standard_normal((200, D)) @ rng.standard_normal((D, D)) + 3.0
    model = Autoencoder(D, 2, (), likelihood=("gaussian", 1.0), dtype="float64", rng=rng)
    vn.fit(model, x, epochs=3000, batch_size=200, lr=0.05, rng=rng)
    error = np.sum((x - model.reconstruct(x)) ** 2, axis=1).mean()
    lost = np.sort(np.linalg.eigvalsh(np.cov(x.T, bias=True)))[:-2].sum()
    assert error == pytest.approx(lost, rel=1e-6)
    value = -0.5 * (lost + D * np.log(2 * np.pi))
    assert model.reconstruction(x).mean() == pytest.approx(value, rel=1e-6)


def test_it_learns_the_digits():
    """With a code of 10 numbers, better than the best constant picture and than its start."""
    data = vn.load_dataset("mnist5k")
    model = Autoencoder(784, 10, (50,), rng=np.random.default_rng(0))
    history = vn.fit(model, data.train, epochs=4, rng=np.random.default_rng(1), lr=3e-3,
                     test=data.test[:200], binarize="dynamic")
    assert set(history[0]) == {"epoch", "samples_seen", "train_reconstruction",
                               "test_reconstruction", "seconds"}
    mean = np.clip(data.train.mean(axis=0), 1e-3, 1 - 1e-3)
    constant = np.mean(data.test[:200] @ np.log(mean) + (1 - data.test[:200]) @ np.log(1 - mean))
    assert constant + 40 < history[-1]["test_reconstruction"] < 0


def test_a_resumed_run_is_bit_for_bit_the_same(tmp_path):
    whole = Run.create(tmp_path / "whole", config())
    whole.train(Silent())
    Run.create(tmp_path / "halves", config(epochs=0.7)).train(Silent())
    halves = Run.resume(tmp_path / "halves", {"epochs": 2})
    halves.train(Silent())
    np.testing.assert_array_equal(halves.model.params.vector, whole.model.params.vector)
    assert isinstance(vn.load(tmp_path / "halves"), Autoencoder)
    assert set(read_metrics(tmp_path / "halves")[-1]) >= {"train_reconstruction",
                                                          "test_reconstruction"}


@pytest.mark.parametrize("setting", ["kl_warmup", "mc_samples"])
def test_settings_that_mean_nothing_are_refused(model, x, setting):
    with pytest.raises(ValueError, match=f"{setting} means nothing to an Autoencoder"):
        vn.fit(model, x, epochs=1, **{setting: 3})


def test_divergence_stops_the_run(model, x):
    model.params["decoder.logits.b"] = np.nan
    with pytest.raises(FloatingPointError, match="the training reconstruction became infinite"):
        vn.fit(model, x, epochs=1, output_bias=False)
