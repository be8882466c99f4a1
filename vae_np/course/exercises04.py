"""The checks of lecture 4's exercises: samples and their slopes."""
import numpy as np

from ..distributions import gaussian_log_prob
from .checking import call, close, examine_backward, exercise, wrong


def full_sample(mean, scale, eps):
    """z = mean + T ε, T the lower triangle of scale: (N, Z), (N, Z, Z), (N, Z) → (N, Z)."""
    return mean + np.einsum("nij,nj->ni", np.tril(scale), eps)


@exercise("full-covariance-backward", 4, hints={
    "transpose": ("Write out z_i = mean_i + Σ_j T_ij ε_j. Which index does the slope from above "
                  "carry, and which one the noise?", "reparameterise-gradient"),
    "shape": ("Each example has a T of its own. Which axis must not be summed?",
              "reparameterise-gradient"),
    "triangle": ("Which entries of `scale` does the sample depend on? What is the slope of an "
                 "entry that nothing depends on?", "reparameterise"),
    "noise": ("How far does z move when an entry of T moves by a little? That depends on the "
              "noise that the entry is multiplied by.", "reparameterise-gradient"),
    "gradient": ("Hold the noise fixed and differentiate z_i = mean_i + Σ_j T_ij ε_j in each "
                 "parameter.", "reparameterise-gradient"),
})
def _full_covariance(backward):
    rng = np.random.default_rng(4)
    inputs = {"mean": rng.normal(size=(7, 3)), "scale": rng.normal(size=(7, 3, 3)),
              "eps": rng.normal(size=(7, 3))}

    def hint_of(row):
        if row.diagnosis in ("transpose", "shape"):
            return row.diagnosis
        if row.name != "scale":
            return "gradient"
        d_z = np.ones((7, 3))
        given = call(backward, d_z, **inputs)["scale"]
        if np.any(given[:, 0, 2]):
            return "triangle"
        return "noise" if close(given, np.tril(np.ones((7, 3, 3)))) else "gradient"

    return examine_backward(full_sample, backward, inputs, hint_of, skip=("eps",))


@exercise("slope-of-a-probability", 4, hints={
    "zero": ("The slope of a step is 0 wherever it exists, so the reparameterised estimate is 0 "
             "for every draw. Which of the two estimators needs no derivative of f?",
             "score-function"),
    "score": ("f is right, the score is not. Differentiate log q in the mean once more, put "
              "z = μ + σε in, and count the powers of σ.", "score-function"),
    "sign": ("Move the mean up: does z exceed the threshold more often or less often?",
             "score-function"),
    "estimate": ("Which two factors does the equation average? Look at what stands for each of "
                 "them in your line.", "score-function"),
})
def _slope_of_a_probability(estimate):
    mean, std, threshold = 0.3, 0.6, 0.7
    eps = np.random.default_rng(4).standard_normal(400_000)
    value = call(estimate, mean, std, threshold, eps, shape=())
    truth = np.exp(gaussian_log_prob(*np.array([[threshold], [mean], [2 * np.log(std)]])))
    said = f"the slope is {truth:.3f}, your estimate of it {value:.3f}."
    if value == 0:
        wrong("zero", said)
    for key, factor in {"score": (std, std**2, 1 / std), "sign": (-1,)}.items():
        if any(close(value, k * truth, rtol=0.03) for k in factor):
            wrong(key, said)
    if not close(value, truth, rtol=0.03):  # 8 standard errors of the score function
        wrong("estimate", said)
    return f"the slope is {truth:.3f}, your estimate of it {value:.3f}."


@exercise("two-variances", 4, hints={
    "swapped": ("Section 5 compares the two. Which one divides by σ?", "score-function"),
    "path": ("The estimate is f′(z) times the slope of z, not z itself. How much does that vary "
             "for a straight line?", "reparameterise-gradient"),
    "mean-square": ("A variance is the mean square minus the square of the mean. What is the mean "
                    "of the estimate?", "score-function"),
    "fourth": ("The estimate is a polynomial in ε. Its square contains the fourth power of ε, and "
               "the mean of that is neither 0 nor 1.", "score-function"),
    "score": ("Put z = μ + σε into z ε/σ and collect the powers of ε, as section 5 does for z².",
              "score-function"),
})
def _two_variances(predict):
    mean, std = 1.5, 0.2
    value = call(predict, mean, std, shape=(2,))
    expected = np.array([mean**2 / std**2 + 2, 0.0])
    said = f"{value.round(3).tolist()} is predicted; measured is {expected.round(3).tolist()}."
    if close(value, expected[::-1]):
        wrong("swapped", said)
    if close(value[0], expected[0] + 1):
        wrong("mean-square", said)
    if any(close(value[0], expected[0] - k) for k in (1, 2)):
        wrong("fourth", said)
    if not close(value[0], expected[0]):
        wrong("score", said)
    if not close(value[1], 0, atol=1e-12):
        wrong("path", said)
    return "the score function's variance has no limit as σ falls; the other one is 0."


@exercise("wrong-samples", 4, hints={
    "variance": ("Draw from it with logvar = log 4. Which spread should the samples have, and "
                 "which one have they?", "reparameterise"),
    "backward": ("The samples are right now, and their gradient still belongs to the old ones.",
                 "reparameterise-gradient"),
    "half": ("logvar stands in an exponent with a factor. The chain rule brings it down.",
             "reparameterise-gradient"),
    "samples": ("The noise is scaled by the standard deviation. How does that come from the log "
                "of the variance?", "reparameterise"),
})
def _wrong_samples(sample):
    rng = np.random.default_rng(4)
    d_z, mean, logvar, eps = rng.normal(size=(4, 6, 3))
    given = call(sample, d_z, mean, logvar, eps)
    if not isinstance(given, dict) or {"z", "mean", "logvar"} - set(given):
        wrong("samples", "the answer is no dict with z, mean and logvar.")
    std = np.exp(0.5 * logvar)
    if close(given["z"], mean + std**2 * eps):
        wrong("variance", "the spread of z is not what logvar says.")
    if not close(given["z"], mean + std * eps):
        wrong("samples", f"for mean {mean[0, 0]:.2f}, logvar {logvar[0, 0]:.2f} and ε "
              f"{eps[0, 0]:.2f}, z is {(mean + std * eps)[0, 0]:.3f}; yours is "
              f"{given['z'].flat[0]:.3f}.")
    slope = given["logvar"]
    if close(slope, d_z * std * eps):
        wrong("half", "the gradient of logvar is off by a factor.")
    if not (close(slope, 0.5 * d_z * std * eps) and close(given["mean"], d_z)):
        wrong("backward", "z is right, its gradient is not.")
    return "the samples have the variance that logvar says, and the gradient is theirs."
