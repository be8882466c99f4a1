"""Curves, scatters and bars: what they show is what was given, and the words are right."""
import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from vae_np import figures
from vae_np.figures import style
from vae_np.models import GaussianMixture


def line(ax, label):
    found, = [line for line in ax.lines if line.get_label() == label]
    return found


def rows(train, test, step=1000):
    return [{"samples_seen": step * (i + 1), "train_elbo": a, "test_elbo": b}
            for i, (a, b) in enumerate(zip(train, test))]


# -- the learning curve ------------------------------------------------------------------------

def test_the_learning_curve_shows_the_bounds(ax, metrics):
    assert figures.learning_curve(metrics, ax) is ax
    for key in ("train", "test"):
        x, y = line(ax, key).get_data()
        np.testing.assert_array_equal(x, [row["samples_seen"] for row in metrics])
        np.testing.assert_array_equal(y, [row[f"{key}_elbo"] for row in metrics])
    assert ax.get_xscale() == "log"
    assert "nats per example, higher is better" in ax.get_ylabel()
    assert ax.get_xlabel() == "training samples seen"
    low, high = ax.get_ylim()
    assert low < -190 and high > -90 - 100 / 60  # all in view


def test_a_short_curve_has_a_linear_axis_and_marks(ax):
    figures.learning_curve(rows([-3.0, -2.0], [-3.5, -2.5]), ax)
    assert ax.get_xscale() == "linear"
    assert line(ax, "test").get_marker() == "o"


def test_missing_and_infinite_bounds_are_left_out(ax):
    figures.learning_curve(rows([-3.0, float("nan"), -2.0, -1.0],
                                [None, -4.0, -np.inf, -2.0]), ax)
    np.testing.assert_array_equal(line(ax, "train").get_data(), [[1000, 3000, 4000], [-3, -2, -1]])
    np.testing.assert_array_equal(line(ax, "test").get_data(), [[2000, 4000], [-4, -2]])


def test_a_run_without_test_data_shows_one_line(ax):
    figures.learning_curve(rows([-3.0, -2.0], [None, None]), ax)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["train"]


def test_a_terrible_start_is_cut_and_said(ax, metrics):
    metrics[0]["train_elbo"] = -123456.0
    figures.learning_curve(metrics, ax)
    low, high = ax.get_ylim()
    assert -160 < low < -140 and -95 < high < -85  # epoch 2 stands at −140
    assert "begins at −123,456 nats, below this axis" in ax.get_xlabel()


def test_a_bad_end_is_not_cut(ax, metrics):
    metrics[-1]["test_elbo"] = -5000.0
    figures.learning_curve(metrics, ax)
    assert ax.get_ylim()[0] < -5000


def test_references_are_drawn_and_stay_in_view(ax, metrics):
    metrics[0]["train_elbo"] = -123456.0
    figures.learning_curve(metrics, ax, reference={
        "a level": -60.0, "the paper": ([1e3, 1e4], [-150.0, -300.0])})
    np.testing.assert_array_equal(line(ax, "a level").get_ydata(), [-60, -60])
    np.testing.assert_array_equal(line(ax, "the paper").get_data(), [[1e3, 1e4], [-150, -300]])
    low, high = ax.get_ylim()
    assert low < -300 and high > -60


@pytest.mark.parametrize("metrics, message", [
    ([], "no finite bound"),
    (rows([float("nan")], [None]), "no finite bound"),
    ([{"train_elbo": -1.0}], "needs samples_seen")])
def test_a_curve_needs_points(metrics, message):
    with pytest.raises(ValueError, match=message):
        figures.learning_curve(metrics)


# -- the latent space --------------------------------------------------------------------------

def test_the_scatter_shows_the_encoders_means_by_label(ax, toy, x):
    labels = np.array([3, 1, 3, 0, 1, 3, 0, 0, 1])
    assert figures.latent_scatter(toy(), x, labels, ax) is ax
    assert len(ax.collections) == 3
    for points, label, colour in zip(ax.collections, (0, 1, 3), style.CLASS_COLOURS):
        np.testing.assert_allclose(points.get_offsets(), x[labels == label][:, :2] * [1, 2])
        assert points.get_label() == str(label)
        assert to_hex(points.get_facecolor()[0]) == colour
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("mean of z[0]", "mean of z[1]")


def test_single_characters_are_their_own_marks(ax, toy, x):
    figures.latent_scatter(toy(), x, np.arange(9) % 3, ax)
    outlines = [points.get_paths()[0].vertices for points in ax.collections]
    assert len({outline.shape for outline in outlines}) == 3  # three different glyphs
    assert ax.get_legend() is None


def test_words_get_a_legend_and_marks_of_their_own(ax, toy, x):
    labels = np.array(["coat", "bag", "shirt"] * 3)
    figures.latent_scatter(toy(), x, labels, ax)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["bag", "coat", "shirt"]


def test_of_many_dimensions_the_two_most_active_are_shown_and_named(ax, toy, x):
    x[:, 3] *= 10
    x[:, 1] *= 20
    figures.latent_scatter(toy(z_dim=5), x, None, ax)
    points, = ax.collections
    np.testing.assert_allclose(points.get_offsets(), x[:, [1, 3]] * [2, 4])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("mean of z[1]", "mean of z[3]")
    assert "of 5 latent dimensions" in ax.get_title()


def test_the_scatter_refuses_what_it_cannot_show(toy, x):
    with pytest.raises(ValueError, match=r"labels must have shape \(9,\).* not \(4,\)"):
        figures.latent_scatter(toy(), x, np.zeros(4))
    with pytest.raises(ValueError, match="z_dim must be at least 2, not 1"):
        figures.latent_scatter(toy(z_dim=1), x)


def test_kl_bars_are_sorted_and_the_active_ones_stand_out(ax):
    assert figures.kl_per_dimension([0.5, 0.001, 2.0, 0.1], [0.9, 0.0, 1.0, 0.005], ax) is ax
    bars = {round(bar.get_x() + bar.get_width() / 2): bar for bar in ax.patches}
    np.testing.assert_allclose([bars[i].get_height() for i in range(4)], [2.0, 0.5, 0.1, 0.001])
    assert [bool(bars[i].get_hatch()) for i in range(4)] == [False, False, True, True]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["2", "0", "3", "1"]
    legend = ax.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["active: 2 of 4", "unused: 2"]
    assert legend.get_title().get_text() == "all together: 2.6 nats"
    assert "nats per example" in ax.get_ylabel()


def test_many_dimensions_are_counted_and_not_named(ax):
    activity = np.r_[np.full(30, 0.02), np.full(20, 0.005)]
    figures.kl_per_dimension(np.linspace(2.0, 0.0, 50), activity, ax=ax)
    legend = ax.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["active: 30 of 50", "unused: 20"]
    assert ax.get_xlabel() == "rank of the latent dimension"


@pytest.mark.parametrize("kl, activity", [([], []), ([[1.0]], [[1.0]]), ([1.0, 2.0], [0.5])])
def test_kl_bars_need_one_number_for_each_dimension(kl, activity):
    with pytest.raises(ValueError, match="one number for each latent dimension"):
        figures.kl_per_dimension(kl, activity)


# -- the plane ---------------------------------------------------------------------------------

def test_samples_in_the_plane_stand_beside_the_data_on_the_same_scales(toy):
    model, data = toy(x_dim=2), np.random.default_rng(0).normal(size=(50, 2))
    axes = Figure().subplots(1, 2)
    assert figures.samples_2d(model, data, np.random.default_rng(3), axes, n=40) is axes
    shown = [ax.collections[0].get_offsets() for ax in axes]
    np.testing.assert_array_equal(shown[0], data[:40])
    np.testing.assert_array_equal(shown[1], model.sample(40, np.random.default_rng(3)))
    assert [ax.get_title() for ax in axes] == ["data", "draws x ~ p(x|z), z ~ p(z)"]
    axes = figures.samples_2d(GaussianMixture(2, 3).seed(data, np.random.default_rng(1)), data,
                              np.random.default_rng(3), Figure().subplots(1, 2), n=40)
    assert axes[1].get_title() == "draws x ~ p(x|k), k ~ p(k)"
    assert axes[0].get_xlim() == axes[1].get_xlim() and axes[0].get_ylim() == axes[1].get_ylim()


def test_samples_in_the_plane_need_the_plane(toy):
    with pytest.raises(ValueError, match=r"\(N, 2\), not \(5, 3\)"):
        figures.samples_2d(toy(x_dim=3), np.zeros((5, 3)), np.random.default_rng(0))


# -- Axes of their own -------------------------------------------------------------------------

def test_without_axes_a_figure_is_made_for_the_notebook(toy, metrics):
    ax = figures.learning_curve(metrics)
    left, right = figures.samples_2d(toy(x_dim=2), np.eye(2), np.random.default_rng(0))
    assert left.figure is right.figure is not ax.figure
    assert len(pyplot.get_fignums()) == 2
    pyplot.close("all")
