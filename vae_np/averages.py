"""Means over a whole data set, block by block: the bound, the reconstruction, the latents' use.

The bound is always taken with z sampled from q. At z = μ it would be no bound: the reconstruction
is better there than at a sample, and the KL term does not make up for it.
"""
import numpy as np

from .backend import namespace
from .blocks import in_blocks

ROWS = 500  # examples at a time


def elbo(model, x, rng, samples=1, estimator=None, batch_size=ROWS):
    """The lower bound of each example, with `samples` draws of z each: x (N, D) → (N,), nats.

    estimator: None is the model's own, "B" where its KL has a closed form, else "A".
    """
    estimator = model.default_estimator if estimator is None else estimator

    def block(x):  # one stream for all: the noise follows the order of the examples
        seen, x = model.reading(x)
        return seen.elbo(x, seen.noise(rng, len(x), samples), estimator)

    return in_blocks(block, x, batch_size).astype(np.float64)


def predictions(model, x, batch_size=ROWS):
    """The label that a model with a classifier gives each row: x (N, D + C) → (N,)."""
    return in_blocks(model.predict, x, batch_size)


def reconstruction(model, x, batch_size=ROWS):
    """An autoencoder's log p(x|z = f(x)) of each example: x (N, D) → (N,), nats.

    It is minus the reconstruction cross-entropy and **not a likelihood**: `models.autoencoder`
    says why.
    """
    return in_blocks(model.reconstruction, x, batch_size).astype(np.float64)


def latent_use(model, x, batch_size=ROWS):
    """(activity, kl), each (Z,): Var_x(mean of q(z_j|x)) and the mean KL of each latent dimension
    to the prior, nats; kl is None where q has none in closed form.

    A dimension counts as active when its activity exceeds 0.01 (Burda et al. 2015).
    """
    def block(x):
        seen, x = model.reading(x)
        q = seen.posterior(x)
        per_dim = q.kl_per_dim(model.prior)
        if per_dim is None:
            return {"mean": q.mean}
        return {"mean": q.mean,
                "kl": namespace(per_dim).sum(per_dim, axis=0, dtype="float64")[None]}

    found = in_blocks(block, x, batch_size)
    activity = found["mean"].astype(np.float64).var(axis=0)  # eq. active-unit
    return activity, found["kl"].sum(axis=0) / len(x) if "kl" in found else None


def layer_use(model, x, rng, samples=1, batch_size=ROWS):
    """(activities, kl) of a model with several layers of latents: for each layer, from z₁ upward,
    the activity of `latent_use`, (Z_l,) in a list; and how many nats the layer carries for each
    example, (N, layers), as `model.kl_per_layer` has it.

    An upper layer of which no unit is active has died: z₁ alone carries x, and p(z₁|z₂) is one
    Gaussian, whatever z₂ is. Of the layers below the top the threshold says less: their prior is
    not N(0, I), so an activity has no scale of its own, and a layer's nats are the better witness.
    """
    activity, _ = latent_use(model, x, batch_size)

    def block(x):
        return model.kl_per_layer(x, model.noise(rng, len(x), samples))

    kl = in_blocks(block, x, batch_size).astype(np.float64)
    return np.split(activity, np.cumsum(model.z_dims)[:-1]), kl
