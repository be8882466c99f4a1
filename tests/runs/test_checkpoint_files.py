"""A checkpoint is whole or refused. What a forged one says is never believed or executed."""
import errno
import hashlib
import io
import json
import os
import tracemalloc
import zipfile

import numpy as np
import pytest

import vae_np as vn
from vae_np.runs import Run, checkpoints
from vae_np.runs.checkpoints import CheckpointError, atomic_write


@pytest.fixture
def path(finished):
    return finished / "checkpoint.npz"


@pytest.fixture
def refused(path):
    """refused(content): writes it in the checkpoint's place; nobody loads it, and each says why
    in one line. Returns the line.
    """
    def check(content):
        path.write_bytes(content)
        with pytest.raises(CheckpointError) as by_load:
            vn.load(path)
        with pytest.raises(CheckpointError):
            Run.resume(path.parent)
        line = str(by_load.value)
        assert str(path) in line and "\n" not in line and len(line) < len(str(path)) + 250
        return line
    return check


def signed(members, kind=zipfile.ZIP_STORED):
    """{name: bytes} → a zip file with a valid checksum, as a forger would make it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", kind) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        archive.comment = b"0" * checkpoints.DIGEST_SIZE
    return sign(buffer.getvalue())


def sign(content):
    body = content[:-checkpoints.DIGEST_SIZE]
    return body + hashlib.sha256(body).hexdigest().encode()


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def npy_header(text):
    """An array file of format 1.0 whose header is this text, with 64 bytes of data."""
    text = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + bytes(64)


def rewritten(path, **changes):
    """The checkpoint at `path` with some arrays or parts of its header replaced, well signed."""
    header, arrays = checkpoints.read(path)
    for name, value in changes.items():
        (arrays if name in arrays else header)[name] = value
    members = {"header.npy": npy(np.frombuffer(json.dumps(header).encode(), np.uint8)),
               **{f"{name}.npy": npy(array) for name, array in arrays.items()}}
    return signed(members)


# -- accidents ---------------------------------------------------------------------------------

def test_two_hundred_flips_and_truncations_all_refused(path, refused):
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(100):
        flipped = bytearray(whole)
        flipped[rng.integers(len(whole))] ^= 1 << rng.integers(8)
        refused(bytes(flipped))
        refused(whole[:rng.integers(len(whole))])
    path.write_bytes(whole)
    vn.load(path)


@pytest.mark.parametrize("content", [b"", b"x", b"0" * 64, b"PK\x05\x06" + bytes(18), bytes(9999)],
                         ids=["empty", "one byte", "64 bytes", "empty zip", "zeros"])
def test_what_is_no_checkpoint_is_refused(refused, content):
    assert "checkpoint" in refused(content)


def test_an_npz_of_numpy_is_no_checkpoint(refused):
    buffer = io.BytesIO()
    np.savez(buffer, params=np.zeros(3, np.float32))
    assert "is damaged or no checkpoint of vae-np" in refused(buffer.getvalue())


def test_a_directory_or_a_pipe_in_its_place(path):
    path.unlink()
    path.mkdir()
    with pytest.raises(CheckpointError, match="it is not a file"):
        vn.load(path.parent)
    if hasattr(os, "mkfifo"):
        path.rmdir()
        os.mkfifo(path)  # whoever opens it would wait for ever
        with pytest.raises(CheckpointError, match="it is not a file"):
            vn.load(path)


def test_an_unreadable_file_says_so(path, monkeypatch):
    def denied(self):
        raise PermissionError(errno.EACCES, "Permission denied", str(self))
    monkeypatch.setattr(type(path), "read_bytes", denied)
    with pytest.raises(CheckpointError, match="cannot read the checkpoint .*: Permission denied"):
        vn.load(path)


def test_a_file_beyond_the_cap_is_not_read(path, monkeypatch):
    monkeypatch.setattr(checkpoints, "SIZE_CAP", path.stat().st_size - 1)
    with pytest.raises(CheckpointError, match="too large"):
        vn.load(path)


def test_numpy_opens_it_without_pickle(path):
    with np.load(path, allow_pickle=False) as arrays:
        assert arrays["params"].dtype == np.float32 and arrays["optimizer.steps"] == 12


# -- forgeries, with a valid checksum ----------------------------------------------------------

def test_a_pickle_is_never_executed(refused, tmp_path):
    class Payload:
        def __reduce__(self):
            return (open, (str(tmp_path / "executed"), "w"))

    buffer = io.BytesIO()
    np.save(buffer, np.array([Payload()], dtype=object), allow_pickle=True)
    refused(signed({"header.npy": npy(np.frombuffer(b"{}", np.uint8)),
                    "params.npy": buffer.getvalue()}))
    refused(signed({"header.npy": buffer.getvalue()}))
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("kind", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_bomb_is_refused_without_unpacking_it(refused, kind):
    bomb = signed({"header.npy": npy(np.zeros(20_000_000, np.uint8))}, kind)
    assert len(bomb) < 50_000
    tracemalloc.start()
    refused(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3_000_000


def test_compressed_members_are_refused_whatever_size_they_claim(path, refused):
    """Not only bombs: then it need not be known how a bomb hides."""
    refused(repacked(path, {"params.npy": zipfile.ZIP_DEFLATED}))


def test_a_member_that_is_listed_many_times_is_refused(path, refused):
    """A small file that would be read again and again."""
    refused(repacked(path, again=100))


def repacked(path, kinds={}, again=0):
    """A signed copy of a checkpoint: members in other kinds of compression, the first listed
    `again` times more.
    """
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content, compress_type=kinds.get(name, zipfile.ZIP_STORED))
        archive.filelist.extend(again * archive.infolist()[:1])
        archive.comment = b"0" * checkpoints.DIGEST_SIZE
    return sign(buffer.getvalue())


@pytest.mark.parametrize("header", [
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (-16,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (-4, -4), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }",
    "{'descr': '|V0', 'fortran_order': False, 'shape': (1000000000000,), }",
    "{'descr': '|O', 'fortran_order': False, 'shape': (8,), }",
    "{'descr': '<f4', 'fortran_order': True, 'shape': (4, 4), }",
    "{'descr': '<f4', 'shape': (16,), }", "{'descr': 'nonsense'}", "(((((", "",
    "__import__('os').getcwd()"])
def test_a_lying_array_header_is_refused(refused, header):
    members = {"header.npy": npy(np.frombuffer(b"{}", np.uint8)), "params.npy": npy_header(header)}
    assert "not what vae-np writes" in refused(signed(members))


@pytest.mark.parametrize("header", [b"", b"[]", b"{}", b"{", b"\xff", b"[" * 100_000, b"3"],
                         ids=["empty", "list", "bare", "half", "no text", "deep", "number"])
def test_a_header_that_is_not_ours_is_refused(refused, header):
    refused(signed({"header.npy": npy(np.frombuffer(header, np.uint8))}))


def test_members_that_we_do_not_write_are_refused(refused):
    refused(signed({}))
    refused(signed({"params.npy": npy(np.zeros(3))}))
    refused(signed({"header.npy": npy(np.frombuffer(b"{}", np.uint8)), "../x": b"y"}))


@pytest.mark.parametrize("changes, complaint", [
    ({"version": 2}, "checkpoint version 2; this release reads version 1"),
    ({"format": "another program"}, "is not a checkpoint of vae-np"),
    ({"model": {"class": "GAN", "config": {}}}, "its model is a GAN, which this release does not"),
    ({"model": {"class": ["VAE"]}}, "does not describe a model"),
    ({"model": 3}, "does not describe a model"),
    ({"model": {"class": "VAE", "config": {"x_dim": 6}}}, "does not describe a model"),
    ({"model": {"class": "VAE", "config": {"x_dim": 6, "z_dim": 3}}}, "parameters, the model"),
    ({"model": {"class": "VAE", "config": {"x_dim": 10 ** 9, "z_dim": 10 ** 9}}},
     "does not describe a model"),
    ({"model": {"class": "VAE", "config": {"x_dim": 6, "z_dim": 2, "rng": 7}}},
     "does not describe a model"),
    ({"params": np.zeros(3, np.float32)}, "it holds 3 float32 parameters, the model 110 float32"),
    ({"params": np.full(110, np.nan, np.float32)}, "not what vae-np writes"),
    ({"params": np.full(110, "1.0")}, "it holds 110 <U3 parameters"),
    ({"params": np.zeros(110, [("a", "<f4")])}, "does not describe a model"),
])
def test_another_model_or_version_is_refused(path, refused, changes, complaint):
    assert complaint in refused(rewritten(path, **changes))


def test_half_precision_parameters_load(path):
    """Weights that are to be shared may be rounded to float16: half the size."""
    exact = vn.load(path).params.vector
    path.write_bytes(rewritten(path, params=exact.astype(np.float16)))
    assert np.array_equal(vn.load(path).params.vector, exact.astype(np.float16))


def test_an_exported_model_loads_but_cannot_be_resumed(path):
    header, arrays = checkpoints.read(path)
    checkpoints.write(path, {"model": header["model"]}, {"params": arrays["params"]})
    assert np.array_equal(vn.load(path.parent).params.vector, arrays["params"])
    with pytest.raises(CheckpointError, match="a model alone"):
        Run.resume(path.parent)


@pytest.mark.parametrize("changes", [
    {"loop": {}}, {"loop": []}, {"records": "many"}, {"records": None},
    {"optimizer.steps": np.zeros(3)}, {"optimizer.sum_of_gradients": np.zeros(3, np.float32)}])
def test_a_state_that_does_not_fit_is_not_resumed(path, changes):
    path.write_bytes(rewritten(path, **changes))
    vn.load(path)  # the model itself is sound
    with pytest.raises(CheckpointError, match="does not fit this run"):
        Run.resume(path.parent)


def test_signed_noise_raises_nothing_but_checkpoint_errors(path):
    """A forger's fuzzing: 300 mutations with a right checksum are refused or harmless."""
    whole = path.read_bytes()
    rng = np.random.default_rng(1)
    refusals = 0
    for _ in range(300):
        mutant = bytearray(whole)
        for _ in range(rng.integers(1, 4)):
            at = rng.integers(len(whole) - checkpoints.DIGEST_SIZE)
            mutant[at:at + rng.integers(3)] = rng.bytes(rng.integers(3))
        path.write_bytes(sign(bytes(mutant)))
        try:
            vn.load(path)
        except CheckpointError:
            refusals += 1
    assert refusals > 100


# -- writing -----------------------------------------------------------------------------------

def test_a_full_disk_leaves_the_last_checkpoint(finished, path, monkeypatch):
    before = path.read_bytes()
    run = Run.resume(finished, {"epochs": 4})

    def full(handle):
        if os.fstat(handle).st_ino != (finished / "metrics.jsonl").stat().st_ino:
            raise OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="checkpoint.npz: No space left on device"):
        run.save()
    assert path.read_bytes() == before
    assert not [p for p in finished.iterdir() if p.name.startswith(".")]


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, ZeroDivisionError])
def test_an_interrupted_write_leaves_the_old_file(tmp_path, interrupt):
    goal = tmp_path / "goal"
    goal.write_text("old")
    with pytest.raises(interrupt):
        with atomic_write(goal) as file:
            file.write(b"new")
            raise interrupt
    assert goal.read_text() == "old" and os.listdir(tmp_path) == ["goal"]


def test_writing_into_a_missing_folder_names_the_goal(tmp_path):
    with pytest.raises(OSError, match="cannot write .*missing/goal: No such file"):
        with atomic_write(tmp_path / "missing" / "goal"):
            pass


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_a_written_file_has_the_mode_of_any_new_file(tmp_path):
    with atomic_write(tmp_path / "ours") as file:
        file.write(b"x")
    (tmp_path / "any").write_bytes(b"x")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "any").stat().st_mode
