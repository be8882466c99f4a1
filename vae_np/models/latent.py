"""A latent-variable model without an encoder: z ~ N(0, I), x ~ p(x|z), with an MLP as decoder.

It is the generative half of a VAE, and all that Monte Carlo EM has. Inference (HMC, AIS,
appendix D) needs nothing but `log_prior`, `log_px_given_z` and their gradients in z.
"""
from .. import objectives
from ..backend import check_generator, move, namespace
from ..distributions import standard_normal_log_prob, standard_normal_log_prob_backward
from .decoder import DecoderModel


class LatentVariableModel(DecoderModel):
    """p(x, z) = N(z; 0, I) p(x|z). `params` holds θ under "decoder". The arguments are
    DecoderModel's.
    """

    noise_splits = True  # a draw of noise for many samples holds the numbers of several for fewer

    # -- densities, and their gradients --------------------------------------------------------

    def log_prior(self, z):
        """log p(z) = log N(z; 0, I): z (..., N, Z) → (..., N), nats."""
        return standard_normal_log_prob(self._array(z, "z", self.z_dim))

    def log_prior_and_grad(self, z):
        """(log p(z) (..., N), its gradient in z (..., N, Z))."""
        z = self._array(z, "z", self.z_dim)
        log_pz = standard_normal_log_prob(z)
        return log_pz, standard_normal_log_prob_backward(namespace(z).ones_like(log_pz), z)

    def log_joint(self, x, z):
        """log p(x, z) = log p(x|z) + log p(z): x (N, D), z (..., N, Z) → (..., N), nats."""
        return self.log_px_given_z(x, z) + self.log_prior(z)

    def log_joint_and_grad(self, x, z, need_grads=True):
        """As `log_px_given_z_and_grad`, of log p(x, z): what HMC climbs and falls."""
        log_px, dz, grads = self.log_px_given_z_and_grad(x, z, need_grads)
        log_pz, dz_prior = self.log_prior_and_grad(z)
        return log_px + log_pz, dz + dz_prior, grads

    def complete_data_and_grad(self, x, z):
        """The batch mean of log p(x, z) at z as if it were observed, and its gradient in θ.

        x (N, D), z (..., N, Z) → (value, grads): nats per example, and Params of the decoder's
        part. The M step of EM and the wake phase of wake-sleep climb it.
        """
        x = self._data(x)
        z = self._latents(z, len(x))
        log_px, cache = self._decode_cached(x, z)
        log_joint = (log_px + self.log_prior(z)).reshape(-1)
        grads = self.params.part("decoder").zeros_like()
        d_log_px = objectives.batch_mean_backward(1.0, log_joint).reshape(log_px.shape)
        self._decode_backward(d_log_px, cache, grads, need_dz=False)
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
        return self.noise(rng, n, samples)

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
