"""The variational autoencoder: data flows x → encoder → z → decoder → log p(x|z), and the
gradient walks the same rooms backwards.   Paper, algorithm 1 and appendix C.
"""
import numpy as np

from .. import objectives
from ..backend import namespace
from ..layers import MLPWithHeads
from ..posteriors import DiagonalGaussian
from . import words
from .latent import LatentVariableModel


class VAE(LatentVariableModel):
    """A VAE with MLP encoder q(z|x) and MLP decoder p(x|z).

    x_dim, z_dim: the widths of x and z. hidden: widths of the encoder's hidden layers; the decoder
    mirrors them, and () makes both linear. activation: tanh, relu, softplus or sigmoid.
    likelihood: "bernoulli", "gaussian" (learned mean and log-variance), "gaussian-sigmoid" (means
    in (0, 1)) or ("gaussian", variance). init: see `layers.initialise`. dtype: float32 to train,
    float64 to check. rng: draws the first weights (default: a generator seeded with 0). prior,
    posterior: p(z) and the kind of q(z|x), words of `models.words` or objects; the paper's are
    N(0, I) and N(μ(x), diag σ²(x)).

    `params` holds φ under "encoder" and θ under "decoder", one flat vector; what the posterior and
    the prior have of their own lies under "posterior" and "prior". The decoder's half is
    LatentVariableModel's: `decoder`, `likelihood`, `prior`, log p(x, z) and sampling. Raises
    ValueError or TypeError for widths that are not positive whole numbers and for unknown names.
    """

    takes_parts = True  # whether prior and posterior are the caller's to choose

    def __init__(self, x_dim, z_dim, hidden=(500,), activation="tanh", likelihood="bernoulli",
                 dtype="float32", rng=None, init="glorot", prior="standard-normal",
                 posterior="gaussian"):
        self._words = prior, posterior  # first: the constructor below calls `_make_parts`
        super().__init__(x_dim, z_dim, hidden, activation, likelihood, dtype, rng, init)

    def _make_parts(self):
        self.posterior_kind = words.posterior(self._words[1], self.z_dim)
        self.encoder = MLPWithHeads("encoder", self.x_dim, self.hidden,
                                    self.posterior_kind.heads(), self.activation)
        return [self.encoder, self.posterior_kind, *super()._make_parts()]

    def _make_prior(self):
        prior = words.prior(self._words[0], self.z_dim)
        prior.stand_on(self.encoder, self.posterior_kind, self.likelihood.unit_interval)
        return prior

    def init_from_data(self, x):
        """Lets the prior take what it needs from the training data x (N, D), before training."""
        self.prior.init_from_data(self.params, self.check_data(x))

    def config(self):
        """The constructor's arguments as plain JSON values; the class rebuilds it from them."""
        parts = {"prior": self.prior.spec, "posterior": self.posterior_kind.spec}
        return {**super().config(), **(parts if self.takes_parts else {})}

    # -- the encoder ---------------------------------------------------------------------------

    def encode(self, x):
        """The parameters of a Gaussian q(z|x): x (N, D) → mean (N, Z), logvar (N, Z).

        Raises ValueError where q(z|x) is no diagonal Gaussian: ask `posterior`.
        """
        q = self.posterior(x)
        if not isinstance(q, DiagonalGaussian):
            raise ValueError(f"q(z|x) is a {type(q).__name__}, which a mean and a log-variance do "
                             "not describe: use model.posterior(x)")
        return q.mean, q.logvar

    def posterior(self, x):
        """q(z|x) as an object: x (N, D) → a Posterior, such as DiagonalGaussian."""
        encoded, _ = self.encoder.forward(self.params, self._data(x))
        return self.posterior_kind.of(self.params, encoded)

    def sample_posterior(self, x, rng, samples=1):
        """Draws z ~ q(z|x): x (N, D) → (samples, N, Z)."""
        return self.posterior(x).sample(self.noise(rng, len(x), samples))[0]

    # -- the bound -----------------------------------------------------------------------------

    def elbo(self, x, eps, estimator="B", kl_weight=1.0):
        """The lower bound of each example: x (N, D), eps (L, N, Z) or (N, Z) → (N,), nats."""
        return self._forward(x, eps, estimator, kl_weight)[0]

    def elbo_and_grad(self, x, eps, estimator="B", kl_weight=1.0, gradient="standard"):
        """The batch mean of the bound, nats, and its gradient in every parameter that is trained.

        x (N, D), eps (L, N, Z) or (N, Z). Returns (value, grads): a scalar on the params' device,
        and Params of ∂value/∂parameter. estimator: a row of `objectives.ESTIMATORS`: "A" and "B",
        paper eq. 6 and 7, or "IW". gradient: of `objectives.GRADIENTS`. Only the "standard" one
        is the slope of this value with this noise; "stl" and "dreg" have its mean over the noise,
        and less noise in the encoder where q is near the posterior (Roeder et al. 2017; Tucker et
        al. 2019). The value is the bound with each. Raises ValueError as
        `objectives.check_gradient`.
        """
        bound, cache = self._forward(x, eps, estimator, kl_weight)
        objectives.check_gradient(estimator, gradient, len(cache[1]["log_px_given_z"]))
        part = self.trained_part
        grads = (self.params.part(part) if part else self.params).zeros_like()
        self._backward(objectives.batch_mean_backward(1.0, bound), cache, grads, gradient)
        return objectives.batch_mean(bound), grads

    def _forward(self, x, eps, estimator, kl_weight):
        """The walk from x to the bound, (N,), and what the walk back needs."""
        estimator = objectives.find_estimator(estimator)
        x, eps = self._data(x), self._check_noise(eps, len(x))

        encoded, encoder_cache = self.encoder.forward(self.params, x)
        q = self.posterior_kind.of(self.params, encoded)
        z, log_qz, q_cache = q.sample(eps)
        heads, decoder_cache = self.decoder.forward(self.params, z)
        log_px = self.likelihood.log_prob(x, heads)

        terms, prior_cache = {"log_px_given_z": log_px}, None
        kl_weight = float(kl_weight)  # a NumPy scalar would make float64 of float32
        if estimator.closed_form_kl:
            terms["kl"] = self._closed_form_kl(q)
        else:
            terms["log_qz"] = log_qz
            terms["log_pz"], prior_cache = self.prior.log_prob(self.params, z)
        bound = estimator.value(**terms, kl_weight=kl_weight)
        return bound, (estimator, terms, kl_weight, x, q, heads, encoder_cache, q_cache,
                       decoder_cache, prior_cache)

    def _backward(self, d_bound, cache, grads, gradient="standard"):
        """d_bound (N,) → adds the gradient into `grads`, last room first.

        Any part's parameters may be left out of `grads`, the encoder's, the decoder's, the prior's
        or the posterior's own: then they are constants, and the gradient flows through them.
        """
        (estimator, terms, kl_weight, x, q, heads, encoder_cache, q_cache,
         decoder_cache, prior_cache) = cache
        d = estimator.backward(d_bound, **terms, kl_weight=kl_weight)

        d_heads = self.likelihood.log_prob_backward(d["log_px_given_z"], x, heads)
        d_z = self.decoder.backward(self.params, decoder_cache, d_heads,
                                    self._if_in(grads, self.decoder))
        if "log_pz" in d:
            d_z = d_z + self.prior.backward(self.params, prior_cache, d["log_pz"],
                                            self._if_in(grads, self.prior))
        d_log_qz = d.get("log_qz")
        if gradient != "standard":  # log q(z|x) moves with z alone, not with its own parameters
            d_z, d_log_qz = d_z + q.path_backward(q_cache, d_log_qz), None
            if gradient == "dreg" and estimator.path_share is not None:
                d_z = d_z * estimator.path_share(**terms, kl_weight=kl_weight)[..., None]
        d_encoded = q.backward(q_cache, d_z, d_log_qz,
                               self._if_in(grads, self.posterior_kind))
        if "kl" in d:
            for head, d_head in q.kl_backward(d["kl"], self.prior).items():
                d_encoded[head] = d_encoded[head] + d_head  # eq. walk-back
        self.encoder.backward(self.params, encoder_cache, d_encoded,
                              self._if_in(grads, self.encoder), need_d_x=False)

    def _closed_form_kl(self, q):
        kl = q.kl(self.prior)
        if kl is None:
            raise ValueError(
                f"KL( q(z|x) ‖ p(z) ) has no closed form for the posterior "
                f"{self.posterior_kind.spec!r} and the prior {self.prior.spec!r}, and estimator "
                "'B' needs one: use estimator 'A'")
        return kl

    @staticmethod
    def _if_in(grads, part):
        """`grads` itself where it holds the parameters of a part, else None."""
        return grads if all(name in grads for name in part.shapes()) else None

    @property
    def default_estimator(self):
        """"B" where KL( q(z|x) ‖ p(z) ) has a closed form, for it has less noise; else "A"."""
        try:
            self.check_estimator("B")
        except ValueError:
            return "A"
        return "B"

    def check_estimator(self, name):
        """Raises ValueError where no estimator has that name, or where it needs a closed form of
        the KL divergence that there is not.
        """
        if objectives.find_estimator(name).closed_form_kl:
            xp = namespace(self.params.vector)
            with np.errstate(all="ignore"):  # whether there is a closed form, not its value
                self._closed_form_kl(self.posterior(xp.zeros((1, self.width), dtype=self.dtype)))

    def check_gradient(self, estimator, gradient, samples):
        """Raises ValueError as `objectives.check_gradient`, and where the posterior has no slope
        of its log-density that "stl" and "dreg" could follow.
        """
        objectives.check_gradient(estimator, gradient, samples)
        if gradient != "standard":
            xp = namespace(self.params.vector)
            with np.errstate(all="ignore"):
                q = self.posterior(xp.zeros((1, self.width), dtype=self.dtype))
                _, log_q, cache = q.sample(xp.zeros((1, 1, self.z_dim), dtype=self.dtype))
                q.path_backward(cache, log_q)

    def extremes(self, x, eps):
        """What of q(z|x) or of p(z) is too large to train with, at x and its noise, in words."""
        x, eps = self._data(x), self._check_noise(eps, len(x))
        with np.errstate(all="ignore"):
            encoded, _ = self.encoder.forward(self.params, x)
            z = self.posterior_kind.of(self.params, encoded).sample(eps)[0]
            return (self.posterior_kind.extreme(self.params, encoded, eps)
                    or self.prior.extreme(self.params, z))

    # -- for evaluation ------------------------------------------------------------------------

    def log_weights(self, x, eps, q=None):
        """log p(x, z_k) − log q(z_k|x), z_k ~ q: x (N, D), eps (K, N, Z) → (K, N), nats.

        The mean of their exponentials estimates p(x) without bias. q: `posterior(x)`, where more
        draws for the same x follow and the encoder need not run again.
        """
        x = self._data(x)
        eps = self._check_noise(eps, len(x))
        q = self.posterior(x) if q is None else q
        z, log_qz, _ = q.sample(eps)
        return self.log_joint(x, z) - log_qz  # eq. bound

    # -- what comes in -------------------------------------------------------------------------

    def _check_noise(self, eps, n):
        eps = self._array(eps, "eps", self.z_dim)
        eps = eps[None] if eps.ndim == 2 else eps
        if eps.ndim != 3 or eps.shape[1] != n or not len(eps):
            raise ValueError(f"eps must be (L, {n}, {self.z_dim}) or ({n}, {self.z_dim}) for "
                             f"{n} examples, not {eps.shape}; model.noise makes it")
        return eps
