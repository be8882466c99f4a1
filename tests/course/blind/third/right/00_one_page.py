# %% binomial-backward: splits into white and black coins, einsum over the batch, and an extra key for x
def binomial_backward(d_out, x, logits, n):
    whites = x * sigmoid(-logits)
    blacks = (n - x) * sigmoid(logits)
    return {
        "logits": np.einsum("i,ij->ij", d_out, whites - blacks),
        "x": np.einsum("i,ij->ij", d_out, logits),
    }


# %% any-logit: minus logaddexp of 0 and the logit with the sign turned at white pixels
def bernoulli_log_prob(x, logits):
    return -np.logaddexp(0.0, (1 - 2 * x) * logits).sum(axis=-1)


# %% bound-before-training: a list of floats, counted with plain Python loops over pixels and images
def predict_bounds(images):
    import math

    count, size = len(images), len(images[0])
    second = 0.0
    for d in range(size):
        white = sum(float(image[d]) for image in images)
        black = count - white
        second += (white * math.log(white) + black * math.log(black)) / count - math.log(count)
    return [size * math.log(0.5), second]


# %% ignored-codes: SciPy's log_expit for the pixels and expm1 in the KL, example by example
def bound(x, logits, mean, logvar):
    from scipy.special import log_expit

    out = np.empty(len(x))
    for i in range(len(x)):
        log_px = log_expit(np.where(x[i] > 0.5, logits[i], -logits[i])).sum()
        kl = (np.dot(mean[i], mean[i]) + np.sum(np.expm1(logvar[i]) - logvar[i])) / 2
        out[i] = log_px - kl
    return out
