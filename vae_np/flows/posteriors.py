"""Posteriors that a flow bends: q(z|x) is what becomes of a diagonal Gaussian's draws.

    z₀ = μ + σ ⊙ ε,   z = f(z₀; context),   log q(z|x) = log N(z₀; μ, σ²) − log |det ∂f/∂z₀|

The encoder puts out μ, log σ² and a context, which the flow reads (Rezende & Mohamed 2015).
Without a context from x the flow would be the same for every x: a flow prior in disguise, since
the same change of variables could be made in the decoder.
"""
from ..backend import namespace
from ..params import too_large
from ..posteriors import DiagonalGaussian, Posterior, PosteriorKind
from .autoregressive import InverseAutoregressiveFlow
from .coupling import CouplingFlow, layers_and_widths
from .planar import PlanarFlow


class FlowKind(PosteriorKind):
    """A kind of q(z|x) with a flow. `flow` maps rows of z; its `context` is the width of what it
    reads, and where it is `invertible` it has an `inverse`, and `solve`, that of its backward.
    """

    flow = None
    runs_off = True

    def heads(self):
        """{head: width} of the encoder's outputs."""
        return {**DiagonalGaussian.heads(self.z_dim), "context": self.flow.context}

    def shapes(self):
        """{name: shape} of the flow's parameters."""
        return self.flow.shapes()

    def initialise(self, params, rng, scheme):
        """Draws the flow's first weights."""
        self.flow.initialise(params, rng, scheme)

    def of(self, params, heads):
        """q(z|x), from the encoder's outputs {"mean", "logvar", "context"}, each (N, width)."""
        return FlowPosterior(self.flow, params, **heads)

    def extreme(self, params, heads, eps):
        """What of the Gaussian's draw or of the flow is too large to train with, in words."""
        q = self.of(params, heads)
        z0 = q.base.sample(eps)[0]
        return (too_large("the draw that the posterior's flow is given", z0)
                or self.flow.extreme(params, z0.reshape(-1, self.z_dim), q.contexts(len(eps))))


class PlanarKind(FlowKind):
    """"planar:T": T planar steps, whose u, w and b the encoder puts out."""

    def __init__(self, z_dim, steps):
        super().__init__(z_dim)
        self.spec, self.flow = f"planar:{steps}", PlanarFlow(z_dim, steps)

    @classmethod
    def parse(cls, argument, z_dim):
        """The kind that "planar:T" means. Raises ValueError where T is no positive number."""
        if not (argument.isdecimal() and int(argument) >= 1):
            raise ValueError("the posterior 'planar' needs its number of steps, such as "
                             f"'planar:10', not 'planar:{argument}'")
        return cls(z_dim, int(argument))


class InverseAutoregressiveKind(FlowKind):
    """"iaf:TxH": T inverse autoregressive steps, each a masked network with H hidden units that
    also reads a context of as many numbers as the code has.
    """

    def __init__(self, z_dim, steps, hidden):
        super().__init__(z_dim)
        self.spec = f"iaf:{'x'.join(map(str, (steps, *hidden)))}"
        self.flow = InverseAutoregressiveFlow("posterior", z_dim, steps, hidden, z_dim)

    @classmethod
    def parse(cls, argument, z_dim):
        """The kind that "iaf:TxH" means. Raises ValueError for another argument."""
        steps, *hidden = layers_and_widths("the posterior 'iaf'", "iaf:2x128", argument)
        return cls(z_dim, steps, tuple(hidden))


class CouplingKind(FlowKind):
    """"coupling:LxH": L affine couplings with H hidden units each that also read a context of as
    many numbers as the code has. The inverse is at hand, and so is the density at any z.
    """

    def __init__(self, z_dim, layers, hidden):
        super().__init__(z_dim)
        self.spec = f"coupling:{'x'.join(map(str, (layers, *hidden)))}"
        self.flow = CouplingFlow("posterior", z_dim, layers, hidden, context=z_dim)

    @classmethod
    def parse(cls, argument, z_dim):
        """The kind that "coupling:LxH" means. Raises ValueError for another argument."""
        layers, *hidden = layers_and_widths("the posterior 'coupling'", "coupling:4x128", argument)
        return cls(z_dim, layers, tuple(hidden))


class FlowPosterior(Posterior):
    """q(z|x) of z = f(z₀), z₀ from a diagonal Gaussian with the mean and logvar (N, Z) that the
    encoder puts out; the flow reads the context (N, C).
    """

    def __init__(self, flow, params, mean, logvar, context):
        self.flow, self.params, self.context = flow, params, context
        self.base = DiagonalGaussian(mean, logvar)

    @property
    def mean(self):
        """What the flow makes of the Gaussian's mean, (N, Z): the one z that pictures use. It is
        not the mean of q.
        """
        return self.flow.forward(self.params, self.base.mean, self.context)[0]

    def sample(self, eps):
        """eps (L, N, Z) → z (L, N, Z), log q(z|x) (L, N) in nats, cache."""
        z0, log_q0, base_cache = self.base.sample(eps)
        rows = z0.reshape(-1, z0.shape[-1])
        z, log_det, flow_cache = self.flow.forward(self.params, rows, self.contexts(len(eps)))
        log_q = log_q0 - log_det.reshape(log_q0.shape)  # eq. flow-posterior
        return z.reshape(z0.shape), log_q, (base_cache, flow_cache)

    def backward(self, cache, d_z, d_log_q=None, grads=None):
        """d_z (L, N, Z), d_log_q (L, N) or None → {"mean", "logvar", "context"}, each (N, width);
        adds the flow's gradient into `grads`.
        """
        d_z0, d_context = self._to_base(cache, d_z, d_log_q, grads)
        d_heads = self.base.backward(cache[0], d_z0, d_log_q)
        d_context = d_context.reshape(len(d_z), *self.context.shape)
        return {**d_heads, "context": d_context.sum(axis=0)}

    def noise_backward(self, cache, d_z, d_log_q):
        """d_eps (L, N, Z): the way back to the noise of `sample`."""
        d_z0, _ = self._to_base(cache, d_z, d_log_q, None)
        return self.base.noise_backward(cache[0], d_z0, d_log_q)

    def path_backward(self, cache, d_log_q):
        """d_log_q (L, N) → d_z (L, N, Z): the slope of log q in z, all parameters held fixed. It
        takes the flow's inverse; raises ValueError where that is not at hand.
        """
        if not self.flow.invertible:
            return super().path_backward(cache, d_log_q)
        xp = namespace(d_log_q)
        ones = xp.ones_like(d_log_q)
        d_z0 = self.base.path_backward(cache[0], ones)
        d_z = self.flow.solve(self.params, cache[1], d_z0.reshape(-1, d_z0.shape[-1]),
                              ones.reshape(-1))
        return d_log_q[..., None] * d_z.reshape(d_z0.shape)

    def log_prob(self, z):
        """log q(z|x) at any z (..., N, Z): (..., N), nats. Raises ValueError where the flow's
        inverse is not at hand.
        """
        if not self.flow.invertible:
            return super().log_prob(z)
        many = z.size // (self.context.shape[0] * z.shape[-1])
        contexts = self.contexts(many)
        z0 = self.flow.inverse(self.params, z.reshape(-1, z.shape[-1]), contexts)
        _, log_det, _ = self.flow.forward(self.params, z0, contexts)
        return self.base.log_prob(z0.reshape(z.shape)) - log_det.reshape(z.shape[:-1])

    def contexts(self, samples):
        """The context of each row: (samples · N, C), sample by sample."""
        xp = namespace(self.context)
        return xp.broadcast_to(self.context, (samples, *self.context.shape)).reshape(
            -1, self.context.shape[1])

    def _to_base(self, cache, d_z, d_log_q, grads):
        """(d_z₀ (L, N, Z), d_context (L · N, C)) by way of z and of the log-determinant."""
        xp, rows = namespace(d_z), d_z.reshape(-1, d_z.shape[-1])
        d_log_det = xp.zeros_like(rows[:, 0]) if d_log_q is None else -d_log_q.reshape(-1)
        d_z0, d_context = self.flow.backward(self.params, cache[1], rows, d_log_det, grads)
        return d_z0.reshape(d_z.shape), d_context
