"""Data sets by name or by path: load_dataset("mnist5k"), load_dataset("mine.npz")."""
import difflib
import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..arrays import DatasetError
from . import synthetic
from .array_files import SUFFIXES, draw_test_rows, load_array_file
from .downloads import read_files
from .published import FREY_FRAMES, FREY_SHAPE, parse_idx

FREY_TEST_FRAMES = 200
FREY_SPLIT_SEED = 0
SYNTHETIC_COUNTS = {"train": 10_000, "test": 2_000}
_IDX_TITLES = {"mnist": "MNIST", "fashion-mnist": "Fashion-MNIST"}


@dataclass(frozen=True)
class Dataset:
    """Examples, split into train and test.

    train, test: (N, D) float32, C-contiguous. The images that vae_np knows by name lie in [0, 1];
    points in the plane and users' own arrays are as they are. train_labels, test_labels: (N,)
    int64, or None where there are none. image_shape: (H, W) with H·W = D, or None for data that
    are not images. source: one line on where the numbers came from and how they were split.
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


def load_dataset(name_or_path, *, cache_dir=None, download=True, seed=0):
    """Load a data set.

    name_or_path: one of `names()`, or the path of a .npy, .npz or .csv file (`load_array_file`
    says what may be in it). "NAME:N" has the first N training examples of NAME and its whole test
    set. cache_dir: where downloads are kept, in place of the user's cache folder. download: False
    to use only what is on this machine. seed: of the draws that make synthetic points, and choose
    the test rows of a file that has none of its own; how the images are split is fixed.

    Returns a Dataset. Raises DatasetError (a ValueError) for an unknown name, and its kinds
    ArrayError for a file that is no data set, DamagedFileError and DownloadError.

    `frey` draws its 200 test frames from all over the film. A frame's neighbours look almost
    like it and most of them are in the training set, so its test scores are flattered.
    `frey-contiguous` tests on the last 200 frames; report both.
    """
    if isinstance(name_or_path, os.PathLike) or _looks_like_a_path(name_or_path):
        return Dataset(str(name_or_path), **load_array_file(name_or_path, seed))
    whole, colon, count = str(name_or_path).partition(":")
    if colon and whole in names():
        data = load_dataset(whole, cache_dir=cache_dir, download=download, seed=seed)
        return _first(data, count)
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


def _first(data, count):
    """The data set with its first training examples alone: copies, so the rest can be freed."""
    if not (count.isdecimal() and 1 <= int(count) <= len(data.train)):
        raise DatasetError(f"{data.name}:{count} must name a number of training examples between "
                           f"1 and {len(data.train)}")
    labels = data.train_labels
    return replace(data, name=f"{data.name}:{count}", train=data.train[:int(count)].copy(),
                   train_labels=None if labels is None else labels[:int(count)].copy(),
                   source=f"{data.source}; of these the first {count} for training")


def _looks_like_a_path(text):
    return str(text).lower().endswith(SUFFIXES) or "/" in str(text) or os.sep in str(text)


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
