"""How good a model is: the bound, log p(x) with its error, and which latents are in use.

How each kind of model is measured stands in its row of `catalogue`. The bound is always taken
with z sampled from q. At z = μ it would be no bound.
"""
import math

import numpy as np

from .averages import elbo, latent_use, predictions, reconstruction
from .backend import check_generator
from .catalogue import CLASSIFIER, ENCODER, kind_of
from .inference.estimates import stderr_of_mean
from .inference.hmc import check_counts
from .inference.measures import (BLOCKS_ON_DEVICE, IMAGES_PER_BLOCK, SAMPLES_ON_DEVICE,
                                 SAMPLES_PER_BLOCK)
from .labels import UNLABELLED, labels_of
from .models.base import named

__all__ = ["ACTIVE_THRESHOLD", "BLOCKS_ON_DEVICE", "IMAGES_PER_BLOCK", "SAMPLES_ON_DEVICE",
           "SAMPLES_PER_BLOCK", "elbo", "evaluate", "latent_use", "log_likelihood",
           "reconstruction", "weight_uncertainty"]

ACTIVE_THRESHOLD = 0.01  # Burda et al. 2015, §5.2


def measure_of(model):
    """How log p(x) of the model is measured: its kind's `inference.measures.Measure`.

    Raises ValueError for a kind that has no likelihood.
    """
    kind = kind_of(model)
    if kind.measure is None:
        raise ValueError(f"{named(model)} has no likelihood to evaluate: {kind.summary}")
    return kind.measure


def log_likelihood(model, x, *, rng, num_samples=5000, return_ess=False, on_block=None):
    """log p(x) of each example, by the means that the model's kind has, and its error.

    x (N, D) → (log_px, mc_stderr), each (N,), nats: the estimates, and their Monte Carlo standard
    errors. With return_ess a third array holds how many independent draws each rests on.

    With an encoder: importance sampling with num_samples draws, too low on average by about
    mc_stderr²/2. Without one: annealed importance sampling, which errs the same way, with chains
    of its own number. A mixture: exact. An RBM or a DBN: with an estimate of log Z, whose error is
    in every mc_stderr and the same for all examples. `inference.measures` has the ways.

    on_block(n) is called now and then with the number of examples done. Raises ValueError or
    TypeError for bad data, and ValueError for a model without a likelihood.
    """
    one = _estimate(model, x, rng, num_samples, on_block)
    mc_stderr = np.hypot(one.mc_stderr, one.common_stderr) if one.common_stderr else one.mc_stderr
    return (one.log_px, mc_stderr, one.ess) if return_ess else (one.log_px, mc_stderr)


def _estimate(model, x, rng, num_samples, on_block):
    check_counts(num_samples=num_samples)
    return measure_of(model).estimate(model, x, rng=check_generator(rng), num_samples=num_samples,
                                      on_block=on_block)


def weight_uncertainty(model, x, rng, samples=10, batch_size=500):
    """What uncertain weights do to the bound of new examples: x (N, D), a FullVB → JSON values.

    {"elbo", "elbo_stderr": E over q(θ) of the bound; "elbo_at_mean_weights",
    "elbo_at_mean_weights_stderr": the same with the means for weights, as one VAE; "weight_kl":
    KL( q(θ) ‖ p(θ) ) of all the weights, nats; "n", "samples"}. Means per example in nats over
    `samples` draws; _stderr is the spread over examples / √n.
    """
    drawn = elbo(model, x, rng, samples, batch_size=batch_size)
    at_mean = elbo(model.vae_at(), x, rng, samples, batch_size=batch_size)
    return {"elbo": float(drawn.mean()), "elbo_stderr": _stderr(drawn),
            "elbo_at_mean_weights": float(at_mean.mean()),
            "elbo_at_mean_weights_stderr": _stderr(at_mean),
            "weight_kl": float(model.weight_kl()), "n": len(x), "samples": samples}


def evaluate(model, x, *, rng, num_samples=5000, on_block=None):
    """All of the above as one JSON object, means per example in nats. on_block: log_likelihood's.

    {"elbo", "elbo_stderr", "elbo_median", "method", "nll", "nll_stderr", "nll_mc_stderr",
    "ess_median", "n", "num_samples", "active_units", "kl", "kl_per_dim"}. nll_stderr is the spread
    over images / √n; nll_mc_stderr the Monte Carlo noise of the mean alone.

    A model without an encoder has no bound, no KL and no active units. "kl" and "kl_per_dim" are
    missing where KL( q(z|x) ‖ p(z) ) has no closed form; the bound is then estimator A's. "method"
    says how log p(x) was measured; num_samples counts what it took, importance samples or chains.
    "log_z" and "log_z_stderr" come with an RBM or a DBN, and "ess_median" is None where the value
    is exact.

    A model that is told labels takes rows x (N, D + C), `model.rows(x, labels)`. Of one with a
    classifier all of this is about rows whose label is hidden, and "accuracy" and
    "accuracy_stderr" say how often it guesses the label, where all rows have one. Of one that is
    given the label, "given" is "label" and the numbers are of p(x|y), not comparable with those
    of p(x); "nll_any_label" is −log p(x), the labels summed over, with an error of its own.
    Raises ValueError for a model without a likelihood.
    """
    measure = measure_of(model)
    x, guessed = model.check_data(x, "x"), {}
    if CLASSIFIER in kind_of(model).has:
        guessed, x = _guesses(model, x), model.without_labels(x)
    encoder = ENCODER in kind_of(model).has
    bound = _bound(model, x, rng) if encoder else {}
    use = _use(model, x) if encoder else {}
    one = _estimate(model, x, rng, num_samples, on_block)
    return {**bound, **_likelihood(measure, one, num_samples), **use, **guessed}


def _guesses(model, x):
    """How often the classifier is right; {} where not every row has a label."""
    labels = labels_of(x, model.labels)
    if (labels == UNLABELLED).any():
        return {}
    right = (predictions(model, x) == labels).astype(np.float64)
    return {"accuracy": float(right.mean()), "accuracy_stderr": _stderr(right)}


def _bound(model, x, rng):
    bound = elbo(model, x, rng)
    return {"elbo": float(bound.mean()), "elbo_stderr": _stderr(bound),
            "elbo_median": float(np.median(bound))}


def _use(model, x):
    activity, kl = latent_use(model, x)
    used = {"active_units": int((activity > ACTIVE_THRESHOLD).sum())}
    if kl is None:
        return used
    return {**used, "kl": float(kl.sum()), "kl_per_dim": [round(float(k), 4) for k in kl]}


def _likelihood(measure, one, num_samples):
    """What evaluate says of log p(x), from an Estimate."""
    ess, log_z = float(np.median(one.ess)), {}
    if "log_z" in one.details:
        log_z = {"log_z": float(one.details["log_z"][0]), "log_z_stderr": one.common_stderr}
    any_label = {}
    if "log_px" in one.details:
        any_label = {"given": "label", "nll_any_label": float(-one.details["log_px"].mean()),
                     "nll_any_label_stderr": _stderr(one.details["log_px"]),
                     "nll_any_label_mc_stderr": stderr_of_mean(one.details["log_px_mc_stderr"])}
    return {"method": measure.name, "nll": float(-one.log_px.mean()),
            "nll_stderr": _stderr(one.log_px), "nll_mc_stderr": one.mean_stderr,
            "ess_median": None if ess == math.inf else ess, "n": len(one.log_px),
            "num_samples": num_samples if measure.samples is None else measure.samples, **log_z,
            **any_label}


def _stderr(values):
    """The standard error of the mean; None where one example leaves no spread to see."""
    return float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else None
