"""Runs the site's worker in Node, for tests: see live_node.mjs."""
import json
import shutil
import subprocess
from pathlib import Path

import pytest

NODE = shutil.which("node")
SCRIPT = Path(__file__).with_name("live_node.mjs")


def run_in_node(payload, messages, timeout=600):
    """{id: its outputs, the last of them "done"}, as a page gets them for its messages; what
    belongs to no cell by its type.
    """
    if NODE is None:
        pytest.skip("no Node is installed, and the worker is run in it")
    version = subprocess.run([NODE, "--version"], capture_output=True, text=True).stdout
    if int(version[1:].partition(".")[0]) < 20:
        pytest.skip(f"Node {version.strip()} is too old for Pyodide, which needs 20")
    lines = "".join(f"{json.dumps(message)}\n" for message in [{"type": "start"}, *messages])
    done = subprocess.run(
        [NODE, "--experimental-vm-modules", "--no-warnings", str(SCRIPT), str(payload)],
        input=lines, capture_output=True, text=True, timeout=timeout)
    assert done.returncode == 0, done.stderr
    told = {}
    for line in done.stdout.splitlines():
        message = json.loads(line)
        assert message["type"] != "failed", message
        told.setdefault(message.pop("id", message["type"]), []).append(message)
    return told


def cell(number, code, name="cell"):
    return {"type": "run", "id": number, "code": code, "cell": name}
