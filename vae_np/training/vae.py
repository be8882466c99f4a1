"""Algorithm 1: how one minibatch moves a VAE. See `trainer`."""
from ..averages import elbo
from ..objectives import batch_mean, find_estimator
from ..recording import Recorded
from .settings import BETA, ESTIMATOR, GRADIENT, MC_SAMPLES, MISSING, WORKERS, Setting
from .trainer import Trainer
from .values import Number
from .workers import Team, check_workers

KL_WARMUP = Setting("kl_warmup", Number("a number of epochs, 0 or more", lambda v: v >= 0), 0.0,
                    "epochs in which the weight of the KL term climbs from 0 to beta (default "
                    "{default}: off, since only weight 1 is the bound)")


class VAETrainer(Trainer):
    """Algorithm 1 for a VAE: draw ε, estimate the bound and its gradient, step uphill.

    model, optimizer: the latter made on model.params. estimator: a row of ESTIMATORS; mc_samples:
    the paper's L, and the K of the importance-weighted bound. gradient: the encoder's, a name of
    GRADIENTS. kl_warmup: the epochs in which the weight of the KL term climbs from 0 to beta,
    which is 1 in the bound. missing: whether the data have gaps; then `read_missing` says what
    stands in for them. workers: how many processes share out a step, see `workers`: the others
    have the model and the trainer as they are at the first step, and of what changes after it they
    see the parameters, the rate and the weight of the KL term alone. The rest is Trainer's.
    """

    settings = (*Trainer.settings, MISSING, WORKERS, ESTIMATOR, MC_SAMPLES, GRADIENT, BETA,
                KL_WARMUP)

    def __init__(self, model, optimizer, *, estimator="B", mc_samples=1, gradient="standard",
                 beta=1.0, kl_warmup=0.0, missing=False, workers=1, **shared):
        super().__init__(model, optimizer, **shared)
        self.workers, self._team = WORKERS.values.check("workers", workers), None
        self.reader = model  # the model as it reads data
        model.check_estimator(estimator)
        if gradient != "standard":
            model.check_gradient(estimator, gradient, mc_samples)
        self.estimator, self.mc_samples, self.gradient = estimator, mc_samples, gradient
        self.beta, self.kl_warmup = beta, kl_warmup
        # A class of a student's own need not know the argument where nobody asks for it.
        self._how = {} if gradient == "standard" else {"gradient": gradient}
        looks = model.prior.looks or model.posterior_kind.looks
        self.watched = model.prior.runs_off or model.posterior_kind.runs_off
        self._recorded = Recorded(self._bound_and_grad, recordable=not looks)
        if self.workers > 1:
            if type(self).step is not VAETrainer.step:
                raise ValueError(f"a {type(self).__name__} does not share out its steps: leave "
                                 "workers at 1")
            check_workers(self)

    def read_missing(self, fill):
        """From here on NaN in the data is a missing entry, in whose place the encoder sees `fill`
        (D,). Raises ValueError where the model cannot leave entries out.
        """
        self.reader = self.model.incomplete(fill)
        self.rest()

    def step(self, x, index, rng):
        """One update with the minibatch x (M, D). Returns {"elbo": nats per example}."""
        eps = self.model.noise(rng, len(x), self.mc_samples)  # eq. algorithm-1
        value, grads = self.value_and_grads(x, eps)
        reported = {"elbo": float(value)}
        self.check_step(reported, grads, x, eps)
        self.ascend(reported, grads, self.parts[0])
        return reported

    def value_and_grads(self, x, eps):
        """The mean bound of the minibatch x (M, D) with its noise eps (L, M, Z), nats per example,
        and the gradient that its step follows, Params. With workers the next step writes over it.
        """
        if self.workers == 1:
            return self.bound_and_grad(x, eps, self.kl_weight())
        return self._team_for(x, eps).bound_and_grad(x, _arrays(eps), self.kl_weight())

    def bound_and_grad(self, x, eps, kl_weight):
        """The same of x (M, D) and eps in this process: the mean bound, and the gradient of what
        the step climbs, the bound with that weight of its KL term.
        """
        if kl_weight == 1.0:
            return self._recorded(self.model.params.vector, x, *_arrays(eps))
        seen, x = self.reader.reading(x)  # another weight climbs something else than is recorded
        _, grads = seen.elbo_and_grad(x, eps, self.estimator, kl_weight, **self._how)
        return batch_mean(seen.elbo(x, eps, self.estimator)), grads

    def _bound_and_grad(self, x, *noise):
        eps = noise[0] if len(noise) == 1 else noise  # a hierarchy has two parts at least
        seen, x = self.reader.reading(x)
        value, grads = seen.elbo_and_grad(x, eps, self.estimator, **self._how)
        grads.vector  # writes its zeros, as a recording must
        return value, grads

    def _move(self, optimizer, grads):
        if self._team and grads is self._team.grads:
            self._team.ascend()
        else:
            super()._move(optimizer, grads)

    def _team_for(self, x, eps):
        if self._team and not self._team.can_take(x, _arrays(eps)):
            self.rest()
        if not self._team:
            self._team = Team(self, self.workers, x, _arrays(eps))
        return self._team

    def rest(self):
        """Ends the processes that share out the steps; the next step starts others."""
        if self._team:
            self._team.close()
        self._team = None  # after it: where that was interrupted, another rest goes on

    def kl_weight(self):
        """beta, or less while the KL warm-up lasts."""
        if not self.kl_warmup:
            return self.beta
        climbed = self.progress.samples_seen / (self.kl_warmup * self.train_size)
        return self.beta * min(1.0, climbed)

    def evaluate(self, x, rng):
        """{"elbo": mean over x (N, D) in nats} by the same estimator: one z ~ q(z|x) each, or as
        many as in training where the bound depends on their number.

        The weight of the KL term is 1 here, and the weight prior is left out: this is the bound.
        """
        samples = 1 if find_estimator(self.estimator).averages else self.mc_samples
        return {"elbo": float(elbo(self.reader, x, rng, samples, self.estimator).mean())}


def _arrays(eps):
    """A model's noise as a tuple of arrays: a hierarchy has two or more of them."""
    return eps if isinstance(eps, tuple) else (eps,)
