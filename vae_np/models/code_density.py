"""How an autoencoder gets a likelihood: a density over its codes, its decoder as p(x|z).

    p(x) = ∫ p(z) p(x|z) dz,   p(z) fitted to the codes z = f(x) of the training set

The Gaussian that fits the codes has their mean m and covariance C. In whitened coordinates
u = (z − m) V Λ^(−½), C = V Λ Vᵀ, that Gaussian is N(0, I), and the map back, z = m + u Λ^½ Vᵀ, is
affine: it goes into the decoder's first layer. So an autoencoder with the Gaussian fitted to its
codes *is* a VAE with a given decoder, and all that measures a VAE measures it.

The integral needs an encoder with noise, as a proposal for importance sampling or for a bound.
`FrozenDecoderVAE` learns one, with the autoencoder's decoder held fixed. A mixture of Gaussians
fits the codes better than one; `MixturePriorVAE` has it for p(z), and all else from the former.
"""
import numpy as np

from .. import objectives
from ..backend import move, namespace, to_host
from .autoencoder import Autoencoder
from .base import check_width
from .mixture import GaussianMixture
from .vae import VAE

SMALLEST_VARIANCE = 1e-8  # of a direction of the codes, in parts of the largest one


def whitened(autoencoder, codes):
    """The same autoencoder with other coordinates for its codes: mean 0, covariance I.

    autoencoder: an Autoencoder; it stays as it is. codes (N, Z): its codes of the training set, N
    above Z. Returns an Autoencoder that reconstructs as the old one does. Its coordinates are the
    principal axes of the old codes, the widest first. Along an axis on which the codes do not
    vary, the scale is that of a variance 1e-8 of the largest.

    Raises ValueError for codes that do not fit, or that are all the same.
    """
    mean, axes, std = _principal_axes(codes, autoencoder.z_dim)
    to_code, to_white = std[:, None] * axes.T, axes / std
    twin = Autoencoder(**autoencoder.config())
    old = {name: to_host(value).astype(np.float64) for name, value in autoencoder.params.items()}
    first = twin.decoder.hidden.layers[:1] or twin.decoder.heads.values()
    new = {**old, "encoder.mean.W": old["encoder.mean.W"] @ to_white,
           "encoder.mean.b": (old["encoder.mean.b"] - mean) @ to_white}
    for layer in first:  # (m + u A) W + b = u (A W) + (b + m W)
        new[layer.W] = to_code @ old[layer.W]  # eq. whitened-decoder
        new[layer.b] = old[layer.b] + mean @ old[layer.W]
    for name, value in new.items():
        twin.params[name] = value
    twin.params = twin.params.like(move(twin.params.vector, namespace(autoencoder.params.vector)))
    return twin


def _principal_axes(codes, z_dim):
    """(mean (Z,), axes (Z, Z) as columns, std (Z,) along them, falling), float64."""
    codes = to_host(codes).astype(np.float64)
    if codes.ndim != 2 or codes.shape[1] != z_dim or len(codes) <= z_dim:
        raise ValueError(f"codes must be (N, {z_dim}) with N above {z_dim}, not {codes.shape}")
    variance, axes = np.linalg.eigh(np.cov(codes.T, bias=True).reshape(z_dim, z_dim))
    variance, axes = variance[::-1], axes[:, ::-1]
    if not variance[0] > 0:
        raise ValueError(f"all {len(codes)} codes are the same: they have no density")
    return codes.mean(axis=0), axes, np.sqrt(np.maximum(variance,
                                                        SMALLEST_VARIANCE * variance[0]))


class FrozenDecoderVAE(VAE):
    """A VAE whose decoder is given, an autoencoder's: its encoder alone learns, for the bound.

    The arguments are VAE's. `start_from` takes over the autoencoder's networks.
    """

    start_logvar = -2.0  # of q(z|x) at the start: whitened codes have a scale of 1, q is narrower

    def start_from(self, autoencoder):
        """Takes the decoder of an Autoencoder, and its encoder to start from; returns the model.

        q(z|x) then has its mean at the code f(x) and log σ² = start_logvar everywhere. Raises
        TypeError for another kind of model, ValueError for networks of another shape.
        """
        if not isinstance(autoencoder, Autoencoder):
            raise TypeError(f"a {type(self).__name__} starts from an Autoencoder, not from a "
                            f"{type(autoencoder).__name__}")
        for name in ("x_dim", "z_dim", "hidden", "activation"):
            ours, theirs = getattr(self, name), getattr(autoencoder, name)
            if ours != theirs:
                raise ValueError(f"the autoencoder's {name} is {theirs!r}, this model's {ours!r}: "
                                 "they must be the same")
        if self.likelihood.spec != autoencoder.likelihood.spec:
            raise ValueError(f"the autoencoder's likelihood is {autoencoder.likelihood.spec!r}, "
                             f"this model's {self.likelihood.spec!r}: they must be the same")
        xp = namespace(self.params.vector)
        for name, value in autoencoder.params.items():
            self.params[name] = move(value, xp)
        self.params["encoder.logvar.W"] = 0.0
        self.params["encoder.logvar.b"] = self.start_logvar
        return self

    def elbo_and_grad(self, x, eps, estimator="B", kl_weight=1.0):
        """The batch mean of the bound, nats, and its gradient in φ: Params of the encoder's part.

        As `VAE.elbo_and_grad`, but for the decoder, whose parameters are constants here.
        """
        bound, cache = self._forward(x, eps, estimator, kl_weight)
        grads = self.params.part("encoder").zeros_like()
        self._backward(objectives.batch_mean_backward(1.0, bound), cache, grads,
                       train_decoder=False)
        return objectives.batch_mean(bound), grads

    def init_output_bias(self, x):
        """Nothing: the decoder is given. Returns the model."""
        return self


class MixturePriorVAE(FrozenDecoderVAE):
    """p(z) a mixture of `components` diagonal Gaussians, fitted to codes; the rest is given too.

    The other arguments are VAE's. `params` holds the mixture under "prior", with GaussianMixture's
    names. `with_mixture` makes such a model from its parts. All 0, the mixture is N(0, I).
    """

    closed_form_kl = False

    def __init__(self, x_dim, z_dim, hidden=(500,), activation="tanh", likelihood="bernoulli",
                 dtype="float32", rng=None, init="glorot", components=10):
        self._mixture = GaussianMixture(check_width("z_dim", z_dim), components, dtype)
        super().__init__(x_dim, z_dim, hidden, activation, likelihood, dtype, rng, init)

    def _make_networks(self):
        return [*super()._make_networks(), _MixtureParams(self._mixture)]

    @property
    def prior(self):
        """p(z), a GaussianMixture on the memory of `params`."""
        where = self.params.layout.part("prior")[1]
        self._mixture.params = self._mixture.params.like(self.params.vector[where])
        return self._mixture

    def config(self):
        """The constructor's arguments as plain JSON values: the class and they make its twin."""
        return {**super().config(), "components": self._mixture.components}

    def log_prior(self, z):
        """log p(z) of the mixture: z (..., N, Z) → (..., N), nats."""
        return self.prior.log_prob(self._array(z, "z", self.z_dim))

    def log_prior_and_grad(self, z):
        """(log p(z) (..., N), its gradient in z (..., N, Z))."""
        return self.prior.log_prob_and_grad(self._array(z, "z", self.z_dim))

    def sample_prior(self, rng, n, samples=1):
        """Draws z ~ p(z), (samples, n, Z)."""
        return self.prior.sample(samples * n, rng).reshape(samples, n, self.z_dim)

    def _forward(self, x, eps, estimator, kl_weight):
        if estimator == "B":
            raise ValueError("the KL divergence to a mixture has no closed form, which estimator "
                             "B needs: use estimator 'A'")
        return super()._forward(x, eps, estimator, kl_weight)


class _MixtureParams:
    """A mixture's parameters among those of the networks, under "prior"."""

    linears = ()  # nothing to initialise

    def __init__(self, mixture):
        self.mixture = mixture

    def shapes(self):
        """{name: shape}, in the order in which they lie."""
        shapes = self.mixture.params.layout.shapes
        return {f"prior.{name}": shape for name, shape in shapes.items()}


def with_mixture(vae, mixture):
    """The model with the networks of a FrozenDecoderVAE and a GaussianMixture for p(z).

    The mixture must be fitted to codes in the coordinates of the VAE's z. The VAE's encoder is
    kept as the proposal. Returns a MixturePriorVAE, on the host; both parts stay as they are.
    Raises ValueError for widths that differ.
    """
    if mixture.x_dim != vae.z_dim:
        raise ValueError(f"a mixture over {mixture.x_dim} numbers is no prior of {vae.z_dim} "
                         "latent dimensions")
    model = MixturePriorVAE(**vae.config(), components=mixture.components)
    for name, value in vae.params.items():
        model.params[name] = to_host(value)
    for name, value in mixture.params.items():
        model.params[f"prior.{name}"] = to_host(value)
    return model
