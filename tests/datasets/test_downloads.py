"""Downloads against mirrors that are dead, slow, lying or too generous."""
import errno
import gzip
import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from vae_np.datasets import downloads
from vae_np.datasets.downloads import DownloadError, fetch, read_files


def listing(folder):
    return sorted(path.name for path in folder.rglob("*"))


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/toy.gz"


def status(code):
    return lambda handler: handler.send_error(code)


def drip(handler):
    """A byte at a time, each before the timeout, for 3 seconds: only the deadline stops it."""
    handler.send_response(200)
    handler.end_headers()
    for byte in BOMB[:150]:
        handler.wfile.write(bytes([byte]))
        time.sleep(0.02)


def broken_chunk(handler):
    handler.protocol_version = "HTTP/1.1"
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"1000\r\nshort")
    handler.close_connection = True


BOMB = gzip.compress(bytes(20_000_000))  # 20 kB that inflate to 20 MB

# name -> (what the first mirror does with its server, what the error must say)
FAULTS = {
    "not found": (lambda m: status(404), "404"),
    "server error": (lambda m: status(500), "500"),
    "cut off": (lambda m: m.serve(m.body[:9000], claim=len(m.body)), "cut off after 9000 of"),
    "cut off in silence": (lambda m: m.serve(m.body[:9000], claim=None), "damaged"),
    "cut off in a chunk": (lambda m: broken_chunk, "IncompleteRead"),
    "tampered": (lambda m: m.serve(m.tampered), "not the published file"),
    "a page of excuses": (lambda m: m.serve(b"<html>Sign in to this network</html>"), "damaged"),
    "empty": (lambda m: m.serve(b""), "ends after 0 of 20000 bytes"),
    "oversized, admitted": (lambda m: m.serve(b"", claim=m.size_cap + 1), "over the limit"),
    "oversized, unsaid": (lambda m: m.serve(bytes(m.size_cap + 1), claim=None), "over the limit"),
    "gzip bomb": (lambda m: m.serve(BOMB), "longer than 20000 bytes"),
    "hanging": (lambda m: lambda handler: m.closing.wait(10), "timed out"),
    "dripping": (lambda m: drip, "not done after 1 seconds"),
    "not HTTP": (lambda m: lambda handler: handler.wfile.write(b"SSH-2.0\r\n\r\n"), "SSH-2.0"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_mirror_is_named_and_the_next_one_is_used(fault, mirror, toy_file, tmp_path):
    answer, reason = FAULTS[fault]
    mirror.routes["/bad"] = answer(mirror)
    limits = {"timeout": 1, "deadline": 1} if fault in ("hanging", "dripping") else {}
    target = tmp_path / "cache" / "toy.gz"

    started = time.monotonic()
    with pytest.raises(DownloadError) as caught:
        fetch(toy_file(mirror.url("/bad")), target, **limits)
    assert time.monotonic() - started < 2.5  # the slow ones would take 3 seconds and 10
    assert reason in str(caught.value) and "/bad" in str(caught.value)
    assert listing(target.parent) == []

    payload = fetch(toy_file(mirror.url("/bad"), mirror.url("/good")), target, **limits)
    assert payload.tobytes() == mirror.payload
    assert target.read_bytes() == mirror.body
    assert listing(target.parent) == ["toy.gz"]


def test_a_dead_mirror(mirror, toy_file, tmp_path):
    dead = closed_port()
    with pytest.raises(DownloadError, match="refused"):
        fetch(toy_file(dead), tmp_path / "toy.gz")
    payload = fetch(toy_file(dead, mirror.url("/good")), tmp_path / "toy.gz")
    assert payload.tobytes() == mirror.payload


def test_the_error_tells_each_mirrors_failure(mirror, toy_file, tmp_path):
    mirror.routes |= {"/a": status(404), "/b": mirror.serve(mirror.tampered)}
    with pytest.raises(DownloadError) as caught:
        fetch(toy_file(mirror.url("/a"), mirror.url("/b")), tmp_path / "toy.gz")
    first, second = str(caught.value).split("; ", 1)
    assert "/a: 404" in first and "/b: it is not the published file" in second
    assert "\n" not in str(caught.value)


def test_a_failed_download_leaves_the_old_file(mirror, toy_file, tmp_path):
    (tmp_path / "toy.gz").write_bytes(b"old")
    mirror.routes["/bad"] = mirror.serve(mirror.tampered)
    with pytest.raises(DownloadError):
        fetch(toy_file(mirror.url("/bad")), tmp_path / "toy.gz")
    assert (tmp_path / "toy.gz").read_bytes() == b"old"
    assert listing(tmp_path) == ["toy.gz"]


class FullDisk(io.FileIO):
    def write(self, data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def no_space(*args):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("where", ["write", "fsync", "replace"])
def test_a_full_disk(where, toy_set, mirror, monkeypatch):
    if where == "write":
        monkeypatch.setattr(downloads, "open", FullDisk, raising=False)
    else:
        monkeypatch.setattr(os, where, no_space)
    with pytest.raises(DownloadError, match="cannot write .*toy.gz: No space left on device"):
        read_files("toy")
    assert listing(toy_set["cache"]) == ["toy"]  # the folder, and nothing in it
    assert mirror.hits == ["/good"]  # another mirror would not help


def test_a_cache_folder_that_cannot_be_made(toy_set):
    toy_set["cache"].parent.mkdir()
    toy_set["cache"].write_text("a file where the folder should be")
    with pytest.raises(DownloadError, match="cannot write"):
        read_files("toy")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_in_mid_download_leaves_nothing(mirror, tmp_path):
    half_sent = threading.Event()

    def half_then_hang(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(mirror.body)))
        handler.end_headers()
        handler.wfile.write(mirror.body[:9000])
        half_sent.set()
        mirror.closing.wait(10)

    mirror.routes["/half"] = half_then_hang
    program = ("import signal, sys; from pathlib import Path\n"
               "from vae_np.datasets import downloads, published\n"
               # a process started in the background may have been told to ignore Ctrl-C
               "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
               "file = published.DataFile(('toy.gz',), (sys.argv[1],), '', 20000, 40000,"
               " published.unpack_gzip)\n"
               "downloads.fetch(file, Path(sys.argv[2]))")
    root = Path(downloads.__file__).parents[2]
    process = subprocess.Popen([sys.executable, "-c", program, mirror.url("/half"),
                                str(tmp_path / "toy.gz")], stderr=subprocess.PIPE, cwd=root)
    assert half_sent.wait(20)
    wait_until = time.monotonic() + 10
    while not listing(tmp_path) and time.monotonic() < wait_until:
        time.sleep(0.01)
    assert [name.endswith(".part") for name in listing(tmp_path)] == [True]
    process.send_signal(signal.SIGINT)
    assert "KeyboardInterrupt" in process.communicate(timeout=10)[1].decode()
    assert listing(tmp_path) == []


def test_many_at_once_all_get_the_whole_file(mirror, toy_file, tmp_path):
    together = threading.Barrier(6)

    def all_together(handler):
        together.wait(10)  # nobody is served before everybody has asked
        mirror.serve(mirror.body)(handler)

    mirror.routes["/slow"] = all_together
    results = []
    file = toy_file(mirror.url("/slow"))
    threads = [threading.Thread(target=lambda: results.append(fetch(file, tmp_path / "toy.gz")))
               for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [payload.tobytes() for payload in results] == [mirror.payload] * 6
    assert listing(tmp_path) == ["toy.gz"] and (tmp_path / "toy.gz").read_bytes() == mirror.body
