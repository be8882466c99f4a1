"""Users' own files: .npy, .npz and .csv, read with the checks of `arrays`."""
import os
import tokenize
import warnings
import zipfile
from pathlib import Path

import numpy as np

from ..arrays import ArrayError, check_array, check_labels
from .csv_files import read_csv, shown

SUFFIXES = (".npy", ".npz", ".csv")
TEST_SHARE = 0.1
NPY = b"\x93NUMPY"  # how an .npy begins
OBJECTS = "it holds Python objects, or is no NumPy file at all"


def load_array_file(path, dtype="float32", missing=False):
    """Read a user's file and check it.

    path: an .npz with arrays `train` and `test` (and, if you like, `train_labels` and
    `test_labels`); or an .npz with a single array, an .npy or a .csv, whose rows are all in `test`
    then, and `train` has none. Arrays are (N, D), or (N, H, W) for images. A .csv is (N, D), with
    or without a header. dtype, missing: as for `check_array`; then an empty cell of a .csv is
    missing too.

    Returns the fields of a Dataset as a dict. Raises ArrayError. Warns as `check_array` does, and
    where a .csv leaves open whether its first line is a header.
    """
    path = Path(os.path.expanduser(path))  # which leaves the ~ of an unknown user as it is
    if path.suffix.lower() not in SUFFIXES:
        raise ArrayError(f"{path}: only {', '.join(SUFFIXES)} files can be read")
    if not path.is_file():
        raise ArrayError(f"{path}: no such file")
    arrays = {"x": read_csv(path, missing)} if path.suffix.lower() == ".csv" else _read_numpy(path)
    if "train" in arrays and "test" in arrays:
        return _given_split(arrays, path, dtype, missing)
    if len(arrays) != 1:
        raise ArrayError(f"{path} holds {', '.join(sorted(arrays)) or 'no arrays'}; it needs "
                         "`train` and `test`, or a single array")
    rows, image_shape = check_array(next(iter(arrays.values())), str(path), dtype=dtype,
                                    missing=missing)
    return {"train": rows[:0], "test": rows, "image_shape": image_shape,
            "source": f"{path}, all its rows"}


def draw_test_rows(count, test_count, seed):
    """A (count,) bool mask with `test_count` rows drawn without replacement."""
    mask = np.zeros(count, dtype=bool)
    mask[np.random.default_rng(seed).choice(count, test_count, replace=False)] = True
    return mask


def _given_split(arrays, path, dtype, missing):
    train, image_shape = check_array(arrays["train"], f"{path}: train", dtype=dtype,
                                     missing=missing)
    test, test_shape = check_array(arrays["test"], f"{path}: test", width=train.shape[1],
                                   dtype=dtype, missing=missing)
    if test_shape != image_shape:
        raise ArrayError(f"{path}: train has images of shape {image_shape}, test {test_shape}")
    fields = {"train": train, "test": test, "image_shape": image_shape,
              "source": f"{path}, with its own test set"}
    for part, examples in (("train_labels", train), ("test_labels", test)):
        if part in arrays:
            fields[part] = check_labels(arrays[part], f"{path}: {part}", len(examples))
    return fields


def _read_numpy(path):
    """The arrays of an .npz by name; an .npy's single array as {"x": array}."""
    try:
        with open(path, "rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NumPy warns where it guesses what a header means
            start = file.read(len(NPY))
            file.seek(0)
            if start == NPY:
                return {"x": _read_array(file)}
            if start[:2] == b"PK":
                with zipfile.ZipFile(file) as archive:
                    return {name.removesuffix(".npy"): _read_member(archive, name)
                            for name in archive.namelist()}
        reason = OBJECTS
    except OSError as error:
        reason = error.strerror or error
    except Exception as error:  # damaged headers and archives make the parsers raise anything
        unreadable = isinstance(error, (SyntaxError, tokenize.TokenError))
        reason = (OBJECTS if "Object arrays" in str(error) else "it is damaged, or no NumPy file: "
                  + ("its header cannot be read" if unreadable else shown(error)))
    raise ArrayError(f"cannot read {path}: {reason}")


def _read_member(archive, name):
    with archive.open(name) as member:
        return _read_array(member)


def _read_array(file):
    """The array of an open file, all of it: a damaged header could claim too few rows, and an
    archive's checksum is compared at its end.
    """
    array = np.lib.format.read_array(file, allow_pickle=False)
    if file.read(1):
        raise ValueError("more bytes follow than its header says")
    return array
