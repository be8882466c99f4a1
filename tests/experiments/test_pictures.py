"""Figures 4 and 5 from trained models."""
import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from vae_np import VAE
from vae_np.experiments import fig4, fig5
from vae_np.experiments.jobs import running
from vae_np.experiments.paper_grid import Cell
from vae_np.figures import style


@pytest.fixture
def small(monkeypatch):
    """Grids of one run, the same one for both figures."""
    monkeypatch.setattr(fig4, "QUICK_CELLS", (Cell("mnist5k", 2, "aevb"),))
    monkeypatch.setattr(fig5, "QUICK_Z_DIMS", (2,))


def test_both_figures_share_the_runs_of_one_folder(options, inline, small, tmp_path):
    asked = options(quick=True, samples_seen=1000, runs=tmp_path / "runs")
    manifolds, samples = fig4.Experiment(asked), fig5.Experiment(asked)
    first, second = inline(), inline()
    running.run_rounds(manifolds.rounds(), first)
    running.run_rounds(samples.rounds(), second)
    assert len(first.log) == 4 and second.log == []
    assert [path.name for path in manifolds.draw()] == ["figure4.png"]
    assert [path.name for path in samples.draw()] == ["figure5.png"]
    assert fig4.caption(tmp_path / "runs", manifolds.cells[0]) == "4000 digits, 1e3 samples seen"
    kept = samples.export(tmp_path / "kept")
    assert {path.name for path in kept} == {"config.json", "metrics.jsonl", "figure5.png"}


@pytest.mark.parametrize("module", [fig4, fig5])
def test_nothing_to_draw_is_said(options, module):
    with pytest.raises(ValueError, match="there is nothing to draw yet: .*out holds no .*mnist"):
        module.Experiment(options()).draw()


def test_manifolds_stand_side_by_side_pixel_by_pixel():
    """Two grids of 560 pixels' height: the same height, each pixel one whole dot."""
    with matplotlib.rc_context(style.STYLE):
        figure = Figure()
        axes = [figure.add_subplot(1, 2, i) for i in (1, 2)]
        for ax, shape in zip(axes, ((560, 400), (560, 560))):
            ax.imshow(np.zeros(shape))
        fig4.side_by_side(figure, axes)
    for ax, (height, width) in zip(axes, ((560, 400), (560, 560))):
        box = ax.get_window_extent()
        scale = style.DPI / figure.dpi
        assert [box.width * scale, box.height * scale] == pytest.approx([width, height])
    assert axes[1].get_window_extent().x0 > axes[0].get_window_extent().x1


def test_samples_show_means_above_draws_at_the_same_z():
    models = [VAE(x_dim=6, z_dim=z, hidden=(3,), rng=np.random.default_rng(z)) for z in (2, 5)]
    ax = fig5.samples(models, (2, 3), Figure().subplots())
    canvas = np.asarray(ax.images[0].get_array())
    height, width = (fig5.SIDE * (size + 1) - 1 for size in (2, 3))
    assert canvas.shape == (2 * height + 10, 2 * width + 10)
    mean = models[1].sample_mean(fig5.SIDE ** 2, np.random.default_rng(0))[0].reshape(2, 3)
    np.testing.assert_allclose(canvas[:2, width + 10:width + 13], mean, rtol=1e-6)
    assert set(np.unique(canvas[height + 10:])) == {0.0, 1.0}
    assert [label.get_text() for label in ax.get_xticklabels()] == ["$z$ = 2", "$z$ = 5"]
