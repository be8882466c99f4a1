"""Where does the time of an epoch go?

    python tests/benchmarks/epoch.py [--steps 300] [--images 60000] [--no-avx512]

The ruler's training: 784–200–200–50 with tanh, Bernoulli decoder, batches of 100 of 60 000 images
binarised afresh, Adam; the test set has a sixth as many. Once with BLAS on one thread, once with
its default. A run of `steps` minibatches is watched through wrappers around its parts. Printed
are medians over the steps; a part's time is its own, without the watched parts that it calls.
Below stands the floor, the step's matrix products and nothing else. The last line is the loop
without wrappers, in one process and with its steps shared out among as many as there are cores, in
turns. The images are the embedded digits over and over, so nothing is downloaded. --no-avx512
holds NumPy and its BLAS to AVX2.
"""
import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]  # the helpers beside this script, and vae_np
import processors  # noqa: E402
import turns  # noqa: E402

import vae_np as vn  # noqa: E402
from vae_np.datasets.binarization import Binarization  # noqa: E402
from vae_np.experiments.jobs.engines import cores  # noqa: E402
from vae_np.training import Loop  # noqa: E402
from vae_np.training.vae import VAETrainer  # noqa: E402

BATCH = 100


class Watch:
    """How long the calls within a step take, each without the watched calls inside it."""

    def __init__(self):
        self.steps = []  # {name: seconds} of each step
        self._inner = [0.0]  # for each call under way, what the calls inside it took

    def call(self, name, function, *args, **kwargs):
        self._inner.append(0.0)
        started = time.perf_counter()
        result = function(*args, **kwargs)
        took = time.perf_counter() - started
        own, step = took - self._inner.pop(), self.steps[-1]
        self._inner[-1] += took
        step[name] = step.get(name, 0.0) + own
        return result

    def wrap(self, name, owner, method):
        """Replaces owner.method by one that is watched."""
        function = getattr(owner, method)
        setattr(owner, method, lambda *a, **k: self.call(name, function, *a, **k))


class WatchedRows:
    """An array whose rows are fetched under the eyes of a watch."""

    def __init__(self, array, watch):
        self.array, self.watch = array, watch

    def __len__(self):
        return len(self.array)

    def __getitem__(self, index):
        return self.watch.call("fetching a batch's rows", self.array.__getitem__, index)


def ruler_loop(steps, images, **settings):
    """(the loop of so many steps, the grey digits that its images repeat)."""
    rng, grey = np.random.default_rng(0), vn.load_dataset("mnist5k").train
    model = vn.VAE(784, 50, (200, 200), rng=rng).init_output_bias(grey)
    trainer = VAETrainer(model, vn.Adam(model.params, lr=3e-3), total_samples=steps * BATCH,
                         train_size=images, **settings)
    return Loop(trainer, np.resize(grey, (images, 784)), rng=rng, total_samples=steps * BATCH,
                batch_size=BATCH, binarization=Binarization("dynamic")), grey


def watched_run(steps, images):
    """({part: its median milliseconds in a step}, milliseconds of the test set's bound)."""
    loop, grey = ruler_loop(steps, images)
    trainer, binarization, rng = loop.trainer, loop.binarization, loop.rng
    model, optimizer = trainer.model, trainer.optimizers[""]
    test = binarization.test_array(np.resize(grey, (images // 6, 784)))
    started = time.perf_counter()
    trainer.evaluate(test, rng)
    record_ms = 1e3 * (time.perf_counter() - started)

    watch = Watch()
    loop.train = WatchedRows(loop.train, watch)
    loop.binarization = argparse.Namespace(batch=binarization.batch)  # the class is frozen
    for name, owner, method in [
            ("binarising", loop.binarization, "batch"), ("drawing ε", model, "noise"),
            ("encoder, forward", model.encoder, "forward"),
            ("encoder, backward", model.encoder, "backward"),
            ("decoder, forward", model.decoder, "forward"),
            ("decoder, backward", model.decoder, "backward"),
            ("log p(x|z)", model.likelihood, "log_prob"),
            ("log p(x|z), backward", model.likelihood, "log_prob_backward"),
            ("z, KL, the bound, and their backward", model, "elbo_and_grad"),
            ("Adam", optimizer, "ascend"), ("the loop: shuffling, checks, sums", loop, "step")]:
        watch.wrap(name, owner, method)
    while not loop.finished:
        watch.steps.append({})
        loop.step()
    parts = {name: 1e3 * median(step[name] for step in watch.steps) for name in watch.steps[0]}
    return parts, record_ms


def served_run(steps, images, workers):
    """A process that takes `steps` steps of the loop for each line on stdin, and says how long."""
    loop, _ = ruler_loop(1000 * steps, images, workers=workers)
    turns.serve(loop.step, steps, steps, "numpy")


def whole_steps(steps, images, no_avx512):
    """{"ours", "workers": milliseconds of a step of the loop}: one process, one on each core."""
    return turns.measure(["ours", "workers"], 7, __file__, "--steps", str(steps), "--images",
                         str(images), no_avx512=no_avx512)[0]


def floor(steps):
    """Milliseconds of one step's matrix products: forward, and back to weights and inputs."""
    model = vn.VAE(784, 50, (200, 200))
    linears = model.encoder.linears + model.decoder.linears
    products = [(np.full((BATCH, linear.n_in), 0.5, np.float32), model.params[linear.W],
                 np.full((BATCH, linear.n_out), 0.5, np.float32)) for linear in linears]
    times = []
    for _ in range(steps):
        started = time.perf_counter()
        for i, (x, W, d_y) in enumerate(products):
            x @ W, x.T @ d_y
            if i:  # the gradient in the data is not needed
                d_y @ W.T
        times.append(time.perf_counter() - started)
    return 1e3 * median(times)


def report(title, images, parts, record_ms, floor_ms):
    step_ms, per_epoch = sum(parts.values()), images / BATCH / 1e3
    print(f"{title}\n{'':42}ms a step   s an epoch   share")
    for name, ms in sorted(parts.items(), key=lambda part: -part[1]):
        print(f"  {name:40}{ms:9.3f} {ms * per_epoch:12.2f} {ms / step_ms:7.0%}")
    print(f"  {'all of it':40}{step_ms:9.3f} {step_ms * per_epoch:12.2f}")
    print(f"  {'the floor: the matrix products alone':40}{floor_ms:9.3f} "
          f"{floor_ms * per_epoch:12.2f} {floor_ms / step_ms:7.0%}")
    print(f"  {'and a record: the bound of the test set':40}{'':9} {record_ms / 1e3:12.2f}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--images", type=int, default=60_000)
    parser.add_argument("--no-avx512", action="store_true", help="on AVX2 at most")
    parser.add_argument("--work", choices=["parts", "ours", "workers"], help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.work in ("ours", "workers"):
        return served_run(args.steps, args.images, 1 if args.work == "ours" else cores())
    if args.work:
        print(json.dumps([*watched_run(args.steps, args.images), floor(args.steps)]))
        return 0
    print(processors.processor(args.no_avx512))
    default = {k: v for k, v in os.environ.items() if k != "OPENBLAS_NUM_THREADS"}
    default |= processors.held_to_avx2() if args.no_avx512 else {}
    for title, env in [("BLAS on one thread", {**default, "OPENBLAS_NUM_THREADS": "1"}),
                       ("BLAS on its default of threads", default)]:
        run = subprocess.run([sys.executable, __file__, "--work", "parts", "--steps",
                              str(args.steps), "--images", str(args.images)],
                             env=env, stdout=subprocess.PIPE, text=True, check=True)
        report(title, args.images, *json.loads(run.stdout))
    os.environ.pop("OPENBLAS_NUM_THREADS", None)
    whole = whole_steps(args.steps, args.images, args.no_avx512)
    print(f"The loop itself, one process: {whole['ours']:.3f} ms a step; shared out among "
          f"{cores()}: {whole['workers']:.3f}, {whole['workers'] / whole['ours']:.2f} of it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
