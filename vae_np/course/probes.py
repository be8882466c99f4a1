"""Findings from calling an answer again with simple inputs: all numbers the same, or 1, or 0."""
import numpy as np

from .changes import has_hint
from .forms import Finding
from .mistakes import same
from .patterns import CALLS


def special(trial, part, default, found=None):
    """(key, sentence) where the answer is right if an argument is 0, or 1, or one number alone;
    the argument that leads best, or None. The answer is called again for that. default: the key
    where the argument has no hint of its own. found: the Dependence that is known already.
    """
    def constant(number):
        return lambda a: np.full_like(a, number(a) if callable(number) else number)
    for words, numbers in (("all numbers of {} are the same", (np.min, np.max, np.mean)),
                           ("all numbers of {} are 1", (1.0,)),
                           ("all numbers of {} are 0", (0.0,))):
        for name, value in trial.cases[0].items():
            if np.asarray(value).dtype != float or not np.ndim(value) and "same" in words or (
                    np.ndim(value) and np.all(np.isin(value, (0, 1)))):
                continue
            if found and found.key != "ignores" and found.names == [name]:
                continue  # that it is right for a single number of it tells little
            if found and words.endswith("0"):
                continue
            alone = words if np.ndim(value) else words.replace("all numbers of {} are", "{} is")
            if all(_right_with(trial, part, name, constant(number)) for number in numbers) and (
                    len(numbers) > 1 or not any(_right_with(trial, part, name, constant(near))
                                                for near in (0.6, 1.7))):
                return (name if has_hint(trial, name, part) else default), (
                    f"right where {alone.format(f'`{name}`')}, and not for other numbers")
    return None


def _right_with(trial, part, name, change):
    """Whether the answer is right, and not 0, in all cases whose argument is changed."""
    told = 0
    for case in trial.cases[:CALLS]:
        value = change(np.asarray(case[name], dtype=np.float64))
        arguments = {**case, name: value if np.ndim(case[name]) else float(value)}
        try:
            with np.errstate(all="ignore"):
                right = trial.right_for(arguments)[part]
            yours = trial.call(arguments)[part]
        except (Finding, ValueError, TypeError, IndexError, ZeroDivisionError,
                np.linalg.LinAlgError):
            return False
        if not np.all(np.isfinite(right)) or not same(yours, right):
            return False
        told += bool(np.max(np.abs(right), initial=0.0) > 1e-9
                     and (right.size < 2 or np.ptp(right) > 0))
    return told > 1


def way(trial, part):
    """Whether all that is wrong is too large, or too small, or has the other sign; or ""."""
    wrong = np.concatenate([~mask.ravel() for mask in trial.is_right(part)])
    yours, right = (np.concatenate([a.ravel() for a in arrays])[wrong]
                    for arrays in (trial.yours[part], trial.right[part]))
    if len(yours) < 8 or part in trial.task.hides:
        return ""
    if np.all(yours > right):
        return ", and too large wherever it is wrong"
    if np.all(yours < right):
        return ", and too small wherever it is wrong"
    if np.all(np.abs(yours) < np.abs(right)):
        return ", and nearer to 0 than the right one wherever it is wrong"
    if np.all(np.abs(yours) > np.abs(right)):
        return ", and further from 0 than the right one wherever it is wrong"
    return ""
