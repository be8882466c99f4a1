"""Damaged .npy, .npz and .csv of every sort: whatever comes out is a clear refusal, or good data.

The mutations are drawn from a seed. `-m slow` draws fifty times as many.
"""
import io
import zipfile

import numpy as np
import pytest

from vae_np.arrays import ArrayError
from vae_np.datasets import load_dataset

RNG = np.random.default_rng(0)
X = RNG.random((12, 5)).astype(np.float32)
TOKENS = (b"NaN", b"1e999", b"-1", b",", b"\n", b'"', b"\0", b"'", b"(", b"}", b"L", b"PK\x03\x04",
          b"PK\x01\x02", b"\x93NUMPY", b"O", b"<f2", b"|V0", b">i8", b"0, ", b"99999999999", b"#")


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def archive(kind=zipfile.ZIP_STORED, **arrays):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", kind) as members:
        for name, array in arrays.items():
            members.writestr(f"{name}.npy", npy(array))
    return file.getvalue()


SPLIT = {"train": X, "test": X[:4], "train_labels": np.arange(12), "test_labels": np.ones(4)}
WHOLE = {
    "floats.npy": npy(X), "columns.npy": npy(np.asfortranarray(X, ">f8")),
    "images.npy": npy((255 * X).astype(np.uint8).reshape(3, 4, 5)),
    "stored.npz": archive(x=X), "deflated.npz": archive(zipfile.ZIP_DEFLATED, x=X),
    "bzip2.npz": archive(zipfile.ZIP_BZIP2, x=X), "lzma.npz": archive(zipfile.ZIP_LZMA, x=X),
    "split.npz": archive(zipfile.ZIP_DEFLATED, **SPLIT),
    "names.csv": b"a,b\n" + b"\n".join(b"0.5,%d" % i for i in range(9)),
    "numbers.csv": b"0,1,2\r\n" + b"".join(b"0.25,%d,1e-%d\r\n" % (i, i) for i in range(9)),
    "quoted.csv": b'\xef\xbb\xbf"a\nb",c\n1,2\n\n"3",4\n5.5,6\n'}


@pytest.fixture
def loaded(tmp_path):
    """loaded(name, content): the data set of such a file; None where it is refused in one line."""
    def load(name, content):
        path = tmp_path / name
        path.write_bytes(content)
        try:
            data = load_dataset(path)
        except ArrayError as error:
            line = str(error)
            assert str(path) in line and "\n" not in line and len(line) < len(str(path)) + 600
            return None
        for rows in (data.train, data.test):
            assert rows.ndim == 2 and rows.size and rows.dtype == np.float32
            assert np.isfinite(rows).all()
        return data
    return load


@pytest.mark.filterwarnings("ignore::vae_np.arrays.DataWarning")
@pytest.mark.parametrize("rounds", [200, pytest.param(10_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", WHOLE)
def test_a_damaged_file_is_refused_or_read(name, rounds, loaded, mutants):
    assert loaded(name, WHOLE[name]) is not None
    refused = sum(loaded(name, mutant) is None
                  for mutant in mutants(WHOLE[name], TOKENS, rounds))
    assert refused > rounds // 10


@pytest.mark.parametrize("name", WHOLE)
def test_a_file_that_was_cut_off_is_refused_or_a_shorter_table(name, loaded):
    for length in range(0, len(WHOLE[name]), 17):
        cut = loaded(name, WHOLE[name][:length])
        assert cut is None or name.endswith(".csv")


def in_archive(content, **changes):
    """An .npz with bytes of its headers changed, {offset in the entry: byte}, in both places."""
    local, central = bytearray(content), content.rindex(b"PK\x01\x02")
    for offset, byte in changes.items():
        local[int(offset[1:])] = local[central + int(offset[1:]) + 2] = byte
    return bytes(local)


DAMAGED = {
    "a header without its end.npy": npy(X).replace(b"}", b" ", 1),
    "an unknown type.npy": npy(X).replace(b"<f4", b"<04", 1),
    "fewer rows than there are.npy": npy(X).replace(b"(12, 5)", b"(10, 5)"),
    "more rows than there are.npy": npy(X).replace(b"(12, 5)", b"(92, 5)"),
    "more rows than fit anywhere.npy": npy(X).replace(b"(12, 5)", b"(9999999999999, 5)"),
    "two arrays in a row.npy": npy(X) + npy(X),
    "fewer rows in an archive.npz": archive(x=X).replace(b"(12, 5)", b"(10, 5)"),
    "another number in an archive.npz": archive(x=X).replace(X[3].tobytes(), X[4].tobytes()),
    "a compression of nobody.npz": in_archive(archive(zipfile.ZIP_DEFLATED, x=X), _8=9),
    "an archive with a password.npz": in_archive(archive(x=X), _6=1),
    "a text in an archive.npz": archive(x=X).replace(b"\x93NUMPY", b"a text")}


@pytest.mark.parametrize("name", DAMAGED)
def test_damage_that_numpys_readers_stumble_over_is_a_refusal(name, loaded):
    assert loaded(name, DAMAGED[name]) is None


@pytest.mark.parametrize("content, said", [
    (b"1,2\n" + b"3," + b"4" * 200_000 + b"\n5,6\n7,x\n", "field larger than field limit"),
    (b"1,2\n" * 200 + b"\xff,2\n", "cannot read .* as text"),
    (b"1,2\n3,4\0\n", "line 2, column 2"), (b"a,b\n  \n", "line 2: 1 values|is empty|line 2")])
def test_a_csv_that_is_damaged_further_down_is_a_refusal(content, said, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(ArrayError, match=said):
        load_dataset(path)


@pytest.mark.parametrize("name", ["a header without its end.npy", "an unknown type.npy"])
def test_a_header_that_is_no_python_is_told_in_words(name, tmp_path):
    (tmp_path / "a.npy").write_bytes(DAMAGED[name])
    with pytest.raises(ArrayError, match="a.npy: it is damaged.*its header cannot be read$"):
        load_dataset(tmp_path / "a.npy")


def test_labels_beyond_every_whole_number_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", train=X, test=X, test_labels=np.full(12, 1e300))
    with pytest.raises(ArrayError, match="test_labels must be whole numbers"):
        load_dataset(tmp_path / "a.npz")
