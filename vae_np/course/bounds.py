"""Shared by the two exercises in which a bound is repaired: which of its terms is off?"""
from ..distributions import bernoulli_log_prob, kl_standard_normal
from .answers import call, close


def off_term(bound, x, logits, mean, logvar):
    """Which term of a wrong bound is off, in words.

    The error of the bound is that of the wrong term, so it stays the same when the right term
    gets other inputs.   x, logits (N, D); mean, logvar (N, Z).
    """
    def error(x, logits, mean, logvar):
        truth = bernoulli_log_prob(x, logits) - kl_standard_normal(mean, logvar)
        return call(bound, x, logits, mean, logvar, shape=(len(x),)) - truth

    here = error(x, logits, mean, logvar)
    pixels = close(error(1 - x[:, 1:], logits[:, 1:], mean, logvar), here, atol=1e-9)
    kl = close(error(x, logits, 0.5 * mean[:, 1:], 0.5 * logvar[:, 1:]), here, atol=1e-9)
    return {(True, False): "log p(x|z) is right, the KL is off.",
            (False, True): "the KL is right, log p(x|z) is off.",
            (False, False): "both terms are off, or they are put together wrongly.",
            (True, True): "both terms are right, but a constant is added."}[pixels, kl]
