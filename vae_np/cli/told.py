"""What the library warns of, in the form of the command line: one line on stderr."""
import contextlib
import sys
import warnings

from ..datasets import DataWarning


@contextlib.contextmanager
def told_on_stderr():
    """Within it each DataWarning is a line, once for each run of a command, and always shown."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", DataWarning)
        warnings.showwarning = _tell
        yield


def _tell(message, category, *where, **more):
    text = str(message) if issubclass(category, DataWarning) else f"{category.__name__}: {message}"
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):  # nobody can read it: the work goes on
            print(f"vae-np: {' '.join(text.split())}", file=sys.stderr, flush=True)
