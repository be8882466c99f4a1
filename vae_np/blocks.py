"""Many examples, block by block: memory stays bounded, and the blocks may run side by side.

NumPy's elementwise work runs on one thread, its matrix products on all cores. Between two
products the other cores wait, and BLAS lets them wait by spinning, which takes the time from
whatever else could run. So the blocks share out the cores instead: a thread for each block, and
BLAS on one thread in each of them. NumPy lets go of the interpreter's lock in both kinds of work.
"""
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from .backend import check_generator, to_host


def in_blocks(function, x, size, rng=None, on_block=None, at_once=1):
    """What function(block) gives for each `size` rows of x, put together along the first axis.

    function gives an array, or a tuple or a dict of arrays; they are brought to the host. With rng
    it is called as function(block, stream): each block has a random stream of its own, so the
    result for an example depends on rng and on the example's place, and not on how many follow.
    on_block(n) is called after each block with the number of examples done. at_once: how many
    blocks may run side by side, None for as many as BLAS has threads; that changes no result.
    """
    starts = range(0, len(x), size)
    tasks = [(x[start:start + size],) for start in starts]
    if rng is not None:
        streams = check_generator(rng).spawn(len(starts))
        tasks = [(*task, stream) for task, stream in zip(tasks, streams, strict=True)]
    run = map if at_once == 1 else lambda work, items: in_parallel(work, items, at_once)
    results = []
    for start, result in zip(starts, run(lambda task: function(*task), tasks)):
        results.append(result)
        if on_block:
            on_block(min(start + size, len(x)))
    return _join(results)


def _join(results):
    """Arrays, tuples or dicts of arrays of several blocks as one."""
    first = results[0]
    if isinstance(first, dict):
        return {name: _join([result[name] for result in results]) for name in first}
    if isinstance(first, tuple):
        return tuple(map(_join, zip(*results, strict=True)))
    return np.concatenate([to_host(result) for result in results])


def in_parallel(function, items, at_most=None):
    """Yields function(item) for each item, in the order of the items.

    As many run at once as BLAS would have used threads (so OPENBLAS_NUM_THREADS and the like
    apply), but no more than at_most. Meanwhile BLAS has one thread in the whole process. This
    takes threadpoolctl; without it, or where BLAS has one thread anyway, the items take turns.

    How many run at once changes no result. The caller's np.errstate holds in every thread. Where
    function raises, the exception comes in the place of that item's result, and items that have
    not begun by then are not started.
    """
    blas, num_threads = blas_libraries()
    if num_threads == 1:
        yield from map(function, items)
        return
    errors = np.geterr()

    def work(item):
        with np.errstate(**errors):
            return function(item)
    num_threads = min(num_threads, at_most or num_threads)
    with blas.limit(limits=1), ThreadPoolExecutor(num_threads) as pool:
        yield from pool.map(work, items)


def blas_libraries():
    """(threadpoolctl's handle on the BLAS libraries of this process, how many threads they use).

    (None, 1) without threadpoolctl.
    """
    try:
        from threadpoolctl import ThreadpoolController
    except ModuleNotFoundError:
        return None, 1
    blas = ThreadpoolController().select(user_api="blas")
    return blas, max((library["num_threads"] for library in blas.info()), default=1)


class OneThread:
    """BLAS has one thread in this process from the first `hold` until the last `release`, whoever
    calls them. It takes threadpoolctl.
    """

    _holders, _limit, _lock = 0, None, threading.Lock()

    @classmethod
    def hold(cls):
        with cls._lock:
            if not cls._holders:
                cls._limit = blas_libraries()[0].limit(limits=1)
            cls._holders += 1

    @classmethod
    def release(cls):
        with cls._lock:
            cls._holders -= 1
            if not cls._holders:
                cls._limit.restore_original_limits()
