"""The importance-weighted bound for several K from the same draws, and the plane that shows a
prior.
"""
import numpy as np
import pytest

import vae_np as vn
from vae_np.experiments.closing import importance_bounds
from vae_np.experiments.table_pictures import plane


def model_and_data(n=7, at_the_prior=False):
    rng = np.random.default_rng(0)
    model = vn.VAE(6, 2, hidden=(5,), dtype="float64", rng=rng)
    model.params.vector[:] += 0.2 * rng.normal(size=model.params.vector.shape)
    if at_the_prior:
        for array in model.params.part("encoder").values():
            array[...] = 0.0
    return model, (rng.random((n, 6)) < 0.5).astype(float)


def bounds(ks, num_samples, n=7):
    model, x = model_and_data(n)
    return importance_bounds(model, x, ks, rng=np.random.default_rng(1), num_samples=num_samples)


def test_it_is_the_mean_over_groups_that_follow_one_another():
    """K = 1 is the mean of log w, K = S the estimate of log p(x), and K = 3 of 8 draws leaves the
    last two out. The draws are those of `log_likelihood`.
    """
    model, x = model_and_data()
    stream = np.random.default_rng(1).spawn(1)[0]
    log_w = model.log_weights(x, model.noise(stream, len(x), 8), model.posterior(x))
    groups = [np.log(np.exp(log_w[i:i + 3]).mean(axis=0)) for i in (0, 3)]
    found = bounds((1, 3, 8), 8)
    np.testing.assert_allclose(found[:, 0], log_w.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found[:, 1], np.mean(groups, axis=0), rtol=1e-12)
    log_px, _ = vn.log_likelihood(model, x, rng=np.random.default_rng(1), num_samples=8)
    np.testing.assert_allclose(found[:, 2], log_px, rtol=1e-12)


def test_where_k_divides_the_next_the_bounds_only_rise():
    """For every draw, not only on average: by Jensen's inequality, group by group. Over more draws
    than one lot, and more images than one block.
    """
    found = bounds((1, 2, 4, 8, 16, 32), 32, n=60)
    assert found.shape == (60, 6) and (np.diff(found, axis=1) > 0).all()


def test_it_rises_to_log_p_of_x():
    """p(x) by the trapezium rule over the two codes. With q(z|x) = p(z) no weight exceeds 1, and
    5000 draws leave an error of 0.02 nats at most (`log_likelihood` says so), a fifth of what is
    let pass.
    """
    model, x = model_and_data(3, at_the_prior=True)
    line = np.linspace(-8, 8, 321)
    z = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    found = importance_bounds(model, x, (1, 5000), rng=np.random.default_rng(1), num_samples=5000)
    for row, (first, last) in zip(x, found):
        joint = model.log_joint(row[None], z[:, None])[:, 0]
        exact = np.log(np.exp(joint - joint.max()).sum() * (line[1] - line[0]) ** 2) + joint.max()
        assert first < exact - 0.05 and last == pytest.approx(exact, abs=0.1)
    errors = vn.log_likelihood(model, x, rng=np.random.default_rng(1), num_samples=5000)[1]
    assert errors.max() < 0.02


@pytest.mark.parametrize("ks", [(), (0,), (1, 9)])
def test_a_number_of_samples_that_there_are_not_is_refused(ks):
    with pytest.raises(ValueError, match="from 1 to num_samples, 8"):
        bounds(ks, 8)


def test_the_plane_is_that_of_the_two_codes_that_depend_on_each_other():
    """Nothing but their joint distribution tells it: each of them alone is Gaussian."""
    rng = np.random.default_rng(0)
    codes = rng.normal(size=(4000, 5))
    codes[:, 3] = codes[:, 1] * np.sign(rng.normal(size=4000))  # a cross
    assert plane(codes) == (1, 3)
