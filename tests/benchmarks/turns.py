"""Contenders that take turns, each in a process of its own with its default threads.

What the machine does besides hits all of them alike. A script that compares contenders calls
`compare`; the same script, started again with --work NAME, becomes that contender's process and
calls `serve`.
"""
import importlib.util
import json
import subprocess
import sys
import time
from statistics import median

NEEDS = {"pytorch": "torch", "jax": "jax"}


def serve(step, steps, warmup):
    """A contender's process: for each line on stdin, `steps` steps and their median time."""
    for _ in range(warmup):
        value = step()
    print(json.dumps({"value": value}), flush=True)
    for _ in sys.stdin:
        times = []
        for _ in range(steps):
            start = time.perf_counter()
            step()
            times.append(time.perf_counter() - start)
        print(json.dumps({"ms": 1e3 * median(times)}), flush=True)


def measure(names, rounds, script, *options):
    """({name: median over the rounds of a round's milliseconds a step}, {name: its value})."""
    processes = {name: subprocess.Popen([sys.executable, script, "--work", name, *options],
                                        text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                 for name in names}
    try:
        values = {name: json.loads(process.stdout.readline())["value"]  # warmed up
                  for name, process in processes.items()}
        times = {name: [] for name in names}
        for _ in range(rounds):
            for name, process in processes.items():
                process.stdin.write("go\n")
                process.stdin.flush()
                times[name].append(json.loads(process.stdout.readline())["ms"])
        return {name: median(ms) for name, ms in times.items()}, values
    finally:
        for process in processes.values():
            process.stdin.close()
            process.wait(timeout=60)
            process.stdout.close()


def show(medians, per=1, unit="ms", values=None):
    """Prints a line for each contender: its time over `per`, ours beside it, its log p(x)."""
    for name, ms in medians.items():
        ratio = f"ours / {name}: {medians['ours'] / ms:.2f}"
        value = "" if values is None else f"   log p(x) {values[name]:.2f}"
        print(f"{name:8} {ms / per:7.2f} {unit}   {ratio}{value}")


def installed(names):
    """Those of `names` whose library is there. Says which are not."""
    missing = [n for n in names if n in NEEDS and importlib.util.find_spec(NEEDS[n]) is None]
    for name in missing:
        print(f"left out: {name} is not installed")
    return [name for name in names if name not in missing]
