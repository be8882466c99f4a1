"""A run takes the place of another at once: at any moment one of the two is there whole."""
import json
import os
import shutil
from signal import SIGINT

import pytest

import vae_np as vn
from vae_np.runs import Run, read_config, read_metrics, replacing
from vae_np.runs.checkpoints import WriteError
from vae_np.training import NonFiniteBoundError

OLD, NEW = 2, 3  # epochs of the run that is there, and of the one that is to take its place


@pytest.fixture
def old(tmp_path, config, finish):
    """A finished run with an evaluation and a picture, beside notes of the user's."""
    run = Run.create(tmp_path / "run", config(epochs=OLD))
    finish(run)
    (run.folder / "figures").mkdir()
    for name in ("evaluation.json", "figures/manifold.png", "notes.txt"):
        (run.folder / name).write_text("{}")
    return run.folder


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*")
            if path.is_file()}


def whose(folder):
    """OLD or NEW, whose run a folder holds; all that `vae_np` reads from it is of one run."""
    vn.load(folder)
    epochs = read_config(folder)["training"]["epochs"]
    has_more = [(folder / name).exists() for name in ("evaluation.json", "figures/manifold.png")]
    assert has_more == [epochs == OLD] * 2
    assert (folder / "notes.txt").exists()
    run = Run.resume(folder)
    assert run.loop.total_samples == epochs * 37 and run.loop.samples_seen > 0
    assert len(read_metrics(folder)) == run.loop.samples_seen // 37
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]
    return epochs


@pytest.fixture
def moments(monkeypatch, old, tmp_path):
    """Copies of the folder, taken before and after each change of a name in it."""
    taken = []

    def watch(function):
        def watched(*arguments, **options):
            if watching:
                return function(*arguments, **options)
            watching.append(True)
            try:
                look()
                function(*arguments, **options)
                look()
            finally:
                watching.clear()
        return watched

    def look():
        taken.append(tmp_path / f"moment{len(taken)}")
        shutil.copytree(old, taken[-1])

    watching = []
    for name in ("replace", "rename", "unlink", "rmdir", "mkdir"):
        monkeypatch.setattr(os, name, watch(getattr(os, name)))
    return taken


def test_at_every_moment_the_old_run_or_the_new_one_is_there_whole(old, config, finish, moments):
    """A process that is killed leaves what is on the disk at that moment."""
    finish(Run.create(old, config(epochs=NEW), overwrite=True))
    seen = list(moments)
    assert len(seen) > 20
    owners = [whose(folder) for folder in seen]
    assert owners == sorted(owners) and set(owners) == {OLD, NEW} and whose(old) == NEW


def test_whoever_looks_while_one_run_replaces_another_may_finish_it(old, config, finish,
                                                                   monkeypatch):
    move = replacing._move

    def with_a_reader_between(source, target):
        monkeypatch.setattr(replacing, "_move", move)
        assert read_config(old)["training"]["epochs"] == NEW
        move(source, target)
        monkeypatch.setattr(replacing, "_move", with_a_reader_between)
    monkeypatch.setattr(replacing, "_move", with_a_reader_between)
    finish(Run.create(old, config(epochs=NEW), overwrite=True))
    monkeypatch.setattr(replacing, "_move", move)
    assert whose(old) == NEW


def test_the_old_run_stays_until_the_new_one_has_a_checkpoint(old, config, stop):
    before = contents(old)
    run = Run.create(old, config(epochs=NEW), overwrite=True)

    def without_the_next(folder):
        return {name: data for name, data in contents(folder).items()
                if not name.startswith(replacing.NEXT)}
    assert without_the_next(old) == before
    seen = []
    save = run.save

    def save_and_look():
        seen.append(without_the_next(old) == before)
        save()
    run.save = save_and_look
    stop(run, 20, SIGINT)
    assert seen == [True] and whose_samples(old) == 20
    assert Run.resume(old).loop.total_samples == NEW * 37


def whose_samples(folder):
    return Run.resume(folder).loop.samples_seen


@pytest.mark.parametrize("error", [ValueError("binary units take 0 and 1"), MemoryError(),
                                   NonFiniteBoundError("infinite"), WriteError(28, "full", "x")])
def test_a_new_run_that_is_refused_or_fails_leaves_the_old_one(old, config, finish, monkeypatch,
                                                              error):
    before = contents(old)
    run = Run.create(old, config(epochs=NEW), overwrite=True)

    def fail(*arguments):
        raise error
    monkeypatch.setattr(run.loop.trainer, "step", fail)
    with pytest.raises(type(error)) as caught:
        finish(run)
    assert contents(old) == before
    if not isinstance(error, (ValueError, MemoryError)):
        assert f"there was no checkpoint yet, so {old} keeps the run it had" in str(caught.value)


def test_a_new_run_that_was_killed_is_removed_by_the_next_one(old, config, finish):
    before = contents(old)
    Run.create(old, config(epochs=NEW), overwrite=True)
    assert contents(old) != before
    assert Run.resume(old).loop.finished and set(contents(old)) == set(before)
    Run.create(old, config(epochs=NEW), overwrite=True)
    finish(Run.create(old, config(epochs=NEW), overwrite=True))
    assert whose(old) == NEW


def test_a_replacement_that_cannot_be_ended_here_says_so(old, config, finish, monkeypatch):
    def refuse(source, target):
        raise PermissionError(13, "Permission denied")
    run = Run.create(old, config(epochs=NEW), overwrite=True)
    monkeypatch.setattr(replacing, "_move", refuse)
    with pytest.raises(WriteError, match=f"cannot bring the new run to its place in {old}: Permis"
                       f"sion denied; it is whole in {old / replacing.READY}"):
        finish(run)
    with pytest.raises(WriteError, match="it is whole in"):
        vn.load(old)
    monkeypatch.undo()
    assert read_config(old)["training"]["epochs"] == NEW and json.loads(
        (old / "notes.txt").read_text()) == {}
