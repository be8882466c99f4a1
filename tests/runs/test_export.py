"""A run kept in little space: records and figures as they were, weights rounded."""
import json

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
