"""A job finds its folder as it was left: new, half done, finished, somebody else's."""
import json

import pytest

import vae_np as vn
from vae_np.experiments.jobs.training import DIVERGED, DONE, STOPPED, TrainingJob
from vae_np.runs import Run, RunError, checkpoints, read_metrics


class After:
    """should_stop, true when it is asked for the nth time."""

    def __init__(self, n):
        self.n = n

    def __call__(self):
        self.n -= 1
        return self.n <= 0


def test_a_job_stops_and_goes_on_as_if_it_had_not(job, left):
    straight, stopped = job("straight", 3000), job("stopped", 3000)
    assert not straight.done()
    assert straight.run().state == DONE and straight.done()
    assert stopped.run(After(10)).state == STOPPED and not stopped.done()
    assert stopped.run().state == DONE
    assert left(straight.folder) == left(stopped.folder)
    assert stopped.progress().startswith("3e+03 samples: train -")


def test_a_stopped_run_without_records_of_its_own_choice_goes_on_too(job, left):
    """As those of the table: their settings do not say at which samples there shall be a record.
    """
    straight, stopped = job("straight", 3000), job("stopped", 3000)
    for one in (straight, stopped):
        del one.config["training"]["eval_at"]
    straight.run()
    assert stopped.run(After(10)).state == STOPPED
    assert stopped.run().state == DONE
    assert left(straight.folder) == left(stopped.folder)


def test_a_finished_job_does_not_run_again(job):
    small = job("a", 500)
    small.run()
    before = (small.folder / "checkpoint.npz").stat().st_mtime_ns
    assert small.run().state == DONE
    assert (small.folder / "checkpoint.npz").stat().st_mtime_ns == before


def test_fields_that_have_gained_a_default_do_not_matter(job):
    """A config.json of an older release: no class, fewer settings."""
    small = job("a", 500)
    small.run()
    path = small.folder / "config.json"
    config = json.loads(path.read_text())
    del config["model"]["class"], config["training"]["eval_at"]
    config["training"]["momentum"] = 0.9  # the default, spelt out
    path.write_text(json.dumps(config))
    assert TrainingJob(small.folder, config).done()
    with pytest.raises(RunError, match="its eval_at is .., here it is .250."):
        small.done()


@pytest.mark.parametrize("samples_seen, change, message", [
    (500, {"lr": 0.02}, "its lr is 0.02, here it is null"),
    (500, {"optimizer": "sgd"}, 'its optimizer is "sgd", here it is "adam"'),
    (700, {"eval_at": [250]}, "its samples_seen is 700, here it is 500"),
    (500, {"eval_at": [100, 200]}, "its eval_at is .100, 200., here it is .250.")])
def test_another_run_is_never_touched(job, samples_seen, change, message):
    other = job("a", samples_seen, **change)
    other.run(After(2))
    before = {path.name: path.read_bytes() for path in other.folder.iterdir()}
    with pytest.raises(RunError, match=f"a holds another run: {message}. Choose another folder"):
        job("a", 500).run()
    assert {path.name: path.read_bytes() for path in other.folder.iterdir()} == before


def test_a_run_that_started_from_another_model_is_another_run(job):
    small = job("a", 500)
    small.run()
    with pytest.raises(RunError, match="its start_from is null, here it is \"../other\""):
        TrainingJob(small.folder, {**small.config, "start_from": "../other"}).done()


def test_a_finished_run_goes_on_for_longer(job, left):
    """The rate is constant and measuring changes nothing, so the longer run is the same one."""
    job("grown", 1000).run()
    longer = job("grown", 3000, eval_at=[500, 1000, 1500])
    assert not longer.done() and longer.run().state == DONE
    job("straight", 3000, eval_at=[500, 1000, 1500]).run()
    assert left(longer.folder) == left(longer.folder.parent / "straight")


def test_a_falling_rate_does_not_go_on_for_longer(job):
    job("a", 500, schedule="cosine").run()
    with pytest.raises(RunError, match="its samples_seen is 500, here it is 1000"):
        job("a", 1000, schedule="cosine").done()


def test_a_copy_without_a_checkpoint_is_not_overwritten(job):
    small = job("a", 500)
    small.run()
    (small.folder / "checkpoint.npz").unlink()
    with pytest.raises(RunError, match="no checkpoint: it is a copy to draw from"):
        small.done()


@pytest.mark.parametrize("state", [{}, {"loop": 3}, {"loop": {"samples_seen": "many"}}])
def test_a_checkpoint_without_the_state_of_a_training_is_refused(job, state):
    """Such as an exported one, which holds the model alone."""
    small = job("a", 500)
    small.run()
    header, arrays = checkpoints.read(small.folder / "checkpoint.npz")
    checkpoints.write(small.folder / "checkpoint.npz", {"model": header["model"], **state},
                      {"params": arrays["params"]})
    with pytest.raises(RunError, match="checkpoint.npz holds no state of a training"):
        small.run()


def test_a_run_that_was_killed_before_its_first_checkpoint_starts_again(job, left):
    small = job("a", 500)
    small.run()
    expected = left(small.folder)
    (small.folder / "checkpoint.npz").unlink()
    lines = (small.folder / "metrics.jsonl").read_text().splitlines()
    (small.folder / "metrics.jsonl").write_text(f"{lines[0]}\n{lines[1][:20]}")
    assert not small.done() and small.run().state == DONE
    assert left(small.folder) == expected


def test_two_cannot_train_in_one_folder(job):
    pytest.importorskip("fcntl")
    small = job("a", 500)

    def second():
        with pytest.raises(RunError, match="another process trains in .*a$"):
            small.run()
        return True
    assert small.run(second).state == STOPPED


def test_divergence_is_an_outcome_and_its_records_stay(job):
    wild = job("a", 3000, optimizer="sgd", lr=1e30, eval_at=[100])
    outcome = wild.run()
    assert outcome.state == DIVERGED and "infinite or NaN" in outcome.note
    assert not wild.done()


def test_the_clock_ends_a_job_for_good(tmp_path, config):
    job = TrainingJob(tmp_path / "a", config(10**9), seconds=0.2)
    assert job.run().state == DONE and job.done()
    assert 0.2 <= checkpoints.read(job.folder / "checkpoint.npz")[0]["loop"]["seconds"] < 5


def test_snapshots_hold_the_model_of_each_record(tmp_path, config):
    job = TrainingJob(tmp_path / "a", config(3000, eval_at=[1000, 2000]), snapshots=True)
    job.run()
    assert sorted(path.name for path in (job.folder / "snapshots").iterdir()) == [
        f"{seen:09d}.npz" for seen in (1000, 2000, 3000)]
    assert [record["samples_seen"] for record in read_metrics(job.folder)] == [1000, 2000, 3000]
    last = vn.load(job.folder / "snapshots" / "000003000.npz").params.vector
    assert (last == vn.load(job.folder).params.vector).all()
    early = Run.create(tmp_path / "early", config(1000, eval_at=[]))
    assert TrainingJob(early.folder, config(1000, eval_at=[])).run().state == DONE
    first = vn.load(job.folder / "snapshots" / "000001000.npz").params.vector
    assert (first == vn.load(early.folder).params.vector).all()
