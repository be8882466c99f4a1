"""vn.fit: what `train` does, on arrays."""
import signal
import threading

import numpy as np
import pytest

import vae_np as vn
from vae_np.runs import Run

SMALL = {"epochs": 2, "batch_size": 10}


@pytest.fixture
def x():
    return np.random.default_rng(1).random((37, 6), dtype=np.float32)


def model(**changes):
    return vn.VAE(**{"x_dim": 6, "z_dim": 2, "hidden": (5,), "rng": np.random.default_rng(4),
                     **changes})


def test_history(x):
    told = []
    history = vn.fit(model(), x, test=x[:9], rng=np.random.default_rng(0), on_record=told.append,
                     **SMALL)
    assert history == told and [record["samples_seen"] for record in history] == [37, 74]
    for record in history:
        assert list(record) == ["epoch", "samples_seen", "train_elbo", "test_elbo", "seconds"]
        assert record["train_elbo"] < 0 and np.isfinite(record["test_elbo"])


def test_without_a_test_set_there_is_no_test_bound(x):
    assert "test_elbo" not in vn.fit(model(), x, rng=np.random.default_rng(0), **SMALL)[0]


def test_training_raises_the_bound(x):
    history = vn.fit(model(likelihood=("gaussian", 0.1)), x, epochs=60, batch_size=10,
                     rng=np.random.default_rng(0))
    assert history[-1]["train_elbo"] > history[0]["train_elbo"] + 1


def test_the_generator_decides_everything(x):
    vectors = []
    for seed in (0, 1, 0):
        fitted = model()
        vn.fit(fitted, x, rng=np.random.default_rng(seed), binarize="dynamic", **SMALL)
        vectors.append(fitted.params.vector)
    assert np.array_equal(vectors[0], vectors[2]) and not np.array_equal(vectors[0], vectors[1])


def test_it_is_what_train_does(config, data_file, tmp_path, finish):
    run = Run.create(tmp_path / "run", config(seed=7))
    finish(run)
    data = vn.load_dataset(data_file)
    rng = np.random.default_rng(7)
    fitted = model(rng=rng)
    history = vn.fit(fitted, data.train, test=data.test, rng=rng, epochs=3, batch_size=10,
                     binarize="dynamic")
    assert np.array_equal(fitted.params.vector, run.model.params.vector)
    assert len(history) == 3


def test_a_second_fit_goes_on_from_the_first(x):
    """The output bias starts at the data's mean once; it is not thrown back there."""
    fitted = model()
    vn.fit(fitted, x, rng=np.random.default_rng(0), **SMALL)
    learned = fitted.params["decoder.logits.b"].copy()
    vn.fit(fitted, x, rng=np.random.default_rng(0), epochs=1, batch_size=37, lr=1e-12)
    np.testing.assert_allclose(fitted.params["decoder.logits.b"], learned, atol=1e-6)


@pytest.mark.parametrize("spoil, error", [
    (lambda x: x.astype(object), "dtype object"), (lambda x: x * np.nan, "not finite"),
    (lambda x: 300 * x, r"must lie in \[0, 1\]"), (lambda x: x[:, :4], "4 columns, but 6"),
    (lambda x: x[:0], "empty"), (lambda x: x[0], r"\(N, D\)"), (lambda x: "x", "dtype")])
@pytest.mark.parametrize("place", ["x", "test"])
def test_bad_arrays_are_refused_before_anything_moves(x, spoil, error, place):
    fitted = model()
    before = fitted.params.vector.copy()
    arrays = {"x": x, "test": x, place: spoil(x)}
    with pytest.raises((ValueError, TypeError), match=error):
        vn.fit(fitted, **arrays, rng=np.random.default_rng(0), **SMALL)
    assert np.array_equal(fitted.params.vector, before)


@pytest.mark.parametrize("rng", [0, np.random, np.random.RandomState(0)])
def test_a_generator_is_needed(x, rng):
    with pytest.raises(TypeError, match="rng must be a numpy.random.Generator"):
        vn.fit(model(), x, rng=rng, **SMALL)


def test_an_unknown_setting_is_named(x):
    with pytest.raises(TypeError, match="learning_rate"):
        vn.fit(model(), x, rng=np.random.default_rng(0), learning_rate=1)


def test_ctrl_c_ends_the_step_and_then_propagates(x):
    """The model is as the last whole step left it: as if the run had been so long."""
    def interrupt(record):
        signal.raise_signal(signal.SIGINT)

    interrupted, whole = model(), model()
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        vn.fit(interrupted, x, rng=np.random.default_rng(0), on_record=interrupt,
               schedule="constant", epochs=5, batch_size=10)
    vn.fit(whole, x, rng=np.random.default_rng(0), schedule="constant", epochs=1, batch_size=10)
    assert np.array_equal(interrupted.params.vector, whole.params.vector)
    assert signal.getsignal(signal.SIGINT) is handler


def test_a_second_ctrl_c_interrupts_at_once(x):
    def interrupt(record):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        pytest.fail("the second Ctrl-C was swallowed")

    with pytest.raises(KeyboardInterrupt):
        vn.fit(model(), x, rng=np.random.default_rng(0), on_record=interrupt, **SMALL)


def test_an_ignored_signal_stays_ignored(x):
    """A shell starts a background job with SIGINT ignored: Ctrl-C is meant for others."""
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        history = vn.fit(model(), x, rng=np.random.default_rng(0),
                         on_record=lambda record: signal.raise_signal(signal.SIGINT), **SMALL)
    finally:
        signal.signal(signal.SIGINT, previous)
    assert len(history) == 2


def test_it_runs_in_another_thread(x):
    results = []
    thread = threading.Thread(target=lambda: results.append(
        vn.fit(model(), x, rng=np.random.default_rng(0), **SMALL)))
    thread.start()
    thread.join(30)
    strip = [{**record, "seconds": 0} for record in results[0]]
    here = vn.fit(model(), x, rng=np.random.default_rng(0), **SMALL)
    assert strip == [{**record, "seconds": 0} for record in here]
