"""The paper's estimator of log p(x) for models without an encoder.   Paper, appendix D.

    1. draw z_1 … z_L from the posterior p(z|x), by HMC,
    2. fit a density q(z) to them,
    3. draw L new ones, and 1/p(x) ≈ 1/L Σ_l q(z_l) / (p(z_l) p(x|z_l)).

For any density q the integral of q(z) p(z|x) / p(x, z) over z is 1/p(x). The better q fits the
posterior, the less the ratio varies; where q is the posterior it is constant. New draws are
needed, for q knows the old ones. Beyond about 5 latent dimensions no q fits, says the paper.

**Which way it errs.** The mean ratio estimates 1/p(x) without bias, so log p(x) = −log of it is
too *high* on average (Jensen), by about mc_stderr²/2: it flatters the model, where importance
sampling and AIS do the opposite. Heavy tails push the same way: where q is much wider than the
posterior, the ratio is huge and the draws are rare, so the mean is mostly too small, and so is
its error, which has not seen them. Chains that have missed modes push the other way: if those
that they saw hold a share m of the posterior, log p(x) comes out too low by −log m.
"""
import numpy as np

from ..backend import move, namespace, to_host
from ..distributions import LOG_2PI
from . import hmc
from .diagnostics import MIN_DRAWS, effective_sample_size, log_mean_exp
from .estimates import Estimate, in_blocks

IMAGES_PER_BLOCK = 100
PRIOR_DRAWS, DRAWS_PER_BLOCK = 50, 10  # among which each image's chains find their starts
DISTANCES = 1_000_000      # between points and centres, in memory at a time
SMALLEST_VARIANCE = 1e-12  # keeps the density of chains that never moved finite


class GaussianDensity:
    """q(z) = N(mean, Σ) for each of N images, fitted to draws z (L, N, Z), on the host.

    Σ is the sample covariance with its correlations shrunk by the factor L/(L + Z): the fewer
    draws there are for a dimension, the less they tell of it, and Σ stays regular if L ≤ Z.
    """

    def __init__(self, z):
        self.mean = z.mean(axis=0)
        self.whitener = _whitener(z)

    def log_prob(self, z):
        """(M, N, Z) → (M, N), nats."""
        white = _whiten(self.whitener, z - self.mean)
        return -0.5 * np.sum(white ** 2 + LOG_2PI, axis=-1) + _log_det(self.whitener)


class KernelDensity:
    """q(z) = 1/L Σ_l N(z_l, h² Σ) for each of N images, around draws z_l (L, N, Z), on the host.

    Σ as for the Gaussian, and Scott's bandwidth h = L^(−1/(Z + 4)) (Scott 1992, §6.3).
    """

    def __init__(self, z):
        num_draws, _, z_dim = z.shape
        self.bandwidth = num_draws ** (-1.0 / (z_dim + 4))
        self.whitener = _whitener(z) / self.bandwidth
        self.mean = z.mean(axis=0)
        self.centres = _whiten(self.whitener, z - self.mean)

    def log_prob(self, z):
        """(M, N, Z) → (M, N), nats."""
        white = _whiten(self.whitener, z - self.mean)
        # A few points at a time: all distances at once would be (L, M, N, Z) numbers.
        few = max(1, DISTANCES // self.centres.size)
        log_q = [self._log_mean_kernel(white[start:start + few])
                 for start in range(0, len(white), few)]
        return np.concatenate(log_q) + _log_det(self.whitener)

    def _log_mean_kernel(self, white):
        distances = white - self.centres[:, None]
        return log_mean_exp(-0.5 * np.sum(distances ** 2 + LOG_2PI, axis=-1))[0]


DENSITIES = {"gaussian": GaussianDensity, "kde": KernelDensity}


def _whitener(z):
    """(N, Z, Z): the lower triangular A with A Σ Aᵀ = I, Σ each image's shrunk covariance."""
    num_draws, _, z_dim = z.shape
    error = z - z.mean(axis=0)
    covariance = np.einsum("lni,lnj->nij", error, error) / (num_draws - 1)
    diagonal = np.arange(z_dim)
    variance = np.maximum(covariance[:, diagonal, diagonal], SMALLEST_VARIANCE)
    covariance *= num_draws / (num_draws + z_dim)
    covariance[:, diagonal, diagonal] = variance
    return np.linalg.inv(np.linalg.cholesky(covariance))


def _whiten(whitener, error):
    """A (z − mean), of unit covariance: (M, N, Z)."""
    return np.einsum("nij,mnj->mni", whitener, error)


def _log_det(whitener):
    """log det A, (N,)."""
    return np.sum(np.log(np.diagonal(whitener, axis1=1, axis2=2)), axis=-1)


def log_likelihood(model, x, *, rng, density="gaussian", num_samples=50, num_chains=5,
                   warmup=20, leapfrog_steps=4, images_per_block=IMAGES_PER_BLOCK, on_block=None):
    """log p(x) of each image, by the paper's appendix D: Estimate.

    x (N, D). density: "gaussian" or "kde", the q(z) of step 2. num_samples: L, in all chains
    together, for step 1 and again for step 3. The paper has 50, and 4 leapfrog steps. num_chains
    chains share the work, num_samples/num_chains draws each, after `warmup` transitions in which
    the step sizes are tuned to an acceptance of 0.9. They start at draws from the prior, taken by
    their likelihood; anywhere else, a chain may be caught in a mode that is 40 nats too low, and
    one such chain ruins the estimate. The cost of an image is about PRIOR_DRAWS/2 +
    leapfrog_steps · (num_chains · warmup + 2 · num_samples) gradients of its decoder.

    log_px is too high on average; the head of this module says more. mc_stderr is the delta
    method's, for as many independent draws as the ratios are worth
    (`diagnostics.effective_sample_size`); NaN where the chains never moved. ess is of z, in its
    worst coordinate, in step 3; acceptance and divergences are step 3's. A few images
    have errors much larger than mc_stderr says: at 50 draws it has not seen the tails.

    images_per_block: how many are at work at once. Each block draws noise of its own: another
    size gives another, equally good estimate. rng and on_block: see `estimates.in_blocks`. Raises
    ValueError or TypeError for bad data and settings.
    """
    if density not in DENSITIES:
        raise ValueError(f"unknown density {density!r}: use 'gaussian' or 'kde'")
    hmc.check_counts(num_chains=num_chains, images_per_block=images_per_block)
    hmc.check_counts(at_least=MIN_DRAWS * num_chains, num_samples=num_samples)
    if num_samples % num_chains:
        raise ValueError(f"num_samples must be a multiple of num_chains, {num_chains}, "
                         f"not {num_samples}")

    def estimate(model, x, rng):
        def target(z):
            return model.log_joint_and_grad(x, z)

        settings = {"num_samples": num_samples // num_chains, "leapfrog_steps": leapfrog_steps}
        steps = hmc.StepSizes(len(x))
        first = hmc.sample(target, starting_points(model, x, rng, num_chains), steps, rng,
                           warmup=warmup, **settings)
        second = hmc.sample(target, first.z[-1], steps, rng, **settings)
        q = DENSITIES[density](_pooled(first.z))
        return reciprocal_estimate(q, second)

    return in_blocks(estimate, model, x, rng, images_per_block, on_block)


def starting_points(model, x, rng, num_chains):
    """Where the chains of each image begin: x (N, D) → z (num_chains, N, Z).

    Of PRIOR_DRAWS draws from the prior, one for each chain and image, with probability in
    proportion to p(x|z). The largest of log p + Gumbel noise is such a draw.
    """
    z = model.sample_prior(rng, len(x), PRIOR_DRAWS)
    log_px = np.concatenate([to_host(model.log_px_given_z(x, z[start:start + DRAWS_PER_BLOCK]))
                             for start in range(0, PRIOR_DRAWS, DRAWS_PER_BLOCK)])
    taken = np.argmax(log_px + rng.gumbel(size=(num_chains, *log_px.shape)), axis=1)
    return move(to_host(z)[taken, np.arange(len(x))], namespace(z))


def reciprocal_estimate(q, draws):
    """Step 3: the Estimate from a density q with a `log_prob`, and posterior draws (hmc.Draws)
    whose log_prob is log p(x, z)."""
    log_ratio = q.log_prob(_pooled(draws.z)) - _pooled(draws.log_prob)
    log_mean, stderr, _ = log_mean_exp(log_ratio)
    ratios = np.exp(log_ratio - log_ratio.max(axis=0)).reshape(draws.log_prob.shape)
    num_draws = len(log_ratio)
    worth = np.minimum(effective_sample_size(ratios), num_draws)
    stderr = np.where(worth > 1.0, stderr * np.sqrt(num_draws / worth), np.nan)
    return Estimate(-log_mean, stderr, draws.ess(),  # eq. appendix-d
                    {"acceptance": draws.acceptance, "divergences": draws.divergences})


def _pooled(array):
    """Draws of all chains (S, C, N, ...) as one list of draws (S C, N, ...), float64, host."""
    return to_host(array).astype(np.float64).reshape(-1, *array.shape[2:])
