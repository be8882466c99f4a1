"""How one minibatch moves an encoder for a decoder that is given. See `trainer`."""
from .settings import OUTPUT_BIAS, WEIGHT_PRIOR, WORKERS
from .vae import VAETrainer
from .values import Choice


class FrozenDecoderTrainer(VAETrainer):
    """Algorithm 1 for a VAE whose decoder is given: the encoder alone moves.

    The rest is VAETrainer's, without the settings that concern the decoder: its output biases are
    trained already, and a weight prior on it would have no effect. Its steps are not shared out.
    """

    parts = ("encoder",)
    settings = tuple(row._replace(values=Choice(("none", "all"))) if row is WEIGHT_PRIOR else row
                     for row in VAETrainer.settings if row not in (OUTPUT_BIAS, WORKERS))
