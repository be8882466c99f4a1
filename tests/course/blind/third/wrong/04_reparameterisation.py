# %% full-covariance-backward: the triangle is masked by where scale is not 0, so a lower entry that happens to be 0 gets no gradient
def full_sample_backward(d_z, mean, scale, eps):
    lower = np.tril(scale) != 0
    return {"mean": d_z, "scale": np.einsum("ni,nj->nij", d_z, eps) * lower}


# %% full-covariance-backward: the outer product is transposed before the lower triangle is taken
def full_sample_backward(d_z, mean, scale, eps):
    return {"mean": d_z, "scale": np.tril(np.einsum("ni,nj->nij", eps, d_z))}


# %% full-covariance-backward: the scale gradient is summed over the batch and repeated for each example, right for N = 1 only
def full_sample_backward(d_z, mean, scale, eps):
    d_scale = np.tril(d_z.T @ eps)
    return {"mean": d_z, "scale": np.zeros_like(scale) + d_scale}


# %% full-covariance-backward: the upper triangle, which is not used, gets a gradient too
def full_sample_backward(d_z, mean, scale, eps):
    return {"mean": d_z, "scale": d_z[:, :, None] * eps[:, None, :]}


# %% full-covariance-backward: right numbers, but the gradient is written over the input scale
def full_sample_backward(d_z, mean, scale, eps):
    scale[...] = np.tril(d_z[:, :, None] * eps[:, None, :])
    return {"mean": d_z, "scale": scale}


# %% slope-of-a-probability: the reparameterised estimator was chosen, the step has derivative 0 and so the estimate is 0
def slope_of_probability(mean, std, threshold, eps):
    z = mean + std * eps
    slope_of_f = np.zeros_like(z)  # f is flat on both sides
    return float(np.mean(slope_of_f * 1.0))


# %% slope-of-a-probability: the score is taken as eps / std^2 in place of eps / std
def slope_of_probability(mean, std, threshold, eps):
    z = mean + std * eps
    f = (z > threshold).astype(float)
    return np.mean(f * eps / std**2)


# %% slope-of-a-probability: averages over the draws above the threshold only, not over all L
def slope_of_probability(mean, std, threshold, eps):
    z = mean + std * eps
    above = z > threshold
    if not above.any():
        return 0.0
    return (eps[above] / std).mean()


# %% slope-of-a-probability: smooths the step to a sigmoid of width 0.1 so that the reparameterised form can be used
def slope_of_probability(mean, std, threshold, eps):
    z = mean + std * eps
    s = 0.5 * (1 + np.tanh((z - threshold) / 0.1 / 2))
    return np.mean(s * (1 - s) / 0.1)


# %% slope-of-a-probability: floored at 0 because the true slope is positive, wrong where the estimate from this noise is negative
def slope_of_probability(mean, std, threshold, eps):
    f = np.where(mean + std * eps > threshold, 1.0, 0.0)
    estimate = np.mean(f * eps) / std
    return max(estimate, 0.0)  # a density is never negative


# %% two-variances: |mean| for mean^2, right in all three examples of the notebook
def predict_variances(mean, std):
    return np.array([2 + abs(mean) / std**2, 0.0])


# %% two-variances: the second moment, the square of the mean (1) was not taken off
def predict_variances(mean, std):
    return np.array([3 + mean**2 / std**2, 0.0])


# %% two-variances: takes the variance of z for that of the reparameterised gradient
def predict_variances(mean, std):
    return np.array([mean**2 / std**2 + 2, std**2])


# %% two-variances: measures with noise of its own instead of predicting, right to a few digits at most
def predict_variances(mean, std):
    eps = np.random.default_rng(1).standard_normal(100_000)
    z = mean + std * eps
    return np.array([np.var(z * eps / std), np.var(np.ones_like(z))])


# %% two-variances: an array of integers cuts the decimals off
def predict_variances(mean, std):
    out = np.zeros(2, dtype=int)
    out[0] = 2 + (mean / std) ** 2
    return out


# %% wrong-samples: the sampler is right, the gradient in logvar lacks the factor 1/2
def sample(d_z, mean, logvar, eps):
    std = np.exp(logvar / 2)
    return {"z": mean + std * eps, "mean": d_z, "logvar": d_z * std * eps}


# %% wrong-samples: logvar is clipped to [-4, 4], right for all moderate values
def sample(d_z, mean, logvar, eps):
    std = np.exp(0.5 * np.clip(logvar, -4, 4))
    return {"z": mean + std * eps, "mean": d_z, "logvar": 0.5 * d_z * std * eps}


# %% wrong-samples: the upstream gradient is forgotten in logvar, right for d_z = 1
def sample(d_z, mean, logvar, eps):
    half = np.exp(logvar / 2) * eps
    return {"z": mean + half, "mean": d_z, "logvar": half / 2}


# %% wrong-samples: the gradients of the KL divergence are added, which are not the sampler's
def sample(d_z, mean, logvar, eps):
    std = np.exp(logvar / 2)
    return {"z": mean + std * eps,
            "mean": d_z + mean,
            "logvar": d_z * std * eps / 2 + 0.5 * (np.exp(logvar) - 1)}


# %% wrong-samples: right numbers, but the input mean is changed in place
def sample(d_z, mean, logvar, eps):
    z = mean
    shift = np.exp(logvar / 2) * eps
    z += shift
    return {"z": z, "mean": d_z, "logvar": d_z * shift / 2}
