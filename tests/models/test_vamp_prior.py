"""The VampPrior: the mixture of the encoder's posteriors at inputs that are learned."""
import numpy as np
import pytest

import vae_np as vn
from vae_np.models.words import prior as parse
from vae_np.posteriors import DiagonalGaussian


def make(components=3, z_dim=2, **named):
    """A VAE with the prior, far from its start, in float64."""
    rng = np.random.default_rng(1)
    model = vn.VAE(6, z_dim, (5,), dtype="float64", rng=rng, prior=f"vamp:{components}", **named)
    model.params.vector[...] += 0.7 * rng.standard_normal(len(model.params.vector))
    return model


def pseudo_inputs(model):
    u = model.params["prior.pseudo_inputs"]
    return 1 / (1 + np.exp(-u)) if model.unit_interval else u


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian:0.3"])
def test_its_density_is_the_mean_of_the_posteriors_densities(likelihood):
    model = make(likelihood=likelihood)
    z = np.random.default_rng(2).standard_normal((4, 7, 2))
    q = model.posterior(pseudo_inputs(model))
    each = [DiagonalGaussian(q.mean[k:k + 1], q.logvar[k:k + 1]).log_prob(z) for k in range(3)]
    np.testing.assert_allclose(model.log_prior(z), np.log(np.mean(np.exp(each), axis=0)),
                               rtol=1e-10)


def test_it_integrates_to_one():
    """On a grid: −log K forgotten, or a ½ astray, is seen at once."""
    model = make()
    line, step = np.linspace(-15, 15, 601, retstep=True)
    z = np.stack(np.meshgrid(line, line), axis=-1)
    assert np.exp(model.log_prior(z)).sum() * step**2 == pytest.approx(1.0, rel=1e-9)


def test_one_pseudo_input_that_is_x_makes_a_kl_of_0():
    model = make(components=1, likelihood="gaussian:0.3")
    x = np.random.default_rng(3).standard_normal((1, 6))
    model.params["prior.pseudo_inputs"] = x
    eps = model.noise(np.random.default_rng(4), 1, 500)
    q = model.posterior(x)
    z, log_q, _ = q.sample(eps)
    np.testing.assert_allclose(model.log_prior(z), log_q, rtol=1e-10)


def test_with_every_example_as_a_pseudo_input_the_mean_kl_is_the_mutual_information():
    """0 ≤ mean KL( q(z|x) ‖ p ) ≤ log N, whatever the encoder; by 2000 draws an example."""
    model = make(components=12, likelihood="gaussian:0.3")
    x = np.random.default_rng(5).standard_normal((12, 6))
    model.params["prior.pseudo_inputs"] = x
    z, log_q, _ = model.posterior(x).sample(model.noise(np.random.default_rng(6), 12, 2000))
    kl = (log_q - model.log_prior(z)).mean()
    assert 0.3 < kl < np.log(12)
    assert (log_q - model.log_prior(z)).max() < np.log(12) + 1e-9  # each: p has q/12 in it


def test_draws_are_of_all_components():
    """Mean and covariance of 40 000 draws, against the mixture's closed form, within 6 errors."""
    model = make()
    z = model.sample_prior(np.random.default_rng(7), 40_000)[0]
    q = model.posterior(pseudo_inputs(model))
    mean = q.mean.mean(axis=0)
    second = (np.exp(q.logvar) + q.mean**2).mean(axis=0)
    across = (q.mean[:, 0] * q.mean[:, 1]).mean(axis=0)
    for draws, exact in ((z, mean), (z**2, second), (z[:, 0] * z[:, 1], across)):
        error = draws.std(axis=0) / np.sqrt(len(z))
        assert (np.abs(draws.mean(axis=0) - exact) < 6 * error).all()
    np.testing.assert_allclose((z**2).mean(axis=0), second, rtol=0.05)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_draws_have_the_dtype_of_the_parameters(dtype):
    model = vn.VAE(6, 2, (5,), prior="vamp:3", dtype=dtype)
    assert model.sample_prior(np.random.default_rng(0), 4).dtype == np.dtype(dtype)
    model.init_from_data(np.full((5, 6), 0.25))
    assert model.params["prior.pseudo_inputs"].dtype == np.dtype(dtype)


def test_the_order_of_the_pseudo_inputs_does_not_matter():
    model = make()
    z = np.random.default_rng(8).standard_normal((5, 2))
    before = model.log_prior(z)
    model.params["prior.pseudo_inputs"] = model.params["prior.pseudo_inputs"][::-1].copy()
    np.testing.assert_allclose(model.log_prior(z), before, rtol=1e-12)


def test_dreg_is_unbiased_with_the_encoder_in_the_prior():
    """The components' way into φ takes w̃, the path w̃²: |t| < 6 in every entry, 3 samples."""
    model, rng = make(), np.random.default_rng(9)
    x = np.repeat((rng.random((1, 6)) < 0.5).astype(float), 40, axis=0)
    differences = []
    for _ in range(800):
        eps = model.noise(rng, 40, 3)
        standard, dreg = (model.elbo_and_grad(x, eps, "IW", gradient=name)[1].vector
                          for name in ("standard", "dreg"))
        differences.append(dreg - standard)
    spread = np.std(differences, axis=0, ddof=1)
    moves = spread > 1e-12
    t = np.mean(differences, axis=0)[moves] / spread[moves] * np.sqrt(800)
    assert np.abs(t).max() < 6.0 and moves.sum() > 30


def test_fit_starts_it_at_training_examples_and_a_second_fit_does_not():
    rng = np.random.default_rng(10)
    x = (rng.random((60, 6)) < 0.4).astype(np.float32)
    model = vn.VAE(6, 2, (5,), prior="vamp:4")
    assert not model.params["prior.pseudo_inputs"].any()
    vn.fit(model, x, epochs=1, lr=1e-9, rng=np.random.default_rng(0))
    rows = [37, 14, 51, 28]  # k times 0.618…, its fraction, of 60
    np.testing.assert_allclose(pseudo_inputs(model), np.clip(x[rows], 0.01, 0.99), atol=1e-5)
    moved = model.params["prior.pseudo_inputs"] * 0.5
    model.params["prior.pseudo_inputs"] = moved
    vn.fit(model, x[::-1].copy(), epochs=1, lr=1e-9, rng=np.random.default_rng(0))
    np.testing.assert_allclose(model.params["prior.pseudo_inputs"], moved, atol=1e-5)


def test_it_learns_a_better_bound_than_the_standard_normal():
    rng = np.random.default_rng(11)
    x = np.repeat(np.eye(4, dtype=bool)[np.arange(400) % 4], 4, axis=1)
    x = (x ^ (rng.random(x.shape) < 0.03)).astype(np.float32)
    bounds = {}
    for prior in ("standard-normal", "vamp:8"):
        model = vn.VAE(16, 2, (12,), prior=prior, rng=np.random.default_rng(3))
        history = vn.fit(model, x, epochs=60, lr=0.01, test=x, estimator="A",
                         rng=np.random.default_rng(4))
        bounds[prior] = history[-1]["test_elbo"]
    assert bounds["vamp:8"] > bounds["standard-normal"] + 0.1


def test_what_it_cannot_stand_on_is_refused():
    with pytest.raises(ValueError, match="such as 'vamp:500', not 'vamp:0'"):
        parse("vamp:0", 2)
