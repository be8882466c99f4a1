"""A run kept in little space: records and figures as they were, weights rounded."""
import json
import shutil

import numpy as np
import pytest

import vae_np as vn
from vae_np.cli import main
from vae_np.runs import RunError, checkpoints
from vae_np.runs.checkpoints import CheckpointError
from vae_np.runs.export import export


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "small"
    assert main(["train", "--data", "pinwheel", "--likelihood", "gaussian", "--hidden", "8",
                 "--z-dim", "2", "--samples-seen", "500", "--out", str(folder)]) == 0
    (folder / "figures").mkdir()
    (folder / "figures" / "curve.png").write_bytes(b"a picture")
    return folder


def test_the_copy_loads_with_weights_rounded_to_float16(run, tmp_path):
    export(run, tmp_path / "kept")
    weights, kept = (vn.load(folder).params.vector for folder in (run, tmp_path / "kept"))
    assert np.array_equal(kept, weights.astype(np.float16).astype(np.float32))
    assert not np.array_equal(kept, weights)
    assert (tmp_path / "kept" / "checkpoint.npz").stat().st_size \
        < (run / "checkpoint.npz").stat().st_size / 2


def test_records_and_figures_are_the_same_bytes(run, tmp_path):
    paths = export(run, tmp_path / "kept", weights=False)
    assert {str(path.relative_to(tmp_path / "kept")) for path in paths} \
        == {"config.json", "metrics.jsonl", "figures/curve.png"}
    assert all(path.read_bytes() == (run / path.relative_to(tmp_path / "kept")).read_bytes()
               for path in paths)


def test_the_copy_can_be_evaluated_but_not_resumed(run, tmp_path, capsys):
    export(run, tmp_path / "kept")
    capsys.readouterr()
    assert main(["evaluate", str(tmp_path / "kept"), "--num-samples", "2", "--limit", "5",
                 "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["n"] == 5
    assert main(["train", "--resume", "--out", str(tmp_path / "kept")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_what_cannot_be_exported_is_refused(run, tmp_path):
    with pytest.raises(RunError, match="no run folder"):
        export(tmp_path, tmp_path / "kept")
    big = tmp_path / "big"
    export(run, big)
    model = vn.load(run)
    model.params.vector[3] = 1e5
    checkpoints.write(big / "checkpoint.npz",
                      {"model": {"class": "VAE", "config": model.config()}},
                      {"params": model.params.vector})
    with pytest.raises(CheckpointError, match="65504"):
        export(big, tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*")
            if path.is_file()}


@pytest.fixture
def copy(run, tmp_path):
    """A run folder of its own, with all that the run has."""
    shutil.copytree(run, tmp_path / "run")
    return tmp_path / "run"


@pytest.mark.parametrize("way", ["run", "run/.", "./run", "run/figures/..", "link", "link/."])
def test_a_run_is_not_exported_onto_itself(copy, tmp_path, monkeypatch, way):
    (tmp_path / "link").symlink_to(copy, target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    before = contents(copy)
    for source in ("run", "link", copy):
        with pytest.raises(RunError, match="is the run itself"):
            export(source, way)
    assert contents(copy) == before


def test_an_export_replaces_no_other_run(run, copy, tmp_path, capsys):
    """Neither a run of the same settings that can go on, nor a copy of another one."""
    before = contents(copy)
    with pytest.raises(RunError, match="holds a run that can go on"):
        export(run, copy)
    assert contents(copy) == before
    assert main(["train", "--data", "pinwheel", "--likelihood", "gaussian", "--hidden", "8",
                 "--z-dim", "3", "--samples-seen", "500", "--out", str(tmp_path / "other")]) == 0
    for weights in (True, False):
        kept = tmp_path / f"kept{weights}"
        export(tmp_path / "other", kept, weights)
        before = contents(kept)
        with pytest.raises(RunError, match=f"{kept} holds another run than {run}"):
            export(run, kept, weights)
        assert contents(kept) == before


@pytest.mark.parametrize("name", ["config.json", "metrics.jsonl", "evaluation.json"])
def test_an_export_replaces_no_files_that_are_not_a_run_s(run, tmp_path, name):
    (tmp_path / name).write_text('{"mine": 1}')
    with pytest.raises(RunError, match=f"{name} may be somebody else's"):
        export(run, tmp_path)
    assert contents(tmp_path) == {name: b'{"mine": 1}'}
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "figures").touch()
    for folder, complaint in ((tmp_path / name, "is a file"), ("", "has no name"),
                              (tmp_path / "odd", "is no folder")):
        with pytest.raises(RunError, match=complaint):
            export(run, folder)


def test_an_export_replaces_an_older_copy_whole(run, copy, tmp_path):
    """Also after the run went on; what the run no longer has does not stay in the copy."""
    (copy / "evaluation.json").write_text("{}")
    (copy / "figures" / "manifold.png").write_bytes(b"an older picture")
    export(copy, tmp_path / "kept")
    (tmp_path / "kept" / "notes.txt").write_text("mine")
    (copy / "evaluation.json").unlink()
    (copy / "figures" / "manifold.png").unlink()
    assert main(["train", "--out", str(copy), "--resume", "--samples-seen", "700"]) == 0
    export(copy, tmp_path / "kept")
    assert set(contents(tmp_path / "kept")) == {
        "checkpoint.npz", "config.json", "metrics.jsonl", "figures/curve.png", "notes.txt"}
    assert (tmp_path / "kept" / "metrics.jsonl").read_bytes() \
        == (copy / "metrics.jsonl").read_bytes()
    export(copy, tmp_path / "kept", weights=False)
    assert not (tmp_path / "kept" / "checkpoint.npz").exists()


def test_an_export_does_not_write_through_links(run, tmp_path):
    (tmp_path / "elsewhere.jsonl").write_text("another's records")
    export(run, tmp_path / "kept")
    (tmp_path / "kept" / "metrics.jsonl").unlink()
    (tmp_path / "kept" / "metrics.jsonl").symlink_to(tmp_path / "elsewhere.jsonl")
    export(run, tmp_path / "kept")
    assert (tmp_path / "elsewhere.jsonl").read_text() == "another's records"
    assert not (tmp_path / "kept" / "metrics.jsonl").is_symlink()
