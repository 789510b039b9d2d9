"""Where Headcast keeps what it can make again."""

import os
from pathlib import Path


def cache_dir() -> Path:
    """Return the folder for compiled networks and tracked clips; it may not exist yet and may be deleted at will."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "headcast"
