"""Rows with gaps on the device: trained, scored and filled in as on the host."""
import numpy as np
import pytest
from devices import assert_same

import vae_np as vn
from vae_np import evaluation
from vae_np.catalogue import settings_for

FEW = evaluation.SAMPLES_PER_BLOCK  # on host and device: sums are taken in the same order


@pytest.fixture
def gaps(x):
    """x with gaps, a row that is whole and one that is empty."""
    rows = np.where(np.random.default_rng(3).random(x.shape) < 0.3, np.nan, x)
    rows[0], rows[1] = x[0], np.nan
    return rows


@pytest.mark.parametrize("settings", [{}, {"kl_warmup": 1.0}, {"estimator": "IW", "mc_samples": 3,
                                                              "gradient": "dreg"}], ids=str)
def test_training_on_rows_with_gaps(pair, gaps, likelihood, settings):
    ends = []
    for model in pair(likelihood=likelihood):
        loop = settings_for(model, {"epochs": 2, "batch_size": 3, "missing": True, **settings},
                            len(gaps)).make_loop(model, gaps.astype(model.dtype), gaps.astype(
                                model.dtype), np.random.default_rng(2))
        records = []
        loop.run(records.append)
        ends.append(([{**one, "seconds": 0} for one in records], loop.trainer.state()))
    assert_same(ends[1], ends[0])


def test_scores_and_what_is_filled_in(pair, gaps, likelihood):
    found = []
    for model in pair(likelihood=likelihood):
        reader = vn.with_missing(model)
        found.append((vn.score(reader, gaps, rng=np.random.default_rng(4), num_samples=FEW),
                      tuple(evaluation.impute(reader, gaps, rng=np.random.default_rng(5),
                                              num_samples=20, draws=2)),
                      evaluation.encode(reader, gaps), evaluation.reconstruct(reader, gaps)))
    assert_same(found[1], found[0])


def test_rows_may_lie_on_the_device(pair, gaps, cupy):
    host, device = pair()
    rows = cupy.asarray(gaps)
    for one in (device, host):
        reader = vn.with_missing(one)
        here, there = (vn.score(reader, x, rng=np.random.default_rng(4), num_samples=FEW)
                       for x in (gaps, rows))
        assert_same(there, here)
