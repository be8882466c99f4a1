"""The encoder's end, q(z|x), as an object: how to sample it, its log-density, its KL to the prior.

The VAE's posterior is a diagonal Gaussian. Another posterior (a flow, say) has the same `heads`,
`sample` and `backward`, and no closed-form `kl`.
"""
from .backend import namespace
from .distributions import (gaussian_log_prob, gaussian_log_prob_backward, kl_standard_normal,
                            kl_standard_normal_backward, reparameterise, reparameterise_backward,
                            standard_normal_log_prob)


class DiagonalGaussian:
    """q(z|x) = N(z; mean, diag exp(logvar)), made from the encoder's outputs, each (N, Z)."""

    def __init__(self, mean, logvar):
        self.mean, self.logvar = mean, logvar

    @staticmethod
    def heads(dim):
        """What the encoder must put out for `dim` latent dimensions."""
        return {"mean": dim, "logvar": dim}

    def sample(self, eps):
        """eps (L, N, Z) → z (L, N, Z), log q(z|x) (L, N) in nats, cache.

        At z = μ + σ ⊙ ε the density is log q = −½ Σ_j (log 2π + log σ_j² + ε_j²): the distance
        (z − μ)/σ is ε itself, so no division can lose it.
        """
        xp = namespace(eps)
        z = reparameterise(self.mean, self.logvar, eps)
        log_q = standard_normal_log_prob(eps) - 0.5 * xp.sum(self.logvar, axis=-1)  # eq. log-q
        return z, log_q, eps

    def backward(self, cache, dz, dlog_q=None):
        """dz (L, N, Z), dlog_q (L, N) or None → {"mean": (N, Z), "logvar": (N, Z)}.

        log q at its own sample depends on the parameters through log σ² alone, with slope −½.
        """
        d_mean, d_logvar = reparameterise_backward(dz, self.mean, self.logvar, cache)
        if dlog_q is not None:
            d_logvar = d_logvar - 0.5 * namespace(dlog_q).sum(dlog_q, axis=0)[:, None]
        return {"mean": d_mean, "logvar": d_logvar}

    def kl(self):
        """KL( q(z|x) ‖ N(0, I) ), (N,), nats, exact."""
        return kl_standard_normal(self.mean, self.logvar)

    def kl_backward(self, d_kl):
        """d_kl (N,) → {"mean": (N, Z), "logvar": (N, Z)}."""
        d_mean, d_logvar = kl_standard_normal_backward(d_kl, self.mean, self.logvar)
        return {"mean": d_mean, "logvar": d_logvar}

    def log_prob(self, z):
        """log q(z|x) at any z (..., N, Z), not only at a sample of q: (..., N), nats."""
        return gaussian_log_prob(z, self.mean, self.logvar)

    def log_prob_backward(self, d_out, z):
        """d_out (..., N) → {"mean": (N, Z), "logvar": (N, Z)}. z is not differentiated."""
        xp = namespace(z)
        _, d_mean, d_logvar = gaussian_log_prob_backward(d_out, z, self.mean, self.logvar)
        samples = tuple(range(z.ndim - 2))  # the axes that share one q
        return {"mean": xp.sum(d_mean, axis=samples), "logvar": xp.sum(d_logvar, axis=samples)}
