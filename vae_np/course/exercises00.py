"""The checks of lecture 0's exercises: pixels, logits and the bound."""
import numpy as np

from ..distributions import bernoulli_log_prob, kl_standard_normal, softplus
from .answers import call, close, examine_backward, exercise, wrong
from .bounds import off_term


def binomial_log_prob(x, logits, n):
    """x (N, D) in 0, 1, …, n; logits (N, D) → (N,), up to a constant."""
    return np.sum(x * logits - n * softplus(logits), axis=-1)


@exercise("binomial-backward", 0, "binomial_backward", hints={
    "axis": ("d_out has one number for each example: give it a second axis.",
             "bernoulli-gradient"),
    "n": ("For n = 3 yours is right, for n = 8 it is not. Which of your numbers has to be n?",
          "bernoulli-gradient"),
    "upstream": ("Each example has its own slope from above. It multiplies all that the example "
                 "gives back: section 3.", "bernoulli-gradient"),
    "sign": ("If the pixel is brighter than expected, should the logit go up or down?",
             "bernoulli-gradient"),
    "average": ("Compare the sums of forward and backward: which axis is summed, and is anything "
                "divided?", "bernoulli"),
    "squared": ("Differentiate the logarithm, not the probability. The factor p(1 − p) belongs to "
                "the slope of p itself.", "bernoulli-gradient"),
    "gradient": ("Two terms contain the logit. Differentiate each, and look what stands in front "
                 "of the second one.", "bernoulli-gradient"),
})
def _binomial_backward(backward):
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(7, 5))

    def hint_of(row, d_out, given):
        return {"upstream": "upstream", "sign": "sign", "factor": "average",
                "batch-mean": "average", "shape": "average", "elementwise": "squared",
                }.get(row.diagnosis, "gradient")

    examine_backward(binomial_log_prob, backward, {
        "x": rng.integers(0, 4, size=(7, 5)), "logits": logits, "n": 3}, hint_of)
    return examine_backward(binomial_log_prob, backward, {
        "x": rng.integers(0, 9, size=(7, 5)), "logits": logits, "n": 8}, lambda *_: "n")


@exercise("any-logit", 0, "bernoulli_log_prob", hints={
    "bits": ("Nats, please: which logarithm is that?", "bernoulli"),
    "sign": ("A probability is at most 1. Which sign has its logarithm?", "bernoulli"),
    "pixels": ("The pixels of an image are added, not averaged.", "bernoulli"),
    "formula": ("Follow section 2 for one white and one black pixel, then sum over the pixels.",
                "bernoulli"),
    "overflow": ("Somewhere an exponential of a large positive number is taken, or the log of a "
                 "probability that was rounded to 0. Can you arrange it so that every exponent is "
                 "negative?", "bernoulli"),
    "clipped": ("A clip makes the number finite and wrong. Section 6 shows what it forgives. Use "
                "the form that has no probability in it.", "bernoulli"),
})
def _any_logit(log_prob):
    rng = np.random.default_rng(0)
    x, logits = (rng.random((7, 5)) < 0.5).astype(float), rng.normal(scale=3, size=(7, 5))
    value, expected = call(log_prob, x, logits, shape=(7,)), bernoulli_log_prob(x, logits)
    said = (f"at ordinary logits an image should have {expected[0]:.3f} nats; yours has "
            f"{value[0]:.3f}.")
    for key, factor in {"bits": 1 / np.log(2), "sign": -1, "pixels": 1 / 5}.items():
        if close(value, factor * expected, rtol=1e-6):
            wrong(key, said)
    if not close(value, expected, rtol=1e-6):
        wrong("formula", said)
    extreme = np.array([[1000.0], [-1000.0], [1000.0], [-1000.0], [-40.0]])
    pixels = np.array([[1.0], [0.0], [0.0], [1.0], [1.0]])
    value = call(log_prob, pixels, extreme, shape=(5,))
    for x, a, found, truth in zip(pixels[:, 0], extreme[:, 0], value, (0, 0, -1e3, -1e3, -40)):
        if not close(found, truth, rtol=1e-9, atol=1e-9):
            wrong("clipped" if np.isfinite(found) else "overflow",
                  f"a pixel {x:.0f} with logit {a:.0f} has {truth:.0f} nats; yours has "
                  f"{found:.4g}.")
    return "ordinary logits and logits of ±1000 come out as they should."


@exercise("bound-before-training", 0, "predict_bounds", hints={
    "bits": ("Nats, please: which logarithm is that?", "bernoulli"),
    "sign": ("A bound on a log-probability of 0/1 images cannot be positive.", "one-page"),
    "pixels": ("The pixels of an image are added, not averaged.", "bernoulli"),
    "one-for-all": ("Take the share of white of each pixel first, then the logarithm, then the "
                    "sum over pixels.", "bernoulli"),
    "swapped": ("The two are in the other order.", "one-page"),
    "first": ("All logits are 0. What is the probability of white then, and what does each "
              "pixel cost? The encoder says exactly the prior: what does the code cost?",
              "one-page"),
    "second": ("A pixel is white in a share of the images, and the model says just that share. "
               "What does the first formula of section 2 average to over the images?",
               "bernoulli"),
})
def _bound_before_training(predict):
    rng = np.random.default_rng(0)
    images = (rng.random((40, 30)) < rng.uniform(0.1, 0.9, 30)).astype(float)
    p = images.mean(axis=0)
    expected = np.array([-30 * np.log(2), np.sum(p * np.log(p) + (1 - p) * np.log(1 - p))])
    value = call(predict, images, shape=(2,))
    said = (f"on the check's images (30 pixels) you predict {value.round(2).tolist()}; it is "
            f"{expected.round(2).tolist()}.")
    grey = p.mean()
    for key, factor in {"bits": 1 / np.log(2), "sign": -1, "pixels": 1 / 30}.items():
        if any(close(value, factor * part) for part in (expected, expected[0], expected[1])) or (
                close(value[0], factor * expected[0])):
            wrong(key, said)
    if close(value, expected[::-1]):
        wrong("swapped", said)
    if close(value[1], 30 * (grey * np.log(grey) + (1 - grey) * np.log(1 - grey))):
        wrong("one-for-all", said)
    for key, found, truth in zip(("first", "second"), value, expected):
        if not close(found, truth):
            wrong(key, said)
    return "so much a decoder gets that looks at no code. A trained one must beat it."


@exercise("ignored-codes", 0, "bound", hints={
    "averaged": ("Double the pixels of an image: which term of the bound should double, and does "
                 "it?", "one-page"),
    "both": ("Two averages do not make it right: they divide by different numbers. What does the "
             "equation do over the pixels, and over the latent dimensions?", "one-page"),
    "batch": ("The sum over the pixels is one axis, the images are the other. An image's bound "
              "must not depend on how many others there are.", "one-page"),
    "sign": ("Which term is earned, and which one is paid?", "one-page"),
    "bound": ("The shape is right. Print the two terms, and compare each with the equation.",
              "one-page"),
})
def _ignored_codes(bound):
    rng = np.random.default_rng(0)
    x = (rng.random((6, 11)) < 0.5).astype(float)
    logits, (mean, logvar) = rng.normal(size=(6, 11)), rng.normal(size=(2, 6, 3))
    value = call(bound, x, logits, mean, logvar, shape=(6,))
    pixels, kl = bernoulli_log_prob(x, logits), kl_standard_normal(mean, logvar)
    said = f"the first image's bound is {(pixels - kl)[0]:.3f} nats, yours is {value[0]:.3f}."
    for key, mistaken in {"averaged": pixels / 11 - kl, "both": pixels / 11 - kl / 3,
                          "batch": pixels / 11 * 6 - kl, "sign": pixels + kl}.items():
        if close(value, mistaken):
            wrong(key, said)
    if not close(value, pixels - kl):
        wrong("bound", f"{said[:-1]}: {off_term(bound, x, logits, mean, logvar)}")
    return "both terms are sums, and each image has its own bound."
