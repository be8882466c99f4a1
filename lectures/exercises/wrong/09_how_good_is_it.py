"""Plausible wrong answers to the exercises of lecture 9.

Each cell stands for the student's: `# %% exercise: key of the hint that it must get`.
"""
import numpy as np


# %% what-draws-are-worth: not-squared
def worth(log_weights):
    w = np.exp(log_weights - log_weights.max(axis=0))
    ess = w.sum(axis=0) / (w**2).sum(axis=0)
    return {"ess": ess, "stderr": np.sqrt((len(w) / ess - 1) / (len(w) - 1))}


# %% what-draws-are-worth: logs
def worth(log_weights):
    w = log_weights
    ess = w.sum(axis=0)**2 / (w**2).sum(axis=0)
    return {"ess": ess, "stderr": np.sqrt((len(w) / ess - 1) / (len(w) - 1))}


# %% what-draws-are-worth: perplexity
def worth(log_weights):
    w = np.exp(log_weights - log_weights.max(axis=0))
    share = w / w.sum(axis=0)
    ess = np.exp(-np.sum(share * np.log(share), axis=0))  # perplexity
    return {"ess": ess, "stderr": np.sqrt((len(w) / ess - 1) / (len(w) - 1))}


# %% what-draws-are-worth: largest
def worth(log_weights):
    w = np.exp(log_weights - log_weights.max(axis=0))
    ess = 1 / np.max(w / w.sum(axis=0), axis=0)
    return {"ess": ess, "stderr": np.sqrt((len(w) / ess - 1) / (len(w) - 1))}


# %% what-draws-are-worth: upside-down
def worth(log_weights):
    w = np.exp(log_weights.min(axis=0) - log_weights)  # as if they were losses
    ess = w.sum(axis=0)**2 / (w**2).sum(axis=0)
    return {"ess": ess, "stderr": np.sqrt((len(w) / ess - 1) / (len(w) - 1))}


# %% what-draws-are-worth: batch
def worth(log_weights):
    w = np.exp(log_weights - log_weights.max())
    ess = np.full(w.shape[1], w.sum()**2 / (w**2).sum())
    return {"ess": ess, "stderr": np.sqrt((len(w) / ess - 1) / (len(w) - 1))}


# %% what-draws-are-worth: shape
def worth(log_weights):
    w = np.exp(log_weights - log_weights.max(axis=0))
    ess = w.sum(axis=1)**2 / (w**2).sum(axis=1)
    return {"ess": ess, "stderr": np.sqrt((len(w) / ess - 1) / (len(w) - 1))}


# %% what-draws-are-worth: nonfinite
def worth(log_weights):
    w = np.exp(log_weights)
    ess = w.sum(axis=0)**2 / (w**2).sum(axis=0)
    return {"ess": ess, "stderr": np.sqrt((len(w) / ess - 1) / (len(w) - 1))}


# %% what-draws-are-worth: nonfinite
def worth(log_weights):
    w = np.exp(log_weights - log_weights.max())  # one number for all
    ess = w.sum(axis=0)**2 / (w**2).sum(axis=0)
    return {"ess": ess, "stderr": np.sqrt((len(w) / ess - 1) / (len(w) - 1))}


# %% what-draws-are-worth: nonfinite
def worth(log_weights):
    w = np.exp(log_weights - log_weights.mean())
    ess = w.sum(axis=0)**2 / (w**2).sum(axis=0)
    return {"ess": ess, "stderr": np.sqrt((len(w) / ess - 1) / (len(w) - 1))}


# %% what-draws-are-worth: range
def worth(log_weights):
    w = np.exp(np.clip(log_weights, -100, 100))
    ess = w.sum(axis=0)**2 / (w**2).sum(axis=0)
    return {"ess": ess, "stderr": np.sqrt((len(w) / ess - 1) / (len(w) - 1))}


# %% what-draws-are-worth: some-zero
def worth(log_weights):
    log_weights = np.where(np.isfinite(log_weights), log_weights, 0.0)
    w = np.exp(log_weights - log_weights.max(axis=0))
    ess = w.sum(axis=0)**2 / (w**2).sum(axis=0)
    return {"ess": ess, "stderr": np.sqrt((len(w) / ess - 1) / (len(w) - 1))}


# %% what-draws-are-worth: factor
def worth(log_weights):
    w = np.exp(log_weights - log_weights.max(axis=0))
    ess = (w**2).sum(axis=0) / w.sum(axis=0)**2
    return {"ess": ess, "stderr": np.sqrt((len(w) / ess - 1) / (len(w) - 1))}


# %% what-draws-are-worth: average
def worth(log_weights):
    w = np.exp(log_weights - log_weights.max(axis=0))
    ess = w.mean(axis=0)**2 / (w**2).mean(axis=0)
    return {"ess": ess, "stderr": np.sqrt((len(w) / ess - 1) / (len(w) - 1))}


# %% what-draws-are-worth: ess
def worth(log_weights):
    w = np.exp(log_weights - log_weights.max(axis=0))
    ess = w.sum(axis=0)**3 / (w**3).sum(axis=0)
    return {"ess": ess, "stderr": np.sqrt((len(w) / ess - 1) / (len(w) - 1))}


# %% what-draws-are-worth: n
def worth(log_weights):
    w = np.exp(log_weights - log_weights.max(axis=0))
    ess = w.sum(axis=0)**2 / (w**2).sum(axis=0)
    return {"ess": ess, "stderr": np.sqrt((len(w) / ess - 1) / len(w))}


# %% what-draws-are-worth: other-n
def worth(log_weights):
    w = np.exp(log_weights - log_weights.max(axis=0))
    ess = w.sum(axis=0)**2 / (w**2).sum(axis=0)
    return {"ess": ess, "stderr": w.std(axis=0) / w.mean(axis=0) / np.sqrt(ess)}


# %% what-draws-are-worth: one-over-ess
def worth(log_weights):
    w = np.exp(log_weights - log_weights.max(axis=0))
    ess = w.sum(axis=0)**2 / (w**2).sum(axis=0)
    return {"ess": ess, "stderr": 1 / np.sqrt(ess)}


# %% what-draws-are-worth: absolute
def worth(log_weights):
    w = np.exp(log_weights - log_weights.max(axis=0))
    ess = w.sum(axis=0)**2 / (w**2).sum(axis=0)
    return {"ess": ess, "stderr": w.std(axis=0, ddof=1) / np.sqrt(len(w))}


# %% what-draws-are-worth: one-draw
def worth(log_weights):
    w = np.exp(log_weights - log_weights.max(axis=0))
    ess = w.sum(axis=0)**2 / (w**2).sum(axis=0)
    return {"ess": ess, "stderr": w.std(axis=0, ddof=1) / w.mean(axis=0)}


# %% what-draws-are-worth: root
def worth(log_weights):
    w = np.exp(log_weights - log_weights.max(axis=0))
    ess = w.sum(axis=0)**2 / (w**2).sum(axis=0)
    return {"ess": ess, "stderr": (len(w) / ess - 1) / (len(w) - 1)}


# %% what-draws-are-worth: root-k
def worth(log_weights):
    w = np.exp(log_weights - log_weights.max(axis=0))
    ess = w.sum(axis=0)**2 / (w**2).sum(axis=0)
    return {"ess": ess, "stderr": w.std(axis=0, ddof=1) / w.mean(axis=0) / len(w)}


# %% what-draws-are-worth: logs
def worth(log_weights):
    w = np.exp(log_weights - log_weights.max(axis=0))
    ess = w.sum(axis=0)**2 / (w**2).sum(axis=0)
    return {"ess": ess, "stderr": log_weights.std(axis=0, ddof=1) / np.sqrt(len(w))}


# %% what-draws-are-worth: stderr
def worth(log_weights):
    w = np.exp(log_weights - log_weights.max(axis=0))
    ess = w.sum(axis=0)**2 / (w**2).sum(axis=0)
    return {"ess": ess, "stderr": np.log(len(w) / ess) / np.sqrt(len(w))}


# %% what-draws-are-worth: unscaled
def worth(log_weights):
    w = np.exp(log_weights - log_weights.max(axis=0))
    ess = len(w) / (1 + w.var(axis=0))
    return {"ess": ess, "stderr": np.sqrt((len(w) / ess - 1) / (len(w) - 1))}


# %% what-draws-are-worth: count
def worth(log_weights):
    w = np.exp(log_weights - log_weights.max(axis=0))
    ess = np.full(w.shape[1], float(len(w)))
    return {"ess": ess, "stderr": np.sqrt((len(w) / ess - 1) / (len(w) - 1))}


# %% what-draws-are-worth: sample-variance
def worth(log_weights):
    w = np.exp(log_weights - log_weights.max(axis=0))
    ess = len(w) / (1 + w.var(axis=0, ddof=1) / w.mean(axis=0)**2)
    return {"ess": ess, "stderr": np.sqrt((len(w) / ess - 1) / (len(w) - 1))}


# %% what-draws-are-worth: deviation
def worth(log_weights):
    w = np.exp(log_weights - log_weights.max(axis=0))
    ess = len(w) / (1 + w.std(axis=0) / w.mean(axis=0))
    return {"ess": ess, "stderr": np.sqrt((len(w) / ess - 1) / (len(w) - 1))}


# %% what-draws-are-worth: twice-off
def worth(log_weights):
    w = np.exp(log_weights - log_weights.max(axis=0))
    ess = w.sum(axis=0)**2 / (w**2).sum(axis=0)
    return {"ess": ess, "stderr": w.std(axis=0, ddof=1) / w.mean(axis=0) / np.sqrt(len(w) - 1)}


# %% what-draws-are-worth: bias
def worth(log_weights):
    w = np.exp(log_weights - log_weights.max(axis=0))
    ess = w.sum(axis=0)**2 / (w**2).sum(axis=0)
    return {"ess": ess, "stderr": 0.5 * (len(w) / ess - 1) / len(w)}


# %% what-draws-are-worth: inverted
def worth(log_weights):
    w = np.exp(log_weights - log_weights.max(axis=0))
    ess = w.sum(axis=0)**2 / (w**2).sum(axis=0)
    return {"ess": ess, "stderr": np.sqrt((1 - ess / len(w)) / (len(w) - 1))}


# %% what-draws-are-worth: plus-one
def worth(log_weights):
    w = np.exp(log_weights - log_weights.max(axis=0))
    ess = w.sum(axis=0)**2 / (w**2).sum(axis=0)
    return {"ess": ess, "stderr": np.sqrt((len(w) / ess + 1) / (len(w) - 1))}


# %% which-way-six: sign
def mean_errors(v, K):
    way = np.array([-1, 1, 1, 1, 1, 0])  # AIS flatters
    return way[:, None] * v / (2 * K)


# %% which-way-six: sign
def mean_errors(v, K):
    way = np.array([-1, 1, -1, -1, 1, 0])  # AIS is AIS
    return way[:, None] * v / (2 * K)


# %% which-way-six: sign
def mean_errors(v, K):
    way = np.array([-1, 1, -1, 1, -1, 0])
    return way[:, None] * v / (2 * K)


# %% which-way-six: sign
def mean_errors(v, K):
    way = np.array([-1, -1, -1, 1, 1, 0])  # the NLL like log p(x)
    return way[:, None] * v / (2 * K)


# %% which-way-six: sign
def mean_errors(v, K):
    way = np.array([1, -1, 1, -1, -1, 0])
    return way[:, None] * v / (2 * K)


# %% which-way-six: swapped
def mean_errors(v, K):
    error = np.array([-1, 1, -1, 1, 1, 0])[:, None] * v / (2 * K)
    return error[[0, 1, 3, 2, 4, 5]]


# %% which-way-six: zero
def mean_errors(v, K):
    way = np.array([-1, 1, 0, 1, 1, 0])
    return way[:, None] * v / (2 * K)


# %% which-way-six: zero
def mean_errors(v, K):
    way = np.array([0, 0, 0, 1, 1, 0])  # the first three are unbiased
    return way[:, None] * v / (2 * K)


# %% which-way-six: factor
def mean_errors(v, K):
    way = np.array([-1, 1, -1, 1, 1, 0])
    return way[:, None] * v / K


# %% which-way-six: average
def mean_errors(v, K):
    way = np.array([-1, 1, -1, 1, 1, 0])
    return way[:, None] * v / 2


# %% which-way-six: average
def mean_errors(v, K):
    way = np.array([-1, 1, -1, 1, 1, 0])
    return way[:, None] * v / (2 * (K - 1))


# %% which-way-six: root
def mean_errors(v, K):
    way = np.array([-1, 1, -1, 1, 1, 0])
    return way[:, None] * np.sqrt(v / K)


# %% which-way-six: all-orders
def mean_errors(v, K):
    way = np.array([-1, 1, -1, 1, 1, 0])
    return way[:, None] * np.log(1 + v / K) / 2


# %% which-way-six: square
def mean_errors(v, K):
    way = np.array([-1, 1, -1, 1, 1, 0])
    return way[:, None] * v**2 / (2 * K)


# %% which-way-six: moment
def mean_errors(v, K):
    way = np.array([-1, 1, -1, 1, 1, 0])  # as if v were ρ
    return way[:, None] * (v - 1) / (2 * K)


# %% which-way-six: no-logarithm
def mean_errors(v, K):
    way = np.array([-1, 1, -1, 1, 1, -1])  # it errs low
    return way[:, None] * v / (2 * K)


# %% which-way-six: no-logarithm
def mean_errors(v, K):
    error = np.array([-1, 1, -1, 1, 1, 0])[:, None] * v / (2 * K)
    error[5] = 1  # the ratio, not its error
    return error


# %% which-way-six: size
def mean_errors(v, K):
    way = np.array([-1, 1, -1, 1, 1, 0])
    return way[:, None] * (v / (2 * K) + (v / K)**2 / 3)


# %% which-way-six: rows
def mean_errors(v, K):
    way = np.array([-1, 1, -1, 1, 1, 0])
    return way[:, None] * v.sum(axis=0) / (2 * K)


# %% which-way-six: sign-alone
def mean_errors(v, K):
    way = np.array([-1, 1, -1, 1, 1, 0])
    return way[:, None] * np.ones_like(v)


# %% draws-that-halve-the-gap: swapped
def predict_draws(ratio, share):
    gap = 0.5 * np.sum(ratio - 1 - np.log(ratio), axis=-1)
    rho = np.prod(ratio / np.sqrt(2 * ratio - 1), axis=-1)
    return np.array([(rho - 1) / (2 * share * gap), gap])


# %% draws-that-halve-the-gap: reverse
def predict_draws(ratio, share):
    gap = 0.5 * np.sum(1 / ratio - 1 + np.log(ratio), axis=-1)
    rho = np.prod(ratio / np.sqrt(2 * ratio - 1), axis=-1)
    return np.array([gap, (rho - 1) / (2 * share * gap)])


# %% draws-that-halve-the-gap: law-at-one
def predict_draws(ratio, share):
    rho = np.prod(ratio / np.sqrt(2 * ratio - 1), axis=-1)
    gap = (rho - 1) / 2
    return np.array([gap, (rho - 1) / (2 * share * gap)])


# %% draws-that-halve-the-gap: gap
def predict_draws(ratio, share):
    gap = 0.5 * np.sum(ratio - np.log(ratio), axis=-1)
    rho = np.prod(ratio / np.sqrt(2 * ratio - 1), axis=-1)
    return np.array([gap, (rho - 1) / (2 * share * gap)])


# %% draws-that-halve-the-gap: gap
def predict_draws(ratio, share):
    gap = np.sum(np.sqrt(ratio) - 1 - np.log(ratio), axis=-1)
    rho = np.prod(ratio / np.sqrt(2 * ratio - 1), axis=-1)
    return np.array([gap, (rho - 1) / (2 * share * gap)])


# %% draws-that-halve-the-gap: std
def predict_draws(ratio, share):
    gap = 0.5 * np.sum(ratio**2 - 1 - 2 * np.log(ratio), axis=-1)  # σ = ratio
    rho = np.prod(ratio / np.sqrt(2 * ratio - 1), axis=-1)
    return np.array([gap, (rho - 1) / (2 * share * gap)])


# %% draws-that-halve-the-gap: std
def predict_draws(ratio, share):
    gap = 0.5 * np.sum(ratio - 1 - np.log(ratio), axis=-1)
    rho = np.prod(ratio**2 / np.sqrt(2 * ratio**2 - 1), axis=-1)
    return np.array([gap, (rho - 1) / (2 * share * gap)])


# %% draws-that-halve-the-gap: proportional
def predict_draws(ratio, share):
    gap = 0.5 * np.sum(ratio - 1 - np.log(ratio), axis=-1)
    return np.array([gap, np.full(len(ratio), 1 / share)])  # half the gap, twice the draws


# %% draws-that-halve-the-gap: minus-one
def predict_draws(ratio, share):
    gap = 0.5 * np.sum(ratio - 1 - np.log(ratio), axis=-1)
    rho = np.prod(ratio / np.sqrt(2 * ratio - 1), axis=-1)
    return np.array([gap, rho / (2 * share * gap)])


# %% draws-that-halve-the-gap: share
def predict_draws(ratio, share):
    gap = 0.5 * np.sum(ratio - 1 - np.log(ratio), axis=-1)
    rho = np.prod(ratio / np.sqrt(2 * ratio - 1), axis=-1)
    return np.array([gap, (rho - 1) / (2 * gap)])


# %% draws-that-halve-the-gap: share
def predict_draws(ratio, share):
    gap = 0.5 * np.sum(ratio - 1 - np.log(ratio), axis=-1)
    rho = np.prod(ratio / np.sqrt(2 * ratio - 1), axis=-1)
    return np.array([gap, share * (rho - 1) / (2 * gap)])


# %% draws-that-halve-the-gap: no-gap
def predict_draws(ratio, share):
    gap = 0.5 * np.sum(ratio - 1 - np.log(ratio), axis=-1)
    rho = np.prod(ratio / np.sqrt(2 * ratio - 1), axis=-1)
    return np.array([gap, (rho - 1) / (2 * share)])


# %% draws-that-halve-the-gap: product
def predict_draws(ratio, share):
    gap = 0.5 * np.sum(ratio - 1 - np.log(ratio), axis=-1)
    rho = np.sum(ratio / np.sqrt(2 * ratio - 1), axis=-1)
    return np.array([gap, (rho - 1) / (2 * share * gap)])


# %% draws-that-halve-the-gap: exponential
def predict_draws(ratio, share):
    gap = 0.5 * np.sum(ratio - 1 - np.log(ratio), axis=-1)
    rho = np.exp(0.5 * np.sum(1 / ratio - 1 + np.log(ratio), axis=-1))  # e^KL
    return np.array([gap, (rho - 1) / (2 * share * gap)])


# %% draws-that-halve-the-gap: rho
def predict_draws(ratio, share):
    gap = 0.5 * np.sum(ratio - 1 - np.log(ratio), axis=-1)
    rho = np.prod(1 / np.sqrt(2 * ratio - 1), axis=-1)
    return np.array([gap, (rho - 1) / (2 * share * gap)])


# %% draws-that-halve-the-gap: whole
def predict_draws(ratio, share):
    gap = 0.5 * np.sum(ratio - 1 - np.log(ratio), axis=-1)
    rho = np.prod(ratio / np.sqrt(2 * ratio - 1), axis=-1)
    return np.array([gap, np.ceil((rho - 1) / (2 * share * gap))])


# %% draws-that-halve-the-gap: factor
def predict_draws(ratio, share):
    gap = 0.5 * np.sum(ratio - 1 - np.log(ratio), axis=-1)
    rho = np.prod(ratio / np.sqrt(2 * ratio - 1), axis=-1)
    return np.array([gap, (rho - 1) / (share * gap)])


# %% draws-that-halve-the-gap: average
def predict_draws(ratio, share):
    gap = 0.5 * np.mean(ratio - 1 - np.log(ratio), axis=-1)
    rho = np.prod(ratio / np.sqrt(2 * ratio - 1), axis=-1)
    return np.array([gap, (rho - 1) / (2 * share * gap)])


# %% draws-that-halve-the-gap: approximate
def predict_draws(ratio, share):
    rng, draws = np.random.default_rng(0), []
    gap = 0.5 * np.sum(ratio - 1 - np.log(ratio), axis=-1)
    for one in ratio:  # measured
        eps = rng.standard_normal((400_000, len(one)))
        log_w = 0.5 * np.sum(np.log(one) - (one - 1) * eps**2, axis=1)
        draws.append(np.mean(np.exp(2 * log_w)) - 1)
    return np.array([gap, np.array(draws) / (2 * share * gap)])


# %% draws-that-halve-the-gap: range
def predict_draws(ratio, share):
    gap = 0.5 * np.sum(ratio - 1 - np.log(ratio), axis=-1)
    rho = np.prod(ratio / np.sqrt(2 * ratio - 1), axis=-1)
    return np.array([gap, np.maximum(1, (rho - 1) / (2 * share * gap))])  # one draw at least


# %% draws-that-halve-the-gap: draws
def predict_draws(ratio, share):
    gap = 0.5 * np.sum(ratio - 1 - np.log(ratio), axis=-1)
    rho = np.prod(ratio / np.sqrt(2 * ratio - 1), axis=-1)
    return np.array([gap, -np.log(share) * (rho - 1) / (2 * gap)])


# %% draws-that-halve-the-gap: roots
def predict_draws(ratio, share):
    gap = 0.5 * np.sum(ratio - 1 - np.log(ratio), axis=-1)
    rho = np.prod(ratio / (2 * ratio - 1), axis=-1)
    return np.array([gap, (rho - 1) / (2 * share * gap)])


# %% draws-that-halve-the-gap: other-gap
def predict_draws(ratio, share):
    gap = 0.5 * np.sum(ratio - 1 - np.log(ratio), axis=-1)
    rho = np.prod(ratio / np.sqrt(2 * ratio - 1), axis=-1)
    other = 0.5 * np.sum(1 / ratio - 1 + np.log(ratio), axis=-1)
    return np.array([gap, (rho - 1) / (2 * share * other)])


# %% hardly-better: shape
def log_px(log_px_given_z, log_pz, log_qz):
    log_w = np.sum(log_px_given_z + log_pz - log_qz, axis=1)  # as it was
    top = log_w.max()
    return (top + np.log(np.sum(np.exp(log_w - top)))) / log_pz.shape[1]


# %% hardly-better: batch
def log_px(log_px_given_z, log_pz, log_qz):
    log_w = np.sum(log_px_given_z + log_pz - log_qz, axis=1)
    top = log_w.max()
    return np.full(log_pz.shape[1], top + np.log(np.mean(np.exp(log_w - top)))) / log_pz.shape[1]


# %% hardly-better: shared
def log_px(log_px_given_z, log_pz, log_qz):
    log_w = log_px_given_z + log_pz - log_qz
    top = log_w.max(axis=0)
    each = top + np.log(np.mean(np.exp(log_w - top), axis=0))
    return np.full(len(each), each.mean())


# %% hardly-better: shape
def log_px(log_px_given_z, log_pz, log_qz):
    log_w = log_px_given_z + log_pz - log_qz
    top = log_w.max(axis=1, keepdims=True)
    return top[:, 0] + np.log(np.mean(np.exp(log_w - top), axis=1))


# %% hardly-better: no-k
def log_px(log_px_given_z, log_pz, log_qz):
    log_w = log_px_given_z + log_pz - log_qz
    top = log_w.max(axis=0)
    return top + np.log(np.sum(np.exp(log_w - top), axis=0))


# %% hardly-better: other-n
def log_px(log_px_given_z, log_pz, log_qz):
    log_w = log_px_given_z + log_pz - log_qz
    top = log_w.max(axis=0)
    return top + np.log(np.sum(np.exp(log_w - top), axis=0)) - np.log(log_w.shape[1])


# %% hardly-better: mean-of-logs
def log_px(log_px_given_z, log_pz, log_qz):
    log_w = log_px_given_z + log_pz - log_qz
    return log_w.mean(axis=0)


# %% hardly-better: sign-of-px
def log_px(log_px_given_z, log_pz, log_qz):
    log_w = -log_px_given_z + log_pz - log_qz  # a cross-entropy
    top = log_w.max(axis=0)
    return top + np.log(np.mean(np.exp(log_w - top), axis=0))


# %% hardly-better: sign
def log_px(log_px_given_z, log_pz, log_qz):
    log_w = log_px_given_z + log_pz - log_qz
    top = log_w.max(axis=0)
    return -(top + np.log(np.mean(np.exp(log_w - top), axis=0)))  # the NLL


# %% hardly-better: no-q
def log_px(log_px_given_z, log_pz, log_qz):
    log_w = log_px_given_z + log_pz
    top = log_w.max(axis=0)
    return top + np.log(np.mean(np.exp(log_w - top), axis=0))


# %% hardly-better: q-added
def log_px(log_px_given_z, log_pz, log_qz):
    log_w = log_px_given_z + log_pz + log_qz
    top = log_w.max(axis=0)
    return top + np.log(np.mean(np.exp(log_w - top), axis=0))


# %% hardly-better: all-turned
def log_px(log_px_given_z, log_pz, log_qz):
    log_w = log_px_given_z - log_pz + log_qz
    top = log_w.max(axis=0)
    return top + np.log(np.mean(np.exp(log_w - top), axis=0))


# %% hardly-better: largest
def log_px(log_px_given_z, log_pz, log_qz):
    log_w = log_px_given_z + log_pz - log_qz
    return log_w.max(axis=0)


# %% hardly-better: top
def log_px(log_px_given_z, log_pz, log_qz):
    log_w = log_px_given_z + log_pz - log_qz
    top = log_w.max(axis=0)
    return np.log(np.mean(np.exp(log_w - top), axis=0))


# %% hardly-better: log-missing
def log_px(log_px_given_z, log_pz, log_qz):
    log_w = log_px_given_z + log_pz - log_qz
    top = log_w.max(axis=0)
    return top + np.mean(np.exp(log_w - top), axis=0)


# %% hardly-better: nonfinite
def log_px(log_px_given_z, log_pz, log_qz):
    log_w = log_px_given_z + log_pz - log_qz
    return np.log(np.mean(np.exp(log_w), axis=0))


# %% hardly-better: nonfinite
def log_px(log_px_given_z, log_pz, log_qz):
    log_w = log_px_given_z + log_pz - log_qz
    top = log_w.max()
    return top + np.log(np.mean(np.exp(log_w - top), axis=0))


# %% hardly-better: range
def log_px(log_px_given_z, log_pz, log_qz):
    log_w = log_px_given_z + log_pz - log_qz
    return np.log(np.mean(np.exp(log_w), axis=0) + 1e-300)


# %% hardly-better: normal
def log_px(log_px_given_z, log_pz, log_qz):
    log_w = log_px_given_z + log_pz - log_qz
    return log_w.mean(axis=0) + 0.5 * log_w.var(axis=0)  # as if log w were normal


# %% hardly-better: no-prior
def log_px(log_px_given_z, log_pz, log_qz):
    log_w = log_px_given_z - log_qz
    top = log_w.max(axis=0)
    return top + np.log(np.mean(np.exp(log_w - top), axis=0))


# %% hardly-better: no-px
def log_px(log_px_given_z, log_pz, log_qz):
    log_w = log_pz - log_qz
    top = log_w.max(axis=0)
    return top + np.log(np.mean(np.exp(log_w - top), axis=0))


# %% hardly-better: prior-sign
def log_px(log_px_given_z, log_pz, log_qz):
    log_w = log_px_given_z - log_pz - log_qz
    top = log_w.max(axis=0)
    return top + np.log(np.mean(np.exp(log_w - top), axis=0))


# %% hardly-better: twice
def log_px(log_px_given_z, log_pz, log_qz):
    log_w = log_px_given_z + log_pz - 2 * log_qz
    top = log_w.max(axis=0)
    return top + np.log(np.mean(np.exp(log_w - top), axis=0))


# %% hardly-better: sum-of-logs
def log_px(log_px_given_z, log_pz, log_qz):
    log_w = log_px_given_z + log_pz - log_qz
    return log_w.sum(axis=0)


# %% hardly-better: median
def log_px(log_px_given_z, log_pz, log_qz):
    log_w = log_px_given_z + log_pz - log_qz
    return np.median(log_w, axis=0)


# %% hardly-better: formula
def log_px(log_px_given_z, log_pz, log_qz):
    log_w = log_px_given_z + log_pz - log_qz
    return np.log(np.mean(np.exp(log_w / 100), axis=0)) * 100  # so that nothing overflows


# %% hardly-better: alone
def log_px(log_px_given_z, log_pz, log_qz):
    log_w = log_px_given_z
    top = log_w.max(axis=0)
    return top + np.log(np.mean(np.exp(log_w - top), axis=0))


# %% hardly-better: reciprocal
def log_px(log_px_given_z, log_pz, log_qz):
    log_w = log_qz - log_px_given_z - log_pz
    top = log_w.max(axis=0)
    return top + np.log(np.mean(np.exp(log_w - top), axis=0))


# %% hardly-better: apart
def log_px(log_px_given_z, log_pz, log_qz):
    def log_mean(a):
        return a.max(axis=0) + np.log(np.mean(np.exp(a - a.max(axis=0)), axis=0))
    return log_mean(log_px_given_z) + log_mean(log_pz) - log_mean(log_qz)


# %% hardly-better: shares
def log_px(log_px_given_z, log_pz, log_qz):
    log_w = log_px_given_z + log_pz - log_qz
    w = np.exp(log_w - log_w.max(axis=0))
    return np.sum(w * log_w, axis=0) / np.sum(w, axis=0)
