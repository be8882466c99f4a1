"""Paths from one code to another, and mistakes in them: lecture 8, exercise 2."""
import numpy as np

from . import mistakes


def ends(rng):
    """Several sizes; both ends of the way, its middle, and other places."""
    for n, z, steps in ((3, 4, 5), (1, 6, 4), (5, 2, 7), (2, 9, 3), (4, 3, 4), (6, 5, 6)):
        t = np.sort(rng.random(steps))
        t[0], t[-1] = 0.0, 1.0
        t[1] = 0.5
        yield {"z0": rng.normal(size=(n, z)), "z1": rng.normal(size=(n, z)), "t": t}, {
            "N": n, "Z": z}


def mix(first, second):
    """The path with the weights first(t) of z0 and second(t) of z1."""
    return lambda z0, z1, t: (first(t)[:, None, None] * z0 + second(t)[:, None, None] * z1)


def _line(z0, z1, t):
    return mix(lambda t: 1 - t, lambda t: t)(z0, z1, t)


def _length(z):
    return np.linalg.norm(z, axis=-1, keepdims=True)


def _great_circle(z0, z1, t, along=lambda z0, z1, t: 1.0, whole=False):
    """The great circle between the directions, for the vectors themselves or for unit vectors."""
    unit0, unit1 = z0 / _length(z0), z1 / _length(z1)
    angle = np.arccos(np.clip((unit0 * unit1).sum(axis=-1, keepdims=True), -1, 1))
    t = t[:, None, None]
    a, b = (z0, z1) if whole else (unit0, unit1)
    return along(z0, z1, t) * (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)


def weights(trial, part):
    """What the weights of the two ends are, for an answer that is such a sum: (key, sentence)."""
    yours, right = trial.yours[part], trial.right[part]
    if mistakes.recognise(yours, right, trial.sizes, ""):
        return None
    for case, path in zip(trial.cases, yours):
        ends = np.stack([case["z0"].ravel(), case["z1"].ravel()], axis=1)
        steps = path.reshape(len(path), -1)
        found = np.linalg.lstsq(ends, steps.T, rcond=None)[0].T  # (T, 2)
        if not np.allclose(found @ ends.T, steps, atol=1e-6):
            return None
        wrong = np.flatnonzero(np.abs(found**2 - np.stack([1 - case["t"], case["t"]], axis=1)).max(
            axis=1) > 1e-6)
        if len(wrong):
            place = wrong[np.argmin(np.abs(case["t"][wrong] - 0.5))]
            first, second = found[place].round(6) + 0.0
            return "weights", (
                f"at t = {case['t'][place]:.3g} your weights of z0 and z1 are {first:.4g} and "
                f"{second:.4g}: the sum of their squares is {first**2 + second**2:.4g}, and the "
                f"share of the second one in it {second**2 / (first**2 + second**2):.4g}.")
    return None


OWN = {"line": [_line, lambda z0, z1, t: np.sqrt(2) * _line(z0, z1, t)],
      "ends": [mix(np.sqrt, lambda t: np.sqrt(1 - t)), mix(lambda t: t, lambda t: 1 - t),
               mix(lambda t: np.sin(np.pi * t / 2), lambda t: np.cos(np.pi * t / 2))],
      "share": [mix(lambda t: np.cos(np.pi * t / 2), lambda t: np.sin(np.pi * t / 2)),
                mix(lambda t: (1 - t) / np.sqrt((1 - t)**2 + t**2),
                     lambda t: t / np.sqrt((1 - t)**2 + t**2)),
                mix(lambda t: np.sqrt(1 - t**2), lambda t: t),
                mix(lambda t: 1 - t, lambda t: np.sqrt(1 - (1 - t)**2)),
                mix(lambda t: np.sqrt(1 - t**4), lambda t: t**2)],
      "great-circle": [
          _great_circle, lambda z0, z1, t: _great_circle(z0, z1, t, whole=True),
          lambda z0, z1, t: _great_circle(z0, z1, t, lambda z0, z1, t: (
              (1 - t) * _length(z0) + t * _length(z1))),
          lambda z0, z1, t: _great_circle(z0, z1, t, lambda z0, z1, t: np.sqrt(
              z0.shape[-1])),
          lambda z0, z1, t: _great_circle(z0, z1, t, lambda z0, z1, t: _length(z0))],
      "length": [lambda z0, z1, t: _line(z0, z1, t) / _length(_line(z0, z1, t)) * np.sqrt(
                     z0.shape[-1]),
                 lambda z0, z1, t: _line(z0, z1, t) / _length(_line(z0, z1, t)),
                 lambda z0, z1, t: _line(z0, z1, t) / _length(_line(z0, z1, t)) * (
                     (1 - t)[:, None, None] * _length(z0) + t[:, None, None] * _length(z1))],
      "one-root": [mix(lambda t: np.sqrt(1 - t), lambda t: t), mix(lambda t: 1 - t, np.sqrt),
                   mix(lambda t: np.sqrt(1 - t), lambda t: 1 - np.sqrt(1 - t)),
                   mix(lambda t: 1 - np.sqrt(t), np.sqrt),
                   mix(lambda t: np.sqrt(1 - t), lambda t: np.sqrt(1 - t)),
                   mix(np.sqrt, np.sqrt), mix(lambda t: 1.0 + 0 * t, np.sqrt)],
      "minus": [mix(lambda t: np.sqrt(1 - t), lambda t: -np.sqrt(t)),
                mix(lambda t: 1 - t, lambda t: -t)],
      "power": [mix(lambda t: (1 - t)**2, lambda t: t**2),
                mix(lambda t: (1 - t)**0.25, lambda t: t**0.25),
                mix(lambda t: (1 - t)**(1 / 3), lambda t: t**(1 / 3)),
                mix(lambda t: np.cos(np.pi * t / 2)**2, lambda t: np.sin(np.pi * t / 2)**2)]}
