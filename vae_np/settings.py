"""The settings of a training run, with their defaults, checked once."""
import dataclasses
import math
from dataclasses import dataclass

from .binarization import Binarization
from .optim import OPTIMIZERS
from .training import Loop
from .trainers import VAETrainer


@dataclass(frozen=True)
class Training:
    """How to train. Every field is an option of `vae-np train` and an argument of `fit`.

    epochs or samples_seen: where to stop; the latter wins. lr: None takes the optimiser's own
    default. binarize: dynamic, fixed, threshold or none. output_bias: start the decoder's output
    at the data's mean. The rest is explained in VAETrainer, Loop and the optimisers.
    Raises ValueError for a value that makes no sense.
    """
    epochs: float = 50
    samples_seen: float | None = None
    batch_size: int = 100
    binarize: str = "none"
    estimator: str = "B"
    mc_samples: int = 1
    optimizer: str = "adam"
    lr: float | None = None
    momentum: float = 0.9
    gather: int = 0
    beta1: float = 0.9
    beta2: float = 0.999
    adam_eps: float = 1e-8
    schedule: str = "cosine"
    weight_prior: str = "none"
    kl_warmup: float = 0.0
    output_bias: bool = True
    eval_every: int = 1
    eval_at: tuple = ()

    default_lr = {"adam": 1e-3, "adagrad": 2e-2, "sgd": 1e-4}

    def __post_init__(self):
        for name in ("batch_size", "mc_samples", "eval_every"):
            _check(name, getattr(self, name), lambda v: v >= 1 and v == int(v),
                   "a whole number of at least 1")
        _check("epochs", self.epochs, lambda v: v > 0, "a positive number")
        if self.samples_seen is not None:
            _check("samples_seen", self.samples_seen, lambda v: v >= 1, "a number of at least 1")
        _check("kl_warmup", self.kl_warmup, lambda v: v >= 0, "a number of epochs, 0 or more")
        if self.estimator not in ("A", "B"):
            raise ValueError(f"unknown estimator {self.estimator!r}: use 'A' or 'B'")
        if self.optimizer not in OPTIMIZERS:
            raise ValueError(f"unknown optimizer {self.optimizer!r}: "
                             f"use one of {', '.join(OPTIMIZERS)}")

    def total_samples(self, train_size):
        """How many examples the run will see in all."""
        return int(self.samples_seen or round(self.epochs * train_size))

    def make_optimizer(self, params):
        options = {"sgd": {"momentum": self.momentum}, "adagrad": {"gather": self.gather},
                   "adam": {"beta1": self.beta1, "beta2": self.beta2, "eps": self.adam_eps}}
        lr = self.default_lr[self.optimizer] if self.lr is None else self.lr
        return OPTIMIZERS[self.optimizer](params, lr=lr, **options[self.optimizer])

    def make_loop(self, model, train, test, rng):
        """A Loop around a VAETrainer, as these settings say. train and test are arrays in [0, 1]
        or real numbers, (N, D); the model's output bias is set here, before the first step.
        """
        if self.output_bias:
            model.init_output_bias(train)
        total = self.total_samples(len(train))
        trainer = VAETrainer(
            model, self.make_optimizer(model.params), total_samples=total, train_size=len(train),
            estimator=self.estimator, mc_samples=self.mc_samples, schedule=self.schedule,
            weight_prior=self.weight_prior, kl_warmup=self.kl_warmup)
        return Loop(trainer, train, test, rng=rng, total_samples=total,
                    batch_size=self.batch_size, binarization=Binarization(self.binarize),
                    eval_every=self.eval_every, eval_at=self.eval_at)

    def as_dict(self):
        return dataclasses.asdict(self)


def _check(name, value, test, wanted):
    ok = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if not (ok and test(value)):
        raise ValueError(f"{name} must be {wanted}, not {value!r}")
