"""Layers, likelihoods, posteriors and optimisers on arrays of any shape, dtype and layout.

Inputs are read-only throughout; parameters and gradients lie in vectors of any stride.
"""
import numpy as np
import pytest

pytest.importorskip("hypothesis")
from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from layouts import arrays, assert_same, bounded, dtypes, few, plain, sizes, uniform, vectors  # noqa: E402

import vae_np as vn  # noqa: E402
from vae_np import layers, likelihoods  # noqa: E402
from vae_np.params import Layout, Params  # noqa: E402
from vae_np.posteriors import DiagonalGaussian  # noqa: E402
from vae_np.priors import StandardNormal  # noqa: E402

leads = st.lists(sizes, max_size=2).map(tuple)


@pytest.mark.parametrize("activation", layers.Activation.table)
@bounded
@given(data=st.data(), dtype=dtypes, lead=leads, hidden=st.lists(sizes, max_size=2),
       widths=st.tuples(sizes, sizes, sizes), need_d_x=st.booleans())
def test_networks(activation, data, dtype, lead, hidden, widths, need_d_x):
    """Hidden layers and two heads: outputs, the gradient of x, and what is added to `grads`."""
    n_in, *head_widths = widths
    net = layers.MLPWithHeads("net", n_in, hidden, dict(zip("uv", head_widths)), activation)
    layout = Layout(net.shapes())
    params = Params(layout, data.draw(vectors(layout.size, dtype)))
    grads = Params(layout, data.draw(vectors(layout.size, dtype)))
    x = data.draw(arrays((*lead, n_in), dtype))
    d_outputs = {head: data.draw(arrays((*lead, width), dtype))
                 for head, width in zip("uv", head_widths)}
    params_before, expected_grads = plain(params.vector), params.like(plain(grads.vector))

    outputs, cache = net.forward(params, x)
    d_x = net.backward(params, cache, d_outputs, grads, need_d_x)

    same = params.like(params_before)
    expected, cache = net.forward(same, plain(x))
    expected_d_x = net.backward(same, cache, {k: plain(d) for k, d in d_outputs.items()},
                               expected_grads, need_d_x)
    assert_same(outputs, expected, dtype)
    assert_same(grads.vector, expected_grads.vector, dtype)
    np.testing.assert_array_equal(params.vector, params_before)
    if need_d_x:
        assert_same(d_x, expected_d_x, dtype)
    else:
        assert d_x is None and expected_d_x is None


@pytest.mark.parametrize("activation", layers.Activation.table)
@few
@given(data=st.data(), lead=leads, hidden=st.lists(sizes, max_size=2),
       widths=st.tuples(sizes, sizes, sizes))
def test_gradients_of_networks(activation, data, lead, hidden, widths):
    """In x and in every parameter, for any widths, leading axes and number of hidden layers."""
    n_in, *head_widths = widths
    net = layers.MLPWithHeads("net", n_in, hidden, dict(zip("uv", head_widths)), activation)
    layout = Layout(net.shapes())

    def forward(x, vector):
        outputs, _ = net.forward(Params(layout, vector), x)
        return sum(np.sin(out).sum() for out in outputs.values())

    def backward(d_out, x, vector):
        params, grads = Params(layout, vector), Params.zeros(layout, vector.dtype)
        outputs, cache = net.forward(params, x)
        d_outputs = {head: d_out * np.cos(out) for head, out in outputs.items()}
        return {"x": net.backward(params, cache, d_outputs, grads), "vector": grads.vector}

    inputs = {"x": data.draw(arrays((*lead, n_in), np.float64)),
              "vector": data.draw(arrays((layout.size,), np.float64))}
    vn.gradcheck(forward, backward, inputs, complex_step=False).assert_ok()


@pytest.mark.parametrize("spec", ["bernoulli", "gaussian", "gaussian-sigmoid", "gaussian:0.3"])
@bounded
@given(data=st.data(), dtype=dtypes, lead=leads, n=sizes, d=sizes)
def test_likelihoods(spec, data, dtype, lead, n, d):
    likelihood = likelihoods.parse(spec)
    x = data.draw(arrays((n, d), dtype, uniform))
    heads = {head: data.draw(arrays((*lead, n, width), dtype))
             for head, width in likelihood.heads(d).items()}
    d_out = data.draw(arrays((*lead, n), dtype))
    copies = {head: plain(value) for head, value in heads.items()}
    assert_same(likelihood.log_prob(x, heads), likelihood.log_prob(plain(x), copies), dtype)
    assert_same(likelihood.log_prob_backward(d_out, x, heads),
                likelihood.log_prob_backward(plain(d_out), plain(x), copies), dtype)
    assert_same(likelihood.mean(heads), likelihood.mean(copies), dtype)
    assert_same(likelihood.sample(heads, np.random.default_rng(0)),
                likelihood.sample(copies, np.random.default_rng(0)), dtype)
    assert_same(likelihood.init_bias(x), likelihood.init_bias(plain(x)), np.float64)


@bounded
@given(data=st.data(), dtype=dtypes, samples=sizes, n=sizes, z_dim=sizes)
def test_posteriors(data, dtype, samples, n, z_dim):
    mean, logvar = (data.draw(arrays((n, z_dim), dtype)) for _ in "ab")
    eps, d_z = (data.draw(arrays((samples, n, z_dim), dtype)) for _ in "ab")
    d_log_q, d_kl = data.draw(arrays((samples, n), dtype)), data.draw(arrays((n,), dtype))
    q, same = DiagonalGaussian(mean, logvar), DiagonalGaussian(plain(mean), plain(logvar))
    assert_same(q.sample(eps), same.sample(plain(eps)), dtype)
    assert_same(q.backward(eps, d_z, d_log_q),
                same.backward(plain(eps), plain(d_z), plain(d_log_q)), dtype)
    assert_same(q.backward(eps, d_z), same.backward(plain(eps), plain(d_z)), dtype)
    assert_same(q.kl(StandardNormal(z_dim)), same.kl(StandardNormal(z_dim)), dtype)
    prior = StandardNormal(z_dim)
    assert_same(q.kl_backward(d_kl, prior), same.kl_backward(plain(d_kl), prior), dtype)


@pytest.mark.parametrize("optimizer, options", [
    (vn.SGD, {"momentum": 0.9}), (vn.Adagrad, {"gather": 1}), (vn.Adam, {})])
@bounded
@given(data=st.data(), dtype=dtypes, size=st.integers(1, 40))
def test_optimisers(optimizer, options, data, dtype, size):
    """Bit for bit: they add, multiply, divide and take roots, which every loop rounds alike."""
    params = Params(Layout({"w": (size,)}), data.draw(vectors(size, dtype)))
    same = params.like(plain(params.vector))
    opt, plain_opt = optimizer(params, **options), optimizer(same, **options)
    for _ in range(3):
        g = data.draw(arrays((size,), dtype))
        opt.ascend(params.like(g))
        plain_opt.ascend(same.like(plain(g)))
    assert params.vector.dtype == dtype
    np.testing.assert_array_equal(params.vector, same.vector)
    for name, array in plain_opt.state().items():
        np.testing.assert_array_equal(opt.state()[name], array)
        assert name == "steps" or opt.state()[name].dtype == dtype
