"""How every picture looks, how images become one grid, and how a figure becomes a file.

The colours are safe for colour-blind readers: Okabe and Ito's palette for lines and bars, and for
the classes of a scatter the ten colours that Petroff (2021, arXiv 2107.02270) chose under models
of colour-vision deficiency.

Every figure is made, drawn and saved inside `house`. So a user's settings change no picture, and
no picture changes a user's settings.
"""
import contextlib
import io

import matplotlib
import numpy as np
from matplotlib import figure as matplotlib_figure
from matplotlib.transforms import Bbox
from PIL import Image  # matplotlib depends on it

from ..backend import to_host
from ..runs.checkpoints import atomic_write

# Okabe and Ito, "Color universal design" (2008).
BLUE, VERMILLION, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#E69F00"
PURPLE, SKY, GREY = "#CC79A7", "#56B4E9", "#8C8C8C"

CLASS_COLOURS = ("#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6",
                 "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd")

DPI = 150
# What is about the machine and the person in front of it, and in no picture.
PERSONAL = ("animation.", "backend", "date.epoch", "docstring.", "figure.max_open_warning",
            "figure.raise_window", "interactive", "keymap.", "savefig.directory", "timezone",
            "tk.", "toolbar", "webagg.")
STYLE = {name: value for name, value in matplotlib.rcParamsDefault.items()
         if not name.startswith(PERSONAL)} | {
    "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans"], "font.size": 9,
    "axes.labelsize": 9, "axes.titlesize": 9, "xtick.labelsize": 8, "ytick.labelsize": 8,
    "legend.fontsize": 8, "legend.frameon": False, "axes.linewidth": 0.8, "lines.linewidth": 1.6,
    "figure.facecolor": "white", "axes.facecolor": "white", "axes.grid": False,
    "text.usetex": False, "mathtext.fontset": "dejavusans", "axes.unicode_minus": True,
}
# On Axes that were handed in, text and ticks must suit a ground whose colour is there already.
STYLE_ON_GIVEN_AXES = {name: value for name, value in STYLE.items() if "color" not in name}
WIDE, SQUARE = (6.5, 3.6), (6.5, 6.5)  # inches


class Figure(matplotlib_figure.Figure):
    """A figure that keeps the house style when it is drawn or saved later, by a notebook, a window
    or its user.

    Not all is settled when it is made: matplotlib makes the ticks when it first draws them.
    """

    def draw(self, renderer):
        """As matplotlib's, in the house style."""
        with house():
            super().draw(renderer)

    def savefig(self, fname, **options):
        """As matplotlib's, in the house style."""
        with house():
            super().savefig(fname, **options)


def house():
    """The context in which all pictures are made: in it, STYLE is all of matplotlib's settings. As
    a decorator it makes a function draw in it.
    """
    return matplotlib.rc_context(STYLE)


@contextlib.contextmanager
def styled(ax, size, columns=1):
    """Give `ax` in the house style, or new Axes of that size in inches where it is None.

    New Axes belong to pyplot, so that a notebook shows them; the caller closes them. Where pyplot
    finds no back end that it could show them with, they are a figure's of its own, which can be
    saved. Arguments are checked before this is entered: an error must not leave an empty figure
    behind.
    """
    with matplotlib.rc_context(STYLE if ax is None else STYLE_ON_GIVEN_AXES):
        yield _new_axes(size, columns) if ax is None else ax


def _new_axes(size, columns):
    look = {"figsize": size, "dpi": DPI, "layout": "constrained"}
    try:
        from matplotlib import pyplot
        return pyplot.subplots(1, columns, FigureClass=Figure, **look)[1]
    except ImportError:
        return Figure(**look).subplots(1, columns)


def at_least(least, name, value):
    """Raise ValueError for a number below `least`."""
    if value < least:
        raise ValueError(f"{name} must be at least {least}, not {value}")


def grey_limits(x):
    """The values that show as black and as white: 0 and 1, or the extremes of data beyond them."""
    low, high = float(np.min(x)), float(np.max(x))
    return (0.0, 1.0) if 0 <= low and high <= 1 or low == high else (low, high)


def as_images(x, image_shape, limits=(0, 1)):
    """Rows of pixels as pictures: (N, H·W) on any device → (N, H, W) on the host.

    limits: the values that become 0, black, and 1, white.

    Raises ValueError where image_shape is not (height, width) or has another number of pixels.
    """
    if image_shape is None or len(image_shape) != 2:
        raise ValueError(f"image_shape must be (height, width), not {image_shape!r}")
    height, width = image_shape
    x = to_host(x)
    if x.ndim != 2 or x.shape[1] != height * width:
        raise ValueError(f"image_shape {height} × {width} has {height * width} pixels, "
                         f"but the images come in an array of shape {x.shape}")
    low, high = limits
    x = x if (low, high) == (0, 1) else (x - low) / (high - low)
    return x.reshape(-1, height, width)


def tile(images, gap=1):
    """Pictures side by side: (R, C, H, W) → one array of R rows and C columns, white between."""
    rows, columns, height, width = images.shape
    canvas = np.ones((rows, height + gap, columns, width + gap), dtype=np.float32)
    canvas[:, :height, :, :width] = images.transpose(0, 2, 1, 3)
    canvas = canvas.reshape(rows * (height + gap), columns * (width + gap))
    return canvas[:canvas.shape[0] - gap, :canvas.shape[1] - gap]


def show_grey(ax, canvas, x_labels=None, y_labels=None):
    """Show one array, 0 black and 1 white; labels are {pixels from the top left corner: text}."""
    # The first pixel's centre is at 0, so the corner lies half a pixel before it.
    ax.imshow(canvas, cmap="gray", vmin=0, vmax=1, interpolation="antialiased")
    for axis, labels in ((ax.xaxis, x_labels or {}), (ax.yaxis, y_labels or {})):
        axis.set_ticks([place - 0.5 for place in labels], list(labels.values()))
    ax.xaxis.tick_top()
    ax.tick_params(length=0, labelsize=STYLE["axes.labelsize"])
    ax.spines[:].set_visible(False)


def whole_pixels(figure, dpi=DPI):
    """Make a figure that shows one grid so large that each pixel is a whole number of dots, at
    `dpi` dots per inch.

    Without this some pixels would be two dots wide and others one. The labels then lie outside
    the figure's frame, where `save_png` finds them. A figure without an image stays as it is.
    """
    ax = figure.axes[0]
    if not ax.images:
        return
    shape = np.array(ax.images[0].get_array().shape)
    dots = max(1, round(SQUARE[0] * dpi / shape[1]))
    figure.set_layout_engine("none")
    figure.set_size_inches(shape[::-1] * dots / dpi)
    ax.set_position([0, 0, 1, 1])
    ax.images[0].set_interpolation("nearest")


def open_frame(ax):
    """Leave only the left and bottom line of the frame."""
    ax.spines[["top", "right"]].set_visible(False)


def save_png(figure, path, max_bytes=np.inf, dpi=DPI):
    """Write a figure as PNG with `dpi` dots per inch, whole or not at all.

    A picture that comes out too big (noise does not compress) is drawn again with fewer dots.
    """
    png = _png(figure, dpi)
    while len(png) > max_bytes:
        dpi *= 0.95 * np.sqrt(max_bytes / len(png))
        for image in figure.axes[0].images:
            image.set_interpolation("antialiased")  # dots and pixels no longer coincide
        png = _png(figure, dpi)
    with atomic_write(path) as file:
        file.write(png)


def _png(figure, dpi):
    """The figure as PNG bytes; with one channel where it holds nothing but grey."""
    buffer = io.BytesIO()
    with house():
        figure.draw_without_rendering()  # settle the layout, then see what it covers
        box = figure.get_tightbbox().padded(0.06)
        # Cut between two dots, not through one: image pixels keep their sharp edges.
        box = Bbox(np.round(box.get_points() * dpi) / dpi)
        figure.savefig(buffer, format="png", dpi=dpi, bbox_inches=box,
                       pil_kwargs={"compress_level": 1})  # compressed better below
    picture = Image.open(buffer).convert("RGB")
    if not np.ptp(np.asarray(picture), axis=-1).any():
        picture = picture.convert("L")
    packed = io.BytesIO()
    picture.save(packed, format="png", optimize=True, dpi=(dpi, dpi))
    return packed.getvalue()
