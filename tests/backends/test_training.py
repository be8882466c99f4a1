"""Every kind of model trains and resumes on the device as on the host, by the loop of runs."""
import numpy as np
import pytest
from devices import assert_same, on_gpu

from vae_np.catalogue import KINDS, LABELS, settings_for

X_DIM, BATCH = 6, 5
DEEP = {"z_dim": 2, "hidden": (5, 4)}
SHAPES = {"BernoulliMixture": {"components": 3}, "GaussianMixture": {"components": 3},
          "HierarchicalVAE": {"z_dim": (3, 2), "hidden": ((5, 4), (4,))},
          "RBM": {"hidden": 5, "init_std": 1.0}, "DBN": {"hidden": (5, 4, 5), "init_std": 1.0}}
PLAIN = {"persistent_chains": 0, "centre": False, "optimizer": "adam", "lr": 1e-3}
CHAINS = {**PLAIN, "persistent_chains": 4, "gibbs_steps": 3, "weight_decay": 0.1, "centre": True}
SETTINGS = {"RBM": [PLAIN, CHAINS], "DBN": [PLAIN, CHAINS],
            "BernoulliMixture": [{"pseudo_count": 1.0}],
            "GaussianMixture": [{"pseudo_count": 1.0}],
            "MonteCarloEM": [{"epochs": 20}],  # each visit to a datum counts five times
            "HierarchicalVAE": [{}, {"estimator": "IW", "mc_samples": 3, "gradient": "dreg"}],
            "FullVB": [{"estimator": "A"}, {"estimator": "B"}],
            "VAE": [{"estimator": "A", "weight_prior": "all"}, {"kl_warmup": 1.0},
                    {"estimator": "IW", "mc_samples": 3, "gradient": "dreg", "beta": 0.7}]}
CASES = {f"{kind.model.__name__}-{number}": (kind, settings) for kind in KINDS if kind.trainer
         for number, settings in enumerate(SETTINGS.get(kind.model.__name__, [{}]))}


@pytest.fixture(params=CASES.values(), ids=CASES)
def make_loop(request, cupy, x):
    """make_loop(device) → a Loop around a new model of some kind, on the host or on the device."""
    kind, settings = request.param
    cls = kind.model
    dtype = "float64" if on_gpu.chosen else "float32"
    batch = {} if kind.trainer.full_batch else {"batch_size": BATCH}

    def make(device):
        model = cls(X_DIM, **SHAPES.get(cls.__name__, DEEP), dtype=dtype,
                    rng=np.random.default_rng(1)).to(device)
        rows = model.rows(x, *([np.arange(len(x)) % 3] if LABELS in kind.has else []))
        return settings_for(model, {"epochs": 4, **batch, **settings}, len(x)).make_loop(
            model, rows, rows, np.random.default_rng(2))
    return make


def finish(loop):
    """The records that a loop leaves, without the seconds, and its trainer's state."""
    records = []
    loop.run(records.append)
    return [{**record, "seconds": 0} for record in records], loop.trainer.state()


def test_every_kind_trains_alike(make_loop):
    host, device = finish(make_loop("cpu")), finish(make_loop("cuda"))
    assert_same(device, host)
    assert len(host[0]) >= 4 and host[0][0] != host[0][-1]
    assert all(type(array) is np.ndarray for array in device[1].values())


def test_every_kind_resumes_to_the_last_bit(make_loop):
    straight, first, second = (make_loop("cuda") for _ in range(3))
    records, state = finish(straight)
    steps = iter([False, False, False])
    first.run(lambda record: None, should_stop=lambda: next(steps, True))
    assert 0 < first.samples_seen < straight.samples_seen
    second.load_state(*first.state())
    rest, resumed = finish(second)
    assert rest == records[-len(rest):]
    for name, array in state.items():
        np.testing.assert_array_equal(resumed[name], array, strict=True)
