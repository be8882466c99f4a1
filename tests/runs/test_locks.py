"""One trainer at a time in a run folder."""
import threading

import pytest

from vae_np import cli, locks
from vae_np.locks import alone_in
from vae_np.runs import RunError

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
    assert not (run / ".lock").exists()
    (run / ".lock").touch()  # as SIGKILL leaves it
    with alone_in(run):
        assert (run / ".lock").exists()
    assert not (run / ".lock").exists()


def test_the_lock_is_given_back_after_an_error(run):
    with pytest.raises(ZeroDivisionError), alone_in(run):
        raise ZeroDivisionError
    with alone_in(run):
        pass


def test_a_folder_that_cannot_be_written_needs_no_lock(tmp_path):
    with alone_in(tmp_path / "missing"):
        pass


def test_a_lock_on_a_file_that_was_just_removed_is_none(tmp_path, monkeypatch):
    """Between a newcomer's open and its lock the holder leaves, and removes the file."""
    lock, calls = locks.fcntl.flock, []

    def flock(file, how):
        if not calls:
            (tmp_path / ".lock").unlink()
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
        for _ in range(300):
            try:
                with alone_in(tmp_path):
                    inside.append(1)
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
