"""Checkpoints: written whole or not at all, refused when damaged.

A checkpoint is an .npz file without pickle: arrays, and a header in JSON. Its last 64 bytes, the
comment that the zip format allows there, are the SHA-256 of all that comes before. So a flipped
bit or a missing tail is found before anything is believed, and `numpy.load` still opens the file.
The checksum does not prove who wrote a file, so its content is still read with suspicion.
"""
import contextlib
import errno
import hashlib
import io
import json
import os
import secrets
import textwrap
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np

FORMAT, VERSION = "vae-np checkpoint", 1
DIGEST_SIZE = 64
SIZE_CAP = 8 * 2 ** 30  # bytes: larger than any model that trains on a host


FULL = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))


class CheckpointError(ValueError):
    """A checkpoint that is missing, damaged, or not one of ours."""


class WriteError(OSError):
    """What cannot be written. The message says what, why, what is kept, and what to do.

    kept: what is kept. then: what to do, once there is room or another place.
    """
    what, kept, then = "write", "no half of it is left", "give the command again"

    def __str__(self):
        first = "Make room" if self.errno in FULL else "Mend that"
        return (f"cannot {self.what} {self.filename}: {self.strerror}; {self.kept}. {first}, then "
                f"{self.then}")


@contextlib.contextmanager
def writing(path):
    """In this context an OSError becomes a WriteError about `path`."""
    try:
        yield
    except OSError as error:
        raise WriteError(error.errno, error.strerror or str(error), str(path)) from None


def make_folder(path):
    """Makes a folder and those above it, where they are not there. Raises WriteError."""
    try:
        with writing(path):
            Path(path).mkdir(parents=True, exist_ok=True)
    except WriteError as error:
        error.what, error.kept = "make the folder", "nothing was changed"
        raise


@contextlib.contextmanager
def atomic_write(path):
    """A binary file that appears at `path` only when it is whole.

    Written to a temporary file beside it, flushed to the disk, then renamed. An error or an
    interrupt leaves the old file as it was and no litter; only a process that is killed leaves its
    temporary file, which `remove_litter` removes. Raises WriteError.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    with writing(path):
        try:
            with open(temporary, "xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        finally:
            with contextlib.suppress(OSError):  # what went wrong with the file itself is the news
                temporary.unlink()


def write_array(file, array):
    """Writes an array in the .npy format to an open binary file.

    Where a disk is full, NumPy's way into a real file says "0 written", and not why.
    """
    np.lib.format.write_array(SimpleNamespace(write=file.write), array, allow_pickle=False)


def remove_litter(path):
    """Removes the temporary files of processes that were killed while they wrote `path`."""
    path = Path(path)
    for temporary in path.parent.glob(f".{path.name}.*"):
        temporary.unlink(missing_ok=True)


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
        file.write(_digest(body))


def read(path):
    """(header, arrays) of a checkpoint.

    Raises CheckpointError, in one line, for a file that is missing, damaged, of another version or
    not a checkpoint. Nothing in the file is ever executed.
    """
    data = _read_bytes(Path(path))
    if data[-DIGEST_SIZE:] != _digest(data[:-DIGEST_SIZE]):
        raise CheckpointError(f"{path} is damaged or no checkpoint of vae-np: its checksum does "
                              "not fit its content")
    try:
        header, arrays = _unpack(data)
    except Exception as error:  # a forged file can make the zip and array parsers raise anything
        raise CheckpointError(f"{path} is not a checkpoint of vae-np: its content is not what "
                              "vae-np writes") from error
    if header.get("format") != FORMAT:
        raise CheckpointError(f"{path} is not a checkpoint of vae-np")
    if header.get("version") != VERSION:
        version = textwrap.shorten(repr(header.get("version")), 40)
        raise CheckpointError(f"{path} has the checkpoint version {version}; this release reads "
                              f"version {VERSION}")
    return header, arrays


def _read_bytes(path):
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise CheckpointError(f"{path} is no checkpoint: it is not a file")
        if size > SIZE_CAP:
            raise CheckpointError(f"{path} is too large to be a checkpoint of vae-np")
        return path.read_bytes()
    except FileNotFoundError:
        raise CheckpointError(f"there is no checkpoint at {path}: `vae-np train --out FOLDER` "
                              "leaves one in FOLDER") from None
    except OSError as error:
        raise CheckpointError(f"cannot read the checkpoint {path}: {error.strerror}") from None


def _digest(body):
    return hashlib.sha256(body).hexdigest().encode()


def _unpack(data):
    arrays = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        # Members that share their bytes, or lie about their size, could fill any memory.
        if sum(info.file_size for info in archive.infolist()) > len(data):
            raise ValueError("its members claim more bytes than it has")
        for info in archive.infolist():
            # We write members uncompressed: a compressed one could unpack to any size.
            if info.compress_type != zipfile.ZIP_STORED or not info.filename.endswith(".npy"):
                raise ValueError(f"unexpected member {info.filename!r}")
            with archive.open(info) as member:
                arrays[info.filename.removesuffix(".npy")] = _read_array(member)
    header = json.loads(arrays.pop("header").tobytes())
    if not isinstance(header, dict):
        raise ValueError("its header is no JSON object")
    return header, arrays


def _read_array(member):
    version = np.lib.format.read_magic(member)
    if version != (1, 0):
        raise ValueError(f"array format {version}")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(member)
    if dtype.hasobject or fortran:
        raise ValueError("an array of Python objects or in Fortran order")
    raw = member.read()
    if len(raw) != int(np.prod(shape, dtype=object)) * dtype.itemsize:
        raise ValueError("an array whose header does not fit its size")
    array = np.frombuffer(raw, dtype=dtype).reshape(shape).copy()
    if dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError("numbers that are infinite or NaN: no run writes them")
    return array
