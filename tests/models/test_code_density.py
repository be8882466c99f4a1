"""An autoencoder's likelihood: whitened codes, an encoder for a frozen decoder, a mixture prior.

The linear-Gaussian case is known exactly: with codes of mean m and covariance C and a decoder
z W + b of variance s, x ~ N(m W + b, Wᵀ C W + s I).
"""
from types import SimpleNamespace

import numpy as np
import pytest

import vae_np as vn
from vae_np import evaluation
from vae_np.figures import save_run_figures
from vae_np.inference import ais
from vae_np.models import FrozenDecoderVAE, GaussianMixture, MixturePriorVAE
from vae_np.models.autoencoder import Autoencoder
from vae_np.models.code_density import whitened
from vae_np.models.mixture_prior import with_mixture
from vae_np.runs import save_model

D, Z, S = 6, 3, 0.4


def normal_log_prob(x, mean, covariance):
    error = x - mean
    distance = np.sum(error * np.linalg.solve(covariance, error.T).T, axis=1)
    return -0.5 * (distance + np.linalg.slogdet(2 * np.pi * covariance)[1])


def logsumexp(values):
    top = values.max(axis=0)
    return top + np.log(np.exp(values - top).sum(axis=0))


@pytest.fixture
def linear():
    """A linear autoencoder with codes far from white."""
    rng = np.random.default_rng(0)
    model = Autoencoder(D, Z, (), likelihood=("gaussian", S), dtype="float64", rng=rng)
    model.params.vector[:] = 0.7 * rng.standard_normal(model.params.layout.size)
    return model


@pytest.fixture
def codes():
    rng = np.random.default_rng(1)
    return rng.standard_normal((400, Z)) @ rng.standard_normal((Z, Z)) + [3.0, -1.0, 0.5]


@pytest.fixture
def x(linear, codes):
    """Near to what the decoder makes of the codes."""
    return linear.decode(codes[:4]) + 0.5 * np.random.default_rng(2).standard_normal((4, D))


@pytest.fixture
def frozen(linear, codes):
    """The whitened autoencoder's decoder, and an encoder that is wider than the posterior in
    every direction: then no weight is without bound, and standard errors can be trusted."""
    model = FrozenDecoderVAE(D, Z, (), likelihood=("gaussian", S), dtype="float64")
    model.start_from(whitened(linear, codes))
    W, b = model.params["decoder.mean.W"], model.params["decoder.mean.b"]
    covariance = np.linalg.inv(np.eye(Z) + W @ W.T / S)
    model.params["encoder.mean.W"] = W.T @ covariance / S
    model.params["encoder.mean.b"] = -b @ W.T @ covariance / S
    model.params["encoder.logvar.b"] = np.log(np.diag(covariance)) + 1.0
    wider = np.diag(np.exp(model.params["encoder.logvar.b"]))
    assert np.linalg.eigvalsh(wider - covariance)[0] > 0
    return model


@pytest.fixture
def mixture():
    rng = np.random.default_rng(3)
    model = GaussianMixture(Z, 4, dtype="float64")
    model.params.vector[:] = 0.5 * rng.standard_normal(model.params.layout.size)
    model.params["components.mean"] *= 2.0
    return model


# -- whitening ----------------------------------------------------------------------------------

@pytest.mark.parametrize("hidden, likelihood", [((7, 4), "bernoulli"), ((), "gaussian")])
def test_whitening_moves_the_codes_and_nothing_else(hidden, likelihood):
    rng = np.random.default_rng(4)
    model = Autoencoder(D, Z, hidden, likelihood=likelihood, dtype="float64", rng=rng)
    model.params.vector[:] = rng.standard_normal(model.params.layout.size)
    x = rng.random((50, D))
    before, codes = model.params.vector.copy(), model.codes(x)
    white = whitened(model, codes)
    np.testing.assert_array_equal(model.params.vector, before)
    np.testing.assert_allclose(white.reconstruction(x), model.reconstruction(x), rtol=1e-10)
    np.testing.assert_allclose(white.codes(x).mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(np.cov(white.codes(x).T, bias=True), np.eye(Z), atol=1e-10)


def test_the_gaussian_on_the_codes_becomes_the_standard_normal(linear, codes, frozen, x):
    """log p(x) in the old coordinates, density N(m, C), and in the new ones, N(0, I)."""
    W, b = linear.params["decoder.mean.W"], linear.params["decoder.mean.b"]
    old = normal_log_prob(x, codes.mean(axis=0) @ W + b,
                          W.T @ np.cov(codes.T, bias=True) @ W + S * np.eye(D))
    W, b = frozen.params["decoder.mean.W"], frozen.params["decoder.mean.b"]
    new = normal_log_prob(x, b, W.T @ W + S * np.eye(D))
    np.testing.assert_allclose(new, old, rtol=1e-11)


def test_a_direction_without_codes_gets_next_to_no_width(linear, codes):
    codes[:, 1] = 2.0
    white = whitened(linear, codes)
    assert np.isfinite(white.params.vector).all()
    widths = np.linalg.norm(white.params["decoder.mean.W"], axis=1)
    assert widths[2] < 1e-3 * widths[0]


@pytest.mark.parametrize("bad, message", [
    (np.zeros((9, Z)), "all 9 codes are the same"), (np.zeros((3, Z)), "N above 3"),
    (np.zeros((9, 2)), r"codes must be \(N, 3\)")])
def test_codes_that_do_not_fit_are_refused(linear, bad, message):
    with pytest.raises(ValueError, match=message):
        whitened(linear, bad)


# -- the frozen decoder -------------------------------------------------------------------------

@pytest.mark.parametrize("estimator", "AB")
def test_its_gradient_is_the_encoder_s_part_of_the_vae_s(frozen, x, estimator):
    vae = vn.VAE(D, Z, (), likelihood=("gaussian", S), dtype="float64")
    vae.params.vector[:] = frozen.params.vector
    eps = frozen.noise(np.random.default_rng(0), len(x), 2)
    value, grads = frozen.elbo_and_grad(x, eps, estimator, kl_weight=0.7)
    vae_value, vae_grads = vae.elbo_and_grad(x, eps, estimator, kl_weight=0.7)
    assert value == vae_value and set(grads) == set(vae.params.part("encoder"))
    np.testing.assert_array_equal(grads.vector, vae_grads.part("encoder").vector)


def test_training_moves_the_encoder_alone_and_lifts_the_bound(linear, codes, x):
    white = whitened(linear, codes)
    model = FrozenDecoderVAE(D, Z, (), likelihood=("gaussian", S), dtype="float64")
    model.start_from(white)
    decoder = model.params.part("decoder").vector.copy()
    np.testing.assert_array_equal(decoder, white.params.part("decoder").vector)
    np.testing.assert_array_equal(model.encode(x)[0], white.codes(x))
    assert (model.encode(x)[1] == model.start_logvar).all()
    before = model.elbo(x, np.zeros((len(x), Z))).mean()
    history = vn.fit(model, x, epochs=200, rng=np.random.default_rng(0), lr=0.05, test=x)
    np.testing.assert_array_equal(model.params.part("decoder").vector, decoder)
    assert history[-1]["test_elbo"] > before + 1


@pytest.mark.parametrize("other, error, message", [
    (Autoencoder(D, Z, (5,)), ValueError, r"hidden is \(5,\), this model's \(\)"),
    (Autoencoder(D, Z, ()), ValueError, "likelihood is 'bernoulli', this model's 'gaussian:0.4'"),
    (vn.VAE(D, Z, ()), TypeError, "starts from an Autoencoder, not from a VAE")])
def test_networks_that_do_not_fit_are_refused(frozen, other, error, message):
    with pytest.raises(error, match=message):
        frozen.start_from(other)


def test_a_weight_prior_on_the_frozen_decoder_is_refused(frozen, x):
    with pytest.raises(ValueError, match="unknown weight prior 'decoder': use one of none, all"):
        vn.fit(frozen, x, epochs=1, weight_prior="decoder")


# -- log p(x), known exactly --------------------------------------------------------------------

def assert_agrees(log_px, mc_stderr, exact, sees):
    """6 standard errors and their bias: a false alarm less than once in 10⁶, for 4 images. The
    error of the smallest difference that would be seen, `sees`, is asserted too."""
    limit = 6.0 * mc_stderr + 0.5 * mc_stderr ** 2
    assert limit.max() < sees
    np.testing.assert_array_less(np.abs(log_px - exact), limit)


def all_estimates(model, x):
    """(log_px, mc_stderr) by importance sampling and by both ways of annealing."""
    yield evaluation.log_likelihood(model, x, rng=np.random.default_rng(0), num_samples=10_000)
    for start in ("prior", "encoder"):
        yield ais.log_likelihood(model, x, rng=np.random.default_rng(1), num_chains=80,
                                 num_temperatures=100, start=start)[:2]


def test_importance_sampling_and_ais_find_log_px(frozen, x):
    W, b = frozen.params["decoder.mean.W"], frozen.params["decoder.mean.b"]
    exact = normal_log_prob(x, b, W.T @ W + S * np.eye(D))
    for log_px, mc_stderr in all_estimates(frozen, x):
        assert_agrees(log_px, mc_stderr, exact, sees=0.4)


def test_with_a_mixture_too(frozen, mixture, x):
    """p(x) = Σ_k π_k N(x; mean_k W + b, Wᵀ diag(variance_k) W + s I)."""
    model = with_mixture(frozen, mixture)
    W, b = model.params["decoder.mean.W"], model.params["decoder.mean.b"]
    parts = [log_pi + normal_log_prob(x, mean @ W + b, (W.T * np.exp(logvar)) @ W + S * np.eye(D))
             for log_pi, mean, logvar in zip(mixture.log_mixing(),
                                             mixture.params["components.mean"],
                                             mixture.params["components.logvar"])]
    exact = logsumexp(np.array(parts))
    for log_px, mc_stderr in all_estimates(model, x):
        assert_agrees(log_px, mc_stderr, exact, sees=0.6)


def test_from_the_exact_posterior_annealing_has_no_error(x):
    """Orthogonal rows of W: p(z|x) is a diagonal Gaussian. With it as q every weight is p(x)."""
    model = FrozenDecoderVAE(D, 2, (), likelihood=("gaussian", S), dtype="float64")
    model.params.vector[:] = 0.0
    model.params["decoder.mean.W"] = np.eye(2, D)
    model.params["encoder.mean.W"] = np.eye(D, 2) / (1 + S)
    model.params["encoder.logvar.b"] = np.log(S / (1 + S))
    exact = normal_log_prob(x, 0.0, np.diag([1 + S] * 2 + [S] * 4))
    estimate = ais.log_likelihood(model, x, rng=np.random.default_rng(0), num_chains=2,
                                  num_temperatures=3, start="encoder")
    np.testing.assert_allclose(estimate.log_px, exact, rtol=1e-13)
    np.testing.assert_allclose(estimate.ess, 2.0, rtol=1e-12)


def test_starts_that_are_not_there_are_refused(frozen, x):
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="unknown start 'q': use one of prior, encoder"):
        ais.log_likelihood(frozen, x, rng=rng, start="q")
    decoder = vn.models.MonteCarloEM(D, Z, (), likelihood=("gaussian", S))
    with pytest.raises(ValueError, match="a MonteCarloEM has no encoder, and so no q"):
        ais.log_likelihood(decoder, x, rng=rng, start="encoder")


# -- the mixture as prior -----------------------------------------------------------------------

def test_a_mixture_of_standard_normals_is_the_standard_normal(frozen, x):
    model = with_mixture(frozen, GaussianMixture(Z, 5, dtype="float64"))
    eps = frozen.noise(np.random.default_rng(0), len(x), 7)
    np.testing.assert_allclose(model.log_weights(x, eps), frozen.log_weights(x, eps), rtol=1e-12)
    value, grads = model.elbo_and_grad(x, eps, "A")
    frozen_value, frozen_grads = frozen.elbo_and_grad(x, eps, "A")
    assert value == pytest.approx(frozen_value, rel=1e-12)
    np.testing.assert_allclose(grads.vector, frozen_grads.vector, rtol=1e-9, atol=1e-12)


def test_its_bound_s_gradient_is_right(frozen, mixture, x):
    model = with_mixture(frozen, mixture)
    eps = model.noise(np.random.default_rng(0), len(x), 2)
    encoder = model.params.part("encoder")

    def forward(phi):
        encoder.vector[:] = phi
        return model.elbo(x, eps, "A").mean()

    def backward(d, phi):
        encoder.vector[:] = phi
        return {"phi": d * model.elbo_and_grad(x, eps, "A")[1].vector}

    vn.gradcheck(forward, backward, {"phi": encoder.vector.copy()}, seed=0).assert_ok()


def test_a_closed_form_kl_is_refused(frozen, mixture, x):
    with pytest.raises(ValueError, match="no closed form.*use estimator 'A'"):
        with_mixture(frozen, mixture).elbo(x, frozen.noise(np.random.default_rng(0), len(x)))


def test_it_is_evaluated_without_a_closed_form_kl(frozen, mixture, x, tmp_path):
    model = with_mixture(frozen, mixture)
    report = evaluation.evaluate(model, x, rng=np.random.default_rng(0), num_samples=200)
    rng = np.random.default_rng(0)
    bound = evaluation.elbo(model, x, rng, estimator="A")
    log_px, _ = vn.log_likelihood(model, x, rng=rng, num_samples=200)
    assert report["elbo"] == bound.mean() and report["nll"] == -log_px.mean()
    assert "kl" not in report and "kl_per_dim" not in report
    said = []
    save_run_figures(model, SimpleNamespace(test=x, test_labels=None, image_shape=None), [],
                     tmp_path, rng, said.append)
    assert "left out kl_per_dimension.png: KL(q || prior) has no closed form" in said


def test_its_draws_have_the_mixture_s_mean(frozen, mixture, averages_to):
    """40 000 draws of z. 3 numbers at 6 standard errors: a false alarm once in 10⁸."""
    model = with_mixture(frozen, mixture)
    z = model.sample_prior(np.random.default_rng(0), 10_000, 4)
    assert z.shape == (4, 10_000, Z)
    expected = np.exp(mixture.log_mixing()) @ mixture.params["components.mean"]
    averages_to(z.reshape(-1, Z), expected, sees=0.15)
    assert model.sample(5, np.random.default_rng(0)).shape == (5, D)


def test_saved_and_loaded_it_is_the_same(frozen, mixture, x, tmp_path):
    model = with_mixture(frozen, mixture)
    save_model(model, tmp_path / "model.npz")
    twin = vn.load(tmp_path / "model.npz")
    assert isinstance(twin, MixturePriorVAE) and twin.config() == model.config()
    eps = model.noise(np.random.default_rng(0), len(x))
    np.testing.assert_array_equal(twin.log_weights(x, eps), model.log_weights(x, eps))
    twin.params["prior.components.mean"] += 1.0  # one memory, not a copy
    assert (twin.log_prior(eps[0]) != model.log_prior(eps[0])).all()


def test_parts_that_do_not_fit_are_refused(frozen):
    with pytest.raises(ValueError, match="a mixture over 2 numbers is no prior of 3 latent"):
        with_mixture(frozen, GaussianMixture(2, 4))


def test_what_is_put_together_is_not_trained(frozen, mixture, x):
    with pytest.raises(ValueError, match="a MixturePriorVAE is not trained"):
        vn.fit(with_mixture(frozen, mixture), x, epochs=1)
