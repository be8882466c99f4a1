"""Run folders: config.json, metrics.jsonl, checkpoint.npz, figures/. Start, resume, load."""
import inspect
import json
import os
import platform
import time
from pathlib import Path

import numpy as np

from ..catalogue import find_class, kind_of, settings_for
from ..datasets import default_mode, load_dataset
from ..models.base import named
from ..training import NonFiniteBoundError, StopSignals
from . import checkpoints
from .checkpoints import CheckpointError
from .saving import header_of, load, save_model

CONFIG_FIELDS = {"data": str, "seed": int, "device": str, "model": dict, "training": dict}
FILES = ("checkpoint.npz", "metrics.jsonl", "evaluation.json", "config.json")

# A checkpoint is written within an epoch where the last one is as old as the first number, and at
# the end of an epoch where it is as old as the second: flushing a file to the disk can take longer
# than a short epoch.
CHECKPOINT_SECONDS, EPOCH_CHECKPOINT_SECONDS = 60.0, 1.0


class RunError(ValueError):
    """A run folder that is missing, occupied, or does not fit what was asked of it."""


def read_config(folder):
    """config.json of a run folder. Raises RunError where there is none, or not one of ours."""
    path = Path(folder) / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise RunError(f"{folder} is no run folder: it has no config.json") from None
    except ValueError:
        raise RunError(f"{path} is damaged: it is not JSON") from None
    for name, kind in CONFIG_FIELDS.items():
        if not isinstance(config, dict) or not isinstance(config.get(name), kind):
            raise RunError(f"{path} is not a run's, or it is damaged: {name!r} must be there, a "
                           f"JSON value of type {kind.__name__}")
    return config


def read_metrics(folder):
    """metrics.jsonl of a run folder, a list of records. A half-written last line is left out."""
    path = Path(folder) / "metrics.jsonl"
    records = []
    for line in path.read_bytes().splitlines() if path.exists() else ():
        try:
            record = json.loads(line)
        except ValueError:
            break
        if not isinstance(record, dict):
            break
        records.append(record)
    return records


class Run:
    """One training run in a folder.

    config: {"data", "seed", "device", "model": {"class": the name of a class in the catalogue or
    derived from one (default VAE), and its arguments}, "training": the settings that are not at
    their defaults}; the run fills in the rest. Use `Run.create` for a new folder and `Run.resume`
    for one that holds a checkpoint. A kind of model that begins where another ended, such as
    FrozenDecoderVAE, needs "start_from": the path of the other's run folder or checkpoint,
    relative to this run's folder. `Run.create` alone reads it; a resume needs its own checkpoint.
    """

    def __init__(self, folder, config):
        self.folder, self.config = Path(folder), config
        data = load_dataset(config["data"])
        try:
            rng = np.random.default_rng(config["seed"])
            arguments = {"class": "VAE", "module": None, **config["model"]}
            model_class = find_class(arguments.pop("class"), arguments.pop("module"))
            self.model = model_class(x_dim=data.train.shape[1], **arguments, rng=rng)
            given = {"binarize": self._usual_binarization(), **config["training"]}
            settings = settings_for(self.model, given, len(data.train))
        except TypeError as error:
            raise RunError(f"{folder}/config.json does not describe a run: {error}") from None
        self._header = header_of(self.model)
        home = {"module": self._header["module"]} if "module" in self._header else {}
        self.config = {**config, "model": {**config["model"], **home},
                       "training": settings.as_dict()}
        self.model.check_data(data.train, "the training data")
        self.model.check_data(data.test, "the test data")
        self.model.to(config["device"])
        self.loop = settings.make_loop(self.model, data.train, data.test, rng)
        self._records = 0
        self._saved_at = time.monotonic() - EPOCH_CHECKPOINT_SECONDS  # the first epoch is saved

    def _usual_binarization(self):
        """The binarisation of a run whose config names none; it depends on data and model."""
        trainer = kind_of(self.model).trainer
        return default_mode(self.config["data"], self.model.likelihood.spec,
                            same_data=trainer is not None and trainer.full_batch)

    @property
    def checkpoint_path(self):
        return self.folder / "checkpoint.npz"

    @classmethod
    def create(cls, folder, config, overwrite=False):
        """A new run. Raises RunError where the folder holds a run already, or a config.json that
        is not a run's: nothing is removed but the files of a run.
        """
        folder = Path(folder)
        if folder.exists() and not folder.is_dir():
            raise RunError(f"{folder} is a file: --out names a folder")
        if (folder / "checkpoint.npz").exists() and not overwrite:
            raise RunError(f"{folder} already holds a run: continue it with --resume, or replace "
                           "it with --overwrite")
        if (folder / "config.json").exists() and not overwrite:
            read_config(folder)
        run = cls(folder, config)  # so a wrong config is refused before any file changes
        run._take_over()
        folder.mkdir(parents=True, exist_ok=True)
        if overwrite:
            for picture in (folder / "figures").glob("*.png"):
                picture.unlink()
        for name in FILES:  # the checkpoint first: it must never lie beside another run's records
            (folder / name).unlink(missing_ok=True)
        run._remove_litter()
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
        if not _same_model(header.get("model"), run._header, run.model):
            raise CheckpointError(f"{run.checkpoint_path} holds another model than "
                                  f"{folder / 'config.json'} describes")
        if "loop" not in header:
            raise CheckpointError(f"{run.checkpoint_path} holds a model alone, without the state "
                                  "of its training: it cannot be resumed")
        try:
            run.loop.load_state(header["loop"], arrays)
            run._records = int(header["records"])
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"{run.checkpoint_path} does not fit this run: "
                                  f"{error}") from None
        if run.loop.samples_seen > run.loop.total_samples:
            raise RunError(f"{folder} has seen {run.loop.samples_seen} samples already, more than "
                           f"the {run.loop.total_samples} that are asked for")
        run._remove_litter()
        run._cut_metrics()
        run._write_config()
        return run

    def train(self, reporter, should_stop=lambda: False):
        """Trains to the end, to a signal, or until should_stop() says so between two steps, with
        checkpoints on the way.

        reporter: see `progress`. Returns the number of the signal that stopped it, else None; then
        `loop.finished` says whether it came to its end. Raises NonFiniteBoundError; the last good
        checkpoint stays.
        """
        with StopSignals() as stop, open(self.folder / "metrics.jsonl", "ab") as metrics:
            def on_record(record):
                metrics.write(json.dumps(record, allow_nan=False).encode() + b"\n")
                metrics.flush()
                self._records += 1
                reporter.record(record)

            def save():
                os.fsync(metrics.fileno())  # the checkpoint counts these records
                self.save()

            def on_step(loop):
                reporter.step(loop)
                age = time.monotonic() - self._saved_at
                if age >= CHECKPOINT_SECONDS or (age >= EPOCH_CHECKPOINT_SECONDS
                                                 and loop.samples_seen % len(loop.train) == 0):
                    save()

            try:
                self.loop.run(on_record, on_step, lambda: stop() or should_stop())
                save()
            except NonFiniteBoundError as error:
                kept = (f"the last good checkpoint is {self.checkpoint_path}"
                        if self.checkpoint_path.exists() else "there was no checkpoint yet")
                raise NonFiniteBoundError(f"{error}; {kept}") from None
            return None if self.loop.finished else stop.received

    def save(self):
        """Writes the checkpoint. Raises NonFiniteBoundError, and leaves the last one in place,
        where a number in it is infinite or NaN.
        """
        numbers, arrays = self.loop.state()
        header = {"model": self._header, "loop": numbers, "records": self._records}
        checkpoints.write(self.checkpoint_path, header, arrays)
        self._saved_at = time.monotonic()

    def save_model(self, path):
        """Writes the model as it is now, without what a resume needs: `load` reads it."""
        save_model(self.model, path)

    def _take_over(self):
        """Gives a model that starts from another the one that "start_from" names."""
        path, name = self.config.get("start_from"), named(self.model)
        if (self.model.starts_from is not None) != (path is not None):
            raise RunError(f"{name} starts from another model: the config needs \"start_from\", "
                           "a run folder or a checkpoint" if path is None else
                           f"{name} does not start from another model: leave out \"start_from\"")
        if path is not None:
            try:
                self.model.start_from(load(os.path.normpath(self.folder / path)))
            except (TypeError, ValueError) as error:
                raise RunError(f"cannot start from {path}: {error}") from None

    def _write_config(self):
        versions = {"python": platform.python_version(), "numpy": np.__version__}
        with checkpoints.atomic_write(self.folder / "config.json") as file:
            text = json.dumps({**self.config, "versions": versions}, indent=2)
            file.write(text.encode() + b"\n")

    def _cut_metrics(self):
        """Drops the records that came after the checkpoint: training will write them again."""
        records = read_metrics(self.folder)[:self._records]
        with checkpoints.atomic_write(self.folder / "metrics.jsonl") as file:
            file.write("".join(json.dumps(record) + "\n" for record in records).encode())
        self._records = len(records)

    def _remove_litter(self):
        for name in FILES:
            checkpoints.remove_litter(self.folder / name)


def _same_model(saved, ours, model):
    """Whether a checkpoint's header, `saved`, describes a model, whose header is `ours`. An
    argument that the checkpoint does not name is newer than it, and taken at its default.
    """
    if not isinstance(saved, dict) or not isinstance(saved.get("config"), dict):
        return False
    defaults = {name: argument.default
                for name, argument in inspect.signature(type(model)).parameters.items()
                if argument.default is not argument.empty and name in model.config()}
    filled = {**json.loads(json.dumps(defaults)), **saved["config"]}
    return {**saved, "config": filled} == ours
