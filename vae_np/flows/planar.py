"""The planar flow: every step pushes z along one direction, by an amount that depends on another.

    f(z) = z + û tanh(w·z + b),   log |det ∂f/∂z| = log(1 + (1 − tanh²) û·w)   (Rezende & Mohamed
                                                                                2015, eq. 10, 12)

The map can be inverted only where û·w ≥ −1. So û is u with its part along w changed, such that
û·w = m(u·w) with m(c) = −1 + log(1 + e^c) (there, appendix A.1): then 1 + (1 − h²) m is
h² + (1 − h²) log(1 + e^c), which is positive as it stands.
"""
from ..activations import sigmoid, softplus
from ..backend import namespace
from ..params import too_large

SHORTEST = 1e-6  # ‖w‖² below which the change of u is not divided by it: at w = 0 none is made


class PlanarFlow:
    """`steps` planar maps of z (R, Z). u, w and b of each are the context's: it has no parameters.
    """

    invertible = False  # no formula is known for the way back

    def __init__(self, z_dim, steps):
        self.z_dim, self.steps = z_dim, steps
        self.context = steps * (2 * z_dim + 1)  # how many numbers it reads

    def shapes(self):
        """{}: the encoder puts out all that it needs."""
        return {}

    def initialise(self, params, rng, scheme):
        """There is nothing to draw."""

    def forward(self, params, z, context):
        """z (R, Z), context (R, C) → f(z) (R, Z), log |det| (R,), cache."""
        caches, log_det = [], 0.0
        for u, w, b in self._steps(context):
            z, more, cache = planar(z, u, w, b)
            log_det = log_det + more
            caches.append(cache)
        return z, log_det, caches

    def backward(self, params, cache, d_z, d_log_det, grads=None):
        """d_z (R, Z), d_log_det (R,) → d_z (R, Z), d_context (R, C)."""
        d_context = []
        for one in cache[::-1]:
            d_z, d_u, d_w, d_b = planar_backward(d_z, d_log_det, one)
            d_context = [d_u, d_w, d_b[:, None], *d_context]
        return d_z, namespace(d_z).concatenate(d_context, axis=1)

    def extreme(self, params, z, context):
        """What is too large to train with in the walk of z (R, Z), in words, or ""."""
        for i, (u, w, b) in enumerate(self._steps(context), 1):
            step = f"planar step {i} of {self.steps}"
            z = planar(z, u, w, b)[0]
            words = (too_large(f"u of {step}", u) or too_large(f"w of {step}", w)
                     or too_large(f"b of {step}", b) or too_large(f"the code behind {step}", z))
            if words:
                return words
        return ""

    def _steps(self, context):
        """u (R, Z), w (R, Z), b (R,) of each step."""
        width = 2 * self.z_dim + 1
        for start in range(0, self.context, width):
            one = context[:, start:start + width]
            yield one[:, :self.z_dim], one[:, self.z_dim:-1], one[:, -1]


def planar(z, u, w, b):
    """z, u, w (R, Z), b (R,) → f(z) (R, Z), log |det ∂f/∂z| (R,), cache."""
    xp = namespace(z)
    c, s = xp.sum(u * w, axis=1), xp.sum(w * w, axis=1)
    n = xp.maximum(s, SHORTEST)
    soft = softplus(c)
    k = (soft - 1.0 - c) / n
    above = xp.where(s > SHORTEST, soft, 1.0 + c + k * s)  # 1 + û·w
    u_hat = u + k[:, None] * w
    h = xp.tanh(xp.sum(w * z, axis=1) + b)
    jacobian = h * h + (1.0 - h * h) * above
    cache = z, u, w, c, s, n, k, above, u_hat, h, jacobian
    return z + u_hat * h[:, None], xp.log(jacobian), cache  # eq. planar


def planar_backward(d_out, d_log_det, cache):
    """d_out (R, Z), d_log_det (R,) → d_z, d_u, d_w (R, Z), d_b (R,)."""
    z, u, w, c, s, n, k, above, u_hat, h, jacobian = cache
    xp, slope = namespace(z), 1.0 - h * h
    d_jacobian = d_log_det / jacobian
    d_h = xp.sum(d_out * u_hat, axis=1) + 2.0 * h * (1.0 - above) * d_jacobian
    d_a = d_h * slope
    d_above, d_u_hat = d_jacobian * slope, d_out * h[:, None]
    # 1 + û·w = log(1 + e^c), or 1 + c + k s where w is short; û = u + k w;
    # k = (log(1 + e^c) − 1 − c)/n
    short = s <= SHORTEST
    d_k = xp.sum(d_u_hat * w, axis=1) + xp.where(short, d_above * s, 0.0)
    d_c = xp.where(short, d_above, d_above * sigmoid(c)) + d_k * (sigmoid(c) - 1.0) / n
    d_s = xp.where(short, d_above * k, -d_k * k / n)
    d_u = d_u_hat + d_c[:, None] * w
    d_w = (k[:, None] * d_u_hat + 2.0 * d_s[:, None] * w + d_c[:, None] * u + d_a[:, None] * z)
    return d_out + d_a[:, None] * w, d_u, d_w, d_a
