"""The encoder's end, q(z|x), as an object: how to sample it, its log-density, its KL to the prior.

The paper's posterior is a diagonal Gaussian. Another one, such as a flow, has the same methods,
and whoever uses it calls these alone: it may have no mean and variance to look at.
"""
from abc import ABC, abstractmethod

from .backend import namespace
from .distributions import (gaussian_log_prob, gaussian_log_prob_backward, kl_standard_normal,
                            kl_standard_normal_backward, kl_standard_normal_per_dim,
                            reparameterise, reparameterise_backward, standard_normal_log_prob)
from .params import Part
from .priors import StandardNormal


class PosteriorKind(Part, ABC):
    """A kind of q(z|x), before any x is given. The argument `posterior=` of a model chooses it.

    `heads` says what the encoder must put out, and `of` makes q(z|x) from that. Parameters of its
    own, if it has any, lie under "posterior".
    """

    what = "posterior"

    @abstractmethod
    def heads(self):
        """{head: width} of the encoder's outputs."""

    @abstractmethod
    def of(self, params, heads):
        """q(z|x), a Posterior, from the encoder's outputs {head: (N, width)}.

        Where the kind has parameters of its own, q keeps `params`, to find them by their full
        names, and its `backward` adds their gradient into `grads` under the same names.
        """


    def extreme(self, params, heads, eps):
        """What of q(z|x) is too large to train with, in words, or "": heads {head: (N, width)},
        eps (L, N, Z). Asked after a step has failed. Most kinds have nothing to say.
        """
        return ""


class Posterior:
    """q(z|x) of a batch of x.

    It has a `mean` (N, Z), the one z that pictures use for an x, and `sample` and `backward` as
    DiagonalGaussian has them. Not every posterior can answer the questions below; each says what
    it does where there is no answer.
    """

    def noise_backward(self, cache, d_z, d_log_q):
        """The gradient in the noise that `sample` took: Markov chains that start from q need it.

        Raises ValueError where there is none.
        """
        raise ValueError(f"no chain can start from a {type(self).__name__}: it has no gradient in "
                         "its noise")

    def path_backward(self, cache, d_log_q):
        """The slope of log q(z|x) in z at the samples, the parameters held fixed: d_log_q (L, N)
        → d_z (L, N, Z). Gradients that follow the path of z alone, "stl" and "dreg", need it.

        Raises ValueError where there is none: a density that is known at its own samples, with the
        noise that they came from, need not have a slope at hand.
        """
        raise ValueError("the gradients 'stl' and 'dreg' need the slope of log q(z|x) in z, which "
                         f"a {type(self).__name__} does not have: use gradient 'standard'")

    def kl(self, prior):
        """KL( q(z|x) ‖ p(z) ), (N,), nats, exact; None where there is no closed form.

        A posterior with one has `kl_backward` as well.
        """
        return None

    def kl_per_dim(self, prior):
        """Its summands, one for each latent dimension, (N, Z), nats; None where it has none."""
        return None

    def log_prob(self, z):
        """log q(z|x) at any z (..., N, Z), not only at a sample of q: (..., N), nats.

        Raises ValueError where the density is known at q's own samples alone.
        """
        raise ValueError(f"the density of a {type(self).__name__} is known at its own samples "
                         "alone")


class DiagonalGaussianKind(PosteriorKind):
    """q(z|x) is a diagonal Gaussian, as in the paper, for every x."""

    spec = "gaussian"

    def heads(self):
        """{head: width} of the encoder's outputs."""
        return DiagonalGaussian.heads(self.z_dim)

    def of(self, params, heads):
        """q(z|x), from the encoder's outputs {"mean", "logvar"}, each (N, Z)."""
        return DiagonalGaussian(**heads)


class DiagonalGaussian(Posterior):
    """q(z|x) = N(z; mean, diag exp(logvar)), made from the encoder's outputs, each (N, Z).

    Where each of L samples has a mean and a variance of its own, they are (L, N, Z).
    """

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

    def backward(self, cache, d_z, d_log_q=None, grads=None):
        """d_z (L, N, Z), d_log_q (L, N) or None → {"mean": (N, Z), "logvar": (N, Z)}.

        log q at its own sample depends on the parameters through log σ² alone, with slope −½.
        Where each sample has a mean and a variance of its own, (L, N, Z), so have the gradients.
        A Gaussian has no parameters of its own, so `grads` stays as it is.
        """
        d_mean, d_logvar = reparameterise_backward(d_z, self.mean, self.logvar, cache)
        if d_log_q is not None:
            if self.logvar.ndim == 2:  # (N, Z): the L samples share one q
                d_log_q = namespace(d_log_q).sum(d_log_q, axis=0)
            d_logvar = d_logvar - 0.5 * d_log_q[..., None]
        return {"mean": d_mean, "logvar": d_logvar}

    def noise_backward(self, cache, d_z, d_log_q):
        """d_eps (L, N, Z) = σ ⊙ d_z − ε d_log_q: the way back to the noise of `sample`."""
        std = namespace(self.logvar).exp(0.5 * self.logvar)
        return std * d_z - d_log_q[..., None] * cache

    def path_backward(self, cache, d_log_q):
        """d_log_q (L, N) → d_z (L, N, Z) = −ε/σ d_log_q: with μ and σ held fixed, log q falls
        with the distance of z from μ.
        """
        inverse_std = namespace(cache).exp(-0.5 * self.logvar)
        return -d_log_q[..., None] * cache * inverse_std  # eq. path-gradient

    def kl(self, prior):
        """KL( q(z|x) ‖ p(z) ), (N,), nats, exact for p(z) = N(0, I); None for another prior."""
        if type(prior) is not StandardNormal:  # one derived from it may be another density
            return None
        return kl_standard_normal(self.mean, self.logvar)

    def kl_backward(self, d_kl, prior):
        """d_kl (N,) → {"mean": (N, Z), "logvar": (N, Z)}."""
        d_mean, d_logvar = kl_standard_normal_backward(d_kl, self.mean, self.logvar)
        return {"mean": d_mean, "logvar": d_logvar}

    def kl_per_dim(self, prior):
        """The summands of `kl`, (N, Z), nats."""
        if type(prior) is not StandardNormal:  # one derived from it may be another density
            return None
        return kl_standard_normal_per_dim(self.mean, self.logvar)

    def log_prob(self, z):
        """log q(z|x) at any z (..., N, Z), not only at a sample of q: (..., N), nats."""
        return gaussian_log_prob(z, self.mean, self.logvar)

    def log_prob_backward(self, d_out, z):
        """d_out (..., N) → {"mean": (N, Z), "logvar": (N, Z)}. z is not differentiated."""
        _, d_mean, d_logvar = gaussian_log_prob_backward(d_out, z, self.mean, self.logvar)
        return {"mean": d_mean, "logvar": d_logvar}
