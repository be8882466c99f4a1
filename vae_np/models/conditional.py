"""The conditional VAE: p(x|y) for a label y that is given, such as which digit it is.

    log p(x|y) ≥ E_q(z|x, y)[ log p(x|z, y) ] − KL( q(z|x, y) ‖ p(z) )

The label is told to the encoder and to the decoder. It needs both. A decoder without it cannot be
asked for a digit, and an encoder without it must put the digit into z, where the decoder already
has it. So z is left with what the label does not say: the style of the hand.   Sohn et al. 2015;
Kingma et al. 2014.

log p(x|y) is no log p(x): the label has been given away, and what it was worth is not paid for.
The two are not comparable. The label's price is in log p(x) = log Σ_y p(y) p(x|y).
"""
import numpy as np

from .. import labels as told
from .. import objectives
from ..arrays import ArrayError
from ..backend import check_generator, move, namespace, to_host
from .base import check_width, named
from .vae import VAE


class ConditionalVAE(VAE):
    """A VAE whose encoder q(z|x, y) and decoder p(x|z, y) are told the label y.

    The arguments are VAE's, and labels: how many classes C there are, y from 0 to C − 1. Its
    methods take rows, x with its label beside it, (N, D + C), and `rows` makes them: see `labels`.
    p(y) is 1/C for each label. Raises ValueError as VAE does.
    """

    needs_labels = True  # of every row
    log_py = 0.0         # the label is given: it has no density here

    def __init__(self, x_dim, z_dim, hidden=(500,), activation="tanh", likelihood="bernoulli",
                 dtype="float32", rng=None, init="glorot", prior="standard-normal",
                 posterior="gaussian", labels=10):
        self.labels = check_width("labels", labels)
        super().__init__(x_dim, z_dim, hidden, activation, likelihood, dtype, rng, init, prior,
                         posterior)

    def _make_parts(self):
        _, posterior, _, prior = super()._make_parts()
        self.encoder = self._network("encoder", self.x_dim, self.hidden, posterior.heads())
        self.decoder = self._network("decoder", self.z_dim, self.hidden[::-1],
                                     self.likelihood.heads(self.x_dim))
        prior.stand_on(self.encoder, posterior, self.likelihood.unit_interval)
        return [self.encoder, posterior, self.decoder, prior]

    def _network(self, name, n_in, hidden, heads):
        return told.LabelledMLP(name, n_in, hidden, heads, self.activation, self.labels)

    def config(self):
        """The constructor's arguments as plain JSON values; the class rebuilds it from them."""
        return {**super().config(), "labels": self.labels}

    # -- rows ----------------------------------------------------------------------------------

    @property
    def width(self):
        """How many columns a row has, D + C."""
        return self.x_dim + self.labels

    def rows(self, x, labels=None, name="x"):
        """x (N, D) with its labels (N,) beside it, checked: (N, D + C), on the host. Rows that
        were made before, and come without labels, are checked again.

        Raises as `check_data`, and ArrayError for labels that are missing, of another length, no
        whole numbers, or not among the classes.
        """
        if labels is None and np.ndim(x) == 2 and np.shape(x)[1] == self.width:
            return self.check_data(x, name)
        x = super().check_data(x, name)
        if labels is None and not self.needs_labels:
            labels = np.full(len(x), told.UNLABELLED)
        labels = told.check_classes(labels, name, len(x), self.labels, not self.needs_labels)
        return told.join(x, labels, self.labels)

    def check_data(self, x, name="x"):
        """x as rows (N, D + C) that fit this model. Raises as VAE's, and ArrayError where they
        have no label beside them.
        """
        x = x if namespace(x) is np else to_host(x)
        if np.ndim(x) != 2 or np.shape(x)[1] != self.width:
            raise ArrayError(f"{name} has shape {np.shape(x)}, and {named(self)} takes rows of "
                             f"{self.x_dim} numbers and a label, (N, {self.width}): "
                             "model.rows(x, labels) makes them")
        x, columns = told.split(x, self.labels)
        told.check_one_hot(columns, name, not self.needs_labels)
        x = super().check_data(x, name)
        return np.concatenate([x, np.asarray(columns, x.dtype)], axis=1)

    def seeing(self, observed):
        """Raises ValueError: beside the entries of x a row has its label's columns."""
        raise ValueError(f"{named(self)} cannot read rows with missing entries: use a model that "
                         "is told no labels")

    def data_of(self, rows):
        """x alone: rows (N, D + C) → (N, D)."""
        return told.split(rows, self.labels)[0]

    def labels_of(self, rows):
        """The labels alone: rows (N, D + C) → (N,) on the host, −1 where a row has none."""
        return told.labels_of(to_host(rows), self.labels)

    def _data(self, x):
        x = self._array(x, "a row", self.width)
        if x.ndim != 2 or not len(x):
            raise ValueError(f"rows must be (N, {self.width}) with N at least 1, not {x.shape}")
        return x

    def _split(self, rows):
        """Rows → x (N, D) and the label one-hot (N, C), on the params' device."""
        return told.split(self._data(rows), self.labels)

    def _one_hot(self, labels, n):
        """Labels, one for all or (n,) → (n, C), on the params' device."""
        if labels is None:
            raise ValueError(f"the decoder of {named(self)} takes a label beside z: give labels, "
                             "one for all or one for each")
        labels = np.full(n, labels) if np.ndim(labels) == 0 else labels
        labels = told.check_classes(to_host(labels), "what is asked for", n, self.labels)
        return told.one_hot(move(labels, namespace(self.params.vector)), self.labels, self.dtype)

    # -- the walk ------------------------------------------------------------------------------

    def posterior(self, x):
        """q(z|x, y), a Posterior: rows x (N, D + C)."""
        return self.posterior_kind.of(self.params,
                                      self.encoder.forward(self.params, self._split(x))[0])

    def _forward(self, x, eps, estimator, kl_weight):
        x, y = self._split(x)
        return self._walk(x, y, self._check_noise(eps, len(x)), estimator, kl_weight)

    def _walk(self, x, y, eps, estimator, kl_weight):
        """VAE's walk from x to the bound, with the label on the way. `VAE._backward` walks back.

        x (N, D), y (N, C), eps (L, N, Z) → (N,), cache. With y (M, 1, C), M labels for each x, it
        is (M · N,): what the encoder makes of x itself is then worked out once for all of them.
        """
        estimator = objectives.find_estimator(estimator)
        xp, every = namespace(x), y.shape[:-2]  # (M,), or () where each x has its own label
        encoded, encoder_cache = self.encoder.forward(self.params, (x, y))
        x, y = (xp.broadcast_to(a, (*every, len(x), a.shape[-1])).reshape(-1, a.shape[-1])
                for a in (x, y))
        eps = xp.broadcast_to(eps.reshape(len(eps), *(1 for _ in every), *eps.shape[1:]),
                              (len(eps), *every, *eps.shape[1:])).reshape(len(eps), len(x), -1)
        encoded = {head: a.reshape(len(x), -1) for head, a in encoded.items()}

        q = self.posterior_kind.of(self.params, encoded)
        z, log_qz, q_cache = q.sample(eps)
        heads, decoder_cache = self.decoder.forward(self.params, (z, y))
        log_px = self.likelihood.log_prob(x, heads)  # eq. conditional-bound

        terms, prior_cache = {"log_px_given_z": log_px}, None
        kl_weight = float(kl_weight)
        if estimator.closed_form_kl:
            terms["kl"] = self._closed_form_kl(q)
        else:
            terms["log_qz"] = log_qz
            terms["log_pz"], prior_cache = self.prior.log_prob(self.params, z)
        bound = estimator.value(**terms, kl_weight=kl_weight)
        return bound, (estimator, terms, kl_weight, x, q, heads, encoder_cache, q_cache,
                       decoder_cache, prior_cache)

    # -- densities given the label, and their gradients ----------------------------------------

    def log_px_given_z(self, x, z):
        """log p(x|z, y): rows x (N, D + C), z (..., N, Z) → (..., N), nats. With the constant
        log p(y) where the model has a density for the label.
        """
        x, y = self._split(x)
        heads, _ = self.decoder.forward(self.params, (self._latents(z, len(x)), y))
        return self.likelihood.log_prob(x, heads) + self.log_py

    def log_px_given_z_and_grad(self, x, z):
        """(log p(x|z, y) (..., N), its gradient in z (..., N, Z))."""
        x, y = self._split(x)
        heads, cache = self.decoder.forward(self.params, (self._latents(z, len(x)), y))
        log_px = self.likelihood.log_prob(x, heads)
        d_heads = self.likelihood.log_prob_backward(namespace(log_px).ones_like(log_px), x, heads)
        return log_px + self.log_py, self.decoder.backward(self.params, cache, d_heads, grads=None)

    def mean_log_joint_and_grad(self, x, z):
        """(the batch mean of log p(x, z|y), its gradient in θ), as `LatentVariableModel`'s."""
        x, y = self._split(x)
        z = self._latents(z, len(x))
        heads, cache = self.decoder.forward(self.params, (z, y))
        log_px = self.likelihood.log_prob(x, heads)
        log_joint = (log_px + self.log_prior(z) + self.log_py).reshape(-1)
        grads = self.params.part("decoder").zeros_like()
        d_log_px = objectives.batch_mean_backward(1.0, log_joint).reshape(log_px.shape)
        self.decoder.backward(self.params, cache, self.likelihood.log_prob_backward(
            d_log_px, x, heads), grads, need_d_x=False)
        return objectives.batch_mean(log_joint), grads

    # -- what it draws -------------------------------------------------------------------------

    def decode(self, z, labels=None):
        """The mean of p(x|z, y): z (..., Z), and labels, one for all, or one for each along the
        last axis but one → (..., D). Raises ValueError without labels.
        """
        z = self._array(z, "z", self.z_dim)
        y = self._one_hot(labels, z.shape[-2] if z.ndim > 1 else 1)
        heads, _ = self.decoder.forward(self.params, (z, y if z.ndim > 1 else y[0]))
        return self.likelihood.mean(heads)

    def sample(self, n, rng, labels=None):
        """n draws from p(x|y): (n, D). labels: one for all, or (n,); None draws them from p(y)."""
        return self.data_of(self.sample_joint(n, rng, labels)[0])

    def sample_joint(self, n, rng, labels=None):
        """n rows and their z, first y, then z, then x given both: (n, D + C), (n, Z)."""
        y, z = self._draw_codes(n, rng, labels)
        heads, _ = self.decoder.forward(self.params, (z, y))
        x = self.likelihood.sample(heads, rng)
        return namespace(x).concatenate([x, y], axis=1), z

    def sample_mean(self, n, rng, labels=None):
        """The means of p(x|z, y) at n draws: (n, D). They carry no pixel noise."""
        y, z = self._draw_codes(n, rng, labels)
        return self.likelihood.mean(self.decoder.forward(self.params, (z, y))[0])

    def _draw_codes(self, n, rng, labels):
        labels = check_generator(rng).integers(self.labels, size=n) if labels is None else labels
        return self._one_hot(labels, n), self.sample_prior(rng, n)[0]

    # -- at the data ---------------------------------------------------------------------------

    def init_from_data(self, x):
        """Lets the prior take what it needs from the training rows x (N, D + C)."""
        self.prior.init_from_data(self.params, self.data_of(self.check_data(x)))

    def given(self, label):
        """p(x|y) for one label as a plain VAE, with weights of its own.

        The label's share is added to the biases of the layers that are told it: then nothing is
        left to tell. Raises ValueError for no such label, and for a prior that stands on the
        encoder: to that no label is told.
        """
        self._one_hot(label, 1)  # refuses what is no label
        if self.prior.has_encoder:
            raise ValueError(f"the prior {self.prior.spec!r} stands on the encoder, which then "
                             "would be told a label that it must not see")
        vae, xp = VAE(**VAE.config(self)), namespace(self.params.vector)
        layers = *self.encoder.told, *self.decoder.told
        values = dict(self.params) | {
            layer.b: self.params[layer.b] + self.params[layer.V][label] for layer in layers}
        vae.params = vae.params.like(move(vae.params.vector, xp))
        for name in vae.params:
            vae.params[name] = values[name]
        return vae
