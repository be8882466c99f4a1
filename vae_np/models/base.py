"""What every model is: named parameters in one flat vector, a config, a device, data that fit."""
import numpy as np

from ..arrays import check_array
from ..backend import device_module, move, namespace, to_host
from ..params import Params


class Model:
    """A model of x (N, D). A subclass sets `x_dim` and `params`, and says its `config()`."""

    unit_interval = False  # whether the data must lie in [0, 1]
    latent_symbol = "z"    # what its hidden part is called, under pictures

    def __repr__(self):
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.config().items())
        return f"{type(self).__name__}({arguments})"

    def _make_params(self, layout, dtype):
        """Sets `params` to zeros of a layout. Raises ValueError for a dtype that is no choice."""
        self.params = Params.zeros(layout, check_dtype(dtype))

    @property
    def dtype(self):
        """The parameters' NumPy dtype, float32 or float64."""
        return self.params.vector.dtype

    def to(self, device):
        """Moves the parameters to "cpu" or "cuda", in place; returns the model.

        Make the optimiser afterwards: one that was made before would move the old parameters.
        Raises DeviceError, and moves nothing, where there is no such device.
        """
        self.params = self.params.like(move(self.params.vector, device_module(device)))
        return self

    def check_data(self, x, name="x"):
        """x as (N, D) data in the parameters' dtype, on the host, that fit this model.

        Raises ValueError or TypeError for NaN, a wrong width, an empty array, objects, and for
        values outside [0, 1] where the model needs them inside.
        """
        x = x if namespace(x) is np else to_host(x)
        array, _ = check_array(x, name, width=self.x_dim, unit_interval=self.unit_interval)
        # check_array gives float32. A float64 model wants the digits that x came with.
        if array.dtype == self.dtype:
            return array
        return np.asarray(x, self.dtype).reshape(array.shape)

    def _array(self, array, name, width):
        """`array` on the params' device and in their dtype; its last axis must be `width`."""
        array = move(array, namespace(self.params.vector))
        if array.ndim < 1 or array.shape[-1] != width:
            raise ValueError(f"{name} must have {width} columns for this model, "
                             f"but its shape is {array.shape}")
        return array.astype(self.dtype, copy=False)


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
