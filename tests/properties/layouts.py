"""Arrays of every shape, dtype and memory layout, for Hypothesis to choose from.

What a function computes must not depend on where in memory its numbers lie. So each test computes
a thing twice, on an array as it was drawn and on a plain copy of it, and compares. The two may
differ in the last digits: NumPy and BLAS add in another order where the strides are others.
"""
import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

DTYPES = (np.float32, np.float64)
ULPS = 64  # of the largest number of a result, or of 1: sums here have some ten terms of that size

# The same examples in every run, and no clock: a slow machine fails nothing.
bounded = settings(derandomize=True, database=None, deadline=None, max_examples=60)

few = settings(bounded, max_examples=8)


def _frame(shape, dtype):
    """Memory around a view, full of what would spoil any sum."""
    return np.full(shape, np.nan if dtype.kind == "f" else 1, dtype)


def _strided(a):
    wide = _frame((*a.shape[:-1], 2 * a.shape[-1]), a.dtype)
    wide[..., ::2] = a
    return wide[..., ::2]


def _reversed(a):
    return a[..., ::-1].copy()[..., ::-1]


def _rotated(a):
    """The first axis lies innermost; unlike Fortran order, the others keep theirs."""
    return np.moveaxis(np.moveaxis(a, 0, -1).copy(), -1, 0)


def _window(a):
    frame = _frame([n + 2 for n in a.shape], a.dtype)
    window = frame[tuple(slice(1, -1) for _ in a.shape)]
    window[...] = a
    return window


def _unaligned(a):
    bytes_ = np.empty(a.nbytes + 1, np.uint8)
    shifted = bytes_[1:].view(a.dtype).reshape(a.shape)
    shifted[...] = a
    return shifted


def _repeated(a):
    """Stride 0: every row is the first one, and none may be written to."""
    return np.broadcast_to(a[:1], a.shape)


WRITEABLE_LAYOUTS = {"plain": np.copy, "fortran": np.asfortranarray, "strided": _strided,
                     "reversed": _reversed, "rotated": _rotated, "window": _window,
                     "unaligned": _unaligned}
LAYOUTS = {**WRITEABLE_LAYOUTS, "repeated": _repeated}


@st.composite
def arrays(draw, shape, dtype, numbers=np.random.Generator.standard_normal):
    """A read-only array of a shape and dtype: numbers(rng, shape), in any layout."""
    plain = numbers(np.random.default_rng(draw(st.integers(0, 999))), shape).astype(dtype)
    array = LAYOUTS[draw(st.sampled_from(sorted(LAYOUTS)))](plain)
    array.flags.writeable = False  # whoever changes an input is caught in the act
    return array


@st.composite
def vectors(draw, size, dtype):
    """A writeable vector, as Params are made of: plain, strided, reversed, shifted."""
    plain = np.random.default_rng(draw(st.integers(0, 999))).standard_normal(size).astype(dtype)
    return WRITEABLE_LAYOUTS[draw(st.sampled_from(sorted(WRITEABLE_LAYOUTS)))](plain)


def uniform(rng, shape):
    return rng.random(shape)


def binary(rng, shape):
    return rng.random(shape) < 0.5


sizes = st.integers(1, 5)
dtypes = st.sampled_from(DTYPES)


def plain(array):
    """The same numbers in C order, in a memory of their own."""
    return np.array(array, order="C")


def assert_same(got, expected, dtype, ulps=ULPS):
    """The same numbers to `ulps` of the largest, in `dtype`; of arrays, tuples and dicts."""
    if isinstance(expected, dict):
        assert list(got) == list(expected)
        got, expected = tuple(got.values()), tuple(expected.values())
    if isinstance(expected, tuple):
        assert len(got) == len(expected)
        for one, other in zip(got, expected):
            assert_same(one, other, dtype, ulps)
        return
    assert got.dtype == expected.dtype == dtype
    assert got.shape == expected.shape
    atol = ulps * np.finfo(dtype).eps * max(1.0, np.abs(expected).max())
    np.testing.assert_allclose(got, expected, rtol=0, atol=atol)
