"""One contract for every row of the catalogue. A row that is added is held to it as well.

Each kind is made, checked by differences, trained, resumed, measured, drawn, saved, loaded and
moved to a device; and `fit` gives what `vae-np train` gives, bit for bit.
"""
import json
import re
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest

import vae_np as vn
from vae_np import cli, evaluation
from vae_np.catalogue import (ENCODER, KINDS, LABELS, LATENTS, PROMISES, SAMPLES, find_class,
                              kind_of)
from vae_np.checking.models import checks_of
from vae_np.hierarchy import INFERENCES
from vae_np.inference.measures import EXACT, PARTITION
from vae_np.models.words import POSTERIORS, PRIORS
from vae_np.runs import Run, save_model

sys.path.append(str(Path(__file__).parent / "backends"))
import devices  # noqa: E402
import fake_cupy  # noqa: E402

matplotlib.use("Agg")
X_DIM, ROWS, SEED = 20, 40, 3  # images of 5 × 4 pixels, 0 or 1: right for every kind
# The rows, the VAE with every other prior and posterior that a word stands for, and the hierarchy
# with every other inference.
OTHERS = {f"VAE {word.example}": kind_of(vn.VAE)._replace(
    small={**kind_of(vn.VAE).small, part: word.example})
    for part, words in (("prior", PRIORS), ("posterior", POSTERIORS))
    for word in list(words.values())[1:]}
LAYERED = {f"HierarchicalVAE {name}": kind_of(vn.models.HierarchicalVAE)._replace(
    small={**kind_of(vn.models.HierarchicalVAE).small, "inference": name})
    for name in list(INFERENCES)[1:]}
EVERY = {**{kind.model.__name__: kind for kind in KINDS}, **OTHERS, **LAYERED}
TRAINED = {name: kind for name, kind in EVERY.items() if kind.trainer}
OFFERED = {name: kind for name, kind in EVERY.items() if kind.option}
every = pytest.mark.parametrize("kind", EVERY.values(), ids=EVERY)
trained = pytest.mark.parametrize("kind", TRAINED.values(), ids=TRAINED)
offered = pytest.mark.parametrize("kind", OFFERED.values(), ids=OFFERED)


class Silent:
    """A reporter that says nothing."""

    def step(self, loop):
        """Nothing to show."""

    def record(self, record):
        """Nothing to show."""


@pytest.fixture
def digits():
    """(train, test): 40 and 12 binary images, flat."""
    images = np.random.default_rng(2).integers(2, size=(ROWS + 12, X_DIM)).astype(np.float32)
    return images[:ROWS], images[ROWS:]


@pytest.fixture
def file(digits, tmp_path):
    """The same in a file of the user's own."""
    train, test = (part.reshape(-1, 5, 4) for part in digits)
    np.savez(tmp_path / "digits.npz", train=train, test=test, train_labels=labels(train),
             test_labels=labels(test))
    return str(tmp_path / "digits.npz")


def labels(x):
    """0 to 9, in turn."""
    return np.arange(len(x)) % 10


def rows(kind, model, x):
    """x as the kind takes it: with labels beside it where it needs them."""
    return model.rows(x, labels(x)) if LABELS in kind.has else x


def make(kind, seed=SEED, **arguments):
    return kind.model(X_DIM, **{**kind.small, "rng": np.random.default_rng(seed), **arguments})


def starting_point(kind, folder):
    """{"start_from": a file} for a kind that begins where another ended, else {}."""
    if kind.model.starts_from is None:
        return {}
    save_model(make(kind_of(kind.model.starts_from)), folder / "start.npz")
    return {"start_from": str(folder / "start.npz")}


def config(kind, file, folder, **settings):
    plain = json.loads(json.dumps(kind.small))
    if not kind.trainer.full_batch:
        settings = {"batch_size": 8, **settings}
    return {"data": file, "seed": SEED, "device": "cpu",
            "model": {"class": kind.model.__name__, **plain},
            "training": {"epochs": 4, **settings}, **starting_point(kind, folder)}


# -- what it is ---------------------------------------------------------------------------------

@every
def test_its_config_makes_its_twin(kind):
    model = make(kind)
    twin = find_class(kind.model.__name__)(**json.loads(json.dumps(model.config())))
    assert twin.config() == model.config()
    assert twin.params.layout == model.params.layout
    assert type(model).__name__ in repr(model)


@every
def test_at_other_parameters_it_is_the_same_model_there(kind):
    model = make(kind)
    before = model.params.vector.copy()
    moved = model.at(model.params.like(before + 1.0))
    assert type(moved) is type(model) and moved.config() == model.config()
    np.testing.assert_array_equal(moved.params.vector, before + 1.0)
    np.testing.assert_array_equal(model.params.vector, before)


@every
def test_its_gradients_are_right(kind):
    """Every objective that it has or inherits, by differences."""
    wrong = {name: str(report) for name, *check in checks_of(kind)
             if not (report := vn.gradcheck(*check)).ok}
    assert wrong == {}


@every
def test_it_keeps_the_promises_of_what_it_has(kind):
    """Each name that ENCODER, LATENTS and SAMPLES stand for is there."""
    model = make(kind)
    assert set(kind.has) <= set(PROMISES)
    assert [name for part in kind.has for name in PROMISES[part] if not hasattr(model, name)] == []
    for name in ("binary", "latent_symbol", "noise_splits", "trained_part", "default_estimator",
                 "starts_from", "likelihood", "x_dim"):
        assert hasattr(model, name)


@every
def test_its_latents_are_one_prior_s_and_its_decoder_s(kind):
    """What a picture of the plane of z takes for granted."""
    model = make(kind)
    if LABELS in kind.has:  # which takes a label beside z
        with pytest.raises(ValueError, match="takes a label beside z"):
            model.decode(model.sample_prior(np.random.default_rng(1), 3)[0])
        labels, rng = np.array([2, 0, 9]), np.random.default_rng(1)
        np.testing.assert_array_equal(
            model.decode(model.sample_prior(rng, 3)[0], labels),
            model.sample_mean(3, np.random.default_rng(1), labels))
        return
    if LATENTS not in kind.has:
        with pytest.raises(ValueError, match="has no prior"):
            model.sample_prior(np.random.default_rng(0), 3)
        return
    z = model.sample_prior(np.random.default_rng(0), 3, 2)
    assert z.shape == (2, 3, model.z_dim)
    # FullVB draws its weights first: there the means are those of one draw.
    if kind.model.__name__ != "FullVB":
        means = model.sample_mean(3, np.random.default_rng(1))
        np.testing.assert_array_equal(
            model.decode(model.sample_prior(np.random.default_rng(1), 3)[0]), means)


# -- training -----------------------------------------------------------------------------------

@trained
def test_it_trains_and_resumes_to_the_last_bit(kind, file, tmp_path):
    whole = Run.create(tmp_path / "whole", config(kind, file, tmp_path))
    before = whole.model.params.vector.copy()
    whole.train(Silent())
    assert (whole.model.params.vector != before).any()
    half = Run.create(tmp_path / "half", config(kind, file, tmp_path))
    half.train(Silent(), should_stop=lambda: half.loop.samples_seen >= 2 * ROWS)
    assert 0 < half.loop.samples_seen < whole.loop.samples_seen
    rest = Run.resume(tmp_path / "half")
    rest.train(Silent())
    np.testing.assert_array_equal(rest.model.params.vector, whole.model.params.vector)
    for name, array in whole.loop.trainer.state().items():
        np.testing.assert_array_equal(rest.loop.trainer.state()[name], array)


SETTINGS = ({}, {"lr": 0.05, "schedule": "constant", "batch_size": 7}, {"output_bias": False},
            {"optimizer": "adagrad", "weight_prior": "all", "eval_every": 2},
            {"pseudo_count": 0.25}, {"gibbs_steps": 2, "persistent_chains": 0, "centre": False})


@offered
@pytest.mark.parametrize("settings", SETTINGS, ids=lambda one: ",".join(one) or "defaults")
def test_fit_is_train(kind, settings, digits, file, tmp_path):
    """The same settings give the same parameters, defaults and a full batch included. What means
    nothing to the kind is refused by both, in the same words.
    """
    words = [word for name, value in settings.items() for word in option(name, value)]
    small = [word for name, value in kind.small.items() for word in option(name, value)]
    command = ["train", "--model", kind.option, "--data", file, "--epochs", "3", "--seed",
               str(SEED), "--out", str(tmp_path / "run"), *small, *words]
    model = make(kind)
    train, test = (rows(kind, model, x) for x in digits)
    try:
        vn.fit(model, train, epochs=3, rng=model_rng(model, kind), test=test, **settings)
    except ValueError as error:
        assert "means nothing" in str(error) or "whole training set" in str(error)
        assert cli.main(command) == 2
        return
    assert cli.main(command) == 0
    np.testing.assert_array_equal(vn.load(tmp_path / "run").params.vector, model.params.vector)


def option(name, value):
    """The words on the command line for a setting or an argument."""
    dashed = name.replace("_", "-")
    if isinstance(value, bool):
        return [f"--{dashed}" if value else f"--no-{dashed}"]
    return [f"--{dashed}", ",".join(map(str, value)) if isinstance(value, tuple) else str(value)]


def model_rng(model, kind):
    """The generator as a run has it after the model's first weights."""
    rng = np.random.default_rng(SEED)
    type(model)(X_DIM, **kind.small, rng=rng)
    return rng


def test_settings_that_mean_nothing_are_refused_in_every_kind(digits):
    """One that a kind does not take, at a value that says something."""
    values = {"weight_prior": "all", "kl_warmup": 2.0, "gibbs_steps": 3, "pseudo_count": 2.0,
              "estimator": "A", "mc_samples": 4, "gradient": "dreg", "beta": 0.5, "optimizer": "adagrad", "output_bias": False}
    refused = 0
    for kind in TRAINED.values():
        taken = {row.name for row in kind.trainer.settings}
        for name in set(values) - taken:
            with pytest.raises(ValueError, match=f"{name} means nothing to an? "):
                model = make(kind)
                vn.fit(model, rows(kind, model, digits[0]), epochs=1, **{name: values[name]})
            refused += 1
    assert refused >= 2 * len(TRAINED)  # of an RBM weight_prior is one


# -- how good it is -----------------------------------------------------------------------------

@every
def test_log_likelihood_answers_or_refuses_in_one_sentence(kind, digits):
    model, x = make(kind), digits[1]
    x, rng = rows(kind, model, x), np.random.default_rng(0)
    if kind.measure is None:
        for measure in (vn.log_likelihood, evaluation.evaluate):
            with pytest.raises(ValueError, match=r"an? \w+ has no likelihood") as caught:
                measure(model, x, rng=rng)
            assert "\n" not in str(caught.value)
        return
    log_px, mc_stderr, ess = vn.log_likelihood(model, x, rng=rng, num_samples=7, return_ess=True)
    assert log_px.shape == mc_stderr.shape == ess.shape == (len(x),)
    assert np.isfinite(log_px).all() and (log_px < 0.0).all() and (mc_stderr >= 0.0).all()
    result = evaluation.evaluate(model, x, rng=rng, num_samples=7)
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert result["method"] == kind.measure.name and result["n"] == len(x)
    assert ("elbo" in result) == ("active_units" in result) == (ENCODER in kind.has)


@every
def test_rows_with_gaps_are_read_or_refused_in_one_sentence(kind, digits):
    """Whole rows keep their score to the last bit; of a row with nothing in it log p is 0."""
    model, x = make(kind), digits[1]
    gaps = x.astype(np.float64)
    gaps[::2, ::3] = np.nan
    gaps[4] = np.nan
    try:
        reader = vn.with_missing(model)
    except ValueError as error:
        assert re.fullmatch(r"an? \w+ (cannot read rows with|has no density).*", str(error))
        return
    found, plain = (vn.score(one, rows, rng=np.random.default_rng(0), num_samples=9)
                    for one, rows in ((reader, gaps), (model, x)))
    assert list(found) == list(plain)
    for name, column in found.items():
        np.testing.assert_array_equal(column[1::2], plain[name][1::2])
        assert not np.isnan(column).any()
    assert found["log_px"][4] == found["mc_stderr"][4] == 0.0
    assert (found["log_px"][[0, 2, 6]] != plain["log_px"][[0, 2, 6]]).all()
    assert ("bound" in found) == (ENCODER in kind.has)
    result = evaluation.evaluate(reader, gaps, rng=np.random.default_rng(0), num_samples=9)
    assert result["nll"] == -found["log_px"].mean()
    if ENCODER in kind.has:
        coded = evaluation.encode(reader, gaps, draws=2)
        again = evaluation.reconstruct(reader, gaps, draws=2)
        assert again["mean"].shape == x.shape and again["draws"].shape == (12, 2, X_DIM)
        assert not any(np.isnan(one).any() for one in (*coded.values(), *again.values()))
    if ENCODER in kind.has or kind.measure is EXACT:
        imputed = evaluation.impute(model, gaps, rng=np.random.default_rng(0), draws=2,
                                    num_samples=9)
        assert not any(np.isnan(part).any() for part in imputed)
        assert imputed.draws.shape == (2, *x.shape) and imputed.mean.shape == x.shape
    else:
        with pytest.raises(ValueError, match="cannot fill in missing entries"):
            evaluation.impute(model, gaps, rng=np.random.default_rng(0))


@every
def test_draws_and_pictures_are_those_it_has(kind, digits, file, tmp_path):
    model, rng = make(kind), np.random.default_rng(0)
    if SAMPLES in kind.has:
        draws, means = model.sample(3, rng), model.sample_mean(3, rng)
        assert draws.shape == means.shape == (3, X_DIM) and np.isfinite(draws).all()
    from vae_np import figures
    told = []
    paths = figures.save_run_figures(model, vn.load_dataset(file), [], tmp_path / "figures", rng,
                                     told.append, dpi=40)
    names = {path.stem for path in paths}
    assert ("reconstructions" in names) == (ENCODER in kind.has)
    assert ("prior_samples" in names) == (SAMPLES in kind.has)
    of_labels = {"styles", "analogies"} if LABELS in kind.has else set()
    assert names >= of_labels
    assert len(told) + len(names) == 8 + len(of_labels)  # each is there, or a word about it


# -- where it lies ------------------------------------------------------------------------------

@every
def test_it_is_saved_and_loaded(kind, tmp_path):
    model = make(kind)
    model.params.vector[...] += 0.25
    save_model(model, tmp_path / "model.npz")
    again = vn.load(tmp_path / "model.npz")
    assert type(again) is type(model) and again.config() == model.config()
    np.testing.assert_array_equal(again.params.vector, model.params.vector)


@every
def test_on_a_device_it_says_what_it_says_on_the_host(kind, digits, monkeypatch):
    """On CuPy's double, which is no GPU."""
    fake_cupy.install(monkeypatch)
    host, device = make(kind), make(kind).to("cuda")
    train, test = (rows(kind, host, x) for x in digits)
    assert type(device.params.vector) is fake_cupy.ndarray
    if kind.trainer:
        for model in (host, device):
            vn.fit(model, train, epochs=2, rng=np.random.default_rng(1))
        devices.assert_same(device.params.vector, host.params.vector)
    if kind.measure and kind.measure is not PARTITION:  # that one is in tests/backends/test_energy
        # A device takes more samples at a time, which for some kinds is other noise.
        few = {"num_samples": 8}
        results = [evaluation.evaluate(model, test, rng=np.random.default_rng(2), **few)
                   for model in (device, host)]
        assert results[0] == results[1]
    if LABELS not in kind.has and (ENCODER in kind.has or kind.measure is EXACT):
        gaps = np.where(np.arange(X_DIM) % 3 == 0, np.nan, digits[1][:4])
        gaps[1] = np.nan
        reports = [vn.score(vn.with_missing(model), gaps, rng=np.random.default_rng(5), **few)
                   for model in (device, host)]
        devices.assert_same(*reports)
        filled = [tuple(evaluation.impute(model, gaps, rng=np.random.default_rng(6), draws=2,
                                          **few)) for model in (device, host)]
        devices.assert_same(*filled)
    if SAMPLES in kind.has:
        devices.assert_same(*(model.sample(2, np.random.default_rng(4))
                              for model in (device, host)))
