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


class Fixed(vn.VAE):
    """With fewer arguments than its parent, and a config() that does not know it."""

    def __init__(self, x_dim, z_dim, rng=None):
        super().__init__(x_dim, z_dim, (5,), rng=rng)


def test_what_could_not_be_loaded_is_not_saved(tmp_path):
    with pytest.raises(ValueError, match="a Fixed could not be loaded again.*config"):
        save_model(Fixed(6, 2), tmp_path / "fixed.npz")
    assert not list(tmp_path.iterdir())


def test_the_class_that_is_given_must_be_the_file_s(tmp_path):
    save_model(vn.models.WakeSleep(6, 2, (5,)), tmp_path / "model.npz")
    with pytest.raises(CheckpointError, match="it holds a WakeSleep, not a VAE"):
        vn.load(tmp_path / "model.npz", model=vn.VAE)
    for wrong in (dict, "VAE", Mine(6, 2)):
        with pytest.raises(TypeError, match="model must be a class of models"):
            vn.load(tmp_path / "model.npz", model=wrong)


def test_of_a_class_that_was_defined_twice_the_last_one_is_meant(tmp_path):
    """As in a notebook, whose cell was run again with another parent."""
    assert "VAE" == run(tmp_path, "import vae_np as vn\nfrom vae_np.runs import save_model\n"
                        "class Again(vn.models.FullVB):\n    pass\nold = Again\n"
                        "class Again(vn.VAE):\n    pass\n"
                        "save_model(Again(3, 2, (4,)), 'again.npz')\n"
                        "print(type(vn.load('again.npz')).__mro__[1].__name__)").strip()


def test_a_script_s_class_is_found_where_it_is_imported(tmp_path):
    """In the script it was __main__'s."""
    (tmp_path / "script.py").write_text(
        "import vae_np as vn\nfrom vae_np.runs import save_model\n\n"
        "class Ours(vn.VAE):\n    pass\n\nif __name__ == '__main__':\n"
        "    save_model(Ours(3, 2, (4,)), 'ours.npz')\n")
    run(tmp_path, "import runpy; runpy.run_path('script.py', run_name='__main__')")
    assert "Ours" in run(tmp_path, "import script, vae_np as vn\nprint(vn.load('ours.npz'))")


class Patient(vn.VAE):
    """It asks for other settings of its training."""

    def training_defaults(self):
        return {**super().training_defaults(), "epochs": 3}


def test_what_a_model_asks_for_is_what_fit_takes(x):
    history = vn.fit(Patient(6, 2, (5,)), x, rng=np.random.default_rng(0))
    assert history[-1]["epoch"] == 3.0
    assert vn.fit(Patient(6, 2, (5,)), x, epochs=1, rng=np.random.default_rng(0))[-1]["epoch"] == 1
