"""Plausible wrong answers to the exercises of lecture 2.

Each cell stands for the student's: `# %% exercise: key of the hint that it must get`.
"""
import numpy as np


# %% be-the-encoder: marginal
def best_encoder(x, W, b, tau2):
    covariance = np.linalg.inv(np.eye(len(W)) + W @ W.T / tau2)
    mean = (x - b) @ W.T @ covariance / tau2
    return {"mean": mean, "logvar": np.zeros_like(mean) + np.log(np.diag(covariance))}


# %% be-the-encoder: orthogonal
def best_encoder(x, W, b, tau2):
    variance = 1 / (1 + (W**2).sum(axis=1) / tau2)  # lecture 5's, for orthogonal rows
    mean = variance * ((x - b) @ W.T) / tau2
    return {"mean": mean, "logvar": np.zeros_like(mean) + np.log(variance)}


# %% be-the-encoder: noise-variance
def best_encoder(x, W, b, tau2):
    precision = np.eye(len(W)) + W @ W.T  # τ² forgotten
    mean = np.linalg.solve(precision, W @ (x - b).T).T
    return {"mean": mean, "logvar": np.zeros_like(mean) - np.log(np.diag(precision))}


# %% be-the-encoder: prior
def best_encoder(x, W, b, tau2):
    precision = W @ W.T / tau2  # least squares
    mean = np.linalg.lstsq(W.T, (x - b).T, rcond=None)[0].T
    return {"mean": mean, "logvar": np.zeros_like(mean) - np.log(np.diag(precision))}


# %% be-the-encoder: offset
def best_encoder(x, W, b, tau2):
    precision = np.eye(len(W)) + W @ W.T / tau2
    mean = np.linalg.solve(precision, W @ x.T / tau2).T
    return {"mean": mean, "logvar": np.zeros_like(mean) - np.log(np.diag(precision))}


# %% be-the-encoder: variance
def best_encoder(x, W, b, tau2):
    precision = np.eye(len(W)) + W @ W.T / tau2
    mean = np.linalg.solve(precision, W @ (x - b).T / tau2).T
    return {"mean": mean, "logvar": np.zeros_like(mean) + 1 / np.diag(precision)}


# %% be-the-encoder: sign
def best_encoder(x, W, b, tau2):
    precision = np.eye(len(W)) + W @ W.T / tau2
    mean = np.linalg.solve(precision, W @ (x - b).T / tau2).T
    return {"mean": mean, "logvar": np.zeros_like(mean) + np.log(np.diag(precision))}


# %% be-the-encoder: mean
def best_encoder(x, W, b, tau2):
    precision = np.eye(len(W)) + W @ W.T / tau2
    mean = np.linalg.solve(precision, np.tanh(W @ (x - b).T) / tau2).T
    return {"mean": mean, "logvar": np.zeros_like(mean) - np.log(np.diag(precision))}


# %% be-the-encoder: logvar
def best_encoder(x, W, b, tau2):
    precision = np.eye(len(W)) + W @ W.T / tau2
    mean = np.linalg.solve(precision, W @ (x - b).T / tau2).T
    eigenvalues = np.linalg.eigvalsh(precision)
    return {"mean": mean, "logvar": np.zeros_like(mean) - np.log(eigenvalues)}


# %% entropy-form: standard
def bound_of_draws(log_px_given_z, log_pz, mean, logvar):
    kl = 0.5 * np.sum(mean**2 + np.exp(logvar) - 1 - logvar, axis=-1)
    return log_px_given_z.mean(axis=0) - kl


# %% entropy-form: standard
def bound_of_draws(log_px_given_z, log_pz, mean, logvar):
    kl = 0.5 * np.sum(mean**2 + np.exp(logvar) - 1 - logvar, axis=-1)
    return (log_px_given_z + log_pz).mean(axis=0) - kl


# %% entropy-form: minus
def bound_of_draws(log_px_given_z, log_pz, mean, logvar):
    entropy = 0.5 * np.sum(np.log(2 * np.pi) + 1 + logvar, axis=-1)
    return (log_px_given_z + log_pz).mean(axis=0) - entropy


# %% entropy-form: no-entropy
def bound_of_draws(log_px_given_z, log_pz, mean, logvar):
    return (log_px_given_z + log_pz).mean(axis=0)


# %% entropy-form: no-prior
def bound_of_draws(log_px_given_z, log_pz, mean, logvar):
    entropy = 0.5 * np.sum(np.log(2 * np.pi) + 1 + logvar, axis=-1)
    return log_px_given_z.mean(axis=0) + entropy


# %% entropy-form: half
def bound_of_draws(log_px_given_z, log_pz, mean, logvar):
    entropy = np.sum(np.log(2 * np.pi) + 1 + logvar, axis=-1)
    return (log_px_given_z + log_pz).mean(axis=0) + entropy


# %% entropy-form: log-mean
def bound_of_draws(log_px_given_z, log_pz, mean, logvar):
    entropy = 0.5 * np.sum(np.log(2 * np.pi) + 1 + logvar, axis=-1)
    joint = log_px_given_z + log_pz
    return np.logaddexp.reduce(joint, axis=0) - np.log(len(joint)) + entropy


# %% entropy-form: variance
def bound_of_draws(log_px_given_z, log_pz, mean, logvar):
    entropy = 0.5 * np.sum(np.log(2 * np.pi) + 1 + np.exp(logvar), axis=-1)
    return (log_px_given_z + log_pz).mean(axis=0) + entropy


# %% entropy-form: sum
def bound_of_draws(log_px_given_z, log_pz, mean, logvar):
    entropy = 0.5 * np.sum(np.log(2 * np.pi) + 1 + logvar, axis=-1)
    return (log_px_given_z + log_pz).sum(axis=0) + entropy


# %% entropy-form: latents
def bound_of_draws(log_px_given_z, log_pz, mean, logvar):
    entropy = 0.5 * np.mean(np.log(2 * np.pi) + 1 + logvar, axis=-1)
    return (log_px_given_z + log_pz).mean(axis=0) + entropy


# %% entropy-form: constant
def bound_of_draws(log_px_given_z, log_pz, mean, logvar):
    entropy = 0.5 * np.sum(np.log(2 * np.pi) + logvar, axis=-1)
    return (log_px_given_z + log_pz).mean(axis=0) + entropy


# %% entropy-form: bound
def bound_of_draws(log_px_given_z, log_pz, mean, logvar):
    best = np.max(log_px_given_z + log_pz, axis=0)  # the best of the draws
    return best + 0.5 * np.sum(np.log(2 * np.pi) + np.exp(logvar), axis=-1)


# %% two-gaps: swapped
def predict_gaps(rho):
    least = -0.5 * np.log(1 - rho**2)
    return np.array([rho**2 / (1 - rho**2) - least, least])


# %% two-gaps: not-squared
def predict_gaps(rho):
    return np.array([-0.5 * np.log(1 - np.abs(rho)),
                     rho**2 / (1 - rho**2) + 0.5 * np.log(1 - rho**2)])


# %% two-gaps: same
def predict_gaps(rho):
    return np.array([-0.5 * np.log(1 - rho**2)] * 2)


# %% two-gaps: no-log
def predict_gaps(rho):
    return np.array([-0.5 * np.log(1 - rho**2), rho**2 / (1 - rho**2)])


# %% two-gaps: no-trace
def predict_gaps(rho):
    return np.array([-0.5 * np.log(1 - rho**2), 0.5 * np.log(1 - rho**2)])


# %% two-gaps: one-variance
def predict_gaps(rho):
    return np.array([-0.5 * np.log(1 - rho**2),
                     0.5 * (1 / (1 - rho**2) - 1 + np.log(1 - rho**2))])


# %% two-gaps: sign
def predict_gaps(rho):
    return np.array([0.5 * np.log(1 - rho**2),
                     rho**2 / (1 - rho**2) + 0.5 * np.log(1 - rho**2)])


# %% two-gaps: factor
def predict_gaps(rho):
    return np.array([-np.log(1 - rho**2),
                     rho**2 / (1 - rho**2) + 0.5 * np.log(1 - rho**2)])


# %% two-gaps: best
def predict_gaps(rho):
    return np.array([0.5 * rho**2, rho**2 / (1 - rho**2) + 0.5 * np.log(1 - rho**2)])


# %% two-gaps: precision
def predict_gaps(rho):
    return np.array([-0.5 * np.log(1 - rho**2), rho**2 + 0.5 * np.log(1 - rho**2)])


# %% bound-above-evidence: nonfinite
def log_weight(x, logits, mean, logvar, eps):
    z = mean + np.exp(0.5 * logvar) * eps
    p = 1 / (1 + np.exp(-logits))
    log_px_given_z = np.sum(x * np.log(p) + (1 - x) * np.log(1 - p), axis=-1)
    return log_px_given_z + 0.5 * np.sum(logvar + eps**2 - z**2, axis=-1)


# %% bound-above-evidence: constant
def log_weight(x, logits, mean, logvar, eps):
    z = mean + np.exp(0.5 * logvar) * eps
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    log_pz = -0.5 * np.sum(z**2, axis=-1)
    log_qz = -0.5 * np.sum(np.log(2 * np.pi) + logvar + eps**2, axis=-1)
    return log_px_given_z + log_pz - log_qz  # the prior's constant is lost


# %% bound-above-evidence: constant
def log_weight(x, logits, mean, logvar, eps):
    z = mean + np.exp(0.5 * logvar) * eps
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    log_pz = -0.5 * np.sum(np.log(2 * np.pi) + z**2, axis=-1)
    log_qz = -0.5 * np.sum(logvar + eps**2, axis=-1)  # the other one's constant is lost
    return log_px_given_z + log_pz - log_qz


# %% bound-above-evidence: closed-form
def log_weight(x, logits, mean, logvar, eps):
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    return log_px_given_z - 0.5 * np.sum(mean**2 + np.exp(logvar) - 1 - logvar, axis=-1)


# %% bound-above-evidence: at-the-mean
def log_weight(x, logits, mean, logvar, eps):
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    return log_px_given_z + 0.5 * np.sum(logvar + eps**2 - mean**2, axis=-1)


# %% bound-above-evidence: scale
def log_weight(x, logits, mean, logvar, eps):
    z = mean + np.exp(logvar) * eps
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    return log_px_given_z + 0.5 * np.sum(logvar + eps**2 - z**2, axis=-1)


# %% bound-above-evidence: added
def log_weight(x, logits, mean, logvar, eps):
    z = mean + np.exp(0.5 * logvar) * eps
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    log_pz = -0.5 * np.sum(np.log(2 * np.pi) + z**2, axis=-1)
    log_qz = -0.5 * np.sum(np.log(2 * np.pi) + logvar + eps**2, axis=-1)
    return log_px_given_z + log_pz + log_qz


# %% bound-above-evidence: log-std
def log_weight(x, logits, mean, logvar, eps):
    z = mean + np.exp(0.5 * logvar) * eps
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    return log_px_given_z + 0.5 * np.sum(2 * logvar + eps**2 - z**2, axis=-1)


# %% bound-above-evidence: log-std
def log_weight(x, logits, mean, logvar, eps):
    std = np.exp(0.5 * logvar)
    z = mean + std * eps
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    log_pz = -0.5 * np.sum(np.log(2 * np.pi) + z**2, axis=-1)
    log_qz = -0.5 * np.sum(np.log(2 * np.pi) + np.log(std) + ((z - mean) / std)**2, axis=-1)
    return log_px_given_z + log_pz - log_qz  # as it was


# %% bound-above-evidence: distance
def log_weight(x, logits, mean, logvar, eps):
    z = mean + np.exp(0.5 * logvar) * eps
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    return log_px_given_z + 0.5 * np.sum(logvar + (z - mean)**2 - z**2, axis=-1)


# %% bound-above-evidence: no-q
def log_weight(x, logits, mean, logvar, eps):
    z = mean + np.exp(0.5 * logvar) * eps
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    return log_px_given_z - 0.5 * np.sum(np.log(2 * np.pi) + z**2, axis=-1)


# %% bound-above-evidence: no-prior
def log_weight(x, logits, mean, logvar, eps):
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    return log_px_given_z + 0.5 * np.sum(np.log(2 * np.pi) + logvar + eps**2, axis=-1)


# %% bound-above-evidence: log-w
def log_weight(x, logits, mean, logvar, eps):
    z = mean + np.exp(0.5 * logvar) * eps
    log_px_given_z = -np.sum((x - 1 / (1 + np.exp(-logits)))**2, axis=-1)  # squared error
    log_pz = -np.sum(np.abs(z), axis=-1)
    log_qz = -0.5 * np.sum(np.log(2 * np.pi) + logvar + eps**2, axis=-1)
    return log_px_given_z + log_pz - log_qz


# %% be-the-encoder: unsolved
def best_encoder(x, W, b, tau2):
    precision = np.eye(len(W)) + W @ W.T / tau2
    mean = (x - b) @ W.T / tau2
    logvar = -np.log(np.diag(precision))
    return {"mean": mean, "logvar": np.broadcast_to(logvar, mean.shape)}


# %% be-the-encoder: zero
def best_encoder(x, W, b, tau2):
    precision = np.eye(len(W)) + W @ W.T / tau2
    mean = (x - b) @ W.T / tau2 @ np.linalg.inv(precision)
    logvar = np.zeros(len(W))
    return {"mean": mean, "logvar": np.broadcast_to(logvar, mean.shape)}


# %% be-the-encoder: tau2
def best_encoder(x, W, b, tau2):
    precision = np.eye(len(W)) + W @ W.T / tau2
    mean = (x - b) @ W.T / tau2 @ np.linalg.inv(precision)
    logvar = -np.log(tau2 + np.sum(W**2, axis=1))
    return {"mean": mean, "logvar": np.broadcast_to(logvar, mean.shape)}


# %% be-the-encoder: shape
def best_encoder(x, W, b, tau2):
    precision = np.eye(len(W)) + W @ W.T / tau2
    mean = (x - b) @ W.T / tau2 @ np.linalg.inv(precision)
    logvar = -np.log(np.diag(precision))
    return {"mean": mean, "logvar": logvar}


# %% be-the-encoder: mean-sign
def best_encoder(x, W, b, tau2):
    precision = np.eye(len(W)) + W @ W.T / tau2
    mean = (b - x) @ W.T / tau2 @ np.linalg.inv(precision)
    logvar = -np.log(np.diag(precision))
    return {"mean": mean, "logvar": np.broadcast_to(logvar, mean.shape)}


# %% be-the-encoder: one-for-all
def best_encoder(x, W, b, tau2):
    precision = np.eye(len(W)) + W @ W.T / tau2
    mean = (x - b) @ W.T / tau2 @ np.linalg.inv(precision)
    logvar = np.full(len(W), -np.log(np.diag(precision).mean()))
    return {"mean": mean, "logvar": np.broadcast_to(logvar, mean.shape)}


# %% be-the-encoder: row
def best_encoder(x, W, b, tau2):
    precision = np.eye(len(W)) + W @ W.T / tau2
    mean = (x - b) @ W.T / tau2 @ np.linalg.inv(precision)
    logvar = -np.log(np.abs(precision).sum(axis=1))
    return {"mean": mean, "logvar": np.broadcast_to(logvar, mean.shape)}


# %% be-the-encoder: noise-alone
def best_encoder(x, W, b, tau2):
    precision = np.eye(len(W)) + W @ W.T / tau2
    mean = (x - b) @ W.T / tau2 @ np.linalg.inv(precision)
    logvar = np.full(len(W), np.log(tau2))
    return {"mean": mean, "logvar": np.broadcast_to(logvar, mean.shape)}


# %% be-the-encoder: std
def best_encoder(x, W, b, tau2):
    precision = np.eye(len(W)) + W @ W.T / tau2
    mean = (x - b) @ W.T / tau2 @ np.linalg.inv(precision)
    logvar = -0.5 * np.log(np.diag(precision))
    return {"mean": mean, "logvar": np.broadcast_to(logvar, mean.shape)}


# %% two-gaps: precision
def predict_gaps(rho):
    det = 1 - rho**2
    return np.array([-0.5 * np.log(det), det - 1 + 0.5 * np.log(det)])


# %% two-gaps: constant
def predict_gaps(rho):
    det = 1 - rho**2
    return np.array([-0.5 * np.log(det), 1 / det + 0.5 * np.log(det)])


# %% two-gaps: other-variance
def predict_gaps(rho):
    det = 1 - rho**2
    return np.array([1 / np.sqrt(det) - 1, rho**2 / det + 0.5 * np.log(det)])


# %% two-gaps: trace
def predict_gaps(rho):
    det = 1 - rho**2
    return np.array([-0.5 * np.log(det), 2 * rho**2 / det + 0.5 * np.log(det)])


# %% two-gaps: log-det
def predict_gaps(rho):
    det = 1 - rho**2
    return np.array([-0.5 * np.log(det), rho**2 / det - 0.5 * np.log(det)])


# %% two-gaps: zero
def predict_gaps(rho):
    det = 1 - rho**2
    return np.array([-0.5 * np.log(det), 0 * rho])


# %% bound-above-evidence: prior-part
def log_weight(x, logits, mean, logvar, eps):
    z = mean + np.exp(0.5 * logvar) * eps
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    return log_px_given_z + np.sum(0.5 * (logvar + eps**2) - z**2, axis=-1)  # ½ lost


# %% two-gaps: spreads
def predict_gaps(rho):
    det = 1 - rho**2
    return np.array([-0.5 * np.log(det), np.sinh(rho**2) / 3])
