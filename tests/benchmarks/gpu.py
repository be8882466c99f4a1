"""How fast is a GPU, beside this machine's CPU and beside the frameworks on the same GPU?

    python tests/benchmarks/gpu.py [--rounds 7] [--steps 200] [--images 1000] [--only ours,cpu]

First a training step as in `step.py`, at batch 128 and at batch 2048: by vae_np on the GPU, as a
trainer takes it and with each launch by itself, and on the CPU; by PyTorch's example and by JAX on
the GPU. All get their data as NumPy arrays and return the bound as a Python float, which waits for
the GPU. Then importance-sampled log p(x) as in
`log_likelihood.py`, by vae_np on the GPU and on the CPU. Each contender runs in a process of its
own, and they take turns. Needs a GPU, CuPy, and for the frameworks the extra `bench`.
"""
import argparse
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]  # the helpers beside this script, and vae_np
import contenders  # noqa: E402
import log_likelihood  # noqa: E402
import turns  # noqa: E402

from vae_np.backend import DeviceError, device_module  # noqa: E402

os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # JAX would take all the memory
FRAMEWORKS = ("ours", "unrecorded", "cpu", "pytorch", "jax")


def step_of(name, batch):
    contenders.BATCH = batch
    device = "cpu" if name == "cpu" else "cuda"
    return contenders.CONTENDERS["ours" if name == "cpu" else name](device)


def log_likelihood_of(name, images):
    device = "cpu" if name == "cpu" else "cuda"
    return log_likelihood.ours(images, 5000, device)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--only", default=",".join(FRAMEWORKS))
    parser.add_argument("--batch", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.work and args.batch:
        return turns.serve(step_of(args.work, args.batch), args.steps, warmup=20)
    if args.work:
        return turns.serve(log_likelihood_of(args.work, args.images), steps=1, warmup=1)

    try:
        device_module("cuda")
    except DeviceError as error:
        print(error, file=sys.stderr)
        return 2
    names = turns.installed(args.only.split(","))
    for batch in (128, 2048):
        medians, _ = turns.measure(names, args.rounds, __file__, "--batch", str(batch),
                                   "--steps", str(args.steps))
        print(f"a training step at batch {batch}")
        turns.show(medians)
    medians, values = turns.measure([name for name in names if name in ("ours", "cpu")], 3,
                                    __file__, "--images", str(args.images))
    print(f"log p(x) of {args.images} images, 5000 samples")
    turns.show(medians, args.images, "ms an image", values)
    return 0


if __name__ == "__main__":
    sys.exit(main())
