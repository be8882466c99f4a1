"""Plausible wrong answers to the exercises of lecture 0.

Each cell stands for the student's: `# %% exercise: key of the hint that it must get`.
"""
import numpy as np

from vae_np.distributions import sigmoid, softplus


# %% binomial-backward: n
def binomial_backward(d_out, x, logits, n):
    return {"logits": d_out[:, None] * (x - sigmoid(logits))}  # as if there were two levels


# %% binomial-backward: sign
def binomial_backward(d_out, x, logits, n):
    return {"logits": d_out[:, None] * (n * sigmoid(logits) - x)}


# %% binomial-backward: squared
def binomial_backward(d_out, x, logits, n):
    p = sigmoid(logits)
    return {"logits": d_out[:, None] * (x - n * p) * p * (1 - p)}


# %% binomial-backward: average
def binomial_backward(d_out, x, logits, n):
    return {"logits": d_out[:, None] * (x - n * sigmoid(logits)) / x.shape[1]}


# %% binomial-backward: average
def binomial_backward(d_out, x, logits, n):
    return {"logits": d_out[:, None] * (x - n * sigmoid(logits)) / len(x)}


# %% binomial-backward: upstream
def binomial_backward(d_out, x, logits, n):
    return {"logits": x - n * sigmoid(logits)}


# %% any-logit: overflow
def bernoulli_log_prob(x, logits):
    p = 1 / (1 + np.exp(-logits))
    return np.sum(x * np.log(p) + (1 - x) * np.log(1 - p), axis=-1)


# %% any-logit: overflow
def bernoulli_log_prob(x, logits):
    return np.sum(x * logits - np.log(1 + np.exp(logits)), axis=-1)


# %% any-logit: clipped
def bernoulli_log_prob(x, logits):
    p = np.clip(1 / (1 + np.exp(-logits)), 1e-8, 1 - 1e-8)
    return np.sum(x * np.log(p) + (1 - x) * np.log(1 - p), axis=-1)


# %% any-logit: clipped
def bernoulli_log_prob(x, logits):
    logits = np.clip(logits, -30, 30)
    return np.sum(x * logits - np.log1p(np.exp(logits)), axis=-1)


# %% any-logit: average
def bernoulli_log_prob(x, logits):
    log_normaliser = np.maximum(logits, 0) + np.log1p(np.exp(-np.abs(logits)))
    return np.mean(x * logits - log_normaliser, axis=-1)


# %% bound-before-training: bits
def predict_bounds(images):
    share = images.mean(axis=0)
    fitted = np.sum(share * np.log2(share) + (1 - share) * np.log2(1 - share))
    return np.array([-images.shape[1], fitted])


# %% bound-before-training: sign
def predict_bounds(images):
    share = images.mean(axis=0)
    fitted = np.sum(share * np.log(share) + (1 - share) * np.log(1 - share))
    return np.array([images.shape[1] * np.log(2), -fitted])


# %% bound-before-training: average
def predict_bounds(images):
    share = images.mean(axis=0)
    fitted = np.mean(share * np.log(share) + (1 - share) * np.log(1 - share))
    return np.array([-np.log(2), fitted])


# %% bound-before-training: one-for-all
def predict_bounds(images):
    share = images.mean()
    fitted = images.shape[1] * (share * np.log(share) + (1 - share) * np.log(1 - share))
    return np.array([-images.shape[1] * np.log(2), fitted])


# %% bound-before-training: normaliser
def predict_bounds(images):
    share = images.mean(axis=0)
    fitted = np.sum(share * np.log(share) + (1 - share) * np.log(1 - share))
    return np.array([0.0, fitted])


# %% bound-before-training: half
def predict_bounds(images):
    share = images.mean(axis=0)
    return np.array([-images.shape[1] * np.log(2), np.sum(share * np.log(share))])


# %% ignored-codes: average
def bound(x, logits, mean, logvar):
    log_px_given_z = np.mean(x * logits - softplus(logits), axis=1)
    kl = 0.5 * np.sum(mean**2 + np.exp(logvar) - 1 - logvar, axis=1)
    return log_px_given_z - kl


# %% ignored-codes: both
def bound(x, logits, mean, logvar):
    log_px_given_z = np.mean(x * logits - softplus(logits), axis=1)
    kl = 0.5 * np.mean(mean**2 + np.exp(logvar) - 1 - logvar, axis=1)
    return log_px_given_z - kl


# %% ignored-codes: batch
def bound(x, logits, mean, logvar):
    log_px_given_z = len(x) * np.mean(x * logits - softplus(logits), axis=1)
    kl = 0.5 * np.sum(mean**2 + np.exp(logvar) - 1 - logvar, axis=1)
    return log_px_given_z - kl


# %% ignored-codes: sign
def bound(x, logits, mean, logvar):
    log_px_given_z = np.sum(x * logits - softplus(logits), axis=1)
    kl = 0.5 * np.sum(mean**2 + np.exp(logvar) - 1 - logvar, axis=1)
    return log_px_given_z + kl


# %% ignored-codes: factor
def bound(x, logits, mean, logvar):
    log_px_given_z = np.sum(x * logits - softplus(logits), axis=1)
    kl = np.sum(mean**2 + np.exp(logvar) - 1 - logvar, axis=1)
    return log_px_given_z - kl


# %% binomial-backward: axis
def binomial_backward(d_out, x, logits, n):
    return {"logits": d_out * (x - n * sigmoid(logits))}


# %% binomial-backward: n
def binomial_backward(d_out, x, logits, n):
    return {"logits": d_out[:, None] * (x - 3 * sigmoid(logits))}


# %% any-logit: half
def bernoulli_log_prob(x, logits):
    log_p = -np.maximum(-logits, 0) - np.log1p(np.exp(-np.abs(logits)))
    return np.sum(x * log_p, axis=-1)  # black pixels cost something too


# %% any-logit: sign
def bernoulli_log_prob(x, logits):
    log_normaliser = np.maximum(logits, 0) + np.log1p(np.exp(-np.abs(logits)))
    return np.sum(log_normaliser - x * logits, axis=-1)


# %% any-logit: bits
def bernoulli_log_prob(x, logits):
    log_normaliser = np.maximum(logits, 0) + np.log1p(np.exp(-np.abs(logits)))
    return np.sum(x * logits - log_normaliser, axis=-1) / np.log(2)


# %% bound-before-training: swapped
def predict_bounds(images):
    share = images.mean(axis=0)
    fitted = np.sum(share * np.log(share) + (1 - share) * np.log(1 - share))
    return np.array([fitted, -images.shape[1] * np.log(2)])


# %% ignored-codes: term
def bound(x, logits, mean, logvar):
    log_px_given_z = np.sum(x * logits - np.exp(logits), axis=1)
    kl = 0.5 * np.sum(mean**2 + np.exp(logvar) - 1 - logvar, axis=1)
    return log_px_given_z - kl


# %% any-logit: formula
def bernoulli_log_prob(x, logits):
    return -np.sum((x - sigmoid(logits)) ** 2, axis=-1)  # the squared error


# %% bound-before-training: first
def predict_bounds(images):
    share = images.mean(axis=0)
    fitted = np.sum(share * np.log(share) + (1 - share) * np.log(1 - share))
    return np.array([-images.sum(axis=1).mean() * np.log(2), fitted])  # black pixels cost nothing


# %% bound-before-training: second
def predict_bounds(images):
    share = images.mean(axis=0)
    return np.array([-images.shape[1] * np.log(2), -2 * np.sum(share * (1 - share))])


# %% bound-before-training: clipped
def predict_bounds(images):
    share = np.clip(images.mean(axis=0), 0.01, 0.99)
    fitted = np.sum(share * np.log(share) + (1 - share) * np.log(1 - share))
    return np.array([-images.shape[1] * np.log(2), fitted])


# %% bound-before-training: log-of-mean
def predict_bounds(images):
    share = images.mean(axis=0)
    log_p = np.sum(images * np.log(share) + (1 - images) * np.log(1 - share), axis=1)
    return np.array([-images.shape[1] * np.log(2), np.log(np.mean(np.exp(log_p)))])


# %% bound-before-training: size
def predict_bounds(images):
    share = images.sum(axis=0) / 40
    fitted = np.sum(share * np.log(share) + (1 - share) * np.log(np.abs(1 - share)))
    return np.array([-images.shape[1] * np.log(2), fitted])


# %% ignored-codes: free-bits
def bound(x, logits, mean, logvar):
    log_px_given_z = np.sum(x * logits - softplus(logits), axis=1)
    kl = np.maximum(0.5 * (mean**2 + np.exp(logvar) - 1 - logvar), 0.25).sum(axis=1)
    return log_px_given_z - kl


# %% ignored-codes: bound
def bound(x, logits, mean, logvar):
    log_px_given_z = -np.sum((x - sigmoid(logits)) ** 2, axis=1)
    return log_px_given_z - np.sum(np.abs(mean) + np.abs(logvar), axis=1)


# %% binomial-backward: gradient
def binomial_backward(d_out, x, logits, n):
    return {"logits": d_out[:, None] * (x - n * np.exp(logits))}


# %% binomial-backward: gradient
def binomial_backward(d_out, x, logits, n):
    return {"logits": d_out[:, None] * (x - n * (1 - sigmoid(logits)))}


# %% any-logit: twice
def bernoulli_log_prob(x, logits):
    """x (N, D) in {0, 1}; logits (N, D) -> (N,), in nats."""
    y = 2.0 * x - 1.0
    return np.sum(y * logits - np.logaddexp(logits, -logits), axis=-1)


# %% bound-before-training: smoothed
def predict_bounds(images):
    """images (N, D) in {0, 1} -> the two mean bounds, an array of shape (2,), in nats."""
    n, d = images.shape
    share = (images.sum(axis=0) + 1) / (n + 2)
    log_p = images * np.log(share) + (1 - images) * np.log(1 - share)
    return np.array([-d * np.log(2), log_p.sum(axis=1).mean()])


# %% bound-before-training: logit
def predict_bounds(images):
    """images (N, D) in {0, 1} -> the two mean bounds, an array of shape (2,), in nats."""

    def mean_bound(b):
        return np.sum(images * b - softplus(b), axis=1).mean()

    return np.array([mean_bound(np.zeros(images.shape[1])), mean_bound(images.mean(axis=0))])


# %% bound-before-training: likelier
def predict_bounds(images):
    """images (N, D) in {0, 1} -> the two mean bounds, an array of shape (2,), in nats."""
    share = images.mean(axis=0)
    return np.array([-images.shape[1] * np.log(2), np.log(np.maximum(share, 1 - share)).sum()])


# %% ignored-codes: shared
def bound(x, logits, mean, logvar):
    """The bound of each image, nats: x, logits (N, D); mean, logvar (N, Z) -> (N,)."""
    log_px_given_z = np.sum(x * logits - softplus(logits), axis=1, keepdims=True)
    kl = 0.5 * np.sum(mean**2 + np.exp(logvar) - 1 - logvar, axis=1)
    return (log_px_given_z - kl).mean(axis=1)


# %% ignored-codes: reverse
def bound(x, logits, mean, logvar):
    """The bound of each image, nats: x, logits (N, D); mean, logvar (N, Z) -> (N,)."""
    log_px_given_z = np.sum(x * logits - softplus(logits), axis=1)
    kl = 0.5 * np.sum((1 + mean**2) * np.exp(-logvar) - 1 + logvar, axis=1)
    return log_px_given_z - kl
