"""Values beside references of 60 digits, over every combination of extreme inputs."""
import decimal
from decimal import Decimal

import numpy as np
import pytest

PRECISION = 60
LOG_2PI = Decimal("1.8378770664093454835606594728112352797227949472755668256343")
both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def grid(dtype, *axes):
    """Every combination of the axes' values: for each axis an array (combinations, 1)."""
    return [axis.reshape(-1, 1) for axis in np.meshgrid(*(np.array(a, dtype) for a in axes))]


def exact(formula, *arrays):
    """`formula` of each row's numbers in 60 digits, as float64; infinite where float64 ends."""
    rows = zip(*(a[:, 0].tolist() for a in arrays))
    with decimal.localcontext() as context:
        context.prec = PRECISION
        return np.array([float(formula(*map(Decimal, row))) for row in rows])


def check(values, reference, size=1.0, ulps=8):
    """Within `ulps` units in the last place of max(|reference|, size), and infinite where the
    reference is beyond the dtype's range. Below its normal range the error is absolute.
    """
    finfo = np.finfo(values.dtype)
    too_big = np.abs(reference) > finfo.max
    np.testing.assert_array_equal(values[too_big], np.sign(reference[too_big]) * np.inf)
    scale = np.maximum(np.abs(reference), size)[~too_big]
    error = np.abs(values[~too_big].astype(np.float64) - reference[~too_big])
    worst = np.max(error / (ulps * finfo.eps * scale + finfo.tiny), initial=0.0)
    assert worst <= 1.0, f"{worst * ulps:.3g} units in the last place, not {ulps}"


def sigmoid(a):
    """1/(1 + e^−a) of a Decimal, as a product that keeps its digits when it is small."""
    return 1 / (1 + (-a).exp()) if a > 0 else a.exp() / (1 + a.exp())
