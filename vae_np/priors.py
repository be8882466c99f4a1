"""The prior p(z), as an object: its log-density and gradient, its draws, and its own parameters.

The parameters of a prior all lie under "prior": `shapes` names them, `initialise` draws their
first values, and `backward` adds their gradient into `grads`. The paper's prior has none.
"""
from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np

from .backend import check_generator, matmul, move, namespace, to_host
from .distributions import (LOG_2PI, log_sum_exp, standard_normal_log_prob,
                            standard_normal_log_prob_backward)
from .params import Part, too_large


class Prior(Part, ABC):
    """What every prior over z (..., Z) can do."""

    what = "prior"
    has_encoder = False  # whether its density has the model's encoder in it: see `stand_on`

    @abstractmethod
    def log_prob(self, params, z):
        """z (..., Z) → log p(z) (...), nats, and the cache that `backward` takes."""

    @abstractmethod
    def backward(self, params, cache, d_log_pz, grads=None):
        """d_log_pz (...) → d_z (..., Z). Adds the gradient in its parameters into `grads`, where
        that is given.
        """

    @abstractmethod
    def sample(self, params, rng, n):
        """n draws, (n, Z), in the dtype and on the device of `params`."""

    def stand_on(self, encoder, posterior_kind, unit_interval):
        """Told by the model that has it: its encoder, its kind of posterior, and whether its data
        lie in [0, 1]. Most priors need none of them.
        """

    def init_from_data(self, params, x):
        """Called with the training data x (N, D) before the first step. Most need none."""

    def extreme(self, params, z):
        """What of p(z) is too large to train with at z (..., Z), in words; "" of N(0, I)."""
        return ""

    # -- where a straight line runs ------------------------------------------------------------

    base_name = "z"  # of `base`'s coordinates, under pictures

    def base(self, params, z):
        """The coordinates in which pictures go straight from one code to another: z (..., Z) →
        (..., Z). They are z itself, unless p(z) is made by a map from a simpler density.

        A mixture has no such map. Between two of its components a straight line in z crosses
        what p(z) holds for empty, and a picture of it shows that.
        """
        return z

    def from_base(self, params, u):
        """z from its base coordinates u (..., Z), what `base` is undone by: (..., Z)."""
        return u

    @property
    def has_normal_base(self):
        """Whether `base`'s coordinates are distributed as N(0, I), quantiles and all."""
        return False


class StandardNormal(Prior):
    """p(z) = N(0, I), the paper's."""

    spec = "standard-normal"

    @property
    def has_normal_base(self):
        """True of N(0, I) itself: a prior derived from it may be another density."""
        return type(self) is StandardNormal

    def log_prob(self, params, z):
        """z (..., Z) → log p(z) (...), nats, cache."""
        return standard_normal_log_prob(z), z

    def backward(self, params, cache, d_log_pz, grads=None):
        """d_log_pz (...) → d_z (..., Z)."""
        return standard_normal_log_prob_backward(d_log_pz, cache)

    def sample(self, params, rng, n):
        """n draws, (n, Z). The noise is drawn on the host."""
        z = check_generator(rng).standard_normal((n, self.z_dim), dtype=params.vector.dtype)
        return move(z, namespace(params.vector))


class MixtureOfGaussians(Prior):
    """p(z) = Σ_k π_k N(z; mean_k, diag exp(logvar_k)), k = 1 … K.

    Its parameters are "prior.mixing.logits" (K,), whose softmax is π, "prior.components.mean" and
    "prior.components.logvar", each (K, Z). All 0, it is N(0, I). Sums are taken in float64.
    """

    names = ("prior.mixing.logits", "prior.components.mean", "prior.components.logvar")
    looks = True  # at the widths of its components, for a frame in which their squares are numbers
    runs_off = True

    def __init__(self, z_dim, components):
        super().__init__(z_dim)
        if isinstance(components, bool) or not isinstance(components, int) or components < 1:
            raise ValueError(f"components must be a positive whole number, not {components!r}")
        self.components = components
        self.spec = f"mixture:{components}"

    @classmethod
    def parse(cls, argument, z_dim):
        """The prior that "mixture:K" means. Raises ValueError where K is no positive number."""
        if not (argument.isdecimal() and int(argument) >= 1):
            raise ValueError("the prior 'mixture' needs its number of components, such as "
                             f"'mixture:10', not 'mixture:{argument}'")
        return cls(z_dim, int(argument))

    def shapes(self):
        """{name: shape} of its parameters, in the order in which they lie."""
        widths = ((self.components,), *2 * ((self.components, self.z_dim),))
        return dict(zip(self.names, widths, strict=True))

    def initialise(self, params, rng, scheme):
        """The first means are draws from N(0, I): equal components would stay equal."""
        params[self.names[1]] = rng.standard_normal((self.components, self.z_dim))

    def log_prob(self, params, z):
        """z (..., Z) → log p(z) (...), nats, cache."""
        logits, mean, logvar = (params[name] for name in self.names)
        return mixture_log_prob(z, log_shares(logits), mean, logvar)

    def backward(self, params, cache, d_log_pz, grads=None):
        """d_log_pz (...) → d_z (..., Z); adds into `grads`: d_logits_k = Σ (r_k − π_k) d_log_pz,
        and the rest as `mixture_log_prob_backward` has it.
        """
        d_z, d_shares, d_components = mixture_log_prob_backward(d_log_pz, cache,
                                                                grads is not None)
        if grads is not None:
            logits, means, logvars = self.names
            pi = namespace(d_shares).exp(log_shares(params[logits]))
            grads[logits] += (d_shares - pi * d_shares.sum()).astype(d_z.dtype)
            grads[means] += d_components["mean"]
            grads[logvars] += d_components["logvar"]
        return d_z

    def sample(self, params, rng, n):
        """n draws, (n, Z), first k ~ π, then z ~ p(z|k). The noise is drawn on the host."""
        logits, mean, logvar = (params[name] for name in self.names)
        weights, xp = np.exp(to_host(log_shares(logits))), namespace(mean)
        k = check_generator(rng).choice(self.components, size=n, p=weights / weights.sum())
        eps = move(rng.standard_normal((n, self.z_dim), dtype=mean.dtype), xp)
        k = move(k, xp)
        return mean[k] + xp.exp(0.5 * logvar[k]) * eps


    def extreme(self, params, z):
        """What of its components is too large to train with, in words, or ""."""
        logits, mean, logvar = self.names
        return (too_large(logits, params[logits])
                or component_extreme(mean, params[mean], logvar, params[logvar]))


def component_extreme(mean_name, mean, logvar_name, logvar):
    """What is too large to train with in components of mean and logvar (K, Z), in words, or "":
    a mean, or a log-variance whose exponential or its inverse is no number in their dtype.
    """
    words, logvar = too_large(mean_name, mean), to_host(logvar)
    k, j = np.unravel_index(np.argmax(np.abs(logvar)), logvar.shape)
    if words or abs(logvar[k, j]) < np.log(np.finfo(logvar.dtype).max):
        return words
    return f"{logvar_name} of component {k} reached {logvar[k, j]:.1f}"


def mixture_log_prob(z, log_mixing, mean, logvar):
    """log Σ_k π_k N(z; mean_k, diag exp(logvar_k)): z (..., Z), log_mixing (K,), mean and logvar
    (K, Z) → (...), nats, cache. Sums are taken in float64; no (N, K, Z) array is made.
    """
    frame = frame_of(mean, logvar, log_mixing)
    statistics = squares_beside(z.reshape(-1, z.shape[-1]), frame)
    slopes, constants = gaussian_family(mean, logvar, frame)
    log_pz, r = log_sum_exp(matmul(statistics, slopes) + (constants + log_mixing), axis=1)
    return (log_pz.astype(z.dtype).reshape(z.shape[:-1]),
            (z, frame, statistics, r, slopes, mean))


def mixture_log_prob_backward(d_out, cache, components=True):
    """d_out (...) → d_z (..., Z), d_log_mixing (K,), {"mean", "logvar"} (K, Z); the last two are
    None without `components`. With r_k = p(k|z) and the precision λ_k,

    d_z = Σ_k r_k λ_k (mean_k − z),  d_mean_k = Σ r_k λ_k (z − mean_k),
    d_logvar_k = ½ Σ r_k (λ_k (z − mean_k)² − 1),  d_log_mixing_k = Σ r_k.
    """
    z, frame, statistics, r, slopes, mean = cache
    xp, z_dim = namespace(z), z.shape[-1]
    weighted = r * d_out.reshape(-1, 1)
    d_z = squares_beside_backward(matmul(weighted, slopes.T), statistics, frame)
    d_z = d_z.astype(z.dtype).reshape(z.shape)
    if not components:
        return d_z, None, None
    mean, share = frame.inside(mean), xp.sum(weighted, axis=0)[:, None]
    precision = -2.0 * slopes[z_dim:].T  # in the frame's unit, as all here
    sums = matmul(weighted.T, statistics)
    error = sums[:, :z_dim] - share * mean
    square = sums[:, z_dim:] - 2.0 * mean * sums[:, :z_dim] + share * mean * mean
    return d_z, share[:, 0], {
        "mean": (precision * error / frame.unit).astype(z.dtype),
        "logvar": (0.5 * (precision * square - share)).astype(z.dtype)}


class Frame(NamedTuple):
    """From where and in what unit each coordinate is counted: u = (x − origin) / unit, (D,) each.

    A square multiplied out, x² − 2 x mean + mean², is a small difference of large numbers where x
    lies far from 0, and too large for a float where its unit is tiny. Counted from the midst of
    the components, in their own widths, no digit is lost, wherever 0 lies. What is in the frame
    cancels in the end: it changes the rounding and nothing else. scaled: whether any unit is other
    than 1. Most need not be, and that saves a division.
    """

    origin: np.ndarray
    unit: np.ndarray
    scaled: bool

    def inside(self, x, out=None):
        """x (..., D) as the frame counts it, in float64. out: where to."""
        u = namespace(x).subtract(x, self.origin, out=out)
        if self.scaled:
            u *= 1.0 / self.unit
        return u


def frame_of(mean, logvar, log_mixing):
    """The Frame of a mixture: its mean, and the largest width of a component. mean, logvar (K, D),
    log_mixing (K,).
    """
    mean, logvar = mean.real.astype(np.float64), logvar.real.astype(np.float64)
    xp = namespace(mean)
    share = xp.exp(log_mixing.real.astype(np.float64))
    # From the first component on: where all are the same number, the sum must be that number.
    return frame_in(mean[0] + xp.sum(share[:, None] * (mean - mean[0]), axis=0),
                    xp.exp(xp.clip(0.5 * xp.max(logvar, axis=0), -300.0, 300.0)))


def frame_in(origin, unit):
    """The Frame of an origin and of widths, (D,) each: their squares are safe from 1e-50 to 1e50,
    and then 1 is the unit.
    """
    xp = namespace(unit)
    safe = 1e-50 < float(xp.min(unit)) and float(xp.max(unit)) < 1e50
    return Frame(origin, xp.ones_like(unit) if safe else unit, not safe)


def squares_beside(x, frame):
    """T(x) = (u, u²), u as the frame counts x, in which a Gaussian's log-density is linear:
    x (N, D) → (N, 2D), float64.
    """
    xp, width = namespace(x), x.shape[1]
    statistics = xp.empty((len(x), 2 * width), wide(x.dtype))
    u = frame.inside(x, out=statistics[:, :width])
    xp.multiply(u, u, out=statistics[:, width:])
    return statistics


def squares_beside_backward(d_statistics, statistics, frame):
    """d_statistics (N, 2D) → d_x (N, D), with the statistics that came out."""
    width = statistics.shape[1] // 2
    return (d_statistics[:, :width]
            + 2.0 * statistics[:, :width] * d_statistics[:, width:]) / frame.unit


def gaussian_family(mean, logvar, frame):
    """log N(x; mean_k, diag exp(logvar_k)) = T(x)·a_k + c_k, the square multiplied out.

    mean, logvar (K, D) → a as columns (2D, K), c (K,), in float64.
    """
    mean, logvar = frame.inside(mean), logvar.astype(wide(logvar.dtype))
    xp = namespace(mean)
    precision = xp.exp(2.0 * xp.log(frame.unit) - logvar)
    slopes = xp.concatenate([mean * precision, -0.5 * precision], axis=1).T
    return slopes, -0.5 * xp.sum(LOG_2PI + logvar + mean * mean * precision, axis=1)


def log_shares(logits):
    """log softmax: logits (K,) → log π (K,), in float64."""
    logits = logits.astype(wide(logits.dtype))
    return logits - log_sum_exp(logits)[0]


def wide(dtype):
    """At least float64: sums over examples and over components are taken in it."""
    return np.result_type(dtype, np.float64)
