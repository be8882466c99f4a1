"""The exercises of lecture 0: pixels, logits and the bound."""
import numpy as np

from ..distributions import bernoulli_log_prob, sigmoid, softplus
from . import bounds
from .answers import exercise
from .bounds import bound_cases, bound_of, kl_of, pixels_of
from .forms import Form


# -- 1. a backward -----------------------------------------------------------------------------

def binomial_log_prob(x, logits, n):
    """x (N, D) in 0, 1, …, n; logits (N, D) → (N,), up to a constant."""
    return np.sum(x * logits - n * softplus(logits), axis=-1)


def _grey_levels(rng):
    """Ordinary logits and large ones, up to ±900; a brightest level that occurs or does not."""
    for (n, d), levels, brightest, spread in (
            ((7, 5), 3, 3, 1.0), ((2, 9), 8, 6, 3.0), ((12, 4), 1, 1, 3.0), ((5, 30), 8, 8, 12.0),
            ((3, 8), 255, 200, 30.0), ((4, 6), 3, 2, 2.0), ((8, 3), 1, 1, 1.0)):
        logits = spread * rng.normal(size=(n, d))
        if spread == 30.0:
            logits[:, ::3] = 900 * rng.choice([-1, 1], size=logits[:, ::3].shape)
        yield {"d_out": np.full(n, n / 4) if n in (4, 8) else rng.normal(size=n),
               "x": rng.integers(0, brightest + 1, (n, d)), "logits": logits,
               "n": levels}, {"N": n, "D": d}


exercise(
    "binomial-backward", 0, "binomial_backward", form=Form(names=("logits",)),
    cases=_grey_levels, forward=binomial_log_prob,
    truth=lambda d_out, x, logits, n: {"logits": d_out[:, None] * (x - n * sigmoid(logits))},
    label="bernoulli-gradient", praise="the gradient agrees with ours",
    first="the sum has one term for each pixel, and a_d stands in the term of pixel d alone. So "
          "∂ log p(x)/∂a_d is the derivative of x_d a_d − n log(1 + e^a_d) in a_d.",
    default={"": "gradient"},
    says={"n": "has another number than n in it, or n in another place",
          "squared": "has a factor p(1 − p) too many",
          "upstream": "has the slope from above in one of its two terms alone"},
    own={"n": [lambda d_out, x, logits, n: {"logits": d_out[:, None] * (x - sigmoid(logits))},
               lambda d_out, x, logits, n: {"logits": d_out[:, None] * n * (x - sigmoid(logits))},
               lambda d_out, x, logits, n: {"logits": d_out[:, None] * (
                   x - (n + 1) * sigmoid(logits))},
               lambda d_out, x, logits, n: {"logits": d_out[:, None] * (
                   x - max(1, x.max()) * sigmoid(logits))}],
         "squared": [lambda d_out, x, logits, n: {"logits": d_out[:, None] * (
             x - n * sigmoid(logits)) * sigmoid(logits) * sigmoid(-logits)}],
         "upstream": [lambda d_out, x, logits, n: {"logits": d_out[:, None] * x
                                                   - n * sigmoid(logits)}]},
    hints={
        "n": ("Write the formula for n = 1, then for n = 3. Which of your numbers has to be n, "
              "exactly, and in front of what does n stand?", "bernoulli-gradient"),
        "upstream": ("Each example has its own slope from above. It multiplies all that the "
                     "example gives back: section 3.", "bernoulli-gradient"),
        "sign": ("If the pixel is brighter than expected, should the logit go up or down?",
                 "bernoulli-gradient"),
        "average": ("Compare the sums of forward and backward: which axis is summed, and is "
                    "anything divided?", "bernoulli"),
        "squared": ("Differentiate the logarithm, not the probability. The factor p(1 − p) "
                    "belongs to the slope of p itself.", "bernoulli-gradient"),
        "gradient": ("Two terms contain the logit. Differentiate each, and look what stands in "
                     "front of the second one.", "bernoulli-gradient")})


# -- 2. a form that is right for every logit ---------------------------------------------------

EXTREMES = (-1e4, -3000.0, -1000.0, -800.0, -400.0, -90.0, -40.0, -20.0, 0.0, 20.0, 40.0, 90.0,
            400.0, 800.0, 1000.0, 3000.0, 1e4)


def _any_logits(rng):
    """Ordinary logits, then single pixels from −10000 to 10000, then both in one image."""
    def pixels(*shape):
        return (rng.random(shape) < 0.5).astype(float)

    for n, d, spread in ((7, 5, 3.0), (2, 9, 3.0), (40, 1, 6.0)):
        yield {"x": pixels(n, d), "logits": spread * rng.normal(size=(n, d))}, {"N": n, "D": d}
    logits = np.repeat(EXTREMES, 2)[:, None]
    yield ({"x": np.tile([0.0, 1.0], len(EXTREMES))[:, None], "logits": logits},
           {"N": len(logits), "D": 1})
    mixed = np.where(np.arange(6) == 2, rng.choice(EXTREMES, size=(12, 6)),
                     rng.normal(size=(12, 6)))
    yield {"x": pixels(12, 6), "logits": mixed}, {"N": 12, "D": 6}


def _at_the_extremes(trial, part):
    """Right at ordinary logits and wrong at large ones: infinite, or clipped?"""
    if not all(np.allclose(trial.yours[part][case], trial.right[part][case], rtol=1e-3)
               for case in (0, 1)):
        return None
    if not all(np.all(np.isfinite(y)) for y in trial.yours[part]):
        return "overflow", "it is right for ordinary logits, and not finite for large ones."
    if not np.allclose(trial.yours[part][2], trial.right[part][2], rtol=0.1, atol=0.01):
        return None
    y, r = trial.yours[part][3], trial.right[part][3]
    large = np.abs(trial.cases[3]["logits"][:, 0]) >= 90
    if np.all(trial.is_right(part)[3][large]):
        return "approximate", ("it is right for large logits, and for ordinary ones to a few "
                               "digits alone.")
    if np.any((np.abs(y) < 0.99 * np.abs(r)) & (np.abs(r) > 15)):
        return "clipped", ("it is right for ordinary logits, and for large ones it is finite and "
                           "wrong.")
    return "overflow", "it is right for ordinary logits, and wrong for large ones."


exercise(
    "any-logit", 0, "bernoulli_log_prob", cases=_any_logits,
    truth=bernoulli_log_prob, explain=_at_the_extremes,
    label="bernoulli", praise="ordinary logits and those of ±10 000 come out as they should",
    first="for one pixel, x log p + (1 − x) log(1 − p) with p = 1/(1 + e^−a). Put p in, and "
          "take the log of each fraction apart before anything is computed.",
    default={"": "formula"},
    own={"sign": [lambda x, logits: bernoulli_log_prob(1 - x, logits)],
         "half": [lambda x, logits: -np.sum(x * softplus(-logits), axis=-1),
                  lambda x, logits: -np.sum((1 - x) * softplus(logits), axis=-1),
                  lambda x, logits: np.sum(x * logits, axis=-1),
                  lambda x, logits: -np.sum(softplus(logits), axis=-1)],
         "twice": [lambda x, logits: bernoulli_log_prob(x, 2 * logits),
                   lambda x, logits: bernoulli_log_prob(x, 0.5 * logits)]},
    says={"sign": "is that of the opposite pixels", "half": "has one of its two parts alone",
          "twice": "is the right one for logits of another size: twice, or half of what is given"},
    words={"": "the log-probability"},
    hints={
        "sign": ("A probability is at most 1: which sign has its logarithm? And should a pixel "
                 "that is white make a large logit likely, or unlikely?", "bernoulli"),
        "average": ("The pixels of an image are added, not averaged.", "bernoulli"),
        "half": ("A white pixel costs something, and a black one too. Which part of the formula "
                 "is left for each?", "bernoulli"),
        "twice": ("Which function of the logit is the probability of white here: with which "
                  "exponent?", "bernoulli"),
        "formula": ("Follow section 2 for one white and one black pixel, then sum over the "
                    "pixels.", "bernoulli"),
        "overflow": ("Somewhere an exponential of a large positive number is taken, or the log of "
                     "a probability that was rounded to 0. Can you arrange it so that every "
                     "exponent is negative, and no pixel's term depends on another pixel?",
                     "bernoulli"),
        "clipped": ("A clip makes the number finite and wrong. Section 6 shows what it forgives. "
                    "Use the form that has no probability in it.", "bernoulli")})


# -- 3. two bounds before training --------------------------------------------------------------

def _images(rng):
    """Each pixel is white in one image at least and not in all, in few or in many of them."""
    for n, d in ((40, 30), (9, 16), (300, 7), (1500, 3), (25, 25), (40, 7)):
        images = (rng.random((n, d)) < rng.beta(0.4, 0.4, d)).astype(float)
        if n >= 300:
            images[:, 0], images[:, 1] = 0, 1  # white, or black, in one image alone
        images[0, :], images[1, :] = images[2, :], 1 - images[2, :]
        yield {"images": images}, {"N": n, "D": d}


def _entropies(share):
    return np.sum(share * np.log(share) + (1 - share) * np.log(1 - share), axis=-1)


def _two_bounds(images):
    return np.array([-images.shape[1] * np.log(2), _entropies(images.mean(axis=0))])


def _clipped(floor):
    return lambda images: {"second": sum(
        np.sum(part * np.log(np.clip(part, floor, 1 - floor)))
        for part in (images.mean(axis=0), 1 - images.mean(axis=0)))}


def _smoothed(white, more):
    def second(images):
        share = images.mean(axis=0)
        added = (images.sum(axis=0) + white) / (len(images) + more)
        return {"second": np.sum(share * np.log(added) + (1 - share) * np.log(1 - added))}
    return second


def _all_clipped(floor):
    return lambda images: {"second": _entropies(np.clip(images.mean(axis=0), floor, 1 - floor))}


def _log_of_mean(images):
    share = images.mean(axis=0)
    log_p = np.sum(images * np.log(share) + (1 - images) * np.log(1 - share), axis=1)
    return {"second": log_p.max() + np.log(np.mean(np.exp(log_p - log_p.max())))}


def _one_share_for_all(images):
    return np.array([-images.shape[1] * np.log(2),
                     images.shape[1] * _entropies(images.mean(keepdims=True)[0])])


exercise(
    "bound-before-training", 0, "predict_bounds", cases=_images, truth=_two_bounds,
    form=Form(rows=("first", "second")), hides=("first",),
    words={"first": "the first bound", "second": "the second bound"},
    label="one-page", praise="so much a decoder gets that looks at no code. A trained one must "
                             "beat it",
    first="the bound is the mean of log p(x|z) less the KL. With all weights 0 the network gives "
          "its biases, whatever x and z are.",
    default={"first": "first", "second": "second"},
    says={"one-for-all": "is that of one share of white for all pixels together",
          "half": "has the white pixels' part alone, or the black ones'",
          "log-of-mean": "is a logarithm of a mean",
          "clipped": "is that of shares which are clipped",
          "likelier": "is that of a pixel which always shows its likelier colour",
          "logit": "has the share itself as the logit",
          "smoothed": "is that of shares to which some images are added"},
    own={"clipped": [kind(floor) for kind in (_clipped, _all_clipped)
                     for floor in (1e-4, 1e-3, 0.01, 0.02, 0.05, 0.1, 0.2)],
         "likelier": [lambda images: {"second": np.sum(np.log(np.maximum(
             images.mean(axis=0), 1 - images.mean(axis=0))))}],
         "logit": [lambda images: {"second": np.sum(
             images.mean(axis=0) ** 2 - softplus(images.mean(axis=0)))}],
         "smoothed": [_smoothed(1, 2), _smoothed(0.5, 1), _smoothed(1, 1)],
         "one-for-all": [lambda images: {"second": _one_share_for_all(images)[1]}],
         "normaliser": [lambda images: {"first": np.zeros(())}],
         "half": [lambda images: {"second": np.sum(
             images.mean(axis=0) * np.log(images.mean(axis=0)))},
                  lambda images: {"second": np.sum(
                      (1 - images.mean(axis=0)) * np.log(1 - images.mean(axis=0)))}],
         "log-of-mean": [_log_of_mean, lambda images: {"second": np.sum(np.log(
             images.mean(axis=0) ** 2 + (1 - images.mean(axis=0)) ** 2))}]},
    hints={
        "sign": ("A bound on a log-probability of 0/1 images cannot be positive.", "one-page"),
        "average": ("The pixels of an image are added, not averaged; the images are averaged, "
                    "not added.", "bernoulli"),
        "one-for-all": ("Take the share of white of each pixel first, then the logarithm, then "
                        "the sum over pixels.", "bernoulli"),
        "clipped": ("A share is never 0 or 1 here, so nothing needs a clip, and a rarely white "
                    "pixel costs less than a clip allows.", "bernoulli"),
        "likelier": ("Each pixel is white in some images and black in others, and the model's "
                     "share is charged in all of them.", "bernoulli"),
        "logit": ("Which number must the bias be for the pixel's probability to be its share? "
                  "What is the inverse of the sigmoid?", "bernoulli"),
        "smoothed": ("The share is that of the images as they are: none is added.", "bernoulli"),
        "normaliser": ("A logit of 0 is no probability of 0, and not a log-probability either. "
                       "What does each pixel cost then?", "bernoulli"),
        "half": ("The first formula of section 2 has a part for the white pixels and one for the "
                 "black ones. Both cost something.", "bernoulli"),
        "log-of-mean": ("The bound is a mean of logarithms. The logarithm of a mean is larger.",
                        "one-page"),
        "swapped": ("The two are in the other order.", "one-page"),
        "size": ("What should change with the number of pixels, and what with that of the "
                 "images?", "bernoulli"),
        "first": ("All logits are 0. What is the probability of white then, and what does each "
                  "pixel cost? The encoder says exactly the prior: what does the code cost?",
                  "one-page"),
        "second": ("A pixel is white in a share of the images, and the model says just that "
                   "share. What does the first formula of section 2 average to over the images?",
                   "bernoulli")})


# -- 4. the bound of codes that are ignored ----------------------------------------------------

exercise(
    "ignored-codes", 0, "bound", cases=bound_cases, truth=bound_of,
    terms=bounds.TERMS,
    label="one-page", praise="both terms are sums, and each image has its own bound",
    first="log p(x|z) = Σ_d log p(x_d|z), for the pixels are independent given z. Write the code "
          "for one image first, then for a batch.",
    default={"": "bound"}, words={"": "the bound"},
    says={"average": "has log p(x|z) divided by D, the number of pixels, beside the right KL",
          "both": "has averages in it, over different numbers of terms",
          "batch": "mixes the images of the batch",
          **bounds.SAYS},
    own={"average": [lambda **case: pixels_of(**case) / case["x"].shape[1] - kl_of(**case)],
         "both": [lambda **case: (pixels_of(**case) / case["x"].shape[1]
                                  - kl_of(**case) / case["mean"].shape[1]),
                  lambda **case: (pixels_of(**case) - kl_of(**case)) / case["x"].shape[1]],
         "batch": [lambda **case: (pixels_of(**case) / case["x"].shape[1] * len(case["x"])
                                   - kl_of(**case)),
                   lambda **case: (np.full(len(case["x"]), pixels_of(**case).sum())
                                   - kl_of(**case))],
         **bounds.OWN},
    hints={
        "average": ("Double the pixels of an image: which term of the bound should double, and "
                    "does it?", "one-page"),
        "both": ("Two averages do not make it right. What does the equation do over the pixels, "
                 "and over the latent dimensions?", "one-page"),
        "batch": ("The sum over the pixels is one axis, the images are the other. An image's "
                  "bound must not depend on how many others there are.", "one-page"),
        **bounds.hints("one-page")})
