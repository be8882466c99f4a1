"""Jobs that take a second, and an engine that runs them at once, in this process."""
import json
from pathlib import Path

import matplotlib
import pytest

from vae_np.cli.reproduce import Options
from vae_np.experiments.jobs import engines
from vae_np.experiments.jobs.training import TrainingJob
from vae_np.runs import checkpoints

matplotlib.use("Agg")


@pytest.fixture
def config():
    """config(samples_seen, **training) → the config of a small run on points in the plane."""
    def make(samples_seen, **training):
        model = {"class": "VAE", "z_dim": 2, "hidden": [5], "likelihood": "gaussian:0.1"}
        settings = {"samples_seen": samples_seen, "schedule": "constant", "batch_size": 100,
                    "eval_at": [samples_seen // 2]}
        return {"data": "two-moons", "seed": 0, "device": "cpu", "model": model,
                "training": {**settings, **training}}
    return make


@pytest.fixture
def job(tmp_path, config):
    """job(name, samples_seen, **training) → a small TrainingJob in tmp_path/name."""
    def make(name, samples_seen, **training):
        return TrainingJob(tmp_path / name, config(samples_seen, **training))
    return make


@pytest.fixture
def left():
    """left(folder) → what a run leaves, in comparable form, without the clock."""
    def read(folder):
        header, arrays = checkpoints.read(Path(folder) / "checkpoint.npz")
        header["loop"].pop("seconds")
        lines = (folder / "metrics.jsonl").read_text().splitlines()
        records = [json.loads(line) for line in lines]
        for record in records:
            record.pop("seconds")
        return header, {name: array.tobytes() for name, array in arrays.items()}, records
    return read


class InlineEngine:
    """Runs a job when it starts. `log` tells which; before(job) may raise a signal."""

    def __init__(self, before=lambda job: None):
        self.log, self.running, self.before = [], [], before
        self._ended = []

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        """Nothing is open."""

    def free(self):
        return True

    def start(self, job):
        self.log.append(job.name)
        self.before(job)
        self.running.append(job)
        self._ended.append((job, engines.attempt(job)))

    def wait(self, seconds):
        ended, self._ended, self.running = self._ended, [], []
        return ended

    def stop(self):
        """Whatever ran has ended."""


@pytest.fixture
def inline():
    return InlineEngine


@pytest.fixture(scope="session")
def inline_engine():
    """`inline`, for what a whole module shares."""
    return InlineEngine


@pytest.fixture
def options(tmp_path):
    """options(**changes) → what an experiment is asked, with folders below tmp_path."""
    def make(**changes):
        return Options(**{"out": tmp_path / "out", "runs": tmp_path / "out", **changes})
    (tmp_path / "out").mkdir()
    return make


@pytest.fixture
def write_run():
    """write_run(job, records): a run folder as it would be, without the training."""
    def write(job, records):
        job.folder.mkdir(parents=True)
        (job.folder / "config.json").write_text(json.dumps(job.config))
        lines = [json.dumps(record) + "\n" for record in records]
        (job.folder / "metrics.jsonl").write_text("".join(lines))
    return write
