"""Annealed importance sampling: its schedules, its weights and its errors."""
import numpy as np
import pytest

import vae_np as vn
from vae_np.inference import ais


def rng(seed=0):
    return np.random.default_rng(seed)


def target(model, x):
    """The two functions that `anneal` takes."""
    return (model.log_prior_and_grad,
            lambda z: model.log_px_given_z_and_grad(x, z))


@pytest.mark.parametrize("kind", ["sigmoidal", "linear", "geometric"])
def test_schedules_rise_from_0_to_1(kind):
    betas = ais.schedule(50, kind)
    assert betas.shape == (51,) and betas[0] == 0.0 and betas[-1] == 1.0
    assert np.all(np.diff(betas) > 0.0)


def test_the_sigmoidal_schedule_is_slow_at_both_ends():
    increments = np.diff(ais.schedule(200))
    np.testing.assert_allclose(increments, increments[::-1], rtol=1e-9)
    assert increments[0] < 0.1 * increments[100]


def test_weights_are_unbiased_and_their_logarithm_is_low(general, averages_to):
    """E[w] = p(x), so E[log w] < log p(x): AIS over z does not flatter.

    20 000 chains of one x, all with 10 temperatures of the wrong step sizes: nothing but the
    rule for the weights makes it right. False alarm 2e-9; sees an error of 10 % in p(x).
    """
    x = general.model.sample(1, rng(1))
    z = general.model.noise(rng(2), 1, 20_000)
    annealed = ais.anneal(*target(general.model, x), z, ais.schedule(10, "linear"), rng(3),
                          step_sizes=np.full((10, 1), 0.6), leapfrog_steps=2)
    log_weights = annealed.log_weights - general.log_px(x)
    averages_to(np.exp(log_weights), 1.0, sees=0.1)
    assert log_weights.mean() < -0.2


def test_weighted_points_are_the_posterior(general):
    """At the end of the way, weights make z a draw from p(z|x): its mean, within 6 errors.

    False alarm 2e-9 a number, 3 numbers. Sees errors of 0.1.
    """
    x = general.model.sample(1, rng(4))
    z = general.model.noise(rng(5), 1, 20_000)
    annealed = ais.anneal(*target(general.model, x), z, ais.schedule(10, "linear"), rng(6),
                          step_sizes=np.full((10, 1), 0.6), leapfrog_steps=2)
    weights = np.exp(annealed.log_weights - annealed.log_weights.max(axis=0))
    weights /= weights.sum(axis=0)
    mean = np.sum(weights[..., None] * annealed.z, axis=0)
    stderr = np.sqrt(np.sum((weights[..., None] * (annealed.z - mean)) ** 2, axis=0))
    assert 9.0 * stderr.max() < 0.1
    np.testing.assert_array_less(np.abs(mean - general.posterior_mean(x)), 6.0 * stderr)


def test_log_px_of_the_linear_gaussian_model_is_found(general):
    """Image by image within 7 Monte Carlo errors, and so their mean.

    Of 1000 such z-scores the spread is 1.02 and the largest 3.7: false alarms below 1e-6. Sees
    errors of 0.7 nats in an image, of 0.1 in the mean.
    """
    x = general.model.sample(30, rng(7))
    estimate = ais.log_likelihood(general.model, x, rng=rng(8), num_chains=64)
    error = estimate.log_px - general.log_px(x)
    mean_stderr = np.sqrt(np.sum(estimate.mc_stderr ** 2)) / len(x)
    assert 10.0 * estimate.mc_stderr.max() < 0.7 and 10.0 * mean_stderr < 0.1
    assert np.all(np.abs(error) < 7.0 * estimate.mc_stderr)
    assert abs(error.mean()) < 7.0 * mean_stderr
    assert np.all((40.0 <= estimate.ess) & (estimate.ess <= 64.0))
    assert estimate.details["divergences"].sum() == 0


def test_the_pilot_run_finds_step_sizes_that_shrink_with_the_density():
    """One pixel of tiny noise: the posterior's scale is 0.01, the prior's 1; acceptance holds."""
    model = vn.VAE(1, 1, (), likelihood=("gaussian", 1e-4), dtype="float64")
    model.params["decoder.mean.W"] = 1.0
    x = np.linspace(-1.0, 1.0, 5)[:, None]
    annealed = ais.anneal(*target(model, x), model.noise(rng(), 5, 4), ais.schedule(500), rng(1))
    assert annealed.step_sizes.shape == (500, 5)
    assert annealed.step_sizes[-1].max() < 0.05 * annealed.step_sizes[0].min()
    assert np.all(np.abs(annealed.acceptance - ais.TARGET) < 0.1)


def test_an_image_s_estimate_depends_on_its_block_alone(general, parts):
    """Chains come in groups, images in blocks: the first block's numbers do not see the next."""
    x, done = general.model.sample(10, rng(9)), []
    settings = {"num_chains": 7, "num_temperatures": 5, "images_per_block": 4,
                "chains_per_block": 3}
    estimate = ais.log_likelihood(general.model, x, rng=rng(), on_block=done.append, **settings)
    first = ais.log_likelihood(general.model, x[:4], rng=rng(), **settings)
    assert done == [4, 8, 10]
    for all_images, few in zip(parts(estimate), parts(first), strict=True):
        assert all_images.shape == (10,)
        np.testing.assert_array_equal(all_images[:4], few)


def test_one_chain_has_no_error(general):
    x = general.model.sample(2, rng())
    estimate = ais.log_likelihood(general.model, x, rng=rng(), num_chains=1, num_temperatures=5)
    assert np.isnan(estimate.mc_stderr).all() and np.isfinite(estimate.log_px).all()
    np.testing.assert_allclose(estimate.ess, 1.0)


@pytest.mark.parametrize("change, error, words", [
    ({"num_temperatures": 1}, ValueError, "num_temperatures must be a whole number of at least 2"),
    ({"kind": "cosine"}, ValueError, "use 'sigmoidal', 'linear' or 'geometric'"),
    ({"num_chains": 0}, ValueError, "num_chains must be a whole number of at least 1"),
    ({"leapfrog_steps": 1.5}, ValueError, "leapfrog_steps must be a whole number of at least 1"),
    ({"rng": 0}, TypeError, "numpy.random.Generator"),
    ({"x": np.full((2, 5), np.nan)}, ValueError, "not finite")])
def test_bad_input_is_refused(general, change, error, words):
    with pytest.raises(error, match=words):
        ais.log_likelihood(general.model, **{"x": np.zeros((2, 5)), "rng": rng(), **change})


def lossy(model, lost):
    """The target of `anneal` at one x, but p(x|z) is 0 where lost(z) is true."""
    def with_holes(x):
        def log_px_and_grad(z):
            log_px, d_z = model.log_px_given_z_and_grad(x, z)
            hole = lost(z)
            return np.where(hole, -np.inf, log_px), np.where(hole[..., None], np.nan, d_z)
        return log_px_and_grad
    return with_holes


def test_a_prior_draw_of_density_0_has_the_weight_0_and_stops_nothing(general, averages_to):
    """The mean weight is still the integral, here of p(z) p(x|z) over the half z₀ > 0."""
    x = general.model.sample(1, rng(1))
    z = general.model.noise(rng(2), 1, 20_000)
    log_px_and_grad = lossy(general.model, lambda z: z[..., 0] <= 0.0)(x)
    annealed = ais.anneal(general.model.log_prior_and_grad, log_px_and_grad, z,
                          ais.schedule(10, "linear"), rng(3),
                          step_sizes=np.full((10, 1), 0.6), leapfrog_steps=2)
    dead = z[..., 0] <= 0.0
    assert (annealed.log_weights[dead] == -np.inf).all()
    assert np.isfinite(annealed.log_weights[~dead]).all() and np.isfinite(annealed.z).all()
    plain = general.model.noise(rng(4), 1, 400_000)
    log_px = general.model.log_px_given_z(x, plain)
    half = np.exp(log_px - general.log_px(x)) * (plain[..., 0] > 0.0)
    averages_to(np.exp(annealed.log_weights - general.log_px(x)) - half.mean(), 0.0, sees=0.15)


def test_a_model_whose_density_vanishes_somewhere_is_measured_all_the_same():
    """A learned variance that has run away: log σ² = −300, and z far out decodes to nothing."""
    model = vn.VAE(2, 1, (), likelihood="gaussian")
    model.params["decoder.mean.W"], model.params["decoder.logvar.b"] = 0.0, -300.0
    x = np.zeros((3, 2), np.float32)  # at the mean the density is finite
    model.params["decoder.mean.W"][0, 0] = 1e-3
    x[0] = 1.0  # and here it is 0 for every z
    estimate = ais.log_likelihood(model, x, rng=rng(), num_chains=4, num_temperatures=3)
    assert estimate.log_px[0] == -np.inf and np.isnan(estimate.mc_stderr[0])


def test_a_start_that_is_no_number_is_still_refused(general):
    def nan(z):
        return np.full(z.shape[:-1], np.nan), z

    with pytest.raises(ValueError, match="no finite number at 4 of 4 starting points"):
        ais.anneal(general.model.log_prior_and_grad, nan, general.model.noise(rng(2), 1, 4),
                   ais.schedule(3), rng(3))
