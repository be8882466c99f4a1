"""Plausible wrong answers to the exercises of lecture 4.

Each cell stands for the student's: `# %% exercise: key of the hint that it must get`.
"""
import numpy as np


# %% full-covariance-backward: transpose
def full_sample_backward(d_z, mean, scale, eps):
    return {"mean": d_z, "scale": np.triu(eps[:, :, None] * d_z[:, None, :])}


# %% full-covariance-backward: triangle
def full_sample_backward(d_z, mean, scale, eps):
    return {"mean": d_z, "scale": d_z[:, :, None] * eps[:, None, :]}


# %% full-covariance-backward: shape
def full_sample_backward(d_z, mean, scale, eps):
    return {"mean": d_z, "scale": np.tril(d_z.T @ eps)}


# %% full-covariance-backward: noise
def full_sample_backward(d_z, mean, scale, eps):
    return {"mean": d_z, "scale": np.tril(d_z[:, :, None] * np.ones_like(scale))}


# %% full-covariance-backward: transpose
def full_sample_backward(d_z, mean, scale, eps):
    return {"mean": d_z, "scale": np.tril(eps[:, :, None] * d_z[:, None, :])}


# %% slope-of-a-probability: zero
def slope_of_probability(mean, std, threshold, eps):
    z = mean + std * eps
    slope_of_f = np.zeros_like(z)  # a step is flat
    return np.mean(slope_of_f)


# %% slope-of-a-probability: score
def slope_of_probability(mean, std, threshold, eps):
    z = mean + std * eps
    return np.mean((z > threshold) * eps / std**2)


# %% slope-of-a-probability: score
def slope_of_probability(mean, std, threshold, eps):
    z = mean + std * eps
    return np.mean((z > threshold) * (z - mean))


# %% slope-of-a-probability: sign
def slope_of_probability(mean, std, threshold, eps):
    z = mean + std * eps
    return np.mean((z > threshold) * (mean - z) / std**2)


# %% slope-of-a-probability: ignores
def slope_of_probability(mean, std, threshold, eps):
    z = mean + std * eps
    return np.mean(z * eps / std)


# %% two-variances: swapped
def predict_variances(mean, std):
    return np.array([0.0, mean**2 / std**2 + 2])


# %% two-variances: path
def predict_variances(mean, std):
    return np.array([mean**2 / std**2 + 2, std**2])


# %% two-variances: mean-square
def predict_variances(mean, std):
    return np.array([mean**2 / std**2 + 3, 0.0])


# %% two-variances: fourth
def predict_variances(mean, std):
    return np.array([mean**2 / std**2 + 1, 0.0])


# %% two-variances: score
def predict_variances(mean, std):
    return np.array([mean**2 + std**2, 0.0])


# %% wrong-samples: variance
def sample(d_z, mean, logvar, eps):
    return {"z": mean + np.exp(logvar) * eps, "mean": d_z,
            "logvar": d_z * np.exp(logvar) * eps}


# %% wrong-samples: backward
def sample(d_z, mean, logvar, eps):
    return {"z": mean + np.exp(0.5 * logvar) * eps, "mean": d_z,
            "logvar": d_z * np.exp(logvar) * eps}


# %% wrong-samples: half
def sample(d_z, mean, logvar, eps):
    std = np.exp(0.5 * logvar)
    return {"z": mean + std * eps, "mean": d_z, "logvar": d_z * std * eps}


# %% wrong-samples: variance
def sample(d_z, mean, logvar, eps):
    std = np.sqrt(np.abs(logvar))
    return {"z": mean + std * eps, "mean": d_z, "logvar": d_z * 0.5 * std * eps}


# %% full-covariance-backward: matrix
def full_sample_backward(d_z, mean, scale, eps):
    d_mean = np.einsum("nij,ni->nj", np.tril(scale), d_z)  # as if z were T (mean + ε)
    return {"mean": d_mean, "scale": np.tril(d_z[:, :, None] * eps[:, None, :])}


# %% full-covariance-backward: upstream
def full_sample_backward(d_z, mean, scale, eps):
    return {"mean": np.ones_like(d_z), "scale": np.tril(d_z[:, :, None] * eps[:, None, :])}


# %% slope-of-a-probability: mean
def slope_of_probability(mean, std, threshold, eps):
    return np.mean((eps > threshold) * eps / std)  # never forms z


# %% slope-of-a-probability: ignores
def slope_of_probability(mean, std, threshold, eps):
    return np.exp(-threshold**2 / 2) / np.sqrt(2 * np.pi) / std


# %% slope-of-a-probability: noise
def slope_of_probability(mean, std, threshold, eps):
    return np.exp(-((threshold - mean) / std)**2 / 2) / np.sqrt(2 * np.pi) / std  # exact


# %% slope-of-a-probability: ignores
def slope_of_probability(mean, std, threshold, eps):
    own = np.random.default_rng(0).standard_normal(400_000)
    return np.mean((mean + std * own > threshold) * own / std)


# %% slope-of-a-probability: noise
def slope_of_probability(mean, std, threshold, eps):
    own = np.random.default_rng().standard_normal(400_000)
    return np.mean((mean + std * own > threshold) * own / std)


# %% slope-of-a-probability: sum
def slope_of_probability(mean, std, threshold, eps):
    z = mean + std * eps
    return np.sum((z > threshold) * eps / std)


# %% two-variances: root
def predict_variances(mean, std):
    return np.array([np.sqrt(mean**2 / std**2 + 2), 0.0])


# %% wrong-samples: minus
def sample(d_z, mean, logvar, eps):
    std = np.exp(0.5 * logvar)
    return {"z": mean - std * eps, "mean": d_z, "logvar": -0.5 * d_z * std * eps}


# %% wrong-samples: centre
def sample(d_z, mean, logvar, eps):
    std = np.exp(0.5 * logvar)
    return {"z": std * eps, "mean": d_z, "logvar": 0.5 * d_z * std * eps}


# %% wrong-samples: noise
def sample(d_z, mean, logvar, eps):
    std = np.exp(0.5 * logvar)
    return {"z": mean + std * eps, "mean": d_z, "logvar": 0.5 * d_z * std}


# %% wrong-samples: upstream
def sample(d_z, mean, logvar, eps):
    std = np.exp(0.5 * logvar)
    return {"z": mean + std * eps, "mean": d_z, "logvar": 0.5 * std * eps}


# %% wrong-samples: upstream
def sample(d_z, mean, logvar, eps):
    std = np.exp(0.5 * logvar)
    return {"z": mean + std * eps, "mean": np.ones_like(d_z), "logvar": 0.5 * d_z * std * eps}


# %% wrong-samples: sign
def sample(d_z, mean, logvar, eps):
    std = np.exp(0.5 * logvar)
    return {"z": mean + std * eps, "mean": d_z, "logvar": -0.5 * d_z * std * eps}


# %% wrong-samples: shape
def sample(d_z, mean, logvar, eps):
    std = np.exp(0.5 * logvar)
    d_logvar = np.sum(0.5 * d_z * std * eps, axis=0)
    return {"z": mean + std * eps, "mean": d_z, "logvar": d_logvar}


# %% wrong-samples: ignores
def sample(d_z, mean, logvar, eps):
    std = np.exp(0.5 * logvar)
    return {"z": mean + std * eps, "mean": d_z, "logvar": 0.5 * d_z * eps}  # σ lost


# %% full-covariance-backward: gradient
def full_sample_backward(d_z, mean, scale, eps):
    return {"mean": d_z, "scale": np.tril(np.exp(d_z[:, :, None] * eps[:, None, :]))}


# %% slope-of-a-probability: all-draws
def slope_of_probability(mean, std, threshold, eps):
    above = mean + std * eps > threshold
    return np.sum(above * eps) / std / max(1, np.sum(above))


# %% slope-of-a-probability: product
def slope_of_probability(mean, std, threshold, eps):
    return np.mean(mean + std * eps > threshold) * np.mean(eps / std)


# %% slope-of-a-probability: average
def slope_of_probability(mean, std, threshold, eps):
    return np.sum((mean + std * eps > threshold) * eps) / std / (len(eps) - 1)


# %% slope-of-a-probability: estimate
def slope_of_probability(mean, std, threshold, eps):
    step = 0.1  # two counted shares
    return (np.mean(mean + step + std * eps > threshold)
            - np.mean(mean - step + std * eps > threshold)) / (2 * step)


# %% two-variances: approximate
def predict_variances(mean, std):
    eps = np.random.default_rng(0).standard_normal(1_000_000)
    return np.array([np.var((mean + std * eps) * eps / std), 0.0])


# %% two-variances: mean-lost
def predict_variances(mean, std):
    return np.array([2.0, 0.0])


# %% wrong-samples: samples
def sample(d_z, mean, logvar, eps):
    std = np.log1p(np.exp(logvar))
    return {"z": mean + std * eps, "mean": d_z, "logvar": 0.5 * d_z * std * eps}


# %% wrong-samples: kl
def sample(d_z, mean, logvar, eps):
    std = np.exp(0.5 * logvar)
    return {"z": mean + std * eps, "mean": d_z - mean, "logvar": 0.5 * d_z * std * eps}


# %% wrong-samples: gradient
def sample(d_z, mean, logvar, eps):
    std = np.exp(0.5 * logvar)
    return {"z": mean + std * eps, "mean": d_z, "logvar": 0.5 * np.tanh(d_z) * std * eps}


# %% slope-of-a-probability: baseline
def slope_of_probability(mean, std, threshold, eps):
    above = mean + std * eps > threshold
    return np.mean((above - above.mean()) * eps) / std


# %% two-variances: logvar
def predict_variances(mean, std):
    # z (e^2 - 1) / 2 and std e / 2
    score = (mean ** 2 + 5 * std ** 2) / 2
    path = std ** 2 / 4
    return np.array([score, path])


# %% two-variances: square-f
def predict_variances(mean, std):
    score = mean ** 4 / std ** 2 + 14 * mean ** 2 + 15 * std ** 2
    return np.array([score, 4 * std ** 2])
