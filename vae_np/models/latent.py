"""A latent-variable model without an encoder: z ~ p(z), x ~ p(x|z), with an MLP as decoder.

It is the generative half of a VAE, and all that Monte Carlo EM has. Inference (HMC, AIS,
appendix D) needs nothing but `log_prior`, `log_px_given_z` and their gradients in z.
"""
from .. import objectives
from ..backend import check_generator, move, namespace
from ..priors import StandardNormal
from .decoder import DecoderModel


class LatentVariableModel(DecoderModel):
    """p(x, z) = p(z) p(x|z). `params` holds θ under "decoder". The arguments are DecoderModel's.
    `prior` is p(z), an object: N(0, I), unless a subclass makes another.
    """

    def _make_parts(self):
        self.prior = self._make_prior()
        return [*super()._make_parts(), self.prior]

    def _make_prior(self):
        return StandardNormal(self.z_dim)

    # -- densities, and their gradients --------------------------------------------------------

    def log_prior(self, z):
        """log p(z): z (..., N, Z) → (..., N), nats."""
        return self.prior.log_prob(self.params, self._array(z, "z", self.z_dim))[0]

    def log_prior_and_grad(self, z):
        """(log p(z) (..., N), its gradient in z (..., N, Z))."""
        log_pz, cache = self.prior.log_prob(self.params, self._array(z, "z", self.z_dim))
        ones = namespace(log_pz).ones_like(log_pz)
        return log_pz, self.prior.backward(self.params, cache, ones)

    def log_joint(self, x, z):
        """log p(x, z) = log p(x|z) + log p(z): x (N, D), z (..., N, Z) → (..., N), nats."""
        return self.log_px_given_z(x, z) + self.log_prior(z)

    def log_joint_and_grad(self, x, z):
        """(log p(x, z) (..., N), its gradient in z (..., N, Z)): that of the posterior as well."""
        log_px, d_z_of_px = self.log_px_given_z_and_grad(x, z)
        log_pz, d_z_of_pz = self.log_prior_and_grad(z)
        return log_px + log_pz, d_z_of_px + d_z_of_pz

    def base(self, z):
        """The coordinates in which pictures go straight: z (..., Z) → (..., Z). The prior says."""
        return self.prior.base(self.params, self._array(z, "z", self.z_dim))

    def from_base(self, u):
        """z from its base coordinates u (..., Z): (..., Z)."""
        return self.prior.from_base(self.params, self._array(u, "u", self.z_dim))

    def mean_log_joint_and_grad(self, x, z):
        """(the batch mean of log p(x, z), its gradient in θ), with z as if it were observed.

        x (N, D), z (..., N, Z) → (value, grads): nats per example, and Params of the decoder's
        part. The M step of EM and the wake phase of wake-sleep climb this complete-data
        log-likelihood.
        """
        x = self._data(x)
        z = self._latents(z, len(x))
        heads, decoder_cache = self.decoder.forward(self.params, z)
        log_px = self.likelihood.log_prob(x, heads)
        log_joint = (log_px + self.log_prior(z)).reshape(-1)
        grads = self.params.part("decoder").zeros_like()
        d_log_px = objectives.batch_mean_backward(1.0, log_joint).reshape(log_px.shape)
        d_heads = self.likelihood.log_prob_backward(d_log_px, x, heads)
        self.decoder.backward(self.params, decoder_cache, d_heads, grads, need_d_x=False)
        return objectives.batch_mean(log_joint), grads

    # -- sampling ------------------------------------------------------------------------------

    def noise(self, rng, n, samples=1):
        """Standard normal draws, (samples, n, Z): ε for an encoder.

        Drawn on the host, so that a CPU and a GPU see the same numbers.
        """
        shape = (samples, n, self.z_dim)
        eps = check_generator(rng).standard_normal(shape, dtype=self.dtype)
        return move(eps, namespace(self.params.vector))

    def sample_prior(self, rng, n, samples=1):
        """Draws z ~ p(z), (samples, n, Z): where chains start that are led to the posterior."""
        z = self.prior.sample(self.params, rng, samples * n)
        return z.reshape(samples, n, self.z_dim)

    def sample(self, n, rng):
        """n draws from p(x) = ∫ p(x|z) p(z) dz: (n, D)."""
        return self.sample_joint(n, rng)[0]

    def sample_joint(self, n, rng):
        """n pairs (x, z) ~ p(x, z), first z, then x given z: x (n, D), z (n, Z)."""
        z = self.sample_prior(rng, n)[0]
        heads, _ = self.decoder.forward(self.params, z)
        return self.likelihood.sample(heads, rng), z

    def sample_mean(self, n, rng):
        """The means of p(x|z) at n draws z ~ p(z): (n, D). They carry no pixel noise."""
        return self.decode(self.sample_prior(rng, n)[0])
