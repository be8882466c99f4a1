"""How one minibatch moves an autoencoder. See `trainer`."""
from ..averages import reconstruction
from .trainer import Trainer


class AutoencoderTrainer(Trainer):
    """Uphill on the mean reconstruction log-likelihood log p(x|z = f(x)), which is no likelihood.

    model, optimizer: the latter made on model.params. No noise is drawn. The rest is Trainer's.
    """

    def step(self, x, index, rng):
        """One update with the minibatch x (M, D). Returns {"reconstruction": nats per example}."""
        value, grads = self.model.reconstruction_and_grad(x)
        reported = {"reconstruction": float(value)}
        self.ascend(reported, grads)
        return reported

    def evaluate(self, x, rng):
        """{"reconstruction": mean log p(x|z = f(x)) over x (N, D), nats}: not a likelihood."""
        return {"reconstruction": float(reconstruction(self.model, x).mean())}
