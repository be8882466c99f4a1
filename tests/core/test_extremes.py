"""Logits of ±1e4, log-variances of ±1e3: right, or infinite where the truth is; never capped.

The references are computed with 60 digits. "Right" is a few units of the dtype's last place, of
the largest term in the sum; for a probability it is absolute: a p of 1e-20 may come out as 0.
"""
import decimal
from decimal import Decimal

import numpy as np
import pytest

from vae_np import likelihoods, objectives
from vae_np.distributions import (bernoulli_log_prob, bernoulli_log_prob_backward,
                                  gaussian_log_prob, gaussian_log_prob_backward,
                                  kl_standard_normal, kl_standard_normal_backward, reparameterise,
                                  reparameterise_backward, sigmoid, softplus)

LOGITS = [0.0, 1e-3, 1.0, 20.0, 40.0, 88.0, 100.0, 710.0, 1e4]
LOG_2PI = Decimal("1.8378770664093454835606594728112352797227949472755668256343")
both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


@pytest.fixture(autouse=True)
def sixty_digits():
    with decimal.localcontext() as context:
        context.prec = 60
        yield


def grid(dtype, *axes):
    """Every combination of the axes' values: for each axis an array (combinations, 1)."""
    return [axis.reshape(-1, 1) for axis in np.meshgrid(*(np.array(a, dtype) for a in axes))]


def exact(formula, *arrays):
    """`formula` of each row's numbers in 60 digits, as float64; infinite where float64 ends."""
    rows = zip(*(a[:, 0].tolist() for a in arrays))
    return np.array([float(formula(*map(Decimal, row))) for row in rows])


def check(values, reference, size=1.0, ulps=8):
    """Within `ulps` units in the last place of max(|reference|, size), and infinite where the
    reference is beyond the dtype's range.
    """
    finfo = np.finfo(values.dtype)
    too_big = np.abs(reference) > finfo.max
    np.testing.assert_array_equal(values[too_big], np.sign(reference[too_big]) * np.inf)
    scale = np.maximum(np.abs(reference), size)[~too_big]
    error = np.abs(values[~too_big].astype(np.float64) - reference[~too_big])
    assert np.all(error <= ulps * finfo.eps * scale + finfo.tiny)


@both_dtypes
def test_bernoulli_at_any_logit(dtype):
    signed = [-a for a in LOGITS] + LOGITS
    x, logits = grid(dtype, [0.0, 1.0, 0.25], signed)
    value = bernoulli_log_prob(x, logits)
    check(value, exact(lambda x, a: x * a - (1 + a.exp()).ln(), x, logits),
          size=np.maximum(np.abs(logits[:, 0]), 1.0))
    slope = bernoulli_log_prob_backward(np.ones(len(x), dtype), x, logits)
    check(slope[:, 0], exact(lambda x, a: x - 1 / (1 + (-a).exp()), x, logits))
    check(sigmoid(logits)[:, 0], exact(lambda a: 1 / (1 + (-a).exp()), logits))
    check(softplus(logits)[:, 0], exact(lambda a: (1 + a.exp()).ln(), logits))


@both_dtypes
def test_a_wrong_certain_pixel_costs_its_logit(dtype):
    """1e4 nats, not the 18.42 of a probability clipped at 1e-8; and the slope is 1, not 0."""
    x, logits = np.array([[1.0], [0.0]], dtype), np.array([[-1e4], [1e4]], dtype)
    np.testing.assert_array_equal(bernoulli_log_prob(x, logits), [-1e4, -1e4])
    slope = bernoulli_log_prob_backward(np.ones(2, dtype), x, logits)
    np.testing.assert_array_equal(slope, [[1.0], [-1.0]])


@pytest.mark.parametrize("dtype, largest", [("float32", 170.0), ("float64", 1000.0)])
@pytest.mark.filterwarnings("ignore:overflow")
def test_gaussian_at_any_variance(dtype, largest):
    """σ between e^−85 and e^85 in float32, e^−500 and e^500 in float64, an error of 0 included.

    A density so narrow that a miss is beyond the dtype's range is −∞; its slope too is infinite.
    """
    half = largest / 2
    error, logvar = grid(dtype, [0.0, 1e-3, 1.0, 30.0], [-largest, -half, -1, 0, 1, half, largest])
    mean, ones = np.zeros_like(error), np.ones(len(error), dtype)

    def log_prob(e, a):
        return -(LOG_2PI + a + e * e * (-a).exp()) / 2

    # exp turns a rounding of its argument, half an ulp of ½|logvar|, into a relative error
    ulps = 4 + largest
    check(gaussian_log_prob(error, mean, logvar), exact(log_prob, error, logvar), ulps=ulps,
          size=np.maximum(np.abs(logvar[:, 0]), 1.0))
    _, d_mean, d_logvar = gaussian_log_prob_backward(ones, error, mean, logvar)
    check(d_mean[:, 0], exact(lambda e, a: e * (-a).exp(), error, logvar), size=0.0, ulps=ulps)
    check(d_logvar[:, 0], exact(lambda e, a: (e * e * (-a).exp() - 1) / 2, error, logvar),
          ulps=ulps)


@both_dtypes
@pytest.mark.filterwarnings("ignore:overflow")
def test_kl_at_any_log_variance(dtype):
    """Infinite only where ½e^logvar is: from 89.4 in float32, from 710.5 in float64."""
    mean, logvar = grid(dtype, [0.0, -3.0, 1e3], [-1e3, -100, -1, 0, 1, 80, 100, 700, 1e3])
    kl = kl_standard_normal(mean, logvar)
    check(kl, exact(lambda m, a: (m * m + a.exp() - 1 - a) / 2, mean, logvar),
          size=np.maximum(np.abs(logvar[:, 0]), 1.0))
    d_mean, d_logvar = kl_standard_normal_backward(np.ones(len(kl), dtype), mean, logvar)
    np.testing.assert_array_equal(d_mean, mean)
    check(d_logvar[:, 0], exact(lambda m, a: (a.exp() - 1) / 2, mean, logvar), size=0.0)


@both_dtypes
def test_reparameterisation_at_any_log_variance(dtype):
    logvars = [-1e3, -100, 0, 100, 170] + [1e3] * (dtype == "float64")
    mean, logvar, eps = grid(dtype, [0.0, 2.0], logvars, [-1.5, 0.0, 3.0])
    z = reparameterise(mean, logvar, eps)
    check(z[:, 0], exact(lambda m, a, e: m + (a / 2).exp() * e, mean, logvar, eps))
    d_mean, d_logvar = reparameterise_backward(np.ones_like(z), mean, logvar, eps)
    np.testing.assert_array_equal(d_mean, 1.0)
    check(d_logvar[:, 0], exact(lambda m, a, e: (a / 2).exp() * e / 2, mean, logvar, eps))


@both_dtypes
def test_importance_bound_of_very_unlikely_images(dtype):
    """exp(−1e4) is 0 in any dtype, and exp(1e4) infinite; the bound shifts with its weights."""
    log_w = np.random.default_rng(0).standard_normal((5, 3)).astype(dtype)
    plain = objectives.importance_weighted_bound(log_w)
    shares = objectives.importance_weighted_bound_backward(np.ones(3, dtype), log_w)
    for shift in (-1e4, 1e4):
        np.testing.assert_allclose(objectives.importance_weighted_bound(log_w + shift),
                                   plain + shift, rtol=4 * np.finfo(dtype).eps)
        moved = objectives.importance_weighted_bound_backward(np.ones(3, dtype), log_w + shift)
        np.testing.assert_allclose(moved, shares, rtol=1e4 * np.finfo(dtype).eps)
    spread = np.array([[0.0], [-1e4], [-1e4]], dtype)
    assert objectives.importance_weighted_bound(spread)[0] == pytest.approx(-np.log(3.0))


@both_dtypes
@pytest.mark.parametrize("spec", ["bernoulli", "gaussian-sigmoid"])
def test_certain_decoders_have_a_mean_and_samples(dtype, spec):
    likelihood = likelihoods.parse(spec)
    heads = {name: np.array([[-1e4, 1e4]], dtype) for name in likelihood.heads(2)}
    if "logvar" in heads:
        heads["logvar"][...] = -60.0
    np.testing.assert_array_equal(likelihood.mean(heads), [[0.0, 1.0]])
    sample = likelihood.sample(heads, np.random.default_rng(0))
    np.testing.assert_allclose(sample, [[0.0, 1.0]], atol=1e-12)


@both_dtypes
@pytest.mark.parametrize("estimator", ["A", "B"])
@pytest.mark.parametrize("spec", ["bernoulli", "gaussian-sigmoid", "gaussian:0.3"])
def test_a_whole_model_with_a_needle_for_a_posterior(make_vae, dtype, estimator, spec):
    """log σ² = −1000: z is μ to the last digit, log q is 500 nats a latent; all stays finite."""
    model = make_vae(dtype=dtype, likelihood=spec)
    model.params["encoder.logvar.W"], model.params["encoder.logvar.b"] = 0.0, -1e3
    rng = np.random.default_rng(0)
    x, eps = rng.random((7, 5)), rng.standard_normal((7, 2))
    value, grads = model.elbo_and_grad(x, eps, estimator)
    assert np.isfinite(grads.vector).all()
    mean, _ = model.encode(x)
    if estimator == "B":
        log_ratio = -0.5 * np.sum(mean ** 2 - 1.0 + 1e3, axis=1)
    else:
        log_ratio = -0.5 * np.sum(mean ** 2 - eps ** 2 + 1e3, axis=1)
    heads, _ = model.decoder.forward(model.params, mean)
    expected = np.mean(model.likelihood.log_prob(x, heads) + log_ratio)
    assert value == pytest.approx(expected, rel=1e-6)


@both_dtypes
@pytest.mark.parametrize("estimator", ["A", "B"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_whole_model_with_a_cloud_for_a_posterior_is_not_capped(make_vae, dtype, estimator):
    """log σ² = 1000: the KL is ½e^1000 nats, and the bound says −∞. In float32 z overflows too,
    and the decoder makes NaN of it; training refuses both.
    """
    model = make_vae(dtype=dtype)
    model.params["encoder.logvar.W"], model.params["encoder.logvar.b"] = 0.0, 1e3
    bound = model.elbo(np.full((7, 5), 0.5), np.ones((7, 2)), estimator)
    assert not np.isfinite(bound).any()
    if dtype == "float64":
        np.testing.assert_array_equal(bound, -np.inf)
