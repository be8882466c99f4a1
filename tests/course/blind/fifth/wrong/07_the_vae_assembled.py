# %% assemble-the-walk: the walk to the hidden layer goes by way of the mean alone, not of the log-variance
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h = np.tanh(x @ E)
    mean, logvar = h @ A, h @ B
    std = np.exp(0.5 * logvar)
    z = mean + std * eps
    d_logits = d_bound[:, None] / len(eps) * (x - distributions.sigmoid(z @ W + b))
    d_z = d_logits @ W.T
    d_mean = d_z.sum(axis=0) - d_bound[:, None] * mean
    d_logvar = np.sum(d_z * 0.5 * std * eps, axis=0) - d_bound[:, None] * 0.5 * (std**2 - 1)
    d_h = d_mean @ A.T
    return {"b": d_logits.sum(axis=(0, 1)), "W": np.einsum("lnz,lnd->zd", z, d_logits),
            "A": h.T @ d_mean, "B": h.T @ d_logvar, "E": x.T @ (d_h * (1 - h**2))}


# %% assemble-the-walk: the 1/L of the mean over the draws is lost
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h = np.tanh(x @ E)
    mean, logvar = h @ A, h @ B
    z = mean + np.exp(0.5 * logvar) * eps
    d_log_px = np.broadcast_to(d_bound, eps.shape[:2])
    d_logits = distributions.bernoulli_log_prob_backward(d_log_px, x, z @ W + b)
    d_mean, d_logvar = distributions.reparameterise_backward(d_logits @ W.T, mean, logvar, eps)
    kl_mean, kl_logvar = distributions.kl_standard_normal_backward(-d_bound, mean, logvar)
    d_mean, d_logvar = d_mean + kl_mean, d_logvar + kl_logvar
    d_a = (d_mean @ A.T + d_logvar @ B.T) * (1 - h**2)
    return {"b": d_logits.sum(axis=(0, 1)), "W": np.tensordot(z, d_logits, axes=([0, 1], [0, 1])),
            "A": h.T @ d_mean, "B": h.T @ d_logvar, "E": x.T @ d_a}


# %% assemble-the-walk: W from the average code times the average slope, not the average of their product
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h = np.tanh(x @ E)
    mean, logvar = h @ A, h @ B
    std = np.exp(0.5 * logvar)
    z = mean + std * eps
    d_logits = d_bound[:, None] * (x - distributions.sigmoid(z @ W + b))  # of each draw
    d_z = d_logits @ W.T
    d_mean = d_z.mean(axis=0) - d_bound[:, None] * mean
    d_logvar = (d_z * 0.5 * std * eps).mean(axis=0) - d_bound[:, None] * 0.5 * (std**2 - 1)
    d_h = d_mean @ A.T + d_logvar @ B.T
    return {"b": d_logits.mean(axis=0).sum(axis=0), "W": z.mean(axis=0).T @ d_logits.mean(axis=0),
            "A": h.T @ d_mean, "B": h.T @ d_logvar, "E": x.T @ (d_h * (1 - h**2))}


# %% assemble-the-walk: the slopes of the KL are added once for each draw
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    L = len(eps)
    h = np.tanh(x @ E)
    mean, logvar = h @ A, h @ B
    std = np.exp(0.5 * logvar)
    d_mean, d_logvar, d_W, d_b = 0, 0, 0, 0
    for e in eps:
        z = mean + std * e
        d_logits = d_bound[:, None] / L * (x - distributions.sigmoid(z @ W + b))
        d_z = d_logits @ W.T
        d_W, d_b = d_W + z.T @ d_logits, d_b + d_logits.sum(axis=0)
        d_mean = d_mean + d_z - d_bound[:, None] * mean
        d_logvar = d_logvar + d_z * 0.5 * std * e - d_bound[:, None] * 0.5 * (std**2 - 1)
    d_a = (d_mean @ A.T + d_logvar @ B.T) * (1 - h**2)
    return {"b": d_b, "W": d_W, "A": h.T @ d_mean, "B": h.T @ d_logvar, "E": x.T @ d_a}


# %% assemble-the-walk: A and B are swapped on the way back to the hidden layer, only E is wrong
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h = np.tanh(x @ E)
    mean, logvar = h @ A, h @ B
    z = mean + np.exp(0.5 * logvar) * eps
    d_log_px = np.ones((len(eps), 1)) / len(eps) * d_bound
    d_logits = distributions.bernoulli_log_prob_backward(d_log_px, x, z @ W + b)
    d_mean, d_logvar = distributions.reparameterise_backward(d_logits @ W.T, mean, logvar, eps)
    kl_mean, kl_logvar = distributions.kl_standard_normal_backward(d_bound, mean, logvar)
    d_mean, d_logvar = d_mean - kl_mean, d_logvar - kl_logvar
    d_h = d_mean @ B.T + d_logvar @ A.T
    return {"b": d_logits.sum(axis=(0, 1)), "W": np.einsum("lnz,lnd->zd", z, d_logits),
            "A": h.T @ d_mean, "B": h.T @ d_logvar, "E": x.T @ (d_h * (1 - h**2))}


# %% assemble-the-walk: the KL's slopes are not multiplied by d_bound, right only where that is 1
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h = np.tanh(x @ E)
    mean, logvar = h @ A, h @ B
    std = np.exp(0.5 * logvar)
    z = mean + std * eps
    d_logits = d_bound[:, None] / len(eps) * (x - distributions.sigmoid(z @ W + b))
    d_z = d_logits @ W.T
    d_mean = d_z.sum(axis=0) - mean
    d_logvar = 0.5 * (np.sum(d_z * std * eps, axis=0) + 1 - std**2)
    d_a = (d_mean @ A.T + d_logvar @ B.T) * (1 - h**2)
    return {"b": d_logits.sum(axis=(0, 1)), "W": np.einsum("lnz,lnd->zd", z, d_logits),
            "A": h.T @ d_mean, "B": h.T @ d_logvar, "E": x.T @ d_a}


# %% prior-scales: the half of the Gaussian is lost, though the penalty has none in front
def prior_scales(data_size, batch, variance):
    return np.stack([1 / (data_size * variance), batch / (data_size * variance), 1 / variance])


# %% prior-scales: `mean` divides by the batch M, as its loss does, not by the data set N
def prior_scales(data_size, batch, variance):
    whole = 1 / (2 * variance)
    return np.stack([whole / batch, whole * batch / data_size, whole])


# %% prior-scales: N/M in the place of M/N for `sum`, the penalty is scaled up as the batch should have been
def prior_scales(data_size, batch, variance):
    whole = 0.5 / variance
    return np.array([whole / data_size, whole * data_size / batch, whole])


# %% prior-scales: upside down, a wider prior gets a stronger penalty
def prior_scales(data_size, batch, variance):
    whole = variance / 2
    return np.stack([whole / data_size, whole * batch / data_size, whole])


# %% prior-scales: v is taken for the standard deviation
def prior_scales(data_size, batch, variance):
    lam = 1 / (2 * variance**2)
    return np.stack([lam / data_size, lam * batch / data_size, lam])


# %% prior-scales: `sum` needs no scale, "a sum is a sum", it gets the same λ as `whole`
def prior_scales(data_size, batch, variance):
    lam = 1 / (2 * variance)
    return np.stack([lam / data_size, lam, lam])


# %% more-draws-or-images: only the number of codes counts, both cases the same
def predict_variances(between, within, examples, draws):
    total = (between + within) / (examples * draws)
    return np.stack([total, total])


# %% more-draws-or-images: the images are taken as given, between does not fall with the batch
def predict_variances(between, within, examples, draws):
    codes = examples * draws
    return np.stack([between + within / codes, between + within / codes])


# %% more-draws-or-images: standard errors, the square roots of the variances
def predict_variances(between, within, examples, draws):
    v = np.stack([between / examples + within / (examples * draws),
                  (between + within) / (examples * draws)])
    return np.sqrt(v)


# %% more-draws-or-images: the two cases in the wrong order
def predict_variances(between, within, examples, draws):
    images = (between + within) / (examples * draws)
    many_draws = (between + within / draws) / examples
    return np.stack([images, many_draws])


# %% more-draws-or-images: takes `within` for the variance of one slope over all, with `between` already in it
def predict_variances(between, within, examples, draws):
    noise = within - between
    return np.stack([(between + noise / draws) / examples, within / (examples * draws)])


# %% more-draws-or-images: in `draws`, `between` is divided by the number of draws and not by that of images
def predict_variances(between, within, examples, draws):
    return np.array([between / draws + within / (examples * draws),
                     (between + within) / (examples * draws)])


# %% divided-twice: the 1/n is taken from the logits and kept at d_z, so b and W are n times too large
def batch_gradients(x, eps, mean, logvar, W, b):
    n, std = len(x), np.exp(0.5 * logvar)
    z = mean + std * eps
    d_logits = x - distributions.sigmoid(z @ W + b)
    d_z = d_logits @ W.T / n
    return {"b": d_logits.sum(axis=0), "W": z.T @ d_logits,
            "mean": d_z - mean / n, "logvar": d_z * 0.5 * std * eps - 0.5 * (std**2 - 1) / n}


# %% divided-twice: makes the two parts fit by dividing the KL twice as well
def batch_gradients(x, eps, mean, logvar, W, b):
    n, std = len(x), np.exp(0.5 * logvar)
    z = mean + std * eps
    d_logits = (x - distributions.sigmoid(z @ W + b)) / n
    d_z = d_logits @ W.T / n
    return {"b": d_logits.sum(axis=0), "W": z.T @ d_logits,
            "mean": d_z - mean / n**2,
            "logvar": d_z * 0.5 * std * eps - 0.5 * (std**2 - 1) / n**2}


# %% divided-twice: d_z is repaired, but the n of the KL goes with it
def batch_gradients(x, eps, mean, logvar, W, b):
    n, std = len(x), np.exp(0.5 * logvar)
    z = mean + std * eps
    d_logits = (x - distributions.sigmoid(z @ W + b)) / n
    d_z = d_logits @ W.T
    return {"b": d_logits.sum(axis=0), "W": z.T @ d_logits,
            "mean": d_z - mean, "logvar": d_z * 0.5 * std * eps - 0.5 * (std**2 - 1)}


# %% divided-twice: d_z is repaired, but the slope of W is taken with the mean code, not the code that was decoded
def batch_gradients(x, eps, mean, logvar, W, b):
    n, std = len(x), np.exp(0.5 * logvar)
    d_logits = (x - distributions.sigmoid((mean + std * eps) @ W + b)) / n
    d_z = d_logits @ W.T
    return {"b": d_logits.sum(axis=0), "W": mean.T @ d_logits,
            "mean": d_z - mean / n, "logvar": d_z * 0.5 * std * eps - 0.5 * (std**2 - 1) / n}


# %% divided-twice: blames the sign of the KL's pull on the variance, which was right
def batch_gradients(x, eps, mean, logvar, W, b):
    n, std = len(x), np.exp(0.5 * logvar)
    z = mean + std * eps
    d_logits = (x - distributions.sigmoid(z @ W + b)) / n
    d_z = d_logits @ W.T
    return {"b": d_logits.sum(axis=0), "W": z.T @ d_logits,
            "mean": d_z - mean / n, "logvar": d_z * 0.5 * std * eps + 0.5 * (std**2 - 1) / n}


# %% divided-twice: d_z is repaired, but std is moved by logvar with slope std and not std/2
def batch_gradients(x, eps, mean, logvar, W, b):
    n, std = len(x), np.exp(0.5 * logvar)
    z = mean + std * eps
    d_logits = (x - distributions.sigmoid(z @ W + b)) / n
    d_z = d_logits @ W.T
    return {"b": d_logits.sum(axis=0), "W": z.T @ d_logits,
            "mean": d_z - mean / n, "logvar": d_z * std * eps - 0.5 * (std**2 - 1) / n}
