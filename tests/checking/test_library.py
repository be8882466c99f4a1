"""Every gradient of the library against finite differences, and no pair left out."""
import inspect

import numpy as np
import pytest

from vae_np import activations, distributions, layers, objectives
from vae_np.checking import library
from vae_np.models import adversarial
from vae_np.models.words import POSTERIORS, PRIORS


@pytest.fixture(scope="module")
def rows():
    return library.check_all()


def test_every_gradient_is_right(rows):
    wrong = [f"{row['name']} {row['input']}: {row['message']}" for row in rows if not row["ok"]]
    assert not wrong, "\n".join(wrong)


def test_nearly_all_relative_errors_are_below_1e_minus_8(rows):
    """Each row draws its numbers at random: a few come near a slope of 0 and lose digits there."""
    errors = np.array([row["max_rel_error"] for row in rows])
    assert np.quantile(errors, 0.98) <= 1e-8 and errors.max() <= 1e-7


def test_nearly_all_errors_by_complex_step_are_below_1e_minus_13(rows):
    """Most functions are analytic as coded: there rounding alone is left."""
    errors = {f"{row['name']} {row['input']}": row["complex_step_error"] for row in rows
              if row["complex_step_error"] is not None}
    assert len(errors) >= 0.6 * len(rows)
    assert np.quantile([*errors.values()], 0.98) <= 1e-13 and max(errors.values()) <= 1e-11


def test_every_backward_in_the_mathematics_has_a_check(rows):
    written = {f"{function.__module__.split('.')[-1]}.{name.removesuffix('_backward')}"
               for module in (activations, adversarial, distributions, layers, objectives)
               for name, function in inspect.getmembers(module, inspect.isfunction)
               if name.endswith("_backward")}
    assert {"activations.relu", "distributions.reparameterise"} < written and len(written) >= 14
    assert written <= {row["name"] for row in rows}


def test_every_prior_and_posterior_has_its_checks():
    """And the slope along the path, wherever the posterior has one."""
    names = {name for name, *_ in library.all_checks()}
    assert {f"priors.{word.meaning.__name__}" for word in PRIORS.values()} <= names
    assert {f"posteriors.{word.meaning.__name__}" for word in POSTERIORS.values()} <= names
    assert {name for name in names if name.endswith(".path")} == {
        "posteriors.DiagonalGaussianKind.path", "posteriors.CouplingKind.path"}


def test_a_pair_with_unknown_arguments_is_refused():
    def f(something_new):
        return something_new

    def f_backward(d_out, something_new):
        return d_out

    with pytest.raises(KeyError, match="something_new"):
        library.pair_check(f, f_backward)


def test_a_wrong_gradient_is_reported(monkeypatch):
    def without_the_half(d_out, mean, logvar):
        return d_out[..., None] * mean, d_out[..., None] * np.expm1(logvar)

    without_the_half.__module__ = distributions.__name__
    monkeypatch.setattr(distributions, "kl_standard_normal_backward", without_the_half)
    rows = library.check_all("distributions.kl_standard_normal")
    assert {(row["name"], row["input"], row["diagnosis"]) for row in rows if not row["ok"]} \
        == {("distributions.kl_standard_normal", "logvar", "factor")}
    assert "WRONG" in library.table(rows)
