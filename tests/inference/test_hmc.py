"""Hamiltonian Monte Carlo: what must hold for each roll, each test and each chain.

A wrong gradient leaves the target invariant and an absent Metropolis test leaves the acceptance
high: either test alone is blind to one of the two mistakes. So both mistakes are made here on
purpose, and each must be caught by its test.
"""
import numpy as np
import pytest

from vae_np.inference import hmc

STEP = 0.35


def rng(seed=0):
    return np.random.default_rng(seed)


# -- the leapfrog ------------------------------------------------------------------------------

def test_leapfrog_is_reversible(curved):
    """With the momentum turned round it comes back: to 7e-14 here, after 20 steps of 0.2."""
    z, m = rng().standard_normal((2, 4, 7, 3))
    there = hmc.leapfrog(curved, z, m, curved(z)[1], 0.2, 20)
    assert np.abs(there[0] - z).min(axis=-1).max() > 0.5
    back = hmc.leapfrog(curved, there[0], -there[1], there[3], 0.2, 20)
    np.testing.assert_allclose(back[0], z, atol=1e-11)
    np.testing.assert_allclose(back[1], -m, atol=1e-11)


def test_leapfrog_keeps_volumes(curved):
    """The determinant of ∂(z', m')/∂(z, m) is 1. A complex step takes it without an error: every
    operation on the way is analytic.
    """
    start = rng(3).standard_normal((4, 6))[:, None] + 1e-30j * np.eye(6)  # 4 points, 6 directions
    z, m = start[..., :3], start[..., 3:]
    end = np.concatenate(hmc.leapfrog(curved, z, m, curved(z)[1], 0.1, 10)[:2], axis=-1)
    jacobians = end.imag / 1e-30
    assert np.abs(jacobians - np.eye(6)).max() > 0.5
    np.testing.assert_allclose(np.linalg.det(jacobians), 1.0, rtol=1e-9)


def test_error_of_the_energy_falls_as_the_square_of_the_step(curved):
    """At a fixed length of the trajectory the slope of log |ΔH| against log ε is 2 ± 0.2."""
    z, m = rng(4).standard_normal((2, 200, 3))
    num_steps = 2 ** np.arange(5, 10)
    log_prob, d_z = curved(z)
    errors = []
    for n in num_steps:
        _, new_m, new_log_prob, _ = hmc.leapfrog(curved, z, m, d_z, 1.3 / n, n)
        change = hmc.hamiltonian(new_log_prob, new_m) - hmc.hamiltonian(log_prob, m)
        errors.append(np.median(np.abs(change)))
    slope = np.polyfit(np.log(1.3 / num_steps), np.log(errors), 1)[0]
    assert 1.8 < slope < 2.2


# -- invariance and acceptance -----------------------------------------------------------------

def check_invariance(gaussians, averages_to, target=None):
    """20 000 exact draws of each Gaussian stay such draws: means and second moments.

    False alarm 2e-9 a number, 45 numbers. Sees errors of 0.07 in means, of 0.2 in covariances.
    """
    z = gaussians.draw(rng(5), 20_000)
    steps = hmc.StepSizes(5, initial=STEP)
    moved = hmc.advance(target or gaussians, z, steps, rng(6), num_transitions=5, leapfrog_steps=3)
    error = moved.z - gaussians.mean
    averages_to(error, 0.0, sees=0.07)
    products = error[..., :, None] * error[..., None, :]
    averages_to(products.reshape(-1, 45), gaussians.covariance.reshape(45), sees=0.2)


def check_acceptance(target, start):
    """At an eighth of its usual length a step's proposals are hardly ever refused: 0.997 here.

    Of 20 000 chains the mean is known to 0.0001, so a false alarm is out of question. Sees a
    gradient that is 3 % off: 0.98.
    """
    steps = hmc.StepSizes(5, initial=STEP / 8)
    moved = hmc.advance(target, start, steps, rng(7), leapfrog_steps=24)
    assert moved.acceptance.min() > 0.99


def wrong_gradient(gaussians):
    """The same density with a gradient that is 5 % short."""
    def target(z):
        log_prob, d_z = gaussians(z)
        return log_prob, 0.95 * d_z
    return target


def test_gaussians_are_invariant(gaussians, averages_to):
    check_invariance(gaussians, averages_to)


def test_right_gradient_is_accepted(gaussians):
    check_acceptance(gaussians, gaussians.draw(rng(8), 20_000))


def test_without_the_accept_step_invariance_fails(gaussians, averages_to, monkeypatch):
    monkeypatch.setattr(hmc, "metropolis", lambda change, rng: np.ones(change.shape, bool))
    check_acceptance(gaussians, gaussians.draw(rng(8), 20_000))  # which cannot tell
    with pytest.raises(AssertionError):
        check_invariance(gaussians, averages_to)


def test_with_a_wrong_gradient_acceptance_fails(gaussians, averages_to):
    """The sampler stays right, it only gets slow. Nothing but the acceptance tells."""
    check_invariance(gaussians, averages_to, wrong_gradient(gaussians))  # which cannot tell
    with pytest.raises(AssertionError):
        check_acceptance(wrong_gradient(gaussians), gaussians.draw(rng(8), 20_000))


def test_a_curved_density_is_sampled_from_afar(curved, averages_to):
    """E[z·∇log p(z)] = −Z for any density, and E[∇ log p(z)] = 0: no answer need be known.

    4000 chains from the prior; false alarm 2e-9 a number, 4 numbers; sees errors of 0.5 and 0.4.
    """
    z = rng(9).standard_normal((4000, 1, 3))
    moved = hmc.advance(curved, z, hmc.StepSizes(1, initial=0.3), rng(10), num_transitions=30)
    _, d_z = curved(moved.z)
    averages_to(np.sum(moved.z * d_z, axis=-1), -3.0, sees=0.5)
    averages_to(d_z[:, 0], 0.0, sees=0.4)


# -- step sizes --------------------------------------------------------------------------------

def scaled(scale):
    """log_prob_and_grad of N(0, scale²): one scale for each data point."""
    def target(z):
        scaled_z = z / scale[:, None]
        return -0.5 * np.sum(scaled_z ** 2, axis=-1), -scaled_z / scale[:, None]
    return target


def test_step_sizes_fit_each_data_point_and_reach_the_target():
    """Scales from 0.02 to 1, 20 points of each, 200 transitions: acceptance 0.9, step ∝ scale."""
    scale = np.repeat([0.02, 0.2, 1.0], 20)
    steps = hmc.StepSizes(60)
    draws = hmc.sample(scaled(scale), np.zeros((60, 3)), steps, rng(11), num_samples=300,
                       warmup=200)
    groups = draws.acceptance.reshape(3, 20)
    np.testing.assert_allclose(groups.mean(axis=1), 0.9, atol=0.05)
    assert groups.min() > 0.75
    relative = (steps.step() / scale).reshape(3, 20)
    assert relative.max() < 3.0 * relative.min()
    assert draws.divergences.sum() == 0


@pytest.mark.parametrize("target", [0.6, 0.8, 0.95])
def test_other_targets_are_reached(target):
    steps = hmc.StepSizes(50, target=target)
    draws = hmc.sample(scaled(np.ones(50)), rng().standard_normal((4, 50, 3)), steps, rng(12),
                       num_samples=100, warmup=150)
    assert draws.acceptance.mean() == pytest.approx(target, abs=0.03)


def test_step_sizes_are_frozen_after_the_warm_up(gaussians):
    steps, z = hmc.StepSizes(5), gaussians.draw(rng(), 2)
    hmc.sample(gaussians, z, steps, rng(1), num_samples=1, warmup=20)
    tuned = steps.state()
    assert (tuned["count"] == 20).all()
    hmc.sample(gaussians, z, steps, rng(2), num_samples=30)
    hmc.advance(gaussians, z, steps, rng(3), num_transitions=30)
    for name, array in steps.state().items():
        np.testing.assert_array_equal(array, tuned[name])


def test_a_step_that_is_far_too_long_is_mended():
    """Every proposal diverges at first: counted, refused, and no warning."""
    steps = hmc.StepSizes(3, initial=1e6)
    scale = np.array([0.1, 1.0, 10.0])
    start = np.ones((3, 2))
    refused = hmc.advance(scaled(scale), start, steps, rng(13), num_transitions=5)
    assert refused.divergences.tolist() == [5, 5, 5] and refused.acceptance.max() == 0.0
    np.testing.assert_array_equal(refused.z, start)
    draws = hmc.sample(scaled(scale), start, steps, rng(14), num_samples=50, warmup=200)
    assert draws.divergences.sum() == 0 and draws.acceptance.min() > 0.6


def test_minibatches_keep_their_own_step_sizes(gaussians):
    """take, tune, put: what Monte Carlo EM does. The others stay as they were."""
    steps, index = hmc.StepSizes(9), np.array([7, 0, 3, 2, 8])
    part = steps.take(index)
    hmc.advance(gaussians, gaussians.mean, part, rng(), num_transitions=3, tune=True)
    assert (steps.count == 0).all()
    steps.put(index, part)
    assert steps.count.tolist() == [3, 0, 3, 3, 0, 0, 0, 3, 3]
    np.testing.assert_array_equal(steps.step()[index], part.step())


# -- stopping, and going on --------------------------------------------------------------------

@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_chain_that_was_stopped_goes_on_as_if_it_had_not_been(gaussians, dtype):
    """z, the step sizes' state and the generator's are all that is needed, bit for bit."""
    def target(z):
        return tuple(part.astype(dtype) for part in gaussians(z))

    z = gaussians.draw(rng(), 2).astype(dtype)
    straight, one = hmc.StepSizes(5), rng(1)
    first = hmc.advance(target, z, straight, one, num_transitions=4, tune=True)
    saved = {"z": first.z.copy(), **straight.state()}, one.bit_generator.state
    last = hmc.advance(target, first.z, straight, one, num_transitions=4, tune=True)
    assert last.z.dtype == last.log_prob.dtype == dtype

    resumed, other = hmc.StepSizes(5), rng(99)
    (state, other.bit_generator.state), z = saved, saved[0].pop("z")
    resumed.load_state(state)
    again = hmc.advance(target, z, resumed, other, num_transitions=4, tune=True)
    for a, b in zip(again, last, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(resumed.step(), straight.step())


def test_sample_is_advance_again_and_again(gaussians):
    """Same dice, same chain: thin counts transitions, log_prob belongs to z."""
    z, steps = gaussians.draw(rng(), 2), hmc.StepSizes(5)
    draws = hmc.sample(gaussians, z, steps, rng(1), num_samples=3, thin=2, leapfrog_steps=4)
    one = rng(1)
    for s in range(3):
        moved = hmc.advance(gaussians, z, steps, one, num_transitions=2, leapfrog_steps=4)
        z = moved.z
        np.testing.assert_array_equal(draws.z[s], z)
        np.testing.assert_array_equal(draws.log_prob[s], gaussians(z)[0])
    assert draws.z.shape == (3, 2, 5, 3)
    assert draws.acceptance.shape == draws.divergences.shape == (5,)


# -- what is refused ---------------------------------------------------------------------------

def test_proposals_where_log_p_is_not_finite_are_refused():
    """A density that ends at ‖z‖ = 1, with NaN, −inf or a warning beyond: no draw leaves it."""
    for beyond in (np.nan, -np.inf, np.inf):
        def target(z, beyond=beyond):
            inside = np.sum(z * z, axis=-1) < 1.0
            return np.where(inside, 0.0, beyond), np.zeros_like(z)
        draws = hmc.sample(target, np.zeros((200, 1, 2)), hmc.StepSizes(1, initial=0.5), rng(15),
                           num_samples=20, leapfrog_steps=2)
        assert np.max(np.sum(draws.z ** 2, axis=-1)) < 1.0
        assert 100 < draws.divergences[0] < 4000
        assert np.mean(np.sum(draws.z[-1] ** 2, axis=-1)) == pytest.approx(0.5, abs=0.15)


@pytest.mark.parametrize("change, words", [
    ({"z": np.zeros((4, 3))}, r"z must be \(..., 5, Z\)"),
    ({"z": np.zeros(5)}, r"z must be \(..., 5, Z\)"),
    ({"z": np.full((2, 5, 3), np.nan)}, "not finite at 10 of 10 starting points"),
    ({"leapfrog_steps": 0}, "leapfrog_steps must be a whole number of at least 1"),
    ({"num_samples": 2.5}, "num_samples must be a whole number of at least 1"),
    ({"thin": True}, "thin must be a whole number of at least 1"),
    ({"warmup": -1}, "warmup must be a whole number of at least 0")])
def test_bad_input_is_refused(gaussians, change, words):
    good = {"z": np.zeros((5, 3)), "num_samples": 2}
    with pytest.raises(ValueError, match=words):
        hmc.sample(gaussians, steps=hmc.StepSizes(5), rng=rng(), **{**good, **change})


def test_bad_step_sizes_and_generators_are_refused(gaussians):
    with pytest.raises(TypeError, match="numpy.random.Generator"):
        hmc.advance(gaussians, gaussians.mean, hmc.StepSizes(5), 0)
    for initial in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="initial step size must be a positive number"):
            hmc.StepSizes(5, initial=initial)
    for target in (0.0, 1.0, 90):
        with pytest.raises(ValueError, match="target acceptance must lie in"):
            hmc.StepSizes(5, target=target)
    with pytest.raises(ValueError, match="shape"):
        hmc.StepSizes(5).load_state(hmc.StepSizes(4).state())
    with pytest.raises(ValueError, match="step sizes have the state"):
        hmc.StepSizes(5).load_state({"log_step": np.zeros(5)})


def test_step_sizes_do_not_grow_without_limit():
    """Where every proposal is taken, nothing but the limit holds them."""
    steps = hmc.StepSizes(2)
    for _ in range(20_000):
        steps.tune(np.ones(2))
    assert (steps.step(tuning=True) <= 1e3).all() and (steps.step() <= 1e3).all()
