"""Where the live site's files come from, and what is done with those that are not the right ones.

Nothing is downloaded here: a small package stands for Pyodide's, small archives for the wheels.
"""
import base64
import gzip
import hashlib
import io
import json
import re
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

LIVE = Path(__file__).resolve().parents[2] / "lectures" / "site" / "live"
PACKAGES = {"numpy": [], "scipy": ["numpy"], "matplotlib": ["numpy", "pillow"], "pillow": [],
            "pandas": ["numpy"]}


def archive(name):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr(f"{name}-1.dist-info/LICENSE", f"the licence of {name}")
        file.writestr(f"{name}/licenses.py", "no licence")
    return buffer.getvalue()


WHEELS = {f"{name}-1-any.whl": archive(name) for name in PACKAGES}
LOCK = {"info": {}, "packages": {name: {
    "name": name, "version": "1", "depends": depends, "file_name": f"{name}-1-any.whl",
    "sha256": hashlib.sha256(WHEELS[f"{name}-1-any.whl"]).hexdigest()}
    for name, depends in PACKAGES.items()}}
FILES = {"pyodide.mjs": b"export 1", "pyodide.asm.mjs": b"export 2", "pyodide.asm.wasm": b"\0asm",
         "python_stdlib.zip": b"PK", "pyodide-lock.json": json.dumps(LOCK).encode()}


def tarball():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as file:
        for name, content in FILES.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


TARBALL = tarball()
RIGHT = {"pyodide-314.0.3.tgz": TARBALL, **WHEELS}


@pytest.fixture
def wheels(monkeypatch):
    """The module, with the small package's hash and no network: every source fails."""
    monkeypatch.syspath_prepend(str(LIVE))
    monkeypatch.delenv("VAE_NP_WHEELS", raising=False)
    for name in ("wheels", "build"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    import wheels
    digest = base64.b64encode(hashlib.sha512(TARBALL).digest()).decode()
    monkeypatch.setattr(wheels, "TARBALL_SHA512", digest)

    def refused(*_, **__):
        raise OSError("the network is cut")
    monkeypatch.setattr(wheels, "_downloaded", refused)
    monkeypatch.setattr(wheels, "_run", refused)
    yield wheels
    for name in ("wheels", "build"):
        sys.modules.pop(name, None)


@pytest.fixture
def builder(wheels):
    import build
    assert Path(build.__file__).parent == LIVE
    return build


def put(folder, files):
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def tree(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*") if path.is_file()}


def part(path):
    """(name, files, texts) of a script as a page would get them."""
    name, rest = re.fullmatch(r'vaeLivePart\("(\w+)", (.*)\);\n', path.read_text("utf-8")).groups()
    content = json.loads(rest)
    return name, {file: gzip.decompress(base64.b64decode(packed))
                  for file, packed in content["files"].items()}, content["texts"]


def test_a_folder_with_the_right_files_is_taken_without_a_network(builder, tmp_path, capsys):
    folder, out = put(tmp_path / "wheels", RIGHT), tmp_path / "site"
    assert builder.main([str(out), "--wheels", str(folder), "--cache", str(tmp_path / "c")]) == 0
    live = out / "_static" / "live"
    name, files, texts = part(live / "core.js")
    assert name == "core" and set(files) == {
        "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "numpy-1-any.whl",
        "vae_np.zip", "ruler.zip"}
    assert files["numpy-1-any.whl"] == WHEELS["numpy-1-any.whl"]
    assert set(texts) == {"pyodide.mjs", "pyodide-lock.json", "worker.js", "live.py",
                          "live_figures.py"}
    with zipfile.ZipFile(io.BytesIO(files["vae_np.zip"])) as library:
        inside = set(library.namelist())
    assert {"vae_np/__init__.py", "vae_np/data/mnist5k.npz", "vae_np/data/README.md"} <= inside
    assert not [path for path in inside if "__pycache__" in path]
    name, files, _ = part(live / "plots.js")
    assert name == "plots" and set(files) == {
        "matplotlib-1-any.whl", "pillow-1-any.whl", "scipy-1-any.whl"}
    ready = json.loads((live / "ready.js").read_text().removeprefix("window.VAE_LIVE = ")[:-2])
    assert ready["core"] == (live / "core.js").stat().st_size
    assert ready["plots"] == (live / "plots.js").stat().st_size
    assert ready["versions"]["pyodide"] == "314.0.3" and ready["versions"]["scipy"] == "1"
    assert "core.js: " in capsys.readouterr().out
    # Whatever is shipped has its licence beside it, and the list names that.
    listed = (live / "LICENCES.txt").read_text("utf-8")
    for name in ("numpy", "scipy", "matplotlib", "pillow"):
        texts = tree(live / "licences" / name)
        assert texts == {f"{name}-1.dist-info-LICENSE": f"the licence of {name}".encode()}
        assert f"licences/{name}/" in listed
    for place in re.findall(r"licences/[\w./-]*[\w/]", listed):
        assert (live / place).exists(), place
    for words in ("Mozilla Public License", "MIT", "CC BY-SA 3.0"):
        assert words in listed


@pytest.mark.parametrize("name", ["numpy-1-any.whl", "pyodide-314.0.3.tgz"])
@pytest.mark.parametrize("damage", [lambda content: content[:-1] + b"!",
                                    lambda content: content[:len(content) // 2], lambda _: b""],
                         ids=["another hash", "truncated", "empty"])
def test_a_folder_s_wrong_file_is_refused_and_nothing_is_written(builder, tmp_path, name, damage,
                                                                 capsys):
    folder = put(tmp_path / "wheels", RIGHT | {name: damage(RIGHT[name])})
    site = put(tmp_path / "site", {"index.html": b"a site"})
    before = tree(site)
    assert builder.main([str(site), "--wheels", str(folder), "--cache", str(tmp_path / "c")]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and f"{folder / name} is not the file" in said
    assert tree(site) == before and tree(folder)[name] == damage(RIGHT[name])
    assert not (tmp_path / "c").exists()


def test_a_damaged_file_in_the_cache_is_downloaded_anew(wheels, tmp_path, monkeypatch):
    cache = put(tmp_path, RIGHT | {"numpy-1-any.whl": WHEELS["numpy-1-any.whl"][:100]})
    asked = []
    monkeypatch.setattr(wheels, "_from_cdn", lambda name: asked.append(name) or WHEELS[name])
    sources = wheels.Sources(None, cache)
    for name in ("numpy", "scipy"):
        assert sources.wheel(sources.lock["packages"][name]) == WHEELS[f"{name}-1-any.whl"]
    assert asked == ["numpy-1-any.whl"] and tree(cache) == RIGHT


def test_wrong_bytes_from_the_network_are_not_kept(wheels, tmp_path, monkeypatch):
    cache = put(tmp_path, {"pyodide-314.0.3.tgz": TARBALL})
    monkeypatch.setattr(wheels, "_from_cdn", lambda name: b"<html>log in first</html>")
    sources = wheels.Sources(None, cache)
    with pytest.raises(wheels.SourceError) as caught:
        sources.wheel(sources.lock["packages"]["numpy"])
    said = str(caught.value)
    assert said.startswith("numpy-1-any.whl could not be downloaded (the CDN: it sent a ")
    assert "PyPI's open-webui==0.12.4: the network is cut" in said
    assert "VAE_NP_WHEELS=FOLDER make site-live" in said and "\n" not in said
    assert set(tree(cache)) == {"pyodide-314.0.3.tgz"}


def test_a_wrong_package_of_npm_s_is_refused(wheels, tmp_path, monkeypatch):
    monkeypatch.setattr(wheels, "_from_npm", lambda name: TARBALL[:-5])
    with pytest.raises(wheels.SourceError, match="npm registry: it sent a .* with another hash"):
        wheels.Sources(None, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_one_download_from_pypi_gives_all_wheels_and_leaves_nothing_else(wheels, tmp_path,
                                                                         monkeypatch):
    runs = []

    def pip(command, folder=None):
        runs.append(command)
        target = Path(command[command.index("--dest") + 1], "open_webui-0.12.4-py3-none-any.whl")
        with zipfile.ZipFile(target, "w") as package:
            for name, content in WHEELS.items():
                wrong = content + b"!" if name.startswith("pillow") else content
                package.writestr(f"open_webui/frontend/pyodide/{name}", wrong)
            package.writestr("open_webui/main.py", "not wanted")
    monkeypatch.setattr(wheels, "_run", pip)
    cache = put(tmp_path, {"pyodide-314.0.3.tgz": TARBALL})
    sources = wheels.Sources(None, cache)
    for name in ("numpy", "scipy", "matplotlib"):
        assert sources.wheel(sources.lock["packages"][name]) == WHEELS[f"{name}-1-any.whl"]
    assert len(runs) == 1 and "open-webui==0.12.4" in runs[0] and "pip" in runs[0]
    assert set(tree(cache)) == {"pyodide-314.0.3.tgz", "numpy-1-any.whl", "scipy-1-any.whl",
                                "matplotlib-1-any.whl"}  # pandas is on no page
    with pytest.raises(wheels.SourceError, match="it holds no pillow-1-any.whl with the right"):
        sources.wheel(sources.lock["packages"]["pillow"])


def test_a_source_that_failed_is_not_asked_again(wheels, tmp_path, monkeypatch):
    asked = []

    def slow(name):
        asked.append(name)
        raise TimeoutError("timed out")
    monkeypatch.setattr(wheels, "_from_cdn", slow)
    sources = wheels.Sources(None, put(tmp_path, {"pyodide-314.0.3.tgz": TARBALL}))
    for name in ("numpy", "scipy"):
        with pytest.raises(wheels.SourceError, match="the CDN: timed out"):
            sources.wheel(sources.lock["packages"][name])
    assert asked == ["numpy-1-any.whl"]


def test_a_folder_that_is_not_there_is_said(builder, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("VAE_NP_WHEELS", str(tmp_path / "none"))
    assert builder.main([str(tmp_path / "site")]) == 2
    assert f"{tmp_path / 'none'} is no folder" in capsys.readouterr().err


def test_the_pinned_package_is_asked_of_npm(wheels, monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(wheels.shutil, "which", lambda name: None)
    with pytest.raises(wheels.SourceError, match="npm is not installed"):
        wheels.Sources(None, tmp_path / "a")
    monkeypatch.setattr(wheels.shutil, "which", lambda name: "/bin/npm")

    def npm(command, folder):
        asked.append(command[:3])
        Path(folder, "pyodide-314.0.3.tgz").write_bytes(TARBALL)
    monkeypatch.setattr(wheels, "_run", npm)
    assert wheels.Sources(None, tmp_path / "c").core == FILES
    assert asked[-1] == ["/bin/npm", "pack", "pyodide@314.0.3"]
