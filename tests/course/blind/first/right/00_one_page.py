# %% binomial-backward: the sigmoid as a tanh, the upstream slope by einsum, and an extra key in the dict
def binomial_backward(d_out, x, logits, n):
    """{"logits": the gradient, (N, D)}."""
    p = 0.5 * (1.0 + np.tanh(0.5 * logits))
    return {"logits": np.einsum("i,ij->ij", d_out, x - n * p), "probs": p}


# %% binomial-backward: plain Python loops with math.exp in two branches, n with a default
def binomial_backward(d_out, x, logits, n=1):
    """{"logits": the gradient, (N, D)}."""
    import math

    grad = np.zeros(np.shape(logits))
    for i in range(len(logits)):
        for d in range(len(logits[i])):
            a = float(logits[i][d])
            if a >= 0:
                p = 1 / (1 + math.exp(-a))
            else:
                p = math.exp(a) / (1 + math.exp(a))
            grad[i, d] = float(d_out[i]) * (float(x[i][d]) - n * p)
    return dict(logits=grad)


# %% binomial-backward: white coins times p(black) minus black coins times p(white), with a diagonal matrix and SciPy's expit
def binomial_backward(d_out, x, logits, n):
    """{"logits": the gradient, (N, D)}."""
    from scipy.special import expit

    black = n - np.asarray(x, dtype=float)
    return {"logits": np.diag(d_out) @ (x * expit(-logits) - black * expit(logits))}


# %% any-logit: the pixel decides the sign of the logit, then minus logaddexp
def bernoulli_log_prob(x, logits):
    """x (N, D) in {0, 1}; logits (N, D) -> (N,), in nats."""
    return -np.logaddexp(0, np.where(np.asarray(x) == 1, -logits, logits)).sum(-1)


# %% any-logit: two dot products per image with SciPy's log_expit, white pixels and black pixels apart
def bernoulli_log_prob(x, logits):
    """x (N, D) in {0, 1}; logits (N, D) -> (N,), in nats."""
    from scipy.special import log_expit

    white = np.einsum("nd,nd->n", x, log_expit(logits))
    return white + np.einsum("nd,nd->n", 1 - np.asarray(x, dtype=float), log_expit(-logits))


# %% any-logit: in-place work on a copy, each half of the logits with its own formula by masks
def bernoulli_log_prob(x, logits):
    """x (N, D) in {0, 1}; logits (N, D) -> (N,), in nats."""
    a = np.array(logits, dtype=float, copy=True)
    a[np.asarray(x) == 0] *= -1.0
    plus = a > 0
    a[plus] = -np.log1p(np.exp(-a[plus]))
    a[~plus] -= np.log1p(np.exp(a[~plus]))
    return np.array([row.sum() for row in a])


# %% bound-before-training: SciPy's entr, and a list of two floats instead of an array
def predict_bounds(images):
    """images (N, D) in {0, 1} -> the two mean bounds, an array of shape (2,), in nats."""
    from scipy.special import entr

    s = np.mean(images, axis=0)
    return [float(images.shape[1] * np.log(0.5)), float(-(entr(s) + entr(1 - s)).sum())]


# %% bound-before-training: from counts only: (k log k + (N - k) log(N - k)) / N - log N
def predict_bounds(images):
    """images (N, D) in {0, 1} -> the two mean bounds, an array of shape (2,), in nats."""
    N, D = images.shape
    k = np.sum(images, axis=0, dtype=float)
    log_k, log_rest = np.log(k), np.log(N - k)
    second = (k @ log_k + (N - k) @ log_rest) / N - D * np.log(N)
    return np.stack([-np.log(2.0) * D, second])


# %% bound-before-training: float32 inside: each image's log-probability at the constant logits, then the mean over images
def predict_bounds(images):
    """images (N, D) in {0, 1} -> the two mean bounds, an array of shape (2,), in nats."""
    share = np.mean(images, axis=0)
    trained = (np.log(share) - np.log1p(-share)).astype(np.float32)
    out = np.empty(2, dtype=np.float32)
    for i, bias in enumerate([np.zeros_like(trained), trained]):
        minus_log_p = np.logaddexp(np.float32(0), np.where(images == 1, -bias, bias))
        out[i] = -minus_log_p.sum(axis=1).mean()
    return out


# %% ignored-codes: E[log prior] + entropy instead of the KL formula, and the pixels by two log-sigmoids
def bound(x, logits, mean, logvar):
    """The bound of each image, nats: x, logits (N, D); mean, logvar (N, Z) -> (N,)."""
    log_px = -(x * softplus(-logits) + (1.0 - x) * softplus(logits)).sum(axis=1)
    log_prior = -0.5 * (np.log(2 * np.pi) + mean * mean + np.exp(logvar)).sum(axis=1)
    entropy = 0.5 * (np.log(2 * np.pi * np.e) + logvar).sum(axis=1)
    return log_px + log_prior + entropy


# %% ignored-codes: einsum, expm1, in-place work on a copy, one image at a time
def bound(x, logits, mean, logvar):
    """The bound of each image, nats: x, logits (N, D); mean, logvar (N, Z) -> (N,)."""
    out = np.einsum("nd,nd->n", x, logits)
    for i in range(len(out)):
        twice_kl = np.expm1(logvar[i])
        twice_kl -= logvar[i]
        twice_kl += mean[i] * mean[i]
        out[i] -= np.logaddexp(logits[i], 0.0).sum()
        out[i] -= twice_kl.sum() / 2
    return out
