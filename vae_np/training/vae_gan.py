"""How one minibatch moves the three players of a VAE-GAN. See `trainer`."""
import math

from ..activations import softplus
from ..averages import elbo
from ..blocks import in_blocks
from .settings import OPTIMIZER, OUTPUT_BIAS, Setting, with_defaults
from .trainer import Trainer
from .values import Number

GROUP = "vae-gan"
ROWS = 500  # examples at a time, where data are looked at without a step
ENOUGH = math.log(2.0)  # what a coin costs: −log D(x) where D(x) = ½


class VAEGANTrainer(Trainer):
    """Encoder, decoder and discriminator take a step each, with an optimiser each.

    The three gradients are worked out at the same parameters, then the steps are taken: so their
    order does not matter. Pixels stay grey, as the decoder's means are: the discriminator would
    tell draws of 0 and 1 from them by that alone.

    gamma: the weight of the feature error in what the decoder climbs. adversary: that of the
    discriminator's verdict. margin: 0 lets all of them learn at each step. More holds the
    discriminator back while −log D(x) or −log(1 − D), a mean over the batch, is further than that
    below log 2, which is what guessing costs: it is winning. The decoder is held back while one of
    them is so far above log 2; but never both (Larsen et al., authors' code).
    discriminator_rate: its rate, in shares of the others'. The rest is Trainer's, without a weight
    prior: there is no posterior of weights in this game.
    """

    parts = ("encoder", "decoder", "discriminator")
    grey = True
    settings = (
        *with_defaults(OPTIMIZER, beta1=0.5), OUTPUT_BIAS,
        Setting("gamma", Number("a number, 0 or more", lambda v: v >= 0), 0.01,
                "the weight of the feature error in what the decoder climbs (default {default}); "
                "smaller is sharper and less faithful", GROUP),
        Setting("adversary", Number("a number, 0 or more", lambda v: v >= 0), 1.0,
                "the weight of the discriminator's verdict there (default {default}); 0 is a VAE "
                "with a feature loss", GROUP),
        Setting("discriminator_rate", Number("a positive number", lambda v: v > 0), 0.3,
                "the discriminator's rate, in shares of the others' (default {default})", GROUP),
        Setting("margin", Number("a number, 0 or more", lambda v: v >= 0), 0.0,
                "in nats: hold back whoever is so far ahead (default {default}: nobody)", GROUP))

    def __init__(self, model, *optimizers, gamma=0.01, adversary=1.0, discriminator_rate=0.3,
                 margin=0.0, **shared):
        super().__init__(model, *optimizers, **shared)
        self.base_rates["discriminator"] *= discriminator_rate
        self.gamma, self.adversary, self.margin = gamma, adversary, margin

    def step(self, x, index, rng):
        """One update of each player with the minibatch x (M, D).

        Returns {"encoder", "features", "verdict"}: what the encoder climbs, −KL − ‖f(x) −
        f(x̃)‖² / 2τ²; the second of its terms; and what the discriminator climbs, −2 log 2 =
        −1.39 where it is fooled. None of them is a bound.
        """
        play = self.model.play(x, self.model.noise(rng, len(x)), self.model.noise(rng, len(x)))
        value, encoder = self.model.encoder_and_grad(play)
        _, decoder = self.model.decoder_and_grad(play, self.gamma, self.adversary)
        verdict, discriminator = self.model.discriminator_and_grad(play)
        reported = {"encoder": float(value),
                    "features": float(self.model.feature_error(play).mean()),
                    "verdict": float(verdict)}
        held = self.held_back(play)
        for part, grads in zip(self.parts, (encoder, decoder, discriminator)):
            if part not in held:
                self.ascend(reported, grads, part)
        return reported

    def held_back(self, play):
        """The players that do not learn from this batch: a set of names of parts."""
        if not self.margin:
            return set()
        real, fake = costs(play)
        held = set()
        if min(real, fake) < ENOUGH - self.margin:
            held.add("discriminator")
        if max(real, fake) > ENOUGH + self.margin:
            held.add("decoder")
        return held if len(held) < 2 else set()

    def evaluate(self, x, rng):
        """{"encoder", "features", "verdict"} as `step`, and "told", the share of images that the
        discriminator takes for what they are, ½ where it guesses; means over x (N, D). "elbo" is
        the bound under the observation model of `model.likelihood`, which nobody climbs.
        """
        def block(x):
            play = self.model.play(x, self.model.noise(rng, len(x)),
                                   self.model.noise(rng, len(x)))
            features = self.model.feature_error(play)
            return {"encoder": features - play.kl, "features": features,
                    "verdict": self.model.verdict(play), "told": told(play)}

        found = {name: float(values.mean(dtype="float64"))
                 for name, values in in_blocks(block, x, ROWS).items()}
        return {**found, "elbo": float(elbo(self.model, x, rng).mean())}


def costs(play):
    """(−log D(x), −log(1 − D)), means over the batch, nats: what the discriminator pays for data,
    and for what was decoded.
    """
    fakes = [softplus(made.seen.logit).mean() for made in (play.reconstructed, play.dreamt)]
    return float(softplus(-play.real.logit).mean()), float(0.5 * (fakes[0] + fakes[1]))


def told(play):
    """(N,): the share of x, x̃ and x_p that is told right. Data count as much as both others."""
    fakes = [made.seen.logit[0] < 0.0 for made in (play.reconstructed, play.dreamt)]
    return 0.5 * (play.real.logit > 0.0) + 0.25 * fakes[0] + 0.25 * fakes[1]
