"""The decoder's end, p(x|z), as objects: what the network must put out, and what it means.

A likelihood turns the decoder's outputs, its *heads* {name: (..., D)}, into log p(x|z), and gives
the gradient back to the heads. Strings such as "gaussian:0.1" are parsed once, by `parse`.
"""
import math
import numbers

import numpy as np

from .activations import sigmoid, sigmoid_backward
from .backend import move, namespace
from .distributions import (bernoulli_draw, bernoulli_log_prob, bernoulli_log_prob_backward,
                            gaussian_log_prob, gaussian_log_prob_backward)


class Likelihood:
    """What every p(x|z) has.

    spec: the text by which the argument `likelihood=` names it. unit_interval: whether the data
    must lie in [0, 1]. Its methods are those of Bernoulli: `heads`, `log_prob`,
    `log_prob_backward`, `mean`, `mean_backward`, `sample` and `init_bias`.
    """

    spec = ""
    unit_interval = False


class Bernoulli(Likelihood):
    """x_d ∈ {0, 1} with probability sigmoid(logits_d).   Paper, appendix C.1."""

    spec = "bernoulli"
    unit_interval = True  # the data must lie in [0, 1]

    def heads(self, dim):
        """{head: width} of the decoder's outputs for x of width dim."""
        return {"logits": dim}

    def log_prob(self, x, heads):
        """x (N, D), heads (..., N, D) → (..., N), nats."""
        return bernoulli_log_prob(x, heads["logits"])

    def log_prob_backward(self, d_out, x, heads):
        """d_out (..., N) → {head: (..., N, D)}."""
        return {"logits": bernoulli_log_prob_backward(d_out, x, heads["logits"])}

    def mean(self, heads):
        """E[x|z], (..., D): here the probabilities."""
        return sigmoid(heads["logits"])

    def mean_backward(self, d_mean, heads):
        """d_mean (..., D) → {head: (..., D)}, for an objective that looks at the mean alone."""
        return {"logits": sigmoid_backward(d_mean, heads["logits"])}

    def sample(self, heads, rng):
        """x ~ p(x|z), (..., D), 0 or 1. The noise is drawn on the host."""
        return draw_bernoulli(self.mean(heads), rng)

    def init_bias(self, x):
        """{head: (D,)}: biases with which the output of an untrained decoder is the data's mean.

        The mean is clipped to [0.001, 0.999] first, as Burda et al. (2015) do: a pixel that is
        never on would ask for a logit of −∞.
        """
        return {"logits": _logit(np.clip(np.mean(x, axis=0, dtype=np.float64), 0.001, 0.999))}


class Gaussian(Likelihood):
    """x ~ N(mean, diag exp(logvar)), both from the decoder.   Paper, appendix C.2."""

    spec = "gaussian"
    unit_interval = False

    def heads(self, dim):
        """{head: width} of the decoder's outputs for x of width dim."""
        return {"mean": dim, "logvar": dim}

    def log_prob(self, x, heads):
        """x (N, D), heads (..., N, D) → (..., N), nats."""
        return gaussian_log_prob(x, self.mean(heads), self._logvar(heads))

    def log_prob_backward(self, d_out, x, heads):
        """d_out (..., N) → {head: (..., N, D)}."""
        _, d_mean, d_logvar = gaussian_log_prob_backward(d_out, x, self.mean(heads),
                                                         self._logvar(heads))
        return {"mean": self._mean_backward(d_mean, heads), "logvar": d_logvar}

    def mean(self, heads):
        """E[x|z], (..., D)."""
        return heads["mean"]

    def mean_backward(self, d_mean, heads):
        """d_mean (..., D) → {"mean": (..., D)}. The log-variance has no part in the mean."""
        return {"mean": self._mean_backward(d_mean, heads)}

    def _mean_backward(self, d_mean, heads):
        return d_mean

    def _logvar(self, heads):
        return heads["logvar"]

    def sample(self, heads, rng):
        """x ~ p(x|z), (..., D). The noise is drawn on the host."""
        mean = self.mean(heads)
        xp = namespace(mean)
        eps = move(rng.standard_normal(mean.shape, dtype=mean.dtype), xp)
        return mean + xp.exp(0.5 * self._logvar(heads)) * eps

    def init_bias(self, x):
        """{head: (D,)}: the data's mean and log-variance, the latter of at least 1e-4."""
        variance = np.var(x, axis=0, dtype=np.float64)
        return {"mean": np.mean(x, axis=0, dtype=np.float64),
                "logvar": np.log(np.maximum(variance, 1e-4))}


class GaussianSigmoid(Gaussian):
    """The Gaussian decoder with means in (0, 1), through a sigmoid: Frey Face.   Paper, §5.

    The head "mean" holds the mean's logit.
    """

    spec = "gaussian-sigmoid"
    unit_interval = True

    def mean(self, heads):
        """E[x|z], (..., D), in (0, 1)."""
        return sigmoid(heads["mean"])

    def _mean_backward(self, d_mean, heads):
        return sigmoid_backward(d_mean, heads["mean"])  # tiny slopes matter: 1/σ² may be huge

    def init_bias(self, x):
        """{head: (D,)}: the logit of the data's mean, clipped to [0.001, 0.999]; log-variance."""
        bias = super().init_bias(x)
        bias["mean"] = _logit(np.clip(bias["mean"], 0.001, 0.999))
        return bias


class FixedGaussian(Gaussian):
    """x ~ N(mean, σ² I) with a σ² that is given: −‖x − mean‖²/(2σ²) and its constant.

    Raises ValueError where sigma2 is no number between 1e-37 and 1e37.
    """

    def __init__(self, sigma2):
        if (not isinstance(sigma2, numbers.Real) or isinstance(sigma2, bool)
                or not 0 < sigma2 < math.inf):
            raise ValueError(f"the variance of the Gaussian likelihood must be a positive number, "
                             f"not {sigma2!r}")
        if not 1e-37 <= sigma2 <= 1e37:
            raise ValueError("the variance of the Gaussian likelihood must lie between 1e-37 and "
                             f"1e37, where float32 can divide by it, not {sigma2!r}")
        self.sigma2 = float(sigma2)
        self.spec = f"gaussian:{self.sigma2!r}"

    def heads(self, dim):
        """{head: width} of the decoder's outputs for x of width dim."""
        return {"mean": dim}

    def log_prob_backward(self, d_out, x, heads):
        """d_out (..., N) → {head: (..., N, D)}."""
        return {"mean": d_out[..., None] * ((x - heads["mean"]) * (1.0 / self.sigma2))}

    def _logvar(self, heads):
        mean = heads["mean"]
        return namespace(mean).full(1, math.log(self.sigma2), dtype=mean.dtype)

    def init_bias(self, x):
        """{head: (D,)}: the data's mean."""
        return {"mean": np.mean(x, axis=0, dtype=np.float64)}


def parse(spec):
    """A likelihood from what a user writes.

    "bernoulli", "gaussian" (learned mean and log-variance), "gaussian-sigmoid" (means in (0, 1)),
    "gaussian:0.1" or ("gaussian", 0.1) (fixed variance 0.1), or a Likelihood itself.
    Raises ValueError, naming the choices.
    """
    if isinstance(spec, Likelihood):
        return spec
    kind, sigma2 = spec, None
    if isinstance(spec, str) and ":" in spec:
        kind, _, text = spec.partition(":")
        try:
            sigma2 = float(text)
        except ValueError:
            sigma2 = text
    elif isinstance(spec, (tuple, list)) and len(spec) == 2:
        kind, sigma2 = spec
    if kind == "gaussian" and sigma2 is not None:
        return FixedGaussian(sigma2)
    simple = {cls.spec: cls for cls in (Bernoulli, Gaussian, GaussianSigmoid)}
    if sigma2 is None and isinstance(kind, str) and kind in simple:
        return simple[kind]()
    raise ValueError(f"unknown likelihood {spec!r}: use 'bernoulli', 'gaussian', "
                     "'gaussian-sigmoid', or 'gaussian:VARIANCE' such as 'gaussian:0.1'")


def draw_bernoulli(probability, rng):
    """0 or 1, with these probabilities of 1. The noise is drawn on the host, in float32."""
    uniform = rng.random(probability.shape, dtype=np.float32)
    return bernoulli_draw(move(uniform, namespace(probability)), probability)


def _logit(p):
    return np.log(p) - np.log1p(-p)  # eq. output-bias

