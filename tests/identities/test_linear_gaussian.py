"""The one VAE that is known exactly: no hidden layers, Gaussian noise of a fixed variance.

log p(x), p(z|x) and the bound's gap are closed forms there, so nothing needs a tolerance beyond
rounding. Where an expectation over ε is needed, sigma points take it without an error.
"""
import numpy as np
import pytest

import vae_np as vn


def test_exact_posterior_makes_every_weight_equal_to_log_px(orthogonal):
    """w = p(x, z)/q(z|x) = p(x) whatever z is, when q is the posterior: 5e-15 relative."""
    rng = np.random.default_rng(22)
    x = orthogonal.model.sample(7, rng)
    eps = 2.0 * orthogonal.model.noise(rng, 7, samples=50)
    exact = np.broadcast_to(orthogonal.log_px(x), (50, 7))
    np.testing.assert_allclose(orthogonal.model.log_weights(x, eps), exact, rtol=5e-15)
    for e in eps[:5]:
        np.testing.assert_allclose(orthogonal.model.elbo(x, e, "A"), exact[0], rtol=5e-15)


def test_exact_posterior_leaves_log_likelihood_no_error(orthogonal):
    """One draw would be enough: the estimate is exact, its error 0, and every sample counts."""
    rng = np.random.default_rng(23)
    x = orthogonal.model.sample(7, rng)
    log_px, mc_stderr, ess = vn.log_likelihood(orthogonal.model, x, rng=rng, num_samples=100,
                                               return_ess=True)
    np.testing.assert_allclose(log_px, orthogonal.log_px(x), rtol=1e-14)
    np.testing.assert_allclose(ess, 100.0, rtol=1e-12)
    assert mc_stderr.max() < 1e-7


@pytest.mark.parametrize("estimator", ["A", "B"])
def test_gap_of_the_bound_is_the_kl_to_the_posterior(general, sigma_points, estimator):
    """log p(x) − 𝓛 = KL( q(z|x) ‖ p(z|x) ), for both estimators. Not stochastic."""
    x = general.model.sample(7, np.random.default_rng(24))
    bound = general.model.elbo(x, sigma_points(7, 3), estimator)
    gap = general.kl_to_posterior(x)
    assert gap.min() > 0.1
    np.testing.assert_allclose(general.log_px(x) - bound, gap, rtol=1e-12)


def test_random_noise_finds_the_same_bound(general, sigma_points, averages_to):
    """False alarm 2e-9. Sees errors of 0.2 nats: here `noise` stands in for the sigma points."""
    rng = np.random.default_rng(25)
    x = general.model.sample(1, rng)
    rows = np.repeat(x, 40_000, axis=0)
    exact = general.model.elbo(x, sigma_points(1, 3))
    averages_to(general.model.elbo(rows, general.model.noise(rng, len(rows))), exact, sees=0.2)


@pytest.mark.parametrize("estimator", ["A", "B"])
def test_gradient_at_the_exact_posterior_is_that_of_log_px(orthogonal, sigma_points, estimator):
    """With no gap left, ∇𝓛 = ∇ log p(x) in the decoder, and 0 in the encoder: the gap is at its
    minimum. ∇ log N(x; b, C) with C = WᵀW + σ²I is W(C⁻¹ΣC⁻¹ − C⁻¹) and C⁻¹(x − b).
    """
    x = 1.5 * orthogonal.model.sample(11, np.random.default_rng(26))
    value, grads = orthogonal.model.elbo_and_grad(x, sigma_points(11, 3), estimator)
    assert value == pytest.approx(orthogonal.log_px(x).mean(), rel=1e-14)

    precision, error = np.linalg.inv(orthogonal.covariance), x - orthogonal.b
    scatter = error.T @ error / len(x)
    d_W = orthogonal.W @ (precision @ scatter @ precision - precision)
    np.testing.assert_allclose(grads["decoder.mean.W"], d_W, atol=1e-13)
    np.testing.assert_allclose(grads["decoder.mean.b"], (error @ precision).mean(axis=0),
                               atol=1e-13)
    np.testing.assert_allclose(grads.part("encoder").vector, 0.0, atol=1e-13)


def test_log_likelihood_finds_log_px(general):
    """False alarm 2e-9 a number, 61 numbers. Sees errors of 0.3 nats in any image's estimate, of
    0.02 nats in their mean.
    """
    rng = np.random.default_rng(27)
    x = general.model.sample(60, rng)
    log_px, mc_stderr, ess = vn.log_likelihood(general.model, x, rng=rng, num_samples=20_000,
                                               return_ess=True)
    error, mean_stderr = log_px - general.log_px(x), np.sqrt(np.sum(mc_stderr ** 2)) / len(x)
    assert 9.0 * mc_stderr.max() < 0.3 and 9.0 * mean_stderr < 0.02
    assert np.median(ess) < 18_000  # q is not the posterior: this is a real estimate
    np.testing.assert_array_less(np.abs(error), 6.0 * mc_stderr)
    assert abs(error.mean()) < 6.0 * mean_stderr


def test_samples_have_the_marginal_distribution(general, averages_to):
    """False alarm 2e-9 a number, 20 numbers. Sees errors of 0.11 in means, 0.4 in covariances."""
    x = general.model.sample(60_000, np.random.default_rng(28)) - general.b
    averages_to(x, np.zeros(5), sees=0.11)
    upper = np.triu_indices(5)
    averages_to(x[:, upper[0]] * x[:, upper[1]], general.covariance[upper], sees=0.4)
