"""log p(x) of RBMs and DBNs, where log Z has been estimated: exact but for Z, or with q(h|x)."""
import numpy as np

from ..backend import check_generator, to_host
from .diagnostics import log_mean_exp
from .estimates import Estimate, in_blocks
from .hmc import check_counts

IMAGES_PER_BLOCK, SAMPLES_PER_BLOCK = 50, 8  # 400 rows at once stay in the cache


def log_likelihood(model, x, log_z, *, rng, num_samples=1000, on_block=None):
    """log p(x) with a given log Z: Estimate. Its details are each image's "bound", the variational
    lower bound on log p(x), and "bound_stderr". The errors are those of h alone; that of log Z
    comes on top, the same for all images.

    model: an RBM or a DBN. x (N, D): 0 or 1. log_z: `partition.log_partition` of the model.

    An RBM sums its h out: log p(x) = −F(x) − log Z, with no other error than that of log Z; bound
    and value are the same, and num_samples means nothing. A DBN draws h ~ q(h|x), the recognition
    model, num_samples times for each image, and sums its top layer out:

        w = p(x|h) exp(−F(h)) / (Z q(h|x)):   bound = E[log w] ≤ log E[w] = log p(x).

    The two estimates err in opposite directions. Importance sampling over h makes log p(x) too low
    on average, by less the more samples; AIS makes log Z too low, and so log p(x) too high, which
    flatters. on_block: see `estimates.in_blocks`. Raises ValueError or TypeError for bad data and
    settings.
    """
    check_counts(num_samples=num_samples)
    if not np.isfinite(log_z):
        raise ValueError(f"log_z must be a finite number, not {log_z!r}")
    if not model.directed:
        num_samples = 1
    sizes = [min(SAMPLES_PER_BLOCK, num_samples - start)
             for start in range(0, num_samples, SAMPLES_PER_BLOCK)]

    def estimate(model, x, rng):
        log_w = np.concatenate([
            to_host(model.log_weights_unnormalised(x, model.noise(rng, len(x), size)))
            for size in sizes]).astype(np.float64) - log_z
        log_px, mc_stderr, ess = log_mean_exp(log_w)
        with np.errstate(invalid="ignore", divide="ignore"):
            spread = log_w.std(axis=0) / np.sqrt(np.float64(num_samples - 1))
        if not model.directed:
            mc_stderr = spread = np.zeros(len(x))
        return Estimate(log_px, mc_stderr, ess,
                        {"bound": log_w.mean(axis=0), "bound_stderr": spread})

    return in_blocks(estimate, model, x, check_generator(rng), IMAGES_PER_BLOCK, on_block)
