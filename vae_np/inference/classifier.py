"""A small classifier, and what it can say of a model's draws: which classes they show, and whether
they can be told from data.

It is an MLP with a softmax on top that climbs the mean of log p(y|x), by Adam. It knows nothing of
the model that is judged.
"""
import math
from typing import NamedTuple

import numpy as np

from ..arrays import check_array, check_labels
from ..backend import check_generator, to_host
from ..blocks import in_blocks
from ..distributions import (categorical_log_prob, categorical_log_prob_backward, log_sum_exp)
from ..layers import MLPWithHeads
from ..objectives import batch_mean, batch_mean_backward
from ..optim import Adam
from ..params import Layout, Params

HIDDEN, EPOCHS, BATCH, RATE = (200,), 15, 50, 1e-3
FOLDS = 2


class Classifier:
    """p(y|x) = softmax(logits(x)), an MLP. x_dim: the width of x. classes: how many there are, and
    labels run from 0. rng: draws the first weights.
    """

    def __init__(self, x_dim, classes, hidden=HIDDEN, dtype="float32", rng=None):
        self.net = MLPWithHeads("classifier", x_dim, hidden, {"logits": classes}, "relu")
        self.params = Params.zeros(Layout(self.net.shapes()), dtype)
        self.net.initialise(self.params, np.random.default_rng(0) if rng is None else rng,
                            "glorot")

    def objective_and_grad(self, x, labels):
        """(the batch mean of log p(y|x), nats, its gradient, Params): x (N, D), labels (N,)."""
        heads, cache = self.net.forward(self.params, x)
        log_p = categorical_log_prob(labels, heads["logits"])
        d_logits = categorical_log_prob_backward(batch_mean_backward(1.0, log_p), labels,
                                                 heads["logits"])
        grads = self.params.zeros_like()
        self.net.backward(self.params, cache, {"logits": d_logits}, grads, need_d_x=False)
        return batch_mean(log_p), grads

    def probabilities(self, x):
        """p(y|x): x (N, D) → (N, C)."""
        def block(x):
            logits = self.net.forward(self.params, x)[0]["logits"]
            return log_sum_exp(logits, axis=-1)[1]
        return in_blocks(block, np.asarray(x, self.params.vector.dtype), 1000)


def fit(x, labels, rng, hidden=HIDDEN, epochs=EPOCHS):
    """A trained Classifier: x (N, D) real numbers, labels (N,) whole numbers from 0.

    The rate falls to 0 by a cosine. Raises ArrayError (a ValueError) for arrays of a wrong shape
    or kind, and ValueError for labels below 0.
    """
    check_generator(rng)
    x = check_array(to_host(x), "x", dtype="float32")[0]
    labels = check_labels(labels, "labels", len(x))
    if labels.min() < 0:
        raise ValueError(f"labels must be 0 or more, and one of them is {labels.min()}")
    model = Classifier(x.shape[1], int(labels.max()) + 1, hidden, rng=rng)
    optimizer, total, done = Adam(model.params, lr=RATE), epochs * len(x), 0
    for _ in range(epochs):
        order = rng.permutation(len(x))
        for start in range(0, len(x), BATCH):
            index = order[start:start + BATCH]
            optimizer.lr = 0.5 * RATE * (1.0 + math.cos(math.pi * done / total))
            optimizer.ascend(model.objective_and_grad(x[index], labels[index])[1])
            done += len(index)
    return model


class Shown(NamedTuple):
    """Which classes draws show. shares (C,): how often each is the most probable; entropy: of
    these shares, nats, and kl_to_uniform: log C less that, 0 where all classes are equally
    frequent; doubt: the mean entropy of p(y|x), nats, 0 where the classifier is sure of each draw.

    With n draws of uniform classes kl_to_uniform is about (C − 1)/(2n) on average, and not 0.
    """

    shares: np.ndarray
    entropy: float
    kl_to_uniform: float
    doubt: float


def classes_shown(probabilities):
    """The Shown of draws, from p(y|x) of each: (N, C), rows that sum to 1."""
    probabilities = np.asarray(probabilities, np.float64)
    count = probabilities.shape[1]
    shares = np.bincount(probabilities.argmax(axis=1), minlength=count) / len(probabilities)
    entropy = float(_entropy(shares))
    return Shown(shares, entropy, math.log(count) - entropy,
                 float(_entropy(probabilities).mean()))


def _entropy(p):
    return -np.sum(p * np.log(np.where(p > 0.0, p, 1.0)), axis=-1)


class Told(NamedTuple):
    """A two-sample test: accuracy, ½ where nothing tells the two apart; its standard error; over n
    examples, half of them data.
    """

    accuracy: float
    stderr: float
    n: int


def two_sample_test(data, draws, rng, hidden=HIDDEN, epochs=EPOCHS):
    """How often a classifier that was trained for it tells data from draws: a Told.

    data, draws: (N, D) each, N at least 4. Each half is judged by a classifier that learnt from
    the other half, so no example is judged by one that has seen it. Where both are from the same
    distribution the accuracy is ½ within its error; how far above it comes depends on the
    classifier too, so compare models by the same one. What by chance tells data from draws in one
    half, and in the other too, helps both ways round: the two accuracies may go up and down
    together. So the error that is stated is that of a single half, which is cautious.   Lopez-Paz
    & Oquab 2017.

    Raises ValueError for sets of different sizes or fewer than 4 rows, and as `fit` does.
    """
    data, draws = to_host(data), to_host(draws)
    if len(data) != len(draws) or len(data) < 2 * FOLDS:
        raise ValueError(f"a two-sample test needs as many draws as data, {2 * FOLDS} or more of "
                         f"each, not {len(draws)} and {len(data)}")
    x = np.concatenate([data, draws])
    labels = np.repeat([1, 0], len(data))
    fold = np.concatenate([rng.permutation(len(data)) % FOLDS for _ in range(2)])
    right = np.zeros(len(x))
    for one in range(FOLDS):
        model = fit(x[fold != one], labels[fold != one], rng, hidden, epochs)
        judged = model.probabilities(x[fold == one]).argmax(axis=1)
        right[fold == one] = judged == labels[fold == one]
    accuracy = float(right.mean())
    spread = max(accuracy * (1.0 - accuracy), 1.0 / len(x))
    return Told(accuracy, math.sqrt(FOLDS * spread / len(x)), len(x))
