"""Pictures of the latent space: what its dimensions carry, where the data lie in it.

`vae_np.figures` offers these functions too, and explains the conventions.
"""
import numpy as np
from matplotlib.ticker import MaxNLocator
from scipy.special import ndtr, ndtri

from ..backend import to_host
from ..evaluation import ACTIVE_THRESHOLD
from . import style

MARKERS = "osD^v<>Pp*"


def manifold(model, image_shape, ax=None, n=20, limits=(0, 1)):
    """The whole of a two-dimensional latent space, n × n decoded means.   Paper, figure 4.

    An evenly spaced grid over the unit square goes through the inverse normal CDF, so each tile
    stands for the same share of the prior. z[0] grows to the right, z[1] upwards. Where p(z) is a
    flow of N(0, I) the grid lies in its base coordinates u, and z = f⁻¹(u).

    Raises ValueError where z_dim is not 2, or p(z) is neither N(0, I) nor a flow of it.
    """
    if not model.prior.has_normal_base:
        raise ValueError("the manifold spreads its tiles over the prior N(0, I), or over a flow "
                         f"of it, and this model has another: {type(model.prior).__name__}")
    if model.z_dim != 2:
        raise ValueError(f"the manifold needs a model with z_dim = 2, this one has {model.z_dim}")
    style.at_least(1, "n", n)
    quantiles = ndtri((np.arange(n) + 0.5) / n)  # eq. inverse-cdf
    across, up = np.meshgrid(quantiles, quantiles[::-1])
    z = model.from_base(np.stack([across, up], axis=-1).reshape(-1, 2))
    images = style.as_images(model.decode(z), image_shape, limits)
    canvas = style.tile(images.reshape(n, n, *image_shape), gap=0)
    height, width = canvas.shape
    marks = {f"{z}".replace("-", "\N{MINUS SIGN}"): ndtr(z) for z in (-2, -1, 0, 1, 2)}
    with style.styled(ax, style.SQUARE) as ax:
        style.show_grey(ax, canvas, {share * width: z for z, share in marks.items()},
                        {(1 - share) * height: z for z, share in marks.items()})
        ax.xaxis.tick_bottom()
        ax.tick_params(length=3, labelsize=8)
        letter, _, made_of = model.prior.base_name.partition(" ")
        ax.set_xlabel(f"{letter}[0], at equal steps of prior probability"
                      + (f"; {letter} {made_of}" if made_of else ""))
        ax.set_ylabel(f"{letter}[1]")
    return ax


def latent_scatter(model, x, labels=None, ax=None):
    """The encoder's mean of every example, coloured and marked by its label.

    x (N, D), labels (N,) or None. With more than two latent dimensions the picture shows the two
    whose means vary most over x; the axes say which. Raises ValueError for z_dim < 2.
    """
    style.at_least(2, "z_dim", model.z_dim)
    if labels is not None and np.shape(labels) != (len(x),):
        raise ValueError(f"labels must have shape ({len(x)},), one for each example, "
                         f"not {np.shape(labels)}")
    mean = to_host(model.posterior(x).mean)
    first, second = np.sort(np.argsort(-mean.var(axis=0), kind="stable")[:2])
    points = mean[:, [first, second]]
    groups = [(None, points)] if labels is None else [
        (label, points[np.asarray(labels) == label]) for label in np.unique(labels)]
    glyphs = all(len(str(label)) == 1 and str(label).isalnum() for label, _ in groups)
    with style.styled(ax, style.SQUARE) as ax:
        for i, (label, group) in enumerate(groups):
            # With the label itself as the mark, nobody needs colours or a legend to read it.
            mark = rf"$\mathbf{{{label}}}$" if glyphs else MARKERS[(i + i // 10) % 10]
            ax.scatter(*group.T, s=28 if glyphs else 14, marker=mark, linewidths=0, label=label,
                       color=style.BLUE if labels is None else style.CLASS_COLOURS[i % 10])
        if labels is not None and not glyphs:
            ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
        if model.z_dim > 2:
            ax.set_title(f"the two of {model.z_dim} latent dimensions whose means vary most")
        ax.set_xlabel(f"mean of z[{first}]")
        ax.set_ylabel(f"mean of z[{second}]")
        ax.set_aspect("equal")
        style.open_frame(ax)
    return ax


def kl_per_dimension(kl, activity, ax=None):
    """How many nats each latent dimension carries, largest first.

    kl (Z,): KL(q(z_j|x) ‖ p(z_j)) averaged over examples. activity (Z,): the variance of each
    dimension's mean over the examples; a dimension is active where it exceeds 0.01 (Burda et al.
    2015, section 5.2). `evaluation.latent_use` gives both. Raises ValueError if they do not fit.
    """
    kl, active = to_host(kl), to_host(activity) > ACTIVE_THRESHOLD
    if kl.ndim != 1 or not len(kl) or active.shape != kl.shape:
        raise ValueError("kl and activity need one number for each latent dimension, "
                         f"but have shapes {kl.shape} and {active.shape}")
    order = np.argsort(-kl, kind="stable")
    rank = np.arange(len(kl))
    with style.styled(ax, style.WIDE) as ax:
        for mask, colour, hatch, label in (
                (active, style.BLUE, "", f"active: {active.sum()} of {len(kl)}"),
                (~active, "white", "////", f"unused: {len(kl) - active.sum()}")):
            if mask.any():
                ax.bar(rank[mask[order]], kl[order][mask[order]], width=0.8, color=colour,
                       hatch=hatch, edgecolor=style.BLUE, linewidth=0.8, label=label)
        if len(kl) <= 32:
            ax.set_xticks(rank, order)
            for number, used in zip(ax.get_xticklabels(), active[order]):
                number.set_color("black" if used else style.GREY)
        else:
            ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.set_xlim(-0.8, max(len(kl), 8) - 0.2)
        ax.set_xlabel("latent dimension j" if len(kl) <= 32 else "rank of the latent dimension")
        ax.set_ylabel("KL(q(z[j]|x) ‖ p(z[j])),\nnats per example")
        ax.legend(title=f"all together: {kl.sum():.1f} nats", loc="upper right")
        style.open_frame(ax)
    return ax
