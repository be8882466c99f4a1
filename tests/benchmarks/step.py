"""How long does a training step take, beside the frameworks?

    python tests/benchmarks/step.py [--rounds 15] [--steps 100] [--only ours,floor]

Each contender runs in a process of its own, with its default threads, and they take turns: what
the machine does besides hits all of them alike. Printed are the medians over rounds of a round's
median step, and ratios to ours. Needs the extra `bench`; a contender that is not installed is left
out, and the output says so.
"""
import argparse
import importlib.util
import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
NEEDS = {"pytorch": "torch", "jax": "jax"}


def work(name, steps):
    """A contender's process: for each line on stdin, `steps` steps and their median time."""
    sys.path[:0] = [str(HERE), str(HERE.parents[1])]
    from contenders import CONTENDERS
    step = CONTENDERS[name]()
    for _ in range(20):
        value = step()
    print(json.dumps({"value": value}), flush=True)
    for _ in sys.stdin:
        times = []
        for _ in range(steps):
            start = time.perf_counter()
            step()
            times.append(time.perf_counter() - start)
        print(json.dumps({"ms": 1e3 * median(times)}), flush=True)


def measure(names, rounds, steps):
    """{name: median milliseconds a step}, the contenders taking turns."""
    processes = {name: subprocess.Popen([sys.executable, __file__, "--work", name,
                                         "--steps", str(steps)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                 for name in names}
    try:
        for process in processes.values():
            json.loads(process.stdout.readline())  # warmed up
        times = {name: [] for name in names}
        for _ in range(rounds):
            for name, process in processes.items():
                process.stdin.write("go\n")
                process.stdin.flush()
                times[name].append(json.loads(process.stdout.readline())["ms"])
        return {name: median(values) for name, values in times.items()}
    finally:
        for process in processes.values():
            process.stdin.close()
            process.wait(timeout=60)
            process.stdout.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--only", default="ours,floor,pytorch,jax")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.work:
        return work(args.work, args.steps)
    names = args.only.split(",")
    missing = [n for n in names if n in NEEDS and importlib.util.find_spec(NEEDS[n]) is None]
    for name in missing:
        print(f"left out: {name} is not installed")
    medians = measure([name for name in names if name not in missing], args.rounds, args.steps)
    for name, ms in medians.items():
        print(f"{name:8} {ms:7.2f} ms   ours / {name}: {medians['ours'] / ms:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
