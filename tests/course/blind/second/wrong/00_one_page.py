# %% binomial-backward: np.resize fills the upstream slopes in row by row instead of one per example, so it is right only if all d_out are equal
def binomial_backward(d_out, x, logits, n):
    """{"logits": the gradient, (N, D)}."""
    upstream = np.resize(d_out, logits.shape)
    return {"logits": upstream * (x - n * sigmoid(logits))}


# %% binomial-backward: own sigmoid e^a/(1+e^a), whose nan at logits above 709 is turned into 0 where it should be 1
def binomial_backward(d_out, x, logits, n):
    """{"logits": the gradient, (N, D)}."""
    with np.errstate(over="ignore", invalid="ignore"):
        e = np.exp(logits)
        p = np.nan_to_num(e / (1 + e))
    return {"logits": d_out[:, None] * (x - n * p)}


# %% binomial-backward: thinks that a pixel fully black or fully white is saturated and has no slope
def binomial_backward(d_out, x, logits, n):
    """{"logits": the gradient, (N, D)}."""
    grad = d_out[:, None] * (x - n * sigmoid(logits))
    saturated = (x == 0) | (x == n)
    grad[saturated] = 0.0
    return {"logits": grad}


# %% binomial-backward: slope of the probability instead of the log-probability (one factor p(x) too many)
def binomial_backward(d_out, x, logits, n):
    """{"logits": the gradient, (N, D)}."""
    p_x = np.exp(np.sum(x * logits - n * softplus(logits), axis=-1))
    return {"logits": (d_out * p_x)[:, None] * (x - n * sigmoid(logits))}


# %% binomial-backward: right numbers, but the caller's d_out is reshaped in place to (N, 1)
def binomial_backward(d_out, x, logits, n):
    """{"logits": the gradient, (N, D)}."""
    d_out.shape = (-1, 1)
    return {"logits": d_out * (x - n * sigmoid(logits))}


# %% binomial-backward: the gradient is stored in an array of x's dtype, so that whole-number grey levels cut it off to whole numbers
def binomial_backward(d_out, x, logits, n):
    """{"logits": the gradient, (N, D)}."""
    grad = np.empty_like(x)
    for i in range(x.shape[0]):
        grad[i] = d_out[i] * (x[i] - n * sigmoid(logits[i]))
    return {"logits": grad}


# %% binomial-backward: off by one, n + 1 levels are taken for n + 1 coins
def binomial_backward(d_out, x, logits, n):
    """{"logits": the gradient, (N, D)}."""
    levels = n + 1
    return {"logits": d_out[:, None] * (x - levels * sigmoid(logits))}


# %% binomial-backward: a one-sided finite difference with step 0.01 instead of the derived slope
def binomial_backward(d_out, x, logits, n):
    """{"logits": the gradient, (N, D)}."""
    h = 1e-2
    base = x * logits - n * softplus(logits)
    moved = x * (logits + h) - n * softplus(logits + h)
    return {"logits": d_out[:, None] * (moved - base) / h}


# %% binomial-backward: takes d_out for a weight that must not be negative and uses its absolute value
def binomial_backward(d_out, x, logits, n):
    """{"logits": the gradient, (N, D)}."""
    weight = np.abs(d_out).reshape(-1, 1)
    return {"logits": weight * (x - n * sigmoid(logits))}


# %% any-logit: logaddexp2 in place of logaddexp, so the normaliser is log2(1 + 2^a)
def bernoulli_log_prob(x, logits):
    """x (N, D) in {0, 1}; logits (N, D) -> (N,), in nats."""
    return np.sum(x * logits - np.logaddexp2(0.0, logits), axis=-1)


# %% any-logit: the branch for positive logits drops log(1 + e^-a), so it is right for negative and huge logits only
def bernoulli_log_prob(x, logits):
    """x (N, D) in {0, 1}; logits (N, D) -> (N,), in nats."""
    log_normaliser = np.where(logits > 0, logits, np.log1p(np.exp(np.minimum(logits, 0))))
    return np.sum(x * logits - log_normaliser, axis=-1)


# %% any-logit: uses log cosh(a/2) for log(2 cosh(a/2)), each pixel is log 2 too high
def bernoulli_log_prob(x, logits):
    """x (N, D) in {0, 1}; logits (N, D) -> (N,), in nats."""
    half = 0.5 * np.abs(logits)
    log_cosh = half + np.log1p(np.exp(-2 * half)) - np.log(2)
    return np.sum((x - 0.5) * logits - log_cosh, axis=-1)


# %% any-logit: threshold form as in deep learning libraries, but the threshold 20 has become 5
def bernoulli_log_prob(x, logits):
    """x (N, D) in {0, 1}; logits (N, D) -> (N,), in nats."""
    threshold = 5.0
    safe = np.minimum(logits, threshold)
    sp = np.where(logits > threshold, logits, np.log1p(np.exp(safe)))
    return np.sum(x * logits - sp, axis=-1)


# %% any-logit: the right stable form, computed in half precision
def bernoulli_log_prob(x, logits):
    """x (N, D) in {0, 1}; logits (N, D) -> (N,), in nats."""
    a = logits.astype(np.float16)
    terms = x * a - (np.maximum(a, 0) + np.log1p(np.exp(-np.abs(a))))
    return np.sum(terms, axis=-1, dtype=np.float64)


# %% any-logit: logs of probabilities protected with 1e-300, wrong once 1 - p rounds to 0
def bernoulli_log_prob(x, logits):
    """x (N, D) in {0, 1}; logits (N, D) -> (N,), in nats."""
    tiny = 1e-300
    p = 0.5 * (1 + np.tanh(0.5 * logits))
    return np.sum(x * np.log(p + tiny) + (1 - x) * np.log(1 - p + tiny), axis=-1)


# %% any-logit: spin convention of another course, p = e^(ya) / (e^a + e^-a), which doubles the logit
def bernoulli_log_prob(x, logits):
    """x (N, D) in {0, 1}; logits (N, D) -> (N,), in nats."""
    y = 2.0 * x - 1.0
    return np.sum(y * logits - np.logaddexp(logits, -logits), axis=-1)


# %% any-logit: log-sum-exp trick with one maximum per row instead of one per pixel, -inf when a row mixes 1000 with small logits
def bernoulli_log_prob(x, logits):
    """x (N, D) in {0, 1}; logits (N, D) -> (N,), in nats."""
    m = np.maximum(logits.max(axis=-1, keepdims=True), 0.0)
    with np.errstate(divide="ignore"):
        log_norm = m + np.log(np.exp(-m) + np.exp(logits - m))
    return np.sum(x * logits - log_norm, axis=-1)


# %% any-logit: nansum hides 0 * -inf, but a confident and wrong pixel still gives -inf instead of -1000
def bernoulli_log_prob(x, logits):
    """x (N, D) in {0, 1}; logits (N, D) -> (N,), in nats."""
    with np.errstate(all="ignore"):
        p = 1 / (1 + np.exp(-logits))
        return np.nansum(x * np.log(p), axis=-1) + np.nansum((1 - x) * np.log(1 - p), axis=-1)


# %% bound-before-training: takes the share of white of each image instead of each pixel
def predict_bounds(images):
    """images (N, D) in {0, 1} -> the two mean bounds, an array of shape (2,), in nats."""
    from scipy.special import entr

    d = images.shape[1]
    share = images.mean(axis=1)
    return np.array([-d * np.log(2), -d * np.mean(entr(share) + entr(1 - share))])


# %% bound-before-training: log of the mean probability of each pixel instead of the mean of its log-probability
def predict_bounds(images):
    """images (N, D) in {0, 1} -> the two mean bounds, an array of shape (2,), in nats."""
    share = images.mean(axis=0)
    mean_probability = share * share + (1 - share) * (1 - share)
    return np.array([images.shape[1] * np.log(0.5), np.sum(np.log(mean_probability))])


# %% bound-before-training: thinks that the noise still reaches the logits although the weights are 0
def predict_bounds(images):
    """images (N, D) in {0, 1} -> the two mean bounds, an array of shape (2,), in nats."""
    z = np.random.default_rng(0).normal(size=images.shape)
    share = images.mean(axis=0)
    b = np.log(share / (1 - share))
    first = np.sum(images * z - softplus(z), axis=1).mean()
    second = np.sum(images * (z + b) - softplus(z + b), axis=1).mean()
    return np.array([first, second])


# %% bound-before-training: log 2 hard-coded as 0.69
def predict_bounds(images):
    """images (N, D) in {0, 1} -> the two mean bounds, an array of shape (2,), in nats."""
    share = images.mean(axis=0)
    entropy = -(share * np.log(share) + (1 - share) * np.log(1 - share))
    return np.array([-0.69 * images.shape[1], -entropy.sum()])


# %% bound-before-training: smooths the share with one extra white and one extra black image
def predict_bounds(images):
    """images (N, D) in {0, 1} -> the two mean bounds, an array of shape (2,), in nats."""
    n, d = images.shape
    share = (images.sum(axis=0) + 1) / (n + 2)
    log_p = images * np.log(share) + (1 - images) * np.log(1 - share)
    return np.array([-d * np.log(2), log_p.sum(axis=1).mean()])


# %% bound-before-training: thinks that each pixel always shows its likelier colour, log max(s, 1 - s) for the negative entropy
def predict_bounds(images):
    """images (N, D) in {0, 1} -> the two mean bounds, an array of shape (2,), in nats."""
    share = images.mean(axis=0)
    return np.array([-images.shape[1] * np.log(2), np.log(np.maximum(share, 1 - share)).sum()])


# %% bound-before-training: the first in nats, the second in bits because SciPy's entropy got base 2
def predict_bounds(images):
    """images (N, D) in {0, 1} -> the two mean bounds, an array of shape (2,), in nats."""
    from scipy.stats import entropy

    share = images.mean(axis=0)
    h = entropy(np.stack([share, 1 - share]), base=2, axis=0)
    return np.array([-images.shape[1] * np.log(2), -h.sum()])


# %% bound-before-training: the entropy of whole images as they occur, not the sum of the pixels' entropies
def predict_bounds(images):
    """images (N, D) in {0, 1} -> the two mean bounds, an array of shape (2,), in nats."""
    _, counts = np.unique(images, axis=0, return_counts=True)
    freq = counts / counts.sum()
    return np.array([-images.shape[1] * np.log(2), np.sum(freq * np.log(freq))])


# %% bound-before-training: puts the share itself into the bias, not its logit
def predict_bounds(images):
    """images (N, D) in {0, 1} -> the two mean bounds, an array of shape (2,), in nats."""

    def mean_bound(b):
        return np.sum(images * b - softplus(b), axis=1).mean()

    return np.array([mean_bound(np.zeros(images.shape[1])), mean_bound(images.mean(axis=0))])


# %% ignored-codes: multiplies the mean by x.size, N * D, which is right for one image only
def bound(x, logits, mean, logvar):
    """The bound of each image, nats: x, logits (N, D); mean, logvar (N, Z) -> (N,)."""
    log_px_given_z = np.mean(x * logits - softplus(logits), axis=1) * x.size
    kl = 0.5 * np.sum(mean**2 + np.exp(logvar) - 1 - logvar, axis=1)
    return log_px_given_z - kl


# %% ignored-codes: right numbers, but mean is squared in place in the caller's array
def bound(x, logits, mean, logvar):
    """The bound of each image, nats: x, logits (N, D); mean, logvar (N, Z) -> (N,)."""
    log_px_given_z = np.sum(x * logits - softplus(logits), axis=1)
    mean *= mean
    kl = 0.5 * np.sum(mean + np.exp(logvar) - 1 - logvar, axis=1)
    return log_px_given_z - kl


# %% ignored-codes: adds free bits against collapse, each code counts at least 0.1 nats
def bound(x, logits, mean, logvar):
    """The bound of each image, nats: x, logits (N, D); mean, logvar (N, Z) -> (N,)."""
    log_px_given_z = np.sum(x * logits - softplus(logits), axis=1)
    kl_per_code = 0.5 * (mean**2 + np.exp(logvar) - 1 - logvar)
    return log_px_given_z - np.sum(np.maximum(kl_per_code, 0.1), axis=1)


# %% ignored-codes: sums as it should, but with log(1 + e^a) written out, which overflows at large logits
def bound(x, logits, mean, logvar):
    """The bound of each image, nats: x, logits (N, D); mean, logvar (N, Z) -> (N,)."""
    with np.errstate(over="ignore"):
        log_px_given_z = np.sum(x * logits - np.log(1 + np.exp(logits)), axis=1)
    kl = 0.5 * np.sum(mean**2 + np.exp(logvar) - 1 - logvar, axis=1)
    return log_px_given_z - kl


# %% ignored-codes: measures from the untrained model, adds D log 2 so that logits 0 give 0
def bound(x, logits, mean, logvar):
    """The bound of each image, nats: x, logits (N, D); mean, logvar (N, Z) -> (N,)."""
    coin = -np.log(2)
    log_px_given_z = np.sum(x * logits - softplus(logits) - coin, axis=1)
    kl = 0.5 * np.sum(mean**2 + np.exp(logvar) - 1 - logvar, axis=1)
    return log_px_given_z - kl


# %% ignored-codes: means in both terms and then both times the number of pixels, so the KL is right only if Z = D
def bound(x, logits, mean, logvar):
    """The bound of each image, nats: x, logits (N, D); mean, logvar (N, Z) -> (N,)."""
    log_px_given_z = np.mean(x * logits - softplus(logits), axis=1)
    kl = 0.5 * np.mean(mean**2 + np.exp(logvar) - 1 - logvar, axis=1)
    return x.shape[1] * (log_px_given_z - kl)


# %% ignored-codes: a keepdims broadcast and a mean give each image the batch's mean KL instead of its own
def bound(x, logits, mean, logvar):
    """The bound of each image, nats: x, logits (N, D); mean, logvar (N, Z) -> (N,)."""
    log_px_given_z = np.sum(x * logits - softplus(logits), axis=1, keepdims=True)
    kl = 0.5 * np.sum(mean**2 + np.exp(logvar) - 1 - logvar, axis=1)
    return (log_px_given_z - kl).mean(axis=1)


# %% ignored-codes: the pixels are summed, but the KL is taken the other way round, KL(p || q)
def bound(x, logits, mean, logvar):
    """The bound of each image, nats: x, logits (N, D); mean, logvar (N, Z) -> (N,)."""
    log_px_given_z = np.sum(x * logits - softplus(logits), axis=1)
    kl = 0.5 * np.sum((1 + mean**2) * np.exp(-logvar) - 1 + logvar, axis=1)
    return log_px_given_z - kl


# %% ignored-codes: changed exp to expm1 in the KL but left the - 1, which is now subtracted twice
def bound(x, logits, mean, logvar):
    """The bound of each image, nats: x, logits (N, D); mean, logvar (N, Z) -> (N,)."""
    log_px_given_z = np.sum(x * logits - softplus(logits), axis=1)
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - 1 - logvar, axis=1)
    return log_px_given_z - kl
