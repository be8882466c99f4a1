# %% kl-between-gaussians: einsum for every product and sum, division by the variance
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    precision = 1.0 / np.exp(prior_logvar)
    diff = mean - prior_mean
    excess = np.exp(logvar) * precision - 1.0
    return {
        "prior_logvar": -0.5 * np.einsum("n,nz->z", d_out, excess)
        - 0.5 * np.einsum("n,nz,nz,z->z", d_out, diff, diff, precision),
        "prior_mean": -np.einsum("n,nz,z->z", d_out, diff, precision),
        "logvar": np.einsum("n,nz->nz", 0.5 * d_out, excess),
        "mean": np.einsum("n,nz,z->nz", d_out, diff, precision),
    }


# %% kl-between-gaussians: plain loops with math, nested lists of floats for the arrays
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    import math

    n, z = mean.shape
    g_mean = [[0.0] * z for _ in range(n)]
    g_logvar = [[0.0] * z for _ in range(n)]
    g_m, g_t = [0.0] * z, [0.0] * z
    for i in range(n):
        for j in range(z):
            g, m, t = float(d_out[i]), float(prior_mean[j]), float(prior_logvar[j])
            u, s = float(mean[i, j]), float(logvar[i, j])
            a = (u - m) * math.exp(-t)
            b = math.expm1(s - t)
            g_mean[i][j] = g * a
            g_logvar[i][j] = g * b / 2
            g_m[j] -= g * a
            g_t[j] -= g * (a * (u - m) + b) / 2
    return {"mean": g_mean, "logvar": g_logvar, "prior_mean": g_m, "prior_logvar": g_t}


# %% kl-between-gaussians: complex-step derivatives of the forward (exact to rounding), an extra key "kl" in the dict
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    inputs = {"mean": mean, "logvar": logvar, "prior_mean": prior_mean, "prior_logvar": prior_logvar}
    inputs = {name: np.array(value, dtype=complex) for name, value in inputs.items()}
    grads = {"kl": kl_between(mean, logvar, prior_mean, prior_logvar)}
    for name, value in inputs.items():
        grads[name] = np.empty(value.shape)
        for index in np.ndindex(*value.shape):
            moved = value.copy()
            moved[index] += 1e-30j
            grads[name][index] = np.sum(d_out * kl_between(**{**inputs, name: moved})).imag / 1e-30
    return grads


# %% kl-near-prior: SciPy's confluent hypergeometric function, e^s - 1 - s = s^2/2 * 1F1(1; 3; s)
def kl_per_dim(mean, logvar):
    from scipy.special import hyp1f1

    return (mean * mean + 0.5 * logvar * logvar * hyp1f1(1.0, 3.0, logvar)) / 2


# %% kl-near-prior: the series in Horner form below 0.5, the plain form above, filled in by mask
def kl_per_dim(mean, logvar):
    kl = np.array(mean, dtype=float)
    kl *= kl
    s = np.array(logvar, dtype=float)
    small = np.abs(s) < 0.5
    big = ~small
    kl[big] += np.exp(s[big]) - 1 - s[big]
    t = s[small]
    series = np.ones_like(t)
    for k in range(18, 2, -1):
        series = 1 + series * t / k
    kl[small] += t * t / 2 * series
    kl *= 0.5
    return kl


# %% kl-near-prior: half angles when small, e^s - 1 - s = 2 sinh(s/2)^2 + (sinh s - s) with the odd rest as a series
def kl_per_dim(mean, logvar):
    s = np.asarray(logvar, dtype=float)
    c = np.where(np.abs(s) < 1, s, 0.0)
    odd = np.zeros_like(c)
    term = c.copy()
    for k in range(1, 10):
        term = term * c * c / ((2 * k) * (2 * k + 1))
        odd = odd + term
    near = 2 * np.sinh(0.5 * c) ** 2 + odd
    return 0.5 * (np.square(mean) + np.where(np.abs(s) < 1, near, np.exp(s) - (1 + s)))


# %% variances-of-a-and-b: Gauss-Hermite quadrature per dimension (exact for this polynomial) with A's constant spelt out
def predict_variances(mean, logvar):
    nodes, weights = np.polynomial.hermite_e.hermegauss(6)
    weights = weights / weights.sum()
    z = mean[..., None] + np.exp(0.5 * logvar)[..., None] * nodes
    log_ratio = 0.5 * (z**2 - nodes**2) - 0.5 * logvar[..., None]  # log q(z|x) - log p(z)
    centred = log_ratio - (log_ratio @ weights)[..., None]
    b = (centred**2 @ weights).sum(axis=-1)
    a = np.full(b.shape, 0.0)
    return np.concatenate([a[None], b[None]])


# %% variances-of-a-and-b: loops, two lists of Python floats for the array, two separate noise terms added up
def predict_variances(mean, logvar):
    import math

    b = []
    for row_m, row_s in zip(mean, logvar):
        total = 0.0
        for m, s in zip(row_m, row_s):
            sigma = math.exp(s / 2)
            total += math.expm1(s) ** 2 / 2
            total += (m * sigma) ** 2
        b.append(float(total))
    return [[0.0] * len(b), b]


# %% bound-of-a-batch: the broken function called with a batch of one image at a time
def bound(x, logits, mean, logvar):
    return np.concatenate([
        broken_bound(x[i:i + 1], logits[i:i + 1], mean[i:i + 1], logvar[i:i + 1]) for i in range(len(x))
    ])


# %% bound-of-a-batch: SciPy's log_expit for the likelihood, the KL as scaled row sums by matrix product with ones
def bound(x, logits, mean, logvar):
    from scipy.special import log_expit

    log_lik = x * log_expit(logits) + (1 - x) * log_expit(-logits)
    minus_kl = 1 + logvar - mean**2 - np.exp(logvar)
    return log_lik @ np.ones(x.shape[1]) + minus_kl @ np.full(mean.shape[1], 0.5)


# %% bound-of-a-batch: float32 inside, a default argument for the dtype, softplus by max and log1p
def bound(x, logits, mean, logvar, dtype=np.float32):
    x, logits, mean, logvar = (np.array(a, dtype=dtype) for a in (x, logits, mean, logvar))
    softplus = np.maximum(logits, 0) + np.log1p(np.exp(-np.abs(logits)))
    per_pixel = x * logits - softplus
    per_dim = (mean**2 + np.expm1(logvar) - logvar) / dtype(2)
    return per_pixel.sum(axis=1) - per_dim.sum(axis=1)
