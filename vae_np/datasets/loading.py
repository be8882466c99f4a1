"""Data sets by name or by path: load_dataset("mnist5k"), load_dataset("mine.npz")."""
import difflib
import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..arrays import ArrayError, DatasetError
from . import synthetic
from .array_files import SUFFIXES, TEST_SHARE, draw_test_rows, load_array_file
from .downloads import read_files
from .published import FREY_FRAMES, FREY_SHAPE, parse_idx

FREY_TEST_FRAMES = 200
FREY_SPLIT_SEED = 0
SYNTHETIC_COUNTS = {"train": 10_000, "test": 2_000}
_IDX_TITLES = {"mnist": "MNIST", "fashion-mnist": "Fashion-MNIST"}


@dataclass(frozen=True)
class Dataset:
    """Examples, split into train and test.

    train, test: (N, D) float32 unless another dtype was asked for, C-contiguous. The images that
    vae_np knows by name lie in [0, 1]; points in the plane and users' own arrays are as they are.
    train_labels, test_labels: (N,) int64, or None where there are none. image_shape: (H, W) with
    H·W = D, or None for data that are not images. source: one line on where the numbers came from
    and how they were split.
    """
    name: str
    train: np.ndarray
    test: np.ndarray
    train_labels: np.ndarray | None = None
    test_labels: np.ndarray | None = None
    image_shape: tuple[int, int] | None = None
    source: str = ""

    def __repr__(self):
        return f"Dataset({self.name!r}: train {self.train.shape}, test {self.test.shape})"


def names():
    """The names that `load_dataset` knows."""
    return ("mnist5k", *_IDX_TITLES, "frey", "frey-contiguous", *synthetic.GENERATORS)


def load_dataset(name_or_path, *, cache_dir=None, download=True, seed=0, dtype="float32",
                 whole=False, missing=False):
    """Load a data set.

    name_or_path: one of `names()`, or the path of a .npy, .npz or .csv file (`load_array_file`
    says what may be in it). "NAME:N" has the first N training examples of NAME and its whole test
    set. "NAME:N+M" has the M training examples after them in the test set's place, to choose
    settings by, so that the test set stays unseen. cache_dir: where downloads are kept, in place of the user's cache folder. download: False
    to use only what is on this machine. seed: of the draws that make synthetic points, and choose
    the test rows of a file that has none of its own; how the images are split is fixed. dtype:
    float32 or float64; None is float64 for a file whose digits float32 would lose, else float32.
    whole: True to leave a file without a test set undivided: all its rows are in `test` then, and
    none in `train`. missing: whether a file may have missing entries, NaN or an empty cell.

    Returns a Dataset. Raises DatasetError (a ValueError) for an unknown name, and its kinds
    ArrayError for a file that is no data set, DamagedFileError and DownloadError. Warns, with a
    DataWarning, of a file's columns whose values the dtype cannot tell apart, and of what was
    assumed of the first line of a .csv.

    `frey` draws its 200 test frames from all over the film. A frame's neighbours look almost
    like it and most of them are in the training set, so its test scores are flattered.
    `frey-contiguous` tests on the last 200 frames; report both.
    """
    if dtype is not None and np.dtype(dtype) not in (np.float32, np.float64):
        raise DatasetError(f"dtype must be float32, float64 or None, not {dtype!r}")
    if is_path(name_or_path):
        data = Dataset(str(name_or_path), **load_array_file(name_or_path, dtype, missing))
        return data if whole or len(data.train) else hold_out(data, seed)
    data = _named(str(name_or_path), cache_dir, download, seed)
    dtype = dtype or "float32"
    return replace(data, train=data.train.astype(dtype, copy=False),
                   test=data.test.astype(dtype, copy=False))


def _named(name_or_path, cache_dir, download, seed):
    """The data set of a name."""
    all_of_it, colon, count = name_or_path.partition(":")
    if colon and all_of_it in names():
        return _first(_named(all_of_it, cache_dir, download, seed), count)
    if name_or_path == "mnist5k":
        return _mnist5k()
    if name_or_path in _IDX_TITLES:
        return _idx_dataset(name_or_path, cache_dir, download)
    if name_or_path in ("frey", "frey-contiguous"):
        return _frey(name_or_path, cache_dir, download)
    if name_or_path in synthetic.GENERATORS:
        return _synthetic(name_or_path, seed)
    near = difflib.get_close_matches(str(name_or_path).lower(), names(), n=1)
    raise DatasetError(f"unknown data set {name_or_path!r}: "
                       f"{f'did you mean {near[0]}? ' if near else ''}Known are "
                       f"{', '.join(names())}, and paths to {', '.join(SUFFIXES)} files")


def hold_out(data, seed=0):
    """A data set that was loaded whole, divided: a tenth of its rows, drawn without replacement by
    default_rng(seed), is the test set, and the rest trains. Raises ArrayError for a single row.
    """
    rows = data.test
    if len(rows) < 2:
        raise ArrayError(f"{data.name} has one row; a training set and a test set need two")
    is_test = draw_test_rows(len(rows), max(1, round(TEST_SHARE * len(rows))), seed)
    return replace(data, train=rows[~is_test], test=rows[is_test],
                   source=f"{data.name}, {is_test.sum()} rows drawn for testing (seed {seed})")


def _first(data, counts):
    """The data set with its first training examples alone, and in place of its test set, where
    that is asked for, with the next: copies, so the rest can be freed.
    """
    numbers = counts.split("+")
    if not (len(numbers) <= 2 and all(number.isdecimal() and int(number) for number in numbers)
            and sum(map(int, numbers)) <= len(data.train)):
        raise DatasetError(f"{data.name}:{counts} must name a number of training examples, N or "
                           f"N+M with M to test on in the test set's place, between 1 and "
                           f"{len(data.train)} in all")
    first, *held_out = map(int, numbers)
    parts = {"train": slice(first)} | {"test": slice(first, first + n) for n in held_out}
    arrays, labels = {}, data.train_labels
    for name, rows in parts.items():
        arrays[name] = data.train[rows].copy()
        arrays[f"{name}_labels"] = None if labels is None else labels[rows].copy()
    source = f"{data.source}; of these the first {first} for training" + "".join(
        f", and the {n} after them in place of the test set" for n in held_out)
    return replace(data, name=f"{data.name}:{counts}", source=source, **arrays)


def is_path(name_or_path):
    """Whether `load_dataset` takes it for the path of a file, not for a name."""
    text = str(name_or_path)
    return (isinstance(name_or_path, os.PathLike) or text.lower().endswith(SUFFIXES)
            or "/" in text or os.sep in text)


def _unit_floats(pixels, levels):
    """uint8 (N, H, W) → float32 (N, H·W), divided by `levels`, without a copy in between."""
    return np.divide(pixels.reshape(len(pixels), -1), np.float32(levels), dtype=np.float32)


def _mnist5k():
    package = Path(__file__).resolve().parents[1]
    # Installed, the file lies in the package; in the source tree it lies beside the package.
    places = [folder / "data" / "mnist5k.npz" for folder in (package, package.parent)]
    path = next(filter(Path.is_file, places), None)
    if path is None:
        raise DatasetError(f"the embedded digits are missing: neither {places[0]} nor {places[1]}")
    fields = load_array_file(path)
    fields.update({part: _unit_floats(fields[part], 255) for part in ("train", "test")})
    fields["source"] = ("5000 MNIST digits that come with vae_np, the first 500 of each class in "
                        "MNIST's training set: 4000 train, 1000 test")
    return Dataset("mnist5k", **fields)


def _idx_dataset(name, cache_dir, download):
    payloads = read_files(name, cache_dir=cache_dir, download=download)
    arrays = {}
    for part, count in (("train", 60_000), ("test", 10_000)):
        # pop, so that the 47 MB of raw training pixels are gone before the test set is made
        arrays[part] = _unit_floats(parse_idx(payloads.pop(part), (count, 28, 28)), 255)
        labels = parse_idx(payloads.pop(f"{part}_labels"), (count,))
        arrays[f"{part}_labels"] = labels.astype(np.int64)
    return Dataset(name, image_shape=(28, 28), **arrays,
                   source=f"{_IDX_TITLES[name]}, the published files, verified by SHA-256: "
                          "60000 train, 10000 test")


def _frey(name, cache_dir, download):
    pixels = read_files("frey", cache_dir=cache_dir, download=download)["frames"]
    # The author's later code divides by 256: no pixel is 1, which a sigmoid never reaches.
    frames = _unit_floats(pixels.reshape(FREY_FRAMES, *FREY_SHAPE), 256)
    if name == "frey":
        is_test = draw_test_rows(FREY_FRAMES, FREY_TEST_FRAMES, FREY_SPLIT_SEED)
        split = "drawn at random (their neighbours are in the training set)"
    else:
        is_test = np.arange(FREY_FRAMES) >= FREY_FRAMES - FREY_TEST_FRAMES
        split = "the last of the film"
    return Dataset(name, frames[~is_test], frames[is_test], image_shape=FREY_SHAPE,
                   source=f"Frey Face, pixels/256, 1965 frames: {FREY_TEST_FRAMES} test frames "
                          f"{split}, the rest train")


def _synthetic(name, seed):
    rng = np.random.default_rng(seed)
    arrays = {}
    for part, count in SYNTHETIC_COUNTS.items():
        arrays[part], arrays[f"{part}_labels"] = synthetic.draw(name, count, rng)
    return Dataset(name, **arrays, source=f"generated: {SYNTHETIC_COUNTS['train']} train, "
                                          f"{SYNTHETIC_COUNTS['test']} test (seed {seed})")
