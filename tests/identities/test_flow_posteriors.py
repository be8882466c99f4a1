"""Planar, inverse autoregressive and coupling posteriors as densities."""
import numpy as np
import pytest

import vae_np as vn
from vae_np.flows import autoregressive, planar
from vae_np.layers import Linear
from vae_np.models import words
from vae_np.params import Layout, Params

SPECS = ("planar:3", "iaf:2x6", "coupling:3x6")


def bent(spec, n=1, z_dim=2, scale=0.7, seed=0):
    """(kind, q(z|x) of n examples), with random heads and parameters."""
    rng = np.random.default_rng(seed)
    kind = words.posterior(spec, z_dim)
    layout = Layout(kind.shapes())
    params = Params(layout, scale * rng.standard_normal(layout.size))
    heads = {name: scale * rng.standard_normal((n, width)) for name, width in kind.heads().items()}
    return kind, kind.of(params, heads)


def jacobian(f, z, step=1e-5):
    """∂f_i/∂z_j at one z (Z,), by central differences."""
    moves = step * np.eye(len(z))
    return ((f(z + moves) - f(z - moves)) / (2 * step)).T


def push(q):
    """The flow of an example as a function of rows."""
    return lambda rows: q.flow.forward(q.params, rows, np.repeat(q.context, len(rows), axis=0))[0]


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("z_dim", [2, 5, 9])
def test_log_determinant_is_that_of_the_numerical_jacobian(spec, z_dim):
    for seed in range(4):
        _, q = bent(spec, z_dim=z_dim, seed=seed)
        z = np.random.default_rng(seed).standard_normal((1, z_dim))
        said = q.flow.forward(q.params, z, q.context)[1][0]
        assert said == pytest.approx(np.linalg.slogdet(jacobian(push(q), z[0]))[1], abs=1e-6)


@pytest.mark.parametrize("u_w", [-30.0, -3.0, 0.0, 5.0])
def test_a_planar_step_can_be_inverted_whatever_the_encoder_says(u_w):
    """û·w = m(u·w) > −1: even for u·w ≪ −1 the map along w rises, and the determinant is right."""
    w = np.array([[0.8, -0.6]])
    u = u_w * w + np.array([[0.6, 0.8]])
    z = np.linspace(-4, 4, 2001)[:, None] * w
    out, log_det, _ = planar.planar(z, *(np.repeat(a, 2001, axis=0) for a in (u, w)),
                                    np.zeros(2001))
    assert (np.diff(out @ w[0]) > 0).all() and np.isfinite(log_det).all()
    slope = np.gradient(out @ w[0], z @ w[0], edge_order=2)
    np.testing.assert_allclose(np.exp(log_det[5:-5]), slope[5:-5], atol=2e-3)


def test_a_planar_step_with_w_0_only_shifts():
    z = np.random.default_rng(1).standard_normal((5, 3))
    zero, u = np.zeros((5, 3)), np.ones((5, 3))
    out, log_det, cache = planar.planar(z, u, zero, np.full(5, 0.5))
    np.testing.assert_allclose(out, z + np.tanh(0.5))
    np.testing.assert_array_equal(log_det, 0.0)
    assert all(np.isfinite(d).all() for d in planar.planar_backward(z, np.ones(5), cache))


def test_short_w_has_the_right_slopes_and_no_jump():
    """Below SHORTEST û is another function of u and w, with gradients of its own."""
    rng = np.random.default_rng(2)
    for length in (0.3, 1.0001, 0.9999):
        w = rng.standard_normal((4, 3))
        w *= length * planar.SHORTEST**0.5 / np.linalg.norm(w, axis=1, keepdims=True)
        inputs = {"z": rng.standard_normal((4, 3)), "u": rng.standard_normal((4, 3)), "w": w,
                  "b": rng.standard_normal(4)}
        d = rng.standard_normal((4, 3))

        def value(z, u, w, b):
            out, log_det, _ = planar.planar(z, u, w, b)
            return (out * d).sum(axis=1) + log_det

        slopes = dict(zip(("z", "u", "w", "b"), planar.planar_backward(
            d, np.ones(4), planar.planar(**inputs)[2])))
        for name, slope in slopes.items():
            step = 1e-8 if name == "w" else 1e-5
            direction = rng.standard_normal(inputs[name].shape)
            sides = [value(**{**inputs, name: inputs[name] + sign * step * direction}).sum()
                     for sign in (1, -1)]
            assert (slope * direction).sum() == pytest.approx(
                (sides[0] - sides[1]) / (2 * step), rel=2e-4, abs=2e-4)


@pytest.mark.parametrize("backwards", [False, True])
def test_a_made_s_output_sees_the_numbers_before_it_alone_to_the_last_bit(backwards):
    """A ≥ for a > in the last mask changes the log-determinant by 0.005: no tolerance here."""
    for z_dim, hidden in ((1, (4,)), (2, (3,)), (6, (7, 6))):
        how = {"backwards": True} if backwards else {}  # from the first number on, if not said
        network = autoregressive.made("m", z_dim, hidden, 2, ("shift", "gate"), **how)
        rng = np.random.default_rng(3)
        layout = Layout(network.shapes())
        params = Params(layout, rng.standard_normal(layout.size))
        z = rng.standard_normal((1, z_dim + 2))
        before = network.forward(params, z)[0]
        order = range(z_dim)[::-1] if backwards else range(z_dim)
        for place, i in enumerate(order):
            moved = z.copy()
            moved[0, i] += 1.0
            after = network.forward(params, moved)[0]
            for head in ("shift", "gate"):
                changed = (before[head] != after[head])[0]
                seen = [j for p, j in enumerate(order) if p > place]
                assert not changed[[j for j in range(z_dim) if j not in seen]].any()
                assert changed[seen].all()
        after = network.forward(params, z + np.eye(z_dim + 2)[-1])[0]
        assert (before["gate"] != after["gate"]).all()  # the context reaches every output


def test_a_masked_weight_has_no_gradient():
    network = autoregressive.made("m", 4, (6,), 1, ("shift",))
    layout = Layout(network.shapes())
    rng = np.random.default_rng(4)
    params, grads = (Params(layout, v) for v in (rng.standard_normal(layout.size),
                                                 np.zeros(layout.size)))
    _, cache = network.forward(params, rng.standard_normal((20, 5)))
    network.backward(params, cache, {"shift": rng.standard_normal((20, 4))}, grads)
    for layer in network.linears:
        mask = layer.mask.on(np)
        assert not grads[layer.W][mask == 0].any() and grads[layer.W][mask == 1].all()
        assert isinstance(layer, Linear)


@pytest.mark.parametrize("spec", SPECS)
def test_density_at_its_samples_integrates_to_one(spec):
    """E_q[g(z)/q(z)] = ∫ g dz = 1 for a density g that q covers, here N(m, s²): the mean of g/q
    over 200 000 draws is 1 within 6 standard errors. False alarm 2e-9.
    """
    _, q = bent(spec, scale=0.4, seed=5)
    eps = np.random.default_rng(6).standard_normal((200_000, 1, 2))
    z, log_q, _ = q.sample(eps)
    centre, spread = z.mean(axis=(0, 1)), 0.5 * z.std(axis=(0, 1))
    log_g = np.sum(-0.5 * ((z - centre) / spread)**2 - np.log(spread * np.sqrt(2 * np.pi)),
                   axis=-1)
    weight = np.exp(log_g - log_q)
    error = weight.std() / np.sqrt(weight.size)
    assert error < 0.02
    assert weight.mean() == pytest.approx(1.0, abs=6 * error)
    base = q.base.sample(eps)[1]
    flipped = np.exp(log_g - (2.0 * base - log_q))  # log q₀ + log |det|, the sign that is wrong
    assert abs(flipped.mean() - 1.0) > 0.05


@pytest.mark.parametrize("samples", [1, 3])
def test_at_its_start_a_coupling_posterior_is_the_plain_vae_with_its_code_reordered(samples):
    """Its last layers are 0, so log q is the Gaussian's to the last bit, and z the same numbers in
    another order: the decoder whose rows stand in that order gives the same bound.
    """
    kind = words.posterior("coupling:2x4", 5)
    models = [vn.VAE(6, 5, (4,), dtype="float64", posterior=posterior)
              for posterior in ("gaussian", kind)]
    for part in ("encoder.hidden0", "encoder.mean", "encoder.logvar", "decoder"):
        models[1].params.part(part).vector[...] = models[0].params.part(part).vector
    numbers = np.arange(5.0)[None]
    order = kind.flow.forward(models[1].params, numbers, np.zeros((1, 5)))[0][0].astype(int)
    assert sorted(order) == list(range(5)) and list(order) != list(range(5))
    first = "decoder.hidden0.W"
    models[1].params[first] = models[0].params[first][order].copy()
    rng = np.random.default_rng(17)
    x, eps = rng.random((7, 6)), rng.standard_normal((samples, 7, 5))
    (z, log_q, _), (bent_z, bent_log_q, _) = (m.posterior(x).sample(eps) for m in models)
    np.testing.assert_array_equal(bent_z, z[..., order])
    np.testing.assert_array_equal(bent_log_q, log_q)
    np.testing.assert_allclose(models[1].elbo(x, eps, "A"), models[0].elbo(x, eps, "A"),
                               rtol=1e-13)


@pytest.mark.parametrize("spec", SPECS)
def test_the_mean_of_log_q_over_log_p_is_a_divergence(spec):
    """KL( q ‖ N(0, I) ) ≥ 0, by 40 000 draws, for five flows each: a log-determinant with the
    wrong sign turns some below 0. Here each is above 0 by 6 standard errors.
    """
    for seed in range(5):
        _, q = bent(spec, seed=seed)
        z, log_q, _ = q.sample(np.random.default_rng(seed).standard_normal((40_000, 1, 2)))
        ratio = log_q + 0.5 * (z**2).sum(axis=-1) + np.log(2 * np.pi)
        assert ratio.mean() > 6 * ratio.std() / 200


def test_coupling_s_density_holds_at_any_z_and_integrates_on_a_grid():
    _, q = bent("coupling:3x6", scale=0.4, seed=7)
    z, log_q, _ = q.sample(np.random.default_rng(8).standard_normal((50, 1, 2)))
    np.testing.assert_allclose(q.log_prob(z), log_q, rtol=1e-10)
    sides = z.min() - 8, z.max() + 8
    line, step = np.linspace(*sides, 501, retstep=True)
    grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 1, 2)
    assert np.exp(q.log_prob(grid)).sum() * step**2 == pytest.approx(1.0, abs=2e-5)


def test_coupling_s_slope_along_the_path_is_that_of_its_density():
    _, q = bent("coupling:3x6", n=4, z_dim=3, seed=9)
    rng = np.random.default_rng(10)
    z, _, cache = q.sample(rng.standard_normal((5, 4, 3)))
    slope = q.path_backward(cache, np.full((5, 4), 2.0))
    direction, step = rng.standard_normal(z.shape), 1e-5
    numeric = (q.log_prob(z + step * direction) - q.log_prob(z - step * direction)) / (2 * step)
    np.testing.assert_allclose((slope * direction).sum(axis=-1), 2.0 * numeric, rtol=1e-6,
                               atol=1e-6)


@pytest.mark.parametrize("spec", SPECS)
def test_the_context_bends_q(spec):
    """log q at the same z₀ changes when the context alone does: else it is a prior in disguise."""
    _, q = bent(spec, seed=11)
    other = type(q)(q.flow, q.params, q.base.mean, q.base.logvar, q.context + 0.5)
    eps = np.random.default_rng(12).standard_normal((3, 1, 2))
    assert np.abs(q.sample(eps)[1] - other.sample(eps)[1]).min() > 1e-3


def test_without_a_context_a_flow_posterior_is_a_flow_prior_with_another_decoder():
    """Every log-weight is the same: p(z) = N(0, I) with q = flow ∘ Gaussian and decoder g, and
    p(u) = N(f(u)) |det| with q = Gaussian and decoder g ∘ f, where f is the posterior's flow.
    """
    rng = np.random.default_rng(13)
    _, q = bent("coupling:2x5", n=6, z_dim=4, seed=14)
    flow, params = q.flow, q.params
    context = np.repeat(rng.standard_normal((1, 4)), 6, axis=0)  # the same for every x
    q = type(q)(flow, params, q.base.mean, q.base.logvar, context)
    model = vn.VAE(7, 4, (5,), dtype="float64")
    model.params.vector[...] += rng.standard_normal(len(model.params.vector))
    x, eps = rng.random((6, 7)), rng.standard_normal((3, 6, 4))
    z, log_q, _ = q.sample(eps)
    as_posterior = model.log_joint(x, z) - log_q
    z0, log_q0, _ = q.base.sample(eps)
    rows = z0.reshape(-1, 4)
    u, log_det, _ = flow.forward(params, rows, np.repeat(context[:1], len(rows), axis=0))
    log_prior = model.log_prior(u.reshape(z0.shape)) + log_det.reshape(3, 6)
    as_prior = model.log_px_given_z(x, u.reshape(z0.shape)) + log_prior - log_q0
    np.testing.assert_allclose(as_posterior, as_prior, rtol=1e-13)


@pytest.mark.parametrize("gradient", ["stl", "dreg"])
@pytest.mark.parametrize("spec", ["planar:2", "iaf:2x4"])
def test_a_flow_without_an_inverse_refuses_the_path_s_gradient(spec, gradient):
    model = vn.VAE(6, 2, (5,), posterior=spec)
    with pytest.raises(ValueError, match="use gradient 'standard'"):
        vn.fit(model, np.zeros((4, 6), np.float32), epochs=1, estimator="A", gradient=gradient)


def test_stl_with_a_coupling_posterior_has_the_mean_of_the_standard_gradient():
    """|t| < 6 in every entry."""
    rng = np.random.default_rng(15)
    model = vn.VAE(4, 2, (3,), dtype="float64", posterior="coupling:2x3", rng=rng)
    model.params.vector[...] += 0.5 * rng.standard_normal(len(model.params.vector))
    x = np.repeat((rng.random((1, 4)) < 0.5).astype(float), 50, axis=0)
    differences = []
    for _ in range(600):
        eps = model.noise(rng, 50)
        standard, stl = (model.elbo_and_grad(x, eps, "A", gradient=name)[1].vector
                         for name in ("standard", "stl"))
        differences.append(stl - standard)
    spread = np.std(differences, axis=0, ddof=1)
    moves = spread > 1e-12
    t = np.mean(differences, axis=0)[moves] / spread[moves] * np.sqrt(600)
    assert moves.sum() > 30 and np.abs(t).max() < 6.0


@pytest.mark.parametrize("spec", ["planar:3", "iaf:2x5", "iaf:2x5x6", "coupling:4x6x5"])
def test_its_spec_is_the_word_that_made_it(spec):
    assert words.posterior(spec, 4).spec == spec


@pytest.mark.parametrize("spec, message", [
    ("planar:0", "the posterior 'planar' needs.*such as 'planar:10'"),
    ("iaf:2", "the posterior 'iaf' needs.*such as 'iaf:2x128'"),
    ("coupling:x4", "the posterior 'coupling' needs.*such as 'coupling:4x128'")])
def test_an_argument_that_says_too_little_is_refused(spec, message):
    with pytest.raises(ValueError, match=message):
        vn.VAE(6, 4, (5,), posterior=spec)


def test_a_vamp_prior_is_a_mixture_of_gaussians_alone():
    with pytest.raises(ValueError, match="is a mixture of Gaussian posteriors"):
        vn.VAE(6, 4, (5,), prior="vamp:3", posterior="planar:2")


def banana(z):
    """log g and its slope: z_1 ~ N(0, 1), z_2 ~ N(z_1², 0.3²)."""
    away = (z[..., 1] - z[..., 0]**2) / 0.3
    slope = np.stack([-z[..., 0] + 2 * z[..., 0] * away / 0.3, -away / 0.3], axis=-1)
    return -0.5 * (z[..., 0]**2 + away**2) - np.log(2 * np.pi * 0.3), slope


def best_gap(spec):
    """KL( q ‖ g ) after Adam on q's heads and parameters, by 20 000 draws."""
    rng = np.random.default_rng(16)
    kind = words.posterior(spec, 2)
    shapes = {**{name: (1, width) for name, width in kind.heads().items()}, **kind.shapes()}
    params = Params(Layout(shapes), 0.1 * rng.standard_normal(Layout(shapes).size))
    adam = vn.Adam(params, lr=0.02)
    for step in range(1000):
        adam.lr = 0.02 * (1 - step / 1000)
        q = kind.of(params, {name: params[name] for name in kind.heads()})
        z, log_q, cache = q.sample(rng.standard_normal((64, 1, 2)))
        grads = params.zeros_like()
        d_heads = q.backward(cache, banana(z)[1] / 64, np.full((64, 1), -1 / 64), grads)
        for name, slope in d_heads.items():
            grads[name] += slope
        adam.ascend(grads)
    z, log_q, _ = q.sample(rng.standard_normal((20_000, 1, 2)))
    return (log_q - banana(z)[0]).mean()


def test_the_best_gaussian_is_far_from_a_bent_posterior():
    """0.78 nats. The flows below come nearer."""
    assert best_gap("gaussian") > 0.7


@pytest.mark.parametrize("spec", ["planar:8", "iaf:3x16", "coupling:4x16"])
def test_it_fits_a_bent_posterior_better_than_a_gaussian(spec):
    """A KL is never below 0."""
    assert -0.01 < best_gap(spec) < 0.5
