"""Every log-density against an independent one, and every density against 1."""
import itertools

import numpy as np
import pytest
import scipy.special
import scipy.stats

from vae_np import likelihoods
from vae_np.distributions import (bernoulli_log_prob, bernoulli_log_prob_backward,
                                  categorical_log_prob, categorical_log_prob_backward,
                                  gaussian_log_prob, sigmoid, standard_normal_log_prob)
from vae_np.posteriors import DiagonalGaussian

GRID, STEP = np.linspace(-12.0, 12.0, 481, retstep=True)  # trapezoids on bells: 1e-14 or better


def test_bernoulli_against_scipy():
    rng = np.random.default_rng(7)
    logits = 3.0 * rng.standard_normal((4, 3, 6))
    x = (rng.random((3, 6)) < 0.5).astype(float)
    reference = scipy.stats.bernoulli.logpmf(x, 1.0 / (1.0 + np.exp(-logits))).sum(axis=-1)
    np.testing.assert_allclose(bernoulli_log_prob(x, logits), reference, rtol=1e-12)


def test_categorical_against_scipy():
    """Labels (3,) beside logits (4, 3, 5): each of the four samples has the same labels."""
    rng = np.random.default_rng(14)
    logits, labels = 3.0 * rng.standard_normal((4, 3, 5)), np.array([4, 0, 2])
    one_hot = np.eye(5)[labels]
    reference = scipy.stats.multinomial.logpmf(one_hot, 1, scipy.special.softmax(logits, axis=-1))
    np.testing.assert_allclose(categorical_log_prob(labels, logits), reference, rtol=1e-12)


def test_categorical_of_two_classes_is_bernoulli():
    """With the logit of class 1 above that of class 0 as Bernoulli's; the gradient too."""
    rng = np.random.default_rng(15)
    logits, labels, d_out = rng.standard_normal((9, 2)), rng.integers(2, size=9), rng.random(9)
    x, above = labels[:, None].astype(float), logits[:, 1:] - logits[:, :1]
    np.testing.assert_allclose(categorical_log_prob(labels, logits),
                               bernoulli_log_prob(x, above), rtol=1e-13)
    slope = categorical_log_prob_backward(d_out, labels, logits)
    np.testing.assert_allclose(slope[:, 1:], bernoulli_log_prob_backward(d_out, x, above),
                               rtol=1e-13)
    np.testing.assert_allclose(slope[:, 0], -slope[:, 1], rtol=1e-13)


def test_categorical_sums_to_one_and_a_constant_is_free():
    logits = 5.0 * np.random.default_rng(16).standard_normal((6, 1, 4))
    labels = np.arange(4)
    rows = np.broadcast_to(logits, (6, 4, 4))
    log_p = categorical_log_prob(labels, rows)
    np.testing.assert_allclose(np.exp(log_p).sum(axis=-1), 1.0, rtol=1e-13)
    np.testing.assert_allclose(categorical_log_prob(labels, rows + 1000.0), log_p, atol=1e-12)


@pytest.mark.parametrize("labels, complaint", [
    (np.array([0, 4, 1]), r"between 0 and 3.*one of them is 4"),
    (np.array([0, -1, 1]), r"between 0 and 3.*one of them is -1"),
    (np.array([0.0, 1.0, 2.0]), "whole numbers.*float64"),
    (np.array([True, False, True]), "whole numbers.*bool"),
    (np.array([0, 1]), r"\(2,\) do not fit logits of shape \(3, 4\)"),
    (np.array([[0], [1], [2]]), r"\(3, 1\) do not fit")])
def test_labels_that_are_no_classes_are_refused(labels, complaint):
    for call in (lambda: categorical_log_prob(labels, np.zeros((3, 4))),
                 lambda: categorical_log_prob_backward(np.ones(3), labels, np.zeros((3, 4)))):
        with pytest.raises(ValueError, match=complaint):
            call()


@pytest.mark.parametrize("logvar_shape", [(4, 3, 6), (3, 6), (1,)])
def test_gaussian_against_scipy(logvar_shape):
    rng = np.random.default_rng(8)
    x, mean = rng.standard_normal((3, 6)), rng.standard_normal((4, 3, 6))
    logvar = rng.standard_normal(logvar_shape)
    reference = scipy.stats.norm.logpdf(x, mean, np.sqrt(np.exp(logvar))).sum(axis=-1)
    np.testing.assert_allclose(gaussian_log_prob(x, mean, logvar), reference, rtol=1e-13)


def test_prior_against_scipy():
    z = np.random.default_rng(9).standard_normal((2, 5, 3))
    np.testing.assert_allclose(standard_normal_log_prob(z),
                               scipy.stats.norm.logpdf(z).sum(axis=-1), rtol=1e-13)


def test_log_q_at_its_sample_is_the_density_of_q():
    rng = np.random.default_rng(10)
    mean, logvar = rng.standard_normal((2, 5, 3))
    z, log_q, _ = DiagonalGaussian(mean, logvar).sample(rng.standard_normal((4, 5, 3)))
    assert z.shape == (4, 5, 3)
    np.testing.assert_allclose(log_q, gaussian_log_prob(z, mean, logvar), rtol=1e-13)


def random_heads(likelihood, rng, *shape):
    return {name: rng.standard_normal((*shape, width))
            for name, width in likelihood.heads(2).items()}


def test_bernoulli_sums_to_one():
    x = np.array(list(itertools.product([0.0, 1.0], repeat=6)))
    logits = np.random.default_rng(11).standard_normal((5, 1, 6))
    total = np.exp(bernoulli_log_prob(x, logits)).sum(axis=-1)
    np.testing.assert_allclose(total, 1.0, rtol=1e-13)


@pytest.mark.parametrize("spec", ["gaussian", "gaussian-sigmoid", "gaussian:0.3"])
def test_gaussian_likelihoods_integrate_to_one(spec):
    likelihood = likelihoods.parse(spec)
    heads = random_heads(likelihood, np.random.default_rng(12))
    x = np.stack(np.meshgrid(GRID, GRID), axis=-1).reshape(-1, 2)
    assert np.exp(likelihood.log_prob(x, heads)).sum() * STEP ** 2 == pytest.approx(1.0, rel=1e-9)


def test_prior_integrates_to_one():
    density = np.exp(standard_normal_log_prob(GRID[:, None]))
    assert density.sum() * STEP == pytest.approx(1.0, rel=1e-13)


@pytest.mark.parametrize("spec", ["bernoulli", "gaussian", "gaussian-sigmoid", "gaussian:0.3"])
def test_samples_come_from_the_density(spec, averages_to):
    """False alarm 2e-9 a number, 18 numbers in all. Sees errors of 0.08 in means, 0.18 in
    variances and 0.06 nats in E[log p] = −entropy: a variance taken for a standard deviation, or
    a lost ½, is far beyond.
    """
    likelihood, rng = likelihoods.parse(spec), np.random.default_rng(13)
    heads = random_heads(likelihood, rng)
    many = {name: np.broadcast_to(head, (40_000, 2)) for name, head in heads.items()}
    x, mean = likelihood.sample(many, rng), likelihood.mean(heads)
    averages_to(x, mean, sees=0.08)
    if spec == "bernoulli":
        assert set(np.unique(x)) == {0.0, 1.0}
        p = sigmoid(heads["logits"])
        minus_entropy = np.sum(p * np.log(p) + (1 - p) * np.log(1 - p))
    else:
        logvar = heads.get("logvar", np.full(2, np.log(0.3)))
        averages_to((x - mean) ** 2, np.exp(logvar), sees=0.18)
        minus_entropy = -0.5 * np.sum(np.log(2 * np.pi * np.e) + logvar)
    averages_to(likelihood.log_prob(x, many), minus_entropy, sees=0.06)
