"""Every model by --model: train, evaluate, figures and sample on binary images."""
import json

import numpy as np
import pytest

from vae_np.catalogue import options

SMALL = {"rbm": ("--hidden", "5"), "dbn": ("--hidden", "5,4"), "mixture": ("--components", "3"),
         "gaussian-mixture": ("--components", "3"),
         "hierarchical": ("--hidden", "5", "--z-dim", "3,2")}
LATENT = ("--hidden", "5", "--z-dim", "2")
PICTURES = {"autoencoder": {"learning_curve.png"}}


@pytest.fixture
def digits(tmp_path):
    """40 binary images of 5 × 4 pixels, with labels, in a file of the user's own."""
    path, images = tmp_path / "digits.npz", np.random.default_rng(2).integers(2, size=(40, 5, 4))
    train, test = np.split(images.astype(np.float32), [36])
    np.savez(path, train=train, test=test, train_labels=np.arange(36) % 3,
             test_labels=np.arange(4) % 3)
    return path


@pytest.mark.parametrize("model", sorted(options()))
def test_all_the_way(call, digits, tmp_path, model):
    run = tmp_path / "run"
    code, _, err = call("train", "--model", model, "--data", digits, "--epochs", "2", "--out", run,
                        *SMALL.get(model, LATENT))
    assert code == 0, err
    assert json.loads((run / "config.json").read_text())["model"]["class"] == (
        options()[model].model.__name__)

    code, out, err = call("evaluate", run, "--num-samples", "9", "--json")
    if model == "autoencoder":
        assert code == 2 and "no likelihood" in err
    else:
        assert code == 0 and np.isfinite(json.loads(out)["nll"]), err
        assert call("evaluate", run, "--num-samples", "9")[0] == 0

    code, out, err = call("figures", run)
    made = {path.name for path in (run / "figures").iterdir()}
    assert code == 0 and made >= PICTURES.get(model, {"learning_curve.png", "prior_samples.png"})

    code, out, err = call("sample", run, "--n", "3", "--out", tmp_path / "draws.npy")
    if model == "autoencoder":
        assert code == 2 and "no density" in err
    else:
        assert code == 0 and np.load(tmp_path / "draws.npy").shape == (3, 20)


@pytest.mark.parametrize("model, option, value", [
    ("rbm", "--z-dim", "3"), ("mixture", "--hidden", "5"), ("vae", "--components", "5")])
def test_an_option_of_another_model_is_refused(refused, digits, tmp_path, model, option, value):
    line = refused("train", "--model", model, "--data", digits, option, value, "--out",
                   tmp_path / "run")
    assert f"{option} means nothing to --model {model}" in line
    assert not (tmp_path / "run").exists()


def test_a_setting_of_another_trainer_is_refused(refused, digits, tmp_path):
    line = refused("train", "--data", digits, "--gibbs-steps", "2", "--out", tmp_path / "run")
    assert "gibbs_steps means nothing to a VAE" in line


def test_grey_pixels_are_refused_by_what_speaks_of_0_and_1(refused, images, tmp_path):
    assert "0 and 1" in refused("train", "--model", "rbm", "--data", images, "--hidden", "5",
                                "--out", tmp_path / "run")
