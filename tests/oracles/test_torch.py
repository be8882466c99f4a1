"""PyTorch's autograd and distributions as an oracle: optional, skipped where torch is absent.

The model is written a second time, with torch.distributions for every density, so that nothing of
the library's mathematics is used twice. All in float64, to 1e-10 of the largest gradient.
"""
import numpy as np
import pytest

import vae_np as vn
from vae_np import objectives

torch = pytest.importorskip("torch")
from torch.distributions import Bernoulli, Independent, Normal, kl_divergence  # noqa: E402

ACTIVATIONS = {"tanh": torch.tanh, "relu": torch.relu, "sigmoid": torch.sigmoid,
               "softplus": torch.nn.functional.softplus}
KINDS = [((), "tanh")] + [(hidden, name) for hidden in ((4,), (4, 3)) for name in ACTIVATIONS]
every_model = pytest.mark.parametrize("hidden, activation", KINDS, ids=str)
every_likelihood = pytest.mark.parametrize(
    "likelihood", ["bernoulli", "gaussian", "gaussian-sigmoid", ("gaussian", 0.3)], ids=str)


class TorchVAE:
    """The same model on torch tensors. weights: {name: tensor} that ask for their gradient."""

    def __init__(self, model):
        self.likelihood, self.activation = model.likelihood.spec, ACTIVATIONS[model.activation]
        self.depth, self.weights = len(model.hidden), {}
        for name, value in model.params.items():
            self.weights[name] = torch.tensor(value, requires_grad=True)

    def linear(self, name, x):
        return x @ self.weights[f"{name}.W"] + self.weights[f"{name}.b"]

    def hidden(self, name, x):
        for i in range(self.depth):
            x = self.activation(self.linear(f"{name}.hidden{i}", x))
        return x

    def posterior(self, x):
        h = self.hidden("encoder", x)
        std = torch.sqrt(torch.exp(self.linear("encoder.logvar", h)))
        return Independent(Normal(self.linear("encoder.mean", h), std), 1)

    def prior(self, z):
        return Independent(Normal(torch.zeros_like(z), torch.ones_like(z)), 1)

    def decoder(self, z):
        h = self.hidden("decoder", z)
        if self.likelihood == "bernoulli":
            logits = self.linear("decoder.logits", h)
            return Independent(Bernoulli(logits=logits, validate_args=False), 1,
                               validate_args=False)
        mean = self.linear("decoder.mean", h)
        if self.likelihood == "gaussian:0.3":
            return Independent(Normal(mean, torch.full_like(mean, 0.3 ** 0.5)), 1)
        mean = torch.sigmoid(mean) if self.likelihood == "gaussian-sigmoid" else mean
        return Independent(Normal(mean, torch.exp(self.linear("decoder.logvar", h)).sqrt()), 1)

    def log_joint(self, x, z):
        return self.decoder(z).log_prob(x) + self.prior(z).log_prob(z)

    def log_weights(self, x, eps):
        q = self.posterior(x)
        z = q.mean + q.stddev * eps
        return self.log_joint(x, z) - q.log_prob(z)

    def elbo(self, x, eps, estimator, kl_weight):
        q = self.posterior(x)
        z = q.mean + q.stddev * eps
        if estimator == "A":
            kl = (q.log_prob(z) - self.prior(z).log_prob(z)).mean(0)
        else:
            kl = kl_divergence(q, self.prior(q.mean))
        return self.decoder(z).log_prob(x).mean(0) - kl_weight * kl

    def gradients(self, value):
        """{name: array}; 0 for what the value does not depend on."""
        grads = torch.autograd.grad(value, list(self.weights.values()), allow_unused=True)
        return {name: np.zeros(weight.shape) if grad is None else grad.numpy()
                for (name, weight), grad in zip(self.weights.items(), grads)}


def assert_same(ours, theirs):
    """Both {name: array}; each to 1e-10 of its own largest entry."""
    assert list(ours) == list(theirs)
    for name, grad in theirs.items():
        np.testing.assert_allclose(ours[name], grad, rtol=0.0, err_msg=name,
                                   atol=1e-10 * max(np.abs(grad).max(), 1e-3))


@pytest.fixture
def pair():
    """pair(likelihood, hidden, activation) -> the model, its twin in torch, grey x and ε."""
    def make(likelihood, hidden, activation):
        rng = np.random.default_rng(1)
        model = vn.VAE(5, 2, hidden, activation, likelihood, "float64", rng)
        model.params.vector[...] += 0.3 * rng.standard_normal(model.params.vector.shape)
        return model, TorchVAE(model), rng.random((7, 5)), model.noise(rng, 7, samples=3)
    return make


@every_likelihood
@every_model
@pytest.mark.parametrize("estimator", ["A", "B"])
@pytest.mark.parametrize("kl_weight", [1.0, 0.3])
def test_gradients_of_the_bound_are_autograd_s(pair, likelihood, hidden, activation, estimator,
                                               kl_weight):
    model, twin, x, eps = pair(likelihood, hidden, activation)
    value, grads = model.elbo_and_grad(x, eps, estimator, kl_weight)
    theirs = twin.elbo(torch.tensor(x), torch.tensor(eps), estimator, kl_weight)
    np.testing.assert_allclose(model.elbo(x, eps, estimator, kl_weight), theirs.detach(),
                               rtol=1e-12)
    assert value == pytest.approx(theirs.mean().item(), rel=1e-12)
    assert_same(grads, twin.gradients(theirs.mean()))


@every_likelihood
@every_model
def test_log_weights_and_log_joint_are_the_formula_s(pair, likelihood, hidden, activation):
    model, twin, x, eps = pair(likelihood, hidden, activation)
    theirs = twin.log_weights(torch.tensor(x), torch.tensor(eps))
    np.testing.assert_allclose(model.log_weights(x, eps), theirs.detach(), rtol=1e-12)

    z = torch.tensor(eps, requires_grad=True)
    theirs = twin.log_joint(torch.tensor(x), z)
    value, d_z = model.log_joint_and_grad(x, eps)
    np.testing.assert_allclose(value, theirs.detach(), rtol=1e-12)
    decoder = model.mean_log_joint_and_grad(x, eps)[1]
    expected = twin.gradients(theirs.mean())
    assert_same(decoder, {name: expected[name] for name in decoder})
    theirs = twin.log_joint(torch.tensor(x), z)
    assert_same({"z": d_z}, {"z": torch.autograd.grad(theirs.sum(), z)[0].numpy()})


def test_importance_weighted_bound_is_logsumexp():
    rng = np.random.default_rng(2)
    log_w, d_out = 20.0 * rng.standard_normal((11, 7)), rng.standard_normal(7)
    tensor = torch.tensor(log_w, requires_grad=True)
    theirs = torch.logsumexp(tensor, dim=0) - np.log(11)
    np.testing.assert_allclose(objectives.importance_weighted_bound(log_w), theirs.detach(),
                               rtol=1e-13)
    theirs.backward(torch.tensor(d_out))
    ours = objectives.importance_weighted_bound_backward(d_out, log_w)
    assert_same({"log_w": ours}, {"log_w": tensor.grad.numpy()})
