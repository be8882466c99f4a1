"""Optimisers that climb: SGD, Adagrad and Adam, one step uphill in place, and their schedules.

Each works on the flat vector in chunks that stay in the cache, with one scratch chunk for all that
is temporary. That costs a fraction of what the textbook's one line per whole vector costs, and it
is the same arithmetic. The optimisers take any Params, or a part of one.
"""
import math

import numpy as np

from .backend import empty_vector, namespace, to_host
from .params import Params
from .recording import Recorded

CHUNK = 49_152  # numbers: with moments and scratch about 1 MB in float32
ROOM = 1e6  # a moment below so many times the smallest normal number is taken for 0


class Optimizer:
    """Holds the Params that it moves, the rate `lr`, and one vector for each moment.

    `ascend(grads)` takes one step; `state()` and `load_state` carry everything a resume needs.
    """

    moments = ()  # names of the vectors that this optimiser remembers
    decays = {}  # {name: the attribute by whose value a step shrinks that moment}
    chunk = CHUNK  # numbers at a time on the host; the result is the same with any

    def __init__(self, params, lr):
        if not (math.isfinite(lr) and lr >= 0):
            raise ValueError(f"lr must be a finite number of at least 0, not {lr!r}")
        self.params = params
        self.lr = lr
        self.steps = 0
        xp = namespace(params.vector)
        self._moments = {name: Params.zeros(params.layout, params.vector.dtype, xp).vector
                         for name in self.moments}
        self._cells = None  # on a device: where the factors of the present step lie
        self._ascend_whole = Recorded(self._whole)

    def ascend(self, grads):
        """One step uphill along `grads` (Params of the same layout), in place."""
        if grads.layout != self.params.layout:
            raise ValueError("the gradient's layout is not that of the parameters")
        xp = namespace(self.params.vector)
        if namespace(grads.vector) is not xp:
            raise ValueError("the gradient lies on another device than the parameters of this "
                             "optimiser: make the optimiser after model.to(device)")
        self.steps += 1
        if xp is not np:
            self._ascend_on_device(grads.vector)
            return
        gradient = grads.vector
        self.move(slice(0, len(gradient)), lambda part: gradient[part])

    def move(self, where, gradient):
        """Moves the parameters in `where`, a slice of the vector on the host, as step `steps`.

        gradient(part) gives the gradient of a slice within. However the vector is cut into such
        slices, each moved once, perhaps by another process, the result is the same.
        """
        to_clear, factors = self._to_clear(), self._factors()
        vectors = self.vectors()
        scratch = empty_vector(min(self.chunk, where.stop - where.start), vectors[0].dtype, np)
        for start in range(where.start, where.stop, self.chunk):
            part = slice(start, min(start + self.chunk, where.stop))
            w, *moments = (vector[part] for vector in vectors)
            room = scratch[:len(w)]
            self._ascend_chunk(w, gradient(part), *moments, room, *factors)
            for moment in to_clear:
                _drop_denormals(moment[part], room)

    def vectors(self):
        """All that a step changes: the parameters' vector, then the moments."""
        return [self.params.vector, *self._moments.values()]

    def settle(self, vectors):
        """From here on those vectors are these, in the same order."""
        self.params.settle(vectors[0])
        self._moments = dict(zip(self._moments, vectors[1:], strict=True))

    def _factors(self):
        """The numbers of this step that are others than those of the last: the rate, at least."""
        return (self.lr,)

    def _ascend_on_device(self, gradient):
        """The whole vector at once. A recording reads the factors from the device, not from here:
        written down as numbers, they would be those of the recorded step for ever.
        """
        vector, factors = self.params.vector, self._factors()
        if self._cells is None:
            self._cells = [namespace(vector).empty((), dtype=vector.dtype) for _ in factors]
        for cell, factor in zip(self._cells, factors, strict=True):
            cell[...] = factor
        self._ascend_whole(vector, gradient)
        for moment in self._to_clear():
            _drop_denormals(moment, namespace(vector).empty_like(moment))

    def _whole(self, gradient):
        """One step on the whole vector with the factors that lie in `_cells`: what is recorded."""
        vector = self.params.vector
        self._ascend_chunk(vector, gradient, *self._moments.values(),
                           namespace(vector).empty_like(vector), *self._cells)

    def _to_clear(self):
        """The moments that shrink, if enough steps have passed for it to matter.

        A weight whose gradient has become exactly 0, such as that of a dead unit, keeps a moment
        that a step multiplies by β and nothing else. At β₁ = 0.9 it is a denormal number of
        float32 after 800 steps, and stays one. Processors take a hundred times as long to multiply
        such a number: where every tenth is one, a step of Adam takes five times as long.
        """
        decays = {name: getattr(self, beta) for name, beta in self.decays.items()}
        return [self._moments[name] for name, beta in decays.items()
                if beta and self.steps % max(1, int(math.log(ROOM) / -math.log(beta))) == 0]

    def state(self):
        """{name: host array}: the moments and the number of steps so far."""
        return {**{name: to_host(v).copy() for name, v in self._moments.items()},
                "steps": np.array(self.steps)}

    def load_state(self, state):
        """Takes back what `state` gave. Raises ValueError where names or shapes do not fit."""
        if set(state) != {*self._moments, "steps"}:
            raise ValueError(f"{type(self).__name__} needs the state {[*self._moments, 'steps']}, "
                             f"but got {sorted(state)}")
        for name, moment in self._moments.items():
            if state[name].shape != moment.shape:
                raise ValueError(f"the state {name!r} has shape {state[name].shape}, "
                                 f"the parameters need {moment.shape}")
            moment[...] = namespace(moment).asarray(state[name])
        steps = np.asarray(state["steps"])
        if steps.shape != () or steps.dtype.kind not in "iu" or steps < 0:
            raise ValueError(f"the state 'steps' must be a whole number, 0 or more, not {steps!r}")
        self.steps = int(steps)


class SGD(Optimizer):
    """w ← w + lr · u with u ← momentum · u + g. momentum = 0 is plain gradient ascent."""

    moments = ("velocity",)
    decays = {"velocity": "momentum"}

    def __init__(self, params, lr=1e-2, momentum=0.0):
        super().__init__(params, lr)
        _check_fraction("momentum", momentum)
        self.momentum = momentum

    def _ascend_chunk(self, w, g, u, scratch, lr):
        u *= self.momentum
        u += g
        w += namespace(w).multiply(u, lr, out=scratch)


class Adagrad(Optimizer):
    """w ← w + lr · g / (√h + eps) with h ← h + g² (Duchi et al. 2011): the paper's optimiser, §5.

    gather: for so many first steps h grows and nothing moves, as in the author's later code (10
    there). Without it the first step moves every weight by lr, whatever its gradient.
    """

    moments = ("sum_of_squares",)

    def __init__(self, params, lr=2e-2, eps=1e-8, gather=0):
        super().__init__(params, lr)
        _check_eps(eps, params.vector.dtype)
        self.eps, self.gather = eps, gather

    def _factors(self):
        return (self.lr if self.steps > self.gather else 0.0,)

    def _ascend_chunk(self, w, g, h, scratch, lr):
        xp = namespace(w)
        h += xp.multiply(g, g, out=scratch)
        root = xp.sqrt(h, out=scratch)
        root += self.eps
        step = xp.divide(g, root, out=scratch)  # eq. adagrad
        step *= lr
        w += step


class Adam(Optimizer):
    """w ← w + lr · m̂ / (√v̂ + eps), m̂ and v̂ running averages of g and g² (Kingma & Ba 2015).

    The textbook's step t keeps two running averages and corrects what they lack at the start:

        m ← β₁ m + (1 − β₁) g                  m̂ = m / (1 − β₁^t)
        v ← β₂ v + (1 − β₂) g²                 v̂ = v / (1 − β₂^t)

    Here the same numbers are worked out with one pass over memory fewer. At step t the gradient of
    step i has the weight β^(t−i). What is kept are the weighted sums, m = Σ β₁^(t−i) g_i and
    v = Σ β₂^(t−i) g_i². Divided by their weights' sums, W = (1 − β^t)/(1 − β), they are m̂ and v̂.
    """

    moments = ("sum_of_gradients", "sum_of_squares")
    decays = {"sum_of_gradients": "beta1", "sum_of_squares": "beta2"}

    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        super().__init__(params, lr)
        _check_fraction("beta1", beta1)
        _check_fraction("beta2", beta2)
        _check_eps(eps, params.vector.dtype)
        self.beta1, self.beta2, self.eps = beta1, beta2, eps

    def _factors(self):
        # m̂ / (√v̂ + eps) = √W₂/W₁ · m / (√v + eps·√W₂): both divisions leave the vectors.
        weight1 = (1.0 - self.beta1 ** self.steps) / (1.0 - self.beta1)
        root_weight2 = math.sqrt((1.0 - self.beta2 ** self.steps) / (1.0 - self.beta2))
        return self.lr * root_weight2 / weight1, self.eps * root_weight2

    def _ascend_chunk(self, w, g, m, v, scratch, rate, eps):
        xp = namespace(w)
        m *= self.beta1
        m += g
        v *= self.beta2
        v += xp.multiply(g, g, out=scratch)
        root = xp.sqrt(v, out=scratch)
        root += eps
        step = xp.divide(m, root, out=scratch)  # eq. adam
        step *= rate
        w += step


def _drop_denormals(moment, scratch):
    """Sets to 0 what lies so near to 0 that it could be denormal before anybody looks again."""
    size = namespace(moment).abs(moment, out=scratch)
    moment *= size >= ROOM * np.finfo(moment.dtype).tiny


def constant(progress):
    """The rate stays: 1 at every progress."""
    return 1.0


def cosine(progress):
    """½(1 + cos π·progress): from 1 to 0, flat at both ends (Loshchilov & Hutter 2017)."""
    return 0.5 * (1.0 + math.cos(math.pi * min(progress, 1.0)))


STAGES = 8


def staged(progress):
    """Eight stages, i = 0..7, each three times as long as the last: 3^i parts of 3280.

    The factor is round(10^(1 − i/7), 1) / 10: 1, 0.72, 0.52 ... 0.1. With lr = 1e-3 these are the
    rates of the IWAE authors' code.
    """
    total = (3 ** STAGES - 1) // 2
    part = progress * total
    stage = next((i for i in range(STAGES) if part < (3 ** (i + 1) - 1) // 2), STAGES - 1)
    return round(10.0 ** (1.0 - stage / (STAGES - 1)), 1) / 10.0


SCHEDULES = {"constant": constant, "cosine": cosine, "staged": staged}
OPTIMIZERS = {"sgd": SGD, "adagrad": Adagrad, "adam": Adam}


def _check_fraction(name, value):
    if not 0.0 <= value < 1.0:
        raise ValueError(f"{name} must lie in [0, 1), not {value!r}")


def _check_eps(eps, dtype):
    if not 0.0 < eps < math.inf:  # with 0, a weight whose gradient is 0 would become 0/0
        raise ValueError(f"eps must be a positive number, not {eps!r}")
    smallest = math.sqrt(np.finfo(dtype).tiny)  # squares of smaller gradients lose their digits
    if eps < smallest:
        raise ValueError(f"eps must be at least {smallest:.2g} for {dtype} parameters, "
                         f"not {eps!r}")
