"""Plausible wrong answers to the exercises of lecture 1.

Each cell stands for the student's: `# %% exercise: key of the hint that it must get`.
"""
import numpy as np


# %% own-noise-posterior: precision
def posterior(x, W, b, noise):
    covariance = np.eye(len(W)) + (W / noise) @ W.T
    return {"covariance": covariance, "mean": ((x - b) / noise) @ W.T @ covariance}


# %% own-noise-posterior: prior
def posterior(x, W, b, noise):
    covariance = np.linalg.inv((W / noise) @ W.T)
    return {"covariance": covariance, "mean": ((x - b) / noise) @ W.T @ covariance}


# %% own-noise-posterior: std
def posterior(x, W, b, noise):
    covariance = np.linalg.inv(np.eye(len(W)) + (W / noise**2) @ W.T)
    return {"covariance": covariance, "mean": ((x - b) / noise**2) @ W.T @ covariance}


# %% own-noise-posterior: no-noise
def posterior(x, W, b, noise):
    covariance = np.linalg.inv(np.eye(len(W)) + W @ W.T)
    return {"covariance": covariance, "mean": ((x - b) / noise) @ W.T @ covariance}


# %% own-noise-posterior: shared-noise
def posterior(x, W, b, noise):
    tau2 = noise.mean()
    covariance = np.linalg.inv(np.eye(len(W)) + W @ W.T / tau2)
    return {"covariance": covariance, "mean": (x - b) @ W.T @ covariance / tau2}


# %% own-noise-posterior: diagonal
def posterior(x, W, b, noise):
    variance = 1 / (1 + np.sum(W**2 / noise, axis=1))
    return {"covariance": np.diag(variance), "mean": ((x - b) / noise) @ W.T * variance}


# %% own-noise-posterior: covariance
def posterior(x, W, b, noise):
    covariance = np.eye(len(W)) - 0.5 * np.linalg.inv(np.eye(len(W)) + (W / noise) @ W.T)
    return {"covariance": covariance, "mean": ((x - b) / noise) @ W.T @ covariance}


# %% own-noise-posterior: offset
def posterior(x, W, b, noise):
    covariance = np.linalg.inv(np.eye(len(W)) + (W / noise) @ W.T)
    return {"covariance": covariance, "mean": (x / noise) @ W.T @ covariance}


# %% own-noise-posterior: unweighted
def posterior(x, W, b, noise):
    covariance = np.linalg.inv(np.eye(len(W)) + (W / noise) @ W.T)
    return {"covariance": covariance, "mean": (x - b) @ W.T @ covariance}


# %% own-noise-posterior: shrunk
def posterior(x, W, b, noise):
    covariance = np.linalg.inv(np.eye(len(W)) + (W / noise) @ W.T)
    return {"covariance": covariance, "mean": ((x - b) / noise) @ W.T}


# %% own-noise-posterior: ignores
def posterior(x, W, b, noise):
    covariance = np.linalg.inv(np.eye(len(W)) + (W / noise) @ W.T)
    return {"covariance": covariance, "mean": (x - b) @ np.linalg.pinv(W)}  # least squares


# %% own-noise-posterior: shrunk
def posterior(x, W, b, noise):
    covariance = np.linalg.inv(np.eye(len(W)) + (W / noise) @ W.T)
    return {"covariance": covariance, "mean": ((x - b) / noise) @ W.T @ covariance @ covariance}


# %% own-noise-posterior: mean
def posterior(x, W, b, noise):
    covariance = np.linalg.inv(np.eye(len(W)) + (W / noise) @ W.T)
    whitened = np.tanh((x - b) / noise)  # outliers cut
    return {"covariance": covariance, "mean": whitened @ W.T @ covariance}


# %% own-noise-posterior: elementwise
def posterior(x, W, b, noise):
    covariance = 1 / (np.eye(len(W)) + (W / noise) @ W.T)
    return {"covariance": covariance, "mean": ((x - b) / noise) @ W.T @ covariance}


# %% own-noise-posterior: linear
def posterior(x, W, b, noise):
    covariance = np.linalg.inv(np.eye(len(W)) + (W / noise) @ W.T)
    return {"covariance": covariance, "mean": ((x - b)**2 / noise) @ W.T @ covariance}


# %% own-noise-posterior: sign
def posterior(x, W, b, noise):
    covariance = np.linalg.inv(np.eye(len(W)) + (W / noise) @ W.T)
    return {"covariance": covariance, "mean": ((b - x) / noise) @ W.T @ covariance}


# %% log-mean-exp: mean-of-logs
def log_mean_exp(log_weights):
    return np.mean(log_weights, axis=0)


# %% log-mean-exp: nonfinite
def log_mean_exp(log_weights):
    return np.log(np.mean(np.exp(log_weights), axis=0))


# %% log-mean-exp: sum
def log_mean_exp(log_weights):
    top = log_weights.max(axis=0)
    return top + np.log(np.sum(np.exp(log_weights - top), axis=0))


# %% log-mean-exp: largest
def log_mean_exp(log_weights):
    return log_weights.max(axis=0) - np.log(len(log_weights))


# %% log-mean-exp: batch
def log_mean_exp(log_weights):
    top = log_weights.max()
    everything = top + np.log(np.mean(np.exp(log_weights - top)))
    return np.full(log_weights.shape[1], everything)


# %% log-mean-exp: shape
def log_mean_exp(log_weights):
    top = log_weights.max(axis=1, keepdims=True)
    return top[:, 0] + np.log(np.mean(np.exp(log_weights - top), axis=1))


# %% log-mean-exp: nonfinite
def log_mean_exp(log_weights):
    top = log_weights.max()  # one for all examples
    return top + np.log(np.mean(np.exp(log_weights - top), axis=0))


# %% log-mean-exp: range
def log_mean_exp(log_weights):
    weights = np.exp(np.clip(log_weights, -700, 700))
    return np.log(np.mean(weights, axis=0))


# %% log-mean-exp: all-zero
def log_mean_exp(log_weights):
    top = log_weights.max(axis=0)
    return top + np.log(np.mean(np.exp(log_weights - top), axis=0))


# %% log-mean-exp: some-zero
def log_mean_exp(log_weights):
    kept = np.isfinite(log_weights)
    top = np.max(np.where(kept, log_weights, -1e300), axis=0)
    total = np.sum(np.where(kept, np.exp(log_weights - top), 0), axis=0)
    return np.where(kept.any(axis=0), top + np.log(total / kept.sum(axis=0)), -np.inf)


# %% log-mean-exp: top
def log_mean_exp(log_weights):
    top = log_weights.max(axis=0)
    return np.log(np.mean(np.exp(log_weights - top), axis=0)) - top


# %% draws-for-a-useful-one: swapped
def predict_log_draws(mean, variance):
    kl = 0.5 * np.sum(mean**2 + variance - 1 - np.log(variance), axis=-1)
    exact = np.sum(mean**2 / (2 - variance) - 0.5 * np.log(variance * (2 - variance)), axis=-1)
    return np.array([exact, kl])


# %% draws-for-a-useful-one: same
def predict_log_draws(mean, variance):
    kl = 0.5 * np.sum(mean**2 + variance - 1 - np.log(variance), axis=-1)
    return np.array([kl, kl])


# %% draws-for-a-useful-one: reverse
def predict_log_draws(mean, variance):
    kl = 0.5 * np.sum((1 + mean**2) / variance - 1 + np.log(variance), axis=-1)
    exact = np.sum(mean**2 / (2 - variance) - 0.5 * np.log(variance * (2 - variance)), axis=-1)
    return np.array([kl, exact])


# %% draws-for-a-useful-one: kl
def predict_log_draws(mean, variance):
    kl = 0.5 * np.sum(mean**2 + np.sqrt(variance) - 1 - np.log(variance), axis=-1)
    exact = np.sum(mean**2 / (2 - variance) - 0.5 * np.log(variance * (2 - variance)), axis=-1)
    return np.array([kl, exact])


# %% draws-for-a-useful-one: mean-part
def predict_log_draws(mean, variance):
    kl = 0.5 * np.sum(mean**2 + variance - 1 - np.log(variance), axis=-1)
    exact = np.sum(0.5 * mean**2 - 0.5 * np.log(variance * (2 - variance)), axis=-1)
    return np.array([kl, exact])


# %% draws-for-a-useful-one: width
def predict_log_draws(mean, variance):
    kl = 0.5 * np.sum(mean**2 + variance - 1 - np.log(variance), axis=-1)
    exact = np.sum(mean**2 / (2 - variance) - 0.5 * np.log(variance), axis=-1)
    return np.array([kl, exact])


# %% draws-for-a-useful-one: other-density
def predict_log_draws(mean, variance):
    kl = 0.5 * np.sum(mean**2 + variance - 1 - np.log(variance), axis=-1)
    exact = np.sum(0.5 * np.log(variance / (2 - variance)), axis=-1)
    return np.array([kl, exact])


# %% draws-for-a-useful-one: approximate
def predict_log_draws(mean, variance):
    kl = 0.5 * np.sum(mean**2 + variance - 1 - np.log(variance), axis=-1)
    rng = np.random.default_rng(0)  # a million draws of the posterior
    eps = rng.standard_normal(200_000)
    exact = 0.0
    for j in range(mean.shape[1]):
        m, v = mean[:, j], variance[:, j]
        z = m + np.sqrt(v) * eps[:, None]
        log_ratio = 0.5 * (z**2 - eps[:, None]**2 - np.log(v))
        exact = exact + np.log(np.mean(np.exp(log_ratio), axis=0))
    return np.array([kl, exact])


# %% draws-for-a-useful-one: rho
def predict_log_draws(mean, variance):
    kl = 0.5 * np.sum(mean**2 + variance - 1 - np.log(variance), axis=-1)
    spread = np.sum(mean**2 * variance + 0.5 * (variance - 1)**2, axis=-1)
    return np.array([kl, kl + spread])  # the mean of the logarithm, and its variance


# %% draws-for-a-useful-one: at-the-mean
def predict_log_draws(mean, variance):
    kl = 0.5 * np.sum(mean**2 + variance - 1 - np.log(variance), axis=-1)
    return np.array([kl, 0.5 * np.sum(mean**2 - np.log(variance), axis=-1)])


# %% draws-for-a-useful-one: both-parts
def predict_log_draws(mean, variance):
    kl = 0.5 * np.sum(mean**2 + variance - 1 - np.log(variance), axis=-1)
    exact = np.sum(mean**2 / (1 + variance) - 0.5 * np.log(variance * (1 + variance)), axis=-1)
    return np.array([kl, exact])


# %% draws-for-a-useful-one: logarithm
def predict_log_draws(mean, variance):
    kl = 0.5 * np.sum(mean**2 + variance - 1 - np.log(variance), axis=-1)
    exact = np.sum(mean**2 / (2 - variance) - 0.5 * np.log(variance * (2 - variance)), axis=-1)
    return np.array([kl, np.exp(exact)])  # ρ, not its logarithm


# %% marginal-when-not-square: small
def log_marginal(x, W, b, tau2):
    small = W @ W.T + tau2 * np.eye(len(W))
    error = x - b
    onto = error @ W.T
    distance = (np.sum(error**2, axis=1)
                - np.sum(onto @ np.linalg.inv(small) * onto, axis=1)) / tau2
    return -0.5 * (x.shape[1] * np.log(2 * np.pi) + np.linalg.slogdet(small)[1] + distance)


# %% marginal-when-not-square: small
def log_marginal(x, W, b, tau2):
    precision = np.eye(len(W)) + W @ W.T / tau2
    error = x - b
    onto = error @ W.T / tau2
    distance = (np.sum(error**2, axis=1) / tau2
                - np.sum(onto @ np.linalg.inv(precision) * onto, axis=1))
    return -0.5 * (x.shape[1] * np.log(2 * np.pi) + np.linalg.slogdet(precision)[1] + distance)


# %% marginal-when-not-square: log-det
def log_marginal(x, W, b, tau2):
    C = W.T @ W + tau2 * np.eye(W.shape[1])
    error = x - b
    distance = np.sum(error @ np.linalg.inv(C) * error, axis=1)
    return -0.5 * (x.shape[1] * np.log(2 * np.pi) + distance) - np.linalg.slogdet(C)[1]


# %% marginal-when-not-square: std
def log_marginal(x, W, b, tau2):
    C = W.T @ W + tau2**2 * np.eye(W.shape[1])
    error = x - b
    distance = np.sum(error @ np.linalg.inv(C) * error, axis=1)
    return -0.5 * (x.shape[1] * np.log(2 * np.pi) + np.linalg.slogdet(C)[1] + distance)


# %% marginal-when-not-square: offset
def log_marginal(x, W, b, tau2):
    C = W.T @ W + tau2 * np.eye(W.shape[1])
    distance = np.sum(x @ np.linalg.inv(C) * x, axis=1)
    return -0.5 * (x.shape[1] * np.log(2 * np.pi) + np.linalg.slogdet(C)[1] + distance)


# %% marginal-when-not-square: noise-lost
def log_marginal(x, W, b, tau2):
    C = tau2 * np.eye(W.shape[1])
    error = x - b
    distance = np.sum(error @ np.linalg.inv(C) * error, axis=1)
    return -0.5 * (x.shape[1] * np.log(2 * np.pi) + np.linalg.slogdet(C)[1] + distance)


# %% marginal-when-not-square: dimension
def log_marginal(x, W, b, tau2):
    C = W.T @ W + tau2 * np.eye(W.shape[1])
    error = x - b
    distance = np.sum(error @ np.linalg.inv(C) * error, axis=1)
    return -0.5 * (len(W) * np.log(2 * np.pi) + np.linalg.slogdet(C)[1] + distance)


# %% marginal-when-not-square: distance
def log_marginal(x, W, b, tau2):
    C = W.T @ W + tau2 * np.eye(W.shape[1])
    distance = np.sum((x - b)**2, axis=1) / tau2
    return -0.5 * (x.shape[1] * np.log(2 * np.pi) + np.linalg.slogdet(C)[1] + distance)


# %% marginal-when-not-square: tau2
def log_marginal(x, W, b, tau2):
    C = W.T @ W + tau2 * np.eye(W.shape[1])
    error = x - b
    distance = np.sum(error @ np.linalg.inv(C) * error, axis=1)
    log_det = np.linalg.slogdet(C)[1] + np.log(tau2)**3
    return -0.5 * (x.shape[1] * np.log(2 * np.pi) + log_det + distance)


# %% marginal-when-not-square: constant
def log_marginal(x, W, b, tau2):
    C = W.T @ W + tau2 * np.eye(W.shape[1])
    error = x - b
    distance = np.sum(error @ np.linalg.inv(C) * error, axis=1)
    return -0.5 * (np.linalg.slogdet(C)[1] + distance)


# %% marginal-when-not-square: longer
def log_marginal(x, W, b, tau2):
    z, d = W.shape
    C = W.T @ W + tau2 * np.eye(d)
    error = x - b
    distance = np.sum(error @ np.linalg.inv(C) * error, axis=1)
    log_det = np.linalg.slogdet(W @ W.T + tau2 * np.eye(z))[1] + max(d - z, 0) * np.log(tau2)
    return -0.5 * (d * np.log(2 * np.pi) + log_det + distance)


# %% marginal-when-not-square: marginal
def log_marginal(x, W, b, tau2):
    C = W.T @ W + tau2 * np.eye(W.shape[1])
    distance = np.sum(np.abs((x - b) @ np.linalg.inv(C)), axis=1)
    return -0.5 * (x.shape[1] * np.log(2 * np.pi) + np.linalg.slogdet(C)[1] + distance)


# %% marginal-when-not-square: distance
def log_marginal(x, W, b, tau2):
    C = W.T @ W + tau2 * np.eye(W.shape[1])
    error = x - b
    distance = np.sum(error * np.diag(C)**-1 * error, axis=1)
    return -0.5 * (x.shape[1] * np.log(2 * np.pi) + np.linalg.slogdet(C)[1] + distance)


# %% log-mean-exp: top
def log_mean_exp(log_weights):
    return np.log(np.mean(np.exp(log_weights - log_weights.max(axis=0)), axis=0))


# %% log-mean-exp: formula
def log_mean_exp(log_weights):
    top = log_weights.max(axis=0)
    return top + np.log(np.mean(np.sqrt(np.exp(log_weights - top)), axis=0))


# %% log-mean-exp: median
def log_mean_exp(log_weights):
    return np.median(log_weights, axis=0)


# %% log-mean-exp: largest
def log_mean_exp(log_weights):
    top = log_weights.max(axis=0)
    return top + np.log1p(np.mean(np.exp(log_weights - top), axis=0))


# %% draws-for-a-useful-one: product
def predict_log_draws(mean, variance):
    kl = 0.5 * np.sum(mean**2 + variance - 1 - np.log(variance), axis=-1)
    rho = np.exp(mean**2 / (2 - variance)) / np.sqrt(variance * (2 - variance))
    return np.array([kl, np.log(rho.sum(axis=-1))])


# %% marginal-when-not-square: small
def log_marginal(x, W, b, tau2):
    z, d = W.shape
    small = W @ W.T + tau2 * np.eye(z)
    error = x - b
    onto = error @ W.T
    distance = (np.sum(error**2, axis=1)
                - np.sum(onto @ np.linalg.inv(small) * onto, axis=1)) / tau2
    log_det = np.linalg.slogdet(small)[1] - (d - z) * np.log(tau2)
    return -0.5 * (d * np.log(2 * np.pi) + log_det + distance)
