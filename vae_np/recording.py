"""A training step on a GPU is a hundred small launches. Recorded once, they become a single one.

Each call of CuPy takes some 20 µs on the host, and the GPU works for two or three of them. CUDA
can write down what a function launches, as a graph, and launch the whole graph again and again.
Nothing of the mathematics knows about it: what is recorded is the function that ran before.

What a graph holds is what happened: which memory was read and written, in which order, and every
number that Python had worked out by then. So a function that is recorded may depend on nothing
that changes but its arrays. Their numbers are copied to where the graph reads them. A function
that looks at numbers to choose its way cannot be recorded.
"""
import ctypes
import sys
import warnings
from contextlib import contextmanager

import numpy as np

from . import backend
from .backend import move, namespace

SHAPES = 4  # so many kinds of input are recorded; a further one runs launch by launch
WORKSPACE = 32 << 20  # bytes that cuBLAS may use, as its manual advises for recent GPUs


class Recorded:
    """`function(*arrays, **constants)`, recorded on a device and replayed; on the host called.

    The first call with arrays of certain shapes runs as ever, and CuPy compiles what it needs. The
    second is recorded. What a recorded call returns lies in the same memory each time: use it up
    before the next call. constants: plain values; each combination has a recording of its own.
    With recordable=False the function is just called, everywhere.
    """

    def __init__(self, function, recordable=True):
        self._function, self._recordable, self._recordings = function, recordable, {}

    def __call__(self, place, *arrays, **constants):
        """place: the array whose device is asked about, and in whose memory the function works."""
        xp = namespace(place)
        if xp is np or not self._recordable:
            return self._function(*arrays, **constants)
        key = (id(place), *((a.shape, str(a.dtype)) for a in arrays), *sorted(constants.items()))
        if key not in self._recordings:
            if len(self._recordings) < SHAPES:
                self._recordings[key] = place, None  # place is kept, so its id stays its own
            return self._function(*(move(array, xp) for array in arrays), **constants)
        _, recording = self._recordings[key]
        if recording is None:
            recording = _record(xp, self._function, arrays, constants)
            self._recordings[key] = place, recording
        return recording(*arrays)

    def __getstate__(self):
        return self._function, self._recordable  # a copy records anew, in memory of its own

    def __setstate__(self, state):
        self.__init__(*state)


def _record(xp, function, arrays, constants):
    """A function of device arrays that does what `function` did, in one launch.

    Where it cannot be recorded, because it needs something that CUDA or CuPy keeps out of graphs,
    it is called as ever, and one warning says so.
    """
    products = Products(xp)
    stream, pool = xp.cuda.Stream(non_blocking=True), xp.cuda.MemoryPool()
    inputs = [xp.empty(a.shape, dtype=a.dtype) for a in arrays]
    # The graph will use the memory of this pool whenever it is launched: nobody else may.
    with xp.cuda.using_allocator(pool.malloc), stream:
        stream.begin_capture()
        try:
            with _products_by(products):
                outputs = function(*inputs, **constants)
            failure = None
        except Exception as error:  # CUDA's errors have no class in common
            failure = error
        try:
            graph = stream.end_capture()
        except Exception as error:
            failure = failure or error
    if failure is not None:
        warnings.warn("a step on this GPU runs launch by launch, which is slower: CUDA could not "
                      f"record it ({type(failure).__name__}: {failure})", RuntimeWarning,
                      stacklevel=4)
        return lambda *arrays: function(*(move(array, xp) for array in arrays), **constants)

    def replay(*arrays):
        for place, array in zip(inputs, arrays, strict=True):
            if namespace(array) is xp:
                place[...] = array
            else:
                place.set(array)  # straight from the host's memory
        graph.launch()
        return outputs
    replay.memory = pool, products  # in which the graph works: it must live as long
    return replay


@contextmanager
def _products_by(products):
    """Within, `backend.matmul` on a device is `products`."""
    backend.products_on_device = products
    try:
        yield
    finally:
        backend.products_on_device = None


class Products:
    """a @ b by cuBLAS itself, for CuPy refuses to let its own be recorded.

    The library is the one that CuPy has loaded. The handle and its workspace are this object's.
    """

    def __init__(self, xp):
        self._stream = xp.cuda.get_current_stream
        # CuPy's own binding, loaded by `device_module`: what it is linked to is found through it.
        self._library = ctypes.CDLL(sys.modules["cupy_backends.cuda.libs.cublas"].__file__)
        self._workspace = xp.empty(WORKSPACE, dtype="uint8")
        self._handle = ctypes.c_void_p()
        self._call("cublasCreate_v2", ctypes.byref(self._handle))

    def __call__(self, a, b, out=None):
        """a (m, k), b (k, n) → (m, n), written to `out` where it is given."""
        xp, (m, k), n = namespace(a), a.shape, b.shape[1]
        if out is None:
            out = xp.empty((m, n), dtype=a.dtype)
        name, number = {"float32": ("cublasSgemm_v2", ctypes.c_float),
                        "float64": ("cublasDgemm_v2", ctypes.c_double)}[str(a.dtype)]
        # cuBLAS reads column by column, and so sees every matrix transposed: outᵀ = bᵀ aᵀ.
        (swap_a, width_a), (swap_b, width_b) = _reading(a), _reading(b)
        self._call("cublasSetStream_v2", self._handle, ctypes.c_void_p(self._stream().ptr))
        self._call("cublasSetWorkspace_v2", self._handle, _pointer(self._workspace),
                   ctypes.c_size_t(WORKSPACE))
        self._call(name, self._handle, swap_b, swap_a, n, m, k, ctypes.byref(number(1.0)),
                   _pointer(b), width_b, _pointer(a), width_a, ctypes.byref(number(0.0)),
                   _pointer(out), n)
        return out

    def _call(self, name, *arguments):
        status = getattr(self._library, name)(*arguments)
        if status:
            raise RuntimeError(f"{name} of cuBLAS failed with status {status}")


def _reading(matrix):
    """(whether cuBLAS must swap the axes of a matrix, how far apart its rows or columns lie)."""
    if matrix.flags.c_contiguous:
        return 0, matrix.shape[1]
    if matrix.flags.f_contiguous:
        return 1, matrix.shape[0]
    raise ValueError("a product that is recorded needs matrices without gaps")


def _pointer(array):
    return ctypes.c_void_p(array.data.ptr)
