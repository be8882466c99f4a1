"""Of two exercises of lecture 2, on bounds from draws: their inputs, their truth, mistakes."""
import numpy as np

from ..distributions import LOG_2PI, bernoulli_log_prob, kl_standard_normal
from .mistakes import saying
from .sums import Sum


def any_prior(rng):
    """Several sizes; ordinary numbers and large ones; one draw, one example, one dimension."""
    for (draws, n, z), spread in (((5, 7, 3), 1.0), ((2, 4, 6), 1.0), ((1, 5, 2), 2.0),
                                  ((8, 9, 1), 1.0), ((3, 1, 5), 3.0), ((20, 6, 4), 1.0)):
        yield {"log_px_given_z": -100 * spread + 5 * spread * rng.normal(size=(draws, n)),
               "log_pz": -2.0 * z + spread * rng.normal(size=(draws, n)),
               **dict(zip(("mean", "logvar"), spread * rng.normal(size=(2, n, z))))}, {
                   "N": n, "Z": z, "L": draws}


def entropy(logvar):
    """The entropy of a diagonal Gaussian: (N, Z) → (N,)."""
    return 0.5 * np.sum(LOG_2PI + 1 + logvar, axis=-1)


def earned(log_px_given_z, log_pz, mean, logvar):
    """The mean of log p(x, z) over the draws."""
    return (log_px_given_z + log_pz).mean(axis=0)


def bound_of_draws(log_px_given_z, log_pz, mean, logvar):
    """The bound of each example, for any prior: two (L, N), two (N, Z) → (N,)."""
    return earned(log_px_given_z, log_pz, mean, logvar) + entropy(logvar)


def _log_mean(terms):
    top = terms.max(axis=0)
    return top + np.log(np.exp(terms - top).mean(axis=0))


def _earning(function):
    """A bound with another number than the mean of log p(x, z), function(log p(x, z))."""
    return lambda log_px_given_z, log_pz, mean, logvar: (
        function(log_px_given_z + log_pz) + entropy(logvar))


def _with_entropy(function):
    return lambda **case: earned(**case) + function(case["logvar"])


def _half_sum(function):
    return lambda log_px_given_z, log_pz, mean, logvar: 0.5 * np.sum(
        function(mean, logvar), axis=-1)


ENTROPY_MISTAKES = {
    "standard": [
        lambda log_px_given_z, log_pz, mean, logvar: (
            log_px_given_z.mean(axis=0) - kl_standard_normal(mean, logvar)),
        lambda log_px_given_z, log_pz, mean, logvar: (
            (log_px_given_z + log_pz).mean(axis=0) - kl_standard_normal(mean, logvar)),
        lambda log_px_given_z, log_pz, mean, logvar: (
            (log_px_given_z + log_pz).mean(axis=0) + entropy(logvar)
            - kl_standard_normal(mean, logvar))],
    "minus": [_with_entropy(lambda logvar: -entropy(logvar))],
    "no-entropy": [earned],
    "no-prior": [lambda log_px_given_z, log_pz, mean, logvar: (
        log_px_given_z.mean(axis=0) + entropy(logvar))],
    "log-mean": [_earning(_log_mean)],
    "sum": [_earning(lambda joint: joint.sum(axis=0)),
            saying("has the first draw alone", _earning(lambda joint: joint[0])),
            saying("has the last draw alone", _earning(lambda joint: joint[-1])),
            saying("has the largest of the draws alone",
                   _earning(lambda joint: joint.max(axis=0))),
            saying("has the median of the draws, not their mean",
                   _earning(lambda joint: np.median(joint, axis=0))),
            saying("is divided by L − 1, one less than there are draws",
                   _earning(lambda joint: joint.sum(axis=0) / max(len(joint) - 1, 1)))],
    "latents": [_with_entropy(lambda logvar: entropy(logvar) / logvar.shape[1]),
                saying("has the mean over all numbers of the batch in the place of the entropy",
                       _with_entropy(lambda logvar: entropy(logvar).mean() / logvar.shape[1]))]}

ENTROPY_SUMS = {"": Sum(
    {"the mean of log p(x|z)": lambda log_px_given_z, **_: log_px_given_z.mean(axis=0),
     "the mean of log p(z)": lambda log_pz, **_: log_pz.mean(axis=0),
     "the entropy": lambda logvar, **_: entropy(logvar),
     "the part of the entropy with logvar": _half_sum(lambda mean, logvar: logvar)},
    strays={"the variance": _half_sum(lambda mean, logvar: np.exp(logvar)),
            "the standard deviation": _half_sum(lambda mean, logvar: np.exp(0.5 * logvar)),
            "the square of mean": _half_sum(lambda mean, logvar: mean**2),
            "the logarithm of the mean of p(x|z)": lambda log_px_given_z, **_: _log_mean(
                log_px_given_z),
            "the logarithm of the mean of p(z)": lambda log_pz, **_: _log_mean(log_pz),
            "p(z) itself": lambda log_pz, **_: np.exp(log_pz).mean(axis=0)},
    keys={"the part of the entropy with logvar": "variance", "the entropy": "half",
          "the mean of log p(z)": "no-prior", "the mean of log p(x|z)": "bound",
          "the logarithm of the mean of p(x|z)": "log-mean",
          "the logarithm of the mean of p(z)": "log-mean"})}


# -- the bound above the evidence --------------------------------------------------------------

def draws(rng):
    """Several sizes; ordinary codes and wide ones; far logits in two cases, and in these an
    example in which all lie far below 0.
    """
    for (n, d, z), spread in (((6, 11, 3), 1.0), ((2, 5, 8), 1.0), ((4, 7, 1), 2.0),
                              ((1, 9, 2), 1.0), ((30, 20, 5), 2.0), ((5, 5, 5), 1.0)):
        far = z in (1, 5) and n < 9
        logits = (100 if far else 3) * spread * rng.normal(size=(n, d))
        if far:
            logits[0] = -8.0 * np.abs(logits[0])
        yield {"x": (rng.random((n, d)) < 0.5).astype(float), "logits": logits,
               **dict(zip(("mean", "logvar"), spread * rng.normal(size=(2, n, z)))),
               "eps": rng.normal(size=(n, z))}, {"N": n, "D": d, "Z": z}


def code_terms(mean, logvar, eps, scale=0.5):
    """log p(z) − log q(z|x) at z = mean + e^(scale · logvar) eps."""
    z = mean + np.exp(scale * logvar) * eps
    return 0.5 * np.sum(logvar + eps**2 - z**2, axis=-1)


def with_pixels(code):
    """log p(x|z) and what a function of (mean, logvar, eps) adds."""
    return lambda x, logits, **q: bernoulli_log_prob(x, logits) + code(**q)


def _code(function):
    """A sum over the dimensions of function(z, mean, logvar, eps), without log p(x|z)."""
    def term(x, logits, mean, logvar, eps):
        return np.sum(function(mean + np.exp(0.5 * logvar) * eps, mean, logvar, eps), axis=-1)
    return term


WEIGHT_MISTAKES = {
    "closed-form": [with_pixels(lambda mean, logvar, eps: -kl_standard_normal(mean, logvar))],
    "at-the-mean": [with_pixels(lambda mean, logvar, eps: 0.5 * np.sum(
        logvar + eps**2 - mean**2, axis=-1))],
    "scale": [with_pixels(lambda scale=scale, **q: code_terms(**q, scale=scale))
              for scale in (1.0, 0.25, 2.0, 0.0, -0.5)]
    + [with_pixels(lambda mean, logvar, eps: code_terms(mean, logvar, -eps)),
       with_pixels(lambda mean, logvar, eps: 0.5 * np.sum(
           logvar + eps**2 - (mean + logvar * eps)**2, axis=-1))],
    "added": [with_pixels(lambda mean, logvar, eps: -0.5 * np.sum(
        2 * LOG_2PI + logvar + eps**2 + (mean + np.exp(0.5 * logvar) * eps)**2, axis=-1))],
    "log-std": [saying("lacks the logvar of log q(z|x): it is not there, or something else "
                       "cancels it", with_pixels(lambda mean, logvar, eps: code_terms(
                           mean, logvar, eps) - 0.5 * logvar.sum(axis=-1))),
                saying("has log σ² where log σ should be", with_pixels(
                    lambda mean, logvar, eps: code_terms(mean, logvar, eps)
                    + 0.5 * logvar.sum(axis=-1)))],
    "distance": [with_pixels(lambda mean, logvar, eps, p=p: code_terms(mean, logvar, eps)
                             + 0.5 * np.sum(eps**2 * np.expm1(p * logvar), axis=-1))
                 for p in (1.0, -1.0, 0.5, -0.5)]
    + [saying("has the same distance in log p(z) and in log q(z|x), so that they cancel",
              with_pixels(lambda mean, logvar, eps: 0.5 * np.sum(logvar, axis=-1)))],
    "no-q": [with_pixels(lambda mean, logvar, eps, c=c: -0.5 * np.sum(
        c + (mean + np.exp(0.5 * logvar) * eps)**2, axis=-1)) for c in (0.0, LOG_2PI)],
    "no-prior": [with_pixels(lambda mean, logvar, eps, c=c: 0.5 * np.sum(
        c + logvar + eps**2, axis=-1)) for c in (0.0, LOG_2PI)]}

WEIGHT_SUMS = {"": Sum(
    {"log p(x|z)": lambda x, logits, **_: bernoulli_log_prob(x, logits),
     "log p(z)": _code(lambda z, mean, logvar, eps: -0.5 * (LOG_2PI + z**2)),
     "the part of log p(z) with z": _code(lambda z, mean, logvar, eps: -0.5 * z**2),
     "the part of log q(z|x) with logvar": _code(lambda z, mean, logvar, eps: 0.5 * logvar),
     "the part of log q(z|x) with eps": _code(lambda z, mean, logvar, eps: 0.5 * eps**2)},
    strays={"the square of mean + eps": _code(
                lambda z, mean, logvar, eps: -0.5 * (mean + eps)**2),
            "z, not squared,": _code(lambda z, mean, logvar, eps: -0.5 * z),
            "the square of z divided by q's variance": _code(
                lambda z, mean, logvar, eps: -0.5 * z**2 * np.exp(-logvar)),
            "eps, not squared,": _code(lambda z, mean, logvar, eps: 0.5 * eps),
            "the square of z divided by the variance": _code(
                lambda z, mean, logvar, eps: 0.5 * z**2 * np.exp(-logvar)),
            "the variance": _code(lambda z, mean, logvar, eps: 0.5 * np.exp(logvar)),
            "the standard deviation": _code(
                lambda z, mean, logvar, eps: 0.5 * np.exp(0.5 * logvar)),
            "the KL, which is the mean of what stands there already,": lambda x, logits, mean,
            logvar, eps: -kl_standard_normal(mean, logvar),
            "a log p(x|z) with another sign of the logits in it": lambda x, logits, **_: np.sum(
                x * logits - np.logaddexp(0, -logits), axis=-1),
            "a log p(x|z) of the white pixels alone": lambda x, logits, **_: np.sum(
                x * (logits - np.logaddexp(0, logits)), axis=-1),
            "a log p(x|z) without its logarithm": lambda x, logits, **_: np.sum(
                x * logits, axis=-1)},
    keys={"the part of log q(z|x) with logvar": "log-std", "log p(z)": "log-w",
          "the part of log q(z|x) with eps": "distance", "the square of mean + eps": "scale",
          "the part of log p(z) with z": "prior-part"})}
