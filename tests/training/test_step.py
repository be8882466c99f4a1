"""One step of Algorithm 1: the weight prior, the warm-up and the schedule around the gradient."""
import numpy as np
import pytest

import vae_np as vn
from vae_np.training.vae import VAETrainer

TRAIN_SIZE = 35


class Recorder(vn.SGD):
    """SGD that keeps the gradient and the rate of its last step."""

    def ascend(self, grads):
        self.seen, self.rate = grads.copy(), self.lr
        super().ascend(grads)


@pytest.fixture
def make_trainer(make_vae):
    def make(**arguments):
        model = make_vae()
        return VAETrainer(model, Recorder(model.params, lr=0.5), total_samples=140,
                          train_size=TRAIN_SIZE, **arguments)
    return make


def take_step(trainer, seed=0):
    """One step; returns (its data, its noise, the parameters before it)."""
    x = (np.random.default_rng(seed).random((7, 5)) < 0.5).astype(np.float64)
    eps = trainer.model.noise(np.random.default_rng(seed), 7, trainer.mc_samples)
    before = trainer.model.params.copy()
    trainer.report = trainer.step(x, np.arange(7), np.random.default_rng(seed))
    trainer.progress.samples_seen += 7  # as the loop does
    return x, eps, before


@pytest.mark.parametrize("estimator, mc_samples", [("A", 1), ("B", 1), ("A", 4), ("B", 3)])
def test_a_step_climbs_the_bound_of_its_batch(make_trainer, estimator, mc_samples):
    trainer = make_trainer(estimator=estimator, mc_samples=mc_samples)
    x, eps, before = take_step(trainer)
    after = trainer.model.params.copy()
    trainer.model.params.vector[...] = before.vector
    value, grads = trainer.model.elbo_and_grad(x, eps, estimator)
    assert trainer.report == {"elbo": pytest.approx(value)}
    np.testing.assert_allclose(after.vector, before.vector + 0.5 * grads.vector, rtol=1e-13)


@pytest.mark.parametrize("weight_prior", ["none", "decoder", "all"])
def test_weight_prior_adds_minus_w_over_n(make_trainer, weight_prior):
    """−w/N with N the size of the training set, not of the batch; once, and not in the report."""
    trainer, plain = make_trainer(weight_prior=weight_prior), make_trainer()
    _, _, before = take_step(trainer)
    take_step(plain)
    seen, plainly_seen = (each.optimizers[""].seen for each in (trainer, plain))
    added = seen.like(seen.vector - plainly_seen.vector)
    for part in ("encoder", "decoder"):
        has_prior = weight_prior == "all" or weight_prior == part
        expected = -before.part(part).vector / TRAIN_SIZE * has_prior
        np.testing.assert_allclose(added.part(part).vector, expected, atol=1e-15)
    assert trainer.report == plain.report


def test_kl_warm_up_climbs_from_0_to_1_and_stays(make_trainer):
    """Two epochs of 35 examples, 7 at a time: the weights 0, 0.1 … 0.9, then 1."""
    trainer = make_trainer(kl_warmup=2.0)
    weights = []
    for seed in range(12):
        weight = trainer.kl_weight()
        x, eps, before = take_step(trainer, seed)
        weights.append(weight)
        model = trainer.model
        after = model.params.vector.copy()
        model.params.vector[...] = before.vector
        _, grads = model.elbo_and_grad(x, eps, kl_weight=weight)
        np.testing.assert_allclose(trainer.optimizers[""].seen.vector, grads.vector, rtol=1e-13)
        model.params.vector[...] = after
    assert weights == pytest.approx([0.1 * i for i in range(10)] + [1.0, 1.0])
    assert make_trainer().kl_weight() == 1.0


def test_schedule_scales_the_base_rate(make_trainer):
    trainer = make_trainer(schedule="cosine")
    rates = []
    for seed in range(20):
        take_step(trainer, seed)
        rates.append(trainer.optimizers[""].rate)
    np.testing.assert_allclose(rates, 0.25 * (1.0 + np.cos(np.pi * np.arange(20) / 20)))


def test_gradient_of_a_batch_is_that_of_its_sum_over_n(make_vae):
    """The mean over the batch, and nothing else: one image twice gives what it gives once."""
    model, rng = make_vae(), np.random.default_rng(0)
    x, eps = rng.random((1, 5)), rng.standard_normal((1, 2))
    value, grads = model.elbo_and_grad(x, eps)
    twice, grads_twice = model.elbo_and_grad(np.repeat(x, 3, axis=0), np.repeat(eps, 3, axis=0))
    assert twice == pytest.approx(value, rel=1e-13)
    np.testing.assert_allclose(grads_twice.vector, grads.vector, rtol=1e-11, atol=1e-13)


def test_unknown_settings_are_refused(make_trainer):
    with pytest.raises(ValueError, match="unknown weight prior 'both': use one of none, decoder"):
        make_trainer(weight_prior="both")
    with pytest.raises(ValueError, match="unknown schedule 'linear': use one of constant"):
        make_trainer(schedule="linear")
