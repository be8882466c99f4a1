"""Users' own arrays: checked with care, refused with a reason, never quietly repaired."""
import numpy as np


class DatasetError(ValueError):
    """The data that were asked for cannot be had; the message says why and what to do."""


class ArrayError(DatasetError):
    """An array is no data set; the message says what is wrong, where, and what would be right."""


def check_array(x, name="x", *, unit_interval=False, width=None):
    """Check examples and bring them into the form that models take.

    x: (N, D), or (N, H, W) which is flattened; numbers or bools of any kind. name: what to call
    it in messages. unit_interval: True where the likelihood takes values in [0, 1] alone. width:
    the D that is expected, or None for any.

    Returns (array, image_shape): (N, D) float32, C-contiguous, and (H, W) or None. An array that
    already has this form is returned itself, not copied. Nothing is rescaled. Raises ArrayError
    for anything else: wrong rank or width, empty, not numeric, NaN or inf, outside [0, 1] where
    that matters.
    """
    original = _numeric(x, name)
    image_shape = _check_shape(original, name)
    with np.errstate(over="ignore"):  # what overflows float32 becomes inf and is reported below
        array = np.ascontiguousarray(original.reshape(len(original), -1), dtype=np.float32)
    if width is not None and array.shape[1] != width:
        raise ArrayError(f"{name} has {array.shape[1]} columns, but {width} are needed")
    _check_finite(array, original, name)
    if unit_interval:
        _check_unit_interval(array, name)
    return array, image_shape


def check_labels(labels, name, count):
    """One whole number for each of `count` examples, as (count,) int64, or ArrayError."""
    labels = _numeric(labels, name)
    if labels.shape != (count,):
        raise ArrayError(f"{name} has shape {labels.shape}; {count} examples need ({count},)")
    whole = labels.astype(np.int64) if np.isfinite(labels).all() else None
    if whole is None or not np.array_equal(whole, labels):
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
    # itself, so a suspicious sum only leads to a closer look.
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(array.sum()):
            return
    bad = np.argwhere(~np.isfinite(array).reshape(original.shape))
    if len(bad):
        first = tuple(bad[0].tolist())
        raise ArrayError(f"{name} has {len(bad)} of {original.size} values that are not finite "
                         f"in float32 (NaN, infinite or too large); the first is "
                         f"{name}[{', '.join(map(str, first))}] = {original[first]}")


def _check_unit_interval(array, name):
    low, high = array.min(), array.max()
    if 0 <= low and high <= 1:
        return
    if low >= 0 and 64 < high <= 255:
        hint = "divide by 255?"
    else:
        hint = "rescale it, or choose a Gaussian likelihood"
    raise ArrayError(f"{name} must lie in [0, 1] for this likelihood, "
                     f"but it runs from {low:g} to {high:g}: {hint}")
