"""Blocks of work side by side: in order, alone with BLAS, and stopped by the first error."""
import sys
import threading
import time

import numpy as np
import pytest

import vae_np as vn
from vae_np import blocks as threads


def num_threads(threadpoolctl):
    """How many threads BLAS has, a set of one number for each of its libraries."""
    return {library["num_threads"] for library in threadpoolctl.threadpool_info()
            if library["user_api"] == "blas"}


@pytest.fixture
def two_threads():
    """BLAS set to two threads, whatever the environment says; gives threadpoolctl."""
    threadpoolctl = pytest.importorskip("threadpoolctl")
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        if num_threads(threadpoolctl) != {2}:
            pytest.skip("this BLAS takes no number of threads")
        yield threadpoolctl


def test_results_come_in_order_from_two_threads(two_threads):
    met = threading.Barrier(2, timeout=30)  # two must be at work at once to pass it

    def work(item):
        met.wait()
        time.sleep(0.01 * (item % 2 == 0))
        return item, threading.get_ident()
    items, workers = zip(*threads.in_parallel(work, range(6)))
    assert items == tuple(range(6))
    assert len(set(workers)) == 2 and threading.get_ident() not in workers


def test_there_may_be_fewer_threads_than_blas_has(two_threads):
    workers = list(threads.in_parallel(lambda _: threading.get_ident(), range(6), at_most=1))
    assert len(set(workers)) == 1


def test_blas_has_one_thread_meanwhile_and_its_own_again_afterwards(two_threads):
    meanwhile = list(threads.in_parallel(lambda _: num_threads(two_threads), range(3)))
    assert meanwhile == [{1}] * 3
    assert num_threads(two_threads) == {2}


def test_an_error_comes_out_at_its_place_and_the_rest_never_begins(two_threads):
    begun = []

    def work(item):
        begun.append(item)
        if item == 1:
            raise ValueError("item 1")
        time.sleep(0.2 * (item > 1))
        return item
    results = threads.in_parallel(work, range(100))
    assert next(results) == 0
    with pytest.raises(ValueError, match="item 1"):
        next(results)
    assert len(begun) < 100  # all of them would take ten seconds


def test_the_caller_s_errstate_holds_in_the_threads(two_threads):
    def overflow(_):
        return np.exp(np.full(2, 1e4))
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        list(threads.in_parallel(overflow, range(2)))
    with np.errstate(over="ignore"):
        assert np.isinf(list(threads.in_parallel(overflow, range(2)))).all()


@pytest.mark.parametrize("reason", ["one thread", "no threadpoolctl"])
def test_else_the_items_take_their_turns(two_threads, reason, monkeypatch):
    limit = 1 if reason == "one thread" else 2
    if reason == "no threadpoolctl":
        monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    with two_threads.threadpool_limits(limit, user_api="blas"):
        workers = list(threads.in_parallel(lambda item: threading.get_ident(), range(3)))
    assert workers == [threading.get_ident()] * 3


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_estimates_do_not_depend_on_the_number_of_threads(two_threads, likelihood):
    """Bit for bit, with BLAS on one thread in both."""
    model = vn.VAE(30, 4, (20,), likelihood=likelihood)
    x = (np.random.default_rng(0).random((253, 30)) < 0.3).astype(np.float32)
    done = []

    def estimate():
        return vn.log_likelihood(model, x, rng=np.random.default_rng(1), num_samples=20,
                                 return_ess=True, on_block=done.append)
    shared = estimate()
    assert done == [50, 100, 150, 200, 250, 253]
    with two_threads.threadpool_limits(1, user_api="blas"):
        for a, b in zip(shared, estimate(), strict=True):
            np.testing.assert_array_equal(a, b)
