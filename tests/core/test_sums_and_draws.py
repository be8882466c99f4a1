"""log Σ exp along any axis, and 0 or 1 from uniform numbers."""
import numpy as np
import pytest
from scipy.special import logsumexp, softmax

import vae_np as vn
from vae_np.distributions import (bernoulli_draw, gaussian_log_prob, gaussian_log_prob_backward,
                                  log_sum_exp, reparameterise, reparameterise_backward)


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
@pytest.mark.parametrize("scale", [1.0, 1e3])
def test_log_sum_exp_is_scipy_s_along_every_axis(axis, scale):
    a = scale * np.random.default_rng(0).standard_normal((3, 4, 5))
    total, shares = log_sum_exp(a, axis)
    np.testing.assert_allclose(total, logsumexp(a, axis=axis), rtol=1e-13)
    np.testing.assert_allclose(shares, softmax(a, axis=axis), rtol=1e-10, atol=1e-300)
    assert total.shape == logsumexp(a, axis=axis).shape


def test_log_sum_exp_sums_the_first_axis_unless_told():
    a = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(log_sum_exp(a)[0], log_sum_exp(a, 0)[0])


def test_infinite_terms():
    a = np.array([[-np.inf, np.inf, np.inf, -np.inf], [-np.inf, np.inf, 3.0, 0.0]])
    with np.errstate(divide="ignore"):
        total, shares = log_sum_exp(a)
    np.testing.assert_allclose(total, [-np.inf, np.inf, np.inf, 0.0], atol=1e-15)
    np.testing.assert_array_equal(shares, [[0.5, 0.5, 1.0, 0.0], [0.5, 0.5, 0.0, 1.0]])


def test_shares_are_the_gradient():
    a = np.random.default_rng(1).standard_normal(4)
    step = 1e-6 * np.eye(4)
    slopes = [(log_sum_exp(a + one)[0] - log_sum_exp(a - one)[0]) / 2e-6 for one in step]
    np.testing.assert_allclose(log_sum_exp(a)[1], slopes, rtol=1e-8)


def test_a_probability_of_0_is_never_drawn_and_one_of_1_always():
    """Uniform numbers lie in [0, 1): 0 may come, 1 never does."""
    uniform = np.array([0.0, 0.5, 1.0 - 2.0 ** -24], np.float32)
    np.testing.assert_array_equal(bernoulli_draw(uniform, np.zeros(3, np.float32)), 0.0)
    np.testing.assert_array_equal(bernoulli_draw(uniform, np.ones(3, np.float32)), 1.0)
    drawn = bernoulli_draw(uniform, np.full(3, 0.5, np.float32))
    np.testing.assert_array_equal(drawn, [1.0, 0.0, 0.0])
    assert drawn.dtype == np.float32


def test_samples_on_two_axes_share_one_gaussian():
    """(2, 3, N, Z) noise: the gradients come back in the shape of the mean."""
    rng = np.random.default_rng(0)
    inputs = {"mean": rng.standard_normal((5, 4)), "logvar": rng.standard_normal((5, 4)),
              "eps": rng.standard_normal((2, 3, 5, 4))}

    def backward(d, mean, logvar, eps):
        return dict(zip(("mean", "logvar"), reparameterise_backward(d, mean, logvar, eps),
                        strict=True))

    vn.gradcheck(reparameterise, backward, inputs, skip=("eps",)).assert_ok()


@pytest.mark.parametrize("shapes", [
    ((7, 5), (3, 7, 5), (7, 5)), ((3, 7, 5), (7, 5), (5,)), ((7, 5), (7, 1), (1,)),
    ((7, 5), (1, 5), (7, 5)), ((1, 7, 5), (3, 1, 1), (7, 1))], ids=str)
def test_the_gradient_of_a_gaussian_has_the_shape_of_each_input(shapes):
    """However x, mean and logvar broadcast: against gradcheck, which refuses another shape."""
    rng = np.random.default_rng(0)
    inputs = {name: rng.standard_normal(shape)
              for name, shape in zip(("x", "mean", "logvar"), shapes, strict=True)}

    def backward(d_out, **inputs):
        return dict(zip(inputs, gaussian_log_prob_backward(d_out, **inputs), strict=True))

    vn.gradcheck(gaussian_log_prob, backward, inputs).assert_ok()
