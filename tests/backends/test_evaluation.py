"""Evaluation, sampling and every pair of functions on the device: the same as on the host."""
import numpy as np
from devices import assert_same

import vae_np as vn
from vae_np import distributions, evaluation
from vae_np.inference.measures import by_importance
from vae_np.models import FullVB

ONE_BLOCK = evaluation.SAMPLES_PER_BLOCK  # on host and device: sums are taken in the same order


def rng():
    return np.random.default_rng(4)


def test_evaluate_gives_the_same_numbers(pair, x, likelihood):
    host, device = pair(likelihood=likelihood)
    assert_same(evaluation.evaluate(device, x, rng=rng(), num_samples=ONE_BLOCK),
                evaluation.evaluate(host, x, rng=rng(), num_samples=ONE_BLOCK))


def test_importance_sampling_in_chunks_of_samples_and_blocks_of_images(pair, likelihood):
    host, device = pair(likelihood=likelihood)
    x = np.random.default_rng(5).random((7, 6)).astype(np.float32)
    of_device, of_host = (by_importance(model, x, rng=rng(), num_samples=20, images_per_block=3,
                                        samples_on_device=ONE_BLOCK)
                          for model in (device, host))
    for a, b in zip(of_device[:3], of_host[:3], strict=True):
        assert type(a) is np.ndarray and a.dtype == np.float64
        assert_same(a, b)


def test_a_device_takes_more_samples_at_a_time_and_sees_the_same_noise(pair, x, monkeypatch):
    host, device = pair(dtype="float64")
    sizes, noise = [], device.noise
    monkeypatch.setattr(device, "noise", lambda rng, n, samples: sizes.append(samples)
                        or noise(rng, n, samples))
    of_device, of_host = (by_importance(model, x, rng=rng(), num_samples=100, samples_on_device=64)
                          for model in (device, host))
    np.testing.assert_allclose(of_device[:3], of_host[:3], rtol=1e-9)
    assert sizes == [64, 36]


def test_weights_that_are_drawn_with_each_sample_are_the_same_too(x, cupy):
    of_device, of_host = (
        by_importance(FullVB(6, 2, (5,), dtype="float64").to(device), x, rng=rng(),
                      num_samples=100, samples_on_device=64) for device in ("cuda", "cpu"))
    assert_same(of_device[:3], of_host[:3])


def test_latent_use_comes_to_the_host(pair, x):
    host, device = pair()
    for a, b in zip(evaluation.latent_use(device, x, batch_size=3),
                    evaluation.latent_use(host, x, batch_size=3), strict=True):
        assert type(a) is np.ndarray
        assert_same(a, b)


def test_data_may_lie_on_the_device_already(pair, x, cupy):
    host, device = pair()
    on_device = cupy.asarray(x)
    assert_same(evaluation.evaluate(device, on_device, rng=rng(), num_samples=ONE_BLOCK),
                evaluation.evaluate(host, x, rng=rng(), num_samples=ONE_BLOCK))
    device_history = vn.fit(device, on_device, epochs=1, batch_size=3, rng=rng())
    host_history = vn.fit(host, x, epochs=1, batch_size=3, rng=rng())
    assert_same(device_history[0]["train_elbo"], host_history[0]["train_elbo"])


def test_a_model_on_the_host_reads_data_of_the_device(pair, x, cupy):
    host, _ = pair()
    bounds = [host.elbo(data, host.noise(rng(), 7)) for data in (x, cupy.asarray(x))]
    np.testing.assert_array_equal(*bounds)


def test_samples_are_drawn_from_the_same_dice(pair, likelihood, cupy):
    host, device = pair(likelihood=likelihood)
    for draw in ("sample", "sample_mean"):
        of_device, of_host = (getattr(model, draw)(5, rng()) for model in (device, host))
        assert type(of_device) is cupy.ndarray and of_device.dtype == of_host.dtype
        assert_same(of_device, of_host)


def test_log_joint_and_its_gradient(pair, x, likelihood):
    host, device = pair(likelihood=likelihood)
    z = rng().standard_normal((3, 7, 2), dtype=np.float32)
    for a, b in zip(device.log_joint_and_grad(x, z), host.log_joint_and_grad(x, z), strict=True):
        assert_same(a, b)
    for a, b in zip(device.mean_log_joint_and_grad(x, z), host.mean_log_joint_and_grad(x, z),
                    strict=True):
        assert_same(*((a.vector, b.vector) if hasattr(a, "vector") else (a, b)))
    assert_same(device.log_joint(x, z), host.log_joint(x, z))


def test_the_output_bias_starts_at_the_data_s_mean(pair, x):
    host, device = pair(likelihood="gaussian")
    for model in (host, device):
        model.init_output_bias(x)
    assert_same(device.params.vector, host.params.vector)


def test_the_output_bias_copies_up_two_means(pair, x, traffic):
    _, device = pair(likelihood="gaussian")
    traffic.up.clear()
    device.init_output_bias(x)
    assert traffic.up == [(6,), (6,)]


def test_every_pair_of_functions(cupy, pair_checks):
    """Each f and f_backward of the mathematics, those that training does not use as well."""
    assert len(pair_checks) >= 14
    for forward, backward, inputs in pair_checks.values():
        on_device = {name: cupy.asarray(value) for name, value in inputs.items()}
        d_out = rng().standard_normal(np.shape(forward(**inputs)))
        assert_same(forward(**on_device), forward(**inputs))
        gradients = backward(cupy.asarray(d_out), **on_device)
        for name, expected in backward(d_out, **inputs).items():
            assert_same(gradients[name], expected)


def test_no_pair_of_functions_copies_anything(cupy, traffic, pair_checks):
    for forward, backward, inputs in pair_checks.values():
        on_device = {name: cupy.asarray(value) for name, value in inputs.items()}
        traffic.up.clear()
        backward(cupy.ones_like(forward(**on_device)), **on_device)
        assert traffic.up == traffic.down == []


def test_a_label_without_a_class_has_probability_0_on_a_device(cupy, traffic):
    """There nobody looks at the labels. On the host they are refused."""
    labels, logits = cupy.asarray(np.array([0, 3, -1])), cupy.asarray(np.zeros((3, 3), "float32"))
    value = distributions.categorical_log_prob(labels, logits)
    assert traffic.down == []
    assert value.get().tolist()[1:] == [-np.inf, -np.inf]
