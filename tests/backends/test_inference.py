"""Inference on the device: the same draws and the same numbers as on the host."""
import numpy as np
import pytest
from devices import assert_same

from vae_np.inference import ais, appendix_d, hmc


def rng():
    return np.random.default_rng(6)


def target(model, x):
    return lambda z: model.log_joint_and_grad(x, z)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_hmc_draws_the_same_points(pair, x, cupy, likelihood, dtype):
    host, device = pair(likelihood=likelihood, dtype=dtype)
    z = rng().standard_normal((3, 7, 2)).astype(dtype)
    draws, steps = [], [hmc.StepSizes(7) for _ in range(2)]
    for model, start, step in zip((device, host), (cupy.asarray(z), z), steps, strict=True):
        draws.append(hmc.sample(target(model, x), start, step, rng(), num_samples=4, warmup=5))
    assert_same(*draws, dtype)
    assert type(draws[0].z) is type(draws[0].log_prob) is cupy.ndarray
    assert_same(draws[0].ess(), draws[1].ess(), dtype)
    assert_same(steps[0].step(), steps[1].step(), dtype)


def test_a_transition_copies_up_its_dice_and_brings_nothing_down(pair, x, cupy, traffic):
    _, device = pair()
    x = cupy.asarray(x)
    point = hmc.evaluate(target(device, x), cupy.zeros((3, 7, 2), dtype="float32"))
    step = cupy.full(7, 0.1, dtype="float32")
    traffic.up.clear()
    traffic.down.clear()
    hmc.transition(target(device, x), point, step, rng(), 4)
    assert sorted(traffic.up) == [(3, 7), (3, 7), (3, 7, 2)] and traffic.down == []


def test_ais_estimates_the_same_numbers(pair, x, likelihood):
    host, device = pair(likelihood=likelihood)
    assert_same(*(ais.log_likelihood(model, x, rng=rng(), num_chains=10, num_temperatures=4)[:3]
                  for model in (device, host)))


@pytest.mark.parametrize("density", list(appendix_d.DENSITIES))
def test_appendix_d_estimates_the_same_numbers(pair, x, density):
    host, device = pair()
    assert_same(*(appendix_d.log_likelihood(model, x, rng=rng(), density=density,
                                            num_samples=20)[:3]
                  for model in (device, host)))
