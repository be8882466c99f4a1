"""The gradient of every model's every objective, checked: `library` adds these to its table.

Objectives are found by their names: each method `..._and_grad` of each kind in the catalogue. One
that is not known here is a failure, so nothing goes unchecked.
"""
import inspect

import numpy as np

from .. import likelihoods
from ..catalogue import CLASSIFIER, KINDS, LABELS, kind_of
from ..hierarchy import INFERENCES
from ..models import RBM, VAE, FullVB, HierarchicalVAE
from ..models.full_vb import WEIGHTS
from ..models.words import POSTERIORS, PRIORS
from ..objectives import ESTIMATORS

N, D, Z, L = 5, 7, 3, 2
LIKELIHOODS = (likelihoods.Bernoulli(), likelihoods.Gaussian(), likelihoods.GaussianSigmoid(),
               likelihoods.FixedGaussian(0.3))
NETWORKS = (((), "tanh"), ((6,), "tanh"), ((6, 4), "softplus"), ((6,), "sigmoid"), ((6,), "relu"))
# What a kind is checked with, where its row's `small` says too little.
VARIETIES = {
    HierarchicalVAE: [
        {"z_dim": widths, "hidden": (3,), "likelihood": ("gaussian", 0.3), "prior": prior}
        for widths, prior in (((4, 2), "standard-normal"), ((2, 1, 3), "mixture:2"))],
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
                       *_elbo_and_grad(model, estimator), ())
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
               *_elbo_and_grad(model, estimator), ())
    two, three = VARIETIES[HierarchicalVAE]
    for inference in INFERENCES:
        for arguments, estimator in ((two, "B"), (two, "IW"), (three, "A")):
            if (inference, estimator) != ("bottom-up", "B"):
                model = _shaken(HierarchicalVAE, **arguments, inference=inference)
                yield (f"models.HierarchicalVAE[{len(model.z_dims)} layers, {model.prior.spec}, "
                       f"{inference}, {estimator}]", *_elbo_and_grad(model, estimator), ())
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
                                   "checking.models.CHECKS does not know: add a check")
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


def _once(check):
    """A check of one variety as CHECKS wants it: [(label, check)]."""
    return lambda model: [("", check(model))]


def _by_estimator(check):
    """A check for each estimator that the model takes: [(label, check), ...]."""
    def checks(model):
        for estimator in ESTIMATORS:
            try:
                model.check_estimator(estimator)
            except ValueError:
                continue
            yield f"[{estimator}]", check(model, estimator)
    return checks


def _at(model, arrays):
    """The model with some of its parameters replaced. Complex ones stay complex: complex step."""
    dtype = np.result_type(model.params.vector.real, *arrays.values())
    params = model.params.like(model.params.vector.real.astype(dtype))
    for name, value in arrays.items():
        params[name] = value
    return model.at(params)


def _check(model, value, gradient, part=""):
    """(forward, backward, inputs) of a scalar in the model's parameters.

    value(model) → scalar; gradient(model) → Params. part: which parameters are differentiated; ""
    is all of them.
    """
    params = model.params.part(part) if part else model.params

    def forward(**arrays):
        return value(_at(model, arrays))

    def backward(d, **arrays):
        grads = gradient(_at(model, arrays))
        return {name: d * grads[name] for name in params}

    return forward, backward, {name: p.copy() for name, p in params.items()}


def _elbo_and_grad(model, estimator):
    rng = np.random.default_rng(4)
    x, eps = _rows(model, rng), model.noise(rng, N, L)
    return _check(
        model, lambda model: np.mean(model.elbo(x, eps, estimator, kl_weight=0.7)),
        lambda model: model.elbo_and_grad(x, eps, estimator, kl_weight=0.7)[1],
        model.trained_part)


def _weight_term_and_grad(model, estimator):
    noise = model.noise(np.random.default_rng(14), N, L)
    return _check(model, lambda model: model.weight_term_and_grad(noise, estimator)[0],
                  lambda model: model.weight_term_and_grad(noise, estimator)[1])


def _rows(model, rng, hidden=True):
    """x (N, D), and labels beside it for a model that takes them. hidden: whether some are, for a
    model that can do without.
    """
    x = rng.random((N, D))
    if LABELS not in kind_of(model).has:
        return x
    labels = rng.integers(model.labels, size=N)
    if hidden and CLASSIFIER in kind_of(model).has:
        labels[::2] = -1
    return model.rows(x, labels)


def _data_and_latents(model):
    rng = np.random.default_rng(9)
    return _rows(model, rng), rng.standard_normal((L, N, model.z_dim))


def _log_density_and_grad(name):
    """The check of log p(x, z) or log p(x|z), in z."""
    def check(model):
        x, z = _data_and_latents(model)
        return (lambda z: np.sum(getattr(model, name)(x, z)),
                lambda d, z: {"z": d * getattr(model, f"{name}_and_grad")(x, z)[1]}, {"z": z})
    return check


def _log_prior_and_grad(model):
    _, z = _data_and_latents(model)
    return (lambda z: np.sum(model.log_prior(z)),
            lambda d, z: {"z": d * model.log_prior_and_grad(z)[1]}, {"z": z})


def _log_prob_and_grad(model):
    x = np.random.default_rng(11).standard_normal((N, D))
    return (lambda x: np.sum(model.log_prob(x)),
            lambda d, x: {"x": d * model.log_prob_and_grad(x)[1]}, {"x": x})


def _mean_log_joint_and_grad(model):
    x, z = _data_and_latents(model)
    return _check(model, lambda model: np.mean(model.log_joint(x, z)),
                  lambda model: model.mean_log_joint_and_grad(x, z)[1], "decoder")


def _wake_and_grad(model):
    rng = np.random.default_rng(10)
    x, eps = rng.random((N, D)), model.noise(rng, N)
    z, _, _ = model.posterior(x).sample(eps)  # q's guess, a constant in θ
    return _check(model, lambda model: np.mean(model.log_joint(x, z)),
                  lambda model: model.wake_and_grad(x, eps)[1], "decoder")


def _sleep_and_grad(model):
    x, z = model.sample_joint(N, np.random.default_rng(3))
    return _check(model, lambda model: np.mean(model.posterior(x).log_prob(z)),
                  lambda model: model.sleep_and_grad(x, z)[1], "encoder")


def _log_qy_and_grad(model):
    x = _rows(model, np.random.default_rng(16), hidden=False)
    return _check(model, lambda model: np.mean(model.log_qy(x)),
                  lambda model: model.log_qy_and_grad(x)[1], "classifier")


def _aggregate_and_grad(model):
    rng = np.random.default_rng(15)
    x, eps = rng.random((N, D)), model.noise(rng, N, L)
    return _check(model, lambda model: np.mean(model.aggregate(x, eps)),
                  lambda model: model.aggregate_and_grad(x, eps)[1], "prior")


def _reconstruction_and_grad(model):
    x = np.random.default_rng(11).random((N, D))
    return _check(model, lambda model: np.mean(model.reconstruction(x)),
                  lambda model: model.reconstruction_and_grad(x)[1])


def _log_partition_exact_and_grad(model):
    return _check(model, lambda model: model.log_partition_exact(),
                  lambda model: model.log_partition_exact_and_grad()[1])


def _log_prob_exact_and_grad(model):
    x = _coins(N, model.x_dim)
    return _check(model, lambda model: np.mean(model.log_prob_exact(x)),
                  lambda model: model.log_prob_exact_and_grad(x)[1])


def _contrast_and_grad(model):
    x, fantasy = np.split(_coins(N + 4, model.x_dim), [N])
    return _check(
        model, lambda model: model.free_energy(fantasy).mean() - model.free_energy(x).mean(),
        lambda model: model.contrast_and_grad(x, fantasy)[1])


def _coins(*shape):
    return np.random.default_rng(12).integers(2, size=shape).astype(np.float64)


CHECKS = {name: _once(check) for name, check in {
    "log_joint_and_grad": _log_density_and_grad("log_joint"),
    "log_px_given_z_and_grad": _log_density_and_grad("log_px_given_z"),
    "log_prior_and_grad": _log_prior_and_grad, "log_prob_and_grad": _log_prob_and_grad,
    "mean_log_joint_and_grad": _mean_log_joint_and_grad,
    "aggregate_and_grad": _aggregate_and_grad, "log_qy_and_grad": _log_qy_and_grad,
    "reconstruction_and_grad": _reconstruction_and_grad,
    "log_partition_exact_and_grad": _log_partition_exact_and_grad,
    "log_prob_exact_and_grad": _log_prob_exact_and_grad,
    "contrast_and_grad": _contrast_and_grad,
    "wake_and_grad": _wake_and_grad, "sleep_and_grad": _sleep_and_grad}.items()}
CHECKS["elbo_and_grad"] = _by_estimator(_elbo_and_grad)
CHECKS["weight_term_and_grad"] = _by_estimator(_weight_term_and_grad)
