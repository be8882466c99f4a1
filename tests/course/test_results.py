"""The weights that come with the results: how large they are, and that they are what is said."""
from pathlib import Path

import numpy as np

import vae_np as vn

RESULTS = Path(__file__).resolve().parents[2] / "lectures" / "results"


def test_the_weights_together_have_at_most_4_mebibytes():
    sizes = {path: path.stat().st_size for path in RESULTS.rglob("*.npz")}
    assert {path.parent.name for path in sizes} >= {"ruler", "record"}
    assert sum(sizes.values()) <= 4 * 2**20


def test_the_record_is_the_better_of_the_two_models_whose_weights_are_here():
    """Its bound on digits that come with the library, which are training digits of both: near the
    training bounds of their last records, −83.5 and −89.9; one draw each, standard error 0.7.
    """
    x = vn.binarize(vn.load_dataset("mnist5k").test, np.random.default_rng(0))
    bounds = {}
    for name in ("ruler", "record"):
        model = vn.load(RESULTS / name)
        eps = model.noise(np.random.default_rng(1), len(x))
        bounds[name] = model.elbo(x, eps, "A").mean()
    assert -86.0 < bounds["record"] < -81.0 and bounds["ruler"] < bounds["record"] - 4.0
