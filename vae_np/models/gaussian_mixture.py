"""The mixture of diagonal Gaussians. How it learns is in `mixture`."""
import numpy as np

from .. import likelihoods
from ..backend import namespace
from ..params import Params
from ..priors import (frame_in, frame_of, gaussian_family, squares_beside, squares_beside_backward,
                      wide)
from .mixture import ROWS, Mixture

SMALLEST_VARIANCE = 1e-6  # of a component, relative to the variance of the data
FEW = 64                  # rows whose mean lies in the midst of the data, near enough
SMALLEST_UNIT = 1e-15     # of data that are all the same, which have no width of their own


class GaussianMixture(Mixture):
    """p(x|k) = N(x; mean_k, diag exp(logvar_k)): "components.mean", "components.logvar", (K, D).

    A variance is at least a millionth of the data's, or the likelihood would have no maximum:
    one component on one example could rise without bound.

    Where the data lie does not matter, nor in which unit: log p(x), EM and draws are the same,
    shifted, for data far from 0. Sums are taken in float64, from the midst of the data. The
    parameters are float64 too, whatever `dtype` says of x and of what comes out: in float32 a mean
    of 10⁶ would move in steps of 1/16.
    """

    likelihood = likelihoods.Gaussian()
    rounds_to_half = False  # a mean far from 0 would lose its place

    def _make_params(self, layout, dtype):
        super()._make_params(layout, dtype)
        self._own_dtype = self.params.vector.dtype
        self.params = Params.zeros(layout, wide(dtype))

    @property
    def dtype(self):
        """The dtype of data and results, float32 or float64; the parameters are float64."""
        kept = super().dtype
        return self._own_dtype if kept == np.float64 else kept  # complex: the complex step's

    def log_prob_and_grad(self, x):
        """(log p(x) (...), its gradient in x (..., D)): Σ_k p(k|x) (mean_k − x) / variance_k."""
        x = self._array(x, "x", self.x_dim)
        xp, frame = namespace(x), self._frame()
        slopes = self._family(frame)[0].T
        values, gradients = [], []
        for statistics, log_px, r in self._in_blocks(x.reshape(-1, self.x_dim), frame):
            values.append(log_px)
            gradients.append(squares_beside_backward(r @ slopes, statistics, frame))
        return (xp.concatenate(values).astype(self.dtype).reshape(x.shape[:-1]),
                xp.concatenate(gradients).astype(self.dtype).reshape(x.shape))

    # -- where it counts from ------------------------------------------------------------------

    def _frame(self):
        return frame_of(self.params["components.mean"], self.params["components.logvar"],
                        self.log_mixing())

    def _frame_at(self, x):
        """The components' widths, counted from the midst of the data: after an M step on other
        data than these the components may lie anywhere.
        """
        return self._frame()._replace(origin=_midst(x))

    def _first_frame(self, x):
        """The farthest that a column goes from its midst is its unit.

        Raises ValueError where a column goes so far that float64 cannot say how far.
        """
        xp = namespace(x)
        with np.errstate(over="ignore", invalid="ignore"):
            origin = _midst(x)
            unit = _farthest(x, origin)
        widest = float(xp.max(unit))
        if not np.isfinite(widest):
            raise ValueError("x must hold finite numbers, none of them so far from the others "
                             "that their distance is infinite in float64")
        same = widest < 1e-290  # whose reciprocal float64 can just hold
        return frame_in(origin, unit + SMALLEST_UNIT if same else xp.maximum(unit, 1e-3 * widest))

    def _in_one_unit(self, x, frame):
        """x from its midst, within [−1, 1]: squares neither overflow nor vanish."""
        xp = namespace(x)
        widest = float(xp.max(_farthest(x, frame.origin))) or 1.0
        return xp.concatenate([((x[start:start + ROWS] - frame.origin) / widest).astype(x.dtype)
                               for start in range(0, len(x), ROWS)])

    # -- the exponential family ----------------------------------------------------------------

    def _statistics(self, x, frame):
        """T(x) = (u, u²), in float64: u is x as the frame counts it."""
        return squares_beside(x, frame)

    def _family(self, frame):
        """(slopes (2D, K), constants (K,)): the square (x − mean)² / variance multiplied out."""
        return gaussian_family(self.params["components.mean"], self.params["components.logvar"],
                               frame)

    def _finish_average(self, average, n):
        return average

    def _set_components(self, means, average, frame, rows=slice(None)):
        xp = namespace(means)
        mean, square = means[:, :self.x_dim], means[:, self.x_dim:]
        variance = xp.maximum(square - mean * mean,
                              SMALLEST_VARIANCE * self._variance(average, frame))
        self.params["components.mean"][rows] = frame.origin + frame.unit * mean
        self.params["components.logvar"][rows] = xp.log(variance) + 2.0 * xp.log(frame.unit)

    def _variance(self, average, frame):
        """The data's variance in the frame's unit, (D,); where it is next to 0, a millionth of the
        others' mean, and where all are 0, the square of the smallest unit.
        """
        xp = namespace(average)
        variance = xp.maximum(average[self.x_dim:] - average[:self.x_dim] ** 2, 0.0)
        relative = (frame.unit / xp.max(frame.unit)) ** 2
        others = xp.mean(variance * relative)
        return xp.where(others > 0.0, xp.maximum(variance, 1e-6 * others / relative),
                        xp.minimum(SMALLEST_UNIT / frame.unit, 1.0) ** 2)

    def _around(self, x, average, frame):
        """Statistics for components at examples x (K, D), with the variance of the data."""
        statistics = self._statistics(x, frame)
        statistics[:, self.x_dim:] += self._variance(average, frame)
        return statistics


def _midst(x):
    """A point amid the data x (N, D), in float64: the mean of the first rows. Where a column holds
    one number alone it is that number, to the last digit.
    """
    first = x[0].astype(np.float64)
    return first + namespace(x).mean(x[:FEW] - first, axis=0)


def _farthest(x, origin):
    """The largest distance of each column of x (N, D) from the origin (D,), in float64."""
    xp = namespace(x)
    return xp.max(xp.stack([xp.max(xp.abs(x[start:start + ROWS] - origin), axis=0)
                            for start in range(0, len(x), ROWS)]), axis=0)
