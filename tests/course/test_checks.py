"""The checks of the exercises: what they look at, what they accept, and how they say it."""
import re

import answers
import blind_answers
import numpy as np
import pytest

import build
from vae_np.course import TryAgain, check, mistakes
from vae_np.course.answers import _failures, exercises
from vae_np.course.judging import Trial
from vae_np.course.places import PLACES, SECTIONS

TASKS = answers.tasks()
NAMES = sorted(TASKS)


def solution(name):
    return TASKS[name].answer(TASKS[name].solution)


def told(name, answer, **options):
    """The TryAgain that an answer gets."""
    with pytest.raises(TryAgain) as caught:
        check(name, answer, **{"step": 1, **options})
    return caught.value


@pytest.fixture(autouse=True)
def forgotten():
    """No failing call of another test counts."""
    _failures.clear()


# -- what is tried -----------------------------------------------------------------------------

@pytest.mark.parametrize("name", NAMES)
def test_several_sizes_are_tried_and_several_points(name):
    cases = Trial(exercises()[name], solution(name), None, "cpu").cases
    assert len(cases) >= 4
    for argument in cases[0]:
        values = [case[argument] for case in cases]
        if np.ndim(values[0]):
            assert len({np.shape(value) for value in values}) >= 4
        else:
            assert len(set(values)) >= 3


@pytest.mark.parametrize("name", NAMES)
def test_each_student_has_other_numbers_and_the_same_ones_every_time(name):
    def inputs(variant):
        case = Trial(exercises()[name], solution(name), variant, "cpu").cases[0]
        return np.concatenate([np.ravel(value) for value in case.values()])
    assert not np.array_equal(inputs("eva"), inputs("max"))
    assert np.array_equal(inputs("eva"), inputs("eva"))
    assert np.array_equal(inputs(12345), inputs("12345"))


@pytest.mark.parametrize("variants", [4, pytest.param(20, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", NAMES)
def test_a_solution_is_right_and_a_wrong_answer_wrong_in_every_variant(name, variants, capsys):
    for variant in range(variants):
        check(name, solution(name), variant)
        _, cell = TASKS[name].wrong[variant % len(TASKS[name].wrong)]
        assert told(name, TASKS[name].answer(cell), variant=variant).hint != "unusable"
    assert capsys.readouterr().out.count("Right: ") == variants


@pytest.mark.parametrize("name", NAMES)
def test_an_overwritten_argument_is_named_and_never_compared_with(name):
    right = solution(name)
    arguments = Trial(exercises()[name], right, None, "cpu").cases[0]
    changed = [place for place, value in enumerate(arguments.values()) if np.ndim(value)]
    for place in changed:
        def answer(*given, place=place):
            result = right(*given)
            given[place][...] = 0
            return result
        found = told(name, answer)
        assert found.hint == "overwrites"
        assert f"overwrites its argument `{list(arguments)[place]}`" in str(found)


def test_a_wrong_formula_on_overwritten_arguments_is_no_right_answer():
    def answer(mean, std, threshold, eps):
        eps *= std
        eps += mean
        return np.mean((eps > threshold) * (eps - mean) / std**2)
    assert told("slope-of-a-probability", answer).hint == "overwrites"


# -- what is accepted --------------------------------------------------------------------------

@pytest.mark.parametrize("name", [name for name in NAMES if name != "kl-near-prior"])
def test_a_right_formula_in_float32_is_told_its_digits_and_passes(name, capsys):
    right = solution(name)

    def answer(*given):
        result = right(*(value.astype(np.float32) if np.ndim(value) and value.dtype == float
                         else value for value in given))
        if isinstance(result, dict):
            return {key: np.float32(value) for key, value in result.items()}
        return np.float32(result)
    check(name, answer)
    assert re.search(r"\(right to [5678] digits\)\.$", capsys.readouterr().out.strip())


def test_float32_is_refused_where_digits_are_the_lesson():
    found = told("kl-near-prior", lambda mean, logvar: 0.5 * (
        np.float32(mean)**2 + np.expm1(np.float32(logvar)) - np.float32(logvar)))
    assert found.hint == "approximate" and "float32" in str(found)


@pytest.mark.parametrize("form", [list, lambda a: a[:, None], lambda a: a[None, :],
                                  lambda a: a.tolist(), lambda a: tuple(a)])
def test_a_list_or_a_column_is_accepted_where_it_can_mean_one_thing_only(form):
    right = solution("bound-of-a-batch")
    check("bound-of-a-batch", lambda *given: form(right(*given)))


@pytest.mark.parametrize("form", [np.atleast_1d, lambda a: [[float(a)]], float])
def test_a_number_may_come_in_an_array(form):
    right = solution("slope-of-a-probability")
    check("slope-of-a-probability", lambda *given: form(right(*given)))


def test_a_table_of_all_pairs_is_no_column():
    right = solution("bound-of-a-batch")
    found = told("bound-of-a-batch", lambda *given: right(*given)[:, None] + 0 * right(*given))
    assert found.hint == "shape" and "makes a table of all pairs" in str(found)


def test_every_unbiased_baseline_is_right_and_a_clipped_estimate_is_not():
    def baseline(number):
        return lambda mean, std, threshold, eps: np.mean(
            ((mean + std * eps > threshold) - number) * eps / std)

    def leave_one_out(mean, std, threshold, eps):
        above = (mean + std * eps > threshold).astype(float)
        others = (above.sum() - above) / (len(eps) - 1)
        return np.mean((above - others) * eps) / std

    def mean_of_f(mean, std, threshold, eps):
        above = mean + std * eps > threshold
        return np.mean((above - above.mean()) * eps) / std

    def sum_over_one_fewer(mean, std, threshold, eps):
        return np.sum((mean + std * eps > threshold) * eps) / std / (len(eps) - 1)
    for answer in (baseline(0.0), baseline(0.4), baseline(1.0), leave_one_out):
        check("slope-of-a-probability", answer)
    assert told("slope-of-a-probability", mean_of_f).hint == "baseline"
    for wrong in (sum_over_one_fewer, lambda *given: max(0.0, baseline(0.0)(*given)),
                  lambda *given: baseline(0.0)(*given) + 0.2 * np.mean(given[3])):
        told("slope-of-a-probability", wrong)


# -- the table of common mistakes ----------------------------------------------------------------

def changed(name, change):
    """The solution with every number of its answer put through change(number, sizes)."""
    right = solution(name)

    names = list(Trial(exercises()[name], right, None, "cpu").cases[0])

    def answer(*given):
        arguments = dict(zip(names, given))
        result = right(*given)
        if isinstance(result, dict):
            return {key: change(np.asarray(value), arguments) for key, value in result.items()}
        return change(np.asarray(result), arguments)
    return answer


COMMON = {
    "has the wrong sign, and is right but for that": lambda y, given: -y,
    "is twice the right one, everywhere": lambda y, given: 2 * y,
    "is half the right one, everywhere": lambda y, given: y / 2,
    "is 1.234 times the right one, everywhere": lambda y, given: 1.234 * y,
    "is minus twice the right one": lambda y, given: -2 * y,
    "in bits, not in nats": lambda y, given: y / np.log(2),
    "too large by 1": lambda y, given: y + 1,
    "is 0 ": lambda y, given: 0 * y}


@pytest.mark.parametrize("words", COMMON)
@pytest.mark.parametrize("name", NAMES)
def test_a_common_mistake_is_named_in_every_exercise(name, words):
    said = str(told(name, changed(name, COMMON[words])))
    if words == "is 0 " and name == "slope-of-a-probability":
        words = "the estimate is 0 for all"
    assert words in said


@pytest.mark.parametrize("name", ["ignored-codes", "bound-of-a-batch", "binomial-backward"])
def test_a_mean_in_the_place_of_a_sum_is_told_with_its_axis(name):
    said = str(told(name, changed(name, lambda y, given: y / given["x"].shape[1])))
    assert "the right one, divided by D, the number of pixels" in said
    said = str(told(name, changed(name, lambda y, given: y / len(given["x"]))))
    assert "the right one, divided by N, the number of examples" in said


@pytest.mark.parametrize("name", NAMES)
def test_what_holds_in_one_case_alone_is_no_finding(name):
    first = Trial(exercises()[name], solution(name), None, "cpu").cases[0]

    def twice_in_the_first_case(y, given):
        alike = all(np.array_equal(given[key], value) for key, value in first.items())
        return 2 * y if alike else 3 * y + y * y
    assert "twice" not in str(told(name, changed(name, twice_in_the_first_case)))


def test_noise_of_one_s_own_is_told():
    rng = np.random.default_rng()
    found = told("wrong-samples", lambda d_z, mean, logvar, eps: {
        "z": mean + np.exp(0.5 * logvar) * rng.standard_normal(mean.shape), "mean": d_z,
        "logvar": d_z})
    assert found.hint == "noise" and "two different results" in str(found)


@pytest.mark.parametrize("edge, words", [
    (lambda y, mean, logvar: np.where(logvar > 2, 2 * y, y), r"where `logvar` is at most [12]\b"),
    (lambda y, mean, logvar: np.where(np.abs(mean) > 1, y + 1, y), r"where \|`mean`\| is at"),
    (lambda y, mean, logvar: np.where(np.arange(y.shape[1]) > 1, 0, y), "the index in axis 1"),
    (lambda y, mean, logvar: np.where(np.arange(len(y))[:, None] > 0, 0, y), "the place in the")])
def test_an_edge_between_right_and_wrong_is_found(edge, words):
    right = solution("kl-near-prior")

    def answer(mean, logvar):
        return edge(right(mean, logvar), mean, logvar)
    from vae_np.course import patterns
    trial = Trial(exercises()["kl-near-prior"], answer, None, "cpu")
    _, sentence = patterns.edge(trial, "")
    assert re.search(words, sentence)


# -- how it is said ----------------------------------------------------------------------------

def test_a_message_never_shows_two_equal_numbers():
    for name in NAMES:
        right = solution(name)
        for factor in (1 + 1e-3, 1 + 1e-5, 1 - 2e-5):
            def answer(*given):
                result = right(*given)
                if isinstance(result, dict):
                    return {key: value * factor for key, value in result.items()}
                return np.asarray(result) * factor
            text = str(told(name, answer))
            pair = re.search(r"(?:be|is) ([-\d.e+]+), (?:yours is|finite differences give) "
                             r"([-\d.e+]+)\.", text)
            assert (pair and pair[1] != pair[2]) or "yours is" in text and "not right" in text


@pytest.mark.parametrize("name, part", [("two-variances", "0"), ("variances-of-a-and-b", "0")])
def test_the_number_that_is_the_answer_is_not_shown(name, part):
    right = solution(name)

    def answer(*given):
        result = np.array(right(*given))
        result[exercises()[name].form.rows.index(exercises()[name].hides[0])] += 1.0
        return result
    text = str(told(name, answer))
    assert "that is not right" in text and "should be" not in text


def test_hints_come_in_steps_and_begin_anew_after_a_right_answer(capsys):
    wrong = TASKS["kl-near-prior"].answer(TASKS["kl-near-prior"].wrong[0][1])
    texts = [told("kl-near-prior", wrong, step=None) for _ in range(4)]
    assert [found.step for found in texts] == [1, 2, 3, 3]
    first, second, third, _ = map(str, texts)
    assert "Hint:" not in first and "Read on:" not in first
    assert second.startswith(first) and "\nHint: " in second and "\nRead on: lecture 5" in second
    assert third.startswith(second) and "\nThe derivation begins: " in third
    told("bound-of-a-batch", lambda *given: given[2])  # another exercise does not count
    check("kl-near-prior", solution("kl-near-prior"))
    assert told("kl-near-prior", wrong, step=None).step == 1
    with pytest.raises(ValueError, match="step must be 1, 2 or 3, not 4"):
        check("kl-near-prior", wrong, step=4)


def test_in_jupyter_the_place_to_read_can_be_clicked(monkeypatch):
    import IPython
    shown = []
    monkeypatch.setattr(IPython, "get_ipython", object)
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    wrong = TASKS["kl-near-prior"].answer(TASKS["kl-near-prior"].wrong[0][1])
    told("kl-near-prior", wrong, step=1)
    assert shown == []
    place = told("kl-near-prior", wrong, step=2).place
    assert shown[0]["text/markdown"] == f"Read on: [{place}]({place.notebook})"
    assert place.notebook == "../05_gaussian_kl.ipynb#3.-The-closed-form"
    assert place.page == "../05_gaussian_kl.html#equation-kl-gaussian"


def test_every_place_is_where_the_lecture_has_it():
    found = {}
    for path in build.sources(build.LECTURES):
        sections = found.setdefault(path.stem, {})
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("## "):
                heading = line.removeprefix("## ")
            label = re.match(r"\$\$ \(([a-z0-9-]+)\)$", line)
            if label:
                sections[heading] = (*sections.get(heading, ()), label[1])
    assert found == SECTIONS


@pytest.mark.parametrize("name", NAMES)
def test_every_hint_leads_to_an_equation_of_its_own_lecture(name):
    task = exercises()[name]
    for key in {*task.hints, *mistakes.HINTS}:
        sentence, label = task.hint(key)
        assert PLACES[label].lecture.startswith(f"{task.lecture:02d}_") and sentence


# -- on a device -------------------------------------------------------------------------------

def _backwards(xp_of):
    """One exercise of each lecture, answered for the arrays of any device."""
    from vae_np.distributions import sigmoid

    def binomial_backward(d_out, x, logits, n):
        return {"logits": d_out[:, None] * (x - n * sigmoid(logits))}

    def full_sample_backward(d_z, mean, scale, eps):
        return {"mean": d_z, "scale": xp_of(d_z).tril(d_z[:, :, None] * eps[:, None, :])}

    def kl_between_backward(d_out, mean, logvar, prior_mean, prior_logvar):
        xp, d = xp_of(d_out), d_out[:, None]
        precision = xp.exp(-prior_logvar)
        d_mean = d * (mean - prior_mean) * precision
        d_logvar = 0.5 * d * xp.expm1(logvar - prior_logvar)
        squares = -d_logvar - 0.5 * d * (mean - prior_mean) ** 2 * precision
        return {"mean": d_mean, "logvar": d_logvar, "prior_mean": -xp.sum(d_mean, axis=0),
                "prior_logvar": xp.sum(squares, axis=0)}
    return {"binomial-backward": binomial_backward,
            "full-covariance-backward": full_sample_backward,
            "kl-between-gaussians": kl_between_backward}


@pytest.mark.parametrize("name", _backwards(None))
def test_a_backward_is_checked_on_a_device_too(name, fake_cupy, capsys):
    from vae_np.backend import namespace
    right, places = _backwards(namespace)[name], []

    def seen(*given):
        places.append(namespace(given[0]))
        return right(*given)
    check(name, seen, device="cuda")
    assert set(places) == {fake_cupy} and capsys.readouterr().out.startswith("Right: ")
    found = told(name, lambda *given: {part: 2.0 * slope for part, slope in right(*given).items()},
                 device="cuda")
    assert "twice the right one, everywhere" in str(found)
    with pytest.raises(TryAgain, match="raises TypeError"):
        check(name, lambda *given: {part: np.zeros(slope.shape) + slope
                                    for part, slope in right(*given).items()}, device="cuda")


# -- answers written blind ---------------------------------------------------------------------

BLIND = {kind: [pytest.param(blind, id=f"{which}-{blind.exercise}: {blind.why}")
                for which in blind_answers.SETS for blind in blind_answers.read(which, kind)]
         for kind in ("wrong", "right")}


@pytest.mark.parametrize("blind", BLIND["wrong"])
def test_a_wrong_answer_written_blind_is_rejected(blind):
    told(blind.exercise, TASKS[blind.exercise].answer(blind.source))


@pytest.mark.parametrize("blind", BLIND["right"])
def test_a_right_answer_written_blind_is_accepted(blind):
    check(blind.exercise, TASKS[blind.exercise].answer(blind.source))
