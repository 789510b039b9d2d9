"""The moving photo of tests/live, as a camera of calls."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "live"))
