# %% use-of-the-code: variances from the differences of all pairs of images
def use_of_code(mean, logvar):
    N = len(mean)
    apart = mean[:, None] - mean[None]  # (N, N, Z)
    activity = np.einsum("mnz,mnz->z", apart, apart) / (2 * N**2)
    return {"kl": np.einsum("nz->z", mean**2 + np.expm1(logvar) - logvar) / (2 * N),
            "variance": activity + np.einsum("nz->z", np.exp(logvar)) / N, "activity": activity}


# %% use-of-the-code: loops, the mean and the sum of squares kept running from image to image
def use_of_code(mean, logvar):
    N, Z = mean.shape
    out = {name: np.zeros(Z) for name in ("activity", "variance", "kl")}
    for j in range(Z):
        centre = squares = inner = kl = 0.0
        for n in range(N):
            step = mean[n, j] - centre
            centre += step / (n + 1)
            squares += step * (mean[n, j] - centre)
            std = np.exp(logvar[n, j] / 2)
            inner += std * std
            kl += (mean[n, j] ** 2 + (std - 1) * (std + 1)) / 2 - np.log(std)
        out["activity"][j], out["kl"][j] = squares / N, kl / N
        out["variance"][j] = (squares + inner) / N
    return out


# %% path-in-the-prior: on a circle, by the angle whose squared tangent is t / (1 - t), and einsum
def path(z0, z1, t):
    angle = np.arctan2(np.sqrt(t), np.sqrt(1 - t))
    return np.einsum("ct,cnz->tnz", np.stack([np.cos(angle), np.sin(angle)]), np.stack([z0, z1]))


# %% path-in-the-prior: a loop over t, with the variances of the two parts written out
def path(z0, z1, t):
    steps = []
    for share in t:
        from_z0, from_z1 = 1.0 - share, share
        steps.append(from_z0**0.5 * z0 + from_z1**0.5 * z1)
    return np.array(steps).reshape(len(t), *z0.shape)


# %% cost-of-a-dimension: a loop by way of the decoder's weight, the encoder's slope and its variance
def predict_use(v, tau2, beta):
    kls, activities = [], []
    for axis in v:
        w = max(axis - beta * tau2, 0.0) ** 0.5
        slope = w / (w * w + beta * tau2)
        q_var = 1 / (1 + w * w / (beta * tau2))
        activities.append(slope**2 * axis)
        kls.append(0.5 * (slope**2 * axis + q_var - 1 - np.log(q_var)))
    return np.array([kls, activities])


# %% cost-of-a-dimension: the KL as water above the level log(β tau2), the activity from the KL
def predict_use(v, tau2, beta):
    level = 0.5 * (np.log(tau2) + np.log(beta))
    kl = np.clip(0.5 * np.log(v) - level, 0, None)
    return np.vstack([kl, -np.expm1(-2 * kl)])


# %% samples-too-good: loops over the draws and pixels, and a sigmoid by tanh
def samples(mean, logvar, rows, W, b, eps, uniform):
    L, D = uniform.shape
    z, x = np.array(eps, dtype=float), np.zeros((L, D))
    for l in range(L):
        for d in range(D):
            if uniform[l, d] < 0.5 * (1 + np.tanh(0.5 * (sum(z[l] * W[:, d]) + b[d]))):
                x[l, d] = 1.0
    return {"x": x, "z": z}


# %% samples-too-good: keeps the broken lines and hands them an encoder that says N(0, I); a step function of p - u draws x
def samples(mean, logvar, rows, W, b, eps, uniform):
    mean, logvar = np.zeros_like(mean), np.zeros_like(logvar)
    z = mean[rows] + np.exp(0.5 * logvar[rows]) * eps
    probability = np.exp(-np.logaddexp(0, -np.einsum("lz,zd->ld", z, W) - b))
    return {"z": z, "x": np.heaviside(probability - uniform, 0.0)}
