"""A linear probe: how much a linear classifier reads from codes that were learnt without labels.

It is softmax regression, p(y|z) = softmax(z W + b), on codes z that stay as they are. So its
accuracy says what the encoder laid out for a linear reader, and nothing about what a deeper
network could still dig out.   Alain & Bengio 2016; Bishop 2006, §4.3.4.

Conventions. Columns are standardised by their mean and standard deviation on the training
examples. What is climbed is the mean log p(y|z) in nats, minus ½ λ Σ W². The bias is free. λ
comes from a grid: from the largest downwards, as long as log p(y|z) rises on a sixth of the
training examples, which is held out. The probe is then fitted to all of them. The test examples
have no say in anything.
"""
from dataclasses import dataclass

import numpy as np
import scipy.optimize

from .arrays import check_array, check_labels
from .distributions import categorical_log_prob, categorical_log_prob_backward

PENALTIES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)  # the λ to choose from
HELD_OUT = 6          # one example in so many
ROWS = 5000           # examples at a time: they are float64 only here
STEEPEST = 1e-5       # nats: the top is reached where no slope is steeper
ITERATIONS = 10_000


@dataclass(frozen=True)
class LinearProbe:
    """A fitted probe. W (D, C) and b (C,) are for columns that `mean` and `scale`, (D,) each,
    have standardised; classes (C,): the labels that the columns of W stand for, in order; penalty:
    the λ that was chosen.
    """
    W: np.ndarray
    b: np.ndarray
    mean: np.ndarray
    scale: np.ndarray
    classes: np.ndarray
    penalty: float

    def logits(self, codes):
        """codes (N, D) → (N, C). Raises ArrayError where they are no codes of this width."""
        codes = _standardised(check_array(codes, "codes", width=len(self.mean), dtype=None)[0],
                              self.mean, self.scale)
        return np.concatenate([x @ self.W + self.b for x, in _blocks(codes)])

    def predict(self, codes):
        """The most probable label of each example: codes (N, D) → (N,) int64."""
        return self.classes[self.logits(codes).argmax(axis=1)]

    def score(self, codes, labels):
        """How often it is right: codes (N, D), labels (N,) → Score. Raises as `score` does."""
        return score(labels, self.predict(codes))


@dataclass(frozen=True)
class Score:
    """accuracy: the share of examples that are right, accuracy_stderr: its standard error over
    examples; f1: {label: its F1}; macro_f1: their mean; right (N,): which examples are.
    """
    accuracy: float
    accuracy_stderr: float
    f1: dict
    macro_f1: float
    right: np.ndarray


def fit(codes, labels, penalties=PENALTIES, seed=0):
    """A LinearProbe that reads the labels from the codes.

    codes: (N, D) real numbers; labels (N,) whole numbers of any value, one for each example.
    penalties: the λ to choose from, each above 0, since without any the weights of separable
    classes grow for ever. With one λ nothing is held out. seed: draws the examples that are held
    out. The same numbers give the same probe.

    Raises ArrayError (a ValueError) for codes and labels of a wrong shape or kind, NaN among
    them, and ValueError for missing labels, a single class and penalties that are not positive.
    """
    codes, labels = _check(codes, labels)
    penalties = _check_penalties(penalties)
    classes, places = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"all labels are {classes[0]}: with one class there is nothing to read")
    varies = codes.max(axis=0) > codes.min(axis=0)  # a constant column is 0 for the probe
    mean = np.where(varies, codes.mean(axis=0, dtype=np.float64), codes[0])
    scale = np.where(varies, codes.std(axis=0, dtype=np.float64), 1.0)
    codes = _standardised(codes, mean, scale)
    penalty, start = penalties[0], np.zeros((codes.shape[1] + 1, len(classes)))
    if len(penalties) > 1:
        penalty, start = _choose(codes, places, penalties, start, seed)
    theta = _climb(start, codes, places, penalty)
    return LinearProbe(theta[:-1], theta[-1], mean, scale, classes, penalty)


def score(labels, predicted):
    """The Score of predicted labels: both (N,) whole numbers, N at least 2.

    A class's F1 is 2 TP / (2 TP + FP + FN): the harmonic mean of the share of its examples that
    were found and the share of what was called by its name that was right. It is 0 for a class
    that was predicted and never there, or there and never predicted; a class that is neither has
    none, and does not count in the mean, as in scikit-learn. accuracy_stderr is the spread over
    examples / √N: what other test examples would change, not other training. Raises ArrayError
    for arrays that are no labels, ValueError for fewer than two.
    """
    if np.ndim(labels) < 1 or len(labels) < 2:
        raise ValueError("a score needs the labels of two examples or more")
    labels = check_labels(labels, "labels", len(labels))
    predicted = check_labels(predicted, "predicted labels", len(labels))
    right = labels == predicted
    f1 = {}
    for label in np.union1d(labels, predicted).tolist():
        there, called = labels == label, predicted == label
        f1[label] = (2.0 * float((there & called).sum())
                     / float(there.sum() + called.sum()))  # eq. macro-f
    return Score(float(right.mean()), float(right.std(ddof=1) / np.sqrt(len(right))), f1,
                 sum(f1.values()) / len(f1), right)


def objective_and_grad(W, b, codes, labels, penalty):
    """(mean log p(label|code) − ½ penalty Σ W², nats; (d_W, d_b), its gradient), to be climbed.

    W (D, C), b (C,), codes (N, D), labels (N,) from 0 to C − 1. It is concave, strictly in W.
    """
    total, d_W, d_b = 0.0, -penalty * W, np.zeros_like(b)
    for x, y in _blocks(codes, labels):
        logits = x @ W + b
        total += categorical_log_prob(y, logits).sum()
        d_logits = categorical_log_prob_backward(np.full(len(x), 1.0 / len(codes)), y, logits)
        d_W += x.T @ d_logits
        d_b += d_logits.sum(axis=0)
    return total / len(codes) - 0.5 * penalty * np.sum(W * W), (d_W, d_b)  # eq. linear-probe


def _choose(codes, labels, penalties, start, seed):
    """(the penalty that is best on held-out examples, the top of the others under it)."""
    order = np.random.default_rng(seed).permutation(len(codes))
    held_out, rest = np.split(order, [max(1, len(order) // HELD_OUT)])
    seen, seen_labels, best = codes[rest], labels[rest], None
    unseen, unseen_labels = codes[held_out], labels[held_out]
    for penalty in sorted(penalties, reverse=True):  # each climbs on from the last one's top
        start = _climb(start, seen, seen_labels, penalty)
        log_p, _ = objective_and_grad(start[:-1], start[-1], unseen, unseen_labels, 0.0)
        if best and log_p <= best[0]:
            break
        best = log_p, penalty, start
    return best[1:]


def _climb(start, codes, labels, penalty):
    """The top of the objective, W above b (D + 1, C), by L-BFGS from `start`."""
    def downhill(theta):
        theta = theta.reshape(start.shape)
        value, grads = objective_and_grad(theta[:-1], theta[-1], codes, labels, penalty)
        return -value, -np.vstack(grads).reshape(-1)

    top = scipy.optimize.minimize(downhill, start.reshape(-1), jac=True, method="L-BFGS-B",
                                  options={"gtol": STEEPEST, "ftol": 0.0, "maxcor": 20,
                                           "maxiter": ITERATIONS, "maxfun": 2 * ITERATIONS})
    if np.abs(top.jac).max() > STEEPEST:
        raise RuntimeError(f"the probe with the penalty {penalty:g} did not reach its top: a "
                           f"slope of {np.abs(top.jac).max():.1e} is left ({top.message})")
    return top.x.reshape(start.shape)


def _standardised(codes, mean, scale):
    """In the dtype of the codes."""
    return ((codes - mean) / scale).astype(codes.dtype, copy=False)


def _blocks(codes, *others):
    """Yields ROWS examples at a time, the codes in float64."""
    for start in range(0, len(codes), ROWS):
        rows = slice(start, start + ROWS)
        yield codes[rows].astype(np.float64, copy=False), *(one[rows] for one in others)


def _check(codes, labels):
    if labels is None:
        raise ValueError("there are no labels: a probe is fitted to examples that have them")
    codes = check_array(codes, "codes", dtype=None)[0]
    return codes, check_labels(labels, "labels", len(codes))


def _check_penalties(penalties):
    if not (np.ndim(penalties) == 1 and len(penalties)
            and all(0.0 < penalty < np.inf for penalty in penalties)):
        raise ValueError(f"penalties must be a list of positive numbers, not {penalties!r}")
    return [float(penalty) for penalty in penalties]
