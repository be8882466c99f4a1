"""A VAE beside a VAE-GAN: the experiment from start to end, and what its page says."""
import json

import numpy as np
import pytest

import vae_np as vn
from vae_np.experiments import judged, vae_gan
from vae_np.experiments.jobs import running


@pytest.fixture
def small(monkeypatch):
    """A quick look that takes seconds."""
    monkeypatch.setattr(vae_gan, "QUICK", {"mnist5k": {"rows": 4000, "epochs": 1, "hidden": 20,
                                                       "z_dim": 2}})
    monkeypatch.setattr(vae_gan, "QUICK_EFFORT", {"images": 10, "samples": 5, "annealed": 3,
                                                  "count": 60, "epochs": 1})
    monkeypatch.setattr(judged, "TEMPERATURES", 4)


def test_from_start_to_end(options, inline, small):
    experiment = vae_gan.Experiment(options(quick=True, samples_seen=3000))
    running.run_rounds(experiment.rounds(), inline())
    assert [path.name for path in experiment.draw()] == ["mnist5k.png", "vae-gan.json",
                                                         "vae-gan.md"]
    lines = (experiment.out / "vae-gan.json").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    assert [row["name"] for row in rows] == ["data", "vae", "vae-gan"]
    data, *models = rows
    for row in rows:
        assert row["n"] == 60 and 0.0 <= row["told"][0] <= 1.0 and len(row["classes"]) == 10
        assert row["test_sharpness"] == data["test_sharpness"]  # the same test images
        assert row["mmd_width"] == data["mmd_width"]
    for row in models:
        assert row["log_px"][0] < -100 and row["observation"] == judged.BERNOULLI
        assert row["sharpness"][0] < data["sharpness"][0]  # after 30 steps both are blurred
    page = (experiment.out / "vae-gan.md").read_text()
    assert "| | training images | VAE | VAE-GAN |" in page
    for title in vae_gan.ROWS.values():
        assert f"| {title} |" in page
    gan = vn.load(experiment.out / "mnist5k-vae-gan")
    assert isinstance(gan, vn.models.VAEGAN)
    again = vae_gan.Experiment(options(quick=True, samples_seen=3000))
    assert all(job.done() for job in again.jobs.values())
    assert all(again._measuring("mnist5k", name).done() for name in ("data", "vae", "vae-gan"))


def test_there_is_nothing_to_draw_before_the_first_measurement(options):
    with pytest.raises(ValueError, match="nothing to draw yet"):
        vae_gan.Experiment(options(quick=True)).draw()


def test_training_images_are_not_their_own_neighbours():
    """Else a copy of the training set would lie at the distance 0 of itself."""
    images_of = vn.load_dataset("mnist5k")
    found = judged.measure_data(None, "mnist5k", 40, 1, 0)
    assert found["nearest"][0] > 2.0
    assert found["nearest"][0] == pytest.approx(found["nearest_of_test"][0], rel=0.25)
    assert found["test_sharpness"][0] == pytest.approx(found["sharpness"][0], rel=0.1)
    assert np.isclose(sum(found["classes"]), 1.0, atol=1e-3) and images_of.test_labels is not None


def test_pictures_without_labels_have_no_digits_to_count(monkeypatch, tmp_path):
    """Grey pictures of the user's: a Gaussian around the means is stated, with one variance."""
    rng = np.random.default_rng(0)
    path = tmp_path / "grey.npz"
    np.savez(path, train=rng.random((60, 5, 4)), test=rng.random((12, 5, 4)))
    model = vn.VAE(20, 2, (6,), rng=rng)
    found = judged.likelihood_of(model, str(path), vn.load_dataset(str(path)), 8, 5, 2, rng)
    assert found["observation"] == judged.GAUSSIAN and 0.1 < found["sigma"] < 1.0
    assert "classes" not in judged.measure_data(None, str(path), 12, 1, 0)
