"""What public code of hierarchies and ladders gets wrong. A gradient check passes all of it.

Each wrong version is written out beside the right one, to show that the test would see it.
"""
import numpy as np
import pytest

import vae_np as vn
from vae_np.distributions import LOG_2PI, gaussian_log_prob, standard_normal_log_prob
from vae_np.hierarchy import split
from vae_np.hierarchy.gaussians import kl_gaussians
from vae_np.models import HierarchicalVAE

INFERENCES, DOWNWARD = ("bottom-up", "top-down", "ladder"), ("top-down", "ladder")


@pytest.fixture
def make():
    """make(inference) → a float64 hierarchy of 5 pixels, 3 and 2 latents, far from its start."""
    def make(inference, **arguments):
        rng = np.random.default_rng(1)
        model = HierarchicalVAE(5, (3, 2), (4,), dtype="float64", rng=rng, inference=inference,
                                **arguments)
        model.params.vector[...] += 0.5 * rng.standard_normal(model.params.layout.size)
        return model
    return make


@pytest.fixture
def drawn(images):
    """drawn(model) → (noise, [z₁, z₂], the posterior's rooms) of 20 000 draws for each image."""
    def draw(model):
        noise = model.noise(np.random.default_rng(3), 7, 20000)
        z, _, cache = model.posterior(images).sample(noise)
        return noise, split(z, model.z_dims), cache
    return draw


def sampled_kl(model, images, noise):
    """(L, N): log q(z|x) − log p(z), whose mean is KL( q(z|x) ‖ p(z) )."""
    z, log_q, _ = model.posterior(images).sample(noise)
    return log_q - model.log_prior(z)


def test_kl_of_the_ladder_is_to_the_prior_and_not_to_the_encoder_s_message(make, drawn, images):
    """PyTorch-VAE's lvae.py measures the merged q from the message that it was merged from."""
    model = make("ladder")
    noise, (z1, z2), cache = drawn(model)
    right = sum(model.posterior(images).kl_given_above(cache, model.prior)[0]).mean(axis=0)
    messages, _ = model.encoder.forward(model.params, images)
    _, merged, _, _ = cache[0][1]
    to_message = kl_gaussians(merged.mean, merged.logvar, messages["z1.mean"],
                              messages["z1.logvar"]).mean(axis=0)
    wrong = to_message + model.posterior(images).kl_given_above(cache, model.prior)[0][1]
    sampled = sampled_kl(model, images, noise)
    error = sampled.std(axis=0) / np.sqrt(len(sampled))
    assert (np.abs(sampled.mean(axis=0) - right) < 6 * error + 0.05).all()
    assert (np.abs(sampled.mean(axis=0) - wrong) > 20 * error).all()


def test_kl_of_two_gaussians_has_its_half_on_the_logarithms_too():
    """log(σ_p/σ) is ½(s_p − s). Without that half, as in public code, the KL of these is wrong by
    half of what the logarithms differ, and of two equal Gaussians it is still 0.
    """
    rng = np.random.default_rng(0)
    mean, logvar, mean_p, logvar_p = rng.standard_normal((4, 5))
    logvar_p += 1.0
    std, std_p = np.exp(0.5 * logvar), np.exp(0.5 * logvar_p)
    squares = (std ** 2 + (mean - mean_p) ** 2) / (2 * std_p ** 2)
    right = np.sum(np.log(std_p / std) + squares - 0.5)
    assert kl_gaussians(mean, logvar, mean_p, logvar_p) == pytest.approx(right, rel=1e-13)
    without = right + 0.5 * np.sum(logvar_p - logvar)
    assert abs(without - right) > 0.5


@pytest.mark.parametrize("inference", INFERENCES)
def test_the_top_layer_s_kl_is_in_the_bound(make, images, inference):
    """Left out, as where that line is commented out, the bound is higher by what z₂ carries."""
    model = make(inference)
    noise = model.noise(np.random.default_rng(3), 7, 50)
    z, _, cache = model.posterior(images).sample(noise)
    log_px, kl = model.log_px_given_z(images, z).mean(axis=0), model.kl_per_layer(images, noise)
    bound = model.elbo(images, noise, model.default_estimator)
    np.testing.assert_allclose(bound, log_px - kl[:, 0] - kl[:, 1], rtol=1e-12)
    assert (np.abs(kl[:, 1]) > 0.1).all()
    # And z₂ is where q says: the term by hand, from the top room's Gaussian.
    top = next(q for layer, q, _, _ in cache[0] if layer == 1)
    by_hand = (gaussian_log_prob(split(z, model.z_dims)[1], top.mean, top.logvar)
               - standard_normal_log_prob(split(z, model.z_dims)[1]))
    if inference == "bottom-up":
        np.testing.assert_allclose(kl[:, 1], by_hand.mean(axis=0), rtol=1e-10)
    else:
        error = by_hand.std(axis=0) / np.sqrt(50)
        assert (np.abs(by_hand.mean(axis=0) - kl[:, 1]) < 6 * error).all()


@pytest.mark.parametrize("inference", INFERENCES)
def test_a_negative_kl_of_a_single_sample_is_no_mistake(make, images, inference):
    """log q − log p at one draw may have either sign; its mean may not."""
    model = make(inference)
    model.params.part("encoder").vector[...] *= 0.3
    single = sampled_kl(model, images, model.noise(np.random.default_rng(3), 7, 20000))
    assert (single.min(axis=0) < -0.1).all()
    assert (single.mean(axis=0) > 0.0).all()


@pytest.mark.parametrize("inference", INFERENCES)
def test_each_layer_has_noise_of_its_own_width(inference):
    """vae_vampprior's HVAE draws z₂ with z₁'s width: equal widths hide it."""
    model = HierarchicalVAE(5, (4, 3, 2), (6,), inference=inference)
    noise = model.noise(np.random.default_rng(0), 7, 2)
    assert [part.shape for part in noise] == [(2, 7, 4), (2, 7, 3), (2, 7, 2)]
    joined = np.concatenate([part.reshape(14, -1) for part in noise], axis=1)
    correlation = np.corrcoef(np.random.default_rng(1).permutation(joined.T))
    assert np.abs(correlation - np.eye(9)).max() < 0.95  # and none is another's copy


@pytest.mark.parametrize("inference", INFERENCES)
def test_log_variances_have_a_slope_wherever_they_are(make, images, inference):
    """A Hardtanh on log σ² has none outside of its interval, and what left it never comes back."""
    model = make(inference)
    biases = [name for name in model.params if name.endswith("logvar.b")]
    assert len(biases) >= 3
    for far in (-9.0, 5.0):
        for name in biases:
            model.params[name] = far
        _, grads = model.elbo_and_grad(images, model.noise(np.random.default_rng(3), 7), "A")
        assert all(np.abs(grads[name]).min() > 0.0 for name in biases)


@pytest.mark.parametrize("inference", INFERENCES)
def test_all_densities_have_their_constants(make, images, inference):
    """Where one has ½ log 2π and another has not, log p is off by Z/2 · 1.84 nats. With q = p the
    weights are p(x|z), so each constant must meet its counterpart.
    """
    model = make(inference)
    for part in ("encoder", "decoder.z1"):
        model.params.part(part).vector[...] = 0.0
    if inference == "ladder":  # two equal opinions merge to half the variance, unless one is vague
        model.params["encoder.z1.logvar.b"] = 80.0
    noise = model.noise(np.random.default_rng(3), 7, 5)
    z = model.posterior(images).sample(noise)[0]
    np.testing.assert_allclose(model.log_weights(images, noise), model.log_px_given_z(images, z),
                               rtol=1e-12)
    np.testing.assert_allclose(model.log_prior(np.zeros((1, 7, 5))), -2.5 * LOG_2PI, rtol=1e-14)


def test_a_dead_upper_layer_is_seen(make, images):
    """A replication's two layers score below one: z₂ can die unseen. So use is told by layer."""
    alive = make("top-down")
    dead = alive.at(alive.params.copy())
    for head in ("mean", "logvar"):
        dead.params[f"encoder.z2.{head}.W"] = 0.0
        dead.params[f"encoder.z2.{head}.b"] = 0.0
    use = {name: vn.evaluation.evaluate(model, images, rng=np.random.default_rng(0), num_samples=5)
           for name, model in (("alive", alive), ("dead", dead))}
    assert [one["active_units"] for one in use["alive"]["layers"]] == [3, 2]
    assert [one["active_units"] for one in use["dead"]["layers"]] == [3, 0]
    assert use["dead"]["layers"][1]["kl"] == 0.0 < 0.1 < use["alive"]["layers"][1]["kl"]
    assert use["dead"]["active_units"] == 3
