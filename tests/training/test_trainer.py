"""What every trainer shares: a rate for each optimiser; nothing moves where a number is lost."""
import numpy as np
import pytest

import vae_np as vn
from vae_np.catalogue import KINDS, settings_for
from vae_np.training import Loop, NonFiniteBoundError
from vae_np.training.settings import Settings
from vae_np.training.wake_sleep import WakeSleepTrainer

X = (np.random.default_rng(0).random((20, 6)) < 0.5).astype(np.float32)


def wake_sleep(*rates, schedule="constant"):
    model = vn.models.WakeSleep(6, 2, (4,), rng=np.random.default_rng(1))
    optimizers = [vn.SGD(model.params.part(part), lr=rate)
                  for part, rate in zip(("encoder", "decoder"), rates, strict=True)]
    return WakeSleepTrainer(model, *optimizers, total_samples=100, train_size=20,
                            schedule=schedule)


def test_each_optimiser_keeps_a_rate_of_its_own():
    """Not the first one's for all: with a rate of 0 a part rests."""
    trainer = wake_sleep(0.0, 0.1)
    before = trainer.model.params.copy()
    trainer.step(X, None, np.random.default_rng(2))
    after = trainer.model.params
    np.testing.assert_array_equal(after.part("encoder").vector, before.part("encoder").vector)
    assert (after.part("decoder").vector != before.part("decoder").vector).any()


def test_the_schedule_scales_every_rate():
    trainer = wake_sleep(0.3, 0.1, schedule="cosine")
    trainer.progress.samples_seen = 50
    trainer.step(X, None, np.random.default_rng(2))
    assert [one.lr for one in trainer.optimizers.values()] == pytest.approx([0.15, 0.05])


def test_nothing_moves_where_a_number_is_not_finite():
    trainer = wake_sleep(0.1, 0.1)
    before = trainer.model.params.vector.copy()
    grads = trainer.model.params.part("decoder").zeros_like()
    grads.vector[...] = 1.0
    assert not trainer.ascend({"elbo": np.nan}, grads, "decoder")
    np.testing.assert_array_equal(trainer.model.params.vector, before)
    assert trainer.optimizers["decoder"].steps == 0
    assert trainer.ascend({"elbo": -3.0}, grads, "decoder")
    assert (trainer.model.params.vector != before).any()


def test_the_loop_alone_counts_the_samples():
    """A trainer that does no more than its interface asks is enough."""
    class Still:
        repeats, full_batch = 3, False

        def step(self, x, index, rng):
            seen.append(self.progress.samples_seen)
            return {"value": 1.0}

        def rest(self):
            pass

        def evaluate(self, x, rng):
            return {}

        def counts(self):
            return {}

        def state(self):
            return {}

    seen = []
    loop = Loop(Still(), X, rng=np.random.default_rng(0), total_samples=60, batch_size=10)
    loop.run(lambda record: None)
    assert seen == [0, 30] and loop.samples_seen == 60


def test_a_run_that_diverges_keeps_the_parameters_before_it():
    model = vn.VAE(6, 2, (4,), likelihood="gaussian")
    before = model.params.vector.copy()
    with pytest.raises(NonFiniteBoundError):
        vn.fit(model, X * np.float32(1e30), epochs=1, output_bias=False,
               rng=np.random.default_rng(0))
    np.testing.assert_array_equal(model.params.vector, before)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.trainer],
                         ids=lambda kind: kind.model.__name__)
def test_a_trainer_s_settings_are_its_constructor_s(kind):
    """Each row that is no optimiser's has its argument: nothing is declared and then lost."""
    model = kind.model(6, **kind.small)
    settings = settings_for(model, {"epochs": 2}, len(X))
    trainer = settings.make_trainer(model, 2 * len(X), len(X))
    assert settings == Settings(kind.trainer, **settings.as_dict())
    assert set(trainer.optimizers) == set(kind.trainer.parts_of(model))
    assert trainer.progress.total_samples == 2 * len(X)
