"""The two kinds of mixture: of factorised Bernoullis, and of diagonal Gaussians. EM is in `em`."""
from .. import likelihoods
from ..backend import namespace
from ..distributions import LOG_2PI, softplus
from .em import TINY, Mixture

SMALLEST_MEAN = 1e-6      # of a pixel, and as far from 1: a surprise costs 13.8 nats at most
SMALLEST_VARIANCE = 1e-6  # of a component, relative to the variance of the data


class BernoulliMixture(Mixture):
    """x_d ∈ {0, 1}, independent within a component: p(x|k) = Π_d μ_kd^x_d (1 − μ_kd)^(1−x_d).

    The means are kept as logits, "components.logits" (K, D), and within [1e-6, 1 − 1e-6]. That
    is still the exact best of the M step within these limits: it is concave in each mean.
    """

    likelihood = likelihoods.Bernoulli()

    def _statistics(self, x):
        """T(x) = x."""
        return x

    def _family(self):
        """(slopes (D, K), constants (K,)): x·a_k − Σ_d softplus(a_kd)."""
        logits = self.params["components.logits"]
        return logits.T, -namespace(logits).sum(softplus(logits.astype(self._wide)), axis=1)

    def _finish_average(self, average, n):
        """A pixel that is never on, or never off, is as if half an example had been otherwise."""
        return (n * average + 0.5) / (n + 1)

    def _set_components(self, means, average, rows=slice(None)):
        xp = namespace(means)
        means = xp.minimum(xp.maximum(means, SMALLEST_MEAN), 1.0 - SMALLEST_MEAN)
        self.params["components.logits"][rows] = xp.log(means) - xp.log1p(-means)

    def _around(self, x, average):
        """Statistics for components around examples x (K, D): half example, half average."""
        return 0.5 * (x + average)


class GaussianMixture(Mixture):
    """p(x|k) = N(x; mean_k, diag exp(logvar_k)): "components.mean", "components.logvar", (K, D).

    A variance is at least a millionth of the data's, or the likelihood would have no maximum:
    one component on one example could rise without bound. Sums are taken in float64 throughout.
    """

    likelihood = likelihoods.Gaussian()

    def log_prob_and_grad(self, x):
        """(log p(x) (...), its gradient in x (..., D)): Σ_k p(k|x) (mean_k − x) / variance_k."""
        x = self._array(x, "x", self.x_dim)
        xp, slopes = namespace(x), self._family()[0].T
        values, gradients = [], []
        for statistics, log_px, r in self._in_blocks(x.reshape(-1, self.x_dim)):
            mean_slopes = r @ slopes  # of T(x) = (x, x²), averaged over the components
            values.append(log_px)
            gradients.append(mean_slopes[:, :self.x_dim] + 2.0 * statistics[:, :self.x_dim]
                             * mean_slopes[:, self.x_dim:])
        return (xp.concatenate(values).astype(self.dtype).reshape(x.shape[:-1]),
                xp.concatenate(gradients).astype(self.dtype).reshape(x.shape))

    def _statistics(self, x):
        """T(x) = (x, x²), in float64."""
        x = x.astype(self._wide)
        return namespace(x).concatenate([x, x * x], axis=1)

    def _family(self):
        """(slopes (2D, K), constants (K,)): the square (x − mean)² / variance multiplied out."""
        mean = self.params["components.mean"].astype(self._wide)
        logvar = self.params["components.logvar"].astype(self._wide)
        xp = namespace(mean)
        precision = xp.exp(-logvar)
        slopes = xp.concatenate([mean * precision, -0.5 * precision], axis=1).T
        return slopes, -0.5 * xp.sum(LOG_2PI + logvar + mean * mean * precision, axis=1)

    def _finish_average(self, average, n):
        return average

    def _set_components(self, means, average, rows=slice(None)):
        xp = namespace(means)
        mean, square = means[:, :self.x_dim], means[:, self.x_dim:]
        self.params["components.mean"][rows] = mean
        self.params["components.logvar"][rows] = xp.log(
            xp.maximum(square - mean * mean, SMALLEST_VARIANCE * self._variance(average)))

    def _variance(self, average):
        """The data's variance, (D,); where it is next to 0, a millionth of the others' mean."""
        xp = namespace(average)
        variance = average[self.x_dim:] - average[:self.x_dim] ** 2
        return xp.maximum(xp.maximum(variance, 1e-6 * xp.mean(variance)), TINY)

    def _around(self, x, average):
        """Statistics for components at examples x (K, D), with the variance of the data."""
        statistics = self._statistics(x)
        statistics[:, self.x_dim:] += self._variance(average)
        return statistics
