"""matplotlib, imported whatever MPLBACKEND names. This comes before all else that imports it.

A notebook's kernel hands MPLBACKEND on to every command that is started from it, and there the
back end that it names need not be installed. matplotlib itself then refuses to be imported.
Pictures to files need none.
"""
import contextlib
import os
import sys

if "matplotlib" not in sys.modules:
    named = os.environ.pop("MPLBACKEND", None)
    try:
        import matplotlib
    finally:
        if named is not None:
            os.environ["MPLBACKEND"] = named
    if named:
        with contextlib.suppress(ValueError):
            matplotlib.rcParams["backend"] = named  # as matplotlib would have done
