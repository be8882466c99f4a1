"""Figure 3: the estimated marginal likelihood against training samples seen, for AEVB, wake-sleep
and Monte Carlo EM, with 1000 and with 50 000 training images.

Every run keeps its model at each mark. Measuring the snapshots is a job of its own: appendix D's
estimator on the first training and the first test images, grey as in training. It errs upwards:
see `inference.appendix_d`.
"""
import itertools
import json

import numpy as np

from ..datasets import load_dataset
from ..figures import style
from ..inference import appendix_d
from ..runs import load, read_config, read_metrics
from ..runs.checkpoints import atomic_write
from . import paper_curves, tables
from .curve_panels import curve, legend, panel
from .jobs.measuring import MeasuringJob, read_measurement
from .paper_grid import Cell, GridExperiment, write_steps

ALGORITHMS = ("aevb", "wake-sleep", "mcem")
SIZES, QUICK_SIZES = (1000, 50_000), (1000, 4000)
IMAGES, QUICK_IMAGES = 1000, 50  # of each split, in a measurement
SECONDS = 30 * 60                # of training a run, at most
NATS, QUICK_NATS = (-175, -100), (-215, -100)


class Experiment(GridExperiment):
    """Three algorithms on two sizes of data; their snapshots, measured one by one."""

    products = ("figure3.png", "table.md", "table.json", "measurements.jsonl", "steps.json")

    def __init__(self, options):
        self.sizes = QUICK_SIZES if options.quick else SIZES
        data, per_decade = ("mnist5k", 4) if options.quick else ("mnist", 10)
        cells = [Cell(f"{data}:{size}", 3, algorithm, hidden=100, marks_per_decade=per_decade,
                      snapshots=True, seconds=SECONDS)
                 for size in self.sizes for algorithm in ALGORITHMS]
        self.images = QUICK_IMAGES if options.quick else IMAGES
        self.nats = QUICK_NATS if options.quick else NATS
        super().__init__(options, cells, runs=options.out)

    def rounds(self):
        """For `running.run_rounds`: probes, runs, then a measurement of each snapshot."""
        yield from super().rounds()
        yield [self._measuring(cell, snapshot) for cell in self.cells
               for snapshot in sorted((self.out / cell.name / "snapshots").glob("*.npz"))]

    def _measuring(self, cell, snapshot):
        return MeasuringJob(f"{cell.name} at {int(snapshot.stem):.3g}",
                            self.out / cell.name / "measured" / f"{snapshot.stem}.json", measure,
                            snapshot, {"data": cell.data, "images": self.images, "seed": 0})

    def draw(self):
        """Writes the measurements, the figure, the table and steps.json from the records alone;
        returns the paths.
        """
        path = self.out / "measurements.jsonl"
        rows = [row for cell in self.cells for row in self._measured(cell)]
        if rows or not path.exists():  # an exported copy has this file, and no measurements
            with atomic_write(path) as file:
                file.write("".join(json.dumps(row) + "\n" for row in rows).encode())
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        style.save_png(figure(rows, self.sizes, self.nats), self.out / "figure3.png")
        tables.write(self.out, _table(rows), self.title("Figure 3"))
        write_steps(self.cells, self.out, self.samples_seen)
        return [self.out / name for name in self.products]

    def _measured(self, cell):
        """One row for each measured snapshot of a run, in the order of training."""
        aevb = self.out / Cell(cell.data, cell.z_dim, "aevb").name / "measured"
        for record in read_metrics(self.out / cell.name):
            name = f"{record['samples_seen']:09d}.json"
            result = read_measurement(self.out / cell.name / "measured" / name)
            if result is None:
                continue
            row = {"n_train": int(cell.data.partition(":")[2]), "algorithm": cell.algorithm,
                   "step": read_config(self.out / cell.name)["training"]["lr"],
                   **{key: record[key] for key in ("samples_seen", "seconds", "leapfrog_steps")
                      if key in record}}
            rival = read_measurement(aevb / name) if cell.algorithm != "aevb" else None
            for split in ("train", "test"):
                row |= _summary(split, result[split], rival and rival[split])
            yield row


def measure(model_path, data, images, seed):
    """Appendix D on the first images of each split: {"train": {"log_px": [...], "mc_stderr":
    [...], "acceptance", "divergences"}, "test": ..., "summary"}, nats.
    """
    model, data = load(model_path), load_dataset(data)
    result = {}
    for split, rng in zip(("train", "test"), np.random.default_rng(seed).spawn(2)):
        estimate = appendix_d.log_likelihood(model, getattr(data, split)[:images], rng=rng,
                                             num_samples=50, leapfrog_steps=4)
        result[split] = {"log_px": np.round(estimate.log_px, 3).tolist(),
                         "mc_stderr": np.round(estimate.mc_stderr, 3).tolist(),
                         "acceptance": round(float(np.mean(estimate.details["acceptance"])), 3),
                         "divergences": int(np.sum(estimate.details["divergences"]))}
    means = {split: np.mean(values["log_px"]) for split, values in result.items()}
    return {**result, "summary": f"log p(x): train {means['train']:.2f}, test {means['test']:.2f}"}


def _summary(split, result, rival):
    """Means over the images of a split, each with its standard error; and by how much log p(x) is
    above that of AEVB's model after as many samples, a mean of differences image by image.
    """
    log_px = np.array(result["log_px"])
    n = len(log_px)
    row = {split: log_px.mean(), f"{split}_stderr": log_px.std(ddof=1) / np.sqrt(n),
           f"{split}_mc_stderr": np.sqrt(np.nansum(np.square(result["mc_stderr"]))) / n,
           f"{split}_acceptance": result["acceptance"],
           f"{split}_divergences": result["divergences"]}
    if rival:
        above = log_px - np.array(rival["log_px"])
        row |= {f"{split}_above_aevb": above.mean(),
                f"{split}_above_aevb_stderr": above.std(ddof=1) / np.sqrt(n)}
    return {name: round(float(value), 3) for name, value in row.items()}


def _table(rows):
    for (size, algorithm), group in itertools.groupby(
            rows, lambda row: (row["n_train"], row["algorithm"])):
        paper = paper_curves.curves("figure3", n_train=size, algorithm=algorithm)
        for mark, row in tables.at_marks(list(group)):
            cells = {name: row.get(name) for name in (
                "n_train", "algorithm", "step", "leapfrog_steps")} | {"samples_seen": mark}
            for split in ("train", "test"):
                cells |= tables.compared(split, row[split],
                                         paper_curves.at(paper.get(split), mark))
                cells |= {name: row[name] for name in (
                    f"{split}_stderr", f"{split}_above_aevb", f"{split}_above_aevb_stderr")
                    if name in row}
            yield cells


@style.house()
def figure(rows, sizes, nats=NATS):
    """Two panels, one for each size of the training set. Returns a matplotlib Figure."""
    picture = style.Figure(figsize=(8.6, 3.9), layout="constrained")
    axes = picture.subplots(1, len(sizes), sharey=True, squeeze=False)[0]
    first = min((row["samples_seen"] for row in rows), default=1e5)
    for ax, size in zip(axes, sizes):
        ours = {name: {split: curve([row for row in rows
                                     if (row["n_train"], row["algorithm"]) == (size, name)], split)
                       for split in ("train", "test")} for name in ALGORITHMS}
        paper = {name: paper_curves.curves("figure3", n_train=size, algorithm=name)
                 for name in ALGORITHMS}
        panel(ax, ours, paper, f"{size} training images", ((min(first, 1e5), 7e7), nats))
        ax.set_xlabel("training samples seen")
    axes[0].set_ylabel("estimated log p(x), nats per example,\nhigher is better")
    legend(picture, ALGORITHMS, loc="outside upper center")
    return picture
