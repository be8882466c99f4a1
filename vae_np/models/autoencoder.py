"""The autoencoder: the VAE's networks without noise. It learns a code, not a density.

    z = f(x),   x ↦ log p(x|z = f(x)), as large as it gets

Nothing weighs the codes: there is no p(z), so there is no p(x) = ∫ p(z) p(x|z) dz. What it climbs
is the reconstruction log-likelihood, minus the reconstruction cross-entropy, and that is **not a
likelihood** of x: it is the log-probability of x for somebody who has been told f(x), and the code
costs nothing. `code_density` gives the codes a density, and with it the model a likelihood.
"""
from .. import objectives
from ..layers import MLPWithHeads
from .decoder import DecoderModel


class Autoencoder(DecoderModel):
    """f(x) and p(x|z), each an MLP. The arguments are VAE's: same widths, same decoder.

    `params` holds the encoder f under "encoder" and the decoder under "decoder", with the VAE's
    names: the code stands where a VAE's encoder has its mean, and there is no log-variance. There
    is no prior to draw from, so there is no `sample` and no `log_joint`.
    """

    def _make_parts(self):
        self.encoder = MLPWithHeads("encoder", self.x_dim, self.hidden, {"mean": self.z_dim},
                                    self.activation)
        return [self.encoder, *super()._make_parts()]

    def codes(self, x):
        """z = f(x): x (N, D) → (N, Z)."""
        return self._encode_cached(self._data(x))[0]

    def reconstruct(self, x):
        """The mean of p(x|z = f(x)): (N, D) → (N, D)."""
        return self.decode(self.codes(x))

    def reconstruction(self, x):
        """The reconstruction log-likelihood log p(x|z = f(x)): x (N, D) → (N,), nats.

        Not a likelihood: the decoder has been told the code. Its negative is the reconstruction
        cross-entropy.
        """
        return self.log_px_given_z(x, self.codes(x))

    def reconstruction_and_grad(self, x):
        """The batch mean of `reconstruction`, nats, and its gradient in every parameter.

        x (N, D) → (value, grads): a scalar on the params' device, and Params.
        """
        x = self._data(x)
        z, encoder_cache = self._encode_cached(x)
        heads, decoder_cache = self.decoder.forward(self.params, z)
        log_px = self.likelihood.log_prob(x, heads)  # eq. reconstruction
        d_heads = self.likelihood.log_prob_backward(
            objectives.batch_mean_backward(1.0, log_px), x, heads)
        grads = self.params.zeros_like()
        d_z = self.decoder.backward(self.params, decoder_cache, d_heads, grads)
        self.encoder.backward(self.params, encoder_cache, {"mean": d_z}, grads, need_d_x=False)
        return objectives.batch_mean(log_px), grads

    def _encode_cached(self, x):
        encoded, cache = self.encoder.forward(self.params, x)
        return encoded["mean"], cache
