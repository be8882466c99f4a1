"""Runs rounds of jobs on an engine, tells what happens, and stops cleanly.

A *round* is a list of jobs that must all have ended before the next round begins.
"""
import contextlib
import sys
import time
from collections import Counter, deque

from ...runs.progress import clock
from ...streams import Patient
from ...training import StopSignals
from .training import DONE, Outcome

WAIT_SECONDS = 0.5
STATUS_SECONDS = 300.0  # after so long without a line, one tells what runs


class Stopped(Exception):
    """A signal ended the run; `number` is the signal's. Every job has saved what it had."""

    def __init__(self, number):
        super().__init__(f"stopped by signal {number}")
        self.number = number


def run_rounds(rounds, engine, stream=None):
    """Runs a grid: a generator that yields rounds, and is sent {name: Outcome} after each.

    So a later round can depend on the records of an earlier one. Jobs that are done already are
    not run again, and where all are, the engine is not even entered. Returns a Counter of the
    outcomes' states. Raises Stopped after Ctrl-C or SIGTERM, once every job that ran has saved.
    """
    teller = _Teller(Patient(stream or sys.stderr))
    outcomes, counts, entered = None, Counter(), False
    with StopSignals() as stop, contextlib.ExitStack() as stack:
        while True:
            try:
                jobs = list(rounds.send(outcomes))
            except StopIteration:
                return counts
            outcomes = {job.name: Outcome(DONE, job.progress()) for job in jobs if job.done()}
            waiting = deque(job for job in jobs if job.name not in outcomes)
            teller.round(len(jobs), len(waiting))
            if waiting and not entered:
                entered = bool(stack.enter_context(engine))
            outcomes.update(_run(waiting, engine, stop, teller))
            counts.update(outcome.state for outcome in outcomes.values())
            if stop():
                raise Stopped(stop.received)


def _run(waiting, engine, stop, teller):
    """{name: Outcome} of the jobs in the queue `waiting`; after a signal, of those that ran."""
    outcomes, asked = {}, False
    while waiting and not stop() or engine.running:
        while waiting and not stop() and engine.free():
            teller.started(waiting[0])
            engine.start(waiting.popleft())
        if stop() and not asked:
            asked = True
            engine.stop()
        for job, outcome in engine.wait(WAIT_SECONDS):
            outcomes[job.name] = outcome
            teller.ended(job, outcome)
        teller.status(engine.running, len(waiting))
    return outcomes


class _Teller:
    """A line for each job that starts or ends, and now and then one for those that run."""

    def __init__(self, stream):
        self.stream = stream
        self._started, self._told_at = {}, time.monotonic()

    def round(self, jobs, waiting):
        self._tell(f"{jobs} jobs, {jobs - waiting} of them done before")

    def started(self, job):
        self._started[job.name] = time.monotonic()
        self._tell(f"start     {job.name}")

    def ended(self, job, outcome):
        took = time.monotonic() - self._started[job.name]
        self._tell(f"{outcome.state:9} {job.name}   {clock(took)}   {outcome.note}")

    def status(self, running, waiting):
        if time.monotonic() - self._told_at >= STATUS_SECONDS:
            self._tell("; ".join([*(f"{job.name} {job.progress()}" for job in running),
                                  f"{waiting} jobs wait"]))

    def _tell(self, text):
        self._told_at = time.monotonic()
        print(text, file=self.stream, flush=True)
