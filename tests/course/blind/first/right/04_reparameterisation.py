# %% full-covariance-backward: three plain loops, only the entries i >= j are filled
def full_sample_backward(d_z, mean, scale, eps):
    n_examples, size = d_z.shape
    d_mean, d_scale = np.zeros((n_examples, size)), np.zeros((n_examples, size, size))
    for n in range(n_examples):
        for i in range(size):
            d_mean[n, i] = d_z[n, i]
            for j in range(i + 1):
                d_scale[n, i, j] = d_z[n, i] * eps[n, j]
    return {"mean": d_mean, "scale": d_scale}


# %% full-covariance-backward: float32 inside, the mask as a third operand of einsum
def full_sample_backward(d_z, mean, scale, eps):
    g, e = np.asarray(d_z, dtype=np.float32), np.asarray(eps, dtype=np.float32)
    mask = np.tri(e.shape[1], dtype=np.float32)
    return {"mean": g, "scale": np.einsum("ni,nj,ij->nij", g, e, mask)}


# %% full-covariance-backward: matrix product of column and row, upper triangle zeroed by np.where, extra key for the noise
def full_sample_backward(d_z, mean, scale, eps):
    row, column = np.indices(scale.shape[1:])
    outer = np.matmul(d_z[:, :, np.newaxis], eps[:, np.newaxis, :])
    return {"scale": np.where(column > row, 0.0, outer), "mean": 1.0 * d_z,
            "eps": np.einsum("ni,nij->nj", d_z, np.tril(scale))}


# %% slope-of-a-probability: the score by the package's gaussian_log_prob_backward, with logvar
def slope_of_probability(mean, std, threshold, eps):
    e = np.reshape(eps, (-1, 1))
    m, logvar = np.full(e.shape, float(mean)), np.full(e.shape, 2 * np.log(std))
    z = mean + std * e
    score = distributions.gaussian_log_prob_backward(np.ones(len(z)), z, m, logvar)[1]
    return float(np.mean(np.where(z > threshold, score, 0.0)))


# %% slope-of-a-probability: a Python loop that adds up the draws above the threshold, exact sum by math.fsum
def slope_of_probability(mean, std, threshold, eps):
    import math
    hits = [float(e) for e in eps if mean + std * e > threshold]
    return math.fsum(hits) / (len(eps) * std)


# %% slope-of-a-probability: np.heaviside and an inner product, returned as an array without axes
def slope_of_probability(mean, std, threshold, eps):
    step = np.heaviside(mean + std * eps - threshold, 0.0)
    return np.array(step @ eps / (std * eps.size))


# %% two-variances: a list of floats, the sum of both terms over a common denominator
def predict_variances(mean, std):
    return [float((2 * std * std + mean * mean) / (std * std)), 0.0]


# %% two-variances: exact Gauss-Hermite quadrature of the two estimates' first and second moments
def predict_variances(mean, std):
    nodes, weights = np.polynomial.hermite_e.hermegauss(8)
    weights = weights / weights.sum()
    draws = np.stack([(mean + std * nodes) * nodes / std, np.ones_like(nodes)])
    centred = draws - (draws @ weights)[:, None]
    return centred ** 2 @ weights


# %% wrong-samples: the package's reparameterise and its backward do the work
def sample(d_z, mean, logvar, eps):
    d_mean, d_logvar = distributions.reparameterise_backward(d_z, mean, logvar, eps)[:2]
    return {"z": distributions.reparameterise(mean, logvar, eps), "mean": d_mean, "logvar": d_logvar}


# %% wrong-samples: in-place work on copies, extra key for the standard deviation
def sample(d_z, mean, logvar, eps):
    std = np.array(logvar, dtype=float)
    std /= 2
    np.exp(std, out=std)
    step = std.copy()
    step *= eps
    z = np.array(mean, dtype=float)
    z += step
    step *= d_z
    step /= 2
    return {"std": std, "z": z, "mean": np.array(d_z), "logvar": step}


# %% wrong-samples: the derivative of the standard deviation by a complex step
def sample(d_z, mean, logvar, eps):
    h = 1e-30
    shifted = np.exp((logvar + 1j * h) / 2)
    return {"z": mean + shifted.real * eps, "mean": d_z + 0.0, "logvar": d_z * eps * (shifted.imag / h)}
