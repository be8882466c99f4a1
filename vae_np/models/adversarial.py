"""What the players of a VAE-GAN climb: a discriminator that tells data from what was decoded, and
a decoder that wants to pass. Each objective is a pair, a value and its gradient.

The discriminator gives one number for each example, the logit a, and D = sigmoid(a) is its
probability that the example is one of the data. So log D = −softplus(−a) and log(1 − D) =
−softplus(a), without the logarithm of a rounded probability.
"""
from ..activations import softplus, softplus_backward
from ..backend import namespace
from ..layers import MLP, Linear, initialise


def adversarial(real, fake):
    """log D(x) + log(1 − D(x̃)): what the discriminator climbs.   Goodfellow et al. 2014, eq. 1.

    real, fake: logits of data and of what was decoded, of one shape (N,) → (N,), nats, at most 0.
    A discriminator that cannot tell them apart has −2 log 2. For the best of all, a = log p −
    log q at each x, the mean over data from p and fakes from q is 2 JSD(p, q) − 2 log 2.
    """
    return -softplus(-real) - softplus(fake)  # eq. adversarial


def adversarial_backward(d_out, real, fake):
    """(d_real, d_fake) = (1 − D(x), −D(x̃)) d_out."""
    return softplus_backward(d_out, -real), -softplus_backward(d_out, fake)


def non_saturating(fake):
    """log D(x̃): what the decoder climbs.   Goodfellow et al. 2014, §3.

    fake (N,) → (N,), nats. Its slope 1 − D is nearly 1 where the discriminator is sure that x̃ is a
    fake, as it is when training begins. There −log(1 − D), whose slope is D, is flat.
    """
    return -softplus(-fake)  # eq. non-saturating


def non_saturating_backward(d_out, fake):
    """d_fake = (1 − D(x̃)) d_out."""
    return softplus_backward(d_out, -fake)


def saturating(fake):
    """−log(1 − D(x̃)): what the decoder of the two-player game climbs.   Larsen et al. 2016, eq. 7.

    fake (N,) → (N,), nats. Nothing is trained with it here. It stands beside the other to compare:
    where D is near 0 it has no slope.
    """
    return softplus(fake)  # eq. saturating


def saturating_backward(d_out, fake):
    """d_fake = D(x̃) d_out."""
    return softplus_backward(d_out, fake)


def feature_reconstruction(target, features):
    """−½ ‖f(x) − f(x̃)‖²: log N(f(x); f(x̃), I) without its constant.   Larsen et al. 2016, eq. 5.

    target = f(x) (N, F), features = f(x̃) (L, N, F) → (L, N), nats. f(x) is what f(x̃) is measured
    against, a constant: no gradient goes through it.
    """
    error = target - features
    return -0.5 * namespace(error).sum(error * error, axis=-1)  # eq. feature-reconstruction


def feature_reconstruction_backward(d_out, target, features):
    """d_features = (f(x) − f(x̃)) d_out, (L, N, F)."""
    return d_out[..., None] * (target - features)


class Discriminator:
    """An MLP with one logit on top, whose hidden layer `feature_layer` gives the features f(x).

    Layers are counted from 1; 0 stands for x itself. The network is cut in two there, so that a
    gradient of the features need not walk through what lies above them.
    """

    def __init__(self, name, n_in, hidden, activation, feature_layer):
        self.below = MLP(name, (n_in, *hidden), activation)
        self.above = MLP(name, (n_in, *hidden), activation)
        self.below.layers = self.below.layers[:feature_layer]
        self.above.layers = self.above.layers[feature_layer:]
        self.logit = Linear(f"{name}.logit", self.above.n_out, 1)

    @property
    def linears(self):
        return [*self.below.layers, *self.above.layers, self.logit]

    def shapes(self):
        """{name: shape} of all its parameters, in the order in which they lie."""
        return {name: shape for layer in self.linears for name, shape in layer.shapes().items()}

    def initialise(self, params, rng, scheme):
        """Draws first weights in place, as `layers.initialise` does."""
        initialise(params, self.linears, rng, scheme)

    def features(self, params, x):
        """x (..., D) → f(x) (..., F), cache."""
        return self.below.forward(params, x)

    def features_backward(self, params, cache, d_features, grads, need_d_x=True):
        """d_features (..., F) → d_x (..., D); adds into `grads`, unless it is None."""
        return self.below.backward(params, cache, d_features, grads, need_d_x)

    def forward(self, params, x):
        """x (..., D) → the logit (...), f(x) (..., F), cache."""
        features, below = self.features(params, x)
        h, above = self.above.forward(params, features)
        logit, _ = self.logit.forward(params, h)
        return logit[..., 0], features, (below, above, h)

    def backward(self, params, cache, d_logit, grads, need_d_x=True):
        """d_logit (...) → d_x (..., D); adds into `grads`, unless it is None."""
        below, above, h = cache
        d_h = self.logit.backward(params, h, d_logit[..., None], grads)
        d_features = self.above.backward(params, above, d_h, grads)
        return self.features_backward(params, below, d_features, grads, need_d_x)
