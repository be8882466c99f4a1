"""The benchmark runs. What it measures is for a person to read, on a quiet machine."""
import re
import subprocess
import sys
from pathlib import Path

STEP = Path(__file__).with_name("step.py")


def test_a_step_is_timed_beside_its_floor():
    run = subprocess.run([sys.executable, STEP, "--only", "ours,floor", "--rounds", "2",
                          "--steps", "3"], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    times = dict(re.findall(r"^(ours|floor) +([\d.]+) ms", run.stdout, re.M))
    assert set(times) == {"ours", "floor"} and all(float(ms) > 0 for ms in times.values())
