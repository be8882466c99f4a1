"""What a linear probe reads from the codes: which codes, of which models, and how it is measured.

Every encoder has learnt without labels. The probe, `vae_np.linear_probe`, is fitted to the codes
of the training images and tested on those of the ruler's images.
"""
from dataclasses import dataclass

import numpy as np

from .. import linear_probe
from ..activations import sigmoid
from ..blocks import in_blocks
from ..datasets import binarize, load_dataset
from ..datasets.binarization import TRAIN_SEED
from ..runs import load
from .ruler import ruler_images

ROWS = 1000  # images at a time


@dataclass(frozen=True)
class Reading:
    """A row of the second table. title: what the codes are. run: the training run whose model
    makes them, or None; codes: how, a key of CODES.
    """
    name: str
    title: str
    run: str | None
    codes: str


def _top(model, x):
    """The means of a DBN's top layer, or of an RBM's only one, each layer from the means of the
    one below it.
    """
    for rbm in model.layers.values():
        x = sigmoid(rbm.hidden_logits(x))
    return x


CODES = {"pixels": lambda model, x: x,
         "mean": lambda model, x: model.posterior(x).mean,
         "codes": lambda model, x: model.codes(x),
         "top": _top}

READINGS = (
    Reading("codes-pixels", "raw pixels, binarised as the encoders see them", None, "pixels"),
    Reading("codes-vae", "VAE: the mean of q", "vae", "mean"),
    Reading("codes-autoencoder", "autoencoder: its code", "autoencoder", "codes"),
    Reading("codes-wake-sleep", "wake-sleep: the mean of q", "wake-sleep", "mean"),
    Reading("codes-rbm", "RBM: the means of its hidden units", "rbm", "top"),
    Reading("codes-dbn", "DBN: the means of its top layer", "dbn", "top"),
)


def measure(model_path, codes, data, seed):
    """{"accuracy", "accuracy_stderr", "macro_f1", "f1": of each digit in order, "penalty",
    "dimensions", "n_train", "right": 0 or 1 for each test image, "summary"}.

    model_path: of the model that makes the codes; None for "pixels". codes: a key of CODES. data:
    images with labels. The training images are binarised once, by default_rng(1), the test images
    as the ruler's. seed: of the examples that are held out to choose the penalty. Raises
    ValueError for data without labels.
    """
    model, images = None if model_path is None else load(model_path), load_dataset(data)
    train = binarize(images.train, np.random.default_rng(TRAIN_SEED))
    train, test = (in_blocks(lambda x: CODES[codes](model, x), x, ROWS)
                   for x in (train, ruler_images(data, len(images.test))))
    probe = linear_probe.fit(train, images.train_labels, seed=seed)
    found = probe.score(test, images.test_labels)
    return {"accuracy": found.accuracy, "accuracy_stderr": found.accuracy_stderr,
            "macro_f1": found.macro_f1, "f1": [round(f1, 4) for f1 in found.f1.values()],
            "penalty": probe.penalty, "dimensions": train.shape[1], "n_train": len(train),
            "right": found.right.astype(int).tolist(),
            "summary": f"{100 * found.accuracy:.2f} % right"}


def row(reading, result, pixels):
    """One row of table.json. pixels: what `measure` found for the pixels, or None; the difference
    is taken image by image.
    """
    found = {"name": reading.name, "codes": reading.title, **{
        name: result[name] for name in ("dimensions", "accuracy", "accuracy_stderr", "macro_f1",
                                        "f1", "penalty", "n_train")}, "n": len(result["right"])}
    if pixels is not None and reading.run is not None:
        more = np.subtract(result["right"], pixels["right"])
        found |= {"above_pixels": more.mean(),
                  "above_pixels_stderr": more.std(ddof=1) / np.sqrt(len(more))}
    return {key: round(value, 5) if isinstance(value, float) else value
            for key, value in found.items()}
