"""What every estimate of log p(x) looks like, and the two that need no method of their own."""
from typing import NamedTuple

import numpy as np

from .. import blocks
from ..backend import check_generator, move, namespace, to_host
from ..observed import observed_in
from .diagnostics import log_mean_exp


class Estimate(NamedTuple):
    """log p(x) of each of N images in nats, its Monte Carlo standard error, and how many
    independent draws it rests on: (N,) each, on the host.

    details: {name: (N,)} of what else the method has to say of each image. common_stderr: the
    standard error of a term that all images share, such as log Z; it is not in mc_stderr.
    """

    log_px: np.ndarray
    mc_stderr: np.ndarray
    ess: np.ndarray
    details: dict = {}
    common_stderr: float = 0.0

    @property
    def mean_stderr(self):
        """The Monte Carlo standard error of the mean of log_px over the images."""
        return float(np.hypot(stderr_of_mean(self.mc_stderr), self.common_stderr))


def nothing_observed(model, x):
    """(N,) bool: the rows of x (N, D) without one entry that is there. p(x) of such a row is 1."""
    if model.fill is None:
        return np.zeros(len(x), bool)
    return to_host(~observed_in(x).any(axis=1))


def stderr_of_mean(errors):
    """The standard error of a mean of independent estimates that have these errors."""
    return float(np.sqrt(np.square(errors).sum()) / len(errors))


def in_blocks(estimate, model, x, rng, images_per_block, on_block=None):
    """The Estimate of x (N, D), put together from estimate(model, x, rng) of each block of images,
    whose arrays lie on the model's device; the model is the one that can read them. rng and
    on_block: see `blocks.in_blocks`. Raises as `model.check_data` does.
    """
    xp = namespace(model.params.vector)

    def parts(x, rng):
        one = estimate(*model.reading(move(x, xp)), rng)
        return one.log_px, one.mc_stderr, one.ess, one.details

    x = model.check_data(x, "x")
    return Estimate(*blocks.in_blocks(parts, x, images_per_block, check_generator(rng), on_block))


def exact(model, x):
    """The Estimate of x (N, D) by a model that knows its log p(x), such as a mixture: no Monte
    Carlo error, as if from infinitely many draws. Raises as `model.check_data` does.
    """
    x = model.check_data(x, "x")
    seen, complete = model.reading(x)
    log_px = to_host(seen.log_prob(complete)).astype(np.float64)
    log_px[nothing_observed(model, x)] = 0.0
    return Estimate(log_px, np.zeros(len(x)), np.full(len(x), np.inf))


def over_weights(estimate, model, x, *, rng, draws):
    """log E_q(θ)[p_θ(x)] of a model with uncertain weights, a FullVB: what it says of a new x.

    estimate(vae, x, rng=rng) → Estimate of log p_θ(x) at one draw of the weights, such as
    `ais.log_likelihood`. x (N, D) → Estimate. The mean of p_θ(x) over `draws` draws is unbiased
    where each of them is; so its logarithm is low on average. mc_stderr is the spread over the
    draws, which holds that of each estimate, by the delta method: NaN for one draw. ess counts
    draws of the weights.
    """
    streams = check_generator(rng).spawn(draws)
    return Estimate(*log_mean_exp(np.stack([estimate(model.draw(stream), x, rng=stream).log_px
                                            for stream in streams])))
