"""How the gradient of each objective of a model is checked: in which parameters, and on what data.

A check is (forward, backward, inputs), as `gradcheck` takes them. The batch is 5, and no two
widths are equal: see `library`.
"""
import numpy as np

from .. import likelihoods
from ..catalogue import CLASSIFIER, LABELS, kind_of
from ..objectives import ESTIMATORS

N, D, Z, L = 5, 7, 3, 2
LIKELIHOODS = (likelihoods.Bernoulli(), likelihoods.Gaussian(), likelihoods.GaussianSigmoid(),
               likelihoods.FixedGaussian(0.3))


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


def elbo_check(model, estimator):
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
    "aggregate_and_grad": _aggregate_and_grad, "log_qy_and_grad": _log_qy_and_grad,
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
CHECKS["elbo_and_grad"] = _by_estimator(elbo_check)
CHECKS["weight_term_and_grad"] = _by_estimator(_weight_term_and_grad)
