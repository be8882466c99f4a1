"""Is an answer right for other inputs: for the square of an argument, its mean, none of it?

What is found is true of every number: the answer equals the right one for the changed argument,
in all cases that are tried.
"""
import itertools

import numpy as np

from .forms import Finding
from .mistakes import same

NUMBERS = {  # how an argument stands in the answer, where the right one has the argument itself
    "{}²": np.square, "the square root of {}": np.sqrt, "−{}": np.negative,
    "1/{}": lambda a: 1 / a, "2 {}": lambda a: 2 * a, "½ {}": lambda a: 0.5 * a,
    "e to the power of {}": np.exp, "e to the power of ½ {}": lambda a: np.exp(0.5 * a),
    "log {}": np.log, "½ log {}": lambda a: 0.5 * np.log(a), "|{}|": np.abs,
    "1/{}²": lambda a: a**-2.0, "1 divided by the root of {}": lambda a: a**-0.5}
ARRAYS = {
    "the mean of all numbers of {}": lambda a: np.full(a.shape, a.mean()),
    "the sum of all numbers of {}": lambda a: np.full(a.shape, a.sum()),
    "the first number of {}": lambda a: np.full(a.shape, a.ravel()[0]),
    "{} of the first example": lambda a: np.broadcast_to(a[:1], a.shape),
    "the mean of {} over its first axis": lambda a: np.broadcast_to(
        a.mean(axis=0, keepdims=True), a.shape),
    "the mean of {} over its last axis": lambda a: np.broadcast_to(
        a.mean(axis=-1, keepdims=True), a.shape),
    "{} moved by one place": lambda a: np.roll(a, 1, axis=0)}


def has_hint(trial, name, part):
    """Whether the hint of that key is about the argument, and not about another part of the answer
    that has its name.
    """
    return name in trial.task.hints and (name == part or name not in trial.yours)


def changed(trial, part):
    """The Finding where the answer is right for a changed argument, or None."""
    if not all(np.all(np.isfinite(y)) for y in trial.yours[part]):
        return None
    for name, words, cases in _changes(trial):
        if _is_right_for(trial, part, cases):
            key = (name if has_hint(trial, name, part) else "ignores" if words in "01" else
                   "argument" if part in trial.task.sums else
                   trial.task.default.get(part, trial.task.default.get("")))
            return Finding(key, f"{trial.words(part)} " + (
                f"does not change with `{name}`, and the right one does: it is what is right "
                f"where `{name}` is {words}." if words in "01" else
                f"is what is right for {words} in the place of `{name}`."))
    return None


def _changes(trial):
    """(name, words, the cases with it changed)."""
    for name, value in trial.cases[0].items():
        if np.asarray(value).dtype != float:
            continue
        for number in (0.0, 1.0):
            yield name, f"{number:g}", [{**case, name: np.full_like(case[name], number)
                                         if np.ndim(case[name]) else number}
                                        for case in trial.cases]
        for words, change in {**NUMBERS, **(ARRAYS if np.ndim(value) else {})}.items():
            yield name, words.format(f"`{name}`"), _all_changed(trial, name, change)
    for one, other in itertools.combinations(trial.cases[0], 2):
        if np.result_type(trial.cases[0][one]) != np.result_type(trial.cases[0][other]):
            continue  # labels are no scores, whatever their shape
        if all(np.shape(case[one]) == np.shape(case[other]) for case in trial.cases) and len(
                {np.shape(case[one]) for case in trial.cases}) > 1:
            yield one, f"`{other}`, and the reverse,", [
                {**case, one: case[other], other: case[one]} for case in trial.cases]
            yield one, f"`{other}`", [{**case, one: case[other]} for case in trial.cases]


def _all_changed(trial, name, change):
    """The cases with the argument changed; none, if that is not finite in all of them."""
    with np.errstate(all="ignore"):
        values = [change(np.asarray(case[name], dtype=np.float64)) for case in trial.cases]
    if not all(np.all(np.isfinite(value)) for value in values):
        return []
    return [{**case, name: value if np.ndim(value) else float(value)}
            for case, value in zip(trial.cases, values)]


def _is_right_for(trial, part, cases):
    """Whether every number of the answer is the right one for these cases."""
    moved = False
    for case, yours, right in zip(cases, trial.yours[part], trial.right[part]):
        try:
            with np.errstate(all="ignore"):
                other = trial.right_for(case)[part]
        except (ValueError, TypeError, IndexError, ZeroDivisionError, OverflowError,
                np.linalg.LinAlgError):
            return False
        if other.shape != right.shape or not same(yours, other):
            return False
        moved = moved or not same(other, right)
    return moved and len(cases) > 1


