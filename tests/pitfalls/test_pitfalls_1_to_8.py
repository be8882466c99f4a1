"""What learners really get wrong, one test for each. A gradient check passes most of these bugs:
forward and backward are wrong together. The numbers are those of the project's list of pitfalls,
in which 12 (flows) and 15 (HMC) belong to later models.
"""
import math

import numpy as np
import pytest

import vae_np as vn
from vae_np import evaluation, likelihoods
from vae_np.datasets.binarization import Binarization, default_mode
from vae_np.distributions import bernoulli_log_prob, kl_standard_normal
from vae_np.posteriors import DiagonalGaussian
from vae_np.priors import StandardNormal
from vae_np.training import NonFiniteBoundError
from vae_np.training.vae import VAETrainer

ONE = np.ones((1, 1))


# 1. The reconstruction averaged, the KL summed: a hidden β.

def test_01_reconstruction_is_summed_over_pixels(make_vae, images):
    """At logits 0 each of the 5 pixels costs log 2: not the mean, log 2, but 5 of them."""
    model = make_vae()
    model.params["decoder.logits.W"], model.params["decoder.logits.b"] = 0.0, 0.0
    eps = np.zeros((7, 2))
    kl = kl_standard_normal(*model.encode(images))
    np.testing.assert_allclose(model.elbo(images, eps) + kl, -5.0 * math.log(2.0), rtol=1e-13)


def test_01_kl_is_summed_over_latents_and_averaged_over_the_batch_alone(make_vae, images):
    model = make_vae()
    model.params.part("encoder").vector[...] = 0.0
    model.params["encoder.mean.b"] = [3.0, 1.0]  # a KL of ½(9 + 1) nats for every image
    eps = np.zeros((7, 2))
    reconstruction = bernoulli_log_prob(images, model.decoder.forward(
        model.params, np.array([[3.0, 1.0]]))[0]["logits"])
    np.testing.assert_allclose(reconstruction - model.elbo(images, eps), 5.0, rtol=1e-12)
    value, _ = model.elbo_and_grad(images, eps)
    assert value == pytest.approx(reconstruction.mean() - 5.0, rel=1e-13)


# 2. exp(logvar) as a standard deviation in the sampler, as a variance in the KL.

def test_02_logvar_is_the_log_of_a_variance_for_sampler_and_kl(make_vae):
    """log 4 is a variance of 4: a step of 2 in z for a step of 1 in ε, and 4 in the KL."""
    q = DiagonalGaussian(0.0 * ONE, math.log(4.0) * ONE)
    z, log_q, _ = q.sample(ONE[None])
    assert z.item() == pytest.approx(2.0)
    assert q.kl(StandardNormal(1)).item() == pytest.approx(0.5 * (4.0 - 1.0 - math.log(4.0)))
    assert log_q.item() == pytest.approx(-0.5 * math.log(2.0 * math.pi * 4.0) - 0.5)
    heads = {"mean": np.zeros((1, 1)), "logvar": math.log(4.0) * ONE}
    noise = np.random.default_rng(3).standard_normal((1, 1))
    sample = likelihoods.parse("gaussian").sample(heads, np.random.default_rng(3))
    np.testing.assert_allclose(sample, 2.0 * noise)


# 3. Grey pixels under a Bernoulli likelihood; decoder means shown as samples.

def test_03_digits_are_binarised_for_a_bernoulli_decoder_unless_one_says_otherwise():
    grey = np.full((50, 4), 0.4, dtype=np.float32)
    mode = Binarization(default_mode("mnist", "bernoulli"))
    for array in (mode.batch(mode.train_array(grey), np.random.default_rng(0)),
                  mode.test_array(grey)):
        assert set(np.unique(array)) == {0.0, 1.0}


def test_03_samples_are_0_or_1_and_means_are_not(make_vae):
    model = make_vae()
    samples = model.sample(50, np.random.default_rng(0))
    means = model.sample_mean(50, np.random.default_rng(0))
    assert set(np.unique(samples)) == {0.0, 1.0}
    assert np.all((0.0 < means) & (means < 1.0))


def test_03_gaussian_samples_have_pixel_noise(make_vae):
    model = make_vae(likelihood="gaussian:0.3")
    samples = model.sample(50, np.random.default_rng(0))
    assert np.abs(samples - model.sample_mean(50, np.random.default_rng(0))).min() > 0.0


# 4. Cross-entropy, squared error and Gaussian log-likelihood mixed up.

@pytest.mark.parametrize("spec, heads, expected", [
    ("bernoulli", {"logits": math.log(3.0)}, math.log(0.75)),
    ("gaussian:1.0", {"mean": 1.0}, -0.5 * math.log(2.0 * math.pi)),
    ("gaussian:1.0", {"mean": 3.0}, -0.5 * math.log(2.0 * math.pi) - 2.0),
    ("gaussian:0.25", {"mean": 3.0}, -0.5 * math.log(0.5 * math.pi) - 8.0),
    ("gaussian", {"mean": 3.0, "logvar": math.log(0.25)}, -0.5 * math.log(0.5 * math.pi) - 8.0),
    ("gaussian-sigmoid", {"mean": 0.0, "logvar": math.log(0.25)},
     -0.5 * math.log(0.5 * math.pi) - 0.5)])
def test_04_likelihoods_keep_their_half_their_variance_and_their_constant(spec, heads, expected):
    """log p(x = 1), by hand."""
    arrays = {name: value * ONE for name, value in heads.items()}
    assert likelihoods.parse(spec).log_prob(ONE, arrays).item() == pytest.approx(expected)


# 5. A learned decoder variance that runs away.

@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_05_a_runaway_variance_stops_training_with_a_reason(make_vae):
    """Constant data have no variance to learn: log σ² falls for ever, and the bound grows without
    meaning. The first test pixel that differs is impossible, and the message names the cure.
    """
    model = make_vae(likelihood="gaussian", dtype="float32")
    model.params.part("decoder").vector[...] = 0.0  # the mean is right from the start
    test = np.full((3, 5), 0.5)
    test[1, 2] = 0.75
    history = []
    with pytest.raises(NonFiniteBoundError, match="test elbo .* after [1-9].* fixed variance"):
        vn.fit(model, np.full((20, 5), 0.5), test=test, epochs=300, lr=1.0, batch_size=20,
               rng=np.random.default_rng(0), optimizer="adam", schedule="constant",
               on_record=history.append)
    assert history[-1]["train_elbo"] > 100.0 and history[-1]["test_elbo"] < -1e30


def test_05_the_first_variance_has_a_floor(make_vae):
    model = make_vae(likelihood="gaussian").init_output_bias(np.full((20, 5), 0.5))
    np.testing.assert_allclose(np.exp(model.params["decoder.logvar.b"]), 1e-4)


# 6. z = μ at test time reported as the ELBO.

def test_06_every_reported_bound_samples_z(make_vae, images):
    """z = μ flatters, here by Σ w²σ_z²/2σ² = 4/0.6 nats. All that report a bound sample z.

    False alarm 2e-9 a report (6 standard errors). Sees a flattery of 4 of these 6.7 nats.
    """
    model = make_vae(hidden=(), likelihood="gaussian:0.3")
    model.params.part("encoder").vector[...] = 0.0
    model.params["decoder.mean.b"] = 0.5
    model.params["decoder.mean.W"] = [[1.0, 1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0, 0.0]]
    x = np.repeat(images, 60, axis=0)
    expected = model.elbo(x, np.zeros((len(x), 2))).mean() - 4.0 / 0.6
    spread = model.elbo(x, model.noise(np.random.default_rng(0), len(x))).std()
    limit = 6.0 * spread / math.sqrt(len(x))
    assert 1.5 * limit < 4.0
    trainer = VAETrainer(model, vn.SGD(model.params), total_samples=1, train_size=1)
    for reported in (
            evaluation.elbo(model, x, np.random.default_rng(1)).mean(),
            evaluation.evaluate(model, x, rng=np.random.default_rng(1), num_samples=2)["elbo"],
            trainer.evaluate(x, np.random.default_rng(1))["elbo"]):
        assert abs(reported - expected) < limit


# 7. log of a clipped sigmoid.

@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_07_no_cap_on_what_a_wrong_pixel_costs(dtype):
    """A cap at 1e-8 would stop at 18.42 nats with slope 0; a plain log would be −∞."""
    likelihood, x = likelihoods.parse("bernoulli"), np.ones((1, 1), dtype)
    for logit in (-10.0, -100.0, -1000.0):
        heads = {"logits": np.full((1, 1), logit, dtype)}
        assert likelihood.log_prob(x, heads).item() == pytest.approx(logit, rel=1e-5)
        slope = likelihood.log_prob_backward(np.ones(1, dtype), x, heads)["logits"]
        assert slope.item() == pytest.approx(1.0, rel=1e-4)


# 8. Posterior collapse; KL warm-up hidden in the scale.

def test_08_collapse_is_seen(make_vae, images):
    """An encoder that ignores x: no active unit and no KL, where a living one has both."""
    model = make_vae()
    alive, kl = evaluation.latent_use(model, images)
    assert (alive > evaluation.ACTIVE_THRESHOLD).all() and (kl > 0.01).all()
    model.params.part("encoder").vector[...] = 0.0
    report = evaluation.evaluate(model, images, rng=np.random.default_rng(0), num_samples=2)
    assert report["active_units"] == 0 and report["kl"] == 0.0


def test_08_warm_up_never_reaches_a_reported_bound(make_vae, images):
    """While the KL's weight is 0, the test bound still counts all of it."""
    model = make_vae()
    trainer = VAETrainer(model, vn.SGD(model.params), total_samples=1000, train_size=100,
                         kl_warmup=5.0)
    assert trainer.kl_weight() == 0.0
    eps = model.noise(np.random.default_rng(0), len(images))
    reported = trainer.evaluate(images, np.random.default_rng(0))["elbo"]
    assert reported == pytest.approx(model.elbo(images, eps).mean(), rel=1e-12)
    assert model.elbo(images, eps, kl_weight=0.0).mean() - reported > 0.1
