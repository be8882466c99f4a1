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


def test_asking_whether_a_name_is_there_writes_no_zeros(params, monkeypatch):
    """A pass over memory for each parameter would make a training step 1.4 times as long."""
    zeros = params.zeros_like()
    monkeypatch.setattr(Params, "__getitem__", None)  # nobody may look at the numbers
    assert all(name in zeros for name in params) and "encoder.nothing" not in zeros


def test_like_copy_and_zeros_like_have_a_memory_of_their_own(params):
    zeros, twin = params.zeros_like(), params.copy()
    other = params.like(2.0 * params.vector)
    params.vector[...] = -1.0
    assert not zeros.vector.any() and zeros.vector.dtype == params.vector.dtype
    assert twin["decoder.logits.b"][2] == 15.0
    assert other["decoder.logits.b"][2] == 30.0
    assert other.layout == zeros.layout == params.layout


def dirty_zeros(params):
    """zeros_like in a memory full of NaN: a zero that is not written shows."""
    zeros = params.zeros_like()
    for name in zeros:
        Params.__getitem__(zeros, name)[...] = np.nan  # without the zeros that Zeros would write
    return zeros


def test_products_add_up_whether_they_are_written_or_added():
    """The first product goes straight to its place; the sum is that of `+=`, to the last bit."""
    rng = np.random.default_rng(0)
    params = Params.zeros(Layout(SHAPES), "float64")
    first, second = ((rng.standard_normal((3, 7)), rng.standard_normal((7, 2)))
                     for _ in range(2))
    name = "encoder.hidden0.W"
    for grads in (dirty_zeros(params), params.copy()):
        grads.add_product(name, *first)
        np.testing.assert_array_equal(grads[name], first[0] @ first[1])
        grads.add_product(name, *second)
        expected = first[0] @ first[1] + second[0] @ second[1]
        np.testing.assert_array_equal(grads[name], expected)
        assert not np.delete(grads.vector, range(6)).any()


def test_sums_of_rows_add_up_whether_they_are_written_or_added():
    rng = np.random.default_rng(0)
    params = Params.zeros(Layout(SHAPES), "float64")
    name = next(name for name, shape in SHAPES.items() if len(shape) == 1)
    first, second = (rng.standard_normal((4, *SHAPES[name])) for _ in range(2))
    for grads in (dirty_zeros(params), params.copy()):
        grads.add_sum(name, first)
        np.testing.assert_array_equal(grads[name], first.sum(axis=0))
        grads.add_sum(name, second)
        np.testing.assert_array_equal(grads[name], first.sum(axis=0) + second.sum(axis=0))
        assert np.count_nonzero(grads.vector) == first.shape[1]


@pytest.mark.parametrize("look", [
    lambda zeros: zeros.vector, lambda zeros: zeros.part("encoder").vector,
    lambda zeros: zeros.copy().vector, lambda zeros: copy.deepcopy(zeros).vector,
    lambda zeros: zeros["decoder.logits.W"],
    lambda zeros: np.concatenate([view.ravel() for view in zeros.values()])])
def test_whoever_looks_at_zeros_finds_zeros(params, look):
    seen = look(dirty_zeros(params))
    assert seen.size and not seen.any()


def test_what_is_written_by_hand_is_added_to(params):
    """A view that was handed out may have been written to: the next product is added."""
    zeros = dirty_zeros(params)
    zeros["encoder.mean.W"] = 5.0
    zeros.add_product("encoder.mean.W", np.ones((2, 4)), np.ones((4, 1)))
    np.testing.assert_array_equal(zeros["encoder.mean.W"], 9.0)
    zeros.vector[10:13] = 2.0
    zeros.add_product("decoder.logits.W", np.ones((1, 1)), np.ones((1, 3)))
    np.testing.assert_array_equal(zeros["decoder.logits.W"], 3.0)


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
def test_vectors_start_on_a_cache_line(dtype):
    layout = Layout(SHAPES)
    for _ in range(20):
        params = Params.zeros(layout, dtype)
        for vector in (params.vector, params.zeros_like().vector):
            assert vector.ctypes.data % 64 == 0
            assert vector.dtype == dtype and vector.shape == (16,) and not vector.any()


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
