"""The table: the VAE, its rivals and its successors on the same binarised test images.

Each model is trained once (`rivals.configs`) and measured once (`ruler`), a linear probe reads
the codes of those that have any (`readings`), and for those that are measured by importance
sampling the bound is drawn as it closes its gap (`closing`). The table is made from those
measurements alone. The VAE's own training takes two hours, the record's one. In a clone their
weights are there already, `lectures/results/ruler` and `record`, and are used.
"""
import json
import os
from pathlib import Path

import numpy as np

from ..runs import read_config, read_metrics
from ..runs.checkpoints import atomic_write, read
from . import closing, readings, ruler, table_pictures, table_text
from .code_jobs import CodeMixtureJob, WhiteningJob
from .jobs.keeping import export_runs
from .jobs.measuring import MeasuringJob, read_measurement
from .jobs.training import DONE, TrainingJob
from .rivals import FACES, MEASURED, NO_LIKELIHOOD, configs

RESULTS = Path(__file__).parents[2] / "lectures" / "results"
SHIPPED, RECORD = RESULTS / "ruler", RESULTS / "record"  # of which a clone has the weights
IMAGES, QUICK_IMAGES = 10_000, 200
# The options of `train` that the table names where they are not these.
USUAL = {"prior": "standard-normal", "posterior": "gaussian", "inference": None, "estimator": "B",
         "mc_samples": 1, "gradient": "standard"}


class Experiment:
    """Training runs, densities fitted to codes, a measurement for each row, and the table."""

    products = ("table.md", "table.json", *table_pictures.NAMES)

    def __init__(self, options):
        self.out, self.tell, self.quick = options.out, options.tell, options.quick
        grid = configs(options.quick)
        self.shipped = {} if options.quick else {
            run: folder for run, folder in (("vae", SHIPPED), ("record", RECORD))
            if (folder / "checkpoint.npz").exists()}
        for run, folder in self.shipped.items():
            del grid[run]
        if "vae" in self.shipped:
            grid["vae-coupling-prior"]["start_from"] = os.path.relpath(
                self.shipped["vae"] / "checkpoint.npz", self.out / "vae-coupling-prior")
        self.jobs = {name: TrainingJob(self.out / name, config) for name, config in grid.items()}
        self.rows = [rival for rival in MEASURED if not (rival.data and options.quick)]
        self.settings = {"data": "mnist5k" if options.quick else "mnist",
                         "images": QUICK_IMAGES if options.quick else IMAGES,
                         "effort": 0.1 if options.quick else 1.0, "seed": 0}

    def folder(self, run):
        """Where a run lies."""
        return self.shipped.get(run, self.out / run)

    # -- for `running.run_rounds` --------------------------------------------------------------

    def rounds(self):
        """First the runs that start from nothing, then those that start from another model, then
        the measurements.
        """
        later = [job for job in self.jobs.values() if "start_from" in job.config]
        outcomes = yield [job for job in self.jobs.values() if job not in later]
        if "vae" not in self.shipped:
            self._done(outcomes, "vae")
        if self._done(outcomes, "autoencoder"):
            yield [WhiteningJob("whitening", self.folder("autoencoder"))]
        ready = [job for job in later if Path(os.path.normpath(
            self.out / job.name / job.config["start_from"])).exists()]
        outcomes = (yield ready) if ready else {}
        if "whitened-encoder" in outcomes and self._done(outcomes, "whitened-encoder"):
            yield [CodeMixtureJob("code-mixture", self.out, 10 if self.quick else 100)]
        there = [rival for rival in self.rows if self._is_there(rival.run)]
        yield [self._measuring(rival) for rival in there] + [
            self._closing(rival) for rival in there if _closes(rival)] + [
            self._reading(reading) for reading in readings.READINGS
            if reading.run is None or self._is_there(reading.run)]

    def _is_there(self, run):
        return (self.folder(run) / "checkpoint.npz").exists()

    def _is_recorded(self, rival):
        return all((self.folder(run) / "metrics.jsonl").exists() for run in rival.runs)

    def _done(self, outcomes, name):
        done = name in outcomes and outcomes[name].state == DONE
        if not done:
            self.tell(f"left out what depends on {name}: its training did not come to an end")
        return done

    def _measuring(self, rival):
        return MeasuringJob(f"measure {rival.name}", self.out / "measured" / f"{rival.name}.json",
                            ruler.measure, self.folder(rival.run) / "checkpoint.npz",
                            {"method": rival.method, **self.settings,
                             **({"data": rival.data} if rival.data else {})})

    def _closing(self, rival):
        images = min(closing.IMAGES, self.settings["images"])
        samples = round(closing.SAMPLES * self.settings["effort"])
        return MeasuringJob(f"gap of {rival.name}",
                            self.out / "measured" / f"gap-{rival.name}.json", closing.measure,
                            self.folder(rival.run) / "checkpoint.npz",
                            {"data": self.settings["data"], "images": images, "samples": samples,
                             "seed": self.settings["seed"]})

    def _reading(self, reading):
        path = None if reading.run is None else self.folder(reading.run) / "checkpoint.npz"
        settings = {name: self.settings[name] for name in ("data", "seed")}
        return MeasuringJob(f"read {reading.name}",
                            self.out / "measured" / f"{reading.name}.json", readings.measure, path,
                            {"codes": reading.codes, **settings})

    # -- what comes of it ----------------------------------------------------------------------

    def draw(self):
        """Writes the table and the pictures from the measurements and the models that are there;
        returns the paths. A row that has not been measured here stays as OUT's table.json has it.
        So in an exported copy, where no measurements are, the page is written anew, and without
        the pictures of models. Raises ValueError where there is no row at all.
        """
        path = self.out / "table.json"
        rows = {**self._rival_rows(), **self._reading_rows()}
        measured = [rival for rival in self.rows if rival.name in rows]
        if path.exists():
            known = json.loads(path.read_text(encoding="utf-8"))
            rows = {row["name"]: row for row in known} | rows
        for rival in self.rows:
            if rival.name in rows and self._is_recorded(rival):
                rows[rival.name].setdefault("test_looks", self._looks(rival, {}))
        order = [one.name for one in (*MEASURED, *readings.READINGS)]
        rows = [rows[name] for name in order if name in rows]
        if not rows:
            raise ValueError(f"there is nothing to draw yet: {self.out} holds no measurements")
        with atomic_write(path) as file:
            lines = ",\n".join(json.dumps(row) for row in rows)
            file.write(f"[\n{lines}\n]\n".encode())
        with atomic_write(self.out / "table.md") as file:
            file.write(table_text.markdown(rows).encode())
        models = {rival.name: self.folder(rival.run) for rival in measured
                  if self._is_there(rival.run)}
        drawn = table_pictures.draw(self.out, rows, models, self.settings["data"])
        return [path, self.out / "table.md", *drawn]

    def _rival_rows(self):
        """{name: row of table.json} of the rivals that have been measured here."""
        measured = {rival.name: result for rival in self.rows
                    if (result := read_measurement(self._measuring(rival).path))}
        log_px = {name: np.array(result["log_px"]) for name, result in measured.items()}
        return {rival.name: self._row(rival, measured[rival.name], log_px)
                for rival in self.rows if rival.name in measured}

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
        if "vae" in self.shipped and (moved / "config.json") in paths:
            config = read_config(moved)
            config["start_from"] = Path(os.path.relpath(self.shipped["vae"] / "checkpoint.npz",
                                                        moved)).as_posix()
            with atomic_write(moved / "config.json") as file:
                file.write(json.dumps(config, indent=2).encode() + b"\n")
        return paths

    def _row(self, rival, result, log_px):
        """One row of table.json: what was measured, and what it cost. log_px: of every row that
        was measured, by name.
        """
        nll = -np.array(result["log_px"])
        n = len(nll)
        row = {"name": rival.name, "model": rival.title, "nll": nll.mean(),
               "nll_stderr": nll.std(ddof=1) / np.sqrt(n), "nll_mc_stderr": result["mc_stderr"],
               "errs": rival.errs, "training_pixels": rival.pixels, "n": n,
               **_size(self.folder(rival.run)),
               "training_minutes": sum(_seconds(self.folder(run)) for run in rival.runs) / 60,
               "few": rival.few, **result["also"], "test_looks": self._looks(rival, result)}
        others = () if rival.errs == NO_LIKELIHOOD or rival.few else rival.against
        for other in others:
            if other in log_px and other != rival.name:
                more = nll + log_px[other]
                row |= {f"above_{other}": more.mean(),
                        f"above_{other}_stderr": more.std(ddof=1) / np.sqrt(n)}
        if gap := self._gap(rival):
            row |= {"gap": {name: gap[name] for name in ("ks", "bounds", "bound_stderr", "n")} | {
                "log_px": round(-nll[:gap["n"]].mean(), 4)}}
        row |= {name: value for name in ("tuned", "comparable", "data")
                if (value := getattr(rival, name))}
        row |= _training(self.folder(rival.run))
        row = {key: round(value, 4) if isinstance(value, float) else value
               for key, value in row.items()}
        row["published"] = [{"nll": one.nll, "source": one.source, "comparable": one.comparable}
                            for one in rival.published]
        return row

    def _looks(self, rival, result):
        """How often the test images were looked at for a row: {"while training": records with a
        number of theirs, "log p(x)", "gap": measurements, those of other settings among them}.
        """
        records = sum(any(name.startswith("test") for name in record)
                      for run in rival.runs for record in read_metrics(self.folder(run)))
        looks = {"while training": records, "log p(x)": 1 + len(result.get("earlier", []))}
        gap = self._gap(rival)
        return looks | ({"gap": 1 + len(gap.get("earlier", []))} if gap else {})

    def _gap(self, rival):
        """What was measured of how a row's bound closes its gap; None where nothing was."""
        return read_measurement(self._closing(rival).path) if _closes(rival) else None


def _closes(rival):
    """Whether the bound of a row's model closes its gap by more samples, on the ruler."""
    return rival.method == "importance" and not rival.data


def _size(folder):
    """How large a run's model is: its layers, or its components, and the number of parameters."""
    header, arrays = read(folder / "checkpoint.npz")
    config = header["model"]["config"]
    hidden, codes = (config.get(name, []) for name in ("hidden", "z_dim"))
    hidden, codes = (one if isinstance(one, list) else [one] for one in (hidden, codes))
    if hidden and isinstance(hidden[0], list):  # a hierarchy: each layer's widths, then its codes
        hidden, codes = [], [width for layer in zip(hidden, codes)
                             for width in (*layer[0], layer[1])]
    widths = [*hidden, *codes]
    mixture = f"{config['components']} components" if "components" in config else None
    size = "–".join(map(str, [config["x_dim"], *widths])) if widths else mixture
    return {"size": size, "parameters": int(arrays["params"].size)}


def _seconds(folder):
    """How long a run has trained."""
    records = read_metrics(folder)
    return records[-1]["seconds"] if records else 0.0


def _training(folder):
    """How long a VAE or a successor of it trained, in passes over the data, and the options of
    `train` that make it what it is.
    """
    records = read_metrics(folder)
    if not records or "epoch" not in records[-1]:
        return {}
    config = read_config(folder)
    settings = {**config["model"], **config["training"]}
    options = " ".join(f"--{name.replace('_', '-')} {settings[name]}"
                       for name, usual in USUAL.items() if settings.get(name, usual) != usual)
    return {"epochs": records[-1]["epoch"], "options": options}
