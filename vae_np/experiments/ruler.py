"""The ruler: −log p(x) of the same binarised test images, each model by the best means it has.

`measure` gives what the table needs: the estimate of each image, and how far it is to be trusted.
"""
import numpy as np

from ..datasets import binarize, default_mode, load_dataset
from ..evaluation import elbo, reconstruction, weight_uncertainty
from ..inference import ais, energy, estimates, partition, reverse_annealing
from ..inference.measures import by_importance
from ..runs import load

SAMPLES = 5000            # of an encoder's q(z|x), for each image
RECOGNITION_SAMPLES = 200  # of a DBN's q(h|x)
TEMPERATURES, CHAINS = 20_000, 100  # of AIS for log Z
CHECKED = 100             # images that are measured in a second way
AIS_TEMPERATURES = 1000   # of AIS over z, on those images
FEW_IMAGES, FEW_SAMPLES, WEIGHT_DRAWS = 1000, 1000, 20  # where training had few images


def ruler_images(data, n):
    """The first n of the ruler's images: the test set, binarised once by default_rng(0)."""
    return binarize(load_dataset(data).test, np.random.default_rng(0))[:n]


def test_images(data, n):
    """The first n test images: the ruler's; of a data set that is not binarised, as they are."""
    if default_mode(data, "bernoulli") == "none":
        return load_dataset(data).test[:n]
    return ruler_images(data, n)


def measure(model_path, method, data, images, effort, seed):
    """{"log_px": of each image, "mc_stderr": of their mean, "also": further numbers, "summary"},
    in nats. method: a key of METHODS. effort: 1 for the table, less for a quick look.
    """
    x, rng = test_images(data, images), np.random.default_rng(seed)
    log_px, mc_stderr, also = METHODS[method](load(model_path), x, data, effort, rng)
    return {"log_px": np.round(log_px.astype(float), 3).tolist(), "mc_stderr": float(mc_stderr),
            "also": {name: round(float(value), 4) for name, value in also.items()},
            "summary": f"−log p(x) {-log_px.mean():.2f} nats"}


def _importance(model, x, data, effort, rng):
    """Importance sampling with the model's encoder."""
    samples = round(SAMPLES * effort)
    one = by_importance(model, x, rng=rng, num_samples=samples)
    return one.log_px, one.mean_stderr, {"samples": samples, "ess_median": np.median(one.ess),
                                         "bound": one.details["bound"].mean()}


def _importance_and_ais(model, x, data, effort, rng):
    """The same, and on the first images AIS over z, which starts from the encoder's draws and
    corrects them where the encoder is wrong.
    """
    log_px, mc_stderr, also = _importance(model, x, data, effort, rng)
    check = ais.log_likelihood(model, x[:CHECKED], rng=rng, start="encoder",
                               num_temperatures=round(AIS_TEMPERATURES * effort))
    n = len(check.log_px)
    return log_px, mc_stderr, also | {
        "checked_images": n, "checked_nll": -log_px[:n].mean(), "ais_nll": -check.log_px.mean(),
        "ais_mc_stderr": check.mean_stderr, "ais_ess_median": np.median(check.ess)}


def _exact(model, x, data, effort, rng):
    return estimates.exact(model, x).log_px, 0.0, {}


def _reconstruction(model, x, data, effort, rng):
    """Not a likelihood."""
    return reconstruction(model, x), 0.0, {}


def _energy(model, x, data, effort, rng):
    """An RBM or a DBN: log Z by AIS, the layers below the top by importance sampling; on the first
    images RAISE, which errs on the other side.
    """
    base = partition.base_rates(model, load_dataset(data).train)
    temperatures = round(TEMPERATURES * effort) // 2
    doubled = partition.log_partition_doubled(model, base, rng=rng, num_chains=CHAINS,
                                              num_temperatures=temperatures)
    whole = doubled.twice
    estimate = energy.log_likelihood(model, x, whole.log_z, rng=rng,
                                     num_samples=RECOGNITION_SAMPLES)
    n = min(CHECKED, len(x))
    log_px = estimate.log_px
    low = reverse_annealing.log_likelihood(model, x[:n], base, rng=rng,
                                           num_temperatures=temperatures)
    return log_px, np.hypot(estimate.mean_stderr, whole.stderr), {
        "bound_nll": -estimate.details["bound"].mean(), "ess_median": np.median(estimate.ess),
        "log_z": whole.log_z, "log_z_lower": whole.lower, "log_z_upper": whole.upper,
        "temperatures": 2 * temperatures, "log_z_change": doubled.change,
        "log_z_change_stderr": doubled.stderr,
        "checked_images": n, "checked_nll": -log_px[:n].mean(), "raise_nll": -low.log_px.mean(),
        "raise_stderr": (low.log_px - log_px[:n]).std(ddof=1) / np.sqrt(n)}


def _few(model, x, data, effort, rng):
    """log p(x) of some images, and the bound."""
    x = x[:FEW_IMAGES]
    one = by_importance(model, x, rng=rng, num_samples=round(FEW_SAMPLES * effort))
    return one.log_px, one.mean_stderr, {"test_bound": elbo(model, x, rng, WEIGHT_DRAWS).mean(),
                                         "ess_median": np.median(one.ess)}


def _few_weights(model, x, data, effort, rng):
    """The same for uncertain weights: averaged over draws of them, and at their means."""
    x, samples = x[:FEW_IMAGES], round(FEW_SAMPLES * effort)

    def estimate(vae, x, rng):
        return by_importance(vae, x, rng=rng, num_samples=samples)

    one = estimates.over_weights(estimate, model, x, rng=rng, draws=WEIGHT_DRAWS)
    at_mean = estimate(model.vae_at(), x, rng)
    bounds = weight_uncertainty(model, x, rng, WEIGHT_DRAWS)
    return one.log_px, one.mean_stderr, {
        "test_bound": bounds["elbo"], "test_bound_at_mean_weights": bounds["elbo_at_mean_weights"],
        "nll_at_mean_weights": -at_mean.log_px.mean(), "weight_kl": bounds["weight_kl"],
        "weight_draws_median": np.median(one.ess)}


METHODS = {"few": _few, "few-weights": _few_weights, "importance": _importance,
           "importance-and-ais": _importance_and_ais,
           "exact": _exact, "reconstruction": _reconstruction, "energy": _energy}
