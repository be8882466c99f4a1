"""The variational autoencoder: data flows x → encoder → z → decoder → log p(x|z), and the
gradient walks the same rooms backwards.   Paper, algorithm 1 and appendix C.
"""
from .. import objectives
from ..layers import MLPWithHeads
from ..posteriors import DiagonalGaussian
from .latent import LatentVariableModel


class VAE(LatentVariableModel):
    """A VAE with MLP encoder q(z|x) = N(μ(x), diag σ²(x)) and MLP decoder p(x|z); p(z) = N(0, I).

    x_dim, z_dim: the widths of x and z. hidden: widths of the encoder's hidden layers; the decoder
    mirrors them, and () makes both linear. activation: tanh, relu, softplus or sigmoid.
    likelihood: "bernoulli", "gaussian" (learned mean and log-variance), "gaussian-sigmoid" (means
    in (0, 1)) or ("gaussian", variance). init: see `layers.initialise`. dtype: float32 to train,
    float64 to check. rng: draws the first weights (default: a generator seeded with 0).

    `params` holds φ under "encoder" and θ under "decoder", one flat vector. The decoder's half,
    log p(x, z) and sampling, is LatentVariableModel's. Raises ValueError or TypeError for widths
    that are not positive whole numbers and for unknown names.
    """

    closed_form_kl = True  # KL( q(z|x) ‖ p(z) ), which estimator B needs; else there is A

    def _make_networks(self):
        self.encoder = MLPWithHeads("encoder", self.x_dim, self.hidden,
                                    DiagonalGaussian.heads(self.z_dim), self.activation)
        return [self.encoder, *super()._make_networks()]

    # -- the encoder ---------------------------------------------------------------------------

    def encode(self, x):
        """The parameters of q(z|x): x (N, D) → mean (N, Z), logvar (N, Z)."""
        q = self.posterior(x)
        return q.mean, q.logvar

    def posterior(self, x):
        """q(z|x) as an object: x (N, D) → DiagonalGaussian."""
        return self._encode_cached(self._data(x))[0]

    def _encode_cached(self, x):
        """(q(z|x), what the encoder's backward needs)."""
        encoded, cache = self.encoder.forward(self.params, x)
        return DiagonalGaussian(**encoded), cache

    # -- the bound -----------------------------------------------------------------------------

    def elbo(self, x, eps, estimator="B", kl_weight=1.0):
        """The lower bound of each example: x (N, D), eps (L, N, Z) or (N, Z) → (N,), nats."""
        return self._forward(x, eps, estimator, kl_weight)[0]

    def elbo_and_grad(self, x, eps, estimator="B", kl_weight=1.0):
        """The batch mean of the bound, nats, and its gradient in every parameter.

        Returns (value, grads): a scalar on the params' device, and Params of ∂value/∂parameter.
        estimator: "A" or "B", paper eq. 6 and 7.
        """
        bound, cache = self._forward(x, eps, estimator, kl_weight)
        grads = self.params.zeros_like()
        self._backward(objectives.batch_mean_backward(1.0, bound), cache, grads)
        return objectives.batch_mean(bound), grads

    def _forward(self, x, eps, estimator, kl_weight):
        if estimator not in objectives.ESTIMATORS:
            raise ValueError(f"unknown estimator {estimator!r}: use 'A' or 'B'")
        kl_weight = float(kl_weight)  # a NumPy scalar would make float64 of float32
        x = self._data(x)
        eps = self._noise(eps, len(x))
        q, encoder_cache = self._encode_cached(x)
        z, log_qz, q_cache = q.sample(eps)
        log_px, decoder_cache = self._decode_cached(x, z)
        terms = {"log_px_given_z": log_px, "kl_weight": kl_weight}
        if estimator == "A":
            terms.update(log_pz=self.log_prior(z), log_qz=log_qz)
        else:
            terms.update(kl=q.kl())
        bound = objectives.ESTIMATORS[estimator][0](**terms)
        return bound, (z, q, estimator, terms, encoder_cache, q_cache, decoder_cache)

    def _backward(self, d_bound, cache, grads, train_decoder=True):
        """d_bound (N,) → adds every parameter's gradient into `grads`, last room first.

        Without train_decoder, the encoder's alone: the gradient flows through the decoder and adds
        nothing.
        """
        z, q, estimator, terms, encoder_cache, q_cache, decoder_cache = cache
        d = objectives.ESTIMATORS[estimator][1](d_bound, **terms)

        dz = self._decode_backward(d["log_px_given_z"], decoder_cache,
                                   grads if train_decoder else None)
        if "log_pz" in d:
            dz = dz + d["log_pz"][..., None] * self.log_prior_and_grad(z)[1]
        d_encoded = q.backward(q_cache, dz, d.get("log_qz"))
        if "kl" in d:
            for head, d_head in q.kl_backward(d["kl"]).items():
                d_encoded[head] = d_encoded[head] + d_head
        self.encoder.backward(self.params, encoder_cache, d_encoded, grads, need_dx=False)

    # -- for evaluation ------------------------------------------------------------------------

    def log_weights(self, x, eps, q=None):
        """log p(x, z_k) − log q(z_k|x), z_k = μ + σε_k: x (N, D), eps (K, N, Z) → (K, N), nats.

        The mean of their exponentials estimates p(x) without bias. q: `posterior(x)`, where more
        draws for the same x follow and the encoder need not run again.
        """
        x = self._data(x)
        eps = self._noise(eps, len(x))
        q = self.posterior(x) if q is None else q
        z, log_qz, _ = q.sample(eps)
        return self.log_joint(x, z) - log_qz

    # -- what comes in -------------------------------------------------------------------------

    def _noise(self, eps, n):
        eps = self._array(eps, "eps", self.z_dim)
        eps = eps[None] if eps.ndim == 2 else eps
        if eps.ndim != 3 or eps.shape[1] != n or not len(eps):
            raise ValueError(f"eps must be (L, {n}, {self.z_dim}) or ({n}, {self.z_dim}) for "
                             f"{n} examples, not {eps.shape}; model.noise makes it")
        return eps
