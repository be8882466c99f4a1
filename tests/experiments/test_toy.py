"""Quadrature over a latent plane agrees with what is known exactly, and with sampling."""
import json

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from vae_np import VAE
from vae_np.experiments import quadrature, toy
from vae_np.experiments.jobs import running

RNG = np.random.default_rng(3)


@pytest.fixture
def linear():
    """A linear-Gaussian model: p(x) = N(b, W Wᵀ + σ² I) and p(z|x) are known."""
    model = VAE(x_dim=3, z_dim=2, hidden=(), likelihood=("gaussian", 0.3), dtype="float64",
                rng=np.random.default_rng(0))
    model.params.vector[...] = 0.5 * np.random.default_rng(1).standard_normal(
        model.params.vector.shape)
    return model, 0.5 * np.random.default_rng(2).standard_normal((4, 3))


def test_log_px_and_kl_of_a_linear_model(linear):
    model, x = linear
    weights, bias = model.params["decoder.mean.W"], model.params["decoder.mean.b"]
    log_px = multivariate_normal(bias, weights.T @ weights + 0.3 * np.eye(3)).logpdf(x)
    covariance = np.linalg.inv(np.eye(2) + weights @ weights.T / 0.3)
    means = (x - bias) @ weights.T @ covariance / 0.3
    mean, logvar = model.encode(x)
    error = means - mean
    kl = 0.5 * (np.log(np.linalg.det(covariance)) - logvar.sum(axis=1)
                + np.exp(logvar) @ np.diagonal(np.linalg.inv(covariance)) - 2
                + np.einsum("ni,ij,nj->n", error, np.linalg.inv(covariance), error))
    measured = quadrature.measure(model, x, step=0.1)
    np.testing.assert_allclose(measured["log_px"], log_px, rtol=1e-10)
    np.testing.assert_allclose(measured["kl"], kl, rtol=1e-6)  # a wide q ends beyond the grid
    np.testing.assert_allclose(quadrature.bound(model, x), log_px - kl, rtol=1e-10)


def test_blocks_of_the_grid_do_not_change_the_sum(linear):
    whole = quadrature.measure(*linear, step=0.25)
    for name, values in quadrature.measure(*linear, step=0.25, points=100).items():
        np.testing.assert_allclose(values, whole[name], rtol=1e-12)


def test_toy_from_start_to_end(options, inline, tmp_path):
    """The gap is the KL, and sampling agrees: a false alarm in 10⁷, by 5.3 standard errors."""
    experiment = toy.Experiment(options(samples_seen=20_000), points=6, step=0.1)
    running.run_rounds(experiment.rounds(), inline())
    assert [path.name for path in experiment.draw()] == list(experiment.products)
    rows = [json.loads(line) for line in
            (experiment.out / "toy.jsonl").read_text().splitlines()]
    assert len(rows) == 6
    for row in rows:
        assert abs(row["residual"]) < 1e-6 and row["grid_error"] < 1e-4 and row["kl"] > 0
        assert abs(row["bound_sampled"] - row["bound"]) < 5.5 * row["bound_stderr"] + 1e-9
    text = (experiment.out / "toy.md").read_text()
    assert "6 test points of pinwheel" in text and "|---|---|" in text
    assert {line.replace("\\|", "").count("|") for line in text.splitlines()[4:]} == {3}
    assert {path.name for path in experiment.export(tmp_path / "kept")} == {
        "config.json", "metrics.jsonl", *experiment.products}
    again = inline()
    running.run_rounds(experiment.rounds(), again)
    assert again.log == []


def test_nothing_measured_is_said(options):
    with pytest.raises(ValueError, match="nothing to draw yet: .*quadrature.json is missing"):
        toy.Experiment(options()).draw()
