"""log Z of an RBM, or of the RBM on top of a DBN, by annealed importance sampling.

The chains start at a model whose Z is known, the base rates: independent units with log-odds a.
They are led to the RBM through (Salakhutdinov & Murray 2008, §4.1)

    f_β(v) = exp((1 − β) aᵀv + β bᵀv) Π_j (1 + exp(β (c + Wᵀv)_j)),   0 = β_0 < … < β_T = 1,

with one step of Gibbs sampling at each β. On the way a chain gathers log w = Σ_t log f_{β_t}(v) −
log f_{β_{t−1}}(v), and the mean of w is Z/Z_0 without bias.

So log Z comes out too low on average, and a log p(v) that is made with it too high: *the
likelihood is flattered*, unlike that of AIS over z in `ais`. And the error bars know nothing of a
mode that no chain has found. `reverse_annealing` errs in the other direction.
"""
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ..activations import sigmoid, softplus
from ..backend import check_generator, move, namespace, to_host
from ..blocks import in_blocks, in_parallel
from ..likelihoods import Bernoulli, draw_bernoulli
from .diagnostics import log_mean_exp
from .hmc import check_counts

ROWS = 1000  # examples at a time
CHAINS_PER_BLOCK = 100  # fixed: another division would be other noise


class LogPartition(NamedTuple):
    """log Z in nats; its standard error by the delta method; log(Ẑ − 3 standard errors of Ẑ),
    which may be −∞, and log(Ẑ + 3 of them); how many independent chains it rests on, (Σw)²/Σw²;
    and what each chain says, log w + log Z_0, (num_chains,).
    """

    log_z: float
    stderr: float
    lower: float
    upper: float
    ess: float
    estimates: np.ndarray


class Doubled(NamedTuple):
    """LogPartition at T and at 2T temperatures; the change of log Z, and its standard error."""

    once: LogPartition
    twice: LogPartition
    change: float
    stderr: float


def temperatures(num_temperatures):
    """β_0 = 0, ..., β_T = 1, (T + 1,), in the shares of Salakhutdinov & Murray 2008, §4.2: of
    14 500, 500 lie evenly on [0, 0.5], 4000 on [0.5, 0.9] and 10 000 on [0.9, 1].
    """
    check_counts(at_least=2, num_temperatures=num_temperatures)
    return np.interp(np.linspace(0.0, 1.0, num_temperatures + 1),
                     [0.0, 500 / 14500, 4500 / 14500, 1.0], [0.0, 0.5, 0.9, 1.0])


def base_rates(model, x):
    """Log-odds of the units that the top RBM sees, from data x (M, D) → (its x_dim,), float64.

    The mean of x, or for a DBN the mean of h from the probabilities of its recognition model,
    clipped to [0.001, 0.999]. Grey x will do. Any base rates are right; good ones save
    temperatures.
    """
    x = model.check_data(x)

    def block(x):
        mean = move(x, namespace(model.params.vector))
        for rbm in model.directed:
            mean = sigmoid(rbm.hidden_logits(mean))
        return to_host(mean).sum(axis=0, dtype=np.float64)[None]

    total = in_blocks(block, x, ROWS).sum(axis=0)
    return Bernoulli().init_bias(total[None] / len(x))["logits"]


class Path:
    """The densities f_β between the base rates (log-odds, (D,)) and an RBM; steps at each."""

    def __init__(self, rbm, base):
        self.rbm, xp = rbm, namespace(rbm.params.vector)
        base = np.asarray(base, np.float64)
        if base.shape != (rbm.x_dim,) or not np.isfinite(base).all():
            raise ValueError(f"the base rates must be {rbm.x_dim} finite log-odds, one for each "
                             f"visible unit; their shape is {base.shape}")
        self.log_z0 = float(softplus(base).sum() + rbm.hidden * np.log(2.0))
        self.base = move(base.astype(rbm.dtype), xp)
        self.tilt = rbm.params["visible.b"] - self.base

    def start(self, n, rng):
        """n draws from the base rates: (n, D)."""
        rates = sigmoid(self.base)
        return draw_bernoulli(namespace(rates).broadcast_to(rates, (n, len(rates))), rng)

    def log_ratio(self, v, logits, before, beta):
        """log f_β(v) − log f_before(v) for before ≤ β: v (N, D), its hidden logits (N, H) → (N,),
        float64.

        Log(1 + e^βa) − log(1 + e^β₀a) would lose its digits in float32, as the two hardly differ.
        With σ(β₀a) it is log(1 + σ(β₀a) (e^(β−β₀)a − 1)), and nothing overflows where the signs
        are turned for a > 0: (β−β₀) max(a, 0) + log(1 + σ(−β₀|a|) (e^−(β−β₀)|a| − 1)).
        """
        xp, step = namespace(v), beta - before
        size = xp.abs(logits)
        change = sigmoid(-before * size)
        change *= xp.expm1(-step * size)
        xp.log1p(change, out=change)
        on = xp.maximum(logits, xp.zeros_like(logits[:1]))
        linear = (v @ self.tilt).astype("float64") + xp.sum(on, axis=-1, dtype="float64")
        return (step * linear
                + xp.sum(change, axis=-1, dtype="float64"))  # eq. rbm-path

    def step(self, logits, beta, rng):
        """One step of Gibbs sampling at β from the v with these hidden logits: (v, logits)."""
        h = draw_bernoulli(sigmoid(beta * logits), rng)
        visible = h @ self.rbm.params["W"].T
        visible *= beta
        visible += self.base + beta * self.tilt
        v = draw_bernoulli(sigmoid(visible), rng)
        return v, self.rbm.hidden_logits(v)


def log_partition(model, base, *, rng, num_temperatures=10_000, num_chains=100):
    """log Z of an RBM, or of a DBN's top RBM, by AIS: LogPartition.

    base: `base_rates` of the training data. The cost is num_chains · num_temperatures steps of
    Gibbs sampling. Chains run in blocks of 100, each with a random stream of its own: memory does
    not grow with their number, and the first hundred are the same whatever their number is.

    One chain has no stderr: NaN. Where ess is near 1, take more temperatures and trust nothing;
    `log_partition_doubled` tells. Raises ValueError or TypeError for bad settings.
    """
    check_counts(num_chains=num_chains)
    path, betas = Path(model.top, base), temperatures(num_temperatures).tolist()
    sizes = [min(CHAINS_PER_BLOCK, num_chains - start)
             for start in range(0, num_chains, CHAINS_PER_BLOCK)]
    blocks = in_parallel(lambda task: _anneal(path, betas, *task),
                         zip(sizes, check_generator(rng).spawn(len(sizes)), strict=True))
    estimates = path.log_z0 + np.concatenate(list(blocks))
    log_z, stderr, ess = log_mean_exp(estimates)
    with np.errstate(divide="ignore"):
        bars = log_z + np.log1p(np.maximum([-3.0 * stderr, 3.0 * stderr], -1.0))
    return LogPartition(float(log_z), float(stderr), *map(float, bars), float(ess), estimates)


def _anneal(path, betas, n, rng):
    """log w of n chains: (n,), on the host."""
    v = path.start(n, rng)
    logits, log_w = path.rbm.hidden_logits(v), 0.0
    for before, beta in pairwise(betas):
        log_w = log_w + path.log_ratio(v, logits, before, beta)
        v, logits = path.step(logits, beta, rng)
    return to_host(log_w)


def log_partition_doubled(model, base, *, rng, num_temperatures=10_000, num_chains=100):
    """`log_partition` at T and at 2T temperatures, from independent chains: Doubled.

    A change of many standard errors says that T was too few, and that log Z is still on its way
    up. Arguments and errors as `log_partition`'s.
    """
    streams = check_generator(rng).spawn(2)
    once, twice = (log_partition(model, base, rng=stream, num_chains=num_chains,
                                 num_temperatures=factor * num_temperatures)
                   for factor, stream in zip((1, 2), streams, strict=True))
    return Doubled(once, twice, twice.log_z - once.log_z, float(np.hypot(once.stderr,
                                                                         twice.stderr)))
