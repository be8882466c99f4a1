"""Users' own arrays: checked with care, refused with a reason, never quietly repaired."""
import warnings

import numpy as np

WHOLE = {"float32": 2 ** 24, "float64": 2 ** 53}  # whole numbers up to here are exact
KEPT = 0.99         # of a column's different values: where fewer are left, a warning says so
LOOKED_AT = 1 << 21  # numbers of an array, at most, that are searched for values that merge


class DatasetError(ValueError):
    """The data that were asked for cannot be had; the message says why and what to do."""


class ArrayError(DatasetError):
    """An array is no data set; the message says what is wrong, where, and what would be right."""


class DataWarning(UserWarning):
    """Data can be used, but not without a word: what was assumed of them, or what they lose."""


def check_array(x, name="x", *, unit_interval=False, width=None, dtype="float32", missing=False):
    """Check examples and bring them into the form that models take.

    x: (N, D), or (N, H, W) which is flattened; numbers or bools of any kind. name: what to call
    it in messages. unit_interval: True where the likelihood takes values in [0, 1] alone. width:
    the D that is expected, or None for any. dtype: float32 or float64; None is float32 where that
    loses no digit, else float64. missing: whether NaN is welcome, as the mark of a missing entry.

    Returns (array, image_shape): (N, D) of that dtype, C-contiguous, and (H, W) or None. An array
    that already has this form is returned itself, not copied. Nothing is rescaled. Raises
    ArrayError for anything else: wrong rank or width, empty, not numeric, NaN or inf or beyond
    float32, outside [0, 1] where that matters. Warns, with a DataWarning, of columns whose values
    the dtype cannot tell apart, such as seconds since 1970 in float32.
    """
    original = _numeric(x, name)
    image_shape = _check_shape(original, name)
    gaps = np.isnan(original) if missing and original.dtype.kind == "f" else np.zeros(1, bool)
    if gaps.any():  # what is there is checked as if there were zeros in the gaps
        original = np.where(gaps, original.dtype.type(0), original)
    rows = original.reshape(len(original), -1)
    if width is not None and rows.shape[1] != width:
        raise ArrayError(f"{name} has {rows.shape[1]} columns, but {width} are needed")
    array = _cast(rows, "float32" if dtype is None else dtype)
    if dtype is None and not _is_exact(rows, array):
        array = _cast(rows, "float64")
    _check_finite(array, original, name)
    _tell_merged(array, rows, name)
    array = _within_unit_interval(array, name) if unit_interval else array
    if gaps.any():
        array[gaps.reshape(array.shape)] = np.nan
    return array, image_shape


def _cast(rows, dtype):
    with np.errstate(all="ignore"):  # what overflows becomes inf, and is reported as such
        return np.ascontiguousarray(rows, dtype=dtype)


def _is_exact(rows, array):
    """Whether the floats `array` hold every digit of the numbers `rows`."""
    if rows.dtype.kind not in "iu":
        return np.can_cast(rows.dtype, array.dtype) or np.array_equal(rows, array)
    limits, largest = np.iinfo(rows.dtype), WHOLE[array.dtype.name]
    return (max(-limits.min, limits.max) <= largest
            or max(-int(rows.min()), int(rows.max())) <= largest)


def _tell_merged(array, rows, name):
    """Warns where values that differ in `rows`, as they came, are the same in `array`."""
    few = slice(max(1, LOOKED_AT // rows.shape[1]))
    if _is_exact(rows[few], array[few]):
        return
    kept, came = _distinct(rows[few], array.dtype)
    merged = np.flatnonzero(kept < KEPT * came).tolist()
    if not merged:
        return
    told = ["{} of {} different values in column {}".format(
        *(int(count[0]) for count in _distinct(rows[:, [column]], array.dtype)), column)
        for column in merged[:3]]
    if len(merged) > 3:
        told.append(f"too few in {len(merged) - 3} more columns")
    wider = "use dtype float64, or " if array.dtype == np.float32 else ""
    warnings.warn(f"{name}: {array.dtype} keeps only {', '.join(told)}: {wider}subtract its "
                  "smallest value from such a column first", DataWarning, stacklevel=3)


def _distinct(rows, dtype):
    """How many different values each column has in `dtype`, and how many it came with."""
    ordered = np.sort(rows, axis=0)  # casting keeps the order, so that one sort serves both
    return tuple(1 + (column[1:] != column[:-1]).sum(axis=0)
                 for column in (_cast(ordered, dtype), ordered))


def column_means(x):
    """The mean of what is there in each column of x (N, D), in which NaN is missing: (D,), in x's
    dtype. Raises ArrayError for a column in which nothing is.
    """
    there = ~np.isnan(x)
    counts = there.sum(axis=0)
    if not counts.all():
        raise ArrayError(f"column {int(np.argmin(counts))} of the training data (from 0) is "
                         "missing in every row: leave it out")
    return (np.sum(x, axis=0, dtype=np.float64, where=there) / counts).astype(x.dtype)


def check_labels(labels, name, count):
    """One whole number for each of `count` examples, as (count,) int64, or ArrayError."""
    labels = _numeric(labels, name)
    if labels.shape != (count,):
        raise ArrayError(f"{name} has shape {labels.shape}; {count} examples need ({count},)")
    with np.errstate(invalid="ignore"):  # a number beyond int64 comes back as another
        whole = labels.astype(np.int64)
    if not np.array_equal(whole, labels):
        raise ArrayError(f"{name} must be whole numbers")
    return whole


def _numeric(x, name):
    if np.ma.is_masked(x):
        raise ArrayError(f"{name} has masked entries: fill them or drop their rows")
    try:
        array = np.asarray(x)
    except ValueError:
        raise ArrayError(f"{name} is no array: are its rows of unequal length?") from None
    if array.dtype.kind not in "biuf":
        raise ArrayError(f"{name} has dtype {array.dtype}; real numbers are needed")
    return array


def _check_shape(array, name):
    """The image shape, (H, W) or None, of an array of legal shape."""
    if array.ndim not in (2, 3):
        hint = {0: "a single number is no data set",
                1: "for one feature use x.reshape(-1, 1)"}.get(
                    array.ndim, "flatten each example with x.reshape(len(x), -1)")
        raise ArrayError(f"{name} has shape {array.shape}; (N, D) or (N, H, W) is needed: {hint}")
    if array.size == 0:
        raise ArrayError(f"{name} is empty: its shape is {array.shape}")
    return array.shape[1:] if array.ndim == 3 else None


def _check_finite(array, original, name):
    # A sum is NaN or infinite if an entry is, and costs no array of bools. It can overflow by
    # itself, so a suspicious sum only leads to a closer look. A float64 that float32 could not
    # hold would overflow once it is squared, whatever the dtype: no model takes it.
    largest = np.finfo(np.float32).max
    with np.errstate(over="ignore", invalid="ignore"):
        if abs(array.sum()) <= largest and (array.dtype == np.float32
                                            or max(-array.min(), array.max()) <= largest):
            return
        bad = np.argwhere(~(np.abs(array) <= largest).reshape(original.shape))
    if len(bad):
        first = tuple(bad[0].tolist())
        word = ("; --missing takes each NaN for a missing entry" if np.isnan(original[first])
                else "")
        raise ArrayError(f"{name} has {len(bad)} of {original.size} values that are not finite "
                         f"in float32 (NaN, infinite or too large); the first is "
                         f"{name}[{', '.join(map(str, first))}] = {original[first]}{word}")


def _within_unit_interval(array, name):
    """`array`, whose values lie in [0, 1] to the digits of float32: a mean of many may be 1.0 and
    one unit in the sixteenth digit. Raises ArrayError for any other.
    """
    low, high = array.min(), array.max()
    if 0 <= low and high <= 1:
        return array
    if array.dtype == np.float64 and 0 <= np.float32(low) and np.float32(high) <= 1:
        return np.clip(array, 0.0, 1.0)
    if low >= 0 and 64 < high <= 255:
        hint = "divide by 255?"
    else:
        hint = "rescale it, or choose a Gaussian likelihood"
    raise ArrayError(f"{name} must lie in [0, 1] for this likelihood, "
                     f"but it runs from {low:g} to {high:g}: {hint}")
