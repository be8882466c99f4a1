"""Data sets by name or by path: load_dataset("mnist5k"), load_dataset("mine.npz").

`loading` finds them; `array_files` and `csv_files` read users' files, `published` and `downloads`
the published ones, `synthetic` makes points in the plane, and `binarization` turns grey pixels
into 0 and 1.
"""
from ..arrays import ArrayError, DatasetError, DataWarning, check_array
from .array_files import SUFFIXES
from .binarization import (MODES, Binarization, binarize, binarize_fixed, default_mode,
                           ruler_test_set, threshold)
from .downloads import DownloadError
from .loading import (FREY_SPLIT_SEED, FREY_TEST_FRAMES, SYNTHETIC_COUNTS, Dataset, hold_out,
                      is_path, load_dataset, names)
from .published import FREY_FRAMES, FREY_SHAPE

__all__ = ["FREY_FRAMES", "FREY_SHAPE", "FREY_SPLIT_SEED", "FREY_TEST_FRAMES", "MODES", "SUFFIXES",
           "SYNTHETIC_COUNTS", "ArrayError", "Binarization", "DataWarning", "Dataset",
           "DatasetError", "DownloadError", "binarize", "binarize_fixed", "check_array",
           "default_mode", "hold_out", "is_path", "load_dataset", "names", "ruler_test_set",
           "threshold"]
