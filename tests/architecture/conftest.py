"""The tests here read the source with the same few functions, in test_floors."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
