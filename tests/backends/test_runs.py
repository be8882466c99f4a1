"""Runs on the device: train, stop, resume, load, evaluate, draw. Then devices that are not
there: one line, exit code 2, and nothing on the disk has changed.
"""
import json
import signal
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from devices import assert_same, on_gpu

import vae_np as vn
from vae_np import cli, figures
from vae_np.backend import DeviceError
from vae_np.figures import style
from vae_np.runs import Run, checkpoints, read_config, read_metrics


@pytest.fixture
def data(tmp_path):
    """Examples that are images of 1 × 2 pixels and points in the plane: every picture applies."""
    path = tmp_path / "data.npz"
    rng = np.random.default_rng(1)
    np.savez(path, train=rng.random((37, 1, 2)), test=rng.random((11, 1, 2)))
    return path


@pytest.fixture
def uploads(cupy, monkeypatch):
    """The shapes of the arrays that went to the device."""
    shapes, asarray = [], cupy.asarray

    def note(array, *args, **kwargs):
        if isinstance(array, np.ndarray):
            shapes.append(array.shape)
        return asarray(array, *args, **kwargs)
    monkeypatch.setattr(cupy, "asarray", note)
    return shapes


@pytest.fixture
def call(capsys):
    """call(*arguments) → (exit code, stderr) of the command line."""
    def run(*arguments):
        capsys.readouterr()
        return cli.main([str(argument) for argument in arguments]), capsys.readouterr().err
    return run


@pytest.fixture
def train(data, call):
    """train(device, folder, *more) → (exit code, stderr) of `vae-np train`, a small model."""
    precise = ["--dtype", "float64"] if on_gpu.chosen else []

    def run(device, folder, *more):
        return call("train", "--data", data, "--device", device, "--out", folder, "--z-dim", 2,
                    "--hidden", "5,4", "--batch-size", 10, "--epochs", 2, "--binarize", "dynamic",
                    "--mc-samples", 2, "--weight-prior", "all", "--kl-warmup", 1, *precise, *more)
    return run


def contents(folder):
    """All that a run leaves but the seconds that it took: its checkpoint and its records."""
    header, arrays = checkpoints.read(folder / "checkpoint.npz")
    del header["loop"]["seconds"]
    records = [{**record, "seconds": None} for record in read_metrics(folder)]
    return header, arrays, records


def files(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_train_leaves_the_same_run_as_on_the_host(uploads, train, tmp_path):
    for device in ("cuda", "cpu"):
        assert train(device, tmp_path / device)[0] == 0
    assert_same(contents(tmp_path / "cuda"), contents(tmp_path / "cpu"))
    assert json.loads((tmp_path / "cuda/config.json").read_text())["device"] == "cuda"
    assert (11, 2) in uploads  # the test set went up: the first run used the device


def test_a_stopped_run_resumes_on_the_device(uploads, train, call, tmp_path):
    """Bit for bit, on a GPU too: it does the same sums in the same order each time."""
    assert train("cuda", tmp_path / "straight")[0] == 0
    stopped = Run.create(tmp_path / "stopped", read_config(tmp_path / "straight"))
    assert stopped.train(Stop(20)) == signal.SIGTERM
    uploads.clear()
    assert call("train", "--out", tmp_path / "stopped", "--resume")[0] == 0
    stopped, straight = contents(tmp_path / "stopped"), contents(tmp_path / "straight")
    assert (stopped[0], stopped[2]) == (straight[0], straight[2])
    for name, array in straight[1].items():
        np.testing.assert_array_equal(stopped[1][name], array, strict=True)
    assert uploads


class Stop:
    """A reporter that sends SIGTERM once so many samples are seen."""

    def __init__(self, samples):
        self.samples = samples

    def step(self, loop):
        if loop.samples_seen >= self.samples:
            signal.raise_signal(signal.SIGTERM)

    def record(self, record):
        """Nothing to show."""


def test_load_gives_a_model_of_the_host_that_can_move(cupy, train, tmp_path):
    assert train("cuda", tmp_path / "run")[0] == 0
    host, device = vn.load(tmp_path / "run"), vn.load(tmp_path / "run").to("cuda")
    assert type(host.params.vector) is np.ndarray
    assert type(device.params.vector) is cupy.ndarray
    assert type(device.to("cpu").params.vector) is np.ndarray
    assert_same(device.params.vector, host.params.vector)


def test_the_other_commands_need_no_device(uploads, train, call, tmp_path):
    assert train("cuda", tmp_path / "run")[0] == 0
    uploads.clear()
    assert call("evaluate", tmp_path / "run", "--num-samples", 5)[0] == 0
    assert call("sample", tmp_path / "run", "--out", tmp_path / "draws.npy")[0] == 0
    assert uploads == []


def test_evaluate_computes_on_the_device_that_it_is_given(uploads, train, call, tmp_path):
    assert train("cpu", tmp_path / "run")[0] == 0
    results = {}
    for device in ("cpu", "cuda"):
        assert call("evaluate", tmp_path / "run", "--num-samples", 7, "--device", device)[0] == 0
        results[device] = json.loads((tmp_path / "run/evaluation.json").read_text())
        (tmp_path / "run/evaluation.json").unlink()
    np.testing.assert_allclose(results["cuda"]["nll"], results["cpu"]["nll"], rtol=1e-5)
    assert (11, 2) in uploads


def test_every_picture_can_be_drawn_from_a_model_on_the_device(pair, tmp_path, data, monkeypatch):
    """All that stands on the Axes is compared; what becomes of it as a PNG is another matter."""
    drawn = []
    monkeypatch.setattr(style, "save_png", lambda figure, *_: drawn.append(on_axes(figure)))
    metrics = [{"samples_seen": n, "train_elbo": -2.0, "test_elbo": -2.0 + n} for n in (1, 2)]
    for model in pair(x_dim=2):
        paths = figures.save_run_figures(model, vn.load_dataset(str(data)), metrics, tmp_path,
                                         np.random.default_rng(0))
    host, device = drawn[:8], drawn[8:]
    for path, of_host, of_device in zip(paths, host, device, strict=True):
        assert of_device, path.name
        assert_same(of_device, of_host)


def on_axes(figure):
    """The numbers in a figure: pixels, points, curves, bars and labels."""
    numbers = []
    for ax in figure.axes:
        numbers += [image.get_array().tolist() for image in ax.images]
        numbers += [points.get_offsets().tolist() for points in ax.collections]
        numbers += [line.get_xydata().tolist() for line in ax.lines]
        numbers += [bar.get_bbox().bounds for bar in ax.patches]
        numbers += [ax.get_xlabel(), ax.get_ylabel(), ax.get_title()]
    return numbers


# -- devices that are not there ----------------------------------------------------------------

class FakeCUDAError(RuntimeError):
    """Like those of CUDA's libraries, each of which has a class of its own."""


class NoLibraries:
    """An array on a GPU without CUDA's libraries: it exists, and cannot be used."""

    def __matmul__(self, other):
        raise OSError("libcublas.so: cannot open shared object file")


def no_gpu(*args, **kwargs):
    raise FakeCUDAError("cudaErrorNoDevice: no CUDA-capable\ndevice is detected" + 50 * " and so")


ABSENT = {  # what `import cupy` finds, and what must be said
    "no CuPy": (None, "needs CuPy, which is not installed: pip install '.[gpu]' in a clone"),
    "no GPU": (SimpleNamespace(ones=no_gpu), "FakeCUDAError: cudaErrorNoDevice: no CUDA-capable "
               "device is detected"),
    "no libraries": (SimpleNamespace(ones=lambda *args, **kwargs: NoLibraries()),
                     "OSError: libcublas.so: cannot open shared object file")}


@pytest.fixture(params=ABSENT.values(), ids=ABSENT)
def absent(request, monkeypatch):
    """The reason why there is no device."""
    module, reason = request.param
    monkeypatch.setitem(sys.modules, "cupy", module)
    return reason


def assert_one_line(text, reason):
    assert reason in text and "\n" not in text.strip() and len(text) < 400
    assert "use --device cpu" in text


def test_a_model_stays_where_it_is(absent):
    model = vn.VAE(6, 2, hidden=())
    params = model.params
    with pytest.raises(DeviceError) as caught:
        model.to("cuda")
    assert_one_line(str(caught.value), absent)
    assert model.params is params


def test_a_cupy_that_does_not_load_says_why(tmp_path, monkeypatch):
    (tmp_path / "cupy.py").write_text("raise ImportError('=====\\nlibcuda.so: not found')")
    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(DeviceError) as caught:
        vn.VAE(6, 2, hidden=()).to("cuda")
    assert_one_line(str(caught.value), "ImportError: ===== libcuda.so: not found")


def test_train_is_refused_before_a_file_is_written(absent, train, tmp_path):
    code, err = train("cuda", tmp_path / "run")
    assert code == 2 and not (tmp_path / "run").exists()
    assert_one_line(err, absent)


def test_evaluate_is_refused_as_well(absent, train, call, tmp_path):
    assert train("cpu", tmp_path / "run")[0] == 0
    before = files(tmp_path)
    code, err = call("evaluate", tmp_path / "run", "--num-samples", 7, "--device", "cuda")
    assert code == 2 and files(tmp_path) == before
    assert_one_line(err, absent)


def test_an_older_run_is_not_harmed(absent, train, tmp_path):
    assert train("cpu", tmp_path / "run")[0] == 0
    before = files(tmp_path)
    code, err = train("cuda", tmp_path / "run", "--overwrite")
    assert code == 2 and files(tmp_path) == before
    assert_one_line(err, absent)


def test_a_run_of_a_machine_with_a_gpu_is_not_resumed_elsewhere(absent, train, call, tmp_path):
    assert train("cpu", tmp_path / "run")[0] == 0
    config = tmp_path / "run/config.json"
    config.write_text(config.read_text().replace('"device": "cpu"', '"device": "cuda"'))
    before = files(tmp_path)
    code, err = call("train", "--out", tmp_path / "run", "--resume", "--epochs", 3)
    assert code == 2 and files(tmp_path) == before
    assert_one_line(err, absent)
