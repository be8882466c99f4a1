"""Users' own arrays: what is taken, what is refused, and what the refusal says."""
import numpy as np
import pytest

from vae_np.arrays import ArrayError, check_array, check_labels

GOOD = np.random.default_rng(0).random((5, 3))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "longdouble", "int8", "uint8",
                                   "int64", "bool", ">f4", ">i2"])
def test_every_kind_of_number_is_cast(dtype):
    x = (GOOD * 2).astype(dtype)
    array, image_shape = check_array(x)
    assert array.dtype == np.float32 and array.flags.c_contiguous and image_shape is None
    np.testing.assert_array_equal(array, x.astype(np.float32))


@pytest.mark.parametrize("layout", [np.asfortranarray, lambda x: x[::-1], lambda x: x[:, ::-1],
                                    lambda x: np.broadcast_to(x[:1], x.shape), np.ndarray.tolist])
def test_every_layout_is_made_c_contiguous(layout):
    array, _ = check_array(layout(GOOD))
    assert array.flags.c_contiguous
    np.testing.assert_array_equal(array, np.asarray(layout(GOOD), dtype=np.float32))


def test_a_good_array_is_not_copied():
    x = GOOD.astype(np.float32)
    assert check_array(x)[0] is x or np.shares_memory(check_array(x)[0], x)


def test_images_are_flattened_and_their_shape_is_kept():
    images = np.arange(24.0).reshape(2, 3, 4)
    array, image_shape = check_array(images)
    assert image_shape == (3, 4)
    np.testing.assert_array_equal(array, images.reshape(2, 12))


@pytest.mark.parametrize("constant", [0.0, 0.5, 1.0])
def test_constant_columns_are_fine(constant):
    assert (check_array(np.full((4, 3), constant), unit_interval=True)[0] == constant).all()


def with_entry(value, dtype=np.float64):
    x = GOOD.astype(dtype)
    x[1, 2] = value
    x[4, 0] = value
    return x


REFUSED = {
    "nan": (with_entry(np.nan), r"2 of 15 values that are not finite.*first is x\[1, 2\] = nan"),
    "inf": (with_entry(-np.inf), r"2 of 15 values.*x\[1, 2\] = -inf"),
    "both infinities": (np.array([[np.inf, -np.inf]]), r"2 of 2 values.*x\[0, 0\] = inf"),
    "beyond float32": (with_entry(1e300), r"2 of 15.*too large.*x\[1, 2\] = 1e\+300"),
    "nan in an image": (with_entry(np.nan).reshape(5, 1, 3), r"x\[1, 0, 2\] = nan"),
    "a number": (3.0, r"shape \(\).*no data set"),
    "rank 1": (GOOD[0], r"shape \(3,\).*reshape\(-1, 1\)"),
    "rank 4": (GOOD.reshape(5, 3, 1, 1), r"\(5, 3, 1, 1\).*flatten each example"),
    "no rows": (np.zeros((0, 3)), r"empty.*\(0, 3\)"),
    "no columns": (np.zeros((5, 0)), r"empty.*\(5, 0\)"),
    "an empty list": ([], r"shape \(0,\)"),
    "objects": (np.array([[1, None]]), "dtype object; real numbers are needed"),
    "complex": (GOOD + 1j, "dtype complex128"),
    "strings": (np.array([["1", "2"]]), "dtype <U1"),
    "dates": (np.zeros((2, 2), "datetime64[s]"), "dtype datetime64"),
    "records": (np.zeros(2, dtype=[("a", float)]), "real numbers are needed"),
    "ragged": ([[1, 2], [3]], "rows of unequal length"),
    "masked": (np.ma.masked_greater(GOOD, 0.5), "masked entries"),
    "none": (None, "dtype object"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    x, reason = REFUSED[case]
    with pytest.raises(ArrayError, match=reason) as caught:
        check_array(x, "x")
    assert "\n" not in str(caught.value) and str(caught.value).startswith("x ")


def test_sums_that_overflow_are_no_reason_to_refuse():
    x = np.full((4, 3), 3e38, dtype=np.float32)  # finite, but their sum is not
    assert check_array(x)[0] is not None


def test_width():
    assert check_array(GOOD, width=3)[0].shape == (5, 3)
    with pytest.raises(ArrayError, match="test has 3 columns, but 784 are needed"):
        check_array(GOOD, "test", width=784)


@pytest.mark.parametrize("x, message", [
    (np.array([[0, 255]], dtype=np.uint8), "from 0 to 255: divide by 255?"),
    (np.array([[0.0, 1.5]]), "from 0 to 1.5: rescale it, or choose a Gaussian"),
    (np.array([[-0.25, 1.0]]), "from -0.25 to 1: rescale it, or choose a Gaussian"),
    (np.array([[-1.0, 200.0]]), "rescale it"),
])
def test_outside_the_unit_interval(x, message):
    with pytest.raises(ArrayError) as caught:
        check_array(x, "train", unit_interval=True)
    assert str(caught.value).startswith("train must lie in [0, 1]")
    assert message in str(caught.value)
    assert (check_array(x, "train")[0] == x).all()  # fine for a Gaussian, and never rescaled


@pytest.mark.parametrize("labels", [[1, 2, 3], np.array([1.0, 2.0, 3.0]), np.uint8([1, 2, 3])])
def test_labels(labels):
    checked = check_labels(labels, "y", 3)
    assert checked.dtype == np.int64 and checked.tolist() == [1, 2, 3]


@pytest.mark.parametrize("labels, message", [
    ([1, 2], r"shape \(2,\); 3 examples need \(3,\)"), ([[1], [2], [3]], r"\(3, 1\)"),
    ([1, 2, 2.5], "whole"), ([1, 2, np.nan], "whole"), (list("abc"), "dtype"),
])
def test_bad_labels(labels, message):
    with pytest.raises(ArrayError, match=message):
        check_labels(labels, "y", 3)
