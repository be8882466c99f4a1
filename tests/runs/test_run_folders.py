"""What a run folder may hold before and after: nothing is lost, nothing is left around."""
import json
import os
import time
from signal import SIGINT

import pytest

import vae_np as vn
from vae_np import runs
from vae_np.runs import Run, RunError, read_config, read_metrics
from vae_np.runs.checkpoints import CheckpointError


def test_an_occupied_folder_is_refused(finished, config):
    before = (finished / "checkpoint.npz").read_bytes()
    with pytest.raises(RunError, match=r"--resume.*--overwrite"):
        Run.create(finished, config())
    assert (finished / "checkpoint.npz").read_bytes() == before


def test_overwrite_removes_the_old_run_and_nothing_else(finished, config, finish):
    (finished / "figures").mkdir()
    for name in ("evaluation.json", "figures/learning_curve.png", "notes.txt", "figures/my.svg",
                 "figures/my.png"):
        (finished / name).write_text("{}")
    finish(Run.create(finished, config(epochs=1), overwrite=True))
    assert len(read_metrics(finished)) == 1
    assert sorted(str(p.relative_to(finished)) for p in finished.rglob("*") if p.is_file()) == [
        "checkpoint.npz", "config.json", "figures/my.png", "figures/my.svg", "metrics.jsonl",
        "notes.txt"]


def test_a_bad_setting_leaves_the_old_run_alone(finished, config):
    with pytest.raises(ValueError, match="unknown activation"):
        Run.create(finished, config(activation="tan"), overwrite=True)
    assert vn.load(finished).x_dim == 6


@pytest.mark.parametrize("overwrite", [False, True], ids=["", "overwrite"])
@pytest.mark.parametrize("name, complaint", [
    ("config.json", "not a run's"), ("metrics.jsonl", "has no config.json"),
    ("evaluation.json", "has no config.json"), ("checkpoint.npz", "has no config.json")])
def test_files_that_are_not_a_run_s_are_not_removed(tmp_path, config, name, complaint, overwrite):
    (tmp_path / name).write_text('{"name": "another program\'s"}')
    with pytest.raises(RunError, match=f"{complaint}.*so {name} may be somebody else's.*Choose"):
        Run.create(tmp_path, config(), overwrite=overwrite)
    assert [path.name for path in tmp_path.iterdir() if path.name != "small.npz"] == [name]
    assert "another program" in (tmp_path / name).read_text()


@pytest.mark.parametrize("overwrite", [False, True], ids=["", "overwrite"])
def test_a_folder_without_a_name_is_not_the_current_one(tmp_path, config, monkeypatch, overwrite):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunError, match="the run folder has no name"):
        Run.create("", config(), overwrite=overwrite)


def test_the_records_of_a_run_without_its_checkpoint_are_not_removed(finished, config, finish):
    """A copy without weights; `--overwrite` replaces it all the same."""
    (finished / "checkpoint.npz").unlink()
    before = (finished / "metrics.jsonl").read_bytes()
    with pytest.raises(RunError, match="the records of a run without its checkpoint.*--overwrite"):
        Run.create(finished, config(epochs=1))
    assert (finished / "metrics.jsonl").read_bytes() == before
    (finished / "metrics.jsonl").unlink()
    (finished / "evaluation.json").write_text("{}")
    with pytest.raises(RunError, match="the records of a run without its checkpoint"):
        Run.create(finished, config(epochs=1))
    finish(Run.create(finished, config(epochs=1), overwrite=True))
    assert not (finished / "evaluation.json").exists() and len(read_metrics(finished)) == 1


@pytest.mark.parametrize("error", [ValueError, MemoryError])
def test_a_run_that_is_refused_at_its_first_step_leaves_nothing(tmp_path, config, finish,
                                                                monkeypatch, error):
    run = Run.create(tmp_path / "run", config())

    def refuse(*arguments):
        raise error("not such data")
    monkeypatch.setattr(run.loop.trainer, "step", refuse)
    with pytest.raises(error, match="not such data"):
        finish(run)
    assert not list(run.folder.iterdir())


def test_a_run_that_was_killed_before_its_first_checkpoint_can_begin_again(tmp_path, config,
                                                                          finish):
    Run.create(tmp_path / "run", config())
    with pytest.raises(RunError, match="no checkpoint to resume: start without --resume"):
        Run.resume(tmp_path / "run")
    (tmp_path / "run" / "metrics.jsonl").write_text('{"epoch": 1.0}\n')
    finish(Run.create(tmp_path / "run", config()))
    assert len(read_metrics(tmp_path / "run")) == 3


def test_a_file_where_the_folder_should_be(tmp_path, config):
    (tmp_path / "run").write_text("")
    with pytest.raises(RunError, match="is a file: --out names a folder"):
        Run.create(tmp_path / "run", config())


@pytest.mark.parametrize("start", [Run.resume, lambda folder: Run.create(
    folder, read_config(folder), overwrite=True)], ids=["resume", "overwrite"])
def test_the_litter_of_killed_processes_is_removed(finished, start):
    litter = [finished / name for name in (".checkpoint.npz.1a2b3c4d.tmp", ".metrics.jsonl.5.tmp",
                                           ".config.json.x.tmp", ".checkpoint.npz.k3j2h1")]
    others = [finished / name for name in (".notes.tmp", "checkpoint.npz.bak")]
    for path in litter + others:
        path.write_bytes(b"half a fi")
    start(finished)
    assert not any(path.exists() for path in litter) and all(path.exists() for path in others)


def test_checkpoints_come_with_epochs_but_at_most_one_a_second(tmp_path, config, stop, finish,
                                                               monkeypatch):
    """The first epoch and the end are saved for sure; a clock decides about those between."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    saved = []
    run = Run.create(tmp_path / "run", config(epochs=6))
    save = run.save
    monkeypatch.setattr(run, "save", lambda: (saved.append(run.loop.samples_seen), save()))

    class Clock:
        def step(self, loop):
            now[0] += 0.15  # four steps make an epoch of 0.6 seconds

        def record(self, record):
            """Nothing to show."""

    run.train(Clock())
    assert saved == [37, 111, 185, 222]


def test_a_long_epoch_is_saved_within_a_minute(tmp_path, config, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    saved = []
    run = Run.create(tmp_path / "run", config(epochs=1, batch_size=1))
    monkeypatch.setattr(run, "save", lambda: (saved.append(now[0]),
                                              setattr(run, "_saved_at", now[0])))

    class Clock:
        def step(self, loop):
            now[0] += 7.0

        def record(self, record):
            """Nothing to show."""

    run.train(Clock())
    gaps = [after - before for before, after in zip([100.0, *saved], saved)]
    assert len(saved) >= 4 and max(gaps) <= 67  # a minute and a step


def test_the_records_reach_the_disk_before_the_checkpoint(tmp_path, config, finish, monkeypatch):
    """After a power cut a checkpoint must not count records that were lost."""
    synced = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(os.fstat(handle).st_ino))
    run = Run.create(tmp_path / "run", config())
    synced.clear()
    finish(run)
    metrics = (run.folder / "metrics.jsonl").stat().st_ino
    checkpoint = run.checkpoint_path.stat().st_ino
    assert synced[-2:] == [metrics, checkpoint]


def test_metrics_are_what_the_design_says(finished):
    for record in read_metrics(finished):
        assert list(record) == ["epoch", "samples_seen", "train_elbo", "test_elbo", "seconds"]
    assert [record["epoch"] for record in read_metrics(finished)] == [1, 2, 3]


def test_load_takes_the_folder_and_the_file(finished):
    of_folder, of_file = vn.load(finished), vn.load(str(finished / "checkpoint.npz"))
    assert (of_folder.params.vector == of_file.params.vector).all()
    assert of_folder.config() == of_file.config()


@pytest.mark.parametrize("path", ["nowhere", ".", "small.npz/below"])
def test_load_says_where_there_is_no_checkpoint(tmp_path, data_file, path):
    with pytest.raises(CheckpointError, match="checkpoint"):
        vn.load(tmp_path / path)


@pytest.mark.parametrize("text, complaint", [
    ("", "not JSON"), ("[]", "'data' must be there"), ('{"data": 3}', "'data' must be there"),
    (b"\xff\xfe", "not JSON")])
def test_a_damaged_config_is_refused(finished, text, complaint):
    (finished / "config.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(RunError, match=complaint):
        Run.resume(finished)


@pytest.mark.parametrize("part, name, value", [
    ("training", "lr", "fast"), ("training", "epochs", None), ("training", "batch_size", [10]),
    ("training", "colour", "red"), ("training", "eval_at", 3), ("training", "optimizer", {}),
    ("training", "binarize", ["dynamic"]), ("training", "output_bias", "yes"),
    ("model", "z_dim", "2"), ("model", "hidden", 5.5), ("model", "hidden", "500"),
    ("model", "dtype", "float99"), ("model", "dtype", {}), ("model", "activation", ["tanh"]),
    ("model", "likelihood", 7), ("model", "likelihood", ["gaussian", "x"]), ("model", "x_dim", 6),
    ("model", "init", 1), (None, "seed", -1), (None, "seed", 0.5), (None, "device", "tpu"),
    (None, "data", "mnist6k"), (None, "data", ""), (None, "model", [])])
def test_a_config_of_wrong_types_is_refused_in_one_line(finished, part, name, value):
    config = read_config(finished)
    (config[part] if part else config)[name] = value
    (finished / "config.json").write_text(json.dumps(config))
    with pytest.raises((ValueError, vn.backend.DeviceError)) as caught:
        Run.resume(finished)
    assert str(caught.value) and "\n" not in str(caught.value)


def test_a_config_of_another_model_does_not_fit_the_checkpoint(finished):
    config = read_config(finished)
    config["model"]["z_dim"] = 3
    (finished / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match="another model than .*config.json describes"):
        Run.resume(finished)


def test_data_that_have_gone_or_changed_are_noticed(finished, data_file, tmp_path):
    data_file.rename(tmp_path / "moved.npz")
    with pytest.raises(vn.datasets.DatasetError, match="small.npz: no such file"):
        Run.resume(finished)


def test_a_stopped_run_says_which_signal_stopped_it(tmp_path, config, stop):
    run = Run.create(tmp_path / "run", config())
    stop(run, 20, SIGINT)
    assert run.loop.samples_seen == 20 and not run.loop.finished
    assert runs.load(run.folder).params.vector.tobytes() == run.model.params.vector.tobytes()
