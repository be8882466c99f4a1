"""The exercises of lecture 9: estimates of log p(x), and which way they err."""
import numpy as np

from . import draws_worth, halving, log_weights
from .answers import exercise
from .forms import Form

# -- 1. effective sample size and standard error -----------------------------------------------

exercise(
    "what-draws-are-worth", 9, "worth", form=Form(names=("ess", "stderr")),
    cases=draws_worth.spread_weights, truth=draws_worth.worth_of,
    further=draws_worth.weights_of_zero, label="ess",
    words={"ess": "the effective sample size", "stderr": "the standard error"},
    praise="both survive weights that no float can hold",
    first="take the largest logarithm t of a column out: w_k = e^t e^{a_k − t}. What does e^t do "
          "to a ratio in which weights stand squared above and squared below?",
    default={"ess": "ess", "stderr": "stderr"}, says=draws_worth.SAYS, own=draws_worth.OWN,
    hints=draws_worth.HINTS)


# -- 2. six estimates ---------------------------------------------------------------------------

ROWS = ("importance", "nll", "ais", "partition", "reciprocal", "ratio")
WAYS = (-0.5, 0.5, -0.5, 0.5, 0.5, 0.0)


def _relative_variances(rng):
    for n, k in ((5, 10), (3, 4), (8, 100), (1, 7), (12, 25), (2, 1000)):
        yield {"v": np.exp(rng.normal(size=(6, n))), "K": k}, {"N": n, "L": k}


def _errors(v, K):
    return np.array(WAYS)[:, None] * v / K


def _sized(function):
    """Own mistakes in the size: function(v, K) in the place of v/K, with the right signs and ½."""
    return lambda v, K: {row: way * function(one, K) for row, way, one in zip(ROWS, WAYS, v)
                         if way}


exercise(
    "which-way-six", 9, "mean_errors", form=Form(rows=ROWS), cases=_relative_variances,
    truth=_errors, hides=ROWS, label="which-way",
    words={"importance": "number 1 (importance sampling)", "nll": "number 2 (the NLL)",
           "ais": "number 3 (AIS over z)", "partition": "number 4 (the RBM)",
           "reciprocal": "number 5 (appendix D)", "ratio": "number 6 (p(x) itself)"},
    praise="two err low, three high, and one does not err on average",
    first="log(1 + δ) is about δ − ½δ², where R̂ = R (1 + δ). What are the means of δ and of δ²?",
    default={"": "size", "ratio": "no-logarithm"},
    says={"root": "has a standard deviation where a variance belongs",
          "all-orders": "is not the first order in v/K",
          "square": "has another power of v or of K",
          "rows": "has the v of another of the six, or of several",
          "sign-alone": "has a sign and no size",
          "moment": "has a 1 taken off v, or added to it",
          "no-logarithm": "has an error, as if a logarithm were taken"},
    own={"root": [_sized(lambda v, K: np.sqrt(v / K)), _sized(lambda v, K: 2 * np.sqrt(v / K)),
                  _sized(lambda v, K: np.sqrt(v) / K), _sized(lambda v, K: v / np.sqrt(K)),
                  _sized(lambda v, K: 2 * np.sqrt(v) / K),
                  _sized(lambda v, K: 2 * v / np.sqrt(K)), _sized(lambda v, K: np.sqrt(v))],
         "all-orders": [_sized(lambda v, K: np.log1p(v / K)), _sized(lambda v, K: np.expm1(v / K)),
                        _sized(lambda v, K: 2 * np.log1p(v / K)),
                        _sized(lambda v, K: 2 * np.expm1(v / K))],
         "square": [_sized(lambda v, K: v**2 / K), _sized(lambda v, K: (v / K)**2),
                    _sized(lambda v, K: v**2), _sized(lambda v, K: v**2 / K**2 * 2),
                    _sized(lambda v, K: 1 / K + 0 * v), _sized(lambda v, K: K / v)],
         "rows": [lambda v, K, of=of: {row: way * of(v) / K for row, way in zip(ROWS, WAYS) if way}
                  for of in (lambda v: v[0], lambda v: v.sum(axis=0), lambda v: v.mean(axis=0),
                             lambda v: v[5])],
         "sign-alone": [_sized(lambda v, K: 0 * v + 2), _sized(lambda v, K: 0 * v + 1)],
         "moment": [_sized(lambda v, K: (v - 1) / K), _sized(lambda v, K: (v + 1) / K),
                    _sized(lambda v, K: 2 * (v - 1) / K)],
         "no-logarithm": [lambda v, K, size=size: {"ratio": size * v[5] / K}
                          for size in (0.5, -0.5, 1.0, -1.0)] + [
                         lambda v, K: {"ratio": np.ones_like(v[5])},
                         lambda v, K: {"ratio": np.sqrt(v[5] / K)},
                         lambda v, K: {"ratio": np.sqrt(v[5]) / K},
                         lambda v, K: {"ratio": 1 + v[5] / K}, lambda v, K: {"ratio": v[5]}]},
    hints={
        "swapped": ("Each is right, for another row of the list. Compare the order with that of "
                    "the text.", "which-way"),
        "sign": ("Three questions. Of what is the mean an unbiased estimate? Does that stand "
                 "above the line or below? Is log p(x) asked for, or its negative?", "which-way"),
        "zero": ("The mean itself has no error on average. Here a logarithm is taken of it.",
                 "which-way"),
        "factor": ("In the series of log(1 + δ), with which factor does δ² stand?", "which-way"),
        "average": ("The variance of a mean of K independent numbers is which part of the "
                    "variance of one?", "which-way"),
        "root": ("The error on average comes from the term with δ². What is the mean of δ² "
                 "called?", "which-way"),
        "all-orders": ("Only the first order is asked for, whatever the distribution of the "
                       "numbers: a multiple of v/K.", "importance-gap"),
        "square": ("The mean of δ² is the relative variance of a mean of K numbers. Write it with "
                   "v and K.", "importance-gap"),
        "rows": ("Each of the six has its own row of `v`. Which axis of `v` counts the six?",
                 "which-way"),
        "sign-alone": ("By how much does it err? Half of which number?", "which-way"),
        "moment": ("ρ − 1 is the relative variance of one weight. What is v?", "importance-gap"),
        "no-logarithm": ("Is p(x), estimated by a mean of weights, biased?", "which-way"),
        "size": ("Take the mean of δ − ½δ² with the variance of a mean of K numbers, and then the "
                 "sign.", "importance-gap")})


# -- 3. the K that halves the gap ---------------------------------------------------------------

exercise(
    "draws-that-halve-the-gap", 9, "predict_draws", form=Form(rows=("gap", "draws")),
    cases=halving.ratios, truth=halving.draws_needed, hides=("draws",), label="importance-gap",
    words={"gap": "the gap of one draw", "draws": "K"},
    praise="one draw's gap is a KL, and the law begins at another number",
    first="the gap of one draw is KL(q ‖ p(z|x)), one code after the other; the gap of many is "
          "(ρ − 1)/(2K). Set the second equal to share times the first.",
    default={"gap": "gap", "draws": "draws"}, says=halving.SAYS, own=halving.OWN,
    hints=halving.HINTS)


# -- 4. the batch inside the log-sum-exp --------------------------------------------------------

exercise(
    "hardly-better", 9, "log_px", cases=log_weights.densities, label="importance-weighted",
    truth=lambda **case: log_weights.estimate_of(log_weights.log_w_of(**case)),
    words={"": "the estimate"}, praise="each example has its own, and K draws are worth K draws",
    first="log 1/K Σ_k w_kn for each n: one sum, over k, of exponentials, and its number of "
          "terms. Which index is left?",
    default={"": "formula"}, says=log_weights.SAYS, own=log_weights.OWN, hints=log_weights.HINTS)
