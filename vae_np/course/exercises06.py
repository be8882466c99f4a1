"""The exercises of lecture 6: likelihoods."""
import numpy as np

from ..distributions import LOG_2PI, sigmoid
from . import four_likelihoods, gaussian_bounds
from .answers import exercise
from .forms import Form
from .learned_variances import decoders, learned, nothing
from .mistakes import saying

# -- 1. a backward -----------------------------------------------------------------------------


def shared_variances(x, a, logvar):
    """log N(x; sigmoid(a), diag e^logvar): x, a (N, D), logvar (D,) → (N,), nats."""
    return -0.5 * np.sum(LOG_2PI + logvar + (x - sigmoid(a)) ** 2 * np.exp(-logvar), axis=-1)


def _faces(rng):
    """Several sizes; slopes from above that are all 1, or 2; one image, one pixel; x 0 or 1."""
    for (n, d), spread in (((7, 5), 1.0), ((2, 9), 1.0), ((12, 4), 1.5), ((5, 1), 1.0),
                           ((1, 6), 1.0), ((9, 3), 1.5), ((4, 8), 1.0)):
        x, a, logvar = rng.random((n, d)), *(spread * rng.normal(size=s) for s in ((n, d), d))
        if n == 7:
            a[:2, 0], logvar[:3] = (5.5, -7.0), (0.0, -4.5, 4.5)
        yield {"d_out": np.full(n, 1.0 + (n == 4)) if n in (4, 9) else rng.normal(size=n),
               "x": np.round(x) if n == 12 else x, "a": a, "logvar": logvar}, {"N": n, "D": d}


def _a_slope(chain=lambda a, m: m * (1 - m), power=1.0, mean=sigmoid, error=lambda e: e):
    """The slope in a, with one of its factors replaced."""
    def slope(d_out, x, a, logvar):
        return {"a": d_out[:, None] * error(x - mean(a)) * np.exp(-power * logvar)
                * chain(a, sigmoid(a))}
    return slope


def _s_slope(terms=lambda square: 0.5 * (square - 1), power=1.0, mean=sigmoid,
             error=lambda e: e**2, after=lambda logvar: 1.0):
    """The slope in logvar, with one of its pieces replaced."""
    def slope(d_out, x, a, logvar):
        square = error(x - mean(a)) * np.exp(-power * logvar)
        return {"logvar": np.sum(d_out[:, None] * terms(square), axis=0) * after(logvar)}
    return slope


def _both_slopes(**case):
    return {**_a_slope()(**case), **_s_slope()(**case)}


def _of_upstream(change):
    """The slopes in logvar with another use of the slopes from above."""
    def slope(d_out, x, a, logvar):
        square = (x - sigmoid(a)) ** 2 * np.exp(-logvar)
        return {"logvar": np.sum(change(d_out[:, None], square), axis=0)}
    return slope


exercise(
    "shared-variances", 6, "shared_variances_backward", cases=_faces, forward=shared_variances,
    form=Form(names=("a", "logvar")), truth=_both_slopes, label="gaussian-gradient",
    praise="both gradients agree with ours",
    first="one pixel, −½[s + (x − m)² e^−s] with m = sigmoid(a): differentiate in m, then go on "
          "from m to a; differentiate in s, then ask how many images share s.",
    default={"a": "a", "logvar": "logvar"},
    says={"chain": "has another factor than the sigmoid's derivative",
          "logit": "has another mean than sigmoid(a)",
          "power": "has another power of the variance in it",
          "two-terms": "has one of its two terms wrong, or lacks it",
          "square": "has another power of the error in it",
          "variance": "is the slope in the variance or in the standard deviation, not in logvar",
          "itself": "takes logvar itself for the variance",
          "floor": "has a small number added to the variance",
          "one-for-all": "has a sum or a mean over the pixels in it",
          "upstream": "has the slope from above in one of its terms alone, or a wrong one",
          "mean-of-batch": "is a mean over the examples"},
    own={"chain": [_a_slope(chain) for chain in (
             lambda a, m: 1.0, lambda a, m: m, lambda a, m: 1 - m, lambda a, m: 1 - m**2,
             lambda a, m: a * (1 - a), lambda a, m: (m * (1 - m)) ** 2, lambda a, m: m**2,
             lambda a, m: 1 - a**2, lambda a, m: 1 / (m * (1 - m)), lambda a, m: np.exp(-a),
             lambda a, m: m * (1 + m), lambda a, m: 1 - np.tanh(a) ** 2, lambda a, m: a)],
         "logit": [_a_slope(mean=lambda a: a), _a_slope(lambda a, m: 1.0, mean=lambda a: a),
                   _a_slope(mean=lambda a: 1 - sigmoid(a)), _a_slope(mean=np.tanh),
                   _s_slope(mean=lambda a: a), _s_slope(mean=np.tanh),
                   _s_slope(mean=lambda a: 1 - sigmoid(a))],
         "power": [_a_slope(power=power) for power in (0.5, 0.0, -1.0, 2.0, -0.5, 1.5)]
         + [_s_slope(power=power) for power in (0.5, 0.0, -1.0, 2.0, -0.5)],
         "square": [_a_slope(error=np.abs), _a_slope(error=np.square), _a_slope(error=np.sign),
                    _s_slope(error=np.abs), _s_slope(error=lambda e: e),
                    _s_slope(error=lambda e: e, power=0.5), _s_slope(error=np.abs, power=0.5)],
         "two-terms": [_s_slope(terms) for terms in (
             lambda q: 0.5 * q, lambda q: -0.5 + 0 * q, lambda q: 0.5 * q - 1, lambda q: q - 0.5,
             lambda q: 0.5 * (q + 1), lambda q: -0.5 * (q + 1), lambda q: q, lambda q: -0.5 * q,
             lambda q: q - 1 - 0.5 * q + 0.25, lambda q: 0.25 * q - 0.5)]
         + [lambda d_out, x, a, logvar, k=k: {
             "logvar": _s_slope()(d_out, x, a, logvar)["logvar"] - k * np.sum(d_out) * logvar}
            for k in (0.5, -0.5, 1.0)]
         + [saying("takes the ½ off once, not once for each example and times what comes from "
                   "above", lambda d_out, x, a, logvar: {"logvar": _s_slope(lambda q: 0.5 * q)(
                       d_out, x, a, logvar)["logvar"] - 0.5})],
         "variance": [_s_slope(after=lambda logvar: np.exp(-logvar)),
                      _s_slope(after=lambda logvar: 2 * np.exp(-0.5 * logvar)),
                      _s_slope(after=lambda logvar: np.exp(-0.5 * logvar)),
                      _s_slope(after=lambda logvar: np.exp(logvar))],
         "upstream": [_of_upstream(change) for change in (
             lambda d, q: 0.5 * (d * q - 1), lambda d, q: 0.5 * (q - d),
             lambda d, q: 0.5 * d**2 * (q - 1), lambda d, q: 0.5 * np.mean(d) * (q - 1),
             lambda d, q: 0.5 * np.sum(d) * (q - 1), lambda d, q: 0.5 * np.abs(d) * (q - 1))]
         + [lambda d_out, **rest: _a_slope()(d_out=change(d_out), **rest) for change in (
             np.square, np.abs, lambda d: 0 * d + np.mean(d), lambda d: 0 * d + np.sum(d))],
         "itself": [lambda d_out, x, a, logvar: {"a": _a_slope(power=0.0)(
                        d_out, x, a, logvar)["a"] / logvar},
                    lambda d_out, x, a, logvar: {"logvar": np.sum(0.5 * d_out[:, None] * (
                        (x - sigmoid(a)) ** 2 / logvar - 1), axis=0)}],
         "floor": [lambda d_out, x, a, logvar, eps=eps: {
             "a": _a_slope()(d_out, x, a, np.log(np.exp(logvar) + eps))["a"],
             "logvar": _s_slope()(d_out, x, a, np.log(np.exp(logvar) + eps))["logvar"]}
                   for eps in (0.1, 0.01, 1e-3, 1e-4, 1e-5)],
         "one-for-all": [
             lambda logvar, k=k, **case: {"logvar": 0 * logvar + np.sum(_s_slope()(
                 logvar=logvar, **case)["logvar"]) / k(case["x"])}
             for k in (lambda x: 1, lambda x: x.shape[1], lambda x: x.size)]
         + [lambda d_out, x, a, logvar: {"logvar": np.sum(0.5 * d_out[:, None] * (np.sum(
             (x - sigmoid(a)) ** 2 * np.exp(-logvar), axis=1, keepdims=True) - 1), axis=0)
             + 0 * logvar}],
         "mean-of-batch": [lambda d_out, **rest: {
             "logvar": _s_slope()(d_out, **rest)["logvar"] / len(d_out)}]},
    hints={
        "chain": ("m = sigmoid(a) lies between the slope in m and the slope in a. What is its "
                  "derivative, in terms of m?", "gaussian-gradient"),
        "logit": ("Which number is compared with x: what the network puts out, or the mean that "
                  "comes of it?", "gaussian-gradient"),
        "power": ("`logvar` is the logarithm of the variance. By what is the squared error "
                  "divided, and what does differentiating in m or in s leave of it?", "gaussian"),
        "square": ("Differentiate the square once in the mean; in s it stays a square.",
                   "gaussian-gradient"),
        "two-terms": ("Two terms of the log-density contain s. Differentiate each, with the ½ "
                      "that stands before both.", "gaussian-gradient"),
        "variance": ("s is a logarithm. What does the derivative of e^−s in s look like?",
                     "gaussian-gradient"),
        "itself": ("What must be done with a logarithm before one can divide by what it is the "
                   "logarithm of?", "gaussian"),
        "floor": ("e^logvar is positive by itself. What does a number added to it change where "
                  "the variance is small?", "gaussian"),
        "one-for-all": ("Each pixel has a logvar of its own: which axis is summed, and which one "
                        "is kept?", "gaussian-gradient"),
        "upstream": ("By the chain rule every term of every slope is multiplied by what comes "
                     "from above, the number of its own example.", "gaussian-gradient"),
        "mean-of-batch": ("One logvar serves every image. Do the slopes of something that is used "
                          "N times add up, or are they averaged?", "gaussian-gradient"),
        "shape": ("logvar has one number for each pixel, and so has its slope. What happens to "
                  "the slopes of an input that all images share?", "gaussian-gradient"),
        "sign": ("Does the log-density rise or fall when the mean comes nearer to x? And is it "
                 "the log-density that is asked for, or its negative?", "gaussian-gradient"),
        "a": ("Three factors after the slope from above: the error, one over the variance, and "
              "the way from m to a.", "gaussian-gradient"),
        "logvar": ("Write −½[s + (x − m)² e^−s] down and differentiate its two terms in s; then "
                   "sum over the images.", "gaussian-gradient")})


# -- 2. four data sets -------------------------------------------------------------------------

exercise(
    "four-data-sets", 6, "log_probs", cases=four_likelihoods.four_data_sets,
    form=Form(names=("switches", "heights", "visits", "letters")), truth=four_likelihoods.truth,
    label="normalised", praise="four likelihoods, each the one that fits, with all their terms",
    words={part: f"log p of the {part}" for part in ("switches", "heights", "visits", "letters")},
    first="for each data set: which values may come? Over these the probabilities sum to 1, or "
          "the density integrates to 1. That leaves one of the four rows of section 1 for each.",
    default={part: part for part in ("switches", "heights", "visits", "letters")},
    own=four_likelihoods.OWN, says=four_likelihoods.SAYS, hints=four_likelihoods.HINTS)


# -- 3. the variances that a run learns --------------------------------------------------------

exercise(
    "learned-variances", 6, "predict_variances", cases=decoders, truth=learned(),
    label="best-variance", words={"": "the variance"},
    praise="the mean squared error at drawn codes, their own spread included",
    first="the slope of the bound in σ_d² is 0 where σ_d² is the mean of (x_d − μ_d(z))² over the "
          "examples and over z from q. And z = mean + e^(½ logvar) ε: what is the mean of that "
          "square?",
    default={"": "variance"}, features={"the variance of the codes": lambda logvar, **rest: np.exp(
        logvar)},
    says={"at-the-mean": "is that of the code's mean, without the spread of the codes",
          "spread-alone": "has the spread of the codes alone, without the errors",
          "std": "has another thing than the variance of the codes in it",
          "mean-log": "averages logvar before it takes the exponential",
          "cross": "adds the spread of the codes to the error before it squares",
          "no-square": "has the weights W not squared",
          "correlated": "squares a sum over the dimensions of the code",
          "prior": "has codes from the prior in it",
          "bias": "takes the mean off the errors first, or squares the mean error",
          "one-for-all": "is one variance for all pixels",
          "offset": "does not take b off, or not as it should",
          "data": "is the spread of the data themselves",
          "weight": "has the spread of the codes with another factor",
          "absolute": "has errors that are not squared",
          "log": "is the logarithm of the variance"},
    own={"at-the-mean": [learned(codes=nothing)],
         "spread-alone": [learned(errors=lambda e: 0.0)],
         "mean-log": [learned(codes=lambda s, W: np.exp(np.mean(s, axis=0)) @ W**2)],
         "std": [learned(codes=codes) for codes in (
             lambda s, W: np.exp(0.5 * s) @ W**2, lambda s, W: s @ W**2,
             lambda s, W: np.exp(2 * s) @ W**2, lambda s, W: np.exp(-s) @ W**2,
             lambda s, W: s**2 @ W**2, lambda s, W: np.exp(0.5 * s) @ np.abs(W))]
         + [lambda x, W, b, mean, logvar: np.mean((x - mean @ W - b) ** 2 + (
             k * np.exp(logvar) + mean**2) @ W**2, axis=0) for k in (0, 1)],
         "cross": [lambda x, W, b, mean, logvar, part=part: np.mean((
             part(x - mean @ W - b) + np.sqrt(np.exp(logvar) @ W**2)) ** 2, axis=0)
                   for part in (np.abs, lambda e: e)]
         + [lambda x, W, b, mean, logvar, k=k, sign=sign: np.mean((
             x - (mean + sign * np.exp(k * logvar)) @ W - b) ** 2, axis=0)
            for k in (0.5, 1) for sign in (1, -1)],
         "no-square": [learned(codes=lambda s, W: np.exp(s) @ W),
                       learned(codes=lambda s, W: np.exp(s) @ np.abs(W)),
                       learned(codes=lambda s, W: np.sum(np.exp(s), axis=1, keepdims=True)),
                       learned(codes=lambda s, W: np.exp(0.5 * s) @ W)],
         "correlated": [learned(codes=lambda s, W: (np.exp(0.5 * s) @ W) ** 2),
                        learned(codes=lambda s, W: (np.exp(0.5 * s) @ np.abs(W)) ** 2),
                        learned(codes=lambda s, W: (np.exp(s) @ W) ** 2),
                        learned(codes=lambda s, W: (np.exp(s) @ W**2) ** 2)],
         "prior": [learned(codes=lambda s, W: np.sum(W**2, axis=0)),
                   learned(codes=lambda s, W: np.sum(W**2, axis=0), mean=0.0)],
         "bias": [learned(errors=lambda e: np.var(e, axis=0)),
                  learned(errors=lambda e: np.mean(e, axis=0) ** 2),
                  learned(errors=lambda e: np.var(e, axis=0), codes=nothing),
                  learned(errors=lambda e: np.mean(e, axis=0) ** 2, codes=nothing)],
         "one-for-all": [lambda **case: np.full(case["x"].shape[1], learned()(**case).mean()),
                         lambda **case: np.full(case["x"].shape[1], learned()(**case).sum())],
         "offset": [learned(offset=0.0), learned(offset=-1.0),
                    learned(offset=0.0, codes=nothing), learned(mean=-1.0),
                    learned(mean=0.0)],
         "data": [lambda x, **rest: np.var(x, axis=0), lambda x, **rest: np.mean(x**2, axis=0),
                  lambda x, b, **rest: np.mean((x - b) ** 2, axis=0)],
         "weight": [learned(codes=lambda s, W, k=k: k * np.exp(s) @ W**2)
                    for k in (0.5, 2.0, -1.0, 0.25)]
         + [learned(codes=lambda s, W: len(s) * np.exp(s) @ W**2),
            learned(codes=lambda s, W: np.exp(s) @ W**2 / len(s)),
            learned(codes=lambda s, W: np.exp(s) @ W**2 / len(W)),
            learned(errors=lambda e: np.sum(e**2, axis=0))],
         "absolute": [learned(errors=lambda e: np.mean(np.abs(e), axis=0)),
                      learned(errors=lambda e: np.mean(np.abs(e), axis=0), codes=nothing)],
         "log": [lambda **case: np.log(learned()(**case))]},
    hints={
        "at-the-mean": ("The bound asks for codes that are drawn from q. What is the mean of a "
                        "square around a point that is not its mean?", "best-variance"),
        "spread-alone": ("At the mean code, is the reconstruction perfect?", "best-variance"),
        "mean-log": ("Is the mean of e^s over the examples the exponential of the mean of s?",
                     "best-variance"),
        "std": ("How far does pixel d move when dimension j of the code moves by one standard "
                "deviation? Square that.", "best-variance"),
        "no-square": ("How far does pixel d move when dimension j of the code moves by one "
                      "standard deviation? Square that, the weight included.", "best-variance"),
        "correlated": ("The dimensions are drawn independently. Which squares add up, and which "
                       "products have the mean 0?", "best-variance"),
        "cross": ("A draw moves the code up or down. What is the mean of the product of the error "
                  "and the noise?", "best-variance"),
        "prior": ("From which density are the codes of the bound drawn?", "best-variance"),
        "bias": ("A pixel that is 0.3 too dark in every image has a squared error. Does a "
                 "variance around the mean error see it?", "best-variance"),
        "one-for-all": ("Each pixel has a variance of its own here. Over what is the mean taken, "
                        "and over what not?", "best-variance"),
        "offset": ("What does the decoder put out for the code z? All three pieces of it.",
                   "best-variance"),
        "data": ("The codes explain a part of the data. What is left for the variance?",
                 "best-variance"),
        "weight": ("Write z = mean + e^(½ logvar) ε into the error, square it, and take the mean "
                   "over ε. Then the mean over the examples, of both terms.", "best-variance"),
        "absolute": ("Which number does the slope in s compare with the variance?",
                     "gaussian-gradient"),
        "log": ("The network would put out the logarithm; asked for is the variance.",
                "gaussian-gradient"),
        "average": ("Over what is the mean taken: examples and draws. What is summed?",
                    "best-variance"),
        "approximate": ("Predict, do not measure: the mean over the draws has a formula.",
                        "best-variance"),
        "variance": ("Two terms: the squared error at the code's mean, and what the spread of the "
                     "codes adds.", "best-variance")})


# -- 4. the hidden β ---------------------------------------------------------------------------

exercise(
    "dead-codes", 6, "bound", cases=gaussian_bounds.reconstructions,
    truth=lambda **case: gaussian_bounds.bound(**case), label="hidden-beta",
    terms={"log p(x|z)": lambda **case: gaussian_bounds.log_px(**case),
           "the KL": lambda **case: -gaussian_bounds.kl(**case)},
    praise="a log-density with its variance and its constant, minus the KL, with no weight",
    first="𝓛 = log p(x|z) − KL, with log p(x|z) = −½ Σ_d [log 2πτ² + (x_d − m_d)²/τ²].",
    default={"": "bound"}, words={"": "the bound"}, own=gaussian_bounds.OWN,
    says=gaussian_bounds.SAYS, hints=gaussian_bounds.HINTS)
