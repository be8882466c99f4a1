"""The estimators of the bound against each other, and against what they bound."""
import itertools

import numpy as np
import pytest

import vae_np as vn
from vae_np import objectives
from vae_np.distributions import standard_normal_log_prob

ROWS = 20_000


def test_estimators_a_and_b_agree_on_average(little_vae, averages_to):
    """E[𝓛ᴬ] = E[𝓛ᴮ]: independent noise, so that no term cancels unseen.

    False alarm 2e-9. Sees errors of 0.5 nats. Smaller ones are for the next test.
    """
    rng = np.random.default_rng(14)
    x = np.repeat(rng.random((1, 5)), ROWS, axis=0)
    a = little_vae.elbo(x, little_vae.noise(rng, ROWS), estimator="A")
    b = little_vae.elbo(x, little_vae.noise(rng, ROWS), estimator="B")
    averages_to(a - b, 0.0, sees=0.5)


def test_estimators_a_and_b_are_equal_on_sigma_points(little_vae, sigma_points):
    """𝓛ᴬ − 𝓛ᴮ = KL + mean of [log p(z) − log q(z|x)] is quadratic in ε, whatever the decoder. So
    sigma points take its expectation without an error, and it is 0: value and gradient.
    """
    x = np.random.default_rng(15).random((7, 5))
    eps = sigma_points(7, 2)
    value_a, grads_a = little_vae.elbo_and_grad(x, eps, "A")
    value_b, grads_b = little_vae.elbo_and_grad(x, eps, "B")
    assert value_a == pytest.approx(value_b, rel=1e-13)
    np.testing.assert_allclose(grads_a.vector, grads_b.vector, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("estimator", ["A", "B", "IW"])
def test_weight_of_the_kl_is_1_unless_said(estimator):
    """Of the value and of its gradient."""
    three = ("log_px_given_z", "log_pz", "log_qz")
    names = {"A": three, "B": ("log_px_given_z", "kl"), "IW": three}
    rng = np.random.default_rng(15)
    terms = {name: rng.standard_normal(3 if name == "kl" else (2, 3)) for name in names[estimator]}
    row = objectives.ESTIMATORS[estimator]
    bound, backward = row.value, row.backward
    np.testing.assert_array_equal(bound(**terms), bound(**terms, kl_weight=1.0))
    d_out = rng.standard_normal(3)
    said = backward(d_out, **terms, kl_weight=1.0)
    for name, gradient in backward(d_out, **terms).items():
        np.testing.assert_array_equal(gradient, said[name])


@pytest.mark.parametrize("estimator", ["A", "B"])
def test_bound_averages_its_samples(little_vae, estimator):
    """L samples give the mean of L bounds of one sample each, to rounding."""
    rng = np.random.default_rng(16)
    x, eps = rng.random((3, 5)), little_vae.noise(rng, 3, samples=7)
    one_by_one = np.mean([little_vae.elbo(x, e, estimator) for e in eps], axis=0)
    np.testing.assert_allclose(little_vae.elbo(x, eps, estimator), one_by_one, rtol=1e-13)


def test_one_weight_is_estimator_a(little_vae):
    rng = np.random.default_rng(17)
    x, eps = rng.random((3, 5)), little_vae.noise(rng, 3)
    log_w = little_vae.log_weights(x, eps)
    assert log_w.shape == (1, 3)
    np.testing.assert_allclose(log_w[0], little_vae.elbo(x, eps, "A"), rtol=1e-13)
    np.testing.assert_allclose(objectives.importance_weighted_bound(log_w), log_w[0], rtol=1e-14)


def test_importance_weighted_bound_rises_with_every_doubling(little_vae):
    """The bound of 2K weights is never below the mean of its halves' bounds, draw by draw: the
    logarithm is concave (Burda et al. 2015, theorem 1). No sampling error enters.
    """
    rng = np.random.default_rng(18)
    x = np.repeat(rng.random((1, 5)), 200, axis=0)
    log_w = little_vae.log_weights(x, little_vae.noise(rng, 200, samples=64))
    bound = objectives.importance_weighted_bound
    while len(log_w) > 1:
        first, second = np.split(log_w, 2)
        gain = bound(log_w) - 0.5 * (bound(first) + bound(second))
        assert gain.min() >= -1e-12
        assert gain.mean() > 0.0
        log_w = first


def test_importance_weighted_bound_climbs_to_log_px(general):
    """E[bound] rises with K and stays below log p(x), each K on noise of its own.

    False alarm 2e-9 a comparison, 7 of them. Sees a fall, or an excess over log p(x), of 0.4 nats.
    """
    rng, rows = np.random.default_rng(19), 8000
    x = np.repeat(general.model.sample(1, rng), rows, axis=0)
    log_px = general.log_px(x[:1])[0]
    values, stderrs = [], []
    for K in (1, 4, 16, 64):
        eps = general.model.noise(rng, rows, samples=K)
        draws = objectives.importance_weighted_bound(general.model.log_weights(x, eps))
        values.append(draws.mean())
        stderrs.append(draws.std() / np.sqrt(rows))
    values, stderrs = np.array(values), np.array(stderrs)
    assert 9.0 * stderrs.max() < 0.4
    assert np.all(np.diff(values) > -6.0 * np.hypot(stderrs[1:], stderrs[:-1]))
    assert np.all(values < log_px + 6.0 * stderrs)
    assert values[-1] > log_px - 0.1
    assert values[0] < log_px - 0.5  # there was something to climb


def test_joint_density_sums_and_integrates_to_one():
    """Σ_x ∫ p(x, z) dz = 1 over all 8 images and a grid of z: the whole decoder as a density."""
    model = vn.VAE(3, 1, (4,), dtype="float64")
    x = np.array(list(itertools.product([0.0, 1.0], repeat=3)))
    z, step = np.linspace(-12.0, 12.0, 481, retstep=True)
    z = np.repeat(z[:, None, None], len(x), axis=1)
    assert np.exp(model.log_joint(x, z)).sum() * step == pytest.approx(1.0, rel=1e-12)


def test_log_joint_and_grad_is_log_joint_and_its_slope(little_vae):
    """The value to rounding; its gradient in z, and the mean's in the decoder, along random
    directions by central differences.
    """
    rng = np.random.default_rng(20)
    x, z = rng.random((3, 5)), rng.standard_normal((2, 3, 2))
    value, d_z = little_vae.log_joint_and_grad(x, z)
    np.testing.assert_array_equal(value, little_vae.log_joint(x, z))
    assert d_z.shape == z.shape

    step, direction = 1e-5, rng.standard_normal(z.shape)
    slope = (little_vae.log_joint(x, z + step * direction)
             - little_vae.log_joint(x, z - step * direction)) / (2 * step)
    np.testing.assert_allclose((d_z * direction).sum(axis=-1), slope, rtol=1e-7, atol=1e-7)

    mean, grads = little_vae.mean_log_joint_and_grad(x, z)
    assert mean == pytest.approx(value.mean(), rel=1e-12)
    decoder = little_vae.params.part("decoder")
    start = decoder.vector.copy()
    direction = rng.standard_normal(start.shape)
    totals = []
    for sign in (1, -1):
        decoder.vector[...] = start + sign * step * direction
        totals.append(little_vae.log_joint(x, z).mean())
    slope = (totals[0] - totals[1]) / (2 * step)
    assert grads.vector @ direction == pytest.approx(slope, rel=1e-7)


def test_prior_alone_remains_where_the_decoder_ignores_z(little_vae):
    """With decoder weights 0, log p(x, z) − log p(z) is the same for every z."""
    for name, value in little_vae.params.part("decoder").items():
        if name.endswith(".W"):
            value[...] = 0.0
    rng = np.random.default_rng(21)
    x, z = rng.random((3, 5)), rng.standard_normal((4, 3, 2))
    reconstruction = little_vae.log_joint(x, z) - standard_normal_log_prob(z)
    np.testing.assert_allclose(reconstruction, np.broadcast_to(reconstruction[0], (4, 3)),
                               rtol=1e-12)
