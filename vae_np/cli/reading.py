"""What a command reads beside its options: a run's data, binarised as in the run, gaps and all."""
import dataclasses
import os
from pathlib import Path

import numpy as np

from .. import evaluation
from ..datasets import Binarization
from ..runs import RunError, read_config
from ..runs.data import reads_missing, scored_data

GREY_NOTE = ("grey pixels under a Bernoulli decoder: the numbers are bound scores, not bounds "
             "on a likelihood; --binarize dynamic draws 0/1 from them")


def scored_rows(args, config, missing=False):
    """What to look at: the run's data set, or the one asked for; its test set binarised as in the
    run.
    """
    scored = scored_data(args.run, config, args.data, missing)
    return scored._replace(data=dataclasses.replace(
        scored.data, test=binarization_of(config, missing).test_array(scored.data.test)))


def binarization_of(config, missing=False):
    """How a run reads grey pixels; missing entries stay missing."""
    return Binarization(config["training"].get("binarize", "none"),
                        missing=missing or reads_missing(config))


def data_to_draw(args, model):
    """The data set for pictures; what is missing in it is the model's own mean there."""
    data = scored_rows(args, read_config(args.run)).data
    if not reads_missing(read_config(args.run)):
        return data
    fill = evaluation.with_missing(model).fill.on(np)
    return dataclasses.replace(data, **{part: np.where(np.isnan(rows), fill, rows)
                                        for part, rows in (("train", data.train),
                                                           ("test", data.test))})


def is_grey(model, x):
    """Whether the decoder is Bernoulli, over 0 and 1, and x holds values in between."""
    return model.likelihood.spec == "bernoulli" and bool(((x > 0) & (x < 1)).any())


def refuse_to_replace(out, run, *read):
    """Results must not be written over what a model was trained on, over the model, or over what
    was read for them: `read`, paths or names or None. Raises RunError.
    """
    config = Path(run, "config.json")
    own = read_config(run)["data"] if config.exists() else None
    for data in (own, *read, str(Path(run, "checkpoint.npz"))):
        data = os.path.expanduser(data or "")
        if out.exists() and os.path.exists(data) and os.path.samefile(data, out):
            what = (f"the model of {run}" if data.endswith("checkpoint.npz")
                    else f"the data of {run}" if data == os.path.expanduser(own or "")
                    else "the data that are read")
            raise RunError(f"{out} holds {what}: name another file for the result")
