# %% full-covariance-backward: z is linear in scale, so each entry's gradient comes from full_sample itself, fed with unit matrices
def full_sample_backward(d_z, mean, scale, eps):
    d_scale = np.zeros(scale.shape)
    for i in range(scale.shape[1]):
        for j in range(scale.shape[2]):
            unit = np.zeros(scale.shape)
            unit[:, i, j] = 1.0
            d_scale[:, i, j] = (d_z * full_sample(0.0, unit, eps)).sum(axis=1)
    return {"mean": d_z + 0.0, "scale": d_scale}


# %% full-covariance-backward: float32 inside, a mask of ones by comparison of indices, and an extra key for the noise
def full_sample_backward(d_z, mean, scale, eps):
    g, e = d_z.astype(np.float32), eps.astype(np.float32)
    i = np.arange(e.shape[1])
    mask = (i[:, None] >= i[None, :]).astype(np.float32)
    return {"scale": np.einsum("ni,nj,ij->nij", g, e, mask), "mean": g,
            "eps": np.einsum("nij,ni->nj", np.tril(scale), d_z)}


# %% full-covariance-backward: takes the upper triangle of the transposed product and turns it back, in Fortran-like order
def full_sample_backward(d_z, mean, scale, eps):
    transposed = np.triu(eps[:, :, None] @ d_z[:, None, :])
    return dict(mean=d_z, scale=transposed.swapaxes(-1, -2))


# %% slope-of-a-probability: the score from the library's gaussian_log_prob_backward, f as its upstream gradient
def slope_of_probability(mean, std, threshold, eps):
    column = np.asarray(eps, dtype=float).reshape(-1, 1)
    z = mean + std * column
    q = np.full_like(z, mean), np.full_like(z, 2 * np.log(std))
    f = (z[:, 0] > threshold) / len(z)
    return float(distributions.gaussian_log_prob_backward(f, z, *q)[1].sum())


# %% slope-of-a-probability: sums the noise of the hits only, but divides by the number of all draws
def slope_of_probability(mean, std, threshold, eps):
    z = mean + std * eps
    return eps[z > threshold].sum() / (std * eps.size)


# %% slope-of-a-probability: a Python loop with a running mean and no arrays
def slope_of_probability(mean, std, threshold, eps):
    average = 0.0
    for count, e in enumerate(eps, start=1):
        draw = float(e) / std if mean + std * float(e) > threshold else 0.0
        average += (draw - average) / count
    return average


# %% two-variances: a list of floats, the variance as that of a shifted square, a non-central chi square from SciPy
def predict_variances(mean, std):
    from scipy import stats
    # e^2 + (mean / std) e = (e + mean / (2 std))^2 - a constant
    return [float(stats.ncx2.var(1, (mean / (2 * std)) ** 2)), 0.0]


# %% two-variances: Gauss-Hermite quadrature, exact for these polynomials
def predict_variances(mean, std):
    e, w = np.polynomial.hermite_e.hermegauss(5)
    w = w / w.sum()
    z = mean + std * e
    draws = np.stack([z * (z - mean) / std ** 2, np.ones_like(z)])
    return (w * (draws - 1.0) ** 2).sum(axis=1)


# %% two-variances: a sum of squares over the common denominator, and the zero as a product
def predict_variances(mean, std):
    signal, noise = np.float64(mean) ** 2, np.float64(std) ** 2
    return np.array([(signal + noise + noise) / noise, 1.0]) * np.array([1.0, 0.0])


# %% wrong-samples: the derivative in logvar by a complex step, exact to the last digit
def sample(d_z, mean, logvar, eps):
    h = 1e-30
    z = mean + np.exp((logvar + 1j * h) / 2) * eps
    return {"z": z.real, "mean": np.ones_like(mean) * d_z, "logvar": d_z * (z.imag / h)}


# %% wrong-samples: hands everything to the library's own pair
def sample(d_z, mean, logvar, eps):
    backward = distributions.reparameterise_backward(d_z, mean, logvar, eps)
    return {"z": distributions.reparameterise(mean, logvar, eps),
            "mean": backward[0], "logvar": backward[1]}


# %% wrong-samples: the square of exp(logvar / 4), in-place work on copies, a default argument and an extra key
def sample(d_z, mean, logvar, eps, quarter=0.25):
    root = np.array(logvar, dtype=float)
    root *= quarter
    np.exp(root, out=root)
    shift = root * root
    std = shift.copy()
    shift *= eps
    grad = shift.copy()
    grad *= d_z
    grad /= 2
    return {"logvar": grad, "mean": d_z.copy(), "z": shift + mean, "std": std}
