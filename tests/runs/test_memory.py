"""Training on all of MNIST stays under 600 MiB resident."""
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import vae_np as vn

LIMIT_MIB = 600
SCRIPT = """
import sys
from vae_np import cli
code = cli.main(sys.argv[1:])
print(open("/proc/self/status").read())
sys.exit(code)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc")
@pytest.mark.parametrize("binarize", ["dynamic", "fixed"])
def test_full_mnist_fits(tmp_path, binarize):
    """The peak of a process of its own: loading, two evaluations, a checkpoint.

    `fixed` holds the training set twice while it is made, 188 MB each.
    """
    try:
        vn.load_dataset("mnist", download=False)
    except vn.datasets.DatasetError:
        pytest.skip("MNIST is not on this machine")
    environment = {**os.environ, "PYTHONPATH": str(Path(vn.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, "train", "--data", "mnist", "--hidden", "200,200",
         "--z-dim", "50", "--samples-seen", "4000", "--eval-at", "2000", "--binarize", binarize,
         "--out", str(tmp_path / "run")],
        env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    peak = int(re.search(r"VmHWM:\s+(\d+) kB", done.stdout)[1]) / 1024
    assert 200 < peak < LIMIT_MIB, f"{peak:.0f} MiB"  # under 200 it cannot have held MNIST
