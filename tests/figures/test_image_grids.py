"""The grids of images: the right pixels at the right place, with the right words beside them."""
import sys
import types

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy.special import ndtr, ndtri

import vae_np as vn
from vae_np import figures
from vae_np.figures.style import as_images, tile
from vae_np.models import RBM

SHAPE = (4, 3)  # height and width differ, so that no mix-up stays hidden


def shown(ax):
    """The one array that the Axes show, and proof that its greys mean 0 to 1."""
    image, = ax.images
    assert image.get_clim() == (0, 1) and image.get_cmap().name == "gray"
    return np.asarray(image.get_array())


def labels(axis):
    return {float(place): text.get_text()
            for place, text in zip(axis.get_majorticklocs(), axis.get_ticklabels())}


def test_tile_puts_row_major_images_in_place():
    images = np.random.default_rng(0).random((2, 5, 4, 3)).astype(np.float32)
    canvas = tile(images, gap=2)
    assert canvas.shape == (2 * 4 + 2, 5 * 3 + 4 * 2)
    np.testing.assert_array_equal(canvas[6:10, 15:18], images[1, 3])
    assert (canvas[4:6] == 1).all() and (canvas[:, 3:5] == 1).all()
    np.testing.assert_array_equal(tile(images, gap=0)[4:, 6:9], images[1, 2])


@pytest.mark.parametrize("shape, message", [
    (None, "image_shape must be"), ((12,), "image_shape must be"),
    ((5, 3), "5 × 3 has 15 pixels")])
def test_a_wrong_image_shape_is_named(shape, message):
    with pytest.raises(ValueError, match=message):
        as_images(np.zeros((2, 12)), shape)


def test_reconstructions_show_data_above_the_mean_at_a_sampled_z(ax, toy, x):
    model = toy()
    assert figures.reconstructions(model, x, np.random.default_rng(3), SHAPE, ax, n=5) is ax
    canvas = shown(ax)
    assert canvas.shape == (2 * 4 + 2, 5 * 3 + 4 * 2)
    z = x[:5, :2] * [1, 2] + np.exp(-1) * np.random.default_rng(3).standard_normal((5, 2))
    for i in range(5):
        columns = slice(5 * i, 5 * i + 3)
        np.testing.assert_allclose(canvas[:4, columns].ravel(), x[i], rtol=1e-6)
        np.testing.assert_allclose(canvas[6:, columns].ravel(), model.decode(z[i]), rtol=1e-6)
        assert not np.allclose(canvas[6:, columns].ravel(), model.decode(x[i, :2] * [1, 2]))
    # The centres of the two rows: pixels 0 to 3 and 6 to 9.
    assert labels(ax.yaxis) == {1.5: "data x", 7.5: "mean E[x|z],\nz ~ q(z|x)"}


def test_reconstructions_need_an_image(toy):
    with pytest.raises(ValueError, match="number of images must be at least 1, not 0"):
        figures.reconstructions(toy(), np.zeros((0, 12)), np.random.default_rng(0), SHAPE)


def test_prior_samples_show_draws_left_and_means_right(ax, toy):
    model = toy()
    assert figures.prior_samples(model, np.random.default_rng(3), SHAPE, ax, n=7) is ax
    canvas = shown(ax)
    seed = int(np.random.default_rng(3).integers(2**63))
    draws, means = (f(7, np.random.default_rng(seed)) for f in (model.sample, model.sample_mean))
    width = 3 * 3 + 2  # three columns of images, two gaps
    assert canvas.shape == (3 * 4 + 2, 2 * width + 6)
    right = canvas[:, width + 6:]
    np.testing.assert_array_equal(canvas[5:9, 8:11].ravel(), draws[5])
    np.testing.assert_allclose(right[5:9, 8:11].ravel(), means[5], rtol=1e-6)
    assert (right[10:, 4:] == 1).all()  # places 8 and 9 stay white
    assert list(labels(ax.xaxis).values()) == ["draws x ~ p(x|z)", "means E[x|z]"]
    ax = figures.prior_samples(RBM(12, 3), np.random.default_rng(4), (4, 3), Figure().subplots(),
                               n=7)
    assert list(labels(ax.xaxis).values()) == ["draws x ~ p(x|h)", "means E[x|h]"]
    np.testing.assert_allclose(list(labels(ax.xaxis)), [width / 2 - 0.5, 1.5 * width + 5.5])


def test_prior_samples_of_a_vae_share_z(ax):
    """With almost no noise in p(x|z) the draws are the means, if both sides have the same z."""
    model = vn.VAE(12, 3, hidden=(5,), likelihood=("gaussian", 1e-12))
    figures.prior_samples(model, np.random.default_rng(0), SHAPE, ax, n=9)
    canvas = shown(ax)
    assert np.ptp(canvas[:4, :3]) > 0.01
    np.testing.assert_allclose(canvas[:, :11], canvas[:, -11:], atol=1e-4)


def test_prior_samples_refuse_none(toy):
    with pytest.raises(ValueError, match="n must be at least 1, not 0"):
        figures.prior_samples(toy(), np.random.default_rng(0), SHAPE, n=0)


def test_interpolation_runs_from_one_latent_mean_to_the_other(ax, toy, x):
    model = toy()
    assert figures.interpolation(model, x, SHAPE, ax, pairs=2, steps=5) is ax
    canvas = shown(ax)
    assert canvas.shape == (2 * 4 + 1, 3 + 4 + (5 * 3 + 4) + 4 + 3)
    first, last = x[2, :2] * [1, 2], x[3, :2] * [1, 2]  # the second row is the second pair
    row = canvas[5:]
    np.testing.assert_allclose(row[:, :3].ravel(), x[2], rtol=1e-6)
    np.testing.assert_allclose(row[:, -3:].ravel(), x[3], rtol=1e-6)
    for step, z in ((0, first), (1, 0.75 * first + 0.25 * last), (4, last)):
        tile_start = 7 + 4 * step
        np.testing.assert_allclose(row[:, tile_start:tile_start + 3].ravel(), model.decode(z),
                                   rtol=1e-6)
    assert list(labels(ax.xaxis).values())[::2] == ["data", "data"]


@pytest.mark.parametrize("wrong, message", [
    (dict(x=np.zeros((1, 12))), "number of pairs must be at least 1, not 0"),
    (dict(x=np.zeros((4, 12)), steps=1), "steps must be at least 2, not 1")])
def test_interpolation_needs_two_ends(toy, wrong, message):
    with pytest.raises(ValueError, match=message):
        figures.interpolation(toy(), image_shape=SHAPE, **wrong)


def test_the_manifold_is_the_inverse_cdf_of_an_even_grid(ax, toy):
    model = toy()
    assert figures.manifold(model, SHAPE, ax, n=6) is ax
    canvas = shown(ax)
    assert canvas.shape == (6 * 4, 6 * 3)
    for row, column in ((0, 0), (0, 5), (5, 0), (2, 4)):
        z = ndtri(np.array([column + 0.5, 6 - row - 0.5]) / 6)  # rightwards and upwards
        image = canvas[4 * row:4 * row + 4, 3 * column:3 * column + 3]
        np.testing.assert_allclose(image.ravel(), model.decode(z), rtol=1e-6)


def test_the_manifold_has_its_ticks_where_z_is_that_number(ax, toy):
    figures.manifold(toy(), SHAPE, ax, n=6)
    across, up = labels(ax.xaxis), labels(ax.yaxis)
    for place, text in across.items():
        assert ndtr(float(text.replace("−", "-"))) == pytest.approx((place + 0.5) / 18)
    for place, text in up.items():
        assert ndtr(float(text.replace("−", "-"))) == pytest.approx(1 - (place + 0.5) / 24)
    assert ax.get_xlabel() == "z[0], at equal steps of prior probability"
    assert ax.get_ylabel() == "z[1]"


def bent(prior, seed=0):
    """A VAE whose prior is far from its start, float64."""
    model = vn.VAE(12, 2, (5,), prior=prior, dtype="float64", rng=np.random.default_rng(seed))
    model.params.vector[...] += 0.6 * np.random.default_rng(seed).standard_normal(
        len(model.params.vector))
    return model


def test_with_a_flow_for_a_prior_the_line_is_straight_in_its_base_coordinates(ax, x):
    """The middle of the row is f⁻¹ of the middle of f(z), and not the middle of z; its ends are
    the codes themselves. The words below it say so.
    """
    model = bent("coupling:4x6")
    figures.interpolation(model, x, SHAPE, ax, pairs=1, steps=3)
    row, z = shown(ax), model.posterior(x[:2]).mean
    middle = model.from_base(model.base(z).mean(axis=0, keepdims=True))
    for step, code in ((0, z[:1]), (1, middle), (2, z[1:])):
        image = row[:, 7 + 4 * step:10 + 4 * step].ravel()
        np.testing.assert_allclose(image, model.decode(code)[0], rtol=1e-5)
    assert np.abs(model.decode(middle) - model.decode(z.mean(axis=0, keepdims=True))).max() > 0.01
    assert "u = f(z) on a line from" in list(labels(ax.xaxis).values())[1]


@pytest.mark.parametrize("prior", ["standard-normal", "mixture:3", "vamp:3"])
def test_without_a_flow_the_line_is_straight_in_z(ax, x, prior):
    model = bent(prior)
    figures.interpolation(model, x, SHAPE, ax, pairs=1, steps=3)
    z = model.posterior(x[:2]).mean.mean(axis=0, keepdims=True)
    np.testing.assert_allclose(shown(ax)[:, 11:14].ravel(), model.decode(z)[0], rtol=1e-5)
    assert "means E[x|z], z on a line from" in list(labels(ax.xaxis).values())[1]


def test_with_a_flow_the_manifold_is_the_grid_of_the_base_s_quantiles(ax):
    model = bent("coupling:4x6")
    figures.manifold(model, SHAPE, ax, n=4)
    u = ndtri(np.array([[1.5, 0.5]]) / 4)  # the second column, the lowest row
    np.testing.assert_allclose(shown(ax)[12:16, 3:6].ravel(), model.decode(model.from_base(u))[0],
                               rtol=1e-6)
    assert ax.get_xlabel() == "u[0], at equal steps of prior probability; u = f(z)"
    assert ax.get_ylabel() == "u[1]"


def test_the_manifold_needs_two_dimensions(toy):
    with pytest.raises(ValueError, match="z_dim = 2, this one has 3"):
        figures.manifold(toy(z_dim=3), SHAPE)


def test_pictures_take_arrays_of_a_device(ax, toy, x, monkeypatch):
    """A device's arrays do not turn into NumPy's by themselves: the pictures must ask for it."""
    class DeviceArray:
        def __init__(self, host):
            self.host, self.shape = host, host.shape

        def __array__(self, *args, **kwargs):
            raise TypeError("implicit conversion of a device array")

    DeviceArray.__module__ = "toydevice"
    monkeypatch.setitem(sys.modules, "toydevice",
                        types.SimpleNamespace(asnumpy=lambda array: array.host))

    class OnDevice(toy):
        def encode(self, x):
            return tuple(DeviceArray(part) for part in super().encode(x))

        def decode(self, z):
            return DeviceArray(super().decode(z))

        def sample_mean(self, n, rng):
            return DeviceArray(super().sample_mean(n, rng).host)

        def sample(self, n, rng):
            return DeviceArray(super().sample_mean(n, rng).host.round())

    model, rng = OnDevice(), np.random.default_rng(0)
    figures.reconstructions(model, x, rng, SHAPE, ax)
    figures.interpolation(model, x, SHAPE, ax)
    figures.prior_samples(model, rng, SHAPE, ax)
    figures.manifold(model, SHAPE, ax)
    figures.latent_scatter(model, x, None, ax)
    assert len(ax.images) == 4 and len(ax.collections) == 1


def test_data_beyond_0_and_1_use_the_whole_grey_scale(toy, ax):
    """uint8 pixels of a Gaussian model: the darkest is black and the brightest white."""
    model, x = toy(), np.linspace(0.0, 255.0, 48, dtype=np.float32).reshape(4, 12)
    limits = figures.style.grey_limits(x)
    assert limits == (0.0, 255.0) and figures.style.grey_limits(x / 255) == (0.0, 1.0)
    figures.reconstructions(model, x, np.random.default_rng(0), (3, 4), ax, n=4,
                            limits=limits)
    shown = ax.images[0].get_array()[:3]
    assert shown.min() == 0.0 and np.isclose(shown[:, -4:].max(), 1.0)
