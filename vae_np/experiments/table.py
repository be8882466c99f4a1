"""The table: the VAE and its rivals on the same binarised test images.

Each model is trained once (`rivals.configs`) and measured once (`ruler`), and a linear probe reads
the codes of those that have any (`readings`); the table is made from those measurements alone. The
VAE's own training takes two hours. In a clone its weights are there already,
`lectures/results/ruler`, and are used.
"""
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..datasets import load_dataset
from ..figures import style
from ..models import GaussianMixture
from ..models.mixture_prior import with_mixture
from ..runs import fit, load, read_config, read_metrics, save_model
from ..runs.checkpoints import atomic_write, make_folder, read
from ..runs.whitening import training_codes, whiten_run
from . import readings, ruler, table_text
from .jobs.keeping import export_runs
from .jobs.measuring import MeasuringJob, read_measurement
from .jobs.training import DONE, Outcome, TrainingJob
from .rivals import NO_LIKELIHOOD, RIVALS, configs

SHIPPED = Path(__file__).parents[2] / "lectures" / "results" / "ruler"
IMAGES, QUICK_IMAGES = 10_000, 200
EM_ITERATIONS = 50
ROWS, COLUMNS = 5, 10  # of samples for each model
MAX_BYTES = 600_000


class Experiment:
    """Training runs, densities fitted to codes, a measurement for each row, and the table."""

    products = ("table.md", "table.json", "samples.png")

    def __init__(self, options):
        self.out, self.tell, self.quick = options.out, options.tell, options.quick
        grid = configs(options.quick)
        self.shipped = not options.quick and (SHIPPED / "checkpoint.npz").exists()
        if self.shipped:
            del grid["vae"]
            grid["vae-coupling-prior"]["start_from"] = os.path.relpath(
                SHIPPED / "checkpoint.npz", self.out / "vae-coupling-prior")
        self.jobs = {name: TrainingJob(self.out / name, config) for name, config in grid.items()}
        self.settings = {"data": "mnist5k" if options.quick else "mnist",
                         "images": QUICK_IMAGES if options.quick else IMAGES,
                         "effort": 0.1 if options.quick else 1.0, "seed": 0}

    def folder(self, run):
        """Where a run lies."""
        return SHIPPED if run == "vae" and self.shipped else self.out / run

    # -- for `running.run_rounds` --------------------------------------------------------------

    def rounds(self):
        """First the runs that start from nothing, then those that start from another model, then
        the measurements.
        """
        later = [job for job in self.jobs.values() if "start_from" in job.config]
        outcomes = yield [job for job in self.jobs.values() if job not in later]
        if not self.shipped:
            self._done(outcomes, "vae")
        if self._done(outcomes, "autoencoder"):
            yield [WhiteningJob("whitening", self.folder("autoencoder"))]
        ready = [job for job in later if Path(os.path.normpath(
            self.out / job.name / job.config["start_from"])).exists()]
        outcomes = (yield ready) if ready else {}
        if "whitened-encoder" in outcomes and self._done(outcomes, "whitened-encoder"):
            yield [CodeMixtureJob("code-mixture", self.out, 10 if self.quick else 100)]
        yield [self._measuring(rival) for rival in RIVALS if self._is_there(rival.run)] + [
            self._reading(reading) for reading in readings.READINGS
            if reading.run is None or self._is_there(reading.run)]

    def _is_there(self, run):
        return (self.folder(run) / "checkpoint.npz").exists()

    def _done(self, outcomes, name):
        done = name in outcomes and outcomes[name].state == DONE
        if not done:
            self.tell(f"left out what depends on {name}: its training did not come to an end")
        return done

    def _measuring(self, rival):
        return MeasuringJob(f"measure {rival.name}", self.out / "measured" / f"{rival.name}.json",
                            ruler.measure, self.folder(rival.run) / "checkpoint.npz",
                            {"method": rival.method, **self.settings})

    def _reading(self, reading):
        path = None if reading.run is None else self.folder(reading.run) / "checkpoint.npz"
        settings = {name: self.settings[name] for name in ("data", "seed")}
        return MeasuringJob(f"read {reading.name}",
                            self.out / "measured" / f"{reading.name}.json", readings.measure, path,
                            {"codes": reading.codes, **settings})

    # -- what comes of it ----------------------------------------------------------------------

    def draw(self):
        """Writes the table and the samples from the measurements and the models that are there;
        returns the paths. A row that has not been measured here stays as OUT's table.json has it.
        So in an exported copy, where no measurements are, the page is written anew, and without
        the samples. Raises ValueError where there is no row at all.
        """
        path = self.out / "table.json"
        rows = {**self._rival_rows(), **self._reading_rows()}
        measured = [rival for rival in RIVALS if rival.name in rows]
        if path.exists():
            known = json.loads(path.read_text(encoding="utf-8"))
            rows = {row["name"]: row for row in known} | rows
        order = [one.name for one in (*RIVALS, *readings.READINGS)]
        rows = [rows[name] for name in order if name in rows]
        if not rows:
            raise ValueError(f"there is nothing to draw yet: {self.out} holds no measurements")
        with atomic_write(path) as file:
            lines = ",\n".join(json.dumps(row) for row in rows)
            file.write(f"[\n{lines}\n]\n".encode())
        with atomic_write(self.out / "table.md") as file:
            file.write(table_text.markdown(rows).encode())
        if not measured:
            return [path, self.out / "table.md"]
        with style.house():
            picture = style.Figure()
            self._draw_samples(picture.add_subplot())
            style.whole_pixels(picture)
        style.save_png(picture, self.out / "samples.png", MAX_BYTES)
        return [self.out / name for name in self.products]

    def _rival_rows(self):
        """{name: row of table.json} of the rivals that have been measured here."""
        measured = {rival: result for rival in RIVALS
                    if (result := read_measurement(self._measuring(rival).path))}
        vae = next((np.array(result["log_px"]) for rival, result in measured.items()
                    if rival.name == "vae"), None)
        return {rival.name: self._row(rival, result, vae) for rival, result in measured.items()}

    def _reading_rows(self):
        """The same of the codes that a probe has read here."""
        measured = {reading: result for reading in readings.READINGS
                    if (result := read_measurement(self._reading(reading).path))}
        pixels = next((result for reading, result in measured.items() if reading.run is None),
                      None)
        return {reading.name: readings.row(reading, result, pixels)
                for reading, result in measured.items()}

    def export(self, folder):
        """Copies settings and records of the runs, and the products that there are. Returns the
        paths. A run that began from the weights in this repository says where they lie from there.
        """
        products = [self.out / name for name in self.products]
        paths = export_runs([self.out / name for name in self.jobs],
                            [path for path in products if path.exists()], folder)
        moved = folder / "vae-coupling-prior"
        if self.shipped and (moved / "config.json") in paths:
            config = read_config(moved)
            config["start_from"] = Path(os.path.relpath(SHIPPED / "checkpoint.npz",
                                                        moved)).as_posix()
            with atomic_write(moved / "config.json") as file:
                file.write(json.dumps(config, indent=2).encode() + b"\n")
        return paths

    def _row(self, rival, result, vae):
        """One row of table.json: what was measured, and what it cost."""
        nll = -np.array(result["log_px"])
        n = len(nll)
        row = {"name": rival.name, "model": rival.title, "nll": nll.mean(),
               "nll_stderr": nll.std(ddof=1) / np.sqrt(n), "nll_mc_stderr": result["mc_stderr"],
               "errs": rival.errs, "training_pixels": rival.pixels, "n": n,
               **_size(self.folder(rival.run)),
               "training_minutes": sum(_seconds(self.folder(run)) for run in rival.runs) / 60,
               "few": rival.few, **result["also"]}
        comparable = rival.errs != NO_LIKELIHOOD and not rival.few
        if vae is not None and rival.name != "vae" and comparable:
            more = nll + vae
            row |= {"above_vae": more.mean(), "above_vae_stderr": more.std(ddof=1) / np.sqrt(n)}
        row = {key: round(value, 4) if isinstance(value, float) else value
               for key, value in row.items()}
        row["published"] = [{"nll": one.nll, "source": one.source, "comparable": one.comparable}
                            for one in rival.published]
        return row

    def _draw_samples(self, ax):
        """Samples of every model that has any, side by side after the data. Returns the Axes."""
        data = load_dataset(self.settings["data"])
        grids = {"test images": ruler.ruler_images(data.name, ROWS * COLUMNS)}
        for rival in RIVALS:
            path = self.folder(rival.run) / "checkpoint.npz"
            if rival.name in table_text.SHORT and path.exists():
                model = load(path)
                grids[table_text.SHORT[rival.name]] = model.sample_mean(
                    ROWS * COLUMNS, np.random.default_rng(0))
        height, width = (ROWS * (data.image_shape[0] + 1) - 1,
                         COLUMNS * (data.image_shape[1] + 1) - 1)
        columns, gap = 3, 24
        tiles = [style.tile(style.as_images(x, data.image_shape).reshape(
            ROWS, COLUMNS, *data.image_shape)) for x in grids.values()]
        tiles += [np.ones((height, width))] * (-len(tiles) % columns)
        style.show_grey(ax, style.tile(np.array(tiles).reshape(-1, columns, height, width), gap))
        for i, name in enumerate(grids):
            row, column = divmod(i, columns)
            ax.text(column * (width + gap) + width / 2, row * (height + gap) - 4, name,
                    ha="center", va="bottom")
        return ax


@dataclass(frozen=True)
class WhiteningJob:
    """Writes a trained autoencoder with whitened codes beside it: see `runs.whitening`."""
    name: str
    autoencoder: Path

    @property
    def path(self):
        return self.autoencoder / "whitened.npz"

    def done(self):
        return self.path.exists()

    def run(self, should_stop=lambda: False):
        """Takes seconds and is not stopped. Returns the Outcome."""
        whiten_run(self.autoencoder, self.path)
        return Outcome(DONE)

    def progress(self):
        return ""


@dataclass(frozen=True)
class CodeMixtureJob:
    """Fits a mixture of Gaussians to the whitened codes, and puts it on the decoder as its prior,
    with the encoder that was trained for the single Gaussian: OUT/code-mixture/checkpoint.npz.
    """
    name: str
    out: Path
    components: int

    @property
    def path(self):
        return self.out / self.name / "checkpoint.npz"

    def done(self):
        return self.path.exists()

    def run(self, should_stop=lambda: False):
        """Takes a minute and is not stopped. Returns the Outcome."""
        autoencoder = self.out / "autoencoder"
        codes = training_codes(autoencoder, load(WhiteningJob("", autoencoder).path))
        mixture = GaussianMixture(codes.shape[1], self.components)
        history = fit(mixture, codes, epochs=EM_ITERATIONS, pseudo_count=0.0,
                      rng=np.random.default_rng(0))
        make_folder(self.path.parent)
        save_model(with_mixture(load(self.out / "whitened-encoder"), mixture), self.path)
        return Outcome(DONE, f"log p(code) {history[-1]['train_log_px']:.2f} nats")

    def progress(self):
        return ""


def _size(folder):
    """How large a run's model is: its layers, or its components, and the number of parameters."""
    header, arrays = read(folder / "checkpoint.npz")
    config = header["model"]["config"]
    hidden = config.get("hidden", [])
    widths = [config["x_dim"], *(hidden if isinstance(hidden, list) else [hidden]),
              *([config["z_dim"]] if "z_dim" in config else [])]
    mixture = f"{config['components']} components" if "components" in config else None
    size = "–".join(map(str, widths)) if len(widths) > 1 else mixture
    return {"size": size, "parameters": int(arrays["params"].size)}


def _seconds(folder):
    """How long a run has trained."""
    records = read_metrics(folder)
    return records[-1]["seconds"] if records else 0.0
