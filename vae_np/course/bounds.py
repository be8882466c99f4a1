"""Of the two exercises in which a bound is repaired: its inputs, its terms, its mistakes."""
import numpy as np

from ..distributions import (bernoulli_log_prob, kl_standard_normal,
                             kl_standard_normal_per_dim)

FLOORS = (0.01, 0.05, 0.1, 0.2, 0.25, 0.3, 0.5, 1.0, 2.0, 3.0)


def bound_cases(rng):
    """Batches of several sizes, one of a single example, with ordinary and with large numbers, and
    some logits of ±900.
    """
    for (n, d, z), spread in (((6, 11, 3), 1.0), ((2, 5, 8), 1.0), ((9, 4, 1), 2.0),
                              ((1, 7, 2), 1.0), ((40, 20, 5), 4.0), ((5, 5, 5), 1.0),
                              ((1, 6, 4), 1.0), ((7, 11, 1), 1.0)):
        logits = 3 * spread * rng.normal(size=(n, d))
        if n == 5:
            logits[:2, 0] = 900, -900
        yield {"x": (rng.random((n, d)) < 0.5).astype(float), "logits": logits,
               "mean": spread * rng.normal(size=(n, z)),
               "logvar": spread * rng.normal(size=(n, z))}, {"N": n, "D": d, "Z": z}


def pixels_of(x, logits, mean, logvar):
    """log p(x|z) of each example."""
    return bernoulli_log_prob(x, logits)


def kl_of(x, logits, mean, logvar):
    """The KL of each example."""
    return kl_standard_normal(mean, logvar)


def bound_of(x, logits, mean, logvar):
    """The bound of each example, nats: x, logits (N, D); mean, logvar (N, Z) → (N,)."""
    return bernoulli_log_prob(x, logits) - kl_standard_normal(mean, logvar)


def _floored(floor):
    def bound(x, logits, mean, logvar):
        kl = np.maximum(kl_standard_normal_per_dim(mean, logvar), floor)
        return bernoulli_log_prob(x, logits) - kl.sum(axis=-1)
    return bound


free_bits = [_floored(floor) for floor in FLOORS]

shared = [lambda **case: pixels_of(**case) - kl_of(**case).mean(),
          lambda **case: pixels_of(**case).mean() - kl_of(**case),
          lambda **case: pixels_of(**case) - kl_of(**case)[0]]


def reversed_kl(x, logits, mean, logvar):
    """The bound with KL( p ‖ q ) in the place of KL( q ‖ p )."""
    reverse = mean**2 * np.exp(-logvar) + np.expm1(-logvar) + logvar
    return bernoulli_log_prob(x, logits) - 0.5 * reverse.sum(axis=-1)


# What both exercises share: mistakes, what an answer does then, the hints, the bound's terms.
OWN = {"sign": [lambda **case: pixels_of(**case) + kl_of(**case)], "shared": shared,
       "reverse": [reversed_kl], "free-bits": free_bits}
SAYS = {"shared": "has a term that is not the example's own, but the batch's, or another's",
        "reverse": "has the KL the other way round, of the prior from q",
        "sign": "has the KL added", "free-bits": "has a floor under the KL of each dimension"}
TERMS = {"log p(x|z)": pixels_of, "the KL": lambda **case: -kl_of(**case)}


def hints(label):
    """The hints that both exercises give, with the equation of a lecture that they lead to."""
    return {
        "shared": ("An example earns its own log p(x|z) and pays its own KL, whatever else is in "
                   "the batch.", label),
        "reverse": ("The KL has a direction: which of the two densities is averaged over, q(z|x) "
                    "or the prior?", label),
        "sign": ("Which term is earned, and which one is paid? And is the bound asked for, or the "
                 "loss?", label),
        "free-bits": ("A floor under the KL of a dimension may keep codes in use, but what comes "
                      "out is no bound.", label),
        "bound": ("The shape is right. Print the two terms, and compare each with the equation.",
                  label)}
