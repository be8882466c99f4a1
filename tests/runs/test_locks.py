"""One trainer at a time in a run folder."""
import errno
import shutil
import threading
import time

import pytest

from vae_np import cli
from vae_np.runs import Run, RunError, locks
from vae_np.runs.locks import LOCK, alone_in

TRAIN = ["--z-dim", "2", "--hidden", "3", "--samples-seen", "200"]


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def run(tmp_path, capsys):
    assert cli.main(["train", "--out", str(tmp_path / "run"), *TRAIN]) == 0
    capsys.readouterr()
    return tmp_path / "run"


@pytest.mark.parametrize("how", [["--resume", "--samples-seen", "300"], ["--overwrite", *TRAIN]],
                         ids=["resume", "overwrite"])
def test_a_second_trainer_is_refused_and_changes_nothing(run, capsys, how):
    with alone_in(run):
        before = contents(run)
        assert cli.main(["train", "--out", str(run), *how]) == 2
        assert contents(run) == before
    assert f"another process trains in {run}" in capsys.readouterr().err
    assert cli.main(["train", "--out", str(run), *how]) == 0


def test_the_lock_leaves_no_file_and_a_dead_trainer_s_is_no_obstacle(run):
    assert not (run / LOCK).exists()
    (run / LOCK).touch()  # as SIGKILL leaves it
    with alone_in(run):
        assert (run / LOCK).exists()
    assert not (run / LOCK).exists()


def test_the_lock_is_given_back_after_an_error(run):
    with pytest.raises(ZeroDivisionError), alone_in(run):
        raise ZeroDivisionError
    with alone_in(run):
        pass


def test_a_new_run_is_locked_before_its_first_file(tmp_path, capsys, monkeypatch):
    """Two commands start one run at once; the second comes while the first reads its data."""
    codes = []

    def first(*args, init=Run.__init__):
        monkeypatch.setattr(Run, "__init__", init)
        codes.append(cli.main(["train", "--out", str(tmp_path / "a" / "run"), *TRAIN]))
        return init(*args)
    monkeypatch.setattr(Run, "__init__", first)
    assert cli.main(["train", "--out", str(tmp_path / "a" / "run"), *TRAIN]) == 0
    assert codes == [2] and "another process trains in" in capsys.readouterr().err
    assert (tmp_path / "a" / "run" / "checkpoint.npz").exists()


def test_a_folder_that_was_made_for_nothing_goes(tmp_path):
    with pytest.raises(RunError), alone_in(tmp_path / "a" / "run"):
        assert (tmp_path / "a" / "run" / LOCK).exists()
        raise RunError("refused")
    assert not list(tmp_path.iterdir())
    with alone_in(tmp_path / "a"):
        (tmp_path / "a" / "kept").touch()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["kept"]


def test_a_lock_that_is_another_s_is_left_alone(tmp_path):
    """The folder is removed during the training, and another trainer makes it anew."""
    run = tmp_path / "run"
    with alone_in(run):
        shutil.rmtree(run)
        newcomer = alone_in(run)
        newcomer.__enter__()
    assert (run / LOCK).exists()
    with pytest.raises(RunError), alone_in(run):
        pass
    newcomer.__exit__(None, None, None)
    assert not run.exists()


def test_the_reason_why_it_ended_is_not_hidden_by_the_lock(tmp_path):
    with pytest.raises(ZeroDivisionError), alone_in(tmp_path / "run"):
        shutil.rmtree(tmp_path / "run")
        (tmp_path / "run").touch()  # a file now
        raise ZeroDivisionError


def test_a_file_system_without_locks_is_no_obstacle(tmp_path, monkeypatch):
    def flock(file, how):
        raise OSError(errno.ENOLCK, "No locks available")
    monkeypatch.setattr(locks.fcntl, "flock", flock)
    with alone_in(tmp_path), alone_in(tmp_path):
        assert not list(tmp_path.iterdir())


def test_a_place_where_no_folder_can_be_made_is_for_the_run_to_refuse(tmp_path, capsys):
    (tmp_path / "file").touch()
    for out in ("file", "file/run"):
        assert cli.main(["train", "--out", str(tmp_path / out), *TRAIN]) == 2
    assert capsys.readouterr().err.count("\n") == 2


def test_a_lock_on_a_file_that_was_just_removed_is_none(tmp_path, monkeypatch):
    """Between a newcomer's open and its lock the holder leaves, and removes the file."""
    lock, calls = locks.fcntl.flock, []

    def flock(file, how):
        if not calls:
            (tmp_path / LOCK).unlink()
        calls.append(how)
        lock(file, how)
    monkeypatch.setattr(locks.fcntl, "flock", flock)
    with alone_in(tmp_path):
        with pytest.raises(RunError, match="another process trains"), alone_in(tmp_path):
            pass
    assert len(calls) == 3


def test_never_two_at_once(tmp_path):
    """Threads come and go: each time the file is locked, removed and made anew."""
    inside, most, entered = [], [], []

    def visit():
        for _ in range(100):
            try:
                with alone_in(tmp_path):
                    inside.append(1)
                    most.append(len(inside))
                    time.sleep(1e-4)  # long enough for the others to come
                    most.append(len(inside))
                    inside.pop()
                    entered.append(1)
            except RunError:
                pass
    threads = [threading.Thread(target=visit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1 and len(entered) > 10
    assert not list(tmp_path.iterdir())


def test_a_place_that_answers_no_such_file_for_ever_is_given_up(tmp_path, capsys, monkeypatch):
    """As /proc does, an automounter, or a folder that was removed under the command's feet."""
    calls = []

    def no_such_file(path, *rest):
        calls.append(path)
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", str(path))
    monkeypatch.setattr(locks, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(locks.os, "mkdir", no_such_file)
    assert cli.main(["train", "--out", str(tmp_path / "a" / "run"), *TRAIN]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and 1 < len(calls) < 1000
    assert f"cannot make the folder {tmp_path / 'a' / 'run'}: No such file or directory" in err


def test_the_current_folder_has_been_removed(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(locks, "PAUSE_SECONDS", 0)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "here").rmdir()
    for command in (["train", *TRAIN, "--out", "run"], ["reproduce", "toy"]):
        assert cli.main(command) == 2
        err = capsys.readouterr().err
        assert err.count("\n") == 1 and "(the current folder is no longer there)" in err


def test_a_file_system_where_no_file_stays_the_same_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(locks, "_is_at", lambda lock, path: False)
    with alone_in(tmp_path / "run"):
        (tmp_path / "run" / "kept").touch()
