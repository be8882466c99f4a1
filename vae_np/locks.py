"""One trainer at a time in a run folder."""
import contextlib
import os
from pathlib import Path

from .runs import RunError

try:
    import fcntl
except ImportError:  # not a POSIX system: two trainers in one folder go unnoticed
    fcntl = None


@contextlib.contextmanager
def alone_in(folder):
    """Keeps a second trainer out of a run folder that exists, until this one leaves or dies.

    A worker that lost its connection is dead to its scheduler, yet it trains on; and a command is
    easily given twice. Raises RunError where the folder is taken.
    """
    path = Path(folder, ".lock")
    file = None if fcntl is None else _locked(path)
    try:
        yield
    finally:
        if file is not None:
            path.unlink(missing_ok=True)  # while it is locked: so it is nobody else's
            file.close()


def _locked(path):
    """The file at `path`, open and locked; None where nothing can be locked or written."""
    while True:
        try:
            file = open(path, "a")
        except OSError:
            return None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever held it before may have removed it just now. Then it guards nothing.
            if os.path.samestat(os.fstat(file.fileno()), os.stat(path)):
                return file
        except BlockingIOError:
            file.close()
            raise RunError(f"another process trains in {path.parent}") from None
        except FileNotFoundError:
            pass  # removed, and nobody has made a new one yet
        except OSError:
            path.unlink(missing_ok=True)  # a file system without locks: then nobody can know
            file.close()
            return None
        file.close()
