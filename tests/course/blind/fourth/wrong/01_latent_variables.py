# %% own-noise-posterior: takes `noise` for standard deviations, squares it
def posterior(x, W, b, noise):
    scaled = W / noise**2
    covariance = np.linalg.inv(np.eye(len(W)) + scaled @ W.T)
    return {"covariance": covariance, "mean": (x - b) @ scaled.T @ covariance}


# %% own-noise-posterior: the formula of the lecture with the average noise, right only if all pixels have the same
def posterior(x, W, b, noise):
    tau2 = np.mean(noise)
    M = W @ W.T + tau2 * np.eye(W.shape[0])
    return {"covariance": tau2 * np.linalg.inv(M), "mean": np.linalg.solve(M, W @ (x - b).T).T}


# %% own-noise-posterior: the means forget the shift b
def posterior(x, W, b, noise):
    precision = np.eye(W.shape[0]) + (W / noise) @ W.T
    covariance = np.linalg.inv(precision)
    mean = x @ (W / noise).T @ covariance
    return {"covariance": covariance, "mean": mean}


# %% own-noise-posterior: W is whitened by the standard deviations, x - b is not
def posterior(x, W, b, noise):
    white = W / np.sqrt(noise)
    covariance = np.linalg.inv(np.eye(len(W)) + white @ white.T)
    mean = (x - b) @ white.T @ covariance
    return {"covariance": covariance, "mean": mean}


# %% own-noise-posterior: the prior's precision I is forgotten (weighted least squares)
def posterior(x, W, b, noise):
    precision = np.einsum("id,d,jd->ij", W, 1 / noise, W)
    covariance = np.linalg.inv(precision)
    return {"covariance": covariance, "mean": ((x - b) / noise) @ W.T @ covariance}


# %% own-noise-posterior: inverts the diagonal of the precision only, as if the rows of W were orthogonal
def posterior(x, W, b, noise):
    variances = 1 / (1 + np.sum(W**2 / noise, axis=1))
    mean = ((x - b) / noise) @ W.T * variances
    return {"covariance": np.diag(variances), "mean": mean}


# %% log-mean-exp: one maximum for the whole array, so columns far below it become -inf
def log_mean_exp(log_weights):
    top = np.max(log_weights)
    if top == -np.inf:
        return np.full(log_weights.shape[1], -np.inf)
    return top + np.log(np.mean(np.exp(log_weights - top), axis=0))


# %% log-mean-exp: the sum and not the mean, log K is not subtracted
def log_mean_exp(log_weights):
    top = log_weights.max(axis=0)
    safe = np.where(np.isfinite(top), top, 0.0)
    return safe + np.log(np.exp(log_weights - safe).sum(axis=0))


# %% log-mean-exp: no guard for a column of -inf, -inf minus -inf is nan
def log_mean_exp(log_weights):
    top = np.max(log_weights, axis=0, keepdims=True)
    return top[0] + np.log(np.mean(np.exp(log_weights - top), axis=0))


# %% log-mean-exp: weights that are 0 are left out of the count too
def log_mean_exp(log_weights):
    result = []
    for column in log_weights.T:
        column = column[np.isfinite(column)]
        if len(column) == 0:
            result.append(-np.inf)
        else:
            top = column.max()
            result.append(top + np.log(np.mean(np.exp(column - top))))
    return np.array(result)


# %% log-mean-exp: -inf is made finite first, so an example with all weights 0 gets a finite number
def log_mean_exp(log_weights):
    finite = np.nan_to_num(log_weights, neginf=-1e5)
    top = finite.max(axis=0)
    return top + np.log(np.exp(finite - top).mean(axis=0))


# %% log-mean-exp: against overflow the logarithms are clipped to the range that exp survives
def log_mean_exp(log_weights):
    clipped = np.clip(log_weights, -700, 700)
    clipped = np.where(np.isneginf(log_weights), -np.inf, clipped)
    return np.log(np.mean(np.exp(clipped), axis=0))


# %% draws-for-a-useful-one: the KL the wrong way round, of the prior from the posterior
def predict_log_draws(mean, variance):
    kl = 0.5 * np.sum((1 + mean**2) / variance - 1 + np.log(variance), axis=1)
    log_rho = np.sum(mean**2 / (2 - variance) - 0.5 * np.log(variance * (2 - variance)), axis=1)
    return np.stack([kl, log_rho])


# %% draws-for-a-useful-one: the half before the logarithm in log rho is lost (the square root in the Gaussian integral)
def predict_log_draws(mean, variance):
    kl = 0.5 * np.sum(mean**2 + variance - 1 - np.log(variance), axis=1)
    log_rho = np.sum(mean**2 / (2 - variance) - np.log(variance * (2 - variance)), axis=1)
    return np.stack([kl, log_rho])


# %% draws-for-a-useful-one: averages over the dimensions of the code, does not sum
def predict_log_draws(mean, variance):
    kl = 0.5 * (mean**2 + variance - 1 - np.log(variance))
    log_rho = mean**2 / (2 - variance) - 0.5 * np.log(variance * (2 - variance))
    return np.array([kl.mean(axis=1), log_rho.mean(axis=1)])


# %% draws-for-a-useful-one: completes the square and forgets the constant -mean^2/variance that stood there before
def predict_log_draws(mean, variance):
    kl = 0.5 * np.sum(mean**2 + variance - 1 - np.log(variance), axis=1)
    a = 1 / variance - 0.5
    linear = 2 * mean / variance
    log_rho = np.sum(linear**2 / (4 * a) - 0.5 * np.log(variance * (2 - variance)), axis=1)
    return np.stack([kl, log_rho])


# %% draws-for-a-useful-one: the two numbers side by side, (N, 2) in the place of (2, N)
def predict_log_draws(mean, variance):
    kl = 0.5 * np.sum(mean**2 + variance - 1 - np.log(variance), axis=-1)
    log_rho = np.sum(mean**2 / (2 - variance) - 0.5 * np.log(variance * (2 - variance)), axis=-1)
    return np.stack([kl, log_rho], axis=-1)


# %% draws-for-a-useful-one: the weight at the mean, log p(z|x)/p(z) there, in the place of the average of the weight under the posterior
def predict_log_draws(mean, variance):
    kl = np.sum(mean**2 + variance - 1 - np.log(variance), axis=1) / 2
    log_rho = np.sum(mean**2 - np.log(variance), axis=1) / 2
    return np.vstack([kl, log_rho])


# %% marginal-when-not-square: the missing log-determinant with the wrong sign, (Z - D) log tau2
def log_marginal(x, W, b, tau2):
    Z, D = W.shape
    small = W @ W.T + tau2 * np.eye(Z)
    error = x - b
    onto = error @ W.T
    distance = (np.sum(error**2, axis=1)
                - np.sum(onto @ np.linalg.inv(small) * onto, axis=1)) / tau2
    logdet = np.linalg.slogdet(small)[1] + (Z - D) * np.log(tau2)
    return -0.5 * (D * np.log(2 * np.pi) + logdet + distance)


# %% marginal-when-not-square: D log tau2 in the place of (D - Z) log tau2
def log_marginal(x, W, b, tau2):
    small = W @ W.T + tau2 * np.eye(len(W))
    error = x - b
    onto = error @ W.T
    distance = (np.sum(error**2, axis=1)
                - np.sum(onto @ np.linalg.inv(small) * onto, axis=1)) / tau2
    return -0.5 * (x.shape[1] * np.log(2 * np.pi * tau2) + np.linalg.slogdet(small)[1] + distance)


# %% marginal-when-not-square: repairs the printed case only, one log tau2 if W is not square (D - Z is 1 there)
def log_marginal(x, W, b, tau2):
    small = W @ W.T + tau2 * np.eye(len(W))
    error = x - b
    onto = error @ W.T
    distance = (np.sum(error**2, axis=1)
                - np.sum(onto @ np.linalg.inv(small) * onto, axis=1)) / tau2
    logdet = np.linalg.slogdet(small)[1]
    if W.shape[0] != W.shape[1]:
        logdet = logdet + np.log(tau2)
    return -0.5 * (x.shape[1] * np.log(2 * np.pi) + logdet + distance)


# %% marginal-when-not-square: max(D - Z, 0) times log tau2, wrong for a code longer than x
def log_marginal(x, W, b, tau2):
    small = W @ W.T + tau2 * np.eye(len(W))
    error = x - b
    onto = error @ W.T
    distance = (np.sum(error**2, axis=1)
                - np.sum(onto @ np.linalg.inv(small) * onto, axis=1)) / tau2
    logdet = np.linalg.slogdet(small)[1] + max(x.shape[1] - len(W), 0) * np.log(tau2)
    return -0.5 * (x.shape[1] * np.log(2 * np.pi) + logdet + distance)


# %% marginal-when-not-square: blames the 2 pi, counts it once for each number of the code
def log_marginal(x, W, b, tau2):
    small = W @ W.T + tau2 * np.eye(len(W))
    error = x - b
    onto = error @ W.T
    distance = (np.sum(error**2, axis=1)
                - np.sum(onto @ np.linalg.inv(small) * onto, axis=1)) / tau2
    return -0.5 * (len(W) * np.log(2 * np.pi) + np.linalg.slogdet(small)[1] + distance)


# %% marginal-when-not-square: by the large matrix, but the noise on its diagonal is the standard deviation
def log_marginal(x, W, b, tau2):
    C = W.T @ W + np.sqrt(tau2) * np.eye(W.shape[1])
    error = x - b
    distance = np.einsum("nd,de,ne->n", error, np.linalg.inv(C), error)
    return -0.5 * (len(b) * np.log(2 * np.pi) + np.linalg.slogdet(C)[1] + distance)
