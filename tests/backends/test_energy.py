"""RBMs and DBNs on the device: measured as on the host."""
import numpy as np
import pytest
from devices import assert_same, on_gpu

from vae_np.inference import energy, partition, reverse_annealing
from vae_np.models import DBN, RBM

MODELS = {"RBM": lambda **kw: RBM(6, 5, **kw), "DBN": lambda **kw: DBN(6, (5, 4, 5), **kw)}


@pytest.fixture(params=MODELS)
def energy_pair(request, cupy):
    """The same model twice, on the host and on the device."""
    make, dtype = MODELS[request.param], "float64" if on_gpu.chosen else "float32"
    host, device = (make(init_std=1.0, dtype=dtype, rng=np.random.default_rng(1))
                    for _ in range(2))
    return host, device.to("cuda")


def test_measurement_is_alike(energy_pair, x):
    results = []
    for model in energy_pair:
        base = partition.base_rates(model, x)
        log_z = partition.log_partition(model, base, rng=np.random.default_rng(3), num_chains=7,
                                        num_temperatures=5)
        one = energy.log_likelihood(model, x, log_z.log_z, rng=np.random.default_rng(4),
                                    num_samples=11)
        raised = reverse_annealing.log_likelihood(model, x, base, rng=np.random.default_rng(5),
                                                  num_chains=3, num_temperatures=5)
        results.append([base, *log_z, *one[:3], *one.details.values(), *raised[:3],
            model.sample(4, np.random.default_rng(6), steps=5),
            model.sample_mean(4, np.random.default_rng(6), steps=5),
            model.top.log_partition_exact()])
    assert_same(*reversed(results))
