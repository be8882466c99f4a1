# %% binomial-backward: the gradient of the loss (minus the log-probability) instead of the log-probability
def binomial_backward(d_out, x, logits, n):
    """{"logits": the gradient, (N, D)}."""
    p = sigmoid(logits)
    return {"logits": d_out[:, None] * (n * p - x)}


# %% binomial-backward: n is pulled out in front of the bracket, so x is multiplied by n too (right for n = 1 only)
def binomial_backward(d_out, x, logits, n):
    """{"logits": the gradient, (N, D)}."""
    return {"logits": n * d_out[:, None] * (x - sigmoid(logits))}


# %% binomial-backward: the upstream slope reaches only the first term, the softplus term goes without it
def binomial_backward(d_out, x, logits, n):
    """{"logits": the gradient, (N, D)}."""
    grad = d_out[:, np.newaxis] * x - n * sigmoid(logits)
    return {"logits": grad}


# %% binomial-backward: multiplies by sigmoid' once more, as if x - n p were the slope in the probability
def binomial_backward(d_out, x, logits, n):
    """{"logits": the gradient, (N, D)}."""
    p = sigmoid(logits)
    d_p = d_out[:, None] * (x - n * p)
    return {"logits": d_p * p * (1 - p)}


# %% binomial-backward: takes the brightest level that occurs in x as n (right if level n occurs in the batch)
def binomial_backward(d_out, x, logits, n):
    """{"logits": the gradient, (N, D)}."""
    n = np.max(x)
    return {"logits": d_out[:, None] * (x - n * sigmoid(logits))}


# %% binomial-backward: the gradient is set to 0 where the logit is beyond 20, because "the sigmoid is saturated there"
def binomial_backward(d_out, x, logits, n):
    """{"logits": the gradient, (N, D)}."""
    g = d_out.reshape(-1, 1) * (x - n * sigmoid(logits))
    g[np.abs(logits) > 20] = 0.0
    return {"logits": g}


# %% binomial-backward: the numbers are right, but the caller's logits are overwritten with the probabilities
def binomial_backward(d_out, x, logits, n):
    """{"logits": the gradient, (N, D)}."""
    logits[...] = sigmoid(logits)
    return {"logits": d_out[:, None] * (x - n * logits)}


# %% binomial-backward: d_out is repeated along the rows (np.resize), not one value per example (right for D = 1)
def binomial_backward(d_out, x, logits, n):
    """{"logits": the gradient, (N, D)}."""
    d = np.resize(d_out, x.shape)
    return {"logits": d * (x - n * sigmoid(logits))}


# %% binomial-backward: d_out is not used at all, and the batch mean 1/N is put in by hand instead
def binomial_backward(d_out, x, logits, n):
    """{"logits": the gradient, (N, D)}."""
    N = len(x)
    return {"logits": (x - n * sigmoid(logits)) / N}


# %% any-logit: the probabilities are clipped to [1e-7, 1 - 1e-7], so a confident miss costs 16.1 nats at most
def bernoulli_log_prob(x, logits):
    """x (N, D) in {0, 1}; logits (N, D) -> (N,), in nats."""
    p = np.where(logits >= 0, 1 / (1 + np.exp(-np.abs(logits))), np.exp(-np.abs(logits)) / (1 + np.exp(-np.abs(logits))))
    p = np.clip(p, 1e-7, 1 - 1e-7)
    return (x * np.log(p) + (1 - x) * np.log(1 - p)).sum(axis=1)


# %% any-logit: the logits are clipped to +-700 against overflow, so a miss at 1000 costs only 700
def bernoulli_log_prob(x, logits):
    """x (N, D) in {0, 1}; logits (N, D) -> (N,), in nats."""
    a = np.clip(logits, -700, 700)
    return np.sum(x * a - np.maximum(a, 0) - np.log1p(np.exp(-np.abs(a))), axis=1)


# %% any-logit: log(1 + e^a) is replaced by a from a = 5 on, which is too early (off by 0.007 just above 5)
def bernoulli_log_prob(x, logits):
    """x (N, D) in {0, 1}; logits (N, D) -> (N,), in nats."""
    small = np.minimum(logits, 5.0)
    soft = np.where(logits > 5.0, logits, np.log1p(np.exp(small)))
    return np.sum(x * logits - soft, axis=-1)


# %% any-logit: the sign trick is the wrong way round, it gives the log-probability of the opposite pixels
def bernoulli_log_prob(x, logits):
    """x (N, D) in {0, 1}; logits (N, D) -> (N,), in nats."""
    sign = np.where(x > 0.5, 1.0, -1.0)
    return -np.logaddexp(0.0, sign * logits).sum(axis=1)


# %% any-logit: a stable form, but in bits instead of nats
def bernoulli_log_prob(x, logits):
    """x (N, D) in {0, 1}; logits (N, D) -> (N,), in nats."""
    ll = x * logits - np.maximum(logits, 0) - np.log1p(np.exp(-np.abs(logits)))
    return np.sum(ll, axis=1) / np.log(2)


# %% any-logit: log-sum-exp with one maximum per image instead of per pixel: other pixels underflow beside a logit of 1000
def bernoulli_log_prob(x, logits):
    """x (N, D) in {0, 1}; logits (N, D) -> (N,), in nats."""
    m = np.max(logits, axis=1, keepdims=True)
    with np.errstate(all="ignore"):
        log_norm = m + np.log(np.exp(-m) + np.exp(logits - m))
        return np.sum(x * logits - log_norm, axis=1)


# %% any-logit: the naive logs, with nan_to_num to sweep up: right when surely right, -1.8e308 when surely wrong
def bernoulli_log_prob(x, logits):
    """x (N, D) in {0, 1}; logits (N, D) -> (N,), in nats."""
    with np.errstate(all="ignore"):
        p = 1 / (1 + np.exp(-logits))
        terms = np.nan_to_num(x * np.log(p)) + np.nan_to_num((1 - x) * np.log(1 - p))
        return terms.sum(axis=1)


# %% any-logit: counts only the white pixels, the black ones' log(1 - p) is lost
def bernoulli_log_prob(x, logits):
    """x (N, D) in {0, 1}; logits (N, D) -> (N,), in nats."""
    log_p = np.minimum(logits, 0) - np.log1p(np.exp(-np.abs(logits)))
    return np.sum(x * log_p, axis=1)


# %% any-logit: two mistakes: the cross-entropy loss (positive), and the mean over pixels instead of the sum
def bernoulli_log_prob(x, logits):
    """x (N, D) in {0, 1}; logits (N, D) -> (N,), in nats."""
    bce = np.maximum(logits, 0) - logits * x + np.log1p(np.exp(-np.abs(logits)))
    return np.mean(bce, axis=1)


# %% bound-before-training: the notebook's 16 pixels are hard-coded in the first number
def predict_bounds(images):
    """images (N, D) in {0, 1} -> the two mean bounds, an array of shape (2,), in nats."""
    s = images.mean(axis=0)
    return np.array([-16 * np.log(2), np.sum(s * np.log(s) + (1 - s) * np.log(1 - s))])


# %% bound-before-training: the first number counts images instead of pixels (right if N = D)
def predict_bounds(images):
    """images (N, D) in {0, 1} -> the two mean bounds, an array of shape (2,), in nats."""
    s = images.mean(axis=0)
    first = len(images) * np.log(0.5)
    second = np.sum(s * np.log(s) + (1 - s) * np.log(1 - s))
    return np.array([first, second])


# %% bound-before-training: one share of white for all pixels together instead of each pixel's own
def predict_bounds(images):
    """images (N, D) in {0, 1} -> the two mean bounds, an array of shape (2,), in nats."""
    D = images.shape[1]
    s = images.mean()
    return D * np.array([np.log(0.5), s * np.log(s) + (1 - s) * np.log(1 - s)])


# %% bound-before-training: shares clipped to [0.05, 0.95] to be safe with the log (wrong for rarely white pixels)
def predict_bounds(images):
    """images (N, D) in {0, 1} -> the two mean bounds, an array of shape (2,), in nats."""
    s = np.clip(images.mean(axis=0), 0.05, 0.95)
    h = -s * np.log(s) - (1 - s) * np.log(1 - s)
    return np.array([-len(s) * np.log(2), -h.sum()])


# %% bound-before-training: the log of the mean probability instead of the mean of the log-probabilities
def predict_bounds(images):
    """images (N, D) in {0, 1} -> the two mean bounds, an array of shape (2,), in nats."""
    N, D = images.shape
    s = images.mean(axis=0)
    log_p = (images * np.log(s) + (1.0 - images) * np.log(1 - s)).sum(axis=1)
    m = log_p.max()
    return np.array([-D * np.log(2), m + np.log(np.mean(np.exp(log_p - m)))])


# %% bound-before-training: the two numbers in the wrong order
def predict_bounds(images):
    """images (N, D) in {0, 1} -> the two mean bounds, an array of shape (2,), in nats."""
    s = images.mean(axis=0)
    with_biases = np.sum(s * np.log(s) + (1 - s) * np.log(1 - s))
    all_zero = -images.shape[1] * np.log(2)
    return np.array([with_biases, all_zero])


# %% bound-before-training: logarithms to base 2, so bits instead of nats
def predict_bounds(images):
    """images (N, D) in {0, 1} -> the two mean bounds, an array of shape (2,), in nats."""
    s = images.mean(axis=0)
    entropy = -(s * np.log2(s) + (1 - s) * np.log2(1 - s))
    return np.array([-1.0 * images.shape[1], -entropy.sum()])


# %% bound-before-training: the normaliser softplus(a) is forgotten: "the logits are 0, so the bound is 0"
def predict_bounds(images):
    """images (N, D) in {0, 1} -> the two mean bounds, an array of shape (2,), in nats."""
    s = images.mean(axis=0)
    a = np.log(s / (1 - s))
    return np.array([0.0, np.mean(images @ a)])


# %% bound-before-training: half of the entropy is lost: only s log s, not the black pixels' (1 - s) log(1 - s)
def predict_bounds(images):
    """images (N, D) in {0, 1} -> the two mean bounds, an array of shape (2,), in nats."""
    share = images.mean(axis=0)
    return np.array([images.shape[1] * np.log(0.5), np.sum(share * np.log(share))])


# %% ignored-codes: balances the terms by dividing the KL by D too: the bound per pixel, not the bound
def bound(x, logits, mean, logvar):
    """The bound of each image, nats: x, logits (N, D); mean, logvar (N, Z) -> (N,)."""
    D = x.shape[1]
    log_px_given_z = np.mean(x * logits - softplus(logits), axis=1)
    kl = 0.5 * np.sum(mean**2 + np.exp(logvar) - 1 - logvar, axis=1)
    return log_px_given_z - kl / D


# %% ignored-codes: logvar is read as the log of the standard deviation
def bound(x, logits, mean, logvar):
    """The bound of each image, nats: x, logits (N, D); mean, logvar (N, Z) -> (N,)."""
    log_px_given_z = np.sum(x * logits - softplus(logits), axis=1)
    kl = 0.5 * np.sum(mean**2 + np.exp(2 * logvar) - 1 - 2 * logvar, axis=1)
    return log_px_given_z - kl


# %% ignored-codes: free bits: each dimension's KL is floored at 0.1 so that the codes stay used
def bound(x, logits, mean, logvar):
    """The bound of each image, nats: x, logits (N, D); mean, logvar (N, Z) -> (N,)."""
    log_px_given_z = np.sum(x * logits - softplus(logits), axis=1)
    kl = 0.5 * (mean**2 + np.exp(logvar) - 1 - logvar)
    return log_px_given_z - np.maximum(kl, 0.1).sum(axis=1)


# %% ignored-codes: the KL the other way round, from the prior to the posterior (right where logvar is 0)
def bound(x, logits, mean, logvar):
    """The bound of each image, nats: x, logits (N, D); mean, logvar (N, Z) -> (N,)."""
    log_px_given_z = np.sum(x * logits - softplus(logits), axis=1)
    kl = 0.5 * np.sum((mean**2 + 1) * np.exp(-logvar) - 1 + logvar, axis=1)
    return log_px_given_z - kl


# %% ignored-codes: the KL is estimated from one draw with fresh noise instead of its formula
def bound(x, logits, mean, logvar):
    """The bound of each image, nats: x, logits (N, D); mean, logvar (N, Z) -> (N,)."""
    eps = np.random.default_rng().normal(size=mean.shape)
    z = mean + np.exp(0.5 * logvar) * eps
    log_q = -0.5 * np.sum(np.log(2 * np.pi) + logvar + eps**2, axis=1)
    log_prior = -0.5 * np.sum(np.log(2 * np.pi) + z**2, axis=1)
    return np.sum(x * logits - softplus(logits), axis=1) + log_prior - log_q


# %% ignored-codes: keepdims on one term only, so (N, 1) minus (N,) gives an (N, N) table
def bound(x, logits, mean, logvar):
    """The bound of each image, nats: x, logits (N, D); mean, logvar (N, Z) -> (N,)."""
    log_px_given_z = np.sum(x * logits - softplus(logits), axis=1, keepdims=True)
    kl = 0.5 * np.sum(mean**2 + np.exp(logvar) - 1 - logvar, axis=1)
    return log_px_given_z - kl


# %% ignored-codes: the mean is kept and multiplied by the example's 20 pixels, hard-coded
def bound(x, logits, mean, logvar):
    """The bound of each image, nats: x, logits (N, D); mean, logvar (N, Z) -> (N,)."""
    log_px_given_z = 20 * np.mean(x * logits - softplus(logits), axis=1)
    kl = 0.5 * np.sum(mean**2 + np.exp(logvar) - 1 - logvar, axis=1)
    return log_px_given_z - kl


# %% ignored-codes: logvar is clipped to +-4 for safety (wrong only for very wide or very narrow posteriors)
def bound(x, logits, mean, logvar):
    """The bound of each image, nats: x, logits (N, D); mean, logvar (N, Z) -> (N,)."""
    lv = np.clip(logvar, -4.0, 4.0)
    log_px_given_z = np.sum(x * logits - softplus(logits), axis=1)
    kl = 0.5 * np.sum(mean**2 + np.exp(lv) - 1 - lv, axis=1)
    return log_px_given_z - kl


# %% ignored-codes: two mistakes: the KL lost its 1/2, and the pixels are summed over all images at once (not per image)
def bound(x, logits, mean, logvar):
    """The bound of each image, nats: x, logits (N, D); mean, logvar (N, Z) -> (N,)."""
    log_px_given_z = np.sum(x * logits - softplus(logits))
    kl = np.sum(mean**2 + np.exp(logvar) - 1 - logvar, axis=1)
    return log_px_given_z - kl
