"""Full variational Bayes: the weights have a posterior too.   Paper, appendix F.

A prior p(θ) = N(0, I) makes the decoder's weights latent variables, shared by all examples. A
diagonal Gaussian q(θ) approximates their posterior, and the bound follows as for z:

    log p(X) ≥ E_q(θ)[log p_θ(X)] − KL( q(θ) ‖ p(θ) )
             ≥ E_q(θ)[Σ_i 𝓛(θ, φ; x_i)] − KL( q(θ) ‖ p(θ) )

The second line puts the bound of each x_i in the place of log p_θ(x_i). So what is maximised lies
below the first line, by the KL divergences of all the q(z|x_i). For a minibatch of M of the N
examples, and divided by N, it is

    1/M Σ_i 𝓛(θ, φ; x_i) + 1/N · [log p(θ) − log q(θ)],

Algorithm 1's N/M for the minibatch, and the weights' term once. A sample θ = μ + σ ⊙ ζ takes the
gradient to μ and σ: the trick of the z, used twice.

The formula is derived here. The paper's (eq. 21, 22 and 24, as others have transcribed them) has
the same signs and factors: N before what belongs to one example, 1 before what belongs to θ. It
differs in its indices. Eq. 24 gives μ_θ and σ_θ a sample's index (l) that they do not have, and
omits it from θ, which has it; the example under the sum over l is a fixed (i); one J counts the
latents and the weights. F.1 writes N(z; 0, I) for p(θ). And eq. 22 is said to estimate the bound
of eq. 14, which holds log p_θ(X); it estimates the second line above, which is lower.
"""
import copy

from ..backend import check_generator, move, namespace
from ..distributions import standard_normal_log_prob, standard_normal_log_prob_backward
from ..objectives import find_estimator
from ..params import Layout
from ..posteriors import DiagonalGaussian
from ..priors import StandardNormal
from .base import Model
from .vae import VAE

WEIGHTS = ("decoder", "all")
FIRST_LOGVAR = -8.0  # σ = 0.018 at the start: the weights are almost certain, and learn first


class FullVB(Model):
    """A VAE with q(θ) = N(μ, diag σ²) over its weights. The arguments are VAE's, and

    weights: "decoder" is the paper's θ, all weights and biases of the decoder. "all" puts a
    Gaussian on the encoder's as well. They generate nothing, so that is noise and no inference:
    what is maximised stays a bound, for every encoder gives one and the KL term only lowers it,
    but the best q for them would be a point, at no cost.

    `params` holds the means under the names that the VAE gives them, "encoder" and "decoder", and
    log σ² of the uncertain ones under "logvar". `vae_at` makes the VAE at one draw of the weights,
    or at their means.
    """

    noise_splits = False  # the weights' noise comes after all of the latents'

    def __init__(self, x_dim, z_dim, hidden=(500,), activation="tanh", likelihood="bernoulli",
                 dtype="float32", rng=None, init="glorot", weights="decoder"):
        if weights not in WEIGHTS:
            raise ValueError(f"unknown weights {weights!r}: use one of {', '.join(WEIGHTS)}")
        self._vae = VAE(x_dim, z_dim, hidden, activation, likelihood, dtype, rng, init)
        self.x_dim, self.z_dim, self.weights = self._vae.x_dim, self._vae.z_dim, weights
        self.likelihood, self.prior = self._vae.likelihood, self._vae.prior
        means = self._vae.params
        uncertain = means.part("decoder") if weights == "decoder" else means
        self._make_params(Layout({**means.layout.shapes, **{
            f"logvar.{name}": shape for name, shape in uncertain.layout.shapes.items()}}), dtype)
        self._where = slice(means.layout.size - uncertain.layout.size, means.layout.size)
        self.params.vector[:means.layout.size] = means.vector
        self.params.part("logvar").vector[...] = FIRST_LOGVAR

    def config(self):
        """The constructor's arguments as plain JSON values; the class rebuilds it from them."""
        arguments = {name: value for name, value in self._vae.config().items()
                     if name not in ("prior", "posterior")}
        return {**arguments, "dtype": self.dtype.name, "weights": self.weights}

    def training_defaults(self):
        """Those of the VAE."""
        return self._vae.training_defaults()

    def check_estimator(self, name):
        """Raises ValueError as `VAE.check_estimator`, and for an estimator that is no mean over
        samples: the weights are drawn anew for each.
        """
        if not find_estimator(name).averages:
            raise ValueError(f"estimator {name!r} is no mean over samples, and a FullVB has other "
                             "weights in each of them: use estimator 'A' or 'B'")
        self._vae.check_estimator(name)

    @property
    def default_estimator(self):
        """The VAE's."""
        return self._vae.default_estimator

    def output_biases(self):
        """The VAE's: the means of its weights bear the same names."""
        return self._vae.output_biases()

    # -- the weights ---------------------------------------------------------------------------

    def weight_posterior(self):
        """q(θ), a DiagonalGaussian of one row: the same object as q(z|x), (1, P)."""
        logvar = self.params.part("logvar").vector
        return DiagonalGaussian(self.params.vector[self._where][None], logvar[None])

    def vae_at(self, theta=None):
        """The VAE with the weights θ (P,); without θ with the means, whose memory it shares."""
        vector = self.params.vector[:self._vae.params.layout.size]
        if theta is not None:
            vector = vector.copy()
            vector[self._where] = theta
        return self._vae.at(self._vae.params.like(vector))

    def certain(self):
        """The VAE at the means of the weights."""
        return self.vae_at()

    def seeing(self, observed):
        """As `DecoderModel.seeing`, with every weight."""
        twin = copy.copy(self)
        twin.fill, twin._vae = None, self._vae.seeing(observed)
        twin.likelihood = twin._vae.likelihood
        return twin

    def draw(self, rng):
        """The VAE at one draw of the weights."""
        return next(self._draws(self.noise(rng, 0)))[0]

    def noise(self, rng, n, samples=1):
        """(ε, ζ) for `samples` draws of everything: ε (L, n, Z) for z, and ζ (L, P) for θ, one
        for all the examples of a draw. The methods below take the pair as it is.
        """
        xp, number = namespace(self.params.vector), self._where.stop - self._where.start
        eps, zeta = (check_generator(rng).standard_normal(shape, dtype=self.dtype)
                     for shape in ((samples, n, self.z_dim), (samples, number)))
        return move(eps, xp), move(zeta, xp)

    # -- the bound -----------------------------------------------------------------------------

    def elbo(self, x, noise, estimator="B", kl_weight=1.0):
        """E_q(θ) of the bound of each example: x (N, D) → (N,), nats. No KL of the weights."""
        bounds = [vae.elbo(x, eps, estimator, kl_weight) for vae, eps in self._draws(noise)]
        return sum(bounds) / len(bounds)

    def _draws(self, noise):
        """Yields (the VAE at one draw of the weights, its ε (1, N, Z))."""
        eps, zeta = noise
        theta = self.weight_posterior().sample(zeta[:, None])[0]
        return ((self.vae_at(theta[draw, 0]), eps[draw:draw + 1]) for draw in range(len(theta)))

    def elbo_and_grad(self, x, noise, estimator="B", kl_weight=1.0):
        """(the batch mean of `elbo`, its gradient as Params): nats per example."""
        eps, zeta = noise
        q = self.weight_posterior()
        theta, _, cache = q.sample(zeta[:, None])
        grads, elbo, d_theta = self.params.zeros_like(), 0.0, namespace(theta).empty_like(theta)
        d_means = grads.vector[:self._vae.params.layout.size]
        for draw in range(len(theta)):
            vae = self.vae_at(theta[draw, 0])
            value, d_weights = vae.elbo_and_grad(x, eps[draw], estimator, kl_weight)
            elbo = elbo + value / len(theta)
            d_theta[draw, 0] = d_weights.vector[self._where] / len(theta)
            d_means += d_weights.vector / len(theta)
        d_q = q.backward(cache, d_theta)
        d_means[self._where] = d_q["mean"][0]  # until now it held the slopes in θ
        grads.part("logvar").vector[...] = d_q["logvar"][0]
        return elbo, grads

    def weight_term_and_grad(self, noise, estimator="B"):
        """(the weights' term of the bound on log p(X), its gradient as Params), nats.

        "A" samples log p(θ) − log q(θ) (paper, eq. 21 and 22), "B" knows its mean,
        −KL( q(θ) ‖ p(θ) ) (eq. 24).
        """
        grads = self.params.zeros_like()
        return self.add_weight_term(grads, noise, estimator), grads

    def add_weight_term(self, grads, noise, estimator="B", d_term=1.0):
        """Adds d_term times the gradient of the weights' term into `grads`; returns the term."""
        q = self.weight_posterior()
        if find_estimator(estimator).closed_form_kl:
            prior = StandardNormal(q.mean.shape[-1])
            kl = q.kl(prior)
            self._add_to(grads, q.kl_backward(namespace(kl).full_like(kl, -d_term), prior))
            return -kl[0]
        theta, log_q, cache = q.sample(noise[1][:, None])
        share = namespace(log_q).full_like(log_q, d_term / len(theta))
        d_theta = standard_normal_log_prob_backward(share, theta)
        self._add_to(grads, q.backward(cache, d_theta, -share))
        return (standard_normal_log_prob(theta) - log_q).mean()

    def _add_to(self, grads, d_q):
        """Adds the gradient in q(θ)'s mean and logvar, each (1, P), where the two lie."""
        grads.vector[self._where] += d_q["mean"][0]
        grads.part("logvar").vector[...] += d_q["logvar"][0]

    def weight_kl(self):
        """KL( q(θ) ‖ N(0, I) ) of all weights together, a scalar in nats."""
        q = self.weight_posterior()
        return q.kl(StandardNormal(q.mean.shape[-1]))[0]

    # -- for evaluation ------------------------------------------------------------------------

    def log_weights(self, x, noise, q=None):
        """log p_θk(x, z_k) − log q(z_k|x), (K, N), nats, each k with weights of its own.

        The mean of their exponentials estimates E_q(θ)[p_θ(x)] without bias: what the model says
        of a new x. q: `posterior(x)`.
        """
        return namespace(self.params.vector).concatenate(
            [vae.log_weights(x, eps, q) for vae, eps in self._draws(noise)])

    def encode(self, x):
        """The parameters of q(z|x) at the mean weights: x (N, D) → mean (N, Z), logvar (N, Z)."""
        return self.vae_at().encode(x)

    def posterior(self, x):
        """q(z|x) at the mean weights: x (N, D) → DiagonalGaussian."""
        return self.vae_at().posterior(x)

    def sample_posterior(self, x, rng, samples=1):
        """Draws z ~ q(z|x) at the mean weights: x (N, D) → (samples, N, Z)."""
        return self.vae_at().sample_posterior(x, rng, samples)

    def sample_prior(self, rng, n, samples=1):
        """Draws z ~ p(z), (samples, n, Z)."""
        return self.vae_at().sample_prior(rng, n, samples)

    def decode(self, z):
        """The mean of p(x|z) at the mean weights: z (..., Z) → (..., D)."""
        return self.vae_at().decode(z)

    def sample(self, n, rng):
        """n draws from p(x) with one draw of the weights: (n, D)."""
        return self.draw(rng).sample(n, rng)

    def sample_mean(self, n, rng):
        """The means of p(x|z) at n draws z ~ p(z), with one draw of the weights: (n, D)."""
        return self.draw(rng).sample_mean(n, rng)
