"""log Z of an RBM by annealed importance sampling, and log p(v) from below by its reverse.

The chains start at a model whose Z is known, the base rates: independent units with the data's
log-odds a. They are led to the RBM through (Salakhutdinov & Murray 2008)

    f_β(v) = exp( (1 − β) aᵀv + β bᵀv ) Π_j (1 + exp(β (c + Wᵀv)_j)),   0 = β_0 < … < β_T = 1,

with one step of Gibbs sampling at each β, and gather log w = Σ_t log f_{β_t} / f_{β_{t−1}} on
their way. The mean of w is Z/Z_0 without bias. So log Z is too low on average, and a log p(v) that
is made with it is too high: *the likelihood is flattered*. The error bars do not see a mode that
no chain has found. `reverse_annealing` errs in the other direction.
"""
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ..backend import check_generator, move, namespace, to_host
from ..distributions import sigmoid, softplus
from ..likelihoods import Bernoulli
from ..models.rbm import draw
from ..threads import in_parallel
from .diagnostics import log_mean_exp
from .hmc import check_counts

CHAINS_PER_BLOCK = 100  # fixed: another division would be other noise


class LogPartition(NamedTuple):
    """log Z in nats with its standard error by the delta method, log(Ẑ ± 3 standard errors of Ẑ),
    the effective number of chains, and each chain's estimate log w + log Z_0, (num_chains,).
    """

    log_z: float
    stderr: float
    lower: float
    upper: float
    ess: float
    estimates: np.ndarray


def temperatures(num_temperatures):
    """β_0 = 0, ..., β_T = 1, (T + 1,), in the shares of Salakhutdinov & Murray 2008, §4.2: of
    14 500, 500 lie evenly on [0, 0.5], 4000 on [0.5, 0.9], 10 000 on [0.9, 1].
    """
    check_counts(at_least=2, num_temperatures=num_temperatures)
    return np.interp(np.linspace(0.0, 1.0, num_temperatures + 1),
                     [0.0, 500 / 14500, 4500 / 14500, 1.0], [0.0, 0.5, 0.9, 1.0])


class _Path:
    """The densities from the base rates to an RBM, and the chains' step at each."""

    def __init__(self, rbm, base):
        self.rbm, xp = rbm, namespace(rbm.params.vector)
        base = np.asarray(base, np.float64)
        self.log_z0 = float(softplus(base).sum()) + rbm.hidden * np.log(2.0)
        self.base = move(base.astype(rbm.dtype), xp)
        self.tilt = rbm.params["visible.b"] - self.base
        self.W, self.c = rbm.params["W"], rbm.params["hidden.b"]
        self.Wt = xp.ascontiguousarray(self.W.T)

    def start(self, n, rng):
        """n draws from the base rates: (n, D)."""
        ones = namespace(self.base).ones((n, 1), dtype=self.base.dtype)
        return draw(ones * sigmoid(self.base), rng)

    def logits(self, v):
        return v @ self.W + self.c

    def log_ratio(self, v, logits, before, beta):
        """log f_β(v) − log f_before(v), (N,), float64.

        Σ_j log (1 + e^{β a_j}) − log (1 + e^{β₀ a_j}) is Σ_j log(1 + σ(β₀ a_j) (e^{(β−β₀) a_j} − 1))
        , which keeps the digits that a difference of two large numbers would lose in float32.
        """
        xp = namespace(v)
        change = xp.expm1((beta - before) * logits)
        change *= sigmoid(before * logits)
        xp.log1p(change, out=change)
        return ((beta - before) * (v @ self.tilt).astype("float64")
                + xp.sum(change, axis=-1, dtype="float64"))

    def step(self, logits, beta, rng):
        """One Gibbs step at β from a v that is given by its hidden logits."""
        h = draw(sigmoid(beta * logits), rng)
        visible = h @ self.Wt
        visible *= beta
        visible += self.base + beta * self.tilt
        v = draw(sigmoid(visible), rng)
        return v, self.logits(v)


def base_rates(x):
    """The log-odds of the mean of data x (N, D), clipped to [0.001, 0.999]: (D,)."""
    return Bernoulli().init_bias(to_host(x))["logits"]


def log_partition(rbm, base, *, rng, num_temperatures=10_000, num_chains=100):
    path, betas = _Path(rbm, base), temperatures(num_temperatures).tolist()
    sizes = [min(CHAINS_PER_BLOCK, num_chains - s) for s in range(0, num_chains, CHAINS_PER_BLOCK)]
    blocks = in_parallel(lambda task: _anneal(path, *task, betas),
                         zip(sizes, check_generator(rng).spawn(len(sizes)), strict=True))
    estimates = np.concatenate(list(blocks)) + path.log_z0
    log_z, stderr, ess = log_mean_exp(estimates)
    with np.errstate(divide="ignore", invalid="ignore"):
        lower, upper = log_z + np.log1p(np.maximum([-3.0 * stderr, 3.0 * stderr], -1.0))
    return LogPartition(float(log_z), float(stderr), float(lower), float(upper), float(ess),
                        estimates)


def _anneal(path, n, rng, betas):
    v = path.start(n, rng)
    logits, log_w = path.logits(v), 0.0
    for before, beta in pairwise(betas):
        log_w = log_w + path.log_ratio(v, logits, before, beta)
        v, logits = path.step(logits, beta, rng)
    return to_host(log_w)
