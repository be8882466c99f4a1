"""The paper's grid: settings, marks, and the step that early training chooses."""
import json

import pytest

from vae_np.experiments.jobs.training import DIVERGED, DONE, FAILED, Outcome
from vae_np.experiments.paper_grid import EARLY, STEPS, Cell, best_step, rounds, write_steps

CELL = Cell("mnist5k", 3, "aevb")


def test_marks_are_even_in_log_samples():
    expected = sorted({int(round(10 ** (5 + i / 20), -3)) for i in range(41)})
    assert list(Cell("mnist", 3, "aevb").marks(10_000_000)) == expected
    assert Cell("mnist", 3, "aevb").marks(100_000_000)[:41] == tuple(expected)
    few = Cell("mnist", 3, "aevb", marks_per_decade=10).marks(10_000_000)
    assert len(few) == 21 and set(few) <= set(expected)
    assert CELL.marks(2000)[0] == 100 and CELL.marks(2000)[-1] == 2000
    assert all(mark % 100 == 0 for mark in CELL.marks(200_000))


def test_settings_are_the_paper_s():
    mnist = Cell("mnist", 20, "wake-sleep").config(0.02, 10**7, ())
    assert mnist["model"] == {
        "class": "WakeSleep", "z_dim": 20, "hidden": [500], "activation": "tanh",
        "likelihood": "bernoulli", "init": "paper-variance", "dtype": "float32"}
    training = mnist["training"]
    names = ("optimizer", "lr", "batch_size", "weight_prior", "binarize")
    assert tuple(training[name] for name in names) == ("adagrad", 0.02, 100, "all", "none")
    frey = Cell("frey", 2, "aevb").config(0.02, 10**7, ())
    assert frey["model"]["hidden"] == [200]
    assert frey["model"]["likelihood"] == "gaussian-sigmoid"
    subset = Cell("mnist:1000", 3, "mcem", hidden=100)
    assert subset.name == "mnist-1000-mcem-z3"
    assert subset.config(0.01, 10**7, ())["model"]["hidden"] == [100]


def test_the_long_run_goes_on_from_its_probe(tmp_path):
    long, probes = CELL.long(tmp_path, 10**7, 0.02), CELL.probes(tmp_path, 10**7)
    assert long.grows_from == probes[0.02].folder == tmp_path / "mnist5k-aevb-z3-step0.02"
    early = probes[0.02].config["training"]
    assert early["samples_seen"] == EARLY
    assert early["eval_at"] == tuple(m for m in CELL.marks(10**7) if m <= EARLY)
    assert {**early, "samples_seen": 0, "eval_at": 0} == {
        **long.config["training"], "samples_seen": 0, "eval_at": 0}
    with_snapshots = Cell("mnist5k", 3, "aevb", snapshots=True, seconds=9)
    assert with_snapshots.long(tmp_path, 10**7, 0.02).grows_from is None
    assert with_snapshots.long(tmp_path, 10**7, 0.02).seconds == 9


def write_probes(write_run, cell, out, last):
    """Probes whose last records are {step: (share of the probe's samples, training bound)}."""
    for step, job in cell.probes(out, 10**7).items():
        share, bound = last[step]
        records = [{"samples_seen": 1000, "train_elbo": -1.0}] + (
            [{"samples_seen": int(EARLY * share), "train_elbo": bound}] if share else [])
        write_run(job, records)


@pytest.mark.parametrize("last, best", [
    ({0.01: (1, -150.0), 0.02: (1, -140.0), 0.1: (1, -900.0)}, 0.02),
    ({0.01: (1, -150.0), 0.02: (0.5, -140.0), 0.1: (0, 0)}, 0.01),  # these diverged
    ({0.01: (0, 0), 0.02: (0, 0), 0.1: (0, 0)}, None)])
def test_the_best_training_bound_at_the_end_wins(tmp_path, write_run, last, best):
    write_probes(write_run, CELL, tmp_path, last)
    assert best_step(CELL.probes(tmp_path, 10**7)) == best
    write_steps([CELL], tmp_path, 10**7)
    assert json.loads((tmp_path / "steps.json").read_text()) == {CELL.name: {
        str(step): last[step][1] if last[step][0] == 1 else None for step in STEPS}}


def run_first_round(generator, outcome):
    """The long runs after probes that all came out so."""
    probes = next(generator)
    return generator.send({job.name: outcome(job) for job in probes})


def test_rounds_are_probes_and_then_the_chosen_long_runs(tmp_path, write_run):
    write_probes(write_run, CELL, tmp_path, {0.01: (1, -2.0), 0.02: (1, -1.0), 0.1: (0, 0)})
    said = []
    long = run_first_round(
        rounds([CELL], tmp_path, 10**7, said.append),
        lambda job: Outcome(DIVERGED if job.name.endswith("0.1") else DONE))
    assert [job.name for job in long] == [CELL.name]
    assert long[0].config["training"]["lr"] == 0.02 and said == []


def test_a_probe_that_failed_leaves_its_cell_out(tmp_path, write_run):
    """Its step might have been the best: nothing is chosen behind the reader's back."""
    write_probes(write_run, CELL, tmp_path, {0.01: (1, -2.0), 0.02: (0.5, -1.0), 0.1: (1, -3.0)})
    said = []
    assert run_first_round(
        rounds([CELL], tmp_path, 10**7, said.append),
        lambda job: Outcome(FAILED if job.name.endswith("0.02") else DONE)) == []
    assert said == [f"left out {CELL.name}: its probes did not all come to an end"]


def test_divergence_at_every_step_is_said(tmp_path, write_run):
    write_probes(write_run, CELL, tmp_path, dict.fromkeys(STEPS, (0, 0)))
    said = []
    assert run_first_round(rounds([CELL], tmp_path, 10**7, said.append),
                           lambda job: Outcome(DIVERGED)) == []
    assert said == [f"left out {CELL.name}: training diverged at every step size"]
