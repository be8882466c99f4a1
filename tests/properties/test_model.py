"""The VAE's door: data, noise and latents of any shape, dtype and layout, parameters in a vector
of any stride. The result is that on plain copies in the parameters' dtype.
"""
import numpy as np
import pytest

pytest.importorskip("hypothesis")
from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from layouts import arrays, assert_same, binary, bounded, dtypes, plain, sizes, uniform, vectors  # noqa: E402

import vae_np as vn  # noqa: E402

LIKELIHOODS = ("bernoulli", "gaussian", "gaussian-sigmoid", ("gaussian", 0.3))
# What a user may hand in: other widths, whole numbers, bools, another machine's byte order.
DATA_DTYPES = [np.float16, np.float32, np.float64, ">f4", ">f8", np.int8, np.uint8, np.bool_]


@st.composite
def models(draw, likelihood, dtype):
    x_dim, z_dim = draw(sizes), draw(sizes)
    model = vn.VAE(x_dim, z_dim, draw(st.lists(sizes, max_size=2)), likelihood=likelihood,
                   dtype=dtype, activation=draw(st.sampled_from(["tanh", "relu"])))
    vector = draw(vectors(model.params.layout.size, dtype))
    vector *= 0.3
    model.params = model.params.like(vector)
    return model


def twin_of(model):
    """The same model with its parameters in a plain vector."""
    twin = vn.VAE(**model.config())
    twin.params.vector[...] = model.params.vector
    return twin


def gradients(results):
    """Params are compared by their vectors."""
    return tuple(getattr(result, "vector", result) for result in results)


@pytest.mark.parametrize("likelihood", LIKELIHOODS, ids=str)
@bounded
@given(data=st.data(), dtype=dtypes, n=sizes, samples=sizes,
       x_dtype=st.sampled_from(DATA_DTYPES), eps_dtype=st.sampled_from(["f4", "f8", ">f4"]),
       flat=st.booleans())
def test_bounds_and_weights(likelihood, data, dtype, n, samples, x_dtype, eps_dtype, flat):
    model = data.draw(models(likelihood, dtype))
    grey = np.dtype(x_dtype).kind == "f"
    x = data.draw(arrays((n, model.x_dim), x_dtype, uniform if grey else binary))
    eps = data.draw(arrays((n, model.z_dim) if flat else (samples, n, model.z_dim), eps_dtype))
    twin, before = twin_of(model), plain(model.params.vector)
    args, same = (x, eps), (plain(x).astype(dtype), plain(eps).astype(dtype))

    for estimator in "AB":
        assert_same(model.elbo(*args, estimator, 0.7), twin.elbo(*same, estimator, 0.7), dtype)
        assert_same(gradients(model.elbo_and_grad(*args, estimator, 0.7)),
                    gradients(twin.elbo_and_grad(*same, estimator, 0.7)), dtype)
    assert_same(model.log_weights(*args), twin.log_weights(*same), dtype)
    assert_same(model.encode(x), twin.encode(same[0]), dtype)
    np.testing.assert_array_equal(model.params.vector, before)


@pytest.mark.parametrize("likelihood", LIKELIHOODS, ids=str)
@bounded
@given(data=st.data(), dtype=dtypes, n=sizes, lead=st.lists(sizes, max_size=2).map(tuple),
       z_dtype=st.sampled_from(["f4", "f8", ">f4"]))
def test_joint_densities_and_decoding(likelihood, data, dtype, n, lead, z_dtype):
    model = data.draw(models(likelihood, dtype))
    x = data.draw(arrays((n, model.x_dim), dtype, uniform))
    z = data.draw(arrays((*lead, n, model.z_dim), z_dtype))
    twin, before = twin_of(model), plain(model.params.vector)
    args, same = (x, z), (plain(x), plain(z).astype(dtype))
    assert_same(model.log_joint(*args), twin.log_joint(*same), dtype)
    assert_same(model.log_joint_and_grad(*args), twin.log_joint_and_grad(*same), dtype)
    assert_same(model.decode(z), twin.decode(same[1]), dtype)
    np.testing.assert_array_equal(model.params.vector, before)
