"""`vae-np export --web`: the weights of a small VAE as a script, or one sentence why not."""
import base64
import json
import re

import numpy as np
import pytest

import vae_np as vn
from vae_np.cli import main
from vae_np.runs import RunError, checkpoints
from vae_np.runs.web import export_web


def train(folder, *options):
    """A run on forty pictures of nine pixels."""
    pictures = folder.with_name("pictures.npy")
    np.save(pictures, np.random.default_rng(0).integers(0, 2, (40, 9)).astype(np.float32))
    given = {"--z-dim": "2", "--hidden": "3", **dict(zip(options[::2], options[1::2]))}
    assert main(["train", "--data", str(pictures), "--samples-seen", "100", "--out", str(folder),
                 *(word for pair in given.items() for word in pair)]) == 0
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return train(tmp_path_factory.mktemp("web") / "small", "--beta", "0.5")


def read(path):
    """(name, entry) of a script."""
    name, entry = re.fullmatch(r"\(globalThis\.VAE_WEIGHTS \?\?= \{\}\)\[(.*?)\] = (.*);\n",
                               path.read_text("utf-8")).groups()
    return json.loads(name), json.loads(entry)


def test_the_script_holds_every_weight_in_its_place(run, tmp_path):
    path = export_web(run, tmp_path / "page")
    assert path == tmp_path / "page" / "weights.js"
    name, entry = read(path)
    assert (name, entry["beta"], entry["activation"]) == ("small", 0.5, "tanh")
    numbers = np.frombuffer(base64.b64decode(entry["weights"]), "<f2")
    params, at = vn.load(run).params, 0
    assert [layer for layer, _ in entry["layers"]] == list(params)
    for layer, shape in entry["layers"]:
        size = int(np.prod(shape))
        np.testing.assert_array_equal(numbers[at:at + size].reshape(shape),
                                      params[layer].astype(np.float16))
        at += size
    assert at == len(numbers)


def test_the_command_writes_the_script_alone(run, tmp_path, capsys):
    capsys.readouterr()
    assert main(["export", str(run), str(tmp_path), "--web"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'weights.js'}\n"
    assert [path.name for path in tmp_path.iterdir()] == ["weights.js"]
    assert main(["export", str(run), str(tmp_path / "other"), "--web", "--no-weights"]) == 2
    assert "not allowed with argument" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()


def test_an_exported_copy_gives_the_same_script(run, tmp_path):
    assert main(["export", str(run), str(tmp_path / "small")]) == 0
    assert export_web(tmp_path / "small", tmp_path / "one").read_bytes() \
        == export_web(run, tmp_path / "two").read_bytes()


REFUSED = [(["--z-dim", "3"], "one with 3 latent dimensions"),
           (["--z-dim", "1"], "one with 1 latent dimension:"),
           (["--activation", "relu"], "one with the activation relu"),
           (["--likelihood", "gaussian-sigmoid"], "one with the likelihood gaussian-sigmoid"),
           (["--posterior", "planar:2"], "one with the posterior planar:2"),
           (["--prior", "mixture:2"], "one with the prior mixture:2"),
           (["--model", "autoencoder"], "an Autoencoder"),
           (["--model", "wake-sleep"], "a WakeSleep")]


@pytest.mark.parametrize("options, found", REFUSED, ids=[found for _, found in REFUSED])
def test_another_model_is_refused_in_one_sentence(tmp_path, capsys, options, found):
    folder = train(tmp_path / "run", *options)
    capsys.readouterr()
    assert main(["export", str(folder), str(tmp_path / "page"), "--web"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and len(err.splitlines()) == 1
    assert f"holds {found}" in err and "a page takes a VAE with two latent dimensions" in err
    assert not (tmp_path / "page").exists()


def test_what_else_cannot_be_written(run, tmp_path):
    with pytest.raises(RunError, match="no run folder"):
        export_web(tmp_path, tmp_path / "page")
    (tmp_path / "weights.js").mkdir()
    with pytest.raises(RunError, match="is a folder"):
        export_web(run, tmp_path)
    big = tmp_path / "big"
    big.mkdir()
    (big / "config.json").write_bytes((run / "config.json").read_bytes())
    model = vn.load(run)
    model.params.vector[0] = 1e5
    checkpoints.write(big / "checkpoint.npz",
                      {"model": {"class": "VAE", "config": model.config()}},
                      {"params": model.params.vector})
    with pytest.raises(RunError, match="65504"):
        export_web(big, tmp_path / "page")
    assert not (tmp_path / "page").exists()
