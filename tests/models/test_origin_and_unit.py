"""A mixture of Gaussians does not know where 0 lies, nor in which unit its data are measured.

The data are multiples of a power of two, and so are the shifts: shifting rounds nothing, and what
differs afterwards is the library's doing alone.
"""
import numpy as np
import pytest

import vae_np as vn
from vae_np.distributions import gaussian_log_prob
from vae_np.models import GaussianMixture
from vae_np.params import Layout, Params
from vae_np.priors import MixtureOfGaussians
from vae_np.runs import Run, read_metrics, save_model
from vae_np.runs.export import export

D, K, N = 3, 4, 400
# (dtype, shift, grid): the farthest shift still tells neighbours on the grid apart.
PLACES = [("float64", 2.0 ** 20, 2.0 ** -10), ("float64", -2.0 ** 27, 2.0 ** -10),
          ("float64", 2.0 ** 40, 2.0 ** -10), ("float32", 2.0 ** 14, 2.0 ** -6),
          ("float32", -2.0 ** 20, 2.0 ** -3)]
SHIFTS = pytest.mark.parametrize("dtype, shift, grid", PLACES)


def clusters(grid=2.0 ** -10, seed=1):
    """K clusters 4 standard deviations apart, (N, D) on a grid."""
    rng = np.random.default_rng(seed)
    x = 4.0 * rng.integers(2, size=(N, D)) * [1, 1, 0] + rng.standard_normal((N, D))
    return np.round(x / grid) * grid


def trained(x, dtype="float64", epochs=30, **settings):
    """(model, its history) after EM from a seed."""
    model = GaussianMixture(x.shape[1], K, dtype=dtype)
    history = vn.fit(model, x, epochs=epochs, batch_size=len(x), rng=np.random.default_rng(3),
                     **settings)
    return model, np.array([row["train_log_px"] for row in history])


def written_out(model, x):
    """log p(x) with each square taken as it stands."""
    given = gaussian_log_prob(x[:, None], model.params["components.mean"],
                              model.params["components.logvar"])
    return np.logaddexp.reduce(given + model.log_mixing(), axis=1)


@SHIFTS
def test_shifting_data_and_means_shifts_nothing_in_log_px(dtype, shift, grid):
    x, rng = clusters(grid), np.random.default_rng(0)
    here, there = (GaussianMixture(D, K, dtype=dtype) for _ in range(2))
    for model, place in ((here, 0.0), (there, shift)):
        model.params["components.mean"] = clusters(grid, seed=2)[:K] + place
        model.params["components.logvar"] = np.linspace(-3.0, 1.0, K)[:, None]
        model.params["mixing.logits"] = np.arange(K)
    rtol = 1e-12 if dtype == "float64" else 3e-7  # of results: sums are taken in float64
    np.testing.assert_allclose(there.log_prob(x + shift), here.log_prob(x), rtol=rtol)
    np.testing.assert_allclose(here.log_prob(x), written_out(here, x), rtol=rtol)
    np.testing.assert_allclose(there.responsibilities(x + shift), here.responsibilities(x),
                               rtol=1e-9, atol=1e-30)
    for one, other in zip(there.log_prob_and_grad(x + shift), here.log_prob_and_grad(x)):
        np.testing.assert_allclose(one, other, rtol=rtol, atol=rtol)
    assert rng is not None


@pytest.mark.parametrize("pseudo_count", [0.0, 0.5])
@SHIFTS
def test_em_climbs_the_same_way_wherever_the_data_lie(dtype, shift, grid, pseudo_count):
    """A float64 mean is rounded to half an ulp of the shift: at 2⁴⁰ that is 2⁻¹⁴."""
    x = clusters(grid)
    here, climb = trained(x, dtype, pseudo_count=pseudo_count)
    there, shifted_climb = trained(x + shift, dtype, pseudo_count=pseudo_count)
    ulp = np.spacing(abs(shift))
    np.testing.assert_allclose(shifted_climb, climb, atol=1e-11 + ulp, rtol=0)
    np.testing.assert_allclose(there.params["components.mean"] - shift,
                               here.params["components.mean"], atol=1e-9 + 10 * ulp)
    np.testing.assert_allclose(there.params["components.logvar"],
                               here.params["components.logvar"], atol=1e-9 + 10 * ulp)
    if not pseudo_count:
        assert np.diff(shifted_climb).min() > -1e-12 - ulp ** 2


def test_draws_and_files_keep_the_place(tmp_path):
    x, shift = clusters(), 2.0 ** 30
    here, _ = trained(x)
    there, _ = trained(x + shift)
    for draw in ("sample", "sample_mean"):
        near, far = (getattr(model, draw)(50, np.random.default_rng(5)) for model in (here, there))
        np.testing.assert_allclose(far - shift, near, atol=1e-5)
    save_model(there, tmp_path / "model.npz")
    again = vn.load(tmp_path / "model.npz")
    np.testing.assert_array_equal(again.log_prob(x + shift), there.log_prob(x + shift))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_run_far_from_0_resumes_and_is_exported_as_it_is(dtype, tmp_path):
    x = clusters(2.0 ** -3).astype(np.float32) + 2.0 ** 20
    np.save(tmp_path / "far.npy", x)
    config = {"data": str(tmp_path / "far.npy"), "seed": 0, "device": "cpu",
              "model": {"class": "GaussianMixture", "components": K, "dtype": dtype},
              "training": {"epochs": 6}}
    whole = Run.create(tmp_path / "whole", config)
    whole.train(Silent())
    Run.create(tmp_path / "half", {**config, "training": {"epochs": 3}}).train(Silent())
    half = Run.resume(tmp_path / "half", {"epochs": 6})
    half.train(Silent())
    np.testing.assert_array_equal(half.model.params.vector, whole.model.params.vector)
    climb = [row["train_log_px"] for row in read_metrics(tmp_path / "half")]
    assert min(np.diff(climb)) > -1e-12
    export(tmp_path / "whole", tmp_path / "kept")
    np.testing.assert_array_equal(vn.load(tmp_path / "kept").params.vector,
                                  whole.model.params.vector)


class Silent:
    def step(self, loop):
        """Nothing is told."""

    def record(self, record):
        """Nothing is told."""


@pytest.mark.parametrize("dtype, unit", [("float32", 2.0 ** 100), ("float32", 2.0 ** -100),
                                         ("float64", 2.0 ** 100), ("float64", 2.0 ** -120)])
def test_another_unit_adds_its_logarithm_to_log_px_and_no_more(dtype, unit):
    """2¹⁰⁰ is 1.3e30: its square is beyond float32."""
    x = clusters(2.0 ** -6)
    here, climb = trained(x, dtype)
    there, other_climb = trained(x * unit, dtype)
    np.testing.assert_allclose(other_climb + D * np.log(unit), climb, atol=1e-9)
    np.testing.assert_allclose(there.params["components.mean"] / unit,
                               here.params["components.mean"], rtol=1e-9, atol=1e-9)
    assert there.log_prob(x * unit).mean() + D * np.log(unit) \
        == pytest.approx(here.log_prob(x).mean(), abs=1e-4)


@pytest.mark.parametrize("unit", [2.0 ** 660, 2.0 ** -660])
def test_squares_beyond_float64_are_never_taken(unit):
    x = clusters()
    fits = []
    for data in (x, x * unit):
        model = GaussianMixture(D, K, dtype="float64").seed(data, np.random.default_rng(3))
        for _ in range(20):
            model.m_step(model.e_step(data))
        fits.append(model.log_prob(data))
    np.testing.assert_allclose(fits[1] + D * np.log(unit), fits[0], atol=1e-9)


def test_numbers_beyond_what_can_be_subtracted_are_refused():
    for far in (np.nan, np.inf, 1.7e308):
        bad = clusters()
        bad[0], bad[9] = -1.7e308, far
        model = GaussianMixture(D, K, dtype="float64")
        with pytest.raises(ValueError, match="x must hold finite numbers, none of them so far"):
            model.seed(bad, np.random.default_rng(3))
        assert not model.is_seeded


def test_one_example_far_from_all_others_costs_no_digits():
    """A forgotten 999999999 among numbers of size 1."""
    x = clusters()
    x[7, 1] = 999_999_999.0
    model, climb = trained(x, pseudo_count=0.0)
    assert np.diff(climb).min() > -1e-9
    np.testing.assert_allclose(model.log_prob(x), written_out(model, x), atol=1e-8)


def test_a_column_that_never_varies_may_lie_anywhere():
    x = clusters()
    x[:, 2] = 0.0
    here, climb = trained(x)
    for place in (1e3 / 3, 1e9 + 0.1, 1e15):
        there, other_climb = trained(x + [0.0, 0.0, place])
        np.testing.assert_allclose(other_climb, climb, atol=1e-9)
    same = np.full((9, D), 1e9 / 3)
    for model in (GaussianMixture(D, 2, dtype="float64").seed(same, np.random.default_rng(3)),
                  GaussianMixture(D, 2).seed(same, np.random.default_rng(3))):
        first = model.log_prob(same).mean()
        for _ in range(3):
            model.m_step(model.e_step(same))
        assert np.isfinite(model.params.vector).all()
        assert model.log_prob(same).mean() >= first


def test_data_elsewhere_than_those_before_are_found_again():
    """A second fit, on data far from where the first one left the components."""
    x, shift = clusters(), 2.0 ** 30
    model, _ = trained(x)
    history = vn.fit(model, x + shift, epochs=30, batch_size=N, rng=np.random.default_rng(3),
                     pseudo_count=0.0)
    assert np.diff([row["train_log_px"] for row in history]).min() > -1e-9
    moments = x.mean(axis=0), x.var(axis=0)
    weights = np.exp(model.log_mixing())[:, None]
    mean = model.params["components.mean"] - shift
    np.testing.assert_allclose((weights * mean).sum(axis=0), moments[0], atol=1e-6)
    spread = (weights * (np.exp(model.params["components.logvar"]) + mean ** 2)).sum(axis=0)
    np.testing.assert_allclose(spread - moments[0] ** 2, moments[1], rtol=1e-6)


@pytest.mark.parametrize("shift", [0.0, 2.0 ** 20, -2.0 ** 40])
def test_as_a_prior_it_does_not_depend_on_the_origin_either(shift):
    rng, prior = np.random.default_rng(0), MixtureOfGaussians(D, K)
    z, slope = clusters()[:20], rng.standard_normal(20)
    results = []
    for place in (0.0, shift):
        params = Params.zeros(Layout(prior.shapes()), "float64")
        params["prior.components.mean"] = clusters(seed=2)[:K] + place
        params["prior.components.logvar"] = np.linspace(-3.0, 1.0, K)[:, None]
        grads = params.like(np.zeros_like(params.vector))
        log_pz, cache = prior.log_prob(params, z + place)
        results.append((log_pz, prior.backward(params, cache, slope, grads), grads.vector))
    for here, there in zip(*results, strict=True):
        np.testing.assert_allclose(there, here, rtol=1e-10, atol=1e-10)


def test_a_run_of_an_earlier_release_goes_on(tmp_path):
    """It held float32 parameters of a float32 model; now they are float64."""
    np.save(tmp_path / "data.npy", clusters().astype(np.float32))
    run = Run.create(tmp_path / "run", {
        "data": str(tmp_path / "data.npy"), "seed": 0, "device": "cpu",
        "model": {"class": "GaussianMixture", "components": K}, "training": {"epochs": 3}})
    run.train(Silent())
    trainer = run.loop.trainer
    state = {name: array.astype(np.float32) for name, array in trainer.state().items()}
    trainer.load_state(state)
    np.testing.assert_array_equal(run.model.params.vector, state["params"])
    single = vn.VAE(D, 2, (), likelihood="gaussian")
    assert run.model.dtype == single.dtype == np.float32 \
        and run.model.log_prob(clusters()).dtype == np.float32
