"""train → evaluate → sample → figures on a user's own data, as the README promises."""
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

import vae_np as vn
from vae_np import cli, runs

DESIGN_KEYS = ["elbo", "nll", "nll_stderr", "nll_mc_stderr", "ess_median", "n", "num_samples"]
ROOT = Path(vn.__file__).parents[1]


@pytest.fixture
def plane(tmp_path, call):
    """A finished run on points in the plane."""
    folder = tmp_path / "plane"
    assert call("train", "--data", "two-moons", "--likelihood", "gaussian", "--z-dim", "2",
                "--hidden", "8", "--samples-seen", "2000", "--out", folder)[0] == 0
    return folder


def test_own_images_all_the_way(call, run_folder, tmp_path):
    code, out, err = call("evaluate", run_folder, "--num-samples", "9", "--json")
    assert code == 0 and err == "" and out.count("\n") == 1
    result = json.loads(out)
    assert set(DESIGN_KEYS) <= set(result) and result["n"] == 4 and result["num_samples"] == 9
    assert json.loads((run_folder / "evaluation.json").read_text()) == result

    code, out, err = call("sample", run_folder, "--n", "5", "--out", tmp_path / "draws.npy")
    assert code == 0 and "5 draws" in out
    draws = np.load(tmp_path / "draws.npy", allow_pickle=False)
    assert draws.shape == (5, 20) and set(np.unique(draws)) <= {0, 1}

    assert call("sample", run_folder, "--n", "4", "--out", tmp_path / "draws.png")[0] == 0
    assert (tmp_path / "draws.png").read_bytes().startswith(b"\x89PNG")

    code, out, err = call("figures", run_folder)
    paths = [Path(line) for line in out.splitlines()]
    assert code == 0 and sorted(paths) == sorted((run_folder / "figures").iterdir())
    assert {"learning_curve.png", "manifold.png", "reconstructions.png"} <= {p.name for p in paths}
    assert not [line for line in err.splitlines() if not line.startswith("left out ")]


def test_points_in_the_plane_all_the_way(call, plane, tmp_path):
    result = json.loads(call("evaluate", plane, "--limit", "50", "--num-samples", "20",
                             "--json")[1])
    assert result["n"] == 50 and result["notes"] == [] and np.isfinite(result["nll"])
    assert call("sample", plane, "--out", tmp_path / "points.png")[0] == 0
    code, out, err = call("figures", plane)
    names = {Path(line).name for line in out.splitlines()}
    assert code == 0 and "samples_2d.png" in names and "reconstructions.png" not in names
    assert "the data are not images" in err  # and a word about what was left out


def test_the_pictures_show_the_data_as_the_model_saw_them(call, tmp_path, images, monkeypatch):
    folder = tmp_path / "binary"
    assert call("train", "--data", images, "--hidden", "", "--epochs", "1", "--binarize",
                "dynamic", "--out", folder)[0] == 0
    shown = []
    from vae_np import figures
    monkeypatch.setattr(figures, "save_run_figures",
                        lambda model, data, *rest, **options: shown.append(data.test) or [])
    assert call("figures", folder)[0] == 0
    assert set(np.unique(shown[0])) == {0, 1}


def test_numbers_repeat_with_the_seed(call, run_folder):
    results = [call("evaluate", run_folder, "--num-samples", "5", "--seed", seed, "--json")[1]
               for seed in (3, 3, 4)]
    assert results[0] == results[1] != results[2]


def test_evaluate_in_words(call, run_folder, plane):
    out = call("evaluate", plane, "--num-samples", "5", "--limit", "20")[1]
    assert "NLL -log p(x) (lower is better)" in out and "bound (higher is better)" in out
    assert "20 of two-moons" in out and "importance samples, Monte Carlo error" in out


def test_grey_pixels_are_not_called_a_likelihood(call, run_folder, tmp_path, images):
    """A Bernoulli score of grey pixels is a bound score; on 0/1 data it is a likelihood."""
    code, out, err = call("evaluate", run_folder, "--num-samples", "5")
    assert "NLL" not in out and "score (lower is better)" in out
    assert "bound scores, not bounds on a likelihood" in out
    note = json.loads((run_folder / "evaluation.json").read_text())["notes"][0]
    assert note.startswith("grey pixels under a Bernoulli decoder")

    folder = tmp_path / "binary"
    call("train", "--data", images, "--binarize", "fixed", "--epochs", "1", "--out", folder)
    out = call("evaluate", folder, "--num-samples", "5")[1]
    assert "NLL" in out and "note" not in out


def test_a_quick_look_does_not_replace_a_long_evaluation(call, run_folder):
    path = run_folder / "evaluation.json"

    def kept():
        return json.loads(path.read_text())

    call("evaluate", run_folder, "--num-samples", "9")
    before = kept()
    err = call("evaluate", run_folder, "--num-samples", "8")[2]
    after = kept()
    after.pop("other_looks")
    assert after == before and "more samples" in err
    call("evaluate", run_folder, "--num-samples", "20", "--limit", "2")
    assert kept()["num_samples"] == 9
    call("evaluate", run_folder, "--num-samples", "9", "--seed", "1")
    assert kept()["nll"] != before["nll"]
    path.write_text("not JSON")
    call("evaluate", run_folder, "--num-samples", "2")
    assert kept()["num_samples"] == 2 and "other_looks" not in kept()


def test_every_look_at_the_test_set_is_noted(call, run_folder):
    """Each evaluation of the run's own test set that gives another number, whichever is kept; not
    one that repeats what is known, nor one of fewer examples.
    """
    path, found = run_folder / "evaluation.json", []
    for options in (("8",), ("9",), ("5",), ("9", "--seed", "1"), ("9", "--seed", "1"),
                    ("7", "--limit", "3")):
        out = call("evaluate", run_folder, "--json", "--num-samples", *options)[1]
        found.append(json.loads(out))
    looks = json.loads(path.read_text())["other_looks"]
    assert [look["num_samples"] for look in looks] == [8, 5, 9]
    assert [look["nll"] for look in looks] == [found[i]["nll"] for i in (0, 2, 1)]


def test_other_data_do_not_replace_the_runs_own_evaluation(call, run_folder, tmp_path, images):
    call("evaluate", run_folder, "--num-samples", "5")
    before = (run_folder / "evaluation.json").read_text()
    np.save(tmp_path / "other.npy", np.load(images)[:20])
    out = call("evaluate", run_folder, "--num-samples", "5", "--data", tmp_path / "other.npy")[1]
    assert f"20 of {tmp_path / 'other.npy'}" in out
    assert (run_folder / "evaluation.json").read_text() == before


def test_data_that_have_moved_can_be_pointed_at(call, run_folder, images, tmp_path):
    images.rename(tmp_path / "moved.npy")
    code, out, err = call("evaluate", run_folder, "--num-samples", "5")
    assert code == 2 and "images.npy: no such file" in err
    assert call("evaluate", run_folder, "--num-samples", "5", "--data",
                tmp_path / "moved.npy")[0] == 0


def test_a_finished_run_says_so_and_more_epochs_go_on(call, run_folder, images):
    code, out, err = call("train", "--out", run_folder, "--resume")
    assert (code, err) == (0, "") and "is finished: 72 samples seen, 2 epochs" in out
    # The command that began the run may simply be given again, with --resume.
    code, out, err = call("train", "--data", images, "--hidden", "5", "--z-dim", "2",
                          "--batch-size", "10", "--epochs", "3", "--out", run_folder, "--resume")
    assert code == 0 and out.startswith(f"trained: {run_folder}")
    assert [r["epoch"] for r in runs.read_metrics(run_folder)] == [1, 2, 3]


def test_samples_seen_can_be_followed_by_epochs(call, tmp_path, images):
    arguments = ("train", "--data", images, "--hidden", "", "--out", tmp_path / "run")
    assert call(*arguments, "--samples-seen", "10")[0] == 0
    assert call(*arguments, "--resume", "--epochs", "2")[0] == 0
    assert runs.read_metrics(tmp_path / "run")[-1]["samples_seen"] == 72


def test_equal_ways_to_write_a_likelihood_are_equal(call, tmp_path, images):
    arguments = ("train", "--data", images, "--out", tmp_path / "run", "--likelihood")
    assert call(*arguments, "gaussian:0.1", "--epochs", "1")[0] == 0
    assert call(*arguments, "gaussian:.10", "--resume", "--epochs", "2")[0] == 0


def test_resume_may_repeat_a_default_that_the_config_does_not_name(call, images, tmp_path):
    folder = tmp_path / "run"
    assert call("train", "--data", images, "--hidden", "", "--epochs", "1", "--out",
                folder)[0] == 0
    config = json.loads((folder / "config.json").read_text())
    del config["model"]["prior"], config["model"]["init"]
    (folder / "config.json").write_text(json.dumps(config))
    assert call("train", "--out", folder, "--resume", "--epochs", "2", "--prior",
                "standard-normal", "--init", "glorot")[0] == 0


def test_overwrite(call, run_folder, images):
    code, out, err = call("train", "--data", images, "--hidden", "", "--epochs", "1", "--out",
                          run_folder, "--overwrite")
    assert code == 0 and vn.load(run_folder).hidden == ()


def test_defaults_follow_data_and_initialisation(call, tmp_path):
    def training(*arguments):
        folder = tmp_path / "-".join(["run", *arguments])
        assert call("train", "--out", folder, "--overwrite", "--epochs", "1",
                    "--data", "mnist5k:20", *arguments)[0] == 0
        return json.loads((folder / "config.json").read_text())["training"]

    assert training()["binarize"] == "dynamic" and training()["output_bias"]
    assert training("--likelihood", "gaussian")["binarize"] == "none"
    assert training("--binarize", "none")["binarize"] == "none"
    assert training("--model", "mixture", "--components", "2")["binarize"] == "fixed"
    assert not training("--init", "paper")["output_bias"]


def test_python_m_is_the_vae_np_command(call):
    """`python -m vae_np` and `vae-np` run the same function and print the same."""
    done = subprocess.run([sys.executable, "-m", "vae_np", "--version"], text=True, timeout=60,
                          env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == call("--version")
    assert done.stdout == f"vae-np {vn.__version__}\n"
    if (ROOT / "pyproject.toml").exists():
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        assert project["scripts"]["vae-np"] == f"{cli.__name__}:{cli.main.__name__}"


def test_the_exit_code_reaches_the_shell(tmp_path):
    done = subprocess.run([sys.executable, "-m", "vae_np", "evaluate", "nowhere"], text=True,
                          env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True,
                          timeout=60, cwd=tmp_path)
    assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1


def test_a_latin_terminal_does_not_break_the_table(tmp_path, run_folder):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-m", "vae_np", "evaluate", str(run_folder),
                           "--num-samples", "2"], env=environment, capture_output=True, timeout=60)
    assert done.returncode == 0 and b" ? " in done.stdout and done.stderr == b""
