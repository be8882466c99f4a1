"""How full variational Bayes learns: the bound on log p(X) with weights that are uncertain."""
from .. import averages
from .settings import ESTIMATOR, MC_SAMPLES, OPTIMIZER, OUTPUT_BIAS
from .trainer import Trainer


class FullVBTrainer(Trainer):
    """Appendix F: draw ε and ζ, estimate the bound on log p(X) and its gradient, step uphill.

    The prior N(0, I) of the weights is part of the bound, so there is no weight prior to choose. A
    step draws the weights mc_samples times, and each draw serves the whole minibatch.
    """

    settings = (*OPTIMIZER, OUTPUT_BIAS, ESTIMATOR, MC_SAMPLES)

    def __init__(self, model, optimizer, *, estimator="B", mc_samples=1, **shared):
        super().__init__(model, optimizer, **shared)
        model.check_estimator(estimator)
        self.estimator, self.mc_samples = estimator, mc_samples

    def step(self, x, index, rng):
        """One update with the minibatch x (M, D). Returns {"elbo", "full_bound"}: the examples'
        bound at the drawn weights, and the same with the weights' term; nats per example.
        """
        noise = self.model.noise(rng, len(x), self.mc_samples)
        elbo, grads = self.model.elbo_and_grad(x, noise, self.estimator)
        term = self.model.add_weight_term(grads, noise, self.estimator, 1.0 / self.train_size)
        reported = {"elbo": float(elbo),
                    "full_bound": float(elbo + term / self.train_size)}  # eq. full-vb
        self.ascend(reported, grads)
        return reported

    def evaluate(self, x, rng):
        """{"elbo": mean over x (N, D) in nats}, weights and z drawn once for each block of x."""
        return {"elbo": float(averages.elbo(self.model, x, rng, estimator=self.estimator).mean())}
