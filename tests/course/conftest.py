"""The tests use the script that makes the notebooks, and the helper that reads exercises."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "lectures"))
sys.path.append(str(Path(__file__).resolve().parents[1] / "backends"))
import fake_cupy as double  # noqa: E402


@pytest.fixture
def fake_cupy(monkeypatch):
    """The test double of CuPy, in CuPy's place."""
    double.install(monkeypatch)
    return double
