"""Labels on the command line: how they reach the model, what is told of them, what is refused."""
import json

import numpy as np
import pytest

import vae_np as vn
from vae_np.models import ConditionalVAE
from vae_np.runs import read_config

SMALL = ("--hidden", "5", "--z-dim", "2", "--epochs", "2")


@pytest.fixture
def digits(tmp_path):
    """digits(**labels) → a file of binary 5 × 4 images, 36 to train on and 9 to test."""
    def write(name="digits.npz", **labels):
        images = np.random.default_rng(2).integers(2, size=(45, 5, 4)).astype(np.float32)
        arrays = {"train": images[:36], "test": images[36:], "train_labels": np.arange(36) % 3,
                  "test_labels": np.arange(9) % 3, **labels}
        np.savez(tmp_path / name, **{key: value for key, value in arrays.items()
                                     if value is not None})
        return tmp_path / name
    return write


def test_condition_labels_all_the_way(call, digits, tmp_path):
    run, draws = tmp_path / "run", tmp_path / "draws.npy"
    code, _, err = call("train", "--condition", "labels", "--data", digits(), "--out", run, *SMALL)
    assert code == 0, err
    assert isinstance(vn.load(run), ConditionalVAE) and vn.load(run).labels == 3
    code, out, _ = call("evaluate", run, "--num-samples", "9")
    assert code == 0 and "NLL -log p(x|y)" in out and "the same of p(x), labels summed" in out
    assert "not comparable with a model's of p(x)" in out
    code, out, _ = call("evaluate", run, "--num-samples", "9", "--json")
    result = json.loads(out)
    assert result["given"] == "label" and np.isfinite(result["nll_any_label"])
    code, out, _ = call("sample", run, "--label", "2", "--n", "4", "--out", draws)
    assert code == 0 and "4 draws from p(x|y)" in out
    np.testing.assert_array_equal(np.load(draws), vn.load(run).sample(
        4, np.random.default_rng(0), 2))
    assert call("sample", run, "--label", "0", "--out", tmp_path / "draws.png")[0] == 0
    assert call("figures", run)[0] == 0
    assert {"styles.png", "analogies.png"} <= {path.name for path in (run / "figures").iterdir()}
    again = "train", "--out", run, "--resume", "--condition", "labels"
    assert call(*again, "--epochs", "3")[0] == 0


def test_points_with_labels_are_drawn_as_a_picture(call, tmp_path):
    """--label reaches the plane's picture as it reaches the images'."""
    run, points = tmp_path / "run", np.random.default_rng(3).normal(size=(30, 2))
    np.savez(tmp_path / "plane.npz", train=points[:20], test=points[20:],
             train_labels=np.arange(20) % 3, test_labels=np.arange(10) % 3)
    assert call("train", "--condition", "labels", "--data", tmp_path / "plane.npz", "--likelihood",
                "gaussian", "--out", run, *SMALL)[0] == 0
    code, out, err = call("sample", run, "--label", "2", "--out", tmp_path / "points.png")
    assert code == 0 and "64 draws from p(x|y)" in out, err
    assert (tmp_path / "points.png").read_bytes().startswith(b"\x89PNG")


def test_a_conditional_score_has_its_bound(call, digits, tmp_path):
    """The bound on log p(x|y) stands beside it, from the same draws, as for every encoder."""
    run, out = tmp_path / "run", tmp_path / "s.npz"
    assert call("train", "--condition", "labels", "--data", digits(), "--out", run, *SMALL)[0] == 0
    code, said, err = call("score", run, "--num-samples", "20", "--out", out)
    assert code == 0 and "mean log p(x|y)" in said and "not comparable" in err
    found = np.load(out)
    assert (found["bound"] < found["log_px"]).all()  # Jensen's inequality, of one set of weights
    assert (found["bound_stderr"] > 0.0).all()


def test_semi_supervised_says_how_often_it_is_right(call, digits, tmp_path):
    run = tmp_path / "run"
    code, _, err = call("train", "--model", "semi-supervised", "--labelled", "6", "--data",
                        digits(), "--out", run, *SMALL)
    assert code == 0, err
    assert read_config(run)["training"]["labelled"] == 6
    code, out, _ = call("evaluate", run, "--num-samples", "9")
    assert code == 0 and "labels guessed right" in out and "NLL -log p(x) " in out
    result = json.loads((run / "evaluation.json").read_text())
    assert 0.0 <= result["accuracy"] <= 1.0 and "given" not in result
    unlabelled = digits("other.npz", train_labels=None, test_labels=None)
    code, out, _ = call("evaluate", run, "--num-samples", "9", "--data", unlabelled, "--json")
    assert code == 0 and "accuracy" not in json.loads(out)


def test_data_without_labels_are_refused(refused, digits, images, tmp_path):
    out = tmp_path / "run"
    for model in (("--condition", "labels"), ("--model", "semi-supervised")):
        assert "has no labels, and this kind of model needs them" in refused(
            "train", *model, "--data", images, "--out", out, *SMALL)
    half = digits(test_labels=None)
    assert "the test data of " in (line := refused(
        "train", "--condition", "labels", "--data", half, "--out", out, *SMALL))
    assert "has no labels, and this model needs one for each" in line
    line = refused("train", "--condition", "labels", "--data",
                   digits(train_labels=np.arange(36) % 3 - 2), "--out", out, *SMALL)
    assert "must lie between 0 and 2" in line and "one of them is -2" in line
    assert "must be whole numbers" in refused(
        "train", "--condition", "labels", "--data", digits(train_labels=np.arange(36) / 2),
        "--out", out, *SMALL)
    assert not out.exists()


def test_labels_that_number_no_classes_are_refused(refused, digits, tmp_path):
    """A code such as 20261127 is no count: it would ask for as many columns of weights."""
    coded = digits(train_labels=np.arange(36) % 3 + 20261127)
    for model in ("conditional", "semi-supervised"):
        assert "number the classes 0, 1, 2" in refused(
            "train", "--model", model, "--data", coded, "--out", tmp_path / "run", *SMALL)
    assert not (tmp_path / "run").exists()


def test_what_has_no_use_for_labels_says_so(refused, call, digits, tmp_path):
    run = tmp_path / "run"
    assert "--condition labels is for a VAE, not for --model rbm" in refused(
        "train", "--model", "rbm", "--condition", "labels", "--data", digits(), "--out", run)
    assert "labelled means nothing to a VAE" in refused(
        "train", "--labelled", "6", "--data", digits(), "--out", run, *SMALL)
    assert "labelled = 50 takes 17 examples of class 0, and the training data have 12" in refused(
        "train", "--model", "semi-supervised", "--labelled", "50", "--data", digits(), "--out",
        run, *SMALL)
    assert call("train", "--data", digits(), "--out", run, *SMALL)[0] == 0
    assert "holds a VAE, which takes no --label" in refused(
        "sample", run, "--label", "1", "--out", tmp_path / "draws.npy")
    assert "model cannot change on --resume" in refused(
        "train", "--out", run, "--resume", "--condition", "labels")


def test_a_label_that_is_not_there_is_refused(refused, call, digits, tmp_path):
    run = tmp_path / "run"
    assert call("train", "--condition", "labels", "--data", digits(), "--out", run, *SMALL)[0] == 0
    assert "must lie between 0 and 2" in refused("sample", run, "--label", "3", "--out",
                                                 tmp_path / "draws.npy")


def test_labels_that_have_changed_are_not_resumed_with(refused, call, digits, tmp_path):
    """The same images: only a model that sees the labels minds."""
    run, plain = tmp_path / "run", tmp_path / "plain"
    assert call("train", "--condition", "labels", "--data", digits(), "--out", run, *SMALL)[0] == 0
    assert call("train", "--data", digits(), "--out", plain, *SMALL)[0] == 0
    digits(train_labels=np.arange(36)[::-1] % 3)
    line = refused("train", "--out", run, "--resume", "--epochs", "3")
    assert "it has the same rows, but other labels for training" in line
    assert call("train", "--out", plain, "--resume", "--epochs", "3")[0] == 0
