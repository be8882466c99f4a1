"""How good a model is: the bound, log p(x) with its error, and which latents are in use.

How each kind of model is measured stands in its row of `catalogue`. The bound is always taken
with z sampled from q. At z = μ it would be no bound.
"""
import math

import numpy as np

from .averages import elbo, latent_use, layer_use, predictions, reconstruction
from .backend import check_generator, to_host
from .blocks import in_blocks
from .catalogue import CLASSIFIER, ENCODER, LABELS, LAYERS, SAMPLES, kind_of
from .inference import imputation
from .inference.estimates import stderr_of_mean
from .inference.hmc import check_counts
from .inference.measures import (BLOCKS_ON_DEVICE, EXACT, IMAGES_PER_BLOCK, SAMPLES_ON_DEVICE,
                                 SAMPLES_PER_BLOCK)
from .labels import UNLABELLED, labels_of
from .models.base import named
from .posteriors import DiagonalGaussian

__all__ = ["ACTIVE_THRESHOLD", "BLOCKS_ON_DEVICE", "IMAGES_PER_BLOCK", "SAMPLES_ON_DEVICE",
           "SAMPLES_PER_BLOCK", "elbo", "encode", "evaluate", "impute", "latent_use",
           "log_likelihood", "reconstruct", "reconstruction", "score", "weight_uncertainty",
           "with_missing"]

ROWS = 500         # rows that are encoded at a time; each such block has noise of its own
FILL_DRAWS = 1000  # of the model, whose mean stands in for missing entries
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


def score(model, x, *, rng, num_samples=500, on_block=None):
    """One line for each row of x (N, D): {column: (N,)}, nats.

    "log_px" is log p(x) and "mc_stderr" its Monte Carlo error, by the means that the model's kind
    has: see `log_likelihood`. "bound" and "bound_stderr" are there where the kind has an encoder:
    the mean of log p(x, z) − log q(z|x) over the same draws, and its error. "ess": how many
    independent draws log_px rests on; infinite where it is exact. "common_stderr" is there for an
    RBM or a DBN: the error of log Z, the same in every row. It shifts all log_px together, so it
    matters for their height and not for their order.

    A low log_px marks a row that the model finds unlikely. Two rows compare fairly where the same
    entries are observed in both. Where their gaps differ they do not: the density of more entries
    is another density. Raises as `log_likelihood` does.
    """
    one = _estimate(model, x, rng, num_samples, on_block)
    columns = {"log_px": one.log_px, "mc_stderr": one.mc_stderr}
    if ENCODER in kind_of(model).has:
        columns |= {name: one.details[name] for name in ("bound", "bound_stderr")
                    if name in one.details}
    columns["ess"] = one.ess
    if one.common_stderr:
        columns["common_stderr"] = np.full(len(one.log_px), one.common_stderr)
    return columns


def with_missing(model):
    """The same model for data in which NaN marks a missing entry. What measures a model takes it:
    all densities and bounds are then those of the observed entries.

    It assumes that entries are missing at random: see `observed`. Where one is missing the encoder
    sees the model's own mean of it, over a thousand draws. Raises ValueError for a kind of model
    that cannot leave entries out.
    """
    model.seeing(np.ones((1, model.x_dim), bool))
    if SAMPLES not in kind_of(model).has:
        raise ValueError(f"{named(model)} has no density, so none of the observed part alone")
    means = model.certain().sample_mean(FILL_DRAWS, np.random.default_rng(0))
    return model.incomplete(to_host(means).mean(axis=0, dtype=np.float64))


def impute(model, x, *, rng, num_samples=500, draws=0, on_block=None):
    """What is missing in x (N, D), NaN there, from what was observed: `inference.imputation`'s
    Imputed, whose mean and std are about every entry.

    model: with or without `with_missing`. Importance resampling where the kind has an encoder,
    exact where it is a mixture. Raises ValueError for other kinds and for bad data.
    """
    kind = kind_of(model)
    if ENCODER not in kind.has and kind.measure is not EXACT:
        raise ValueError(f"{named(model)} cannot fill in missing entries: it has neither an "
                         "encoder, which proposes what they depend on, nor the exact answer")
    how = imputation.by_resampling if ENCODER in kind.has else imputation.exactly
    return how(with_missing(model) if model.fill is None else model, x, rng=check_generator(rng),
               num_samples=num_samples, draws=draws, on_block=on_block)


def encode(model, x, *, rng=None, draws=0, on_block=None):
    """q(z|x) of each row of x (N, D), in numbers: {name: array with N rows}.

    A Gaussian q has "mean" and "std", (N, Z). Another one has a "centre", (N, Z): of a flow, what
    it makes of its Gaussian's mean, which is not the mean of q. With draws there is "draws", (N,
    draws, Z), z ~ q, which stand for any q; they need rng. A model with uncertain weights is taken
    at their means. Raises ValueError for a kind without an encoder.
    """
    def of(q, model, x):
        if isinstance(q, DiagonalGaussian):
            return {"mean": q.mean, "std": np.exp(0.5 * to_host(q.logvar))}
        return {"centre": q.mean}

    return _by_posterior(model, x, rng, draws, on_block, of, lambda model, z, x: z)


def reconstruct(model, x, *, rng=None, draws=0, on_block=None):
    """What the decoder makes of each row's code: x (N, D) → {"mean": (N, D)}, the mean of p(x|z)
    at q's mean, or at a flow's centre: see `encode`. With draws "draws", (N, draws, D), beside it:
    the means of p(x|z) at as many z ~ q. Raises as `encode`.
    """
    return _by_posterior(model, x, rng, draws, on_block,
                         lambda q, model, x: {"mean": _decode(model, q.mean, x)}, _decode)


def _decode(model, z, x):
    """The means of p(x|z), with the labels of the rows where the decoder is told any."""
    told = {"labels": model.labels_of(x)} if LABELS in kind_of(model).has else {}
    return model.decode(z, **told)


def _by_posterior(model, x, rng, draws, on_block, of, of_draws):
    """of(q, model, x) of each block of x, and of_draws(model, z, x) of draws z ~ q beside it."""
    if ENCODER not in kind_of(model).has:
        raise ValueError(f"{named(model)} has no encoder q(z|x): there is nothing to encode or "
                         "reconstruct with")
    x, rng = model.check_data(x, "x"), np.random.default_rng(0) if rng is None else rng

    def block(x, rng):
        seen, x = model.reading(x)
        seen = seen.certain()
        q = seen.posterior(x)
        found = of(q, seen, x)
        if draws:
            z = q.sample(seen.noise(rng, len(x), draws))[0]
            found["draws"] = np.moveaxis(to_host(of_draws(seen, z, x)), 0, 1)
        return found

    return in_blocks(block, x, ROWS, check_generator(rng), on_block)


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
    missing where KL( q(z|x) ‖ p(z) ) has no closed form; the bound is then estimator A's. A model
    with several layers of latents has "layers", from the one next to x upward, each {"z_dim",
    "active_units", "kl", "kl_stderr"}. "method" says how log p(x) was measured; num_samples counts
    what it took, importance samples or chains. "log_z" and "log_z_stderr" come with an RBM or a
    DBN, and "ess_median" is None where the value is exact.

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
    if LAYERS in kind_of(model).has:
        use |= _use_of_layers(model, x, rng)
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


def _use_of_layers(model, x, rng):
    """{"layers": [{"z_dim", "active_units", "kl", "kl_stderr"}, …]}, from z₁ upward."""
    activity, kl = layer_use(model, x, rng)
    return {"layers": [{"z_dim": len(one), "active_units": int((one > ACTIVE_THRESHOLD).sum()),
                        "kl": float(nats.mean()), "kl_stderr": _stderr(nats)}
                       for one, nats in zip(activity, kl.T, strict=True)]}


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
