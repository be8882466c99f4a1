"""The models, one file each. `vae_np.catalogue` says of every kind how it is trained and measured.
"""
from .autoencoder import Autoencoder
from .bernoulli_mixture import BernoulliMixture
from .dbn import DBN
from .frozen_decoder import FrozenDecoderVAE
from .full_vb import FullVB
from .gaussian_mixture import GaussianMixture
from .learned_prior import LearnedPriorVAE
from .mcem import MonteCarloEM
from .mixture_prior import MixturePriorVAE
from .rbm import RBM
from .vae import VAE
from .vae_gan import VAEGAN
from .wake_sleep import WakeSleep

__all__ = ["DBN", "RBM", "VAE", "VAEGAN", "Autoencoder", "BernoulliMixture", "FrozenDecoderVAE",
           "FullVB", "GaussianMixture", "LearnedPriorVAE", "MixturePriorVAE", "MonteCarloEM",
           "WakeSleep"]
