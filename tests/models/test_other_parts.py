"""Another posterior and another prior than the paper's, through everything that asks them.

The posterior is the simplest flow: z = −(μ + σ ε), a Gaussian turned round. Whoever looks through
it at the μ that the encoder puts out decodes the wrong z. With it a VAE whose decoder's first
weights have the other sign is the same model as an ordinary one, so each answer is known.
"""
import numpy as np
import pytest
from matplotlib.figure import Figure

import vae_np as vn
from vae_np import evaluation, figures
from vae_np.averages import latent_use
from vae_np.experiments import quadrature
from vae_np.inference import ais
from vae_np.posteriors import DiagonalGaussian, Posterior, PosteriorKind
from vae_np.priors import MixtureOfGaussians, StandardNormal
from vae_np.runs import Run, save_model

SHAPE = (3, 4)


class Turned(PosteriorKind):
    """The kind of z = −(μ + σ ε)."""

    spec = "turned"

    def heads(self):
        return DiagonalGaussian.heads(self.z_dim)

    def of(self, params, heads):
        return TurnedGaussian(**heads)


class TurnedGaussian(Posterior):
    """q(z|x) of z = −(μ + σ ε). It has no `logvar` to look at, and says nothing of its KL."""

    def __init__(self, mean, logvar):
        self._base = DiagonalGaussian(mean, logvar)
        self.mean = -mean

    def sample(self, eps):
        z, log_q, cache = self._base.sample(eps)
        return -z, log_q, cache

    def backward(self, cache, d_z, d_log_q=None, grads=None):
        return self._base.backward(cache, -d_z, d_log_q, grads)

    def noise_backward(self, cache, d_z, d_log_q):
        return self._base.noise_backward(cache, -d_z, d_log_q)

    def log_prob(self, z):
        return self._base.log_prob(-z)


@pytest.fixture
def models():
    """(a VAE, the same model with the turned posterior): float64, far from their first weights."""
    plain = vn.VAE(12, 2, (5,), dtype="float64")
    plain.params.vector[:] = np.random.default_rng(1).standard_normal(plain.params.layout.size)
    turned = vn.VAE(12, 2, (5,), dtype="float64", posterior=Turned(2))
    turned.params.vector[:] = plain.params.vector
    turned.params["decoder.hidden0.W"] *= -1.0
    return plain, turned


@pytest.fixture
def x():
    return (np.random.default_rng(2).random((9, 12)) < 0.4).astype(np.float64)


def test_the_bound_and_log_px_are_the_same(models, x):
    plain, turned = models
    eps = plain.noise(np.random.default_rng(3), 9, 4)
    np.testing.assert_allclose(turned.elbo(x, eps, "A"), plain.elbo(x, eps, "A"), rtol=1e-12)
    results = [evaluation.evaluate(model, x, rng=np.random.default_rng(4), num_samples=50)
               for model in models]
    assert results[1]["nll"] == pytest.approx(results[0]["nll"], rel=1e-12)
    assert results[1]["active_units"] == results[0]["active_units"]
    assert "kl" in results[0] and "kl" not in results[1]


def test_its_gradient_is_right(models, x):
    _, turned = models
    eps = turned.noise(np.random.default_rng(3), 9, 2)

    def forward(**arrays):
        params = turned.params.like(turned.params.vector.astype(
            np.result_type(*arrays.values())))
        for name, value in arrays.items():
            params[name] = value
        return np.mean(turned.at(params).elbo(x, eps, "A"))

    def backward(d, **arrays):
        return {name: d * slope for name, slope in turned.elbo_and_grad(x, eps, "A")[1].items()}

    vn.gradcheck(forward, backward, {name: p.copy() for name, p in turned.params.items()}
                 ).assert_ok()


def test_b_is_refused_in_one_sentence_and_a_is_the_default(models, x):
    plain, turned = models
    eps = turned.noise(np.random.default_rng(3), 9)
    with pytest.raises(ValueError, match="no closed form for the posterior 'turned'.*use"):
        turned.elbo(x, eps)
    assert (plain.default_estimator, turned.default_estimator) == ("B", "A")
    history = vn.fit(turned, x, epochs=2, rng=np.random.default_rng(0), test=x)
    assert np.isfinite([record["test_elbo"] for record in history]).all()
    with pytest.raises(ValueError, match="use posterior|use model.posterior"):
        turned.encode(x)


def test_pictures_show_its_z(models, x):
    """The same pixels as the ordinary model's, whose z has the other sign."""
    drawn = []
    for model in models:
        axes = [Figure().subplots() for _ in range(2)]
        figures.reconstructions(model, x, np.random.default_rng(5), SHAPE, axes[0])
        figures.interpolation(model, x[:4], SHAPE, axes[1])
        drawn.append([ax.images[0].get_array() for ax in axes])
    for ours, theirs in zip(*drawn, strict=True):
        np.testing.assert_allclose(theirs, ours, atol=1e-12)


def test_the_scatter_shows_its_mean(models, x):
    points = [figures.latent_scatter(model, x, ax=Figure().subplots()).collections[0].get_offsets()
              for model in models]
    np.testing.assert_allclose(points[1], -points[0], rtol=1e-12)
    np.testing.assert_allclose(latent_use(models[1], x)[0], latent_use(models[0], x)[0])
    assert latent_use(models[1], x)[1] is None


def test_a_run_s_pictures_leave_out_its_kl_with_a_word(models, x, tmp_path):
    data = vn.Dataset("toy", x, x, image_shape=SHAPE)
    told = []
    paths = figures.save_run_figures(models[1], data, [], tmp_path, np.random.default_rng(0),
                                     told.append)
    assert {"reconstructions", "latent_scatter"} <= {path.stem for path in paths}
    assert "left out kl_per_dimension.png: KL(q || prior) has no closed form" in told


def test_ais_from_the_encoder_has_the_right_gradient(models, x):
    """So its chains are those of the ordinary model, acceptance and all."""
    estimates = [ais.log_likelihood(model, x, rng=np.random.default_rng(6), num_chains=4,
                                    num_temperatures=10, start="encoder") for model in models]
    for ours, theirs in zip(estimates[0][:3], estimates[1][:3], strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-9)
    np.testing.assert_allclose(estimates[1].details["acceptance"],
                               estimates[0].details["acceptance"], rtol=1e-9)


def test_quadrature_asks_it_for_its_density(models, x):
    exact = [quadrature.measure(model, x[:3], step=0.1) for model in models]
    np.testing.assert_allclose(exact[1]["log_px"], exact[0]["log_px"], rtol=1e-10)
    np.testing.assert_allclose(exact[1]["kl"], exact[0]["kl"], rtol=1e-8)


# -- a prior with parameters of its own -----------------------------------------------------------

def test_a_mixture_of_gaussians_is_learned_with_the_rest():
    """Points whose codes lie in two heaps: with a prior that can say so the bound is higher."""
    rng = np.random.default_rng(0)
    x = (np.where(rng.random((400, 1)) < 0.5, -3.0, 3.0)
         + 0.3 * rng.standard_normal((400, 1))).astype(np.float32)
    bounds = {}
    for prior in ("standard-normal", "mixture:2"):
        model = vn.VAE(1, 1, (), likelihood=("gaussian", 0.05), prior=prior,
                       rng=np.random.default_rng(1))
        first = model.params.copy()
        history = vn.fit(model, x, epochs=60, lr=2e-2, rng=np.random.default_rng(2), test=x)
        bounds[prior] = np.mean([record["test_elbo"] for record in history[-5:]])
        moved = [name for name in first if (first[name] != model.params[name]).any()]
        assert set(moved) == set(first), "some parameters have not been trained"
    assert bounds["mixture:2"] > bounds["standard-normal"] + 0.3


def test_its_density_is_that_of_scipy_and_its_draws_have_its_moments(averages_to):
    from scipy.special import logsumexp
    from scipy.stats import norm
    model = vn.VAE(3, 2, (4,), prior="mixture:3", dtype="float64")
    rng = np.random.default_rng(3)
    model.params.part("prior").vector[:] = 0.7 * rng.standard_normal(15)
    logits, mean, logvar = (model.params[name] for name in MixtureOfGaussians.names)
    z = rng.standard_normal((4, 6, 2))
    joint = (logits - logsumexp(logits)
             + norm.logpdf(z[..., None, :], mean, np.exp(0.5 * logvar)).sum(axis=-1))
    np.testing.assert_allclose(model.log_prior(z), logsumexp(joint, axis=-1), rtol=1e-12)
    weights = np.exp(logits - logsumexp(logits))
    draws = model.sample_prior(rng, 20_000)[0]
    averages_to(draws, weights @ mean, sees=0.2)
    averages_to(draws ** 2, weights @ (mean ** 2 + np.exp(logvar)), sees=0.9)


@pytest.mark.parametrize("arguments, message", [
    ({"prior": "cauchy"}, "unknown prior 'cauchy': use standard-normal or mixture:K"),
    ({"prior": "mixture"}, "'mixture' needs its number of components"),
    ({"prior": "mixture:0"}, "'mixture' needs its number of components"),
    ({"prior": "standard-normal:3"}, "takes no argument, not '3'"),
    ({"posterior": "flow"}, "unknown posterior 'flow': use gaussian"),
    ({"posterior": "gaussian:2"}, "takes no argument")])
def test_words_that_mean_nothing_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        vn.VAE(3, 2, **arguments)


@pytest.mark.parametrize("cls", [vn.models.WakeSleep, vn.models.FrozenDecoderVAE,
                                 vn.models.MixturePriorVAE])
def test_models_that_would_not_train_other_parts_do_not_take_them(cls):
    for part in ({"prior": "mixture:2"}, {"posterior": "gaussian"}):
        with pytest.raises(TypeError, match="unexpected keyword argument"):
            cls(3, 2, **part)


def test_parts_of_another_width_are_refused():
    with pytest.raises(ValueError, match="posterior is over 3 latent dimensions, the model has 2"):
        vn.VAE(4, 2, posterior=Turned(3))
    with pytest.raises(ValueError, match="prior is over 3 latent dimensions, the model has 2"):
        vn.VAE(4, 2, prior=MixtureOfGaussians(3, 2))


def test_an_estimator_that_cannot_be_is_refused_before_a_folder_is_made(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((20, 4), np.float32))
    config = {"data": str(tmp_path / "x.npy"), "seed": 0, "device": "cpu",
              "model": {"z_dim": 2, "hidden": [3], "prior": "mixture:2"},
              "training": {"epochs": 1, "estimator": "B"}}
    with pytest.raises(ValueError, match="no closed form"):
        Run.create(tmp_path / "run", config)
    assert not (tmp_path / "run").exists()


def test_samples_with_a_gaussian_each_keep_their_gradients():
    """As q(z2|z1) of a hierarchy has them: heads (L, N, Z). Checked by differences."""
    rng = np.random.default_rng(0)
    eps, d_z = rng.standard_normal((2, 3, 5, 2))
    heads = {name: rng.standard_normal((3, 5, 2)) for name in ("mean", "logvar")}

    def forward(**heads):
        z, log_q, _ = DiagonalGaussian(**heads).sample(eps)
        return log_q + np.sum(d_z * z, axis=-1)

    def backward(d, **heads):
        return DiagonalGaussian(**heads).backward(eps, d[..., None] * d_z, d)

    vn.gradcheck(forward, backward, heads).assert_ok()


class Wide(StandardNormal):
    """N(0, 9 I): derived from N(0, I), and another density."""

    def log_prob(self, params, z):
        return -0.5 * np.sum(z * z / 9.0 + np.log(2.0 * np.pi * 9.0), axis=-1), z

    def backward(self, params, cache, d_log_pz, grads=None):
        return -d_log_pz[..., None] * cache / 9.0


def test_a_prior_derived_from_the_paper_s_has_not_its_kl(x):
    model = vn.VAE(12, 2, (5,), dtype="float64", prior=Wide(2))
    assert model.default_estimator == "A"
    with pytest.raises(ValueError, match="no closed form"):
        model.elbo(x, model.noise(np.random.default_rng(0), 9), "B")


@pytest.mark.parametrize("parts", [{"prior": Wide(2)}, {"posterior": Turned(2)}])
def test_a_part_without_a_word_is_not_saved_as_another(parts, tmp_path):
    with pytest.raises(ValueError, match="could not be loaded again"):
        save_model(vn.VAE(4, 2, (3,), **parts), tmp_path / "model.npz")
    assert not list(tmp_path.iterdir())


def test_the_manifold_is_the_standard_normal_s_alone(tmp_path):
    model = vn.VAE(12, 2, (5,), prior="mixture:3")
    with pytest.raises(ValueError, match="spreads its tiles over the prior N"):
        figures.manifold(model, SHAPE, Figure().subplots())
    told = []
    data = vn.Dataset("toy", *2 * (np.zeros((4, 12), np.float32),), image_shape=SHAPE)
    figures.save_run_figures(model, data, [], tmp_path, np.random.default_rng(0), told.append)
    assert "left out manifold.png: p(z) is neither N(0, I) nor a flow of it" in told


@pytest.mark.parametrize("components", [0, -1, 2.5, True])
def test_a_mixture_of_no_components_is_refused(components):
    with pytest.raises(ValueError, match="components must be a positive whole number"):
        MixtureOfGaussians(2, components)
