"""A path to write in, a private place beside it out: what is written appears whole under its name, or not at all.

Each writer works in a folder of its own, `.headcast-RANDOM.part`, in which it holds a lock for as long as it lives. So
two writers never share a name, not even in two containers, and a folder that a killed writer left is known by its lock,
which died with it: the next writer beside it sweeps it away.
"""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from safetensors import SafetensorError

from headcast.errors import MediaError

try:
    import fcntl
except ImportError:  # Windows: nothing is locked there, and so nothing is swept
    fcntl = None  # type: ignore[assignment]

PathLike = str | Path

MAX_NAME_BYTES: Final = 255
"""Bytes of one file name, on all usual file systems."""

_PREFIX, _SUFFIX = ".headcast-", ".part"
_CONTENT, _LOCK = "content.part", "lock.part"
_swept: set[Path] = set()  # folders that this process has looked through


@contextmanager
def replaced_on_success(path: PathLike) -> Iterator[Path]:
    """A path where nothing is yet; the file written there takes the name `path` when the block ends well.

    It then has the rights that the user's umask gives. Where the block does not end well nothing is left.
    """
    final = check_output(path)
    with _workplace(final) as (content, mode):
        yield content
        try:
            content.chmod(mode)  # libraries that write by way of a private file of their own forget the umask
            _to_disk(content)
            content.replace(final)
        except OSError as error:
            raise cannot_write(final, error) from error


@contextmanager
def new_folder(path: PathLike) -> Iterator[Path]:
    """An empty folder that takes the name `path`, under which nothing may be yet, when the block ends well."""
    final = Path(path)
    with _workplace(final) as (content, _):
        try:
            content.mkdir()
        except OSError as error:
            raise cannot_write(final, error) from error
        yield content
        try:
            content.replace(final)
        except OSError as error:
            raise cannot_write(final, error) from error


@contextmanager
def scratch_folder(parent: PathLike) -> Iterator[Path]:
    """An empty folder in `parent` that only this user can read; it goes when the block ends, however it ends.

    What a killed process left there goes with the next one.
    """
    with _workplace(Path(parent) / "scratch") as (content, _):
        try:
            content.mkdir(mode=0o700)
        except OSError as error:
            raise cannot_write(content, error) from error
        yield content


def write_file(path: PathLike, write: Callable[[Path], object]) -> None:
    """Have `write` make a file; MediaError, naming `path`, where it cannot, as on a full disk."""
    with replaced_on_success(path) as content:
        try:
            write(content)
        except (OSError, SafetensorError) as error:
            raise cannot_write(path, error) from error


def write_text(path: PathLike, text: str) -> None:
    """Write a text file in UTF-8."""
    write_file(path, lambda content: content.write_text(text, encoding="utf-8"))


def check_output(path: PathLike) -> Path:
    """The path, if a file could be written there; MediaError otherwise. Long work asks before it starts."""
    final = Path(path)
    if len(os.fsencode(final.name)) > MAX_NAME_BYTES:
        raise MediaError(f"cannot write {final}: the name is longer than {MAX_NAME_BYTES} bytes; give a shorter one")
    if not final.parent.is_dir():
        raise MediaError(f"cannot write {final}: the folder {final.parent} does not exist; make it first")
    if final.is_dir():
        raise MediaError(f"cannot write {final}: it is a folder; give the name of a file")
    if not os.access(final.parent, os.W_OK | os.X_OK):
        raise MediaError(f"cannot write {final}: the folder {final.parent} is read-only; give another folder")
    return final


def sweep(folder: Path) -> None:
    """Remove what killed writers left in a folder; those that live keep theirs."""
    with contextlib.suppress(OSError):
        for place in list(folder.glob(f"{_PREFIX}*{_SUFFIX}")):
            if place.is_symlink():
                continue
            with contextlib.suppress(OSError), _lock_file(place) as lock:
                if _take(lock):
                    shutil.rmtree(place, ignore_errors=True)


def cannot_write(path: PathLike, error: Exception) -> MediaError:
    """The one line for a disk that is full, a folder that is read-only and the like."""
    reason = getattr(error, "strerror", None) or error
    return MediaError(f"cannot write {path}: {reason}; check the free space and the permissions")


@contextmanager
def _workplace(final: Path) -> Iterator[tuple[Path, int]]:
    """A path in a new, locked folder beside `final`, and the rights that a new file gets; all is removed in the end."""
    folder = final.parent.resolve()
    if folder not in _swept:
        sweep(folder)
        _swept.add(folder)
    with ExitStack() as stack:
        try:
            place, mode = _new_place(folder, stack)
        except OSError as error:
            raise cannot_write(final, error) from error
        yield place / _CONTENT, mode


def _new_place(folder: Path, stack: ExitStack) -> tuple[Path, int]:
    """Make and lock a folder; where a sweeper took it for a dead writer's before it was locked, another one."""
    while True:
        place = folder / f"{_PREFIX}{os.urandom(8).hex()}{_SUFFIX}"
        place.mkdir(mode=0o700)
        stack.callback(shutil.rmtree, place, ignore_errors=True)
        with contextlib.suppress(FileNotFoundError):
            lock = stack.enter_context(_lock_file(place))
            if _take(lock) is not False and place.is_dir():
                return place, os.fstat(lock).st_mode & 0o777


@contextmanager
def _lock_file(place: Path) -> Iterator[int]:
    lock = os.open(place / _LOCK, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
    try:
        yield lock
    finally:
        os.close(lock)


def _take(lock: int) -> bool | None:
    """Lock an open file until it is closed: False where another process has; None where there are no locks."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _to_disk(path: Path) -> None:
    """Have the file on the disk before it gets its name: a full disk or quota is sometimes told only then."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
