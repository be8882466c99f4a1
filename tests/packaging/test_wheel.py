"""The wheel stands alone: it trains on the embedded digits, far from the source tree."""
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder that holds what the wheel installs."""
    folder = tmp_path_factory.mktemp("wheel")
    build = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder,
         ROOT],
        capture_output=True, text=True)
    if build.returncode and "Could not find a version" in build.stderr:
        pytest.skip("no setuptools to be had: the package index is out of reach")
    assert build.returncode == 0, build.stderr
    wheel, = folder.glob("vae_np-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def _run(installed, cwd, *arguments):
    env = {**os.environ, "PYTHONPATH": str(installed), "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.run([sys.executable, *arguments], cwd=cwd, env=env, capture_output=True,
                          text=True)


def test_it_trains_on_the_embedded_digits(installed, tmp_path):
    run = _run(installed, tmp_path, "-m", "vae_np", "train", "--data", "mnist5k", "--hidden", "20",
               "--z-dim", "2", "--epochs", "1", "--out", "run")
    assert run.returncode == 0, run.stderr
    assert {"config.json", "metrics.jsonl", "checkpoint.npz"} <= set(os.listdir(tmp_path / "run"))


def test_it_is_the_wheel_that_ran_and_its_licences_are_in_it(installed, tmp_path):
    run = _run(installed, tmp_path, "-c", "import vae_np; print(vae_np.__file__)")
    assert Path(run.stdout.strip()).is_relative_to(installed)
    names = {path.name for path in installed.rglob("*")}
    assert {"LICENSE", "mnist5k.npz", "entry_points.txt"} <= names


def test_the_students_notebooks_are_in_it_without_the_solutions(installed):
    """The grader knows from them what a notebook gives."""
    names = {path.name for path in (installed / "vae_np" / "exercises").iterdir()}
    assert "05_gaussian_kl.ipynb" in names and "05_gaussian_kl.md" not in names
    assert "wrong" not in names


def test_import_needs_numpy_and_scipy_alone(installed, tmp_path):
    code = ("import sys, vae_np; heavy = {'matplotlib', 'tqdm', 'cupy', 'torch', 'jax', 'mlxtend',"
            " 'pytest'} & set(sys.modules); assert not heavy, heavy")
    run = _run(installed, tmp_path, "-c", code)
    assert run.returncode == 0, run.stderr
