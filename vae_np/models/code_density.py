"""How an autoencoder gets a likelihood: a density over its codes, its decoder as p(x|z).

    p(x) = ∫ p(z) p(x|z) dz,   p(z) fitted to the codes z = f(x) of the training set

The Gaussian that fits the codes has their mean m and covariance C. In whitened coordinates
u = (z − m) V Λ^(−½), C = V Λ Vᵀ, that Gaussian is N(0, I), and the map back, z = m + u Λ^½ Vᵀ, is
affine: it goes into the decoder's first layer. So an autoencoder with the Gaussian fitted to its
codes *is* a VAE with a given decoder, and all that measures a VAE measures it.

The integral needs an encoder with noise, as a proposal for importance sampling or for a bound.
`frozen_decoder` learns one, with the autoencoder's decoder held fixed. A mixture of Gaussians fits
the codes better than one; `mixture_prior` has it for p(z), and all else from the former.
"""
import numpy as np

from ..backend import move, namespace, to_host
from .autoencoder import Autoencoder

SMALLEST_VARIANCE = 1e-8  # of a direction of the codes, in parts of the largest one


def whitened(autoencoder, codes):
    """The same autoencoder with other coordinates for its codes: mean 0, covariance I.

    autoencoder: an Autoencoder; it stays as it is. codes (N, Z): its codes of the training set, N
    above Z. Returns an Autoencoder that reconstructs as the old one does. Its coordinates are the
    principal axes of the old codes, the widest first. Along an axis on which the codes do not
    vary, the scale is that of a variance 1e-8 of the largest.

    Raises ValueError for codes that do not fit, or that are all the same.
    """
    mean, axes, std = _principal_axes(codes, autoencoder.z_dim)
    to_code, to_white = std[:, None] * axes.T, axes / std
    twin = Autoencoder(**autoencoder.config())
    old = {name: to_host(value).astype(np.float64) for name, value in autoencoder.params.items()}
    first = twin.decoder.hidden.layers[:1] or twin.decoder.heads.values()
    new = {**old, "encoder.mean.W": old["encoder.mean.W"] @ to_white,
           "encoder.mean.b": (old["encoder.mean.b"] - mean) @ to_white}
    for layer in first:  # (m + u A) W + b = u (A W) + (b + m W)
        new[layer.W] = to_code @ old[layer.W]  # eq. whitened-decoder
        new[layer.b] = old[layer.b] + mean @ old[layer.W]
    for name, value in new.items():
        twin.params[name] = value
    twin.params = twin.params.like(move(twin.params.vector, namespace(autoencoder.params.vector)))
    return twin


def _principal_axes(codes, z_dim):
    """(mean (Z,), axes (Z, Z) as columns, std (Z,) along them, falling), float64."""
    codes = to_host(codes).astype(np.float64)
    if codes.ndim != 2 or codes.shape[1] != z_dim or len(codes) <= z_dim:
        raise ValueError(f"codes must be (N, {z_dim}) with N above {z_dim}, not {codes.shape}")
    variance, axes = np.linalg.eigh(np.cov(codes.T, bias=True).reshape(z_dim, z_dim))
    variance, axes = variance[::-1], axes[:, ::-1]
    if not variance[0] > 0:
        raise ValueError(f"all {len(codes)} codes are the same: they have no density")
    return codes.mean(axis=0), axes, np.sqrt(np.maximum(variance,
                                                        SMALLEST_VARIANCE * variance[0]))
