"""The paper's own curves, read off the plots: MNIST ± 0.2 nats, Frey Face ± 3, figure 3 ± 0.3."""
import json
from importlib import resources

import numpy as np


def curves(figure, **which):
    """{split: (samples seen, nats)} of one algorithm in figure 2 or 3, two arrays each.

    figure: "figure2" or "figure3". which: such as dataset="mnist", z_dim=3, algorithm="aevb".
    Empty where the paper has no such curve.
    """
    text = (resources.files(__package__) / "paper" / f"{figure}.json").read_text(encoding="utf-8")
    return {curve["split"]: tuple(np.array(curve["points"], dtype=float).T)
            for curve in json.loads(text)["curves"]
            if all(curve[name] == value for name, value in which.items())}


def at(curve, samples_seen):
    """The curve's value there, on a straight line in log samples; None beyond its ends, and where
    the curve is None.
    """
    if curve is None:
        return None
    seen, nats = curve
    if not seen[0] <= samples_seen <= seen[-1]:
        return None
    return float(np.interp(np.log(samples_seen), np.log(seen), nats))
