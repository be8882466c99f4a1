"""What a dimension of a linear VAE costs, and mistakes in it: lecture 8, exercise 3."""
import numpy as np


def variances(rng):
    """Several numbers of dimensions; some variances below the threshold in every case."""
    for z, tau2, beta in ((6, 0.5, 1.0), (4, 1.0, 3.0), (9, 0.1, 0.5), (12, 2.0, 1.5),
                          (5, 0.3, 4.0), (7, 5.0, 0.25)):
        ratio = np.exp(rng.uniform(-1.5, 2.5, size=z))
        ratio[:2] = np.exp(rng.uniform(-1.5, -0.2)), np.exp(rng.uniform(0.3, 2.5))
        ratio[2] = np.exp(rng.uniform(3.2, 5))
        yield {"v": beta * tau2 * ratio, "tau2": tau2, "beta": beta}, {"Z": z}


def cost(v, tau2, beta, threshold=None):
    """The right answer; threshold: another one for whether a dimension is used."""
    threshold = beta * tau2 if threshold is None else threshold
    with np.errstate(all="ignore"):
        return np.where(v > threshold, [0.5 * np.log(v / (beta * tau2)), 1 - beta * tau2 / v], 0.0)


def _used(v, tau2, beta):
    return v > beta * tau2


def _changed(change):
    """The right answer for other arguments, change(v, tau2, beta)."""
    return lambda v, tau2, beta: dict(zip(("kl", "activity"), cost(*change(v, tau2, beta))))


def where_wrong(trial, part):
    """Whether only the unused dimensions are wrong, or all dimensions get one number."""
    if all(array.size > 1 and np.ptp(array) == 0 and np.any(array) for array in trial.yours[part]):
        return "pooled", f"{trial.words(part)} is the same for every dimension."
    right = np.concatenate(trial.is_right(part))
    used = np.concatenate([_used(**case) for case in trial.cases])
    if right[used].all():
        return "all-used", (f"{trial.words(part)} is right for the dimensions that are used, and "
                            "is not 0 for all of the others.")
    return None


OWN = {"unclipped": [
          lambda v, tau2, beta: {"kl": 0.5 * np.log(v / (beta * tau2)),
                                 "activity": 1 - beta * tau2 / v},
          lambda v, tau2, beta: {"kl": np.abs(0.5 * np.log(v / (beta * tau2))),
                                 "activity": np.abs(1 - beta * tau2 / v)}],
      "sorted": [_changed(lambda v, tau2, beta: (np.sort(v)[::-1], tau2, beta)),
                 _changed(lambda v, tau2, beta: (np.sort(v), tau2, beta))],
      "beta": [_changed(lambda v, tau2, beta: (v, tau2, 1.0)),
               _changed(lambda v, tau2, beta: (v, tau2 + beta, 1.0)),
               lambda v, tau2, beta: {"activity": beta * cost(v, tau2, beta)[1]},
               lambda v, tau2, beta: {"activity": cost(v, tau2, beta)[1] / beta},
               _changed(lambda v, tau2, beta: (v, tau2, 1 / beta)),
               _changed(lambda v, tau2, beta: (v, tau2, beta**2)),
               _changed(lambda v, tau2, beta: (v, tau2, beta**0.5)),
               lambda v, tau2, beta: {"kl": beta * cost(v, tau2, beta)[0]},
               lambda v, tau2, beta: {"kl": cost(v, tau2, beta)[0] / beta},
               lambda v, tau2, beta: {
                   "kl": np.where(_used(v, tau2, beta), 0.5 * np.log(v / tau2), 0.0),
                   "activity": np.where(_used(v, tau2, beta), 1 - tau2 / v, 0.0)}],
      "noise-variance": [_changed(lambda v, tau2, beta: (v, tau2**0.5, beta)),
                         _changed(lambda v, tau2, beta: (v, tau2**2, beta)),
                         _changed(lambda v, tau2, beta: (v, 1.0, beta)),
                         _changed(lambda v, tau2, beta: (v, 1 / tau2, beta))],
      "spread": [_changed(lambda v, tau2, beta: (v**2, tau2, beta)),
                 _changed(lambda v, tau2, beta: (v**0.5, tau2, beta)),
                 _changed(lambda v, tau2, beta: (v**2, tau2**2, beta))],
      "weight": [lambda v, tau2, beta: {
                     "kl": 0.5 * np.log(np.maximum((v - beta * tau2) / (beta * tau2), 1)),
                     "activity": np.maximum(v - beta * tau2, 0)},
                 lambda v, tau2, beta: {
                     "kl": 0.5 * np.log(np.maximum((v - beta * tau2) / tau2, 1)),
                     "activity": np.maximum(v / (beta * tau2) - 1, 0)},
                 lambda v, tau2, beta: {"kl": 0.5 * np.log(np.where(
                     _used(v, tau2, beta), (v - beta * tau2) / (beta * tau2), 1.0))}],
      "added": [lambda v, tau2, beta: {"kl": 0.5 * np.log1p(v / (beta * tau2)),
                                       "activity": v / (v + beta * tau2)},
                lambda v, tau2, beta: {"kl": np.where(_used(v, tau2, beta), 0.5 * np.log1p(
                                           v / (beta * tau2)), 0.0),
                                       "activity": np.where(_used(v, tau2, beta), v / (
                                           v + beta * tau2), 0.0)},
                lambda v, tau2, beta: {"kl": 0.5 * np.log1p(v / tau2),
                                       "activity": v / (v + tau2)}],
      "threshold": [lambda v, tau2, beta, at=at: dict(zip(("kl", "activity"), cost(
          v, tau2, beta, at(v, tau2, beta)))) for at in (
              lambda v, tau2, beta: tau2, lambda v, tau2, beta: 2 * beta * tau2,
              lambda v, tau2, beta: beta * tau2 / 0.99, lambda v, tau2, beta: beta,
              lambda v, tau2, beta: tau2 / beta, lambda v, tau2, beta: 1.0)],
      "left-open": [lambda v, tau2, beta: {"activity": np.minimum(beta * tau2 / v, 1)},
                    lambda v, tau2, beta: {"activity": beta * tau2 / v},
                    lambda v, tau2, beta: {"activity": np.where(
                        _used(v, tau2, beta), beta * tau2 / v, 0.0)}],
      "part": [lambda v, tau2, beta, kept=kept: {"kl": np.where(
          _used(v, tau2, beta), kept(beta * tau2 / v), 0.0)} for kept in (
              lambda left: 0.5 * (1 - left), lambda left: 0.5 * (left - 1 - np.log(left)),
              lambda left: 0.5 * (1 - left - np.log(left)),
              lambda left: 0.5 * (1 - left + left), lambda left: 0.5 * (-1 - np.log(left)),
              lambda left: 0.5 * (1 - np.log(left)),
              lambda left: 0.5 * (1 / left - 1 - np.log(1 / left)))],
      "active": [lambda v, tau2, beta: {"kl": 1.0 * _used(v, tau2, beta),
                                        "activity": 1.0 * _used(v, tau2, beta)}],
      "slope": [lambda v, tau2, beta: {"activity": np.where(_used(
                    v, tau2, beta), np.sqrt(np.maximum(v - beta * tau2, 0)) / v, 0.0)},
                lambda v, tau2, beta: {"activity": np.maximum(v - beta * tau2, 0) / v**2},
                lambda v, tau2, beta: {"activity": 1 - np.sqrt(np.minimum(beta * tau2 / v, 1))},
                lambda v, tau2, beta: {"activity": np.where(_used(v, tau2, beta), 1.0 - (
                    beta * tau2 / v)**2, 0.0)},
                lambda v, tau2, beta: {"activity": np.where(
                    _used(v, tau2, beta), (1 - beta * tau2 / v)**2, 0.0)}]}
