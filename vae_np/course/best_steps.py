"""The best step of a difference quotient, for two exercises of lecture 3, and mistakes in it."""
import numpy as np

from . import mistakes
from .mistakes import saying
from .sums import Sum

SINGLE, DOUBLE = 2.0**-24, 2.0**-53  # relative precisions


def candidates(rng):
    """Many steps in no order, close to each other; values and third derivatives of all sizes."""
    for k, n in ((40, 30), (3000, 25), (75, 60), (120, 40)):
        yield {"steps": 10 ** rng.uniform(-9, 1, k), "value": 10 ** rng.uniform(-3, 3, n),
               "third": 10 ** rng.uniform(-3, 3, n)}, {}


def lowest(error):
    """The answer that chooses the step where error(h, value, third) is lowest."""
    def answer(steps, value, third):
        return steps[np.argmin(error(steps[:, None], value, third), axis=0)]
    return answer


def _nearest(step):
    """The answer that chooses the step nearest to step(value, third), as a number."""
    def answer(steps, value, third):
        return steps[np.argmin(np.abs(steps[:, None] - step(value, third)), axis=0)]
    return answer


def _nearest_in_log(steps, value, third):
    best = (3 * SINGLE * value / third) ** (1 / 3)
    return steps[np.argmin(np.abs(np.log(steps[:, None] / best)), axis=0)]


def bound(h, value, third, bending=1 / 6, u=SINGLE, rounding=1.0, order=2):
    """Bending and rounding of a difference quotient with the step h."""
    return bending * h**order * third + rounding * u * value / h


def _all_the_same(error):
    """The answer that chooses one step for all points: error(table of bounds) (K,)."""
    def answer(steps, value, third):
        table = bound(steps[:, None], value, third)
        return np.full(len(value), steps[np.argmin(error(table))])
    return answer


def _beside(side):
    """The nearest step of the list below (side −1) or above the best step of all."""
    def answer(steps, value, third):
        best = (3 * SINGLE * value / third) ** (1 / 3)
        allowed = side * (steps[:, None] - best) >= 0
        distance = np.where(allowed, np.abs(steps[:, None] - best), np.inf)
        outside = steps.max() if side > 0 else steps.min()
        return np.where(allowed.any(axis=0), steps[np.argmin(distance, axis=0)], outside)
    return answer


def _where(words, error):
    return saying(f"is the one {words}", lowest(error))


def _number(steps, value, third):
    return np.argmin(bound(steps[:, None], value, third), axis=0)


MISTAKEN_CHOICES = {
    "bending": [_where(f"for {words} in the bending, where the lecture has h²", lambda h, value,
                       third, p=p, k=k: bound(h, value, third, bending=k, order=p))
                for p, words in ((1, "h"), (3, "h³"), (4, "h⁴"))
                for k in (1.0, 1 / 2, 1 / 6, 1 / 24, 1 / 30)],
    "rounding": [
        _where("for a rounding without |f|",
               lambda h, value, third: h**2 * third / 6 + SINGLE / h),
        _where("for a rounding without 1/h",
               lambda h, value, third: h**2 * third / 6 + SINGLE * value),
        _where("for a bending without |f‴|",
               lambda h, value, third: h**2 / 6 + SINGLE * value / h),
        _where("for a rounding divided by h²",
               lambda h, value, third: h**2 * third / 6 + SINGLE * value / h**2),
        _where("for a rounding divided by the root of h",
               lambda h, value, third: h**2 * third / 6 + SINGLE * value / np.sqrt(h)),
        _where("for a bending divided by |f|, as for a relative error, beside a rounding that is "
               "not", lambda h, value, third: h**2 * third / 6 / value + SINGLE * value / h),
        _where("where the larger one of bending and rounding is lowest, not their sum",
               lambda h, value, third: np.maximum(h**2 * third / 6, SINGLE * value / h)),
        _where("where bending and rounding are closest to each other, not where their sum is "
               "lowest",
               lambda h, value, third: np.abs(h**2 * third / 6 - SINGLE * value / h)),
        _where("where the sum of the squares of bending and rounding is lowest, not their sum",
               lambda h, value, third: (h**2 * third / 6)**2 + (SINGLE * value / h)**2)],
    "swapped-inputs": [lowest(lambda h, value, third: bound(h, third, value))],
    "nearest": [_nearest(lambda value, third: (3 * SINGLE * value / third) ** (1 / 3)),
                _nearest_in_log,
                saying("is the next one below the best step of all", _beside(-1)),
                saying("is the next one above the best step of all", _beside(1))],
    "not-listed": [lambda steps, value, third: (3 * SINGLE * value / third) ** (1 / 3)],
    "each": [saying(f"is the same for all points: the one with the least {words}",
                    _all_the_same(error)) for words, error in (
                ("sum of all bounds", lambda table: table.sum(axis=1)),
                ("largest bound", lambda table: table.max(axis=1)))]
    + [saying("is the same for all points: the best for the mean of |f| and of |f‴|",
              lambda steps, value, third: np.full(len(value), steps[np.argmin(bound(
                  steps, value.mean(), third.mean()))])),
       saying("is the same for all points: the best for the first one", lambda steps, value, third:
              np.full(len(value), steps[np.argmin(bound(steps, value[0], third[0]))]))],
    "bound-itself": [lambda steps, value, third: np.min(bound(
        steps[:, None], value, third), axis=0)],
    "index": [_number,
              saying("is the step at the right place of another list: the steps are sorted, and "
                     "the place is that in the unsorted list, or the reverse",
                     lambda steps, value, third: np.sort(steps)[_number(steps, value, third)])],
    "smallest": [saying("is the smallest one of the list",
                        lambda steps, value, third: np.full(len(value), steps.min())),
                 saying("is the largest one of the list",
                        lambda steps, value, third: np.full(len(value), steps.max())),
                 saying("is the worst one of the list, the one with the largest error", lambda
                        steps, value, third: steps[np.argmax(bound(
                            steps[:, None], value, third), axis=0)])]}


def weighed_otherwise(trial, part):
    """Whether the chosen steps are the lowest for another weight of the rounding, u's or 1/6's."""
    least, most = 0.0, np.inf
    for case, chosen in zip(trial.cases, trial.yours[part]):
        steps, value, third = case.values()
        places = np.argmin(np.abs(steps[:, None] - chosen), axis=0)
        if not np.allclose(steps[places], chosen, rtol=1e-6, atol=0):
            if mistakes.recognise(trial.yours[part], trial.right[part], trial.sizes, ""):
                return None
            return "not-listed", "what is chosen is not always one of the list."
        bending = steps[:, None]**2 * third / 6
        rounding = SINGLE * value / steps[:, None]
        column = np.arange(len(value))
        more = rounding - rounding[places, column]
        with np.errstate(all="ignore"):
            weight = (bending[places, column] - bending) / more
        least = max(least, np.max(np.where(more > 0, weight, -np.inf)))
        most = min(most, np.min(np.where(more < 0, weight, np.inf)))
    if all(len(set(chosen)) == 1 for chosen in trial.yours[part]):
        return "each", "the chosen step is the same for all points."
    if least > most * (1 + 1e-9) or most == np.inf or most <= 0:
        return None
    weight = np.sqrt(max(least, most / 2) * most)
    if 2.0**-30 < weight < 2.0**-27:
        return "double", "the chosen step is the one for u as it is in float64."
    times = max(weight, 1 / weight)
    size = f"{times:.2g}" if times < 100 else f"{times:,.0f}"
    size += " times as large" if weight > 1 else " times smaller"
    return "unit", (f"the chosen step is the one for a rounding that is about {size}, beside the "
                    "same bending: for another u, or another number before one of the two parts.")


def sizes(rng):
    """Many functions, in float64 and in other precisions; the value or the derivative 1 in some.
    """
    for number in range(48):
        value, fifth = np.exp(2 * rng.normal(size=2))
        yield {"value": 1.0 if number in (4, 9) else float(value),
               "fifth": 1.0 if number in (9, 14) else float(fifth),
               "u": DOUBLE if number % 3 == 0 else float(10 ** rng.uniform(-16, -4))}, {}


def lowest_point(value, fifth, u, bending=1 / 30, rounding=1.5, order=4):
    """(the best step, E there) of E(h) = bending fifth h^order + rounding u value / h."""
    step = (rounding * u * value / (order * bending * fifth)) ** (1 / (order + 1))
    return np.array([step, bending * fifth * step**order + rounding * u * value / step])


def _both(words, **changed):
    """A mistaken V, both parts of it."""
    def answer(value, fifth, u):
        step, error = lowest_point(value, fifth, u, **changed)
        return {"step": step, "error": error}
    return saying(words, answer)


def _step(value, fifth, u):
    return lowest_point(value, fifth, u)[0]


MISTAKEN_MINIMA = {
    "central": [_both("is that of the central difference", bending=1 / 6, rounding=1.0, order=2)],
    "weights": [_both("is that for another sum of the four rounding errors", rounding=k)
                for k in (1.0, 2.0, 2 / 3, 4 / 12, 14 / 12, 7 / 6, 9 / 12, 10 / 12, 16 / 12, 3.0,
                          18.0, 20 / 12, 1 / 12, 2 / 12, 36 / 12, np.sqrt(130) / 12)],
    "equal": [lambda value, fifth, u: {"step": (45 * u * value / fifth) ** (1 / 5)},
              lambda value, fifth, u: {
                  "error": 3 * u * value / (45 * u * value / fifth) ** (1 / 5)}],
    "bending": [_both("is that for another number before the bending", bending=k) for k in (
        1.0, 1 / 120, 1 / 5, 1 / 6, 1 / 12, 1 / 24, 1 / 60, 1 / 15, 4 / 30)],
    "rounding-only": [lambda value, fifth, u: {"error": 1.5 * u * value / _step(value, fifth, u)}],
    "bending-only": [lambda value, fifth, u: {"error": fifth * _step(value, fifth, u)**4 / 30}],
    "relative": [saying("is divided by |f|, as a relative error is", lambda value, fifth, u: {
        "error": lowest_point(value, fifth, u)[1] / value})]}

ERROR_SUMS = {"error": Sum(
    {"the bending": lambda value, fifth, u: fifth * _step(value, fifth, u)**4 / 30,
     "the rounding": lambda value, fifth, u: 1.5 * u * value / _step(value, fifth, u)},
    strays={**{f"a bending with h{power} for h⁴": lambda value, fifth, u, p=p: (
                fifth * _step(value, fifth, u)**p / 30)
               for p, power in ((1, ""), (2, "²"), (3, "³"), (5, "⁵"))},
            "a rounding that is not divided by h": lambda value, fifth, u: 1.5 * u * value,
            "a rounding divided by h²": lambda value, fifth, u: (
                1.5 * u * value / _step(value, fifth, u)**2),
            "a rounding multiplied by h": lambda value, fifth, u: (
                1.5 * u * value * _step(value, fifth, u)),
            "a rounding without |f|": lambda value, fifth, u: 1.5 * u / _step(value, fifth, u),
            "a rounding without u": lambda value, fifth, u: 1.5 * value / _step(value, fifth, u),
            "a bending without |f⁽⁵⁾|": lambda value, fifth, u: _step(value, fifth, u)**4 / 30},
    keys={"the bending": "error-part", "the rounding": "error-part"})}


def other_powers(trial, part):
    """Whether the part is a product of other powers of |f|, |f⁽⁵⁾| and u than the right one."""
    yours = np.array([float(y) for y in trial.yours[part]])
    if part == "error" and np.all(np.abs(yours) < 1e-6 * np.array(
            [float(right) for right in trial.right[part]])):
        return "zero", "the error is 0 to rounding, for all inputs that the check tries."
    if np.any(yours <= 0):
        return None
    logs = np.log([[np.e, *case.values()] for case in trial.cases])
    powers, *_ = np.linalg.lstsq(logs, np.log(yours), rcond=None)
    if np.max(np.abs(logs @ powers - np.log(yours))) > 1e-5:
        return None
    right = np.array([0.8, 0.2, 0.8] if part == "error" else [0.2, -0.2, 0.2])
    wrong = np.abs(powers[1:] - right) > 1e-5
    if not np.any(wrong) or np.any(np.abs(powers[1:]) < 1e-5):
        return None  # only a factor; or an argument that is ignored
    names = "|f|", "|f⁽⁵⁾|", "u"
    told = ", ".join(f"{name} to the power of {power:.3g}".replace("-", "−")
                     for name, power, off in zip(names, powers[1:], wrong) if off)
    return "powers", (f"{trial.words(part)} has other powers than the right one: it grows with "
                      f"{told}.")
