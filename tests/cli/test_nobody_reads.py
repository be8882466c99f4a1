"""Output that nobody can read: the work is done all the same, and its result kept."""
import errno
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import vae_np as vn
from vae_np import cli
from vae_np.experiments.jobs.running import run_rounds
from vae_np.runs import progress, read_metrics

TRAIN = ("--hidden", "5", "--z-dim", "2", "--epochs", "2")


class Bare:
    """A stream that can be written and nothing else, as some windows are."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text


class Broken:
    """A stream that raises whatever it is asked."""
    encoding = "utf-8"

    def __init__(self, error):
        self.error = error

    def write(self, text):
        raise self.error

    flush = isatty = fileno = lambda self: self.write("")


class BrokenTerminal(Broken):
    """A terminal that has gone."""

    def isatty(self):
        return True


def closed():
    stream = io.StringIO()
    stream.close()
    return stream


STREAMS = {
    "closed before Python": lambda: None, "closed": closed, "bare": Bare,
    "its reader has gone": lambda: Broken(BrokenPipeError(errno.EPIPE, "Broken pipe")),
    "a full device": lambda: Broken(OSError(errno.ENOSPC, "No space left on device")),
    "a window that has gone": lambda: Broken(RuntimeError("the window was deleted")),
    "a terminal that has gone": lambda: BrokenTerminal(OSError(errno.EIO, "Input/output error"))}


@pytest.fixture(params=STREAMS)
def stream(request):
    return STREAMS[request.param]()


def test_training_goes_on_and_saves(tmp_path, images, stream, monkeypatch):
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, stream)
    assert cli.main(["train", "--data", str(images), *TRAIN, "--out", str(tmp_path / "run")]) == 0
    assert len(read_metrics(tmp_path / "run")) == 2 and vn.load(tmp_path / "run").z_dim == 2


def test_the_reporter_and_the_counter_are_patient_without_the_command(stream, monkeypatch):
    class Loop:
        total_samples, samples_seen, seconds, running = 10, 5, 1.0, {"elbo": -1.0}
        finished, epoch = True, 1.0

    monkeypatch.setattr(sys, "stderr", stream)
    for given in (stream, None):
        reporter = progress.reporter(Loop, given)
        reporter.record({"epoch": 1.0, "train_elbo": -1.0})
        reporter.step(Loop)
        reporter.close()
        with progress.counter(10, "importance sampling", given) as on_block:
            if on_block is not None:
                on_block(5)
    assert not run_rounds((jobs for jobs in ()), None, stream)


def test_every_other_command_saves_what_it_makes(tmp_path, run_folder, stream, monkeypatch):
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, stream)
    for command in (["sample", run_folder, "--n", "3", "--out", tmp_path / "draws.npy"],
                    ["export", run_folder, tmp_path / "copy"]):
        assert cli.main([str(argument) for argument in command]) == 0
    assert np.load(tmp_path / "draws.npy").shape == (3, 20)
    assert (tmp_path / "copy" / "checkpoint.npz").exists()


def test_pictures_are_saved_though_nobody_reads_their_names(run_folder, monkeypatch):
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, STREAMS["its reader has gone"]())
    assert cli.main(["figures", str(run_folder)]) == 0
    assert len(list((run_folder / "figures").glob("*.png"))) > 4


def test_an_evaluation_is_kept_before_it_is_printed(run_folder, stream, monkeypatch):
    monkeypatch.setattr(sys, "stdout", stream)
    cli.main(["evaluate", str(run_folder), "--num-samples", "5"])
    assert json.loads((run_folder / "evaluation.json").read_text())["num_samples"] == 5


def test_an_evaluation_that_cannot_be_kept_is_printed(call, run_folder):
    (run_folder / "evaluation.json").mkdir()
    code, out, err = call("evaluate", run_folder, "--num-samples", "5", "--json")
    assert code == 2 and json.loads(out)["num_samples"] == 5
    assert f"cannot write {run_folder / 'evaluation.json'}: Is a directory" in err
    assert "the result is only printed" in err and err.count("\n") == 1


def test_a_result_that_cannot_be_printed_is_an_error_and_stands_on_stderr(run_folder, capsys,
                                                                         monkeypatch):
    monkeypatch.setattr(sys, "stdout", STREAMS["a full device"]())
    assert cli.main(["evaluate", str(run_folder), "--num-samples", "5", "--limit", "2",
                     "--json"]) == 2
    first, result = capsys.readouterr().err.splitlines()
    assert "cannot write to the standard output: No space left on device" in first
    assert json.loads(result)["n"] == 2


# -- real streams ------------------------------------------------------------------------------

def shell(script, folder):
    """A process of `sh` in a folder; $VAE is the command."""
    environment = {**os.environ, "PYTHONPATH": str(Path(vn.__file__).parents[1]),
                   "OPENBLAS_NUM_THREADS": "1", "VAE": f"{sys.executable} -m vae_np"}
    return subprocess.Popen(["sh", "-c", script], env=environment, cwd=folder, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_closed_and_full_and_broken_streams_of_a_real_process(run_folder, images, tmp_path):
    train = f"$VAE train --data {images} {' '.join(TRAIN)} --out "
    evaluate = f"$VAE evaluate {run_folder} --limit 2 --num-samples 5 --json "
    scripts = {
        "closed": f"{train} closed >&- 2>&-",
        "gone": f"({train} gone 2>&1; echo $? >code) | true; exit $(cat code)",
        "evaluate full": f"{evaluate} >/dev/full",
        "help full": "$VAE --help >/dev/full"}
    started = {name: shell(script, tmp_path) for name, script in scripts.items()}
    said = {name: process.communicate(timeout=60) for name, process in started.items()}
    codes = {name: process.returncode for name, process in started.items()}
    assert codes == {"closed": 0, "gone": 0, "evaluate full": 2, "help full": 2}
    for name in ("closed", "gone"):
        assert said[name] == ("", "") and sorted(os.listdir(tmp_path / name)) == [
            "checkpoint.npz", "config.json", "metrics.jsonl"]
        vn.load(tmp_path / name)
    assert json.loads(said["evaluate full"][1].splitlines()[1])["n"] == 2
    assert "usage: vae-np" in said["help full"][1]


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="terminals that hang up are POSIX")
def test_a_terminal_that_is_closed_stops_the_run_and_saves(tmp_path, images, monkeypatch):
    def hang_up(self, loop, step=progress.LineReporter.step):
        step(self, loop)
        signal.raise_signal(signal.SIGHUP)
    monkeypatch.setattr(progress.LineReporter, "step", hang_up)
    before = signal.signal(signal.SIGHUP, lambda number, frame: None)  # else it ends the tests
    try:
        code = cli.main(["train", "--data", str(images), *TRAIN, "--out", str(tmp_path / "run")])
    finally:
        signal.signal(signal.SIGHUP, before)
    assert code == 128 + signal.SIGHUP and vn.load(tmp_path / "run").z_dim == 2


# -- letters -----------------------------------------------------------------------------------

@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "ascii", "cp437"])
def test_help_is_printed_where_letters_are_missing(monkeypatch, encoding):
    for command in ["", "train", "evaluate", "sample", "figures", "export", "gradcheck",
                    "download", "reproduce"]:
        stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        monkeypatch.setattr(sys, "stdout", stream)
        assert cli.main([*command.split(), "--help"]) == 0
        stream.flush()
        assert stream.buffer.getvalue().startswith(b"usage: vae-np")
        assert len(stream.buffer.getvalue()) > 250


def test_messages_are_printed_where_letters_are_missing(tmp_path, monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stderr", stream)
    for data in ("späte θ.npy", b"\xff.npy".decode(errors="surrogateescape")):
        assert cli.main(["train", "--data", data, "--out", str(tmp_path / "run")]) == 2
    stream.flush()
    assert stream.buffer.getvalue().count(b"\n") == 2
    assert b"sp?te ?.npy: no such file" in stream.buffer.getvalue()


def test_a_stream_keeps_the_errors_that_its_owner_chose(monkeypatch):
    """The command asks for no other encoding of a stream that lives on after it."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="strict")
    monkeypatch.setattr(sys, "stdout", stream)
    cli.main(["--help"])
    assert stream.errors == "strict"
