"""The importance-weighted bound as an estimator, and the encoder's gradients "stl" and "dreg".

A difference quotient cannot judge the two gradients: they are the slope of no number with the
same noise. What judges them: a surrogate whose slope they are, their mean over the noise, and the
exact posterior, where they are 0.
"""
import numpy as np
import pytest

import vae_np as vn
from vae_np import objectives
from vae_np.checking import gradcheck
from vae_np.priors import MixtureOfGaussians

K = 4
GRADIENTS = ("standard", "stl", "dreg")


def encoder_gradient(model, x, eps, *how, **named):
    """The gradient in the encoder, (its size,)."""
    return model.elbo_and_grad(x, eps, *how, **named)[1].part("encoder").vector


@pytest.fixture
def mixture_vae(likelihood):
    """A VAE with a prior of its own, far from its start, in float64."""
    rng = np.random.default_rng(11)
    model = vn.VAE(5, 2, (4,), likelihood=likelihood, dtype="float64", rng=rng, prior="mixture:3")
    model.params.vector[...] += 0.5 * rng.standard_normal(model.params.vector.shape)
    assert isinstance(model.prior, MixtureOfGaussians)
    return model


# -- the bound ----------------------------------------------------------------------------------

def test_iw_with_one_sample_is_estimator_a_bit_for_bit(little_vae):
    rng = np.random.default_rng(1)
    x, eps = rng.random((7, 5)), little_vae.noise(rng, 7)
    (a, grads_a), (iw, grads_iw) = (little_vae.elbo_and_grad(x, eps, name, kl_weight=0.7)
                                    for name in ("A", "IW"))
    assert a == iw
    np.testing.assert_array_equal(grads_a.vector, grads_iw.vector)


def test_iw_is_above_the_mean_of_the_bounds_that_leave_one_sample_out(little_vae):
    """For every draw: the mean weight is the mean of the leave-one-out means, and the logarithm is
    concave. So the bound rises with K, without any sampling error.
    """
    rng = np.random.default_rng(2)
    x, eps = rng.random((50, 5)), little_vae.noise(rng, 50, samples=5)
    fewer = np.mean([little_vae.elbo(x, np.delete(eps, k, axis=0), "IW") for k in range(5)],
                    axis=0)
    assert (little_vae.elbo(x, eps, "IW") > fewer).all()


@pytest.mark.parametrize("gradient", ["standard", "dreg"])
def test_iw_does_not_care_which_sample_comes_first(little_vae, gradient):
    rng = np.random.default_rng(3)
    x, eps = rng.random((7, 5)), little_vae.noise(rng, 7, samples=K)
    (one, grads), (other, again) = (little_vae.elbo_and_grad(x, e, "IW", gradient=gradient)
                                    for e in (eps, eps[::-1].copy()))
    assert one == pytest.approx(other, rel=1e-13)
    np.testing.assert_allclose(grads.vector, again.vector, rtol=1e-9, atol=1e-11)


def test_a_constant_on_every_weight_moves_the_bound_and_no_gradient():
    rng = np.random.default_rng(4)
    terms = {name: rng.normal(size=(K, 6)) for name in ("log_px_given_z", "log_pz", "log_qz")}
    moved = {**terms, "log_px_given_z": terms["log_px_given_z"] - 750.0}
    d_out = rng.normal(size=6)
    np.testing.assert_allclose(objectives.estimator_iw(**moved),
                               objectives.estimator_iw(**terms) - 750.0, rtol=1e-13)
    for name, slope in objectives.estimator_iw_backward(d_out, **terms).items():
        np.testing.assert_allclose(objectives.estimator_iw_backward(d_out, **moved)[name], slope,
                                   rtol=1e-10)
    np.testing.assert_allclose(objectives.path_share_iw(**moved),
                               objectives.path_share_iw(**terms), rtol=1e-10)


@pytest.mark.parametrize("kl_weight", [1.0, 0.4])
def test_gradients_of_iw_by_finite_differences(kl_weight):
    """Of the three terms: the function beside its backward."""
    rng = np.random.default_rng(5)
    terms = {name: rng.normal(size=(K, 6)) for name in ("log_px_given_z", "log_pz", "log_qz")}
    assert gradcheck(
        lambda **terms: objectives.estimator_iw(**terms, kl_weight=kl_weight),
        lambda d_out, **terms: objectives.estimator_iw_backward(d_out, **terms,
                                                                kl_weight=kl_weight),
        terms).ok


def test_the_weight_of_the_kl_is_1_where_none_is_given():
    rng = np.random.default_rng(14)
    terms = {name: rng.normal(size=(K, 6)) for name in ("log_px_given_z", "log_pz", "log_qz")}
    np.testing.assert_array_equal(objectives.estimator_iw(**terms),
                                  objectives.estimator_iw(**terms, kl_weight=1.0))
    np.testing.assert_array_equal(objectives.path_share_iw(**terms),
                                  objectives.path_share_iw(**terms, kl_weight=1.0))
    for name, slope in objectives.estimator_iw_backward(1.0, **terms).items():
        np.testing.assert_array_equal(
            slope, objectives.estimator_iw_backward(1.0, **terms, kl_weight=1.0)[name])


def test_with_one_sample_stl_is_a_gradient_of_iw_and_the_same_as_dreg(little_vae):
    rng = np.random.default_rng(15)
    x, eps = rng.random((7, 5)), little_vae.noise(rng, 7)
    stl, dreg = (encoder_gradient(little_vae, x, eps, "IW", gradient=name)
                 for name in ("stl", "dreg"))
    np.testing.assert_array_equal(stl, dreg)


# -- the gradients of the encoder ----------------------------------------------------------------

@pytest.mark.parametrize("gradient", GRADIENTS)
def test_the_value_is_the_bound_whatever_the_gradient(little_vae, gradient):
    """And no surrogate, whose value lies above it by up to log K. The decoder's slopes are the
    bound's own too.
    """
    rng = np.random.default_rng(6)
    x, eps = rng.random((7, 5)), little_vae.noise(rng, 7, samples=K)
    for name in ("A", "IW"):
        if (gradient, name) != ("stl", "IW"):
            value, grads = little_vae.elbo_and_grad(x, eps, name, gradient=gradient)
            plain, plain_grads = little_vae.elbo_and_grad(x, eps, name)
            assert value == plain
            np.testing.assert_array_equal(grads.part("decoder").vector,
                                          plain_grads.part("decoder").vector)


@pytest.mark.parametrize("kl_weight", [1.0, 0.4])
@pytest.mark.parametrize("name, gradient", [("A", "stl"), ("A", "dreg"), ("IW", "dreg")])
def test_gradient_is_the_slope_of_its_surrogate(mixture_vae, name, gradient, kl_weight):
    """Along random directions in the encoder: Σ_k c_k [log p(x, z_k) − log q₀(z_k)], with q₀ and
    the factors c_k as they are at the point, and only the path of z_k to move.
    """
    rng = np.random.default_rng(7)
    x, eps = rng.random((6, 5)), mixture_vae.noise(rng, 6, samples=K)
    q0 = mixture_vae.posterior(x)

    def terms():
        z = mixture_vae.posterior(x).sample(eps)[0]
        log_pz = mixture_vae.prior.log_prob(mixture_vae.params, z)[0]
        log_px = mixture_vae.log_joint(x, z) - log_pz
        return {"log_px_given_z": log_px, "log_pz": log_pz, "log_qz": q0.log_prob(z)}

    row, here = objectives.ESTIMATORS[name], terms()
    factor = row.backward(np.full(6, 1 / 6), **here, kl_weight=kl_weight)["log_px_given_z"]
    if name == "IW":
        weight = np.exp(here["log_px_given_z"] + kl_weight * (here["log_pz"] - here["log_qz"])
                        - objectives.estimator_iw(**here, kl_weight=kl_weight)) / K
        np.testing.assert_allclose(6 * factor, weight, rtol=1e-10)
        factor = factor * (1 - kl_weight + kl_weight * weight)

    def surrogate():
        now = terms()
        return np.sum(factor * (now["log_px_given_z"] + kl_weight * (now["log_pz"]
                                                                     - now["log_qz"])))

    slope = encoder_gradient(mixture_vae, x, eps, name, kl_weight, gradient=gradient)
    encoder, step = mixture_vae.params.part("encoder").vector, 1e-5
    start = encoder.copy()
    for _ in range(3):
        direction = rng.standard_normal(len(start))
        values = []
        for sign in (1, -1):
            encoder[...] = start + sign * step * direction
            values.append(surrogate())
            encoder[...] = start
        assert slope @ direction == pytest.approx((values[0] - values[1]) / (2 * step), rel=1e-6)


@pytest.mark.parametrize("samples", [2, 5])
@pytest.mark.parametrize("kl_weight", [1.0, 0.4])
def test_dreg_has_the_mean_of_the_standard_gradient(samples, kl_weight):
    """With the same noise, so that the difference has a mean of 0: in every entry of the encoder's
    gradient, for a mixture prior. |t| < 6 in 46 entries, four cases: false alarm 4e-7.
    "stl" must fail it, so that it is known to see a bias.
    """
    rng = np.random.default_rng(8)
    model = vn.VAE(4, 2, (3,), dtype="float64", rng=rng, prior="mixture:3")
    model.params.vector[...] += 0.7 * rng.standard_normal(model.params.vector.shape)
    x = (rng.random((1, 4)) < 0.5).astype(float)
    differences, biased, rows = [], [], 50
    for _ in range(600):
        eps = model.noise(rng, rows, samples)
        standard, dreg = (encoder_gradient(model, np.repeat(x, rows, axis=0), eps, "IW", kl_weight,
                                           gradient=name) for name in ("standard", "dreg"))
        differences.append(dreg - standard)
        if kl_weight == 1.0 and samples == 5:
            biased.append(_sticking(model, np.repeat(x, rows, axis=0), eps) - standard)
    assert np.abs(_t_statistics(differences)).max() < 6.0
    if biased:
        assert np.abs(_t_statistics(biased)).max() > 12.0


def _t_statistics(draws):
    draws = np.array(draws)
    spread = draws.std(axis=0, ddof=1)
    moves = spread > 1e-12  # the bias of an input that is 0 in every row does not move
    return draws.mean(axis=0)[moves] / (spread[moves] / np.sqrt(len(draws)))


def _sticking(model, x, eps):
    """What "stl" would give under IW with several samples, where it is refused."""
    _, cache = model._forward(x, eps, "IW", 1.0)
    grads = model.params.zeros_like()
    model._backward(np.full(len(x), 1 / len(x)), cache, grads, "stl")
    return grads.part("encoder").vector


def test_near_the_posterior_dreg_has_a_fraction_of_the_noise(orthogonal):
    """Where the standard gradient has as much as ever (Roeder et al. 2017; Tucker et al. 2019)."""
    rng, model = np.random.default_rng(9), orthogonal.model
    x = model.sample(1, rng)
    encoder = model.params.part("encoder").vector
    encoder += 0.05 * rng.standard_normal(len(encoder))
    for samples in (1, 16):
        eps = rng.standard_normal((400, samples, 1, model.z_dim))
        standard, dreg = (np.std([encoder_gradient(model, x, e, "IW", gradient=name) for e in eps],
                                 axis=0).mean() for name in ("standard", "dreg"))
        assert 0.0 < dreg < 0.3 * standard


@pytest.mark.parametrize("name, gradient", [("A", "stl"), ("A", "dreg"), ("IW", "dreg")])
def test_at_the_exact_posterior_the_gradient_is_0_for_every_draw(orthogonal, name, gradient):
    """Each weight is p(x) whatever z is, so no path changes it; the standard gradient is 0 on
    average alone.
    """
    rng = np.random.default_rng(10)
    x = orthogonal.model.sample(7, rng)
    eps = orthogonal.model.noise(rng, 7, samples=K)
    slope = encoder_gradient(orthogonal.model, x, eps, name, gradient=gradient)
    assert np.abs(slope).max() < 1e-13
    assert np.abs(encoder_gradient(orthogonal.model, x, eps, name)).max() > 0.05
    np.testing.assert_allclose(orthogonal.model.elbo(x, eps, "IW"), orthogonal.log_px(x),
                               rtol=5e-15)


# -- what is refused, and what a run does ---------------------------------------------------------

@pytest.mark.parametrize("estimator, gradient, samples, message", [
    ("B", "stl", 1, "estimator 'B' has its KL in closed form instead: use 'A' or 'IW'"),
    ("B", "dreg", 3, "estimator 'B' has its KL in closed form instead: use 'A' or 'IW'"),
    ("IW", "stl", 2, "'stl' is biased with estimator 'IW' and 2 samples"),
    ("A", "reinforce", 1, "unknown gradient 'reinforce': use 'standard' or 'stl' or 'dreg'")])
def test_a_gradient_that_an_estimator_does_not_have_is_refused(estimator, gradient, samples,
                                                               message):
    model, rng = vn.VAE(6, 2, (5,)), np.random.default_rng(0)
    x = (rng.random((60, 6)) < 0.4).astype(np.float32)
    with pytest.raises(ValueError, match=message):
        model.elbo_and_grad(x, model.noise(rng, 60, samples), estimator, gradient=gradient)
    if gradient != "reinforce":
        with pytest.raises(ValueError, match=message):
            vn.fit(model, x, epochs=1, estimator=estimator, gradient=gradient, mc_samples=samples)


def test_a_posterior_without_a_slope_is_refused_before_the_first_step(monkeypatch):
    from vae_np.posteriors import DiagonalGaussian, Posterior
    monkeypatch.setattr(DiagonalGaussian, "path_backward", Posterior.path_backward)
    model = vn.VAE(6, 2, (5,))
    with pytest.raises(ValueError, match="need the slope of log q"):
        vn.fit(model, np.zeros((4, 6), np.float32), epochs=1, estimator="A", gradient="stl")


def test_another_beta_climbs_something_else_and_the_records_hold_the_bound():
    x = np.repeat((np.random.default_rng(12).random((200, 1)) < 0.5), 8, axis=1).astype(np.float32)
    kl = {}
    for beta in (1.0, 30.0):
        model = vn.VAE(8, 2, (5,), rng=np.random.default_rng(3))
        history = vn.fit(model, x, epochs=30, beta=beta, test=x, rng=np.random.default_rng(4),
                         lr=0.02)
        kl[beta] = float(model.posterior(x).kl(model.prior).mean())
        bound = vn.evaluation.elbo(model, x, np.random.default_rng(5), 20).mean()
        assert history[-1]["test_elbo"] == pytest.approx(bound, abs=0.3)
    assert kl[30.0] < 0.1 and kl[1.0] > 0.5  # the code of one bit costs log 2 = 0.69 nats


def test_dreg_trains_in_float32_and_narrows_the_gap():
    rng = np.random.default_rng(13)
    x = (rng.random((300, 8)) < 0.3).astype(np.float32)
    x[:, 4:] = x[:, :4]
    model = vn.VAE(8, 2, (10,), rng=np.random.default_rng(3))
    history = vn.fit(model, x, epochs=20, estimator="IW", mc_samples=10, gradient="dreg", lr=0.02,
                     test=x, rng=np.random.default_rng(4))
    assert history[-1]["test_elbo"] > history[0]["test_elbo"] + 0.3
    assert all(np.isfinite(row["test_elbo"]) for row in history)
