"""A run whose numbers leave the real line stops, says so, and keeps its last good checkpoint."""
import json

import numpy as np
import pytest

import vae_np as vn
from vae_np import cli, runs
from vae_np.runs import Run, checkpoints
from vae_np.training import Loop, NonFiniteBoundError


@pytest.fixture
def flat_column(tmp_path):
    """Data with a constant column: a variance that is learned runs off to 0 on it."""
    x = np.random.default_rng(0).standard_normal((40, 3)).astype(np.float32)
    x[:, 1] = 2.0
    np.save(tmp_path / "flat.npy", x)
    return tmp_path / "flat.npy"


class Quiet:
    """A reporter that says nothing."""

    def step(self, loop):
        """Nothing to show."""

    def record(self, record):
        """Nothing to show."""


def spoilt(run, name, value):
    """The run with one number of its state replaced."""
    state = run.loop.trainer.state()
    state[name][5] = value
    run.loop.trainer.load_state(state)
    return run


def test_a_learned_variance_that_runs_off_stops_the_run(flat_column, tmp_path, capsys):
    folder = tmp_path / "run"
    code = cli.main(["train", "--data", str(flat_column), "--likelihood", "gaussian", "--z-dim",
                     "1", "--hidden", "4", "--optimizer", "sgd", "--lr", "0.003", "--schedule",
                     "constant", "--batch-size", "9", "--epochs", "3000", "--out", str(folder)])
    out, err = capsys.readouterr()
    last = err.splitlines()[-1]
    assert code == 1 and out == "" and "Traceback" not in err and "Warning" not in err
    assert last.startswith("vae-np: the training elbo became infinite or NaN after ")
    assert "try a smaller lr" in last and last.endswith(f"last good checkpoint is {folder}/"
                                                        "checkpoint.npz")
    assert vn.load(folder).x_dim == 3
    header, arrays = checkpoints.read(folder / "checkpoint.npz")
    assert all(np.isfinite(array).all() for array in arrays.values())
    assert header["loop"]["samples_seen"] % 36 == 0  # the end of an epoch
    assert all(np.isfinite(list(record.values())).all() for record in runs.read_metrics(folder))


def test_a_huge_rate_stops_at_once_without_a_checkpoint(flat_column, tmp_path, capsys):
    code = cli.main(["train", "--data", str(flat_column), "--likelihood", "gaussian",
                     "--optimizer", "sgd", "--lr", "1e30", "--batch-size", "9", "--out",
                     str(tmp_path / "run")])
    err = capsys.readouterr().err
    assert code == 1 and len(err.splitlines()) == 1 and err.endswith("no checkpoint yet\n")
    assert not (tmp_path / "run" / "checkpoint.npz").exists()


def test_a_step_that_cannot_be_taken_leaves_the_parameters(flat_column):
    model = vn.VAE(3, 1, (4,), likelihood="gaussian")
    x = np.load(flat_column)
    model.init_output_bias(x)
    model.params["decoder.logvar.b"] = -200.0  # its precision overflows float32
    before = model.params.vector.copy()
    with pytest.raises(NonFiniteBoundError, match="the training elbo became infinite or NaN "
                       "after 0 samples"):
        vn.fit(model, x, epochs=1, rng=np.random.default_rng(0), output_bias=False)
    assert np.array_equal(model.params.vector, before)


@pytest.mark.parametrize("name", ["params", "optimizer.sum_of_gradients",
                                  "optimizer.sum_of_squares"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_no_checkpoint_holds_an_infinite_number(finished, name, value):
    before = (finished / "checkpoint.npz").read_bytes()
    run = spoilt(Run.resume(finished, {"epochs": 4}), name, value)
    with pytest.raises(NonFiniteBoundError, match=f"{name} became infinite or NaN after 111"):
        run.save()
    assert (finished / "checkpoint.npz").read_bytes() == before


def test_a_moment_that_overflows_does_not_freeze_training_in_silence(finished):
    """An infinite second moment makes every later step 0: the bound alone would not show it."""
    run = spoilt(Run.resume(finished, {"epochs": 5}), "optimizer.sum_of_squares", np.inf)
    with pytest.raises(NonFiniteBoundError, match="optimizer.sum_of_squares.*last good check"):
        run.train(Quiet())


def test_an_infinite_test_bound_is_no_record(finished, monkeypatch):
    run = Run.resume(finished, {"epochs": 4})
    monkeypatch.setattr(run.loop.trainer, "evaluate", lambda x, rng: {"elbo": -np.inf})
    with pytest.raises(NonFiniteBoundError, match="the test elbo became infinite or NaN"):
        run.train(Quiet())
    assert len(runs.read_metrics(finished)) == 3


def test_the_evaluation_of_a_diverged_model_is_no_json_with_nan(finished, capsys):
    """Finite parameters can still give an infinite bound."""
    header, arrays = checkpoints.read(finished / "checkpoint.npz")
    arrays["params"][:] = 1e30
    checkpoints.write(finished / "checkpoint.npz",
                      {"model": header["model"], "loop": header["loop"], "records": 3}, arrays)
    assert cli.main(["evaluate", str(finished), "--num-samples", "3", "--json"]) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and "infinite or NaN" in err
    assert not (finished / "evaluation.json").exists()
    assert json.loads((finished / "config.json").read_text())


def test_parameters_spoilt_by_the_last_step_are_noticed():
    """Without a test set no later bound would show them."""
    class Trainer:
        repeats = 1

        def step(self, x, index, rng):
            return {"elbo": -1.0}

        def counts(self):
            return {}

        def rest(self):
            pass

        def state(self):
            return {"params": np.array([0.5, np.nan])}

    loop = Loop(Trainer(), np.zeros((4, 2), np.float32), rng=np.random.default_rng(0),
                total_samples=4)
    with pytest.raises(NonFiniteBoundError, match="params became infinite or NaN after 4 samples"):
        loop.run(on_record=pytest.fail)
