"""A VAE whose decoder is an autoencoder's: it learns an encoder for a density over codes.

`code_density` says what it is good for.
"""
from ..backend import move, namespace
from .autoencoder import Autoencoder
from .base import named
from .vae import VAE


class FrozenDecoderVAE(VAE):
    """A VAE whose decoder is given, an autoencoder's: its encoder alone learns, for the bound.

    The arguments are VAE's. `start_from` takes over the autoencoder's networks.
    """

    takes_parts = False  # their own parameters would not be trained
    trained_part = "encoder"
    starts_from = Autoencoder
    start_logvar = -2.0  # of q(z|x) at the start: whitened codes have a scale of 1, q is narrower

    def __init__(self, x_dim, z_dim, hidden=(500,), activation="tanh", likelihood="bernoulli",
                 dtype="float32", rng=None, init="glorot"):
        super().__init__(x_dim, z_dim, hidden, activation, likelihood, dtype, rng, init)

    def start_from(self, autoencoder):
        """Takes the decoder of an Autoencoder, and its encoder to start from; returns the model.

        q(z|x) then has its mean at the code f(x) and log σ² = start_logvar everywhere. Raises
        TypeError for another kind of model, ValueError for networks of another shape.
        """
        if not isinstance(autoencoder, Autoencoder):
            raise TypeError(f"{named(self)} starts from an Autoencoder, not from "
                            f"{named(autoencoder)}")
        for name in ("x_dim", "z_dim", "hidden", "activation"):
            ours, theirs = getattr(self, name), getattr(autoencoder, name)
            if ours != theirs:
                raise ValueError(f"the autoencoder's {name} is {theirs!r}, this model's {ours!r}: "
                                 "they must be the same")
        if self.likelihood.spec != autoencoder.likelihood.spec:
            raise ValueError(f"the autoencoder's likelihood is {autoencoder.likelihood.spec!r}, "
                             f"this model's {self.likelihood.spec!r}: they must be the same")
        xp = namespace(self.params.vector)
        for name, value in autoencoder.params.items():
            self.params[name] = move(value, xp)
        self.params["encoder.logvar.W"] = 0.0
        self.params["encoder.logvar.b"] = self.start_logvar
        return self

    def output_biases(self):
        """Empty: the decoder's biases are already trained."""
        return {}
