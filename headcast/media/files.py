"""Paths in, safe paths out: an input that is really a file, an output that appears whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from headcast.errors import MediaError

PathLike = str | Path


def existing_file(path: PathLike) -> Path:
    """The absolute path of an existing file with something in it; MediaError otherwise.

    Being absolute, a strange file name can never be read as an option, a protocol or an address.
    """
    given = Path(path)
    if not given.is_file():
        what = "is a folder" if given.is_dir() else "is no ordinary file" if given.exists() else "does not exist"
        raise MediaError(f"{given} {what}; give the path of a file")
    if given.stat().st_size == 0:
        raise MediaError(f"{given} is empty (0 bytes); copy or download it again")
    return given.resolve()


@contextmanager
def replaced_on_success(path: PathLike) -> Iterator[Path]:
    """A temporary path beside `path`, renamed to it when the block ends well and removed when it does not."""
    final = Path(path)
    if not final.parent.is_dir():
        raise MediaError(f"cannot write {final}: the folder {final.parent} does not exist; make it first")
    temporary = final.with_name(f".{final.name}.{os.getpid()}.part")
    try:
        yield temporary
        try:
            temporary.replace(final)
        except OSError as error:
            raise cannot_write(final, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def cannot_write(path: PathLike, error: Exception) -> MediaError:
    """The one line for a disk that is full, a folder that is read-only and the like."""
    reason = getattr(error, "strerror", None) or error
    return MediaError(f"cannot write {path}: {reason}; check the free space and the permissions")
