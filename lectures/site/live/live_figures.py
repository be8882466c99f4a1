"""matplotlib's backend for the cells of a page: a figure is shown as a picture, then closed.

As in Jupyter: `plt.show()` shows all figures, and so does the end of a cell.
"""
import base64
import io

import live
from matplotlib import figure, pyplot
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg


class FigureManager(FigureManagerBase):
    """What pyplot asks to show its figures."""

    @classmethod
    def pyplot_show(cls, *, block=None):
        """Shows them all; block means nothing in a page."""
        show()


class FigureCanvas(FigureCanvasAgg):
    """Where they are drawn."""

    manager_class = FigureManager


def show():
    """Shows and closes every figure of pyplot's."""
    try:
        for number in pyplot.get_fignums():
            _picture(pyplot.figure(number))
    finally:  # a figure that cannot be drawn is shown no second time
        pyplot.close("all")


def shown(value):
    """Whether a cell's last value is a figure: then it is shown, once."""
    if not isinstance(value, figure.Figure):
        return False
    _picture(value)
    pyplot.close(value)
    return True


def _picture(drawn):
    buffer = io.BytesIO()
    drawn.savefig(buffer, format="png", bbox_inches="tight")
    live.image(base64.b64encode(buffer.getvalue()).decode())
