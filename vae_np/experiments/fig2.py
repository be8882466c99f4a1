"""Figure 2: the lower bound against training samples seen, AEVB and wake-sleep.

Two rows of panels, one for each latent dimension: MNIST with grey pixels and 500 hidden units,
Frey Face with 200. Ours are lines, the paper's curves pale strokes underneath.
"""
from ..figures import style
from ..runs import read_config, read_metrics
from . import paper_curves, tables
from .curve_panels import curve, legend, name_curves, panel
from .paper_grid import Cell, GridExperiment, write_steps

ALGORITHMS = ("aevb", "wake-sleep")
GRID = {"mnist": (3, 5, 10, 20, 200), "frey": (2, 5, 10, 20)}
QUICK_GRID = {"mnist5k": (3, 20)}
PAPER_NAME = {"mnist5k": "mnist"}  # the paper's curve that stands under a quick look
TITLES = {"mnist": "MNIST", "mnist5k": "4000 digits", "frey": "Frey Face"}
NATS = {"mnist": (-160, -95), "mnist5k": (-230, -95), "frey": (0, 1600)}


class Experiment(GridExperiment):
    """Nine data sets and latent dimensions, two algorithms, three probes and a long run each."""

    products = ("figure2.png", "table.md", "table.json", "steps.json")

    def __init__(self, options):
        self.grid = QUICK_GRID if options.quick else GRID
        cells = [Cell(data, z_dim, algorithm) for data, z_dims in self.grid.items()
                 for algorithm in ALGORITHMS for z_dim in z_dims]
        super().__init__(options, cells, runs=options.out)

    def draw(self):
        """Writes the figure, the table, and steps.json from the records alone; returns the paths.
        """
        records = {cell: read_metrics(self.out / cell.name) for cell in self.cells}
        style.save_png(figure(records, self.grid), self.out / "figure2.png")
        tables.write(self.out, self._rows(records), self.title("Figure 2"))
        write_steps(self.cells, self.out, self.samples_seen)
        return [self.out / name for name in self.products]

    def _rows(self, records):
        for cell, rows in records.items():
            step = read_config(self.out / cell.name)["training"]["lr"] if rows else None
            paper = _paper(cell)
            for mark, record in tables.at_marks(rows):
                row = {"data": cell.data, "z_dim": cell.z_dim, "algorithm": cell.algorithm,
                       "step": step, "samples_seen": mark}
                for split in ("test", "train"):
                    row |= tables.compared(split, record.get(f"{split}_elbo"),
                                           paper_curves.at(paper.get(split), mark))
                yield row


def _paper(cell):
    return paper_curves.curves("figure2", dataset=PAPER_NAME.get(cell.data, cell.data),
                               z_dim=cell.z_dim, algorithm=cell.algorithm)


@style.house()
def figure(records, grid):
    """The whole figure, from {cell: its records}; a cell without records shows the paper's curve
    alone. grid: {data: latent dimensions}, a row of panels each. Returns a matplotlib Figure.
    """
    columns = max(map(len, grid.values()))
    picture = style.Figure(figsize=(2.1 * columns + 0.8, 2.35 * len(grid) + 0.5),
                           layout="constrained")
    axes = picture.subplots(len(grid), columns, squeeze=False, sharey="row")
    first = min((row["samples_seen"] for rows in records.values() for row in rows), default=1e5)
    for row, (data, z_dims) in zip(axes, grid.items()):
        for ax, z_dim in zip(row, z_dims):
            ours, paper = {}, {}
            for algorithm in ALGORITHMS:
                cell = Cell(data, z_dim, algorithm)
                ours[algorithm] = {split: curve(records.get(cell, ()), f"{split}_elbo")
                                   for split in ("train", "test")}
                paper[algorithm] = _paper(cell)
            panel(ax, ours, paper, f"{TITLES[data]}, $z$ = {z_dim}",
                  ((min(first, 1e5), 1e8), NATS[data]))
            if ax is row[0]:
                name_curves(ax, paper)
        for ax in row[len(z_dims):]:
            ax.remove()
        row[0].set_ylabel("lower bound, nats per example,\nhigher is better")
    picture.supxlabel("training samples seen", fontsize=style.STYLE["axes.labelsize"])
    legend(picture, ALGORITHMS, loc="outside upper center")
    return picture
