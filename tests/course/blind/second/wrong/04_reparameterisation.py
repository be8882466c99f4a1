# %% full-covariance-backward: takes z = T (mean + eps), so the gradient of the mean goes through the transpose of T
def full_sample_backward(d_z, mean, scale, eps):
    T = np.tril(scale)
    d_mean = np.einsum("nij,ni->nj", T, d_z)
    d_scale = np.tril(d_z[:, :, None] * eps[:, None, :])
    return {"mean": d_mean, "scale": d_scale}


# %% full-covariance-backward: masks by "the entry of T is not zero", so an entry of the lower triangle that is exactly 0 gets no gradient
def full_sample_backward(d_z, mean, scale, eps):
    T = np.tril(scale)
    used = T != 0
    return {"mean": d_z.copy(), "scale": used * np.einsum("ni,nj->nij", d_z, eps)}


# %% full-covariance-backward: fills only the diagonal and the first diagonal below it, right for Z up to 2 only
def full_sample_backward(d_z, mean, scale, eps):
    N, Z = d_z.shape
    d_scale = np.zeros((N, Z, Z))
    for i in range(Z):
        d_scale[:, i, i] = d_z[:, i] * eps[:, i]
        if i > 0:
            d_scale[:, i, i - 1] = d_z[:, i] * eps[:, i - 1]
    return {"mean": d_z, "scale": d_scale}


# %% full-covariance-backward: treats T as a weight matrix shared by the batch: sums over the examples and hands each the sum
def full_sample_backward(d_z, mean, scale, eps):
    d_weight = np.tril(d_z.T @ eps)
    return {"mean": d_z, "scale": np.broadcast_to(d_weight, scale.shape).copy()}


# %% full-covariance-backward: writes the gradient into the input scale, which is lost for the caller (the numbers are right)
def full_sample_backward(d_z, mean, scale, eps):
    N, Z = eps.shape
    d_scale = scale
    for i in range(Z):
        d_scale[:, i, :i + 1] = d_z[:, i, None] * eps[:, :i + 1]
        d_scale[:, i, i + 1:] = 0.0
    return {"mean": d_z, "scale": d_scale}


# %% full-covariance-backward: gives the lower triangle packed as a vector of Z(Z+1)/2 entries, not as a Z by Z matrix
def full_sample_backward(d_z, mean, scale, eps):
    rows, cols = np.tril_indices(eps.shape[1])
    return {"mean": d_z, "scale": d_z[:, rows] * eps[:, cols]}


# %% full-covariance-backward: supposes that the diagonal goes through abs() as for a Cholesky factor: wrong sign where a diagonal entry is negative
def full_sample_backward(d_z, mean, scale, eps):
    d_scale = np.tril(np.einsum("ni,nj->nij", d_z, eps))
    i = np.arange(eps.shape[1])
    d_scale[:, i, i] *= np.where(scale[:, i, i] < 0, -1.0, 1.0)
    return {"mean": d_z, "scale": d_scale}


# %% full-covariance-backward: clips the entries of the gradient of scale to [-5, 5], as a training loop would, right for small gradients only
def full_sample_backward(d_z, mean, scale, eps):
    d_scale = np.matmul(d_z[:, :, np.newaxis], eps[:, np.newaxis, :])
    d_scale = np.tril(np.clip(d_scale, -5.0, 5.0))
    return {"mean": d_z, "scale": d_scale}


# %% full-covariance-backward: squeezes the result, so that the shape is wrong for a batch of one example or a code of one dimension
def full_sample_backward(d_z, mean, scale, eps):
    d_scale = np.stack([np.tril(np.outer(g, e)) for g, e in zip(d_z, eps)])
    return {"mean": np.squeeze(d_z), "scale": np.squeeze(d_scale)}


# %% slope-of-a-probability: smooths the step to a sigmoid of temperature 0.1 and differentiates along the path: biased
def slope_of_probability(mean, std, threshold, eps):
    z = mean + std * eps
    temperature = 0.1
    s = 0.5 * (1 + np.tanh((z - threshold) / (2 * temperature)))
    return np.mean(s * (1 - s) / temperature)


# %% slope-of-a-probability: counts both tails, abs(z) > c, right only where no draw lies below -c
def slope_of_probability(mean, std, threshold, eps):
    z = mean + std * eps
    f = (np.abs(z) > threshold).astype(float)
    return float(np.mean(f * eps / std))


# %% slope-of-a-probability: weights each draw by its density once more, as in the integral, though the draws come from it already
def slope_of_probability(mean, std, threshold, eps):
    z = mean + std * eps
    density = np.exp(-0.5 * ((z - mean) / std) ** 2) / (std * np.sqrt(2 * np.pi))
    score = (z - mean) / std ** 2
    return np.mean((z > threshold) * density * score)


# %% slope-of-a-probability: the mean of f times the mean of the score, in place of the mean of their product
def slope_of_probability(mean, std, threshold, eps):
    probability = np.mean(mean + std * eps > threshold)
    score = np.mean(eps / std)
    return probability * score


# %% slope-of-a-probability: cuts the noise of the score off at 3 "against outliers", right as long as no draw is further out
def slope_of_probability(mean, std, threshold, eps):
    f = mean + std * eps > threshold
    return np.mean(f * np.clip(eps, -3, 3)) / std


# %% slope-of-a-probability: rounds the estimate to three decimals
def slope_of_probability(mean, std, threshold, eps):
    z = mean + std * eps
    estimate = np.mean(np.where(z > threshold, (z - mean) / std ** 2, 0.0))
    return round(float(estimate), 3)


# %% slope-of-a-probability: subtracts the batch's own mean of f as a baseline, which biases the estimate by the factor 1 - 1/L
def slope_of_probability(mean, std, threshold, eps):
    f = (mean + std * eps > threshold).astype(float)
    advantage = f - f.mean()
    return np.mean(advantage * eps / std)


# %% slope-of-a-probability: averages the score over the draws beyond the threshold only: the slope of log P, not of P
def slope_of_probability(mean, std, threshold, eps):
    z = mean + std * eps
    hit = z > threshold
    if not hit.any():
        return 0.0
    return ((z[hit] - mean) / std ** 2).mean()


# %% slope-of-a-probability: a central difference with the wide step 0.5 and the same noise, neither of the two estimators and biased
def slope_of_probability(mean, std, threshold, eps):
    h = 0.5

    def probability(m):
        return np.mean(m + std * eps > threshold)

    return (probability(mean + h) - probability(mean - h)) / (2 * h)


# %% two-variances: gives the second moments, the square of the expected 1 not taken off
def predict_variances(mean, std):
    # E[(z * score)^2] = E[(mean / std * e + e^2)^2] = mean^2 / std^2 + 3
    return np.array([mean ** 2 / std ** 2 + 3.0, 1.0])


# %% two-variances: multiplies z and the score as if they were independent
def predict_variances(mean, std):
    # Var(xy) = E[x^2] E[y^2] - E[x]^2 E[y]^2, and the score's mean is 0
    second_z, second_score = mean ** 2 + std ** 2, 1 / std ** 2
    return np.array([second_z * second_score, 0.0])


# %% two-variances: measures with draws of its own in place of predicting: only two digits are right
def predict_variances(mean, std):
    e = np.random.default_rng(1).standard_normal(100_000)
    z = mean + std * e
    return np.array([np.var(z * (z - mean) / std ** 2), np.var(np.ones_like(z))])


# %% two-variances: precedence slip, mean**2 / std * std is mean**2, right for std 1 or mean 0 only
def predict_variances(mean, std):
    return np.array([mean * mean / std * std + 2, 0])


# %% two-variances: rounds to whole numbers, right in the three examples of the notebook
def predict_variances(mean, std):
    return np.round(np.array([2.0 + (mean / std) ** 2, 0.0]))


# %% two-variances: a formula guessed from the three printed examples, the mean not squared: right for mean 0 and 1 only
def predict_variances(mean, std):
    return np.array([2.0 + mean / std ** 2, 0.0])


# %% two-variances: takes the mean off f first, as with a baseline: right for mean 0 only
def predict_variances(mean, std):
    # (z - mean) (z - mean) / std^2 = e^2, a chi square with one degree of freedom
    return np.array([2.0, 0.0])


# %% two-variances: the variances of the gradients in logvar, not in the mean
def predict_variances(mean, std):
    # z (e^2 - 1) / 2 and std e / 2
    score = (mean ** 2 + 5 * std ** 2) / 2
    path = std ** 2 / 4
    return np.array([score, path])


# %% two-variances: the variances for f(z) = z^2 in place of f(z) = z
def predict_variances(mean, std):
    score = mean ** 4 / std ** 2 + 14 * mean ** 2 + 15 * std ** 2
    return np.array([score, 4 * std ** 2])


# %% wrong-samples: mends the sampler, but in the gradient of logvar exp(logvar) stays and only the 1/2 is added: right for logvar 0
def sample(d_z, mean, logvar, eps):
    return {"z": mean + np.exp(0.5 * logvar) * eps, "mean": d_z,
            "logvar": 0.5 * d_z * np.exp(logvar) * eps}


# %% wrong-samples: clamps logvar to [-30, 20] as other code does, right in between
def sample(d_z, mean, logvar, eps):
    lv = np.clip(logvar, -30.0, 20.0)
    std = np.exp(0.5 * lv)
    return {"z": mean + std * eps, "mean": d_z, "logvar": 0.5 * d_z * std * eps}


# %% wrong-samples: floors the standard deviation at 1e-3, wrong for small variances only
def sample(d_z, mean, logvar, eps):
    std = np.maximum(np.exp(logvar / 2), 1e-3)
    return {"z": mean + std * eps, "mean": d_z, "logvar": d_z * std * eps / 2}


# %% wrong-samples: adds the gradients of the KL term to those of the sampler
def sample(d_z, mean, logvar, eps):
    std = np.exp(0.5 * logvar)
    return {"z": mean + std * eps, "mean": d_z + mean,
            "logvar": 0.5 * d_z * std * eps + 0.5 * (std ** 2 - 1)}


# %% wrong-samples: halves and exponentiates logvar in place, so that the caller's logvar is changed (the numbers are right)
def sample(d_z, mean, logvar, eps):
    logvar *= 0.5
    std = np.exp(logvar, out=logvar)
    noise = std * eps
    return {"z": mean + noise, "mean": d_z, "logvar": 0.5 * d_z * noise}


# %% wrong-samples: uses the logvar of the first example for the whole batch
def sample(d_z, mean, logvar, eps):
    std = np.exp(0.5 * logvar[0])
    return {"z": mean + std * eps, "mean": d_z, "logvar": 0.5 * d_z * std * eps}


# %% wrong-samples: precedence slip, exp(logvar) ** 1 / 2 is half the variance in place of its square root
def sample(d_z, mean, logvar, eps):
    std = np.exp(logvar) ** 1 / 2
    d_std = d_z * eps
    return {"z": mean + std * eps, "mean": d_z, "logvar": d_std * std}


# %% wrong-samples: divides the gradients by the number of examples, right for a batch of one as in the demonstration
def sample(d_z, mean, logvar, eps):
    n = len(d_z)
    std = np.exp(0.5 * logvar)
    return {"z": mean + std * eps, "mean": d_z / n, "logvar": 0.5 * d_z * std * eps / n}


# %% wrong-samples: a two-branch "stable" exponential whose branch for negative logvar lacks the reciprocal
def sample(d_z, mean, logvar, eps):
    grow = np.exp(0.5 * np.abs(logvar))
    shrink = np.exp(-0.5 * np.minimum(logvar, 0))
    std = np.where(logvar >= 0, grow, shrink)
    return {"z": mean + std * eps, "mean": d_z, "logvar": 0.5 * d_z * std * eps}
