"""Wake-sleep: what each phase moves, what it climbs, and that it learns and resumes."""
import numpy as np
import pytest

import vae_np as vn
from vae_np.catalogue import settings_for
from vae_np.checking.models import find_objectives
from vae_np.models.wake_sleep import WakeSleep
from vae_np.runs import Run

N, D, Z = 6, 7, 3


@pytest.fixture
def model():
    rng = np.random.default_rng(0)
    model = WakeSleep(D, Z, (5,), dtype="float64", rng=rng)
    model.params.vector[:] = 0.5 * rng.standard_normal(model.params.layout.size)
    return model


@pytest.fixture
def x():
    return (np.random.default_rng(1).random((N, D)) < 0.5).astype(np.float64)


def test_each_phase_moves_its_own_half(model, x):
    loop = settings_for(model, {"samples_seen": 1, "batch_size": N, "lr": 0.1}, N).make_loop(
        model, x, None, np.random.default_rng(2))
    encoder, decoder = (model.params.part(part).vector.copy() for part in ("encoder", "decoder"))
    trainer = loop.trainer
    trainer.ascend({}, model.wake_and_grad(x, model.noise(np.random.default_rng(3), N))[1],
                   "decoder")
    np.testing.assert_array_equal(model.params.part("encoder").vector, encoder)
    assert (model.params.part("decoder").vector != decoder).all()
    decoder = model.params.part("decoder").vector.copy()
    trainer.ascend({}, model.sleep_and_grad(*model.sample_joint(N, np.random.default_rng(4)))[1],
                   "encoder")
    np.testing.assert_array_equal(model.params.part("decoder").vector, decoder)
    assert (model.params.part("encoder").vector != encoder).any()


def test_in_theta_the_wake_phase_climbs_the_bound(model, x):
    """Its value is estimator A, and its gradient is the bound's own in θ, bit for bit."""
    eps = model.noise(np.random.default_rng(2), N, 2)
    value, grads = model.wake_and_grad(x, eps)
    bound, whole = model.elbo_and_grad(x, eps, "A")
    assert value == pytest.approx(bound, rel=1e-13)
    np.testing.assert_allclose(grads.vector, whole.part("decoder").vector, rtol=1e-12, atol=1e-14)


def test_in_phi_the_sleep_phase_is_not_the_bound_s(model, x):
    """Where q(z|x) is exact, both gradients vanish in the mean; elsewhere they differ."""
    z = model.noise(np.random.default_rng(2), N)[0]
    _, grads = model.sleep_and_grad(x, z)
    _, whole = model.elbo_and_grad(x, z)
    assert np.abs(grads.vector - whole.part("encoder").vector).max() > 1e-2


def test_the_sleep_phase_rests_at_the_exact_posterior():
    """x = z + noise of variance s: p(z|x) = N(x/(1+s), s/(1+s)). There the score has mean 0.

    40 000 dreams, each coordinate's mean against 6 of its standard errors: a false alarm once in
    10⁸ (4 coordinates). A slope of 0.07 would be seen. Away from there the slope is
    (E[zx] − w E[x²]) (1+s)/s = (1 − 1.5 w) 3: 0.3 at w = 0.6, with an error of 0.02.
    """
    s = 0.5
    model = WakeSleep(1, 1, (), likelihood=("gaussian", s), dtype="float64")
    model.params["decoder.mean.W"], model.params["decoder.mean.b"] = 1.0, 0.0
    model.params["encoder.mean.W"], model.params["encoder.mean.b"] = 1 / (1 + s), 0.0
    model.params["encoder.logvar.W"], model.params["encoder.logvar.b"] = 0.0, np.log(s / (1 + s))
    parts = []
    for seed in range(400):
        x, z = model.sample_joint(100, np.random.default_rng(seed))
        parts.append(model.sleep_and_grad(x, z)[1].vector)
    mean, error = np.mean(parts, axis=0), np.std(parts, axis=0) / 20
    assert (np.abs(mean) < 6 * error).all() and (error < 0.0115).all()
    model.params["encoder.mean.W"] = 0.6  # not 0.667
    slope = np.mean([model.sleep_and_grad(*model.sample_joint(100, np.random.default_rng(seed)))[1]
                     ["encoder.mean.W"].item() for seed in range(100)])
    assert slope == pytest.approx(0.3, abs=0.12)


def test_it_learns_the_digits_and_less_than_the_vae_does():
    data = vn.load_dataset("mnist5k")
    x, test = vn.binarize(data.train, np.random.default_rng(0)), data.test[:200]
    bounds = {}
    for cls in (vn.VAE, WakeSleep):
        model = cls(784, 5, (50,), rng=np.random.default_rng(0))
        history = vn.fit(model, x, epochs=4, rng=np.random.default_rng(1), test=test)
        bounds[cls] = history[-1]["test_elbo"]
    assert -200 < bounds[WakeSleep] < bounds[vn.VAE]


def test_a_resumed_run_is_bit_for_bit_the_same(tmp_path):
    config = {"data": "pinwheel", "seed": 0, "device": "cpu",
              "model": {"class": "WakeSleep", "z_dim": 2, "hidden": [9],
                        "likelihood": "gaussian:0.1"},
              "training": {"epochs": 2, "batch_size": 70, "optimizer": "adagrad", "gather": 3,
                           "weight_prior": "all", "schedule": "constant"}}

    class Silent:
        def step(self, loop):
            self.loop = loop

        def record(self, record):
            pass

    whole = Run.create(tmp_path / "whole", config)
    whole.train(Silent())
    halves = Run.create(tmp_path / "halves", {**config, "training": {**config["training"],
                                                                     "epochs": 0.7}})
    halves.train(Silent())
    halves = Run.resume(tmp_path / "halves", {"epochs": 2})
    halves.train(Silent())
    np.testing.assert_array_equal(halves.model.params.vector, whole.model.params.vector)
    assert isinstance(vn.load(tmp_path / "halves"), WakeSleep)


def test_settings_that_mean_nothing_are_refused(model, x):
    with pytest.raises(ValueError, match="kl_warmup means nothing to a WakeSleep"):
        vn.fit(model, x, epochs=1, kl_warmup=3)


def test_every_objective_of_every_model_is_checked():
    found = {f"{kind.model.__name__}.{name}" for kind, name in find_objectives()}
    assert {"WakeSleep.wake_and_grad", "WakeSleep.sleep_and_grad", "VAE.elbo_and_grad",
            "VAE.mean_log_joint_and_grad"} <= found


def test_an_objective_without_a_check_is_refused(monkeypatch):
    monkeypatch.setattr(WakeSleep, "dozing_and_grad", lambda self: None, raising=False)
    with pytest.raises(KeyError, match="dozing_and_grad"):
        list(find_objectives())
