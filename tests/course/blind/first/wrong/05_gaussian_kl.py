# %% kl-between-gaussians: the gradients of the shared prior are not summed over the examples, their shape is (N, Z)
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    d = d_out[:, None]
    diff = mean - prior_mean
    precision = np.exp(-prior_logvar)
    ratio = np.exp(logvar - prior_logvar)
    return {
        "mean": d * diff * precision,
        "logvar": 0.5 * d * (ratio - 1),
        "prior_mean": -d * diff * precision,
        "prior_logvar": 0.5 * d * (1 - ratio - diff**2 * precision),
    }


# %% kl-between-gaussians: the sign of the prior mean's gradient is lost (inner derivative of mu - m)
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    d = d_out[:, None]
    d_mean = d * (mean - prior_mean) / np.exp(prior_logvar)
    ratio = np.exp(logvar - prior_logvar)
    d_logvar = 0.5 * d * (ratio - 1)
    d_t = -d_logvar - 0.5 * d * (mean - prior_mean) ** 2 / np.exp(prior_logvar)
    return {"mean": d_mean, "logvar": d_logvar,
            "prior_mean": d_mean.sum(axis=0), "prior_logvar": d_t.sum(axis=0)}


# %% kl-between-gaussians: the upstream gradient d_out is forgotten
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    diff = mean - prior_mean
    precision = np.exp(-prior_logvar)
    ratio = np.exp(logvar - prior_logvar)
    return {
        "mean": diff * precision,
        "logvar": 0.5 * (ratio - 1),
        "prior_mean": -np.sum(diff * precision, axis=0),
        "prior_logvar": 0.5 * np.sum(1 - ratio - diff**2 * precision, axis=0),
    }


# %% kl-between-gaussians: the prior's gradients are averaged over the batch where a sum is due (factor 1/N)
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    d = d_out.reshape(-1, 1)
    scaled = (mean - prior_mean) * np.exp(-prior_logvar)
    ratio = np.exp(logvar - prior_logvar)
    grads = {}
    grads["mean"] = d * scaled
    grads["logvar"] = d * (ratio - 1) / 2
    grads["prior_mean"] = np.mean(-d * scaled, axis=0)
    grads["prior_logvar"] = np.mean(d * (1 - ratio - (mean - prior_mean) * scaled) / 2, axis=0)
    return grads


# %% kl-between-gaussians: prior_logvar loses the term of the distance, it is just minus the gradient of logvar
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    # the KL depends on the differences mu - m and s - t only, so the prior gets the opposite gradients
    d_mean = d_out[:, None] * (mean - prior_mean) * np.exp(-prior_logvar)
    d_logvar = 0.5 * d_out[:, None] * np.expm1(logvar - prior_logvar)
    return {"mean": d_mean, "logvar": d_logvar,
            "prior_mean": -d_mean.sum(0), "prior_logvar": -d_logvar.sum(0)}


# %% kl-between-gaussians: a bracket is missing, the -1 of the logvar gradient is not multiplied by d_out (right for d_out = 1)
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    d = d_out[:, None]
    diff = mean - prior_mean
    precision = np.exp(-prior_logvar)
    ratio = np.exp(logvar - prior_logvar)
    return {
        "mean": d * diff * precision,
        "logvar": 0.5 * (d * ratio - 1),
        "prior_mean": np.sum(-d * diff * precision, axis=0),
        "prior_logvar": np.sum(0.5 * d * (1 - ratio - diff**2 * precision), axis=0),
    }


# %% kl-between-gaussians: one-sided finite differences with too large a step, about three digits only
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    h = 1e-3
    inputs = {"mean": mean, "logvar": logvar, "prior_mean": prior_mean, "prior_logvar": prior_logvar}
    base = np.sum(d_out * kl_between(**inputs))
    grads = {}
    for name, value in inputs.items():
        grads[name] = np.zeros(value.shape)
        for index in np.ndindex(*value.shape):
            moved = value.astype(float).copy()
            moved[index] += h
            grads[name][index] = (np.sum(d_out * kl_between(**{**inputs, name: moved})) - base) / h
    return grads


# %% kl-between-gaussians: prior_logvar's gradient is that by the variance, the chain rule's e^t is missing (right for t = 0)
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    prior_var = np.exp(prior_logvar)
    var = np.exp(logvar)
    d = d_out[:, None]
    d_prior_var = 0.5 * d * (1 / prior_var - var / prior_var**2 - (mean - prior_mean) ** 2 / prior_var**2)
    return {
        "mean": d * (mean - prior_mean) / prior_var,
        "logvar": 0.5 * d * (var / prior_var - 1),
        "prior_mean": (d * (prior_mean - mean) / prior_var).sum(axis=0),
        "prior_logvar": d_prior_var.sum(axis=0),
    }


# %% kl-between-gaussians: the values are right, but the caller's mean and logvar are changed in place
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    mean -= prior_mean
    logvar -= prior_logvar
    d = d_out[:, None]
    d_mean = d * mean * np.exp(-prior_logvar)
    d_logvar = 0.5 * d * np.expm1(logvar)
    return {"mean": d_mean, "logvar": d_logvar, "prior_mean": -d_mean.sum(axis=0),
            "prior_logvar": -np.sum(d_logvar + 0.5 * d_mean * mean, axis=0)}


# %% kl-near-prior: the plain form exp(logvar) - 1 - logvar loses all digits near the prior
def kl_per_dim(mean, logvar):
    return 0.5 * (mean**2 + np.exp(logvar) - 1 - logvar)


# %% kl-near-prior: four terms of the series everywhere, right near the prior and wrong for ordinary codes
def kl_per_dim(mean, logvar):
    s = logvar
    return 0.5 * (mean**2 + s**2 / 2 + s**3 / 6 + s**4 / 24 + s**5 / 120)


# %% kl-near-prior: the sign, this is minus the KL as it stands in the bound
def kl_per_dim(mean, logvar):
    return 0.5 * (logvar - np.expm1(logvar) - mean**2)


# %% kl-near-prior: logvar is clipped to [-4, 4] first, very narrow and very wide codes get the wrong KL
def kl_per_dim(mean, logvar):
    logvar = np.clip(logvar, -4.0, 4.0)  # for stability
    return 0.5 * (mean**2 + np.expm1(logvar) - logvar)


# %% kl-near-prior: the switch to the series comes too late (1e-7), between 1e-7 and 1e-5 the plain form loses digits
def kl_per_dim(mean, logvar):
    near = np.abs(logvar) < 1e-7
    rest = np.where(near, logvar**2 / 2, np.exp(logvar) - 1 - logvar)
    return 0.5 * (mean**2 + rest)


# %% kl-near-prior: the KL is floored at 1e-12, a code nearer to the prior than that has a constant KL
def kl_per_dim(mean, logvar):
    kl = 0.5 * (mean**2 + np.expm1(logvar) - logvar)
    return np.maximum(kl, 1e-12)  # a KL is never negative


# %% kl-near-prior: the stable form, but computed in float32, which has too few digits for 1e-8
def kl_per_dim(mean, logvar):
    mean = np.asarray(mean, dtype=np.float32)
    logvar = np.asarray(logvar, dtype=np.float32)
    return (0.5 * (mean**2 + np.expm1(logvar) - logvar)).astype(np.float64)


# %% kl-near-prior: takes |logvar|, right near the prior and for positive logvar, wrong for ordinary negative ones
def kl_per_dim(mean, logvar):
    s = np.abs(logvar)  # the KL is symmetric around the prior
    return 0.5 * mean**2 + 0.5 * (np.expm1(s) - s)


# %% kl-near-prior: sums over the dimensions, (N,) where (N, Z) is asked
def kl_per_dim(mean, logvar):
    return 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)


# %% variances-of-a-and-b: A and B swapped, the belief that the analytic KL leaves B no noise
def predict_variances(mean, logvar):
    var = np.exp(logvar)
    noisy = np.sum(0.5 * (var - 1) ** 2 + mean**2 * var, axis=-1)
    return np.stack([noisy, np.zeros(len(mean))])


# %% variances-of-a-and-b: the belief that A has B's noise plus that of log q(z|x), Z/2, so never zero
def predict_variances(mean, logvar):
    var = np.exp(logvar)
    b = np.sum(0.5 * (var - 1) ** 2 + mean**2 * var, axis=-1)
    a = b + 0.5 * mean.shape[-1]
    return np.array([a, b])


# %% variances-of-a-and-b: the term of the mean is lost, right for mean 0 only
def predict_variances(mean, logvar):
    b = 0.5 * np.sum(np.expm1(logvar) ** 2, axis=-1)
    return np.array([np.zeros_like(b), b])


# %% variances-of-a-and-b: takes Var(eps^2) = 1 and not 2, so a quarter stands for the half
def predict_variances(mean, logvar):
    sigma = np.exp(0.5 * logvar)
    b = np.sum((mean * sigma) ** 2 + (0.5 * (sigma**2 - 1)) ** 2, axis=-1)
    return np.vstack([0 * b, b])


# %% variances-of-a-and-b: gives the standard deviation, not the variance
def predict_variances(mean, logvar):
    var = np.exp(logvar)
    b = np.sum(0.5 * (1 - var) ** 2 + mean**2 * var, axis=-1)
    return np.sqrt(np.array([np.zeros_like(b), b]))


# %% variances-of-a-and-b: not predicted but simulated with noise of its own, off by some percent
def predict_variances(mean, logvar):
    rng = np.random.default_rng(1)
    eps = rng.standard_normal((5000,) + mean.shape)
    z = mean + np.exp(logvar / 2) * eps
    log_q = np.sum(-0.5 * eps**2 - 0.5 * logvar, axis=-1)
    log_p = np.sum(-0.5 * z**2, axis=-1)
    return np.array([np.zeros(len(mean)), np.var(log_q - log_p, axis=0)])


# %% variances-of-a-and-b: transposed, (N, 2) where (2, N) is asked
def predict_variances(mean, logvar):
    var = np.exp(logvar)
    b = np.sum(0.5 * (var - 1) ** 2 + mean**2 * var, axis=-1)
    return np.stack([np.zeros_like(b), b], axis=-1)


# %% variances-of-a-and-b: squares the sum over the dimensions where the squares are summed, right for Z = 1
def predict_variances(mean, logvar):
    var = np.exp(logvar)
    b = 0.5 * np.sum(var - 1, axis=-1) ** 2 + np.sum(mean**2 * var, axis=-1)
    return np.array([np.zeros_like(b), b])


# %% variances-of-a-and-b: logvar^2/2 in place of (e^logvar - 1)^2/2, right near the prior only
def predict_variances(mean, logvar):
    b = (logvar**2 / 2 + mean**2 * np.exp(logvar)).sum(axis=-1)
    return np.array([np.zeros_like(b), b])


# %% bound-of-a-batch: every example gets the mean KL of the batch, no longer growing but still not its own
def bound(x, logits, mean, logvar):
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar) / len(x)
    return log_px_given_z - kl


# %% bound-of-a-batch: the loss, not the bound
def bound(x, logits, mean, logvar):
    nll = np.sum(np.logaddexp(0, logits) - x * logits, axis=-1)
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return nll + kl


# %% bound-of-a-batch: keepdims on the KL, broadcasting gives (N, N)
def bound(x, logits, mean, logvar):
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1, keepdims=True)
    return log_px_given_z - kl


# %% bound-of-a-batch: the KL is averaged over the latent dimensions (factor 1/Z), right for Z = 1
def bound(x, logits, mean, logvar):
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    kl = 0.5 * np.mean(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return log_px_given_z - kl


# %% bound-of-a-batch: probabilities clipped to 1e-7, wrong only where a large logit is on the wrong side
def bound(x, logits, mean, logvar):
    p = np.clip(1 / (1 + np.exp(-logits)), 1e-7, 1 - 1e-7)
    log_px_given_z = np.sum(x * np.log(p) + (1 - x) * np.log(1 - p), axis=-1)
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return log_px_given_z - kl


# %% bound-of-a-batch: free bits, the KL of a dimension is floored at 0.1 so that no code collapses; not the bound
def bound(x, logits, mean, logvar):
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    kl = 0.5 * (mean**2 + np.expm1(logvar) - logvar)
    return log_px_given_z - np.sum(np.maximum(kl, 0.1), axis=-1)


# %% bound-of-a-batch: the first image's KL for all, so the printed number is right and the others are not
def bound(x, logits, mean, logvar):
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    kl = 0.5 * np.sum(mean[0] ** 2 + np.expm1(logvar[0]) - logvar[0])
    return log_px_given_z - kl


# %% bound-of-a-batch: the values are right, but the caller's logits are changed in place
def bound(x, logits, mean, logvar):
    log_norm = np.logaddexp(0, logits)
    logits *= x
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return np.sum(logits - log_norm, axis=-1) - kl


# %% bound-of-a-batch: exp for expm1, the -1 of the KL is lost, off by the constant Z/2
def bound(x, logits, mean, logvar):
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    kl = 0.5 * np.sum(mean**2 + np.exp(logvar) - logvar, axis=-1)
    return log_px_given_z - kl
