"""Of the exercises on probabilistic PCA: its inputs, its posterior, its marginal, wrong ones."""
import numpy as np

from ..distributions import LOG_2PI


def linear_models(rng):
    """Several sizes, Z = D among them; an offset of 0, and noise that is 1."""
    for n, d, z in ((7, 5, 3), (2, 9, 4), (6, 4, 1), (3, 3, 3), (5, 8, 2), (9, 6, 5)):
        noise = np.exp(rng.uniform(-1.5, 1.5, d))
        yield {"x": 2 * rng.normal(size=(n, d)), "W": rng.normal(size=(z, d)),
               "b": (n != 6) * rng.normal(size=d),
               "noise": np.ones(d) if n == 5 else noise}, {"N": n, "D": d, "Z": z}


def posterior(x, W, b, noise, prior=1.0):
    """Of z given x (N, D); W (Z, D), variances noise (D,): covariance (Z, Z), mean (N, Z)."""
    covariance = np.linalg.inv(prior * np.eye(len(W)) + W / noise @ W.T)
    return {"covariance": covariance, "mean": (x - b) / noise @ W.T @ covariance}


def sum_over(weights):
    """A function like the right one, whose precision is I + W diag(weights(noise)) Wᵀ."""
    def wrong(x, W, b, noise):
        return {"covariance": np.linalg.inv(np.eye(len(W)) + W * weights(noise) @ W.T)}
    return wrong


def mean_of(vector):
    """A mean with another row in the place of (x − b)/noise."""
    def wrong(x, W, b, noise):
        covariance = posterior(x, W, b, noise)["covariance"]
        return {"mean": vector(x, b, noise) @ W.T @ covariance}
    return wrong


def marginals(rng):
    """Several sizes, Z = D among them, and Z > D; a variance of 1; an offset of 0."""
    for n, d, z, tau2 in ((7, 5, 3, 0.3), (2, 9, 4, 2.0), (6, 3, 3, 0.5), (4, 2, 4, 0.2),
                          (9, 6, 1, 1.0), (3, 8, 2, 0.05)):
        yield {"x": 2 * rng.normal(size=(n, d)), "W": rng.normal(size=(z, d)),
               "b": (n != 9) * rng.normal(size=d), "tau2": tau2}, {"N": n, "D": d, "Z": z}


def marginal(x, W, b, tau2, prior=1.0):
    """log p(x) of x (N, D), with the covariance WᵀW + τ² I: (N,), in nats."""
    covariance = prior * W.T @ W + tau2 * np.eye(W.shape[1])
    error = x - b
    distance = np.sum(error @ np.linalg.inv(covariance) * error, axis=-1)
    return -0.5 * (x.shape[1] * LOG_2PI + np.linalg.slogdet(covariance)[1] + distance)


def plus_log_det(change):
    """The right one, with something added to log det C: change(W, tau2, log det C)."""
    def wrong(x, W, b, tau2):
        log_det = np.linalg.slogdet(W.T @ W + tau2 * np.eye(W.shape[1]))[1]
        return marginal(x, W, b, tau2) - 0.5 * change(W, tau2, log_det)
    return wrong
