"""Users' own arrays: what is taken, what is refused, and what the refusal says."""
import numpy as np
import pytest

from vae_np.arrays import ArrayError, DataWarning, check_array, check_labels

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


# -- values that a dtype cannot tell apart -----------------------------------------------------

SECONDS = 1.6e9 + np.arange(400.0)  # since 1970, one a second
NOISE = np.random.default_rng(1).standard_normal((400, 1))
IDS = 7 * 10 ** 18 + np.arange(400)


def merged(values, **arguments):
    with pytest.warns(DataWarning) as told:
        array, _ = check_array(np.column_stack([NOISE, values]), "x", **arguments)
    assert len(told) == 1 and "\n" not in str(told[0].message)
    return array, str(told[0].message)


def test_values_that_float32_merges_are_told_by_column():
    array, said = merged(SECONDS)
    left = len(np.unique(array[:, 1]))
    assert left < 10 and said == (
        f"x: float32 keeps only {left} of 400 different values in column 1: use dtype float64, or "
        "subtract its smallest value from such a column first")


def test_float64_keeps_what_float32_merges():
    x = np.column_stack([NOISE, SECONDS])
    for dtype in ("float64", None):
        array, _ = check_array(x, dtype=dtype)
        assert array.dtype == np.float64 and array.tobytes() == x.tobytes()


@pytest.mark.parametrize("ids", [IDS, IDS.astype(np.uint64), IDS.astype(np.longdouble)])
def test_ids_that_float64_merges_are_told_too(ids):
    with pytest.warns(DataWarning, match="float64 keeps only 1 of 400 .* column 0: subtract its"):
        check_array(ids.reshape(-1, 1), dtype="float64")


@pytest.mark.parametrize("x", [
    NOISE, 1e-30 * NOISE, 100 + NOISE, np.random.default_rng(2).random((20_000, 3)),
    np.arange(2 ** 24 - 400, 2 ** 24).reshape(-1, 1), np.full((50, 2), 1.6e9 + 1),
    np.random.default_rng(3).integers(256, size=(30, 7)) / 255.0])
def test_rounding_that_merges_nothing_is_not_worth_a_word(x):
    assert check_array(x)[0].dtype == np.float32


def test_many_columns_that_merge_make_one_sentence():
    with pytest.warns(DataWarning, match="column 0, .* column 1, .* column 2, too few in 37 more"):
        check_array(np.repeat(SECONDS[:, None], 40, axis=1))


@pytest.mark.parametrize("x, dtype", [
    (np.arange(6).reshape(2, 3), np.float32), (np.float16([[0.1]]), np.float32),
    (np.array([[0.1]]), np.float64), (np.array([[0.5]]), np.float32),
    (np.array([[2 ** 24 + 1]]), np.float64), (np.array([[-2 ** 24]]), np.float32)])
def test_no_dtype_is_the_narrow_one_where_that_loses_no_digit(x, dtype):
    array, _ = check_array(x, dtype=None)
    assert array.dtype == dtype and (array == x).all()


def test_float64_is_no_way_around_the_checks():
    for bad in (np.nan, np.inf, 1e39):
        with pytest.raises(ArrayError, match="not finite in float32"):
            check_array([[bad, 0.1]], dtype="float64")
    with pytest.raises(ArrayError, match="must lie in"):
        check_array([[1.001, 0.1]], dtype="float64", unit_interval=True)


def test_one_unit_in_the_sixteenth_digit_beyond_1_is_1():
    x = np.array([[np.nextafter(1, 2), 0.0, 0.1]])
    assert check_array(x, dtype="float64", unit_interval=True)[0].tolist() == [[1, 0, 0.1]]
