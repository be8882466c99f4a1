"""One trainer at a time in a run folder."""
import contextlib
import os
import time
from pathlib import Path

from .records import RunError

try:
    import fcntl
except ImportError:  # not a POSIX system: two trainers in one folder go unnoticed
    fcntl = None

LOCK = ".vae-np.lock"
# Another process can remove the folder or the file just before they are locked: then again. Where
# that never ends, the place knows no files, as /proc and a folder that is gone do not, or files
# change their identity, as on some network drives.
TRIES, PAUSE_SECONDS = 50, 0.01


@contextlib.contextmanager
def alone_in(folder):
    """Keeps a second trainer out of a run folder, until this one leaves or dies.

    A scheduler gives up a worker that has lost its connection, but the worker trains on; and a
    command is easily given twice. The folder is made where there is none, and removed again where
    nothing was put into it. Raises RunError where it is taken.
    """
    folder = Path(folder)
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    lock = None if fcntl is None else _locked(folder / LOCK)
    try:
        yield
    finally:
        if lock is not None:
            with contextlib.suppress(OSError):  # the folder may have gone, or be read-only now
                if _is_at(lock, folder / LOCK):
                    (folder / LOCK).unlink()  # while it is locked: nobody else holds it
            os.close(lock)
        with contextlib.suppress(OSError):  # rmdir stops at the first that is not empty
            for path in made:
                path.rmdir()


def _locked(path):
    """An open and locked file at `path`; None where nothing can be locked or written."""
    for _ in range(TRIES):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = _open(path)
        except FileNotFoundError:
            time.sleep(PAUSE_SECONDS)
            continue
        except OSError:
            return None  # whatever writes here next will say why it cannot
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise RunError(f"another process trains in {path.parent}") from None
        except OSError:  # a file system without locks: then nobody can know
            with contextlib.suppress(OSError):
                path.unlink()
            os.close(lock)
            return None
        if _is_at(lock, path):
            return lock
        os.close(lock)  # its former holder has just removed the file: this lock guards nothing
        time.sleep(PAUSE_SECONDS)
    return None


def _open(path):
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except PermissionError:  # another user's file can be locked without being written
        return os.open(path, os.O_RDONLY)


def _is_at(lock, path):
    """Whether an open file is the one at `path`."""
    try:
        return os.path.samestat(os.fstat(lock), os.stat(path))
    except OSError:
        return False
