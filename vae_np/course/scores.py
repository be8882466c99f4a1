"""Of the exercise on the slope of a probability: its inputs, its estimate, its baselines."""
import numpy as np

from .forms import Finding
from .mistakes import same


def noise(rng, size):
    """(size,) draws from N(0, 1), each beside its negative."""
    half = rng.standard_normal(size // 2)
    return np.concatenate([half, -half])  # its mean is 0, so that a baseline changes nothing


def thresholds(rng):
    """Numbers of draws from few to many; ordinary noise, and noise that is too small or large."""
    for size, spread in ((200, 1.0), (60, 1.0), (400, 0.5), (1000, 1.0), (120, 2.0), (300, 1.0),
                         (80, 0.7), (500, 1.0), (160, 1.5), (240, 1.0), (100, 1.0), (700, 0.3),
                         (90, 1.0), (350, 1.0), (140, 1.2), (220, 1.0)):
        std, mean = np.exp(rng.uniform(-2.0, 2.0)), 3 * rng.normal()
        yield {"mean": mean, "std": std, "threshold": mean + std * spread * rng.uniform(-1, 1),
               "eps": spread * noise(rng, size)}, {"L": size}


def score_function(mean, std, threshold, eps):
    """The estimate of ∂P(z > threshold)/∂mean from eps (L,): a number.   Lecture 4, section 2."""
    return np.mean((mean + std * eps > threshold) * eps) / std


def leave_one_out(mean, std, threshold, eps):
    """The same with the mean of f over the other draws as a baseline.   Lecture 4, section 6."""
    above = (mean + std * eps > threshold).astype(float)
    others = (above.sum() - above) / (len(eps) - 1)
    return np.mean((above - others) * eps) / std


def one_sided_noise(call, rng):
    """Noise whose mean is not 0: an estimate may be negative, and a baseline matters.

    Right is the plain estimate, or one with a baseline: the mean of f over the other draws, or
    one number, the same in all cases. The mean of f over all draws makes the estimate too small,
    on average by the factor 1 − 1/L.
    """
    baselines = []
    for _ in range(4):
        (case, _), mean = next(thresholds(rng)), -1.5
        case = {**case, "eps": case["eps"] * 0.5 + mean}
        case["threshold"] = case["mean"] + case["std"] * (mean + 0.2)
        value, right = float(call(case)[""]), score_function(**case)
        above = np.mean(case["mean"] + case["std"] * case["eps"] > case["threshold"])
        if same(value, leave_one_out(**case)):
            continue
        factor = len(case["eps"]) / (len(case["eps"]) - 1)
        if same(value, right * factor):
            raise Finding("average", "the estimate is the right one, times L/(L − 1), L the "
                          "number of draws.")
        baseline = (right - value) * case["std"] / np.mean(case["eps"])
        if abs(baseline - above) < 1e-6 < abs(baseline):
            raise Finding("baseline", "the mean of f over the same draws is taken off as a "
                          "baseline. That makes the estimate too small on average, by the factor "
                          "1 − 1/L.")
        baselines.append(baseline)
        if value == 0:
            raise Finding("range", f"the estimate is never below 0: for one noise it should be "
                          f"{right:.4g}, yours is 0.")
        if not -1e-6 < baseline < 1 + 1e-6 or np.ptp(baselines) > 1e-6:
            raise Finding("estimate", "for noise whose mean is 0 yours is right. For noise that "
                          f"lies below 0 (mean {case['mean']:.4g}, std {case['std']:.4g}, "
                          f"threshold {case['threshold']:.4g}) it should be {right:.4g}, yours is "
                          f"{value:.4g}.")


def by_other_noise(trial, part):
    """What noise whose mean is 0 hides: the other side's draws, a product of two means."""
    if all(same(y, -r) for y, r in zip(trial.yours[part], trial.right[part])):
        case = {**trial.cases[0], "eps": trial.cases[0]["eps"] + 1.0}
        above = case["mean"] + case["std"] * case["eps"] > case["threshold"]
        if same(trial.call(case)[part], np.mean(~above * case["eps"]) / case["std"]):
            return "sign", "the estimate counts the draws below the threshold, not those above."
    if not all(np.all(np.abs(y) < 1e-9) for y in trial.yours[part]):
        return None
    case = {**trial.cases[0], "eps": trial.cases[0]["eps"] + 1.0}
    if trial.call(case)[part] != 0:
        return "product", "the estimate is 0 whenever the mean of the noise is."
    return "zero", "the estimate is 0 for all inputs that the check tries."
