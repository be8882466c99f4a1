"""The user's data file changed after the training: no resume goes on with other data."""
import json

import numpy as np
import pytest

from vae_np.arrays import DatasetError, DataWarning
from vae_np.runs import Run, read_config
from vae_np.runs.whitening import training_codes

RNG = np.random.default_rng(7)
ROWS = RNG.random((40, 6))


@pytest.fixture
def own_file(tmp_path):
    """40 rows in a file without a test set: four of them are drawn."""
    path = tmp_path / "mine.csv"
    np.savetxt(path, ROWS, delimiter=",")
    return path


@pytest.fixture
def run(own_file, tmp_path, config, finish):
    """A finished run on it."""
    made = Run.create(tmp_path / "run", config(data=str(own_file)))
    finish(made)
    return made.folder


def altered(rows):
    rows = rows.copy()
    rows[3, 2] = np.nextafter(rows[3, 2], 1)
    return rows


CHANGES = {
    "a row more": (np.vstack([ROWS, RNG.random(6)]),
                   "36 rows for training and 4 for testing, 6 numbers each, and has 37 and 4"),
    "fewer rows": (ROWS[:20], "36 rows for training and 4 for testing.* has 18 and 2 of 6 now"),
    "a column more": (RNG.random((40, 7)), "6 numbers each, and has 36 and 4 of 7 now"),
    "wholly other values": (RNG.random((40, 6)), "other values for training and testing"),
    "one digit": (altered(ROWS), "as many rows, but other values for"),
    "another order": (ROWS[::-1], "other values for training and testing")}


@pytest.mark.parametrize("rows, said", CHANGES.values(), ids=CHANGES)
def test_a_changed_file_is_not_resumed_with(rows, said, run, own_file):
    np.savetxt(own_file, rows, delimiter=",")
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    with pytest.raises(DatasetError, match=f"mine.csv has changed since .*run was.*{said}") as no:
        Run.resume(run, {"epochs": 9})
    assert "\n" not in str(no.value) and "Put it back as it was" in str(no.value)
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before


def test_the_same_rows_are_the_same_data_in_whatever_file(run, own_file, finish):
    """What counts is what the model sees: as text in other words, or in NumPy's format."""
    np.savetxt(own_file, ROWS, delimiter=",", header="a,b,c,d,e,f")
    finish(Run.resume(run, {"epochs": 4}))
    config = read_config(run)
    np.savez(own_file.with_suffix(".npz"), rows=ROWS)
    config["data"] = str(own_file.with_suffix(".npz"))
    (run / "config.json").write_text(json.dumps(config))
    finish(Run.resume(run, {"epochs": 5}))


def test_either_half_of_a_file_with_its_own_test_set_is_watched(finished, data_file):
    with np.load(data_file) as arrays:
        train, test = arrays["train"], arrays["test"]
    for parts, said in (({"train": train, "test": test[::-1]}, "other values for testing"),
                        ({"train": train[::-1], "test": test}, "other values for training"),
                        ({"train": test, "test": train}, "37 rows for training and 11 for test")):
        np.savez(data_file, **parts)
        with pytest.raises(DatasetError, match=said):
            Run.resume(finished)
    np.savez_compressed(data_file, test=test, train=train, train_labels=np.arange(37))
    Run.resume(finished)


def test_a_run_records_shape_hash_and_split(run):
    record = read_config(run)["trained_on"]
    assert [record[part]["shape"] for part in ("train", "test")] == [[36, 6], [4, 6]]
    assert all(len(bytes.fromhex(record[part]["sha256"])) == 32 for part in ("train", "test"))


def test_data_with_a_name_need_no_record(tmp_path, config):
    made = Run.create(tmp_path / "run", config(data="mnist5k:20"))
    assert "trained_on" not in read_config(made.folder)


def test_a_run_from_before_there_were_records_goes_on_and_has_one_then(run, own_file, finish):
    config = read_config(run)
    record = config.pop("trained_on")
    (run / "config.json").write_text(json.dumps(config))
    finish(Run.resume(run, {"epochs": 4}))
    assert read_config(run)["trained_on"] == record
    np.savetxt(own_file, ROWS[:30], delimiter=",")
    with pytest.raises(DatasetError, match="has changed"):
        Run.resume(run, {"epochs": 5})


def test_a_new_run_in_place_of_an_old_one_has_a_record_of_its_own(run, own_file, finish):
    np.savetxt(own_file, ROWS[:30], delimiter=",")
    finish(Run.create(run, read_config(run), overwrite=True))
    assert read_config(run)["trained_on"]["train"]["shape"] == [27, 6]


@pytest.mark.parametrize("record", [
    {}, [], "no", 3, True, {"train": 3, "test": 4}, {"train": {"shape": [36, 6]}},
    {"train": {"shape": ["36", 6], "sha256": 1}, "test": {"shape": [4, None]}}])
def test_a_damaged_record_is_refused(record, run):
    config = {**read_config(run), "trained_on": record}
    (run / "config.json").write_text(json.dumps(config))
    with pytest.raises(DatasetError, match="config.json is damaged: its \"trained_on\""):
        Run.resume(run)


def test_float64_trains_on_the_digits_of_the_file(tmp_path, config):
    """And float32 says that it cannot."""
    times = np.column_stack([1.6e9 + np.arange(50.0), RNG.random(50)])
    np.save(tmp_path / "times.npy", times)
    settings = config(data=str(tmp_path / "times.npy"), dtype="float64",
                      likelihood="gaussian:1", binarize="none")
    wide = Run.create(tmp_path / "wide", settings)
    assert len(np.unique(wide.loop.train[:, 0])) == 45 and len(np.unique(wide.loop.test)) == 10
    settings["model"]["dtype"] = "float32"
    with pytest.warns(DataWarning) as told:
        Run.create(tmp_path / "narrow", settings)
    for one, part in zip(told, ("training", "test"), strict=True):
        assert f"the {part} data of {tmp_path / 'times.npy'}: float32 keeps" in str(one.message)


def test_codes_are_those_of_the_data_that_were_trained_on(own_file, tmp_path, config, finish):
    settings = config(data=str(own_file))
    settings["model"] = {"class": "Autoencoder", "z_dim": 2, "hidden": [5]}
    made = Run.create(tmp_path / "run", settings)
    finish(made)
    assert training_codes(made.folder).shape == (36, 2)
    np.savetxt(own_file, ROWS[:30], delimiter=",")
    with pytest.raises(DatasetError, match="has changed"):
        training_codes(made.folder)
