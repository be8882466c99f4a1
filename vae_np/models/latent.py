"""A latent-variable model without an encoder: z ~ N(0, I), x ~ p(x|z), with an MLP as decoder.

It is the generative half of a VAE, and all that Monte Carlo EM has. Inference (HMC, AIS,
appendix D) needs nothing but `log_prior`, `log_px_given_z` and their gradients in z.
"""
import numpy as np

from .. import likelihoods, objectives
from ..backend import check_generator, move, namespace
from ..distributions import standard_normal_log_prob, standard_normal_log_prob_backward
from ..layers import Activation, MLPWithHeads, initialise
from ..params import Layout
from .base import Model, check_width


class LatentVariableModel(Model):
    """p(x, z) = N(z; 0, I) p(x|z). `params` holds θ under "decoder", in one flat vector.

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
        """Whether the data must lie in [0, 1]."""
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

    # -- densities, and their gradients --------------------------------------------------------

    def log_prior(self, z):
        """log p(z) = log N(z; 0, I): z (..., N, Z) → (..., N), nats."""
        return standard_normal_log_prob(self._array(z, "z", self.z_dim))

    def log_prior_and_grad(self, z):
        """(log p(z) (..., N), its gradient in z (..., N, Z))."""
        z = self._array(z, "z", self.z_dim)
        log_pz = standard_normal_log_prob(z)
        return log_pz, standard_normal_log_prob_backward(namespace(z).ones_like(log_pz), z)

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
        log_joint = (log_px + standard_normal_log_prob(z)).reshape(-1)
        grads = self.params.part("decoder").zeros_like()
        d_log_px = objectives.batch_mean_backward(1.0, log_joint).reshape(log_px.shape)
        self._decode_backward(d_log_px, cache, grads, need_dz=False)
        return objectives.batch_mean(log_joint), grads

    def _decode_cached(self, x, z):
        """(log p(x|z), what its backward needs)."""
        heads, decoder_cache = self.decoder.forward(self.params, z)
        return self.likelihood.log_prob(x, heads), (x, heads, decoder_cache)

    def _decode_backward(self, d_log_px, cache, grads, need_dz=True):
        """d_log_px (..., N) → dz (..., N, Z); adds the decoder's gradient into `grads`."""
        x, heads, decoder_cache = cache
        d_heads = self.likelihood.log_prob_backward(d_log_px, x, heads)
        return self.decoder.backward(self.params, decoder_cache, d_heads, grads, need_dz)

    # -- sampling ------------------------------------------------------------------------------

    def noise(self, rng, n, samples=1):
        """Standard normal draws, (samples, n, Z): ε for an encoder, or z from the prior.

        Drawn on the host, so that a CPU and a GPU see the same numbers.
        """
        shape = (samples, n, self.z_dim)
        eps = check_generator(rng).standard_normal(shape, dtype=self.dtype)
        return move(eps, namespace(self.params.vector))

    def sample(self, n, rng):
        """n draws from p(x) = ∫ p(x|z) p(z) dz: (n, D)."""
        return self.sample_joint(n, rng)[0]

    def sample_joint(self, n, rng):
        """n pairs (x, z) ~ p(x, z), first z, then x given z: x (n, D), z (n, Z)."""
        z = self.noise(rng, n)[0]
        heads, _ = self.decoder.forward(self.params, z)
        return self.likelihood.sample(heads, rng), z

    def sample_mean(self, n, rng):
        """The means of p(x|z) at n draws z ~ p(z): (n, D). They carry no pixel noise."""
        return self.decode(self.noise(rng, n)[0])

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
