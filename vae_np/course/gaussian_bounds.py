"""Of the exercise on the hidden β: its inputs, the terms of a Gaussian bound, its mistakes."""
import numpy as np

from ..distributions import LOG_2PI, kl_standard_normal, kl_standard_normal_per_dim


def reconstructions(rng):
    """Batches of several sizes; small variances and large ones; one example, one pixel, one code.
    """
    for (n, d, z), tau2 in (((6, 11, 3), 0.5), ((2, 5, 8), 0.03), ((9, 4, 1), 2.0),
                            ((1, 7, 2), 0.2), ((20, 16, 5), 1.0), ((5, 1, 4), 0.1)):
        x_mean = rng.normal(size=(n, d))
        yield {"x": x_mean + tau2**0.5 * rng.normal(size=(n, d)), "x_mean": x_mean, "tau2": tau2,
               "mean": rng.normal(size=(n, z)), "logvar": rng.normal(size=(n, z))}, {
                   "N": n, "D": d, "Z": z}


def squares(x, x_mean, **rest):
    """The squared error of each example."""
    return np.sum((x - x_mean) ** 2, axis=-1)


def log_px(x, x_mean, tau2, **rest):
    """log p(x|z) of each example."""
    return -0.5 * (squares(x, x_mean) / tau2 + x.shape[1] * (LOG_2PI + np.log(tau2)))


def kl(mean, logvar, **rest):
    """The KL of each example."""
    return kl_standard_normal(mean, logvar)


def bound(**case):
    """The bound of each example: x, x_mean (N, D); mean, logvar (N, Z) → (N,)."""
    return log_px(**case) - kl(**case)


def _pixels(function):
    """A bound with another reconstruction, function(squares, D, τ²)."""
    return lambda **case: function(squares(**case), case["x"].shape[1], case["tau2"]) - kl(**case)


def _with_kl(function):
    """A bound with another KL, function(KL, case)."""
    return lambda **case: log_px(**case) - function(kl(**case), case)


def _kl_terms(function):
    """A bound whose KL has another summand, function(mean, logvar)."""
    return lambda mean, logvar, **case: log_px(**case) - np.sum(function(mean, logvar), axis=-1)


CONSTANTS = (lambda d, v: 0.0, lambda d, v: 0.5 * d * (LOG_2PI + np.log(v)))
LOSS_CONSTANTS = (*CONSTANTS, lambda d, v: 0.5 * (LOG_2PI + np.log(v)))

OWN = {
    "constant": [_pixels(f) for f in (
        lambda s, d, v: -s / (2 * v), lambda s, d, v: -s / (2 * v) - 0.5 * d * np.log(v),
        lambda s, d, v: -s / (2 * v) - 0.5 * d * LOG_2PI,
        lambda s, d, v: -s / (2 * v) - 0.5 * (LOG_2PI + np.log(v)),
        lambda s, d, v: -s / (2 * v) - d * (LOG_2PI + np.log(v)),
        lambda s, d, v: -s / (2 * v) - 0.5 * d * LOG_2PI - d * np.log(v),
        lambda s, d, v: -s / (2 * v) - 0.5 * d * LOG_2PI - 0.25 * d * np.log(v),
        lambda s, d, v: -s / (2 * v) - d * LOG_2PI - 0.5 * d * np.log(v),
        lambda s, d, v: -s / (2 * v) - 0.5 * LOG_2PI - 0.5 * d * np.log(v),
        lambda s, d, v: -s / (2 * v) - 0.5 * d * LOG_2PI - 0.5 * np.log(v),
        lambda s, d, v: -s / (2 * v) + 0.5 * d * (LOG_2PI + np.log(v)),
        lambda s, d, v: -s / (2 * v) - 0.5 * d * LOG_2PI + 0.5 * d * np.log(v),
        lambda s, d, v: -s / (2 * v) - 0.5 * d * (LOG_2PI + v),
        lambda s, d, v: -s / (2 * v) - 0.5 * d * (LOG_2PI * v),
        lambda s, d, v: -s / (2 * v) - 0.5 * d * np.log10(2 * np.pi * v),
        lambda s, d, v: -s / (2 * v) - 0.5 * d * LOG_2PI * np.log(v),
        lambda s, d, v: -s / (2 * v) - 392 * (LOG_2PI + np.log(v)))]
    + [lambda count=count, **case: bound(**case) + 0.5 * (LOG_2PI + np.log(case["tau2"])) * (
        case["x"].shape[1] - count(case)) for count in (
            lambda case: len(case["x"]), lambda case: case["x"].size,
            lambda case: case["mean"].shape[1])],
    "pixels": [_pixels(lambda s, d, v, w=w, c=c: -w * s / (d * v**k) - c(d, v))
               for c in LOSS_CONSTANTS for w in (0.5, 1.0) for k in (1,)]
    + [_pixels(lambda s, d, v, w=w, c=c: -w * s / d - c(d, v))
       for c in LOSS_CONSTANTS for w in (0.5, 1.0)]
    + [lambda w=w, k=k, c=c, **case: -w * squares(**case) / (
        case["x"].shape[1] * case["tau2"]**k) - c(case["x"].shape[1], case["tau2"])
       - kl(**case) / case["mean"].shape[1]
       for c in LOSS_CONSTANTS for w in (0.5, 1.0) for k in (0, 1)],
    "variance": [_pixels(lambda s, d, v, w=w, k=k, c=c: -w * s / v**k - c(d, v))
                 for c in CONSTANTS for w, k in ((0.5, 0.5), (0.5, 2), (0.5, 0), (0.5, -1),
                                                 (1, 0), (2, 0), (1, 0.5))]
    + [_pixels(lambda s, d, v: -0.5 * (s / np.exp(v) + d * (LOG_2PI + v))),
       _pixels(lambda s, d, v: -0.5 * (s / np.exp(v) + d * (LOG_2PI + np.log(v))))],
    "scaled": [lambda tau2, **case: 2 * tau2 * bound(tau2=tau2, **case),
               lambda tau2, **case: tau2 * bound(tau2=tau2, **case),
               lambda tau2, **case: -squares(**case) - 2 * tau2 * kl(**case),
               lambda tau2, **case: -0.5 * squares(**case) - tau2 * kl(**case)],
    "floor": [lambda tau2, eps=eps, **case: bound(tau2=tau2 + eps, **case)
              for eps in (0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6)]
    + [lambda tau2, eps=eps, **case: log_px(tau2=tau2, **case) - kl(**case)
       + 0.5 * squares(**case) * (1 / tau2 - 1 / (tau2 + eps))
       for eps in (0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6)],
    "estimated": [lambda tau2, k=k, **case: bound(tau2=k * np.mean(
                      (case["x"] - case["x_mean"]) ** 2), **case) for k in (1, 0.5)]
    + [lambda tau2, x, x_mean, **case: -0.5 * x.shape[1] * (1 + LOG_2PI + np.log(np.mean(
        (x - x_mean) ** 2, axis=-1))) - kl(**case)],
    "sum-first": [lambda x, x_mean, tau2, c=c, **case: -0.5 * np.sum(x - x_mean, axis=-1) ** 2
                  / tau2 - c(x.shape[1], tau2) - kl(**case) for c in CONSTANTS],
    "half": [_pixels(lambda s, d, v, w=w, c=c: -w * s / v - c(d, v))
             for c in CONSTANTS for w in (1.0, 0.25, 2.0)],
    "earned": [_pixels(lambda s, d, v, c=c: s / (2 * v) - c(d, v)) for c in CONSTANTS],
    "weighted": [lambda factor=factor, **case: log_px(**case) - factor(case) * kl(**case)
                 for factor in (
                     lambda case: case["x"].shape[1], lambda case: 1 / case["x"].shape[1],
                     lambda case: 784, lambda case: 1 / 784, lambda case: 2 * case["tau2"],
                     lambda case: case["tau2"], lambda case: 0.5 / case["tau2"],
                     lambda case: 1 / case["tau2"], lambda case: 0.5, lambda case: 2,
                     lambda case: case["x"].shape[1] / 2)]
    + [_pixels(lambda s, d, v: -s)],
    "latents": [lambda **case: log_px(**case) - kl(**case) / case["mean"].shape[1]],
    "batch": [lambda **case: log_px(**case) - kl(**case).sum(),
              lambda **case: log_px(**case) - kl(**case).mean(),
              lambda **case: log_px(**case).mean() - kl(**case),
              lambda **case: log_px(**case).sum() - kl(**case),
              lambda **case: log_px(**case) - kl(**case) - 0.5 / case["tau2"] * (
                  squares(**case).sum() - squares(**case)),
              lambda **case: log_px(**case) - kl(**case) / len(case["x"]),
              lambda **case: log_px(**case) / len(case["x"]) - kl(**case),
              lambda **case: log_px(**case) - kl(**case).mean() / case["mean"].shape[1],
              lambda **case: np.full(len(case["x"]), bound(**case).mean()),
              lambda **case: np.full(len(case["x"]), bound(**case).sum())],
    "no-kl": [lambda **case: log_px(**case), _with_kl(lambda kl, case: -kl)],
    "no-pixels": [lambda **case: -kl(**case)],
    "kl-terms": [_kl_terms(f) for f in (
        lambda m, s: 0.5 * (m**2 + np.exp(s) - s), lambda m, s: 0.5 * (np.exp(s) - 1 - s),
        lambda m, s: 0.5 * (m**2 + np.exp(s) - 1), lambda m, s: 0.5 * (m**2 - 1 - s),
        lambda m, s: 0.5 * (m**2 + np.exp(0.5 * s) - 1 - s),
        lambda m, s: 0.5 * (m**2 + np.exp(2 * s) - 1 - 2 * s),
        lambda m, s: 0.5 * (m + np.exp(s) - 1 - s),
        lambda m, s: 0.5 * (np.abs(m) + np.exp(s) - 1 - s),
        lambda m, s: 0.5 * (m**2 + np.exp(s) - 1 + s),
        lambda m, s: 0.5 * (m**2 + s - 1 - np.log(np.abs(s))),
        lambda m, s: 0.5 * (m**2 * np.exp(-s) + np.exp(-s) - 1 + s),
        lambda m, s: np.maximum(kl_standard_normal_per_dim(m, s), 0.1),
        lambda m, s: np.maximum(kl_standard_normal_per_dim(m, s), 0.5))],
    "absolute": [lambda x, x_mean, tau2, mean, logvar, w=w, k=k, c=c: -w * np.sum(
        np.abs(x - x_mean), axis=-1) / tau2**k - c(x.shape[1], tau2) - kl(mean, logvar)
        for c in CONSTANTS for w in (0.5, 1.0) for k in (0, 0.5, 1)]
    + [_pixels(lambda s, d, v, c=c: -np.sqrt(s) / (2 * v) - c(d, v)) for c in CONSTANTS]}

SAYS = {
    "constant": "has the right squared error and KL, but its term without x is wrong or missing",
    "pixels": "has the squared error divided by D, the number of pixels",
    "variance": "has something else than τ² under the squared error, or nothing",
    "scaled": "is multiplied by τ² or 2τ², or its constant is missing besides",
    "floor": "has a small number added to τ²",
    "estimated": "takes the variance from the errors, and not the one that is handed over",
    "sum-first": "squares a sum over the pixels",
    "half": "has another factor than ½ before the squared error divided by τ²",
    "earned": "rises with the squared error",
    "weighted": "has a weight on the KL",
    "latents": "has the KL divided by Z, the number of latent dimensions",
    "batch": "has a term that is not the example's own, but the batch's",
    "no-kl": "has the KL added, or not at all",
    "no-pixels": "has no log p(x|z) in it",
    "kl-terms": "has another KL than that of the code from N(0, I)",
    "absolute": "has an error that is not squared"}

HINTS = {
    "constant": ("Integrate yours over x for one pixel: is it a density? Which term of the normal "
                 "log-density has no x in it, and how often does it occur?", "gaussian"),
    "pixels": ("The pixels are independent, so their log-densities are added. Section 4 says "
               "which variance a mean over them has chosen.", "hidden-beta"),
    "variance": ("By what is a squared error divided in the normal log-density? `tau2` is the "
                 "variance itself.", "gaussian"),
    "scaled": ("Multiplying by 2τ² moves no maximum over the weights. But is the result in nats, "
               "and may it be compared with another model's?", "hidden-beta"),
    "floor": ("A variance that is handed over is positive. What does a number added to it do to "
              "the log-density?", "gaussian"),
    "estimated": ("Whose variance is asked for: the model's, which is given, or the best one for "
                  "these errors?", "best-variance"),
    "sum-first": ("Two errors of opposite sign: do they cancel in a log-density?", "gaussian"),
    "half": ("Which factor stands before the squared error in the normal log-density, and what "
             "does another one say of the variance?", "hidden-beta"),
    "earned": ("Is a reconstruction better if its error is larger?", "gaussian"),
    "weighted": ("Compare with minus the bound of section 4: which factor has the KL there, once "
                 "log p(x|z) stands in full?", "hidden-beta"),
    "latents": ("The dimensions of the code are added, as the pixels are. An average of them is a "
                "weight.", "hidden-beta"),
    "batch": ("An example earns its own log p(x|z) and pays its own KL. Over which axis is each "
              "sum?", "hidden-beta"),
    "no-kl": ("What does the code cost, and is a cost added or taken off?", "hidden-beta"),
    "no-pixels": ("The KL is what the code costs. What does it bring?", "gaussian"),
    "kl-terms": ("The given lines for the KL were right: which of its four terms has changed?",
                 "hidden-beta"),
    "absolute": ("Which power of the error stands in the normal log-density?", "gaussian"),
    "sign": ("Is the bound asked for, which is raised, or the loss, which is its negative?",
             "hidden-beta"),
    "shape": ("One number for each example: over which axis is each of the sums?", "gaussian"),
    "bound": ("Two terms. Write log p(x|z) as the normal log-density with the variance tau2, and "
              "take the KL off.", "hidden-beta")}
