"""Plain docstrings become reStructuredText that says what they say."""
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "lectures" / "site"))
from docstrings import scopes_of, to_rst  # noqa: E402

import vae_np.models.vae  # noqa: E402, F401


@pytest.mark.parametrize("plain, markup", [
    ("KL(q(z|x) ‖ p(z)), |logvar|", r"KL(q(z\|x) ‖ p(z)), \|logvar\|"),
    ("VAE(**config) and z_ or *args", r"VAE(\*\*config) and z\_ or \*args"),
    ("the gradient of their *sum*", "the gradient of their *sum*"),
    ("`x < 0` is not a name", "``x < 0`` is not a name"),
    ("one\ntwo", "one\ntwo"),
    ("log N(z; 0, I).   Paper, §5.", "log N(z; 0, I).   Paper, §5."),
    ("First.\n\nz_dim: a number. x: (N, D).", "First.\n\nz\\_dim: a number. x: (N, D)."),
])
def test_running_text(plain, markup):
    assert to_rst(plain) == markup


def test_an_indented_block_stays_as_it_is():
    assert to_rst("So\n\n    p(x|z) = *a*\n      b\n\nthen.") == (
        "So\n\n::\n\n        p(x|z) = *a*\n          b\n\nthen.")


def test_names_of_the_library_become_links():
    scopes = scopes_of("vae_np.models.vae.VAE.noise")
    text = to_rst("`elbo`, `VAE`, `eps`, `_forward`, `np`", scopes)
    assert text == (":py:obj:`elbo <vae_np.models.vae.VAE.elbo>`, "
                    ":py:obj:`VAE <vae_np.models.vae.VAE>`, ``eps``, ``_forward``, ``np``")
