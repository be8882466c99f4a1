"""Every setting is checked, and the message names it, its value and what would be right."""
import json

import numpy as np
import pytest

import vae_np as vn
from vae_np.catalogue import settings_for
from vae_np.training.settings import DEFAULT_LR, Settings
from vae_np.training.vae import VAETrainer

WHOLE = ("batch_size", "mc_samples", "eval_every", "samples_seen")
POSITIVE = ("epochs", "lr", "adam_eps")
FRACTION = ("momentum", "beta1", "beta2")


@pytest.mark.parametrize("name, values", [
    *((name, (0, -1, 1.5, "5", True, np.nan, np.inf, [5])) for name in WHOLE),
    *((name, (0, -1e-9, "1", True, np.nan, np.inf)) for name in POSITIVE),
    *((name, (-0.1, 1, 1.0, "0.9", None, np.nan)) for name in FRACTION),
    ("gather", (-1, 0.5, None)), ("kl_warmup", (-1, np.inf, None)), ("epochs", (None,)),
    ("output_bias", (1, "no", None)), ("estimator", ("b", 2, None)),
    ("optimizer", ("Adam", "", None)), ("binarize", (None, 1)), ("schedule", (None,)),
    ("weight_prior", (False,)),
    ("eval_at", (5, "5", (0,), (1.5,), ("3",), (np.nan,), (np.inf,), None))])
def test_a_value_that_makes_no_sense_is_refused(name, values):
    for value in values:
        with pytest.raises(ValueError, match=name) as caught:
            Settings(VAETrainer, **{name: value})
        assert repr(value) in str(caught.value)


@pytest.mark.parametrize("changes, message", [
    ({"binarize": "grey"}, "unknown binarize 'grey': use one of dynamic, fixed"),
    ({"schedule": "linear"}, "unknown schedule 'linear': use one of constant, cosine, staged"),
    ({"weight_prior": "encoder"}, "unknown weight prior 'encoder': use one of none, decoder, all"),
    ({"optimizer": "adamw"}, "unknown optimizer 'adamw': use one of sgd, adagrad, adam"),
    ({"estimator": "C"}, "unknown estimator 'C': use one of A, B"),
    ({"eval_at": [10, 75]}, "eval_at 75 lies beyond the end of the run, which comes at 74"),
    ({"epochs": 1e-3}, "epochs = 0.001 of 37 examples is less than one example")])
def test_fit_refuses_before_anything_moves(changes, message):
    model = vn.VAE(6, 2, (5,))
    before = model.params.vector.copy()
    with pytest.raises(ValueError) as caught:
        vn.fit(model, np.zeros((37, 6)), rng=np.random.default_rng(0), **{"epochs": 2, **changes})
    assert message in str(caught.value)
    assert np.array_equal(model.params.vector, before)


def test_whole_numbers_may_be_written_as_floats():
    settings = Settings(VAETrainer, samples_seen=1e7, batch_size=1e2, eval_at=[1e6, np.int64(5)])
    assert (settings["samples_seen"], settings["batch_size"]) == (10_000_000, 100)
    assert settings["eval_at"] == (1_000_000, 5) and settings.total_samples(3) == 10_000_000
    assert json.loads(json.dumps(settings.as_dict()))["eval_at"] == [1_000_000, 5]


def test_settings_survive_json():
    settings = Settings(VAETrainer, optimizer="sgd", lr=0.5, eval_at=(3,), epochs=2)
    assert Settings(VAETrainer, **json.loads(json.dumps(settings.as_dict()))) == settings


def test_samples_seen_wins_over_epochs():
    assert Settings(VAETrainer, epochs=2).total_samples(37) == 74
    assert Settings(VAETrainer, epochs=0.5).total_samples(37) == 18
    assert Settings(VAETrainer, epochs=2, samples_seen=5).total_samples(37) == 5


@pytest.mark.parametrize("name, options", [
    ("sgd", {"momentum": 0.3}), ("adagrad", {"gather": 4}),
    ("adam", {"beta1": 0.5, "beta2": 0.7, "adam_eps": 1e-4})])
def test_each_optimizer_gets_its_options(name, options):
    params = vn.VAE(6, 2, ()).params
    optimizer = Settings(VAETrainer, optimizer=name, lr=0.25, **options).make_optimizer(params)
    assert optimizer.lr == 0.25
    assert all(getattr(optimizer, key.removeprefix("adam_")) == value
               for key, value in options.items())
    assert Settings(VAETrainer, optimizer=name).make_optimizer(params).lr == DEFAULT_LR[name]


def test_the_output_bias_is_set_where_it_is_zero():
    x = np.random.default_rng(0).random((20, 6), dtype=np.float32)
    started, paper = vn.VAE(6, 2, ()), vn.VAE(6, 2, (), init="paper")
    untouched = paper.params["decoder.logits.b"].copy()
    for model in (started, paper):
        settings_for(model, {}, len(x)).make_loop(model, x, None, np.random.default_rng(0))
    np.testing.assert_allclose(started.decode(np.zeros((1, 2)))[0], x.mean(axis=0), atol=1e-6)
    assert np.array_equal(paper.params["decoder.logits.b"], untouched)


def test_numbers_of_numpy_are_kept_as_plain_ones():
    """So that they give the same run, and a config.json."""
    given = {"lr": np.float32(0.25), "epochs": np.int64(3), "beta1": np.float64(0.5)}
    plain = Settings(VAETrainer, **given).as_dict()
    assert json.loads(json.dumps(plain))["lr"] == 0.25
    assert [type(plain[name]) for name in given] == [float, int, float]
