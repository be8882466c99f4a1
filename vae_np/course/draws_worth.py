"""What draws are worth: the exercise of lecture 9 on the effective sample size, its mistakes."""
import numpy as np

from .forms import Finding


def spread_weights(rng):
    """Ordinary logarithms; far below and above what exp can do; columns far from each other. All
    are multiples of 1/1024, which float32 holds exactly.
    """
    for k, n, centre, spread in ((6, 4, 0.0, 1.0), (50, 3, -3000.0, 3.0), (9, 7, 2000.0, 2.0),
                                 (20, 5, 0.0, 1.0), (2, 6, 2.0, 1.5), (30, 2, -50.0, 2.0),
                                 (15, 8, 0.0, 40.0)):
        shift = np.linspace(-1500.0, 1500.0, n) if k == 20 else 0.0
        log_weights = centre + shift + spread * rng.normal(size=(k, n))
        yield {"log_weights": np.round(1024 * log_weights) / 1024}, {"L": k, "N": n}


def _weights(log_weights):
    """Relative to the largest of each column."""
    return np.exp(log_weights - log_weights.max(axis=0))


def _ess(w):
    return np.sum(w, axis=0) ** 2 / np.sum(w**2, axis=0)


def worth_of(log_weights):
    ess, k = _ess(_weights(log_weights)), len(log_weights)
    return {"ess": ess, "stderr": np.sqrt((k / ess - 1) / (k - 1))}


def _of(part, *functions):
    """Own mistakes: functions of (w, K, log w), w relative to the largest of the column."""
    return [lambda log_weights, function=function: {part: function(
        _weights(log_weights), len(log_weights), log_weights)} for function in functions]


def _shares(w):
    return w / np.sum(w, axis=0)


def _entropy(w):
    return -np.sum(_shares(w) * np.log(_shares(w)), axis=0)


def _relative(w, ddof=0):
    return np.std(w, axis=0, ddof=ddof) / np.mean(w, axis=0)


def weights_of_zero(call, rng):
    log_weights = np.round(1024 * rng.normal(-900.0, 1.0, size=(8, 4))) / 1024
    log_weights[2:5, 1] = -np.inf
    yours, right = call({"log_weights": log_weights}), worth_of(log_weights)
    for part, words in (("ess", "the effective sample size"), ("stderr", "the standard error")):
        if not np.allclose(yours[part], right[part], rtol=1e-5):
            raise Finding("some-zero", f"where three of eight weights are 0, their logarithms −∞, "
                          f"{words} should be {right[part][1]:.6g}, yours is "
                          f"{yours[part][1]:.6g}.")


SAYS = {
    "not-squared": "has the sum of the weights, not its square, above the line",
    "unscaled": "changes when all weights are multiplied by one number",
    "logs": "is made of the logarithms, not of the weights",
    "perplexity": "is made of the entropy of the weights' shares, another measure",
    "largest": "is 1 over the share of the largest weight, another measure",
    "count": "is the number of draws, whatever the weights are",
    "sample-variance": "is K/(1 + relative variance), with K − 1 in that variance",
    "deviation": "has the relative standard deviation where its square belongs",
    "upside-down": "is that of the weights' reciprocals",
    "batch": "mixes the examples",
    "n": "has K where K − 1 belongs",
    "twice-off": "takes 1 off K twice",
    "other-n": "is divided by the root of another number than K − 1",
    "one-over-ess": "lacks the −1 after K/ESS: equal weights would have an error too",
    "bias": "is the mean error of the logarithm, half the relative variance",
    "inverted": "has ESS/K where K/ESS belongs", "plus-one": "has + 1 where − 1 belongs",
    "absolute": "is not divided by the mean weight",
    "one-draw": "is that of one weight, not of a mean of K",
    "root-k": "is divided by another power of the number of draws"}

OWN = {
    "not-squared": _of("ess", lambda w, k, a: w.sum(axis=0) / np.sum(w**2, axis=0)),
    "unscaled": _of("ess", lambda w, k, a: np.sum(w**2, axis=0),
                    lambda w, k, a: np.sum(w**2, axis=0) / w.sum(axis=0),
                    lambda w, k, a: w.sum(axis=0)**2, lambda w, k, a: w.mean(axis=0)**2,
                    lambda w, k, a: k * w.sum(axis=0) / np.sum(w**2, axis=0),
                    lambda w, k, a: (w.sum(axis=0) / np.sum(w**2, axis=0))**2,
                    lambda w, k, a: np.exp(a).sum(axis=0),
                    lambda w, k, a: np.exp(a).sum(axis=0) / np.sum(np.exp(2 * a), axis=0),
                    lambda w, k, a: k / (1 + np.var(w, axis=0)),
                    lambda w, k, a: k / (1 + np.var(w, axis=0, ddof=1))),
    "logs": _of("ess", lambda w, k, a: _ess(a), lambda w, k, a: _ess(a - a.max(axis=0)),
                lambda w, k, a: k / (1 + np.var(a, axis=0)), lambda w, k, a: _ess(np.abs(a)))
    + _of("stderr", *(lambda w, k, a, d=d, p=p: np.std(a, axis=0, ddof=d) / k**p
                      for d in (0, 1) for p in (0.5, 0.0)),
          *(lambda w, k, a, d=d: _relative(a, d) / np.sqrt(k) for d in (0, 1))),
    "perplexity": _of("ess", lambda w, k, a: np.exp(_entropy(w)), lambda w, k, a: _entropy(w)),
    "largest": _of("ess", lambda w, k, a: w.sum(axis=0)),
    "count": _of("ess", lambda w, k, a: k * np.ones(w.shape[1])),
    "sample-variance": _of("ess", lambda w, k, a: k / (1 + _relative(w, 1)**2)),
    "deviation": _of("ess", lambda w, k, a: k / (1 + _relative(w)),
                     lambda w, k, a: w.sum(axis=0) / np.sqrt(np.sum(w**2, axis=0))),
    "upside-down": _of("ess", lambda w, k, a: _ess(_weights(-a))),
    "batch": _of("ess", lambda w, k, a: np.full(w.shape[1], _ess(np.exp(a - a.max()).ravel())),
                 lambda w, k, a: np.full(w.shape[1], _ess(w.ravel())),
                 lambda w, k, a: _ess(w.sum(axis=1, keepdims=True)) * np.ones(w.shape[1]),
                 lambda w, k, a: _ess(_weights(a.sum(axis=1, keepdims=True))) * np.ones(
                     w.shape[1])),
    "n": _of("stderr", lambda w, k, a: _relative(w) / np.sqrt(k)),
    "twice-off": _of("stderr", lambda w, k, a: _relative(w, 1) / np.sqrt(k - 1)),
    "other-n": _of("stderr", lambda w, k, a: _relative(w) / np.sqrt(k + 1),
                   lambda w, k, a: _relative(w) / np.sqrt(w.shape[1]),
                   lambda w, k, a: _relative(w) / np.sqrt(_ess(w)),
                   lambda w, k, a: _relative(w, 1) / np.sqrt(_ess(w)),
                   lambda w, k, a: _relative(w) / np.sqrt(_ess(w) - 1)),
    "bias": _of("stderr", lambda w, k, a: 0.5 * _relative(w)**2 / (k - 1),
                lambda w, k, a: 0.5 * _relative(w)**2 / k, lambda w, k, a: 0.5 * _relative(w)**2),
    "inverted": _of("stderr", lambda w, k, a: np.sqrt((1 - _ess(w) / k) / (k - 1)),
                    lambda w, k, a: np.sqrt((k - _ess(w)) / (k - 1)),
                    lambda w, k, a: np.sqrt((1 - _ess(w) / k) / k)),
    "plus-one": _of("stderr", lambda w, k, a: np.sqrt((k / _ess(w) + 1) / (k - 1)),
                    lambda w, k, a: np.sqrt((k / _ess(w) + 1) / k)),
    "one-over-ess": _of("stderr", lambda w, k, a: 1 / np.sqrt(_ess(w)),
                        lambda w, k, a: np.sqrt(k / _ess(w) / (k - 1)),
                        lambda w, k, a: 1 / _ess(w), lambda w, k, a: np.sqrt(k / _ess(w))),
    "absolute": _of("stderr", *(lambda w, k, a, d=d, p=p: np.std(w, axis=0, ddof=d) / k**p
                                for d in (0, 1) for p in (0.5, 0.0)),
                    *(lambda w, k, a, d=d: np.std(_shares(w), axis=0, ddof=d) / np.sqrt(k)
                      for d in (0, 1)),
                    *(lambda w, k, a, d=d: np.std(np.exp(a), axis=0, ddof=d) / np.sqrt(k)
                      for d in (0, 1))),
    "one-draw": _of("stderr", lambda w, k, a: _relative(w), lambda w, k, a: _relative(w, 1),
                    lambda w, k, a: _relative(w)**2, lambda w, k, a: _relative(w, 1)**2),
    "root-k": _of("stderr", lambda w, k, a: _relative(w, 1) / k, lambda w, k, a: _relative(w) / k,
                  lambda w, k, a: _relative(w) / (k - 1), lambda w, k, a: _relative(w)**2 / k)}

HINTS = {
    "not-squared": ("Multiply all weights by 10. The number of useful draws must stay as it is: "
                    "does yours?", "ess"),
    "unscaled": ("The weights are known only up to a factor, since p(x) is not known. The number "
                 "of useful draws must not depend on it.", "ess"),
    "logs": ("A draw counts by its weight. What is stored here is the weight's logarithm.", "ess"),
    "perplexity": ("There are several ways to say how unequal weights are. Which one has the "
                   "lecture, made of two sums?", "ess"),
    "largest": ("Not the largest weight alone counts: two sums are needed, of the weights and of "
                "their squares.", "ess"),
    "count": ("If one weight is far larger than all others, how many draws does the mean rest "
              "on?", "ess"),
    "sample-variance": ("Take K = 2 and the weights 1 and 0. How many draws are useful, and what "
                        "does your line say? The two sums of the definition know no K − 1.",
                        "ess"),
    "deviation": ("Squares stand above and below the line: which of them is lost in yours?",
                  "ess"),
    "upside-down": ("Which draw should count most, that with the largest weight or that with the "
                    "smallest?", "ess"),
    "batch": ("Each column is an example with draws of its own. Over which axis do the sums run?",
              "ess"),
    "shape": ("One number for each example: which axis is summed, and which one stays?", "ess"),
    "nonfinite": ("The exponential of −3000 is 0 in a float, that of 2000 is infinite, and 0/0 is "
                  "no number. A common factor of all weights of an example may be taken out: "
                  "which one?", "ess"),
    "range": ("A clip or a floor changes some of the weights. Nothing has to be clipped if the "
              "largest one is taken out first.", "ess"),
    "some-zero": ("A weight of 0 adds nothing to a sum, and counts in K.", "ess"),
    "ess": ("Two sums over the draws: of the weights, and of their squares. Which of them is "
            "squared again?", "ess"),
    "n": ("A variance that is estimated from K numbers is divided by one less, and that of their "
          "mean has a K-th of it. Where did the one go?", "ess"),
    "twice-off": ("A variance that is estimated from K numbers is divided by K − 1. That of their "
                  "mean is a K-th of it: by what is it divided?", "ess"),
    "other-n": ("How many numbers are averaged? The effective sample size is in the variance of "
                "one weight already.", "ess"),
    "one-over-ess": ("If all weights are equal, ESS is K. How large is the error then?", "ess"),
    "plus-one": ("If all weights are equal, ESS is K. How large is the error then?", "ess"),
    "bias": ("That says how far the logarithm lies from the truth on average. How far does it "
             "scatter?", "importance-gap"),
    "inverted": ("Should the error grow or fall when fewer of the draws are useful?", "ess"),
    "absolute": ("The logarithm's error is a *relative* error: of the mean weight, divided by "
                 "what?", "importance-gap"),
    "one-draw": ("The variance of a mean of K numbers is a K-th of the variance of one.",
                 "proposal-draws"),
    "root": ("A standard error has the unit of the number that it belongs to; a variance has its "
             "square.", "ess"),
    "root-k": ("Which power of K divides a variance of a mean, and which one its root?",
               "proposal-draws"),
    "stderr": ("Begin with the relative variance of one weight, K/ESS minus something; then the "
               "mean's; then the root.", "ess")}
