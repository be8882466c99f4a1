# %% shared-variances: einsum, with the standardised error and the sigmoid's slope as p times its mirror image
def shared_variances_backward(d_out, x, a, logvar):
    up, down = np.exp(-np.logaddexp(0, -a)), np.exp(-np.logaddexp(0, a))  # m and 1 - m
    std = np.exp(logvar / 2)
    r = (x - up) / std
    d_a = np.einsum("n,nd,d,nd,nd->nd", d_out, r, 1 / std, up, down)
    d_logvar = np.einsum("n,nd->d", d_out, (r - 1) * (r + 1)) / 2
    return {"logvar": d_logvar, "a": d_a}


# %% shared-variances: loops over examples and pixels, one number at a time
def shared_variances_backward(d_out, x, a, logvar):
    N, D = x.shape
    d_a, d_logvar = np.zeros((N, D)), np.zeros(D)
    for d in range(D):
        precision = np.exp(-logvar[d])
        for n in range(N):
            m = 0.5 + 0.5 * np.tanh(0.5 * a[n, d])
            d_m = d_out[n] * precision * (x[n, d] - m)
            d_a[n, d] = d_m * (0.5 / np.cosh(0.5 * a[n, d])) ** 2
            d_logvar[d] += 0.5 * d_m * (x[n, d] - m)
        d_logvar[d] -= 0.5 * np.sum(d_out)
    return {"a": d_a, "logvar": d_logvar}


# %% four-data-sets: plain loops over the examples and entries
def log_probs(switches, heights, visits, letters, a, s, scores):
    N, D = a.shape
    out = {name: np.zeros(N) for name in ("switches", "heights", "visits", "letters")}
    for n in range(N):
        for d in range(D):
            signed = a[n, d] if switches[n, d] == 1 else -a[n, d]
            out["switches"][n] += min(signed, 0.0) - np.log1p(np.exp(-abs(signed)))
            error = (heights[n, d] - a[n, d]) / np.exp(s[n, d] / 2)
            out["heights"][n] -= np.log(np.sqrt(2 * np.pi)) + s[n, d] / 2 + error * error / 2
            rate = np.exp(a[n, d])
            out["visits"][n] += visits[n, d] * a[n, d] - rate - log_factorial(visits[n, d])
            behind = scores[n, d] - scores[n, d, int(letters[n, d])]  # of each letter, before the one that came
            top = behind.max()
            out["letters"][n] -= top + np.log(np.sum(np.exp(behind - top)))
    return out


# %% four-data-sets: a one-hot letter and einsum; the switches as a softmax over the scores 0 and a
def log_probs(switches, heights, visits, letters, a, s, scores):
    def categorical(index, scores):
        hot = (index[..., None] == np.arange(scores.shape[-1])).astype(float)
        shifted = scores - scores.max(axis=-1)[..., None]
        return (np.einsum("ndc,ndc->n", hot, shifted)
                - np.einsum("nd->n", np.log(np.exp(shifted).sum(axis=-1))))

    letter = categorical(letters, scores)
    switch = categorical(switches, np.stack([np.zeros_like(a), a], axis=-1))
    height = -0.5 * (a.shape[1] * np.log(2 * np.pi) + np.einsum("nd->n", s)
                     + np.einsum("nd,nd,nd->n", heights - a, heights - a, np.exp(-s)))
    visit = (np.einsum("nd,nd->n", visits, a) - np.einsum("nd->n", np.exp(a))
             - np.einsum("nd->n", log_factorial(visits)))
    return {"switches": switch, "heights": height, "visits": visit, "letters": letter}


# %% learned-variances: the average over q by 2Z points, sqrt(Z) standard deviations up and down each axis, exact for squares
def predict_variances(x, W, b, mean, logvar):
    N, Z = mean.shape
    total = np.zeros(x.shape[1])
    for j in range(Z):
        for sign in (-1, 1):
            z = mean.copy()
            z[:, j] += sign * np.sqrt(Z) * np.exp(logvar[:, j] / 2)
            total += np.sum((x - (z @ W + b)) ** 2, axis=0)
    return total / (2 * Z * N)


# %% learned-variances: einsum, the second moment of the code's error matrix between two copies of W
def predict_variances(x, W, b, mean, logvar):
    r = np.subtract(x, np.einsum("nj,jd->nd", mean, W) + b)
    covariance = np.einsum("nj,jk->jk", np.exp(logvar), np.eye(len(W))) / len(x)
    return np.einsum("nd,nd->d", r, r) / len(r) + np.einsum("jd,jk,kd->d", W, covariance, W)


# %% dead-codes: loops over the examples, pixels and dimensions
def bound(x, x_mean, tau2, mean, logvar):
    tau = float(tau2) ** 0.5
    out = []
    for n in range(len(x)):
        total = -len(x[n]) * np.log(tau * np.sqrt(2 * np.pi))
        for pixel, m in zip(x[n], x_mean[n]):
            total -= 0.5 * ((pixel - m) / tau) ** 2
        for mu, s in zip(mean[n], logvar[n]):
            total += 0.5 * (s - np.expm1(s) - mu * mu)
        out.append(total)
    return np.array(out)


# %% dead-codes: log p(x|z) by the norm of the error, and the prior's average and q's entropy in the place of the KL
def bound(x, x_mean, tau2, mean, logvar):
    D, Z = x.shape[-1], mean.shape[-1]
    log_px = -(np.linalg.norm(x - x_mean, axis=-1) ** 2 / tau2 + D * np.log(tau2)
               + D * np.log(2 * np.pi)) / 2
    log_prior = -0.5 * (Z * np.log(2 * np.pi) + np.einsum("nz,nz->n", mean, mean)
                        + np.exp(logvar).sum(axis=-1))
    entropy = 0.5 * (Z * np.log(2 * np.pi * np.e) + logvar.sum(axis=-1))
    return log_px + log_prior + entropy
