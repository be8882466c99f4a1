"""Affine couplings: invertible maps of codes, as quick backwards as forwards (Dinh et al. 2017).

An affine coupling leaves one half of z as it is, a, and moves and stretches the other, b, by
amounts that a network reads off a:

    b' = b ⊙ e^s + t,   (s, t) = network(a),   log |det| = Σ_j s_j.

Its inverse is as quick: a is still there, so b = (b' − t) ⊙ e^−s. What comes out is (b', a). Two
couplings make a pair: what the first has moved stays in the second, and the other way round. Each
pair takes the numbers in another order, so that every number comes to depend on every other.
"""
import re

import numpy as np

from ..backend import Constant, namespace
from ..layers import MLPWithHeads
from ..params import too_large

STRETCH = 3.0  # the most that |s| can be: no coupling stretches by more than e³
GOLDEN = (5 ** 0.5 - 1) / 2


class Order:
    """An order of Z numbers: `of(z)` takes them in it, `back(u)` undoes that.

    It needs no memory in a checkpoint: order number k sorts the fractional parts of (k + 1) j
    times the golden ratio, j = 1 … Z, which lie evenly and alike in no two orders.
    """

    def __init__(self, k, z_dim):
        there = np.argsort((k + 1) * GOLDEN * np.arange(1, z_dim + 1) % 1.0, kind="stable")
        self._there, self._back = Constant(there), Constant(np.argsort(there, kind="stable"))

    def of(self, z):
        """z (R, Z) in this order, a new array."""
        xp = namespace(z)
        return xp.take(z, self._there.on(xp), axis=1)

    def back(self, u):
        """u (R, Z) with u = of(z) → z."""
        xp = namespace(u)
        return xp.take(u, self._back.on(xp), axis=1)


class Coupling:
    """One affine coupling of z (R, Z): its last numbers move by what its first ones say, and come
    first afterwards.

    name: under which its network's parameters lie. moved: how many numbers move. hidden: the
    widths of the network's hidden layers. context: how many numbers the network reads besides,
    which do not move. With the last layer at 0, as it begins, the coupling changes nothing but the
    order.
    """

    def __init__(self, name, z_dim, moved, hidden, context=0, activation="tanh"):
        self.kept, self.moved = z_dim - moved, moved
        self.network = MLPWithHeads(name, self.kept + context, hidden,
                                    {"stretch": moved, "shift": moved}, activation)

    def forward(self, params, z, context=None):
        """z (R, Z), context (R, C) or None → u (R, Z), log |det ∂u/∂z| (R,), cache."""
        xp, b = namespace(z), z[:, self.kept:]
        out, network_cache = self.network.forward(params, _beside(z[:, :self.kept], context))
        bent = xp.tanh(out["stretch"] / STRETCH)
        s = STRETCH * bent
        factor = xp.exp(s)
        u = xp.empty_like(z)
        u[:, :self.moved] = b * factor + out["shift"]  # eq. coupling
        u[:, self.moved:] = z[:, :self.kept]
        return u, xp.sum(s, axis=1), (network_cache, b, bent, factor)

    def backward(self, params, cache, d_u, d_log_det, grads=None):
        """d_u (R, Z), d_log_det (R,) → d_z (R, Z), d_context (R, C); adds into `grads`, where that
        is given.

        d_b = d_b' ⊙ e^s, d_t = d_b', and d_s = d_b' ⊙ b ⊙ e^s + d_log_det, which also counts s.
        """
        d_moved, d_b = d_u[:, :self.moved], d_u[:, :self.moved] * cache[3]
        d_read = self._network_backward(params, cache, d_moved, d_b, d_log_det, grads)
        d_z = namespace(d_u).empty_like(d_u)
        d_z[:, :self.kept] = d_u[:, self.moved:] + d_read[:, :self.kept]
        d_z[:, self.kept:] = d_b
        return d_z, d_read[:, self.kept:]

    def solve(self, params, cache, d_z, d_log_det):
        """d_u (R, Z) for which `backward` gives d_z, its inverse: the slope in u of a function
        whose slope in z is d_z, less d_log_det times that of the log-determinant.
        """
        d_b, d_moved = d_z[:, self.kept:], d_z[:, self.kept:] / cache[3]
        d_read = self._network_backward(params, cache, d_moved, d_b, d_log_det, None)
        d_u = namespace(d_z).empty_like(d_z)
        d_u[:, :self.moved] = d_moved
        d_u[:, self.moved:] = d_z[:, :self.kept] - d_read[:, :self.kept]
        return d_u

    def _network_backward(self, params, cache, d_moved, d_b, d_log_det, grads):
        """What the network's inputs, a and the context, get by way of s and t."""
        network_cache, b, bent, _ = cache
        d_stretch = (d_b * b + d_log_det[:, None]) * (1.0 - bent * bent)
        return self.network.backward(params, network_cache,
                                     {"stretch": d_stretch, "shift": d_moved}, grads)

    def inverse(self, params, u, context=None):
        """u (R, Z) → z (R, Z) with forward(z) = u."""
        xp, a = namespace(u), u[:, self.moved:]
        out, _ = self.network.forward(params, _beside(a, context))
        z = xp.empty_like(u)
        z[:, :self.kept] = a
        z[:, self.kept:] = (u[:, :self.moved] - out["shift"]) * xp.exp(
            -STRETCH * xp.tanh(out["stretch"] / STRETCH))
        return z


def _beside(a, context):
    return a if context is None else namespace(a).concatenate([a, context], axis=1)


class CouplingFlow:
    """Several couplings in a row. name: under which their parameters lie, NAME.coupling0, …."""

    invertible = True

    def __init__(self, name, z_dim, layers, hidden, context=0):
        if z_dim < 2:
            raise ValueError("a coupling moves one half of the code by the other, so it needs two "
                             f"numbers or more, and z_dim is {z_dim}")
        half, self.name, self.context = z_dim // 2, name, context
        self.couplings = [Coupling(f"{name}.coupling{i}", z_dim, z_dim - half if i % 2 else half,
                                   hidden, context) for i in range(layers)]
        self.orders = [None if i % 2 else Order(i // 2, z_dim) for i in range(layers)]

    def shapes(self):
        """{name: shape} of its parameters, in the order in which they lie."""
        return {name: shape for coupling in self.couplings
                for name, shape in coupling.network.shapes().items()}

    def initialise(self, params, rng, scheme):
        """First weights with which the flow is a change of order."""
        for coupling in self.couplings:
            coupling.network.initialise_at_0(params, rng, scheme)

    def forward(self, params, z, context=None):
        """z (R, Z), context (R, C) or None → u (R, Z), log |det ∂u/∂z| (R,), cache: the
        determinants multiply.
        """
        caches, log_det = [], 0.0
        for order, coupling in zip(self.orders, self.couplings):
            z, more, cache = coupling.forward(params, order.of(z) if order else z, context)
            log_det = log_det + more
            caches.append(cache)
        return z, log_det, caches

    def backward(self, params, cache, d_u, d_log_det, grads=None):
        """d_u (R, Z), d_log_det (R,) → d_z (R, Z), d_context (R, C); adds into `grads`, where that
        is given.
        """
        d_context = 0.0
        for order, coupling, one in zip(self.orders[::-1], self.couplings[::-1], cache[::-1],
                                        strict=True):
            d_u, more = coupling.backward(params, one, d_u, d_log_det, grads)
            d_u = order.back(d_u) if order else d_u
            d_context = d_context + more
        return d_u, d_context

    def solve(self, params, cache, d_z, d_log_det):
        """d_u (R, Z) for which `backward` gives d_z."""
        for order, coupling, one in zip(self.orders, self.couplings, cache, strict=True):
            d_z = coupling.solve(params, one, order.of(d_z) if order else d_z, d_log_det)
        return d_z

    def extreme(self, params, z, context=None):
        """What is too large to train with in the walk of z (R, Z), in words, or "". A stretch
        never is, since |s| ≤ 3: a shift is, or what the couplings together make of the code.
        """
        for i, (order, coupling) in enumerate(zip(self.orders, self.couplings)):
            z = order.of(z) if order else z
            said = coupling.network.forward(params, _beside(z[:, :coupling.kept], context))[0]
            z = coupling.forward(params, z, context)[0]
            words = (too_large(f"the shift of {self.name}.coupling{i}", said["shift"])
                     or too_large(f"the code behind {self.name}.coupling{i}", z))
            if words:
                return words
        return ""

    def inverse(self, params, u, context=None):
        """u (R, Z) → z (R, Z) with forward(z) = u."""
        for order, coupling in zip(self.orders[::-1], self.couplings[::-1]):
            u = coupling.inverse(params, u, context)
            u = order.back(u) if order else u
        return u


def layers_and_widths(what, example, argument):
    """"8x128" → (8, 128): how many layers, and the widths in each. Raises ValueError for another
    text: `what` needs it, such as `example`.
    """
    if not re.fullmatch(r"[1-9]\d*(x[1-9]\d*)+", argument, re.ASCII):
        raise ValueError(f"{what} needs how many there are in a row and the width of their hidden "
                         f"layers, such as {example!r}, not "
                         f"'{example.partition(':')[0]}:{argument}'")
    return tuple(map(int, argument.split("x")))
