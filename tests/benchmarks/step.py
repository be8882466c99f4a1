"""How long does a training step take, beside the frameworks?

    python tests/benchmarks/step.py [--rounds 15] [--steps 100] [--only ours,floor]
                                    [--batch 128] [--no-avx512] [--record FILE]

Each contender runs in a process of its own, with its default threads, and they take turns: what
the machine does besides hits all of them alike. Ours comes twice: as it is, and as `workers`,
whose steps are shared out among as many processes as there are cores. Printed are the medians over
rounds of a round's median step, and the ratios of both to each. Needs the extra `bench`; a
contender that is not installed is left out, and the output says so. First each says which vector
instructions it uses; --no-avx512 holds them all to AVX2, which is what most laptops have.
"""
import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]  # the helpers beside this script, and vae_np
import contenders  # noqa: E402
import turns  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--only", default="ours,workers,floor,pytorch,jax")
    parser.add_argument("--batch", type=int, default=contenders.BATCH)
    parser.add_argument("--no-avx512", action="store_true", help="all of them on AVX2 at most")
    parser.add_argument("--record", help="a JSON file that this run is added to")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.work:
        contenders.BATCH = args.batch
        return turns.serve(contenders.CONTENDERS[args.work](), args.steps, 20, args.work)
    medians, _ = turns.measure(turns.installed(args.only.split(",")), args.rounds, __file__,
                               "--steps", str(args.steps), "--batch", str(args.batch),
                               no_avx512=args.no_avx512)
    turns.show(medians)
    turns.record(args.record, medians, no_avx512=args.no_avx512)
    return 0


if __name__ == "__main__":
    sys.exit(main())
