"""The grader's side of a process in which an answer is examined; `examine` is the other side."""
import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from .examine import READY


class Stopped(Exception):
    """Nothing more is examined."""


class Examiner:
    """Runs answers in processes; `stop`, from another thread, ends those that run.

    variants: whether each student's answers are examined with numbers of their own.
    """

    def __init__(self, seconds, memory, variants=False):
        self.seconds, self.memory, self.variants = seconds, memory, variants
        self._running, self._lock, self._stopped = set(), threading.Lock(), False

    def stop(self):
        with self._lock:
            self._stopped = True
            for process in self._running:
                _kill(process)

    def examine(self, submission, task, answer):
        """{verdict, hint, finding, seconds}."""
        job = {"exercise": task.name, "function": answer.function,
               "definition": answer.definition, "seconds": self.seconds, "memory": self.memory,
               "variant": submission.student if self.variants else None,
               "folder": str(submission.path.resolve().parent),
               "statements": [(one.cell.name, one.cell.source, one.place)
                              for one in answer.statements]}
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            here, result = Path(folder, "here"), Path(folder, secrets.token_hex(16))
            here.mkdir()  # what the answer writes goes there
            file = Path(folder, "job.json")
            file.write_text(json.dumps({**job, "result": str(result)}), encoding="utf-8")
            process = self._start(file, here)
            try:
                said = process.stdout.readline()
                start = time.monotonic()
                if said == READY:
                    process.wait(self.seconds)
            except subprocess.TimeoutExpired:
                return {"verdict": "time", "hint": "", "seconds": time.monotonic() - start,
                        "finding": f"{answer.function} ran longer than {self.seconds:g} s"}
            finally:
                with self._lock:
                    _kill(process)
                    self._running.discard(process)
                process.wait()
                rest = b"" if said == READY else process.stdout.read()
                process.stdout.close()
            if self._stopped:
                raise Stopped
            if said != READY:
                raise RuntimeError(f"the examining process did not start:\n"
                                   f"{(said + rest).decode(errors='replace')}")
            if result.exists():
                return json.loads(result.read_text(encoding="utf-8"))
            return {"verdict": "crashed", "hint": "", "seconds": time.monotonic() - start,
                    "finding": _ended(answer.function, process.returncode)}

    def _start(self, file, here):
        path = os.pathsep.join(map(os.path.abspath, sys.path))  # it works in another folder
        environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1",
                       "MPLBACKEND": "Agg", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        with self._lock:
            if self._stopped:
                raise Stopped
            process = subprocess.Popen(
                [sys.executable, "-m", f"{__package__}.examine", str(file)], cwd=here,
                env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, start_new_session=True)
            self._running.add(process)
        return process


def _kill(process):
    """End a process and, where there are process groups, all that it has started."""
    if os.name != "posix":
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _ended(function, status):
    if status < 0:
        return f"the process of {function} was ended by {signal.Signals(-status).name}"
    return f"the process of {function} ended by itself, with status {status}, before a verdict"
