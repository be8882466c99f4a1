"""How a mixture learns: one iteration of EM over the whole data set. See `trainer`."""
from .settings import Setting, with_defaults
from .trainer import Trainer, finite
from .values import Number


class EMTrainer(Trainer):
    """EM for a mixture: the batch is the whole training set, and there is no rate to choose.

    pseudo_count: see `Mixture.m_step`. On data that stay the same, log p(X) never falls; with a
    pseudo-count, log p(X) plus the prior never does. Pixels drawn afresh at each step (binarize
    "dynamic") are other data each time.
    """

    parts = ()
    settings = (Setting(
        "pseudo_count", Number("a number of examples, 0 or more", lambda v: v >= 0), 1.0,
        "each component is fitted as if it explained this many average examples more (default "
        "{default})", "rbm, dbn and mixtures", neutral=0.0),)
    full_batch = True

    def __init__(self, model, *, pseudo_count=1.0, **shared):
        super().__init__(model, **shared)
        self.pseudo_count = pseudo_count

    def step(self, x, index, rng):
        """One iteration on all of x (N, D): the E step, then the M step. The first iteration also
        seeds the components.

        Returns {"log_px"}, the mean of log p(x) before the M step, in nats per example; and
        {"log_posterior"} with a pseudo-count: the same with the prior, divided by N as well.
        """
        if not self.model.is_seeded:
            self.model.seed(x, rng)
        expected = self.model.e_step(x)
        if self.model.revive(x, expected, self.pseudo_count):
            expected = self.model.e_step(x)
        reported = {"log_px": float(expected.log_px.mean())}
        if self.pseudo_count:
            reported["log_posterior"] = reported["log_px"] + self.model.log_parameter_prior(
                expected, self.pseudo_count) / len(x)
        if finite(reported):
            self.model.m_step(expected, self.pseudo_count)
        return reported

    def evaluate(self, x, rng):
        """{"log_px": mean over x (N, D) in nats}, exact."""
        return {"log_px": float(self.model.log_prob(x).mean(dtype="float64"))}


class GaussianEMTrainer(EMTrainer):
    """EM for a mixture of Gaussians, with a smaller pseudo-count.

    An average example lies between the clusters, and as far from a component as they are from each
    other: a whole one would make the variance of a component too large by the square of that
    distance over the examples it explains. A hundredth still keeps a component that explains few
    examples from closing around them.
    """

    settings = with_defaults(EMTrainer.settings, pseudo_count=0.01)

    def __init__(self, model, *, pseudo_count=0.01, **shared):
        super().__init__(model, pseudo_count=pseudo_count, **shared)
