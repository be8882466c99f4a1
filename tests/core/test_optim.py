"""Optimisers against the textbook, one line of NumPy each, and the schedules' values."""
import math
import tracemalloc

import numpy as np
import pytest

import vae_np as vn
from vae_np.optim import CHUNK, SCHEDULES
from vae_np.params import Layout, Params

STEPS = 6


def sgd(w, gradients, lr=0.1, momentum=0.0):
    u = 0.0
    for g in gradients:
        u = momentum * u + g
        w = w + lr * u
    return w


def adagrad(w, gradients, lr=0.1, eps=1e-8, gather=0):
    h = 0.0
    for t, g in enumerate(gradients):
        h = h + g ** 2
        w = w + (t >= gather) * lr * g / (np.sqrt(h) + eps)
    return w


def adam(w, gradients, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
    m = v = 0.0
    for t, g in enumerate(gradients, start=1):
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g ** 2
        w = w + lr * (m / (1 - beta1 ** t)) / (np.sqrt(v / (1 - beta2 ** t)) + eps)
    return w


CASES = [(vn.SGD, sgd, {}), (vn.SGD, sgd, {"momentum": 0.9}),
         (vn.Adagrad, adagrad, {}), (vn.Adagrad, adagrad, {"gather": 3, "eps": 0.5}),
         (vn.Adam, adam, {}), (vn.Adam, adam, {"beta1": 0.0, "beta2": 0.0}),
         (vn.Adam, adam, {"beta1": 0.99, "beta2": 0.9, "eps": 0.3})]
by_name = pytest.mark.parametrize("optimizer, textbook, options", CASES, ids=lambda v: getattr(
    v, "__name__", "-".join(map(str, v)) if isinstance(v, dict) else None))


def problem(size, seed=0):
    """Params of `size` numbers in two halves, and gradients with exact zeros among them."""
    half = size // 2
    layout = Layout({"encoder.W": (half,), "decoder.W": (size - half,)})
    rng = np.random.default_rng(seed)
    gradients = rng.standard_normal((STEPS, size)) * (rng.random((STEPS, size)) > 0.1)
    gradients[:, 0] = 0.0
    return Params(layout, rng.standard_normal(size)), gradients


@by_name
@pytest.mark.parametrize("size", [7, CHUNK, CHUNK + 1, 2 * CHUNK + 77])
def test_optimisers_follow_the_textbook(optimizer, textbook, options, size):
    """Also beyond one chunk, where a lost tail or a moment of the wrong chunk would show."""
    params, gradients = problem(size)
    expected = textbook(params.vector.copy(), gradients, **options)
    opt = optimizer(params, lr=0.1, **options)
    for g in gradients:
        before = g.copy()
        opt.ascend(params.like(g))
        np.testing.assert_array_equal(g, before)
    np.testing.assert_allclose(params.vector, expected, rtol=1e-12, atol=1e-13)
    assert opt.steps == STEPS


@by_name
def test_optimisers_of_a_part_leave_the_rest_alone(optimizer, textbook, options):
    params, gradients = problem(10)
    start = params.vector.copy()
    opt = optimizer(params.part("decoder"), lr=0.1, **options)
    for g in gradients:
        opt.ascend(params.like(g).part("decoder"))
    np.testing.assert_array_equal(params["encoder.W"], start[:5])
    expected = textbook(start[5:], gradients[:, 5:], **options)
    np.testing.assert_allclose(params["decoder.W"], expected, rtol=1e-12, atol=1e-13)


@by_name
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_state_resumes_bit_for_bit(optimizer, textbook, options, dtype):
    """A state taken half way is a snapshot: what trains on does not change it."""
    params, gradients = problem(CHUNK + 5)
    params = params.like(params.vector.astype(dtype))
    gradients = gradients.astype(dtype)
    opt = optimizer(params, lr=0.1, **options)
    for g in gradients[:3]:
        opt.ascend(params.like(g))
    state, vector = opt.state(), params.vector.copy()
    for g in gradients[3:]:
        opt.ascend(params.like(g))

    resumed = params.like(vector)
    other = optimizer(resumed, lr=0.1, **options)
    other.load_state(state)
    for g in gradients[3:]:
        other.ascend(resumed.like(g))
    np.testing.assert_array_equal(resumed.vector, params.vector)
    for name, array in opt.state().items():
        np.testing.assert_array_equal(other.state()[name], array)
        assert name == "steps" or array.dtype == dtype


@pytest.mark.parametrize("optimizer", [vn.SGD, vn.Adagrad, vn.Adam])
def test_float32_stays_float32_and_close_to_float64(optimizer):
    params, gradients = problem(50)
    narrow = params.like(params.vector.astype(np.float32))
    for p in (params, narrow):
        opt = optimizer(p, lr=np.float64(0.1))
        for g in gradients:
            opt.ascend(p.like(g.astype(p.vector.dtype)))
    assert narrow.vector.dtype == np.float32
    np.testing.assert_allclose(narrow.vector, params.vector, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("optimizer", [vn.SGD, vn.Adagrad, vn.Adam])
def test_a_step_takes_no_more_memory_than_one_chunk(optimizer):
    """Fresh memory costs more than the arithmetic, and a chunk of float32 stays in the cache."""
    params = Params.zeros(Layout({"w": (3 * CHUNK,)}), "float32")
    opt, grads = optimizer(params), params.like(np.ones(3 * CHUNK, np.float32))
    opt.ascend(grads)
    tracemalloc.start()
    try:
        opt.ascend(grads)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1.2 * CHUNK * 4


@pytest.mark.parametrize("optimizer", [vn.SGD, vn.Adagrad, vn.Adam])
def test_optimisers_climb(optimizer):
    """Uphill: the gradient of −½‖w − 3‖² leads to 3."""
    params = Params(Layout({"w": (4,)}), np.array([0.0, 1.0, 5.0, 9.0]))
    opt = optimizer(params, lr=0.3)
    for _ in range(1000):
        opt.ascend(params.like(3.0 - params.vector))
    np.testing.assert_allclose(params.vector, 3.0, atol=1e-2)


@pytest.mark.parametrize("make, words", [
    (lambda p: vn.SGD(p, lr=-1.0), "lr must be a finite number of at least 0, not -1.0"),
    (lambda p: vn.Adam(p, lr=math.nan), "lr must be a finite number of at least 0, not nan"),
    (lambda p: vn.SGD(p, momentum=1.0), r"momentum must lie in \[0, 1\), not 1.0"),
    (lambda p: vn.Adam(p, beta1=-0.1), r"beta1 must lie in \[0, 1\)"),
    (lambda p: vn.Adam(p, beta2=1.5), r"beta2 must lie in \[0, 1\)"),
    (lambda p: vn.Adam(p, eps=0.0), "eps must be a positive number, not 0.0"),
    (lambda p: vn.Adam(p, eps=math.inf), "eps must be a positive number, not inf"),
    (lambda p: vn.Adagrad(p, eps=-1.0), "eps must be a positive number, not -1.0")])
def test_optimisers_refuse_settings_that_make_no_sense(make, words):
    with pytest.raises(ValueError, match=words):
        make(problem(4)[0])


def test_the_smallest_settings_that_make_sense():
    """A rate of 0 stands still; an eps that its square just survives is taken."""
    params, gradients = problem(4)
    before = params.vector.copy()
    eps = math.sqrt(np.finfo(np.float64).tiny)
    vn.Adam(params, lr=0.0, eps=eps).ascend(params.like(gradients[0]))
    np.testing.assert_array_equal(params.vector, before)


def test_rates_that_need_not_be_given():
    params, _ = problem(4)
    assert [optimizer(params).lr for optimizer in (vn.SGD, vn.Adagrad, vn.Adam)] \
        == [1e-2, 2e-2, 1e-3]


def test_optimisers_refuse_another_layout_and_another_state():
    params, _ = problem(6)
    opt = vn.Adam(params)
    with pytest.raises(ValueError, match="^the gradient's layout is not that of the parameters$"):
        opt.ascend(params.part("decoder"))
    state = r"\['sum_of_gradients', 'sum_of_squares', 'steps'\], but got \['steps', 'velocity'\]"
    with pytest.raises(ValueError, match=f"^Adam needs the state {state}$"):
        opt.load_state(vn.SGD(params).state())
    with pytest.raises(ValueError, match=r"has shape \(8,\), the parameters need \(6,\)"):
        opt.load_state(vn.Adam(problem(8)[0]).state())


@pytest.mark.parametrize("optimizer, moment, options", [
    (vn.Adam, "sum_of_gradients", {}), (vn.Adam, "sum_of_gradients", {"beta1": 0.5}),
    (vn.Adam, "sum_of_gradients", {"beta1": 0.01}), (vn.Adam, "sum_of_squares", {"beta2": 0.9}),
    (vn.SGD, "velocity", {"momentum": 0.9})])
def test_a_moment_whose_gradient_stops_is_0_before_it_is_denormal(optimizer, moment, options):
    """Such numbers made a step of Adam five times slower after a thousand steps."""
    params = Params.zeros(Layout({"w": (4, 5)}))
    one = optimizer(params, lr=1e-3, **options)
    one.chunk = 7
    smallest = np.finfo("float32").tiny
    grads = params.like(np.full(20, 1e-3, "float32"))
    for step in range(2000):
        one.ascend(grads)
        if step == 3:
            grads = params.like(np.where(np.arange(20) < 10, 0.0, 1e-3).astype("float32"))
        left = np.abs(one.state()[moment])
        assert ((left == 0) | (left >= smallest)).all(), step
    assert (left[:10] == 0).all() and (left[10:] >= 1e-6).all()


def test_staged_schedule_is_the_iwae_authors():
    """3^i epochs of 3280, at 1e-4 · round(10^(1 − i/7), 1): the stages' ends, one by one."""
    rates, first = (10, 7.2, 5.2, 3.7, 2.7, 1.9, 1.4, 1.0), 0
    for i, rate in enumerate(rates):
        for epoch in (first + 1e-6, first + 0.5, first + 3 ** i - 1e-6):
            assert 1e-3 * SCHEDULES["staged"](epoch / 3280) == pytest.approx(rate * 1e-4)
        first += 3 ** i
    assert first == 3280
    # The end of a stage is the start of the next: these fractions are exact.
    starts = [SCHEDULES["staged"](epoch / 3280) for epoch in (1, 4, 13, 40, 121, 364, 1093)]
    assert starts == pytest.approx([0.72, 0.52, 0.37, 0.27, 0.19, 0.14, 0.1])
    assert SCHEDULES["staged"](1.0) == SCHEDULES["staged"](7.0) == pytest.approx(0.1)


def test_other_schedules():
    assert [SCHEDULES["constant"](p) for p in (0.0, 0.5, 1.0)] == [1.0] * 3
    values = [SCHEDULES["cosine"](p) for p in (0.0, 1 / 3, 0.5, 1.0, 1.5)]
    assert values == pytest.approx([1.0, 0.75, 0.5, 0.0, 0.0], abs=1e-15)
