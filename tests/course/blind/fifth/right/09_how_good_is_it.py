# %% what-draws-are-worth: all in logarithms, the variance from the differences of all pairs of weights
def worth(log_weights):
    K = len(log_weights)
    log_p = log_weights - log_weights.max(axis=0)
    log_p = log_p - np.logaddexp.reduce(log_p, axis=0)
    p = np.exp(log_p)
    pairs = np.zeros(log_weights.shape[1])
    for i in range(K):
        for j in range(i):
            pairs += (p[i] - p[j]) ** 2
    return {"ess": np.exp(-np.logaddexp.reduce(2 * log_p, axis=0)),
            "stderr": np.sqrt(pairs / (K - 1))}


# %% what-draws-are-worth: one column after the other, with weights of mean 1: ess is K over their mean square
def worth(log_weights):
    ess, stderr = [], []
    for column in log_weights.T:
        w = np.exp(column - max(column))
        w = w / (sum(w) / len(w))
        spread = sum((u - 1) ** 2 for u in w)
        ess.append(len(w) / (1 + spread / len(w)))
        stderr.append((spread / (len(w) - 1) / len(w)) ** 0.5)
    return {"stderr": np.array(stderr), "ess": np.array(ess)}


# %% which-way-six: half the second derivative at 1 of what is done to the mean, times its variance
def mean_errors(v, K):
    bend_of_log = -1.0
    bends = np.diag([bend_of_log, -bend_of_log, bend_of_log, -bend_of_log, -bend_of_log, 0.0])
    return np.einsum("ij,jn->in", bends, v) * 0.5 / K


# %% which-way-six: a loop, too low where the logarithm is added, too high where it is subtracted
def mean_errors(v, K):
    out = np.zeros(np.shape(v))
    for row, sign in ((0, "+"), (1, "-"), (2, "+"), (3, "-"), (4, "-")):
        for n in range(out.shape[1]):
            low = v[row][n] / K / 2
            out[row, n] = -low if sign == "+" else low
    return out


# %% draws-that-halve-the-gap: loops, the variance of the weights is built up code by code: 1 + v = (1 + v)(1 + u)
def predict_draws(ratio, share):
    out = np.zeros((2, len(ratio)))
    for n, row in enumerate(ratio):
        gap = v = 0.0
        for r in row:
            gap += 0.5 * ((r - 1) - np.log1p(r - 1))
            root = np.sqrt(2 * r - 1)
            u = (r - 1) ** 2 / ((r + root) * root)  # r / root - 1
            v = v + u + v * u
        out[:, n] = gap, v / (2 * share * gap)
    return out


# %% draws-that-halve-the-gap: by excess e = ratio - 1, log1p and expm1
def predict_draws(ratio, share):
    e = ratio - 1
    twice_gap = np.einsum("nz->n", e - np.log1p(e))
    v = np.expm1(np.einsum("nz->n", np.log1p(e) - np.log1p(2 * e) / 2))
    return np.array([twice_gap / 2, v / twice_gap / share])


# %% hardly-better: the logarithm of the mean so far, mixed with one more draw at a time
def log_px(log_px_given_z, log_pz, log_qz):
    estimate = log_px_given_z[0] + log_pz[0] - log_qz[0]
    for k in range(1, len(log_pz)):
        log_w = log_px_given_z[k] + log_pz[k] - log_qz[k]
        estimate = np.logaddexp(estimate + np.log(k / (k + 1)), log_w - np.log(k + 1))
    return estimate


# %% hardly-better: example by example, the largest weight set apart and the others added by log1p
def log_px(log_px_given_z, log_pz, log_qz):
    K, N = log_pz.shape
    out = np.empty(N)
    for n in range(N):
        log_w = np.sort(log_px_given_z[:, n] - log_qz[:, n] + log_pz[:, n])
        top, others = log_w[-1], log_w[:-1]
        out[n] = top + np.log1p(np.sum(np.exp(others - top))) - np.log(K)
    return out
