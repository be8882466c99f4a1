"""Users' .csv files: rows of numbers, with or without a header.

Pandas numbers columns that have no names, so a header may be numbers too: 0,1,2. What the rows
below it show decides whether it is one.
"""
import csv
import re
import textwrap
import warnings
from itertools import islice

import numpy as np

from ..arrays import ArrayError, DataWarning

LOOK_AHEAD = 100  # rows below the first line that are read to judge it
EXACT = 2 ** 53   # a double holds every whole number up to here
NAN, GAPS = "nan", ("", "na", "n/a", "null", "nan")  # what stands for a number that is missing
LABEL = re.compile(r"\s*[0-9]{1,9}\s*")


def read_csv(path, missing=False):
    """The numbers of a .csv, (N, D) float64, or of a wider dtype where it takes one.

    missing: whether an empty cell, NA, N/A or null is welcome beside nan: each is NaN then.

    A first line in which nothing is a number, or that begins with #, is a header. So is one that
    counts up, such as 0,1,2, where the rows below show it: they have decimal points. Where they
    do not show it, a DataWarning says what was assumed. Raises ArrayError.
    """
    header_lines = 0
    try:
        header_lines, word = _look_at_first_line(path, missing)
        numbers = _load(path, header_lines, np.float64, missing)
        if np.nanmax(np.abs(numbers), initial=0) >= EXACT:  # such as ids of 19 digits
            numbers = _load(path, header_lines, np.longdouble, missing)
    except ArrayError:
        raise
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ArrayError(f"cannot read {path} as text: {error}") from None
    except Exception as error:  # NumPy's reader fails in many ways on bytes that are no table
        raise ArrayError(_fault(path, header_lines, missing)
                         or f"{path}: {shown(error)}") from None
    if word:
        warnings.warn(f"{path}: {word}", DataWarning, stacklevel=4)
    return numbers


def header_of(path):
    """The header lines of a .csv that may have gaps, as they stand in it; "" where it has none."""
    lines = _look_at_first_line(path, missing=True)[0]
    with open(path, encoding="utf-8-sig", newline="") as file:
        return "".join(islice(file, lines))


def _load(path, header_lines, dtype, missing):
    gaps = {"converters": lambda field: dtype(NAN if _is_gap(field) else field)} if missing else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an empty array is refused with a reason of its own
        return np.loadtxt(path, delimiter=",", dtype=dtype, skiprows=header_lines, comments=None,
                          quotechar='"', ndmin=2, encoding="utf-8-sig", **gaps)


def _look_at_first_line(path, missing):
    """(how many lines the header takes, a word about what was assumed or None)."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        first = next(filter(None, reader), [])
        lines = reader.line_num
        rest = list(islice(filter(None, reader), LOOK_AHEAD))
    words = not any(map(_is_number, first)) or first[0].lstrip().startswith("#")
    words = words and not (missing and all(map(_is_gap, first)))  # a row in which nothing is
    if words and not rest:
        raise ArrayError(f"{path} holds no rows of numbers")
    rest = [row for row in rest if len(row) == len(first)]
    labels = first[1:] if first and not first[0].strip() else first  # above an index lies nothing
    header, sure = (True, True) if words else _is_header(labels, [row[-len(labels):]
                                                                  for row in rest])
    line = f"the first line, {','.join(first[:3])}{',…' if len(first) > 3 else ''},"
    if not sure:
        word = (f"{line} was taken for a header: put a line of names above it if it is an "
                "example" if header else
                f"{line} was taken for an example: remove it if it is a header")
    elif header and len(labels) < len(first) and _counts([row[0] for row in rest]):
        word = ("the first column has no name and counts the rows; it was taken for data all the "
                "same. If it is pandas' index, write the file with index=False")
    else:
        word = None
    return (lines if header else 0), word


def _is_header(labels, rest):
    """(whether a first line of numbers is a header, whether that is sure).

    A header counts up by one. It is sure where the columns below are written with decimal points;
    where the next line counts on, the first is an example for sure.
    """
    if not rest or not _counts(labels) or _counts([*labels, *rest[0]]):
        return False, True
    decimal = [all(re.search("[.eE]", field) and _is_number(field) for field in column)
               for column in zip(*rest)]
    from_zero, many = int(labels[0]) == 0, len(labels) > 2
    if from_zero and (many and any(decimal) or len(labels) == 2 and all(decimal)):
        return True, True
    if from_zero or all(decimal) and len(labels) > 1:
        return many or all(decimal) and from_zero, False
    return False, not (many and _stands_apart(labels, rest))


def _counts(fields):
    """Whether the fields are whole numbers, each one more than the last."""
    if not fields or not all(map(LABEL.fullmatch, fields)):
        return False
    numbers = list(map(int, fields))
    return numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _stands_apart(labels, rest):
    """Whether each label lies outside of what its column holds, as the years 2019,2020,2021 do
    above counts.
    """
    try:
        columns = np.array(rest, dtype=np.float64)
    except ValueError:  # which `_fault` will find
        return False
    numbers = np.array(labels, dtype=np.float64)
    return bool(((numbers < columns.min(axis=0)) | (numbers > columns.max(axis=0))).all())


def _is_gap(field):
    """Whether a field says that its number is missing."""
    return field.strip().lower() in GAPS


def _is_number(field):
    try:
        float(field)
    except ValueError:
        return False
    return True


def shown(error):
    """What an exception says, in one line that is not too long."""
    return textwrap.shorten(str(error) or type(error).__name__, 200)


def _fault(path, header_lines, missing):
    """A sentence about the first line that is not a row of numbers, or None."""
    width = None
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file)
            for row in rows:
                if not row or rows.line_num <= header_lines:
                    continue
                where = f"{path}, line {rows.line_num}"
                width = width or len(row)
                if len(row) != width:
                    return f"{where}: {len(row)} values, but the lines before have {width}"
                for column, field in enumerate(row, start=1):
                    if not _is_number(field) and not (missing and _is_gap(field)):
                        word = "; --missing takes it for a missing entry" * _is_gap(field)
                        return f"{where}, column {column}: {field!r} is not a number{word}"
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        return f"cannot read {path} as text: {error}"
    return None
