"""The paper's two estimators of the lower bound, the importance-weighted bound, the batch mean.

Each takes terms per sample and per example and gives 𝓛 per example, in nats; its backward gives
each term's share of the gradient. 𝓛 is maximised: nothing here is called a loss.

    log p(x) = 𝓛 + KL( q(z|x) ‖ p(z|x) ) ≥ 𝓛
"""
import math
from collections.abc import Callable
from typing import NamedTuple

from .backend import namespace
from .distributions import log_sum_exp


def estimator_a(log_px_given_z, log_pz, log_qz, kl_weight=1.0):
    """𝓛ᴬ = 1/L Σ_l [log p(x|z_l) + log p(z_l) − log q(z_l|x)].   Paper, eq. 6.

    Terms (L, N) → (N,), nats. kl_weight = 1 is the bound. Another weight on log p(z) − log q(z|x)
    serves KL warm-up; below 1 the value may lie above log p(x), and is no bound.
    """
    terms = log_px_given_z + kl_weight * (log_pz - log_qz)
    return namespace(terms).mean(terms, axis=0)  # eq. estimator-a


def estimator_a_backward(d_out, log_px_given_z, log_pz, log_qz, kl_weight=1.0):
    """d_out (N,) → {term: its gradient}: log_px_given_z, log_pz and log_qz, each (L, N)."""
    xp = namespace(log_px_given_z)
    share = xp.broadcast_to(d_out / len(log_px_given_z), log_px_given_z.shape)
    return {"log_px_given_z": share, "log_pz": kl_weight * share, "log_qz": -kl_weight * share}


def estimator_b(log_px_given_z, kl, kl_weight=1.0):
    """𝓛ᴮ = −KL( q(z|x) ‖ p(z) ) + 1/L Σ_l log p(x|z_l).   Paper, eq. 7.

    The KL divergence is exact, so only the reconstruction term carries noise.
    log_px_given_z (L, N), kl (N,) → (N,), nats. kl_weight as in `estimator_a`.
    """
    return namespace(kl).mean(log_px_given_z, axis=0) - kl_weight * kl  # eq. estimator-b


def estimator_b_backward(d_out, log_px_given_z, kl, kl_weight=1.0):
    """d_out (N,) → {term: its gradient}: log_px_given_z (L, N) and kl (N,)."""
    xp = namespace(log_px_given_z)
    share = xp.broadcast_to(d_out / len(log_px_given_z), log_px_given_z.shape)
    return {"log_px_given_z": share, "kl": -kl_weight * d_out}


def estimator_iw(log_px_given_z, log_pz, log_qz, kl_weight=1.0):
    """The importance-weighted bound of the three terms, each (K, N) → (N,), nats.

    With K = 1 it is estimator A. kl_weight as there: only with 1 is it a bound.
    """
    return importance_weighted_bound(log_px_given_z + kl_weight * (log_pz - log_qz))


def estimator_iw_backward(d_out, log_px_given_z, log_pz, log_qz, kl_weight=1.0):
    """d_out (N,) → {term: its gradient}: log_px_given_z, log_pz and log_qz, each (K, N)."""
    d = importance_weighted_bound_backward(d_out, log_px_given_z + kl_weight * (log_pz - log_qz))
    return {"log_px_given_z": d, "log_pz": kl_weight * d, "log_qz": -kl_weight * d}


def path_share_iw(log_px_given_z, log_pz, log_qz, kl_weight=1.0):
    """What DReG multiplies the gradient along each sample's path by: 1 − c + c w̃_k, (K, N).

    w̃_k = w_k / Σ w and c = kl_weight. With c = 1 it is w̃_k, and since the gradient has the factor
    w̃_k already, it becomes the squared weight of Tucker et al. 2019, eq. 8. For any c: the score's
    term −c w̃_k ∇ log q(z_k|x), z held fixed, has the expectation of −c w̃_k (1 − w̃_k) times the
    slope of log w_k along the path, for the slope of w̃_k itself is w̃_k (1 − w̃_k) times that one.
    """
    log_weights = log_px_given_z + kl_weight * (log_pz - log_qz)
    weight = importance_weighted_bound_backward(1.0, log_weights)
    return (1.0 - kl_weight) + kl_weight * weight  # eq. doubly-reparameterised


class Estimator(NamedTuple):
    """A row of ESTIMATORS: the value, its backward, and which terms the two are made of.

    summary: what it is, in a few words. closed_form_kl: True where the terms are log_px_given_z
    and kl = KL( q(z|x) ‖ p(z) ), which not every pair of q and p(z) has in closed form; False
    where they are log_px_given_z, log_pz and log_qz. averages: whether it is a mean over the
    samples, so that their number changes its noise and not its expectation. path_share: of the
    terms, what the gradient "dreg" multiplies the path of each sample by; None is 1.
    """

    value: Callable
    backward: Callable
    summary: str
    closed_form_kl: bool = False
    averages: bool = True
    path_share: Callable | None = None


ESTIMATORS = {
    "A": Estimator(estimator_a, estimator_a_backward, "samples the KL term, with more noise"),
    "B": Estimator(estimator_b, estimator_b_backward, "has the KL term in closed form",
                   closed_form_kl=True),
    "IW": Estimator(estimator_iw, estimator_iw_backward, "is the importance-weighted bound",
                    averages=False, path_share=path_share_iw)}
GRADIENTS = {"standard": "the bound's own", "stl": "leaves out the slope of log q(z|x) at a fixed "
             "z, whose mean is 0 (sticking the landing)", "dreg": "does so with several samples "
             "under IW as well (doubly reparameterised)"}


def find_estimator(name):
    """The row of ESTIMATORS of that name. Raises ValueError, naming the choices."""
    if name not in ESTIMATORS:
        raise ValueError(f"unknown estimator {name!r}: use "
                         f"{' or '.join(map(repr, ESTIMATORS))}")
    return ESTIMATORS[name]


def importance_weighted_bound(log_weights):
    """log 1/K Σ_k w_k: the mean of the weights, not of their logarithms (Burda et al. 2015).

    w_k = p(x, z_k) / q(z_k|x) with z_k ~ q, and K is the number of samples, L above. log_weights
    (K, N) → (N,), nats. With K = 1 this is estimator A; its mean rises with K towards log p(x).
    The largest weight is taken out before exp, so nothing overflows. Where every weight is 0, all
    logarithms −∞, so is the bound.
    """
    return log_sum_exp(log_weights)[0] - math.log(len(log_weights))  # eq. importance-weighted


def importance_weighted_bound_backward(d_out, log_weights):
    """d_out (N,) → d_log_weights (K, N): each sample's share is its normalised weight w_k / Σ w.

    Where every weight is 0 they share alike, 1/K each, as equal weights of any size do.
    """
    return d_out * log_sum_exp(log_weights)[1]


def check_gradient(estimator, gradient, samples):
    """Raises ValueError where GRADIENTS has no such name, or where the gradient is none of the
    estimator: "stl" and "dreg" change what happens to log q(z|x), which "B" does not have, and
    "stl" is biased where the samples share a logarithm. estimator: a row's name.
    """
    row = find_estimator(estimator)
    if gradient not in GRADIENTS:
        raise ValueError(f"unknown gradient {gradient!r}: use "
                         f"{' or '.join(map(repr, GRADIENTS))}")
    if gradient != "standard" and row.closed_form_kl:
        raise ValueError(f"gradient {gradient!r} leaves out a part of the slope of log q(z|x), "
                         f"and estimator {estimator!r} has its KL in closed form instead: use 'A' "
                         "or 'IW', or gradient 'standard'")
    if gradient == "stl" and not row.averages and samples > 1:
        raise ValueError(f"gradient 'stl' is biased with estimator {estimator!r} and {samples} "
                         "samples, since their weights depend on the encoder: use 'dreg'")


def batch_mean(bound):
    """The mean over the batch: (N,) → a scalar on the bound's device.

    This is the one line of the library that averages over examples. Times the size of the data set
    it is Algorithm 1's estimate of the bound of the whole data set.
    """
    return namespace(bound).mean(bound)  # eq. minibatch


def batch_mean_backward(d_out, bound):
    """(N,): each example's share is 1/N."""
    return namespace(bound).full_like(bound, d_out / len(bound))
