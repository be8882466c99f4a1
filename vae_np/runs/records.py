"""What a run folder holds: its config.json, its records, or files that are somebody else's."""
import json
import math
import os
from pathlib import Path

from . import replacing
from .checkpoints import atomic_write
from .replacing import FILES

CONFIG_FIELDS = {"data": str, "seed": int, "device": str, "model": dict, "training": dict}


class RunError(ValueError):
    """A run folder that is missing, occupied, or does not fit what was asked of it."""


def read_config(folder):
    """config.json of a run folder. Raises RunError where there is none, or not one of ours."""
    path = Path(folder) / "config.json"
    replacing.settle(folder)
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise RunError(f"{folder} is no run folder: it has no config.json") from None
    except (ValueError, RecursionError):
        raise RunError(f"{path} is damaged: it is not JSON") from None
    for name, kind in CONFIG_FIELDS.items():
        if not isinstance(config, dict) or not isinstance(config.get(name), kind):
            raise RunError(f"{path} is not a run's, or it is damaged: {name!r} must be there, a "
                           f"JSON value of type {kind.__name__}")
    return config


def read_metrics(folder):
    """metrics.jsonl of a run folder, a list of records {name: finite number}.

    A half-written last line is left out. Raises RunError where any other line is no record.
    """
    path = Path(folder) / "metrics.jsonl"
    replacing.settle(folder)
    records, lines = [], path.read_bytes().splitlines() if path.exists() else []
    for number, line in enumerate(lines, start=1):
        record = _record(line)
        if record is not None:
            records.append(record)
        elif number < len(lines):
            raise RunError(f"{path} is damaged: line {number} is no record of a run; without that "
                           "line the rest can be read")
    return records


def _record(line):
    """The record of a line of metrics.jsonl; None where it holds none."""
    try:
        record = json.loads(line)
        whole = isinstance(record, dict) and all(map(math.isfinite, record.values()))
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None
    return record if whole and "samples_seen" in record else None


def keep_evaluation(folder, result):
    """Writes evaluation.json of a run folder; returns what it holds.

    It is the result, or the one that is there if that has more samples, which is the better one.
    "other_looks" notes what each other evaluation of the same test set gave: so a reader sees how
    often it was looked at. Raises WriteError where it cannot be written.
    """
    path = Path(folder) / "evaluation.json"
    best, before = result, _evaluation(path)
    looks = before.pop("other_looks", [])
    if before and before != result:
        other = before
        if before["num_samples"] > result["num_samples"]:
            best, other = before, result
        looks = [*looks, {name: other[name] for name in ("elbo", "nll", "n", "num_samples")
                          if name in other}]
    best = best | ({"other_looks": looks} if looks else {})
    with atomic_write(path) as file:
        file.write(json.dumps(best, indent=2).encode() + b"\n")
    return best


def _evaluation(path):
    """evaluation.json; {} where there is none, or none that can be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        whole = found["num_samples"] >= 0 and isinstance(found.get("other_looks", []), list)
        return found if whole else {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def check_place(folder, overwrite=False):
    """Whether a new run in this folder takes the place of another. Raises RunError where the
    folder cannot be had, or holds anything that must not be removed.
    """
    if not os.fspath(folder):
        raise RunError("the run folder has no name: --out names a folder")
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise RunError(f"{folder} is a file: --out names a folder")
    config = run_at(folder)
    if config is None or overwrite:
        return config is not None
    if (folder / "checkpoint.npz").exists():
        raise RunError(f"{folder} already holds a run: continue it with --resume, or replace "
                       "it with --overwrite")
    if _is_copy(folder, config["training"]):
        raise RunError(f"{folder} holds the records of a run without its checkpoint, as a copy "
                       "does: choose another folder, or replace it with --overwrite")
    return True


def run_at(folder):
    """The config of the run in a folder, None where none of its files are there.

    Raises RunError where there are files of these names and they are not a run's.
    """
    replacing.settle(folder)
    there = [name for name in FILES if os.path.lexists(Path(folder) / name)]
    if not there:
        return None
    try:
        if odd := [name for name in there if not (Path(folder) / name).is_file()]:
            raise RunError(f"{Path(folder) / odd[0]} is no file")
        return read_config(folder)
    except RunError as error:
        raise RunError(f"{error}, so {' and '.join(there)} may be somebody else's: nothing is "
                       "written there. Choose another folder, or move them away") from None


def _is_copy(folder, training):
    """Whether a run without a checkpoint is more than one that was killed before its first."""
    if (folder / "evaluation.json").exists():
        return True
    last = (read_metrics(folder) or [{}])[-1]
    epoch, seen = last.get("epoch", 0), last.get("samples_seen", 0)
    end = training.get("samples_seen")
    try:
        return epoch > 1 or (seen >= end if end else epoch >= training["epochs"])
    except (KeyError, TypeError):  # no run writes such
        return True
