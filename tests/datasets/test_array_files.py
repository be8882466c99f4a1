"""Users' own files: .npy, .npz, .csv, good ones and bad ones."""
import io
import zipfile

import numpy as np
import pytest

from vae_np.arrays import ArrayError, DataWarning
from vae_np.datasets import hold_out, load_dataset

X = np.random.default_rng(0).random((50, 6)).astype(np.float32)


def test_npy_is_split_ten_to_one_by_the_seed(tmp_path):
    path = tmp_path / "mine.npy"
    np.save(path, X)
    data = load_dataset(path)
    assert data.train.shape == (45, 6) and data.test.shape == (5, 6)
    assert data.image_shape is None and data.train_labels is None and "seed 0" in data.source
    rows = {row.tobytes() for row in data.train} | {row.tobytes() for row in data.test}
    assert rows == {row.tobytes() for row in X}
    np.testing.assert_array_equal(load_dataset(str(path)).test, data.test)
    assert not np.array_equal(load_dataset(path, seed=1).test, data.test)


def test_images_keep_their_shape(tmp_path):
    np.save(tmp_path / "mine.npy", X.reshape(50, 2, 3))
    data = load_dataset(tmp_path / "mine.npy")
    assert data.image_shape == (2, 3) and data.train.shape == (45, 6)


def test_npz_with_its_own_split_and_labels(tmp_path):
    path = tmp_path / "mine.npz"
    np.savez(path, train=X[:30], test=X[30:], train_labels=np.arange(30), other=np.zeros(2))
    data = load_dataset(path)
    np.testing.assert_array_equal(data.train, X[:30])
    np.testing.assert_array_equal(data.test, X[30:])
    assert data.train_labels.tolist() == list(range(30)) and data.test_labels is None


def test_npz_with_a_single_array(tmp_path):
    np.savez(tmp_path / "mine.npz", anything=X)
    assert load_dataset(tmp_path / "mine.npz").train.shape == (45, 6)


@pytest.mark.parametrize("arrays, message", [
    ({"a": X, "b": X}, "holds a, b; it needs `train` and `test`, or a single array"),
    ({}, "holds no arrays"),
    ({"train": X, "test": X[:, :5]}, "test has 5 columns, but 6 are needed"),
    ({"train": X.reshape(50, 2, 3), "test": X}, r"images of shape \(2, 3\), test None"),
    ({"train": X, "test": X, "test_labels": [1]}, r"test_labels has shape \(1,\)"),
    ({"x": X[:1]}, "one row; a training set and a test set need two"),
    ({"x": np.array([[None]])}, "Python objects"),
])
def test_bad_npz(arrays, message, tmp_path):
    np.savez(tmp_path / "mine.npz", **arrays)
    with pytest.raises(ArrayError, match=message):
        load_dataset(tmp_path / "mine.npz")


def npz_with_lies():
    """A zip whose array is cut off in the middle."""
    npy, archive = io.BytesIO(), io.BytesIO()
    np.save(npy, X)
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("x.npy", npy.getvalue()[:-40])
    return archive.getvalue()


@pytest.mark.parametrize("name, content, message", [
    ("a.npy", b"", "cannot read"), ("a.npy", b"rubbish", "Python objects, or is no NumPy file"),
    ("a.npz", b"PK\x03\x04 rubbish", "cannot read"), ("a.npz", npz_with_lies(), "cannot read"),
    ("a.txt", b"1,2", "only .npy, .npz, .csv files"), ("a.csv", b"", "no rows of numbers"),
    ("a.csv", b"a,b\n", "no rows of numbers"),
    ("a.csv", b"1,2\n3,4,5\n", "line 2: 3 values, but the lines before have 2"),
    ("a.csv", b"a,b\n1,2\n\n3\n", "line 4: 1 values, but the lines before have 2"),
    ("a.csv", b"1,2\n3,four\n", "line 2, column 2: 'four' is not a number"),
    ("a.csv", b"1,2\n3,\n", "line 2, column 2: '' is not a number"),
    ("a.csv", b"1;2\n3;4\n", "line 2, column 1: '3;4' is not a number"),
    ("a.csv", b",a,b\n0,1,2\n1,two,3\n", "line 3, column 2: 'two'"),
    ("a.csv", b"1,x\n3,4\n", "line 1, column 2: 'x' is not a number"),  # no header: it has a 1
    ("a.csv", b"\xff\xfe1,2\n", "cannot read .* as text"),
    ("a.csv", b"1,2\nnan,4\n", r"a.csv\[1, 0\] = nan"),
])
def test_bad_files(name, content, message, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ArrayError, match=message) as caught:
        load_dataset(tmp_path / name)
    assert name in str(caught.value) and "\n" not in str(caught.value)


def test_a_missing_file():
    with pytest.raises(ArrayError, match="nowhere.csv: no such file"):
        load_dataset("nowhere.csv")


@pytest.mark.parametrize("prefix", ["", "height,width\n", "\ufeffheight,width\n", "\n", "# a\n",
                                    '"a\nb",c\n'])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_csv_with_and_without_a_header(prefix, end, tmp_path):
    text = prefix + "1,2\n3,4\n\n5,6e-1\n"
    (tmp_path / "mine.csv").write_bytes(text.replace("\n", end).encode())
    data = load_dataset(tmp_path / "mine.csv")
    rows = np.concatenate([data.train, data.test])
    np.testing.assert_array_equal(rows[np.argsort(rows[:, 0])],
                                  np.float32([[1, 2], [3, 4], [5, 0.6]]))


def test_csv_with_one_column(tmp_path):
    (tmp_path / "mine.csv").write_text("1\n2\n3\n")
    assert load_dataset(tmp_path / "mine.csv").train.shape == (2, 1)


# -- digits ------------------------------------------------------------------------------------

TIMES = np.stack([1.6e9 + np.arange(400.0), np.linspace(0, 1, 400)], axis=1)


def write(path, x):
    if path.suffix == ".csv":
        np.savetxt(path, x, delimiter=",")
    elif path.suffix == ".npy":
        np.save(path, x)
    else:
        np.savez(path, train=x[:300], test=x[300:])


@pytest.mark.parametrize("name", ["a.csv", "a.npy", "a.npz"])
def test_a_file_keeps_its_digits_in_float64_and_float32_says_what_it_merges(name, tmp_path):
    write(tmp_path / name, TIMES)
    with pytest.warns(DataWarning, match=f"{name}.*float32 keeps only .* different values in"):
        assert load_dataset(tmp_path / name).train.dtype == np.float32
    for dtype in ("float64", None):
        data = load_dataset(tmp_path / name, dtype=dtype)
        rows = np.concatenate([data.train, data.test])
        assert sorted(rows.tolist()) == TIMES.tolist()


def test_ids_of_19_digits_in_a_csv_are_not_merged_unnoticed(tmp_path):
    (tmp_path / "ids.csv").write_text("".join(f"{7 * 10 ** 18 + i},0.5\n" for i in range(99)))
    if np.finfo(np.longdouble).nmant > 60:  # elsewhere nothing here reads so many digits
        with pytest.warns(DataWarning, match="float64 keeps only 1 of 99 .* column 0"):
            load_dataset(tmp_path / "ids.csv", dtype="float64")


def test_names_come_in_the_dtype_that_was_asked_for():
    wide, narrow = (load_dataset("pinwheel", dtype=dtype) for dtype in ("float64", None))
    assert wide.train.dtype == np.float64 and narrow.test.dtype == np.float32
    np.testing.assert_array_equal(wide.test, narrow.test)
    with pytest.raises(ValueError, match="dtype must be float32, float64 or None, not 'int8'"):
        load_dataset("pinwheel", dtype="int8")


# -- whole -------------------------------------------------------------------------------------

def test_a_file_can_be_had_whole_and_divided_afterwards(tmp_path):
    np.save(tmp_path / "mine.npy", X)
    whole = load_dataset(tmp_path / "mine.npy", whole=True)
    assert whole.train.shape == (0, 6)
    np.testing.assert_array_equal(whole.test, X)
    divided, usual = hold_out(whole), load_dataset(tmp_path / "mine.npy")
    np.testing.assert_array_equal(divided.test, usual.test)
    np.testing.assert_array_equal(divided.train, usual.train)
    np.save(tmp_path / "one.npy", X[:1])
    assert load_dataset(tmp_path / "one.npy", whole=True).test.shape == (1, 6)


def test_a_test_set_of_its_own_stays_when_a_file_is_wanted_whole(tmp_path):
    np.savez(tmp_path / "mine.npz", train=X[:30], test=X[30:])
    data = load_dataset(tmp_path / "mine.npz", whole=True)
    assert len(data.train) == 30 and len(data.test) == 20
