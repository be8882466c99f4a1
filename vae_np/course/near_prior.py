"""Of the exercise on the KL near the prior: its inputs, its truth, and where digits are lost."""
from math import factorial

import numpy as np


def codes_near_the_prior(rng):
    """Ordinary codes, some with mean 0; then logvar from 1e-8 to 0.5 and exactly 0, with means 0
    and as tiny.
    """
    for n, z, spread in ((5, 3, 1.0), (2, 7, 3.0), (24, 2, 6.0)):
        mean, logvar = spread * rng.normal(size=(2, n, z))
        mean[::2, 0] = 0.0
        yield {"mean": mean, "logvar": np.clip(logvar, -25, 25)}, {"N": n, "Z": z}
    for scale in (0.0, 1.0):
        size = np.geomspace(1e-8, 0.5, 301) * rng.uniform(1.0, 1.2, 301)
        logvar = np.stack([size, -size], axis=1)
        logvar[150] = 0.0
        yield {"mean": scale * logvar * rng.choice([-1, 1], size=logvar.shape),
               "logvar": logvar}, {"N": 301, "Z": 2}


def kl_to_all_digits(mean, logvar):
    """½(μ² + e^s − 1 − s), for |s| < 1 by its power series: what is left out is below 1e-19."""
    near = np.abs(logvar) < 1
    series = sum(np.where(near, logvar, 0.0) ** k / factorial(k) for k in range(2, 22))
    return 0.5 * (mean**2 + np.where(near, series, np.expm1(logvar) - logvar))


def near_or_far(trial, part):
    """Where digits are lost: near the prior, far from it, or by the mean."""
    fine = trial.is_right(part)
    far = all(map(np.all, fine[:3]))
    near = all(np.all(mask | (np.abs(case["logvar"]) > 2e-6))
               for mask, case in zip(fine[3:], trial.cases[3:]))
    centred = all(np.all(mask[case["mean"] == 0]) for mask, case in zip(fine, trial.cases))
    if not all(np.all(np.isfinite(y)) for y in trial.yours[part]):
        return "nonfinite", ("it is not finite for every input." if far else
                             "it is not finite for every input, and wrong elsewhere.")
    if centred:
        return "mean", "for mean 0 the KL is right, for other means it is not."
    if near and not far and all(np.all(mask | (np.abs(case["logvar"]) > 2))
                                for mask, case in zip(fine, trial.cases)):
        return None  # the edge will be found
    if near and not far:
        return "series", "near the prior the KL is right, for ordinary codes it is not."
    if near and far:
        return "series", ("near the prior the KL is right, and for ordinary codes, but not "
                          "between the two.")
    if far:
        y, r = trial.yours[part][3], trial.right[part][3]
        if all(np.array_equal(one, one.astype(np.float32)) for one in trial.yours[part]):
            return "approximate", ("for ordinary codes the KL is right, near the prior the seven "
                                   "digits of float32 are not enough.")
        if _is_cut(trial):
            return "clipped", "for ordinary codes the KL is right, near the prior it is a cut."
        if np.all(np.abs(y - r) < 1e-3 * r):
            return "approximate", ("the KL is right to three digits or more near the prior, and "
                                   "six are asked for.")
        return "cancels", "for ordinary codes the KL is right, near the prior it is not."
    return None


def _is_cut(trial):
    """Whether no KL falls below one number, 0 or more, at which many of them lie."""
    logvar = np.geomspace(1e-9, 1e-7, 999)[:, None] * [1.0, -1.0]
    kl = trial.call({"mean": np.zeros_like(logvar), "logvar": logvar})[""]
    return bool(kl.min() >= 0 and np.mean(kl == kl.min()) > 0.1)
