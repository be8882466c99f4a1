"""The large checker is held against the plain one, which is short enough to be believed."""
import numpy as np
import pytest

import vae_np as vn
from vae_np.checking.library import all_checks
from vae_np.checking.plain import plain_check

SMALL = {name: check for name, *check in all_checks() if name.split(".")[0] in (
    "activations", "distributions", "objectives", "likelihoods", "posteriors", "priors")}


@pytest.mark.parametrize("name", SMALL)
def test_both_say_right_of_what_is_right(name):
    forward, backward, inputs, skip = SMALL[name]

    def of_the_rest(d, **arrays):
        return {key: slope for key, slope in backward(d, **arrays).items() if key not in skip}

    errors = plain_check(forward, of_the_rest, inputs)
    report = vn.gradcheck(forward, backward, inputs, skip=skip)
    assert set(errors) == {row.name for row in report.rows}
    assert report.ok and max(errors.values()) < 1e-6


@pytest.mark.parametrize("fault", ["factor", "sign", "one entry", "transposed sum"])
def test_both_say_wrong_of_what_is_wrong(fault):
    def forward(a, b):
        return np.tanh(a) * b

    def backward(d, a, b):
        d_a, d_b = d * b * (1.0 - np.tanh(a) ** 2), d * np.tanh(a)
        if fault == "factor":
            d_a = 2.0 * d_a
        elif fault == "sign":
            d_b = -d_b
        elif fault == "one entry":
            d_a[1, 2] += 0.05
        else:
            d_b = d_b[:, ::-1]
        return {"a": d_a, "b": d_b}

    rng = np.random.default_rng(0)
    inputs = {"a": rng.standard_normal((3, 4)), "b": rng.standard_normal((3, 4))}
    errors = plain_check(forward, backward, inputs)
    report = vn.gradcheck(forward, backward, inputs)
    wrong = {row.name for row in report.rows if not row.ok}
    assert wrong == {name for name, error in errors.items() if error > 1e-2}
    assert wrong == {"a" if fault in ("factor", "one entry") else "b"}


def test_its_numbers_are_those_of_the_large_one():
    """The same slopes, to the error of the plain difference."""
    def forward(a):
        return np.exp(a) * a

    def backward(d, a):
        return {"a": d * np.exp(a) * (a + 1.001)}

    a = np.random.default_rng(1).standard_normal(5)
    plain = plain_check(forward, backward, {"a": a})["a"]
    row, = vn.gradcheck(forward, backward, {"a": a}).rows
    assert not row.ok and 1e-4 < plain < 1e-2
