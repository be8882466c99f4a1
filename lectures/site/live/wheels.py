"""Where Pyodide and its wheels come from, and how it is known that they are the right bytes.

Pyodide's core is the npm package of VERSION, whose SHA-512 stands here. Its lock file names the
SHA-256 of every wheel, so whatever a wheel's source is, it is taken only with that hash.

    Pyodide's core   a local folder, the cache, npm's registry (by npm, which knows its own
                     settings)
    a wheel          a local folder, the cache, Pyodide's content delivery network, and the package
                     of PyPI that ships the same bytes (by pip, which knows its own settings)
"""
import base64
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
from http.client import HTTPException
from pathlib import Path

from vae_np.runs.checkpoints import atomic_write

VERSION = "314.0.3"
TARBALL = f"pyodide-{VERSION}.tgz"
# What the registry calls `integrity`: `npm view pyodide@VERSION dist.integrity`.
TARBALL_SHA512 = ("sK40My6m8tmBUYtYH9au9rXUeh9x0wfahtHdOlGmJxZDsKBGKtP6KznyFB2+"
                  "u/klbQTdDionR0uaVd176zVQzQ==")
CDN = f"https://cdn.jsdelivr.net/pyodide/v{VERSION}/full/"
# This package brings Pyodide of the same version with it. Only the wheels are taken out of it.
PYPI_PACKAGE, PYPI_FOLDER = "open-webui==0.12.4", "open_webui/frontend/pyodide/"
FOLDER_VARIABLE = "VAE_NP_WHEELS"
SECONDS = 10.0  # without a byte from the network
LONG = 1800.0  # for a program that downloads


class SourceError(Exception):
    """A file could not be had, or is not the right one; the message is for the user."""


class Sources:
    """Files by name, verified whenever they are read.

    folder: a local folder that is asked first, or None. cache: the folder where downloads are
    kept. `lock` is Pyodide's lock file, a dict; `core` {name: bytes} of the npm package's files.
    """

    def __init__(self, folder, cache):
        self.folder, self.cache = folder and Path(folder), Path(cache)
        if self.folder and not self.folder.is_dir():
            raise SourceError(f"{self.folder} is no folder: name one that holds {TARBALL} or "
                              "Pyodide's wheels")
        self._failed = {}  # {source: why it failed}: it is not asked again
        self.core = _unpacked(self._find(TARBALL, _is_tarball, {"the npm registry": _from_npm}))
        self.lock = json.loads(self.core["pyodide-lock.json"])

    def with_dependencies(self, names):
        """These packages and all that they need, as entries of the lock file, by name."""
        found, waiting = {}, list(names)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found[name] = self.lock["packages"][name]
                waiting += found[name]["depends"]
        return dict(sorted(found.items()))

    def wheel(self, entry):
        """The bytes of the wheel that an entry of the lock file names."""
        def is_right(content):
            return hashlib.sha256(content).hexdigest() == entry["sha256"]
        return self._find(entry["file_name"], is_right, {
            "the CDN": _from_cdn, f"PyPI's {PYPI_PACKAGE}": self._from_pypi})

    def _find(self, name, is_right, sources):
        if self.folder and (self.folder / name).exists():
            content = (self.folder / name).read_bytes()
            if not is_right(content):
                raise SourceError(
                    f"{self.folder / name} is not the file of that name that belongs to Pyodide "
                    f"{VERSION}: its hash is another one. Put the right one there, or take it "
                    "away and it is downloaded")
            return content
        cached = self._cached(name, is_right)
        if cached:
            return cached
        for source, ask in sources.items():
            if source in self._failed:
                continue
            try:
                content = ask(name)
            except (OSError, ValueError, HTTPException, SourceError,
                    subprocess.SubprocessError) as error:
                why = " ".join(str(error).split()) or type(error).__name__
                self._failed[source] = f"{source}: {why}"
                continue
            if is_right(content):
                self._keep(name, content)
                return content
            self._failed[source] = f"{source}: it sent a {name} with another hash"
        said = "; ".join(self._failed[source] for source in sources)
        raise SourceError(
            f"{name} could not be downloaded ({said}): where there is a network, run `python "
            "lectures/site/live/build.py OUT --cache FOLDER`, bring that folder here, and run "
            f"`{FOLDER_VARIABLE}=FOLDER make site-live`")

    def _cached(self, name, is_right):
        """What the cache holds, if that is right; a damaged file is removed."""
        path = self.cache / name
        if not path.exists():
            return None
        content = path.read_bytes()
        if is_right(content):
            return content
        path.unlink()
        return None

    def _keep(self, name, content):
        self.cache.mkdir(parents=True, exist_ok=True)
        with atomic_write(self.cache / name) as file:
            file.write(content)

    def _from_pypi(self, name):
        """A wheel out of the package, and into the cache all of its wheels that the lock file
        knows and that a page can need: they come in one download.
        """
        known = {entry["file_name"]: entry["sha256"]
                 for entry in self.with_dependencies(["matplotlib", "scipy"]).values()}
        with tempfile.TemporaryDirectory() as folder:
            _run([sys.executable, "-m", "pip", "download", "--quiet", "--retries", "1",
                  "--no-deps", "--only-binary=:all:", "--python-version", "3.12",
                  "--dest", folder, PYPI_PACKAGE])
            package, = Path(folder).glob("*.whl")
            with zipfile.ZipFile(package) as archive:
                inside = set(archive.namelist())
                for wheel in known:
                    if PYPI_FOLDER + wheel in inside:
                        content = archive.read(PYPI_FOLDER + wheel)
                        if hashlib.sha256(content).hexdigest() == known[wheel]:
                            self._keep(wheel, content)
        path = self.cache / name
        if not path.exists():
            raise SourceError(f"it holds no {name} with the right hash")
        return path.read_bytes()


def _is_tarball(content):
    return base64.b64encode(hashlib.sha512(content).digest()).decode() == TARBALL_SHA512


def _unpacked(tarball):
    with tarfile.open(fileobj=io.BytesIO(tarball)) as archive:
        return {member.name.removeprefix("package/"): archive.extractfile(member).read()
                for member in archive if member.isfile()}


def _from_npm(name):
    """The package as npm packs it, with npm's settings."""
    npm = shutil.which("npm")
    if not npm:
        raise SourceError("npm is not installed; it comes with Node.js")
    with tempfile.TemporaryDirectory() as folder:
        _run([npm, "pack", f"pyodide@{VERSION}", "--fetch-retries=1",
              "--fetch-retry-mintimeout=1000", "--pack-destination", folder], folder)
        return Path(folder, name).read_bytes()


def _from_cdn(name):
    return _downloaded(CDN + name)


def _downloaded(address):
    with urllib.request.urlopen(address, timeout=SECONDS) as response:
        return response.read()


def _run(command, folder=None):
    """Runs a program to its end. Raises SourceError with the last line of what it said."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=LONG)
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise SourceError(said[-1] if said else f"{Path(command[0]).name} failed")
