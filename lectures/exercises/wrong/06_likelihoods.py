"""Plausible wrong answers to the exercises of lecture 6.

Each cell stands for the student's: `# %% exercise: key of the hint that it must get`.
"""
import math

import numpy as np


# %% shared-variances: chain
def shared_variances_backward(d_out, x, a, logvar):
    mean = 1 / (1 + np.exp(-a))
    error, precision = x - mean, np.exp(-logvar)
    d = d_out[:, None]
    return {"a": d * error * precision,
            "logvar": np.sum(0.5 * d * (error**2 * precision - 1), axis=0)}


# %% shared-variances: logit
def shared_variances_backward(d_out, x, a, logvar):
    mean = 1 / (1 + np.exp(-a))
    error, precision = x - mean, np.exp(-logvar)
    d = d_out[:, None]
    return {"a": d * (x - a) * precision,
            "logvar": np.sum(0.5 * d * (error**2 * precision - 1), axis=0)}


# %% shared-variances: power
def shared_variances_backward(d_out, x, a, logvar):
    mean = 1 / (1 + np.exp(-a))
    error, precision = x - mean, np.exp(-logvar)
    d = d_out[:, None]
    return {"a": d * error * np.exp(-0.5 * logvar) * mean * (1 - mean),
            "logvar": np.sum(0.5 * d * (error**2 * precision - 1), axis=0)}


# %% shared-variances: square
def shared_variances_backward(d_out, x, a, logvar):
    mean = 1 / (1 + np.exp(-a))
    error, precision = x - mean, np.exp(-logvar)
    d = d_out[:, None]
    return {"a": d * error * precision * mean * (1 - mean),
            "logvar": np.sum(0.5 * d * (np.abs(error) * precision - 1), axis=0)}


# %% shared-variances: two-terms
def shared_variances_backward(d_out, x, a, logvar):
    mean = 1 / (1 + np.exp(-a))
    error, precision = x - mean, np.exp(-logvar)
    d = d_out[:, None]
    return {"a": d * error * precision * mean * (1 - mean),
            "logvar": np.sum(0.5 * d * error**2 * precision, axis=0)}


# %% shared-variances: variance
def shared_variances_backward(d_out, x, a, logvar):
    mean = 1 / (1 + np.exp(-a))
    error, precision = x - mean, np.exp(-logvar)
    d = d_out[:, None]
    return {"a": d * error * precision * mean * (1 - mean),
            "logvar": np.sum(0.5 * d * (error**2 * precision - 1), axis=0) * precision}


# %% shared-variances: upstream
def shared_variances_backward(d_out, x, a, logvar):
    mean = 1 / (1 + np.exp(-a))
    error, precision = x - mean, np.exp(-logvar)
    d = d_out[:, None]
    return {"a": d * error * precision * mean * (1 - mean),
            "logvar": np.sum(0.5 * (d * error**2 * precision - 1), axis=0)}


# %% shared-variances: mean-of-batch
def shared_variances_backward(d_out, x, a, logvar):
    mean = 1 / (1 + np.exp(-a))
    error, precision = x - mean, np.exp(-logvar)
    d = d_out[:, None]
    return {"a": d * error * precision * mean * (1 - mean),
            "logvar": np.mean(0.5 * d * (error**2 * precision - 1), axis=0)}


# %% shared-variances: shape
def shared_variances_backward(d_out, x, a, logvar):
    mean = 1 / (1 + np.exp(-a))
    error, precision = x - mean, np.exp(-logvar)
    d = d_out[:, None]
    return {"a": d * error * precision * mean * (1 - mean),
            "logvar": 0.5 * d * (error**2 * precision - 1)}


# %% shared-variances: sign
def shared_variances_backward(d_out, x, a, logvar):
    mean = 1 / (1 + np.exp(-a))
    error, precision = x - mean, np.exp(-logvar)
    d = d_out[:, None]
    return {"a": d * (mean - x) * precision * mean * (1 - mean),
            "logvar": np.sum(0.5 * d * (error**2 * precision - 1), axis=0)}


# %% shared-variances: factor
def shared_variances_backward(d_out, x, a, logvar):
    mean = 1 / (1 + np.exp(-a))
    error, precision = x - mean, np.exp(-logvar)
    d = d_out[:, None]
    return {"a": 0.5 * d * error * precision * mean * (1 - mean),
            "logvar": np.sum(0.5 * d * (error**2 * precision - 1), axis=0)}


# %% shared-variances: axis
def shared_variances_backward(d_out, x, a, logvar):
    mean = 1 / (1 + np.exp(-a))
    square = (x - mean) ** 2 * np.exp(-logvar)
    return {"a": d_out * (x - mean) * np.exp(-logvar) * mean * (1 - mean),
            "logvar": np.sum(d_out * 0.5 * (square - 1), axis=0)}


# %% shared-variances: average
def shared_variances_backward(d_out, x, a, logvar):
    mean = 1 / (1 + np.exp(-a))
    error, precision = x - mean, np.exp(-logvar)
    d = d_out[:, None]
    return {"a": d * error * precision * mean * (1 - mean) / len(x),
            "logvar": np.sum(0.5 * d * (error**2 * precision - 1), axis=0)}


# %% shared-variances: itself
def shared_variances_backward(d_out, x, a, logvar):
    mean = 1 / (1 + np.exp(-a))
    error, precision = x - mean, np.exp(-logvar)
    d = d_out[:, None]
    return {"a": d * error / logvar * mean * (1 - mean),
            "logvar": np.sum(0.5 * d * (error**2 * precision - 1), axis=0)}


# %% shared-variances: floor
def shared_variances_backward(d_out, x, a, logvar):
    mean = 1 / (1 + np.exp(-a))
    error, precision = x - mean, np.exp(-logvar)
    d = d_out[:, None]
    return {"a": d * error * precision * mean * (1 - mean),
            "logvar": np.sum(0.5 * d * (error**2 / (np.exp(logvar) + 1e-3) - 1), axis=0)}


# %% shared-variances: one-for-all
def shared_variances_backward(d_out, x, a, logvar):
    mean = 1 / (1 + np.exp(-a))
    error, precision = x - mean, np.exp(-logvar)
    d = d_out[:, None]
    return {"a": d * error * precision * mean * (1 - mean),
            "logvar": np.sum(0.5 * d * (np.sum(error**2 * precision, axis=1, keepdims=True) - 1), axis=0) + 0 * logvar}


# %% shared-variances: a
def shared_variances_backward(d_out, x, a, logvar):
    mean = 1 / (1 + np.exp(-a))
    error, precision = x - mean, np.exp(-logvar)
    d = d_out[:, None]
    return {"a": d * np.tanh(error) * precision * mean * (1 - mean),
            "logvar": np.sum(0.5 * d * (error**2 * precision - 1), axis=0)}


# %% shared-variances: logvar
def shared_variances_backward(d_out, x, a, logvar):
    mean = 1 / (1 + np.exp(-a))
    error, precision = x - mean, np.exp(-logvar)
    d = d_out[:, None]
    return {"a": d * error * precision * mean * (1 - mean),
            "logvar": np.sum(0.5 * d * np.log(error**2 * precision), axis=0)}


# %% four-data-sets: switch-term
def log_probs(switches, heights, visits, letters, a, s, scores):
    log_factorial = np.vectorize(lambda count: math.lgamma(count + 1), otypes=[float])
    shifted = scores - scores.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    own = np.take_along_axis(log_p, letters[..., None], axis=-1)[..., 0]
    return {
        "switches": np.sum(switches * a, axis=-1),
        "heights": -0.5 * np.sum(np.log(2 * np.pi) + s + (heights - a)**2 * np.exp(-s), axis=-1),
        "visits": np.sum(visits * a - np.exp(a) - log_factorial(visits), axis=-1),
        "letters": np.sum(own, axis=-1)}


# %% four-data-sets: inverted
def log_probs(switches, heights, visits, letters, a, s, scores):
    log_factorial = np.vectorize(lambda count: math.lgamma(count + 1), otypes=[float])
    shifted = scores - scores.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    own = np.take_along_axis(log_p, letters[..., None], axis=-1)[..., 0]
    return {
        "switches": np.sum((1 - switches) * a - np.logaddexp(0, a), axis=-1),
        "heights": -0.5 * np.sum(np.log(2 * np.pi) + s + (heights - a)**2 * np.exp(-s), axis=-1),
        "visits": np.sum(visits * a - np.exp(a) - log_factorial(visits), axis=-1),
        "letters": np.sum(own, axis=-1)}


# %% four-data-sets: clipped
def log_probs(switches, heights, visits, letters, a, s, scores):
    log_factorial = np.vectorize(lambda count: math.lgamma(count + 1), otypes=[float])
    shifted = scores - scores.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    own = np.take_along_axis(log_p, letters[..., None], axis=-1)[..., 0]
    p = np.clip(1 / (1 + np.exp(-a)), 1e-8, 1 - 1e-8)
    return {
        "switches": np.sum(switches * np.log(p) + (1 - switches) * np.log(1 - p), axis=-1),
        "heights": -0.5 * np.sum(np.log(2 * np.pi) + s + (heights - a)**2 * np.exp(-s), axis=-1),
        "visits": np.sum(visits * a - np.exp(a) - log_factorial(visits), axis=-1),
        "letters": np.sum(own, axis=-1)}


# %% four-data-sets: squared
def log_probs(switches, heights, visits, letters, a, s, scores):
    log_factorial = np.vectorize(lambda count: math.lgamma(count + 1), otypes=[float])
    shifted = scores - scores.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    own = np.take_along_axis(log_p, letters[..., None], axis=-1)[..., 0]
    p = 1 / (1 + np.exp(-a))
    return {
        "switches": -np.sum((switches - p)**2, axis=-1),
        "heights": -0.5 * np.sum(np.log(2 * np.pi) + s + (heights - a)**2 * np.exp(-s), axis=-1),
        "visits": np.sum(visits * a - np.exp(a) - log_factorial(visits), axis=-1),
        "letters": np.sum(own, axis=-1)}


# %% four-data-sets: normal
def log_probs(switches, heights, visits, letters, a, s, scores):
    log_factorial = np.vectorize(lambda count: math.lgamma(count + 1), otypes=[float])
    shifted = scores - scores.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    own = np.take_along_axis(log_p, letters[..., None], axis=-1)[..., 0]
    return {
        "switches": -0.5 * np.sum(np.log(2 * np.pi) + s + (switches - a)**2 * np.exp(-s), axis=-1),
        "heights": -0.5 * np.sum(np.log(2 * np.pi) + s + (heights - a)**2 * np.exp(-s), axis=-1),
        "visits": np.sum(visits * a - np.exp(a) - log_factorial(visits), axis=-1),
        "letters": np.sum(own, axis=-1)}


# %% four-data-sets: switches
def log_probs(switches, heights, visits, letters, a, s, scores):
    log_factorial = np.vectorize(lambda count: math.lgamma(count + 1), otypes=[float])
    shifted = scores - scores.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    own = np.take_along_axis(log_p, letters[..., None], axis=-1)[..., 0]
    return {
        "switches": np.sum(switches * a - np.exp(a), axis=-1),
        "heights": -0.5 * np.sum(np.log(2 * np.pi) + s + (heights - a)**2 * np.exp(-s), axis=-1),
        "visits": np.sum(visits * a - np.exp(a) - log_factorial(visits), axis=-1),
        "letters": np.sum(own, axis=-1)}


# %% four-data-sets: average
def log_probs(switches, heights, visits, letters, a, s, scores):
    log_factorial = np.vectorize(lambda count: math.lgamma(count + 1), otypes=[float])
    shifted = scores - scores.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    own = np.take_along_axis(log_p, letters[..., None], axis=-1)[..., 0]
    return {
        "switches": np.mean(switches * a - np.logaddexp(0, a), axis=-1),
        "heights": -0.5 * np.sum(np.log(2 * np.pi) + s + (heights - a)**2 * np.exp(-s), axis=-1),
        "visits": np.sum(visits * a - np.exp(a) - log_factorial(visits), axis=-1),
        "letters": np.sum(own, axis=-1)}


# %% four-data-sets: sign
def log_probs(switches, heights, visits, letters, a, s, scores):
    log_factorial = np.vectorize(lambda count: math.lgamma(count + 1), otypes=[float])
    shifted = scores - scores.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    own = np.take_along_axis(log_p, letters[..., None], axis=-1)[..., 0]
    return {
        "switches": -np.sum(switches * a - np.logaddexp(0, a), axis=-1),
        "heights": -0.5 * np.sum(np.log(2 * np.pi) + s + (heights - a)**2 * np.exp(-s), axis=-1),
        "visits": np.sum(visits * a - np.exp(a) - log_factorial(visits), axis=-1),
        "letters": np.sum(own, axis=-1)}


# %% four-data-sets: shape
def log_probs(switches, heights, visits, letters, a, s, scores):
    log_factorial = np.vectorize(lambda count: math.lgamma(count + 1), otypes=[float])
    shifted = scores - scores.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    own = np.take_along_axis(log_p, letters[..., None], axis=-1)[..., 0]
    return {
        "switches": np.sum(switches * a - np.logaddexp(0, a)),
        "heights": -0.5 * np.sum(np.log(2 * np.pi) + s + (heights - a)**2 * np.exp(-s), axis=-1),
        "visits": np.sum(visits * a - np.exp(a) - log_factorial(visits), axis=-1),
        "letters": np.sum(own, axis=-1)}


# %% four-data-sets: nonfinite
def log_probs(switches, heights, visits, letters, a, s, scores):
    log_factorial = np.vectorize(lambda count: math.lgamma(count + 1), otypes=[float])
    shifted = scores - scores.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    own = np.take_along_axis(log_p, letters[..., None], axis=-1)[..., 0]
    return {
        "switches": np.sum(switches * np.log(a) + (1 - switches) * np.log(1 - a), axis=-1),
        "heights": -0.5 * np.sum(np.log(2 * np.pi) + s + (heights - a)**2 * np.exp(-s), axis=-1),
        "visits": np.sum(visits * a - np.exp(a) - log_factorial(visits), axis=-1),
        "letters": np.sum(own, axis=-1)}


# %% four-data-sets: half
def log_probs(switches, heights, visits, letters, a, s, scores):
    log_factorial = np.vectorize(lambda count: math.lgamma(count + 1), otypes=[float])
    shifted = scores - scores.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    own = np.take_along_axis(log_p, letters[..., None], axis=-1)[..., 0]
    return {
        "switches": np.sum(switches * a - np.logaddexp(0, a), axis=-1),
        "heights": -np.sum(0.5 * np.log(2 * np.pi) + s + 0.5 * (heights - a)**2 * np.exp(-s), axis=-1),
        "visits": np.sum(visits * a - np.exp(a) - log_factorial(visits), axis=-1),
        "letters": np.sum(own, axis=-1)}


# %% four-data-sets: no-log
def log_probs(switches, heights, visits, letters, a, s, scores):
    log_factorial = np.vectorize(lambda count: math.lgamma(count + 1), otypes=[float])
    shifted = scores - scores.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    own = np.take_along_axis(log_p, letters[..., None], axis=-1)[..., 0]
    return {
        "switches": np.sum(switches * a - np.logaddexp(0, a), axis=-1),
        "heights": -0.5 * np.sum((heights - a)**2 * np.exp(-s), axis=-1),
        "visits": np.sum(visits * a - np.exp(a) - log_factorial(visits), axis=-1),
        "letters": np.sum(own, axis=-1)}


# %% four-data-sets: scatter
def log_probs(switches, heights, visits, letters, a, s, scores):
    log_factorial = np.vectorize(lambda count: math.lgamma(count + 1), otypes=[float])
    shifted = scores - scores.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    own = np.take_along_axis(log_p, letters[..., None], axis=-1)[..., 0]
    return {
        "switches": np.sum(switches * a - np.logaddexp(0, a), axis=-1),
        "heights": -0.5 * np.sum(np.log(2 * np.pi) + 2 * s + (heights - a)**2 * np.exp(-2 * s), axis=-1),
        "visits": np.sum(visits * a - np.exp(a) - log_factorial(visits), axis=-1),
        "letters": np.sum(own, axis=-1)}


# %% four-data-sets: no-square
def log_probs(switches, heights, visits, letters, a, s, scores):
    log_factorial = np.vectorize(lambda count: math.lgamma(count + 1), otypes=[float])
    shifted = scores - scores.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    own = np.take_along_axis(log_p, letters[..., None], axis=-1)[..., 0]
    return {
        "switches": np.sum(switches * a - np.logaddexp(0, a), axis=-1),
        "heights": -0.5 * np.sum(np.log(2 * np.pi) + s + np.abs(heights - a) * np.exp(-0.5 * s), axis=-1),
        "visits": np.sum(visits * a - np.exp(a) - log_factorial(visits), axis=-1),
        "letters": np.sum(own, axis=-1)}


# %% four-data-sets: squashed
def log_probs(switches, heights, visits, letters, a, s, scores):
    log_factorial = np.vectorize(lambda count: math.lgamma(count + 1), otypes=[float])
    shifted = scores - scores.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    own = np.take_along_axis(log_p, letters[..., None], axis=-1)[..., 0]
    p = 1 / (1 + np.exp(-a))
    return {
        "switches": np.sum(switches * a - np.logaddexp(0, a), axis=-1),
        "heights": -0.5 * np.sum(np.log(2 * np.pi) + s + (heights - p)**2 * np.exp(-s), axis=-1),
        "visits": np.sum(visits * a - np.exp(a) - log_factorial(visits), axis=-1),
        "letters": np.sum(own, axis=-1)}


# %% four-data-sets: constant-once
def log_probs(switches, heights, visits, letters, a, s, scores):
    log_factorial = np.vectorize(lambda count: math.lgamma(count + 1), otypes=[float])
    shifted = scores - scores.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    own = np.take_along_axis(log_p, letters[..., None], axis=-1)[..., 0]
    return {
        "switches": np.sum(switches * a - np.logaddexp(0, a), axis=-1),
        "heights": -0.5 * (np.log(2 * np.pi) + np.sum(s + (heights - a)**2 * np.exp(-s), axis=-1)),
        "visits": np.sum(visits * a - np.exp(a) - log_factorial(visits), axis=-1),
        "letters": np.sum(own, axis=-1)}


# %% four-data-sets: heights
def log_probs(switches, heights, visits, letters, a, s, scores):
    log_factorial = np.vectorize(lambda count: math.lgamma(count + 1), otypes=[float])
    shifted = scores - scores.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    own = np.take_along_axis(log_p, letters[..., None], axis=-1)[..., 0]
    return {
        "switches": np.sum(switches * a - np.logaddexp(0, a), axis=-1),
        "heights": -0.5 * np.sum(np.log(2 * np.pi) + s + (heights - a)**4 * np.exp(-2 * s), axis=-1),
        "visits": np.sum(visits * a - np.exp(a) - log_factorial(visits), axis=-1),
        "letters": np.sum(own, axis=-1)}


# %% four-data-sets: factorial
def log_probs(switches, heights, visits, letters, a, s, scores):
    log_factorial = np.vectorize(lambda count: math.lgamma(count + 1), otypes=[float])
    shifted = scores - scores.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    own = np.take_along_axis(log_p, letters[..., None], axis=-1)[..., 0]
    return {
        "switches": np.sum(switches * a - np.logaddexp(0, a), axis=-1),
        "heights": -0.5 * np.sum(np.log(2 * np.pi) + s + (heights - a)**2 * np.exp(-s), axis=-1),
        "visits": np.sum(visits * a - np.exp(a), axis=-1),
        "letters": np.sum(own, axis=-1)}


# %% four-data-sets: rate
def log_probs(switches, heights, visits, letters, a, s, scores):
    log_factorial = np.vectorize(lambda count: math.lgamma(count + 1), otypes=[float])
    shifted = scores - scores.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    own = np.take_along_axis(log_p, letters[..., None], axis=-1)[..., 0]
    r = np.logaddexp(0, a)
    return {
        "switches": np.sum(switches * a - np.logaddexp(0, a), axis=-1),
        "heights": -0.5 * np.sum(np.log(2 * np.pi) + s + (heights - a)**2 * np.exp(-s), axis=-1),
        "visits": np.sum(visits * np.log(r) - r - log_factorial(visits), axis=-1),
        "letters": np.sum(own, axis=-1)}


# %% four-data-sets: two-values
def log_probs(switches, heights, visits, letters, a, s, scores):
    log_factorial = np.vectorize(lambda count: math.lgamma(count + 1), otypes=[float])
    shifted = scores - scores.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    own = np.take_along_axis(log_p, letters[..., None], axis=-1)[..., 0]
    return {
        "switches": np.sum(switches * a - np.logaddexp(0, a), axis=-1),
        "heights": -0.5 * np.sum(np.log(2 * np.pi) + s + (heights - a)**2 * np.exp(-s), axis=-1),
        "visits": np.sum(visits * a - np.logaddexp(0, a), axis=-1),
        "letters": np.sum(own, axis=-1)}


# %% four-data-sets: visits
def log_probs(switches, heights, visits, letters, a, s, scores):
    log_factorial = np.vectorize(lambda count: math.lgamma(count + 1), otypes=[float])
    shifted = scores - scores.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    own = np.take_along_axis(log_p, letters[..., None], axis=-1)[..., 0]
    return {
        "switches": np.sum(switches * a - np.logaddexp(0, a), axis=-1),
        "heights": -0.5 * np.sum(np.log(2 * np.pi) + s + (heights - a)**2 * np.exp(-s), axis=-1),
        "visits": np.sum(visits * a - np.exp(a) * np.exp(a) - log_factorial(visits), axis=-1),
        "letters": np.sum(own, axis=-1)}


# %% four-data-sets: no-sum
def log_probs(switches, heights, visits, letters, a, s, scores):
    log_factorial = np.vectorize(lambda count: math.lgamma(count + 1), otypes=[float])
    shifted = scores - scores.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    own = np.take_along_axis(log_p, letters[..., None], axis=-1)[..., 0]
    return {
        "switches": np.sum(switches * a - np.logaddexp(0, a), axis=-1),
        "heights": -0.5 * np.sum(np.log(2 * np.pi) + s + (heights - a)**2 * np.exp(-s), axis=-1),
        "visits": np.sum(visits * a - np.exp(a) - log_factorial(visits), axis=-1),
        "letters": np.sum(np.take_along_axis(scores, letters[..., None], axis=-1), axis=(-1, -2))}


# %% four-data-sets: other-axis
def log_probs(switches, heights, visits, letters, a, s, scores):
    log_factorial = np.vectorize(lambda count: math.lgamma(count + 1), otypes=[float])
    shifted = scores - scores.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    own = np.take_along_axis(log_p, letters[..., None], axis=-1)[..., 0]
    t = scores - scores.max(axis=1, keepdims=True)
    log_p = t - np.log(np.exp(t).sum(axis=1, keepdims=True))
    return {
        "switches": np.sum(switches * a - np.logaddexp(0, a), axis=-1),
        "heights": -0.5 * np.sum(np.log(2 * np.pi) + s + (heights - a)**2 * np.exp(-s), axis=-1),
        "visits": np.sum(visits * a - np.exp(a) - log_factorial(visits), axis=-1),
        "letters": np.sum(np.take_along_axis(log_p, letters[..., None], axis=-1), axis=(-1, -2))}


# %% four-data-sets: shifted
def log_probs(switches, heights, visits, letters, a, s, scores):
    log_factorial = np.vectorize(lambda count: math.lgamma(count + 1), otypes=[float])
    shifted = scores - scores.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    own = np.take_along_axis(log_p, letters[..., None], axis=-1)[..., 0]
    return {
        "switches": np.sum(switches * a - np.logaddexp(0, a), axis=-1),
        "heights": -0.5 * np.sum(np.log(2 * np.pi) + s + (heights - a)**2 * np.exp(-s), axis=-1),
        "visits": np.sum(visits * a - np.exp(a) - log_factorial(visits), axis=-1),
        "letters": np.sum(np.take_along_axis(log_p, letters[..., None] - 1, axis=-1), axis=(-1, -2))}


# %% four-data-sets: no-logarithm
def log_probs(switches, heights, visits, letters, a, s, scores):
    log_factorial = np.vectorize(lambda count: math.lgamma(count + 1), otypes=[float])
    shifted = scores - scores.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    own = np.take_along_axis(log_p, letters[..., None], axis=-1)[..., 0]
    return {
        "switches": np.sum(switches * a - np.logaddexp(0, a), axis=-1),
        "heights": -0.5 * np.sum(np.log(2 * np.pi) + s + (heights - a)**2 * np.exp(-s), axis=-1),
        "visits": np.sum(visits * a - np.exp(a) - log_factorial(visits), axis=-1),
        "letters": np.sum(np.exp(own), axis=-1)}


# %% four-data-sets: log-mean
def log_probs(switches, heights, visits, letters, a, s, scores):
    log_factorial = np.vectorize(lambda count: math.lgamma(count + 1), otypes=[float])
    shifted = scores - scores.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    own = np.take_along_axis(log_p, letters[..., None], axis=-1)[..., 0]
    return {
        "switches": np.sum(switches * a - np.logaddexp(0, a), axis=-1),
        "heights": -0.5 * np.sum(np.log(2 * np.pi) + s + (heights - a)**2 * np.exp(-s), axis=-1),
        "visits": np.sum(visits * a - np.exp(a) - log_factorial(visits), axis=-1),
        "letters": np.sum(own + np.log(scores.shape[-1]), axis=-1)}


# %% four-data-sets: many-switches
def log_probs(switches, heights, visits, letters, a, s, scores):
    log_factorial = np.vectorize(lambda count: math.lgamma(count + 1), otypes=[float])
    shifted = scores - scores.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    own = np.take_along_axis(log_p, letters[..., None], axis=-1)[..., 0]
    onehot = letters[..., None] == np.arange(scores.shape[-1])
    return {
        "switches": np.sum(switches * a - np.logaddexp(0, a), axis=-1),
        "heights": -0.5 * np.sum(np.log(2 * np.pi) + s + (heights - a)**2 * np.exp(-s), axis=-1),
        "visits": np.sum(visits * a - np.exp(a) - log_factorial(visits), axis=-1),
        "letters": np.sum(onehot * scores - np.logaddexp(0, scores), axis=(-1, -2))}


# %% four-data-sets: letters
def log_probs(switches, heights, visits, letters, a, s, scores):
    log_factorial = np.vectorize(lambda count: math.lgamma(count + 1), otypes=[float])
    shifted = scores - scores.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    own = np.take_along_axis(log_p, letters[..., None], axis=-1)[..., 0]
    return {
        "switches": np.sum(switches * a - np.logaddexp(0, a), axis=-1),
        "heights": -0.5 * np.sum(np.log(2 * np.pi) + s + (heights - a)**2 * np.exp(-s), axis=-1),
        "visits": np.sum(visits * a - np.exp(a) - log_factorial(visits), axis=-1),
        "letters": -np.sum((letters - scores.argmax(axis=-1))**2, axis=-1)}


# %% learned-variances: at-the-mean
def predict_variances(x, W, b, mean, logvar):
    error = x - (mean @ W + b)
    return np.mean(error**2, axis=0)


# %% learned-variances: spread-alone
def predict_variances(x, W, b, mean, logvar):
    error = x - (mean @ W + b)
    return np.mean(np.exp(logvar) @ W**2, axis=0)


# %% learned-variances: std
def predict_variances(x, W, b, mean, logvar):
    error = x - (mean @ W + b)
    return np.mean(error**2 + np.exp(0.5 * logvar) @ W**2, axis=0)


# %% learned-variances: mean-log
def predict_variances(x, W, b, mean, logvar):
    error = x - (mean @ W + b)
    return np.mean(error**2, axis=0) + np.exp(logvar.mean(axis=0)) @ W**2


# %% learned-variances: no-square
def predict_variances(x, W, b, mean, logvar):
    error = x - (mean @ W + b)
    return np.mean(error**2 + np.exp(logvar) @ W, axis=0)


# %% learned-variances: correlated
def predict_variances(x, W, b, mean, logvar):
    error = x - (mean @ W + b)
    return np.mean(error**2 + (np.exp(0.5 * logvar) @ W)**2, axis=0)


# %% learned-variances: prior
def predict_variances(x, W, b, mean, logvar):
    error = x - (mean @ W + b)
    return np.mean(error**2, axis=0) + np.sum(W**2, axis=0)


# %% learned-variances: bias
def predict_variances(x, W, b, mean, logvar):
    error = x - (mean @ W + b)
    return np.var(error, axis=0) + np.mean(np.exp(logvar) @ W**2, axis=0)


# %% learned-variances: one-for-all
def predict_variances(x, W, b, mean, logvar):
    error = x - (mean @ W + b)
    return np.full(len(b), np.mean(error**2 + np.exp(logvar) @ W**2))


# %% learned-variances: offset
def predict_variances(x, W, b, mean, logvar):
    error = x - (mean @ W + b)
    return np.mean((x - mean @ W)**2 + np.exp(logvar) @ W**2, axis=0)


# %% learned-variances: data
def predict_variances(x, W, b, mean, logvar):
    error = x - (mean @ W + b)
    return np.var(x, axis=0)


# %% learned-variances: weight
def predict_variances(x, W, b, mean, logvar):
    error = x - (mean @ W + b)
    return np.mean(error**2 + 0.5 * (np.exp(logvar) @ W**2), axis=0)


# %% learned-variances: absolute
def predict_variances(x, W, b, mean, logvar):
    error = x - (mean @ W + b)
    return np.mean(np.abs(error) + np.exp(logvar) @ W**2, axis=0)


# %% learned-variances: log
def predict_variances(x, W, b, mean, logvar):
    error = x - (mean @ W + b)
    return np.log(np.mean(error**2 + np.exp(logvar) @ W**2, axis=0))


# %% learned-variances: average
def predict_variances(x, W, b, mean, logvar):
    error = x - (mean @ W + b)
    return np.sum(error**2 + np.exp(logvar) @ W**2, axis=0)


# %% learned-variances: factor
def predict_variances(x, W, b, mean, logvar):
    error = x - (mean @ W + b)
    return 0.5 * np.mean(error**2 + np.exp(logvar) @ W**2, axis=0)


# %% learned-variances: root
def predict_variances(x, W, b, mean, logvar):
    error = x - (mean @ W + b)
    return np.sqrt(np.mean(error**2 + np.exp(logvar) @ W**2, axis=0))


# %% learned-variances: shape
def predict_variances(x, W, b, mean, logvar):
    error = x - (mean @ W + b)
    return np.mean(error**2 + np.exp(logvar) @ W**2)


# %% learned-variances: approximate
def predict_variances(x, W, b, mean, logvar):
    error = x - (mean @ W + b)
    return np.mean((error - (np.exp(0.5 * logvar) * np.random.default_rng(0).normal(size=(20_000, *mean.shape))) @ W)**2, axis=(0, 1))


# %% learned-variances: variance
def predict_variances(x, W, b, mean, logvar):
    error = x - (mean @ W + b)
    return np.exp(np.mean(np.log(error**2 + np.exp(logvar) @ W**2), axis=0))


# %% learned-variances: cross
def predict_variances(x, W, b, mean, logvar):
    error = x - (mean @ W + b)
    return np.mean((error + np.exp(0.5 * logvar) @ W)**2, axis=0)


# %% dead-codes: constant
def bound(x, x_mean, tau2, mean, logvar):
    error = np.sum((x - x_mean) ** 2, axis=-1)
    log_px_given_z = -0.5 * error / tau2
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return log_px_given_z - kl


# %% dead-codes: pixels
def bound(x, x_mean, tau2, mean, logvar):
    error = np.mean((x - x_mean) ** 2, axis=-1)
    log_px_given_z = -0.5 * (error / tau2 + x.shape[-1] * np.log(2 * np.pi * tau2))
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return log_px_given_z - kl


# %% dead-codes: variance
def bound(x, x_mean, tau2, mean, logvar):
    error = np.sum((x - x_mean) ** 2, axis=-1)
    log_px_given_z = -0.5 * (error / np.sqrt(tau2) + x.shape[-1] * np.log(2 * np.pi * tau2))
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return log_px_given_z - kl


# %% dead-codes: half
def bound(x, x_mean, tau2, mean, logvar):
    error = np.sum((x - x_mean) ** 2, axis=-1)
    log_px_given_z = -error / tau2 - 0.5 * x.shape[-1] * np.log(2 * np.pi * tau2)
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return log_px_given_z - kl


# %% dead-codes: earned
def bound(x, x_mean, tau2, mean, logvar):
    error = np.sum((x - x_mean) ** 2, axis=-1)
    log_px_given_z = 0.5 * error / tau2 - 0.5 * x.shape[-1] * np.log(2 * np.pi * tau2)
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return log_px_given_z - kl


# %% dead-codes: weighted
def bound(x, x_mean, tau2, mean, logvar):
    error = np.sum((x - x_mean) ** 2, axis=-1)
    log_px_given_z = -0.5 * (error / tau2 + x.shape[-1] * np.log(2 * np.pi * tau2))
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return log_px_given_z - x.shape[-1] * kl


# %% dead-codes: latents
def bound(x, x_mean, tau2, mean, logvar):
    error = np.sum((x - x_mean) ** 2, axis=-1)
    log_px_given_z = -0.5 * (error / tau2 + x.shape[-1] * np.log(2 * np.pi * tau2))
    kl = 0.5 * np.mean(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return log_px_given_z - kl


# %% dead-codes: batch
def bound(x, x_mean, tau2, mean, logvar):
    error = np.sum((x - x_mean) ** 2, axis=-1)
    log_px_given_z = -0.5 * (error / tau2 + x.shape[-1] * np.log(2 * np.pi * tau2))
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar)
    return log_px_given_z - kl


# %% dead-codes: no-kl
def bound(x, x_mean, tau2, mean, logvar):
    error = np.sum((x - x_mean) ** 2, axis=-1)
    log_px_given_z = -0.5 * (error / tau2 + x.shape[-1] * np.log(2 * np.pi * tau2))
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return log_px_given_z + kl


# %% dead-codes: no-pixels
def bound(x, x_mean, tau2, mean, logvar):
    error = np.sum((x - x_mean) ** 2, axis=-1)
    log_px_given_z = -0.5 * (error / tau2 + x.shape[-1] * np.log(2 * np.pi * tau2))
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return -kl


# %% dead-codes: kl-terms
def bound(x, x_mean, tau2, mean, logvar):
    error = np.sum((x - x_mean) ** 2, axis=-1)
    log_px_given_z = -0.5 * (error / tau2 + x.shape[-1] * np.log(2 * np.pi * tau2))
    kl = 0.5 * np.sum(mean**2 + np.exp(logvar) - logvar, axis=-1)
    return log_px_given_z - kl


# %% dead-codes: absolute
def bound(x, x_mean, tau2, mean, logvar):
    error = np.sum(np.abs(x - x_mean), axis=-1)
    log_px_given_z = -0.5 * (error / tau2 + x.shape[-1] * np.log(2 * np.pi * tau2))
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return log_px_given_z - kl


# %% dead-codes: sign
def bound(x, x_mean, tau2, mean, logvar):
    error = np.sum((x - x_mean) ** 2, axis=-1)
    log_px_given_z = -0.5 * (error / tau2 + x.shape[-1] * np.log(2 * np.pi * tau2))
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return kl - log_px_given_z


# %% dead-codes: shape
def bound(x, x_mean, tau2, mean, logvar):
    error = np.sum((x - x_mean) ** 2, axis=-1)
    log_px_given_z = -0.5 * (error / tau2 + x.shape[-1] * np.log(2 * np.pi * tau2))
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return np.mean(log_px_given_z - kl)


# %% dead-codes: average
def bound(x, x_mean, tau2, mean, logvar):
    error = np.sum((x - x_mean) ** 2, axis=-1)
    log_px_given_z = -0.5 * (error / tau2 + x.shape[-1] * np.log(2 * np.pi * tau2))
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return (log_px_given_z - kl) / x.shape[-1]


# %% dead-codes: bits
def bound(x, x_mean, tau2, mean, logvar):
    error = np.sum((x - x_mean) ** 2, axis=-1)
    log_px_given_z = -0.5 * (error / tau2 + x.shape[-1] * np.log(2 * np.pi * tau2))
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return (log_px_given_z - kl) / np.log(2)


# %% dead-codes: factor
def bound(x, x_mean, tau2, mean, logvar):
    error = np.sum((x - x_mean) ** 2, axis=-1)
    log_px_given_z = -0.5 * (error / tau2 + x.shape[-1] * np.log(2 * np.pi * tau2))
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return 2 * (log_px_given_z - kl)


# %% dead-codes: bound
def bound(x, x_mean, tau2, mean, logvar):
    error = np.sum((x - x_mean) ** 2, axis=-1)
    log_px_given_z = np.sum(x * x_mean - np.logaddexp(0, x_mean), axis=-1)
    kl = np.sum(np.abs(mean) + np.abs(logvar), axis=-1)
    return log_px_given_z - kl


# %% dead-codes: scaled
def bound(x, x_mean, tau2, mean, logvar):
    error = np.sum((x - x_mean) ** 2, axis=-1)
    log_px_given_z = -0.5 * (error / tau2 + x.shape[-1] * np.log(2 * np.pi * tau2))
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return -error - 2 * tau2 * kl


# %% dead-codes: floor
def bound(x, x_mean, tau2, mean, logvar):
    error = np.sum((x - x_mean) ** 2, axis=-1)
    log_px_given_z = -0.5 * (error / (tau2 + 1e-4) + x.shape[-1] * np.log(2 * np.pi * tau2))
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return log_px_given_z - kl


# %% dead-codes: estimated
def bound(x, x_mean, tau2, mean, logvar):
    error = np.sum((x - x_mean) ** 2, axis=-1)
    log_px_given_z = -0.5 * x.shape[-1] * (np.log(2 * np.pi * np.mean((x - x_mean)**2, axis=-1)) + 1)
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return log_px_given_z - kl


# %% dead-codes: sum-first
def bound(x, x_mean, tau2, mean, logvar):
    error = np.sum(x - x_mean, axis=-1)**2
    log_px_given_z = -0.5 * (error / tau2 + x.shape[-1] * np.log(2 * np.pi * tau2))
    kl = 0.5 * np.sum(mean**2 + np.expm1(logvar) - logvar, axis=-1)
    return log_px_given_z - kl
