"""A trained VAE with another prior: its networks stay, and p(z) learns where the codes lie.

The bound contains log p(z) at draws of q(z|x), averaged over the data: at draws of the aggregate
posterior, the mixture of all q(z|x). With the networks fixed nothing else moves, so the prior
climbs the bound by fitting the density of those draws. On its training data it cannot lose by it,
as long as the old prior is one that it can be.
"""
from .. import objectives
from ..backend import move, namespace
from .base import named
from .vae import VAE


class LearnedPriorVAE(VAE):
    """A VAE whose encoder and decoder are given, a trained VAE's: its prior alone learns.

    The arguments are VAE's. `start_from` takes over the VAE's networks. The standard normal has
    nothing to learn, so it is refused.
    """

    trained_part = "prior"
    starts_from = VAE

    def __init__(self, x_dim, z_dim, hidden=(500,), activation="tanh", likelihood="bernoulli",
                 dtype="float32", rng=None, init="glorot", prior="coupling:8x128",
                 posterior="gaussian"):
        super().__init__(x_dim, z_dim, hidden, activation, likelihood, dtype, rng, init, prior,
                         posterior)
        if not self.prior.shapes():
            raise ValueError(f"the prior {self.prior.spec!r} has no parameters, and {named(self)} "
                             "trains nothing else: use one that learns, such as 'coupling:8x128'")

    def start_from(self, vae):
        """Takes the networks of a VAE; returns the model. Its own prior stays as it is.

        Raises TypeError for another kind of model, ValueError for networks of another shape.
        """
        if not isinstance(vae, VAE):
            raise TypeError(f"{named(self)} starts from a VAE, not from {named(vae)}")
        if vae.width != vae.x_dim:
            raise ValueError(f"{named(self)} has no place for the labels that the networks of "
                             f"{named(vae)} are told")
        ours, theirs = ({name: value for name, value in model.config().items() if name != "prior"}
                        for model in (self, vae))
        for name in ours:
            if name in theirs and name not in ("dtype", "init") and ours[name] != theirs[name]:
                raise ValueError(f"the VAE's {name} is {theirs[name]!r}, this model's "
                                 f"{ours[name]!r}: they must be the same")
        xp = namespace(self.params.vector)
        for name, value in vae.params.items():
            if not name.startswith("prior."):
                self.params[name] = move(value, xp)
        return self

    def output_biases(self):
        """Empty: the decoder's biases are already trained."""
        return {}

    def aggregate(self, x, eps):
        """log p(z) at z = the draws of q(z|x), its mean over them, per example: x (N, D),
        eps (L, N, Z) or (N, Z) → (N,), nats.
        """
        return self._log_prior_at(x, eps)[0].mean(axis=0)

    def aggregate_and_grad(self, x, eps):
        """The batch mean of `aggregate`, and its gradient in the prior's parameters: all of the
        bound that they can change, without a walk through the decoder.
        """
        log_pz, cache = self._log_prior_at(x, eps)
        grads = self.params.part("prior").zeros_like()
        xp = namespace(log_pz)
        d_log_pz = xp.full_like(log_pz, 1.0 / log_pz.size)
        self.prior.backward(self.params, cache, d_log_pz, grads)
        return objectives.batch_mean(log_pz.mean(axis=0)), grads

    def _log_prior_at(self, x, eps):
        x = self._data(x)
        z = self.posterior(x).sample(self._check_noise(eps, len(x)))[0]
        return self.prior.log_prob(self.params, z)
