"""Host against device: equal to the last bit on CuPy's double, to rounding on a GPU.

`pytest tests/backends --gpu` runs these same tests on the real CuPy. A GPU adds in another order:
float64 then rounds at 1e-16 of the terms and float32 at 6e-8, and a few steps of training lose a
few digits of each.
"""
from types import SimpleNamespace

import numpy as np

on_gpu = SimpleNamespace(chosen=False)  # set by conftest.py
TOLERANCE = {"float64": 1e-9, "float32": 2e-3}


def to_host(value):
    """A device's array as NumPy's; anything else as it is."""
    return value.get() if hasattr(value, "get") and hasattr(value, "strides") else value


def assert_same(device, host, dtype=None):
    """Two results, which may be nested: of the double, equal; of a GPU, equal but for rounding.

    dtype: the precision of the computation, where the numbers themselves do not show it.
    """
    device, host = to_host(device), to_host(host)
    if isinstance(host, dict):
        assert list(device) == list(host)
        for name in host:
            assert_same(device[name], host[name], dtype)
    elif isinstance(host, list | tuple):
        assert len(device) == len(host)
        for a, b in zip(device, host, strict=True):
            assert_same(a, b, dtype)
    elif on_gpu.chosen and np.asarray(host).dtype.kind == "f":
        device, host = np.asarray(device), np.asarray(host)
        assert device.shape == host.shape and device.dtype == host.dtype
        tolerance = TOLERANCE[str(np.dtype(dtype or host.dtype))]
        scale = np.max(np.abs(host), initial=0.0, where=np.isfinite(host))
        np.testing.assert_allclose(device, host, rtol=tolerance,
                                   atol=tolerance * max(scale, 1e-3))
    elif isinstance(host, np.ndarray | np.generic):
        np.testing.assert_array_equal(np.asarray(device), np.asarray(host), strict=True)
    else:
        assert device == host
