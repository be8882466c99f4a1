"""The variational autoencoder: data flows x → encoder → z → decoder → log p(x|z), and the
gradient walks the same rooms backwards.   Paper, algorithm 1 and appendix C.
"""
import numpy as np

from .. import likelihoods, objectives
from ..arrays import check_array
from ..backend import check_generator, device_module, move, namespace, to_host
from ..distributions import standard_normal_log_prob, standard_normal_log_prob_backward
from ..layers import Activation, MLPWithHeads, initialise
from ..params import Layout, Params
from ..posteriors import DiagonalGaussian


class VAE:
    """A VAE with MLP encoder q(z|x) = N(μ(x), diag σ²(x)) and MLP decoder p(x|z); p(z) = N(0, I).

    x_dim, z_dim: the widths of x and z. hidden: widths of the encoder's hidden layers; the decoder
    mirrors them, and () makes both linear. activation: tanh, relu, softplus or sigmoid.
    likelihood: "bernoulli", "gaussian" (learned mean and log-variance), "gaussian-sigmoid" (means
    in (0, 1)) or ("gaussian", variance). init: "glorot" or "paper". dtype: float32 to train,
    float64 to check. rng: draws the first weights (default: a generator seeded with 0).

    `params` holds φ under "encoder" and θ under "decoder", one flat vector. Raises ValueError or
    TypeError for widths that are not positive whole numbers and for unknown names.
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
        self.encoder = MLPWithHeads("encoder", self.x_dim, self.hidden,
                                    DiagonalGaussian.heads(self.z_dim), activation)
        self.decoder = MLPWithHeads("decoder", self.z_dim, self.hidden[::-1],
                                    self.likelihood.heads(self.x_dim), activation)
        layout = Layout({**self.encoder.shapes(), **self.decoder.shapes()})
        self.params = Params.zeros(layout, dtype)
        rng = np.random.default_rng(0) if rng is None else check_generator(rng)
        initialise(self.params, self.encoder.linears + self.decoder.linears, rng, init)

    # -- what the model is ---------------------------------------------------------------------

    def __repr__(self):
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.config().items())
        return f"VAE({arguments})"

    @property
    def dtype(self):
        """The parameters' NumPy dtype, float32 or float64."""
        return self.params.vector.dtype

    def config(self):
        """The constructor's arguments as plain JSON values: VAE(**config) has the same shape."""
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

    # -- the two networks ----------------------------------------------------------------------

    def encode(self, x):
        """The parameters of q(z|x): x (N, D) → mean (N, Z), logvar (N, Z)."""
        outputs, _ = self.encoder.forward(self.params, self._data(x))
        return outputs["mean"], outputs["logvar"]

    def decode(self, z):
        """The mean of p(x|z): z (..., Z) → (..., D). Of Bernoulli data, the probabilities."""
        heads, _ = self.decoder.forward(self.params, self._array(z, "z", self.z_dim))
        return self.likelihood.mean(heads)

    # -- the bound -----------------------------------------------------------------------------

    def noise(self, rng, n, samples=1):
        """What `elbo`, `elbo_and_grad` and `log_weights` take as eps: ε ~ N(0, I), (L, N, Z).

        Drawn on the host, so that a CPU and a GPU see the same numbers.
        """
        shape = (samples, n, self.z_dim)
        eps = check_generator(rng).standard_normal(shape, dtype=self.dtype)
        return move(eps, namespace(self.params.vector))

    def elbo(self, x, eps, estimator="B", kl_weight=1.0):
        """The lower bound of each example: x (N, D), eps (L, N, Z) or (N, Z) → (N,), nats."""
        return self._forward(x, eps, estimator, kl_weight)[0]

    def elbo_and_grad(self, x, eps, estimator="B", kl_weight=1.0):
        """The batch mean of the bound, nats, and its gradient in every parameter.

        Returns (value, grads): a scalar on the params' device, and Params of ∂value/∂parameter.
        estimator: "A" or "B", paper eq. 6 and 7.
        """
        bound, cache = self._forward(x, eps, estimator, kl_weight)
        grads = self.params.zeros_like()
        self._backward(objectives.batch_mean_backward(1.0, bound), cache, grads)
        return objectives.batch_mean(bound), grads

    def _forward(self, x, eps, estimator, kl_weight):
        if estimator not in objectives.ESTIMATORS:
            raise ValueError(f"unknown estimator {estimator!r}: use 'A' or 'B'")
        kl_weight = float(kl_weight)  # a NumPy scalar would make float64 of float32
        x = self._data(x)
        eps = self._noise(eps, len(x))
        encoded, encoder_cache = self.encoder.forward(self.params, x)
        q = DiagonalGaussian(**encoded)
        z, log_qz, q_cache = q.sample(eps)
        heads, decoder_cache = self.decoder.forward(self.params, z)
        terms = {"log_px_given_z": self.likelihood.log_prob(x, heads), "kl_weight": kl_weight}
        if estimator == "A":
            terms.update(log_pz=standard_normal_log_prob(z), log_qz=log_qz)
        else:
            terms.update(kl=q.kl())
        bound = objectives.ESTIMATORS[estimator][0](**terms)
        return bound, (x, z, q, heads, estimator, terms, encoder_cache, q_cache, decoder_cache)

    def _backward(self, d_bound, cache, grads):
        """d_bound (N,) → adds every parameter's gradient into `grads`, last room first."""
        x, z, q, heads, estimator, terms, encoder_cache, q_cache, decoder_cache = cache
        d = objectives.ESTIMATORS[estimator][1](d_bound, **terms)

        d_heads = self.likelihood.log_prob_backward(d["log_px_given_z"], x, heads)
        dz = self.decoder.backward(self.params, decoder_cache, d_heads, grads)
        if "log_pz" in d:
            dz = dz + standard_normal_log_prob_backward(d["log_pz"], z)
        d_encoded = q.backward(q_cache, dz, d.get("log_qz"))
        if "kl" in d:
            for head, d_head in q.kl_backward(d["kl"]).items():
                d_encoded[head] = d_encoded[head] + d_head
        self.encoder.backward(self.params, encoder_cache, d_encoded, grads, need_dx=False)

    # -- densities for evaluation and inference ------------------------------------------------

    def log_weights(self, x, eps):
        """log p(x, z_k) − log q(z_k|x), z_k = μ + σε_k: x (N, D), eps (K, N, Z) → (K, N), nats.

        The mean of their exponentials estimates p(x) without bias.
        """
        x = self._data(x)
        eps = self._noise(eps, len(x))
        q = DiagonalGaussian(*self.encode(x))
        z, log_qz, _ = q.sample(eps)
        return self.log_joint(x, z) - log_qz

    def log_joint(self, x, z):
        """log p(x, z) = log p(x|z) + log p(z): x (N, D), z (..., N, Z) → (..., N), nats."""
        x = self._data(x)
        z = self._latents(z, len(x))
        heads, _ = self.decoder.forward(self.params, z)
        return self.likelihood.log_prob(x, heads) + standard_normal_log_prob(z)

    def log_joint_and_grad(self, x, z):
        """(log p(x, z), d_z, grads): values (..., N), their gradient in z (..., N, Z), and the
        gradient of their *sum* in the parameters (the encoder's are 0).
        """
        x = self._data(x)
        z = self._latents(z, len(x))
        heads, cache = self.decoder.forward(self.params, z)
        log_px = self.likelihood.log_prob(x, heads)
        grads = self.params.zeros_like()
        ones = namespace(log_px).ones_like(log_px)
        d_heads = self.likelihood.log_prob_backward(ones, x, heads)
        dz = self.decoder.backward(self.params, cache, d_heads, grads)
        dz = dz + standard_normal_log_prob_backward(ones, z)
        return log_px + standard_normal_log_prob(z), dz, grads

    # -- sampling ------------------------------------------------------------------------------

    def sample(self, n, rng):
        """n draws from p(x) = ∫ p(x|z) p(z) dz: (n, D)."""
        heads, _ = self.decoder.forward(self.params, self.noise(rng, n)[0])
        return self.likelihood.sample(heads, rng)

    def sample_mean(self, n, rng):
        """The means of p(x|z) at n draws z ~ p(z): (n, D). They carry no pixel noise."""
        return self.decode(self.noise(rng, n)[0])

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

    def _noise(self, eps, n):
        eps = self._array(eps, "eps", self.z_dim)
        eps = eps[None] if eps.ndim == 2 else eps
        if eps.ndim != 3 or eps.shape[1] != n or not len(eps):
            raise ValueError(f"eps must be (L, {n}, {self.z_dim}) or ({n}, {self.z_dim}) for "
                             f"{n} examples, not {eps.shape}; model.noise makes it")
        return eps

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
