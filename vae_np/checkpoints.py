"""Checkpoints: written whole or not at all, refused when damaged.

A checkpoint is an .npz file without pickle: arrays, and a header in JSON. Its last 64 bytes, the
comment that the zip format allows there, are the SHA-256 of all that comes before. So a flipped
bit or a missing tail is found before anything is believed, and `numpy.load` still opens the file.
"""
import contextlib
import hashlib
import io
import json
import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np

FORMAT, VERSION = "vae-np checkpoint", 1
DIGEST_SIZE = 64
SIZE_CAP = 8 * 2 ** 30  # bytes: larger than any model that trains on a host


class CheckpointError(ValueError):
    """A checkpoint that is missing, damaged, or not one of ours."""


@contextlib.contextmanager
def atomic_write(path):
    """A binary file that appears at `path` only when it is whole.

    Written to a temporary file beside it, flushed to the disk, then renamed. An error or an
    interrupt leaves the old file as it was and no litter.
    """
    path = Path(path)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)  # mkstemp's own mode hides the file from the group
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def write(path, header, arrays):
    """Writes a checkpoint: `header` (JSON values) and `arrays` {name: host array}, atomically."""
    header = {"format": FORMAT, "version": VERSION, **header}
    text = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, array in {"header": text, **arrays}.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)
        archive.comment = b"0" * DIGEST_SIZE
    body = buffer.getbuffer()[:-DIGEST_SIZE]
    with atomic_write(path) as file:
        file.write(body)
        file.write(hashlib.sha256(body).hexdigest().encode())


def read(path):
    """(header, arrays) of a checkpoint.

    Raises CheckpointError, in one line, for a file that is missing, damaged, of another version or
    not a checkpoint. Nothing in the file is ever executed.
    """
    path = Path(path)
    try:
        if path.stat().st_size > SIZE_CAP:
            raise CheckpointError(f"{path} is too large to be a checkpoint of vae-np")
        data = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"cannot read the checkpoint {path}: {error.strerror}") from None
    body, digest = data[:-DIGEST_SIZE], data[-DIGEST_SIZE:]
    if not zipfile.is_zipfile(io.BytesIO(data)) and digest != _digest(body):
        raise CheckpointError(f"{path} is not a checkpoint of vae-np, or it is damaged")
    if digest != _digest(body):
        raise CheckpointError(f"{path} is damaged: its checksum does not fit its content")
    try:
        header, arrays = _unpack(data)
    except (zipfile.BadZipFile, ValueError, KeyError, EOFError, RuntimeError) as error:
        raise CheckpointError(f"{path} is not a checkpoint of vae-np: {error}") from None
    if header.get("format") != FORMAT:
        raise CheckpointError(f"{path} is not a checkpoint of vae-np")
    if header.get("version") != VERSION:
        raise CheckpointError(f"{path} has the checkpoint version {header.get('version')!r}; "
                              f"this release reads version {VERSION}")
    return header, arrays


def _digest(body):
    return hashlib.sha256(body).hexdigest().encode()


def _unpack(data):
    arrays = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            # We write members uncompressed: a compressed one could unpack to any size.
            if info.compress_type != zipfile.ZIP_STORED or not info.filename.endswith(".npy"):
                raise ValueError(f"unexpected member {info.filename!r}")
            with archive.open(info) as member:
                array = _read_array(member, info.file_size)
            arrays[info.filename.removesuffix(".npy")] = array
    header = json.loads(arrays.pop("header").tobytes())
    if not isinstance(header, dict):
        raise ValueError("its header is no JSON object")
    return header, arrays


def _read_array(member, size):
    version = np.lib.format.read_magic(member)
    if version != (1, 0):
        raise ValueError(f"array format {version}")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(member)
    if dtype.hasobject or fortran:
        raise ValueError("an array of Python objects or in Fortran order")
    raw = member.read()
    if any(n < 0 for n in shape) or len(raw) != int(np.prod(shape, dtype=object)) * dtype.itemsize:
        raise ValueError("an array whose header does not fit its size")
    return np.frombuffer(raw, dtype=dtype).reshape(shape).copy()
