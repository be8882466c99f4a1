"""The mixture of factorised Bernoullis: the rival of digits. How it learns is in `mixture`."""
from .. import likelihoods
from ..activations import softplus
from ..backend import namespace
from .mixture import Mixture

SMALLEST_MEAN = 1e-6  # of a pixel, and as far from 1: a surprise costs 13.8 nats at most


class BernoulliMixture(Mixture):
    """x_d ∈ {0, 1}, independent within a component: p(x|k) = Π_d μ_kd^x_d (1 − μ_kd)^(1−x_d).

    The means are kept as logits, "components.logits" (K, D), and within [1e-6, 1 − 1e-6]. That
    is still the exact best of the M step within these limits: it is concave in each mean.
    """

    likelihood = likelihoods.Bernoulli()

    def _statistics(self, x, frame):
        """T(x) = x."""
        return x

    def _family(self, frame):
        """(slopes (D, K), constants (K,)): x·a_k − Σ_d softplus(a_kd)."""
        logits = self.params["components.logits"]
        return logits.T, -namespace(logits).sum(softplus(logits.astype(self._wide)), axis=1)

    def _finish_average(self, average, n):
        """A pixel that is never on, or never off, is as if half an example had been otherwise."""
        return (n * average + 0.5) / (n + 1)

    def _set_components(self, means, average, frame, rows=slice(None)):
        xp = namespace(means)
        means = xp.minimum(xp.maximum(means, SMALLEST_MEAN), 1.0 - SMALLEST_MEAN)
        self.params["components.logits"][rows] = xp.log(means) - xp.log1p(-means)

    def _around(self, x, average, frame):
        """Statistics for components around examples x (K, D): half example, half average."""
        return 0.5 * (x + average)
