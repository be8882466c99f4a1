"""What the README promises about running again, and the numbers that it gives."""
import json
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import measure  # noqa: E402

SMALL = {"hidden": 20, "steps": 5, "epochs": 1, "train": 200}
RECORD = json.loads((HERE / "measured.json").read_text(encoding="utf-8"))


def test_another_process_gives_the_same_run_bit_for_bit():
    """One step, a few steps, a whole training run: the same seed, the same bits."""
    one, other = (measure.run(sys.executable, {}, SMALL) for _ in range(2))
    assert {"value", "gradient", "parameters", "bound"} <= set(one)
    for name, numbers in one.items():
        np.testing.assert_array_equal(other[name], numbers)


def test_without_numpy_s_own_kernels_a_run_is_the_same_to_rounding():
    """And the measure sees a difference: another seed's run is far off in every column."""
    disabled = " ".join(measure.instruction_sets(sys.executable))
    one = measure.run(sys.executable, {}, SMALL)
    plain = measure.run(sys.executable, {"NPY_DISABLE_CPU_FEATURES": disabled}, SMALL)
    assert max(measure.part(one, plain).values()) < 1e-3
    other = measure.run(sys.executable, {}, SMALL, seed=1)
    assert min(measure.part(one, other).values()) > 1e-3


def test_the_same_machine_numpy_and_threads_gave_the_same_run():
    same = [row for row in RECORD["rows"] if row["group"] == "same"]
    assert same and all(row[column] == 0.0 for row in same
                        for column in ("value", "gradient", "parameters", "bound"))
