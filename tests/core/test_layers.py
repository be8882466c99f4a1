"""Layers: shapes, any leading axes, gradients that add up, first weights."""
import tracemalloc

import numpy as np
import pytest

from vae_np.layers import MLP, Activation, Linear, MLPWithHeads, initialise
from vae_np.params import Layout, Params


def make(layer):
    """Random float64 parameters for a layer, and zeros for their gradient."""
    layout = Layout(layer.shapes())
    params = Params(layout, np.random.default_rng(0).standard_normal(layout.size))
    return params, params.zeros_like()


class HiddenOnly(MLP):
    """An MLP that tells its shapes, as MLPWithHeads does for it elsewhere."""

    def shapes(self):
        return {name: shape for layer in self.layers for name, shape in layer.shapes().items()}


LAYERS = {
    "linear": lambda: Linear("f", 3, 2),
    "mlp": lambda: HiddenOnly("f", (3, 4, 2), "tanh"),
    "identity": lambda: HiddenOnly("f", (3,), "tanh"),
}


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("lead", [(), (7,), (5, 7), (2, 5, 7)])
def test_leading_axes_are_one_long_batch(kind, lead):
    layer = LAYERS[kind]()
    params, grads = make(layer)
    rng = np.random.default_rng(1)
    x = rng.standard_normal((*lead, 3))
    y, cache = layer.forward(params, x)
    d_y = rng.standard_normal(y.shape)
    d_x = layer.backward(params, cache, d_y, grads)
    assert y.shape == (*lead, 3 if kind == "identity" else 2)
    assert d_x.shape == x.shape

    flat_grads = params.zeros_like()
    flat_y, flat_cache = layer.forward(params, x.reshape(-1, 3))
    flat_dx = layer.backward(params, flat_cache, d_y.reshape(flat_y.shape), flat_grads)
    np.testing.assert_allclose(y.reshape(flat_y.shape), flat_y, rtol=1e-13)
    np.testing.assert_allclose(d_x.reshape(flat_dx.shape), flat_dx, rtol=1e-13)
    np.testing.assert_allclose(grads.vector, flat_grads.vector, rtol=1e-12, atol=1e-14)


def test_linear_is_xw_plus_b():
    layer = Linear("f", 3, 2)
    params, _ = make(layer)
    x = np.random.default_rng(2).standard_normal((7, 3))
    np.testing.assert_allclose(layer.forward(params, x)[0],
                               np.einsum("ni,io->no", x, params["f.W"]) + params["f.b"])


@pytest.mark.parametrize("kind", ["linear", "mlp"])
def test_backward_adds_to_what_is_there(kind):
    """Run twice, a layer has twice the gradient: samples and losses share their weights."""
    layer = LAYERS[kind]()
    params, grads = make(layer)
    x = np.random.default_rng(3).standard_normal((7, 3))
    y, cache = layer.forward(params, x)
    layer.backward(params, cache, np.ones_like(y), grads)
    once = grads.vector.copy()
    assert np.abs(once).min() > 0.0
    layer.backward(params, cache, np.ones_like(y), grads)
    np.testing.assert_allclose(grads.vector, 2.0 * once, rtol=1e-15)


@pytest.mark.parametrize("kind", ["linear", "mlp"])
def test_nothing_that_is_handed_in_is_changed(kind):
    """A cache may be used again: forward and backward leave inputs and caches as they were."""
    layer = LAYERS[kind]()
    params, grads = make(layer)
    x = np.random.default_rng(4).standard_normal((7, 3))
    before, vector = x.copy(), params.vector.copy()
    y, cache = layer.forward(params, x)
    output, d_y = y.copy(), np.ones_like(y)
    layer.backward(params, cache, d_y, grads)
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(y, output)
    np.testing.assert_array_equal(d_y, 1.0)
    np.testing.assert_array_equal(params.vector, vector)


@pytest.mark.parametrize("hidden", [(), (4,), (4, 5)])
def test_heads_stand_on_the_last_hidden_layer(hidden):
    net = MLPWithHeads("encoder", 3, hidden, {"mean": 2, "logvar": 6}, "relu")
    params, grads = make(net)
    assert list(params) == [f"encoder.{layer}.{kind}"
                            for layer in [*(f"hidden{i}" for i in range(len(hidden))),
                                          "mean", "logvar"] for kind in "Wb"]
    x = np.random.default_rng(5).standard_normal((5, 7, 3))
    outputs, cache = net.forward(params, x)
    assert {name: out.shape for name, out in outputs.items()} == {"mean": (5, 7, 2),
                                                                   "logvar": (5, 7, 6)}
    d_outputs = {name: np.ones_like(out) for name, out in outputs.items()}
    assert net.backward(params, cache, d_outputs, grads).shape == x.shape


@pytest.mark.parametrize("hidden", [(), (4,), (4, 5)])
def test_gradients_of_the_heads_sum_and_dx_may_be_spared(hidden):
    """Two heads together give the sum of each alone; need_d_x=False changes no parameter's."""
    net = MLPWithHeads("f", 3, hidden, {"mean": 2, "logvar": 6}, "tanh")
    params, together = make(net)
    x = np.random.default_rng(6).standard_normal((7, 3))
    outputs, cache = net.forward(params, x)
    d_outputs = {name: np.cos(out) for name, out in outputs.items()}
    d_x = net.backward(params, cache, d_outputs, together)
    apart = params.zeros_like()
    parts = [net.backward(params, cache, {name: d}, apart) for name, d in d_outputs.items()]
    np.testing.assert_allclose(together.vector, apart.vector, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(d_x, sum(parts), rtol=1e-12, atol=1e-14)

    spared = params.zeros_like()
    assert net.backward(params, cache, d_outputs, spared, need_d_x=False) is None
    np.testing.assert_array_equal(spared.vector, together.vector)


def test_activations_are_what_their_names_say():
    a = np.array([-40.0, -2.0, 0.0, 2.0, 40.0])
    expected = {"tanh": np.tanh(a), "relu": np.maximum(a, 0.0), "softplus": np.logaddexp(0.0, a),
                "sigmoid": 1.0 / (1.0 + np.exp(-a))}
    assert set(Activation.table) == set(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(Activation(name).forward(a)[0], values, rtol=1e-14, atol=1e-16)


@pytest.mark.parametrize("name, arrays", [("softplus", 3), ("relu", 1)])
def test_an_activation_takes_memory_for_few_arrays(name, arrays):
    """No float64 beside float32, and of the zeros of relu one row alone."""
    a = np.ones((2, 300, 400), np.float32)
    Activation(name).forward(a)
    tracemalloc.start()
    try:
        Activation(name).forward(a)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < (arrays + 0.1) * a.nbytes


def test_unknown_activation_is_refused():
    with pytest.raises(ValueError, match="unknown activation 'gelu': use one of tanh, relu"):
        Activation("gelu")


def first_weights(scheme, n_in=300, n_out=200):
    layer = Linear("f", n_in, n_out)
    params = Params.zeros(Layout(layer.shapes()), "float64")
    initialise(params, [layer], np.random.default_rng(7), scheme)
    return params["f.W"], params["f.b"]


def test_glorot_weights():
    """Uniform on ±√(6/500): variance 1/250, mean 0. False alarm 2e-9 each, at 6 standard errors;
    that of a uniform's variance is √(0.8/n). Sees an error of 4 % in the variance.
    """
    W, b = first_weights("glorot")
    limit = np.sqrt(6.0 / 500.0)
    assert 0.999 * limit < np.abs(W).max() <= limit
    assert W.var() == pytest.approx(2.0 / 500.0, rel=6.0 * np.sqrt(0.8 / W.size))
    assert abs(W.mean()) < 6.0 * W.std() / np.sqrt(W.size)
    assert not b.any()


@pytest.mark.parametrize("scheme, std", [("paper", 0.01), ("paper-variance", 0.1)])
def test_paper_weights(scheme, std):
    """N(0, 0.01), read in two ways, biases too. False alarm 2e-9 each. Sees an error of 4 % in the
    weights' standard deviation, of 50 % in the 200 biases': the readings differ by a factor of 10.
    """
    W, b = first_weights(scheme)
    for values in (W, b):
        assert values.std() == pytest.approx(std, rel=6.0 / np.sqrt(2 * values.size))
        assert abs(values.mean()) < 6.0 * std / np.sqrt(values.size)
    assert np.abs(W).max() > 3.5 * std  # bells have tails, boxes have none


def test_glorot_is_what_one_gets_unasked():
    layer = Linear("f", 3, 2)
    params, _ = make(layer)
    initialise(params, [layer], np.random.default_rng(7))
    np.testing.assert_array_equal(params["f.W"], first_weights("glorot", 3, 2)[0])


def test_unknown_initialisation_is_refused():
    with pytest.raises(ValueError, match="unknown initialisation 'he': use one of glorot, paper"):
        first_weights("he")
