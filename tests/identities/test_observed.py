"""Rows with missing entries against what is known exactly: the linear-Gaussian model, mixtures by
enumeration, and what must not change a bit.

Where all is Gaussian, (x_observed, x_missing) is too: log p of the observed part, and the mean and
variance of the missing part given it, are formulas.
"""
import itertools

import numpy as np
import pytest

import vae_np as vn
from vae_np import evaluation
from vae_np.models import BernoulliMixture, GaussianMixture
from vae_np.observed import Observed

GAPS = np.array([[1, 1, 0, 1, 1], [0, 1, 0, 1, 0], [1, 0, 0, 0, 0], [0, 0, 0, 0, 0],
                 [1, 1, 1, 1, 1], [0, 1, 1, 1, 1]], bool)  # what is there; row 3 has nothing


@pytest.fixture
def gaps():
    """Six rows of five numbers with the gaps above."""
    return np.where(GAPS, np.random.default_rng(8).standard_normal(GAPS.shape), np.nan)


def conditional(known, x):
    """(log p(x_observed), mean, variance) of rows with NaN under a linear-Gaussian model, exact;
    the latter two (N, D) with the observed entries' own value and 0.
    """
    log_p, mean, variance = np.zeros(len(x)), x.copy(), np.zeros(x.shape)
    for i, row in enumerate(x):
        seen = ~np.isnan(row)
        S = known.covariance[np.ix_(seen, seen)]
        across = known.covariance[np.ix_(~seen, seen)]
        error = row[seen] - known.b[seen]
        log_p[i] = -0.5 * (error @ np.linalg.solve(S, error) if seen.any() else 0.0)
        log_p[i] -= 0.5 * np.linalg.slogdet(2.0 * np.pi * S)[1] if seen.any() else 0.0
        mean[i, ~seen] = known.b[~seen] + across @ np.linalg.solve(S, error)
        variance[i, ~seen] = np.diag(known.covariance[np.ix_(~seen, ~seen)]
                                     - across @ np.linalg.solve(S, across.T))
    return log_p, mean, variance


def reader(known, shift=0.0):
    """The model for rows with gaps, in which the encoder sees the true mean, or as far from it.

    Its q is a little wider than the prior, and so than any posterior, however little is observed:
    then weights are bounded, and their errors are what they say. (An encoder made for whole rows
    is too sure of itself: with it the weights have no variance at all.)
    """
    known.model.params["encoder.logvar.W"] = 0.0
    known.model.params["encoder.logvar.b"] = 0.2
    return known.model.incomplete(known.b + shift)


# -- the linear-Gaussian answer ----------------------------------------------------------------

@pytest.mark.parametrize("which", ["general", "orthogonal"])
def test_log_p_of_the_observed_part_is_the_marginal_s(which, request, gaps, averages_to):
    """w / p(x_observed) has the mean 1."""
    known = request.getfixturevalue(which)
    seen, x = reader(known).reading(gaps)
    rng = np.random.default_rng(0)
    log_w = seen.log_weights(x, seen.noise(rng, len(x), 30_000))
    averages_to(np.exp(log_w - conditional(known, gaps)[0])[:, ~np.isnan(gaps).all(1)], 1.0, 0.15)


def test_the_score_is_the_marginal_and_says_its_error(general, gaps):
    """Within six of its own standard errors: 2e-9 a row for a normal estimate."""
    exact = conditional(general, gaps)[0]
    columns = vn.score(reader(general), gaps, rng=np.random.default_rng(1), num_samples=10_000)
    assert (np.abs(columns["log_px"] - exact) <= 6.0 * columns["mc_stderr"]).all()
    assert columns["mc_stderr"].max() < 0.1 and columns["ess"].min() > 500
    assert columns["log_px"][3] == columns["mc_stderr"][3] == columns["bound"][3] == 0.0
    below = columns["bound"] <= columns["log_px"] + 6.0 * columns["bound_stderr"]
    assert below.all() and (columns["bound"] < columns["log_px"])[[0, 1, 2, 4, 5]].all()


def test_the_bound_s_gap_is_the_divergence_to_the_posterior_given_the_observed(general, gaps,
                                                                             averages_to):
    """E[bound] = log p(x_observed) − KL( q ‖ p(z|x_observed) ), both in closed form."""
    known, exact = general, conditional(general, gaps)[0]
    seen, x = reader(known).reading(gaps)
    q, kl = seen.posterior(x), []
    for i, there in enumerate(GAPS):
        W = known.W[:, there]
        precision = np.eye(len(known.W)) + W @ W.T / known.sigma2
        mean = np.linalg.solve(precision, W @ (x[i] - known.b)[there]) / known.sigma2
        error, variance = mean - q.mean[i], np.exp(q.logvar[i])
        kl.append(0.5 * (error @ precision @ error + variance @ np.diag(precision) - len(mean)
                         - np.linalg.slogdet(precision)[1] - q.logvar[i].sum()))
    rng = np.random.default_rng(2)
    for estimator in ("A", "B"):
        draws = np.array([seen.elbo(x, seen.noise(rng, 6, 1000), estimator) for _ in range(60)])
        averages_to(draws, exact - np.array(kl), 0.6)


def test_with_the_exact_posterior_each_weight_is_log_p(orthogonal):
    """Where whole columns of W are 0, the entries that are missing say nothing of z."""
    known = orthogonal
    known.W[:, 3:] = 0.0
    directions = np.linalg.qr(np.random.default_rng(3).standard_normal((3, 3)))[0]
    known.W[:, :3] = directions * np.array([[0.5], [1.0], [2.0]])
    other = type(known)(known.W, known.b, known.sigma2)
    other.make_encoder_exact()
    x = np.random.default_rng(4).standard_normal((4, 5))
    x[:, 3:] = np.nan
    seen, filled = other.model.incomplete(other.b).reading(x)
    log_w = seen.log_weights(filled, seen.noise(np.random.default_rng(5), 4, 7))
    np.testing.assert_allclose(log_w, np.broadcast_to(conditional(other, x)[0], log_w.shape),
                               rtol=0, atol=1e-12)


def test_what_is_missing_has_the_conditional_mean_and_variance(general, gaps, averages_to):
    """Means over 32 imputations with 1500 samples each. The bias of self-normalised weights, a
    thousandth of the spread, is far below what six standard errors see.
    """
    _, mean, variance = conditional(general, gaps)
    found = [evaluation.impute(reader(general), gaps, rng=np.random.default_rng(seed),
                               num_samples=1500) for seed in range(32)]
    missing = np.isnan(gaps)
    averages_to(np.array([one.mean[missing] for one in found]), mean[missing], 0.15)
    averages_to(np.array([one.std[missing] ** 2 for one in found]), variance[missing], 0.5)
    spread = np.std([one.mean[missing] for one in found], axis=0, ddof=1)
    said = np.mean([one.mc_stderr[missing] for one in found], axis=0)
    ratio = said / spread  # 32 runs: its own relative error is 13 %
    assert 0.5 < ratio.min() and ratio.max() < 2.0


def test_draws_have_the_joint_conditional_distribution(general, gaps, averages_to):
    """Mean and covariance of the three missing entries of row 1: they belong together."""
    row, missing = gaps[1:2], np.isnan(gaps[1])
    found = evaluation.impute(reader(general), np.repeat(row, 400, axis=0), draws=20,
                              rng=np.random.default_rng(3), num_samples=400)
    draws = found.draws.reshape(-1, 5)[:, missing]
    _, mean, _ = conditional(general, row)
    S = general.covariance
    across = S[np.ix_(missing, ~missing)]
    exact = S[np.ix_(missing, missing)] - across @ np.linalg.solve(
        S[np.ix_(~missing, ~missing)], across.T)
    # Draws of one row share its samples: a mean over each row is one independent number.
    by_row = np.moveaxis(found.draws, 0, 1)[..., missing]
    averages_to(by_row.mean(axis=1), mean[0, missing], 0.25)
    error = by_row - mean[0, missing]
    averages_to(np.einsum("nmi,nmj->nij", error, error) / 20, exact, 0.6)
    assert np.abs(exact - np.diag(np.diag(exact))).max() > 0.3 and len(draws) == 8000


def test_a_row_with_nothing_observed_is_the_prior_s(general, averages_to):
    """Row 3 above: equal weights, the mean b and the variance of all of x."""
    found = evaluation.impute(reader(general), np.full((200, 5), np.nan), num_samples=100,
                              rng=np.random.default_rng(6))
    assert (found.ess == 100.0).all()
    averages_to(found.mean, general.b, 0.2)
    averages_to(found.std ** 2 * 100 / 99 - general.sigma2 / 99, np.diag(general.covariance), 0.6)


# -- mixtures, exactly -------------------------------------------------------------------------

def test_a_mixture_of_bernoullis_against_a_sum_over_all_that_may_be_missing():
    rng = np.random.default_rng(7)
    model = BernoulliMixture(5, 3, dtype="float64")
    model.params.vector[...] = rng.standard_normal(model.params.vector.size)
    x = np.where(GAPS, rng.integers(2, size=GAPS.shape), np.nan)
    columns = vn.score(vn.with_missing(model), x, rng=rng)
    found = evaluation.impute(model, x, rng=rng, draws=3)
    for i, row in enumerate(x):
        where = np.flatnonzero(np.isnan(row))
        full = np.array([np.where(np.isnan(row), 0.0, row)] * 2 ** len(where))
        full[:, where] = list(itertools.product((0.0, 1.0), repeat=len(where)))
        p = np.exp(model.log_prob(full))
        np.testing.assert_allclose(columns["log_px"][i], np.log(p.sum()), rtol=0, atol=1e-13)
        np.testing.assert_allclose(found.mean[i, where], p @ full[:, where] / p.sum(), atol=1e-13)
    np.testing.assert_allclose(found.std ** 2, found.mean * (1.0 - found.mean), atol=1e-13)
    assert columns["log_px"][3] == 0.0 and np.isin(found.draws, (0.0, 1.0)).all()


def test_a_mixture_of_gaussians_with_one_component_is_that_gaussian(averages_to):
    rng = np.random.default_rng(9)
    data = 50.0 + rng.standard_normal((300, 5)) * [1.0, 2.0, 3.0, 4.0, 5.0]
    model = GaussianMixture(5, 1, dtype="float64")
    vn.fit(model, data, epochs=3, rng=rng)
    mean, logvar = (model.params[f"components.{head}"][0] for head in ("mean", "logvar"))
    x = np.where(GAPS, data[:6], np.nan)
    per_entry = -0.5 * (np.log(2 * np.pi) + logvar + (x - mean) ** 2 / np.exp(logvar))
    columns = vn.score(vn.with_missing(model), x, rng=rng)
    np.testing.assert_allclose(columns["log_px"], np.nansum(per_entry, axis=1), rtol=1e-10)
    found = evaluation.impute(model, x, rng=rng, draws=2000)
    np.testing.assert_allclose(found.mean, np.broadcast_to(mean, x.shape), rtol=1e-12)
    np.testing.assert_allclose(found.std, np.broadcast_to(np.exp(0.5 * logvar), x.shape),
                               rtol=1e-9)
    averages_to(found.draws[:, 3], mean, 1.1)


# -- to the last bit ---------------------------------------------------------------------------

@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_whole_row_keeps_each_bit_and_an_empty_one_is_0(likelihood, dtype):
    """The likelihood's own sums, also beside rows with gaps; whatever lies in a gap."""
    model = vn.VAE(33, 2, (4,), likelihood=likelihood, dtype=dtype)
    rng = np.random.default_rng(10)
    x = rng.random((6, 33)).astype(dtype)
    there = rng.random((6, 33)) < 0.5
    there[2], there[4] = True, False
    z = rng.standard_normal((3, 6, 2)).astype(dtype)
    heads, _ = model.decoder.forward(model.params, z)
    seen = Observed(model.likelihood, there)
    value = seen.log_prob(x, heads)
    assert value.dtype == dtype
    np.testing.assert_array_equal(value[:, 2], model.likelihood.log_prob(x, heads)[:, 2])
    np.testing.assert_array_equal(value[:, 4], 0.0)
    np.testing.assert_array_equal(value, seen.log_prob(np.where(there, x, 0.25), heads))
    by_entry = np.stack([model.likelihood.log_prob(
        x[:, [d]], {head: one[..., [d]] for head, one in heads.items()}) for d in range(33)], -1)
    np.testing.assert_allclose(value, (by_entry * there).sum(-1), atol=3e-5 if dtype == "float32"
                               else 1e-12)
    d_heads = seen.log_prob_backward(np.ones((3, 6), dtype), x, heads)
    assert all((d[:, ~there] == 0.0).all() for d in d_heads.values())


def test_noise_and_all_else_of_a_whole_row_are_the_ordinary_ones(likelihood):
    model = vn.VAE(12, 3, (6,), likelihood=likelihood)
    x = np.random.default_rng(11).random((60, 12)).astype(np.float32)
    gaps = x.copy()
    gaps[::2, ::3] = np.nan
    plain = vn.score(model, x, rng=np.random.default_rng(12), num_samples=20)
    found = vn.score(vn.with_missing(model), gaps, rng=np.random.default_rng(12), num_samples=20)
    for name, column in plain.items():
        np.testing.assert_array_equal(found[name][1::2], column[1::2])
        assert np.isfinite(found[name]).all() and (found[name][::2] != column[::2]).any()


def test_what_stands_in_for_a_gap_changes_the_noise_and_not_the_answer(general, gaps):
    exact = conditional(general, gaps)[0]
    answers = [vn.score(reader(general, shift), gaps, num_samples=10_000,
                        rng=np.random.default_rng(13)) for shift in (0.0, 0.5)]
    assert (answers[0]["log_px"] != answers[1]["log_px"])[[0, 1, 2, 5]].all()
    for one in answers:
        assert (np.abs(one["log_px"] - exact) <= 6.0 * one["mc_stderr"]).all()


def test_the_gradient_of_the_bound_with_gaps(make_vae, likelihood):
    """Every parameter, by differences; the gaps' own heads get none of it."""
    model = make_vae(likelihood=likelihood)
    rng = np.random.default_rng(14)
    x = np.where(GAPS, rng.random(GAPS.shape), np.nan)
    seen, filled = model.incomplete(np.full(5, 0.4)).reading(x)
    eps = seen.noise(rng, 6, 2)

    def at(vector):
        return seen.at(model.params.like(vector))

    report = vn.gradcheck(
        lambda vector: at(vector).elbo(filled, eps).mean(),
        lambda d, vector: {"vector": d * at(vector).elbo_and_grad(filled, eps)[1].vector},
        {"vector": model.params.vector.copy()})
    report.assert_ok()


def test_the_encoder_sees_the_model_s_own_mean_in_a_gap(make_vae, gaps):
    model = make_vae(likelihood="gaussian")
    reader, means = vn.with_missing(model), model.sample_mean(1000, np.random.default_rng(0))
    filled = np.where(np.isnan(gaps), means.mean(axis=0), gaps)
    np.testing.assert_array_equal(reader.reading(gaps)[1], filled)
    np.testing.assert_array_equal(evaluation.encode(reader, gaps)["mean"],
                                  model.encode(filled)[0])
