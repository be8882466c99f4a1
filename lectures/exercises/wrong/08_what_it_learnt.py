"""Plausible wrong answers to the exercises of lecture 8.

Each cell stands for the student's: `# %% exercise: key of the hint that it must get`.
"""
import numpy as np


# %% use-of-the-code: one-fewer
def use_of_code(mean, logvar):
    return {"activity": mean.var(axis=0, ddof=1),
            "variance": mean.var(axis=0, ddof=1) + np.exp(logvar).mean(axis=0),
            "kl": 0.5 * np.mean(mean**2 + np.exp(logvar) - 1 - logvar, axis=0)}


# %% use-of-the-code: not-centred
def use_of_code(mean, logvar):
    return {"activity": np.mean(mean**2, axis=0),
            "variance": mean.var(axis=0) + np.exp(logvar).mean(axis=0),
            "kl": 0.5 * np.mean(mean**2 + np.exp(logvar) - 1 - logvar, axis=0)}


# %% use-of-the-code: not-centred
def use_of_code(mean, logvar):
    return {"activity": mean.var(axis=0),
            "variance": np.mean(mean**2 + np.exp(logvar), axis=0),
            "kl": 0.5 * np.mean(mean**2 + np.exp(logvar) - 1 - logvar, axis=0)}


# %% use-of-the-code: distance
def use_of_code(mean, logvar):
    return {"activity": np.abs(mean - mean.mean(axis=0)).mean(axis=0),
            "variance": mean.var(axis=0) + np.exp(logvar).mean(axis=0),
            "kl": 0.5 * np.mean(mean**2 + np.exp(logvar) - 1 - logvar, axis=0)}


# %% use-of-the-code: width
def use_of_code(mean, logvar):
    return {"activity": np.exp(logvar).mean(axis=0),
            "variance": mean.var(axis=0) + np.exp(logvar).mean(axis=0),
            "kl": 0.5 * np.mean(mean**2 + np.exp(logvar) - 1 - logvar, axis=0)}


# %% use-of-the-code: whole
def use_of_code(mean, logvar):
    return {"activity": mean.var(axis=0) + np.exp(logvar).mean(axis=0),
            "variance": mean.var(axis=0) + np.exp(logvar).mean(axis=0),
            "kl": 0.5 * np.mean(mean**2 + np.exp(logvar) - 1 - logvar, axis=0)}


# %% use-of-the-code: active
def use_of_code(mean, logvar):
    return {"activity": (mean.var(axis=0) > 0.01).astype(float),
            "variance": mean.var(axis=0) + np.exp(logvar).mean(axis=0),
            "kl": 0.5 * np.mean(mean**2 + np.exp(logvar) - 1 - logvar, axis=0)}


# %% use-of-the-code: axis
def use_of_code(mean, logvar):
    return {"activity": np.mean((mean - mean.mean()) ** 2, axis=0),
            "variance": mean.var(axis=0) + np.exp(logvar).mean(axis=0),
            "kl": 0.5 * np.mean(mean**2 + np.exp(logvar) - 1 - logvar, axis=0)}


# %% use-of-the-code: between
def use_of_code(mean, logvar):
    return {"activity": mean.var(axis=0),
            "variance": mean.var(axis=0),
            "kl": 0.5 * np.mean(mean**2 + np.exp(logvar) - 1 - logvar, axis=0)}


# %% use-of-the-code: within
def use_of_code(mean, logvar):
    return {"activity": mean.var(axis=0),
            "variance": np.exp(logvar).mean(axis=0),
            "kl": 0.5 * np.mean(mean**2 + np.exp(logvar) - 1 - logvar, axis=0)}


# %% use-of-the-code: std
def use_of_code(mean, logvar):
    return {"activity": mean.var(axis=0),
            "variance": mean.var(axis=0) + np.exp(0.5 * logvar).mean(axis=0),
            "kl": 0.5 * np.mean(mean**2 + np.exp(logvar) - 1 - logvar, axis=0)}


# %% use-of-the-code: std
def use_of_code(mean, logvar):
    return {"activity": mean.var(axis=0),
            "variance": mean.var(axis=0) + np.exp(logvar).mean(axis=0),
            "kl": 0.5 * np.mean(mean**2 + np.exp(0.5 * logvar) - 1 - logvar, axis=0)}


# %% use-of-the-code: log-first
def use_of_code(mean, logvar):
    return {"activity": mean.var(axis=0),
            "variance": mean.var(axis=0) + np.exp(logvar.mean(axis=0)),
            "kl": 0.5 * np.mean(mean**2 + np.exp(logvar) - 1 - logvar, axis=0)}


# %% use-of-the-code: logvar
def use_of_code(mean, logvar):
    return {"activity": mean.var(axis=0),
            "variance": mean.var(axis=0) + logvar.mean(axis=0),
            "kl": 0.5 * np.mean(mean**2 + np.exp(logvar) - 1 - logvar, axis=0)}


# %% use-of-the-code: parts
def use_of_code(mean, logvar):
    return {"activity": mean.var(axis=0),
            "variance": mean.var(axis=0) + np.exp(logvar).sum(axis=0),
            "kl": 0.5 * np.mean(mean**2 + np.exp(logvar) - 1 - logvar, axis=0)}


# %% use-of-the-code: together
def use_of_code(mean, logvar):
    return {"activity": mean.var(axis=0),
            "variance": np.var(mean + np.exp(0.5 * logvar), axis=0),
            "kl": 0.5 * np.mean(mean**2 + np.exp(logvar) - 1 - logvar, axis=0)}


# %% use-of-the-code: of-averages
def use_of_code(mean, logvar):
    return {"activity": mean.var(axis=0),
            "variance": mean.var(axis=0) + np.exp(logvar).mean(axis=0),
            "kl": 0.5 * (mean.mean(axis=0)**2 + np.exp(logvar.mean(axis=0)) - 1
                         - logvar.mean(axis=0))}


# %% use-of-the-code: aggregate
def use_of_code(mean, logvar):
    return {"activity": mean.var(axis=0),
            "variance": mean.var(axis=0) + np.exp(logvar).mean(axis=0),
            "kl": 0.5 * (mean.mean(axis=0)**2 + mean.var(axis=0) + np.exp(logvar).mean(axis=0) - 1
                         - np.log(mean.var(axis=0) + np.exp(logvar).mean(axis=0)))}


# %% use-of-the-code: reverse
def use_of_code(mean, logvar):
    return {"activity": mean.var(axis=0),
            "variance": mean.var(axis=0) + np.exp(logvar).mean(axis=0),
            "kl": 0.5 * np.mean((1 + mean**2) * np.exp(-logvar) - 1 + logvar, axis=0)}


# %% use-of-the-code: term
def use_of_code(mean, logvar):
    return {"activity": mean.var(axis=0),
            "variance": mean.var(axis=0) + np.exp(logvar).mean(axis=0),
            "kl": 0.5 * np.mean(mean**2 + np.exp(logvar) - 1, axis=0)}


# %% use-of-the-code: square-of-mean
def use_of_code(mean, logvar):
    return {"activity": mean.var(axis=0),
            "variance": mean.var(axis=0) + np.exp(logvar).mean(axis=0),
            "kl": 0.5 * (mean.var(axis=0) + np.mean(np.exp(logvar) - 1 - logvar, axis=0))}


# %% use-of-the-code: average
def use_of_code(mean, logvar):
    return {"activity": mean.var(axis=0),
            "variance": mean.var(axis=0) + np.exp(logvar).mean(axis=0),
            "kl": 0.5 * np.sum(mean**2 + np.exp(logvar) - 1 - logvar, axis=0)}


# %% use-of-the-code: constant
def use_of_code(mean, logvar):
    return {"activity": mean.var(axis=0),
            "variance": mean.var(axis=0) + np.exp(logvar).mean(axis=0),
            "kl": 0.5 * np.mean(mean**2 + np.exp(logvar) - logvar, axis=0)}


# %% use-of-the-code: factor
def use_of_code(mean, logvar):
    return {"activity": mean.var(axis=0),
            "variance": mean.var(axis=0) + np.exp(logvar).mean(axis=0),
            "kl": np.mean(mean**2 + np.exp(logvar) - 1 - logvar, axis=0)}


# %% use-of-the-code: shape
def use_of_code(mean, logvar):
    return {"activity": mean.var(axis=1),
            "variance": mean.var(axis=0) + np.exp(logvar).mean(axis=0),
            "kl": 0.5 * np.mean(mean**2 + np.exp(logvar) - 1 - logvar, axis=0)}


# %% use-of-the-code: root
def use_of_code(mean, logvar):
    return {"activity": mean.std(axis=0),
            "variance": mean.var(axis=0) + np.exp(logvar).mean(axis=0),
            "kl": 0.5 * np.mean(mean**2 + np.exp(logvar) - 1 - logvar, axis=0)}


# %% use-of-the-code: activity
def use_of_code(mean, logvar):
    return {"activity": np.var(np.exp(mean), axis=0),
            "variance": mean.var(axis=0) + np.exp(logvar).mean(axis=0),
            "kl": 0.5 * np.mean(mean**2 + np.exp(logvar) - 1 - logvar, axis=0)}


# %% use-of-the-code: variance
def use_of_code(mean, logvar):
    return {"activity": mean.var(axis=0),
            "variance": np.abs(mean).mean(axis=0) + np.exp(logvar).mean(axis=0),
            "kl": 0.5 * np.mean(mean**2 + np.exp(logvar) - 1 - logvar, axis=0)}


# %% use-of-the-code: kl
def use_of_code(mean, logvar):
    return {"activity": mean.var(axis=0),
            "variance": mean.var(axis=0) + np.exp(logvar).mean(axis=0),
            "kl": 0.5 * np.max(mean**2 + np.exp(logvar) - 1 - logvar, axis=0)}


# %% path-in-the-prior: line
def path(z0, z1, t):
    t = t[:, None, None]
    return (1 - t) * z0 + t * z1


# %% path-in-the-prior: line
def path(z0, z1, t):
    t = t[:, None, None]
    return np.sqrt(2) * ((1 - t) * z0 + t * z1)  # the middle has half of the variance


# %% path-in-the-prior: ends
def path(z0, z1, t):
    t = t[:, None, None]
    return np.sqrt(t) * z0 + np.sqrt(1 - t) * z1


# %% path-in-the-prior: share
def path(z0, z1, t):
    t = t[:, None, None]
    return np.cos(np.pi * t / 2) * z0 + np.sin(np.pi * t / 2) * z1


# %% path-in-the-prior: share
def path(z0, z1, t):
    t = t[:, None, None]
    return ((1 - t) * z0 + t * z1) / np.sqrt((1 - t)**2 + t**2)


# %% path-in-the-prior: share
def path(z0, z1, t):
    t = t[:, None, None]
    return np.sqrt(1 - t**2) * z0 + t * z1


# %% path-in-the-prior: great-circle
def path(z0, z1, t):
    t = t[:, None, None]
    unit0, unit1 = (z / np.linalg.norm(z, axis=-1, keepdims=True) for z in (z0, z1))
    angle = np.arccos(np.sum(unit0 * unit1, axis=-1, keepdims=True))
    return (np.sin((1 - t) * angle) * z0 + np.sin(t * angle) * z1) / np.sin(angle)


# %% path-in-the-prior: length
def path(z0, z1, t):
    t = t[:, None, None]
    z = (1 - t) * z0 + t * z1
    return z / np.linalg.norm(z, axis=-1, keepdims=True) * np.sqrt(z.shape[-1])


# %% path-in-the-prior: one-root
def path(z0, z1, t):
    t = t[:, None, None]
    return (1 - t) * z0 + np.sqrt(t) * z1


# %% path-in-the-prior: one-root
def path(z0, z1, t):
    t = t[:, None, None]
    return z0 + np.sqrt(t) * (z1 - z0)


# %% path-in-the-prior: minus
def path(z0, z1, t):
    t = t[:, None, None]
    return np.sqrt(1 - t) * z0 - np.sqrt(t) * z1


# %% path-in-the-prior: power
def path(z0, z1, t):
    t = t[:, None, None]
    return (1 - t)**2 * z0 + t**2 * z1


# %% path-in-the-prior: weights
def path(z0, z1, t):
    t = t[:, None, None]
    return np.cos(t) * z0 + np.sin(t) * z1


# %% path-in-the-prior: weights
def path(z0, z1, t):
    t = t[:, None, None]
    s = 3 * t**2 - 2 * t**3
    return np.sqrt(1 - s) * z0 + np.sqrt(s) * z1


# %% path-in-the-prior: factor
def path(z0, z1, t):
    t = t[:, None, None]
    return 2 * (np.sqrt(1 - t) * z0 + np.sqrt(t) * z1)


# %% path-in-the-prior: path
def path(z0, z1, t):
    t = t[:, None, None]
    return np.sqrt(np.abs((1 - t) * z0 + t * z1))


# %% cost-of-a-dimension: unclipped
def predict_use(v, tau2, beta):
    return np.array([0.5 * np.log(v / (beta * tau2)), 1 - beta * tau2 / v])


# %% cost-of-a-dimension: beta
def predict_use(v, tau2, beta):
    left = np.minimum(tau2 / v, 1)
    return np.array([-0.5 * np.log(left), 1 - left])


# %% cost-of-a-dimension: beta
def predict_use(v, tau2, beta):
    left = np.minimum(beta * tau2 / v, 1)
    return np.array([-0.5 * beta * np.log(left), 1 - left])


# %% cost-of-a-dimension: noise-variance
def predict_use(v, tau2, beta):
    left = np.minimum(beta * np.sqrt(tau2) / v, 1)
    return np.array([-0.5 * np.log(left), 1 - left])


# %% cost-of-a-dimension: spread
def predict_use(v, tau2, beta):
    left = np.minimum(beta * tau2 / v**2, 1)
    return np.array([-0.5 * np.log(left), 1 - left])


# %% cost-of-a-dimension: weight
def predict_use(v, tau2, beta):
    left = np.minimum(beta * tau2 / v, 1)
    return np.array([-0.5 * np.log(left), np.maximum(v - beta * tau2, 0)])


# %% cost-of-a-dimension: added
def predict_use(v, tau2, beta):
    left = np.minimum(beta * tau2 / v, 1)
    return np.array([0.5 * np.log(1 + v / (beta * tau2)), 1 - left])


# %% cost-of-a-dimension: threshold
def predict_use(v, tau2, beta):
    used = v > tau2
    return np.where(used, [0.5 * np.log(v / (beta * tau2)), 1 - beta * tau2 / v], 0)


# %% cost-of-a-dimension: left-open
def predict_use(v, tau2, beta):
    left = np.minimum(beta * tau2 / v, 1)
    return np.array([-0.5 * np.log(left), left])


# %% cost-of-a-dimension: part
def predict_use(v, tau2, beta):
    left = np.minimum(beta * tau2 / v, 1)
    return np.array([0.5 * (left - 1 - np.log(left)), 1 - left])


# %% cost-of-a-dimension: active
def predict_use(v, tau2, beta):
    used = (v > beta * tau2).astype(float)
    return np.array([used, used])


# %% cost-of-a-dimension: slope
def predict_use(v, tau2, beta):
    w = np.sqrt(np.maximum(v - beta * tau2, 0))
    left = np.minimum(beta * tau2 / v, 1)
    return np.array([-0.5 * np.log(left), w / v])  # the slope α itself


# %% cost-of-a-dimension: sorted
def predict_use(v, tau2, beta):
    left = np.minimum(beta * tau2 / np.sort(v)[::-1], 1)
    return np.array([-0.5 * np.log(left), 1 - left])


# %% cost-of-a-dimension: pooled
def predict_use(v, tau2, beta):
    left = np.minimum(beta * tau2 / v, 1)
    return np.array([np.full(len(v), -0.5 * np.log(left).sum()), 1 - left])


# %% cost-of-a-dimension: all-used
def predict_use(v, tau2, beta):
    used = v > beta * tau2
    left = np.minimum(beta * tau2 / v, 1)
    return np.array([np.where(used, -0.5 * np.log(left), 0.5), 1 - left])


# %% cost-of-a-dimension: swapped
def predict_use(v, tau2, beta):
    left = np.minimum(beta * tau2 / v, 1)
    return np.array([1 - left, -0.5 * np.log(left)])


# %% cost-of-a-dimension: factor
def predict_use(v, tau2, beta):
    left = np.minimum(beta * tau2 / v, 1)
    return np.array([-np.log(left), 1 - left])


# %% cost-of-a-dimension: sign
def predict_use(v, tau2, beta):
    left = np.minimum(beta * tau2 / v, 1)
    return np.array([0.5 * np.log(left), 1 - left])


# %% cost-of-a-dimension: kl
def predict_use(v, tau2, beta):
    left = np.minimum(beta * tau2 / v, 1)
    return np.array([-0.5 * np.log(left + 0.01), 1 - left])


# %% cost-of-a-dimension: activity
def predict_use(v, tau2, beta):
    left = np.minimum(beta * tau2 / v, 1)
    return np.array([-0.5 * np.log(left), np.tanh(1 / left - 1)])


# %% samples-too-good: posterior
def samples(mean, logvar, rows, W, b, eps, uniform):
    z = mean[rows] + np.exp(0.5 * logvar[rows]) * eps
    return {"z": z, "x": uniform < 1 / (1 + np.exp(-(z @ W + b)))}


# %% samples-too-good: posterior
def samples(mean, logvar, rows, W, b, eps, uniform):
    z = mean[rows]
    return {"z": z, "x": uniform < 1 / (1 + np.exp(-(z @ W + b)))}


# %% samples-too-good: moments
def samples(mean, logvar, rows, W, b, eps, uniform):
    z = mean.mean(axis=0) + mean.std(axis=0) * eps
    return {"z": z, "x": uniform < 1 / (1 + np.exp(-(z @ W + b)))}


# %% samples-too-good: moments
def samples(mean, logvar, rows, W, b, eps, uniform):
    z = mean.mean(axis=0) + np.sqrt(mean.var(axis=0) + np.exp(logvar).mean(axis=0)) * eps
    return {"z": z, "x": uniform < 1 / (1 + np.exp(-(z @ W + b)))}


# %% samples-too-good: width
def samples(mean, logvar, rows, W, b, eps, uniform):
    z = np.exp(0.5 * logvar[rows]) * eps
    return {"z": z, "x": uniform < 1 / (1 + np.exp(-(z @ W + b)))}


# %% samples-too-good: centred
def samples(mean, logvar, rows, W, b, eps, uniform):
    z = (eps - eps.mean(axis=0)) / eps.std(axis=0)
    return {"z": z, "x": uniform < 1 / (1 + np.exp(-(z @ W + b)))}


# %% samples-too-good: needless
def samples(mean, logvar, rows, W, b, eps, uniform):
    z = mean[rows] + logvar[rows] * eps
    return {"z": z, "x": uniform < 1 / (1 + np.exp(-(z @ W + b)))}


# %% samples-too-good: code
def samples(mean, logvar, rows, W, b, eps, uniform):
    z = np.sign(eps) * np.sqrt(np.abs(eps))
    return {"z": z, "x": uniform < 1 / (1 + np.exp(-(z @ W + b)))}


# %% samples-too-good: mean-image
def samples(mean, logvar, rows, W, b, eps, uniform):
    z = eps
    return {"z": z, "x": 1 / (1 + np.exp(-(z @ W + b)))}


# %% samples-too-good: cut
def samples(mean, logvar, rows, W, b, eps, uniform):
    z = eps
    return {"z": z, "x": z @ W + b > 0}


# %% samples-too-good: flipped
def samples(mean, logvar, rows, W, b, eps, uniform):
    z = eps
    return {"z": z, "x": uniform > 1 / (1 + np.exp(-(z @ W + b)))}


# %% samples-too-good: negative
def samples(mean, logvar, rows, W, b, eps, uniform):
    z = eps
    return {"z": z, "x": uniform < 1 / (1 + np.exp(z @ W + b))}


# %% samples-too-good: logits
def samples(mean, logvar, rows, W, b, eps, uniform):
    z = eps
    return {"z": z, "x": uniform < z @ W + b}


# %% samples-too-good: signs
def samples(mean, logvar, rows, W, b, eps, uniform):
    z = eps
    return {"z": z, "x": np.sign(1 / (1 + np.exp(-(z @ W + b))) - uniform)}


# %% samples-too-good: one-uniform
def samples(mean, logvar, rows, W, b, eps, uniform):
    z = eps
    return {"z": z, "x": uniform[:, :1] < 1 / (1 + np.exp(-(z @ W + b)))}


# %% samples-too-good: no-comparison
def samples(mean, logvar, rows, W, b, eps, uniform):
    z = eps
    return {"z": z, "x": uniform / (1 + np.exp(-(z @ W + b)))}


# %% samples-too-good: bias
def samples(mean, logvar, rows, W, b, eps, uniform):
    z = eps
    return {"z": z, "x": uniform < 1 / (1 + np.exp(-(z @ W)))}


# %% samples-too-good: other-code
def samples(mean, logvar, rows, W, b, eps, uniform):
    code = mean[rows] + np.exp(0.5 * logvar[rows]) * eps  # the old line is still at work
    return {"z": eps, "x": uniform < 1 / (1 + np.exp(-(code @ W + b)))}


# %% samples-too-good: pixels
def samples(mean, logvar, rows, W, b, eps, uniform):
    z = eps
    return {"z": z, "x": uniform < 1 / (1 + np.exp(-(0.5 * z @ W + b)))}
