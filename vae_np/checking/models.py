"""The gradient of every model's every objective, checked: `library` adds these to its table.

Objectives are found by their names: each method `..._and_grad` of each kind in the catalogue. One
that is not known here is a failure, so nothing goes unchecked.
"""
import inspect

import numpy as np

from .. import likelihoods
from ..catalogue import KINDS
from ..models import RBM, VAE, VAEGAN, FullVB
from ..models.full_vb import WEIGHTS
from ..models.words import POSTERIORS, PRIORS
from ..objectives import ESTIMATORS

N, D, Z, L = 5, 7, 3, 2
LIKELIHOODS = (likelihoods.Bernoulli(), likelihoods.Gaussian(), likelihoods.GaussianSigmoid(),
               likelihoods.FixedGaussian(0.3))
NETWORKS = (((), "tanh"), ((6,), "tanh"), ((6, 4), "softplus"), ((6,), "sigmoid"), ((6,), "relu"))
# What a kind is checked with, where its row's `small` says too little.
VARIETIES = {
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
                       *_elbo_and_grad(model, estimator), ())
    others = [(VAE, {part: word.example}) for part, words in (("prior", PRIORS),
                                                              ("posterior", POSTERIORS))
              for word in words.values()]
    derived = [(kind.model, kind.small) for kind in KINDS
               if issubclass(kind.model, VAE) and kind.model is not VAE]
    for cls, more in (*others, *derived):
        model = _shaken(cls, **{**more, "z_dim": Z, "hidden": (6,)})
        estimator = model.default_estimator
        yield (f"models.{cls.__name__}[{model.prior.spec}, {model.posterior_kind.spec}, "
               f"{estimator}]",
               *_elbo_and_grad(model, estimator), ())
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
    size = {"z_dim": Z} if "z_dim" in kind.small else {}
    for name, _ in inspect.getmembers(kind.model, inspect.isfunction):
        if name.endswith("_and_grad"):
            model = _shaken(kind.model, **{**kind.small, **size})
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
                **kind.small, "z_dim": Z, "hidden": (6,), "likelihood": likelihood})
    else:
        yield "", _shaken(kind.model, **kind.small)


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
    x, eps = rng.random((N, D)), model.noise(rng, N, L)
    return _check(
        model, lambda model: np.mean(model.elbo(x, eps, estimator, kl_weight=0.7)),
        lambda model: model.elbo_and_grad(x, eps, estimator, kl_weight=0.7)[1],
        model.trained_part)


def _weight_term_and_grad(model, estimator):
    noise = model.noise(np.random.default_rng(14), N, L)
    return _check(model, lambda model: model.weight_term_and_grad(noise, estimator)[0],
                  lambda model: model.weight_term_and_grad(noise, estimator)[1])


def _data_and_latents():
    rng = np.random.default_rng(9)
    return rng.random((N, D)), rng.standard_normal((L, N, Z))


def _log_density_and_grad(name):
    """The check of log p(x, z) or log p(x|z), in z."""
    def check(model):
        x, z = _data_and_latents()
        return (lambda z: np.sum(getattr(model, name)(x, z)),
                lambda d, z: {"z": d * getattr(model, f"{name}_and_grad")(x, z)[1]}, {"z": z})
    return check


def _log_prior_and_grad(model):
    _, z = _data_and_latents()
    return (lambda z: np.sum(model.log_prior(z)),
            lambda d, z: {"z": d * model.log_prior_and_grad(z)[1]}, {"z": z})


def _log_prob_and_grad(model):
    x = np.random.default_rng(11).standard_normal((N, D))
    return (lambda x: np.sum(model.log_prob(x)),
            lambda d, x: {"x": d * model.log_prob_and_grad(x)[1]}, {"x": x})


def _mean_log_joint_and_grad(model):
    x, z = _data_and_latents()
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


def _game(value, method, part):
    """The check of what one player of a VAE-GAN climbs, in its own parameters."""
    def check(model):
        rng = np.random.default_rng(16)
        batch = rng.random((N, D)), model.noise(rng, N), model.noise(rng, N)
        return _check(model, lambda model: np.mean(value(model, model.play(*batch))),
                      lambda model: getattr(model, method)(model.play(*batch))[1], part)
    return check


def _fooled(model, play):
    """What the decoder climbs, from its own words: −½ ‖f(x) − f(x̃)‖² + [log D(x̃) + log D(x_p)]/2.
    """
    log_d = [np.log(1.0 / (1.0 + np.exp(-made.seen.logit[0])))
             for made in (play.reconstructed, play.dreamt)]
    return model.feature_error(play) + 0.5 * (log_d[0] + log_d[1])


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
    "aggregate_and_grad": _aggregate_and_grad,
    "reconstruction_and_grad": _reconstruction_and_grad,
    "log_partition_exact_and_grad": _log_partition_exact_and_grad,
    "log_prob_exact_and_grad": _log_prob_exact_and_grad,
    "contrast_and_grad": _contrast_and_grad,
    "encoder_and_grad": _game(lambda model, play: model.feature_error(play) - play.kl,
                              "encoder_and_grad", "encoder"),
    "decoder_and_grad": _game(_fooled, "decoder_and_grad", "decoder"),
    "discriminator_and_grad": _game(lambda model, play: model.verdict(play),
                                    "discriminator_and_grad", "discriminator"),
    "wake_and_grad": _wake_and_grad, "sleep_and_grad": _sleep_and_grad}.items()}
CHECKS["elbo_and_grad"] = _by_estimator(_elbo_and_grad)
CHECKS["weight_term_and_grad"] = _by_estimator(_weight_term_and_grad)
