"""What the table makes of a trained autoencoder's codes: whitens them, and fits a mixture."""
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..models import GaussianMixture
from ..models.mixture_prior import with_mixture
from ..runs import fit, load, save_model
from ..runs.checkpoints import make_folder
from ..runs.whitening import training_codes, whiten_run
from .jobs.training import DONE, Outcome

EM_ITERATIONS = 50


@dataclass(frozen=True)
class WhiteningJob:
    """Writes a trained autoencoder with whitened codes beside it: see `runs.whitening`."""
    name: str
    autoencoder: Path

    @property
    def path(self):
        return self.autoencoder / "whitened.npz"

    def done(self):
        return self.path.exists()

    def run(self, should_stop=lambda: False):
        """Takes seconds and is not stopped. Returns the Outcome."""
        whiten_run(self.autoencoder, self.path)
        return Outcome(DONE)

    def progress(self):
        return ""


@dataclass(frozen=True)
class CodeMixtureJob:
    """Fits a mixture of Gaussians to the whitened codes, and puts it on the decoder as its prior,
    with the encoder that was trained for the single Gaussian: OUT/code-mixture/checkpoint.npz.
    """
    name: str
    out: Path
    components: int

    @property
    def path(self):
        return self.out / self.name / "checkpoint.npz"

    def done(self):
        return self.path.exists()

    def run(self, should_stop=lambda: False):
        """Takes a minute and is not stopped. Returns the Outcome."""
        autoencoder = self.out / "autoencoder"
        codes = training_codes(autoencoder, load(WhiteningJob("", autoencoder).path))
        mixture = GaussianMixture(codes.shape[1], self.components)
        history = fit(mixture, codes, epochs=EM_ITERATIONS, pseudo_count=0.0,
                      rng=np.random.default_rng(0))
        make_folder(self.path.parent)
        save_model(with_mixture(load(self.out / "whitened-encoder"), mixture), self.path)
        return Outcome(DONE, f"log p(code) {history[-1]['train_log_px']:.2f} nats")

    def progress(self):
        return ""
