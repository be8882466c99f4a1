"""The DBN: the RBM that it is at the start, its log p(x) against enumeration, greedy training."""
import numpy as np
import pytest

import vae_np as vn
from vae_np.catalogue import settings_for
from vae_np.inference import energy
from vae_np.models import DBN, RBM
from vae_np.runs import Run


class Silent:
    def step(self, loop):
        """Nothing is told."""

    def record(self, record):
        """Nothing is told."""


def states(n):
    return np.array([[i >> bit & 1 for bit in range(n)] for i in range(2 ** n)], float)


def random_dbn(hidden=(4, 3), seed=0):
    dbn = DBN(5, hidden, dtype="float64")
    dbn.params.vector[:] = np.random.default_rng(seed).standard_normal(dbn.params.layout.size)
    return dbn


def exact_log_px(dbn, x):
    """log Σ_h p(x|h₁) ⋯ p_RBM(h_{L−1}), by a sum over all states of every layer."""
    below = np.exp(dbn.top.log_prob_exact(states(dbn.top.x_dim)))
    for rbm in reversed(dbn.directed):
        p = 1 / (1 + np.exp(-rbm.visible_logits(states(rbm.hidden))))
        targets = x if rbm is dbn.directed[0] or rbm.x_dim == dbn.x_dim else states(rbm.x_dim)
        down = np.prod(np.where(targets[:, None], p, 1 - p), axis=2)
        below = down @ below
    return np.log(below)


@pytest.mark.parametrize("hidden", [(4, 3), (4, 3, 2)], ids=str)
def test_weights_average_to_p_and_their_logarithms_to_less(averages_to, hidden):
    """20 000 draws of h for 6 images; an error of 25 % in any p(x) would be seen."""
    dbn, x = random_dbn(hidden), states(5)[[0, 3, 9, 17, 30, 31]]
    assert np.exp(exact_log_px(dbn, states(5))).sum() == pytest.approx(1.0, rel=1e-12)
    exact, log_z = exact_log_px(dbn, x), dbn.top.log_partition_exact()
    rng = np.random.default_rng(1)
    log_w = dbn.log_weights_unnormalised(x, dbn.noise(rng, 6, 20_000)) - log_z
    averages_to(np.exp(log_w - exact), np.ones(6), sees=0.25)
    assert (log_w.mean(axis=0) < exact).all()
    estimate = energy.log_likelihood(dbn, x, log_z, rng=np.random.default_rng(2), num_samples=3000)
    # Six of its own standard errors, and seven of the bound's: 1e-8 a number.
    assert (np.abs(estimate.log_px - exact) < 6 * estimate.mc_stderr).all()
    assert estimate.mc_stderr.max() < 0.1
    assert (estimate.details["bound"] < estimate.log_px).all()
    error = np.hypot(estimate.details["bound_stderr"], log_w.std(axis=0) / np.sqrt(20_000))
    assert (np.abs(estimate.details["bound"] - log_w.mean(axis=0)) < 7 * error).all()


def loop_for(dbn, x, test, rng, **settings):
    """A Loop with the plainest settings but those that are given."""
    plain = {"optimizer": "sgd", "momentum": 0.9, "persistent_chains": 0, "centre": False}
    return settings_for(dbn, {**plain, **settings}, len(x)).make_loop(dbn, x, test, rng)


def upside_down():
    """A DBN whose top RBM is its first layer with the roles exchanged."""
    dbn = random_dbn((4, 5))
    first, top = dbn.layers.values()
    top.params["W"] = first.params["W"].T
    top.params["visible.b"] = first.params["hidden.b"]
    top.params["hidden.b"] = first.params["visible.b"]
    return dbn, first


def test_with_the_first_layer_upside_down_on_top_it_is_that_rbm():
    """And q(h|x) is then the exact posterior: every weight equals p(x)."""
    dbn, first = upside_down()
    x = states(5)
    np.testing.assert_allclose(exact_log_px(dbn, x), first.log_prob_exact(x), rtol=1e-12)
    estimate = energy.log_likelihood(dbn, x, dbn.top.log_partition_exact(),
                                     rng=np.random.default_rng(0), num_samples=5)
    np.testing.assert_allclose(estimate.log_px, first.log_prob_exact(x), rtol=1e-12)
    np.testing.assert_allclose(estimate.details["bound"], first.log_prob_exact(x), rtol=1e-12)
    np.testing.assert_allclose(estimate.ess, 5.0)


def test_an_rbm_is_measured_by_the_same_function():
    dbn, first = upside_down()
    log_z = first.log_partition_exact()
    estimate = energy.log_likelihood(first, states(5), log_z, rng=np.random.default_rng(0))
    np.testing.assert_allclose(estimate.log_px, first.log_prob_exact(states(5)), rtol=1e-13)
    np.testing.assert_array_equal(estimate.details["bound"], estimate.log_px)
    assert not estimate.mc_stderr.any() and not estimate.details["bound_stderr"].any()
    with pytest.raises(ValueError, match="log_z must be a finite number"):
        energy.log_likelihood(first, states(5), np.nan, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="0 and 1 alone"):
        energy.log_likelihood(dbn, 0.5 * states(5), log_z, rng=np.random.default_rng(0))


def test_an_image_s_estimate_depends_on_its_place_alone():
    dbn = random_dbn()
    x = np.tile(states(5), (4, 1))
    whole, part = (energy.log_likelihood(dbn, x[:n], 1.0, rng=np.random.default_rng(0),
                                         num_samples=10) for n in (128, 60))
    for a, b in zip((*whole[:3], *whole.details.values()),
                    (*part[:3], *part.details.values()), strict=True):
        np.testing.assert_array_equal(a[:50], b[:50])


def test_samples_have_the_moments_of_the_model(averages_to):
    dbn = random_dbn((4, 3, 2), seed=3)
    mean = np.exp(exact_log_px(dbn, states(5))) @ states(5)
    averages_to(dbn.sample(4000, np.random.default_rng(6), steps=30), mean, sees=0.08)
    averages_to(dbn.sample_mean(4000, np.random.default_rng(6), steps=30), mean, sees=0.08)


def test_layers_are_views_and_learn_one_after_the_other():
    dbn = DBN(6, (5, 4, 3), dtype="float64")
    dbn.layers["layer1"].params["W"][0, 0] = 7.0
    assert dbn.params["layer1.W"][0, 0] == 7.0
    x = np.random.default_rng(0).integers(2, size=(20, 6)).astype(float)
    loop = loop_for(dbn, x, x, np.random.default_rng(1), epochs=3, batch_size=10, lr=0.1)
    moved, records = [], []
    vectors = lambda: [dbn.params.part(f"layer{i}").vector.copy() for i in range(3)]
    before = vectors()

    def note(loop):
        nonlocal before
        now = vectors()
        moved.append([not np.array_equal(*pair) for pair in zip(before, now, strict=True)])
        before = now
    loop.run(records.append, note)
    assert moved == 2 * [[True, False, False]] + 2 * [[False, True, False]] \
        + 2 * [[False, False, True]]
    assert [record["layer"] for record in records] == [0, 1, 2]


def test_the_rate_begins_anew_with_each_layer():
    dbn = DBN(6, (5, 4), dtype="float64")
    x = np.random.default_rng(0).integers(2, size=(40, 6)).astype(float)
    loop = loop_for(dbn, x, None, np.random.default_rng(1), epochs=2, batch_size=10, lr=0.1)
    rates = []
    loop.run(lambda record: None, lambda loop: rates.append(
        list(loop.trainer.optimizers.values())[loop.trainer.layer()].lr))
    assert rates[:4] == rates[4:] and rates[0] == 0.1 and rates[3] < 0.02


def test_a_layer_starts_as_the_one_below_upside_down_where_the_widths_allow():
    """Then nothing is lost at the start: the DBN is the RBM that it grew from. (lr = 1e-30 moves a
    number by less than a rounding.)
    """
    x = np.random.default_rng(0).integers(2, size=(40, 6)).astype(float)
    dbn = DBN(6, (5, 6), dtype="float64")
    dbn.params.part("layer0").vector[:] = np.random.default_rng(2).standard_normal(41)
    loop = loop_for(dbn, x, None, np.random.default_rng(1), epochs=2, batch_size=40, lr=1e-30)
    loop.run(lambda record: None)
    first, top = dbn.layers.values()
    np.testing.assert_array_equal(top.params["W"], first.params["W"].T)
    np.testing.assert_array_equal(top.params["visible.b"], first.params["hidden.b"])
    np.testing.assert_array_equal(top.params["hidden.b"], first.params["visible.b"])


def test_the_second_layer_makes_the_bound_better():
    """From exactly log p(x) of the first RBM, since the top has not begun, to the bound of the DBN
    with its exact Z: 0.04 nats, and the bound's error is below 0.001.
    """
    rng = np.random.default_rng(2)
    x = rng.integers(2, size=(8, 10)).astype(float)[rng.integers(8, size=400)]
    dbn = DBN(10, (3, 10), dtype="float64", rng=rng)
    loop = loop_for(dbn, x, None, rng, epochs=200, batch_size=50, lr=0.5,
                    momentum=0.0, centre=True, gibbs_steps=5)
    loop.run(lambda record: None, should_stop=lambda: loop.samples_seen >= 40_000)
    before = dbn.layers["layer0"].log_prob_exact(x).mean()
    assert loop.trainer.layer() == 0
    loop.run(lambda record: None)
    after = energy.log_likelihood(dbn, x, dbn.top.log_partition_exact(), num_samples=50,
                                  rng=np.random.default_rng(1))
    assert np.sqrt((after.details["bound_stderr"] ** 2).sum()) / 400 < 1e-3
    assert after.details["bound"].mean() > before + 0.02


def config(**training):
    return {"data": "mnist5k", "seed": 0, "device": "cpu",
            "model": {"class": "DBN", "hidden": [20, 15]},
            "training": {"epochs": 2, "binarize": "dynamic", "optimizer": "sgd", "lr": 0.05,
                         "momentum": 0.5, "persistent_chains": 30, "gibbs_steps": 2,
                         "weight_decay": 1e-4, "centre": True, **training}}


def test_a_run_that_is_resumed_in_each_layer_is_bit_for_bit_the_same(tmp_path):
    whole = Run.create(tmp_path / "whole", config())
    whole.train(Silent())
    run = Run.create(tmp_path / "parts", config())
    for stop in (1500, 4000, 5500, 8000):  # 4000 is where the second layer's turn begins
        run.train(Silent(), lambda: run.loop.samples_seen >= stop)
        run = Run.resume(tmp_path / "parts")
    np.testing.assert_array_equal(run.model.params.vector, whole.model.params.vector)
    state, expected = (one.loop.trainer.state() for one in (run, whole))
    for name, array in expected.items():
        np.testing.assert_array_equal(state[name], array)
    assert isinstance(vn.load(tmp_path / "parts"), DBN)
    assert vn.load(tmp_path / "parts").hidden == (20, 15)


def test_a_run_that_goes_on_for_longer_goes_on_with_its_top_layer(tmp_path):
    run = Run.create(tmp_path / "run", config())
    run.train(Silent())
    before = run.model.params.copy()
    run = Run.resume(tmp_path / "run", {"epochs": 6})
    run.train(Silent())
    np.testing.assert_array_equal(run.model.params["layer0.W"], before["layer0.W"])
    assert (run.model.params["layer1.W"] != before["layer1.W"]).any()


def test_one_hidden_layer_is_refused():
    for hidden in (5, (5,), [], "ab"):
        with pytest.raises(ValueError, match="two hidden layers or more|positive whole number"):
            DBN(3, hidden)
    assert isinstance(DBN(3, (2, 2)).top, RBM)
