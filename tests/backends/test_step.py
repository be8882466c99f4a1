"""A training step on the device: the same numbers as on the host, and no copies but the data and
the noise up and the bound down.

The double computes with NumPy, so there is nothing to round differently. The optimiser takes the
whole vector at once on a device and chunks of it on the host: the arithmetic is the same.
"""
import copy

import numpy as np
import pytest
from devices import assert_same

import vae_np as vn
from vae_np import evaluation, optim
from vae_np.backend import to_host
from vae_np.models import LearnedPriorVAE
from vae_np.models.words import POSTERIORS, PRIORS
from vae_np.training.learned_prior import LearnedPriorTrainer
from vae_np.training.settings import WEIGHT_PRIORS
from vae_np.training.vae import VAETrainer

STEPS, BATCH = 3, 7


def trainer(model, optimizer, chunk=optim.CHUNK, **arguments):
    climber = optim.OPTIMIZERS[optimizer](model.params)
    climber.chunk = chunk
    return VAETrainer(model, climber, train_size=20, total_samples=40, schedule="cosine",
                      mc_samples=2, **arguments)


def train(model, x, optimizer="adam", **arguments):
    """Takes a few steps; returns what each reported and the state that they left."""
    rng, one = np.random.default_rng(3), trainer(model, optimizer, **arguments)
    reports = [one.step(x, np.arange(BATCH), rng) for _ in range(STEPS)]
    return reports, one.state()


def assert_alike(device, host):
    """Reports and states are the same, and states lie on the host."""
    assert all(type(array) is np.ndarray for array in device[1].values())
    dtype = host[1]["params"].dtype
    assert_same(device, host, dtype)


@pytest.mark.parametrize("estimator", ["A", "B"])
def test_every_model_trains_alike(pair, x, likelihood, estimator, activation):
    host, device = pair(likelihood=likelihood, activation=activation)
    results = [train(model, x, estimator=estimator) for model in (device, host)]
    assert_alike(*results)
    assert results[0][0][0] != results[0][0][-1]  # the steps did something


@pytest.mark.parametrize("prior", [word.example for word in PRIORS.values()][1:])
def test_every_prior_trains_and_draws_alike(pair, x, prior):
    host, device = pair(prior=prior)
    for model in (host, device):
        model.init_from_data(x)
    assert_alike(*(train(model, x, estimator="A") for model in (device, host)))
    assert_measured_alike(device, host, x)
    codes = [to_host(model.from_base(model.base(model.posterior(x).mean)))
             for model in (device, host)]
    assert_same(*codes, host.dtype)
    draws = [to_host(model.sample_prior(np.random.default_rng(5), 6)) for model in (device, host)]
    assert_same(*draws, host.dtype)


@pytest.mark.parametrize("posterior", [word.example for word in POSTERIORS.values()][1:])
def test_every_posterior_trains_and_is_measured_alike(pair, x, posterior):
    """A whole step, a record's bound, and log p(x) with its errors."""
    host, device = pair(posterior=posterior)
    assert_alike(*(train(model, x, estimator="A") for model in (device, host)))
    assert_measured_alike(device, host, x)


def assert_measured_alike(device, host, x):
    found = [evaluation.evaluate(model, x, rng=np.random.default_rng(4),
                                 num_samples=evaluation.SAMPLES_PER_BLOCK)
             for model in (device, host)]
    assert_same(*found)
    assert np.isfinite(found[0]["nll"])


@pytest.mark.parametrize("parts", [{"prior": "coupling:3x4"}, {"posterior": "coupling:2x4"},
                                   {"prior": "vamp:4"}], ids=str)
@pytest.mark.parametrize("estimator, gradient", [("A", "stl"), ("IW", "dreg")])
def test_the_path_s_gradient_is_alike_with_a_flow_and_a_learned_prior(pair, x, parts, estimator,
                                                                      gradient):
    host, device = pair(**parts)
    for model in (host, device):
        model.init_from_data(x)
    assert_alike(*(train(model, x, estimator=estimator, gradient=gradient)
                   for model in (device, host)))


@pytest.mark.parametrize("prior", [word.example for word in PRIORS.values()][1:])
def test_a_prior_alone_trains_alike(cupy, x, prior):
    reports, vae = [], vn.VAE(6, 2, (5,), rng=np.random.default_rng(6))
    for device in ("cuda", "cpu"):
        model = LearnedPriorVAE(6, 2, (5,), prior=prior).to(device).start_from(vae)
        climber = optim.Adam(model.params.part("prior"))
        one = LearnedPriorTrainer(model, climber, train_size=20, total_samples=40, mc_samples=2)
        rng = np.random.default_rng(3)
        reports.append(([one.step(x, np.arange(BATCH), rng) for _ in range(STEPS)], one.state()))
    assert_alike(*reports)


@pytest.mark.parametrize("parts, name", [
    ({"prior": "coupling:3x4"}, "prior.coupling1.shift.b"),
    ({"prior": "mixture:3"}, "prior.components.mean"), ({"prior": "vamp:3"}, "encoder.mean.b"),
    ({"posterior": "iaf:2x4"}, "posterior.step1.shift.b"),
    ({"posterior": "planar:2"}, "encoder.context.b")], ids=str)
def test_what_runs_off_is_named_alike(pair, x, parts, name):
    said = []
    for model in pair(dtype="float32", **parts):
        model.params[name] = 1e30
        said.append(model.extremes(x, model.noise(np.random.default_rng(0), len(x), 2)))
    assert said[0] == said[1] and "reached" in said[0]


@pytest.mark.parametrize("estimator, gradient", [("A", "stl"), ("IW", "standard"), ("IW", "dreg")])
def test_every_gradient_of_the_encoder_is_alike(pair, x, estimator, gradient):
    host, device = pair()
    assert_alike(*(train(model, x, estimator=estimator, gradient=gradient)
                   for model in (device, host)))


@pytest.mark.parametrize("weight_prior", WEIGHT_PRIORS)
@pytest.mark.parametrize("optimizer", list(optim.OPTIMIZERS))
def test_every_optimiser_and_weight_prior_moves_alike(pair, x, optimizer, weight_prior):
    host, device = pair()
    assert host.params.layout.size % 10  # the last chunk is a short one
    assert_alike(*(train(model, x, optimizer, chunk=10, weight_prior=weight_prior, kl_warmup=1.0)
                  for model in (device, host)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("hidden", [(), (5,)], ids=str)
def test_dtypes_and_linear_models_train_alike(pair, x, dtype, hidden):
    host, device = pair(dtype=dtype, hidden=hidden)
    assert_alike(*(train(model, x, "sgd") for model in (device, host)))
    assert device.params.vector.dtype == dtype


def test_a_model_of_the_usual_size_trains_alike(pair):
    x = (np.random.default_rng(0).random((BATCH, 784)) < 0.2).astype(np.float32)
    host, device = pair(x_dim=784, z_dim=20, hidden=(100,))
    assert host.params.layout.size > 2 * optim.CHUNK
    assert_alike(*(train(model, x) for model in (device, host)))


def test_a_step_copies_data_and_noise_up_and_the_bound_down(pair, x, traffic):
    _, device = pair()
    one = trainer(device, "adam", weight_prior="all")
    for _ in range(STEPS):
        traffic.up.clear()
        traffic.down.clear()
        one.step(x, np.arange(BATCH), np.random.default_rng(0))
        assert sorted(traffic.up) == [(2, BATCH, 2), (BATCH, 6)]
        assert traffic.down == [()]


def test_value_and_gradient_stay_on_the_device(pair, x, cupy, traffic):
    _, device = pair()
    x, eps = cupy.asarray(x), device.noise(np.random.default_rng(0), BATCH)
    traffic.up.clear()
    traffic.down.clear()
    value, grads = device.elbo_and_grad(x, eps)
    assert type(value) is cupy.ndarray and value.shape == ()
    assert all(type(grad) is cupy.ndarray for grad in grads.values())
    assert traffic.up == traffic.down == []


def test_a_step_with_an_infinite_bound_moves_nothing(pair, x):
    _, device = pair(likelihood="gaussian")
    device.params["decoder.logvar.b"] = -1e38
    before = device.params.vector.get()
    with np.errstate(all="ignore"):
        assert not np.isfinite(train(device, x)[0][-1]["elbo"])
    np.testing.assert_array_equal(device.params.vector.get(), before)


def test_state_goes_back_onto_the_device(pair, x):
    _, device = pair()
    straight = train(device, x)
    _, device = pair()
    one, rng = trainer(device, "adam"), np.random.default_rng(3)
    reports = [one.step(x, np.arange(BATCH), rng)]
    saved = one.state()
    _, device = pair()
    one = trainer(device, "adam")
    one.load_state(saved)
    reports += [one.step(x, np.arange(BATCH), rng) for _ in range(STEPS - 1)]
    assert_alike((reports, one.state()), straight)


def test_an_optimiser_of_the_host_refuses_gradients_of_the_device(pair, x):
    host, _ = pair()
    optimizer = vn.Adam(host.params)
    host.to("cuda")
    _, grads = host.elbo_and_grad(x, host.noise(np.random.default_rng(0), BATCH))
    with pytest.raises(ValueError, match="^the gradient lies on another device than the "
                       "parameters of this optimiser: make the optimiser after "
                       r"model.to\(device\)$"):
        optimizer.ascend(grads)
    assert optimizer.steps == 0


def test_a_deep_copy_on_the_device_has_its_own_memory(pair, x, cupy):
    _, device = pair()
    other = copy.deepcopy(device)
    before = other.params.vector.get()
    train(device, x)
    assert type(other.params.vector) is cupy.ndarray
    np.testing.assert_array_equal(other.params.vector.get(), before)
    other.params["encoder.mean.b"] = 3.0
    assert (other.params.part("encoder").vector.get() == 3.0).sum() == 2
