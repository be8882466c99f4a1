"""What learners really get wrong, continued: see test_pitfalls_1_to_8."""
import math

import numpy as np
import pytest

import vae_np as vn
from vae_np import evaluation, objectives
from vae_np.distributions import kl_standard_normal, standard_normal_log_prob
from vae_np.posteriors import DiagonalGaussian
from vae_np.priors import StandardNormal
from vae_np.training import NonFiniteBoundError
from vae_np.training.vae import VAETrainer

# 9. Importance bounds: the mean of logs, the batch inside the log-sum-exp, −log K, the sign.

def test_09_importance_bound_by_hand():
    """Weights 1 and 3 for one image, 5 and 5 for another: log 2 and log 5, each its own."""
    log_w = np.log(np.array([[1.0, 5.0], [3.0, 5.0]]))
    np.testing.assert_allclose(objectives.importance_weighted_bound(log_w), np.log([2.0, 5.0]))
    shares = objectives.importance_weighted_bound_backward(np.ones(2), log_w)
    np.testing.assert_allclose(shares, [[0.25, 0.5], [0.75, 0.5]])


def test_09_log_likelihood_by_hand(make_vae, images):
    """log 1/K Σ w per image from the very noise that `log_likelihood` draws; nll is its minus."""
    model = make_vae()
    stream = np.random.default_rng(0).spawn(1)[0]
    weights = np.exp(model.log_weights(images, model.noise(stream, 7, 11)))
    by_hand = np.log(weights.mean(axis=0))
    log_px, _ = vn.log_likelihood(model, images, rng=np.random.default_rng(0), num_samples=11)
    np.testing.assert_allclose(log_px, by_hand, rtol=1e-12)
    assert by_hand.max() < 0.0
    report = evaluation.evaluate(model, images, rng=np.random.default_rng(0), num_samples=11)
    assert report["nll"] == pytest.approx(-by_hand.mean(), rel=1e-12)


# 10. The sign of the KL; "my loss is negative".

def test_10_kl_lowers_the_bound_and_is_lowered_by_climbing(make_vae, images):
    """A decoder that ignores z leaves only the KL to improve: uphill, it goes to 0."""
    model = make_vae()
    model.params["decoder.hidden0.W"] = 0.0
    with_kl = model.elbo(images, np.zeros((7, 2)))
    without = model.elbo(images, np.zeros((7, 2)), kl_weight=0.0)
    np.testing.assert_allclose(without - with_kl, kl_standard_normal(*model.encode(images)),
                               rtol=1e-10)
    start = kl_standard_normal(*model.encode(images)).mean()
    optimizer = vn.Adam(model.params.part("encoder"), lr=0.05)
    for _ in range(300):
        _, grads = model.elbo_and_grad(images, np.zeros((7, 2)))
        optimizer.ascend(grads.part("encoder"))
    assert start > 0.5
    assert kl_standard_normal(*model.encode(images)).mean() < 0.01


def test_10_bounds_lie_below_log_px_and_log_px_below_0(make_vae, images):
    """log p(x) by two ways: from the encoder's z, and from the prior's, where no q can be wrong.

    False alarm 2e-9 a comparison, 7 of them, at 6 standard errors. Sees 2 nats in half of the
    images; log q counted twice, or with the wrong sign, is far more. The bounds' gaps are 1 to 3
    nats, with a Monte Carlo error below 0.1.
    """
    model, rng = make_vae(), np.random.default_rng(0)
    log_px, mc_stderr = vn.log_likelihood(model, images, rng=rng, num_samples=4000)
    z = model.noise(rng, 7, 4000)
    px_given_z = np.exp(model.log_joint(images, z) - standard_normal_log_prob(z))
    px, stderr = px_given_z.mean(axis=0), px_given_z.std(axis=0) / math.sqrt(4000)
    limit = 6.0 * (mc_stderr + stderr / px)
    assert 1.5 * np.median(limit) < 2.0
    assert np.all(np.abs(log_px - np.log(px)) < limit)
    assert np.all(log_px < 0.0)  # probabilities of binary images
    for estimator in "AB":
        gap = log_px - model.elbo(images, model.noise(rng, 7, 4000), estimator)
        assert np.all(gap > 0.3)


# 11. The heads of μ and log σ² share weights by mistake.

def test_11_no_two_parameters_share_memory_or_first_values():
    params = vn.VAE(5, 2, (4, 4), likelihood="gaussian", init="paper").params
    names = list(params)
    for i, name in enumerate(names):
        for other in names[:i]:
            assert not np.shares_memory(params[name], params[other])
            same_shape = params[name].shape == params[other].shape
            assert not (same_shape and np.array_equal(params[name], params[other]))


@pytest.mark.parametrize("head, other", [(0, 1), (1, 0)])
def test_11_each_head_has_weights_of_its_own(make_vae, images, head, other):
    model, names = make_vae(), ("mean", "logvar")
    before = model.encode(images)
    model.params[f"encoder.{names[head]}.W"] += 1.0
    after = model.encode(images)
    assert np.any(after[head] != before[head])
    np.testing.assert_array_equal(after[other], before[other])


# 13. exp overflow in log σ²: beyond 88.72 in float32, 709.78 in float64.

@pytest.mark.parametrize("dtype, edge", [("float32", 88.7), ("float64", 709.7)])
@pytest.mark.filterwarnings("ignore:overflow")
def test_13_log_variances_are_neither_clipped_nor_wrong_up_to_the_edge(dtype, edge):
    one = np.ones(1, dtype)
    for logvar in (-edge, edge - 0.2, edge):
        q = DiagonalGaussian(np.zeros((1, 1), dtype), np.full((1, 1), logvar, dtype))
        exact = 0.5 * (math.exp(logvar) - 1.0 - logvar)
        assert q.kl(StandardNormal(1)).item() == pytest.approx(exact, rel=1e-4)
        slope = q.kl_backward(one, StandardNormal(1))["logvar"].item()
        assert slope == pytest.approx(0.5 * (math.exp(logvar) - 1.0), rel=1e-4)
    beyond = DiagonalGaussian(np.zeros((1, 1), dtype), np.full((1, 1), edge + 1.0, dtype))
    # Not a large number that looks like an answer.
    assert beyond.kl(StandardNormal(1)).item() == math.inf


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_13_an_overflow_stops_training_before_it_reaches_the_parameters(make_vae, images):
    model = make_vae(dtype="float32")
    model.params["encoder.logvar.b"] = 100.0
    before = model.params.vector.copy()
    np.testing.assert_array_equal(model.elbo(images, np.ones((7, 2))), -np.inf)
    with pytest.raises(NonFiniteBoundError, match="infinite or NaN after 0 samples"):
        vn.fit(model, images, epochs=1, rng=np.random.default_rng(0), output_bias=False)
    np.testing.assert_array_equal(model.params.vector, before)


# 14. The missing 1/N, or a second one; gradients overwritten where they should add.

@pytest.mark.parametrize("estimator", ["A", "B"])
def test_14_batch_and_samples_are_averaged_once(make_vae, images, estimator):
    """Value and gradient are the plain means of those of each image and each of its samples."""
    model = make_vae()
    eps = model.noise(np.random.default_rng(0), 7, samples=3)
    value, grads = model.elbo_and_grad(images, eps, estimator)
    alone = [model.elbo_and_grad(images[i:i + 1], eps[s:s + 1, i:i + 1], estimator)
             for i in range(7) for s in range(3)]
    assert value == pytest.approx(np.mean([v for v, _ in alone]), rel=1e-13)
    np.testing.assert_allclose(grads.vector, np.mean([g.vector for _, g in alone], axis=0),
                               rtol=1e-10, atol=1e-12)


def test_14_gradients_add(make_vae, images):
    """Both heads reach the shared hidden layer: its gradient is the sum of the two ways."""
    model = make_vae()
    grads = model.params.zeros_like()
    outputs, cache = model.encoder.forward(model.params, images)
    d_outputs = {name: np.ones_like(out) for name, out in outputs.items()}
    for _ in range(2):
        model.encoder.backward(model.params, cache, d_outputs, grads)
    apart = []
    for name, d in d_outputs.items():
        apart.append(model.params.zeros_like())
        model.encoder.backward(model.params, cache, {name: d}, apart[-1])
    np.testing.assert_allclose(grads.vector, 2.0 * sum(g.vector for g in apart), rtol=1e-12)


def test_14_the_weight_prior_is_divided_by_the_training_set_not_the_batch(make_vae, images):
    trained = []
    for weight_prior in ("none", "all"):
        model = make_vae()
        trainer = VAETrainer(model, vn.SGD(model.params, lr=1.0), total_samples=1000,
                             train_size=1000, weight_prior=weight_prior)
        trainer.step(images, np.arange(7), np.random.default_rng(0))
        trained.append(model.params.vector)
    np.testing.assert_allclose(trained[1] - trained[0], -make_vae().params.vector / 1000,
                               atol=1e-14)


# 16. Which way an estimate errs.

def test_16_importance_sampling_never_flatters(make_vae, images):
    """Few samples give a lower log p(x) than many, on average: an NLL too high, not too low.

    False alarm 2e-9 (6 standard errors). The bias here is 1.2 nats; 0.4 would be seen.
    """
    model = make_vae()
    x = np.repeat(images, 300, axis=0)
    few, _ = vn.log_likelihood(model, x, rng=np.random.default_rng(0), num_samples=2)
    many, _ = vn.log_likelihood(model, x, rng=np.random.default_rng(1), num_samples=300)
    gain = (many - few).reshape(7, 300)
    stderr = gain.std() / math.sqrt(gain.size)
    assert 9.0 * stderr < 0.4
    assert gain.mean() > 6.0 * stderr
