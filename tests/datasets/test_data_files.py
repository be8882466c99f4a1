"""The formats of the published files, read strictly: gzip, IDX and MATLAB."""
import gzip
import struct

import numpy as np
import pytest
from scipy.io import savemat

from vae_np.arrays import DatasetError
from vae_np.datasets.published import FILES, DamagedFileError, parse_idx, unpack_frey, unpack_gzip

PIXELS = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


def idx(magic, dims, body):
    return struct.pack(f">{1 + len(dims)}I", magic, *dims) + body


def test_idx():
    payload = np.frombuffer(idx(0x803, (2, 3, 4), PIXELS.tobytes()), dtype=np.uint8)
    np.testing.assert_array_equal(parse_idx(payload, (2, 3, 4)), PIXELS)
    assert parse_idx(idx(0x801, (3,), b"\1\2\3"), (3,)).tolist() == [1, 2, 3]


@pytest.mark.parametrize("payload, message", [
    (b"\0\0\x08", "no whole header"),
    (idx(0x801, (2, 3, 4), PIXELS.tobytes()), "magic number 0x801, expected 0x803"),
    (idx(0xD03, (2, 3, 4), PIXELS.tobytes()), "magic number 0xd03"),  # floats
    (idx(0x803, (3, 2, 4), PIXELS.tobytes()), r"says \(3, 2, 4\), expected \(2, 3, 4\)"),
    (idx(0x803, (2, 3, 4), PIXELS.tobytes()[:-1]), "23 bytes follow"),
    (idx(0x803, (2, 3, 4), PIXELS.tobytes() + b"\0"), "25 bytes follow"),
])
def test_bad_idx(payload, message):
    with pytest.raises(DamagedFileError, match=message):
        parse_idx(payload, (2, 3, 4))


@pytest.mark.parametrize("pack", [gzip.compress, bytes])
def test_gzip_or_plain_of_exactly_the_right_length(pack, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(pack(b"hello"))
    assert unpack_gzip(path, 5).tobytes() == b"hello"
    with pytest.raises(ValueError, match="ends after 5 of 6"):
        unpack_gzip(path, 6)
    with pytest.raises(ValueError, match="longer than 4"):
        unpack_gzip(path, 4)


@pytest.mark.parametrize("key", ["ff", "X"])
@pytest.mark.parametrize("one_frame_a_column", [True, False])
@pytest.mark.parametrize("compressed", [True, False])
def test_frey_in_both_orientations(key, one_frame_a_column, compressed, tmp_path):
    frames = np.random.default_rng(0).integers(256, size=(1965, 560), dtype=np.uint8)
    savemat(tmp_path / "frey", {key: frames.T if one_frame_a_column else frames, "other": 1.0},
            appendmat=False, do_compression=compressed)
    np.testing.assert_array_equal(unpack_frey(tmp_path / "frey", frames.size), frames.reshape(-1))


def test_frey_refuses_other_things(tmp_path):
    path = tmp_path / "frey.mat"
    for content in ({"ff": np.zeros((1965, 560))}, {"X": np.zeros((560, 10), np.uint8)}, {"y": 1}):
        savemat(path, content)
        with pytest.raises(ValueError, match="it holds .*, not the faces"):
            unpack_frey(path, 1965 * 560)
    for rubbish in (b"", b"MATLAB 7.3" + bytes(200), bytes(range(256)) * 4):
        path.write_bytes(rubbish)
        with pytest.raises(ValueError, match="no MATLAB file"):
            unpack_frey(path, 1965 * 560)


def test_no_bit_flip_in_a_matlab_file_escapes(tmp_path):
    """Whatever scipy's parser does with a damaged file, the reader says that it is damaged."""
    rng = np.random.default_rng(0)
    file = FILES["frey"]["frames"]
    savemat(tmp_path / "good.mat", {"ff": np.zeros((560, 1965), np.uint8)}, do_compression=True)
    good = np.fromfile(tmp_path / "good.mat", dtype=np.uint8)
    for position in rng.choice(len(good), size=60, replace=False):
        bad = good.copy()
        bad[position] ^= 1 << rng.integers(8)
        bad.tofile(tmp_path / "bad.mat")
        with pytest.raises(DamagedFileError):
            file.read(tmp_path / "bad.mat")


def test_a_file_that_cannot_be_read_is_not_called_damaged(tmp_path):
    with pytest.raises(DatasetError, match="cannot read") as caught:
        FILES["mnist"]["test"].read(tmp_path / "absent.gz")
    assert not isinstance(caught.value, DamagedFileError)


def test_the_table_of_files_is_consistent():
    for name, files in FILES.items():
        for file in files.values():
            assert len(file.urls) == 2 and len(set(file.urls)) == 2, name
            assert len(bytes.fromhex(file.sha256)) == 32
            assert file.size_cap <= 32 << 20
