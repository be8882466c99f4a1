"""The contract of DESIGN.md: what gets a row, what raises, what is passed on as it is."""
import numpy as np
import pytest

from vae_np import GradcheckError, gradcheck


def check(backward, forward=lambda x: x ** 2, **options):
    return gradcheck(forward, backward, {"x": np.array([1.0, -2.0, 0.5])}, **options)["x"]


def test_the_readme_example():
    report = gradcheck(lambda x, w: np.tanh(x @ w),
                       lambda d_out, x, w: {"x": (d_out * (1 - np.tanh(x @ w) ** 2)) @ w.T,
                                            "w": x.T @ (d_out * (1 - np.tanh(x @ w) ** 2))},
                       {"x": np.ones((7, 5)), "w": np.full((5, 3), 0.1)}, seed=0)
    assert report.ok
    assert [row.name for row in report.rows] == ["x", "w"]
    assert all(row.diagnosis == "ok" and row.max_rel_error < 1e-8 for row in report.rows)
    report.assert_ok()


def test_a_wrong_row_shows_the_worst_entry():
    row = check(lambda d_out, x: {"x": 2 * d_out * x + np.array([0, 0.1, 0]) * d_out})
    assert not row.ok and row.index == (1,)
    assert row.numeric == pytest.approx(row.analytic / (-4 + 0.1) * -4)
    worst = abs(row.analytic - row.numeric) / max(abs(row.analytic), abs(row.numeric))
    assert row.max_rel_error == pytest.approx(worst)


def test_max_rel_error_has_the_floor_of_the_contract():
    """|a - n| / (1e-3 max|n|) for an entry that is tiny beside the others."""
    def backward(d_out, x):
        return {"x": 2 * d_out * x + 1e-3 * d_out * (np.abs(x) < 1e-3)}

    report = gradcheck(lambda x: np.sum(x ** 2), backward, {"x": np.array([3.0, 1e-5, -8.0])})
    row = report["x"]
    assert row.index == (1,)
    assert row.max_rel_error == pytest.approx(1e-3 / (1e-3 * 16), rel=1e-4)


@pytest.mark.parametrize("returned, code", [
    (lambda d_out, x: None, "error"),
    (lambda d_out, x: [2 * d_out * x], "error"),
    (lambda d_out, x: 2 * d_out * x, "error"),
    (lambda d_out, x: {"x": "2 d x"}, "error"),
    (lambda d_out, x: {"x": [1.0, [2.0], 3.0]}, "error"),
    (lambda d_out, x: {"x": 2j * d_out * x}, "error"),
    (lambda d_out, x: {}, "missing"),
    (lambda d_out, x: {"x": None}, "missing"),
    (lambda d_out, x: {"x": (2 * d_out * x)[:2]}, "shape"),
    (lambda d_out, x: {"x": 2 * d_out * x / 0}, "nonfinite"),
    (lambda d_out, x: {"x": list(2 * d_out * x)}, "ok"),
    (lambda d_out, x: {"x": 2 * d_out * x}, "ok"),
])
def test_whatever_backward_returns_is_a_row(returned, code):
    row = check(returned)
    assert row.diagnosis == code, row.message
    assert row.ok == (code == "ok")


def test_an_exception_in_backward_is_a_row_that_says_where():
    def backward(d_out, x):
        raise RuntimeError("out of coffee")

    row = check(backward)
    assert row.diagnosis == "error"
    assert "RuntimeError: out of coffee (line" in row.message and "in backward)" in row.message


def test_a_nonfinite_gradient_is_shown_beside_the_number_that_belongs_there():
    row = check(lambda d_out, x: {"x": np.where(x < 0, np.inf, 2 * d_out * x)})
    assert row.index == (1,) and row.analytic == np.inf and np.isfinite(row.numeric)


@pytest.mark.parametrize("forward, words", [
    (lambda x: np.zeros(3) / (x - x), "nan or inf"),
    (lambda x: (x, x), "returned a tuple; it must return one array"),
    (lambda x: [x, x], "returned a list"),
    (lambda x: None, "NoneType"),
    (lambda x: x + 1j, "complex128"),
    (lambda y: y, "unexpected keyword argument 'x'"),
    (lambda x: x @ np.ones((2, 2)), "forward raised ValueError: matmul"),
])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_forward_that_cannot_be_checked_is_a_clear_error(forward, words):
    with pytest.raises(GradcheckError, match="forward") as caught:
        check(lambda d_out, x: {"x": x}, forward)
    assert words in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("inputs, skip, error, words", [
    ([1.0], (), TypeError, "a dict {name: array}, not a list"),
    ({"x": np.array([1.0, np.nan])}, (), ValueError, "'x' holds nan or inf"),
    ({"x": np.array([1j])}, (), TypeError, "'x' is complex"),
    ({"x": 1.0}, "y", ValueError, "skip names ['y']"),
    ({"x": np.array([1, 2])}, (), ValueError, "nothing to check"),
    ({"x": 1.0}, "x", ValueError, "nothing to check"),
])
def test_inputs_that_cannot_be_checked_are_refused(inputs, skip, error, words):
    with pytest.raises(error) as caught:
        gradcheck(lambda x: np.sum(x), lambda d_out, x: {"x": x}, inputs, skip=skip)
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_inputs_are_copied_and_floats_become_float64():
    seen = {}

    def forward(x, scale, n, mask, name):
        seen.update(x=x, scale=scale, n=n, mask=mask, name=name)
        return (x * scale * mask)[:n]

    def backward(d_out, x, scale, n, mask, name):
        d = np.zeros_like(x)
        d[:n] = d_out
        return {"x": d * scale * mask, "scale": np.sum(d * x * mask)}

    x = np.array([1, 2, 3], dtype=np.float32)
    report = gradcheck(forward, backward, {"x": x, "scale": 1.5, "n": 2, "name": "tanh",
                                           "mask": np.array([True, False, True])},
                       complex_step=False)
    report.assert_ok()
    assert [row.name for row in report.rows] == ["x", "scale"]
    assert seen["x"].dtype == seen["scale"].dtype == np.float64 and seen["x"] is not x
    assert seen["mask"].dtype == bool and seen["n"] == 2 and seen["name"] == "tanh"
    np.testing.assert_array_equal(x, [1, 2, 3])


def test_skip_excuses_an_input_and_a_missing_gradient():
    report = gradcheck(lambda x, t: (x - t) ** 2, lambda d_out, x, t: {"x": 2 * d_out * (x - t)},
                       {"x": np.ones(3), "t": np.zeros(3)}, skip=("t",))
    assert report.ok and [row.name for row in report.rows] == ["x"]


def test_a_gradient_for_no_input_is_noted():
    report = gradcheck(lambda x: x, lambda d_out, x: {"x": d_out, "bias": d_out},
                       {"x": np.ones(3)})
    assert report.ok and "backward also returned bias" in str(report)


@pytest.mark.parametrize("forward, backward, inputs", [
    (lambda x: np.exp(x), lambda d_out, x: {"x": d_out * np.exp(x)}, {"x": np.array(0.3)}),
    (lambda x: float(x) ** 2, lambda d_out, x: {"x": float(2 * d_out * x)}, {"x": 0.3}),
    (lambda x: x, lambda d_out, x: {"x": d_out}, {"x": [1.0, 2.0]}),
    (lambda x: x.T.reshape(-1), lambda d_out, x: {"x": d_out.reshape(x.shape[::-1]).T},
     {"x": np.asfortranarray(np.arange(6.0).reshape(2, 3))}),
    (lambda x: np.sum(x), lambda d_out, x: {"x": d_out * np.ones_like(x)},
     {"x": np.arange(12.0).reshape(3, 4)[:, ::2]}),
    (lambda x: np.zeros((0, 3)), lambda d_out, x: {"x": 0 * x}, {"x": np.ones(2)}),
    (lambda x: 3.0, lambda d_out, x: {"x": 0 * x}, {"x": np.ones(2)}),
    (lambda x: int(np.sum(x) > 0), lambda d_out, x: {"x": 0 * x}, {"x": np.ones(2)}),
], ids=["0-d", "float", "list", "fortran view", "strided", "empty output", "constant", "integer"])
def test_outputs_and_inputs_of_every_kind(forward, backward, inputs):
    gradcheck(forward, backward, inputs).assert_ok()


def test_an_empty_input_has_a_row():
    report = gradcheck(lambda x, y: np.sum(x) + y, lambda d_out, x, y: {"x": x, "y": d_out},
                       {"x": np.zeros((0, 3)), "y": 1.0})
    assert report.ok and report["x"].index is None and "empty" in report["x"].message


def test_a_pair_that_keeps_a_cache_is_called_in_order():
    class Tanh:
        def forward(self, x):
            self.out = np.tanh(x)
            return self.out

        def backward(self, d_out, x):
            return {"x": d_out * (1 - self.out ** 2)}

    layer = Tanh()
    gradcheck(layer.forward, layer.backward, {"x": np.linspace(-1, 1, 7)}).assert_ok()


def test_a_forward_that_overwrites_one_input_leaves_the_other_rows_their_verdict():
    def forward(x, y):
        y = np.multiply(y, y, out=y)
        return x * y

    report = gradcheck(forward, lambda d_out, x, y: {"x": d_out * y ** 2, "y": 2 * d_out * x * y},
                       {"x": np.ones(3), "y": np.array([1.0, 2.0, 3.0])})
    assert report["y"].diagnosis == "nondeterministic" and "forward overwrites" in str(report)
    assert report["x"].ok


@pytest.mark.parametrize("backward", [
    lambda d_out, x: {"x": 2 * np.abs(d_out) * x},      # right for d_out > 0
    lambda d_out, x: {"x": np.clip(2 * d_out * x, -50, 50)},
    lambda d_out, x: {"x": 2 * d_out * x * (1 + 1e-6)},
    lambda d_out, x: {"x": 2 * d_out * x * np.where(np.arange(40) == 7, 1.0001, 1)},
])
def test_a_gradient_that_is_almost_right_is_rejected(backward):
    x = np.random.default_rng(0).normal(size=40)
    assert not gradcheck(lambda x: np.sum(x ** 2), backward, {"x": x}).ok


def test_the_same_seed_gives_the_same_report():
    def rows(seed):
        return gradcheck(lambda x: np.tanh(x), lambda d_out, x: {"x": d_out}, {"x": np.ones(4)},
                         seed=seed).rows

    assert rows(1) == rows(1) and rows(1) != rows(2)
