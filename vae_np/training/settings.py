"""The settings of a training run, with their defaults, checked once."""
import dataclasses
import math
from dataclasses import dataclass
from numbers import Real

from .autoencoder import AutoencoderTrainer, FrozenDecoderTrainer
from ..datasets.binarization import Binarization
from .em import EMTrainer
from .contrastive import ContrastiveTrainer
from .full_vb import FullVBTrainer
from ..models.autoencoder import Autoencoder
from ..models.code_density import FrozenDecoderVAE
from ..models.dbn import DBN
from ..models.full_vb import FullVB
from ..models.mcem import MonteCarloEM
from ..models.mixture import BernoulliMixture, GaussianMixture
from ..models.rbm import RBM
from ..models.vae import VAE
from ..models.wake_sleep import WakeSleep
from ..optim import OPTIMIZERS
from .rivals import MonteCarloEMTrainer, WakeSleepTrainer
from .trainer import VAETrainer
from .loop import Loop

TRAINERS = {VAE: VAETrainer, WakeSleep: WakeSleepTrainer, MonteCarloEM: MonteCarloEMTrainer,
            Autoencoder: AutoencoderTrainer, FrozenDecoderVAE: FrozenDecoderTrainer,
            BernoulliMixture: EMTrainer, GaussianMixture: EMTrainer,
            RBM: ContrastiveTrainer, DBN: ContrastiveTrainer, FullVB: FullVBTrainer}
# To a trainer without an optimiser these mean nothing.
OPTIMIZER_SETTINGS = ("optimizer", "lr", "momentum", "gather", "beta1", "beta2", "adam_eps",
                      "schedule", "weight_prior")


@dataclass(frozen=True)
class Training:
    """How to train. Every field is an option of `vae-np train` and an argument of `fit`.

    epochs or samples_seen: where to stop; the latter wins. lr: None takes the optimiser's entry in
    `default_lr`. binarize: dynamic, fixed, threshold or none. output_bias: start the decoder's
    output at the data's mean, unless its biases have moved from 0 already. eval_at: further
    records, in samples seen. The rest is explained in the trainers, Loop and the optimisers.

    Raises ValueError for a value that makes no sense: here what the value alone can tell, in
    `make_loop` what needs the data.
    """
    epochs: float = 50
    samples_seen: int | None = None
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
    gibbs_steps: int = 1
    persistent_chains: int = 0
    weight_decay: float = 0.0
    centre: bool = False
    pseudo_count: float = 0.0
    output_bias: bool = True
    eval_every: int = 1
    eval_at: tuple = ()

    default_lr = {"adam": 1e-3, "adagrad": 2e-2, "sgd": 1e-4}

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.type in (str, bool) and not isinstance(value, field.type):
                raise ValueError(f"{field.name} must be of type {field.type.__name__}, "
                                 f"not {value!r}")
        for name in ("batch_size", "mc_samples", "gibbs_steps", "eval_every", "samples_seen"):
            self._check_whole(name, 1)
        for name in ("gather", "persistent_chains"):
            self._check_whole(name, 0)
        for name in ("epochs", "lr", "adam_eps"):
            self._check(name, lambda v: v > 0, "a positive number")
        for name in ("momentum", "beta1", "beta2"):
            self._check(name, lambda v: 0 <= v < 1, "a number in [0, 1)")
        self._check("weight_decay", lambda v: v >= 0, "a number, 0 or more")
        self._check("kl_warmup", lambda v: v >= 0, "a number of epochs, 0 or more")
        self._check("pseudo_count", lambda v: v >= 0, "a number of examples, 0 or more")
        self._check_eval_at()
        if self.estimator not in ("A", "B"):
            raise ValueError(f"unknown estimator {self.estimator!r}: use 'A' or 'B'")
        if self.optimizer not in OPTIMIZERS:
            raise ValueError(f"unknown optimizer {self.optimizer!r}: "
                             f"use one of {', '.join(OPTIMIZERS)}")

    def _check(self, name, test, wanted):
        """A finite number that passes `test`; None where that is the default."""
        value = getattr(self, name)
        if value is None and getattr(type(self), name) is None:
            return
        number = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
        if not (number and test(value)):
            raise ValueError(f"{name} must be {wanted}, not {value!r}")

    def _check_whole(self, name, least):
        """As `_check`, and kept as an int: 1e7 is welcome."""
        self._check(name, lambda v: v >= least and v == int(v), f"a whole number, {least} or more")
        if getattr(self, name) is not None:
            object.__setattr__(self, name, int(getattr(self, name)))

    def _check_eval_at(self):
        marks = self.eval_at
        if not isinstance(marks, (list, tuple)) or not all(
                isinstance(mark, Real) and 1 <= mark < math.inf and mark == int(mark)
                for mark in marks):
            raise ValueError("eval_at must be a list of whole numbers of samples, 1 or more, "
                             f"not {marks!r}")
        object.__setattr__(self, "eval_at", tuple(int(mark) for mark in marks))

    def total_samples(self, train_size):
        """How many examples the run will see in all."""
        total = self.samples_seen or round(self.epochs * train_size)
        if total < 1:
            raise ValueError(f"epochs = {self.epochs!r} of {train_size} examples is less than one "
                             "example")
        if self.eval_at and max(self.eval_at) > total:
            raise ValueError(f"eval_at {max(self.eval_at)} lies beyond the end of the run, which "
                             f"comes at {total} samples")
        return total

    def make_optimizer(self, params):
        """The optimiser of these settings on `params`."""
        options = {"sgd": {"momentum": self.momentum}, "adagrad": {"gather": self.gather},
                   "adam": {"beta1": self.beta1, "beta2": self.beta2, "eps": self.adam_eps}}
        lr = self.default_lr[self.optimizer] if self.lr is None else self.lr
        return OPTIMIZERS[self.optimizer](params, lr=lr, **options[self.optimizer])

    def make_loop(self, model, train, test, rng):
        """A Loop around the model's trainer, as these settings say. train and test are arrays in
        [0, 1] or real numbers, (N, D); the model's output bias is set here, before the first step.
        """
        total = self.total_samples(len(train))
        trainer = self._make_trainer(model, total, len(train))
        loop = Loop(trainer, train, test, rng=rng, total_samples=total,
                    batch_size=self.batch_size, binarization=Binarization(self.binarize),
                    eval_every=self.eval_every, eval_at=self.eval_at)
        if (self.output_bias and hasattr(model, "init_output_bias")
                and model.output_bias_is_zero()):
            model.init_output_bias(train)
        return loop

    def _make_trainer(self, model, total_samples, train_size):
        kind = TRAINERS.get(type(model))
        if kind is None:
            raise ValueError(f"a {type(model).__name__} is not trained: it is put together from "
                             "models that are")
        settings = {name for trainer in TRAINERS.values() for name in trainer.takes}
        if not kind.parts_of(model):
            settings.update(OPTIMIZER_SETTINGS)
        if not hasattr(model, "init_output_bias"):
            settings.add("output_bias")
        for name in sorted(settings.difference(kind.takes)):
            if getattr(self, name) != getattr(type(self), name):
                raise ValueError(f"{name} means nothing to a {type(model).__name__} model: "
                                 "leave it at its default")
        if kind.full_batch and self.batch_size != train_size:
            raise ValueError(f"a {type(model).__name__} learns from its whole training set at "
                             f"each step: batch_size must be {train_size}, not {self.batch_size}")
        if kind.full_batch and total_samples % train_size:
            raise ValueError(f"a {type(model).__name__} learns from its whole training set at "
                             f"each step: {total_samples} samples are no whole number of its "
                             f"{train_size} examples")
        own = {name: getattr(self, name) for name in kind.takes}
        optimizers = [self.make_optimizer(model.params.part(part) if part else model.params)
                      for part in kind.parts_of(model)]
        return kind(model, *optimizers, total_samples=total_samples, train_size=train_size,
                    schedule=self.schedule, weight_prior=self.weight_prior, **own)

    def as_dict(self):
        """{field: value}, plain JSON values."""
        return dataclasses.asdict(self)
