"""How long does importance-sampled log p(x) take, beside JAX and beside its matrix products?

    python tests/benchmarks/log_likelihood.py [--rounds 7] [--images 100] [--num-samples 5000]
                                              [--only ours,floor,jax] [--no-avx512]
                                              [--record FILE]

The model is the ruler's, 784–200–200–50–200–200–784 with tanh, as `make ruler` left it; the
images are embedded test digits, binarised. Each contender runs in a process of its own, with its
default threads, and they take turns. Printed are the medians over rounds, in milliseconds per
image, and each contender's mean log p(x), which must agree to its Monte Carlo error. Ours shares
blocks of 50 images among threads (`vae_np/blocks.py`), so measure at least as many blocks.
Needs the extra `bench` for JAX; without it JAX is left out, and the output says so.
"""
import argparse
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]  # the helpers beside this script, and vae_np
import turns  # noqa: E402

# Samples of all images at a time. 8 and 100 are within a tenth of 20; 2 and 1000 lose by half. One
# image at a time, or Σ x·a as h·(Wx) + b·x, makes JAX no faster.
JAX_CHUNK = 20


def load(images):
    """The ruler's model, and (images, 784) binarised digits."""
    import vae_np as vn
    model = vn.load(HERE.parents[1] / "lectures" / "results" / "ruler")
    test = vn.load_dataset("mnist5k").test[:images]
    return model, vn.binarize(test, np.random.default_rng(0))


def ours(images, num_samples, device="cpu"):
    """vae_np, by its public interface."""
    import vae_np as vn
    model, x = load(images)
    model.to(device)
    rng = np.random.default_rng(0)
    return lambda: float(vn.log_likelihood(model, x, rng=rng, num_samples=num_samples)[0].mean())


def floor(images, num_samples, rows=400):
    """The decoder's matrix products and nothing else, in chunks as large as ours: BLAS's threads
    as they are, one chunk after the other.
    """
    model, _ = load(images)
    inputs = [(np.full((rows, linear.n_in), 0.5, np.float32), model.params[linear.W])
              for linear in model.decoder.linears]
    chunks = images * num_samples // rows

    def step():
        for _ in range(chunks):
            for h, W in inputs:
                h @ W
        return 0.0
    return step


def jax(images, num_samples):
    """One jitted function: its own random numbers, chunks of samples by lax.map, logsumexp."""
    import jax
    import jax.numpy as jnp
    if num_samples % JAX_CHUNK:
        raise SystemExit(f"--num-samples must be a multiple of {JAX_CHUNK} for JAX")
    model, x = load(images)
    params, x = {name: jnp.asarray(p) for name, p in model.params.items()}, jnp.asarray(x)

    def linear(params, name, h):
        return h @ params[f"{name}.W"] + params[f"{name}.b"]

    def hidden(params, name, h):
        for i in range(2):
            h = jnp.tanh(linear(params, f"{name}.hidden{i}", h))
        return h

    def log_weights(params, x, key):
        h = hidden(params, "encoder", x)
        mean, logvar = (linear(params, f"encoder.{head}", h) for head in ("mean", "logvar"))
        eps = jax.random.normal(key, (JAX_CHUNK, *mean.shape))
        z = mean + jnp.exp(0.5 * logvar) * eps
        logits = linear(params, "decoder.logits", hidden(params, "decoder", z))
        log_px = jnp.sum(x * logits - jax.nn.softplus(logits), axis=-1)
        return log_px + 0.5 * jnp.sum(eps**2 - z**2 + logvar, axis=-1)

    @jax.jit
    def log_likelihood(params, x, key):
        keys = jax.random.split(key, num_samples // JAX_CHUNK)
        log_w = jax.lax.map(lambda key: log_weights(params, x, key), keys).reshape(-1, len(x))
        return jnp.mean(jax.nn.logsumexp(log_w, axis=0) - jnp.log(num_samples))

    state = {"key": jax.random.key(0)}

    def step():
        state["key"], key = jax.random.split(state["key"])
        return float(log_likelihood(params, x, key))
    return step


CONTENDERS = {"ours": ours, "floor": floor, "jax": jax}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--num-samples", type=int, default=5000)
    parser.add_argument("--only", default="ours,floor,jax")
    parser.add_argument("--no-avx512", action="store_true", help="all of them on AVX2 at most")
    parser.add_argument("--record", help="a JSON file that this run is added to")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.work:
        step = CONTENDERS[args.work](args.images, args.num_samples)
        return turns.serve(step, 1, 1, args.work)
    medians, values = turns.measure(turns.installed(args.only.split(",")), args.rounds, __file__,
                                    "--images", str(args.images),
                                    "--num-samples", str(args.num_samples),
                                    no_avx512=args.no_avx512)
    turns.show(medians, args.images, "ms an image", values)
    turns.record(args.record, medians, args.images, no_avx512=args.no_avx512)
    return 0


if __name__ == "__main__":
    sys.exit(main())
