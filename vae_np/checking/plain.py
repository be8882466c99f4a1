"""The gradient check in a few lines: what `gradcheck` does, before it does it well.

For a random cotangent d, `backward(d, **inputs)` must be the derivative of
sum(d * forward(**inputs)), which a central difference measures from the values alone. `checker`
finds by itself what is given here: a step that suits the function, the error of the differences,
the kinks; and it says what is wrong, not only that something is.
"""
import numpy as np


def plain_check(forward, backward, inputs, seed=0, step=1e-6):
    """{name: the largest error of its gradient, relative to the largest slope}.

    forward(**inputs) → an array; backward(d_out, **inputs) → {name: gradient}. inputs: float64
    arrays. About 1e-10 is right here; a wrong gradient has an error of 1e-2 or more.
    """
    d = np.random.default_rng(seed).standard_normal(np.shape(forward(**inputs)))
    errors = {}
    for name, gradient in backward(d, **inputs).items():
        numeric = np.zeros(inputs[name].shape)
        for place in np.ndindex(numeric.shape):
            for sign in (1.0, -1.0):
                moved = inputs[name].copy()
                moved[place] += sign * step
                value = np.sum(d * forward(**{**inputs, name: moved}))
                numeric[place] += sign * value / (2.0 * step)  # eq. central-difference
        errors[name] = np.max(np.abs(gradient - numeric)) / np.max(np.abs(numeric))
    return errors
