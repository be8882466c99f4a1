"""Correct pairs, and the mistakes that people make in them, each with the right diagnosis.

Batch 7, widths 5 and 3: prime and unequal, so that no two mistakes look alike. A mistake that no
code describes, or that the inputs cannot reveal, is `unknown`, and saying so is right. Where the
checker says less than it could, the entry has `said` beside `code`: those are counted.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

N, D, H = 7, 5, 3
LOG_2PI = float(np.log(2 * np.pi))


@dataclass(frozen=True)
class Mistake:
    """A wrong backward of FUNCTIONS[function]: `code` names what is wrong with input `name`."""

    function: str
    label: str
    name: str
    code: str
    backward: Callable
    others: str = "ok"                  # the diagnosis of all other inputs
    said: str = ""                      # what the checker says, if not code
    forward: Callable | None = None     # where the mistake is in forward

    def __str__(self):
        return f"{self.function}: {self.label}"


@dataclass(frozen=True)
class Function:
    """A correct pair and a maker of inputs for it: inputs(rng, n, d, h)."""

    forward: Callable
    backward: Callable
    inputs: Callable


FUNCTIONS: dict[str, Function] = {}
MISTAKES: list[Mistake] = []


def sigmoid(a):
    return np.exp(-np.maximum(-a, 0)) / (1 + np.exp(-np.abs(a)))    # right in both tails


def inputs_for(name, seed=0, n=N, d=D, h=H):
    return FUNCTIONS[name].inputs(np.random.default_rng(seed), n, d, h)


def mistake(function, label, name, code, **kwargs):
    """Registers the decorated backward as a mistake."""
    def register(backward):
        MISTAKES.append(Mistake(function, label, name, code, backward, **kwargs))
        return backward
    return register


def one(function, label, name, code, change, **kwargs):
    """A mistake in one gradient alone: change(right gradient, d_out, inputs) -> array."""
    right = FUNCTIONS[function].backward

    @mistake(function, label, name, code, **kwargs)
    def _(d_out, **inputs):
        grads = right(d_out, **inputs)
        return {**grads, name: change(grads[name], d_out, inputs)}


# linear

def linear(x, W, b):
    return x @ W + b


def linear_backward(d_out, x, W, b):
    return {"x": d_out @ W.T, "W": x.T @ d_out, "b": d_out.sum(axis=0)}


FUNCTIONS["linear"] = Function(linear, linear_backward, lambda rng, n, d, h: {
    "x": rng.normal(size=(n, d)), "W": rng.normal(size=(d, h)), "b": rng.normal(size=h)})
one("linear", "sign of dx", "x", "sign", lambda g, d, i: -g)
one("linear", "dW averaged over the batch", "W", "batch-mean", lambda g, d, i: g / N)
one("linear", "dW times the batch", "W", "batch-mean", lambda g, d, i: g * N)
one("linear", "db averaged over the batch", "b", "batch-mean", lambda g, d, i: d.mean(axis=0))
one("linear", "db not summed", "b", "shape", lambda g, d, i: d)
one("linear", "db keeps an axis", "b", "shape", lambda g, d, i: d.sum(axis=0, keepdims=True))
one("linear", "dW transposed", "W", "shape", lambda g, d, i: g.T)
one("linear", "dW reshaped where it should be transposed", "W", "transpose",
    lambda g, d, i: (d.T @ i["x"]).reshape(g.shape))
one("linear", "db to one number", "b", "shape", lambda g, d, i: d.sum())
one("linear", "dW never written", "W", "zero", lambda g, d, i: np.zeros_like(g))
one("linear", "dW from the ones it forgot to multiply", "W", "upstream",
    lambda g, d, i: i["x"].T @ np.ones_like(d))
one("linear", "weight decay added in backward", "W", "upstream",
    lambda g, d, i: g + 0.1 * i["W"])
one("linear", "residual connection that is not there", "b", "factor", lambda g, d, i: 2 * g)
one("linear", "db of the first example only", "b", "unknown", lambda g, d, i: d[0])
one("linear", "dW without the last example", "W", "unknown",
    lambda g, d, i: i["x"][:-1].T @ d[:-1])


@mistake("linear", "forgets b", "b", "missing")
def _(d_out, x, W, b):
    return {"x": d_out @ W.T, "W": x.T @ d_out}


@mistake("linear", "b is None", "b", "missing")
def _(d_out, x, W, b):
    return {"x": d_out @ W.T, "W": x.T @ d_out, "b": None}


@mistake("linear", "misspells b", "b", "missing")
def _(d_out, x, W, b):
    return {"x": d_out @ W.T, "W": x.T @ d_out, "db": d_out.sum(axis=0)}


@mistake("linear", "matmul of wrong shapes", "W", "error", others="error")
def _(d_out, x, W, b):
    return {"x": d_out @ W.T, "W": x @ d_out, "b": d_out.sum(axis=0)}


@mistake("linear", "returns a tuple", "x", "error", others="error")
def _(d_out, x, W, b):
    return d_out @ W.T, x.T @ d_out, d_out.sum(axis=0)


@mistake("linear", "overwrites x", "x", "nondeterministic")
def _(d_out, x, W, b):
    grads = linear_backward(d_out, x, W, b)
    x *= 0.5
    return grads


@mistake("linear", "overwrites d_out", "x", "nondeterministic", others="nondeterministic")
def _(d_out, x, W, b):
    grads = linear_backward(d_out, x, W, b)
    d_out *= 0.5
    return grads


_kept = np.zeros(H)


@mistake("linear", "adds db into an array that it keeps", "b", "nondeterministic")
def _(d_out, x, W, b):
    _kept[...] += d_out.sum(axis=0)
    return {**linear_backward(d_out, x, W, b), "b": _kept}


_noise = np.random.default_rng(1)


@mistake("linear", "random numbers inside backward", "x", "nondeterministic")
def _(d_out, x, W, b):
    grads = linear_backward(d_out, x, W, b)
    return {**grads, "x": grads["x"] * (_noise.random(x.shape) < 0.5)}


# tanh of a linear map

def tanh_layer(x, W, b):
    return np.tanh(x @ W + b)


def tanh_layer_backward(d_out, x, W, b):
    return linear_backward(d_out * (1 - tanh_layer(x, W, b) ** 2), x, W, b)


FUNCTIONS["tanh layer"] = Function(tanh_layer, tanh_layer_backward, FUNCTIONS["linear"].inputs)
one("tanh layer", "dW without 1 - tanh²", "W", "elementwise", lambda g, d, i: i["x"].T @ d)
one("tanh layer", "dx without 1 - tanh²", "x", "elementwise", lambda g, d, i: d @ i["W"].T)
one("tanh layer", "db with 1 - tanh² twice", "b", "elementwise",
    lambda g, d, i: (d * (1 - tanh_layer(**i) ** 2) ** 2).sum(axis=0))
one("tanh layer", "1 - tanh² of the output", "b", "elementwise",
    lambda g, d, i: (d * (1 - np.tanh(tanh_layer(**i)) ** 2)).sum(axis=0), said="unknown")
one("tanh layer", "1 + tanh²", "x", "elementwise",
    lambda g, d, i: (d * (1 + tanh_layer(**i) ** 2)) @ i["W"].T, said="unknown")


# elementwise functions

def unary(name, forward, derivative, low=None):
    def inputs(rng, n, d, h):
        x = rng.normal(size=(n, d))
        return {"x": x if low is None else np.abs(x) + low}

    FUNCTIONS[name] = Function(lambda x: forward(x),
                               lambda d_out, x: {"x": d_out * derivative(x)}, inputs)


unary("tanh", np.tanh, lambda x: 1 - np.tanh(x) ** 2)
one("tanh", "1 - tanh² lost", "x", "elementwise", lambda g, d, i: d)
one("tanh", "1 - tanh² twice", "x", "elementwise", lambda g, d, i: g * g / d)
one("tanh", "factor 1/2", "x", "factor", lambda g, d, i: 0.5 * g)
one("tanh", "nan where it is saturated", "x", "nonfinite",
    lambda g, d, i: np.where(np.abs(i["x"]) > 1.5, np.nan, g))
one("tanh", "factor 2 where forward rounds to float32 beside a large constant", "x", "imprecise",
    lambda g, d, i: 2 * g, forward=lambda x: np.float32(1e8 + np.tanh(x)))

unary("sigmoid", sigmoid, lambda x: sigmoid(x) * sigmoid(-x))
one("sigmoid", "y (1 - y) lost", "x", "elementwise", lambda g, d, i: d)
one("sigmoid", "1 - y lost", "x", "elementwise", lambda g, d, i: d * sigmoid(i["x"]))
one("sigmoid", "y lost", "x", "elementwise", lambda g, d, i: d * sigmoid(-i["x"]))
one("sigmoid", "sign", "x", "sign", lambda g, d, i: -g)

unary("relu", lambda x: np.maximum(x, 0), lambda x: 1.0 * (x > 0))
one("relu", "mask lost", "x", "elementwise", lambda g, d, i: d)
one("relu", "mask upside down", "x", "unknown", lambda g, d, i: d * (i["x"] < 0))
one("relu", "leaky in backward only", "x", "elementwise",
    lambda g, d, i: d * np.where(i["x"] > 0, 1.0, 0.01))
one("relu", "mask from d_out", "x", "elementwise", lambda g, d, i: g * (d > 0))
one("relu", "the input instead of the mask", "x", "elementwise",
    lambda g, d, i: d * np.maximum(i["x"], 0))

FUNCTIONS["relu beside its kink"] = Function(
    FUNCTIONS["relu"].forward, FUNCTIONS["relu"].backward,
    lambda rng, n, d, h: {"x": np.array([0.0, 0.01, -0.01, 1e-7, -1e-7, 0.0, 1.3, -0.6])})
one("relu beside its kink", "mask x > 0.02", "x", "unknown",
    lambda g, d, i: d * (i["x"] > 0.02))
one("relu beside its kink", "mask x > -0.02", "x", "elementwise",
    lambda g, d, i: d * (i["x"] > -0.02))
one("relu beside its kink", "mask lost", "x", "elementwise", lambda g, d, i: d)
one("relu beside its kink", "slope 1.1", "x", "factor", lambda g, d, i: 1.1 * g)

unary("softplus", lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))), sigmoid)
one("softplus", "relu's gradient", "x", "unknown", lambda g, d, i: d * (i["x"] > 0))
one("softplus", "sigmoid lost", "x", "elementwise", lambda g, d, i: d)
one("softplus", "sigmoid's own derivative too", "x", "elementwise",
    lambda g, d, i: g * sigmoid(-i["x"]))

unary("exp", np.exp, np.exp)
one("exp", "exp lost", "x", "elementwise", lambda g, d, i: d)
one("exp", "power rule", "x", "elementwise", lambda g, d, i: g * i["x"])
unary("log", np.log, lambda x: 1 / x, low=0.3)
one("log", "1/x lost", "x", "elementwise", lambda g, d, i: d)
one("log", "1/x²", "x", "elementwise", lambda g, d, i: g / i["x"])
unary("square", np.square, lambda x: 2 * x)
one("square", "2 lost", "x", "factor", lambda g, d, i: d * i["x"])
one("square", "x lost", "x", "elementwise", lambda g, d, i: 2 * d)
one("square", "d_out squared", "x", "upstream", lambda g, d, i: g * d)


# y = x + tanh(x): a residual connection

unary("residual", lambda x: x + np.tanh(x), lambda x: 2 - np.tanh(x) ** 2)
one("residual", "the skip is forgotten", "x", "missing-term",
    lambda g, d, i: d * (1 - np.tanh(i["x"]) ** 2))
one("residual", "the skip is added twice", "x", "missing-term", lambda g, d, i: g + d)

# x * y + y²: broadcast


def gated(x, y):
    return x * y + y ** 2


def gated_backward(d_out, x, y):
    return {"x": d_out * y, "y": (d_out * (x + 2 * y)).sum(axis=0)}


FUNCTIONS["gated"] = Function(gated, gated_backward, lambda rng, n, d, h: {
    "x": rng.normal(size=(n, d)), "y": rng.normal(size=d)})
one("gated", "term of y² missing", "y", "missing-term", lambda g, d, i: (d * i["x"]).sum(axis=0))
one("gated", "term of x missing", "y", "missing-term",
    lambda g, d, i: (2 * d * i["y"]).sum(axis=0))
one("gated", "y lost", "x", "elementwise", lambda g, d, i: d)
one("gated", "not summed", "y", "shape", lambda g, d, i: d * (i["x"] + 2 * i["y"]))


# a bilinear form with a square matrix, and with one that is tied

def bilinear(x, A, y):
    return np.einsum("ni,ij,nj->n", x, A, y)


def bilinear_backward(d_out, x, A, y):
    d = d_out[:, None]
    return {"x": d * (y @ A.T), "A": (d * x).T @ y, "y": d * (x @ A)}


FUNCTIONS["bilinear"] = Function(bilinear, bilinear_backward, lambda rng, n, d, h: {
    "x": rng.normal(size=(n, d)), "A": rng.normal(size=(d, d)), "y": rng.normal(size=(n, d))})
one("bilinear", "dA transposed", "A", "transpose", lambda g, d, i: g.T)
one("bilinear", "dx uses A, not A.T", "x", "transpose",
    lambda g, d, i: d[:, None] * (i["y"] @ i["A"]))
one("bilinear", "dA transposed and doubled: two faults", "A", "unknown", lambda g, d, i: 2 * g.T)
one("bilinear", "dA averaged over the batch", "A", "batch-mean", lambda g, d, i: g / N)


def tied(x, W):
    return x @ W @ W.T


def tied_backward(d_out, x, W):
    return {"x": d_out @ W @ W.T, "W": x.T @ (d_out @ W) + d_out.T @ (x @ W)}


FUNCTIONS["tied weights"] = Function(tied, tied_backward, lambda rng, n, d, h: {
    "x": rng.normal(size=(n, d)), "W": rng.normal(size=(d, h))})
one("tied weights", "only the first use counted", "W", "missing-term",
    lambda g, d, i: i["x"].T @ (d @ i["W"]), said="unknown")


# the VAE's own

def kl(mean, logvar):
    return 0.5 * np.sum(np.exp(logvar) + mean ** 2 - 1 - logvar, axis=1)


def kl_backward(d_out, mean, logvar):
    d = d_out[:, None]
    return {"mean": d * mean, "logvar": 0.5 * d * (np.exp(logvar) - 1)}


FUNCTIONS["kl"] = Function(kl, kl_backward, lambda rng, n, d, h: {
    "mean": rng.normal(size=(n, d)), "logvar": rng.normal(size=(n, d))})
one("kl", "sign of the mean", "mean", "sign", lambda g, d, i: -g)
one("kl", "mean over the latent dimensions", "mean", "factor", lambda g, d, i: g / D)
one("kl", "mean over the batch", "mean", "batch-mean", lambda g, d, i: g / N)
one("kl", "½ of the logvar lost", "logvar", "factor", lambda g, d, i: 2 * g)
one("kl", "-1 of the logvar lost", "logvar", "missing-term",
    lambda g, d, i: 0.5 * d[:, None] * np.exp(i["logvar"]))
one("kl", "exp of the logvar lost", "logvar", "missing-term",
    lambda g, d, i: -0.5 * d[:, None] * np.ones_like(g))
one("kl", "logvar taken for the log of the standard deviation", "logvar", "elementwise",
    lambda g, d, i: d[:, None] * (np.exp(2 * i["logvar"]) - 1))
one("kl", "exp(½ logvar) for exp(logvar)", "logvar", "unknown",
    lambda g, d, i: 0.5 * d[:, None] * (np.exp(0.5 * i["logvar"]) - 1))
one("kl", "d_out forgotten", "mean", "upstream", lambda g, d, i: i["mean"])


def reparameterise(mean, logvar, eps):
    return mean + np.exp(0.5 * logvar) * eps


def reparameterise_backward(d_out, mean, logvar, eps):
    std = np.exp(0.5 * logvar)
    return {"mean": d_out, "logvar": 0.5 * d_out * std * eps, "eps": d_out * std}


FUNCTIONS["reparameterise"] = Function(
    reparameterise, reparameterise_backward, lambda rng, n, d, h: {
        "mean": rng.normal(size=(n, d)), "logvar": rng.normal(size=(n, d)),
        "eps": rng.normal(size=(n, d))})
one("reparameterise", "½ lost", "logvar", "factor", lambda g, d, i: 2 * g)
one("reparameterise", "σ lost", "logvar", "elementwise", lambda g, d, i: 0.5 * d * i["eps"])
one("reparameterise", "ε lost", "logvar", "elementwise", lambda g, d, i: g / i["eps"])
one("reparameterise", "σ² for σ", "logvar", "elementwise",
    lambda g, d, i: g * np.exp(0.5 * i["logvar"]))
one("reparameterise", "½ and σ lost", "logvar", "elementwise", lambda g, d, i: d * i["eps"])
one("reparameterise", "σ lost in dε", "eps", "elementwise", lambda g, d, i: d)
one("reparameterise", "gradient stopped", "logvar", "zero", lambda g, d, i: 0 * g)


def noisy(mean, logvar, eps):
    return reparameterise(mean, logvar, _noise.normal(size=eps.shape))


MISTAKES.append(Mistake("reparameterise", "noise drawn inside forward", "mean",
                        "nondeterministic", reparameterise_backward, others="nondeterministic",
                        forward=noisy))


def bernoulli(logits, x):
    softplus = np.maximum(logits, 0) + np.log1p(np.exp(-np.abs(logits)))
    return np.sum(x * logits - softplus, axis=-1)


def bernoulli_backward(d_out, logits, x):
    d = d_out[:, None]
    return {"logits": d * (x - sigmoid(logits)), "x": d * logits}


FUNCTIONS["bernoulli"] = Function(bernoulli, bernoulli_backward, lambda rng, n, d, h: {
    "logits": 2 * rng.normal(size=(n, d)), "x": rng.uniform(0.1, 0.9, size=(n, d))})
one("bernoulli", "sign", "logits", "sign", lambda g, d, i: -g)
one("bernoulli", "x lost", "logits", "missing-term",
    lambda g, d, i: -d[:, None] * sigmoid(i["logits"]))
one("bernoulli", "sigmoid lost", "logits", "missing-term", lambda g, d, i: d[:, None] * i["x"])
one("bernoulli", "logits for probabilities", "logits", "unknown",
    lambda g, d, i: d[:, None] * (i["x"] - i["logits"]))
one("bernoulli", "the gradient with respect to probabilities", "logits", "elementwise",
    lambda g, d, i: g / (sigmoid(i["logits"]) * sigmoid(-i["logits"])))
one("bernoulli", "averaged over the pixels", "logits", "factor", lambda g, d, i: g / D)


def gaussian(x, mean, logvar):
    return -0.5 * np.sum(LOG_2PI + logvar + (x - mean) ** 2 * np.exp(-logvar), axis=1)


def gaussian_backward(d_out, x, mean, logvar):
    d, precision = d_out[:, None], np.exp(-logvar)
    dmean = d * (x - mean) * precision
    return {"x": -dmean, "mean": dmean,
            "logvar": 0.5 * d * ((x - mean) ** 2 * precision - 1)}


FUNCTIONS["gaussian"] = Function(gaussian, gaussian_backward, lambda rng, n, d, h: {
    "x": rng.normal(size=(n, d)), "mean": rng.normal(size=(n, d)),
    "logvar": rng.normal(size=(n, d))})
one("gaussian", "sign of dx", "x", "sign", lambda g, d, i: -g)
one("gaussian", "precision lost", "mean", "elementwise",
    lambda g, d, i: d[:, None] * (i["x"] - i["mean"]))
one("gaussian", "1/σ for 1/σ²", "mean", "elementwise",
    lambda g, d, i: g * np.exp(0.5 * i["logvar"]))
one("gaussian", "x - mean lost", "mean", "elementwise",
    lambda g, d, i: d[:, None] * np.exp(-i["logvar"]))
one("gaussian", "-1 of the logvar lost", "logvar", "missing-term",
    lambda g, d, i: g + 0.5 * d[:, None])
one("gaussian", "square of the logvar lost", "logvar", "missing-term",
    lambda g, d, i: -0.5 * d[:, None] * np.ones_like(g))


# reductions and normalisations

def mse(prediction, target):
    return np.mean((prediction - target) ** 2)


def mse_backward(d_out, prediction, target):
    d = d_out * 2 * (prediction - target) / prediction.size
    return {"prediction": d, "target": -d}


FUNCTIONS["mse"] = Function(mse, mse_backward, lambda rng, n, d, h: {
    "prediction": rng.normal(size=(n, d)), "target": rng.normal(size=(n, d))})
one("mse", "2 lost", "prediction", "factor", lambda g, d, i: g / 2)
one("mse", "divided by N only", "prediction", "factor", lambda g, d, i: g * D)
one("mse", "divided by D only", "prediction", "batch-mean", lambda g, d, i: g * N)
one("mse", "sum, not mean", "prediction", "factor", lambda g, d, i: g * N * D)
one("mse", "target lost", "prediction", "missing-term",
    lambda g, d, i: d * 2 * i["prediction"] / (N * D))
one("mse", "d_out forgotten", "prediction", "upstream",
    lambda g, d, i: 2 * (i["prediction"] - i["target"]) / (N * D))
one("mse", "sign of the target", "target", "sign", lambda g, d, i: -g)


def logsumexp(a):
    top = a.max(axis=1, keepdims=True)
    return np.log(np.sum(np.exp(a - top), axis=1)) + top[:, 0]


def softmax(a):
    weights = np.exp(a - a.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


FUNCTIONS["logsumexp"] = Function(
    logsumexp, lambda d_out, a: {"a": d_out[:, None] * softmax(a)},
    lambda rng, n, d, h: {"a": rng.normal(size=(n, d))})
one("logsumexp", "softmax lost", "a", "elementwise", lambda g, d, i: d[:, None] * np.ones_like(g))
one("logsumexp", "not normalised", "a", "elementwise",
    lambda g, d, i: d[:, None] * np.exp(i["a"]))
one("logsumexp", "normalised over the batch", "a", "unknown",
    lambda g, d, i: d[:, None] * softmax(i["a"].T).T)
one("logsumexp", "the gradient of max", "a", "unknown",
    lambda g, d, i: d[:, None] * (i["a"] == i["a"].max(axis=1, keepdims=True)))


def softmax_backward(d_out, a):
    y = softmax(a)
    return {"a": y * (d_out - np.sum(d_out * y, axis=1, keepdims=True))}


FUNCTIONS["softmax"] = Function(softmax, softmax_backward, FUNCTIONS["logsumexp"].inputs)
one("softmax", "the sum forgotten", "a", "missing-term", lambda g, d, i: d * softmax(i["a"]))
one("softmax", "the sum over the batch", "a", "unknown",
    lambda g, d, i: softmax(i["a"]) * (d - np.sum(d * softmax(i["a"]), axis=0)))
one("softmax", "the diagonal alone, y (1 - y)", "a", "missing-term",
    lambda g, d, i: d * softmax(i["a"]) * (1 - softmax(i["a"])), said="unknown")


def centre(x):
    return x - x.mean(axis=0)


FUNCTIONS["centre"] = Function(centre, lambda d_out, x: {"x": d_out - d_out.mean(axis=0)},
                               lambda rng, n, d, h: {"x": rng.normal(size=(n, d))})
one("centre", "the mean forgotten", "x", "missing-term", lambda g, d, i: d)
one("centre", "the mean over the other axis", "x", "unknown",
    lambda g, d, i: d - d.mean(axis=1, keepdims=True))


def row_norm(x):
    return np.sqrt(np.sum(x ** 2, axis=1))


FUNCTIONS["norm"] = Function(
    row_norm, lambda d_out, x: {"x": (d_out / row_norm(x))[:, None] * x},
    lambda rng, n, d, h: {"x": rng.normal(size=(n, d))})
one("norm", "norm lost", "x", "elementwise", lambda g, d, i: d[:, None] * i["x"])
one("norm", "squared norm for the norm", "x", "elementwise",
    lambda g, d, i: g / row_norm(i["x"])[:, None])
one("norm", "divided by zero", "x", "nonfinite", lambda g, d, i: g / (g - g))


def row_max(x):
    return x.max(axis=1)


FUNCTIONS["max"] = Function(
    row_max, lambda d_out, x: {"x": d_out[:, None] * (x == x.max(axis=1, keepdims=True))},
    lambda rng, n, d, h: {"x": rng.normal(size=(n, d))})
one("max", "everybody gets it", "x", "elementwise", lambda g, d, i: d[:, None] * np.ones_like(g))
one("max", "argmax over the batch", "x", "unknown",
    lambda g, d, i: d[:, None] * (i["x"] == i["x"].max(axis=0)))


def cumsum(x):
    return np.cumsum(x, axis=1)


FUNCTIONS["cumsum"] = Function(
    cumsum, lambda d_out, x: {"x": np.cumsum(d_out[:, ::-1], axis=1)[:, ::-1]},
    lambda rng, n, d, h: {"x": rng.normal(size=(n, d))})
one("cumsum", "not reversed", "x", "unknown", lambda g, d, i: np.cumsum(d, axis=1))


def embed(table, rows):
    return table[rows]


def embed_backward(d_out, table, rows):
    grad = np.zeros_like(table)
    np.add.at(grad, rows, d_out)
    return {"table": grad}


FUNCTIONS["embed"] = Function(embed, embed_backward, lambda rng, n, d, h: {
    "table": rng.normal(size=(n, d)), "rows": np.array([0, 2, 2, 1, n - 1]) % n})


@mistake("embed", "= for +=, so that a row that is used twice counts once", "table", "unknown")
def _(d_out, table, rows):
    grad = np.zeros_like(table)
    grad[rows] = d_out
    return {"table": grad}


def swap_axes(x):
    return np.tanh(x).transpose(1, 0, 2)


FUNCTIONS["swap axes"] = Function(
    swap_axes, lambda d_out, x: {"x": d_out.transpose(1, 0, 2) * (1 - np.tanh(x) ** 2)},
    lambda rng, n, d, h: {"x": rng.normal(size=(h, h, 2))})
one("swap axes", "the wrong two axes", "x", "transpose", lambda g, d, i: g.transpose(1, 0, 2))


def scaled(x, temperature):
    return x / temperature


FUNCTIONS["temperature"] = Function(
    scaled, lambda d_out, x, temperature: {
        "x": d_out / temperature, "temperature": -np.sum(d_out * x) / temperature ** 2},
    lambda rng, n, d, h: {"x": rng.normal(size=(n, d)), "temperature": 1.7})
one("temperature", "1/T lost", "x", "elementwise", lambda g, d, i: d)
one("temperature", "sign of 1/T²", "temperature", "sign", lambda g, d, i: -g)
one("temperature", "1/T for 1/T²", "temperature", "elementwise",
    lambda g, d, i: g * i["temperature"])


# square matrices: N equals another width, and every product has the right shape

FUNCTIONS["square linear"] = Function(
    linear, linear_backward, lambda rng, n, d, h: FUNCTIONS["linear"].inputs(rng, d, d, d))
one("square linear", "dx without .T", "x", "transpose", lambda g, d, i: d @ i["W"])
one("square linear", "dW without .T", "W", "transpose", lambda g, d, i: i["x"] @ d)
one("square linear", "dW transposed", "W", "transpose", lambda g, d, i: g.T)
one("square linear", "db over the wrong axis", "b", "unknown", lambda g, d, i: d.sum(axis=1))
one("square linear", "dW averaged over the batch", "W", "batch-mean", lambda g, d, i: g / D)


def cross_entropy(a, labels):
    return np.mean(logsumexp(a) - a[np.arange(len(labels)), labels])


def cross_entropy_backward(d_out, a, labels):
    grad = softmax(a)
    grad[np.arange(len(labels)), labels] -= 1
    return {"a": d_out * grad / len(labels)}


FUNCTIONS["cross-entropy"] = Function(
    cross_entropy, cross_entropy_backward, lambda rng, n, d, h: {
        "a": rng.normal(size=(n, d)), "labels": rng.integers(0, d, size=n)})
one("cross-entropy", "the labels forgotten", "a", "missing-term",
    lambda g, d, i: d * softmax(i["a"]) / N)
one("cross-entropy", "sum, not mean", "a", "batch-mean", lambda g, d, i: g * N)
one("cross-entropy", "averaged over the classes too", "a", "factor", lambda g, d, i: g / D)


@mistake("cross-entropy", "overwrites the labels", "a", "nondeterministic")
def _(d_out, a, labels):
    grads = cross_entropy_backward(d_out, a, labels)
    labels[:] = 0
    return grads


def batch_norm(x, gain):
    return gain * (x - x.mean(axis=0)) / x.std(axis=0)


def batch_norm_backward(d_out, x, gain, keep=(1, 1)):
    std = x.std(axis=0)
    xhat, d = (x - x.mean(axis=0)) / std, d_out * gain
    dx = d - keep[0] * d.mean(axis=0) - keep[1] * xhat * (d * xhat).mean(axis=0)
    return {"x": dx / std, "gain": (d_out * xhat).sum(axis=0)}


FUNCTIONS["batch norm"] = Function(batch_norm, batch_norm_backward, lambda rng, n, d, h: {
    "x": rng.normal(size=(n + 1, d)), "gain": rng.uniform(0.5, 1.5, size=d)})
one("batch norm", "gain lost", "x", "elementwise", lambda g, d, i: g / i["gain"])
one("batch norm", "the mean's share forgotten", "x", "missing-term", said="unknown",
    change=lambda g, d, i: batch_norm_backward(d, **i, keep=(0, 1))["x"])
one("batch norm", "the standard deviation's share forgotten", "x", "missing-term",
    said="unknown", change=lambda g, d, i: batch_norm_backward(d, **i, keep=(1, 0))["x"])


def mlp(x, W1, b1, W2, b2):
    return np.mean((np.tanh(x @ W1 + b1) @ W2 + b2) ** 2)


def mlp_backward(d_out, x, W1, b1, W2, b2):
    h = np.tanh(x @ W1 + b1)
    y = h @ W2 + b2
    dy = d_out * 2 * y / y.size
    da = (dy @ W2.T) * (1 - h ** 2)
    return {"x": da @ W1.T, "W1": x.T @ da, "b1": da.sum(axis=0), "W2": h.T @ dy,
            "b2": dy.sum(axis=0)}


FUNCTIONS["mlp"] = Function(mlp, mlp_backward, lambda rng, n, d, h: {
    "x": rng.normal(size=(n, d)), "W1": rng.normal(size=(d, h)), "b1": rng.normal(size=h),
    "W2": rng.normal(size=(h, 2)), "b2": rng.normal(size=2)})
one("mlp", "dW1 averaged once more", "W1", "batch-mean", lambda g, d, i: g / N)
one("mlp", "dW2 doubled", "W2", "factor", lambda g, d, i: 2 * g)
one("mlp", "db1 stopped", "b1", "zero", lambda g, d, i: 0 * g)
one("mlp", "dW2 from x, of the wrong shape", "W2", "shape", lambda g, d, i: np.zeros((D, 2)))
one("mlp", "clipped", "b2", "upstream", lambda g, d, i: np.clip(g, -0.01, 0.01))


# A fault that the inputs cannot reveal: the target is closed over, not passed in.
_target = np.random.default_rng(2).normal(size=(N, D))
FUNCTIONS["closed over"] = Function(
    lambda x: 0.5 * np.sum((x - _target) ** 2, axis=1),
    lambda d_out, x: {"x": d_out[:, None] * (x - _target)},
    lambda rng, n, d, h: {"x": rng.normal(size=(n, d))})
one("closed over", "the target is forgotten", "x", "unknown",
    lambda g, d, i: d[:, None] * i["x"])
