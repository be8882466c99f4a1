"""From an autoencoder's run to its likelihood, through files; what a run may start from."""
import json

import numpy as np
import pytest

import vae_np as vn
from vae_np.models import FrozenDecoderVAE
from vae_np.runs import Run, RunError
from vae_np.runs.whitening import training_codes, whiten_run

NETWORKS = {"z_dim": 2, "hidden": [9], "likelihood": "gaussian:0.1"}


class Silent:
    def step(self, loop):
        """Nothing is told."""

    def record(self, record):
        """Nothing is told."""


def config(name, epochs=2, **more):
    return {"data": "pinwheel", "seed": 0, "device": "cpu", "model": {"class": name, **NETWORKS},
            "training": {"epochs": epochs, "batch_size": 70, "schedule": "constant"}, **more}


@pytest.fixture
def run(tmp_path):
    """The folder of an autoencoder's finished run."""
    Run.create(tmp_path / "autoencoder", config("Autoencoder")).train(Silent())
    return tmp_path / "autoencoder"


def test_a_run_is_whitened(run, tmp_path):
    model = whiten_run(run, tmp_path / "white.npz")
    loaded = vn.load(tmp_path / "white.npz")
    np.testing.assert_array_equal(loaded.params.vector, model.params.vector)
    codes = training_codes(run, loaded)
    np.testing.assert_allclose(codes.mean(axis=0), 0.0, atol=1e-4)
    np.testing.assert_allclose(np.cov(codes.T), np.eye(2), atol=1e-2)
    x = vn.load_dataset("pinwheel").test
    np.testing.assert_allclose(model.reconstruct(x), vn.load(run).reconstruct(x), atol=1e-5)


def test_codes_are_of_binarised_images_where_the_run_binarises(tmp_path):
    digits = {**config("Autoencoder", epochs=0.1), "data": "mnist5k",
              "model": {"class": "Autoencoder", "z_dim": 3, "hidden": [5]}}
    digits["training"]["binarize"] = "dynamic"
    Run.create(tmp_path / "digits", digits).train(Silent())
    model, data = vn.load(tmp_path / "digits"), vn.load_dataset("mnist5k").train
    codes = training_codes(tmp_path / "digits", seed=7)
    np.testing.assert_allclose(codes, model.codes(vn.binarize(data, np.random.default_rng(7))),
                               rtol=1e-3, atol=1e-5)
    assert (codes != training_codes(tmp_path / "digits", seed=8)).any()


@pytest.mark.parametrize("whiten", [True, False])
def test_a_resumed_run_is_bit_for_bit_the_same_without_its_source(run, tmp_path, whiten):
    source = run
    if whiten:
        source = tmp_path / "white.npz"
        whiten_run(run, source)
    decoder = vn.load(source).params.part("decoder").vector
    start = {"start_from": str(source)}
    whole = Run.create(tmp_path / "whole", config("FrozenDecoderVAE", **start))
    whole.train(Silent())
    Run.create(tmp_path / "halves", config("FrozenDecoderVAE", 0.7, **start)).train(Silent())
    (run / "checkpoint.npz").unlink()
    (tmp_path / "white.npz").unlink(missing_ok=True)
    halves = Run.resume(tmp_path / "halves", {"epochs": 2})
    halves.train(Silent())
    np.testing.assert_array_equal(halves.model.params.vector, whole.model.params.vector)
    np.testing.assert_array_equal(halves.model.params.part("decoder").vector, decoder)
    assert isinstance(vn.load(tmp_path / "halves"), FrozenDecoderVAE)
    assert json.loads((tmp_path / "halves/config.json").read_text())["start_from"] == str(source)


def test_a_start_that_is_missing_or_useless_is_refused(run, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(RunError, match='a FrozenDecoderVAE starts from another model: the config '
                                       'needs "start_from"'):
        Run.create(out, config("FrozenDecoderVAE"))
    with pytest.raises(RunError, match="a VAE does not start from another model"):
        Run.create(out, config("VAE", start_from=str(run)))
    with pytest.raises(RunError, match="there is no checkpoint at"):
        Run.create(out, config("FrozenDecoderVAE", start_from=str(tmp_path / "nowhere")))
    wider = config("FrozenDecoderVAE", start_from=str(run))
    wider["model"] = {**wider["model"], "z_dim": 5}
    with pytest.raises(RunError, match="cannot start from .*z_dim is 2, this model's 5"):
        Run.create(out, wider)
    assert not out.exists()


def test_codes_of_a_model_without_codes_are_refused(tmp_path):
    Run.create(tmp_path / "vae", config("VAE", epochs=0.1)).train(Silent())
    with pytest.raises(RunError, match="holds a VAE: codes come from an Autoencoder"):
        whiten_run(tmp_path / "vae", tmp_path / "white.npz")
