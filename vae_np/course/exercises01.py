"""The exercises of lecture 1: latent variables and the integral that we cannot do."""
import numpy as np

from ..distributions import LOG_2PI, log_sum_exp
from .answers import exercise
from .forms import Finding, Form
from .linear_gaussian import (linear_models, marginal, marginals, mean_of, plus_log_det, posterior,
                              sum_over)

# -- 1. the posterior where every pixel has a noise of its own ---------------------------------


exercise(
    "own-noise-posterior", 1, "posterior", form=Form(names=("covariance", "mean")),
    cases=linear_models, truth=posterior,
    words={"covariance": "the covariance", "mean": "the mean"}, label="ppca-posterior",
    praise="covariance and mean are those of the posterior",
    first="log p(x, z) is −½ z zᵀ − ½ Σ_d (x_d − b_d − (zW)_d)²/noise_d plus a constant. Multiply "
          "the squares out and collect what is quadratic in z, then what is linear.",
    default={"covariance": "covariance", "mean": "mean"},
    says={"precision": "is the inverse of the right one", "prior": "lacks the prior's part",
          "std": "takes the noise for a standard deviation, or for a precision",
          "shared-noise": "has one noise for all pixels", "diagonal": "has a diagonal alone",
          "offset": "is that for b = 0", "unweighted": "has another weight for each pixel",
          "shrunk": "is not multiplied by the covariance, or by another matrix",
          "no-noise": "does not divide by the noise"},
    own={"precision": [lambda x, W, b, noise: {
             "covariance": np.eye(len(W)) + W / noise @ W.T}],
         "prior": [lambda **case: {"covariance": posterior(**case, prior=0.0)["covariance"]},
                   lambda **case: {"mean": posterior(**case, prior=0.0)["mean"]}],
         "std": [sum_over(lambda noise: noise**-2), sum_over(lambda noise: noise),
                 sum_over(lambda noise: noise**-0.5), sum_over(lambda noise: noise**2)],
         "shared-noise": [sum_over(lambda noise: np.full_like(noise, 1 / noise.mean())),
                          sum_over(lambda noise: np.full_like(noise, (1 / noise).mean()))],
         "no-noise": [sum_over(np.ones_like)],
         "diagonal": [lambda x, W, b, noise: {"covariance": np.diag(
                          1 / (1 + np.sum(W * W / noise, axis=1)))},
                      lambda **case: {"covariance": np.diag(np.diag(
                          posterior(**case)["covariance"]))}],
         "offset": [mean_of(lambda x, b, noise: x / noise),
                    mean_of(lambda x, b, noise: (x + b) / noise)],
         "unweighted": [mean_of(lambda x, b, noise: x - b),
                        mean_of(lambda x, b, noise: (x - b) * noise),
                        mean_of(lambda x, b, noise: (x - b) / noise**2),
                        mean_of(lambda x, b, noise: (x - b) / noise.mean())],
         "shrunk": [lambda x, W, b, noise: {"mean": (x - b) / noise @ W.T},
                    lambda x, W, b, noise: {"mean": (x - b) / noise @ W.T @ (
                        np.eye(len(W)) + W / noise @ W.T)}]},
    hints={
        "precision": ("What stands between the two rows in the exponent is the precision. What is "
                      "asked for?", "ppca-posterior"),
        "prior": ("Without data the posterior is the prior. What is left of your precision when "
                  "the noise is infinite?", "ppca-posterior"),
        "std": ("`noise` holds variances. With which power does a variance stand in the exponent "
                "of a normal density?", "ppca-posterior"),
        "no-noise": ("A pixel with much noise should count little. Where does each pixel's noise "
                     "stand in the exponent?", "ppca-posterior"),
        "shared-noise": ("Each pixel's square is divided by a noise of its own, so it has to "
                         "stay inside the sum over the pixels.", "ppca-posterior"),
        "diagonal": ("Do two rows of W that overlap say something about two codes together? "
                     "Where does z_i z_j stand when the square is multiplied out?",
                     "ppca-posterior"),
        "covariance": ("Multiply the squares out. Which matrix stands between z and its "
                       "transpose, and what becomes of the sum over the pixels in it?",
                       "ppca-posterior"),
        "offset": ("What is the posterior mean of an example that lies at the centre b?",
                   "ppca-posterior"),
        "unweighted": ("In the linear term each pixel's distance from b has a weight. Which one "
                       "has it in the exponent?", "ppca-posterior"),
        "shrunk": ("m times the precision is what the linear term says. What must be done to get "
                   "m itself?", "ppca-posterior"),
        "mean": ("Collect what is linear in z, and compare with m times the precision times z.",
                 "ppca-posterior")})


# -- 2. a log-mean-exp that survives -----------------------------------------------------------

def _log_weights(rng):
    """Ordinary logarithms; far below and above what exp can do; columns far from each other."""
    for k, n, centre, spread in ((6, 4, 0.0, 1.0), (50, 3, -3000.0, 3.0), (9, 7, 2500.0, 2.0),
                                 (20, 5, 0.0, 1.0), (30, 2, 50.0, 400.0), (1, 6, 2.0, 3.0)):
        shift = np.linspace(-1500.0, 1500.0, n) if k == 20 else 0.0
        yield {"log_weights": centre + shift + spread * rng.normal(size=(k, n))}, {
            "L": k, "N": n}


def _log_mean(log_weights):
    return log_sum_exp(log_weights)[0] - np.log(len(log_weights))


def _weights_of_zero(call, rng):
    """Some weights that are 0, and examples all of whose weights are."""
    log_weights = rng.normal(-300.0, 2.0, size=(8, 4))
    log_weights[2:5, 1] = -np.inf
    log_weights[:, 2] = -np.inf
    yours, right = call({"log_weights": log_weights})[""], _log_mean(log_weights)
    if yours[2] != -np.inf:
        raise Finding("all-zero", "where all weights of an example are 0, their logarithms −∞, "
                      f"the mean is 0 and its logarithm −∞; yours is {yours[2]:.4g}.")
    if not np.allclose(np.delete(yours, 2), np.delete(right, 2), rtol=1e-6):
        raise Finding("some-zero", "where some weights of an example are 0, and others are not, "
                      f"it should be {right[1]:.6g}, yours is {yours[1]:.6g}.")


exercise(
    "log-mean-exp", 1, "log_mean_exp", cases=_log_weights, truth=_log_mean,
    further=_weights_of_zero, words={"": "the logarithm of the mean"}, label="log-mean-exp",
    praise="it survives weights that are tiny, huge, or 0",
    first="for any t, log Σ_k e^{a_k} = t + log Σ_k e^{a_k − t}. Which t makes the largest "
          "exponent 0, and has each example the same one?",
    default={"": "formula"},
    says={"mean-of-logs": "is the mean of the logarithms", "sum": "is that of the sum",
          "largest": "has the largest weight alone", "batch": "mixes the examples",
          "top": "lacks what was taken out of the sum, or has it with a minus"},
    own={"mean-of-logs": [lambda log_weights: np.mean(log_weights, axis=0)],
         "sum": [lambda log_weights: log_sum_exp(log_weights)[0],
                 lambda log_weights: log_sum_exp(log_weights)[0] + np.log(len(log_weights)),
                 lambda log_weights: log_sum_exp(log_weights)[0] - np.log(
                     log_weights.shape[1])],
         "top": [lambda log_weights, times=times: _log_mean(log_weights) - times * log_weights.max(
             axis=0) for times in (1, 2)],
         "largest": [lambda log_weights: log_weights.max(axis=0),
                     lambda log_weights: log_weights.max(axis=0) - np.log(len(log_weights))],
         "batch": [lambda log_weights: np.full(log_weights.shape[1], log_sum_exp(
                       log_weights.ravel())[0] - np.log(log_weights.size)),
                   lambda log_weights: np.full(log_weights.shape[1], log_sum_exp(
                       log_weights.ravel())[0] - np.log(len(log_weights)))]},
    hints={
        "mean-of-logs": ("Which comes first, the mean or the logarithm? By Jensen's inequality "
                         "yours is too low.", "prior-average"),
        "sum": ("A mean is a sum divided by a number of terms. What does that division become "
                "under the logarithm?", "log-mean-exp"),
        "largest": ("The largest term is taken out of the sum, and the others are still in it. "
                    "What is left under the logarithm?", "log-sum-exp"),
        "top": ("A factor was taken out of the sum so that nothing overflows. What becomes of a "
                "factor under the logarithm?", "log-sum-exp"),
        "batch": ("Each column is an example. Over which axis is the mean?", "log-mean-exp"),
        "shape": ("Each column is an example, each row a draw. Which axis does the mean run "
                  "over, and which one stays?", "log-mean-exp"),
        "nonfinite": ("The exponential of −3000 is 0 in a float, that of 2500 is infinite. What "
                      "can be taken out of the sum first? And is it one number for all examples?",
                      "log-sum-exp"),
        "range": ("A floor or a clip makes numbers finite, and wrong. Nothing has to be clipped "
                  "if the largest term is taken out first.", "log-sum-exp"),
        "all-zero": ("−∞ minus −∞ is no number. What may be taken out instead where the largest "
                     "logarithm is −∞?", "log-sum-exp"),
        "some-zero": ("A weight of 0 counts in the number of draws, and adds nothing to the sum.",
                      "log-mean-exp"),
        "formula": ("Write down the mean first, then its logarithm, then take the largest term "
                    "out.", "log-mean-exp")})


# -- 3. how many draws of the prior for a useful one -------------------------------------------

def _gaussian_posteriors(rng):
    """Several sizes; some codes of which the data say nothing, mean 0 and variance 1."""
    for n, z, narrow in ((6, 3, 3.0), (2, 5, 2.0), (9, 1, 5.0), (20, 2, 6.0), (7, 7, 1.0),
                         (4, 1, 3.0)):
        mean, variance = 2 * rng.normal(size=(n, z)), np.exp(-narrow * rng.random((n, z)))
        mean[0], variance[-1] = 0.0, 1.0
        yield {"mean": mean, "variance": variance}, {"N": n, "Z": z}


def _kl(mean, variance):
    return 0.5 * np.sum(mean**2 + variance - 1 - np.log(variance), axis=-1)


def _log_rho(mean, variance, square=1.0, width=1.0):
    return np.sum(square * mean**2 / (2 - variance)
                  - 0.5 * width * np.log(variance * (2 - variance)), axis=-1)


def _rho(function):
    return lambda mean, variance: {"exact": np.sum(function(mean, variance), axis=-1)}


exercise(
    "draws-for-a-useful-one", 1, "predict_log_draws", cases=_gaussian_posteriors,
    form=Form(rows=("KL", "exact")), hides=("exact",),
    truth=lambda mean, variance: np.array([_kl(mean, variance), _log_rho(mean, variance)]),
    words={"KL": "the KL", "exact": "log ρ"}, label="useful-draws",
    praise="log ρ is never below the KL, and both are yours",
    first="in one dimension ρ = ∫ N(z; μ, σ²)² / N(z; 0, 1) dz. Write the exponent as a quadratic "
          "in z, complete the square as in section 3, and mind the factors in front.",
    default={"KL": "kl", "exact": "rho"},
    says={"kl": "is not the mean of log p(z|x) − log p(z)", "reverse": "has its arguments swapped",
          "same": "is the KL", "mean-part": "is right but for the part with the mean",
          "width": "is right but for the part that has the variance alone",
          "other-density": "is that of another mean than the posterior's",
          "product": "adds or averages ρ over the dimensions before the logarithm"},
    own={"reverse": [lambda mean, variance: {"KL": 0.5 * np.sum(
             (1 + mean**2) / variance - 1 + np.log(variance), axis=-1)}],
         "kl": [lambda mean, variance: {"KL": 0.5 * np.sum(
                    mean**2 + variance - np.log(variance), axis=-1)},
                lambda mean, variance: {"KL": 0.5 * np.sum(
                    mean**2 + variance - 1 + np.log(variance), axis=-1)},
                lambda mean, variance: {"KL": 0.5 * np.sum(
                    mean**2 + variance - 1 - 0.5 * np.log(variance), axis=-1)},
                lambda mean, variance: {"KL": 0.5 * np.sum(
                    mean**2 + variance - 1 - 2 * np.log(variance), axis=-1)},
                lambda mean, variance: {"KL": 0.5 * np.sum(
                    mean**2 + np.sqrt(variance) - 1 - np.log(variance), axis=-1)}],
         "product": [lambda mean, variance, over=over: {"exact": np.log(over(np.exp(
             mean**2 / (2 - variance)) / np.sqrt(variance * (2 - variance)), axis=-1))}
                     for over in (np.sum, np.mean)],
         "same": [lambda mean, variance: {"exact": _kl(mean, variance)}],
         "mean-part": [lambda mean, variance, part=part: {"exact": _log_rho(
                           mean, variance, part)} for part in (0.0, 0.5, 2.0, -1.0)] + [
                       _rho(lambda mean, variance, part=part: part(mean, variance)
                            - 0.5 * np.log(variance * (2 - variance))) for part in (
                           lambda m, v: 0.5 * m**2, lambda m, v: m**2,
                           lambda m, v: m**2 / v, lambda m, v: 0.5 * m**2 / v,
                           lambda m, v: m**2 / (2 * v - v**2))],
         "width": [lambda mean, variance, part=part: {"exact": _log_rho(
                       mean, variance, 1.0, part)} for part in (0.0, 2.0, -1.0)] + [
                   _rho(lambda mean, variance, part=part: mean**2 / (2 - variance)
                        - 0.5 * np.log(part(variance))) for part in (
                       lambda v: v, lambda v: 2 * v, lambda v: 2 - v, lambda v: v / (2 - v),
                       lambda v: v**2, lambda v: v**2 * (2 - v))],
         "other-density": [_rho(lambda mean, variance: mean**2 / (1 + 2 * variance)),
                           _rho(lambda m, v: 0.5 * np.log(v) - 0.5 * np.log(2 - v))]},
    hints={
        "swapped": ("One of the two is never above the other, by Jensen's inequality.",
                    "useful-draws"),
        "reverse": ("Over which of the two densities is the mean taken? The KL of lecture 0, with "
                    "the posterior in the place of q.", "useful-draws"),
        "kl": ("The mean of log p(z|x) − log p(z) over the posterior: three terms, of which one "
               "is a constant.", "useful-draws"),
        "same": ("That is the lower bound. Jensen's inequality is an equality only where the "
                 "ratio of the two densities is constant.", "useful-draws"),
        "mean-part": ("Set σ² = ½ and look at the exponent: 2(z − μ)² − ½z². Where is its "
                      "minimum, and what is its value there?", "useful-draws"),
        "width": ("Set μ = 0. What is the integral of e^{−c z²}, and which factors stand in "
                  "front of the two normal densities?", "useful-draws"),
        "other-density": ("Is the mean taken over the prior or over the posterior, and of which "
                          "ratio?", "useful-draws"),
        "product": ("What do independent dimensions do to a mean of a ratio of densities: add, "
                    "average or multiply?", "useful-draws"),
        "approximate": ("Predict, do not measure: a measured ρ is right to a percent or so, "
                        "and wrong altogether where it is large.", "useful-draws"),
        "rho": ("It is the mean of a ratio of two normal densities over one of them: an integral "
                "of the exponential of a quadratic. Complete the square.", "useful-draws")})


# -- 4. the marginal that is right only when W is square ---------------------------------------

exercise(
    "marginal-when-not-square", 1, "log_marginal", cases=marginals, truth=marginal,
    words={"": "log p(x)"}, label="ppca-marginal",
    praise="the density integrates to 1, whatever the shape of W",
    first="section 3 has it at x = b: log det C is log det Λ plus a term. Each eigenvalue of C "
          "beyond those of WᵀW is τ²: how many are there?",
    default={"": "marginal"},
    says={"small": "has the determinant of the small matrix, without what is missing there",
          "log-det": "has no log det C, or another multiple of it",
          "std": "takes τ² for τ, or τ for τ²", "offset": "is that for b = 0",
          "noise-lost": "lacks the noise, or the code's part", "dimension": "counts the codes "
          "where it should count the pixels", "distance": "is right but for the distance"},
    own={"small": [plus_log_det(lambda W, tau2, log_det: -2 * (W.shape[1] - len(W))
                                * np.log(tau2)),
                   plus_log_det(lambda W, tau2, log_det: -(W.shape[1] - len(W)) * np.log(tau2)),
                   plus_log_det(lambda W, tau2, log_det: -W.shape[1] * np.log(tau2)),
                   plus_log_det(lambda W, tau2, log_det: -len(W) * np.log(tau2)),
                   plus_log_det(lambda W, tau2, log_det: (len(W) - W.shape[1])
                                 * np.log(tau2) / 2),
                   plus_log_det(lambda W, tau2, log_det: (len(W) - 2 * W.shape[1])
                                 * np.log(tau2))],
         "log-det": [plus_log_det(lambda W, tau2, log_det: -log_det),
                     plus_log_det(lambda W, tau2, log_det: log_det),
                     plus_log_det(lambda W, tau2, log_det: -2 * log_det),
                     plus_log_det(lambda W, tau2, log_det: -0.5 * log_det)],
         "std": [lambda x, W, b, tau2: marginal(x, W, b, tau2**2),
                 lambda x, W, b, tau2: marginal(x, W, b, tau2**0.5)],
         "offset": [lambda x, W, b, tau2: marginal(x, W, 0 * b, tau2)],
         "noise-lost": [lambda x, W, b, tau2: marginal(x, W, b, tau2, prior=0.0)],
         "dimension": [lambda x, W, b, tau2: marginal(x, W, b, tau2) + 0.5 * LOG_2PI * (
             W.shape[1] - len(W))],
         "distance": [lambda x, W, b, tau2: marginal(x, W, b, tau2) + 0.5 * np.sum(
                          (x - b) @ np.linalg.inv(W.T @ W + tau2 * np.eye(W.shape[1]))
                          * (x - b), axis=-1),
                      lambda x, W, b, tau2: marginal(x, W, b, tau2) + 0.5 * np.sum(
                          (x - b) @ np.linalg.inv(W.T @ W + tau2 * np.eye(W.shape[1]))
                          * (x - b), axis=-1) - 0.5 * np.sum((x - b)**2, axis=-1) / tau2]},
    hints={
        "small": ("At x = b, compare the two forms of log p(x) in section 3. What does the large "
                  "determinant have that the small one has not?", "ppca-marginal"),
        "log-det": ("Which power of the determinant stands in front of a Gaussian density, and "
                    "with which sign is its logarithm here?", "ppca-marginal"),
        "std": ("`tau2` is a variance already.", "ppca-marginal"),
        "offset": ("What is the mean of x?", "ppca-marginal"),
        "noise-lost": ("x is a sum of two independent parts. What does each add to the "
                       "covariance?", "ppca-marginal"),
        "dimension": ("The density is one of x. How many numbers does x have?", "ppca-marginal"),
        "distance": ("The squared distance is measured by the inverse of the whole covariance.",
                     "ppca-marginal"),
        "tau2": ("For some variances it is right, for others not. With which power does τ² "
                 "enter a determinant of D rows?", "ppca-marginal"),
        "marginal": ("Write down the covariance of x, D rows and D columns, and the density of a "
                     "Gaussian with that covariance.", "ppca-marginal")})
