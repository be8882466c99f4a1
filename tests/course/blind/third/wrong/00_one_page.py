# %% binomial-backward: the n before the sigmoid is forgotten, as if every pixel were a single coin
def binomial_backward(d_out, x, logits, n):
    return {"logits": d_out[:, None] * (x - sigmoid(logits))}


# %% binomial-backward: differentiates the share x/n instead of the level, so the gradient is n times too small
def binomial_backward(d_out, x, logits, n):
    share = x / n
    return {"logits": np.asarray(d_out)[:, None] * (share - sigmoid(logits))}


# %% binomial-backward: the upstream slope is averaged over the batch instead of being applied example by example
def binomial_backward(d_out, x, logits, n):
    g = x - n * sigmoid(logits)
    return {"logits": np.mean(d_out) * g}


# %% binomial-backward: near miss, the logits are clipped to [-6, 6] "for stability", which spoils pixels with large logits
def binomial_backward(d_out, x, logits, n):
    a = np.clip(logits, -6.0, 6.0)
    p = 1.0 / (1.0 + np.exp(-a))
    return {"logits": d_out[:, None] * (x - n * p)}


# %% binomial-backward: the right gradient, but it is built inside the caller's logits, which are overwritten
def binomial_backward(d_out, x, logits, n):
    p = sigmoid(logits)
    logits[...] = x
    logits -= n * p
    logits *= d_out[:, None]
    return {"logits": logits.copy()}


# %% any-logit: log of a sigmoid guarded by an epsilon of 1e-7, so a wrong pixel can never cost more than 16 nats
def bernoulli_log_prob(x, logits):
    p = 1 / (1 + np.exp(-np.clip(logits, -700, 700)))
    e = 1e-7
    return np.sum(x * np.log(p + e) + (1 - x) * np.log(1 - p + e), axis=-1)


# %% any-logit: the stable form with its sign turned, the cross-entropy loss in place of the log-probability
def bernoulli_log_prob(x, logits):
    loss = np.maximum(logits, 0) - logits * x + np.log1p(np.exp(-np.abs(logits)))
    return loss.sum(axis=1)


# %% any-logit: near miss, log1p(exp) is replaced by the logit above 3 and by 0 below -30, too early on the positive side
def bernoulli_log_prob(x, logits):
    middle = np.log1p(np.exp(np.clip(logits, -30, 30)))
    sp = np.where(logits > 3, logits, np.where(logits < -30, 0.0, middle))
    return np.sum(x * logits - sp, axis=-1)


# %% any-logit: uses only the white pixels, the black ones are thought to add nothing to the log-probability
def bernoulli_log_prob(x, logits):
    log_p = np.minimum(logits, 0) - np.log1p(np.exp(-np.abs(logits)))
    return np.sum(x * log_p, axis=-1)


# %% any-logit: the textbook formula as it stands, exp overflows at a logit of 1000 and gives -inf
def bernoulli_log_prob(x, logits):
    with np.errstate(all="ignore"):
        return np.sum(x * logits - np.log(1 + np.exp(logits)), axis=-1)


# %% bound-before-training: bits instead of nats in both numbers
def predict_bounds(images):
    p = images.mean(axis=0)
    entropy = -np.sum(p * np.log2(p) + (1 - p) * np.log2(1 - p))
    return np.array([-float(images.shape[1]), -entropy])


# %% bound-before-training: one share of white for the whole set instead of one for each pixel
def predict_bounds(images):
    d = images.shape[1]
    p = np.mean(images)
    return np.array([-d * np.log(2), d * (p * np.log(p) + (1 - p) * np.log(1 - p))])


# %% bound-before-training: thinks that a posterior with zero outputs still costs half a nat for each pixel, a KL that is really 0
def predict_bounds(images):
    p = images.mean(0)
    d = images.shape[1]
    kl = 0.5 * d
    first = d * np.log(0.5) - kl
    second = (p * np.log(p) + (1 - p) * np.log(1 - p)).sum() - kl
    return np.array([first, second])


# %% bound-before-training: the second number has only the p log p half of the entropy
def predict_bounds(images):
    p = images.mean(axis=0)
    return np.array([-images.shape[1] * np.log(2), np.sum(p * np.log(p))])


# %% bound-before-training: near miss, shares clipped to [0.05, 0.95] and the bound evaluated with them, wrong only where a pixel is rarer than that
def predict_bounds(images):
    p = images.mean(axis=0)
    q = np.clip(p, 0.05, 0.95)
    second = np.sum(p * np.log(q) + (1 - p) * np.log(1 - q))
    return np.array([-images.shape[1] * np.log(2), second])


# %% ignored-codes: heals the imbalance by averaging the KL over the codes as well, instead of summing the pixels
def bound(x, logits, mean, logvar):
    log_px = np.mean(x * logits - softplus(logits), axis=1)
    kl = 0.5 * np.mean(mean**2 + np.exp(logvar) - 1 - logvar, axis=1)
    return log_px - kl


# %% ignored-codes: pixels are summed as they should, but the KL is divided by the number of pixels
def bound(x, logits, mean, logvar):
    d = x.shape[1]
    log_px = np.sum(x * logits - softplus(logits), axis=1)
    kl = 0.5 * np.sum(mean**2 + np.exp(logvar) - 1 - logvar, axis=1)
    return log_px - kl / d


# %% ignored-codes: near miss, the KL is floored at 0.5 nat for each code (free bits) so that the codes are used
def bound(x, logits, mean, logvar):
    log_px = np.sum(x * logits - softplus(logits), axis=1)
    kl = 0.5 * (mean**2 + np.exp(logvar) - 1 - logvar)
    return log_px - np.maximum(kl, 0.5).sum(axis=1)


# %% ignored-codes: mean times a hard-coded 20 pixels, right for the notebook's example only
def bound(x, logits, mean, logvar):
    log_px = 20 * np.mean(x * logits - softplus(logits), axis=1)
    kl = 0.5 * np.sum(mean**2 + np.exp(logvar) - 1 - logvar, axis=1)
    return log_px - kl


# %% ignored-codes: two mistakes, logvar is read as the log of the standard deviation in the exp only, and the KL is added
def bound(x, logits, mean, logvar):
    log_px = np.sum(x * logits - softplus(logits), axis=1)
    kl = 0.5 * np.sum(mean**2 + np.exp(2 * logvar) - 1 - logvar, axis=1)
    return log_px + kl
