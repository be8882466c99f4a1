"""The restricted Boltzmann machine: binary x and h, no arrow, and a sum over too many states.

    p(v, h) = exp(vᵀW h + bᵀv + cᵀh) / Z

Given one layer, the units of the other are independent: so h can be summed out in closed form,
and Gibbs sampling moves a whole layer at once. But Z sums over all v, so log p(v) is known up to a
constant only, and the gradient of log Z is a mean over the model's own dreams. A VAE has the
opposite trouble: p(x, z) is easy, p(z|x) is not.
"""
import math
from typing import NamedTuple

import numpy as np

from ..activations import sigmoid, softplus
from ..backend import check_generator, move, namespace
from ..likelihoods import Bernoulli, draw_bernoulli
from ..params import Layout
from .base import Model, check_width
from .enumerable import Enumerable

SAMPLE_STEPS = 1000


class Phases(NamedTuple):
    """What `RBM.contrast` knows of N data and M fantasies, in this order.

    v (N + M, D); data: N. free_energy (N + M,), nats; hidden: p(h|v), (N + M, H).
    """

    v: object
    data: int
    free_energy: object
    hidden: object


class RBM(Enumerable, Model):
    """p(v, h) ∝ exp(vᵀW h + bᵀv + cᵀh) with v ∈ {0, 1}^D and h ∈ {0, 1}^H.

    x_dim, hidden: D and H. dtype: float32 to train, float64 to check. rng: draws the first W from
    N(0, init_std²) (default: a generator seeded with 0); biases start at 0. `params` holds W (D,
    H), "visible.b" (D,) and "hidden.b" (H,) in one flat vector.

    The data are 0 or 1: for grey pixels p(v) says nothing. Raises ValueError for widths that are
    not positive whole numbers.
    """

    likelihood = Bernoulli()  # of a unit, given those above it
    binary = True
    latent_symbol = "h"

    def __init__(self, x_dim, hidden=500, dtype="float32", rng=None, init_std=0.01):
        if isinstance(hidden, (tuple, list)) and len(hidden) == 1:
            hidden = hidden[0]
        self.x_dim, self.hidden = check_width("x_dim", x_dim), check_width("hidden", hidden)
        self.init_std = check_std(init_std)
        self._make_params(self.layout(self.x_dim, self.hidden), dtype)
        rng = np.random.default_rng(0) if rng is None else check_generator(rng)
        self.init_weights(rng)

    def at(self, params):
        """The RBM at other parameters, whose memory it uses. W may have another shape."""
        twin = super().at(params)
        twin.x_dim, twin.hidden = params["W"].shape
        return twin

    @staticmethod
    def layout(x_dim, hidden):
        """Which parameter lies where."""
        return Layout({"W": (x_dim, hidden), "visible.b": (x_dim,), "hidden.b": (hidden,)})

    def init_weights(self, rng):
        """Draws W from N(0, init_std²), in place."""
        self.params["W"] = self.init_std * rng.standard_normal((self.x_dim, self.hidden))

    def config(self):
        """The constructor's arguments as plain JSON values; the class rebuilds it from them."""
        return {"x_dim": self.x_dim, "hidden": self.hidden, "dtype": self.dtype.name,
                "init_std": self.init_std}

    @property
    def layers(self):
        """{prefix of its parameters: RBM}, from the data upwards: of an RBM, itself alone."""
        return {"": self}

    @property
    def directed(self):
        """The directed layers below the RBM: none. A DBN has some."""
        return []

    @property
    def top(self):
        """The RBM whose partition function is the model's: itself."""
        return self

    def output_biases(self):
        """The visible biases start at the log-odds of the data's mean (Hinton 2010, §8)."""
        return {"logits": "visible.b"}

    # -- densities, and their gradients --------------------------------------------------------

    def hidden_logits(self, v):
        """The logits of p(h|v), c + Wᵀv: v (..., D) → (..., H)."""
        return v @ self.params["W"] + self.params["hidden.b"]  # eq. rbm-conditionals

    def visible_logits(self, h):
        """The logits of p(v|h), b + W h: h (..., H) → (..., D)."""
        return h @ self.params["W"].T + self.params["visible.b"]

    def free_energy(self, v):
        """F(v) = −log Σ_h exp(vᵀW h + bᵀv + cᵀh): v (N, D) → (N,), nats. p(v) = exp(−F(v))/Z."""
        v = self._binary(v)
        return self._free_energy(v, self.hidden_logits(v))

    def _free_energy(self, v, hidden_logits):
        xp = namespace(v)
        return -(v @ self.params["visible.b"]
                 + xp.sum(softplus(hidden_logits), axis=-1))  # eq. free-energy

    def free_energy_backward(self, d_out, v):
        """d_out (N,) → Params: −Σ_n d_out_n (v_n p(h|v_n)ᵀ, v_n, p(h|v_n)) for (W, b, c). The
        data v are not differentiated.
        """
        v = self._binary(v)
        return self._free_energy_backward(d_out, v, sigmoid(self.hidden_logits(v)))

    def _free_energy_backward(self, d_out, v, hidden):
        grads = self.params.zeros_like()
        weighted = -d_out[:, None] * hidden
        grads.add_product("W", v.T, weighted)  # eq. free-energy-gradient
        grads["visible.b"] -= d_out @ v
        grads["hidden.b"] += namespace(v).sum(weighted, axis=0)
        return grads

    def log_prob_unnormalised(self, v):
        """log p(v) + log Z = −F(v): v (N, D) → (N,), nats."""
        return -self.free_energy(v)

    def contrast(self, x, fantasy):
        """mean_x(−F) − mean_fantasy(−F): the positive phase minus the negative phase.

        x (N, D) data, fantasy (M, D) → (value, cache): nats, and the Phases that the backward
        takes. The value is no bound and no likelihood: it says how far apart the free energies of
        data and fantasies are.
        """
        v = namespace(self.params.vector).concatenate([self._binary(x), self._binary(fantasy)])
        logits = self.hidden_logits(v)
        cache = Phases(v, len(x), self._free_energy(v, logits), sigmoid(logits))
        return self._weights_of(cache) @ cache.free_energy, cache

    def contrast_backward(self, cache):
        """Params: the gradient of `contrast`, where the fantasies are constants.

        Where they are draws from p(v), it is that of the mean log p(x), without bias.
        """
        return self._free_energy_backward(self._weights_of(cache), cache.v, cache.hidden)

    @staticmethod
    def _weights_of(phases):
        """(N + M,): what each free energy counts in the contrast."""
        weights = namespace(phases.v).ones_like(phases.free_energy)
        weights[:phases.data] *= -1.0 / phases.data
        weights[phases.data:] *= 1.0 / (len(weights) - phases.data)
        return weights

    def contrast_and_grad(self, x, fantasy):
        """(`contrast`, its gradient as Params): x (N, D) data, fantasy (M, D)."""
        value, cache = self.contrast(x, fantasy)
        return value, self.contrast_backward(cache)

    def pseudo_log_likelihood(self, x, pixels=8):
        """Σ_d log p(x_d | all other pixels), estimated by `pixels` of the D for each example:
        x (N, D) → (N,), nats.

        It needs no Z. Example n takes the pixels n, n + D/pixels, ..., modulo D: the same ones
        each time, so that two models are compared pixel by pixel. With D pixels, or more, it
        takes each of them once. It is no likelihood and no bound on one. (Besag 1975)
        """
        pixels = min(check_width("pixels", pixels), self.x_dim)
        x = self._binary(x)
        xp, W, total = namespace(x), self.params["W"], 0.0
        logits = self.hidden_logits(x)
        free_energy, rows = self._free_energy(x, logits), xp.arange(len(x))
        unflipped = softplus(logits)
        for k in range(pixels):
            d = (rows + k * self.x_dim // pixels) % self.x_dim
            change = (1.0 - 2.0 * x[rows, d])
            flipped = free_energy - change * self.params["visible.b"][d] + xp.sum(
                unflipped - softplus(logits + change[:, None] * W[d]), axis=-1)
            total = total - softplus(free_energy - flipped)  # eq. pseudo-likelihood
        return total * (self.x_dim / pixels)

    def noise(self, rng, n, samples=1):
        """What `climb` takes. Nothing lies below an RBM, so it is (samples,) and no draw."""
        return (samples,)

    def climb(self, x, eps):
        """The top RBM's input and its log weight, as `DBN.climb`: x itself, with weight 1."""
        x = self._binary(x)
        xp = namespace(x)
        return (xp.broadcast_to(x, (*eps, *x.shape)), xp.zeros((*eps, len(x)), dtype=self.dtype))

    def log_weights_unnormalised(self, x, eps):
        """log p(x) + log Z, which needs no sampling: x (N, D), `noise` → (K, N), nats."""
        v, log_w = self.climb(x, eps)
        return log_w + self.log_prob_unnormalised(x)

    # -- sampling ------------------------------------------------------------------------------

    def draw_hidden(self, v, rng):
        """h ~ p(h|v): v (N, D) → (N, H). The noise is drawn on the host."""
        return draw_bernoulli(sigmoid(self.hidden_logits(v)), rng)

    def draw_visible(self, h, rng):
        """v ~ p(v|h): h (N, H) → (N, D)."""
        return draw_bernoulli(sigmoid(self.visible_logits(h)), rng)

    def gibbs(self, h, rng, steps=1):
        """Gibbs sampling: `steps` times v ~ p(v|h), then h ~ p(h|v). h (N, H) → (v, h)."""
        for _ in range(check_width("steps", steps)):
            v = self.draw_visible(h, rng)
            h = self.draw_hidden(v, rng)
        return v, h

    def sample(self, n, rng, steps=SAMPLE_STEPS):
        """n draws, (n, D), by `steps` ≥ 2 steps of Gibbs sampling, approximately from p(v).

        Each chain starts from fair coins, and the first half of its steps is tempered: W, b
        and c are multiplied by β, which climbs to 1, so that the chains share out the modes while
        it is easy to cross from one to another. The rest is at β = 1.
        """
        return draw_bernoulli(self.sample_mean(n, rng, steps), rng)

    def sample_mean(self, n, rng, steps=SAMPLE_STEPS):
        """As `sample`, but the means of p(v|h) at the chains' last h: no pixel noise."""
        check_generator(rng)
        if check_width("steps", steps) < 2:
            raise ValueError(f"steps must be 2 or more, not {steps!r}")
        h = move(rng.integers(2, size=(n, self.hidden)).astype(self.dtype),
                 namespace(self.params.vector))
        hot = steps // 2
        for t in range(hot):
            cooler = self.at(self.params.like(self.params.vector * ((t + 1) / hot)))
            h = cooler.gibbs(h, rng)[1]
        _, h = self.gibbs(h, rng, steps - hot)
        return sigmoid(self.visible_logits(h))

    # -- what comes in -------------------------------------------------------------------------

    def _binary(self, v):
        """v as (N, D) with N at least 1, on the params' device, and nothing in it but 0 and 1."""
        v = self._array(v, "v", self.x_dim)
        if v.ndim != 2 or not len(v):
            raise ValueError(f"v must be (N, {self.x_dim}) with N at least 1, not {v.shape}")
        if bool((v * v != v).any()):
            raise ValueError("an RBM speaks of 0 and 1 alone, and some values are neither: draw "
                             "binary data first, with binarize='dynamic' in training or with "
                             "vae_np.binarize")
        return v


def check_std(init_std):
    """`init_std` as a float. Raises ValueError where it is no finite number of at least 0."""
    if not (isinstance(init_std, (int, float)) and 0 <= init_std < math.inf):
        raise ValueError(f"init_std must be a finite number, 0 or more, not {init_std!r}")
    return float(init_std)
