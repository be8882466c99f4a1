"""Hamiltonian Monte Carlo: draws from p(z|x), for many data points and chains at once.

The point z gets a momentum m ~ N(0, I) and rolls over the landscape −log p(z) without friction.
An exact roll keeps the energy H and leaves p(z) as it is. The leapfrog rolls in finite steps, so
H changes a little, and Metropolis' test takes back what that would spoil: the draws are right
however rough the steps are, and even if the gradient is wrong. Only the acceptance tells of it.
(Duane et al. 1987; Neal 2011. Paper, appendices D and E.)

A target is a function log_prob_and_grad(z) -> (value, d_z): z (..., N, Z), value (..., N) in nats
up to a constant, d_z (..., N, Z). N counts data points, each with a posterior of its own; what
stands before it counts chains. For a model it is the log joint density:

    def target(z):
        return model.log_joint_and_grad(x, z)

    steps = hmc.StepSizes(len(x))
    draws = hmc.sample(target, z, steps, rng, num_samples=50, warmup=50)
"""
import math
from typing import NamedTuple

import numpy as np

from ..backend import check_generator, move, namespace, to_host
from .diagnostics import effective_sample_size
from .step_sizes import StepSizes

__all__ = ["DIVERGENT", "JITTER", "Draws", "Moves", "Outcome", "Point", "StartError",
           "StepSizes", "advance", "evaluate", "hamiltonian", "leapfrog", "metropolis", "sample",
           "transition"]

DIVERGENT = 1000.0  # nats, Stan's limit: so great an error of H is a leapfrog that broke down
# Each transition scales its step by a random factor in 1 ± JITTER. A fixed length could be a whole
# period of the orbit, and the chain would come back to where it started (Neal 2011, §5.4.2.2).
JITTER = 0.2


def hamiltonian(log_prob, m):
    """The energy H = −log p(z) + ½ ‖m‖²: log_prob (..., N), m (..., N, Z) → (..., N), nats."""
    return 0.5 * namespace(m).sum(m * m, axis=-1) - log_prob  # eq. hamiltonian


def leapfrog(log_prob_and_grad, z, m, d_z, step, num_steps):
    """Moves (z, m) along by num_steps leapfrog steps.

        m ← m + ½ε ∇log p(z),   z ← z + ε m,   m ← m + ½ε ∇log p(z)

    The half steps of m between two steps of z are taken as one. Run with −m it comes back to
    where it was; it keeps volumes; over a fixed length its error in H falls as ε².

    z, m, d_z (..., N, Z), d_z the gradient at z; step: a float or an array that broadcasts to z.
    Returns (z, m, log_prob, d_z) at the end.
    """
    m = m + 0.5 * step * d_z
    for i in range(num_steps):
        z = z + step * m  # eq. leapfrog
        log_prob, d_z = log_prob_and_grad(z)
        m = m + (step if i < num_steps - 1 else 0.5 * step) * d_z
    return z, m, log_prob, d_z


def metropolis(energy_change, rng):
    """Which proposals to take: each with probability min(1, exp(−ΔH)).   (..., N) → bools.

    For u uniform, u < exp(−ΔH) says ΔH < −log u, and −log u is an exponential variable.
    """
    threshold = rng.standard_exponential(energy_change.shape, dtype=energy_change.dtype)
    return energy_change < move(threshold, namespace(energy_change))  # eq. metropolis


class Point(NamedTuple):
    """Where the chains are: z (..., N, Z), log p there (..., N), its gradient (..., N, Z)."""

    z: object
    log_prob: object
    d_z: object


class Outcome(NamedTuple):
    """What became of one transition's proposals, each (..., N): whether taken, with what
    probability, and whether the leapfrog diverged."""

    accepted: object
    probability: object
    diverged: object


class StartError(ValueError):
    """Chains that start where log p(z) or its gradient is infinite or NaN."""


def evaluate(log_prob_and_grad, z):
    """The Point at z. Raises StartError where log p or its gradient is not finite there."""
    xp = namespace(z)
    log_prob, d_z = log_prob_and_grad(z)
    bad = ~(xp.isfinite(log_prob) & xp.all(xp.isfinite(d_z), axis=-1))
    if xp.any(bad):
        raise StartError(f"log p(z) or its gradient is not finite at {int(xp.sum(bad))} of "
                         f"{bad.size} starting points: start the chains elsewhere")
    return Point(z, log_prob, d_z)


def transition(log_prob_and_grad, point, step, rng, leapfrog_steps):
    """One draw of the momentum, one roll, one test of Metropolis: (Point, Outcome).

    step: (N,), each data point's ε. A proposal whose |ΔH| exceeds 1000 nats or is not a number is
    a divergence: refused and counted. (Its way back has the same |ΔH|, so the refusal is fair.)
    """
    xp, dtype = namespace(point.z), point.z.dtype
    m = move(rng.standard_normal(point.z.shape, dtype=dtype), xp)
    scale = move(rng.random(point.log_prob.shape, dtype=dtype), xp)
    step = step * (1.0 + JITTER * (2.0 * scale - 1.0))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # counted below
        z, new_m, log_prob, d_z = leapfrog(log_prob_and_grad, point.z, m, point.d_z,
                                           step[..., None], leapfrog_steps)
        change = hamiltonian(log_prob, new_m) - hamiltonian(point.log_prob, m)
        diverged = ~(xp.abs(change) <= DIVERGENT)  # also where it is NaN
    change = xp.where(diverged, math.inf, change)
    accepted = metropolis(change, rng)
    moved = Point(xp.where(accepted[..., None], z, point.z),
                  xp.where(accepted, log_prob, point.log_prob),
                  xp.where(accepted[..., None], d_z, point.d_z))
    return moved, Outcome(accepted, xp.exp(-xp.maximum(change, 0.0)), diverged)


class Moves(NamedTuple):
    """Where `advance` left the chains: z (..., N, Z) and log_prob (..., N), where z lay; and how
    it went for each data point, on the host: acceptance (N,), the mean probability with which
    proposals were taken, and divergences (N,), their number. Over all chains and transitions.
    """

    z: object
    log_prob: object
    acceptance: np.ndarray
    divergences: np.ndarray


class Draws(NamedTuple):
    """What `sample` drew: z (S, ..., N, Z) and log_prob (S, ..., N), where z lay; acceptance (N,)
    and divergences (N,) as in Moves, after the warm-up.
    """

    z: object
    log_prob: object
    acceptance: np.ndarray
    divergences: np.ndarray

    def ess(self):
        """(N,): of how many independent draws the S draws of all chains are worth, in the worst
        coordinate of z (`diagnostics.effective_sample_size`)."""
        z = to_host(self.z)
        chains = z.reshape(len(z), -1, *z.shape[-2:])
        return effective_sample_size(chains).min(axis=-1)


def advance(log_prob_and_grad, z, steps, rng, *, num_transitions=1, leapfrog_steps=10, tune=False):
    """Moves the chains on by num_transitions; returns Moves.

    z (..., N, Z): where they are. steps: StepSizes of the N data points. tune=True tunes them on
    the way, in place; tune=False leaves them as they are. The target may have changed since the
    last call, as it does in Monte Carlo EM: it is evaluated anew at z.

    All that a later call needs is z, steps.state() and the rng. Raises ValueError where shapes
    do not fit or log p(z) is not finite at the start.
    """
    _check(z, steps, rng, num_transitions=num_transitions, leapfrog_steps=leapfrog_steps)
    point = evaluate(log_prob_and_grad, z)
    point, acceptance, divergences = _run(log_prob_and_grad, point, steps, rng, num_transitions,
                                          leapfrog_steps, tune)
    return Moves(point.z, point.log_prob, to_host(acceptance) / num_transitions,
                 to_host(divergences))


def sample(log_prob_and_grad, z, steps, rng, *, num_samples, warmup=0, leapfrog_steps=10, thin=1):
    """num_samples draws of each chain after a warm-up, in which alone steps are tuned: Draws.

    z (..., N, Z): where the chains start. steps: StepSizes of the N data points, tuned in place
    during the `warmup` transitions and frozen from then on. thin: transitions from one draw to
    the next. Raises ValueError as `advance` does.
    """
    _check(z, steps, rng, num_samples=num_samples, leapfrog_steps=leapfrog_steps, thin=thin)
    check_counts(at_least=0, warmup=warmup)
    xp = namespace(z)
    point = evaluate(log_prob_and_grad, z)
    point, *_ = _run(log_prob_and_grad, point, steps, rng, warmup, leapfrog_steps, tune=True)
    draws = []
    for _ in range(num_samples):
        point, acceptance, divergences = _run(log_prob_and_grad, point, steps, rng, thin,
                                              leapfrog_steps)
        draws.append((point.z, point.log_prob, acceptance, divergences))
    z, log_prob, acceptance, divergences = (xp.stack(part) for part in zip(*draws, strict=True))
    return Draws(z, log_prob, to_host(xp.mean(acceptance, axis=0)) / thin,
                 to_host(xp.sum(divergences, axis=0)))


def _run(log_prob_and_grad, point, steps, rng, num_transitions, leapfrog_steps, tune=False):
    """(Point, acceptance (N,), divergences (N,)): for each data point the mean probability over
    chains, summed over transitions, and the number of divergences. Both on the device."""
    xp = namespace(point.z)
    acceptance, divergences = 0.0, 0
    step = _device_step(steps, tune, point.z)
    for _ in range(num_transitions):
        point, outcome = transition(log_prob_and_grad, point, step, rng, leapfrog_steps)
        probability = xp.mean(outcome.probability.reshape(-1, len(steps)), axis=0, dtype="float64")
        acceptance = acceptance + probability
        divergences = divergences + xp.sum(outcome.diverged.reshape(-1, len(steps)), axis=0)
        if tune:
            steps.tune(to_host(probability))
            step = _device_step(steps, tune, point.z)
    return point, acceptance, divergences


def _device_step(steps, tuning, z):
    return move(steps.step(tuning).astype(z.dtype), namespace(z))


def _check(z, steps, rng, **counts):
    check_generator(rng)
    check_counts(**counts)
    if z.ndim < 2 or z.shape[-2] != len(steps):
        raise ValueError(f"z must be (..., {len(steps)}, Z) for the step sizes of {len(steps)} "
                         f"data points, not {z.shape}")


def check_counts(at_least=1, **counts):
    """Raises ValueError where a count is not a whole number of that size at least."""
    for name, count in counts.items():
        whole = isinstance(count, (int, np.integer)) and not isinstance(count, bool)
        if not whole or count < at_least:
            raise ValueError(f"{name} must be a whole number of at least {at_least}, "
                             f"not {count!r}")
