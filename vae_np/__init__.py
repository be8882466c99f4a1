"""vae_np: Auto-Encoding Variational Bayes (Kingma & Welling, ICLR 2014) in plain NumPy."""
from .checking import GradcheckError, gradcheck
from .datasets import Dataset, binarize, load_dataset
from .evaluation import log_likelihood, score, with_missing
from .models.vae import VAE
from .optim import SGD, Adagrad, Adam
from .runs import fit, load

__version__ = "0.1.0"
__all__ = ["VAE", "SGD", "Adagrad", "Adam", "Dataset", "GradcheckError", "binarize", "fit",
           "gradcheck", "load", "load_dataset", "log_likelihood", "score", "with_missing"]
