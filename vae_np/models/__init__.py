"""The models, one file each."""
from .autoencoder import Autoencoder
from .code_density import FrozenDecoderVAE, MixturePriorVAE
from .dbn import DBN
from .full_vb import FullVB
from .mcem import MonteCarloEM
from .mixture import BernoulliMixture, GaussianMixture
from .rbm import RBM
from .vae import VAE
from .wake_sleep import WakeSleep

# What a run's config.json and a checkpoint may name.
MODELS = {cls.__name__: cls for cls in (
    VAE, WakeSleep, MonteCarloEM, Autoencoder, FrozenDecoderVAE, MixturePriorVAE,
    BernoulliMixture, GaussianMixture, RBM, DBN, FullVB)}
