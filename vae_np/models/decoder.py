"""A decoder and its likelihood, p(x|z), without a density over z: the half that every model of
the VAE's family shares. An autoencoder has no more than this and a map from x to z.
"""
import numpy as np

from .. import likelihoods
from ..arrays import check_array
from ..backend import check_generator, device_module, move, namespace, to_host
from ..layers import Activation, MLPWithHeads, initialise
from ..params import Layout, Params


class DecoderModel:
    """p(x|z) by an MLP. `params` holds θ under "decoder", in one flat vector.

    x_dim, z_dim: the widths of x and z. hidden: widths of an encoder's hidden layers; the decoder
    mirrors them, and () makes it linear. activation: tanh, relu, softplus or sigmoid.
    likelihood: "bernoulli", "gaussian" (learned mean and log-variance), "gaussian-sigmoid" (means
    in (0, 1)) or ("gaussian", variance). init: "glorot" or "paper". dtype: float32 to train,
    float64 to check. rng: draws the first weights (default: a generator seeded with 0).

    Raises ValueError or TypeError for widths that are not positive whole numbers and for unknown
    names.
    """

    def __init__(self, x_dim, z_dim, hidden=(500,), activation="tanh", likelihood="bernoulli",
                 dtype="float32", rng=None, init="glorot"):
        self.x_dim, self.z_dim = _width("x_dim", x_dim), _width("z_dim", z_dim)
        if not isinstance(hidden, (tuple, list)):
            hidden = (hidden,)
        self.hidden = tuple(_width("hidden", width) for width in hidden)
        self.activation = Activation(activation).name
        self.likelihood = likelihoods.parse(likelihood)
        self.init = init
        if np.dtype(dtype) not in (np.float32, np.float64):
            raise ValueError(f"dtype must be float32 or float64, not {dtype!r}")
        networks = self._make_networks()
        layout = Layout({name: shape for network in networks
                         for name, shape in network.shapes().items()})
        self.params = Params.zeros(layout, dtype)
        rng = np.random.default_rng(0) if rng is None else check_generator(rng)
        linears = [linear for network in networks for linear in network.linears]
        initialise(self.params, linears, rng, init)

    def _make_networks(self):
        """The networks, in the order in which their parameters lie."""
        self.decoder = MLPWithHeads("decoder", self.z_dim, self.hidden[::-1],
                                    self.likelihood.heads(self.x_dim), self.activation)
        return [self.decoder]

    # -- what the model is ---------------------------------------------------------------------

    def __repr__(self):
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.config().items())
        return f"{type(self).__name__}({arguments})"

    @property
    def dtype(self):
        """The parameters' NumPy dtype, float32 or float64."""
        return self.params.vector.dtype

    def config(self):
        """The constructor's arguments as plain JSON values: the class and they make its twin."""
        return {"x_dim": self.x_dim, "z_dim": self.z_dim, "hidden": list(self.hidden),
                "activation": self.activation, "likelihood": self.likelihood.spec,
                "dtype": self.dtype.name, "init": self.init}

    def to(self, device):
        """Moves the parameters to "cpu" or "cuda", in place; returns the model.

        Make the optimiser afterwards: one that was made before would move the old parameters.
        Raises DeviceError, and moves nothing, where there is no such device.
        """
        self.params = self.params.like(move(self.params.vector, device_module(device)))
        return self

    def init_output_bias(self, x):
        """Sets the decoder's output biases so that it starts at the mean of the data x (N, D).

        Raises as `check_data` does.
        """
        for head, bias in self.likelihood.init_bias(self.check_data(x)).items():
            self.params[f"decoder.{head}.b"] = move(bias.astype(self.dtype),
                                                    namespace(self.params.vector))
        return self

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

    def check_data(self, x, name="x"):
        """x as (N, D) data in the parameters' dtype, on the host, that fit this model.

        Raises ValueError or TypeError for NaN, a wrong width, an empty array, objects, and for
        values outside [0, 1] where the likelihood needs them inside.
        """
        x = x if namespace(x) is np else to_host(x)
        array, _ = check_array(x, name, width=self.x_dim,
                               unit_interval=self.likelihood.unit_interval)
        # check_array gives float32. A float64 model wants the digits that x came with.
        if array.dtype == self.dtype:
            return array
        return np.asarray(x, self.dtype).reshape(array.shape)

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

    def _array(self, array, name, width):
        """`array` on the params' device and in their dtype; its last axis must be `width`."""
        array = move(array, namespace(self.params.vector))
        if array.ndim < 1 or array.shape[-1] != width:
            raise ValueError(f"{name} must have {width} columns for this model, "
                             f"but its shape is {array.shape}")
        return array.astype(self.dtype, copy=False)


def _width(name, value):
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{name} must be a positive whole number, not {value!r}")
    return int(value)
