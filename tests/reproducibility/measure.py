"""How far do two runs of one seed part, on other threads, workers, kernels, versions of NumPy?

    python tests/reproducibility/measure.py [--pythons A/bin/python B/bin/python ...] [--out FILE]

Each row of the table is one process with settings of its own, beside the first one: this
interpreter's NumPy, one BLAS thread, the kernels that it chooses. The columns say

    step        one step's value and gradient, relative to the largest: rounding by itself
    parameters  after 100 steps of Adam: ‖difference‖ / ‖parameters‖
    bound       the final test bound of a run of 10 epochs on mnist5k: the difference in nats

The last row is another seed: what chance does, in the same run. `--pythons` names interpreters
with other versions of NumPy (each needs NumPy and SciPy); --out keeps the table as JSON. After the
name of the BLAS kernels stand its threads: a process that may use one core alone has one.
"""
import argparse
import ctypes
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
FULL = {"hidden": 500, "steps": 100, "epochs": 10, "train": 4000}
WORKERS = "MEASURED_WORKERS"  # the variable that tells a process into how many it shares a step
BLAS_KERNELS = ("Nehalem", "Sandybridge", "Haswell", "Zen", "SkylakeX")


def work(path, seed, size):
    """One process's numbers, kept as .npz: all its noise comes from one seeded generator."""
    sys.path.insert(0, str(ROOT))
    import vae_np as vn
    from vae_np.training.vae import VAETrainer
    data = vn.load_dataset("mnist5k")
    x = data.train[:size["train"]]

    rng = np.random.default_rng(seed)
    model = vn.VAE(784, 20, (size["hidden"],), rng=rng)
    batch = (rng.random(x[:100].shape, dtype=np.float32) < x[:100]).astype(np.float32)
    workers = int(os.environ.get(WORKERS, 1))
    trainer = VAETrainer(model, vn.Adam(model.params), total_samples=100 * size["steps"],
                         train_size=100, workers=workers)
    value, grads = trainer.value_and_grads(batch, model.noise(rng, 100))
    first_gradient = grads.vector.copy()
    for _ in range(size["steps"]):
        trainer.step(batch, range(100), rng)
    trainer.rest()

    rng = np.random.default_rng(seed)
    trained = vn.VAE(784, 20, (size["hidden"],), rng=rng)
    test = vn.binarize(data.test, np.random.default_rng(0))
    history = vn.fit(trained, x, test=test, epochs=size["epochs"], rng=rng, binarize="dynamic",
                     workers=workers)
    kernel, threads = blas()
    np.savez(path, value=value, gradient=first_gradient, parameters=model.params.vector,
             bound=history[-1]["test_elbo"], numpy=np.__version__,
             kernel=kernel, threads=threads)


def blas():
    """(the name of OpenBLAS's kernels, its threads) in this process; of another BLAS, no idea."""
    maps = Path("/proc/self/maps")
    lines = maps.read_text().splitlines() if maps.exists() else []
    for path in {line.split(maxsplit=5)[5] for line in lines if "openblas" in line}:
        library = ctypes.CDLL(path)
        for name in ("scipy_openblas_get_{}64_", "openblas_get_{}64_", "openblas_get_{}"):
            if hasattr(library, name.format("corename")):
                corename = getattr(library, name.format("corename"))
                corename.restype = ctypes.c_char_p
                return corename().decode(), getattr(library, name.format("num_threads"))()
    return "unknown", 0


def run(python, settings, size, seed=0):
    """The numbers of one process of its own. settings: environment variables."""
    environment = {k: v for k, v in os.environ.items()
                   if not k.startswith(("OPENBLAS_", "NPY_DISABLE", "OMP_"))}
    environment.update({"OPENBLAS_NUM_THREADS": "1", **settings})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "numbers.npz"
        subprocess.run([python, __file__, "--work", str(path), "--seed", str(seed),
                        "--size", json.dumps(size)], check=True, env=environment)
        with np.load(path) as numbers:
            return dict(numbers)


def part(one, other):
    """How far two runs are apart: {column: number}."""
    gradient, parameters = one["gradient"], one["parameters"]
    return {"value": float(abs(one["value"] - other["value"]) / abs(one["value"])),
            "gradient": float(np.abs(gradient - other["gradient"]).max()
                              / np.abs(gradient).max()),
            "parameters": float(np.linalg.norm(parameters - other["parameters"])
                                / np.linalg.norm(parameters)),
            "bound": float(abs(one["bound"] - other["bound"]))}


def instruction_sets(python):
    """NumPy's own kernels beyond its baseline: the names that NPY_DISABLE_CPU_FEATURES takes."""
    code = ("try: from numpy._core._multiarray_umath import __cpu_dispatch__ as d, "
            "__cpu_features__ as f\n"
            "except ImportError: from numpy.core._multiarray_umath import __cpu_dispatch__ as d, "
            "__cpu_features__ as f\n"
            "print(*[name for name in d if f[name]])")
    return subprocess.run([python, "-c", code], check=True, text=True,
                          capture_output=True).stdout.split()


def beyond_avx2(names):
    """Those of NumPy's instruction sets that need AVX-512."""
    return [name for name in names if "512" in name or name == "X86_V4"]


def rows(pythons, size):
    """Yields (group, name, python, settings, seed), the reference first."""
    here = sys.executable
    yield "reference", "", here, {}, 0
    yield "same", "once more", here, {}, 0
    yield "threads", "2 threads", here, {"OPENBLAS_NUM_THREADS": "2"}, 0
    for count in (2, 3):
        yield "workers", f"{count} workers", here, {WORKERS: str(count)}, 0
    for kernel in BLAS_KERNELS:
        yield "kernels", f"BLAS kernels {kernel}", here, {"OPENBLAS_CORETYPE": kernel}, 0
    names = instruction_sets(here)
    wide = beyond_avx2(names)
    for name, disabled in (("NumPy without AVX-512", wide), ("NumPy's baseline", names)):
        if disabled:
            yield "kernels", name, here, {"NPY_DISABLE_CPU_FEATURES": " ".join(disabled)}, 0
    if wide:
        yield "kernels", "both as on an AVX2 laptop", here, {
            "NPY_DISABLE_CPU_FEATURES": " ".join(wide), "OPENBLAS_CORETYPE": "Haswell"}, 0
    for python in pythons:
        yield "versions", "another NumPy", python, {}, 0
    yield "another seed", "another seed", here, {}, 1


def measure(pythons, size):
    """The table: a list of {"group", "name", "numpy", "kernel", "threads", "value", ...}."""
    table = []
    for group, name, python, settings, seed in rows(pythons, size):
        numbers = run(python, settings, size, seed)
        if group == "reference":
            reference = numbers
        row = {"group": group, "name": name, "numpy": str(numbers["numpy"]),
               "kernel": str(numbers["kernel"]), "threads": int(numbers["threads"]),
               **part(reference, numbers)}
        table.append(row)
        print(line(row), flush=True)
    return table


def line(row):
    values = "  ".join(f"{row[key]:10.1e}" for key in ("value", "gradient", "parameters"))
    return (f"{row['group']:13} {row['name']:25} NumPy {row['numpy']:7} {row['kernel']:11} "
            f"{row['threads']} {values}  {row['bound']:8.1e} nats")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pythons", nargs="*", default=[])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--size", type=json.loads, default=FULL, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.work:
        return work(args.work, args.seed, args.size)
    print(f"{'':69}{'value':>9}{'gradient':>12}{'parameters':>12}{'bound':>11}")
    table = measure(args.pythons, args.size)
    if args.out:
        record = {"machine": platform.machine(), "processor": processor(), "size": args.size,
                  "rows": table}
        args.out.write_text(json.dumps(record, indent=1) + "\n")


def processor():
    """What the processor calls itself."""
    info = Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*: (.*)", info.read_text()) if info.exists() else []
    return names[0] if names else platform.processor()


if __name__ == "__main__":
    main()
