"""The ladder: what the data say of a layer, merged with what the layer above expects of it."""
from ..posteriors import DiagonalGaussian
from .chain import grads_of
from .gaussians import precision_merge, precision_merge_backward
from .posterior import Inference
from .top_down import Upward


class Ladder(Inference):
    """Sønderby et al. 2016: the walk up sends each layer a Gaussian message (μ_l, log σ_l²), and

        q(z_l|x, z_{l+1}) ∝ N(z_l; message) p(z_l|z_{l+1}).

    So the encoder needs no network of its own for the way down: it uses the generative one, whose
    parameters get gradients from both. The message of the top layer is q(z_L|x) itself.
    """

    spec, downward = "ladder", True

    def __init__(self, x_dim, widths, hidden, activation, conditionals):
        super().__init__(widths)
        self.conditionals = conditionals
        self.encoder = Upward(x_dim, hidden, [DiagonalGaussian.heads(width) for width in widths],
                              activation)

    def heads(self):
        """{message: width}: the mean and log-variance of each layer's message."""
        return self.encoder.widths

    def given(self, params, messages, layer, drawn):
        """(mean, logvar, cache) of a layer: its message, merged with p(z_l|z_{l+1})."""
        message = tuple(messages[f"z{layer + 1}.{head}"] for head in ("mean", "logvar"))
        if drawn is None:
            return *message, None
        p, cache = self.conditionals[layer].forward(params, drawn)
        opinions = (p["mean"], p["logvar"], *message)
        return *precision_merge(*opinions), (opinions, cache)  # eq. ladder

    def given_backward(self, params, layer, cache, d_heads, grads):
        """d_heads → (the gradient in the draw above, or None, {message: its gradient})."""
        names = [f"z{layer + 1}.{head}" for head in ("mean", "logvar")]
        if cache is None:
            return None, dict(zip(names, (d_heads["mean"], d_heads["logvar"])))
        opinions, p_cache = cache
        d_mean, d_logvar, *d_message = precision_merge_backward(
            (d_heads["mean"], d_heads["logvar"]), *opinions)
        net = self.conditionals[layer]
        d_drawn = net.backward(params, p_cache, {"mean": d_mean, "logvar": d_logvar},
                               grads_of(net, grads))
        return d_drawn, dict(zip(names, d_message))
