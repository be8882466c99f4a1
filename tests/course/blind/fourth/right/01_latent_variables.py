# %% own-noise-posterior: by the large matrix, the covariance of x
def posterior(x, W, b, noise):
    C = W.T @ W + np.diag(noise)
    gain = np.linalg.solve(C, W.T)  # (D, Z)
    covariance = np.eye(W.shape[0]) - W @ gain
    return {"covariance": covariance, "mean": (x - b) @ gain}


# %% own-noise-posterior: one pixel after the other, each time with the posterior so far as the prior
def posterior(x, W, b, noise):
    Z, D = W.shape
    covariance, mean = np.eye(Z), np.zeros((len(x), Z))
    for d in range(D):
        w = W[:, d]
        seen = covariance @ w
        gain = seen / (w @ seen + noise[d])
        mean = mean + np.outer(x[:, d] - b[d] - mean @ w, gain)
        covariance = covariance - np.outer(gain, seen)
    return {"mean": mean, "covariance": covariance}


# %% log-mean-exp: NumPy's logaddexp from row to row
def log_mean_exp(log_weights):
    return np.logaddexp.reduce(log_weights, axis=0) - np.log(log_weights.shape[0])


# %% log-mean-exp: loops, one weight at a time, the largest so far is divided out
def log_mean_exp(log_weights):
    K, N = log_weights.shape
    out = np.full(N, -np.inf)
    for n in range(N):
        top, total = -np.inf, 0.0
        for k in range(K):
            new = float(log_weights[k, n])
            if new == -np.inf:
                continue
            if new > top:
                total = total * np.exp(top - new) + 1.0
                top = new
            else:
                total += np.exp(new - top)
        if total > 0:
            out[n] = top + np.log(total / K)
    return out


# %% draws-for-a-useful-one: by natural parameters and the log-normaliser of the exponential family
def predict_log_draws(mean, variance):
    def normaliser(first, second):
        return -first**2 / (4 * second) - 0.5 * np.log(-2 * second)

    first, second = mean / variance, -0.5 / variance
    kl = (normaliser(0.0, -0.5) - normaliser(first, second)
          + first * mean + (second + 0.5) * (mean**2 + variance))
    log_rho = (normaliser(2 * first, 2 * second + 0.5) - 2 * normaliser(first, second)
               + normaliser(0.0, -0.5))
    return np.array([kl.sum(axis=1), log_rho.sum(axis=1)])


# %% draws-for-a-useful-one: a loop over examples with full matrices
def predict_log_draws(mean, variance):
    out = np.empty((2, len(mean)))
    for n, (mu, var) in enumerate(zip(mean, variance)):
        S, I = np.diag(var), np.eye(len(mu))
        out[0, n] = 0.5 * (np.trace(S) + mu @ mu - len(mu) - np.linalg.slogdet(S)[1])
        out[1, n] = (mu @ np.linalg.solve(2 * I - S, mu)
                     - 0.5 * np.linalg.slogdet(S)[1] - 0.5 * np.linalg.slogdet(2 * I - S)[1])
    return out


# %% marginal-when-not-square: along the singular directions of W, where x has independent entries
def log_marginal(x, W, b, tau2):
    D = W.shape[1]
    _, s, directions = np.linalg.svd(W, full_matrices=True)
    variance = np.full(D, float(tau2))
    variance[:len(s)] += s**2
    coordinates = (x - b) @ directions.T
    return -0.5 * np.sum(np.log(2 * np.pi * variance) + coordinates**2 / variance, axis=1)


# %% marginal-when-not-square: the chain rule, each pixel given those before it
def log_marginal(x, W, b, tau2):
    Z, D = W.shape
    covariance, mean, total = np.eye(Z), np.zeros((len(x), Z)), np.zeros(len(x))
    for d in range(D):
        w = W[:, d]
        seen = covariance @ w
        variance = w @ seen + tau2
        surprise = x[:, d] - b[d] - mean @ w
        total = total - 0.5 * (np.log(2 * np.pi * variance) + surprise**2 / variance)
        mean = mean + np.outer(surprise, seen / variance)
        covariance = covariance - np.outer(seen, seen) / variance
    return total
