"""Mixtures by EM: exact densities, a climb that never falls, fixed points, seeding, resuming."""
import itertools

import numpy as np
import pytest

import vae_np as vn
from vae_np.distributions import bernoulli_log_prob, gaussian_log_prob
from vae_np.models.mixture import BernoulliMixture, GaussianMixture
from vae_np.runs import Run, read_metrics

D, K, N = 6, 4, 60


class Silent:
    def step(self, loop):
        """Nothing is told."""

    def record(self, record):
        """Nothing is told."""


def random_mixture(cls, seed=0, dim=D, components=K):
    rng = np.random.default_rng(seed)
    model = cls(dim, components, dtype="float64")
    model.params.vector[:] = rng.standard_normal(model.params.layout.size)
    return model


def data_for(cls, seed=1, n=N):
    """Draws from another mixture of the kind."""
    return random_mixture(cls, seed + 100).sample(n, np.random.default_rng(seed))


def train(model, x, epochs, seed=0, **settings):
    return vn.fit(model, x, epochs=epochs, batch_size=len(x), rng=np.random.default_rng(seed),
                  **settings)


KINDS = pytest.mark.parametrize("cls", [BernoulliMixture, GaussianMixture])


# -- the density -------------------------------------------------------------------------------

@KINDS
def test_log_prob_is_the_sum_over_components_written_out(cls):
    model, x = random_mixture(cls), data_for(cls)
    heads = {head: model.params[f"components.{head}"] for head in model.likelihood.heads(D)}
    given = (bernoulli_log_prob(x[:, None], heads["logits"]) if cls is BernoulliMixture
             else gaussian_log_prob(x[:, None], heads["mean"], heads["logvar"]))
    weights = np.exp(model.params["mixing.logits"])
    joint = weights / weights.sum() * np.exp(given)
    np.testing.assert_allclose(model.log_prob(x), np.log(joint.sum(axis=1)), rtol=1e-12)
    np.testing.assert_allclose(model.responsibilities(x), joint / joint.sum(axis=1)[:, None],
                               rtol=1e-10)
    assert model.log_prob(x.reshape(3, 20, D)).shape == (3, 20)
    assert model.responsibilities(x[0]).shape == (K,)


def test_the_probabilities_of_all_binary_x_add_up_to_one():
    model = random_mixture(BernoulliMixture)
    every = np.array(list(itertools.product([0.0, 1.0], repeat=D)))
    assert np.exp(model.log_prob(every)).sum() == pytest.approx(1.0, rel=1e-13)


# -- EM ----------------------------------------------------------------------------------------

@KINDS
@pytest.mark.parametrize("pseudo_count, what", [(0.0, "train_log_px"),
                                                (0.7, "train_log_posterior")])
def test_em_never_falls(cls, pseudo_count, what):
    """To rounding: the shuffle changes the order of the sums."""
    for seed in range(5):
        history = train(cls(D, K, dtype="float64"), data_for(cls, seed), 60, seed,
                        pseudo_count=pseudo_count)
        values = np.array([record[what] for record in history])
        assert (np.diff(values) >= -1e-12 * np.abs(values[1:])).all()
        assert values[-1] > values[0] + 0.1
