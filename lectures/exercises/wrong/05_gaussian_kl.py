"""Plausible wrong answers to the exercises of lecture 5.

Each cell stands for the student's: `# %% exercise: key of the hint that it must get`.
"""
import numpy as np


# %% kl-between-gaussians: factor
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    d, precision = d_out[:, None], np.exp(-prior_logvar)
    d_mean = d * (mean - prior_mean) * precision
    d_logvar = d * (np.exp(logvar - prior_logvar) - 1)  # the ½ is lost
    d_prior = 0.5 * d * (1 - np.exp(logvar - prior_logvar) - (mean - prior_mean)**2 * precision)
    return {"mean": d_mean, "logvar": d_logvar,
            "prior_mean": -d_mean.sum(axis=0), "prior_logvar": d_prior.sum(axis=0)}


# %% kl-between-gaussians: factor
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    d, precision = d_out[:, None], np.exp(-prior_logvar)
    d_mean = 0.5 * d * (mean - prior_mean) * precision  # the 2 of the square is lost
    d_logvar = 0.5 * d * (np.exp(logvar - prior_logvar) - 1)
    d_prior = 0.5 * d * (1 - np.exp(logvar - prior_logvar) - (mean - prior_mean)**2 * precision)
    return {"mean": d_mean, "logvar": d_logvar,
            "prior_mean": -d_mean.sum(axis=0), "prior_logvar": d_prior.sum(axis=0)}


# %% kl-between-gaussians: sign
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    d, precision = d_out[:, None], np.exp(-prior_logvar)
    d_mean = d * (mean - prior_mean) * precision
    d_logvar = 0.5 * d * (np.exp(logvar - prior_logvar) - 1)
    d_prior = 0.5 * d * (1 - np.exp(logvar - prior_logvar) - (mean - prior_mean)**2 * precision)
    return {"mean": d_mean, "logvar": d_logvar,
            "prior_mean": d_mean.sum(axis=0), "prior_logvar": d_prior.sum(axis=0)}


# %% kl-between-gaussians: prior_logvar
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    d, precision = d_out[:, None], np.exp(-prior_logvar)
    d_mean = d * (mean - prior_mean) * precision
    d_logvar = 0.5 * d * (np.exp(logvar - prior_logvar) - 1)
    return {"mean": d_mean, "logvar": d_logvar, "prior_mean": -d_mean.sum(axis=0),
            "prior_logvar": -d_logvar.sum(axis=0)}  # the distance depends on it too


# %% kl-between-gaussians: shape
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    d, precision = d_out[:, None], np.exp(-prior_logvar)
    d_mean = d * (mean - prior_mean) * precision
    d_logvar = 0.5 * d * (np.exp(logvar - prior_logvar) - 1)
    d_prior = 0.5 * d * (1 - np.exp(logvar - prior_logvar) - (mean - prior_mean)**2 * precision)
    return {"mean": d_mean, "logvar": d_logvar, "prior_mean": -d_mean, "prior_logvar": d_prior}


# %% kl-between-gaussians: upstream
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    precision = np.exp(-prior_logvar)
    d_mean = (mean - prior_mean) * precision
    d_logvar = 0.5 * (np.exp(logvar - prior_logvar) - 1)
    d_prior = 0.5 * (1 - np.exp(logvar - prior_logvar) - (mean - prior_mean)**2 * precision)
    return {"mean": d_mean, "logvar": d_logvar,
            "prior_mean": -d_mean.sum(axis=0), "prior_logvar": d_prior.sum(axis=0)}


# %% kl-between-gaussians: gradient
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    d, precision = d_out[:, None], np.exp(-prior_logvar)
    d_mean = d * (mean - prior_mean) * np.exp(-0.5 * prior_logvar)  # standard deviation
    d_logvar = 0.5 * d * (np.exp(logvar - prior_logvar) - 1)
    d_prior = 0.5 * d * (1 - np.exp(logvar - prior_logvar) - (mean - prior_mean)**2 * precision)
    return {"mean": d_mean, "logvar": d_logvar,
            "prior_mean": -d_mean.sum(axis=0), "prior_logvar": d_prior.sum(axis=0)}


# %% kl-near-prior: cancels
def kl_per_dim(mean, logvar):
    return 0.5 * (mean**2 + np.exp(logvar) - 1 - logvar)


# %% kl-near-prior: clipped
def kl_per_dim(mean, logvar):
    return np.maximum(0.5 * (mean**2 + np.exp(logvar) - 1 - logvar), 0)


# %% kl-near-prior: series
def kl_per_dim(mean, logvar):
    return 0.5 * mean**2 + logvar**2 / 4 + logvar**3 / 12


# %% kl-near-prior: formula
def kl_per_dim(mean, logvar):
    return 0.5 * (mean**2 + np.expm1(0.5 * logvar) - logvar)  # standard deviation


# %% variances-of-a-and-b: swapped
def predict_variances(mean, logvar):
    variance = np.exp(logvar)
    sampled_kl = np.sum(mean**2 * variance + 0.5 * (variance - 1)**2, axis=-1)
    return np.array([sampled_kl, np.zeros(len(mean))])


# %% variances-of-a-and-b: a
def predict_variances(mean, logvar):
    variance = np.exp(logvar)
    sampled_kl = np.sum(mean**2 * variance + 0.5 * (variance - 1)**2, axis=-1)
    return np.array([2 * sampled_kl, sampled_kl])  # as if the two noises were independent


# %% variances-of-a-and-b: square
def predict_variances(mean, logvar):
    variance = np.exp(logvar)
    sampled_kl = np.sum(mean**2 * variance + 0.25 * (variance - 1)**2, axis=-1)
    return np.array([np.zeros(len(mean)), sampled_kl])


# %% variances-of-a-and-b: square
def predict_variances(mean, logvar):
    sampled_kl = np.sum(mean**2 * np.exp(logvar), axis=-1)
    return np.array([np.zeros(len(mean)), sampled_kl])


# %% bound-of-a-batch: batch
def bound(x, logits, mean, logvar):
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar)
    return log_px_given_z - kl


# %% bound-of-a-batch: shared
def bound(x, logits, mean, logvar):
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar) / len(x)
    return log_px_given_z - kl


# %% bound-of-a-batch: latents
def bound(x, logits, mean, logvar):
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    kl = 0.5 * np.mean(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return log_px_given_z - kl


# %% bound-of-a-batch: pixels
def bound(x, logits, mean, logvar):
    log_px_given_z = np.mean(x * logits - np.logaddexp(0, logits), axis=-1)
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return log_px_given_z - kl


# %% bound-of-a-batch: sign
def bound(x, logits, mean, logvar):
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return log_px_given_z + kl


# %% bound-of-a-batch: term
def bound(x, logits, mean, logvar):
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar), axis=-1)
    return log_px_given_z - kl


# %% kl-between-gaussians: axis
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    d_mean = d_out * (mean - prior_mean) * np.exp(-prior_logvar)
    d_logvar = d_out * 0.5 * np.expm1(logvar - prior_logvar)
    d_prior = -d_logvar - 0.5 * d_mean * (mean - prior_mean)
    return {"mean": d_mean, "logvar": d_logvar,
            "prior_mean": -d_mean.sum(axis=0), "prior_logvar": d_prior.sum(axis=0)}


# %% kl-between-gaussians: standard
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    d_mean = d_out[:, None] * mean  # lecture 5's
    d_logvar = d_out[:, None] * 0.5 * np.expm1(logvar)
    return {"mean": d_mean, "logvar": d_logvar, "prior_mean": -d_mean.sum(axis=0),
            "prior_logvar": -d_logvar.sum(axis=0)}


# %% kl-between-gaussians: prior_logvar-sign
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    d, precision = d_out[:, None], np.exp(-prior_logvar)
    d_mean = d * (mean - prior_mean) * precision
    d_logvar = 0.5 * d * np.expm1(logvar - prior_logvar)
    d_prior = d_logvar + 0.5 * d * (mean - prior_mean)**2 * precision
    return {"mean": d_mean, "logvar": d_logvar,
            "prior_mean": -d_mean.sum(axis=0), "prior_logvar": d_prior.sum(axis=0)}


# %% kl-near-prior: series
def kl_per_dim(mean, logvar):
    exact = 0.5 * (mean**2 + np.exp(logvar) - 1 - logvar)
    return np.where(np.abs(logvar) < 1e-2, 0.5 * mean**2 + logvar**2 / 4, exact)


# %% kl-near-prior: cancels
def kl_per_dim(mean, logvar):
    return 0.5 * np.abs(mean**2 + np.exp(logvar) - 1 - logvar)


# %% kl-near-prior: mean
def kl_per_dim(mean, logvar):
    return 0.5 * (np.expm1(logvar) - logvar)


# %% kl-near-prior: mean
def kl_per_dim(mean, logvar):
    return mean**2 + 0.5 * (np.expm1(logvar) - logvar)


# %% bound-of-a-batch: factor
def bound(x, logits, mean, logvar):
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    kl = np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)  # the ½ is lost
    return log_px_given_z - kl


# %% bound-of-a-batch: ignores
def bound(x, logits, mean, logvar):
    return np.sum(x * logits - np.logaddexp(0, logits), axis=-1)  # no KL


# %% bound-of-a-batch: constant
def bound(x, logits, mean, logvar):
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - 1 - logvar, axis=-1)  # −1 twice
    return log_px_given_z - kl


# %% kl-between-gaussians: gradient
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    d, precision = d_out[:, None], np.exp(-prior_logvar)
    d_mean = d * (mean - prior_mean) * precision
    d_logvar = 0.5 * d * np.expm1(logvar - prior_logvar)
    d_prior = np.sum(-d_logvar - 0.5 * d * (mean - prior_mean) ** 2 * precision, axis=0)
    return {"mean": d * np.abs(mean - prior_mean) * precision, "logvar": d_logvar,
            "prior_mean": -d_mean.sum(axis=0), "prior_logvar": d_prior}


# %% kl-near-prior: shape
def kl_per_dim(mean, logvar):
    return np.sum(0.5 * (mean**2 + (np.expm1(logvar) - logvar)), axis=-1)


# %% kl-near-prior: approximate
def kl_per_dim(mean, logvar):
    mean, logvar = mean.astype(np.float32), logvar.astype(np.float32)
    return 0.5 * (mean**2 + (np.expm1(logvar) - logvar))


# %% variances-of-a-and-b: approximate
def predict_variances(mean, logvar):
    eps = np.random.default_rng(0).standard_normal((100_000, *mean.shape))
    z = mean + np.exp(0.5 * logvar) * eps
    b = np.sum(0.5 * (z**2 - eps**2), axis=-1).var(axis=0)
    return np.array([np.zeros(len(mean)), b])


# %% bound-of-a-batch: shape
def bound(x, logits, mean, logvar):
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1, keepdims=True)
    return log_px_given_z - kl


# %% bound-of-a-batch: free-bits
def bound(x, logits, mean, logvar):
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    kl = np.maximum(0.5 * (mean**2 + np.expm1(logvar) - logvar), 0.1).sum(axis=-1)
    return log_px_given_z - kl


# %% bound-of-a-batch: bound
def bound(x, logits, mean, logvar):
    log_px_given_z = -np.sum((x - 1 / (1 + np.exp(-logits))) ** 2, axis=-1)
    return log_px_given_z - np.sum(np.abs(mean) + np.abs(logvar), axis=-1)


# %% kl-between-gaussians: variance
def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
    prior_var = np.exp(prior_logvar)
    var = np.exp(logvar)
    d = d_out[:, None]
    d_prior_var = 0.5 * d * (1 / prior_var - var / prior_var**2
                             - (mean - prior_mean) ** 2 / prior_var**2)
    return {
        "mean": d * (mean - prior_mean) / prior_var,
        "logvar": 0.5 * d * (var / prior_var - 1),
        "prior_mean": (d * (prior_mean - mean) / prior_var).sum(axis=0),
        "prior_logvar": d_prior_var.sum(axis=0),
    }


# %% kl-near-prior: reverse
def kl_per_dim(mean, logvar):
    precision = np.exp(-logvar)
    return 0.5 * (mean**2 * precision + np.expm1(-logvar) + logvar)


# %% kl-near-prior: even
def kl_per_dim(mean, logvar):
    s = np.abs(logvar)  # the KL is symmetric around the prior
    return 0.5 * mean**2 + 0.5 * (np.expm1(s) - s)


# %% variances-of-a-and-b: log
def predict_variances(mean, logvar):
    b = (logvar**2 / 2 + mean**2 * np.exp(logvar)).sum(axis=-1)
    return np.array([np.zeros_like(b), b])


# %% variances-of-a-and-b: under-prior
def predict_variances(mean, logvar):
    precision = np.exp(-logvar)
    b = np.sum(0.5 * (1 - precision) ** 2 + (mean * precision) ** 2, axis=-1)
    return np.array([b * 0, b])


# %% variances-of-a-and-b: kl
def predict_variances(mean, logvar):
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return np.stack([np.zeros_like(kl), 2 * kl])


# %% variances-of-a-and-b: sum-first
def predict_variances(mean, logvar):
    var = np.exp(logvar)
    b = 0.5 * np.sum(var - 1, axis=-1) ** 2 + np.sum(mean**2 * var, axis=-1)
    return np.array([np.zeros_like(b), b])


# %% bound-of-a-batch: reverse
def bound(x, logits, mean, logvar):
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    kl = 0.5 * np.sum((1 + mean**2) * np.exp(-logvar) - 1 + logvar, axis=-1)
    return log_px_given_z - kl


# %% variances-of-a-and-b: b
def predict_variances(mean, logvar):
    return np.array([np.zeros(len(mean)), np.sum(0.5 * np.expm1(logvar) ** 2, axis=-1)])


# %% variances-of-a-and-b: zero
def predict_variances(mean, logvar):
    return np.zeros((2, len(mean)))
