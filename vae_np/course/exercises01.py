"""The exercises of lecture 1: latent variables and the integral that we cannot do."""
from . import log_means, useful_draws
from .answers import exercise
from .forms import Form
from .linear_gaussian import (MARGINAL_MISTAKES, MARGINAL_SUMS, POSTERIOR_MISTAKES, POSTERIOR_SUMS,
                              linear_models, marginal, marginals, posterior)

# -- 1. the posterior where every pixel has a noise of its own ---------------------------------


exercise(
    "own-noise-posterior", 1, "posterior", form=Form(names=("covariance", "mean")),
    cases=linear_models, truth=posterior,
    words={"covariance": "the covariance", "mean": "the mean"}, label="ppca-posterior",
    praise="covariance and mean are those of the posterior",
    first="log p(x, z) is −½ z zᵀ − ½ Σ_d (x_d − b_d − (zW)_d)²/noise_d plus a constant. Multiply "
          "the squares out and collect what is quadratic in z, then what is linear.",
    default={"covariance": "covariance", "mean": "mean"},
    says={"precision": "is the inverse of the right one", "prior": "lacks the prior's part",
          "diagonal": "has a diagonal alone", "offset": "is that for b = 0",
          "shrunk": "is not multiplied by the covariance",
          "linear": "has the squares of the distances from b",
          "no-noise": "does not divide by the noise",
          "elementwise": "has 1 divided by each number of the precision"},
    own=POSTERIOR_MISTAKES, sums=POSTERIOR_SUMS,
    hints={
        "precision": ("What stands between the two rows in the exponent is the precision. What is "
                      "asked for?", "ppca-posterior"),
        "elementwise": ("The inverse of a matrix is not the matrix of its numbers turned over. "
                        "What must the precision times the covariance be?", "ppca-posterior"),
        "linear": ("In the exponent z stands beside x − b in one term alone. Is anything squared "
                   "there but that term's two factors together?", "ppca-posterior"),
        "sign": ("An example lies above b in a pixel that grows with z. On which side of 0 is its "
                 "code?", "ppca-posterior"),
        "prior": ("Without data the posterior is the prior. What is left of your precision when "
                  "the noise is infinite?", "ppca-posterior"),
        "std": ("`noise` holds variances. With which power does a variance stand in the exponent "
                "of a normal density?", "ppca-posterior"),
        "no-noise": ("A pixel with much noise should count little. Where does each pixel's noise "
                     "stand in the exponent?", "ppca-posterior"),
        "shared-noise": ("Each pixel's square is divided by a noise of its own, so it has to "
                         "stay inside the sum over the pixels.", "ppca-posterior"),
        "diagonal": ("Do two rows of W that overlap say something about two codes together? "
                     "Where does z_i z_j stand when the square is multiplied out?",
                     "ppca-posterior"),
        "covariance": ("Multiply the squares out. Which matrix stands between z and its "
                       "transpose, and what becomes of the sum over the pixels in it?",
                       "ppca-posterior"),
        "offset": ("What is the posterior mean of an example that lies at the centre b?",
                   "ppca-posterior"),
        "unweighted": ("In the linear term each pixel's distance from b has a weight. Which one "
                       "has it in the exponent?", "ppca-posterior"),
        "shrunk": ("m times the precision is what the linear term says. What must be done to get "
                   "m itself?", "ppca-posterior"),
        "mean": ("Collect what is linear in z, and compare with m times the precision times z.",
                 "ppca-posterior")})


# -- 2. a log-mean-exp that survives -----------------------------------------------------------

exercise(
    "log-mean-exp", 1, "log_mean_exp", cases=log_means.log_weights,
    truth=log_means.log_mean, further=log_means.weights_of_zero,
    words={"": "the logarithm of the mean"}, label="log-mean-exp",
    praise="it survives weights that are tiny, huge, or 0",
    first="for any t, log Σ_k e^{a_k} = t + log Σ_k e^{a_k − t}. Which t makes the largest "
          "exponent 0, and has each example the same one?",
    default={"": "formula"},
    says={"mean-of-logs": "is the mean of the logarithms", "sum": "is that of the sum",
          "largest": "has the largest weight alone", "batch": "mixes the examples",
          "median": "is the median of the logarithms"},
    own=log_means.MISTAKES,
    hints={
        "mean-of-logs": ("Which comes first, the mean or the logarithm? By Jensen's inequality "
                         "yours is too low.", "prior-average"),
        "median": ("The middle one of the weights is not their mean. Which one is asked for?",
                   "log-mean-exp"),
        "sum": ("A mean is a sum divided by a number of terms. What does that division become "
                "under the logarithm?", "log-mean-exp"),
        "largest": ("The largest term is taken out of the sum, and the others are still in it. "
                    "What is left under the logarithm?", "log-sum-exp"),
        "top": ("A factor was taken out of the sum so that nothing overflows. What becomes of a "
                "factor under the logarithm?", "log-sum-exp"),
        "batch": ("Each column is an example. Over which axis is the mean?", "log-mean-exp"),
        "shape": ("Each column is an example, each row a draw. Which axis does the mean run "
                  "over, and which one stays?", "log-mean-exp"),
        "nonfinite": ("The exponential of −3000 is 0 in a float, that of 2500 is infinite. What "
                      "can be taken out of the sum first? And is it one number for all examples?",
                      "log-sum-exp"),
        "range": ("A floor or a clip makes numbers finite, and wrong. Nothing has to be clipped "
                  "if the largest term is taken out first.", "log-sum-exp"),
        "all-zero": ("−∞ minus −∞ is no number. What may be taken out instead where the largest "
                     "logarithm is −∞?", "log-sum-exp"),
        "some-zero": ("A weight of 0 counts in the number of draws, and adds nothing to the sum.",
                      "log-mean-exp"),
        "formula": ("Write down the mean first, then its logarithm, then take the largest term "
                    "out.", "log-mean-exp")})


# -- 3. how many draws of the prior for a useful one -------------------------------------------

exercise(
    "draws-for-a-useful-one", 1, "predict_log_draws",
    cases=useful_draws.gaussian_posteriors, truth=useful_draws.predicted,
    form=Form(rows=("KL", "exact")), hides=("exact",),
    words={"KL": "the KL", "exact": "log ρ"}, label="useful-draws",
    praise="log ρ is never below the KL, and both are yours",
    first="in one dimension ρ = ∫ N(z; μ, σ²)² / N(z; 0, 1) dz. Write the exponent as a quadratic "
          "in z, complete the square as in section 3, and mind the factors in front.",
    default={"KL": "kl", "exact": "rho"},
    says={"reverse": "has its arguments swapped", "same": "is the KL",
          "mean-part": "is right but for the part with the mean",
          "width": "is right but for the part that has the variance alone",
          "both-parts": "has another number of the variance in both of its parts",
          "at-the-mean": "is the logarithm of the ratio at the posterior's mean",
          "product": "adds or averages ρ over the dimensions before the logarithm"},
    own=useful_draws.MISTAKES, sums=useful_draws.SUMS,
    hints={
        "swapped": ("One of the two is never above the other, by Jensen's inequality.",
                    "useful-draws"),
        "reverse": ("Over which of the two densities is the mean taken? The KL of lecture 0, with "
                    "the posterior in the place of q.", "useful-draws"),
        "kl": ("The mean of log p(z|x) − log p(z) over the posterior: three terms, of which one "
               "is a constant.", "useful-draws"),
        "same": ("That is the lower bound. Jensen's inequality is an equality only where the "
                 "ratio of the two densities is constant.", "useful-draws"),
        "mean-part": ("Set σ² = ½ and look at the exponent: 2(z − μ)² − ½z². Where is its "
                      "minimum, and what is its value there?", "useful-draws"),
        "width": ("Set μ = 0. What is the integral of e^{−c z²}, and which factors stand in "
                  "front of the two normal densities?", "useful-draws"),
        "both-parts": ("In the exponent, what is the coefficient of z² when the posterior's "
                       "density stands there twice and the prior's is divided out?",
                       "useful-draws"),
        "at-the-mean": ("ρ is a mean of the ratio of the two densities over the posterior. Is the "
                        "ratio at one place, the middle, its mean?", "useful-draws"),
        "other-density": ("Is the mean taken over the prior or over the posterior, and of which "
                          "ratio?", "useful-draws"),
        "product": ("What do independent dimensions do to a mean of a ratio of densities: add, "
                    "average or multiply?", "useful-draws"),
        "approximate": ("Predict, do not measure: a measured ρ is right to a percent or so, "
                        "and wrong altogether where it is large.", "useful-draws"),
        "rho": ("It is the mean of a ratio of two normal densities over one of them: an integral "
                "of the exponential of a quadratic. Complete the square.", "useful-draws")})


# -- 4. the marginal that is right only when W is square ---------------------------------------

exercise(
    "marginal-when-not-square", 1, "log_marginal", cases=marginals, truth=marginal,
    words={"": "log p(x)"}, label="ppca-marginal",
    praise="the density integrates to 1, whatever the shape of W",
    first="section 3 has it at x = b: log det C is log det Λ plus a term. Each eigenvalue of C "
          "beyond those of WᵀW is τ²: how many are there?",
    default={"": "marginal"},
    says={"small": "has the determinant of the small matrix, without what is missing there",
          "offset": "is that for b = 0", "noise-lost": "lacks the code's part of the covariance",
          "dimension": "counts 2π once for each number of the code",
          "longer": "is right where a code has at most as many numbers as an example has pixels, "
                    "and wrong where it has more"},
    own=MARGINAL_MISTAKES, sums=MARGINAL_SUMS,
    hints={
        "small": ("At x = b, compare the two forms of log p(x) in section 3. What does the large "
                  "determinant have that the small one has not?", "ppca-marginal"),
        "log-det": ("Which power of the determinant stands in front of a Gaussian density, and "
                    "with which sign is its logarithm here?", "ppca-marginal"),
        "std": ("`tau2` is a variance already.", "ppca-marginal"),
        "offset": ("What is the mean of x?", "ppca-marginal"),
        "noise-lost": ("x is a sum of two independent parts. What does each add to the "
                       "covariance?", "ppca-marginal"),
        "longer": ("Where Z is larger than D, which of the two matrices has eigenvalues τ² that "
                   "the other one lacks?", "ppca-marginal"),
        "constant": ("Each number of x has a log 2π in the density. How many times do you count "
                     "it, with which sign and factor?", "ppca-marginal"),
        "dimension": ("The density is one of x. How many numbers does x have?", "ppca-marginal"),
        "distance": ("The squared distance is measured by the inverse of the whole covariance.",
                     "ppca-marginal"),
        "tau2": ("Count the powers of τ². det C has D of them beside det Λ. How many has the "
                 "determinant that you took already?", "ppca-marginal"),
        "marginal": ("Write down the covariance of x, D rows and D columns, and the density of a "
                     "Gaussian with that covariance.", "ppca-marginal")})
