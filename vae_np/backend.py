"""The array module: NumPy on the host, CuPy (or anything that speaks like it) on a device.

The rest of the library never asks where it runs. It takes the module from the array that it was
given, `xp = namespace(x)`, and calls `xp.exp`, `xp.sum` and so on. `import cupy` stands in this
file alone, inside the one function that needs it.
"""
import sys

import numpy as np


class DeviceError(RuntimeError):
    """The device that was asked for is not to be had here."""


def namespace(array):
    """The module whose functions apply to `array`: numpy, or the library that owns the array."""
    if isinstance(array, (np.ndarray, np.generic, int, float)):
        return np
    # The array's own library is already imported, or the array could not exist.
    return sys.modules[type(array).__module__.partition(".")[0]]


def to_host(array):
    """`array` as a NumPy array. Host arrays pass through without a copy."""
    xp = namespace(array)
    return xp.asnumpy(array) if hasattr(xp, "asnumpy") else np.asarray(array)


def check_generator(rng):
    """`rng` itself. Raises TypeError where it is something else, such as a seed."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError("rng must be a numpy.random.Generator, such as np.random.default_rng(0), "
                        f"not {type(rng).__name__}")
    return rng


def device_module(device):
    """The array module of `device`: "cpu" is numpy, "cuda" is cupy.

    Raises DeviceError, in one line, where CuPy is not installed or finds no GPU.
    """
    if device == "cpu":
        return np
    if device != "cuda":
        raise DeviceError(f"unknown device {device!r}: use 'cpu' or 'cuda'")
    try:
        import cupy
    except ImportError:
        raise DeviceError("device 'cuda' needs CuPy, which is not installed: "
                          "pip install 'vae-np[gpu]', or use --device cpu") from None
    try:
        found = cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        raise DeviceError(f"device 'cuda' was asked for, but CUDA does not answer: {error}; "
                          "use --device cpu") from None
    if not found:
        raise DeviceError("device 'cuda' was asked for, but this machine has no GPU; "
                          "use --device cpu")
    return cupy


def move(array, xp):
    """`array` as an array of the module `xp`. Nothing is copied when it is one already."""
    if namespace(array) is xp:
        return array
    return xp.asarray(to_host(array))
