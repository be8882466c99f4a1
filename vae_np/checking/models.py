"""The gradient of every model's every objective, checked: `library` adds these to its table.

Objectives are found by their names: each method `..._and_grad` of each kind in the catalogue. One
that is not known here is a failure, so nothing goes unchecked.
"""
import inspect

import numpy as np

from ..catalogue import KINDS
from ..hierarchy import INFERENCES
from ..models import RBM, VAE, VAEGAN, FullVB, HierarchicalVAE
from ..models.full_vb import WEIGHTS
from ..models.words import POSTERIORS, PRIORS
from ..objectives import ESTIMATORS
from .objectives import CHECKS, LIKELIHOODS, D, Z, elbo_check

NETWORKS = (((), "tanh"), ((6,), "tanh"), ((6, 4), "softplus"), ((6,), "sigmoid"), ((6,), "relu"))
# What a kind is checked with, where its row's `small` says too little.
VARIETIES = {
    HierarchicalVAE: [
        {"z_dim": widths, "hidden": (3,), "likelihood": ("gaussian", 0.3), "prior": prior}
        for widths, prior in (((4, 2), "standard-normal"), ((2, 1, 3), "mixture:2"))],
    VAEGAN: [{"z_dim": Z, "hidden": (6, 4), "likelihood": likelihood, "feature_layer": layer}
             for likelihood, layer in (("bernoulli", 0), ("bernoulli", 1), ("gaussian:0.3", 2))],
    RBM: [{"hidden": 4}, {"hidden": 9}],  # the smaller layer is the one that is enumerated
    FullVB: [{"z_dim": Z, "hidden": (6,), "likelihood": "gaussian", "rng": None,
              "weights": weights} for weights in WEIGHTS]}


def model_checks():
    """Yields (name, forward, backward, inputs, skip): the bound of every variety of VAE in every
    parameter; every other objective of every kind with each likelihood.
    """
    for likelihood in LIKELIHOODS:
        for estimator in ESTIMATORS:
            for hidden, activation in NETWORKS:
                model = _shaken(VAE, z_dim=Z, hidden=hidden, activation=activation,
                                likelihood=likelihood)
                layers = ",".join(map(str, hidden)) or "linear"
                yield (f"models.VAE[{likelihood.spec}, {estimator}, {layers} "
                       f"{activation if hidden else ''}".rstrip() + "]",
                       *elbo_check(model, estimator), ())
    others = [(VAE, {"z_dim": Z, part: word.example}) for part, words in (("prior", PRIORS),
                                                              ("posterior", POSTERIORS))
              for word in words.values()]
    derived = [(kind.model, kind.small) for kind in KINDS
               if issubclass(kind.model, VAE) and kind.model not in (VAE, HierarchicalVAE)]
    for cls, more in (*others, *derived):
        model = _shaken(cls, **{**more, **_widths(more), "hidden": (6,)})
        estimator = model.default_estimator
        yield (f"models.{cls.__name__}[{model.prior.spec}, {model.posterior_kind.spec}, "
               f"{estimator}]",
               *elbo_check(model, estimator), ())
    two, three = VARIETIES[HierarchicalVAE]
    for inference in INFERENCES:
        for arguments, estimator in ((two, "B"), (two, "IW"), (three, "A")):
            if (inference, estimator) != ("bottom-up", "B"):
                model = _shaken(HierarchicalVAE, **arguments, inference=inference)
                yield (f"models.HierarchicalVAE[{len(model.z_dims)} layers, {model.prior.spec}, "
                       f"{inference}, {estimator}]", *elbo_check(model, estimator), ())
    for kind, method in find_objectives():
        if kind.model is VAE and method == "elbo_and_grad":
            continue  # above, in every variety
        name = f"models.{kind.model.__name__}.{method.removesuffix('_and_grad')}"
        for label, model in _varieties(kind, method):
            label = f"[{label}]" if label else ""
            for also, check in CHECKS[method](model):
                yield f"{name}{label}{also}", *check, ()


def checks_of(kind):
    """Yields (name, forward, backward, inputs): every objective of one kind, its own and inherited
    ones, at a small model with random parameters.
    """
    for name, _ in inspect.getmembers(kind.model, inspect.isfunction):
        if name.endswith("_and_grad"):
            model = _shaken(kind.model, **{**kind.small, **_widths(kind.small)})
            for label, check in CHECKS[name](model):
                yield f"{kind.model.__name__}.{name}{label}", *check


def find_objectives():
    """Yields (kind, name of a method ..._and_grad), each method once, with the first kind that has
    it.
    """
    seen = set()
    for kind in KINDS:
        for name, method in inspect.getmembers(kind.model, inspect.isfunction):
            if name.endswith("_and_grad") and method not in seen:
                seen.add(method)
                if name not in CHECKS:
                    raise KeyError(f"{kind.model.__name__}.{name} has a gradient that "
                                   "checking.objectives.CHECKS does not know: add a check")
                yield kind, name


def _varieties(kind, method):
    """Yields (label, model): the kind with each likelihood it takes, or as VARIETIES has it."""
    if kind.model in VARIETIES:
        for arguments in VARIETIES[kind.model]:
            yield str(list(arguments.values())[-1]), _shaken(kind.model, **arguments)
    elif "likelihood" in inspect.signature(kind.model).parameters:
        # The prior knows no likelihood: once is enough.
        for likelihood in LIKELIHOODS[:1] if method == "log_prior_and_grad" else LIKELIHOODS:
            yield likelihood.spec, _shaken(kind.model, **{
                **kind.small, **_widths(kind.small), "hidden": (6,), "likelihood": likelihood})
    else:
        yield "", _shaken(kind.model, **kind.small)


def _widths(arguments):
    """{"z_dim": Z} for a model with one layer of latents; a hierarchy keeps the widths it has."""
    return {"z_dim": Z} if isinstance(arguments.get("z_dim"), int) else {}


def _shaken(cls, **arguments):
    """A model with random parameters, far from 0."""
    rng = np.random.default_rng(3)
    model = cls(D, dtype="float64", **{"rng": rng, **arguments})
    model.params.vector[:] = 0.5 * rng.standard_normal(model.params.layout.size)
    return model
