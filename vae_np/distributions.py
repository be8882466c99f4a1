"""Densities, the KL divergence and the reparameterisation: each a value and its gradient.

Every density `f(...)` has its `f_backward(d_out, ...)` below it. `d_name` is ∂𝓛/∂name, in the
shape of `name`, where 𝓛 is the number at the end of the walk: the bound, in training.

Log-densities are in nats, constants included, summed over the last axis and over nothing else:
inputs (..., D) give outputs (...), one number for each example (and each sample).
"""
import math

import numpy as np

from .activations import (relu, relu_backward, sigmoid, sigmoid_backward, softplus,  # noqa: F401
                          softplus_backward)  # all importable from here too
from .backend import namespace

LOG_2PI = math.log(2.0 * math.pi)


def log_sum_exp(a, axis=0):
    """Returns (log Σ exp(a) along an axis, shares): the shares are exp(a) / Σ exp(a), in the shape
    of a, and they are the gradient of that log-sum.

    The largest term is taken out before exp, so nothing overflows. Where every a is −∞ the log-sum
    is −∞, and the shares are equal, as they are for equal terms of any size. Several terms of +∞
    have equal shares too.
    """
    xp, most = namespace(a), float(np.finfo(a.dtype).max)
    top = xp.max(a, axis=axis, keepdims=True)
    shares = xp.clip(a, -most, most)  # ∞ − ∞ is NaN
    shares = xp.exp(shares - xp.max(shares, axis=axis, keepdims=True))
    total = xp.sum(shares, axis=axis, keepdims=True)
    shares /= total
    return xp.squeeze(top + xp.log(total), axis=axis), shares  # eq. log-sum-exp


def bernoulli_draw(uniform, probability):
    """0 or 1, the latter where `uniform`, a draw from [0, 1), lies below `probability`."""
    return (uniform < probability).astype(probability.dtype)


def bernoulli_log_prob(x, logits):
    """log p(x) of independent Bernoulli variables with p = sigmoid(logits).

    Σ_d x_d log p_d + (1 − x_d) log(1 − p_d) = Σ_d x_d a_d − log(1 + e^a_d). Taking the logits a
    avoids the log of a rounded probability.   Paper, appendix C.1.

    No exponential may be large, so log(1 + e^a) is taken as ½(a + |a|) + log(1 + e^−|a|), and the
    sum is Σ_d ½[(2x_d − 1) a_d − |a_d|] − Σ_d log(1 + e^−|a_d|).

    x (N, D) in [0, 1]; logits (..., N, D) → (..., N), nats. For x between 0 and 1 the formula
    still gives a number, but it is not the log of a probability.
    """
    xp = namespace(logits)
    magnitude = xp.abs(logits)
    bracket = (2.0 * x - 1.0) * logits
    bracket -= magnitude
    u = xp.exp(xp.negative(magnitude, out=magnitude), out=magnitude)  # e^−|a|, in the same memory
    return 0.5 * xp.sum(bracket, axis=-1) - _sum_log1p(u)  # eq. bernoulli


def bernoulli_log_prob_backward(d_out, x, logits):
    """d_logits = d_out (x − p). The data x is not differentiated."""
    return d_out[..., None] * (x - sigmoid(logits))  # eq. bernoulli-gradient


def _sum_log1p(u):
    """Σ_d log(1 + u_d), for u (..., D) in [0, 1] → (...). It works in the memory of u.

    A sum of logarithms is the logarithm of a product. Each factor 1 + u_d lies in [1, 2], so a
    product of sixteen lies in [1, 65536], far from overflow, and a sixteenth of the logarithms is
    left. Folding the row over four times, each time one half times the other, makes the products.

    1 + u is rounded, and a u below 6e-8 is lost: each factor may cost half an ulp of 1, 6e-8 nats
    in float32, however small its logarithm is. That is nothing beside a sum of nats. float64 is
    for checking, and keeps the digits by log1p.
    """
    xp = namespace(u)
    if u.dtype != np.float32:
        return xp.sum(xp.log1p(u), axis=-1)
    u += 1.0
    products = u
    for _ in range(4):
        width = products.shape[-1]
        half = (width + 1) // 2  # of an odd width the middle one stays as it is
        products[..., :width - half] *= products[..., half:]
        products = products[..., :half]
    return xp.sum(xp.log(products), axis=-1)


def categorical_log_prob(labels, logits):
    """log p(label) of a categorical variable: one of C classes, with p = softmax(logits).

    log p_y = a_y − log Σ_c e^a_c for the label y. The largest logit is taken from all of them
    first, so nothing overflows, and digits are lost only to a logit that is far larger.   Bishop
    2006, §4.3.4.

    labels, whole numbers from 0 to C − 1, (N,); logits (..., N, C) → (..., N), nats. A logit of
    −∞ is a probability of 0. Raises ValueError where labels are not whole numbers, do not fit the
    logits, or name a class that is not there. On a device, which would have to be asked for them,
    a label without a class is not refused: its probability is 0.
    """
    xp, chosen = namespace(logits), _chosen(labels, logits)
    shifted = logits - xp.max(logits, axis=-1, keepdims=True)
    own = xp.max(xp.where(chosen, shifted, -math.inf), axis=-1)
    return own - log_sum_exp(shifted, axis=-1)[0]  # eq. categorical


def categorical_log_prob_backward(d_out, labels, logits):
    """d_logits = d_out (1[c = label] − p_c). The labels are not differentiated."""
    p = log_sum_exp(logits, axis=-1)[1]
    return d_out[..., None] * (_chosen(labels, logits) - p)  # eq. categorical-gradient


def _chosen(labels, logits):
    """(..., N, C): whether a class is the one that the label names."""
    classes = logits.shape[-1]
    if labels.dtype.kind not in "iu":
        raise ValueError("labels must be whole numbers, in an array of integers, not of "
                         f"{labels.dtype}")
    if labels.shape != logits.shape[max(0, logits.ndim - 1 - labels.ndim):-1]:
        raise ValueError(f"labels of shape {labels.shape} do not fit logits of shape "
                         f"{logits.shape}: each row of logits needs one label")
    if namespace(labels) is np and labels.size and not 0 <= labels.min() <= labels.max() < classes:
        wrong = labels.min() if labels.min() < 0 else labels.max()
        raise ValueError(f"labels must lie between 0 and {classes - 1}, since there are {classes} "
                         f"logits to a row; one of them is {wrong}")
    return labels[..., None] == namespace(labels).arange(classes)


def gaussian_log_prob(x, mean, logvar):
    """log N(x; mean, diag exp(logvar)).   Paper, appendix C.2.

    −½ Σ_d [log 2π + logvar_d + (x_d − mean_d)² exp(−logvar_d)]. The error is divided by σ first
    and squared then: exp(−logvar) may overflow where the square does not.

    x, mean, logvar broadcast to (..., N, D) → (..., N), nats. A logvar of shape (1,) is one
    variance for all. −∞ where the density is too small for the dtype.
    """
    scaled = (x - mean) * _inverse_std(logvar)
    return -0.5 * namespace(mean).sum(LOG_2PI + logvar + scaled * scaled, axis=-1)  # eq. gaussian


def gaussian_log_prob_backward(d_out, x, mean, logvar):
    """(d_x, d_mean, d_logvar), each summed over what its input was broadcast along."""
    inverse_std = _inverse_std(logvar)
    scaled = (x - mean) * inverse_std
    d_mean = d_out[..., None] * (scaled * inverse_std)
    d_logvar = d_out[..., None] * (0.5 * (scaled * scaled - 1.0))
    return (-_sum_to(x.shape, d_mean), _sum_to(mean.shape, d_mean),
            _sum_to(logvar.shape, d_logvar))


def _inverse_std(logvar):
    """1/σ = exp(−½ logvar), at most about the dtype's largest number: 0 · ∞ would be NaN.

    In float32 that is where log σ² is below −177.
    """
    largest = 0.999 * math.log(np.finfo(logvar.dtype).max)
    return namespace(logvar).exp(namespace(logvar).minimum(-0.5 * logvar, largest))


def _sum_to(shape, d_copies):
    """Sums a gradient of the broadcast shape, d_copies, back to the input's own `shape`."""
    if d_copies.shape == shape:
        return d_copies
    xp, extra = namespace(d_copies), d_copies.ndim - len(shape)
    copied = tuple(i for i, width in enumerate(shape, extra) if width != d_copies.shape[i])
    return xp.sum(d_copies, axis=(*range(extra), *copied)).reshape(shape)  # eq. broadcast-backward


def standard_normal_log_prob(z):
    """log N(z; 0, I), the prior p(z).   z (..., Z) → (...), nats."""
    xp = namespace(z)
    return -0.5 * (xp.sum(z * z, axis=-1) + z.shape[-1] * LOG_2PI)


def standard_normal_log_prob_backward(d_out, z):
    """d_z = −z d_out."""
    return -d_out[..., None] * z


def kl_standard_normal(mean, logvar):
    """KL( N(mean, diag exp(logvar)) ‖ N(0, I) ) in closed form.   Paper, appendix B.

    ½ Σ_j (μ_j² + σ_j² − 1 − log σ_j²).   mean, logvar (N, Z) → (N,), nats, never negative.
    """
    return namespace(mean).sum(kl_standard_normal_per_dim(mean, logvar), axis=-1)


def kl_standard_normal_backward(d_out, mean, logvar):
    """d_out (N,) → (d_mean, d_logvar) = (μ, ½(σ² − 1)) d_out, (N, Z) each.

    σ² − 1 is taken as expm1(log σ²): near the prior the plain difference would cancel.
    """
    return kl_standard_normal_per_dim_backward(d_out[..., None], mean, logvar)


def kl_standard_normal_per_dim(mean, logvar):
    """The summands of the KL divergence: (N, Z) → (N, Z), nats per latent dimension."""
    xp = namespace(mean)
    return 0.5 * (mean * mean + (xp.expm1(logvar) - logvar))  # eq. kl-gaussian


def kl_standard_normal_per_dim_backward(d_out, mean, logvar):
    """(d_mean, d_logvar), elementwise."""
    return d_out * mean, d_out * (0.5 * namespace(mean).expm1(logvar))  # eq. kl-gaussian-gradient


def reparameterise(mean, logvar, eps):
    """z = μ + σ ⊙ ε with σ = exp(½ log σ²): a sample of q as a function of its parameters.

    mean, logvar (N, Z); eps (N, Z) or (..., N, Z) → z in the shape of eps.   Paper, §3, eq. 10.
    """
    return mean + namespace(mean).exp(0.5 * logvar) * eps  # eq. reparameterise


def reparameterise_backward(d_z, mean, logvar, eps):
    """d_z (..., N, Z) → (d_mean, d_logvar), in the shape of mean: ∂z/∂μ = 1, ∂z/∂log σ² = ½ σ ε,
    summed over the samples that share one μ and σ, where there are several.

    The noise is a constant: ε has no gradient, and that is the whole trick.
    """
    xp = namespace(mean)
    d_logvar = d_z * (0.5 * xp.exp(0.5 * logvar)) * eps  # eq. reparameterise-gradient
    samples = tuple(range(d_z.ndim - mean.ndim))  # the axes that share one mean
    return xp.sum(d_z, axis=samples), xp.sum(d_logvar, axis=samples)
