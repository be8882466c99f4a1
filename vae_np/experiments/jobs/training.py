"""A job: one training run in its folder, started, resumed, or found finished.

The folder is the whole state of a job. So a job may be stopped, killed or given to another
machine at any moment: whoever runs it next goes on from its checkpoint.
"""
import inspect
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ...catalogue import find_class, known_settings
from ...runs import Run, RunError, checkpoints, read_config, read_metrics
from ...runs.export import copy_file
from ...runs.locks import alone_in
from ...runs.records import check_place
from ...training import NonFiniteBoundError

DONE, DIVERGED, STOPPED, FAILED = "done", "diverged", "stopped", "failed"
LONGER = ("samples_seen", "eval_at")  # what may differ where a finished run is to go on


class Outcome(NamedTuple):
    """How a job ended: DONE, DIVERGED, STOPPED or FAILED, and a few words about it."""
    state: str
    note: str = ""


@dataclass(frozen=True)
class TrainingJob:
    """A training run: `config` (as in config.json) in `folder`, a path that every worker sees.

    grows_from: the folder of a shorter run with the same settings, to start from its end.
    snapshots: keep the model at each record, as snapshots/SAMPLES.npz. seconds: stop for good
    when training has taken so long.
    """
    folder: Path
    config: dict
    grows_from: Path | None = None
    snapshots: bool = False
    seconds: float = math.inf

    @property
    def name(self):
        return self.folder.name

    def done(self):
        """Whether nothing is left to do.

        Raises RunError where the folder holds a run with other settings, or a copy without the
        checkpoint that a resume needs; CheckpointError where the checkpoint is damaged.
        """
        if not (self.folder / "config.json").exists():
            return False
        self._check_settings(read_config(self.folder))
        total = self.config["training"]["samples_seen"]
        if not (self.folder / "checkpoint.npz").exists():
            if _last(self.folder).get("samples_seen", 0) >= total:
                raise RunError(f"{self.folder} holds the records of a finished run, but no "
                               "checkpoint: it is a copy to draw from, not to train in")
            return False
        header, _ = checkpoints.read(self.folder / "checkpoint.npz")
        try:
            loop = header["loop"]
            return loop["samples_seen"] >= total or loop["seconds"] >= self.seconds
        except (KeyError, TypeError):
            raise RunError(f"{self.folder / 'checkpoint.npz'} holds no state of a training: it is "
                           "an exported copy, or damaged") from None

    def run(self, should_stop=lambda: False):
        """Trains to the end, a signal, or until should_stop() is true; returns the Outcome."""
        with alone_in(self.folder):
            if self.done():  # another process may have finished it in the meantime
                return Outcome(DONE, self.progress())
            run = self._open()

            def over():
                return run.loop.finished or run.loop.seconds >= self.seconds

            try:
                run.train(_Snapshots(run) if self.snapshots else _Silent(),
                          lambda: over() or should_stop())
            except NonFiniteBoundError as error:
                return Outcome(DIVERGED, str(error))
            return Outcome(DONE if over() else STOPPED, self.progress())

    def progress(self):
        """Where the run is, in a few words, read from its records."""
        record = _last(self.folder)
        if not record:
            return "no record yet"
        values = [f"{key.removesuffix('_elbo').replace('_', ' ')} {value:.6g}"
                  for key, value in record.items() if key.startswith(("train_", "test_"))]
        return f"{record['samples_seen']:.3g} samples: {', '.join(values)}"

    def _open(self):
        if not (self.folder / "checkpoint.npz").exists():
            if self.grows_from is None:  # `done` has seen that what lies there is this job's own
                return Run.create(self.folder, self.config, overwrite=True)
            check_place(self.folder, overwrite=True)
            for name in ("config.json", "metrics.jsonl", "checkpoint.npz"):  # this one last
                copy_file(self.grows_from / name, self.folder / name)
        return Run.resume(self.folder, {name: self.config["training"][name] for name in LONGER
                                        if name in self.config["training"]})

    def _check_settings(self, found):
        found, wanted = _plain(found), _plain(self.config)
        longer = [{name: config.pop(name) for name in LONGER} for config in (found, wanted)]
        goes_on = (wanted.get("schedule") == "constant"  # no rate depends on where the run ends
                   and (longer[0]["samples_seen"] or math.inf) < longer[1]["samples_seen"])
        if found == wanted and not goes_on:
            found, wanted = longer
        for name in wanted | found:
            if found.get(name) != wanted.get(name):
                raise RunError(f"{self.folder} holds another run: its {name} is "
                               f"{_short(found.get(name))}, here it is "
                               f"{_short(wanted.get(name))}. Choose another folder")


def _plain(config):
    """The settings of a config.json as one flat dict of JSON values, with every default filled in:
    a run whose config was written before a setting existed has its default.
    """
    model = dict(config["model"])
    name = model.pop("class", "VAE")
    try:
        cls = find_class(name, model.pop("module", None))
        arguments = inspect.signature(cls).parameters.values()
        training = known_settings(cls, config["training"])
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"a config.json does not describe a run of this release: {error}") from None
    defaults = {argument.name: argument.default for argument in arguments
                if argument.default is not argument.empty and argument.name != "rng"}
    plain = {"model": name, "data": config["data"], "seed": config["seed"],
             "device": config["device"], "start_from": config.get("start_from"), **defaults,
             **model, **training}
    return json.loads(json.dumps(plain))


def _short(value):
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:36]} …"


def _last(folder):
    records = read_metrics(folder)
    return records[-1] if records else {}


class _Silent:
    """A reporter for `Run.train` that says nothing: the records lie in the folder."""

    def step(self, loop):
        """Nothing to show."""

    def record(self, record):
        """It stands in metrics.jsonl already."""


class _Snapshots(_Silent):
    """Keeps the model at each record."""

    def __init__(self, run):
        self.run = run
        self.folder = run.folder / "snapshots"
        checkpoints.make_folder(self.folder)

    def record(self, record):
        self.run.save_model(self.folder / f"{record['samples_seen']:09d}.npz")
