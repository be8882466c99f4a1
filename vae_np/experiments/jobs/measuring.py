"""A job that measures a trained model and leaves its result as one JSON file."""
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...runs.checkpoints import atomic_write, make_folder
from .training import DONE, Outcome


@dataclass(frozen=True)
class MeasuringJob:
    """Writes function(model_path, **settings), a dict of JSON values, to `path`.

    function: a module's own, so that another process can find it. A file that was made with other
    settings is made again, and lists under "earlier" what it held before: each time is a look at
    the test set.
    """
    name: str
    path: Path
    function: Callable
    model_path: Path
    settings: dict

    def done(self):
        """Whether the file is there, whole, and measured as it is asked for."""
        found = read_measurement(self.path)
        return found is not None and found["settings"] == json.loads(json.dumps(self.settings))

    def run(self, should_stop=lambda: False):
        """Measures, which takes a minute and is not stopped. Returns the Outcome."""
        result = self.function(self.model_path, **self.settings)
        before = read_measurement(self.path)
        if before:
            result = {**result, "earlier": [*before.get("earlier", []), {
                name: before[name] for name in ("settings", "summary") if name in before}]}
        make_folder(self.path.parent)
        with atomic_write(self.path) as file:
            file.write(json.dumps({**result, "settings": self.settings}).encode() + b"\n")
        return Outcome(DONE, self.progress())

    def progress(self):
        """The result's `summary`, if it has one."""
        return (read_measurement(self.path) or {}).get("summary", "")


def read_measurement(path):
    """The result in a file; None where there is no file, or it holds something else."""
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return result if isinstance(result, dict) and "settings" in result else None
