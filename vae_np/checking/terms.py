"""The building blocks from which `diagnosis` tries to explain a wrong gradient.

A term is a pair (label for people, array): a function of an input, the upstream gradient summed
to an input's shape, a matrix product. The generators yield the same labels in the same order at
every point of one problem, so that a term tried at one point can be confirmed at another.
"""
from fractions import Fraction

import numpy as np


def _sigmoid(v):
    return 0.5 * (1 + np.tanh(0.5 * v))


FUNCTIONS = {
    "{}": lambda v: v,
    "{}²": np.square,
    "exp({})": np.exp,
    "exp(½ {})": lambda v: np.exp(0.5 * v),
    "(1 - {}²)": lambda v: 1 - v * v,
    "{} (1 - {})": lambda v: v * (1 - v),
    "(1 - {})": lambda v: 1 - v,
    "(1 + {})": lambda v: 1 + v,
    "(1 - tanh²({}))": lambda v: 1 - np.tanh(v) ** 2,
    "tanh({})": np.tanh,
    "sigmoid({})": _sigmoid,
    "sigmoid(-{})": lambda v: _sigmoid(-v),
    "sigmoid'({})": lambda v: _sigmoid(v) * _sigmoid(-v),
    "[{} > 0]": lambda v: np.where(v > 0, 1.0, 0.0),
    "[{} < 0]": lambda v: np.where(v < 0, 1.0, 0.0),
    "[{} = 0]": lambda v: np.where(v == 0, 1.0, 0.0),
    "sign({})": np.sign,
    "|{}|": np.abs,
    "sqrt|{}|": lambda v: np.sqrt(np.abs(v)),
    "(1 + {}²)": lambda v: 1 + v * v,
    "log|{}|": lambda v: np.log(np.abs(v)),
    "sin({})": np.sin,
    "cos({})": np.cos,
}
ADDITIVE = {
    "{}": FUNCTIONS["{}"],
    "{}²": np.square,
    "exp({})": np.exp,
    "exp(-{})": lambda v: np.exp(-v),
    "sigmoid({})": _sigmoid,
}


def variables(inputs, output):
    """Yields all terms that a gradient may depend on: inputs, the output, differences of two of a
    kind, labels one-hot. inputs: a dict.
    """
    arrays = {name: np.asarray(value, dtype=np.float64) for name, value in inputs.items()
              if isinstance(value, (np.ndarray, np.generic, int, float))
              and np.asarray(value).dtype.kind in "fiub"}
    yield from arrays.items()
    names = list(arrays)
    for i, first in enumerate(names):
        for second in names[i + 1:]:
            if arrays[first].ndim and arrays[first].shape == arrays[second].shape:
                yield f"({first} - {second})", arrays[first] - arrays[second]
    yield from _one_hot(inputs)
    output = np.asarray(output, dtype=np.float64)
    for name, array in arrays.items():      # as log softmax, a - logsumexp(a), or x - max(x)
        if array.ndim and (wide := _spread(output, array.shape)) is not None:
            yield f"({name} - out)", array - wide
    yield "out", output


def _one_hot(inputs):
    tables = {value.shape for value in inputs.values()
              if isinstance(value, np.ndarray) and value.ndim == 2}
    for name, value in inputs.items():
        if not isinstance(value, np.ndarray) or value.dtype.kind not in "iu" or value.ndim != 1:
            continue
        for rows, width in sorted(tables):
            if len(value) == rows and np.all((0 <= value) & (value < width)):
                yield f"onehot({name})", (value[:, None] == np.arange(width)).astype(float)


def functions_of(terms, shape):
    """Yields known functions of the terms that broadcast to `shape`, broadcast."""
    for label, array in terms:
        wide = _spread(array, shape)
        if wide is not None:
            for pattern, function in FUNCTIONS.items():
                yield _filled(pattern, label), function(wide)


def additive(inputs, output, d_out, shape):
    """Yields terms that people forget or add twice, each linear in d_out, in `shape`.

    The upstream gradient, alone or times a function of the inputs, summed over the axes that
    were broadcast; matrix products with it; its sums over an axis, as softmax and the
    normalisations subtract them.
    """
    known = list(variables(inputs, output))
    if (array := _gather(d_out, shape)) is not None:
        yield "d_out", array
    for label, factor in _additive_factors(known):
        product = _multiply(d_out, factor)
        if product is not None and (array := _gather(product, shape)) is not None:
            yield f"d_out × {label}", array
    yield from _matrix_products(known, d_out, shape)
    yield from _axis_sums(known, d_out, shape)


def _additive_factors(known):
    *known, output = known
    for label, array in known:
        for pattern, function in ADDITIVE.items():
            yield _filled(pattern, label), function(array)
    yield output
    for label, array in known:      # as (x - mean)² exp(-logvar)
        for other, exponent in known:
            if other != label and exponent.shape == array.shape:
                yield f"{label} × exp({other})", array * np.exp(exponent)
                yield f"{label} × exp(-{other})", array * np.exp(-exponent)
                yield f"{label}² × exp({other})", array ** 2 * np.exp(exponent)
                yield f"{label}² × exp(-{other})", array ** 2 * np.exp(-exponent)


def _matrix_products(known, d_out, shape):
    if d_out.ndim != 2:
        return
    for label, array in known:
        if array.ndim != 2:
            continue
        for name, left, right in ((f"{label}.T @ d_out", array.T, d_out),
                                  (f"d_out @ {label}.T", d_out, array.T),
                                  (f"d_out @ {label}", d_out, array),
                                  (f"d_out.T @ {label}", d_out.T, array)):
            if left.shape[1] == right.shape[0] and (left.shape[0], right.shape[1]) == shape:
                yield name, left @ right


def _axis_sums(known, d_out, shape):
    if not shape or d_out.shape != shape:
        return
    for axis, place in ((-1, "the last axis"), (0, "the first axis"), (None, "all axes")):
        total = np.sum(d_out, axis=axis, keepdims=True)
        yield f"sum of d_out over {place}", np.broadcast_to(total, shape)
        for label, array in known:
            if array.shape == shape:
                total = np.sum(d_out * array, axis=axis, keepdims=True)
                text = f"sum of d_out × {label} over {place}"
                yield text, np.broadcast_to(total, shape)
                yield f"{label} × {text}", array * total


def _filled(pattern, label):
    """The label in the pattern, without a second pair of parentheses."""
    if label.startswith("("):
        pattern = pattern.replace("({})", "{}")
    return pattern.replace("{}", label)


def _spread(array, shape):
    """`array` broadcast to `shape`, by NumPy's rule or else along the first axes; or None."""
    for candidate in (array, array.reshape(array.shape + (1,) * (len(shape) - array.ndim))):
        try:
            return np.broadcast_to(candidate, shape)
        except ValueError:
            continue
    return None


def _multiply(a, b):
    """a * b, by NumPy's rule or else with the first axes of both aligned; or None."""
    for left, right in ((a, b), (_padded(a, b.ndim), _padded(b, a.ndim))):
        try:
            return left * right
        except ValueError:
            continue
    return None


def _gather(array, shape):
    """`array` in `shape`: summed over axes that were broadcast, or broadcast; or None."""
    if array.ndim >= len(shape):
        total = array.sum(axis=tuple(range(array.ndim - len(shape))))
        axes = tuple(i for i, (have, want) in enumerate(zip(total.shape, shape))
                     if want == 1 and have != 1)
        total = total.sum(axis=axes, keepdims=True)
        if total.shape == tuple(shape):
            return total
    return _spread(array, shape)


def _padded(array, ndim):
    return array.reshape(array.shape + (1,) * max(ndim - array.ndim, 0))


def is_one(k):
    """1, as far as measurements can tell."""
    return abs(k - 1) < 1e-4


def number(k):
    """k as people write it: a fraction, perhaps of π or a root, if it is one; else digits."""
    for unit, name in ((1.0, ""), (np.pi, "π"), (np.sqrt(2), "√2"), (np.sqrt(2 * np.pi), "√(2π)")):
        ratio = Fraction(k / unit).limit_denominator(50)
        if ratio and abs(ratio.numerator) <= 1000 and abs(k / unit / float(ratio) - 1) < 1e-7:
            if name and abs(ratio) == 1:
                return name if ratio > 0 else f"-{name}"
            text = str(ratio).replace("1/2", "½") if abs(ratio) == Fraction(1, 2) else str(ratio)
            return f"{text} {name}".rstrip()
    return f"{k:.6g}"


def listed(words):
    """One, two and three."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
