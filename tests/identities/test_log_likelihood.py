"""Importance-sampled log p(x): unbiased, its error to be trusted, whatever the memory."""
import json
import tracemalloc

import numpy as np
import pytest

import vae_np as vn
from vae_np import evaluation, objectives
from vae_np.distributions import kl_standard_normal


def test_errors_are_calibrated(general):
    """(estimate − log p(x)) / mc_stderr has spread 1: 2000 of them, each from its own draws.

    The delta method holds to a few per cent at an ESS of 300: the spread is 1.04, known to ±0.016.
    The limits are 6 of these away, so false alarms stay below 1e-8. Sees an error of 20 % in
    mc_stderr: a lost root, a lost 1/K and a factor ½ are far beyond.
    """
    x = general.model.sample(50, np.random.default_rng(30))
    exact, z_scores = general.log_px(x), []
    for seed in range(40):
        log_px, mc_stderr = vn.log_likelihood(general.model, x, rng=np.random.default_rng(seed),
                                              num_samples=1000)
        z_scores.append((log_px - exact) / mc_stderr)
    z_scores = np.array(z_scores)
    assert 0.9 < z_scores.std() < 1.15
    assert -0.25 < z_scores.mean() < 0.1  # the logarithm is a little low, by about stderr²/2


def test_weights_are_unbiased_and_their_logarithm_is_low(general):
    """E[1/K Σ w] = p(x), so E[log p̂(x)] < log p(x): importance sampling does not flatter.

    False alarm 2e-9 a comparison, both at 6 standard errors. Sees errors of 6 % in p(x), and a
    logarithm that is not at least 0.1 nats low: at K = 2 it lies 0.5 nats low.
    """
    x = general.model.sample(1, np.random.default_rng(31))
    exact = general.log_px(x)[0]
    log_px, _ = vn.log_likelihood(general.model, np.repeat(x, 30_000, axis=0),
                                  rng=np.random.default_rng(32), num_samples=2)
    ratio = np.exp(log_px - exact)
    stderr = ratio.std() / np.sqrt(len(ratio))
    assert 9.0 * stderr < 0.06
    assert abs(ratio.mean() - 1.0) < 6.0 * stderr
    stderr = log_px.std() / np.sqrt(len(log_px))
    assert 9.0 * stderr < 0.1
    assert log_px.mean() < exact - 6.0 * stderr


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_blocks_of_samples_add_up(dtype):
    """37 samples in blocks of 8 give what all of them at once give, to rounding: 1e-6 or 1e-13."""
    model = vn.VAE(6, 2, (5,), dtype=dtype)
    x = (np.random.default_rng(33).random((20, 6)) < 0.5).astype(dtype)
    log_px, _, ess = vn.log_likelihood(model, x, rng=np.random.default_rng(0), num_samples=37,
                                       return_ess=True)
    stream, = np.random.default_rng(0).spawn(1)
    log_w = model.log_weights(x, model.noise(stream, len(x), 37)).astype(np.float64)
    rtol = 1e-6 if dtype == "float32" else 1e-13
    np.testing.assert_allclose(log_px, objectives.importance_weighted_bound(log_w), rtol=rtol)
    w = np.exp(log_w - log_w.max(axis=0))
    np.testing.assert_allclose(ess, w.sum(axis=0) ** 2 / (w ** 2).sum(axis=0), rtol=10 * rtol)
    assert log_px.dtype == np.float64


@pytest.mark.parametrize("x_dim, z_dim, hidden", [(300, 2, ()), (2, 2, (300,)), (2, 40, ())])
def test_memory_is_bounded(x_dim, z_dim, hidden):
    """Whichever is widest, data, hidden layers or latents: 1600 samples take no more than 16."""
    model = vn.VAE(x_dim, z_dim, hidden)
    x = np.zeros((50, x_dim), dtype=np.float32)
    few, many = (_peak_memory(model, x, num_samples) for num_samples in (16, 1600))
    assert many < 1.1 * few


def _peak_memory(model, x, num_samples):
    tracemalloc.start()
    try:
        vn.log_likelihood(model, x, rng=np.random.default_rng(0), num_samples=num_samples)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_every_block_has_a_stream_of_its_own():
    """An image's result depends on its block alone, not on how many images follow it; the
    caller's stream is not spent, and a second call draws afresh.
    """
    model = vn.VAE(6, 2, (5,))
    block = evaluation.IMAGES_PER_BLOCK
    x = (np.random.default_rng(34).random((3 * block, 6)) < 0.5).astype(np.float32)
    rng = np.random.default_rng(0)
    estimates, _ = vn.log_likelihood(model, x, rng=rng, num_samples=9)
    again, _ = vn.log_likelihood(model, x, rng=rng, num_samples=9)
    first, _ = vn.log_likelihood(model, x[:block], rng=np.random.default_rng(0), num_samples=9)
    np.testing.assert_array_equal(estimates[:block], first)
    assert not np.any(estimates == again)
    assert rng.random() == np.random.default_rng(0).random()
    same = np.repeat(x[:1], 2 * block, axis=0)
    twins, _ = vn.log_likelihood(model, same, rng=rng, num_samples=9)
    assert len(np.unique(twins)) == len(same)


def test_effective_sample_size_lies_between_1_and_k(general):
    x = 3.0 * general.model.sample(50, np.random.default_rng(35))
    for K in (1, 2, 500):
        _, mc_stderr, ess = vn.log_likelihood(general.model, x, rng=np.random.default_rng(1),
                                              num_samples=K, return_ess=True)
        assert np.all((1.0 - 1e-12 <= ess) & (ess <= K * (1.0 + 1e-12)))
        if K == 1:
            assert np.all(np.isnan(mc_stderr))  # one sample shows no spread
        else:
            expected = np.maximum((K / ess - 1.0) / (K - 1.0), 0.0)
            np.testing.assert_allclose(mc_stderr ** 2, expected, atol=1e-15)


def test_the_error_is_the_sample_standard_error_of_the_weights(general):
    x, K = general.model.sample(3, np.random.default_rng(36)), 7
    _, mc_stderr = vn.log_likelihood(general.model, x, rng=np.random.default_rng(2), num_samples=K)
    stream, = np.random.default_rng(2).spawn(1)
    w = np.exp(general.model.log_weights(x, general.model.noise(stream, len(x), K)))
    np.testing.assert_allclose(mc_stderr, w.std(axis=0, ddof=1) / np.sqrt(K) / w.mean(axis=0))


def test_an_image_whose_weights_are_all_0_has_log_0():
    """Data so far off that the density overflows: −∞ for that image, with no error claimed; its
    neighbours in the block do not notice.
    """
    model = vn.VAE(5, 2, (4,), likelihood=("gaussian", 0.7))
    x = np.random.default_rng(36).standard_normal((3, 5), dtype=np.float32)

    def estimate():
        return np.array(vn.log_likelihood(model, x, rng=np.random.default_rng(0), num_samples=20,
                                          return_ess=True))
    before = estimate()
    x[1] = 1e30
    with np.errstate(over="ignore"):
        log_px, mc_stderr, ess = after = estimate()
    assert log_px[1] == -np.inf and np.isnan([mc_stderr[1], ess[1]]).all()
    np.testing.assert_allclose(after[:, [0, 2]], before[:, [0, 2]], rtol=1e-4)


@pytest.mark.parametrize("first", [0, 8])
def test_weights_of_0_count_as_draws(orthogonal, first, monkeypatch):
    """8 of 24 weights are 0, a block of samples at the start or in the middle; all others
    are 3.
    """
    log_w = iter(np.where(np.arange(0, 24, 8) == first, -np.inf, np.log(3.0)))
    monkeypatch.setattr(orthogonal.model, "log_weights",
                        lambda x, eps, q: np.full(eps.shape[:2], next(log_w)))
    log_px, _, ess = vn.log_likelihood(orthogonal.model, np.zeros((2, 5)), num_samples=24,
                                       rng=np.random.default_rng(0), return_ess=True)
    np.testing.assert_allclose(log_px, np.log(2.0), rtol=1e-14)
    np.testing.assert_allclose(ess, 16.0, rtol=1e-14)


def test_float64_data_keep_their_digits(orthogonal):
    """A float64 model is scored on float64 data: no detour through float32, which costs 1e-7."""
    x = orthogonal.model.sample(5, np.random.default_rng(36))
    log_px, _ = vn.log_likelihood(orthogonal.model, x, rng=np.random.default_rng(0), num_samples=3)
    np.testing.assert_allclose(log_px, orthogonal.log_px(x), rtol=1e-14)


@pytest.fixture
def half_collapsed():
    """Latent 0 carries the first pixel; latent 1 is the prior, whatever x is."""
    model = vn.VAE(3, 2, (), dtype="float64")
    model.params.vector[...] = 0.0
    model.params["encoder.mean.W"][0, 0] = 2.0
    model.params["encoder.logvar.b"][0] = -1.0
    return model


def test_latent_use_tells_used_from_collapsed(half_collapsed):
    """Activity Var_x(E[z_j|x]) and mean KL, per dimension and in batches of any size."""
    x = (np.random.default_rng(37).random((23, 3)) < 0.5).astype(float)
    activity, kl = evaluation.latent_use(half_collapsed, x, batch_size=7)
    np.testing.assert_allclose(activity, [4.0 * x[:, 0].var(), 0.0], rtol=1e-13)
    mean, logvar = half_collapsed.encode(x)
    np.testing.assert_allclose(kl.sum(), kl_standard_normal(mean, logvar).mean(), rtol=1e-13)
    assert kl[1] == 0.0 and kl[0] > 0.1


def test_evaluate_reports_everything_and_agrees_with_its_parts(half_collapsed):
    """One JSON object; signs, means and errors as its docstring says."""
    x = (np.random.default_rng(38).random((60, 3)) < 0.5).astype(float)
    report = evaluation.evaluate(half_collapsed, x, rng=np.random.default_rng(0), num_samples=50)
    assert set(report) == {"elbo", "elbo_stderr", "elbo_median", "method", "nll", "nll_stderr",
                           "nll_mc_stderr", "ess_median", "n", "num_samples", "active_units",
                           "kl", "kl_per_dim"}
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert (report["n"], report["num_samples"], report["active_units"]) == (60, 50, 1)

    rng = np.random.default_rng(0)
    bound = evaluation.elbo(half_collapsed, x, rng)
    log_px, mc_stderr, ess = vn.log_likelihood(half_collapsed, x, rng=rng, num_samples=50,
                                               return_ess=True)
    expected = {"elbo": bound.mean(), "elbo_stderr": bound.std(ddof=1) / np.sqrt(60),
                "nll": -log_px.mean(), "nll_stderr": log_px.std(ddof=1) / np.sqrt(60),
                "nll_mc_stderr": np.sqrt(np.sum(mc_stderr ** 2)) / 60,
                "ess_median": np.median(ess), "elbo_median": np.median(bound)}
    assert {name: report[name] for name in expected} == pytest.approx(expected, rel=1e-12)
    assert report["kl"] == pytest.approx(sum(report["kl_per_dim"]), abs=1e-4)


def test_bound_of_a_data_set_is_the_bound_of_its_batches(half_collapsed):
    """`evaluation.elbo` in batches is `model.elbo` at once: same noise, same rows."""
    x = (np.random.default_rng(39).random((23, 3)) < 0.5).astype(float)
    batched = evaluation.elbo(half_collapsed, x, np.random.default_rng(5), samples=1, batch_size=7)
    at_once = half_collapsed.elbo(x, half_collapsed.noise(np.random.default_rng(5), 23))
    np.testing.assert_allclose(batched, at_once, rtol=1e-13)


@pytest.mark.parametrize("change, error, words", [
    ({"num_samples": 0}, ValueError, "num_samples must be a whole number of at least 1"),
    ({"rng": 0}, TypeError, "numpy.random.Generator"),
    ({"x": np.full((4, 3), np.nan)}, ValueError, "not finite"),
    ({"x": np.full((4, 3), 2.0)}, ValueError, r"must lie in \[0, 1\]"),
    ({"x": np.zeros((4, 2))}, ValueError, "3 are needed"),
    ({"x": np.zeros((0, 3))}, ValueError, "empty")])
def test_bad_input_is_refused(half_collapsed, change, error, words):
    good = {"x": np.zeros((4, 3)), "rng": np.random.default_rng(0), "num_samples": 5}
    for function in (vn.log_likelihood, evaluation.evaluate):
        with pytest.raises(error, match=words):
            function(half_collapsed, **{**good, **change})


# -- every kind by its own means, where log p(x) is known exactly ---------------------------------

def test_an_rbm_and_a_mixture_answer_rightly():
    """Z of the small RBM by enumeration. 6 standard errors: a false alarm in 10⁸, for 8 images
    with one common error; sees 0.05 nats.
    """
    rng = np.random.default_rng(0)
    x = rng.integers(2, size=(8, 6)).astype(np.float64)
    rbm = vn.models.RBM(6, 4, dtype="float64", init_std=1.0, rng=rng)
    log_px, mc_stderr = vn.log_likelihood(rbm, x, rng=rng)
    assert 9.0 * mc_stderr.max() < 0.05
    np.testing.assert_array_less(np.abs(log_px - rbm.log_prob_exact(x)), 6.0 * mc_stderr)
    mixture = vn.models.BernoulliMixture(6, 3, dtype="float64").seed(x, rng)
    log_px, mc_stderr = vn.log_likelihood(mixture, x, rng=rng)
    np.testing.assert_array_equal(log_px, mixture.log_prob(x))
    assert not mc_stderr.any()


def test_a_model_without_an_encoder_answers_rightly(general):
    """By annealing. 7 standard errors, as in the tests of AIS; sees 1 nat in an image."""
    model = vn.models.MonteCarloEM(5, 3, (), likelihood=("gaussian", general.sigma2),
                                   dtype="float64")
    model.params.part("decoder").vector[:] = general.model.params.part("decoder").vector
    x = general.model.sample(10, np.random.default_rng(1))
    log_px, mc_stderr = vn.log_likelihood(model, x, rng=np.random.default_rng(2))
    assert 10.0 * mc_stderr.max() < 1.5
    np.testing.assert_array_less(np.abs(log_px - general.log_px(x)), 7.0 * mc_stderr)


def test_an_autoencoder_refuses():
    with pytest.raises(ValueError, match="an Autoencoder has no likelihood to evaluate: a code"):
        vn.log_likelihood(vn.models.Autoencoder(5, 2, (3,)), np.zeros((2, 5)),
                          rng=np.random.default_rng(0))
