"""What the words in a model's arguments mean: prior="mixture:10", posterior="gaussian".

A row for each; a new prior or posterior is a class in a file, and a row here. An argument that is
an object already, and no text, is taken as it is.
"""
from typing import NamedTuple

from ..posteriors import DiagonalGaussians, PosteriorKind
from ..priors import MixtureOfGaussians, Prior, StandardNormal


class Word(NamedTuple):
    """One choice: the class that it means, how it is written, and what it is, in a few words."""

    meaning: type
    written: str
    summary: str


PRIORS = {"standard-normal": Word(StandardNormal, "standard-normal", "N(0, I), the paper's"),
          "mixture": Word(MixtureOfGaussians, "mixture:K", "K Gaussians, learned with the rest")}
POSTERIORS = {"gaussian": Word(DiagonalGaussians, "gaussian", "a diagonal Gaussian, the paper's")}


def prior(spec, z_dim):
    """The Prior over z_dim numbers that a text such as "mixture:10" means, or `spec` itself."""
    return spec if isinstance(spec, Prior) else _parse("prior", PRIORS, spec, z_dim)


def posterior(spec, z_dim):
    """The PosteriorKind that a text such as "gaussian" means, or `spec` itself."""
    if isinstance(spec, PosteriorKind):
        return spec
    return _parse("posterior", POSTERIORS, spec, z_dim)


def _parse(what, words, spec, z_dim):
    name, _, argument = str(spec).partition(":")
    if name not in words:
        raise ValueError(f"unknown {what} {spec!r}: use "
                         f"{' or '.join(word.written for word in words.values())}")
    return words[name].meaning.parse(argument, z_dim)
