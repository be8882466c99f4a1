"""The data of a run, told by their content: what it was trained on, and what is to be scored.

A user's file may change after the training, and a row more draws another test set, with rows in it
that were trained on. So a run's config.json keeps, as "trained_on", the shapes and the SHA-256 of
the training and the test set as they were divided. Data that have a name are as published, or
generated, and need no record.
"""
import hashlib
import os
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..catalogue import LABELS, kind_of
from ..datasets import Dataset, DatasetError, DataWarning, hold_out, is_path, load_dataset


LABELS_KEY = "labels_sha256"
MANY_CLASSES = 1000  # so many may be there with few examples; labels beyond are names or codes


class Scored(NamedTuple):
    """What a command is to look at: a data set, whether its test set is the run's own, and what a
    reader must know of it, or None.
    """

    data: Dataset
    own: bool
    note: str | None = None


def own_data(folder, config):
    """The data set of a run. Raises DatasetError where it is not what the run was trained on."""
    data = load_dataset(config["data"], dtype=None, missing=reads_missing(config))
    record = config.get("trained_on")
    if record is None:  # a run from before there were records
        return data
    now = trained_on(data, _with_labels(record))
    if record != now:
        raise DatasetError(f"{data.name} has changed since {folder} was trained on it: "
                           f"{_difference(folder, record, now)}. Put it back as it was, or train "
                           "a new run; evaluate --data scores a file as new data")
    return data


def reads_missing(config):
    """Whether a run takes NaN for a missing entry."""
    return bool(config["training"].get("missing", False))


def trained_on(data, with_labels=False):
    """{"train": {"shape", "sha256"}, "test": ...} of a file's data set; None where it has a name.
    with_labels: whether the model sees the labels too; then "labels_sha256" stands beside.
    """
    if not is_path(data.name):
        return None
    record = {part: {"shape": list(rows.shape), "sha256": _sha256(rows)}
              for part, rows in (("train", data.train), ("test", data.test))}
    if with_labels:
        for part, labels in (("train", data.train_labels), ("test", data.test_labels)):
            record[part][LABELS_KEY] = None if labels is None else _sha256(labels)
    return record


def _with_labels(record):
    """Whether a record, of a file that may be damaged, speaks of labels."""
    train = record.get("train") if isinstance(record, dict) else None
    return isinstance(train, dict) and LABELS_KEY in train


def labels_for(model, labels):
    """The labels that a model is to be handed beside x: (labels,), or () where it takes none."""
    return (labels,) if LABELS in kind_of(model).has else ()


def count_classes(data):
    """How many classes the labels of a data set have, from 0 to the largest that is there. Raises
    DatasetError where it has no labels, or where they are no numbering of classes.
    """
    labels = [part for part in (data.train_labels, data.test_labels) if part is not None]
    if not labels:
        raise DatasetError(f"{data.name} has no labels, and this kind of model needs them: an "
                           ".npz may hold train_labels and test_labels beside train and test")
    largest, count = max(int(part.max()) for part in labels), sum(len(part) for part in labels)
    if largest >= max(MANY_CLASSES, count):
        raise DatasetError(f"the largest label of {data.name} is {largest}, which would make "
                           f"{largest + 1} classes of {count} examples: number the classes 0, 1, "
                           "2, …")
    return max(1, 1 + largest)


def scored_data(folder, config, named=None, missing=False):
    """What to score: the run's own data set, or the one that a user named.

    missing: whether the file may have missing entries, as it may where the run's own data may. A
    file is scored whole; of an .npz with `train` and `test` its test set. The run's own file,
    wherever it lies now, has the run's own test set. Raises as `own_data` and `load_dataset` do;
    warns, with a DataWarning, where the file may hold rows that the run was trained on.
    """
    if named is None:
        return Scored(own_data(folder, config), own=True)
    data = load_dataset(named, dtype=None, whole=True, missing=missing or reads_missing(config))
    record = config.get("trained_on")
    if not is_path(named):
        return Scored(data, own=named == config["data"])
    divided = hold_out(data) if len(data.train) == 0 and len(data.test) > 1 else data
    same_place = is_path(config["data"]) and same_file(named, config["data"])
    if same_place if record is None else record == trained_on(divided, _with_labels(record)):
        return Scored(divided, own=True)
    note = None
    if same_place:
        note = (f"{named} has changed since the run was trained on it: rows that it was trained "
                "on may be among these, and then this is no test")
    elif record is None and is_path(config["data"]):
        note = (f"this run keeps no record of what it was trained on: if rows of that are in "
                f"{named}, this is no test")
    if note:
        warnings.warn(note, DataWarning, stacklevel=2)
    return Scored(data, own=False, note=note)


def _sha256(rows):
    little = rows.astype(rows.dtype.newbyteorder("<"), copy=False)
    return hashlib.sha256(np.ascontiguousarray(little)).hexdigest()


def same_file(one, other):
    """Whether two paths lead to one file that is there."""
    try:
        return os.path.samefile(os.path.expanduser(one), os.path.expanduser(other))
    except OSError:  # one of them is not there
        return False


def _difference(folder, then, now):
    """What has changed between two records, in words."""
    try:
        (train, width), (test, _) = (then[part]["shape"] for part in ("train", "test"))
        (train_now, width_now), (test_now, _) = (now[part]["shape"] for part in ("train", "test"))
        if (train, test, width) != (train_now, test_now, width_now):
            return (f"it had {train:d} rows for training and {test:d} for testing, {width:d} "
                    f"numbers each, and has {train_now} and {test_now} of {width_now} now")
        parts, others = ([name for part, name in (("train", "training"), ("test", "testing"))
                          if then[part].get(key) != now[part].get(key)]
                         for key in ("sha256", LABELS_KEY))
        if others and not parts:
            return f"it has the same rows, but other labels for {' and '.join(others)}"
    except (AttributeError, KeyError, TypeError, ValueError):
        parts = []
    if not parts:
        raise DatasetError(f"{Path(folder) / 'config.json'} is damaged: its \"trained_on\" is not "
                           "what vae-np writes")
    return f"it has as many rows, but other values for {' and '.join(parts)}"
