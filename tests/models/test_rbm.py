"""The RBM: its densities against sums over all states, its gradients, what CD-k gets wrong."""
import numpy as np
import pytest

import vae_np as vn
from vae_np import gradcheck
from vae_np.catalogue import settings_for
from vae_np.likelihoods import draw_bernoulli
from vae_np.models import RBM
from vae_np.runs import Run, checkpoints
from vae_np.training import NonFiniteBoundError
from vae_np.training.contrastive import centred


class Silent:
    def step(self, loop):
        """Nothing is told."""

    def record(self, record):
        """Nothing is told."""


def random_rbm(x_dim=5, hidden=4, scale=1.0, seed=0, dtype="float64"):
    rbm = RBM(x_dim, hidden, dtype=dtype)
    rng = np.random.default_rng(seed)
    rbm.params.vector[:] = scale * rng.standard_normal(rbm.params.layout.size)
    return rbm


def states(n):
    return np.array([[i >> bit & 1 for bit in range(n)] for i in range(2 ** n)], float)


def coins(n, d, seed=1):
    return np.random.default_rng(seed).integers(2, size=(n, d)).astype(float)


def gibbs_kernel(rbm):
    """T[u, v]: the probability that one step of Gibbs sampling leads from state u to v."""
    v, h = states(rbm.x_dim), states(rbm.hidden)
    up = np.array([[np.prod(np.where(b, p, 1 - p)) for b in h]
                   for p in 1 / (1 + np.exp(-rbm.hidden_logits(v)))])
    down = np.array([[np.prod(np.where(b, p, 1 - p)) for b in v]
                     for p in 1 / (1 + np.exp(-rbm.visible_logits(h)))])
    return up @ down


@pytest.mark.parametrize("widths", [(5, 4), (3, 6)], ids=str)
def test_densities_are_those_of_the_sum_over_all_states(widths):
    rbm = random_rbm(*widths)
    v, h = states(widths[0]), states(widths[1])
    W, b, c = rbm.params["W"], rbm.params["visible.b"], rbm.params["hidden.b"]
    joint = v @ W @ h.T + (v @ b)[:, None] + h @ c
    np.testing.assert_allclose(rbm.free_energy(v), -np.log(np.exp(joint).sum(axis=1)), rtol=1e-12)
    assert rbm.log_partition_exact() == pytest.approx(np.log(np.exp(joint).sum()), rel=1e-13)
    assert np.exp(rbm.log_prob_exact(v)).sum() == pytest.approx(1.0, rel=1e-12)
    posterior = np.exp(joint) / np.exp(joint).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(1 / (1 + np.exp(-rbm.hidden_logits(v))), posterior @ h, rtol=1e-10)


def test_states_are_summed_in_blocks():
    whole = random_rbm().log_partition_exact_and_grad()
    blocks = random_rbm().log_partition_exact_and_grad(states_at_once=3)
    assert blocks[0] == pytest.approx(whole[0], rel=1e-14)
    np.testing.assert_allclose(blocks[1].vector, whole[1].vector, rtol=1e-12)


@pytest.mark.parametrize("widths", [(5, 4), (3, 6)], ids=str)
def test_positive_minus_enumerated_negative_phase_is_the_gradient(widths):
    """Against central differences of the exact mean log p(x): 1e-8."""
    rbm, x = random_rbm(*widths), coins(7, widths[0])
    _, grads = rbm.log_prob_exact_and_grad(x)
    vector, numeric = rbm.params.vector, np.empty(rbm.params.layout.size)
    for i in range(len(vector)):
        values = []
        for step in (1e-4, -1e-4, 2e-4, -2e-4):
            vector[i] += step
            values.append(rbm.log_prob_exact(x).mean())
            vector[i] -= step
        numeric[i] = (8 * (values[0] - values[1]) - (values[2] - values[3])) / 12e-4
    np.testing.assert_allclose(grads.vector, numeric, atol=1e-8, rtol=0)
    # And the two phases one by one: the negative one is the mean over p(v).
    v = states(widths[0])
    positive = rbm.free_energy_backward(np.full(7, -1 / 7), x).vector
    negative = rbm.free_energy_backward(-np.exp(rbm.log_prob_exact(v)), v).vector
    np.testing.assert_allclose(positive - negative, grads.vector, atol=1e-13)


def test_the_free_energy_is_a_checked_pair():
    rbm, v = random_rbm(7, 3), coins(5, 7)

    def at(parameters):
        for name, value in parameters.items():
            rbm.params[name.replace("_", ".")] = value
        return rbm

    def backward(d_out, **parameters):
        grads = at(parameters).free_energy_backward(d_out, v)
        return {name.replace(".", "_"): grad for name, grad in grads.items()}

    gradcheck(lambda **parameters: at(parameters).free_energy(v), backward,
              {name.replace(".", "_"): p.copy() for name, p in rbm.params.items()}).assert_ok()


def test_the_contrast_with_draws_of_the_model_has_the_gradient_of_log_p(averages_to):
    """2000 batches of 5 exact draws from p(v): an error of 0.2 in any slope would be seen."""
    rbm, x, rng = random_rbm(), coins(7, 5), np.random.default_rng(2)
    v = states(5)
    p = np.exp(rbm.log_prob_exact(v))
    draws = np.array([rbm.contrast_and_grad(x, v[rng.choice(32, 5, p=p)])[1].vector
                      for _ in range(2000)])
    averages_to(draws, rbm.log_prob_exact_and_grad(x)[1].vector, sees=0.2)


def test_the_bias_of_cd_k_falls_with_k(averages_to):
    """CD-k's mean gradient, worked out from the kernel of Gibbs sampling, misses the exact one by
    less and less. For k = 1 and 5 the sampler agrees with that (seen: 0.1), and for k = 1 its
    draws show the bias.
    """
    rbm, x = random_rbm(scale=1.2), coins(7, 5)
    v, kernel = states(5), gibbs_kernel(rbm)
    exact = rbm.log_prob_exact_and_grad(x)[1].vector
    start = np.array([(x == state).all(axis=1).mean() for state in v])
    positive = rbm.free_energy_backward(np.full(7, -1 / 7), x).vector
    bias = {}
    for k in (1, 2, 5, 10, 25):
        after = start @ np.linalg.matrix_power(kernel, k)
        expected = positive - rbm.free_energy_backward(-after, v).vector
        bias[k] = np.abs(expected - exact).max()
        if k in (1, 5):
            rng = np.random.default_rng(k)
            draws = []
            for _ in range(2000):
                _, h = rbm.gibbs(rbm.draw_hidden(x, rng), rng, k - 1) if k > 1 \
                    else (None, rbm.draw_hidden(x, rng))
                draws.append(rbm.contrast_and_grad(x, rbm.draw_visible(h, rng))[1].vector)
            averages_to(np.array(draws), expected, sees=0.1)
    assert bias[1] > 0.15 and bias[25] < 1e-3 * bias[1]
    assert list(bias.values()) == sorted(bias.values(), reverse=True)


def test_a_long_persistent_chain_agrees_with_the_enumeration():
    """Forty chains of 500 steps each, one mean a chain, so that the draws of one chain may hang
    together. Six standard errors of 40 means (Student's t): 29 slopes, a false alarm once in 10⁵
    for each at worst, 1e-6 at 6.5; hence 7. An error of 0.1 in any slope would be seen.
    """
    rbm, rng = random_rbm(), np.random.default_rng(3)
    h, total = draw_bernoulli(np.full((40, 4), 0.5), rng), np.zeros((40, 29))
    for step in range(550):
        v, h = rbm.gibbs(h, rng)
        if step >= 50:
            hidden = 1 / (1 + np.exp(-rbm.hidden_logits(v)))
            total += np.concatenate([(v[:, :, None] * hidden[:, None]).reshape(40, 20), v, hidden],
                                    axis=1) / 500
    error = total.std(axis=0, ddof=1) / np.sqrt(40)
    exact = rbm.log_partition_exact_and_grad()[1].vector
    assert 10 * error.max() < 0.1
    assert (np.abs(total.mean(axis=0) - exact) < 7 * error).all()


def test_pseudo_likelihood_of_all_pixels_is_the_sum_of_the_conditionals():
    rbm, v = random_rbm(), states(5)
    p = np.exp(rbm.log_prob_exact(v)).reshape((2,) * 5)  # the axes are bits 4, 3, ..., 0
    expected = sum(np.log(p / p.sum(axis=axis, keepdims=True)) for axis in range(5)).reshape(-1)
    np.testing.assert_allclose(rbm.pseudo_log_likelihood(v, pixels=5), expected, rtol=1e-11)


@pytest.mark.parametrize("count", [0, -1, 2.5, True, "all"])
def test_counts_that_are_no_positive_whole_numbers_are_refused_by_name(count):
    rbm, v, rng = random_rbm(), states(5), np.random.default_rng(0)
    for name, call in (("pixels", lambda: rbm.pseudo_log_likelihood(v, pixels=count)),
                       ("steps", lambda: rbm.gibbs(coins(2, 4), rng, steps=count)),
                       ("steps", lambda: rbm.sample(2, rng, steps=count))):
        with pytest.raises(ValueError, match=f"^{name} must be a positive whole number, not"):
            call()


def test_pseudo_likelihood_of_more_pixels_than_there_are_is_that_of_all_of_them():
    rbm, v = random_rbm(), states(5)
    np.testing.assert_array_equal(rbm.pseudo_log_likelihood(v, pixels=8),
                                  rbm.pseudo_log_likelihood(v, pixels=5))


def test_the_centred_gradient_is_that_of_centred_coordinates():
    """J Jᵀ∇ with J the Jacobian of (W, b, c) in (W, b′, c′), a linear map."""
    rbm, rng = random_rbm(), np.random.default_rng(4)
    mean, hidden_mean = rng.random(5), rng.random(4)
    grads = rbm.log_prob_exact_and_grad(coins(7, 5))[1]

    def plain(vector):  # b = b′ − Wλ, c = c′ − Wᵀμ
        params = rbm.params.like(vector.copy())
        params["visible.b"] -= params["W"] @ hidden_mean
        params["hidden.b"] -= params["W"].T @ mean
        return params.vector

    J = np.array([plain(unit) for unit in np.eye(29)]).T
    expected = J @ J.T @ grads.vector
    centred(grads, mean, hidden_mean)
    np.testing.assert_allclose(grads.vector, expected, rtol=1e-12, atol=1e-14)


def test_samples_have_the_moments_of_the_model(averages_to):
    """4000 chains of 30 steps, independent of each other; a moment that is off by 0.08 is seen."""
    rbm = random_rbm(seed=5)
    v = states(5)
    mean = np.exp(rbm.log_prob_exact(v)) @ v
    averages_to(rbm.sample(4000, np.random.default_rng(6), steps=30), mean, sees=0.08)
    means = rbm.sample_mean(4000, np.random.default_rng(6), steps=30)
    assert ((0 < means) & (means < 1)).all()
    averages_to(means, mean, sees=0.08)


@pytest.mark.parametrize("settings", [
    {"gibbs_steps": 5}, {"persistent_chains": 50}, {"persistent_chains": 50, "centre": True}],
    ids=["CD-5", "PCD", "centred PCD"])
def test_it_learns_a_distribution_that_it_can_represent(settings):
    """The exact mean log p(x) of its 2000 examples comes within 0.05 nats of the model that made
    them, −3.77. Independent pixels, each a fair coin, have −4.16.
    """
    truth, v = random_rbm(6, 3, scale=2.0), states(6)
    W = truth.params["W"]  # a state and its complement are equally probable:
    truth.params["visible.b"], truth.params["hidden.b"] = -W.sum(axis=1) / 2, -W.sum(axis=0) / 2
    x = v[np.random.default_rng(0).choice(64, 2000, p=np.exp(truth.log_prob_exact(v)))]
    model = RBM(6, 6, dtype="float64", rng=np.random.default_rng(1))
    vn.fit(model, x, epochs=40, rng=np.random.default_rng(2), optimizer="sgd", lr=0.2,
           momentum=0.5, batch_size=50, **settings)
    goal = truth.log_prob_exact(x).mean()
    assert goal > 6 * np.log(0.5) + 0.2
    assert model.log_prob_exact(x).mean() > goal - 0.05


def test_weight_decay_takes_hold_of_the_weights_alone():
    x, results = coins(20, 6), []
    for decay in (0.0, 0.5):
        model = random_rbm(6, 3)
        before = model.params.copy()
        settings = {"lr": 0.1, "weight_decay": decay, "schedule": "constant",
                    "persistent_chains": 0, "centre": False}
        trainer = settings_for(model, settings, len(x)).make_loop(
            model, x, None, np.random.default_rng(0)).trainer
        trainer.step(x, None, np.random.default_rng(1))
        results.append(model.params)
    np.testing.assert_allclose(results[0]["W"] - results[1]["W"], 0.05 * before["W"], rtol=1e-9)
    for bias in ("visible.b", "hidden.b"):
        np.testing.assert_array_equal(results[0][bias], results[1][bias])


def config(**training):
    return {"data": "mnist5k", "seed": 0, "device": "cpu", "model": {"class": "RBM", "hidden": 20},
            "training": {"epochs": 2, "batch_size": 100, "binarize": "dynamic", "optimizer": "sgd",
                         "lr": 0.05, "momentum": 0.5, "persistent_chains": 30, "gibbs_steps": 2,
                         "weight_decay": 1e-4, "centre": True, **training}}


def test_a_resumed_run_is_bit_for_bit_the_same(tmp_path):
    whole = Run.create(tmp_path / "whole", config())
    whole.train(Silent())
    halves = Run.create(tmp_path / "halves", config())
    halves.train(Silent(), lambda: halves.loop.samples_seen >= 2700)
    resumed = Run.resume(tmp_path / "halves")
    assert resumed.loop.samples_seen == 2700
    resumed.train(Silent())
    np.testing.assert_array_equal(resumed.model.params.vector, whole.model.params.vector)
    state, expected = (run.loop.trainer.state() for run in (resumed, whole))
    for name, array in expected.items():
        np.testing.assert_array_equal(state[name], array)
    model = vn.load(tmp_path / "halves")
    assert isinstance(model, RBM) and model.config() == whole.model.config()


def test_chains_of_another_number_are_refused(tmp_path):
    run = Run.create(tmp_path / "run", config(samples_seen=300))
    run.train(Silent())
    header, arrays = checkpoints.read(run.checkpoint_path)
    arrays["memory..chains"] = arrays["memory..chains"][1:]
    checkpoints.write(run.checkpoint_path, header, arrays)
    with pytest.raises(checkpoints.CheckpointError, match="its chains have shape"):
        Run.resume(tmp_path / "run")


def test_it_learns_the_digits_and_its_bias_starts_at_their_mean():
    data = vn.load_dataset("mnist5k")
    model = RBM(784, 50, rng=np.random.default_rng(0)).init_output_bias(data.train)
    start = 1 / (1 + np.exp(-model.params["visible.b"]))
    np.testing.assert_allclose(start, data.train.mean(axis=0).clip(1e-3, 0.999), rtol=1e-5)
    history = vn.fit(model, data.train, epochs=6, rng=np.random.default_rng(1), test=data.test,
                     binarize="dynamic", optimizer="sgd", lr=0.3, momentum=0.0, centre=True,
                     persistent_chains=100)
    # Independent pixels have −206 nats, as a likelihood and as a pseudo-likelihood.
    assert -205 < history[0]["test_pseudo"] < history[-1]["test_pseudo"]
    assert history[-1]["test_pseudo"] > -145
    assert set(history[0]) == {"epoch", "samples_seen", "train_free_energy", "train_contrast",
                               "test_free_energy", "test_pseudo", "seconds"}


def test_a_second_fit_goes_on():
    x = coins(50, 6)
    model = RBM(6, 3, dtype="float64")
    vn.fit(model, x, epochs=1, rng=np.random.default_rng(0))
    bias = model.params["visible.b"].copy()
    settings_for(model, {}, len(x)).make_loop(model, 1 - x, None, np.random.default_rng(0))
    np.testing.assert_array_equal(model.params["visible.b"], bias)


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="0 and 1 alone.*binarize='dynamic'"):
        vn.fit(RBM(784, 5), vn.load_dataset("mnist5k").train[:50], epochs=1)
    with pytest.raises(ValueError, match=r"in \[0, 1\]"):
        vn.fit(RBM(3, 5), 2.0 * coins(4, 3), epochs=1)
    with pytest.raises(ValueError, match="at most 20 units; this RBM has 30 and 21"):
        RBM(30, 21).log_partition_exact()
    with pytest.raises(ValueError, match="5 columns"):
        random_rbm().free_energy(coins(2, 4))
    with pytest.raises(ValueError, match="N at least 1"):
        random_rbm().free_energy(np.zeros(5))
    with pytest.raises(ValueError, match="hidden must be a positive"):
        RBM(3, (4, 5))
    with pytest.raises(ValueError, match="init_std"):
        RBM(3, 4, init_std=-1)
    with pytest.raises(ValueError, match="steps must be 2 or more"):
        random_rbm().sample(2, np.random.default_rng(0), steps=1)
    with pytest.raises(TypeError, match="Generator"):
        random_rbm().sample(2, 0)
    with pytest.raises(ValueError, match="gibbs_steps must be a whole number, 1 or more"):
        vn.fit(random_rbm(), coins(4, 5), gibbs_steps=0)
    with pytest.raises(ValueError, match="weight_decay must be a number, 0 or more"):
        vn.fit(random_rbm(), coins(4, 5), weight_decay=-1.0)
    with pytest.raises(ValueError, match="mc_samples means nothing to an RBM"):
        vn.fit(random_rbm(), coins(4, 5), mc_samples=3)
    with pytest.raises(ValueError, match="persistent_chains means nothing to a VAE"):
        vn.fit(vn.VAE(5, 2), coins(4, 5), persistent_chains=3)


def test_divergence_stops_the_run():
    with pytest.raises(NonFiniteBoundError, match="free_energy|contrast"):
        vn.fit(random_rbm(6, 3, dtype="float32"), coins(20, 6), epochs=50, optimizer="sgd",
               lr=1e38, batch_size=10, rng=np.random.default_rng(0))
