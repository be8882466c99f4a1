"""What is missing in a row, from what was observed: by importance resampling, or exactly.

Given z, a missing entry is independent of the observed ones. So

    p(x_missing|x_observed) = ∫ p(x_missing|z) p(z|x_observed) dz,

and draws z_k ~ q stand for p(z|x_observed) with the weights w̃_k = w_k / Σ w of the importance
samples that estimate log p(x_observed). Weighted means over them give the mean and the variance of
each missing entry. To draw it, a z is drawn from among the z_k with the probabilities w̃_k, and x
from p(x|z): sampling importance resampling (Rubin 1987).

All of it assumes what `observed` assumes: entries are missing at random.
"""
from typing import NamedTuple

import numpy as np

from .. import blocks
from ..backend import check_generator, move, namespace, to_host
from ..models import mixture_gaps
from .estimates import nothing_observed
from .hmc import check_counts

ROWS_PER_BLOCK, SAMPLES_PER_BLOCK = 50, 8  # the result depends on them, as in `measures`


class Imputed(NamedTuple):
    """What is known of every entry of N rows from the observed ones, on the host, in float64.

    mean, std (N, D): of p(x_d|x_observed), a fresh draw of the entry where it was observed itself.
    mc_stderr (N, D): the Monte Carlo error of the mean. ess (N,): how many independent draws a row
    rests on. draws (M, N, D): from the same distribution, in M lots; within one the entries of a
    row belong together.
    """

    mean: np.ndarray
    std: np.ndarray
    mc_stderr: np.ndarray
    ess: np.ndarray
    draws: np.ndarray


def by_resampling(model, x, *, rng, num_samples=500, draws=0, on_block=None):
    """Imputed, by a model with an encoder that is `incomplete`: x (N, D), NaN where missing.

    num_samples: K, importance samples for each row. draws: M. Where an ess is near 1 one z has
    all the weight, and neither std nor mc_stderr is to be trusted; take more samples. A row in
    which nothing was observed has z from the prior. rng, on_block: see `blocks.in_blocks`. A model
    with uncertain weights is taken at their means. Raises ValueError or TypeError for bad data.
    """
    check_counts(num_samples=num_samples)
    x, xp = model.check_data(x, "x"), namespace(model.params.vector)

    def block(x, rng):
        empty = nothing_observed(model, x)
        seen, complete = model.reading(move(x, xp))
        return _block(seen.certain(), complete, empty, rng, num_samples, draws)

    *moments, by_row = blocks.in_blocks(block, x, ROWS_PER_BLOCK, check_generator(rng), on_block,
                                        at_once=None)
    return Imputed(*moments, np.moveaxis(by_row, 1, 0))


def _block(model, x, empty, rng, num_samples, draws):
    """The fields of Imputed for one block of rows; the draws come row by row, (N, M, D)."""
    xp, q, running, slots = namespace(x), model.posterior(x), _Moments(), None
    drop, picking = move(empty, xp), rng.spawn(1)[0]  # draws do not change the means
    for start in range(0, num_samples, SAMPLES_PER_BLOCK):
        size = min(SAMPLES_PER_BLOCK, num_samples - start)
        z, log_q, _ = q.sample(model.noise(rng, len(x), size))
        log_w = model.log_joint(x, z) - log_q
        if empty.any():
            z = xp.where(drop[:, None], model.sample_prior(rng, len(x), size), z)
            log_w = xp.where(drop, 0.0, log_w)
        log_w = to_host(log_w).astype(np.float64)
        share = running.add(log_w, *(to_host(part).astype(np.float64) for part in
                                     model.moments(z)))
        if draws:
            slots = _resample(slots, to_host(z), log_w, share, draws, picking)
    mean, std, mc_stderr, ess = running.result()
    if not draws:
        return mean, std, mc_stderr, ess, np.empty((len(x), 0, x.shape[1]))
    drawn = to_host(model.draw_given(move(slots, xp), picking))
    return mean, std, mc_stderr, ess, np.moveaxis(drawn, 0, 1)


def _resample(slots, z, log_w, share, draws, rng):
    """z (M, N, Z), each slot one of all the z so far with the probability of its weight.

    slots: those of the lots before, or None. z (K, N, Z), log_w (K, N): the new lot. share (N,):
    its part of all the weight so far. A slot takes from the new lot with this probability, and
    within it by weight: so every z, early or late, has its own share in the end.
    """
    top = log_w.max(axis=0)
    weights = np.exp(log_w - np.where(np.isfinite(top), top, 0.0))
    total = np.cumsum(weights, axis=0)
    which = (rng.random((draws, 1, z.shape[1])) * total[-1] >= total[:-1]).sum(axis=1)
    new = np.take_along_axis(z, which[..., None], axis=0)
    takes = rng.random((draws, z.shape[1])) < share
    return new if slots is None else np.where(takes[..., None], new, slots)


class _Moments:
    """Weighted sums over samples that come lot by lot; the largest weight is taken out."""

    def __init__(self):
        self.count, self.sums = 0, None

    def add(self, log_w, mean, variance):
        """log_w (K, N), mean and variance of p(x|z_k), (K, N, D). Returns this lot's share of the
        weight so far, (N,).
        """
        top = np.maximum(log_w.max(axis=0), -np.finfo(float).max)
        if self.sums is None:
            self.top, self.origin = top, mean[0]  # squares count from here, and stay small
            n, d = self.origin.shape
            self.sums = [np.zeros(n), np.zeros(n)] + [np.zeros((n, d)) for _ in range(4)]
        new_top = np.maximum(self.top, top)
        shrink = np.exp(self.top - new_top)
        weights, apart = np.exp(log_w - new_top), mean - self.origin
        lot = [weights.sum(axis=0), (weights ** 2).sum(axis=0), _over(weights, apart),
               _over(weights, apart ** 2 + variance), _over(weights ** 2, apart),
               _over(weights ** 2, apart ** 2)]
        for place, (power, new) in enumerate(zip((1, 2, 1, 1, 2, 2), lot, strict=True)):
            old = self.sums[place]
            self.sums[place] = old * (shrink ** power).reshape(-1, *[1] * (old.ndim - 1)) + new
        self.top, self.count = new_top, self.count + len(log_w)
        return lot[0] / self.sums[0]

    def result(self):
        """(mean, std, mc_stderr, ess). The error is the delta method's, √(Σ w̃²(m_k − m)²)."""
        total, squares, first, second, first2, second2 = self.sums
        share, share2 = (1.0 / power[:, None] for power in (total, total ** 2))
        m = first * share  # eq. imputation
        std = np.sqrt(np.maximum(second * share - m ** 2, 0.0))
        spread = (second2 - 2.0 * m * first2 + m ** 2 * squares[:, None]) * share2
        return self.origin + m, std, np.sqrt(np.maximum(spread, 0.0)), total ** 2 / squares


def _over(weights, values):
    """Σ_k w_k v_k: weights (K, N), values (K, N, D) → (N, D)."""
    return np.matmul(weights.T[:, None], np.moveaxis(values, 0, 1))[:, 0]


def exactly(mixture, x, *, rng, num_samples=500, draws=0, on_block=None):
    """Imputed, by a mixture that is `incomplete`; num_samples means nothing. See `by_resampling`.
    """
    x, rng = mixture.check_data(x, "x"), check_generator(rng)
    seen, complete = mixture.reading(move(x, namespace(mixture.params.vector)))
    mean, variance = (to_host(part) for part in mixture_gaps.moments(seen, complete,
                                                                     seen.observed))
    drawn = [to_host(mixture_gaps.draw(seen, complete, seen.observed, rng)) for _ in range(draws)]
    drawn = np.stack(drawn) if draws else np.empty((0, *x.shape))
    return Imputed(mean, np.sqrt(variance), np.zeros(x.shape), np.full(len(x), np.inf), drawn)
