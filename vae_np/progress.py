"""What a person sees while a run trains: a bar on a terminal, plain lines elsewhere."""
import sys
import time

LINE_SECONDS = 10.0


def reporter(loop, stream=None):
    """The reporter for where the output goes."""
    stream = stream or sys.stderr
    return BarReporter(loop, stream) if stream.isatty() else LineReporter(loop, stream)


class LineReporter:
    """A line for a record, at most one each ten seconds, and one for the last."""

    def __init__(self, loop, stream):
        self.loop, self.stream = loop, stream
        self._started, self._first = time.monotonic(), loop.samples_seen
        self._printed_at = -LINE_SECONDS

    def step(self, loop):
        """Nothing: lines come with records."""

    def record(self, record):
        now = time.monotonic()
        if now - self._printed_at < LINE_SECONDS and not self.loop.finished:
            return
        self._printed_at = now
        print(f"{_describe(record)}   {self._time_left(now)}", file=self.stream, flush=True)

    def _time_left(self, now):
        done = self.loop.samples_seen - self._first
        if self.loop.finished or not done:
            return f"done in {_clock(self.loop.seconds)}"
        rest = self.loop.total_samples - self.loop.samples_seen
        return f"{_clock((now - self._started) / done * rest)} left"

    def close(self):
        """Nothing is open."""


class BarReporter:
    """A tqdm bar in samples, with the current bound; each record is a line above it."""

    def __init__(self, loop, stream):
        from tqdm import tqdm
        self._bar = tqdm(total=loop.total_samples, initial=loop.samples_seen, unit=" examples",
                         unit_scale=True, file=stream, dynamic_ncols=True, mininterval=0.2)

    def step(self, loop):
        self._bar.update(loop.samples_seen - self._bar.n)
        if loop.running_elbo == loop.running_elbo:
            self._bar.set_postfix_str(f"bound {loop.running_elbo:.2f}", refresh=False)

    def record(self, record):
        self._bar.write(_describe(record), file=self._bar.fp)

    def close(self):
        self._bar.close()


def _describe(record):
    text = f"epoch {record['epoch']:6.2f}   bound, higher is better: train {record['train_elbo']:.2f}"
    return text + (f", test {record['test_elbo']:.2f}" if "test_elbo" in record else "")


def _clock(seconds):
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
