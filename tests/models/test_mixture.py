"""Mixtures by EM: exact densities, a climb that never falls, fixed points, seeding, resuming."""
import itertools

import numpy as np
import pytest

import vae_np as vn
from vae_np.distributions import bernoulli_log_prob, gaussian_log_prob
from vae_np.inference import estimates
from vae_np.models import BernoulliMixture, GaussianMixture
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
    return vn.fit(model, x, epochs=epochs, rng=np.random.default_rng(seed),
                  **{"pseudo_count": 0.0, **settings})


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
    estimate = estimates.exact(model, x)
    np.testing.assert_array_equal(estimate.log_px, model.log_prob(x))
    assert not estimate.mc_stderr.any() and all(len(part) == N for part in estimate[:3])
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


@KINDS
@pytest.mark.parametrize("pseudo_count", [0.0, 3.0])
def test_one_component_is_the_closed_form_after_one_step(cls, pseudo_count):
    x, model = data_for(cls), cls(D, 1, dtype="float64")
    train(model, x, 1, pseudo_count=pseudo_count)
    total = N + pseudo_count
    if cls is BernoulliMixture:
        average = (x.sum(axis=0) + 0.5) / (N + 1)
        mean = (x.sum(axis=0) + pseudo_count * average) / total
        np.testing.assert_allclose(model.params["components.logits"][0],
                                   np.log(mean / (1.0 - mean)), rtol=1e-12)
    else:
        np.testing.assert_allclose(model.params["components.mean"][0], x.mean(axis=0),
                                   rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(model.params["components.logvar"][0],
                                   np.log(x.var(axis=0)), rtol=1e-10, atol=1e-12)


def numeric_gradient(model, x):
    """∂ mean log p(x) / ∂ every parameter, by central differences."""
    vector, slopes = model.params.vector, np.empty(model.params.layout.size)
    for i in range(len(vector)):
        value, ends = vector[i], []
        for step in (1e-5, -1e-5):
            vector[i] = value + step
            ends.append(model.log_prob(x).mean())
        vector[i] = value
        slopes[i] = (ends[0] - ends[1]) / 2e-5
    return model.params.like(slopes)


@KINDS
def test_the_gradient_of_log_px_is_that_of_the_shares(cls):
    """Fisher's identity, which EM rests on: ∂ log p(x) = Σ_k p(k|x) ∂ log p(x, k)."""
    model, x = random_mixture(cls), data_for(cls)
    r, numeric = model.responsibilities(x), numeric_gradient(model, x)
    weights = np.exp(model.log_mixing())
    np.testing.assert_allclose(numeric["mixing.logits"], (r - weights).mean(axis=0), atol=1e-9)
    if cls is BernoulliMixture:
        means = 1.0 / (1.0 + np.exp(-model.params["components.logits"]))
        shares = r[:, :, None] * (x[:, None] - means)
        np.testing.assert_allclose(numeric["components.logits"], shares.mean(axis=0), atol=1e-9)
    else:
        variance = np.exp(model.params["components.logvar"])
        shares = r[:, :, None] * (x[:, None] - model.params["components.mean"]) / variance
        np.testing.assert_allclose(numeric["components.mean"], shares.mean(axis=0), atol=1e-8)


@KINDS
def test_where_em_rests_the_gradient_is_zero(cls):
    x, model = data_for(cls, n=200), cls(D, 2, dtype="float64")
    train(model, x, 1)
    assert np.abs(numeric_gradient(model, x).vector).max() > 1e-3
    for _ in range(4000):
        model.m_step(model.e_step(x))
    slopes = numeric_gradient(model, x).vector
    at_the_limit = np.abs(model.params.vector) > 13.8  # a mean of 1e-6, which would go on to 0
    assert np.abs(slopes[~at_the_limit]).max() < 1e-8 and at_the_limit.sum() <= 2
    assert (slopes * np.sign(model.params.vector))[at_the_limit].min(initial=1.0) > 0.0


def test_a_known_mixture_of_gaussians_is_found_again():
    """Clusters 10 standard deviations apart, 1000 draws from each: a mean lies within 6/√1000 of
    the truth but for once in 10⁸ (6 coordinates). Seeded by k-means++, for every seed of 5.
    """
    truth = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    for seed in range(5):
        x = np.repeat(truth, 1000, axis=0) + np.random.default_rng(seed).standard_normal((3000, 2))
        model = GaussianMixture(2, 3, dtype="float64")
        train(model, x, 20, seed)
        mean = model.params["components.mean"]
        found = mean[[np.argmin(((mean - place) ** 2).sum(axis=1)) for place in truth]]
        assert np.abs(found - truth).max() < 6 / np.sqrt(1000)
        np.testing.assert_allclose(np.exp(model.log_mixing()), 1 / 3, atol=1e-6)
        np.testing.assert_allclose(model.params["components.logvar"], 0.0,
                                   atol=6 * np.sqrt(2 / 1000))


def test_samples_have_the_mixture_s_mean(averages_to):
    for cls in (BernoulliMixture, GaussianMixture):
        model, rng = random_mixture(cls), np.random.default_rng(3)
        weights = np.exp(model.log_mixing())
        expected = weights @ model.likelihood.mean(
            {head: model.params[f"components.{head}"] for head in model.likelihood.heads(D)})
        averages_to(model.sample(20_000, rng), expected, sees=0.3)
        averages_to(model.sample_mean(20_000, rng), expected, sees=0.3)


# -- components that nobody needs --------------------------------------------------------------

def with_an_empty_component(cls, x):
    model = cls(D, K, dtype="float64")
    train(model, x, 3)
    model.params["mixing.logits"][1] = -60.0
    return model


@KINDS
@pytest.mark.parametrize("pseudo_count", [0.0, 0.01])
def test_an_empty_component_is_moved_only_uphill(cls, pseudo_count):
    x = data_for(cls, n=200)
    x[7] = 1.0 - x[0] if cls is BernoulliMixture else 30.0  # something to explain
    model = with_an_empty_component(cls, x[8:])
    expected = model.e_step(x)
    objective = expected.log_px.sum() + model.log_parameter_prior(expected, pseudo_count)
    assert expected.counts[1] < 1e-6
    assert model.revive(x, expected, pseudo_count)
    revived = model.e_step(x)
    assert revived.log_px.sum() + model.log_parameter_prior(revived, pseudo_count) > objective
    assert revived.counts[1] > 1e-3
    history = train(model, x, 20, pseudo_count=pseudo_count)
    climb = [record["train_log_posterior" if pseudo_count else "train_log_px"]
             for record in history]
    assert climb[0] * len(x) > objective and (np.diff(climb) >= -1e-12 * np.abs(climb[1:])).all()


@KINDS
def test_an_empty_component_stays_where_moving_it_gains_nothing(cls):
    """All examples are alike, and one component says so with certainty."""
    x = np.ones((50, D))
    model = with_an_empty_component(cls, x)
    before = model.params.vector.copy()
    assert not model.revive(x, model.e_step(x))
    np.testing.assert_array_equal(model.params.vector, before)


def test_a_component_that_explains_nothing_at_all_becomes_the_average():
    x = data_for(BernoulliMixture)
    model = random_mixture(BernoulliMixture)
    expected = model.e_step(x)
    expected.counts[2], expected.sums[2] = 0.0, 0.0
    model.m_step(expected)
    np.testing.assert_allclose(1.0 / (1.0 + np.exp(-model.params["components.logits"][2])),
                               (x.sum(axis=0) + 0.5) / (N + 1))
    assert np.isfinite(model.params.vector).all()


# -- the edges of the data ---------------------------------------------------------------------

@pytest.mark.parametrize("pseudo_count", [0.0, 1.0])
def test_a_pixel_never_seen_on_costs_no_infinity(pseudo_count):
    rng = np.random.default_rng(0)
    x = (rng.random((600, 30)) < 0.5).astype(np.float32)
    x[:, 5] = 0.0
    model = BernoulliMixture(30, 100)
    train(model, x, 10, pseudo_count=pseudo_count)
    surprise = x[:50].copy()
    surprise[:, 5] = 1.0
    assert (model.log_prob(surprise) > -30 * 13.9).all()
    assert (model.log_prob(surprise) < model.log_prob(x[:50])).all()


def test_a_gaussian_on_one_point_keeps_a_width():
    x = np.concatenate([np.random.default_rng(0).standard_normal((40, 3)), np.full((20, 3), 5.0)])
    x[:, 2] = 1.0  # and a column that never varies
    model = GaussianMixture(3, 4, dtype="float64")
    history = train(model, x, 50)
    assert np.isfinite(model.params.vector).all()
    assert (np.diff([record["train_log_px"] for record in history]) >= -1e-9).all()


@KINDS
def test_seeding_needs_as_many_examples_as_components_and_no_more(cls):
    with pytest.raises(ValueError, match="4 components .* at least as many examples, not from 3"):
        cls(D, K).seed(np.ones((3, D)), np.random.default_rng(0))
    model = cls(D, K).seed(np.ones((4, D)), np.random.default_rng(0))  # which are all alike
    assert np.isfinite(model.log_prob(np.ones((4, D)))).all()


def test_gradient_in_float32_and_of_any_shape():
    model, x = random_mixture(GaussianMixture), data_for(GaussianMixture)
    single = GaussianMixture(D, K)
    single.params.vector[:] = model.params.vector
    value, d_x = model.log_prob_and_grad(x.reshape(3, 20, D))
    assert value.shape == (3, 20) and d_x.shape == (3, 20, D)
    np.testing.assert_allclose(single.log_prob_and_grad(x)[1], d_x.reshape(N, D), rtol=1e-3,
                               atol=1e-4)
    assert single.log_prob(x).dtype == np.float32


# -- as runs -----------------------------------------------------------------------------------

def config(**training):
    return {"data": "pinwheel", "seed": 0, "device": "cpu",
            "model": {"class": "GaussianMixture", "components": 7},
            "training": {"epochs": 8, "batch_size": 10_000, "pseudo_count": 0.5, **training}}


def test_a_resumed_run_is_bit_for_bit_the_same(tmp_path):
    whole = Run.create(tmp_path / "whole", config())
    whole.train(Silent())
    Run.create(tmp_path / "halves", config(epochs=3)).train(Silent())
    halves = Run.resume(tmp_path / "halves", {"epochs": 8})
    halves.train(Silent())
    np.testing.assert_array_equal(halves.model.params.vector, whole.model.params.vector)
    records = read_metrics(tmp_path / "halves")
    assert [record["train_log_px"] for record in records] \
        == [record["train_log_px"] for record in read_metrics(tmp_path / "whole")]
    assert set(records[-1]) == {"epoch", "samples_seen", "train_log_px", "train_log_posterior",
                                "test_log_px", "seconds"}
    assert isinstance(vn.load(tmp_path / "halves"), GaussianMixture)


def test_a_second_fit_goes_on_where_the_first_ended():
    model, x = BernoulliMixture(D, K, dtype="float64"), data_for(BernoulliMixture)
    first = train(model, x, 5)
    assert train(model, x, 1)[0]["train_log_px"] >= first[-1]["train_log_px"]


@pytest.mark.parametrize("changes, message", [
    ({"batch_size": 100}, "whole training set at each step: batch_size must be 60, not 100"),
    ({"epochs": 1.5}, "90 samples are no whole number of its 60 examples"),
    ({"lr": 0.1}, "lr means nothing to a BernoulliMixture"),
    ({"schedule": "constant"}, "schedule means nothing to a BernoulliMixture"),
    ({"output_bias": False}, "output_bias means nothing to a BernoulliMixture"),
    ({"mc_samples": 2}, "mc_samples means nothing to a BernoulliMixture"),
    ({"pseudo_count": -1}, "pseudo_count must be a number of examples, 0 or more, not -1")])
def test_what_means_nothing_is_refused(changes, message):
    settings = {"epochs": 1, "batch_size": N, **changes}
    with pytest.raises(ValueError, match=message):
        vn.fit(BernoulliMixture(D, K), data_for(BernoulliMixture), **settings)


def test_the_pseudo_count_means_nothing_to_a_vae():
    with pytest.raises(ValueError, match="pseudo_count means nothing to a VAE"):
        vn.fit(vn.VAE(D, 2, ()), data_for(BernoulliMixture), pseudo_count=1.0)


def test_it_learns_the_digits():
    """One Bernoulli for each pixel scores about −206; ten of them about −170."""
    data = vn.load_dataset("mnist5k")
    model = BernoulliMixture(784, 10)
    history = train(model, data.train, 15, binarize="fixed", pseudo_count=1.0, test=data.test)
    assert -173 < history[-1]["test_log_px"] < -167


# -- the pseudo-count by default ---------------------------------------------------------------

@pytest.mark.parametrize("apart", [6.0, 20.0])
def test_by_default_clear_clusters_keep_their_places_and_widths(apart):
    """100 draws from each of 5, and each component has its own cluster's mean and variance. A
    whole average example makes the variance of clusters 20 apart 1.6 times as large.
    """
    truth = apart * np.eye(5)
    own = np.repeat(np.arange(5), 100)
    x = truth[own] + np.random.default_rng(0).standard_normal((500, 5))
    model = GaussianMixture(5, 5, dtype="float64")
    vn.fit(model, x, epochs=30, batch_size=500, rng=np.random.default_rng(1))
    mean, variance = model.params["components.mean"], np.exp(model.params["components.logvar"])
    for k, place in enumerate(truth):
        found = np.argmin(((mean - place) ** 2).sum(axis=1))
        mine = x[own == k]
        assert np.abs(mean[found] - mine.mean(axis=0)).max() < 0.03
        np.testing.assert_allclose(variance[found], mine.var(axis=0), rtol=0.05)


def test_each_kind_has_a_pseudo_count_of_its_own_by_default():
    x = {cls: data_for(cls) for cls in (BernoulliMixture, GaussianMixture)}
    for cls, pseudo_count in ((BernoulliMixture, 1.0), (GaussianMixture, 0.01)):
        said, unsaid = (cls(D, K, dtype="float64") for _ in range(2))
        for model, settings in ((said, {"pseudo_count": pseudo_count}), (unsaid, {})):
            vn.fit(model, x[cls], epochs=4, rng=np.random.default_rng(0), **settings)
        np.testing.assert_array_equal(said.params.vector, unsaid.params.vector)
