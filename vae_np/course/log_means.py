"""Of the exercise on the logarithm of a mean of weights: its inputs, its truth, mistakes."""
import numpy as np

from ..distributions import log_sum_exp
from .forms import Finding
from .mistakes import saying


def log_weights(rng):
    """Ordinary logarithms; far below and above what exp can do; columns far from each other."""
    for k, n, centre, spread in ((6, 4, 0.0, 1.0), (50, 3, -3000.0, 3.0), (9, 7, 2500.0, 2.0),
                                 (20, 5, 0.0, 1.0), (30, 2, 50.0, 400.0), (1, 6, 2.0, 3.0)):
        shift = np.linspace(-1500.0, 1500.0, n) if k == 20 else 0.0
        yield {"log_weights": centre + shift + spread * rng.normal(size=(k, n))}, {
            "L": k, "N": n}


def _log_sum(log_weights):
    return log_sum_exp(log_weights)[0]


def log_mean(log_weights):
    """The logarithm of the mean over axis 0: (K, N) → (N,)."""
    return _log_sum(log_weights) - np.log(len(log_weights))


def weights_of_zero(call, rng):
    """Some weights that are 0, and examples all of whose weights are."""
    log_weights = rng.normal(-300.0, 2.0, size=(8, 4))
    log_weights[2:5, 1] = -np.inf
    log_weights[:, 2] = -np.inf
    yours, right = call({"log_weights": log_weights})[""], log_mean(log_weights)
    if yours[2] != -np.inf:
        raise Finding("all-zero", "where all weights of an example are 0, their logarithms −∞, "
                      f"the mean is 0 and its logarithm −∞; yours is {yours[2]:.4g}.")
    if not np.allclose(np.delete(yours, 2), np.delete(right, 2), rtol=1e-6):
        raise Finding("some-zero", "where some weights of an example are 0, and others are not, "
                      f"it should be {right[1]:.6g}, yours is {yours[1]:.6g}.")


def _with_top(times):
    return lambda log_weights: log_mean(log_weights) + times * log_weights.max(axis=0)


def _inside(function):
    """The logarithm of something else than the mean, the largest term taken out first."""
    def answer(log_weights):
        top = log_weights.max(axis=0)
        return top + function(np.exp(log_weights - top))
    return answer


def _whole_batch(count):
    return lambda log_weights: np.full(log_weights.shape[1], log_sum_exp(
        log_weights.ravel())[0] - np.log(count(log_weights)))


MISTAKES = {
    "mean-of-logs": [lambda log_weights: np.mean(log_weights, axis=0),
                     saying("is the sum of the logarithms",
                            lambda log_weights: np.sum(log_weights, axis=0))],
    "median": [lambda log_weights: np.median(log_weights, axis=0)],
    "sum": [_log_sum,
            saying("has the logarithm of the number of draws added, where it should be taken off",
                   lambda log_weights: _log_sum(log_weights) + np.log(len(log_weights))),
            saying("has the number of examples in the place of the number of draws",
                   lambda log_weights: _log_sum(log_weights) - np.log(log_weights.shape[1])),
            saying("is the logarithm of the sum, divided by the number of draws afterwards",
                   lambda log_weights: _log_sum(log_weights) / len(log_weights)),
            saying("is the logarithm of the sum, less the number of draws and not its logarithm",
                   lambda log_weights: _log_sum(log_weights) - len(log_weights)),
            saying("is that of the sum divided by K − 1, one less than there are draws",
                   lambda log_weights: _log_sum(log_weights) - np.log(
                       max(len(log_weights) - 1, 1))),
            saying("is that of the sum divided by K + 1, one more than there are draws",
                   lambda log_weights: _log_sum(log_weights) - np.log(len(log_weights) + 1)),
            saying("has the number of draws divided out twice",
                   lambda log_weights: _log_sum(log_weights) - 2 * np.log(len(log_weights))),
            saying("has the logarithm to base 10 of the number of draws",
                   lambda log_weights: _log_sum(log_weights) - np.log10(len(log_weights))),
            saying("has the logarithm to base 2 of the number of draws",
                   lambda log_weights: _log_sum(log_weights) - np.log2(len(log_weights)))],
    "bits": [saying(f"has a logarithm to base {base} in it, beside numbers in nats", _inside(
        lambda weights, log=log: log(np.mean(weights, axis=0)))) for base, log in (
            (2, np.log2), (10, np.log10))],
    "top": [saying("lacks the logarithm of what was taken out of the sum", _with_top(-1)),
            saying("has the logarithm of what was taken out of the sum with a minus",
                   _with_top(-2)),
            saying("has the logarithm of what was taken out of the sum twice", _with_top(1))],
    "largest": [lambda log_weights: log_weights.max(axis=0),
                lambda log_weights: log_weights.max(axis=0) - np.log(len(log_weights)),
                saying("has 1 added under the logarithm, as if the largest weight were no longer "
                       "in the mean", _inside(lambda weights: np.log1p(weights.mean(axis=0)))),
                saying("counts the largest weight twice", _inside(
                    lambda weights: np.log1p(weights.sum(axis=0)) - np.log(len(weights)))),
                saying("lacks the logarithm of the mean that is left when the largest weight is "
                       "taken out: it has the mean itself",
                       _inside(lambda weights: np.mean(weights, axis=0)))],
    "batch": [_whole_batch(lambda log_weights: log_weights.size),
              _whole_batch(len),
              saying("is averaged over the examples", lambda log_weights: np.full(
                  log_weights.shape[1], log_mean(log_weights).mean()))]}
