"""The K that halves the gap: the exercise of lecture 9 on the law for many draws, its mistakes."""
import numpy as np

from .mistakes import saying


def ratios(rng):
    """Wide and narrow proposals; one, or several codes; one code at 1 beside others."""
    for n, z, share in ((5, 3, 0.5), (2, 5, 0.1), (8, 1, 0.05), (12, 2, 0.01), (4, 4, 0.3),
                        (3, 8, 0.2), (6, 1, 0.9)):
        ratio = rng.uniform(1.4, 3.0, size=(n, z))
        if z > 2:
            ratio[:, 0] = rng.uniform(0.76, 0.9, size=n)
            ratio[0, 1] = 1.0
        yield {"ratio": ratio, "share": share}, {"N": n, "Z": z}


def _gap(ratio):
    return 0.5 * np.sum(ratio - 1 - np.log(ratio), axis=-1)


def _reverse(ratio):
    return 0.5 * np.sum(1 / ratio - 1 + np.log(ratio), axis=-1)


def _rho(ratio):
    return np.prod(ratio / np.sqrt(2 * ratio - 1), axis=-1)


def draws_needed(ratio, share):
    return np.array([_gap(ratio), (_rho(ratio) - 1) / (2 * share * _gap(ratio))])


def _with(*rhos):
    """Own mistakes in ρ: functions of the ratios."""
    return [lambda ratio, share, rho=rho: {"draws": (rho(ratio) - 1) / (
        2 * share * _gap(ratio))} for rho in rhos]


def _draws_as(*functions):
    """Own mistakes in K: functions of (ρ, the gap, share)."""
    return [lambda ratio, share, function=function: {"draws": function(
        _rho(ratio), _gap(ratio), share)} for function in functions]


def _gap_as(*functions):
    """Own mistakes in the gap: functions of the ratios, one number for each code."""
    return [lambda ratio, share, function=function: {"gap": function(ratio).sum(axis=-1)}
            for function in functions]


SAYS = {
    "reverse": "is the KL of the posterior from q, the other way round",
    "law-at-one": "is the law for large K, taken at K = 1",
    "gap": "lacks a term of the KL between the two Gaussians, or has one wrong",
    "std": "takes the ratio for one of standard deviations, or its square root for it",
    "proportional": "is what the law gives if it held from the first draw on",
    "minus-one": "has ρ where ρ − 1 belongs, or another number taken off",
    "share": "has the share at another place, or not at all",
    "product": "adds or averages over the codes what must be multiplied",
    "roots": "has a root too many in ρ, or too few",
    "rho": "has another ρ",
    "exponential": "has the exponential of a KL for ρ",
    "other-gap": "divides by something else than the gap of one draw",
    "no-gap": "does not divide by the gap of one draw"}

OWN = {
    "reverse": [lambda ratio, share: {"gap": _reverse(ratio)}],
    "law-at-one": [lambda ratio, share: {"gap": 0.5 * (_rho(ratio) - 1)},
                   lambda ratio, share: {"gap": _rho(ratio) - 1},
                   lambda ratio, share: {"gap": np.log(_rho(ratio))},
                   lambda ratio, share: {"gap": 0.5 * np.log(_rho(ratio))}],
    "gap": _gap_as(lambda r: 0.5 * (r - np.log(r)), lambda r: 0.5 * (r - 1 + np.log(r)),
                   lambda r: 0.5 * (r - 1), lambda r: -0.5 * np.log(r),
                   lambda r: 0.5 * np.log(r), lambda r: 0.5 * (r - 1) - np.log(r),
                   lambda r: r - 1 - 0.5 * np.log(r), lambda r: 0.5 * (r - 2 - np.log(r)),
                   lambda r: 0.5 * (r + 1 - np.log(r)), lambda r: 0.5 * (-1 - np.log(r)),
                   lambda r: 0.5 * (r - 1 - r * np.log(r)), lambda r: r - 1 + np.log(r),
                   lambda r: 0.5 * (1 / r - 1 - np.log(r)), lambda r: 0.5 * (r - 1)**2,
                   lambda r: 0.25 * (r - 1)**2, lambda r: r - np.log(r)),
    "std": _gap_as(lambda r: 0.5 * (r**2 - 1 - 2 * np.log(r)),
                   lambda r: 0.5 * (r**0.5 - 1 - 0.5 * np.log(r)),
                   lambda r: 0.5 * (r**2 - 1 - np.log(r)),
                   lambda r: 0.5 * (r - 1 - 2 * np.log(r)))
    + _with(lambda r: _rho(r**2), lambda r: _rho(np.maximum(r**0.5, 0.51))),
    "roots": _with(lambda r: np.prod(r / (2 * r - 1), axis=-1), lambda r: _rho(r)**2,
                   lambda r: np.sqrt(_rho(r)), lambda r: np.prod(r * np.sqrt(2 * r - 1), axis=-1),
                   lambda r: np.prod(np.sqrt(r / (2 * r - 1)), axis=-1)),
    "other-gap": [lambda ratio, share, gap=gap: {"draws": (_rho(ratio) - 1) / (
        2 * share * gap(ratio))} for gap in (
            _reverse, lambda r: _gap(r)**2, lambda r: 1 / _gap(r),
            lambda r: np.exp(_gap(r)), lambda r: np.sqrt(_gap(r)))],
    "proportional": _draws_as(lambda rho, gap, share: 1 / share + 0 * rho,
                              lambda rho, gap, share: 0.5 / share + 0 * rho,
                              lambda rho, gap, share: 2.0 + 0 * rho),
    "minus-one": _draws_as(lambda rho, gap, share: rho / (2 * share * gap),
                           lambda rho, gap, share: (rho + 1) / (2 * share * gap),
                           lambda rho, gap, share: rho / (share * gap),
                           lambda rho, gap, share: (1 - rho) / (2 * share * gap)),
    "share": _draws_as(lambda rho, gap, share: (rho - 1) / (2 * gap),
                       lambda rho, gap, share: share * (rho - 1) / (2 * gap),
                       lambda rho, gap, share: (rho - 1) / (2 * (1 - share) * gap),
                       lambda rho, gap, share: (rho - 1) / gap,
                       lambda rho, gap, share: (rho - 1) / (2 * share**2 * gap)),
    "no-gap": _draws_as(lambda rho, gap, share: (rho - 1) / (2 * share),
                        lambda rho, gap, share: (rho - 1) / share,
                        lambda rho, gap, share: rho / share,
                        lambda rho, gap, share: rho + 0 * gap,
                        lambda rho, gap, share: rho - 1,
                        lambda rho, gap, share: (rho - 1) / 2),
    "product": _with(lambda r: np.sum(r / np.sqrt(2 * r - 1), axis=-1),
                     lambda r: np.mean(r / np.sqrt(2 * r - 1), axis=-1),
                     lambda r: 1 + np.sum(r / np.sqrt(2 * r - 1) - 1, axis=-1),
                     lambda r: 1 + np.mean(r / np.sqrt(2 * r - 1) - 1, axis=-1),
                     lambda r: np.mean(r / np.sqrt(2 * r - 1), axis=-1)**r.shape[-1],
                     lambda r: _rho(np.sum(r, axis=-1, keepdims=True)),
                     lambda r: _rho(np.prod(np.maximum(r, 0.9), axis=-1, keepdims=True)),
                     lambda r: _rho(np.mean(r, axis=-1, keepdims=True))),
    "exponential": _with(lambda r: np.exp(_reverse(r)), lambda r: np.exp(_gap(r)),
                         lambda r: np.exp(2 * _reverse(r)), lambda r: np.exp(2 * _gap(r))),
    "rho": _with(lambda r: np.prod(1 / np.sqrt(2 * r - 1), axis=-1),
                 lambda r: np.prod(r / np.sqrt(2 * r), axis=-1),
                 lambda r: np.prod(r / np.sqrt(2 * r + 1), axis=-1),
                 lambda r: np.prod(r / np.sqrt(r - 0.5), axis=-1),
                 lambda r: np.prod(np.sqrt(r) / np.sqrt(2 * r + 1), axis=-1),
                 lambda r: np.prod(r, axis=-1), lambda r: 1 / _rho(r),
                 lambda r: np.log(_rho(r)), lambda r: 1 + np.log(_rho(r)),
                 lambda r: np.prod(1 / np.sqrt(np.maximum(r * (2 - r), 1e-9)), axis=-1),
                 lambda r: np.prod(1 / np.sqrt(np.abs(r * (2 - r))), axis=-1))
    + [saying("has the ρ of a log-normal weight, made of the variance of log w", one)
       for one in _with(lambda r: np.exp(0.5 * np.sum((r - 1)**2, axis=-1)))]}

HINTS = {
    "swapped": ("Which of the two is a number of nats?", "importance-gap"),
    "reverse": ("Over which of the two densities does the bound average, q or the posterior?",
                "more-draws"),
    "law-at-one": ("The law is for large K. With one draw the estimate is the bound: which KL "
                   "is its gap?", "more-draws"),
    "gap": ("Write down the KL from N(0, r) to N(0, 1) with lecture 5's formula, for one "
            "code, and add over the codes.", "more-draws"),
    "std": ("`ratio` is one of variances, and the lecture's r is the same.",
            "gaussian-draws"),
    "roots": ("Follow the integral of section 2: one root comes from a density that stands below "
              "the line, one from the integral. Which letters stand under them?",
              "gaussian-draws"),
    "other-gap": ("The gap that is wanted is `share` times the number that you give first.",
                  "importance-gap"),
    "proportional": ("By the law the gap falls like 1/K. But does the gap of *one* draw lie "
                     "on the law's line?", "importance-gap"),
    "minus-one": ("With the posterior for q, ρ is 1, and one draw leaves no gap. Does your "
                  "line say so?", "importance-gap"),
    "share": ("Write the equation first: (ρ − 1)/(2K) = share × gap. Then solve it for K.",
              "importance-gap"),
    "no-gap": ("The gap that is wanted is a number of nats: a share *of something*.",
               "importance-gap"),
    "product": ("The density of several independent codes is a product. What becomes of the "
                "mean of a product of independent factors?", "gaussian-draws"),
    "exponential": ("The exponential of a KL is only a lower bound of ρ. For Gaussians ρ has "
                    "a formula.", "gaussian-draws"),
    "rho": ("Set one ratio to 1: its factor of ρ must be 1. Then follow the integral in "
            "section 2.", "gaussian-draws"),
    "whole": ("K is asked for as the law gives it, not rounded.", "importance-gap"),
    "range": ("A K below 1 is what the law says there: it says too that the law does not hold "
              "there.", "importance-gap"),
    "approximate": ("Predict, do not measure: all of this has a formula.", "importance-gap"),
    "draws": ("Two steps: ρ from the ratios, one factor for each code; then the K for which "
              "the law gives the share of the gap.", "importance-gap")}
