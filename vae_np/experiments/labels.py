"""What labels are good for: a digit on demand in any style, and a classifier from 100 of them.

The conditional VAE stands beside a plain one of the same networks. The semi-supervised one is
shown 100 labels, and so is a linear probe: the same 100, of the pixels, and of the codes that the
plain VAE has learnt without any. Every accuracy is on the whole test set, binarised as the ruler.
"""
import json

import numpy as np

from .. import linear_probe
from ..averages import elbo, predictions
from ..blocks import in_blocks
from ..catalogue import CLASSIFIER, kind_of
from ..datasets import binarize, load_dataset
from ..datasets.binarization import TRAIN_SEED, ruler_test_set
from ..evaluation import evaluate
from ..figures import analogies, style, styles
from ..runs import load
from ..runs.checkpoints import atomic_write, read
from ..runs.data import labels_for
from .jobs.keeping import export_runs
from .jobs.measuring import MeasuringJob, read_measurement
from .jobs.training import TrainingJob

SEED, LABELLED, ROWS = 0, 100, 1000
EPOCHS = {"vae": 100, "conditional": 100, "few-labels": 30, "few-labels-mnist": 4}
FEW = {"few-labels": "", "few-labels-mnist": "-mnist"}  # and what their probes' names end in
QUICK = 0.1  # of the epochs
SAMPLES, FIRST = 100, 1000  # importance samples, for so many of the test images
# Kingma et al. 2014, table 1, M2 with 100 labels: 11.97 ± 1.71 % wrong. Quoted from memory.
PUBLISHED = {"accuracy": 0.8803, "accuracy_stderr": 0.0171}
TITLES = {"few-labels": "semi-supervised VAE (M2), 4000 images",
          "pixels": "linear probe of the pixels, the same labels",
          "codes": "linear probe of a VAE's codes, the same labels",
          "few-labels-mnist": "semi-supervised VAE (M2), 60 000 images",
          "pixels-mnist": "linear probe of the pixels, the same labels",
          "codes-mnist": "linear probe of the codes of the VAE of 4000 images, the same labels"}


class Experiment:
    """Four runs, what each is worth, a picture of the conditional one and a table."""

    products = ("labels.png", "labels.json", "labels.md")

    def __init__(self, options):
        self.out = options.out
        self.jobs = {}

        def job(name, data, size, model, **training):
            samples = options.samples_seen or int(size * EPOCHS[name] * (
                QUICK if options.quick else 1))
            self.jobs[name] = TrainingJob(self.out / name, {
                "data": data, "seed": SEED, "device": "cpu", "model": {
                    "activation": "tanh", "likelihood": "bernoulli", "init": "glorot",
                    "dtype": "float32", **model},
                "training": {"samples_seen": samples, "binarize": "dynamic", "eval_every": 5,
                             **training}})

        for name, kind in (("vae", "VAE"), ("conditional", "ConditionalVAE")):
            job(name, "mnist5k", 4000, {"class": kind, "z_dim": 10, "hidden": [500]})
        few = {"class": "SemiSupervisedVAE", "z_dim": 20, "hidden": [200]}
        job("few-labels", "mnist5k", 4000, few, labelled=LABELLED)
        if not options.quick:
            job("few-labels-mnist", "mnist", 60_000, few, labelled=LABELLED, eval_every=1)

    def rounds(self):
        """For `running.run_rounds`: the runs, then the measurements."""
        yield list(self.jobs.values())
        there = {name for name, job in self.jobs.items()
                 if (job.folder / "checkpoint.npz").exists()}
        measuring = [self._measuring(name) for name in there]
        if "vae" in there:
            measuring += [self._probing(name) for name in FEW if name in there]
        yield measuring

    def _measuring(self, name):
        job = self.jobs[name]
        return MeasuringJob(f"measure {name}", self.out / "measured" / f"{name}.json", measure,
                            job.folder / "checkpoint.npz", {
                                "data": job.config["data"], "num_samples": SAMPLES,
                                "first": FIRST, "seed": SEED})

    def _probing(self, name):
        few, vae = (self.jobs[job].folder / "checkpoint.npz" for job in (name, "vae"))
        data = self.jobs[name].config["data"]
        return MeasuringJob(f"probe beside {name}", self.out / "measured" / f"{name}-probe.json",
                            probe, few, {"vae_path": str(vae), "data": data, "seed": SEED})

    def draw(self):
        """Writes the picture, the numbers and the page; returns the paths.

        Raises ValueError where the conditional VAE has not been measured yet.
        """
        found = {name: read_measurement(self._measuring(name).path) for name in self.jobs}
        probes = {data: read_measurement(self._probing(name).path)
                  for name, data in FEW.items() if name in self.jobs}
        if not found["conditional"]:
            raise ValueError(f"there is nothing to draw yet: {self.out} holds no measurement of "
                             "the conditional VAE")
        rows = list(_rows(found, probes))
        with atomic_write(self.out / "labels.json") as file:
            file.write("".join(json.dumps(row) + "\n" for row in rows).encode())
        with atomic_write(self.out / "labels.md") as file:
            file.write(_page(rows).encode())
        picture = figure(load(self.out / "conditional"), load_dataset("mnist5k"))
        style.save_png(picture, self.out / "labels.png")
        return [self.out / name for name in self.products]

    def export(self, folder):
        """Copies settings, records and products to `folder`; returns the paths."""
        return export_runs([job.folder for job in self.jobs.values()],
                           [self.out / name for name in self.products], folder)


def measure(model_path, data, num_samples, first, seed):
    """What `evaluate` says of the first test images; of a model with a classifier the bound on
    log p(x) of these, and how often it is right on all of them: {"elbo", "elbo_stderr", "nll", …,
    or "accuracy", "accuracy_stderr", "summary"}.
    """
    model, images = load(model_path), load_dataset(data)
    rows = model.rows(ruler_test_set(images.test), *labels_for(model, images.test_labels))
    rng = np.random.default_rng(seed)
    if CLASSIFIER in kind_of(model).has:
        bound = elbo(model, model.without_labels(rows[:first]), rng)
        found = {"elbo": float(bound.mean()), **_score(images.test_labels,
                                                       predictions(model, rows)),
                 "elbo_stderr": float(bound.std(ddof=1) / np.sqrt(len(bound)))}
    else:
        found = evaluate(model, rows[:first], rng=rng, num_samples=num_samples)
    return {**found, "summary": f"bound {found['elbo']:.2f} nats"}


def probe(model_path, vae_path, data, seed):
    """{"pixels", "codes": {"accuracy", "accuracy_stderr", "n"}}: a linear probe that is fitted to
    the labelled examples of a semi-supervised run, and no others.
    """
    shown, images = read(model_path)[1]["labelled"], load_dataset(data)
    train = binarize(images.train, np.random.default_rng(TRAIN_SEED))[shown]
    test, vae = ruler_test_set(images.test), load(vae_path)
    seen = {"pixels": lambda x: x, "codes": lambda x: vae.posterior(x).mean}
    found = {}
    for name, code in seen.items():
        fitted = linear_probe.fit(code(train), images.train_labels[shown], seed=seed)
        found[name] = _score(images.test_labels, fitted.predict(in_blocks(code, test, ROWS)))
    return {**found, "summary": f"{100 * found['pixels']['accuracy']:.1f} % right"}


def _score(labels, predicted):
    right = (labels == predicted).astype(float)
    return {"accuracy": float(right.mean()), "n": len(right),
            "accuracy_stderr": float(right.std(ddof=1) / np.sqrt(len(right)))}


def _rows(found, probes):
    """The lines of labels.json: one each for the two densities, and for each accuracy."""
    keys = ("elbo", "elbo_stderr", "nll", "nll_stderr", "nll_mc_stderr", "nll_any_label",
            "nll_any_label_stderr", "accuracy", "accuracy_stderr", "n")
    for name, result in found.items():
        if result:
            yield {"name": name, **{key: round(result[key], 4) for key in keys if key in result}}
    for suffix, result in probes.items():
        for name in ("pixels", "codes") if result else ():
            yield {"name": name + suffix, **{key: round(value, 4)
                                             for key, value in result[name].items()}}


def _page(rows):
    by_name = {row["name"]: row for row in rows}
    lines = ["# Labels", "", f"{FIRST} test digits of mnist5k, nats per digit, {SAMPLES} "
             "importance samples. log p(x|y) has been given the label, so the two columns are "
             "not comparable; the second is.", "", "| model | −log p(x given y) | −log p(x) |",
             "|---|---|---|"]
    given, plain = by_name["conditional"], by_name.get("vae")
    lines += [f"| conditional VAE | {given['nll']:.2f} ± {given['nll_stderr']:.2f} | "
              f"{given['nll_any_label']:.2f} ± {given['nll_any_label_stderr']:.2f} |"]
    if plain:
        lines += [f"| VAE, the same networks | – | {plain['nll']:.2f} ± "
                  f"{plain['nll_stderr']:.2f} |"]
    lines += ["", f"How often a digit is named right, from {LABELLED} labels, ten of each digit.",
              "", "| what | % right | test digits |", "|---|---|---|"]
    lines += [f"| {title} | {_percent(by_name[name])} | {by_name[name]['n']} |"
              for name, title in TITLES.items() if "accuracy" in by_name.get(name, {})]
    lines += [f"| M2, 50 000 images, Kingma et al. 2014 (quoted from memory; ± over choices of "
              f"labels) | {_percent(PUBLISHED)} | 10000 |", ""]
    return "\n".join(lines)


def _percent(row):
    return f"{100 * row['accuracy']:.1f} ± {100 * row['accuracy_stderr']:.1f}"


@style.house()
def figure(model, data):
    """On the left ten styles drawn from p(z) under ten labels; on the right the styles of ten test
    digits. Returns a matplotlib Figure.
    """
    picture = style.Figure(figsize=(10.5, 5.2), layout="constrained")
    left, right = picture.subplots(1, 2, gridspec_kw={"width_ratios": [10, 11.2]})
    styles(model, np.random.default_rng(SEED), data.image_shape, left)
    first = np.array([np.flatnonzero(data.test_labels == label)[0] for label in range(10)])
    x = ruler_test_set(data.test)[first]
    analogies(model, model.rows(x, data.test_labels[first]), data.image_shape, right)
    left.set_title("one style in a row, one label in a column")
    right.set_title("the style of a test digit under every label")
    return picture
