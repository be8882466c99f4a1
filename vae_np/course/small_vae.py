"""The VAE of lecture 7's exercises: one hidden layer, a linear decoder, and its walk back with a
fault in any one room.
"""
import numpy as np

from ..activations import sigmoid
from ..distributions import bernoulli_log_prob, kl_standard_normal


def small_vae(x, eps, E, A, B, W, b):
    """The bound of each image, nats: x (N, D), eps (L, N, Z) → (N,).

    E (D, H), A and B (H, Z), W (Z, D), b (D,): weights into h, μ, s and the logits, whose bias b
    is.
    """
    h = np.tanh(x @ E)
    mean, logvar = h @ A, h @ B
    z = mean + np.exp(0.5 * logvar) * eps
    return bernoulli_log_prob(x, z @ W + b).mean(axis=0) - kl_standard_normal(mean, logvar)


def walk(d_bound, x, eps, E, A, B, W, b, *, tanh=lambda h: 1 - h * h, heads=(1.0, 1.0),
         crossed=False, **faults):
    """{"b", "W", "A", "B", "E"}: the slopes of Σ_n d_bound_n 𝓛(x_n). Right without faults.

    tanh: the slope of tanh from its output. heads: factors of what the two heads send to h.
    crossed: each head's slope through the other's weights. The rest are those of `rooms`.
    """
    h = np.tanh(x @ E)
    found = rooms(d_bound, x, eps, h @ A, h @ B, W, b, **faults)
    one, other = (B, A) if crossed else (A, B)
    d_h = heads[0] * found["mean"] @ one.T + heads[1] * found["logvar"] @ other.T
    return {"b": found["b"], "W": found["W"], "A": h.T @ found["mean"],
            "B": h.T @ found["logvar"], "E": x.T @ (d_h * tanh(h))}


def rooms(d_bound, x, eps, mean, logvar, W, b, *, pixels=1.0, code=1.0, kl_mean=1.0,
          kl_logvar=1.0, sample_mean=1.0, noise=lambda std, eps: 0.5 * std * eps,
          kl_slope=lambda logvar: 0.5 * (np.exp(logvar) - 1), error=lambda x, a: x - sigmoid(a),
          spread=0.5, first=False, at_mean=False, kl_draw=False, weights_of=None, d_kl=None,
          d_pixels=None):
    """{"b", "W", "mean", "logvar"}: the slopes down to the encoder's outputs.

    pixels, code, kl_mean, kl_logvar, sample_mean: factors of a slope, numbers or functions of
    (N, L): of the logits; of z, after the decoder's; of the KL and of the sample in the two.
    spread: what multiplies s in the standard deviation. noise: what takes d_z to s. kl_slope,
    error: the slopes of the KL in s and of log p in a logit.
    first: the first draw alone. at_mean: decoded at z = μ. kl_draw: the KL's slope in
    μ is taken at the draws. weights_of(z, d_logits, mean): d_W.
    d_kl, d_pixels: the slope from above in each, in the place of d_bound.
    """
    def factor(value):
        return value(len(x), len(eps)) if callable(value) else value

    std = np.exp(spread * logvar)
    z = mean + (0.0 if at_mean else 1.0) * std * eps
    d_pixels = d_bound if d_pixels is None else d_pixels
    share = np.broadcast_to(d_pixels / len(eps), z.shape[:2])
    if first:
        share = share * (np.arange(len(eps)) == 0)[:, None]
    d_logits = factor(pixels) * share[..., None] * error(x, z @ W + b)
    d_z = factor(code) * (d_logits @ W.T)
    d_kl = (d_bound if d_kl is None else d_kl)[:, None]
    d_mean = (factor(sample_mean) * d_z.sum(axis=0)
              - factor(kl_mean) * d_kl * (z.mean(axis=0) if kl_draw else mean))
    d_logvar = np.sum(d_z * noise(std, eps), axis=0) - factor(kl_logvar) * d_kl * kl_slope(logvar)
    d_W = (np.einsum("lnz,lnd->zd", z, d_logits) if weights_of is None
           else weights_of(z, d_logits, mean))
    return {"b": d_logits.sum(axis=(0, 1)), "W": d_W, "mean": d_mean, "logvar": d_logvar}


# What is done wrong in both exercises: {key: faults, each the keywords of `rooms`}.
FAULTS = {
    "no-kl": [{"kl_mean": 0.0, "kl_logvar": 0.0}],
    "kl-sign": [{"kl_mean": -1.0, "kl_logvar": -1.0}],
    "kl-mean": [{"kl_draw": True}] + [{"kl_mean": factor} for factor in (0.0, -1.0, 2.0, 0.5)],
    "kl-logvar": [{"kl_logvar": factor} for factor in (0.0, -1.0, 2.0, 0.5)] + [
        {"kl_slope": slope} for slope in (
            lambda s: 0.5 * (s - 1), lambda s: 0.5 * np.exp(s), lambda s: 0.5 * np.exp(s) - 1,
            lambda s: np.exp(s) - 0.5, lambda s: 0.5 * (np.exp(0.5 * s) - 1),
            lambda s: 0.5 * (np.exp(2 * s) - 1), lambda s: 0.5 * (1 - np.exp(-s)),
            lambda s: 0.5 * (np.exp(s) + 1), lambda s: 0.5 * s, lambda s: 0.5 * (np.exp(s) - s),
            lambda s: np.exp(0.5 * s) - np.exp(-0.5 * s))],
    "no-sample": [{"noise": lambda std, eps: 0.0 * eps}],
    "no-sample-mean": [{"sample_mean": 0.0}],
    "sample-slope": [{"noise": noise} for noise in (
        lambda std, eps: std * eps, lambda std, eps: 0.5 * eps, lambda std, eps: 0.5 * std,
        lambda std, eps: eps, lambda std, eps: std, lambda std, eps: 0.5 * std**2 * eps,
        lambda std, eps: std**2 * eps, lambda std, eps: -0.5 * std * eps,
        lambda std, eps: 0.5 * std * eps**2, lambda std, eps: 0.25 * std * eps,
        lambda std, eps: np.ones_like(eps), lambda std, eps: 0.5 * np.ones_like(eps))],
    "sigmoid": [{"error": error} for error in (
        lambda x, a: x - a, lambda x, a: (x - sigmoid(a)) * sigmoid(a) * (1 - sigmoid(a)),
        lambda x, a: 1 - sigmoid(a), lambda x, a: -sigmoid(a), lambda x, a: x,
        lambda x, a: x - np.tanh(a), lambda x, a: x * (1 - sigmoid(a)),
        lambda x, a: x - np.exp(a))],
    "pixel-sign": [{"pixels": -1.0}],
    "spread": [{"spread": 1.0},
               {"spread": 1.0, "kl_slope": lambda s: 0.5 * (np.exp(2 * s) - 1)},
               {"spread": 1.0, "noise": lambda std, eps: std * eps},
               {"spread": 1.0, "noise": lambda std, eps: 0.5 * np.sqrt(std) * eps},
               {"spread": 0.25}],
    "at-the-mean": [{"at_mean": True}],
    "code": [{"weights_of": lambda z, d, mean: mean.T @ d.sum(axis=0)}],
    "product": [{"weights_of": weights_of} for weights_of in (
        lambda z, d, mean: z.sum(axis=0).T @ d.sum(axis=0),
        lambda z, d, mean: z.mean(axis=0).T @ d.sum(axis=0),
        lambda z, d, mean: z.mean(axis=0).T @ d.mean(axis=0),
        lambda z, d, mean: z[0].T @ d.sum(axis=0))],
}

# What an answer does then, and the hints.
SAYS = {
    "no-kl": "lacks the slopes that come through the KL",
    "kl-sign": "has the slopes that come through the KL with the wrong sign",
    "kl-mean": "has the KL's slope in μ wrong, or not at all",
    "kl-logvar": "has the KL's slope in s wrong, or not at all",
    "no-sample": "lacks the slope that comes to s through the sample",
    "no-sample-mean": "lacks the slope that comes to μ through the sample",
    "sample-slope": "has another factor than the sample's between the slopes in z and in s",
    "sigmoid": "has another slope of a pixel's log-probability than the right one",
    "pixel-sign": "has the slopes that come through the pixels with the wrong sign",
    "spread": "has another standard deviation of the code than e^{s/2}",
    "at-the-mean": "has the pixels decoded at z = μ, without noise",
    "code": "has the mean of q where the drawn code should be",
    "product": "has a product of sums over the draws, or of means, for the sum of products"}
HINTS = {
    "no-kl": ("μ and s go into two rooms each. From which of them has no slope come back?",
              "walk-back"),
    "kl-sign": ("With which sign does the KL stand in the bound? A step uphill should make it "
                "smaller, not larger.", "walk-back"),
    "kl-mean": ("Differentiate one term of the KL in μ_j: does it contain a draw? And note with "
                "which sign the KL stands in the bound.", "walk-back"),
    "kl-logvar": ("Write one term of the KL with e^s for σ², and differentiate it in s. Where is "
                  "the slope 0?", "walk-back"),
    "no-sample": ("If s grows, so does σ, and with it the code moves. In which direction, for a "
                  "given ε?", "walk-back"),
    "no-sample-mean": ("If μ moves, every draw of the code moves with it. What does that do to "
                       "the pixels?", "walk-back"),
    "sample-slope": ("z = μ + e^{s/2} ε. Differentiate it in s: three factors.", "walk-back"),
    "sigmoid": ("What the pixel is, minus what was expected of it: is it the logit that was "
                "expected?", "walk-back"),
    "pixel-sign": ("A white pixel asks for a larger logit. Which sign has its slope?",
                   "walk-back"),
    "spread": ("`logvar` is the logarithm of a variance. What is the standard deviation, then? "
               "Compare the line of z in the forward pass.", "walk-back"),
    "at-the-mean": ("Which code did the forward pass hand to the decoder? The walk back must go "
                    "through the same rooms.", "algorithm-1"),
    "code": ("What did the decoder multiply by W: the mean, or the code that was drawn?",
             "walk-back"),
    "product": ("Each draw has a code and slopes of its own. Multiply first, within a draw; then "
                "add over the draws and images.", "walk-back")}
