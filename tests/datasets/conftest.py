"""A mirror on 127.0.0.1 that misbehaves on request, and a small file for it to serve."""
import gzip
import hashlib
import http.server
import threading

import numpy as np
import pytest

from vae_np.datasets.published import FILES, DataFile, unpack_gzip


class Mirror:
    """An HTTP server. `routes[path]` is a function of the request handler that answers it.

    payload   the toy file's content    body   the toy file, gzipped
    tampered  the same with one bit of the content changed
    """
    payload = np.random.default_rng(0).bytes(20_000)
    body = gzip.compress(payload)
    tampered = gzip.compress(payload[:-1] + bytes([payload[-1] ^ 1]))
    size_cap = 40_000

    def __init__(self):
        self.routes = {"/good": self.serve(self.body)}
        self.hits = []
        self.closing = threading.Event()  # a hanging answer waits for this one
        mirror = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                mirror.hits.append(self.path)
                try:
                    mirror.routes[self.path](self)
                except ConnectionError:
                    self.close_connection = True  # the client has given up, as it should

            def log_message(self, *args):
                """Keep the tests' output clean."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def url(self, path):
        return f"http://127.0.0.1:{self.server.server_port}{path}"

    @staticmethod
    def serve(body, *, claim=True):
        """An answer with `body`; claim: its Content-Length, True for the truth, None for none."""
        def answer(handler):
            handler.send_response(200)
            if claim is not None:
                handler.send_header("Content-Length", str(len(body) if claim is True else claim))
            handler.end_headers()
            handler.wfile.write(body)
        return answer

    def close(self):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def mirror(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    server = Mirror()
    yield server
    server.close()


@pytest.fixture
def toy_file():
    """make(*urls) -> the toy file as a DataFile that is to be had at these urls."""
    def make(*urls):
        return DataFile(("toy.gz", "toy"), urls, hashlib.sha256(Mirror.payload).hexdigest(),
                        len(Mirror.payload), Mirror.size_cap, unpack_gzip)
    return make


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Empty places for data: `given` is $VAE_NP_DATA, `cache` the cache folder."""
    monkeypatch.setenv("VAE_NP_DATA", str(tmp_path / "given"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    return {"given": tmp_path / "given", "cache": tmp_path / "xdg" / "vae-np"}


@pytest.fixture
def toy_set(mirror, toy_file, places, monkeypatch):
    """The toy file as the published data set "toy", served by the good mirror."""
    monkeypatch.setitem(FILES, "toy", {"all": toy_file(mirror.url("/good"))})
    return places
