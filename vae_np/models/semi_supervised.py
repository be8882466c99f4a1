"""The semi-supervised VAE, M2: a label that most examples hide is a latent variable of theirs.

    y ~ p(y),  z ~ p(z),  x ~ p(x|z, y);    q(y|x) guesses the label,  q(z|x, y) the style

Where the label is seen, the bound is that on log p(x, y):

    −L(x, y) = E_q(z|x, y)[ log p(x|z, y) ] − KL( q(z|x, y) ‖ p(z) ) + log p(y)

Where it is hidden, the sum over all C labels is taken, each weighted by q(y|x). That is exact, and
it is what the bound on log p(x) says: U(x) = Σ_y q(y|x) (−L(x, y)) + H( q(y|x) ). To put q(y|x)
into the decoder, as if it were a label, is not: then p(x|z, y) sees what no label is. log p(y) is
a constant, −log C, without a gradient; without it the value would be no bound on log p(x).

q(y|x) is in no bound of a labelled example, so the examples that have a label would teach the
classifier nothing. So the mean of log q(y|x) over them is added, with a weight: `training`.
Kingma, Rezende, Mohamed & Welling 2014.
"""
import math

import numpy as np

from .. import labels as told
from .. import objectives
from ..backend import Constant, namespace, to_host
from ..distributions import categorical_log_prob, categorical_log_prob_backward, log_sum_exp
from ..layers import MLPWithHeads
from .base import named
from .conditional import ConditionalVAE


class SemiSupervisedVAE(ConditionalVAE):
    """M2: a ConditionalVAE with a classifier q(y|x) of its own, an MLP as the encoder is.

    The arguments are ConditionalVAE's. A row whose label is hidden has 0 in all its label's
    columns. `elbo` is a bound on log p(x, y) for a row with a label, and on log p(x) for one
    without. `params` holds the classifier's under "classifier".
    """

    needs_labels = False

    def __init__(self, x_dim, z_dim, hidden=(500,), activation="tanh", likelihood="bernoulli",
                 dtype="float32", rng=None, init="glorot", prior="standard-normal",
                 posterior="gaussian", labels=10):
        super().__init__(x_dim, z_dim, hidden, activation, likelihood, dtype, rng, init, prior,
                         posterior, labels)
        self._every_label = Constant(np.eye(self.labels, dtype=self.dtype)[:, None])  # (C, 1, C)

    def _make_parts(self):
        parts = super()._make_parts()
        self.classifier = MLPWithHeads("classifier", self.x_dim, self.hidden,
                                       {"logits": self.labels}, self.activation)
        return [*parts, self.classifier]

    @property
    def log_py(self):
        """log p(y) = −log C, nats: every label is as likely."""
        return -math.log(self.labels)

    def without_labels(self, rows):
        """The same rows, every label hidden: (N, D + C), on the host."""
        x = self.data_of(to_host(rows))
        return told.join(x, np.full(len(x), told.UNLABELLED), self.labels)

    # -- the classifier ------------------------------------------------------------------------

    def class_log_probs(self, x):
        """log q(y|x) of every label: rows x (N, D + C), whose labels are not looked at, →
        (N, C), nats.
        """
        logits = self._logits(self._split(x)[0])[0]
        return logits - log_sum_exp(logits, axis=1)[0][:, None]

    def predict(self, x):
        """The most probable label of each row, whatever label stands there: (N,), on the host."""
        return to_host(self.class_log_probs(x)).argmax(axis=1)

    def log_qy(self, x):
        """log q(y|x) at the label of each row: rows (N, D + C), all with labels → (N,), nats."""
        x, y = self._split(x)
        return categorical_log_prob(self._chosen(y), self._logits(x)[0])

    def log_qy_and_grad(self, x):
        """(the batch mean of `log_qy`, its gradient in the classifier's parameters)."""
        x, y = self._split(x)
        logits, cache = self._logits(x)
        log_q = categorical_log_prob(self._chosen(y), logits)
        grads = self.params.part("classifier").zeros_like()
        d_logits = categorical_log_prob_backward(objectives.batch_mean_backward(1.0, log_q),
                                                 self._chosen(y), logits)
        self.classifier.backward(self.params, cache, {"logits": d_logits}, grads, need_d_x=False)
        return objectives.batch_mean(log_q), grads

    def _logits(self, x):
        heads, cache = self.classifier.forward(self.params, x)
        return heads["logits"], cache

    def _chosen(self, y):
        """One-hot (N, C) → the labels (N,). Raises ValueError for a row without one."""
        if namespace(y) is np and not y.any(axis=1).all():
            raise ValueError(f"log q(y|x) of {named(self)} is asked for rows with labels alone: "
                             "one of them has none")
        return y.argmax(axis=1)

    # -- the bound -----------------------------------------------------------------------------

    def _forward(self, x, eps, estimator, kl_weight):
        rows, y = self._data(x), self._split(x)[1]
        x, xp = self.data_of(rows), namespace(rows)
        eps = self._check_noise(eps, len(x))
        each, walk = self._walk(x, self._every_label.on(xp), eps, estimator, kl_weight)
        bounds = each.reshape(self.labels, len(x)).T + self.log_py  # −L(x, y), (N, C)
        logits, cache = self._logits(x)
        seen = xp.sum(y, axis=1)  # 1 where the label is
        bound = (xp.sum(y * bounds, axis=1)
                 + (1.0 - seen) * told.unlabelled_bound(bounds, logits))  # eq. semi-supervised
        return bound, (*walk, (y, seen, bounds, logits, cache))

    def _backward(self, d_bound, cache, grads, gradient="standard"):
        """d_bound (N,) → adds the gradient into `grads`, as VAE's, and into the classifier's."""
        *walk, (y, seen, bounds, logits, classifier_cache) = cache
        d_hidden, d_logits = told.unlabelled_bound_backward(d_bound * (1.0 - seen), bounds, logits)
        d_bounds = d_bound[:, None] * y + d_hidden
        super()._backward(d_bounds.T.reshape(-1), tuple(walk), grads, gradient)
        self.classifier.backward(self.params, classifier_cache, {"logits": d_logits},
                                 self._if_in(grads, self.classifier), need_d_x=False)

    # -- for evaluation and pictures -----------------------------------------------------------

    def log_weights(self, x, eps, q=None):
        """log Σ_y p(y) p(x, z_k|y) / q(z_k|x, y), z_k ~ q(z|x, y) with the same ε for every y:
        rows x (N, D + C), whose labels are not looked at, eps (K, N, Z) → (K, N), nats.

        The mean of their exponentials estimates p(x) without bias; the sum over y is exact.
        """
        x = self._split(x)[0]
        eps, every = self._check_noise(eps, len(x)), self._every_label.on(namespace(x))
        _, (_, terms, *_) = self._walk(x, every, eps, "A", 1.0)
        each = terms["log_px_given_z"] + terms["log_pz"] - terms["log_qz"]
        each = each.reshape(len(eps), self.labels, len(x)) + self.log_py
        return log_sum_exp(each, axis=1)[0]  # eq. label-marginal

    def posterior(self, x):
        """q(z|x, y) at the label of each row, and where it is hidden at the most probable one."""
        x, y = self._split(x)
        xp, logits = namespace(x), self._logits(x)[0]
        guess = told.one_hot(logits.argmax(axis=1), self.labels, self.dtype)
        y = y + (1.0 - xp.sum(y, axis=1)[:, None]) * guess
        return self.posterior_kind.of(self.params, self.encoder.forward(self.params, (x, y))[0])

    def labels_of(self, rows):
        """The label of each row, and where it is hidden the most probable one: (N,), host."""
        labels = super().labels_of(rows)
        return np.where(labels == told.UNLABELLED, self.predict(rows), labels)
