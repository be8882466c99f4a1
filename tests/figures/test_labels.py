"""Pictures of one style under every label."""
import numpy as np
import pytest
from matplotlib.figure import Figure

import vae_np as vn
from vae_np import figures
from vae_np.models import ConditionalVAE, SemiSupervisedVAE

SHAPE = (4, 3)


@pytest.fixture
def model():
    made = ConditionalVAE(12, 2, (5,), labels=3, rng=np.random.default_rng(0))
    made.params.vector[...] += np.random.default_rng(1).standard_normal(
        len(made.params.vector)).astype("float32")
    return made


def cells(canvas, rows, columns):
    """The pictures of a canvas of tiles with a gap of 1: (rows, columns, H, W)."""
    height, width = SHAPE
    return np.array([[canvas[r * (height + 1):][:height, c * (width + 1):][:, :width]
                      for c in range(columns)] for r in range(rows)])


def test_styles_show_one_z_in_a_row_and_one_label_in_a_column(ax, model):
    assert figures.styles(model, np.random.default_rng(3), SHAPE, ax, n=2) is ax
    shown = cells(np.asarray(ax.images[0].get_array()), 2, 3)
    z = model.sample_prior(np.random.default_rng(3), 2)[0]
    for label in range(3):
        np.testing.assert_allclose(shown[:, label].reshape(2, 12), model.decode(z, label),
                                   atol=1e-6)
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["0", "1", "2"]


@pytest.mark.parametrize("cls", [ConditionalVAE, SemiSupervisedVAE])
def test_analogies_keep_the_style_of_an_image(ax, cls):
    model = cls(12, 2, (5,), labels=3, rng=np.random.default_rng(0))
    x = np.random.default_rng(4).random((5, 12)).astype("float32")
    rows = model.rows(x, [2, 0, 1, 1, 0])
    figures.analogies(model, rows, SHAPE, ax, n=4)
    canvas = np.asarray(ax.images[0].get_array())
    np.testing.assert_allclose(cells(canvas, 4, 1)[:, 0].reshape(4, 12), x[:4], atol=1e-6)
    shown = cells(canvas[:, 3 + 4:], 4, 3)  # after the data and the gap
    z = model.posterior(rows[:4]).mean
    for label in range(3):
        np.testing.assert_allclose(shown[:, label].reshape(4, 12), model.decode(z, label),
                                   atol=1e-6)


def test_reconstructions_are_told_each_image_s_own_label(ax, model):
    x = np.random.default_rng(4).random((3, 12)).astype("float32")
    rows = model.rows(x, [2, 0, 1])
    figures.reconstructions(model, rows, np.random.default_rng(5), SHAPE, ax, n=3,
                            labels=model.labels_of(rows))
    z = model.sample_posterior(rows, np.random.default_rng(5))[0]
    below = np.asarray(ax.images[0].get_array())[-4:]
    np.testing.assert_allclose(below[:, 5:8].reshape(-1), model.decode(z, [2, 0, 1])[1], atol=1e-6)


def test_samples_of_one_label(model, tmp_path):
    data = vn.Dataset("d", np.zeros((2, 12), "float32"), np.zeros((2, 12), "float32"),
                      image_shape=SHAPE)
    figures.save_samples(model, data, 4, tmp_path / "a.png", np.random.default_rng(0), labels=1)
    ax = figures.prior_samples(model, np.random.default_rng(0), SHAPE, Figure().subplots(), n=4,
                               labels=1)
    same = figures.prior_samples(model, np.random.default_rng(0), SHAPE, Figure().subplots(), n=4)
    assert (tmp_path / "a.png").stat().st_size > 0
    assert (ax.images[0].get_array() != same.images[0].get_array()).any()
