"""How log p(x) is measured: a Measure for each way. `vae_np.catalogue` says which a model takes.

Each gives an Estimate of a model and data x (N, D):

    measure.estimate(model, x, rng=rng, num_samples=5000, on_block=None)

num_samples counts importance samples; the other ways have their own numbers of chains.
"""
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .. import blocks
from ..backend import check_generator, move, namespace, to_host
from ..distributions import log_sum_exp
from . import ais, energy, estimates, partition
from .diagnostics import RunningMean, RunningWeights
from .estimates import Estimate
from .hmc import check_counts

# The result depends on these block sizes, since each block draws its own noise. On the host they
# fit into the cache.
IMAGES_PER_BLOCK, SAMPLES_PER_BLOCK = 50, 8
# A device wants more at a time. While it computes, other threads draw noise for the next blocks,
# as many as the host has cores, up to 16. So many need 2.4 GB there for the ruler's model.
SAMPLES_ON_DEVICE, BLOCKS_ON_DEVICE = 512, 16
PARTITION_CHAINS = 100  # of annealed importance sampling for log Z


class Measure(NamedTuple):
    """A way to measure log p(x).

    name: what results call it. made_by: where an estimate comes from, in words, with {} for a
    number. samples: that number, where it is the method's own; None where it is num_samples.
    """

    name: str
    made_by: str
    samples: int | None
    estimate: Callable


def by_importance(model, x, *, rng, num_samples=5000, images_per_block=IMAGES_PER_BLOCK,
                  samples_on_device=SAMPLES_ON_DEVICE, on_block=None):
    """Importance-sampled log p(x) with q(z|x) as the proposal (Rezende et al. 2014): Estimate.

        log p(x) ≈ log 1/K Σ_k w_k,   w_k = p(x, z_k) / q(z_k|x),   K = num_samples.

    x (N, D). The errors are √((K/ESS − 1)/(K − 1)) by the delta method; NaN for K = 1, where no
    spread shows. The effective sample size is (Σw)²/Σw², between 1 and K; where it is near 1 the
    error itself is not to be trusted. 1/K Σ w is an unbiased estimate of p(x), so its logarithm is
    low on average: the likelihood is not flattered.

    The details are each image's "bound", 1/K Σ log w_k, and "bound_stderr": the bound itself, and
    what the K draws of it spread. Of a model that is `incomplete` all are about the observed
    entries, and where an example has none, its log p is 0 and all errors are.

    Where all K weights of an image are 0, its estimate is log 0 = −∞, and its error and its ESS
    are NaN. It takes an overflow in the model: a density is nowhere 0.

    images_per_block: how many are at work at once. Each block draws noise of its own: another
    size gives another, equally good estimate. samples_on_device: at a time, on a GPU; it
    changes the result by rounding alone. rng, on_block: see `blocks.in_blocks`; how many threads
    share the blocks changes no result. Raises ValueError or TypeError for bad data.
    """
    check_counts(num_samples=num_samples, images_per_block=images_per_block,
                 samples_on_device=samples_on_device)
    x, host = model.check_data(x, "x"), namespace(model.params.vector) is np

    def block(x, rng):
        return _importance_block(model, x, rng, num_samples, samples_on_device)

    return Estimate(*blocks.in_blocks(block, x, images_per_block, check_generator(rng), on_block,
                                      at_once=None if host else BLOCKS_ON_DEVICE))


def _importance_block(model, x, rng, num_samples, samples_on_device):
    """(log_px, mc_stderr, ess, details) of one block of images, samples block by block."""
    xp, weights, bound = namespace(model.params.vector), RunningWeights(), RunningMean()
    many = xp is not np and model.noise_splits
    at_a_time = samples_on_device if many else SAMPLES_PER_BLOCK
    empty = estimates.nothing_observed(model, x)
    seen, on_device = model.reading(move(x, xp))
    q = seen.posterior(on_device)
    for start in range(0, num_samples, at_a_time):
        eps = seen.noise(rng, len(x), min(at_a_time, num_samples - start))
        log_w = to_host(seen.log_weights(on_device, eps, q))
        weights.add(log_w)
        bound.add(log_w)
    mean, stderr = bound.result()
    log_px, mc_stderr, ess = weights.result()
    return (np.where(empty, 0.0, log_px), np.where(empty, 0.0, mc_stderr),
            np.where(empty, num_samples, ess),
            {"bound": np.where(empty, 0.0, mean), "bound_stderr": np.where(empty, 0.0, stderr)})


def given_label(model, x, *, rng, num_samples=5000, on_block=None):
    """Importance-sampled log p(x|y) of rows x (N, D + C): Estimate. It is no log p(x), and above
    it on average, since the label was given away.

    The details hold, beside those of `by_importance`, "log_px": log p(x) = log 1/C Σ_y p(x|y), and
    "log_px_mc_stderr", its error. Its term of the row's own label, nearly always the
    largest, is the one above; each other has num_samples / C draws. It is too low on average too.
    """
    rng, rows, labels = check_generator(rng), model.check_data(x, "x"), model.labels
    given = by_importance(model, rows, rng=rng, num_samples=num_samples, on_block=on_block)
    x, few = model.data_of(rows), max(2, num_samples // labels)
    each = [by_importance(model, model.rows(x, np.full(len(x), label)), rng=rng, num_samples=few)
            for label in range(labels)]
    log_px = np.stack([one.log_px for one in each])
    errors = np.stack([one.mc_stderr for one in each])
    own = model.labels_of(rows), np.arange(len(x))
    log_px[own], errors[own] = given.log_px, given.mc_stderr
    log_sum, shares = log_sum_exp(log_px)
    return given._replace(details={
        **given.details, "log_px": log_sum - np.log(labels),
        "log_px_mc_stderr": np.sqrt(np.sum((shares * errors) ** 2, axis=0))})


def by_annealing(model, x, *, rng, num_samples=5000, on_block=None):
    """Annealed importance sampling over z, for a model without an encoder: see `ais`."""
    return ais.log_likelihood(model, x, rng=rng, on_block=on_block)


def exactly(model, x, *, rng, num_samples=5000, on_block=None):
    """By a model that knows its log p(x)."""
    return estimates.exact(model, x)


def by_partition(model, x, *, rng, num_samples=5000, on_block=None):
    """An RBM or a DBN: log Z by annealed importance sampling, then log p(x): see `partition`.

    Any base rates are right for log Z, so x gives them. ess counts the chains that log Z rests
    on. The details hold "log_z", the same for all images; common_stderr is its error.
    """
    x = model.check_data(x, "x")
    log_z = partition.log_partition(model, partition.base_rates(model, x), rng=rng,
                                    num_chains=PARTITION_CHAINS)
    one = energy.log_likelihood(model, x, log_z.log_z, rng=rng, on_block=on_block)
    return Estimate(one.log_px, one.mc_stderr, np.full(len(x), log_z.ess),
                    {**one.details, "log_z": np.full(len(x), log_z.log_z)}, log_z.stderr)


IMPORTANCE = Measure("importance sampling", "{} importance samples", None, by_importance)
STATED = Measure("importance sampling under a stated p(x|z)", "{} importance samples; p(x|z) "
                 "around the decoder's means is stated, since training climbed no bound", None,
                 by_importance)
GIVEN_LABEL = Measure("importance sampling given the label", "{} importance samples, the label "
                      "given", None, given_label)
SUMMED_LABELS = Measure("importance sampling, summed over labels", "{} importance samples for "
                        "each label, summed over the labels", None, by_importance)
ANNEALING = Measure("ais", "{} chains of annealed importance sampling", ais.CHAINS, by_annealing)
EXACT = Measure("exact", "exact", 0, exactly)
PARTITION = Measure("partition function by ais", "Z from {} annealed chains", PARTITION_CHAINS,
                    by_partition)
