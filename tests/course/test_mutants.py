"""The mutation test of the checks: a solution with one mistake in it is rejected, whatever it is.

Every third mutant is tried; with -m slow all of them. `python tests/course/mutants.py` prints the
same as a table.
"""
import ast
import contextlib
import functools

import answers
import mutants
import mutations
import numpy as np
import pytest

from vae_np.course import TryAgain, check

TASKS = answers.tasks()
AT_MOST = 0.05  # of the mutants that change the function may be accepted, each for a reason

# {(exercise, changed line): why a student who writes this has understood}
EXCEPTIONS = {}


each_third_or_all = pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.slow)])


@functools.cache
def report(name, every):
    return mutants.examine(TASKS[name], every=every)


@each_third_or_all
@pytest.mark.parametrize("name", TASKS)
def test_every_mutant_that_changes_the_function_is_rejected(name, every):
    """But for the exceptions; and, of all, none of these is rejected after all."""
    excepted = {line: "accepts it" for exercise, line in EXCEPTIONS if exercise == name}
    survivors = report(name, every).survivors
    assert survivors == excepted if every == 1 else survivors.items() <= excepted.items()


@each_third_or_all
@pytest.mark.parametrize("name", TASKS)
def test_the_exceptions_are_few_among_many(name, every):
    excepted = [line for exercise, line in EXCEPTIONS if exercise == name]
    assert len(excepted) <= AT_MOST * report(name, every).changed * every
    assert report(name, every).changed >= 40 / every


def test_every_exception_is_of_an_exercise_and_has_a_reason():
    assert {exercise for exercise, _ in EXCEPTIONS} <= set(TASKS)
    assert all(EXCEPTIONS.values())


# -- the mutation test itself ------------------------------------------------------------------

def _accepts(name, answer):
    """A check that accepts everything."""
    with contextlib.suppress(TryAgain):
        check(name, answer)


def _breaks(name, answer):
    """A check that breaks on what is wrong."""
    try:
        check(name, answer)
    except TryAgain as found:
        raise KeyError(found.hint) from None


@pytest.mark.parametrize("careless, said", [
    (_accepts, "accepts it"), (_breaks, "breaks: KeyError: 'unusable'")])
def test_a_check_that_lets_mistakes_through_has_survivors(careless, said):
    found = mutants.examine(TASKS["wrong-samples"], careless)
    assert (found.rejected, len(found.survivors)) == (0, found.changed)
    assert said in found.survivors.values()


@pytest.mark.parametrize("body, different", [
    ("return 0.5 * (mean**2 - logvar + np.expm1(logvar))", False),
    ("return 0.5 * (mean**2 + (np.exp(logvar) - 1 - logvar))", True),  # not near the prior
    ("return 0.5 * (mean**2 + (np.expm1(logvar) - np.clip(logvar, -3, 3)))", True),
    ("kl = 0.5 * (mean**2 + (np.expm1(logvar) - logvar)); mean *= 2; return kl", True),
    ("return 0.5 * (mean**2 + (np.expm1(logvar) - logvar))[..., None]", True),
    ("return nothing", True),
    ("return 0.5 * ((-mean)**2 + (np.expm1(logvar) - logvar))", False)])
def test_a_mutant_counts_if_it_is_another_function(body, different):
    task = TASKS["kl-near-prior"]
    mutant = task.answer(f"def {task.function}(mean, logvar):\n    {body}")
    assert mutants.changes(task.name, mutant, task.answer(task.solution)) == different


def _lines(body):
    """The changed lines of all mutants of f, whose first call has x = 2 and m of shape (4, 3)."""
    def evaluate(text):
        namespace = {"np": np}
        exec(text, namespace)
        return namespace["f"](2.0, np.ones((4, 3)))

    return set(mutations.mutants(f"def f(x, m):\n    {body}", evaluate).values())


@pytest.mark.parametrize("body, among", [
    ("return x - 1", {"return x + 1", "return x", "return -1", "return 1 - x", "return -x - 1",
                      "return m - 1", "return x - 2", "return x - -1", "return 2.0 - 1",
                      "return 1.0", "return 2 * (x - 1)", "return np.subtract(x, 1, out=x)",
                      "return np.clip(x, -3, 3) - 1"}),
    ("return (x < 1) / x", {"return (x <= 1) / x", "return (x > 1) / x", "return (x < 1) * x",
                            "return x / (x < 1)", "return 1 / x", "return x < 1"}),
    ("return -x ** 2", {"return x ** 2", "return -x ** 3", "return -(x * 2)", "return -2 ** x",
                        "return -(2 * x) ** 2"}),
    ("return np.sum(m, axis=-1)", {
        "return np.sum(m, axis=0)", "return np.sum(m)", "return np.mean(m, axis=-1)",
        "return m", "return np.mean(m, axis=-1) * 3", "return np.sum(-m, axis=-1)"}),
    ("return m.mean()", {"return m.sum()", "return m.var()", "return m.sum() / 12",
                         "return m.mean() * len(m) / (len(m) - 1)", "return x.mean()"}),
    ("return m[:, None, :]", {"return m[:, :, None]", "return m[None, :, :]", "return m"}),
    ("return m.shape[1]", {"return m.shape[0]", "return m.shape[-1]", "return 3"}),
    ("return np.exp(m)", {"return np.expm1(m)", "return m", "return np.exp(m, out=m)"}),
    ("return np.tril(m)", {"return np.triu(m)", "return np.tril(m, -1)", "return np.tril(m, 1)"}),
    ("return {'a': x, 'b': m}", {"return {'a': m, 'b': x}", "return {'a': x}",
                                 "return {'a': -x, 'b': m}", "return {'a': x, 'b': 2 * m}"}),
    ("return np.array([x, 0])", {"return np.array([0, x])", "return np.array([x, 1])"}),
    ("return np.einsum('ij,ij->i', m, m)", {
        "return np.einsum('ji,ij->i', m, m)", "return np.einsum('ij,ji->i', m, m)"}),
    ("a = x; return a", {"a = -x", "a = 2.0", "return x", "return m"})])
def test_a_function_is_changed_in_these_ways_among_others(body, among):
    assert among - _lines(body) == set()


@pytest.mark.parametrize("name", TASKS)
def test_each_statement_of_a_solution_can_be_changed(name):
    """It is an assignment or the return: no loop, in which a mutant might stay."""
    _, *statements = ast.parse(TASKS[name].solution).body[0].body
    assert {type(statement) for statement in statements} <= {ast.Assign, ast.Return}
