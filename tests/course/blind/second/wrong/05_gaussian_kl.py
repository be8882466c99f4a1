# %% kl-between-gaussians: takes the gradient of the prior's logvar for minus that of logvar, as with the means; the distance depends on t too
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    d_mean = d_out[:, None] * (mean - prior_mean) * np.exp(-prior_logvar)
    d_logvar = 0.5 * d_out[:, None] * np.expm1(logvar - prior_logvar)
    # only differences enter, so the prior gets the opposite
    return {"mean": d_mean, "logvar": d_logvar,
            "prior_mean": -d_mean.sum(axis=0), "prior_logvar": -d_logvar.sum(axis=0)}


# %% kl-between-gaussians: multiplies the transposed array by d_out and brings it back with reshape instead of .T, which scrambles examples and dimensions
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    precision = np.exp(-prior_logvar)
    difference = mean - prior_mean
    ratio = np.exp(logvar - prior_logvar)

    def upstream(g):
        return (g.T * d_out).reshape(mean.shape)

    return {
        "mean": upstream(difference * precision),
        "logvar": upstream(0.5 * (ratio - 1)),
        "prior_mean": d_out @ (-difference * precision),
        "prior_logvar": d_out @ (0.5 * (1 - ratio - difference**2 * precision)),
    }


# %% kl-between-gaussians: thinks that the prior sees only the average code, so takes the prior's gradients at the batch mean of mean and logvar
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    w = d_out[:, None]
    prec = np.exp(-prior_logvar)
    m, s = mean.mean(axis=0), logvar.mean(axis=0)
    total = d_out.sum()
    return {
        "mean": w * (mean - prior_mean) * prec,
        "logvar": w * 0.5 * (np.exp(logvar - prior_logvar) - 1),
        "prior_mean": -total * (m - prior_mean) * prec,
        "prior_logvar": 0.5 * total * (1 - np.exp(s - prior_logvar) - (m - prior_mean) ** 2 * prec),
    }


# %% kl-between-gaussians: the values are right, but logvar and mean are changed in place by the subtractions
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    difference, ratio = mean, logvar
    difference -= prior_mean
    ratio -= prior_logvar
    precision = np.exp(-prior_logvar)
    up = d_out.reshape(-1, 1)
    return {
        "mean": up * difference * precision,
        "logvar": up * 0.5 * np.expm1(ratio),
        "prior_mean": -np.sum(up * difference * precision, axis=0),
        "prior_logvar": -0.5 * np.sum(up * (difference**2 * precision + np.expm1(ratio)), axis=0),
    }


# %% kl-between-gaussians: a one-sided difference quotient with step 1e-3 instead of a derivation, only three digits
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    step = 1e-3
    args = [mean, logvar, prior_mean, prior_logvar]
    names = ["mean", "logvar", "prior_mean", "prior_logvar"]
    base = kl_between(*args)
    grads = {}
    for k, name in enumerate(names):
        grad = np.zeros(args[k].shape)
        for j in range(mean.shape[1]):
            moved = [np.array(a, dtype=float) for a in args]
            moved[k][..., j] += step
            slope = d_out * (kl_between(*moved) - base) / step
            grad[..., j] = slope if k < 2 else slope.sum()
        grads[name] = grad
    return grads


# %% kl-between-gaussians: a needless squeeze loses an axis if there is one example or one dimension
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    d = d_out[:, None]
    diff = (mean - prior_mean) * np.exp(-prior_logvar)
    half = 0.5 * np.expm1(logvar - prior_logvar)
    grads = {
        "mean": d * diff,
        "logvar": d * half,
        "prior_mean": -(d * diff).sum(axis=0, keepdims=True),
        "prior_logvar": -(d * (half + 0.5 * (mean - prior_mean) * diff)).sum(axis=0, keepdims=True),
    }
    return {name: np.squeeze(g) for name, g in grads.items()}


# %% kl-between-gaussians: the prior's gradients get the upstream gradient twice, right only if d_out is 0 or 1
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    prec = np.exp(-prior_logvar)
    d_mean = d_out[:, None] * (mean - prior_mean) * prec
    d_logvar = 0.5 * d_out[:, None] * (np.exp(logvar - prior_logvar) - 1)
    d_prior_mean = -(d_out @ d_mean)
    d_prior_logvar = -(d_out @ (d_logvar + 0.5 * d_mean * (mean - prior_mean)))
    return dict(mean=d_mean, logvar=d_logvar, prior_mean=d_prior_mean, prior_logvar=d_prior_logvar)


# %% kl-between-gaussians: clips s - t to [-5, 5] against overflow, so only far-apart variances are wrong
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    up = np.expand_dims(d_out, 1)
    precision = np.exp(-prior_logvar)
    ratio = np.exp(np.clip(logvar - prior_logvar, -5.0, 5.0))
    z = mean - prior_mean
    return {
        "mean": up * z * precision,
        "logvar": up * (ratio - 1) / 2,
        "prior_mean": (-up * z * precision).sum(0),
        "prior_logvar": (up * (1 - ratio - z * z * precision) / 2).sum(0),
    }


# %% kl-between-gaussians: adds the missing axis of d_out only if broadcasting complains, so a square batch (N == Z) silently weights the dimensions
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    prec = np.exp(-prior_logvar)
    g_mean = (mean - prior_mean) * prec
    g_logvar = 0.5 * np.expm1(logvar - prior_logvar)
    g_prior = -g_logvar - 0.5 * (mean - prior_mean) ** 2 * prec

    def times(g):
        try:
            return d_out * g
        except ValueError:
            return d_out[:, None] * g

    return {"mean": times(g_mean), "logvar": times(g_logvar),
            "prior_mean": -times(g_mean).sum(axis=0), "prior_logvar": times(g_prior).sum(axis=0)}


# %% kl-near-prior: trusts long double to save exp(s) - 1 - s; it adds three digits where twelve are needed
def kl_per_dim(mean, logvar):
    m = np.asarray(mean, dtype=np.longdouble)
    s = np.asarray(logvar, dtype=np.longdouble)
    return (0.5 * (m * m + np.exp(s) - 1 - s)).astype(float)


# %% kl-near-prior: sums the terms exactly with fsum, but exp(s) was rounded before
def kl_per_dim(mean, logvar):
    import math

    out = np.empty(mean.shape)
    for index in np.ndindex(mean.shape):
        m, s = float(mean[index]), float(logvar[index])
        out[index] = 0.5 * math.fsum([m * m, math.exp(s), -1.0, -s])
    return out


# %% kl-near-prior: chooses series or exp for the whole array by its largest entry, so a small code beside an ordinary one is lost
def kl_per_dim(mean, logvar):
    if np.max(np.abs(logvar)) < 1e-2:
        excess = logvar**2 / 2 + logvar**3 / 6 + logvar**4 / 24 + logvar**5 / 120
    else:
        excess = np.exp(logvar) - 1 - logvar
    return 0.5 * (mean**2 + excess)


# %% kl-near-prior: forgets the absolute value in the test for small logvar, so every negative logvar gets the series
def kl_per_dim(mean, logvar):
    small = logvar < 1e-3
    series = logvar**2 * (0.5 + logvar / 6 + logvar**2 / 24)
    return 0.5 * (mean**2 + np.where(small, series, np.expm1(logvar) - logvar))


# %% kl-near-prior: the switch to the series comes too late (1e-7), between 1e-7 and 1e-5 the digits are gone
def kl_per_dim(mean, logvar):
    tiny = np.abs(logvar) < 1e-7
    return np.where(tiny, 0.5 * (mean**2 + 0.5 * logvar**2),
                    0.5 * (mean**2 + np.exp(logvar) - 1.0 - logvar))


# %% kl-near-prior: the KL the other way round, of N(0, 1) from the code; stable, and equal only near the prior
def kl_per_dim(mean, logvar):
    precision = np.exp(-logvar)
    return 0.5 * (mean**2 * precision + np.expm1(-logvar) + logvar)


# %% kl-near-prior: replaces exp(s) - 1 - s by 2 sinh(s/2)^2, that is cosh(s) - 1: only its even part
def kl_per_dim(mean, logvar):
    return 0.5 * mean**2 + np.sinh(0.5 * logvar) ** 2


# %% kl-near-prior: in the branch for small logvar the mean's term is lost
def kl_per_dim(mean, logvar):
    near = np.abs(logvar) < 1e-4
    kl = 0.5 * (mean**2 + np.expm1(logvar) - logvar)
    kl[near] = (logvar**2 / 4 + logvar**3 / 12)[near]
    return kl


# %% kl-near-prior: divides by logvar, so a code exactly at the prior gets nan instead of 0
def kl_per_dim(mean, logvar):
    with np.errstate(invalid="ignore", divide="ignore"):
        quotient = np.expm1(logvar) / logvar
    return 0.5 * mean**2 + 0.5 * logvar * (quotient - 1)


# %% variances-of-a-and-b: thinks log p(x, z) is fixed by x, so A keeps the variance of log q, which is Z/2
def predict_variances(mean, logvar):
    var = np.exp(logvar)
    a = np.full(len(mean), 0.5 * mean.shape[1])
    b = np.sum(mean**2 * var + 0.5 * (var - 1) ** 2, axis=1)
    return np.stack([a, b])


# %% variances-of-a-and-b: adds the variances of log q and log p(z) for B as if they were independent
def predict_variances(mean, logvar):
    sigma2 = np.exp(logvar)
    var_log_q = 0.5 * np.ones_like(sigma2)
    var_log_prior = mean**2 * sigma2 + 0.5 * sigma2**2
    b = (var_log_q + var_log_prior).sum(axis=-1)
    return np.array([np.zeros_like(b), b])


# %% variances-of-a-and-b: uses E[eps^4] = 3 where the variance of eps^2, which is 2, is due
def predict_variances(mean, logvar):
    var = np.exp(logvar)
    linear = mean**2 * var
    square = (0.5 * (var - 1)) ** 2 * 3
    b = np.sum(linear + square, axis=-1)
    return np.vstack([0 * b, b])


# %% variances-of-a-and-b: adds the standard deviations of the dimensions and squares the sum, right only for Z = 1
def predict_variances(mean, logvar):
    std_per_dim = np.hypot(mean * np.exp(0.5 * logvar), np.expm1(logvar) / np.sqrt(2))
    out = np.zeros((2, len(mean)))
    out[1] = np.sum(std_per_dim, axis=-1) ** 2
    return out


# %% variances-of-a-and-b: gives B twice the KL, which the variance equals only near the prior
def predict_variances(mean, logvar):
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return np.stack([np.zeros_like(kl), 2 * kl])


# %% variances-of-a-and-b: integrates over eps with two Gauss-Hermite nodes, on which eps^2 is constant, so the square's part is 0
def predict_variances(mean, logvar):
    nodes, weights = np.polynomial.hermite_e.hermegauss(2)
    weights = weights / weights.sum()
    z = mean[..., None] + np.exp(0.5 * logvar)[..., None] * nodes
    value = 0.5 * z**2 - 0.5 * nodes**2 - 0.5 * logvar[..., None]
    first = value @ weights
    second = value**2 @ weights
    b = np.sum(second - first**2, axis=-1)
    return np.stack([np.zeros(len(mean)), b])


# %% variances-of-a-and-b: takes the variance of log q - log p(z) under the prior, not under q
def predict_variances(mean, logvar):
    precision = np.exp(-logvar)
    b = np.sum(0.5 * (1 - precision) ** 2 + (mean * precision) ** 2, axis=-1)
    return np.array([b * 0, b])


# %% variances-of-a-and-b: believes a posterior is never wider than the prior and cuts the variance at 1
def predict_variances(mean, logvar):
    var = np.minimum(np.exp(logvar), 1.0)
    b = (mean**2 * var + (1 - var) ** 2 / 2).sum(axis=-1)
    return np.stack((np.zeros(b.shape), b))


# %% variances-of-a-and-b: returns A's variance as the single number 0.0 beside the array of B, not (2, N)
def predict_variances(mean, logvar):
    v = np.exp(logvar)
    b = np.sum(v * mean**2 + 0.5 * (v - 1) ** 2, axis=-1)
    return 0.0, b


# %% bound-of-a-batch: keepdims makes the difference (N, N), and averaging it back gives every image the batch's mean likelihood
def bound(x, logits, mean, logvar):
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1, keepdims=True)
    return np.mean(log_px_given_z - kl, axis=1)


# %% bound-of-a-batch: wants to cure ignored codes with free bits, so small KLs are raised to 0.1 nats a dimension
def bound(x, logits, mean, logvar):
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    kl_dim = 0.5 * (mean**2 + np.expm1(logvar) - logvar)
    return log_px_given_z - np.sum(np.maximum(kl_dim, 0.1), axis=-1)


# %% bound-of-a-batch: remembers the stable cross-entropy without the absolute value, so negative logits are wrong
def bound(x, logits, mean, logvar):
    cross_entropy = np.maximum(logits, 0) - logits * x + np.log1p(np.exp(-logits))
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return -np.sum(cross_entropy, axis=-1) - kl


# %% bound-of-a-batch: clips the probabilities at 1e-7 as in another library, wrong for logits beyond 16
def bound(x, logits, mean, logvar):
    p = np.clip(1 / (1 + np.exp(-logits)), 1e-7, 1 - 1e-7)
    log_px_given_z = np.sum(x * np.log(p) + (1 - x) * np.log(1 - p), axis=-1)
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return log_px_given_z - kl


# %% bound-of-a-batch: repairs the axis but writes logaddexp out as log(1 + exp), which overflows for logits beyond 709
def bound(x, logits, mean, logvar):
    with np.errstate(over="ignore"):
        log_px_given_z = np.sum(x * logits - np.log(1 + np.exp(logits)), axis=-1)
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return log_px_given_z - kl


# %% bound-of-a-batch: reshapes the KL to (Z, N) instead of transposing, so each image gets other images' dimensions
def bound(x, logits, mean, logvar):
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    kl_dim = 0.5 * (mean**2 + np.expm1(logvar) - logvar)
    return log_px_given_z - kl_dim.reshape(-1, len(x)).sum(axis=0)


# %% bound-of-a-batch: a loop whose KL accumulator is not reset between images; the first image is right
def bound(x, logits, mean, logvar):
    values = np.zeros(len(x))
    kl = 0.0
    for i in range(len(x)):
        for j in range(mean.shape[1]):
            kl += 0.5 * (mean[i, j] ** 2 + np.expm1(logvar[i, j]) - logvar[i, j])
        values[i] = np.sum(x[i] * logits[i] - np.logaddexp(0, logits[i])) - kl
    return values


# %% bound-of-a-batch: an einsum with two example letters, so the squared mean still mixes all images
def bound(x, logits, mean, logvar):
    log_px_given_z = np.einsum("nd,nd->n", x, logits) - np.logaddexp(0, logits).sum(axis=-1)
    squares = np.einsum("nz,mz->n", mean, mean)
    kl = 0.5 * (squares + np.sum(np.expm1(logvar) - logvar, axis=-1))
    return log_px_given_z - kl


# %% bound-of-a-batch: looks only at the first image as the printout does, and subtracts the first image's KL from all
def bound(x, logits, mean, logvar):
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    kl = 0.5 * np.sum(mean[0] ** 2 + np.expm1(logvar[0]) - logvar[0])
    return log_px_given_z - kl
