"""The VAE on an autoencoder's codes with a mixture of Gaussians, fitted to them, for p(z)."""
from ..backend import to_host
from ..priors import MixtureOfGaussians
from .base import check_width
from .frozen_decoder import FrozenDecoderVAE


class MixturePriorVAE(FrozenDecoderVAE):
    """p(z) a mixture of `components` diagonal Gaussians, fitted to codes; the rest is given too.

    The other arguments are VAE's. `params` holds the mixture under "prior", with GaussianMixture's
    names. `with_mixture` makes such a model from its parts. All 0, the mixture is N(0, I).
    """

    def __init__(self, x_dim, z_dim, hidden=(500,), activation="tanh", likelihood="bernoulli",
                 dtype="float32", rng=None, init="glorot", components=10):
        self.components = check_width("components", components)
        super().__init__(x_dim, z_dim, hidden, activation, likelihood, dtype, rng, init)
        self.params.part("prior").vector[...] = 0.0

    def _make_prior(self):
        return MixtureOfGaussians(self.z_dim, self.components)

    def config(self):
        """The constructor's arguments as plain JSON values; the class rebuilds it from them."""
        return {**super().config(), "components": self.components}


def with_mixture(vae, mixture):
    """The model with the networks of a FrozenDecoderVAE and a GaussianMixture for p(z).

    The mixture must be fitted to codes in the coordinates of the VAE's z. The VAE's encoder is
    kept as the proposal. Returns a MixturePriorVAE, on the host; both parts stay as they are.
    Raises ValueError for widths that differ.
    """
    if mixture.x_dim != vae.z_dim:
        raise ValueError(f"a mixture over {mixture.x_dim} numbers is no prior of {vae.z_dim} "
                         "latent dimensions")
    model = MixturePriorVAE(**vae.config(), components=mixture.components)
    for name, value in vae.params.items():
        model.params[name] = to_host(value)
    for name, value in mixture.params.items():
        model.params[f"prior.{name}"] = to_host(value)
    return model
