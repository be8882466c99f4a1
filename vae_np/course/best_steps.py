"""The best step of a difference quotient, for two exercises of lecture 3, and mistakes in it."""
import numpy as np

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


MISTAKEN_CHOICES = {
    "double": [lowest(lambda h, value, third: bound(h, value, third, u=DOUBLE)),
               lowest(lambda h, value, third: bound(h, value, third, u=2 * DOUBLE))],
    "unit": [lowest(lambda h, value, third, k=k: bound(h, value, third, u=k * SINGLE))
             for k in (2, 0.5)],
    "bending": [lowest(lambda h, value, third, k=k: bound(h, value, third, bending=k))
                for k in (1.0, 1 / 2, 1 / 3, 1 / 12, 1 / 24)]
    + [lowest(lambda h, value, third, p=p, k=k: bound(h, value, third, bending=k, order=p))
       for p in (1, 3, 4) for k in (1.0, 1 / 2, 1 / 6, 1 / 30)],
    "rounding": [lowest(lambda h, value, third: h**2 * third / 6 + SINGLE / h),
                 lowest(lambda h, value, third: h**2 * third / 6 + SINGLE * value),
                 lowest(lambda h, value, third: h**2 / 6 + SINGLE * value / h),
                 lowest(lambda h, value, third: h**2 * third / 6 + SINGLE * value / h**2),
                 lowest(lambda h, value, third: np.maximum(
                     h**2 * third / 6, SINGLE * value / h)),
                 lowest(lambda h, value, third: np.abs(
                     h**2 * third / 6 - SINGLE * value / h))],
    "nearest": [_nearest(lambda value, third: (3 * SINGLE * value / third) ** (1 / 3)),
                _nearest_in_log],
    "not-listed": [lambda steps, value, third: (3 * SINGLE * value / third) ** (1 / 3)],
    "smallest": [lambda steps, value, third: np.full(len(value), steps.min()),
                 lambda steps, value, third: np.full(len(value), steps.max())]}


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


def _both(which, **changed):
    """A mistaken V, both parts of it."""
    def answer(value, fifth, u):
        step, error = lowest_point(value, fifth, u, **changed)
        return {"step": step, "error": error}
    return answer


MISTAKEN_MINIMA = {
    "central": [_both("both", bending=1 / 6, rounding=1.0, order=2)],
    "weights": [_both("both", rounding=k) for k in (1.0, 2.0, 2 / 3, 4 / 12, 14 / 12, 7 / 6,
                                                    9 / 12, 10 / 12, 16 / 12, 3.0, 18.0,
                                                    np.sqrt(130) / 12)],
    "equal": [lambda value, fifth, u: {"step": (45 * u * value / fifth) ** (1 / 5)},
              lambda value, fifth, u: {
                  "error": 3 * u * value / (45 * u * value / fifth) ** (1 / 5)}],
    "bending": [_both("both", bending=k) for k in (1.0, 1 / 120, 1 / 5, 1 / 24, 4 / 30)],
    "rounding-only": [lambda value, fifth, u: {
        "error": 1.5 * u * value / lowest_point(value, fifth, u)[0]}],
    "bending-only": [lambda value, fifth, u: {
        "error": fifth * lowest_point(value, fifth, u)[0] ** 4 / 30}],
    "factors": [lambda value, fifth, u: {"step": (u * value / fifth) ** (1 / 5)},
                lambda value, fifth, u: {"error": u * value / (
                    u * value / fifth) ** (1 / 5)}]}
