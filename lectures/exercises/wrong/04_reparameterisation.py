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


# %% full-covariance-backward: gradient
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


# %% slope-of-a-probability: estimate
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


# %% wrong-samples: samples
def sample(d_z, mean, logvar, eps):
    std = np.sqrt(np.abs(logvar))
    return {"z": mean + std * eps, "mean": d_z, "logvar": d_z * 0.5 * std * eps}
