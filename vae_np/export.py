"""A run made small enough to keep beside the code: its records, its figures, its weights."""
import shutil
from pathlib import Path

import numpy as np

from . import checkpoints
from .checkpoints import CheckpointError

KEPT = ("config.json", "metrics.jsonl", "evaluation.json")
ROUNDED = "float16"


def export(run, folder):
    """Copies a run folder to `folder`, without what only a resume needs. Returns the paths.

    The weights are rounded to float16, half the size of float32: 11 bits of precision, a relative
    error of at most 2⁻¹¹. `load` and every command but `train --resume` work on the copy.
    Raises CheckpointError where the run has no good checkpoint, or where a weight is too large
    for float16.
    """
    run, folder = Path(run), Path(folder)
    header, arrays = checkpoints.read(run / "checkpoint.npz")
    with np.errstate(over="ignore"):
        rounded = arrays["params"].astype(ROUNDED)
    if not np.isfinite(rounded).all():
        raise CheckpointError(f"{run} has weights beyond 65504, the largest number in float16")
    folder.mkdir(parents=True, exist_ok=True)
    checkpoints.write(folder / "checkpoint.npz", {"model": header["model"]}, {"params": rounded})
    paths = [folder / "checkpoint.npz"]
    for name in KEPT:
        if (run / name).exists():
            paths.append(Path(shutil.copyfile(run / name, folder / name)))
    for figure in sorted((run / "figures").glob("*.png")):
        (folder / "figures").mkdir(exist_ok=True)
        paths.append(Path(shutil.copyfile(figure, folder / "figures" / figure.name)))
    return paths
