# %% what-draws-are-worth: the variance of the weights is divided by K, not by K - 1
def worth(log_weights):
    K = len(log_weights)
    w = np.exp(log_weights - log_weights.max(axis=0))
    ess = w.sum(axis=0) ** 2 / np.sum(w**2, axis=0)
    return {"ess": ess, "stderr": w.std(axis=0) / w.mean(axis=0) / np.sqrt(K)}


# %% what-draws-are-worth: one largest weight for the whole array, columns far below it become 0/0
def worth(log_weights):
    K = len(log_weights)
    w = np.exp(log_weights - log_weights.max())
    ess = w.sum(axis=0) ** 2 / np.sum(w**2, axis=0)
    return {"ess": ess, "stderr": w.std(axis=0, ddof=1) / w.mean(axis=0) / np.sqrt(K)}


# %% what-draws-are-worth: the standard error of the mean of the logarithms, not of the logarithm of the mean
def worth(log_weights):
    w = np.exp(log_weights - log_weights.max(axis=0))
    w = w / w.sum(axis=0)
    return {"ess": 1 / np.sum(w**2, axis=0),
            "stderr": log_weights.std(axis=0, ddof=1) / np.sqrt(len(log_weights))}


# %% what-draws-are-worth: the perplexity of the weights, exp of their entropy, another count of useful draws
def worth(log_weights):
    K = log_weights.shape[0]
    log_p = log_weights - np.logaddexp.reduce(log_weights, axis=0)
    p = np.exp(log_p)
    ess = np.exp(-np.sum(p * log_p, axis=0))
    return {"ess": ess, "stderr": np.std(p, axis=0, ddof=1) * np.sqrt(K)}


# %% what-draws-are-worth: the spread of one weight, its root of K is missing for the mean of K
def worth(log_weights):
    w = np.exp(log_weights - log_weights.max(axis=0))
    ess = w.sum(axis=0) ** 2 / (w**2).sum(axis=0)
    return {"ess": ess, "stderr": w.std(axis=0, ddof=1) / w.mean(axis=0)}


# %% what-draws-are-worth: the error as 1 over the root of the effective sample size, not 0 even for equal weights
def worth(log_weights):
    w = np.exp(log_weights - np.max(log_weights, axis=0))
    ess = np.sum(w, axis=0) ** 2 / np.sum(w * w, axis=0)
    return {"ess": ess, "stderr": 1 / np.sqrt(ess)}


# %% which-way-six: the half of the second-order term is lost
def mean_errors(v, K):
    first = v / K
    return np.stack([-first[0], first[1], -first[2], first[3], first[4], 0 * first[5]])


# %% which-way-six: the standard error, the root of v/K, in the place of the mean error
def mean_errors(v, K):
    signs = np.array([-1, 1, -1, 1, 1, 0])[:, None]
    return signs * np.sqrt(v / K)


# %% which-way-six: the RBM's sign as that of AIS over z, "an AIS estimate lies too low"
def mean_errors(v, K):
    signs = np.array([-1, 1, -1, -1, 1, 0])[:, None]
    return signs * v / (2 * K)


# %% which-way-six: the ratio of 6 is off as its logarithm is, -v/2K and not 0
def mean_errors(v, K):
    e = v / (2 * K)
    return np.stack([-e[0], e[1], -e[2], e[3], e[4], -e[5]])


# %% which-way-six: the v of the first row is used for all six
def mean_errors(v, K):
    signs = np.array([-1, 1, -1, 1, 1, 0])
    return np.outer(signs, v[0]) / (2 * K)


# %% which-way-six: every estimate of log p(x) is a lower bound, so 1, 3, 4 and 5 all lie too low
def mean_errors(v, K):
    out = -0.5 * v / K
    out[1] *= -1
    out[5] = 0
    return out


# %% draws-that-halve-the-gap: the KL of q from the posterior the wrong way round
def predict_draws(ratio, share):
    gap = 0.5 * np.sum(1 / ratio - 1 + np.log(ratio), axis=1)
    v = np.prod(ratio / np.sqrt(2 * ratio - 1), axis=1) - 1
    return np.stack([gap, v / (2 * share * gap)])


# %% draws-that-halve-the-gap: the relative variances of the codes are added, not multiplied up
def predict_draws(ratio, share):
    gap = 0.5 * np.sum(ratio - 1 - np.log(ratio), axis=1)
    v = np.sum(ratio / np.sqrt(2 * ratio - 1) - 1, axis=1)
    return np.stack([gap, v / (2 * share * gap)])


# %% draws-that-halve-the-gap: the mean square of the weights for their variance, the 1 is not taken off
def predict_draws(ratio, share):
    gap = 0.5 * np.sum(ratio - 1 - np.log(ratio), axis=-1)
    second = np.exp(np.sum(np.log(ratio) - 0.5 * np.log(2 * ratio - 1), axis=-1))
    return np.stack([gap, second / (2 * share * gap)])


# %% draws-that-halve-the-gap: `share` is taken for the gap that is left in nats, not for a fraction of the first
def predict_draws(ratio, share):
    gap = 0.5 * np.sum(ratio - 1 - np.log(ratio), axis=1)
    v = np.prod(ratio / np.sqrt(2 * ratio - 1), axis=1) - 1
    return np.stack([gap, v / (2 * share)])


# %% draws-that-halve-the-gap: "the gap falls as 1/K", so K is 1/share, as if the law held from the first draw on
def predict_draws(ratio, share):
    gap = 0.5 * np.sum(ratio - 1 - np.log(ratio), axis=1)
    return np.stack([gap, np.full(len(ratio), 1 / share)])


# %% draws-that-halve-the-gap: v is read off the variance of log w as if w were log-normal
def predict_draws(ratio, share):
    gap = 0.5 * np.sum(ratio - 1 - np.log(ratio), axis=1)
    v = np.expm1(0.5 * np.sum((ratio - 1) ** 2, axis=1))
    return np.stack([gap, v / (2 * share * gap)])


# %% hardly-better: the sum of the weights, log K is not taken off, as in the broken one
def log_px(log_px_given_z, log_pz, log_qz):
    log_w = log_px_given_z + log_pz - log_qz
    top = log_w.max(axis=0)
    return top + np.log(np.sum(np.exp(log_w - top), axis=0))


# %% hardly-better: the mean of log w, which is the bound however many draws there are
def log_px(log_px_given_z, log_pz, log_qz):
    return np.mean(log_px_given_z + log_pz - log_qz, axis=0)


# %% hardly-better: each of the three densities is averaged alone, not their product
def log_px(log_px_given_z, log_pz, log_qz):
    def log_mean(a):
        top = a.max(axis=0)
        return top + np.log(np.mean(np.exp(a - top), axis=0))

    return log_mean(log_px_given_z) + log_mean(log_pz) - log_mean(log_qz)


# %% hardly-better: the mean of p(x|z) over draws of q, the weights p(z)/q(z) are forgotten (right for draws of the prior)
def log_px(log_px_given_z, log_pz, log_qz):
    top = log_px_given_z.max(axis=0)
    return top + np.log(np.mean(np.exp(log_px_given_z - top), axis=0))


# %% hardly-better: divides by the number of examples and not of draws, log N for log K
def log_px(log_px_given_z, log_pz, log_qz):
    K, N = log_pz.shape
    log_w = log_px_given_z + log_pz - log_qz
    return np.logaddexp.reduce(log_w, axis=0) - np.log(N)


# %% hardly-better: right on paper, but exp without the largest taken off, images have log w of -800 and this is -inf
def log_px(log_px_given_z, log_pz, log_qz):
    w = np.exp(log_px_given_z + log_pz - log_qz)
    return np.log(w.mean(axis=0))
