"""Plausible wrong answers to the exercises of lecture 7.

Each cell stands for the student's: `# %% exercise: key of the hint that it must get`.
"""
import numpy as np

from vae_np.distributions import sigmoid


# %% assemble-the-walk: draws
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h, c = np.tanh(x @ E), d_bound[:, None]
    mean, std = h @ A, np.exp(0.5 * h @ B)
    z = mean + std * eps
    d_a = c * (x - sigmoid(z @ W + b))
    d_z = d_a @ W.T
    d_mean = d_z.sum(axis=0) - c * mean
    d_s = (d_z * 0.5 * std * eps).sum(axis=0) - c * 0.5 * (std**2 - 1)
    d_h = (d_mean @ A.T + d_s @ B.T) * (1 - h**2)
    return {"b": d_a.sum(axis=(0, 1)), "W": np.einsum("lnz,lnd->zd", z, d_a),
            "A": h.T @ d_mean, "B": h.T @ d_s, "E": x.T @ d_h}


# %% assemble-the-walk: batch
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h, c, n, draws = np.tanh(x @ E), d_bound[:, None], len(x), len(eps)
    mean, std = h @ A, np.exp(0.5 * h @ B)
    z = mean + std * eps
    d_a = c / draws / n * (x - sigmoid(z @ W + b))
    d_z = d_a @ W.T
    d_mean = d_z.sum(axis=0) - c * mean
    d_s = (d_z * 0.5 * std * eps).sum(axis=0) - c * 0.5 * (std**2 - 1)
    d_h = (d_mean @ A.T + d_s @ B.T) * (1 - h**2)
    return {"b": d_a.sum(axis=(0, 1)), "W": np.einsum("lnz,lnd->zd", z, d_a),
            "A": h.T @ d_mean, "B": h.T @ d_s, "E": x.T @ d_h}


# %% assemble-the-walk: upstream
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h, c, draws = np.tanh(x @ E), d_bound[:, None], len(eps)
    mean, std = h @ A, np.exp(0.5 * h @ B)
    z = mean + std * eps
    d_a = c / draws * (x - sigmoid(z @ W + b))
    d_z = d_a @ W.T
    d_mean = d_z.sum(axis=0) - mean
    d_s = (d_z * 0.5 * std * eps).sum(axis=0) - 0.5 * (std**2 - 1)
    d_h = (d_mean @ A.T + d_s @ B.T) * (1 - h**2)
    return {"b": d_a.sum(axis=(0, 1)), "W": np.einsum("lnz,lnd->zd", z, d_a),
            "A": h.T @ d_mean, "B": h.T @ d_s, "E": x.T @ d_h}


# %% assemble-the-walk: code-draws
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h, c, draws = np.tanh(x @ E), d_bound[:, None], len(eps)
    mean, std = h @ A, np.exp(0.5 * h @ B)
    z = mean + std * eps
    d_a = c / draws * (x - sigmoid(z @ W + b))
    d_z = d_a @ W.T / draws
    d_mean = d_z.sum(axis=0) - c * mean
    d_s = (d_z * 0.5 * std * eps).sum(axis=0) - c * 0.5 * (std**2 - 1)
    d_h = (d_mean @ A.T + d_s @ B.T) * (1 - h**2)
    return {"b": d_a.sum(axis=(0, 1)), "W": np.einsum("lnz,lnd->zd", z, d_a),
            "A": h.T @ d_mean, "B": h.T @ d_s, "E": x.T @ d_h}


# %% assemble-the-walk: no-kl
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h, c, draws = np.tanh(x @ E), d_bound[:, None], len(eps)
    mean, std = h @ A, np.exp(0.5 * h @ B)
    z = mean + std * eps
    d_a = c / draws * (x - sigmoid(z @ W + b))
    d_z = d_a @ W.T
    d_mean = d_z.sum(axis=0)
    d_s = (d_z * 0.5 * std * eps).sum(axis=0)
    d_h = (d_mean @ A.T + d_s @ B.T) * (1 - h**2)
    return {"b": d_a.sum(axis=(0, 1)), "W": np.einsum("lnz,lnd->zd", z, d_a),
            "A": h.T @ d_mean, "B": h.T @ d_s, "E": x.T @ d_h}


# %% assemble-the-walk: kl-sign
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h, c, draws = np.tanh(x @ E), d_bound[:, None], len(eps)
    mean, std = h @ A, np.exp(0.5 * h @ B)
    z = mean + std * eps
    d_a = c / draws * (x - sigmoid(z @ W + b))
    d_z = d_a @ W.T
    d_mean = d_z.sum(axis=0) + c * mean
    d_s = (d_z * 0.5 * std * eps).sum(axis=0) + c * 0.5 * (std**2 - 1)
    d_h = (d_mean @ A.T + d_s @ B.T) * (1 - h**2)
    return {"b": d_a.sum(axis=(0, 1)), "W": np.einsum("lnz,lnd->zd", z, d_a),
            "A": h.T @ d_mean, "B": h.T @ d_s, "E": x.T @ d_h}


# %% assemble-the-walk: kl-mean
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h, c, draws = np.tanh(x @ E), d_bound[:, None], len(eps)
    mean, std = h @ A, np.exp(0.5 * h @ B)
    z = mean + std * eps
    d_a = c / draws * (x - sigmoid(z @ W + b))
    d_z = d_a @ W.T
    d_mean = d_z.sum(axis=0) - c * z.mean(axis=0)
    d_s = (d_z * 0.5 * std * eps).sum(axis=0) - c * 0.5 * (std**2 - 1)
    d_h = (d_mean @ A.T + d_s @ B.T) * (1 - h**2)
    return {"b": d_a.sum(axis=(0, 1)), "W": np.einsum("lnz,lnd->zd", z, d_a),
            "A": h.T @ d_mean, "B": h.T @ d_s, "E": x.T @ d_h}


# %% assemble-the-walk: kl-logvar
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h, c, draws = np.tanh(x @ E), d_bound[:, None], len(eps)
    mean, std = h @ A, np.exp(0.5 * h @ B)
    z = mean + std * eps
    d_a = c / draws * (x - sigmoid(z @ W + b))
    d_z = d_a @ W.T
    d_mean = d_z.sum(axis=0) - c * mean
    d_s = (d_z * 0.5 * std * eps).sum(axis=0) - c * (std**2 - 1)
    d_h = (d_mean @ A.T + d_s @ B.T) * (1 - h**2)
    return {"b": d_a.sum(axis=(0, 1)), "W": np.einsum("lnz,lnd->zd", z, d_a),
            "A": h.T @ d_mean, "B": h.T @ d_s, "E": x.T @ d_h}


# %% assemble-the-walk: kl-draws
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h, c, draws = np.tanh(x @ E), d_bound[:, None], len(eps)
    mean, std = h @ A, np.exp(0.5 * h @ B)
    z = mean + std * eps
    d_a = c / draws * (x - sigmoid(z @ W + b))
    d_z = d_a @ W.T
    d_mean = d_z.sum(axis=0) - c / draws * mean
    d_s = (d_z * 0.5 * std * eps).sum(axis=0) - c / draws * 0.5 * (std**2 - 1)
    d_h = (d_mean @ A.T + d_s @ B.T) * (1 - h**2)
    return {"b": d_a.sum(axis=(0, 1)), "W": np.einsum("lnz,lnd->zd", z, d_a),
            "A": h.T @ d_mean, "B": h.T @ d_s, "E": x.T @ d_h}


# %% assemble-the-walk: first-draw
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h, c, draws = np.tanh(x @ E), d_bound[:, None], len(eps)
    mean, std = h @ A, np.exp(0.5 * h @ B)
    z = mean + std * eps
    d_a = c / draws * (x - sigmoid(z @ W + b))
    d_z = d_a @ W.T
    d_mean = d_z.sum(axis=0) - c * mean
    d_s = (d_z * 0.5 * std * eps).sum(axis=0) - c * 0.5 * (std**2 - 1)
    d_h = (d_mean @ A.T + d_s @ B.T) * (1 - h**2)
    return {"b": d_a[0].sum(axis=0), "W": z[0].T @ d_a[0],
            "A": h.T @ d_mean, "B": h.T @ d_s, "E": x.T @ d_h}


# %% assemble-the-walk: no-sample
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h, c, draws = np.tanh(x @ E), d_bound[:, None], len(eps)
    mean, std = h @ A, np.exp(0.5 * h @ B)
    z = mean + std * eps
    d_a = c / draws * (x - sigmoid(z @ W + b))
    d_z = d_a @ W.T
    d_mean = d_z.sum(axis=0) - c * mean
    d_s = - c * 0.5 * (std**2 - 1)
    d_h = (d_mean @ A.T + d_s @ B.T) * (1 - h**2)
    return {"b": d_a.sum(axis=(0, 1)), "W": np.einsum("lnz,lnd->zd", z, d_a),
            "A": h.T @ d_mean, "B": h.T @ d_s, "E": x.T @ d_h}


# %% assemble-the-walk: no-sample-mean
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h, c, draws = np.tanh(x @ E), d_bound[:, None], len(eps)
    mean, std = h @ A, np.exp(0.5 * h @ B)
    z = mean + std * eps
    d_a = c / draws * (x - sigmoid(z @ W + b))
    d_z = d_a @ W.T
    d_mean = - c * mean
    d_s = (d_z * 0.5 * std * eps).sum(axis=0) - c * 0.5 * (std**2 - 1)
    d_h = (d_mean @ A.T + d_s @ B.T) * (1 - h**2)
    return {"b": d_a.sum(axis=(0, 1)), "W": np.einsum("lnz,lnd->zd", z, d_a),
            "A": h.T @ d_mean, "B": h.T @ d_s, "E": x.T @ d_h}


# %% assemble-the-walk: sample-slope
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h, c, draws = np.tanh(x @ E), d_bound[:, None], len(eps)
    mean, std = h @ A, np.exp(0.5 * h @ B)
    z = mean + std * eps
    d_a = c / draws * (x - sigmoid(z @ W + b))
    d_z = d_a @ W.T
    d_mean = d_z.sum(axis=0) - c * mean
    d_s = (d_z * 0.5 * std).sum(axis=0) - c * 0.5 * (std**2 - 1)
    d_h = (d_mean @ A.T + d_s @ B.T) * (1 - h**2)
    return {"b": d_a.sum(axis=(0, 1)), "W": np.einsum("lnz,lnd->zd", z, d_a),
            "A": h.T @ d_mean, "B": h.T @ d_s, "E": x.T @ d_h}


# %% assemble-the-walk: sigmoid
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h, c, draws = np.tanh(x @ E), d_bound[:, None], len(eps)
    mean, std = h @ A, np.exp(0.5 * h @ B)
    z = mean + std * eps
    d_a = c / draws * (x - (z @ W + b))
    d_z = d_a @ W.T
    d_mean = d_z.sum(axis=0) - c * mean
    d_s = (d_z * 0.5 * std * eps).sum(axis=0) - c * 0.5 * (std**2 - 1)
    d_h = (d_mean @ A.T + d_s @ B.T) * (1 - h**2)
    return {"b": d_a.sum(axis=(0, 1)), "W": np.einsum("lnz,lnd->zd", z, d_a),
            "A": h.T @ d_mean, "B": h.T @ d_s, "E": x.T @ d_h}


# %% assemble-the-walk: pixel-sign
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h, c, draws = np.tanh(x @ E), d_bound[:, None], len(eps)
    mean, std = h @ A, np.exp(0.5 * h @ B)
    z = mean + std * eps
    d_a = c / draws * (sigmoid(z @ W + b) - x)
    d_z = d_a @ W.T
    d_mean = d_z.sum(axis=0) - c * mean
    d_s = (d_z * 0.5 * std * eps).sum(axis=0) - c * 0.5 * (std**2 - 1)
    d_h = (d_mean @ A.T + d_s @ B.T) * (1 - h**2)
    return {"b": d_a.sum(axis=(0, 1)), "W": np.einsum("lnz,lnd->zd", z, d_a),
            "A": h.T @ d_mean, "B": h.T @ d_s, "E": x.T @ d_h}


# %% assemble-the-walk: at-the-mean
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h, c, draws = np.tanh(x @ E), d_bound[:, None], len(eps)
    mean, std = h @ A, np.exp(0.5 * h @ B)
    z = mean + 0 * eps
    d_a = c / draws * (x - sigmoid(z @ W + b))
    d_z = d_a @ W.T
    d_mean = d_z.sum(axis=0) - c * mean
    d_s = (d_z * 0.5 * std * eps).sum(axis=0) - c * 0.5 * (std**2 - 1)
    d_h = (d_mean @ A.T + d_s @ B.T) * (1 - h**2)
    return {"b": d_a.sum(axis=(0, 1)), "W": np.einsum("lnz,lnd->zd", z, d_a),
            "A": h.T @ d_mean, "B": h.T @ d_s, "E": x.T @ d_h}


# %% assemble-the-walk: spread
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h, c, draws = np.tanh(x @ E), d_bound[:, None], len(eps)
    mean, std = h @ A, np.exp(h @ B)
    z = mean + std * eps
    d_a = c / draws * (x - sigmoid(z @ W + b))
    d_z = d_a @ W.T
    d_mean = d_z.sum(axis=0) - c * mean
    d_s = (d_z * 0.5 * std * eps).sum(axis=0) - c * 0.5 * (std**2 - 1)
    d_h = (d_mean @ A.T + d_s @ B.T) * (1 - h**2)
    return {"b": d_a.sum(axis=(0, 1)), "W": np.einsum("lnz,lnd->zd", z, d_a),
            "A": h.T @ d_mean, "B": h.T @ d_s, "E": x.T @ d_h}


# %% assemble-the-walk: code
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h, c, draws = np.tanh(x @ E), d_bound[:, None], len(eps)
    mean, std = h @ A, np.exp(0.5 * h @ B)
    z = mean + std * eps
    d_a = c / draws * (x - sigmoid(z @ W + b))
    d_z = d_a @ W.T
    d_mean = d_z.sum(axis=0) - c * mean
    d_s = (d_z * 0.5 * std * eps).sum(axis=0) - c * 0.5 * (std**2 - 1)
    d_h = (d_mean @ A.T + d_s @ B.T) * (1 - h**2)
    return {"b": d_a.sum(axis=(0, 1)), "W": mean.T @ d_a.sum(axis=0),
            "A": h.T @ d_mean, "B": h.T @ d_s, "E": x.T @ d_h}


# %% assemble-the-walk: product
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h, c, draws = np.tanh(x @ E), d_bound[:, None], len(eps)
    mean, std = h @ A, np.exp(0.5 * h @ B)
    z = mean + std * eps
    d_a = c / draws * (x - sigmoid(z @ W + b))
    d_z = d_a @ W.T
    d_mean = d_z.sum(axis=0) - c * mean
    d_s = (d_z * 0.5 * std * eps).sum(axis=0) - c * 0.5 * (std**2 - 1)
    d_h = (d_mean @ A.T + d_s @ B.T) * (1 - h**2)
    return {"b": d_a.sum(axis=(0, 1)), "W": z.sum(axis=0).T @ d_a.sum(axis=0),
            "A": h.T @ d_mean, "B": h.T @ d_s, "E": x.T @ d_h}


# %% assemble-the-walk: one-head
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h, c, draws = np.tanh(x @ E), d_bound[:, None], len(eps)
    mean, std = h @ A, np.exp(0.5 * h @ B)
    z = mean + std * eps
    d_a = c / draws * (x - sigmoid(z @ W + b))
    d_z = d_a @ W.T
    d_mean = d_z.sum(axis=0) - c * mean
    d_s = (d_z * 0.5 * std * eps).sum(axis=0) - c * 0.5 * (std**2 - 1)
    d_h = (d_s @ B.T) * (1 - h**2)
    return {"b": d_a.sum(axis=(0, 1)), "W": np.einsum("lnz,lnd->zd", z, d_a),
            "A": h.T @ d_mean, "B": h.T @ d_s, "E": x.T @ d_h}


# %% assemble-the-walk: crossed
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h, c, draws = np.tanh(x @ E), d_bound[:, None], len(eps)
    mean, std = h @ A, np.exp(0.5 * h @ B)
    z = mean + std * eps
    d_a = c / draws * (x - sigmoid(z @ W + b))
    d_z = d_a @ W.T
    d_mean = d_z.sum(axis=0) - c * mean
    d_s = (d_z * 0.5 * std * eps).sum(axis=0) - c * 0.5 * (std**2 - 1)
    d_h = (d_mean @ B.T + d_s @ A.T) * (1 - h**2)
    return {"b": d_a.sum(axis=(0, 1)), "W": np.einsum("lnz,lnd->zd", z, d_a),
            "A": h.T @ d_mean, "B": h.T @ d_s, "E": x.T @ d_h}


# %% assemble-the-walk: tanh
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h, c, draws = np.tanh(x @ E), d_bound[:, None], len(eps)
    mean, std = h @ A, np.exp(0.5 * h @ B)
    z = mean + std * eps
    d_a = c / draws * (x - sigmoid(z @ W + b))
    d_z = d_a @ W.T
    d_mean = d_z.sum(axis=0) - c * mean
    d_s = (d_z * 0.5 * std * eps).sum(axis=0) - c * 0.5 * (std**2 - 1)
    d_h = d_mean @ A.T + d_s @ B.T
    return {"b": d_a.sum(axis=(0, 1)), "W": np.einsum("lnz,lnd->zd", z, d_a),
            "A": h.T @ d_mean, "B": h.T @ d_s, "E": x.T @ d_h}


# %% assemble-the-walk: pixels
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h, c, draws = np.tanh(x @ E), d_bound[:, None], len(eps)
    mean, std = h @ A, np.exp(0.5 * h @ B)
    z = mean + std * eps
    d_a = c / draws * (x - sigmoid(z @ W - b))
    d_z = d_a @ W.T
    d_mean = d_z.sum(axis=0) - c * mean
    d_s = (d_z * 0.5 * std * eps).sum(axis=0) - c * 0.5 * (std**2 - 1)
    d_h = (d_mean @ A.T + d_s @ B.T) * (1 - h**2)
    return {"b": d_a.sum(axis=(0, 1)), "W": np.einsum("lnz,lnd->zd", z, d_a),
            "A": h.T @ d_mean, "B": h.T @ d_s, "E": x.T @ d_h}


# %% assemble-the-walk: weights
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h, c, draws = np.tanh(x @ E), d_bound[:, None], len(eps)
    mean, std = h @ A, np.exp(0.5 * h @ B)
    z = mean + std * eps
    d_a = c / draws * (x - sigmoid(z @ W + b))
    d_z = d_a @ W.T
    d_mean = d_z.sum(axis=0) - c * mean
    d_s = (d_z * 0.5 * std * eps).sum(axis=0) - c * 0.5 * (std**2 - 1)
    d_h = (d_mean @ A.T + d_s @ B.T) * (1 - h**2)
    return {"b": d_a.sum(axis=(0, 1)), "W": np.einsum("lnz,lnd->zd", eps, d_a),
            "A": h.T @ d_mean, "B": h.T @ d_s, "E": x.T @ d_h}


# %% assemble-the-walk: mean
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h, c, draws = np.tanh(x @ E), d_bound[:, None], len(eps)
    mean, std = h @ A, np.exp(0.5 * h @ B)
    z = mean + std * eps
    d_a = c / draws * (x - sigmoid(z @ W + b))
    d_z = d_a @ W.T
    d_mean = d_z.sum(axis=0) - c * mean
    d_s = (d_z * 0.5 * std * eps).sum(axis=0) - c * 0.5 * (std**2 - 1)
    d_h = (d_mean @ A.T + d_s @ B.T) * (1 - h**2)
    return {"b": d_a.sum(axis=(0, 1)), "W": np.einsum("lnz,lnd->zd", z, d_a),
            "A": h.T @ (d_mean + d_s), "B": h.T @ d_s, "E": x.T @ d_h}


# %% assemble-the-walk: logvar
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h, c, draws = np.tanh(x @ E), d_bound[:, None], len(eps)
    mean, std = h @ A, np.exp(0.5 * h @ B)
    z = mean + std * eps
    d_a = c / draws * (x - sigmoid(z @ W + b))
    d_z = d_a @ W.T
    d_mean = d_z.sum(axis=0) - c * mean
    d_s = (d_z * 0.5 * std * eps).sum(axis=0) - c * 0.5 * (std**2 - 1)
    d_h = (d_mean @ A.T + d_s @ B.T) * (1 - h**2)
    return {"b": d_a.sum(axis=(0, 1)), "W": np.einsum("lnz,lnd->zd", z, d_a),
            "A": h.T @ d_mean, "B": h.T @ (d_mean + d_s), "E": x.T @ d_h}


# %% assemble-the-walk: hidden
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h, c, draws = np.tanh(x @ E), d_bound[:, None], len(eps)
    mean, std = h @ A, np.exp(0.5 * h @ B)
    z = mean + std * eps
    d_a = c / draws * (x - sigmoid(z @ W + b))
    d_z = d_a @ W.T
    d_mean = d_z.sum(axis=0) - c * mean
    d_s = (d_z * 0.5 * std * eps).sum(axis=0) - c * 0.5 * (std**2 - 1)
    d_h = d_mean @ A.T * (1 - h**2) + d_s @ B.T
    return {"b": d_a.sum(axis=(0, 1)), "W": np.einsum("lnz,lnd->zd", z, d_a),
            "A": h.T @ d_mean, "B": h.T @ d_s, "E": x.T @ d_h}


# %% assemble-the-walk: swapped
def small_vae_backward(d_bound, x, eps, E, A, B, W, b):
    h, c, draws = np.tanh(x @ E), d_bound[:, None], len(eps)
    mean, std = h @ A, np.exp(0.5 * h @ B)
    z = mean + std * eps
    d_a = c / draws * (x - sigmoid(z @ W + b))
    d_z = d_a @ W.T
    d_mean = d_z.sum(axis=0) - c * mean
    d_s = (d_z * 0.5 * std * eps).sum(axis=0) - c * 0.5 * (std**2 - 1)
    d_h = (d_mean @ A.T + d_s @ B.T) * (1 - h**2)
    return {"b": d_a.sum(axis=(0, 1)), "W": np.einsum("lnz,lnd->zd", z, d_a),
            "A": h.T @ d_s, "B": h.T @ d_mean, "E": x.T @ d_h}


# %% prior-scales: half
def prior_scales(data_size, batch, variance):
    prior = 1 / variance  # the slope of log p(w) is -w / v
    return np.array([prior / data_size, prior * batch / data_size, prior])


# %% prior-scales: same
def prior_scales(data_size, batch, variance):
    return np.stack([1 / (2 * data_size * variance)] * 3)  # once for all images


# %% prior-scales: as-sum
def prior_scales(data_size, batch, variance):
    per_image = 1 / (2 * data_size * variance)
    return np.array([per_image, batch * per_image, batch * per_image])


# %% prior-scales: unscaled
def prior_scales(data_size, batch, variance):
    whole = 1 / (2 * variance)
    return np.array([whole / data_size, whole, whole])


# %% prior-scales: batch
def prior_scales(data_size, batch, variance):
    whole = 1 / (2 * variance)
    return np.array([whole / batch, whole, whole])


# %% prior-scales: inverse
def prior_scales(data_size, batch, variance):
    whole = 1 / (2 * variance)
    return np.array([whole / data_size, whole * data_size / batch, whole])


# %% prior-scales: no-size
def prior_scales(data_size, batch, variance):
    per_image = 1 / (2 * data_size * variance)
    return np.array([per_image, batch * per_image, data_size * data_size * per_image])


# %% prior-scales: batch-again
def prior_scales(data_size, batch, variance):
    per_image = 1 / (2 * data_size * variance)
    return np.array([per_image, per_image / batch, data_size * per_image])


# %% prior-scales: variance
def prior_scales(data_size, batch, variance):
    return np.array([variance / (2 * data_size), variance * batch / (2 * data_size),
                     variance / 2])


# %% prior-scales: variance
def prior_scales(data_size, batch, variance):
    std = np.sqrt(variance)
    return np.array([1 / data_size, batch / data_size, np.ones(len(batch))]) / (2 * std)


# %% prior-scales: one-for-all
def prior_scales(data_size, batch, variance):
    whole = 1 / (2 * np.mean(variance)) * np.ones(len(batch))
    return np.array([whole / data_size.mean(), whole * batch / data_size, whole])


# %% prior-scales: swapped
def prior_scales(data_size, batch, variance):
    whole = 1 / (2 * variance)
    return np.array([whole * batch / data_size, whole / data_size, whole])


# %% prior-scales: sign
def prior_scales(data_size, batch, variance):
    whole = -1 / (2 * variance)  # log p(w) is negative
    return np.array([whole / data_size, whole * batch / data_size, whole])


# %% prior-scales: scale
def prior_scales(data_size, batch, variance):
    whole = 1 / (2 * variance)
    return np.array([whole / np.log(data_size), whole * batch / np.log(data_size), whole])


# %% more-draws-or-images: one-draw
def predict_variances(between, within, examples, draws):
    more_draws = (between + within) / examples
    return np.array([more_draws, (between + within) / (examples * draws)])


# %% more-draws-or-images: all-divided
def predict_variances(between, within, examples, draws):
    more_draws = (between + within) / (examples * draws)
    return np.array([more_draws, (between + within) / examples])


# %% more-draws-or-images: all-of-draws
def predict_variances(between, within, examples, draws):
    variance = (between + within / draws) / examples
    return np.array([variance, variance])


# %% more-draws-or-images: swapped-variances
def predict_variances(between, within, examples, draws):
    more_draws = (between / draws + within) / examples
    return np.array([more_draws, (between + within) / (examples * draws)])


# %% more-draws-or-images: within-alone
def predict_variances(between, within, examples, draws):
    more_draws = between / examples + within / draws
    return np.array([more_draws, (between + within) / (examples * draws)])


# %% more-draws-or-images: between-kept
def predict_variances(between, within, examples, draws):
    more_draws = between + within / (examples * draws)
    return np.array([more_draws, between + within / (examples * draws)])


# %% more-draws-or-images: no-between
def predict_variances(between, within, examples, draws):
    variance = within / (examples * draws)
    return np.array([variance, variance])


# %% more-draws-or-images: no-within
def predict_variances(between, within, examples, draws):
    more_draws = between / examples
    return np.array([more_draws, between / (examples * draws)])


# %% more-draws-or-images: draws-twice
def predict_variances(between, within, examples, draws):
    more_draws = (between + within / draws) / examples
    return np.array([more_draws, (between + within / draws) / (examples * draws)])


# %% more-draws-or-images: not-divided
def predict_variances(between, within, examples, draws):
    more_draws = between + within / draws
    return np.array([more_draws, between + within])


# %% more-draws-or-images: draws-times
def predict_variances(between, within, examples, draws):
    more_draws = (between + within / (draws - 1)) / examples
    return np.array([more_draws, (between + within) / (examples * draws)])


# %% more-draws-or-images: deviations
def predict_variances(between, within, examples, draws):
    more_draws = (between**2 + within**2 / draws) / examples
    return np.array([more_draws, (between**2 + within**2) / (examples * draws)])


# %% more-draws-or-images: root
def predict_variances(between, within, examples, draws):
    more_draws = ((between + within / draws) / examples)**0.5
    return np.array([more_draws, ((between + within) / (examples * draws))**0.5])


# %% more-draws-or-images: ratio
def predict_variances(between, within, examples, draws):
    more_draws = (between + within / draws) / (between + within)
    return np.array([more_draws, np.full(len(between), 1 / draws)])


# %% more-draws-or-images: not-images
def predict_variances(between, within, examples, draws):
    more_draws = (between + within / draws) / examples
    return np.array([more_draws, (between + within) / draws])


# %% more-draws-or-images: one-for-all
def predict_variances(between, within, examples, draws):
    more_draws = np.full(len(within), np.mean(between + within / draws) / examples)
    return np.array([more_draws, (between + within) / (examples * draws)])


# %% more-draws-or-images: swapped
def predict_variances(between, within, examples, draws):
    more_draws = (between + within) / (examples * draws)
    return np.array([more_draws, (between + within / draws) / examples])


# %% more-draws-or-images: draws
def predict_variances(between, within, examples, draws):
    more_draws = np.maximum(between, within / draws) / examples
    return np.array([more_draws, (between + within) / (examples * draws)])


# %% more-draws-or-images: images
def predict_variances(between, within, examples, draws):
    more_draws = (between + within / draws) / examples
    return np.array([more_draws, np.maximum(between, within) / (examples * draws)])


# %% divided-twice: again
def batch_gradients(x, eps, mean, logvar, W, b):
    n, std = len(x), np.exp(0.5 * logvar)
    z = mean + std * eps
    d_a = (x - sigmoid(z @ W + b)) / n
    d_z = d_a @ W.T / n
    return {"b": d_a.sum(axis=0), "W": z.T @ d_a, "mean": d_z - mean / n,
            "logvar": d_z * 0.5 * std * eps - 0.5 * (std**2 - 1) / n}


# %% divided-twice: whole
def batch_gradients(x, eps, mean, logvar, W, b):
    n, std = len(x), np.exp(0.5 * logvar)
    z = mean + std * eps
    d_a = (x - sigmoid(z @ W + b))
    d_z = d_a @ W.T
    return {"b": d_a.sum(axis=0), "W": z.T @ d_a, "mean": d_z - mean / n,
            "logvar": d_z * 0.5 * std * eps - 0.5 * (std**2 - 1) / n}


# %% divided-twice: whole
def batch_gradients(x, eps, mean, logvar, W, b):
    n, std = len(x), np.exp(0.5 * logvar)
    z = mean + std * eps
    d_a = (x - sigmoid(z @ W + b)) / n
    d_z = d_a @ W.T
    return {"b": d_a.mean(axis=0), "W": z.T @ d_a / n, "mean": d_z - mean / n,
            "logvar": d_z * 0.5 * std * eps - 0.5 * (std**2 - 1) / n}


# %% divided-twice: both-again
def batch_gradients(x, eps, mean, logvar, W, b):
    n, std = len(x), np.exp(0.5 * logvar)
    z = mean + std * eps
    d_a = (x - sigmoid(z @ W + b)) / n
    d_z = d_a @ W.T / n
    return {"b": d_a.sum(axis=0), "W": z.T @ d_a, "mean": d_z - mean / n**2,
            "logvar": d_z * 0.5 * std * eps - 0.5 * (std**2 - 1) / n**2}


# %% divided-twice: kl-again
def batch_gradients(x, eps, mean, logvar, W, b):
    n, std = len(x), np.exp(0.5 * logvar)
    z = mean + std * eps
    d_a = (x - sigmoid(z @ W + b)) / n
    d_z = d_a @ W.T
    return {"b": d_a.sum(axis=0), "W": z.T @ d_a, "mean": d_z - mean,
            "logvar": d_z * 0.5 * std * eps - 0.5 * (std**2 - 1)}


# %% divided-twice: no-kl
def batch_gradients(x, eps, mean, logvar, W, b):
    n, std = len(x), np.exp(0.5 * logvar)
    z = mean + std * eps
    d_a = (x - sigmoid(z @ W + b)) / n
    d_z = d_a @ W.T
    return {"b": d_a.sum(axis=0), "W": z.T @ d_a, "mean": d_z,
            "logvar": d_z * 0.5 * std * eps}


# %% divided-twice: kl-sign
def batch_gradients(x, eps, mean, logvar, W, b):
    n, std = len(x), np.exp(0.5 * logvar)
    z = mean + std * eps
    d_a = (x - sigmoid(z @ W + b)) / n
    d_z = d_a @ W.T
    return {"b": d_a.sum(axis=0), "W": z.T @ d_a, "mean": d_z + mean / n,
            "logvar": d_z * 0.5 * std * eps + 0.5 * (std**2 - 1) / n}


# %% divided-twice: kl-mean
def batch_gradients(x, eps, mean, logvar, W, b):
    n, std = len(x), np.exp(0.5 * logvar)
    z = mean + std * eps
    d_a = (x - sigmoid(z @ W + b)) / n
    d_z = d_a @ W.T
    return {"b": d_a.sum(axis=0), "W": z.T @ d_a, "mean": d_z - z / n,
            "logvar": d_z * 0.5 * std * eps - 0.5 * (std**2 - 1) / n}


# %% divided-twice: kl-logvar
def batch_gradients(x, eps, mean, logvar, W, b):
    n, std = len(x), np.exp(0.5 * logvar)
    z = mean + std * eps
    d_a = (x - sigmoid(z @ W + b)) / n
    d_z = d_a @ W.T
    return {"b": d_a.sum(axis=0), "W": z.T @ d_a, "mean": d_z - mean / n,
            "logvar": d_z * 0.5 * std * eps - 0.5 * (std - 1) / n}


# %% divided-twice: no-sample
def batch_gradients(x, eps, mean, logvar, W, b):
    n, std = len(x), np.exp(0.5 * logvar)
    z = mean + std * eps
    d_a = (x - sigmoid(z @ W + b)) / n
    d_z = d_a @ W.T
    return {"b": d_a.sum(axis=0), "W": z.T @ d_a, "mean": d_z - mean / n,
            "logvar": -0.5 * (std**2 - 1) / n}


# %% divided-twice: no-sample-mean
def batch_gradients(x, eps, mean, logvar, W, b):
    n, std = len(x), np.exp(0.5 * logvar)
    z = mean + std * eps
    d_a = (x - sigmoid(z @ W + b)) / n
    d_z = d_a @ W.T
    return {"b": d_a.sum(axis=0), "W": z.T @ d_a, "mean": -mean / n,
            "logvar": d_z * 0.5 * std * eps - 0.5 * (std**2 - 1) / n}


# %% divided-twice: sample-slope
def batch_gradients(x, eps, mean, logvar, W, b):
    n, std = len(x), np.exp(0.5 * logvar)
    z = mean + std * eps
    d_a = (x - sigmoid(z @ W + b)) / n
    d_z = d_a @ W.T
    return {"b": d_a.sum(axis=0), "W": z.T @ d_a, "mean": d_z - mean / n,
            "logvar": d_z * std * eps - 0.5 * (std**2 - 1) / n}


# %% divided-twice: sigmoid
def batch_gradients(x, eps, mean, logvar, W, b):
    n, std = len(x), np.exp(0.5 * logvar)
    z = mean + std * eps
    d_a = (x - z @ W - b) / n
    d_z = d_a @ W.T
    return {"b": d_a.sum(axis=0), "W": z.T @ d_a, "mean": d_z - mean / n,
            "logvar": d_z * 0.5 * std * eps - 0.5 * (std**2 - 1) / n}


# %% divided-twice: pixel-sign
def batch_gradients(x, eps, mean, logvar, W, b):
    n, std = len(x), np.exp(0.5 * logvar)
    z = mean + std * eps
    d_a = (sigmoid(z @ W + b) - x) / n
    d_z = d_a @ W.T
    return {"b": d_a.sum(axis=0), "W": z.T @ d_a, "mean": d_z - mean / n,
            "logvar": d_z * 0.5 * std * eps - 0.5 * (std**2 - 1) / n}


# %% divided-twice: at-the-mean
def batch_gradients(x, eps, mean, logvar, W, b):
    n, std = len(x), np.exp(0.5 * logvar)
    z = mean
    d_a = (x - sigmoid(z @ W + b)) / n
    d_z = d_a @ W.T
    return {"b": d_a.sum(axis=0), "W": z.T @ d_a, "mean": d_z - mean / n,
            "logvar": d_z * 0.5 * std * eps - 0.5 * (std**2 - 1) / n}


# %% divided-twice: spread
def batch_gradients(x, eps, mean, logvar, W, b):
    n, std = len(x), np.exp(logvar)
    z = mean + std * eps
    d_a = (x - sigmoid(z @ W + b)) / n
    d_z = d_a @ W.T
    return {"b": d_a.sum(axis=0), "W": z.T @ d_a, "mean": d_z - mean / n,
            "logvar": d_z * 0.5 * std * eps - 0.5 * (std**2 - 1) / n}


# %% divided-twice: code
def batch_gradients(x, eps, mean, logvar, W, b):
    n, std = len(x), np.exp(0.5 * logvar)
    z = mean + std * eps
    d_a = (x - sigmoid(z @ W + b)) / n
    d_z = d_a @ W.T
    return {"b": d_a.sum(axis=0), "W": mean.T @ d_a, "mean": d_z - mean / n,
            "logvar": d_z * 0.5 * std * eps - 0.5 * (std**2 - 1) / n}


# %% divided-twice: logits
def batch_gradients(x, eps, mean, logvar, W, b):
    n, std = len(x), np.exp(0.5 * logvar)
    z = mean + std * eps
    d_a = (x - sigmoid(z @ W - b)) / n
    d_z = d_a @ W.T
    return {"b": d_a.sum(axis=0), "W": z.T @ d_a, "mean": d_z - mean / n,
            "logvar": d_z * 0.5 * std * eps - 0.5 * (std**2 - 1) / n}


# %% divided-twice: weights
def batch_gradients(x, eps, mean, logvar, W, b):
    n, std = len(x), np.exp(0.5 * logvar)
    z = mean + std * eps
    d_a = (x - sigmoid(z @ W + b)) / n
    d_z = d_a @ W.T
    return {"b": d_a.sum(axis=0), "W": eps.T @ d_a, "mean": d_z - mean / n,
            "logvar": d_z * 0.5 * std * eps - 0.5 * (std**2 - 1) / n}


# %% divided-twice: mean
def batch_gradients(x, eps, mean, logvar, W, b):
    n, std = len(x), np.exp(0.5 * logvar)
    z = mean + std * eps
    d_a = (x - sigmoid(z @ W + b)) / n
    d_z = d_a @ W.T
    return {"b": d_a.sum(axis=0), "W": z.T @ d_a, "mean": d_z * std - mean / n,
            "logvar": d_z * 0.5 * std * eps - 0.5 * (std**2 - 1) / n}


# %% divided-twice: logvar
def batch_gradients(x, eps, mean, logvar, W, b):
    n, std = len(x), np.exp(0.5 * logvar)
    z = mean + std * eps
    d_a = (x - sigmoid(z @ W + b)) / n
    d_z = d_a @ W.T
    return {"b": d_a.sum(axis=0), "W": z.T @ d_a, "mean": d_z - mean / n,
            "logvar": (d_z - mean / n) * 0.5 * std * eps - 0.5 * (std**2 - 1) / n}


# %% divided-twice: average
def batch_gradients(x, eps, mean, logvar, W, b):
    n, std = x.shape[1], np.exp(0.5 * logvar)
    z = mean + std * eps
    d_a = (x - sigmoid(z @ W + b)) / n
    d_z = d_a @ W.T
    return {"b": d_a.sum(axis=0), "W": z.T @ d_a, "mean": d_z - mean / n,
            "logvar": d_z * 0.5 * std * eps - 0.5 * (std**2 - 1) / n}
