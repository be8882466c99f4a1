"""Estimates of log p(x) for many images, block by block."""
from typing import NamedTuple

import numpy as np

from ..backend import check_generator, move, namespace, to_host


class Estimate(NamedTuple):
    """log p(x) of each image in nats, its Monte Carlo standard error, how many independent draws
    it rests on, the chains' mean acceptance, the number of their divergences. Each (N,), on the
    host.
    """

    log_px: np.ndarray
    mc_stderr: np.ndarray
    ess: np.ndarray
    acceptance: np.ndarray
    divergences: np.ndarray


def in_blocks(estimate, model, x, rng, images_per_block, on_block=None):
    """The Estimate of x (N, D), put together from estimate(x, rng) of each block of images. Any
    named tuple of arrays will do in its place.

    Blocks keep memory bounded. Each has a random stream of its own, so an image's estimate
    depends on rng and on its place alone, not on how many images follow. on_block(n) is called
    after each with the number of images done. Raises as `model.check_data` does.
    """
    x = model.check_data(x, "x")
    starts = range(0, len(x), images_per_block)
    blocks = []
    for start, stream in zip(starts, check_generator(rng).spawn(len(starts)), strict=True):
        block = x[start:start + images_per_block]
        blocks.append(estimate(move(block, namespace(model.params.vector)), stream))
        if on_block:
            on_block(start + len(block))
    return type(blocks[0])(*(np.concatenate(parts) for parts in zip(*blocks, strict=True)))


def exact(model, x):
    """The Estimate of x (N, D) by a model that knows its log p(x), such as a mixture: no Monte
    Carlo error, as if from infinitely many draws. Raises as `model.check_data` does.
    """
    x = model.check_data(x, "x")
    log_px = to_host(model.log_prob(x)).astype(np.float64)
    return Estimate(log_px, np.zeros(len(x)), np.full(len(x), np.inf), np.ones(len(x)),
                    np.zeros(len(x), int))


def over_weights(estimate, model, x, *, rng, draws):
    """log E_q(θ)[p_θ(x)] of a model with uncertain weights, a FullVB: what it says of a new x.

    estimate(vae, x, rng=rng) → Estimate of log p_θ(x) at one draw of the weights, such as
    `ais.log_likelihood`. x (N, D) → Estimate. The mean of p_θ(x) over `draws` draws is unbiased
    where each of them is; so its logarithm is low on average. mc_stderr is the spread over the
    draws, which holds that of each estimate, by the delta method: NaN for one draw. ess counts
    draws of the weights. Divergences are added up.
    """
    streams = check_generator(rng).spawn(draws)
    parts = [estimate(model.draw(stream), x, rng=stream) for stream in streams]
    log_px = np.stack([part.log_px for part in parts])
    top = log_px.max(axis=0)
    p = np.exp(log_px - top)
    ess = p.sum(axis=0) ** 2 / (p ** 2).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):  # of one draw: no spread shows
        mc_stderr = np.sqrt((draws / ess - 1.0) / np.float64(draws - 1))
    return Estimate(top + np.log(p.mean(axis=0)), mc_stderr, ess,
                    np.mean([part.acceptance for part in parts], axis=0),
                    np.sum([part.divergences for part in parts], axis=0))
