# %% be-the-encoder: the log-variances are those of the posterior's marginals, not of the best q
def best_encoder(x, W, b, tau2):
    covariance = np.linalg.inv(np.eye(len(W)) + W @ W.T / tau2)
    mean = (x - b) @ W.T @ covariance / tau2
    return {"mean": mean, "logvar": np.tile(np.log(np.diag(covariance)), (len(x), 1))}


# %% be-the-encoder: the mean as if the rows of W were orthogonal, each z_j alone
def best_encoder(x, W, b, tau2):
    precision = 1 + np.sum(W**2, axis=1) / tau2
    mean = (x - b) @ W.T / tau2 / precision
    return {"mean": mean, "logvar": np.broadcast_to(-np.log(precision), mean.shape)}


# %% be-the-encoder: the logarithm of the standard deviation, not of the variance
def best_encoder(x, W, b, tau2):
    M = W @ W.T + tau2 * np.eye(len(W))
    mean = np.linalg.solve(M, W @ (x - b).T).T
    logvar = np.zeros_like(mean) + 0.5 * np.log(tau2 / np.diag(M))
    return {"mean": mean, "logvar": logvar}


# %% be-the-encoder: a factor 1/tau2 of the mean is lost, right only for tau2 = 1
def best_encoder(x, W, b, tau2):
    precision = np.eye(len(W)) + W @ W.T / tau2
    mean = (x - b) @ W.T @ np.linalg.inv(precision)
    return {"mean": mean, "logvar": np.zeros_like(mean) - np.log(np.diag(precision))}


# %% be-the-encoder: the log-variance forgets the prior's precision 1
def best_encoder(x, W, b, tau2):
    mean = (x - b) @ W.T @ np.linalg.inv(tau2 * np.eye(len(W)) + W @ W.T)
    logvar = np.log(tau2) - np.log(np.sum(W**2, axis=1))
    return {"mean": mean, "logvar": np.tile(logvar, (len(x), 1))}


# %% be-the-encoder: one log-variance for all examples, shape (Z,) and not (N, Z)
def best_encoder(x, W, b, tau2):
    precision = np.eye(len(W)) + W @ W.T / tau2
    mean = np.linalg.solve(precision, W @ (x - b).T / tau2).T
    return {"mean": mean, "logvar": -np.log(np.diag(precision))}


# %% entropy-form: the entropy without its + 1
def bound_of_draws(log_px_given_z, log_pz, mean, logvar):
    entropy = 0.5 * np.sum(np.log(2 * np.pi) + logvar, axis=1)
    return np.mean(log_px_given_z + log_pz, axis=0) + entropy


# %% entropy-form: the closed KL to N(0, I), but this prior is a mixture
def bound_of_draws(log_px_given_z, log_pz, mean, logvar):
    kl = 0.5 * np.sum(mean**2 + np.exp(logvar) - 1 - logvar, axis=1)
    return log_px_given_z.mean(axis=0) - kl


# %% entropy-form: the logarithm of the mean over draws, not the mean of the logarithms
def bound_of_draws(log_px_given_z, log_pz, mean, logvar):
    log_joint = log_px_given_z + log_pz
    entropy = 0.5 * np.sum(np.log(2 * np.pi) + 1 + logvar, axis=1)
    return np.logaddexp.reduce(log_joint, axis=0) - np.log(len(log_joint)) + entropy


# %% entropy-form: logvar is taken for the logarithm of the standard deviation, its half is lost
def bound_of_draws(log_px_given_z, log_pz, mean, logvar):
    entropy = np.sum(0.5 * np.log(2 * np.pi * np.e) + logvar, axis=-1)
    return np.mean(log_px_given_z, axis=0) + np.mean(log_pz, axis=0) + entropy


# %% entropy-form: the entropy is summed over the examples too, all get the entropy of the whole batch
def bound_of_draws(log_px_given_z, log_pz, mean, logvar):
    entropy = 0.5 * np.sum(np.log(2 * np.pi) + 1 + logvar)
    return np.mean(log_px_given_z + log_pz, axis=0) + entropy


# %% entropy-form: the constant of the entropy is counted once, not once for each of the Z dimensions
def bound_of_draws(log_px_given_z, log_pz, mean, logvar):
    entropy = 0.5 * (np.log(2 * np.pi) + 1 + np.sum(logvar, axis=1))
    return np.mean(log_px_given_z + log_pz, axis=0) + entropy


# %% two-gaps: the KL the other way round, of the posterior from q
def predict_gaps(rho):
    def kl(precision, logdet):
        """of the posterior from N(0, variance I)"""
        return precision - 1 + 0.5 * (logdet - np.log(1 - rho**2))

    return np.stack([kl(1 / (1 - rho**2), 2 * np.log(1 - rho**2)), kl(np.ones_like(rho), 0.0)])


# %% two-gaps: the half of the best gap is lost
def predict_gaps(rho):
    best = -np.log(1 - rho**2)
    spreads = 1 / (1 - rho**2) - 1 + 0.5 * np.log(1 - rho**2)
    return np.stack([best, spreads])


# %% two-gaps: in the second gap the determinant of the posterior is forgotten
def predict_gaps(rho):
    det = 1 - rho**2
    return np.array([-0.5 * np.log(det), rho**2 / det])


# %% two-gaps: the best q is given sqrt(1 - rho^2) as variances, which are its standard deviations
def predict_gaps(rho):
    det = 1 - rho**2
    def gap(variance):
        return 0.5 * (2 * variance / det - 2 + np.log(det) - 2 * np.log(variance))

    return np.stack([gap(np.sqrt(det)), gap(np.ones_like(rho))])


# %% two-gaps: 1 - |rho| for the determinant, which is 1 - rho^2
def predict_gaps(rho):
    det = 1 - np.abs(rho)
    return np.stack([-0.5 * np.log(det), 1 / det - 1 + 0.5 * np.log(det)])


# %% two-gaps: the sign of the log-determinant in the second gap
def predict_gaps(rho):
    best = -0.5 * np.log(1 - rho**2)
    return np.stack([best, rho**2 / (1 - rho**2) + best])


# %% bound-above-evidence: log 2 pi once, not once for each dimension of the code
def log_weight(x, logits, mean, logvar, eps):
    z = mean + np.exp(0.5 * logvar) * eps
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    log_pz = -0.5 * (np.log(2 * np.pi) + np.sum(z**2, axis=-1))
    log_qz = -0.5 * np.sum(np.log(2 * np.pi) + logvar + eps**2, axis=-1)
    return log_px_given_z + log_pz - log_qz


# %% bound-above-evidence: the missing log 2 pi with the wrong sign
def log_weight(x, logits, mean, logvar, eps):
    z = mean + np.exp(0.5 * logvar) * eps
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    log_pz = 0.5 * np.sum(np.log(2 * np.pi) - z**2, axis=-1)
    log_qz = -0.5 * np.sum(np.log(2 * np.pi) + logvar + eps**2, axis=-1)
    return log_px_given_z + log_pz - log_qz


# %% bound-above-evidence: the KL in closed form, the same mean but not log w of this draw
def log_weight(x, logits, mean, logvar, eps):
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    kl = 0.5 * np.sum(mean**2 + np.exp(logvar) - 1 - logvar, axis=-1)
    return log_px_given_z - kl


# %% bound-above-evidence: repaired, but the Bernoulli by way of the probabilities, nan or -inf for large logits
def log_weight(x, logits, mean, logvar, eps):
    z = mean + np.exp(0.5 * logvar) * eps
    p = 1 / (1 + np.exp(-logits))
    log_px_given_z = np.sum(x * np.log(p) + (1 - x) * np.log(1 - p), axis=-1)
    log_pz = -0.5 * np.sum(np.log(2 * np.pi) + z**2, axis=-1)
    log_qz = -0.5 * np.sum(np.log(2 * np.pi) + logvar + eps**2, axis=-1)
    return log_px_given_z + log_pz - log_qz


# %% bound-above-evidence: the constant is counted for each pixel, D times and not Z times
def log_weight(x, logits, mean, logvar, eps):
    z = mean + np.exp(0.5 * logvar) * eps
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    log_pz = -0.5 * np.sum(z**2, axis=-1) - 0.5 * x.shape[-1] * np.log(2 * np.pi)
    log_qz = -0.5 * np.sum(np.log(2 * np.pi) + logvar + eps**2, axis=-1)
    return log_px_given_z + log_pz - log_qz


# %% bound-above-evidence: copied from log_qz, so that the prior gets q's log-variance and the two cancel
def log_weight(x, logits, mean, logvar, eps):
    z = mean + np.exp(0.5 * logvar) * eps
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    log_pz = -0.5 * np.sum(np.log(2 * np.pi) + logvar + z**2, axis=-1)
    log_qz = -0.5 * np.sum(np.log(2 * np.pi) + logvar + eps**2, axis=-1)
    return log_px_given_z + log_pz - log_qz
