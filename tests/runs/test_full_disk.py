"""A full disk: what cannot be written is named, what was there stays, and the way out is said."""
import errno
import os
from pathlib import Path

import numpy as np
import pytest

import vae_np as vn
from vae_np import cli
from vae_np.runs import Run, checkpoints, read_metrics
from vae_np.runs.checkpoints import WriteError

REASON = os.strerror(errno.ENOSPC)


class Disk:
    """Stands for the file system: `room` bytes more can be written to files of these names."""

    def __init__(self):
        self.room, self.names = np.inf, ()

    def open(self, path, mode="r", *arguments, **options):
        file = open(path, mode, *arguments, **options)
        full = self.names == () or any(name in Path(path).name for name in self.names)
        return Guarded(file, self) if full and set(mode) & set("wax") else file


class Guarded:
    """A file that is cut off where the disk is full."""

    def __init__(self, file, disk):
        self.file, self.disk = file, disk

    def write(self, data):
        written = min(len(memoryview(data).cast("B")), self.disk.room)
        self.disk.room -= written
        self.file.write(memoryview(data).cast("B")[:int(written)])
        if written < len(memoryview(data).cast("B")):
            self.file.flush()
            raise OSError(errno.ENOSPC, REASON)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.file.close()

    def __getattr__(self, name):
        return getattr(self.file, name)


@pytest.fixture
def disk(monkeypatch):
    disk = Disk()
    monkeypatch.setattr(checkpoints, "open", disk.open, raising=False)
    monkeypatch.setattr("vae_np.runs.folders.open", disk.open, raising=False)
    return disk


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*")
            if path.is_file()}


@pytest.fixture
def failing(disk, capsys):
    """failing(room, *command) → the one line that the command says on a disk with such room."""
    def run(room, *command):
        disk.room = room
        capsys.readouterr()
        assert cli.main([str(argument) for argument in command]) == 2
        disk.room = np.inf
        line = capsys.readouterr().err.splitlines()[-1]
        assert f": {REASON}; " in line and line.startswith("vae-np: cannot ")
        assert "Make room, then " in line
        return line
    return run


@pytest.mark.parametrize("room", [0, 10, 900])
def test_draws_pictures_and_evaluations(finished, failing, tmp_path, room):
    (tmp_path / "draws.npy").write_bytes(b"older draws")
    before = contents(tmp_path)
    for out in ("draws.npy", "new.npy"):
        line = failing(room, "sample", finished, "--n", 100, "--out", tmp_path / out)
        assert f"cannot write {tmp_path / out}" in line and "no half of it is left" in line
    line = failing(room / 9, "evaluate", finished, "--num-samples", 5)
    assert f"cannot write {finished / 'evaluation.json'}" in line and "only printed" in line
    assert f"cannot write {finished / 'figures'}" in failing(room, "figures", finished)
    (finished / "figures").rmdir()
    assert contents(tmp_path) == before


@pytest.mark.parametrize("room", [0, 500, 2000])
def test_an_export(finished, failing, tmp_path, room):
    """Neither a copy that was begun, nor an older one that is half replaced."""
    assert "nothing in" in failing(room, "export", finished, tmp_path / "new")
    assert not (tmp_path / "new").exists()
    assert cli.main(["export", str(finished), str(tmp_path / "copy")]) == 0
    before = contents(tmp_path / "copy")
    (finished / "evaluation.json").write_text("{}")
    line = failing(room, "export", finished, tmp_path / "copy")
    assert f"cannot write {tmp_path / 'copy'}{os.sep}" in line and "copy was changed" in line
    assert contents(tmp_path / "copy") == before


@pytest.mark.parametrize("name, room", [("config.json", 0), ("checkpoint", 100),
                                        ("metrics.jsonl", 0)])
def test_a_new_run(disk, failing, data_file, tmp_path, name, room, finished):
    disk.names = (name,)
    train = ["train", "--data", data_file, "--hidden", 5, "--epochs", 1, "--out"]
    line = failing(room, *train, tmp_path / "new")
    assert f"cannot write {tmp_path / 'new' / name}" in line and "no checkpoint yet" in line
    assert line.endswith("then give the command again") and not (tmp_path / "new").exists()
    before = contents(finished)
    line = failing(room, *train, finished, "--overwrite")
    assert f"so {finished} keeps the run it had" in line and contents(finished) == before


@pytest.mark.parametrize("name, room, began", [
    ("checkpoint", 100, True), ("metrics.jsonl", 700, True), ("metrics.jsonl", 5, False),
    ("config.json", 5, False)])
def test_a_run_that_goes_on(disk, failing, finished, name, room, began):
    disk.names = (name,)
    again = ["train", "--out", str(finished), "--resume"]
    line = failing(room, *again, "--epochs", 9)
    assert f"cannot write {finished / name}" in line
    assert " samples are saved: the last good checkpoint is " in line
    assert line.endswith(f"then go on with vae-np {' '.join(again)}" if began
                         else "then give the command again")
    assert 111 <= Run.resume(finished).loop.samples_seen
    assert cli.main(again + ([] if began else ["--epochs", "9"])) == 0
    assert [record["epoch"] for record in read_metrics(finished)] == list(range(1, 10))
    assert vn.load(finished).z_dim == 2


def test_a_reason_that_the_system_does_not_number(tmp_path):
    with pytest.raises(WriteError, match=f"cannot write {tmp_path}/x: 2000 requested; no half"):
        with checkpoints.atomic_write(tmp_path / "x"):
            raise OSError("2000 requested")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(WriteError, match=f"cannot make the folder {tmp_path}/file/x: Not a dir"):
        checkpoints.make_folder(tmp_path / "file" / "x")


def test_the_arrays_are_what_numpy_writes(tmp_path):
    x = np.random.default_rng(0).random((7, 3), dtype=np.float32)
    with checkpoints.atomic_write(tmp_path / "x.npy") as file:
        checkpoints.write_array(file, x)
    np.save(tmp_path / "y.npy", x)
    assert (tmp_path / "x.npy").read_bytes() == (tmp_path / "y.npy").read_bytes()
