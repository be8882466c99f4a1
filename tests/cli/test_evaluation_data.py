"""Which examples `evaluate` scores: a file that is named is scored whole, the run's own file gives
the run's own test set, and one that has changed is not taken for it.
"""
import json

import numpy as np
import pytest

ROWS = np.random.default_rng(5).random((60, 4))
TRAIN = ("--likelihood", "gaussian:0.1", "--hidden", "5", "--z-dim", "2", "--epochs", "1")


@pytest.fixture
def own_file(tmp_path):
    path = tmp_path / "mine.csv"
    np.savetxt(path, ROWS, delimiter=",")
    return path


@pytest.fixture
def run(own_file, tmp_path, call):
    """A finished run on 60 rows, six of them for testing."""
    assert call("train", "--data", own_file, *TRAIN, "--out", tmp_path / "run")[0] == 0
    return tmp_path / "run"


@pytest.fixture
def evaluated(call, run):
    """evaluated(*arguments) → (the result, what stood on stderr)."""
    def evaluate(*arguments):
        code, out, err = call("evaluate", run, "--num-samples", "5", "--json", *arguments)
        assert code == 0, err
        return json.loads(out), err
    return evaluate


def forget(run):
    """Makes a run one of those from before there were records of the data."""
    config = json.loads((run / "config.json").read_text())
    del config["trained_on"]
    (run / "config.json").write_text(json.dumps(config))


def test_a_row_appended_moves_no_training_rows_into_the_test_set(refused, run, own_file):
    np.savetxt(own_file, np.vstack([ROWS, ROWS[:1]]), delimiter=",")
    line = refused("evaluate", run, "--num-samples", "5")
    assert "mine.csv has changed since" in line and "has 55 and 6 of 4 now" in line
    assert "--data scores a file as new data" in line
    assert not (run / "evaluation.json").exists()


@pytest.mark.parametrize("command", ["evaluate", "figures", "sample"])
def test_no_command_takes_a_changed_file_for_the_runs_own(command, refused, run, own_file,
                                                          tmp_path):
    np.savetxt(own_file, 1 - ROWS, delimiter=",")
    out = ["--out", tmp_path / "x.png"] if command == "sample" else []
    line = refused(command, run, *out)
    assert "as many rows, but other values for training and testing" in line


def test_a_changed_file_that_is_named_is_scored_whole_and_not_without_a_word(evaluated, run,
                                                                            own_file):
    np.savetxt(own_file, ROWS[:50], delimiter=",")
    result, err = evaluated("--data", own_file)
    assert result["n"] == 50 and "has changed since the run was trained on it" in err
    assert result["notes"][-1] == err.removeprefix("vae-np: ").strip()
    assert not (run / "evaluation.json").exists()


@pytest.mark.parametrize("name", ["new.csv", "new.npy", "new.npz"])
def test_a_file_that_is_named_is_scored_whole(name, evaluated, run, tmp_path):
    path, rows = tmp_path / name, np.random.default_rng(6).random((31, 4))
    if name == "new.csv":
        np.savetxt(path, rows, delimiter=",")
    elif name == "new.npy":
        np.save(path, rows)
    else:
        np.savez(path, rows=rows)
    result, err = evaluated("--data", path)
    assert result["n"] == 31 and result["data"] == str(path) and err == ""
    assert not (run / "evaluation.json").exists()
    assert evaluated("--data", path, "--limit", "7")[0]["n"] == 7


def test_a_single_row_can_be_scored(evaluated, tmp_path):
    np.save(tmp_path / "one.npy", ROWS[:1])
    assert evaluated("--data", tmp_path / "one.npy")[0]["n"] == 1


def test_a_whole_file_is_scored_in_its_own_order(evaluated, tmp_path):
    """So that --limit means the first rows of the file."""
    np.save(tmp_path / "all.npy", np.vstack([ROWS[:3], ROWS]))
    np.save(tmp_path / "first.npy", ROWS[:3])
    first, _ = evaluated("--data", tmp_path / "first.npy")
    limited, _ = evaluated("--data", tmp_path / "all.npy", "--limit", "3")
    assert limited["nll"] == first["nll"]


def test_of_an_npz_with_a_test_set_the_test_set_is_scored(evaluated, tmp_path):
    np.savez(tmp_path / "both.npz", train=ROWS[:40], test=ROWS[40:])
    assert evaluated("--data", tmp_path / "both.npz")[0]["n"] == 20


@pytest.mark.parametrize("moved", ["mine.csv", "sub/mine.csv", "mine.npy"])
def test_the_runs_own_file_has_the_runs_own_test_set_wherever_it_lies(moved, evaluated, run,
                                                                      own_file, tmp_path):
    own, _ = evaluated()
    (run / "evaluation.json").unlink()
    path = tmp_path / moved
    path.parent.mkdir(exist_ok=True)
    if moved.endswith(".npy"):
        np.save(path, ROWS)
    else:
        own_file.rename(path)
    result, err = evaluated("--data", path)
    assert (result["n"], result["nll"], err) == (6, own["nll"], "")
    assert json.loads((run / "evaluation.json").read_text()) == result


def test_a_run_from_before_there_were_records_can_still_be_evaluated(evaluated, run, own_file,
                                                                    tmp_path):
    forget(run)
    own, err = evaluated()
    assert own["n"] == 6 and err == ""
    assert evaluated("--data", own_file)[0]["nll"] == own["nll"]
    np.save(tmp_path / "other.npy", ROWS)
    result, err = evaluated("--data", tmp_path / "other.npy")
    assert result["n"] == 60 and "keeps no record of what it was trained on" in err
    assert result["notes"][-1] == err.removeprefix("vae-np: ").strip()


def test_pictures_of_a_named_file_show_the_whole_of_it(call, run, tmp_path, monkeypatch):
    np.save(tmp_path / "new.npy", 1 - ROWS)
    shown = []
    from vae_np import figures
    monkeypatch.setattr(figures, "save_run_figures",
                        lambda model, data, *rest, **options: shown.append(data.test) or [])
    assert call("figures", run, "--data", tmp_path / "new.npy")[0] == 0
    np.testing.assert_array_equal(shown[0], 1 - ROWS)


def test_what_the_data_lose_or_what_was_assumed_of_them_is_one_line_on_stderr(call, tmp_path):
    path = tmp_path / "times.csv"
    path.write_text("0,1,2\n" + "".join(f"{30_000_000 + i},{i % 7},{i % 3}\n"
                                        for i in range(300)))
    code, out, err = call("train", "--data", path, *TRAIN, "--out", tmp_path / "run")
    lines = [line for line in err.splitlines() if line.startswith("vae-np: ")]
    assert code == 0 and "times.csv: the first line, 0,1,2, was taken for a header" in lines[0]
    assert "times.csv: float32 keeps only" in lines[1] and "in column 0" in lines[1]
    wide = ("--dtype", "float64", "--out", tmp_path / "wide")
    assert "keeps only" not in call("train", "--data", path, *TRAIN, *wide)[2]
