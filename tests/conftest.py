"""Ctrl-C for all tests; the VAE that is known exactly; a ruler for Monte Carlo means; the site."""
import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import vae_np as vn

LIKELIHOODS = ("bernoulli", "gaussian", "gaussian-sigmoid", ("gaussian", 0.3))


def pytest_addoption(parser):
    parser.addoption("--gpu", action="store_true",
                     help="run tests/backends on a GPU and the real CuPy, not on the double")


@pytest.fixture(autouse=True)
def interruptible():
    """Ctrl-C works, even where a shell has started the tests in the background."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)


@pytest.fixture(params=LIKELIHOODS, ids=str)
def likelihood(request):
    """Every likelihood, for a test that asks for one."""
    return request.param


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder of the built site. A warning of Sphinx's is an error, so none came.

    VAE_NP_SITE names a site that is built already.
    """
    if "VAE_NP_SITE" in os.environ:
        return Path(os.environ["VAE_NP_SITE"])
    missing = [name for name in ("sphinx", "myst_nb", "sphinx_design", "furo", "jupytext")
               if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"the site needs {', '.join(missing)}: pip install '.[site]'")
    root, out = Path(__file__).resolve().parents[1], tmp_path_factory.mktemp("site") / "html"
    made = subprocess.run([sys.executable, root / "lectures" / "site" / "build.py", out], cwd=root,
                          capture_output=True, text=True, timeout=600)
    assert made.returncode == 0, made.stdout + made.stderr
    return out


@pytest.fixture
def mutants():
    """mutants(content, tokens, rounds) → as many damaged copies of a file's bytes, from a seed:
    bits flip, spans go, come twice or are random, a token slips in, a digit becomes another.
    """
    def make(content, tokens, rounds):
        rng = np.random.default_rng(len(content))
        for _ in range(rounds):
            mutant = bytearray(content)
            for _ in range(rng.integers(1, 4)):
                at = int(rng.integers(len(mutant) + 1))
                span = slice(at, at + int(rng.integers(1, 9)))
                digits = [i for i, byte in enumerate(mutant) if 48 <= byte < 58]
                kind = rng.integers(7)
                if kind == 0 and at < len(mutant):
                    mutant[at] ^= 1 << int(rng.integers(8))
                elif kind == 1:
                    del mutant[span]
                elif kind == 2:
                    mutant[at:at] = mutant[span]
                elif kind == 3:
                    mutant[span] = rng.bytes(int(rng.integers(9)))
                elif kind == 4 and rng.integers(4) == 0:
                    del mutant[at:]
                elif kind == 5 and digits:
                    mutant[digits[rng.integers(len(digits))]] = 48 + int(rng.integers(10))
                else:
                    mutant[at:at] = tokens[rng.integers(len(tokens))]
            yield bytes(mutant)
    return make


@pytest.fixture
def make_vae():
    """make_vae(**arguments) → a VAE of 5 pixels and 2 latents, float64 unless it says another."""
    def make(**arguments):
        defaults = {"hidden": (4, 3), "dtype": "float64", "rng": np.random.default_rng(1)}
        return vn.VAE(5, 2, **{**defaults, **arguments})
    return make


@pytest.fixture
def averages_to():
    """check(draws, expected, sees): the mean of independent draws (R, ...) is `expected`.

    The limit is 6 standard errors: false alarms are 2e-9 for each number compared, so below 1e-6
    for up to 500 of them. An error of 9 standard errors is seen 999 times in 1000; the check
    itself asserts that this is no more than `sees`.
    """
    def check(draws, expected, sees):
        stderr = draws.std(axis=0, ddof=1) / np.sqrt(len(draws))
        assert np.max(9.0 * stderr) <= sees, "too few draws to see so small an error"
        np.testing.assert_array_less(np.abs(draws.mean(axis=0) - expected), 6.0 * stderr + 1e-14)
    return check


class LinearGaussian:
    """x = z W + b + σ · noise as a VAE without hidden layers: log p(x) and p(z|x) are exact.

    p(x) = N(b, WᵀW + σ²I). p(z|x) = N(m, S) with S = (I + WWᵀ/σ²)⁻¹ and m = S W (x − b)/σ².
    W (Z, D), as in z @ W.
    """

    def __init__(self, W, b, sigma2):
        z_dim, x_dim = W.shape
        self.W, self.b, self.sigma2 = W, b, sigma2
        self.model = vn.VAE(x_dim, z_dim, (), likelihood=("gaussian", sigma2), dtype="float64",
                            rng=np.random.default_rng(5))
        self.model.params["decoder.mean.W"], self.model.params["decoder.mean.b"] = W, b
        self.covariance = W.T @ W + sigma2 * np.eye(x_dim)
        self.posterior_covariance = np.linalg.inv(np.eye(z_dim) + W @ W.T / sigma2)

    def log_px(self, x):
        """(N,), nats, exact."""
        error = x - self.b
        distance = np.sum(error * np.linalg.solve(self.covariance, error.T).T, axis=1)
        log_det = np.linalg.slogdet(2.0 * np.pi * self.covariance)[1]
        return -0.5 * (distance + log_det)

    def posterior_mean(self, x):
        """(N, Z)."""
        return (x - self.b) @ self.W.T @ self.posterior_covariance / self.sigma2

    def kl_to_posterior(self, x):
        """KL( q(z|x) ‖ p(z|x) ) of the model's encoder, (N,), in closed form."""
        mean, logvar = self.model.encode(x)
        precision = np.linalg.inv(self.posterior_covariance)
        error = self.posterior_mean(x) - mean
        distance = np.sum(error @ precision * error, axis=1)
        trace = np.exp(logvar) @ np.diag(precision)
        log_det = np.linalg.slogdet(self.posterior_covariance)[1] - logvar.sum(axis=1)
        return 0.5 * (trace + distance - mean.shape[1] + log_det)

    def make_encoder_exact(self):
        """Puts m and the diagonal of S into the encoder: p(z|x), if W's rows are orthogonal."""
        params, to_mean = self.model.params, self.W.T @ self.posterior_covariance / self.sigma2
        params["encoder.mean.W"], params["encoder.mean.b"] = to_mean, -self.b @ to_mean
        params["encoder.logvar.W"] = 0.0
        params["encoder.logvar.b"] = np.log(np.diag(self.posterior_covariance))


@pytest.fixture
def general():
    """A linear-Gaussian model whose posterior no diagonal Gaussian can be; a rough encoder."""
    rng = np.random.default_rng(2)
    known = LinearGaussian(rng.standard_normal((3, 5)), rng.standard_normal(5), 0.7)
    known.make_encoder_exact()  # which it cannot be, and then a little further off and wider:
    known.model.params.part("encoder").vector[...] += 0.05 * rng.standard_normal(36)
    known.model.params["encoder.logvar.b"] += 0.3
    return known


@pytest.fixture
def orthogonal():
    """A linear-Gaussian model with orthogonal rows of W, its exact posterior in the encoder."""
    rng = np.random.default_rng(3)
    directions = np.linalg.qr(rng.standard_normal((5, 3)))[0].T
    known = LinearGaussian(directions * np.array([[0.5], [1.0], [2.0]]),
                           rng.standard_normal(5), 0.7)
    known.make_encoder_exact()
    return known
