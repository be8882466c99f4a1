"""Whatever the user gets wrong: one helpful line on stderr, exit code 2, no traceback."""
import json
import sys

import numpy as np
import pytest

import vae_np
from vae_np import cli
from vae_np.cli import commands

WRONG_OPTIONS = [
    ("train", "--out is missing", [], "required: --out"),
    ("train", "unknown", ["--epoch", "3"], "unknown argument '--epoch': did you mean --epochs?"),
    ("train", "unknown", ["--learning_rate=3"], "unknown argument '--learning_rate=3'"),
    ("train", "stray", ["runs/demo"], "unknown argument 'runs/demo' (see vae-np train --help)"),
    ("train", "both", ["--resume", "--overwrite"], "--overwrite: not allowed with argument"),
    ("train", "both", ["--epochs", "1", "--samples-seen", "9"], "--samples-seen: not allowed"),
    ("train", "choice", ["--optimizer", "adamw"], "invalid choice: 'adamw' (choose from"),
    ("train", "choice", ["--activation", "gelu"], "invalid choice: 'gelu' (choose from"),
    ("train", "choice", ["--binarize", "yes"], "invalid choice: 'yes' (choose from"),
    ("train", "likelihood", ["--likelihood", "poisson"], "unknown likelihood 'poisson': use"),
    ("train", "likelihood", ["--likelihood", "gaussian:-1"], "must be a positive number"),
    ("train", "likelihood", ["--likelihood", "gaussian:x"], "must be a positive number"),
    ("train", "number", ["--lr", "fast"], "--lr: 'fast' is not a number"),
    ("train", "number", ["--lr", "-1"], "lr must be a positive number, not -1.0"),
    ("train", "number", ["--lr", "nan"], "lr must be a positive number, not nan"),
    ("train", "number", ["--epochs", "0"], "epochs must be a positive number, not 0.0"),
    ("train", "number", ["--epochs", "inf"], "epochs must be a positive number, not inf"),
    ("train", "number", ["--momentum", "1"], "momentum must be a number in [0, 1), not 1.0"),
    ("train", "number", ["--adam-eps", "0"], "adam_eps must be a positive number, not 0.0"),
    ("train", "number", ["--kl-warmup", "-1"], "kl_warmup must be a number of epochs, 0 or more"),
    ("train", "whole", ["--batch-size", "1.5"], "'1.5' is not a whole number of at least 1"),
    ("train", "whole", ["--batch-size", "0"], "'0' is not a whole number of at least 1"),
    ("train", "whole", ["--z-dim", "two"], "'two' is not a whole number of at least 1"),
    ("train", "whole", ["--seed", "-1"], "'-1' is not a whole number of at least 0"),
    ("train", "whole", ["--hidden", "200,,200"], "'' is not a whole number of at least 1"),
    ("train", "whole", ["--hidden", "200;2x"], "'2x' is not a whole number of at least 1"),
    ("train", "layers", ["--hidden", "200;200"], "--hidden of --model vae is one list, such as"),
    ("train", "layers", ["--z-dim", "9,5"], "--z-dim of --model vae is one number, such as 20"),
    ("train", "layers", ["--model", "mcem", "--z-dim", "9,5"], "are for --model hierarchical"),
    ("train", "layers", ["--model", "hierarchical", "--z-dim", "9"], "must be two or more widths"),
    ("train", "layers", ["--model", "hierarchical", "--z-dim", "9,0"], "'0' is not a whole"),
    ("train", "layers", ["--model", "hierarchical", "--hidden", "5;5;5"], "each of the 2 layers"),
    ("train", "layers", ["--model", "hierarchical", "--inference", "up"], "invalid choice: 'up'"),
    ("train", "layers", ["--model", "hierarchical", "--posterior", "iaf:2x5"],
     "--posterior means nothing to --model hierarchical"),
    ("train", "layers", ["--model", "hierarchical", "--estimator", "B"], "z1 is drawn before"),
    ("train", "layers", ["--inference", "ladder"], "--inference means nothing to --model vae"),
    ("train", "beyond", ["--eval-at", "1e9"], "eval_at 1000000000 lies beyond the end"),
    ("train", "too big", ["--z-dim", "1e12"], "Unable to allocate"),
    ("train", "unknown data", ["--data", "mnist5"], "did you mean mnist5k?"),
    ("train", "no file", ["--data", "nowhere.npy"], "nowhere.npy: no such file"),
    ("evaluate", "no run", [], "required: RUN"),
    ("evaluate", "no folder", ["nowhere"], "no checkpoint at nowhere: `vae-np train"),
    ("evaluate", "whole", ["x", "--num-samples", "1"], "'1' is not a whole number of at least 2"),
    ("evaluate", "whole", ["x", "--limit", "-3"], "'-3' is not a whole number of at least 1"),
    ("sample", "no folder", ["nowhere"], "no checkpoint at nowhere"),
    ("figures", "no folder", ["nowhere"], "no checkpoint at nowhere"),
    ("download", "unknown", ["cifar"], "nothing to download for 'cifar'; downloads exist for"),
    ("trian", "command", [], "invalid choice: 'trian' (choose from"),
]


@pytest.mark.parametrize("command, kind, arguments, complaint", WRONG_OPTIONS,
                         ids=[f"{c}-{k}-{' '.join(a)}" for c, k, a, _ in WRONG_OPTIONS])
def test_wrong_options(refused, tmp_path, monkeypatch, command, kind, arguments, complaint):
    monkeypatch.chdir(tmp_path)
    out = ["--out", "run"] if command == "train" and kind != "--out is missing" else []
    assert complaint in refused(command, *arguments, *out)
    assert not list(tmp_path.iterdir())  # and nothing was written


def test_no_command_at_all(refused):
    assert "required: COMMAND (see vae-np --help)" in refused()


@pytest.mark.parametrize("array, complaint", [
    (np.full((9, 3), np.nan), "values that are not finite"),
    (np.arange(27.0).reshape(9, 3), "must lie in [0, 1] for this likelihood"),
    (np.full((9, 3), 255, np.uint8) - np.eye(9, 3, dtype=np.uint8), "divide by 255?"),
    (np.array([["a", 1]] * 9, dtype=object), "Python objects"),
    (np.zeros(9), "(N, D) or (N, H, W) is needed"), (np.zeros((0, 3)), "is empty"),
    (np.zeros((1, 3)), "has one row")])
def test_bad_arrays(refused, tmp_path, array, complaint):
    np.save(tmp_path / "bad.npy", array)
    assert complaint in refused("train", "--data", tmp_path / "bad.npy", "--out", tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_what_cannot_be_read(refused, tmp_path):
    files = {"text.npy": b"hello", "empty.npz": b"", "words.csv": b"a,b\nc,d\n"}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        assert name in refused("train", "--data", tmp_path / name, "--out", tmp_path / "run")
    (tmp_path / "folder.npy").mkdir()
    assert "no such file" in refused("train", "--data", tmp_path / "folder.npy", "--out", "run")


def test_a_gpu_without_cupy(refused, tmp_path, images, monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    line = refused("train", "--data", images, "--device", "cuda", "--out", tmp_path / "run")
    assert "needs CuPy, which is not installed" in line and not (tmp_path / "run").exists()


def test_binarising_what_is_no_probability(refused, tmp_path):
    line = refused("train", "--data", "pinwheel", "--likelihood", "gaussian", "--binarize",
                   "dynamic", "--out", tmp_path / "run")
    assert "must lie in [0, 1]" in line


@pytest.mark.parametrize("command", [
    ["train", "--out="], ["train", "--out", "", "--overwrite"], ["train", "--out", "r", "--data="],
    ["evaluate", ""], ["sample", ""], ["sample", "r", "--out="], ["figures", ""],
    ["export", "", "copy"], ["export", "r", ""], ["reproduce", "toy", "--out="],
    ["reproduce", "fig4", "--runs="], ["reproduce", "toy", "--export="]], ids=" ".join)
def test_an_empty_name_is_not_the_current_folder(refused, tmp_path, monkeypatch, command):
    """As `--out "$OUT"` gives it where OUT is not set."""
    monkeypatch.chdir(tmp_path)
    assert "an empty name, as of a variable that is not set" in refused(*command)
    assert not list(tmp_path.iterdir())


def test_an_occupied_folder(refused, run_folder, images):
    line = refused("train", "--data", images, "--out", run_folder)
    assert "--resume" in line and "--overwrite" in line


def test_out_that_is_a_file_or_cannot_be_made(refused, tmp_path, images):
    assert "is a file" in refused("train", "--data", images, "--out", images)
    assert "Not a directory" in refused("train", "--data", images, "--out", images / "below")


def test_resume_without_a_checkpoint(refused, tmp_path):
    assert "no checkpoint to resume" in refused("train", "--out", tmp_path / "none", "--resume")


@pytest.mark.parametrize("option, value, said", [
    ("--lr", "0.5", "--lr cannot change on --resume: the run has None, you gave 0.5"),
    ("--hidden", "7,7", "--hidden cannot change on --resume: the run has [5], you gave [7, 7]"),
    ("--batch-size", "20", "--batch-size cannot change"), ("--seed", "1", "--seed cannot change"),
    ("--data", "mnist5k", "--data cannot change"), ("--eval-every", "3", "--eval-every cannot"),
    ("--likelihood", "gaussian", "--likelihood cannot change"),
    ("--no-output-bias", None, "--no-output-bias cannot change")])
def test_resume_with_another_option(refused, run_folder, option, value, said):
    before = (run_folder / "config.json").read_bytes()
    arguments = [option] if value is None else [option, value]
    assert said in refused("train", "--out", run_folder, "--resume", "--epochs", "5", *arguments)
    assert (run_folder / "config.json").read_bytes() == before


def test_resume_to_fewer_epochs(refused, run_folder):
    assert "samples already" in refused("train", "--out", run_folder, "--resume", "--epochs", "1")


@pytest.mark.parametrize("command", ["evaluate", "sample", "figures"])
@pytest.mark.parametrize("damage, complaint", [
    (lambda run, data: (run / "checkpoint.npz").write_bytes(b"half"), "is damaged or no check"),
    (lambda run, data: (run / "checkpoint.npz").unlink(), "there is no checkpoint"),
    (lambda run, data: (run / "config.json").unlink(), "has no config.json"),
    (lambda run, data: (run / "config.json").write_text("{"), "not JSON"),
    (lambda run, data: data.unlink(), "images.npy: no such file")])
def test_a_damaged_run(refused, run_folder, images, tmp_path, command, damage, complaint):
    damage(run_folder, images)
    out = ["--out", tmp_path / "x.png"] if command == "sample" else []
    assert complaint in refused(command, run_folder, *out)


@pytest.mark.parametrize("command", ["evaluate", "figures"])
def test_data_of_another_width(refused, run_folder, command):
    assert "columns" in refused(command, run_folder, "--data", "pinwheel")


@pytest.mark.parametrize("name, complaint", [
    ("draws.jpg", "--out must end in .png or .npy, not 'draws.jpg'"),
    ("missing/draws.npy", "cannot write"), ("missing/draws.png", "cannot write")])
def test_sampling_into_the_wrong_place(refused, run_folder, tmp_path, name, complaint):
    assert complaint in refused("sample", run_folder, "--out", tmp_path / name)


def test_draws_do_not_replace_the_data(refused, run_folder, images, tmp_path):
    before = images.read_bytes()
    (tmp_path / "link.npy").symlink_to(images)
    np.save(tmp_path / "other.npy", np.load(images))
    other = tmp_path / "other.npy"
    for out, more, whose in ((images, [], "of"), (tmp_path / "link.npy", [], "of"),
                             (other, ["--data", other], "that are read")):
        assert f"holds the data {whose}" in refused("sample", run_folder, "--out", out, *more)
    assert images.read_bytes() == before and (tmp_path / "link.npy").is_symlink()


def test_pictures_without_matplotlib(refused, run_folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for name in [name for name in sys.modules if name.startswith("vae_np.figures")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr(vae_np, "figures", raising=False)
    assert refused("figures", run_folder) == ("vae-np: pictures need matplotlib, which is not "
                                              "installed: pip install matplotlib")


@pytest.mark.parametrize("error, code, line", [
    (KeyboardInterrupt(), 130, "vae-np: interrupted\n"),
    (OSError(28, "No space left on device"), 2, "vae-np: [Errno 28] No space left on device\n"),
    (ValueError("two\n  lines"), 2, "vae-np: two lines\n")])
def test_errors_become_one_line(call, run_folder, monkeypatch, error, code, line):
    def fail(*args, **kwargs):
        raise error
    monkeypatch.setattr(commands.evaluation, "evaluate", fail)
    assert call("evaluate", run_folder) == (code, "", line)


def test_a_bug_is_not_dressed_up_as_a_users_mistake(run_folder, monkeypatch):
    monkeypatch.setattr(commands.evaluation, "evaluate", lambda *args, **kwargs: {}["bug"])
    with pytest.raises(KeyError):
        cli.main(["evaluate", str(run_folder)])


def test_a_config_of_wrong_types(refused, run_folder):
    config = json.loads((run_folder / "config.json").read_text())
    config["training"]["colour"] = "red"
    (run_folder / "config.json").write_text(json.dumps(config))
    line = refused("train", "--out", run_folder, "--resume")
    assert "config.json does not describe a run" in line and "colour" in line
