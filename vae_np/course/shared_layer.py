"""A layer that is used twice, for an exercise of lecture 3: its slopes, and mistakes in them."""
import numpy as np


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


MISTAKES = {
    "last": [_of("W", "b", second=0.0)], "nearer": [_of("W", "b", first=0.0)],
    "skip": [_of("x", skipped=0.0)], "skip-alone": [_only_skipped],
    "mean": [_of("W", "b", second=0.5, first=0.5),
             lambda d_y, x, W, b: {"x": 0.5 * gathered(d_y, x, W, b)["x"]}],
    "slope": [_of("x", "W", "b", slopes=pair) for pair in ((0, 1), (1, 0), (0, 0))],
    "transpose": [_of("x", "W", "b", W_back=lambda W: W)],
    "inputs": [lambda d_y, x, W, b: {"W": x.T @ (
                   _uses(d_y, x, W, b)[1] + _uses(d_y, x, W, b)[2])},
               lambda d_y, x, W, b: {"W": _uses(d_y, x, W, b)[0].T @ (
                   _uses(d_y, x, W, b)[1] + _uses(d_y, x, W, b)[2])},
               lambda d_y, x, W, b: {"W": x.T @ _uses(d_y, x, W, b)[1]
                                     + _uses(d_y, x, W, b)[0].T @ _uses(d_y, x, W, b)[2]}]}
