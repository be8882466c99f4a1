"""Processes share out a step: it is the same step, and they come and go without a trace."""
import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest

import vae_np as vn
from vae_np.catalogue import KINDS
from vae_np.cli import main
from vae_np.models.conditional import ConditionalVAE
from vae_np.models.hierarchical import HierarchicalVAE
from vae_np.training import NonFiniteBoundError
from vae_np.training import workers as workers_module
from vae_np.training.processes import Member, WorkerError
from vae_np.training.settings import WORKERS, Settings
from vae_np.training.vae import VAETrainer
from vae_np.training.workers import _share

pytestmark = pytest.mark.skipif(os.name != "posix", reason="workers take Linux or macOS")
X = (np.random.default_rng(0).random((40, 6)) < 0.5).astype(np.float32)
X64 = X.astype(np.float64)


class FailsElsewhere(vn.VAE):
    """A model whose gradient fails in every process but the one that has made the model."""

    home = None  # not on the class: a process that finds it there has its own

    def elbo_and_grad(self, *arguments, **options):
        if self.home != os.getpid():
            raise ArithmeticError("the moon is in the wrong house")
        return super().elbo_and_grad(*arguments, **options)


def vae(kind=vn.VAE, **options):
    return kind(6, options.pop("z_dim", 2), options.pop("hidden", (4,)), dtype="float64",
                rng=np.random.default_rng(1), **options)


def trained(model, workers, steps=(16, 16, 5, 1), x=X64, fill=None, rows=None, **settings):
    """The trainer after a few steps, on as many rows each; what the steps reported."""
    trainer = Settings(VAETrainer, workers=workers, lr=0.01, **settings).make_trainer(
        model, total_samples=1000, train_size=40)
    if fill is not None:
        trainer.read_missing(fill)
    rng, reported = np.random.default_rng(2), []
    for size in steps:
        trainer.progress.samples_seen += size
        reported.append(trainer.step(x[:size], np.arange(size), rng))
    trainer.rest()
    return trainer, reported


def with_gaps():
    x = X64.copy()
    x[np.random.default_rng(3).random(x.shape) < 0.3] = np.nan
    return x


WAYS = {
    "as it is": ({}, {}),
    "estimator A, several samples": ({}, {"estimator": "A", "mc_samples": 3}),
    "IW": ({}, {"estimator": "IW", "mc_samples": 3, "gradient": "dreg"}),
    "beta": ({}, {"beta": 0.5}),
    "KL warm-up": ({}, {"kl_warmup": 2.0}),
    "prior on all weights": ({}, {"weight_prior": "all"}),
    "prior on the decoder": ({}, {"weight_prior": "decoder", "optimizer": "sgd"}),
    "adagrad": ({}, {"optimizer": "adagrad", "gather": 1}),
    "momentum": ({}, {"optimizer": "sgd", "momentum": 0.9}),
    "a flow as prior": ({"prior": "coupling:2x4"}, {"estimator": "A"}),
    "a mixture as prior": ({"prior": "mixture:3"}, {"estimator": "A"}),
    "pseudo-inputs": ({"prior": "vamp:3"}, {"estimator": "A"}),
    "a flow as posterior": ({"posterior": "iaf:2x4"}, {"estimator": "A"}),
    "two layers of codes": ({"kind": HierarchicalVAE, "z_dim": (4, 2), "hidden": (3,)},
                            {"estimator": "A"}),
    "labels beside x": ({"kind": ConditionalVAE, "labels": 2},
                        {"x": np.hstack([X64, X64[:, :1], 1 - X64[:, :1]])}),
    "gaps": ({}, {"missing": True, "x": with_gaps(), "fill": np.full(6, 0.5)})}


@pytest.mark.parametrize("workers", [2, 3])
@pytest.mark.parametrize("way", WAYS)
def test_a_step_that_is_shared_out_is_the_same_step(way, workers):
    """Whole minibatches, a short one, and one with fewer rows than there are processes."""
    options, settings = WAYS[way]
    alone, reported_alone = trained(vae(**options), 1, **settings)
    shared, reported = trained(vae(**options), workers, **settings)
    np.testing.assert_allclose([one["elbo"] for one in reported],
                               [one["elbo"] for one in reported_alone], rtol=1e-12)
    for name, array in alone.state().items():
        np.testing.assert_allclose(shared.state()[name], array, rtol=1e-9, atol=1e-13,
                                   err_msg=name)


def test_two_ways_of_training_differ():
    """Else the test above could not fail."""
    one, _ = trained(vae(), 1)
    other, _ = trained(vae(), 1, weight_prior="all")
    assert not np.allclose(one.state()["params"], other.state()["params"], rtol=1e-9, atol=1e-13)


def test_the_same_run_again_is_the_same_bit_for_bit():
    first, second = (trained(vae(), 2)[0].state() for _ in range(2))
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_parameters_and_moments_come_back_to_where_they_lay():
    """A view of the weights that was taken before the training shows them after it."""
    model = vae()
    view = model.params["decoder.logits.W"]
    before, vector = view.copy(), model.params.vector
    trainer, _ = trained(model, 2)
    assert model.params.vector is vector and model.params["decoder.logits.W"] is not before
    np.testing.assert_array_equal(view, model.params["decoder.logits.W"])
    assert not np.array_equal(view, before)
    assert trainer._team is None


def test_after_a_rest_the_steps_go_on_as_if_there_had_been_none():
    model, other = vae(), vae()
    paused = Settings(VAETrainer, workers=2).make_trainer(model, 1000, 40)
    steady = Settings(VAETrainer, workers=2).make_trainer(other, 1000, 40)
    for trainer in (paused, steady):
        rng = np.random.default_rng(4)
        for _ in range(3):
            trainer.step(X64, np.arange(40), rng)
            if trainer is paused:
                trainer.rest()
    steady.rest()
    np.testing.assert_array_equal(model.params.vector, other.params.vector)


def test_a_larger_minibatch_than_the_first_has_room():
    alone, _ = trained(vae(), 1, steps=(4, 16, 4))
    shared, _ = trained(vae(), 2, steps=(4, 16, 4))
    np.testing.assert_allclose(shared.state()["params"], alone.state()["params"], rtol=1e-9)


def test_a_gradient_of_ones_own_between_two_steps_stays_ones_own():
    """It does not lie in the memory that the next step writes to."""
    model = vae()
    trainer = Settings(VAETrainer, workers=2).make_trainer(model, 1000, 40)
    rng = np.random.default_rng(5)
    trainer.step(X64, np.arange(40), rng)
    _, grads = model.elbo_and_grad(X64, model.noise(rng, 40))
    kept = grads.vector.copy()
    trainer.step(X64, np.arange(40), rng)
    trainer.rest()
    np.testing.assert_array_equal(grads.vector, kept)


def test_nothing_moves_where_the_bound_is_not_finite():
    model = vae()
    trainer = Settings(VAETrainer, workers=2).make_trainer(model, 1000, 40)
    model.params["decoder.logits.b"][0] = np.nan
    before = model.params.vector.copy()
    with np.errstate(invalid="ignore"):
        reported = trainer.step(X64, np.arange(40), np.random.default_rng(0))
    trainer.rest()
    assert np.isnan(reported["elbo"])
    np.testing.assert_array_equal(model.params.vector, before)
    assert trainer.optimizers[""].steps == 0


@pytest.mark.parametrize("size, count, multiple", [(10, 3, 1), (2, 3, 1), (1000, 3, 16),
                                                   (20, 3, 16), (652824, 2, 16)])
def test_the_shares_are_the_whole_and_do_not_overlap(size, count, multiple):
    shares = [_share(size, number, count, multiple) for number in range(count)]
    assert [i for share in shares for i in range(share.start, share.stop)] == list(range(size))
    assert all(share.start % multiple == 0 for share in shares)


# -- when something goes wrong -------------------------------------------------------------------

def started(model, count=2):
    """A trainer whose processes run, and the numbers of the others."""
    trainer = Settings(VAETrainer, workers=count).make_trainer(model, 1000, 40)
    trainer.step(X64, np.arange(40), np.random.default_rng(0))
    return trainer, [member.process.pid for member in trainer._team._members]


def runs(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_killed_worker_is_told_and_the_model_is_as_its_last_step_left_it():
    model = vae()
    trainer, others = started(model, 3)
    before = model.params.vector.copy()
    os.kill(others[0], signal.SIGKILL)
    with pytest.raises(WorkerError, match="worker 1 is gone: was it killed"):
        trainer.step(X64, np.arange(40), np.random.default_rng(0))
    trainer.rest()
    np.testing.assert_array_equal(model.params.vector, before)
    assert not any(map(runs, others))
    trainer.step(X64, np.arange(40), np.random.default_rng(0))  # with new processes
    trainer.rest()
    assert (model.params.vector != before).any()


def test_an_exception_in_a_worker_is_told_with_its_reason_and_place():
    model = vae(FailsElsewhere)
    model.home = os.getpid()
    trainer = Settings(VAETrainer, workers=2).make_trainer(model, 1000, 40)
    with pytest.raises(WorkerError, match=r"worker 1 failed: ArithmeticError: the moon is in the "
                                          r"wrong house \(.*test_workers.py, line \d+\)"):
        trainer.step(X64, np.arange(40), np.random.default_rng(0))
    trainer.rest()


@pytest.fixture
def children(monkeypatch):
    """() → how many of the processes that the test has started to share in a step are there."""
    members = []

    def member(*arguments):
        members.append(Member(*arguments))
        return members[-1]
    monkeypatch.setattr(workers_module, "Member", member)
    return lambda: sum(one.process.poll() is None for one in members)


def test_fit_ends_its_processes_however_it_ends(children):
    seen = []

    def look(record):
        seen.append(children())
    how = {"rng": np.random.default_rng(0), "workers": 3, "batch_size": 8, "on_record": look}
    vn.fit(vn.VAE(6, 2, (4,)), X, epochs=2, **how)
    assert seen == [2, 2] and not children()
    with pytest.raises(NonFiniteBoundError):
        vn.fit(vn.VAE(6, 2, (4,)), X, epochs=30, lr=1e30, **how)
    assert not children()

    def stumble(record):
        raise KeyError("a user's own")
    with pytest.raises(KeyError):
        vn.fit(vn.VAE(6, 2, (4,)), X, epochs=2, **{**how, "on_record": stumble})
    assert not children()


ORPHANS = """
import sys, time
import numpy as np, vae_np as vn
from vae_np.training.settings import Settings
from vae_np.training.vae import VAETrainer
trainer = Settings(VAETrainer, workers=3).make_trainer(vn.VAE(6, 2, (4,)), 1000, 40)
trainer.step(np.zeros((8, 6), np.float32), None, np.random.default_rng(0))
print(*(member.process.pid for member in trainer._team._members), flush=True)
{end}
"""


@pytest.mark.parametrize("end", ["time.sleep(60)", "", "raise SystemExit(3)"],
                         ids=["killed", "ended", "exit"])
def test_no_worker_outlives_the_process_that_started_it(end):
    with subprocess.Popen([sys.executable, "-c", ORPHANS.format(end=end)], text=True,
                          stdout=subprocess.PIPE) as process:
        others = [int(pid) for pid in process.stdout.readline().split()]
        assert len(others) == 2
        if "sleep" in end:
            process.kill()
    for _ in range(100):
        if not any(map(runs, others)):
            return
        time.sleep(0.1)
    pytest.fail("a worker is still there")


# -- where it is asked for -----------------------------------------------------------------------

def test_only_the_trainer_that_can_share_takes_the_setting():
    takers = {kind.option for kind in KINDS if kind.trainer and WORKERS in kind.trainer.settings}
    assert {"vae", "conditional", "hierarchical"} == takers
    with pytest.raises(ValueError, match="workers must be a whole number, 1 or more, not 0"):
        Settings(VAETrainer, workers=0)


def test_what_cannot_be_shared_out_is_refused_before_anything_starts(monkeypatch, children):
    def refused(model):
        with pytest.raises(ValueError) as told:
            vn.fit(model, X, epochs=1, workers=2)
        return str(told.value)

    class Mine(vn.VAE):
        pass
    assert "cannot send a Mine to another process" in refused(Mine(6, 2, (4,)))
    Mine.__module__ = "__main__"
    assert "put it into a file of its own and import it" in refused(Mine(6, 2, (4,)))
    with monkeypatch.context() as patch:
        patch.setattr(workers_module, "blas_libraries", lambda: (None, 1))
        assert "pip install threadpoolctl" in refused(vn.VAE(6, 2, (4,)))
    with monkeypatch.context() as patch:
        patch.setattr(workers_module, "os", SimpleNamespace(name="nt"))
        assert "takes Linux or macOS" in refused(vn.VAE(6, 2, (4,)))
    assert not children()


def test_a_stopped_run_resumes_bit_for_bit_with_as_many_workers(tmp_path, capsys):
    """On the command line, where the run keeps the setting."""
    data = tmp_path / "data.npy"
    np.save(data, X)
    common = ["--data", str(data), "--likelihood", "bernoulli", "--z-dim", "2", "--hidden", "4",
              "--seed", "0", "--batch-size", "7"]
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert main(["train", *common, "--workers", "2", "--epochs", "6", "--out", str(whole)]) == 0
    script = ("import sys; from vae_np.cli import main; from vae_np.training.loop import Loop\n"
              "step = Loop.step\n"
              "def killed(loop):\n"
              "    import os, signal\n"
              "    loop.epoch > 3 and os.kill(os.getpid(), signal.SIGTERM)\n"
              "    return step(loop)\n"
              "Loop.step = killed\n"
              "sys.exit(main(sys.argv[1:]))")
    stopped = subprocess.run([sys.executable, "-c", script, "train", *common, "--workers", "2",
                              "--epochs", "6", "--out", str(parts)], capture_output=True)
    assert stopped.returncode not in (0, 1, 2), stopped.stderr
    assert main(["train", *common, "--workers", "2", "--epochs", "6", "--out", str(parts),
                 "--resume"]) == 0
    capsys.readouterr()
    first, second = (vn.load(folder).params.vector for folder in (whole, parts))
    np.testing.assert_array_equal(first, second)
