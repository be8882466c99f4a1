"""A flow or a learned prior that runs off in float32 stops the run, and the error names what did.

The weights are pushed to the extreme before the first step. Nothing of the model may move then,
and the sentence holds the layer, as the parameters call it, and the number.
"""
import re

import numpy as np
import pytest

import vae_np as vn
from vae_np.models import LearnedPriorVAE
from vae_np.params import too_large
from vae_np.training import NonFiniteBoundError

Z = 4
X = (np.random.default_rng(0).random((40, 6)) < 0.4).astype(np.float32)
# (parts of the model, parameter to push, its value, what the error says)
RUN_OFF = {
    "a shift of the prior's flow": (
        {"prior": "coupling:4x3"}, "prior.coupling2.shift.b", 1e25,
        r"the shift of prior\.coupling2 reached 1\.0e\+25"),
    "a shift that is NaN": (
        {"prior": "coupling:4x3"}, "prior.coupling1.shift.b", np.nan,
        r"the shift of prior\.coupling1 became NaN"),
    "a code that the prior is given": (
        {"prior": "coupling:4x3"}, "encoder.mean.b", -1e25,
        r"the code that the prior's flow is given reached -1\.0e\+25"),
    "a shift of the posterior's flow": (
        {"posterior": "coupling:4x3"}, "posterior.coupling3.shift.b", -1e25,
        r"the shift of posterior\.coupling3 reached -1\.0e\+25"),
    "the posterior's Gaussian": (
        {"posterior": "coupling:4x3"}, "encoder.logvar.b", 300.0,
        r"the draw that the posterior's flow is given reached -?inf"),
    "planar": ({"posterior": "planar:3"}, "encoder.context.b", 1e25,
               r"u of planar step 1 of 3 reached 1\.0e\+25"),
    "an inverse autoregressive shift": (
        {"posterior": "iaf:2x5"}, "posterior.step1.shift.b", 1e25,
        r"the shift of posterior\.step1 reached 1\.0e\+25"),
    "an inverse autoregressive gate": (
        {"posterior": "iaf:2x5"}, "posterior.step0.gate.b", -3e38,
        r"the gate's logit of posterior\.step0 reached -3\.0e\+38"),
    "a mean of a mixture": (
        {"prior": "mixture:3"}, "prior.components.mean", 1e30,
        r"prior\.components\.mean reached 1\.0e\+30"),
    "a width of a mixture": (
        {"prior": "mixture:3"}, "prior.components.logvar", -120.0,
        r"prior\.components\.logvar of component 0 reached -120\.0"),
    "a pseudo-input": (
        {"prior": "vamp:3", "likelihood": "gaussian:0.3", "activation": "relu"},
        "prior.pseudo_inputs", 1e30,
        r"prior\.pseudo_inputs reached 1\.0e\+30"),
    "a component of a VampPrior": (
        {"prior": "vamp:3"}, "encoder.logvar.b", -130.0,
        r"the log-variance of q\(z\|u\) of component \d reached -1[23]\d\.\d")}


@pytest.mark.parametrize("parts, name, value, words", RUN_OFF.values(), ids=RUN_OFF)
def test_the_error_names_what_ran_off_and_nothing_moves(parts, name, value, words):
    model = vn.VAE(6, Z, (5,), rng=np.random.default_rng(1), **parts)
    model.init_from_data(X)
    model.params[name] = value
    before = model.params.vector.copy()
    with pytest.raises(NonFiniteBoundError) as caught:
        vn.fit(model, X, epochs=1, estimator="A", rng=np.random.default_rng(0), output_bias=False)
    assert re.fullmatch(r"the (slope of the )?training elbo became infinite or NaN after 0 "
                        rf"samples \(epoch 0\.00\): {words}; try a smaller lr", str(caught.value))
    np.testing.assert_array_equal(model.params.vector, before)


def test_a_slope_that_has_no_square_is_refused_while_the_bound_is_still_finite():
    """At a shift of 1e15 the bound is −5e29, a number, and the slope of a stretch 1e30, whose
    square Adam could not hold: it would stand still from then on.
    """
    model = vn.VAE(6, Z, (5,), prior="coupling:4x3", rng=np.random.default_rng(1))
    model.params["prior.coupling0.shift.b"] = 1e15
    assert np.isfinite(model.elbo(X, model.noise(np.random.default_rng(2), 40), "A")).all()
    with pytest.raises(NonFiniteBoundError, match="^the slope of the training elbo became "
                       r"infinite or NaN.*the shift of prior\.coupling0 reached 1\.0e\+15"):
        vn.fit(model, X, epochs=1, rng=np.random.default_rng(0), output_bias=False)


def test_it_is_named_while_another_weight_of_the_kl_is_climbed():
    model = vn.VAE(6, Z, (5,), prior="coupling:2x3", rng=np.random.default_rng(1))
    model.params["prior.coupling1.shift.b"] = -1e25
    with pytest.raises(NonFiniteBoundError, match=r"the shift of prior\.coupling1 reached -1"):
        vn.fit(model, X, epochs=1, kl_warmup=1.0, rng=np.random.default_rng(0), output_bias=False)


def test_a_prior_that_learns_alone_is_named_too():
    model = LearnedPriorVAE(6, Z, (5,), prior="coupling:3x3")
    model.params["prior.coupling1.shift.b"] = 1e25
    with pytest.raises(NonFiniteBoundError, match="^the training log_prior became.*the shift of "
                       r"prior\.coupling1 reached 1\.0e\+25; try a smaller lr"):
        vn.fit(model, X, epochs=1, rng=np.random.default_rng(0))


def test_where_the_parts_are_in_order_the_old_advice_stands():
    """Here a learned variance has run off, and the flow is innocent."""
    model = vn.VAE(6, Z, (5,), prior="coupling:2x3", likelihood="gaussian")
    model.params["decoder.logvar.b"] = -200.0
    with pytest.raises(NonFiniteBoundError, match="or a fixed variance where it is learned$"):
        vn.fit(model, X, epochs=1, rng=np.random.default_rng(0), output_bias=False)


@pytest.mark.parametrize("parts", [{}, {"prior": "coupling:4x6"}, {"prior": "mixture:3"},
                                   {"prior": "vamp:3"}, {"posterior": "planar:3"},
                                   {"posterior": "iaf:2x5"}, {"posterior": "coupling:4x6"}])
def test_of_a_model_in_order_there_is_nothing_to_say(parts):
    model = vn.VAE(6, Z, (5,), rng=np.random.default_rng(1), **parts)
    assert model.extremes(X, model.noise(np.random.default_rng(2), 40)) == ""


def test_the_number_is_the_one_of_the_walk_itself():
    """The largest shift of the first coupling, at the codes that it is given, in its own order."""
    model = vn.VAE(6, Z, (5,), prior="coupling:2x3", dtype="float64", rng=np.random.default_rng(1))
    name = "prior.coupling0.shift.W"
    model.params[name] = 1e80 * np.random.default_rng(3).standard_normal((3, 2))
    eps = model.noise(np.random.default_rng(2), 40)
    z, flow = model.posterior(X).sample(eps)[0].reshape(-1, Z), model.prior.flow
    kept = flow.orders[0].of(z)[:, :flow.couplings[0].kept]
    shift = flow.couplings[0].network.forward(model.params, kept)[0]["shift"]
    largest = shift.flat[np.abs(shift).argmax()]
    assert model.extremes(X, eps) == f"the shift of prior.coupling0 reached {largest:.1e}"


def test_a_code_that_several_planar_steps_have_pushed_too_far_is_named():
    """No step alone goes beyond 4.3e9; two in a row do."""
    model = vn.VAE(6, Z, (5,), posterior="planar:3", rng=np.random.default_rng(1))
    for step in range(3):
        place = step * (2 * Z + 1)
        model.params["encoder.context.b"][place:place + Z] = 3e9      # u
        model.params["encoder.context.b"][place + 2 * Z] = 1e9        # b: every tanh is 1
    said = model.extremes(X, model.noise(np.random.default_rng(2), 40))
    assert re.fullmatch(r"the code behind planar step \d of 3 reached -?\d\.\de\+\d\d", said)


@pytest.mark.parametrize("place, letter", [(0, "u"), (Z, "w"), (2 * Z, "b")])
def test_which_of_a_planar_step_s_numbers_ran_off_is_said(place, letter):
    model = vn.VAE(6, Z, (5,), posterior="planar:3", rng=np.random.default_rng(1))
    model.params["encoder.context.b"][2 * Z + 1 + place] = -1e25  # of the second step
    said = model.extremes(X, model.noise(np.random.default_rng(2), 40))
    assert said == f"{letter} of planar step 2 of 3 reached -1.0e+25"


@pytest.mark.parametrize("dtype, most", [("float32", 4.29e9), ("float64", 1.15e77)])
def test_too_large_is_what_has_no_fourth_power(dtype, most):
    assert too_large("a", np.array([1.0, -0.99 * most], dtype)) == ""
    assert re.fullmatch(r"a reached -4\.4e\+09|a reached -1\.2e\+77",
                        too_large("a", np.array([1.0, -1.02 * most], dtype)))
    twice = {"float32": "a reached 8.6e+09", "float64": "a reached 2.3e+77"}[dtype]
    assert too_large("a", np.array([1.0, 2 * most, -most], dtype)) == twice
    assert too_large("a", np.array([np.inf, 0.0], dtype)) == "a reached inf"
    assert too_large("a", np.array([np.nan, np.inf], dtype)) == "a became NaN"
