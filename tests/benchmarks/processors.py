"""Which vector instructions the contenders use: as they find them, or AVX2 at most.

Each library chooses its kernels when it is loaded, and each has a variable of its own that holds
it back. Whether they obeyed, `about` says: what the library itself reports, and how fast it
multiplies two matrices.
"""
import os
import platform
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "reproducibility"))
from measure import beyond_avx2, blas, instruction_sets  # noqa: E402


def held_to_avx2():
    """Environment variables under which NumPy, OpenBLAS, PyTorch and JAX leave AVX-512 alone.

    MKL makes PyTorch's matrix products, oneDNN those of JAX. JAX 0.10 would rather have YNNPACK
    make them, which asks the processor and no variable, so that is switched off; on AVX2 the two
    take the same time (512×400 by 400×784 on two cores: 2.57 and 2.56 ms, the latter measured
    under a CPUID without AVX-512).
    """
    wide = beyond_avx2(instruction_sets(sys.executable))
    return {"NPY_DISABLE_CPU_FEATURES": " ".join(wide), "OPENBLAS_CORETYPE": "Haswell",
            "ATEN_CPU_CAPABILITY": "avx2", "MKL_ENABLE_INSTRUCTIONS": "AVX2",
            "ONEDNN_MAX_CPU_ISA": "AVX2", "DNNL_MAX_CPU_ISA": "AVX2",
            "XLA_FLAGS": "--xla_cpu_max_isa=AVX2 --xla_cpu_experimental_ynn_fusion_type="}


def vectors():
    """The widest vector instructions that NumPy uses in this process, in words."""
    names = instruction_sets(sys.executable)
    if beyond_avx2(names):
        return "AVX-512"
    return "AVX2" if {"AVX2", "X86_V3"} & set(names) else "neither AVX2 nor AVX-512"


def processor(no_avx512=False):
    """The processor's name, and its vector instructions, as a record keeps them."""
    named = Path("/proc/cpuinfo")
    lines = named.read_text().splitlines() if named.exists() else []
    name = next((line.partition(":")[2].strip() for line in lines
                 if line.startswith("model name")), platform.processor() or platform.machine())
    return f"{name}, {'held to AVX2' if no_avx512 and vectors() == 'AVX-512' else vectors()}"


def about(library):
    """What "numpy", "pytorch" or "jax" runs on in this process: one line of words."""
    rng = np.random.default_rng(0)
    h, W = (rng.standard_normal(shape, dtype=np.float32) for shape in ((512, 400), (400, 784)))
    if library == "pytorch":
        import torch
        multiply = partial(torch.matmul, *map(torch.from_numpy, (h, W)))
        words = f"PyTorch says {torch.backends.cpu.get_cpu_capability()}"
    elif library == "jax":
        import jax
        product = jax.jit(jax.numpy.matmul)

        def multiply():
            product(h, W).block_until_ready()
        words = f"JAX with XLA_FLAGS={os.environ.get('XLA_FLAGS', '')!r}"
    else:
        multiply = partial(np.matmul, h, W)
        words = f"NumPy with {vectors()}, BLAS for {blas()[0]}"
    return f"{words}; products at {_rate(multiply, 2 * 512 * 400 * 784):.0f} GFLOP/s"


def _rate(function, operations):
    """Billions of operations a second, by the fastest of 100 calls."""
    times = []
    for _ in range(100):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return operations / min(times) / 1e9
