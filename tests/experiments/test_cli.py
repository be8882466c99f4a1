"""`vae-np reproduce`: what it is asked, what it says, its exit codes."""
import signal
from importlib import import_module

import pytest

from vae_np import cli
from vae_np.cli import reproduce as experiments_cli
from vae_np.experiments import fig2
from vae_np.experiments.paper_grid import Cell
from vae_np.runs import read_config


@pytest.fixture
def reproduce(capsys, monkeypatch, inline, tmp_path):
    """reproduce(*arguments, before=...) → (exit code, stdout, stderr), on an inline engine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fig2, "QUICK_GRID", {"mnist5k": (2,)})

    def run(*arguments, before=lambda job: None):
        monkeypatch.setattr(experiments_cli, "make_engine",
                            lambda workers, scheduler: inline(before))
        try:
            code = cli.main(["reproduce", *map(str, arguments)])
        except SystemExit as leaving:
            code = leaving.code
        return (code, *capsys.readouterr())
    return run


SMALL = ("fig2", "--quick", "--samples-seen", "500")


def test_runs_draws_and_exports(reproduce, tmp_path):
    code, out, err = reproduce(*SMALL, "--export", "kept")
    assert code == 0 and "8 done" in err.splitlines()
    kept = out.splitlines()
    assert "kept/figure2.png" in kept and "kept/mnist5k-aevb-z2/metrics.jsonl" in kept
    assert (tmp_path / "runs" / "fig2-quick" / "figure2.png").exists()
    code, out, err = reproduce(*SMALL, "--draw-only")
    assert code == 0 and err == "" and out.splitlines()[0].endswith("runs/fig2-quick/figure2.png")


@pytest.mark.parametrize("options, init", [((), "paper-variance"), (("--init", "paper"), "paper")])
def test_first_weights_are_read_as_asked(reproduce, tmp_path, options, init):
    assert reproduce(*SMALL, *options)[0] == 0
    model = read_config(tmp_path / "runs" / "fig2-quick" / "mnist5k-aevb-z2")["model"]
    assert model["init"] == init


def test_a_signal_is_the_exit_code_and_the_command_goes_on(reproduce):
    code, out, err = reproduce(*SMALL, before=lambda job: signal.raise_signal(signal.SIGTERM))
    assert code == 128 + signal.SIGTERM and out == ""
    assert err.splitlines()[-1] == "stopped; every run has saved, and the same command goes on"
    code, out, err = reproduce(*SMALL)
    assert code == 0 and "6 jobs, 1 of them done before" in err


def test_another_run_in_the_way_is_one_line(reproduce):
    assert reproduce(*SMALL)[0] == 0
    code, out, err = reproduce("fig2", "--quick", "--samples-seen", "400")
    assert code == 2 and out == "" and len(err.splitlines()) == 1
    assert "holds another run: its samples_seen is 50, here it is 40" in err


def test_a_job_that_fails_is_exit_code_1(reproduce, monkeypatch):
    monkeypatch.setattr(Cell, "config", lambda self, step, seen, at: {
        "data": "moons", "seed": 0, "device": "cpu", "model": {}, "training":
        {"samples_seen": seen}})
    code, out, err = reproduce(*SMALL)
    assert code == 1 and "6 failed" in err.splitlines()
    assert "unknown data set 'moons'" in err and "left out mnist5k-aevb-z2" in err


@pytest.mark.parametrize("arguments, message", [
    (("fig7",), "invalid choice: 'fig7'"),
    (("fig2", "--worker", "2"), "unknown argument '--worker': did you mean --workers?"),
    (("fig2", "--samples-seen", "1.5"), "'1.5' is not a whole number")])
def test_what_it_does_not_know_is_one_line(reproduce, arguments, message):
    code, out, err = reproduce(*arguments)
    assert code == 2 and out == "" and message in err and len(err.splitlines()) == 1


def test_every_name_of_the_help_has_its_experiment():
    for name in experiments_cli.NAMES:
        experiment = import_module(f"vae_np.experiments.{name.replace('-', '_')}").Experiment
        assert experiment.__doc__ and experiment.products
        assert f"\n  {name} " in experiments_cli.REPRODUCE
