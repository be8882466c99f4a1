# %% full-covariance-backward: the upper triangle, which the sampler does not use, gets a gradient too
def full_sample_backward(d_z, mean, scale, eps):
    return {"mean": d_z, "scale": d_z[:, :, None] * eps[:, None, :]}


# %% full-covariance-backward: the outer product is the wrong way round (noise in the rows), then the lower triangle is taken
def full_sample_backward(d_z, mean, scale, eps):
    d_scale = np.einsum("ni,nj->nij", eps, d_z)
    return {"mean": d_z, "scale": np.tril(d_scale)}


# %% full-covariance-backward: the diagonal is cut off with the upper triangle (k=-1)
def full_sample_backward(d_z, mean, scale, eps):
    outer = np.einsum("ni,nj->nij", d_z, eps)
    return {"mean": d_z.copy(), "scale": np.tril(outer, k=-1)}


# %% full-covariance-backward: both gradients divided by the number of examples, as if the mean over the batch were taken here
def full_sample_backward(d_z, mean, scale, eps):
    n = len(d_z)
    d_scale = np.tril(d_z[:, :, None] @ eps[:, None, :])
    return {"mean": d_z / n, "scale": d_scale / n}


# %% full-covariance-backward: near miss, masks where the value of the triangle is not zero, so an entry that happens to be 0 gets no gradient
def full_sample_backward(d_z, mean, scale, eps):
    used = np.tril(scale) != 0
    d_scale = np.einsum("ni,nj->nij", d_z, eps) * used
    return {"mean": d_z, "scale": d_scale}


# %% full-covariance-backward: written out by hand for two dimensions, from the third on the gradient stays 0
def full_sample_backward(d_z, mean, scale, eps):
    d_scale = np.zeros(scale.shape)
    d_scale[:, 0, 0] = d_z[:, 0] * eps[:, 0]
    if scale.shape[1] > 1:
        d_scale[:, 1, 0] = d_z[:, 1] * eps[:, 0]
        d_scale[:, 1, 1] = d_z[:, 1] * eps[:, 1]
    return {"mean": d_z, "scale": d_scale}


# %% full-covariance-backward: right values, but the gradient is written over the input scale
def full_sample_backward(d_z, mean, scale, eps):
    scale[...] = np.tril(np.einsum("ni,nj->nij", d_z, eps))
    return {"mean": d_z, "scale": scale}


# %% full-covariance-backward: the gradient in the mean is taken through the transposed matrix, which is the gradient in the noise
def full_sample_backward(d_z, mean, scale, eps):
    T = np.tril(scale)
    d_mean = np.einsum("nij,ni->nj", T, d_z)
    d_scale = np.tril(np.einsum("ni,nj->nij", d_z, eps))
    return {"mean": d_mean, "scale": d_scale}


# %% full-covariance-backward: entries off the diagonal doubled, as if the matrix were symmetric and each of them counted twice
def full_sample_backward(d_z, mean, scale, eps):
    outer = np.einsum("ni,nj->nij", d_z, eps)
    return {"mean": d_z, "scale": np.tril(outer) + np.tril(outer, -1)}


# %% slope-of-a-probability: the reparameterised estimator chosen, the slope of a step is 0 everywhere
def slope_of_probability(mean, std, threshold, eps):
    z = mean + std * eps
    df_dz = np.zeros_like(z)  # f is flat on both sides of the threshold
    dz_dmean = 1.0
    return np.mean(df_dz * dz_dmean)


# %% slope-of-a-probability: the score is taken to be eps, its division by the std is forgotten
def slope_of_probability(mean, std, threshold, eps):
    z = mean + std * eps
    f = (z > threshold).astype(float)
    return np.mean(f * eps)


# %% slope-of-a-probability: f is the indicator of the other side, z below the threshold, so the sign is that of the cdf
def slope_of_probability(mean, std, threshold, eps):
    z = mean + std * eps
    f = np.where(z <= threshold, 1.0, 0.0)
    score = (z - mean) / std ** 2
    return (f * score).mean()


# %% slope-of-a-probability: divided by L - 1 as for a sample variance
def slope_of_probability(mean, std, threshold, eps):
    z = mean + std * eps
    score = eps / std
    return float(np.sum(score[z > threshold]) / max(len(eps) - 1, 1))


# %% slope-of-a-probability: the threshold is compared with the noise and not with z, right for mean 0 and std 1 only
def slope_of_probability(mean, std, threshold, eps):
    f = eps > threshold
    return np.mean(f * eps / std)


# %% slope-of-a-probability: returns the exact density at the threshold and makes no use of the noise
def slope_of_probability(mean, std, threshold, eps):
    u = (threshold - mean) / std
    return np.exp(-0.5 * u ** 2) / (std * np.sqrt(2 * np.pi))


# %% slope-of-a-probability: near miss, an estimate below 0 is set to 0 because the true slope is positive
def slope_of_probability(mean, std, threshold, eps):
    z = mean + std * eps
    estimate = np.mean((z > threshold) * (z - mean) / std ** 2)
    return max(0.0, float(estimate))


# %% slope-of-a-probability: averages the score over the draws above the threshold only, not over all draws
def slope_of_probability(mean, std, threshold, eps):
    z = mean + std * eps
    hits = z > threshold
    if not hits.any():
        return 0.0
    return np.mean(eps[hits] / std)


# %% slope-of-a-probability: finite difference of the counted share with the same noise, a third estimator, not one of the lecture's two
def slope_of_probability(mean, std, threshold, eps):
    h = 1e-2
    up = np.mean(mean + h + std * eps > threshold)
    down = np.mean(mean - h + std * eps > threshold)
    return (up - down) / (2 * h)


# %% two-variances: the term with the mean is forgotten, right for mean 0 only
def predict_variances(mean, std):
    return np.array([2.0, 0.0])


# %% two-variances: the second moment in place of the variance, the squared expectation 1 is not subtracted
def predict_variances(mean, std):
    # E[(eps^2 + mean/std eps)^2] = 3 + mean^2/std^2
    return np.array([3.0 + mean ** 2 / std ** 2, 0.0])


# %% two-variances: the reparameterised estimate is thought to vary like z itself, with the variance std^2
def predict_variances(mean, std):
    score = 2 + (mean / std) ** 2
    path = std ** 2
    return np.array([score, path])


# %% two-variances: standard deviations in place of variances
def predict_variances(mean, std):
    variances = np.array([2 + mean ** 2 / std ** 2, 0.0])
    return np.sqrt(variances)


# %% two-variances: the two numbers in the wrong order
def predict_variances(mean, std):
    return np.array([0.0, 2 + mean ** 2 / std ** 2])


# %% two-variances: near miss, the std is floored at 0.1, so all three examples of the notebook come out right
def predict_variances(mean, std):
    std = max(std, 0.1)  # avoid dividing by a tiny number
    return np.array([2 + (mean / std) ** 2, 0.0])


# %% two-variances: measures with own noise in place of predicting, right to about a per cent only
def predict_variances(mean, std):
    e = np.random.default_rng(7).standard_normal(100_000)
    z = mean + std * e
    return np.array([np.var(z * e / std), np.var(np.ones_like(e))])


# %% two-variances: divides the squared mean by the std and not by the variance, right for std 1
def predict_variances(mean, std):
    return np.array([2 + mean ** 2 / std, 0.0])


# %% two-variances: near miss, a mean below 0 is treated as 0
def predict_variances(mean, std):
    ratio = max(mean, 0.0) / std
    return np.array([2 + ratio * ratio, 0.0])


# %% wrong-samples: the sample is right, but the factor 1/2 is missing in the gradient of logvar
def sample(d_z, mean, logvar, eps):
    std = np.exp(0.5 * logvar)
    return {"z": mean + std * eps, "mean": d_z, "logvar": d_z * std * eps}


# %% wrong-samples: the half is put before the exponential and not inside, gradient and sampler agree with each other again
def sample(d_z, mean, logvar, eps):
    return {"z": mean + 0.5 * np.exp(logvar) * eps, "mean": d_z,
            "logvar": d_z * 0.5 * np.exp(logvar) * eps}


# %% wrong-samples: the gradient of logvar uses z where it should use z - mean, right for mean 0 only
def sample(d_z, mean, logvar, eps):
    z = mean + np.exp(logvar / 2) * eps
    return {"z": z, "mean": d_z, "logvar": 0.5 * d_z * z}


# %% wrong-samples: near miss, logvar is clipped to -10 .. 10 for safety
def sample(d_z, mean, logvar, eps):
    std = np.exp(0.5 * np.clip(logvar, -10, 10))
    return {"z": mean + std * eps, "mean": d_z, "logvar": 0.5 * d_z * std * eps}


# %% wrong-samples: draws fresh noise and does not use the one given
def sample(d_z, mean, logvar, eps):
    noise = np.random.default_rng(0).normal(size=mean.shape)
    step = np.exp(logvar / 2) * noise
    return {"z": mean + step, "mean": d_z, "logvar": d_z * step / 2}


# %% wrong-samples: right values, but the input mean is changed in place
def sample(d_z, mean, logvar, eps):
    step = np.exp(0.5 * logvar) * eps
    z = mean
    z += step
    return {"z": z, "mean": d_z, "logvar": 0.5 * d_z * step}


# %% wrong-samples: the gradient of the KL divergence is added although only the sampler's is asked
def sample(d_z, mean, logvar, eps):
    std = np.exp(0.5 * logvar)
    return {"z": mean + std * eps, "mean": d_z + mean,
            "logvar": 0.5 * d_z * std * eps + 0.5 * (np.exp(logvar) - 1)}


# %% wrong-samples: takes logvar as a logarithm to base 10, with the gradient that belongs to it
def sample(d_z, mean, logvar, eps):
    std = 10.0 ** (logvar / 2)
    return {"z": mean + std * eps, "mean": d_z, "logvar": d_z * 0.5 * np.log(10) * std * eps}


# %% wrong-samples: two mistakes, the upstream gradient is forgotten in both gradients and the 1/2 is missing in that of logvar
def sample(d_z, mean, logvar, eps):
    std = np.sqrt(np.exp(logvar))
    return {"z": mean + std * eps, "mean": np.ones_like(mean), "logvar": std * eps}
