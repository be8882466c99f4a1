"""The aggregate posterior and the priors that learn it: the experiment, and what it measures."""
import json

import numpy as np
import pytest

import vae_np as vn
from vae_np.experiments import priors
from vae_np.experiments.jobs import running


def test_from_start_to_end(options, inline):
    """The networks are the same in every row, so the gain is the prior's alone."""
    experiment = priors.Experiment(options(samples_seen=8000))
    running.run_rounds(experiment.rounds(), inline())
    assert [path.name for path in experiment.draw()] == list(experiment.products)
    rows = {row["name"]: row for row in map(json.loads, (
        experiment.out / "priors.json").read_text().splitlines())}
    assert list(rows) == ["vae", "mixture", "vamp", "coupling"]
    assert rows["vae"]["gain"] == 0.0 and rows["coupling"]["gain"] > 0.0
    for row in rows.values():
        assert row["bound"] == pytest.approx(rows["vae"]["bound"] + row["gain"], abs=2e-4)
        assert row["marginal"] > -5 * row["marginal_stderr"]
    page = (experiment.out / "priors.md").read_text()
    assert "| standard-normal | −" in page and "|---|---|---|---|" in page
    models = [vn.load(experiment.out / name) for name in rows]
    for model in models[1:]:
        np.testing.assert_array_equal(model.params.part("decoder").vector,
                                      models[0].params.part("decoder").vector)
    again = priors.Experiment(options(samples_seen=8000))
    assert all(job.done() for job in again.jobs)


def test_there_is_nothing_to_draw_before_the_first_measurement(options):
    with pytest.raises(ValueError, match="nothing to draw yet"):
        priors.Experiment(options()).draw()


def test_marginal_divergence_of_a_prior_that_is_the_aggregate_posterior_is_0():
    """A VampPrior whose pseudo-inputs are the data; and of N(0, I) it is what is left of the mean
    KL after the information that a code has about its image.
    """
    rng = np.random.default_rng(0)
    x = rng.standard_normal((30, 5))
    model = vn.VAE(5, 2, (6,), likelihood="gaussian:0.3", dtype="float64", prior="vamp:30")
    model.params.vector[...] += 0.5 * rng.standard_normal(len(model.params.vector))
    model.params["prior.pseudo_inputs"] = x
    eps = model.noise(rng, 30, 4)
    np.testing.assert_allclose(priors.marginal_divergence(model, x, eps), 0.0, atol=1e-10)
    plain = vn.VAE(5, 2, (6,), likelihood="gaussian:0.3", dtype="float64")
    for part in ("encoder", "decoder"):
        plain.params.part(part).vector[...] = model.params.part(part).vector
    eps = plain.noise(rng, 30, 3000)
    z, log_q, _ = plain.posterior(x).sample(eps)
    information = (log_q - model.log_prior(z)).mean()  # KL( q(z|x) ‖ q̄ ), over x
    kl = plain.posterior(x).kl(plain.prior).mean()
    left = priors.marginal_divergence(plain, x, eps[:1500])
    assert kl - information == pytest.approx(left.mean(), abs=6 * left.std() / 1500**0.5)
