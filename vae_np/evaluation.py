"""How good a model is: the bound, importance-sampled log p(x), and which latents are in use.

The bound is always taken with z sampled from q. At z = μ it would be no bound: the reconstruction
is better there than at a sample, and the KL term does not know.
"""
import math

import numpy as np

from .backend import check_generator, move, namespace, to_host
from .distributions import kl_standard_normal_per_dim
from .inference import ais, energy, partition
from .inference.estimates import exact
from .blocks import in_parallel

# Noise is drawn block by block: small enough for the cache, and fixed, for another division would
# be other noise.
IMAGES_PER_BLOCK, SAMPLES_PER_BLOCK = 50, 8
# A device wants more at a time. While it computes, other threads draw noise for the next blocks,
# as many as the host has cores, up to 16. So many need 2.4 GB there for the ruler's model.
SAMPLES_ON_DEVICE, BLOCKS_ON_DEVICE = 512, 16
ACTIVE_THRESHOLD = 0.01   # Burda et al. 2015, §5.2


def elbo(model, x, rng, samples=1, estimator="B", batch_size=500):
    """The lower bound of each example, with `samples` draws of z each: x (N, D) → (N,), nats."""
    blocks = []
    for start in range(0, len(x), batch_size):
        batch = x[start:start + batch_size]
        eps = model.noise(rng, len(batch), samples)
        blocks.append(to_host(model.elbo(batch, eps, estimator)))
    return np.concatenate(blocks).astype(np.float64)


def reconstruction(model, x, batch_size=500):
    """An autoencoder's log p(x|z = f(x)) of each example: x (N, D) → (N,), nats.

    It is minus the reconstruction cross-entropy and **not a likelihood**: `models.autoencoder`
    says why.
    """
    return np.concatenate([to_host(model.reconstruction(x[start:start + batch_size]))
                           for start in range(0, len(x), batch_size)]).astype(np.float64)


def log_likelihood(model, x, *, rng, num_samples=5000, return_ess=False, on_block=None):
    """Importance-sampled log p(x) with q(z|x) as the proposal (Rezende et al. 2014).

        log p(x) ≈ log 1/K Σ_k w_k,   w_k = p(x, z_k) / q(z_k|x),   K = num_samples.

    x (N, D) → (log_px, mc_stderr), each (N,), nats: the estimates, and their Monte Carlo standard
    errors, √((K/ESS − 1)/(K − 1)) by the delta method; NaN for K = 1, where no spread shows. With
    return_ess a third array holds the effective sample sizes (Σw)²/Σw², between 1 and K. Where
    the ESS is near 1 the error itself is not to be trusted. 1/K Σ w is an unbiased estimate of
    p(x), so its logarithm is low on average: the likelihood is not flattered.

    Where all K weights of an image are 0, its estimate is log 0 = −∞, and its error and its ESS
    are NaN. It takes an overflow in the model: a density is nowhere 0.

    Each block of images has a random stream of its own, so an image's estimate depends on rng and
    on its place alone, not on how many images follow, nor on how many threads share the blocks.
    on_block(n) is called after each block with the number of images done. Raises ValueError or
    TypeError for bad data.
    """
    if num_samples < 1:
        raise ValueError(f"num_samples must be at least 1, not {num_samples}")
    x = model.check_data(x, "x")
    starts = range(0, len(x), IMAGES_PER_BLOCK)
    tasks = zip([x[start:start + IMAGES_PER_BLOCK] for start in starts],
                check_generator(rng).spawn(len(starts)))
    host = namespace(model.params.vector) is np
    blocks = []
    for block in in_parallel(lambda task: _log_likelihood_block(model, *task, num_samples), tasks,
                             at_most=None if host else BLOCKS_ON_DEVICE):
        blocks.append(block)
        if on_block:
            on_block(min(len(blocks) * IMAGES_PER_BLOCK, len(x)))
    log_px, mc_stderr, ess = (np.concatenate(parts) for parts in zip(*blocks))
    return (log_px, mc_stderr, ess) if return_ess else (log_px, mc_stderr)


def _log_likelihood_block(model, x, rng, num_samples):
    """(log_px, mc_stderr, ess) of one block of images, samples block by block.

    Running sums of w and w², relative to the largest log-weight so far, keep memory bounded.
    """
    xp = namespace(model.params.vector)
    many = xp is not np and model.noise_splits
    at_a_time = SAMPLES_ON_DEVICE if many else SAMPLES_PER_BLOCK
    on_device = move(x, xp)
    q = model.posterior(on_device)
    top = np.full(len(x), np.finfo(float).min)  # −∞ would make NaN of the first weight that is 0
    total, total_squares = np.zeros(len(x)), np.zeros(len(x))
    for start in range(0, num_samples, at_a_time):
        eps = model.noise(rng, len(x), min(at_a_time, num_samples - start))
        log_w = to_host(model.log_weights(on_device, eps, q)).astype(np.float64)
        new_top = np.maximum(top, log_w.max(axis=0))
        weights = np.exp(log_w - new_top)
        shrink = np.exp(top - new_top)
        total = total * shrink + weights.sum(axis=0)
        total_squares = total_squares * shrink ** 2 + (weights ** 2).sum(axis=0)
        top = new_top
    with np.errstate(divide="ignore", invalid="ignore"):  # all weights 0; one sample
        log_px = top + np.log(total) - math.log(num_samples)
        ess = total ** 2 / total_squares
        spread = np.maximum(num_samples / ess - 1.0, 0.0)  # var(w) / mean(w)²
        return log_px, np.sqrt(spread / np.float64(num_samples - 1)), ess


def weight_uncertainty(model, x, rng, samples=10, batch_size=500):
    """What uncertain weights do to the bound of new examples: x (N, D), a FullVB → JSON values.

    {"elbo", "elbo_stderr": E over q(θ) of the bound; "elbo_at_mean_weights",
    "elbo_at_mean_weights_stderr": the same with the means for weights, as one VAE; "weight_kl":
    KL( q(θ) ‖ p(θ) ) of all the weights, nats; "n", "samples"}. Means per example in nats over
    `samples` draws; _stderr is the spread over examples / √n.
    """
    drawn = elbo(model, x, rng, samples, batch_size=batch_size)
    at_mean = elbo(model.at(), x, rng, samples, batch_size=batch_size)
    return {"elbo": float(drawn.mean()), "elbo_stderr": _stderr(drawn),
            "elbo_at_mean_weights": float(at_mean.mean()),
            "elbo_at_mean_weights_stderr": _stderr(at_mean),
            "weight_kl": float(model.weight_kl()), "n": len(x), "samples": samples}


def latent_use(model, x, batch_size=500):
    """(activity, kl), each (Z,): Var_x(E[z_j|x]) and the mean KL of each latent dimension to
    N(0, 1), nats.

    A dimension counts as active when its activity exceeds 0.01 (Burda et al. 2015).
    """
    means, kl = [], 0.0
    for start in range(0, len(x), batch_size):
        mean, logvar = model.encode(x[start:start + batch_size])
        xp = namespace(mean)
        means.append(to_host(mean).astype(np.float64))
        per_dim = kl_standard_normal_per_dim(mean, logvar)
        kl = kl + to_host(xp.sum(per_dim, axis=0, dtype="float64"))
    return np.concatenate(means).var(axis=0), kl / len(x)


def evaluate(model, x, *, rng, num_samples=5000, on_block=None):
    """All of the above as one JSON object, means per example in nats. on_block: log_likelihood's.

    {"elbo", "elbo_stderr", "elbo_median", "method", "nll", "nll_stderr", "nll_mc_stderr",
    "ess_median", "n", "num_samples", "active_units", "kl", "kl_per_dim"}. nll_stderr is the spread
    over images / √n; nll_mc_stderr the Monte Carlo noise of the mean alone.

    Where KL( q(z|x) ‖ p(z) ) has no closed form the bound is estimator A's, and "kl" and
    "kl_per_dim" are missing.

    A model without an encoder has no bound, no KL and no proposal. Its log p(x) is estimated by
    annealed importance sampling, method "ais"; num_samples is then the number of its chains. So is
    the partition function of an RBM or a DBN, "log_z" and "log_z_stderr". A mixture is "exact":
    its ess_median is None. An autoencoder has no likelihood: ValueError.
    """
    if hasattr(model, "codes"):
        raise ValueError("an Autoencoder has no likelihood to evaluate: what it reports, the "
                         "reconstruction log-likelihood, is none. See vae_np.stages")
    x = model.check_data(x, "x")
    if hasattr(model, "log_weights_unnormalised"):
        return _evaluate_energy(model, x, rng, on_block)
    if hasattr(model, "log_prob"):
        log_px = exact(model, x).log_px
        return {**_likelihood_summary("exact", log_px, np.zeros(1), np.ones(1), 0),
                "ess_median": None}
    if not hasattr(model, "encode"):
        estimate = ais.log_likelihood(model, x, rng=rng, on_block=on_block)
        return _likelihood_summary("ais", estimate.log_px, estimate.mc_stderr, estimate.ess,
                                   ais.CHAINS)
    bound = elbo(model, x, rng, estimator="B" if model.closed_form_kl else "A")
    activity, kl = latent_use(model, x)
    log_px, mc_stderr, ess = log_likelihood(model, x, rng=rng, num_samples=num_samples,
                                            return_ess=True, on_block=on_block)
    return {"elbo": float(bound.mean()), "elbo_stderr": _stderr(bound),
            "elbo_median": float(np.median(bound)),
            **_likelihood_summary("importance sampling", log_px, mc_stderr, ess, num_samples),
            "active_units": int((activity > ACTIVE_THRESHOLD).sum()),
            **({"kl": float(kl.sum()), "kl_per_dim": [round(float(k), 4) for k in kl]}
               if model.closed_form_kl else {})}


def _evaluate_energy(model, x, rng, on_block):
    """`evaluate` for an RBM or a DBN. Any base rates are right for log Z, so x gives them."""
    log_z = partition.log_partition(model, partition.base_rates(model, x), rng=rng)
    estimate = energy.log_likelihood(model, x, log_z.log_z, rng=rng, on_block=on_block)
    summary = _likelihood_summary("partition function by ais", estimate.log_px,
                                  estimate.mc_stderr, np.array(log_z.ess), len(log_z.estimates))
    return {**summary, "nll_mc_stderr": math.hypot(summary["nll_mc_stderr"], log_z.stderr),
            "log_z": log_z.log_z, "log_z_stderr": log_z.stderr}


def _likelihood_summary(method, log_px, mc_stderr, ess, num_samples):
    n = len(log_px)
    return {"method": method, "nll": float(-log_px.mean()), "nll_stderr": _stderr(log_px),
            "nll_mc_stderr": float(np.sqrt((mc_stderr ** 2).sum()) / n),
            "ess_median": float(np.median(ess)), "n": n, "num_samples": num_samples}


def _stderr(values):
    """The standard error of the mean; None where one example leaves no spread to see."""
    return float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else None
