"""Builds what the site needs to run Python in a page: python lectures/site/live/build.py OUT.

OUT is the folder of a built site; `make site-live` builds both. Into OUT/_static/live/ come

    core.js     Pyodide's core, Python's library, NumPy, vae_np with the embedded digits, and the
                trained weights that lecture 8 looks at
    plots.js    matplotlib, SciPy and what they need
    LICENCES.txt, licences/    what all of this is, under which licence, and where its source is
    ready.js    the sizes of the two, in bytes, and the versions. It is written last: while it says
                null, as `make site` leaves it, a page knows that there is nothing to load

A page may not read a file from the disk, but it may load a script: so the first two are scripts
that call vaeLivePart(name, {files: {name: base64 of gzip}, texts: {name: text}}).
"""
import argparse
import base64
import gzip
import io
import json
import os
import sys
import zipfile
from pathlib import Path

from wheels import FOLDER_VARIABLE, VERSION, SourceError, Sources

import vae_np
from vae_np.datasets.downloads import cache_folder
from vae_np.runs.checkpoints import WriteError, atomic_write

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
CORE_FILES = ("pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
SHIPPED = {"core": ["numpy"], "plots": ["matplotlib", "scipy"]}
RULER = ("config.json", "checkpoint.npz")  # the trained weights that lecture 8 looks at
EPOCH = (1980, 1, 1, 0, 0, 0)  # of all files in an archive, so that it is the same every time


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Builds what runs Python in the site's pages.")
    parser.add_argument("out", type=Path, help="the folder of a built site")
    parser.add_argument("--wheels", type=Path, metavar="FOLDER",
                        default=os.environ.get(FOLDER_VARIABLE) or None,
                        help="a local folder with the files, which is asked before the network; "
                        f"by default that of ${FOLDER_VARIABLE}")
    parser.add_argument("--cache", type=Path, metavar="FOLDER",
                        help="where downloads are kept, by default in the user's cache folder")
    options = parser.parse_args(arguments)
    try:
        sizes = build(options.out / "_static" / "live", Sources(
            options.wheels, options.cache or cache_folder() / "live"))
    except (SourceError, WriteError, RuntimeError) as error:  # RuntimeError: no home folder
        print(f"build.py: {error}", file=sys.stderr)
        return 2
    for name, size in sizes.items():
        print(f"{name}.js: {size / 1e6:.1f} MB")
    return 0


def build(out, sources):
    """Writes all of it into a folder; {part: bytes of its script}."""
    taken = sources.with_dependencies(SHIPPED["core"])
    entries = {"core": taken, "plots": {
        name: entry for name, entry in sources.with_dependencies(SHIPPED["plots"]).items()
        if name not in taken}}
    wheels = {part: {entry["file_name"]: sources.wheel(entry) for entry in some.values()}
              for part, some in entries.items()}
    # Pyodide reads what it may load from its lock file. Here it loads nothing by itself.
    texts = {"pyodide.mjs": sources.core["pyodide.mjs"].decode("utf-8"),
             "pyodide-lock.json": json.dumps(sources.lock | {"packages": {}}),
             **{path.name: path.read_text("utf-8")
                for path in (HERE / "worker.js", HERE / "live.py", HERE / "live_figures.py")}}
    core = {name: sources.core[name] for name in CORE_FILES}
    # All is there. While it is written, a page is told that there is nothing.
    (out / "ready.js").unlink(missing_ok=True)
    sizes = {"core": write_part(out, "core", core | wheels["core"] | {
                 "vae_np.zip": library(), "ruler.zip": ruler()}, texts),
             "plots": write_part(out, "plots", wheels["plots"], {})}
    write_licences(out, entries, wheels)
    versions = {"pyodide": VERSION, "vae_np": vae_np.__version__} | {
        name: entry["version"] for some in entries.values() for name, entry in some.items()}
    ready = json.dumps(sizes | {"versions": versions})
    _write(out / "ready.js", f"window.VAE_LIVE = {ready};\n".encode())
    return sizes


def write_part(out, name, files, texts):
    """One script; its size in bytes."""
    packed = {file: base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()
              for file, content in files.items()}
    script = f"vaeLivePart({json.dumps(name)}, {json.dumps({'files': packed, 'texts': texts})});\n"
    _write(out / f"{name}.js", script.encode())
    return len(script.encode())


def library():
    """vae_np as this checkout has it, and the embedded digits, laid out as in an installation."""
    package = ROOT / "vae_np"
    files = {f"vae_np/{path.relative_to(package).as_posix()}": path
             for path in sorted(package.rglob("*")) if path.suffix in (".py", ".json")}
    files |= {f"vae_np/data/{path.name}": path for path in sorted((ROOT / "data").iterdir())
              if path.suffix == ".npz" or path.name.startswith(("LICENSE", "README"))}
    return _zipped(files)


def ruler():
    """The weights that lecture 8 loads, below the folder in which its cells run."""
    folder = ROOT / "lectures" / "results" / "ruler"
    return _zipped({f"results/ruler/{name}": folder / name for name in RULER})


def _zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, path in files.items():
            archive.writestr(zipfile.ZipInfo(name, EPOCH), path.read_bytes(),
                             zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def write_licences(out, entries, wheels):
    """LICENCES.txt, and in licences/ the texts: those of a wheel are the ones that it holds."""
    rows = [f"Pyodide {VERSION}: Mozilla Public License 2.0, licences/MPL-2.0.txt. Its files are "
            f"unchanged; its source is https://github.com/pyodide/pyodide, tag {VERSION}.",
            "Python's interpreter and library, in Pyodide: licences/Python.txt. Compiled by "
            "Emscripten (MIT), https://emscripten.org; musl's C library (MIT) is in it.",
            f"vae-np {vae_np.__version__}: MIT, licences/vae-np.txt.",
            "The embedded digits of MNIST: CC BY-SA 3.0, and BSD for the selection; where they "
            "come from: licences/digits/."]
    texts = {"vae-np.txt": (ROOT / "LICENSE").read_bytes()}
    texts |= {path.name: path.read_bytes() for path in (HERE / "licences").iterdir()}
    texts |= {f"digits/{path.name}": path.read_bytes() for path in (ROOT / "data").iterdir()
              if path.name.startswith(("LICENSE", "README"))}
    for part, some in entries.items():
        for name, entry in some.items():
            rows.append(f"{name} {entry['version']}, in {part}.js: licences/{name}/. The wheel "
                        f"{entry['file_name']} of Pyodide {VERSION}, unchanged.")
            with zipfile.ZipFile(io.BytesIO(wheels[part][entry["file_name"]])) as wheel:
                for path in wheel.namelist():
                    if _is_licence(path):
                        texts[f"{name}/{path.replace('/', '-')}"] = wheel.read(path)
    for path, text in texts.items():
        _write(out / "licences" / path, text)
    _write(out / "LICENCES.txt", ("What core.js and plots.js hold\n\n"
                                  + "\n\n".join(rows) + "\n").encode())


def _is_licence(path):
    """Whether a file of a wheel is a licence, or says what the package is (METADATA)."""
    folder, _, name = path.rpartition("/")
    return not name.endswith(".py") and (name.upper().startswith(("LICENSE", "LICENCE", "COPYING"))
                                         or folder.endswith(".dist-info") and name == "METADATA")


def _write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as file:
        file.write(content)


if __name__ == "__main__":
    sys.exit(main())
