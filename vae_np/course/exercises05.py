"""The exercises of lecture 5: the Gaussian KL, estimators A and B."""
import numpy as np

from ..distributions import kl_standard_normal
from . import bounds
from .answers import exercise
from .bounds import bound_cases, bound_of, kl_of, pixels_of
from .forms import Form
from .near_prior import codes_near_the_prior, kl_to_all_digits, near_or_far


# -- 1. a backward -----------------------------------------------------------------------------

def kl_between(mean, logvar, prior_mean, prior_logvar):
    """KL( N(mean, e^logvar) ‖ N(prior_mean, e^prior_logvar) ): (N, Z), (N, Z), (Z,), (Z,) → (N,).
    """
    distance = (mean - prior_mean) ** 2 * np.exp(-prior_logvar)
    ratio = logvar - prior_logvar
    return 0.5 * np.sum(distance + np.exp(ratio) - 1 - ratio, axis=-1)


def _two_gaussians(rng):
    """Several sizes; slopes from above that are all 1, or 2; m or t or both that are 0."""
    for (n, z), spread in (((7, 3), 1.0), ((2, 5), 2.0), ((9, 1), 1.0), ((12, 4), 2.5),
                           ((6, 2), 1.0), ((5, 8), 3.0), ((3, 1), 1.0), ((4, 6), 1.0),
                           ((10, 7), 3.0)):
        yield {"d_out": np.full(n, 1.0 + (n == 4)) if n in (6, 4) else rng.normal(size=n),
               "mean": spread * rng.normal(size=(n, z)),
               "logvar": spread * rng.normal(size=(n, z)),
               "prior_mean": (n not in (9, 12)) * spread * rng.normal(size=z),
               "prior_logvar": (n not in (9, 5)) * spread * rng.normal(size=z)}, {"N": n, "Z": z}


def _slopes(d_out, mean, logvar, prior_mean, prior_logvar, summed=np.sum):
    d, precision = d_out[:, None], np.exp(-prior_logvar)
    d_mean = d * (mean - prior_mean) * precision
    d_logvar = 0.5 * d * np.expm1(logvar - prior_logvar)
    distance = 0.5 * d * (mean - prior_mean) ** 2 * precision
    return {"mean": d_mean, "logvar": d_logvar, "prior_mean": summed(-d_mean, axis=0),
            "prior_logvar": summed(-d_logvar - distance, axis=0)}


def _pieces(d_out, mean, logvar, prior_mean, prior_logvar):
    """The three terms of the slope in prior_logvar, each summed: distance, ratio, logarithm."""
    d = d_out[:, None]
    return tuple(np.sum(d * piece, axis=0) for piece in (
        -0.5 * (mean - prior_mean) ** 2 * np.exp(-prior_logvar),
        -0.5 * np.exp(logvar - prior_logvar), 0.5 * np.ones_like(mean)))


def _combined(*weights):
    return lambda **case: {"prior_logvar": sum(
        weight * piece for weight, piece in zip(weights, _pieces(**case)))}


exercise(
    "kl-between-gaussians", 5, "kl_between_backward", cases=_two_gaussians, forward=kl_between,
    form=Form(names=("mean", "logvar", "prior_mean", "prior_logvar")), truth=_slopes,
    label="kl-gaussian-gradient", praise="the four gradients agree with ours",
    first="take one dimension, ½[(μ − m)² e^−t + e^(s − t) − 1 − s + t], and differentiate it in "
          "one letter at a time. Sum over examples at the end, where they share a letter.",
    default={"prior_logvar": "prior_logvar", "": "gradient"},
    features={"|`logvar` − `prior_logvar`|": lambda logvar, prior_logvar, **rest: np.abs(
                  logvar - prior_logvar),
              "|`mean` − `prior_mean`|": lambda mean, prior_mean, **rest: np.abs(
                  mean - prior_mean)},
    says={"standard": "is that for the prior N(0, 1)",
          "variance": "is the slope in the variance, not in its logarithm",
          "factor": "has another factor in front",
          "upstream": "has the slope from above in one of its terms alone, or twice",
          "prior_logvar-sign": "has a wrong sign in one of its three terms or more",
          "prior_logvar": "lacks one of its three terms, or has one with another factor",
          "shape": "is a mean over the examples"},
    own={"standard": [
             lambda d_out, mean, **rest: {"mean": d_out[:, None] * mean},
             lambda d_out, logvar, **rest: {"logvar": 0.5 * d_out[:, None] * np.expm1(logvar)}],
         "factor": [lambda **case: {"mean": 0.5 * _slopes(**case)["mean"],
                                    "prior_mean": 0.5 * _slopes(**case)["prior_mean"]},
                    lambda **case: {"mean": 2 * _slopes(**case)["mean"],
                                    "logvar": 2 * _slopes(**case)["logvar"]}],
         "upstream": [lambda d_out, logvar, prior_logvar, **rest: {"logvar": 0.5 * (
             d_out[:, None] * np.exp(logvar - prior_logvar) - 1)},
                      lambda **case: _slopes(**{**case, "d_out": case["d_out"] ** 2})],
         "prior_logvar-sign": [_combined(*signs) for signs in (
             (-1, -1, -1), (1, 1, -1), (-1, 1, 1), (1, -1, 1), (-1, 1, -1), (1, 1, 1),
             (1, -1, -1))],
         "prior_logvar": [_combined(*kept) for kept in (
             (0, 1, 1), (1, 0, 1), (1, 1, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (2, 1, 1),
             (1, 2, 1), (1, 1, 2))],
         "variance": [lambda **case: {"prior_logvar": _slopes(**case)["prior_logvar"] * np.exp(
                          -case["prior_logvar"])},
                      lambda **case: {"logvar": _slopes(**case)["logvar"] * np.exp(
                          -case["logvar"])}],
         "shape": [lambda **case: {
             part: np.mean(_slopes(**case, summed=lambda a, axis: a)[part], axis=0)
             for part in ("prior_mean", "prior_logvar")}]},
    hints={
        "standard": ("Put m = 0, t = 0: yours is right there. What changes?",
                     "kl-gaussian-gradient"),
        "upstream": ("By the chain rule every slope is multiplied by what comes from above, one "
                     "number for each example. The last paragraph of section 4.",
                     "kl-gaussian-gradient"),
        "shape": ("The prior's parameters have no batch axis: one prior serves every example. "
                  "What happens to the slopes of inputs that are shared?",
                  "kl-gaussian-gradient"),
        "factor": ("What stands in front of the whole bracket multiplies every derivative. Which "
                   "of the terms brings its own factor down with it, and which does not?",
                   "kl-gaussian-gradient"),
        "sign": ("Only the difference of the two means enters. What is the slope of a difference "
                 "in the number that is subtracted, and in the one that it is taken from?",
                 "kl-gaussian"),
        "variance": ("s and t are logarithms of variances. By the chain rule, what does the slope "
                     "in the variance get as a factor?", "kl-gaussian-gradient"),
        "prior_logvar-sign": ("t enters with a minus in three places. Which of your signs is that "
                              "of −t?", "kl-gaussian"),
        "prior_logvar": ("Write down every term that contains the prior's variance before you "
                         "differentiate. There are three: one is a ratio, one a logarithm, one a "
                         "distance.", "kl-gaussian"),
        "gradient": ("Write the KL of one dimension as a sum of terms and differentiate one term "
                     "at a time, as section 4 does.", "kl-gaussian-gradient")})


# -- 2. a form that keeps its digits near the prior --------------------------------------------

exercise(
    "kl-near-prior", 5, "kl_per_dim", cases=codes_near_the_prior, truth=kl_to_all_digits,
    exact=True, explain=near_or_far, label="kl-gaussian", words={"": "the KL"},
    praise="six digits or more are right, near the prior and far from it",
    first="½(μ² + [e^s − 1] − s) with s = logvar. Near 0 the bracket is s + s²/2 + …: which "
          "subtraction takes away what was just added?",
    default={"": "formula"},
    own={"formula": [lambda mean, logvar: 0.5 * (mean**2 + np.exp(2 * logvar) - 1 - 2 * logvar),
                     lambda mean, logvar: 0.5 * (mean**2 + np.exp(logvar) - 1),
                     lambda mean, logvar: 0.5 * (mean**2 + np.expm1(0.5 * logvar) - logvar),
                     lambda mean, logvar: 0.5 * (mean**2 + np.exp(logvar) - logvar),
                     ],
         "reverse": [lambda mean, logvar: 0.5 * (mean**2 * np.exp(-logvar) + np.expm1(-logvar)
                                                 + logvar)],
         "even": [lambda mean, logvar: 0.5 * mean**2 + np.sinh(0.5 * logvar) ** 2,
                  lambda mean, logvar: 0.5 * (mean**2 + np.expm1(np.abs(logvar))
                                              - np.abs(logvar))]},
    says={"reverse": "is that of N(0, 1) from the code, the other way round",
          "even": "is the same for logvar and for −logvar"},
    hints={
        "formula": ("Take one dimension of the closed form and put e to the power logvar in the "
                    "place of the variance.", "kl-gaussian"),
        "mean": ("For μ = 0 yours is right. Look at the term with μ: what does it add to the KL?",
                 "kl-gaussian"),
        "series": ("A power series cut short is right near 0 and nowhere else. What you need is a "
                   "function of NumPy that is right near 0 and everywhere else.", "kl-gaussian"),
        "clipped": ("A cut hides the rounding and brings no digit back, and a floor makes all "
                    "small KLs the same. Take it away: are the digits there? If not, which "
                    "subtraction lost them? See 'Why the code says' in section 3.",
                    "kl-gaussian"),
        "reverse": ("The KL has a direction: which of the two densities is averaged over, q or "
                    "the prior?", "kl-gaussian"),
        "even": ("Put logvar = 1 in, then −1. Should the two KLs be the same?", "kl-gaussian"),
        "shape": ("Each dimension has a KL of its own here: nothing is summed.", "kl-gaussian"),
        "approximate": ("Which step of yours has fewer digits than the others: float32, a series "
                        "that ends early, a switch that comes too late?", "kl-gaussian"),
        "cancels": ("Somewhere two numbers near 1 are subtracted, and only their rounding is "
                    "left: 'Why the code says' in section 3.", "kl-gaussian")})


# -- 3. the variances of A and B ---------------------------------------------------------------

def _codes(rng):
    """Several sizes; some means 0, some variances 1."""
    for n, z, spread in ((6, 3, 1.0), (2, 5, 1.0), (9, 1, 1.0), (20, 2, 2.0), (7, 7, 1.0),
                         (4, 1, 1.0)):
        mean, logvar = spread * rng.normal(size=(2, n, z))
        mean[0], logvar[-1] = 0.0, 0.0
        if n == 20:
            logvar[1, 0] = 5.0
        yield {"mean": mean, "logvar": np.clip(logvar, -6, 5)}, {"N": n, "Z": z}


def _noise_of_b(square):
    """A function like the right one, with another factor in front of (variance − 1)²."""
    def rows(mean, logvar):
        variance = np.exp(logvar)
        return {"B": np.sum(mean**2 * variance + square * (variance - 1) ** 2, axis=-1)}
    return rows


exercise(
    "variances-of-a-and-b", 5, "predict_variances", cases=_codes, form=Form(rows=("A", "B")),
    truth=lambda mean, logvar: np.array([np.zeros(len(mean)),
                                         _noise_of_b(0.5)(mean, logvar)["B"]]),
    words={"A": "the variance of A", "B": "the variance of B"}, hides=("A",),
    label="sampled-kl-variance",
    praise="A has no variance at all here, B has that of the sampled KL",
    first="A is log p(x, z) − log q(z|x). With q(z|x) = p(z|x), write p(x, z) as a product in "
          "which q stands.",
    default={"A": "a", "B": "b"},
    says={"kl": "is twice the KL", "log": "has another term in the place of (variance − 1)²",
          "sum-first": "squares a sum over the dimensions",
          "under-prior": "is that of draws from the prior",
          "square": "is right but for the factor of the term with (variance − 1)²",
          "b": "lacks the term with the mean"},
    own={"square": [_noise_of_b(factor) for factor in (0.25, 1.0, 0.75, 2.0, 0.125, 1.5,
                                                              0.0)],
         "kl": [lambda mean, logvar: {"B": 2 * kl_standard_normal(mean, logvar)},
                lambda mean, logvar: {"B": kl_standard_normal(mean, logvar)}],
         "log": [lambda mean, logvar: {"B": np.sum(
                     mean**2 * np.exp(logvar) + 0.5 * logvar**2, axis=-1)}],
         "sum-first": [lambda mean, logvar: {"B": 0.5 * np.sum(np.expm1(logvar), axis=-1) ** 2
                                             + np.sum(mean**2 * np.exp(logvar), axis=-1)},
                       lambda mean, logvar: {"B": np.sum(np.sqrt(
                           mean**2 * np.exp(logvar) + 0.5 * np.expm1(logvar) ** 2), axis=-1) ** 2},
                       lambda mean, logvar: {"B": np.sum(mean * np.exp(0.5 * logvar), axis=-1) ** 2
                                             + 0.5 * np.sum(np.expm1(logvar) ** 2, axis=-1)}],
         "under-prior": [lambda mean, logvar: {"B": np.sum(
             mean**2 * np.exp(-2 * logvar) + 0.5 * np.expm1(-logvar) ** 2, axis=-1)}],
         "b": [lambda mean, logvar: {"B": np.sum(
             0.5 * np.expm1(logvar) ** 2, axis=-1)}]},
    hints={
        "swapped": ("Both are right, but not for the estimator that they stand for. Which of the "
                    "two returns the same number for every z when q is the posterior?",
                    "estimator-a"),
        "a": ("Let q(z|x) be the posterior p(z|x) in Bayes' rule, p(x, z) = p(x) p(z|x), and put "
              "that into one term of estimator A. What is left of z?", "estimator-a"),
        "zero": ("B takes the average of one of its two terms. Is the other one the same for "
                 "every z?", "estimator-b"),
        "square": ("The square of a standard normal has mean 1. Its variance is not 1: work it "
                   "out from the fourth moment, 3, and mind what the factor in front becomes when "
                   "it is squared.", "sampled-kl-variance"),
        "approximate": ("Predict, do not measure: a measured variance is right to a percent or "
                        "so.", "sampled-kl-variance"),
        "kl": ("Near the prior the variance of the sampled KL is about twice its mean. Farther "
               "away it is not. What is asked for, the mean or the variance?",
               "sampled-kl-variance"),
        "log": ("Work out the variance of ½σ²ε². Does log σ² enter it?", "sampled-kl-variance"),
        "sum-first": ("What adds up over dimensions that are independent: variances, standard "
                      "deviations, or the numbers before they are squared?",
                      "sampled-kl-variance"),
        "under-prior": ("Over which density are the draws of B taken, q(z|x) or p(z)?",
                        "sampled-kl-variance"),
        "b": ("B's noise is that of log p(x|z). With the posterior as q, what is log p(x|z) in "
              "terms of log p(x) and the sampled KL?", "sampled-kl-variance")})


# -- 4. the bound that depends on the batch ----------------------------------------------------

exercise(
    "bound-of-a-batch", 5, "bound", cases=bound_cases, truth=bound_of,
    terms=bounds.TERMS,
    label="estimator-b", praise="each example has its own bound, in a batch of any size",
    first="write 𝓛_n = log p(x_n|z_n) − Σ_j KL_nj for example n, and see which indices are left "
          "when the sum is done.",
    default={"": "bound"}, words={"": "the bound"},
    says={"batch": "has the KL of the whole batch",
          "latents": "has the KL divided by Z, the number of latent dimensions",
          "pixels": "has log p(x|z) divided by D, the number of pixels",
          **bounds.SAYS},
    own={"batch": [lambda **case: pixels_of(**case) - kl_of(**case).sum()],
         "latents": [lambda **case: pixels_of(**case) - kl_of(**case) / case["mean"].shape[1]],
         "pixels": [lambda **case: pixels_of(**case) / case["x"].shape[1] - kl_of(**case)],
         **bounds.OWN},
    hints={
        "batch": ("Print the shape of the KL. Whose nats does each example pay? One number for "
                  "each example belongs there.", "estimator-b"),
        "shape": ("Print the shape of each term. One number for each example belongs there.",
                  "estimator-b"),
        "latents": ("The dimensions are added, not averaged: section 2. An average makes the KL "
                    "cheaper by the number of dimensions.", "kl-gaussian"),
        "pixels": ("The pixels are added, not averaged. Section 10 shows what an average does.",
                   "estimator-b"),
        **bounds.hints("estimator-b")})
