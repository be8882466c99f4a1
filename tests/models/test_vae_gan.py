"""The VAE-GAN's game: what each player climbs is known exactly in small worlds, and each player's
gradient stays in its own part. Public code gets that wrong in ways that these tests are named
after.
"""
import numpy as np
import pytest

import vae_np as vn
from vae_np.catalogue import settings_for
from vae_np.likelihoods import Likelihood
from vae_np.models import VAEGAN
from vae_np.models.adversarial import (adversarial, adversarial_backward, feature_reconstruction,
                                       feature_reconstruction_backward, non_saturating_backward,
                                       saturating_backward)
from vae_np.runs import Run
from vae_np.training import vae_gan
from vae_np.training.vae_gan import costs, told

N, D, Z = 5, 7, 3
PARTS = ("encoder", "decoder", "discriminator")


def make(hidden=(6, 4), seed=0, **arguments):
    rng = np.random.default_rng(seed)
    model = VAEGAN(D, Z, hidden, dtype="float64", rng=rng,
                   **{"feature_variance": 1.0, **arguments})
    model.params.vector[:] = 0.5 * rng.standard_normal(model.params.layout.size)
    return model


@pytest.fixture
def batch():
    """(x, eps, eps_prior): grey, and two draws of noise."""
    rng = np.random.default_rng(1)
    return rng.random((N, D)), rng.standard_normal((1, N, Z)), rng.standard_normal((1, N, Z))


def gradients(model, batch, **weights):
    """{part: its player's gradient}."""
    play = model.play(*batch)
    return {"encoder": model.encoder_and_grad(play)[1],
            "decoder": model.decoder_and_grad(play, **weights)[1],
            "discriminator": model.discriminator_and_grad(play)[1]}


# -- six symbols, one logit each ----------------------------------------------------------------

@pytest.fixture
def symbols():
    """(p, q): what the data and the fakes are among six symbols."""
    rng = np.random.default_rng(2)
    return rng.dirichlet(np.ones(6)), rng.dirichlet(np.ones(6))


def game(p, q, logits):
    """V = E_p[log D] + E_q[log(1 − D)] by enumeration of pairs of symbols, and its gradient."""
    pairs = np.outer(p, q).reshape(-1)
    real, fake = (index.reshape(-1) for index in np.indices((6, 6)))
    d_real, d_fake = adversarial_backward(pairs, logits[real], logits[fake])
    gradient = np.bincount(real, d_real, 6) + np.bincount(fake, d_fake, 6)
    return pairs @ adversarial(logits[real], logits[fake]), gradient


def test_the_best_discriminator_is_log_p_minus_log_q(symbols):
    p, q = symbols
    _, gradient = game(p, q, np.log(p) - np.log(q))
    np.testing.assert_allclose(gradient, 0.0, atol=1e-16)
    assert np.abs(game(p, q, np.zeros(6))[1]).max() > 0.05


def test_there_the_value_is_2_jsd_minus_2_log_2(symbols):
    p, q = symbols
    middle = 0.5 * (p + q)
    jsd = 0.5 * np.sum(p * np.log(p / middle)) + 0.5 * np.sum(q * np.log(q / middle))
    best = np.log(p) - np.log(q)
    assert game(p, q, best)[0] == pytest.approx(2.0 * jsd - 2.0 * np.log(2.0), abs=1e-15)
    for seed in range(5):
        moved = best + 0.3 * np.random.default_rng(seed).standard_normal(6)
        assert game(p, q, moved)[0] < game(p, q, best)[0] - 1e-4


def test_a_discriminator_with_swapped_labels_gives_minus_the_logits(symbols):
    p, q = symbols
    logits = np.log(p) - np.log(q)
    assert game(q, p, -logits)[0] == pytest.approx(game(p, q, logits)[0], abs=1e-15)
    np.testing.assert_allclose(game(q, p, -logits)[1], 0.0, atol=1e-16)


def test_a_sure_discriminator_saturates_the_game_s_own_decoder_and_not_ours():
    """At D(x̃) = 1e-9 the slope of −log(1 − D) is D, and that of log D is 1 − D."""
    logit, one = np.log(np.array([1e-9])), np.ones(1)
    assert saturating_backward(one, logit) == pytest.approx(1e-9, rel=1e-6)
    assert non_saturating_backward(one, logit) == pytest.approx(1.0, rel=1e-8)
    assert saturating_backward(one, np.zeros(1)) == non_saturating_backward(one, np.zeros(1))


def test_logits_of_any_size_are_finite():
    far = np.array([-1e4, 1e4, 0.0], np.float32)
    assert np.isfinite(adversarial(far, -far)).all()
    np.testing.assert_allclose(adversarial(far, far), [-1e4, -1e4, -2 * np.log(2.0)], rtol=1e-6)


# -- who moves whom -----------------------------------------------------------------------------

def test_each_player_s_step_changes_its_own_slice_alone(batch):
    for part in PARTS:
        model = make()
        trainer = settings_for(model, {"lr": 0.1}, N).make_trainer(model, 100, N)
        before = model.params.copy()
        assert trainer.ascend({}, gradients(model, batch)[part], part)
        for other in PARTS:
            now, then = (one.part(other).vector for one in (model.params, before))
            if other == part:
                assert (now != then).mean() > 0.9
            else:
                np.testing.assert_array_equal(now, then)


@pytest.mark.parametrize("seed", [0, 5])  # the others' parameters are others too
@pytest.mark.parametrize("layer", [0, 1, 2])
def test_each_gradient_is_the_slope_of_that_player_s_own_objective(batch, layer, seed):
    """By differences, in directions that move its own parameters; the others' entries of its
    gradient are not there, and moving along it, they stay exactly where they are. What it climbs
    is written out here once more, from the probabilities.
    """
    model = make(feature_layer=layer, seed=seed)

    def climbed(model):
        play, (x, _, _) = model.play(*batch), batch
        rebuilt, dreamt = (model.decode(made) for made in (
            model.posterior(x).sample(batch[1])[0][0], batch[2][0]))
        real, one, two = (1 / (1 + np.exp(-model.logits(y))) for y in (x, rebuilt, dreamt))
        error = -0.5 * ((model.features(x) - model.features(rebuilt)) ** 2).sum(axis=1)
        return {"encoder": (error - play.kl).mean(),
                "decoder": (0.3 * error + 0.7 * (np.log(one) + np.log(two)) / 2).mean(),
                "discriminator": (np.log(real) + np.log(1 - one) / 2 + np.log(1 - two) / 2).mean()}

    found = gradients(model, batch, gamma=0.3, adversary=0.7)
    rng, h = np.random.default_rng(4), 1e-5
    for part in PARTS:
        assert found[part].layout == model.params.part(part).layout  # nobody else's entries
        direction = rng.standard_normal(found[part].layout.size)
        values = []
        for step in (h, -h):
            there = model.params.copy()
            there.part(part).vector[:] += step * direction
            values.append(climbed(model.at(there))[part])
        slope = (values[0] - values[1]) / (2 * h)
        assert found[part].vector @ direction == pytest.approx(slope, rel=1e-6)


def test_the_encoder_does_not_hear_the_discriminator_s_verdict(batch):
    """Its gradient stays, bit for bit, when x_p becomes another, and when the logit does."""
    model, (x, eps, other) = make(), batch
    before = gradients(model, batch)["encoder"].vector
    elsewhere = gradients(model, (x, eps, 2.0 * other))
    np.testing.assert_array_equal(elsewhere["encoder"].vector, before)
    assert (elsewhere["decoder"].vector != gradients(model, batch)["decoder"].vector).any()
    model.params["discriminator.logit.W"] *= -3.0
    np.testing.assert_array_equal(gradients(model, batch)["encoder"].vector, before)


def test_the_discriminator_does_not_learn_from_the_feature_error(batch):
    """Its gradient is that of logistic regression on fixed pictures: of their labels alone."""
    model, (x, _, _) = make(), batch
    play = model.play(*batch)
    pictures = [x, play.reconstructed.means[0], play.dreamt.means[0]]
    grads = model.params.part("discriminator").zeros_like()
    for weight, label, y in zip((1.0, 0.5, 0.5), (1, 0, 0), pictures):
        logit, _, cache = model.discriminator.forward(model.params, y)
        d_logit = weight * (label - 1 / (1 + np.exp(-logit))) / N
        model.discriminator.backward(model.params, cache, d_logit, grads, need_d_x=False)
    np.testing.assert_allclose(gradients(model, batch)["discriminator"].vector, grads.vector,
                               rtol=1e-12, atol=1e-15)


# -- where it is a VAE --------------------------------------------------------------------------

def test_with_pixels_for_features_it_is_a_gaussian_vae(batch):
    """f(x) = x, λ = 0 and γ = 1: encoder and decoder have the gradient of a VAE with p(x|z) =
    N(mean, I), by estimator B.
    """
    model = make(feature_layer=0, likelihood="gaussian:1")
    vae = vn.VAE(D, Z, (6, 4), likelihood="gaussian:1", dtype="float64")
    for part in PARTS[:2]:
        vae.params.part(part).vector[:] = model.params.part(part).vector
    x, eps, _ = batch
    found = gradients(model, batch, adversary=0.0)
    _, expected = vae.elbo_and_grad(x, eps, "B")
    for part in PARTS[:2]:
        np.testing.assert_allclose(found[part].vector, expected.part(part).vector, rtol=1e-12,
                                   atol=1e-15)


class FeatureLikelihood(Likelihood):
    """log N(f(x); f(mean), I) without its constant: a VAE's likelihood with a feature loss."""

    def __init__(self, gan):
        self.gan = gan

    def log_prob(self, x, heads):
        target, features = (self.gan.features(y.reshape(-1, D)) for y in (
            x, self.gan.likelihood.mean(heads)))
        return feature_reconstruction(target, features[None])

    def log_prob_backward(self, d_out, x, heads):
        means, net = self.gan.likelihood.mean(heads), self.gan.discriminator
        target, _ = net.features(self.gan.params, x)
        features, cache = net.features(self.gan.params, means)
        d_means = net.features_backward(self.gan.params, cache, feature_reconstruction_backward(
            d_out, target, features), None)
        return self.gan.likelihood.mean_backward(d_means, heads)


def test_without_the_verdict_it_is_a_vae_with_a_feature_loss_bit_for_bit(batch):
    """Three steps with λ = 0 and γ = 1, against Algorithm 1 on a VAE with that likelihood."""
    model = make()
    vae = vn.VAE(D, Z, (6, 4), dtype="float64")
    for part in PARTS[:2]:
        vae.params.part(part).vector[:] = model.params.part(part).vector
    vae.likelihood = FeatureLikelihood(model)
    ours = {part: vn.Adam(model.params.part(part), lr=0.05) for part in PARTS[:2]}
    theirs = {part: vn.Adam(vae.params.part(part), lr=0.05) for part in PARTS[:2]}
    for seed in range(3):
        eps = np.random.default_rng(seed).standard_normal((1, N, Z))
        found = gradients(model, (batch[0], eps, batch[2]), adversary=0.0)
        _, expected = vae.elbo_and_grad(batch[0], eps, "B")
        for part in PARTS[:2]:
            ours[part].ascend(found[part])
            theirs[part].ascend(expected.part(part))
            np.testing.assert_array_equal(model.params.part(part).vector,
                                          vae.params.part(part).vector)


def test_its_networks_begin_as_a_vae_s():
    gan, vae = (cls(D, Z, (6, 4), rng=np.random.default_rng(3)) for cls in (VAEGAN, vn.VAE))
    for part in PARTS[:2]:
        np.testing.assert_array_equal(gan.params.part(part).vector, vae.params.part(part).vector)


# -- named after public code --------------------------------------------------------------------

def test_pitfall_the_decoder_helps_the_discriminator(batch):
    """pythae, by reading its VAEGAN and CoupledOptimizerAdversarialTrainer: the fakes are not
    detached, and gradients are cleared by each optimiser alone. So the discriminator's gradient
    reaches the decoder, with the sign that makes it easier to tell. Ours raises D(x̃) and D(x_p),
    each of them, with a small step.
    """
    model = make()
    play = model.play(*batch)
    _, grads = model.decoder_and_grad(play, gamma=0.0, adversary=1.0)
    before = [made.seen.logit.mean() for made in (play.reconstructed, play.dreamt)]
    model.params.part("decoder").vector[:] += 0.1 * grads.vector
    play = model.play(*batch)
    after = [made.seen.logit.mean() for made in (play.reconstructed, play.dreamt)]
    assert after[0] > before[0] + 1e-4 and after[1] > before[1] + 1e-4


def test_pitfall_a_gradient_left_from_another_player(batch):
    """The same code: each player's gradient is the same whoever was asked before."""
    model = make()
    alone = gradients(model, batch)
    play = model.play(*batch)
    for part, method in (("discriminator", model.discriminator_and_grad),
                         ("decoder", model.decoder_and_grad),
                         ("encoder", model.encoder_and_grad)):
        np.testing.assert_array_equal(method(play)[1].vector, alone[part].vector)


def test_pitfall_the_feature_error_counts_twice_in_the_encoder(batch):
    """The same code again: (1 + (1 − λ)) times. Ours, less the KL term's gradient, is that of a
    Gaussian VAE's reconstruction, once.
    """
    model = make(feature_layer=0, likelihood="gaussian:1")
    x, eps, _ = batch
    _, with_kl = model.encoder_and_grad(model.play(*batch))
    only_kl = model.params.part("encoder").zeros_like()
    encoded, cache = model.encoder.forward(model.params, x)
    q = model.posterior(x)
    model.encoder.backward(model.params, cache, q.kl_backward(np.full(N, -1 / N), model.prior),
                           only_kl)
    _, expected = vn.VAE.elbo_and_grad(model, x, eps, "B", kl_weight=0.0)
    np.testing.assert_allclose(with_kl.vector - only_kl.vector,
                               expected.part("encoder").vector, rtol=1e-10, atol=1e-14)


def test_pitfall_binary_data_beside_grey_fakes(tmp_path):
    """A discriminator that sees draws of 0 and 1 beside means tells them by that alone: so the
    data that the trainer takes stay grey, and draws from them are refused.
    """
    config = {"data": "mnist5k", "seed": 0, "device": "cpu", "training": {"epochs": 0.01},
              "model": {"class": "VAEGAN", "z_dim": 2, "hidden": [5]}}
    run = Run.create(tmp_path / "grey", config)
    assert run.config["training"]["binarize"] == "none"
    assert ((run.loop.train > 0) & (run.loop.train < 1)).mean() > 0.05
    with pytest.raises(ValueError, match="means, which are grey: leave binarize at 'none'"):
        Run.create(tmp_path / "drawn", {**config, "training": {"binarize": "dynamic"}})


# -- training -----------------------------------------------------------------------------------

def test_three_optimisers_are_in_the_state(batch):
    model = make()
    trainer = settings_for(model, {}, N).make_trainer(model, 100, N)
    trainer.step(batch[0], np.arange(N), np.random.default_rng(0))
    state = trainer.state()
    for part in PARTS:
        assert int(state[f"optimizer.{part}.steps"]) == 1
        moments = state[f"optimizer.{part}.sum_of_squares"]
        assert moments.shape == model.params.part(part).vector.shape
    assert len({id(one) for one in trainer.optimizers.values()}) == 3


@pytest.mark.parametrize("bias", [8.0, 0.0, -8.0])
def test_the_margin_never_holds_back_both(batch, bias):
    """Where D says "data" to all, or to none, one of its costs is large and the other small: both
    limits are passed, and then nobody waits, as in the authors' code. The costs are what they say.
    """
    model = make()
    model.params["discriminator.logit.W"] = 0.0
    model.params["discriminator.logit.b"] = bias
    trainer = settings_for(model, {"margin": 0.35}, N).make_trainer(model, 100, N)
    play = model.play(*batch)
    d = 1 / (1 + np.exp(-bias))
    assert costs(play) == pytest.approx((-np.log(d), -np.log(1 - d)), rel=1e-9)
    assert trainer.held_back(play) == set()


def test_a_winning_discriminator_waits(batch, monkeypatch):
    model = make()
    trainer = settings_for(model, {"margin": 0.35}, N).make_trainer(model, 100, N)
    monkeypatch.setattr(vae_gan, "costs", lambda play: (0.2, 0.9))
    assert trainer.held_back(None) == {"discriminator"}
    trainer.margin = 0.0
    assert trainer.held_back(None) == set()
    trainer.margin = 0.35
    monkeypatch.setattr(vae_gan, "costs", lambda play: (0.5, 1.1))
    assert trainer.held_back(None) == {"decoder"}
    before = model.params.copy()
    trainer.step(batch[0], np.arange(N), np.random.default_rng(0))
    np.testing.assert_array_equal(model.params.part("decoder").vector,
                                  before.part("decoder").vector)
    assert (model.params.part("encoder").vector != before.part("encoder").vector).any()


def test_told_is_a_half_where_the_discriminator_guesses_and_1_where_it_knows(batch):
    model = make()
    model.params["discriminator.logit.W"] = 0.0
    for bias, share in ((1.0, 0.5), (-1.0, 0.5)):  # all are data; none is
        model.params["discriminator.logit.b"] = bias
        np.testing.assert_array_equal(told(model.play(*batch)), np.full(N, share))
    play = make().play(*batch)
    right = [play.real.logit > 0] + [made.seen.logit[0] < 0
                                     for made in (play.reconstructed, play.dreamt)]
    np.testing.assert_array_equal(told(play), 0.5 * right[0] + 0.25 * right[1] + 0.25 * right[2])


def test_the_defaults_train_stably_on_digits():
    """Five epochs on 4000 digits: nobody wins outright, and pictures come nearer to the data, by
    the bound under the stated p(x|z). The verdict would be near 0 where the discriminator tells
    all; that of guessing is −1.39.
    """
    data = vn.load_dataset("mnist5k")
    model = VAEGAN(784, 5, (60,), rng=np.random.default_rng(0))
    history = vn.fit(model, data.train, epochs=5, rng=np.random.default_rng(1),
                     test=data.test[:100])
    verdicts = [row["train_verdict"] for row in history]
    assert all(-1.7 < verdict < -0.7 for verdict in verdicts)
    assert history[-1]["test_elbo"] > history[0]["test_elbo"] + 3.0


def test_it_refuses_what_it_cannot_play(batch):
    for layer in (3, -1, 1.0, True):
        with pytest.raises(ValueError, match="feature_layer must be a hidden layer"):
            make(feature_layer=layer)
    with pytest.raises(ValueError, match="variance of 'gaussian' would not learn"):
        make(likelihood="gaussian")
    x, eps, _ = batch
    with pytest.raises(ValueError, match="one draw of z for each example, not with 2"):
        make().play(x, np.concatenate([eps, eps]), eps)
