"""The paper's figures look the same whatever a user's matplotlibrc says."""
import matplotlib
import matplotlib.style
import numpy as np
import pytest

import vae_np as vn
from vae_np.experiments import fig2, fig3, fig4, fig5, toy
from vae_np.figures import style
from vae_np.runs import save_model

HOSTILE = {**matplotlib.style.library["dark_background"], "image.origin": "lower",
           "image.aspect": "auto", "text.color": "white", "axes.labelcolor": "white",
           "xtick.color": "white", "ytick.color": "white", "text.usetex": True, "figure.dpi": 9,
           "savefig.dpi": 11, "savefig.transparent": True, "savefig.bbox": "tight",
           "savefig.pad_inches": 2, "lines.linestyle": "none", "font.size": 30}


@pytest.fixture(autouse=True)
def coarse(monkeypatch):
    """Fewer dots are faster."""
    save = style.save_png
    monkeypatch.setattr(style, "save_png", lambda figure, path, *_: save(figure, path, dpi=30))


@pytest.mark.parametrize("module, picture", [(fig2, "figure2.png"), (fig3, "figure3.png"),
                                             (fig4, "figure4.png"), (fig5, "figure5.png")])
def test_the_paper_s_figures_are_the_same_whatever_the_user_s_style(options, module, picture):
    experiment = module.Experiment(options(quick=True))
    for cell in experiment.cells:  # figures 2 and 3 show the paper's curves alone
        if module in (fig4, fig5):
            (experiment.runs / cell.name).mkdir(exist_ok=True)
            save_model(vn.VAE(784, cell.z_dim, (3,), rng=np.random.default_rng(0)),
                       experiment.runs / cell.name / "checkpoint.npz")
    experiment.draw()
    plain = (experiment.out / picture).read_bytes()
    with matplotlib.rc_context(HOSTILE):
        experiment.draw()
    assert (experiment.out / picture).read_bytes() == plain


def test_the_toy_s_figure_is_the_same_whatever_the_user_s_style(tmp_path):
    model = vn.VAE(2, 2, (3,), likelihood=("gaussian", 0.5), dtype="float64",
                   rng=np.random.default_rng(0))
    names = ("kl", "log_px", "bound", "bound_sampled", "bound_stderr")
    rows = [{"x": [0.1 * i, 0.2], **{name: 0.3 + 0.1 * i + 0.01 * j
                                     for j, name in enumerate(names)}} for i in range(3)]
    drawn = []
    for look in ({}, HOSTILE):
        with matplotlib.rc_context(look):
            style.save_png(toy.figure(model, rows, step=0.5), tmp_path / "toy.png")
        drawn.append((tmp_path / "toy.png").read_bytes())
    assert drawn[0] == drawn[1]
