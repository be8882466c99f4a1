"""The mixture of Gaussians as a prior, where its answer is known exactly."""
import numpy as np
import pytest

import vae_np as vn
from vae_np.distributions import gaussian_log_prob
from vae_np.priors import MixtureOfGaussians, mixture_log_prob

LOGITS, MEANS, LOGVARS = MixtureOfGaussians.names


def make(components, z_dim=2, seed=0):
    """A VAE with the prior, far from its start, float64."""
    model = vn.VAE(6, z_dim, (5,), dtype="float64", prior=f"mixture:{components}")
    rng = np.random.default_rng(seed)
    model.params.vector[...] += 0.7 * rng.standard_normal(len(model.params.vector))
    return model


@pytest.fixture
def z():
    return 2.0 * np.random.default_rng(1).standard_normal((4, 7, 2))


def test_one_component_is_a_gaussian_whatever_its_logit(z):
    model = make(1)
    model.params[LOGITS] = -40.0
    gaussian = gaussian_log_prob(z, model.params[MEANS][0], model.params[LOGVARS][0])
    np.testing.assert_allclose(model.log_prior(z), gaussian, rtol=1e-12)


def test_equal_components_are_one_whatever_their_shares(z):
    model = make(4)
    for name in (MEANS, LOGVARS):
        model.params[name] = model.params[name][0].copy()
    gaussian = gaussian_log_prob(z, model.params[MEANS][0], model.params[LOGVARS][0])
    np.testing.assert_allclose(model.log_prior(z), gaussian, rtol=1e-12)


def test_the_order_of_the_components_does_not_matter(z):
    model, order = make(4), [2, 0, 3, 1]
    before = model.log_prior(z)
    for name in (LOGITS, MEANS, LOGVARS):
        model.params[name] = model.params[name][order].copy()
    np.testing.assert_allclose(model.log_prior(z), before, rtol=1e-12)


def test_it_integrates_to_one_on_a_grid():
    """A factor of 2 astray in an exponent makes a component integrate to another number."""
    model = make(3, seed=2)
    line, step = np.linspace(-12, 12, 601, retstep=True)
    grid = np.stack(np.meshgrid(line, line), axis=-1)
    assert np.exp(model.log_prior(grid)).sum() * step**2 == pytest.approx(1.0, rel=1e-9)


def test_all_on_the_standard_normal_it_is_the_plain_vae():
    """Bound and gradient: one component is N(0, I) and has all the share, e⁻⁸⁰⁰ is left."""
    model, rng = make(3), np.random.default_rng(3)
    model.params[LOGITS] = [-800.0, 0.0, -800.0]
    model.params[MEANS][1] = model.params[LOGVARS][1] = 0.0
    plain = vn.VAE(6, 2, (5,), dtype="float64")
    for part in ("encoder", "decoder"):
        plain.params.part(part).vector[...] = model.params.part(part).vector
    x, eps = rng.random((7, 6)), plain.noise(rng, 7, 3)
    (bound, grads), (other, others) = (m.elbo_and_grad(x, eps, "A") for m in (plain, model))
    assert other == pytest.approx(bound, rel=1e-13)
    for part in ("encoder", "decoder"):
        np.testing.assert_allclose(others.part(part).vector, grads.part(part).vector, rtol=1e-9,
                                   atol=1e-13)


def test_its_shares_have_the_gradient_of_a_plain_log_share(z):
    """d log p / d log π_k = p(k|z): against Bayes' rule, written out."""
    from vae_np.priors import mixture_log_prob_backward
    model = make(3)
    mean, logvar = model.params[MEANS], model.params[LOGVARS]
    log_mixing = np.log([0.2, 0.5, 0.3])
    _, cache = mixture_log_prob(z, log_mixing, mean, logvar)
    d_out = np.random.default_rng(4).standard_normal(z.shape[:-1])
    joint = np.exp([log_mixing[k] + gaussian_log_prob(z, mean[k], logvar[k]) for k in range(3)])
    r = joint / joint.sum(axis=0)
    np.testing.assert_allclose(mixture_log_prob_backward(d_out, cache)[1],
                               (r * d_out).sum(axis=(1, 2)), rtol=1e-10)
