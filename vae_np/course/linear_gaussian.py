"""Of the exercises on probabilistic PCA: its inputs, its posterior, its marginal, wrong ones."""
import numpy as np

from ..distributions import LOG_2PI
from .mistakes import saying
from .sums import Sum


def linear_models(rng):
    """Several sizes, Z = D among them; an offset of 0, and noise that is 1."""
    for n, d, z in ((7, 5, 3), (2, 9, 4), (6, 4, 1), (3, 3, 3), (5, 8, 2), (9, 6, 5)):
        noise = np.exp(rng.uniform(-1.5, 1.5, d))
        yield {"x": 2 * rng.normal(size=(n, d)), "W": rng.normal(size=(z, d)),
               "b": (n != 6) * rng.normal(size=d),
               "noise": np.ones(d) if n == 5 else noise}, {"N": n, "D": d, "Z": z}


def posterior(x, W, b, noise, prior=1.0):
    """Of z given x (N, D); W (Z, D), variances noise (D,): covariance (Z, Z), mean (N, Z)."""
    covariance = np.linalg.inv(prior * np.eye(len(W)) + W / noise @ W.T)
    return {"covariance": covariance, "mean": (x - b) / noise @ W.T @ covariance}


def _with_weights(weights):
    """A function like the right one, whose precision is I + W diag(weights(noise)) Wᵀ."""
    def wrong(x, W, b, noise):
        return {"covariance": np.linalg.inv(np.eye(len(W)) + W * weights(noise) @ W.T)}
    return wrong


def _mean_of(vector):
    """A mean with another row in the place of (x − b)/noise."""
    def wrong(x, W, b, noise):
        covariance = posterior(x, W, b, noise)["covariance"]
        return {"mean": vector(x, b, noise) @ W.T @ covariance}
    return wrong


def _shared(words, number):
    """The covariance and the mean with one noise, number(noise), for all pixels."""
    return [saying(f"has one noise for all pixels: {words}", wrong) for wrong in (
        _with_weights(lambda noise: np.full_like(noise, 1 / number(noise))),
        _mean_of(lambda x, b, noise: (x - b) / number(noise)))]


def _covariance_of(function):
    """A covariance made of the right precision."""
    return lambda x, W, b, noise: {"covariance": function(np.eye(len(W)) + W / noise @ W.T)}


def _mean_by(function):
    """A mean made of the linear term, the right precision and the covariance."""
    def wrong(x, W, b, noise):
        precision = np.eye(len(W)) + W / noise @ W.T
        return {"mean": function((x - b) / noise @ W.T, precision, np.linalg.inv(precision))}
    return wrong


POSTERIOR_MISTAKES = {
    "precision": [_covariance_of(lambda precision: precision)],
    "elementwise": [_covariance_of(lambda precision: 1 / precision)],
    "root": [saying("is a root of the right one, a matrix that gives it when it is multiplied by "
                    "its transpose", _covariance_of(function)) for function in (
        lambda precision: np.linalg.cholesky(np.linalg.inv(precision)),
        lambda precision: np.linalg.cholesky(np.linalg.inv(precision)).T)],
    "prior": [lambda **case: {"covariance": posterior(**case, prior=0.0)["covariance"]},
              lambda **case: {"mean": posterior(**case, prior=0.0)["mean"]}],
    "std": [saying("is that for the square of `noise`, as if it held standard deviations",
                   _with_weights(lambda noise: noise**-2)),
            saying("is multiplied by the noise where it should be divided, as if it held "
                   "precisions", _with_weights(lambda noise: noise)),
            saying("has the root of the noise where the noise itself should be",
                   _with_weights(lambda noise: noise**-0.5)),
            saying("is multiplied by the square of the noise where it should be divided by the "
                   "noise", _with_weights(lambda noise: noise**2))],
    "shared-noise": [*_shared("the mean of them", np.mean),
                     *_shared("the mean of the precisions", lambda v: 1 / np.mean(1 / v)),
                     *_shared("the sum of them", np.sum), *_shared("the largest", np.max),
                     *_shared("the first", lambda v: v[0]), *_shared("the smallest", np.min),
                     *_shared("the geometric mean", lambda v: np.exp(np.mean(np.log(v))))],
    "no-noise": [_with_weights(np.ones_like)],
    "diagonal": [_covariance_of(lambda precision: np.diag(1 / np.diag(precision))),
                 _covariance_of(lambda precision: np.diag(np.diag(np.linalg.inv(precision)))),
                 saying("is multiplied by the diagonal of the covariance alone",
                        _mean_by(lambda linear, precision, cov: linear * np.diag(cov))),
                 saying("is divided by the diagonal of the precision alone",
                        _mean_by(lambda linear, precision, cov: linear / np.diag(precision)))],
    "offset": [_mean_of(lambda x, b, noise: x / noise),
               saying("has b added where it should be taken off",
                      _mean_of(lambda x, b, noise: (x + b) / noise)),
               saying("takes b off after the division by the noise",
                      _mean_of(lambda x, b, noise: x / noise - b)),
               saying("takes the mean of the batch off, not b",
                      _mean_of(lambda x, b, noise: (x - x.mean(axis=0)) / noise))],
    "unweighted": [saying(words, _mean_of(row)) for words, row in (
        ("weighs all pixels alike", lambda x, b, noise: x - b),
        ("multiplies each pixel by its noise", lambda x, b, noise: (x - b) * noise),
        ("divides each pixel by the square of its noise", lambda x, b, noise: (x - b) / noise**2),
        ("divides each pixel by the root of its noise",
         lambda x, b, noise: (x - b) / np.sqrt(noise)))],
    "linear": [_mean_of(lambda x, b, noise: (x - b)**2 / noise)],
    "shrunk": [_mean_by(lambda linear, precision, cov: linear),
               saying("is multiplied by the precision, not by the covariance",
                      _mean_by(lambda linear, precision, cov: linear @ precision)),
               saying("is multiplied by the covariance twice",
                      _mean_by(lambda linear, precision, cov: linear @ cov @ cov))]}

POSTERIOR_SUMS = {
    "covariance": Sum(
        {"the prior's part": lambda x, W, b, noise: np.eye(len(W)),
         "the data's part": lambda x, W, b, noise: W / noise @ W.T},
        strays={"a matrix of ones": lambda x, W, b, noise: np.ones((len(W), len(W))),
                "the identity times the mean noise": lambda x, W, b, noise: (
                    noise.mean() * np.eye(len(W)))},
        view=lambda covariance, **case: np.linalg.inv(covariance), of="the inverse of ",
        keys={"the prior's part": "prior", "the data's part": "covariance"}),
    "mean": Sum(
        {"the part with x": lambda x, W, b, noise: posterior(x, W, 0 * b, noise)["mean"],
         "the part with b": lambda x, W, b, noise: posterior(0 * x, W, b, noise)["mean"]},
        keys={"the part with b": "offset"})}


def marginals(rng):
    """Several sizes, Z = D among them, and Z > D; a variance of 1; an offset of 0."""
    for n, d, z, tau2 in ((7, 5, 3, 0.3), (2, 9, 4, 2.0), (6, 3, 3, 0.5), (4, 2, 4, 0.2),
                          (9, 6, 1, 1.0), (3, 8, 2, 0.05), (5, 3, 5, 3.0), (8, 1, 2, 1.0),
                          (4, 5, 1, 0.6)):
        yield {"x": 2 * rng.normal(size=(n, d)), "W": rng.normal(size=(z, d)),
               "b": (n != 9) * rng.normal(size=d), "tau2": tau2}, {"N": n, "D": d, "Z": z}


def marginal(x, W, b, tau2, prior=1.0):
    """log p(x) of x (N, D), with the covariance WᵀW + τ² I: (N,), in nats."""
    covariance = prior * W.T @ W + tau2 * np.eye(W.shape[1])
    error = x - b
    distance = np.sum(error @ np.linalg.inv(covariance) * error, axis=-1)
    return -0.5 * (x.shape[1] * LOG_2PI + np.linalg.slogdet(covariance)[1] + distance)


def _plus_log_det(change):
    """The right one, with something added to log det C: change(W, tau2, log det C)."""
    def wrong(x, W, b, tau2):
        log_det = np.linalg.slogdet(W.T @ W + tau2 * np.eye(W.shape[1]))[1]
        return marginal(x, W, b, tau2) - 0.5 * change(W, tau2, log_det)
    return wrong


def _small(times):
    """log det of the small matrix and times(D − Z) log τ², in the place of log det C."""
    return _plus_log_det(lambda W, tau2, log_det: (
        times(W.shape[1] - len(W)) - W.shape[1] + len(W)) * np.log(tau2))


def _with_distance(function):
    """A term with another distance, function(x − b, C, W, tau2)."""
    return lambda x, W, b, tau2: -0.5 * function(
        x - b, W.T @ W + tau2 * np.eye(W.shape[1]), W, tau2)


def _by(error, matrix):
    return np.sum(error @ matrix * error, axis=-1)


def _explained(error, W, tau2):
    """What the codes explain of the squared error, by the small matrix."""
    onto = error @ W.T
    return _by(onto, np.linalg.inv(W @ W.T + tau2 * np.eye(len(W))))


def _det(function):
    return lambda x, W, b, tau2: -0.5 * function(W.T @ W + tau2 * np.eye(W.shape[1]))


MARGINAL_MISTAKES = {
    "small": [_small(lambda more: 0),
              saying("has the determinant of Λ, the precision of z, without what is missing there",
                     _plus_log_det(lambda W, tau2, log_det: -W.shape[1] * np.log(tau2))),
              saying("has what the small determinant lacks taken off the log-determinant, where "
                     "it should be added",
                     _small(lambda more: -more))],
    "tau2": [saying("adds log τ² to the small determinant once, whatever D and Z are",
                    _small(lambda more: 1)),
             saying("adds log τ² to the small determinant once where W is not square, whatever D "
                    "and Z are", _small(lambda more: more != 0)),
             saying("has τ² itself where its logarithm belongs", _plus_log_det(
                 lambda W, tau2, log_det: (W.shape[1] - len(W)) * (tau2 - np.log(tau2))))],
    "longer": [_small(lambda more: max(more, 0)), _small(abs)],
    "std": [saying("takes τ² for τ and squares it",
                   lambda x, W, b, tau2: marginal(x, W, b, tau2**2)),
            saying("has τ where τ² should be",
                   lambda x, W, b, tau2: marginal(x, W, b, tau2**0.5))],
    "offset": [lambda x, W, b, tau2: marginal(x, W, 0 * b, tau2)],
    "noise-lost": [lambda x, W, b, tau2: marginal(x, W, b, tau2, prior=0.0),
                   saying("has the code's part of the covariance twice",
                          lambda x, W, b, tau2: marginal(x, W, b, tau2, prior=2.0)),
                   saying("has half of the code's part of the covariance",
                          lambda x, W, b, tau2: marginal(x, W, b, tau2, prior=0.5))],
    "dimension": [lambda x, W, b, tau2: marginal(x, W, b, tau2) + 0.5 * LOG_2PI * (
                      W.shape[1] - len(W)),
                  saying("counts 2π once for each number of the code, and has the determinant of "
                         "the small matrix", lambda x, W, b, tau2: marginal(x, W, b, tau2)
                         + 0.5 * (LOG_2PI + np.log(tau2)) * (W.shape[1] - len(W)))]}

MARGINAL_SUMS = {"": Sum(
    {"log det C": _det(lambda C: np.linalg.slogdet(C)[1]),
     "the distance": _with_distance(lambda error, C, W, tau2: _by(error, np.linalg.inv(C))),
     "the second part of the distance, what the codes explain": _with_distance(
         lambda error, C, W, tau2: -_explained(error, W, tau2) / tau2)},
    strays={"the determinant itself, not its logarithm,": _det(np.linalg.det),
            "the logarithms of the diagonal alone": _det(lambda C: np.sum(np.log(np.diag(C)))),
            "the trace": _det(np.trace),
            "the squared distance divided by τ²": _with_distance(
                lambda error, C, W, tau2: np.sum(error**2, axis=-1) / tau2),
            "the squared distance": _with_distance(
                lambda error, C, W, tau2: np.sum(error**2, axis=-1)),
            "the distance by C, not by its inverse,": _with_distance(
                lambda error, C, W, tau2: _by(error, C)),
            "the distance by the diagonal of C alone": _with_distance(
                lambda error, C, W, tau2: np.sum(error**2 / np.diag(C), axis=-1)),
            "the distance by the diagonal of the inverse alone": _with_distance(
                lambda error, C, W, tau2: np.sum(error**2 * np.diag(np.linalg.inv(C)), axis=-1)),
            "the root of the distance": _with_distance(
                lambda error, C, W, tau2: np.sqrt(_by(error, np.linalg.inv(C)))),
            "a distance whose second part lacks 1/τ²": _with_distance(
                lambda error, C, W, tau2: np.sum(error**2, axis=-1) / tau2
                - _explained(error, W, tau2)),
            "a distance whose second part is divided by τ² twice": _with_distance(
                lambda error, C, W, tau2: np.sum(error**2, axis=-1) / tau2
                - _explained(error, W, tau2) / tau2**2)},
    keys={"log det C": "log-det", **dict.fromkeys((
        "the distance by C, not by its inverse,", "the distance by the diagonal of C alone",
        "the distance by the diagonal of the inverse alone", "the squared distance divided by τ²",
        "the squared distance", "the second part of the distance, what the codes explain"),
        "distance")})}
