"""Of two exercises of lecture 2, the best encoder of a linear model and its gap: mistakes."""
import numpy as np

from .mistakes import saying
from .sums import Sum


def linear_models(rng):
    """Several sizes, Z ≤ D; noise little and much; b = 0 in one; orthogonal rows in one."""
    for (n, d, z), tau2 in (((7, 5, 3), 0.5), ((2, 6, 2), 1.0), ((9, 4, 1), 0.1), ((5, 8, 4), 2.0),
                            ((12, 3, 3), 0.05), ((4, 9, 6), 5.0)):
        W = rng.normal(size=(z, d))
        if n == 12:
            W = np.linalg.qr(W)[0] * np.array([[2.0], [1.0], [0.5]])
        b = (n != 5) * rng.normal(size=d)
        yield {"x": b + rng.normal(size=(n, z)) @ W + tau2**0.5 * rng.normal(size=(n, d)),
               "W": W, "b": b, "tau2": tau2}, {"N": n, "D": d, "Z": z}


def _precision(W, tau2):
    return np.eye(len(W)) + W @ W.T / tau2


def best(x, W, b, tau2, precision=None):
    """The best μ and s, with another precision where one is given."""
    precision = _precision(W, tau2) if precision is None else precision
    return {"mean": (x - b) @ W.T / tau2 @ np.linalg.pinv(precision),
            "logvar": np.broadcast_to(-np.log(np.diag(precision)), (len(x), len(W)))}


def _of_variance(change):
    """The best encoder for the noise variance change(tau2)."""
    return lambda x, W, b, tau2: best(x, W, b, change(tau2))


def _mean(function):
    """A mean made of the linear term and the precision."""
    return lambda x, W, b, tau2: {"mean": function((x - b) @ W.T / tau2, _precision(W, tau2))}


def _mean_from(row):
    """The best mean, with another row in the place of (x − b)/τ²."""
    return lambda x, W, b, tau2: {"mean": row(x, b, tau2) @ W.T @ np.linalg.inv(
        _precision(W, tau2))}


def _logvar(function):
    """A logvar, the same for all examples: function(precision, tau2)."""
    return lambda x, W, b, tau2: {"logvar": np.broadcast_to(
        function(_precision(W, tau2), tau2), (len(x), len(W)))}


def _squares(function):
    """function(W), (Z,), in the place of the squared lengths of W's rows, divided by τ²."""
    return lambda x, W, b, tau2: np.broadcast_to(function(W) / tau2, (len(x), len(W)))


def largest_product(x, W, b, tau2):
    """The largest product of two different rows of W, 0 where they are orthogonal."""
    products = np.abs(W @ W.T - np.diag(np.sum(W**2, axis=1)))
    return np.round(np.max(products), 9)


ENCODER_MISTAKES = {
    "marginal": [_logvar(lambda precision, tau2: np.log(np.diag(np.linalg.inv(precision))))],
    "orthogonal": [_mean(lambda linear, precision: linear / np.diag(precision)),
                   saying("has the diagonal of Λ⁻¹ alone", _mean(
                       lambda linear, precision: linear * np.diag(np.linalg.inv(precision))))],
    "unsolved": [_mean(lambda linear, precision: linear),
                 saying("is multiplied by Λ, not by its inverse",
                        _mean(lambda linear, precision: linear @ precision)),
                 saying("is multiplied by the inverse of Λ twice", _mean(
                     lambda linear, precision: linear @ np.linalg.inv(precision @ precision)))],
    "noise-variance": [
        saying("has no noise variance in it: it is right for τ² = 1 alone",
               _of_variance(np.ones_like)),
        saying("has τ where τ² should be", _of_variance(np.sqrt)),
        saying("has the square of τ² where τ² should be", _of_variance(np.square)),
        saying("is that for 1/τ²: it multiplies by τ² where it should divide",
               _of_variance(lambda tau2: 1 / tau2)),
        *(saying(words, lambda x, W, b, tau2, p=p: {
            "mean": tau2**p * best(x, W, b, tau2)["mean"]}) for words, p in (
                ("is right but for a factor: τ² is lost once, or stands there once too much", 1),
                ("is right but for a factor: a root of τ² is lost, or τ stands there for τ²",
                 0.5), ("is right but for a factor: it is divided by τ² once more", -1),
                ("is right but for a factor: it is divided by τ once more", -0.5)))],
    "prior": [lambda x, W, b, tau2: best(x, W, b, tau2, W @ W.T / tau2)],
    "offset": [lambda x, W, b, tau2: best(x, W, 0 * b, tau2),
               saying("has b added where it should be taken off",
                      lambda x, W, b, tau2: best(x, W, -b, tau2)),
               saying("does not divide b by τ²", _mean_from(lambda x, b, tau2: x / tau2 - b)),
               saying("takes the mean of the batch off, not b",
                      _mean_from(lambda x, b, tau2: (x - x.mean(axis=0)) / tau2))],
    "mean-sign": [lambda x, W, b, tau2: {"mean": -best(x, W, b, tau2)["mean"]}],
    "std": [_logvar(lambda precision, tau2, k=k: -k * np.log(np.diag(precision)))
            for k in (0.5, 2.0)],
    "row": [_logvar(lambda precision, tau2: -np.log(np.abs(precision).sum(axis=1))),
            _logvar(lambda precision, tau2: -np.log(np.abs(precision.sum(axis=1))))],
    "one-for-all": [_logvar(lambda precision, tau2: -np.log(np.diag(precision).mean())),
                    _logvar(lambda precision, tau2: -np.log(np.diag(precision)).mean()),
                    _logvar(lambda precision, tau2: -np.linalg.slogdet(precision)[1]
                            / len(precision)),
                    _logvar(lambda precision, tau2: -np.linalg.slogdet(precision)[1])],
    "noise-alone": [_logvar(lambda precision, tau2: np.log(tau2))],
    "variance": [_logvar(lambda precision, tau2: 1 / np.diag(precision))]}

ENCODER_SUMS = {
    "logvar": Sum(
        {"the prior's part": lambda x, W, b, tau2: np.ones((len(x), len(W))),
         "the data's part": _squares(lambda W: np.sum(W**2, axis=1))},
        strays={"the length of the row of W, not squared,": _squares(
                    lambda W: np.sqrt(np.sum(W**2, axis=1))),
                "the square of the sum of the row of W": _squares(
                    lambda W: np.sum(W, axis=1)**2),
                "the sum of the row of W": _squares(lambda W: np.sum(W, axis=1)),
                "the sum of all squares of W": _squares(
                    lambda W: np.full(len(W), np.sum(W**2))),
                "the squares of W summed over its rows, as if z had D numbers,": _squares(
                    lambda W: np.full(len(W), np.sum(W**2, axis=0).mean()))},
        view=lambda logvar, **case: np.exp(-logvar), of="e to the power of minus ",
        keys={"the prior's part": "prior", "the data's part": "logvar"}),
    "mean": Sum(
        {"the part with x": lambda x, W, b, tau2: best(x, W, 0 * b, tau2)["mean"],
         "the part with b": lambda x, W, b, tau2: best(0 * x, W, b, tau2)["mean"]},
        keys={"the part with b": "offset"})}


# -- two gaps ----------------------------------------------------------------------------------

def correlations(rng):
    """Strong ones, of both signs, and none at all. A weak one has few digits in float32."""
    for n, most in ((6, 0.9), (3, 0.7), (9, 0.95), (12, 0.8), (1, 0.8), (2, 0.95)):
        rho = rng.uniform(0.4, most, size=n) * rng.choice([-1, 1], size=n)
        if n == 9:
            rho[:5] = 0.0, 0.5, -0.5, 0.98, -0.97
        yield {"rho": rho}, {"N": n}


def gap_of(variance, rho):
    """KL of N(0, variance I) from the posterior with correlation rho, in two dimensions."""
    det = 1 - rho**2
    return 0.5 * (2 * variance / det - 2 + np.log(det) - 2 * np.log(variance))


def gaps(rho):
    """(2, N): the gap of the best q, and of the q with variances 1."""
    return np.array([gap_of(1 - rho**2, rho), gap_of(1.0, rho)])


def _best(function):
    return lambda rho: {"best": function(rho)}


def _spreads(function):
    return lambda rho: {"spreads": function(rho)}


def _half_log(det):
    return 0.5 * np.log(det)


GAP_MISTAKES = {
    "not-squared": [_best(lambda rho: -_half_log(1 - np.abs(rho))),
                    _best(lambda rho: -_half_log(1 - rho)),
                    _spreads(lambda rho: 1 / (1 - np.abs(rho)) - 1 + _half_log(1 - np.abs(rho))),
                    _spreads(lambda rho: 1 / (1 - rho) - 1 + _half_log(1 - rho)),
                    saying("has 1 + ρ² where the determinant is another number",
                           _best(lambda rho: -_half_log(1 + rho**2))),
                    saying("has 1 + ρ² where the determinant is another number",
                           _best(lambda rho: _half_log(1 + rho**2)))],
    "other-variance": [
        saying("is that of a q with the root of the best variances",
               _best(lambda rho: gap_of(np.sqrt(1 - rho**2), rho))),
        saying("is that of a q with the square of the best variances",
               _best(lambda rho: gap_of((1 - rho**2)**2, rho))),
        saying("is that of a q with 1 divided by the best variances",
               _best(lambda rho: gap_of(1 / (1 - rho**2), rho))),
        saying("is the gap of the second q", _best(lambda rho: gap_of(1.0, rho))),
        saying("is that of a q with other variances than 1",
               _spreads(lambda rho: gap_of(np.sqrt(1 - rho**2), rho))),
        saying("is that of a q with other variances than 1",
               _spreads(lambda rho: gap_of(1 / (1 - rho**2), rho)))],
    "best": [saying("is the beginning of a power series in ρ: near for weak correlations alone",
                    _best(lambda rho: 0.5 * rho**2)),
             saying("has a term with the variances, which is 0 here, in the place of the "
                    "determinant", _best(lambda rho: rho**2 / (1 - rho**2))),
             saying("has a term with the variances, which is 0 here, in the place of the "
                    "determinant", _best(lambda rho: 0.5 * rho**2 / (1 - rho**2)))],
    "same": [_spreads(lambda rho: -_half_log(1 - rho**2))],
    "precision": [_spreads(lambda rho: -rho**2 + _half_log(1 - rho**2)),
                  saying("has ρ² in the place of the term with the variances", _spreads(
                      lambda rho: rho**2 + _half_log(1 - rho**2)))],
    "no-log": [_spreads(lambda rho: rho**2 / (1 - rho**2))],
    "no-trace": [_spreads(lambda rho: _half_log(1 - rho**2))],
    "one-variance": [_spreads(lambda rho: 0.5 * (rho**2 / (1 - rho**2) + np.log(1 - rho**2)))]}

GAP_SUMS = {
    "best": Sum({"the logarithm of the determinant": lambda rho: -_half_log(1 - rho**2)},
                keys={"the logarithm of the determinant": "best"}),
    "spreads": Sum({"the term with the variances": lambda rho: rho**2 / (1 - rho**2),
                    "the logarithm of the determinant": lambda rho: _half_log(1 - rho**2)},
                   strays={"ρ/(1 − ρ²)": lambda rho: rho / (1 - rho**2),
                           "|ρ|/(1 − ρ²)": lambda rho: np.abs(rho) / (1 - rho**2),
                           "|ρ|/(1 − |ρ|)": lambda rho: np.abs(rho) / (1 - np.abs(rho)),
                           "½ log(1 − |ρ|)": lambda rho: _half_log(1 - np.abs(rho)),
                           "1/(1 − ρ²)²": lambda rho: (1 - rho**2)**-2.0,
                           "ρ² not divided by the determinant": lambda rho: rho**2},
                   keys={"the term with the variances": "trace",
                         "the logarithm of the determinant": "log-det"})}
