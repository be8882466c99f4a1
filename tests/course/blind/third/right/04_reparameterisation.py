# %% full-covariance-backward: three plain loops over the lower triangle, and an extra key for the gradient of the noise
def full_sample_backward(d_z, mean, scale, eps):
    count, size = d_z.shape
    d_scale = np.zeros((count, size, size))
    d_eps = np.zeros((count, size))
    for n in range(count):
        for i in range(size):
            for j in range(i + 1):
                d_scale[n, i, j] = d_z[n, i] * eps[n, j]
                d_eps[n, j] += d_z[n, i] * scale[n, i, j]
    return {"mean": d_z.copy(), "scale": d_scale, "eps": d_eps}


# %% slope-of-a-probability: a running sum in a loop, the score written as (z - mean) / std^2, and only the draws above added up
def slope_of_probability(mean, std, threshold, eps):
    total = 0.0
    for e in np.asarray(eps, dtype=float).ravel():
        z = mean + std * e
        if z > threshold:
            total += (z - mean) / (std * std)
    return total / len(eps)


# %% two-variances: moments by Gauss-Hermite quadrature, and a list of floats where an array is asked
def predict_variances(mean, std):
    nodes, weights = np.polynomial.hermite_e.hermegauss(8)
    weights = weights / weights.sum()
    draw = (mean + std * nodes) * nodes / std
    first = float(weights @ draw)
    return [float(weights @ (draw - first) ** 2), 0.0]


# %% wrong-samples: the standard deviation as the square of exp(logvar / 4), built in place on copies, dict by zip
def sample(d_z, mean, logvar, eps):
    move = np.array(logvar, dtype=float)
    move *= 0.25
    np.exp(move, out=move)
    move *= move
    move *= eps
    z = np.array(mean, dtype=float)
    z += move
    move *= d_z
    move /= 2
    return dict(zip(("logvar", "mean", "z"), (move, +d_z, z)))
