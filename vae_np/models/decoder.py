"""A decoder and its likelihood, p(x|z), without a density over z: the half that every model of
the VAE's family shares. An autoencoder has no more than this and a map from x to z.
"""
import numpy as np

from .. import likelihoods
from ..backend import check_generator, move, namespace
from ..layers import Activation, MLPWithHeads, initialise
from ..params import Layout
from .base import Model, check_width


class DecoderModel(Model):
    """p(x|z) by an MLP. `params` holds θ under "decoder", in one flat vector.

    x_dim, z_dim: the widths of x and z. hidden: widths of an encoder's hidden layers; the decoder
    mirrors them, and () makes it linear. activation: tanh, relu, softplus or sigmoid.
    likelihood: "bernoulli", "gaussian" (learned mean and log-variance), "gaussian-sigmoid" (means
    in (0, 1)) or ("gaussian", variance). init: see `layers.initialise`. dtype: float32 to train,
    float64 to check. rng: draws the first weights (default: a generator seeded with 0).

    Raises ValueError or TypeError for widths that are not positive whole numbers and for unknown
    names.
    """

    def __init__(self, x_dim, z_dim, hidden=(500,), activation="tanh", likelihood="bernoulli",
                 dtype="float32", rng=None, init="glorot"):
        self.x_dim, self.z_dim = check_width("x_dim", x_dim), check_width("z_dim", z_dim)
        if not isinstance(hidden, (tuple, list)):
            hidden = (hidden,)
        self.hidden = tuple(check_width("hidden", width) for width in hidden)
        self.activation = Activation(activation).name
        self.likelihood = likelihoods.parse(likelihood)
        self.init = init
        networks = self._make_networks()
        layout = Layout({name: shape for network in networks
                         for name, shape in network.shapes().items()})
        self._make_params(layout, dtype)
        rng = np.random.default_rng(0) if rng is None else check_generator(rng)
        linears = [linear for network in networks for linear in network.linears]
        initialise(self.params, linears, rng, init)

    def _make_networks(self):
        """The networks, in the order in which their parameters lie."""
        self.decoder = MLPWithHeads("decoder", self.z_dim, self.hidden[::-1],
                                    self.likelihood.heads(self.x_dim), self.activation)
        return [self.decoder]

    # -- what the model is ---------------------------------------------------------------------

    def config(self):
        """The constructor's arguments as plain JSON values: the class and they make its twin."""
        return {"x_dim": self.x_dim, "z_dim": self.z_dim, "hidden": list(self.hidden),
                "activation": self.activation, "likelihood": self.likelihood.spec,
                "dtype": self.dtype.name, "init": self.init}

    @property
    def unit_interval(self):
        """Whether the data must lie in [0, 1]: the likelihood says."""
        return self.likelihood.unit_interval

    def init_output_bias(self, x):
        """Sets the decoder's output biases so that it starts at the mean of the data x (N, D).

        Raises as `check_data` does.
        """
        for head, bias in self.likelihood.init_bias(self.check_data(x)).items():
            self.params[f"decoder.{head}.b"] = move(bias.astype(self.dtype),
                                                    namespace(self.params.vector))
        return self

    def output_bias_is_zero(self):
        """True before training: a second `fit` must not undo what the first has learnt."""
        heads = self.likelihood.heads(self.x_dim)
        return not any(bool(self.params[f"decoder.{head}.b"].any()) for head in heads)

    def decode(self, z):
        """The mean of p(x|z): z (..., Z) → (..., D). Of Bernoulli data, the probabilities."""
        heads, _ = self.decoder.forward(self.params, self._array(z, "z", self.z_dim))
        return self.likelihood.mean(heads)

    # -- p(x|z), and its gradient --------------------------------------------------------------

    def log_px_given_z(self, x, z):
        """log p(x|z): x (N, D), z (..., N, Z) → (..., N), nats."""
        x = self._data(x)
        heads, _ = self.decoder.forward(self.params, self._latents(z, len(x)))
        return self.likelihood.log_prob(x, heads)

    def log_px_given_z_and_grad(self, x, z, need_grads=True):
        """(log p(x|z) (..., N), its gradient in z (..., N, Z), grads): `grads` holds the gradient
        of the *sum* of the values in the parameters, or is None where it is not needed.
        """
        x = self._data(x)
        log_px, cache = self._decode_cached(x, self._latents(z, len(x)))
        grads = self.params.zeros_like() if need_grads else None
        dz = self._decode_backward(namespace(log_px).ones_like(log_px), cache, grads)
        return log_px, dz, grads

    def _decode_cached(self, x, z):
        """(log p(x|z), what its backward needs)."""
        heads, decoder_cache = self.decoder.forward(self.params, z)
        return self.likelihood.log_prob(x, heads), (x, heads, decoder_cache)

    def _decode_backward(self, d_log_px, cache, grads, need_dz=True):
        """d_log_px (..., N) → dz (..., N, Z); adds the decoder's gradient into `grads`."""
        x, heads, decoder_cache = cache
        d_heads = self.likelihood.log_prob_backward(d_log_px, x, heads)
        return self.decoder.backward(self.params, decoder_cache, d_heads, grads, need_dz)

    # -- what comes in -------------------------------------------------------------------------

    def _data(self, x):
        x = self._array(x, "x", self.x_dim)
        if x.ndim != 2 or not len(x):
            raise ValueError(f"x must be (N, {self.x_dim}) with N at least 1, not {x.shape}")
        return x

    def _latents(self, z, n):
        z = self._array(z, "z", self.z_dim)
        if z.ndim < 2 or z.shape[-2] != n:
            raise ValueError(f"z must be (..., {n}, {self.z_dim}) for {n} examples, "
                             f"not {z.shape}")
        return z
