"""README says what to read, and it is all that one needs: the path imports nothing beyond it."""
import re
from pathlib import Path

import pytest
from test_floors import MODULES, imported

ROOT = Path(__file__).resolve().parents[2]
PATH = ("distributions", "likelihoods", "posteriors", "objectives", "layers", "models.vae")
# What these may lean on without being read first.
BESIDE = {"observed", "backend", "params", "activations", "priors", "flows", "vamp_prior", "optim",
          "models.base", "models.decoder", "models.latent", "models.words", "models"}


@pytest.mark.parametrize("module", PATH)
def test_the_path_is_closed(module):
    assert set(imported(module)) <= {*PATH, *BESIDE, "__init__"}


def test_the_models_base_leans_on_the_ground_floor_alone():
    for module in ("models.base", "models.decoder", "models.latent", "models.words"):
        assert set(imported(module)) <= {*PATH, *BESIDE, "arrays", "__init__"}


def test_readme_says_how_many_lines_it_is():
    text = " ".join((ROOT / "README.md").read_text("utf-8").split())  # a line may break in it
    lines = sum(len(MODULES[module].read_text("utf-8").splitlines()) for module in PATH)
    names = " → ".join(module.replace(".", "/") for module in PATH)
    said = re.search(rf"`{names}`,\s+(\d+) lines", text)
    assert said and int(said[1]) == lines, f"the path has {lines} lines"


def test_the_walk_stands_in_one_file():
    """Encoder, posterior, decoder, likelihood, prior and estimator are called in sight."""
    source = MODULES["models.vae"].read_text("utf-8")
    walk = source[source.index("def _forward"):source.index("def _backward")]
    back = source[source.index("def _backward"):source.index("def _closed_form_kl")]
    for call in ("encoder.forward", "posterior_kind.of", "q.sample", "decoder.forward",
                 "likelihood.log_prob", "prior.log_prob", "estimator.value"):
        assert call in walk
    for call in ("estimator.backward", "likelihood.log_prob_backward", "decoder.backward",
                 "prior.backward", "q.backward", "encoder.backward"):
        assert call in back
