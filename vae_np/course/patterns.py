"""Where is an answer wrong, and on what does that depend? Findings that need no list of mistakes.

A `Trial` is an answer with what it gave. `edge` looks for a number that parts the right entries
from the wrong ones, such as a logit of 20 or an example's place in the batch. `dependence` calls
the answer again with one argument changed, and sees which of them its error depends on.
"""
import math
import operator
from typing import NamedTuple

import numpy as np

from .forms import Finding
from .mistakes import AXES, same

RIGHT = "the size of the right number"  # small ones are right by chance: see `edge`
CALLS = 16  # so many cases are called again for each argument, at most
SURE = 10_000  # so many ways there must be to choose the right entries: then an edge is no chance


def edge(trial, part):
    """(key, sentence) on the number that parts right entries from wrong ones, or None.

    It parts those of all cases and of as many fresh ones, or it is the place or the index in two
    cases by themselves.
    """
    more = trial.with_fresh_cases()
    found = _edge(more, part) or _edge(_without_zeros(more), part)
    if found:
        return found
    alone = [_edge(trial.of_cases([number]), part) for number in trial.wrong_cases(part)]
    places = [one for one in alone if one and one[0] == "size"]
    return next((one for one in places if places.count(one) > 1), None)


def _edge(trial, part):
    masks = trial.is_right(part)
    right = np.concatenate([mask.ravel() for mask in masks])
    which = np.concatenate([mask.ravel() for mask in trial.tells(part)])
    error, size = (np.concatenate([a.ravel() for a in arrays]) for arrays in (
        [y - r for y, r in zip(trial.yours[part], trial.right[part])], trial.right[part]))
    nearly = right & ~(np.abs(error) <= 1e-9 * np.abs(size) + 1e-20)
    if nearly.sum() < 0.02 * right.sum():
        which &= ~nearly  # beside a large number an error of 1 is none
    if math.comb(int(which.sum()), int((which & right).sum())) < SURE:
        return None
    few = trial.sizes[0] and not any(  # whole cases are parted
        np.any(mask) and not np.all(mask) for mask in masks)
    sides = [{str(size) if size else number for number, (mask, size) in enumerate(
        zip(masks, trial.sizes)) if np.all(mask) == side} for side in (True, False)]
    for key, words, values in _features(trial, part):
        if few and min(map(len, sides)) < 2 and key == "range" and (
                words not in trial.task.features and len(trial.cases) > 1):
            continue  # one case differs from the others in more than this
        values = np.concatenate([np.broadcast_to(value, shape).ravel()
                                 for value, shape in zip(values, trial.shapes(part))])
        for reading, numbers in _readings(words, values):
            inside = numbers[which & right]
            outside = numbers[which & ~right]
            told = _parted(reading, inside, outside)
            if told and _by_count(words) and len(trial.cases) > 1:
                if inside.max() < 2:
                    key = "single"  # one example, one dimension, one draw
                elif min(len(set(inside)), len(set(outside))) < 2:
                    continue
            if told and (words != RIGHT or inside.max() > np.median(numbers)):
                name = words.strip("`")
                if name in trial.task.hints and np.ndim(trial.cases[0].get(name, ())) == 0:
                    return name, told
                return ("special" if key == "range" and told.endswith("wrong elsewhere")
                        else key), told
    return None


def _without_zeros(trial):
    """Without the cases that have an argument that is 0: beside that, much is right by chance."""
    return trial.of_cases([number for number, case in enumerate(trial.cases)
                           if all(np.ndim(value) or value != 0 for value in case.values())])


def _by_count(words):
    return words in {f"the number of {axis}" for axis in AXES.values()}


def one_value(trial, part):
    """(key, sentence) where the right cases are those of one size that is 1, of one number, or of
    arguments that are constant; two of them or more.
    """
    right = [bool(np.all(mask)) for mask in trial.is_right(part)]
    if sum(right) < 2:
        return None
    for letter, axis in AXES.items():
        if right == [size.get(letter) == 1 for size in trial.sizes]:
            return "single", (f"right where {letter}, the number of {axis}, is 1, and in no other "
                              "case that the check tries")
    for letter, axis in AXES.items():
        values = [size.get(letter) for size in trial.sizes]
        first = values[right.index(True)]
        if first is not None and right == [value == first for value in values]:
            return "size", (f"right where {letter}, the number of {axis}, is {first}, and in no "
                            "other case that the check tries")
    for a, b in (("D", "Z"),) if {"D", "Z"} <= trial.sizes[0].keys() else ():
        for is_so, fine, wrong in ((operator.le, "at most", "larger"),
                                   (operator.ge, "at least", "smaller"),
                                   (operator.eq, "the same as", "another"),
                                   (operator.ne, "another than", "the same")):
            if min(sum(right), len(right) - sum(right)) > 1 and right == [
                    is_so(size[a], size[b]) for size in trial.sizes]:
                return "size", (f"right where {a}, the number of {AXES[a]}, is {fine} {b}, the "
                                f"number of {AXES[b]}, and wrong where it is {wrong}")
    for name in trial.cases[0]:
        values = [case[name] for case in trial.cases]
        if np.ndim(values[0]) and right == [np.size(v) > 1 and np.ptp(v) == 0 for v in values]:
            return "special", (f"right where all numbers of `{name}` are the same, and not "
                               "elsewhere")
        first = values[right.index(True)]
        if np.ndim(first) == 0 and right == [value == first for value in values]:
            key = name if name in trial.task.hints else "special"
            return key, f"right where {name} is {first:.4g}, and in no other case that is tried"
    return None


def _parted(reading, inside, outside):
    """The sentence on an edge between the numbers inside and those outside, if there is one."""
    if inside.max() < outside.min():
        return _say_edge(reading, inside.max(), outside.min(), upward=True,
                         alone=inside.min() == inside.max())
    if outside.max() < inside.min():
        return _say_edge(reading, inside.min(), outside.max(), upward=False)
    return None


def _readings(words, values):
    """An argument in several readings: its size, itself, and how far it is from 1."""
    if words.startswith("`"):
        yield f"|{words}|", np.abs(values)
    yield words, values
    if words.startswith("`"):
        yield f"the distance of {words} from 1", np.abs(values - 1)


def _say_edge(reading, inside, outside, upward, alone=False):
    if reading.startswith("the distance of "):
        name = reading.removeprefix("the distance of ").removesuffix(" from 1")
        return f"right where {name} is 1, and wrong elsewhere" if inside == 0 and upward else None
    if inside == 0 and upward and reading.startswith("|"):
        return f"right where {reading.strip('|')} is 0, and wrong elsewhere"
    if outside == 0 and not upward and reading.startswith("|"):
        return f"wrong where {reading.strip('|')} is 0, and right elsewhere"
    if inside == 0 and upward and alone:
        return f"right where {reading} is 0, and wrong elsewhere"
    inside, outside = f"{inside:.3g}", f"{outside:.3g}"
    if upward:
        return (f"right where {reading} is at most {inside}, and wrong where it is {outside} or "
                "more")
    return f"right where {reading} is {inside} or more, and wrong where it is at most {outside}"


def _features(trial, part):
    """(key, words, a number for each entry of each case), those that lead best first."""
    shapes = trial.shapes(part)
    made = {words: [function(**case) for case in trial.cases]
            for words, function in trial.task.features.items()}
    given = {f"`{name}`": [np.asarray(case[name], dtype=np.float64) for case in trial.cases]
             for name in trial.cases[0]}
    for word, arrays in {**given, **made}.items():
        for words, reduce in _alignments(word, arrays, shapes):
            yield "range", words, [reduce(array, shape) for array, shape in zip(arrays, shapes)]
    for letter, axis in AXES.items():
        if all(letter in size for size in trial.sizes):
            yield "size", f"the number of {axis}", [size[letter] for size in trial.sizes]
    for axis in range(max(map(len, shapes))):
        words = "the place in the batch, counted from 0," if axis == 0 else (
            f"the index in axis {axis}, counted from 0,")
        yield "size", words, [np.arange(shape[axis]).reshape(-1, *[1] * (len(shape) - axis - 1))
                              for shape in shapes]
    if min(map(len, shapes)) > 2:
        yield "size", "row minus column", [
            np.arange(shape[-2])[:, None] - np.arange(shape[-1]) for shape in shapes]
    yield "range", "the sign of the right number", [np.sign(array) for array in trial.right[part]]
    yield "range", RIGHT, [np.abs(array) for array in trial.right[part]]


def _alignments(word, arrays, shapes):
    """How an argument stands to the entries: [(words, function of (array, shape))], if at all.

    Its own entry; the one of the example; the one that is shared; or the largest and smallest of
    those that are summed.
    """
    pairs = list(zip(arrays, shapes))
    if all(array.shape in ((), shape) for array, shape in pairs):
        return [(word, lambda array, shape: array)]
    if all(array.shape == shape[:array.ndim] for array, shape in pairs):
        return [(word, lambda array, shape: array.reshape(
            *array.shape, *[1] * (len(shape) - array.ndim)))]
    if all(array.shape == shape[len(shape) - array.ndim:] for array, shape in pairs
           if array.ndim <= len(shape)) and all(a.ndim <= len(s) for a, s in pairs):
        return [(word, lambda array, shape: array)]
    if all(array.ndim > len(shape) and array.shape[:len(shape)] == shape
           for array, shape in pairs):
        return _summed(word, lambda array, shape: tuple(range(len(shape), array.ndim)))
    if all(array.ndim > len(shape) and array.shape[array.ndim - len(shape):] == shape
           for array, shape in pairs):
        return _summed(word, lambda array, shape: tuple(range(array.ndim - len(shape))))
    return []


def _summed(word, axes):
    return [(f"the largest {word} that is summed",
             lambda array, shape: array.max(axis=axes(array, shape))),
            (f"the smallest {word} that is summed",
             lambda array, shape: array.min(axis=axes(array, shape))),
            (f"the largest |{word}| that is summed",
             lambda array, shape: np.abs(array).max(axis=axes(array, shape)))]


class Dependence(NamedTuple):
    """key: ignores, needless or term. names: the arguments that are ignored or needless, or that
    the error depends on.
    """

    key: str
    names: list
    sentence: str


def dependence(trial, part):
    """The Dependence of an answer, or of its error, on its arguments, where it tells something."""
    ignored, needless, culprits, innocent = [], [], [], []
    for name in trial.cases[0]:
        changed, wrong = [], trial.wrong_cases(part)
        for number, case in list(enumerate(trial.cases))[:CALLS]:
            if not np.any(np.abs(trial.yours[part][number]) > 1e-9):
                continue  # a 0 that stays 0 says nothing
            other = trial.others[number][name]
            if np.array_equal(other, case[name]):
                continue
            arguments = {**case, name: other}
            try:
                right = trial.right_for(arguments)[part]
                yours = trial.call(arguments)[part]
            except Finding:
                return None
            before, truth = trial.yours[part][number], trial.right[part][number]
            changed.append((not same(yours, before), not same(right, truth), number in wrong
                            and not same(yours - right, before - truth)))
        if len(changed) < 2:
            continue
        moves, should, _ = (all(column) for column in zip(*changed))
        never, error = not any(move for move, *_ in changed), any(bad for *_, bad in changed)
        if should and never:
            ignored.append(name)
        if moves and not any(column[1] for column in changed):
            needless.append(name)
        (culprits if error else innocent).append(name)
    if ignored:
        return Dependence("ignores", ignored, f"does not change with {_list(ignored)}, and the "
                          "right one does")
    if needless:
        return Dependence("needless", needless, f"changes with {_list(needless)}, and the right "
                          "one does not")
    if culprits and [name for name in innocent if name not in needless]:
        return Dependence("term", culprits, "is off by an error that depends on "
                          f"{_list(culprits)} and not on {_list(innocent)}")
    return None


def _list(names):
    return " and ".join(f"`{name}`" for name in names)
