"""What a person sees: a bar on a terminal, plain lines in a log, the bound and the time left."""
import io
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

import vae_np
from vae_np.runs import progress

pty = pytest.importorskip("pty", reason="pseudo-terminals are POSIX")


class Terminal(io.StringIO):
    """A stream that claims to be a terminal."""

    def isatty(self):
        return True


class FakeLoop:
    """As much of a Loop as a reporter looks at: a step sees 100 of 1000 samples."""
    total_samples, samples_seen, seconds, running = 1000, 0, 0.0, {"elbo": -100.5}

    @property
    def finished(self):
        return self.samples_seen >= self.total_samples

    @property
    def epoch(self):
        return self.samples_seen / 500


def record(loop):
    return {"epoch": loop.epoch, "samples_seen": loop.samples_seen, "train_elbo": -100.5,
            "test_elbo": -101.25, "seconds": loop.seconds}


@pytest.fixture
def clock(monkeypatch):
    """The time, in seconds, as a test sets it."""
    now = SimpleNamespace(seconds=1000.0)
    monkeypatch.setattr(time, "monotonic", lambda: now.seconds)
    return now


def run(loop, reporter, clock, seconds_a_step, record_every=1):
    while not loop.finished:
        loop.samples_seen += 100
        clock.seconds += seconds_a_step
        loop.seconds += seconds_a_step
        if loop.samples_seen % (100 * record_every) == 0:
            reporter.record(record(loop))
        reporter.step(loop)
    reporter.close()


def test_lines_tell_the_bound_and_the_time_left(clock):
    stream, loop = io.StringIO(), FakeLoop()
    run(loop, progress.reporter(loop, stream), clock, seconds_a_step=30)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 10
    assert lines[0] == ("epoch   0.20   bound, higher is better: train -100.50, test -101.25   "
                        "4:30 left")
    assert lines[-1].endswith("done in 5:00")


def test_lines_do_not_flood_a_log(clock):
    stream, loop = io.StringIO(), FakeLoop()
    run(loop, progress.reporter(loop, stream), clock, seconds_a_step=6)
    told = [float(line.split()[1]) for line in stream.getvalue().splitlines()]
    assert told == [0.2, 0.6, 1.0, 1.4, 1.8, 2.0]  # every ten seconds, and the last


def test_a_long_epoch_is_not_silent(clock):
    stream, loop = io.StringIO(), FakeLoop()
    run(loop, progress.reporter(loop, stream), clock, seconds_a_step=61, record_every=5)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 10
    assert "so far: bound, higher is better: train -100.50   9:09 left" in lines[0]


def test_a_bar_on_a_terminal(clock):
    stream, loop = Terminal(), FakeLoop()
    run(loop, progress.reporter(loop, stream), clock, seconds_a_step=30)
    shown = stream.getvalue()
    assert "\r" in shown and "100%" in shown and "left, bound -100.50" in shown
    assert shown.count("bound, higher is better: train -100.50, test -101.25") == 10


def test_without_tqdm_a_terminal_gets_lines(clock, monkeypatch):
    monkeypatch.setattr(progress.importlib.util, "find_spec", lambda name: None)
    stream, loop = Terminal(), FakeLoop()
    run(loop, progress.reporter(loop, stream), clock, seconds_a_step=30)
    assert "\r" not in stream.getvalue() and len(stream.getvalue().splitlines()) == 10


@pytest.mark.parametrize("seconds, text", [(0, "0:00"), (61.9, "1:01"), (3600, "1:00:00"),
                                           (360_000, "100:00:00")])
def test_clock(seconds, text):
    assert progress.clock(seconds) == text


def train(images, folder, **popen):
    command = [sys.executable, "-m", "vae_np", "train", "--data", str(images), "--hidden", "5",
               "--epochs", "30", "--out", str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(Path(vae_np.__file__).parents[1]),
                   "OPENBLAS_NUM_THREADS": "1", "COLUMNS": "90"}
    return subprocess.Popen(command, env=environment, **popen)


def test_a_real_terminal_and_a_real_log(images, tmp_path):
    with open(tmp_path / "log", "wb") as log:
        logged = train(images, tmp_path / "logged", stdout=log, stderr=log)
    ours, theirs = pty.openpty()
    watched = train(images, tmp_path / "watched", stdout=theirs, stderr=theirs)
    os.close(theirs)
    screen = b""
    try:
        while chunk := os.read(ours, 4096):
            screen += chunk
    except OSError:
        pass  # Linux says so when the other side of a terminal is closed
    os.close(ours)
    assert watched.wait(60) == logged.wait(60) == 0

    screen = screen.decode()
    assert "100%" in screen and re.search(r"\d+:\d\d left, bound -\d+\.\d\d", screen)
    assert re.search(r"bound, higher is better: train -\d+\.\d\d, test -\d+\.\d\d", screen)

    text = (tmp_path / "log").read_text()
    assert all(character.isprintable() or character == "\n" for character in text)
    assert re.search(r"epoch   1\.00   bound, higher is better: .* \d+:\d\d left\n", text)
    assert text.splitlines()[-1].startswith("trained: ")


def test_counter_shows_on_a_terminal_and_is_silent_in_a_log():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    with progress.counter(40, "importance sampling", terminal) as on_block:
        on_block(30)
        on_block(40)
    assert "importance sampling" in terminal.getvalue() and "40.0 of 40.0" in terminal.getvalue()
    log = io.StringIO()
    with progress.counter(40, "importance sampling", log) as on_block:
        assert on_block is None
    assert log.getvalue() == ""
