"""Find the published data files on this machine, or download them, safely.

A file is looked for in $VAE_NP_DATA/NAME/, then in the user's cache folder, then at each of its
mirrors. Whatever is found is verified before it is used, by the SHA-256 of its content.
"""
import http.client
import os
import secrets
import sys
import time
import urllib.error
import urllib.request
import warnings
from contextlib import contextmanager
from pathlib import Path

from ..arrays import DatasetError
from ..streams import Patient, is_terminal
from .published import FILES, DamagedFileError

DATA_VARIABLE = "VAE_NP_DATA"
TIMEOUT = 20.0  # seconds without a byte
DEADLINE = 1800.0  # seconds for one file from one mirror, however slowly it drips
_BLOCK = 1 << 16


class DownloadError(DatasetError):
    """No mirror gave the file; the message says what failed and what to do offline."""


class _MirrorError(Exception):
    """One mirror failed; the next one may not."""


def cache_folder():
    """The folder for downloaded data: the platform's cache folder, and `vae-np` in it.

    Raises RuntimeError where the user has no home folder, and XDG_CACHE_HOME names none.
    """
    xdg = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(xdg):  # the XDG specification says to ignore a relative one
        base = Path(xdg)
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path.home() / ".cache"
    return base / "vae-np"


def read_files(name, *, cache_dir=None, download=True):
    """The verified contents of a published data set's files, {part: (n,) uint8}.

    name: a key of `published.FILES`. cache_dir: a folder in place of `cache_folder()`. download:
    False to use only what is on this machine.

    Raises DamagedFileError for a damaged file in $VAE_NP_DATA (or, without download, in the
    cache), DownloadError where no mirror gives a file.
    """
    return {part: payload for part, (payload, _) in _find(name, cache_dir, download)}


def download(name, *, cache_dir=None):
    """Make sure that a published data set is on this machine, whole.

    Returns (folder, files): where the files lie, and their paths. Raises as `read_files` does.
    """
    if name not in FILES:
        raise DatasetError(f"there is nothing to download for {name!r}; "
                           f"downloads exist for {', '.join(FILES)}")
    files = [path for _, (_, path) in _find(name, cache_dir, True)]
    return files[0].parent, files


def _find(name, cache_dir, allow_download):
    """Yield (part, (payload, path)) one by one: `download` keeps only the paths."""
    given = os.environ.get(DATA_VARIABLE)
    given_folder = _expanded(given, f"{DATA_VARIABLE} names") / name if given else None
    try:
        ours = _expanded(cache_dir, "cache_dir is") if cache_dir else cache_folder()
    except RuntimeError:  # no home folder: none is needed where the data are given
        ours = None
    our_folder = None if ours is None else ours / name
    for part, file in FILES[name].items():
        yield part, _find_one(name, file, given_folder, our_folder, allow_download)


def _expanded(path, which):
    """A path with a leading ~ or ~user replaced by the home folder."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise DatasetError(f"{which} {path}, but there is no home folder for the ~ in it: write "
                           "the whole path") from None


def _find_one(name, file, given_folder, our_folder, allow_download):
    path = _existing(given_folder, file.names) if given_folder else None
    if path:
        try:
            return file.read(path), path
        except DamagedFileError as error:
            raise DamagedFileError(f"{path}, which {DATA_VARIABLE} points to, cannot be used: "
                                   f"{error}; replace it or remove it") from error
    path = _existing(our_folder, file.names) if our_folder else None
    if path:
        try:
            return file.read(path), path
        except DamagedFileError as error:
            if not allow_download:
                raise DamagedFileError(f"{path} cannot be used: {error}") from error
            warnings.warn(f"{path} cannot be used: {error}; downloading it again", stacklevel=2)
    if our_folder is None:
        raise DownloadError(f"{file.names[0]} of {name} is not on this machine, and there is no "
                            "home folder to download it to: name a folder for downloads with "
                            "the environment variable XDG_CACHE_HOME, or one that holds "
                            f"{name}/ already with {DATA_VARIABLE}")
    destination = our_folder / file.names[0]
    try:
        if not allow_download:
            raise DownloadError("downloading was not allowed")
        return fetch(file, destination), destination
    except DownloadError as error:
        wanted = ", ".join(other.names[0] for other in FILES[name].values())
        raise DownloadError(
            f"{file.names[0]} of {name} is not on this machine: {error}. Offline, put {wanted} "
            f"into {our_folder}, or into {name}/ in a folder that the environment variable "
            f"{DATA_VARIABLE} names") from error
    except OSError as error:
        raise DownloadError(
            f"cannot write {destination}: {error.strerror or error}. Make room, or name another "
            "folder with XDG_CACHE_HOME") from error


def _existing(folder, names):
    return next((folder / name for name in names if (folder / name).is_file()), None)


def fetch(file, destination, *, timeout=TIMEOUT, deadline=DEADLINE):
    """Download a DataFile to the path `destination`, from the first mirror that has it whole.

    The bytes go to a temporary file beside it, which is verified and then moved into place in
    one step: whatever happens, `destination` is whole or as it was, and nothing else stays.

    timeout: seconds without a byte after which a mirror is given up. deadline: seconds for the
    whole file after which it is given up.

    Returns the payload. Raises DownloadError with every mirror's failure, and OSError where
    this machine cannot store the file: no space, no permission.
    """
    failures = []
    for url in file.urls:
        try:
            return _fetch_from(url, file, destination, timeout, deadline)
        except (_MirrorError, DamagedFileError) as error:
            failures.append(f"{url}: {error}")
    raise DownloadError("; ".join(failures))


def _fetch_from(url, file, destination, timeout, deadline):
    destination.parent.mkdir(parents=True, exist_ok=True)
    # The random part lets two processes download the same file at once; the last one wins.
    temporary = destination.with_name(f".{destination.name}.{secrets.token_hex(6)}.part")
    try:
        with open(temporary, "xb") as stream, _progress(destination.name) as report:
            for block in _blocks(url, file.size_cap, timeout, deadline, report):
                stream.write(block)
            stream.flush()
            os.fsync(stream.fileno())
        payload = file.read(temporary)
        os.replace(temporary, destination)
    finally:  # also on Ctrl-C; after the move there is nothing left to remove
        temporary.unlink(missing_ok=True)
    return payload


def _blocks(url, size_cap, timeout, deadline, report):
    """Yield the body of `url` block by block, or raise _MirrorError with the reason."""
    give_up = time.monotonic() + deadline
    request = urllib.request.Request(url, headers={"User-Agent": "vae-np"})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            expected = response.length  # None where the server does not say
            received = 0
            if expected is not None and expected > size_cap:
                raise _MirrorError(f"{expected} bytes, over the limit of {size_cap}")
            while block := response.read1(_BLOCK):  # read() would wait for a whole block
                received += len(block)
                if received > size_cap:
                    raise _MirrorError(f"over the limit of {size_cap} bytes")
                if time.monotonic() > give_up:
                    raise _MirrorError(f"not done after {deadline:g} seconds")
                report(len(block), expected)
                yield block
            if expected is not None and received < expected:
                raise _MirrorError(f"cut off after {received} of {expected} bytes")
    except urllib.error.HTTPError as error:
        error.close()
        raise _MirrorError(f"{error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        raise _MirrorError(f"{error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        raise _MirrorError(f"{error}" or type(error).__name__) from error


@contextmanager
def _progress(name):
    """Gives report(new_bytes, expected). It moves a tqdm bar where there is a terminal and tqdm,
    and does nothing elsewhere.
    """
    tqdm = _tqdm() if is_terminal(sys.stderr) else None
    if tqdm is None:
        yield lambda new_bytes, expected: None
        return
    with tqdm(desc=name, file=Patient(sys.stderr), unit="B", unit_scale=True,
              leave=False) as bar:
        def report(new_bytes, expected):
            bar.total = expected
            bar.update(new_bytes)
        yield report


def _tqdm():
    try:
        from tqdm import tqdm
    except ImportError:  # a download works without a bar
        return None
    return tqdm
