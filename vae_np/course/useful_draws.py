"""Of the exercise on how many draws of the prior are useful: its inputs, its truth, mistakes."""
import numpy as np

from .mistakes import saying
from .sums import Sum


def gaussian_posteriors(rng):
    """Several sizes; some codes of which the data say nothing, mean 0 and variance 1."""
    for n, z, narrow in ((6, 3, 3.0), (2, 5, 2.0), (9, 1, 5.0), (20, 2, 6.0), (7, 7, 1.0),
                         (4, 1, 3.0)):
        mean, variance = 2 * rng.normal(size=(n, z)), np.exp(-narrow * rng.random((n, z)))
        mean[0], variance[-1] = 0.0, 1.0
        yield {"mean": mean, "variance": variance}, {"N": n, "Z": z}


def _summed(function):
    """A function of (mean, variance) of one dimension, summed over the dimensions."""
    return lambda mean, variance: np.sum(function(mean, variance), axis=-1)


kl = _summed(lambda m, v: 0.5 * (m**2 + v - 1 - np.log(v)))
log_rho = _summed(lambda m, v: m**2 / (2 - v) - 0.5 * np.log(v * (2 - v)))


def predicted(mean, variance):
    """(2, N): the KL and log ρ of posteriors with mean, variance (N, Z)."""
    return np.array([kl(mean, variance), log_rho(mean, variance)])


def _of(part, function):
    return lambda mean, variance: {part: function(mean, variance)}


def _rho(function):
    return _of("exact", _summed(function))


def _product(over):
    return _of("exact", lambda mean, variance: np.log(over(np.exp(
        mean**2 / (2 - variance)) / np.sqrt(variance * (2 - variance)), axis=-1)))


def _log_of_one_less(mean, variance):
    with np.errstate(all="ignore"):
        return np.log(np.expm1(log_rho(mean, variance)))


MISTAKES = {
    "reverse": [_of("KL", _summed(lambda m, v: 0.5 * ((1 + m**2) / v - 1 + np.log(v))))],
    "kl": [saying("has the standard deviation in the place of the variance", _of("KL", _summed(
               lambda m, v: 0.5 * (m**2 + np.sqrt(v) - 1 - np.log(v)))))],
    "product": [_product(np.sum), _product(np.mean)],
    "same": [_of("exact", kl)],
    "at-the-mean": [_rho(lambda m, v: 0.5 * m**2 - 0.5 * np.log(v)),
                    saying("is log p(z|x) at the posterior's mean, or that without its constant",
                           _rho(lambda m, v: -0.5 * np.log(v)))],
    "mean-part": [_rho(lambda m, v, part=part: part(m, v) - 0.5 * np.log(v * (2 - v)))
                  for part in (lambda m, v: 0.5 * m**2, lambda m, v: m**2, lambda m, v: m**2 / v,
                               lambda m, v: 0.5 * m**2 / v, lambda m, v: m**2 / (2 * v - v**2),
                               lambda m, v: 2 * m**2 / (2 * v - v**2),
                               lambda m, v: m**2 / (2 - v**2), lambda m, v: m / (2 - v),
                               lambda m, v: np.abs(m) / (2 - v), lambda m, v: m**2 * v / (2 - v),
                               lambda m, v: m**2 * (2 - v), lambda m, v: m**2 / (1 + v),
                               lambda m, v: m**2 / (2 + v), lambda m, v: 2 * m**2,
                               lambda m, v: (m / (2 - v))**2)],
    "width": [_rho(lambda m, v, part=part: m**2 / (2 - v) - 0.5 * np.log(part(v)))
              for part in (lambda v: v, lambda v: 2 * v, lambda v: 2 - v, lambda v: v / (2 - v),
                           lambda v: (2 - v) / v, lambda v: v**2, lambda v: v**2 * (2 - v),
                           lambda v: v * (1 + v), lambda v: v * (2 + v), lambda v: v + 2 - v**2,
                           lambda v: v * (2 - v)**2, lambda v: v**3 * (2 - v))],
    "both-parts": [_rho(lambda m, v, w=w: m**2 / w(v) - 0.5 * np.log(v * w(v)))
                   for w in (lambda v: 1 + v, lambda v: 2 + v, lambda v: 1 / v - 0.5,
                             lambda v: 2 / v - 1, lambda v: 4 - v, lambda v: 1 - v / 2,
                             lambda v: 2 * (2 - v), lambda v: 2 - np.sqrt(v))],
    "other-density": [saying("is that of the mean of p(z|x) over the posterior, or over another "
                             "density than the one asked for", _rho(function)) for function in (
                          lambda m, v: m**2 / (1 + 2 * v),
                          lambda m, v: 0.5 * np.log(v) - 0.5 * np.log(2 - v))]
    + [saying("is the logarithm of ρ − 1", _of("exact", _log_of_one_less))]}

SUMS = {
    "KL": Sum({"the part with the mean": _summed(lambda m, v: 0.5 * m**2),
               "the part with the variance itself": _summed(lambda m, v: 0.5 * v),
               "the part with the logarithm": _summed(lambda m, v: -0.5 * np.log(v))},
              strays={"a part with the mean that is not squared": _summed(lambda m, v: 0.5 * m),
                      "the squared mean divided by the variance": _summed(
                          lambda m, v: 0.5 * m**2 / v),
                      "1 divided by the variance": _summed(lambda m, v: 0.5 / v),
                      "the square of the variance": _summed(lambda m, v: 0.5 * v**2),
                      "the standard deviation": _summed(lambda m, v: 0.5 * np.sqrt(v))},
              keys={words: "kl" for words in (
                  "the part with the mean", "the part with the variance itself",
                  "the part with the logarithm")}),
    "exact": Sum({"the part with the mean": _summed(lambda m, v: m**2 / (2 - v)),
                  "the part that has the variance alone": _summed(
                      lambda m, v: -0.5 * np.log(v * (2 - v)))},
                 keys={"the part with the mean": "mean-part",
                       "the part that has the variance alone": "width"})}
