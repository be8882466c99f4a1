"""The models, one file each. `vae_np.catalogue` says of every kind how it is trained and measured.
"""
from .autoencoder import Autoencoder
from .bernoulli_mixture import BernoulliMixture
from .conditional import ConditionalVAE
from .dbn import DBN
from .frozen_decoder import FrozenDecoderVAE
from .full_vb import FullVB
from .gaussian_mixture import GaussianMixture
from .hierarchical import HierarchicalVAE
from .learned_prior import LearnedPriorVAE
from .mcem import MonteCarloEM
from .mixture_prior import MixturePriorVAE
from .rbm import RBM
from .semi_supervised import SemiSupervisedVAE
from .vae import VAE
from .vae_gan import VAEGAN
from .wake_sleep import WakeSleep

__all__ = ["DBN", "RBM", "VAE", "VAEGAN", "Autoencoder", "BernoulliMixture", "ConditionalVAE",
           "FrozenDecoderVAE", "FullVB", "GaussianMixture", "HierarchicalVAE", "LearnedPriorVAE",
           "MixturePriorVAE", "MonteCarloEM", "SemiSupervisedVAE", "WakeSleep"]
