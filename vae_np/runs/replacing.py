"""A run takes the place of another at once: whoever looks finds the old one whole, or the new one.

Several files cannot change in one moment, but a folder's name can. So a run that is to replace
another is written to NEXT, a folder within the run's folder. Once it is whole, NEXT is renamed to
READY, and that moment decides: from then on its files move to their places. Where a process dies
before, NEXT is litter; where it dies after, `settle` does the rest. What reads a run's folder
calls it first.
"""
import contextlib
import json
import os
import shutil
from pathlib import Path

from .checkpoints import WriteError, atomic_write, make_folder, writing

NEXT, READY = ".vae-np-next", ".vae-np-ready"
FILES = ("checkpoint.npz", "metrics.jsonl", "evaluation.json", "config.json")
PICTURES = tuple(f"figures/{name}.png" for name in (
    "learning_curve", "reconstructions", "prior_samples", "interpolation", "manifold",
    "latent_scatter", "kl_per_dimension", "samples_2d"))
CONTENTS = "contents.json"  # in READY: the names of all that was in it


def prepare(folder):
    """An empty folder for the run that is to take the place of the one in `folder`."""
    clear(folder)
    place = Path(folder) / NEXT
    make_folder(place)
    return place


def clear(folder):
    """Removes a run that was to take another's place and was given up."""
    shutil.rmtree(Path(folder) / NEXT, ignore_errors=True)


def take_over(folder):
    """What `prepare` gave, filled meanwhile, takes the place of the run in `folder`. What the old
    run had and the new one has not goes; files that are not a run's stay.
    """
    place = Path(folder) / NEXT
    names = sorted(path.relative_to(place).as_posix() for path in place.rglob("*")
                   if path.is_file())
    with atomic_write(place / CONTENTS) as file:
        file.write(json.dumps(names).encode())
    os.rename(place, Path(folder) / READY)
    settle(folder)


def settle(folder):
    """Ends a `take_over` that was cut short, if there is one. Two processes may do so at once.

    Raises WriteError where that cannot be done here.
    """
    ready = Path(folder) / READY
    try:
        with writing(folder):
            _settle(Path(folder), ready)
    except WriteError as error:
        error.what, error.kept = "bring the new run to its place in", f"it is whole in {ready}"
        raise


def _settle(folder, ready):
    try:
        names = json.loads((ready / CONTENTS).read_bytes())
    except NotADirectoryError:
        return
    except FileNotFoundError:  # there is none, or all of it has moved
        shutil.rmtree(ready, ignore_errors=True)
        return
    for name in (*PICTURES, *FILES):
        if name not in names:  # into READY: it cannot go once the take-over has ended
            _move(folder / name, ready / f"old-{Path(name).name}")
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        _move(ready / name, folder / name)
    shutil.rmtree(ready, ignore_errors=True)


def _move(source, target):
    # There was none, or it has been moved already.
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        os.replace(source, target)
