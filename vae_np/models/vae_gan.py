"""A VAE whose decoder answers to a discriminator: the VAE-GAN of Larsen et al. 2016, as an MLP.

A VAE compares x and its reconstruction x̃ pixel by pixel. Where two pictures are equally probable
it decodes their mean, which is blurred. Here a third network, the discriminator, learns to tell
data from what was decoded, and x is compared with x̃ in the discriminator's features f:

    the encoder climbs         −KL( q(z|x) ‖ p(z) ) − ‖f(x) − f(x̃)‖² / 2τ²
    the decoder climbs         −γ ‖f(x) − f(x̃)‖² / 2τ² + λ [log D(x̃) + log D(x_p)] / 2
    the discriminator climbs   log D(x) + [log(1 − D(x̃)) + log(1 − D(x_p))] / 2

with x̃ decoded from z ~ q(z|x), and x_p from z ~ p(z). The feature error is log N(f(x); f(x̃), τ²
I) without its constant; τ² is 1 in the paper, where features are many. Each climbs in its own
parameters alone; the other two networks are constants to it, and gradients flow through them. So
there are three objectives, no common one, and **no bound on log p(x)** is climbed by anybody.

What is decoded are means, which lie between 0 and 1. The discriminator sees them beside x, so x
must be grey as well. Beside draws of 0 and 1 it would tell them apart by that alone.
"""
import math
import numbers
from typing import NamedTuple

from .. import objectives
from .adversarial import (Discriminator, adversarial, adversarial_backward,
                          feature_reconstruction, feature_reconstruction_backward, non_saturating,
                          non_saturating_backward)
from .base import named
from .vae import VAE


class Seen(NamedTuple):
    """What the discriminator makes of a batch: its logits (...), features (..., F), its cache."""

    logit: object
    features: object
    cache: object


class Decoded(NamedTuple):
    """What the decoder makes of a batch: heads {head: (1, N, D)}, their means (1, N, D), its
    cache, and what the discriminator makes of the means.
    """

    heads: dict
    means: object
    cache: object
    seen: Seen


class Play(NamedTuple):
    """One walk through all three networks, which the three gradients share.

    q: q(z|x), with the caches of the encoder and of the sample; kl (N,), nats; real: x, as the
    discriminator sees it; reconstructed, dreamt: decoded from q(z|x) and from p(z).
    """

    q: object
    encoder_cache: object
    q_cache: object
    kl: object
    real: Seen
    reconstructed: Decoded
    dreamt: Decoded


class VAEGAN(VAE):
    """Encoder, decoder and discriminator, each an MLP.

    The arguments are VAE's, without prior and posterior, which are the paper's. hidden: widths of
    the encoder's hidden layers, and of the discriminator's; the decoder mirrors them.
    feature_layer: the hidden layer of the discriminator in whose outputs x and its reconstruction
    are compared, counted from 1; 0 stands for the pixels. feature_variance: τ², how far features
    may differ; the smaller it is, the more z tells of x, and the more its KL costs. likelihood: of
    it the mean alone is trained, so it may be "bernoulli", whose means lie in (0, 1), or
    "gaussian:VARIANCE".

    `params` holds the three players under "encoder", "decoder" and "discriminator". `elbo`,
    `log_weights` and the rest are VAE's: p(x|z) around the decoder's means is then an observation
    model that is stated afterwards. They measure, and nothing climbs them.

    Raises as VAE does, and ValueError for a feature layer that is not there and for a likelihood
    that learns a variance.
    """

    takes_parts = False

    def __init__(self, x_dim, z_dim, hidden=(500,), activation="tanh", likelihood="bernoulli",
                 dtype="float32", rng=None, init="glorot", feature_layer=1,
                 feature_variance=0.1):
        self.feature_layer = feature_layer
        if not isinstance(feature_variance, numbers.Real) or not 0 < feature_variance < math.inf:
            raise ValueError("feature_variance must be a positive number, not "
                             f"{feature_variance!r}")
        self.feature_variance = float(feature_variance)
        super().__init__(x_dim, z_dim, hidden, activation, likelihood, dtype, rng, init)

    def _make_parts(self):
        layer = self.feature_layer
        if isinstance(layer, bool) or not isinstance(layer, int) or not (
                0 <= layer <= len(self.hidden)):
            raise ValueError("feature_layer must be a hidden layer of the discriminator, from 1 "
                             f"to {len(self.hidden)}, or 0 for the pixels, not {layer!r}")
        if len(self.likelihood.heads(1)) > 1:
            raise ValueError(f"{named(self)} trains the decoder's mean alone, so that the "
                             f"variance of {self.likelihood.spec!r} would not learn: use "
                             "'bernoulli' or 'gaussian:VARIANCE'")
        self.discriminator = Discriminator("discriminator", self.x_dim, self.hidden,
                                           self.activation, layer)
        return [*super()._make_parts(), self.discriminator]

    def config(self):
        """The constructor's arguments as plain JSON values; the class rebuilds it from them."""
        return {**super().config(), "feature_layer": self.feature_layer,
                "feature_variance": self.feature_variance}

    # -- the game ------------------------------------------------------------------------------

    def play(self, x, eps, eps_prior):
        """All three networks on a batch: x (N, D), eps and eps_prior (1, N, Z) or (N, Z) → Play.

        eps: the noise of q(z|x). eps_prior: of p(z) = N(0, I), so that it is z itself.
        """
        x = self._data(x)
        eps, z_prior = (self._check_noise(noise, len(x)) for noise in (eps, eps_prior))
        if len(eps) != 1 or len(z_prior) != 1:
            raise ValueError(f"{named(self)} plays with one draw of z for each example, not with "
                             f"{max(len(eps), len(z_prior))}")
        encoded, encoder_cache = self.encoder.forward(self.params, x)
        q = self.posterior_kind.of(self.params, encoded)
        z, _, q_cache = q.sample(eps)
        return Play(q, encoder_cache, q_cache, self._closed_form_kl(q), self._see(x),
                    self._decoded(z), self._decoded(z_prior))

    def features(self, x):
        """f(x), in which reconstructions are compared: x (N, D) → (N, F)."""
        return self.discriminator.features(self.params, self._data(x))[0]

    def logits(self, x):
        """The discriminator's logits, above 0 where x looks like data: x (N, D) → (N,)."""
        return self._see(self._data(x)).logit

    def _see(self, x):
        return Seen(*self.discriminator.forward(self.params, x))

    def _decoded(self, z):
        heads, cache = self.decoder.forward(self.params, z)
        means = self.likelihood.mean(heads)
        return Decoded(heads, means, cache, self._see(means))

    # -- what each player climbs ---------------------------------------------------------------

    def feature_error(self, play):
        """−‖f(x) − f(x̃)‖² / 2τ² of each example, (N,), nats but for a constant."""
        error = feature_reconstruction(play.real.features, play.reconstructed.seen.features)[0]
        return error * (1.0 / self.feature_variance)

    def verdict(self, play):
        """log D(x) + [log(1 − D(x̃)) + log(1 − D(x_p))] / 2 of each example, (N,), nats."""
        return 0.5 * sum(adversarial(play.real.logit, made.seen.logit[0])
                         for made in (play.reconstructed, play.dreamt))

    def encoder_and_grad(self, play):
        """The batch mean of −KL − ‖f(x) − f(x̃)‖² / 2τ² and its gradient in the encoder alone.

        Decoder and discriminator are constants, and x_p, decoded from p(z), has no part in it.
        Returns (value, grads): a scalar on the params' device, Params of the encoder's part.
        """
        climbed = self.feature_error(play) - play.kl
        grads = self.params.part("encoder").zeros_like()
        share = objectives.batch_mean_backward(1.0, climbed)
        made = play.reconstructed
        d_heads = self.likelihood.mean_backward(self._feature_slope(share, play), made.heads)
        d_z = self.decoder.backward(self.params, made.cache, d_heads, None)
        d_encoded = play.q.backward(play.q_cache, d_z)
        for head, d_head in play.q.kl_backward(-share, self.prior).items():
            d_encoded[head] = d_encoded[head] + d_head
        self.encoder.backward(self.params, play.encoder_cache, d_encoded, grads, need_d_x=False)
        return objectives.batch_mean(climbed), grads

    def decoder_and_grad(self, play, gamma=1.0, adversary=1.0):
        """The batch mean of −γ ‖f(x) − f(x̃)‖² / 2τ² + λ [log D(x̃) + log D(x_p)] / 2, and its
        gradient in the decoder alone. z is a constant, and so is the discriminator.

        gamma: γ. adversary: λ; with 0 the discriminator gives its features and nothing else.
        Returns (value, grads): a scalar on the params' device, Params of the decoder's part.
        """
        gamma, adversary = float(gamma), float(adversary)
        climbed = gamma * self.feature_error(play)
        for made in (play.reconstructed, play.dreamt):
            climbed = climbed + 0.5 * adversary * non_saturating(made.seen.logit[0])  # eq. vae-gan
        grads = self.params.part("decoder").zeros_like()
        share = objectives.batch_mean_backward(1.0, climbed)
        slopes = {"reconstructed": gamma * self._feature_slope(share, play)}
        if adversary:
            for name in ("reconstructed", "dreamt"):
                slope = self._fooling_slope(0.5 * adversary * share, getattr(play, name))
                slopes[name] = slopes[name] + slope if name in slopes else slope
        for name, d_means in slopes.items():
            made = getattr(play, name)
            d_heads = self.likelihood.mean_backward(d_means, made.heads)
            self.decoder.backward(self.params, made.cache, d_heads, grads, need_d_x=False)
        return objectives.batch_mean(climbed), grads

    def discriminator_and_grad(self, play):
        """The batch mean of log D(x) + [log(1 − D(x̃)) + log(1 − D(x_p))] / 2 and its gradient in
        the discriminator alone. x̃ and x_p are constants, and the feature error has no say.

        Returns (value, grads): a scalar on the params' device, Params of the discriminator's part.
        """
        real = play.real.logit
        fakes = [made.seen for made in (play.reconstructed, play.dreamt)]
        climbed = self.verdict(play)
        grads = self.params.part("discriminator").zeros_like()
        half = objectives.batch_mean_backward(0.5, climbed)
        d_real = 0.0
        for fake in fakes:
            d_logit, d_fake = adversarial_backward(half, real, fake.logit[0])
            d_real = d_real + d_logit
            self.discriminator.backward(self.params, fake.cache, d_fake[None], grads,
                                        need_d_x=False)
        self.discriminator.backward(self.params, play.real.cache, d_real, grads, need_d_x=False)
        return objectives.batch_mean(climbed), grads

    def _feature_slope(self, d_out, play):
        """d_out (N,) on the feature error → d_means (1, N, D) of x̃. f(x) is a constant."""
        seen = play.reconstructed.seen
        d_out = d_out * (1.0 / self.feature_variance)
        d_features = feature_reconstruction_backward(d_out[None], play.real.features,
                                                     seen.features)
        below, _, _ = seen.cache
        return self.discriminator.features_backward(self.params, below, d_features, None)

    def _fooling_slope(self, d_out, made):
        """d_out (N,) on log D → d_means (1, N, D), the discriminator a constant."""
        d_logit = non_saturating_backward(d_out, made.seen.logit[0])
        return self.discriminator.backward(self.params, made.seen.cache, d_logit[None], None)
