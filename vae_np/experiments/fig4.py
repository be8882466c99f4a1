"""Figure 4: the two-dimensional manifolds of Frey Face and MNIST, as AEVB has learnt them."""
import numpy as np

from ..figures import style
from ..figures.latent import manifold
from ..runs import load, read_metrics
from .paper_grid import Cell, GridExperiment

CELLS = (Cell("frey", 2, "aevb"), Cell("mnist", 2, "aevb"))
QUICK_CELLS = (Cell("mnist5k", 2, "aevb"),)
TITLES = {"frey": "Frey Face", "mnist": "MNIST", "mnist5k": "4000 digits"}
SIDE = 20           # tiles along an axis
GAP = 0.9           # inches between two manifolds: room for the labels of an axis
MAX_BYTES = 600_000


class Experiment(GridExperiment):
    """A run with two latent dimensions on each data set; Frey Face's is one of figure 2's."""

    products = ("figure4.png",)

    def __init__(self, options):
        super().__init__(options, QUICK_CELLS if options.quick else CELLS, options.runs)

    def draw(self):
        """Writes figure4.png from the runs that are there; returns the paths."""
        with style.house():
            picture = style.Figure()
            axes = []
            for cell in trained(self.cells, self.runs):
                axes.append(manifold(load(self.runs / cell.name), cell.kind["image_shape"],
                                     picture.add_subplot(1, len(self.cells), len(axes) + 1), SIDE))
                axes[-1].set_title(caption(self.runs, cell), pad=8)
            side_by_side(picture, axes)
        style.save_png(picture, self.out / "figure4.png", MAX_BYTES)
        return [self.out / "figure4.png"]


def trained(cells, runs):
    """The cells whose runs have a model. Raises ValueError where none has."""
    found = [cell for cell in cells if (runs / cell.name / "checkpoint.npz").exists()]
    if not found:
        raise ValueError(f"there is nothing to draw yet: {runs} holds no "
                         f"{' or '.join(cell.name for cell in cells)} with a checkpoint")
    return found


def caption(runs, cell):
    """The data's name, and how many samples the run has seen so far."""
    records = read_metrics(runs / cell.name)
    seen = f"{records[-1]['samples_seen']:.3g} samples seen" if records else "just begun"
    return f"{TITLES[cell.data]}, {seen}".replace("e+0", "e")


def side_by_side(picture, axes):
    """Gives every pixel of the images a whole number of dots, and makes them equally high."""
    shapes = [ax.images[0].get_array().shape for ax in axes]
    heights = [shape[0] for shape in shapes]
    dots = [max(1, round(max(heights) / height)) for height in heights]
    sizes = np.array([np.array(shape[::-1]) * dot / style.DPI
                      for shape, dot in zip(shapes, dots)])  # (width, height), inches
    gap = round(GAP * style.DPI) / style.DPI  # whole dots
    width, height = sizes[:, 0].sum() + gap * (len(axes) - 1), sizes[:, 1].max()
    picture.set_size_inches(width, height)
    left = 0.0
    for ax, size in zip(axes, sizes):
        ax.set_position([left / width, 0, size[0] / width, size[1] / height])
        ax.images[0].set_interpolation("nearest")
        left += size[0] + gap
