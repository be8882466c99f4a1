"""From an autoencoder's run to models with a likelihood, in three steps.

1. A run of `Autoencoder`.
2. `whiten_run` writes the same autoencoder with codes of mean 0 and covariance I.
3. A run of `FrozenDecoderVAE` with "start_from" that file: p(z) = N(0, I) is then the Gaussian
   that fits the codes. (Started from the run of step 1 itself, p(z) is N(0, I) in whatever
   coordinates the autoencoder happened to choose.)

Without files it is `models.code_density`.
"""
import numpy as np

from ..blocks import in_blocks
from ..datasets import Binarization
from ..models import Autoencoder
from ..models.base import named
from ..models.code_density import whitened
from .data import own_data
from .records import RunError, read_config
from .saving import load, save_model

ROWS = 1000  # examples at a time


def training_codes(folder, model=None, seed=0):
    """The codes (N, Z) of a run's training set, each image binarised once where the run binarises.

    folder: an autoencoder's run. model: another autoencoder for the same data, such as a whitened
    one, or None for the run's own. seed: of the draws. Raises RunError where the run is not an
    autoencoder's, DatasetError where its data have changed.
    """
    model, config = model or load(folder), read_config(folder)
    if not isinstance(model, Autoencoder):
        raise RunError(f"{folder} holds {named(model)}: codes come from an Autoencoder")
    rng = np.random.default_rng(seed)
    binarization = Binarization(config["training"].get("binarize", "none"))
    x = binarization.train_array(model.check_data(own_data(folder, config).train))
    return in_blocks(lambda block: model.codes(binarization.batch(block, rng)), x, ROWS)


def whiten_run(folder, path, seed=0):
    """Writes the autoencoder of a run with whitened codes to `path`, which `load` reads; returns
    it. The codes are `training_codes`, of mean 0 and covariance I. Raises as that does.
    """
    codes = training_codes(folder, seed=seed)
    model = whitened(load(folder), codes)
    save_model(model, path)
    return model
