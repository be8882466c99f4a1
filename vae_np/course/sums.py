"""An answer that should be a sum: which term is lost, or has another sign, factor or place?

The error of an answer is held against the terms, one by one and in pairs. What explains every
number of all cases, and of as many fresh ones, is no coincidence.
"""
import itertools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .amounts import LOGS, SHARES, named, near, share_of, times
from .forms import Finding
from .mistakes import AXES

PRECISE = 4e-6  # an answer in float32 is recognised too
OF_ONE = {"log {}": np.log, "{}": lambda a: a, "the root of {}": np.sqrt, "{} squared": np.square,
          "1/{}": lambda a: 1 / a}


class Sum(NamedTuple):
    """terms: {words: function of the arguments}, of which the part is the sum. strays: the same,
    of what is often found there and has no place in it. view: what is done to the part before it
    is the sum, a function of the part and the arguments, and `of`, the words for that, such as
    "the inverse of ". scales: {words: function}, by which a term may be multiplied. keys: {words
    of a term or stray: key of its hint}, where it is not the common one.
    """

    terms: dict
    strays: dict = {}
    view: Callable | None = None
    of: str = ""
    scales: dict = {}
    keys: dict = {}


class _Atom(NamedTuple):
    kind: str  # term, scaled, stray, constant
    words: str
    of: str  # of a scaled one: the words of its term
    column: np.ndarray


def wrong_terms(trial, part, most=2):
    """The Finding on at most so many wrong terms, or None."""
    task = trial.task
    made = task.sums.get(part) or Sum({})
    return _found(trial, part, made, most) or (
        _found(trial, part, Sum({}), most) if made.view is not None else None)


def _found(trial, part, made, most):
    sizes = trial.sizes
    try:
        right, yours = [[_seen(made, array, case) for array, case in zip(arrays, trial.cases)]
                        for arrays in (trial.right[part], trial.yours[part])]
    except np.linalg.LinAlgError:
        return None
    if not all(np.all(np.isfinite(array)) for array in right + yours):
        return None
    error = _row([y - r for y, r in zip(yours, right)])
    weight = 1 / _row([np.abs(r) + np.abs(y) + np.median(np.abs(r)) + 1e-9
                       for y, r in zip(yours, right)])
    if np.max(np.abs(error * weight)) < 50 * PRECISE:
        return None  # it is nearly right: anything small would explain that
    atoms = [atom for atom in _atoms(trial, part, made, right, sizes)
             if np.all(np.isfinite(atom.column)) and np.any(atom.column)]
    for found in _explained(atoms, error, weight, most):
        return _told(trial, part, made, found)
    return None


def _seen(made, array, case):
    return np.asarray(array if made.view is None else made.view(array, **case), dtype=np.float64)


def _row(arrays):
    return np.concatenate([np.ravel(array) for array in arrays])


def _atoms(trial, part, made, right, sizes):
    shapes = [array.shape for array in right]

    def column(arrays):
        with np.errstate(all="ignore"):
            return _row([np.broadcast_to(array, shape) for array, shape in zip(arrays, shapes)])

    def values(function):
        with np.errstate(all="ignore"):
            return [np.asarray(function(**case), dtype=np.float64) for case in trial.cases]
    scales = {words: values(function) for words, function in made.scales.items()}
    letters = [letter for letter in AXES if len({size.get(letter) for size in sizes}) > 1
               and all(letter in size for size in sizes)]
    for words, function in made.terms.items():
        term = values(function)
        yield _Atom("term", words, "", column(term))
        for scale, factors in scales.items():
            for way, power in (("multiplied by", 1), ("divided by", -1)):
                with np.errstate(all="ignore"):
                    yield _Atom("scaled", f"{way} {scale}", words, column(
                        [t * f**power for t, f in zip(term, factors)]))
        for scale, factors in _of_sizes(letters, sizes):
            yield _Atom("scaled", scale, words, column([t * f for t, f in zip(term, factors)]))
        if all(t.ndim and t.shape == shape for t, shape in zip(term, shapes)):
            for kind, over in (("mean", np.mean), ("sum", np.sum)):
                yield _Atom("shared", f"the {kind} over the batch", words, column(
                    [over(t, axis=0) for t in term]))
            yield _Atom("shared", "that of the first example", words, column([t[0] for t in term]))
    for words, function in made.strays.items():
        yield _Atom("stray", words, "", column(values(function)))
    if made.view is None and trial.task.forward is None:
        ones = [1.0] * len(shapes)
        numbers = {"": ones, **{letter: [size[letter] for size in sizes] for letter in letters},
                   **{f"{a}·{b}": [size[a] * size[b] for size in sizes]
                      for a, b in itertools.combinations(letters, 2)}}
        scalars = {words.format(name): values(
            lambda name=name, f=f, **case: f(np.float64(case[name])))
                   for name, value in trial.cases[0].items() if np.ndim(value) == 0
                   and len({float(case[name]) for case in trial.cases}) > 1
                   for words, f in OF_ONE.items()}
        for count, amount in numbers.items():
            yield _Atom("constant", count, "", column(amount))
            if "·" not in count:
                for words, value in scalars.items():
                    yield _Atom("scalar", f"{words} times {count}" if count else words, "",
                                column([a * v for a, v in zip(amount, value)]))


def _of_sizes(letters, sizes):
    for letter in letters:
        n = np.array([float(size[letter]) for size in sizes])
        name = f"{letter}, the number of {AXES[letter]}"
        yield f"multiplied by {name}", n
        yield f"divided by {name}", 1 / n
        if np.all(n > 1):
            yield f"multiplied by {letter}/({letter} − 1)", n / (n - 1)


def _explained(atoms, error, weight, most):
    """[(atom, factor), …] that explain the error: the plainest explanation first."""
    if not atoms:
        return
    columns = np.array([atom.column for atom in atoms]) * weight
    wanted = error * weight
    gram, onto, whole = columns @ columns.T, columns @ wanted, wanted @ wanted
    found = []
    for i in range(len(atoms)):
        if whole - onto[i]**2 / gram[i, i] < 1e-8 * whole:
            found.append(((i,), (onto[i] / gram[i, i],)))
    for i, j in itertools.combinations(range(len(atoms)), 2) if not found else ():
        one = (atoms[i].words == atoms[j].of or atoms[j].words == atoms[i].of
               or {atoms[i].kind, atoms[j].kind} == {"term", "stray"})
        if most < 2 and not one:
            continue
        det = gram[i, i] * gram[j, j] - gram[i, j]**2
        if det < 1e-9 * gram[i, i] * gram[j, j]:
            continue
        a = (onto[i] * gram[j, j] - onto[j] * gram[i, j]) / det
        b = (onto[j] * gram[i, i] - onto[i] * gram[i, j]) / det
        if whole - a * onto[i] - b * onto[j] < 1e-8 * whole:
            found.append(((i, j), (a, b)))
    right = []
    for places, factors in found:
        if len(wanted) < 4 + 2 * len(places):
            continue
        fit = sum(factor * columns[place] for place, factor in zip(places, factors))
        size = sum(np.abs(factor * columns[place]) for place, factor in zip(places, factors))
        if np.all(np.abs(wanted - fit) <= PRECISE * (1 + size)) and np.max(
                np.abs(wanted - fit)) <= 1e-3 * np.max(np.abs(wanted)) and all(
                np.max(np.abs(factor * columns[place])) > 1e-3 * np.max(np.abs(wanted))
                for place, factor in zip(places, factors)):
            terms = [(atoms[place], float(factor)) for place, factor in zip(places, factors)]
            if most > 1 or len(terms) < 2 or any(atom.kind == "term" and near(factor, -1)
                                                 for atom, factor in terms):
                right.append(terms)
    yield from sorted(right, key=_odd)


def _odd(found):
    """How odd an explanation is: a term lost or doubled is likelier than 1.37 times something."""
    odd = len(found)
    kinds = {"term": 0, "stray": 0.1, "constant": 0.2, "scaled": 0.3, "shared": 0.4, "scalar": 0.5}
    lost = {atom.words for atom, factor in found if atom.kind == "term" and near(factor, -1)}
    for atom, factor in found:
        odd += kinds[atom.kind]
        if atom.kind in ("scaled", "shared") and atom.of not in lost:
            odd += 2
        shares = (-2, -1, 1, -0.5, 0.5) if atom.kind == "term" else (
            -2, -1, 1, 2, 0.5, -0.5, 0.25, -0.25)
        if atom.kind != "constant" and not any(near(factor, share) for share in shares):
            odd += 0.6
        if atom.kind == "constant" and not any(near(abs(factor), share * log)
                                               for share in SHARES.values()
                                               for log in (1.0, *LOGS.values())):
            odd += 0.6
        odd += 0.05 * ("·" in atom.words)
    return odd


# -- how it is said ----------------------------------------------------------------------------

def _told(trial, part, made, found):
    what = made.of + trial.words(part)
    kinds = [atom.kind for atom, _ in found]
    if set(kinds) <= {"constant", "scalar"}:
        much, way = _amount(found)
        names = [name for name in trial.cases[0] if np.ndim(trial.cases[0][name]) == 0
                 and any(name in atom.words for atom, _ in found if atom.kind == "scalar")]
        key = names[0] if names and names[0] in trial.task.hints else "constant"
        if names:
            return Finding(key, f"{what} is right but for a term with `{names[0]}` alone: it is "
                           f"{way} {much}.")
        return Finding(key, f"{what} is right but for a constant: it is {way} {much}.")
    if len(found) == 2:
        (one, c), (two, d) = sorted(found, key=lambda pair: pair[0].kind != "term")
        if one.kind == "term" and near(c, -1):
            if two.of == one.words and two.kind == "scaled":
                key = ("average" if "the number of" in two.words or "− 1" in two.words
                       else made.keys.get(one.words, "term-factor"))
                return Finding(key, f"{what} has {times(d)}"
                               f"{one.words} {two.words}, and is right but for that.")
            if two.of == one.words and two.kind == "shared":
                return Finding("shared", (
                    f"{what} has in the place of {one.words}, for every example, {times(d)}"
                    f"{two.words}. It is right but for that."))
            if two.kind == "stray":
                key = made.keys.get(two.words) or made.keys.get(one.words, "place")
                return Finding(key, f"{what} has {times(d)}{two.words} in the place of "
                               f"{one.words}.")
    told = [_one(atom, factor) for atom, factor in found]
    told.sort(key=lambda one: one[0] == "constant")
    keys = [made.keys.get(atom.words) for atom, _ in found]
    key = next(filter(None, keys), told[0][0])
    return Finding(key, f"{what} {' and '.join(text for _, text in told)}, and is right but for "
                   "that.")


def _one(atom, factor):
    """(key, what the answer does with it)."""
    if atom.kind == "term":
        if near(factor, -1):
            return "lost", f"lacks {atom.words}"
        if near(factor, -2):
            return "term-sign", f"has {atom.words} with the wrong sign"
        return "term-factor", f"has {times(1 + factor)}{atom.words}"
    if atom.kind in ("constant", "scalar"):
        much, way = _amount([(atom, factor)])
        return "constant", f"is {way} {much}"
    if atom.kind == "stray":
        way = "much" if factor > 0 else "little"
        return "stray", f"has {times(abs(factor))}{atom.words} too {way}"
    return "stray", f"has {times(factor)}{atom.of} {atom.words} too much"


def _amount(found):
    """(how much, "too large by", "too small by" or "off by") of constants."""
    way = "too large by" if found[0][1] > 0 else "too small by"
    if len(found) == 2 and near(found[0][1], -found[1][1]):
        (one, c), (two, _) = found if found[0][1] > 0 else found[::-1]
        heads = [atom.words.rpartition(" times ") if atom.kind == "scalar" and " times " in
                 atom.words else (atom.words, "", "") if atom.kind == "scalar" else
                 ("", "", atom.words) for atom in (one, two)]
        if heads[0][0] == heads[1][0]:
            (head, _, a), (_, _, b) = heads
            much = f"{share_of(c)}{head}" if head else named(c)
            if not a:  # 1 − Z
                return f"{much} times ({b} − 1)", "too small by"
            return f"{much} times ({a} − {b or 1})", "off by" if b else "too large by"
    parts = []
    for number, (atom, factor) in enumerate(found):
        much = (f"{share_of(factor)}{atom.words}" if atom.kind == "scalar" else
                f"{named(abs(factor))} times {atom.words}" if atom.words else named(abs(factor)))
        much = much.removeprefix("1 times ")
        if atom.words in AXES:
            much += f", the number of {AXES[atom.words]}"
        join = "" if not number else " and by " if factor * found[0][1] > 0 else ", less "
        parts.append(join + much)
    return "".join(parts), way
