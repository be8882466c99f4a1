"""A layer that is used twice, for an exercise of lecture 3: its slopes, and mistakes in them."""
import numpy as np

from .mistakes import saying
from .sums import Sum


def twice(x, W, b):
    """x + tanh(tanh(x W + b) W + b): (N, D), (D, D), (D,) → (N, D)."""
    return x + np.tanh(np.tanh(x @ W + b) @ W + b)


def shared_layers(rng):
    """Several sizes, none with as many examples as numbers; weights that bend the tanh."""
    for n, d, spread in ((7, 4, 1.0), (2, 5, 0.5), (9, 3, 1.0), (5, 6, 0.5), (1, 2, 1.0)):
        yield {"d_y": rng.normal(size=(n, d)), "x": rng.normal(size=(n, d)),
               "W": spread * rng.normal(size=(d, d)), "b": rng.normal(size=d)}, {"N": n, "D": d}


def _uses(d_y, x, W, b, slopes=(1, 1), W_back=None):
    """(g, d_second, d_first, the slope that the first use sends to x)."""
    g = np.tanh(x @ W + b)
    back = W.T if W_back is None else W_back
    d_second = d_y * (1 - np.tanh(g @ W + b) ** 2 if slopes[0] else 1)
    d_first = d_second @ back * (1 - g**2 if slopes[1] else 1)
    return g, d_second, d_first, d_first @ back


def gathered(d_y, x, W, b, second=1.0, first=1.0, skipped=1.0, **options):
    """The gradients, each use's share times a factor: of the second and the first use of the
    layer, and of the way past it.
    """
    g, d_second, d_first, d_x = _uses(d_y, x, W, b, **options)
    return {"x": skipped * d_y + d_x, "W": second * g.T @ d_second + first * x.T @ d_first,
            "b": second * d_second.sum(axis=0) + first * d_first.sum(axis=0)}


def _of(*parts, **options):
    """The mistake, in these parts alone."""
    def answer(d_y, x, W, b):
        found = gathered(d_y, x, W, b, **{key: value(W) if callable(value) else value
                                          for key, value in options.items()})
        return {part: found[part] for part in parts}
    return answer


def _only_skipped(d_y, x, W, b):
    return {"x": d_y}


def _made(second, first, skip=lambda d_y: d_y):
    """All three gradients from other slopes: second(d_y, g, t, x, W, b) of the second tanh's
    input, first(d_second, d_y, g, t, x, W, b) of the first one's.
    """
    def answer(d_y, x, W, b):
        g = np.tanh(x @ W + b)
        t = np.tanh(g @ W + b)
        d_second = second(d_y, g, t, x, W, b)
        d_first = first(d_second, d_y, g, t, x, W, b)
        return {"x": skip(d_y) + d_first @ W.T, "W": g.T @ d_second + x.T @ d_first,
                "b": d_second.sum(axis=0) + d_first.sum(axis=0)}
    return answer


def _second(d_y, g, t, x, W, b):
    return d_y * (1 - t**2)


def _first(d_second, d_y, g, t, x, W, b):
    return d_second @ W.T * (1 - g**2)


def _slopes(which, words, slope):
    """The mistake that one tanh has another slope, slope(its value, its input, the other's)."""
    if which == "second":
        made = _made(lambda d_y, g, t, x, W, b: d_y * slope(t, g @ W + b, g), _first)
    else:
        made = _made(_second, lambda d_second, d_y, g, t, x, W, b: d_second @ W.T * slope(
            g, x @ W + b, t))
    return saying(f"has {words} in the place of the slope of the {which} tanh", made)


def _share(function):
    """A share of a gradient: function(d_y, x, g, d_second, d_first, W)."""
    def share(d_y, x, W, b):
        g, d_second, d_first, _ = _uses(d_y, x, W, b)
        return function(d_y, x, g, d_second, d_first, W)
    return share


SLOPES = (("1 − t, not squared,", lambda t, a, other: 1 - t),
          ("1 + t²", lambda t, a, other: 1 + t**2), ("t²", lambda t, a, other: t**2),
          ("the sigmoid's t (1 − t)", lambda t, a, other: t * (1 - t)),
          ("1 − a² with the tanh's input a", lambda t, a, other: 1 - a**2),
          ("1 − tanh² of the tanh's value", lambda t, a, other: 1 - np.tanh(t)**2),
          ("the root of 1 − t²", lambda t, a, other: np.sqrt(1 - t**2)),
          ("the square of 1 − t²", lambda t, a, other: (1 - t**2)**2),
          ("the tanh itself", lambda t, a, other: t),
          ("the slope of the other tanh", lambda t, a, other: 1 - other**2))

MISTAKES = {
    "last": [_of("W", "b", second=0.0)], "nearer": [_of("W", "b", first=0.0)],
    "skip": [_of("x", skipped=0.0)], "skip-alone": [_only_skipped],
    "skip-at-g": [_made(_second, lambda d_second, d_y, g, t, x, W, b: (
                      d_y + d_second @ W.T) * (1 - g**2), skip=np.zeros_like),
                  saying("has d_y added at g as well as at x", _made(
                      _second, lambda d_second, d_y, g, t, x, W, b: (
                          d_y + d_second @ W.T) * (1 - g**2)))],
    "mean": [_of("W", "b", second=0.5, first=0.5),
             lambda d_y, x, W, b: {"x": 0.5 * gathered(d_y, x, W, b)["x"]},
             saying("multiplies the shares of two ways", _share(
                 lambda d_y, x, g, second, first, W: {
                     "x": d_y * (first @ W.T), "W": (g.T @ second) * (x.T @ first),
                     "b": second.sum(axis=0) * first.sum(axis=0)}))],
    "slope": [_of("x", "W", "b", slopes=pair) for pair in ((0, 1), (1, 0), (0, 0))],
    "slope-of": [_slopes(which, words, slope) for words, slope in SLOPES
                 for which in ("second", "first")]
    + [saying("has the output y in the slope of the second tanh", _made(
        lambda d_y, g, t, x, W, b: d_y * (1 - (x + t)**2), _first)),
       saying("has x in the slope of the first tanh", _made(
           _second, lambda d_second, d_y, g, t, x, W, b: d_second @ W.T * (1 - x**2)))],
    "upstream": [_made(lambda d_y, g, t, x, W, b: 1 - t**2, _first)],
    "transpose": [_of("x", "W", "b", W_back=lambda W: W),
                  _made(_second, lambda d_second, d_y, g, t, x, W, b: d_second @ W * (1 - g**2))],
    "W-lost": [_made(_second, lambda d_second, d_y, g, t, x, W, b: d_second * (1 - g**2))],
    "inputs": [lambda d_y, x, W, b: {"W": x.T @ (
                   _uses(d_y, x, W, b)[1] + _uses(d_y, x, W, b)[2])},
               lambda d_y, x, W, b: {"W": _uses(d_y, x, W, b)[0].T @ (
                   _uses(d_y, x, W, b)[1] + _uses(d_y, x, W, b)[2])},
               lambda d_y, x, W, b: {"W": x.T @ _uses(d_y, x, W, b)[1]
                                     + _uses(d_y, x, W, b)[0].T @ _uses(d_y, x, W, b)[2]}]}

IN_G, NEARER = "the share of the use in g", "the share of the use nearer to y"
PAST, THROUGH = "the way past the layers", "the way through the layers"
SUMS = {
    "x": Sum({PAST: _share(lambda d_y, x, g, second, first, W: d_y),
              THROUGH: _share(lambda d_y, x, g, second, first, W: first @ W.T)},
             strays={"what comes back by W, not by Wᵀ,": _share(
                         lambda d_y, x, g, second, first, W: first @ W),
                     "the slope in the first tanh's input": _share(
                         lambda d_y, x, g, second, first, W: first),
                     "the slope in g": _share(
                         lambda d_y, x, g, second, first, W: second @ W.T),
                     "1": _share(lambda d_y, x, g, second, first, W: np.ones_like(x)),
                     "x itself": _share(lambda d_y, x, g, second, first, W: x)},
             keys={PAST: "skip", THROUGH: "through", "what comes back by W, not by Wᵀ,":
                   "transpose", "the slope in the first tanh's input": "W-lost"}),
    "W": Sum({IN_G: _share(lambda d_y, x, g, second, first, W: x.T @ first),
              NEARER: _share(lambda d_y, x, g, second, first, W: g.T @ second)},
             strays={"its transpose": _share(lambda d_y, x, g, second, first, W: first.T @ x),
                     "the transpose of it": _share(
                         lambda d_y, x, g, second, first, W: second.T @ g),
                     "a share of the way past the layers": _share(
                         lambda d_y, x, g, second, first, W: x.T @ d_y),
                     "g, transposed, times d_y": _share(
                         lambda d_y, x, g, second, first, W: g.T @ d_y),
                     "a product with the wrong input, x for g,": _share(
                         lambda d_y, x, g, second, first, W: x.T @ second),
                     "a product with the wrong input, g for x,": _share(
                         lambda d_y, x, g, second, first, W: g.T @ first)},
             keys={IN_G: "shares", NEARER: "shares", "a share of the way past the layers":
                   "past", "its transpose": "transpose-of-share", "the transpose of it":
                   "transpose-of-share", "a product with the wrong input, x for g,": "inputs",
                   "a product with the wrong input, g for x,": "inputs"}),
    "b": Sum({IN_G: _share(lambda d_y, x, g, second, first, W: first.sum(axis=0)),
              NEARER: _share(lambda d_y, x, g, second, first, W: second.sum(axis=0))},
             strays={"a share of the way past the layers": _share(
                 lambda d_y, x, g, second, first, W: d_y.sum(axis=0))},
             keys={IN_G: "shares", NEARER: "shares", "a share of the way past the layers":
                   "past"})}
