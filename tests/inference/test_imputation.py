"""Weighted sums and draws that come lot by lot: the same as all at once."""
import numpy as np
import pytest

from vae_np.inference.diagnostics import RunningMean
from vae_np.inference.imputation import _Moments, _resample

K, N, D = 11, 3, 2


@pytest.fixture
def weighted():
    """Logarithms of weights that rise by a hundred nats and more, means and variances."""
    rng = np.random.default_rng(0)
    log_w = np.linspace(-900.0, -760.0, K)[:, None] + 3.0 * rng.standard_normal((K, N))
    log_w[:, 0] = rng.standard_normal(K)  # and of one row, that hardly do
    return log_w, 1e6 + rng.standard_normal((K, N, D)), rng.random((K, N, D))


def lots(size):
    return [slice(start, start + size) for start in range(0, K, size)]


@pytest.mark.parametrize("size", [1, 3, 4, K])
def test_moments_by_lots_are_those_of_all(weighted, size):
    log_w, mean, variance = weighted
    running, share = _Moments(), None
    for lot in lots(size):
        share = running.add(log_w[lot], mean[lot], variance[lot])
    w = np.exp(log_w - log_w.max(axis=0))
    last = lots(size)[-1]
    np.testing.assert_allclose(share, w[last].sum(axis=0) / w.sum(axis=0), rtol=1e-12)
    w = (w / w.sum(axis=0))[..., None]
    m = (w * mean).sum(axis=0)
    found = running.result()
    np.testing.assert_allclose(found[0], m, rtol=1e-15)
    np.testing.assert_allclose(found[1] ** 2, (w * (variance + (mean - m) ** 2)).sum(axis=0),
                               rtol=1e-8)
    np.testing.assert_allclose(found[2] ** 2, (w ** 2 * (mean - m) ** 2).sum(axis=0), rtol=1e-7,
                               atol=1e-13)  # the sums count from the first mean
    np.testing.assert_allclose(found[3], 1.0 / (w ** 2).sum(axis=0)[:, 0], rtol=1e-12)


@pytest.mark.parametrize("size", [1, 3, K])
def test_each_z_is_drawn_with_its_own_weight(size):
    """4000 slots; each frequency within six standard errors: false alarms are 7e-8 in all."""
    rng, slots_in_all = np.random.default_rng(1), 4000
    log_w = rng.standard_normal((K, N))
    z = np.broadcast_to(np.arange(K, dtype=float)[:, None, None], (K, N, 1))
    running, slots = _Moments(), None
    for lot in lots(size):
        share = running.add(log_w[lot], z[lot], z[lot])
        slots = _resample(slots, z[lot], log_w[lot], share, slots_in_all, rng)
    p = np.exp(log_w) / np.exp(log_w).sum(axis=0)
    found = (slots[..., 0] == np.arange(K)[:, None, None]).mean(axis=1)
    assert (np.abs(found - p) <= 6.0 * np.sqrt(p * (1.0 - p) / slots_in_all)).all()


@pytest.mark.parametrize("size", [1, 4, K])
def test_a_mean_by_lots_is_that_of_all(size):
    numbers = 1e9 + np.random.default_rng(2).standard_normal((K, N))
    running = RunningMean()
    for lot in lots(size):
        running.add(numbers[lot])
    mean, stderr = running.result()
    np.testing.assert_allclose(mean, numbers.mean(axis=0), rtol=1e-15)
    np.testing.assert_allclose(stderr, numbers.std(axis=0, ddof=1) / np.sqrt(K), rtol=1e-6)
    numbers[2, 1] = -np.inf
    assert RunningMean().add(numbers).result()[0][1] == -np.inf
    assert np.isnan(RunningMean().add(numbers[:1]).result()[1]).all()
