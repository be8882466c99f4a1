"""The settings of a training run: what each is called, what it may be, what it is by default.

A Setting is declared once. What all runs share stands in RUN here, what several trainers take
below it, and what one trainer takes in that trainer's file. The arguments of `fit`, the options of
`vae-np train`, their help and their checks follow from these rows.
"""
from typing import NamedTuple

import numpy as np

from ..arrays import column_means
from ..datasets import MODES, Binarization
from ..models.base import named
from ..objectives import ESTIMATORS, GRADIENTS
from ..optim import OPTIMIZERS, SCHEDULES
from .loop import Loop
from .values import Choice, Flag, Marks, Number, Values, Whole

WEIGHT_PRIORS = ("none", "decoder", "all")
DEFAULT_LR = {"adam": 1e-3, "adagrad": 2e-2, "sgd": 1e-4}
UNSAID = object()


class Setting(NamedTuple):
    """One setting: its name, its values, its default, and a sentence for --help.

    {default} in the sentence stands for the default. group: the heading under which --help has
    it. neutral: the value that changes nothing; a kind of model that does not take the setting
    accepts this value alone. Where neutral is not given, it is the default.
    """

    name: str
    values: Values
    default: object
    help: str
    group: str = "the objective"
    neutral: object = UNSAID

    def says_nothing(self, value):
        """Whether a value may be ignored by a kind of model that does not take the setting."""
        return value == (self.default if self.neutral is UNSAID else self.neutral)


def with_defaults(settings, **defaults):
    """The rows with other defaults for some."""
    return tuple(one._replace(default=defaults.get(one.name, one.default),
                              neutral=one.default if one.neutral is UNSAID else one.neutral)
                 for one in settings)


RUN = (
    Setting("epochs", Number("a positive number", lambda v: v > 0), 50,
            "passes over the training set (default {default})", "the run"),
    Setting("samples_seen", Whole(1), None,
            "stop after so many training examples instead, such as 1e7: the paper's x axis",
            "the run"),
    Setting("eval_every", Whole(1), 1, "epochs between lines of metrics.jsonl (default "
            "{default}); has no effect on training", "the run"),
    Setting("eval_at", Marks(), (), "further lines, at these numbers of samples seen", "the run"),
    Setting("binarize", Choice(MODES), "none",
            "grey pixels to 0/1. dynamic: drawn afresh at every presentation (default for MNIST's "
            "family with a Bernoulli decoder: least overfitting). fixed: drawn once (default "
            "there for a mixture). threshold: at 0.5. none (default elsewhere): as they are; "
            "then a Bernoulli bound is a score, not a likelihood", "the data"),
    Setting("batch_size", Whole(1), 100, "examples in a step (default {default}, as in the paper; "
            "a mixture takes all)", "the optimiser"),
)
RATES = ", ".join(f"{name} {lr:g}" for name, lr in DEFAULT_LR.items())
OPTIMIZER = (
    Setting("optimizer", Choice(OPTIMIZERS), "adam",
            "adam (needs the least tuning), adagrad (the paper's) or sgd (default {default})",
            "the optimiser"),
    Setting("lr", Number("a positive number", lambda v: v > 0), None,
            f"the step size (default: {RATES}{{default}})", "the optimiser"),
    Setting("schedule", Choice(SCHEDULES), "cosine",
            "of the rate: cosine falls to 0 at the end, so that the noise of the last steps "
            "averages out; constant is the paper's, staged the IWAE paper's (default {default})",
            "the optimiser"),
    Setting("momentum", Number("a number in [0, 1)", lambda v: 0 <= v < 1), 0.9,
            "of sgd (default {default})", "the optimiser"),
    Setting("gather", Whole(0), 0, "adagrad: first steps that only gather squared gradients "
            "(default {default}; the author's later code has 10)", "the optimiser"),
    Setting("beta1", Number("a number in [0, 1)", lambda v: 0 <= v < 1), 0.9,
            "of adam: memory of the gradient (default {default})", "the optimiser"),
    Setting("beta2", Number("a number in [0, 1)", lambda v: 0 <= v < 1), 0.999,
            "of adam: memory of its square (default {default})", "the optimiser"),
    Setting("adam_eps", Number("a positive number", lambda v: v > 0), 1e-8,
            "of adam: keeps the division safe (default {default})", "the optimiser"),
)
OUTPUT_BIAS = Setting("output_bias", Flag(), True, "start the decoder's output at the data's "
                      "mean, which saves the first epochs (default {default}; off for --init "
                      "paper)", "the optimiser")
WEIGHT_PRIOR = Setting("weight_prior", Choice(WEIGHT_PRIORS), "none",
                       "the prior N(0, I) on which weights, as weight decay (default {default}: "
                       "it changes little; the paper has all)")
ESTIMATOR = Setting("estimator", Choice(ESTIMATORS), "B",
                    "of the bound: " + "; ".join(f"{name} {row.summary}"
                                                 for name, row in ESTIMATORS.items())
                    + " (default {default}; A where the KL has no closed form)")
MC_SAMPLES = Setting("mc_samples", Whole(1), 1, "samples of z for each example (default "
                     "{default}: enough when the batch is 100, says the paper); with the "
                     "estimator IW they make the bound tighter")
GRADIENT = Setting("gradient", Choice(GRADIENTS), "standard",
                   "of the encoder: " + "; ".join(f"{name} {what}"
                                                  for name, what in GRADIENTS.items())
                   + " (default {default})")
BETA = Setting("beta", Number("a number, 0 or more", lambda v: v >= 0), 1.0,
               "the weight of the KL term (default {default}: the bound; a run with another "
               "weight climbs something else, and its records still hold the bound)")


WORKERS = Setting("workers", Whole(1), 1, "processes that share out each step on the CPU, no "
                  "more than there are free cores (default {default}). Two make a step of a few hundred "
                  "hidden units faster; a small network gains nothing. Another number changes the "
                  "last digits", "the run")
MISSING = Setting("missing", Flag(), False, "NaN, or an empty cell of a .csv, marks a missing "
                  "entry, and the bound is that of the observed ones. It assumes that whether an "
                  "entry is missing does not depend on its own value (default off: NaN is "
                  "refused)", "the data")


class Settings:
    """The settings of one run, checked: `settings["lr"]`, `settings.as_dict()`.

    trainer: the class of trainer, whose settings are taken beside those of RUN. given: values for
    some of them; the rest are at their defaults. samples_seen wins over epochs.

    Raises ValueError for a value that makes no sense: here what the value alone can tell, in
    `make_loop` what needs the data. Raises TypeError for a setting that the trainer does not take.
    """

    def __init__(self, trainer, **given):
        self.trainer = trainer
        rows = {row.name: row for row in (*RUN, *trainer.settings)}
        for name in given:
            if name not in rows:
                raise TypeError(f"a {trainer.__name__} has no setting {name!r}: there are "
                                f"{', '.join(rows)}")
        self._values = {name: row.values.check(name, given.get(name, row.default),
                                               may_be_none=row.default is None)
                        for name, row in rows.items()}

    def __getitem__(self, name):
        return self._values[name]

    def __eq__(self, other):
        return (isinstance(other, Settings) and self.trainer is other.trainer
                and self._values == other._values)

    def as_dict(self):
        """{setting: value}, plain JSON values."""
        return dict(self._values)

    @property
    def reads_missing(self):
        """Whether NaN in the data marks a missing entry."""
        return self._values.get("missing", False)

    def total_samples(self, train_size):
        """How many examples the run will see in all."""
        epochs, marks = self["epochs"], self["eval_at"]
        total = self["samples_seen"] or round(epochs * train_size)
        if total < 1:
            raise ValueError(f"epochs = {epochs!r} of {train_size} examples is less than one "
                             "example")
        if marks and max(marks) > total:
            raise ValueError(f"eval_at {max(marks)} lies beyond the end of the run, which comes "
                             f"at {total} samples")
        return total

    def make_optimizer(self, params):
        """The optimiser of these settings on `params`."""
        name, lr = self["optimizer"], self["lr"]
        options = {"sgd": {"momentum": self["momentum"]}, "adagrad": {"gather": self["gather"]},
                   "adam": {"beta1": self["beta1"], "beta2": self["beta2"],
                            "eps": self["adam_eps"]}}
        return OPTIMIZERS[name](params, lr=DEFAULT_LR[name] if lr is None else lr,
                                **options[name])

    def make_trainer(self, model, total_samples, train_size):
        """The trainer of these settings for a model, with an optimiser for each of its parts."""
        self._check_full_batch(model, total_samples, train_size)
        elsewhere = {row.name for row in (*RUN, *OPTIMIZER, OUTPUT_BIAS)} - {"schedule"}
        own = {name: value for name, value in self._values.items() if name not in elsewhere}
        optimizers = [self.make_optimizer(model.params.part(part) if part else model.params)
                      for part in self.trainer.parts_of(model)]
        return self.trainer(model, *optimizers, total_samples=total_samples,
                            train_size=train_size, **own)

    def make_loop(self, model, train, test, rng):
        """A Loop around the model's trainer, as these settings say. train and test are arrays in
        [0, 1] or real numbers, (N, D); the model's output bias is set here, before the first step.
        """
        total = self.total_samples(len(train))
        if self.trainer.grey and self["binarize"] != "none":
            raise ValueError(f"{named(model)} compares x with means, which are grey: leave "
                             f"binarize at 'none', not {self['binarize']!r}")
        trainer, missing = self.make_trainer(model, total, len(train)), self.reads_missing
        loop = Loop(trainer, train, test, rng=rng, total_samples=total,
                    batch_size=self["batch_size"],
                    binarization=Binarization(self["binarize"], missing=missing),
                    eval_every=self["eval_every"], eval_at=self["eval_at"])
        trainer.begin(loop.train, loop.binarization, loop.stream_seed)
        if missing:
            means = column_means(train)
            trainer.read_missing(means)
            train = np.where(np.isnan(train), means, train)
        if self._values.get("output_bias") and model.output_bias_is_zero():
            model.init_output_bias(train)
        model.init_from_data(train)
        return loop

    def _check_full_batch(self, model, total_samples, train_size):
        if not self.trainer.full_batch:
            return
        begin = f"{named(model)} learns from its whole training set at each step: "
        if self["batch_size"] != train_size:
            raise ValueError(f"{begin}batch_size must be {train_size}, "
                             f"not {self['batch_size']}")
        if total_samples % train_size:
            raise ValueError(f"{begin}{total_samples} samples are no whole number of its "
                             f"{train_size} examples")
