"""Parameters as one flat vector with named views into it.

One vector makes an optimiser a few lines of arithmetic, a checkpoint one array and a gradient
check one loop. The names make the mathematics readable. Both are the same memory: writing to one
writes to the other.
"""
import math
from collections.abc import Mapping
from contextlib import contextmanager

import numpy as np

from .backend import empty_vector, matmul, namespace


class Layout:
    """Which parameter lies where in a flat vector. Immutable.

    shapes: {name: shape}, in the order in which they lie. Names are dotted, "encoder.hidden0.W".
    """

    def __init__(self, shapes):
        self.shapes = {name: tuple(shape) for name, shape in shapes.items()}
        self.slices = {}
        start = 0
        for name, shape in self.shapes.items():
            stop = start + math.prod(shape)
            self.slices[name] = slice(start, stop)
            start = stop
        self.size = start

    def __eq__(self, other):
        return (isinstance(other, Layout)
                and list(self.shapes.items()) == list(other.shapes.items()))

    def __hash__(self):
        return hash(tuple(self.shapes.items()))

    def part(self, prefix):
        """The layout of all names under `prefix`, and the slice of the vector that they fill."""
        names = [name for name in self.shapes if name == prefix or name.startswith(prefix + ".")]
        if not names:
            heads = sorted({name.partition(".")[0] for name in self.shapes})
            raise KeyError(f"no parameter lies under {prefix!r}; the top levels are {heads}")
        start, stop = self.slices[names[0]].start, self.slices[names[-1]].stop
        part = Layout({name: self.shapes[name] for name in names})
        if part.size != stop - start:
            raise ValueError(f"the parameters under {prefix!r} are not contiguous in the vector")
        return part, slice(start, stop)


class Part:
    """A part of a model, such as a prior or a kind of posterior, with parameters or without.

    It is over z_dim numbers, and holds none. It names its parameters, and finds them in the
    `params` that its methods take. what: what it is called in messages. spec: the text by which a
    model's argument names it.
    """

    what, spec = "part", ""
    looks = False  # whether its methods look at numbers to choose a way: see `recording`
    runs_off = False  # whether `extreme` may have something to say: then training looks closer

    def __init__(self, z_dim):
        self.z_dim = z_dim

    @classmethod
    def parse(cls, argument, z_dim):
        """The part that "NAME:argument" means. Raises ValueError where it takes no argument."""
        if argument:
            raise ValueError(f"the {cls.what} {cls.spec!r} takes no argument, not {argument!r}")
        return cls(z_dim)

    def shapes(self):
        """{name: shape} of its parameters, in the order in which they lie; none here."""
        return {}

    def initialise(self, params, rng, scheme):
        """Draws the first values of its parameters, in place."""


def too_large(what, array):
    """"WHAT reached 4.1e+12", the number of `array` furthest from 0, where that is too large to
    train with; "WHAT became NaN" where one is none; else "".

    Too large is what has no fourth power in the array's dtype: 4.3e9 in float32, 1.2e77 in
    float64. A log-density squares a number, and Adam squares the slope, which has its size again.
    """
    xp = namespace(array)
    largest = float(xp.max(xp.abs(array)))
    if math.isnan(largest):
        return f"{what} became NaN"
    if largest < float(np.finfo(array.dtype).max) ** 0.25:
        return ""
    return f"{what} reached {-largest if largest == -float(xp.min(array)) else largest:.1e}"


class Params(Mapping):
    """A Layout and a vector: a mapping from names to arrays that share the vector's memory.

    A parameter has the same full name everywhere: in the whole, in a part, in a gradient.
    """

    def __init__(self, layout, vector):
        if vector.shape != (layout.size,):
            raise ValueError(f"the layout has {layout.size} numbers, "
                             f"the vector has shape {vector.shape}")
        self.layout = layout
        self._vector, self._lent = vector, None
        self._views = {name: vector[where].reshape(layout.shapes[name])
                       for name, where in layout.slices.items()}

    @classmethod
    def zeros(cls, layout, dtype="float32", xp=np):
        """All-zero parameters of a layout, on the host or on the device of the module `xp`."""
        vector = empty_vector(layout.size, dtype, xp)
        vector[...] = 0
        return cls(layout, vector)

    @property
    def vector(self):
        """All the numbers, flat: (layout.size,)."""
        return self._vector

    def __getitem__(self, name):
        try:
            return self._views[name]
        except KeyError:
            raise KeyError(f"no parameter {name!r}; there are {', '.join(self._views)}") from None

    def __setitem__(self, name, value):
        self[name][...] = value

    def __contains__(self, name):
        return name in self._views  # Mapping would read the numbers, which Zeros must not

    def __iter__(self):
        return iter(self._views)

    def __len__(self):
        return len(self._views)

    def like(self, vector):
        """The same layout on another vector: a gradient, a moment, another point."""
        return Params(self.layout, vector)

    def zeros_like(self):
        """Zeros in the same layout, dtype and device: where a gradient starts."""
        return Zeros(self)

    def add_product(self, name, a, b):
        """self[name] += a @ b: how a layer's weights gather their gradient."""
        self[name] += matmul(a, b)

    def add_sum(self, name, rows):
        """self[name] += Σ rows, rows (R, n): how a layer's biases gather theirs."""
        self[name] += namespace(rows).sum(rows, axis=0)

    def settle(self, vector):
        """From here on these parameters are the numbers in `vector`, (layout.size,)."""
        Params.__init__(self, self.layout, vector)

    @contextmanager
    def lending(self, vector):
        """Within, the first gradient that `zeros_like` starts lies in `vector`, (layout.size,)."""
        self._lent = vector
        try:
            yield
        finally:
            self._lent = None

    def copy(self):
        """The same numbers in a memory of their own."""
        return self.like(self.vector.copy())

    def part(self, prefix):
        """The parameters under a dotted prefix, as Params on the same memory.

        `params.part("encoder")` is φ, `params.part("decoder")` is θ. Names stay full.
        """
        layout, where = self.layout.part(prefix)
        return Params(layout, self.vector[where])

    def __reduce__(self):
        # copy.deepcopy and pickle build anew from the vector, so that a copy's views share the
        # copy's memory.
        return Params, (self.layout, self.vector)

    def __repr__(self):
        shapes = ", ".join(f"{name} {shape}" for name, shape in self.layout.shapes.items())
        return f"Params({self.layout.size} {self.vector.dtype} numbers: {shapes})"


class Zeros(Params):
    """Params that start at zero and fill up. A zero is written only when somebody looks at it.

    Most parameters' gradients are one product and no more. It is written straight to its place,
    which saves a pass for the zeros, memory for the product and a pass for the sum.
    """

    def __init__(self, params):
        memory, params._lent = params._lent, None
        if memory is None:
            memory = empty_vector(params.layout.size, params.vector.dtype,
                                  namespace(params.vector))
        super().__init__(params.layout, memory)
        self._unwritten = set(self)  # names whose memory holds what was there before

    @property
    def vector(self):
        for name in list(self._unwritten):
            self[name]
        return self._vector

    def __getitem__(self, name):
        view = super().__getitem__(name)
        if name in self._unwritten:
            view[...] = 0
            self._unwritten.remove(name)
        return view

    def add_product(self, name, a, b):
        """self[name] += a @ b. The first time it is self[name] = a @ b, in place."""
        if name in self._unwritten:
            matmul(a, b, out=super().__getitem__(name))
            self._unwritten.remove(name)
        else:
            super().add_product(name, a, b)

    def add_sum(self, name, rows):
        """self[name] += Σ rows. The first time it is self[name] = Σ rows, in place."""
        if name in self._unwritten:
            namespace(rows).sum(rows, axis=0, out=super().__getitem__(name))
            self._unwritten.remove(name)
        else:
            super().add_sum(name, rows)
