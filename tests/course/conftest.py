"""The tests use the script that makes the notebooks, and the helper that reads exercises."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "lectures"))
