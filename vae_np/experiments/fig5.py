"""Figure 5: what MNIST models with 2, 5, 10 and 20 latent dimensions make up."""
import numpy as np

from ..figures import style
from ..runs import load
from .fig4 import trained
from .paper_grid import Cell, GridExperiment

Z_DIMS, QUICK_Z_DIMS = (2, 5, 10, 20), (2, 20)
SIDE = 10  # tiles along a side
MAX_BYTES = 600_000


class Experiment(GridExperiment):
    """Four runs of AEVB; those with 5, 10 and 20 latent dimensions are figure 2's."""

    products = ("figure5.png",)

    def __init__(self, options):
        data, z_dims = ("mnist5k", QUICK_Z_DIMS) if options.quick else ("mnist", Z_DIMS)
        super().__init__(options, [Cell(data, z_dim, "aevb") for z_dim in z_dims], options.runs)

    def draw(self):
        """Writes figure5.png from the runs that are there; returns the paths."""
        cells = trained(self.cells, self.runs)
        models = [load(self.runs / cell.name) for cell in cells]
        with style.house():
            picture = style.Figure()
            samples(models, cells[0].kind["image_shape"], picture.add_subplot())
            style.whole_pixels(picture)
        style.save_png(picture, self.out / "figure5.png", MAX_BYTES)
        return [self.out / "figure5.png"]


def samples(models, image_shape, ax, seed=0):
    """Means E[x|z], z ~ p(z), as the paper shows them, above draws x ~ p(x|z) at the same z; one
    column of grids for each model. Returns the Axes.
    """
    height, width = (SIDE * (size + 1) - 1 for size in image_shape)
    gap = 10
    rows = []
    for draw in ("sample_mean", "sample"):
        grids = []
        for model in models:
            images = style.as_images(getattr(model, draw)(SIDE ** 2, np.random.default_rng(seed)),
                                     image_shape)
            grids.append(style.tile(images.reshape(SIDE, SIDE, *image_shape)))
        rows.append(grids)
    canvas = style.tile(np.array(rows), gap)
    names = {(width + gap) * i + width / 2: f"$z$ = {model.z_dim}"
             for i, model in enumerate(models)}
    style.show_grey(ax, canvas, names, {height / 2: "means E[x|z],\nz ~ p(z)",
                                        height * 1.5 + gap: "draws\nx ~ p(x|z)"})
    return ax
