"""Results for other programs to read: .csv, .npy and .npz, written whole or not at all."""
import io

import numpy as np

from ..runs import checkpoints


def as_images(array, shape):
    """(..., D) → (..., H, W), where the rows came as images of this shape, which else is None."""
    return array if shape is None else array.reshape(*array.shape[:-1], *shape)


def write_csv(out, header, rows):
    """Writes a .csv, in which each number has all of its digits, and no more. header: its first
    line, or "" for none. rows: an array (N, D), or tuples of numbers.
    """
    text = io.StringIO()
    if header:
        text.write(header + "\n")
    for row in rows:
        text.write(",".join(map(str, row)) + "\n")
    _write(out, text.getvalue().encode())


def write_npy(out, array):
    """Writes one array, as NumPy does."""
    with checkpoints.atomic_write(out) as file:
        checkpoints.write_array(file, array)


def write_npz(out, arrays):
    """Writes {name: array}, as NumPy does."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    _write(out, buffer.getbuffer())


def _write(out, content):
    with checkpoints.atomic_write(out) as file:
        file.write(content)


def write_columns(out, columns):
    """{name: (N,)} as a table with a header, as arrays by name, or as one array with named fields,
    by the ending of `out`: .csv, .npz or .npy.
    """
    if out.suffix == ".csv":
        write_csv(out, ",".join(columns), zip(*(one.tolist() for one in columns.values())))
    elif out.suffix == ".npz":
        write_npz(out, columns)
    else:
        count = len(next(iter(columns.values())))
        lines = np.empty(count, [(name, one.dtype) for name, one in columns.items()])
        for name, one in columns.items():
            lines[name] = one
        write_npy(out, lines)
