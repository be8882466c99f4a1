"""Rows with missing entries: p(x|z) of the entries that were observed, and of nothing else.

Given z, the entries of x are independent: p(x|z) = Π_d p(x_d|z). To integrate the missing ones
out is to leave their factors out, since each integrates to 1. What remains is a density of the
observed entries, so every bound on log p(x), and every estimate of it, holds for log p(x_observed)
when it is given this one for p(x|z):

    log p(x_observed) ≥ E_q(z|x)[log p(x_observed|z)] − KL( q(z|x) ‖ p(z) )

It holds for any q. The encoder needs all of x, so it sees a stand-in where an entry is missing,
and the bound pays for what this costs q (Nazábal et al. 2020; Mattei & Frellsen 2019).

One assumption is made, and data cannot test it: the entries are *missing at random*. Whether one
is missing may depend on what was observed in its row, and not on the missing value itself. A scale
that gives no number for heavy loads breaks it, and every number here is then about light ones.
"""
from collections.abc import Callable
from typing import NamedTuple

from .backend import namespace
from .distributions import LOG_2PI, bernoulli_log_prob, gaussian_log_prob
from .likelihoods import Bernoulli, Gaussian, Likelihood

CERTAIN = 1000.0  # a logit: e^−1000 is 0, in float64 too, and so is the log of the probability


class Observed(Likelihood):
    """p(x_observed|z) of a batch: a likelihood's factors of the entries that were observed.

    likelihood: Bernoulli, one of the Gaussians, or a class derived from these. observed: bool
    (N, D), on the device of the data; the x that the methods take may hold anything finite
    elsewhere. Where all of a row is observed, the value is the likelihood's own, bit for bit;
    where nothing is, it is 0.

    Raises ValueError for a likelihood that is known as a sum over all entries alone.
    """

    def __init__(self, likelihood, observed):
        self.likelihood, self.observed = likelihood, observed
        self.spec, self.unit_interval = likelihood.spec, likelihood.unit_interval
        self.heads, self.mean = likelihood.heads, likelihood.mean
        self.sample, self.init_bias = likelihood.sample, likelihood.init_bias
        self._log_prob = _row_of(likelihood).log_prob

    def log_prob(self, x, heads):
        """x (N, D), heads (..., N, D) → (..., N), nats: the sum over the observed entries."""
        return self._log_prob(self.likelihood, x, heads, self.observed)  # eq. bound-observed

    def log_prob_backward(self, d_out, x, heads):
        """d_out (..., N) → {head: (..., N, D)}, 0 where an entry is missing."""
        d_heads = self.likelihood.log_prob_backward(d_out, x, heads)
        where = namespace(d_out).where
        return {head: where(self.observed, d_head, 0.0) for head, d_head in d_heads.items()}


# A missing entry gets a value and a density of its own with log p = 0 exactly, in every dtype.
# Then the sums are those of the likelihood itself, in its own order and at its own speed.

def _bernoulli(likelihood, x, heads, observed):
    """A missing x_d is 1, with probability 1."""
    where = namespace(observed).where
    return bernoulli_log_prob(where(observed, x, 1.0),
                              where(observed, heads["logits"], CERTAIN))


def _gaussian(likelihood, x, heads, observed):
    """A missing x_d lies at its mean, and its variance is 1/(2π), where the density is 1."""
    where = namespace(observed).where
    return gaussian_log_prob(where(observed, x, 0.0),
                             where(observed, likelihood.mean(heads), 0.0),
                             where(observed, likelihood._logvar(heads), -LOG_2PI))


def _bernoulli_variance(likelihood, heads):
    p = likelihood.mean(heads)
    return p * (1.0 - p)


def _gaussian_variance(likelihood, heads):
    mean, logvar = likelihood.mean(heads), likelihood._logvar(heads)
    return namespace(mean).broadcast_to(namespace(mean).exp(logvar), mean.shape)


class _Row(NamedTuple):
    """What is known of a kind of likelihood entry by entry."""

    likelihood: type[Likelihood]
    log_prob: Callable
    variance: Callable


_ROWS = (_Row(Bernoulli, _bernoulli, _bernoulli_variance),
         _Row(Gaussian, _gaussian, _gaussian_variance))


def _row_of(likelihood):
    for row in _ROWS:
        if isinstance(likelihood, row.likelihood):
            return row
    raise ValueError(f"the likelihood {likelihood.spec!r} is not known entry by entry, so no "
                     "entry may be missing: use a Bernoulli or a Gaussian likelihood")


def variance(likelihood, heads):
    """Var[x_d|z] of each entry: heads (..., D) → (..., D). Raises ValueError as `Observed` does.
    """
    if isinstance(likelihood, Observed):
        likelihood = likelihood.likelihood
    return _row_of(likelihood).variance(likelihood, heads)


def observed_in(x):
    """Which entries of x are there, and not NaN: bool, in the shape of x."""
    return ~namespace(x).isnan(x)
