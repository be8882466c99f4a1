"""The mixture of diagonal Gaussians. How it learns is in `mixture`."""
from .. import likelihoods
from ..backend import namespace
from ..priors import gaussian_family, squares_beside
from .mixture import TINY, Mixture

SMALLEST_VARIANCE = 1e-6  # of a component, relative to the variance of the data


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
        return squares_beside(x)

    def _family(self):
        """(slopes (2D, K), constants (K,)): the square (x − mean)² / variance multiplied out."""
        return gaussian_family(self.params["components.mean"], self.params["components.logvar"])

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
