"""The hierarchy that is known exactly: three lines of linear-Gaussian algebra."""
import numpy as np

from vae_np.models import HierarchicalVAE

INFERENCES = ("bottom-up", "top-down", "ladder")
DOWNWARD = INFERENCES[1:]


class LinearChain:
    """z₂ ~ N(0, I), z₁ = z₂ A + a + √s ⊙ noise, x = z₁ W + b + τ noise: log p(x) is a formula.

    p(x) = N(a W + b, Wᵀ (AᵀA + diag s) W + τ² I). A (Z₂, Z₁), W (Z₁, D).
    """

    def __init__(self, A, a, s, W, b, tau2):
        self.A, self.a, self.s, self.W, self.b, self.tau2 = A, a, s, W, b, tau2
        self.mean = a @ W + b
        self.covariance = W.T @ (A.T @ A + np.diag(s)) @ W + tau2 * np.eye(len(b))

    def log_px(self, x):
        """(N,), nats, exact."""
        error = x - self.mean
        distance = np.sum(error * np.linalg.solve(self.covariance, error.T).T, axis=1)
        return -0.5 * (distance + np.linalg.slogdet(2.0 * np.pi * self.covariance)[1])

    def model(self, inference, seed=5):
        """A HierarchicalVAE without hidden layers whose θ this is, and whose φ is a first draw."""
        upper, lower = self.A.shape
        model = HierarchicalVAE(len(self.b), (lower, upper), (), dtype="float64",
                                likelihood=("gaussian", self.tau2), inference=inference,
                                rng=np.random.default_rng(seed))
        for name, value in (("decoder.mean.W", self.W), ("decoder.mean.b", self.b),
                            ("decoder.z1.mean.W", self.A), ("decoder.z1.mean.b", self.a),
                            ("decoder.z1.logvar.W", 0.0), ("decoder.z1.logvar.b", np.log(self.s))):
            model.params[name] = value
        return model

    def exact(self, inference):
        """The model with p(z|x) for its q, which takes a diagonal A and orthogonal rows of W.

        Then y = (x − b) Wᵀ/‖w‖² says of each z₁ by itself N(z₁, t), t = τ²/‖w‖², and Bayes' rule
        for two Gaussians gives the rest.
        """
        model, alpha = self.model(inference), np.diag(self.A)
        squares = np.sum(self.W ** 2, axis=1)
        to_y, t = self.W.T / squares, self.tau2 / squares
        shift = -self.b @ to_y
        eye = np.diag

        def put(layer, weights, bias, variance):
            params = model.params
            params[f"encoder.{layer}.mean.W"], params[f"encoder.{layer}.mean.b"] = weights, bias
            params[f"encoder.{layer}.logvar.W"] = 0.0
            params[f"encoder.{layer}.logvar.b"] = np.log(variance)

        above = 1 / (1 + alpha ** 2 / (self.s + t))  # the variance of z₂ given x
        gain = above * alpha / (self.s + t)
        below = 1 / (1 / self.s + 1 / t)             # of z₁ given x and z₂
        if inference == "bottom-up":
            v = alpha ** 2 + self.s
            own = 1 / (1 / v + 1 / t)                # of z₁ given x
            put("z1", to_y * (own / t), own * (shift / t + self.a / v), own)
            given = 1 / (1 + alpha ** 2 / self.s)    # of z₂ given z₁
            slope = given * alpha / self.s
            put("z2", eye(slope), -self.a * slope, given)
        else:
            put("z2", to_y * gain, (shift - self.a) * gain, above)
            if inference == "ladder":  # y itself is the message: the merge must do the rest
                put("z1", to_y, shift, t)
            else:
                put("z1", np.vstack([to_y * (below / t), eye(below * alpha / self.s)]),
                    below * (shift / t + self.a / self.s), below)
        return model


def diagonal_chain():
    """One whose exact posterior is a chain of diagonal Gaussians, both ways."""
    rng = np.random.default_rng(3)
    W = np.linalg.qr(rng.standard_normal((5, 3)))[0].T * np.array([[0.5], [1.0], [2.0]])
    return LinearChain(np.diag([1.5, -0.7, 0.4]), rng.standard_normal(3),
                       np.array([0.3, 1.2, 0.6]), W, rng.standard_normal(5), 0.7)


def general_chain():
    """One whose exact posterior is no such chain, near the other."""
    near, rng = diagonal_chain(), np.random.default_rng(4)
    A, W = (matrix + 0.2 * rng.standard_normal(matrix.shape) for matrix in (near.A, near.W))
    return LinearChain(A, near.a, near.s, W, near.b, near.tau2)


def shaken(inference, z_dim=(3, 2), hidden=(4,), x_dim=5, size=0.5, seed=1, **arguments):
    """A model with random parameters, far from their small start, in float64."""
    rng = np.random.default_rng(seed)
    model = HierarchicalVAE(x_dim, z_dim, hidden, dtype="float64", rng=rng, inference=inference,
                            **arguments)
    model.params.vector[...] = size * rng.standard_normal(model.params.layout.size)
    return model
