"""Blocks of work side by side.

NumPy's elementwise work runs on one thread, its matrix products on all cores. Between two
products the other cores wait, and BLAS lets them wait by spinning, which takes the time from
whatever else could run. So the blocks share out the cores instead: a thread for each block, and
BLAS on one thread in each of them. NumPy lets go of the interpreter's lock in both kinds of work.
"""
from concurrent.futures import ThreadPoolExecutor

import numpy as np


def in_parallel(function, items, at_most=None):
    """Yields function(item) for each item, in the order of the items.

    As many run at once as BLAS would have used threads (OPENBLAS_NUM_THREADS and the like have
    their say), but no more than at_most, and meanwhile BLAS has one thread in the whole process.
    That takes threadpoolctl; without it, or where BLAS has one thread anyway, the items take
    their turns.

    An item's result is its own affair: how many run at once does not change it. The caller's
    np.errstate holds in every thread. An exception comes out at its item's place, and what has
    not begun by then never does.
    """
    blas, num_threads = _blas()
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


def _blas():
    """(threadpoolctl's handle on the BLAS libraries of this process, how many threads they use).

    (None, 1) without threadpoolctl.
    """
    try:
        from threadpoolctl import ThreadpoolController
    except ModuleNotFoundError:
        return None, 1
    blas = ThreadpoolController().select(user_api="blas")
    return blas, max((library["num_threads"] for library in blas.info()), default=1)
