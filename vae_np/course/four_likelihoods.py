"""Of the exercise on four data sets: its inputs, the four log-likelihoods, their mistakes."""
import math

import numpy as np

from ..distributions import LOG_2PI, log_sum_exp, sigmoid, softplus

CLIPS = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 1e-16, 1e-20)


def log_factorial(counts):
    """log x! of each number."""
    return np.vectorize(lambda x: math.lgamma(x + 1), otypes=[float])(counts)


def four_data_sets(rng):
    """Several sizes. `a` of up to 7 and down to −60; scores of ±1000 in one case."""
    for (n, d, c), spread in (((6, 5, 4), 1.0), ((2, 7, 3), 1.0), ((9, 3, 6), 2.0),
                              ((1, 4, 5), 1.0), ((4, 1, 4), 1.0), ((5, 8, 2), 2.5),
                              ((12, 6, 5), 1.0)):
        a = spread * rng.normal(size=(n, d))
        if n in (9, 5):
            a[:2, 0] = -60.0, 7.0
        scores = spread * rng.normal(size=(n, d, c))
        if n == 4:
            scores[:3, 0, :2] = (1000.0, 1000.0), (1000.0, -1000.0), (-1000.0, 30.0)
        switches = (rng.random((n, d)) < 0.5).astype(float)
        if n in (9, 5):
            switches[0, 0] = 1.0
        logvar = spread * rng.normal(size=(n, d))
        visits = rng.poisson(np.exp(a)) + rng.integers(0, 4, size=(n, d))
        letters = rng.integers(0, c, size=(n, d))
        if n in (9, 5):
            visits[1, 0] = 0
        if n == 4:
            letters[1, 0] = 1
        yield {"switches": switches, "heights": 3 * spread * rng.normal(size=(n, d)),
               "visits": visits, "letters": letters, "a": a, "s": logvar,
               "scores": scores}, {"N": n, "D": d}


def chosen(letters, scores):
    """The score of the letter that occurred, (N, D)."""
    return np.take_along_axis(scores, letters[..., None], axis=-1)[..., 0]


def normal(x, mean, logvar):
    """log N(x; mean, e^logvar), summed over pixels."""
    return -0.5 * np.sum(LOG_2PI + logvar + (x - mean) ** 2 * np.exp(-logvar), axis=-1)


def truth(switches, heights, visits, letters, a, s, scores):
    """{data set: log p of each example, nats, (N,)}."""
    return {"switches": np.sum(switches * a - softplus(a), axis=-1),
            "heights": normal(heights, a, s),
            "visits": np.sum(visits * a - np.exp(a) - log_factorial(visits), axis=-1),
            "letters": np.sum(chosen(letters, scores) - log_sum_exp(scores, axis=-1)[0], axis=-1)}


def _of(part, function):
    """The mistake of one data set, as a function of all arguments."""
    def mistaken(a, s, scores, **data):
        pixels = function(data[part], scores if part == "letters" else a, s)
        return {part: np.sum(pixels, axis=-1)}
    return mistaken


def _clipped(clip):
    def cost(x, a, s):
        p = np.clip(sigmoid(a), clip, 1 - clip)
        return x * np.log(p) + (1 - x) * np.log1p(-p)

    def added(x, a, s):
        return x * np.log(sigmoid(a) + clip) + (1 - x) * np.log(1 - sigmoid(a) + clip)
    return [_of("switches", cost), _of("switches", added)]


def _pixelwise(x, mean, logvar):
    return -0.5 * (LOG_2PI + logvar + (x - mean) ** 2 * np.exp(-logvar))


def _poisson(x, rate):
    return x * np.log(rate) - rate - log_factorial(x)


def _clipped_letters(clip):
    def cost(y, scores, s):
        shares = log_sum_exp(scores, axis=-1)[1]
        return np.log(np.clip(chosen(y, shares), clip, None))
    return [_of("letters", cost),
            _of("letters", lambda y, scores, s: np.log(
                chosen(y, log_sum_exp(scores, axis=-1)[1]) + clip))]


def _over(axes):
    """The softmax over another axis than that of the letters."""
    def letters(letters, scores, **rest):
        top = scores.max(axis=axes, keepdims=True)
        total = top + np.log(np.exp(scores - top).sum(axis=axes, keepdims=True))
        return {"letters": np.sum(chosen(letters, scores - total), axis=-1)}
    return letters


def _squares(part, mean):
    """Squared errors, with a factor, and with the normal density's constant."""
    return [_of(part, lambda x, a, s, w=w, c=c: c - w * (x - mean(a)) ** 2)
            for w in (0.5, 1.0, 2.0) for c in (0.0, -0.5 * LOG_2PI)]


def _log_p(letters, scores):
    return chosen(letters, scores) - log_sum_exp(scores, axis=-1)[0]


def _same(a):
    return a


OWN = {
    "switch-term": [_of("switches", f) for f in (
        lambda x, a, s: x * a, lambda x, a, s: -softplus(a), lambda x, a, s: x * -softplus(-a),
        lambda x, a, s: (1 - x) * -softplus(a), lambda x, a, s: x * a - softplus(-a),
        lambda x, a, s: x * a + softplus(a), lambda x, a, s: (2 * x - 1) * a - softplus(a),
        lambda x, a, s: x * a - np.maximum(a, 0),
        lambda x, a, s: -x * softplus(-a) + (1 - x) * softplus(a))],
    "inverted": [_of("switches", lambda x, a, s: (1 - x) * a - softplus(a)),
                 _of("switches", lambda x, a, s: -x * a - softplus(a))],
    "clipped": [f for clip in CLIPS for f in _clipped(clip)]
    + [f for clip in CLIPS for f in _clipped_letters(clip)],
    "squared": _squares("switches", sigmoid) + _squares("switches", _same)
    + _squares("heights", _same) + _squares("visits", np.exp) + _squares("visits", _same),
    "normal": [_of("switches", lambda x, a, s: _pixelwise(x, a, s)),
               _of("switches", lambda x, a, s: _pixelwise(x, sigmoid(a), s)),
               _of("visits", lambda x, a, s: _pixelwise(x, a, s)),
               _of("visits", lambda x, a, s: _pixelwise(x, np.exp(a), s)),
               _of("visits", lambda x, a, s: _pixelwise(x, np.exp(a), a))],
    "half": [_of("heights", f) for f in (
        lambda x, a, s: -0.5 * (LOG_2PI + s) - (x - a) ** 2 * np.exp(-s),
        lambda x, a, s: -0.5 * LOG_2PI - s - 0.5 * (x - a) ** 2 * np.exp(-s),
        lambda x, a, s: -0.5 * s - (x - a) ** 2 * np.exp(-s),
        lambda x, a, s: -s - 0.5 * (x - a) ** 2 * np.exp(-s),
        lambda x, a, s: -0.5 * LOG_2PI - 0.25 * s - 0.5 * (x - a) ** 2 * np.exp(-s))],
    "no-log": [_of("heights", lambda x, a, s, c=c: -0.5 * (c + (x - a) ** 2 * np.exp(-s)))
               for c in (0.0, LOG_2PI)],
    "scatter": [_of("heights", lambda x, a, s, k=k, c=c: _pixelwise(x, a, k * s) + c)
                for k in (2.0, 0.5, -1.0) for c in (0.0, 0.5 * LOG_2PI)]
    + [_of("heights", lambda x, a, s, k=k, c=c: -0.5 * (c + s + (x - a) ** 2 * np.exp(-k * s)))
       for k in (0.5, 2.0, 0.0, -1.0) for c in (0.0, LOG_2PI)]
    + [_of("heights", lambda x, a, s, f=f: -0.5 * (LOG_2PI + f(s) + (x - a) ** 2 * np.exp(-s)))
       for f in (np.negative, np.exp, np.abs)],
    "no-square": [_of("heights", lambda x, a, s, f=f, k=k: -0.5 * (
        LOG_2PI + s + f(x - a) * np.exp(-k * s))) for f in (np.abs, _same) for k in (0.5, 1)],
    "squashed": [_of("heights", lambda x, a, s, f=f: _pixelwise(x, f(a), s))
                 for f in (sigmoid, np.exp, np.tanh, softplus, lambda a: np.maximum(a, 0))],
    "constant-once": [lambda heights, a, s, **rest: {
        "heights": normal(heights, a, s) + 0.5 * LOG_2PI * (heights.shape[1] - 1)}],
    "factorial": [_of("visits", f) for f in (
        lambda x, a, s: x * a - np.exp(a), lambda x, a, s: x * a - np.exp(a) + log_factorial(x),
        lambda x, a, s: x * a - np.exp(a) - log_factorial(np.maximum(x - 1, 0)),
        lambda x, a, s: x * a - np.exp(a) - log_factorial(x + 1),
        lambda x, a, s: x * a - np.exp(a) - np.log(np.maximum(x, 1)),
        lambda x, a, s: x * a - np.exp(a) - (x * np.log(np.maximum(x, 1)) - x))]
    + [lambda visits, a, **rest: {"visits": np.sum(visits * a - np.exp(a), axis=-1)
                                  - log_factorial(visits.sum(axis=-1))}],
    "rate": [_of("visits", lambda x, a, s, f=f: _poisson(x, f(a))) for f in (
        softplus, np.abs, lambda a: np.exp(-a), lambda a: np.exp(2 * a),
        lambda a: np.exp(0.5 * a), sigmoid)]
    + [_of("visits", lambda x, a, s, clip=clip: _poisson(x, np.maximum(a, clip)))
       for clip in CLIPS]
    + [_of("visits", lambda x, a, s, clip=clip, low=low: x * a - log_factorial(x)
           - np.exp(np.clip(a, -low * clip, clip))) for clip in (1, 2, 3, 4, 5, 6)
       for low in (1, 100)]
    + [_of("visits", f) for f in (
        lambda x, a, s: x * a - log_factorial(x), lambda x, a, s: x * a,
        lambda x, a, s: x * a + np.exp(a) - log_factorial(x),
        lambda x, a, s: x * a - a - log_factorial(x),
        lambda x, a, s: x * np.exp(a) - np.exp(a) - log_factorial(x),
        lambda x, a, s: a - np.exp(a) - log_factorial(x),
        lambda x, a, s: -np.exp(a) - log_factorial(x))],
    "two-values": [_of("visits", lambda x, a, s: x * a - softplus(a)),
                   _of("visits", lambda x, a, s: x * a - softplus(a) - log_factorial(x)),
                   _of("visits", lambda x, a, s: np.minimum(x, 1) * a - softplus(a))],
    "no-sum": [_of("letters", lambda y, a, s: chosen(y, a)),
               _of("letters", lambda y, a, s: chosen(y, a) - a.max(axis=-1)),
               _of("letters", lambda y, a, s: chosen(y, a) - a.sum(axis=-1)),
               _of("letters", lambda y, a, s: chosen(y, a) - a.mean(axis=-1)),
               _of("letters", lambda y, a, s: -log_sum_exp(a, axis=-1)[0])],
    "other-axis": [_over(axes) for axes in (0, 1, (1, 2), (0, 1, 2), (0, 2))],
    "shifted": [_of("letters", lambda y, a, s: _log_p((y - 1) % a.shape[-1], a)),
                _of("letters", lambda y, a, s: _log_p((y + 1) % a.shape[-1], a)),
                _of("letters", lambda y, a, s: _log_p(np.minimum(y + 1, a.shape[-1] - 1), a)),
                _of("letters", lambda y, a, s: _log_p(np.maximum(y - 1, 0), a)),
                _of("letters", lambda y, a, s: _log_p(a.shape[-1] - 1 - y, a)),
                _of("letters", lambda y, a, s: _log_p(np.zeros_like(y), a)),
                _of("letters", lambda y, a, s: _log_p(np.argmax(a, axis=-1), a))],
    "no-logarithm": [_of("letters", lambda y, a, s: np.exp(_log_p(y, a))),
                     lambda letters, scores, **rest: {
                         "letters": np.exp(_log_p(letters, scores).sum(axis=-1))},
                     lambda letters, scores, **rest: {
                         "letters": np.log(np.exp(_log_p(letters, scores)).sum(axis=-1))}],
    "log-mean": [_of("letters", lambda y, a, s: _log_p(y, a) + np.log(a.shape[-1])),
                 _of("letters", lambda y, a, s: _log_p(y, a) - np.log(a.shape[-1])),
                 _of("letters", lambda y, a, s: _log_p(y, a) / a.shape[-1])],
    "many-switches": [
        _of("letters", lambda y, a, s: chosen(y, a) - softplus(a).sum(axis=-1)),
        _of("letters", lambda y, a, s: -softplus(-chosen(y, a)))]}

SAYS = {
    "switch-term": "lacks a term, or has a wrong one",
    "inverted": "has 0 and 1 exchanged, in one of its terms or in both",
    "clipped": "goes through a probability that is clipped, or to which a small number is added",
    "squared": "is a squared error",
    "normal": "is a normal density",
    "half": "has another factor than ½ before one of its terms",
    "no-log": "lacks the term with the logarithm of the variance",
    "scatter": "has something else in the place of the variance e^s, in one of its terms or more",
    "no-square": "has the error itself where its square belongs",
    "squashed": "has a mean that is not `a`",
    "constant-once": "has log 2π of one pixel alone",
    "factorial": "has the term with x! wrong, or not at all",
    "rate": "has something else in the place of the rate e^a, in one of its terms or in both",
    "two-values": "is that of a pixel that is 0 or 1, which cannot be 2",
    "no-sum": "has something else in the place of the log-sum-exp, or lacks one of the two terms",
    "other-axis": "has its probabilities sum to 1 over another axis than that of the letters",
    "shifted": "looks at the score of another letter",
    "no-logarithm": "has probabilities where their logarithms belong",
    "log-mean": "has the number of letters in it",
    "many-switches": "has probabilities that do not sum to 1 over the letters"}

HINTS = {
    "switch-term": ("Both values must have a probability, and the two must sum to 1. What does "
                    "yours give for x = 0 and for x = 1, with a = 0?", "normalised"),
    "inverted": ("With a large `a`, which of the two values is the likely one?", "grey-pixels"),
    "clipped": ("What does an event cost that the network holds to be nearly impossible? Section "
                "2 has the cap. Can the logarithm be had without the probability?", "normalised"),
    "squared": ("A squared error becomes a log-density only with a variance and a constant, and "
                "it is right for one kind of data alone. Which one?", "hidden-beta"),
    "normal": ("Can these data take every value between two of theirs? Sum your probabilities "
               "over all the values that they can take: section 1.", "normalised"),
    "half": ("Which terms of the normal log-density has the ½ in front? Try one pixel with a "
             "variance of 4.", "gaussian"),
    "no-log": ("A wide density is a low one: integrate yours over x, with two variances. Section "
               "1 says what must come out.", "gaussian"),
    "scatter": ("`s` is the logarithm of what? And in which two places of the normal log-density "
                "does that stand?", "gaussian"),
    "no-square": ("How does the normal log-density fall off with the distance from the mean?",
                  "gaussian"),
    "squashed": ("May a height below sea level come? Then which numbers may the mean be?",
                 "gaussian"),
    "constant-once": ("Every pixel has a density of its own. How often does its constant occur in "
                      "the sum?", "gaussian"),
    "factorial": ("For a rate of 1 the probabilities of 0, 1, 2, … must sum to 1: do yours? Which "
                  "term has no `a` in it?", "poisson"),
    "rate": ("The mean of a count is positive, and `a` may be any number. How does a rate come of "
             "it, and in which two terms does the rate stand?", "poisson"),
    "two-values": ("How likely is a count of 2, or of 10, under yours? Sum over all counts.",
                   "poisson"),
    "no-sum": ("The probabilities of all letters must sum to 1. By what is the exponential of a "
               "score divided, and what does the logarithm make of it?", "categorical"),
    "other-axis": ("Of what are the probabilities to sum to 1: of the letters, the pixels or the "
                   "examples? Which axis of `scores` is that?", "categorical"),
    "shifted": ("The letters are numbered from 0, and the one that occurred counts.",
                "categorical"),
    "no-logarithm": ("Pixels are independent: what happens to their probabilities, and what to "
                     "the logarithms of these?", "categorical"),
    "log-mean": ("With equal scores, what is the probability of each of C letters? What does "
                 "yours say?", "categorical"),
    "many-switches": ("Exactly one letter occurs. Do your probabilities of all the letters sum to "
                      "1?", "categorical"),
    "nonfinite": ("Look for the exponential of a large score, or the logarithm of a probability "
                  "that is rounded to 0. What may be taken out of a log-sum-exp?", "categorical"),
    "switches": ("0 or 1, and `a` is a logit: which likelihood is that, and what are its two "
                 "terms?", "normalised"),
    "heights": ("A measured number, with a mean and a variance of its own for each entry.",
                "gaussian"),
    "visits": ("Counts, without an upper limit: which likelihood gives each of them a "
               "probability?", "poisson"),
    "letters": ("One of C kinds, with a score for each: what is the probability of a kind?",
                "categorical")}
