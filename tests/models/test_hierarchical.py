"""HierarchicalVAE: what it is made of, what it refuses, and what follows it everywhere."""
import json

import numpy as np
import pytest

import vae_np as vn
from vae_np.averages import layer_use
from vae_np.models import HierarchicalVAE

INFERENCES = ("bottom-up", "top-down", "ladder")
inferences = pytest.mark.parametrize("inference", INFERENCES)


@pytest.fixture
def x():
    return (np.random.default_rng(2).random((9, 12)) < 0.5).astype(np.float64)


def small(inference="bottom-up", z_dim=(4, 2), hidden=(5,), **arguments):
    rng = np.random.default_rng(1)
    model = HierarchicalVAE(12, z_dim, hidden, dtype="float64", rng=rng, inference=inference,
                            **arguments)
    model.params.vector[...] += 0.4 * rng.standard_normal(model.params.layout.size)
    return model


# -- what it is made of -------------------------------------------------------------------------

def test_the_defaults_are_the_networks_of_burda_et_al():
    """q: 784–200–200–100, 100–100–100–50; p: 50–100–100–100, 100–200–200–784."""
    shapes = HierarchicalVAE(784).params.layout.shapes
    for prefix, widths in (
            ("encoder.z1", (784, 200, 200, 100)), ("encoder.z2", (100, 100, 100, 50)),
            ("decoder.z1", (50, 100, 100, 100)), ("decoder", (100, 200, 200, 784))):
        head = "logits" if prefix == "decoder" else "mean"
        layers = [f"{prefix}.hidden0.W", f"{prefix}.hidden1.W", f"{prefix}.{head}.W"]
        assert [shapes[name] for name in layers] == list(zip(widths, widths[1:]))
    assert not [name for name in shapes if not name.startswith(("encoder.", "decoder."))]


def test_theta_has_one_layout_whatever_the_inference():
    """So a decoder of one can be put under another encoder."""
    layouts = [small(inference, (4, 2, 3), prior="mixture:2").params.part("decoder").layout
               for inference in INFERENCES]
    assert layouts[0] == layouts[1] == layouts[2]
    assert {"decoder.z1.mean.W", "decoder.z2.logvar.b",
            "decoder.logits.W"} < set(layouts[0].shapes)
    model = small("ladder", (4, 2, 3), prior="mixture:2")
    assert model.params.part("prior").layout.size == 2 + 2 * 2 * 3  # over the top layer's 3 alone


def test_one_list_of_widths_is_every_layer_s():
    assert small(hidden=(5, 3)).config()["hidden"] == [[5, 3], [5, 3]]
    assert small(hidden=()).config()["hidden"] == [[], []]
    assert small(hidden=((5,), ())).config()["hidden"] == [[5], []]
    assert small(hidden=7).config()["hidden"] == [[7], [7]]


@pytest.mark.parametrize("arguments, message", [
    ({"z_dim": 20}, "must be two or more widths, from the layer next to the data upward"),
    ({"z_dim": (20,)}, "must be two or more widths"),
    ({"z_dim": (20, 0)}, "each width of z_dim must be a positive whole number, not 0"),
    ({"hidden": ((5,), (5,), (5,))}, "one list for each of the 2 layers"),
    ({"hidden": ((5,), 5)}, "hidden must be one list of widths for every layer"),
    ({"hidden": (5, -1)}, "hidden must be a positive whole number, not -1"),
    ({"inference": "sideways"}, "unknown inference 'sideways': use 'bottom-up' or 'top-down' or"),
    ({"prior": "vamp:3"}, "stands on q\\(z\\|x\\) of one layer"),
    ({"prior": "cauchy"}, "unknown prior 'cauchy'")])
def test_what_makes_no_hierarchy_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        HierarchicalVAE(12, **{"z_dim": (4, 2), "hidden": (5,), **arguments})


@inferences
def test_noise_that_does_not_fit_is_refused(inference, x):
    model = small(inference)
    good = model.noise(np.random.default_rng(0), 9, 3)
    plain = tuple(part[0] for part in good)
    np.testing.assert_array_equal(model.elbo(x, plain, "A"),
                                  model.elbo(x, tuple(part[:1] for part in good), "A"))
    for bad in (good[0], good[:1], (*good, good[0]), (good[0], good[1][:2]),
                (good[0][:, :8], good[1][:, :8])):
        with pytest.raises(ValueError, match="model.noise makes it"):
            model.elbo(x, bad, "A")
    with pytest.raises(ValueError, match="eps must have 4 columns"):
        model.elbo(x, good[::-1], "A")


# -- estimators ---------------------------------------------------------------------------------

def test_the_closed_form_is_refused_where_there_is_none(x):
    model = small("bottom-up")
    assert model.default_estimator == "A"
    with pytest.raises(ValueError, match="z1 is drawn before the z2 that"):
        model.elbo(x, model.noise(np.random.default_rng(0), 9), "B")
    with pytest.raises(ValueError, match="inference 'top-down' or 'ladder'"):
        vn.fit(model, x, epochs=1, estimator="B")
    for inference in INFERENCES[1:]:
        assert small(inference).default_estimator == "B"
        learned = small(inference, prior="coupling:2x3")
        assert learned.default_estimator == "A"
        with pytest.raises(ValueError, match="which the prior 'coupling:2x3' of the top layer"):
            learned.elbo(x, learned.noise(np.random.default_rng(0), 9), "B")


@inferences
def test_warm_up_weighs_the_kl_of_all_layers(inference, x):
    """At weight w the value is log p(x|z) − w Σ KL, for both ways to have the KL."""
    model = small(inference)
    noise = model.noise(np.random.default_rng(3), 9, 4)
    for estimator in ("A", "B")[:1 if inference == "bottom-up" else 2]:
        none, half, full = (model.elbo(x, noise, estimator, weight) for weight in (0.0, 0.5, 1.0))
        z = model.posterior(x).sample(noise)[0]
        np.testing.assert_allclose(none, model.log_px_given_z(x, z).mean(axis=0), rtol=1e-13)
        np.testing.assert_allclose(half, 0.5 * (none + full), rtol=1e-12)


@inferences
@pytest.mark.parametrize("settings", [
    {"estimator": "IW", "mc_samples": 3, "gradient": "dreg"},
    {"estimator": "A", "gradient": "stl"},
    {"beta": 0.5}, {"prior": "coupling:2x3"}, {"z_dim": (4, 3, 2)}],
    ids=lambda settings: ",".join(settings))
def test_it_learns(inference, settings):
    """Pixels that come in equal pairs, in float32: the bound leaves that of independent ones
    behind, which is −12 log 2 = −8.3. Without warm-up a ladder stays there for long: at first its
    q is the prior merged with what a network without knowledge says.
    """
    rng = np.random.default_rng(4)
    x = np.repeat(rng.random((200, 6)) < 0.5, 2, axis=1).astype(np.float32)
    arguments = {name: settings[name] for name in ("prior", "z_dim") if name in settings}
    model = HierarchicalVAE(12, hidden=(12,), inference=inference, rng=rng,
                            **{"z_dim": (5, 3), **arguments})
    training = {name: value for name, value in settings.items() if name not in arguments}
    history = vn.fit(model, x, epochs=30, lr=0.02, batch_size=20, kl_warmup=15.0, rng=rng, test=x,
                     **training)
    assert history[0]["test_elbo"] < -8.0 < -7.4 < history[-1]["test_elbo"]


# -- what follows it everywhere -----------------------------------------------------------------

@inferences
def test_noise_in_parts_is_the_noise_in_one(inference, x):
    """So a device may take more samples at a time and measure the same p(x)."""
    model, whole = small(inference), np.random.default_rng(5)
    parts = np.random.default_rng(5)
    assert model.noise_splits
    one = model.noise(whole, 9, 16)
    two = [model.noise(parts, 9, 8) for _ in range(2)]
    for layer in range(2):
        np.testing.assert_array_equal(one[layer], np.concatenate([part[layer] for part in two]))
    q = model.posterior(x)
    np.testing.assert_array_equal(
        model.log_weights(x, one), np.concatenate([model.log_weights(x, eps, q) for eps in two]))


@inferences
def test_the_picture_s_z_is_where_there_is_no_noise(inference, x):
    model = small(inference, (4, 2, 3))
    zero = tuple(np.zeros((1, 9, width)) for width in model.z_dims)
    q = model.posterior(x)
    np.testing.assert_allclose(q.mean, q.sample(zero)[0][0], rtol=1e-14)


def test_the_decoder_reads_z1_alone():
    model, z = small(), np.random.default_rng(6).standard_normal((9, 6))
    moved = z.copy()
    moved[:, 4:] += 1.0
    np.testing.assert_array_equal(model.decode(z), model.decode(moved))
    assert (model.decode(z) != model.decode(z[::-1])).any()


@inferences
def test_the_layers_use_is_reported(inference, x):
    model, rng = small(inference), np.random.default_rng(7)
    activities, kl = layer_use(model, x, rng, samples=3, batch_size=4)
    assert [len(one) for one in activities] == [4, 2] and kl.shape == (9, 2)
    np.testing.assert_allclose(np.concatenate(activities), model.posterior(x).mean.var(axis=0))
    result = vn.evaluation.evaluate(model, x, rng=np.random.default_rng(0), num_samples=7)
    assert [one["z_dim"] for one in result["layers"]] == [4, 2]
    assert sum(one["active_units"] for one in result["layers"]) == result["active_units"]
    assert "kl" not in result and "kl_per_dim" not in result
    one_example = vn.evaluation.evaluate(model, x[:1], rng=np.random.default_rng(0), num_samples=7)
    assert json.loads(json.dumps(one_example, allow_nan=False)) == one_example
