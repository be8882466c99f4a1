"""Downward: q(z|x) = q(z_L|x) q(z_{L−1}|x, z_L) … q(z₁|x, z₂), after a walk up without draws."""
from ..backend import namespace
from ..layers import MLP, Linear, MLPWithHeads, initialise
from ..posteriors import DiagonalGaussian
from .chain import grads_of
from .posterior import Inference


class Upward:
    """The walk up: d₀ = x, d_l = MLP_l(d_{l−1}), and linear heads on some of the d_l.

    hidden: the widths of each MLP, layer by layer; () passes its input on. heads: for each layer
    {name: width}, empty where d_l itself is the message. forward gives {"z1.mean": (N, width), …,
    "z2": (N, width of d₂), …}.
    """

    def __init__(self, n_in, hidden, heads, activation):
        self.rooms = []
        for layer, (widths, outputs) in enumerate(zip(hidden, heads), start=1):
            mlp = MLP(f"encoder.up{layer}", (n_in, *widths), activation)
            n_in = mlp.n_out
            self.rooms.append((f"z{layer}", mlp, {
                f"z{layer}.{head}": Linear(f"encoder.z{layer}.{head}", n_in, width)
                for head, width in outputs.items()}))

    @property
    def widths(self):
        """{message: its width}."""
        found = {}
        for message, mlp, heads in self.rooms:
            found |= {head: linear.n_out
                      for head, linear in heads.items()} or {message: mlp.n_out}
        return found

    @property
    def linears(self):
        """All its linear layers, from x upward."""
        return [linear for _, mlp, heads in self.rooms
                for linear in (*mlp.layers, *heads.values())]

    def shapes(self):
        """{name: shape} of all its parameters, in the order in which they lie."""
        return {name: shape for linear in self.linears for name, shape in linear.shapes().items()}

    def initialise(self, params, rng, scheme):
        """Draws first weights in place."""
        initialise(params, self.linears, rng, scheme)

    def forward(self, params, x):
        """x (N, D) → {message: (N, width)}, cache."""
        messages, caches = {}, []
        for message, mlp, heads in self.rooms:
            x, cache = mlp.forward(params, x)
            caches.append((x, cache))
            messages |= {head: linear.forward(params, x)[0]
                         for head, linear in heads.items()} or {message: x}
        return messages, caches

    def backward(self, params, caches, d_messages, grads, need_d_x=True):
        """d_messages {message: its gradient} → d_x, or None if unneeded; adds into `grads`."""
        d_above, lowest = 0.0, self.rooms[0][0]
        for (message, mlp, heads), (d, cache) in zip(reversed(self.rooms), reversed(caches)):
            own = [linear.backward(params, d, d_messages[head], grads)
                   for head, linear in heads.items()] or [d_messages[message]]
            d_above = mlp.backward(params, cache, sum(own) + d_above, grads,
                                   need_d_x=need_d_x or message != lowest)
        return d_above if need_d_x else None


class TopDown(Inference):
    """Each layer sees x and the draw above it, as it does in the true posterior: given z₂, the
    posterior of z₁ still depends on x.

    Its network reads d_l, the walk up's output, joined with z_{l+1}, and has one hidden layer of
    the last width of the layer's `hidden`; none where that is ().
    """

    spec, downward = "top-down", True

    def __init__(self, x_dim, widths, hidden, activation, conditionals):
        super().__init__(widths)
        top = DiagonalGaussian.heads(widths[-1])
        self.encoder = Upward(x_dim, hidden, [{}] * (len(widths) - 1) + [top], activation)
        self.nets = [
            MLPWithHeads(f"encoder.z{layer}", self.encoder.widths[f"z{layer}"] + above,
                         layer_hidden[-1:], DiagonalGaussian.heads(width), activation)
            for layer, (width, above, layer_hidden)
            in enumerate(zip(widths, widths[1:], hidden), start=1)]

    def heads(self):
        """{message: width}: d_l of each layer but the top, whose mean and log-variance it has."""
        return self.encoder.widths

    def given(self, params, messages, layer, drawn):
        """(mean, logvar, cache) of a layer, from d_l (N, H) and the draw above (..., N, Z)."""
        if drawn is None:
            name = f"z{layer + 1}"
            return messages[f"{name}.mean"], messages[f"{name}.logvar"], None
        d, xp = messages[f"z{layer + 1}"], namespace(drawn)
        d = xp.broadcast_to(d, (*drawn.shape[:-1], d.shape[-1]))
        joined = xp.concatenate([d, drawn], axis=-1)
        heads, cache = self.nets[layer].forward(params, joined)  # eq. top-down
        return heads["mean"], heads["logvar"], cache

    def given_backward(self, params, layer, cache, d_heads, grads):
        """d_heads → (the gradient in the draw above, or None, {message: its gradient})."""
        name = f"z{layer + 1}"
        if layer == len(self.widths) - 1:
            return None, {f"{name}.{head}": d for head, d in d_heads.items()}
        net, width = self.nets[layer], self.encoder.widths[name]
        d_joined = net.backward(params, cache, d_heads, grads_of(net, grads))
        d, d_drawn = d_joined[..., :width], d_joined[..., width:]
        return d_drawn, {name: namespace(d).sum(d, axis=tuple(range(d.ndim - 2)))}
