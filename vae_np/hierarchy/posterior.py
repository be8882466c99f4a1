"""q(z|x) of a hierarchy: a chain of diagonal Gaussians, each of which may look at the last draw.

    z_l = μ_l + σ_l ⊙ ε_l,   μ_l and σ_l functions of x, of the neighbour drawn before, or of both

The order of the draws, and what a layer looks at, are the inference's: `bottom_up`, `top_down` and
`ladder`. All else is the same for the three, and stands here.
"""
from abc import abstractmethod

from ..backend import namespace
from ..distributions import (gaussian_log_prob, kl_standard_normal,
                             kl_standard_normal_backward)
from ..posteriors import DiagonalGaussian, Posterior, PosteriorKind
from ..priors import StandardNormal
from .chain import grads_of, side_by_side, split
from .gaussians import kl_gaussians, kl_gaussians_backward


class Inference(PosteriorKind):
    """A way to infer the layers. `encoder` is the network of x, whose outputs are the `messages`;
    `nets`, which read a neighbour's draw, are the kind's own parameters, under "encoder" too.

    widths: (Z₁, …, Z_L). order: the layers, counted from 0, as they are drawn.
    """

    downward = False  # whether it draws the top first; then KL terms have a closed form
    nets = ()  # the networks that read a neighbour's draw

    def __init__(self, widths):
        super().__init__(sum(widths))
        self.widths = widths
        layers = range(len(widths))
        self.order = list(reversed(layers)) if self.downward else list(layers)

    def shapes(self):
        """{name: shape} of the parameters of `nets`."""
        return {name: shape for net in self.nets for name, shape in net.shapes().items()}

    def initialise(self, params, rng, scheme):
        """Draws their first weights."""
        for net in self.nets:
            net.initialise(params, rng, scheme)

    @abstractmethod
    def given(self, params, messages, layer, drawn):
        """(mean, logvar, cache) of a layer. drawn: the neighbour's draw; None for the first."""

    @abstractmethod
    def given_backward(self, params, layer, cache, d_heads, grads):
        """d_heads {"mean", "logvar"} → (d_drawn, or None for the first, {message: its gradient}).
        Adds into `grads` what it has the names of; None makes all parameters constants.
        """

    def of(self, params, heads):
        """q(z|x), from the messages {name: (N, width)}."""
        return ChainPosterior(self, params, heads)


class ChainPosterior(Posterior):
    """q(z|x) over all layers side by side, z (..., Z₁ + … + Z_L)."""

    def __init__(self, inference, params, messages):
        self.inference, self._params, self._messages = inference, params, messages

    @property
    def mean(self):
        """(N, Z): each layer's mean where the neighbour it looks at is at its own mean. Of the
        layers that are drawn later it is not quite E[z|x], but pictures need one z for an x.
        """
        layers, drawn = [None] * len(self.inference.widths), None
        for layer in self.inference.order:
            drawn, _, _ = self.inference.given(self._params, self._messages, layer, drawn)
            layers[layer] = drawn
        return side_by_side(layers)

    def log_prob(self, z):
        """log q(z|x) at any z (..., N, Z): (..., N), nats."""
        layers, drawn, log_q = split(z, self.inference.widths), None, 0.0
        for layer in self.inference.order:
            mean, logvar, _ = self.inference.given(self._params, self._messages, layer, drawn)
            drawn = layers[layer]
            log_q = log_q + gaussian_log_prob(drawn, mean, logvar)
        return log_q

    def sample(self, eps):
        """eps, a tuple of (L, N, Z_l) → z (L, N, Z), log q(z|x) (L, N) in nats, cache."""
        layers, log_q, rooms, drawn = [None] * len(eps), [None] * len(eps), [], None
        for layer in self.inference.order:
            mean, logvar, cache = self.inference.given(self._params, self._messages, layer, drawn)
            q = DiagonalGaussian(mean, logvar)
            drawn, log_q[layer], q_cache = q.sample(eps[layer])
            layers[layer] = drawn
            rooms.append((layer, q, q_cache, cache))
        return side_by_side(layers), sum(log_q), (rooms, layers, log_q)

    def backward(self, cache, d_z, d_log_q=None, grads=None, d_given=None):
        """d_z (L, N, Z), d_log_q (L, N) or None → {message: (N, width)}; adds into `grads`.

        A draw is a function of the draw before, so its gradient walks on to that one. d_given:
        {layer: further gradients of its {"mean", "logvar"}}, of a KL term in closed form.
        """
        d_layers, d_messages = split(d_z, self.inference.widths), {}
        d_drawn = 0.0
        for layer, q, q_cache, given_cache in reversed(cache[0]):
            d_heads = q.backward(q_cache, d_layers[layer] + d_drawn, d_log_q)
            if d_given is not None:
                d_heads = {head: d + d_given[layer][head] for head, d in d_heads.items()}
            d_drawn, d_message = self.inference.given_backward(self._params, layer, given_cache,
                                                               d_heads, grads)
            d_messages |= d_message
        return d_messages

    def path_backward(self, cache, d_log_q):
        """The slope of log q(z|x) in z, all layers one variable and the parameters held fixed.

        A layer's own term falls as it leaves its mean. And a draw that another layer looks at
        moves that one's mean and variance: log q(z₂|z₁) has a slope in z₁ as well. To hold it
        fixed too, since it stands among the "parameters of q(z₂|z₁)", would bias every encoder
        gradient that has more than one sample (Tucker et al. 2019 have one layer).
        """
        d_layers, before = [0.0] * len(self.inference.widths), None
        for layer, q, eps, given_cache in cache[0]:
            d_own = q.path_backward(eps, d_log_q)
            d_layers[layer] = d_layers[layer] + d_own
            if before is not None:  # at fixed z, μ and log σ² have the slopes ε/σ and ½(ε² − 1)
                d_logvar = d_log_q[..., None] * (0.5 * (eps * eps - 1.0))
                d_drawn, _ = self.inference.given_backward(
                    self._params, layer, given_cache,
                    {"mean": -d_own, "logvar": d_logvar}, None)  # eq. path-gradient-of-layers
                d_layers[before] = d_layers[before] + d_drawn
            before = layer
        return side_by_side(d_layers)

    def kl_given_above(self, cache, prior):
        """[KL of each layer at the draws above it, (L, N), or (N,) where none is above], nats, and
        a cache; None where there is no closed form.

        Σ_l of E KL( q(z_l|x, z_{l+1}) ‖ p(z_l|z_{l+1}) ) is all of KL( q(z|x) ‖ p(z) ), the mean
        taken over draws above alone. It takes an inference that draws the top first, and N(0, I)
        there. prior: a ChainPrior.
        """
        if not self.inference.downward or type(prior.top) is not StandardNormal:
            return None
        rooms, layers, _ = cache
        (_, top, _, _), *rest = rooms
        terms, caches = [kl_standard_normal(top.mean, top.logvar)], []
        for layer, q, _, _ in rest:
            p, p_cache = prior.conditionals[layer].forward(self._params, layers[layer + 1])
            terms.insert(0, kl_gaussians(q.mean, q.logvar, p["mean"], p["logvar"]))
            caches.append((layer, q, p, p_cache))
        return terms, (top, caches)

    def kl_given_above_backward(self, cache, d_kl, prior, grads=None):
        """d_kl [of each layer, in its shape] → d_z (L, N, Z), and `d_given` of `backward`; adds
        into `grads` what p(z_l|z_{l+1}) takes.
        """
        top, caches = cache
        last = len(d_kl) - 1
        d_mean, d_logvar = kl_standard_normal_backward(d_kl[last], top.mean, top.logvar)
        d_given, d_layers = {last: {"mean": d_mean, "logvar": d_logvar}}, [None] * len(d_kl)
        for layer, q, p, p_cache in caches:
            d_mean, d_logvar, *d_p = kl_gaussians_backward(d_kl[layer], q.mean, q.logvar,
                                                           p["mean"], p["logvar"])
            d_given[layer] = {"mean": d_mean, "logvar": d_logvar}
            net = prior.conditionals[layer]
            d_layers[layer + 1] = net.backward(self._params, p_cache,
                                               dict(zip(("mean", "logvar"), d_p)),
                                               grads_of(net, grads))
        lowest = caches[-1][1].mean
        d_layers[0] = namespace(lowest).zeros_like(lowest)
        return side_by_side(d_layers), d_given
