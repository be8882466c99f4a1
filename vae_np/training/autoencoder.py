"""How one minibatch moves an autoencoder, and an encoder for its decoder. See `trainers`."""
import math

from ..evaluation import reconstruction
from .trainer import Trainer, VAETrainer


class AutoencoderTrainer(Trainer):
    """Uphill on the mean reconstruction log-likelihood log p(x|z = f(x)), which is no likelihood.

    model, optimizer: the latter made on model.params. No noise is drawn. The rest is Trainer's.
    """

    def step(self, x, index, rng):
        """One update with the minibatch x (M, D). Returns {"reconstruction": nats per example}."""
        value, grads = self.model.reconstruction_and_grad(x)
        value = float(value)
        if math.isfinite(value):  # else the loop stops, and the parameters stay as they were
            self.ascend(grads)
            self.samples_seen += len(x)
        return {"reconstruction": value}

    def evaluate(self, x, rng):
        """{"reconstruction": mean log p(x|z = f(x)) over x (N, D), nats}: not a likelihood."""
        return {"reconstruction": float(reconstruction(self.model, x).mean())}


class FrozenDecoderTrainer(VAETrainer):
    """Algorithm 1 for a VAE whose decoder is given: the encoder alone moves. The rest is
    VAETrainer's, but a weight prior on the decoder, which would move nothing.
    """

    parts = ("encoder",)

    def __init__(self, model, optimizer, **settings):
        if settings.get("weight_prior") == "decoder":
            raise ValueError("a weight prior on the decoder means nothing here: the decoder is "
                             "frozen. Use 'none' or 'all'")
        super().__init__(model, optimizer, **settings)
