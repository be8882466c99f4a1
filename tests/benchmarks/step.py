"""How long does a training step take, beside the frameworks?

    python tests/benchmarks/step.py [--rounds 15] [--steps 100] [--only ours,floor]
                                    [--record FILE]

Each contender runs in a process of its own, with its default threads, and they take turns: what
the machine does besides hits all of them alike. Printed are the medians over rounds of a round's
median step, and ratios to ours. Needs the extra `bench`; a contender that is not installed is left
out, and the output says so.
"""
import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]  # the helpers beside this script, and vae_np
import turns  # noqa: E402
from contenders import CONTENDERS  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--only", default="ours,floor,pytorch,jax")
    parser.add_argument("--record", help="a JSON file that this run is added to")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.work:
        return turns.serve(CONTENDERS[args.work](), args.steps, warmup=20)
    medians, _ = turns.measure(turns.installed(args.only.split(",")), args.rounds, __file__,
                               "--steps", str(args.steps))
    turns.show(medians)
    turns.record(args.record, medians)
    return 0


if __name__ == "__main__":
    sys.exit(main())
