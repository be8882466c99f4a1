"""Runs the cells of a page, as Jupyter runs those of a notebook. This is the worker's Python.

All cells share one namespace. What a cell does is told while it runs: `emit(kind, output)` with
kind "stdout", "stderr", "result", "error" or "image", and output a text of JSON, {"text": …} or
{"png": base64}. An "error" may also have "href", where a failed check says to read on, seen from a
page of exercises, and "needs": "plots", where the cell wants what is not loaded.
"""
import ast
import builtins
import io
import json
import linecache
import os
import pprint
import sys
import time
import traceback
import types

import numpy

import vae_np
from vae_np.course import TryAgain

PLOTS = ("matplotlib", "scipy", "PIL")  # packages that come with the plots
BURST, PER_SECOND = 10, 10  # messages: what is printed faster than that is sent together
MOST = 1_000_000  # characters that one cell may print: a page must not drown


class Printed(io.TextIOBase):
    """stdout or stderr of all cells. Lines are sent at once, or together if there are many."""

    encoding = "utf-8"

    def __init__(self, kind):
        self.kind, self.waiting, self.allowed, self.asked = kind, [], BURST, time.monotonic()
        self.room = MOST

    def begin(self):
        """A new cell prints from here on."""
        self.room = MOST

    def writable(self):
        return True

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if self.room > 0:
            self.waiting.append(text[:self.room])
            self.room -= len(text)
            if self.room <= 0:
                self.waiting.append("\n… More than a million characters are not shown.\n")
            if "\n" in text:
                self.flush()
        return len(text)

    def flush(self):
        """Sends what waits, unless much was sent in the last second."""
        now = time.monotonic()
        self.allowed = min(BURST, self.allowed + PER_SECOND * (now - self.asked))
        self.asked = now
        if self.allowed >= 1:
            self.allowed -= 1
            self.send()

    def send(self):
        """Sends what waits."""
        if self.waiting:
            _emit(self.kind, text="".join(self.waiting))
            self.waiting.clear()


_main = types.ModuleType("__main__")
_main.__builtins__ = builtins
_cells = set()  # the names of the cells that ran, as tracebacks have them
_streams = Printed("stdout"), Printed("stderr")
_plots = False
_to_page = None


def versions():
    """What runs here, as JSON."""
    return json.dumps({"python": sys.version.split()[0], "numpy": numpy.__version__,
                       "vae_np": vae_np.__version__})


def add_plots():
    """After matplotlib was unpacked: figures become pictures below their cell."""
    global _plots
    os.environ["MPLBACKEND"] = "module://live_figures"
    import matplotlib.pyplot  # noqa: F401  it takes seconds, which a reader awaits here
    _plots = True


def run(code, cell, emit):
    """Whether a cell ran to its end. cell: what it is called in a traceback."""
    global _to_page
    _to_page = emit
    name = f"<{cell}>"
    _cells.add(name)
    linecache.cache[name] = len(code), None, code.splitlines(keepends=True), name
    _main.__dict__.pop("__warningregistry__", None)  # a warning comes again when a cell does
    before = sys.stdout, sys.stderr, sys.modules["__main__"], builtins.input
    sys.stdout, sys.stderr = _streams
    for stream in _streams:
        stream.begin()
    sys.modules["__main__"], builtins.input = _main, _no_input
    try:
        ran = _tried(lambda: _execute(code, name))
        return _tried(_show_figures) and ran  # a figure may be wrong in what is drawn only now
    finally:
        sys.stdout, sys.stderr, sys.modules["__main__"], builtins.input = before


def image(png):
    """Shows a picture, base64 of a PNG, below the cell that runs, after what it printed."""
    _send_all()
    _emit("image", png=png)


def _tried(step):
    """Whether this went well; an error is shown."""
    try:
        step()
    except BaseException as error:  # noqa: BLE001  a cell may raise SystemExit, too
        _send_all()
        _tell(error)
        return False
    _send_all()
    return True


def _show_figures():
    if "matplotlib.pyplot" in sys.modules:
        import live_figures
        live_figures.show()


def _send_all():
    for stream in _streams:
        stream.send()


def _emit(kind, **output):
    _to_page(kind, json.dumps(output))


def _execute(code, name):
    tree = ast.parse(code, name)
    value = None
    if tree.body and isinstance(tree.body[-1], ast.Expr) and not _is_silenced(code, tree.body[-1]):
        value = ast.Expression(tree.body.pop().value)
    exec(compile(tree, name, "exec", dont_inherit=True), _main.__dict__)
    if value is not None:
        _show(eval(compile(value, name, "eval", dont_inherit=True), _main.__dict__))


def _is_silenced(code, expression):
    """Whether a semicolon follows: then Jupyter does not show the value."""
    rest = code.splitlines()[expression.end_lineno - 1].encode()[expression.end_col_offset:]
    return rest.lstrip().startswith(b";")


def _show(value):
    if value is None:
        return
    _main._ = value
    _send_all()
    if "matplotlib.pyplot" in sys.modules:
        import live_figures
        if live_figures.shown(value):
            return
    # Jupyter breaks long lists and dicts over lines, in the order that they have.
    long = type(value) in (list, tuple, dict, set)
    _emit("result", text=pprint.pformat(value, sort_dicts=False) if long else repr(value))


def _tell(error):
    """Shows an error: a failed check by its own words, another one by the lines of the cells."""
    missing = _missing(error)
    if isinstance(error, TryAgain):
        link = {"href": error.place.page} if error.place and error.step >= 2 else {}
        _emit("error", text=str(error), **link)
    elif missing and not _plots:
        # The page loads it for a cell that names it; this one has it from elsewhere.
        seen = "scipy" if missing == "scipy" else "matplotlib"
        _emit("error", needs="plots", text=(
            f"This cell needs {missing}, which is not loaded: write `import {seen}` above its "
            "lines and press “Run” again, which then loads it."))
    else:
        told = traceback.TracebackException.from_exception(error)
        _shorten(told)
        text = "".join(told.format()).rstrip()
        if isinstance(error, SyntaxError) and (error.text or "").lstrip().startswith(("%", "!")):
            text += ("\nA line that begins with % or ! is Jupyter's own and not Python's: it "
                     "works in a notebook only.")
        _emit("error", text=text)


def _shorten(told):
    """Takes out of a traceback, and of those that led to it, what is not a line of a cell."""
    seen = []
    while told is not None and told not in seen:
        seen.append(told)
        told.stack = traceback.StackSummary.from_list(
            [frame for frame in told.stack if frame.filename in _cells])
        if told.__context__ is not None and told.__cause__ is not None:
            _shorten(told.__context__)
        told = told.__cause__ or told.__context__


def _missing(error):
    """The package of the plots that an error, or one that led to it, could not import."""
    while error is not None:
        package = (error.name or "").partition(".")[0] if isinstance(error, ImportError) else ""
        if package in PLOTS:
            return package
        error = error.__cause__ or error.__context__
    return None


def _no_input(prompt=""):
    raise RuntimeError("a cell of this page cannot ask for input: write the value into the cell")
