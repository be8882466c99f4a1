"""What the library warns of, in the form of the command line: one line on stderr."""
import contextlib
import sys
import warnings

from ..datasets import DataWarning


@contextlib.contextmanager
def told_on_stderr():
    """Within it each DataWarning is a line on stderr, whatever the filters of warnings say."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", DataWarning)
        others = warnings.showwarning

        def tell(message, category, *where, **more):
            if issubclass(category, DataWarning):
                print(f"vae-np: {' '.join(str(message).split())}", file=sys.stderr, flush=True)
            else:
                others(message, category, *where, **more)

        warnings.showwarning = tell
        yield
