"""Layers: forward(params, x) -> y, cache and backward(params, cache, d_y, grads) -> d_x.

An Activation has no parameters, and takes neither params nor grads.

A layer holds no numbers. It knows the names of its parameters and finds them in the `params` that
it is handed. `backward` *adds* its parameters' gradient into `grads`, so a layer that runs several
times in one step (K samples, real and fake, wake and sleep) gathers the sum of its gradients.
"""
import numpy as np

from .activations import (relu, relu_backward, sigmoid, sigmoid_backward, softplus,
                          softplus_backward, tanh, tanh_backward)
from .backend import matmul


class Activation:
    """An elementwise function as a layer. Its cache is its input and its output."""

    table = {"tanh": (tanh, tanh_backward), "relu": (relu, relu_backward),
             "softplus": (softplus, softplus_backward), "sigmoid": (sigmoid, sigmoid_backward)}

    def __init__(self, name):
        if name not in self.table:
            raise ValueError(f"unknown activation {name!r}: use one of {', '.join(self.table)}")
        self.name = name
        self._f, self._f_backward = self.table[name]

    def forward(self, a):
        """a (any shape) → y in the same shape, cache."""
        y = self._f(a)
        return y, (a, y)

    def backward(self, cache, d_y):
        """d_y → d_a, in the same shape."""
        return self._f_backward(d_y, *cache)


class Linear:
    """y = x W + b, with W (n_in, n_out) and b (n_out,).   x (..., n_in) → y (..., n_out)."""

    def __init__(self, name, n_in, n_out):
        self.W, self.b = f"{name}.W", f"{name}.b"
        self.n_in, self.n_out = n_in, n_out

    def shapes(self):
        """{name: shape} of its parameters."""
        return {self.W: (self.n_in, self.n_out), self.b: (self.n_out,)}

    def forward(self, params, x):
        """x (..., n_in) → y (..., n_out), cache.

        The leading axes (samples, examples) are one long batch: a single product of matrices,
        where `@` would make one for each sample.
        """
        y = matmul(x.reshape(-1, self.n_in), params[self.W])
        y += params[self.b]
        return y.reshape(*x.shape[:-1], self.n_out), x

    def backward(self, params, cache, d_y, grads, need_d_x=True):
        """Adds d_W = xᵀ d_y and d_b = Σ d_y into `grads`; returns d_x = d_y Wᵀ.

        The leading axes are one long batch again. grads: Params, whose `add_product` is += a @ b;
        with None only d_x is worked out. Without need_d_x that is not, and None is returned.
        """
        d_rows = d_y.reshape(-1, self.n_out)
        if grads is not None:
            grads.add_product(self.W, cache.reshape(-1, self.n_in).T, d_rows)
            grads.add_sum(self.b, d_rows)  # eq. linear-backward
        if not need_d_x:
            return None
        return matmul(d_rows, params[self.W].T).reshape(*d_y.shape[:-1], self.n_in)


class MLP:
    """The hidden layers of a network: Linear, activation, Linear, activation, ...

    sizes: (n_in, hidden, hidden, ...). With no hidden size it is the identity, and a model whose
    heads stand on it is linear.
    """

    def __init__(self, name, sizes, activation):
        self.layers = [Linear(f"{name}.hidden{i}", n_in, n_out)
                       for i, (n_in, n_out) in enumerate(zip(sizes, sizes[1:]))]
        self.activation = Activation(activation)
        self.n_out = sizes[-1]

    def forward(self, params, x):
        """x (..., n_in) → the last hidden layer's output (..., n_out), cache."""
        caches = []
        for layer in self.layers:
            a, linear_cache = layer.forward(params, x)
            x, activation_cache = self.activation.forward(a)
            caches.append((linear_cache, activation_cache))
        return x, caches

    def backward(self, params, cache, d_y, grads, need_d_x=True):
        """d_y (..., n_out) → d_x (..., n_in), or None if unneeded; adds into `grads`."""
        for i in reversed(range(len(self.layers))):  # eq. chain-rule
            linear_cache, activation_cache = cache[i]
            d_a = self.activation.backward(activation_cache, d_y)
            d_y = self.layers[i].backward(params, linear_cache, d_a, grads,
                                          need_d_x=need_d_x or i > 0)
        return d_y


class MLPWithHeads:
    """Hidden layers with one or more linear outputs on top: an encoder or a decoder.

    heads: {name: width}. forward gives {name: (..., width)}.
    """

    def __init__(self, name, n_in, hidden, heads, activation):
        self.n_in, self.hidden = n_in, MLP(name, (n_in, *hidden), activation)
        self.heads = {head: Linear(f"{name}.{head}", self.hidden.n_out, width)
                      for head, width in heads.items()}

    @property
    def linears(self):
        return [*self.hidden.layers, *self.heads.values()]

    def shapes(self):
        """{name: shape} of all its parameters, in the order in which they lie."""
        return {name: shape for layer in self.linears for name, shape in layer.shapes().items()}

    def forward(self, params, x):
        """x (..., n_in) → {head: (..., width)}, cache."""
        h, hidden_cache = self.hidden.forward(params, x)
        outputs = {name: head.forward(params, h)[0]  # a Linear's cache is its input, here h
                   for name, head in self.heads.items()}
        return outputs, (h, hidden_cache)

    def backward(self, params, cache, d_outputs, grads, need_d_x=True):
        """d_outputs {head: gradient} → d_x. Heads that are left out have no gradient."""
        h, hidden_cache = cache
        need_d_h = need_d_x or bool(self.hidden.layers)
        d_h = None
        for name, d_output in d_outputs.items():
            d = self.heads[name].backward(params, h, d_output, grads, need_d_x=need_d_h)
            if d_h is None:
                d_h = d
            else:
                d_h += d  # eq. gradients-add
        return self.hidden.backward(params, hidden_cache, d_h, grads, need_d_x)

    def initialise(self, params, rng, scheme):
        """Draws first weights in place, as the function `initialise` below does."""
        initialise(params, self.linears, rng, scheme)

    def initialise_at_0(self, params, rng, scheme):
        """The same with heads of 0, so that the outputs begin as 0, whatever the input."""
        initialise(params, self.hidden.layers, rng, scheme)
        for head in self.heads.values():
            params[head.W] = 0.0
            params[head.b] = 0.0


PAPER_STD = {"paper": 0.01, "paper-variance": 0.1}  # two readings of the paper's N(0, 0.01)
SCHEMES = ("glorot", *PAPER_STD)


def initialise(params, linears, rng, scheme="glorot"):
    """Draw first weights in place; biases start at 0 (Glorot) or random (the paper).

    scheme: "glorot" is uniform on ±√(6 / (n_in + n_out)), so that signals keep their size on the
    way up and gradients on the way down. The paper draws weights and biases from N(0, 0.01), §5,
    and does not say whether 0.01 is a variance: "paper" takes it as the standard deviation, as
    public replications do, "paper-variance" as the variance. Raises ValueError for another scheme.
    """
    for layer in linears:
        if scheme == "glorot":
            limit = np.sqrt(6.0 / (layer.n_in + layer.n_out))  # eq. glorot
            params[layer.W] = rng.uniform(-limit, limit, (layer.n_in, layer.n_out))
            params[layer.b] = 0.0
        elif scheme in PAPER_STD:
            std = PAPER_STD[scheme]
            params[layer.W] = std * rng.standard_normal((layer.n_in, layer.n_out))
            params[layer.b] = std * rng.standard_normal(layer.n_out)
        else:
            raise ValueError(f"unknown initialisation {scheme!r}: use one of "
                             f"{', '.join(SCHEMES)}")
