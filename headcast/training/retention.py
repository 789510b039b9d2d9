"""A run's past: files numbered by their step in, at most so many of them, spread over the run, left."""

from pathlib import Path


def numbered(folder: Path, step: int, suffix: str) -> Path:
    """Where the file of a step belongs."""
    return folder / f"{step:08d}{suffix}"


def thin(folder: Path, suffix: str, most: int) -> None:
    """Remove all but `most` (>= 2) numbered files; the first and the last stay.

    Gone is, each time, the one whose neighbours are closest: what stays lies about evenly.
    """
    paths = sorted(path for path in folder.glob(f"*{suffix}") if path.stem.isdecimal())
    while len(paths) > most:
        gaps = [int(after.stem) - int(before.stem) for before, after in zip(paths, paths[2:], strict=False)]
        paths.pop(1 + gaps.index(min(gaps))).unlink()
