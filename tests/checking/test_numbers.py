"""How good the numbers are: steps, rounding, kinks, edges of the domain, large inputs."""
import time

import numpy as np
import pytest

from vae_np import gradcheck
from vae_np.checking.differences import Differences


def sigmoid(x):
    return 0.5 * (1 + np.tanh(0.5 * x))


def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def relu(x):
    return np.maximum(x, 0)


def check(forward, derivative, x, **options):
    """The row of an elementwise function."""
    return gradcheck(lambda x: forward(x), lambda d_out, x: {"x": d_out * derivative(x)},
                     {"x": np.array(x)}, **options)["x"]


@pytest.mark.parametrize("scale", [1e-8, 1e-4, 1.0, 1e4, 1e8])
@pytest.mark.parametrize("forward, derivative", [
    (lambda x: x ** 2, lambda x: 2 * x),
    (lambda x: 1 / x, lambda x: -1 / x ** 2),
    (lambda x: np.log(np.abs(x)), lambda x: 1 / x),
    (np.sin, np.cos),
    (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    (softplus, sigmoid),
    (relu, lambda x: x > 0),
])
def test_every_scale_finds_its_step(forward, derivative, scale):
    x = scale * np.random.default_rng(0).normal(size=9)
    row = check(forward, derivative, x)
    assert row.ok, row
    assert row.max_rel_error <= 1e-8
    assert not check(forward, lambda x: 1.001 * derivative(x), x).ok \
        or not np.any(derivative(x))


def test_the_differences_are_right_to_1e_minus_10():
    def evaluate(inputs):
        return np.tanh(inputs["x"])

    x = np.linspace(-2, 2, 41)
    slopes = Differences(evaluate, {"x": x}, np.ones((1, 41)), 1e-10).entries("x", np.arange(41))
    true = 1 - np.tanh(x) ** 2
    assert np.max(np.abs(slopes.value[0] - true) / true) <= 1e-9
    assert np.median(np.abs(slopes.value[0] - true) / true) <= 1e-10
    assert np.all(np.abs(slopes.value[0] - true) <= 10 * slopes.error[0])
    assert not slopes.stuck.any()


def test_the_complex_step_is_exact_where_it_applies():
    row = check(np.tanh, lambda x: 1 / np.cosh(x) ** 2, np.linspace(-2, 2, 9))
    assert row.complex_step_error <= 1e-14 and row.complex_step_note == ""


@pytest.mark.parametrize("forward, derivative, note", [
    (softplus, sigmoid, "contradicts the differences"),     # abs: 1, 0, 1 for .79, .11, .60
    (np.abs, np.sign, "contradicts the differences"),
    (lambda x: np.array([float(v) ** 2 for v in x]), lambda x: 2 * x, "raises"),
    (lambda x: x.astype(float) ** 2, lambda x: 2 * x, "raises ComplexWarning"),
])
def test_the_complex_step_never_decides_alone(forward, derivative, note):
    row = check(forward, derivative, [0.7, -1.2, 2.3])
    assert row.ok and row.complex_step_error is None
    assert row.complex_step_note.startswith("not analytic as coded")
    assert note in row.complex_step_note


def test_a_softplus_that_branches_on_the_real_part_is_analytic_as_coded():
    def analytic_softplus(x):
        return np.where(x.real > 0, x + np.log1p(np.exp(-x * np.sign(x.real))),
                        np.log1p(np.exp(x * (x.real <= 0))))

    assert check(analytic_softplus, sigmoid, [0.7, -1.2, 2.3]).complex_step_error <= 1e-14


@pytest.mark.parametrize("forward, derivative", [
    (relu, lambda x: x > 0), (relu, lambda x: x >= 0), (np.abs, np.sign),
    (lambda x: np.clip(x, -1, 1), lambda x: np.abs(x) < 1),
], ids=["relu >", "relu >=", "abs", "clip"])
def test_entries_on_a_kink_are_checked_beside_it(forward, derivative):
    row = check(forward, derivative, [0.0, 1.0, -1.0, 0.0, 0.4, -2.0])
    assert row.ok and row.kinks >= 2 and row.excused == 0
    assert "sit on a kink: checked beside it" in row.message


@pytest.mark.parametrize("slope", [lambda x: 1.1 * (x > 0), lambda x: 1.1 * (x >= 0),
                                   lambda x: np.where(x > 0, 1, 0.1), np.ones_like])
def test_a_kink_excuses_nothing_beside_it(slope):
    for seed in range(5):
        assert not check(relu, slope, [0.0], seed=seed).ok


def test_ties_and_a_norm_at_zero():
    x = np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.5, -2.0, 1.0]])
    largest = gradcheck(lambda x: x.max(axis=1), lambda d_out, x: {
        "x": d_out[:, None] * (x == x.max(axis=1, keepdims=True))}, {"x": x})
    assert largest.ok and largest["x"].kinks == 5

    def norm_backward(d_out, x):
        norm = np.sqrt(np.sum(x ** 2, axis=1, keepdims=True))
        return {"x": d_out[:, None] * np.divide(x, norm, out=np.zeros_like(x), where=norm > 0)}

    norm = gradcheck(lambda x: np.sqrt(np.sum(x ** 2, axis=1)), norm_backward, {"x": x})
    assert norm.ok and norm["x"].kinks == 3


def test_a_kink_within_the_usual_step_is_stepped_around():
    row = check(relu, lambda x: x > 0, [1e-5, -1e-5, 1.0, -2.0])
    assert row.ok and row.kinks == 0


def test_a_function_without_derivatives_is_not_excused():
    def staircase(x):
        return np.floor(1e9 * x)

    assert not check(staircase, np.zeros_like, np.random.default_rng(0).normal(size=150)).ok


def test_the_edge_of_the_domain():
    def entropy_part(p):
        if np.any((p < 0) | (p > 1)):
            raise ValueError("p must be in [0, 1]")
        return p * (1 - p)

    for p in ([1e-6, 0.5, 1 - 1e-9], [0.0, 0.5, 1.0]):
        row = gradcheck(entropy_part, lambda d_out, p: {"p": d_out * (1 - 2 * p)},
                        {"p": np.array(p)})["p"]
        assert row.ok, row.message
    assert check(np.sqrt, lambda x: 0.5 / np.sqrt(x), [1e-10, 1e-3, 1.0, 1e5]).ok
    assert check(np.log, lambda x: 1 / x, [1e-12, 0.5]).ok


def test_a_constant_that_must_stay_what_it_is_wants_to_be_skipped():
    def forward(x, t):
        if not np.all((t == 0) | (t == 1)):
            raise ValueError("t must be 0 or 1")
        return x * t

    inputs = {"x": np.ones(3), "t": np.array([0.0, 1.0, 1.0])}
    report = gradcheck(forward, lambda d_out, x, t: {"x": d_out * t, "t": d_out * x}, inputs)
    assert report["x"].ok
    assert not report["t"].ok and "skip" in report["t"].message
    assert "t must be 0 or 1" in report["t"].message


@pytest.mark.parametrize("x", [[40.0, -40.0, 700.0, -700.0, 0.0], [40.0, 50.0]])
def test_saturation_is_no_alarm(x):
    assert check(sigmoid, lambda x: sigmoid(x) * sigmoid(-x), x).ok
    assert check(np.tanh, lambda x: 1 - np.tanh(x) ** 2, x).ok


def test_exp_near_overflow():
    assert check(np.exp, np.exp, [709.7, 709.0, 1.0]).ok


def test_cancelling_sums_and_vanishing_gradients():
    rng = np.random.default_rng(0)
    assert check(lambda x: x.var(), lambda x: 2 * (x - x.mean()) / x.size,
                 1e8 + rng.normal(size=7)).ok
    assert check(lambda x: np.sum(x) - np.sum(x[::-1]), np.zeros_like, rng.normal(size=9)).ok
    assert check(lambda x: 1e8 + np.sum(x ** 2), lambda x: 2 * x, rng.normal(size=9)).ok
    for size in (0.0, 1e-7):
        def kl(mean, logvar):
            return 0.5 * np.sum(np.exp(logvar) + mean ** 2 - 1 - logvar, axis=1)

        gradcheck(kl, lambda d_out, mean, logvar: {
            "mean": d_out[:, None] * mean, "logvar": 0.5 * d_out[:, None] * np.expm1(logvar)},
            {name: size * rng.normal(size=(5, 3)) for name in ("mean", "logvar")}).assert_ok()


def test_what_rounding_hides_is_said():
    row = check(lambda x: np.tanh(x.astype(np.float32)), lambda x: 1 - np.tanh(x) ** 2,
                np.linspace(-1, 1, 7))
    assert row.ok and "within the rounding of forward" in row.message


def test_float32_shows_a_factor_of_1_001_and_hides_one_of_1_00001():
    def passes(factor, seed):
        x = np.random.default_rng(seed).normal(size=(7, 5))
        return check(lambda x: np.tanh(x.astype(np.float32)),
                     lambda x: factor * (1 - np.tanh(x) ** 2), x, seed=seed,
                     complex_step=False).ok

    assert all(passes(1.0, seed) for seed in range(4))
    assert all(passes(1.00001, seed) for seed in range(4))
    assert not any(passes(1.001, seed) for seed in range(4))


LARGE = np.random.default_rng(0).normal(size=(200, 50))


@pytest.mark.parametrize("forward, derivative", [
    (np.tanh, lambda x: 1 - np.tanh(x) ** 2), (relu, lambda x: x > 0),
    (lambda x: np.sum(np.tanh(x)), lambda x: 1 - np.tanh(x) ** 2)])
def test_a_large_input_is_sampled(forward, derivative):
    row = check(forward, derivative, LARGE, samples=20)
    assert row.ok and row.checked == 20 and row.size == 10_000


def test_one_wrong_entry_of_ten_thousand_is_found():
    def backward(d_out, x):
        gradient = 2 * d_out * x
        gradient[123, 7] *= 1.001
        return {"x": gradient}

    row = gradcheck(lambda x: x ** 2, backward, {"x": LARGE}, samples=20)["x"]
    assert not row.ok and row.index == (123, 7)
    assert row.max_rel_error == pytest.approx(0.001, rel=0.01)


def test_a_large_input_that_lies_on_kinks():
    row = check(np.abs, np.sign, np.zeros((60, 50)), samples=20)
    assert row.ok and row.kinks == 20


def test_a_large_mistake_has_a_name():
    assert check(np.tanh, np.ones_like, LARGE, samples=20).diagnosis == "elementwise"


def test_six_hundred_parameters_take_less_than_two_seconds():
    rng = np.random.default_rng(0)
    shapes = {"W1": (12, 16), "b1": 16, "W2": (16, 16), "b2": 16, "W3": (16, 6), "b3": 6}
    params = {name: 0.3 * rng.normal(size=shape) for name, shape in shapes.items()}
    x, target = rng.normal(size=(7, 12)), rng.normal(size=(7, 6))

    def forward(W1, b1, W2, b2, W3, b3):
        g = np.tanh(np.tanh(x @ W1 + b1) @ W2 + b2)
        return -0.5 * np.sum((g @ W3 + b3 - target) ** 2) / 7

    def backward(d_out, W1, b1, W2, b2, W3, b3):
        h = np.tanh(x @ W1 + b1)
        g = np.tanh(h @ W2 + b2)
        dy = -d_out * (g @ W3 + b3 - target) / 7
        dg = dy @ W3.T * (1 - g * g)
        dh = dg @ W2.T * (1 - h * h)
        return {"W1": x.T @ dh, "b1": dh.sum(axis=0), "W2": h.T @ dg, "b2": dg.sum(axis=0),
                "W3": g.T @ dy, "b3": dy.sum(axis=0)}

    start = time.process_time()
    report = gradcheck(forward, backward, params)
    assert time.process_time() - start < 2
    assert sum(row.size for row in report.rows) > 500
    assert max(row.max_rel_error for row in report.rows) <= 1e-8
    assert max(row.complex_step_error for row in report.rows) <= 1e-12
