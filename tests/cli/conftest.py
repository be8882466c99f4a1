"""The command line, in this process: its exit code, what it printed, and data to train on."""
import numpy as np
import pytest

from vae_np import cli


@pytest.fixture
def call(capsys):
    """call(*arguments) → (exit code, stdout, stderr), as the shell would see them."""
    def run(*arguments):
        capsys.readouterr()
        try:
            code = cli.main([str(argument) for argument in arguments])
        except SystemExit as leaving:  # argparse leaves so
            code = leaving.code
        out, err = capsys.readouterr()
        return code, out, err
    return run


@pytest.fixture
def refused(call):
    """refused(*arguments) → the one line on stderr of what the user got wrong."""
    def run(*arguments):
        code, out, err = call(*arguments)
        assert code == 2 and out == ""
        assert err.startswith("vae-np") and err.endswith("\n") and err.count("\n") == 1
        assert err.isprintable() or err[:-1].isprintable()
        assert len(err) < 400
        return err[:-1]
    return run


@pytest.fixture
def images(tmp_path):
    """40 grey images of 5 × 4 pixels in a file of the user's own."""
    path = tmp_path / "images.npy"
    np.save(path, np.random.default_rng(2).random((40, 5, 4)).astype(np.float32))
    return path


SMALL = ("--hidden", "5", "--z-dim", "2", "--batch-size", "10", "--epochs", "2")


@pytest.fixture
def run_folder(tmp_path, images, call):
    """A finished run on the images."""
    folder = tmp_path / "run"
    assert call("train", "--data", images, *SMALL, "--out", folder)[0] == 0
    return folder
