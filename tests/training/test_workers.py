"""Processes share out a step: it is the same step, and they come and go without a trace."""
import gc
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import vae_np as vn
from vae_np.blocks import blas_libraries
from vae_np.catalogue import KINDS
from vae_np.cli import main
from vae_np.models.conditional import ConditionalVAE
from vae_np.models.hierarchical import HierarchicalVAE
from vae_np.training import NonFiniteBoundError
from vae_np.training import workers as workers_module
from vae_np.training.frozen_decoder import FrozenDecoderTrainer
from vae_np.training.processes import Member, WorkerError
from vae_np.training.semi_supervised import SemiSupervisedTrainer
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
    trainer = Settings(VAETrainer, workers=2).make_trainer(model, 1000, 40)
    optimizer = trainer.optimizers[""]
    view, homes = model.params["decoder.logits.W"], optimizer.vectors()
    before = [vector.copy() for vector in homes]
    trainer.step(X64, np.arange(40), np.random.default_rng(0))
    shared = optimizer.vectors()
    assert not any(here is home for here, home in zip(shared, homes, strict=True))
    trainer.rest()
    assert all(here is home for here, home in zip(optimizer.vectors(), homes, strict=True))
    assert model.params["decoder.logits.W"].base is view.base
    for home, there, old in zip(homes, shared, before, strict=True):
        np.testing.assert_array_equal(home, there)
        assert not np.array_equal(home, old)


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


def test_a_gradient_of_ones_own_is_the_one_that_is_followed():
    """Clipped, say, or zero: not the one that the processes have found."""
    moved = []
    for workers in (1, 2):
        model = vae()
        trainer = Settings(VAETrainer, workers=workers, optimizer="sgd").make_trainer(
            model, 1000, 40)
        _, grads = trainer.value_and_grads(X64, model.noise(np.random.default_rng(6), 40))
        clipped = grads.like(np.clip(grads.vector, -0.01, 0.01))
        trainer.ascend({"elbo": -1.0}, clipped)
        trainer.rest()
        moved.append(model.params.vector)
    np.testing.assert_allclose(*moved, rtol=1e-12)


def test_who_still_has_the_gradient_after_the_last_step_has_all_of_it():
    model = vae()
    trainer = Settings(VAETrainer, workers=3).make_trainer(model, 1000, 40)
    eps = model.noise(np.random.default_rng(6), 40)
    _, grads = trainer.value_and_grads(X64, eps)
    trainer.rest()
    np.testing.assert_allclose(grads.vector, model.elbo_and_grad(X64, eps)[1].vector, rtol=1e-9)


def test_looking_at_the_gradient_changes_no_digit_of_the_step():
    models = [vae(), vae()]
    for model, looks in zip(models, (False, True)):
        trainer = Settings(VAETrainer, workers=3).make_trainer(model, 1000, 40)
        _, grads = trainer.value_and_grads(X64, model.noise(np.random.default_rng(6), 40))
        if looks:
            assert np.isfinite(grads.vector).all()
        trainer.ascend({"elbo": -1.0}, grads)
        trainer.rest()
    np.testing.assert_array_equal(models[0].params.vector, models[1].params.vector)


def test_a_minibatch_of_another_kind_is_not_cast():
    """Bits first, grey values then: the memory for the former has no room for the latter."""
    grey = np.random.default_rng(0).random((40, 6))
    values = []
    for workers in (1, 2):
        model = vae()
        trainer = Settings(VAETrainer, workers=workers).make_trainer(model, 1000, 40)
        rng = np.random.default_rng(7)
        values.append([trainer.step(x, np.arange(40), rng)["elbo"] for x in (X64 > 0, grey)])
        trainer.rest()
    assert values[0] == pytest.approx(values[1], rel=1e-12)


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


def test_blas_has_its_threads_back_when_the_last_team_has_gone():
    def threads():
        return blas_libraries()[1]
    before = threads()
    first, _ = started(vae())
    second, _ = started(vae())
    assert threads() == 1
    first.rest()
    assert threads() == 1
    second.rest()
    assert threads() == before


# -- when something goes wrong -------------------------------------------------------------------

def started(model, count=2):
    """A trainer whose processes run, and the numbers of the others."""
    trainer = Settings(VAETrainer, workers=count).make_trainer(model, 1000, 40)
    trainer.step(X64, np.arange(40), np.random.default_rng(0))
    return trainer, [member.process.pid for member in trainer._team._members]


def runs(pid):
    """Whether there is a process of that number, and more of it than its exit code."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


def test_a_killed_worker_is_told_and_the_model_is_as_its_last_step_left_it():
    model = vae()
    trainer, others = started(model, 3)
    before = model.params.vector.copy()
    os.kill(others[0], signal.SIGKILL)
    with pytest.raises(WorkerError, match="worker 1 is gone: it was killed by signal 9"):
        trainer.step(X64, np.arange(40), np.random.default_rng(0))
    trainer.rest()
    np.testing.assert_array_equal(model.params.vector, before)
    assert not any(map(runs, others))
    trainer.step(X64, np.arange(40), np.random.default_rng(0))  # with new processes
    trainer.rest()
    assert (model.params.vector != before).any()


def test_where_a_worker_is_lost_while_it_moves_its_part_that_is_said(monkeypatch):
    model = vae()
    trainer, others = started(model)
    with monkeypatch.context() as patch:
        patch.setattr(trainer._team, "move", lambda: os.kill(others[0], signal.SIGKILL))
        patch.setattr(trainer._team._members[0], "tell", lambda order: None)
        with pytest.raises(WorkerError, match="killed by signal 9, as where there is too little "
                                              "memory; it was to move its part"):
            trainer._team.ascend()
    trainer.rest()


class Broken(BaseException):
    """As KeyboardInterrupt, which would end the tests."""


@pytest.mark.parametrize("where", ["tell", "hear"])
def test_a_step_that_is_broken_off_anywhere_spoils_no_later_one(where, monkeypatch):
    """The answers of the broken step must not pass for those of the next."""
    model, undisturbed = vae(), vae()
    trainer, others = started(model, 3)
    member = trainer._team._members[1]
    with monkeypatch.context() as patch:
        patch.setattr(member, where, lambda *order: (_ for _ in ()).throw(Broken))
        with pytest.raises(Broken):
            trainer.value_and_grads(X64, model.noise(np.random.default_rng(8), 40))
    undisturbed.params.vector[...] = model.params.vector
    for seed in range(5):
        eps = model.noise(np.random.default_rng(seed), 40)
        value, grads = trainer.value_and_grads(X64, eps)
        wanted, wanted_grads = undisturbed.elbo_and_grad(X64, eps)
        assert value == pytest.approx(wanted, rel=1e-12)
        np.testing.assert_allclose(grads.vector, wanted_grads.vector, rtol=1e-9)
    trainer.rest()
    assert not any(map(runs, others))


def test_an_end_that_is_broken_off_is_gone_on_with(children, monkeypatch):
    model = vae()
    home = model.params.vector
    trainer, _ = started(model, 4)
    with monkeypatch.context() as patch:
        patch.setattr(trainer._team._members[1], "end", lambda: (_ for _ in ()).throw(Broken))
        with pytest.raises(Broken):
            trainer.rest()
    assert model.params.vector is home
    trainer.rest()
    assert not children() and trainer._team is None


def test_a_start_that_is_broken_off_leaves_nothing_behind(children, monkeypatch):
    model = vae()
    home = model.params.vector
    threads = blas_libraries()[1]
    trainer = Settings(VAETrainer, workers=3).make_trainer(model, 1000, 40)
    with monkeypatch.context() as patch:
        patch.setattr(workers_module.Team, "_hear", lambda team: (_ for _ in ()).throw(Broken))
        with pytest.raises(Broken):
            trainer.step(X64, np.arange(40), np.random.default_rng(0))
    assert not children() and model.params.vector is home and blas_libraries()[1] == threads


def test_a_users_own_error_stays_what_it_is():
    trainer, others = started(vae())
    with pytest.raises(ValueError, match="must have 6 columns"):
        trainer.value_and_grads(X64[:, :4], np.zeros((1, 40, 2)))
    trainer.rest()
    assert not any(map(runs, others))


def test_fits_leave_no_memory_and_no_file_behind():
    if not os.path.exists("/proc/self/fd"):
        pytest.skip("needs /proc")
    counts = []
    gc.disable()
    try:
        for _ in range(3):
            vn.fit(vn.VAE(6, 2, (4,)), X, epochs=1, rng=np.random.default_rng(0), workers=2)
            maps = Path("/proc/self/maps").read_text().count("memfd:vae_np")
            counts.append((len(os.listdir("/proc/self/fd")), maps))
    finally:
        gc.enable()
    assert counts[0][0] == counts[-1][0] and counts[-1][1] == counts[0][1]


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


class Own(vn.SGD):
    def ascend(self, grads):
        pass


def test_what_cannot_be_shared_out_is_refused_before_anything_starts(monkeypatch, children):
    def refused(model):
        with pytest.raises(ValueError) as told:
            vn.fit(model, X, epochs=1, workers=2)
        return str(told.value)

    class Mine(vn.VAE):
        pass
    assert "cannot send a Mine to another process" in refused(Mine(6, 2, (4,)))
    Mine.__module__ = "__main__"
    assert "put it into a file of its own and import it, or leave it at 1" in refused(
        Mine(6, 2, (4,)))
    with monkeypatch.context() as patch:
        patch.setattr(workers_module, "blas_libraries", lambda: (None, 1))
        assert "pip install threadpoolctl, or leave it at 1" in refused(vn.VAE(6, 2, (4,)))
    with monkeypatch.context() as patch:
        patch.setattr(workers_module, "os", SimpleNamespace(name="nt"))
        assert refused(vn.VAE(6, 2, (4,))) == "workers = 2 takes Linux or macOS: leave it at 1"

    model, shared = vae(), {"total_samples": 100, "train_size": 40, "workers": 2}
    with pytest.raises(ValueError, match="what the ascend of Own does"):
        VAETrainer(model, Own(model.params), **shared)
    twin = model.params.like(model.params.vector)
    with pytest.raises(ValueError, match="one optimiser, made on model.params"):
        VAETrainer(model, vn.SGD(twin), **shared)
    with pytest.raises(ValueError, match="a FrozenDecoderTrainer does not|one optimiser"):
        FrozenDecoderTrainer(model, vn.SGD(model.params.part("encoder")), **shared)
    with pytest.raises(ValueError, match="a SemiSupervisedTrainer does not share out its steps"):
        SemiSupervisedTrainer(model, vn.SGD(model.params), **shared)
    with pytest.raises(ValueError, match="workers must be a whole number"):
        VAETrainer(model, vn.SGD(model.params), **{**shared, "workers": 0})
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


def test_a_worker_that_is_lost_ends_the_command_with_the_way_on(tmp_path, capsys, monkeypatch):
    """And the run may go on with one process: it differs in its last digits alone."""
    data, out = tmp_path / "data.npy", tmp_path / "run"
    np.save(data, X)
    common = ["train", "--data", str(data), "--likelihood", "bernoulli", "--z-dim", "2",
              "--hidden", "4", "--seed", "0", "--out", str(out)]
    assert main([*common, "--epochs", "2", "--workers", "2"]) == 0
    capsys.readouterr()

    def lost(*arguments):
        member = Member(*arguments)
        member.process.kill()
        return member
    with monkeypatch.context() as patch:
        patch.setattr(workers_module, "Member", lost)
        assert main([*common, "--epochs", "4", "--resume"]) == 1
    told = capsys.readouterr().err.strip().splitlines()[-1]
    assert "worker 1 is gone: it was killed by signal 9" in told and told.endswith("--resume")
    assert main([*common, "--epochs", "4", "--workers", "1", "--resume"]) == 0
