"""The paper's training runs, §5: their settings, their grid, and the choice of Adagrad's step.

Figures 2, 4 and 5 come from one kind of run: a data set, a latent dimension, an algorithm. The
step size is "chosen from {0.01, 0.02, 0.1} based on performance on the training set in the first
few iterations": so three short *probes* come before each long run.
"""
import dataclasses
import json
import math
from dataclasses import dataclass, field
from pathlib import Path

from ..datasets.published import FREY_SHAPE
from ..runs import read_config, read_metrics
from ..runs.checkpoints import atomic_write
from .jobs.keeping import export_runs
from .jobs.training import DIVERGED, DONE, TrainingJob

STEPS = (0.01, 0.02, 0.1)
MODELS = {"aevb": "VAE", "wake-sleep": "WakeSleep", "mcem": "MonteCarloEM"}
SAMPLES, QUICK_SAMPLES = 10_000_000, 200_000
GREY_DIGITS = {"likelihood": "bernoulli", "hidden": 500, "image_shape": (28, 28)}
FACES = {"likelihood": "gaussian-sigmoid", "hidden": 200, "image_shape": FREY_SHAPE}
DATA = {"mnist": GREY_DIGITS, "mnist5k": GREY_DIGITS, "frey": FACES}
EARLY, SHARE = 1_000_000, 0.1  # a probe's samples, and the largest share of a run that it may be


@dataclass(frozen=True)
class Cell:
    """A place of the grid: one long run and its three probes.

    data: a key of DATA, or "mnist:1000" for its first training examples. algorithm: a key of
    MODELS. hidden: the width of the hidden layer, None for the data's own.

    snapshots: keep the model at every mark, to be measured later. seconds: the longest time that
    the long run may train. init: see `layers.initialise`; cells that differ in it alone are equal.
    """
    data: str
    z_dim: int
    algorithm: str
    hidden: int | None = None
    marks_per_decade: int = 20
    snapshots: bool = False
    seconds: float = math.inf
    init: str = field(default="paper-variance", compare=False)

    @property
    def name(self):
        return f"{self.data.replace(':', '-')}-{self.algorithm}-z{self.z_dim}"

    @property
    def kind(self):
        return DATA[self.data.partition(":")[0]]

    def config(self, step, samples_seen, eval_at):
        """The run's config.json: the paper's settings and, where it leaves one open, the choice
        that `lectures/results/README.md` explains.
        """
        model = {"class": MODELS[self.algorithm], "z_dim": self.z_dim,
                 "hidden": [self.hidden or self.kind["hidden"]], "activation": "tanh",
                 "likelihood": self.kind["likelihood"], "init": self.init, "dtype": "float32"}
        training = dict(
            samples_seen=samples_seen, batch_size=100, binarize="none", optimizer="adagrad",
            lr=step, gather=10, schedule="constant", weight_prior="all", output_bias=False,
            eval_every=100_000, eval_at=eval_at)
        return {"data": self.data, "seed": 0, "device": "cpu", "model": model,
                "training": training}

    def probes(self, out, samples_seen):
        """{step: job}, the short runs that choose the step of a run of that length."""
        early = min(EARLY, math.ceil(SHARE * samples_seen))
        at = tuple(mark for mark in self.marks(samples_seen) if mark <= early)
        return {step: TrainingJob(Path(out) / f"{self.name}-step{step}",
                                  self.config(step, early, at)) for step in STEPS}

    def long(self, out, samples_seen, step):
        """The job of the long run. It goes on where the probe with that step has ended, unless
        that would leave gaps in its snapshots.
        """
        probe = self.probes(out, samples_seen)[step].folder
        return TrainingJob(Path(out) / self.name,
                           self.config(step, samples_seen, self.marks(samples_seen)),
                           grows_from=None if self.snapshots else probe,
                           snapshots=self.snapshots, seconds=self.seconds)

    def marks(self, samples_seen):
        """The numbers of samples at which a run is measured: evenly spaced in their logarithm, the
        first at most 10⁵.
        """
        first = min(1e5, samples_seen / 20)
        unit = 3 if first >= 1e5 else 2  # whole minibatches
        steps = int(self.marks_per_decade * math.log10(samples_seen / first) + 1e-9)
        grid = {int(round(first * 10 ** (i / self.marks_per_decade), -unit))
                for i in range(steps + 1)}
        return tuple(sorted(mark for mark in grid if 0 < mark <= samples_seen))


def rounds(cells, out, samples_seen, tell):
    """The grid of `cells`, for `running.run_rounds`: first every probe, then the long runs.

    tell(sentence) hears of cells that are left out, with the reason.
    """
    probes = {cell: cell.probes(out, samples_seen) for cell in cells}
    outcomes = yield [job for jobs in probes.values() for job in jobs.values()]
    long = []
    for cell, jobs in probes.items():
        states = [outcomes[job.name].state for job in jobs.values() if job.name in outcomes]
        step = best_step(jobs)
        if len(states) < len(jobs) or set(states) - {DONE, DIVERGED}:
            tell(f"left out {cell.name}: its probes did not all come to an end")
        elif step is None:
            tell(f"left out {cell.name}: training diverged at every step size")
        else:
            long.append(cell.long(out, samples_seen, step))
    yield long


class GridExperiment:
    """An experiment on a grid of runs in the folder `runs`. A subclass names its cells and its
    `products`, files in the folder `out`, and draws these from the runs.
    """

    products = ()

    def __init__(self, options, cells, runs):
        self.out, self.runs, self.tell = options.out, runs, options.tell
        self.samples_seen = options.samples_seen or (QUICK_SAMPLES if options.quick else SAMPLES)
        self.cells = [dataclasses.replace(cell, init=options.init) for cell in cells]

    def rounds(self):
        """For `running.run_rounds`."""
        return rounds(self.cells, self.runs, self.samples_seen, self.tell)

    def title(self, name):
        """The name of the figure, such as "Figure 2", and the first weights where they differ."""
        folders = [self.runs / cell.name for cell in self.cells]
        inits = {read_config(folder)["model"]["init"] for folder in folders
                 if (folder / "config.json").exists()}
        other = sorted(inits - {Cell.init})
        return f"{name} with --init {other[0]}" if other else name

    def export(self, folder):
        """Copies what is worth keeping to `folder`: settings and records of the long runs, and
        the products. Curves can be drawn from the copy, but no run can go on in it. Returns
        the paths.
        """
        return export_runs([self.runs / cell.name for cell in self.cells],
                           [self.out / name for name in self.products], folder)


def best_step(probes):
    """The step whose probe ended with the best training bound; None where none came to its end.

    probes: {step: job}.
    """
    bounds = {step: bound for step, job in probes.items()
              if (bound := _early_bound(job.folder)) is not None}
    return max(bounds, key=bounds.get) if bounds else None


def _early_bound(folder):
    """The training bound of a probe's last record (of Monte Carlo EM, log p(x, z) at its draws);
    None where the probe diverged or is not over.
    """
    records = read_metrics(folder)
    if records and records[-1]["samples_seen"] >= read_config(folder)["training"]["samples_seen"]:
        return records[-1].get("train_elbo", records[-1].get("train_log_joint"))
    return None


def write_steps(cells, out, samples_seen):
    """Writes steps.json, {run: {step: its probe's training bound}}, null where it diverged.

    Where there are no probes at all, as in an exported copy, the file stays as it is.
    """
    steps = {cell.name: {step: _early_bound(job.folder) for step, job in probes.items()}
             for cell in cells if any((probes := cell.probes(out, samples_seen))[step].folder
                                      .exists() for step in STEPS)}
    path = Path(out) / "steps.json"
    if steps or not path.exists():
        with atomic_write(path) as file:
            lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(bounds)}"
                               for name, bounds in steps.items())
            file.write(f"{{\n{lines}\n}}\n".encode())
