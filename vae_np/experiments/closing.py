"""How the gap closes: the importance-weighted bound for more and more samples, model by model."""
import numpy as np

from ..backend import move, namespace, to_host
from ..blocks import in_blocks
from ..inference.measures import IMAGES_PER_BLOCK, SAMPLES_PER_BLOCK
from ..objectives import importance_weighted_bound
from ..runs import load
from .ruler import ruler_images

IMAGES, SAMPLES = 1000, 1000
KS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def importance_bounds(model, x, ks, *, rng, num_samples):
    """The importance-weighted bound (Burda et al. 2015, §3) of each image for each K of `ks`:
    x (N, D) → (N, len(ks)), nats. K = 1 is the bound itself, and with K → ∞ it becomes log p(x).

    All come from the same num_samples draws. The one for K is the mean over the ⌊num_samples/K⌋
    groups of K that follow one another, an unbiased estimate of E[ log 1/K Σ_k w_k ]. Raises
    ValueError for a K outside 1 … num_samples.
    """
    if not (ks and all(1 <= k <= num_samples for k in ks)):
        raise ValueError(f"ks must be numbers of samples from 1 to num_samples, {num_samples}, "
                         f"not {ks}")

    def block(x, rng):
        log_w = _log_weights(model, x, rng, num_samples)
        return np.stack([_mean_of_groups(log_w, k) for k in ks], axis=1)

    return in_blocks(block, model.check_data(x, "x"), IMAGES_PER_BLOCK, rng, at_once=None)


def _log_weights(model, x, rng, num_samples):
    """(num_samples, N) on the host."""
    x = move(x, namespace(model.params.vector))
    q, log_w = model.posterior(x), []
    for start in range(0, num_samples, SAMPLES_PER_BLOCK):
        eps = model.noise(rng, len(x), min(SAMPLES_PER_BLOCK, num_samples - start))
        log_w.append(to_host(model.log_weights(x, eps, q)).astype(float))
    return np.concatenate(log_w)


def _mean_of_groups(log_w, k):
    """(S, N) → (N,): log 1/K Σ w of each group of k rows, averaged over the groups."""
    groups = log_w[:len(log_w) // k * k].reshape(-1, k, log_w.shape[1])
    return importance_weighted_bound(groups.swapaxes(0, 1)).mean(axis=0)


def measure(model_path, data, images, samples, seed):
    """{"ks", "bounds": for each K the mean over the ruler's first images, "bound_stderr": of the
    first of them, "n", "summary"}, nats.
    """
    x, ks = ruler_images(data, images), [k for k in KS if k <= samples]
    bounds = importance_bounds(load(model_path), x, ks, rng=np.random.default_rng(seed),
                               num_samples=samples)
    means, n = bounds.mean(axis=0), len(x)
    return {"ks": ks, "bounds": np.round(means, 4).tolist(),
            "bound_stderr": float(bounds[:, 0].std(ddof=1) / np.sqrt(n)), "n": n,
            "summary": f"bound {means[0]:.2f}, with K = {ks[-1]} {means[-1]:.2f} nats"}
