"""What a person sees while a run trains: a bar on a terminal, plain lines elsewhere."""
import contextlib
import importlib.util
import math
import shutil
import sys
import time

RECORD_SECONDS = 10.0  # at most so often a line about a record, so that short epochs do not flood
SILENT_SECONDS = 60.0  # in a log: at least so often a line, even within a long epoch


def reporter(loop, stream=None):
    """The reporter for where the output goes: a bar needs a terminal, and tqdm."""
    stream = stream or sys.stderr
    return BarReporter(loop, stream) if _has_bar(stream) else LineReporter(loop, stream)


def _has_bar(stream):
    return stream.isatty() and importlib.util.find_spec("tqdm") is not None


@contextlib.contextmanager
def counter(total, what, stream=None):
    """A function to be called with how many of `total` examples are done: a bar on a terminal.

    Gives None elsewhere, where a log has no use for it.
    """
    stream = stream or sys.stderr
    if not _has_bar(stream):
        yield None
        return
    with _bar(stream, total, desc=what) as bar:
        yield lambda done: bar.update(done - bar.n)


def _bar(stream, total, **options):
    from tqdm import tqdm
    columns, rows = shutil.get_terminal_size()  # tqdm's own guess fails where there is none
    return tqdm(total=total, unit_scale=True, file=stream, ncols=columns, nrows=rows,
                mininterval=0.2, **options,
                bar_format="{desc}{percentage:3.0f}% {bar} {n_fmt} of {total_fmt} examples, "
                           "{remaining} left{postfix}")


class LineReporter:
    """A line for a record, at most one each ten seconds, and one for the last.

    `step(loop)` is called after each step, `record(record)` with each record, `close()` at the
    end, however it comes.
    """

    def __init__(self, loop, stream):
        self.loop, self.stream = loop, stream
        self._started, self._first = time.monotonic(), loop.samples_seen
        self._told_record_at = -RECORD_SECONDS
        self._told_at = self._started

    def step(self, loop):
        if time.monotonic() - self._told_at >= SILENT_SECONDS:
            self._tell(f"epoch {loop.epoch:6.2f}   bound so far: train "
                       f"{loop.running.get('elbo', math.nan):.2f}")

    def record(self, record):
        now = time.monotonic()
        if now - self._told_record_at >= RECORD_SECONDS or self.loop.finished:
            self._told_record_at = now
            self._tell(_describe(record))

    def _tell(self, text):
        self._told_at = time.monotonic()
        print(f"{text}   {self._time_left()}", file=self.stream, flush=True)

    def _time_left(self):
        if self.loop.finished:
            return f"done in {_clock(self.loop.seconds)}"
        done = self.loop.samples_seen - self._first
        rest = self.loop.total_samples - self.loop.samples_seen
        return f"{_clock((self._told_at - self._started) / done * rest)} left"

    def close(self):
        """Nothing is open."""


class BarReporter(LineReporter):
    """A tqdm bar in examples, with the current bound and the time left; lines stand above it."""

    def __init__(self, loop, stream):
        super().__init__(loop, stream)
        self._bar = _bar(stream, loop.total_samples, initial=loop.samples_seen)

    def record(self, record):
        super().record(record)
        self._show_bound(record["train_elbo"])

    def step(self, loop):
        if "elbo" in loop.running:  # not right after a record
            self._show_bound(loop.running["elbo"])
        self._bar.update(loop.samples_seen - self._bar.n)

    def _show_bound(self, bound):
        self._bar.set_postfix_str(f"bound {bound:.2f}", refresh=False)

    def _tell(self, text):
        self._bar.write(text, file=self.stream)

    def close(self):
        self._bar.close()


def _describe(record):
    test = f", test {record['test_elbo']:.2f}" if "test_elbo" in record else ""
    return (f"epoch {record['epoch']:6.2f}   bound, higher is better: "
            f"train {record['train_elbo']:.2f}{test}")


def _clock(seconds):
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
