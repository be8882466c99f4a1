"""Training on rows with gaps: `fit` and `train`, resumed, binarised, refused where it must be."""
import json

import numpy as np
import pytest

import vae_np as vn
from vae_np import cli
from vae_np.datasets import ArrayError, Binarization, binarize, load_dataset
from vae_np.models import BernoulliMixture
from vae_np.runs import Run

ROWS, WIDTH = 40, 6


@pytest.fixture
def gaps():
    """40 rows of six numbers in [0, 1], a fifth of them missing."""
    rng = np.random.default_rng(0)
    rows = rng.random((ROWS, WIDTH)).astype(np.float32)
    return np.where(rng.random(rows.shape) < 0.2, np.float32(np.nan), rows)


@pytest.fixture
def file(gaps, tmp_path):
    """The same in a file, with a test set of ten."""
    np.savez(tmp_path / "gaps.npz", train=gaps[:30], test=gaps[30:])
    return str(tmp_path / "gaps.npz")


def config(file, **settings):
    return {"data": file, "seed": 3, "device": "cpu",
            "model": {"class": "VAE", "z_dim": 2, "hidden": [4], "likelihood": "bernoulli"},
            "training": {"epochs": 3, "batch_size": 8, "missing": True, **settings}}


def test_fit_is_train_and_a_resume_changes_nothing(gaps, file, tmp_path, finish, stop):
    whole = Run.create(tmp_path / "whole", config(file))
    finish(whole)
    assert np.isfinite(whole.model.params.vector).all()
    assert json.loads((tmp_path / "whole" / "config.json").read_text())["training"]["missing"]

    rng = np.random.default_rng(3)
    model = vn.VAE(WIDTH, 2, (4,), rng=rng)
    vn.fit(model, gaps[:30], test=gaps[30:], epochs=3, batch_size=8, missing=True, rng=rng)
    np.testing.assert_array_equal(model.params.vector, whole.model.params.vector)

    half = Run.create(tmp_path / "half", config(file))
    half.train(Silent(), should_stop=lambda: half.loop.samples_seen >= 38)
    rest = Run.resume(tmp_path / "half")
    finish(rest)
    np.testing.assert_array_equal(rest.model.params.vector, whole.model.params.vector)


class Silent:
    """A reporter that says nothing."""

    def step(self, loop):
        """Nothing to show."""

    def record(self, record):
        """Nothing to show."""


def test_data_without_gaps_train_as_without_the_setting(gaps):
    """Each step and each record, to the last bit."""
    x, ends = np.nan_to_num(gaps, nan=0.5), []
    for missing in (False, True):
        model = vn.VAE(WIDTH, 2, (4,))
        history = vn.fit(model, x, test=x[:5], epochs=2, batch_size=8, missing=missing,
                         rng=np.random.default_rng(1))
        ends.append((model.params.vector, [{**one, "seconds": 0} for one in history]))
    np.testing.assert_array_equal(ends[0][0], ends[1][0])
    assert ends[0][1] == ends[1][1]


def test_it_learns_the_spread_that_filling_with_the_mean_would_shrink():
    """One factor, five columns, 40 % missing at random. With σ² given the decoder's weights are
    known. The bound of the observed part finds them, as whole data do; means in the gaps make
    them 0.6 as large. (With K = 1 the bound is looser where more is missing, and this one
    linear encoder ends at 0.84.)
    """
    rng = np.random.default_rng(2)
    w = np.array([1.0, -1.5, 2.0, 0.8, 1.2])
    x = rng.standard_normal((2000, 1)) * w + np.sqrt(0.5) * rng.standard_normal((2000, 5))
    gaps = np.where(rng.random(x.shape) < 0.4, np.nan, x)
    filled = np.where(np.isnan(gaps), np.nanmean(gaps, axis=0), gaps)
    sizes = []
    for rows, missing in ((gaps, True), (filled, False)):
        model = vn.VAE(5, 1, (), likelihood=("gaussian", 0.5), rng=np.random.default_rng(3))
        vn.fit(model, rows, epochs=30, missing=missing, lr=5e-2, estimator="IW", mc_samples=8,
               rng=np.random.default_rng(4))
        sizes.append(np.linalg.norm(model.params["decoder.mean.W"]) / np.linalg.norm(w))
    assert abs(sizes[0] - 1.0) < 0.1 and sizes[1] < 0.75, sizes


# -- refused -----------------------------------------------------------------------------------

def test_without_the_setting_a_gap_is_refused_and_the_setting_named(gaps, file, tmp_path):
    with pytest.raises(ValueError, match="not finite.*nan; --missing takes each NaN for a miss"):
        vn.fit(vn.VAE(WIDTH, 2), gaps, epochs=1)
    with pytest.raises(ValueError, match="--missing"):
        Run.create(tmp_path / "run", config(file, missing=False))
    assert not (tmp_path / "run").exists()


def test_infinity_is_no_gap(gaps):
    gaps[2, 1] = np.inf
    with pytest.raises(ArrayError, match=r"1 of 240 values.*first is x\[2, 1\] = inf$"):
        vn.fit(vn.VAE(WIDTH, 2, likelihood="gaussian"), gaps, epochs=1, missing=True)


def test_a_value_outside_of_the_unit_interval_is_refused_beside_gaps(gaps):
    gaps[0, 0] = 1.5
    with pytest.raises(ArrayError, match="must lie in"):
        vn.fit(vn.VAE(WIDTH, 2), gaps, epochs=1, missing=True)


def test_a_column_that_is_always_missing(gaps):
    gaps[:, 4] = np.nan
    with pytest.raises(ArrayError, match=r"column 4 of the training data \(from 0\) is missing"):
        vn.fit(vn.VAE(WIDTH, 2), gaps, epochs=1, missing=True)


def test_a_kind_that_is_not_trained_so(gaps):
    with pytest.raises(ValueError, match="missing means nothing to a BernoulliMixture"):
        vn.fit(BernoulliMixture(WIDTH, 2), gaps, epochs=1, missing=True)


def test_resume_cannot_change_it(file, tmp_path, capsys):
    Run.create(tmp_path / "run", config(file)).train(Silent())
    assert cli.main(["train", "--out", str(tmp_path / "run"), "--resume", "--no-missing"]) == 2
    assert "--missing cannot change" in capsys.readouterr().err


# -- what stands in a file, and what is drawn --------------------------------------------------

@pytest.mark.parametrize("text", ["a,b,c\n1,,2.5\nNA,0.5,null\n", "1,nan,2.5\n N/A ,0.5,\n"])
def test_empty_cells_of_a_csv_are_gaps(text, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(text)
    data = load_dataset(path, whole=True, missing=True)
    np.testing.assert_array_equal(data.test, [[1, np.nan, 2.5], [np.nan, 0.5, np.nan]])
    with pytest.raises(ArrayError, match="--missing"):
        load_dataset(path, whole=True)


def test_a_first_row_with_nothing_in_it_is_no_header(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("NA,,\n1,2,3\n")
    data = load_dataset(path, whole=True, missing=True)
    np.testing.assert_array_equal(data.test, [[np.nan] * 3, [1, 2, 3]])


def test_a_word_in_a_csv_is_no_gap(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("1,\n3,four\n")
    with pytest.raises(ArrayError, match="line 2, column 2: 'four' is not a number$"):
        load_dataset(path, missing=True)


@pytest.mark.parametrize("mode", ["dynamic", "fixed", "threshold", "none"])
def test_pixels_beside_gaps_are_drawn_as_ever(gaps, mode):
    grey = np.nan_to_num(gaps, nan=0.7)
    plain, beside = Binarization(mode), Binarization(mode, missing=True)
    there = ~np.isnan(gaps)
    for one, other in ((plain.test_array(grey), beside.test_array(gaps)),
                       (plain.train_array(grey), beside.train_array(gaps)),
                       (plain.batch(grey, np.random.default_rng(5)),
                        beside.batch(gaps, np.random.default_rng(5)))):
        np.testing.assert_array_equal(np.isnan(other), ~there)
        np.testing.assert_array_equal(one[there], other[there])
        assert other.dtype == np.float32
    with pytest.raises(ArrayError):
        binarize(gaps, np.random.default_rng(0))
