"""Every f / f_backward pair on arrays of any shape, dtype and layout: the result is that on a
plain copy, its dtype is the inputs', and the inputs are read-only throughout.
"""
import inspect

import numpy as np
import pytest

pytest.importorskip("hypothesis")
from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from layouts import arrays, assert_same, bounded, dtypes, few, plain, sizes  # noqa: E402

from vae_np import gradcheck
from vae_np.checking import library  # noqa: E402

PAIRS = {name: (f, f_backward) for name, f, f_backward in library.find_pairs()}


def draw_inputs(data, f, dtype):
    """Arrays by the names of f's arguments, with a size drawn for each of N, D, Z and L."""
    size = {letter: data.draw(sizes)
            for letter in (library.N, library.D, library.Z, library.L)}
    shapes = {**library.SHAPES, **library.SPECIAL_SHAPES.get(f.__name__, {})}
    below = {name: size[letter] for name, letter in library.BELOW.items()}
    return {name: data.draw(arrays(tuple(size[n] for n in shapes[name]),
                                   *whole_numbers(below[name]) if name in below else (dtype,)))
            for name in inspect.signature(f).parameters if name in shapes}


def whole_numbers(below):
    """The dtype of labels, and what draws them."""
    return np.int64, lambda rng, shape: rng.integers(below, size=shape)


@pytest.mark.parametrize("name", PAIRS)
@bounded
@given(data=st.data(), dtype=dtypes)
def test_layout_changes_nothing(name, data, dtype):
    f, f_backward = PAIRS[name]
    inputs = draw_inputs(data, f, dtype)
    copies = {key: plain(value) for key, value in inputs.items()}
    value, expected = f(**inputs), f(**copies)
    assert_same(value, expected, dtype)
    d_out = data.draw(arrays(np.shape(expected), dtype)) if np.ndim(expected) else dtype(0.7)
    assert_same(f_backward(d_out, **inputs), f_backward(plain(d_out)[()], **copies), dtype)


@pytest.mark.parametrize("name", PAIRS)
@few
@given(data=st.data())
def test_gradients_hold_at_any_shape(name, data):
    """Sizes of 1 too, where a forgotten sum or axis changes no shape elsewhere."""
    f, f_backward = PAIRS[name]
    forward, backward, _, constants = library.pair_check(f, f_backward)
    inputs = draw_inputs(data, f, float)
    gradcheck(forward, backward, inputs, skip=constants, complex_step=False).assert_ok()
