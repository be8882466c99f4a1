"""The exercises of lecture 2: the bound and its gap."""
import numpy as np

from ..distributions import LOG_2PI, bernoulli_log_prob, kl_standard_normal
from .answers import exercise
from .forms import Form

# -- 1. the best encoder of a linear model -----------------------------------------------------

def _linear_models(rng):
    """Several sizes, Z ≤ D; noise little and much; b = 0 in one; orthogonal rows in one."""
    for (n, d, z), tau2 in (((7, 5, 3), 0.5), ((2, 6, 2), 1.0), ((9, 4, 1), 0.1), ((5, 8, 4), 2.0),
                            ((12, 3, 3), 0.05), ((4, 9, 6), 5.0)):
        W = rng.normal(size=(z, d))
        if n == 12:
            W = np.linalg.qr(W)[0] * np.array([[2.0], [1.0], [0.5]])
        b = (n != 5) * rng.normal(size=d)
        yield {"x": b + rng.normal(size=(n, z)) @ W + tau2**0.5 * rng.normal(size=(n, d)),
               "W": W, "b": b, "tau2": tau2}, {"N": n, "D": d, "Z": z}


def _precision(W, tau2):
    return np.eye(len(W)) + W @ W.T / tau2


def _best(x, W, b, tau2, precision=None):
    """The best μ and s, with another precision where one is given."""
    precision = _precision(W, tau2) if precision is None else precision
    return {"mean": (x - b) @ W.T / tau2 @ np.linalg.pinv(precision),
            "logvar": np.broadcast_to(-np.log(np.diag(precision)), (len(x), len(W)))}


def _of_variance(change):
    """The best encoder for the noise variance change(tau2)."""
    return lambda x, W, b, tau2: _best(x, W, b, change(tau2))


exercise(
    "be-the-encoder", 2, "best_encoder", form=Form(names=("mean", "logvar")),
    cases=_linear_models, truth=_best, label="best-encoder",
    words={"mean": "the mean", "logvar": "logvar"},
    praise="no other diagonal Gaussian has a smaller gap",
    first="up to a constant, log p(x, z) = −½ z Λ zᵀ + (x − b) Wᵀ zᵀ/τ² with Λ = I + W Wᵀ/τ². "
          "Where is its maximum, and what does the gap say of each variance?",
    default={"mean": "mean", "logvar": "logvar"},
    says={"marginal": "has the posterior's own variances",
          "orthogonal": "is right only where the rows of W are orthogonal",
          "noise-variance": "has the noise's variance wrong, or not at all",
          "prior": "is that of a model without a prior", "offset": "does not take b off",
          "variance": "is a variance, and no logarithm"},
    own={"marginal": [lambda x, W, b, tau2: {"logvar": np.broadcast_to(
                          np.log(np.diag(np.linalg.inv(_precision(W, tau2)))), (len(x), len(W)))}],
         "orthogonal": [lambda x, W, b, tau2: {
             "mean": (x - b) @ W.T / tau2 / np.diag(_precision(W, tau2))}],
         "noise-variance": [
             _of_variance(np.ones_like), _of_variance(np.sqrt), _of_variance(np.square),
             lambda x, W, b, tau2: {"mean": tau2 * _best(x, W, b, tau2)["mean"]}],
         "prior": [lambda x, W, b, tau2: _best(x, W, b, tau2, W @ W.T / tau2)],
         "offset": [lambda x, W, b, tau2: _best(x, W, 0 * b, tau2),
                    lambda x, W, b, tau2: _best(x, W, -b, tau2)],
         "variance": [lambda x, W, b, tau2: {"logvar": np.exp(
             _best(x, W, b, tau2)["logvar"])}]},
    hints={
        "marginal": ("Draw a narrow tilted ellipse, and in it the best upright one. Is that as "
                     "wide as the tilted one's shadow on the axis?", "best-encoder"),
        "orthogonal": ("Λ is a matrix, and its other entries tie the means together. How does one "
                       "solve the equation for m?", "linear-gap"),
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

def _any_prior(rng):
    """Several sizes; ordinary numbers and large ones; one draw, one example, one dimension."""
    for (draws, n, z), spread in (((5, 7, 3), 1.0), ((2, 4, 6), 1.0), ((1, 5, 2), 2.0),
                                  ((8, 9, 1), 1.0), ((3, 1, 5), 3.0), ((20, 6, 4), 1.0)):
        yield {"log_px_given_z": -100 * spread + 5 * spread * rng.normal(size=(draws, n)),
               "log_pz": -2.0 * z + spread * rng.normal(size=(draws, n)),
               **dict(zip(("mean", "logvar"), spread * rng.normal(size=(2, n, z))))}, {
                   "N": n, "Z": z, "L": draws}


def _entropy(logvar):
    return 0.5 * np.sum(LOG_2PI + 1 + logvar, axis=-1)


def _earned(log_px_given_z, log_pz, mean, logvar):
    return (log_px_given_z + log_pz).mean(axis=0)


def _log_mean(terms):
    top = terms.max(axis=0)
    return top + np.log(np.exp(terms - top).mean(axis=0))


exercise(
    "entropy-form", 2, "bound_of_draws", cases=_any_prior, words={"": "the bound"},
    truth=lambda log_px_given_z, log_pz, mean, logvar: (
        (log_px_given_z + log_pz).mean(axis=0) + _entropy(logvar)),
    terms={"the mean of log p(x, z)": _earned, "the entropy": lambda **case: _entropy(
        case["logvar"])},
    label="three-readings", praise="it needs the prior's value alone, so any prior will do",
    first="𝓛 = E_q[log p(x, z)] + H[q], and log p(x, z) = log p(x|z) + log p(z). Which of the two "
          "terms needs draws?",
    default={"": "bound"},
    says={"standard": "has the KL to N(0, I) in it, and the prior is another one",
          "minus": "has the entropy with a minus", "no-entropy": "has no entropy in it",
          "no-prior": "has no prior in it", "half": "has another factor before the entropy",
          "log-mean": "is the logarithm of a mean, not the mean of logarithms",
          "variance": "has another thing than log σ² in the entropy",
          "sum": "adds the draws up", "latents": "has the mean over the dimensions of the code"},
    own={"standard": [
             lambda log_px_given_z, log_pz, mean, logvar: (
                 log_px_given_z.mean(axis=0) - kl_standard_normal(mean, logvar)),
             lambda log_px_given_z, log_pz, mean, logvar: (
                 (log_px_given_z + log_pz).mean(axis=0) - kl_standard_normal(mean, logvar))],
         "minus": [lambda **case: _earned(**case) - _entropy(case["logvar"])],
         "no-entropy": [_earned],
         "no-prior": [lambda log_px_given_z, log_pz, mean, logvar: (
             log_px_given_z.mean(axis=0) + _entropy(logvar))],
         "half": [lambda factor=factor, **case: _earned(**case) + factor * _entropy(case["logvar"])
                  for factor in (2.0, 0.5)],
         "log-mean": [lambda log_px_given_z, log_pz, mean, logvar: _log_mean(
             log_px_given_z + log_pz) + _entropy(logvar)],
         "variance": [lambda change=change, **case: _earned(**case) + _entropy(
             change(case["logvar"])) for change in (np.exp, lambda s: 0.5 * s, lambda s: 2 * s,
                                                    lambda s: -s, lambda s: np.exp(0.5 * s))],
         "sum": [lambda log_px_given_z, log_pz, mean, logvar: (
             (log_px_given_z + log_pz).sum(axis=0) + _entropy(logvar))],
         "latents": [lambda **case: _earned(**case) + _entropy(case["logvar"])
                     / case["logvar"].shape[1]]},
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

def _correlations(rng):
    """Strong ones, of both signs, and none at all. A weak one has few digits in float32."""
    for n, most in ((6, 0.9), (3, 0.7), (9, 0.95), (12, 0.8), (1, 0.8), (2, 0.95)):
        rho = rng.uniform(0.4, most, size=n) * rng.choice([-1, 1], size=n)
        if n == 9:
            rho[:5] = 0.0, 0.5, -0.5, 0.98, -0.97
        yield {"rho": rho}, {"N": n}


def _least(rho):
    return -0.5 * np.log(1 - rho**2)


def _wide(rho):
    return rho**2 / (1 - rho**2) + 0.5 * np.log(1 - rho**2)


exercise(
    "two-gaps", 2, "predict_gaps", cases=_correlations, form=Form(rows=("best", "spreads")),
    truth=lambda rho: np.array([_least(rho), _wide(rho)]),
    words={"best": "the gap of the best q", "spreads": "the gap of the q with the posterior's "
           "spreads"},
    label="linear-gap", praise="both are 0 without correlation, and the second one grows faster",
    first="let the posterior have variances 1, 1 and correlation ρ. Its precision has the "
          "diagonal 1/(1 − ρ²) and the determinant 1/(1 − ρ²). Put both into the gap.",
    default={"best": "best", "spreads": "spreads"},
    says={"not-squared": "has ρ where ρ² should be", "same": "is the gap of the best q again",
          "no-log": "lacks the term with the determinant",
          "no-trace": "lacks the term with the variances",
          "one-variance": "counts one of the two dimensions alone"},
    own={"not-squared": [lambda rho: {"best": -0.5 * np.log(1 - np.abs(rho))},
                         lambda rho: {"best": -0.5 * np.log(1 - rho)}],
         "same": [lambda rho: {"spreads": _least(rho)}],
         "no-log": [lambda rho: {"spreads": rho**2 / (1 - rho**2)}],
         "no-trace": [lambda rho: {"spreads": -_least(rho)}],
         "one-variance": [lambda rho: {"spreads": 0.5 * (
             rho**2 / (1 - rho**2) + np.log(1 - rho**2))}]},
    hints={
        "swapped": ("Which q has the smaller gap, the best one or another? (For the KL the other "
                    "way round, averaged over the posterior, your two would be right.)",
                    "best-encoder"),
        "not-squared": ("Is the gap another one for ρ = −0.5 than for 0.5? Work the determinant "
                        "of the 2 × 2 matrix out.", "best-encoder"),
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

def _draws(rng):
    """Several sizes; ordinary codes and wide ones; with one number in the code, far logits."""
    for (n, d, z), spread in (((6, 11, 3), 1.0), ((2, 5, 8), 1.0), ((4, 7, 1), 2.0),
                              ((1, 9, 2), 1.0), ((30, 20, 5), 2.0), ((5, 5, 5), 1.0)):
        yield {"x": (rng.random((n, d)) < 0.5).astype(float),
               "logits": (100 if z == 1 else 3) * spread * rng.normal(size=(n, d)),
               **dict(zip(("mean", "logvar"), spread * rng.normal(size=(2, n, z)))),
               "eps": rng.normal(size=(n, z))}, {"N": n, "D": d, "Z": z}


def _code_terms(mean, logvar, eps, scale=0.5):
    """log p(z) − log q(z|x) at z = mean + e^(scale · logvar) eps."""
    z = mean + np.exp(scale * logvar) * eps
    return 0.5 * np.sum(logvar + eps**2 - z**2, axis=-1)


def _with_pixels(code):
    """log p(x|z) and what a function of (mean, logvar, eps) adds."""
    return lambda x, logits, **q: bernoulli_log_prob(x, logits) + code(**q)


exercise(
    "bound-above-evidence", 2, "log_weight", cases=_draws, truth=_with_pixels(_code_terms),
    words={"": "log w"}, label="bound", praise="its mean is a bound, and stays below log p(x)",
    terms={"log p(x|z)": lambda **case: bernoulli_log_prob(case["x"], case["logits"]),
           "log p(z) − log q(z|x)": lambda x, logits, **q: _code_terms(**q)},
    first="log w = log p(x|z) + log p(z) − log q(z|x). Both log p(z) and log q(z|x) are "
          "logarithms of normal densities: write each with all its terms.",
    default={"": "log-w"},
    says={"closed-form": "has the mean of its last two terms in their place",
          "at-the-mean": "has log p(z) at the mean of q", "scale": "has another z than q draws",
          "added": "has log q(z|x) added", "log-std": "has log σ² where log σ should be, or half "
          "of it", "distance": "has another distance in log q(z|x) than the noise",
          "no-q": "lacks log q(z|x)", "no-prior": "lacks log p(z)"},
    own={"closed-form": [_with_pixels(lambda mean, logvar, eps: -kl_standard_normal(
             mean, logvar))],
         "at-the-mean": [_with_pixels(lambda mean, logvar, eps: 0.5 * np.sum(
             logvar + eps**2 - mean**2, axis=-1))],
         "scale": [_with_pixels(lambda scale=scale, **q: _code_terms(**q, scale=scale))
                   for scale in (1.0, 0.25, 2.0)],
         "added": [_with_pixels(lambda mean, logvar, eps: -0.5 * np.sum(
             2 * LOG_2PI + logvar + eps**2 + (mean + np.exp(0.5 * logvar) * eps)**2, axis=-1))],
         "log-std": [_with_pixels(lambda mean, logvar, eps, c=c: _code_terms(mean, logvar, eps)
                                  + c * logvar.sum(axis=-1)) for c in (0.5, -0.25, -0.5, -1.0)],
         "distance": [_with_pixels(lambda mean, logvar, eps, p=p: _code_terms(mean, logvar, eps)
                                   + 0.5 * np.sum(eps**2 * np.expm1(p * logvar), axis=-1))
                      for p in (1.0, -1.0, 0.5, -0.5)],
         "no-q": [_with_pixels(lambda mean, logvar, eps, c=c: -0.5 * np.sum(
             c + (mean + np.exp(0.5 * logvar) * eps)**2, axis=-1)) for c in (0.0, LOG_2PI)],
         "no-prior": [_with_pixels(lambda mean, logvar, eps, c=c: 0.5 * np.sum(
             c + logvar + eps**2, axis=-1)) for c in (0.0, LOG_2PI)]},
    hints={
        "constant": ("Every slope of yours is right. Look at the terms without a variable: which "
                     "density has its constant, and which has not?", "gaussian-entropy"),
        "closed-form": ("The mean of yours is a bound too. But asked for is log w at this draw, "
                        "and what is right for every draw.", "bound"),
        "at-the-mean": ("Of which code does the decoder's log p(x|z) speak? The prior is asked "
                        "about the same one.", "bound"),
        "scale": ("The variance is e^logvar. By what is the noise multiplied?", "bound"),
        "added": ("q stands below the line in w = p(x, z)/q(z|x). What does the logarithm make of "
                  "that?", "bound"),
        "log-std": ("Write log q of one dimension down: what stands there beside the distance and "
                    "log 2π, and with which factor?", "gaussian-entropy"),
        "distance": ("How far is z from q's mean, measured in standard deviations?",
                     "gaussian-entropy"),
        "no-q": ("Without q below the line the mean of w is not p(x).", "bound"),
        "no-prior": ("p(x, z) is a product of two densities. Which one is missing?", "bound"),
        "log-w": ("Three log-densities, each with all its terms: compare them one by one with the "
                  "normal density.", "bound")})
