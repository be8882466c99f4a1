# %% use-of-the-code: the activity is divided by N - 1
def use_of_code(mean, logvar):
    activity = mean.var(axis=0, ddof=1)
    kl = 0.5 * np.mean(mean**2 + np.exp(logvar) - 1 - logvar, axis=0)
    return {"activity": activity, "variance": activity + np.exp(logvar).mean(axis=0), "kl": kl}


# %% use-of-the-code: the activity is the mean square, the average of the means is not taken off
def use_of_code(mean, logvar):
    activity = np.mean(mean**2, axis=0)
    var = np.mean(np.exp(logvar), axis=0)
    return {"activity": activity, "variance": activity + var,
            "kl": 0.5 * (activity + var - 1 - logvar.mean(axis=0))}


# %% use-of-the-code: the variance of all codes from the average log-variance
def use_of_code(mean, logvar):
    activity = np.var(mean, axis=0)
    return {"activity": activity, "variance": activity + np.exp(np.mean(logvar, axis=0)),
            "kl": np.mean(0.5 * (mean**2 + np.exp(logvar) - logvar - 1), axis=0)}


# %% use-of-the-code: the KL of one Gaussian with the mean and variance of all codes, not the average KL of the images
def use_of_code(mean, logvar):
    activity = mean.var(axis=0)
    variance = activity + np.exp(logvar).mean(axis=0)
    kl = 0.5 * (mean.mean(axis=0) ** 2 + variance - 1 - np.log(variance))
    return {"activity": activity, "variance": variance, "kl": kl}


# %% use-of-the-code: the variance of all codes is that of one q on average, the means' own spread is forgotten
def use_of_code(mean, logvar):
    var = np.exp(logvar)
    return {"activity": np.var(mean, axis=0), "variance": var.mean(axis=0),
            "kl": 0.5 * np.mean(mean**2 + var - 1 - logvar, axis=0)}


# %% use-of-the-code: the KL of the prior from q, the wrong way round
def use_of_code(mean, logvar):
    activity = mean.var(axis=0)
    kl = 0.5 * np.mean((1 + mean**2) * np.exp(-logvar) - 1 + logvar, axis=0)
    return {"activity": activity, "variance": activity + np.exp(logvar).mean(axis=0), "kl": kl}


# %% path-in-the-prior: the straight line, its variance falls to 1/2 halfway
def path(z0, z1, t):
    t = t[:, None, None]
    return (1 - t) * z0 + t * z1


# %% path-in-the-prior: a quarter circle, cos and sin: the variance is 1, but z1's share is sin^2 and not t
def path(z0, z1, t):
    angle = 0.5 * np.pi * t[:, None, None]
    return np.cos(angle) * z0 + np.sin(angle) * z1


# %% path-in-the-prior: the straight line divided by its standard deviation, again the share of z1 is not t
def path(z0, z1, t):
    t = np.reshape(t, (-1, 1, 1))
    return ((1 - t) * z0 + t * z1) / np.sqrt((1 - t) ** 2 + t**2)


# %% path-in-the-prior: t is the weight of z1 and not its share of the variance
def path(z0, z1, t):
    t = t[:, None, None]
    return np.sqrt(1 - t**2) * z0 + t * z1


# %% path-in-the-prior: the two weights are swapped, it walks from z1 to z0
def path(z0, z1, t):
    t = t[:, np.newaxis, np.newaxis]
    return np.sqrt(t) * z0 + np.sqrt(1 - t) * z1


# %% path-in-the-prior: spherical interpolation by the angle between the codes, weights that depend on z0 and z1
def path(z0, z1, t):
    u0 = z0 / np.linalg.norm(z0, axis=1, keepdims=True)
    u1 = z1 / np.linalg.norm(z1, axis=1, keepdims=True)
    angle = np.arccos(np.clip(np.sum(u0 * u1, axis=1, keepdims=True), -1, 1))
    t = t[:, None, None]
    return (np.sin((1 - t) * angle) * z0 + np.sin(t * angle) * z1) / np.sin(angle)


# %% cost-of-a-dimension: β on the wrong side, a high β lets more dimensions in
def predict_use(v, tau2, beta):
    ratio = np.maximum(v * beta / tau2, 1)
    return np.stack([0.5 * np.log(ratio), 1 - 1 / ratio])


# %% cost-of-a-dimension: no dimension is switched off, those below the noise get negative numbers
def predict_use(v, tau2, beta):
    noise = beta * tau2
    return np.stack([0.5 * np.log(v / noise), 1 - noise / v])


# %% cost-of-a-dimension: the activity is what the decoder makes of it in x, w^2, not the variance of the mean code
def predict_use(v, tau2, beta):
    noise = beta * tau2
    used = v > noise
    return np.array([np.where(used, 0.5 * np.log(v / noise), 0.0), np.where(used, v - noise, 0.0)])


# %% cost-of-a-dimension: the half of the KL is lost
def predict_use(v, tau2, beta):
    ratio = np.maximum(v / (beta * tau2), 1)
    return np.stack([np.log(ratio), 1 - 1 / ratio])


# %% cost-of-a-dimension: the decoder stays that of β = 1, only the encoder answers to β
def predict_use(v, tau2, beta):
    w2 = np.maximum(v - tau2, 0)
    q_var = beta * tau2 / (beta * tau2 + w2)
    activity = w2 * v / (w2 + beta * tau2) ** 2
    return np.stack([0.5 * (activity + q_var - 1 - np.log(q_var)), activity])


# %% cost-of-a-dimension: the variance of the mean code plus that of q is 1, and the activity is given as that 1
def predict_use(v, tau2, beta):
    ratio = v / (beta * tau2)
    used = ratio > 1
    return np.stack([np.where(used, 0.5 * np.log(np.maximum(ratio, 1)), 0), used.astype(float)])


# %% samples-too-good: one Gaussian with the mean and variance of the encoder's codes, not the prior
def samples(mean, logvar, rows, W, b, eps, uniform):
    centre = mean.mean(axis=0)
    spread = np.sqrt(mean.var(axis=0) + np.exp(logvar).mean(axis=0))
    z = centre + spread * eps
    probability = 1 / (1 + np.exp(-(z @ W + b)))
    return {"z": z, "x": (uniform < probability).astype(float)}


# %% samples-too-good: only the mean is dropped, the encoder's variance is kept
def samples(mean, logvar, rows, W, b, eps, uniform):
    z = np.exp(0.5 * logvar[rows]) * eps
    probability = 1 / (1 + np.exp(-(z @ W + b)))
    return {"z": z, "x": (uniform < probability).astype(float)}


# %% samples-too-good: the encoder's codes are shifted and scaled until their variance is 1, the symptom and not the cause
def samples(mean, logvar, rows, W, b, eps, uniform):
    z = mean[rows] + np.exp(0.5 * logvar[rows]) * eps
    z = (z - z.mean(axis=0)) / z.std(axis=0)
    probability = 1 / (1 + np.exp(-(z @ W + b)))
    return {"z": z, "x": (uniform < probability).astype(float)}


# %% samples-too-good: z is drawn from the prior and returned, but x is still decoded from the encoder's code
def samples(mean, logvar, rows, W, b, eps, uniform):
    z = eps
    code = mean[rows] + np.exp(0.5 * logvar[rows]) * eps
    probability = 1 / (1 + np.exp(-(code @ W + b)))
    return {"z": z, "x": (uniform < probability).astype(float)}


# %% samples-too-good: the likeliest image, a pixel is 1 above probability 1/2, and the uniform noise goes unused
def samples(mean, logvar, rows, W, b, eps, uniform):
    probability = 1 / (1 + np.exp(-(eps @ W + b)))
    return {"z": eps, "x": (probability > 0.5).astype(float)}


# %% samples-too-good: x is the probabilities themselves, the mean of p(x|z) and not a draw
def samples(mean, logvar, rows, W, b, eps, uniform):
    return {"z": eps, "x": 1 / (1 + np.exp(-(eps @ W + b)))}
