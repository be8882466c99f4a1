"""Arrays that several processes see: what one of them writes, the others read."""
import mmap
import os
import tempfile

import numpy as np

from ..backend import CACHE_LINE


def new_memory(arrays):
    """A file without a name with room for the arrays, (shape, dtype) each. It is gone when nobody
    has it open.
    """
    create = getattr(os, "memfd_create", None)  # Linux's, and not in every build of Python
    memory = os.fdopen(create("vae_np"), "w+b") if create else tempfile.TemporaryFile()
    memory.truncate(_places(arrays)[-1])
    return memory


def _places(arrays):
    """Where each array starts, and where the last one ends, in bytes."""
    places = [0]
    for shape, dtype in arrays:
        size = int(np.prod(shape)) * dtype.itemsize
        places.append(places[-1] + -(-size // CACHE_LINE) * CACHE_LINE)
    return places


def mapped(file, arrays):
    """The arrays that lie in a file, seen by every process that has it open."""
    places = _places(arrays)
    memory = mmap.mmap(file, places[-1])
    return [np.frombuffer(memory, dtype, int(np.prod(shape)), place).reshape(shape)
            for place, (shape, dtype) in zip(places, arrays)]
