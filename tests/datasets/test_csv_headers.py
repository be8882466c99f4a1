"""A first line of numbers: a header where the rows below show it, else a word on what was assumed.
"""
import warnings

import numpy as np
import pytest

from vae_np.arrays import DataWarning
from vae_np.datasets import load_dataset

DECIMALS = "0.5,0.25,1.5\n0.75,2.5,0.125\n"
COUNTS = "5,9,7\n3,8,2\n"
MIXED = "5,0.5,7\n3,1e-2,2\n"
SURE = {
    "pandas' numbers above decimals": ("0,1,2\n" + DECIMALS, True),
    "the same, two columns": ("0,1\n0.5,0.25\n0.75,2.5\n", True),
    "the same, spaced and quoted": ('"0", 1, 2\n' + DECIMALS, True),
    "one column of decimals among whole numbers": ("0,1,2\n" + MIXED, True),
    "numpy's comment": ("# 0,1,2\n" + DECIMALS, True),
    "numpy's comment above whole numbers": ("# 0,1,2\n" + COUNTS, True),
    "names": ("a,b,c\n" + COUNTS, True),
    "decimals from the first line on": ("0.0,1.0,2.0\n" + DECIMALS, False),
    "whole numbers that do not count up": ("0,2,1\n" + DECIMALS, False),
    "a count that goes on": ("0,1,2\n3,4,5\n6,7,8\n", False),
    "a count that goes on, one column": ("0\n1\n2\n", False),
    "ordinary whole numbers": ("1,2,3\n2,9,1\n0,1,7\n", False),
    "two columns of whole numbers": ("3,4\n9,7\n2,5\n", False),
    "one line": ("0,1,2\n", False)}
ASSUMED = {
    "pandas' numbers above whole numbers": ("0,1,2\n" + COUNTS, True, "0,1,2,"),
    "many of them": (",".join(map(str, range(40))) + "\n" + ",".join(40 * "1") + "\n", True,
                     "0,1,2,…,"),
    "a count from 1 above decimals": ("1,2,3\n" + DECIMALS, True, "1,2,3,"),
    "one column of decimals": ("0\n0.5\n0.25\n", True, "0,"),
    "two columns of 0 and 1": ("0,1\n1,1\n0,0\n", False, "0,1,"),
    "one column of 0 and 1": ("0\n0\n1\n", False, "0,"),
    "years above counts": ("2019,2020,2021\n" + COUNTS, False, "2019,2020,2021,")}


def rows_of(text, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(text)
    data = load_dataset(path, whole=True)
    return len(data.test)


def lines(text, header):
    return text.count("\n") - header


@pytest.mark.parametrize("text, header", SURE.values(), ids=SURE)
def test_what_the_rows_below_show_needs_no_word(text, header, tmp_path):
    assert rows_of(text, tmp_path) == lines(text, header)


@pytest.mark.parametrize("text, header, said", ASSUMED.values(), ids=ASSUMED)
def test_what_was_assumed_of_a_first_line_of_numbers_is_told(text, header, said, tmp_path):
    with pytest.warns(DataWarning) as told:
        assert rows_of(text, tmp_path) == lines(text, header)
    what = "a header: put a line of names" if header else "an example: remove it"
    assert f"mine.csv: the first line, {said} was taken for {what}" in str(told[0].message)


@pytest.mark.parametrize("header", [",0,1", ",a,b"])
def test_an_index_without_a_name_is_told(header, tmp_path):
    """It is data for all that the file says; pandas writes one unless it is told not to."""
    with pytest.warns(DataWarning, match="first column has no name and counts the rows.*index=Fa"):
        assert rows_of(header + "\n0,0.5,0.25\n1,0.75,0.5\n", tmp_path) == 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert rows_of(header + "\n0.5,0.5,0.25\n0.1,0.75,0.5\n", tmp_path) == 2


def test_a_header_leaves_the_numbers_as_they_are(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("0,1,2\n" + DECIMALS)
    np.testing.assert_array_equal(load_dataset(path, whole=True).test,
                                  [[0.5, 0.25, 1.5], [0.75, 2.5, 0.125]])
