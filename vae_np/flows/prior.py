"""The prior that is made of couplings: where u = f(z) has the density N(0, I), z has the density

    log p(z) = log N(f(z); 0, I) + log |det ∂f/∂z|.   Change of variables; Dinh et al. 2017.
"""
from ..backend import check_generator, move, namespace
from ..distributions import standard_normal_log_prob, standard_normal_log_prob_backward
from ..params import too_large
from ..priors import Prior
from .coupling import CouplingFlow, layers_and_widths


class CouplingPrior(Prior):
    """p(z) = N(f(z); 0, I) |det ∂f/∂z| with f a flow of affine couplings, learned with the rest.

    "coupling:8x128" is eight couplings, each with a network of one hidden layer of 128;
    "coupling:8x128x128" has two. Its parameters lie under "prior.coupling0", … (Dinh et al. 2017;
    as the prior of a VAE: Chen et al. 2017, Xu et al. 2019). At its start it is N(0, I) itself.
    """

    base_name = "u = f(z)"
    has_normal_base = True
    runs_off = True

    def __init__(self, z_dim, layers, hidden):
        super().__init__(z_dim)
        self.spec = f"coupling:{'x'.join(map(str, (layers, *hidden)))}"
        self.flow = CouplingFlow("prior", z_dim, layers, hidden)

    @classmethod
    def parse(cls, argument, z_dim):
        """The prior that "coupling:LxH" means. Raises ValueError for another argument."""
        layers, *hidden = layers_and_widths("the prior 'coupling'", "coupling:8x128", argument)
        return cls(z_dim, layers, tuple(hidden))

    def shapes(self):
        """{name: shape} of its parameters, in the order in which they lie."""
        return self.flow.shapes()

    def initialise(self, params, rng, scheme):
        """f begins as a change of order, so p(z) as N(0, I)."""
        self.flow.initialise(params, rng, scheme)

    def log_prob(self, params, z):
        """z (..., Z) → log p(z) (...), nats, cache."""
        u, log_det, flow_cache = self.flow.forward(params, z.reshape(-1, self.z_dim))
        log_pz = standard_normal_log_prob(u) + log_det  # eq. flow-density
        return log_pz.reshape(z.shape[:-1]), (u, flow_cache)

    def backward(self, params, cache, d_log_pz, grads=None):
        """d_log_pz (...) → d_z (..., Z); adds into `grads`, where that is given."""
        u, flow_cache = cache
        d_rows = d_log_pz.reshape(-1)
        d_u = standard_normal_log_prob_backward(d_rows, u)
        d_z, _ = self.flow.backward(params, flow_cache, d_u, d_rows, grads)
        return d_z.reshape(*d_log_pz.shape, self.z_dim)

    def sample(self, params, rng, n):
        """n draws, (n, Z): z = f⁻¹(u), u ~ N(0, I). The noise is drawn on the host."""
        u = check_generator(rng).standard_normal((n, self.z_dim), dtype=params.vector.dtype)
        return self.flow.inverse(params, move(u, namespace(params.vector)))

    def extreme(self, params, z):
        """What is too large to train with in the walk from z (..., Z) to u, in words, or ""."""
        return (too_large("the code that the prior's flow is given", z)
                or self.flow.extreme(params, z.reshape(-1, self.z_dim)))

    def base(self, params, z):
        """u = f(z): z (..., Z) → (..., Z), where the density is N(0, I). A straight line between
        two codes runs in u: in z it may cross what no code is.
        """
        return self.flow.forward(params, z.reshape(-1, self.z_dim))[0].reshape(z.shape)

    def from_base(self, params, u):
        """z = f⁻¹(u): u (..., Z) → (..., Z)."""
        return self.flow.inverse(params, u.reshape(-1, self.z_dim)).reshape(u.shape)
