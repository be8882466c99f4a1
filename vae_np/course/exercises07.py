"""The exercises of lecture 7: the machine assembled."""
import numpy as np

from .answers import exercise
from .forms import Form
from .prior_and_noise import (NOISE_OWN, NOISE_SAYS, PRIOR_OWN, PRIOR_SAYS, more_draws,
                              more_images, one_for_all, scales)
from .small_vae import FAULTS, HINTS, SAYS, rooms, small_vae, walk

# -- 1. the walk back, assembled ---------------------------------------------------------------

def _machines(rng):
    """Several sizes, all different; one draw, one image, one number in the code; slopes of 1, and
    large ones; means far from 0.
    """
    for n, d, h, z, draws in ((7, 5, 4, 3, 2), (2, 6, 3, 4, 5), (9, 4, 5, 1, 3), (1, 8, 3, 2, 4),
                              (5, 3, 6, 2, 1), (4, 7, 2, 5, 6)):
        far, E = (4.0 if n in (4, 9) else 1.0), 0.5 * rng.normal(size=(d, h))
        if n == 9:
            E[:2, 0] = 3.5, -3.5
        yield {"d_bound": np.ones(n) if n == 2 else far * rng.normal(size=n),
               "x": (rng.random((n, d)) < 0.5).astype(float),
               "eps": rng.normal(size=(draws, n, z)), "E": E,
               "A": far * rng.normal(size=(h, z)), "B": 0.5 * far * rng.normal(size=(h, z)),
               "W": rng.normal(size=(z, d)), "b": far * rng.normal(size=d)}, {
                   "N": n, "D": d, "Z": z, "L": draws}


def _faulty(walk, **fault):
    return lambda **case: walk(**case, **fault)


def _power(name, power):
    return lambda **case: walk(**case, **{name: case["d_bound"]**power})


exercise(
    "assemble-the-walk", 7, "small_vae_backward", form=Form(names=("b", "W", "A", "B", "E")),
    cases=_machines, truth=walk, forward=small_vae, label="walk-back",
    praise="every room agrees with ours",
    first="begin at the bound: each draw's log p(x|z_l) gets its image's slope divided by L, and "
          "the KL gets minus the slope. Then one room after the other, last room first.",
    default={"b": "pixels", "W": "weights", "A": "mean", "B": "logvar", "E": "hidden"},
    says={**SAYS,
          "draws": "counts the draws wrongly: the slopes that come through the pixels are L times "
                   "too large or too small",
          "code-draws": "has the slope in z divided by the number of draws once too often, or "
                        "multiplied by it",
          "kl-draws": "has the KL's slopes multiplied or divided by the number of draws",
          "first-draw": "has the slopes of the first draw alone",
          "upstream": "does not have `d_bound` exactly once on each of its paths",
          "batch": "has a division by the number of images, or a product with it, on one path",
          "one-head": "lacks what one of the two heads sends back to h, or has the mean of both",
          "crossed": "has each head's slope sent back through the weights of the other head",
          "tanh": "has another slope of tanh than the right one, or none"},
    own={**{key: [_faulty(walk, **fault) for fault in faults] for key, faults in FAULTS.items()},
         "code-draws": [_faulty(walk, code=factor) for factor in (
             lambda n, draws: draws, lambda n, draws: 1 / draws)],
         "draws": [_faulty(walk, pixels=factor) for factor in (
             lambda n, draws: draws, lambda n, draws: 1 / draws)],
         "kl-draws": [_faulty(walk, kl_mean=factor, kl_logvar=factor) for factor in (
             lambda n, draws: draws, lambda n, draws: 1 / draws)],
         "first-draw": [_faulty(walk, first=True),
                        _faulty(walk, first=True, pixels=lambda n, draws: draws)],
         "upstream": [_power(name, power) for name in ("d_pixels", "d_kl") for power in (0, 2)],
         "batch": [_faulty(walk, **{name: factor for name in names})
                   for names in (("pixels",), ("code",), ("kl_mean", "kl_logvar"))
                   for factor in (lambda n, draws: n, lambda n, draws: 1 / n)],
         "one-head": [_faulty(walk, heads=heads) for heads in ((1, 0), (0, 1), (0.5, 0.5))],
         "crossed": [_faulty(walk, crossed=True)],
         "tanh": [_faulty(walk, tanh=slope) for slope in (
             np.ones_like, lambda h: 1 - h, lambda h: h * (1 - h), lambda h: 1 + h * h,
             lambda h: 1 - np.tanh(h)**2, lambda h: h, lambda h: h * h)]},
    hints={
        **HINTS,
        "draws": ("The bound of an image has the mean over its draws in it. What does a mean do "
                  "to the slope that it hands back to each draw?", "walk-back"),
        "code-draws": ("The division by L was made when the slope left the mean over the draws. "
                       "In z, no room divides again: what is copied forwards is summed backwards.",
                       "walk-back"),
        "kl-draws": ("How many times does the KL stand in the bound of one image: once, or once "
                     "for each draw?", "walk-back"),
        "first-draw": ("All the draws stand in the bound. What comes back from the others?",
                       "walk-back"),
        "upstream": ("The slope from above goes into both terms of the bound, and must be carried "
                     "down both paths.", "walk-back"),
        "batch": ("`small_vae` gives one number for each image and takes no mean over them. If "
                  "somebody does, his division is in d_bound already.", "minibatch"),
        "one-head": ("h is used by two heads. What becomes of slopes that meet?", "walk-back"),
        "crossed": ("Through which matrix did h go to become μ, and through which to become s?",
                    "walk-back"),
        "tanh": ("The slope of tanh, written with its output alone: section 2 of lecture 3. Is it "
                 "multiplied in before the slope goes through E?", "walk-back"),
        "pixels": ("The last room first: from the bound to the logits. b moves the logit of its "
                   "pixel in every image and every draw.", "walk-back"),
        "weights": ("W is used for every draw of every image. Write (d_W)_jd with its sum over l "
                    "and n.", "walk-back"),
        "mean": ("Which two paths lead back to μ? Write the slope of each for one number of one "
                 "code.", "walk-back"),
        "logvar": ("Which two paths lead back to s? Write the slope of each for one number of one "
                   "code.", "walk-back"),
        "hidden": ("What both heads send to h is added, goes through tanh, and then meets x.",
                   "walk-back")})


# -- 2. the scale of the weight prior ----------------------------------------------------------

def _programs(rng):
    """Data sets, batches and priors of all sizes; N(0, 1) for all in one case."""
    for programs in (5, 8, 3, 6, 12):
        data_size = rng.integers(100, 60_000, size=programs)
        batch = np.minimum(rng.integers(2, 500, size=programs), data_size // 2)
        variance = np.ones(programs) if programs == 3 else np.exp(rng.normal(size=programs))
        yield {"data_size": data_size, "batch": batch, "variance": variance}, {}


exercise(
    "prior-scales", 7, "prior_scales", cases=_programs, truth=scales,
    form=Form(rows=("mean", "sum", "whole")),
    words={"mean": "the scale for the mean", "sum": "the scale for the sum",
           "whole": "the scale for the whole data set"},
    label="weight-prior", praise="all three climb the same hill",
    first="what is climbed is log p(w) + 𝓛(X), with log p(w) = −‖w‖²/(2v) and a constant. Divide "
          "it by whatever the program's first term is smaller than 𝓛(X).",
    default={"": "scale"},
    says=PRIOR_SAYS, own=PRIOR_OWN, explain=one_for_all("programs"),
    hints={
        "half": ("The penalty has no ½ in front, and log p(w) of a normal density has. Compare "
                 "the slopes of the two in one weight.", "weight-prior"),
        "same": ("If all slopes of the data are larger by a factor, what must become of the "
                 "prior's slope, so that the hill keeps its top?", "weight-prior"),
        "as-sum": ("By how much is this program's first term smaller than the bound of the whole "
                   "data set?", "minibatch"),
        "unscaled": ("The prior is asked once for all N examples. How many examples does this "
                     "program's loss stand for?", "weight-prior"),
        "batch": ("A prior does not know the batch. Would you believe more in small weights if "
                  "you looked at fewer images at a time?", "weight-prior"),
        "inverse": ("Put N = 100 and M = 10. How much of the data does one loss stand for, and "
                    "how much of the prior belongs to it?", "minibatch"),
        "no-size": ("With more data the prior matters less, if the loss is per example. Does your "
                    "line say so?", "weight-prior"),
        "batch-again": ("Say for this program: what is its loss, times which number, the bound of "
                        "the whole data set? Is that number in your line once?", "minibatch"),
        "variance": ("A wide prior, with a large variance, says little. Must its λ be large, or "
                     "small? And in log p(w), what divides w²?", "weight-prior"),
        "one-for-all": ("Each of the programs has sizes of its own. Which of your operations "
                        "mixes them?", "weight-prior"),
        "swapped": ("Which loss is larger, the mean over a batch or the sum? The prior must keep "
                    "step.", "weight-prior"),
        "sign": ("The program minimises. Do large weights make its loss larger, or smaller?",
                 "weight-prior"),
        "scale": ("Write the slope of each program's whole loss in one weight, and compare it "
                  "with what should be climbed, up to a common factor.", "weight-prior")})


# -- 3. what ten draws buy ---------------------------------------------------------------------

def _noises(rng):
    """Several batches and numbers of draws; either variance may be the larger one."""
    for examples, draws, weights in ((7, 2, 5), (2, 10, 6), (100, 5, 4), (12, 3, 9), (30, 8, 7)):
        between, within = np.exp(1.5 * rng.normal(size=(2, weights)))
        yield {"between": between, "within": within, "examples": examples, "draws": draws}, {
            "N": examples, "L": draws}


exercise(
    "more-draws-or-images", 7, "predict_variances", cases=_noises,
    form=Form(rows=("draws", "images")), words={
        "draws": "the variance with more draws", "images": "the variance with more images"},
    truth=lambda **case: np.array([more_draws(**case), more_images(**case)]),
    label="batch-variance", praise="more images are never worse, for the same number of codes",
    first="for one image, the mean of its draws has the variance V_x + V_ε/L. What does the mean "
          "over the images make of it? The other batch has more images and one draw each.",
    default={"draws": "draws", "images": "images"},
    says=NOISE_SAYS, own=NOISE_OWN, explain=one_for_all("weights"),
    hints={
        "one-draw": ("Of the two kinds of luck, which one do more draws for the same images make "
                     "smaller? And more images?", "batch-variance"),
        "all-divided": ("If you draw the noise again for the same image, does the image change? "
                        "Which of the two variances stays?", "batch-variance"),
        "all-of-draws": ("The second batch has L times as many images and one draw for each. Put "
                         "these numbers into the equation.", "batch-variance"),
        "swapped-variances": ("One variance is between images, the other within an image, from "
                              "draw to draw. Over which is the mean of the draws taken?",
                              "batch-variance"),
        "within-alone": ("The images are averaged too: each brings noise of its own.",
                         "batch-variance"),
        "between-kept": ("Over how many independent images is the mean taken? Both kinds of luck "
                         "become smaller with them.", "batch-variance"),
        "no-between": ("With the noise switched off, would two batches give the same slope?",
                       "batch-variance"),
        "no-within": ("With the same images twice, would two steps have the same slope?",
                      "batch-variance"),
        "draws-twice": ("The variance of a mean of L independent numbers is one L-th of theirs: "
                        "where in your line does it stand?", "batch-variance"),
        "not-divided": ("By what does the variance fall if a mean is taken over M independent "
                        "numbers?", "batch-variance"),
        "draws-times": ("The mean of more draws varies less. What is the variance of a mean of L "
                        "independent numbers?", "batch-variance"),
        "deviations": ("Variances of independent parts add, and a mean over n divides them by n. "
                       "What are the two arguments already?", "batch-variance"),
        "ratio": ("The variance itself is asked for, not what is gained.", "batch-variance"),
        "not-images": ("How many images are in the second batch, and how many draws has each? "
                       "Write both beside the letters of the equation.", "batch-variance"),
        "one-for-all": ("Each weight has variances of its own. Which of your operations mixes "
                        "them?", "batch-variance"),
        "swapped": ("Which batch has the larger variance: few images with many draws, or many "
                    "images with one?", "batch-variance"),
        "draws": ("Take one image first: which variance has the mean of its draws around the mean "
                  "over all images?", "batch-variance"),
        "images": ("Each image has one draw now. What is the variance of one image with one draw, "
                   "and of the mean over all of them?", "batch-variance")})


# -- 4. divided once too often ------------------------------------------------------------------

def _batches(rng):
    """Several sizes; one image; wide codes and far logits."""
    for (n, d, z), spread in (((7, 5, 3), 1.0), ((2, 9, 4), 1.0), ((1, 6, 2), 1.0),
                              ((12, 4, 1), 2.0), ((5, 8, 6), 1.5), ((20, 3, 5), 1.0)):
        yield {"x": (rng.random((n, d)) < 0.5).astype(float), "eps": rng.normal(size=(n, z)),
               "mean": spread * rng.normal(size=(n, z)), "logvar": rng.normal(size=(n, z)),
               "W": spread * rng.normal(size=(z, d)), "b": rng.normal(size=d)}, {
                   "N": n, "D": d, "Z": z}


def _gradients(x, eps, mean, logvar, W, b, **fault):
    return rooms(np.full(len(x), 1 / len(x)), x, eps[None], mean, logvar, W, b, **fault)


_SIZES = (lambda n, draws: n, lambda n, draws: 1 / n)
_OF_ONE_DRAW = {key: faults for key, faults in FAULTS.items() if key != "product"}

exercise(
    "divided-twice", 7, "batch_gradients", form=Form(names=("b", "W", "mean", "logvar")),
    cases=_batches, truth=_gradients, label="minibatch",
    words={name: f"the gradient of {name}" for name in ("b", "W", "mean", "logvar")},
    praise="each path is divided by the batch once",
    first="the mean bound is (1/N) Σ_n [log p(x_n|z_n) − KL_n]. So each of the two terms has the "
          "slope 1/N or −1/N, and no room after that divides again.",
    default={"b": "logits", "W": "weights", "mean": "mean", "logvar": "logvar"},
    says={**SAYS,
          "again": "has the slopes that come from the decoder divided by the batch once more, or "
                   "not at all",
          "whole": "has no division by the batch, or two, in everything that comes through the "
                   "pixels",
          "kl-again": "has the KL's slopes divided by the batch twice, or not at all",
          "both-again": "has everything divided by the batch twice, or not at all"},
    own={"again": [_faulty(_gradients, code=factor) for factor in (
             *_SIZES, lambda n, draws: 1 / n**2)],
         "whole": [_faulty(_gradients, pixels=factor) for factor in _SIZES],
         "kl-again": [_faulty(_gradients, kl_mean=factor, kl_logvar=factor) for factor in _SIZES],
         "both-again": [_faulty(_gradients, code=factor, kl_mean=factor, kl_logvar=factor)
                        for factor in _SIZES],
         **{key: [_faulty(_gradients, **fault) for fault in faults]
            for key, faults in _OF_ONE_DRAW.items()}},
    hints={
        **{key: hint for key, hint in HINTS.items() if key in _OF_ONE_DRAW},
        "again": ("Follow one image's log p(x|z) on its way down to its code, and count the "
                  "divisions by the number of images. Then follow its KL.", "minibatch"),
        "whole": ("The mean over the batch is taken at one place. In which line does the walk "
                  "back leave it, and does any later line take a mean again?", "minibatch"),
        "kl-again": ("The KL of one image stands in the mean bound with one division by the "
                     "batch, like its log p(x|z).", "minibatch"),
        "both-again": ("That the two paths agree is not enough: measure one slope, by moving one "
                       "number of one code, and compare.", "minibatch"),
        "logits": ("b moves one logit of each image. Add up what the images say; each says it "
                   "with its share of the mean.", "minibatch"),
        "weights": ("W meets the codes that were drawn, and the slopes of the logits.",
                    "walk-back"),
        "mean": ("Two paths lead back to the mean. Divide each by the batch once.", "walk-back"),
        "logvar": ("Two paths lead back to s. Divide each by the batch once.", "walk-back")})
