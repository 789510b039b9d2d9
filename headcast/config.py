"""Where Headcast keeps what it can make again."""

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path


def cache_dir() -> Path:
    """Return the folder for tracked clips and compiled networks; it may not exist yet and may be deleted at will.

    Where there is no home, as in some containers, it is one that is removed with this process.
    """
    base = os.environ.get("XDG_CACHE_HOME", "")
    if Path(base).is_absolute():  # the convention has it that others do not count
        return Path(base) / "headcast"
    try:
        return Path.home() / ".cache" / "headcast"
    except RuntimeError:  # no HOME, and nobody in /etc/passwd
        return _passing_dir()


def writable_cache_dir(name: str) -> Path:
    """Return a folder of the cache; where that cannot be written, one that is removed with this process."""
    folder = cache_dir() / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0")
    except OSError:  # read-only, full, a file in the way, no rights
        folder = _passing_dir() / name
        folder.mkdir(parents=True, exist_ok=True)
    return folder


@cache
def _passing_dir() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="headcast-cache-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
