"""score, encode, reconstruct and impute: what they write, for which kinds, what they refuse."""
import csv
import json

import numpy as np
import pytest

import vae_np as vn
from vae_np import evaluation
from vae_np.runs import progress

SMALL = ("--hidden", "5", "--z-dim", "2", "--batch-size", "10", "--epochs", "1")
FEW = ("--num-samples", "7")
COLUMNS = ["row", "log_px", "mc_stderr", "bound", "bound_stderr", "ess"]


@pytest.fixture
def rows(tmp_path):
    """60 rows of four numbers in a .csv with a header; the file and the array."""
    x = np.random.default_rng(5).random((60, 4))
    path = tmp_path / "mine.csv"
    np.savetxt(path, x, delimiter=",", header="a,b,c,d", comments="")
    return path, x


@pytest.fixture
def run(rows, tmp_path, call):
    """A run on these rows."""
    folder = tmp_path / "rows"
    code, _, err = call("train", "--data", rows[0], "--likelihood", "gaussian:0.1", "--dtype",
                        "float64", *SMALL, "--out", folder)
    assert code == 0, err
    return folder


@pytest.fixture
def gaps(rows, tmp_path):
    """The same rows with a fifth of the cells empty; the file and the array."""
    x = np.where(np.random.default_rng(6).random(rows[1].shape) < 0.2, np.nan, rows[1])
    x[3] = np.nan
    path = tmp_path / "gaps.csv"
    path.write_text("a,b,c,d\n" + "".join(
        ",".join("" if np.isnan(one) else repr(float(one)) for one in row) + "\n" for row in x))
    return path, x


def table(path):
    """(the header, the numbers) of a .csv."""
    with open(path, newline="") as file:
        header, *lines = csv.reader(file)
    return header, np.array(lines, dtype=float)


# -- score -------------------------------------------------------------------------------------

def test_scores_are_one_line_a_row_and_those_of_the_library(call, run, rows, tmp_path):
    out = tmp_path / "scores.csv"
    code, said, err = call("score", run, rows[0], "--out", out, "--seed", "4", *FEW)
    assert code == 0 and said.startswith(f"60 rows of {rows[0]}: mean log p(x) ")
    assert "7 importance samples" in said and "trained on most of these rows" in err
    header, numbers = table(out)
    assert header == COLUMNS
    np.testing.assert_array_equal(numbers[:, 0], np.arange(60))
    columns = vn.score(vn.load(run), rows[1], rng=np.random.default_rng(4), num_samples=7)
    for name, column in zip(header[1:], numbers.T[1:], strict=True):
        np.testing.assert_array_equal(column, columns[name])  # to the last digit
    log_px, stderr = vn.log_likelihood(vn.load(run), rows[1], rng=np.random.default_rng(4),
                                       num_samples=7)
    np.testing.assert_array_equal(columns["log_px"], log_px)
    np.testing.assert_array_equal(columns["mc_stderr"], stderr)
    for ending in ("npz", "npy"):
        assert call("score", run, rows[0], "--out", tmp_path / f"s.{ending}", "--seed", "4",
                    *FEW)[0] == 0
        found = np.load(tmp_path / f"s.{ending}")
        for name in COLUMNS:
            np.testing.assert_array_equal(found[name], numbers[:, COLUMNS.index(name)])


def test_the_mean_of_the_scores_is_what_evaluate_says(call, run, tmp_path):
    """Of the run's own test set, which is taken where no file is named."""
    assert call("score", run, "--out", tmp_path / "s.npz", *FEW)[0] == 0
    result = json.loads(call("evaluate", run, "--json", *FEW)[1])
    scores = np.load(tmp_path / "s.npz")
    assert -scores["log_px"].mean() == result["nll"] and len(scores["row"]) == 6
    assert scores["bound"].mean() < scores["log_px"].mean()


def test_a_row_s_score_does_not_depend_on_how_many_follow(call, run, rows, tmp_path):
    np.save(tmp_path / "first.npy", rows[1][:50])  # a block: each has noise of its own
    for name in (rows[0], tmp_path / "first.npy"):
        assert call("score", run, name, "--out", tmp_path / f"{name.stem}.npz", *FEW)[0] == 0
    few, all_of_them = np.load(tmp_path / "first.npz"), np.load(tmp_path / "mine.npz")
    np.testing.assert_allclose(few["log_px"], all_of_them["log_px"][:50], rtol=1e-12)


def test_the_test_set_beside_a_training_set_was_not_trained_on(call, rows, tmp_path):
    """Score takes an .npz's test set, which is the run's own: nothing of it is flattered."""
    both = tmp_path / "both.npz"
    np.savez(both, train=rows[1][:50], test=rows[1][50:])
    assert call("train", "--data", both, "--likelihood", "gaussian:0.1", *SMALL, "--out",
                tmp_path / "run")[0] == 0
    code, said, err = call("score", tmp_path / "run", both, "--out", tmp_path / "s.csv", *FEW)
    assert code == 0 and said.startswith("10 rows of the test set of ")
    assert "trained on" not in err


def test_what_was_read_is_not_called_the_run_s_own(refused, run, tmp_path):
    other = tmp_path / "other.npy"
    np.save(other, np.zeros((3, 4)))
    line = refused("score", run, other, "--out", other)
    assert "holds the data that are read: name another file for the result" in line


def test_grey_pixels_are_read_as_in_training(call, tmp_path):
    images = np.random.default_rng(7).random((20, 5, 4)).astype(np.float32)
    np.save(tmp_path / "grey.npy", images)
    assert call("train", "--data", tmp_path / "grey.npy", *SMALL, "--binarize", "dynamic", "--out",
                tmp_path / "run")[0] == 0
    assert call("score", tmp_path / "run", tmp_path / "grey.npy", "--out", tmp_path / "s.npz",
                *FEW)[0] == 0
    x = vn.datasets.ruler_test_set(images.reshape(20, 20))
    again = vn.score(vn.load(tmp_path / "run"), x, rng=np.random.default_rng(0), num_samples=7)
    np.testing.assert_array_equal(np.load(tmp_path / "s.npz")["log_px"], again["log_px"])


@pytest.mark.parametrize("options, columns, said", [
    (["--model", "gaussian-mixture", "--components", "2"], ["ess"], "exact"),
    (["--model", "mixture", "--components", "2"], ["ess"], "exact"),
    (["--model", "rbm", "--hidden", "4"], ["ess", "common_stderr"], "Z from 100 annealed"),
    (["--model", "dbn", "--hidden", "4,3"], ["ess", "common_stderr"], "Z from 100 annealed"),
    (["--model", "mcem", "--hidden", "5", "--z-dim", "2"], ["ess"], "16 chains of annealed")])
def test_every_kind_that_has_a_likelihood(call, tmp_path, options, columns, said):
    np.save(tmp_path / "x.npy", np.random.default_rng(8).integers(2, size=(20, 6)).astype(float))
    code, _, err = call("train", "--data", tmp_path / "x.npy", "--epochs", "1", *options, "--out",
                        tmp_path / "run")
    assert code == 0, err
    code, out, err = call("score", tmp_path / "run", "--out", tmp_path / "s.csv")
    assert code == 0 and said in out, err
    header, numbers = table(tmp_path / "s.csv")
    assert header == ["row", "log_px", "mc_stderr", *columns]
    assert ("log Z has an error of" in err) == ("common_stderr" in columns)
    if "common_stderr" in columns:
        assert len(set(numbers[:, -1])) == 1 and numbers[0, -1] > 0.0
    if said == "exact":
        assert (numbers[:, 2] == 0.0).all() and np.isinf(numbers[:, 3]).all()


def test_what_an_autoencoder_has_not(call, refused, images, tmp_path):
    assert call("train", "--data", images, "--model", "autoencoder", *SMALL, "--out",
                tmp_path / "run")[0] == 0
    for command, complaint in (("score", "has no likelihood to evaluate"),
                               ("encode", "has no encoder q(z|x)"),
                               ("reconstruct", "has no encoder q(z|x)"),
                               ("impute", "has no density")):
        line = refused(command, tmp_path / "run", images, "--out", tmp_path / "x.npz")
        assert line.startswith("vae-np: an Autoencoder") and complaint in line
    assert not (tmp_path / "x.npz").exists()


def test_a_kind_without_an_encoder_has_no_codes(call, refused, images, tmp_path):
    assert call("train", "--data", images, "--model", "gaussian-mixture", "--components", "2",
                "--epochs", "1", "--out", tmp_path / "run")[0] == 0
    for command in ("encode", "reconstruct"):
        line = refused(command, tmp_path / "run", images, "--out", tmp_path / "x.npz")
        assert "a GaussianMixture has no encoder" in line


# -- encode and reconstruct --------------------------------------------------------------------

def test_codes_keep_the_rows_order(call, run, rows, tmp_path):
    model = vn.load(run)
    mean, logvar = model.encode(rows[1])
    assert call("encode", run, rows[0], "--out", tmp_path / "c.npz", "--draws", "3")[0] == 0
    codes = np.load(tmp_path / "c.npz")
    assert sorted(codes) == ["draws", "mean", "std"] and codes["draws"].shape == (60, 3, 2)
    np.testing.assert_array_equal(codes["mean"], mean)
    np.testing.assert_array_equal(codes["std"], np.exp(0.5 * logvar))
    assert call("encode", run, rows[0], "--out", tmp_path / "c.npy")[0] == 0
    np.testing.assert_array_equal(np.load(tmp_path / "c.npy"), mean)
    assert call("encode", run, rows[0], "--out", tmp_path / "c.csv")[0] == 0
    header, numbers = table(tmp_path / "c.csv")
    assert header == ["mean0", "mean1", "std0", "std1"]
    np.testing.assert_array_equal(numbers, np.hstack([mean, np.exp(0.5 * logvar)]))


def test_a_flow_has_a_centre_and_draws(call, rows, tmp_path):
    assert call("train", "--data", rows[0], "--likelihood", "gaussian:0.1", "--posterior",
                "planar:2", *SMALL, "--out", tmp_path / "flow")[0] == 0
    code, said, _ = call("encode", tmp_path / "flow", rows[0], "--draws", "2", "--out",
                         tmp_path / "c.npz")
    assert code == 0 and "60 rows of" in said and "centre and draws of q(z|x)" in said
    assert sorted(np.load(tmp_path / "c.npz")) == ["centre", "draws"]
    assert call("reconstruct", tmp_path / "flow", rows[0], "--out", tmp_path / "r.npy")[0] == 0


def test_reconstructions_have_the_shape_and_the_header_of_the_data(call, run, rows, run_folder,
                                                                   images, tmp_path):
    assert call("reconstruct", run, rows[0], "--out", tmp_path / "r.csv")[0] == 0
    header, numbers = table(tmp_path / "r.csv")
    model = vn.load(run)
    assert header == list("abcd")
    np.testing.assert_array_equal(numbers, model.decode(model.posterior(rows[1]).mean))
    for more, shape in (((), (40, 5, 4)), (("--draws", "3"), (40, 3, 5, 4))):
        assert call("reconstruct", run_folder, images, *more, "--out", tmp_path / "r.npy")[0] == 0
        assert np.load(tmp_path / "r.npy").shape == shape


# -- missing entries ---------------------------------------------------------------------------

def test_a_gap_is_refused_and_the_option_named(refused, run, gaps, tmp_path):
    for command in ("score", "encode", "reconstruct"):
        line = refused(command, run, gaps[0], "--out", tmp_path / "x.npz")
        assert "gaps.csv, line 2, column" in line or "gaps.csv, line" in line
        assert "'' is not a number; --missing takes it for a missing entry" in line
    np.save(tmp_path / "gaps.npy", gaps[1])
    line = refused("evaluate", run, "--data", tmp_path / "gaps.npy")
    assert line.endswith("= nan; --missing takes each NaN for a missing entry")


def test_with_missing_entries_scores_are_of_the_observed_ones(call, run, rows, gaps, tmp_path):
    for path, name in ((rows[0], "plain"), (gaps[0], "gaps")):
        code, _, err = call("score", run, path, "--missing", "--out", tmp_path / f"{name}.out.csv",
                            *FEW)
        assert code == 0, err
    (_, plain), (_, found) = (table(tmp_path / f"{name}.out.csv") for name in ("plain", "gaps"))
    whole = ~np.isnan(gaps[1]).any(axis=1)
    assert 5 < whole.sum() < 55
    np.testing.assert_array_equal(found[whole], plain[whole])
    assert (found[~whole, 1] != plain[~whole, 1]).all() and np.isfinite(found).all()
    assert found[3].tolist() == [3.0, 0.0, 0.0, 0.0, 0.0, 7.0]
    code, out, _ = call("evaluate", run, "--data", gaps[0], "--missing", "--json", *FEW)
    result = json.loads(out)
    assert code == 0 and result["nll"] == pytest.approx(-found[:, 1].mean(), rel=1e-12)
    for command in ("encode", "reconstruct"):
        assert call(command, run, gaps[0], "--missing", "--out", tmp_path / "x.npy")[0] == 0
        assert np.isfinite(np.load(tmp_path / "x.npy")).all()


def test_filling_in_leaves_what_was_observed(call, run, gaps, tmp_path):
    path, x = gaps
    code, said, _ = call("impute", run, path, "--out", tmp_path / "filled.csv", "--seed", "2")
    assert code == 0
    there = ~np.isnan(x)
    with_gaps = (~there).any(axis=1).sum()
    assert said == (f"{(~there).sum()} of 240 entries filled in {with_gaps} of 60 rows of {path}: "
                    f"{tmp_path / 'filled.csv'}\n")
    header, filled = table(tmp_path / "filled.csv")
    assert header == list("abcd")
    np.testing.assert_array_equal(filled[there], x[there])
    found = evaluation.impute(vn.load(run), x, rng=np.random.default_rng(2), num_samples=500)
    np.testing.assert_array_equal(filled[~there], found.mean[~there])
    assert call("impute", run, path, "--out", tmp_path / "f.npz", "--draws", "4")[0] == 0
    arrays = np.load(tmp_path / "f.npz")
    assert sorted(arrays) == ["draws", "ess", "filled", "mc_stderr", "missing", "std"]
    np.testing.assert_array_equal(arrays["missing"], ~there)
    assert (arrays["std"][~there] > 0.0).all() and (arrays["std"][there] == 0.0).all()
    assert arrays["draws"].shape == (4, 60, 4)
    for one in arrays["draws"]:
        np.testing.assert_array_equal(one[there], x[there])
    assert (arrays["draws"][0] != arrays["draws"][1])[~there].all()
    assert call("impute", run, path, "--out", tmp_path / "f.npy")[0] == 0
    np.testing.assert_allclose(np.load(tmp_path / "f.npy"), arrays["filled"])


def test_a_run_that_was_trained_with_gaps_reads_them_everywhere(call, gaps, tmp_path):
    """No command needs the option again; pictures have the model's mean in the gaps."""
    run = tmp_path / "with gaps"
    code, _, err = call("train", "--data", gaps[0], "--missing", "--likelihood", "gaussian:0.1",
                        *SMALL, "--out", run)
    assert code == 0, err
    assert call("evaluate", run, *FEW)[0] == 0
    assert call("score", run, gaps[0], "--out", tmp_path / "s.csv", *FEW)[0] == 0
    assert call("impute", run, gaps[0], "--out", tmp_path / "f.csv", *FEW)[0] == 0
    assert call("figures", run)[0] == 0 and (run / "figures" / "learning_curve.png").exists()
    assert call("sample", run, "--n", "3", "--out", tmp_path / "d.npy")[0] == 0


# -- where it is written -----------------------------------------------------------------------

@pytest.mark.parametrize("command", ["score", "encode", "reconstruct", "impute"])
def test_where_results_may_not_go(refused, run, rows, tmp_path, command):
    before = {path: path.read_bytes() for path in (rows[0], run / "checkpoint.npz")}
    assert "--out must end in .csv, .npz or .npy, not 'x.txt'" in refused(
        command, run, rows[0], "--out", tmp_path / "x.txt")
    for path, complaint in ((rows[0], "holds the data of"),
                            (run / "checkpoint.npz", "holds the model of")):
        assert complaint in refused(command, run, rows[0], "--out", path)
    np.save(tmp_path / "other.npy", rows[1])
    assert "name another file" in refused(command, run, tmp_path / "other.npy", "--out",
                                          tmp_path / "other.npy")
    assert "cannot write" in refused(command, run, rows[0], "--out", tmp_path / "no" / "x.csv")
    assert before == {path: path.read_bytes() for path in before}


def test_draws_need_a_third_axis(refused, run, rows, tmp_path):
    for command, out in (("encode", "x.npy"), ("encode", "x.csv"), ("reconstruct", "x.csv"),
                         ("impute", "x.npy"), ("impute", "x.csv")):
        assert "--draws makes an array of more than two axes" in refused(
            command, run, rows[0], "--draws", "2", "--out", tmp_path / out)


def test_data_of_another_width_and_numbers_that_overflow(refused, call, run, rows, tmp_path):
    np.save(tmp_path / "wide.npy", np.ones((3, 5)))
    assert "has 5 columns, but 4 are needed" in refused(
        "score", run, tmp_path / "wide.npy", "--out", tmp_path / "x.csv")
    (tmp_path / "x.csv").write_text("old")
    model = vn.load(run)
    model.params["decoder.mean.b"] = 1e200
    vn.runs.save_model(model, run / "checkpoint.npz")
    code, out, err = call("score", run, rows[0], "--out", tmp_path / "x.csv", *FEW)
    assert code == 1 and out == "" and "row 0 of" in err and err.count("\n") == 1
    assert (tmp_path / "x.csv").read_text() == "old"


def test_a_bar_moves_while_it_scores(call, run, rows, tmp_path, monkeypatch):
    told = []
    counter = progress.counter

    def watched(total, what, stream=None):
        told.append((total, what))
        return counter(total, what, stream)

    monkeypatch.setattr(progress, "counter", watched)
    assert call("score", run, rows[0], "--out", tmp_path / "s.csv", *FEW)[0] == 0
    assert told == [(60, "log p(x)")]
