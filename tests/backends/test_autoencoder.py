"""The autoencoder and what gives it a likelihood, on the device: as on the host."""
import numpy as np
from devices import to_host

from vae_np.inference import ais
from vae_np.models import FrozenDecoderVAE, GaussianMixture
from vae_np.models.autoencoder import Autoencoder
from vae_np.models.code_density import whitened
from vae_np.models.mixture_prior import with_mixture


def models(likelihood, device):
    """(autoencoder, the same whitened, an encoder for its decoder, a mixture as prior)."""
    autoencoder = Autoencoder(6, 2, (5,), likelihood=likelihood, dtype="float64").to(device)
    codes = np.random.default_rng(0).standard_normal((50, 2)) + 1.0
    white = whitened(autoencoder, codes)
    frozen = FrozenDecoderVAE(6, 2, (5,), likelihood=likelihood, dtype="float64").to(device)
    frozen.start_from(white)
    mixture = GaussianMixture(2, 3, dtype="float64").seed(codes, np.random.default_rng(1))
    return autoencoder, white, frozen, with_mixture(frozen, mixture).to(device)


def values(likelihood, device, x):
    """What the models say about x, moved to the host."""
    autoencoder, white, frozen, mixed = models(likelihood, device)
    value, grads = autoencoder.reconstruction_and_grad(x)
    yield from (value, grads.vector, white.params.vector, white.reconstruction(x))
    for model in (frozen, mixed):
        eps = model.noise(np.random.default_rng(2), len(x), 2)
        value, grads = model.elbo_and_grad(x, eps, "A")
        yield from (value, grads.vector, model.log_weights(x, eps))
        yield from ais.log_likelihood(model, x, rng=np.random.default_rng(3), num_chains=2,
                                      num_temperatures=3, start="encoder")[:3]
        yield model.sample(4, np.random.default_rng(4))


def test_they_say_the_same_on_host_and_device(cupy, likelihood):
    x = np.random.default_rng(5).random((7, 6))
    for a, b in zip(values(likelihood, "cpu", x), values(likelihood, "cuda", x), strict=True):
        np.testing.assert_allclose(to_host(b), a, rtol=1e-12, atol=1e-14)
