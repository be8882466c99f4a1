"""Upward: q(z|x) = q(z₁|x) q(z₂|z₁) … q(z_L|z_{L−1}). Each layer reads the draw below it."""
from ..layers import MLPWithHeads
from ..posteriors import DiagonalGaussian
from .chain import grads_of
from .posterior import Inference


class BottomUp(Inference):
    """The inference of Burda et al. 2015, whose layers know of x what the draw below them kept.

    What z₁ has lost of x, no layer above can know. KL terms have no closed form: p(z₁|z₂) waits
    for a draw z₂ that comes after z₁.
    """

    spec = "bottom-up"

    def __init__(self, x_dim, widths, hidden, activation, conditionals):
        super().__init__(widths)
        self.encoder, *self.nets = (
            MLPWithHeads(f"encoder.z{layer}", n_in, layer_hidden, DiagonalGaussian.heads(width),
                         activation)
            for layer, (n_in, layer_hidden, width)
            in enumerate(zip((x_dim, *widths), hidden, widths), start=1))

    def heads(self):
        """{message: width}: the mean and log-variance of z₁."""
        return DiagonalGaussian.heads(self.widths[0])

    def given(self, params, messages, layer, drawn):
        """(mean, logvar, cache) of a layer: the encoder's, or the network's of the draw below."""
        if drawn is None:
            return messages["mean"], messages["logvar"], None
        heads, cache = self.nets[layer - 1].forward(params, drawn)  # eq. bottom-up
        return heads["mean"], heads["logvar"], cache

    def given_backward(self, params, layer, cache, d_heads, grads):
        """d_heads → (the gradient in the draw below, or None, {message: its gradient})."""
        if layer == 0:
            return None, d_heads
        net = self.nets[layer - 1]
        return net.backward(params, cache, d_heads, grads_of(net, grads)), {}
