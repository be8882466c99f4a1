# %% kl-between-gaussians: the gradients of the shared prior are averaged over the examples, not summed
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    d = d_out[:, None]
    scaled = (mean - prior_mean) * np.exp(-prior_logvar)
    ratio = np.exp(logvar - prior_logvar)
    d_prior_logvar = 0.5 * d * (1 - scaled * (mean - prior_mean) - ratio)
    return {
        "mean": d * scaled,
        "logvar": 0.5 * d * (ratio - 1),
        "prior_mean": np.mean(-d * scaled, axis=0),
        "prior_logvar": np.mean(d_prior_logvar, axis=0),
    }


# %% kl-between-gaussians: for the prior, d_out is summed apart from the local gradient, right only if d_out is the same for all examples
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    inv = np.exp(-prior_logvar)
    diff = mean - prior_mean
    ratio = np.exp(logvar - prior_logvar)
    total = d_out.sum()
    return {
        "mean": d_out[:, None] * diff * inv,
        "logvar": d_out[:, None] * (ratio - 1) / 2,
        "prior_mean": -total * np.mean(diff * inv, axis=0),
        "prior_logvar": total * np.mean(1 - ratio - diff**2 * inv, axis=0) / 2,
    }


# %% kl-between-gaussians: the gradient of prior_logvar forgets that the distance depends on it too
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    d = d_out[:, None]
    d_mean = d * (mean - prior_mean) * np.exp(-prior_logvar)
    d_logvar = 0.5 * d * (np.exp(logvar - prior_logvar) - 1)
    return {"mean": d_mean, "logvar": d_logvar,
            "prior_mean": -d_mean.sum(axis=0), "prior_logvar": -d_logvar.sum(axis=0)}


# %% kl-between-gaussians: the gradients are taken with respect to the variances, not to the log-variances
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    d = d_out[:, None]
    var, prior_var = np.exp(logvar), np.exp(prior_logvar)
    diff = mean - prior_mean
    return {
        "mean": d * diff / prior_var,
        "logvar": 0.5 * d * (1 / prior_var - 1 / var),
        "prior_mean": np.sum(-d * diff / prior_var, axis=0),
        "prior_logvar": 0.5 * np.sum(d * (1 / prior_var - (diff**2 + var) / prior_var**2), axis=0),
    }


# %% kl-between-gaussians: the numbers are right, but the caller's mean and logvar are changed in place, so a second call is wrong
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    d = d_out[:, None]
    mean -= prior_mean
    logvar -= prior_logvar
    inv = np.exp(-prior_logvar)
    ratio = np.exp(logvar)
    return {
        "mean": d * mean * inv,
        "logvar": 0.5 * d * (ratio - 1),
        "prior_mean": -np.sum(d * mean * inv, axis=0),
        "prior_logvar": 0.5 * np.sum(d * (1 - mean**2 * inv - ratio), axis=0),
    }


# %% kl-near-prior: the textbook form with exp - 1, which cancels to noise near the prior
def kl_per_dim(mean, logvar):
    return -0.5 * (1 + logvar - mean**2 - np.exp(logvar))


# %% kl-near-prior: a Taylor series of five terms used everywhere, wrong for ordinary and large logvar
def kl_per_dim(mean, logvar):
    s = logvar
    series = s**2 * (1 / 2 + s * (1 / 6 + s * (1 / 24 + s * (1 / 120 + s / 720))))
    return 0.5 * (mean**2 + series)


# %% kl-near-prior: below 1e-3 only the square is kept, which has but three to four digits just under the threshold
def kl_per_dim(mean, logvar):
    small = np.abs(logvar) < 1e-3
    return 0.5 * mean**2 + np.where(small, logvar**2 / 4, 0.5 * (np.expm1(logvar) - logvar))


# %% kl-near-prior: the KL is floored at 1e-12 so that it never is 0 or negative
def kl_per_dim(mean, logvar):
    kl = 0.5 * (mean**2 + (np.expm1(logvar) - logvar))
    return np.maximum(kl, 1e-12)


# %% kl-near-prior: the KL in the other direction, from the prior to the code, which agrees only near the prior
def kl_per_dim(mean, logvar):
    return 0.5 * (mean**2 * np.exp(-logvar) + (np.expm1(-logvar) + logvar))


# %% variances-of-a-and-b: the two rows are swapped, B before A
def predict_variances(mean, logvar):
    var = np.exp(logvar)
    noisy = np.sum(mean**2 * var + 0.5 * (var - 1) ** 2, axis=1)
    return np.stack([noisy, np.zeros(len(mean))])


# %% variances-of-a-and-b: thinks that with an exact posterior the bound is tight and so no estimator has any noise
def predict_variances(mean, logvar):
    return np.zeros((2, len(mean)))


# %% variances-of-a-and-b: adds the variances of log q and of log p(z) for B as if they were independent, the covariance is lost
def predict_variances(mean, logvar):
    var = np.exp(logvar)
    var_log_q = 0.5 * np.ones_like(mean)
    var_log_p = mean**2 * var + 0.5 * var**2
    return np.array([np.zeros(mean.shape[0]), (var_log_q + var_log_p).sum(axis=-1)])


# %% variances-of-a-and-b: sigma^2 - 1 is replaced by logvar, good only for small logvar
def predict_variances(mean, logvar):
    b = np.sum(mean**2 * np.exp(logvar) + 0.5 * logvar**2, axis=-1)
    return np.stack([np.zeros_like(b), b])


# %% variances-of-a-and-b: only the first two latent dimensions count, as in the example model
def predict_variances(mean, logvar):
    out = np.zeros((2, len(mean)))
    for m, s in zip(mean.T[:2], logvar.T[:2]):
        v = np.exp(s)
        out[1] += m**2 * v + (v - 1) ** 2 / 2
    return out


# %% bound-of-a-batch: divides the KL of the whole batch by N, so each example gets the mean KL
def bound(x, logits, mean, logvar):
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar) / len(x)
    return log_px_given_z - kl


# %% bound-of-a-batch: keepdims makes the KL (N, 1), so the result broadcasts to (N, N)
def bound(x, logits, mean, logvar):
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1, keepdims=True)
    return log_px_given_z - kl


# %% bound-of-a-batch: clips the probabilities to [1e-6, 1 - 1e-6], wrong for large logits only
def bound(x, logits, mean, logvar):
    p = np.clip(0.5 * (1 + np.tanh(logits / 2)), 1e-6, 1 - 1e-6)
    log_px_given_z = np.sum(x * np.log(p) + (1 - x) * np.log1p(-p), axis=-1)
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return log_px_given_z - kl


# %% bound-of-a-batch: sums per example, but adds free bits of 0.1 nats a dimension so that the codes are not ignored
def bound(x, logits, mean, logvar):
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    kl = 0.5 * (mean**2 + np.expm1(logvar) - logvar)
    return log_px_given_z - np.maximum(kl, 0.1).sum(axis=-1)


# %% bound-of-a-batch: returns the loss, the negative bound
def bound(x, logits, mean, logvar):
    reconstruction = np.sum(np.logaddexp(0, logits) - x * logits, axis=-1)
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return reconstruction + kl
