"""Pictures look the same whatever a user's matplotlibrc and MPLBACKEND say."""
import ast
import os
import subprocess
import sys
from pathlib import Path

import matplotlib
import matplotlib.style
import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure

import vae_np
from vae_np import figures, gradcheck
from vae_np.figures import style

STYLES = {
    "upside down": {"image.origin": "lower", "image.aspect": "auto", "image.cmap": "hot",
                    "image.interpolation": "hanning"},
    "white on white": {name: "white" for name in (
        "text.color", "axes.labelcolor", "axes.edgecolor", "axes.titlecolor", "xtick.color",
        "ytick.color", "xtick.labelcolor")},
    "dark": {**matplotlib.style.library["dark_background"], "grid.color": "yellow",
             "axes.grid": True},
    "nothing shown": {"xtick.bottom": False, "xtick.labelbottom": False, "ytick.labelleft": False,
                      "axes.spines.left": False, "axes.spines.bottom": False,
                      "lines.linestyle": "none", "lines.marker": "x"},
    "another layout": {"figure.autolayout": True, "figure.figsize": (1, 1), "figure.dpi": 9,
                       "font.size": 40, "axes.xmargin": 0.4, "axes.titley": 0.5,
                       "legend.loc": "center", "path.sketch": (3, 50, 2)},
    "another file": {"figure.facecolor": "black", "savefig.dpi": 11, "savefig.transparent": True,
                     "savefig.bbox": "tight", "savefig.pad_inches": 2,
                     "savefig.facecolor": "green", "savefig.format": "svg"},
    "TeX": {"text.usetex": True, "mathtext.fontset": "stix", "font.family": "serif",
            "axes.unicode_minus": False},
}
ALL = {name: value for look in STYLES.values() for name, value in look.items()}
every_style = pytest.mark.parametrize("look", STYLES.values(), ids=STYLES)


def files(toy, dataset, metrics, folder):
    """{name: bytes} of all that a run's folder and `sample` get."""
    images = dataset(np.random.default_rng(2).random((12, 12)), np.arange(12) % 10, (4, 3))
    points = dataset(np.random.default_rng(2).random((30, 2)))
    figures.save_run_figures(toy(), images, metrics, folder / "run", np.random.default_rng(0),
                             dpi=20)
    figures.save_samples(toy(2), points, 9, folder / "points.png", np.random.default_rng(0), 20)
    return {path.name: path.read_bytes() for path in folder.rglob("*.png")}


def test_every_file_is_the_same_whatever_the_user_s_style(toy, dataset, metrics, tmp_path):
    plain = files(toy, dataset, metrics, tmp_path / "plain")
    with matplotlib.rc_context(ALL):
        styled = files(toy, dataset, metrics, tmp_path / "styled")
    assert len(plain) == 8 and styled == plain


@every_style
def test_a_chart_s_file_is_the_same_under_each_style(look, metrics, tmp_path):
    def drawn():
        with style.house():
            figure = style.Figure(figsize=style.WIDE, layout="constrained")
            figures.learning_curve(metrics, figure.subplots())
        style.save_png(figure, tmp_path / "curve.png", dpi=20)
        return (tmp_path / "curve.png").read_bytes()

    plain = drawn()
    with matplotlib.rc_context(look):
        assert drawn() == plain


def test_a_user_s_own_savefig_keeps_the_style(metrics, tmp_path):
    saved = []
    for look in ({}, STYLES["another file"] | STYLES["white on white"]):
        with matplotlib.rc_context(look):
            ax = figures.learning_curve(metrics)
            ax.figure.savefig(tmp_path / "curve.png")
            pyplot.close(ax.figure)
        saved.append((tmp_path / "curve.png").read_bytes())
    assert saved[0] == saved[1]


def shown(draw):
    """The pixels of what a notebook shows after `draw()`: a figure of pyplot's, drawn later."""
    ax = np.ravel(draw())[0]
    ax.figure.canvas.draw()
    pixels = np.array(ax.figure.canvas.buffer_rgba())
    pyplot.close(ax.figure)
    return pixels


@every_style
def test_what_a_notebook_shows_is_the_same_too(look, toy, x):
    """The ticks are made when the figure is drawn, which is after the call."""
    draws = (lambda: figures.reconstructions(toy(), x, np.random.default_rng(0), (4, 3)),
             lambda: figures.latent_scatter(toy(), x, np.arange(9)))
    for draw in draws:
        plain = shown(draw)
        with matplotlib.rc_context(look):
            styled = shown(draw)
        np.testing.assert_array_equal(styled, plain)


def test_the_gradient_check_s_picture_hides_no_labels():
    report = gradcheck(lambda x: x ** 2, lambda d_out, x: {"x": 2 * d_out * x},
                       {"x": np.linspace(0.5, 2.0, 5)})
    plain = shown(report.plot)
    with matplotlib.rc_context(STYLES["white on white"]):
        styled = shown(report.plot)
    np.testing.assert_array_equal(styled, plain)


def test_on_a_user_s_own_axes_images_stand_upright_and_text_keeps_the_user_s_colours(
        toy, x, metrics):
    with matplotlib.rc_context({**STYLES["upside down"], **STYLES["dark"]}):
        ax, curve = Figure().subplots(1, 2)
        figures.reconstructions(toy(), x, np.random.default_rng(0), (4, 3), ax)
        figures.learning_curve(metrics, curve)
    assert ax.images[0].origin == "upper" and ax.get_aspect() == 1.0
    assert {text.get_color() for text in curve.get_legend().get_texts()} == {"white"}
    assert curve.get_facecolor() == (0.0, 0.0, 0.0, 1.0)


def test_every_figure_passes_through_the_house_style():
    """Nobody else asks matplotlib for a figure or for settings; a check's report is below."""
    package = Path(vae_np.__file__).parent
    asking = {path.relative_to(package).as_posix() for path in package.rglob("*.py")
              for node in ast.walk(ast.parse(path.read_text("utf-8")))
              if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("matplotlib")
              and {alias.name for alias in node.names} & {"Figure", "figure", "pyplot", "style"}
              or isinstance(node, ast.Import)
              and any(alias.name.startswith("matplotlib") for alias in node.names)}
    assert asking == {"figures/style.py", "figures/back_end.py", "checking/report.py"}


def run(code, back_end, folder):
    """A program of a user whose MPLBACKEND names that back end."""
    path = os.pathsep.join([str(Path(vae_np.__file__).parents[1]),
                            os.environ.get("PYTHONPATH", "")])
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True,
                          env={**os.environ, "MPLBACKEND": back_end, "PYTHONPATH": path})


@pytest.mark.parametrize("name", ["module://no_such_package.back_end", "nonsense"])
def test_pictures_to_files_need_no_back_end(name, tmp_path):
    """A notebook's kernel names one that is not installed where the command runs."""
    code = """
import os, numpy as np
from vae_np.experiments import fig2, fig3, fig4, fig5, table, toy
from vae_np import figures
rows = [{"samples_seen": n, "train_elbo": -9.0 + n, "test_elbo": -9.5 + n} for n in (1, 2, 3)]
ax = figures.learning_curve(rows)
ax.figure.savefig("curve.png")
import vae_np.checking
report = vae_np.checking.gradcheck(lambda x: x, lambda d, x: {"x": d}, {"x": np.ones(2)})
report.plot()[0].figure.savefig("report.png")
print(os.environ["MPLBACKEND"])
"""
    ran = run(code, name, tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == name  # nor is the user's choice forgotten
    assert {path.name for path in tmp_path.iterdir()} == {"curve.png", "report.png"}


def test_a_user_s_back_end_is_kept(tmp_path):
    code = ("import vae_np.figures, matplotlib; print(matplotlib.rcParams['backend'].lower());"
            "from matplotlib import pyplot; print(pyplot.get_fignums())")
    ran = run(code, "svg", tmp_path)
    assert ran.stdout.split() == ["svg", "[]"], ran.stderr
