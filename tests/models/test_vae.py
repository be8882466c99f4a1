"""The VAE's door: what it takes, what it refuses in one line, and what comes out."""
import copy

import numpy as np
import pytest
import scipy.sparse

import vae_np as vn
from vae_np import likelihoods
from vae_np.backend import DeviceError
from vae_np.distributions import gaussian_log_prob, kl_standard_normal, standard_normal_log_prob


@pytest.mark.parametrize("arguments, error, words", [
    ({"x_dim": 0}, ValueError, "x_dim must be a positive whole number, not 0"),
    ({"x_dim": 5.0}, ValueError, "x_dim must be a positive whole number, not 5.0"),
    ({"z_dim": -2}, ValueError, "z_dim must be a positive whole number, not -2"),
    ({"z_dim": True}, ValueError, "z_dim must be a positive whole number, not True"),
    ({"hidden": (4, 0)}, ValueError, "hidden must be a positive whole number, not 0"),
    ({"hidden": None}, ValueError, "hidden must be a positive whole number, not None"),
    ({"hidden": "500"}, ValueError, "hidden must be a positive whole number, not '500'"),
    ({"activation": "gelu"}, ValueError, "unknown activation 'gelu'"),
    ({"likelihood": "poisson"}, ValueError, "unknown likelihood 'poisson'"),
    ({"dtype": "float16"}, ValueError, "dtype must be float32 or float64, not 'float16'"),
    ({"dtype": "int32"}, ValueError, "dtype must be float32 or float64"),
    ({"init": "he"}, ValueError, "unknown initialisation 'he'"),
    ({"rng": 0}, TypeError, "numpy.random.Generator, such as np.random.default_rng"),
    ({"rng": np.random.RandomState(0)}, TypeError, "not RandomState")])
def test_constructor_refuses(arguments, error, words):
    with pytest.raises(error, match=words):
        vn.VAE(**{"x_dim": 5, "z_dim": 2, **arguments})


def test_parameters_have_the_names_and_shapes_of_the_design():
    model = vn.VAE(5, 2, (4, 3), likelihood="gaussian")
    assert model.params.layout.shapes == {
        "encoder.hidden0.W": (5, 4), "encoder.hidden0.b": (4,),
        "encoder.hidden1.W": (4, 3), "encoder.hidden1.b": (3,),
        "encoder.mean.W": (3, 2), "encoder.mean.b": (2,),
        "encoder.logvar.W": (3, 2), "encoder.logvar.b": (2,),
        "decoder.hidden0.W": (2, 3), "decoder.hidden0.b": (3,),
        "decoder.hidden1.W": (3, 4), "decoder.hidden1.b": (4,),
        "decoder.mean.W": (4, 5), "decoder.mean.b": (5,),
        "decoder.logvar.W": (4, 5), "decoder.logvar.b": (5,)}
    assert list(vn.VAE(5, 2, ()).params) == [
        "encoder.mean.W", "encoder.mean.b", "encoder.logvar.W", "encoder.logvar.b",
        "decoder.logits.W", "decoder.logits.b"]
    assert vn.VAE(5, 2, 4).hidden == (4,)
    assert vn.VAE(5, 2).params.vector.dtype == np.float32


def test_first_weights_depend_on_the_generator_alone():
    same = [vn.VAE(5, 2, (4,), rng=np.random.default_rng(3)).params.vector for _ in range(2)]
    np.testing.assert_array_equal(*same)
    assert np.any(vn.VAE(5, 2, (4,), rng=np.random.default_rng(4)).params.vector != same[0])
    wide = vn.VAE(5, 2, (4,), rng=np.random.default_rng(3), dtype="float64").params.vector
    np.testing.assert_array_equal(wide.astype(np.float32), same[0])


def test_config_makes_the_same_model_again(likelihood):
    model = vn.VAE(5, 2, (4, 3), "softplus", likelihood, "float64", init="paper")
    again = vn.VAE(**model.config())
    assert again.config() == model.config()
    assert again.params.layout == model.params.layout
    assert again.dtype == model.dtype
    again.params.vector[...] = model.params.vector
    x, eps = np.full((3, 5), 0.5), np.ones((3, 2))
    np.testing.assert_array_equal(again.elbo(x, eps), model.elbo(x, eps))


def test_a_deep_copy_trains_on_its_own(make_vae):
    """Its parameters are still one memory under two names, and not the original's."""
    model = make_vae()
    twin = copy.deepcopy(model)
    twin.params.vector[...] = 0.0
    assert not twin.params["decoder.logits.W"].any()
    assert model.params["decoder.logits.W"].any()


@pytest.mark.parametrize("hidden", [(), (4,), (4, 3)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_shapes_and_dtypes(make_vae, likelihood, hidden, dtype):
    """dtype follows the parameters everywhere, whatever the data's; never float64 by accident."""
    model = make_vae(likelihood=likelihood, hidden=hidden, dtype=dtype)
    rng = np.random.default_rng(0)
    x = rng.random((7, 5))
    eps, z = model.noise(rng, 7, samples=3), rng.standard_normal((3, 7, 2))
    outputs = {}
    outputs["mean"], outputs["logvar"] = model.encode(x)
    outputs["decode"] = model.decode(z)
    for estimator in "AB":
        outputs[f"elbo {estimator}"] = model.elbo(x, eps, estimator, kl_weight=np.float64(0.5))
        value, grads = model.elbo_and_grad(x, eps, estimator, kl_weight=np.float64(0.5))
        outputs[f"value {estimator}"], outputs[f"grads {estimator}"] = value, grads.vector
        assert grads.layout == model.params.layout
    outputs["noise"], outputs["log_weights"] = eps, model.log_weights(x, eps)
    outputs["log_joint"], outputs["d_z"] = model.log_joint_and_grad(x, z)
    outputs["sample"], outputs["sample_mean"] = model.sample(4, rng), model.sample_mean(4, rng)
    assert {name: out.dtype for name, out in outputs.items()} == dict.fromkeys(outputs, dtype)
    size = model.params.layout.size
    assert {name: out.shape for name, out in outputs.items()} == {
        "mean": (7, 2), "logvar": (7, 2), "decode": (3, 7, 5), "elbo A": (7,), "elbo B": (7,),
        "value A": (), "value B": (), "grads A": (size,), "grads B": (size,), "noise": (3, 7, 2),
        "log_weights": (3, 7), "log_joint": (3, 7), "d_z": (3, 7, 2), "sample": (4, 5),
        "sample_mean": (4, 5)}


def test_float32_is_close_to_float64(make_vae, likelihood):
    """Value and gradient to 1e-5: float32 carries seven digits, sums of these sizes lose one."""
    narrow = make_vae(likelihood=likelihood, dtype="float32")
    wide = make_vae(likelihood=likelihood, dtype="float64")
    rng = np.random.default_rng(1)
    x, eps = rng.random((7, 5)), wide.noise(rng, 7, samples=3)
    for estimator in "AB":
        value32, grads32 = narrow.elbo_and_grad(x, eps, estimator)
        value64, grads64 = wide.elbo_and_grad(x, eps, estimator)
        assert value32 == pytest.approx(value64, rel=1e-5)
        scale = np.abs(grads64.vector).max()
        np.testing.assert_allclose(grads32.vector, grads64.vector, rtol=1e-4, atol=1e-5 * scale)


def test_bound_is_put_together_from_its_densities(make_vae, likelihood):
    """𝓛 and log w by the equations, from `encode`, the decoder's outputs and the densities."""
    model, rng = make_vae(likelihood=likelihood), np.random.default_rng(2)
    x, eps = rng.random((7, 5)), rng.standard_normal((3, 7, 2))
    mean, logvar = model.encode(x)
    z = mean + np.sqrt(np.exp(logvar)) * eps
    heads, _ = model.decoder.forward(model.params, z)
    log_px = likelihoods.parse(likelihood).log_prob(x, heads)
    log_ratio = standard_normal_log_prob(z) - gaussian_log_prob(z, mean, logvar)
    np.testing.assert_allclose(model.log_weights(x, eps), log_px + log_ratio, rtol=1e-12)
    np.testing.assert_array_equal(model.log_weights(x, eps, model.posterior(x)),
                                  model.log_weights(x, eps))
    np.testing.assert_allclose(model.log_joint(x, z), log_px + standard_normal_log_prob(z),
                               rtol=1e-12)
    for weight in (1.0, 0.3, 0.0):
        bounds = {"A": (log_px + weight * log_ratio).mean(axis=0),
                  "B": log_px.mean(axis=0) - weight * kl_standard_normal(mean, logvar)}
        for estimator, bound in bounds.items():
            np.testing.assert_allclose(model.elbo(x, eps, estimator, weight), bound, rtol=1e-12)
            value, _ = model.elbo_and_grad(x, eps, estimator, weight)
            assert value == pytest.approx(bound.mean(), rel=1e-12)


def test_one_sample_may_leave_out_its_axis(make_vae):
    model, rng = make_vae(), np.random.default_rng(3)
    x, eps = rng.random((7, 5)), rng.standard_normal((7, 2))
    np.testing.assert_array_equal(model.elbo(x, eps), model.elbo(x, eps[None]))
    np.testing.assert_array_equal(model.log_weights(x, eps), model.log_weights(x, eps[None]))
    for plain, stacked in zip(model.elbo_and_grad(x, eps), model.elbo_and_grad(x, eps[None])):
        np.testing.assert_array_equal(getattr(plain, "vector", plain),
                                      getattr(stacked, "vector", stacked))


@pytest.mark.parametrize("shape", [(6, 2), (7, 3), (1, 6, 2), (3, 7, 3), (0, 7, 2), (2,), (),
                                   (7, 1), (1, 1, 7, 2), (2, 7), (7, 3, 2)])
def test_noise_of_the_wrong_shape_is_refused(make_vae, shape):
    model, x, eps = make_vae(), np.zeros((7, 5)), np.zeros(shape)
    for use in (model.elbo, model.elbo_and_grad, model.log_weights):
        with pytest.raises(ValueError, match="^eps must [^\n]*$"):
            use(x, eps)


@pytest.mark.parametrize("shape", [(7, 4), (5,), (1, 7, 5), (0, 5), ()])
def test_data_of_the_wrong_shape_are_refused(make_vae, shape):
    model, x = make_vae(), np.zeros(shape)
    with pytest.raises(ValueError, match="^x must [^\n]*$"):
        model.elbo(x, np.zeros((7, 2)))
    with pytest.raises(ValueError, match="^x must [^\n]*$"):
        model.encode(x)


@pytest.mark.parametrize("shape", [(6, 2), (7, 3), (3, 1, 2), (2,)])
def test_latents_of_the_wrong_shape_are_refused(make_vae, shape):
    model, x, z = make_vae(), np.zeros((7, 5)), np.zeros(shape)
    for use in (model.log_joint, model.log_joint_and_grad):
        with pytest.raises(ValueError, match="^z must [^\n]*$"):
            use(x, z)


def test_other_bad_calls_are_refused(make_vae):
    model, x, eps = make_vae(), np.zeros((7, 5)), np.zeros((7, 2))
    with pytest.raises(ValueError, match="unknown estimator 'C': use 'A' or 'B'"):
        model.elbo(x, eps, estimator="C")
    with pytest.raises(TypeError, match="numpy.random.Generator"):
        model.noise(0, 7)
    with pytest.raises(ValueError, match="x must have 5 columns"):
        model.elbo(scipy.sparse.csr_array(x), eps)
    with pytest.raises(DeviceError, match="unknown device 'tpu': use 'cpu' or 'cuda'"):
        model.to("tpu")
    assert model.to("cpu") is model


def test_data_may_be_lists_bools_or_any_layout(make_vae):
    """What holds the same numbers gives the same bound, and is not changed."""
    model, rng = make_vae(), np.random.default_rng(4)
    x, eps = rng.random((7, 5)) < 0.5, rng.standard_normal((7, 2))
    expected = model.elbo(x.astype(np.float64), eps)
    twice = np.repeat(x.astype(np.float32), 2, axis=1)
    matrix = x.astype(np.float64).view(np.matrix)  # whose * is no elementwise product
    for same in (x, x.tolist(), x.astype(np.int8), np.asfortranarray(x), twice[:, ::2], matrix):
        np.testing.assert_allclose(model.elbo(same, eps), expected, rtol=1e-14)
    frozen = x.astype(np.float64)
    frozen.flags.writeable = eps.flags.writeable = False
    model.elbo_and_grad(frozen, eps)


def test_checked_data_have_the_model_s_dtype(make_vae):
    """And float64 data keep their digits: they do not pass through float32."""
    x = np.random.default_rng(5).random((7, 5))
    assert np.array_equal(make_vae(dtype="float64").check_data(x), x)
    assert make_vae(dtype="float32").check_data(x).dtype == np.float32
    images = x.reshape(7, 5, 1)
    assert make_vae(dtype="float64").check_data(images).shape == (7, 5)


def test_noise_is_standard_normal(make_vae):
    """False alarm 2e-9 each. Sees 0.02 in the mean, 0.03 in the variance."""
    eps = make_vae(dtype="float32").noise(np.random.default_rng(6), 10_000, samples=10)
    assert abs(eps.mean()) < 6.0 / np.sqrt(eps.size)
    assert abs(eps.var() - 1.0) < 6.0 * np.sqrt(2.0 / eps.size)


def test_samples_are_drawn_from_prior_and_decoder(make_vae, likelihood):
    """`sample` is the likelihood's sample at z ~ N(0, I), `sample_mean` its mean at the same z."""
    model = make_vae(likelihood=likelihood)
    rng = np.random.default_rng(7)
    heads, _ = model.decoder.forward(model.params, model.noise(rng, 9)[0])
    drawn = model.likelihood.sample(heads, rng)
    np.testing.assert_array_equal(model.sample(9, np.random.default_rng(7)), drawn)
    np.testing.assert_array_equal(model.sample_mean(9, np.random.default_rng(7)),
                                  model.likelihood.mean(heads))
