"""Models to and from files: `load` reads what a run's checkpoint or `save_model` has written."""
import inspect
import json
import os
from pathlib import Path

import numpy as np

from ..backend import to_host
from ..catalogue import find_class, home_of
from ..models.base import Model, named
from . import checkpoints, replacing
from .checkpoints import CheckpointError


def load(path, model=None):
    """The model of a run folder or of a checkpoint file, on the host.

    model: its class, where that is one of your own that this process has not imported.

    Raises CheckpointError when it is missing, damaged or not one of ours, or when its class cannot
    be found; the message says how to make it known. Raises TypeError for a model that is no class.
    """
    if model is not None and not (isinstance(model, type) and issubclass(model, Model)):
        raise TypeError(f"model must be a class of models, not {model!r}")
    if os.path.isdir(path):
        replacing.settle(path)
        path = Path(path, "checkpoint.npz")
    header, arrays = checkpoints.read(path)
    try:
        of = header["model"]
        cls = find_class(of["class"], of.get("module")) if model is None else model
        if cls.__name__ != of["class"]:
            raise ValueError(f"it holds a {of['class']}, not {named(cls)}")
        made = cls(**of["config"], rng=None)
        vector = arrays["params"]
        if vector.dtype.kind != "f" or vector.shape != made.params.vector.shape:
            raise ValueError(f"it holds {vector.size} {vector.dtype} parameters, the model "
                             f"{made.params.vector.size} {made.dtype}")
    except Exception as error:  # a forged header can make a class's constructor raise anything
        raise CheckpointError(f"{path} does not describe a model of vae-np: {error}") from None
    with np.errstate(over="ignore"):
        made.params.vector[...] = vector
    if not np.isfinite(made.params.vector).all():
        raise CheckpointError(f"{path} has weights that are too large for {made.dtype}")
    return made


def save_model(model, path):
    """Writes a model to a file, whole or not at all: `load` reads it."""
    checkpoints.write(path, {"model": header_of(model)},
                      {"params": to_host(model.params.vector)})


def header_of(model):
    """What a checkpoint says of its model: {"class", "config"}, and for a class that is none of
    vae_np's own the "module" that it lives in.

    Raises ValueError where class and config do not make the model's twin, since `load` would then
    fail too.
    """
    cls, module = type(model), home_of(type(model))
    home = {} if module is None else {"module": module}
    config = json.loads(json.dumps(model.config()))
    try:
        twin = cls(**config)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{named(cls)} could not be loaded again, since its config() does not "
                         f"make its twin: {error}") from None
    for part in ("prior", "posterior_kind", "likelihood"):
        ours, theirs = (type(vars(one).get(part)) for one in (model, twin))
        if ours is not theirs:
            raise ValueError(
                f"{named(cls)} could not be loaded again: its {part.partition('_')[0]} is "
                f"{named(ours)}, for which config() has no word. Give it a row in "
                "models/words.py, or make it in a class of your own")
    return {"class": cls.__name__, **home, "config": config}


def same_model(saved, ours, model):
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
