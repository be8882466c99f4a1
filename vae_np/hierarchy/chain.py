"""The generative half of a hierarchy: p(z) = p(z_L) p(z_{L−1}|z_L) … p(z₁|z₂), as a prior."""
from ..backend import check_generator, move, namespace
from ..distributions import gaussian_log_prob, gaussian_log_prob_backward, reparameterise
from ..layers import MLPWithHeads
from ..posteriors import DiagonalGaussian
from ..priors import Prior


def split(z, widths):
    """z (..., Z₁ + … + Z_L) → [z₁ (..., Z₁), …], each without gaps in memory."""
    ends = [sum(widths[:layer]) for layer in range(len(widths) + 1)]
    xp = namespace(z)
    return [xp.ascontiguousarray(z[..., start:stop]) for start, stop in zip(ends, ends[1:])]


def side_by_side(layers):
    """[z₁ (..., Z₁), …] → z (..., Z₁ + … + Z_L)."""
    return namespace(layers[0]).concatenate(layers, axis=-1)


def conditional(layer, width, width_above, hidden, activation):
    """The network of p(z_l|z_{l+1}), a diagonal Gaussian. Its parameters lie under "decoder.z1"
    for l = 1, and so on: they are a part of θ. layer: l. width, width_above: of z_l and z_{l+1}.
    hidden: the encoder's widths, mirrored here.
    """
    return MLPWithHeads(f"decoder.z{layer}", width_above, hidden[::-1],
                        DiagonalGaussian.heads(width), activation)


class ChainPrior(Prior):
    """p(z) of all layers. top: the prior over z_L. conditionals: the networks of p(z_l|z_{l+1}),
    l = 1 … L − 1.

    `spec` and the parameters under "prior" are the top's; those of the conditionals lie under
    "decoder". z (..., Z) has the layers side by side.
    """

    def __init__(self, top, conditionals, widths):
        super().__init__(sum(widths))
        self.top, self.conditionals, self.widths = top, conditionals, widths
        self.spec, self.looks = top.spec, top.looks

    def shapes(self):
        """{name: shape}, from p(z₁|z₂) upward, the top prior's last."""
        parts = (*self.conditionals, self.top)
        return {name: shape for part in parts for name, shape in part.shapes().items()}

    def initialise(self, params, rng, scheme):
        """Draws the first weights of each network, then the top prior's."""
        for part in (*self.conditionals, self.top):
            part.initialise(params, rng, scheme)

    def init_from_data(self, params, x):
        """Lets the top prior take what it needs."""
        self.top.init_from_data(params, x)

    def log_prob(self, params, z):
        """z (..., Z) → log p(z) (...), nats, cache."""
        terms, cache = self.log_prob_per_layer(params, z)
        return sum(terms), cache  # eq. hierarchy

    def log_prob_per_layer(self, params, z):
        """z (..., Z) → [log p(z₁|z₂), …, log p(z_L)], (...) each, nats, and a cache."""
        layers, terms, caches = split(z, self.widths), [], []
        for net, own, above in zip(self.conditionals, layers, layers[1:]):
            p, cache = net.forward(params, above)
            terms.append(gaussian_log_prob(own, p["mean"], p["logvar"]))
            caches.append((own, p, cache))
        log_top, top_cache = self.top.log_prob(params, layers[-1])
        return [*terms, log_top], (caches, top_cache)

    def backward(self, params, cache, d_log_pz, grads=None):
        """d_log_pz (...) → d_z (..., Z). Adds into `grads` what it has the names of."""
        caches, top_cache = cache
        d_layers, from_below = [], 0.0
        for net, (own, p, net_cache) in zip(self.conditionals, caches):
            d_own, d_mean, d_logvar = gaussian_log_prob_backward(d_log_pz, own, **p)
            d_layers.append(d_own + from_below)
            from_below = net.backward(params, net_cache, {"mean": d_mean, "logvar": d_logvar},
                                      grads_of(net, grads))
        d_top = self.top.backward(params, top_cache, d_log_pz, grads_of(self.top, grads))
        return side_by_side([*d_layers, d_top + from_below])

    def sample(self, params, rng, n):
        """n draws, (n, Z), from the top down. The noise is drawn on the host."""
        layers, xp = [self.top.sample(params, rng, n)], namespace(params.vector)
        for net, width in zip(self.conditionals[::-1], self.widths[-2::-1]):
            p, _ = net.forward(params, layers[0])
            eps = check_generator(rng).standard_normal((n, width), dtype=params.vector.dtype)
            layers.insert(0, reparameterise(p["mean"], p["logvar"], move(eps, xp)))
        return side_by_side(layers)


def grads_of(part, grads):
    """`grads` where it holds the parameters of a part, else None: then they are constants."""
    return grads if grads is not None and all(name in grads for name in part.shapes()) else None
