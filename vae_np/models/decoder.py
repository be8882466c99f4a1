"""A decoder and its likelihood, p(x|z), without a density over z: the half that every model of
the VAE's family shares. An autoencoder has no more than this and a map from x to z.
"""
import copy

import numpy as np

from .. import likelihoods
from ..backend import check_generator, namespace
from ..layers import PAPER_STD, Activation, MLPWithHeads
from ..observed import Observed, variance
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
        parts = self._make_parts()
        self._make_params(Layout({name: shape for part in parts
                                  for name, shape in part.shapes().items()}), dtype)
        rng = np.random.default_rng(0) if rng is None else check_generator(rng)
        for part in parts:
            part.initialise(self.params, rng, init)

    def _make_parts(self):
        """All that has parameters, in the order in which these lie.

        It is called while the model is made: what a subclass needs here, it sets before it calls
        its parent's constructor.
        """
        self.decoder = MLPWithHeads("decoder", self.z_dim, self.hidden[::-1],
                                    self.likelihood.heads(self.x_dim), self.activation)
        return [self.decoder]

    # -- what the model is ---------------------------------------------------------------------

    def config(self):
        """The constructor's arguments as plain JSON values; the class rebuilds it from them."""
        return {"x_dim": self.x_dim, "z_dim": self.z_dim, "hidden": list(self.hidden),
                "activation": self.activation, "likelihood": self.likelihood.spec,
                "dtype": self.dtype.name, "init": self.init}

    def training_defaults(self):
        """With the paper's first weights the output biases are drawn as well, and stay so."""
        bias = {"output_bias": False} if self.init in PAPER_STD else {}
        return {**super().training_defaults(), **bias}

    def output_biases(self):
        """{head of the likelihood: name of the parameter} that start at the data's mean."""
        return {head: f"decoder.{head}.b" for head in self.likelihood.heads(self.x_dim)}

    def decode(self, z):
        """The mean of p(x|z): z (..., Z) → (..., D). Of Bernoulli data, the probabilities."""
        heads, _ = self.decoder.forward(self.params, self._array(z, "z", self.z_dim))
        return self.likelihood.mean(heads)

    def moments(self, z):
        """(mean, variance) of each entry under p(x|z): z (..., Z) → (..., D) each."""
        heads, _ = self.decoder.forward(self.params, self._array(z, "z", self.z_dim))
        return self.likelihood.mean(heads), variance(self.likelihood, heads)

    def draw_given(self, z, rng):
        """x ~ p(x|z): z (..., Z) → (..., D)."""
        heads, _ = self.decoder.forward(self.params, self._array(z, "z", self.z_dim))
        return self.likelihood.sample(heads, check_generator(rng))

    def seeing(self, observed):
        """The same model for a batch of which some entries are observed, bool (N, D): p(x|z) is
        that of these alone. Raises ValueError as `Observed` does.
        """
        twin = copy.copy(self)
        twin.fill, twin.likelihood = None, Observed(self.likelihood, observed)
        return twin

    # -- p(x|z), and its gradient --------------------------------------------------------------

    def log_px_given_z(self, x, z):
        """log p(x|z): x (N, D), z (..., N, Z) → (..., N), nats."""
        x = self._data(x)
        heads, _ = self.decoder.forward(self.params, self._latents(z, len(x)))
        return self.likelihood.log_prob(x, heads)

    def log_px_given_z_and_grad(self, x, z):
        """(log p(x|z) (..., N), its gradient in z (..., N, Z)): what chains climb and fall."""
        x = self._data(x)
        heads, decoder_cache = self.decoder.forward(self.params, self._latents(z, len(x)))
        log_px = self.likelihood.log_prob(x, heads)
        d_heads = self.likelihood.log_prob_backward(namespace(log_px).ones_like(log_px), x, heads)
        return log_px, self.decoder.backward(self.params, decoder_cache, d_heads, grads=None)

    # -- what comes in -------------------------------------------------------------------------

    def _latents(self, z, n):
        z = self._array(z, "z", self.z_dim)
        if z.ndim < 2 or z.shape[-2] != n:
            raise ValueError(f"z must be (..., {n}, {self.z_dim}) for {n} examples, "
                             f"not {z.shape}")
        return z
