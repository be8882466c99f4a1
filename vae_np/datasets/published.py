"""The published data files: their names, where they come from, what they must hash to."""
import gzip
import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..arrays import DatasetError


class DamagedFileError(DatasetError):
    """A data file is not, byte for byte, what was published."""


@dataclass(frozen=True)
class DataFile:
    """One published file.

    names: those that it goes by on disk; ours is the first. urls: where it can be downloaded, the
    best mirror first. sha256: of the payload, that is of the content once it is unpacked.
    payload_bytes: the payload's exact length. size_cap: a download of more bytes is refused.
    unpack: a function of (path, payload_bytes) that returns the payload, uint8 (payload_bytes,).
    """
    names: tuple[str, ...]
    urls: tuple[str, ...]
    sha256: str
    payload_bytes: int
    size_cap: int
    unpack: Callable[[Path, int], np.ndarray]

    def read(self, path):
        """The verified payload, (payload_bytes,) uint8.

        Raises DamagedFileError, whose message is the reason alone, where it is not what was
        published; DatasetError where it cannot be read at all.
        """
        try:
            payload = self.unpack(path, self.payload_bytes)
        except (ValueError, EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DamagedFileError(f"it is damaged: {error}") from error
        except OSError as error:
            raise DatasetError(f"cannot read {path}: {error.strerror or error}") from error
        digest = hashlib.sha256(payload).hexdigest()
        if digest != self.sha256:
            raise DamagedFileError(f"it is not the published file: its content has SHA-256 "
                                   f"{digest[:12]}…, not {self.sha256[:12]}…")
        return payload


GZIP_MAGIC = b"\x1f\x8b"


def unpack_gzip(path, payload_bytes):
    """The content of a file, gzipped or plain, as (payload_bytes,) uint8.

    Raises ValueError where the content is shorter or longer; a longer one is not inflated
    beyond that length, so a gzip bomb does nothing.
    """
    payload = np.empty(payload_bytes, dtype=np.uint8)
    with open(path, "rb") as file:
        gzipped = file.read(2) == GZIP_MAGIC
        file.seek(0)
        stream = gzip.GzipFile(fileobj=file) if gzipped else file
        filled = stream.readinto(payload)
        if filled < payload_bytes:
            raise ValueError(f"its content ends after {filled} of {payload_bytes} bytes")
        if stream.read(1):
            raise ValueError(f"its content is longer than {payload_bytes} bytes")
    return payload


FREY_FRAMES, FREY_SHAPE = 1965, (28, 20)


def unpack_frey(path, payload_bytes):
    """The Frey faces of a MATLAB file as (payload_bytes,) uint8, frame after frame.

    Raises ValueError for anything else.
    """
    from scipy.io import loadmat, whosmat

    frames, pixels = FREY_FRAMES, payload_bytes // FREY_FRAMES
    try:
        # The list of contents is read first: a hostile file must not fill the memory.
        found = {key: (shape, kind) for key, shape, kind in whosmat(path, appendmat=False)}
        key = "ff" if "ff" in found else "X"
        if found.get(key) not in (((pixels, frames), "uint8"), ((frames, pixels), "uint8")):
            raise ValueError(f"it holds {found}, not the faces as ff or X")
        faces = loadmat(path, variable_names=[key], appendmat=False)[key]
    except OSError:
        raise
    except Exception as error:  # scipy's parser fails in many ways on bytes that are no .mat file
        raise ValueError(f"no MATLAB file with the faces ({error})") from error
    one_frame_a_row = faces.T if faces.shape == (pixels, frames) else faces
    return np.ascontiguousarray(one_frame_a_row).reshape(-1)


IDX_MAGIC = {1: 0x801, 3: 0x803}  # unsigned bytes in one and in three dimensions


def parse_idx(payload, shape):
    """Read an IDX payload (MNIST's format): uint8 of exactly `shape`, without a copy."""
    dims = len(shape)
    header_bytes = 4 * (1 + dims)
    if len(payload) < header_bytes:
        raise DamagedFileError(f"an IDX file of {len(payload)} bytes has no whole header")
    magic, *found = np.frombuffer(payload, dtype=">u4", count=1 + dims).tolist()
    if magic != IDX_MAGIC[dims]:
        raise DamagedFileError(f"IDX magic number {magic:#x}, expected {IDX_MAGIC[dims]:#x}")
    if tuple(found) != tuple(shape):
        raise DamagedFileError(f"the IDX header says {tuple(found)}, expected {tuple(shape)}")
    body = np.frombuffer(payload, dtype=np.uint8, offset=header_bytes)
    if body.size != np.prod(shape):
        raise DamagedFileError(f"{body.size} bytes follow an IDX header that says {shape}")
    return body.reshape(shape)


def _idx_files(mirrors, train_images, train_labels, test_images, test_labels):
    """The four files of a data set in MNIST's form, given mirrors and payload hashes."""
    rows = {
        "train": ("train-images-idx3-ubyte.gz", train_images, 60_000 * 784 + 16, 32 << 20),
        "train_labels": ("train-labels-idx1-ubyte.gz", train_labels, 60_000 + 8, 1 << 20),
        "test": ("t10k-images-idx3-ubyte.gz", test_images, 10_000 * 784 + 16, 8 << 20),
        "test_labels": ("t10k-labels-idx1-ubyte.gz", test_labels, 10_000 + 8, 1 << 20),
    }
    return {part: DataFile((name, name.removesuffix(".gz")),
                           tuple(mirror + name for mirror in mirrors),
                           sha256, payload_bytes, size_cap, unpack_gzip)
            for part, (name, sha256, payload_bytes, size_cap) in rows.items()}


FILES = {
    "mnist": _idx_files(
        ("https://storage.googleapis.com/cvdf-datasets/mnist/",
         "https://ossci-datasets.s3.amazonaws.com/mnist/"),
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
    "fashion-mnist": _idx_files(
        ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
         "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/"
         "949006594cc2f804a93b9155849734564c3545ec/data/fashion/"),
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
    "frey": {"frames": DataFile(
        ("freyface.mat", "frey_rawface.mat"),
        ("https://cs.nyu.edu/~roweis/data/frey_rawface.mat",
         "https://raw.githubusercontent.com/gbohner/"
         "UCL_IntroductionToMachineLearning_DimensionalityReduction/"
         "6f8675df27ac79628f0606d1c5d96e691123db46/freyface.mat"),
        "2438ba4f0d2a6bd8bac43de756141eaa33c8d248dd613d464bdb1210d9b7af78",
        FREY_FRAMES * 560, 4 << 20, unpack_frey)},
}
