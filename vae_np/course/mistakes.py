"""The table of common mistakes: signs, factors, averages, constants, roots. For every exercise.

Each row takes what an answer gave and what is right, case by case, and says whether the one is the
other with that mistake. A mistake counts only where it explains every number of all cases, and
there are two or more: a coincidence in one case is none in the next, whose sizes are others.
"""
import itertools
import math
import re

import numpy as np

AXES = {"N": "examples", "D": "pixels", "Z": "latent dimensions", "L": "draws"}
CONSTANTS = {1.0: "", 2.0: "twice", 0.5: "half", 4.0: "four times", 0.25: "a quarter of",
             3.0: "three times", 1 / 3: "a third of", 2 * math.pi: "2π times",
             1 / math.log(2): "bits", 1 / math.log(10): "decimal digits"}
UNITS = {"bits": 2, "decimal digits": 10}  # base of the logarithm
ADDED = {0.5: "½", 1.0: "1", 2.0: "2", 0.5 * math.log(2 * math.pi): "½ log 2π",
         math.log(2 * math.pi): "log 2π", math.log(2): "log 2", 0.5 * math.log(2): "½ log 2",
         0.5 + 0.5 * math.log(2 * math.pi): "½ (1 + log 2π)", 1 + math.log(2 * math.pi):
         "(1 + log 2π)", 0.25: "¼", 1.5: "1.5"}
NAMELESS = re.compile(r"\d\.\d")
HINTS = {
    "overwrites": "Work on a copy, or let the operation make a new array: `a = a * b` does; "
                  "`a *= b`, `out=a` and `a.shape = …` do not.",
    "axis": "The slope from above has one number for each example: give it a second axis.",
    "shape": "Which axes does the answer keep, and over which is a sum taken? Write the shape of "
             "each factor beside it.",
    "noise": "Draw no noise of your own. Where noise enters it is an argument, and elsewhere a "
             "formula takes the average over it.",
    "sign": "Take one number and ask: does the result rise or fall with it? And is the bound "
            "asked for, or the loss, which is its negative?",
    "bits": "Nats, please: which logarithm is that?",
    "factor": "Write the formula down with all that stands in front of the sum or the bracket, "
              "and look what becomes of it in your line.",
    "average": "Compare your line with the equation: which axis is summed there, and is anything "
               "divided by a number of terms?",
    "constant": "Compare the terms that have no variable in them. Which of them are there, and is "
                "each counted once, or once for each dimension? (A constant changes no "
                "gradient, so training would not show it.)",
    "logarithm": "Is a number asked for, or its logarithm? Which of the two does your last line "
                 "give?",
    "inverse": "Which of the two is asked for, and which one does your last line give: the "
               "number, or 1 divided by it?",
    "root": "A variance is the square of a standard deviation, and logvar is the logarithm of the "
            "variance. Which one is asked for?",
    "upstream": "By the chain rule the slope from above multiplies every slope that you return.",
    "shared": "An example's number must not depend on which others are in its batch.",
    "swapped": "Each is right, but in the place of another.",
    "transpose": "Write the sum out with its indices. Which one does the slope from above carry?",
    "zero": "A number that never moves teaches nothing: what is it the slope of?",
    "nonfinite": "Look for an exponential of a large number, a logarithm of 0, or a division by "
                 "0.",
    "range": "What happens in your line at the edge of that range? A clip, a floor or a case "
             "distinction makes numbers finite, and wrong.",
    "special": "In a special case a lost term, a wrong power or a wrong factor does not show. "
               "What is different elsewhere?",
    "single": "With one example, or one dimension, a sum is a mean, a row is a column, and the "
              "square of a sum is the sum of the squares. Which one is asked for, over which "
              "axis?",
    "whole": "Where are the numbers rounded, or cut off? An array whose dtype is a whole number "
             "does that too when it is written to.",
    "size": "Does one of your lines hold a number, or an index, that should follow from the "
            "shape of the arrays?",
    "ignores": "On what does the right answer depend? Follow each argument through the formula.",
    "needless": "On what does the right answer depend? Follow each argument through the formula.",
    "term": "One part is right already. Take the other one alone, for one example, and compare it "
            "with the equation: for ordinary numbers, and for large ones, where a clip or an "
            "overflow would show.",
    "lost": "Write the terms of the equation one below the other, and your own beside them. Which "
            "one has nothing beside it?",
    "term-sign": "With which sign does this term stand in the equation, and what do the brackets "
                 "and minus signs of your line make of it?",
    "term-factor": "Which number stands before this term in the equation, and which one before "
                   "it in your line, when all brackets are multiplied out?",
    "place": "Find this term in the equation. What stands in that place?",
    "stray": "Which term of the equation is that, and where does it stand there?",
    "argument": "Yours is right for another input than the one that is given. Where does this "
                "argument enter the formula, and in which form is it handed in?",
    "approximate": "A formula gives all digits. Where does your line measure, cut off or round?",
}


def saying(words, function):
    """The function of an exercise's own mistake, with what an answer does that makes it: words of
    its own, where the key's `says` would not be true of it.
    """
    def mistaken(**case):
        return function(**case)
    mistaken.says = words
    return mistaken


def recognise(yours, right, sizes, what):
    """(key, sentence) of the mistake that makes `yours` of `right`, or None.

    yours, right: lists of arrays, one for each case. sizes: a list of {letter of AXES: number}.
    what: what the numbers are called, "the gradient of mean".
    """
    if not all(np.all(np.isfinite(y)) for y in yours) or all(map(same, yours, right)):
        return None
    moving = [np.any(np.abs(r) > 0) for r in right]
    if any(moving) and all(np.all(y == 0) for y in yours):
        return "zero", f"{what} is 0 for all inputs that the check tries."
    factor = _ratio(yours, right, sizes, what)
    added = _difference(yours, right, sizes, what)
    if factor and added:  # both explain it: a number that has a name is the likelier one
        return added if NAMELESS.search(factor[1]) and not NAMELESS.search(added[1]) else factor
    for row in (_power, _shared, _transposed, _whole):
        factor = factor or added or row(yours, right, sizes, what)
    return factor


def same(a, b):
    """Whether two arrays agree to rounding, float32's included; NaN agrees with nothing."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape or not (np.all(np.isfinite(a)) and np.all(np.isfinite(b))):
        return False
    scale = np.median(np.abs(b)) + 1e-6 * np.max(np.abs(b)) if b.size else 0.0
    return bool(np.all(np.abs(a - b) <= 4e-6 * (np.abs(b) + scale) + 1e-15))


def _ratio(yours, right, sizes, what):
    """A factor: the same everywhere, or the same in a case and made of its sizes."""
    factors, kept = [], []
    for y, r, size in zip(yours, right, sizes):
        usable = np.abs(r) > 1e-6 * max(1e-300, np.max(np.abs(r), initial=0.0))
        if not np.any(usable):
            if np.any(np.abs(y) > 1e-12):
                return None
            continue
        factor = float(np.median(y[usable] / r[usable]))
        if not same(y, factor * r):
            return None
        factors.append(factor)
        kept.append(size)
    if len(factors) < 2 or sum(r.size for r in right) < 4:
        return None
    for words, values in _of_sizes(kept):
        if not all(values):
            continue
        constants = np.array(factors) / values
        if np.all(np.abs(constants - constants[0]) <= 1e-5 * abs(constants[0])):
            return _say_factor(what, float(constants[0]), words, varies=np.ptp(values) > 0)
    return None


def _of_sizes(sizes):
    """(words, values in the cases): nothing at all first, then each size and its combinations."""
    yield (), np.ones(len(sizes))
    letters = [letter for letter in AXES if all(letter in size for size in sizes)]
    columns = {letter: np.array([float(size[letter]) for size in sizes]) for letter in letters}
    for letter, n in columns.items():
        if np.ptp(n) == 0:
            continue
        yield ("divided by", letter), 1 / n
        yield ("times", letter), n
        if np.all(n > 1):
            yield ("times", f"{letter}/({letter} − 1)"), n / (n - 1)
            yield ("times", f"({letter} − 1)/{letter}"), (n - 1) / n
    for a, b in itertools.permutations(columns, 2):
        yield ("times", f"{a}/{b}"), columns[a] / columns[b]
        if a < b:
            yield ("divided by", f"{a}·{b}"), 1 / (columns[a] * columns[b])


def _say_factor(what, constant, words, varies):
    size = abs(constant)
    known = next((name for value, name in CONSTANTS.items()
                  if abs(size - value) <= 1e-5 * value), None)
    minus = constant < 0
    by_size = f", {' '.join(words)}" if words else ""
    letter = words[1] if words else ""
    if letter in AXES:
        by_size += f", the number of {AXES[letter]}"
    sign = "minus " if minus else ""
    if known in UNITS:
        return "bits", (f"{what} is in {known}, not in nats: it is {sign}the right one divided "
                        f"by log {UNITS[known]}{by_size}.")
    if known == "" and minus and not words:
        return "sign", f"{what} has the wrong sign, and is right but for that."
    much = f"{size:.4g} times the right one" if known is None else f"{known} the right one".strip()
    return ("average" if varies else "factor"), f"{what} is {sign}{much}{by_size}, everywhere."


def _difference(yours, right, sizes, what):
    """A constant added: the same everywhere, or made of a case's sizes."""
    if sum(r.size for r in right) < 4 or len(right) < 2:
        return None
    added = []
    for y, r in zip(yours, right):
        constant = float(np.median(y - r))
        if not same(y, r + constant):
            return None
        added.append(constant)
    for words, values in _of_sizes(sizes):
        if words and words[0] == "divided by":
            continue
        parts = np.array(added) / values
        if abs(parts[0]) > 1e-9 and np.all(np.abs(parts - parts[0]) <= 1e-5 * abs(parts[0])):
            size = abs(parts[0])
            known = next((name for value, name in ADDED.items()
                          if abs(size - value) <= 1e-5 * value), f"{size:.6g}")
            much = f"{known} {' '.join(words)}".strip()
            much = much.removeprefix("1 times ")
            if words and words[1] in AXES:
                much += f", the number of {AXES[words[1]]}"
            way = "large" if parts[0] > 0 else "small"
            return "constant", f"{what} is right but for a constant: it is too {way} by {much}."
    return None


POWERS = {
    "the square root of": lambda r: np.sqrt(r), "the square of": lambda r: r * r,
    "1 divided by": lambda r: 1 / r, "the logarithm of": lambda r: np.log(r),
    "the exponential of": lambda r: np.exp(r), "the absolute value of": lambda r: np.abs(r)}


def _power(yours, right, sizes, what):
    """The square root, the square and their like."""
    for words, function in POWERS.items():
        with np.errstate(all="ignore"):
            mistaken = [function(r) for r in right]
        if len(yours) > 1 and all(same(y, m) for y, m in zip(yours, mistaken)):
            key = ("root" if "square" in words else "inverse" if "divided" in words else
                   "sign" if "absolute" in words else "logarithm")
            return key, f"{what} is {words} the right one."
    return None


ONES = {"N": ("example", "the batch"), "D": ("pixel", "all pixels"),
        "Z": ("latent dimension", "all of them"), "L": ("draw", "all draws")}


def _first_axis(right, sizes):
    """(what the first axis counts, one of them; all of them) by the sizes of the cases, or None
    where no letter fits all of them.
    """
    return next((words for letter, words in ONES.items()
                 if all(size.get(letter) == len(r) for r, size in zip(right, sizes))), None)


def _shared(yours, right, sizes, what):
    """Every example, or pixel, gets the same: the mean over all, or the sum."""
    if not all(r.ndim for r in right) or sum(len(r) > 1 for r in right) < 2:
        return None
    words = _first_axis(right, sizes)
    for name, total in (("mean", np.mean), ("sum", np.sum)):
        if words and all(same(y, np.broadcast_to(total(r, axis=0), r.shape))
                         for y, r in zip(yours, right)):
            return "shared", (f"{what} is the same for every {words[0]}: the {name} of "
                              f"{words[1]}.")
    return None


def alike(yours, right, sizes, what):
    """(key, sentence) where every example of a batch, or every pixel, gets the same number, or
    None.
    """
    words = all(r.ndim == 1 for r in right) and _first_axis(right, sizes)
    if words and all(same(y, np.full_like(y, y[0])) for y in yours) and sum(
            not same(r, np.full_like(r, r[0])) for r in right) > 1:
        return "shared", (f"{what} is the same for every {words[0]}, and the right one is not.")
    return None


def _transposed(yours, right, sizes, what):
    if all(r.ndim > 1 and r.shape[-1] == r.shape[-2] for r in right) and all(
            same(y, np.swapaxes(r, -1, -2)) for y, r in zip(yours, right)):
        return "transpose", f"{what} is transposed: its last two axes are swapped."
    return None


def _whole(yours, right, sizes, what):
    """Rounded or cut off to whole numbers."""
    wide = [np.abs(r) > 2 for r in right]
    if all(np.array_equal(y, np.round(y)) for y in yours) and any(map(np.any, wide)) and all(
            np.all(np.abs(y - r)[large] <= 1) for y, r, large in zip(yours, right, wide)):
        return "whole", f"{what} consists of whole numbers, near the right ones."
    return None
