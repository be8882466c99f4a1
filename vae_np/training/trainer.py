"""How one minibatch moves a model. The loop knows this interface and nothing else:

    begin(train, binarization, seed)          shown the training set, before the first step
    step(x, index, rng) -> {name: float}      one update in place; index: rows of the data set
    evaluate(x, rng)    -> {name: float}      means per example over a whole data set
    counts()            -> {name: int}        what else there is to count, since the start
    rest()                                    no step follows for now: ends what steps have started
    state()             -> {name: array}      everything that a resume needs
    load_state(state)
    progress                                  the run's Progress, which the loop sets and moves
    repeats                                   how often a step uses each example it is given
    full_batch                                whether a step needs the whole training set

and the settings of a run know

    settings                                  a Setting for each that the trainer takes
    parts_of(model)                           the parts of the model that have an optimiser each

Four agreements go with it. A sample is one use of one example by a weight update: a step on M
examples counts M × repeats samples seen. The arrays of `state` are finite: the loop stops a run
where one is not. All randomness is drawn from `rng`, never from its children (`rng.spawn`): a
resume restores the stream, not the count of children. And "params" in `state` is the model, for
`vae_np.load`.
"""
import math

import numpy as np

from ..backend import namespace, to_host
from ..optim import SCHEDULES
from .loop import Progress, non_finite
from .settings import OPTIMIZER, OUTPUT_BIAS, WEIGHT_PRIOR, WEIGHT_PRIORS
from .values import Choice


class Trainer:
    """What every trainer shares: rates that follow a schedule, the prior on the weights, and the
    state that a resume needs. A subclass brings `step` and `evaluate`.

    optimizers: one for each of `parts`, made on that part of model.params; each keeps a rate of
    its own. total_samples, train_size: how many examples the whole run will see, and how many
    there are. schedule: "constant", "cosine" or "staged". weight_prior: the prior p(θ) = N(0, I)
    on none, the decoder's or all parameters.
    """

    parts = ("",)  # each has an optimiser of its own; "" is the whole model
    settings = (*OPTIMIZER, OUTPUT_BIAS, WEIGHT_PRIOR)
    repeats = 1
    full_batch = False
    watched = False  # whether `check_step` looks at the gradient too
    grey = False  # whether pixels must stay as they are: no 0 and 1 may be drawn from them

    def __init__(self, model, *optimizers, total_samples, train_size, schedule="constant",
                 weight_prior="none"):
        Choice(WEIGHT_PRIORS).check("weight_prior", weight_prior)
        Choice(SCHEDULES).check("schedule", schedule)
        self.model, self.optimizers = model, dict(zip(self.parts_of(model), optimizers,
                                                      strict=True))
        self.progress = Progress(total_samples, train_size)
        self.train_size = train_size
        self.schedule, self.weight_prior = SCHEDULES[schedule], weight_prior
        self.base_rates = {part: one.lr for part, one in self.optimizers.items()}

    @classmethod
    def parts_of(cls, model):
        """The names of the parts of `model` that have an optimiser each."""
        return cls.parts

    def begin(self, train, binarization, seed):
        """Shown the training set as the run keeps it, before the first step; most trainers need
        nothing of it. binarization: how its rows become data. seed: the run's, for what is drawn
        here. Only a loop that `Settings` makes calls it.
        """

    def share_done(self, ahead=0):
        """How much of the run is done, from 0 to 1: what the schedule follows. ahead: samples
        that the present step has used already.
        """
        return (self.progress.samples_seen + ahead) / self.progress.total_samples

    def counts(self):
        """{}: there is nothing to count but samples."""
        return {}

    def ascend(self, reported, grads, part="", ahead=0):
        """One step of a part's optimiser, at its scheduled rate, the weight prior included.

        It is taken only where every number in `reported` is finite. Else nothing moves, and the
        loop stops the run and says why. Returns whether it was taken.
        """
        if not finite(reported):
            return False
        optimizer = self.optimizers[part]
        self.add_weight_prior(optimizer.params, grads)
        optimizer.lr = self.base_rates[part] * self.schedule(self.share_done(ahead))
        self._move(optimizer, grads)
        return True

    def _move(self, optimizer, grads):
        optimizer.ascend(grads)

    def rest(self):
        """No step follows for now: ends what steps have started, which is nothing here."""

    def check_step(self, reported, grads, x, eps):
        """Raises NonFiniteBoundError where a step on x, with its noise, must not be taken, and the
        model can say what in it has run off: where a number in `reported` is not finite, or,
        `watched`, the square of the gradient, which Adam needs.
        """
        name = "the training " + " and ".join(reported)
        if finite(reported):
            if not self.watched:
                return
            xp = namespace(grads.vector)
            if math.isfinite(float(xp.vdot(grads.vector, grads.vector))):
                return
            name = f"the slope of {name}"
        why = self.model.extremes(x, eps)
        if why or finite(reported):
            raise non_finite(name, self.progress, why)

    def add_weight_prior(self, params, grads):
        """Adds to grads what the weight prior N(0, I) pulls with, both Params of one layout.

        The gradient of log p(θ)/N = −‖θ‖²/(2N) + const is −θ/N, N the size of the data set.

        Algorithm 1 scales a minibatch to the whole data set by N/M, then adds log p(θ) once; the
        mean per example divides both by N.   Paper, §5.
        """
        if self.weight_prior == "none":
            return
        if self.weight_prior == "decoder":
            if not any(name.startswith("decoder.") for name in params):
                return
            params, grads = params.part("decoder"), grads.part("decoder")
        grads.vector[...] -= params.vector * (1.0 / self.train_size)  # eq. weight-prior

    def state(self):
        """{name: host array}, a snapshot: parameters and the optimisers' state."""
        state = {"params": to_host(self.model.params.vector).copy()}
        for part, optimizer in self.optimizers.items():
            state |= {_optimizer_key(part) + name: array
                      for name, array in optimizer.state().items()}
        return state

    def load_state(self, state):
        """Takes back what `state` gave. Raises ValueError where it does not fit the model."""
        vector, saved = self.model.params.vector, state["params"]
        if saved.shape != vector.shape or not np.can_cast(saved.dtype, vector.dtype, "safe"):
            raise ValueError(f"it holds {saved.size} {saved.dtype} parameters, the model has "
                             f"{vector.size} {vector.dtype}")
        vector[...] = namespace(vector).asarray(saved)
        for part, optimizer in self.optimizers.items():
            key = _optimizer_key(part)
            optimizer.load_state({name.removeprefix(key): array
                                  for name, array in state.items() if name.startswith(key)})


def finite(reported):
    """Whether every number that a step reports is finite."""
    return all(map(math.isfinite, reported.values()))


def _optimizer_key(part):
    return f"optimizer.{part}." if part else "optimizer."
