"""Samples of a model, and what is taken for them: lecture 8, exercise 4."""
import numpy as np

from ..distributions import bernoulli_draw, sigmoid


def dreams(rng):
    """Several sizes; as many draws as examples in one; few draws and many; rare noise in one."""
    for n, draws, z, d in ((9, 7, 3, 11), (5, 12, 2, 6), (6, 6, 4, 9), (20, 30, 6, 14),
                           (4, 15, 1, 8), (8, 9, 5, 5)):
        eps, uniform = rng.normal(size=(draws, z)), rng.random((draws, d))
        if draws == 30:
            eps[0], uniform = 3.5, uniform**5
            uniform[::2] = 1 - uniform[::2]
        yield {"mean": rng.normal(size=(n, z)) + 0.5, "logvar": rng.normal(size=(n, z)) - 2,
               "rows": rng.integers(n, size=draws), "W": 2 * rng.normal(size=(z, d)),
               "b": rng.normal(size=d), "eps": eps, "uniform": uniform}, {
                   "N": n, "L": draws, "Z": z, "D": d}


def drawn(code, pixels=bernoulli_draw):
    """Codes, and pixels made of uniform numbers and logits' probabilities."""
    def made(W, b, uniform, **rest):
        z = code(**rest)
        return {"z": z, "x": pixels(uniform, sigmoid(z @ W + b))}
    return made


def of_prior(mean, logvar, rows, eps):
    return eps


def _of_posterior(mean, logvar, rows, eps, power=0.5):
    return mean[rows] + np.exp(power * logvar[rows]) * eps


def _pixels(function):
    """An own mistake in the pixels: function(uniform, logits)."""
    return lambda W, b, eps, uniform, **rest: {"x": function(uniform, eps @ W + b)}


def _total(mean, logvar):
    return np.sqrt(mean.var(axis=0) + np.exp(logvar).mean(axis=0))


def _only_z(code):
    return lambda mean, logvar, rows, eps, **rest: {"z": code(mean, logvar, rows, eps)}


OWN = {"posterior": [
          *(_only_z(lambda *q, power=power: _of_posterior(*q, power=power))
            for power in (0.5, 1.0, 2.0, 0.25)),
          _only_z(lambda mean, logvar, rows, eps: mean[rows]),
          _only_z(lambda mean, logvar, rows, eps: mean[rows] + eps),
          _only_z(lambda mean, logvar, rows, eps: mean[rows] - np.exp(
              0.5 * logvar[rows]) * eps)],
      "moments": [
          _only_z(lambda mean, logvar, rows, eps: mean.mean(axis=0) + mean.std(axis=0) * eps),
          _only_z(lambda mean, logvar, rows, eps: mean.mean(axis=0) + mean.std(
              axis=0, ddof=1) * eps),
          _only_z(lambda mean, logvar, rows, eps: mean.mean(axis=0) + _total(mean, logvar)
                  * eps),
          _only_z(lambda mean, logvar, rows, eps: mean.mean(axis=0) + eps),
          _only_z(lambda mean, logvar, rows, eps: mean.std(axis=0) * eps),
          _only_z(lambda mean, logvar, rows, eps: _total(mean, logvar) * eps),
          _only_z(lambda mean, logvar, rows, eps: mean.mean(axis=0) + np.exp(
              0.5 * logvar.mean(axis=0)) * eps),
          _only_z(lambda mean, logvar, rows, eps: mean.mean(axis=0) + np.exp(
              0.5 * logvar).mean(axis=0) * eps),
          _only_z(lambda mean, logvar, rows, eps: mean.mean(axis=0) + np.sqrt(np.exp(
              logvar).mean(axis=0)) * eps),
          _only_z(lambda mean, logvar, rows, eps: mean.mean(axis=0) + 0 * eps)],
      "width": [*(_only_z(lambda mean, logvar, rows, eps, power=power: np.exp(
                     power * logvar[rows]) * eps) for power in (0.5, 1.0)),
                _only_z(lambda mean, logvar, rows, eps: np.exp(
                    0.5 * logvar.mean(axis=0)) * eps),
                _only_z(lambda mean, logvar, rows, eps: np.exp(
                    0.5 * logvar).mean(axis=0) * eps)],
      "mean-image": [_pixels(lambda uniform, logits: sigmoid(logits))],
      "cut": [_pixels(lambda uniform, logits: sigmoid(logits) > 0.5)],
      "flipped": [_pixels(lambda uniform, logits: uniform > sigmoid(logits))],
      "logits": [_pixels(lambda uniform, logits: uniform < logits),
                 _pixels(lambda uniform, logits: logits),
                 _pixels(lambda uniform, logits: uniform < np.exp(logits)),
                 _pixels(lambda uniform, logits: uniform < np.tanh(logits)),
                 _pixels(lambda uniform, logits: uniform < sigmoid(logits)**2)],
      "negative": [_pixels(lambda uniform, logits: uniform < sigmoid(-logits))],
      "signs": [_pixels(lambda uniform, logits: 2.0 * (uniform < sigmoid(logits)) - 1)],
      "one-uniform": [_pixels(lambda uniform, logits: uniform[:, :1] < sigmoid(logits)),
                      _pixels(lambda uniform, logits: uniform[:1] < sigmoid(logits)),
                      _pixels(lambda uniform, logits: uniform.mean() < sigmoid(logits))],
      "no-comparison": [_pixels(lambda uniform, logits: uniform * sigmoid(logits)),
                        _pixels(lambda uniform, logits: sigmoid(logits) - uniform),
                        _pixels(lambda uniform, logits: uniform - sigmoid(logits)),
                        _pixels(lambda uniform, logits: uniform + logits),
                        _pixels(lambda uniform, logits: uniform)],
      "centred": [_only_z(lambda mean, logvar, rows, eps: eps - eps.mean(axis=0)),
                  _only_z(lambda mean, logvar, rows, eps: (eps - eps.mean(axis=0)) / eps.std(
                      axis=0)),
                  _only_z(lambda mean, logvar, rows, eps: eps / np.sqrt((eps**2).sum(
                      axis=1, keepdims=True)))],
      "bias": [lambda W, b, eps, uniform, factor=factor, **rest: {"x": bernoulli_draw(
          uniform, sigmoid(eps @ W + factor * b))} for factor in (0, -1, 2)],
      "other-code": [
          lambda mean, logvar, rows, W, b, eps, uniform: {"x": bernoulli_draw(
              uniform, sigmoid(_of_posterior(mean, logvar, rows, eps) @ W + b))},
          lambda mean, logvar, rows, W, b, eps, uniform: {"x": bernoulli_draw(
              uniform, sigmoid(mean[rows] @ W + b))},
          lambda b, uniform, **rest: {"x": np.broadcast_to(
              bernoulli_draw(uniform, sigmoid(b)), uniform.shape)}]}
