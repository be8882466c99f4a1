"""Every picture. Each function takes data or a model, draws on a matplotlib Axes, returns it.

This package needs matplotlib, which `import vae_np` does not.
"""
from .latent import kl_per_dimension, latent_scatter, manifold
from .pictures import (CLIMBED, MANY, MAX_BYTES, interpolation, learning_curve, prior_samples,
                       reconstructions, samples_2d, save_run_figures, save_samples)

__all__ = ["CLIMBED", "MANY", "MAX_BYTES", "interpolation", "kl_per_dimension", "latent_scatter",
           "learning_curve", "manifold", "prior_samples", "reconstructions", "samples_2d",
           "save_run_figures", "save_samples"]
