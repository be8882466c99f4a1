"""A run that was stopped and resumed is bit for bit the run that never stopped."""
import json
from signal import SIGINT, SIGKILL, SIGTERM

import numpy as np
import pytest

from vae_np.runs import Run, RunError, checkpoints, folders, read_metrics

VARIANTS = {
    "adam": {},
    "adagrad": {"optimizer": "adagrad", "gather": 2},
    "sgd": {"optimizer": "sgd", "momentum": 0.5, "schedule": "staged"},
    "fixed pixels": {"binarize": "fixed"},
    "grey pixels": {"binarize": "none", "schedule": "constant"},
    "estimator A, two samples": {"estimator": "A", "mc_samples": 2},
    "KL warm-up": {"kl_warmup": 1.6},
    "importance weights": {"estimator": "IW", "mc_samples": 3, "gradient": "dreg", "beta": 0.8},
    "weight prior on all": {"weight_prior": "all"},
    "weight prior on the decoder": {"weight_prior": "decoder", "optimizer": "adagrad"},
    "samples seen": {"samples_seen": 95, "eval_at": [15, 37, 70], "eval_every": 2},
    "learned variance, float64": {"likelihood": "gaussian", "binarize": "none",
                                  "dtype": "float64"},
}
STOPS = (10, 37, 57, 67, 74)  # within an epoch and at its end, early and late


@pytest.mark.parametrize("signals", [(SIGINT, SIGTERM), (SIGKILL,)], ids=["signals", "killed"])
@pytest.mark.parametrize("changes", VARIANTS.values(), ids=VARIANTS)
def test_resume_is_bit_for_bit(changes, signals, config, tmp_path, finish, stop, outcome,
                               monkeypatch):
    monkeypatch.setattr(folders, "EPOCH_CHECKPOINT_SECONDS", 0.0)
    finish(Run.create(tmp_path / "straight", config(**changes)))

    folder = tmp_path / "stopped"
    run = Run.create(folder, config(**changes))
    for i, samples in enumerate(STOPS):
        stop(run, samples, signals[i % len(signals)])
        # Killed within the first epoch, a run has no checkpoint and begins anew.
        run = (Run.resume(folder) if (folder / "checkpoint.npz").exists()
               else Run.create(folder, config(**changes)))
    finish(run)
    assert outcome(folder) == outcome(tmp_path / "straight")


def test_a_kill_between_record_and_checkpoint_leaves_no_record_twice(config, tmp_path, finish,
                                                                     stop, outcome, monkeypatch):
    monkeypatch.setattr(folders, "EPOCH_CHECKPOINT_SECONDS", 0.0)
    finish(Run.create(tmp_path / "straight", config()))
    run = Run.create(tmp_path / "killed", config())
    stop(run, 37, SIGINT)
    stop(Run.resume(run.folder), 74, SIGKILL)
    ahead = (run.folder / "metrics.jsonl").read_text()
    assert len(ahead.splitlines()) == 2
    assert checkpoints.read(run.checkpoint_path)[0]["records"] == 1
    (run.folder / "metrics.jsonl").write_text(ahead + '{"epoch": 3.0, "half a li')
    finish(Run.resume(run.folder))
    assert outcome(run.folder) == outcome(tmp_path / "straight")


def test_metrics_that_were_deleted_are_not_counted(config, tmp_path, finish):
    run = Run.create(tmp_path / "run", config())
    finish(run)
    (run.folder / "metrics.jsonl").unlink()
    finish(Run.resume(run.folder, {"epochs": 5}))
    assert [record["epoch"] for record in read_metrics(run.folder)] == [4, 5]
    assert checkpoints.read(run.checkpoint_path)[0]["records"] == 2


def test_a_finished_run_goes_on_as_one_run(config, tmp_path, finish, outcome):
    """With a constant rate the steps do not know where the end will be."""
    straight = Run.create(tmp_path / "straight", config(schedule="constant", epochs=5))
    finish(straight)
    run = Run.create(tmp_path / "longer", config(schedule="constant", epochs=2))
    finish(run)
    assert Run.resume(run.folder).loop.finished
    finish(Run.resume(run.folder, {"epochs": 5}))
    assert outcome(run.folder) == outcome(straight.folder)
    assert json.loads((run.folder / "config.json").read_text())["training"]["epochs"] == 5


def test_a_ragged_end_in_mid_epoch_goes_on_too(config, tmp_path, finish):
    run = Run.create(tmp_path / "run", config(samples_seen=43))
    finish(run)
    longer = Run.resume(run.folder, {"samples_seen": 80})
    finish(longer)
    marks = [record["samples_seen"] for record in read_metrics(run.folder)]
    assert marks == [37, 43, 74, 80] and longer.loop.samples_seen == 80


def test_fewer_samples_than_seen_are_refused_and_nothing_changes(finished):
    before = {path.name: path.read_bytes() for path in finished.iterdir()}
    with pytest.raises(RunError, match="has seen 111 samples already, more than the 37"):
        Run.resume(finished, {"epochs": 1})
    assert {path.name: path.read_bytes() for path in finished.iterdir()} == before


def test_evaluation_does_not_change_training(config, tmp_path, finish):
    outcomes = []
    for name, changes in {"often": {}, "rarely": {"eval_every": 3},
                          "at marks": {"eval_at": [1, 20, 50]}}.items():
        run = Run.create(tmp_path / name, config(**changes))
        finish(run)
        header, arrays = checkpoints.read(run.checkpoint_path)
        outcomes.append((header["loop"]["rng"], {key: a.tobytes() for key, a in arrays.items()}))
    assert outcomes[0] == outcomes[1] == outcomes[2]


def test_seeds_differ_and_repeat(config, tmp_path, finish):
    vectors = []
    for i, seed in enumerate((0, 1, 0)):
        run = Run.create(tmp_path / str(i), config(seed=seed))
        finish(run)
        vectors.append(run.model.params.vector)
    assert np.array_equal(vectors[0], vectors[2]) and not np.array_equal(vectors[0], vectors[1])


def test_the_state_holds_every_stream_of_random_numbers(config, tmp_path, stop, finish):
    """A loop that was made with other dice goes on exactly as the one whose state it took."""
    run = Run.create(tmp_path / "run", config())
    stop(run, 20, SIGINT)
    other = Run.create(tmp_path / "other", config(seed=99))
    other.loop.load_state(*run.loop.state())
    for one in (run, other):
        finish(one)
    assert np.array_equal(other.model.params.vector, run.model.params.vector)
    assert ([r["test_elbo"] for r in read_metrics(other.folder)]
            == [r["test_elbo"] for r in read_metrics(run.folder)])


def test_a_run_from_before_a_model_had_an_argument_goes_on(tmp_path, config, finish):
    """Its checkpoint does not name the prior: that is the default."""
    whole = Run.create(tmp_path / "whole", config(epochs=4))
    finish(whole)
    finish(Run.create(tmp_path / "half", config(epochs=2)))
    path = tmp_path / "half" / "checkpoint.npz"
    header, arrays = checkpoints.read(path)
    for name in ("prior", "posterior"):
        del header["model"]["config"][name]
    checkpoints.write(path, header, arrays)
    half = Run.resume(tmp_path / "half", {"epochs": 4})
    finish(half)
    assert half.loop.samples_seen == whole.loop.samples_seen
