"""The exercises of lecture 8: what a VAE has learnt. Their mistakes have modules of their own."""
import numpy as np

from . import code_paths, code_use, dreams, linear_codes
from .answers import exercise
from .forms import Form

# -- 1. activity, variance, price --------------------------------------------------------------

exercise(
    "use-of-the-code", 8, "use_of_code", form=Form(names=("activity", "variance", "kl")),
    cases=code_use.codes, truth=code_use.use, label="active-unit",
    words={"activity": "the activity", "variance": "the variance of all codes",
           "kl": "the mean KL"},
    praise="activity and mean variance share what the prior has",
    first="a code is μ + σε, with an image drawn at random and ε drawn anew. What is the mean of "
          "its square, over both, and what is its mean?",
    default={"activity": "activity", "variance": "variance", "kl": "kl"},
    says={"one-fewer": "divides by N − 1 in the variance over the examples",
          "not-centred": "has a mean square where a variance should be",
          "distance": "is a mean distance, and no variance",
          "width": "looks at the widths of q and not at its means",
          "whole": "has the mean variance of q added", "active": "has the threshold in it",
          "axis": "has a mean over the dimensions in it",
          "parts": "has one of its two parts with another sign or factor, or multiplied",
          "together": "is the variance of mean and width added up, as if their noise were 1",
          "square-of-mean": "has something else than the mean of μ² in it",
          "between": "has the part between the examples alone",
          "within": "has the part within one example's q alone",
          "std": "has a power of e^logvar that is not the variance",
          "log-first": "has an average inside an exponential or a logarithm",
          "logvar": "has logvar in the place of the variance",
          "of-averages": "is the KL of one Gaussian, with averages for its parameters",
          "aggregate": "is the KL of one Gaussian with the mean and the variance of all codes",
          "reverse": "is the KL of the prior from q, the other way round",
          "term": "lacks one of the terms of the bracket, or has one with another factor"},
    own=code_use.OWN,
    hints={
        "one-fewer": ("How is the variance over the N images meant in this lecture? Its opening "
                      "page says by what is divided.", "active-unit"),
        "not-centred": ("Add the same number to every mean. Does a variance change?",
                        "active-unit"),
        "distance": ("A variance is a mean of squares. Of which distances?", "active-unit"),
        "width": ("A code says something about the image if its mean moves with the image.",
                  "active-unit"),
        "whole": ("That sum is what the second number is. Which of its two parts is between "
                  "images?", "code-variance"),
        "active": ("The threshold comes afterwards. What is compared with it?", "active-unit"),
        "axis": ("Each dimension has an activity of its own. Over what is its mean taken?",
                 "active-unit"),
        "parts": ("A code is μ + σε, and ε is independent of the image. With which factor does "
                  "each of the two variances enter, and what joins them?", "code-variance"),
        "together": ("σ is multiplied by noise that is drawn anew. What is the mean of σε over "
                     "the noise, and of its square?", "code-variance"),
        "square-of-mean": ("Even a dimension whose mean is the same for all images costs "
                           "something, if that mean is not 0. Which power of μ is in the KL?",
                           "kl-split"),
        "between": ("Even if all images had the same mean, the codes would differ. By how much?",
                    "code-variance"),
        "within": ("Even if every σ were 0, the codes of two images would differ. By how much?",
                   "code-variance"),
        "std": ("The network puts out s = log σ². Which power of e is the variance?",
                "code-variance"),
        "log-first": ("Is the average of e^s the exponential of the average of s, or its "
                      "logarithm the average of s? What does the formula have?",
                      "code-variance"),
        "logvar": ("The network puts out the logarithm of the variance. What is added up?",
                   "code-variance"),
        "of-averages": ("The KL curves. Is its mean over the images the KL at the mean "
                        "parameters?", "kl-split"),
        "aggregate": ("That is a price for all codes together, of which single images know "
                      "nothing. What stands on the left of the split?", "kl-split"),
        "reverse": ("From which of the two densities is drawn: from q, or from the prior?",
                    "kl-split"),
        "term": ("Write the KL of one dimension down, as on the lecture's opening page: four "
                 "terms. Compare one by one.", "kl-split"),
        "activity": ("One number for each dimension: how much does its mean move over the "
                     "images?", "active-unit"),
        "variance": ("Two parts: between the images, and within one image's q.",
                     "code-variance"),
        "kl": ("One dimension of one image first. Then the average over the images.",
               "kl-split")})


# -- 2. a path that stays in the prior ---------------------------------------------------------

exercise(
    "path-in-the-prior", 8, "path", cases=code_paths.ends, label="mixed-draws",
    truth=code_paths.mix(lambda t: np.sqrt(1 - t), np.sqrt), explain=code_paths.weights,
    words={"": "the path"}, praise="each of its points is a draw of the prior",
    first="with the weights c₀ and c₁, z is c₀ z0 + c₁ z1 and has the variance c₀² + c₁² in each "
          "dimension. Which of these two is the share that comes from z1?",
    default={"": "path"},
    says={"line": "is the straight line, or a multiple of it",
          "ends": "begins at z1 and ends at z0",
          "share": "is a draw of the prior everywhere, but t is not the share of its variance "
                   "that comes from z1",
          "great-circle": "has weights that depend on z0 and z1",
          "length": "has its length made equal to a fixed one, or to that of its ends",
          "one-root": "has one weight right and the other not", "minus": "ends at −z1",
          "power": "has a wrong power of the shares for its weights"},
    own=code_paths.OWN,
    hints={
        "line": ("Which variance has the middle of yours, if both ends are draws of the prior?",
                 "mixed-draws"),
        "ends": ("Put t = 0 in. Which end should it be?", "mixed-draws"),
        "share": ("The squares of your two weights add up to 1: that is half of what is asked "
                  "for. What is the square of the second one?", "mixed-draws"),
        "great-circle": ("Weights that depend on the draws make it no sum of draws with fixed "
                         "weights. Which two demands does the text make on the weights?",
                         "mixed-draws"),
        "length": ("The prior's draws do not all have the same length. What is asked for is a "
                   "variance, over many pairs of ends.", "mixed-draws"),
        "one-root": ("What should the squares of the two weights add up to, at every t?",
                     "mixed-draws"),
        "minus": ("Its variance is right. Put t = 1 in: where are you?", "mixed-draws"),
        "power": ("A weight of c brings the share c² of a variance. Which c brings the share t?",
                  "mixed-draws"),
        "weights": ("What should the sum of the two squares be, and what the second one's share?",
                    "mixed-draws"),
        "path": ("Write the path as c₀ z0 + c₁ z1. The text says what c₀² + c₁² is, and what c₁² "
                 "is.", "mixed-draws")})


# -- 3. what a dimension costs -----------------------------------------------------------------

exercise(
    "cost-of-a-dimension", 8, "predict_use", cases=linear_codes.variances,
    form=Form(rows=("kl", "activity")), truth=linear_codes.cost,
    explain=linear_codes.where_wrong, label="collapse-threshold",
    words={"kl": "the KL", "activity": "the activity"},
    praise="what is not worth its price is not used, and costs nothing",
    first="let the decoder's weight for a dimension be w and C = w² + βτ². The best C is v, if "
          "that is possible. What are then the encoder's variance and the variance of its mean?",
    default={"kl": "kl", "activity": "activity"},
    says={"unclipped": "goes on below the threshold as if w² could be negative",
          "beta": "has β in a wrong place, or not at all",
          "noise-variance": "has another power of τ² than the threshold",
          "spread": "takes v for a standard deviation, or for a square root of the variance",
          "weight": "has w² in the place of v, or of the activity",
          "added": "has the variance of data that are code plus noise",
          "threshold": "has another threshold below which a dimension is unused",
          "left-open": "is what the dimension leaves open",
          "part": "has some of the terms of the KL alone",
          "active": "says which dimensions are used, and not how much",
          "slope": "has another power of the encoder's slope, or of σ², than a variance has",
          "sorted": "is sorted, and not in the order of v"},
    own=linear_codes.OWN,
    hints={
        "swapped": ("Both are right, in each other's row. Which is counted in nats?",
                    "collapse-threshold"),
        "unclipped": ("Can w² = v − βτ² be negative? What is the best weight then, and what does "
                      "q become?", "collapse-threshold"),
        "beta": ("In the derivation β and τ² stand together, in C = w² + βτ². Does the KL itself "
                 "have a factor β?", "collapse-threshold"),
        "noise-variance": ("v is a variance. With which power of the noise's standard deviation "
                           "may it be compared?", "collapse-threshold"),
        "spread": ("v is the variance along the axis, and an eigenvalue of the covariance matrix.",
                   "collapse-threshold"),
        "weight": ("w² is what the code adds to the model's variance. What is the variance of "
                   "the encoder's mean, αy?", "collapse-threshold"),
        "added": ("v is the variance of the data, noise included: at the best weight C = w² + βτ² "
                  "equals v. Nothing has to be added to it.", "collapse-threshold"),
        "threshold": ("At which v does the best w² become 0?", "collapse-threshold"),
        "left-open": ("Activity and mean variance share 1. Which of the two is asked for?",
                      "code-variance"),
        "part": ("½(μ² + σ² − 1 − log σ²), averaged: put the mean of μ² in and σ². Two terms "
                 "cancel against a third.", "collapse-threshold"),
        "active": ("Two numbers of nats and of variance are asked for, not a yes.",
                   "collapse-threshold"),
        "slope": ("The activity is the variance of αy. By which power of α is the variance of y "
                  "multiplied?", "collapse-threshold"),
        "sorted": ("One number for each entry of v, in its place.", "collapse-threshold"),
        "pooled": ("Each dimension has a variance of its own. Is each used as much as the next?",
                   "collapse-threshold"),
        "all-used": ("Below the threshold q is the prior, whatever the image. What is its KL from "
                     "the prior, and how much does its mean move?", "collapse-threshold"),
        "kl": ("Find σ² at the best weight; all that is left of the KL is its logarithm.",
               "collapse-threshold"),
        "activity": ("Find σ² at the best weight. What is left of 1?", "code-variance")})


# -- 4. samples that are too good --------------------------------------------------------------

exercise(
    "samples-too-good", 8, "samples", form=Form(names=("z", "x")), cases=dreams.dreams,
    truth=dreams.drawn(dreams.of_prior), label="code-variance",
    words={"z": "the code", "x": "the image"},
    praise="they need no training image, as it must be with samples of the model",
    first="the model draws z from p(z) = N(0, I), then every pixel from p(x|z). Of the seven "
          "arguments, which does that need?",
    default={"z": "code", "x": "pixels"},
    says={"posterior": "is made of training images' q",
          "moments": "has the mean or the spread of the training codes",
          "width": "has the width of a training image's q",
          "mean-image": "is the mean of p(x|z), and no draw",
          "cut": "has each pixel's likelier value, and is no draw",
          "flipped": "has black and white swapped",
          "negative": "is drawn with the probability of black for that of white",
          "signs": "is −1 or 1, and not 0 or 1",
          "logits": "has the logits, or another function of them, in the place of the "
                    "probabilities",
          "one-uniform": "uses one uniform number for many pixels",
          "no-comparison": "is neither 0 nor 1",
          "centred": "is the noise, shifted or scaled by its own mean or size",
          "bias": "has no b in it, or b with another factor",
          "other-code": "is drawn from another code than the one that is returned"},
    own=dreams.OWN,
    hints={
        "posterior": ("Where does the model take its first number from? Does anything in p(z) "
                      "know a training image?", "code-variance"),
        "moments": ("That is a Gaussian fitted to the codes of the training images. Which "
                    "density of codes is the model's own?", "code-variance"),
        "width": ("Whose width is that? The prior has one width for all.", "code-variance"),
        "mean-image": ("One step is missing: every pixel is drawn. Which argument is there for "
                       "it?", "inverse-cdf"),
        "cut": ("The most probable value of every pixel is no draw: section 5. With which number "
                "is the probability compared?", "inverse-cdf"),
        "flipped": ("With which probability is a uniform number below p, and with which above?",
                    "inverse-cdf"),
        "logits": ("What turns a logit into a probability?", "inverse-cdf"),
        "bias": ("The decoder is zW + b, with all its parts.", "code-variance"),
        "negative": ("sigmoid(logit) is the probability of 1. When is a uniform number below "
                     "it?", "inverse-cdf"),
        "signs": ("A pixel is black, 0, or white, 1.", "inverse-cdf"),
        "one-uniform": ("Given the code, the pixels are independent. How many uniform numbers "
                        "does that take?", "inverse-cdf"),
        "no-comparison": ("Each pixel is 0 or 1. Which question about the uniform number has yes "
                          "or no for its answer?", "inverse-cdf"),
        "centred": ("A draw must not know the other draws, nor its own length. What is left to "
                    "be done to eps?", "code-variance"),
        "other-code": ("The image must be drawn from p(x|z) with the z that you return.",
                       "code-variance"),
        "code": ("Write the two steps of drawing from the model down. Which density is the first "
                 "one, and what is its mean, what its variance?", "code-variance"),
        "pixels": ("A pixel is white with the probability sigmoid(logit): compare that with a "
                   "number that is uniform between 0 and 1.", "inverse-cdf")})
