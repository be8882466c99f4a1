"""Likelihoods, whole models and optimisers at extremes: right, infinite where the truth is, or
refused with a reason.
"""
from decimal import Decimal

import numpy as np
import pytest
from digits import LOG_2PI, both_dtypes, check, exact, grid
from digits import sigmoid as exact_sigmoid

import vae_np as vn
from vae_np import likelihoods
from vae_np.params import Layout, Params
from vae_np.training import NonFiniteBoundError


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
def test_squashed_means_keep_the_digits_of_their_slope(dtype):
    """Value and slopes of the decoder of Frey Face, to the rounding of a mean in (0, 1).

    The slope of the mean's logit is e^−|a| where the mean rounds to 0 or 1: divided by a small σ²
    it is still a number, and no pixel stops learning.
    """
    x, logit, logvar = grid(dtype, [0.0, 0.25, 1.0], [-1e4, -88.0, -20.0, 0.0, 10.0, 20.0, 88.0],
                            [-30.0, -8.0, 0.0, 8.0, 170.0])
    likelihood, heads = likelihoods.parse("gaussian-sigmoid"), {"mean": logit, "logvar": logvar}
    rounded = likelihood.mean(heads)
    check(rounded[:, 0], exact(exact_sigmoid, logit), ulps=1)

    value = likelihood.log_prob(x, heads)
    reference = exact(lambda x, m, a: -(LOG_2PI + a + (x - m) ** 2 * (-a).exp()) / 2,
                      x, rounded, logvar)
    check(value, reference, ulps=32, size=30.0)
    slopes = likelihood.log_prob_backward(np.ones(len(x), dtype), x, heads)
    check(slopes["mean"][:, 0], ulps=32, size=0.0, reference=exact(
        lambda x, m, l, a: (x - m) * (-a).exp() * exact_sigmoid(l) * exact_sigmoid(-l),
        x, rounded, logit, logvar))
    check(slopes["logvar"][:, 0], ulps=32, reference=exact(
        lambda x, m, a: ((x - m) ** 2 * (-a).exp() - 1) / 2, x, rounded, logvar))


@both_dtypes
@pytest.mark.parametrize("sigma2", [1e-37, 1e-10, 1e10, 1e37])
@pytest.mark.filterwarnings("ignore:overflow")
def test_fixed_variances_of_any_size(dtype, sigma2):
    """From 1e-37 to 1e37; log σ² itself is rounded to the dtype, and e to its power with it."""
    x, mean = grid(dtype, [0.0, 1e-20, 1e-3, 1.0], [0.0, 0.25])
    likelihood = likelihoods.parse(("gaussian", sigma2))
    precision = 1 / np.float64(sigma2)
    scaled = np.float64(x - mean) ** 2 * precision
    value = likelihood.log_prob(x, {"mean": mean})
    check(value, -0.5 * (float(LOG_2PI) + np.log(sigma2) + scaled)[:, 0], ulps=128)
    slope = likelihood.log_prob_backward(np.ones(len(x), dtype), x, {"mean": mean})["mean"]
    check(slope[:, 0], (np.float64(x - mean) * precision)[:, 0], size=0.0)


@pytest.mark.parametrize("sigma2", [1e-38, 1e-300, 5e-324, 1e38, 1e300])
def test_fixed_variances_that_float32_cannot_divide_by_are_refused(sigma2):
    with pytest.raises(ValueError, match="must lie between 1e-37 and 1e37, .* not "):
        likelihoods.parse(("gaussian", sigma2))


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


@pytest.mark.parametrize("estimator", ["A", "B"])
@pytest.mark.parametrize("dtype, logvar", [
    ("float32", 89.0), ("float32", 178.0), ("float32", 400.0), ("float32", 1e4),
    ("float64", 710.0), ("float64", 1420.0), ("float64", 1e4)])
@pytest.mark.parametrize("kl_warmup", [0.0, 5.0])
def test_training_refuses_a_posterior_too_wide_for_the_dtype(make_vae, dtype, estimator, logvar,
                                                             kl_warmup):
    """From where ½e^logvar overflows on; a warm-up, whose first weight is 0, hides nothing."""
    model = make_vae(dtype=dtype)
    model.params["encoder.logvar.W"], model.params["encoder.logvar.b"] = 0.0, logvar
    before = model.params.vector.copy()
    with pytest.raises(NonFiniteBoundError, match="infinite or NaN after 0 samples"):
        vn.fit(model, np.full((7, 5), 0.5), epochs=1, rng=np.random.default_rng(0), lr=0.1,
               estimator=estimator, kl_warmup=kl_warmup, output_bias=False)
    np.testing.assert_array_equal(model.params.vector, before)


@both_dtypes
@pytest.mark.parametrize("optimizer", [vn.Adagrad, vn.Adam])
def test_first_steps_of_tiny_and_large_gradients(dtype, optimizer):
    """lr · g/(|g| + eps) for both, down to denormal numbers: their squares are 0, and steps
    below 1e-30 are right to a rounding of 1e-30.
    """
    sizes = [0.0, 1e-45, 1e-40, 1e-30, 1e-20, 1e-19, 1e-12, 1e-8, 1.0, 1e10, 1e18]
    g, = grid(dtype, [-a for a in sizes] + sizes)
    params = Params.zeros(Layout({"w": (len(g),)}), dtype)
    optimizer(params, lr=0.5).ascend(params.like(g[:, 0]))
    check(params.vector, exact(lambda g: g / (abs(g) + Decimal("1e-8")) / 2, g), size=1e-30,
          ulps=16)


@pytest.mark.parametrize("optimizer", [vn.Adagrad, vn.Adam])
@pytest.mark.parametrize("dtype, eps", [("float32", 1e-19), ("float32", 1e-50),
                                        ("float64", 1e-154)])
def test_an_eps_lost_among_the_squares_is_refused(optimizer, dtype, eps):
    """Below it, g² would be 0 where g/(√g² + eps) is still 1: steps 1e10 times too long."""
    params = Params.zeros(Layout({"w": (3,)}), dtype)
    with pytest.raises(ValueError, match=f"eps must be at least .* for {dtype} parameters, not"):
        optimizer(params, eps=eps)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("optimizer", ["adagrad", "adam"])
def test_a_gradient_whose_square_overflows_stops_training(make_vae, optimizer):
    """A moment of ∞ would freeze its parameter without a word: its steps are g/∞ = 0."""
    model = make_vae(likelihood="gaussian", dtype="float32")
    model.params.part("decoder").vector[...] = 0.0
    model.params["decoder.logvar.b"] = -50.0  # the slope of a mean is e^50, its square e^100
    with pytest.raises(NonFiniteBoundError, match="sum_of_squares"):
        vn.fit(model, np.full((7, 5), 0.5), epochs=1, rng=np.random.default_rng(0), lr=1e-9,
               optimizer=optimizer, output_bias=False)
