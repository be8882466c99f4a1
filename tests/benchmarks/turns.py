"""Contenders that take turns, each in a process of its own with its default threads.

What the machine does besides hits all of them alike. A script that compares contenders calls
`compare`; the same script, started again with --work NAME, becomes that contender's process and
calls `serve`.
"""
import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import processors

NEEDS = {"pytorch": "torch", "jax": "jax"}
OURS = ("ours", "workers")


def serve(step, steps, warmup, library="numpy"):
    """A contender's process. It begins with the value of its last step of warming up. For the
    line "about" on stdin it says what `library` runs on; for any other it takes `steps` steps and
    gives their median time.
    """
    for _ in range(warmup):
        value = step()
    print(json.dumps({"value": value}), flush=True)
    for line in sys.stdin:
        if line == "about\n":
            print(json.dumps({"about": processors.about(library)}), flush=True)
            continue
        times = []
        for _ in range(steps):
            start = time.perf_counter()
            step()
            times.append(time.perf_counter() - start)
        print(json.dumps({"ms": 1e3 * median(times)}), flush=True)


def measure(names, rounds, script, *options, no_avx512=False):
    """({name: median over the rounds of a round's milliseconds a step}, {name: its value}).

    Says what each contender runs on. With no_avx512 that is AVX2 at most.
    """
    environment = {**os.environ, **(processors.held_to_avx2() if no_avx512 else {})}
    processes = {name: subprocess.Popen([sys.executable, script, "--work", name, *options],
                                        text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env=environment)
                 for name in names}
    try:
        values = {name: json.loads(process.stdout.readline())["value"]  # warmed up
                  for name, process in processes.items()}
        for name, process in processes.items():
            print(f"{name:8} {_ask(process, 'about')}")
        times = {name: [] for name in names}
        for _ in range(rounds):
            for name, process in processes.items():
                times[name].append(_ask(process, "ms"))
        return {name: median(ms) for name, ms in times.items()}, values
    finally:
        for process in processes.values():
            process.stdin.close()
            process.wait(timeout=60)
            process.stdout.close()


def _ask(process, what):
    """The process's answer to a line on its stdin."""
    process.stdin.write(f"{what}\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())[what]


def show(medians, per=1, unit="ms", values=None):
    """Prints a line for each contender: its time over `per`, ours beside it, with "workers" and
    without, its log p(x).
    """
    for name, ms in medians.items():
        ratios = "".join(f"   {own} / {name}: {medians[own] / ms:.2f}"
                         for own in OURS if own in medians)
        value = "" if values is None else f"   log p(x) {values[name]:.2f}"
        print(f"{name:8} {ms / per:7.2f} {unit}{ratios}{value}")


def record(path, medians, per=1, no_avx512=False):
    """Adds a run to a file of records: what it ran on, and milliseconds, those of `medians` over
    `per`. The file is a list in JSON, one run a line; without a path nothing is written.
    """
    if path is None:
        return
    libraries = ["numpy", *(NEEDS[name] for name in medians if name in NEEDS)]
    run = {"processor": processors.processor(no_avx512), "cores": os.cpu_count(),
           "versions": {name: importlib.metadata.version(name) for name in libraries},
           "ms": {name: round(ms / per, 3) for name, ms in medians.items()}}
    path = Path(path)
    runs = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    path.write_text("[\n" + ",\n".join(map(json.dumps, [*runs, run])) + "\n]\n", encoding="utf-8")


def installed(names):
    """Those of `names` whose library is there. Says which are not."""
    missing = [n for n in names if n in NEEDS and importlib.util.find_spec(NEEDS[n]) is None]
    for name in missing:
        print(f"left out: {name} is not installed")
    if "workers" in names and os.name != "posix":
        missing.append("workers")
        print("left out: workers take Linux or macOS")
    return [name for name in names if name not in missing]
