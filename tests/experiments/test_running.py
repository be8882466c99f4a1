"""Rounds in order, finished jobs left alone, signals obeyed, every start and end told."""
import io
import signal

import pytest

from vae_np.experiments.jobs.running import Stopped, run_rounds
from vae_np.experiments.jobs.training import DONE


def grid(*rounds, seen):
    """A grid of these rounds; `seen` gets what each is sent."""
    for jobs in rounds:
        seen.append((yield jobs))


def test_rounds_run_in_order_and_hear_of_their_outcomes(job, inline):
    engine, seen, log = inline(), [], io.StringIO()
    counts = run_rounds(grid([job("a", 200), job("b", 200)], [job("c", 200)], seen=seen),
                        engine, log)
    assert engine.log == ["a", "b", "c"] and counts == {DONE: 3}
    assert [sorted(outcomes) for outcomes in seen] == [["a", "b"], ["c"]]
    assert {outcome.state for outcomes in seen for outcome in outcomes.values()} == {DONE}
    lines = log.getvalue().splitlines()
    assert lines[0] == "2 jobs, 0 of them done before" and lines[1] == "start     a"
    assert lines[3].startswith("done      a   0:0") and "200 samples: train -" in lines[3]


def test_what_is_done_is_not_run_again_and_needs_no_engine(job, inline):
    run_rounds(grid([job("a", 200)], seen=[]), inline(), io.StringIO())

    class Shut(inline):
        def __enter__(self):
            raise AssertionError("there was nothing to run")
    seen, log = [], io.StringIO()
    assert run_rounds(grid([job("a", 200)], seen=seen), Shut(), log) == {DONE: 1}
    assert seen[0]["a"].state == DONE
    assert log.getvalue() == "1 jobs, 1 of them done before\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_the_same_grid_goes_on(job, inline, number):
    first = inline(before=lambda job: signal.raise_signal(number))
    rounds = [job("a", 200), job("b", 200)], [job("c", 200)]
    with pytest.raises(Stopped) as stopped:
        run_rounds(grid(*rounds, seen=[]), first, io.StringIO())
    assert stopped.value.number == number and first.log == ["a"]
    second = inline()
    assert run_rounds(grid(*rounds, seen=[]), second, io.StringIO()) == {DONE: 3}
    assert second.log == ["b", "c"]


def test_a_job_that_fails_does_not_stop_the_others(job, inline):
    broken, engine = job("broken", 200), inline()
    broken.config["data"] = "moons"
    counts = run_rounds(grid([broken, job("b", 200)], seen=[]), engine, io.StringIO())
    assert counts == {"failed": 1, DONE: 1}
