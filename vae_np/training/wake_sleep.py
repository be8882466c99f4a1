"""How one minibatch moves wake-sleep, the paper's rival. See `trainer`."""
from ..averages import elbo
from .settings import MC_SAMPLES
from .trainer import Trainer


class WakeSleepTrainer(Trainer):
    """Wake-sleep: θ learns from data with q's z, then φ from dreams of the new θ.

    Each phase has an optimiser of its own. Both see M examples: one step counts M samples seen.
    """

    parts = ("encoder", "decoder")
    settings = (*Trainer.settings, MC_SAMPLES)

    def __init__(self, model, *optimizers, mc_samples=1, **shared):
        super().__init__(model, *optimizers, **shared)
        self.mc_samples = mc_samples

    def step(self, x, index, rng):
        """One wake and one sleep phase with the minibatch x (M, D).

        Returns {"elbo", "sleep"}: the bound by estimator A, and mean log q(z|x) of the dreams,
        nats per example.
        """
        value, grads = self.model.wake_and_grad(
            x, self.model.noise(rng, len(x), self.mc_samples))
        reported = {"elbo": float(value)}
        if self.ascend(reported, grads, "decoder"):
            sleep, grads = self.model.sleep_and_grad(*self.model.sample_joint(len(x), rng))
            reported["sleep"] = float(sleep)
            self.ascend(reported, grads, "encoder")
        return reported

    def evaluate(self, x, rng):
        """{"elbo": mean over x (N, D) in nats}, one z ~ q(z|x) each."""
        return {"elbo": float(elbo(self.model, x, rng).mean())}
