"""How one minibatch moves the prior of a VAE whose networks are given. See `trainer`."""
from ..averages import elbo
from .settings import MC_SAMPLES, OUTPUT_BIAS, WEIGHT_PRIOR
from .trainer import Trainer


class LearnedPriorTrainer(Trainer):
    """Uphill on the mean of log p(z) over draws of q(z|x), all of the bound that p(z) can change.

    model, optimizer: the latter made on model.params.part("prior"). mc_samples: draws for each
    example. The rest is Trainer's, without the settings that concern the networks.
    """

    parts = ("prior",)
    watched = True
    settings = (*(row for row in Trainer.settings if row not in (OUTPUT_BIAS, WEIGHT_PRIOR)),
                MC_SAMPLES)

    def __init__(self, model, optimizer, *, mc_samples=1, **shared):
        super().__init__(model, optimizer, **shared)
        self.mc_samples = mc_samples

    def step(self, x, index, rng):
        """One update with the minibatch x (M, D). Returns {"log_prior": nats per example}."""
        eps = self.model.noise(rng, len(x), self.mc_samples)
        value, grads = self.model.aggregate_and_grad(x, eps)
        reported = {"log_prior": float(value)}
        self.check_step(reported, grads, x, eps)
        self.ascend(reported, grads, self.parts[0])
        return reported

    def evaluate(self, x, rng):
        """{"elbo": mean over x (N, D) in nats}, one z ~ q(z|x) each."""
        return {"elbo": float(elbo(self.model, x, rng).mean())}
