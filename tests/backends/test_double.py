"""The double is worth something only if it refuses what CuPy refuses and counts every copy.

With --gpu the same is asked of CuPy itself, but for what the double alone does.
"""
import copy
import math
import operator

import numpy as np
import pytest
from devices import assert_same, on_gpu

HOST = np.arange(6.0, dtype=np.float32).reshape(2, 3)
MIXING = {
    "device + host": lambda a: a + HOST,
    "host + device": lambda a: HOST + a,
    "host *= device": lambda a: operator.imul(HOST.copy(), a),
    "device -= host": lambda a: operator.isub(a, HOST),
    "host @ device": lambda a: HOST.T @ a,
    "host < device": lambda a: HOST < a,
    "device * numpy scalar": lambda a: a * np.float32(2),
    "device + list": lambda a: a + [1.0, 2.0, 3.0],
    "np.exp": np.exp,
    "np.sum": np.sum,
    "np.asarray": np.asarray,
    "np.concatenate": lambda a: np.concatenate([a, a]),
    "np.testing": lambda a: np.testing.assert_array_equal(a, HOST),
    "host[...] = device": lambda a: operator.setitem(HOST.copy(), ..., a),
    "device[index of the host]": lambda a: a[np.array([0])],
    "device[list]": lambda a: a[[0]],
    "device.clip(host)": lambda a: a.clip(HOST, None),
}


@pytest.fixture
def array(cupy):
    return cupy.asarray(HOST)


# Where the double refuses more than CuPy does, so that nothing depends on CuPy's good will.
STRICTER = ["device * numpy scalar", "np.exp", "np.sum", "np.concatenate",
            "device[index of the host]", "device[list]"]


def skip_where_stricter():
    if on_gpu.chosen:
        pytest.skip("the double is stricter here than CuPy")


@pytest.mark.parametrize("mix", MIXING)
def test_host_and_device_do_not_mix(array, mix):
    if mix in STRICTER:
        skip_where_stricter()
    with pytest.raises(TypeError):
        MIXING[mix](array)


@pytest.mark.parametrize("mix", MIXING.values(), ids=MIXING)
def test_what_is_refused_copies_nothing(array, traffic, mix):
    with pytest.raises(TypeError):
        mix(array)
    assert traffic.up == traffic.down == []


@pytest.mark.parametrize("call", [
    lambda cupy, a: cupy.maximum(a, HOST), lambda cupy, a: cupy.stack([a, HOST]),
    lambda cupy, a: cupy.broadcast_to(1.0, (2, 3))])
def test_functions_refuse_host_arrays_and_bare_numbers(cupy, array, call):
    with pytest.raises(TypeError):
        call(cupy, array)


@pytest.mark.parametrize("name, argument", [("sum", HOST), ("sum", 1.0), ("zeros_like", HOST)])
def test_functions_of_one_array_refuse_the_host_s(cupy, name, argument):
    """CuPy hands some of these to NumPy, and fails at others in its own way."""
    skip_where_stricter()
    with pytest.raises(TypeError):
        getattr(cupy, name)(argument)


def test_assigning_a_host_array_is_refused(array):
    with pytest.raises(ValueError, match="cannot be used for fill"):
        array[...] = HOST
    with pytest.raises((TypeError, ValueError)):
        array[0] = [1.0, 2.0, 3.0]


@pytest.mark.parametrize("name", ["random", "linalg", "errstate", "float128", "logaddexp3"])
def test_names_that_are_not_recorded_do_not_exist(cupy, array, name):
    if hasattr(cupy, name):
        skip_where_stricter()
    for owner in (cupy, array):
        with pytest.raises(AttributeError, match=f"no attribute '{name}'"):
            getattr(owner, name)


@pytest.mark.parametrize("call", [
    lambda cupy, a: cupy.sum(a, initial=0.0), lambda cupy, a: cupy.exp(a, where=a > 0),
    lambda cupy, a: cupy.exp(x=a), lambda cupy, a: a.sum(where=a > 0),
    lambda cupy, a: cupy.maximum(a), lambda cupy, a: a.astype("float64", device="cpu")])
def test_keywords_that_cupy_does_not_take_are_refused(cupy, array, call):
    with pytest.raises(TypeError):
        call(cupy, array)


@pytest.mark.parametrize("host", [np.array(["a"]), np.array([None]), np.zeros(2, "datetime64[s]")])
def test_only_numbers_go_up(cupy, host):
    with pytest.raises(ValueError, match="Unsupported dtype"):
        cupy.asarray(host)


def test_every_way_down_is_counted(cupy, array, traffic):
    one = cupy.sum(array)
    downs = {"asnumpy": (lambda: cupy.asnumpy(array), (2, 3)), "get": (array.get, (2, 3)),
             "tolist": (array.tolist, (2, 3)), "tobytes": (array.tobytes, (2, 3)),
             "repr": (lambda: repr(array), (2, 3)), "item": (one.item, ()),
             "float": (lambda: float(one), ()), "int": (lambda: int(one), ()),
             "bool": (lambda: bool(one > 0), ()), "if": (lambda: 1 if one > 0 else 0, ()),
             "math": (lambda: math.isfinite(one), ())}
    for name, (bring_down, shape) in downs.items():
        traffic.down.clear()
        bring_down()
        assert traffic.down == [shape], name
    assert traffic.up == []


def test_only_new_arrays_go_up(cupy, traffic):
    array = cupy.asarray(HOST)
    assert traffic.up == [(2, 3)]
    assert cupy.asarray(array) is array and cupy.asarray(array, dtype="float32") is array
    assert traffic.up == [(2, 3)]


def test_copies_go_up_and_down(cupy):
    host = HOST.copy()
    array = cupy.asarray(host)
    assert cupy.asarray(array) is array and cupy.asarray(array, dtype="float32") is array
    host[:] = -1
    down = array.get()
    down[:] = -2
    assert array.tolist() == HOST.tolist()


def test_slices_reshapes_and_transposes_share_memory(array):
    array[1, 2] = 50.0
    array[:, :2].T[...] += 1.0
    array.reshape(-1)[0] -= 10.0
    assert array.tolist() == [[-9, 2, 2], [4, 5, 50]]


def test_in_place_operators_keep_the_array_and_its_dtype(array):
    same = array
    array += 1.0
    array *= array
    array /= 2
    array -= array[0]
    assert same is array and array.dtype == np.float32
    expected = (HOST + 1) ** 2 / 2
    np.testing.assert_array_equal(array.get(), expected - expected[0])


def test_every_result_is_an_array_of_the_device(cupy, array):
    results = [array.sum(), cupy.mean(array), array[0, 0], array.max(axis=0), 1 - array, -array,
               array @ array.T, array > 2, array == array, 2 ** array, cupy.exp(array),
               cupy.full(1, 2.0, dtype="float32"), cupy.full_like(array, 0.5), cupy.exp(0.5),
               *cupy.stack([array, array]), array.astype(np.float64), *array]
    assert all(type(result) is cupy.ndarray for result in results)
    assert array[0, 0].shape == ()


def test_results_stay_on_the_device(cupy, array, traffic):
    assert (array @ array.T > 2)[0].shape == (2,) and cupy.exp(array).sum().shape == ()
    assert traffic.down == []


def test_out_is_filled_and_comes_back(cupy, array):
    out = cupy.zeros_like(array)
    assert cupy.exp(array, out=out) is out
    assert_same(out, np.exp(HOST))


def test_astype_copies_only_where_it_must(array):
    array.astype("float32", copy=False)[0, 0] = 7.0
    array.astype("float32")[0, 0] = 8.0
    assert array[0, 0] == 7.0
    assert array.astype("float64", copy=False).dtype == np.float64


def test_a_deep_copy_has_its_own_memory(cupy, array):
    other = copy.deepcopy(array)
    array[...] = 0.0
    assert type(other) is cupy.ndarray and other.tolist() == HOST.tolist()
