"""What the words in a model's arguments mean: prior="mixture:10", posterior="gaussian".

A row for each; a new prior or posterior is a class in a file of this folder, and a row here: the
gradient checks and the contract of all models follow from it. An argument that is an object
already, and no text, is taken as it is.
"""
from typing import NamedTuple

from ..flows import CouplingKind, CouplingPrior, InverseAutoregressiveKind, PlanarKind
from ..posteriors import DiagonalGaussianKind, PosteriorKind
from ..priors import MixtureOfGaussians, Prior, StandardNormal
from ..vamp_prior import VampPrior


class Word(NamedTuple):
    """One choice: the class that it means, how it is written, what it is in a few words, and an
    example, which the checks take.
    """

    meaning: type
    written: str
    summary: str
    example: str


PRIORS = {
    "standard-normal": Word(StandardNormal, "standard-normal", "N(0, I), the paper's",
                            "standard-normal"),
    "mixture": Word(MixtureOfGaussians, "mixture:K", "K Gaussians, learned with the rest",
                    "mixture:4"),
    "vamp": Word(VampPrior, "vamp:K", "the mixture of the posteriors at K inputs, learned with "
                 "the rest", "vamp:4"),
    "coupling": Word(CouplingPrior, "coupling:LxH", "a flow of L affine couplings with H hidden "
                     "units each, learned with the rest", "coupling:3x4")}
POSTERIORS = {
    "gaussian": Word(DiagonalGaussianKind, "gaussian", "a diagonal Gaussian, the paper's",
                     "gaussian"),
    "planar": Word(PlanarKind, "planar:T", "T planar steps, told by the encoder", "planar:3"),
    "iaf": Word(InverseAutoregressiveKind, "iaf:TxH", "T inverse autoregressive steps with H "
                "hidden units each", "iaf:2x5"),
    "coupling": Word(CouplingKind, "coupling:LxH", "L affine couplings with H hidden units each",
                     "coupling:2x4")}


def prior(spec, z_dim):
    """The Prior over z_dim numbers that a text such as "mixture:10" means, or `spec` itself.

    Raises ValueError for a word that is not known, and for an object of another width.
    """
    return _part("prior", Prior, PRIORS, spec, z_dim)


def posterior(spec, z_dim):
    """The PosteriorKind that a text such as "gaussian" means, or `spec` itself. Raises as `prior`.
    """
    return _part("posterior", PosteriorKind, POSTERIORS, spec, z_dim)


def _part(what, kind, words, spec, z_dim):
    if isinstance(spec, kind):
        if spec.z_dim != z_dim:
            raise ValueError(f"the {what} is over {spec.z_dim} latent dimensions, the model has "
                             f"{z_dim}")
        return spec
    name, _, argument = str(spec).partition(":")
    if name not in words:
        raise ValueError(f"unknown {what} {spec!r}: use "
                         f"{' or '.join(word.written for word in words.values())}")
    return words[name].meaning.parse(argument, z_dim)
