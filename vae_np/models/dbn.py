"""The deep belief network (Hinton, Osindero & Teh 2006): an RBM on top of directed layers.

    p(v, h₁, ..., h_L) = p(v|h₁) ⋯ p(h_{L−2}|h_{L−1}) · p_RBM(h_{L−1}, h_L)

It is built from the data upwards. An RBM learns the data; then its own p(v|h) is kept, and its
prior over h is replaced by a second RBM, which learns the h ~ q(h|v) that the first one finds in
the data. If the second starts as the first one upside down, nothing has changed at the start, and
each step uphill on a bound makes the whole model better.
"""
import numpy as np

from ..activations import sigmoid
from ..backend import check_generator, move, namespace
from ..distributions import bernoulli_draw, bernoulli_log_prob
from ..likelihoods import Bernoulli
from ..params import Layout, Params
from .base import Model, check_width
from .rbm import RBM, SAMPLE_STEPS, check_std


class DBN(Model):
    """RBMs on top of each other: hidden = (500, 2000) is the network 784–500–2000.

    x_dim: D. hidden: the widths of h₁, h₂, ..., at least two of them. dtype, rng, init_std: as
    RBM's. `params` holds each layer's W, visible.b and hidden.b under "layer0", "layer1", ...:
    the directed layer p(h_{l−1}|h_l) has W and visible.b, and its recognition model q(h_l|h_{l−1})
    has the same W and hidden.b. Raises as RBM does.
    """

    likelihood = Bernoulli()  # of a unit, given those above it
    binary = True
    latent_symbol = "h"

    def __init__(self, x_dim, hidden=(500, 2000), dtype="float32", rng=None, init_std=0.01):
        if not isinstance(hidden, (tuple, list)) or len(hidden) < 2:
            raise ValueError("a DBN needs two hidden layers or more, such as hidden=(500, 2000), "
                             f"not {hidden!r}: one layer is an RBM")
        self.x_dim, self.init_std = check_width("x_dim", x_dim), check_std(init_std)
        self.hidden = tuple(check_width("hidden", width) for width in hidden)
        rng = np.random.default_rng(0) if rng is None else check_generator(rng)
        widths = (self.x_dim, *self.hidden)
        self._rbms = [RBM(*pair, dtype, rng, self.init_std)
                      for pair in zip(widths, widths[1:], strict=False)]
        self._make_params(Layout({
            f"layer{i}.{name}": shape for i, rbm in enumerate(self._rbms)
            for name, shape in rbm.params.layout.shapes.items()}), dtype)
        self.params.vector[...] = np.concatenate([rbm.params.vector for rbm in self._rbms])

    @property
    def layers(self):
        """{prefix of its parameters: RBM}, from the data upwards, on the parameters' memory."""
        return {f"layer{i}": rbm.at(Params(rbm.params.layout,
                                           self.params.part(f"layer{i}").vector))
                for i, rbm in enumerate(self._rbms)}

    @property
    def directed(self):
        """The layers below the top, as RBMs: p(v|h) and q(h|v) count, their priors do not."""
        return list(self.layers.values())[:-1]

    @property
    def top(self):
        """The RBM on top: the one whose partition function is the DBN's."""
        return list(self.layers.values())[-1]

    def config(self):
        """The constructor's arguments as plain JSON values; the class rebuilds it from them."""
        return {"x_dim": self.x_dim, "hidden": list(self.hidden), "dtype": self.dtype.name,
                "init_std": self.init_std}

    def output_biases(self):
        """The first layer's visible biases start at the log-odds of the data's mean."""
        return {"logits": "layer0.visible.b"}

    # -- densities -----------------------------------------------------------------------------

    def noise(self, rng, n, samples=1):
        """Uniform numbers for `samples` passes through the recognition model of n examples: a
        tuple of (samples, n, width), one for each layer below the top. Drawn on the host.
        """
        xp = namespace(self.params.vector)
        return tuple(move(check_generator(rng).random((samples, n, width), dtype=np.float32), xp)
                     for width in self.hidden[:-1])

    def climb(self, x, eps):
        """h ~ q(h|x), layer by layer, with log p(x|h) − log q(h|x), where h is all but the top.

        x (N, D), `noise` → the top RBM's input (K, N, its x_dim), and the log weight (K, N), nats.
        """
        below, log_w = self.directed[0]._binary(x), 0.0
        for rbm, uniform in zip(self.directed, eps, strict=True):
            logits = rbm.hidden_logits(below)
            h = bernoulli_draw(uniform, sigmoid(logits))
            log_w = log_w + (bernoulli_log_prob(below, rbm.visible_logits(h))
                             - bernoulli_log_prob(h, logits))  # eq. dbn-weight
            below = h
        return below, log_w

    def log_weights_unnormalised(self, x, eps):
        """log p(x, h) − log q(h|x) + log Z at h ~ q(h|x): x (N, D), `noise` → (K, N), nats.

        The top layer is summed out. The mean of a log weight is a lower bound of log p(x) + log Z;
        the mean of the weights is p(x) Z.
        """
        h, log_w = self.climb(x, eps)
        free_energy = self.top.free_energy(h.reshape(-1, h.shape[-1]))
        return log_w - free_energy.reshape(log_w.shape)

    # -- sampling ------------------------------------------------------------------------------

    def recognise(self, x, rng, depth):
        """A draw of h_depth ~ q(·|x), layer by layer: x (N, D) → (N, its width). h₀ is x."""
        for rbm in self.directed[:depth]:
            x = rbm.draw_hidden(x, rng)
        return x

    def sample(self, n, rng, steps=SAMPLE_STEPS):
        """n draws, (n, D): the top RBM's, approximate as `RBM.sample` says, then down."""
        h = self.top.sample(n, rng, steps)
        for rbm in reversed(self.directed):
            h = rbm.draw_visible(h, rng)
        return h

    def sample_mean(self, n, rng, steps=SAMPLE_STEPS):
        """As `sample`, but the means of p(v|h₁): they carry no pixel noise."""
        first, *others = self.directed
        h = self.top.sample(n, rng, steps)
        for rbm in reversed(others):
            h = rbm.draw_visible(h, rng)
        return sigmoid(first.visible_logits(h))
