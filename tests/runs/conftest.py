"""Small runs: a few steps on little data, stopped wherever a test likes."""
import json
import signal

import numpy as np
import pytest

from vae_np.runs import Run, checkpoints

TRAIN, TEST, WIDTH = 37, 11, 6  # 37 is no multiple of the batch: the last one is ragged


class Quiet:
    """A reporter that says nothing; after_step(loop) is called where it would."""

    def __init__(self, after_step=lambda loop: None):
        self.step = after_step

    def record(self, record):
        """Nothing to show."""


class Killed(BaseException):
    """Stands for SIGKILL: nothing after it is saved, and no handler of the library knows it."""


@pytest.fixture
def finish():
    """finish(run) trains it to its end."""
    def train(run):
        assert run.train(Quiet()) is None
    return train


@pytest.fixture
def stop():
    """stop(run, samples, how): train until so many samples are seen, then a signal comes.

    how: SIGINT, SIGTERM, or SIGKILL, which leaves no time to save.
    """
    def train(run, samples, how):
        def after_step(loop):
            if loop.samples_seen >= samples and not sent:
                sent.append(how)
                if how == signal.SIGKILL:
                    raise Killed
                signal.raise_signal(how)

        sent = []
        try:
            assert run.train(Quiet(after_step)) == how
        except Killed:
            assert how == signal.SIGKILL
    return train


@pytest.fixture
def outcome():
    """outcome(folder) → all that a run leaves, in comparable form, without the clock."""
    def read(folder):
        header, arrays = checkpoints.read(folder / "checkpoint.npz")
        del header["loop"]["seconds"]
        lines = (folder / "metrics.jsonl").read_text().splitlines()
        records = [json.loads(line) for line in lines]
        for record in records:
            del record["seconds"]
        arrays = {name: (a.dtype.str, a.shape, a.tobytes()) for name, a in arrays.items()}
        return header, arrays, records
    return read


@pytest.fixture
def data_file(tmp_path):
    """37 training and 11 test examples of 6 numbers in [0, 1]."""
    rng = np.random.default_rng(1)
    path = tmp_path / "small.npz"
    np.savez(path, train=rng.random((TRAIN, WIDTH)), test=rng.random((TEST, WIDTH)))
    return path


@pytest.fixture
def config(data_file):
    """config(**changes) → the configuration of a small run; changes go where they belong."""
    def make(data=str(data_file), seed=3, **changes):
        model = {"z_dim": 2, "hidden": [5], "activation": "tanh", "likelihood": "bernoulli",
                 "init": "glorot", "dtype": "float32"}
        training = {"epochs": 3, "batch_size": 10, "binarize": "dynamic"}
        for name, value in changes.items():
            (model if name in model else training)[name] = value
        return {"data": data, "seed": seed, "device": "cpu", "model": model, "training": training}
    return make


@pytest.fixture
def finished(tmp_path, config, finish):
    """The folder of a run that is over."""
    run = Run.create(tmp_path / "finished", config())
    finish(run)
    return run.folder
