"""Damaged checkpoints, config.json and metrics.jsonl of every sort: refused in words, or good.

Nothing but the documented exceptions comes out. Accidents change bytes; a forger also writes
values of any kind where others belong, under a checksum that is right. `-m slow` draws fifty times
as many.
"""
import copy
import json
import os
import shutil

import numpy as np
import pytest
from matplotlib.figure import Figure

import vae_np as vn
from vae_np import cli
from vae_np.backend import DeviceError
from vae_np.catalogue import options
from vae_np.figures import learning_curve
from vae_np.runs import Run, RunError, checkpoints, read_config, read_metrics
from vae_np.runs.checkpoints import CheckpointError
from vae_np.training import NonFiniteBoundError

# What a command turns into one line on stderr, and an exit code.
DOCUMENTED = (ValueError, DeviceError, OSError, MemoryError, NonFiniteBoundError)
JSON_TOKENS = (b"NaN", b"-Infinity", b"1e999", b"-1", b"null", b"true", b"[]", b"{}", b'"x"', b",",
               b":", b'"', b"\n", b"\0", b"\xff", b"0.5", b"[" * 3000)
STRANGE = (None, True, -1, 0, 0.5, 7, 10 ** 400, float("nan"), float("inf"), -1e308, "", "x",
           "VAE", "1", [], [0], [None], ["x"], [[2]], {}, {"x": 1}, {"class": "VAE"})
TOO_LARGE = 3000  # a width from which on making the model takes longer than this test should
few_or_many = pytest.mark.parametrize("rounds", [150, pytest.param(
    7500, marks=pytest.mark.slow)])


class Once:
    """A reporter that says nothing; `Run.train` is stopped after the first step."""

    def __init__(self):
        self.steps = 0

    def step(self, loop):
        self.steps += 1

    def record(self, record):
        """Nothing to show."""


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch):
    """Thousands of files are written here, and none of them must outlive a power cut."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture
def tried(finished, tmp_path):
    """tried(name, content): whether a run with such a file can be loaded, evaluated and resumed,
    for one step more, or used in other ways. What is refused is refused for a documented reason.
    """
    def attempt(name, content, *uses):
        folder = tmp_path / "damaged"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(finished, folder)
        (folder / name).write_bytes(content)
        return goes_on(folder, *uses)
    return attempt


def goes_on(folder, *uses):
    good = True
    for use in uses or (vn.load, resume, evaluate):
        try:
            use(folder)
        except DOCUMENTED as error:
            assert str(error)
            good = False
    return good


def resume(folder):
    run, reporter = Run.resume(folder), Once()
    run.train(reporter, lambda: reporter.steps > 0)


def evaluate(folder):
    """As the command does, which knows the same documented exceptions."""
    assert cli.main(["evaluate", str(folder), "--num-samples", "2"]) in (0, 1, 2)


def repeat(folder):
    """The command that began the run, with --resume: its options are held against config.json."""
    assert cli.main(["train", "--out", str(folder), "--resume", "--z-dim", "2", "--seed", "3",
                     "--likelihood", "bernoulli"]) in (0, 1, 2)


def has_a_large_number(value):
    if isinstance(value, (dict, list)):
        return any(map(has_a_large_number, value.values() if isinstance(value, dict) else value))
    return isinstance(value, (int, float)) and value > TOO_LARGE


def places(value, path=()):
    """The paths of all values in a JSON value."""
    for key, inner in (value.items() if isinstance(value, dict) else
                       enumerate(value) if isinstance(value, list) else ()):
        yield (*path, key)
        yield from places(inner, (*path, key))


def replaced(value, path, new):
    """A copy of a JSON value with another value at one place."""
    value = copy.deepcopy(value)
    inner = value
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = new
    return value


# -- accidents ---------------------------------------------------------------------------------

@few_or_many
def test_a_damaged_config_is_refused_or_good(rounds, finished, tried, mutants, capsys):
    whole = (finished / "config.json").read_bytes()
    assert tried("config.json", whole)
    refused = 0
    for mutant in mutants(whole, JSON_TOKENS, rounds):
        try:
            model = json.loads(mutant)["model"]
        except (ValueError, KeyError, TypeError, RecursionError):
            model = None
        if not has_a_large_number(model):
            refused += not tried("config.json", mutant)
    assert refused > rounds // 3


@few_or_many
def test_damaged_metrics_are_refused_or_finite_numbers(rounds, finished, mutants):
    path = finished / "metrics.jsonl"
    whole, records = path.read_bytes(), read_metrics(finished)
    for i, mutant in enumerate(mutants(whole, JSON_TOKENS, rounds)):
        path.write_bytes(mutant)
        try:
            found = read_metrics(finished)
            Run.resume(finished)
        except RunError as error:
            assert "metrics.jsonl is damaged: line" in str(error)
            continue
        assert all(np.isfinite(value) for record in found for value in record.values())
        if found and i % 50 == 0:
            try:
                learning_curve(found, Figure().subplots())
            except ValueError as error:
                assert "no finite bound" in str(error)
    path.write_bytes(whole)
    assert read_metrics(finished) == records


@few_or_many
def test_a_damaged_checkpoint_is_refused(rounds, finished, mutants):
    path = finished / "checkpoint.npz"
    whole = path.read_bytes()
    for mutant in mutants(whole, (b"\0", b"PK\x03\x04", b"{}", b"\x93NUMPY"), rounds):
        path.write_bytes(mutant)
        for use in (vn.load, Run.resume):
            try:
                use(finished)
            except CheckpointError:
                continue
            assert mutant == whole


# -- forgeries ---------------------------------------------------------------------------------

def test_a_config_with_any_value_in_any_place_is_refused_or_good(finished, tried, capsys):
    config = read_config(finished)
    for path in places(config):
        uses = [resume] + [evaluate] * (path[0] in ("data", "trained_on") or "binarize" in path) \
            + [repeat] * (path[0] == "model")
        for new in STRANGE:
            damaged = json.dumps(replaced(config, path, new)).encode()
            tried("config.json", damaged, *uses)


@pytest.mark.parametrize("option", [option if option in ("vae", "dbn", "mcem", "mixture") else
                                    pytest.param(option, marks=pytest.mark.slow)
                                    for option in options()])
def test_a_checkpoint_with_any_value_in_any_place_is_refused_or_good(option, tmp_path, capsys):
    """Of every kind of model: each number of its header, each array of its training's state."""
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "data.npz", train=rng.integers(2, size=(12, 4)),
             test=rng.integers(2, size=(5, 4)))
    size = {"rbm": ["--hidden", "3"], "dbn": ["--hidden", "3,2"],
            "mixture": ["--components", "2"], "gaussian-mixture": ["--components", "2"],
            }.get(option, ["--hidden", "3", "--z-dim", "2"])
    folder = tmp_path / "run"
    assert cli.main(["train", "--data", str(tmp_path / "data.npz"), "--model", option, *size,
                     "--epochs", "2", "--out", str(folder)]) == 0
    path, config = folder / "checkpoint.npz", json.loads((folder / "config.json").read_text())
    config["training"]["epochs"] = 4
    (folder / "config.json").write_text(json.dumps(config))
    header, arrays = checkpoints.read(path)
    kept = {file: file.read_bytes() for file in folder.iterdir()}

    def attempt(header, arrays, *uses):
        for file, content in kept.items():
            file.write_bytes(content)
        checkpoints.write(path, header, arrays)
        return goes_on(folder, *uses or (resume,))

    assert attempt(header, arrays, vn.load, resume, evaluate)
    for place in places({"loop": header["loop"], "records": header["records"]}):
        for new in STRANGE:
            attempt(replaced(header, place, new), arrays)
    for name, array in arrays.items():
        attempt(header, {other: arrays[other] for other in arrays if other != name})
        for new in (array.ravel()[:-1], array[None], array.astype(np.float16), -array - 1,
                    np.full(array.shape, 3e38), np.full(array.shape, "x"), np.zeros(0),
                    np.zeros(array.shape, [("a", "<f4")])):
            attempt(header, {**arrays, name: new})


def test_a_model_with_any_value_in_any_place_of_its_config_is_refused_or_good(finished):
    header, arrays = checkpoints.read(finished / "checkpoint.npz")
    for place in places({"model": header["model"]}):
        for new in (*STRANGE, 10 ** 9):
            checkpoints.write(finished / "checkpoint.npz", replaced(header, place, new), arrays)
            for use in (vn.load, Run.resume):
                try:
                    use(finished)
                except CheckpointError as error:
                    assert "\n" not in str(error)


def test_a_damaged_line_of_metrics_loses_no_other(finished):
    """A last line may be half-written; any other is refused, and nothing is cut."""
    path = finished / "metrics.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    for damage in (b"\n", b"[]\n", b"{}\n", lines[1][:20] + b"\n", b"[" * 100_000 + b"\n",
                   b'{"samples_seen": NaN}\n', b'{"samples_seen": "many"}\n'):
        path.write_bytes(lines[0] + damage + lines[2])
        before = path.read_bytes()
        for use in (read_metrics, Run.resume):
            with pytest.raises(RunError, match="metrics.jsonl is damaged: line 2"):
                use(finished)
        assert path.read_bytes() == before
    path.write_bytes(b"".join(lines) + b'{"epoch": 4.0, "sam')
    assert len(read_metrics(finished)) == 3


def test_an_evaluation_that_is_damaged_is_replaced(finished, capsys):
    for damage in (b"", b"[" * 100_000, b"[]", b'{"num_samples": "many"}', b"\xff", b"{}", b"3"):
        (finished / "evaluation.json").write_bytes(damage)
        assert cli.main(["evaluate", str(finished), "--num-samples", "2"]) == 0
        assert json.loads((finished / "evaluation.json").read_text())["num_samples"] == 2


def test_a_checkpoint_without_a_model_is_not_exported(finished, tmp_path, capsys):
    header, arrays = checkpoints.read(finished / "checkpoint.npz")
    for name, other in (({}, arrays), (header, {}), (header, {"params": np.array(["x"])})):
        checkpoints.write(finished / "checkpoint.npz", name, other)
        assert cli.main(["export", str(finished), str(tmp_path / "kept")]) == 2
        assert "does not describe a model" in capsys.readouterr().err
