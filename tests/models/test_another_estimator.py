"""Another estimator is a row: everything that asks ESTIMATORS then knows it.

Here it is half of estimator A and half of the importance-weighted bound (CIWAE, Rainforth et al.
2018), whose value depends on the number of samples: so what only holds for a mean over samples
must ask.
"""
import numpy as np
import pytest

import vae_np as vn
from vae_np import objectives
from vae_np.checking.library import check_all
from vae_np.objectives import (ESTIMATORS, Estimator, estimator_a, estimator_a_backward,
                               estimator_iw, estimator_iw_backward)


def value(*terms, kl_weight=1.0, **named):
    return 0.5 * (estimator_a(*terms, kl_weight=kl_weight, **named)
                  + estimator_iw(*terms, kl_weight=kl_weight, **named))


def backward(d_out, *terms, kl_weight=1.0, **named):
    one, other = (f(0.5 * d_out, *terms, kl_weight=kl_weight, **named)
                  for f in (estimator_a_backward, estimator_iw_backward))
    return {name: one[name] + other[name] for name in one}


@pytest.fixture(autouse=True)
def row(monkeypatch):
    """The row, and nothing else."""
    monkeypatch.setitem(ESTIMATORS, "CI", Estimator(value, backward, "half of A and half of IW",
                                                    averages=False))


@pytest.fixture
def x():
    return (np.random.default_rng(0).random((60, 6)) < 0.4).astype(np.float32)


def test_the_library_s_gradient_checks_take_it():
    rows = check_all(", CI, 6 tanh")
    assert len({row["name"] for row in rows}) == 4 and all(row["ok"] for row in rows)


def test_one_sample_is_estimator_a_and_more_are_higher(x):
    model = vn.VAE(6, 2, (5,), dtype="float64")
    model.params.vector[:] = np.random.default_rng(1).standard_normal(model.params.layout.size)
    eps = model.noise(np.random.default_rng(2), 60, 50)
    np.testing.assert_allclose(model.elbo(x, eps[:1], "CI"), model.elbo(x, eps[:1], "A"))
    assert (model.elbo(x, eps, "CI") > model.elbo(x, eps, "A")).all()


def test_it_trains_and_its_records_speak_of_the_same_bound(x):
    model = vn.VAE(6, 2, (5,), rng=np.random.default_rng(3))
    history = vn.fit(model, x, epochs=1, estimator="CI", mc_samples=20, lr=1e-9, test=x,
                     rng=np.random.default_rng(4))
    plain = vn.evaluation.elbo(model, x, np.random.default_rng(5), 20, "A").mean()
    record = history[-1]
    assert record["test_elbo"] > plain + 0.05
    assert record["test_elbo"] == pytest.approx(record["train_elbo"], abs=0.3)


def test_where_it_would_be_something_else_it_is_refused(x):
    """Uncertain weights differ from sample to sample: their bounds can only be averaged."""
    with pytest.raises(ValueError, match="'CI' is no mean over samples, and a FullVB has other"):
        vn.fit(vn.models.FullVB(6, 2, (5,)), x, epochs=1, estimator="CI", mc_samples=3)


def test_the_message_for_an_unknown_one_names_it(x):
    with pytest.raises(ValueError, match="use 'A' or 'B' or 'IW' or 'CI'"):
        objectives.find_estimator("C")
