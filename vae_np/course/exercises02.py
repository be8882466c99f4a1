"""The exercises of lecture 2: the bound and its gap."""
from ..distributions import bernoulli_log_prob
from . import drawn_bounds, encoders
from .answers import exercise
from .forms import Form

# -- 1. the best encoder of a linear model -----------------------------------------------------


exercise(
    "be-the-encoder", 2, "best_encoder", form=Form(names=("mean", "logvar")),
    cases=encoders.linear_models, truth=encoders.best, label="best-encoder",
    words={"mean": "the mean", "logvar": "logvar"},
    praise="no other diagonal Gaussian has a smaller gap",
    first="up to a constant, log p(x, z) = −½ z Λ zᵀ + (x − b) Wᵀ zᵀ/τ² with Λ = I + W Wᵀ/τ². "
          "Where is its maximum, and what does the gap say of each variance?",
    default={"mean": "mean", "logvar": "logvar"},
    says={"marginal": "has the posterior's own variances",
          "orthogonal": "is right only where the rows of W are orthogonal",
          "row": "has the sum of a row of Λ in the place of its diagonal",
          "one-for-all": "has one variance for all numbers of a code",
          "noise-alone": "is log τ² alone", "std": "is log σ, or four times that, not log σ²",
          "unsolved": "is not multiplied by the inverse of Λ", "mean-sign": "has the wrong sign",
          "prior": "is that of a model without a prior", "offset": "does not take b off",
          "variance": "is a variance, and no logarithm"},
    own=encoders.ENCODER_MISTAKES, sums=encoders.ENCODER_SUMS,
    features={"the largest product of two different rows of W": encoders.largest_product},
    hints={
        "marginal": ("Draw a narrow tilted ellipse, and in it the best upright one. Is that as "
                     "wide as the tilted one's shadow on the axis?", "best-encoder"),
        "orthogonal": ("Λ is a matrix, and its other entries tie the means together. How does one "
                       "solve the equation for m?", "linear-gap"),
        "row": ("Take the terms of the gap that contain one variance. Which numbers of Λ stand "
                "beside it, a whole row or one?", "best-encoder"),
        "one-for-all": ("Each number of a code has a row of W to itself. Do the data say equally "
                        "much about all of them?", "best-encoder"),
        "noise-alone": ("How wide q is depends on how far x moves with z, too. Where does W stand "
                        "in Λ?", "best-encoder"),
        "std": ("Asked for is log σ², the logarithm of the variance. Is yours that of the "
                "standard deviation, or twice too much?", "best-encoder"),
        "unsolved": ("The slope in z is 0 where m Λ is the linear term. What must be done to get "
                     "m itself?", "linear-gap"),
        "mean-sign": ("An example lies above b in a pixel that grows with z. On which side of 0 "
                      "is its code?", "linear-gap"),
        "shape": ("The posterior's variances are the same for all examples, and yet a row for "
                  "each example is asked for. And over which axis is anything summed?",
                  "best-encoder"),
        "zero": ("That would be the prior itself, mean 0 and variance 1. What do the data add?",
                 "best-encoder"),
        "tau2": ("Λ is I + W Wᵀ/τ². What does each of the two have as its part of τ² when it is "
                 "brought over one line?", "best-encoder"),
        "noise-variance": ("Little noise makes the posterior narrow. Where does τ² stand in "
                           "log p(x|z), and which terms of log p(x, z) does it not divide?",
                           "linear-gap"),
        "prior": ("The prior is a density of z as well. What does it add to Λ?", "linear-gap"),
        "offset": ("With z = 0, which x does the decoder expect? What is left over must be "
                   "explained by z.", "linear-gap"),
        "variance": ("The network puts out the logarithm of the variance.", "best-encoder"),
        "sign": ("More data per number of the code, a larger Λ: is q wider then, or narrower?",
                 "best-encoder"),
        "mean": ("Write log p(x, z) as a polynomial in z, and set its slope in z to 0. All is "
                 "needed: x, W, b, τ², and the prior.", "linear-gap"),
        "logvar": ("Take the terms of the gap with one variance, and set their slope to 0.",
                   "linear-gap")})


# -- 2. a bound for any prior ------------------------------------------------------------------

exercise(
    "entropy-form", 2, "bound_of_draws", cases=drawn_bounds.any_prior, words={"": "the bound"},
    truth=drawn_bounds.bound_of_draws,
    terms={"the mean of log p(x, z)": drawn_bounds.earned,
           "the entropy": lambda **case: drawn_bounds.entropy(case["logvar"])},
    label="three-readings", praise="it needs the prior's value alone, so any prior will do",
    first="𝓛 = E_q[log p(x, z)] + H[q], and log p(x, z) = log p(x|z) + log p(z). Which of the two "
          "terms needs draws?",
    default={"": "bound"},
    says={"standard": "has the KL to N(0, I) in it, and the prior is another one",
          "minus": "has the entropy with a minus", "no-entropy": "has no entropy in it",
          "no-prior": "has no prior in it",
          "log-mean": "is the logarithm of a mean, not the mean of logarithms",
          "sum": "adds the draws up", "latents": "has the mean over the dimensions of the code"},
    own=drawn_bounds.ENTROPY_MISTAKES, sums=drawn_bounds.ENTROPY_SUMS,
    hints={
        "standard": ("The formula ½(μ² + σ² − 1 − log σ²) is the KL to one prior. Is it this one? "
                     "Which reading asks for no KL to the prior?", "three-readings"),
        "minus": ("What is the entropy of a wide q, and is a wide q paid for or paid?",
                  "three-readings"),
        "no-entropy": ("With yours the best q is a single point. What keeps q wide in the second "
                       "reading?", "three-readings"),
        "no-prior": ("Codes that the prior hardly ever draws must cost something. Which term says "
                     "so?", "three-readings"),
        "half": ("Work the entropy of one dimension out, from the density.", "gaussian-entropy"),
        "log-mean": ("The bound is a mean of logarithms. The logarithm of the mean is another "
                     "number: section 1.", "three-readings"),
        "variance": ("By how much does the entropy grow when a logvar grows by 1?",
                     "gaussian-entropy"),
        "sum": ("The bound is a mean over draws. How many are there?", "three-readings"),
        "latents": ("The numbers of a code are independent. Do their entropies add, or average?",
                    "gaussian-entropy"),
        "constant": ("Which terms of the entropy have no variable in them? Compare each with the "
                     "equation, for one dimension.", "gaussian-entropy"),
        "bound": ("Which terms of the second reading need draws, and which has a formula? Write "
                  "them one below the other.", "three-readings")})


# -- 3. two gaps -------------------------------------------------------------------------------

exercise(
    "two-gaps", 2, "predict_gaps", cases=encoders.correlations,
    truth=encoders.gaps, form=Form(rows=("best", "spreads")),
    words={"best": "the gap of the best q", "spreads": "the gap of the q with the posterior's "
           "spreads"},
    label="linear-gap", praise="both are 0 without correlation, and the second one grows faster",
    first="let the posterior have variances 1, 1 and correlation ρ. Its precision has the "
          "diagonal 1/(1 − ρ²) and the determinant 1/(1 − ρ²). Put both into the gap.",
    default={"best": "best", "spreads": "spreads"},
    says={"not-squared": "has ρ where ρ² should be",
          "precision": "has 1 − ρ² where Λ_jj, the other way up, should stand",
          "same": "is the gap of the best q again",
          "no-log": "lacks the term with the determinant",
          "no-trace": "lacks the term with the variances",
          "one-variance": "counts one of the two dimensions alone"},
    own=encoders.GAP_MISTAKES, sums=encoders.GAP_SUMS,
    hints={
        "swapped": ("Which q has the smaller gap, the best one or another? (For the KL the other "
                    "way round, averaged over the posterior, your two would be right.)",
                    "best-encoder"),
        "not-squared": ("Is the gap another one for ρ = −0.5 than for 0.5? Work the determinant "
                        "of the 2 × 2 matrix out.", "best-encoder"),
        "other-variance": ("Which variance does each of the two q have, and which one did you put "
                           "into the gap?", "best-encoder"),
        "precision": ("Λ is the inverse of the covariance. What is its diagonal for a 2 × 2 "
                      "matrix with the determinant 1 − ρ²?", "linear-gap"),
        "trace": ("The sum in the gap has one Λ_jj σ_j² for each of the two dimensions, and the "
                  "half before the bracket. What is left of the sum here?", "linear-gap"),
        "log-det": ("The determinant of Λ is 1 divided by that of the covariance. With which sign "
                    "does its logarithm stand in the gap, how many times, and with which factor?",
                    "linear-gap"),
        "constant": ("The sum in the gap has a −1 for each dimension, and a half stands before "
                     "it. Which constants are left?", "linear-gap"),
        "zero": ("A gap is 0 only where q is the posterior itself. Can a q without correlation be "
                 "that?", "linear-gap"),
        "same": ("The second q is not the best one. Put its variances, 1 and 1, into the gap: "
                 "which terms change?", "linear-gap"),
        "no-log": ("One term of the gap has no variance of q in it. What is it here?",
                   "linear-gap"),
        "no-trace": ("A gap is never negative. Which term contains Λ_jj σ_j², and what is it "
                     "here?", "linear-gap"),
        "one-variance": ("How many dimensions does the sum in the gap run over?", "linear-gap"),
        "sign": ("A gap is a KL. Can it be negative?", "linear-gap"),
        "factor": ("Write the bracket of the gap down with the ½ before it. In two dimensions the "
                   "sum has two equal terms, and the determinant stands there once.",
                   "linear-gap"),
        "best": ("Put σ_j² = 1/Λ_jj into the gap: the sum vanishes but for its logarithms.",
                 "best-encoder"),
        "spreads": ("Put σ_j² = 1 and Λ_jj = 1/(1 − ρ²) into the gap, and the determinant.",
                    "linear-gap")})


# -- 4. the bound above the evidence -----------------------------------------------------------

exercise(
    "bound-above-evidence", 2, "log_weight", cases=drawn_bounds.draws,
    truth=drawn_bounds.with_pixels(drawn_bounds.code_terms),
    words={"": "log w"}, label="bound", praise="its mean is a bound, and stays below log p(x)",
    terms={"log p(x|z)": lambda **case: bernoulli_log_prob(case["x"], case["logits"]),
           "log p(z) − log q(z|x)": lambda x, logits, **q: drawn_bounds.code_terms(**q)},
    first="log w = log p(x|z) + log p(z) − log q(z|x). Both log p(z) and log q(z|x) are "
          "logarithms of normal densities: write each with all its terms.",
    default={"": "log-w"},
    says={"closed-form": "has the mean of its last two terms in their place",
          "at-the-mean": "has log p(z) at the mean of q", "scale": "has another z than q draws",
          "added": "has log q(z|x) added",
          "distance": "has another distance in log q(z|x) than the noise",
          "no-q": "lacks log q(z|x)", "no-prior": "lacks log p(z)"},
    own=drawn_bounds.WEIGHT_MISTAKES, sums=drawn_bounds.WEIGHT_SUMS,
    hints={
        "constant": ("Every slope of yours is right. Look at the terms without a variable: how "
                     "many times does each of the two normal densities count its log 2π, and "
                     "with which sign and factor?", "gaussian-entropy"),
        "nonfinite": ("Has a probability that is rounded to 0 or to 1 a logarithm? Which form of "
                      "log p(x|z) takes the logits as they are?", "bound"),
        "closed-form": ("The mean of yours is a bound too. But asked for is log w at this draw, "
                        "and what is right for every draw.", "bound"),
        "at-the-mean": ("Of which code does the decoder's log p(x|z) speak? The prior is asked "
                        "about the same one.", "bound"),
        "scale": ("The variance is e^logvar. By what is the noise multiplied?", "bound"),
        "added": ("q stands below the line in w = p(x, z)/q(z|x). What does the logarithm make of "
                  "that?", "bound"),
        "log-std": ("Write log q of one dimension down: what stands there beside the distance and "
                    "log 2π, and with which factor? And has log p(z) anything of q's in it?",
                    "gaussian-entropy"),
        "prior-part": ("log p(z) is the logarithm of a standard normal density. What does it do "
                       "with z, with which factor and which sign?", "bound"),
        "distance": ("How far is z from q's mean, measured in standard deviations?",
                     "gaussian-entropy"),
        "no-q": ("Without q below the line the mean of w is not p(x).", "bound"),
        "no-prior": ("p(x, z) is a product of two densities. Which one is missing?", "bound"),
        "log-w": ("Three log-densities, each with all its terms: compare them one by one with the "
                  "normal density.", "bound")})
