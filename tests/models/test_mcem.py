"""Monte Carlo EM: its gradient is that of log p(x) itself; what it counts; that it resumes."""
import json

import numpy as np
import pytest

import vae_np as vn
from vae_np import cli
from vae_np.inference import hmc
from vae_np.models.mcem import MonteCarloEM
from vae_np.runs import Run, checkpoints, read_metrics
from vae_np.training import NonFiniteBoundError


class Silent:
    def step(self, loop):
        """Nothing is told."""

    def record(self, record):
        """Nothing is told."""


def config(**training):
    return {"data": "pinwheel", "seed": 0, "device": "cpu",
            "model": {"class": "MonteCarloEM", "z_dim": 2, "hidden": [9],
                      "likelihood": "gaussian:0.1"},
            "training": {"epochs": 2, "batch_size": 70, "optimizer": "adagrad", "gather": 3,
                         "weight_prior": "all", "schedule": "constant", **training}}


def exact_log_px(model, x):
    """A linear decoder z W + b with noise s: x ~ N(b, WᵀW + s I)."""
    W, b = model.params["decoder.mean.W"], model.params["decoder.mean.b"]
    covariance = W.T @ W + model.likelihood.sigma2 * np.eye(x.shape[1])
    scaled = np.linalg.solve(covariance, (x - b).T).T
    return -0.5 * (((x - b) * scaled).sum(axis=1) + np.linalg.slogdet(2 * np.pi * covariance)[1])


def test_its_gradient_is_that_of_log_px():
    """Fisher's identity: ∇ log p(x) is the posterior's mean of ∇ log p(x, z). The bound's is not.

    4000 HMC draws for each of 3 data points. They are not independent, so the error is taken from
    40 means of batches of 100; 6 of them give a false alarm once in 10⁷ (15 coordinates, t with 39
    degrees). A slope that is off by 5 % of the largest one is seen.
    """
    rng = np.random.default_rng(0)
    model = MonteCarloEM(5, 2, (), likelihood=("gaussian", 0.7), dtype="float64", rng=rng)
    model.params.vector[:] = rng.standard_normal(15)
    x = rng.standard_normal((3, 5))
    target = lambda z: model.log_joint_and_grad(x, z)
    draws = hmc.sample(target, rng.standard_normal((3, 2)), hmc.StepSizes(3), rng,
                       num_samples=4000, warmup=200, leapfrog_steps=8)
    parts = [model.mean_log_joint_and_grad(x, z)[1].vector for z in np.split(draws.z, 40)]
    mean, error = np.mean(parts, axis=0), np.std(parts, axis=0, ddof=1) / np.sqrt(40)
    exact = np.empty(15)
    for i in range(15):
        values = []
        for step in (1e-5, -1e-5):
            model.params.vector[i] += step
            values.append(exact_log_px(model, x).mean())
            model.params.vector[i] -= step
        exact[i] = (values[0] - values[1]) / 2e-5
    assert (np.abs(mean - exact) < 6 * error + 1e-8).all()
    assert 6 * error.max() < 0.05 * np.abs(exact).max()


def test_a_sample_counts_once_for_each_weight_update(tmp_path):
    run = Run.create(tmp_path / "run", config())
    n = len(run.loop.train)
    run.train(Silent())
    record = read_metrics(tmp_path / "run")[-1]
    assert record["samples_seen"] == -(-2 * n // 5) * 5
    assert record["leapfrog_steps"] == record["samples_seen"] // 5 * 10
    assert set(record) == {"epoch", "samples_seen", "train_log_joint", "train_acceptance",
                           "leapfrog_steps", "seconds"}
    assert run.loop.trainer.step_sizes.count.sum() == record["samples_seen"] // 5


def test_every_example_is_visited_once_in_a_pass(tmp_path):
    run = Run.create(tmp_path / "run", config(epochs=5))
    run.train(Silent())
    assert (run.loop.trainer.step_sizes.count == 1).all()


def test_a_resumed_run_is_bit_for_bit_the_same(tmp_path):
    whole = Run.create(tmp_path / "whole", config(epochs=6))
    whole.train(Silent())
    halves = Run.create(tmp_path / "halves", config(samples_seen=13 * 5 * 70))
    halves.train(Silent())
    halves = Run.resume(tmp_path / "halves", {"epochs": 6, "samples_seen": None})
    halves.train(Silent())
    np.testing.assert_array_equal(halves.model.params.vector, whole.model.params.vector)
    np.testing.assert_array_equal(halves.loop.trainer.z, whole.loop.trainer.z)
    assert isinstance(vn.load(tmp_path / "halves"), MonteCarloEM)


def test_chains_of_another_data_set_are_refused(tmp_path):
    run = Run.create(tmp_path / "run", config(samples_seen=700))
    run.train(Silent())
    header, arrays = checkpoints.read(run.checkpoint_path)
    arrays["z"] = arrays["z"][1:]
    checkpoints.write(run.checkpoint_path, header, arrays)
    with pytest.raises(checkpoints.CheckpointError, match="chains of shape"):
        Run.resume(tmp_path / "run")


def test_divergence_is_said(tmp_path):
    run = Run.create(tmp_path / "run", config(optimizer="sgd", lr=1e6, gather=0))
    with pytest.raises(NonFiniteBoundError, match="log_joint became infinite or NaN"):
        run.train(Silent())


def test_it_learns_the_digits():
    """From the data's mean, −206 nats, the marginal likelihood rises by far."""
    data = vn.load_dataset("mnist5k")
    x = vn.binarize(data.train[:500], np.random.default_rng(0))
    model = MonteCarloEM(784, 3, (50,), rng=np.random.default_rng(0))
    history = vn.fit(model, x, epochs=60, rng=np.random.default_rng(1), lr=5e-3)
    assert history[-1]["train_log_joint"] > history[0]["train_log_joint"] + 30
    assert history[-1]["train_acceptance"] > 0.7


def test_the_command_line_trains_it_and_says_what_it_cannot(tmp_path, capsys):
    out = str(tmp_path / "run")
    assert cli.main(["train", "--model", "mcem", "--data", "pinwheel", "--likelihood",
                     "gaussian:0.1", "--z-dim", "2", "--hidden", "9", "--samples-seen", "2000",
                     "--out", out]) == 0
    assert json.loads((tmp_path / "run/config.json").read_text())["model"]["class"] \
        == "MonteCarloEM"
    assert cli.main(["sample", out, "--out", str(tmp_path / "draws.npy"), "--n", "5"]) == 0
    assert np.load(tmp_path / "draws.npy").shape == (5, 2)
    assert cli.main(["figures", out]) == 0
    assert {path.name for path in (tmp_path / "run/figures").glob("*.png")} \
        == {"learning_curve.png", "samples_2d.png"}
    capsys.readouterr()
    assert cli.main(["evaluate", out, "--limit", "4", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["method"] == "ais" and "elbo" not in result and result["num_samples"] == 16
    assert result["nll_mc_stderr"] < 0.2
    assert cli.main(["evaluate", out, "--limit", "2"]) == 0
    assert "16 chains of annealed importance sampling" in capsys.readouterr().out
