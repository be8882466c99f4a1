"""AIS for log Z and its reverse, against what is enumerated; the controls where they must fail."""
import numpy as np
import pytest

from vae_np.inference import partition, reverse_annealing
from vae_np.inference.diagnostics import log_mean_exp
from vae_np.models import DBN, RBM


def random_rbm(x_dim=9, hidden=6, scale=1.5, seed=0, dtype="float64"):
    rbm = RBM(x_dim, hidden, dtype=dtype)
    rbm.params.vector[:] = scale * np.random.default_rng(seed).standard_normal(
        rbm.params.layout.size)
    return rbm


def states(n):
    return np.array([[i >> bit & 1 for bit in range(n)] for i in range(2 ** n)], float)


BASE = np.linspace(-1.0, 1.0, 9)


def run(rbm, **settings):
    return partition.log_partition(rbm, BASE, rng=np.random.default_rng(1), **settings)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_it_agrees_with_the_enumeration(dtype):
    """400 chains, 6 standard errors: a false alarm once in 5·10⁸; an error of 0.5 is seen."""
    rbm = random_rbm(dtype=dtype)
    found, exact = run(rbm, num_chains=400, num_temperatures=300), rbm.log_partition_exact()
    assert abs(found.log_z - exact) < 6 * found.stderr < 0.3
    assert found.lower < exact < found.upper and found.ess > 100
    assert found.estimates.shape == (400,)
    weights = np.exp(found.estimates)
    sigma = weights.std(ddof=1) / 20
    assert found.lower == pytest.approx(np.log(weights.mean() - 3 * sigma), rel=1e-9)
    assert found.upper == pytest.approx(np.log(weights.mean() + 3 * sigma), rel=1e-9)


def test_with_two_temperatures_it_fails_and_the_error_is_low():
    """The control: the same test would not pass with a sampler that hardly anneals."""
    rbm = random_rbm(30, 10)
    exact, found = rbm.log_partition_exact(), {}
    for temperatures in (2, 1000):
        found[temperatures] = partition.log_partition(
            rbm, np.zeros(30), rng=np.random.default_rng(1), num_temperatures=temperatures)
    assert found[2].log_z < exact - 8 and found[2].ess < 10 and found[2].upper < exact - 8
    assert abs(found[1000].log_z - exact) < 6 * found[1000].stderr < 1.0


def test_the_mean_weight_is_unbiased_at_any_number_of_temperatures(averages_to):
    """4000 chains of 3 temperatures: an error of 12 % in Z is seen."""
    rbm = random_rbm(scale=0.2)
    found = run(rbm, num_chains=4000, num_temperatures=3)
    weights = np.exp(found.estimates - rbm.log_partition_exact())
    averages_to(weights[:, None], np.ones(1), sees=0.12)


def test_chains_come_in_blocks_that_change_nothing():
    few, many = (run(random_rbm(), num_chains=n, num_temperatures=5) for n in (200, 230))
    np.testing.assert_array_equal(few.estimates, many.estimates[:200])


def test_the_change_of_log_f_keeps_its_digits():
    """In float32 against float64, over a step of 1e-4 and over half the way."""
    rbm = random_rbm(dtype="float32", scale=6.0)
    path = partition.Path(rbm, BASE)
    v = states(9).astype("float32")
    a = rbm.hidden_logits(v)

    def log_f(beta):
        b = rbm.params["visible.b"].astype(float)
        return ((1 - beta) * (v @ BASE) + beta * (v @ b)
                + np.logaddexp(0, beta * a.astype(float)).sum(axis=1))
    for before, beta in ((0.0, 1e-4), (0.7, 0.7001), (0.0, 0.5), (0.5, 1.0)):
        found = path.log_ratio(v, a, before, beta)
        assert found.dtype == np.float64
        np.testing.assert_allclose(found, log_f(beta) - log_f(before), rtol=2e-5,
                                   atol=2e-5 * (beta - before))


def test_huge_logits_overflow_nowhere():
    rbm = random_rbm(dtype="float32", scale=300.0)
    with np.errstate(over="raise", invalid="raise"):
        assert np.isfinite(run(rbm, num_chains=5, num_temperatures=2).log_z)


def test_temperatures_are_those_of_salakhutdinov_and_murray():
    betas = partition.temperatures(14_500)
    assert len(betas) == 14_501 and betas[0] == 0.0 and betas[-1] == 1.0
    assert betas[[500, 4500]] == pytest.approx([0.5, 0.9]) and (np.diff(betas) > 0).all()
    with pytest.raises(ValueError, match="num_temperatures"):
        partition.temperatures(1)


def test_doubling_shows_what_is_missing():
    rng = np.random.default_rng(2)
    settled = partition.log_partition_doubled(random_rbm(scale=0.5), BASE, rng=rng,
                                              num_temperatures=200, num_chains=100)
    assert abs(settled.change) < 6 * settled.stderr < 0.3
    assert settled.change == settled.twice.log_z - settled.once.log_z
    on_its_way = partition.log_partition_doubled(random_rbm(30, 10), np.zeros(30), rng=rng,
                                                 num_temperatures=5, num_chains=100)
    assert on_its_way.change > 1.0


def test_base_rates_are_the_mean_of_what_the_top_sees():
    x = np.random.default_rng(0).random((30, 9))
    np.testing.assert_allclose(partition.base_rates(random_rbm(), x),
                               np.log(x.mean(0) / (1 - x.mean(0))), rtol=1e-6)
    dbn = DBN(9, (6, 4), dtype="float64", init_std=1.0)
    hidden = 1 / (1 + np.exp(-dbn.directed[0].hidden_logits(x)))
    mean = hidden.mean(axis=0)
    np.testing.assert_allclose(partition.base_rates(dbn, x), np.log(mean / (1 - mean)), rtol=1e-10)


def test_what_makes_no_sense_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="9 finite log-odds"):
        partition.log_partition(random_rbm(), BASE[1:], rng=rng)
    with pytest.raises(ValueError, match="9 finite log-odds"):
        partition.log_partition(random_rbm(), np.full(9, np.nan), rng=rng)
    with pytest.raises(ValueError, match="num_chains"):
        run(random_rbm(), num_chains=0)
    with pytest.raises(TypeError, match="Generator"):
        partition.log_partition(random_rbm(), BASE, rng=0)
    assert np.isnan(run(random_rbm(), num_chains=1, num_temperatures=2).stderr)


# -- the reverse -------------------------------------------------------------------------------


def annealed(rbm, base, num_temperatures):
    """p_ann(v) of every v, exactly: the base rates, then the matrix of each Gibbs step."""
    v, h = states(rbm.x_dim), states(rbm.hidden)
    p = 1 / (1 + np.exp(-base))
    density = np.prod(np.where(v, p, 1 - p), axis=1)
    for beta in partition.temperatures(num_temperatures)[1:]:
        up = 1 / (1 + np.exp(-beta * rbm.hidden_logits(v)))
        down = 1 / (1 + np.exp(-(1 - beta) * base - beta * rbm.visible_logits(h)))
        density = density @ np.prod(np.where(h, up[:, None], 1 - up[:, None]), axis=2)
        density = density @ np.prod(np.where(v, down[:, None], 1 - down[:, None]), axis=2)
    return density


def test_the_reverse_weights_average_to_the_annealed_model(averages_to):
    """One hidden unit that switches all pixels, 3 temperatures, 20 000 chains for each of the two
    uniform images: an error of 50 % in p_ann(x) would be seen. The RBM itself gives the blank
    image 57 % less than the annealed model does, so the test knows which of the two it means.
    """
    rbm, base, ends = RBM(4, 1, dtype="float64"), np.array([-0.5, -0.2, 0.1, 0.3]), [0, 15]
    rbm.params["W"], rbm.params["visible.b"], rbm.params["hidden.b"] = 4.0, -2.0, 1.0
    everything = annealed(rbm, base, 3)
    assert everything.sum() == pytest.approx(1.0, rel=1e-12)
    expected, x = everything[ends], states(4)[ends]
    assert rbm.log_prob_exact(x)[0] < np.log(expected[0]) - 0.8
    path, betas = partition.Path(rbm, base), partition.temperatures(3).tolist()
    log_w = reverse_annealing.log_weights(rbm, path, betas, x, 20_000, np.random.default_rng(3))
    averages_to(np.exp(log_w) / expected, np.ones(2), sees=0.5)


def test_the_reverse_is_a_lower_bound_that_closes_with_temperatures():
    """One chain an image, all 512 images weighted by p: the mean is below the exact one, and at
    1000 temperatures by less than 0.1 nats. An upper bound would be seen: the exact mean lies
    more than 6 standard errors above at 30 temperatures.
    """
    rbm, x = random_rbm(), states(9)
    exact = rbm.log_prob_exact(x)
    p, gaps = np.exp(exact), []
    for temperatures in (30, 1000):
        found = reverse_annealing.log_likelihood(rbm, x, BASE, rng=np.random.default_rng(4),
                                                 num_temperatures=temperatures)
        assert np.isnan(found.mc_stderr).all() and (found.ess == 1).all()
        gap = exact - found.log_px
        stderr = np.sqrt(np.sum(p ** 2 * (gap - p @ gap) ** 2))
        gaps.append((p @ gap, stderr))
    assert gaps[0][0] > 6 * gaps[0][1] and gaps[0][0] > 2 * gaps[1][0]
    assert -6 * gaps[1][1] < gaps[1][0] < 0.1


def test_ais_and_its_reverse_enclose_the_truth():
    """With 5 temperatures, which are too few: one is 6 nats above the exact mean, one 8 below."""
    rbm, base = random_rbm(30, 10, scale=1.0), np.zeros(30)
    x = rbm.sample(40, np.random.default_rng(9), steps=400)
    exact = rbm.log_prob_exact(x).mean()
    log_z = partition.log_partition(rbm, base, rng=np.random.default_rng(1), num_chains=10,
                                    num_temperatures=5).log_z
    under = reverse_annealing.log_likelihood(rbm, x, base, rng=np.random.default_rng(5),
                                             num_temperatures=5).log_px
    assert under.mean() + 6 * under.std() / np.sqrt(40) < exact
    assert exact < rbm.log_prob_unnormalised(x).mean() - log_z - 3.0


def test_the_reverse_of_a_dbn(averages_to):
    """p(x|h)/q(h|x) joins the weight: the mean is Σ_h p(x|h) p_ann(h). Seen: 20 % of any p(x)."""
    dbn, x = DBN(4, (3, 2), dtype="float64"), states(4)
    dbn.params.vector[:] = 0.3 * np.random.default_rng(6).standard_normal(dbn.params.layout.size)
    base = np.array([-0.5, 0.2, 0.8])
    p = 1 / (1 + np.exp(-dbn.directed[0].visible_logits(states(3))))
    expected = np.prod(np.where(x[:, None], p, 1 - p), axis=2) @ annealed(dbn.top, base, 4)
    path, betas = partition.Path(dbn.top, base), partition.temperatures(4).tolist()
    log_w = reverse_annealing.log_weights(dbn, path, betas, x, 5000, np.random.default_rng(3))
    averages_to(np.exp(log_w) / expected, np.ones(16), sees=0.2)


def test_reverse_chains_come_in_blocks():
    """150 chains an image are more than fit in one block; an image does not see those after it."""
    rbm, x = random_rbm(), states(9)[:3]
    whole, first = (reverse_annealing.log_likelihood(
        rbm, x[:n], BASE, rng=np.random.default_rng(0), num_temperatures=3, num_chains=150)
        for n in (3, 1))
    assert whole.log_px[0] == first.log_px[0] and whole.mc_stderr[0] == first.mc_stderr[0]
    assert (whole.ess > 1).all()
    log_w = np.array([[0.0], [1.0]])
    assert log_mean_exp(log_w)[0] == pytest.approx(np.log((1 + np.e) / 2))
