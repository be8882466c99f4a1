"""Of the exercise on the variances that a run learns: its inputs, its formula and its variants."""
import numpy as np


def decoders(rng):
    """Several sizes; codes that are nearly certain, and codes that say nothing."""
    for (n, d, z), spread in (((7, 5, 3), 1.0), ((2, 6, 2), 1.0), ((9, 4, 1), 2.0),
                              ((5, 9, 4), 1.0), ((30, 3, 6), 1.0), ((4, 1, 2), 1.0),
                              ((12, 5, 1), 1.0)):
        W, b, mean = rng.normal(size=(z, d)), rng.normal(size=d), rng.normal(size=(n, z))
        yield {"x": mean @ W + b + spread * rng.normal(size=(n, d)) + 0.5 * rng.normal(size=d),
               "W": W, "b": b, "mean": mean, "logvar": spread * rng.normal(size=(n, z)) - 1}, {
                   "N": n, "D": d, "Z": z}


def learned(errors=lambda e: np.mean(e**2, axis=0), codes=lambda s, W: np.exp(s) @ W**2,
             offset=1.0, mean=1.0):
    """The variances with another treatment of the errors or of the codes' own spread."""
    def variances(x, W, b, mean_, logvar):
        return (errors(x - mean * mean_ @ W - offset * b)
                + np.mean(codes(logvar, W) + np.zeros_like(x), axis=0))
    return lambda x, W, b, mean, logvar: variances(x, W, b, mean, logvar)


def nothing(s, W):
    return 0.0
