"""How one minibatch moves an encoder for a decoder that is given. See `trainer`."""
from .settings import OUTPUT_BIAS, WEIGHT_PRIOR
from .vae import VAETrainer
from .values import Choice


class FrozenDecoderTrainer(VAETrainer):
    """Algorithm 1 for a VAE whose decoder is given: the encoder alone moves.

    The rest is VAETrainer's, without the settings that concern the decoder: its output biases are
    trained already, and a weight prior on it would have no effect.
    """

    parts = ("encoder",)
    settings = tuple(row._replace(values=Choice(("none", "all"))) if row is WEIGHT_PRIOR else row
                     for row in VAETrainer.settings if row is not OUTPUT_BIAS)
