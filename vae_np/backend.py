"""The array module: NumPy on the host, CuPy (or anything that speaks like it) on a device.

The rest of the library never asks where it runs. It takes the module from the array that it was
given, `xp = namespace(x)`, and calls `xp.exp`, `xp.sum` and so on. `import cupy` stands in this
file alone, inside the one function that needs it.
"""
import sys
import textwrap

import numpy as np

CACHE_LINE = 64  # bytes

# A step frees and asks for the same arrays again and again. glibc, Linux's C library, gives freed
# memory back to the system where it is more than twice the largest array freed so far, and the
# next array then costs a page fault for every 4 kB: a third of a step at batch 1000. The one array
# of 31 MiB here, freed at once and never touched, makes it keep up to 62 MiB instead. (From 32 MiB
# on it would not count.) Elsewhere, and where MALLOC_TRIM_THRESHOLD_ is set, nothing changes.
np.empty(31 << 20, np.uint8)


class DeviceError(RuntimeError):
    """The device that was asked for is not available here."""


def namespace(array):
    """The module whose functions apply to `array`: the device library that owns it, or numpy.

    A device library has an `asnumpy`. Anything else, a list or another library's table, is left
    to numpy to read.
    """
    if isinstance(array, (np.ndarray, np.generic, int, float)):
        return np
    # The array's own library is already imported, or the array could not exist.
    for kind in type(array).__mro__:
        library = sys.modules.get(kind.__module__.partition(".")[0])
        if hasattr(library, "asnumpy"):
            return library
    return np


def to_host(array):
    """`array` as a NumPy array. Host arrays pass through without a copy."""
    xp = namespace(array)
    return np.asarray(array) if xp is np else xp.asnumpy(array)


def empty_vector(size, dtype, xp):
    """An uninitialised vector, (size,), that starts on a cache line.

    NumPy's own arrays often start 16 bytes after one. Then every wide read or write touches two
    lines, and Adam takes a fifth longer. A device's arrays are aligned already.
    """
    if xp is not np:
        return xp.empty(size, dtype=dtype)
    itemsize = np.dtype(dtype).itemsize
    memory = np.empty(size + CACHE_LINE // itemsize, dtype)
    start = -memory.__array_interface__["data"][0] % CACHE_LINE // itemsize
    return memory[start:start + size]


products_on_device = None  # set by `recording`, while it records


def matmul(a, b, out=None):
    """a @ b for matrices, written to `out` where it is given. On a device it can be recorded."""
    xp = namespace(a)
    if xp is not np and products_on_device:
        return products_on_device(a, b, out)
    return xp.matmul(a, b, out=out)


def check_generator(rng):
    """`rng` itself. Raises TypeError where it is something else, such as a seed."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError("rng must be a numpy.random.Generator, such as np.random.default_rng(0), "
                        f"not {type(rng).__name__}")
    return rng


def device_module(device):
    """The array module of `device`: "cpu" is numpy, "cuda" is cupy.

    Raises DeviceError, in one line, where CuPy is not installed or cannot compute: no GPU, no
    driver, a CUDA library that is missing.
    """
    if device == "cpu":
        return np
    if device != "cuda":
        raise DeviceError(f"unknown device {device!r}: use 'cpu' or 'cuda'")
    try:
        import cupy
        ones = cupy.ones((2, 2), dtype="float32")
        float((ones @ ones).sum())  # takes all that a training step needs: cuBLAS, a compiler
    except ModuleNotFoundError:
        raise DeviceError("device 'cuda' needs CuPy, which is not installed: "
                          "pip install '.[gpu]' in a clone, or use --device cpu") from None
    except Exception as error:  # each of CUDA's libraries has an error class of its own
        reason = textwrap.shorten(f"{type(error).__name__}: {error}", 200)
        raise DeviceError("device 'cuda' was asked for, but CuPy finds no GPU here that it can "
                          f"compute on ({reason}); use --device cpu") from None
    return cupy


def move(array, xp):
    """`array` as a plain array of the module `xp`. Nothing is copied when it is one already."""
    return xp.asarray(array if namespace(array) is xp else to_host(array))


class Constant:
    """A host array that device code needs too. `on` brings it there once, and there it stays: a
    recorded step cannot bring it.
    """

    def __init__(self, array):
        self._on_host, self._on_device = array, None

    def on(self, xp):
        """The array on the device of the module `xp`."""
        if xp is np:
            return self._on_host
        if self._on_device is None:
            self._on_device = move(self._on_host, xp)
        return self._on_device
