"""The checks of lecture 5's exercises: the Gaussian KL, estimators A and B."""
from math import factorial

import numpy as np

from ..distributions import bernoulli_log_prob, kl_standard_normal
from .answers import call, close, examine_backward, exercise, worst, wrong
from .bounds import off_term


def kl_between(mean, logvar, prior_mean, prior_logvar):
    """KL( N(mean, e^logvar) ‖ N(prior_mean, e^prior_logvar) ): (N, Z), (N, Z), (Z,), (Z,) → (N,).
    """
    distance = (mean - prior_mean) ** 2 * np.exp(-prior_logvar)
    ratio = logvar - prior_logvar
    return 0.5 * np.sum(distance + np.exp(ratio) - 1 - ratio, axis=-1)


@exercise("kl-between-gaussians", 5, "kl_between_backward", hints={
    "axis": ("d_out has one number for each example: give it a second axis.",
             "kl-gaussian-gradient"),
    "standard": ("Put m = 0, t = 0: yours is right there. What changes?", "kl-gaussian-gradient"),
    "upstream": ("By the chain rule every slope is multiplied by what comes from above, one "
                 "number for each example. The last paragraph of section 4.",
                 "kl-gaussian-gradient"),
    "shape": ("The prior's parameters have no batch axis: one prior serves every example. What "
              "happens to the slopes of inputs that are shared?", "kl-gaussian-gradient"),
    "factor": ("What stands in front of the whole bracket multiplies every derivative. Which of "
               "the terms brings its own factor down with it, and which does not?",
               "kl-gaussian-gradient"),
    "sign": ("Only the difference of the two means enters. What is the slope of a difference in "
             "the number that is subtracted, and in the one that it is taken from?",
             "kl-gaussian"),
    "prior_logvar-sign": ("t enters with a minus in three places. Which of your signs is that of "
                          "−t?", "kl-gaussian"),
    "prior_logvar": ("Write down every term that contains the prior's variance before you "
                     "differentiate. There are three: one is a ratio, one a logarithm, one a "
                     "distance.", "kl-gaussian"),
    "gradient": ("Write the KL of one dimension as a sum of terms and differentiate one term at a "
                 "time, as section 4 does.", "kl-gaussian-gradient"),
})
def _kl_between(backward):
    rng = np.random.default_rng(5)
    inputs = {"mean": rng.normal(size=(7, 3)), "logvar": rng.normal(size=(7, 3)),
              "prior_mean": rng.normal(size=3), "prior_logvar": rng.normal(size=3)}
    standard = {"mean": inputs["mean"], "logvar": 0.5 * np.expm1(inputs["logvar"])}

    def hint_of(row, d_out, given):
        if row.diagnosis in ("upstream", "shape", "factor"):
            return row.diagnosis
        if row.name in standard and close(given[row.name], d_out[:, None] * standard[row.name]):
            return "standard"
        if row.name == "prior_logvar":
            return "prior_logvar-sign" if row.diagnosis == "sign" else "prior_logvar"
        return "sign" if row.diagnosis == "sign" and row.name != "logvar" else "gradient"

    return examine_backward(kl_between, backward, inputs, hint_of)


@exercise("kl-near-prior", 5, "kl_per_dim", hints={
    "formula": ("Take one dimension of the closed form and put e to the power logvar in the "
                "place of the variance.", "kl-gaussian"),
    "mean": ("For μ = 0 yours is right. Look at the term with μ: what does it add to the KL?",
             "kl-gaussian"),
    "series": ("A power series cut short is right near 0 and nowhere else. What you need is a "
               "function of NumPy that is right near 0 and everywhere else.", "kl-gaussian"),
    "clipped": ("A cut at 0 hides the rounding but does not bring the digits back. Which "
                "subtraction lost them? See 'Why the code says' in section 3.", "kl-gaussian"),
    "cancels": ("Somewhere two numbers near 1 are subtracted, and only their rounding is left: "
                "'Why the code says' in section 3.", "kl-gaussian"),
})
def _kl_near_prior(kl_per_dim):
    mean, logvar = np.random.default_rng(5).normal(size=(2, 5, 3))
    together = call(kl_per_dim, mean, logvar, shape=(5, 3))
    size = np.geomspace(1e-8, 1e-1, 29)
    s = np.outer([1.0, -1.0], size)
    near = call(kl_per_dim, np.zeros_like(s), s, shape=s.shape)
    right = 0.5 * sum(s**k / factorial(k) for k in range(2, 14))  # the rest is below 1e-23
    error = np.abs(near - right) / right
    tiny = close(near[:, size < 2e-6], right[:, size < 2e-6], rtol=1e-6)
    expected = 0.5 * (mean**2 + np.exp(logvar) - 1 - logvar)
    alone = call(kl_per_dim, np.zeros_like(mean), logvar, shape=(5, 3))
    if not close(alone, expected - 0.5 * mean**2):
        off = np.abs(alone / (expected - 0.5 * mean**2) - 1).max()
        wrong("series" if tiny else "formula", "for mean 0 and ordinary logvar, between -3 and "
              f"3, the relative error is up to {off:.0e}.")
    if not close(together, expected):
        wrong("mean", "for mean 0 the KL is right, for other means it is not: "
              f"{worst(together, expected)}.")
    if not np.all(error < 1e-6):
        at = np.unravel_index(np.argmax(np.nan_to_num(error, nan=np.inf)), s.shape)
        clipped = np.all(near >= 0) and np.any(near == 0)
        wrong("series" if tiny else "clipped" if clipped else "cancels",
              f"at mean 0 and logvar {s[at]:.0e} the KL is {right[at]:.6e}, yours is "
              f"{near[at]:.6e}: a relative error of {error[at]:.0e}.")
    return "six digits or more are right, near the prior and far from it."


@exercise("variances-of-a-and-b", 5, "predict_variances", hints={
    "swapped": ("Both are right, but not for the estimator that they stand for. Which of the two "
                "returns the same number for every z when q is the posterior?",
                "estimator-a"),
    "a": ("Let q(z|x) be the posterior p(z|x) in Bayes' rule, p(x, z) = p(x) p(z|x), and put that "
          "into one term of estimator A. What is left of z?", "estimator-a"),
    "square": ("The square of a standard normal has mean 1. Its variance is not 1: work it out "
               "from the fourth moment, 3, and mind what the factor in front becomes when it is "
               "squared.", "sampled-kl-variance"),
    "b": ("B's noise is that of log p(x|z). With the posterior as q, what is log p(x|z) in terms "
          "of log p(x) and the sampled KL?", "sampled-kl-variance"),
})
def _variances(predict):
    mean, logvar = np.random.default_rng(5).normal(size=(2, 6, 3))
    values = call(predict, mean, logvar, shape=(2, 6))
    variance = np.exp(logvar)
    linear, square = np.sum(mean**2 * variance, axis=-1), np.sum((variance - 1) ** 2, axis=-1)
    a, b = values
    expected = linear + 0.5 * square
    if close(a, expected) and close(b, 0, atol=1e-12):
        wrong("swapped", "A is said to be noisy and B not.")
    if not close(a, 0, atol=1e-12):
        wrong("a", f"you predict a variance of A of {a[0]:.3g} for the first code; it is 0.")
    if any(close(b, linear + factor * square) for factor in (0.25, 1.0, 0.75, 2.0)):
        wrong("square", "B's variance is right but for the factor of the term with "
              "(variance − 1)².")
    if not close(b, expected):
        wrong("b", f"you predict a variance of B of {b[0]:.3g} for the first code; it is "
              f"{expected[0]:.3g}.")
    return "A has no variance at all here, B has that of the sampled KL."


@exercise("bound-of-a-batch", 5, "bound", hints={
    "batch": ("Print the shape of the KL. Whose nats does each example pay? One number for each "
              "example belongs there.", "estimator-b"),
    "shared": ("Now every example pays the same KL, the average one. The batch mean comes out "
               "right, but the bound of an example is its own.", "estimator-b"),
    "latents": ("The dimensions are added, not averaged: section 2. An average makes the KL "
                "cheaper by the number of dimensions.", "kl-gaussian"),
    "pixels": ("The pixels are added, not averaged. Section 7 shows what an average does.",
               "estimator-b"),
    "sign": ("The KL is a price: is it paid or earned?", "estimator-b"),
    "bound": ("The shape is right. Print the two terms, and compare each with the equation.",
              "estimator-b"),
})
def _bound(bound):
    rng = np.random.default_rng(5)
    x = (rng.random((6, 11)) < 0.5).astype(float)
    logits, (mean, logvar) = rng.normal(size=(6, 11)), rng.normal(size=(2, 6, 3))
    value = call(bound, x, logits, mean, logvar, shape=(6,))
    pixels, kl = bernoulli_log_prob(x, logits), kl_standard_normal(mean, logvar)
    said = (f"the first example's bound is {(pixels - kl)[0]:.3f} nats, yours is "
            f"{value[0]:.3f}.")
    for key, mistaken in {"batch": pixels - kl.sum(), "shared": pixels - kl.mean(),
                          "latents": pixels - kl / 3, "pixels": pixels / 11 - kl,
                          "sign": pixels + kl}.items():
        if close(value, mistaken):
            wrong(key, said)
    if not close(value, pixels - kl):
        wrong("bound", f"{said[:-1]}: {off_term(bound, x, logits, mean, logvar)}")
    alone = call(bound, x[:1], logits[:1], mean[:1], logvar[:1], shape=(1,))
    if not close(alone, value[:1]):
        wrong("batch", "an example alone has another bound than in a batch.")
    return "each example has its own bound, in a batch of any size."
