"""One answer in a process of its own: `python -m vae_np.course.examine JOB`, as `grade` runs it.

JOB is a JSON file that says what is examined, with which limits, and where the verdict goes. The
verdict travels in a file of a random name, so that nothing that a student prints, and no exit
status, is taken for it. That guards against accidents. Against a student who means to cheat it
does not: the answer runs in this process, and can do there whatever the check can do.
"""
import ast
import contextlib
import io
import json
import os
import sys
import time
from pathlib import Path

from .answers import TryAgain, check, exercises

READY = b"ready\n"


class _Tail(io.TextIOBase):
    """Takes what is printed and keeps the end of it, however much it is."""

    text = ""

    def write(self, text):
        self.text = (self.text + text)[-2000:]
        return len(text)


def main(path):
    job = json.loads(Path(path).read_text(encoding="utf-8"))
    exercises()
    limit(job["memory"], job["seconds"])
    os.write(1, READY)  # from here on the student's time runs
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    start = time.perf_counter()
    said = _Tail()
    with contextlib.redirect_stdout(said):
        verdict, hint, finding = examine(job, said)
    result = {"verdict": verdict, "hint": hint, "finding": finding,
              "seconds": time.perf_counter() - start}
    target = Path(job["result"])
    target.with_suffix(".part").write_text(json.dumps(result), encoding="utf-8")
    os.replace(target.with_suffix(".part"), target)
    os._exit(0)  # whatever threads the answer has left behind


def limit(megabytes, seconds):
    """Limits of the operating system. Windows has none of them, and macOS does not keep to that
    of the memory: there an answer may use what there is.

    That of the processor's time is for the case that the parent is no longer there to end this.
    """
    try:
        import resource
    except ImportError:
        return
    size, spent = int(megabytes) * 10**6, int(seconds) + 60
    for kind, value in (("RLIMIT_AS", size), ("RLIMIT_CPU", spent), ("RLIMIT_CORE", 0)):
        with contextlib.suppress(ValueError, OSError, AttributeError):
            resource.setrlimit(getattr(resource, kind), (value, value))


def examine(job, said):
    """(verdict, key of the hint, finding in one line). said: what check prints goes there."""
    name = job["function"]
    try:
        function = _function(job)
        check(job["exercise"], function, variant=job["variant"])
    except TryAgain as error:
        finding = str(error).partition("\n")[0].removeprefix("Not yet: ")
        if "MemoryError" in finding:  # check tells an error of the answer by its name
            return "memory", "", _needs_more(job)
        return "unusable" if error.hint == "unusable" else "not yet", error.hint, finding
    except _NoFunction as error:
        return "unusable", "unusable", str(error)
    except MemoryError:
        return "memory", "", _needs_more(job)
    except SystemExit:
        return "crashed", "", f"{name} ends the program, by sys.exit or exit"
    except BaseException as error:  # noqa: BLE001  also a KeyboardInterrupt of the student's own
        text = " ".join(f"{type(error).__name__}: {error}".split())
        return "crashed", "", f"the check of {name} ended in {text}"
    praise = [line for line in said.text.splitlines() if line.startswith("Right: ")]
    return "right", "", praise[-1].removeprefix("Right: ") if praise else ""


class _NoFunction(Exception):
    """Why there is no function to be examined."""


def _function(job):
    """What the statements of the job define. One that fails costs what it would have made."""
    namespace = {"__name__": "__main__"}
    sys.path.append(job["folder"])  # a module that the student handed in beside the notebook
    for number, (cell, source, place) in enumerate(job["statements"]):
        node = ast.parse(source).body[place]
        try:
            exec(compile(ast.Module([node], []), f"<{cell}>", "exec"), namespace)
        except MemoryError:
            raise
        except BaseException as error:
            if number == job["definition"]:
                text = " ".join(f"{type(error).__name__}: {error}".split())
                raise _NoFunction(f"the definition of {job['function']} in {cell} raises {text}"
                                  ) from None
    return namespace.get(job["function"])


def _needs_more(job):
    return f"{job['function']} wants more memory than {job['memory']:g} MB"


if __name__ == "__main__":
    main(sys.argv[1])
