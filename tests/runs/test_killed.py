"""Real processes, real signals: what they leave can always be read, and goes on."""
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import vae_np
from vae_np import cli
from vae_np.runs import read_metrics

HERE = Path(__file__).parent
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX processes")


def start(*arguments):
    """`python ...` with one BLAS thread, beside this source tree's vae_np."""
    environment = {**os.environ, "PYTHONPATH": str(Path(vae_np.__file__).parents[1]),
                   "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)], env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        # A background job of a shell has SIGINT ignored, and passes that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))


@pytest.mark.parametrize("kills", [10, pytest.param(50, marks=pytest.mark.slow)])
def test_killed_at_random_moments(tmp_path, outcome, kills):
    process = start(HERE / "kill_and_resume.py", tmp_path, kills)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0 and err == "", err
    seen = json.loads(out)
    assert seen["killed"] == kills and seen["unreadable"] == seen["failed"] == 0
    assert seen["samples"] == sorted(seen["samples"]) and seen["samples"][-1] > 0
    assert outcome(tmp_path / "killed") == outcome(tmp_path / "straight")
    assert sorted(path.name for path in (tmp_path / "killed").iterdir()) == [
        "checkpoint.npz", "config.json", "metrics.jsonl"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_command_and_resume_finishes_it(tmp_path, data_file, outcome, number):
    command = ["-m", "vae_np", "train", "--data", data_file, "--z-dim", "2", "--hidden", "5",
               "--batch-size", "10", "--epochs", "400", "--eval-every", "10"]
    process = start(*command, "--out", tmp_path / "stopped")
    while not read_metrics(tmp_path / "stopped") and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number and out == ""
    assert err.splitlines()[-1].startswith("stopped after ")
    assert err.endswith(f"vae-np train --out {tmp_path / 'stopped'} --resume\n")

    assert cli.main(["train", "--out", str(tmp_path / "stopped"), "--resume"]) == 0
    assert cli.main([*map(str, command[2:]), "--out", str(tmp_path / "straight")]) == 0
    assert outcome(tmp_path / "stopped") == outcome(tmp_path / "straight")
