# %% be-the-encoder: by the large matrix, the covariance of x
def best_encoder(x, W, b, tau2):
    C = W.T @ W + tau2 * np.eye(W.shape[1])
    mean = np.linalg.solve(C, (x - b).T).T @ W.T
    logvar = np.log(tau2) - np.log(tau2 + np.einsum("jd,jd->j", W, W))
    return {"logvar": np.repeat(logvar[None], len(x), axis=0), "mean": mean}


# %% be-the-encoder: the mean as least squares with the prior as extra rows, the variance from a hypotenuse
def best_encoder(x, W, b, tau2):
    Z, D = W.shape
    tau = float(tau2) ** 0.5
    mean, logvar = np.empty((len(x), Z)), np.empty((len(x), Z))
    rows = np.vstack([W.T, tau * np.eye(Z)])
    for n in range(len(x)):
        mean[n] = np.linalg.lstsq(rows, np.concatenate([x[n] - b, np.zeros(Z)]), rcond=None)[0]
        for j in range(Z):
            logvar[n, j] = -2 * np.log(np.hypot(1, np.linalg.norm(W[j]) / tau))
    return {"mean": mean, "logvar": logvar}


# %% entropy-form: the entropy as 1/2 for each dimension above -log q at its own mean
def bound_of_draws(log_px_given_z, log_pz, mean, logvar):
    Z = mean.shape[1]
    log_peak = -np.sum(logvar, axis=1) / 2 - Z * np.log(np.sqrt(2 * np.pi))
    weights = np.full(len(log_pz), 1 / len(log_pz))
    return weights @ log_px_given_z + weights @ log_pz + Z / 2 - log_peak


# %% entropy-form: loops, the mean is kept running from draw to draw
def bound_of_draws(log_px_given_z, log_pz, mean, logvar):
    L, N = log_pz.shape
    bound = np.zeros(N)
    for n in range(N):
        for l in range(L):
            bound[n] += (log_px_given_z[l, n] + log_pz[l, n] - bound[n]) / (l + 1)
        for s in logvar[n]:
            bound[n] += np.log(np.sqrt(2 * np.pi * np.e)) + s / 2
    return bound


# %% two-gaps: a loop with matrices, the general KL between two Gaussians
def predict_gaps(rho):
    gaps = np.empty((2, len(rho)))
    for n, r in enumerate(rho):
        posterior = np.array([[1.0, r], [r, 1.0]])
        precision = np.linalg.inv(posterior)
        for row, q in enumerate((np.diag(1 / np.diag(precision)), np.eye(2))):
            gaps[row, n] = 0.5 * (np.trace(precision @ q) - 2
                                  + np.linalg.slogdet(posterior)[1] - np.linalg.slogdet(q)[1])
    return gaps


# %% two-gaps: by the eigenvalues 1 + rho and 1 - rho, with log1p
def predict_gaps(rho):
    best = -0.5 * (np.log1p(rho) + np.log1p(-rho))
    spreads = 0.5 * sum(1 / (1 + r) - 1 + np.log1p(r) for r in (rho, -rho))
    return np.vstack((best, spreads))


# %% bound-above-evidence: the log 2 pi is dropped from log q too, the two cancel
def log_weight(x, logits, mean, logvar, eps):
    z = mean + np.exp(0.5 * logvar) * eps
    log_px_given_z = np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    return log_px_given_z + 0.5 * np.sum(logvar + eps**2 - z**2, axis=-1)


# %% bound-above-evidence: loops, and a softplus of max(l, 0) and log1p
def log_weight(x, logits, mean, logvar, eps):
    out = []
    for n in range(len(x)):
        total = 0.0
        for pixel, l in zip(x[n], logits[n]):
            total += pixel * l - max(l, 0.0) - np.log1p(np.exp(-abs(l)))
        for mu, s, e in zip(mean[n], logvar[n], eps[n]):
            std = np.exp(s / 2)
            z = mu + std * e
            total += np.log(std) + 0.5 * (e - z) * (e + z)
        out.append(total)
    return np.array(out)
