"""What the checks of the exercises are worth: do they reject a solution with one mistake in it?

    python tests/course/mutants.py [--exercise NAME]

Each reference solution is changed at one place (`mutations`), in every way that is known there.
A mutant counts if it changes the function: if on inputs that the notebook's text allows it gives
other numbers, raises, or overwrites an argument. Such a mutant must be rejected; one that is
accepted, or that the check breaks on, is a survivor and is printed.

No mutant can run for ever, since no solution has a loop: none is given a time limit.
"""
import argparse
import contextlib
import copy
import functools
import inspect
import io
import sys
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[2] / "lectures"))

import answers  # noqa: E402  it reads the notebooks by lectures/build.py
from mutations import mutants  # noqa: E402

from vae_np.course import TryAgain, check  # noqa: E402

SIZES = ((7, 5, 3), (2, 9, 4), (6, 2, 11), (12, 30, 5))  # examples N, pixels D, latent Z
RTOL = 1e-6
REJECTS = "rejects it"


# -- inputs, drawn as widely as the text of each exercise allows --------------------------------


def _pixels(rng, n, d):
    return (rng.random((n, d)) < 0.5).astype(float)


def _binomial(rng, n, d, z):
    for levels in (1, 3, 8, 255):
        yield rng.normal(size=n), rng.integers(0, levels + 1, (n, d)), 3 * rng.normal(
            size=(n, d)), levels


def _any_logit(rng, n, d, z):
    """Ordinary logits, all extreme ones, and one extreme pixel beside ordinary ones."""
    x, logits = _pixels(rng, n, d), 3 * rng.normal(size=(n, d))
    extreme = rng.choice([-3000.0, -1000.0, -40.0, 0.0, 40.0, 1000.0, 3000.0], size=(n, d))
    yield x, logits
    yield x, extreme
    yield x, np.where(np.arange(d) == 0, extreme, logits)
    yield x[:, :1], extreme[:, :1]


def _images(rng, n, d, z):
    """Many, so that a pixel can be white in few of them; in one at least, and not in all."""
    images = (rng.random((40 * n, d)) < rng.uniform(0, 1, d) ** 3).astype(float)
    images[1] = 1 - images[0]
    yield images,


def _bound(rng, n, d, z):
    yield _pixels(rng, n, d), 3 * rng.normal(size=(n, d)), *2 * rng.normal(size=(2, n, z))


def _full_sample(rng, n, d, z):
    yield rng.normal(size=(n, z)), rng.normal(size=(n, z)), rng.normal(
        size=(n, z, z)), rng.normal(size=(n, z))


def _slope(rng, n, d, z):
    """The threshold lies among the draws. 300 of them and more: the slope is no 0."""
    mean, std = 4 * rng.normal(), np.exp(rng.normal())
    yield mean, std, mean + std * rng.uniform(-1.5, 1.5), rng.normal(size=300 * n)


def _two_numbers(rng, n, d, z):
    for _ in range(4):
        yield 3 * rng.normal(), np.exp(rng.normal())


def _sample(rng, n, d, z):
    yield *rng.normal(size=(2, n, z)), 2 * rng.normal(size=(n, z)), rng.normal(size=(n, z))


def _kl_between(rng, n, d, z):
    yield rng.normal(size=n), *2 * rng.normal(size=(2, n, z)), *2 * rng.normal(size=(2, z))


def _codes(rng, n, d, z):
    yield 2 * rng.normal(size=(2, n, z))


def _codes_near_prior(rng, n, d, z):
    """Ordinary codes; tiny logvars, both signs, with mean 0 and with means as tiny."""
    yield 2 * rng.normal(size=(2, n, z))
    tiny = 10 ** rng.uniform(-8, -1, size=(n, z)) * rng.choice([-1, 1], size=(n, z))
    yield np.zeros((n, z)), tiny
    yield tiny[::-1].copy(), tiny


def _own_noise(rng, n, d, z):
    """Z is at most D. The noise of a pixel may be far from that of another."""
    z = min(z, d)
    yield 2 * rng.normal(size=(n, d)), rng.normal(size=(z, d)), rng.normal(
        size=d), np.exp(rng.uniform(-2, 2, d))


def _log_weights(rng, n, d, z):
    """Ordinary ones, and far ones; a weight of 0, and never a column of them alone."""
    yield 3 * rng.normal(size=(d, n)),
    far = rng.choice([-3000.0, -800.0, 0.0, 1000.0], size=n) + 3 * rng.normal(size=(d, n))
    yield far,
    yield np.where((np.arange(d) == 1)[:, None], -np.inf, far),


def _narrow_codes(rng, n, d, z):
    yield 2 * rng.normal(size=(n, z)), np.exp(-4 * rng.random((n, z)))


def _linear_gaussian(rng, n, d, z):
    yield 2 * rng.normal(size=(n, d)), rng.normal(size=(z, d)), rng.normal(
        size=d), np.exp(rng.normal())


def _layer_norm(rng, n, d, z):
    """Rows of three numbers or more: two, normalised, are always 1 and -1, and do not move."""
    yield rng.normal(size=(n, z)), 3 + 2 * rng.normal(size=(n, z)), *rng.normal(size=(2, z))


def _steps(rng, n, d, z):
    for size in (n, 20 * d):
        yield 10 ** rng.uniform(-9, 1, 10 * size), *10 ** rng.uniform(-3, 3, size=(2, size))


def _value_fifth_unit(rng, n, d, z):
    for unit in (2.0**-53, 2.0**-24, 1e-6):
        yield *np.exp(2 * rng.normal(size=2)), unit


def _twice(rng, n, d, z):
    yield *rng.normal(size=(2, n, z)), rng.normal(size=(z, z)), rng.normal(size=z)


def _linear(rng, n, d, z):
    z = min(z, d)
    W = rng.normal(size=(z, d))
    yield rng.normal(size=(n, d)), W, rng.normal(size=d), np.exp(rng.normal())


def _draws_of_any_prior(rng, n, d, z):
    yield *3 * rng.normal(size=(2, d, n)), *rng.normal(size=(2, n, z))


def _correlations(rng, n, d, z):
    yield rng.uniform(-0.95, 0.95, size=n),


def _one_draw(rng, n, d, z):
    yield _pixels(rng, n, d), 3 * rng.normal(size=(n, d)), *rng.normal(size=(3, n, z))


def _far_weights(rng, n, d, z):
    """Columns far from each other, a weight of 0; two draws or more."""
    yield 2 * rng.normal(size=(d, n)),
    far = rng.choice([-3000.0, -800.0, 0.0, 1000.0], size=n) + 2 * rng.normal(size=(d, n))
    yield far,
    yield np.where((np.arange(d) == 1)[:, None], -np.inf, far),


def _variances(rng, n, d, z):
    for draws in (2, 10 * d):
        yield np.exp(rng.normal(size=(6, n))), draws


def _variance_ratios(rng, n, d, z):
    for share in (0.5, 0.03):
        yield rng.uniform(0.8, 3.0, size=(n, z)), share


def _three_densities(rng, n, d, z):
    for centre in (0.0, -900.0):
        yield centre + 5 * rng.normal(size=(d, n)), *rng.normal(size=(2, d, n))
    yield rng.choice([-2000.0, 0.0, 1000.0], size=n) + np.zeros((d, n)), *rng.normal(
        size=(2, d, n))
def _machine(rng, n, d, z):
    for draws, h in ((1, 4), (3, 2)):
        yield (rng.normal(size=n), _pixels(rng, n, d), rng.normal(size=(draws, n, z)),
               rng.normal(size=(d, h)), *rng.normal(size=(2, h, z)), rng.normal(size=(z, d)),
               rng.normal(size=d))


def _programs(rng, n, d, z):
    batch = rng.integers(2, 200, size=n)
    yield batch * rng.integers(2, 300, size=n), batch, np.exp(rng.normal(size=n))


def _two_noises(rng, n, d, z):
    yield *np.exp(rng.normal(size=(2, d))), n, z


def _codes_of_a_batch(rng, n, d, z):
    yield (_pixels(rng, n, d), *rng.normal(size=(3, n, z)), rng.normal(size=(z, d)),
           rng.normal(size=d))


def _faces(rng, n, d, z):
    yield rng.normal(size=n), rng.random((n, d)), 3 * rng.normal(size=(n, d)), 2 * rng.normal(size=d)


def _four_kinds(rng, n, d, z):
    """Ordinary numbers; scores of ±1000 and switches of −60."""
    a, s, scores = *rng.normal(size=(2, n, d)), 2 * rng.normal(size=(n, d, z))
    letters = rng.integers(0, z, size=(n, d))
    yield (_pixels(rng, n, d), rng.normal(size=(n, d)), rng.poisson(2.0, (n, d)), letters, a, s,
           scores)
    far = rng.choice([-1000.0, 0.0, 1000.0], size=(n, d, z))
    yield (_pixels(rng, n, d), rng.normal(size=(n, d)), rng.poisson(2.0, (n, d)), letters,
           rng.choice([-60.0, 0.0, 2.0], size=(n, d)), s, far)


def _decoder(rng, n, d, z):
    yield rng.normal(size=(n, d)), rng.normal(size=(z, d)), rng.normal(size=d), *rng.normal(
        size=(2, n, z))


def _reconstruction(rng, n, d, z):
    yield *rng.normal(size=(2, n, d)), np.exp(rng.normal()), *rng.normal(size=(2, n, z))


def _spread_codes(rng, n, d, z):
    yield rng.normal(size=z) + rng.normal(size=(n, z)), 2 * rng.normal(size=(n, z))


def _ends_of_a_path(rng, n, d, z):
    yield *rng.normal(size=(2, n, z)), np.append(rng.random(d), [0.0, 1.0])


def _principal_variances(rng, n, d, z):
    for _ in range(3):
        yield np.exp(2 * rng.normal(size=z)), *np.exp(rng.normal(size=2))


def _dreams(rng, n, d, z):
    yield *rng.normal(size=(2, n, z)), rng.integers(n, size=40), rng.normal(
        size=(z, d)), rng.normal(size=d), rng.normal(size=(40, z)), rng.random((40, d))


INPUTS = {
    "binomial-backward": _binomial, "any-logit": _any_logit, "bound-before-training": _images,
    "ignored-codes": _bound, "own-noise-posterior": _own_noise, "log-mean-exp": _log_weights,
    "draws-for-a-useful-one": _narrow_codes, "marginal-when-not-square": _linear_gaussian,
    "be-the-encoder": _linear, "entropy-form": _draws_of_any_prior, "two-gaps": _correlations,
    "bound-above-evidence": _one_draw, "layer-norm-backward": _layer_norm,
    "step-for-float32": _steps, "lowest-point": _value_fifth_unit,
    "overwritten-gradients": _twice, "full-covariance-backward": _full_sample,
    "slope-of-a-probability": _slope, "two-variances": _two_numbers, "wrong-samples": _sample,
    "kl-between-gaussians": _kl_between, "kl-near-prior": _codes_near_prior,
    "variances-of-a-and-b": _codes, "bound-of-a-batch": _bound,
    "shared-variances": _faces, "four-data-sets": _four_kinds, "learned-variances": _decoder,
    "dead-codes": _reconstruction, "assemble-the-walk": _machine, "prior-scales": _programs,
    "more-draws-or-images": _two_noises, "divided-twice": _codes_of_a_batch,
    "use-of-the-code": _spread_codes, "path-in-the-prior": _ends_of_a_path,
    "cost-of-a-dimension": _principal_variances, "samples-too-good": _dreams,
    "what-draws-are-worth": _far_weights, "which-way-six": _variances,
    "draws-that-halve-the-gap": _variance_ratios, "hardly-better": _three_densities}
DIGITS_NEAR_0 = ("kl-near-prior",)  # where a tiny number must be as exact as a large one


@functools.cache
def inputs(name):
    """A list of tuples: the arguments that the function of exercise `name` is tried on."""
    rng = np.random.default_rng(15)
    return [arguments for size in SIZES for arguments in INPUTS[name](rng, *size)]


# -- the verdict -------------------------------------------------------------------------------

class Report(NamedTuple):
    """mutants: how many; changed: how many of them change the function; rejected: how many of
    these the check rejects; survivors: {changed line: what the check does} of the others.
    """

    mutants: int
    changed: int
    rejected: int
    survivors: dict


def examine(task, check=check, every=1):
    """The Report on the mutants of the solution of one `answers.Task`: all of them, or every
    second, third, ….
    """
    with _quiet():
        notebook = {}
        for source in task.before:
            exec(source, notebook)

        def function(source):
            namespace = dict(notebook)
            exec(source, namespace)
            return namespace[task.function]

        solution = function(task.solution)
        first = _first_call(task.name, solution, check)
        found = mutants(task.solution, lambda text: function(text)(*copy.deepcopy(first)))
        found = dict(list(found.items())[::every])
        verdicts = {line: _verdict(task.name, function(source), check)
                    for source, line in found.items()
                    if changes(task.name, function(source), solution)}
    survivors = {line: verdict for line, verdict in verdicts.items() if verdict != REJECTS}
    return Report(len(found), len(verdicts), len(verdicts) - len(survivors), survivors)


def changes(name, mutant, solution):
    """Whether a mutant is another function than the solution, on some `inputs` of the exercise."""
    for arguments in inputs(name):
        expected = _values(solution, arguments)
        try:
            value = _values(mutant, arguments)
        except Exception:
            return True
        if len(value) != len(expected) or not all(
                _same(*pair, name in DIGITS_NEAR_0) for pair in zip(value, expected, strict=True)):
            return True
    return False


def _values(function, arguments):
    """What a function returns and what it leaves of its arguments, as a list of arrays."""
    mine = copy.deepcopy(arguments)
    value = function(*mine)
    parts = [value[key] for key in sorted(value)] if isinstance(value, dict) else [value]
    return [np.asarray(part, dtype=np.float64) for part in (*parts, *mine)]


def _same(value, expected, digits_near_0):
    atol = 0.0 if digits_near_0 else 1e-9 * np.abs(expected).max()
    return value.shape == expected.shape and np.allclose(value, expected, rtol=RTOL, atol=atol)


def _first_call(name, solution, check):
    """The arguments of the first call that a check makes."""
    calls = []

    @functools.wraps(solution)
    def spy(*arguments, **named):
        bound = inspect.signature(solution).bind(*arguments, **named)
        calls.append(copy.deepcopy(bound.args))
        return solution(*arguments, **named)

    check(name, spy)
    return calls[0]


def _verdict(name, function, check):
    try:
        check(name, function)
    except TryAgain:
        return REJECTS
    except Exception as error:
        return f"breaks: {type(error).__name__}: {error}"
    return "accepts it"


@contextlib.contextmanager
def _quiet():
    """Neither what a notebook's cells and the checks print, nor warnings of odd arithmetic."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def main():
    tasks = answers.tasks()
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--exercise", choices=tasks, help="this one alone")
    name = parser.parse_args().exercise
    reports = {one: examine(tasks[one]) for one in ([name] if name else tasks)}
    print(f"{'exercise':26} {'mutants':>8} {'changed':>8} {'rejected':>9} {'survivors':>11}")
    counts = {one: report[:3] for one, report in reports.items()}
    counts["all"] = [sum(column) for column in zip(*counts.values(), strict=True)]
    for one, (made, changed, rejected) in counts.items():
        survived = changed - rejected
        print(f"{one:26} {made:8} {changed:8} {rejected:9} {survived:4} {survived / changed:6.1%}")
    for one, report in reports.items():
        for line, verdict in report.survivors.items():
            print(f"\n{one}: the check {verdict}\n    {line}")


if __name__ == "__main__":
    main()
