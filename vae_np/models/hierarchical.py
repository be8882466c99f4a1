"""A VAE with several layers of latent variables: x ← z₁ ← z₂ ← … , and three ways to infer them.

    log w = log p(x|z₁) + log p(z₁|z₂) + … + log p(z_L) − log q(z|x)

The walk is the VAE's. What is new stands in `vae_np.hierarchy`: the prior is a chain of
conditionals, the posterior a chain of Gaussians.
"""
from .. import objectives
from ..backend import check_generator, move, namespace
from ..hierarchy import INFERENCES, ChainPrior, conditional, split
from ..layers import MLPWithHeads
from ..priors import StandardNormal
from . import words
from .base import check_width
from .vae import VAE


class FirstLayerDecoder(MLPWithHeads):
    """p(x|z₁) as a network of all layers side by side: it reads z₁ alone, the first columns."""

    def forward(self, params, z):
        """z (..., Z) → {head: (..., D)}, cache."""
        own, above = self.n_in, z.shape[-1] - self.n_in
        z1, _ = split(z, (own, above))
        heads, cache = super().forward(params, z1)
        return heads, (above, cache)

    def backward(self, params, cache, d_outputs, grads, need_d_x=True):
        """d_outputs {head: gradient} → d_z (..., Z), 0 in the layers above; None if unneeded."""
        above, cache = cache
        d_z1 = super().backward(params, cache, d_outputs, grads, need_d_x)
        if not need_d_x:
            return None
        xp = namespace(d_z1)
        zeros = xp.zeros((*d_z1.shape[:-1], above), dtype=d_z1.dtype)
        return xp.concatenate([d_z1, zeros], axis=-1)


class HierarchicalVAE(VAE):
    """A VAE with two or more stochastic layers.

    z_dim: the layers' widths, from z₁ next to the data upward. hidden: widths of the encoder's
    hidden layers between one stochastic layer and the next: (200, 200) for every layer, or one
    such tuple for each, from the data upward; () is linear. The decoder mirrors them. The defaults
    are the two-layer networks of Burda et al. 2015. prior: p(z_L), a word or an object over Z_L
    numbers. inference: "bottom-up", "top-down" or "ladder", see `vae_np.hierarchy`. The rest is as
    in VAE.

    `params` holds φ under "encoder" and θ, p(z_l|z_{l+1}) included, under "decoder", in the same
    layout whatever the inference. Attributes: `z_dims` are the widths, `z_dim` their sum, since a
    code z (..., Z₁ + … + Z_L) has its layers side by side, z₁ first. Noise is a tuple, (L, N, Z_l)
    for each layer. Raises ValueError for widths that do not fit, and for unknown names.
    """

    takes_parts = False  # the posterior is the inference's

    def __init__(self, x_dim, z_dim=(100, 50), hidden=((200, 200), (100, 100)), activation="tanh",
                 likelihood="bernoulli", dtype="float32", rng=None, init="glorot",
                 prior="standard-normal", inference="bottom-up"):
        self.z_dims = check_layers(z_dim)
        self.hidden_by_layer = check_hidden(hidden, len(self.z_dims))
        if inference not in INFERENCES:
            raise ValueError(f"unknown inference {inference!r}: use "
                             f"{' or '.join(map(repr, INFERENCES))}")
        self.inference = inference
        super().__init__(x_dim, sum(self.z_dims), self.hidden_by_layer[0], activation, likelihood,
                         dtype, rng, init, prior)

    def _make_parts(self):
        widths, hidden = self.z_dims, self.hidden_by_layer
        top = words.prior(self._words[0], widths[-1])
        if top.has_encoder:
            raise ValueError(f"the prior {top.spec!r} stands on q(z|x) of one layer: for the top "
                             "of a hierarchy use another, such as 'mixture:10' or 'coupling:4x64'")
        conditionals = [conditional(layer, widths[layer - 1], widths[layer], hidden[layer],
                                    self.activation) for layer in range(1, len(widths))]
        self.posterior_kind = INFERENCES[self.inference](self.x_dim, widths, hidden,
                                                         self.activation, conditionals)
        self.encoder = self.posterior_kind.encoder
        self.decoder = FirstLayerDecoder("decoder", widths[0], hidden[0][::-1],
                                         self.likelihood.heads(self.x_dim), self.activation)
        self.prior = ChainPrior(top, conditionals, widths)
        return [self.encoder, self.posterior_kind, self.decoder, self.prior]

    def config(self):
        """The constructor's arguments as plain JSON values; the class rebuilds it from them."""
        return {**super().config(), "z_dim": list(self.z_dims),
                "hidden": [list(widths) for widths in self.hidden_by_layer],
                "prior": self.prior.spec, "inference": self.inference}

    # -- the bound -----------------------------------------------------------------------------

    def _forward(self, x, eps, estimator, kl_weight):
        """The walk from x to the bound, (N,), and what the walk back needs."""
        estimator = objectives.find_estimator(estimator)
        x, eps = self._data(x), self._check_noise(eps, len(x))

        messages, encoder_cache = self.encoder.forward(self.params, x)
        q = self.posterior_kind.of(self.params, messages)
        z, log_qz, q_cache = q.sample(eps)
        heads, decoder_cache = self.decoder.forward(self.params, z)
        terms = {"log_px_given_z": self.likelihood.log_prob(x, heads)}
        kl_weight = float(kl_weight)  # a NumPy scalar would make float64 of float32
        if estimator.closed_form_kl:
            self.check_estimator("B")
            of_layers, prior_cache = q.kl_given_above(q_cache, self.prior)
            terms["kl"] = sum(map(_over_draws, of_layers))
            shapes = [kl.shape for kl in of_layers]
        else:
            terms["log_qz"], shapes = log_qz, None
            terms["log_pz"], prior_cache = self.prior.log_prob(self.params, z)
        bound = estimator.value(**terms, kl_weight=kl_weight)
        return bound, (estimator, terms, kl_weight, x, q, heads, encoder_cache, q_cache,
                       decoder_cache, prior_cache, shapes)

    def _backward(self, d_bound, cache, grads, gradient="standard"):
        """d_bound (N,) → adds the gradient into `grads`, last room first."""
        (estimator, terms, kl_weight, x, q, heads, encoder_cache, q_cache, decoder_cache,
         prior_cache, shapes) = cache
        d = estimator.backward(d_bound, **terms, kl_weight=kl_weight)
        d_heads = self.likelihood.log_prob_backward(d["log_px_given_z"], x, heads)
        d_z = self.decoder.backward(self.params, decoder_cache, d_heads,
                                    self._if_in(grads, self.decoder))
        d_given = None
        if "kl" in d:  # each draw above has an equal share of a layer's mean
            d_kl = [d["kl"] if len(shape) == 1 else namespace(d["kl"]).broadcast_to(
                d["kl"] / shape[0], shape) for shape in shapes]
            d_above, d_given = q.kl_given_above_backward(prior_cache, d_kl, self.prior, grads)
            d_z = d_z + d_above
        else:
            d_z = d_z + self.prior.backward(self.params, prior_cache, d["log_pz"], grads)
        d_log_qz = d.get("log_qz")
        if gradient != "standard":  # log q(z|x) moves with z alone, not with its own parameters
            d_z, d_log_qz = d_z + q.path_backward(q_cache, d_log_qz), None
            if gradient == "dreg" and estimator.path_share is not None:
                d_z = d_z * estimator.path_share(**terms, kl_weight=kl_weight)[..., None]
        d_messages = q.backward(q_cache, d_z, d_log_qz, grads, d_given)
        self.encoder.backward(self.params, encoder_cache, d_messages,
                              self._if_in(grads, self.encoder), need_d_x=False)

    def check_estimator(self, name):
        """Raises ValueError where no estimator has that name, or where it needs a closed form of
        the KL divergence of each layer given the one above.
        """
        if not objectives.find_estimator(name).closed_form_kl:
            return
        if not self.posterior_kind.downward:
            raise ValueError(f"estimator {name!r} needs each layer's KL in closed form, and with "
                             f"inference {self.inference!r} z1 is drawn before the z2 that "
                             "p(z1|z2) waits for: use estimator 'A' or 'IW', or inference "
                             "'top-down' or 'ladder'")
        if type(self.prior.top) is not StandardNormal:
            raise ValueError(f"estimator {name!r} needs each layer's KL in closed form, which the "
                             f"prior {self.prior.spec!r} of the top layer does not have: use 'A' "
                             "or 'IW'")

    def check_gradient(self, estimator, gradient, samples):
        """Raises ValueError as `objectives.check_gradient`: all three have the slopes it takes."""
        objectives.check_gradient(estimator, gradient, samples)

    def mean_log_joint_and_grad(self, x, z):
        """(the batch mean of log p(x, z), its gradient in θ), with z as if it were observed:
        x (N, D), z (..., N, Z) → (value, grads), the conditionals' gradients among them.
        """
        value, grads = super().mean_log_joint_and_grad(x, z)
        log_pz, cache = self.prior.log_prob(self.params, self._latents(z, len(x)))
        shares = namespace(log_pz).full_like(log_pz, 1.0 / log_pz.size)
        self.prior.backward(self.params, cache, shares, grads)
        return value, grads

    def kl_per_layer(self, x, eps):
        """How many nats each layer carries: x (N, D), eps a tuple → (N, layers).

        KL( q(z_l|x, z_{l+1}) ‖ p(z_l|z_{l+1}) ) at the draws above where that has a closed form,
        else log q − log p of the layer at its draws. The sum's mean is KL( q(z|x) ‖ p(z) ); a
        single draw's may be negative, and so may one layer's share of a bottom-up inference.
        """
        x = self._data(x)
        q = self.posterior(x)
        z, _, cache = q.sample(self._check_noise(eps, len(x)))
        exact = q.kl_given_above(cache, self.prior)
        terms = exact[0] if exact else [log_q - log_p for log_q, log_p in zip(
            cache[2], self.prior.log_prob_per_layer(self.params, z)[0])]
        return namespace(z).stack([_over_draws(term) for term in terms], axis=1)

    # -- noise ---------------------------------------------------------------------------------

    def noise(self, rng, n, samples=1):
        """ε of each layer, a tuple of standard normal draws (samples, n, Z_l).

        Drawn on the host, sample after sample, so that two calls give what one does.
        """
        eps = check_generator(rng).standard_normal((samples, n, self.z_dim), dtype=self.dtype)
        return tuple(move(part, namespace(self.params.vector))
                     for part in split(eps, self.z_dims))

    def _check_noise(self, eps, n):
        """The tuple with each part as (L, n, Z_l)."""
        wanted = [f"(L, {n}, {width})" for width in self.z_dims]
        if not isinstance(eps, (tuple, list)) or len(eps) != len(self.z_dims):
            raise ValueError("eps must be a tuple with one array for each layer, "
                             f"{', '.join(wanted)}; model.noise makes it")
        eps = tuple(self._array(part, "eps", width) for part, width in zip(eps, self.z_dims))
        eps = tuple(part[None] if part.ndim == 2 else part for part in eps)
        shapes = [part.shape for part in eps]
        if any(part.ndim != 3 or part.shape[:2] != (len(eps[0]), n) or not len(part)
               for part in eps):
            raise ValueError(f"eps must be {', '.join(wanted)} for {n} examples, not "
                             f"{', '.join(map(str, shapes))}; model.noise makes it")
        return eps


def _over_draws(term):
    """The mean over draws, (L, N) → (N,), of a term that has any."""
    return namespace(term).mean(term, axis=0) if term.ndim == 2 else term


def check_layers(z_dim):
    """The widths of two or more layers, as a tuple. Raises ValueError for anything else."""
    if not isinstance(z_dim, (tuple, list)) or len(z_dim) < 2:
        raise ValueError("z_dim of a hierarchy must be two or more widths, from the layer next to "
                         f"the data upward, such as (100, 50), not {z_dim!r}")
    return tuple(check_width("each width of z_dim", width) for width in z_dim)


def check_hidden(hidden, layers):
    """The hidden widths of each layer, a tuple of tuples, from one list for all or one for each.
    Raises ValueError where they are neither.
    """
    if not isinstance(hidden, (tuple, list)):
        hidden = (hidden,)
    nested = [isinstance(part, (tuple, list)) for part in hidden]
    if not any(nested):
        hidden = (hidden,) * layers
    elif not all(nested) or len(hidden) != layers:
        raise ValueError("hidden must be one list of widths for every layer, such as (200, 200), "
                         f"or one list for each of the {layers} layers, not {hidden!r}")
    return tuple(tuple(check_width("hidden", width) for width in part) for part in hidden)
