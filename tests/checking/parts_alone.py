"""The gradients of the priors and the posteriors alone, for `mutmut run`: the whole library's take
too long to be checked for each mutant, and these are what a mistake in a flow's backward breaks.
"""
import pytest

from vae_np.checking import library


@pytest.mark.parametrize("part", ["priors.", "posteriors.", "LearnedPriorVAE.aggregate[bernoulli"])
def test_every_gradient_of_a_part_is_right(part):
    rows = library.check_all(part)
    wrong = [f"{row['name']} {row['input']}: {row['message']}" for row in rows if not row["ok"]]
    assert rows and not wrong, "\n".join(wrong)
