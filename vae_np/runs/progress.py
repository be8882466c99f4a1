"""What a person sees while a run trains: a bar on a terminal, plain lines elsewhere."""
import contextlib
import importlib.util
import shutil
import sys
import time

from ..streams import Patient, is_terminal

RECORD_SECONDS = 10.0  # between lines about records, at least: short epochs must not flood a log
NAMES = {"elbo": "bound"}
SILENT_SECONDS = 60.0  # without a line, at most: a log tells of long epochs too


def reporter(loop, stream=None):
    """The reporter for where the output goes: a bar needs a terminal, and tqdm.

    A stream that takes no words, or no longer, is no reason to stop: they are lost.
    """
    stream = Patient(stream or sys.stderr)
    return BarReporter(loop, stream) if _has_bar(stream) else LineReporter(loop, stream)


def _has_bar(stream):
    return is_terminal(stream) and importlib.util.find_spec("tqdm") is not None


@contextlib.contextmanager
def counter(total, what, stream=None):
    """Gives a function to be called with how many of `total` examples are done; it moves a bar.

    Gives None where there is no terminal, or no tqdm.
    """
    stream = Patient(stream or sys.stderr)
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
    """A line for a record, at most one every ten seconds, and one for the last record.

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
            values = {f"train_{name}": value for name, value in loop.running.items()}
            self._tell(f"epoch {loop.epoch:6.2f}   so far: {_describe_values(values)}")

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
            return f"done in {clock(self.loop.seconds)}"
        done = self.loop.samples_seen - self._first
        rest = self.loop.total_samples - self.loop.samples_seen
        return f"{clock((self._told_at - self._started) / done * rest)} left"

    def close(self):
        """Nothing is open."""


class BarReporter(LineReporter):
    """A tqdm bar in examples, with the current bound and the time left, below the lines."""

    def __init__(self, loop, stream):
        super().__init__(loop, stream)
        self._bar = _bar(stream, loop.total_samples, initial=loop.samples_seen)

    def record(self, record):
        super().record(record)
        self._show({name.removeprefix("train_"): value for name, value in record.items()
                    if name.startswith("train_")})

    def step(self, loop):
        self._show(loop.running)
        self._bar.update(loop.samples_seen - self._bar.n)

    def _show(self, values):
        if values:  # there are none right after a record
            name = next(iter(values))
            self._bar.set_postfix_str(f"{NAMES.get(name, name)} {values[name]:.2f}", refresh=False)

    def _tell(self, text):
        self._bar.write(text, file=self.stream)

    def close(self):
        self._bar.close()


def _describe(record):
    return f"epoch {record['epoch']:6.2f}   {_describe_values(record)}"


def _describe_values(values):
    """"bound, higher is better: train -104.21, test -103.81"; what else is told follows."""
    told = {}
    for key, value in values.items():
        split, _, name = key.partition("_")
        if split in ("train", "test"):
            told.setdefault(name, []).append(f"{split} {value:.2f}")
    lines = [f"{NAMES.get(name, name.replace('_', ' '))}"
             f"{', higher is better' if name == 'elbo' else ''}: {', '.join(texts)}"
             for name, texts in told.items()]
    return "   ".join(lines)


def clock(seconds):
    """A duration as 1:02:03 or 2:03."""
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
