"""Every picture. Each function takes data or a model, draws on a matplotlib Axes, returns it.

With `ax=None` a function makes its own Axes. Of a model only `posterior(x).mean`,
`sample_posterior`, `decode`, `sample` and `sample_mean` are used, so any posterior, likelihood and
device will do; `styles` and `analogies` ask a model of labels for more. Grey pictures show 0 as
black and 1 as white, and nothing is rescaled to look better; for data beyond [0, 1] `limits` says
which values show as black and white.

However a user's matplotlibrc or style sheet may be, the pictures look the same. Only on Axes that
are handed in do text and ticks keep the colours that suit them.

This package needs matplotlib, which `import vae_np` does not.
"""
from . import back_end  # noqa: F401  before any module that imports matplotlib
from .curves import CLIMBED, learning_curve
from .images import interpolation, prior_samples, reconstructions, samples_2d
from .labels import analogies, styles
from .latent import kl_per_dimension, latent_scatter, manifold
from .run import MANY, MAX_BYTES, save_run_figures, save_samples

__all__ = ["CLIMBED", "MANY", "MAX_BYTES", "analogies", "interpolation", "kl_per_dimension",
           "latent_scatter", "learning_curve", "manifold", "prior_samples", "reconstructions",
           "samples_2d", "save_run_figures", "save_samples", "styles"]
