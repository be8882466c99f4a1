"""A run made small enough to keep beside the code: its records, its figures, its weights."""
import os
from pathlib import Path

import numpy as np

from ..catalogue import find_class
from . import checkpoints, replacing
from .checkpoints import CheckpointError
from .locks import alone_in
from .records import RunError, read_config, run_at

RECORDS = ("config.json", "metrics.jsonl", "evaluation.json")
# What may differ between a run and an older copy of it: it may have gone on, or moved.
CHANGES = ("epochs", "samples_seen", "eval_at", "device", "versions", "start_from")


def export(run, folder, weights=True):
    """Copies a run folder to `folder`, without what only a resume needs. Returns the paths.

    The weights are rounded to float16: 11 bits of precision, a relative error of at most 2⁻¹¹.
    Those of a model that needs all its digits, a mixture of Gaussians, stay as they are, and so do
    those of a class of your own that this process has not imported.
    `load` and every command but `train --resume` work on the copy; weights=False leaves them out.
    An older copy of the same run is replaced, at once; nothing else is: RunError where `folder`
    is the run itself, or holds another run or files that are not a run's.

    Raises RunError where `run` is no run folder, CheckpointError where its checkpoint is missing,
    damaged, or holds a weight too large for float16, WriteError where the copy cannot be written.
    """
    config = read_config(run)
    _check_place(run, folder, config)
    run, folder = Path(run), Path(folder)
    checkpoint = _rounded(run / "checkpoint.npz") if weights else None
    sources = [source for source in [*(run / name for name in RECORDS),
                                     *sorted((run / "figures").glob("*.png"))] if source.exists()]
    with alone_in(folder):
        checkpoints.make_folder(folder)
        place = replacing.prepare(folder)
        try:
            if weights:
                checkpoints.write(place / "checkpoint.npz", *checkpoint)
            for source in sources:
                copy_file(source, place / source.relative_to(run))
        except checkpoints.WriteError as error:
            replacing.clear(folder)
            error.filename = str(folder / Path(error.filename).relative_to(place))
            error.kept = f"nothing in {folder} was changed"
            raise
        replacing.take_over(folder)
    names = [source.relative_to(run) for source in sources]
    return [folder / name for name in (["checkpoint.npz"] if weights else []) + names]


def copy_file(source, target):
    """Copies a file, whole or not at all; a link at `target` is replaced, not followed."""
    data = Path(source).read_bytes()
    checkpoints.make_folder(Path(target).parent)
    with checkpoints.atomic_write(target) as file:
        file.write(data)


def _check_place(run, folder, config):
    if not os.fspath(folder):
        raise RunError("the folder for the copy has no name")
    if os.path.exists(folder) and not os.path.isdir(folder):
        raise RunError(f"{folder} is a file: a copy needs a folder")
    if os.path.exists(folder) and os.path.samefile(run, folder):
        raise RunError(f"{folder} is the run itself, which a copy would replace: choose another "
                       "folder")
    pictures = os.path.join(folder, "figures")
    if os.path.lexists(pictures) and not os.path.isdir(pictures):
        raise RunError(f"{pictures} is no folder: choose another one for the copy")
    there, path = run_at(folder), Path(folder) / "checkpoint.npz"
    if there is None:
        return
    if not _same_run(there, config):
        raise RunError(f"{folder} holds another run than {run}: choose another folder, or remove "
                       "that run first")
    if path.exists() and "loop" in checkpoints.read(path)[0]:
        raise RunError(f"{folder} holds a run that can go on, which a copy cannot: choose another "
                       "folder, or remove that run first")


def _same_run(one, other):
    """Whether two configs are of one run, perhaps before and after a --resume. What one of them
    does not name is newer than it.
    """
    one, other = ({**config, **config["training"], **{"class": "VAE", **config["model"]}}
                  for config in (one, other))
    return all(one[name] == other[name] for name in one.keys() & other.keys()
               if name not in (*CHANGES, "model", "training"))


def _rounded(path):
    """(header, arrays) of a checkpoint that holds the model alone, in float16 where it may be."""
    header, arrays = checkpoints.read(path)
    model, params = header.get("model"), arrays.get("params")
    if not isinstance(model, dict) or params is None or params.dtype.kind != "f":
        raise CheckpointError(f"{path} does not describe a model of vae-np")
    if not _rounds_to_half(model):
        return {"model": model}, {"params": params}
    with np.errstate(over="ignore"):
        rounded = params.astype(np.float16)
    if not np.isfinite(rounded).all():
        raise CheckpointError(f"{path} has weights beyond 65504, the largest number in float16: "
                              "export with --no-weights")
    return {"model": model}, {"params": rounded}


def _rounds_to_half(model):
    """Whether the class in a checkpoint's header says so; one that is not here cannot."""
    try:
        return find_class(model["class"], model.get("module")).rounds_to_half
    except (KeyError, ValueError):
        return False
