"""The explorer's files beside its page: scripts, the models' weights, and digits to look at."""
import base64
import json
import shutil
from pathlib import Path

import numpy as np

from vae_np.datasets import load_dataset
from vae_np.runs.web import script

HERE = Path(__file__).resolve().parent / "explorer"
MODELS = Path(__file__).resolve().parents[1] / "results" / "explorer"
DIGITS = 200  # of the embedded test set, as many of each kind


def copy_files(folder):
    """Writes to `folder` what explorer.md loads. The weights come from `make explorer`."""
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    weights = "".join(script(run) for run in sorted(MODELS.glob("beta-*")))
    (folder / "weights.js").write_text(weights, "utf-8")
    (folder / "digits.js").write_text(digits(), "utf-8")


def digits():
    """A script with test digits, 0 to 9 over and over: labels, and pixels as bits, base64."""
    data = load_dataset("mnist5k")
    each = [np.flatnonzero(data.test_labels == label)[:DIGITS // 10] for label in range(10)]
    chosen = np.stack(each, axis=1).ravel()
    pixels = np.packbits(data.test[chosen] > 0.5, axis=1)
    content = {"labels": "".join(str(label) for label in data.test_labels[chosen]),
               "pixels": base64.b64encode(pixels.tobytes()).decode()}
    return f"globalThis.VAE_DIGITS = {json.dumps(content)};\n"
