"""Figure 2 from start to end, small; and what it draws and prints from records alone."""
import json

import numpy as np
import pytest
from matplotlib.colors import to_hex

from vae_np.experiments import fig2, paper_curves, tables
from vae_np.experiments.curve_panels import COLOURS, curve
from vae_np.experiments.jobs import running
from vae_np.experiments.paper_grid import Cell


def test_figure_2_from_start_to_end(options, inline, monkeypatch, tmp_path):
    monkeypatch.setattr(fig2, "QUICK_GRID", {"mnist5k": (2,)})
    experiment = fig2.Experiment(options(quick=True, samples_seen=1000))
    engine = inline()
    assert running.run_rounds(experiment.rounds(), engine) == {"done": 8}
    names = [f"mnist5k-{algorithm}-z2" for algorithm in ("aevb", "wake-sleep")]
    assert engine.log == [f"{name}-step{step}" for name in names
                          for step in (0.01, 0.02, 0.1)] + names
    drawn = experiment.draw()
    assert [path.name for path in drawn] == list(experiment.products)
    table = json.loads((experiment.out / "table.json").read_text())
    assert [(row["algorithm"], row["samples_seen"]) for row in table] == [
        ("aevb", 1000), ("wake-sleep", 1000)]

    experiment.export(tmp_path / "kept")
    assert not list((tmp_path / "kept").rglob("checkpoint.npz"))
    copy = fig2.Experiment(options(out=tmp_path / "kept", quick=True, samples_seen=1000))
    before = {path.name: path.read_bytes() for path in (tmp_path / "kept").glob("*.*")}
    copy.draw()
    assert {path.name: path.read_bytes() for path in (tmp_path / "kept").glob("*.*")} == before
    with pytest.raises(ValueError, match="it is a copy to draw from, not to train in"):
        running.run_rounds(copy.rounds(), inline())


def records(*rows):
    return [{"samples_seen": seen, "test_elbo": test, "train_elbo": train}
            for seen, test, train in rows]


def test_a_panel_shows_ours_over_the_paper_s(options):
    cells = {Cell("mnist", 3, "aevb"): records((10**5, -150.0, -160.0), (10**6, -140.0, -141.0))}
    figure = fig2.figure(cells, fig2.GRID)
    titles = [ax.get_title() for ax in figure.axes]
    assert titles == [f"MNIST, $z$ = {z}" for z in (3, 5, 10, 20, 200)] + [
        f"Frey Face, $z$ = {z}" for z in (2, 5, 10, 20)]
    lines = {line.get_label(): line for line in figure.axes[0].lines}
    np.testing.assert_array_equal(lines["AEVB, test"].get_data(), [[10**5, 10**6], [-150, -140]])
    seen, nats = lines["wake-sleep, train, the paper"].get_data()
    assert nats[list(seen).index(1e6)] == -157.1
    ours, theirs = lines["AEVB, train"], lines["AEVB, train, the paper"]
    assert to_hex(ours.get_color()) == to_hex(theirs.get_color()) == COLOURS["aevb"].lower()
    assert theirs.get_alpha() < 0.5 and theirs.get_linewidth() > 2 * ours.get_linewidth()
    assert theirs.get_zorder() < ours.get_zorder()
    assert "higher is better" in figure.axes[0].get_ylabel()
    assert len(figure.legends[0].get_texts()) == 6


def test_the_table_compares_at_powers_of_ten(options, write_run):
    experiment = fig2.Experiment(options())
    cell = Cell("frey", 10, "aevb")
    write_run(cell.long(experiment.out, 10**7, 0.02),
              records((10**5, 1.0, 2.0), (10**6 + 35, 802.4, 700.0), (10**7, 1200.0, 1300.0)))
    experiment.draw()
    million, ten = json.loads((experiment.out / "table.json").read_text())
    assert (million["samples_seen"], million["step"]) == (10**6, 0.02)
    assert million["paper_test"] == 792.4
    assert million["difference_test"] == pytest.approx(10.0, abs=0.05)
    assert ten["difference_train"] == pytest.approx(1300 - 1216.5, abs=0.05)
    text = (experiment.out / "table.md").read_text()
    assert "| frey | 10 | aevb | 0.02 | 1e7 | 1200.0 | 1171.4 | +28.6 | 1300.0 |" in text
    assert "−" not in text.splitlines()[-1] and "difference = ours − the paper's" in text


@pytest.mark.parametrize("init, title", [("paper-variance", "# Figure 2: ours"),
                                         ("paper", "# Figure 2 with --init paper: ours")])
def test_a_table_of_other_first_weights_has_another_title(options, write_run, init, title):
    experiment = fig2.Experiment(options())
    cell = Cell("frey", 10, "aevb", init=init)
    write_run(cell.long(experiment.out, 10**7, 0.02), records((10**5, 1.0, 2.0)))
    experiment.draw()
    assert (experiment.out / "table.md").read_text().startswith(title)


def test_the_paper_s_curves():
    wake_sleep = paper_curves.curves("figure2", dataset="frey", z_dim=2, algorithm="wake-sleep")
    assert set(wake_sleep) == {"train", "test"}
    assert paper_curves.at(wake_sleep["test"], 10**7) == 569.3
    between = paper_curves.at((np.array([1e6, 1e8]), np.array([-200.0, -100.0])), 1e7)
    assert between == pytest.approx(-150)  # halfway in log samples
    assert paper_curves.at(wake_sleep["test"], 10**9) is None
    assert paper_curves.curves("figure3", n_train=7, algorithm="aevb") == {}


def test_the_probe_s_last_record_leaves_no_kink():
    """501 000 comes 1000 samples after the probe's end: its training bound is ten steps' mean."""
    rows = records((447_000, -1, -1), (500_000, -2, -2), (501_000, -9, -9), (562_000, -3, -3))
    np.testing.assert_array_equal(curve(rows, "train_elbo")[0], [447_000, 500_000, 562_000])
    assert curve([], "train_elbo")[0].shape == (0,)


def test_a_table_without_marks_shows_the_last_record():
    assert tables.at_marks(records((10, 1, 1), (20, 2, 2))) == [(20, records((20, 2, 2))[0])]
    assert tables.at_marks([]) == []
