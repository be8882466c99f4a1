"""Figure 3: runs that keep their snapshots, a measurement for each, curves and paired errors."""
import json

import numpy as np
import pytest

from vae_np.experiments import fig3
from vae_np.experiments.jobs import running
from vae_np.experiments.jobs.measuring import MeasuringJob

IMAGES = 40
MEASURE = fig3.measure


def measured(model_path, data, images, seed):
    """Stands in for appendix D: each algorithm's images have fixed log p(x)."""
    rng = np.random.default_rng(0)
    level = {"aevb": -150.0, "wake-sleep": -155.0, "mcem": -140.0}
    algorithm = next(name for name in level if name in str(model_path))
    log_px = level[algorithm] + 10 * rng.standard_normal(images)
    log_px += np.random.default_rng(list(level).index(algorithm) + 1).standard_normal(images)
    split = {"log_px": log_px.tolist(), "mc_stderr": [0.4] * images, "acceptance": 0.9,
             "divergences": 0}
    return {"train": split, "test": split, "summary": "measured"}


@pytest.fixture
def experiment(options, inline, monkeypatch):
    """The whole of figure 3, small, with one size of data."""
    monkeypatch.setattr(fig3, "QUICK_SIZES", (300,))
    monkeypatch.setattr(fig3, "QUICK_IMAGES", IMAGES)
    monkeypatch.setattr(fig3, "measure", measured)
    experiment = fig3.Experiment(options(quick=True, samples_seen=1000))
    experiment.engine = inline()
    running.run_rounds(experiment.rounds(), experiment.engine)
    return experiment


def test_each_snapshot_is_measured_once(experiment, inline):
    cells = [f"mnist5k-300-{name}-z3" for name in ("aevb", "wake-sleep", "mcem")]
    assert [name for name in experiment.engine.log if name in cells] == cells
    for cell in cells:
        kept = {path.stem for path in (experiment.out / cell / "snapshots").iterdir()}
        assert kept and kept == {path.stem
                                 for path in (experiment.out / cell / "measured").iterdir()}
    again = inline()
    running.run_rounds(experiment.rounds(), again)
    assert again.log == []


def test_the_records_hold_means_errors_and_paired_differences(experiment):
    experiment.draw()
    rows = [json.loads(line) for line in
            (experiment.out / "measurements.jsonl").read_text().splitlines()]
    last = {row["algorithm"]: row for row in rows if row["samples_seen"] == 1000}
    mcem = last["mcem"]
    assert mcem["leapfrog_steps"] == 200 * 10  # 200 visits, each counts 5 samples
    # The images differ by 10 nats, the same images under two models by √2: pairing shows it.
    assert 1.0 < mcem["test_stderr"] < 2.5
    assert mcem["test_above_aevb"] == pytest.approx(10, abs=1)
    assert mcem["test_above_aevb_stderr"] == pytest.approx(np.sqrt(2 / IMAGES), rel=0.4)
    assert mcem["test_mc_stderr"] == pytest.approx(0.4 / np.sqrt(IMAGES), abs=1e-3)
    assert "test_above_aevb" not in last["aevb"]
    table = (experiment.out / "table.md").read_text()
    assert "leapfrog steps" in table and "above AEVB | ± s.e." in table


def test_an_exported_copy_draws_the_same(experiment, tmp_path):
    experiment.draw()
    experiment.export(tmp_path / "kept")
    before = {path.name: path.read_bytes() for path in (tmp_path / "kept").glob("*.*")}
    assert "figure3.png" in before
    experiment.out = tmp_path / "kept"
    experiment.draw()
    assert {path.name: path.read_bytes() for path in (tmp_path / "kept").glob("*.*")} == before


def test_the_figure_has_the_paper_s_curves_underneath():
    rows = [{"n_train": 1000, "algorithm": "mcem", "samples_seen": 10**6, "train": -120.0,
             "test": -150.0}]
    left, right = fig3.figure(rows, fig3.SIZES).axes
    assert [left.get_title(), right.get_title()] == ["1000 training images",
                                                     "50000 training images"]
    lines = {line.get_label(): line for line in left.lines}
    np.testing.assert_array_equal(lines["Monte Carlo EM, test"].get_data(), [[10**6], [-150]])
    seen, nats = lines["Monte Carlo EM, test, the paper"].get_data()
    assert nats[list(seen).index(10**7)] == -142.4
    assert "AEVB, train, the paper" in {line.get_label() for line in right.lines}


def test_a_measurement_with_other_settings_is_made_again(tmp_path):
    def job(**settings):
        return MeasuringJob("m", tmp_path / "a" / "m.json", lambda path, **given: given, tmp_path,
                            settings)
    assert not job(images=3).done()
    assert job(images=3).run().state == "done" and job(images=3).done()
    assert not job(images=4).done()
    (tmp_path / "a" / "m.json").write_text('{"settings"')
    assert not job(images=3).done()


def test_appendix_d_measures_a_snapshot(experiment):
    path = sorted((experiment.out / "mnist5k-300-aevb-z3" / "snapshots").iterdir())[-1]
    result = MEASURE(path, "mnist5k:300", images=2, seed=0)
    for split in ("train", "test"):
        assert len(result[split]["log_px"]) == len(result[split]["mc_stderr"]) == 2
        assert -800 < np.mean(result[split]["log_px"]) < -50
    assert result["summary"].startswith("log p(x): train -")
