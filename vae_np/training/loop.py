"""The minibatch loop of Algorithm 1: shuffle, step, report, stop and resume.

The loop owns the random generator, the order of the examples, the count of samples and the clock.
What one step does is the trainer's business (`trainer`). Where records and checkpoints go is the
caller's (`runs`).
"""
import signal
import threading
import time

import numpy as np

from ..backend import check_generator
from ..datasets import Binarization
from .values import Number, Whole

NUMBER = Number("a number", lambda value: True)


class NonFiniteBoundError(FloatingPointError):
    """The bound, or a number that training depends on, is infinite or NaN."""


def non_finite(name, progress, why=""):
    """The NonFiniteBoundError that says what became infinite or NaN, and when; `why` says what
    made it so, where that is known.
    """
    advice = f"{why}; try a smaller lr" if why else (
        "try a smaller lr, or a fixed variance where it is learned")
    epoch = progress.samples_seen / progress.train_size
    return NonFiniteBoundError(f"{name} became infinite or NaN after {progress.samples_seen} "
                               f"samples (epoch {epoch:.2f}): {advice}")


class Progress:
    """How far a run has come: the loop moves it, the trainer reads it.

    total_samples: how many examples the run is to see. train_size: how many there are.
    """

    def __init__(self, total_samples, train_size):
        self.total_samples, self.train_size = total_samples, train_size
        self.samples_seen = 0


class Loop:
    """Algorithm 1 on arrays.

    trainer: see `trainer`. train, test: (N, D) float32; test may be None. rng: the numpy
    Generator that draws noise and pixels, one stream for the whole run. total_samples: where the
    run ends. binarization: how pixels become data. eval_every: epochs between records. eval_at:
    further marks, in samples seen.

    A record is {"epoch", "samples_seen", "train_elbo", "test_elbo", "seconds"}: the training bound
    averaged over the steps since the last record, the test bound with fresh z, nats per example.
    Whatever else a trainer reports stands beside them, as train_NAME and test_NAME, and what it
    counts as NAME.
    """

    def __init__(self, trainer, train, test=None, *, rng, total_samples, batch_size=100,
                 binarization=None, eval_every=1, eval_at=()):
        self.trainer, self.rng = trainer, check_generator(rng)
        binarization = binarization or Binarization("none")
        self.train, self.binarization = binarization.train_array(train), binarization
        self.test = None if test is None else binarization.test_array(test)
        self.progress = trainer.progress = Progress(total_samples, len(self.train))
        # Rounded up to whole examples, each of which counts `repeats` samples: see `trainer`.
        self.total_samples = -(-int(total_samples) // trainer.repeats) * trainer.repeats
        self.batch_size = int(batch_size)
        self.eval_every, self.eval_at = eval_every, sorted(eval_at)
        # Shuffles and evaluations have streams of their own, so that how often a run is
        # evaluated never changes how it trains.
        self.stream_seed = int(rng.integers(2 ** 63))
        self.seconds = 0.0
        self._sums, self._count = {}, 0  # of what the steps reported since the last record
        self._order = (None, None)  # of the examples in the current pass over the data

    @property
    def samples_seen(self):
        """How many examples the run has seen so far."""
        return self.progress.samples_seen

    @property
    def finished(self):
        return self.samples_seen >= self.total_samples

    @property
    def epoch(self):
        """Epochs so far, a fraction within one."""
        return self.samples_seen / len(self.train)

    @property
    def running(self):
        """{name: mean of what the steps reported since the last record}; empty before any."""
        return {name: total / self._count for name, total in self._sums.items()}

    def run(self, on_record, on_step=lambda loop: None, should_stop=lambda: False):
        """Trains until the end, or until should_stop() says so between two steps.

        on_record(record) is called at each record, on_step(loop) after each step. Returns True
        when the run is finished. Raises NonFiniteBoundError; the caller still has its last
        checkpoint.
        """
        try:
            while not self.finished and not should_stop():
                started = time.perf_counter()
                # What overflows is found by the checks below, which say more than NumPy's
                # warnings.
                with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                    size = self.step()
                    record = self._record() if self._record_due(size) else None
                self.seconds += time.perf_counter() - started
                if record:
                    on_record({**record, "seconds": round(self.seconds, 3)})
                on_step(self)
        finally:
            self.trainer.rest()
        return self.finished

    def step(self):
        """One minibatch; returns how many samples it counts."""
        repeats = self.trainer.repeats
        data_pass, offset = divmod(self.samples_seen // repeats, len(self.train))
        if self._order[0] != data_pass:
            shuffle = np.random.default_rng([self.stream_seed, 0, data_pass])
            self._order = (data_pass, shuffle.permutation(len(self.train)))
        size = min(self.batch_size, (self.total_samples - self.samples_seen) // repeats)
        index = self._order[1][offset:offset + size]
        batch = self.binarization.batch(self.train[index], self.rng)
        reported = self.trainer.step(batch, index, self.rng)
        for name, value in reported.items():
            self._check_finite(f"the training {name}", value)
            self._sums[name] = self._sums.get(name, 0.0) + value * len(index)
        self.progress.samples_seen += len(index) * repeats
        self._count += len(index)
        return len(index) * repeats

    def _record_due(self, step_size):
        before = self.samples_seen - step_size
        epoch, offset = divmod(self.samples_seen, len(self.train))
        return (self.finished or (offset == 0 and epoch % self.eval_every == 0)
                or any(before < mark <= self.samples_seen for mark in self.eval_at))

    def _record(self):
        record = {"epoch": round(self.epoch, 6), "samples_seen": self.samples_seen,
                  **{f"train_{name}": mean for name, mean in self.running.items()},
                  **self.trainer.counts()}
        if self.test is not None:
            rng = np.random.default_rng([self.stream_seed, 1, self.samples_seen])
            for name, value in self.trainer.evaluate(self.test, rng).items():
                self._check_finite(f"the test {name}", value)
                record[f"test_{name}"] = value
        self._finite_arrays()
        self._sums, self._count = {}, 0
        return record

    def _check_finite(self, name, values):
        if not np.isfinite(values).all():
            raise non_finite(name, self.progress)

    def _finite_arrays(self):
        """The trainer's state, checked: an infinite moment would silently stop its parameter."""
        arrays = self.trainer.state()
        for name, array in arrays.items():
            self._check_finite(name, array)
        return arrays

    def state(self):
        """(numbers, arrays): JSON values and host arrays, all that a resume needs.

        Raises NonFiniteBoundError where one of them is infinite or NaN.
        """
        numbers = {"rng": self.rng.bit_generator.state, "stream_seed": self.stream_seed,
                   "samples_seen": self.samples_seen, "seconds": self.seconds,
                   "sums": self._sums, "count": self._count}
        return numbers, self._finite_arrays()

    def load_state(self, numbers, arrays):
        """Takes back what `state` gave: the run goes on as if it had never stopped.

        Raises KeyError, TypeError, ValueError or OverflowError for anything else.
        """
        for name, ours in self.trainer.state().items():
            if arrays[name].dtype.kind != ours.dtype.kind:
                raise ValueError(f"its {name} is of type {arrays[name].dtype}, this run needs "
                                 f"{ours.dtype}")
        self.trainer.load_state(arrays)
        self.rng.bit_generator.state = numbers["rng"]
        self.stream_seed, self.progress.samples_seen, self._count = (
            Whole(0).check(name, numbers[name])
            for name in ("stream_seed", "samples_seen", "count"))
        self.seconds = NUMBER.check("seconds", numbers["seconds"])
        self._sums = {name: NUMBER.check(f"the sum of {name}", total)
                      for name, total in dict(numbers["sums"]).items()}


class StopSignals:
    """Within this context signals ask the loop to stop after its step: Ctrl-C and SIGTERM, or
    those that are given.

    `received` is the signal's number, or None. A second one interrupts at once. A signal that the
    process ignores stays ignored. Signals can be caught in the main thread only; elsewhere this
    does nothing.
    """

    def __init__(self, *numbers):
        self.numbers = numbers or (signal.SIGINT, signal.SIGTERM)
        self.received = None
        self._previous = {}

    def __call__(self):
        return self.received is not None

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():
            for number in self.numbers:
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._previous[number] = signal.signal(number, self._note)
        return self

    def _note(self, number, frame):
        if self.received is not None:
            raise KeyboardInterrupt
        self.received = number

    def __exit__(self, *exception):
        for number, handler in self._previous.items():
            signal.signal(number, handler)
