"""The wake-sleep algorithm (Hinton et al. 1995) on the VAE's networks: the paper's rival, §5.

Both phases learn as if nothing were hidden. *Wake:* an x is seen, q guesses its z, and θ learns
from the pair. *Sleep:* the model dreams a pair (x, z) of its own, and φ learns to guess z from x.
No gradient ever goes through a sample, so nothing is reparameterised. The price: the sleep phase
minimises KL( p(z|x) ‖ q(z|x) ), averaged over dreams, and not the bound's KL( q ‖ p ), averaged
over data. So the two phases climb no common objective.
"""
from .. import objectives
from .vae import VAE


class WakeSleep(VAE):
    """A VAE's networks, to be trained by wake-sleep. The arguments are VAE's.

    `elbo`, `log_weights` and the rest are the VAE's: they measure what was learnt. The prior and
    the posterior are the paper's: neither phase would train parameters of their own.
    """

    takes_parts = False

    def __init__(self, x_dim, z_dim, hidden=(500,), activation="tanh", likelihood="bernoulli",
                 dtype="float32", rng=None, init="glorot"):
        super().__init__(x_dim, z_dim, hidden, activation, likelihood, dtype, rng, init)

    def wake_and_grad(self, x, eps):
        """The wake phase: the batch mean of log p(x, z) − log q(z|x) at z ~ q, and its gradient
        in θ alone. q is a constant to θ: so in θ the wake phase climbs the bound itself.

        x (N, D), eps (L, N, Z) or (N, Z) → (value, grads): nats per example (paper, eq. 6), and
        Params of the decoder's part.
        """
        z, log_q, _ = self.posterior(x).sample(self._check_noise(eps, len(x)))
        log_joint, grads = self.mean_log_joint_and_grad(x, z)  # eq. wake
        return log_joint - objectives.batch_mean(log_q.reshape(-1)), grads

    def sleep_and_grad(self, x, z):
        """The sleep phase: mean log q(z|x) of dreams (x, z) ~ p(x, z), and its gradient in φ.

        `sample_joint` dreams. x (N, D), z (N, Z) → (value, grads): nats per example, and Params of
        the encoder's part.
        """
        x = self._data(x)
        z = self._latents(z, len(x))
        encoded, cache = self.encoder.forward(self.params, x)
        q = self.posterior_kind.of(self.params, encoded)
        log_q = q.log_prob(z)  # eq. sleep
        grads = self.params.part("encoder").zeros_like()
        d_encoded = q.log_prob_backward(objectives.batch_mean_backward(1.0, log_q), z)
        self.encoder.backward(self.params, cache, d_encoded, grads, need_d_x=False)
        return objectives.batch_mean(log_q), grads
