"""Affine couplings as maps, and the prior made of them as a density.

A gradient check sees neither a log-determinant with the wrong sign nor a coupling that moves
nothing, since value and gradient would share the fault.
"""
import numpy as np
import pytest
from scipy.stats import chi2

import vae_np as vn
from vae_np.flows import coupling
from vae_np.distributions import standard_normal_log_prob


def shaken(z_dim, spec="coupling:4x6", scale=0.6, seed=0, dtype="float64"):
    """(prior, params): far from the identity that it begins as."""
    model = vn.VAE(3, z_dim, (), prior=spec, dtype=dtype)
    rng = np.random.default_rng(seed)
    part = model.params.part("prior").vector
    part[...] = scale * rng.standard_normal(len(part))
    return model.prior, model.params


def jacobian(prior, params, z, step=1e-5):
    """∂u_i/∂z_j at one z (Z,), by central differences: (Z, Z)."""
    moves = step * np.eye(len(z))
    return ((prior.base(params, z + moves) - prior.base(params, z - moves)) / (2 * step)).T


@pytest.mark.parametrize("z_dim", [2, 3, 5, 9])
@pytest.mark.parametrize("scale", [0.3, 1.0])
def test_log_determinant_is_that_of_the_numerical_jacobian(z_dim, scale):
    prior, params = shaken(z_dim, scale=scale)
    for z in np.random.default_rng(1).standard_normal((5, z_dim)):
        sign, log_det = np.linalg.slogdet(jacobian(prior, params, z))
        said = prior.flow.forward(params, z[None])[1][0]
        assert said == pytest.approx(log_det, abs=2e-5)
        assert abs(sign) == 1.0


@pytest.mark.parametrize("z_dim", [2, 3, 8])
def test_inverse_takes_back_what_forward_did(z_dim):
    prior, params = shaken(z_dim)
    z = np.random.default_rng(2).standard_normal((4, 7, z_dim))
    u = prior.base(params, z)
    np.testing.assert_allclose(prior.from_base(params, u), z, rtol=1e-9, atol=1e-9)
    assert np.abs(u - z).max() > 0.5


@pytest.mark.parametrize("z_dim", [2, 5])
def test_log_determinants_there_and_back_add_up_to_0(z_dim):
    """The way back has the inverse Jacobian: a sign wrong in one direction alone shows here."""
    prior, params = shaken(z_dim, scale=0.5, seed=2)
    step = 1e-5 * np.eye(z_dim)
    for u in np.random.default_rng(3).standard_normal((3, z_dim)):
        back = ((prior.from_base(params, u + step) - prior.from_base(params, u - step)) / 2e-5).T
        there = prior.flow.forward(params, prior.from_base(params, u[None]))[1][0]
        assert there + np.linalg.slogdet(back)[1] == pytest.approx(0.0, abs=1e-5)


@pytest.mark.parametrize("scale", [0.3, 0.5])
def test_density_integrates_to_one(scale):
    """On a grid in the plane, to 1e-6. With the other sign of the log-determinant it does not."""
    prior, params = shaken(2, scale=scale, seed=3)
    edges = np.abs(prior.from_base(params, 6.0 * _circle(400))).max(axis=0) + 1.0
    lines, steps = zip(*(np.linspace(-edge, edge, 601, retstep=True) for edge in edges))
    z = np.stack(np.meshgrid(*lines), axis=-1).reshape(-1, 2)
    density, area = prior.log_prob(params, z)[0], steps[0] * steps[1]
    assert np.exp(density).sum() * area == pytest.approx(1.0, abs=1e-6)
    log_det = prior.flow.forward(params, z)[1]
    assert abs(np.exp(density - 2 * log_det).sum() * area - 1.0) > 0.05


def _circle(n):
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def test_samples_have_the_density():
    """χ² of 40 000 draws in 8 × 8 cells: false alarm 1e-6."""
    prior, params = shaken(2, scale=0.8, seed=4)
    draws = prior.sample(params, np.random.default_rng(5), 40_000)
    edges = [np.quantile(draws[:, i], np.linspace(0.02, 0.98, 9)) for i in range(2)]
    fine = [np.concatenate([np.linspace(a, b, 41)[:-1] + (b - a) / 80 for a, b in zip(e, e[1:])])
            for e in edges]
    z = np.stack(np.meshgrid(*fine, indexing="ij"), axis=-1)
    density = np.exp(prior.log_prob(params, z)[0])
    area = np.outer(*(np.repeat(np.diff(e) / 40, 40) for e in edges))
    share = (density * area).reshape(8, 40, 8, 40).sum(axis=(1, 3))
    seen = np.histogram2d(draws[:, 0], draws[:, 1], edges)[0]
    rest = len(draws) - seen.sum(), len(draws) * (1 - share.sum())
    statistic = (np.sum((seen - len(draws) * share)**2 / (len(draws) * share))
                 + (rest[0] - rest[1])**2 / rest[1])
    assert statistic < chi2.isf(1e-6, share.size)
    plain = np.histogram2d(*np.random.default_rng(6).standard_normal((2, 40_000)), edges)[0]
    assert np.sum((plain - len(draws) * share)**2 / (len(draws) * share)) > 10 * statistic


@pytest.mark.parametrize("z_dim", [2, 3, 7, 16])
def test_at_its_start_it_is_the_standard_normal_and_the_plain_vae(z_dim):
    models = [vn.VAE(6, z_dim, (5,), dtype="float64", prior=prior, rng=np.random.default_rng(7))
              for prior in ("standard-normal", "coupling:3x4")]
    models[1].params.part("encoder").vector[...] = models[0].params.part("encoder").vector
    models[1].params.part("decoder").vector[...] = models[0].params.part("decoder").vector
    rng = np.random.default_rng(8)
    z, x = rng.standard_normal((2, 9, z_dim)), rng.random((9, 6))
    np.testing.assert_allclose(models[1].prior.log_prob(models[1].params, z)[0],
                               standard_normal_log_prob(z), rtol=1e-13)
    np.testing.assert_allclose(models[1].elbo(x, z, "A"), models[0].elbo(x, z, "A"), rtol=1e-12)


@pytest.mark.parametrize("z_dim", [2, 3, 5, 14, 31, 50])
def test_the_order_mixes_so_that_every_number_moves_every_number(z_dim):
    """After three pairs of couplings no entry of the Jacobian is 0."""
    prior, params = shaken(z_dim, "coupling:6x8", scale=0.4)
    slopes = jacobian(prior, params, np.random.default_rng(9).standard_normal(z_dim))
    assert (np.abs(slopes) > 1e-9).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_draws_have_the_dtype_of_the_parameters_and_the_generator_s_numbers(dtype):
    prior, params = shaken(3, dtype=dtype)
    draws = prior.sample(params, np.random.default_rng(4), 5)
    u = np.random.default_rng(4).standard_normal((5, 3), dtype=dtype)
    assert draws.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(draws, prior.from_base(params, u))


@pytest.mark.parametrize("z_dim, moved", [(2, [1, 1, 1, 1]), (5, [2, 3, 2, 3]),
                                          (6, [3, 3, 3, 3])])
def test_a_pair_of_couplings_moves_every_number_once(z_dim, moved):
    prior, _ = shaken(z_dim)
    assert [one.moved for one in prior.flow.couplings] == moved


def test_a_straight_line_runs_in_the_base_coordinates():
    prior, params = shaken(2, seed=10)
    ends = np.random.default_rng(11).standard_normal((2, 2))
    u = prior.base(params, ends)
    between = prior.from_base(params, 0.5 * (u[:1] + u[1:]))
    assert np.abs(between - ends.mean(axis=0)).max() > 0.05
    np.testing.assert_allclose(prior.base(params, between)[0], u.mean(axis=0), rtol=1e-9)


def test_learning_the_prior_alone_raises_the_bound_towards_the_codes_density():
    """Codes of a ring, which N(0, I) does not fit: after training the prior's mean log-density is
    within 0.15 nats of the entropy's, from far below.
    """
    rng = np.random.default_rng(12)
    prior, params = shaken(2, "coupling:6x16", scale=0.0)
    prior.initialise(params, rng, "glorot")
    adam = vn.Adam(params.part("prior"), lr=5e-3)

    def ring(n):
        radius, angle = 2.0 + 0.2 * rng.standard_normal(n), rng.uniform(0, 2 * np.pi, n)
        return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)

    def exact(z):
        radius = np.hypot(*z.T)
        return (-0.5 * ((radius - 2.0) / 0.2)**2 - np.log(0.2 * np.sqrt(2 * np.pi))
                - np.log(2 * np.pi * radius))

    for _ in range(1500):
        z = ring(200)
        log_pz, cache = prior.log_prob(params, z)
        grads = params.part("prior").zeros_like()
        prior.backward(params, cache, np.full(200, 1 / 200), grads)
        adam.ascend(grads)
    fresh = ring(4000)
    gap = exact(fresh) - prior.log_prob(params, fresh)[0]
    assert 0.0 < gap.mean() < 0.15
    assert (exact(fresh) - standard_normal_log_prob(fresh)).mean() > 1.0


@pytest.mark.parametrize("argument", ["", "8", "8x", "0x4", "8x0", "x8", "8X4", "8x4.5", "-1x3"])
def test_an_argument_that_says_too_little_is_refused(argument):
    with pytest.raises(ValueError, match="the prior 'coupling' needs how many.*"
                       "such as 'coupling:8x128', not 'coupling:"):
        vn.VAE(6, 4, (5,), prior=f"coupling:{argument}")


@pytest.mark.parametrize("spec", ["coupling:8x4", "coupling:2x5x6"])
def test_its_spec_is_the_word_that_made_it(spec):
    assert vn.VAE(6, 4, (5,), prior=spec).prior.spec == spec


def test_one_latent_dimension_has_no_two_halves():
    with pytest.raises(ValueError, match="needs two numbers or more, and z_dim is 1"):
        vn.VAE(6, 1, (5,), prior="coupling:2x4")


def test_no_coupling_stretches_beyond_its_limit():
    """Whatever its weights: |s| ≤ 3 a number, so float32 stays finite over eight couplings."""
    prior, params = shaken(4, "coupling:8x5", scale=30.0, dtype="float32")
    z = np.random.default_rng(13).standard_normal((50, 4)).astype(np.float32)
    _, log_det, _ = prior.flow.forward(params, z)
    assert np.abs(log_det).max() <= 8 * 2 * coupling.STRETCH * (1 + 1e-6)
    assert np.isfinite(prior.log_prob(params, z)[0]).all()
