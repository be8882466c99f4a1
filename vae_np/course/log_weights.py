"""The batch inside the log-sum-exp: the exercise of lecture 9 on a silent bug, its mistakes."""
import numpy as np

from ..distributions import log_sum_exp


def densities(rng):
    """Several sizes, one with K = N; one draw; log-densities as large as those of images."""
    for k, n, centre in ((7, 4, -3.0), (30, 5, -150.0), (6, 6, -90.0), (1, 3, -5.0),
                         (12, 9, -800.0), (4, 1, -20.0), (50, 2, -2000.0)):
        log_pz, log_qz = -3 + rng.normal(size=(k, n)), 1 + rng.normal(size=(k, n))
        shift = np.linspace(-1500.0, 1500.0, n) if k == 12 else 10 * rng.normal(size=n)
        yield {"log_px_given_z": centre + 2 * rng.normal(size=(k, n)) + shift,
               "log_pz": log_pz, "log_qz": log_qz}, {"L": k, "N": n}


def log_w_of(log_px_given_z, log_pz, log_qz, px=1, pz=1, qz=-1):
    return px * log_px_given_z + pz * log_pz + qz * log_qz


def _lse(log_w):
    return log_sum_exp(log_w)[0]


def estimate_of(log_w):
    return _lse(log_w) - np.log(len(log_w))


def _signs(*combinations):
    return [lambda signs=signs, **case: estimate_of(log_w_of(**case, **dict(
        zip(("px", "pz", "qz"), signs)))) for signs in combinations]


def _made(*functions):
    """Own mistakes: functions of log w (K, N)."""
    return [lambda function=function, **case: function(log_w_of(**case)) for function in functions]


def _everywhere(number, log_w):
    return np.full(log_w.shape[1], number)


def _joint(log_w):
    return log_w.sum(axis=1)


SAYS = {
    "no-k": "is the logarithm of a sum over the draws, not of a mean",
    "other-n": "has another number in the place of K, or K at another place",
    "batch": "has more than one example under one logarithm",
    "shared": "is the same for every example: the mean or the sum over the batch",
    "mean-of-logs": "is the mean of the logarithms: the bound, whatever K is",
    "sum-of-logs": "is the sum of the logarithms over the draws",
    "median": "is the median of the logarithms",
    "normal": "is made of the mean and the variance of the logarithms",
    "alone": "has p(x|z) alone", "reciprocal": "is that of 1/w",
    "apart": "has the means of the factors, one by one, in the place of the mean of the product",
    "shares": "is a mean of the logarithms, each weighted by its share",
    "sign-of-px": "has log p(x|z) with the wrong sign",
    "no-q": "has no q(z|x) in it", "no-prior": "has no prior in it",
    "no-px": "has no p(x|z) in it", "q-added": "has log q(z|x) with a plus",
    "prior-sign": "has log p(z) with a minus", "all-turned": "has log q(z|x) − log p(z) turned",
    "twice": "counts one of the three densities twice or by half",
    "largest": "has the largest weight alone", "top": "lacks what was taken out of the sum",
    "log-missing": "has no logarithm after the mean of the weights"}

OWN = {
    "no-k": _made(_lse),
    "other-n": _made(lambda a: _lse(a) + np.log(len(a)), lambda a: _lse(a) - np.log(a.shape[1]),
                     lambda a: _lse(a) - len(a), lambda a: _lse(a) / len(a),
                     lambda a: estimate_of(a) - np.log(len(a)), lambda a: _lse(a) - np.log(a.size),
                     lambda a: _lse(a) - np.log2(len(a)), lambda a: estimate_of(a) / len(a),
                     lambda a: _lse(a) - np.log(max(len(a) - 1, 1))),
    "batch": _made(*(lambda a, number=number: _everywhere(number(a), a) for number in (
        lambda a: _lse(_joint(a)) / a.shape[1], lambda a: estimate_of(_joint(a)) / a.shape[1],
        lambda a: _lse(_joint(a)), lambda a: estimate_of(_joint(a)),
        lambda a: _lse(_joint(a)) / a.shape[1] - np.log(len(a)),
        lambda a: _lse(_joint(a)) / len(a), lambda a: estimate_of(_joint(a)) / len(a),
        lambda a: _lse(a.mean(axis=1)), lambda a: estimate_of(a.mean(axis=1)),
        lambda a: _lse(a.ravel()), lambda a: estimate_of(a.ravel()),
        lambda a: _lse(a.ravel()) - np.log(len(a)),
        lambda a: _lse(a.ravel()) - np.log(a.shape[1])))),
    "shared": _made(lambda a: _everywhere(estimate_of(a).mean(), a),
                    lambda a: _everywhere(estimate_of(a).sum(), a)),
    "mean-of-logs": _made(lambda a: a.mean(axis=0)),
    "sum-of-logs": _made(lambda a: a.sum(axis=0), lambda a: a.sum(axis=0) - np.log(len(a))),
    "median": _made(lambda a: np.median(a, axis=0)),
    "normal": _made(lambda a: a.mean(axis=0) + 0.5 * a.var(axis=0),
                    lambda a: a.mean(axis=0) + a.var(axis=0),
                    lambda a: a.mean(axis=0) + 0.5 * a.var(axis=0, ddof=min(1, len(a) - 1))),
    "sign-of-px": _signs((-1, 1, -1), (-1, 1, 1)) + [
        lambda **case: -estimate_of(log_w_of(**case, px=-1)),
        lambda **case: -estimate_of(log_w_of(**case, px=-1, pz=-1, qz=1))],
    "all-turned": _signs((1, -1, 1)),
    "no-q": _signs((1, 1, 0)), "no-prior": _signs((1, 0, -1)), "alone": _signs((1, 0, 0)),
    "reciprocal": _signs((-1, -1, 1)),
    "apart": [lambda log_px_given_z, log_pz, log_qz, made=made: made(
        log_px_given_z, log_pz, log_qz) for made in (
            lambda x, z, q: estimate_of(x) + estimate_of(z) - estimate_of(q),
            lambda x, z, q: estimate_of(x + z) - estimate_of(q),
            lambda x, z, q: x.mean(axis=0) + estimate_of(z - q),
            lambda x, z, q: estimate_of(x + z) - q.mean(axis=0),
            lambda x, z, q: estimate_of(x) + np.mean(z - q, axis=0),
            lambda x, z, q: estimate_of(x) + estimate_of(z - q))],
    "shares": _made(lambda a: np.sum(log_sum_exp(a)[1] * a, axis=0)),
    "no-px": _signs((0, 1, -1)), "q-added": _signs((1, 1, 1), (1, 0, 1)),
    "prior-sign": _signs((1, -1, -1)),
    "twice": _signs((1, 1, -2), (1, 2, -1), (2, 1, -1), (1, 1, -0.5), (1, 0.5, -1), (0.5, 1, -1)),
    "largest": _made(lambda a: a.max(axis=0), lambda a: a.max(axis=0) - np.log(len(a))),
    "top": _made(lambda a: estimate_of(a) - a.max(axis=0),
                 lambda a: estimate_of(a) - 2 * a.max(axis=0),
                 lambda a: estimate_of(a) - a.mean(axis=0), lambda a: _lse(a) - a.max(axis=0)),
    "log-missing": _made(lambda a: np.exp(estimate_of(a)), lambda a: np.exp(a).sum(axis=0),
                         lambda a: np.exp(a).mean(axis=0) * a.max(axis=0),
                         lambda a: np.mean(np.exp(a - a.max(axis=0)), axis=0),
                         lambda a: np.mean(np.exp(a - a.max(axis=0)), axis=0) + a.max(axis=0),
                         lambda a: np.sum(np.exp(a - a.max(axis=0)), axis=0) + a.max(axis=0))}

_WEIGHT = ("The weight is p(x|z) p(z) / q(z|x). What becomes of a product and of a quotient under "
           "the logarithm?", "importance-weighted")
_ONE = ("Take one example out of the batch. May the numbers of the others change?",
        "importance-weighted")
_FIRST = ("Which comes first, the mean or the logarithm? Yours does not rise towards log p(x) "
          "with more draws.", "more-draws")

HINTS = {
    "no-k": ("Five equal draws say no more than one. Does your number stay where it is when every "
             "draw is there five times?", "importance-weighted"),
    "other-n": ("Let all weights be equal, and K be 10. Which number should come out, and which "
                "one does?", "importance-weighted"),
    "batch": _ONE, "shared": _ONE,
    "shape": ("Which of the two axes is summed under the logarithm, and which one is not touched?",
              "importance-weighted"),
    "mean-of-logs": ("Which comes first, the mean or the logarithm? Yours is the bound, and more "
                     "draws do not raise it.", "more-draws"),
    "sum-of-logs": ("The weights are added, under the logarithm. What are you adding?",
                    "importance-weighted"),
    "median": _FIRST,
    "normal": ("That is right for weights of one kind alone. For any weights: the mean first, "
               "then the logarithm.", "importance-weighted"),
    "sign-of-px": ("Is it a log-density that was handed to you, or its negative, a loss?",
                   "importance-weighted"),
    "no-q": ("Draws come from q, not from the prior. Where does that enter the weight?",
             "importance-weighted"),
    "no-prior": ("p(x, z) is a product of two densities. Which one is missing?",
                 "importance-weighted"),
    "alone": ("The draws come from q, and p(x, z) is a product. Which two densities are missing?",
              "importance-weighted"),
    "reciprocal": ("Was a log-density handed to you, or its negative? And which densities stand "
                   "above the line?", "importance-weighted"),
    "apart": ("The mean of a product is not the product of the means. What is w of one draw?",
              "importance-weighted"),
    "shares": _FIRST,
    "no-px": ("Where does the example itself enter the weight?", "importance-weighted"),
    "q-added": _WEIGHT, "prior-sign": _WEIGHT, "all-turned": _WEIGHT, "twice": _WEIGHT,
    "largest": ("One draw alone is left of K. What of the others?", "importance-weighted"),
    "top": ("A factor was taken out of the sum so that nothing overflows. Where does its "
            "logarithm go?", "importance-weighted"),
    "log-missing": ("log p(x) is asked for, in nats. After which step is the logarithm taken?",
                    "importance-weighted"),
    "nonfinite": ("The exponential of −2000 is 0 in a float. What can be taken out of the sum "
                  "first, for each example its own?", "importance-weighted"),
    "range": ("A floor or a clip changes weights. Nothing has to be clipped if the largest "
              "logarithm is taken out first.", "importance-weighted"),
    "formula": ("Write log w for one draw of one example; then the mean over its draws; then the "
                "logarithm.", "importance-weighted")}
