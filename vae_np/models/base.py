"""What every model is: named parameters in one flat vector, a config, a device, data that fit."""
import copy
from abc import ABC, abstractmethod

import numpy as np

from ..arrays import check_array
from ..backend import Constant, device_module, move, namespace, to_host
from ..objectives import find_estimator
from ..observed import observed_in
from ..params import Params


class Model(ABC):
    """A model of x (N, D). A subclass sets `x_dim`, `likelihood` and `params`, and brings its
    `config()`. Its row in the catalogue says what else it can do.

    The names of parameters have a meaning: those under "decoder" are θ, which generates, and they
    lie one after the other. That is how a weight prior on the decoder finds them.

    A method `..._and_grad` gives two things, a value and the gradient of that value. An objective
    is a mean over the batch, and its gradient is Params. A density as a function of z has a value
    for each example, and its gradient is in z.
    """

    binary = False         # whether the data must be 0 or 1, and nothing in between
    latent_symbol = "z"    # what its hidden part is called, under pictures
    noise_splits = True    # noise(rng, n, 16) equals two calls of noise(rng, n, 8) in a row
    trained_part = ""      # only parameters under this prefix are trained; "" is all of them
    default_estimator = None  # of the bound, by name, where the model has a bound
    starts_from = None     # the class of model that this one begins from, where it does
    rounds_to_half = True  # whether float16 keeps what its parameters say: `export` asks
    fill = None            # what stands in for a missing entry; None: no entry may be missing

    def __repr__(self):
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.config().items())
        return f"{type(self).__name__}({arguments})"

    @abstractmethod
    def config(self):
        """The constructor's arguments as plain JSON values; the class rebuilds it from them."""

    def at(self, params):
        """The same model at other parameters, Params of the same layout, whose memory it uses.

        Everything else is shared with this one: networks, likelihood, settings.
        """
        twin = copy.copy(self)
        twin.params = params
        return twin

    def _make_params(self, layout, dtype):
        """Sets `params` to zeros of a layout. Raises ValueError for a dtype that is no choice."""
        self.params = Params.zeros(layout, check_dtype(dtype))

    @property
    def dtype(self):
        """The parameters' NumPy dtype, float32 or float64."""
        return self.params.vector.dtype

    @property
    def unit_interval(self):
        """Whether the data must lie in [0, 1]: the likelihood says."""
        return self.likelihood.unit_interval

    def to(self, device):
        """Moves the parameters to "cpu" or "cuda", in place; returns the model.

        Make the optimiser afterwards: one that was made before would move the old parameters.
        Raises DeviceError, and moves nothing, where there is no such device.
        """
        self.params = self.params.like(move(self.params.vector, device_module(device)))
        return self

    # -- how it is trained ---------------------------------------------------------------------

    def training_defaults(self):
        """{setting: value} of its training that this model needs, whatever its trainer's default.
        """
        return {} if self.default_estimator is None else {"estimator": self.default_estimator}

    def check_estimator(self, name):
        """Raises ValueError where no estimator has that name, or where it needs a closed form of
        the KL divergence and the model's own estimator has none.
        """
        needs = find_estimator(name).closed_form_kl
        if needs and not find_estimator(self.default_estimator).closed_form_kl:
            raise ValueError(f"the KL divergence of {named(self)} has no closed form, which "
                             f"estimator {name!r} needs: use {self.default_estimator!r}")

    def output_biases(self):
        """{head of the likelihood: name of the parameter} that start at the data's mean."""
        return {}

    def init_output_bias(self, x):
        """Sets the output biases so that the model starts at the mean of the data x (N, D).

        Raises as `check_data` does. Returns the model.
        """
        names = self.output_biases()
        if names:
            for head, bias in self.likelihood.init_bias(self.data_of(self.check_data(x))).items():
                self.params[names[head]] = move(bias.astype(self.dtype),
                                                namespace(self.params.vector))
        return self

    def init_from_data(self, x):
        """Takes what the model needs from the training data x (N, D) before the first step. It
        must not undo what an earlier `fit` has learnt. Most models need nothing.
        """

    def output_bias_is_zero(self):
        """True before training: a second `fit` must not undo what the first has learnt."""
        return not any(bool(self.params[name].any()) for name in self.output_biases().values())

    def start_from(self, model):
        """Begins where another model ended. Raises TypeError where this kind does not."""
        raise TypeError(f"{named(self)} does not start from another model")

    # -- what not every model can --------------------------------------------------------------

    def posterior(self, x):
        """q(z|x), a Posterior: x (N, D). Raises ValueError where there is no encoder."""
        raise ValueError(f"{named(self)} has no encoder, and so no q(z|x)")

    def sample_prior(self, rng, n, samples=1):
        """Draws z ~ p(z). Raises ValueError where there is no one p(z) over all of z."""
        raise ValueError(f"{named(self)} has no prior p(z) to draw from")

    def certain(self):
        """The same model without doubt about its weights: itself, where they have no posterior."""
        return self

    def base(self, z):
        """The coordinates in which pictures go straight from code to code: z, or what p(z) says.
        """
        return z

    def from_base(self, u):
        """z from its base coordinates: what `base` is undone by."""
        return u

    def extremes(self, x, eps):
        """What in the model has left the range in which floats can be squared, in words; "" where
        there is nothing of the kind. Asked after a step on x with the noise eps has failed.
        """
        return ""

    # -- rows with missing entries -------------------------------------------------------------

    def incomplete(self, fill):
        """The same model for data in which NaN marks a missing entry: see `observed`.

        fill (D,): what the encoder sees in its place, such as the mean of the observed ones. It
        changes q(z|x), and so how tight the bound is and how noisy an estimate; never what they
        are about, which is log p of the observed entries. Raises ValueError where this kind of
        model has no such density at hand.
        """
        self.seeing(np.ones((1, self.x_dim), bool))
        twin = copy.copy(self)
        twin.fill = Constant(np.asarray(fill, self.dtype))
        return twin

    def reading(self, x):
        """(model, x): the model that takes this x (N, D) and x as it takes it, without NaN.

        Itself and x as it is, unless it is `incomplete`. Whoever hands a block of data to a model
        asks here first.
        """
        if self.fill is None:
            return self, x
        x = self._data(x)
        xp, there = namespace(x), observed_in(x)
        return self.seeing(there), xp.where(there, x, self.fill.on(xp))

    def seeing(self, observed):
        """The same model for a batch of which some entries are observed, bool (N, D): its log p is
        that of these alone. Raises ValueError where this kind of model has none at hand.
        """
        raise ValueError(f"{named(self)} cannot read rows with missing entries: log p of the "
                         "observed part alone is not at hand")

    # -- what comes in -------------------------------------------------------------------------

    def check_data(self, x, name="x"):
        """x as (N, D) data in the parameters' dtype, on the host, that fit this model.

        Raises ValueError or TypeError for NaN, unless the model is `incomplete`, a wrong width, an
        empty array, objects, and for values outside [0, 1] where the model needs them inside.
        Warns where values that differ in x are the same in the parameters' dtype.
        """
        x = x if namespace(x) is np else to_host(x)
        return check_array(x, name, width=self.x_dim, unit_interval=self.unit_interval,
                           dtype=self.dtype, missing=self.fill is not None)[0]

    @property
    def width(self):
        """How many columns a row has: x_dim, and more where a label stands beside x."""
        return self.x_dim

    def rows(self, x, labels=None, name="x"):
        """What the model is trained and measured on: x (N, D), checked as `check_data` does, and
        where it takes labels, those beside it. Raises ValueError for labels where it takes none.
        """
        if labels is not None:
            raise ValueError(f"{named(self)} takes no labels")
        return self.check_data(x, name)

    def data_of(self, rows):
        """x (N, D) of rows, without what stands beside it."""
        return rows

    def _array(self, array, name, width):
        """`array` on the params' device and in their dtype; its last axis must be `width`."""
        array = move(array, namespace(self.params.vector))
        if array.ndim < 1 or array.shape[-1] != width:
            raise ValueError(f"{name} must have {width} columns for this model, "
                             f"but its shape is {array.shape}")
        return array.astype(self.dtype, copy=False)

    def _data(self, x):
        """x as (N, D) with N at least 1, on the params' device and in their dtype."""
        x = self._array(x, "x", self.x_dim)
        if x.ndim != 2 or not len(x):
            raise ValueError(f"x must be (N, {self.x_dim}) with N at least 1, not {x.shape}")
        return x


def named(model):
    """A model, or a class of models, in a sentence: "a VAE", "an Autoencoder"."""
    name = (model if isinstance(model, type) else type(model)).__name__
    spelt = name[:2].isupper() and name[0] in "AEFHILMNORSX"  # "an RBM"
    return f"{'an' if spelt or name[0] in 'AEIO' else 'a'} {name}"


def check_width(name, value):
    """`value` as an int. Raises ValueError where it is no positive whole number."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{name} must be a positive whole number, not {value!r}")
    return int(value)


def check_dtype(dtype):
    """`dtype` itself. Raises ValueError where it is neither float32 nor float64."""
    if np.dtype(dtype) not in (np.float32, np.float64):
        raise ValueError(f"dtype must be float32 or float64, not {dtype!r}")
    return dtype
