"""Mixtures, p(x) = Σ_k π_k p(x|k), and EM, which fits them: what both kinds of mixture share.

The rival without a network: a latent variable with K values, whose posterior is a softmax. So
nothing is approximate: log p(x) is a sum over K terms, and EM (Dempster et al. 1977) climbs it.

The components are exponential families, and that is all that EM asks of them:

    log p(x|k) = T(x)·a_k + c_k

with T(x) = x for the Bernoullis, T(x) = (u, u²) for the Gaussians, u being x as a Frame counts it
(see `priors`). The E step is one product of matrices. The M step needs the mean of T over what
each component explains: another.
"""
import copy
import math
from typing import NamedTuple

import numpy as np

from ..backend import check_generator, move, namespace, to_host
from ..distributions import log_sum_exp
from ..params import Layout
from ..priors import Frame, log_shares, wide
from . import mixture_gaps
from .base import Model, check_width

ROWS = 1024   # examples at a time: what a block needs stays small, whatever N
EMPTY = 0.5   # a component that explains less than half an example is empty
TINY = 1e-30  # stands for 0 where a logarithm or a division follows


class Expected(NamedTuple):
    """What the E step finds, in float64.

    log_px (N,): log p(x) in nats. counts (K,): how much each component explains, Σ_i r_ik.
    sums (K, F): Σ_i r_ik T(x_i). average (F,): the mean of T(x) over the data. frame: in which
    T(x) is taken; None where there is none to choose.
    """

    log_px: np.ndarray
    counts: np.ndarray
    sums: np.ndarray
    average: np.ndarray
    frame: Frame | None


class Mixture(Model):
    """K components and their weights: what `BernoulliMixture` and `GaussianMixture` share.

    x_dim: the width of x. components: K. dtype: float32 to train, float64 to check. rng: draws
    nothing; `seed` draws the first components from data.

    A kind brings its `likelihood`; T(x) in `_statistics`, a and c in `_family`; `_set_components`,
    which turns means of T into parameters; `_around`, such means for components around examples;
    and `_finish_average`, which keeps the data's mean of T inside the range that is allowed. All
    of these take the frame of T(x): `_frame` chooses it for a density, `_frame_at` for EM and
    `_first_frame` for components that are yet to be. Here there is none: it is None.

    `params` holds the logits of π under "mixing" and the components' numbers, K rows each, under
    "components". All 0 means not seeded yet: equal components would stay equal under EM.
    """

    latent_symbol = "k"  # which component
    observed = None      # which entries of the batch at hand are there, bool (N, D); None: all

    def __init__(self, x_dim, components, dtype="float32", rng=None):
        self.x_dim = check_width("x_dim", x_dim)
        self.components = check_width("components", components)
        shapes = {f"components.{head}": (self.components, width)
                  for head, width in self.likelihood.heads(self.x_dim).items()}
        self._make_params(Layout({"mixing.logits": (self.components,), **shapes}), dtype)

    def config(self):
        """The constructor's arguments as plain JSON values; the class rebuilds it from them."""
        return {"x_dim": self.x_dim, "components": self.components, "dtype": self.dtype.name}

    @property
    def is_seeded(self):
        """Whether the parameters have left 0."""
        return bool(self.params.vector.any())

    # -- densities -----------------------------------------------------------------------------

    def log_prob(self, x):
        """log p(x) = log Σ_k π_k p(x|k), exact: x (..., D) → (...), nats."""
        x = self._array(x, "x", self.x_dim)
        parts = [log_px for _, log_px, _ in self._in_blocks(x.reshape(-1, self.x_dim),
                                                            self._frame())]
        log_px = namespace(x).concatenate(parts).astype(self.dtype).reshape(x.shape[:-1])
        if self.observed is not None:
            for rows, value, _ in mixture_gaps.log_prob_and_shares(self, x, self.observed):
                whole = self.observed[rows].all(axis=1)
                log_px[rows] = namespace(x).where(whole, log_px[rows], value)
        return log_px

    def seeing(self, observed):
        """The same mixture for a batch of which some entries are observed, bool (N, D): exact."""
        twin = copy.copy(self)
        twin.fill, twin.observed = None, observed
        return twin

    def responsibilities(self, x):
        """p(k|x), each component's share in each example: x (..., D) → (..., K), sums of 1."""
        x = self._array(x, "x", self.x_dim)
        parts = [r.astype(self.dtype) for _, _, r in self._in_blocks(x.reshape(-1, self.x_dim),
                                                                     self._frame())]
        return namespace(x).concatenate(parts).reshape(*x.shape[:-1], self.components)

    def log_mixing(self):
        """log π, (K,), in float64."""
        return log_shares(self.params["mixing.logits"])

    def _in_blocks(self, x, frame):
        """Yields (T(x), log p(x), p(k|x)) of the rows of x (N, D), block by block; the latter two
        in float64.
        """
        slopes, constants = self._family(frame)
        constants = constants + self.log_mixing()
        for start in range(0, len(x) or 1, ROWS):
            statistics = self._statistics(x[start:start + ROWS], frame)
            log_joint = (statistics @ slopes).astype(self._wide, copy=False)
            log_joint += constants
            log_px, r = log_sum_exp(log_joint, axis=1)  # eq. mixture
            yield statistics, log_px, r  # eq. responsibilities

    def _frame(self):
        """The frame that suits the components as they are."""
        return None

    def _frame_at(self, x):
        """The frame that suits the components and the data x (N, D)."""
        return None

    def _first_frame(self, x):
        """The frame that suits the data x (N, D) alone."""
        return None

    @property
    def _wide(self):
        """At least float64: sums over N examples and over K components are taken in it."""
        return wide(self.dtype)

    # -- sampling ------------------------------------------------------------------------------

    def sample(self, n, rng):
        """n draws from p(x), first k ~ π, then x ~ p(x|k): (n, D)."""
        return self.likelihood.sample(self._draw_heads(n, rng), rng).astype(self.dtype, copy=False)

    def sample_mean(self, n, rng):
        """The means of p(x|k) at n draws k ~ π: (n, D). They carry no pixel noise."""
        return self.likelihood.mean(self._draw_heads(n, rng)).astype(self.dtype, copy=False)

    def _draw_heads(self, n, rng):
        """The parameters of n components, drawn with their weights."""
        weights = np.exp(to_host(self.log_mixing()))
        k = check_generator(rng).choice(self.components, size=n, p=weights / weights.sum())
        k = move(k, namespace(self.params.vector))
        return {head: self.params[f"components.{head}"][k]
                for head in self.likelihood.heads(self.x_dim)}

    # -- EM ------------------------------------------------------------------------------------

    def seed(self, x, rng):
        """First parameters from data x (N, D), in place: equal weights, components around
        examples, each drawn with a probability that grows with its squared distance to the nearest
        one drawn before (k-means++, Arthur & Vassilvitskii 2007). Returns the model.

        Measured: of eight clusters it misses fewer than a draw with equal probabilities does. On
        the digits the two end alike, for K = 100 a nat above random responsibilities.

        Raises ValueError where x has fewer rows than the mixture has components.
        """
        x = self._array(x, "x", self.x_dim)
        if len(x) < self.components:
            raise ValueError(f"a mixture of {self.components} components must be seeded from at "
                             f"least as many examples, not from {len(x)}")
        xp, frame = namespace(x), self._first_frame(x)
        average = self._finish_average(sum(
            xp.sum(self._statistics(x[start:start + ROWS], frame), axis=0, dtype=self._wide)
            for start in range(0, len(x), ROWS)) / len(x), len(x))
        chosen = move(_spread_out(self._in_one_unit(x, frame), self.components, rng), xp)
        self.params["mixing.logits"] = 0.0
        self._set_components(self._around(x[chosen], average, frame), average, frame)
        return self

    def _in_one_unit(self, x, frame):
        """x (N, D) such that its squared distances can be taken."""
        return x

    def e_step(self, x):
        """Who explains what, as the parameters have it now: x (N, D) → Expected."""
        x = self._array(x, "x", self.x_dim)
        xp, frame, parts, counts, sums = namespace(x), self._frame_at(x), [], 0.0, 0.0
        for statistics, log_px, r in self._in_blocks(x, frame):
            parts.append(log_px)
            counts = counts + xp.sum(r, axis=0)
            sums = sums + (r.astype(statistics.dtype, copy=False).T @ statistics).astype(
                self._wide, copy=False)
        average = self._finish_average(xp.sum(sums, axis=0) / len(x), len(x))
        return Expected(xp.concatenate(parts), counts, sums, average, frame)

    def m_step(self, expected, pseudo_count=0.0):
        """Sets the parameters that are best for what `e_step` found just before, in place.

        pseudo_count: each component is fitted as if it explained so many more examples, whose
        statistics are those of the average of the data. What then climbs is log p(X) plus
        `log_parameter_prior`. A component that explains nothing becomes the average.
        """
        xp = namespace(expected.sums)
        seen = (expected.counts + pseudo_count)[:, None]
        means = (expected.sums + pseudo_count * expected.average) / xp.maximum(seen, TINY)
        means = xp.where(seen > TINY, means, expected.average)  # eq. em-m-step
        self._set_components(means, expected.average, expected.frame)
        self.params["mixing.logits"] = xp.log(xp.maximum(expected.counts / len(expected.log_px),
                                                         TINY))

    def log_parameter_prior(self, expected, pseudo_count):
        """The log-density that a pseudo-count adds to log p(X), up to a constant, in nats.

        Conjugate: pseudo_count · Σ_k log p(x̄|k), x̄ the example of average statistics. Like
        `m_step`, of the parameters that made `expected`.
        """
        slopes, constants = self._family(expected.frame)
        return pseudo_count * float(namespace(slopes).sum(
            expected.average @ slopes.astype(self._wide) + constants))

    def revive(self, x, expected, pseudo_count=0.0):
        """Moves each empty component, one that explains less than half an example, to the example
        that the mixture explains worst, if that raises what EM climbs. In place; returns whether
        any was moved: then `expected` is out of date.

        The component gets the weight 1/N, and the others make room. What that does to log p(x)
        of every example follows from this one component alone, and is worked out first.
        """
        x = self._array(x, "x", self.x_dim)
        xp, frame, log_px, moved = namespace(x), expected.frame, expected.log_px, False
        for k in np.flatnonzero(to_host(expected.counts) < EMPTY).tolist():
            before = self.params.copy()
            prior_before = self.log_parameter_prior(expected, pseudo_count)
            log_mixing = self.log_mixing()
            others = log_px + xp.log1p(-xp.exp(self._log_joint_with(k, x, frame) - log_px))
            room = math.log1p(-1.0 / len(x)) - math.log1p(-math.exp(float(log_mixing[k])))

            worst = int(xp.argmin(log_px))
            self._set_components(self._around(x[worst:worst + 1], expected.average, frame),
                                 expected.average, frame, slice(k, k + 1))
            log_mixing += room
            log_mixing[k] = -math.log(len(x))
            self.params["mixing.logits"] = log_mixing
            new_log_px = xp.logaddexp(others + room, self._log_joint_with(k, x, frame))

            gain = float(xp.sum(new_log_px - log_px))
            gain += self.log_parameter_prior(expected, pseudo_count) - prior_before
            if gain > 0.0:
                log_px, moved = new_log_px, True
            else:
                self.params.vector[...] = before.vector
        return moved

    def _log_joint_with(self, k, x, frame):
        """log π_k + log p(x|k) of one component and all of x: (N,), in float64."""
        slopes, constants = self._family(frame)
        constant = constants[k] + self.log_mixing()[k]
        parts = [(self._statistics(x[start:start + ROWS], frame) @ slopes[:, k]).astype(self._wide)
                 for start in range(0, len(x), ROWS)]
        return namespace(x).concatenate(parts) + constant


def _spread_out(x, count, rng):
    """Row numbers of `count` examples far from each other: x (N, D) → (count,), by k-means++."""
    xp, rng = namespace(x), check_generator(rng)
    squares = xp.sum(x * x, axis=1)
    chosen = [int(rng.integers(len(x)))]
    distance = xp.full_like(squares, np.inf)
    while len(chosen) < count:
        last = chosen[-1]
        new = squares - 2.0 * (x @ x[last]) + squares[last]
        distance = xp.maximum(xp.minimum(distance, new), 0.0)
        distance[last] = 0.0
        p = to_host(distance).astype(np.float64)
        if not p.any():  # no example differs from those drawn
            p = np.ones(len(x))
        chosen.append(int(rng.choice(len(x), p=p / p.sum())))
    return np.array(chosen)
