"""A run made small enough to keep beside the code: its records, its figures, its weights."""
import shutil
from pathlib import Path

import numpy as np

from ..catalogue import find_class
from . import checkpoints
from .checkpoints import CheckpointError
from .folders import read_config

RECORDS = ("config.json", "metrics.jsonl", "evaluation.json")


def export(run, folder, weights=True):
    """Copies a run folder to `folder`, without what only a resume needs. Returns the paths.

    The weights are rounded to float16: 11 bits of precision, a relative error of at most 2⁻¹¹.
    Those of a model that needs all its digits, a mixture of Gaussians, stay as they are, and so do
    those of a class of your own that this process has not imported.
    `load` and every command but `train --resume` work on the copy; weights=False leaves them out.
    Raises RunError where `run` is no run folder, CheckpointError where its checkpoint is missing,
    damaged, or holds a weight too large for float16.
    """
    run, folder = Path(run), Path(folder)
    read_config(run)
    checkpoint = _rounded(run / "checkpoint.npz") if weights else None
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    if weights:
        paths.append(folder / "checkpoint.npz")
        checkpoints.write(paths[0], *checkpoint)
    for source in [run / name for name in RECORDS] + sorted((run / "figures").glob("*.png")):
        if source.exists():
            paths.append(folder / source.relative_to(run))
            paths[-1].parent.mkdir(exist_ok=True)
            shutil.copyfile(source, paths[-1])
    return paths


def _rounded(path):
    """(header, arrays) of a checkpoint that holds the model alone, in float16 where it may be."""
    header, arrays = checkpoints.read(path)
    if not _rounds_to_half(header["model"]):
        return {"model": header["model"]}, {"params": arrays["params"]}
    with np.errstate(over="ignore"):
        rounded = arrays["params"].astype(np.float16)
    if not np.isfinite(rounded).all():
        raise CheckpointError(f"{path} has weights beyond 65504, the largest number in float16: "
                              "export with --no-weights")
    return {"model": header["model"]}, {"params": rounded}


def _rounds_to_half(model):
    """Whether the class in a checkpoint's header says so; one that is not here cannot."""
    try:
        return find_class(model["class"], model.get("module")).rounds_to_half
    except ValueError:
        return False
