"""Appendix D: its densities, its identity, and which way it errs."""
import numpy as np
import pytest
from scipy import stats

import vae_np as vn
from vae_np.inference import appendix_d, hmc

DENSITIES = list(appendix_d.DENSITIES)


def rng(seed=0):
    return np.random.default_rng(seed)


class Normal:
    """N(mean, covariance) of each image as a density q: mean (N, Z), covariance (Z, Z)."""

    def __init__(self, mean, covariance):
        self.mean, self.covariance = mean, covariance

    def log_prob(self, z):
        return stats.multivariate_normal(cov=self.covariance).logpdf(z - self.mean)


def posterior_draws(known, x, num_samples, chains, seed):
    """Exact, independent draws from p(z|x) of the linear-Gaussian model, in the form of HMC's."""
    factor = np.linalg.cholesky(known.posterior_covariance)
    noise = rng(seed).standard_normal((num_samples, chains, len(x), len(factor)))
    z = known.posterior_mean(x) + noise @ factor.T
    return hmc.Draws(z, known.model.log_joint(x, z), np.ones(len(x)), np.zeros(len(x), int))


# -- the identity, and the direction -----------------------------------------------------------

def test_the_exact_posterior_as_density_leaves_no_error(general):
    """q(z) = p(z|x) makes every ratio 1/p(x), whatever z is: 1e-14 relative."""
    x = general.model.sample(7, rng(1))
    q = Normal(general.posterior_mean(x), general.posterior_covariance)
    estimate = appendix_d.reciprocal_estimate(q, posterior_draws(general, x, 10, 2, seed=2))
    np.testing.assert_allclose(estimate.log_px, general.log_px(x), rtol=1e-13)
    assert estimate.mc_stderr.max() < 1e-7


def test_ratios_are_unbiased_and_the_estimate_is_high(general, averages_to):
    """E[mean ratio] = 1/p(x), so E[log p̂(x)] > log p(x): appendix D flatters.

    20 000 times 8 exact draws, q a little too wide. False alarm 2e-9; sees 6 % in 1/p(x).
    """
    x = np.repeat(general.model.sample(1, rng(3)), 20_000, axis=0)
    q = Normal(general.posterior_mean(x) + 0.1, 1.4 * general.posterior_covariance)
    estimate = appendix_d.reciprocal_estimate(q, posterior_draws(general, x, 8, 1, seed=4))
    error = (estimate.log_px - general.log_px(x))[:, None]
    averages_to(np.exp(-error), 1.0, sees=0.06)
    stderr = error.std() / np.sqrt(len(error))
    assert error.mean() > 6.0 * stderr
    # By half the squared error, to the order of the next term. Sees a factor of 1.5.
    assert error.mean() == pytest.approx(0.5 * error.var(), rel=0.3)


def test_errors_are_calibrated(general):
    """(estimate − log p(x)) / mc_stderr has spread 1: 1000 of them, of 100 exact draws each.

    The spread of 1000 is known to 2 %; 6 of these and the delta method's own error stay within
    the limits. Sees an error of 25 % in mc_stderr.
    """
    x = general.model.sample(1000, rng(5))
    q = Normal(general.posterior_mean(x) + 0.1, 1.2 * general.posterior_covariance)
    estimate = appendix_d.reciprocal_estimate(q, posterior_draws(general, x, 25, 4, seed=6))
    z_scores = (estimate.log_px - general.log_px(x)) / estimate.mc_stderr
    assert 0.85 < z_scores.std() < 1.25


def test_repeated_draws_do_not_shrink_the_error(general):
    """Each draw five times over: the same estimate, and an error that knows of the repetition."""
    x = general.model.sample(200, rng(7))
    q = Normal(general.posterior_mean(x) + 0.1, 1.4 * general.posterior_covariance)
    draws = posterior_draws(general, x, 50, 2, seed=8)
    sticky = draws._replace(z=np.repeat(draws.z, 5, axis=0),
                            log_prob=np.repeat(draws.log_prob, 5, axis=0))
    once, often = (appendix_d.reciprocal_estimate(q, d) for d in (draws, sticky))
    np.testing.assert_allclose(often.log_px, once.log_px, rtol=1e-12)
    assert np.median(often.mc_stderr / once.mc_stderr) == pytest.approx(1.0, abs=0.2)


@pytest.mark.parametrize("density", DENSITIES)
def test_a_missed_mode_makes_the_estimate_low(density):
    """Two modes far apart with shares 0.3 and 0.7, all chains in the first: log p(x) + log 0.3.

    400 draws. The limit is 6 errors, which are 0.02 nats; a lost or doubled log 0.3 is 1.2.
    """
    z = rng(9).standard_normal((100, 4, 3, 1)) - 20.0
    log_prob = np.log(0.3) - 5.0 + stats.norm.logpdf(z[..., 0], loc=-20.0)  # p(x) = e^−5
    draws = hmc.Draws(z, log_prob, np.ones(3), np.zeros(3, int))
    other = rng(10).standard_normal((400, 3, 1)) - 20.0
    estimate = appendix_d.reciprocal_estimate(appendix_d.DENSITIES[density](other), draws)
    assert estimate.mc_stderr.max() < 0.05
    np.testing.assert_array_less(np.abs(estimate.log_px - (np.log(0.3) - 5.0)),
                                 6.0 * estimate.mc_stderr)


# -- the densities -----------------------------------------------------------------------------

def test_gaussian_density_is_the_fitted_gaussian():
    """Against SciPy's, with the moments by hand: correlations shrunk by L/(L + Z)."""
    z = rng(11).standard_normal((40, 5, 3)) @ rng(12).standard_normal((3, 3)) + 2.0
    q = appendix_d.GaussianDensity(z)
    for n in range(5):
        covariance = np.cov(z[:, n].T)
        shrunk = np.where(np.eye(3, dtype=bool), covariance, covariance * 40 / 43)
        expected = stats.multivariate_normal(z[:, n].mean(axis=0), shrunk).logpdf(z[:, n] + 0.5)
        np.testing.assert_allclose(q.log_prob(z + 0.5)[:, n], expected, rtol=1e-11)


def test_kernel_density_is_scipy_s():
    """In one dimension nothing is shrunk, and SciPy's bandwidth is Scott's too."""
    z = rng(13).standard_normal((30, 4, 1)) ** 3
    q, points = appendix_d.KernelDensity(z), rng(14).standard_normal((20, 4, 1))
    for n in range(4):
        expected = stats.gaussian_kde(z[:, n].T).logpdf(points[:, n].T)
        np.testing.assert_allclose(q.log_prob(points)[:, n], expected, rtol=1e-11)


@pytest.mark.parametrize("density", DENSITIES)
@pytest.mark.parametrize("num_draws", [3, 50])
def test_densities_integrate_to_one(density, num_draws):
    """On a grid in two dimensions, also where there are hardly more draws than dimensions."""
    z = rng(15).standard_normal((num_draws, 2, 2)) @ np.array([[1.0, 0.7], [0.0, 0.5]])
    axis = np.linspace(-12.0, 12.0, 161)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 1, 2)
    q = appendix_d.DENSITIES[density](z)
    integral = np.exp(q.log_prob(np.broadcast_to(grid, (len(grid), 2, 2)))).sum(axis=0)
    np.testing.assert_allclose(integral * (axis[1] - axis[0]) ** 2, 1.0, rtol=1e-6)


@pytest.mark.parametrize("density", DENSITIES)
def test_fewer_draws_than_dimensions_are_enough(density):
    z = rng(16).standard_normal((4, 3, 6))
    assert np.isfinite(appendix_d.DENSITIES[density](z).log_prob(z)).all()


# -- the whole ---------------------------------------------------------------------------------

@pytest.mark.parametrize("density, sees", [("gaussian", 0.2), ("kde", 0.6)])
def test_log_px_of_the_linear_gaussian_model_is_found(general, density, sees):
    """Image by image within 8 Monte Carlo errors, and so their mean.

    With 1000 draws, of 1000 such z-scores the spread is 1.1 and the largest 3.5 (kernel: 1.2, 5):
    false alarms below 1e-6. Sees errors of 0.2 (Gaussian) and 0.6 nats in an image.
    """
    x = general.model.sample(20, rng(17))
    estimate = appendix_d.log_likelihood(general.model, x, rng=rng(18), density=density,
                                         num_samples=1000, num_chains=10)
    error = estimate.log_px - general.log_px(x)
    mean_stderr = np.sqrt(np.sum(estimate.mc_stderr ** 2)) / len(x)
    assert 11.0 * estimate.mc_stderr.max() < sees
    assert np.all(np.abs(error) < 8.0 * estimate.mc_stderr)
    assert abs(error.mean()) < 8.0 * mean_stderr
    assert estimate.ess.min() > 200 and estimate.details["divergences"].sum() == 0
    assert np.all(estimate.details["acceptance"] > 0.8)


def test_the_paper_s_fifty_draws_are_enough_for_a_mean(general):
    """50 draws, 4 leapfrog steps, 100 images: the mean is off by less than 0.1 nats."""
    x = general.model.sample(100, rng(19))
    for density in DENSITIES:
        estimate = appendix_d.log_likelihood(general.model, x, rng=rng(20), density=density)
        assert abs(np.mean(estimate.log_px - general.log_px(x))) < 0.1


def test_chains_that_never_move_have_no_error(general, monkeypatch):
    monkeypatch.setattr(hmc, "metropolis", lambda change, rng: np.zeros(change.shape, bool))
    x = general.model.sample(3, rng())
    for density in DENSITIES:
        estimate = appendix_d.log_likelihood(general.model, x, rng=rng(), density=density,
                                             num_chains=1)
        assert np.isnan(estimate.mc_stderr).all() and np.all(estimate.ess == 1.0)


def test_chains_start_where_the_likelihood_is_high():
    """A posterior of scale 0.02 and a trap of a mode 40 nats below it: no chain falls into it."""
    model = vn.VAE(1, 1, (2,), likelihood=("gaussian", 1.0), dtype="float64")
    model.params.vector[...] = 0.0
    # The decoder's mean: 10 near z = 1, 1 near z = −1, 0 elsewhere far out; x = 10.
    model.params["decoder.hidden0.W"] = [[4.0, 4.0]]
    model.params["decoder.hidden0.b"] = [-2.0, 6.0]
    model.params["decoder.mean.W"] = [[5.0], [0.5]]
    model.params["decoder.mean.b"] = 5.0
    x = np.full((300, 1), 10.0)
    z = appendix_d.starting_points(model, x, rng(21), 5)
    assert z.shape == (5, 300, 1)
    log_px = model.log_px_given_z(x, z)
    best = model.log_px_given_z(x[:1], np.linspace(-4, 4, 2001)[:, None, None]).max()
    assert log_px.min() > best - 10.0


def test_an_image_s_estimate_depends_on_its_block_alone(general, parts):
    x, done = general.model.sample(10, rng(22)), []
    estimate, first = (
        appendix_d.log_likelihood(general.model, x[:n], rng=rng(), images_per_block=4,
                                  on_block=on_block)
        for n, on_block in ((10, done.append), (4, None)))
    assert done == [4, 8, 10]
    for all_images, few in zip(parts(estimate), parts(first), strict=True):
        np.testing.assert_array_equal(all_images[:4], few)


@pytest.mark.parametrize("change, error, words", [
    ({"density": "flow"}, ValueError, "use 'gaussian' or 'kde'"),
    ({"num_chains": 0}, ValueError, "num_chains must be a whole number of at least 1"),
    ({"num_samples": 52}, ValueError, "num_samples must be a multiple of num_chains, 5, not 52"),
    ({"num_samples": 15}, ValueError, "num_samples must be a whole number of at least 20, not 15"),
    ({"warmup": -1}, ValueError, "warmup must be a whole number"),
    ({"rng": 0}, TypeError, "numpy.random.Generator"),
    ({"x": np.full((2, 5), np.nan)}, ValueError, "not finite")])
def test_bad_input_is_refused(general, change, error, words):
    with pytest.raises(error, match=words):
        appendix_d.log_likelihood(general.model,
                                  **{"x": np.zeros((2, 5)), "rng": rng(), **change})
