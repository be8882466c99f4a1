# %% shared-variances: the slope in the variance itself, the factor e^s of the step to its logarithm is lost
def shared_variances_backward(d_out, x, a, logvar):
    m = 1 / (1 + np.exp(-a))
    var = np.exp(logvar)
    d = d_out[:, None]
    return {"a": d * (x - m) / var * m * (1 - m),
            "logvar": np.sum(d * 0.5 * ((x - m) ** 2 / var**2 - 1 / var), axis=0)}


# %% shared-variances: stops at the mean, the sigmoid's own slope m (1 - m) is lost
def shared_variances_backward(d_out, x, a, logvar):
    mean = 1 / (1 + np.exp(-a))
    error = (x - mean) * np.exp(-logvar)
    return {"a": d_out[:, None] * error,
            "logvar": 0.5 * np.sum(d_out[:, None] * (error * (x - mean) - 1), axis=0)}


# %% shared-variances: the slope in logvar is left at (N, D), not summed over the examples that share it
def shared_variances_backward(d_out, x, a, logvar):
    mean = 1 / (1 + np.exp(-a))
    scaled = (x - mean) * np.exp(-logvar)
    d_a = d_out[:, None] * scaled * mean * (1 - mean)
    d_logvar = -0.5 * d_out[:, None] * (1 - (x - mean) * scaled)
    return {"a": d_a, "logvar": d_logvar}


# %% shared-variances: the -1 of the logvar slope is counted once, not once for each example (and not weighted)
def shared_variances_backward(d_out, x, a, logvar):
    mean = 1 / (1 + np.exp(-a))
    w = np.exp(-logvar)
    d_a = d_out[:, None] * (x - mean) * w * mean * (1 - mean)
    d_logvar = 0.5 * (d_out @ ((x - mean) ** 2 * w) - 1)
    return {"a": d_a, "logvar": d_logvar}


# %% shared-variances: "shared by all", so the average over the examples and not their sum
def shared_variances_backward(d_out, x, a, logvar):
    mean = 1 / (1 + np.exp(-a))
    square = (x - mean) ** 2 * np.exp(-logvar)
    return {"a": (d_out * ((x - mean) * np.exp(-logvar) * mean * (1 - mean)).T).T,
            "logvar": np.mean(d_out[:, None] * 0.5 * (square - 1), axis=0)}


# %% shared-variances: all slopes downhill, of -log p
def shared_variances_backward(d_out, x, a, logvar):
    m = 1 / (1 + np.exp(-a))
    d = d_out[:, None]
    d_m = d * (m - x) / np.exp(logvar)
    return {"a": d_m * m * (1 - m),
            "logvar": np.sum(0.5 * d * (1 - (x - m) ** 2 * np.exp(-logvar)), axis=0)}


# %% four-data-sets: the switches by way of probabilities with 1e-7 for safety, so -60 becomes -16
def log_probs(switches, heights, visits, letters, a, s, scores):
    p = np.clip(1 / (1 + np.exp(-np.clip(a, -500, 500))), 1e-7, 1 - 1e-7)
    top = scores.max(axis=-1, keepdims=True)
    log_softmax = scores - top - np.log(np.exp(scores - top).sum(axis=-1, keepdims=True))
    chosen = np.take_along_axis(log_softmax, letters[..., None], axis=-1)[..., 0]
    return {"switches": np.sum(switches * np.log(p) + (1 - switches) * np.log(1 - p), axis=1),
            "heights": -0.5 * np.sum(np.log(2 * np.pi) + s + (heights - a) ** 2 * np.exp(-s), axis=1),
            "visits": np.sum(visits * a - np.exp(a) - log_factorial(visits), axis=1),
            "letters": chosen.sum(axis=1)}


# %% four-data-sets: s is taken for the logarithm of the standard deviation
def log_probs(switches, heights, visits, letters, a, s, scores):
    top = scores.max(axis=-1, keepdims=True)
    log_softmax = scores - top - np.log(np.exp(scores - top).sum(axis=-1, keepdims=True))
    chosen = np.take_along_axis(log_softmax, letters[..., None], axis=-1)[..., 0]
    return {"switches": np.sum(switches * a - np.logaddexp(0, a), axis=1),
            "heights": -np.sum(0.5 * np.log(2 * np.pi) + s + 0.5 * ((heights - a) / np.exp(s)) ** 2,
                               axis=1),
            "visits": np.sum(visits * a - np.exp(a) - log_factorial(visits), axis=1),
            "letters": chosen.sum(axis=1)}


# %% four-data-sets: log x! is left out, "it does not depend on the network"
def log_probs(switches, heights, visits, letters, a, s, scores):
    log_softmax = scores - np.logaddexp.reduce(scores, axis=-1, keepdims=True)
    chosen = np.take_along_axis(log_softmax, letters[..., None], axis=-1)[..., 0]
    return {"switches": np.sum(switches * a - np.logaddexp(0, a), axis=1),
            "heights": -0.5 * np.sum(np.log(2 * np.pi) + s + (heights - a) ** 2 * np.exp(-s), axis=1),
            "visits": np.sum(visits * a - np.exp(a), axis=1),
            "letters": chosen.sum(axis=1)}


# %% four-data-sets: the softmax runs over the D places of the word, not over the alphabet
def log_probs(switches, heights, visits, letters, a, s, scores):
    top = scores.max(axis=1, keepdims=True)
    log_softmax = scores - top - np.log(np.sum(np.exp(scores - top), axis=1, keepdims=True))
    chosen = np.take_along_axis(log_softmax, letters[..., None], axis=-1)[..., 0]
    return {"switches": np.sum(switches * a - np.logaddexp(0, a), axis=1),
            "heights": -0.5 * np.sum(np.log(2 * np.pi) + s + (heights - a) ** 2 * np.exp(-s), axis=1),
            "visits": np.sum(visits * a - np.exp(a) - log_factorial(visits), axis=1),
            "letters": chosen.sum(axis=1)}


# %% four-data-sets: one largest score for the whole array, a letter with all its scores near -1000 becomes -inf
def log_probs(switches, heights, visits, letters, a, s, scores):
    N, D, C = scores.shape
    shifted = scores - scores.max()
    log_softmax = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    chosen = log_softmax[np.arange(N)[:, None], np.arange(D), letters]
    return {"switches": np.sum(switches * a - np.logaddexp(0, a), axis=1),
            "heights": -0.5 * np.sum(np.log(2 * np.pi) + s + (heights - a) ** 2 * np.exp(-s), axis=1),
            "visits": np.sum(visits * a - np.exp(a) - log_factorial(visits), axis=1),
            "letters": chosen.sum(axis=1)}


# %% four-data-sets: the mean of the heights goes through a sigmoid, as that of a grey pixel does
def log_probs(switches, heights, visits, letters, a, s, scores):
    N, D, C = scores.shape
    level = np.exp(-np.logaddexp(0, -a))
    log_softmax = scores - np.logaddexp.reduce(scores, axis=-1, keepdims=True)
    chosen = log_softmax[np.arange(N)[:, None], np.arange(D), letters]
    return {"switches": np.sum(switches * a - np.logaddexp(0, a), axis=1),
            "heights": -0.5 * np.sum(np.log(2 * np.pi) + s + (heights - level) ** 2 * np.exp(-s),
                                     axis=1),
            "visits": np.sum(visits * a - np.exp(a) - log_factorial(visits), axis=1),
            "letters": chosen.sum(axis=1)}


# %% learned-variances: the error at the mean code, the spread of q is forgotten
def predict_variances(x, W, b, mean, logvar):
    return np.mean((x - mean @ W - b) ** 2, axis=0)


# %% learned-variances: exp of the average log-variance, not the average of exp
def predict_variances(x, W, b, mean, logvar):
    at_mean = np.mean((x - mean @ W - b) ** 2, axis=0)
    return at_mean + np.exp(logvar.mean(axis=0)) @ W**2


# %% learned-variances: standard deviations are added, then squared, as if all dimensions of the code moved together
def predict_variances(x, W, b, mean, logvar):
    std = np.exp(0.5 * logvar)
    return np.mean((x - mean @ W - b) ** 2 + (std @ W) ** 2, axis=0)


# %% learned-variances: averaged over the pixels too, the one variance that would be best for all
def predict_variances(x, W, b, mean, logvar):
    squares = (x - mean @ W - b) ** 2 + np.exp(logvar) @ W**2
    return np.full(x.shape[1], squares.mean())


# %% learned-variances: the variance of the error about its own average, a constant error is not counted
def predict_variances(x, W, b, mean, logvar):
    return (x - mean @ W - b).var(axis=0) + np.mean(np.exp(logvar) @ W**2, axis=0)


# %% learned-variances: what the model cannot explain, var(x) minus the W^2 of a code with the variance 1
def predict_variances(x, W, b, mean, logvar):
    return np.mean((x - b) ** 2, axis=0) - np.sum(W**2, axis=0)


# %% dead-codes: the constant is counted once, not once for each pixel
def bound(x, x_mean, tau2, mean, logvar):
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return -0.5 * (np.log(2 * np.pi * tau2) + np.sum((x - x_mean) ** 2, axis=-1) / tau2) - kl


# %% dead-codes: tau2 is squared once more, as if it were the standard deviation
def bound(x, x_mean, tau2, mean, logvar):
    D = x.shape[-1]
    log_px = (-0.5 * np.sum(((x - x_mean) / tau2) ** 2, axis=-1)
              - 0.5 * D * np.log(2 * np.pi) - D * np.log(tau2))
    return log_px - 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)


# %% dead-codes: the mean over the pixels is kept, and the KL is divided by D to go with it
def bound(x, x_mean, tau2, mean, logvar):
    log_px = np.mean(-0.5 * np.log(2 * np.pi * tau2) - (x - x_mean) ** 2 / (2 * tau2), axis=-1)
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return log_px - kl / x.shape[-1]


# %% dead-codes: the half before the square is lost
def bound(x, x_mean, tau2, mean, logvar):
    error = np.sum((x - x_mean) ** 2, axis=-1) / tau2
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return -0.5 * x.shape[-1] * np.log(2 * np.pi * tau2) - error - kl


# %% dead-codes: only the 2 pi, the log tau^2 of the constant is left out
def bound(x, x_mean, tau2, mean, logvar):
    each = -0.5 * (np.log(2 * np.pi) + (x - x_mean) ** 2 / tau2)
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return each.sum(axis=-1) - kl


# %% dead-codes: the sum over the pixels is right, but now the KL too is averaged over the dimensions of the code
def bound(x, x_mean, tau2, mean, logvar):
    log_px = -0.5 * np.sum(np.log(2 * np.pi * tau2) + (x - x_mean) ** 2 / tau2, axis=-1)
    kl = 0.5 * np.mean(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return log_px - kl
