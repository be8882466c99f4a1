"""KL( q(z|x) ‖ p(z) ), appendix B: the closed form against sampling, and beside the prior."""
import math

import numpy as np
import pytest

from vae_np.distributions import (gaussian_log_prob, kl_standard_normal,
                                  kl_standard_normal_backward, kl_standard_normal_per_dim,
                                  reparameterise, standard_normal_log_prob)


def log_ratio(mean, logvar, draws):
    """log p(z) − log q(z) at z ~ q, (draws,)."""
    mean, logvar = np.full((1, 1), mean), np.full((1, 1), logvar)
    z = reparameterise(mean, logvar, np.random.default_rng(4).standard_normal((draws, 1, 1)))
    return (standard_normal_log_prob(z) - gaussian_log_prob(z, mean, logvar))[:, 0]


@pytest.mark.parametrize("mean, logvar, sees", [
    (0.0, -1.0, 0.02), (0.0, 1.0, 0.05), (0.5, -1.0, 0.02), (-2.0, 1.5, 0.2), (3.0, -6.0, 0.03)])
def test_monte_carlo_kl_is_the_closed_form(mean, logvar, sees, averages_to):
    """False alarm 2e-9. Sees errors of `sees` nats, at most 14 % of the KL.

    log q taken as a density of z, not of ε: exp(logvar) as a standard deviation shows here.
    """
    closed = kl_standard_normal(np.array([[mean]]), np.array([[logvar]]))[0]
    averages_to(-log_ratio(mean, logvar, 60_000), closed, sees)


@pytest.mark.parametrize("mean, logvar", [(0.0, 1e-3), (1e-3, 0.0), (1e-3, -2e-3), (0.02, 0.01)])
def test_monte_carlo_kl_near_the_prior(mean, logvar, averages_to):
    """False alarm 2e-9. Sees errors of 15 % of KLs as small as 2.5e-7 nats.

    E_q[r − 1 − log r] with r = p/q is the KL too, since E_q[r] = 1. Its summands are as small as
    the KL itself, where those of −log r are as large as its root.
    """
    ratio = log_ratio(mean, logvar, 60_000)
    closed = kl_standard_normal(np.array([[mean]]), np.array([[logvar]]))[0]
    averages_to(np.expm1(ratio) - ratio, closed, sees=0.15 * closed)


@pytest.mark.parametrize("logvar", [1e-3, -1e-5, 1e-7, -1e-9])
def test_kl_and_gradient_keep_their_digits_near_the_prior(logvar):
    """½(e^a − 1 − a) = a²/4 + a³/12 + a⁴/48 + …: with exp instead of expm1 nothing is left."""
    mean, a = np.zeros((1, 1)), np.full((1, 1), logvar)
    series = logvar ** 2 / 4 + logvar ** 3 / 12 + logvar ** 4 / 48
    assert kl_standard_normal(mean, a)[0] == pytest.approx(series, rel=1e-6, abs=0.0)
    d_logvar = kl_standard_normal_backward(np.ones(1), mean, a)[1].item()
    assert d_logvar == pytest.approx(0.5 * math.expm1(logvar), rel=1e-14, abs=0.0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_kl_is_nowhere_negative_and_zero_at_the_prior(dtype):
    small = np.geomspace(1e-12, 5.0, 20_000)
    logvar = np.concatenate([-small, [0.0], small]).astype(dtype)
    per_dim = kl_standard_normal_per_dim(np.zeros_like(logvar), logvar)
    assert per_dim.dtype == dtype
    assert per_dim.min() == 0.0
    assert per_dim[len(small)] == 0.0


def test_kl_per_dimension_sums_to_the_kl():
    rng = np.random.default_rng(6)
    mean, logvar = rng.standard_normal((2, 4, 7, 3))
    np.testing.assert_allclose(kl_standard_normal_per_dim(mean, logvar).sum(axis=2),
                               kl_standard_normal(mean, logvar), rtol=1e-14)
