"""An observation model that is stated afterwards: p(x|z) around the means of a decoder.

A decoder that was trained on something else than its likelihood, a VAE-GAN's, still says a mean of
x for each z. Together with a distribution around that mean it has a log p(x), which importance
sampling and annealing can measure. The number belongs to the pair, and the distribution must be
named beside it: a sharp picture one pixel off costs many nats.
"""
import copy
import math
import numbers

import numpy as np

from ..backend import move, namespace, to_host
from ..blocks import in_blocks
from ..distributions import gaussian_log_prob, gaussian_log_prob_backward
from ..likelihoods import Likelihood
from ..models.base import named


class AroundMeans(Likelihood):
    """x ~ N(mean, σ² I) around the mean of another likelihood, of whose heads it needs no more.

    of: that likelihood, such as Bernoulli, whose means lie in (0, 1). sigma2: σ², one for all
    pixels. Raises ValueError where it is no positive number.
    """

    def __init__(self, of, sigma2):
        if not (isinstance(sigma2, numbers.Real) and 0 < sigma2 < math.inf):
            raise ValueError(f"sigma2 must be a positive number, not {sigma2!r}")
        self.of, self.sigma2 = of, float(sigma2)
        self.spec = f"gaussian:{self.sigma2:.6g} around the means of {of.spec}"
        self.unit_interval = of.unit_interval

    def heads(self, dim):
        """{head: width} of the decoder's outputs: the other likelihood's."""
        return self.of.heads(dim)

    def log_prob(self, x, heads):
        """x (N, D), heads (..., N, D) → (..., N), nats."""
        mean = self.of.mean(heads)
        return gaussian_log_prob(x, mean, self._logvar(mean))

    def log_prob_backward(self, d_out, x, heads):
        """d_out (..., N) → {head: (..., N, D)}: of the heads that the mean is made of."""
        mean = self.of.mean(heads)
        _, d_mean, _ = gaussian_log_prob_backward(d_out, x, mean, self._logvar(mean))
        return self.of.mean_backward(d_mean, heads)

    def mean(self, heads):
        """E[x|z], (..., D)."""
        return self.of.mean(heads)

    def mean_backward(self, d_mean, heads):
        """d_mean (..., D) → {head: (..., D)}."""
        return self.of.mean_backward(d_mean, heads)

    def sample(self, heads, rng):
        """x ~ p(x|z), (..., D). The noise is drawn on the host."""
        mean = self.of.mean(heads)
        eps = rng.standard_normal(mean.shape, dtype=mean.dtype)
        return mean + math.sqrt(self.sigma2) * move(eps, namespace(mean))

    def init_bias(self, x):
        """{head: (D,)}: the other likelihood's."""
        return self.of.init_bias(x)

    def _logvar(self, mean):
        return namespace(mean).full(1, math.log(self.sigma2), dtype=mean.dtype)


def observed(model, likelihood):
    """The same model with another p(x|z), a Likelihood that its decoder's heads suit. It shares
    the parameters. `inference.ais` and `measures.by_importance` measure it as any other.
    """
    twin = copy.copy(model)
    twin.likelihood = likelihood
    return twin


def around_means(model, x, rng):
    """The model with p(x|z) = N(mean, σ² I), the one σ² fitted to x: `observed` by AroundMeans.

    x (N, D): training data. σ² is the mean square of x − E[x|z] over pixels, with one z ~ q(z|x)
    for each x: what makes the mean of log p(x|z) over them largest. Raises as `model.check_data`
    does, and ValueError where the decoder's means are x itself, for which no σ² is best.
    """
    x = model.check_data(x, "x")

    def block(x):  # one stream for all: the noise follows the order of the examples
        mean = model.decode(model.sample_posterior(x, rng)[0])
        error = move(x, namespace(mean)) - mean
        return namespace(mean).mean(error * error, axis=-1)

    sigma2 = float(to_host(in_blocks(block, x, 500)).mean(dtype=np.float64))
    if not sigma2 > 0.0:
        raise ValueError(f"{named(model)} decodes x itself, without any error, so that no "
                         "variance is best")
    return observed(model, AroundMeans(model.likelihood, sigma2))
