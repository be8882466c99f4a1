"""Run folders: config.json, metrics.jsonl, checkpoint.npz, figures/. Start, resume, load."""
import json
import platform
import shutil
import time
from pathlib import Path

import numpy as np

from . import checkpoints
from .backend import namespace
from .checkpoints import CheckpointError
from .datasets import load_dataset
from .models.vae import VAE
from .settings import Training
from .training import NonFiniteBoundError, StopSignals

MODELS = {"VAE": VAE}
CHECKPOINT_SECONDS = 60.0


class RunError(ValueError):
    """A run folder that is missing, occupied, or does not fit what was asked of it."""


def load(path):
    """The model of a run folder or of a checkpoint file, on the host.

    Raises CheckpointError when it is missing, damaged or not one of ours.
    """
    path = Path(path)
    if path.is_dir():
        path = path / "checkpoint.npz"
    if not path.exists():
        raise CheckpointError(f"there is no checkpoint at {path}: train one with "
                              f"`vae-np train --out {path.parent}`")
    header, arrays = checkpoints.read(path)
    try:
        model = MODELS[header["model"]["class"]](**header["model"]["config"])
        vector = arrays["params"]
        if vector.shape != model.params.vector.shape:
            raise ValueError(f"{vector.size} parameters where the model has "
                             f"{model.params.vector.size}")
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path} does not describe a model of vae-np: {error}") from None
    model.params.vector[...] = vector
    return model


def read_config(folder):
    """config.json of a run folder. Raises RunError where there is none."""
    path = Path(folder) / "config.json"
    try:
        return json.loads(path.read_text())
    except OSError:
        raise RunError(f"{folder} is no run folder: it has no config.json") from None
    except ValueError:
        raise RunError(f"{path} is damaged: it is not JSON") from None


def read_metrics(folder):
    """metrics.jsonl of a run folder, a list of records. A half-written last line is left out."""
    path = Path(folder) / "metrics.jsonl"
    records = []
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            records.append(json.loads(line))
        except ValueError:
            break
    return records


class Run:
    """One training run in a folder.

    config: {"data", "seed", "device", "model": VAE's arguments, "training": Training's fields}.
    Use `Run.create` for a new folder and `Run.resume` for one that holds a checkpoint.
    """

    def __init__(self, folder, config):
        self.folder, self.config = Path(folder), config
        self.data = load_dataset(config["data"])
        rng = np.random.default_rng(config["seed"])
        self.model = VAE(x_dim=self.data.train.shape[1], **config["model"], rng=rng)
        self.model.check_data(self.data.train, "the training data")
        self.model.check_data(self.data.test, "the test data")
        self.model.to(config["device"])
        settings = {**config["training"], "eval_at": tuple(config["training"]["eval_at"])}
        self.loop = Training(**settings).make_loop(self.model, self.data.train, self.data.test,
                                                   rng)
        self._records = 0
        self._saved_at = time.monotonic()

    @property
    def checkpoint_path(self):
        return self.folder / "checkpoint.npz"

    @classmethod
    def create(cls, folder, config, overwrite=False):
        """A new run. Raises RunError where the folder holds a run already."""
        folder = Path(folder)
        if folder.exists() and not folder.is_dir():
            raise RunError(f"{folder} is a file: --out names a folder")
        if (folder / "checkpoint.npz").exists() and not overwrite:
            raise RunError(f"{folder} already holds a run: continue it with --resume, or replace "
                           "it with --overwrite")
        run = cls(folder, config)  # whatever is wrong with the config is said before a file changes
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("checkpoint.npz", "metrics.jsonl", "evaluation.json"):
            (folder / name).unlink(missing_ok=True)
        shutil.rmtree(folder / "figures", ignore_errors=True)
        run._write_config()
        return run

    @classmethod
    def resume(cls, folder, changes=None):
        """The run of a folder as its checkpoint left it.

        changes: {"epochs": ..., "samples_seen": ...} to go on for longer. Raises RunError where
        there is nothing to resume, CheckpointError where it is damaged.
        """
        folder = Path(folder)
        if not (folder / "checkpoint.npz").exists():
            raise RunError(f"{folder} holds no checkpoint to resume: start without --resume")
        config = read_config(folder)
        header, arrays = checkpoints.read(folder / "checkpoint.npz")
        config["training"].update(changes or {})
        run = cls(folder, config)
        if header["model"] != run._model_header():
            raise CheckpointError(f"{folder / 'checkpoint.npz'} holds another model than "
                                  f"{folder / 'config.json'} describes")
        try:
            run.loop.load_state(header["loop"], arrays)
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"{folder / 'checkpoint.npz'} does not fit this run: "
                                  f"{error}") from None
        run._cut_metrics(header["records"])
        run._write_config()
        return run

    def train(self, reporter):
        """Trains to the end or to a signal, with checkpoints on the way.

        reporter: see `progress`. Returns None when finished, else the number of the signal that
        stopped it. Raises NonFiniteBoundError; the last good checkpoint stays.
        """
        with StopSignals() as stop, open(self.folder / "metrics.jsonl", "a") as metrics:
            def on_record(record):
                metrics.write(json.dumps(record, allow_nan=False) + "\n")
                metrics.flush()
                self._records += 1
                reporter.record(record)

            def on_step(loop):
                reporter.step(loop)
                late = time.monotonic() - self._saved_at >= CHECKPOINT_SECONDS
                if late or loop.samples_seen % len(loop.train) == 0:
                    self.save()

            finished = self.loop.run(on_record, on_step, stop)
            self.save()
            return None if finished else stop.received

    def save(self):
        """Writes the checkpoint. Parameters that are not finite are never written."""
        vector = self.model.params.vector
        if not bool(namespace(vector).isfinite(vector).all()):
            raise NonFiniteBoundError(
                f"parameters became infinite or NaN after {self.loop.samples_seen} samples: try a "
                f"smaller --lr; the last good checkpoint is {self.checkpoint_path}")
        numbers, arrays = self.loop.state()
        header = {"model": self._model_header(), "loop": numbers, "records": self._records}
        checkpoints.write(self.checkpoint_path, header, arrays)
        self._saved_at = time.monotonic()

    def _model_header(self):
        return {"class": type(self.model).__name__, "config": self.model.config()}

    def _write_config(self):
        versions = {"python": platform.python_version(), "numpy": np.__version__}
        with checkpoints.atomic_write(self.folder / "config.json") as file:
            text = json.dumps({**self.config, "versions": versions}, indent=2)
            file.write(text.encode() + b"\n")

    def _cut_metrics(self, count):
        """Drops the records that came after the checkpoint: training will write them again."""
        path = self.folder / "metrics.jsonl"
        records = read_metrics(self.folder)[:count]
        with checkpoints.atomic_write(path) as file:
            file.write("".join(json.dumps(record) + "\n" for record in records).encode())
        self._records = len(records)


def fit(model, x, *, epochs=50, rng=None, test=None, on_record=lambda record: None, **settings):
    """Trains a model on arrays, in place: what `vae-np train` does, without files.

    x, test: (N, D) data, in [0, 1] for a Bernoulli likelihood. settings: the fields of
    `settings.Training`, such as batch_size, lr, optimizer, binarize. Returns the history, a list of
    records {"epoch", "samples_seen", "train_elbo", "test_elbo", "seconds"}, bounds in nats per
    example. Raises ValueError or TypeError for bad data, NonFiniteBoundError where it diverges.
    """
    x = model.check_data(x, "x")
    test = None if test is None else model.check_data(test, "test")
    rng = np.random.default_rng() if rng is None else rng
    loop = Training(epochs=epochs, **settings).make_loop(model, x, test, rng)
    history = []

    def keep(record):
        history.append(record)
        on_record(record)

    loop.run(keep)
    return history
