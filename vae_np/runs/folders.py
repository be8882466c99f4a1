"""Run folders: config.json, metrics.jsonl, checkpoint.npz, figures/. Start, resume, load."""
import contextlib
import json
import os
import platform
import signal
import time
from pathlib import Path

import numpy as np

from ..catalogue import LABELS, find_class, kind_of, settings_for
from ..datasets import default_mode
from ..models.base import named
from ..training import NonFiniteBoundError, StopSignals
from ..training.processes import WorkerError
from ..training.values import Whole
from . import checkpoints, replacing
from .checkpoints import CheckpointError, WriteError
from .data import count_classes, labels_for, own_data, trained_on
from .records import FILES, RunError, check_place, read_config, read_metrics
from .saving import header_of, load, same_model, save_model

# A checkpoint is written within an epoch where the last one is as old as the first number, and at
# the end of an epoch where it is as old as the second: flushing a file to the disk can take longer
# than a short epoch.
CHECKPOINT_SECONDS, EPOCH_CHECKPOINT_SECONDS = 60.0, 1.0

# Ctrl-C, a scheduler's wish, and a terminal that is closed.
STOPS = [vars(signal)[name] for name in ("SIGINT", "SIGTERM", "SIGHUP") if name in vars(signal)]


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
        data = own_data(self.folder, config)
        try:
            rng = np.random.default_rng(config["seed"])
            arguments = {"class": "VAE", "module": None, **config["model"]}
            model_class = find_class(arguments.pop("class"), arguments.pop("module"))
            if LABELS in kind_of(model_class).has:
                config = {**config, "model": {"labels": count_classes(data), **config["model"]}}
                arguments = {"labels": config["model"]["labels"], **arguments}
            self.model = model_class(x_dim=data.train.shape[1], **arguments, rng=rng)
            given = {"binarize": self._usual_binarization(), **config["training"]}
            settings = settings_for(self.model, given, len(data.train))
        except TypeError as error:
            raise RunError(f"{folder}/config.json does not describe a run: {error}") from None
        self._header = header_of(self.model)
        home = {"module": self._header["module"]} if "module" in self._header else {}
        record = config.get("trained_on") or trained_on(
            data, LABELS in kind_of(self.model).has)
        self.config = {**config, "model": {**config["model"], **home},
                       "training": settings.as_dict(),
                       **({"trained_on": record} if record else {})}
        reader = (self.model.incomplete(np.zeros(self.model.x_dim)) if settings.reads_missing
                  else self.model)
        train = reader.rows(data.train, *labels_for(self.model, data.train_labels),
                            name=f"the training data of {data.name}")
        test = reader.rows(data.test, *labels_for(self.model, data.test_labels),
                           name=f"the test data of {data.name}")
        self.model.to(config["device"])
        self.loop = settings.make_loop(self.model, train, test, rng)
        self._place = self.folder  # where its files are written: see `replacing`
        self._records, self._saved = 0, None  # how many, and at how many samples the last save was
        self._saved_at = time.monotonic() - EPOCH_CHECKPOINT_SECONDS  # the first epoch is saved

    def _usual_binarization(self):
        """The binarisation of a run whose config names none; it depends on data and model."""
        trainer = kind_of(self.model).trainer
        if trainer is not None and trainer.grey:
            return "none"
        return default_mode(self.config["data"], self.model.likelihood.spec,
                            same_data=trainer is not None and trainer.full_batch)

    @property
    def checkpoint_path(self):
        return self.folder / "checkpoint.npz"

    @classmethod
    def create(cls, folder, config, overwrite=False):
        """A new run. Raises RunError where the folder holds a run already, or files of these names
        that are not a run's: those are never removed.

        A run that it is to overwrite stays until the new one has its first checkpoint, and is then
        replaced at once.
        """
        replaces = check_place(folder, overwrite)
        config = {name: value for name, value in config.items() if name != "trained_on"}
        run = cls(folder, config)  # so a wrong config is refused before any file changes
        run._take_over()
        checkpoints.make_folder(run.folder)
        run._remove_litter()
        if replaces:
            run._place = replacing.prepare(folder)
        with run._telling_what_is_kept():
            run._write_config()
        return run

    @classmethod
    def resume(cls, folder, changes=None):
        """The run of a folder as its checkpoint left it.

        changes: {"epochs": ..., "samples_seen": ...} to go on for longer. Raises RunError where
        there is nothing to resume, CheckpointError where it is damaged, DatasetError where the
        data are not those that it was trained on.
        """
        folder = Path(folder)
        replacing.settle(folder)
        if not (folder / "checkpoint.npz").exists():
            raise RunError(f"{folder} holds no checkpoint to resume: start without --resume")
        config = read_config(folder)
        header, arrays = checkpoints.read(folder / "checkpoint.npz")
        config["training"].update(changes or {})
        run = cls(folder, config)
        if not same_model(header.get("model"), run._header, run.model):
            raise CheckpointError(f"{run.checkpoint_path} holds another model than "
                                  f"{folder / 'config.json'} describes")
        if "loop" not in header:
            raise CheckpointError(f"{run.checkpoint_path} holds a model alone, without the state "
                                  "of its training: it cannot be resumed")
        try:
            run.loop.load_state(header["loop"], arrays)
            run._records = Whole(0).check("records", header["records"])
            run._saved = run.loop.samples_seen
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise CheckpointError(f"{run.checkpoint_path} does not fit this run: "
                                  f"{error}") from None
        if run.loop.samples_seen > run.loop.total_samples:
            raise RunError(f"{folder} has seen {run.loop.samples_seen} samples already, more than "
                           f"the {run.loop.total_samples} that are asked for")
        run._remove_litter()
        with run._telling_what_is_kept():
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
        def on_record(record):
            self._append(json.dumps(record, allow_nan=False) + "\n")
            self._records += 1
            reporter.record(record)

        def on_step(loop):
            reporter.step(loop)
            age = time.monotonic() - self._saved_at
            if age >= CHECKPOINT_SECONDS or (age >= EPOCH_CHECKPOINT_SECONDS
                                             and loop.samples_seen % len(loop.train) == 0):
                self.save()

        with StopSignals(*STOPS) as stop, self._telling_what_is_kept(in_training=True):
            try:
                self._append("")
                self.loop.run(on_record, on_step, lambda: stop() or should_stop())
                self.save()
            except NonFiniteBoundError as error:
                self._give_up(keep_records=True)
                raise NonFiniteBoundError(f"{error}; {self._kept()}") from None
            except WorkerError as error:
                self._give_up()
                then = (f"; go on with vae-np train --out {self.folder} --resume"
                        if self._saved is not None else "")
                raise WorkerError(f"{error}; {self._kept()}{then}") from None
            except Exception:
                self._give_up()
                raise
            return None if self.loop.finished else stop.received

    def save(self):
        """Writes the checkpoint. Raises NonFiniteBoundError, and leaves the last one in place,
        where a number in it is infinite or NaN; WriteError where it cannot be written.
        """
        numbers, arrays = self.loop.state()
        header = {"model": self._header, "loop": numbers, "records": self._records}
        self._append("", sync=True)  # the checkpoint counts these records
        checkpoints.write(self._place / "checkpoint.npz", header, arrays)
        if self._place != self.folder:
            replacing.take_over(self.folder)
            self._place = self.folder
        self._saved, self._saved_at = self.loop.samples_seen, time.monotonic()

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
        with checkpoints.atomic_write(self._place / "config.json") as file:
            text = json.dumps({**self.config, "versions": versions}, indent=2)
            file.write(text.encode() + b"\n")

    def _cut_metrics(self):
        """Drops the records that came after the checkpoint: training will write them again."""
        records = read_metrics(self.folder)[:self._records]
        with checkpoints.atomic_write(self.folder / "metrics.jsonl") as file:
            file.write("".join(json.dumps(record) + "\n" for record in records).encode())
        self._records = len(records)

    def _append(self, line, sync=False):
        """Adds to metrics.jsonl, and with `sync` waits until all of it has reached the disk."""
        path = self._place / "metrics.jsonl"
        with checkpoints.writing(path), open(path, "ab") as metrics:
            metrics.write(line.encode())
            metrics.flush()
            if sync:
                os.fsync(metrics.fileno())

    def _remove_litter(self):
        replacing.clear(self.folder)
        for name in FILES:
            checkpoints.remove_litter(self.folder / name)

    def _give_up(self, keep_records=False):
        """Removes what a run has written that ends before its first checkpoint."""
        if self._saved is not None:
            return
        if self._place != self.folder:
            replacing.clear(self.folder)
        elif not keep_records:
            for name in ("metrics.jsonl", "config.json"):
                (self.folder / name).unlink(missing_ok=True)

    @contextlib.contextmanager
    def _telling_what_is_kept(self, in_training=False):
        """In this context a WriteError says what there is of the run, and how it goes on."""
        try:
            yield
        except WriteError as error:
            self._give_up()
            if error.kept == WriteError.kept:
                error.kept = self._kept()
            if in_training and self._saved is not None:
                error.then = f"go on with vae-np train --out {self.folder} --resume"
            raise

    def _kept(self):
        if self._saved is not None:
            return (f"{self._saved} samples are saved: the last good checkpoint is "
                    f"{self.checkpoint_path}")
        return "there was no checkpoint yet" + (
            "" if self._place == self.folder else f", so {self.folder} keeps the run it had")
