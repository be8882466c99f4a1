"""Logits of ±1e4, log-variances of ±1e4, denormal numbers: right, or infinite where the truth is;
never capped, never NaN.

The references are computed with 60 digits. "Right" is a few units of the dtype's last place, of
the largest term in the sum; for a probability it is absolute: a p of 1e-20 may come out as 0.
"""
import math

import numpy as np
import pytest
from digits import LOG_2PI, both_dtypes, check, exact, grid
from digits import sigmoid as exact_sigmoid

from vae_np import objectives
from vae_np.checking import library
from vae_np.distributions import (bernoulli_log_prob, bernoulli_log_prob_backward,
                                  categorical_log_prob, categorical_log_prob_backward,
                                  gaussian_log_prob, gaussian_log_prob_backward,
                                  kl_standard_normal, kl_standard_normal_backward, reparameterise,
                                  reparameterise_backward, sigmoid, sigmoid_backward, softplus,
                                  softplus_backward, standard_normal_log_prob,
                                  standard_normal_log_prob_backward)
from vae_np.layers import Activation
from vae_np.posteriors import DiagonalGaussian

TINY = [1e-45, 1e-40, 1e-20, 6e-8, 1e-3]  # the first two are denormal in float32, or 0
LOGITS = [0.0, *TINY, 1.0, 17.0, 40.0, 88.0, 100.0, 710.0, 1e4, 1e30]
SIGNED = [-a for a in LOGITS] + LOGITS
LOGVARS = [s * a for a in (0.0, 1e-8, 1.0, 85.0, 100.0, 176.0, 178.0, 354.0, 356.0, 1e3, 1e4)
           for s in (-1.0, 1.0)]


@both_dtypes
def test_bernoulli_at_any_logit(dtype):
    x, logits = grid(dtype, [0.0, 1.0, 0.25], SIGNED)
    value = bernoulli_log_prob(x, logits)
    check(value, exact(lambda x, a: x * a - max(a, 0) - (1 + (-abs(a)).exp()).ln(), x, logits),
          size=np.maximum(np.abs(logits[:, 0]), 1.0))
    slope = bernoulli_log_prob_backward(np.ones(len(x), dtype), x, logits)
    check(slope[:, 0], exact(lambda x, a: x - exact_sigmoid(a), x, logits))


@pytest.mark.parametrize("width", [1, 2, 3, 15, 16, 17, 31, 33, 784, 785])
def test_an_image_in_float32_is_right_to_its_roundings(width):
    """Whatever the width that is folded into products: half an ulp of 1 for each of 1 + u, exp,
    product and logarithm, and those of the sum.
    """
    rng = np.random.default_rng(width)
    logits = rng.uniform(-12.0, 12.0, (20, width)).astype("float32")
    x = (rng.random(logits.shape) < 0.5).astype("float32")
    before = x.copy(), logits.copy()
    value = bernoulli_log_prob(x, logits)
    terms = exact(lambda x, a: x * a - max(a, 0) - (1 + (-abs(a)).exp()).ln(),
                  x.reshape(-1, 1), logits.reshape(-1, 1))
    true = terms.reshape(logits.shape).sum(axis=1)
    eps = float(np.finfo("float32").eps)
    allowed = 2.0 * width * eps + 4.0 * eps * np.abs(true)
    assert value.dtype == np.float32 and (np.abs(value - true) <= allowed).all()
    np.testing.assert_array_equal([x, logits], before)  # it works in a memory of its own


@both_dtypes
def test_a_float64_pixel_keeps_all_its_digits(dtype):
    """log p = −e^−|a| where the likelier value came. In float32 it is 0 below half an ulp of 1."""
    logits = np.array([[40.0], [-40.0]], dtype)
    value = bernoulli_log_prob(np.array([[1.0], [0.0]], dtype), logits)
    np.testing.assert_allclose(value, -math.exp(-40) if dtype == "float64" else 0.0, rtol=1e-15)


@both_dtypes
@pytest.mark.parametrize("width", [784, 100_000])
def test_pixels_of_which_nothing_is_known_cost_log_2_each(dtype, width):
    """Here every factor is 2, the largest that there is: a product of all would overflow."""
    value = bernoulli_log_prob(np.ones((2, width), dtype), np.zeros((2, width), dtype))
    np.testing.assert_allclose(value, -width * math.log(2), rtol=2e-7)


@both_dtypes
def test_an_infinite_logit_is_seen_in_its_own_row_alone(dtype):
    """Minus infinity where it was wrong; the rows beside it are what they were."""
    rng = np.random.default_rng(0)
    logits, x = rng.standard_normal((4, 50)).astype(dtype), np.zeros((4, 50), dtype)
    before = bernoulli_log_prob(x, logits)
    logits[2, 7] = np.inf
    after = bernoulli_log_prob(x, logits)
    assert after[2] == -np.inf
    np.testing.assert_array_equal(np.delete(after, 2), np.delete(before, 2))
    slope = bernoulli_log_prob_backward(np.ones(4, dtype), x, logits)
    assert np.isfinite(slope).all() and slope[2, 7] == -1.0


@both_dtypes
@pytest.mark.filterwarnings("ignore:overflow")
def test_categorical_at_any_logits(dtype):
    """Three classes, every combination of signs and sizes. The loss of digits is that of the
    distance between two logits, and the slope's that of 1.
    """
    signed = [-1e30, -1e4, -100.0, -17.0, 0.0, 1e-20, 40.0, 88.0, 1e4, 1e30]
    columns = grid(dtype, signed, signed, signed)
    logits = np.concatenate(columns, axis=1)

    def relative(*a):
        return [(v - max(a)).exp() for v in a]

    for label in range(3):
        labels = np.full(len(logits), label)
        value = categorical_log_prob(labels, logits)
        assert value.dtype == dtype and (value <= 0.0).all()
        check(value, exact(lambda *a: a[label] - max(a) - sum(relative(*a)).ln(), *columns),
              size=np.maximum(logits.max(axis=1) - logits[:, label], 1.0))
        slope = categorical_log_prob_backward(np.ones(len(logits), dtype), labels, logits)
        assert slope.dtype == dtype
        for c in range(3):
            check(slope[:, c], exact(lambda *a: (c == label) - relative(*a)[c] / sum(relative(*a)),
                                     *columns))


@both_dtypes
def test_a_class_with_a_logit_of_minus_infinity_never_comes(dtype):
    """Its log p is −∞ and its slope 0 or 1, without a warning; the others are as without it."""
    logits = np.array([[0.5, -np.inf, -1.0]] * 3, dtype)
    value = categorical_log_prob(np.arange(3), logits)
    assert value[1] == -np.inf
    np.testing.assert_array_equal(
        value[[0, 2]], categorical_log_prob(np.array([0, 1]), logits[:2, [0, 2]]))
    slope = categorical_log_prob_backward(np.ones(3, dtype), np.arange(3), logits)
    np.testing.assert_array_equal(slope[:, 1], [0.0, 1.0, 0.0])


@both_dtypes
def test_a_very_negative_logit_s_sigmoid_keeps_its_digits(dtype):
    """½(1 + tanh(a/2)) is 0 from −17 on in float32."""
    a, = grid(dtype, [-1.0, -17.0, -40.0, -80.0])
    with np.errstate(all="raise"):
        check(sigmoid(a)[:, 0], exact(exact_sigmoid, a), size=0.0, ulps=8)
        assert sigmoid(np.array([-1e4, 1e4], dtype)).tolist() == [0.0, 1.0]


@both_dtypes
def test_activations_at_any_input(dtype):
    """Slopes keep their digits where the output is near 0 or 1. That of tanh is right to a
    rounding of 1, as its output is.
    """
    a, = grid(dtype, SIGNED)
    check(sigmoid(a)[:, 0], exact(exact_sigmoid, a))
    check(softplus(a)[:, 0], exact(lambda a: max(a, 0) + (1 + (-abs(a)).exp()).ln(), a), size=0.0)
    check(softplus_backward(1.0, a)[:, 0], exact(exact_sigmoid, a))
    slope = exact(lambda a: exact_sigmoid(a) * exact_sigmoid(-a), a)
    check(sigmoid_backward(1.0, a)[:, 0], slope, size=0.0)
    check(sigmoid_backward(1.0, a, sigmoid(a))[:, 0], slope, size=0.0)
    layers = {name: Activation(name) for name in ("tanh", "relu")}
    tanh, cache = layers["tanh"].forward(a)
    check(tanh[:, 0], exact(lambda a: 2 * exact_sigmoid(2 * a) - 1, a))
    check(layers["tanh"].backward(cache, np.ones_like(a))[:, 0],
          exact(lambda a: 4 * exact_sigmoid(2 * a) * exact_sigmoid(-2 * a), a))
    relu, cache = layers["relu"].forward(a)
    np.testing.assert_array_equal(relu, a * (a > 0))
    np.testing.assert_array_equal(layers["relu"].backward(cache, np.ones_like(a)), a > 0)


@both_dtypes
def test_a_wrong_certain_pixel_costs_its_logit(dtype):
    """1e4 nats, not the 18.42 of a probability clipped at 1e-8; and the slope is 1, not 0."""
    x, logits = np.array([[1.0], [0.0]], dtype), np.array([[-1e4], [1e4]], dtype)
    np.testing.assert_array_equal(bernoulli_log_prob(x, logits), [-1e4, -1e4])
    slope = bernoulli_log_prob_backward(np.ones(2, dtype), x, logits)
    np.testing.assert_array_equal(slope, [[1.0], [-1.0]])


@both_dtypes
@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.parametrize("narrowest, smallest", [(-math.inf, 1e-19), (-177.0, 0.0)])
def test_gaussian_at_any_variance(dtype, narrowest, smallest):
    """σ from e^−5000 to e^5000, an error of 0 included: 0 · ∞ must not come up.

    A density so narrow that a miss is beyond the dtype's range is −∞; its slope too is infinite.
    Where float32 does not hold 1/σ, below log σ² = −177, errors of less than 1e-19 are left out:
    they count as if σ were 1e-38.
    """
    errors = [0.0, *(e for e in TINY if e >= smallest), 1.0, 30.0, 1e10]
    error, logvar = grid(dtype, errors, [a for a in LOGVARS if a >= narrowest])
    mean, ones = np.zeros_like(error), np.ones(len(error), dtype)

    def log_prob(e, a):
        return -(LOG_2PI + a + e * e * (-a).exp()) / 2

    check(gaussian_log_prob(error, mean, logvar), exact(log_prob, error, logvar), ulps=32,
          size=np.maximum(np.abs(logvar[:, 0]), 1.0))
    d_x, d_mean, d_logvar = gaussian_log_prob_backward(ones, error, mean, logvar)
    check(d_mean[:, 0], exact(lambda e, a: e * (-a).exp(), error, logvar), size=0.0, ulps=32)
    check(d_logvar[:, 0], exact(lambda e, a: (e * e * (-a).exp() - 1) / 2, error, logvar), ulps=32)
    np.testing.assert_array_equal(d_x, -d_mean)


@both_dtypes
@pytest.mark.filterwarnings("ignore:overflow")
def test_prior_at_any_latent(dtype):
    z, = grid(dtype, [0.0, *TINY, 1.0, -1e4, 1e18, 1e20] + [-1e160] * (dtype == "float64"))
    check(standard_normal_log_prob(z), exact(lambda z: -(z * z + LOG_2PI) / 2, z))
    slope = standard_normal_log_prob_backward(np.ones(len(z), dtype), z)
    np.testing.assert_array_equal(slope, -z)


@both_dtypes
@pytest.mark.filterwarnings("ignore:overflow")
def test_kl_at_any_log_variance(dtype):
    """Infinite only where e^logvar is: from 88.73 in float32, from 709.8 in float64. ½e^logvar
    would reach 0.7 further.
    """
    mean, logvar = grid(dtype, [0.0, *TINY, -3.0, 1e3], [*LOGVARS, -TINY[0], *TINY, 88.7, 90, 709])
    kl = kl_standard_normal(mean, logvar)
    check(kl, exact(lambda m, a: (m * m + a.exp() - 1 - a) / 2, mean, logvar),
          size=np.maximum(np.abs(logvar[:, 0]), 1.0))
    d_mean, d_logvar = kl_standard_normal_backward(np.ones(len(kl), dtype), mean, logvar)
    np.testing.assert_array_equal(d_mean, mean)
    check(d_logvar[:, 0], exact(lambda m, a: (a.exp() - 1) / 2, mean, logvar), size=0.0)


@both_dtypes
def test_reparameterisation_at_any_log_variance_that_has_a_sigma(dtype):
    """Up to log σ² = 177.4 in float32, 1419.5 in float64: exact(σ) is a number there."""
    logvars = [-1e4, -400, -177, -100, 0, 1e-8, 100, 177] + [1000, 1419] * (dtype == "float64")
    mean, logvar, eps = grid(dtype, [0.0, 2.0, -1e-20], logvars, [-0.5, 0.0, 1e-20, 0.9])
    z = reparameterise(mean, logvar, eps)
    check(z[:, 0], exact(lambda m, a, e: m + (a / 2).exp() * e, mean, logvar, eps),
          size=np.abs(mean[:, 0]))
    d_mean, d_logvar = reparameterise_backward(np.ones_like(z), mean, logvar, eps)
    np.testing.assert_array_equal(d_mean, 1.0)
    check(d_logvar[:, 0], exact(lambda m, a, e: (a / 2).exp() * e / 2, mean, logvar, eps),
          size=0.0)


@both_dtypes
def test_log_q_at_any_log_variance(dtype):
    """At its own sample the density is finite whatever σ is: −½(log 2π + log σ² + ε²)."""
    logvar, eps = grid(dtype, [-1e4, -400.0, 0.0, 100.0, 170.0], [0.0, 1e-20, -5.0])
    _, log_q, _ = DiagonalGaussian(np.zeros_like(logvar), logvar).sample(eps[None])
    check(log_q[0], exact(lambda a, e: -(LOG_2PI + a + e * e) / 2, logvar, eps),
          size=np.maximum(np.abs(logvar[:, 0]), 1.0))


@both_dtypes
@pytest.mark.parametrize("low, high", [(0.0, 0.0), (-1e4, 0.0), (-1e30, -1e30), (1e4, 1e4 + 8),
                                       (-np.inf, -1e4), (-np.inf, 1e4)])
def test_importance_bound_of_any_weights(dtype, low, high):
    """exp(−1e4) is 0 in any dtype, and exp(1e4) infinite; a weight of 0 is a weight."""
    ones = np.ones(1, dtype)
    first, second = grid(dtype, [low], [high])
    log_w = np.concatenate([first, second, first])
    weights = [first, second, first]
    bound = objectives.importance_weighted_bound(log_w)

    def relative(*a):
        return [(v - max(a)).exp() for v in a]

    check(bound, exact(lambda *a: max(a) + (sum(relative(*a)) / 3).ln(), *weights))
    shares = objectives.importance_weighted_bound_backward(ones, log_w)
    for k in range(3):
        check(shares[k], exact(lambda *a: relative(*a)[k] / sum(relative(*a)), *weights))


@both_dtypes
def test_importance_bound_where_every_weight_is_0(dtype):
    """log 0 is −∞, not NaN, and without a warning; other examples keep their bound."""
    log_w = np.array([[-np.inf, 0.0], [-np.inf, 0.0]], dtype)
    np.testing.assert_array_equal(objectives.importance_weighted_bound(log_w), [-np.inf, 0.0])
    shares = objectives.importance_weighted_bound_backward(np.ones(2, dtype), log_w)
    np.testing.assert_array_equal(shares, 0.5)


@both_dtypes
def test_estimators_at_any_size(dtype):
    """Sums of terms of 1e30 and of 1e-40, to rounding of the largest."""
    sizes = [0.0, 1e-40, -1.0, 1e4, -1e30]
    px, pz, qz = grid(dtype, sizes, sizes, sizes)
    size = np.max(np.abs([px, pz, qz]), axis=0)[:, 0]
    bound = objectives.estimator_a(px.T, pz.T, qz.T)
    check(bound, exact(lambda px, pz, qz: px + pz - qz, px, pz, qz), size=size)
    bound = objectives.estimator_b(px.T, pz[:, 0])
    check(bound, exact(lambda px, kl: px - kl, px, pz), size=size)


@both_dtypes
@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.parametrize("name", [name for name, *_ in library.find_pairs()
                                  if name != "distributions.reparameterise"])
def test_no_pair_makes_nan_of_finite_inputs(dtype, name):
    """Value and gradient, every input extreme at once, at random; infinite is allowed.

    Reparameterisation is left out: σ overflows there, and the bound is −∞ long before.
    """
    numbers = np.array([*SIGNED, *LOGVARS], dtype)
    pairs = {pair: functions for pair, *functions in library.find_pairs()}
    forward, backward, inputs, _ = library.pair_check(*pairs[name])
    rng = np.random.default_rng(0)
    shared = "gaussian_log" in name or "kl_gaussians" in name
    whole = np.broadcast_shapes(*map(np.shape, inputs.values())) if shared else ()
    for _ in range(200):  # where samples share an input, ∞ − ∞ in the sum over them is no number
        drawn = {key: value if key in library.BELOW else
                 rng.choice(numbers, whole or np.shape(value)) for key, value in inputs.items()}
        value = forward(**drawn)
        assert not np.isnan(value).any()
        for gradient in backward(np.ones_like(value), **drawn).values():
            assert not np.isnan(gradient).any()
