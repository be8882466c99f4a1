"""Annealed importance sampling over z: log p(x) without an encoder (Neal 2001; Wu et al. 2017).

A chain starts at a draw from the prior and is led to the posterior through densities in between,

    f_β(z) = p(z) p(x|z)^β,   0 = β_0 < β_1 < … < β_T = 1,

with one transition of HMC at each. On its way it gathers the weight

    log w = Σ_t (β_t − β_{t−1}) log p(x|z_{t−1})

whose mean over chains is p(x), without bias, however badly the transitions mix. So the logarithm
of a mean of weights is too low on average: the likelihood is not flattered. It is the wide and
blind alternative to importance sampling, which needs a good encoder: modes that an encoder
overlooks are found from the prior. The price is T transitions a chain.

Where there is an encoder, chains may start at its draws instead, on the way

    f_β(z) = q(z|x)^(1−β) (p(z) p(x|z))^β,

with p(z) p(x|z) / q(z|x) in the place of p(x|z) above. T = 1 is importance sampling; each further
temperature repairs the proposal a little. It is still unbiased, and shorter, since it has less far
to go; but a mode that q does not reach is found only by transitions that lead there.
"""
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ..backend import check_generator, move, namespace, to_host
from ..distributions import standard_normal_log_prob
from . import hmc
from .diagnostics import log_mean_exp
from .estimates import Estimate, in_blocks

CHAINS = 16           # weights for each image, unless somebody says otherwise
IMAGES_PER_BLOCK, CHAINS_PER_BLOCK = 50, 8  # 400 rows at once stay in the cache
PILOT_CHAINS = 4     # their noise finds the step sizes and is not used again
FIRST_STEP = 1.0     # the prior's own scale
TARGET, GAIN = 0.8, 0.3  # acceptance to aim at, and how fast log ε follows it


def schedule(num_temperatures, kind="sigmoidal"):
    """β_0 = 0, ..., β_T = 1: (T + 1,), float64, rising.

    "sigmoidal": σ(8t/T − 4), stretched to [0, 1]: slow at both ends (Grosse et al. 2015).
    "linear": t/T. "geometric": β_1 = 1e-4, and each β a constant multiple of the last.
    """
    hmc.check_counts(at_least=2, num_temperatures=num_temperatures)
    if kind == "sigmoidal":
        betas = 1.0 / (1.0 + np.exp(np.linspace(4.0, -4.0, num_temperatures + 1)))
        return (betas - betas[0]) / (betas[-1] - betas[0])
    if kind == "linear":
        return np.linspace(0.0, 1.0, num_temperatures + 1)
    if kind == "geometric":
        return np.concatenate([[0.0], np.geomspace(1e-4, 1.0, num_temperatures)])
    raise ValueError(f"unknown schedule {kind!r}: use 'sigmoidal', 'linear' or 'geometric'")


def _set_aside(parts):
    """Chains that start where p(x|z) is 0 in this dtype have the weight 0, whatever comes.

    Returns (parts that are finite there, log weights at the start: −∞ there, else 0). Raises
    StartError where log p(x|z) is +∞ or NaN.
    """
    log_pz, d_pz, log_px, d_px = parts
    xp = namespace(log_px)
    lost = log_px == -np.inf
    bad = ~(lost | xp.isfinite(log_px) & xp.all(xp.isfinite(d_px), axis=-1))
    if xp.any(bad):
        raise hmc.StartError(f"log p(x|z) or its gradient is no finite number at "
                             f"{int(xp.sum(bad))} of {bad.size} starting points")
    log_weights = xp.where(lost, -np.inf, 0.0)
    return [log_pz, d_pz, xp.where(lost, xp.zeros_like(log_px), log_px),
            xp.where(lost[..., None], xp.zeros_like(d_px), d_px)], log_weights


class Annealed(NamedTuple):
    """Chains at the end of their way: z (..., N, Z), where they lie, which with their weights
    stand for p(z|x); on the host log_weights (..., N), acceptance and divergences (N,), and the
    step sizes that were used, (T, N).
    """

    z: object
    log_weights: np.ndarray
    acceptance: np.ndarray
    divergences: np.ndarray
    step_sizes: np.ndarray


class _Tempered:
    """log f_β and its gradient as a target of HMC. It keeps the parts that it was made from."""

    def __init__(self, log_prior_and_grad, log_likelihood_and_grad):
        self.functions = log_prior_and_grad, log_likelihood_and_grad

    def __call__(self, z):
        self.parts = [part for f in self.functions for part in f(z)]
        return self.mix(self.parts)

    def mix(self, parts):
        log_pz, d_pz, log_px, d_px = parts
        if self.beta == 0.0:  # there 0 · log p(x|z) is 0, also where p(x|z) is
            return log_pz, d_pz
        return log_pz + self.beta * log_px, d_pz + self.beta * d_px  # eq. tempered


def anneal(log_prior_and_grad, log_likelihood_and_grad, z, betas, rng, *, step_sizes=None,
           leapfrog_steps=2):
    """Leads chains from the prior, or another density, to the posterior; returns Annealed.

    log_prior_and_grad, log_likelihood_and_grad: functions of z (..., N, Z) → value (..., N) in
    nats, its gradient (..., N, Z). The weights estimate the integral of exp(log p(z) + log
    p(x|z)), so both come with their constants. z: draws from the prior. betas: `schedule`.
    Another density may stand for the prior if what it lacks is in the likelihood: q(z), and
    p(z) p(x|z) / q(z).
    step_sizes (T, N): of each temperature and data point. None finds them on the way, from the
    chains' own acceptance. Then a step depends on the past, and the weights are unbiased no more:
    use it for a pilot run, whose step_sizes serve others.

    A chain whose start has p(x|z) = 0 has the weight 0, log_weights −∞. Raises ValueError where
    the densities are infinite or NaN at the start otherwise.
    """
    check_generator(rng)
    hmc.check_counts(leapfrog_steps=leapfrog_steps)
    xp, n = namespace(z), z.shape[-2]
    tuning = step_sizes is None
    if tuning:
        step_sizes = np.full((len(betas) - 1, n), FIRST_STEP)
    target = _Tempered(log_prior_and_grad, log_likelihood_and_grad)
    target.beta = 0.0
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is found just below
        hmc.evaluate(target, z)
    parts, log_weights = _set_aside(target.parts)
    acceptance, divergences = 0.0, 0
    for t, (before, beta) in enumerate(pairwise(betas.tolist())):
        log_weights = log_weights + (beta - before) * parts[2].astype("float64")  # eq. ais
        target.beta = beta
        step = move(step_sizes[t].astype(z.dtype), xp)
        point, outcome = hmc.transition(target, hmc.Point(z, *target.mix(parts)), step, rng,
                                        leapfrog_steps)
        z = point.z
        # The leapfrog's last look was at the proposal, so target.parts are the proposal's.
        parts = [xp.where(outcome.accepted if new.ndim < z.ndim else outcome.accepted[..., None],
                          new, old) for new, old in zip(target.parts, parts, strict=True)]
        probability = xp.mean(outcome.probability.reshape(-1, n), axis=0, dtype="float64")
        acceptance = acceptance + probability
        divergences = divergences + xp.sum(outcome.diverged.reshape(-1, n), axis=0)
        if tuning and t + 1 < len(step_sizes):
            step_sizes[t + 1] = step_sizes[t] * np.exp(GAIN * (to_host(probability) - TARGET))
    return Annealed(z, to_host(log_weights), to_host(acceptance) / len(step_sizes),
                    to_host(divergences), step_sizes)


def log_likelihood(model, x, *, rng, num_chains=CHAINS, num_temperatures=300, leapfrog_steps=2,
                   kind="sigmoidal", start="prior", images_per_block=IMAGES_PER_BLOCK,
                   chains_per_block=CHAINS_PER_BLOCK, on_block=None):
    """log p(x) of each image by annealed importance sampling: Estimate.

    x (N, D). num_chains: weights for each image. num_temperatures, kind: see `schedule`. start:
    where chains begin, "prior" or "encoder", the latter for a model that has one. Four more chains
    run ahead to find step sizes for each temperature and image. The cost of an image is
    (num_chains + 4) · num_temperatures · leapfrog_steps gradients of its decoder. The details are
    each image's "acceptance" and number of "divergences".

    The mean weight estimates p(x) without bias, so log_px is too low on average, by about
    mc_stderr²/2: the likelihood is not flattered. ess is (Σw)²/Σw², between 1 and num_chains;
    where it is near 1 do not trust mc_stderr and take more temperatures. One chain has no
    mc_stderr: NaN.

    images_per_block, chains_per_block: how many are at work at once, so memory does not grow with
    num_chains. Each block draws noise of its own: other sizes give another, equally good estimate.
    rng and on_block: see `estimates.in_blocks`. Raises ValueError or TypeError for bad data and
    settings.
    """
    hmc.check_counts(num_chains=num_chains, images_per_block=images_per_block,
                     chains_per_block=chains_per_block)
    betas = schedule(num_temperatures, kind)
    if start not in STARTS:
        raise ValueError(f"unknown start {start!r}: use one of {', '.join(STARTS)}")
    model.sample_prior(np.random.default_rng(0), 1)  # a ValueError where there is no p(z)
    sizes = [min(chains_per_block, num_chains - begun)
             for begun in range(0, num_chains, chains_per_block)]

    def estimate(model, x, rng):
        return _estimate(STARTS[start](model, x), len(x), rng, betas, sizes, leapfrog_steps)

    return in_blocks(estimate, model, x, rng, images_per_block, on_block)


def _from_prior(model, x):
    """(draw(rng, chains) → z, log p(z) and its gradient, log p(x|z) and its gradient)."""
    return (lambda rng, chains: model.sample_prior(rng, len(x), chains), model.log_prior_and_grad,
            lambda z: model.log_px_given_z_and_grad(x, z))


def _from_encoder(model, x):
    """The same with q(z|x) for p(z), and p(x, z)/q(z|x) for p(x|z), as functions of the noise ε
    that z is made of: there q is N(0, I), and one step size suits all directions.
    """
    q = model.posterior(x)

    def log_start_and_grad(eps):
        return standard_normal_log_prob(eps), -eps

    def log_ratio_and_grad(eps):
        z, log_q, cache = q.sample(eps)
        log_joint, d_z = model.log_joint_and_grad(x, z)
        d_eps = q.noise_backward(cache, d_z, -namespace(log_q).ones_like(log_q))
        return log_joint - log_q, d_eps  # eq. tempered-encoder

    return (lambda rng, chains: model.noise(rng, len(x), chains), log_start_and_grad,
            log_ratio_and_grad)


STARTS = {"prior": _from_prior, "encoder": _from_encoder}


def _estimate(path, n, rng, betas, sizes, leapfrog_steps):
    """The Estimate of one block of n images. path: as STARTS give it. sizes: how many chains run
    at once, one number for each lot.
    """
    draw, log_start_and_grad, log_ratio_and_grad = path

    def run(chains, step_sizes=None):
        return anneal(log_start_and_grad, log_ratio_and_grad, draw(rng, chains), betas, rng,
                      step_sizes=step_sizes, leapfrog_steps=leapfrog_steps)

    step_sizes = run(PILOT_CHAINS).step_sizes
    runs = [run(chains, step_sizes) for chains in sizes]
    estimate = log_mean_exp(np.concatenate([one.log_weights for one in runs]))
    acceptance = np.average([one.acceptance for one in runs], axis=0, weights=sizes)
    return Estimate(*estimate, {"acceptance": acceptance,
                                "divergences": sum(one.divergences for one in runs)})
