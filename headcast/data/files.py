"""A folder or a tar file in, the files inside it by name out; one in a tar opens without unpacking the rest."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from headcast.data.tar_index import tar_members
from headcast.errors import DataError
from headcast.printable import brief

_BLOCK = 1 << 20  # bytes


@dataclass(frozen=True)
class Location:
    """A file: all of `path`, or the `num_bytes` from `offset` of a tar file there."""

    path: Path
    offset: int = 0
    num_bytes: int | None = None

    def read(self, max_bytes: int) -> bytes:
        """Return the content; DataError where it is longer than `max_bytes`."""
        with self.path.open("rb") as file:
            file.seek(self.offset)
            content = file.read(max_bytes + 1 if self.num_bytes is None else min(self.num_bytes, max_bytes + 1))
        if len(content) > max_bytes:
            raise DataError(f"a file in {self.path} is larger than {max_bytes >> 10} kB; leave it out")
        return content

    @contextmanager
    def as_file(self) -> Iterator[Path]:
        """A path that holds just this file, a copy where it lies in a tar file."""
        if self.num_bytes is None:
            yield self.path
            return
        with tempfile.TemporaryDirectory(prefix="headcast-") as folder:
            copy = Path(folder) / "member"
            with self.path.open("rb") as tar, copy.open("wb") as file:
                tar.seek(self.offset)
                for start in range(0, self.num_bytes, _BLOCK):
                    file.write(tar.read(min(_BLOCK, self.num_bytes - start)))
            yield copy


def list_files(source: Path, suffixes: tuple[str, ...]) -> dict[str, Location]:
    """Return the files of a folder, of the tar files in it, or of one tar file, that end in one of `suffixes`.

    Names are relative, with forward slashes, in sorted order. DataError where the source is neither, or holds two
    files of one name.
    """
    if source.is_file():
        found = list(_in_tar(source, suffixes))
    elif source.is_dir():
        found = list(_in_folder(source, suffixes))
    else:
        raise DataError(f"no folder or tar file {source}; give the clips' folder")
    files = dict(sorted(found, key=lambda file: file[0]))
    if len(files) < len(found):
        raise DataError(f"{source} holds files of the same name, in tar files or beside them; give one copy of each")
    return files


def _in_folder(folder: Path, suffixes: tuple[str, ...]) -> Iterator[tuple[str, Location]]:
    seen: set[tuple[int, int]] = set()
    for parent, inner, names in os.walk(folder, followlinks=True):
        inner[:] = [name for name in inner if _is_new(Path(parent, name), seen)]
        for name in names:
            path = Path(parent) / name
            if name.lower().endswith(".tar"):
                yield from _in_tar(path, suffixes)
            elif name.lower().endswith(suffixes):
                yield path.relative_to(folder).as_posix(), Location(path)


def _is_new(folder: Path, seen: set[tuple[int, int]]) -> bool:
    """Tell whether a folder was not walked yet: one that links to itself, or above itself, has no end."""
    with contextlib.suppress(OSError):
        status = folder.stat()
        place = (status.st_dev, status.st_ino)
        if place not in seen:
            seen.add(place)
            return True
    return False


def _in_tar(path: Path, suffixes: tuple[str, ...]) -> Iterator[tuple[str, Location]]:
    try:
        for member in tar_members(path):
            if member.name.lower().endswith(suffixes):
                yield str(PurePosixPath(member.name)), Location(path, member.offset, member.num_bytes)
    except (OSError, ValueError) as error:
        raise DataError(f"{path} is no plain tar file ({brief(error, 80)}); unpack or decompress it first") from error
