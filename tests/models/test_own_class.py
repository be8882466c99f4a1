"""A student's own class of model is trained, measured, saved and loaded as its parent is."""
import subprocess
import sys

import numpy as np
import pytest

import vae_np as vn
from vae_np import evaluation
from vae_np.catalogue import kind_of
from vae_np.runs import Run, save_model
from vae_np.runs.checkpoints import CheckpointError


class Mine(vn.VAE):
    """Nothing changed."""


class Weighted(vn.VAE):
    """With an argument and an objective of its own."""

    def __init__(self, *args, beta=2.0, **kwargs):
        super().__init__(*args, **kwargs)
        self.beta = beta

    def config(self):
        return {**super().config(), "beta": self.beta}

    def elbo_and_grad(self, x, eps, estimator="B", kl_weight=1.0):
        return super().elbo_and_grad(x, eps, estimator, self.beta * kl_weight)


@pytest.fixture
def x():
    return (np.random.default_rng(2).random((30, 6)) < 0.4).astype(np.float32)


def test_it_is_trained_and_measured(x):
    ours, plain = (cls(6, 2, (5,), rng=np.random.default_rng(0)) for cls in (Mine, vn.VAE))
    for model in (ours, plain):
        vn.fit(model, x, epochs=2, rng=np.random.default_rng(1))
    np.testing.assert_array_equal(ours.params.vector, plain.params.vector)
    results = [evaluation.evaluate(model, x, rng=np.random.default_rng(2), num_samples=5)
               for model in (ours, plain)]
    assert results[0] == results[1]
    assert kind_of(ours) is kind_of(plain)


def test_it_is_saved_and_loaded_with_its_own_arguments(x, tmp_path):
    model = Weighted(6, 2, (5,), beta=3.0)
    vn.fit(model, x, epochs=1, rng=np.random.default_rng(1))
    save_model(model, tmp_path / "weighted.npz")
    again = vn.load(tmp_path / "weighted.npz")
    assert type(again) is Weighted and again.beta == 3.0
    np.testing.assert_array_equal(again.params.vector, model.params.vector)


def test_it_has_a_run_folder(x, tmp_path):
    np.save(tmp_path / "x.npy", x)
    config = {"data": str(tmp_path / "x.npy"), "seed": 0, "device": "cpu",
              "model": {"class": "Weighted", "z_dim": 2, "hidden": [5], "beta": 4.0},
              "training": {"epochs": 1}}
    run = Run.create(tmp_path / "run", config)
    run.save()
    assert Run.resume(tmp_path / "run").model.beta == vn.load(tmp_path / "run").beta == 4.0


def test_where_its_class_is_not_to_be_found_it_is_said_how(tmp_path):
    """Another process, which has not imported the class."""
    (tmp_path / "student.py").write_text("import vae_np as vn\n\n"
                                         "class Theirs(vn.VAE):\n    pass\n")
    make = ("import student\nfrom vae_np.runs import save_model\n"
            "save_model(student.Theirs(3, 2, (4,)), 'theirs.npz')")
    run(tmp_path, make)
    complaint = run(tmp_path, "import vae_np as vn\ntry:\n    vn.load('theirs.npz')\n"
                              "except ValueError as error:\n    print(error)")
    assert "its model is a Theirs, which this release does not know" in complaint
    assert "import it from student first, or use vn.load(path, model=Theirs)" in complaint
    assert "Theirs" in run(tmp_path, "import student, vae_np as vn\nprint(vn.load('theirs.npz'))")
    assert "Theirs" in run(tmp_path, "import vae_np as vn\nfrom student import Theirs\n"
                                     "print(vn.load('theirs.npz', model=Theirs))")


def run(folder, program):
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, text=True,
                          capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_class_of_no_kind_is_refused_in_one_sentence(x):
    class Nothing:
        pass

    with pytest.raises(ValueError, match="a Nothing is no kind of model that vae_np knows"):
        kind_of(Nothing())
    with pytest.raises(CheckpointError, match="there is no checkpoint"):
        vn.load("nowhere", model=Mine)
