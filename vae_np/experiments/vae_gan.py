"""A VAE and a VAE-GAN side by side: the same encoder and decoder, the same grey pictures, and what
can be measured of each where one of them has climbed no bound.
"""
import json

import numpy as np

from ..backend import to_host
from ..datasets import load_dataset
from ..figures import style
from ..inference.draws import nearest
from ..runs import load
from ..runs.checkpoints import atomic_write
from .jobs.keeping import export_runs
from .jobs.measuring import MeasuringJob, read_measurement
from .jobs.training import DONE, TrainingJob
from .judged import measure, measure_data

SEED, COLUMNS = 0, 12
# What a run has on each data set: examples in a pass, passes, hidden units, latent dimensions.
FULL = {"mnist": {"rows": 60_000, "epochs": 10, "hidden": 400, "z_dim": 20},
        "mnist5k": {"rows": 4000, "epochs": 50, "hidden": 400, "z_dim": 20},
        "frey": {"rows": 1765, "epochs": 100, "hidden": 600, "z_dim": 10}}
QUICK = {"mnist5k": {"rows": 4000, "epochs": 20, "hidden": 200, "z_dim": 20}}
# Faces differ by less than digits do, so the feature error is weighted more. And there are more
# hidden units than pixels: with 200 the discriminator sees 200 directions of 560, and nothing that
# is decoded is held to the others, which fill with noise.
FREY = {"feature_variance": 0.01}, {"gamma": 0.1, "discriminator_rate": 1.0}
KINDS = {"vae": "VAE", "vae-gan": "VAE-GAN"}
EFFORT = {"images": 500, "samples": 200, "annealed": 50, "count": 1000, "epochs": 15}
QUICK_EFFORT = {"images": 200, "samples": 100, "annealed": 10, "count": 500, "epochs": 5}
ROWS = {  # what the page says of each number
    "sharpness": "sharpness of draws", "rebuilt_sharpness": "sharpness of reconstructions",
    "told": "told from test images by a classifier, %", "mmd": "MMD² to test images, 10⁻³",
    "nearest": "distance to the nearest training image",
    "kl_to_uniform": "KL of the digits shown to uniform, nats",
    "doubt": "doubt about a digit, nats",
    "pixel_error": "squared error of reconstructions, pixels",
    "feature_error": "the same in the discriminator's features",
    "log_px": "log p(x), importance sampling, nats",
    "importance_on_annealed": "the same on the first images", "annealed": "there by annealing"}
SCALES = {"told": 100.0, "mmd": 1000.0}
DIGITS = {"sharpness": 4, "rebuilt_sharpness": 4, "told": 1, "kl_to_uniform": 3, "doubt": 3}


class Experiment:
    """Two models on each data set, what is measured of them, and a picture for each data set."""

    # Of these a quick look has mnist5k.png alone.
    products = ("mnist.png", "mnist5k.png", "frey.png", "vae-gan.json", "vae-gan.md")

    def __init__(self, options):
        self.out = options.out
        self.sets = QUICK if options.quick else FULL
        self.effort = QUICK_EFFORT if options.quick else EFFORT
        self.jobs = {(data, kind): self._training(data, kind, options.samples_seen)
                     for data in self.sets for kind in KINDS}

    def _training(self, data, kind, samples_seen):
        """The job of one model. The VAE of Frey Face learns a variance for each pixel."""
        size = self.sets[data]
        model, settings = {"class": "VAE", "likelihood": "bernoulli"}, {}
        if kind == "vae-gan":
            own, settings = FREY if data == "frey" else ({}, {})
            model = {**model, "class": "VAEGAN", **own}
        elif data == "frey":
            model["likelihood"] = "gaussian-sigmoid"
        return TrainingJob(self.out / f"{_short(data)}-{kind}", {
            "data": data, "seed": SEED, "device": "cpu",
            "model": {"z_dim": size["z_dim"], "hidden": [size["hidden"]], "activation": "tanh",
                      "init": "glorot", "dtype": "float32", **model},
            "training": {"samples_seen": samples_seen or size["rows"] * size["epochs"],
                         "binarize": "none", "eval_every": 10, **settings}})

    def rounds(self):
        """For `running.run_rounds`: the models, then what is measured of those that are there."""
        outcomes = yield [*self.jobs.values()]
        ready = [data for data in self.sets if all(
            outcomes.get(self.jobs[data, kind].name, (None,))[0] == DONE
            or self.jobs[data, kind].done() for kind in KINDS)]
        yield [self._measuring(data, name) for data in ready for name in (*KINDS, "data")]

    def _measuring(self, data, name):
        effort = {**self.effort, "data": data, "seed": SEED}
        path = self.out / "measured" / f"{_short(data)}-{name}.json"
        if name == "data":
            return MeasuringJob(f"measure {path.stem}", path, measure_data, None, {
                key: effort[key] for key in ("data", "count", "epochs", "seed")})
        folders = [self.jobs[data, kind].folder / "checkpoint.npz" for kind in (name, "vae-gan")]
        return MeasuringJob(f"measure {path.stem}", path, measure, folders[0],
                            {**effort, "judge": str(folders[1])})

    def draw(self):
        """Writes the pictures, the numbers and the page; returns the paths.

        Raises ValueError where nothing has been measured yet.
        """
        found = {data: {name: read_measurement(self._measuring(data, name).path)
                        for name in ("data", *KINDS)} for data in self.sets}
        found = {data: results for data, results in found.items() if all(results.values())}
        if not found:
            raise ValueError(f"there is nothing to draw yet: {self.out} holds no measurements")
        rows = [{"data": data, "name": name, **_plain(result)}
                for data, results in found.items() for name, result in results.items()]
        with atomic_write(self.out / "vae-gan.json") as file:
            file.write("".join(json.dumps(row) + "\n" for row in rows).encode())
        with atomic_write(self.out / "vae-gan.md") as file:
            file.write(page(found).encode())
        for data in found:
            models = [load(self.jobs[data, kind].folder) for kind in KINDS]
            with style.house():
                picture = figure(*models, load_dataset(data))
                style.whole_pixels(picture)
            style.save_png(picture, self.out / f"{_short(data)}.png", max_bytes=300_000)
        return [self.out / name for name in self.products if (self.out / name).exists()]

    def export(self, folder):
        """Copies settings, records and products to `folder`; returns the paths."""
        return export_runs([job.folder for job in self.jobs.values()],
                           [self.out / name for name in self.products
                            if (self.out / name).exists()], folder)


def _short(data):
    """A data set's name as a file may have it: "mnist:10000" → "mnist"."""
    return data.partition(":")[0]


def _plain(result):
    """A measurement without its settings and summary, rounded."""
    def rounded(value):
        if isinstance(value, list):
            return [rounded(one) for one in value]
        return float(f"{value:.5g}") if isinstance(value, float) else value
    return {name: rounded(value) for name, value in result.items()
            if name not in ("settings", "summary")}


def page(found):
    """The page of tables in Markdown: {data: {"data", "vae", "vae-gan": measurement}} → text."""
    parts = ["# A VAE and a VAE-GAN side by side\n\nThe same encoder and decoder, the same grey "
             "pictures; ± one standard error over pictures. Draws are means of p(x|z). *Training "
             "images* stand in the place of draws in the first column: what a model that is right "
             "would have.\n"]
    for data, results in found.items():
        gan = results["vae-gan"]
        lines = ["| | training images | VAE | VAE-GAN |", "|---|---|---|---|"]
        for key, title in ROWS.items():
            if any(key in result for result in results.values()):
                lines.append(f"| {title} | " + " | ".join(
                    _cell(results[name], key) for name in ("data", *KINDS)) + " |")
        test = results["data"]
        parts.append(
            f"\n## {data}\n\n" + "\n".join(lines) + f"\n\n{gan['n']} draws beside {gan['n']} test "
            f"images, whose sharpness is {_cell(test, 'test_sharpness')} and whose distance to "
            f"the nearest training image is {_cell(test, 'nearest_of_test')}. log p(x): "
            f"{gan['observation']}; {gan['n_log_px']} test images with {gan['samples']} "
            f"importance samples, the first {gan['n_annealed']} of them with annealing too. The "
            f"median effective sample size is {results['vae']['ess_median']:.1f} for the VAE and "
            f"{gan['ess_median']:.1f} for the VAE-GAN. The kernel's width is "
            f"{gan['mmd_width']:.2f}.{_spread(results)}{_reader(gan)}\n")
    return "".join(parts)


def _spread(results):
    if "sigma" not in results["vae"]:
        return ""
    return (f" The fitted standard deviation is {results['vae']['sigma']:.4f} for the VAE and "
            f"{results['vae-gan']['sigma']:.4f} for the VAE-GAN.")


def _reader(gan):
    if "classifier_accuracy" not in gan:
        return ""
    return (f" The classifier that reads the digits is right on "
            f"{100 * gan['classifier_accuracy']:.1f} % of the test images.")


def _cell(result, key):
    if key not in result:
        return "–"
    value, scale = result[key], SCALES.get(key, 1.0)
    digits = DIGITS.get(key.removeprefix("test_"), 2)
    value, *stderr = value if isinstance(value, list) else [value]
    text = f"{scale * value:.{digits}f}".replace("-", "−")
    return text + (f" ± {scale * stderr[0]:.{digits}f}" if stderr else "")


def figure(vae, gan, data):
    """Test images over their reconstructions by both models, draws of both, and the training
    images nearest to the VAE-GAN's. Returns a matplotlib Figure.
    """
    few = data.test[np.linspace(0, len(data.test) - 1, COLUMNS).astype(int)]

    def rebuilt(model):
        return to_host(model.decode(model.sample_posterior(few, np.random.default_rng(SEED))[0]))

    def drawn(model, rows):
        return to_host(model.sample_mean(rows * COLUMNS, np.random.default_rng(SEED)))

    of_gan = drawn(gan, 3)
    neighbours = data.train[nearest(of_gan[-COLUMNS:], data.train)[1]]
    blocks = {"data x": few, "VAE:\nE[x|z], z ~ q(z|x)": rebuilt(vae),
              "VAE-GAN:\nE[x|z], z ~ q(z|x)": rebuilt(gan),
              "VAE:\nE[x|z], z ~ p(z)": drawn(vae, 3), "VAE-GAN:\nE[x|z], z ~ p(z)": of_gan,
              "training images\nnearest to the last row": neighbours}
    height, width = data.image_shape
    tiles, labels, top, space = [], {}, 0, 6
    for label, images in blocks.items():
        grid = style.tile(images.reshape(-1, COLUMNS, height, width), gap=2)
        labels[top + len(grid) / 2] = label
        tiles += [grid, np.ones((space, grid.shape[1]), np.float32)]
        top += len(grid) + space
    picture = style.Figure(figsize=style.SQUARE, layout="constrained")
    style.show_grey(picture.subplots(), np.vstack(tiles[:-1]), y_labels=labels)
    return picture
