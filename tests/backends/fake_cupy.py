"""A test double of CuPy. It computes with NumPy on the host, and behaves as a device would.

An array here wraps a NumPy array and never shows it. Whoever wants the numbers must ask, by
`asnumpy`, `get`, `item` or `float`, and every such copy is written down in `traffic`. What CuPy
refuses is refused: a NumPy array in a sum, in an assignment or in a function's arguments, and
NumPy reading a device array. Names and keywords are those of the recorded CuPy, no others.

In three things the double is stricter, so that nothing depends on CuPy's good will: NumPy scalars
are refused like NumPy arrays, NumPy's own functions are never passed on (`np.exp(array)` would
reach CuPy's), and an index must not be a list or a NumPy array (CuPy would copy it up).

A stream that records works nothing out in place: what it is asked for is written on its tape, and
done when the graph is launched, into the same arrays. Until then results hold no meaningful
numbers, and asking for them is an error, as it is in CUDA. `@` and `matmul` refuse to be recorded.

It is no GPU: it says nothing about rounding, speed or CUDA itself.
"""
import operator
import sys
from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
from record_cupy_names import read, signature

RECORD = read()
SCALARS = (bool, int, float, complex)

traffic = SimpleNamespace(up=[], down=[], launches=0)  # shapes that were copied; of graphs
used = set()                               # the names of functions that were asked for
tape = None                                # what a recording stream is to do, or None


def install(monkeypatch):
    """Puts the double in CuPy's place, for one test."""
    monkeypatch.setitem(sys.modules, "cupy", sys.modules[__name__])
    monkeypatch.setattr("vae_np.recording.Products", Products)


class ndarray:
    """An array on the device. Slices are views; a single entry is a 0-d array."""

    __array_ufunc__ = None  # NumPy's functions and operators step back

    def __init__(self, host):
        if host.dtype.kind not in "biufc" or host.dtype.itemsize > 16:
            raise ValueError(f"Unsupported dtype {host.dtype}")
        self._host = host

    def __array__(self, *args, **kwargs):
        raise TypeError("Implicit conversion to a NumPy array is not allowed. "
                        "Please use `.get()` to construct a NumPy array explicitly.")

    def __array_function__(self, function, *args):
        raise TypeError(f"numpy.{function.__name__} was given a device array")

    def __getattr__(self, name):
        if name not in RECORD["methods"]:
            raise AttributeError(f"'cupy.ndarray' object has no attribute {name!r}")
        return _checked(name, getattr(self._host, name), RECORD["methods"][name])

    # -- the ways down, each a copy ------------------------------------------------------------

    def get(self):
        _refuse_while_recording("cudaErrorStreamCaptureUnsupported")
        traffic.down.append(self.shape)
        return self._host.copy()

    def set(self, array, stream=None):
        _refuse_while_recording("cudaErrorStreamCaptureImplicit")
        if type(array) is not np.ndarray or (array.shape, array.dtype) != (self.shape, self.dtype):
            raise TypeError("set needs a NumPy array of the same shape and dtype")
        traffic.up.append(array.shape)
        self._host[...] = array

    def item(self):
        if self.size != 1:
            raise ValueError("can only convert an array of size 1 to a Python scalar")
        return self.get().item()

    def tolist(self):
        return self.get().tolist()

    def tobytes(self, order="C"):
        return self.get().tobytes(order)

    def __float__(self):
        return float(self.get())

    def __int__(self):
        return int(self.get())

    def __complex__(self):
        return complex(self.get())

    def __bool__(self):
        return bool(self.get())

    def __repr__(self):
        return repr(self.get())

    # -- entries and views ---------------------------------------------------------------------

    def __len__(self):
        return len(self._host)

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __getitem__(self, key):
        return _run(lambda: self._host[_index(key)])

    def __setitem__(self, key, value):
        if isinstance(value, np.ndarray):
            raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
        operand = _operand(value)
        _change(lambda: self._host.__setitem__(_index(key), operand))


def _refuse_while_recording(error):
    if tape is not None:
        raise RuntimeError(f"{error}: operation not permitted when stream is capturing")


def _run(compute):
    """What compute() gives, as device arrays. While a stream records, it is done again later."""
    if tape is None:
        return _device(compute())
    with np.errstate(all="ignore"):  # only the shape of this result means anything
        result = _device(compute())
    tape.append(lambda: _refill(result, compute()))
    return result


def _change(change_in_place):
    """A change of an array that there is: now, or when the graph is launched."""
    tape.append(change_in_place) if tape is not None else change_in_place()


def _refill(result, computed):
    if isinstance(result, (tuple, list)):
        for one, value in zip(result, computed, strict=True):
            _refill(one, value)
    elif result is not None and not np.may_share_memory(result._host, computed):
        result._host[...] = computed


def _attribute(name):
    def get(self):
        value = getattr(self._host, name)
        return ndarray(value) if isinstance(value, np.ndarray) else value
    return property(get)


def _operators(name):
    """__name__, __rname__ and __iname__ of an operator."""
    compute, in_place = (getattr(operator, f"__{prefix}{name}__") for prefix in ("", "i"))

    def change(self, other):
        operand = _operand(other)
        _change(lambda: in_place(self._host, operand))
        return self

    def run(first, second):
        if name == "matmul" and tape is not None:
            raise NotImplementedError(NO_CUBLAS)
        return _run(lambda: compute(first, second))

    return {f"__{name}__": lambda self, other: run(self._host, _operand(other)),
            f"__r{name}__": lambda self, other: run(_operand(other), self._host),
            f"__i{name}__": change}


def _comparison(name):
    compare = getattr(operator, name)
    def run(self, other):
        operand = _operand(other)
        return _run(lambda: compare(self._host, operand))
    return run


def _unary(name):
    compute = getattr(operator, name)
    return lambda self: _run(lambda: compute(self._host))


for _name in ("dtype", "itemsize", "nbytes", "ndim", "shape", "size", "strides", "T", "real",
              "imag"):
    setattr(ndarray, _name, _attribute(_name))
for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or",
              "xor"):
    for _method, _function in _operators(_name).items():
        setattr(ndarray, _method, _function)
for _name in ("__lt__", "__le__", "__eq__", "__ne__", "__gt__", "__ge__"):
    setattr(ndarray, _name, _comparison(_name))
for _name in ("__neg__", "__pos__", "__abs__", "__invert__"):
    setattr(ndarray, _name, _unary(_name))
ndarray.__hash__ = None
ndarray.__module__ = "cupy"  # as its users see it


# -- the module's functions --------------------------------------------------------------------

def asarray(a, dtype=None, order=None, *, copy=None, blocking=False):
    """The way up: a copy on the device. A device array of the right dtype comes back itself."""
    used.add("asarray")
    if isinstance(a, ndarray):
        return a if dtype in (None, a.dtype) else a.astype(dtype)
    _refuse_while_recording("cudaErrorStreamCaptureImplicit")
    host = np.array(a, dtype=dtype)
    traffic.up.append(host.shape)
    return ndarray(host)


def asnumpy(a, stream=None, order="C", out=None, *, blocking=True):
    """The way down: a copy on the host."""
    used.add("asnumpy")
    return a.get() if isinstance(a, ndarray) else np.asarray(a)


def __getattr__(name):
    """Any other function: NumPy's of the same name, if CuPy has it too."""
    if name in RECORD["functions"]:
        used.add(name)
        return _checked(name, getattr(np, name), RECORD["functions"][name])
    if name in RECORD["constants"]:
        return getattr(np, name)
    raise AttributeError(f"module 'cupy' has no attribute {name!r}")


def _checked(name, function, parameters):
    """A NumPy function as CuPy would have it: device arrays in, device arrays out."""
    def call(*args, **kwargs):
        given = signature(parameters).bind(*args, **kwargs).arguments
        for first in ("a", "array"):  # CuPy's own name where only an array will do
            if first in given and not isinstance(given[first], ndarray):
                raise TypeError(f"cupy.{name} needs a device array, not {type(given[first])}")
        if name in ("matmul", "dot", "einsum", "tensordot") and tape is not None:
            raise NotImplementedError(NO_CUBLAS)
        args = [_argument(value) for value in args]
        named = {key: _argument(value) for key, value in kwargs.items()}
        if kwargs.get("out") is None:
            return _run(lambda: function(*args, **named))
        _change(lambda: function(*args, **named))
        return kwargs["out"]
    return call


# -- streams that record -----------------------------------------------------------------------

NO_CUBLAS = "calling cuBLAS API during stream capture is currently unsupported"


class Stream(nullcontext):
    """A stream, as far as it can record: its graph does again what was asked for meanwhile."""

    def __init__(self, non_blocking=False):
        super().__init__()
        self.non_blocking = non_blocking

    def begin_capture(self, mode=None):
        global tape
        assert self.non_blocking, "the default stream cannot record"
        tape = []

    def end_capture(self):
        global tape
        recorded, tape = tape, None

        def launch(stream=None):
            traffic.launches += 1
            for do in recorded:
                do()
        return SimpleNamespace(launch=launch)


class Products:
    """In the place of `recording.Products`: a product that can be recorded."""

    def __init__(self, xp):
        pass

    def __call__(self, a, b, out=None):
        if out is None:
            return _run(lambda: a._host @ b._host)
        _change(lambda: np.matmul(a._host, b._host, out=out._host))
        return out


cuda = SimpleNamespace(Stream=Stream, MemoryPool=lambda: SimpleNamespace(malloc=None),
                       using_allocator=nullcontext)


def _device(result):
    """What NumPy gave, as device arrays: CuPy has no scalars of its own."""
    if isinstance(result, (tuple, list)):
        return type(result)(map(_device, result))
    return None if result is None else ndarray(np.asarray(result))


def _operand(value):
    if isinstance(value, ndarray):
        return value._host
    if type(value) in SCALARS:
        return value
    raise TypeError(f"Unsupported type {type(value)}")


def _argument(value):
    """An argument of a function: a device array, or what is no array at all."""
    if isinstance(value, (tuple, list)):
        return type(value)(map(_argument, value))
    if isinstance(value, (np.ndarray, np.generic)):
        raise TypeError(f"Unsupported type {type(value)}")
    return value._host if isinstance(value, ndarray) else value


def _index(key):
    """A key whose result is always an array, so that it is a view."""
    keys = key if isinstance(key, tuple) else (key,)
    for k in keys:
        if isinstance(k, (list, np.ndarray)):
            raise TypeError(f"an index of {type(k)} would be copied to the device")
    keys = tuple(k._host if isinstance(k, ndarray) else k for k in keys)
    return keys if any(k is ... for k in keys) else (*keys, ...)
