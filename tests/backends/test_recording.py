"""A recorded step gives the numbers of one that is not, and costs one launch.

The double records as CUDA does: nothing is worked out until the graph is launched, what comes from
the host meanwhile is refused, and so is CuPy's own product of matrices.
"""
import copy
import pickle
import warnings

import numpy as np
import pytest
from devices import assert_same, on_gpu

import vae_np as vn
from vae_np import backend, recording
from vae_np.optim import OPTIMIZERS
from vae_np.recording import Recorded
from vae_np.training.vae import VAETrainer

ROWS = np.random.default_rng(5).random((9, 6)).round().astype(np.float32)


def run(model, optimizer="adam", sizes=(4, 4, 4, 4, 4, 1, 1, 1), **arguments):
    """The reports of steps on minibatches of these sizes, and the state that they leave."""
    climber = OPTIMIZERS[optimizer](model.params)
    trainer = VAETrainer(model, climber, train_size=9, total_samples=50, schedule="cosine",
                         **arguments)
    rng, reports = np.random.default_rng(0), []
    for size in sizes:
        reports.append(trainer.step(ROWS[:size], range(size), rng))
        trainer.progress.samples_seen += size
    return reports, trainer.state()


@pytest.fixture
def launches(traffic):
    """How many graphs were launched since the last question."""
    def asked():
        number, traffic.launches = traffic.launches, 0
        return number
    asked()
    return asked


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("arguments", [{}, {"weight_prior": "all"}, {"kl_warmup": 1.0},
                                       {"estimator": "A", "mc_samples": 3},
                                       {"estimator": "IW", "mc_samples": 3, "gradient": "dreg"},
                                       {"estimator": "A", "gradient": "stl"}, {"beta": 0.5}],
                         ids=str)
def test_recorded_steps_are_the_host_s_to_the_last(pair, optimizer, arguments):
    host, device = pair()
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a step that cannot be recorded would warn
        results = [run(model, optimizer, **arguments) for model in (device, host)]
    assert_same(*results, results[1][1]["params"].dtype)


def test_from_the_second_step_on_a_step_is_two_launches(pair, launches):
    _, device = pair()
    trainer = VAETrainer(device, vn.Adam(device.params), train_size=9, total_samples=50)
    counts = []
    for _ in range(4):
        trainer.step(ROWS, range(9), np.random.default_rng(0))
        counts.append(launches())
    assert counts == [0, 2, 2, 2]


def test_a_recording_is_of_the_parameters_that_the_model_has_now(pair):
    host, device = pair()
    results = []
    for model in (device, host):
        trainer = VAETrainer(model, vn.SGD(model.params), train_size=9, total_samples=50)
        for _ in range(3):
            trainer.step(ROWS, range(9), np.random.default_rng(0))
        model.params = model.params.like(2 * model.params.vector)
        results.append([trainer.step(ROWS, range(9), np.random.default_rng(0))
                        for _ in range(3)])
    assert_same(*results, "float64" if on_gpu.chosen else "float32")


def test_recorded_functions_read_new_numbers_and_keep_their_constants(cupy):
    recorded = Recorded(lambda a, b, *, factor: factor * a + b.sum())
    place = cupy.zeros(1, dtype="float32")
    for factor in (2.0, 3.0, 2.0, 3.0, 2.0):
        for start in range(3):
            a = np.arange(start, start + 4, dtype=np.float32)
            out = recorded(place, a, cupy.ones(2, dtype="float32"), factor=factor)
            assert out.tolist() == (factor * a + 2).tolist()


def test_more_shapes_than_are_kept_run_unrecorded(cupy, launches):
    recorded, place = Recorded(lambda a: a * 2.0), cupy.zeros(1, dtype="float32")
    for _ in range(3):
        for size in range(recording.SHAPES + 2):
            assert recorded(place, np.ones(size, np.float32)).tolist() == [2.0] * size
    assert launches() == 2 * recording.SHAPES


@pytest.mark.parametrize("function", [
    lambda a: a @ a.T, lambda a: a * float(a.sum()),
    lambda a: a + backend.namespace(a).asarray(np.ones(3, np.float32))],
    ids=["CuPy's product", "a number for the host", "numbers from the host"])
def test_what_cannot_be_recorded_runs_as_ever_and_says_so_once(cupy, function):
    recorded, place = Recorded(function), cupy.zeros(1, dtype="float32")
    a = np.arange(9, dtype=np.float32).reshape(3, 3)
    assert_same(recorded(place, a), function(cupy.asarray(a)))
    if on_gpu.chosen and function(np.ones((3, 3), np.float32))[0, 0] == 2.0:
        pytest.skip("CUDA lets pageable memory of the host be copied while it records")
    with pytest.warns(RuntimeWarning, match="runs launch by launch.*could not record it"):
        assert_same(recorded(place, a), function(cupy.asarray(a)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_same(recorded(place, 2 * a), function(cupy.asarray(2 * a)))


def test_an_error_of_the_function_itself_is_raised(cupy):
    def refuse(a):
        raise ValueError("no such data")
    recorded, place = Recorded(refuse), cupy.zeros(1, dtype="float32")
    with pytest.raises(ValueError, match="no such data"):
        recorded(place, np.ones(2, np.float32))


@pytest.mark.parametrize("transpose", [(False, False), (True, False), (False, True), (True, True)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(2, 3, 4), (1, 3, 1), (5, 1, 2), (1, 1, 1)], ids=str)
def test_a_recorded_product_is_that_of_the_host(cupy, shape, dtype, transpose):
    m, k, n = shape
    a, b = (np.random.default_rng(0).normal(size=size).astype(dtype) for size in ((m, k), (k, n)))
    given = [(matrix.T.copy() if swap else matrix) for matrix, swap in zip((a, b), transpose)]

    def product(a, b):
        a, b = (matrix.T if swap else matrix for matrix, swap in zip((a, b), transpose))
        out = backend.namespace(a).zeros((m, n), dtype=dtype)
        return backend.matmul(a, b), backend.matmul(a, b, out=out)
    recorded, place = Recorded(product), cupy.zeros(1, dtype=dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(3):
            for result in recorded(place, *given):
                assert result.dtype == dtype
                np.testing.assert_allclose(result.get(), a @ b, rtol=1e-5)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_a_copied_optimiser_moves_its_own_parameters(pair, duplicate):
    _, device = pair()
    if duplicate is not copy.deepcopy and on_gpu.chosen:
        pytest.skip("an array of the device is pickled by CuPy, in its own way")
    one = vn.SGD(device.params, lr=1.0)
    grads = device.params.like(device.params.vector * 0 + 1.0)
    for _ in range(3):
        one.ascend(grads)
    before = device.params.vector.get()
    other = duplicate(one)
    other.ascend(grads)
    np.testing.assert_array_equal(device.params.vector.get(), before)
    np.testing.assert_allclose(other.params.vector.get(), before + 1.0, rtol=1e-6)
