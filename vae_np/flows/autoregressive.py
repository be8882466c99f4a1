"""Masked networks and the inverse autoregressive flow.

In a MADE each output depends on the inputs before it alone (Germain et al. 2015), so the Jacobian
of z → σ(z) ⊙ z + (1 − σ(z)) ⊙ m(z) is triangular, with σ on its diagonal:

    z' = σ ⊙ z + (1 − σ) ⊙ m,   (m, s) = MADE(z, context),   σ = sigmoid(s + 1.5),
    log |det ∂z'/∂z| = Σ_j log σ_j   (Kingma et al. 2016, algorithm 1)

Forwards all outputs come at once. The inverse would need one output after the other, and is not
here: the density of such a flow is known at its own samples.
"""
import numpy as np

from ..activations import sigmoid, softplus
from ..backend import Constant, matmul, namespace
from ..layers import Linear, MLPWithHeads
from ..params import too_large

FORGET = 1.5  # σ begins near sigmoid(1.5) = 0.82: the code passes, a little nearer to m


class MaskedLinear(Linear):
    """y = x (W ⊙ M) + b. mask: M (n_in, n_out), of 0 and 1.

    The gradient in W has the mask too: an entry that has no effect must not move.
    """

    def __init__(self, name, mask):
        super().__init__(name, *mask.shape)
        self.mask = Constant(mask)

    def _mask_like(self, array):
        return self.mask.on(namespace(array)).astype(array.dtype)

    def _masked(self, params):
        W = params[self.W]
        return W * self._mask_like(W)

    def forward(self, params, x):
        """x (R, n_in) → y (R, n_out), cache."""
        y = matmul(x, self._masked(params))
        y += params[self.b]
        return y, x

    def backward(self, params, cache, d_y, grads, need_d_x=True):
        """As Linear's, with the mask on d_W and on the way back."""
        if grads is not None:
            grads[self.W] += matmul(cache.T, d_y) * self._mask_like(d_y)
            grads.add_sum(self.b, d_y)
        return matmul(d_y, self._masked(params).T) if need_d_x else None


def degrees(z_dim, width):
    """Of `width` hidden units, the number of inputs that each may see: 0 … Z − 1 in turn. Those of
    0 see the context alone, and are the only ones that the first output can see.
    """
    return np.arange(width) % z_dim


def made(name, z_dim, hidden, context, heads, backwards=False, activation="tanh"):
    """A network with masks: number j of each head's Z outputs depends on the first j − 1 numbers
    of z, and on all of the context. Its input is (z, context), (R, Z + C). backwards: counted from
    the last number of z instead.
    """
    order = np.arange(z_dim, 0, -1) if backwards else np.arange(1, z_dim + 1)
    before = np.concatenate([order, np.zeros(context, int)])  # a context is before everything
    network = MLPWithHeads(name, z_dim + context, hidden, dict.fromkeys(heads, z_dim), activation)
    for i, layer in enumerate(network.hidden.layers):
        after = degrees(z_dim, layer.n_out)
        network.hidden.layers[i] = MaskedLinear(f"{name}.hidden{i}",
                                                (after >= before[:, None]).astype(np.uint8))
        before = after
    for head in heads:
        network.heads[head] = MaskedLinear(f"{name}.{head}",
                                           (order > before[:, None]).astype(np.uint8))
    return network


class InverseAutoregressiveFlow:
    """Several steps in a row, each counting from the other end of z. name: under which their
    parameters lie, NAME.step0, …. context: how many numbers of context the networks read.
    """

    invertible = False  # not in one pass

    def __init__(self, name, z_dim, steps, hidden, context):
        self.name, self.z_dim, self.context = name, z_dim, context
        self.networks = [made(f"{name}.step{i}", z_dim, hidden, context, ("shift", "gate"),
                              backwards=bool(i % 2)) for i in range(steps)]

    def shapes(self):
        """{name: shape} of its parameters, in the order in which they lie."""
        return {name: shape for network in self.networks
                for name, shape in network.shapes().items()}

    def initialise(self, params, rng, scheme):
        """Draws the hidden layers' first weights; the last layers' are 0."""
        for network in self.networks:
            network.initialise_at_0(params, rng, scheme)

    def forward(self, params, z, context):
        """z (R, Z), context (R, C) → z' (R, Z), log |det ∂z'/∂z| (R,), cache."""
        xp, caches, log_det = namespace(z), [], 0.0
        for network in self.networks:
            out, network_cache = network.forward(params, xp.concatenate([z, context], axis=1))
            z, gate, apart = self._mixed(z, out)
            caches.append((network_cache, gate, apart))
            log_det = log_det - xp.sum(softplus(-FORGET - out["gate"]), axis=1)
        return z, log_det, caches

    @staticmethod
    def _mixed(z, out):
        """z' of one step, its gate σ, and z − m: all (R, Z)."""
        gate, apart = sigmoid(out["gate"] + FORGET), z - out["shift"]
        return out["shift"] + gate * apart, gate, apart  # eq. iaf

    def backward(self, params, cache, d_z, d_log_det, grads=None):
        """d_z (R, Z), d_log_det (R,) → d_z (R, Z), d_context (R, C); adds into `grads`, where that
        is given.
        """
        d_context = 0.0
        for network, (network_cache, gate, apart) in zip(self.networks[::-1], cache[::-1],
                                                         strict=True):
            d_gate = (d_z * apart * gate + d_log_det[:, None]) * (1.0 - gate)
            d_in = network.backward(params, network_cache,
                                    {"shift": d_z * (1.0 - gate), "gate": d_gate}, grads)
            d_z = d_z * gate + d_in[:, :self.z_dim]
            d_context = d_context + d_in[:, self.z_dim:]
        return d_z, d_context

    def extreme(self, params, z, context):
        """What is too large to train with in the walk of z (R, Z), in words, or "". The gate is
        between 0 and 1; its logit may run off all the same, and log σ with it.
        """
        xp = namespace(z)
        for i, network in enumerate(self.networks):
            out, _ = network.forward(params, xp.concatenate([z, context], axis=1))
            z = self._mixed(z, out)[0]
            step = f"{self.name}.step{i}"
            words = (too_large(f"the shift of {step}", out["shift"])
                     or too_large(f"the gate's logit of {step}", out["gate"])
                     or too_large(f"the code behind {step}", z))
            if words:
                return words
        return ""
