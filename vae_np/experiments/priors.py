"""The aggregate posterior, and priors that learn it: before and after, in a latent plane.

A VAE with two latent numbers is trained with p(z) = N(0, I). Its networks then stay as they are,
and each other prior learns where the codes lie. So the bound gains what the prior gains, image by
image, with the same noise; and the best that any prior can do is the aggregate posterior, the
mixture of q(z|x) over the images.
"""
import json

import numpy as np

from ..backend import to_host
from ..datasets import binarize, load_dataset
from ..distributions import log_sum_exp
from ..figures import style
from ..runs import load
from ..runs.checkpoints import atomic_write
from .jobs.keeping import export_runs
from .jobs.measuring import MeasuringJob, read_measurement
from .jobs.training import DONE, TrainingJob

DATA = "mnist5k"
LEARNED = {"mixture": "mixture:10", "vamp": "vamp:50", "coupling": "coupling:8x64"}
TITLES = {"vae": "N(0, I), as trained", "mixture": "10 Gaussians", "vamp": "VampPrior, 50 inputs",
          "coupling": "8 couplings"}
EPOCHS, QUICK_EPOCHS = 200, 20
DRAWS, SEED = 20, 0
SIDE, REACH = 240, 4.0  # pixels of a drawn density, and how far the plane is shown
LEVELS = (0.05, 0.25, 0.6)  # of the density's top, where its contours run


class Experiment:
    """One VAE, a prior each for its codes, what each is worth, and a picture."""

    products = ("priors.png", "priors.json", "priors.md")

    def __init__(self, options):
        self.out = options.out
        network = {"z_dim": 2, "hidden": [200], "activation": "tanh", "likelihood": "bernoulli",
                   "init": "glorot", "dtype": "float32"}
        epochs = QUICK_EPOCHS if options.quick else EPOCHS

        def job(name, model, lr, **more):
            samples = options.samples_seen or 4000 * epochs
            return TrainingJob(self.out / name, {
                "data": DATA, "seed": SEED, "device": "cpu", "model": {**network, **model},
                "training": {"samples_seen": samples, "binarize": "dynamic", "eval_every": 10,
                             "lr": lr}, **more})

        self.first = job("vae", {"class": "VAE"}, 2e-3)
        self.learned = [job(name, {"class": "LearnedPriorVAE", "prior": prior}, 5e-3,
                            start_from="../vae/checkpoint.npz")
                        for name, prior in LEARNED.items()]
        self.jobs = [self.first, *self.learned]

    def rounds(self):
        """For `running.run_rounds`: the VAE, then the priors, then the measurements."""
        outcomes = yield [self.first]
        if outcomes.get(self.first.name, (None,))[0] == DONE:
            yield self.learned
            yield [self._measuring(job) for job in self.jobs
                   if (job.folder / "checkpoint.npz").exists()]

    def _measuring(self, job):
        return MeasuringJob(f"measure {job.name}", self.out / "measured" / f"{job.name}.json",
                            measure, job.folder / "checkpoint.npz",
                            {"data": DATA, "draws": DRAWS, "seed": SEED})

    def draw(self):
        """Writes the picture, the numbers and the page; returns the paths.

        Raises ValueError where nothing has been measured yet.
        """
        found = {job.name: read_measurement(self._measuring(job).path) for job in self.jobs}
        found = {name: result for name, result in found.items() if result}
        if "vae" not in found:
            raise ValueError(f"there is nothing to draw yet: {self.out} holds no measurements")
        rows = [_row(name, result, found["vae"]) for name, result in found.items()]
        with atomic_write(self.out / "priors.json") as file:
            file.write("".join(json.dumps(row) + "\n" for row in rows).encode())
        with atomic_write(self.out / "priors.md") as file:
            file.write(_page(rows).encode())
        models = {name: load(self.out / name) for name in found}
        style.save_png(figure(models, load_dataset(DATA)), self.out / "priors.png")
        return [self.out / name for name in self.products]

    def export(self, folder):
        """Copies settings, records and products to `folder`; returns the paths."""
        return export_runs([job.folder for job in self.jobs],
                           [self.out / name for name in self.products], folder)


def measure(model_path, data, draws, seed):
    """{"bound": of each test image, "marginal": KL( q̄(z) ‖ p(z) ) over the test images, its
    standard error, "summary"}, nats. The same noise for every model.
    """
    model, rng = load(model_path), np.random.default_rng(seed)
    x = binarize(load_dataset(data).test, rng)
    eps = model.noise(rng, len(x), draws)
    bound = model.elbo(x, eps, "A").astype(float)
    marginal = marginal_divergence(model, x, eps[:1])
    error = marginal.std(ddof=1) / np.sqrt(len(marginal))
    return {"bound": np.round(bound, 4).tolist(), "marginal": float(marginal.mean()),
            "marginal_stderr": float(error), "summary": f"bound {bound.mean():.2f} nats"}


def marginal_divergence(model, x, eps):
    """log q̄(z) − log p(z) at draws of q̄(z) = 1/N Σ_n q(z|x_n), the aggregate posterior of x: one
    number for each of the (L, N) draws, (L · N,), nats. Its mean is KL( q̄(z) ‖ p(z) ).
    """
    q = model.posterior(x)
    z = to_host(q.sample(eps)[0]).reshape(-1, model.z_dim)
    log_q = np.concatenate([
        log_sum_exp(q.log_prob(np.repeat(z[i:i + 100, None], len(x), axis=1)).astype(float),
                    axis=1)[0] for i in range(0, len(z), 100)]) - np.log(len(x))
    return log_q - to_host(model.log_prior(z)).astype(float)


def _row(name, result, first):
    bound, before = np.array(result["bound"]), np.array(first["bound"])
    gain = bound - before
    return {"name": name, "prior": LEARNED.get(name, "standard-normal"), "n": len(bound),
            "bound": round(bound.mean(), 4), "gain": round(gain.mean(), 4),
            "gain_stderr": round(gain.std(ddof=1) / np.sqrt(len(gain)), 4),
            "marginal": round(result["marginal"], 4),
            "marginal_stderr": round(result["marginal_stderr"], 4)}


def _page(rows):
    def cells(row):
        gain = f"{row['gain']:+.2f} ± {row['gain_stderr']:.2f}"
        yield f"{row['bound']:.2f}"
        yield "–" if row["name"] == "vae" else gain
        yield f"{row['marginal']:.2f} ± {row['marginal_stderr']:.2f}"

    table = "".join(f"| {row['prior']} | {' | '.join(cells(row)).replace('-', '−')} |\n"
                    for row in rows)
    return ("# Priors that learn the aggregate posterior\n\n"
            f"One VAE with two latent numbers; bound of {rows[0]['n']} test digits, nats per digit, "
            "the networks the same in every row. The last column is KL( q̄(z) ‖ p(z) ), q̄ the mean "
            "of q(z|x) over the test digits: what is left for a better prior.\n\n"
            "| p(z) | bound | gain, image by image | KL( q̄ ‖ p ) |\n|---|---|---|---|\n"
            + table)


@style.house()
def figure(models, data):
    """The codes of the test digits, coloured by digit, under the contours of each model's prior.
    Returns a matplotlib Figure.
    """
    picture = style.Figure(figsize=(3.1 * len(models), 3.5), layout="constrained")
    axes = np.atleast_1d(picture.subplots(1, len(models), sharey=True))
    x = binarize(data.test, np.random.default_rng(SEED))
    line = np.linspace(-REACH, REACH, SIDE)
    z = np.stack(np.meshgrid(line, line), axis=-1)
    for ax, (name, model) in zip(axes, models.items()):
        rng = np.random.default_rng(SEED)
        codes = to_host(model.sample_posterior(x, rng)[0])
        ax.scatter(*codes.T, s=3, linewidths=0, alpha=0.6,
                   c=[style.CLASS_COLOURS[label] for label in data.test_labels])
        density = np.exp(to_host(model.log_prior(z.astype(model.dtype))).astype(float))
        ax.contour(line, line, density, levels=[share * density.max() for share in LEVELS],
                   colors="black", linewidths=0.9)
        ax.set(aspect="equal", xlim=(-REACH, REACH), ylim=(-REACH, REACH), xlabel="z[0]",
               title=TITLES[name])
        style.open_frame(ax)
    axes[0].set_ylabel("z[1]")
    return picture
