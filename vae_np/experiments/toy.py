"""The bound's gap made visible: points in the plane, and a latent space that one can sum over.

With two latent dimensions the true posterior p(z|x) can be drawn beside q(z|x), and the identity
log p(x) − bound = KL(q(z|x) ‖ p(z|x)) measured, the bound by another quadrature than the rest.
"""
import json
import re

import numpy as np

from ..datasets import load_dataset
from ..evaluation import log_likelihood
from ..figures import style
from ..runs import load
from ..runs.checkpoints import atomic_write
from . import quadrature
from .jobs.keeping import export_runs
from .jobs.measuring import MeasuringJob, read_measurement
from .jobs.training import DONE, TrainingJob

DATA, POINTS = "pinwheel", 200  # of the test set
SAMPLES, QUICK_SAMPLES = 1_000_000, 200_000
STEP, DRAWS = 0.05, 2000
SHOWN = (0.0, 0.5, 0.95, 1.0)  # which points of the test set: quantiles of the KL
SIDE = 160                     # pixels of a drawn density


class Experiment:
    """One run on the pinwheel, measured by quadrature. points: how many of the test set; step: of
    the grid over the latent plane.
    """

    products = ("toy.png", "toy.jsonl", "toy.md")

    def __init__(self, options, *, points=POINTS, step=STEP):
        self.out = options.out
        model = {"class": "VAE", "z_dim": 2, "hidden": [100, 100], "activation": "tanh",
                 "likelihood": "gaussian:0.05", "init": "glorot", "dtype": "float64"}
        training = dict(
            samples_seen=options.samples_seen or (QUICK_SAMPLES if options.quick else SAMPLES),
            optimizer="adam", lr=3e-3, schedule="cosine", eval_every=5)
        self.training = TrainingJob(self.out / DATA, {
            "data": DATA, "seed": 0, "device": "cpu", "model": model,
            "training": training})
        self.measuring = MeasuringJob(
            "quadrature", self.out / "quadrature.json", measure,
            self.training.folder / "checkpoint.npz",
            {"data": DATA, "points": points, "step": step, "draws": DRAWS, "seed": 0})

    def rounds(self):
        """For `running.run_rounds`: train, then measure."""
        outcomes = yield [self.training]
        if outcomes.get(self.training.name, (None,))[0] == DONE:
            yield [self.measuring]

    def draw(self):
        """Writes toy.png, toy.jsonl (one line a test point) and toy.md; returns the paths.

        Raises ValueError where nothing has been measured yet.
        """
        result = read_measurement(self.measuring.path)
        if result is None:
            raise ValueError(f"there is nothing to draw yet: {self.measuring.path} is missing")
        rows = result["rows"]
        picture = figure(load(self.training.folder), rows, result["settings"]["step"])
        style.save_png(picture, self.out / "toy.png")
        with atomic_write(self.out / "toy.jsonl") as file:
            file.write("".join(json.dumps(row) + "\n" for row in rows).encode())
        with atomic_write(self.out / "toy.md") as file:
            file.write(_report(rows, result["settings"]).encode())
        return [self.out / name for name in self.products]

    def export(self, folder):
        """Copies settings, records, measurements and figure to `folder`; returns the paths."""
        return export_runs([self.training.folder], [self.out / name for name in self.products],
                           folder)


def measure(model_path, data, points, step, draws, seed):
    """{"rows": one dict a test point, in nats, "summary"}.

    log_px and kl by quadrature, grid_error by halving its step; bound by another quadrature, and
    residual = log_px − bound − kl. The same by `draws` samples of q, as one would for a model with
    more latent dimensions: bound_sampled, log_px_sampled, each with its Monte Carlo error.
    """
    model = load(model_path)
    x = load_dataset(data).test[:points].astype(np.float64)
    exact, coarse = quadrature.measure(model, x, step), quadrature.measure(model, x, 2 * step)
    bound = quadrature.bound(model, x)
    rng = np.random.default_rng(seed)
    log_weights = model.log_weights(x, model.noise(rng, len(x), draws))
    log_px, log_px_stderr = log_likelihood(model, x, rng=rng, num_samples=draws)
    columns = {
        **exact, "grid_error": np.abs(exact["log_px"] - coarse["log_px"]), "bound": bound,
        "residual": exact["log_px"] - bound - exact["kl"],
        "bound_sampled": log_weights.mean(axis=0),
        "bound_stderr": log_weights.std(axis=0, ddof=1) / np.sqrt(draws),
        "log_px_sampled": log_px, "log_px_stderr": log_px_stderr}
    rows = [{"index": i, "x": x[i].tolist(),
             **{name: float(column[i]) for name, column in columns.items()}}
            for i in range(len(x))]
    return {"rows": rows, "summary": f"mean KL {exact['kl'].mean():.3f} nats, largest residual "
                                     f"{np.abs(columns['residual']).max():.1e}"}


def _report(rows, settings):
    """The numbers of toy.png in words, Markdown."""
    column = {name: np.array([row[name] for row in rows]) for name in rows[0] if name != "x"}
    surprise = (column["log_px_sampled"] - column["log_px"]) / column["log_px_stderr"]
    lines = {
        "log p(x), quadrature": f"{column['log_px'].mean():.4f}",
        "its error, by halving the grid's step, at most": f"{column['grid_error'].max():.1e}",
        "bound, Gauss-Hermite quadrature": f"{column['bound'].mean():.4f}",
        "gap: log p(x) − bound": f"{(column['log_px'] - column['bound']).mean():.4f}",
        "KL(q(z|x) ‖ p(z|x)), quadrature": f"{column['kl'].mean():.4f}",
        "the two differ at one x by at most": f"{np.abs(column['residual']).max():.1e}",
        "KL at one x: least, median, most": ", ".join(
            f"{value:.3f}" for value in np.quantile(column["kl"], (0, 0.5, 1))),
        f"log p(x), importance sampling, {settings['draws']} draws":
            f"{column['log_px_sampled'].mean():.4f}",
        "its distance from quadrature in Monte Carlo errors: mean, standard deviation":
            f"{surprise.mean():.2f}, {surprise.std():.2f}"}
    table = "".join("| {} | {} |\n".format(name.replace("|", "\\|"), value)
                    for name, value in lines.items())
    return ("# The bound's gap, by quadrature\n\n"
            f"{len(rows)} test points of {settings['data']}, nats per example.\n\n"
            "| what | value |\n|---|---|\n" + re.sub(r"-(?=\d)", "−", table))


# -- the figure --------------------------------------------------------------------------------

@style.house()
def figure(model, rows, step=STEP):
    """Above, p(z|x) of a few test points, q(z|x) below; on the left where the points lie, and the
    gap against the KL. step: of the grid for p(x). Returns a matplotlib Figure.
    """
    order = sorted(rows, key=lambda row: row["kl"])
    shown = [order[round(share * (len(order) - 1))] for share in SHOWN]
    picture = style.Figure(figsize=(10.4, 4.5), layout="constrained")
    axes = picture.subplots(2, 1 + len(shown), width_ratios=[1.2] + [1] * len(shown))
    plane(rows, shown, axes[0, 0])
    gap_against_kl(rows, shown, axes[1, 0])
    for number, (row, (above, below)) in enumerate(zip(shown, axes[:, 1:].T), start=1):
        densities(model, np.array([row["x"]]), (above, below), step)
        above.set_title(f"{number}: KL = {row['kl']:.3f} nats")
    axes[0, 1].set_ylabel("true posterior p(z|x)\n\nz[1]")
    axes[1, 1].set_ylabel("encoder's q(z|x)\n\nz[1]")
    return picture


def plane(rows, shown, ax):
    """The test points in the plane; those that are shown are numbered. Returns the Axes."""
    ax.scatter(*np.array([row["x"] for row in rows]).T, s=8, color=style.SKY, linewidths=0)
    for number, row in enumerate(shown, start=1):
        ax.annotate(str(number), row["x"], ha="center", va="center", color="white", fontsize=8,
                    bbox={"boxstyle": "circle,pad=0.2", "color": style.VERMILLION})
    ax.set(aspect="equal", xlabel="x[0]", ylabel="x[1]", title="test points")
    style.open_frame(ax)
    return ax


def gap_against_kl(rows, shown, ax):
    """The gap log p(x) − bound against KL(q ‖ p(z|x)): they are the same number."""
    kl, log_px, bound, sampled, stderr = (
        np.array([row[name] for row in rows])
        for name in ("kl", "log_px", "bound", "bound_sampled", "bound_stderr"))
    ends = [0.7 * kl.min(), 1.4 * kl.max()]
    ax.plot(ends, ends, color=style.GREY, linewidth=0.8, zorder=1)
    ax.errorbar(kl, log_px - sampled, yerr=stderr, fmt="none", ecolor=style.ORANGE, elinewidth=1,
                zorder=2, label="sampled, ± 1 s.e.")
    ax.scatter(kl, log_px - bound, s=5, color=style.BLUE, linewidths=0, zorder=3,
               label="by quadrature")
    ax.set(xscale="log", yscale="log", xlim=ends, ylim=ends, aspect="equal",
           xlabel="KL(q(z|x) ‖ p(z|x)), nats", ylabel="log p(x) − bound, nats")
    ax.legend(loc="upper left", handlelength=1.0, borderpad=0.1, fontsize=7)
    style.open_frame(ax)
    return ax


def densities(model, x, axes, step=STEP):
    """p(z|x) on the upper of two Axes and q(z|x) on the lower, the same window and scale.

    x (1, D). The window holds where either exceeds a thousandth of its peak. Returns the Axes.
    """
    across = quadrature.axis(step)
    joint, q = (np.exp(values[..., 0] - values.max())
                for values in quadrature.on_grid(model, x, across, across))
    alive = (joint > 1e-3) | (q > 1e-3)
    middles, reach = [], 0.0
    for others in (0, 1):  # the window's middle across, then up
        inside = across[alive.any(axis=others)]
        middles.append((inside[0] + inside[-1]) / 2)
        reach = max(reach, 0.55 * (inside[-1] - inside[0]))
    windows = [np.linspace(middle - reach, middle + reach, SIDE) for middle in middles]
    log_joint, log_q = (values[..., 0] for values in quadrature.on_grid(model, x, *windows))
    posterior = np.exp(log_joint - quadrature.measure(model, x, step)["log_px"][0])
    pair = posterior, np.exp(log_q)
    top = max(density.max() for density in pair)
    for ax, density in zip(axes, pair):
        ax.imshow(density, origin="lower", cmap="Blues", vmin=0, vmax=top,
                  extent=[*windows[0][[0, -1]], *windows[1][[0, -1]]], interpolation="bilinear")
        ax.contour(*windows, density, levels=[0.05 * top, 0.3 * top, 0.7 * top], linewidths=0.7,
                   colors=style.VERMILLION if ax is axes[1] else "black")
        ax.locator_params(nbins=4)
    axes[1].set_xlabel("z[0]")
    return axes
