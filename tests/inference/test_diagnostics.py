"""The effective number of draws, where it is known."""
import numpy as np
import pytest

from vae_np import distributions, objectives
from vae_np.inference.diagnostics import RunningWeights, effective_sample_size, log_mean_exp


def autoregressive(phi, num_draws, chains, seed):
    """(S, C) draws of z_t = φ z_{t−1} + √(1 − φ²) ε_t, whose τ is (1 + φ)/(1 − φ)."""
    rng = np.random.default_rng(seed)
    z = [rng.standard_normal(chains)]
    for noise in rng.standard_normal((num_draws - 1, chains)):
        z.append(phi * z[-1] + np.sqrt(1.0 - phi ** 2) * noise)
    return np.array(z)


@pytest.mark.parametrize("phi", [-0.4, 0.0, 0.5, 0.9])
def test_autoregressive_chains_have_the_known_number(phi):
    """200 chains of 2000, one by one: n/n_exact is 1 in the mean, and never far off.

    The estimates spread by 4 to 20 %, so that their mean is known to 1.4 %: the limit is 7 of
    these. Sees a factor of 1.1, and so a lag lost or counted twice.
    """
    draws = autoregressive(phi, 2000, 200, seed=1)
    relative = effective_sample_size(draws[:, None]) / (2000 * (1.0 - phi) / (1.0 + phi))
    assert relative.mean() == pytest.approx(1.0, abs=0.1)
    assert relative.std() < 0.25


def test_chains_add_up():
    draws = autoregressive(0.5, 2000, 20, seed=2)
    assert effective_sample_size(draws) == pytest.approx(20 * 2000 / 3, rel=0.15)


def test_chains_in_different_modes_are_worth_no_more_than_their_number():
    draws = np.random.default_rng(3).standard_normal((500, 4))
    assert effective_sample_size(draws + 20.0 * np.arange(4)) < 8
    assert effective_sample_size(draws) > 1000


def test_it_is_taken_for_each_coordinate_by_itself():
    draws = autoregressive(0.5, 400, 24, seed=4).reshape(400, 2, 3, 4)
    all_at_once = effective_sample_size(draws)
    assert all_at_once.shape == (3, 4)
    assert all_at_once[1, 2] == pytest.approx(effective_sample_size(draws[:, :, 1, 2]))
    np.testing.assert_allclose(effective_sample_size(5.0 - 3.0 * draws), all_at_once)


def test_draws_that_never_differ_are_worth_one():
    assert effective_sample_size(np.ones((10, 2))) == 1.0


@pytest.mark.parametrize("shape", [(3, 2), (10,), ()])
def test_too_few_draws_are_refused(shape):
    with pytest.raises(ValueError, match=r"draws must be \(S, C, ...\) with S at least 4"):
        effective_sample_size(np.ones(shape))


def test_all_weights_0_have_the_mean_0_in_every_form():
    """log 0 is −∞, not NaN; and nothing is known of its error."""
    weights = np.full((4, 2), -np.inf)
    weights[:, 1] = np.log([1.0, 2.0, 3.0, 0.5])
    with np.errstate(divide="ignore"):
        bound = objectives.importance_weighted_bound(weights)
        total, shares = distributions.log_sum_exp(weights)
    log_mean, stderr, ess = log_mean_exp(weights)
    np.testing.assert_array_equal(log_mean[0], -np.inf)
    np.testing.assert_array_equal([bound[0], total[0]], -np.inf)
    assert np.isnan([stderr[0], ess[0]]).all() and np.isfinite([stderr[1], ess[1]]).all()
    np.testing.assert_array_equal(shares[:, 0], 0.25)
    assert log_mean[1] == pytest.approx(bound[1]) == pytest.approx(np.log(6.5 / 4.0))
    assert ess[1] == pytest.approx(6.5 ** 2 / (1 + 4 + 9 + 0.25))


@pytest.mark.parametrize("lost", [(), (0, 1), (2, 3, 4), (0, 5)])
def test_a_few_weights_at_a_time_are_all_at_once(lost):
    """Also where the first, or all of a few, are 0, and where the largest comes late."""
    log_weights = 300.0 * np.random.default_rng(0).standard_normal((6, 3))
    log_weights[list(lost), 0] = -np.inf
    running = RunningWeights()
    for start in (0, 2, 3):
        running.add(log_weights[start:{0: 2, 2: 3, 3: 6}[start]])
    for few, whole in zip(running.result(), log_mean_exp(log_weights), strict=True):
        np.testing.assert_allclose(few, whole, rtol=1e-12)


def test_an_infinite_weight_has_an_infinite_mean():
    log_mean, *_ = log_mean_exp(np.array([[np.inf, 0.0], [0.0, -np.inf]]))
    np.testing.assert_allclose(log_mean, [np.inf, np.log(0.5)])
