"""Several layers of latents on the command line, from `train` to `evaluate`."""
import json

import pytest

import vae_np as vn

LAYERS = ("train", "--model", "hierarchical", "--batch-size", "10", "--epochs", "2")


@pytest.mark.parametrize("hidden, widths", [
    ("5", [[5], [5]]), ("6,5", [[6, 5], [6, 5]]), ("6,5;4", [[6, 5], [4]]), ("6;", [[6], []]),
    ("", [[], []])])
def test_each_layer_has_the_widths_that_were_asked_for(call, tmp_path, images, hidden, widths):
    folder = tmp_path / "run"
    words = ("--hidden", hidden, "--z-dim", "4,3", "--data", images, "--out", folder)
    assert call(*LAYERS, *words)[0] == 0
    config = vn.load(folder).config()
    assert config["hidden"] == widths and config["z_dim"] == [4, 3]
    code, out, _ = call(*LAYERS, *words, "--resume")  # the same again changes nothing
    assert code == 0 and "is finished" in out
    code, _, err = call(*LAYERS, "--z-dim", "4,2", "--out", folder, "--resume")
    assert code == 2 and "--z-dim cannot change on --resume: the run has [4, 3]" in err


@pytest.mark.parametrize("inference", ["bottom-up", "top-down", "ladder"])
def test_evaluate_tells_each_layer_s_use(call, tmp_path, images, inference):
    folder = tmp_path / "run"
    assert call(*LAYERS, "--hidden", "5", "--z-dim", "4,3,2", "--inference", inference, "--data",
                images, "--kl-warmup", "1", "--out", folder)[0] == 0
    code, out, _ = call("evaluate", folder, "--num-samples", "20", "--json")
    layers = json.loads(out)["layers"]
    assert code == 0 and [layer["z_dim"] for layer in layers] == [4, 3, 2]
    assert {"active_units", "kl", "kl_stderr"} < set(layers[0])
    code, out, _ = call("evaluate", folder, "--num-samples", "20")
    lines = [line for line in out.splitlines() if line.startswith("layer z")]
    assert [line.split()[1] for line in lines] == ["z1", "z2", "z3"] and "of 9" in out
