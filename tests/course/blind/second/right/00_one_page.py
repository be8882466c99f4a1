# %% binomial-backward: sigmoid by tanh, einsum for the upstream slope, and the gradient in x as an extra key
def binomial_backward(d_out, x, logits, n):
    """{"logits": the gradient, (N, D)}."""
    score = (x - n / 2) - (n / 2) * np.tanh(logits / 2)
    return {
        "x": np.einsum("i,ij->ij", d_out, logits),
        "logits": np.einsum("i,ij->ij", d_out, score),
    }


# %% binomial-backward: white coins and black coins apart, x (1 - p) - (n - x) p, upstream slope by two transposes
def binomial_backward(d_out, x, logits, n):
    """{"logits": the gradient, (N, D)}."""
    white = x * sigmoid(-logits)
    black = (n - x) * sigmoid(logits)
    return dict(logits=((white - black).T * d_out).T)


# %% binomial-backward: minus a minus, with sigmoid as exp(-softplus(-a)) and a diagonal matrix of the upstream slopes
def binomial_backward(d_out, x, logits, n):
    """{"logits": the gradient, (N, D)}."""
    p = np.exp(-softplus(-logits))
    return {"logits": -(np.diag(d_out) @ (n * p - x))}


# %% any-logit: one logaddexp per pixel, of the logit whose sign is turned where the pixel is white
def bernoulli_log_prob(x, logits):
    """x (N, D) in {0, 1}; logits (N, D) -> (N,), in nats."""
    against = np.where(x == 1, -logits, logits)
    return -np.logaddexp(against, 0.0).sum(axis=-1)


# %% any-logit: loops with the math module, two branches, and a list of floats for the array
def bernoulli_log_prob(x, logits):
    """x (N, D) in {0, 1}; logits (N, D) -> (N,), in nats."""
    import math

    result = []
    for row, row_logits in zip(x.tolist(), logits.tolist()):
        terms = []
        for pixel, a in zip(row, row_logits):
            agrees = a if pixel else -a
            small = math.log1p(math.exp(-abs(a)))
            terms.append(-small if agrees >= 0 else agrees - small)
        result.append(math.fsum(terms))
    return result


# %% any-logit: no log at all, log(1 + e) is 2 artanh(e / (2 + e)), with e = exp(-|a|)
def bernoulli_log_prob(x, logits):
    """x (N, D) in {0, 1}; logits (N, D) -> (N,), in nats."""
    e = np.exp(-np.abs(logits))
    penalty = (np.abs(logits) - (2 * x.astype(float) - 1) * logits) / 2
    return -(penalty + 2 * np.arctanh(e / (2 + e))).sum(axis=-1)


# %% bound-before-training: evaluates the Bernoulli bound of every image with the real logits and gives a list of floats
def predict_bounds(images):
    """images (N, D) in {0, 1} -> the two mean bounds, an array of shape (2,), in nats."""
    white = images.mean(axis=0)
    result = []
    for bias in (np.zeros_like(white), np.log(white) - np.log1p(-white)):
        per_image = [float(np.sum(row * bias - softplus(bias))) for row in images]
        result.append(sum(per_image) / len(per_image))
    return result


# %% bound-before-training: counts in place of shares, (k log k + (N - k) log(N - k) - N log N) / N, with SciPy's xlogy
def predict_bounds(images):
    """images (N, D) in {0, 1} -> the two mean bounds, an array of shape (2,), in nats."""
    from scipy.special import xlogy

    n, d = images.shape
    k = np.count_nonzero(images, axis=0)
    second = (xlogy(k, k) + xlogy(n - k, n - k) - xlogy(n, n)).sum() / n
    return np.array([d * np.log(0.5), second])


# %% bound-before-training: float32, picks log s or log(1 - s) for each pixel; the first is the same with s = 1/2
def predict_bounds(images, dtype=np.float32):
    """images (N, D) in {0, 1} -> the two mean bounds, an array of shape (2,), in nats."""
    share = images.mean(axis=0, dtype=np.float64)
    half = np.full_like(share, 0.5)
    out = np.empty(2, dtype=dtype)
    for i, s in enumerate((half, share)):
        picked = np.where(images == 1, np.log(s).astype(dtype), np.log1p(-s).astype(dtype))
        out[i] = picked.sum(axis=1, dtype=np.float64).mean()
    return out


# %% ignored-codes: keeps the mean over the pixels and multiplies by D; the KL by expm1
def bound(x, logits, mean, logvar):
    """The bound of each image, nats: x, logits (N, D); mean, logvar (N, Z) -> (N,)."""
    log_px_given_z = x.shape[1] * np.mean(x * logits - softplus(logits), axis=1)
    twice_kl = np.sum(np.square(mean) + (np.expm1(logvar) - logvar), axis=1)
    return log_px_given_z - twice_kl / 2


# %% ignored-codes: einsum for both terms, standard deviations in the KL, cross-entropy with softplus of both signs
def bound(x, logits, mean, logvar):
    """The bound of each image, nats: x, logits (N, D); mean, logvar (N, Z) -> (N,)."""
    std = np.exp(logvar / 2)
    cost = np.einsum("nd,nd->n", x, softplus(-logits)) + np.einsum(
        "nd,nd->n", 1 - x, softplus(logits)
    )
    energy = np.einsum("nz,nz->n", mean, mean) + np.einsum("nz,nz->n", std, std)
    return (logvar.sum(axis=1) + logvar.shape[1] - energy) / 2 - cost


# %% ignored-codes: a loop over images and a default argument beta = 1, works in place on a copy
def bound(x, logits, mean, logvar, beta=1.0):
    """The bound of each image, nats: x, logits (N, D); mean, logvar (N, Z) -> (N,)."""
    result = np.zeros(len(x))
    for i in range(len(x)):
        m = np.array(mean[i], dtype=float)
        m *= m
        m += np.exp(logvar[i])
        m -= 1 + logvar[i]
        result[i] -= beta * 0.5 * m.sum()
        result[i] += np.dot(x[i], logits[i]) - softplus(logits[i]).sum()
    return result
