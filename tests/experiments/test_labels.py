"""What labels are good for: the experiment from its start to its end, made small."""
import json

import numpy as np
import pytest

import vae_np as vn
from vae_np.experiments import labels
from vae_np.experiments.jobs import running
from vae_np.runs.checkpoints import read


def test_from_start_to_end(options, inline, monkeypatch):
    monkeypatch.setattr(labels, "FIRST", 40)
    monkeypatch.setattr(labels, "SAMPLES", 10)
    experiment = labels.Experiment(options(samples_seen=1000, quick=True))
    assert list(experiment.jobs) == ["vae", "conditional", "few-labels"]
    running.run_rounds(experiment.rounds(), inline())
    assert [path.name for path in experiment.draw()] == list(experiment.products)
    rows = {row["name"]: row for row in map(json.loads, (
        experiment.out / "labels.json").read_text().splitlines())}
    assert list(rows) == ["vae", "conditional", "few-labels", "pixels", "codes"]
    assert rows["conditional"]["nll_any_label"] > rows["conditional"]["nll"] - 2.31
    assert "nll_any_label" not in rows["vae"] and rows["few-labels"]["n"] == 1000
    page = (experiment.out / "labels.md").read_text()
    assert "quoted from memory" in page and "| linear probe of the pixels, " in page
    shown = read(experiment.out / "few-labels" / "checkpoint.npz")[1]["labelled"]
    assert np.bincount(vn.load_dataset("mnist5k").train_labels[shown]).tolist() == [10] * 10
    assert all(job.done() for job in labels.Experiment(
        options(samples_seen=1000, quick=True)).jobs.values())


def test_there_is_nothing_to_draw_before_the_first_measurement(options):
    with pytest.raises(ValueError, match="nothing to draw yet"):
        labels.Experiment(options()).draw()
