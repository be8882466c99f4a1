"""The table of all rivals, from training to page, on a few digits and tiny models."""
import json

import numpy as np
import pytest

import vae_np as vn
from vae_np import linear_probe
from vae_np.catalogue import find_class, settings_for
from vae_np.evaluation import reconstruction
from vae_np.experiments import (code_jobs, readings, ruler, table, table_pictures,
                                table_text)
from vae_np.experiments.jobs.measuring import MeasuringJob, read_measurement
from vae_np.experiments.jobs.running import run_rounds
from vae_np.experiments.readings import READINGS
from vae_np.experiments.rivals import FACES, MEASURED, RIVALS, SUCCESSORS, configs

TINY = {"hidden": [8], "z_dim": 2, "components": 3}
SMALL = {"prior": {"mixture": "mixture:3", "vamp": "vamp:3", "coupling": "coupling:2x4"},
         "posterior": {"planar": "planar:2", "iaf": "iaf:1x4"}}
IMAGES = 12
FROM_ROWS = ("table.json", "table.md", "closing.png")  # what table.json alone suffices to draw


def tiny(quick):
    """The quick grid with 150 digits, models of a few units and two passes over the data."""
    grid = configs(True)
    for name, config in grid.items():
        config["data"] = "mnist5k:150"
        model = config["model"]
        model |= {key: value for key, value in TINY.items() if key in model}
        model |= {key: small[model[key].partition(":")[0]] for key, small in SMALL.items()
                  if key in model}
        config["training"]["samples_seen"] = 300
        if model["class"] == "BernoulliMixture":
            config["training"]["batch_size"] = 150
    grid["dbn"]["model"]["hidden"] = [8, 6]
    grid["two-layer"]["model"] |= {"z_dim": [3, 2], "hidden": [[8], [6]]}
    return grid


@pytest.fixture(scope="module")
def done(tmp_path_factory, inline_engine):
    """A finished tiny experiment, and the log of its jobs."""
    patch = pytest.MonkeyPatch()
    patch.setattr(table, "configs", tiny)
    patch.setattr(code_jobs, "EM_ITERATIONS", 2)
    out = tmp_path_factory.mktemp("table")
    experiment = make(out)
    engine = inline_engine()
    counts = run_rounds(experiment.rounds(), engine)
    assert set(counts) == {"done"}
    experiment.draw()
    yield experiment, engine.log
    patch.undo()


def make(out):
    from vae_np.cli.reproduce import Options
    experiment = table.Experiment(Options(out, out, quick=True))
    experiment.settings |= {"data": "mnist5k:150", "images": IMAGES, "effort": 0.01}
    return experiment


def rows_of(folder):
    return json.loads((folder / "table.json").read_text())


def test_every_config_describes_a_run():
    for quick in (True, False):
        for name, config in configs(quick).items():
            arguments = {**config["model"]}
            frames, x_dim = (1765, 560) if name.startswith("frey") else (60_000, 784)
            model = find_class(arguments.pop("class"))(x_dim=x_dim, **arguments)
            settings = settings_for(model, config["training"], frames)
            assert settings.total_samples(frames) >= 1, name
            assert model.params.layout.size > 0
    assert {rival.run for rival in MEASURED} <= {*configs(False), "code-mixture"}
    assert {rival.method for rival in MEASURED} <= set(ruler.METHODS)
    assert {reading.run for reading in READINGS} <= {*configs(False), None}
    assert {reading.codes for reading in READINGS} <= set(readings.CODES)


def test_every_rival_has_a_row(done):
    experiment, _ = done
    rows = rows_of(experiment.out)
    assert [row["name"] for row in rows] == [one.name for one in (*RIVALS, *SUCCESSORS, *READINGS)]
    rows = rows[:len(RIVALS) + len(SUCCESSORS)]
    page = (experiment.out / "table.md").read_text()
    for row in rows:
        assert np.isfinite(row["nll"]) and row["parameters"] > 0 and row["model"] in page
        assert row["n"] == IMAGES
    assert (experiment.out / "samples.png").read_bytes().startswith(b"\x89PNG")
    assert set(table_text.SHORT | table_text.SUCCESSORS) == {
        row["name"] for row in rows if not row["few"] and row["name"] != "autoencoder-a"}
    for name in table_pictures.NAMES:
        assert (experiment.out / name).read_bytes().startswith(b"\x89PNG"), name


def test_differences_are_taken_image_by_image(done):
    experiment, _ = done
    vae, rbm = (np.array(read_measurement(experiment.out / "measured" / f"{name}.json")["log_px"])
                for name in ("vae", "rbm"))
    row = {row["name"]: row for row in rows_of(experiment.out)}
    assert row["rbm"]["above_vae"] == pytest.approx((vae - rbm).mean(), abs=1e-3)
    assert row["rbm"]["above_vae_stderr"] == pytest.approx(
        (vae - rbm).std(ddof=1) / np.sqrt(IMAGES), abs=1e-3)


def test_a_successor_is_compared_with_the_vae_that_trained_as_briefly(done):
    """Image by image; its bound closes its gap; the page says what was tuned for it."""
    experiment, _ = done
    rows = {row["name"]: row for row in rows_of(experiment.out)}
    page = (experiment.out / "table.md").read_text()
    sizes = {"vae-brief": "784–8–2", "two-layer": "784–8–3–6–2", "rbm": "784–8", "dbn": "784–8–6",
             "mixture-10": "3 components"}
    assert {name: rows[name]["size"] for name in sizes} == sizes
    measured = experiment.out / "measured"
    brief, iwae = (np.array(read_measurement(measured / f"{name}.json")["log_px"])
                   for name in ("vae-brief", "iwae-5"))
    row, more = rows["iwae-5"], brief - iwae
    assert row["above_vae-brief"] == pytest.approx(more.mean(), abs=1e-3)
    assert "above_vae-brief" not in rows["vae-brief"] and "above_vae" in rows["vae-brief"]
    assert rows["iwae-5"]["options"] == "--estimator IW --mc-samples 5 --gradient dreg"
    assert rows["iaf-posterior"]["options"] == "--posterior iaf:1x4 --estimator A"
    for one in SUCCESSORS:
        row = rows[one.name]
        assert f"| {one.title} | `{row['options']}` | {one.tuned} | {one.comparable} |" in page
        assert row["epochs"] == pytest.approx(2.0)
        ks, bounds = row["gap"]["ks"], row["gap"]["bounds"]
        assert ks == [1, 2, 5, 10] and len(bounds) == 4 and row["gap"]["n"] == IMAGES
        assert row["gap"]["log_px"] == pytest.approx(-row["nll"], abs=1e-3)  # the same images here


def test_a_row_says_how_often_the_test_images_were_looked_at(done):
    """Each record of a training with a number of theirs, and each measurement."""
    experiment, _ = done
    rows = {row["name"]: row for row in rows_of(experiment.out)}
    records = (experiment.out / "vae" / "metrics.jsonl").read_text().count("test_elbo")
    assert rows["vae"]["test_looks"] == {"while training": records, "log p(x)": 1, "gap": 1}
    own = (experiment.out / "vae-coupling-prior" / "metrics.jsonl").read_text().count("test_elbo")
    assert records and own
    assert rows["vae-coupling-prior"]["test_looks"]["while training"] == records + own


def test_a_measurement_that_is_made_again_lists_what_it_replaces(tmp_path):
    path = tmp_path / "measured" / "a.json"
    for seed in (0, 1, 1, 2):
        job = MeasuringJob("a", path, a_measurement, tmp_path, {"seed": seed})
        if not job.done():
            job.run()
    found = read_measurement(path)
    assert found["value"] == 20 and found["earlier"] == [
        {"settings": {"seed": 0}, "summary": "0 nats"},
        {"settings": {"seed": 1}, "summary": "10 nats"}]


def a_measurement(model_path, seed):
    return {"value": 10 * seed, "summary": f"{10 * seed} nats"}


def test_a_picture_stays_where_a_model_that_it_shows_is_not_here(done, tmp_path):
    """As in a copy in which some rows are measured anew."""
    experiment, _ = done
    rows = rows_of(experiment.out)
    models = {one.name: experiment.folder(one.run) for one in SUCCESSORS}
    data = experiment.settings["data"]
    drawn = table_pictures.draw(tmp_path, rows, models, data)
    assert [path.name for path in drawn] == ["successors.png", "closing.png", "aggregate.png"]
    del models["iwae-5"]
    assert table_pictures.draw(tmp_path, rows, models, data) == [
        tmp_path / "closing.png", tmp_path / "aggregate.png"]


def test_faces_are_measured_as_they_are(monkeypatch):
    """Grey pixels under a Gaussian decoder: no binarised test set, as the digits have one."""
    digits = vn.load_dataset("mnist5k:150")
    monkeypatch.setattr(ruler, "load_dataset", lambda name: digits)
    np.testing.assert_array_equal(ruler.test_images("frey", 5), digits.test[:5])
    assert set(np.unique(ruler.test_images("mnist5k", 5))) == {0, 1}
    grid = configs(False)
    assert {one.run for one in FACES} <= set(grid) and not {
        one.run for one in FACES} & set(configs(True))
    for one in FACES:
        assert grid[one.run]["data"] == one.data
        assert grid[one.run]["training"]["binarize"] == "none"


def test_the_committed_page_is_that_of_its_rows():
    folder = table.RESULTS / "table"
    assert (folder / "table.md").read_text() == table_text.markdown(rows_of(folder))


def test_all_are_measured_on_the_rulers_images(done):
    experiment, _ = done
    x = ruler.ruler_images("mnist5k", IMAGES)
    whole = vn.binarize(vn.load_dataset("mnist5k").test, np.random.default_rng(0))
    np.testing.assert_array_equal(x, whole[:IMAGES])
    measured = read_measurement(experiment.out / "measured" / "autoencoder-a.json")
    model = vn.load(experiment.out / "autoencoder")
    np.testing.assert_allclose(measured["log_px"], reconstruction(model, x), atol=1e-3)


def test_a_probe_has_read_every_model_s_codes(done):
    """Its numbers stand in the page; differences are taken image by image."""
    experiment, _ = done
    found = {row["name"]: row for row in rows_of(experiment.out) if "accuracy" in row}
    page = (experiment.out / "table.md").read_text()
    measured = experiment.out / "measured"
    right = {name: np.array(read_measurement(measured / f"{name}.json")["right"])
             for name in found}
    widths = {"pixels": 784, "vae": 2, "autoencoder": 2, "wake-sleep": 2, "rbm": 8, "dbn": 6}
    assert {name: row["dimensions"] for name, row in found.items()} == {
        f"codes-{name}": width for name, width in widths.items()}
    for name, row in found.items():
        assert row["n"] == 1000 and row["n_train"] == 150 and len(row["f1"]) == 10
        assert row["accuracy"] == pytest.approx(right[name].mean(), abs=1e-5)
        assert row["macro_f1"] == pytest.approx(np.mean(row["f1"]), abs=1e-4)
        share = table_text.percent(row, "accuracy")
        assert f"| {row['codes']} | {row['dimensions']} | {share} |" in page
        more = right[name] - right["codes-pixels"]
        if name != "codes-pixels":
            assert row["above_pixels"] == pytest.approx(more.mean(), abs=1e-5)
            assert row["above_pixels_stderr"] == pytest.approx(
                more.std(ddof=1) / np.sqrt(1000), abs=1e-5)
    assert "above_pixels" not in found["codes-pixels"]
    assert found["codes-pixels"]["accuracy"] > 0.5  # 150 digits are enough for that


def test_a_probe_is_tested_on_the_rulers_images(done):
    """Fitted to another draw of the training images; a DBN's codes are the means of its top."""
    experiment, _ = done
    data = vn.load_dataset("mnist5k:150")
    train = vn.binarize(data.train, np.random.default_rng(1))
    test = ruler.ruler_images("mnist5k", 1000)
    vae, dbn = vn.load(experiment.out / "vae"), vn.load(experiment.out / "dbn")

    def top(x):
        for layer in ("layer0", "layer1"):
            part = dbn.params.part(layer)
            x = 1.0 / (1.0 + np.exp(-(x @ part[f"{layer}.W"] + part[f"{layer}.hidden.b"])))
        return x

    for name, codes in (("vae", lambda x: vae.encode(x)[0]), ("dbn", top)):
        probe = linear_probe.fit(codes(train), data.train_labels)
        found = read_measurement(experiment.out / "measured" / f"codes-{name}.json")
        assert found["penalty"] == probe.penalty
        right = probe.score(codes(test), data.test_labels).right
        assert (right == np.array(found["right"], bool)).mean() > 0.99  # a rounding may decide


def test_data_without_labels_cannot_be_read(tmp_path):
    np.savez(tmp_path / "x.npz", train=np.eye(20, 4), test=np.eye(20, 4))
    with pytest.raises(ValueError, match="there are no labels"):
        readings.measure(None, "pixels", str(tmp_path / "x.npz"), 0)


def test_the_same_command_again_does_nothing(done, inline_engine):
    engine = inline_engine()
    run_rounds(make(done[0].out).rounds(), engine)
    assert engine.log == []


def test_an_export_names_no_place_on_this_machine(done, tmp_path):
    experiment, _ = done
    paths = experiment.export(tmp_path / "kept")
    for path in paths:
        if path.suffix != ".png":
            assert str(experiment.out.parent) not in path.read_text()
    assert {path.name for path in paths} >= {"table.md", "table.json", "samples.png"}


def test_an_export_leads_from_itself_to_the_weights_that_its_run_began_from(tmp_path):
    """The ruler's, in this repository: whether OUT lies near it or far, and a second time too."""
    from vae_np.cli.reproduce import Options
    for out in ("far/away/runs", "runs"):
        experiment = table.Experiment(Options(tmp_path / out, tmp_path / out))
        run = tmp_path / out / "vae-coupling-prior"
        run.mkdir(parents=True)
        (run / "config.json").write_text(json.dumps(experiment.jobs[run.name].config))
        (run / "metrics.jsonl").write_text("")
        experiment.export(tmp_path / "a" / "kept")
        copy = tmp_path / "a" / "kept" / run.name
        start = json.loads((copy / "config.json").read_text())["start_from"]
        assert (copy / start).resolve() == table.SHIPPED / "checkpoint.npz"


def test_an_export_writes_its_page_anew_from_its_json(done, tmp_path):
    experiment, _ = done
    experiment.export(tmp_path)
    (tmp_path / "table.md").unlink()
    assert make(tmp_path).draw() == [tmp_path / name for name in FROM_ROWS]
    assert (tmp_path / "table.md").read_text() == (experiment.out / "table.md").read_text()


def test_what_is_not_measured_here_stays_as_the_table_has_it(done, tmp_path):
    """A copy in which one thing is measured anew: its row alone changes, and no samples are drawn
    of models that are not there.
    """
    experiment, _ = done
    experiment.export(tmp_path)
    samples = (tmp_path / "samples.png").read_bytes()
    measured = read_measurement(experiment.out / "measured" / "codes-vae.json")
    (tmp_path / "measured").mkdir()
    (tmp_path / "measured" / "codes-vae.json").write_text(json.dumps(measured | {"accuracy": 0.5}))
    assert make(tmp_path).draw() == [tmp_path / name for name in FROM_ROWS]
    before, after = ({row["name"]: row for row in rows_of(folder)}
                     for folder in (experiment.out, tmp_path))
    assert after.pop("codes-vae")["accuracy"] == 0.5 != before.pop("codes-vae")["accuracy"]
    assert after == before and (tmp_path / "samples.png").read_bytes() == samples
    (tmp_path / "samples.png").unlink()
    kept = make(tmp_path).export(tmp_path / "kept")
    assert {path.name for path in kept} >= {"table.md", "table.json"}
    assert not (tmp_path / "kept" / "samples.png").exists()


def test_without_measurements_there_is_nothing_to_draw(tmp_path):
    with pytest.raises(ValueError, match="holds no measurements"):
        make(tmp_path).draw()


def test_without_its_autoencoder_what_depends_on_it_is_left_out(tmp_path, capsys):
    rounds = make(tmp_path).rounds()
    next(rounds)
    later = rounds.send({})
    assert "what depends on autoencoder" in capsys.readouterr().err
    assert [job.name for job in later] == ["read codes-pixels"]  # no model is there to be measured
