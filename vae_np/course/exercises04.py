"""The checks of lecture 4's exercises: samples and their slopes."""
import numpy as np

from ..distributions import gaussian_log_prob
from .answers import call, close, examine_backward, exercise, worst, wrong


def full_sample(mean, scale, eps):
    """z = mean + T ε, T the lower triangle of scale: (N, Z), (N, Z, Z), (N, Z) → (N, Z)."""
    return mean + np.einsum("nij,nj->ni", np.tril(scale), eps)


@exercise("full-covariance-backward", 4, "full_sample_backward", hints={
    "upstream": ("d_z is the slope of the result in z. By the chain rule it multiplies every "
                 "slope of z.", "reparameterise-gradient"),
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

    def hint_of(row, d_z, given):
        if row.diagnosis in ("transpose", "shape", "upstream"):
            return row.diagnosis
        if row.name != "scale":
            return "gradient"
        if close(given["scale"], np.tril(inputs["eps"][:, :, None] * d_z[:, None, :])):
            return "transpose"
        if np.any(given["scale"][:, 0, 2]):
            return "triangle"
        alone = np.tril(d_z[:, :, None] * np.ones((7, 3, 3)))
        return "noise" if close(given["scale"], alone) else "gradient"

    return examine_backward(full_sample, backward, inputs, hint_of, skip=("eps",),
                            upstream="d_z")


@exercise("slope-of-a-probability", 4, "slope_of_probability", hints={
    "zero": ("The slope of a step is 0 wherever it exists, so the reparameterised estimate is 0 "
             "for every draw. Which of the two estimators needs no derivative of f?",
             "score-function"),
    "score": ("f is right, the score is not. Differentiate log q in the mean once more, put "
              "z = μ + σε in, and count the powers of σ.", "score-function"),
    "sign": ("Move the mean up: does z exceed the threshold more often or less often?",
             "score-function"),
    "sum": ("The equation has a mean over the draws. By what is a sum divided to be one?",
            "score-function"),
    "mean": ("Your answer is the same wherever the mean lies. What exceeds the threshold: the "
             "noise or z?", "reparameterise"),
    "noise": ("An estimate is made from the noise that is given, so other noise gives another "
              "one. Draw none of your own, and use no formula for the probability: for most f "
              "there is none.", "score-function"),
    "estimate": ("Which two factors does the equation average? Look at what stands for each of "
                 "them in your line.", "score-function"),
})
def _slope_of_a_probability(estimate):
    half = np.random.default_rng(4).standard_normal(20_000)
    eps = np.concatenate([half, -half])  # its mean is 0, so that a baseline changes nothing
    for mean, std, threshold in ((0.3, 0.6, 0.7), (-2.0, 1.5, -3.0), (5.0, 0.4, 4.8)):
        for noise in (eps, 0.5 * eps):
            _examine_slope(estimate, mean, std, threshold, noise)
    truth = np.exp(gaussian_log_prob(*np.array([[threshold], [mean], [2 * np.log(std)]])))
    value = call(estimate, mean, std, threshold, eps, shape=())
    return (f"for mean {mean}, std {std} and threshold {threshold} the slope is {truth:.3f}, "
            f"your estimate of it {value:.3f}.")


def _examine_slope(estimate, mean, std, threshold, eps):
    """One value against the score function's from the same noise: no chance is left."""
    above = mean + std * eps > threshold
    right = np.mean(above * eps / std)
    value = call(estimate, mean, std, threshold, eps, shape=())
    if close(value, right, rtol=1e-3):
        return
    said = (f"for mean {mean}, std {std} and threshold {threshold} the draws of the check "
            f"estimate {right:.3f}, yours is {value:.3f}.")
    if value == 0:
        wrong("zero", said)
    for key, mistaken in {
            "sum": (right * len(eps),), "sign": (-right,),
            "score": (right * std, right * std**2, right / std),
            "mean": (np.mean((eps > threshold) * eps / std),
                     np.mean((std * eps > threshold) * eps / std))}.items():
        if any(close(value, number, rtol=1e-3) for number in mistaken):
            wrong(key, said)
    again, other = (call(estimate, mean, std, threshold, noise, shape=())
                    for noise in (eps, 0.3 * eps))
    wrong("noise" if other == value or again != value else "estimate", said)


@exercise("two-variances", 4, "predict_variances", hints={
    "root": ("That is the standard deviation. What is the variance?", "score-function"),
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
    said = (f"for mean {mean} and std {std} you predict {value.round(3).tolist()}; it is "
            f"{expected.round(3).tolist()}.")
    if close(value, expected[::-1]):
        wrong("swapped", said)
    if close(value[0], np.sqrt(expected[0])):
        wrong("root", said)
    if close(value[0], expected[0] + 1):
        wrong("mean-square", said)
    if any(close(value[0], expected[0] - k) for k in (1, 2)):
        wrong("fourth", said)
    if not close(value[0], expected[0]):
        wrong("score", said)
    if not close(value[1], 0, atol=1e-12):
        wrong("path", said)
    return "the score function's variance has no limit as σ falls; the other one is 0."


@exercise("wrong-samples", 4, "sample", hints={
    "variance": ("Draw from it with logvar = log 4. Which spread should the samples have, and "
                 "which one have they?", "reparameterise"),
    "backward": ("The samples are right now, and their gradient still belongs to the old ones.",
                 "reparameterise-gradient"),
    "half": ("logvar stands in an exponent with a factor. The chain rule brings it down.",
             "reparameterise-gradient"),
    "minus": ("The distribution is the same, but the course and its gradient write z = μ + σε.",
              "reparameterise"),
    "centre": ("The noise has mean 0. Which mean should z have, and where does it come in?",
               "reparameterise"),
    "shape": ("Every example has its own z, mean and logvar: nothing is summed here.",
              "reparameterise-gradient"),
    "noise": ("How far does z move when logvar moves by a little? That depends on the noise "
              "that σ is multiplied by.", "reparameterise-gradient"),
    "upstream": ("d_z is the slope of the result in z. By the chain rule it multiplies every "
                 "slope of z.", "reparameterise-gradient"),
    "sign": ("Move the parameter up by a little, with ε and d_z positive: does the result rise "
             "or fall?", "reparameterise-gradient"),
    "gradient": ("Hold the noise fixed and differentiate z = μ + σε in each parameter.",
                 "reparameterise-gradient"),
    "samples": ("The noise is scaled by the standard deviation. How does that come from the log "
                "of the variance?", "reparameterise"),
})
def _wrong_samples(sample):
    rng = np.random.default_rng(4)
    d_z, mean, logvar, eps = rng.normal(size=(4, 6, 3))
    given = call(sample, d_z, mean, logvar, eps, names=("z", "mean", "logvar"))
    std = np.exp(0.5 * logvar)
    _examine_entry("z", given, mean + std * eps, "samples", {
        "variance": mean + std**2 * eps, "minus": mean - std * eps, "centre": std * eps})
    _examine_entry("mean", given, d_z, "gradient", {
        "upstream": np.ones_like(d_z), "sign": -d_z})
    slope = 0.5 * d_z * std * eps
    _examine_entry("logvar", given, slope, "gradient", {
        "half": 2 * slope, "backward": d_z * std**2 * eps, "noise": 0.5 * d_z * std,
        "upstream": 0.5 * std * eps, "sign": -slope})
    return "the samples have the variance that logvar says, and the gradient is theirs."


def _examine_entry(name, given, right, otherwise, mistakes):
    """One entry of the dict; mistakes: {key of a hint: what that mistake gives}."""
    value, what = given[name], "z" if name == "z" else f"the gradient of {name}"
    if value.shape != right.shape:
        wrong("shape", f"{what} has shape {value.shape}, it should have {right.shape}.")
    if close(value, right):
        return
    found = [key for key, mistaken in mistakes.items() if close(value, mistaken)]
    wrong(found[0] if found else otherwise, f"{what} is wrong: {worst(value, right)}.")
