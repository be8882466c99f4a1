"""Layer normalisation, for an exercise of lecture 3: its slopes, and mistakes in them."""
import numpy as np


def layer_norm(x, gain, shift):
    """Rows with mean 0 and mean square 1, times gain, plus shift: (N, D), (D,), (D,) → (N, D)."""
    normal, _ = _normal(x)
    return gain * normal + shift


def _normal(x):
    """(the rows normalised, their standard deviations (N, 1))."""
    centred = x - x.mean(axis=1, keepdims=True)
    std = np.sqrt(np.mean(centred**2, axis=1, keepdims=True))
    return centred / std, std


def _mean(rows):
    return rows.mean(axis=1, keepdims=True)


def rows(rng):
    """Several sizes and scales; rows that are far from 0; in one case all slopes are 1."""
    for n, d, spread, centre in ((7, 5, 1.0, 0.0), (2, 9, 3.0, 5.0), (5, 3, 0.1, -1.0),
                                 (4, 4, 1.0, 2.0), (1, 6, 2.0, 0.0)):
        yield {"d_y": np.ones((n, d)) if n == 4 else rng.normal(size=(n, d)),
               "x": centre + spread * rng.normal(size=(n, d)),
               "gain": 1.0 + rng.normal(size=d), "shift": rng.normal(size=d)}, {"N": n, "D": d}


def layer_norm_backward(d_y, x, gain, shift):
    """The slopes from d_y (N, D): x (N, D), gain and shift (D,)."""
    normal, std = _normal(x)
    d_normal = d_y * gain
    d_x = (d_normal - _mean(d_normal) - normal * _mean(d_normal * normal)) / std
    return {"x": d_x, "gain": np.sum(d_y * normal, axis=0), "shift": d_y.sum(axis=0)}


def _d_x(make):
    """A mistaken d_x, made of d_normal, normal and std."""
    def answer(d_y, x, gain, shift):
        normal, std = _normal(x)
        return {"x": make(d_y * gain, normal, std)}
    return answer


def _with_std(function):
    """The backward with another standard deviation, a function of the variance and of D."""
    def answer(d_y, x, gain, shift):
        std = function(np.var(x, axis=1, keepdims=True), x.shape[1])
        normal, d_normal = (x - _mean(x)) / std, d_y * gain
        return {"x": (d_normal - _mean(d_normal) - normal * _mean(d_normal * normal)) / std,
                "gain": np.sum(d_y * normal, axis=0)}
    return answer


MISTAKES = {
    "tiny": [_with_std(lambda v, d, tiny=tiny: np.sqrt(v + tiny))
             for tiny in (1e-3, 1e-4, 1e-5, 1e-6)]
    + [_with_std(lambda v, d, tiny=tiny: np.sqrt(v) + tiny) for tiny in (1e-5, 1e-6)],
    "unbiased": [_with_std(lambda v, d: np.sqrt(v * d / (d - 1)))],
    "both": [_d_x(lambda d, normal, std: d / std)],
    "variance": [_d_x(lambda d, normal, std: (d - _mean(d)) / std)],
    "mean": [_d_x(lambda d, normal, std: (d - normal * _mean(d * normal)) / std)],
    "gain": [lambda d_y, x, gain, shift: {
        "x": layer_norm_backward(d_y, x, np.ones_like(gain), shift)["x"]},
             lambda d_y, x, gain, shift: {
        "gain": np.sum(d_y * _normal(x)[0] * gain, axis=0)}],
    "std": [_d_x(lambda d, normal, std, k=k: std**k * (
        d - _mean(d) - normal * _mean(d * normal))) for k in (-2, 0, 1)],
    "part": [_d_x(lambda d, normal, std, k=k: (
        d - _mean(d) - k * normal * _mean(d * normal)) / std) for k in (-1, 0.5, 2)]
    + [_d_x(lambda d, normal, std: (
        d - _mean(d) - normal * np.sum(d * normal, axis=1, keepdims=True)) / std),
       _d_x(lambda d, normal, std: (d - _mean(d) - normal**2 * _mean(d)) / std),
       _d_x(lambda d, normal, std: (
           d - np.sum(d, axis=1, keepdims=True) - normal * _mean(d * normal)) / std),
       _d_x(lambda d, normal, std: (
           d - np.sum(d, axis=1, keepdims=True)
           - normal * np.sum(d * normal, axis=1, keepdims=True)) / std),
       _d_x(lambda d, normal, std: (
           d - _mean(d) - normal * std * _mean(d * normal)) / std),
       _d_x(lambda d, normal, std: (
           d - _mean(d) - normal / std * _mean(d * normal)) / std)],
    "axis": [_d_x(lambda d, normal, std: (
        d - d.mean(axis=0) - normal * (d * normal).mean(axis=0)) / std)],
    "unnormalised": [lambda d_y, x, gain, shift: {"gain": np.sum(d_y * x, axis=0)},
                     lambda d_y, x, gain, shift: {"gain": np.sum(
                         d_y * (x - _mean(x)), axis=0)},
                     lambda d_y, x, gain, shift: {"gain": np.sum(
                         d_y * layer_norm(x, gain, shift), axis=0)}],
    "batch": [lambda d_y, x, gain, shift: {"gain": np.mean(d_y * _normal(x)[0], axis=0)},
              lambda d_y, x, gain, shift: {"shift": d_y.mean(axis=0)}]}
