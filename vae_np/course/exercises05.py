"""The checks of lecture 5's exercises: the Gaussian KL, estimators A and B."""
import numpy as np

from ..distributions import bernoulli_log_prob, kl_standard_normal
from .checking import call, close, examine_backward, exercise, wrong


def kl_between(mean, logvar, prior_mean, prior_logvar):
    """KL( N(mean, e^logvar) ‖ N(prior_mean, e^prior_logvar) ): (N, Z), (N, Z), (Z,), (Z,) → (N,).
    """
    distance = (mean - prior_mean) ** 2 * np.exp(-prior_logvar)
    ratio = logvar - prior_logvar
    return 0.5 * np.sum(distance + np.exp(ratio) - 1 - ratio, axis=-1)


@exercise("kl-between-gaussians", 5, hints={
    "upstream": ("By the chain rule every slope is multiplied by what comes from above, one "
                 "number for each example. The last paragraph of section 4.",
                 "kl-gaussian-gradient"),
    "shape": ("The prior's parameters have no batch axis: one prior serves every example. What "
              "happens to the slopes of inputs that are shared?", "kl-gaussian-gradient"),
    "factor": ("What stands in front of the whole bracket multiplies every derivative. Which of "
               "the terms brings its own factor down with it, and which does not?",
               "kl-gaussian-gradient"),
    "sign": ("Only the difference of the two means enters. What is the slope of a difference in "
             "the number that is subtracted?", "kl-gaussian"),
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
    return examine_backward(kl_between, backward, inputs, hint_of=lambda row: {
        "upstream": "upstream", "shape": "shape", "factor": "factor", "sign": "sign",
    }.get(row.diagnosis, "prior_logvar" if row.name == "prior_logvar" else "gradient"))


@exercise("kl-near-prior", 5, hints={
    "formula": ("Take one dimension of the closed form and put e to the power logvar in the "
                "place of the variance.", "kl-gaussian"),
    "series": ("A power series cut short is right near 0 and nowhere else. What you need is a "
               "function of NumPy that is right near 0 and everywhere else.", "kl-gaussian"),
    "clipped": ("A cut at 0 hides the rounding but does not bring the digits back. Which "
                "subtraction lost them? See 'Why the code says' in section 3.", "kl-gaussian"),
    "cancels": ("Somewhere two numbers near 1 are subtracted, and only their rounding is left: "
                "'Why the code says' in section 3.", "kl-gaussian"),
})
def _kl_near_prior(kl_per_dim):
    rng = np.random.default_rng(5)
    mean, logvar = rng.normal(size=(2, 5, 3))
    far = call(kl_per_dim, mean, logvar, shape=(5, 3))
    small = np.outer([1.0, -1.0], np.geomspace(1e-8, 1e-6, 9))
    near = call(kl_per_dim, np.zeros_like(small), small, shape=small.shape)
    series = small**2 / 4 + small**3 / 12
    keeps_digits = close(near, series, rtol=1e-6)
    expected = 0.5 * (mean**2 + np.exp(logvar) - 1 - logvar)
    if not close(far, expected):
        off = np.abs(far / expected - 1).max()
        wrong("series" if keeps_digits else "formula",
              f"at ordinary codes the values are off by up to {off:.0%}.")
    if not keeps_digits:
        wrong("clipped" if np.all(near >= 0) and np.any(near == 0) else "cancels",
              f"at logvar = 1e-8 the KL is {series[0, 0]:.4e}, yours is {near[0, 0]:.4e}.")
    return "six digits or more are right, near the prior and far from it."


@exercise("variances-of-a-and-b", 5, hints={
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
        wrong("a", "A is said to have a variance of "
              f"{a[0]:.3g} for the first code; measured it is 0.")
    if any(close(b, linear + factor * square) for factor in (0.25, 1.0, 0.75, 2.0)):
        wrong("square", "B's variance is right but for the factor of the term with "
              "(variance − 1)².")
    if not close(b, expected):
        wrong("b", f"B's variance for the first code is predicted as {b[0]:.3g}, and measured "
              f"as {expected[0]:.3g}.")
    return "A has no variance at all here, B has that of the sampled KL."


@exercise("bound-of-a-batch", 5, hints={
    "batch": ("Print the shape of the KL. Whose nats does each example pay? One number for each "
              "example belongs there.", "estimator-b"),
    "shared": ("Now every example pays the same KL, the average one. The batch mean comes out "
               "right, but the bound of an example is its own.", "estimator-b"),
    "latents": ("The dimensions are added, not averaged: section 2. An average makes the KL "
                "cheaper by the number of dimensions.", "kl-gaussian"),
    "pixels": ("The pixels are added, not averaged. Section 7 shows what an average does.",
               "estimator-b"),
    "sign": ("The KL is a price: is it paid or earned?", "estimator-b"),
    "bound": ("Write down which axis each of the two sums runs along, and the shape that is left.",
              "estimator-b"),
})
def _bound(bound):
    rng = np.random.default_rng(5)
    x = (rng.random((6, 11)) < 0.5).astype(float)
    logits, (mean, logvar) = rng.normal(size=(6, 11)), rng.normal(size=(2, 6, 3))
    value = call(bound, x, logits, mean, logvar, shape=(6,))
    pixels, kl = bernoulli_log_prob(x, logits), kl_standard_normal(mean, logvar)
    for key, mistaken in {"batch": pixels - kl.sum(), "shared": pixels - kl.mean(),
                          "latents": pixels - kl / 3, "pixels": pixels / 11 - kl,
                          "sign": pixels + kl}.items():
        if close(value, mistaken):
            wrong(key, "the first example's bound is "
                  f"{(pixels - kl)[0]:.3f} nats, yours is {value[0]:.3f}.")
    if not close(value, pixels - kl):
        wrong("bound", f"the first example's bound is {(pixels - kl)[0]:.3f} nats, "
              f"yours is {value[0]:.3f}.")
    alone = call(bound, x[:1], logits[:1], mean[:1], logvar[:1], shape=(1,))
    if not close(alone, value[:1]):
        wrong("batch", "an example alone has another bound than in a batch.")
    return "each example has its own bound, in a batch of any size."
