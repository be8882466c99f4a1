"""The benchmarks run. What they measure is for a person to read, on a quiet machine."""
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from vae_np.backend import DeviceError, device_module

HERE = Path(__file__).parent


def run(script, *arguments):
    """What a benchmark prints."""
    result = subprocess.run([sys.executable, HERE / script, *arguments], capture_output=True,
                            text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    return result.stdout


def printed_times(printed):
    return dict(re.findall(r"^(ours|workers|floor) +([\d.]+) ms", printed, re.M))


@pytest.mark.parametrize("script, short", [
    ("step.py", ["--steps", "3"]),
    ("step.py", ["--steps", "1", "--batch", "1000"]),
    ("log_likelihood.py", ["--images", "4", "--num-samples", "100"])])
def test_contenders_are_timed_beside_their_floor(script, short, tmp_path):
    """And each run is one more line of the record, with what was printed."""
    record = tmp_path / "record.json"
    for runs in (1, 2):
        printed = run(script, "--only", "ours,floor", "--rounds", "2", "--record", record, *short)
        times = printed_times(printed)
        assert set(times) == {"ours", "floor"} and all(float(ms) > 0 for ms in times.values())
        recorded = json.loads(record.read_text())
        assert len(recorded) == runs and recorded[-1]["cores"] >= 1
        printed_ms = {name: pytest.approx(float(ms), abs=0.006) for name, ms in times.items()}
        assert recorded[-1]["ms"] == printed_ms


def test_a_step_that_is_shared_out_has_a_row_and_ratios_of_its_own():
    printed = run("step.py", "--only", "ours,workers,floor", "--rounds", "1", "--steps", "2")
    assert set(printed_times(printed)) == {"ours", "workers", "floor"}
    ratios = re.findall(r"(ours|workers) / (ours|workers|floor): [\d.]+", printed)
    assert len(ratios) == len(set(ratios)) == 6


@pytest.mark.parametrize("script", ["step.py", "log_likelihood.py"])
def test_without_avx512_every_contender_says_that_it_uses_avx2(script, tmp_path):
    record = tmp_path / "record.json"
    short = {"step.py": ["--steps", "1"],
             "log_likelihood.py": ["--images", "4", "--num-samples", "20"]}[script]
    printed = run(script, "--only", "ours,floor", "--rounds", "1", "--record", record,
                  "--no-avx512", *short)
    about = dict(re.findall(r"^(ours|floor) +NumPy with (\S+), BLAS for \w+; products at \d+ "
                            r"GFLOP/s$", printed, re.M))
    assert set(about) == set(printed_times(printed)) == {"ours", "floor"}
    assert "AVX-512" not in about.values()
    assert re.search("AVX2$|neither AVX2 nor AVX-512$",
                     json.loads(record.read_text())[0]["processor"])


def test_the_gpu_s_benchmark_says_where_there_is_none():
    """On a GPU it takes minutes, and a person starts it."""
    try:
        device_module("cuda")
    except DeviceError:
        result = subprocess.run([sys.executable, HERE / "gpu.py"], capture_output=True, text=True,
                                timeout=120)
        assert result.returncode == 2 and result.stdout == ""
        assert result.stderr.startswith("device 'cuda'") and result.stderr.count("\n") == 1


def test_an_epoch_is_taken_apart():
    printed = run("epoch.py", "--steps", "3", "--images", "600", "--no-avx512")
    processor, _, tables = printed.partition("\n")
    assert "AVX2" in processor
    one_thread, default, whole = tables.strip().split("\n\n")
    for table in (one_thread, default):
        parts = dict(re.findall(r"^  (\S.*?) {2,}([\d.]+)", table, re.M))
        total = float(parts.pop("all of it"))
        floor = float(parts.pop("the floor: the matrix products alone"))
        parts.pop("and a record: the bound of the test set")
        assert len(parts) == 12 and 0 < floor
        assert sum(map(float, parts.values())) == pytest.approx(total, abs=0.01)
    alone, shared, ratio = map(float, re.search(
        r"one process: ([\d.]+) ms a step; shared out among \d+: ([\d.]+), ([\d.]+) of it$",
        whole).groups())
    assert alone > 0 and ratio == pytest.approx(shared / alone, abs=0.01)
