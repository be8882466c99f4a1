"""The mixture of diagonal Gaussians. How it learns is in `mixture`."""
import numpy as np

from .. import likelihoods
from ..backend import namespace, to_host
from ..priors import gaussian_family, squares_beside
from .mixture import TINY, Mixture

SMALLEST_VARIANCE = 1e-6  # of a component, relative to the variance of the data
FARTHEST = 1e4  # standard deviations from 0: beyond, squares multiplied out lose too many digits


class GaussianMixture(Mixture):
    """p(x|k) = N(x; mean_k, diag exp(logvar_k)): "components.mean", "components.logvar", (K, D).

    A variance is at least a millionth of the data's, or the likelihood would have no maximum:
    one component on one example could rise without bound. Sums are taken in float64 throughout.
    """

    likelihood = likelihoods.Gaussian()

    def seed(self, x, rng):
        """As `Mixture.seed`: x (N, D). Raises ValueError also where a column that varies lies more
        than 10 000 of its standard deviations from 0: log p(x) is worked out from x and x², and
        would be wrong there.
        """
        data = to_host(self._array(x, "x", self.x_dim)).astype(np.float64)
        mean, std = data.mean(axis=0), data.std(axis=0)
        varies = data.max(axis=0) > data.min(axis=0)
        far, = np.nonzero(varies & (np.abs(mean) > FARTHEST * std))
        if len(far):
            raise ValueError(
                f"column {far[0]} of x has the mean {mean[far[0]]:.6g} and the standard deviation "
                f"{std[far[0]]:.3g}: so far from 0 a Gaussian mixture loses its digits; subtract "
                "each column's mean first")
        return super().seed(x, rng)

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
