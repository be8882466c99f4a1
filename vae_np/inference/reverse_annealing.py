"""RAISE, a conservative log p(x) of an RBM or a DBN (Burda, Grosse & Salakhutdinov 2015).

Forget Z. A chain of AIS, from the base rates through all temperatures, ends in some x_T. The
density of that end, p_ann(x_T), is a model in its own right: one that sums to 1, that everybody
can sample from, and that is nearly the RBM where the temperatures are many. Its hidden variables
are the chain's earlier states, so it is measured as every latent-variable model is: by importance
sampling. The proposal is the same chain run backwards. It starts at the image and heats up towards
the base rates: x_{t−1} ~ T_t(·|x_t) for t = T, ..., 1, with T_t the Gibbs step at β_t. It is
reversible at f_{β_t}, so the weight is

    w = f_1(x_T) / Z_0 · Π_t f_{β_{t−1}}(x_{t−1}) / f_{β_t}(x_{t−1}),   E[w] = p_ann(x_T).

So log w is too low on average: p_ann is not flattered. That is a statement on p_ann, which is the
RBM only as far as the forward chain keeps up with its temperatures; where it does not, p_ann may
fit the data better or worse than the RBM. AIS and RAISE on the same images, which err on different
sides, are credible as far as they agree.
"""
from itertools import pairwise

import numpy as np

from ..backend import check_generator, to_host
from .diagnostics import log_mean_exp
from .estimates import Estimate, in_blocks
from .hmc import check_counts
from .partition import Path, temperatures

ROWS = 100  # images times chains at once


def log_likelihood(model, x, base, *, rng, num_temperatures=10_000, num_chains=1, on_block=None):
    """A stochastic lower bound of log p_ann(x), the annealed model's: Estimate.

    model: an RBM or a DBN. Of a DBN the RBM on top is annealed, and each chain starts at an h of
    its own from the recognition model, whose weight p(x|h)/q(h|x) joins the chain's. x (N, D): 0
    or 1. base: `partition.base_rates` of the training data. num_chains: weights for each image;
    the bound rises with them. One chain has no mc_stderr: NaN; the spread over images, which holds
    that noise too, is then the error of the mean.

    The cost is N · num_chains · num_temperatures steps of Gibbs sampling. Rows go in blocks of
    about 100 (images times chains), each with a random stream of its own. on_block: see
    `estimates.in_blocks`. Raises ValueError or TypeError for bad data and settings.
    """
    check_counts(num_chains=num_chains)
    path, betas = Path(model.top, base), temperatures(num_temperatures).tolist()
    sizes = [min(ROWS, num_chains - start) for start in range(0, num_chains, ROWS)]

    def estimate(model, x, rng):
        log_w = np.concatenate([log_weights(model, path, betas, x, size, rng) for size in sizes])
        return Estimate(*log_mean_exp(log_w))

    return in_blocks(estimate, model, x, check_generator(rng), max(1, ROWS // num_chains),
                     on_block)


def log_weights(model, path, betas, x, chains, rng):
    """log w of so many reverse chains from each image: x (N, D) → (chains, N), nats, on the host.

    model: an RBM or a DBN. path: the `partition.Path` of its top. betas: a list of
    `partition.temperatures`. The mean of w is p_ann(x).
    """
    v, log_w = model.climb(x, model.noise(rng, len(x), chains))
    v = v.reshape(-1, v.shape[-1])
    logits = path.rbm.hidden_logits(v)
    steps = path.rbm.log_prob_unnormalised(v).astype("float64") - path.log_z0
    for before, beta in reversed(list(pairwise(betas))):
        v, logits = path.step(logits, beta, rng)
        steps = steps - path.log_ratio(v, logits, before, beta)  # eq. raise
    return to_host(log_w + steps.reshape(log_w.shape))
