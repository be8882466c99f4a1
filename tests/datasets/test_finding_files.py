"""Where data files are looked for, and what happens to damaged ones."""
import sys
from pathlib import Path

import pytest

from vae_np.arrays import DatasetError
from vae_np.datasets import downloads, load_dataset
from vae_np.datasets.downloads import DownloadError, download, read_files
from vae_np.datasets.published import DamagedFileError


def test_given_folder_then_cache_then_download(toy_set, mirror):
    assert read_files("toy")["all"].tobytes() == mirror.payload
    assert mirror.hits == ["/good"]
    assert read_files("toy")["all"].tobytes() == mirror.payload  # from the cache
    assert mirror.hits == ["/good"]
    (toy_set["given"] / "toy").mkdir(parents=True)
    (toy_set["given"] / "toy" / "toy").write_bytes(mirror.payload)  # unzipped: welcome
    (toy_set["cache"] / "toy" / "toy.gz").unlink()
    assert read_files("toy", download=False)["all"].tobytes() == mirror.payload


def test_a_damaged_cache_is_said_and_fetched_again(toy_set, mirror):
    read_files("toy")
    cached = toy_set["cache"] / "toy" / "toy.gz"
    cached.write_bytes(mirror.tampered)
    with pytest.raises(DamagedFileError, match="toy.gz cannot be used"):
        read_files("toy", download=False)
    with pytest.warns(UserWarning, match="toy.gz cannot be used.*downloading it again"):
        assert read_files("toy")["all"].tobytes() == mirror.payload
    assert cached.read_bytes() == mirror.body and len(mirror.hits) == 2


def test_a_damaged_given_file_is_an_error_that_names_it(toy_set, mirror):
    given = toy_set["given"] / "toy" / "toy.gz"
    given.parent.mkdir(parents=True)
    given.write_bytes(mirror.body[:-100])
    with pytest.raises(DamagedFileError) as caught:
        read_files("toy")
    assert str(given) in str(caught.value) and "VAE_NP_DATA" in str(caught.value)
    assert mirror.hits == [] and given.read_bytes() == mirror.body[:-100]


@pytest.mark.parametrize("allowed", [True, False])
def test_the_offline_message(allowed, toy_set, mirror):
    mirror.routes["/good"] = lambda handler: handler.send_error(503)
    with pytest.raises(DownloadError) as caught:
        read_files("toy", download=allowed)
    message = str(caught.value)
    assert ("503" if allowed else "not allowed") in message
    assert f"put toy.gz into {toy_set['cache'] / 'toy'}" in message
    assert "toy/ in a folder that the environment variable VAE_NP_DATA names" in message


def test_download_for_the_command_line(toy_set, mirror, tmp_path, capfd):
    folder, files = download("toy", cache_dir=tmp_path / "mine")
    assert folder == tmp_path / "mine" / "toy" and files == [folder / "toy.gz"]
    assert files[0].read_bytes() == mirror.body
    assert capfd.readouterr() == ("", "")
    with pytest.raises(ValueError, match="nothing to download for 'pinwheel'"):
        download("pinwheel")


def test_progress_goes_to_a_terminal(toy_set, mirror, monkeypatch, capfd):
    tqdm = pytest.importorskip("tqdm")
    seen = []
    monkeypatch.setattr(tqdm.tqdm, "update", lambda bar, n: seen.append((n, bar.total)))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    read_files("toy")
    assert sum(n for n, _ in seen) == len(mirror.body) and seen[0][1] == len(mirror.body)


def test_a_download_needs_nobody_who_looks(toy_set, mirror, monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    assert read_files("toy")["all"].tobytes() == mirror.payload


@pytest.mark.parametrize("platform, variables, expected", [
    ("linux", {"XDG_CACHE_HOME": "/x"}, "/x/vae-np"),
    ("linux", {"XDG_CACHE_HOME": "relative"}, "/home/ada/.cache/vae-np"),
    ("darwin", {}, "/home/ada/Library/Caches/vae-np"),
    ("win32", {"LOCALAPPDATA": "/local"}, "/local/vae-np"),
    ("win32", {}, "/home/ada/AppData/Local/vae-np"),
])
@pytest.mark.skipif(sys.platform == "win32", reason="compares POSIX paths")
def test_cache_folder(platform, variables, expected, monkeypatch):
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setattr(sys, "platform", platform)
    assert downloads.cache_folder() == Path(expected)


@pytest.fixture
def homeless(monkeypatch):
    """A user without a home folder: no HOME, no entry in the password file; ~ada has none too."""
    pwd = pytest.importorskip("pwd", reason="the password file is POSIX's")

    def nobody(key):
        raise KeyError(key)
    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name in ("getpwuid", "getpwnam"):
        monkeypatch.setattr(pwd, name, nobody)


def test_without_a_home_folder_given_files_are_found_all_the_same(toy_set, mirror, homeless):
    (toy_set["given"] / "toy").mkdir(parents=True)
    (toy_set["given"] / "toy" / "toy").write_bytes(mirror.payload)
    assert read_files("toy")["all"].tobytes() == mirror.payload and mirror.hits == []


@pytest.mark.parametrize("allowed", [True, False])
def test_without_a_home_folder_a_download_asks_for_another(toy_set, mirror, homeless, allowed):
    with pytest.raises(DownloadError, match="toy.gz of toy is not on this machine, and there is "
                       "no home folder.*XDG_CACHE_HOME.*VAE_NP_DATA"):
        read_files("toy", download=allowed)
    assert mirror.hits == []


@pytest.mark.parametrize("path", ["~/data", "~ada/data"])
def test_a_home_folder_that_is_not_there_is_said(toy_set, mirror, homeless, monkeypatch, path):
    with pytest.raises(DatasetError, match=f"cache_dir is {path}, but there is no home folder"):
        read_files("toy", cache_dir=path)
    with pytest.raises(DatasetError, match=f"{path}/x.npy: no such file"):
        load_dataset(f"{path}/x.npy")
    monkeypatch.setenv("VAE_NP_DATA", path)
    with pytest.raises(DatasetError, match=f"VAE_NP_DATA names {path}, but there is no home"):
        read_files("toy")
