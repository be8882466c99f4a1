"""The weights of a small VAE as a script, for a page that computes with them."""
import base64
import json
from pathlib import Path

import numpy as np

from ..activations import tanh
from ..layers import Activation
from ..models.base import named
from ..models.vae import VAE
from .checkpoints import atomic_write, make_folder
from .records import RunError, read_config
from .saving import load

FILE = "weights.js"
PLANE = 2  # latent dimensions: what a page can show


def export_web(run, folder):
    """Writes `folder`/weights.js from a run folder, whole or not at all. Returns its path.

    A browser loads the file with a plain script tag, also from the disk; Node with `require`.
    Raises RunError where `run` is no run folder or holds a model that `script` refuses,
    CheckpointError where its checkpoint is missing or damaged, WriteError where the file cannot be
    written.
    """
    text = script(run)
    path = Path(folder) / FILE
    if path.is_dir():
        raise RunError(f"{path} is a folder: choose another place for the weights")
    make_folder(folder)
    with atomic_write(path) as file:
        file.write(text.encode())
    return path


def script(run):
    """The script: it adds one entry to the global VAE_WEIGHTS, under the run folder's name.

    The entry has "beta", the weight of the KL in training; "activation"; "layers", a list of
    [name, shape] in the order in which they lie in "weights"; and "weights", base64 of float16,
    the low byte first, each array by rows. Raises as `export_web` does.
    """
    config = read_config(run)
    model = load(run)
    _check(model, run)
    vector = np.concatenate([np.ravel(model.params[name]) for name in model.params])
    with np.errstate(over="ignore"):
        rounded = vector.astype("<f2")
    if not np.isfinite(rounded).all():
        raise RunError(f"{run} has weights beyond 65504, the largest number in float16")
    entry = {"beta": config["training"].get("beta", 1.0), "activation": model.activation,
             "layers": [[name, list(model.params[name].shape)] for name in model.params],
             "weights": base64.b64encode(rounded.tobytes()).decode()}
    name = json.dumps(Path(run).resolve().name)
    return f"(globalThis.VAE_WEIGHTS ??= {{}})[{name}] = {json.dumps(entry)};\n"


def _check(model, run):
    """Raises RunError, which says what the page can show and what this model is instead."""
    if type(model) is not VAE:
        found = named(model)
    elif model.z_dim != PLANE:
        found = f"one with {model.z_dim} latent dimension{'s' * (model.z_dim > 1)}"
    elif model.likelihood.spec != "bernoulli":
        found = f"one with the likelihood {model.likelihood.spec}"
    elif model.posterior_kind.spec != "gaussian":
        found = f"one with the posterior {model.posterior_kind.spec}"
    elif model.prior.spec != "standard-normal":
        found = f"one with the prior {model.prior.spec}"
    elif Activation.table[model.activation][0] is not tanh:
        found = f"one with the activation {model.activation}"
    else:
        return
    raise RunError(f"{run} holds {found}: a page takes a VAE with two latent dimensions, tanh, a "
                   "Bernoulli decoder, a Gaussian posterior and the prior N(0, I)")
