"""The nonlinear functions: tanh, relu, softplus and sigmoid, each with its slope below it.

`f_backward(d_out, a, y)` is d_out times the slope of f at a. `y`, the output of the forward pass,
may be left out; tanh saves work with it.
"""
import numpy as np

from .backend import namespace


def tanh(a):
    """The hyperbolic tangent, elementwise."""
    return namespace(a).tanh(a)


def tanh_backward(d_out, a, y=None):
    """(1 − y²) d_out. Pass the output `y` of the forward pass to save a tanh."""
    y = tanh(a) if y is None else y
    return d_out * (1.0 - y * y)  # eq. elementwise-backward


def relu(a):
    """max(a, 0), elementwise.

    The maximum is taken with a row of zeros, for which NumPy is two to three times as fast as for
    the number 0.
    """
    xp = namespace(a)
    a = xp.asarray(a)
    return xp.maximum(a, xp.zeros(a.shape[-1:], dtype=a.dtype))


def relu_backward(d_out, a, y=None):
    """d_out where a > 0, else 0. At the kink a = 0 this takes the slope 0."""
    return d_out * (a > 0)


def softplus(a):
    """log(1 + exp(a)), elementwise, without overflow.

    log(1 + e^a) = max(a, 0) + log(1 + e^−|a|): the exponent is never positive.
    """
    xp = namespace(a)
    return relu(a) + xp.log1p(xp.exp(-xp.abs(a)))


def softplus_backward(d_out, a, y=None):
    """The derivative of softplus is the sigmoid."""
    return d_out * sigmoid(a)


def sigmoid(a):
    """1 / (1 + exp(−a)), elementwise. Where exp overflows the quotient is 0, as it should be.

    With AVX-512 the form ½(1 + tanh(a/2)) is a little faster, with AVX2 it takes twice as long.
    And where a is very negative it has no digits left: 1 + tanh(a/2) cancels.
    """
    with np.errstate(over="ignore", under="ignore"):
        return 1.0 / (1.0 + namespace(a).exp(-a))


def sigmoid_backward(d_out, a, y=None):
    """y(1 − y) d_out, with y(1 − y) = e^−|a| / (1 + e^−|a|)².

    The right-hand side keeps its digits where y is so near 0 or 1 that 1 − y has none left.
    """
    xp = namespace(a)
    tail = xp.exp(-xp.abs(a))
    return d_out * (tail / ((1.0 + tail) * (1.0 + tail)))
