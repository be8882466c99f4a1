"""What a user may write for a likelihood, and what it makes of a decoder's outputs."""
import numpy as np
import pytest

from vae_np import likelihoods


@pytest.mark.parametrize("spec, kind, heads", [
    ("bernoulli", likelihoods.Bernoulli, {"logits": 5}),
    ("gaussian", likelihoods.Gaussian, {"mean": 5, "logvar": 5}),
    ("gaussian-sigmoid", likelihoods.GaussianSigmoid, {"mean": 5, "logvar": 5}),
    ("gaussian:0.1", likelihoods.FixedGaussian, {"mean": 5}),
    (("gaussian", 0.1), likelihoods.FixedGaussian, {"mean": 5}),
    (["gaussian", 2], likelihoods.FixedGaussian, {"mean": 5}),
    (("gaussian", np.float32(0.1)), likelihoods.FixedGaussian, {"mean": 5})])
def test_specs_that_are_understood(spec, kind, heads):
    likelihood = likelihoods.parse(spec)
    assert type(likelihood) is kind
    assert likelihood.heads(5) == heads
    again = likelihoods.parse(likelihood.spec)
    assert type(again) is kind and vars(again) == vars(likelihood)
    assert likelihoods.parse(likelihood) is likelihood


@pytest.mark.parametrize("spec", ["Bernoulli", "gauss", "", None, 3, ("bernoulli", 0.1),
                                  "bernoulli:0.1", "gaussian-sigmoid:0.1", ("gaussian", 0.1, 2),
                                  likelihoods.Bernoulli])
def test_unknown_specs_are_refused_with_the_choices(spec):
    with pytest.raises(ValueError, match="unknown likelihood .*'bernoulli', 'gaussian'"):
        likelihoods.parse(spec)


@pytest.mark.parametrize("sigma2", [0, -0.1, "nan", "inf", "", "wide", True, [0.1]])
def test_variances_that_are_none_are_refused(sigma2):
    spec = f"gaussian:{sigma2}" if isinstance(sigma2, str) else ("gaussian", sigma2)
    with pytest.raises(ValueError, match="variance .* must be a positive number, not"):
        likelihoods.parse(spec)


def test_fixed_variance_is_a_learned_one_held_still():
    """("gaussian", σ²) is "gaussian" with logvar = log σ²: value, slope, mean and samples."""
    rng = np.random.default_rng(0)
    fixed, learned = likelihoods.parse("gaussian:0.3"), likelihoods.parse("gaussian")
    x, mean = rng.standard_normal((7, 5)), rng.standard_normal((3, 7, 5))
    heads = {"mean": mean, "logvar": np.full_like(mean, np.log(0.3))}
    d_out = rng.standard_normal((3, 7))
    np.testing.assert_allclose(fixed.log_prob(x, {"mean": mean}), learned.log_prob(x, heads),
                               rtol=1e-13)
    np.testing.assert_allclose(fixed.log_prob_backward(d_out, x, {"mean": mean})["mean"],
                               learned.log_prob_backward(d_out, x, heads)["mean"], rtol=1e-13)
    np.testing.assert_allclose(fixed.sample({"mean": mean}, np.random.default_rng(1)),
                               learned.sample(heads, np.random.default_rng(1)), rtol=1e-13)


@pytest.mark.parametrize("spec", ["gaussian", "gaussian-sigmoid", "gaussian:0.3", "bernoulli"])
def test_output_bias_says_the_data_s_mean(make_vae, spec):
    """With decoder weights 0 the model puts out the data's mean, and a learned variance theirs."""
    x = np.random.default_rng(2).uniform(0.1, 0.9, (40, 5)).astype(np.float32)
    model = make_vae(likelihood=spec)
    for name, value in model.params.part("decoder").items():
        if name.endswith(".W"):
            value[...] = 0.0
    assert model.init_output_bias(x) is model
    np.testing.assert_allclose(model.decode(np.zeros((3, 2))), np.tile(x.mean(axis=0), (3, 1)),
                               rtol=1e-6)
    if "decoder.logvar.b" in model.params:
        np.testing.assert_allclose(np.exp(model.params["decoder.logvar.b"]), x.var(axis=0),
                                   rtol=1e-5)


@pytest.mark.parametrize("spec", ["gaussian", "gaussian-sigmoid", "bernoulli"])
def test_output_bias_of_constant_pixels_is_finite(make_vae, spec):
    """A pixel that is always 0 or 1 would ask for an infinite logit, or a variance of 0."""
    x = np.tile(np.array([0.0, 1.0, 0.5, 0.0, 1.0]), (10, 1))
    params = make_vae(likelihood=spec).init_output_bias(x).params
    if spec != "gaussian":
        limit = np.log(0.999 / 0.001)
        head = "logits" if spec == "bernoulli" else "mean"
        np.testing.assert_allclose(params[f"decoder.{head}.b"], [-limit, limit, 0, -limit, limit],
                                   atol=1e-12)
    if spec != "bernoulli":
        np.testing.assert_allclose(params["decoder.logvar.b"], np.log(1e-4))


@pytest.mark.parametrize("x, words", [(np.zeros((4, 1)), "5 are needed"),
                                      (np.full((4, 5), np.nan), "not finite"),
                                      (np.full((4, 5), 255.0), "divide by 255")])
def test_output_bias_refuses_data_that_do_not_fit(make_vae, x, words):
    with pytest.raises(ValueError, match=words):
        make_vae().init_output_bias(x)
