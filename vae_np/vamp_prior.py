"""The VampPrior: p(z) is the mixture of the encoder's posteriors at inputs that are learned."""
import math

import numpy as np

from .activations import sigmoid, sigmoid_backward
from .backend import check_generator, move, namespace
from .flows.coupling import GOLDEN
from .posteriors import DiagonalGaussianKind
from .params import too_large
from .priors import (Prior, component_extreme, mixture_log_prob,
                     mixture_log_prob_backward)

EDGE = 0.01  # how near to 0 and 1 a pseudo-input begins where the data end there


class VampPrior(Prior):
    """p(z) = 1/K Σ_k q(z|u_k), a mixture of variational posteriors (Tomczak & Welling 2018).

    The best prior for a bound is the aggregate posterior, the mixture of q(z|x) over all x; this
    one has K pseudo-inputs u_k in the data's place. Its parameters are "prior.pseudo_inputs"
    (K, D): u itself, or its logits where the data lie in [0, 1]. They begin at 0, all components
    alike; `fit` starts them at K of the training examples.

    The encoder is a part of this density: the gradient goes through q(z|u_k) into its parameters
    as well as into u. So the model that has this prior tells it which encoder: `stand_on`.
    """

    name = "prior.pseudo_inputs"
    looks = True  # as a mixture of Gaussians does
    has_encoder = True
    runs_off = True

    def __init__(self, z_dim, components):
        super().__init__(z_dim)
        self.components, self.encoder = components, None
        self.spec = f"vamp:{components}"

    @classmethod
    def parse(cls, argument, z_dim):
        """The prior that "vamp:K" means. Raises ValueError where K is no positive number."""
        if not (argument.isdecimal() and int(argument) >= 1):
            raise ValueError("the prior 'vamp' needs its number of pseudo-inputs, such as "
                             f"'vamp:500', not 'vamp:{argument}'")
        return cls(z_dim, int(argument))

    def stand_on(self, encoder, posterior_kind, unit_interval):
        """Takes the model's encoder. unit_interval: whether its data lie in [0, 1].

        Raises ValueError for another posterior than a diagonal Gaussian: a mixture of others needs
        their densities at z that they have not drawn.
        """
        if not isinstance(posterior_kind, DiagonalGaussianKind):
            raise ValueError(f"the prior {self.spec!r} is a mixture of Gaussian posteriors, and "
                             f"the posterior {posterior_kind.spec!r} is another: use 'gaussian'")
        self.encoder, self.unit_interval = encoder, unit_interval

    def shapes(self):
        """{name: shape} of its parameters."""
        return {self.name: (self.components, self.encoder.n_in)}

    def init_from_data(self, params, x):
        """Starts the pseudo-inputs at K rows of the data x (N, D), where they are still at 0; else
        they have learnt already, and stay. Steps of the golden ratio spread the rows over the data
        and fall in with no period of it, such as classes that take turns.
        """
        if params[self.name].any():
            return
        steps = np.arange(1, self.components + 1) * GOLDEN % 1.0
        u = x[(steps * len(x)).astype(int)]
        if self.unit_interval:
            u = np.clip(u, EDGE, 1.0 - EDGE)
            u = np.log(u) - np.log1p(-u)
        params[self.name] = move(u.astype(params.vector.dtype), namespace(params.vector))

    def log_prob(self, params, z):
        """z (..., Z) → log p(z) (...), nats, cache."""
        u, q, encoder_cache = self._components(params)
        xp = namespace(z)
        log_mixing = xp.full((self.components,), -math.log(self.components))
        log_pz, mixture_cache = mixture_log_prob(z, log_mixing, q["mean"], q["logvar"])
        return log_pz, (u, encoder_cache, mixture_cache)  # eq. vamp-prior

    def backward(self, params, cache, d_log_pz, grads=None):
        """d_log_pz (...) → d_z (..., Z); adds into `grads`: through the components into the
        pseudo-inputs, and into the encoder where its parameters are there too.
        """
        u, encoder_cache, mixture_cache = cache
        d_z, _, d_q = mixture_log_prob_backward(d_log_pz, mixture_cache, grads is not None)
        if grads is not None:
            learns = all(name in grads for name in self.encoder.shapes())
            d_u = self.encoder.backward(params, encoder_cache, d_q, grads if learns else None)
            if self.unit_interval:
                d_u = sigmoid_backward(d_u, params[self.name], u)
            grads[self.name] += d_u
        return d_z

    def sample(self, params, rng, n):
        """n draws, (n, Z): first k, each as likely, then z ~ q(z|u_k). Noise is drawn on the host.
        """
        _, q, _ = self._components(params)
        xp, rng = namespace(params.vector), check_generator(rng)
        k = move(rng.integers(self.components, size=n), xp)
        eps = move(rng.standard_normal((n, self.z_dim), dtype=params.vector.dtype), xp)
        return q["mean"][k] + xp.exp(0.5 * q["logvar"][k]) * eps

    def extreme(self, params, z):
        """What of the pseudo-inputs, or of q(z|u_k), is too large to train with, in words."""
        _, q, _ = self._components(params)
        return too_large(self.name, params[self.name]) or component_extreme(
            "the mean of q(z|u)", q["mean"], "the log-variance of q(z|u)", q["logvar"])

    def _components(self, params):
        """u (K, D), {"mean", "logvar"} of q(z|u_k), and the encoder's cache."""
        u = params[self.name]
        u = sigmoid(u) if self.unit_interval else u
        return u, *self.encoder.forward(params, u)
