"""vae_np: Auto-Encoding Variational Bayes (Kingma & Welling, ICLR 2014) in plain NumPy."""
from .checking.checker import GradcheckError, gradcheck
from .datasets.loading import Dataset, binarize, load_dataset
from .evaluation import log_likelihood
from .models.vae import VAE
from .optim import SGD, Adagrad, Adam
from .runs.folders import fit, load

__version__ = "0.1.0"
__all__ = ["VAE", "SGD", "Adagrad", "Adam", "Dataset", "GradcheckError", "binarize", "fit",
           "gradcheck", "load", "load_dataset", "log_likelihood"]
