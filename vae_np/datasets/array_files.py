"""Users' own files: .npy, .npz and .csv, read with the checks of `arrays`."""
import csv
import os
import zipfile
import zlib
from pathlib import Path

import numpy as np

from ..arrays import ArrayError, check_array, check_labels

SUFFIXES = (".npy", ".npz", ".csv")
TEST_SHARE = 0.1


def load_array_file(path, seed=0):
    """Read a user's file, check it and split it.

    path: an .npz with arrays `train` and `test` (and, if you like, `train_labels` and
    `test_labels`); or an .npz with a single array, an .npy or a .csv, of which a tenth of the
    rows, drawn without replacement by default_rng(seed), becomes the test set. Arrays are (N, D),
    or (N, H, W) for images. A .csv is (N, D), with or without a header.

    Returns the fields of a Dataset as a dict. Raises ArrayError.
    """
    path = Path(os.path.expanduser(path))  # which leaves the ~ of an unknown user as it is
    if path.suffix.lower() not in SUFFIXES:
        raise ArrayError(f"{path}: only {', '.join(SUFFIXES)} files can be read")
    if not path.is_file():
        raise ArrayError(f"{path}: no such file")
    arrays = _read_csv(path) if path.suffix.lower() == ".csv" else _read_numpy(path)
    if "train" in arrays and "test" in arrays:
        return _given_split(arrays, path)
    if len(arrays) != 1:
        raise ArrayError(f"{path} holds {', '.join(sorted(arrays)) or 'no arrays'}; it needs "
                         "`train` and `test`, or a single array")
    return _drawn_split(next(iter(arrays.values())), path, seed)


def draw_test_rows(count, test_count, seed):
    """A (count,) bool mask with `test_count` rows drawn without replacement."""
    mask = np.zeros(count, dtype=bool)
    mask[np.random.default_rng(seed).choice(count, test_count, replace=False)] = True
    return mask


def _given_split(arrays, path):
    train, image_shape = check_array(arrays["train"], f"{path}: train")
    test, test_shape = check_array(arrays["test"], f"{path}: test", width=train.shape[1])
    if test_shape != image_shape:
        raise ArrayError(f"{path}: train has images of shape {image_shape}, test {test_shape}")
    fields = {"train": train, "test": test, "image_shape": image_shape,
              "source": f"{path}, with its own test set"}
    for part, examples in (("train_labels", train), ("test_labels", test)):
        if part in arrays:
            fields[part] = check_labels(arrays[part], f"{path}: {part}", len(examples))
    return fields


def _drawn_split(array, path, seed):
    examples, image_shape = check_array(array, str(path))
    if len(examples) < 2:
        raise ArrayError(f"{path} has one row; a training set and a test set need two")
    is_test = draw_test_rows(len(examples), max(1, round(TEST_SHARE * len(examples))), seed)
    return {"train": examples[~is_test], "test": examples[is_test], "image_shape": image_shape,
            "source": f"{path}, {is_test.sum()} rows drawn for testing (seed {seed})"}


def _read_numpy(path):
    """The arrays of an .npz by name; an .npy's single array as {"x": array}."""
    try:
        with open(path, "rb") as file:  # np.load, given a path, leaves a bad .npz open
            loaded = np.load(file, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return {"x": loaded}
            with loaded:
                return {key: loaded[key] for key in loaded.files}
    except (OSError, ValueError, EOFError, MemoryError, zipfile.BadZipFile, zlib.error) as error:
        pickled = "pickle" in str(error) or "Object arrays" in str(error)
        reason = "it holds Python objects, or is no NumPy file at all" if pickled else error
        raise ArrayError(f"cannot read {path}: {reason}") from None


def _read_csv(path):
    """The numbers of a .csv; a first line in which nothing is a number is a header."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file)
            first = next(filter(None, rows), [])
            has_header = not any(map(_is_number, first))
            header_lines = rows.line_num if has_header else 0
            if has_header and not any(rows):
                raise ArrayError(f"{path} holds no rows of numbers")
        numbers = np.loadtxt(path, delimiter=",", dtype=np.float32, skiprows=header_lines,
                             comments=None, quotechar='"', ndmin=2, encoding="utf-8-sig")
    except ArrayError:
        raise
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ArrayError(f"cannot read {path} as text: {error}") from None
    except ValueError as error:
        raise ArrayError(_csv_fault(path, header_lines) or f"{path}: {error}") from None
    return {"x": numbers}


def _is_number(field):
    try:
        float(field)
    except ValueError:
        return False
    return True


def _csv_fault(path, header_lines):
    """A sentence about the first line that is not a row of numbers, or None."""
    width = None
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        for row in rows:
            if not row or rows.line_num <= header_lines:
                continue
            where = f"{path}, line {rows.line_num}"
            width = width or len(row)
            if len(row) != width:
                return f"{where}: {len(row)} values, but the lines before have {width}"
            for column, field in enumerate(row, start=1):
                if not _is_number(field):
                    return f"{where}, column {column}: {field!r} is not a number"
    return None
