"""What is wrong with an answer, from the surest finding to the vaguest.

Noise of the answer's own; parts in each other's place; what the exercise itself can tell; the
table of common mistakes, and the exercise's own ones; one term of a sum; the edge between right
and wrong entries; the arguments on which the error depends. What the mistake is and which hint
fits may come from two of them: the table says "half of the right one", the exercise knows where
its half comes from.
"""
import math
import warnings

import numpy as np

from . import mistakes, patterns, probes
from .changes import changed
from .forms import Finding, called
from .sums import wrong_terms


def diagnosed(trial, wrong):
    """The Finding on a trial whose parts `wrong` are wrong."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some of what is tried overflows, and says nothing then
        return _diagnosed(trial, wrong)


def _diagnosed(trial, wrong):
    part, task = wrong[0], trial.task
    again = trial.call(trial.cases[0])
    if not all(np.array_equal(again[name], trial.yours[name][0], equal_nan=True)
               for name in again):
        return Finding("noise", f"called twice with the same arguments, {called(trial.answer)} "
                       "gives two different results.")
    swapped = _swapped(trial, wrong)
    if swapped:
        return Finding("swapped", swapped)
    finite = [number for number, y in enumerate(trial.yours[part]) if np.all(np.isfinite(y))]
    if len(finite) > 1 and set(finite) & set(trial.wrong_cases(part)):
        trial = trial.of_cases(finite)  # it is wrong before it overflows
    what = trial.words(part)
    own, function = _own_mistake(trial, part)
    explained = task.explain and not own and task.explain(trial, part)
    if explained:
        return Finding(explained[0], f"{explained[1]} {_evidence(trial, part)}")
    common = mistakes.recognise(trial.yours[part], trial.right[part], trial.sizes, what)
    without = _without_upstream(trial, part)
    if common or without or own:
        said = getattr(function, "says", task.says.get(own, "is wrong"))
        key, sentence = common or without or (own, f"{what} {said}.")
        specific = own and not (key == "zero" and "zero" in task.hints)
        found = Finding(own if specific else key, sentence)
    else:
        more = trial.with_fresh_cases()
        found = (wrong_terms(more, part, 1) or changed(more, part) or _by_terms(trial, part)
                 or wrong_terms(more, part) or _alike(trial, part, what)
                 or _by_patterns(trial, part, what))
    return Finding(found.key, f"{found.text} {_evidence(trial, part)}{_rest(trial, wrong)}")


def _swapped(trial, wrong):
    for a in wrong:
        for b in wrong:
            if a < b and all(mistakes.same(trial.yours[one][i], trial.right[other][i])
                             for one, other in ((a, b), (b, a)) for i in range(len(trial.cases))):
                return (f"{trial.words(a)} stands in the place of {trial.words(b)}, and the "
                        "reverse.")
    return None


def _without_upstream(trial, part):
    """(key, sentence) where the slope from above is left out."""
    upstream = next(iter(trial.cases[0]))
    if not upstream.startswith("d_"):
        return None
    without = [trial.right_for({**case, upstream: np.ones_like(case[upstream])})[part]
               for case in trial.cases]
    if all(map(mistakes.same, trial.yours[part], without)):
        return "upstream", (f"{trial.words(part)} lacks the factor `{upstream}`, and is right "
                            "but for that.")
    if all(_of_another_example(y, w, case[upstream])
           for y, w, case in zip(trial.yours[part], without, trial.cases)):
        return "upstream", (f"{trial.words(part)} has factors of `{upstream}`, but those of other "
                            "examples.")
    scaled = mistakes.recognise(trial.yours[part], without, trial.sizes, trial.words(part))
    if scaled and scaled[0] in ("sign", "factor", "average"):
        return "upstream", (f"{trial.words(part)} does not depend on `{upstream}`, and has "
                            "another factor besides.")
    return None


def _of_another_example(yours, without, upstream):
    """Whether every entry is right but for the slope from above, which is another example's."""
    if upstream.ndim != 1 or not np.all(np.isfinite(yours)):
        return False
    usable = np.abs(without) > 1e-9
    factors = yours[usable] / without[usable]
    distance = np.abs(factors[:, None] - upstream).min(axis=1, initial=np.inf)
    return bool(np.all(distance < 1e-6)) and factors.size > 0


def _own_mistake(trial, part):
    """(key, function) of the exercise's own mistake that explains the part in every case."""
    for key, functions in trial.task.own.items():
        for function in functions:
            with np.errstate(all="ignore"):
                mistaken = [function(**case) for case in trial.cases]
            if not isinstance(mistaken[0], dict):
                mistaken = [trial.task.form.parts(one) for one in mistaken]
            if part in mistaken[0] and all(
                    mistakes.same(y, np.broadcast_to(m[part], y.shape))
                    for y, m in zip(trial.yours[part], mistaken)):
                return key, function
    return None, None


def _alike(trial, part, what):
    found = mistakes.alike(trial.yours[part], trial.right[part], trial.sizes, what)
    return found and Finding(*found)


def _by_terms(trial, part):
    """A sum with one wrong term: what is left of it, held against the table of mistakes."""
    terms = {words: [function(**case) for case in trial.cases]
             for words, function in trial.task.terms.items()}
    for words, right in terms.items():
        others = " and ".join(name for name in terms if name != words)
        yours = [y - truth + r for y, truth, r in zip(trial.yours[part], trial.right[part], right)]
        found = mistakes.recognise(yours, right, trial.sizes, words)
        if found and found[0] != "constant":
            return Finding(found[0], f"{others} is right; {found[1]}")
    return None


def _by_patterns(trial, part, what):
    task = trial.task
    default = task.default.get(part, task.default.get(""))
    finite = all(np.all(np.isfinite(y)) for y in trial.yours[part])
    found = patterns.dependence(trial, part) if finite and part not in task.hides else None
    if found and found.key == "ignores":
        return Finding(found.key, f"{what} {found.sentence}.")
    edge = (patterns.edge(trial, part) or patterns.one_value(trial, part)
            or finite and probes.special(trial, part, default, found))
    if not finite:
        return Finding("nonfinite", f"{what} is not finite for every input"
                       + (f": it is {edge[1]}." if edge and "number of" not in edge[1] else "."))
    if edge:
        return Finding(edge[0], f"{what} is {edge[1]}.")
    if found and found.key == "needless":
        return Finding(found.key, f"{what} {found.sentence}.")
    if found:
        for words in task.terms:
            others = " and ".join(name for name in task.terms if name != words)
            if all(_moves(trial, words, name) for name in found.names):
                return Finding("term", f"{others} is right, {words} is off.")
    errors = np.concatenate([error.ravel() for error in trial.errors(part)])
    share = np.mean(np.concatenate([~mask.ravel() for mask in trial.is_right(part)]))
    if np.max(errors) < 0.01 or np.max(errors) < 0.1 and np.median(errors) < 0.02 and share > 0.5:
        digits = max(1, math.floor(-math.log10(np.max(errors))))
        return Finding("approximate", f"{what} is right to about "
                       f"{'one digit' if digits == 1 else f'{digits} digits'}, and no more.")
    return Finding(default, f"{what} {found.sentence}." if found else
                   f"{what} is wrong{probes.way(trial, part)}.")


def _moves(trial, words, name):
    """Whether a term depends on an argument."""
    function, case = trial.task.terms[words], trial.cases[0]
    return not mistakes.same(function(**case),
                             function(**{**case, name: trial.others[0][name]}))


def _evidence(trial, part):
    """One entry that shows it, with enough digits to tell the two numbers apart."""
    number, index = trial.worst(part)
    yours, right = trial.yours[part][number][index], trial.right[part][number][index]
    sizes = ", ".join(f"{letter} = {size}" for letter, size in trial.sizes[number].items())
    scalars = ", ".join(f"{name} = {value:.4g}" for name, value in trial.cases[number].items()
                        if np.ndim(value) == 0)
    where = f"at {[int(i) for i in index]} " if index else ""
    given = " (" + "; ".join(filter(None, (sizes, scalars))) + ")" if sizes or scalars else ""
    if part in trial.task.hides:
        return f"For example{given}, {where}yours is {yours:.4g}, and that is not right."
    if trial.task.forward is not None:
        numeric = _finite_difference(trial, part, number, index)
        told = _apart(yours, numeric)
        return f"For example{given}, {where}yours is {told[0]}, finite differences give {told[1]}."
    told = _apart(yours, right)
    return f"For example{given}, {where}it should be {told[1]}, yours is {told[0]}."


def _finite_difference(trial, part, number, index):
    case = dict(trial.cases[number])
    d_out = case.pop(next(iter(case)))
    step, ends = 1e-5, []
    for way in (step, -step):
        moved = {**case, part: case[part].astype(np.float64)}
        moved[part][index] += way
        ends.append(np.sum(d_out * trial.task.forward(**moved)))
    return (ends[0] - ends[1]) / (2 * step)


def _apart(a, b):
    """Two numbers, with so many digits that they differ."""
    for digits in range(4, 18):
        texts = [f"{number:.{digits}g}" for number in (a, b)]
        if texts[0] != texts[1]:
            return [f"{number:.{digits + (digits > 4)}g}" for number in (a, b)]
    return texts


def _rest(trial, wrong):
    """A word on the other parts."""
    fine = [trial.words(part) for part in trial.right if part not in wrong]
    others = [trial.words(part) for part in wrong[1:]]
    return "".join(f" {_capital(_list(names))} {'is' if len(names) == 1 else 'are'} {verdict}."
                   for names, verdict in ((others, "off too"), (fine, "right")) if names)


def _list(words):
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _capital(text):
    return text[:1].upper() + text[1:]
