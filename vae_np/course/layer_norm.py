"""Layer normalisation, for an exercise of lecture 3: its slopes, and mistakes in them."""
import numpy as np

from .mistakes import saying
from .sums import Sum


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


def _gain(rows):
    """A mistaken gradient of the gain, with other rows: rows(x, normal, y)."""
    def answer(d_y, x, gain, shift):
        return {"gain": np.sum(d_y * rows(x, _normal(x)[0], layer_norm(x, gain, shift)), axis=0)}
    return answer


def _with_gain(function):
    """A mistaken d_x, whose gain stands elsewhere: function(d_y, gain, normal) / std."""
    def answer(d_y, x, gain, shift):
        normal, std = _normal(x)
        return {"x": function(d_y, gain, normal) / std}
    return answer


def _part(function):
    """A part of d_x: function(d_normal, normal, x, d_y) / std."""
    def part(d_y, x, gain, shift):
        normal, std = _normal(x)
        return np.broadcast_to(function(d_y * gain, normal, x, d_y) / std, x.shape)
    return part


def _off_by_unbiased(d_y, x, gain, shift):
    """With Σ (x − m)²/(D − 1) consistently, in d_x and in the gain's slope."""
    factor = np.sqrt(1 - 1 / x.shape[1])
    right = layer_norm_backward(d_y, x, gain, shift)
    return {"x": factor * right["x"], "gain": factor * right["gain"]}


def _last_division(tiny):
    def answer(d_y, x, gain, shift):
        std = _normal(x)[1]
        return {"x": layer_norm_backward(d_y, x, gain, shift)["x"] * std / np.sqrt(std**2 + tiny)}
    return answer


MISTAKES = {
    "tiny": [_with_std(lambda v, d, tiny=tiny: np.sqrt(v + tiny))
             for tiny in (1e-3, 1e-4, 1e-5, 1e-6)]
    + [_with_std(lambda v, d, tiny=tiny: np.sqrt(v) + tiny) for tiny in (1e-5, 1e-6)]
    + [_last_division(tiny) for tiny in (1e-3, 1e-4, 1e-5, 1e-6)],
    "unbiased": [_with_std(lambda v, d: np.sqrt(v * d / (d - 1))), _off_by_unbiased],
    "both": [_d_x(lambda d, normal, std: d / std)],
    "variance": [_d_x(lambda d, normal, std: (d - _mean(d)) / std)],
    "mean": [_d_x(lambda d, normal, std: (d - normal * _mean(d * normal)) / std)],
    "gain": [lambda d_y, x, gain, shift: {
        "x": layer_norm_backward(d_y, x, np.ones_like(gain), shift)["x"]},
             saying("has the gain multiplied at the end, outside the two means", _with_gain(
                 lambda d_y, gain, normal: gain * (
                     d_y - _mean(d_y) - normal * _mean(d_y * normal)))),
             saying("has the gain in it twice", _with_gain(
                 lambda d_y, gain, normal: gain**2 * d_y - _mean(gain**2 * d_y)
                 - normal * _mean(gain**2 * d_y * normal))),
             saying("has lost the gain in its two means", _with_gain(
                 lambda d_y, gain, normal: gain * d_y - _mean(d_y)
                 - normal * _mean(d_y * normal))),
             saying("is multiplied by the gain, which is a factor of the slope of x̂ and not of "
                    "its own", lambda d_y, x, gain, shift: {
                        "gain": np.sum(d_y * _normal(x)[0] * gain, axis=0)})],
    "std": [_d_x(lambda d, normal, std, k=k: std**k * (
        d - _mean(d) - normal * _mean(d * normal))) for k in (-2, 0, 1)],
    "part": [saying("has sums over the row where means should be", _d_x(
                 lambda d, normal, std: (d - np.sum(d, axis=1, keepdims=True) - normal * np.sum(
                     d * normal, axis=1, keepdims=True)) / std))],
    "axis": [_d_x(lambda d, normal, std: (
                 d - d.mean(axis=0) - normal * (d * normal).mean(axis=0)) / std),
             saying("has means over the whole batch, not over each row", _d_x(
                 lambda d, normal, std: (d - d.mean() - normal * (d * normal).mean()) / std))],
    "unnormalised": [
        saying("has x itself in the place of x̂", _gain(lambda x, normal, y: x)),
        saying("has x − m, not divided by √v, in the place of x̂",
               _gain(lambda x, normal, y: x - _mean(x))),
        saying("has x/√v, from which the mean is not taken off, in the place of x̂",
               _gain(lambda x, normal, y: x / x.std(axis=1, keepdims=True))),
        saying("is divided by v, where √v should stand",
               _gain(lambda x, normal, y: normal / x.std(axis=1, keepdims=True))),
        saying("has the output y in the place of x̂", _gain(lambda x, normal, y: y)),
        saying("has the square of x̂ in the place of x̂", _gain(lambda x, normal, y: normal**2))],
    "apart": [lambda d_y, x, gain, shift: {
        "gain": d_y.sum(axis=0) * _normal(x)[0].sum(axis=0)}],
    "batch": [lambda d_y, x, gain, shift: {"gain": np.mean(d_y * _normal(x)[0], axis=0)},
              lambda d_y, x, gain, shift: {"shift": d_y.mean(axis=0)}]}

SUMS = {"x": Sum(
    {"the part of x_i itself": _part(lambda d, normal, x, d_y: d),
     "the part of the mean": _part(lambda d, normal, x, d_y: -_mean(d)),
     "the part of the variance": _part(lambda d, normal, x, d_y: -normal * _mean(d * normal))},
    strays={"a part of the variance made with x, not with x̂,": _part(
                lambda d, normal, x, d_y: -x * _mean(d * x)),
            "a part of the variance with x in the place of one x̂": _part(
                lambda d, normal, x, d_y: -normal * _mean(d * x)),
            "a part of the variance with the square of x̂": _part(
                lambda d, normal, x, d_y: -normal**2 * _mean(d)),
            "a part of the variance that is not multiplied by x̂": _part(
                lambda d, normal, x, d_y: -_mean(d * normal)),
            "a part of the mean without the gain": _part(
                lambda d, normal, x, d_y: -_mean(d_y)),
            "a part of the variance without the gain": _part(
                lambda d, normal, x, d_y: -normal * _mean(d_y * normal)),
            "a mean over the examples": _part(lambda d, normal, x, d_y: -d.mean(axis=0)),
            "a part of the variance with a mean over the examples": _part(
                lambda d, normal, x, d_y: -normal * (d * normal).mean(axis=0))},
    scales={"the standard deviation": lambda d_y, x, gain, shift: _normal(x)[1],
            "the variance": lambda d_y, x, gain, shift: _normal(x)[1]**2},
    keys={"the part of x_i itself": "gradient", "the part of the mean": "mean-part",
          "the part of the variance": "part"})}
