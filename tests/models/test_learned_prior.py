"""A trained VAE's networks with a prior that learns."""
import numpy as np
import pytest

import vae_np as vn
from vae_np.experiments.jobs.training import TrainingJob
from vae_np.models import LearnedPriorVAE
from vae_np.runs import Run, RunError, save_model

NETWORKS = {"z_dim": 2, "hidden": (8,)}


@pytest.fixture(scope="module")
def x():
    """Digits of three kinds, so that the codes lie in three heaps, which N(0, I) does not fit."""
    rng = np.random.default_rng(0)
    kinds = rng.random((3, 20)) < 0.5
    flips = rng.random((900, 20)) < 0.05
    return (kinds[np.arange(900) % 3] ^ flips).astype(np.float32)


@pytest.fixture(scope="module")
def vae(x):
    model = vn.VAE(20, **NETWORKS, rng=np.random.default_rng(1))
    vn.fit(model, x, epochs=40, lr=0.01, rng=np.random.default_rng(2))
    return model


@pytest.mark.parametrize("prior", ["coupling:4x16", "mixture:5"])
def test_only_the_prior_moves_and_the_bound_gains(vae, x, prior):
    model = LearnedPriorVAE(20, **NETWORKS, prior=prior, rng=np.random.default_rng(3))
    model.start_from(vae)
    eps = vae.noise(np.random.default_rng(4), len(x), 20)
    before = vae.elbo(x, eps, "A")
    vn.fit(model, x, epochs=40, lr=0.01, rng=np.random.default_rng(5))
    for name, value in vae.params.items():
        np.testing.assert_array_equal(model.params[name], value)
    gain = model.elbo(x, eps, "A") - before
    assert gain.mean() > 0.05 and gain.mean() > 4 * gain.std() / np.sqrt(len(x))


def test_what_it_climbs_is_all_of_the_bound_that_the_prior_can_change(vae, x):
    model = LearnedPriorVAE(20, **NETWORKS, prior="coupling:3x4", dtype="float64")
    model.params.vector[...] = np.random.default_rng(6).normal(size=len(model.params.vector)) / 2
    eps = model.noise(np.random.default_rng(7), 9, 4)
    _, grads = model.elbo_and_grad(x[:9], eps, "A")
    value, alone = model.aggregate_and_grad(x[:9], eps)
    np.testing.assert_allclose(alone.vector, grads.vector, rtol=1e-12, atol=1e-14)
    assert value == pytest.approx(model.aggregate(x[:9], eps).mean(), rel=1e-14)


def test_it_starts_from_a_vae_of_the_same_networks_alone(vae):
    model = LearnedPriorVAE(20, **NETWORKS)
    with pytest.raises(TypeError, match="^a LearnedPriorVAE starts from a VAE, not from an Auto"):
        model.start_from(vn.models.Autoencoder(20, **NETWORKS))
    with pytest.raises(ValueError, match=r"the VAE's hidden is \[9\], this model's \[8\]"):
        model.start_from(vn.VAE(20, 2, (9,)))
    with pytest.raises(ValueError, match="no parameters, and a LearnedPriorVAE trains nothing"):
        LearnedPriorVAE(20, **NETWORKS, prior="standard-normal")


def test_it_starts_from_a_vae_of_another_dtype_and_first_weights(vae):
    """Neither changes what the networks are."""
    model = LearnedPriorVAE(20, **NETWORKS, dtype="float64", init="paper")
    assert model.start_from(vae) is model
    name = "decoder.logits.W"
    np.testing.assert_array_equal(model.params[name], vae.params[name])


@pytest.mark.parametrize("prior", ["coupling:2x4", "mixture:3"])
def test_its_own_prior_stays_whatever_the_vae_s_was(prior):
    """The VAE may have learnt one too, of the same kind or of another."""
    vae = vn.VAE(20, **NETWORKS, prior="coupling:2x4", rng=np.random.default_rng(8))
    vae.params.vector[...] += 0.3
    model = LearnedPriorVAE(20, **NETWORKS, prior=prior, rng=np.random.default_rng(9))
    before = model.params.part("prior").vector.copy()
    model.start_from(vae)
    np.testing.assert_array_equal(model.params.part("prior").vector, before)
    np.testing.assert_array_equal(model.params.part("encoder").vector,
                                  vae.params.part("encoder").vector)


def test_what_it_climbs_is_a_number_for_each_example(vae, x):
    model = LearnedPriorVAE(20, **NETWORKS, prior="mixture:3", dtype="float64").start_from(vae)
    eps = model.noise(np.random.default_rng(10), 9, 4)
    z = model.posterior(x[:9]).sample(eps)[0]
    np.testing.assert_allclose(model.aggregate(x[:9], eps), model.log_prior(z).mean(axis=0),
                               rtol=1e-13)


def test_a_run_starts_from_a_checkpoint_and_can_be_loaded(vae, tmp_path):
    save_model(vae, tmp_path / "vae.npz")
    config = {"data": "mnist5k:100", "seed": 0, "device": "cpu",
              "model": {"class": "LearnedPriorVAE", "z_dim": 2, "hidden": [8],
                        "prior": "coupling:2x4"}, "training": {"samples_seen": 200}}
    with pytest.raises(RunError, match='LearnedPriorVAE starts from another model'):
        Run.create(tmp_path / "none", config)
    digits = vn.VAE(784, 2, (8,))
    save_model(digits, tmp_path / "digits.npz")
    TrainingJob(tmp_path / "run", config | {"start_from": "../digits.npz"}).run()
    again = vn.load(tmp_path / "run")
    assert isinstance(again, LearnedPriorVAE) and again.prior.spec == "coupling:2x4"
    np.testing.assert_array_equal(again.params["decoder.logits.W"],
                                  digits.params["decoder.logits.W"])
