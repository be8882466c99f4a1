"""How one minibatch moves a model. The loop in `training` knows this interface and nothing else:

    step(x, index, rng) -> {name: float}      one update in place; index: rows of the data set
    evaluate(x, rng)    -> {name: float}      means per example over a whole data set
    counts()            -> {name: int}        what else there is to count, since the start
    state()             -> {name: array}      everything that a resume needs
    load_state(state)
    repeats                                   how often a step uses each example it is given
    full_batch                                whether a step needs the whole training set

Four agreements go with it. A sample is one use of one example by a weight update: a step on M
examples counts M × repeats samples seen. The arrays of `state` are finite: the loop stops a run
where one is not. All randomness is drawn from `rng`, never from its children (`rng.spawn`): a
resume restores the stream, not the count of children. And "params" in `state` is the model, for
`vae_np.load`.
"""
import math

import numpy as np

from ..backend import namespace, to_host
from ..evaluation import elbo
from ..objectives import batch_mean
from ..optim import SCHEDULES

WEIGHT_PRIORS = ("none", "decoder", "all")


class Trainer:
    """What every trainer shares: a rate that follows a schedule, the prior on the weights, and
    the state that a resume needs. A subclass brings `step` and `evaluate`.

    optimizers: one for each of `parts`, made on that part of model.params. total_samples,
    train_size: how many examples the whole run will see, and how many there are. schedule:
    "constant", "cosine" or "staged". weight_prior: the prior p(θ) = N(0, I) on none, the decoder's
    or all parameters.
    """

    parts = ("",)  # each has an optimiser of its own; "" is the whole model
    takes = ()     # settings of its own: to a trainer that does not take them they mean nothing
    repeats = 1
    full_batch = False
    defaults = {}  # settings of `Training` that suit this trainer better than Training's own

    def __init__(self, model, *optimizers, total_samples, train_size, schedule="constant",
                 weight_prior="none"):
        if weight_prior not in WEIGHT_PRIORS:
            raise ValueError(f"unknown weight prior {weight_prior!r}: "
                             f"use one of {', '.join(WEIGHT_PRIORS)}")
        if schedule not in SCHEDULES:
            raise ValueError(f"unknown schedule {schedule!r}: use one of {', '.join(SCHEDULES)}")
        self.model, self.optimizers = model, dict(zip(self.parts_of(model), optimizers,
                                                       strict=True))
        self.total_samples, self.train_size = total_samples, train_size
        self.schedule, self.weight_prior = SCHEDULES[schedule], weight_prior
        self.base_lr = optimizers[0].lr if optimizers else None
        self.samples_seen = 0

    @classmethod
    def parts_of(cls, model):
        """The names of the parts of `model` that have an optimiser each."""
        return cls.parts

    def progress(self):
        """How much of the run is done, from 0 to 1: what the schedule follows."""
        return self.samples_seen / self.total_samples

    def counts(self):
        """Nothing but samples."""
        return {}

    def ascend(self, grads, part=""):
        """One step of a part's optimiser, at the scheduled rate, the weight prior included."""
        optimizer = self.optimizers[part]
        self._add_weight_prior(optimizer.params, grads)
        optimizer.lr = self.base_lr * self.schedule(self.progress())
        optimizer.ascend(grads)

    def _add_weight_prior(self, params, grads):
        """The gradient of log p(θ)/N = −‖θ‖²/(2N) + const is −θ/N, N the size of the data set.

        Algorithm 1 scales a minibatch to the whole data set by N/M, then adds log p(θ) once; the
        mean per example divides both by N.   Paper, §5.
        """
        if self.weight_prior == "none":
            return
        if self.weight_prior == "decoder":
            if not any(name.startswith("decoder.") for name in params):
                return
            params, grads = params.part("decoder"), grads.part("decoder")
        grads.vector[...] -= params.vector * (1.0 / self.train_size)

    def state(self):
        """{name: host array}, a snapshot: parameters, samples seen, the optimisers' state."""
        state = {"params": to_host(self.model.params.vector).copy(),
                 "samples_seen": np.array(self.samples_seen)}
        for part, optimizer in self.optimizers.items():
            state |= {_optimizer_key(part) + name: array
                      for name, array in optimizer.state().items()}
        return state

    def load_state(self, state):
        """Takes back what `state` gave. Raises ValueError where it does not fit the model."""
        vector, saved = self.model.params.vector, state["params"]
        if saved.shape != vector.shape or saved.dtype != vector.dtype:
            raise ValueError(f"it holds {saved.size} {saved.dtype} parameters, the model has "
                             f"{vector.size} {vector.dtype}")
        vector[...] = namespace(vector).asarray(saved)
        self.samples_seen = int(state["samples_seen"])
        for part, optimizer in self.optimizers.items():
            key = _optimizer_key(part)
            optimizer.load_state({name.removeprefix(key): array
                                  for name, array in state.items() if name.startswith(key)})


def _optimizer_key(part):
    return f"optimizer.{part}." if part else "optimizer."


class VAETrainer(Trainer):
    """Algorithm 1 for a VAE: draw ε, estimate the bound and its gradient, step uphill.

    model, optimizer: the latter made on model.params. estimator "A" or "B"; mc_samples: the
    paper's L. kl_warmup: the epochs in which the weight of the KL term climbs from 0 to 1. The
    rest is Trainer's.
    """

    takes = ("estimator", "mc_samples", "kl_warmup")

    def __init__(self, model, optimizer, *, estimator="B", mc_samples=1, kl_warmup=0.0, **shared):
        super().__init__(model, optimizer, **shared)
        self.estimator, self.mc_samples, self.kl_warmup = estimator, mc_samples, kl_warmup

    def step(self, x, index, rng):
        """One update with the minibatch x (M, D). Returns {"elbo": nats per example}."""
        eps = self.model.noise(rng, len(x), self.mc_samples)  # eq. algorithm-1
        kl_weight = self.kl_weight()
        value, grads = self.model.elbo_and_grad(x, eps, self.estimator, kl_weight)
        if kl_weight != 1.0:  # what a warm-up climbs is no bound; the record speaks of the bound
            value = batch_mean(self.model.elbo(x, eps, self.estimator))
        bound = float(value)
        if not math.isfinite(bound):
            return {"elbo": bound}  # the loop stops here, and the parameters stay as they were
        self.ascend(grads, self.parts[0])
        self.samples_seen += len(x)
        return {"elbo": bound}

    def kl_weight(self):
        """1, or less while the KL warm-up lasts."""
        if not self.kl_warmup:
            return 1.0
        return min(1.0, self.samples_seen / (self.kl_warmup * self.train_size))

    def evaluate(self, x, rng):
        """{"elbo": mean over x (N, D) in nats}, one z ~ q(z|x) each, by the same estimator.

        The weight of the KL term is 1 here, and the weight prior is left out: this is the bound.
        """
        return {"elbo": float(elbo(self.model, x, rng, estimator=self.estimator).mean())}
