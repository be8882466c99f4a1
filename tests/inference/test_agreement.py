"""Three ways to log p(x) of a trained VAE, image by image, beside quadrature.

Each errs in its own direction, by about half its squared error: importance sampling and AIS low,
appendix D high. With errors below 0.3 nats that is less than 0.05.
"""
import numpy as np
import pytest
from scipy.special import logsumexp

import vae_np as vn
from vae_np.distributions import softplus
from vae_np.inference import ais, appendix_d

ROOM = 0.1  # nats, for the tails that an error has not seen


def trained(z_dim):
    """(model, x): a VAE after a few seconds on the embedded digits, and 12 binarised test images.

    The posteriors of such a model bend and have tails, and a few have two modes.
    """
    data, rng = vn.load_dataset("mnist5k"), np.random.default_rng(0)
    model = vn.VAE(784, z_dim, (100,), rng=rng)
    vn.fit(model, data.train, epochs=8, lr=2e-3, rng=rng, binarize="dynamic")
    return model, vn.binarize(data.test[:12], np.random.default_rng(0))


def quadrature(model, x, spacing):
    """log p(x) of a Bernoulli VAE with two or three latents, by the trapezoid rule: (N,).

    On [−5, 5]^Z. The rule's error falls so fast with the spacing that on every second point, the
    white squares of a chessboard, it is many times as large; and even there it is below ROOM/3.
    """
    axis = np.arange(-5.0, 5.0, spacing)
    z = np.stack(np.meshgrid(*[axis] * model.z_dim), axis=-1).reshape(-1, model.z_dim)
    log_joint = []
    for part in np.array_split(z.astype(np.float32), len(z) // 2000):
        logits = model.decoder.forward(model.params, part)[0]["logits"]
        # Σ_d x_d a_d − softplus(a_d), of all pairs of z and x at once.
        log_px_given_z = logits @ x.T - softplus(logits).sum(axis=1)[:, None]
        log_joint.append(log_px_given_z + model.log_prior(part)[:, None])
    log_joint = np.concatenate(log_joint).astype(np.float64)
    white = np.indices((len(axis),) * model.z_dim).sum(axis=0).ravel() % 2 == 0
    log_volume = model.z_dim * np.log(spacing)
    log_px = logsumexp(log_joint, axis=0) + log_volume
    coarse = logsumexp(log_joint[white], axis=0) + log_volume + np.log(2.0)
    np.testing.assert_allclose(log_px, coarse, rtol=0, atol=ROOM / 3)
    return log_px


def estimates(model, x):
    """{name: (log_px, mc_stderr)} by four ways."""
    rng = np.random.default_rng(1)
    found = {"importance sampling": vn.log_likelihood(model, x, rng=rng, num_samples=3000),
             "AIS": ais.log_likelihood(model, x, rng=rng, num_temperatures=200)[:2]}
    for density in appendix_d.DENSITIES:
        found[f"appendix D, {density}"] = appendix_d.log_likelihood(
            model, x, rng=rng, density=density, num_samples=200, num_chains=10)[:2]
    return found


@pytest.mark.parametrize("z_dim, spacing", [(2, 0.06), (3, 0.2)])
def test_all_four_find_log_px_of_a_trained_vae(z_dim, spacing):
    """Quadrature knows log p(x). Each image lies within 6 Monte Carlo errors and ROOM of it, and
    so does their mean. Sees 0.8 nats in the mean over images, which a lost constant (½ log 2π for
    a latent) exceeds.

    Of 1536 such estimates, by 16 generators, none is outside. ROOM is needed: a few errors of 0.02
    to 0.04 nats have not seen a tail, and are exceeded up to 8 times. The least is seen where
    importance sampling meets one of the images with three latents: it is mostly 0.7 nats low
    there, which is 3 to 6 of its errors.
    """
    model, x = trained(z_dim)
    exact = quadrature(model, x, spacing)
    for name, (log_px, stderr) in estimates(model, x).items():
        error, mean_stderr = log_px - exact, np.sqrt(np.sum(stderr ** 2)) / len(stderr)
        np.testing.assert_array_less(np.abs(error), 6.0 * stderr + ROOM, err_msg=name)
        assert abs(error.mean()) < 6.0 * mean_stderr + ROOM / 2, name
        assert 9.0 * mean_stderr + ROOM / 2 < 0.8, name
