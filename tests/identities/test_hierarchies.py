"""Two and three layers of latents against what is known without sampling error.

A gradient check cannot see what value and gradient share: a KL to the wrong density, a constant
that one density has and the other has not, a layer that is left out. These tests can.
"""
import sys
from pathlib import Path

import numpy as np
import pytest

import vae_np as vn
from vae_np.distributions import gaussian_log_prob, kl_standard_normal
from vae_np.hierarchy import ChainPosterior, side_by_side, split
from vae_np.hierarchy.gaussians import kl_gaussians, precision_merge
from vae_np.inference import ais

sys.path.append(str(Path(__file__).parent))
from chains import DOWNWARD, INFERENCES, diagonal_chain, general_chain, shaken  # noqa: E402

K = 4


# -- log p(x), exactly --------------------------------------------------------------------------

@pytest.mark.parametrize("inference", INFERENCES)
def test_at_the_exact_posterior_every_weight_is_p_of_x(inference):
    """Of each draw, not on average. For the ladder the merge is Bayes' rule here."""
    chain, rng = diagonal_chain(), np.random.default_rng(0)
    model = chain.exact(inference)
    x = model.sample(7, rng)
    eps = model.noise(rng, 7, samples=6)
    np.testing.assert_allclose(model.log_weights(x, eps), np.tile(chain.log_px(x), (6, 1)),
                               atol=1e-12, rtol=0)
    for estimator in ("A", "IW"):
        np.testing.assert_allclose(model.elbo(x, eps, estimator), chain.log_px(x), atol=1e-12)


@pytest.mark.parametrize("inference", INFERENCES)
@pytest.mark.parametrize("estimator, gradient", [("A", "stl"), ("IW", "dreg")])
def test_at_the_exact_posterior_the_path_gradient_is_0_for_every_draw(inference, estimator,
                                                                      gradient):
    """No path changes a weight that is p(x) everywhere. The standard gradient is 0 on average."""
    rng, model = np.random.default_rng(1), diagonal_chain().exact(inference)
    x = model.sample(7, rng)
    eps = model.noise(rng, 7, K)
    slopes = {name: model.elbo_and_grad(x, eps, estimator, gradient=name)[1].part("encoder").vector
              for name in ("standard", gradient)}
    assert np.abs(slopes[gradient]).max() < 1e-12 < 0.05 < np.abs(slopes["standard"]).max()


@pytest.mark.parametrize("inference", INFERENCES)
def test_the_same_theta_has_the_same_log_p_under_three_inferences(inference, averages_to):
    """w/p(x) has mean 1, whatever q is. No diagonal q is the posterior of this θ: φ is that of a
    chain near by, made wider. Four x, false alarm below 1e-8 an inference; 10 % would be seen.
    """
    chain, rng = general_chain(), np.random.default_rng(2)
    model, theta = diagonal_chain().exact(inference), chain.model(inference).params.part("decoder")
    model.params.part("decoder").vector[...] = theta.vector
    for name in model.params:
        if name.startswith("encoder.") and name.endswith("logvar.b"):
            model.params[name] += 0.3
    x = chain.model(inference).sample(4, rng)
    weights = np.exp(model.log_weights(x, model.noise(rng, 4, 40000)) - chain.log_px(x))
    assert weights.std(axis=0).min() > 0.3  # or the test would be another
    averages_to(weights, 1.0, sees=0.1)


@pytest.mark.parametrize("inference", INFERENCES)
def test_with_hidden_layers_log_p_is_the_quadrature_s(inference, averages_to):
    """One unit in each layer, so that z₁ and z₂ have a grid: p(x) to ten digits. The same under
    the three. False alarm 2e-9 for each of five x; an error of 10 % would be seen.
    """
    model, rng = shaken(inference, (1, 1), size=0.2), np.random.default_rng(3)
    theta = shaken("bottom-up", (1, 1), size=0.7).params.part("decoder").vector
    model.params.part("decoder").vector[...] = theta
    x = (rng.random((5, 5)) < 0.5).astype(float)
    weights = np.exp(model.log_weights(x, model.noise(rng, 5, 20000)) - _by_quadrature(model, x))
    averages_to(weights, 1.0, sees=0.1)


def _by_quadrature(model, x):
    """log p(x) by the rectangle rule over (z₁, z₂)."""
    grid = np.linspace(-12, 12, 241)
    z = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 1, 2)
    log_joint = model.log_joint(x, np.broadcast_to(z, (len(z), len(x), 2)))
    return np.log(np.exp(log_joint).sum(axis=0) * (grid[1] - grid[0]) ** 2)


@pytest.mark.parametrize("inference", INFERENCES)
def test_a_second_draw_of_z1_for_the_kl_is_wrong(inference):
    """Public code does it. Each weight belongs to one z: here the right weights are p(x) itself.
    With another draw in the KL term the two factors are independent, p(z')/q(z') has mean 1, and
    what is left is E_q[p(x|z)]: too large, here by 20 standard errors and more.
    """
    chain, rng = diagonal_chain(), np.random.default_rng(14)
    model = chain.exact(inference)
    x = model.sample(4, rng)
    noise = model.noise(rng, 4, 4000)
    z, log_q, _ = model.posterior(x).sample(noise)
    reconstruction = model.log_px_given_z(x, z)
    right = reconstruction + model.log_prior(z) - log_q
    np.testing.assert_allclose(right, np.tile(chain.log_px(x), (4000, 1)), atol=1e-12)
    np.testing.assert_array_equal(model.log_weights(x, noise), right)
    alone = np.exp(reconstruction - chain.log_px(x))
    assert (alone.mean(axis=0) - 1.0 > 20 * alone.std(axis=0) / np.sqrt(4000)).all()


def test_annealing_knows_the_hierarchy_by_its_log_joint_alone():
    """With no encoder: log p(x) of three x by AIS, which errs low, within six standard errors and
    0.1 nats for that. False alarm below 1e-6.
    """
    chain, rng = general_chain(), np.random.default_rng(15)
    model = chain.model("bottom-up")
    x = model.sample(3, rng)
    one = ais.log_likelihood(model, x, rng=rng, num_chains=32, num_temperatures=60)
    assert (np.abs(one.log_px - chain.log_px(x)) < 6 * one.mc_stderr + 0.1).all()
    assert one.mc_stderr.max() < 0.2


def test_draws_have_the_moments_of_the_formula(averages_to):
    """x ~ p(x) from the top down: whitened by the formula they have mean 0 and covariance I. 20
    numbers, false alarm 4e-8; 0.1 would be seen.
    """
    chain = general_chain()
    x = chain.model("ladder").sample(40000, np.random.default_rng(4)) - chain.mean
    x = np.linalg.solve(np.linalg.cholesky(chain.covariance), x.T).T
    products = x[:, :, None] * x[:, None, :]
    averages_to(np.concatenate([x, products.reshape(len(x), -1)], axis=1),
                np.concatenate([np.zeros(5), np.eye(5).reshape(-1)]), sees=0.1)


# -- one layer, and none of the order -----------------------------------------------------------

@pytest.mark.parametrize("estimator", ["A", "B", "IW"])
def test_an_upper_layer_that_says_nothing_leaves_the_one_layer_vae(estimator):
    """q(z₂) = p(z₂), and p(z₁|z₂) = N(0, I) for every z₂. With the KL terms in closed form the two
    bounds are one number to the last bit; sampled ones add the same terms in another order.
    """
    rng = np.random.default_rng(5)
    inference = "top-down" if estimator == "B" else "bottom-up"
    model, vae = shaken(inference, (3, 2), ()), vn.VAE(5, 3, (), dtype="float64")
    model.params.part("decoder.z1").vector[...] = 0.0
    model.params.part("encoder.z2").vector[...] = 0.0
    for head in ("mean", "logvar"):
        name = f"encoder.z1.{head}"
        model.params[f"{name}.W"][5:] = 0.0  # what top-down reads of z₂
        vae.params[f"encoder.{head}.W"] = model.params[f"{name}.W"][:5]
        vae.params[f"encoder.{head}.b"] = model.params[f"{name}.b"]
    for name in vae.params.part("decoder"):
        vae.params[name] = model.params[name]
    x, eps = (rng.random((7, 5)) < 0.5).astype(float), model.noise(rng, 7, K)
    ours, theirs = model.elbo(x, eps, estimator), vae.elbo(x, eps[0], estimator)
    if estimator == "B":
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_allclose(ours, theirs, rtol=1e-14)
    np.testing.assert_allclose(
        model.elbo_and_grad(x, eps, estimator)[1]["encoder.z1.mean.W"][:5],
        vae.elbo_and_grad(x, eps[0], estimator)[1]["encoder.mean.W"], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("inference", INFERENCES)
def test_the_units_names_do_not_matter(inference):
    """Relabelled units of z₁ and of z₂, with all that reads or writes them: the same bound."""
    rng, widths = np.random.default_rng(6), (3, 2)
    model = shaken(inference, widths, ())
    orders = (np.array([2, 0, 1]), np.array([1, 0]))
    other = model.at(model.params.copy())
    for name, value in model.params.items():
        if name.endswith(".b"):
            writes = _layer_of(name)
            other.params[name] = value[orders[writes]] if writes is not None else value
            continue
        reads, writes = {"decoder": (0, None), "decoder.z1": (1, 0)}.get(
            name.rsplit(".", 2)[0], (None, _layer_of(name)))
        if name.startswith("encoder.z2") and inference == "bottom-up":
            reads = 0
        rows = np.arange(len(value)) if reads is None else orders[reads]
        if name.startswith("encoder.z1") and inference == "top-down":
            rows = np.concatenate([np.arange(5), 5 + orders[1]])
        value = value[rows]
        other.params[name] = value[:, orders[writes]] if writes is not None else value
    x, eps = rng.random((7, 5)), model.noise(rng, 7, K)
    moved = tuple(part[..., order] for part, order in zip(eps, orders))
    assert (other.params.vector != model.params.vector).any()
    for estimator in ("A", "B", "IW")[:: 1 if inference in DOWNWARD else 2]:
        np.testing.assert_allclose(other.elbo(x, moved, estimator), model.elbo(x, eps, estimator),
                                   rtol=1e-12)


def _layer_of(name):
    """Which layer a linear layer's outputs are, 0 or 1; None where they are x's."""
    return 0 if ".z1." in name else 1 if ".z2." in name else None


# -- the KL terms -------------------------------------------------------------------------------

@pytest.mark.parametrize("inference", DOWNWARD)
@pytest.mark.parametrize("z_dim", [(3, 2), (2, 1, 3)])
def test_the_sampled_kl_has_the_mean_of_the_closed_form(inference, z_dim, averages_to):
    """With the same draws the difference has a mean of 0, for each of five x. What is left out or
    measured from the wrong density, even 0.3 nats of it, would be seen.
    """
    model, rng = shaken(inference, z_dim), np.random.default_rng(7)
    x = rng.random((5, 5))
    z, log_q, cache = model.posterior(x).sample(model.noise(rng, 5, 40000))
    closed = sum(model.posterior(x).kl_given_above(cache, model.prior)[0])
    averages_to(log_q - model.log_prior(z) - closed, 0.0, sees=0.3)


@pytest.mark.parametrize("inference", INFERENCES)
def test_the_layers_shares_are_all_of_the_kl(inference):
    """log p(x|z₁) less the layers' shares is the bound, draw by draw."""
    model, rng = shaken(inference), np.random.default_rng(8)
    x, eps = rng.random((5, 5)), model.noise(rng, 5, K)
    z = model.posterior(x).sample(eps)[0]
    shares = model.kl_per_layer(x, eps)
    assert shares.shape == (5, 2)
    np.testing.assert_allclose(model.log_px_given_z(x, z).mean(axis=0) - shares.sum(axis=1),
                               model.elbo(x, eps, model.default_estimator), rtol=1e-13)


def test_kl_to_the_standard_normal_is_the_paper_s_to_the_last_bit():
    rng = np.random.default_rng(9)
    for dtype in ("float32", "float64"):
        mean, logvar = rng.standard_normal((2, 40, 3)).astype(dtype)
        zeros = np.zeros_like(mean)
        np.testing.assert_array_equal(kl_gaussians(mean, logvar, zeros, zeros),
                                      kl_standard_normal(mean, logvar))


def test_kl_between_gaussians_by_quadrature():
    mean, logvar, mean_p, logvar_p = 0.7, -0.9, -0.4, 0.5
    z = np.linspace(-12.0, 12.0, 4001)[:, None]
    log_q, log_p = (gaussian_log_prob(z, np.array([m]), np.array([s]))
                    for m, s in ((mean, logvar), (mean_p, logvar_p)))
    exact = np.sum(np.exp(log_q) * (log_q - log_p)) * (z[1, 0] - z[0, 0])
    ours = kl_gaussians(*(np.array([v]) for v in (mean, logvar, mean_p, logvar_p)))
    assert ours == pytest.approx(exact, rel=1e-12)
    assert kl_gaussians(*2 * (np.array([mean]), np.array([logvar]))) == 0.0


# -- the merge ----------------------------------------------------------------------------------

def test_the_merge_is_the_product_of_two_gaussians():
    """log N(t) + log N(l) − log N(merged) is one constant in z; and in precisions it is plain."""
    rng = np.random.default_rng(10)
    opinions = rng.standard_normal((4, 6, 3))
    mean, logvar = precision_merge(*opinions)
    z = rng.standard_normal((50, 6, 3))
    left = (gaussian_log_prob(z, *opinions[:2]) + gaussian_log_prob(z, *opinions[2:])
            - gaussian_log_prob(z, mean, logvar))
    assert np.ptp(left, axis=0).max() < 1e-12
    p_t, p_l = np.exp(-opinions[1]), np.exp(-opinions[3])
    np.testing.assert_allclose(np.exp(-logvar), p_t + p_l, rtol=1e-13)
    np.testing.assert_allclose(mean, (p_t * opinions[0] + p_l * opinions[2]) / (p_t + p_l),
                               rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_merge_overflows_nowhere(dtype):
    """One opinion that is far surer than the other is the answer; e^±2000 is never formed."""
    sure, vague = np.array([-2000.0], dtype), np.array([2000.0], dtype)
    one, two = np.array([3.0], dtype), np.array([-5.0], dtype)
    with np.errstate(all="raise", under="ignore"):
        for opinions, answer in (((one, sure, two, vague), 3.0), ((one, vague, two, sure), -5.0)):
            mean, logvar = precision_merge(*opinions)
            assert (mean, logvar) == (answer, -2000.0) and mean.dtype == dtype
        mean, logvar = precision_merge(one, sure, two, sure)
        assert mean == -1.0 and logvar == pytest.approx(-2000.0 - np.log(2.0), rel=1e-6)


# -- gradients of the encoder -------------------------------------------------------------------

@pytest.mark.parametrize("inference", INFERENCES)
@pytest.mark.parametrize("z_dim", [(3, 2), (2, 1, 3)])
def test_log_q_s_slope_in_all_layers_is_that_of_its_density(inference, z_dim):
    """By differences of log q(z|x) in z, the layers one variable: z₁ in q(z₂|z₁) too."""
    model, rng = shaken(inference, z_dim), np.random.default_rng(11)
    x = rng.random((2, 5))
    q = model.posterior(x)
    z, log_q, cache = q.sample(model.noise(rng, 2, 3))
    np.testing.assert_allclose(q.log_prob(z), log_q, rtol=1e-12)
    weights = rng.standard_normal(log_q.shape)
    vn.gradcheck(lambda z: np.sum(weights * q.log_prob(z)),
                 lambda d, z: {"z": d * q.path_backward(cache, weights)}, {"z": z}).assert_ok()


@pytest.mark.parametrize("inference, z_dim, seed", [
    ("bottom-up", (2, 1), 2), ("top-down", (2, 1), 7), ("ladder", (2, 1), 7),
    ("bottom-up", (1, 2, 1), 9)])
def test_dreg_has_the_mean_of_the_standard_gradient(inference, z_dim, seed, monkeypatch):
    """With K = 4 and the same noise, in every entry of φ. |t| < 7 with 59 degrees of freedom, in
    fewer than 100 entries: false alarm 3e-7 a case. It would see the version that holds z₁ fixed
    in q(z₂|z₁): that one is run too, at parameters where its bias is plain.
    """
    model, rng = shaken(inference, z_dim, (3,), 3, 1.0, seed), np.random.default_rng(12)
    x = np.repeat((rng.random((1, 3)) < 0.5).astype(float), 400, axis=0)
    noises = [model.noise(rng, 400, K) for _ in range(60)]
    right = _differences(model, x, noises)
    assert np.abs(right).max() < 7.0
    monkeypatch.setattr(ChainPosterior, "path_backward", _with_each_layer_s_heads_stopped)
    wrong = _differences(model, x, noises)
    assert np.abs(wrong).max() > 20.0


def _differences(model, x, noises):
    """The t statistic of dreg − standard in each entry of the gradient that moves: of φ, and of the
    part of θ that a ladder has in its q.
    """
    draws = np.array([
        np.subtract(*(model.elbo_and_grad(x, eps, "IW", gradient=name)[1].vector
                      for name in ("dreg", "standard"))) for eps in noises])
    spread = draws.std(axis=0, ddof=1)
    moves = spread > 1e-12  # the weight of an input that is 0 does not
    return draws.mean(axis=0)[moves] / (spread[moves] / np.sqrt(len(draws)))


def _with_each_layer_s_heads_stopped(self, cache, d_log_q):
    """What an automatic "detach the means and variances of every layer" would compute."""
    slopes = {layer: q.path_backward(eps, d_log_q) for layer, q, eps, _ in cache[0]}
    return side_by_side([slopes[layer] for layer in range(len(slopes))])


@pytest.mark.parametrize("inference", INFERENCES)
def test_the_value_is_the_bound_whatever_the_gradient(inference):
    model, rng = shaken(inference), np.random.default_rng(13)
    x, eps = rng.random((5, 5)), model.noise(rng, 5, K)
    value, grads = model.elbo_and_grad(x, eps, "IW")
    other, dreg = model.elbo_and_grad(x, eps, "IW", gradient="dreg")
    assert value == other == model.elbo(x, eps, "IW").mean()
    if inference != "ladder":  # whose q has a part of θ in it
        np.testing.assert_array_equal(grads.part("decoder").vector, dreg.part("decoder").vector)
    one = tuple(part[:1] for part in eps)
    np.testing.assert_array_equal(model.elbo(x, one, "IW"), model.elbo(x, one, "A"))


def test_layers_lie_side_by_side_z1_first():
    z = np.arange(24.0).reshape(2, 2, 6)
    parts = split(z, (3, 1, 2))
    assert [part.shape[-1] for part in parts] == [3, 1, 2]
    assert all(part.flags.c_contiguous for part in parts)
    np.testing.assert_array_equal(side_by_side(parts), z)
