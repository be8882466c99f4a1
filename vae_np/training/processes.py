"""Processes that carry out one order after another: how they are started, told, heard and ended.

An order is a byte through a pipe, and so is its answer. What the orders are about lies in memory
that both sides see: what one side has written there before it writes to the pipe, the other finds
there after it has read from it.
"""
import os
import select
import subprocess
import sys
import traceback

ONE_THREAD = {name: "1" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS",
                                     "VECLIB_MAXIMUM_THREADS")}
LOOKS = 3000  # at an empty pipe, a millisecond in all, before a process goes to sleep
PATIENCE = 10  # seconds that a process has to end by itself
DONE, FAILED = b".", b"!"


class WorkerError(ChildProcessError):
    """A process that shares in the training failed, or is gone."""


class Member:
    """Another process, seen from the one that starts it. BLAS has one thread in it.

    number: what it is called by. memory: a descriptor of the file that both sides see. serve: a
    function of a module, which is called there without arguments, and calls `carry_out`.
    """

    def __init__(self, number, memory, serve):
        self.number, self._started = number, False
        path = [str(place) for place in sys.path]
        command = (f"import sys; sys.path = {path!r}; from {serve.__module__} import "
                   f"{serve.__name__}; {serve.__name__}()")
        inbox, self._out = os.pipe()
        self._in, outbox = os.pipe()
        files = memory, inbox, outbox
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-c", command, *map(str, (number, *files))],
                stdin=subprocess.PIPE, pass_fds=files, env={**os.environ, **ONE_THREAD},
                start_new_session=True)  # Ctrl-C is for the first process alone
        except BaseException:
            os.close(self._in)
            os.close(self._out)
            raise
        finally:
            os.close(inbox)
            os.close(outbox)
        self._waiting = _poll(self._in)

    def give(self, orders):
        """What its `carry_out` hands to `prepare`: bytes."""
        _write(self.process.stdin.fileno(), orders)
        self.process.stdin.close()

    def tell(self, order):
        """Sends one byte, an order."""
        _write(self._out, order)

    def hear(self):
        """Waits until the last order is carried out. Raises WorkerError where it cannot be."""
        answer = _next(self._waiting, self._in)
        if answer == DONE:
            self._started = True
            return
        told = answer
        while answer:
            answer = os.read(self._in, 4096)
            told += answer
        why = told.removeprefix(FAILED).decode(errors="replace").strip()
        raise WorkerError(f"worker {self.number} {f'failed: {why}' if why else self._gone()}")

    def _gone(self):
        try:
            code = self.process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            return "does not answer"
        if code < 0:
            return (f"is gone: it was killed by signal {-code}"
                    + (", as where there is too little memory" if code == -9 else ""))
        return "is gone" if self._started else "did not start; what it wrote says why"

    def stop(self):
        """Tells the process to end."""
        if self._out is not None:
            out, self._out = self._out, None
            os.close(out)  # which it reads as the end
            self.process.stdin.close()

    def end(self):
        """Waits until the process has ended."""
        try:
            self.process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self._in is not None:
            self._in, file = None, self._in
            os.close(file)


def carry_out(prepare):
    """The other side of a Member: carries out its orders until the pipe is closed.

    prepare(number, memory, orders) gives {order: function}, from the Member's number and memory
    and what it has been given. An exception is told, and ends the process.
    """
    number, memory, inbox, outbox = map(int, sys.argv[1:])
    try:
        functions = prepare(number, memory, sys.stdin.buffer.read())
        waiting = _poll(inbox)
        os.write(outbox, DONE)
        while order := _next(waiting, inbox):
            functions[order]()
            os.write(outbox, DONE)
    except BrokenPipeError:
        pass  # nobody is left who could hear it
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        _write(outbox, FAILED + f"{type(error).__name__}: {error} ({place.filename}, line "
                                f"{place.lineno})".encode())


def _write(file, data):
    try:
        while data:
            data = data[os.write(file, data):]
    except BrokenPipeError:
        pass  # the other side is gone; who waits for its answer will see


def _poll(file):
    poll = select.poll()
    poll.register(file, select.POLLIN)
    return poll


def _next(waiting, file):
    """The next byte of a pipe; none where its other end is closed.

    A process that sleeps takes up to a tenth of a step to wake, so this one looks for a while.
    """
    if not any(waiting.poll(0) for _ in range(LOOKS)):
        waiting.poll()
    return os.read(file, 1)
