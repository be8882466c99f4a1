"""What an encoder's answers say of each dimension, and mistakes in it: lecture 8, exercise 1."""
import numpy as np

from ..distributions import kl_standard_normal_per_dim


def codes(rng):
    """Several sizes, two examples at least; means away from 0; narrow codes and wide ones."""
    for (n, z), spread in (((7, 3), 1.0), ((12, 5), 2.0), ((2, 6), 1.0), ((30, 2), 0.5),
                           ((15, 1), 1.0), ((9, 4), 1.5)):
        yield {"mean": rng.normal(size=z) + spread * rng.normal(size=(n, z)),
               "logvar": rng.normal(size=z) - 1 + spread * rng.normal(size=(n, z))}, {
                   "N": n, "Z": z}


def _kl(mean, logvar):
    return kl_standard_normal_per_dim(mean, logvar).mean(axis=0)


def use(mean, logvar):
    activity = mean.var(axis=0)
    return {"activity": activity, "variance": activity + np.exp(logvar).mean(axis=0),
            "kl": _kl(mean, logvar)}


def _spread(function):
    """An own mistake in the second term of the variance of all codes."""
    return lambda mean, logvar: {"variance": mean.var(axis=0) + function(logvar)}


def _price(function):
    """An own mistake in the bracket of the KL, (mean², e^logvar, logvar) → the bracket."""
    return lambda mean, logvar: {
        "kl": 0.5 * function(mean**2, np.exp(logvar), logvar).mean(axis=0)}


OWN = {"one-fewer": [
          lambda mean, logvar: {
              "activity": mean.var(axis=0, ddof=1),
              "variance": mean.var(axis=0, ddof=1) + np.exp(logvar).mean(axis=0)},
          lambda mean, logvar: {"variance": len(mean) / (len(mean) - 1) * (
              use(mean, logvar)["variance"])}],
      "not-centred": [lambda mean, logvar: {
          "activity": (mean**2).mean(axis=0),
          "variance": (mean**2 + np.exp(logvar)).mean(axis=0)}],
      "distance": [lambda mean, logvar: {"activity": np.abs(mean - mean.mean(axis=0)).mean(
                       axis=0)},
                   lambda mean, logvar: {"activity": np.abs(mean).mean(axis=0)},
                   lambda mean, logvar: {"activity": np.ptp(mean, axis=0)}],
      "width": [lambda mean, logvar: {"activity": np.exp(logvar).mean(axis=0)},
                lambda mean, logvar: {"activity": np.exp(logvar).var(axis=0)},
                lambda mean, logvar: {"activity": np.exp(0.5 * logvar).var(axis=0)},
                lambda mean, logvar: {"activity": logvar.var(axis=0)},
                lambda mean, logvar: {"activity": 1 - np.exp(logvar).mean(axis=0)}],
      "whole": [lambda mean, logvar: {"activity": use(mean, logvar)["variance"]}],
      "active": [lambda mean, logvar: {"activity": mean.var(axis=0) > 0.01},
                 lambda mean, logvar: {"activity": np.where(mean.var(axis=0) > 0.01,
                                                            mean.var(axis=0), 0.0)}],
      "axis": [lambda mean, logvar: {"activity": np.full(mean.shape[1], mean.var())},
               lambda mean, logvar: {"activity": ((mean - mean.mean()) ** 2).mean(axis=0)},
               lambda mean, logvar: {"activity": ((mean - mean.mean(axis=1, keepdims=True)) ** 2
                                                  ).mean(axis=0)}],
      "parts": [lambda mean, logvar, a=a, b=b: {
          "variance": a * mean.var(axis=0) + b * np.exp(logvar).mean(axis=0)} for a, b in (
              (1, -1), (-1, 1), (2, 1), (1, 2), (0.5, 1), (1, 0.5))] + [
                  lambda mean, logvar: {"variance": mean.var(axis=0) + np.exp(logvar).sum(axis=0)},
                  lambda mean, logvar: {"variance": mean.var(axis=0) * np.exp(logvar).mean(
                      axis=0)}],
      "together": [lambda mean, logvar: {"variance": (mean + np.exp(0.5 * logvar)).var(axis=0)},
                   lambda mean, logvar: {"variance": (mean + np.exp(logvar)).var(axis=0)}],
      "between": [lambda mean, logvar: {"variance": mean.var(axis=0)}],
      "within": [lambda mean, logvar: {"variance": np.exp(logvar).mean(axis=0)}],
      "std": [_spread(lambda s: np.exp(0.5 * s).mean(axis=0)),
              _spread(lambda s: np.exp(0.5 * s).mean(axis=0) ** 2),
              _spread(lambda s: np.exp(2 * s).mean(axis=0)),
              _spread(lambda s: np.exp(0.5 * s).var(axis=0)),
              _spread(lambda s: np.exp(s).var(axis=0)),
              _price(lambda square, v, s: square + np.sqrt(v) - 1 - s),
              _price(lambda square, v, s: square + v**2 - 1 - s)],
      "log-first": [_spread(lambda s: np.exp(s.mean(axis=0))),
                    lambda mean, logvar: {"kl": 0.5 * (
                        (mean**2).mean(axis=0) + np.exp(logvar.mean(axis=0)) - 1
                        - logvar.mean(axis=0))},
                    lambda mean, logvar: {"kl": 0.5 * (
                        (mean**2).mean(axis=0) + np.exp(logvar).mean(axis=0) - 1
                        - np.log(np.exp(logvar).mean(axis=0)))}],
      "logvar": [_spread(lambda s: s.mean(axis=0)),
                 _price(lambda square, v, s: square + s - 1 - np.log(np.abs(s)))],
      "of-averages": [
          lambda mean, logvar: {"kl": _kl(mean.mean(axis=0, keepdims=True),
                                          logvar.mean(axis=0, keepdims=True))},
          lambda mean, logvar: {"kl": _kl(mean.mean(axis=0, keepdims=True), np.log(
              np.exp(logvar).mean(axis=0, keepdims=True)))}],
      "aggregate": [
          lambda mean, logvar: {"kl": _kl(mean.mean(axis=0, keepdims=True), np.log(
              use(mean, logvar)["variance"])[None])},
          lambda mean, logvar: {"kl": _kl(0 * mean[:1], np.log(
              use(mean, logvar)["variance"])[None])}],
      "reverse": [_price(lambda square, v, s: (1 + square) / v - 1 + s)],
      "term": [_price(lambda square, v, s: v - 1 - s), _price(
                   lambda square, v, s: square - 1 - s),
               _price(lambda square, v, s: square + v - 1),
               _price(lambda square, v, s: square + v - 1 + s),
               _price(lambda square, v, s: square + v - 1 - 0.5 * s),
               _price(lambda square, v, s: square + v - 1 - 2 * s),
               _price(lambda square, v, s: 2 * square + v - 1 - s),
               _price(lambda square, v, s: 0.5 * square + v - 1 - s),
               _price(lambda square, v, s: square - v - 1 - s)],
      "square-of-mean": [
          _price(lambda square, v, s: np.sqrt(square) + v - 1 - s),
          lambda mean, logvar: {"kl": _kl(0 * mean, logvar) + 0.5 * mean.mean(axis=0)},
          lambda mean, logvar: {"kl": _kl(0 * mean, logvar) + 0.5 * mean.mean(axis=0) ** 2},
          lambda mean, logvar: {"kl": _kl(mean - mean.mean(axis=0), logvar)}]}
