# %% kl-between-gaussians: complex-step derivatives of kl_between itself, exact to rounding
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    inputs = dict(mean=mean, logvar=logvar, prior_mean=prior_mean, prior_logvar=prior_logvar)
    grads = {}
    for name, value in inputs.items():
        grads[name] = np.zeros(np.shape(value))
        for j in range(np.shape(mean)[-1]):
            moved = {k: np.array(v, dtype=complex) for k, v in inputs.items()}
            moved[name][..., j] += 1e-30j
            slope = d_out * kl_between(**moved).imag / 1e-30
            grads[name][..., j] = slope if np.ndim(value) == 2 else slope.sum()
    return grads


# %% kl-between-gaussians: einsum throughout, with the KL and d_out's gradient as extra keys of the dict
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    scaled = np.einsum("nz,z->nz", mean - prior_mean, np.exp(-prior_logvar))
    half = np.expm1(logvar - prior_logvar) / 2
    return {
        "prior_logvar": -np.einsum("n,nz->z", d_out, half)
        - 0.5 * np.einsum("n,nz,nz->z", d_out, scaled, mean - prior_mean),
        "prior_mean": np.einsum("n,nz->z", -d_out, scaled),
        "logvar": np.einsum("n,nz->nz", d_out, half),
        "mean": np.einsum("n,nz->nz", d_out, scaled),
        "d_out": kl_between(mean, logvar, prior_mean, prior_logvar),
        "kl": kl_between(mean, logvar, prior_mean, prior_logvar),
    }


# %% kl-between-gaussians: plain loops with math, the ratio's term as 2 e^(r/2) sinh(r/2), the prior's gradients as lists of floats
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    import math

    n_examples, n_dims = len(mean), len(prior_mean)
    g_mean, g_logvar = np.empty((n_examples, n_dims)), np.empty((n_examples, n_dims))
    g_m, g_t = [0.0] * n_dims, [0.0] * n_dims
    for j in range(n_dims):
        sd = math.exp(prior_logvar[j] / 2)
        for i in range(n_examples):
            standard = (mean[i, j] - prior_mean[j]) / sd
            r = logvar[i, j] - prior_logvar[j]
            excess = 2 * math.exp(r / 2) * math.sinh(r / 2)
            g_mean[i, j] = d_out[i] * standard / sd
            g_logvar[i, j] = d_out[i] * excess / 2
            g_m[j] -= float(g_mean[i, j])
            g_t[j] -= float(d_out[i] * (standard * standard + excess) / 2)
    return {"mean": g_mean, "logvar": g_logvar, "prior_mean": g_m, "prior_logvar": g_t}


# %% kl-near-prior: exp, minus 1, minus log of that rounded exp: looks unstable, but both take the same rounding, so it cancels
def kl_per_dim(mean, logvar):
    var = np.exp(logvar)
    return 0.5 * mean**2 + 0.5 * ((var - 1) - np.log(var))


# %% kl-near-prior: the remainder of the series as an integral, s^2 times the integral of (1 - u) e^(su), by Gauss-Legendre
def kl_per_dim(mean, logvar, nodes=40):
    u, w = np.polynomial.legendre.leggauss(nodes)
    u, w = 0.5 * (u + 1), 0.5 * w
    remainder = np.exp(logvar[..., None] * u) @ (w * (1 - u))
    return 0.5 * (mean**2 + logvar**2 * remainder)


# %% kl-near-prior: the unstable form in 50-digit decimals, returned as a list of lists of floats
def kl_per_dim(mean, logvar):
    from decimal import Decimal, localcontext

    def one(m, s):
        m, s = Decimal(float(m)), Decimal(float(s))
        return float((m * m + s.exp() - 1 - s) / 2)

    with localcontext() as context:
        context.prec = 50
        return [[one(m, s) for m, s in zip(row_m, row_s)] for row_m, row_s in zip(mean, logvar)]


# %% variances-of-a-and-b: five Gauss-Hermite nodes instead of a formula, exact for this polynomial of degree four
def predict_variances(mean, logvar):
    nodes, weights = np.polynomial.hermite_e.hermegauss(5)
    weights = weights / weights.sum()
    z = mean[..., None] + np.exp(0.5 * logvar)[..., None] * nodes
    log_ratio = 0.5 * z**2 - 0.5 * nodes**2
    centred = log_ratio - (log_ratio @ weights)[..., None]
    b = (centred**2 @ weights).sum(axis=-1)
    return np.stack([np.zeros_like(b), b])


# %% variances-of-a-and-b: the general formula for a quadratic form, trace of (H Sigma)^2 / 2 plus g' Sigma g, with full matrices
def predict_variances(mean, logvar):
    out = np.zeros((2, len(mean)))
    for n, (g, s) in enumerate(zip(mean, logvar)):
        sigma = np.diag(np.exp(s))
        h_sigma = (np.eye(len(s)) - np.linalg.inv(sigma)) @ sigma
        out[1, n] = 0.5 * np.trace(h_sigma @ h_sigma) + g @ sigma @ g
    return out


# %% variances-of-a-and-b: Var log q + Var log p(z) - 2 Cov, written out, in nested lists of floats
def predict_variances(mean, logvar):
    import math

    b = []
    for ms, ss in zip(mean, logvar):
        total = 0.0
        for m, s in zip(ms, ss):
            var_log_q = 0.5
            var_log_p = m * m * math.exp(s) + 0.5 * math.exp(s) * math.exp(s)
            covariance = 0.5 * math.exp(s)
            total += float(var_log_q + var_log_p - 2 * covariance)
        b.append(total)
    return [[0.0] * len(b), b]


# %% bound-of-a-batch: calls the broken bound with one image at a time, where it is right
def bound(x, logits, mean, logvar):
    rows = [slice(i, i + 1) for i in range(len(x))]
    return np.concatenate([broken_bound(x[r], logits[r], mean[r], logvar[r]) for r in rows])


# %% bound-of-a-batch: SciPy's log_expit for the pixels, and the KL as a cross entropy minus an entropy, whose log 2 pi cancel
def bound(x, logits, mean, logvar):
    from scipy.special import log_expit

    pixels = x * log_expit(logits) + (1 - x) * log_expit(-logits)
    log2pi = np.log(2 * np.pi)
    cross_entropy = 0.5 * (log2pi + mean * mean + np.exp(logvar))
    entropy = 0.5 * (log2pi + 1 + logvar)
    return pixels @ np.ones(x.shape[1]) - (cross_entropy - entropy) @ np.ones(mean.shape[1])


# %% bound-of-a-batch: fsum over pixels and dimensions together, image by image, as a list of floats, with a default argument
def bound(x, logits, mean, logvar, beta=1.0):
    import math

    values = []
    for xs, ls, ms, ss in zip(x, logits, mean, logvar):
        terms = [v * a - max(a, 0.0) - math.log1p(math.exp(-abs(a))) for v, a in zip(xs, ls)]
        terms += [-beta * 0.5 * (m * m + math.expm1(s) - s) for m, s in zip(ms, ss)]
        values.append(math.fsum(terms))
    return values
