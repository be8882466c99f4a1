"""Full variational Bayes: its bound against a marginal likelihood that is known, its estimators
against each other, its limit where the weights are certain, and that it learns and resumes."""
import numpy as np
import pytest
from scipy.stats import multivariate_normal

import vae_np as vn
from vae_np import evaluation
from vae_np.catalogue import settings_for
from vae_np.inference import estimates
from vae_np.models.full_vb import FullVB
from vae_np.runs import Run

N, D, Z = 6, 7, 3


class Silent:
    def step(self, loop):
        """Nothing is told."""

    def record(self, record):
        """Nothing is told."""


def make(weights="decoder", likelihood="bernoulli", logvar=None):
    rng = np.random.default_rng(0)
    model = FullVB(D, Z, (5,), likelihood=likelihood, dtype="float64", rng=rng, weights=weights)
    model.params.vector[:] = 0.5 * rng.standard_normal(model.params.layout.size)
    if logvar is not None:
        model.params.part("logvar").vector[...] = logvar
    return model


@pytest.fixture
def x():
    return (np.random.default_rng(1).random((N, D)) < 0.5).astype(np.float64)


WEIGHTS = pytest.mark.parametrize("weights", ["decoder", "all"])


# -- the weights -------------------------------------------------------------------------------

@WEIGHTS
def test_which_weights_are_uncertain(weights):
    model = make(weights)
    named = {name.removeprefix("logvar.") for name in model.params.part("logvar")}
    vae = vn.VAE(D, Z, (5,)).params
    assert named == set(vae if weights == "all" else vae.part("decoder"))
    draw, mean = model.draw(np.random.default_rng(0)).params, model.vae_at().params
    for name in vae:
        assert (draw[name] != mean[name]).all() == (name in named)
        assert np.shares_memory(mean[name], model.params.vector)


@WEIGHTS
def test_a_draw_of_the_weights_has_their_mean_and_spread(weights, averages_to):
    model = make(weights)
    draws = np.stack([model.draw(np.random.default_rng(seed)).params.vector[-20:]
                      for seed in range(1000)])
    q = model.weight_posterior()
    averages_to(draws, q.mean[0, -20:], sees=0.9)
    averages_to((draws - q.mean[0, -20:]) ** 2, np.exp(q.logvar[0, -20:]), sees=3.0)


def test_the_weights_kl_is_the_mean_of_the_log_ratio(averages_to):
    """The closed form against draws; it costs N nothing: one KL for the whole data set."""
    model = make()
    q = model.weight_posterior()
    theta, log_q, _ = q.sample(np.random.default_rng(0).standard_normal((20_000, 1,
                                                                         q.mean.shape[1])))
    log_p = -0.5 * (theta ** 2 + np.log(2 * np.pi)).sum(axis=-1)
    averages_to(log_q - log_p, [model.weight_kl()], sees=1.0)


# -- the bound ---------------------------------------------------------------------------------

def full_bound_and_grad(model, x, noise, train_size, estimator="B"):
    """The bound on log p(X) of `train_size` examples, divided by their number."""
    elbo, grads = model.elbo_and_grad(x, noise, estimator)
    term = model.add_weight_term(grads, noise, estimator, 1.0 / train_size)
    return elbo + term / train_size, grads


@WEIGHTS
def test_where_the_weights_are_certain_it_climbs_as_the_map_vae_does(weights, x):
    """σ → 0: the slope in μ is that of the VAE's bound with the prior N(0, I) as weight decay."""
    model, train_size = make(weights, logvar=-80.0), 11
    noise = model.noise(np.random.default_rng(2), N, 2)
    elbo, grads = model.elbo_and_grad(x, noise)
    grads.vector[...] += model.weight_term_and_grad(noise)[1].vector / train_size
    vae = model.vae_at()
    trainer = settings_for(vae, {"optimizer": "sgd", "weight_prior": weights},
                           train_size).make_trainer(vae, 1, train_size)
    value, expected = vae.elbo_and_grad(x, noise[0])
    trainer.add_weight_prior(vae.params, expected)
    assert elbo == pytest.approx(value, rel=1e-13)
    np.testing.assert_allclose(grads.vector[:vae.params.layout.size], expected.vector,
                               rtol=1e-10, atol=1e-12)


@WEIGHTS
def test_the_estimators_agree_in_the_mean(weights, x, averages_to):
    model = make(weights, logvar=-3.0)
    values, slopes = [], []
    for seed in range(400):
        noise = model.noise(np.random.default_rng(seed), N)
        a, grads_a = full_bound_and_grad(model, x, noise, 11, "A")
        b, grads_b = full_bound_and_grad(model, x, noise, 11, "B")
        values.append(a - b)
        slopes.append(grads_a.vector - grads_b.vector)
    averages_to(np.array(values), 0.0, sees=0.6)
    averages_to(np.array(slopes), 0.0, sees=0.6)


def test_draws_are_averaged(x):
    """Two draws in one call are the mean of two calls, in value and in slope."""
    model = make()
    eps, zeta = model.noise(np.random.default_rng(2), N, 2)
    for estimator in "AB":
        both = full_bound_and_grad(model, x, (eps, zeta), 11, estimator)
        parts = [full_bound_and_grad(model, x, (eps[i:i + 1], zeta[i:i + 1]), 11, estimator)
                 for i in range(2)]
        assert both[0] == pytest.approx((parts[0][0] + parts[1][0]) / 2, rel=1e-12)
        elbo = model.elbo_and_grad(x, (eps, zeta), estimator)[0]
        assert elbo == pytest.approx(model.elbo(x, (eps, zeta), estimator).mean(), rel=1e-12)
        np.testing.assert_allclose(both[1].vector, (parts[0][1].vector + parts[1][1].vector) / 2,
                                   rtol=1e-10, atol=1e-13)


def exact_evidence(x, sigma2):
    """log p(X) of x = z w + b + noise with one latent and N(0, 1) on w and b, by quadrature.

    Given w and b, x_i ~ N(b, w² + σ²), all independent.
    """
    grid = np.linspace(-8.0, 8.0, 801)
    w, b = np.meshgrid(grid, grid, indexing="ij")
    variance = w * w + sigma2
    log_joint = -0.5 * (w * w + b * b) - np.log(2.0 * np.pi)
    for value in x[:, 0]:
        log_joint += -0.5 * (np.log(2.0 * np.pi * variance) + (value - b) ** 2 / variance)
    top = log_joint.max()
    return top + np.log(np.exp(log_joint - top).sum() * (grid[1] - grid[0]) ** 2)


def test_it_bounds_an_evidence_that_is_known():
    """Trained, the bound lies under log p(X), and near it: the rest is w's sign, which a Gaussian
    cannot doubt (log 2), and the shapes of the posteriors of 5 z and of 2 weights.

    1500 draws with a standard error below 0.1: six of them, a false alarm once in 10⁹. A bound
    that had lost the weights' KL, above 1.5 nats, would lie above.
    """
    x = np.array([[0.3], [1.9], [-0.4], [1.1], [2.6]])
    model = FullVB(1, 1, (), likelihood=("gaussian", 0.5), dtype="float64",
                   rng=np.random.default_rng(0))
    vn.fit(model, x, epochs=600, batch_size=5, lr=0.05,
           rng=np.random.default_rng(1))
    noise = model.noise(np.random.default_rng(2), 5, 1500)
    theta = model.weight_posterior().sample(noise[1][:, None])[0][:, 0]
    values = np.array([model.vae_at(weights).elbo(x, eps).sum()
                       for weights, eps in zip(theta, noise[0])]) - model.weight_kl()
    exact, error = exact_evidence(x, 0.5), values.std() / np.sqrt(len(values))
    assert error < 0.1
    assert exact - 2.0 < values.mean() < exact + 6 * error
    assert model.weight_kl() > 1.5


# -- measuring ---------------------------------------------------------------------------------

def test_its_log_weights_estimate_the_mean_likelihood_over_the_weights(x):
    model = make()
    noise = model.noise(np.random.default_rng(3), N, 4)
    log_weights = model.log_weights(x, noise)
    assert log_weights.shape == (4, N)
    theta = model.weight_posterior().sample(noise[1][:, None])[0][:, 0]
    third = model.vae_at(theta[2])
    np.testing.assert_allclose(log_weights[2], third.log_weights(x, noise[0][2])[0],
                               rtol=1e-13)
    log_px, _ = evaluation.log_likelihood(model, x, rng=np.random.default_rng(0), num_samples=20)
    assert log_px.shape == (N,) and np.isfinite(log_px).all()


def test_the_likelihood_over_the_weights_is_the_mean_over_draws(x):
    """A linear decoder of fixed noise: log p_θ(x) of each draw is exact, p(x) = N(b, WᵀW + s)."""
    model = FullVB(D, Z, (), likelihood=("gaussian", 0.7), dtype="float64")
    used = []

    def exact(vae, x, rng):
        W, b = vae.params["decoder.mean.W"], vae.params["decoder.mean.b"]
        log_px = multivariate_normal(b, W.T @ W + 0.7 * np.eye(D)).logpdf(x)
        used.append(log_px)
        return estimates.Estimate(log_px, *np.zeros((4, len(x))))

    result = estimates.over_weights(exact, model, x, rng=np.random.default_rng(0), draws=5)
    p = np.exp(used)
    assert (np.std(used, axis=0) > 0.0).all()
    np.testing.assert_allclose(result.log_px, np.log(p.mean(axis=0)), rtol=1e-12)
    np.testing.assert_allclose(result.mc_stderr, p.std(axis=0, ddof=1) / p.mean(axis=0) / 5 ** 0.5,
                               rtol=1e-6)


def test_both_bounds_of_new_examples(x):
    """With weights that are certain the two are one; else the mean of draws is not at the mean."""
    certain = evaluation.weight_uncertainty(make(logvar=-80.0), x, np.random.default_rng(0))
    assert certain["elbo"] == pytest.approx(certain["elbo_at_mean_weights"], abs=0.5)
    model = make(logvar=1.0)
    result = evaluation.weight_uncertainty(model, x, np.random.default_rng(0), samples=50)
    assert result["elbo"] < result["elbo_at_mean_weights"] - 0.5
    assert result["weight_kl"] == pytest.approx(float(model.weight_kl()))
    assert result["n"] == N and result["samples"] == 50


# -- as runs -----------------------------------------------------------------------------------

def test_it_learns_the_digits_and_its_bound_pays_for_the_weights():
    data = vn.load_dataset("mnist5k:500")
    x = vn.binarize(data.train, np.random.default_rng(0))
    model = FullVB(784, 3, (20,), rng=np.random.default_rng(0))
    history = vn.fit(model, x, epochs=20, rng=np.random.default_rng(1), lr=3e-3,
                     test=data.test[:100])
    assert history[-1]["test_elbo"] > -210
    assert history[-1]["train_full_bound"] > history[0]["train_full_bound"] + 20
    paid = history[-1]["train_elbo"] - history[-1]["train_full_bound"]
    assert paid == pytest.approx(float(model.weight_kl()) / 500, rel=0.05)


def test_a_resumed_run_is_bit_for_bit_the_same(tmp_path):
    config = {"data": "pinwheel", "seed": 0, "device": "cpu",
              "model": {"class": "FullVB", "z_dim": 2, "hidden": [9],
                        "likelihood": "gaussian:0.1", "weights": "all"},
              "training": {"epochs": 2, "batch_size": 500, "mc_samples": 2, "estimator": "A"}}
    whole = Run.create(tmp_path / "whole", config)
    whole.train(Silent())
    stopped = Run.create(tmp_path / "halves", config)
    stopped.train(Silent(), should_stop=lambda: stopped.loop.samples_seen >= 6000)
    halves = Run.resume(tmp_path / "halves")
    assert halves.loop.samples_seen == 6000
    halves.train(Silent())
    np.testing.assert_array_equal(halves.model.params.vector, whole.model.params.vector)
    model = vn.load(tmp_path / "halves")
    assert isinstance(model, FullVB) and model.weights == "all"
    np.testing.assert_array_equal(model.params.vector, whole.model.params.vector)


@pytest.mark.parametrize("settings, message", [
    ({"weight_prior": "decoder"}, "weight_prior means nothing to a FullVB"),
    ({"kl_warmup": 2.0}, "kl_warmup means nothing to a FullVB")])
def test_what_means_nothing_is_refused(settings, message, x):
    with pytest.raises(ValueError, match=message):
        vn.fit(make(), x, epochs=1, **settings)
    with pytest.raises(ValueError, match="unknown weights 'encoder': use one of decoder, all"):
        FullVB(D, Z, weights="encoder")


def test_sampling_needs_no_encoder_and_draws_its_weights(x):
    model = make(logvar=-1.0)
    means = [model.sample_mean(4, np.random.default_rng(seed)) for seed in (0, 0, 1)]
    np.testing.assert_array_equal(means[0], means[1])
    assert (means[0] != means[2]).any()
    assert model.sample(4, np.random.default_rng(0)).shape == (4, D)
    assert model.decode(model.encode(x)[0]).shape == (N, D)
