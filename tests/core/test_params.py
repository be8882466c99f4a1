"""Params: one vector, many names, one memory."""
import copy
import pickle

import numpy as np
import pytest

from vae_np.params import Layout, Params

SHAPES = {"encoder.hidden0.W": (3, 2), "encoder.hidden0.b": (2,), "encoder.mean.W": (2, 1),
          "decoder.logits.W": (1, 3), "decoder.logits.b": (3,)}


@pytest.fixture
def params():
    layout = Layout(SHAPES)
    return Params(layout, np.arange(layout.size, dtype=np.float64))


def test_views_are_the_vector(params):
    params.vector[6] = 60.0
    assert params["encoder.hidden0.b"][0] == 60.0
    params["encoder.hidden0.b"] = [70.0, 80.0]
    params["decoder.logits.b"][...] += 100.0
    np.testing.assert_array_equal(params.vector[[6, 7, 13]], [70.0, 80.0, 113.0])
    for name, view in params.items():
        assert np.shares_memory(view, params.vector)
        assert view.shape == SHAPES[name]


def test_parameters_lie_in_layout_order_without_gaps_or_overlaps(params):
    laid_out = np.concatenate([view.ravel() for view in params.values()])
    np.testing.assert_array_equal(laid_out, params.vector)


def test_params_are_a_mapping_in_layout_order(params):
    assert list(params) == list(SHAPES)
    assert len(params) == 5
    assert "encoder.mean.W" in params and "encoder.mean.b" not in params
    assert params.get("encoder.mean.b") is None
    assert repr(params).startswith("Params(16 float64 numbers: encoder.hidden0.W (3, 2)")


def test_like_copy_and_zeros_like_have_a_memory_of_their_own(params):
    zeros, twin = params.zeros_like(), params.copy()
    other = params.like(2.0 * params.vector)
    params.vector[...] = -1.0
    assert not zeros.vector.any() and zeros.vector.dtype == params.vector.dtype
    assert twin["decoder.logits.b"][2] == 15.0
    assert other["decoder.logits.b"][2] == 30.0
    assert other.layout == zeros.layout == params.layout


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy,
                                       lambda p: pickle.loads(pickle.dumps(p))])
def test_a_duplicate_keeps_names_and_vector_together(params, duplicate):
    """Copied piece by piece, the views would part from the vector that an optimiser moves."""
    twin = duplicate(params)
    twin.vector[6] = 60.0
    assert twin["encoder.hidden0.b"][0] == 60.0


def test_part_is_a_contiguous_slice_of_the_same_memory(params):
    decoder = params.part("decoder")
    assert list(decoder) == ["decoder.logits.W", "decoder.logits.b"]
    assert np.shares_memory(decoder.vector, params.vector)
    decoder.vector[...] = -1.0
    assert np.all(params.vector[10:] == -1.0) and np.all(params.vector[:10] >= 0.0)
    deeper = params.part("encoder").part("encoder.hidden0")
    np.testing.assert_array_equal(deeper.vector, np.arange(8.0))
    assert list(params.part("encoder.mean.W")) == ["encoder.mean.W"]


@pytest.mark.parametrize("prefix", ["enc", "encoder.hidden", "encoder.", "decoder.logits.W.x", ""])
def test_part_refuses_what_is_no_whole_dotted_prefix(params, prefix):
    with pytest.raises(KeyError, match="the top levels are"):
        params.part(prefix)


def test_part_refuses_a_scattered_prefix():
    layout = Layout({"a.W": (2,), "b.W": (2,), "a.b": (2,)})
    with pytest.raises(ValueError, match="not contiguous"):
        layout.part("a")


def test_wrong_names_and_shapes_are_refused(params):
    with pytest.raises(KeyError, match="no parameter 'encoder.W'; there are encoder.hidden0.W"):
        params["encoder.W"]
    with pytest.raises(KeyError, match="no parameter"):
        params["encoder.W"] = 1.0
    with pytest.raises(ValueError, match="the layout has 16 numbers, the vector has shape"):
        params.like(np.zeros(15))
    with pytest.raises(ValueError, match="broadcast"):
        params["encoder.hidden0.b"] = np.zeros(3)


def test_layouts_are_equal_by_content_and_order():
    assert Layout(SHAPES) == Layout({name: list(shape) for name, shape in SHAPES.items()})
    assert hash(Layout(SHAPES)) == hash(Layout(dict(SHAPES)))
    backwards = dict(reversed(SHAPES.items()))
    assert Layout(SHAPES) != Layout(backwards)
    assert Layout(SHAPES) != Layout({**SHAPES, "decoder.logits.b": (3, 1)})
    assert Layout(SHAPES).size == 16
    assert Layout({}).size == 0


def test_zeros_have_the_dtype_that_was_asked_for():
    assert Params.zeros(Layout(SHAPES)).vector.dtype == np.float32
    assert Params.zeros(Layout(SHAPES), "float64")["encoder.mean.W"].dtype == np.float64
