"""How the semi-supervised VAE learns: some examples show their label, the others hide it."""
import numpy as np

from .. import averages
from ..labels import UNLABELLED, labels_of
from ..models.base import named
from ..objectives import batch_mean
from .settings import WORKERS, Setting
from .vae import VAETrainer
from .values import Number, Whole

LABELLED_BATCH = 100  # labelled examples in a step, where there are so many


class SemiSupervisedTrainer(VAETrainer):
    """Algorithm 1 for a SemiSupervisedVAE: climbs, per example of the training set,

        mean over the minibatch of its bounds  +  α · mean log q(y|x) over labelled examples.

    A minibatch holds few labelled examples, or none. So the second mean is taken over labelled
    examples of its own, up to 100 in a step, drawn anew without replacement. labelled: how many
    examples show their label, as many of each class, drawn by the run's seed; None is all that
    have one. The other labels are hidden from every step. The rest is VAETrainer's.

    Kingma et al. (2014) write α = 0.1 N for a sum over N examples, and a mean over the labelled
    ones: here, where all is divided by N, that is 0.1. With it runs of a few thousand steps are
    right less often, so the default is larger.
    """

    settings = (*(row for row in VAETrainer.settings if row is not WORKERS), Setting(
        "labelled", Whole(1), None,
        "semi-supervised: how many training examples show their label, as many of each class, "
        "drawn by the seed (default: all)"), Setting(
        "alpha", Number("a number, 0 or more", lambda v: v >= 0), 100.0,
        "semi-supervised: the weight of the classifier's log q(y|x) at the labels that are seen, "
        "beside the mean bound (default {default}; with 0.1, as in Kingma et al. 2014, short runs "
        "are right less often)"))

    def __init__(self, model, optimizer, *, labelled=None, alpha=100.0, **shared):
        super().__init__(model, optimizer, **shared)
        self.labelled, self.alpha = labelled, alpha

    def begin(self, train, binarization, seed):
        """Chooses the examples that show their label. Raises ValueError where there are none, or
        too few of a class.
        """
        self.train, self.binarization = train, binarization
        labels = labels_of(train, self.model.labels)
        if (labels == UNLABELLED).all():
            raise ValueError(f"{named(self.model)} needs the labels of some examples, and the "
                             "training data have none")
        self._show(np.flatnonzero(labels != UNLABELLED) if self.labelled is None else choose(
            labels, self.labelled, self.model.labels, np.random.default_rng([seed, 2])))

    def _show(self, shown):
        self.shown = shown
        self._hides = np.ones(len(self.train), dtype=bool)
        self._hides[shown] = False

    def step(self, x, index, rng):
        """One update with the minibatch of rows x (M, D + C). Returns {"elbo": nats per example,
        "log_qy": the mean log q(y|x) of the labelled examples}.
        """
        x = x.copy()
        x[self._hides[index], -self.model.labels:] = 0.0
        eps = self.model.noise(rng, len(x), self.mc_samples)
        kl_weight = self.kl_weight()
        if kl_weight == 1.0:
            value, grads = self._recorded(self.model.params.vector, x, eps)
        else:
            _, grads = self.model.elbo_and_grad(x, eps, self.estimator, kl_weight, **self._how)
            value = batch_mean(self.model.elbo(x, eps, self.estimator))
        few = rng.choice(self.shown, min(len(self.shown), LABELLED_BATCH), replace=False)
        log_qy, d_classifier = self.model.log_qy_and_grad(
            self.binarization.batch(self.train[few], rng))
        d_all = grads.part("classifier").vector
        d_all += self.alpha * d_classifier.vector  # eq. m2-objective
        reported = {"elbo": float(value), "log_qy": float(log_qy)}
        self.ascend(reported, grads, self.parts[0])
        return reported

    def evaluate(self, x, rng):
        """{"elbo": the mean bound on log p(x), every label hidden; "accuracy": the share of rows
        whose label q(y|x) guesses, where they have labels}.
        """
        found = {"elbo": float(averages.elbo(self.model, self.model.without_labels(x), rng,
                                             estimator=self.estimator).mean())}
        labels = labels_of(x, self.model.labels)
        if (labels != UNLABELLED).all():
            found["accuracy"] = float((averages.predictions(self.model, x) == labels).mean())
        return found

    def state(self):
        """What VAETrainer's holds, and which examples show their label."""
        return {**super().state(), "labelled": self.shown}

    def load_state(self, state):
        """Takes back what `state` gave. Raises ValueError where it does not fit."""
        super().load_state(state)
        shown = state["labelled"]
        if shown.ndim != 1 or not len(shown) or not (
                0 <= shown.min() <= shown.max() < len(self.train)):
            raise ValueError("its labelled examples are not in this training set")
        self._show(shown)


def choose(labels, count, classes, rng):
    """The places of `count` examples, as many of each class, the first classes one more where it
    does not divide: labels (N,), −1 where there is none → (count,), in order.

    Raises ValueError where a class has too few examples.
    """
    chosen = []
    for label in range(classes):
        wanted = count // classes + (label < count % classes)
        there = np.flatnonzero(labels == label)
        if len(there) < wanted:
            raise ValueError(f"labelled = {count} takes {wanted} examples of class {label}, and "
                             f"the training data have {len(there)} with that label")
        chosen.append(rng.choice(there, wanted, replace=False))
    return np.sort(np.concatenate(chosen))
