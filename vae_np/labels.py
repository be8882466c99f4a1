"""Labels beside the data: rows that carry one, networks that are told one, a bound without one.

A model of labels takes rows (N, D + C): x, and beside it the label as C columns, "one-hot", 1 in
the column of the label and 0 in the others. So whatever carries rows about carries the labels
along and need not know of them: the loop that shuffles, the evaluation in blocks. A draw of 0 or 1
with the probabilities 0 and 1 gives them back as well, so rows may be binarised. Where all C
columns are 0 the row has no label. The columns are told to a model, which has no density for them.
"""
import numpy as np

from .arrays import ArrayError, check_labels
from .backend import matmul, namespace
from .distributions import _sum_to, log_sum_exp
from .layers import PAPER_STD, Linear, MLPWithHeads

UNLABELLED = -1  # stands for a label that is not known


def check_classes(labels, name, count, classes, optional=False):
    """One label from 0 to C − 1 for each of `count` examples, as (count,) int64. optional: whether
    −1, for a label that is not known, may stand among them.

    Raises ArrayError, a ValueError, for labels that are missing, of another length, no whole
    numbers, or outside of the C classes.
    """
    if labels is None:
        raise ArrayError(f"{name} has no labels, and this model needs one for each example, a "
                         f"whole number from 0 to {classes - 1}")
    labels = check_labels(labels, f"the labels of {name}", count)
    wrong = labels[(labels < (UNLABELLED if optional else 0)) | (labels >= classes)]
    if wrong.size:
        unknown = ", or −1 for one that is not known" if optional else ""
        raise ArrayError(f"the labels of {name} must lie between 0 and {classes - 1}{unknown}, "
                         f"since the model has {classes} classes; one of them is {wrong[0]}")
    return labels


def one_hot(labels, classes, dtype="float32"):
    """Whole numbers (...) → (..., C): 1 in the label's column, 0 elsewhere, and for −1
    everywhere. On the device of `labels`.
    """
    return (labels[..., None] == namespace(labels).arange(classes)).astype(dtype)


def join(x, labels, classes):
    """x (N, D) and checked labels (N,) → rows (N, D + C), in the dtype of x."""
    return np.concatenate([x, one_hot(labels, classes, x.dtype)], axis=1)


def split(rows, classes):
    """Rows (..., D + C) → x (..., D) and the labels' columns (..., C), both views."""
    return rows[..., :-classes], rows[..., -classes:]


def labels_of(rows, classes):
    """The label of each row, −1 where it has none: (N, D + C) → (N,) int64, on the host."""
    columns = split(rows, classes)[1]
    return np.where(columns.any(axis=1), columns.argmax(axis=1), UNLABELLED)


def check_one_hot(columns, name, optional=False):
    """Raises ArrayError where the labels' columns (N, C) hold anything but one 1 in each row and
    0 elsewhere; optional: whether a row of 0 may stand among them.
    """
    known = columns.sum(axis=1)
    if not ((columns == 0) | (columns == 1)).all() or (known > 1).any():
        raise ArrayError(f"the last {columns.shape[1]} columns of {name} are no labels: each row "
                         "needs a 1 in the column of its label, and 0 in the others")
    if not optional and not known.all():
        raise ArrayError(f"row {int(known.argmin())} of {name} has no label, and this model "
                         "needs one for each")


class LabelledLinear(Linear):
    """y = x W + b + V[label]: a layer that is told the label, and has a bias for each one.

    It takes the pair (x, label): x (..., n_in), the label one-hot, (..., C), the leading axes of
    the two alike or one where they differ, as in NumPy's arithmetic. To an x alone no label is
    told.
    """

    def __init__(self, name, n_in, n_out, classes):
        super().__init__(name, n_in, n_out)
        self.V, self.classes = f"{name}.V", classes

    def shapes(self):
        """{name: shape} of its parameters."""
        return {**super().shapes(), self.V: (self.classes, self.n_out)}

    def forward(self, params, pair):
        """(x, label) → y (..., n_out), cache."""
        x, label = pair if isinstance(pair, tuple) else (pair, None)
        y, _ = super().forward(params, x)
        if label is None:
            return y, (x, None)
        told = matmul(label.reshape(-1, self.classes), params[self.V])
        return y + told.reshape(*label.shape[:-1], self.n_out), (x, label)  # eq. label-bias

    def backward(self, params, cache, d_y, grads, need_d_x=True):
        """Adds d_W, d_b and d_V into `grads`; returns d_x. What was one and used for several is
        given the sum of their gradients. The label is not differentiated.
        """
        x, label = cache if isinstance(cache, tuple) else (cache, None)
        if label is not None and grads is not None:
            d_told = _sum_to((*label.shape[:-1], self.n_out), d_y)
            grads.add_product(self.V, label.reshape(-1, self.classes).T,
                              d_told.reshape(-1, self.n_out))
        d_y = _sum_to((*x.shape[:-1], self.n_out), d_y)
        return super().backward(params, x, d_y, grads, need_d_x)


class LabelledMLP(MLPWithHeads):
    """An encoder or a decoder that is told the label in its first layer. It takes the pair (x,
    label); the arguments are MLPWithHeads', and classes: C.
    """

    def __init__(self, name, n_in, hidden, heads, activation, classes):
        super().__init__(name, n_in, hidden, heads, activation)

        def told(layer):
            return LabelledLinear(layer.W.removesuffix(".W"), layer.n_in, layer.n_out, classes)

        if self.hidden.layers:
            self.hidden.layers[0] = told(self.hidden.layers[0])
        else:  # the heads stand on the input
            self.heads = {head: told(layer) for head, layer in self.heads.items()}

    def forward(self, params, pair):
        """The pair (x, label) → {head: (..., width)}, cache."""
        outputs, cache = super().forward(params, pair)
        return outputs, (cache, next(iter(outputs.values())).shape[:-1])

    def backward(self, params, cache, d_outputs, grads, need_d_x=True):
        """d_outputs {head: gradient}, whose leading axes may have become one → d_x."""
        cache, leading = cache
        d_outputs = {head: d.reshape(*leading, d.shape[-1]) for head, d in d_outputs.items()}
        return super().backward(params, cache, d_outputs, grads, need_d_x)

    @property
    def told(self):
        """The layers that see the label."""
        return [layer for layer in self.linears if isinstance(layer, LabelledLinear)]

    def initialise(self, params, rng, scheme):
        """Draws first weights in place, as `layers.initialise` does: for it the label's columns
        are further inputs.
        """
        super().initialise(params, rng, scheme)
        for layer in self.told:
            shape = layer.classes, layer.n_out
            limit = np.sqrt(6.0 / (layer.n_in + layer.classes + layer.n_out))
            params[layer.V] = (PAPER_STD[scheme] * rng.standard_normal(shape)
                               if scheme in PAPER_STD else rng.uniform(-limit, limit, shape))


def unlabelled_bound(bounds, logits):
    """U(x) = Σ_y q(y|x) 𝓛(x, y) + H( q(y|x) ), the bound on log p(x) where the label is hidden.

    bounds (..., C): 𝓛(x, y), a bound on log p(x, y) for each label y, log p(y) included. logits
    (..., C): q(y|x) is their softmax. → (...), nats. The sum over the labels is exact. U is never
    above log Σ_y exp 𝓛(x, y), and equal to it where q(y|x) is the softmax of the bounds.   Kingma
    et al. 2014, eq. 7.
    """
    xp, (q, log_q) = namespace(bounds), _log_softmax(logits)
    return xp.sum(q * (bounds - log_q), axis=-1)  # eq. unlabelled-bound


def unlabelled_bound_backward(d_out, bounds, logits):
    """d_out (...) → (d_bounds, d_logits), (..., C) each.

    ∂U/∂𝓛_y = q_y. ∂U/∂a_y = q_y (𝓛_y − log q_y − U): the slope of −log q_y at a fixed weight sums
    to 0, since the q_y sum to 1.
    """
    xp, (q, log_q) = namespace(bounds), _log_softmax(logits)
    value = bounds - log_q
    above = value - xp.sum(q * value, axis=-1, keepdims=True)
    return d_out[..., None] * q, d_out[..., None] * (q * above)  # eq. unlabelled-bound-gradient


def _log_softmax(logits):
    """(softmax, its logarithm), each (..., C)."""
    log_total, q = log_sum_exp(logits, axis=-1)
    return q, logits - log_total[..., None]
