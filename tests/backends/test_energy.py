"""RBMs and DBNs on CuPy's double: training and measurement, bit for bit as on the host."""
import numpy as np
import pytest

from vae_np.inference import energy, partition, reverse_annealing
from vae_np.models import DBN, RBM
from vae_np.settings import Training

MODELS = {"RBM": lambda **kw: RBM(6, 5, **kw), "DBN": lambda **kw: DBN(6, (5, 4, 5), **kw)}


@pytest.fixture(params=MODELS)
def energy_pair(request, cupy):
    """The same model twice, on the host and on the device."""
    make = MODELS[request.param]
    host, device = (make(init_std=1.0, rng=np.random.default_rng(1)) for _ in range(2))
    return host, device.to("cuda")


@pytest.mark.parametrize("settings", [
    {}, {"gibbs_steps": 3, "persistent_chains": 4, "weight_decay": 0.1, "centre": True}],
    ids=["CD", "PCD"])
def test_training_is_alike(energy_pair, x, settings):
    results = []
    for model in energy_pair:
        loop = Training(epochs=6, batch_size=3, **settings).make_loop(
            model, x, x, np.random.default_rng(2))
        records = []
        loop.run(records.append)
        results.append(([{**record, "seconds": 0} for record in records], loop.trainer.state()))
    (host_records, host), (device_records, device) = results
    assert device_records == host_records and len(host_records) == 6
    for name, array in host.items():
        assert type(device[name]) is np.ndarray
        np.testing.assert_array_equal(device[name], array, strict=True)


def test_measurement_is_alike(energy_pair, x):
    results = []
    for model in energy_pair:
        base = partition.base_rates(model, x)
        log_z = partition.log_partition(model, base, rng=np.random.default_rng(3), num_chains=7,
                                        num_temperatures=5)
        results.append([base, *log_z, *energy.log_likelihood(
            model, x, log_z.log_z, rng=np.random.default_rng(4), num_samples=11),
            *reverse_annealing.log_likelihood(model, x, base, rng=np.random.default_rng(5),
                                              num_chains=3, num_temperatures=5),
            model.sample(4, np.random.default_rng(6), steps=5),
            model.sample_mean(4, np.random.default_rng(6), steps=5),
            model.top.log_partition_exact()])
    for host, device in zip(*results, strict=True):
        np.testing.assert_array_equal(device.get() if hasattr(device, "get") else device, host)
