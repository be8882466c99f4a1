"""The exercises of lecture 4: samples and their slopes."""
import numpy as np

from .answers import exercise
from .forms import Form
from .scores import leave_one_out, one_sided_noise, score_function, thresholds, by_other_noise


# -- 1. a backward -----------------------------------------------------------------------------

def full_sample(mean, scale, eps):
    """z = mean + T ε, T the lower triangle of scale: (N, Z), (N, Z, Z), (N, Z) → (N, Z)."""
    return mean + np.einsum("nij,nj->ni", np.tril(scale), eps)


def _full_samples(rng):
    """Several sizes; large numbers; in one case some entries of scale are 0."""
    for n, z in ((7, 3), (2, 5), (5, 1), (4, 4), (3, 7), (1, 6)):
        spread = 10.0 if n == 3 else 1.0
        scale = 3 * rng.normal(size=(n, z, z))
        if n == 4:
            scale[rng.random(scale.shape) < 0.4] = 0.0
        yield {"d_z": spread * rng.normal(size=(n, z)), "mean": rng.normal(size=(n, z)),
               "scale": scale, "eps": spread * rng.normal(size=(n, z))}, {"N": n, "Z": z}


def _outer(a, b):
    return a[:, :, None] * b[:, None, :]


exercise(
    "full-covariance-backward", 4, "full_sample_backward", form=Form(names=("mean", "scale")),
    cases=_full_samples, forward=full_sample,
    truth=lambda d_z, mean, scale, eps: {"mean": d_z, "scale": np.tril(_outer(d_z, eps))},
    label="reparameterise-gradient", praise="the gradients agree with ours",
    first="write out one component, z_i = mean_i + Σ_{j ≤ i} T_ij ε_j, and ask which z_i moves "
          "when one T_ij moves.",
    default={"": "gradient"},
    says={"transpose": "is that of the transposed matrix", "matrix": "has the matrix T in it",
          "triangle": "has entries where none should be, or lacks some, or counts some twice",
          "noise": "has another factor in the place of the noise",
          "shape": "is summed over the examples"},
    own={"transpose": [lambda d_z, mean, scale, eps: {"scale": np.tril(_outer(eps, d_z))},
                       lambda d_z, mean, scale, eps: {"scale": np.tril(
                           np.swapaxes(np.tril(_outer(d_z, eps)), 1, 2))},
                       lambda d_z, mean, scale, eps: {"scale": np.triu(_outer(eps, d_z))}],
         "matrix": [lambda d_z, mean, scale, eps: {"mean": np.einsum(
                        "nij,ni->nj", np.tril(scale), d_z)},
                    lambda d_z, mean, scale, eps: {"mean": np.einsum(
                        "nij,nj->ni", np.tril(scale), d_z)}],
         "triangle": [lambda d_z, mean, scale, eps: {"scale": _outer(d_z, eps)},
                      lambda d_z, mean, scale, eps: {"scale": np.triu(_outer(d_z, eps))},
                      lambda d_z, mean, scale, eps: {"scale": np.tril(_outer(d_z, eps), -1)},
                      lambda d_z, mean, scale, eps: {"scale": _outer(d_z, eps) * np.eye(
                          mean.shape[1])},
                      lambda d_z, mean, scale, eps: {"scale": np.tril(_outer(d_z, eps)) * (
                          2 - np.eye(mean.shape[1]))}],
         "noise": [lambda d_z, mean, scale, eps: {"scale": np.tril(_outer(
             d_z, np.ones_like(eps)))},
                   lambda d_z, mean, scale, eps: {"scale": np.tril(_outer(d_z, mean))},
                   lambda d_z, mean, scale, eps: {"scale": np.tril(_outer(
                       d_z, full_sample(mean, scale, eps)))}],
         "shape": [lambda d_z, mean, scale, eps: {"scale": np.broadcast_to(np.tril(
             _outer(d_z, eps)).sum(axis=0), scale.shape)}]},
    hints={
        "upstream": ("d_z is the slope of the result in z. By the chain rule it multiplies every "
                     "slope of z.", "reparameterise-gradient"),
        "transpose": ("Write out z_i = mean_i + Σ_j T_ij ε_j. Which index does the slope from "
                      "above carry, and which one the noise?", "reparameterise-gradient"),
        "matrix": ("What stands in front of mean in z = mean + T ε? And what in front of the "
                   "noise, which is not asked about?", "reparameterise"),
        "shape": ("Each example has a matrix T of its own, as wide as it is high, and its "
                  "gradient has that shape too. Which axis must not be summed?",
                  "reparameterise-gradient"),
        "triangle": ("Which entries of `scale` does the sample depend on, each of them once? What "
                     "is the slope of an entry that nothing depends on?", "reparameterise"),
        "noise": ("How far does z move when an entry of T moves by a little? That depends on the "
                  "noise that the entry is multiplied by.", "reparameterise-gradient"),
        "gradient": ("Hold the noise fixed and differentiate z_i = mean_i + Σ_j T_ij ε_j in each "
                     "parameter.", "reparameterise-gradient")})


# -- 2. the slope of a probability -------------------------------------------------------------

exercise(
    "slope-of-a-probability", 4, "slope_of_probability", cases=thresholds,
    truth=score_function, equals=(leave_one_out,), further=one_sided_noise,
    explain=by_other_noise,
    label="score-function", praise="the slope is estimated from values of f alone",
    words={"": "the estimate"},
    first="∂/∂μ ∫ q(z) f(z) dz = ∫ q(z) [∂ log q(z)/∂μ] f(z) dz: the derivative falls on q, so f "
          "may have steps.",
    default={"": "estimate"},
    says={"score": "has another power of σ in it", "sum": "is a sum over the draws",
          "mean": "has the noise in the place of z, or z in that of the noise",
          "all-draws": "is a mean over the draws above the threshold alone",
          "noise": "is the exact density, whatever the noise is"},
    own={"score": [lambda mean, std, threshold, eps, k=k: score_function(
             mean, std, threshold, eps) * std**k for k in (-2, -1, 1, 2)],
         "sum": [lambda mean, std, threshold, eps: score_function(
             mean, std, threshold, eps) * len(eps)],
         "mean": [lambda mean, std, threshold, eps: np.mean((eps > threshold) * eps) / std,
                  lambda mean, std, threshold, eps: np.mean((std * eps > threshold) * eps) / std,
                  lambda mean, std, threshold, eps: np.mean(
                      (mean + std * eps > threshold) * (mean + std * eps)) / std**2],
         "all-draws": [lambda mean, std, threshold, eps: np.mean(
             (mean + std * eps > threshold) * eps) / std / max(1e-9, np.mean(
                 mean + std * eps > threshold))],
         "noise": [lambda mean, std, threshold, eps: np.exp(
             -0.5 * ((threshold - mean) / std) ** 2) / std / np.sqrt(2 * np.pi)]},
    hints={
        "zero": ("The slope of a step is 0 wherever it exists, so the reparameterised estimate is "
                 "0 for every draw. Which of the two estimators needs no derivative of f?",
                 "score-function"),
        "score": ("f is right, the score is not. Differentiate log q in the mean once more, put "
                  "z = μ + σε in, and count the powers of σ.", "score-function"),
        "sign": ("Move the mean up: does z exceed the threshold more often or less often?",
                 "score-function"),
        "sum": ("The equation has a mean over the draws. By what is a sum divided to be one?",
                "score-function"),
        "average": ("The equation has a mean over the draws. By what is a sum divided to be one?",
                    "score-function"),
        "mean": ("What exceeds the threshold, the noise or z? And from where is the score "
                 "measured?", "reparameterise"),
        "all-draws": ("The draws below the threshold count too: f is 0 there, and they are "
                      "divided by all the same.", "score-function"),
        "product": ("The mean of a product is not the product of the means. Which one does the "
                    "equation have?", "score-function"),
        "noise": ("An estimate is made from the noise that is given. Draw none of your own, and "
                  "use no formula for the probability: for most f there is none.",
                  "score-function"),
        "ignores": ("An estimate is made from the noise that is given, and it depends on all "
                    "that z depends on.", "score-function"),
        "baseline": ("A baseline that depends on a draw's own noise is no constant for that draw. "
                     "What would one be that depends on the other draws alone?", "score-function"),
        "estimate": ("Which two factors does the equation average, and over what? A smoothed "
                     "step, a difference of two counts and a density that stands in the mean once "
                     "more are none of them.", "score-function")})


# -- 3. two variances --------------------------------------------------------------------------

def _means_and_stds(rng):
    """Many pairs; the mean is 0 or the std 1 in some, for what is right there alone."""
    for number in range(48):
        mean, std = 3 * rng.normal(), float(np.exp(rng.uniform(-4.0, 2.0)))
        yield {"mean": 0.0 if number in (5, 11) else mean,
               "std": 1.0 if number in (3, 8) else std}, {}


exercise(
    "two-variances", 4, "predict_variances", cases=_means_and_stds,
    truth=lambda mean, std: np.array([mean**2 / std**2 + 2, 0.0]),
    form=Form(rows=("score", "path")), hides=("path",),
    words={"score": "the variance of the score function's estimate",
           "path": "the variance of the reparameterised estimate"},
    label="score-function",
    praise="the score function's variance has no limit as σ falls; the other one is 0",
    first="one draw of the score function's estimate is z ε/σ with z = μ + σε. Collect the powers "
          "of ε, then take the variance.",
    default={"score": "score", "path": "path"},
    says={"logvar": "is that of the slope in logvar",
          "square-f": "is that for f(z) = z²", "mean-lost": "has the same value for all means",
          "score": "has another power of σ in it",
          "path": "is that of z, or of ε, not of the estimate"},
    own={"root": [lambda mean, std: {"score": np.sqrt(mean**2 / std**2 + 2)}],
         "mean-square": [lambda mean, std: {"score": mean**2 / std**2 + 3}],
         "fourth": [lambda mean, std: {"score": mean**2 / std**2 + 1},
                    lambda mean, std: {"score": mean**2 / std**2}],
         "mean-lost": [lambda mean, std: {"score": np.array(2.0)}],
         "score": [lambda mean, std: {"score": mean**2 / std + 2},
                   lambda mean, std: {"score": mean**2 + 2}],
         "logvar": [lambda mean, std: {"score": (2 * mean**2 + 10 * std**2) / 4},
                    lambda mean, std: {"path": std**2 / 4}],
         "square-f": [lambda mean, std: {"score": mean**4 / std**2 + 14 * mean**2 + 15 * std**2},
                      lambda mean, std: {"path": 4 * std**2}],
         "path": [lambda mean, std: {"path": std**2}, lambda mean, std: {"path": std},
                  lambda mean, std: {"path": np.array(1.0)}]},
    hints={
        "root": ("That is the standard deviation. What is the variance?", "score-function"),
        "swapped": ("Section 5 compares the two. Which one divides by σ?", "score-function"),
        "path": ("The estimate is f′(z) times the slope of z, not z itself. How much does that "
                 "vary for a straight line?", "reparameterise-gradient"),
        "mean-square": ("A variance is the mean square minus the square of the mean. What is the "
                        "mean of the estimate?", "score-function"),
        "fourth": ("The estimate is a polynomial in ε. Its square contains the fourth power of ε, "
                   "and the mean of that is neither 0 nor 1.", "score-function"),
        "logvar": ("The slope of E[f(z)] in which parameter is estimated here?",
                   "score-function"),
        "square-f": ("Section 5 does it for f(z) = z². Which f is it here?", "score-function"),
        "mean-lost": ("The estimate is z ε/σ, and z has a mean. What is its part in the "
                      "variance?", "score-function"),
        "approximate": ("Predict, do not measure: a measured variance is right to a percent or "
                        "so. Which powers of ε does the estimate have?", "score-function"),
        "score": ("Put z = μ + σε into z ε/σ and collect the powers of ε, as section 5 does for "
                  "z².", "score-function")})


# -- 4. the sampler whose samples are wrong ----------------------------------------------------

def _samples(rng):
    """Several sizes; logvar ordinary, and as far from 0 as ±40."""
    for n, z, spread in ((6, 3, 1.0), (2, 5, 2.0), (9, 1, 2.0), (30, 4, 40.0), (4, 4, 1.0)):
        d_z, mean, eps = rng.normal(size=(3, n, z))
        logvar = rng.uniform(-40, 40, (n, z)) if n == 30 else spread * rng.normal(size=(n, z))
        yield {"d_z": d_z, "mean": mean, "logvar": logvar, "eps": eps}, {"N": n, "Z": z}


def _std(logvar):
    return np.exp(0.5 * logvar)


def _sample(d_z, mean, logvar, eps):
    return {"z": mean + _std(logvar) * eps, "mean": d_z,
            "logvar": 0.5 * d_z * _std(logvar) * eps}


exercise(
    "wrong-samples", 4, "sample", form=Form(names=("z", "mean", "logvar")), cases=_samples,
    truth=_sample, words={"z": "the sample z", "mean": "the gradient of mean",
                          "logvar": "the gradient of logvar"},
    label="reparameterise-gradient",
    praise="the samples have the variance that logvar says, and the gradient is theirs",
    first="logvar = log σ², so σ = e^(½ logvar), and z = μ + σε. Differentiate z in μ, then in "
          "logvar, with ε held fixed.",
    default={"z": "samples", "": "gradient"},
    says={"variance": "is scaled by another number than the standard deviation",
          "minus": "has the noise with a minus", "centre": "has another mean",
          "backward": "is that of another scale than e^(½ logvar)",
          "noise": "has another factor in the place of the noise",
          "shape": "is summed over the examples", "kl": "has the KL's gradient added"},
    own={"variance": [lambda d_z, mean, logvar, eps: {"z": mean + np.exp(logvar) * eps},
                      lambda d_z, mean, logvar, eps: {"z": mean + 0.5 * np.exp(logvar) * eps},
                      lambda d_z, mean, logvar, eps: {"z": mean + logvar * eps},
                      lambda d_z, mean, logvar, eps: {"z": mean + np.sqrt(np.abs(logvar)) * eps},
                      lambda d_z, mean, logvar, eps: {"z": mean + 10 ** (0.5 * logvar) * eps}],
         "minus": [lambda d_z, mean, logvar, eps: {"z": mean - _std(logvar) * eps}],
         "centre": [lambda d_z, mean, logvar, eps: {"z": _std(logvar) * eps},
                    lambda d_z, mean, logvar, eps: {"z": _std(logvar) * (mean + eps)}],
         "half": [lambda d_z, mean, logvar, eps: {"logvar": d_z * _std(logvar) * eps}],
         "backward": [lambda d_z, mean, logvar, eps: {"logvar": d_z * np.exp(logvar) * eps},
                      lambda d_z, mean, logvar, eps: {"logvar": 0.5 * d_z * np.exp(logvar) * eps}],
         "noise": [lambda d_z, mean, logvar, eps: {"logvar": 0.5 * d_z * _std(logvar)},
                   lambda d_z, mean, logvar, eps: {"logvar": 0.5 * d_z * (
                       mean + _std(logvar) * eps)}],
         "shape": [lambda d_z, mean, logvar, eps: {"mean": np.broadcast_to(
             d_z.sum(axis=0), d_z.shape)}],
         "kl": [lambda d_z, mean, logvar, eps: {"mean": d_z + mean},
                lambda d_z, mean, logvar, eps: {"mean": d_z - mean}]},
    hints={
        "variance": ("Draw from it with logvar = log 9. Which spread should the samples have, and "
                     "which one have they?", "reparameterise"),
        "backward": ("The samples are right now, and their gradient still belongs to the old "
                     "ones.", "reparameterise-gradient"),
        "half": ("logvar stands in an exponent with a factor. The chain rule brings it down.",
                 "reparameterise-gradient"),
        "minus": ("The distribution is the same, but the course and its gradient write "
                  "z = μ + σε.", "reparameterise"),
        "centre": ("The noise has mean 0. Which mean should z have, and where does it come in?",
                   "reparameterise"),
        "shape": ("Every example has its own z, mean and logvar: nothing is summed here.",
                  "reparameterise-gradient"),
        "noise": ("How far does z move when logvar moves by a little? That depends on the noise "
                  "that σ is multiplied by.", "reparameterise-gradient"),
        "upstream": ("d_z is the slope of the result in z. By the chain rule it multiplies every "
                     "slope of z.", "reparameterise-gradient"),
        "sign": ("Move the parameter up by a little, with ε and d_z positive: does the result "
                 "rise or fall?", "reparameterise-gradient"),
        "kl": ("The KL has a gradient of its own. Here the sampler's alone is asked for.",
               "reparameterise-gradient"),
        "gradient": ("Hold the noise fixed and differentiate z = μ + σε in each parameter.",
                     "reparameterise-gradient"),
        "samples": ("The noise is scaled by the standard deviation. How does that come from the "
                    "log of the variance?", "reparameterise")})
