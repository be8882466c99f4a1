"""--help teaches: every option is explained, defaults are stated, nothing is too wide."""
import re

import pytest

from vae_np import cli
from vae_np.catalogue import settings
from vae_np.cli.commands import MODEL_OPTIONS, RUN_OPTIONS

COMMANDS = ["train", "evaluate", "score", "encode", "reconstruct", "impute", "sample", "figures",
            "export", "gradcheck", "download", "reproduce"]


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_fits_and_comes_alone(call, command):
    code, out, err = call(*command.split(), "--help")
    assert code == 0 and err == ""
    assert max(map(len, out.splitlines())) <= 96 and "==SUPPRESS==" not in out


def test_the_first_help_names_every_command_and_a_first_run(call):
    out = call("--help")[1]
    for command in COMMANDS:
        assert re.search(rf"^    {command} +\w", out, re.MULTILINE), command
    assert "vae-np train --data mnist5k" in out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_explained(command):
    needed = {"train": ["--out", "x"], "gradcheck": [], "reproduce": ["fig2"],
              "export": ["x", "y"]}.get(command, ["x"])
    parser = cli.build_parser().parse_args([command, *needed]).parser
    for action in parser._actions:
        assert action.help and len(action.help) > 8, action.option_strings


def test_train_states_each_default(call):
    """In words near the option: the value that the code takes."""
    text = call("train", "--help")[1]
    defaults = {**RUN_OPTIONS, **MODEL_OPTIONS,
                **{name: rows[0][0].default for name, rows in settings().items()}}
    said = {"hidden": "500 (default", "seed": "(default 0)", "kl_warmup": "(default 0.0:",
            "lr": "default: adam 0.001, adagrad 0.02, sgd 0.0001", "mc_samples": "(default 1:",
            "epochs": "(default 50)", "eval_every": "(default 1)", "centre": "(default on)",
            "binarize": "none (default elsewhere)", "output_bias": "off for --init paper",
            "missing": "(default off:", "adam_eps": "(default 1e-08",
            "labelled": "(default: all)", "data": "mnist5k (default"}
    for name, default in defaults.items():
        if name in ("samples_seen", "eval_at"):
            continue  # off unless asked for
        option = name.replace("_", "-")
        start = re.search(rf"^  --{option}\b", text, re.MULTILINE).start()
        words = " ".join(text[start:start + 600].split())
        expected = said.get(name, f"{default} (default|default {default}|B (default")
        assert any(phrase in words for phrase in expected.split("|")), (name, words)


def test_every_setting_of_a_run_has_its_option():
    parser = cli.build_parser().parse_args(["train", "--out", "x"]).parser
    options = {action.dest for action in parser._actions}
    assert {*RUN_OPTIONS, *MODEL_OPTIONS, *settings()} <= options
